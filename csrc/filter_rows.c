/* Filters along an axis of an array. SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "memory.h"
#include "parallel.h"
#include "simd.h"

enum { PART = 4096 }; /* results of one piece */

typedef struct filter_job {
    const fs_kernels *kernels;
    const char *x;
    char *out;
    const void *taps;
    int64_t n, step, n_taps, x_pitch, out_pitch, parts;
} filter_job;

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const filter_job *job = context;
    const int64_t size = (int64_t)job->kernels->real_size;
    (void)worker;
    for (int64_t piece = begin; piece < end; piece++) {
        const int64_t row = piece / job->parts, first = piece % job->parts * PART, left = job->n - first;
        job->kernels->filter(job->out + (row * job->out_pitch + first) * size, job->x + (row * job->x_pitch + first) * size,
                             (size_t)job->step, (size_t)(left < PART ? left : PART), job->taps, (size_t)job->n_taps);
    }
    return FSPEC_OK;
}

fspec_status fspec_filter_rows(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, int64_t step,
                               const double *taps, int64_t n_taps, void *out, int64_t out_pitch, const fspec_call *call)
{
    fspec_call full;
    size_t reach, room;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n_rows < 0 || n < 0 || step < 0 || n_taps < 1 || !taps)
        return FSPEC_BAD_ARGUMENT;
    if (n_rows == 0 || n == 0)
        return FSPEC_OK;
    if (!x || !out || x_pitch < 0 || out_pitch < (n_rows > 1 ? n : 0))
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(n_taps - 1, step, n, &reach) || !fs_size(n_rows - 1, x_pitch, (int64_t)reach, &room)
        || !fs_size((int64_t)room, sizeof(double), 0, &room) || !fs_size(n_rows, out_pitch, n, &room)
        || !fs_size((int64_t)room, sizeof(double), 0, &room) || !fs_size(n_taps, sizeof(double), 0, &room))
        return FSPEC_TOO_LARGE;
    filter_job job = {fs_kernels_for(dtype == FSPEC_FLOAT64), x, out, taps, n, step, n_taps, x_pitch, out_pitch,
                      (n - 1) / PART + 1};
    float *own = NULL;
    if (dtype == FSPEC_FLOAT32) {
        job.taps = own = fs_alloc((size_t)n_taps * sizeof *own);
        if (!own)
            return FSPEC_NO_MEMORY;
        for (int64_t j = 0; j < n_taps; j++)
            own[j] = (float)taps[j];
    }
    const int64_t pieces = n_rows * job.parts;
    status = fs_parallel(&full, fs_worker_count(&full, pieces / 16 + 1), pieces, 4, work, &job);
    fs_free(own);
    return status;
}

/* ---- one pole ----------------------------------------------------------------------------------------------------- */

typedef struct pole_job {
    const char *x;
    char *out;
    double coef, *state;
    int64_t n, x_pitch, out_pitch;
    int is_double;
} pole_job;

#define DEFINE_POLE(real)                                                                                                     \
    static real pole_##real(const real *x, real *out, int64_t n, real coef, real carried)                                     \
    {                                                                                                                         \
        for (int64_t i = 0; i < n; i++) {                                                                                     \
            out[i] = x[i] + carried;                                                                                          \
            carried = coef * out[i];                                                                                          \
        }                                                                                                                     \
        return carried;                                                                                                       \
    }
DEFINE_POLE(float)
DEFINE_POLE(double)

static fspec_status pole_rows(void *context, int worker, int64_t begin, int64_t end)
{
    enum { TURN = 1 << 20 }; /* samples between two looks at the cancel callback */
    const pole_job *job = context;
    (void)worker;
    for (int64_t row = begin; row < end; row++)
        for (int64_t i = 0; i < job->n && !fs_interrupted(); i += TURN) {
            const int64_t from = row * job->x_pitch + i, to = row * job->out_pitch + i;
            const int64_t n = job->n - i < TURN ? job->n - i : TURN;
            if (job->is_double)
                job->state[row] = pole_double((const double *)(const void *)job->x + from, (double *)(void *)job->out + to, n,
                                              job->coef, job->state[row]);
            else
                job->state[row] = (double)pole_float((const float *)(const void *)job->x + from, (float *)(void *)job->out + to,
                                                     n, (float)job->coef, (float)job->state[row]);
        }
    return FSPEC_OK;
}

fspec_status fspec_one_pole(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, double coef,
                            double *state, void *out, int64_t out_pitch, const fspec_call *call)
{
    fspec_call full;
    size_t room;
    const fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n_rows < 0 || n < 0)
        return FSPEC_BAD_ARGUMENT;
    if (n_rows == 0 || n == 0)
        return FSPEC_OK;
    if (!x || !out || !state || x_pitch < 0 || out_pitch < (n_rows > 1 ? n : 0))
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(n_rows, x_pitch, n, &room) || !fs_size((int64_t)room, sizeof(double), 0, &room)
        || !fs_size(n_rows, out_pitch, n, &room) || !fs_size((int64_t)room, sizeof(double), 0, &room))
        return FSPEC_TOO_LARGE;
    pole_job job = {x, out, coef, state, n, x_pitch, out_pitch, dtype == FSPEC_FLOAT64};
    return fs_parallel(&full, fs_worker_count(&full, n_rows), n_rows, 1, pole_rows, &job);
}
