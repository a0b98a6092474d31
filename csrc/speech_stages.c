/* Stages over time. SPDX-License-Identifier: BSD-3-Clause
 *
 * The frames of a signal go to rows of the call's own, where the stages work in place, in chunks of frames that no thread count
 * changes; the last stage writes the output. Streams keep as many rows as the stages look back. */
#include "speech_stages.h"

#include <math.h>
#include <string.h>

#include "arrays.h"
#include "pcen.h"
#include "pool.h"

enum {
    CHUNK = 256, /* frames of one sum */
    BANDS = 32   /* that one thread compresses at a time */
};

int fs_stages_wanted(const fspec_frontend_config *c)
{
    return (c->log == FSPEC_LOG_PCEN && c->output == FSPEC_OUT_BANDS) || c->deltas || c->normalize || c->stack > 1
           || c->stack_stride > 1;
}

int fs_has_stages(const fspec_frontend *plan)
{
    const fs_stages *s = &plan->stages;
    return s->pcen || s->deltas || s->normalize || s->stack > 1 || s->stride > 1;
}

int fs_stages_recursive(const fspec_frontend *plan)
{
    return plan->stages.pcen;
}

fspec_pcen_config fs_stages_pcen(const fspec_frontend_config *c)
{
    return (fspec_pcen_config){sizeof(fspec_pcen_config), c->pcen_gain, c->pcen_bias, c->pcen_power, c->pcen_eps, c->pcen_b};
}

static int64_t width_of(const fspec_frontend *plan)
{
    return plan->n_out * (1 + plan->stages.deltas);
}

/* The second derivative of the parabola that fits 2 n + 1 values best, even. */
static void write_parabola(double *taps, int64_t n)
{
    const double count = (double)(2 * n + 1);
    double squares = 0, fourths = 0;
    for (int64_t k = 1; k <= n; k++) {
        squares += 2 * (double)(k * k);
        fourths += 2 * (double)(k * k) * (double)(k * k);
    }
    for (int64_t k = 0; k <= n; k++)
        taps[k] = 2 * (count * (double)(k * k) - squares) / (count * fourths - squares * squares);
}

/* Halves of the filters: k / (2 sum k^2), odd, and that filter's convolution with itself, even. */
static void write_taps(fs_stages *s)
{
    const int64_t n = s->reach;
    double sum = 0, *first = s->taps, *second = s->taps + n + 1;
    for (int64_t k = 1; k <= n; k++)
        sum += (double)(k * k);
    for (int64_t k = 0; k <= n; k++)
        first[k] = (double)k / (2 * sum);
    if (s->savgol) {
        write_parabola(second, n);
        return;
    }
    for (int64_t m = 0; m <= 2 * n; m++) {
        second[m] = 0;
        for (int64_t k = m - n; k <= n; k++)
            second[m] += (k < 0 ? -first[-k] : first[k]) * (m - k < 0 ? -first[k - m] : first[m - k]);
    }
}

fspec_status fs_stages_build(const fspec_frontend_config *c, fspec_frontend *plan)
{
    fs_stages *s = &plan->stages;
    size_t bytes;
    *s = (fs_stages){.deltas = c->deltas,
                     .reach = c->delta_window,
                     .stack = c->stack,
                     .stride = c->stack_stride,
                     .left = c->stack_left,
                     .ddof = c->norm_ddof,
                     .kaldi = c->delta_kaldi,
                     .item = c->norm_item,
                     .normalize = c->normalize,
                     .eps_mode = c->norm_eps_mode,
                     .end = c->stack_end,
                     .eps = c->norm_eps,
                     .savgol = c->delta_savgol,
                     .pcen = c->log == FSPEC_LOG_PCEN && c->output == FSPEC_OUT_BANDS};
    if (s->pcen) {
        const fspec_pcen_config pcen = fs_stages_pcen(c);
        s->compression = fs_pcen_spec_of(&pcen);
    }
    if (!fs_size(plan->n_out, 3 * s->stack, 0, &bytes) || !fs_size((int64_t)bytes, 8, 0, &bytes))
        return FSPEC_TOO_LARGE;
    plan->n_features = width_of(plan) * s->stack;
    if (s->deltas) {
        s->taps = fs_alloc((size_t)(3 * s->reach + 2) * sizeof *s->taps);
        if (!s->taps)
            return FSPEC_NO_MEMORY;
        write_taps(s);
    }
    return FSPEC_OK;
}

/* The frames without which derivatives are not defined. */
static int64_t least_frames(const fs_stages *s)
{
    return s->savgol && s->deltas ? 2 * s->reach + 1 : 1;
}

int64_t fs_stages_frames(const fs_stages *s, int64_t n)
{
    if (n < least_frames(s))
        return 0;
    if (s->end != FSPEC_STACK_DROP)
        return n / s->stride + (n % s->stride != 0);
    return n - s->stack < -s->left ? 0 : 1 + (n - s->stack + s->left) / s->stride;
}

/* Whether the derivative of an order is taken of the frames themselves, not of the order before; how far it reaches. */
static int is_direct(const fs_stages *s, int order)
{
    return order == 2 && (s->kaldi || s->savgol);
}

static int64_t reach_of(const fs_stages *s, int order)
{
    return order == 2 && s->kaldi ? 2 * s->reach : s->reach;
}

/* Frames that are looked ahead. */
static int64_t lookahead(const fs_stages *s)
{
    return s->savgol && s->deltas ? s->reach : s->reach * s->deltas;
}

int64_t fs_stages_wait(const fs_stages *s)
{
    return lookahead(s) + s->stack - s->left - 1;
}

int64_t fs_stages_settled(const fs_stages *s, int64_t n)
{
    const int64_t last = n - fs_stages_wait(s) - 1;
    return n < least_frames(s) || last < 0 ? 0 : 1 + last / s->stride;
}

static int64_t clip(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

void fs_stages_span(const fs_stages *s, int64_t n_total, int64_t first, int64_t n, int64_t *from, int64_t *to)
{
    const int64_t around = s->deltas ? 2 * s->reach : 0; /* of either order */
    const int64_t begin = clip(first * s->stride - s->left, 0, n_total - 1);
    const int64_t last = clip((first + n - 1) * s->stride - s->left + s->stack - 1, 0, n_total - 1);
    *from = s->pcen ? 0 : clip(begin - around, 0, n_total); /* whose state comes from the first frame on */
    *to = clip(last + around + 1, 0, n_total);
}

/* ---- rows --------------------------------------------------------------------------------------------------------- */

static void *row_at(const fspec_frontend *plan, const fs_rows *r, int64_t frame, int64_t column)
{
    return r->data + (size_t)((frame - r->base) * r->width + column) * plan->kernels->real_size;
}

static int64_t clamped(const fs_rows *r, int64_t frame)
{
    if (frame < 0)
        return 0;
    return r->n_total >= 0 && frame >= r->n_total ? r->n_total - 1 : frame;
}

/* out += weight * (a + sign * b) */
#define DEFINE_COMBINE(real)                                                                                                  \
    static void combine_##real(real *restrict out, const real *a, const real *b, real sign, real weight, int64_t n)            \
    {                                                                                                                         \
        for (int64_t i = 0; i < n; i++)                                                                                       \
            out[i] += weight * (a[i] + sign * b[i]);                                                                          \
    }
DEFINE_COMBINE(float)
DEFINE_COMBINE(double)

/* The derivative of an order at one frame: by a filter on the columns from `column` on of the frames around `from`, odd (sign
 * -1) or even. */
static void filter_frame(const fspec_frontend *plan, const fs_rows *r, int64_t t, int64_t to, int64_t from, int64_t column,
                         const double *taps, int64_t reach, int even)
{
    const int64_t n = plan->n_out;
    void *out = row_at(plan, r, t, to);
    memset(out, 0, (size_t)n * plan->kernels->real_size);
    for (int64_t k = even ? 0 : 1; k <= reach; k++) {
        const void *a = row_at(plan, r, clamped(r, from + k), column), *b = row_at(plan, r, clamped(r, from - k), column);
        const double sign = even ? k > 0 : -1;
        if (plan->is_double)
            combine_double(out, a, b, sign, taps[k], n);
        else
            combine_float(out, a, b, (float)sign, (float)taps[k], n);
    }
}

static void derive_range(const fspec_frontend *plan, const fs_rows *r, int order, int64_t begin, int64_t end)
{
    const fs_stages *s = &plan->stages;
    const int direct = is_direct(s, order);
    const int64_t to = order * plan->n_out, column = direct ? 0 : (order - 1) * plan->n_out, reach = reach_of(s, order);
    if (r->n_total >= 0 && r->n_total < least_frames(s))
        return;
    for (int64_t t = begin; t < end; t++) {
        int64_t from = t;
        if (s->savgol) { /* a polynomial of that degree has one derivative at all frames that it is fitted to */
            if (r->n_total >= 0 && from > r->n_total - 1 - reach)
                from = r->n_total - 1 - reach;
            if (from < reach)
                from = reach;
        }
        filter_frame(plan, r, t, to, from, column, direct ? s->taps + s->reach + 1 : s->taps, reach, direct);
    }
}

/* PCEN, with scale and offset, of `n` bands from `band` on, frames [begin, end). */
static void compress_rows(const fspec_frontend *plan, const fs_rows *r, int64_t band, int64_t n, int64_t begin, int64_t end)
{
    const fs_kernels *k = plan->kernels;
    const size_t skip = (size_t)band * k->real_size;
    void *rows = row_at(plan, r, begin, plan->first_row + band);
    k->pcen(rows, rows, rows, (size_t)r->width, (size_t)(end - begin), (size_t)n, r->state + band, &plan->stages.compression);
    for (int64_t t = begin; plan->scale[0] && t < end; t++)
        k->affine_each(row_at(plan, r, t, plan->first_row + band), (size_t)n, (char *)plan->scale[plan->is_double] + skip,
                       (char *)plan->offset[plan->is_double] + skip);
}

int64_t fs_rows_state(const fspec_frontend *plan)
{
    return plan->stages.pcen ? plan->n_bands : 0;
}

void fs_rows_begin(const fspec_frontend *plan, fs_rows *r)
{
    r->base = r->n = r->filled[0] = r->filled[1] = r->compressed = 0;
    r->n_total = -1;
    fs_pcen_begin(&plan->stages.compression, r->state, fs_rows_state(plan));
}

void fs_rows_derive(const fspec_frontend *plan, fs_rows *r)
{
    const fs_stages *s = &plan->stages;
    int64_t known = r->base + r->n;
    if (s->pcen && known > r->compressed) {
        compress_rows(plan, r, 0, plan->n_bands, r->compressed, known);
        r->compressed = known;
    }
    for (int order = 1; order <= s->deltas; order++) {
        const int64_t from = is_direct(s, order) ? r->base + r->n : known;
        int64_t end = r->n_total >= 0 ? r->n_total : from - reach_of(s, order);
        if (r->n_total < 0 && from < least_frames(s))
            end = 0;
        if (end > r->filled[order - 1]) {
            derive_range(plan, r, order, r->filled[order - 1], end);
            r->filled[order - 1] = end;
        }
        known = r->filled[order - 1];
    }
}

int64_t fs_rows_needed(const fspec_frontend *plan, const fs_rows *r, int64_t next)
{
    const fs_stages *s = &plan->stages;
    int64_t first = next * s->stride - s->left, last = r->base + r->n - 1;
    for (int order = 0; order < s->deltas; order++) {
        const int64_t back = r->filled[order] - reach_of(s, order + 1) - s->savgol;
        if (back < first)
            first = back;
    }
    if (first > last) /* the last frame may have to be repeated */
        first = last;
    return first < r->base ? r->base : first;
}

int64_t fs_rows_most(const fs_stages *s)
{
    return 4 * lookahead(s) + s->stack + 2;
}

/* ---- mean and variance ---------------------------------------------------------------------------------------------- */

/* What each feature is moved and divided by. */
typedef struct moments {
    double *mean, *divisor;
} moments;

static double value_at(const fspec_frontend *plan, const void *row, int64_t i)
{
    return plan->is_double ? ((const double *)row)[i] : (double)((const float *)row)[i];
}

/* A row with its derivatives into a frame of the output. */
static void store_row(const fspec_frontend *plan, const void *row, const moments *m, double *room, char *out,
                      int64_t bin_stride, int out_double)
{
    const int64_t width = width_of(plan), size = (int64_t)plan->kernels->real_size;
    if (!m) {
        fs_copy_values(out, bin_stride, out_double, row, size, plan->is_double, width);
        return;
    }
    for (int64_t i = 0; i < width; i++)
        room[i] = (value_at(plan, row, i) - m->mean[i]) / m->divisor[i];
    fs_copy_values(out, bin_stride, out_double, room, 8, 1, width);
}

static void store_zeros(char *out, int64_t bin_stride, int out_double, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        memset(out + i * bin_stride, 0, out_double ? 8 : 4);
}

static void store_frames(const fspec_frontend *plan, const fs_rows *r, const moments *m, double *room, int64_t begin,
                         int64_t end, const fspec_matrix *out, fspec_dtype out_dtype)
{
    const fs_stages *s = &plan->stages;
    const int out_double = out_dtype == FSPEC_FLOAT64;
    for (int64_t v = begin; v < end; v++)
        for (int64_t j = 0; j < s->stack; j++) {
            const int64_t t = v * s->stride - s->left + j;
            char *to = (char *)out->data + (v - begin) * out->frame_stride + j * r->width * out->bin_stride;
            if (r->n_total >= 0 && t >= r->n_total && s->end == FSPEC_STACK_ZERO)
                store_zeros(to, out->bin_stride, out_double, r->width);
            else
                store_row(plan, row_at(plan, r, clamped(r, t), 0), m, room, to, out->bin_stride, out_double);
        }
}

void fs_rows_store(const fspec_frontend *plan, const fs_rows *r, int64_t begin, int64_t end, const fspec_matrix *out,
                   fspec_dtype out_dtype)
{
    store_frames(plan, r, NULL, NULL, begin, end, out, out_dtype);
}

/* ---- the whole call ------------------------------------------------------------------------------------------------- */

typedef struct stage_job {
    const fspec_frontend *plan;
    fs_rows *rows;             /* per item */
    const fspec_matrix *out;
    int64_t *first_chunk;      /* per item, n_items + 1: chunks of CHUNK frames */
    moments *moments;          /* per item */
    double *sums;              /* per chunk: one value per feature */
    double *rooms;             /* per worker */
    int64_t n_items;
    int order, squares;
    fspec_dtype out_dtype;
} stage_job;

static int64_t item_of(const stage_job *job, int64_t chunk)
{
    int64_t low = 0, high = job->n_items;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (job->first_chunk[middle] <= chunk)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The frames of a chunk, of the n that its item has. */
static void bounds(const stage_job *job, int64_t item, int64_t chunk, int64_t n, int64_t *begin, int64_t *end)
{
    *begin = (chunk - job->first_chunk[item]) * CHUNK;
    *end = *begin + CHUNK < n ? *begin + CHUNK : n;
}

static fspec_status derive_chunks(void *context, int worker, int64_t begin, int64_t end)
{
    const stage_job *job = context;
    (void)worker;
    for (int64_t chunk = begin; chunk < end; chunk++) {
        const int64_t item = item_of(job, chunk);
        int64_t from, to;
        bounds(job, item, chunk, job->rows[item].n, &from, &to);
        derive_range(job->plan, &job->rows[item], job->order, from, to);
    }
    return FSPEC_OK;
}

static int64_t band_groups(const fspec_frontend *plan)
{
    return (plan->n_bands - 1) / BANDS + 1;
}

/* Pieces are groups of bands, which never share a thread's time with others of theirs. */
static fspec_status compress_groups(void *context, int worker, int64_t begin, int64_t end)
{
    const stage_job *job = context;
    const int64_t groups = band_groups(job->plan);
    (void)worker;
    for (int64_t piece = begin; piece < end; piece++) {
        const fs_rows *r = &job->rows[piece / groups];
        const int64_t band = piece % groups * BANDS, left = job->plan->n_bands - band;
        for (int64_t t = 0; t < r->n && !fs_interrupted(); t += CHUNK)
            compress_rows(job->plan, r, band, left < BANDS ? left : BANDS, t, t + CHUNK < r->n ? t + CHUNK : r->n);
    }
    return FSPEC_OK;
}

static fspec_status sum_chunks(void *context, int worker, int64_t begin, int64_t end)
{
    const stage_job *job = context;
    (void)worker;
    for (int64_t chunk = begin; chunk < end; chunk++) {
        const int64_t item = item_of(job, chunk);
        const fs_rows *r = &job->rows[item];
        double *sum = job->sums + chunk * r->width;
        int64_t from, to;
        bounds(job, item, chunk, r->n, &from, &to);
        for (int64_t i = 0; i < r->width; i++)
            sum[i] = 0;
        for (int64_t t = from; t < to; t++) {
            const void *row = row_at(job->plan, r, t, 0);
            const double *mean = job->moments[item].mean;
            for (int64_t i = 0; i < r->width; i++) {
                const double x = value_at(job->plan, row, i);
                sum[i] += job->squares ? (x - mean[i]) * (x - mean[i]) : x;
            }
        }
    }
    return FSPEC_OK;
}

/* Each item's sums over its chunks, divided by n; over all features where the plan has one mean for all. */
static FS_OWN_FUNCTION void gather_sums(const stage_job *job, int64_t less)
{
    const int64_t width = width_of(job->plan);
    for (int64_t item = 0; item < job->n_items; item++) {
        double *to = job->squares ? job->moments[item].divisor : job->moments[item].mean;
        int64_t n = job->rows[item].n;
        for (int64_t i = 0; i < width; i++)
            to[i] = 0;
        for (int64_t chunk = job->first_chunk[item]; chunk < job->first_chunk[item + 1]; chunk++)
            for (int64_t i = 0; i < width; i++)
                to[i] += job->sums[chunk * width + i];
        if (job->plan->stages.item) {
            for (int64_t i = 1; i < width; i++)
                to[0] += to[i];
            n *= width;
            for (int64_t i = 1; i < width; i++)
                to[i] = to[0];
        }
        for (int64_t i = 0; i < width; i++)
            to[i] = n > less ? to[i] / (double)(n - less) : 0;
    }
}

static FS_OWN_FUNCTION void to_divisors(const stage_job *job)
{
    const fs_stages *s = &job->plan->stages;
    for (int64_t item = 0; item < job->n_items; item++)
        for (int64_t i = 0; i < width_of(job->plan); i++) {
            double *x = &job->moments[item].divisor[i], y = s->normalize == FSPEC_NORMALIZE_MEAN_VAR ? *x : 1;
            if (s->normalize == FSPEC_NORMALIZE_MEAN_VAR && s->eps_mode == FSPEC_NORM_EPS_VAR)
                y = sqrt(y + s->eps);
            else if (s->normalize == FSPEC_NORMALIZE_MEAN_VAR && s->eps_mode == FSPEC_NORM_EPS_STD)
                y = sqrt(y) + s->eps;
            else if (s->normalize == FSPEC_NORMALIZE_MEAN_VAR)
                y = sqrt(y > s->eps ? y : s->eps);
            *x = y > 0 ? y : 1;
        }
}

static fspec_status store_chunks(void *context, int worker, int64_t begin, int64_t end)
{
    const stage_job *job = context;
    const fspec_frontend *plan = job->plan;
    double *room = job->rooms ? job->rooms + worker * width_of(plan) : NULL;
    for (int64_t chunk = begin; chunk < end; chunk++) {
        const int64_t item = item_of(job, chunk);
        const fs_rows *r = &job->rows[item];
        const int64_t n_out = fs_stages_frames(&plan->stages, r->n);
        int64_t from, to;
        bounds(job, item, chunk, n_out, &from, &to);
        const fspec_matrix out = {(char *)job->out[item].data + from * job->out[item].frame_stride, job->out[item].bin_stride,
                                  job->out[item].frame_stride};
        if (from < to)
            store_frames(plan, r, job->moments ? &job->moments[item] : NULL, room, from, to, &out, job->out_dtype);
    }
    return FSPEC_OK;
}

static fspec_status carry_out(stage_job *job, const fspec_call *call)
{
    const fs_stages *s = &job->plan->stages;
    const int64_t chunks = job->first_chunk[job->n_items];
    const int workers = fs_worker_count(call, chunks);
    fspec_status status = FSPEC_OK;
    if (s->pcen) {
        const int64_t pieces = job->n_items * band_groups(job->plan);
        status = fs_parallel(call, fs_worker_count(call, pieces), pieces, 1, compress_groups, job);
    }
    for (job->order = 1; job->order <= s->deltas && status == FSPEC_OK; job->order++)
        status = fs_parallel(call, workers, chunks, 1, derive_chunks, job);
    if (s->normalize) {
        for (job->squares = 0; job->squares < (s->normalize == FSPEC_NORMALIZE_MEAN_VAR ? 2 : 1) && status == FSPEC_OK;
             job->squares++) {
            status = fs_parallel(call, workers, chunks, 1, sum_chunks, job);
            if (status != FSPEC_OK)
                return status;
            const fs_fpenv env = fs_fpenv_enter();
            gather_sums(job, job->squares ? s->ddof : 0);
            fs_fpenv_leave(env);
        }
        const fs_fpenv env = fs_fpenv_enter();
        to_divisors(job);
        fs_fpenv_leave(env);
    }
    return status == FSPEC_OK ? fs_parallel(call, workers, chunks, 1, store_chunks, job) : status;
}

/* All that a call with stages needs besides the scratch of the front end. */
static void place(stage_job *job, fs_arena *arena, const fs_item *items, fs_item **inner, int n_workers)
{
    const int64_t n = job->n_items, width = width_of(job->plan);
    const size_t size = job->plan->kernels->real_size;
    const int normalize = job->plan->stages.normalize != FSPEC_NORMALIZE_NONE;
    int64_t chunks = 0;
    *inner = fs_take(arena, n, sizeof **inner);
    job->rows = fs_take(arena, n, sizeof *job->rows);
    fspec_matrix *out = fs_take(arena, n, sizeof *out);
    job->out = out;
    job->first_chunk = fs_take(arena, n + 1, sizeof *job->first_chunk);
    job->moments = normalize ? fs_take(arena, n, sizeof *job->moments) : NULL;
    job->rooms = normalize ? fs_take(arena, n_workers * width, sizeof *job->rooms) : NULL;
    for (int64_t i = 0; i < n; i++) {
        const int64_t frames = items[i].n_frames, own = frames / CHUNK + (frames % CHUNK != 0);
        size_t bytes = 0;
        if (!fs_size(frames, width, 0, &bytes))
            arena->overflow = 1;
        void *data = fs_take(arena, (int64_t)bytes, size);
        double *state = fs_take(arena, fs_rows_state(job->plan), sizeof *state);
        double *mean = normalize ? fs_take(arena, width, sizeof *mean) : NULL;
        double *divisor = normalize ? fs_take(arena, width, sizeof *divisor) : NULL;
        if (arena->base) {
            (*inner)[i] = items[i];
            (*inner)[i].out = (fspec_matrix){data, (int64_t)size, width * (int64_t)size};
            job->rows[i] = (fs_rows){.data = data, .width = width, .state = state};
            fs_rows_begin(job->plan, &job->rows[i]);
            job->rows[i].n = job->rows[i].n_total = frames;
            out[i] = items[i].out;
            job->first_chunk[i] = chunks;
            if (normalize)
                job->moments[i] = (moments){mean, divisor};
        }
        if (__builtin_add_overflow(chunks, own, &chunks))
            arena->overflow = 1;
    }
    if (arena->base)
        job->first_chunk[n] = chunks;
    if (normalize) {
        size_t bytes = 0;
        if (!fs_size(chunks, width, 0, &bytes))
            arena->overflow = 1;
        job->sums = fs_take(arena, (int64_t)bytes, sizeof *job->sums);
    }
}

int fs_stages_memory(const fspec_frontend *plan, int64_t n_items, int64_t n_frames, int n_workers, size_t *bytes)
{
    const int64_t width = width_of(plan), chunks = n_frames / CHUNK + (n_frames % CHUNK != 0);
    const int normalize = plan->stages.normalize != FSPEC_NORMALIZE_NONE;
    fs_arena item = {0}, all = {0};
    size_t values, sums;
    *bytes = 0;
    if (!fs_has_stages(plan))
        return 1;
    if (!fs_size(n_frames, width, 0, &values) || !fs_size(chunks, width, 0, &sums)
        || !fs_size(n_items, (int64_t)sums, 0, &sums))
        return 0;
    fs_take(&item, (int64_t)values, plan->kernels->real_size);
    fs_take(&item, fs_rows_state(plan), sizeof(double));
    fs_take(&item, normalize ? width : 0, sizeof(double));
    fs_take(&item, normalize ? width : 0, sizeof(double));
    fs_take(&all, n_items, item.used);
    fs_take(&all, n_items, sizeof(fs_item) + sizeof(fs_rows) + sizeof(fspec_matrix) + sizeof(moments) + sizeof(int64_t));
    fs_take(&all, normalize ? n_workers * width : 0, sizeof(double));
    fs_take(&all, normalize ? (int64_t)sums : 0, sizeof(double));
    fs_take(&all, 8, FS_ALIGN); /* what the arrays above are rounded up by */
    *bytes = all.used;
    return !item.overflow && !all.overflow;
}

fspec_status fs_features_run(const fspec_frontend *plan, const fs_item *items, int64_t n_items, fspec_dtype out_dtype,
                             const fspec_call *call)
{
    if (!fs_has_stages(plan))
        return fs_frontend_run(plan, items, n_items, out_dtype, NULL, call);
    fspec_call inner_call = *call;
    inner_call.scratch = NULL;
    stage_job job = {.plan = plan, .n_items = n_items, .out_dtype = out_dtype};
    fs_arena arena = {0};
    fs_item *inner;
    const int n_workers = fs_worker_count(call, INT64_MAX);
    place(&job, &arena, items, &inner, n_workers);
    if (arena.overflow)
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    fspec_status status = fs_take_scratch(arena.used, &scratch);
    if (status != FSPEC_OK)
        return status;
    arena = (fs_arena){.base = scratch.base};
    place(&job, &arena, items, &inner, n_workers);
    status = fs_frontend_run(plan, inner, n_items, plan->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, NULL, &inner_call);
    if (status == FSPEC_OK)
        status = carry_out(&job, &inner_call);
    fs_call_release(&scratch);
    return status;
}
