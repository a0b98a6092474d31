/* Decibels to power. SPDX-License-Identifier: BSD-3-Clause */
#include <stdatomic.h>

#include "parallel.h"
#include "simd.h"

enum { PIECE = 4096 };

typedef struct decibel_job {
    const fs_kernels *kernels;
    const char *x;
    char *out;
    _Atomic int left_range;
} decibel_job;

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    decibel_job *job = context;
    const size_t at = (size_t)begin * job->kernels->real_size;
    (void)worker;
    if (job->kernels->decibels_to_power(job->out + at, job->x + at, (size_t)(end - begin)))
        atomic_store_explicit(&job->left_range, 1, memory_order_relaxed);
    return FSPEC_OK;
}

fspec_status fspec_db_to_power(const void *x, void *out, int64_t n, fspec_dtype dtype, const fspec_call *call, int *left_range)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n < 0 || (n > 0 && (!x || !out)))
        return FSPEC_BAD_ARGUMENT;
    decibel_job job = {.kernels = fs_kernels_for(dtype == FSPEC_FLOAT64), .x = x, .out = out};
    status = fs_parallel(&full, fs_worker_count(&full, n / (4 * PIECE) + 1), n, PIECE, work, &job);
    if (status == FSPEC_OK && left_range)
        *left_range = atomic_load(&job.left_range);
    return status;
}
