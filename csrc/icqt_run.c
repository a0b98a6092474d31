/* One stretch of output: from the deepest level up, a level's samples are those of the level below it, interpolated, and the
 * sum of its own frames. Every sample sums its frames in ascending time, in groups that begin at fixed frames.
 * SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "arrays.h"
#include "icqt.h"

static const int64_t FAR = INT64_MAX / 4;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t size_of(const fspec_icqt *plan) { return (int64_t)plan->kernels->real_size; }
static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* Samples [lo, hi) of a level, lo even, and the address of sample lo. */
typedef struct stretch {
    int64_t lo, hi;
    char *data;
} stretch;

/* What interpolators may read or write beyond the ends of a stretch. */
static int64_t slack(const fspec_icqt *plan) { return plan->reach + 16 * FS_MAX_LANES; }

/* The stretch of the level below that a stretch is interpolated from. */
static stretch below(const fspec_icqt *plan, stretch s)
{
    const int64_t lo = floor_div(s.lo - plan->reach, 2), hi = floor_div(s.hi - 1 + plan->reach, 2) + 1;
    return (stretch){lo - (lo & 1), hi + (hi & 1), NULL};
}

/* ---- memory ----------------------------------------------------------------------------------------------------------- */

static int64_t rows_reach(const fs_icqt_part *part, const fspec_icqt *plan)
{
    return (int64_t)part->n_blocks * FS_ICQT_BLOCK / size_of(plan);
}

void fs_icqt_measure(fspec_icqt *plan)
{
    for (int64_t i = 0; i < plan->n_sets; i++) {
        const fs_icqt_set *s = &plan->sets[i];
        int64_t *before = &plan->before[s->level], *after = &plan->after[s->level];
        plan->max_bins = larger(plan->max_bins, s->n_bins);
        plan->least = larger(plan->least, 2 * ((s->last - s->first + 1) << s->level));
        for (int p = 0; p < s->n_parts; p++) {
            const int64_t rows = rows_reach(&s->parts[p], plan), first = s->parts[p].after;
            *before = larger(*before, s->last + larger(s->parts[p].folded ? rows : 0, -first));
            *after = larger(*after, larger(first + rows, 0) - s->first);
        }
    }
    for (int64_t i = 0; i < plan->n_heads; i++)
        plan->least = larger(plan->least, plan->heads[i].n_out);
    plan->least = larger(plan->least + (plan->least & 1), 1024);
}

void fs_icqt_lay_out(const fspec_icqt *plan, int64_t room, fs_arena *arena, fs_icqt_desk *desk)
{
    const size_t size = plan->kernels->real_size;
    int64_t sum = 0, n = room + 2, longest[2] = {0, 0};
    for (int d = 0; d < plan->n_levels; d++, n = n / 2 + plan->reach + 4) { /* no stretch of `below` is longer */
        longest[d & 1] = larger(longest[d & 1], n + 2 * slack(plan));
        sum = larger(sum, n + plan->before[d] + plan->after[d]);
    }
    for (int i = 0; i < 2; i++) {
        char *line = fs_take(arena, longest[i], size);
        desk->lines[i] = line ? line + (size_t)slack(plan) * size : NULL;
    }
    desk->sum = fs_take(arena, sum, size);
    desk->coefs = fs_take(arena, 2 * plan->max_bins * FS_ICQT_FRAMES, size);
    int64_t own = 0;
    for (int64_t i = 0; i < plan->n_heads; i++)
        own += plan->heads[i].n_in;
    desk->own = fs_take(arena, own, size);
}

/* ---- frames ----------------------------------------------------------------------------------------------------------- */

static void put(const fspec_icqt *plan, char *coefs, int64_t i, double x)
{
    if (plan->is_double)
        ((double *)(void *)coefs)[i] = x;
    else
        ((float *)(void *)coefs)[i] = (float)x;
}

/* [bin][real, imaginary][frame], for frames [frame, frame + n) and zeros after them. */
static void load(const fs_icqt_job *job, const fs_icqt_set *s, int64_t frame, int64_t n, char *coefs)
{
    const fspec_icqt *plan = job->plan;
    const fspec_matrix *in = job->in;
    for (int64_t f = 0; f < FS_ICQT_FRAMES; f++) {
        const char *from = (const char *)in->data + s->first_bin * in->bin_stride + (frame + f) * in->frame_stride;
        for (int64_t i = 0; i < s->n_bins; i++, from += in->bin_stride) {
            double re = 0, im = 0;
            if (f < n && job->in_double) {
                re = ((const double *)(const void *)from)[0];
                im = ((const double *)(const void *)from)[1];
            } else if (f < n) {
                re = ((const float *)(const void *)from)[0];
                im = ((const float *)(const void *)from)[1];
            }
            if (s->turns && f < n) {
                const double c = s->turns[2 * i], b = s->turns[2 * i + 1], turned = re * c + im * b;
                im = im * c - re * b;
                re = turned;
            }
            put(plan, coefs, 2 * FS_ICQT_FRAMES * i + f, re);
            put(plan, coefs, 2 * FS_ICQT_FRAMES * i + FS_ICQT_FRAMES + f, im);
        }
    }
}

/* Adds frames [frame, frame + n) to the sum, of which sample `first` is at sum; those that do not reach `s` are left out. */
static void add_frames(const fs_icqt_job *job, const fs_icqt_set *set, int64_t frame, int64_t n, int64_t n_seats,
                       const stretch *s, const fs_icqt_desk *desk, int64_t first)
{
    const fspec_icqt *plan = job->plan;
    void *after[FS_ICQT_FRAMES], *before[FS_ICQT_FRAMES];
    load(job, set, frame, n, desk->coefs);
    for (int p = 0; p < set->n_parts; p++) {
        const fs_icqt_part *part = &set->parts[p];
        const fs_icqt_block *blocks = part->blocks + (size_t)(frame % set->n_phases) * part->n_blocks;
        for (int64_t f = 0; f < n_seats; f++) {
            const int64_t centre = ((frame + f) * plan->hop) >> set->level;
            char *middle = desk->sum + (centre - first) * size_of(plan);
            const int reaches = f < n && centre + set->last >= s->lo && centre + set->first < s->hi;
            after[f] = reaches ? middle + part->after * size_of(plan) : NULL;
            before[f] = reaches ? middle : NULL;
        }
        if (part->folded)
            plan->kernels->icqt_folded(after, before, (size_t)n_seats, desk->coefs, blocks, part->n_blocks);
        else
            plan->kernels->icqt_plain(after, (size_t)n_seats, desk->coefs, blocks, part->n_blocks);
    }
}

/* The first frame whose centre, at a level, is at or after a sample. */
static int64_t frame_at(const fspec_icqt *plan, int level, int64_t sample)
{
    return sample <= 0 ? 0 : ((sample << level) - 1) / plan->hop + 1;
}

/* Sums the frames that reach a stretch; the address of its first sample. */
static const char *sum_frames(const fs_icqt_job *job, const fs_icqt_set *set, const stretch *s, const fs_icqt_desk *desk)
{
    const fspec_icqt *plan = job->plan;
    const int64_t before = plan->before[set->level], size = size_of(plan);
    const int64_t together = set->n_phases == 1 ? FS_ICQT_FRAMES : 1;
    const int64_t end = smaller(job->n_frames, frame_at(plan, set->level, s->hi - set->first));
    int64_t frame = frame_at(plan, set->level, s->lo - set->last);
    memset(desk->sum, 0, (size_t)((s->hi - s->lo + before + plan->after[set->level]) * size));
    for (frame -= frame % together; frame < end; frame += together)
        add_frames(job, set, frame, smaller(together, job->n_frames - frame), together, s, desk, s->lo - before);
    return desk->sum + before * size;
}

/* How many frames reach sample n, and up to where that is so. */
static int64_t covering(const fs_icqt_job *job, const fs_icqt_set *set, int64_t n, int64_t *end)
{
    const int64_t hop = job->plan->hop >> set->level, length = set->last - set->first + 1;
    const int64_t since = n - set->first, until = since - length; /* frame t covers n where until < t * hop <= since */
    const int64_t newest = floor_div(since, hop), oldest = floor_div(until, hop) + 1;
    if (oldest > 0 && newest < job->n_frames - 1 && length % hop == 0) {
        *end = n + (job->n_frames - 1) * hop - since; /* where frames end that newer ones replace */
        return length / hop;
    }
    *end = n + smaller((newest + 1) * hop - since, oldest * hop - until);
    return smaller(newest, job->n_frames - 1) - larger(oldest, 0) + 1;
}

/* Adds one set's frames to a level's stretch, and to the level's own first samples where there are such. */
static void add_set(const fs_icqt_job *job, const fs_icqt_set *set, const stretch *s, int64_t end, const fs_icqt_desk *desk,
                    char *own, int64_t n_own)
{
    const fspec_icqt *plan = job->plan;
    const int64_t size = size_of(plan);
    const char *sum = sum_frames(job, set, s, desk);
    if (plan->method == FSPEC_ICQT_ADJOINT) {
        plan->kernels->icqt_add(s->data, sum, (size_t)(s->hi - s->lo), 1);
        return;
    }
    for (int64_t n = larger(s->lo, 0), next; n < smaller(s->hi, end); n = next) {
        const int64_t count = covering(job, set, n, &next);
        next = smaller(next, smaller(s->hi, end));
        if (count <= 0)
            continue;
        plan->kernels->icqt_add(s->data + (n - s->lo) * size, sum + (n - s->lo) * size, (size_t)(next - n), (double)count);
        if (n < n_own)
            plan->kernels->icqt_add(own + n * size, sum + (n - s->lo) * size, (size_t)(smaller(next, n_own) - n),
                                    (double)count);
    }
}

/* ---- levels ----------------------------------------------------------------------------------------------------------- */

static void interpolate(const fspec_icqt *plan, const stretch *to, const stretch *from)
{
    const char *x = from->data + (to->lo / 2 - from->lo) * size_of(plan);
    const size_t n = (size_t)(to->hi - to->lo) / 2;
    if (plan->n_taps)
        plan->kernels->halfband_up(to->data, x, n, plan->weights, plan->n_taps);
    else
        plan->kernels->interpolate(to->data, x, n, plan->weights, (size_t)plan->reach);
}

/* Zeros outside [begin, end), the slack included. */
static void cut(const fspec_icqt *plan, const stretch *s, int64_t begin, int64_t end)
{
    const int64_t size = size_of(plan), stop = s->hi + slack(plan), from = larger(smaller(end, stop), s->lo);
    const int64_t to = smaller(begin, s->hi);
    if (s->lo < to)
        memset(s->data, 0, (size_t)((to - s->lo) * size));
    memset(s->data + (from - s->lo) * size, 0, (size_t)((stop - from) * size));
}

static int64_t head_of(const fspec_icqt *plan, int level, int64_t *before)
{
    *before = 0;
    for (int64_t i = 0; i < plan->n_heads; i++) {
        if (plan->heads[i].level == level)
            return i;
        *before += plan->heads[i].n_in;
    }
    return -1;
}

static double value(const fspec_icqt *plan, const char *x, int64_t i)
{
    return plan->is_double ? ((const double *)(const void *)x)[i] : (double)((const float *)(const void *)x)[i];
}

/* out[m] += sum over p of x[p] * weights[p][m], at level 0. */
static void add_heads(const fspec_icqt *plan, const stretch *s, const char *own)
{
    for (int64_t i = 0; i < plan->n_heads; i++) {
        const fspec_icqt_head *head = &plan->heads[i];
        for (int64_t m = s->lo; m < smaller(head->n_out, s->hi); m++) {
            double sum = value(plan, s->data, m - s->lo);
            for (int64_t p = 0; p < head->n_in; p++)
                sum += value(plan, own, p) * head->weights[p * head->n_out + m];
            put(plan, s->data, m - s->lo, sum);
        }
        own += head->n_in * size_of(plan);
    }
}

const void *fs_icqt_piece(const fs_icqt_job *job, const fs_icqt_desk *desk, int64_t begin, int64_t end)
{
    const fspec_icqt *plan = job->plan;
    const int overlap = plan->method == FSPEC_ICQT_OVERLAP, headed = begin == 0 && plan->n_heads > 0;
    stretch levels[FS_MAX_CQT_LEVELS];
    int64_t close[FS_MAX_CQT_LEVELS], own = 0;
    const int64_t size = size_of(plan), margin = slack(plan);
    levels[0] = (stretch){begin, end + (end & 1), NULL};
    close[0] = job->n_samples;
    for (int d = 1; d < plan->n_levels; d++) {
        levels[d] = below(plan, levels[d - 1]);
        close[d] = (close[d - 1] + 1) / 2;
    }
    for (int64_t i = 0; i < plan->n_heads; i++)
        own += plan->heads[i].n_in;
    memset(desk->own, 0, (size_t)(own * size));
    for (int d = plan->n_levels - 1; d >= 0; d--) {
        stretch *s = &levels[d];
        s->data = desk->lines[d & 1];
        memset(s->data - margin * size, 0, (size_t)((s->hi - s->lo + 2 * margin) * size));
        if (d + 1 < plan->n_levels)
            interpolate(plan, s, &levels[d + 1]);
        const int64_t head = head_of(plan, d, &own), last = (job->n_frames - 1) * (plan->hop >> d);
        for (int64_t i = 0; i < plan->n_sets; i++)
            if (plan->sets[i].level == d)
                add_set(job, &plan->sets[i], s, last, desk, desk->own + own * size,
                        headed && head >= 0 ? plan->heads[head].n_in : 0);
        cut(plan, s, plan->cut && !overlap ? 0 : -FAR, plan->cut && !overlap ? close[d] : FAR);
    }
    if (headed)
        add_heads(plan, &levels[0], desk->own);
    return levels[0].data;
}
