/* The inverse STFT, Griffin-Lim and its first phases against slow references. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

#include <float.h>

/* Largest error of a sample of one inverse DFT, over norm(X) / n + |x| / 4; see test_frontend.c. */
static const double BOUND_SINGLE = 1.2e-6, BOUND_DOUBLE = 4e-15;

static double largest_share; /* of the allowed error */

/* ---- inverse STFT ------------------------------------------------------------------------------------------------- */

enum { MOST_SIGNALS = 3 };

typedef struct job {
    fspec_istft_config config;
    double *window; /* Hann's too: where it is nearly zero, its rounding counts */
    int64_t n_bins, n_frames, n_signals, n_samples;
    grid in[MOST_SIGNALS];
    samples out[MOST_SIGNALS];
    fspec_call call;
} job;

static const char *describe(const job *j)
{
    static char text[200];
    const fspec_istft_config *c = &j->config;
    (void)snprintf(text, sizeof text, "precision %d, engine %d, n_fft %d, hop %d, %s, center %d, %d frames, %d samples, %d threads",
                   (int)c->precision, (int)c->engine, (int)c->n_fft, (int)c->hop_length, c->window ? "window" : "hann", (int)c->center,
                   (int)j->n_frames, (int)j->n_samples, (int)j->call.n_threads);
    return text;
}

static void job_make(rng *r, job *j)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 8, 13, 16, 20, 31, 32, 60, 64, 97, 100, 128};
    static const fspec_engine engines[] = {FSPEC_ENGINE_AUTO, FSPEC_ENGINE_LANES, FSPEC_ENGINE_FFTW};
    fspec_istft_config *c = &j->config;
    memset(j, 0, sizeof *j);
    fspec_istft_config_init(c);
    c->precision = rng_int(r, 0, 1) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    c->engine = PICK(r, engines);
    c->n_fft = PICK(r, sizes);
    c->hop_length = rng_int(r, 0, 4) ? rng_int(r, 1, c->n_fft) : rng_int(r, 1, 6 * c->n_fft);
    c->center = rng_int(r, 0, 2) > 0;
    j->window = random_doubles(r, c->n_fft, rng_int(r, 0, 1) ? 0.05 : -1, 1);
    if (rng_int(r, 0, 2))
        c->window = j->window;
    else
        fspec_hann(c->n_fft, 1, j->window);
    j->n_bins = c->n_fft / 2 + 1;
    j->n_frames = rng_int(r, 0, 2) ? rng_int(r, 1, 40) : rng_int(r, 1, 400);
    j->n_signals = rng_int(r, 0, 2) ? 1 : rng_int(r, 1, MOST_SIGNALS);
    const int64_t natural = c->n_fft + c->hop_length * (j->n_frames - 1) - (c->center ? 2 * (c->n_fft / 2) : 0);
    j->n_samples = rng_int(r, 0, 1) ? natural : rng_int(r, 0, 1) ? rng_int(r, 0, natural) : natural + rng_int(r, 0, 5 * c->n_fft);
    fspec_call_init(&j->call);
    j->call.n_threads = (int32_t)rng_int(r, 1, 4);
    const fspec_dtype in_type = rng_int(r, 0, 1) ? FSPEC_COMPLEX64 : FSPEC_COMPLEX128;
    const fspec_dtype out_type_ = rng_int(r, 0, 1) ? FSPEC_FLOAT32 : FSPEC_FLOAT64;
    for (int64_t i = 0; i < j->n_signals; i++) {
        static const sample_layout layouts[] = {CONTIGUOUS, CONTIGUOUS, STRIDED, NEGATIVE};
        double *junk = random_doubles(r, j->n_samples, 1e5, 1e6);
        j->in[i] = grid_make(j->n_bins, j->n_frames, in_type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        for (int64_t t = 0; t < j->n_frames; t++)
            for (int64_t k = 0; k < j->n_bins; k++) {
                grid_put(&j->in[i], k, t, 0, rng_uniform(r, -1, 1));
                grid_put(&j->in[i], k, t, 1, rng_uniform(r, -1, 1)); /* those that cannot be are to be ignored */
            }
        j->out[i] = samples_of(junk, j->n_samples, out_type_, PICK(r, layouts));
        free(junk);
    }
}

static void job_free(job *j)
{
    for (int64_t i = 0; i < j->n_signals; i++) {
        grid_free(&j->in[i]);
        samples_free(&j->out[i]);
    }
    free(j->window);
}

/* Sums y of the padded signal, their allowed errors e, and sums of squares d, all of `length` samples. */
static void slow_overlap_add(const job *j, const grid *in, long double *y, long double *e, long double *d, int64_t length)
{
    const fspec_istft_config *c = &j->config;
    const int64_t n = c->n_fft;
    const int dbl = c->precision == FSPEC_DOUBLE;
    const double bound = dbl ? BOUND_DOUBLE : BOUND_SINGLE, eps = dbl ? DBL_EPSILON : (double)FLT_EPSILON;
    long double *cosine = check_malloc((size_t)n * sizeof *cosine), *sine = check_malloc((size_t)n * sizeof *sine);
    for (int64_t i = 0; i < n; i++) {
        cosine[i] = cosl(6.283185307179586476925286766559L * (long double)i / (long double)n);
        sine[i] = sinl(6.283185307179586476925286766559L * (long double)i / (long double)n);
    }
    for (int64_t i = 0; i < length; i++)
        y[i] = e[i] = d[i] = 0;
    for (int64_t t = 0; t < j->n_frames; t++) {
        long double energy = 0;
        for (int64_t k = 0; k < j->n_bins; k++)
            energy += 2 * (powl(grid_get(in, k, t, 0), 2) + powl(grid_get(in, k, t, 1), 2));
        for (int64_t s = 0; s < n && t * c->hop_length + s < length; s++) {
            const long double w = (long double)j->window[s];
            long double x = 0;
            for (int64_t k = 0, at = 0; k < j->n_bins; k++, at = (at + s) % n) {
                const double re = grid_get(in, k, t, 0), im = grid_get(in, k, t, 1);
                x += k == 0 || 2 * k == n ? re * cosine[at] : 2 * (re * cosine[at] - im * sine[at]);
            }
            x /= (long double)n;
            y[t * c->hop_length + s] += w * x;
            e[t * c->hop_length + s] += fabsl(w) * (bound * (sqrtl(energy) / (long double)n + fabsl(x) / 4) + 4 * eps * fabsl(x));
            d[t * c->hop_length + s] += w * w;
        }
    }
    free(cosine);
    free(sine);
}

static void check_samples(const job *j, int64_t i)
{
    const int64_t pad = j->config.center ? j->config.n_fft / 2 : 0, length = j->n_samples + pad;
    const int dbl = j->config.precision == FSPEC_DOUBLE, out_double = j->out[i].signal.dtype == FSPEC_FLOAT64;
    const double tiny = dbl ? DBL_MIN : (double)FLT_MIN, eps = dbl ? DBL_EPSILON : (double)FLT_EPSILON;
    const size_t bytes = (size_t)length * sizeof(long double);
    long double *y = check_malloc(bytes), *e = check_malloc(bytes), *d = check_malloc(bytes);
    slow_overlap_add(j, &j->in[i], y, e, d, length);
    for (int64_t s = 0; s < j->n_samples; s++) {
        const long double divisor = d[s + pad] > tiny ? d[s + pad] : 1, want = y[s + pad] / divisor;
        const char *p = (const char *)j->out[i].signal.data + s * j->out[i].signal.stride;
        double got;
        if (out_double) {
            memcpy(&got, p, sizeof got);
        } else {
            float narrow;
            memcpy(&narrow, p, sizeof narrow);
            got = (double)narrow;
        }
        const long double allowed = e[s + pad] / divisor + fabsl(want) * (4 * eps + (out_double ? 0 : FLT_EPSILON));
        const long double error = fabsl((long double)got - want);
        CHECK(error <= allowed, "signal %d, sample %d: %g instead of %Lg (allowed %Lg): %s", (int)i, (int)s, got, want, allowed, describe(j));
        if (allowed > 0 && (double)(error / allowed) > largest_share)
            largest_share = (double)(error / allowed);
    }
    free(y);
    free(e);
    free(d);
}

static void test_istft(rng *r)
{
    job j;
    fspec_istft *plan = NULL;
    fspec_matrix in[MOST_SIGNALS];
    fspec_signal out[MOST_SIGNALS];
    job_make(r, &j);
    const fspec_status status = fspec_istft_create(&j.config, &plan);
    REQUIRE(status == FSPEC_OK, "%s: %s", fspec_status_string(status), describe(&j));
    for (int64_t i = 0; i < j.n_signals; i++) {
        in[i] = j.in[i].matrix;
        out[i] = j.out[i].signal;
    }
    CHECK_STATUS(fspec_istft_exec(plan, in, j.in[0].dtype, j.n_frames, out, j.n_signals, &j.call), FSPEC_OK, "%s", describe(&j));
    for (int64_t i = 0; i < j.n_signals; i++)
        check_samples(&j, i);
    fspec_istft_free(plan);
    job_free(&j);
}

/* What is not finite in X shows in y, and only where its frame reaches. */
static void test_not_finite(void)
{
    enum { N_FFT = 16, HOP = 4, FRAMES = 40, BINS = N_FFT / 2 + 1, N = N_FFT + HOP * (FRAMES - 1) };
    for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
        fspec_istft_config c;
        fspec_istft *plan = NULL;
        float y[N], x[FRAMES][BINS][2];
        fspec_istft_config_init(&c);
        c.n_fft = N_FFT;
        c.hop_length = HOP;
        c.center = 0;
        c.engine = (fspec_engine)engine;
        double window[N_FFT];
        for (int i = 0; i < N_FFT; i++)
            window[i] = 1;
        c.window = window;
        memset(x, 0, sizeof x);
        x[20][3][0] = NAN;
        REQUIRE(fspec_istft_create(&c, &plan) == FSPEC_OK, "istft");
        const fspec_matrix in = {x, 8, 8 * BINS};
        const fspec_signal out = {y, N, 4, FSPEC_FLOAT32, 0};
        CHECK_STATUS(fspec_istft_exec(plan, &in, FSPEC_COMPLEX64, FRAMES, &out, 1, NULL), FSPEC_OK, "NaN");
        int broken = 0;
        for (int s = 0; s < N; s++) {
            broken += isnan(y[s]);
            CHECK(y[s] == 0 || (s >= 20 * HOP && s < 20 * HOP + N_FFT && isnan(y[s])), "engine %d: sample %d is %g", engine, s, (double)y[s]);
        }
        CHECK(broken > N_FFT / 2, "engine %d: NaN in %d samples", engine, broken); /* bin 3's cosine passes zero */
        fspec_istft_free(plan);
    }
}

/* ---- Griffin-Lim -------------------------------------------------------------------------------------------------- */

/* Against its definition, carried out by the public transforms in double. */
static void test_griffinlim(rng *r)
{
    enum { FRAMES = 20, N_FFT = 64, HOP = 16, BINS = N_FFT / 2 + 1, N = HOP * (FRAMES - 1), VALUES = FRAMES * BINS };
    static double magnitude[VALUES], start[2 * VALUES], angles[2 * VALUES], expected[2 * VALUES], now[2 * VALUES], before[2 * VALUES], y[N], z[N];
    static float magnitude_f[VALUES], angles_f[2 * VALUES], y_f[N];
    fspec_frontend_config c;
    fspec_istft_config i;
    fspec_frontend *stft = NULL, *stft_f = NULL;
    fspec_istft *istft = NULL, *istft_f = NULL;
    fspec_frontend_config_init(&c);
    fspec_istft_config_init(&i);
    c.n_fft = i.n_fft = N_FFT;
    c.hop_length = i.hop_length = HOP;
    REQUIRE(fspec_frontend_create(&c, &stft_f) == FSPEC_OK && fspec_istft_create(&i, &istft_f) == FSPEC_OK, "plans");
    c.precision = i.precision = FSPEC_DOUBLE;
    REQUIRE(fspec_frontend_create(&c, &stft) == FSPEC_OK && fspec_istft_create(&i, &istft) == FSPEC_OK, "plans");
    for (int k = 0; k < VALUES; k++) {
        const double phase = rng_uniform(r, 0, 6.28);
        magnitude[k] = rng_uniform(r, 0, 1);
        start[2 * k] = magnitude[k] * cos(phase);
        start[2 * k + 1] = magnitude[k] * sin(phase);
        magnitude_f[k] = (float)magnitude[k];
    }
    const fspec_matrix estimate = {expected, 16, 16 * BINS}, spectrum = {now, 16, 16 * BINS};
    const fspec_signal signal = {z, N, 8, FSPEC_FLOAT64, 0};
    for (int n_iter = 0; n_iter <= 5; n_iter++)
        for (int m = 0; m < 2; m++) {
            const double momentum = m ? 0.99 : 0, k = momentum / (1 + momentum);
            double worst = 0, worst_f = 0;
            memcpy(expected, start, sizeof start);
            memcpy(angles, start, sizeof start);
            for (int n = 0; n < n_iter; n++) {
                CHECK_STATUS(fspec_istft_exec(istft, &estimate, FSPEC_COMPLEX128, FRAMES, &signal, 1, NULL), FSPEC_OK, "istft");
                CHECK_STATUS(fspec_frontend_exec(stft, &signal, &spectrum, 1, FSPEC_COMPLEX128, NULL), FSPEC_OK, "stft");
                for (int v = 0; v < VALUES; v++) {
                    const double re = now[2 * v] - (n ? k * before[2 * v] : 0), im = now[2 * v + 1] - (n ? k * before[2 * v + 1] : 0);
                    const double size = hypot(re, im) + DBL_MIN;
                    expected[2 * v] = magnitude[v] * re / size;
                    expected[2 * v + 1] = magnitude[v] * im / size;
                }
                memcpy(before, now, sizeof now);
            }
            CHECK_STATUS(fspec_istft_exec(istft, &estimate, FSPEC_COMPLEX128, FRAMES, &signal, 1, NULL), FSPEC_OK, "istft");
            CHECK_STATUS(fspec_griffinlim(stft, istft, n_iter, momentum, magnitude, angles, FRAMES, y, N, NULL), FSPEC_OK, "griffinlim");
            for (int v = 0; v < 2 * VALUES; v++)
                angles_f[v] = (float)start[v];
            CHECK_STATUS(fspec_griffinlim(stft_f, istft_f, n_iter, momentum, magnitude_f, angles_f, FRAMES, y_f, N, NULL), FSPEC_OK, "griffinlim");
            for (int s = 0; s < N; s++) {
                worst = fmax(worst, fabs(y[s] - z[s]));
                worst_f = fmax(worst_f, fabs((double)y_f[s] - z[s]));
            }
            for (int v = 0; v < 2 * VALUES; v++)
                worst = fmax(worst, fabs(angles[v] - expected[v]));
            CHECK(worst <= 1e-10, "%d iterations, momentum %g: error %g", n_iter, momentum, worst);
            CHECK(worst_f <= 1e-3, "%d iterations, momentum %g: error %g in single precision", n_iter, momentum, worst_f);
        }
    fspec_frontend_free(stft);
    fspec_frontend_free(stft_f);
    fspec_istft_free(istft);
    fspec_istft_free(istft_f);
}

static void test_phases(rng *r)
{
    for (int round = 0; round < 60; round++) {
        const int64_t n_bins = rng_int(r, 1, 40), n_frames = rng_int(r, 1, 300), pitch = n_bins + rng_int(r, 0, 3);
        const int dbl = round % 2;
        const size_t size = dbl ? 8 : 4;
        double *turns = random_doubles(r, n_bins * n_frames, 0, 1), *m = random_doubles(r, n_frames * pitch, 0, 9);
        char *magnitude = check_malloc((size_t)(n_frames * pitch) * size), *angles = check_malloc((size_t)(n_frames * pitch) * 2 * size);
        fspec_call call;
        fspec_call_init(&call);
        call.n_threads = (int32_t)rng_int(r, 1, 3);
        for (int64_t i = 0; i < n_frames * pitch; i++)
            put_sample(magnitude + (size_t)i * size, dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0, m[i]);
        memset(angles, 0xa5, (size_t)(n_frames * pitch) * 2 * size);
        CHECK_STATUS(fspec_phases(turns, magnitude, angles, n_bins, n_frames, pitch, dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32, &call), FSPEC_OK, "phases");
        for (int64_t t = 0; t < n_frames; t++)
            for (int64_t b = 0; b < pitch; b++)
                for (int part = 0; part < 2; part++) {
                    const char *p = angles + ((size_t)(t * pitch + b) * 2 + (size_t)part) * size;
                    if (b >= n_bins) {
                        for (size_t i = 0; i < size; i++)
                            CHECK((unsigned char)p[i] == 0xa5, "phases: written between the frames");
                        continue;
                    }
                    const long double angle = 6.283185307179586476925286766559L * (long double)turns[b * n_frames + t];
                    const long double want = (long double)m[t * pitch + b] * (part ? sinl(angle) : cosl(angle));
                    const double got = dbl ? *(const double *)(const void *)p : (double)*(const float *)(const void *)p;
                    CHECK(fabsl(got - want) <= 2 * (dbl ? DBL_EPSILON : (double)FLT_EPSILON) * m[t * pitch + b] + 1e-30, "phases: bin %d, frame %d: %g, not %Lg",
                          (int)b, (int)t, got, want);
                }
        free(turns);
        free(m);
        free(magnitude);
        free(angles);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    check_fftw();
    rng r = {77};
    const int rounds = 700 / CHECK_SLOWDOWN;
    for (int i = 0; i < rounds; i++)
        test_istft(&r);
    test_not_finite();
    test_griffinlim(&r);
    test_phases(&r);
    printf("    %s: %d random inverse STFTs, largest error %.2f of what is allowed\n", fspec_simd_tier(), rounds, largest_share);
    check_other_tiers(argv);
    return check_done();
}
