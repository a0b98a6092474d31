/* The kernels: one table for each SIMD tier and element type, picked once. SPDX-License-Identifier: BSD-3-Clause
 *
 * A lane block is [row][lane]: `lanes` values of one row (sample, bin, band) side by side, one frame per lane. Pointers to
 * blocks are 64-byte aligned; other pointers may have the alignment of their elements. Arrays of real numbers are void
 * pointers here, to float or double by the table; n counts elements. Every kernel gives lane i of a block, or element i of a
 * row, the same operations whatever its neighbours are. */
#ifndef FSPEC_SIMD_H
#define FSPEC_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "fastspec.h"

enum { FS_MAX_LANES = 16 };

/* A matrix of which each row is zero outside one stretch of columns: row i holds weights[start[i] .. start[i + 1]) from
 * column first[i] on. The weights are of the table's type. */
typedef struct fs_bands {
    int64_t n_rows, n_columns;
    int64_t *first, *start;
    void *weights;
} fs_bands;

typedef struct fs_log_spec {
    fspec_log kind;
    double amin, offset; /* offset is subtracted after the logarithm is scaled */
} fs_log_spec;

typedef struct fs_kernels {
    const char *tier;
    size_t lanes, real_size;
    /* out = a * b */
    void (*multiply)(void *out, const void *a, const void *b, size_t n);
    /* out[i] = |spectrum[i]|^p from n interleaved complex values; out and spectrum are padded to whole vectors */
    void (*power)(void *out, const void *spectrum, size_t n, double p);
    /* block[row][lane] = rows[lane * pitch + row], for n rows; rows are padded to whole vectors */
    void (*rows_to_lanes)(void *block, const void *rows, size_t pitch, size_t n);
    /* out[lane][row] = block[row][lane] for the first n_active lanes */
    void (*lanes_to_rows)(void *const *out, const void *block, size_t n, size_t n_active);
    /* block of bins -> block of bands */
    void (*project)(void *out, const void *block, const fs_bands *bands);
    /* The logarithm, in place, over a padded array */
    void (*compress)(void *x, size_t n, const fs_log_spec *spec);
    /* x[row][lane] = max(x[row][lane], floor[lane]) */
    void (*clip_lanes)(void *block, size_t n_rows, const void *floor);
    /* Smallest and largest value of each lane */
    void (*extremes)(const void *block, size_t n_rows, void *smallest, void *largest);
    /* out[i][lane] = sum over j of matrix[i * n_in + j] * block[j][lane] */
    void (*mix)(void *out, const void *block, const void *matrix, size_t n_out, size_t n_in);
    /* sum += a * b */
    void (*multiply_add)(void *sum, const void *a, const void *b, size_t n);
    /* out = divisor > smallest normal number ? x / divisor : x */
    void (*divide)(void *out, const void *x, const void *divisor, size_t n);
    /* The logarithm of an array of any length, and its largest value (as the table's type; -infinity for n = 0) */
    void (*compress_array)(void *out, const void *x, size_t n, const fs_log_spec *spec, double *largest);
    /* x = max(x - offset, floor) */
    void (*shift_clip)(void *x, size_t n, double offset, double floor);
    /* Griffin-Lim's phase update on n interleaved complex values: a = now - k * before (before may be NULL);
     * out = magnitude * a / (|a| + tiny) */
    void (*rephase)(void *out, const void *now, const void *before, const void *magnitude, size_t n, double k);
    /* 1 if all of x is finite */
    int (*all_finite)(const void *x, size_t n);
} fs_kernels;

/* The table in use for float (0) or double (1). */
const fs_kernels *fs_kernels_for(int is_double);

#endif
