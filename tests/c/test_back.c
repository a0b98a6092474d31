/* Decibels to power, the phase vocoder, sums of squares of spectra, spectra for bands: kernels against the definition in long double,
 * tiers against each other; arrays in any layout by any number of threads; failing allocations; refusals.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"
#include "tables.h"

#include <stdatomic.h>

#include "parallel.h"

/* ---- kernels -------------------------------------------------------------------------------------------------------- */

static void test_decibels(const table *t, const table *base)
{
    rng r = {71};
    double worst = 0;
    for (int round = 0; round < 200; round++) {
        const size_t n = (size_t)rng_int(&r, 1, 70);
        const double most = rng_int(&r, 0, 1) ? 90 : t->dbl ? 3200 : 400;
        void *x = check_malloc(n * 8), *y = check_malloc(n * 8), *z = check_malloc(n * 8);
        int any = 0, other = 0;
        for (size_t i = 0; i < n; i++)
            put(t, x, i, rng_int(&r, 0, 20) ? rng_uniform(&r, -most, most) : datum(&r, t->dbl, BITS));
        const fs_fpenv env = fs_fpenv_enter();
        const int left = t->k->decibels_to_power(y, x, n);
        if (base)
            other = base->k->decibels_to_power(z, x, n);
        double tenth[70];
        for (size_t i = 0; i < n; i++)
            tenth[i] = mul(t->dbl, get(t, x, i), rounded(t->dbl, 0.1));
        fs_fpenv_leave(env);
        for (size_t i = 0; i < n; i++) {
            const double at = get(t, x, i), got = get(t, y, i);
            const long double want = powl(10, tenth[i]);
            const int normal = want >= tiny(t->dbl) && want <= (t->dbl ? DBL_MAX : (double)FLT_MAX);
            CHECK(!base || !t->fused || identical(t, y, i, z, i), "%s differs from avx2", t->name);
            if (isnan(at)) {
                CHECK(isnan(got), "%s: NaN", t->name);
            } else if (!isfinite(at)) {
                CHECK(got == (at > 0 ? INFINITY : 0), "%s: %g", t->name, at);
            } else if (normal) {
                worst = fmax(worst, ulps(t->dbl, got, want));
                CHECK(ulps(t->dbl, got, want) <= 2, "%s %d: %g dB: %g ulp", t->name, t->dbl, at, ulps(t->dbl, got, want));
            } else {
                any = 1;
                CHECK(got == 0 || got == INFINITY || fabs(got) <= 2 * tiny(t->dbl), "%s: %g of %g", t->name, got, at);
            }
        }
        CHECK(left == any, "%s: %d left the range, not %d", t->name, left, any);
        CHECK(!base || !t->fused || left == other, "%s: flag", t->name);
        free(x);
        free(y);
        free(z);
    }
    printf("    %s, %s: 10^x within %.2f ulp\n", t->name, t->dbl ? "double" : "float", worst);
}

static void test_vocode(const table *t, const table *base)
{
    rng r = {72};
    for (int round = 0; round < 200; round++) {
        const size_t n = (size_t)FS_MAX_LANES * (size_t)rng_int(&r, 1, 4);
        static const double sizes[] = {1, 1e3, 1e7, 1e12, 1e17};
        const double size = PICK(&r, sizes), weight = rng_uniform(&r, 0, 1);
        void *arrays[7], *out[2], *state[2];
        double advance[4 * FS_MAX_LANES];
        for (int i = 0; i < 4; i++) {
            arrays[i] = check_malloc(2 * n * 8);
            for (size_t k = 0; k < 2 * n; k++)
                put(t, arrays[i], k, i < 2 ? datum(&r, t->dbl, round % 3 ? PLAIN : WIDE) : rng_uniform(&r, -3.2, 3.2));
        }
        for (int i = 0; i < 2; i++) {
            out[i] = check_malloc(2 * n * 8);
            state[i] = check_malloc(n * 8);
        }
        for (size_t k = 0; k < n; k++) {
            advance[k] = rng_uniform(&r, 0, 1000);
            put(t, state[0], k, rng_uniform(&r, -size, size));
            put(t, state[1], k, get(t, state[0], k));
        }
        double before[4 * FS_MAX_LANES];
        for (size_t k = 0; k < n; k++)
            before[k] = get(t, state[0], k);
        const fs_vocoder_frame frame = {arrays[0], arrays[1], arrays[2], arrays[3]};
        const fs_fpenv env = fs_fpenv_enter();
        t->k->vocode(out[0], &frame, state[0], advance, n, weight);
        if (base)
            base->k->vocode(out[1], &frame, state[1], advance, n, weight);
        fs_fpenv_leave(env);
        for (size_t k = 0; k < n; k++) {
            const long double a = hypotl(get(t, arrays[0], 2 * k), get(t, arrays[0], 2 * k + 1));
            const long double b = hypotl(get(t, arrays[1], 2 * k), get(t, arrays[1], 2 * k + 1));
            const long double m = (1 - (long double)weight) * a + (long double)weight * b, phase = before[k];
            double forward = add(t->dbl, get(t, arrays[3], k), -get(t, arrays[2], k)) - advance[k];
            forward -= 2 * M_PI * nearbyint(forward / (2 * M_PI));
            forward += advance[k];
            CHECK(get(t, state[0], k) == rounded(t->dbl, before[k] + forward), "%s: phase", t->name);
            const long double bound = (t->dbl ? 1e-15L : 2e-7L) * m + tiny(t->dbl);
            CHECK(fabsl(get(t, out[0], 2 * k) - m * cosl(phase)) <= bound && fabsl(get(t, out[0], 2 * k + 1) - m * sinl(phase)) <= bound,
                  "%s %d: %g at %Lg: off by %Lg", t->name, t->dbl, (double)m, phase,
                  fabsl(get(t, out[0], 2 * k) - m * cosl(phase)) / m);
            for (size_t part = 0; base && t->fused && part < 2; part++)
                CHECK(identical(t, out[0], 2 * k + part, out[1], 2 * k + part), "%s differs from avx2", t->name);
        }
        for (int i = 0; i < 4; i++)
            free(arrays[i]);
        for (int i = 0; i < 2; i++) {
            free(out[i]);
            free(state[i]);
        }
    }
}

static void test_squares(const table *t, const table *base)
{
    enum { MOST = 70 };
    rng r = {73};
    for (int round = 0; round < 100; round++) {
        const size_t n = (size_t)rng_int(&r, 1, MOST);
        void *x = data(&r, t, PLAIN, n);
        double sums[FS_SQUARE_SUMS][2 * FS_SQUARE_SUMS] = {{0}}, sum = 0;
        const fs_fpenv env = fs_fpenv_enter();
        const double got = t->k->sum_squares(x, n), other = base ? base->k->sum_squares(x, n) : 0;
        /* One frame of several that lie side by side. */
        const size_t at = (size_t)rng_int(&r, 0, 16);
        for (size_t i = 0; i < n; i++) {
            void *row = aligned(t, 17);
            put(t, row, at, get(t, x, i));
            t->k->add_squares(sums[i % FS_SQUARE_SUMS], row, 17);
            free(row);
        }
        for (size_t i = 0; i < FS_SQUARE_SUMS; i++)
            sum += sums[i][at];
        fs_fpenv_leave(env);
        CHECK(got == sum, "%s: the ways differ: %g, %g", t->name, got, sum);
        CHECK(!base || !t->fused || got == other, "%s differs from avx2", t->name);
        free(x);
    }
}

/* Triangles, some of them without a bin: weights of `bands` x `bins`. */
static double *triangles(rng *r, int64_t bands, int64_t bins)
{
    double *w = check_malloc((size_t)(bands * bins) * sizeof *w), edge[64];
    double at = rng_uniform(r, 0, 3);
    for (int64_t i = 0; i < bands + 2; i++) {
        edge[i] = at;
        at += rng_uniform(r, 0.2, 2.2 * (double)bins / (double)bands);
    }
    for (int64_t i = 0; i < bands; i++)
        for (int64_t k = 0; k < bins; k++) {
            const double up = ((double)k - edge[i]) / (edge[i + 1] - edge[i]), down = (edge[i + 2] - (double)k) / (edge[i + 2] - edge[i + 1]);
            w[i * bins + k] = fmax(0, fmin(up, down)) * 3 / (double)(i + 1);
        }
    return w;
}

enum { BANDS = 7, BINS = 30, LANES = 8 };

/* Spectra of LANES frames by a table's kernels, its lanes beginning with frame `first`. */
static void solve(const table *t, const double *w, const double *m, size_t first, double *out)
{
    const size_t lanes = t->k->lanes;
    int64_t first_bin[BANDS + 1];
    double pairs[2 * BINS], *room = check_malloc(sizeof(double) * 10 * BANDS * LANES);
    fs_nearest s = {.n_bands = BANDS, .ridge = 1e-9, .enough = 1e-9};
    double **arrays[] = {&s.m, &s.z, &s.trial, &s.step, &s.rest, &s.main, &s.beside, &s.value, &s.length, &s.scale};
    for (size_t i = 0; i < 10; i++)
        memset(*arrays[i] = room + i * BANDS * LANES, 0, sizeof(double) * BANDS * LANES);
    /* Bins k with k * BANDS / BINS == i lie in band i and the next one. */
    for (int64_t i = 0; i <= BANDS; i++)
        first_bin[i] = (i * BINS + BANDS - 1) / BANDS;
    for (int64_t i = 0; i < 2 * BINS; i++)
        pairs[i] = w[i];
    for (size_t lane = 0; lane < lanes; lane++) {
        s.length[lane] = s.scale[lane] = 1;
        for (size_t i = 0; i < BANDS; i++)
            s.m[i * lanes + lane] = m[((first + lane) % LANES) * BANDS + i];
    }
    for (int step = 0; step < 12; step++)
        (void)t->k->nearest_step(&s, first_bin, pairs, step == 0);
    t->k->nearest_spectra(out, FS_MAX_LANES, &s, first_bin, pairs, 1.5);
    free(room);
}

static void test_nearest(const table *t, const table *base)
{
    rng r = {74};
    for (int round = 0; base && t->dbl && t->fused && round < 20; round++) {
        double *w = random_doubles(&r, 2 * BINS, 0, 1), *m = random_doubles(&r, LANES * BANDS, 0, 1);
        double got[BINS * FS_MAX_LANES], want[BINS * FS_MAX_LANES];
        const fs_fpenv env = fs_fpenv_enter();
        for (size_t first = 0; first < LANES; first += t->k->lanes) {
            solve(t, w, m, first, got);
            for (size_t lane = 0; lane < t->k->lanes; lane++) {
                solve(base, w, m, first + lane, want);
                for (size_t k = 0; k < BINS; k++)
                    CHECK(got[k * FS_MAX_LANES + lane] == want[k * FS_MAX_LANES], "%s differs from avx2", t->name);
            }
        }
        fs_fpenv_leave(env);
        free(w);
        free(m);
    }
}

/* Angles that need not be computed: many frames, and every kind of number, against the C library's. */
static void test_angles(const table *t, const table *base)
{
    enum { N = FS_MAX_LANES, FRAMES = 3000 };
    rng r = {75};
    long differ = 0;
    (void)base;
    for (int round = 0; round < 12 / CHECK_SLOWDOWN + 1; round++) {
        void *values[2], *angles[2], *state[2], *out[2];
        double advance[N];
        const kind kinds[] = {PLAIN, WIDE, BITS};
        const double size = pow(10, rng_uniform(&r, -2, 7));
        for (int i = 0; i < 2; i++) {
            values[i] = check_malloc(2 * N * 8);
            angles[i] = check_malloc(N * 8);
            state[i] = check_malloc(N * 8);
            out[i] = check_malloc(2 * N * 8);
        }
        for (size_t k = 0; k < N; k++) {
            advance[k] = rng_uniform(&r, 0, size);
            put(t, state[0], k, rng_uniform(&r, -3, 3));
            put(t, state[1], k, get(t, state[0], k));
        }
        for (int frame = 0; frame < FRAMES; frame++) {
            for (int i = 0; i < 2; i++)
                for (size_t k = 0; k < N; k++) {
                    const kind of = k ? kinds[round % 2] : kinds[2];
                    for (size_t part = 0; part < 2; part++) {
                        const double x = rng_int(&r, 0, 40) ? datum(&r, t->dbl, of) : rng_int(&r, 0, 1) ? 0.0 : -0.0;
                        put(t, values[i], 2 * k + part, isfinite(x) && fabs(x) >= tiny(t->dbl) ? x : copysign(0, x));
                    }
                    const double re = get(t, values[i], 2 * k), im = get(t, values[i], 2 * k + 1);
                    put(t, angles[i], k, t->dbl ? atan2(im, re) : (double)atan2f((float)im, (float)re));
                }
            const fs_vocoder_frame given = {values[0], values[1], angles[0], angles[1]}, none = {values[0], values[1], NULL, NULL};
            const fs_fpenv env = fs_fpenv_enter();
            t->k->vocode(out[0], &given, state[0], advance, N, 0.5);
            t->k->vocode(out[1], &none, state[1], advance, N, 0.5);
            fs_fpenv_leave(env);
            differ += memcmp(state[0], state[1], N * t->k->real_size) != 0 || memcmp(out[0], out[1], 2 * N * t->k->real_size) != 0;
        }
        for (int i = 0; i < 2; i++) {
            free(values[i]);
            free(angles[i]);
            free(state[i]);
            free(out[i]);
        }
    }
    CHECK(differ == 0, "%s %d: %ld frames differ", t->name, t->dbl, differ);
}

/* ---- arrays --------------------------------------------------------------------------------------------------------- */

static void fill(rng *r, const grid *g, double low, double high)
{
    const int parts = g->dtype == FSPEC_COMPLEX64 || g->dtype == FSPEC_COMPLEX128 ? 2 : 1;
    for (int64_t row = 0; row < g->rows; row++)
        for (int64_t t = 0; t < g->columns; t++)
            for (int part = 0; part < parts; part++)
                grid_put(g, row, t, part, rng_uniform(r, low, high));
}

static grid relaid(const grid *g, grid_layout layout)
{
    grid other = grid_make(g->rows, g->columns, g->dtype, layout);
    for (int64_t row = 0; row < g->rows; row++)
        for (int64_t t = 0; t < g->columns; t++)
            memcpy(grid_at(&other, row, t), grid_at(g, row, t), (size_t)grid_size(g->dtype));
    return other;
}

static void test_vocoder_arrays(rng *r)
{
    for (int round = 0; round < 40 / CHECK_SLOWDOWN + 1; round++) {
        const int is_double = (int)rng_int(r, 0, 1);
        const fspec_dtype type = is_double ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64, real = is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
        const int64_t bins = rng_int(r, 1, 200), frames = rng_int(r, 1, 50);
        static const double rates[] = {0.3, 0.7, 1, 1.9, 7.3, 40};
        const double rate = PICK(r, rates);
        const int64_t steps = (int64_t)ceil((double)frames / rate) + rng_int(r, 0, 2);
        double *advance = random_doubles(r, bins, 0, 100);
        grid in = grid_make(bins, frames, type, BINS_CONTIGUOUS), phases = grid_make(bins, frames, real, BINS_CONTIGUOUS);
        grid want = grid_make(bins, steps, type, BINS_CONTIGUOUS);
        fill(r, &in, -1, 1);
        fill(r, &phases, -3.2, 3.2);
        CHECK_STATUS(fspec_phase_vocoder(&in.matrix, &phases.matrix, type, bins, frames, advance, rate, &want.matrix, steps, 1, NULL),
                     FSPEC_OK, "whole");
        for (int layout = 0; layout < GRID_LAYOUTS; layout++) {
            grid x = relaid(&in, (grid_layout)layout), p = relaid(&phases, (grid_layout)((layout + round) % GRID_LAYOUTS));
            grid got[2] = {grid_make(bins, steps, type, (grid_layout)((layout + round / 4) % GRID_LAYOUTS)),
                           grid_make(bins, steps, type, BINS_CONTIGUOUS)};
            const fspec_matrix two[3][2] = {{x.matrix, in.matrix}, {p.matrix, phases.matrix}, {got[0].matrix, got[1].matrix}};
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = 1 + layout;
            CHECK_STATUS(fspec_phase_vocoder(two[0], two[1], type, bins, frames, advance, rate, two[2], steps, 2, &call), FSPEC_OK, "two");
            for (int i = 0; i < 2; i++) {
                CHECK(grid_equal(&want, &got[i]), "layout %d, %d threads differ", layout, layout + 1);
                CHECK(grid_gaps_untouched(&got[i]), "written between the elements");
                grid_free(&got[i]);
            }
            grid_free(&x);
            grid_free(&p);
        }
        /* One bin by itself. */
        const int64_t bin = rng_int(r, 0, bins - 1);
        const fspec_matrix one[2] = {{grid_at(&in, bin, 0), in.matrix.bin_stride, in.matrix.frame_stride},
                                     {grid_at(&phases, bin, 0), phases.matrix.bin_stride, phases.matrix.frame_stride}};
        grid alone = grid_make(1, steps, type, FRAMES_CONTIGUOUS);
        CHECK_STATUS(fspec_phase_vocoder(&one[0], &one[1], type, 1, frames, advance + bin, rate, &alone.matrix, steps, 1, NULL), FSPEC_OK,
                     "one bin");
        for (int64_t t = 0; t < steps; t++) {
            CHECK(!memcmp(grid_at(&alone, 0, t), grid_at(&want, bin, t), (size_t)grid_size(type)), "one bin differs");
            CHECK((double)t * rate < (double)frames || (grid_get(&want, bin, t, 0) == 0 && grid_get(&want, bin, t, 1) == 0), "no silence");
        }
        grid_free(&alone);
        grid_free(&in);
        grid_free(&phases);
        grid_free(&want);
        free(advance);
    }
}

static void test_rms_arrays(rng *r)
{
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_COMPLEX64, FSPEC_COMPLEX128};
    for (int round = 0; round < 40 / CHECK_SLOWDOWN + 4; round++) {
        const fspec_dtype type = types[round % 4];
        const int64_t n_fft = rng_int(r, 1, 90), bins = n_fft / 2 + 1, frames = rng_int(r, 1, 300);
        grid in = grid_make(bins, frames, type, BINS_CONTIGUOUS), want = grid_make(1, frames, FSPEC_FLOAT64, FRAMES_CONTIGUOUS);
        fill(r, &in, 0, 2);
        CHECK_STATUS(fspec_rms_spectra(&in.matrix, type, n_fft, frames, &want.matrix, FSPEC_FLOAT64, 1, NULL), FSPEC_OK, "whole");
        for (int64_t t = 0; t < frames; t++) {
            long double sum = 0;
            for (int64_t k = 0; k < bins; k++)
                for (int part = 0; part < (round % 4 > 1 ? 2 : 1); part++) {
                    const long double x = grid_get(&in, k, t, part);
                    sum += (k == 0 || 2 * k == n_fft ? 1 : 2) * x * x;
                }
            const double root = (double)(sqrtl(sum) / (long double)n_fft), got = *(const double *)(void *)grid_at(&want, 0, t);
            CHECK(fabs(got - root) <= 1e-14 * root, "n_fft %d: %g, not %g", (int)n_fft, got, root);
        }
        for (int layout = 0; layout < GRID_LAYOUTS; layout++) {
            grid x = relaid(&in, (grid_layout)layout), got = grid_make(1, frames, FSPEC_FLOAT64, (grid_layout)layout);
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = 1 + layout;
            CHECK_STATUS(fspec_rms_spectra(&x.matrix, type, n_fft, frames, &got.matrix, FSPEC_FLOAT64, 1, &call), FSPEC_OK, "rms");
            CHECK(grid_equal(&want, &got), "type %d, layout %d differs", (int)type, layout);
            CHECK(grid_gaps_untouched(&got), "written between the elements");
            grid_free(&x);
            grid_free(&got);
        }
        grid_free(&in);
        grid_free(&want);
    }
}

/* The conditions of Karush, Kuhn and Tucker: no bin can come nearer to the bands, but for the ridge and for what is enough. */
static void check_nearest(const double *w, int64_t bands, int64_t bins, const double *m, const double *x)
{
    double largest = 0, norm = 0, ridge = 0, rest[64];
    for (int64_t i = 0; i < bands; i++) {
        double square = 0;
        rest[i] = -m[i];
        largest = fmax(largest, fabs(m[i]));
        for (int64_t k = 0; k < bins; k++) {
            rest[i] += w[i * bins + k] * x[k];
            square += w[i * bins + k] * w[i * bins + k];
            norm = fmax(norm, w[i * bins + k]);
        }
        ridge = fmax(ridge, 1e-9 * square);
    }
    for (int64_t k = 0; k < bins; k++) {
        double slope = 0;
        for (int64_t i = 0; i < bands; i++)
            slope += w[i * bins + k] * rest[i];
        const double enough = 1e-7 * norm * largest;
        CHECK(x[k] >= 0 && slope >= -enough - 1.01 * ridge * x[k] && (x[k] == 0 || slope <= enough), "bin %d: %g, slope %g; %g, %g",
              (int)k, x[k], slope, enough, ridge);
    }
}

static void test_bands_arrays(rng *r)
{
    for (int round = 0; round < 40 / CHECK_SLOWDOWN + 1; round++) {
        const int64_t bands = rng_int(r, 1, 20), bins = rng_int(r, 1, 120), frames = rng_int(r, 1, 60);
        const fspec_dtype type = round % 2 ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
        double *w = triangles(r, bands, bins), m[64], x[128];
        grid in = grid_make(bands, frames, type, BINS_CONTIGUOUS), want = grid_make(bins, frames, type, FRAMES_CONTIGUOUS);
        fill(r, &in, round % 3 ? 0 : -0.2, 1);
        CHECK_STATUS(fspec_bands_inverse(w, bands, bins, 1, &in.matrix, type, frames, &want.matrix, 1, NULL), FSPEC_OK, "whole");
        for (int64_t t = 0; type == FSPEC_FLOAT64 && t < frames; t++) {
            for (int64_t i = 0; i < bands; i++)
                m[i] = grid_get(&in, i, t, 0);
            for (int64_t k = 0; k < bins; k++)
                x[k] = grid_get(&want, k, t, 0);
            check_nearest(w, bands, bins, m, x);
        }
        for (int layout = 0; layout < GRID_LAYOUTS; layout++) {
            grid from = relaid(&in, (grid_layout)layout), got = grid_make(bins, frames, type, (grid_layout)(GRID_LAYOUTS - 1 - layout));
            const int64_t cut = rng_int(r, 0, frames);
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = 1 + layout;
            for (int part = 0; part < 2; part++) {
                const fspec_matrix a = {grid_at(&from, 0, part ? cut : 0), from.matrix.bin_stride, from.matrix.frame_stride};
                const fspec_matrix b = {grid_at(&got, 0, part ? cut : 0), got.matrix.bin_stride, got.matrix.frame_stride};
                CHECK_STATUS(fspec_bands_inverse(w, bands, bins, 1, &a, type, part ? frames - cut : cut, &b, 1, &call), FSPEC_OK, "part");
            }
            CHECK(grid_equal(&want, &got), "layout %d differs", layout);
            CHECK(grid_gaps_untouched(&got), "written between the elements");
            grid_free(&from);
            grid_free(&got);
        }
        grid_free(&in);
        grid_free(&want);
        free(w);
    }
}

/* ---- refusals and memory -------------------------------------------------------------------------------------------- */

static void test_refusals(void)
{
    double x[64] = {0}, y[64], w[8] = {1, 0, 0, 1, 0, 1, 1, 0};
    const double three[] = {1, 1, 1}, backwards[] = {0, 1, 1, 0}, bad[] = {1, NAN};
    const fspec_matrix in = {x, 16, 64}, out = {y, 16, 64}, none = {NULL, 8, 8}, huge = {x, INT64_MAX / 2, 8};
    const fspec_dtype f = FSPEC_FLOAT64, c = FSPEC_COMPLEX128;
    const int64_t most = INT64_MAX;
    fspec_call call;
    fspec_call_init(&call);
    call.size = 3;
    CHECK_STATUS(fspec_db_to_power(x, y, 4, f, NULL, NULL), FSPEC_OK, "decibels");
    CHECK_STATUS(fspec_db_to_power(NULL, NULL, 0, f, NULL, NULL), FSPEC_OK, "nothing");
    CHECK_STATUS(fspec_db_to_power(NULL, y, 4, f, NULL, NULL), FSPEC_BAD_ARGUMENT, "x");
    CHECK_STATUS(fspec_db_to_power(x, y, -1, f, NULL, NULL), FSPEC_BAD_ARGUMENT, "n");
    CHECK_STATUS(fspec_db_to_power(x, y, 4, c, NULL, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_db_to_power(x, y, 4, f, &call, NULL), FSPEC_BAD_STRUCT, "call");

    CHECK_STATUS(fspec_phase_vocoder(&in, &in, c, 4, 2, w, 1, &out, 2, 1, NULL), FSPEC_OK, "vocoder");
    CHECK_STATUS(fspec_phase_vocoder(NULL, NULL, c, 4, 0, w, 1, NULL, 2, 1, NULL), FSPEC_OK, "nothing");
    CHECK_STATUS(fspec_phase_vocoder(NULL, &in, c, 4, 2, w, 1, &out, 2, 1, NULL), FSPEC_BAD_ARGUMENT, "spectra");
    CHECK_STATUS(fspec_phase_vocoder(&in, &none, c, 4, 2, w, 1, &out, 2, 1, NULL), FSPEC_BAD_ARGUMENT, "phases");
    CHECK_STATUS(fspec_phase_vocoder(&in, &in, c, 4, 2, NULL, 1, &out, 2, 1, NULL), FSPEC_BAD_ARGUMENT, "advance");
    CHECK_STATUS(fspec_phase_vocoder(&in, &in, c, 4, 2, w, 0, &out, 2, 1, NULL), FSPEC_BAD_ARGUMENT, "rate");
    CHECK_STATUS(fspec_phase_vocoder(&in, &in, c, 4, 2, w, NAN, &out, 2, 1, NULL), FSPEC_BAD_ARGUMENT, "rate");
    CHECK_STATUS(fspec_phase_vocoder(&in, &in, c, -4, 2, w, 1, &out, 2, 1, NULL), FSPEC_BAD_ARGUMENT, "bins");
    CHECK_STATUS(fspec_phase_vocoder(&in, &in, f, 4, 2, w, 1, &out, 2, 1, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_phase_vocoder(&huge, &in, c, 4, 2, w, 1, &out, 2, 1, NULL), FSPEC_TOO_LARGE, "stride");
    CHECK_STATUS(fspec_phase_vocoder(&in, &in, c, 4, 2, w, 1, &out, 2, 1, &call), FSPEC_BAD_STRUCT, "call");

    CHECK_STATUS(fspec_rms_spectra(&in, f, 6, 1, &out, f, 1, NULL), FSPEC_OK, "rms");
    CHECK_STATUS(fspec_rms_spectra(NULL, f, 6, 0, NULL, f, 1, NULL), FSPEC_OK, "nothing");
    CHECK_STATUS(fspec_rms_spectra(&none, f, 6, 1, &out, f, 1, NULL), FSPEC_BAD_ARGUMENT, "spectra");
    CHECK_STATUS(fspec_rms_spectra(&in, f, 0, 1, &out, f, 1, NULL), FSPEC_BAD_ARGUMENT, "n_fft");
    CHECK_STATUS(fspec_rms_spectra(&in, FSPEC_INT16, 6, 1, &out, f, 1, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_rms_spectra(&in, f, 6, 1, &out, c, 1, NULL), FSPEC_BAD_DATA_TYPE, "out_dtype");
    CHECK_STATUS(fspec_rms_spectra(&huge, f, 6, 1, &out, f, 1, NULL), FSPEC_TOO_LARGE, "stride");
    CHECK_STATUS(fspec_rms_spectra(&in, f, most, 1, &out, f, 1, NULL), FSPEC_TOO_LARGE, "n_fft");

    CHECK_STATUS(fspec_bands_inverse(w, 2, 2, 2, &in, f, 1, &out, 1, NULL), FSPEC_OK, "bands");
    CHECK_STATUS(fspec_bands_inverse(w, 2, 2, 2, NULL, f, 0, NULL, 1, NULL), FSPEC_OK, "nothing");
    CHECK_STATUS(fspec_bands_inverse(NULL, 2, 2, 2, &in, f, 1, &out, 1, NULL), FSPEC_BAD_ARGUMENT, "matrix");
    CHECK_STATUS(fspec_bands_inverse(w, 0, 2, 2, &in, f, 1, &out, 1, NULL), FSPEC_BAD_ARGUMENT, "bands");
    CHECK_STATUS(fspec_bands_inverse(w, 2, 2, 0, &in, f, 1, &out, 1, NULL), FSPEC_BAD_ARGUMENT, "power");
    CHECK_STATUS(fspec_bands_inverse(w, 2, 2, 2, &in, c, 1, &out, 1, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_bands_inverse(w, 2, 2, 2, &in, f, 1, &none, 1, NULL), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_bands_inverse(three, 3, 1, 2, &in, f, 1, &out, 1, NULL), FSPEC_BAD_BANDS, "three bands");
    CHECK_STATUS(fspec_bands_inverse(bad, 2, 1, 2, &in, f, 1, &out, 1, NULL), FSPEC_BAD_BANDS, "NaN");
    CHECK_STATUS(fspec_bands_inverse(backwards, 2, 2, 2, &in, f, 1, &out, 1, NULL), FSPEC_OK, "two bands in any order");
    const double apart[] = {0, 1, 0, 0, 1, 0};
    CHECK_STATUS(fspec_bands_inverse(apart, 3, 2, 2, &in, f, 1, &out, 1, NULL), FSPEC_BAD_BANDS, "bins that go down");
    CHECK_STATUS(fspec_bands_inverse(w, most / 2, most / 2, 2, &in, f, 1, &out, 1, NULL), FSPEC_TOO_LARGE, "size");
}

static _Atomic long live, made, fail_at;

static void *allocate(size_t bytes, void *user)
{
    (void)user;
    if (++made == fail_at)
        return NULL;
    live++;
    return malloc(bytes);
}

static void release(void *block, void *user)
{
    (void)user;
    live -= block != NULL;
    free(block);
}

static void test_memory(void)
{
    const fspec_allocator hook = {allocate, release, NULL};
    double x[64] = {0}, y[64], w[4] = {1, 0, 0, 1};
    const fspec_matrix in = {x, 16, 64}, out = {y, 16, 64};
    fspec_set_allocator(&hook);
    for (int kind = 0; kind < 3; kind++)
        for (long n = 1; n < 5; n++) {
            made = 0;
            fail_at = n;
            const fspec_status status = kind == 0   ? fspec_phase_vocoder(&in, &in, FSPEC_COMPLEX128, 4, 2, w, 1, &out, 2, 1, NULL)
                                        : kind == 1 ? fspec_rms_spectra(&in, FSPEC_FLOAT64, 6, 1, &out, FSPEC_FLOAT64, 1, NULL)
                                                    : fspec_bands_inverse(w, 2, 2, 2, &in, FSPEC_FLOAT64, 1, &out, 1, NULL);
            const int failed = made >= n;
            fail_at = 0;
            CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "kind %d: %s", kind, fspec_status_string(status));
            CHECK(live == 0, "kind %d: %ld blocks leaked", kind, live);
        }
    fspec_set_allocator(NULL);
}

int main(void)
{
    rng r = {11};
    check_tier();
    each_table(test_decibels);
    each_table(test_vocode);
    each_table(test_angles);
    each_table(test_squares);
    each_table(test_nearest);
    test_vocoder_arrays(&r);
    test_rms_arrays(&r);
    test_bands_arrays(&r);
    test_refusals();
    test_memory();
    return check_done();
}
