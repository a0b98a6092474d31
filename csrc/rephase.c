/* The next phases of Griffin-Lim for arrays of any transform. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <string.h>

#include "parallel.h"
#include "simd.h"

enum { BLOCK = 512, BLOCKS_AT_A_TIME = 32 };

typedef struct update {
    const fs_kernels *kernels;
    const char *now, *before, *target;
    char *out;
    int64_t n;
    double k;
} update;

/* Unit phases of up to BLOCK values, times the target. */
static void block(const update *u, int64_t first, int64_t n, char *phases, char *values, const char *ones)
{
    const size_t size = 2 * u->kernels->real_size, at = (size_t)first * size, bytes = (size_t)n * size;
    u->kernels->rephase(phases, u->now + at, u->before ? u->before + at : NULL, ones, (size_t)n, u->k);
    memset(values, 0, BLOCK * size);
    memcpy(values, u->target + at, bytes);
    u->kernels->cqt_turn(values, 0, 1, phases, (size_t)n);
    memcpy(u->out + at, values, bytes);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const update *u = context;
    const int is_double = u->kernels->real_size == 8;
    _Alignas(64) char phases[BLOCK * 16], values[BLOCK * 16], ones[BLOCK * 8];
    (void)worker;
    memset(phases, 0, sizeof phases);
    for (int64_t i = 0; i < BLOCK; i++) {
        if (is_double)
            ((double *)(void *)ones)[i] = 1;
        else
            ((float *)(void *)ones)[i] = 1;
    }
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i * BLOCK, left = u->n - first;
        block(u, first, left < BLOCK ? left : BLOCK, phases, values, ones);
    }
    return FSPEC_OK;
}

fspec_status fspec_rephase(const void *now, const void *before, const void *target, void *out, int64_t n, fspec_dtype dtype,
                           double k, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_COMPLEX64 && dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    if (n < 0 || !isfinite(k) || (n > 0 && (!now || !target || !out)))
        return FSPEC_BAD_ARGUMENT;
    update u = {fs_kernels_for(dtype == FSPEC_COMPLEX128), now, before, target, out, n, k};
    const int64_t blocks = n / BLOCK + (n % BLOCK != 0);
    return fs_parallel(&full, fs_worker_count(&full, blocks / BLOCKS_AT_A_TIME + 1), blocks, BLOCKS_AT_A_TIME, work, &u);
}
