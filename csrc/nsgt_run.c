/* Blocks of the nonstationary Gabor transform, there and back. SPDX-License-Identifier: BSD-3-Clause
 *
 * A block goes through stages of independent parts. Where there are blocks enough, each is the work of one thread; else the
 * threads share each stage of one block after the other. What is computed is the same. */
#include <string.h>

#include "arrays.h"
#include "framing.h"
#include "nsgt.h"
#include "parallel.h"
#include "pool.h"

typedef struct run {
    const fspec_nsgt *plan;
    const fspec_call *call;
    const fspec_signal *signals; /* read, or written */
    const fspec_matrix *bands;
    fspec_dtype dtype;           /* of the coefficients */
    int64_t n_signals, n_blocks, first;
    int64_t parity, n_parities;  /* blocks of one parity do not overlap */
    int n_workers, shared;       /* shared: the threads share a block's stages */
    size_t bench, desk;          /* bytes of one block's arrays, and of one worker's scratch */
    char *benches, *desks;
} run;

/* A block at work. Its arrays have room for the signal, its pairs and its bins each. */
typedef struct block {
    const run *run;
    int64_t signal, number;
    char *near, *far;
} block;

typedef struct scratch {
    fs_arena arena;
    fs_long_desk desk;
    fs_lanes_desk lanes;
    char *values, *middle; /* rows of coefficients, `pitch` bytes apart */
    int64_t pitch;
} scratch;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t size_of(const fspec_nsgt *plan) { return (int64_t)plan->kernels->real_size; }

/* ---- scratch ---------------------------------------------------------------------------------------------------------- */

static void take_bench(const fspec_nsgt *plan, fs_arena *arena, block *b)
{
    const int64_t n = larger(fs_long_middle(plan->real), plan->m + 1) + FS_LONG_SLACK;
    b->near = fs_take(arena, n, 2 * plan->kernels->real_size);
    b->far = fs_take(arena, n, 2 * plan->kernels->real_size);
}

static void take_job(const fspec_nsgt *plan, const fs_nsgt_fft *fft, scratch *s)
{
    const size_t size = plan->kernels->real_size;
    const int64_t rows = fft->alone ? 1 : FS_MAX_LANES, values = fft->size + FS_LONG_SLACK;
    s->pitch = values * 2 * (int64_t)size;
    s->values = fs_take(&s->arena, values * rows, 2 * size);
    if (fft->alone) {
        s->middle = fs_take(&s->arena, fs_long_middle(fft->alone), 2 * size);
        fs_long_take(fft->alone, &s->arena, &s->desk);
    } else {
        fs_lanes_take(fft->lanes, &s->arena, 0, &s->lanes);
    }
}

static void take_sizes(const fspec_nsgt *plan, run *r)
{
    fs_arena bench = {0};
    block b;
    scratch whole = {0};
    size_t most;
    take_bench(plan, &bench, &b);
    fs_long_take(plan->real, &whole.arena, &whole.desk);
    most = whole.arena.used;
    int overflow = bench.overflow | whole.arena.overflow;
    for (int64_t i = 0; i < plan->n_ffts; i++) {
        scratch s = {0};
        take_job(plan, &plan->ffts[i], &s);
        overflow |= s.arena.overflow;
        most = s.arena.used > most ? s.arena.used : most;
    }
    r->bench = overflow ? 0 : bench.used;
    r->desk = overflow ? 0 : most;
}

/* Chooses how the threads work, and returns the bytes that this takes; 0 if that overflows. */
static size_t arrange(run *r, int n_threads_wanted)
{
    fspec_call call;
    size_t benches, all;
    int64_t total, parts = 1;
    fspec_call_init(&call);
    call.n_threads = n_threads_wanted;
    if (__builtin_mul_overflow(r->n_signals, r->n_blocks, &total))
        return 0;
    if (r->plan->hop < r->plan->length)
        parts = 2;
    r->n_workers = fs_worker_count(&call, INT32_MAX);
    r->shared = r->n_workers > 1 && total / parts < r->n_workers;
    if (!r->shared)
        r->n_workers = (int)smaller(r->n_workers, larger(1, total));
    take_sizes(r->plan, r);
    if (!r->bench || !fs_size(r->shared ? 1 : r->n_workers, (int64_t)r->bench, 0, &benches)
        || !fs_size(r->n_workers, (int64_t)r->desk, (int64_t)benches, &all))
        return 0;
    r->desks = r->benches ? r->benches + benches : NULL;
    return all;
}

/* ---- coefficients ----------------------------------------------------------------------------------------------------- */

static char *coefficients(const block *b, int64_t band, const fspec_matrix **m)
{
    *m = &b->run->bands[b->signal * b->run->plan->n_bands + band];
    return (char *)(*m)->data + b->number * (*m)->bin_stride;
}

/* Whether a band's coefficients stand as the transforms have them. */
static int is_plain(const block *b, int64_t band, const fspec_matrix *m)
{
    const fspec_nsgt *plan = b->run->plan;
    return !plan->bands[band].is_real && m->frame_stride == 2 * size_of(plan)
           && (b->run->dtype == FSPEC_COMPLEX128) == plan->is_double;
}

static void swap_parts(void *to, const void *from, int64_t n, int is_double)
{
    if (is_double) {
        double *restrict a = to;
        const double *restrict x = from;
        for (int64_t i = 0; i < n; i++) {
            a[2 * i] = x[2 * i + 1];
            a[2 * i + 1] = x[2 * i];
        }
    } else {
        float *restrict a = to;
        const float *restrict x = from;
        for (int64_t i = 0; i < n; i++) {
            a[2 * i] = x[2 * i + 1];
            a[2 * i + 1] = x[2 * i];
        }
    }
}

/* `swapped`: the values have their imaginary parts first. */
static void store(const block *b, int64_t band, const char *values, int swapped)
{
    static const double nought[1] = {0};
    const fspec_nsgt *plan = b->run->plan;
    const fspec_matrix *m;
    char *to = coefficients(b, band, &m);
    const int64_t n = plan->bands[band].n_coefs, size = size_of(plan);
    const int wide = b->run->dtype == FSPEC_COMPLEX128, is_real = plan->bands[band].is_real;
    if (is_plain(b, band, m) && swapped) {
        swap_parts(to, values, n, plan->is_double);
        return;
    }
    fs_copy_values(to, m->frame_stride, wide, values + (swapped ? size : 0), 2 * size, plan->is_double, n);
    fs_copy_values(to + (wide ? 8 : 4), m->frame_stride, wide, is_real ? (const char *)nought : values + (swapped ? 0 : size),
                   is_real ? 0 : 2 * size, plan->is_double, n);
}

static void load(const block *b, int64_t band, char *values, int swapped)
{
    const fspec_nsgt *plan = b->run->plan;
    const fspec_matrix *m;
    const char *from = coefficients(b, band, &m);
    const int64_t n = plan->bands[band].n_coefs, size = size_of(plan);
    const int wide = b->run->dtype == FSPEC_COMPLEX128;
    if (is_plain(b, band, m)) {
        if (swapped)
            swap_parts(values, from, n, plan->is_double);
        else
            memcpy(values, from, (size_t)(2 * n * size));
        return;
    }
    if (plan->bands[band].is_real)
        memset(values, 0, (size_t)(2 * n * size));
    else
        fs_copy_values(values + (swapped ? 0 : size), 2 * size, plan->is_double, from + (wide ? 8 : 4), m->frame_stride, wide,
                       n);
    fs_copy_values(values + (swapped ? size : 0), 2 * size, plan->is_double, from, m->frame_stride, wide, n);
}

/* ---- bands ------------------------------------------------------------------------------------------------------------ */

/* A band's bins stand at their numbers modulo the size of its transform: two stretches at the most. */
static void weigh(const fspec_nsgt *plan, const fs_nsgt_band *band, char *spectrum, char *values, int forward)
{
    const int64_t size = size_of(plan);
    for (int64_t i = 0, n; i < band->n; i += n) {
        const int64_t place = band->first + i - band->origin, at = (place % band->n_coefs + band->n_coefs) % band->n_coefs;
        char *bins = spectrum + 2 * (band->first + i) * size, *there = values + 2 * at * size;
        n = smaller(band->n - i, band->n_coefs - at);
        if (forward)
            plan->kernels->weigh(there, bins, (const char *)band->analysis + i * size, (size_t)n);
        else
            plan->kernels->weigh_add(bins, there, (const char *)band->synthesis + i * size, (size_t)n);
    }
}

static void spread(const fspec_nsgt *plan, const fs_nsgt_band *band, char *spectrum, char *values)
{
    if (band->n < band->n_coefs)
        memset(values, 0, (size_t)(2 * band->n_coefs * size_of(plan)));
    weigh(plan, band, spectrum, values, 1);
}

/* The values in s to the inverse transform, or of swapped values to the transform; both by rows, in lanes. The inverse comes
 * out swapped. */
static void transform_rows(const fs_lanes *lanes, const scratch *s, int64_t n_rows)
{
    const fs_kernels *k = lanes->kernels;
    const int64_t n = (int64_t)(lanes->tables.first * lanes->tables.row), wide = (int64_t)k->lanes;
    for (int64_t row = 0; row < n_rows; row += wide) {
        const void *from[FS_MAX_LANES];
        void *to[FS_MAX_LANES];
        for (int64_t i = 0; i < wide; i++)
            from[i] = to[i] = s->values + smaller(row + i, n_rows - 1) * s->pitch;
        k->rows_to_complex(s->lanes.work, from, (size_t)n);
        k->complex_inverse(&lanes->tables, s->lanes.work, s->lanes.z, s->lanes.spare, s->lanes.other);
        k->complex_to_rows(to, s->lanes.other, (size_t)n, (size_t)smaller(wide, n_rows - row));
    }
}

static void analyse(const block *b, const fs_nsgt_job *job, scratch *s)
{
    const fspec_nsgt *plan = b->run->plan;
    const fs_nsgt_band *first = &plan->bands[job->bands[0]];
    const fs_long *alone = first->fft->alone;
    if (alone) {
        const fspec_matrix *m;
        char *to = coefficients(b, job->bands[0], &m);
        const int plain = is_plain(b, job->bands[0], m);
        spread(plan, first, b->far, s->values);
        fs_long_columns(alone, &s->desk, s->values, s->middle, 0, fs_long_column_groups(alone), 1);
        fs_long_rows(alone, &s->desk, s->middle, plain ? to : s->values, 0, fs_long_row_groups(alone), 1);
        if (!plain)
            store(b, job->bands[0], s->values, 0);
        return;
    }
    for (int64_t i = 0; i < job->n_bands; i++)
        spread(plan, &plan->bands[job->bands[i]], b->far, s->values + i * s->pitch);
    transform_rows(first->fft->lanes, s, job->n_bands);
    for (int64_t i = 0; i < job->n_bands; i++)
        store(b, job->bands[i], s->values + i * s->pitch, 1);
}

static void synthesise(const block *b, const fs_nsgt_job *job, scratch *s)
{
    const fspec_nsgt *plan = b->run->plan;
    const fs_nsgt_band *first = &plan->bands[job->bands[0]];
    const fs_long *alone = first->fft->alone;
    if (alone) {
        load(b, job->bands[0], s->values, 0);
        fs_long_columns(alone, &s->desk, s->values, s->middle, 0, fs_long_column_groups(alone), 0);
        fs_long_rows(alone, &s->desk, s->middle, s->values, 0, fs_long_row_groups(alone), 0);
    } else {
        for (int64_t i = 0; i < job->n_bands; i++)
            load(b, job->bands[i], s->values + i * s->pitch, 1);
        transform_rows(first->fft->lanes, s, job->n_bands);
    }
    for (int64_t i = 0; i < job->n_bands; i++)
        weigh(plan, &plan->bands[job->bands[i]], b->far, s->values + i * s->pitch, 0);
}

/* ---- stages ----------------------------------------------------------------------------------------------------------- */

static scratch desk_of(const block *b, int worker)
{
    return (scratch){.arena = {.base = b->run->desks + (size_t)worker * b->run->desk}};
}

static int64_t position(const block *b)
{
    return b->run->first + b->number * b->run->plan->hop;
}

static fspec_status fetch(void *context, int worker, int64_t begin, int64_t end)
{
    static const fs_framing none = {.n_fft = 1, .hop = 1, .pad_mode = FSPEC_PAD_CONSTANT};
    const block *b = context;
    const fspec_nsgt *plan = b->run->plan;
    const fspec_signal *signal = &b->run->signals[b->signal];
    const fs_source source = {*signal, 0, signal->n_samples};
    const int64_t at = position(b), size = size_of(plan);
    const int64_t from = smaller(larger(0, -at), plan->length);
    const int64_t to = larger(from, smaller(plan->length, signal->n_samples - at));
    (void)worker, (void)begin, (void)end;
    memset(b->near, 0, (size_t)(from * size));
    if (from < to)
        fs_fetch(&none, &source, at + from, to - from, b->near + from * size, plan->is_double, plan->input_scale);
    memset(b->near + to * size, 0, (size_t)((plan->length - to) * size));
    if (plan->fade)
        plan->kernels->multiply(b->near, b->near, plan->fade, (size_t)plan->length);
    return FSPEC_OK;
}

static fspec_status clear(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    (void)worker, (void)begin, (void)end;
    memset(b->far, 0, (size_t)(2 * (b->run->plan->m + 1) * size_of(b->run->plan)));
    return FSPEC_OK;
}

static fspec_status columns(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    scratch s = desk_of(b, worker);
    fs_long_take(b->run->plan->real, &s.arena, &s.desk);
    fs_long_columns(b->run->plan->real, &s.desk, b->near, b->far, begin, end, b->run->parity >= 0);
    return FSPEC_OK;
}

static fspec_status rows(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    scratch s = desk_of(b, worker);
    fs_long_take(b->run->plan->real, &s.arena, &s.desk);
    fs_long_rows(b->run->plan->real, &s.desk, b->far, b->near, begin, end, b->run->parity >= 0);
    return FSPEC_OK;
}

static fspec_status split(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    (void)worker;
    fs_long_pairs(b->run->plan->real, b->far, b->near, begin, end, 0);
    return FSPEC_OK;
}

static fspec_status merge(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    (void)worker;
    fs_long_pairs(b->run->plan->real, b->near, b->far, begin, end, 1);
    return FSPEC_OK;
}

/* The largest jobs come last in a plan: they go first. */
static fspec_status analysis(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    const fspec_nsgt *plan = b->run->plan;
    for (int64_t i = begin; i < end; i++) {
        const fs_nsgt_job *job = &plan->jobs[plan->n_jobs - 1 - i];
        scratch s = desk_of(b, worker);
        take_job(plan, plan->bands[job->bands[0]].fft, &s);
        analyse(b, job, &s);
    }
    return FSPEC_OK;
}

typedef struct layer {
    const block *block;
    const fs_nsgt_job *last;
} layer;

static fspec_status synthesis(void *context, int worker, int64_t begin, int64_t end)
{
    const layer *l = context;
    const fspec_nsgt *plan = l->block->run->plan;
    for (int64_t i = begin; i < end; i++) {
        const fs_nsgt_job *job = l->last - i;
        scratch s = desk_of(l->block, worker);
        take_job(plan, plan->bands[job->bands[0]].fft, &s);
        synthesise(l->block, job, &s);
    }
    return FSPEC_OK;
}

/* Adds samples to the output, which was cleared. */
static fspec_status emit(void *context, int worker, int64_t begin, int64_t end)
{
    const block *b = context;
    const fspec_nsgt *plan = b->run->plan;
    const fspec_signal *out = &b->run->signals[b->signal];
    const int64_t at = position(b), size = size_of(plan), from = smaller(larger(0, -at), plan->length);
    const int64_t to = larger(from, smaller(plan->length, out->n_samples - at));
    char *data = (char *)(uintptr_t)out->data + (at + from) * out->stride;
    (void)worker, (void)begin, (void)end;
    if (plan->hop == plan->length) {
        fs_copy_values(data, out->stride, out->dtype == FSPEC_FLOAT64, b->near + from * size, size, plan->is_double, to - from);
        return FSPEC_OK;
    }
    const double *wide = (const double *)(const void *)b->near;
    const float *narrow = (const float *)(const void *)b->near;
    for (int64_t i = from; i < to; i++, data += out->stride) {
        if (out->dtype == FSPEC_FLOAT64)
            *(double *)(void *)data += plan->is_double ? wide[i] : (double)narrow[i];
        else
            *(float *)(void *)data += plan->is_double ? (float)wide[i] : narrow[i];
    }
    return FSPEC_OK;
}

/* All parts of a stage: by this worker, or by all. */
static fspec_status stage(const block *b, int worker, int64_t n, fs_work_fn work, void *context)
{
    const run *r = b->run;
    if (r->shared)
        return fs_parallel(r->call, (int)smaller(r->n_workers, larger(1, n)), n, 1, work, context);
    for (int64_t i = 0; i < n; i++) {
        if (fs_interrupted())
            return FSPEC_OK; /* the call knows its status */
        const fspec_status status = work(context, worker, i, i + 1);
        if (status != FSPEC_OK)
            return status;
    }
    return FSPEC_OK;
}

static fspec_status forward(block *b, int worker)
{
    const fspec_nsgt *plan = b->run->plan;
    fspec_status status = stage(b, worker, 1, fetch, b);
    if (status == FSPEC_OK)
        status = stage(b, worker, fs_long_column_groups(plan->real), columns, b);
    if (status == FSPEC_OK)
        status = stage(b, worker, fs_long_row_groups(plan->real), rows, b);
    if (status == FSPEC_OK)
        status = stage(b, worker, fs_long_pieces(plan->real), split, b);
    return status == FSPEC_OK ? stage(b, worker, plan->n_jobs, analysis, b) : status;
}

static fspec_status backward(block *b, int worker)
{
    const fspec_nsgt *plan = b->run->plan;
    fspec_status status = stage(b, worker, 1, clear, b);
    for (int64_t i = 0; i < plan->n_layers && status == FSPEC_OK; i++) {
        layer l = {b, plan->jobs + plan->first_job[i + 1] - 1};
        status = stage(b, worker, plan->first_job[i + 1] - plan->first_job[i], synthesis, &l);
    }
    if (status == FSPEC_OK)
        status = stage(b, worker, fs_long_pieces(plan->real), merge, b);
    if (status == FSPEC_OK)
        status = stage(b, worker, fs_long_column_groups(plan->real), columns, b);
    if (status == FSPEC_OK)
        status = stage(b, worker, fs_long_row_groups(plan->real), rows, b);
    return status == FSPEC_OK ? stage(b, worker, 1, emit, b) : status;
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

/* Blocks of the present parity, or all. */
static int64_t blocks_of(const run *r)
{
    return r->parity < 0 ? r->n_blocks : (r->n_blocks - r->parity + r->n_parities - 1) / r->n_parities;
}

static fspec_status blocks(void *context, int worker, int64_t begin, int64_t end)
{
    const run *r = context;
    const int64_t each = blocks_of(r);
    fs_arena arena = {.base = r->benches + (r->shared ? 0 : (size_t)worker * r->bench)};
    block b = {.run = r};
    fspec_status status = FSPEC_OK;
    take_bench(r->plan, &arena, &b);
    for (int64_t i = begin; i < end && status == FSPEC_OK; i++) {
        b.signal = i / each;
        b.number = r->parity < 0 ? i % each : r->parity + i % each * r->n_parities;
        status = r->parity < 0 ? forward(&b, worker) : backward(&b, worker);
    }
    return status;
}

static fspec_status all_blocks(run *r)
{
    const int64_t n = r->n_signals * blocks_of(r);
    if (r->shared)
        return blocks(r, 0, 0, n);
    return n ? fs_parallel(r->call, (int)smaller(r->n_workers, n), n, 1, blocks, r) : FSPEC_OK;
}

static fspec_status check_call(const run *r)
{
    const fspec_nsgt *plan = r->plan;
    const int64_t n = r->n_signals, limit = INT64_MAX / 64;
    int64_t span;
    if (!plan || n < 0 || r->n_blocks < 0 || r->first < -limit || r->first > limit || (n > 0 && (!r->signals || !r->bands)))
        return FSPEC_BAD_ARGUMENT;
    if (__builtin_mul_overflow(r->n_blocks, plan->length, &span) || span > limit)
        return FSPEC_TOO_LARGE;
    if (r->dtype != FSPEC_COMPLEX64 && r->dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    for (int64_t i = 0; i < n; i++) {
        const fspec_signal *s = &r->signals[i];
        if (fs_sample_size(s->dtype) == 0 || s->dtype != r->signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (s->n_samples < 0 || s->n_samples > limit || (s->n_samples > 0 && !s->data))
            return FSPEC_BAD_ARGUMENT;
        for (int64_t k = 0; k < plan->n_bands; k++) {
            const fspec_matrix *m = &r->bands[i * plan->n_bands + k];
            if ((!m->data && r->n_blocks > 0) || !fs_fits(m, r->n_blocks, plan->bands[k].n_coefs))
                return FSPEC_BAD_ARGUMENT;
        }
    }
    return FSPEC_OK;
}

/* Finds the scratch and gives it to `work`. */
static fspec_status with_scratch(run *r, fspec_status (*work)(run *r))
{
    const fspec_call *call = r->call;
    const size_t bytes = arrange(r, call->n_threads);
    fs_scratch scratch;
    if (!bytes)
        return FSPEC_TOO_LARGE;
    fspec_status status = fs_call_scratch(call, bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    r->benches = scratch.base;
    (void)arrange(r, call->n_threads);
    status = work(r);
    fs_call_release(&scratch);
    return status;
}

size_t fspec_nsgt_size(const fspec_nsgt *plan)
{
    return plan->bytes;
}

size_t fspec_nsgt_scratch(const fspec_nsgt *plan, int64_t n_signals, int64_t n_blocks, int32_t n_threads)
{
    size_t all;
    run r = {.plan = plan, .n_signals = n_signals, .n_blocks = n_blocks};
    if (n_signals < 0 || n_blocks < 0)
        return 0;
    const size_t bytes = arrange(&r, n_threads);
    return bytes && fs_size(1, (int64_t)bytes, FS_ALIGN, &all) ? all : 0;
}

fspec_status fspec_nsgt_exec(const fspec_nsgt *plan, const fspec_signal *signals, int64_t first, int64_t n_blocks,
                             const fspec_matrix *bands, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    run r = {.plan = plan, .call = &full, .signals = signals, .bands = bands, .dtype = out_dtype, .n_signals = n_signals,
             .n_blocks = n_blocks, .first = first, .parity = -1, .n_parities = 1};
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(&r);
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++)
        if (signals[i].n_samples == 0)
            status = FSPEC_TOO_SHORT;
    if (status == FSPEC_OK)
        status = fspec_check_finite(signals, n_signals, &full);
    return status == FSPEC_OK && n_signals > 0 ? with_scratch(&r, all_blocks) : status;
}

static void clear_signal(const fspec_signal *signal)
{
    const int64_t size = (int64_t)fs_sample_size(signal->dtype);
    char *data = (char *)(uintptr_t)signal->data;
    if (signal->stride == size)
        memset(data, 0, (size_t)(signal->n_samples * size));
    else
        for (int64_t i = 0; i < signal->n_samples; i++)
            memset(data + i * signal->stride, 0, (size_t)size);
}

/* Slices are added to a signal of zeros, those that do not overlap at a time: the same sums in any order. */
static fspec_status all_parities(run *r)
{
    fspec_status status = FSPEC_OK;
    for (int64_t i = 0; i < r->n_signals; i++)
        clear_signal(&r->signals[i]);
    for (r->parity = 0; r->parity < r->n_parities && status == FSPEC_OK; r->parity++)
        status = all_blocks(r);
    return status;
}

fspec_status fspec_nsgt_inverse(const fspec_nsgt *plan, const fspec_matrix *bands, fspec_dtype in_dtype, int64_t first,
                                int64_t n_blocks, const fspec_signal *out, int64_t n_signals, const fspec_call *call)
{
    fspec_call full;
    run r = {.plan = plan, .call = &full, .signals = out, .bands = bands, .dtype = in_dtype, .n_signals = n_signals,
             .n_blocks = n_blocks, .first = first, .parity = 0};
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(&r);
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++)
        if (out[i].dtype == FSPEC_INT16 || out[i].byte_swapped)
            status = FSPEC_BAD_DATA_TYPE;
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    r.n_parities = plan->hop < plan->length ? 2 : 1;
    return with_scratch(&r, all_parities);
}
