/* From rows of magnitudes to rows of chroma. SPDX-License-Identifier: BSD-3-Clause */
#include "chroma.h"

#include <math.h>
#include <string.h>

#include "arrays.h"
#include "parallel.h"
#include "pool.h"

enum { FRAMES = 24, SEGMENT = 4096, MOST_TAPS = 1 << 24 };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

void fspec_chroma_config_init(fspec_chroma_config *config)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->precision = FSPEC_SINGLE;
    config->threshold = -INFINITY;
    config->input_norm_p = config->norm_p = config->last_norm_p = 2;
}

/* ---- the plan --------------------------------------------------------------------------------------------------------- */

static int all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static fspec_status check(const fspec_chroma_config *c)
{
    if (c->precision != FSPEC_SINGLE && c->precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if (fs_check_norm(c->input_norm, c->input_norm_p) != FSPEC_OK || fs_check_norm(c->norm, c->norm_p) != FSPEC_OK
        || fs_check_norm(c->last_norm, c->last_norm_p) != FSPEC_OK)
        return FSPEC_BAD_NORM;
    if (c->n_bins < 1 || c->n_chroma < 1 || !c->fold || isnan(c->threshold) || c->n_steps < 0
        || (c->n_steps && (!c->steps || !c->heights)) || c->n_smooth < 0 || (c->n_smooth && !c->smooth))
        return FSPEC_BAD_ARGUMENT;
    if (c->n_bins > INT32_MAX || c->n_chroma > INT32_MAX || c->n_steps > INT32_MAX || c->n_smooth > MOST_TAPS)
        return FSPEC_TOO_LARGE;
    return all_finite(c->fold, c->n_bins * c->n_chroma) && all_finite(c->steps, c->n_steps)
                   && all_finite(c->heights, c->n_steps) && all_finite(c->smooth, c->n_smooth)
               ? FSPEC_OK
               : FSPEC_BAD_ARGUMENT;
}

/* The fold's columns, one after the other, so that a vector holds the weights of one bin. */
static fspec_status copy_fold(const fspec_chroma_config *c, fspec_chroma *chroma)
{
    size_t bytes;
    if (!fs_size(c->n_bins, chroma->pitch * (int64_t)chroma->kernels->real_size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(chroma->weights = fs_alloc_zeroed(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t row = 0; row < c->n_chroma; row++)
        fs_copy_values((char *)chroma->weights + row * (int64_t)chroma->kernels->real_size,
                       chroma->pitch * (int64_t)chroma->kernels->real_size, chroma->is_double, c->fold + row * c->n_bins,
                       sizeof(double), 1, c->n_bins);
    return FSPEC_OK;
}

static fspec_status build(const fspec_chroma_config *c, fspec_chroma *chroma)
{
    chroma->is_double = c->precision == FSPEC_DOUBLE;
    chroma->kernels = fs_kernels_for(chroma->is_double);
    const int64_t lanes = (int64_t)chroma->kernels->lanes;
    chroma->n_bins = c->n_bins;
    chroma->n_chroma = c->n_chroma;
    chroma->bin_pitch = (c->n_bins + lanes - 1) / lanes * lanes;
    chroma->pitch = (c->n_chroma + lanes - 1) / lanes * lanes;
    chroma->input_norm = c->input_norm;
    chroma->input_norm_p = c->input_norm_p;
    chroma->threshold = c->threshold;
    chroma->norm = c->norm;
    chroma->norm_p = c->norm_p;
    chroma->last_norm = c->last_norm;
    chroma->last_norm_p = c->last_norm_p;
    fspec_status status = copy_fold(c, chroma);
    if (status == FSPEC_OK && c->n_steps) {
        const size_t bytes = (size_t)c->n_steps * sizeof(double);
        chroma->n_steps = c->n_steps;
        chroma->steps = fs_duplicate(c->steps, bytes);
        chroma->heights = fs_duplicate(c->heights, bytes);
        if (!chroma->steps || !chroma->heights)
            status = FSPEC_NO_MEMORY;
    }
    chroma->smooths = c->n_smooth > 0;
    if (status == FSPEC_OK && chroma->smooths)
        status = fs_smoother_create(chroma->kernels, c->smooth, c->n_smooth, &chroma->smoother);
    return status;
}

fspec_status fspec_chroma_create(const fspec_chroma_config *config, fspec_chroma **result)
{
    fspec_chroma_config c;
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    fspec_chroma_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status == FSPEC_OK)
        status = check(&c);
    if (status != FSPEC_OK)
        return status;
    fspec_chroma *chroma = fs_alloc_zeroed(sizeof *chroma);
    if (!chroma)
        return FSPEC_NO_MEMORY;
    status = build(&c, chroma);
    if (status == FSPEC_OK)
        *result = chroma;
    else
        fspec_chroma_free(chroma);
    return status;
}

void fspec_chroma_free(fspec_chroma *chroma)
{
    if (!chroma)
        return;
    fs_smoother_free(&chroma->smoother);
    fs_free(chroma->weights);
    fs_free(chroma->steps);
    fs_free(chroma->heights);
    fs_free(chroma);
}

/* ---- frames ----------------------------------------------------------------------------------------------------------- */

int64_t fs_chroma_before(const fspec_chroma *chroma)
{
    return chroma->smooths ? chroma->smoother.before : 0;
}

int64_t fs_chroma_after(const fspec_chroma *chroma)
{
    return chroma->smooths ? chroma->smoother.after : 0;
}

void fs_chroma_lay_out(const fspec_chroma *chroma, fs_arena *arena, fs_chroma_state *state)
{
    const size_t size = chroma->kernels->real_size;
    state->bins = fs_take(arena, chroma->bin_pitch * FRAMES, size);
    state->rows = state->smoothed = fs_take(arena, chroma->pitch * FRAMES, size);
    if (chroma->smooths)
        fs_smoother_lay_out(&chroma->smoother, arena, chroma->pitch, FRAMES, &state->smoother);
}

int64_t fs_chroma_begin(const fspec_chroma *chroma, fs_chroma_state *state, int64_t first, int64_t end)
{
    const int64_t before = fs_chroma_before(chroma), from = larger(first - before, 0);
    state->next = first;
    state->end = end;
    if (chroma->smooths)
        fs_smoother_begin(&chroma->smoother, &state->smoother, chroma->pitch, before - (first - from));
    return from;
}

/* Along whichever dimension the output's values are closer together. */
static void store(const fspec_chroma *chroma, fs_chroma_state *state, const char *rows, int64_t n, const fs_chroma_sink *sink)
{
    const int64_t size = (int64_t)chroma->kernels->real_size, pitch = chroma->pitch * size;
    const int64_t by_bin = sink->out->bin_stride, by_frame = sink->out->frame_stride;
    const int wide = sink->dtype == FSPEC_FLOAT64;
    char *to = (char *)sink->out->data + (state->next - sink->first) * by_frame;
    if ((by_bin < 0 ? -by_bin : by_bin) < (by_frame < 0 ? -by_frame : by_frame)) {
        for (int64_t f = 0; f < n; f++)
            fs_copy_values(to + f * by_frame, by_bin, wide, rows + f * pitch, size, chroma->is_double, chroma->n_chroma);
    } else {
        for (int64_t c = 0; c < chroma->n_chroma; c++)
            fs_copy_values(to + c * by_bin, by_frame, wide, rows + c * size, pitch, chroma->is_double, n);
    }
    state->next += n;
}

/* Output rows that are complete but for their last norm. */
static void store_last(const fspec_chroma *chroma, fs_chroma_state *state, char *rows, int64_t n, const fs_chroma_sink *sink)
{
    n = smaller(n, state->end - state->next);
    if (n <= 0)
        return;
    fs_normalise(rows, (size_t)n, (ptrdiff_t)chroma->pitch, (size_t)chroma->n_chroma, 1, chroma->is_double, chroma->last_norm,
                 chroma->last_norm_p);
    store(chroma, state, rows, n, sink);
}

/* n <= FRAMES frames of magnitudes in state->bins. */
static void take_bins(const fspec_chroma *chroma, fs_chroma_state *state, int64_t n, const fs_chroma_sink *sink)
{
    const fs_kernels *k = chroma->kernels;
    const size_t values = (size_t)(n * chroma->pitch);
    char *rows = chroma->smooths ? fs_smoother_room(&chroma->smoother, &state->smoother, chroma->pitch) : state->rows;
    fs_normalise(state->bins, (size_t)n, (ptrdiff_t)chroma->bin_pitch, (size_t)chroma->n_bins, 1, chroma->is_double,
                 chroma->input_norm, chroma->input_norm_p);
    k->fold_rows(rows, (size_t)chroma->pitch, state->bins, (size_t)chroma->bin_pitch, (size_t)n, chroma->weights,
                 (size_t)chroma->n_bins);
    if (chroma->threshold > -INFINITY)
        k->drop_small(rows, values, chroma->threshold);
    fs_normalise(rows, (size_t)n, (ptrdiff_t)chroma->pitch, (size_t)chroma->n_chroma, 1, chroma->is_double, chroma->norm,
                 chroma->norm_p);
    if (chroma->n_steps)
        k->quantise(rows, values, chroma->steps, chroma->heights, (size_t)chroma->n_steps);
    if (chroma->smooths) {
        n = fs_smoother_take(&chroma->smoother, &state->smoother, chroma->pitch, n, state->smoothed);
        rows = state->smoothed;
    }
    store_last(chroma, state, rows, n, sink);
}

void fs_chroma_take_complex(const fspec_chroma *chroma, fs_chroma_state *state, const void *rows, int64_t pitch, int64_t n,
                            int power, const fs_chroma_sink *sink)
{
    const int64_t size = (int64_t)chroma->kernels->real_size;
    const char *row = rows;
    for (int64_t done = 0, count; done < n; done += count) {
        count = smaller(n - done, FRAMES);
        for (int64_t f = 0; f < count; f++, row += pitch * size)
            chroma->kernels->power(state->bins + f * chroma->bin_pitch * size, row, (size_t)chroma->n_bins, power);
        take_bins(chroma, state, count, sink);
    }
}

void fs_chroma_take_matrix(const fspec_chroma *chroma, fs_chroma_state *state, const fspec_matrix *in, int in_double,
                           int64_t first, int64_t n, const fs_chroma_sink *sink)
{
    const int64_t size = (int64_t)chroma->kernels->real_size, pitch = chroma->bin_pitch * size;
    for (int64_t done = 0, count; done < n; done += count) {
        const char *from = (const char *)in->data + (first + done) * in->frame_stride;
        count = smaller(n - done, FRAMES);
        if (in->bin_stride == (in_double ? 8 : 4))
            for (int64_t f = 0; f < count; f++)
                fs_copy_values(state->bins + f * pitch, size, chroma->is_double, from + f * in->frame_stride, in->bin_stride,
                               in_double, chroma->n_bins);
        else
            for (int64_t k = 0; k < chroma->n_bins; k++)
                fs_copy_values(state->bins + k * size, pitch, chroma->is_double, from + k * in->bin_stride, in->frame_stride,
                               in_double, count);
        take_bins(chroma, state, count, sink);
    }
}

void fs_chroma_finish(const fspec_chroma *chroma, fs_chroma_state *state, const fs_chroma_sink *sink)
{
    const size_t row = (size_t)chroma->pitch * chroma->kernels->real_size;
    for (int64_t left = chroma->smooths ? chroma->smoother.after : 0, n; left > 0 && state->next < state->end; left -= n) {
        n = smaller(left, FRAMES);
        memset(fs_smoother_room(&chroma->smoother, &state->smoother, chroma->pitch), 0, (size_t)n * row);
        store_last(chroma, state, state->smoothed,
                   fs_smoother_take(&chroma->smoother, &state->smoother, chroma->pitch, n, state->smoothed), sink);
    }
}

/* ---- calls on spectra ------------------------------------------------------------------------------------------------- */

/* The work of a call: every item in segments of so many frames. */
typedef struct run {
    const fspec_chroma *chroma;
    const fspec_matrix *in, *out;
    fspec_dtype in_dtype, out_dtype;
    int64_t n_frames, segment, per_item;
    char *desks; /* one per worker, `desk` bytes each */
    size_t desk;
} run;

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const run *r = context;
    const fspec_chroma *chroma = r->chroma;
    fs_arena arena = {.base = r->desks + (size_t)worker * r->desk};
    fs_chroma_state state;
    fs_chroma_lay_out(chroma, &arena, &state);
    for (int64_t i = begin; i < end; i++) {
        const int64_t item = i / r->per_item, first = i % r->per_item * r->segment;
        const int64_t last = smaller(r->n_frames, first + r->segment);
        const fs_chroma_sink sink = {&r->out[item], 0, r->out_dtype};
        const int64_t from = fs_chroma_begin(chroma, &state, first, last);
        fs_chroma_take_matrix(chroma, &state, &r->in[item], r->in_dtype == FSPEC_FLOAT64, from,
                              smaller(r->n_frames, last + fs_chroma_after(chroma)) - from, &sink);
        fs_chroma_finish(chroma, &state, &sink);
    }
    return FSPEC_OK;
}

static fspec_status check_call(const fspec_chroma *chroma, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                               const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype)
{
    if (!chroma || n_frames < 0 || n_items < 0 || (n_items > 0 && (!in || !out)))
        return FSPEC_BAD_ARGUMENT;
    if ((in_dtype != FSPEC_FLOAT32 && in_dtype != FSPEC_FLOAT64) || (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64))
        return FSPEC_BAD_DATA_TYPE;
    for (int64_t i = 0; i < n_items && n_frames > 0; i++) {
        if (!in[i].data || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&in[i], chroma->n_bins, n_frames) || !fs_fits(&out[i], chroma->n_chroma, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

static fspec_status execute(run *r, int64_t n_items, const fspec_call *call)
{
    fs_arena arena = {0};
    fs_chroma_state state;
    size_t bytes;
    int64_t pieces;
    r->segment = larger(SEGMENT, 4 * (fs_chroma_before(r->chroma) + fs_chroma_after(r->chroma)));
    r->per_item = (r->n_frames - 1) / r->segment + 1;
    if (__builtin_mul_overflow(n_items, r->per_item, &pieces))
        return FSPEC_TOO_LARGE;
    const int n_workers = fs_worker_count(call, pieces);
    fs_chroma_lay_out(r->chroma, &arena, &state);
    r->desk = arena.used;
    if (arena.overflow || !fs_size(n_workers, (int64_t)r->desk, 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    fspec_status status = fs_take_scratch(bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    r->desks = memset(scratch.base, 0, bytes);
    status = fs_parallel(call, n_workers, pieces, 1, work, r);
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_chroma_exec(const fspec_chroma *chroma, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                               const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(chroma, in, in_dtype, n_frames, out, n_items, out_dtype);
    if (status != FSPEC_OK || n_items == 0 || n_frames == 0)
        return status;
    run r = {.chroma = chroma, .in = in, .out = out, .in_dtype = in_dtype, .out_dtype = out_dtype, .n_frames = n_frames};
    return execute(&r, n_items, &full);
}
