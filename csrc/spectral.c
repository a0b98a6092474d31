/* Statistics of spectra, a block at a time. SPDX-License-Identifier: BSD-3-Clause */
#include "spectral.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "blocks.h"

enum {
    MOST_BINS = 1 << 23,
    TILE = 4 /* blocks of given spectra that are loaded together */
};

void fspec_spectral_config_init(fspec_spectral_config *config)
{
    *config = (fspec_spectral_config){
        .size = sizeof *config, .precision = FSPEC_SINGLE, .p = 2, .normalize = 1, .share = 0.85, .amin = 1e-10};
}

/* ---- plans -------------------------------------------------------------------------------------------------------- */

static int all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static int bands_fit(const fspec_spectral_config *c)
{
    if (!c->band_begin || !c->band_end || !c->band_count)
        return 0;
    for (int64_t i = 0; i < c->n_rows; i++)
        if (c->band_begin[i] < 0 || c->band_end[i] > c->n_bins || c->band_count[i] < 1
            || c->band_count[i] > c->band_end[i] - c->band_begin[i])
            return 0;
    return 1;
}

static fspec_status check(const fspec_spectral_config *c)
{
    size_t bytes;
    if (c->precision != FSPEC_SINGLE && c->precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if ((unsigned)c->kind > FSPEC_SPECTRAL_RMS || c->n_bins < 1 || c->n_bins > MOST_BINS)
        return FSPEC_BAD_ARGUMENT;
    if (c->kind <= FSPEC_SPECTRAL_ROLLOFF && (!c->frequencies || !all_finite(c->frequencies, c->n_bins)))
        return FSPEC_BAD_ARGUMENT;
    if (!(c->p > 0) || !isfinite(c->p) || !(c->share > 0) || !(c->share < 1) || !(c->amin > 0) || !isfinite(c->amin))
        return FSPEC_BAD_ARGUMENT;
    if (c->kind < FSPEC_SPECTRAL_TAILS)
        return FSPEC_OK;
    if (c->n_rows < 1 || (c->kind == FSPEC_SPECTRAL_RMS && c->n_rows != 1))
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(c->n_rows, 2 * c->n_bins, 0, &bytes) || !fs_size((int64_t)bytes, 8, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (c->kind == FSPEC_SPECTRAL_TAILS)
        return bands_fit(c) ? FSPEC_OK : FSPEC_BAD_ARGUMENT;
    return c->weights && all_finite(c->weights, c->n_rows * c->n_bins) ? FSPEC_OK : FSPEC_BAD_ARGUMENT;
}

/* Replaces an array by a copy of n of its elements; 0 if there is no memory. */
static int own(void *pointer, int64_t n)
{
    const void **array = pointer;
    if (*array)
        *array = fs_duplicate(*array, (size_t)n * 8);
    return *array != NULL;
}

static int build(fspec_spectral *s)
{
    fspec_spectral_config *c = &s->config;
    const int64_t n = c->n_bins;
    s->is_double = c->precision == FSPEC_DOUBLE;
    s->n_rows = c->kind < FSPEC_SPECTRAL_TAILS ? 1 : c->kind == FSPEC_SPECTRAL_TAILS ? 2 * c->n_rows : c->n_rows;
    const fspec_spectral_config given = *c;
    c->frequencies = c->weights = NULL;
    c->band_begin = c->band_end = c->band_count = NULL;
    if (c->kind <= FSPEC_SPECTRAL_ROLLOFF) {
        /* 1 and f: the sums of the centroid. */
        double *weights = fs_alloc((size_t)(3 * n + 1) * sizeof *weights);
        if (!weights)
            return 0;
        c->weights = weights;
        c->frequencies = weights + n;
        s->least_from = weights + 2 * n;
        s->least_from[n] = given.frequencies[n - 1];
        for (int64_t i = n - 1; i >= 0; i--) {
            weights[i] = 1;
            weights[n + i] = given.frequencies[i];
            s->least_from[i] = given.frequencies[i] < s->least_from[i + 1] ? given.frequencies[i] : s->least_from[i + 1];
        }
    } else if (c->kind == FSPEC_SPECTRAL_TAILS) {
        c->band_begin = given.band_begin;
        c->band_end = given.band_end;
        c->band_count = given.band_count;
        int made = own(&c->band_begin, c->n_rows);
        made &= own(&c->band_end, c->n_rows);
        made &= own(&c->band_count, c->n_rows);
        if (!made)
            return 0;
        for (int64_t i = 0; i < c->n_rows; i++)
            if (c->band_count[i] > FS_TAIL && c->band_end[i] - c->band_begin[i] > s->most_bins)
                s->most_bins = c->band_end[i] - c->band_begin[i];
    } else if (c->kind >= FSPEC_SPECTRAL_SUMS) {
        c->weights = given.weights;
        return own(&c->weights, c->n_rows * n);
    }
    return 1;
}

fspec_status fspec_spectral_create(const fspec_spectral_config *config, fspec_spectral **result)
{
    fspec_spectral_config c;
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    fspec_spectral_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status == FSPEC_OK)
        status = check(&c);
    if (status != FSPEC_OK)
        return status;
    fspec_spectral *s = fs_alloc_zeroed(sizeof *s);
    if (!s)
        return FSPEC_NO_MEMORY;
    s->config = c;
    if (!build(s)) {
        fspec_spectral_free(s);
        return FSPEC_NO_MEMORY;
    }
    *result = s;
    return FSPEC_OK;
}

void fspec_spectral_free(fspec_spectral *s)
{
    if (!s)
        return;
    fs_free((void *)(uintptr_t)s->config.weights);
    fs_free((void *)(uintptr_t)s->config.band_begin);
    fs_free((void *)(uintptr_t)s->config.band_end);
    fs_free((void *)(uintptr_t)s->config.band_count);
    fs_free(s);
}

int64_t fspec_spectral_n_rows(const fspec_spectral *s)
{
    return s->n_rows;
}

/* ---- a block ------------------------------------------------------------------------------------------------------ */

int64_t fs_spectral_room(const fspec_spectral *s)
{
    const int64_t rows = s->n_rows < 2 ? 2 : s->n_rows;
    return rows * FS_MAX_LANES + s->most_bins + (s->config.square ? s->config.n_bins * FS_MAX_LANES : 0);
}

static double divisor(const fspec_spectral *s, double sum)
{
    return sum < (s->is_double ? DBL_MIN : (double)FLT_MIN) ? 1 : sum;
}

/* The k smallest of n values to the front, in any order. */
static void partition(double *x, int64_t n, int64_t k)
{
    int64_t low = 0, high = n - 1;
    while (low < high) {
        const double pivot = x[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i <= j) {
                const double y = x[i];
                x[i++] = x[j];
                x[j--] = y;
            }
        }
        if (k - 1 <= j)
            high = j;
        else if (k - 1 >= i)
            low = i;
        else
            return;
    }
}

static double sum_of(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* Long tails, lane by lane. */
static void long_tails(const fspec_spectral *s, const fs_kernels *k, const char *rows, int64_t n_rows, int64_t count, size_t n,
                       double *room, double *low, double *high)
{
    for (size_t lane = 0; lane < n; lane++) {
        fs_copy_values(room, 8, 1, rows + lane * k->real_size, (int64_t)(k->lanes * k->real_size), s->is_double, n_rows);
        partition(room, n_rows, count);
        low[lane] = sum_of(room, count);
        partition(room, n_rows, n_rows - count);
        high[lane] = sum_of(room + n_rows - count, count);
    }
}

static void tails(const fspec_spectral *s, const fs_kernels *k, const char *block, size_t n, double *out)
{
    const fspec_spectral_config *c = &s->config;
    double *room = out + (s->n_rows < 2 ? 2 : s->n_rows) * FS_MAX_LANES;
    for (int64_t i = 0; i < c->n_rows; i++) {
        const int64_t n_rows = c->band_end[i] - c->band_begin[i], count = c->band_count[i];
        const char *rows = block + (size_t)c->band_begin[i] * k->lanes * k->real_size;
        double *low = out + (size_t)i * k->lanes, *high = out + (size_t)(c->n_rows + i) * k->lanes;
        if (count <= FS_TAIL)
            k->bin_tails(low, high, rows, (size_t)n_rows, (size_t)count);
        else
            long_tails(s, k, rows, n_rows, count, n, room, low, high);
        for (size_t lane = 0; lane < k->lanes; lane++) {
            low[lane] /= (double)count;
            high[lane] /= (double)count;
        }
    }
}

/* sum f x / sum x to out[lane], the sums that it is divided by to out[lanes + lane]. */
static void centroids(const fspec_spectral *s, const fs_kernels *k, const void *block, double *out)
{
    double sums[2 * FS_MAX_LANES];
    k->bin_sums(sums, block, (size_t)s->config.n_bins, s->config.weights, 2);
    for (size_t lane = 0; lane < k->lanes; lane++) {
        out[k->lanes + lane] = divisor(s, sums[lane]);
        out[lane] = sums[k->lanes + lane] / out[k->lanes + lane];
    }
}

static void bandwidths(const fspec_spectral *s, const fs_kernels *k, const void *block, const double *given, const double *sums,
                       double *out)
{
    const fspec_spectral_config *c = &s->config;
    double middle[2 * FS_MAX_LANES];
    if (sums)
        memcpy(middle, sums, 2 * k->lanes * sizeof *middle);
    else
        centroids(s, k, block, middle);
    k->bin_deviations(out, block, (size_t)c->n_bins, c->frequencies, given ? given : middle, c->p);
    for (size_t lane = 0; lane < k->lanes; lane++) {
        const double x = c->normalize ? out[lane] / middle[k->lanes + lane] : out[lane];
        out[lane] = c->p == 2 ? sqrt(x) : c->p == 1 ? x : pow(x, 1 / c->p);
    }
}

static void flatness(const fspec_spectral *s, const fs_kernels *k, const void *block, double *out)
{
    double arithmetic[FS_MAX_LANES];
    const double least = s->config.amin < DBL_MIN ? DBL_MIN : s->config.amin;
    k->bin_means(out, arithmetic, block, (size_t)s->config.n_bins, least);
    for (size_t lane = 0; lane < k->lanes; lane++)
        out[lane] = arithmetic[lane] < INFINITY ? out[lane] / arithmetic[lane] : (double)NAN;
}

void fs_spectral_block(const fspec_spectral *s, const fs_kernels *k, const void *block, size_t n, const double *centroid,
                       const double *sums, double *out)
{
    const fspec_spectral_config *c = &s->config;
    const size_t n_bins = (size_t)c->n_bins;
    if (c->square) {
        void *squares = out + fs_spectral_room(s) - c->n_bins * FS_MAX_LANES;
        k->multiply(squares, block, block, n_bins * k->lanes);
        block = squares;
    }
    switch (c->kind) {
    case FSPEC_SPECTRAL_CENTROID: centroids(s, k, block, out); break;
    case FSPEC_SPECTRAL_BANDWIDTH: bandwidths(s, k, block, centroid, sums, out); break;
    case FSPEC_SPECTRAL_ROLLOFF:
        k->bins_below(out, block, n_bins, c->share);
        for (size_t lane = 0; lane < k->lanes; lane++)
            out[lane] = s->least_from[(int64_t)out[lane]];
        break;
    case FSPEC_SPECTRAL_FLATNESS: flatness(s, k, block, out); break;
    case FSPEC_SPECTRAL_TAILS: tails(s, k, block, n, out); break;
    case FSPEC_SPECTRAL_SUMS: k->bin_sums(out, block, n_bins, c->weights, (size_t)c->n_rows); break;
    case FSPEC_SPECTRAL_RMS:
        k->bin_sums(out, block, n_bins, c->weights, 1);
        for (size_t lane = 0; lane < k->lanes; lane++)
            out[lane] = sqrt(out[lane]);
    }
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

typedef struct spectral_job {
    const fspec_spectral *spectral;
    const fspec_matrix *spectra, *centroid, *out;
    int64_t n_frames, tiles_each, room;
    double *rooms;  /* per worker */
    char *blocks;   /* TILE per worker, of spectra that are given */
    size_t block_bytes;
    int out_double;
} spectral_job;

static double *place(const spectral_job *job, int worker)
{
    return job->rooms + worker * job->room;
}

/* One block of frames, whose lanes belong to these items and frames. */
static void take(const spectral_job *job, int worker, const fs_kernels *k, const void *block, size_t n, const int64_t *item,
                 const int64_t *frame)
{
    const fspec_spectral *s = job->spectral;
    double centroid[FS_MAX_LANES] = {0}, *out = place(job, worker);
    for (size_t lane = 0; job->centroid && lane < n; lane++) {
        const fspec_matrix *m = &job->centroid[item[lane]];
        memcpy(&centroid[lane], (const char *)m->data + frame[lane] * m->frame_stride, sizeof *centroid);
    }
    fs_spectral_block(s, k, block, n, job->centroid ? centroid : NULL, NULL, out);
    for (size_t lane = 0; lane < n; lane++) {
        const fspec_matrix *m = &job->out[item[lane]];
        fs_copy_values((char *)m->data + frame[lane] * m->frame_stride, m->bin_stride, job->out_double, out + lane,
                       (int64_t)(k->lanes * sizeof *out), 1, s->n_rows);
    }
}

static fspec_status take_block(void *context, int worker, const struct fs_seats *seats, const void *block)
{
    take(context, worker, seats->k, block, seats->n, seats->item, seats->frame);
    return FSPEC_OK;
}

static fspec_status check_outputs(const spectral_job *job, int64_t item, int64_t n_frames)
{
    const fspec_matrix *out = &job->out[item], *centroid = job->centroid ? &job->centroid[item] : NULL;
    if (!out->data || (centroid && !centroid->data))
        return FSPEC_BAD_ARGUMENT;
    return fs_fits(out, job->spectral->n_rows, n_frames) && (!centroid || fs_fits(centroid, 1, n_frames)) ? FSPEC_OK
                                                                                                          : FSPEC_TOO_LARGE;
}

/* Memory for the workers, one block each where spectra are given. */
static fspec_status equip(spectral_job *job, int n_workers, void **own_memory)
{
    fs_arena arena = {0};
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        job->rooms = fs_take(&arena, n_workers * job->room, sizeof *job->rooms);
        job->blocks = job->spectra ? fs_take(&arena, TILE * n_workers, job->block_bytes) : NULL;
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass && !(*own_memory = arena.base = fs_alloc(arena.used)))
            return FSPEC_NO_MEMORY;
    }
    return FSPEC_OK;
}

static fspec_status begin(spectral_job *job, const fspec_spectral *s, const fspec_matrix *centroid, const fspec_matrix *out,
                          int64_t n_items, fspec_dtype out_dtype, const fspec_call *given, fspec_call *call)
{
    const fspec_status status = fs_call_read(given, call);
    if (status != FSPEC_OK)
        return status;
    if (!s || n_items < 0 || (n_items > 0 && !out))
        return FSPEC_BAD_ARGUMENT;
    if (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    call->scratch = NULL;
    *job = (spectral_job){.spectral = s,
                          .centroid = s->config.kind == FSPEC_SPECTRAL_BANDWIDTH ? centroid : NULL,
                          .out = out,
                          .room = fs_spectral_room(s),
                          .out_double = out_dtype == FSPEC_FLOAT64};
    return FSPEC_OK;
}

static fspec_status check_signals(const spectral_job *job, const fspec_frontend *plan, const fspec_signal *signals, int64_t n,
                                  const fspec_call *call)
{
    if (!plan || (n > 0 && !signals))
        return FSPEC_BAD_ARGUMENT;
    if (plan->output != FSPEC_OUT_SPECTRUM || plan->is_double != job->spectral->is_double
        || plan->n_bins != job->spectral->config.n_bins)
        return FSPEC_BAD_OUTPUT;
    for (int64_t i = 0; i < n; i++) {
        int64_t extent;
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || signals[i].n_samples > INT64_MAX / 4)
            return FSPEC_BAD_ARGUMENT;
        const int64_t n_frames = fs_n_frames(&plan->framing, signals[i].n_samples);
        if (n_frames == 0)
            return FSPEC_TOO_SHORT;
        if (!signals[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(signals[i].n_samples, signals[i].stride, &extent))
            return FSPEC_TOO_LARGE;
        const fspec_status status = check_outputs(job, i, n_frames);
        if (status != FSPEC_OK)
            return status;
    }
    return fspec_check_finite(signals, n, call);
}

fspec_status fspec_spectral_exec(const fspec_spectral *s, const fspec_frontend *plan, const fspec_signal *signals,
                                 const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_signals,
                                 fspec_dtype out_dtype, const fspec_call *given)
{
    spectral_job job;
    fspec_call call;
    void *memory = NULL;
    size_t bytes;
    char nowhere[1];
    const fs_sink sink = {.context = &job, .take_block = take_block};
    fspec_status status = begin(&job, s, centroid, out, n_signals, out_dtype, given, &call);
    if (status == FSPEC_OK)
        status = check_signals(&job, plan, signals, n_signals, &call);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    if (!fs_size(n_signals, sizeof(fs_item), 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_item *items = fs_alloc(bytes);
    status = items ? equip(&job, fs_worker_count(&call, INT64_MAX), &memory) : FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++)
        items[i] = (fs_item){.source = {signals[i], 0, signals[i].n_samples},
                             .n_frames = fs_n_frames(&plan->framing, signals[i].n_samples),
                             .out = {nowhere, 0, 0},
                             .channel = i};
    if (status == FSPEC_OK)
        status = fs_frontend_run(plan, items, n_signals, s->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, &sink, &call);
    fs_free(items);
    fs_free(memory);
    return status;
}

/* 16, 32 or 64 bytes */
static inline void copy_vector(char *to, const char *from, size_t bytes)
{
    if (bytes == 32)
        memcpy(to, from, 32);
    else if (bytes == 64)
        memcpy(to, from, 64);
    else
        memcpy(to, from, 16);
}

/* n frames from column `first` on, to blocks of a worker, `block_bytes` each, the last of which may have other lanes, of 0.
 * A stretch of each row that is as long as TILE blocks is read at a time: rows lie far apart. */
static void load_blocks(const spectral_job *job, const fs_kernels *k, const fspec_matrix *m, int64_t first, int64_t n,
                        char *blocks)
{
    const fspec_spectral *s = job->spectral;
    const size_t rows = (size_t)s->config.n_bins, w = k->lanes, size = k->real_size, vector = w * size;
    const int64_t lanes = (int64_t)w;
    const char *data = (const char *)m->data + first * m->frame_stride;
    char *last = blocks + (size_t)(n / lanes) * job->block_bytes;
    if (n % lanes)
        memset(last, 0, rows * vector);
    if (m->frame_stride == (int64_t)size) {
        for (size_t row = 0; row < rows; row++, data += m->bin_stride) {
            char *to = blocks + row * vector;
            for (int64_t b = 0; b < n / lanes; b++)
                copy_vector(to + (size_t)b * job->block_bytes, data + (size_t)b * vector, vector);
            if (n % lanes)
                memcpy(last + row * vector, data + (size_t)(n / lanes) * vector, (size_t)(n % lanes) * size);
        }
        return;
    }
    int64_t i = 0;
    if (m->bin_stride == (int64_t)size && m->frame_stride > 0 && m->frame_stride % (int64_t)size == 0)
        for (; i + lanes <= n; i += lanes)
            k->rows_to_lanes(blocks + (size_t)(i / lanes) * job->block_bytes, data + i * m->frame_stride,
                             (size_t)m->frame_stride / size, rows);
    for (; i < n; i++)
        fs_copy_values(blocks + (size_t)(i / lanes) * job->block_bytes + (size_t)(i % lanes) * size, (int64_t)vector,
                       s->is_double, data + i * m->frame_stride, m->bin_stride, s->is_double, (int64_t)rows);
}

static fspec_status take_spectra(void *context, int worker, int64_t begin_tile, int64_t end_tile)
{
    const spectral_job *job = context;
    const fs_kernels *k = fs_kernels_for(job->spectral->is_double);
    const int64_t lanes = (int64_t)k->lanes;
    char *blocks = job->blocks + (size_t)worker * TILE * job->block_bytes;
    int64_t item[FS_MAX_LANES], frame[FS_MAX_LANES];
    for (int64_t i = begin_tile; i < end_tile; i++) {
        const int64_t begin = i % job->tiles_each * lanes * TILE, left = job->n_frames - begin;
        const int64_t frames = left < lanes * TILE ? left : lanes * TILE;
        load_blocks(job, k, &job->spectra[i / job->tiles_each], begin, frames, blocks);
        for (int64_t b = 0; b * lanes < frames; b++) {
            const size_t n = frames - b * lanes < lanes ? (size_t)(frames - b * lanes) : k->lanes;
            for (size_t lane = 0; lane < n; lane++) {
                item[lane] = i / job->tiles_each;
                frame[lane] = begin + b * lanes + (int64_t)lane;
            }
            take(job, worker, k, blocks + (size_t)b * job->block_bytes, n, item, frame);
        }
    }
    return FSPEC_OK;
}

fspec_status fspec_spectral_exec_spectra(const fspec_spectral *s, const fspec_matrix *spectra, int64_t n_frames,
                                         const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_items,
                                         fspec_dtype out_dtype, const fspec_call *given)
{
    spectral_job job;
    fspec_call call;
    void *memory = NULL;
    int64_t tiles;
    fspec_status status = begin(&job, s, centroid, out, n_items, out_dtype, given, &call);
    if (status != FSPEC_OK)
        return status;
    if (n_frames < 0 || (n_items > 0 && !spectra))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n_items && n_frames > 0 && status == FSPEC_OK; i++) {
        status = spectra[i].data ? check_outputs(&job, i, n_frames) : FSPEC_BAD_ARGUMENT;
        if (status == FSPEC_OK && !fs_fits(&spectra[i], s->config.n_bins, n_frames))
            status = FSPEC_TOO_LARGE;
    }
    const fs_kernels *k = fs_kernels_for(s->is_double);
    job.spectra = spectra;
    job.n_frames = n_frames;
    const int64_t width = (int64_t)k->lanes * TILE;
    job.tiles_each = n_frames / width + (n_frames % width != 0);
    job.block_bytes = (size_t)s->config.n_bins * k->lanes * k->real_size;
    if (status != FSPEC_OK)
        return status;
    if (__builtin_mul_overflow(job.tiles_each, n_items, &tiles))
        return FSPEC_TOO_LARGE;
    if (tiles == 0)
        return FSPEC_OK;
    const int n_workers = fs_worker_count(&call, tiles);
    status = equip(&job, n_workers, &memory);
    if (status == FSPEC_OK)
        status = fs_parallel(&call, n_workers, tiles, 1, take_spectra, &job);
    fs_free(memory);
    return status;
}
