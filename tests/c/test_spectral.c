/* Statistics of spectra and of frames: kernels against the definition in long double, tiers against each other; spectra and
 * signals by any number of threads; failing allocations; refusals. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"
#include "tables.h"

#include <stdatomic.h>

#include "parallel.h"

enum { MOST = 90 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double largest(double a, double b) { return a > b ? a : b; }

/* A block of magnitudes, and one lane of it. */
static void *magnitudes(rng *r, const table *t, size_t n)
{
    void *x = aligned(t, n * FS_MAX_LANES);
    for (size_t i = 0; i < n * t->k->lanes; i++)
        put(t, x, i, rng_int(r, 0, 9) ? pow(rng_uniform(r, 0, 1), 4) : 0);
    return x;
}

/* The same frames in the lanes of another table. */
static void *relaid(const table *from, const table *to, const void *x, size_t n, size_t first)
{
    void *y = aligned(to, n * FS_MAX_LANES);
    for (size_t k = 0; k < n; k++)
        for (size_t lane = 0; lane < to->k->lanes; lane++)
            put(to, y, k * to->k->lanes + lane, get(from, x, k * from->k->lanes + (first + lane) % from->k->lanes));
    return y;
}

static void test_block(const table *t, const table *base)
{
    rng r = {61};
    const size_t w = t->k->lanes;
    for (int round = 0; round < 40; round++) {
        const size_t n = (size_t)rng_int(&r, 1, MOST), count = (size_t)rng_int(&r, 1, (int64_t)(n < FS_TAIL ? n : FS_TAIL));
        const double p = rng_int(&r, 0, 1) ? 2 : 1.5, least = 1e-10, share = 0.85;
        void *x = magnitudes(&r, t, n);
        double *weights = random_doubles(&r, (int64_t)(2 * n), -1, 1), *f = random_doubles(&r, (int64_t)n, 0, 100), column[MOST];
        double sums[2 * FS_MAX_LANES], far[FS_MAX_LANES], below[FS_MAX_LANES], geometric[FS_MAX_LANES], arithmetic[FS_MAX_LANES];
        double low[FS_MAX_LANES], high[FS_MAX_LANES], middle[FS_MAX_LANES], other[2 * FS_MAX_LANES], more[FS_MAX_LANES];
        for (size_t lane = 0; lane < FS_MAX_LANES; lane++)
            middle[lane] = 30;
        const fs_fpenv env = fs_fpenv_enter();
        t->k->bin_sums(sums, x, n, weights, 2);
        t->k->bin_deviations(far, x, n, f, middle, p);
        t->k->bins_below(below, x, n, share);
        t->k->bin_means(geometric, arithmetic, x, n, least);
        t->k->bin_tails(low, high, x, n, count);
        for (size_t first = 0; base && t->fused && first < w; first += base->k->lanes) {
            void *y = relaid(t, base, x, n, first);
            const size_t both = w < base->k->lanes ? w : base->k->lanes;
            base->k->bin_sums(other, y, n, weights, 2);
            for (size_t i = 0; i < both; i++)
                CHECK(other[i] == sums[first + i] && other[base->k->lanes + i] == sums[w + first + i], "%s: sums", t->name);
            base->k->bin_deviations(other, y, n, f, middle, p);
            CHECK(!memcmp(other, far + first, both * 8), "%s: deviations", t->name);
            base->k->bins_below(other, y, n, share);
            CHECK(!memcmp(other, below + first, both * 8), "%s: below", t->name);
            base->k->bin_means(other, more, y, n, least);
            CHECK(!memcmp(other, geometric + first, both * 8) && !memcmp(more, arithmetic + first, both * 8), "%s: means", t->name);
            base->k->bin_tails(other, more, y, n, count);
            CHECK(!memcmp(other, low + first, both * 8) && !memcmp(more, high + first, both * 8), "%s: tails", t->name);
            free(y);
        }
        fs_fpenv_leave(env);
        for (size_t lane = 0; lane < w; lane++) {
            long double a = 0, b = 0, d = 0, logs = 0, mean = 0, s = 0, l = 0;
            double total = 0, running = 0, under = 0;
            for (size_t k = 0; k < n; k++) {
                const double v = column[k] = get(t, x, k * w + lane);
                a += (long double)weights[k] * v;
                b += (long double)weights[n + k] * v;
                d += powl(fabsl((long double)f[k] - 30), p) * v;
                logs += logl(largest(v, least));
                mean += largest(v, least);
                total = add(t->dbl, total, v);
            }
            for (size_t k = 0; k < n; k++) {
                running = add(t->dbl, running, column[k]);
                under += running < mul(t->dbl, rounded(t->dbl, share), total);
            }
            qsort(column, n, sizeof *column, by_value);
            for (size_t k = 0; k < count; k++) {
                s += column[k];
                l += column[n - 1 - k];
            }
            CHECK(fabsl(sums[lane] - a) < 1e-13L * (long double)n && fabsl(sums[w + lane] - b) < 1e-13L * (long double)n, "%s: sums", t->name);
            CHECK(fabsl(far[lane] - d) <= 1e-12L * d + 1e-290L, "%s: %g, not %Lg", t->name, far[lane], d);
            CHECK(below[lane] == under, "%s %d: %g below, not %g", t->name, t->dbl, below[lane], under);
            CHECK(fabsl(geometric[lane] / expl(logs / (long double)n) - 1) < 1e-13L, "%s: geometric mean", t->name);
            CHECK(fabsl(arithmetic[lane] * (long double)n / mean - 1) < 1e-13L, "%s: arithmetic mean", t->name);
            CHECK(fabsl(low[lane] - s) <= 1e-14L * s && fabsl(high[lane] - l) <= 1e-14L * l, "%s: tails", t->name);
        }
        free(x);
        free(weights);
        free(f);
    }
}

static void test_samples(const table *t, const table *base)
{
    rng r = {62};
    for (int round = 0; round < 80; round++) {
        const size_t n = (size_t)rng_int(&r, 0, MOST);
        const double threshold = rng_int(&r, 0, 1) ? 0.3 : 0;
        const int zero_pos = (int)rng_int(&r, 0, 1);
        void *x = data(&r, t, PLAIN, n + 1);
        long double sum = 0;
        size_t count = 0;
        for (size_t i = 0; i <= n; i++)
            if (rng_int(&r, 0, 5) == 0)
                put(t, x, i, rng_int(&r, 0, 1) ? 0.0 : -0.0);
        for (size_t i = 0; i < n; i++) {
            const double limit = rounded(t->dbl, threshold);
            double a = get(t, x, i), b = get(t, x, i + 1);
            sum += (long double)a * a;
            a = fabs(a) <= limit ? 0 : a;
            b = fabs(b) <= limit ? 0 : b;
            count += zero_pos ? (a < 0) != (b < 0) : (a > 0) - (a < 0) != (b > 0) - (b < 0);
        }
        const double got = t->k->sum_squares(x, n);
        CHECK(fabsl(got - sum) <= 1e-14L * sum, "%s: %g, not %Lg", t->name, got, sum);
        CHECK(!base || !t->fused || got == base->k->sum_squares(x, n), "%s differs from avx2", t->name);
        CHECK(t->k->crossings(x, n, threshold, zero_pos) == count, "%s %d: crossings", t->name, t->dbl);
        free(x);
    }
}

/* ---- calls ---------------------------------------------------------------------------------------------------------- */

enum { BINS = 33, FRAMES = 70, BANDS = 2 };

static const int64_t begins[BANDS] = {0, 9}, ends[BANDS] = {9, BINS}, counts[BANDS] = {2, 20};

static fspec_spectral_config config_of(fspec_spectral_kind kind, fspec_precision precision, const double *values)
{
    fspec_spectral_config c;
    fspec_spectral_config_init(&c);
    c.kind = kind;
    c.precision = precision;
    c.n_bins = BINS;
    c.frequencies = values;
    c.n_rows = kind == FSPEC_SPECTRAL_RMS ? 1 : BANDS;
    c.band_begin = begins;
    c.band_end = ends;
    c.band_count = counts;
    c.weights = values;
    c.square = kind == FSPEC_SPECTRAL_FLATNESS;
    return c;
}

/* Any number of threads, any cut of the frames, in any layout; and a signal's spectra as given and on the fly. */
static void test_calls(rng *r)
{
    fspec_frontend_config fc;
    fspec_frontend *plan = NULL;
    double values[BANDS * BINS], y[600];
    for (int i = 0; i < BANDS * BINS; i++)
        values[i] = i;
    for (int i = 0; i < 600; i++)
        y[i] = rng_uniform(r, -1, 1);
    fspec_frontend_config_init(&fc);
    fc.output = FSPEC_OUT_SPECTRUM;
    fc.precision = FSPEC_DOUBLE;
    fc.n_fft = 2 * (BINS - 1);
    fc.hop_length = 9;
    fc.power = 1;
    REQUIRE(fspec_frontend_create(&fc, &plan) == FSPEC_OK, "plan");
    const fspec_signal signal = {y, 600, 8, FSPEC_FLOAT64, 0};
    const int64_t frames = fspec_frontend_n_frames(plan, 600);
    REQUIRE(frames < FRAMES, "frames");
    for (int kind = 0; kind <= FSPEC_SPECTRAL_RMS; kind++) {
        const fspec_spectral_config c = config_of((fspec_spectral_kind)kind, FSPEC_DOUBLE, values);
        fspec_spectral *s = NULL;
        REQUIRE(fspec_spectral_create(&c, &s) == FSPEC_OK, "kind %d", kind);
        const int64_t rows = fspec_spectral_n_rows(s);
        grid spectra = grid_make(BINS, frames, FSPEC_FLOAT64, BINS_CONTIGUOUS);
        grid want = grid_make(rows, frames, FSPEC_FLOAT64, BINS_CONTIGUOUS);
        fspec_call call;
        fspec_call_init(&call);
        REQUIRE(fspec_frontend_exec(plan, &signal, &spectra.matrix, 1, FSPEC_FLOAT64, NULL) == FSPEC_OK, "spectra");
        REQUIRE(fspec_spectral_exec(s, plan, &signal, NULL, &want.matrix, 1, FSPEC_FLOAT64, NULL) == FSPEC_OK, "kind %d", kind);
        for (int layout = 0; layout < GRID_LAYOUTS; layout++) {
            grid other = grid_make(BINS, frames, FSPEC_FLOAT64, (grid_layout)layout);
            grid got = grid_make(rows, frames, FSPEC_FLOAT64, (grid_layout)(GRID_LAYOUTS - 1 - layout));
            const int64_t cut = rng_int(r, 0, frames);
            for (int64_t row = 0; row < BINS; row++)
                for (int64_t t = 0; t < frames; t++)
                    memcpy(grid_at(&other, row, t), grid_at(&spectra, row, t), 8);
            call.n_threads = 1 + layout;
            for (int part = 0; part < 2; part++) {
                fspec_matrix in = other.matrix, out = got.matrix;
                if (part) {
                    in.data = (char *)in.data + cut * in.frame_stride;
                    out.data = (char *)out.data + cut * out.frame_stride;
                }
                CHECK_STATUS(fspec_spectral_exec_spectra(s, &in, part ? frames - cut : cut, NULL, &out, 1, FSPEC_FLOAT64, &call),
                             FSPEC_OK, "kind %d", kind);
            }
            CHECK(grid_equal(&want, &got), "kind %d: spectra and signal differ", kind);
            CHECK(grid_gaps_untouched(&got), "kind %d: written between the elements", kind);
            CHECK_STATUS(fspec_spectral_exec(s, plan, &signal, NULL, &got.matrix, 1, FSPEC_FLOAT64, &call), FSPEC_OK, "kind %d", kind);
            CHECK(grid_equal(&want, &got), "kind %d: %d threads differ from one", kind, layout + 1);
            grid_free(&other);
            grid_free(&got);
        }
        grid_free(&spectra);
        grid_free(&want);
        fspec_spectral_free(s);
    }
    fspec_frontend_free(plan);
}

/* Frames one by one, from the definition. */
static void test_frames(rng *r)
{
    double y[900], out[900];
    for (int i = 0; i < 900; i++)
        y[i] = rng_uniform(r, -1, 1);
    for (int round = 0; round < 100; round++) {
        fspec_frames_config c;
        fspec_call call;
        fspec_call_init(&call);
        fspec_frames_config_init(&c);
        c.frame_length = rng_int(r, 1, 90);
        c.hop_length = rng_int(r, 1, 99);
        c.crossings = (int32_t)rng_int(r, 0, 1);
        call.n_threads = (int32_t)rng_int(r, 1, 3);
        const int64_t n = rng_int(r, c.frame_length, 900), frames = fspec_frames_count(&c, n);
        const fspec_signal signal = {y, n, 8, FSPEC_FLOAT64, 0};
        const fspec_matrix to = {out, 8, 8};
        CHECK(frames == 1 + (n - c.frame_length) / c.hop_length, "%d frames", (int)frames);
        CHECK_STATUS(fspec_frames_exec(&c, &signal, &to, 1, FSPEC_FLOAT64, &call), FSPEC_OK, "frames");
        for (int64_t t = 0; t < frames; t++) {
            const double *x = y + t * c.hop_length;
            double sum = 0;
            for (int64_t i = 0; i < c.frame_length; i++)
                sum += !c.crossings ? x[i] * x[i] : i > 0 && (x[i] < 0) != (x[i - 1] < 0);
            const double want = c.crossings ? sum / (double)c.frame_length : sqrt(sum / (double)c.frame_length);
            CHECK(fabs(out[t] - want) <= 1e-14 * (c.crossings ? 0 : 1), "frame %d of %d: %g, not %g", (int)t, (int)frames, out[t], want);
        }
    }
}

/* ---- refusals and memory -------------------------------------------------------------------------------------------- */

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

#define BAD(kind_, change, expected) \
    do { \
        fspec_spectral_config c = config_of(kind_, FSPEC_SINGLE, values); \
        fspec_spectral *s = NULL; \
        change; \
        CHECK_STATUS(fspec_spectral_create(&c, &s), expected, "%s", #change); \
        CHECK(!s, "%s: the pointer was written", #change); \
    } while (0)

static void test_refusals(void)
{
    double values[BANDS * BINS] = {0}, not_finite[BANDS * BINS] = {NAN}, y[64] = {0}, out[64];
    const int64_t far[BANDS] = {9, BINS + 1}, none[BANDS] = {0, 1};
    const fspec_matrix to = {out, 8, 8}, nowhere = {NULL, 8, 8};
    const fspec_signal signal = {y, 64, 8, FSPEC_FLOAT64, 0};
    fspec_frames_config f;
    BAD(FSPEC_SPECTRAL_CENTROID, c.n_bins = 0, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_CENTROID, c.n_bins = INT64_MAX, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_CENTROID, c.frequencies = NULL, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_CENTROID, c.frequencies = not_finite, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_CENTROID, c.precision = (fspec_precision)0, FSPEC_BAD_PRECISION);
    BAD(FSPEC_SPECTRAL_CENTROID, c.size = 5, FSPEC_BAD_STRUCT);
    BAD((fspec_spectral_kind)7, (void)c, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_BANDWIDTH, c.p = 0, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_ROLLOFF, c.share = 1, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_FLATNESS, c.amin = 0, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_TAILS, c.n_rows = 0, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_TAILS, c.band_end = far, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_TAILS, c.band_count = none, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_TAILS, c.band_begin = NULL, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_SUMS, c.weights = NULL, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_SUMS, c.weights = not_finite, FSPEC_BAD_ARGUMENT);
    BAD(FSPEC_SPECTRAL_SUMS, c.n_rows = INT64_MAX, FSPEC_TOO_LARGE);
    BAD(FSPEC_SPECTRAL_RMS, c.n_rows = 2, FSPEC_BAD_ARGUMENT);
    fspec_frames_config_init(&f);
    f.frame_length = 16;
    CHECK_STATUS(fspec_frames_exec(NULL, &signal, &to, 1, FSPEC_FLOAT64, NULL), FSPEC_TOO_SHORT, "defaults");
    CHECK_STATUS(fspec_frames_exec(&f, &signal, &nowhere, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_frames_exec(&f, &signal, &to, 1, FSPEC_INT16, NULL), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(fspec_frames_exec(&f, NULL, &to, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "signals");
    CHECK_STATUS(fspec_frames_exec(&f, NULL, NULL, 0, FSPEC_FLOAT64, NULL), FSPEC_OK, "nothing");
    f.threshold = NAN;
    CHECK_STATUS(fspec_frames_exec(&f, &signal, &to, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "threshold");
    f.pad_mode = (fspec_pad_mode)9;
    CHECK_STATUS(fspec_frames_exec(&f, &signal, &to, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_PAD_MODE, "pad_mode");
    f.frame_length = 0;
    CHECK_STATUS(fspec_frames_exec(&f, &signal, &to, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_FRAMES, "frame_length");
    f.hop_length = 0;
    CHECK_STATUS(fspec_frames_exec(&f, &signal, &to, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_HOP_LENGTH, "hop_length");
    CHECK(fspec_frames_count(&f, 99) == 0, "count of a bad configuration");
}

static void test_memory(void)
{
    const fspec_allocator hook = {allocate, release, NULL};
    double values[BANDS * BINS] = {0}, x[BINS * 4] = {0}, out[16 * BANDS];
    fspec_set_allocator(&hook);
    for (int kind = 0; kind <= FSPEC_SPECTRAL_RMS; kind++)
        for (long n = 1; n < 20; n++) {
            const fspec_spectral_config c = config_of((fspec_spectral_kind)kind, FSPEC_DOUBLE, values);
            const fspec_matrix in = {x, 32, 8}, to = {out, 32, 8};
            fspec_spectral *s = NULL;
            made = 0;
            fail_at = n;
            fspec_status status = fspec_spectral_create(&c, &s);
            if (status == FSPEC_OK)
                status = fspec_spectral_exec_spectra(s, &in, 4, NULL, &to, 1, FSPEC_FLOAT64, NULL);
            const int failed = made >= n;
            fail_at = 0;
            fspec_spectral_free(s);
            CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "kind %d: %s", kind, fspec_status_string(status));
            CHECK(live == 0, "kind %d: %ld blocks leaked", kind, live);
        }
    fspec_set_allocator(NULL);
}

int main(void)
{
    rng r = {10};
    check_tier();
    each_table(test_block);
    each_table(test_samples);
    test_calls(&r);
    test_frames(&r);
    test_refusals();
    test_memory();
    return check_done();
}
