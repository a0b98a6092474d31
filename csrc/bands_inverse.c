/* Spectra for given bands: least squares under x >= 0. SPDX-License-Identifier: BSD-3-Clause
 *
 * Of |B x - m|^2 + ridge |z|^2, where x = max(0, B' z), Newton's method finds the z at which B x + ridge z = m. With so small a ridge
 * that is, of the spectra x >= 0 whose bands are nearest to m, the one of least norm. A bin has weight in two neighbouring bands at
 * the most, so a pass over the bins costs a few operations each, and the matrices have three diagonals. Frames are the lanes of a
 * block; one that is done stays as it is while the others go on. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

enum { STEPS = 200 };
static const double ENOUGH = 1e-9; /* error of a frame, relative to its largest band, that needs no further steps */

typedef struct inverse_job {
    const fs_kernels *kernels; /* of double */
    const fspec_matrix *bands, *out;
    int64_t n_bands, n_bins, n_frames, groups;
    int is_double;
    double power, ridge;
    int64_t *first_bin; /* of those with weight in a band and the next one, n_bands + 1 */
    double *pairs;      /* a bin's weights in these two */
    size_t desk_bytes;
    char *desks; /* of each worker */
} inverse_job;

typedef struct inverse_desk {
    fs_nearest block;
    double *spectra; /* [bin][FS_MAX_LANES] */
} inverse_desk;

/* ---- the bands ---------------------------------------------------------------------------------------------------- */

/* The bands of each bin, from `lowest` to `highest`; n_bands and -1 where there are none. */
static void find_bands(const inverse_job *job, const double *matrix, int64_t *lowest, int64_t *highest)
{
    for (int64_t k = 0; k < job->n_bins; k++) {
        lowest[k] = job->n_bands;
        highest[k] = -1;
    }
    for (int64_t i = 0; i < job->n_bands; i++)
        for (int64_t k = 0; k < job->n_bins; k++)
            if (matrix[i * job->n_bins + k] != 0) {
                if (highest[k] < 0)
                    lowest[k] = i;
                highest[k] = i;
            }
}

/* 0 unless bins in order have their weights in a band and the next one, in order. */
static FS_OWN_FUNCTION int arrange(inverse_job *job, const double *matrix, int64_t *lowest, int64_t *highest)
{
    int64_t band = 0;
    double most = 0;
    find_bands(job, matrix, lowest, highest);
    job->first_bin[0] = 0;
    for (int64_t k = 0; k < job->n_bins; k++) {
        const int64_t low = lowest[k], high = highest[k];
        int64_t wanted = band;
        if (high >= 0) {
            if (high > low + 1 || low < band)
                return 0;
            /* A lone band may also be the upper one. */
            wanted = high > low ? low : low > band ? low - 1 : band;
        }
        for (; band < wanted; band++)
            job->first_bin[band + 1] = k;
        job->pairs[2 * k] = matrix[band * job->n_bins + k];
        job->pairs[2 * k + 1] = band + 1 < job->n_bands ? matrix[(band + 1) * job->n_bins + k] : 0;
    }
    for (; band < job->n_bands; band++)
        job->first_bin[band + 1] = job->n_bins;
    for (int64_t i = 0; i < job->n_bands; i++) {
        double sum = 0;
        for (int64_t k = 0; k < job->n_bins; k++)
            sum += matrix[i * job->n_bins + k] * matrix[i * job->n_bins + k];
        most = sum > most ? sum : most;
    }
    job->ridge = 1e-9 * most > 1e-300 ? 1e-9 * most : 1e-300;
    return 1;
}

/* ---- frames ------------------------------------------------------------------------------------------------------- */

static void take_desk(const inverse_job *job, fs_arena *arena, inverse_desk *desk)
{
    const size_t row = job->kernels->lanes * sizeof(double);
    fs_nearest *s = &desk->block;
    double **arrays[] = {&s->m, &s->z, &s->trial, &s->step, &s->rest, &s->main, &s->beside};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = fs_take(arena, job->n_bands, row);
    s->value = fs_take(arena, 1, row);
    s->length = fs_take(arena, 1, row);
    s->scale = fs_take(arena, 1, row);
    desk->spectra = fs_take(arena, job->n_bins, FS_MAX_LANES * sizeof(double));
    s->n_bands = (size_t)job->n_bands;
    s->ridge = job->ridge;
    s->enough = ENOUGH;
}

/* n frames as lanes, each divided by its largest band. */
static void load(const inverse_job *job, fs_nearest *s, const fspec_matrix *m, int64_t frame, size_t n)
{
    const size_t lanes = job->kernels->lanes, row = lanes * sizeof(double);
    memset(s->m, 0, (size_t)job->n_bands * row);
    memset(s->z, 0, (size_t)job->n_bands * row);
    memset(s->step, 0, (size_t)job->n_bands * row);
    for (size_t lane = 0; lane < lanes; lane++) {
        s->value[lane] = 0;
        s->length[lane] = s->scale[lane] = 1;
    }
    for (size_t lane = 0; lane < n; lane++) {
        double most = 0;
        fs_copy_values(s->m + lane, (int64_t)row, 1, (const char *)m->data + (frame + (int64_t)lane) * m->frame_stride,
                       m->bin_stride, job->is_double, job->n_bands);
        for (int64_t i = 0; i < job->n_bands; i++)
            most = fabs(s->m[(size_t)i * lanes + lane]) > most ? fabs(s->m[(size_t)i * lanes + lane]) : most;
        if (most > 0)
            s->scale[lane] = most;
        for (int64_t i = 0; i < job->n_bands; i++)
            s->m[(size_t)i * lanes + lane] /= s->scale[lane];
    }
}

static void store(const inverse_job *job, const inverse_desk *desk, const fspec_matrix *out, int64_t frame, int64_t n)
{
    char *data = (char *)out->data + frame * out->frame_stride;
    for (int64_t k = 0; k < job->n_bins; k++)
        fs_copy_values(data + k * out->bin_stride, out->frame_stride, job->is_double, desk->spectra + k * FS_MAX_LANES,
                       sizeof *desk->spectra, 1, n);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const inverse_job *job = context;
    const int64_t lanes = (int64_t)job->kernels->lanes;
    fs_arena arena = {.base = job->desks + (size_t)worker * job->desk_bytes};
    inverse_desk desk;
    take_desk(job, &arena, &desk);
    for (int64_t piece = begin; piece < end; piece++) {
        const int64_t item = piece / job->groups, frame = piece % job->groups * FS_MAX_LANES, left = job->n_frames - frame;
        const int64_t n = left < FS_MAX_LANES ? left : FS_MAX_LANES;
        for (int64_t i = 0; i < n; i += lanes) {
            load(job, &desk.block, &job->bands[item], frame + i, (size_t)(n - i < lanes ? n - i : lanes));
            for (int step = 0, done = 0; step <= STEPS && !done; step++) {
                if (fs_interrupted())
                    return FSPEC_OK;
                done = job->kernels->nearest_step(&desk.block, job->first_bin, job->pairs, step == 0);
            }
            job->kernels->nearest_spectra(desk.spectra + i, FS_MAX_LANES, &desk.block, job->first_bin, job->pairs, job->power);
        }
        store(job, &desk, &job->out[item], frame, n);
    }
    return FSPEC_OK;
}

static fspec_status check(const inverse_job *job, const double *matrix, int64_t n_items)
{
    for (int64_t i = 0; i < job->n_bands * job->n_bins; i++)
        if (!isfinite(matrix[i]))
            return FSPEC_BAD_BANDS;
    for (int64_t i = 0; i < n_items; i++) {
        if (!job->bands[i].data || !job->out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&job->bands[i], job->n_bands, job->n_frames) || !fs_fits(&job->out[i], job->n_bins, job->n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

fspec_status fspec_bands_inverse(const double *matrix, int64_t n_bands, int64_t n_bins, double power, const fspec_matrix *bands,
                                 fspec_dtype dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_items,
                                 const fspec_call *call)
{
    fspec_call full;
    size_t pieces, bytes;
    void *memory = NULL;
    int64_t *lowest = NULL, *highest = NULL;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n_bands < 1 || n_bins < 1 || !matrix || !(power > 0) || !isfinite(power) || n_frames < 0 || n_items < 0)
        return FSPEC_BAD_ARGUMENT;
    if (n_frames == 0 || n_items == 0)
        return FSPEC_OK;
    if (!bands || !out)
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(n_bands, n_bins, 0, &bytes) || !fs_size((int64_t)bytes, sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    inverse_job job = {.kernels = fs_kernels_for(1),
                       .bands = bands,
                       .out = out,
                       .n_bands = n_bands,
                       .n_bins = n_bins,
                       .n_frames = n_frames,
                       .groups = (n_frames - 1) / FS_MAX_LANES + 1,
                       .is_double = dtype == FSPEC_FLOAT64,
                       .power = power};
    status = check(&job, matrix, n_items);
    if (status != FSPEC_OK)
        return status;
    if (!fs_size(job.groups, n_items, 0, &pieces) || pieces > INT64_MAX)
        return FSPEC_TOO_LARGE;
    const int workers = fs_worker_count(&full, (int64_t)pieces);
    inverse_desk desk;
    fs_arena one = {0}, arena = {0};
    take_desk(&job, &one, &desk);
    if (one.overflow)
        return FSPEC_TOO_LARGE;
    job.desk_bytes = one.used;
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        job.first_bin = fs_take(&arena, n_bands + 1, sizeof *job.first_bin);
        job.pairs = fs_take(&arena, n_bins, 2 * sizeof *job.pairs);
        lowest = fs_take(&arena, n_bins, sizeof *lowest);
        highest = fs_take(&arena, n_bins, sizeof *highest);
        job.desks = fs_take(&arena, workers, job.desk_bytes);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass && !(memory = arena.base = fs_alloc(arena.used)))
            return FSPEC_NO_MEMORY;
    }
    const fs_fpenv env = fs_fpenv_enter();
    const int arranged = arrange(&job, matrix, lowest, highest);
    fs_fpenv_leave(env);
    if (arranged)
        status = fs_parallel(&full, workers, (int64_t)pieces, 1, work, &job);
    fs_free(memory);
    return arranged ? status : FSPEC_BAD_BANDS;
}
