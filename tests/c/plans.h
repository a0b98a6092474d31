/* Random front ends, signals and output arrays of every layout. SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLANS_H
#define PLANS_H

#include "check.h"

#define PICK(r, array) ((array)[rng_int((r), 0, (int64_t)(sizeof(array) / sizeof *(array)) - 1)])

/* ---- plans -------------------------------------------------------------------------------------------------------- */

typedef struct plan_case {
    fspec_frontend_config config;
    double *window, *bands, *dct; /* what the config points to */
} plan_case;

__attribute__((unused)) static int64_t plan_case_bins(const plan_case *c) { return c->config.n_fft / 2 + 1; }

__attribute__((unused)) static double *random_doubles(rng *r, int64_t n, double low, double high)
{
    double *x = check_malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++)
        x[i] = rng_uniform(r, low, high);
    return x;
}

/* Rows with one stretch of weights each, some of them empty or negative. */
__attribute__((unused)) static double *random_bands(rng *r, int64_t rows, int64_t columns)
{
    double *m = check_malloc((size_t)(rows * columns) * sizeof *m);
    memset(m, 0, (size_t)(rows * columns) * sizeof *m);
    for (int64_t i = 0; i < rows; i++) {
        const int64_t first = rng_int(r, 0, columns - 1), last = i % 7 == 3 ? first - 1 : rng_int(r, first, columns - 1);
        for (int64_t j = first; j <= last; j++)
            m[i * columns + j] = rng_uniform(r, i % 11 == 5 ? -0.2 : 0, 1);
    }
    return m;
}

/* Anything that a front end can be, for the given output; FFT sizes up to about `largest`. */
__attribute__((unused)) static void plan_case_make(rng *r, plan_case *c, fspec_output output, int64_t largest)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 25, 31, 32, 48, 64, 97, 100, 128, 160, 240, 255, 256, 257, 400};
    static const fspec_engine engines[] = {FSPEC_ENGINE_AUTO, FSPEC_ENGINE_LANES, FSPEC_ENGINE_FFTW};
    static const double powers[] = {2, 2, 1, 1, 0.5, 1.7, 3};
    fspec_frontend_config *g = &c->config;
    memset(c, 0, sizeof *c);
    fspec_frontend_config_init(g);
    g->output = output;
    g->precision = rng_int(r, 0, 2) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    g->engine = PICK(r, engines);
    do
        g->n_fft = PICK(r, sizes);
    while (g->n_fft > largest);
    g->hop_length = rng_int(r, 0, 3) ? rng_int(r, 1, g->n_fft) : rng_int(r, 1, 3 * g->n_fft);
    g->center = rng_int(r, 0, 3) > 0;
    g->pad_mode = (fspec_pad_mode)rng_int(r, 0, FSPEC_PAD_SYMMETRIC);
    g->librosa_tail = (int32_t)rng_int(r, 0, 1);
    g->input_scale = rng_int(r, 0, 1) ? 1.0 / 32768 : rng_uniform(r, 0.1, 2);
    g->power = PICK(r, powers);
    if (rng_int(r, 0, 2))
        g->window = c->window = random_doubles(r, g->n_fft, rng_int(r, 0, 1) ? 0.05 : -1, 1);
    if (output >= FSPEC_OUT_BANDS) {
        g->n_bands = rng_int(r, 1, 30);
        g->bands = c->bands = random_bands(r, g->n_bands, plan_case_bins(c));
        g->log = (fspec_log)rng_int(r, 0, FSPEC_LOG_LOG10);
        g->amin = rng_int(r, 0, 1) ? 1e-10 : pow(10, rng_uniform(r, -12, 0));
        g->ref = rng_int(r, 0, 1) ? 1 : pow(10, rng_uniform(r, -12, 2));
        if (rng_int(r, 0, 3) == 0)
            g->log_floor = rng_uniform(r, -20, 10);
        if (g->log != FSPEC_LOG_NONE && rng_int(r, 0, 1))
            g->top_db = rng_uniform(r, 0, 40);
        g->ref_max = g->log != FSPEC_LOG_NONE && output == FSPEC_OUT_BANDS && rng_int(r, 0, 2) == 0;
    }
    if (output == FSPEC_OUT_CEPSTRUM) {
        g->n_ceps = rng_int(r, 1, 20);
        g->dct = c->dct = random_doubles(r, g->n_ceps * g->n_bands, -1, 1);
    }
}

__attribute__((unused)) static void plan_case_free(plan_case *c)
{
    free(c->window);
    free(c->bands);
    free(c->dct);
}

__attribute__((unused)) static const char *plan_case_text(const plan_case *c)
{
    static char text[400];
    const fspec_frontend_config *g = &c->config;
    (void)snprintf(text, sizeof text,
                   "output %d, precision %d, engine %d, n_fft %d, hop %d, %s, center %d, pad %d, tail %d, power %g, %d bands, log %d, amin %g, ref %g, "
                   "ref_max %d, top_db %g, floor %g, %d ceps",
                   (int)g->output, (int)g->precision, (int)g->engine, (int)g->n_fft, (int)g->hop_length, g->window ? "window" : "hann", (int)g->center,
                   (int)g->pad_mode, (int)g->librosa_tail, g->power, (int)g->n_bands, (int)g->log, g->amin, g->ref, (int)g->ref_max,
                   g->top_db, g->log_floor, (int)g->n_ceps);
    return text;
}

/* ---- signals ------------------------------------------------------------------------------------------------------ */

typedef enum sample_layout { CONTIGUOUS, STRIDED, NEGATIVE, SWAPPED, MISALIGNED, SWAPPED_NEGATIVE, SAMPLE_LAYOUTS } sample_layout;

typedef struct samples {
    char *block;
    double *values; /* as doubles */
    fspec_signal signal;
} samples;

__attribute__((unused)) static void put_sample(char *p, fspec_dtype dtype, int swapped, double x)
{
    unsigned char bytes[8];
    size_t size = 8;
    if (dtype == FSPEC_FLOAT64) {
        memcpy(bytes, &x, 8);
    } else if (dtype == FSPEC_FLOAT32) {
        const float y = (float)x;
        memcpy(bytes, &y, size = 4);
    } else {
        const int16_t y = (int16_t)x;
        memcpy(bytes, &y, size = 2);
    }
    for (size_t i = 0; i < size; i++)
        p[i] = (char)bytes[swapped ? size - 1 - i : i];
}

/* Lays out values that the type holds exactly. The block ends with the last sample. */
__attribute__((unused)) static samples samples_of(const double *values, int64_t n, fspec_dtype dtype, sample_layout layout)
{
    const int64_t size = dtype == FSPEC_FLOAT64 ? 8 : dtype == FSPEC_FLOAT32 ? 4 : 2;
    const int64_t step = layout == STRIDED ? 3 * size : layout == MISALIGNED ? size + 1 : size;
    const int backwards = layout == NEGATIVE || layout == SWAPPED_NEGATIVE, swapped = layout == SWAPPED || layout == SWAPPED_NEGATIVE;
    samples s;
    s.values = memcpy(check_malloc((size_t)n * sizeof *values), values, (size_t)n * sizeof *values);
    s.block = check_malloc((size_t)(n > 0 ? (n - 1) * step + size : 0));
    char *first = s.block + (backwards && n > 0 ? (n - 1) * step : 0);
    const int64_t stride = backwards ? -step : step;
    for (int64_t i = 0; i < n; i++)
        put_sample(first + i * stride, dtype, swapped, values[i]);
    s.signal = (fspec_signal){first, n, stride, dtype, swapped};
    return s;
}

/* A tone and noise, at any level. */
__attribute__((unused)) static samples samples_make(rng *r, int64_t n, fspec_dtype dtype, sample_layout layout)
{
    double *x = check_malloc((size_t)n * sizeof *x);
    const double level = dtype == FSPEC_INT16 ? 30000 : pow(10, rng_uniform(r, -3, 3)), f = rng_uniform(r, 0, 3.14), noise = rng_uniform(r, 0, 0.3);
    for (int64_t i = 0; i < n; i++) {
        const double y = level * (sin(f * (double)i) + rng_uniform(r, -noise, noise)) / 1.4;
        x[i] = dtype == FSPEC_FLOAT32 ? (double)(float)y : dtype == FSPEC_INT16 ? (double)(int16_t)y : y;
    }
    samples s = samples_of(x, n, dtype, layout);
    free(x);
    return s;
}

__attribute__((unused)) static void samples_free(samples *s)
{
    free(s->block);
    free(s->values);
}

/* ---- spectral arrays ---------------------------------------------------------------------------------------------- */

typedef enum grid_layout { BINS_CONTIGUOUS, FRAMES_CONTIGUOUS, GAPS, BACKWARDS, GRID_LAYOUTS } grid_layout;

typedef struct grid {
    char *block;
    size_t bytes;
    int64_t rows, columns;
    fspec_dtype dtype;
    fspec_matrix matrix;
} grid;

__attribute__((unused)) static int64_t grid_size(fspec_dtype dtype)
{
    return dtype == FSPEC_FLOAT32 ? 4 : dtype == FSPEC_COMPLEX128 ? 16 : 8;
}

/* Filled with 0xa5. */
__attribute__((unused)) static grid grid_make(int64_t rows, int64_t columns, fspec_dtype dtype, grid_layout layout)
{
    const int64_t size = grid_size(dtype);
    int64_t bin = size, frame = size * rows;
    if (layout == FRAMES_CONTIGUOUS)
        bin = size * columns, frame = size;
    else if (layout == GAPS)
        bin = 2 * size, frame = size * (2 * rows + 3);
    else if (layout == BACKWARDS)
        bin = -size * (columns + 2), frame = -size;
    grid g = {NULL, 0, rows, columns, dtype, {NULL, bin, frame}};
    const int64_t reach_bin = (rows - 1) * llabs(bin), reach_frame = columns > 0 ? (columns - 1) * llabs(frame) : 0;
    g.bytes = columns > 0 ? (size_t)(reach_bin + reach_frame + size) : 0;
    g.block = memset(check_malloc(g.bytes), 0xa5, g.bytes + !g.bytes);
    g.matrix.data = g.block + (layout == BACKWARDS ? reach_bin + reach_frame : 0);
    return g;
}

__attribute__((unused)) static char *grid_at(const grid *g, int64_t row, int64_t column)
{
    return (char *)g->matrix.data + row * g->matrix.bin_stride + column * g->matrix.frame_stride;
}

/* The real (0) or imaginary (1) part. */
__attribute__((unused)) static double grid_get(const grid *g, int64_t row, int64_t column, int part)
{
    const void *p = grid_at(g, row, column);
    return g->dtype == FSPEC_FLOAT32 || g->dtype == FSPEC_COMPLEX64 ? (double)((const float *)p)[part] : ((const double *)p)[part];
}

__attribute__((unused)) static void grid_put(const grid *g, int64_t row, int64_t column, int part, double x)
{
    void *p = grid_at(g, row, column);
    if (g->dtype == FSPEC_FLOAT32 || g->dtype == FSPEC_COMPLEX64)
        ((float *)p)[part] = (float)x;
    else
        ((double *)p)[part] = x;
}

/* All elements as rows of frames, without gaps: for comparisons bit by bit. Freed by the caller. */
__attribute__((unused)) static char *grid_packed(const grid *g, size_t *bytes)
{
    const size_t size = (size_t)grid_size(g->dtype);
    *bytes = (size_t)(g->rows * g->columns) * size;
    char *packed = check_malloc(*bytes);
    for (int64_t t = 0; t < g->columns; t++)
        for (int64_t row = 0; row < g->rows; row++)
            memcpy(packed + (size_t)(t * g->rows + row) * size, grid_at(g, row, t), size);
    return packed;
}

__attribute__((unused)) static int grid_equal(const grid *a, const grid *b)
{
    const size_t size = (size_t)grid_size(a->dtype);
    if (a->rows != b->rows || a->columns != b->columns || a->dtype != b->dtype)
        return 0;
    for (int64_t t = 0; t < a->columns; t++)
        for (int64_t row = 0; row < a->rows; row++)
            if (memcmp(grid_at(a, row, t), grid_at(b, row, t), size))
                return 0;
    return 1;
}

__attribute__((unused)) static uint64_t grid_hash(uint64_t hash, const grid *g)
{
    size_t bytes;
    char *packed = grid_packed(g, &bytes);
    hash = check_hash(hash, packed, bytes);
    free(packed);
    return hash;
}

__attribute__((unused)) static int grid_untouched(const grid *g)
{
    for (size_t i = 0; i < g->bytes; i++)
        if ((unsigned char)g->block[i] != 0xa5)
            return 0;
    return 1;
}

/* Whether the gaps are untouched. Wipes the elements. */
__attribute__((unused)) static int grid_gaps_untouched(const grid *g)
{
    for (int64_t t = 0; t < g->columns; t++)
        for (int64_t row = 0; row < g->rows; row++)
            memset(grid_at(g, row, t), 0xa5, (size_t)grid_size(g->dtype));
    return grid_untouched(g);
}

__attribute__((unused)) static void grid_free(grid *g) { free(g->block); }

/* The type that a plan's output has, at its own precision or the other. */
__attribute__((unused)) static fspec_dtype out_type(const plan_case *c, int is_double)
{
    if (c->config.output == FSPEC_OUT_COMPLEX)
        return is_double ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
    return is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
}

#endif
