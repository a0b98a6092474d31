/* Root mean squares of frames, from their spectra. SPDX-License-Identifier: BSD-3-Clause
 *
 * Each layout is read as it lies: down the bins of a frame where they are neighbours, else along stretches of frames, into as many
 * partial sums of each frame as the other way has. So the layout does not show in the bits. */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

enum { COLUMNS = 128, BETWEEN_POLLS = 1 << 14 };

typedef struct rms_job {
    const fs_kernels *kernels;
    const fspec_matrix *spectra, *out;
    int64_t n_bins, n_frames, tiles, parts; /* parts: 2 for complex spectra */
    int is_double, out_double;
    size_t real_size, element, room_bytes;
    double *weights; /* parts for each bin */
    char *rooms;     /* of each worker */
} rms_job;

static char *element(const fspec_matrix *m, int64_t bin, int64_t frame)
{
    return (char *)m->data + bin * m->bin_stride + frame * m->frame_stride;
}

static double of_frame(const rms_job *job, const fspec_matrix *m, int64_t frame, char *room)
{
    const char *values = element(m, 0, frame);
    const int64_t size = (int64_t)job->real_size, parts = job->parts;
    if (m->bin_stride != (int64_t)job->element) {
        for (int64_t part = 0; part < parts; part++)
            fs_copy_values(room + part * size, parts * size, job->is_double, values + part * size, m->bin_stride, job->is_double,
                           job->n_bins);
        values = room;
    }
    return job->kernels->weighted_squares(values, job->weights, (size_t)(job->n_bins * parts));
}

/* Partial sums [row][frame][part]: bin k of a frame belongs to those of row k % rows. */
static void of_frames(const rms_job *job, const fspec_matrix *m, int64_t frame, int64_t n, double *partial, double *sums)
{
    const int64_t parts = job->parts, rows = FS_SQUARE_SUMS / parts, pitch = COLUMNS * parts;
    memset(partial, 0, (size_t)(rows * pitch) * sizeof *partial);
    for (int64_t bin = 0; bin < job->n_bins; bin++) {
        if (bin % BETWEEN_POLLS == 0 && fs_interrupted())
            return;
        job->kernels->add_squares(partial + bin % rows * pitch, element(m, bin, frame), (size_t)(n * parts),
                                  job->weights[bin * parts]);
    }
    for (int64_t t = 0; t < n; t++) {
        sums[t] = 0;
        for (int64_t j = 0; j < FS_SQUARE_SUMS; j++)
            sums[t] += partial[j / parts * pitch + t * parts + j % parts];
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const rms_job *job = context;
    char *room = job->rooms + (size_t)worker * job->room_bytes;
    double sums[COLUMNS] = {0};
    for (int64_t piece = begin; piece < end; piece++) {
        const fspec_matrix *m = &job->spectra[piece / job->tiles], *out = &job->out[piece / job->tiles];
        const int64_t frame = piece % job->tiles * COLUMNS, left = job->n_frames - frame, n = left < COLUMNS ? left : COLUMNS;
        if (m->bin_stride != (int64_t)job->element && m->frame_stride == (int64_t)job->element)
            of_frames(job, m, frame, n, (double *)(void *)room, sums);
        else
            for (int64_t t = 0; t < n && !fs_interrupted(); t++)
                sums[t] = of_frame(job, m, frame + t, room);
        for (int64_t t = 0; t < n; t++)
            sums[t] = sqrt(sums[t]);
        fs_copy_values(element(out, 0, frame), out->frame_stride, job->out_double, sums, sizeof *sums, 1, n);
    }
    return FSPEC_OK;
}

/* Frames are n_fft samples: of the bins but the first, and the last one of an even n_fft, there are two. */
static FS_OWN_FUNCTION void weigh(const rms_job *job, int64_t n_fft)
{
    const double one = 1 / ((double)n_fft * (double)n_fft);
    for (int64_t i = 0; i < job->n_bins * job->parts; i++) {
        const int64_t bin = i / job->parts;
        job->weights[i] = bin == 0 || (n_fft % 2 == 0 && bin == job->n_bins - 1) ? one : 2 * one;
    }
}

static fspec_status check(const rms_job *job, int64_t n_items)
{
    for (int64_t i = 0; i < n_items; i++) {
        if (!job->spectra[i].data || !job->out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&job->spectra[i], job->n_bins, job->n_frames) || !fs_fits(&job->out[i], 1, job->n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

fspec_status fspec_rms_spectra(const fspec_matrix *spectra, fspec_dtype dtype, int64_t n_fft, int64_t n_frames,
                               const fspec_matrix *out, fspec_dtype out_dtype, int64_t n_items, const fspec_call *call)
{
    fspec_call full;
    size_t pieces, bytes;
    fspec_status status = fs_call_read(call, &full);
    rms_job job = {.spectra = spectra, .out = out, .n_bins = n_fft / 2 + 1, .n_frames = n_frames};
    if (status != FSPEC_OK)
        return status;
    if (fs_element_size(dtype) == 0 || (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64))
        return FSPEC_BAD_DATA_TYPE;
    if (n_fft < 1 || n_frames < 0 || n_items < 0)
        return FSPEC_BAD_ARGUMENT;
    if (n_frames == 0 || n_items == 0)
        return FSPEC_OK;
    if (!spectra || !out)
        return FSPEC_BAD_ARGUMENT;
    status = check(&job, n_items);
    if (status != FSPEC_OK)
        return status;
    job.is_double = dtype == FSPEC_FLOAT64 || dtype == FSPEC_COMPLEX128;
    job.out_double = out_dtype == FSPEC_FLOAT64;
    job.kernels = fs_kernels_for(job.is_double);
    job.parts = dtype == FSPEC_COMPLEX64 || dtype == FSPEC_COMPLEX128 ? 2 : 1;
    job.real_size = job.kernels->real_size;
    job.element = job.real_size * (size_t)job.parts;
    job.tiles = (n_frames - 1) / COLUMNS + 1;
    if (!fs_size(job.tiles, n_items, 0, &pieces) || pieces > INT64_MAX || !fs_size(job.n_bins, job.parts * 8, 0, &bytes))
        return FSPEC_TOO_LARGE;
    const int workers = fs_worker_count(&full, (int64_t)pieces);
    fs_arena arena = {0};
    void *memory = NULL;
    const size_t least = FS_SQUARE_SUMS * COLUMNS * sizeof(double);
    job.room_bytes = ((bytes > least ? bytes : least) + FS_ALIGN - 1) / FS_ALIGN * FS_ALIGN;
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        job.weights = fs_take(&arena, job.n_bins * job.parts, sizeof *job.weights);
        job.rooms = fs_take(&arena, workers, job.room_bytes);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass && !(memory = arena.base = fs_alloc(arena.used)))
            return FSPEC_NO_MEMORY;
    }
    const fs_fpenv env = fs_fpenv_enter();
    weigh(&job, n_fft);
    fs_fpenv_leave(env);
    status = fs_parallel(&full, workers, (int64_t)pieces, 1, work, &job);
    fs_free(memory);
    return status;
}
