/* SPDX-License-Identifier: BSD-3-Clause */
#include "arrays.h"

#include <string.h>

size_t fs_element_size(fspec_dtype dtype)
{
    switch (dtype) {
    case FSPEC_FLOAT32: return 4;
    case FSPEC_FLOAT64:
    case FSPEC_COMPLEX64: return 8;
    case FSPEC_COMPLEX128: return 16;
    default: return 0;
    }
}

int fs_fits(const fspec_matrix *matrix, int64_t n_bins, int64_t n_frames)
{
    int64_t bins, frames, sum;
    return !__builtin_mul_overflow(n_bins, matrix->bin_stride, &bins)
           && !__builtin_mul_overflow(n_frames, matrix->frame_stride, &frames) && !__builtin_add_overflow(bins, frames, &sum);
}

void fs_copy_values(void *to_, int64_t to_step, int to_double, const void *from_, int64_t from_step, int from_double, int64_t n)
{
    char *to = to_;
    const char *from = from_;
    const int64_t size = to_double ? 8 : 4;
    if (to_double == from_double && to_step == size && from_step == size) {
        memcpy(to, from, (size_t)(n * size));
    } else if (to_double && from_double) {
        for (int64_t i = 0; i < n; i++)
            *(double *)(void *)(to + i * to_step) = *(const double *)(const void *)(from + i * from_step);
    } else if (to_double) {
        for (int64_t i = 0; i < n; i++)
            *(double *)(void *)(to + i * to_step) = (double)*(const float *)(const void *)(from + i * from_step);
    } else if (from_double) {
        for (int64_t i = 0; i < n; i++)
            *(float *)(void *)(to + i * to_step) = (float)*(const double *)(const void *)(from + i * from_step);
    } else {
        for (int64_t i = 0; i < n; i++)
            *(float *)(void *)(to + i * to_step) = *(const float *)(const void *)(from + i * from_step);
    }
}
