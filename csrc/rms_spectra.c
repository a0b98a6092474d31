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

enum { COLUMNS = 512, BETWEEN_POLLS = 1 << 14 };

typedef struct rms_job {
    const fs_kernels *kernels;
    const fspec_matrix *spectra, *out;
    int64_t n_bins, n_frames, tiles, parts; /* parts: 2 for complex spectra */
    int is_double, out_double;
    size_t real_size, element, room_bytes;
    double n_fft;
    int64_t between; /* bins besides the first and, where n_fft is even, the last one */
    int has_last;
    char *rooms; /* of each worker */
} rms_job;

static char *element(const fspec_matrix *m, int64_t bin, int64_t frame)
{
    return (char *)m->data + bin * m->bin_stride + frame * m->frame_stride;
}

/* The bins between the first one and the last one of an even n_fft are there twice. */
static double together(const rms_job *job, double between, const double *first, const double *last)
{
    double sum = 2 * between;
    for (int64_t part = 0; part < job->parts; part++)
        sum += first[part] * first[part];
    for (int64_t part = 0; job->has_last && part < job->parts; part++)
        sum += last[part] * last[part];
    return sqrt(sum) / job->n_fft;
}

static void take_bin(const rms_job *job, const char *from, double *parts)
{
    fs_copy_values(parts, sizeof *parts, 1, from, (int64_t)job->real_size, job->is_double, job->parts);
}

static double of_frame(const rms_job *job, const fspec_matrix *m, int64_t frame, char *room)
{
    const char *values = element(m, 0, frame);
    const int64_t size = (int64_t)job->real_size, parts = job->parts;
    double first[2], last[2];
    if (m->bin_stride != (int64_t)job->element) {
        for (int64_t part = 0; part < parts; part++)
            fs_copy_values(room + part * size, parts * size, job->is_double, values + part * size, m->bin_stride, job->is_double,
                           job->n_bins);
        values = room;
    }
    take_bin(job, values, first);
    take_bin(job, values + (size_t)(job->n_bins - 1) * job->element, last);
    return together(job, job->kernels->sum_squares(values + job->element, (size_t)(job->between * parts)), first, last);
}

/* Partial sums [row][frame][part]: bin 1 + k of a frame belongs to those of row k % rows. */
static void of_frames(const rms_job *job, const fspec_matrix *m, int64_t frame, int64_t n, double *partial, double *results)
{
    const int64_t parts = job->parts, rows = FS_SQUARE_SUMS / parts, pitch = COLUMNS * parts;
    memset(partial, 0, (size_t)(rows * pitch) * sizeof *partial);
    for (int64_t k = 0; k < job->between; k++) {
        if (k % BETWEEN_POLLS == 0 && fs_interrupted())
            return;
        job->kernels->add_squares(partial + k % rows * pitch, element(m, 1 + k, frame), (size_t)(n * parts));
    }
    for (int64_t t = 0; t < n; t++) {
        double sum = 0, first[2], last[2];
        for (int64_t j = 0; j < FS_SQUARE_SUMS; j++)
            sum += partial[j / parts * pitch + t * parts + j % parts];
        take_bin(job, element(m, 0, frame + t), first);
        take_bin(job, element(m, job->n_bins - 1, frame + t), last);
        results[t] = together(job, sum, first, last);
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const rms_job *job = context;
    char *room = job->rooms + (size_t)worker * job->room_bytes;
    double results[COLUMNS] = {0};
    for (int64_t piece = begin; piece < end; piece++) {
        const fspec_matrix *m = &job->spectra[piece / job->tiles], *out = &job->out[piece / job->tiles];
        const int64_t frame = piece % job->tiles * COLUMNS, left = job->n_frames - frame, n = left < COLUMNS ? left : COLUMNS;
        if (m->bin_stride != (int64_t)job->element && m->frame_stride == (int64_t)job->element)
            of_frames(job, m, frame, n, (double *)(void *)room, results);
        else
            for (int64_t t = 0; t < n && !fs_interrupted(); t++)
                results[t] = of_frame(job, m, frame + t, room);
        fs_copy_values(element(out, 0, frame), out->frame_stride, job->out_double, results, sizeof *results, 1, n);
    }
    return FSPEC_OK;
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
    const size_t least = FS_SQUARE_SUMS * COLUMNS * sizeof(double);
    job.n_fft = (double)n_fft;
    job.has_last = n_fft % 2 == 0;
    job.between = job.n_bins - 1 - job.has_last;
    job.room_bytes = ((bytes > least ? bytes : least) + FS_ALIGN - 1) / FS_ALIGN * FS_ALIGN;
    if (!fs_size(workers, (int64_t)job.room_bytes, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(job.rooms = fs_alloc(bytes)))
        return FSPEC_NO_MEMORY;
    status = fs_parallel(&full, workers, (int64_t)pieces, 1, work, &job);
    fs_free(job.rooms);
    return status;
}
