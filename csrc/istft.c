/* Overlap-add. SPDX-License-Identifier: BSD-3-Clause
 *
 * Every sample sums its frames in ascending time. Work is split by output range: a range begins with the first frame that
 * reaches it, so frames at the seams are computed twice and no sum depends on the split. */
#include "istft.h"

#include <math.h>
#include <string.h>

#include "arrays.h"
#include "pool.h"

enum { PIECE_SAMPLES = 1 << 16, BATCH = 16 };

void fspec_istft_config_init(fspec_istft_config *config)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->precision = FSPEC_SINGLE;
    config->n_fft = 2048;
    config->hop_length = 512;
    config->center = 1;
}

static void put(void *array, int64_t i, int is_double, double x)
{
    if (is_double)
        ((double *)array)[i] = x;
    else
        ((float *)array)[i] = (float)x;
}

static fspec_status build(const fspec_istft_config *c, fspec_istft *plan)
{
    const int64_t n = c->n_fft, hop = c->hop_length;
    size_t bytes;
    plan->is_double = c->precision == FSPEC_DOUBLE;
    plan->kernels = fs_kernels_for(plan->is_double);
    plan->n_fft = n;
    plan->hop = hop;
    plan->pad = c->center ? n / 2 : 0;
    plan->n_bins = n / 2 + 1;
    if (!fs_size(n, sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    plan->window = fs_alloc(bytes);
    plan->square = fs_alloc(bytes);
    plan->head = fs_alloc(bytes);
    plan->tail = fs_alloc(bytes);
    double *sums = fs_alloc(bytes);
    if (!plan->window || !plan->square || !plan->head || !plan->tail || !sums) {
        fs_free(sums);
        return FSPEC_NO_MEMORY;
    }
    if (c->window)
        memcpy(plan->square, c->window, bytes);
    else
        fspec_hann(n, 1, plan->square);
    for (int64_t i = 0; i < n; i++) {
        put(plan->window, i, plan->is_double, plan->square[i] / (double)n);
        plan->square[i] *= plan->square[i];
    }
    for (int64_t i = 0; i < n; i++) {
        sums[i] = plan->square[i] + (i >= hop ? sums[i - hop] : 0);
        put(plan->head, i, plan->is_double, sums[i]);
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        sums[i] = plan->square[i] + (hop < n - i ? sums[i + hop] : 0);
        put(plan->tail, i, plan->is_double, sums[i]);
    }
    fs_free(sums);
    if (!fs_use_lanes(c->engine, n, plan->is_double))
        return fs_fft_acquire(c->engine, n, plan->is_double, 1, c->effort, &plan->fft);
    fspec_status status = fs_lanes_create(n, hop, plan->is_double, NULL, &plan->lanes);
    if (status == FSPEC_OK)
        plan->kernels = plan->lanes->kernels;
    return status;
}

static FS_OWN_FUNCTION fspec_status create(const fspec_istft_config *config, fspec_istft **result)
{
    fspec_istft_config c;
    fspec_istft_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status != FSPEC_OK)
        return status;
    if (c.precision != FSPEC_SINGLE && c.precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if (c.n_fft < 1)
        return FSPEC_BAD_N_FFT;
    if (c.hop_length < 1)
        return FSPEC_BAD_HOP_LENGTH;
    if (c.n_fft > INT32_MAX / 2 || c.hop_length > INT64_MAX / 4)
        return FSPEC_TOO_LARGE;
    for (int64_t i = 0; c.window && i < c.n_fft; i++)
        if (!isfinite(c.window[i]))
            return FSPEC_BAD_WINDOW;
    fspec_istft *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    status = build(&c, plan);
    if (status == FSPEC_OK)
        *result = plan;
    else
        fspec_istft_free(plan);
    return status;
}

fspec_status fspec_istft_create(const fspec_istft_config *config, fspec_istft **result)
{
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    const fs_fpenv env = fs_fpenv_enter();
    const fspec_status status = create(config, result);
    fs_fpenv_leave(env);
    return status;
}

void fspec_istft_free(fspec_istft *plan)
{
    if (!plan)
        return;
    fs_lanes_free(plan->lanes);
    fs_fft_release(plan->fft);
    fs_free(plan->window);
    fs_free(plan->square);
    fs_free(plan->head);
    fs_free(plan->tail);
    fs_free(plan);
}

int64_t fspec_istft_n_samples(const fspec_istft *plan, int64_t n_frames)
{
    int64_t n;
    if (n_frames < 1 || __builtin_mul_overflow(plan->hop, n_frames - 1, &n)
        || __builtin_add_overflow(n, plan->n_fft - 2 * plan->pad, &n))
        return 0;
    return n;
}

int64_t fspec_istft_n_frames(const fspec_istft *plan, int64_t n_samples, int64_t n_frames)
{
    int64_t padded;
    if (__builtin_add_overflow(n_samples, 2 * plan->pad, &padded))
        padded = INT64_MAX;
    const int64_t needed = padded / plan->hop + (padded % plan->hop != 0);
    return needed < n_frames ? needed : n_frames;
}

/* Sums of squared windows for samples [begin, begin + n) of the padded signal. */
static void fill_divisor(const fspec_istft *plan, int64_t n_frames, int64_t begin, int64_t n, void *out)
{
    const int64_t n_fft = plan->n_fft, hop = plan->hop, last = (n_frames - 1) * hop;
    /* No frame has ended before it, and all have begun. */
    const int64_t rising = n_frames * hop < n_fft ? n_frames * hop : n_fft;
    const size_t size = plan->kernels->real_size;
    char *to = out;
    for (int64_t s = begin, end = begin + n, part; s < end; s += part, to += (size_t)part * size) {
        const char *from = NULL;
        if (s >= rising && rising < n_fft) {
            /* So few frames that the two ends meet: sum them as they are. */
            double sum = 0;
            part = 1;
            for (int64_t t = 0; t < n_frames && t * hop <= s; t++)
                sum += s - t * hop < n_fft ? plan->square[s - t * hop] : 0;
            put(to, 0, plan->is_double, sum);
            continue;
        }
        if (s < rising) {
            from = (const char *)plan->head + (size_t)s * size;
            part = rising - s;
        } else if (s >= last + n_fft) {
            part = end - s;
        } else if (s >= last) {
            from = (const char *)plan->tail + (size_t)(s - last) * size;
            part = last + n_fft - s;
        } else if (s % hop < n_fft) {
            const int64_t length = hop < n_fft ? hop : n_fft;
            from = (const char *)plan->tail + (size_t)(s % hop) * size;
            part = length - s % hop;
        } else {
            part = hop - s % hop;
        }
        if (part > end - s)
            part = end - s;
        if (from)
            memcpy(to, from, (size_t)part * size);
        else
            memset(to, 0, (size_t)part * size);
    }
}

/* Rows of spectra and frames, in elements: whole vectors. */
static int64_t spectrum_pitch(const fspec_istft *plan)
{
    return (2 * plan->n_bins + 2 * FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
}

static void *at(const fspec_istft *plan, void *array, int64_t i)
{
    return (char *)array + i * (int64_t)plan->kernels->real_size;
}

/* Spectrum t as contiguous complex values of the plan's type: in place if it is that already, unless a copy is needed. */
static const void *spectrum(const fs_istft_run *r, int64_t signal, int64_t t, void *copy, int must_copy)
{
    const fspec_istft *plan = r->plan;
    const fspec_matrix *in = &r->in[signal];
    const int64_t size = (int64_t)plan->kernels->real_size, part = r->in_double ? 8 : 4;
    const char *from = (const char *)in->data + (t - r->first_frame) * in->frame_stride;
    if (in->bin_stride == 2 * part) {
        if (r->in_double == plan->is_double && !must_copy)
            return from;
        fs_copy_values(copy, size, plan->is_double, from, part, r->in_double, 2 * plan->n_bins);
    } else {
        fs_copy_values(copy, 2 * size, plan->is_double, from, in->bin_stride, r->in_double, plan->n_bins);
        fs_copy_values((char *)copy + size, 2 * size, plan->is_double, from + part, in->bin_stride, r->in_double, plan->n_bins);
    }
    return copy;
}

static void add_rows(const fs_istft_run *r, const fs_istft_desk *d, int64_t signal, int64_t t, int64_t stop, int64_t base)
{
    const fspec_istft *plan = r->plan;
    for (; t < stop; t++) {
        (void)spectrum(r, signal, t, d->spectra, 1);
        put(d->spectra, 1, plan->is_double, 0);
        if (plan->n_fft % 2 == 0)
            put(d->spectra, plan->n_fft + 1, plan->is_double, 0);
        fs_fft_inverse(plan->fft, d->spectra, d->frame);
        plan->kernels->multiply_add(at(plan, d->sum, t * plan->hop - base), d->frame, plan->window, (size_t)plan->n_fft);
    }
}

static void add_blocks(const fs_istft_run *r, const fs_istft_desk *d, int64_t signal, int64_t t, int64_t stop, int64_t base)
{
    const fspec_istft *plan = r->plan;
    const void *rows[FS_MAX_LANES];
    for (int64_t n; t < stop; t += n) {
        const fs_kernels *k = plan->kernels;
        n = stop - t < (int64_t)k->lanes ? stop - t : (int64_t)k->lanes;
        if (n <= (int64_t)k->narrow->lanes)
            k = k->narrow;
        for (int64_t i = 0; i < (int64_t)k->lanes; i++)
            rows[i] = i < n ? spectrum(r, signal, t + i, at(plan, d->spectra, i * spectrum_pitch(plan)), 0) : rows[0];
        k->rows_to_complex(d->bins, rows, (size_t)plan->n_bins);
        fs_lanes_inverse(plan->lanes, k, &d->fft, d->bins, d->samples, at(plan, d->sum, t * plan->hop - base), plan->window, n);
    }
}

void fs_istft_add(const fs_istft_run *r, const fs_istft_desk *d, int64_t signal, int64_t t, int64_t stop, int64_t base)
{
    if (r->plan->lanes)
        add_blocks(r, d, signal, t, stop, base);
    else
        add_rows(r, d, signal, t, stop, base);
}

/* Divides n finished sums by their weights and writes them from output sample `at` on. sum is NULL where no frame reaches. */
static void emit(const fs_istft_run *r, const fs_istft_desk *d, int64_t signal, const void *sum, int64_t at, int64_t n)
{
    const fspec_istft *plan = r->plan;
    const fspec_signal *out = &r->out[signal];
    const size_t size = plan->kernels->real_size;
    char *to = (char *)(uintptr_t)out->data + (at - r->first_sample) * out->stride;
    const int out_double = out->dtype == FSPEC_FLOAT64;
    const int direct = out_double == plan->is_double && out->stride == (int64_t)size;
    void *result = direct ? to : d->result;
    if (sum) {
        fill_divisor(plan, r->n_frames, at + plan->pad, n, d->divisor);
        plan->kernels->divide(result, sum, d->divisor, (size_t)n);
    } else {
        memset(result, 0, (size_t)n * size);
    }
    if (!direct)
        fs_copy_values(to, out->stride, out_double, result, (int64_t)size, plan->is_double, n);
}

void fs_istft_emit(const fs_istft_run *r, const fs_istft_desk *d, int64_t signal, int64_t base, int64_t *position,
                   int64_t limit)
{
    const size_t size = r->plan->kernels->real_size;
    while (*position < limit) {
        const int64_t offset = *position - base;
        const void *sum = offset >= 0 && offset < r->room ? (const char *)d->sum + (size_t)offset * size : NULL;
        int64_t n = limit - *position, most = sum ? r->room - offset : r->most;
        if (offset < 0 && most > -offset)
            most = -offset; /* a gap between frames, where hop_length > n_fft, at the beginning of a range */
        if (n > most)
            n = most;
        if (n > r->most)
            n = r->most;
        emit(r, d, signal, sum, *position - r->plan->pad, n);
        *position += n;
    }
}

static void invert_range(const fs_istft_run *r, const fs_istft_desk *d, int64_t signal, int64_t begin, int64_t end)
{
    const fspec_istft *plan = r->plan;
    const int64_t hop = plan->hop, first = begin + plan->pad, last = end + plan->pad;
    const size_t size = plan->kernels->real_size;
    int64_t t = first < plan->n_fft ? 0 : (first - plan->n_fft) / hop + 1;
    int64_t stop = (last - 1) / hop + 1, base = t * hop, position = first;
    if (stop > r->n_frames)
        stop = r->n_frames;
    memset(d->sum, 0, (size_t)r->room * size);
    while (position < last && !fs_interrupted()) {
        const int64_t next = t >= stop ? t : stop - t < r->batch ? stop : t + r->batch;
        fs_istft_add(r, d, signal, t, next, base);
        t = next;
        const int64_t limit = t < stop && t * hop < last ? t * hop : last;
        fs_istft_emit(r, d, signal, base, &position, limit);
        /* What later frames add to moves to the front. */
        const int64_t moved = t * hop - base, kept = moved < r->room ? r->room - moved : 0;
        memmove(d->sum, (const char *)d->sum + (size_t)(r->room - kept) * size, (size_t)kept * size);
        memset((char *)d->sum + (size_t)kept * size, 0, (size_t)(r->room - kept) * size);
        base = t * hop;
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const fs_istft_run *r = context;
    for (int64_t i = begin; i < end; i++) {
        const int64_t from = i % r->pieces * r->piece, left = r->n_samples - from;
        invert_range(r, &r->desks[worker], i / r->pieces, from, from + (left < r->piece ? left : r->piece));
    }
    return FSPEC_OK;
}

void fs_istft_lay_out(const fs_istft_run *r, fs_arena *arena, int n_workers, fs_istft_desk **desks)
{
    const fspec_istft *plan = r->plan;
    const size_t size = plan->kernels->real_size;
    const int64_t wide = (int64_t)plan->kernels->lanes, rows = plan->lanes ? wide : 1;
    fs_istft_desk *all = fs_take(arena, n_workers, sizeof *all);
    for (int i = 0; i < n_workers; i++) {
        fs_istft_desk d = {0};
        d.spectra = fs_take(arena, rows * spectrum_pitch(plan), size);
        if (plan->lanes) {
            d.bins = fs_take(arena, 2 * plan->n_bins * wide, size);
            d.samples = fs_take(arena, (plan->n_fft + 1) * wide, size);
            fs_lanes_take(plan->lanes, arena, 0, &d.fft);
        } else {
            d.frame = fs_take(arena, plan->n_fft, size);
        }
        d.sum = r->sums ? NULL : fs_take(arena, r->room, size);
        d.divisor = fs_take(arena, r->most, size);
        d.result = fs_take(arena, r->most, size);
        if (desks)
            all[i] = d;
    }
    if (desks)
        *desks = all;
}

static fspec_status check_call(const fspec_istft *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                               const fspec_signal *out, int64_t n_signals)
{
    if (!plan || n_signals < 0 || (n_signals > 0 && (!in || !out)) || n_frames < 1)
        return FSPEC_BAD_ARGUMENT;
    if (in_dtype != FSPEC_COMPLEX64 && in_dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    if (n_frames > INT64_MAX / 4 / plan->hop)
        return FSPEC_TOO_LARGE;
    for (int64_t i = 0; i < n_signals; i++) {
        if ((out[i].dtype != FSPEC_FLOAT32 && out[i].dtype != FSPEC_FLOAT64) || out[i].byte_swapped)
            return FSPEC_BAD_DATA_TYPE;
        if (!fs_fits(&in[i], plan->n_bins, n_frames))
            return FSPEC_TOO_LARGE;
        if (!in[i].data || !out[i].data || out[i].n_samples < 0 || out[i].n_samples != out[0].n_samples
            || out[i].n_samples > INT64_MAX / 4)
            return FSPEC_BAD_ARGUMENT;
    }
    return FSPEC_OK;
}

fspec_status fspec_istft_exec(const fspec_istft *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                              const fspec_signal *out, int64_t n_signals, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(plan, in, in_dtype, n_frames, out, n_signals);
    if (status != FSPEC_OK || n_signals == 0 || out[0].n_samples == 0)
        return status;
    fs_istft_run r = {.plan = plan, .in = in, .out = out, .in_double = in_dtype == FSPEC_COMPLEX128};
    r.n_samples = out[0].n_samples;
    r.n_frames = fspec_istft_n_frames(plan, r.n_samples, n_frames);
    r.batch = plan->hop <= 4 * plan->n_fft ? BATCH : 1;
    r.room = r.most = plan->n_fft + (r.batch - 1) * plan->hop;
    /* Seams cost n_fft / hop frames each; with threads, shorter ranges share the work better. */
    const int64_t short_piece = 8 * plan->n_fft, threads = full.n_threads < 1 ? 1 : full.n_threads;
    r.piece = r.n_samples * n_signals / (2 * threads);
    r.piece = r.piece < short_piece ? short_piece : r.piece;
    r.piece = r.piece > PIECE_SAMPLES && PIECE_SAMPLES > short_piece ? PIECE_SAMPLES : r.piece;
    r.pieces = r.n_samples / r.piece + (r.n_samples % r.piece != 0);
    const int n_workers = fs_worker_count(&full, r.pieces * n_signals);
    fs_arena arena = {0};
    fs_istft_lay_out(&r, &arena, n_workers, NULL);
    if (arena.overflow)
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    status = fs_take_scratch(arena.used, &scratch);
    if (status != FSPEC_OK)
        return status;
    arena = (fs_arena){.base = scratch.base};
    fs_istft_lay_out(&r, &arena, n_workers, &r.desks);
    status = fs_parallel(&full, n_workers, r.pieces * n_signals, 1, work, &r);
    fs_call_release(&scratch);
    return status;
}
