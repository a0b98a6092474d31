/* SPDX-License-Identifier: BSD-3-Clause */
#include "filterbank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "parallel.h"

static void extent(const double *row, int64_t n, int64_t *first, int64_t *length)
{
    int64_t begin = 0, end = n;
    while (begin < n && row[begin] == 0)
        begin++;
    while (end > begin && row[end - 1] == 0)
        end--;
    *first = begin < n ? begin : 0;
    *length = end - begin;
}

static int64_t dense_group(int64_t left)
{
    return left >= FS_DENSE_ROWS ? FS_DENSE_ROWS : left >= 4 ? 4 : 1;
}

/* The matrix in the order in which the product reads it. */
static fspec_status make_dense(const double *matrix, int is_double, fs_bands *bands)
{
    const int64_t n = bands->n_columns;
    size_t bytes;
    if (!fs_size(n, bands->n_rows, 0, &bytes) || !fs_size((int64_t)bytes, is_double ? 8 : 4, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(bands->dense = fs_alloc(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t first = 0, rows, at = 0; first < bands->n_rows; first += rows) {
        rows = dense_group(bands->n_rows - first);
        for (int64_t j = 0; j < n; j++) {
            for (int64_t i = first; i < first + rows; i++, at++) {
                if (is_double)
                    ((double *)bands->dense)[at] = matrix[i * n + j];
                else
                    ((float *)bands->dense)[at] = (float)matrix[i * n + j];
            }
        }
    }
    return FSPEC_OK;
}

/* The same for row i of a matrix, or of the identity where that is NULL. */
static void row_extent(const double *matrix, int64_t i, int64_t n_columns, int64_t *first, int64_t *length)
{
    *first = i;
    *length = 1;
    if (matrix)
        extent(matrix + i * n_columns, n_columns, first, length);
}

fspec_status fs_bands_create(const double *matrix, int64_t n_rows, int64_t n_columns, int is_double, fs_bands *bands)
{
    const size_t size = is_double ? 8 : 4;
    size_t index_bytes, weight_bytes;
    int64_t first, length, total = 0;
    *bands = (fs_bands){.n_rows = n_rows, .n_columns = n_columns};
    for (int64_t i = 0; i < n_rows; i++) {
        row_extent(matrix, i, n_columns, &first, &length);
        total += length;
    }
    if (n_rows >= 4 && total > n_rows * n_columns / 2)
        return make_dense(matrix, is_double, bands);
    if (!fs_size(n_rows, sizeof(int64_t), sizeof(int64_t), &index_bytes)
        || !fs_size(total, (int64_t)size, 4 * sizeof(double), &weight_bytes))
        return FSPEC_TOO_LARGE;
    bands->first = fs_alloc(index_bytes);
    bands->start = fs_alloc(index_bytes);
    bands->weights = fs_alloc(weight_bytes);
    if (!bands->first || !bands->start || !bands->weights) {
        fs_bands_free(bands);
        return FSPEC_NO_MEMORY;
    }
    bands->start[0] = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t at = bands->start[i];
        row_extent(matrix, i, n_columns, &first, &length);
        bands->first[i] = first;
        bands->start[i + 1] = at + length;
        for (int64_t j = 0; j < length; j++) {
            const double weight = matrix ? matrix[i * n_columns + first + j] : 1;
            if (is_double)
                ((double *)bands->weights)[at + j] = weight;
            else
                ((float *)bands->weights)[at + j] = (float)weight;
        }
    }
    return FSPEC_OK;
}

/* The most steps of four columns that a row of the group has. */
static int64_t quad_steps(const fs_bands *b, int64_t group)
{
    int64_t steps = 0;
    for (int64_t i = 4 * group; i < 4 * group + 4 && i < b->n_rows; i++)
        if (steps < (b->start[i + 1] - b->start[i] + 3) / 4)
            steps = (b->start[i + 1] - b->start[i] + 3) / 4;
    return steps;
}

/* Where a row's steps begin: at its first column, or so many fours before it that they end at most four columns behind the
 * last. -1 if there is no such place. */
static int64_t quad_first(const fs_bands *b, int64_t row, int64_t steps)
{
    int64_t first = row < b->n_rows ? b->first[row] : 0;
    while (first + 4 * steps > b->n_columns + 4)
        first -= 4;
    return first < 0 ? -1 : first;
}

static void write_quads(fs_bands *b, uint32_t *steps, uint32_t *first, void *weights, int is_double)
{
    int64_t at = 0;
    for (int64_t g = 0; 4 * g < b->n_rows; at += 16 * steps[g++]) {
        steps[g] = (uint32_t)quad_steps(b, g);
        for (int64_t i = 4 * g; i < 4 * g + 4; i++) {
            first[i] = (uint32_t)quad_first(b, i, steps[g]);
            for (int64_t j = 0; j < 4 * (int64_t)steps[g]; j++) {
                const int64_t to = at + j / 4 * 16 + i % 4 * 4 + j % 4;
                const int64_t from = i < b->n_rows ? (int64_t)first[i] + j - b->first[i] : -1;
                const int inside = from >= 0 && from < b->start[i + 1] - b->start[i];
                if (is_double)
                    ((double *)weights)[to] = inside ? ((const double *)b->weights)[b->start[i] + from] : -0.0;
                else
                    ((float *)weights)[to] = inside ? ((const float *)b->weights)[b->start[i] + from] : -0.0f;
            }
        }
    }
}

fspec_status fs_bands_pack(fs_bands *b, int is_double)
{
    const int64_t groups = (b->n_rows + 3) / 4;
    int64_t total = 0;
    if (b->dense || b->n_columns > INT32_MAX)
        return FSPEC_OK;
    for (int64_t g = 0; g < groups; g++) {
        const int64_t steps = quad_steps(b, g);
        total += 16 * steps;
        for (int64_t i = 4 * g; i < 4 * g + 4; i++)
            if (quad_first(b, i, steps) < 0)
                return FSPEC_OK;
    }
    if (total > 4 * b->start[b->n_rows] + 16 * groups)
        return FSPEC_OK;
    fs_arena arena = {0};
    for (;;) {
        void *weights = fs_take(&arena, total, is_double ? 8 : 4);
        uint32_t *steps = fs_take(&arena, groups, sizeof *steps), *first = fs_take(&arena, 4 * groups, sizeof *first);
        if (arena.base) {
            write_quads(b, steps, first, weights, is_double);
            b->quads = weights;
            b->quad_steps = steps;
            b->quad_first = first;
            return FSPEC_OK;
        }
        arena.base = arena.overflow ? NULL : fs_alloc(arena.used);
        if (!arena.base)
            return FSPEC_NO_MEMORY;
        arena.used = 0;
    }
}

void fs_bands_free(fs_bands *bands)
{
    fs_free(bands->quads);
    fs_free(bands->first);
    fs_free(bands->start);
    fs_free(bands->weights);
    fs_free(bands->dense);
    *bands = (fs_bands){0};
}

int fs_bands_equal(const fs_bands *a, const fs_bands *b, int is_double)
{
    const size_t size = is_double ? 8 : 4, n_rows = (size_t)a->n_rows;
    if (a->n_rows != b->n_rows || a->n_columns != b->n_columns || !a->dense != !b->dense)
        return 0;
    if (a->dense)
        return memcmp(a->dense, b->dense, n_rows * (size_t)a->n_columns * size) == 0;
    return memcmp(a->first, b->first, n_rows * sizeof *a->first) == 0
           && memcmp(a->start, b->start, (n_rows + 1) * sizeof *a->start) == 0
           && memcmp(a->weights, b->weights, (size_t)a->start[n_rows] * size) == 0;
}

/* Slaney's Auditory Toolbox: linear at 200/3 Hz per mel below 1 kHz, then 27 steps to each factor of 6.4. */
static const double slaney_step = 200.0 / 3.0, slaney_knee = 1000.0;

static double hz_to_mel(double f, int htk)
{
    if (htk)
        return 2595.0 * log10(1.0 + f / 700.0);
    if (f < slaney_knee)
        return f / slaney_step;
    return slaney_knee / slaney_step + log(f / slaney_knee) / (log(6.4) / 27.0);
}

static double mel_to_hz(double m, int htk)
{
    const double knee = slaney_knee / slaney_step;
    if (htk)
        return 700.0 * (pow(10.0, m / 2595.0) - 1.0);
    return m < knee ? slaney_step * m : slaney_knee * exp((log(6.4) / 27.0) * (m - knee));
}

static FS_OWN_FUNCTION fspec_status mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk,
                                                fspec_mel_norm norm, int single, double *weights)
{
    size_t bytes, all;
    if (!(sr > 0) || !isfinite(sr) || n_fft < 1 || n_mels < 1 || !(fmin >= 0) || !(fmax > fmin) || !isfinite(fmax) || !weights)
        return FSPEC_BAD_ARGUMENT;
    const int64_t n_bins = n_fft / 2 + 1;
    if (!fs_size(n_mels, sizeof(double), 2 * sizeof(double), &bytes) || !fs_size(n_bins, (int64_t)bytes, 0, &all))
        return FSPEC_TOO_LARGE;
    double *edge = fs_alloc(bytes);
    if (!edge)
        return FSPEC_NO_MEMORY;
    const double low = hz_to_mel(fmin, htk), high = hz_to_mel(fmax, htk), step = (high - low) / (double)(n_mels + 1);
    for (int64_t i = 0; i < n_mels + 2; i++)
        edge[i] = mel_to_hz(i == n_mels + 1 ? high : (double)i * step + low, htk);
    for (int64_t i = 0; i < n_mels; i++) {
        const double area = norm == FSPEC_MEL_NORM_SLANEY ? 2.0 / (edge[i + 2] - edge[i]) : 1.0;
        for (int64_t k = 0; k < n_bins; k++) {
            /* numpy.fft.rfftfreq's order of operations: the spacing is rounded first */
            const double f = (double)k * (1.0 / ((double)n_fft * (1.0 / sr)));
            const double rise = -(edge[i] - f) / (edge[i + 1] - edge[i]);
            const double fall = (edge[i + 2] - f) / (edge[i + 2] - edge[i + 1]);
            double w = rise < fall ? rise : fall;
            if (!(w > 0))
                w = 0;
            if (single)
                w = (double)(float)((double)(float)w * area);
            else
                w *= area;
            weights[i * n_bins + k] = w;
        }
    }
    fs_free(edge);
    return FSPEC_OK;
}

fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk, fspec_mel_norm norm,
                               int single, double *weights)
{
    const fs_fpenv env = fs_fpenv_enter();
    const fspec_status status = mel_filters(sr, n_fft, n_mels, fmin, fmax, htk, norm, single, weights);
    fs_fpenv_leave(env);
    return status;
}
