/* PCEN and filters along time: kernels against the definition in long double, tiers against each other; arrays in pieces, in any
 * layout, by any number of threads; refusals. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"
#include "tables.h"

#include "parallel.h"
#include "pcen.h"

enum { FRAMES = 40, BANDS = 37 };

static fspec_pcen_config random_config(rng *r)
{
    static const double powers[] = {0.5, 0, 0.3, 1, 2}, biases[] = {2, 0, 1e-3}, gains[] = {0.98, 0, 1.5};
    fspec_pcen_config c;
    fspec_pcen_config_init(&c);
    c.power = PICK(r, powers);
    c.bias = PICK(r, biases);
    c.gain = PICK(r, gains);
    c.eps = rng_int(r, 0, 1) ? 1e-6 : 0.1;
    c.b = rng_int(r, 0, 3) ? rng_uniform(r, 0, 1) : (double)rng_int(r, 0, 1);
    return c;
}

static long double value(const fspec_pcen_config *c, double x, long double s)
{
    const long double u = x * powl(c->eps + s, -(long double)c->gain), p = c->power;
    if (p == 0)
        return log1pl(u);
    return c->bias > 0 ? powl(c->bias, p) * expm1l(p * log1pl(u / c->bias)) : powl(u, p);
}

static void test_kernel(const table *t, const table *base)
{
    rng r = {51};
    for (int round = 0; round < 60; round++) {
        const fspec_pcen_config c = random_config(&r);
        const size_t n = (size_t)rng_int(&r, 1, BANDS), rows = (size_t)rng_int(&r, 1, FRAMES), pitch = n + (size_t)rng_int(&r, 0, 9);
        void *x = aligned(t, rows * pitch), *y = aligned(t, rows * pitch), *z = aligned(t, rows * pitch);
        double state[BANDS], other[BANDS];
        const double scale = pow(10, rng_uniform(&r, -8, 8));
        for (size_t i = 0; i < rows * pitch; i++)
            put(t, x, i, rng_int(&r, 0, 9) ? scale * pow(rng_uniform(&r, 0, 1), 6) : 0);
        memcpy(y, x, rows * pitch * t->k->real_size);
        memcpy(z, x, rows * pitch * t->k->real_size);
        const fs_fpenv env = fs_fpenv_enter();
        const fs_pcen_spec spec = fs_pcen_spec_of(&c);
        fs_pcen_begin(&spec, state, (int64_t)n);
        fs_pcen_begin(&spec, other, (int64_t)n);
        t->k->pcen(y, x, x, pitch, rows, n, state, &spec);
        if (base)
            base->k->pcen(z, z, z, pitch, rows, n, other, &spec);
        fs_fpenv_leave(env);
        for (size_t band = 0; band < pitch; band++) {
            long double s = 1;
            for (size_t row = 0; row < rows; row++) {
                const size_t i = row * pitch + band;
                const double at = get(t, x, i), got = get(t, y, i);
                s = (1 - (long double)c.b) * s + c.b * at;
                const long double want = band < n ? value(&c, at, s) : at;
                const long double bound = (t->dbl ? 1e-13L : 6e-8L) * fabsl(want) + (t->dbl ? 1e-290L : (long double)FLT_MIN);
                CHECK(fabsl(got - want) <= bound, "%s %d: %g of %g, not %Lg: gain %g bias %g power %g", t->name, t->dbl, got, at,
                      want, c.gain, c.bias, c.power);
                CHECK(!base || !t->fused || identical(t, y, i, z, i), "%s differs from avx2", t->name);
            }
            if (band < n)
                CHECK(fabsl(state[band] - (1 - (long double)c.b) * s) <= 1e-13L * fabsl(s) + 1e-300L, "%s: state", t->name);
        }
        free(x);
        free(y);
        free(z);
    }
}

/* What is no number, and what is below zero, as the functions of the definition have it. */
static void test_edges(const table *t, const table *base)
{
    const double x[] = {NAN, INFINITY, -0.5, -2, -3, 0, 1e-30, 1e30};
    enum { N = sizeof x / sizeof *x };
    fspec_pcen_config c;
    fspec_pcen_config_init(&c);
    c.b = 0; /* s = 1 */
    c.eps = 1;
    c.gain = 1;
    c.bias = 1;
    (void)base;
    for (int kind = 0; kind < 3; kind++) {
        void *in = aligned(t, N), *out = aligned(t, N);
        double state[N];
        c.power = kind == 0 ? 0.5 : kind == 1 ? 0.25 : 0;
        for (size_t i = 0; i < N; i++)
            put(t, in, i, x[i]);
        const fs_fpenv env = fs_fpenv_enter();
        const fs_pcen_spec spec = fs_pcen_spec_of(&c);
        fs_pcen_begin(&spec, state, N);
        t->k->pcen(out, in, in, N, 1, N, state, &spec);
        fs_fpenv_leave(env);
        for (size_t i = 0; i < N; i++) {
            const double at = get(t, in, i) / 2, want = kind == 2 ? log1p(at) : expm1(c.power * log1p(at)), got = get(t, out, i);
            /* 0 times infinity: the smoother takes it as it is. */
            CHECK(alike(got, want) || (isinf(at) ? !(fabs(got) < INFINITY) : fabs(got - want) <= 1e-6 * fabs(want)),
                  "%s %d: %g of %g, not %g", t->name, t->dbl, got, get(t, in, i), want);
        }
        free(in);
        free(out);
    }
}

static void test_filter(const table *t, const table *base)
{
    rng r = {52};
    for (int round = 0; round < 60; round++) {
        const size_t n = (size_t)rng_int(&r, 1, 150), taps = (size_t)rng_int(&r, 1, 12), step = (size_t)rng_int(&r, 0, 5);
        const size_t all = n + (taps - 1) * step;
        void *x = data(&r, t, PLAIN, all), *w = data(&r, t, PLAIN, taps), *y = data(&r, t, PLAIN, n + 1);
        const double guard = get(t, y, n);
        (void)base;
        const fs_fpenv env = fs_fpenv_enter();
        t->k->filter(y, x, step, n, w, taps);
        fs_fpenv_leave(env);
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t j = 0; j < taps; j++)
                sum = fused(t, get(t, w, j), get(t, x, i + j * step), sum);
            CHECK(alike(get(t, y, i), sum), "%s %d: %zu of %zu", t->name, t->dbl, i, n);
        }
        CHECK(get(t, y, n) == guard, "%s: written beyond the end", t->name);
        free(x);
        free(w);
        free(y);
    }
}

/* ---- arrays --------------------------------------------------------------------------------------------------------- */

static void test_arrays(rng *r)
{
    enum { ITEMS = 3 };
    for (int round = 0; round < 60 / CHECK_SLOWDOWN; round++) {
        const fspec_pcen_config c = random_config(r);
        const int64_t bands = rng_int(r, 1, BANDS), frames = rng_int(r, 1, 100), cut = rng_int(r, 0, frames);
        const fspec_dtype type = rng_int(r, 0, 1) ? FSPEC_FLOAT32 : FSPEC_FLOAT64;
        grid in[ITEMS], want[ITEMS], got[ITEMS];
        fspec_matrix x[ITEMS], y[ITEMS], z[ITEMS];
        fspec_call call;
        double state[ITEMS * BANDS], whole[ITEMS * BANDS];
        fspec_call_init(&call);
        call.n_threads = (int32_t)rng_int(r, 1, 4);
        for (int i = 0; i < ITEMS; i++) {
            in[i] = grid_make(bands, frames, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
            want[i] = grid_make(bands, frames, FSPEC_FLOAT64, BINS_CONTIGUOUS);
            got[i] = grid_make(bands, frames, FSPEC_FLOAT64, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
            for (int64_t b = 0; b < bands; b++) {
                state[i * bands + b] = whole[i * bands + b] = 1 - c.b;
                for (int64_t t = 0; t < frames; t++) {
                    const double v = rng_uniform(r, 0, 3);
                    if (type == FSPEC_FLOAT32)
                        *(float *)grid_at(&in[i], b, t) = (float)v;
                    else
                        *(double *)grid_at(&in[i], b, t) = v;
                }
            }
            x[i] = in[i].matrix;
            y[i] = want[i].matrix;
            z[i] = got[i].matrix;
        }
        CHECK_STATUS(fspec_pcen(&c, x, NULL, type, bands, frames, whole, y, FSPEC_FLOAT64, ITEMS, NULL), FSPEC_OK, "whole");
        for (int part = 0; part < 2; part++) {
            CHECK_STATUS(fspec_pcen(&c, x, x, type, bands, part ? frames - cut : cut, state, z, FSPEC_FLOAT64, ITEMS, &call),
                         FSPEC_OK, "part %d", part);
            for (int i = 0; i < ITEMS; i++) {
                x[i].data = (char *)x[i].data + cut * x[i].frame_stride;
                z[i].data = (char *)z[i].data + cut * z[i].frame_stride;
            }
        }
        CHECK(!memcmp(state, whole, (size_t)(ITEMS * bands) * sizeof *state), "states");
        for (int i = 0; i < ITEMS; i++) {
            CHECK(grid_equal(&want[i], &got[i]), "pieces differ from the whole");
            CHECK(grid_gaps_untouched(&got[i]), "written between the elements");
            grid_free(&in[i]);
            grid_free(&want[i]);
            grid_free(&got[i]);
        }
    }
}

static void test_refusals(void)
{
    double x[16] = {0}, y[16], taps[2] = {1, 2};
    const fspec_matrix in = {x, 8, 32}, out = {y, 8, 32}, none = {NULL, 8, 8}, huge = {x, INT64_MAX / 2, 8};
    fspec_pcen_config c;
    fspec_pcen_config_init(&c);
    const fspec_dtype f = FSPEC_FLOAT64;
    CHECK_STATUS(fspec_pcen(NULL, &in, NULL, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_OK, "defaults");
    CHECK_STATUS(fspec_pcen(&c, NULL, NULL, f, 0, 4, NULL, NULL, f, 1, NULL), FSPEC_OK, "nothing");
    CHECK_STATUS(fspec_pcen(&c, NULL, NULL, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_ARGUMENT, "x");
    CHECK_STATUS(fspec_pcen(&c, &none, NULL, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_ARGUMENT, "x");
    CHECK_STATUS(fspec_pcen(&c, &in, &none, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_ARGUMENT, "ref");
    CHECK_STATUS(fspec_pcen(&c, &in, NULL, f, -1, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_ARGUMENT, "bands");
    CHECK_STATUS(fspec_pcen(&c, &huge, NULL, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_TOO_LARGE, "stride");
    CHECK_STATUS(fspec_pcen(&c, &in, NULL, FSPEC_INT16, 4, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_pcen(&c, &in, NULL, f, 4, 4, NULL, &out, FSPEC_COMPLEX64, 1, NULL), FSPEC_BAD_DATA_TYPE, "out");
    c.b = 2;
    CHECK_STATUS(fspec_pcen(&c, &in, NULL, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_LOG, "b");
    c.size = 3;
    CHECK_STATUS(fspec_pcen(&c, &in, NULL, f, 4, 4, NULL, &out, f, 1, NULL), FSPEC_BAD_STRUCT, "size");
    CHECK_STATUS(fspec_filter_rows(x, 5, f, 2, 4, 1, taps, 2, y, 4, NULL), FSPEC_OK, "filter");
    CHECK_STATUS(fspec_filter_rows(x, 5, f, 0, 4, 1, taps, 2, NULL, 4, NULL), FSPEC_OK, "no rows");
    CHECK_STATUS(fspec_filter_rows(NULL, 5, f, 2, 4, 1, taps, 2, y, 4, NULL), FSPEC_BAD_ARGUMENT, "x");
    CHECK_STATUS(fspec_filter_rows(x, 5, f, 2, 4, 1, NULL, 2, y, 4, NULL), FSPEC_BAD_ARGUMENT, "taps");
    CHECK_STATUS(fspec_filter_rows(x, 5, f, 2, 4, -1, taps, 2, y, 4, NULL), FSPEC_BAD_ARGUMENT, "step");
    CHECK_STATUS(fspec_filter_rows(x, 5, f, 2, 4, 1, taps, 2, y, 3, NULL), FSPEC_BAD_ARGUMENT, "pitch");
    CHECK_STATUS(fspec_filter_rows(x, 5, FSPEC_INT16, 2, 4, 1, taps, 2, y, 4, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_filter_rows(x, INT64_MAX, f, 9, 4, 1, taps, 2, y, 4, NULL), FSPEC_TOO_LARGE, "size");
}

int main(void)
{
    rng r = {9};
    check_tier();
    each_table(test_kernel);
    each_table(test_edges);
    each_table(test_filter);
    test_arrays(&r);
    test_refusals();
    return check_done();
}
