/* One channel's pass over time: every level is a linear buffer with absolute positions, fed from the level above it; frames are
 * computed as soon as all levels have their samples. SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "arrays.h"
#include "cqt.h"

static const int64_t NEVER = INT64_MAX / 4;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t size_of(const fspec_cqt *plan) { return (int64_t)plan->kernels->real_size; }

/* The sample of level d at or just before the middle of a frame. */
static int64_t centre(const fspec_cqt *plan, int d, int64_t frame) { return (frame * plan->hop) >> d; }

static char *sample(const fspec_cqt *plan, const fs_cqt_line *line, int64_t position)
{
    return line->data + (position - line->base) * size_of(plan);
}

static const fs_spectral_decimator *blocks_at(const fspec_cqt *plan, int d)
{
    return fs_decimator_at(&plan->decimator, d);
}

/* Rounded down to a multiple, of negative numbers too. */
static int64_t floor_to(int64_t a, int64_t unit) { return a - ((a % unit) + unit) % unit; }

/* How many samples of level d follow from `have` samples of level d - 1. */
static int64_t decimated(const fspec_cqt *plan, int d, int64_t have)
{
    const fs_spectral_decimator *s = blocks_at(plan, d);
    if (s)
        return floor_to(have + s->lead - s->n, 2 * s->block) / 2 + s->block;
    return ((have - 1 - plan->decimator.reach) >> 1) + 1;
}

/* The first sample of level d - 1 that samples of level d from number `first` on are made of. */
static int64_t first_behind(const fspec_cqt *plan, int d, int64_t first)
{
    const fs_spectral_decimator *s = blocks_at(plan, d);
    return s ? 2 * floor_to(first, s->block) - s->lead : 2 * first - plan->decimator.reach;
}

/* One more than the last sample of level d - 1 that samples of level d before number `end` are made of. */
static int64_t end_behind(const fspec_cqt *plan, int d, int64_t end)
{
    const fs_spectral_decimator *s = blocks_at(plan, d);
    return s ? 2 * floor_to(end - 1, s->block) - s->lead + s->n : 2 * (end - 1) + plan->decimator.reach + 1;
}

/* The first sample of each level that the frames from `frame` on need, themselves or by way of deeper levels. */
static void first_needed(const fspec_cqt *plan, int64_t frame, int64_t *need)
{
    for (int d = plan->n_levels - 1; d >= 0; d--) {
        need[d] = plan->used[d] ? centre(plan, d, frame) + plan->first[d] : NEVER;
        if (d + 1 < plan->n_levels)
            need[d] = smaller(need[d], first_behind(plan, d + 1, need[d + 1]));
        if (blocks_at(plan, d))
            need[d] = floor_to(need[d], blocks_at(plan, d)->block);
    }
}

/* One more than the last sample of each level that the frames before `end_frame` need. */
static void last_needed(const fspec_cqt *plan, int64_t end_frame, int64_t *end)
{
    for (int d = plan->n_levels - 1; d >= 0; d--) {
        end[d] = plan->used[d] ? centre(plan, d, end_frame - 1) + plan->last[d] + 1 : -NEVER;
        if (d + 1 < plan->n_levels)
            end[d] = larger(end[d], end_behind(plan, d + 1, end[d + 1]));
        if (blocks_at(plan, d))
            end[d] = floor_to(end[d] - 1, blocks_at(plan, d)->block) + blocks_at(plan, d)->block;
    }
}

void fs_cqt_needed(const fspec_cqt *plan, int64_t first_frame, int64_t end_frame, int64_t total, int64_t *begin, int64_t *end)
{
    int64_t first[FS_MAX_CQT_LEVELS], last[FS_MAX_CQT_LEVELS];
    first_needed(plan, first_frame, first);
    last_needed(plan, end_frame, last);
    *begin = smaller(larger(first[0], 0), total);
    *end = larger(smaller(last[0], total), *begin);
}

/* Enough samples at a time for full blocks of lanes on the first two levels, and for whole groups of frames. */
static int64_t chunk_of(const fspec_cqt *plan)
{
    const fs_spectral_decimator *s = plan->n_levels > 1 ? blocks_at(plan, 1) : NULL;
    const int64_t most = s ? 4 * s->block * (int64_t)s->forward->kernels->lanes : 12288;
    const int64_t frames = (int64_t)plan->kernels->cqt_frames;
    return plan->hop <= most / frames ? floor_to(most, frames * plan->hop) : most;
}

/* By level, how far a frame's samples may lie before its centre, and how many samples of the signal it may have to wait for. */
static void measure_levels(const fspec_cqt *plan, int64_t *before, int64_t *latency)
{
    int64_t delay = 0;
    for (int d = plan->n_levels - 1; d >= 0; d--) {
        const fs_spectral_decimator *s = blocks_at(plan, d);
        before[d] = plan->used[d] ? larger(-plan->first[d], 0) : 0;
        if (d + 1 < plan->n_levels)
            before[d] = larger(before[d], -first_behind(plan, d + 1, -before[d + 1]) + 2);
        if (s)
            before[d] += s->block;
    }
    *latency = 0;
    for (int d = 0; d < plan->n_levels; d++) {
        const fs_spectral_decimator *s = blocks_at(plan, d);
        if (d)
            delay += (s ? s->n - s->lead : plan->decimator.reach + 2) << (d - 1);
        if (plan->used[d])
            *latency = larger(*latency, delay + ((larger(plan->last[d], 0) + 2) << d));
    }
}

/* Room for what a level must remember while the slowest level still lacks samples, and for what arrives at a time. */
void fs_cqt_measure(fspec_cqt *plan)
{
    int64_t latency, before[FS_MAX_CQT_LEVELS] = {0};
    for (int d = 0; d < plan->n_levels; d++) {
        plan->first[d] = NEVER;
        plan->last[d] = -NEVER;
    }
    for (int64_t i = 0; i < plan->n_sets; i++) {
        const fs_cqt_set *s = &plan->sets[i];
        plan->used[s->level] = 1;
        plan->first[s->level] = smaller(plan->first[s->level], s->first);
        plan->last[s->level] = larger(plan->last[s->level], s->last);
        plan->pair_rows = larger(plan->pair_rows, s->n_rows);
        if (!s->lanes && s->fold == FS_FOLD_NONE && s->n_phases == 1)
            plan->apart = larger(plan->apart, s->last - s->first + 1);
    }
    const int64_t lanes = (int64_t)plan->kernels->lanes;
    plan->spectra = fs_cqt_spectra_scratch(plan->sets, plan->n_sets);
    measure_levels(plan, before, &latency);
    plan->chunk = chunk_of(plan);
    plan->overlap = before[0] + latency;
    for (int d = 0; d < plan->n_levels; d++) {
        const fs_spectral_decimator *here = blocks_at(plan, d), *next = d + 1 < plan->n_levels ? blocks_at(plan, d + 1) : NULL;
        int64_t kept = larger(next ? next->n : 2 * plan->decimator.reach + 4, before[d]);
        if (plan->used[d])
            kept = larger(kept, (latency >> d) + 4 - smaller(plan->first[d], 0));
        plan->room[d] = kept + (plan->chunk >> d) + (here ? here->block : 0) + 8;
    }
    plan->pair_rows = (plan->pair_rows + lanes - 1) / lanes * lanes;
    plan->row_pitch = (2 * plan->n_bins + 4 * lanes - 1) / lanes * lanes;
}

void fs_cqt_lay_out(const fspec_cqt *plan, int64_t chunk, fs_arena *arena, fs_cqt_state *state)
{
    const int64_t size = size_of(plan);
    for (int d = 0; d < plan->n_levels; d++) {
        state->room[d] = plan->room[d] - (plan->chunk >> d) + (chunk >> d);
        char *block = fs_take(arena, state->room[d] + 2 * FS_DECIMATE_SLACK, (size_t)size);
        state->lines[d].data = block ? block + FS_DECIMATE_SLACK * size : NULL;
    }
    state->input = state->lines[0].data;
    if (plan->chroma)
        fs_chroma_lay_out(plan->chroma, arena, &state->chroma);
}

void fs_cqt_lay_out_desk(const fspec_cqt *plan, fs_arena *arena, fs_cqt_desk *desk)
{
    const int64_t size = size_of(plan), frames = (int64_t)plan->kernels->cqt_frames;
    fs_decimator_take(&plan->decimator, arena, desk->decimators);
    desk->pairs = fs_take(arena, 2 * plan->pair_rows * frames, (size_t)size);
    desk->rows = fs_take(arena, plan->row_pitch * FS_CQT_FRAMES, (size_t)size);
    desk->reals = fs_take(arena, plan->row_pitch, (size_t)size);
    desk->apart = fs_take(arena, plan->apart * frames, (size_t)size);
    desk->spectra = plan->spectra ? fs_take(arena, 1, plan->spectra) : NULL;
}

void fs_cqt_close(const fspec_cqt *plan, fs_cqt_state *state, int64_t end_frame, int64_t total)
{
    int64_t close = total < 0 ? NEVER : total, end[FS_MAX_CQT_LEVELS];
    state->end_frame = end_frame;
    if (total >= 0)
        last_needed(plan, end_frame, end);
    for (int d = 0; d < plan->n_levels; d++) {
        state->lines[d].close = close;
        state->lines[d].end = total < 0 ? NEVER : end[d];
        if (total >= 0)
            close = plan->cut ? (close + 1) / 2 : (close - 1 + plan->decimator.reach) / 2 + 1;
    }
}

void fs_cqt_begin(const fspec_cqt *plan, fs_cqt_state *state, int64_t first_frame, int64_t end_frame, int64_t total)
{
    int64_t need[FS_MAX_CQT_LEVELS], begin = 0;
    first_needed(plan, first_frame, need);
    state->frame = first_frame;
    state->appended = 0;
    state->lines[0].data = state->input;
    for (int d = 0; d < plan->n_levels; d++) {
        fs_cqt_line *line = &state->lines[d];
        line->begin = begin;
        line->base = need[d];
        line->have = larger(need[d], begin);
        memset(line->data, 0, (size_t)((line->have - line->base) * size_of(plan)));
        begin = plan->cut ? 0 : (begin - plan->decimator.reach) >> 1;
    }
    fs_cqt_close(plan, state, end_frame, total);
}

/* The first sample that frames or the next level still need. */
static int64_t first_kept(const fspec_cqt *plan, const fs_cqt_state *state, int d)
{
    const fs_cqt_line *line = &state->lines[d];
    int64_t keep = line->have;
    if (plan->used[d])
        keep = smaller(keep, centre(plan, d, state->frame) + plan->first[d]);
    if (d + 1 < plan->n_levels)
        keep = smaller(keep, first_behind(plan, d + 1, state->lines[d + 1].have));
    return larger(keep, line->base);
}

/* Makes room for the samples before `to` in `data`: where they do not fit, what is not needed any more is forgotten, and what
 * is goes to the beginning. */
static void trim(const fspec_cqt *plan, fs_cqt_state *state, int d, char *data, int64_t to)
{
    fs_cqt_line *line = &state->lines[d];
    if (data == line->data && to - line->base <= state->room[d])
        return;
    const int64_t keep = first_kept(plan, state, d);
    if (keep == line->base && data == line->data)
        return;
    memmove(data, sample(plan, line, keep), (size_t)((line->have - keep) * size_of(plan)));
    line->data = data;
    line->base = keep;
}

/* Decimators multiply what lies just beyond the last sample by zero: it must be finite. */
static void guard(const fspec_cqt *plan, const fs_cqt_line *line)
{
    memset(sample(plan, line, line->have), 0, (size_t)(FS_DECIMATE_SLACK * size_of(plan)));
}

static void append_zeros(const fspec_cqt *plan, fs_cqt_line *line, int64_t to)
{
    memset(sample(plan, line, line->have), 0, (size_t)((to - line->have) * size_of(plan)));
    line->have = to;
}

static void append_input(const fspec_cqt *plan, fs_cqt_line *line, const fs_source *source, int64_t to)
{
    static const fs_framing none = {.n_fft = 1, .hop = 1, .pad_mode = FSPEC_PAD_CONSTANT};
    const int64_t middle = smaller(to, line->close);
    if (line->have < middle) {
        fs_fetch(&none, source, line->have, middle - line->have, sample(plan, line, line->have), plan->is_double,
                 plan->input_scale);
        line->have = middle;
    }
    if (line->have < to)
        append_zeros(plan, line, to);
    guard(plan, line);
}

/* Blocks that begin before the end of the level's signal; it is cut there. */
static void append_blocks(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, int d, const fs_spectral_decimator *s,
                          int64_t to)
{
    const fs_cqt_line *from = &state->lines[d - 1];
    fs_cqt_line *line = &state->lines[d];
    const int64_t end = smaller(to, line->close > NEVER / 2 ? to : floor_to(line->close + s->block - 1, s->block));
    if (end <= line->have)
        return;
    fs_decimate_blocks(s, &desk->decimators[s - plan->decimator.spectral], sample(plan, line, line->have),
                       sample(plan, from, 2 * line->have), (end - line->have) / s->block);
    line->have = end;
    if (line->close < end)
        memset(sample(plan, line, line->close), 0, (size_t)((end - line->close) * size_of(plan)));
}

static void append_directly(const fspec_cqt *plan, fs_cqt_state *state, int d, int64_t to)
{
    const fs_cqt_line *from = &state->lines[d - 1];
    fs_cqt_line *line = &state->lines[d];
    const int64_t end = smaller(to, line->close);
    if (end <= line->have)
        return;
    fs_decimate(plan->kernels, &plan->decimator, sample(plan, line, line->have), sample(plan, from, 2 * line->have),
                end - line->have);
    line->have = end;
}

static void append_decimated(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, int d)
{
    fs_cqt_line *line = &state->lines[d];
    const fs_spectral_decimator *s = blocks_at(plan, d);
    const int64_t to = smaller(decimated(plan, d, state->lines[d - 1].have), line->end);
    if (to <= line->have)
        return;
    trim(plan, state, d, line->data, to);
    if (s)
        append_blocks(plan, state, desk, d, s, to);
    else
        append_directly(plan, state, d, to);
    if (line->have < to)
        append_zeros(plan, line, to);
    guard(plan, line);
}

/* ---- frames ----------------------------------------------------------------------------------------------------------- */

/* Sums and differences of a frame's samples around its centre; the last row is the centre's. */
static void fold(const fspec_cqt *plan, const fs_cqt_set *s, const char *middle, char *pairs)
{
    const int64_t size = size_of(plan), rows = plan->pair_rows, n = s->n_rows;
    const int64_t lanes = (int64_t)plan->kernels->lanes, padded = (n + lanes - 1) / lanes * lanes;
    const int halfway = s->fold == FS_FOLD_HALFWAY;
    char *to = pairs + 2 * (rows - padded) * size;
    plan->kernels->cqt_fold(to, middle, middle + halfway * size, (size_t)padded);
    if (!halfway)
        return;
    /* The outermost sample after the centre lies outside the period: the one that it repeats takes its place. */
    char *outer = pairs + 2 * (rows - n) * size;
    if (plan->is_double) {
        const double a = ((const double *)(const void *)middle)[-n], b = ((const double *)(const void *)middle)[1 - n];
        ((double *)(void *)outer)[0] = a + b;
        ((double *)(void *)outer)[1] = a - b;
    } else {
        const float a = ((const float *)(const void *)middle)[-n], b = ((const float *)(const void *)middle)[1 - n];
        ((float *)(void *)outer)[0] = a + b;
        ((float *)(void *)outer)[1] = a - b;
    }
}

/* Where the frame of a seat has its centre. */
static char *middle_of(const fspec_cqt *plan, const fs_cqt_set *s, const fs_cqt_seat *seat)
{
    return sample(plan, &seat->state->lines[s->level], centre(plan, s->level, seat->frame));
}

static void folded_set(const fspec_cqt *plan, fs_cqt_desk *desk, const fs_cqt_set *s, const fs_cqt_seat *seats, int64_t n,
                       char *rows)
{
    const int64_t pitch = 2 * plan->pair_rows, size = size_of(plan), most = (int64_t)plan->kernels->cqt_frames;
    for (int64_t done = 0; done < n; done += most) {
        const int64_t count = smaller(n - done, most);
        for (int64_t f = 0; f < count; f++)
            fold(plan, s, middle_of(plan, s, &seats[done + f]), desk->pairs + f * pitch * size);
        plan->kernels->cqt_pairs(rows + done * plan->row_pitch * size, plan->row_pitch, desk->pairs + pitch * size, pitch,
                                 (size_t)count, s->groups, (size_t)s->n_groups);
    }
    if (s->turns)
        plan->kernels->cqt_turn(rows, (size_t)plan->row_pitch, (size_t)n, s->turns, (size_t)s->n_bins);
}

static void phased_set(const fspec_cqt *plan, const fs_cqt_set *s, const fs_cqt_seat *seats, int64_t n, char *rows)
{
    const void *x[FS_CQT_FRAMES];
    const fs_cqt_group *groups[FS_CQT_FRAMES];
    for (int64_t f = 0; f < n; f++) {
        x[f] = middle_of(plan, s, &seats[f]);
        groups[f] = s->groups + seats[f].frame % s->n_phases * s->n_groups;
    }
    plan->kernels->cqt_phases(rows, plan->row_pitch, x, groups, (size_t)n, (size_t)s->n_groups);
}

static void spectral_set(const fspec_cqt *plan, fs_cqt_desk *desk, const fs_cqt_set *s, const fs_cqt_seat *seats, int64_t n,
                         char *rows)
{
    const void *x[FS_CQT_FRAMES];
    for (int64_t f = 0; f < n; f++)
        x[f] = middle_of(plan, s, &seats[f]);
    fs_cqt_spectra_rows(s, desk->spectra, x, n, rows, plan->row_pitch);
}

/* Frames of one signal where they lie; those of several are first put in order, so that they share the weights. */
static void plain_set(const fspec_cqt *plan, fs_cqt_desk *desk, const fs_cqt_set *s, const fs_cqt_seat *seats, int64_t n,
                      char *rows)
{
    const int64_t size = size_of(plan), most = (int64_t)plan->kernels->cqt_frames;
    if (seats[0].state == seats[n - 1].state) {
        plan->kernels->cqt_samples(rows, plan->row_pitch, middle_of(plan, s, seats), plan->hop >> s->level, (size_t)n,
                                   s->groups, (size_t)s->n_groups);
        return;
    }
    for (int64_t done = 0; done < n; done += most) {
        const int64_t count = smaller(n - done, most);
        for (int64_t f = 0; f < count; f++)
            memcpy(desk->apart + f * plan->apart * size, middle_of(plan, s, &seats[done + f]) + s->first * size,
                   (size_t)((s->last - s->first + 1) * size));
        plan->kernels->cqt_samples(rows + done * plan->row_pitch * size, plan->row_pitch, desk->apart - s->first * size,
                                   plan->apart, (size_t)count, s->groups, (size_t)s->n_groups);
    }
}

/* Sets from the lowest bins up: a set's padding is overwritten by the next one. */
void fs_cqt_compute(const fspec_cqt *plan, fs_cqt_desk *desk, const fs_cqt_seat *seats, int64_t n)
{
    for (int64_t i = 0; i < plan->n_sets; i++) {
        const fs_cqt_set *s = &plan->sets[i];
        char *rows = desk->rows + 2 * s->first_bin * size_of(plan);
        if (s->lanes)
            spectral_set(plan, desk, s, seats, n, rows);
        else if (s->fold != FS_FOLD_NONE)
            folded_set(plan, desk, s, seats, n, rows);
        else if (s->n_phases > 1)
            phased_set(plan, s, seats, n, rows);
        else
            plain_set(plan, desk, s, seats, n, rows);
    }
}

static void store_row(const fspec_cqt *plan, fs_cqt_desk *desk, const char *row, const fspec_matrix *out, char *to,
                      fspec_dtype dtype)
{
    const int64_t size = size_of(plan), stride = out->bin_stride;
    const int wide = dtype == FSPEC_FLOAT64 || dtype == FSPEC_COMPLEX128;
    const int64_t part = wide ? 8 : 4;
    if (plan->output != FSPEC_CQT_COMPLEX) {
        plan->kernels->power(desk->reals, row, (size_t)plan->n_bins, plan->output == FSPEC_CQT_POWER ? 2 : 1);
        fs_copy_values(to, stride, wide, desk->reals, size, plan->is_double, plan->n_bins);
    } else if (stride == 2 * part) {
        fs_copy_values(to, part, wide, row, size, plan->is_double, 2 * plan->n_bins);
    } else {
        fs_copy_values(to, stride, wide, row, 2 * size, plan->is_double, plan->n_bins);
        fs_copy_values(to + part, stride, wide, row + size, 2 * size, plan->is_double, plan->n_bins);
    }
}

static int64_t frames_before(const fspec_cqt *plan, int d, int64_t have)
{
    const int64_t limit = have - plan->last[d]; /* centres below it are complete */
    return limit <= 0 ? 0 : ((limit << d) - 1) / plan->hop + 1;
}

int64_t fs_cqt_complete(const fspec_cqt *plan, const fs_cqt_state *state)
{
    int64_t end = state->end_frame;
    for (int d = 0; d < plan->n_levels; d++)
        if (plan->used[d])
            end = smaller(end, frames_before(plan, d, state->lines[d].have));
    return end;
}

void fs_cqt_emit(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, int64_t row, int64_t n, const fs_cqt_sink *sink)
{
    const int64_t pitch = plan->row_pitch * size_of(plan);
    if (plan->chroma)
        fs_chroma_take_complex(plan->chroma, &state->chroma, desk->rows + row * pitch, plan->row_pitch, n,
                               plan->output == FSPEC_CQT_POWER ? 2 : 1, sink);
    for (int64_t f = 0; f < n && !plan->chroma; f++)
        store_row(plan, desk, desk->rows + (row + f) * pitch, sink->out,
                  (char *)sink->out->data + (state->frame + f - sink->first) * sink->out->frame_stride, sink->dtype);
    state->frame += n;
}

static void compute_ready(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, const fs_cqt_sink *sink)
{
    const int64_t end = fs_cqt_complete(plan, state);
    fs_cqt_seat seats[FS_CQT_FRAMES];
    while (state->frame < end) {
        const int64_t n = smaller(end - state->frame, FS_CQT_FRAMES);
        for (int64_t f = 0; f < n; f++)
            seats[f] = (fs_cqt_seat){state, state->frame + f};
        fs_cqt_compute(plan, desk, seats, n);
        fs_cqt_emit(plan, state, desk, 0, n, sink);
    }
}

/* Takes in samples without a copy, if the whole signal is at hand and its ends are far. */
static int refer_to_input(const fspec_cqt *plan, fs_cqt_state *state, const fs_source *source, int64_t to)
{
    fs_cqt_line *line = &state->lines[0];
    const int64_t keep = first_kept(plan, state, 0);
    if (source->total < 0 || keep < FS_DECIMATE_SLACK)
        return 0;
    const char *from = fs_direct(source, keep - FS_DECIMATE_SLACK, to - keep + 2 * FS_DECIMATE_SLACK, plan->is_double);
    if (!from)
        return 0;
    line->data = (char *)(uintptr_t)from + FS_DECIMATE_SLACK * size_of(plan); /* which nobody writes to */
    line->base = keep;
    line->have = to;
    return 1;
}

void fs_cqt_append(const fspec_cqt *plan, fs_cqt_state *state, const fs_source *source, int64_t n)
{
    fs_cqt_line *line = &state->lines[0];
    const int64_t to = line->have + n;
    if (!refer_to_input(plan, state, source, to)) {
        trim(plan, state, 0, state->input, to);
        append_input(plan, line, source, to);
    }
    state->appended += n;
}

void fs_cqt_decimate(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk)
{
    for (int d = 1; d < plan->n_levels; d++)
        append_decimated(plan, state, desk, d);
    state->appended = 0;
}

int64_t fs_cqt_missing(const fs_cqt_state *state, int64_t chunk)
{
    const fs_cqt_line *input = &state->lines[0];
    return state->frame < state->end_frame && input->have < input->end ? smaller(input->end - input->have, chunk) : 0;
}

void fs_cqt_feed(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, const fs_source *source, int64_t n,
                 const fs_cqt_sink *sink)
{
    fs_cqt_append(plan, state, source, n);
    fs_cqt_decimate(plan, state, desk);
    compute_ready(plan, state, desk, sink);
}

void fs_cqt_finish(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, const fs_source *source,
                   const fs_cqt_sink *sink)
{
    int64_t n;
    compute_ready(plan, state, desk, sink);
    while ((n = fs_cqt_missing(state, plan->chunk)) > 0)
        fs_cqt_feed(plan, state, desk, source, n, sink);
    if (plan->chroma)
        fs_chroma_finish(plan->chroma, &state->chroma, sink);
}

int64_t fs_cqt_settled(const fspec_cqt *plan, int64_t have)
{
    int64_t settled = NEVER, begin = 0;
    for (int d = 0; d < plan->n_levels; d++) {
        if (d) {
            begin = plan->cut ? 0 : (begin - plan->decimator.reach) >> 1;
            have = larger(decimated(plan, d, have), begin);
        }
        if (plan->used[d])
            settled = smaller(settled, frames_before(plan, d, have));
    }
    return settled;
}

int64_t fs_cqt_latency(const fspec_cqt *plan)
{
    int64_t latency = 0;
    for (int d = 0; d < plan->n_levels; d++) {
        int64_t end = plan->last[d] + 1;
        for (int i = d; i > 0; i--) {
            const fs_spectral_decimator *s = blocks_at(plan, i);
            end = 2 * (end - 1) + (s ? s->n - s->lead : plan->decimator.reach + 1);
        }
        if (plan->used[d])
            latency = larger(latency, end);
    }
    return latency;
}

void fs_cqt_copy(const fspec_cqt *plan, const fs_cqt_state *from, fs_cqt_state *to)
{
    for (int d = 0; d < plan->n_levels; d++) {
        char *data = to->lines[d].data;
        to->lines[d] = from->lines[d];
        to->lines[d].data = data;
    }
    to->frame = from->frame;
    to->end_frame = from->end_frame;
    to->appended = from->appended;
    to->chroma.next = from->chroma.next;
    to->chroma.end = from->chroma.end;
    to->chroma.smoother.n_rows = from->chroma.smoother.n_rows;
}
