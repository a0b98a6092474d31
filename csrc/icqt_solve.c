/* The least-squares inverse of the constant-Q transform: CGLS (Hestenes and Stiefel 1952; Bjorck 1996, algorithm 7.4.1).
 * SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "icqt.h"
#include "pool.h"

enum { BLOCK = 1 << 15, SUMS = 16 };

/* ---- vectors ---------------------------------------------------------------------------------------------------------- */

typedef enum operation {
    SQUARE,  /* sum y^2 */
    ADD,     /* y += a x, then sum y^2 */
    COMBINE, /* y = x + a y */
} operation;

/* An operation on vectors of n values, for the threads that share its blocks; each block has its part of the sum, so that the
 * sum does not depend on them. */
typedef struct task {
    operation operation;
    int is_double;
    double a;
    const void *x;
    void *y;
    int64_t n;
    double *parts;
} task;

#define VECTOR_WORK(name, real) \
    static double name(operation op, real a, const real *x, real *y, int64_t n) \
    { \
        double sums[SUMS] = {0}, sum = 0; \
        int64_t i = 0; \
        if (op == COMBINE) { \
            for (; i < n; i++) \
                y[i] = x[i] + a * y[i]; \
            return 0; \
        } \
        for (int64_t j = 0; op == ADD && j < n; j++) \
            y[j] += a * x[j]; \
        for (; i + SUMS <= n; i += SUMS) \
            for (int k = 0; k < SUMS; k++) \
                sums[k] += (double)y[i + k] * (double)y[i + k]; \
        for (; i < n; i++) \
            sum += (double)y[i] * (double)y[i]; \
        for (int k = 0; k < SUMS; k++) \
            sum += sums[k]; \
        return sum; \
    }
VECTOR_WORK(on_floats, float)
VECTOR_WORK(on_doubles, double)

static fspec_status do_blocks(void *context, int worker, int64_t begin, int64_t end)
{
    const task *t = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i * BLOCK, n = t->n - first < BLOCK ? t->n - first : BLOCK;
        t->parts[i] = t->is_double ? on_doubles(t->operation, t->a, (const double *)t->x + first, (double *)t->y + first, n)
                                   : on_floats(t->operation, (float)t->a, (const float *)t->x + first, (float *)t->y + first,
                                                n);
    }
    return FSPEC_OK;
}

static int64_t blocks_of(int64_t n) { return (n + BLOCK - 1) / BLOCK; }

/* ---- one signal ------------------------------------------------------------------------------------------------------- */

typedef struct solver {
    const fspec_cqt *forward;
    const fspec_icqt *adjoint;
    const fspec_call *call;
    const fspec_matrix *in;
    const double *gains;
    int in_double, is_double;
    int64_t n_bins, n_frames, n_samples, n_values; /* n_values: real numbers of a matrix */
    char *residual, *image, *gradient, *direction; /* matrices frame by frame, and signals */
    double *parts;
} solver;

static fspec_status apply(const solver *s, operation op, double a, const void *x, void *y, int64_t n, double *sum)
{
    task t = {op, s->is_double, a, x, y, n, s->parts};
    const int64_t blocks = blocks_of(n);
    const fspec_status status = fs_parallel(s->call, fs_worker_count(s->call, blocks), blocks, 1, do_blocks, &t);
    double total = 0;
    for (int64_t i = 0; i < blocks; i++)
        total += s->parts[i];
    *sum = total;
    return status;
}

static fspec_status load_frames(void *context, int worker, int64_t begin, int64_t end)
{
    const solver *s = context;
    const int64_t size = s->is_double ? 8 : 4, part = s->in_double ? 8 : 4;
    (void)worker;
    for (int64_t t = begin; t < end; t++) {
        const char *from = (const char *)s->in->data + t * s->in->frame_stride;
        char *to = s->residual + 2 * t * s->n_bins * size;
        fs_copy_values(to, 2 * size, s->is_double, from, s->in->bin_stride, s->in_double, s->n_bins);
        fs_copy_values(to + size, 2 * size, s->is_double, from + part, s->in->bin_stride, s->in_double, s->n_bins);
        for (int64_t i = 0; s->gains && i < 2 * s->n_bins; i++) {
            if (s->is_double)
                ((double *)(void *)to)[i] *= s->gains[i / 2];
            else
                ((float *)(void *)to)[i] = (float)((double)((float *)(void *)to)[i] * s->gains[i / 2]);
        }
    }
    return FSPEC_OK;
}

static fspec_matrix matrix(const solver *s, char *data)
{
    const int64_t size = s->is_double ? 16 : 8;
    return (fspec_matrix){data, size, size * s->n_bins};
}

static fspec_signal signal(const solver *s, void *data)
{
    return (fspec_signal){data, s->n_samples, s->is_double ? 8 : 4, s->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0};
}

static fspec_dtype complex_type(const solver *s) { return s->is_double ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64; }

/* gradient = T*(residual), and its square */
static fspec_status transpose(const solver *s, double *square)
{
    const fspec_matrix from = matrix(s, s->residual);
    const fspec_signal to = signal(s, s->gradient);
    fspec_status status = fspec_icqt_exec(s->adjoint, &from, complex_type(s), s->n_frames, &to, 1, s->call);
    return status == FSPEC_OK ? apply(s, SQUARE, 0, NULL, s->gradient, s->n_samples, square) : status;
}

/* image = T(direction), and its square */
static fspec_status transform(const solver *s, double *square)
{
    const fspec_signal from = signal(s, s->direction);
    const fspec_matrix to = matrix(s, s->image);
    fspec_status status = fspec_cqt_exec(s->forward, &from, &to, 1, complex_type(s), s->call);
    return status == FSPEC_OK ? apply(s, SQUARE, 0, NULL, s->image, s->n_values, square) : status;
}

/* The damped problem adds rows `damping` y to the transform, which want to be zero: to the gradient they add -damping^2 y, and
 * to the image's square that of damping times the direction. */
static fspec_status damp(const solver *s, double square, const char *y, double *slope)
{
    return square > 0 ? apply(s, ADD, -square, y, s->gradient, s->n_samples, slope) : FSPEC_OK;
}

static fspec_status solve(solver *s, int64_t n_iter, double tol, double damping, char *y, double *residual,
                          int64_t *iterations)
{
    const size_t size = s->is_double ? 8 : 4;
    double target, error, slope, steep, curve, length = 0, none, square = 0;
    const int n_workers = fs_worker_count(s->call, s->n_frames / 256 + 1);
    fspec_status status = fs_parallel(s->call, n_workers, s->n_frames, 256, load_frames, s);
    memset(y, 0, (size_t)s->n_samples * size);
    if (status == FSPEC_OK)
        status = apply(s, SQUARE, 0, NULL, s->residual, s->n_values, &target);
    *iterations = 0;
    *residual = 0;
    if (status != FSPEC_OK || target == 0)
        return status;
    error = target;
    status = transpose(s, &slope);
    if (status == FSPEC_OK)
        memcpy(s->direction, s->gradient, (size_t)s->n_samples * size);
    const double still = tol * tol * slope / target;
    while (status == FSPEC_OK && *iterations < n_iter && error > tol * tol * target && slope > still * error) {
        status = transform(s, &curve);
        if (status == FSPEC_OK && damping > 0)
            status = apply(s, SQUARE, 0, NULL, s->direction, s->n_samples, &length);
        if (status != FSPEC_OK || curve == 0)
            break;
        if (*iterations == 0 && damping > 0)
            square = damping * damping * curve / length; /* of the first direction, the transform's gain is near its largest */
        const double step = slope / (curve + square * length);
        status = apply(s, ADD, step, s->direction, y, s->n_samples, &none);
        if (status == FSPEC_OK)
            status = apply(s, ADD, -step, s->image, s->residual, s->n_values, &error);
        if (status == FSPEC_OK)
            status = transpose(s, &steep);
        if (status == FSPEC_OK)
            status = damp(s, square, y, &steep);
        if (status == FSPEC_OK)
            status = apply(s, COMBINE, steep / slope, s->gradient, s->direction, s->n_samples, &none);
        slope = steep;
        ++*iterations;
    }
    *residual = sqrt(error / target);
    return status;
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

static fspec_status check(const fspec_cqt *forward, const fspec_icqt *adjoint, const fspec_matrix *in, fspec_dtype in_dtype,
                          int64_t n_frames, const double *gains, int64_t n_iter, double tol, double damping,
                          const fspec_signal *out, int64_t n)
{
    if (!forward || !adjoint || n < 0 || (n > 0 && (!in || !out)) || n_iter < 0 || !(tol >= 0) || !isfinite(tol)
        || !(damping >= 0) || !isfinite(damping)
        || adjoint->method != FSPEC_ICQT_ADJOINT || adjoint->n_bins != forward->n_bins || adjoint->hop != forward->hop
        || adjoint->is_double != forward->is_double || forward->output != FSPEC_CQT_COMPLEX)
        return FSPEC_BAD_ARGUMENT;
    if (in_dtype != FSPEC_COMPLEX64 && in_dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    for (int64_t i = 0; gains && i < forward->n_bins; i++)
        if (!isfinite(gains[i]))
            return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n; i++) {
        if (out[i].dtype != (forward->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32) || out[i].byte_swapped)
            return FSPEC_BAD_DATA_TYPE;
        if (!in[i].data || !out[i].data || out[i].n_samples != out[0].n_samples || out[i].n_samples < 1
            || out[i].n_samples > INT64_MAX / 64 || out[i].stride != (forward->is_double ? 8 : 4)
            || n_frames != fspec_cqt_n_frames(forward, out[i].n_samples))
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&in[i], forward->n_bins, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

static void lay_out(solver *s, fs_arena *arena)
{
    const size_t size = s->is_double ? 8 : 4;
    s->residual = fs_take(arena, s->n_values, size);
    s->image = fs_take(arena, s->n_values, size);
    s->gradient = fs_take(arena, s->n_samples, size);
    s->direction = fs_take(arena, s->n_samples, size);
    s->parts = fs_take(arena, blocks_of(s->n_values > s->n_samples ? s->n_values : s->n_samples), sizeof(double));
}

fspec_status fspec_icqt_solve(const fspec_cqt *forward, const fspec_icqt *adjoint, const fspec_matrix *in, fspec_dtype in_dtype,
                              int64_t n_frames, const double *gains, int64_t n_iter, double tol, double damping,
                              const fspec_signal *out, int64_t n_signals, const fspec_call *call, double *residuals,
                              int64_t *iterations)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check(forward, adjoint, in, in_dtype, n_frames, gains, n_iter, tol, damping, out, n_signals);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    full.scratch = NULL; /* what is given is for one transform's alone */
    solver s = {.forward = forward, .adjoint = adjoint, .call = &full, .gains = gains,
                .in_double = in_dtype == FSPEC_COMPLEX128, .is_double = forward->is_double, .n_bins = forward->n_bins,
                .n_frames = n_frames,
                .n_samples = out[0].n_samples};
    size_t values;
    if (!fs_size(n_frames, 2 * s.n_bins, 0, &values) || values > INT64_MAX / 64)
        return FSPEC_TOO_LARGE;
    s.n_values = (int64_t)values;
    fs_arena arena = {0};
    lay_out(&s, &arena);
    if (arena.overflow)
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    status = fs_take_scratch(arena.used, &scratch);
    if (status != FSPEC_OK)
        return status;
    arena = (fs_arena){.base = scratch.base};
    lay_out(&s, &arena);
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++) {
        double residual;
        int64_t done;
        s.in = &in[i];
        status = solve(&s, n_iter, tol, damping, (char *)(uintptr_t)out[i].data, &residual, &done);
        if (residuals && status == FSPEC_OK)
            residuals[i] = residual;
        if (iterations && status == FSPEC_OK)
            iterations[i] = done;
    }
    fs_call_release(&scratch);
    return status;
}
