/* The front end against a slow reference with random plans, signals, layouts and calls. SPDX-License-Identifier: BSD-3-Clause
 *
 * The reference is written from fastspec.h: frames from a padded signal, a DFT by its definition in long double, then powers,
 * bands, logarithms, thresholds and the second product, each as an interval [low, high] that begins as |X| +- BOUND times the
 * norm of the windowed frame and is widened by the rounding of each stage. A result must lie in its interval. */
#include "plans.h"

#include <float.h>

/* Largest error of a bin X, over the Euclidean norm of the windowed frame (never more than the frame's largest bin) and a
 * quarter of |X|; four times that from n_fft = 512 on. Large prime sizes come closest. */
static const double BOUND_SINGLE = 1.2e-6, BOUND_DOUBLE = 4e-15;

typedef struct interval {
    double low, high;
} interval;

static double largest_error[2]; /* of bins, over the norm */
static double widest_db;        /* of intervals within 40 dB of the frame's largest */

/* ---- the reference ------------------------------------------------------------------------------------------------ */

static double reflected(const double *y, int64_t n, int64_t i)
{
    if (n == 1)
        return y[0];
    while (i < 0 || i >= n)
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return y[i];
}

/* numpy.pad's reflection of librosa's second piece: what follows y[origin]. See librosa.stft 0.11. */
static int64_t librosa_origin(const fspec_frontend_config *g, int64_t n)
{
    const int64_t half = g->center ? g->n_fft / 2 : 0, start_k = (half + g->hop_length - 1) / g->hop_length;
    const int64_t room = n + half - g->n_fft;
    const int64_t tail_k = (room >= 0 ? room / g->hop_length : -((-room + g->hop_length - 1) / g->hop_length)) + 1;
    return tail_k <= start_k ? 0 : tail_k * g->hop_length - half;
}

static double padded(const fspec_frontend_config *g, const double *y, int64_t n, int64_t i)
{
    const int64_t half = g->n_fft / 2;
    if (i >= 0 && i < n)
        return y[i];
    switch (g->pad_mode) {
    case FSPEC_PAD_EDGE: return i < 0 ? y[0] : y[n - 1];
    case FSPEC_PAD_LINEAR_RAMP:
        return i < 0 ? y[0] * ((double)(i + half) / (double)half) : y[n - 1] * ((double)(n - 1 + half - i) / (double)half);
    case FSPEC_PAD_REFLECT: {
        const int64_t origin = i < 0 || !g->librosa_tail ? 0 : librosa_origin(g, n);
        return reflected(y + origin, n - origin, i - origin);
    }
    case FSPEC_PAD_SYMMETRIC:
        while (i < 0 || i >= n)
            i = i < 0 ? -1 - i : 2 * n - 1 - i;
        return y[i];
    default: return 0;
    }
}

/* X of frame t, and the norm of the windowed frame. */
static double slow_frame(const fspec_frontend_config *g, const double *y, int64_t n, int64_t t, long double (*x)[2])
{
    const int64_t n_fft = g->n_fft, begin = t * g->hop_length - (g->center ? n_fft / 2 : 0);
    const long double turn = 6.283185307179586476925286766559L / (long double)n_fft;
    long double *f = check_malloc((size_t)n_fft * sizeof *f), *c = check_malloc((size_t)n_fft * sizeof *c);
    long double *s = check_malloc((size_t)n_fft * sizeof *s), energy = 0;
    for (int64_t i = 0; i < n_fft; i++) {
        c[i] = cosl(turn * (long double)i);
        s[i] = sinl(turn * (long double)i);
        f[i] = (g->window ? (long double)g->window[i] : n_fft == 1 ? 1 : 0.5L - 0.5L * c[i]) * (long double)padded(g, y, n, begin + i);
        energy += f[i] * f[i];
    }
    for (int64_t k = 0; k <= n_fft / 2; k++) {
        long double re = 0, im = 0;
        for (int64_t i = 0, j = 0; i < n_fft; i++, j = (j + k) % n_fft) {
            re += f[i] * c[j];
            im -= f[i] * s[j];
        }
        x[k][0] = re;
        x[k][1] = im;
    }
    free(f);
    free(c);
    free(s);
    return (double)sqrtl(energy);
}

static double bound_of(const fspec_frontend_config *g)
{
    return (g->precision == FSPEC_DOUBLE ? BOUND_DOUBLE : BOUND_SINGLE) * (g->n_fft < 512 ? 1 : 4);
}

static double eps_of(const fspec_frontend_config *g) { return g->precision == FSPEC_DOUBLE ? DBL_EPSILON : (double)FLT_EPSILON; }

static interval power_interval(const fspec_frontend_config *g, const long double *x, double norm)
{
    const double size = (double)hypotl(x[0], x[1]), delta = bound_of(g) * (norm + size / 4), eps = 4 * eps_of(g) + (g->precision == FSPEC_DOUBLE ? 2e-13 : 0);
    const double tiny = g->precision == FSPEC_DOUBLE ? DBL_MIN : (double)FLT_MIN;
    interval v = {pow(size > delta ? size - delta : 0, g->power) * (1 - eps), pow(size + delta, g->power) * (1 + eps) + tiny};
    if (v.low < 2 * tiny)
        v.low = 0;
    return v;
}

/* sum w[j] v[j], as computed in any order. */
static interval product(const double *w, const interval *v, int64_t n, double eps)
{
    interval sum = {0, 0};
    double size = 0;
    for (int64_t j = 0; j < n; j++) {
        if (w[j] == 0)
            continue;
        sum.low += w[j] * (w[j] > 0 ? v[j].low : v[j].high);
        sum.high += w[j] * (w[j] > 0 ? v[j].high : v[j].low);
        size += fabs(w[j]) * fmax(fabs(v[j].low), fabs(v[j].high));
    }
    const double error = (double)(n + 3) * eps * size;
    return (interval){sum.low - error, sum.high + error};
}

static double slow_log(fspec_log kind, double x)
{
    return kind == FSPEC_LOG_DB ? 10 * log10(x) : kind == FSPEC_LOG_LN ? log(x) : log10(x);
}

static interval floored(const fspec_frontend_config *g, interval v, double eps)
{
    const double slack = g->log_floor > -INFINITY ? eps * fabs(g->log_floor) : 0;
    return (interval){fmax(v.low, g->log_floor - slack), fmax(v.high, g->log_floor + slack)};
}

static interval log_interval(const fspec_frontend_config *g, interval v)
{
    if (g->log != FSPEC_LOG_NONE) {
        const double offset = g->ref_max ? 0 : slow_log(g->log, fmax(g->amin, g->ref)), eps = 4 * eps_of(g);
        const double low = slow_log(g->log, fmax(g->amin, v.low)), high = slow_log(g->log, fmax(g->amin, v.high));
        v = (interval){low - offset - eps * (fabs(low) + fabs(offset) + 3), high - offset + eps * (fabs(high) + fabs(offset) + 3)};
    }
    return g->ref_max ? v : floored(g, v, eps_of(g));
}

/* Rows of intervals, frame by frame: of bins for FSPEC_OUT_SPECTRUM, else of bands, before thresholds. */
static void slow_rows(const plan_case *c, const samples *s, int64_t n_frames, interval *rows)
{
    const fspec_frontend_config *g = &c->config;
    const int64_t n_bins = plan_case_bins(c), n = s->signal.n_samples;
    double *y = check_malloc((size_t)n * sizeof *y);
    long double(*x)[2] = check_malloc((size_t)n_bins * sizeof *x);
    interval *powers = check_malloc((size_t)n_bins * sizeof *powers);
    for (int64_t i = 0; i < n; i++)
        y[i] = s->values[i] * (s->signal.dtype == FSPEC_INT16 ? g->input_scale : 1);
    for (int64_t t = 0; t < n_frames; t++) {
        const double norm = slow_frame(g, y, n, t, x);
        for (int64_t k = 0; k < n_bins; k++)
            powers[k] = power_interval(g, x[k], norm);
        if (g->output == FSPEC_OUT_SPECTRUM)
            memcpy(rows + t * n_bins, powers, (size_t)n_bins * sizeof *powers);
        for (int64_t b = 0; b < g->n_bands && g->output >= FSPEC_OUT_BANDS; b++)
            rows[t * g->n_bands + b] = log_interval(g, product(g->bands + b * n_bins, powers, n_bins, eps_of(g)));
    }
    free(y);
    free(x);
    free(powers);
}

/* top_db and ref_max over n values, of which the largest lies in `most`. */
static void slow_thresholds(const fspec_frontend_config *g, interval *v, int64_t n, interval most, double eps_out)
{
    const double eps = 2 * (eps_of(g) + eps_out);
    if (g->top_db < 0 && !g->ref_max)
        return;
    for (int64_t i = 0; i < n; i++) {
        const double slack = eps * (fabs(most.high) + fabs(most.low) + fabs(v[i].low) + fabs(v[i].high) + fabs(g->top_db) + 1);
        if (g->ref_max)
            v[i] = (interval){v[i].low - most.high - slack, v[i].high - most.low + slack};
        if (g->top_db >= 0) {
            const double low = g->ref_max ? -g->top_db : most.low - g->top_db, high = g->ref_max ? -g->top_db : most.high - g->top_db;
            v[i] = (interval){fmax(v[i].low, low - slack), fmax(v[i].high, high + slack)};
        }
        if (g->ref_max)
            v[i] = floored(g, v[i], eps);
    }
}

static void note_width(const fspec_frontend_config *g, const interval *v, int64_t n)
{
    double most = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, v[i].low);
    for (int64_t i = 0; i < n; i++)
        if (g->log == FSPEC_LOG_DB && g->precision == FSPEC_SINGLE && v[i].low > most - 40 && v[i].high - v[i].low > widest_db)
            widest_db = v[i].high - v[i].low;
}

/* ---- one random call ---------------------------------------------------------------------------------------------- */

enum { MOST_SIGNALS = 4 };

typedef struct job {
    plan_case plan;
    int64_t n_signals, n_frames[MOST_SIGNALS], n_rows;
    samples in[MOST_SIGNALS];
    grid out[MOST_SIGNALS];
    fspec_signal signals[MOST_SIGNALS];
    fspec_matrix matrices[MOST_SIGNALS];
    fspec_call call;
    fspec_dtype out_dtype;
} job;

static int64_t frames_of(const fspec_frontend_config *g, int64_t n)
{
    const int64_t padded_length = n + (g->center ? 2 * (g->n_fft / 2) : 0);
    return padded_length < g->n_fft ? 0 : 1 + (padded_length - g->n_fft) / g->hop_length;
}

static void job_make(rng *r, job *j, fspec_output output, int64_t largest_fft)
{
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    plan_case_make(r, &j->plan, output, largest_fft);
    const fspec_frontend_config *g = &j->plan.config;
    const int64_t most_frames = rng_int(r, 1, 24), shortest = g->center ? 1 : g->n_fft;
    const fspec_dtype type = PICK(r, types);
    j->n_rows = output == FSPEC_OUT_BANDS ? g->n_bands : output == FSPEC_OUT_CEPSTRUM ? g->n_ceps : plan_case_bins(&j->plan);
    j->out_dtype = out_type(&j->plan, (int)rng_int(r, 0, 1));
    j->n_signals = rng_int(r, 0, 2) ? 1 : rng_int(r, 1, MOST_SIGNALS);
    fspec_call_init(&j->call);
    j->call.n_threads = (int32_t)rng_int(r, 1, 3);
    j->call.whole_array = (int32_t)rng_int(r, 0, 1);
    for (int64_t i = 0; i < j->n_signals; i++) {
        const int64_t n = shortest + rng_int(r, 0, rng_int(r, 0, 3) ? most_frames * g->hop_length : g->n_fft);
        j->in[i] = samples_make(r, n, type, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
        j->n_frames[i] = frames_of(g, n);
        j->out[i] = grid_make(j->n_rows, j->n_frames[i], j->out_dtype, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        j->signals[i] = j->in[i].signal;
        j->matrices[i] = j->out[i].matrix;
    }
}

static void job_free(job *j)
{
    for (int64_t i = 0; i < j->n_signals; i++) {
        samples_free(&j->in[i]);
        grid_free(&j->out[i]);
    }
    plan_case_free(&j->plan);
}

static void compare_complex(const job *j, int64_t i)
{
    const fspec_frontend_config *g = &j->plan.config;
    const int64_t n_bins = plan_case_bins(&j->plan), n = j->in[i].signal.n_samples;
    long double(*x)[2] = check_malloc((size_t)n_bins * sizeof *x);
    double *y = check_malloc((size_t)n * sizeof *y);
    for (int64_t s = 0; s < n; s++)
        y[s] = j->in[i].values[s] * (j->in[i].signal.dtype == FSPEC_INT16 ? g->input_scale : 1);
    for (int64_t t = 0; t < j->n_frames[i]; t++) {
        const double norm = slow_frame(g, y, n, t, x);
        for (int64_t k = 0; k < n_bins; k++) {
            const long double re = grid_get(&j->out[i], k, t, 0) - x[k][0], im = grid_get(&j->out[i], k, t, 1) - x[k][1];
            const double size = (double)hypotl(x[k][0], x[k][1]), scale = norm + size / 4;
            double error = (double)hypotl(re, im);
            if (j->out_dtype == FSPEC_COMPLEX64) /* rounded once more */
                error = fmax(0, error - (double)FLT_EPSILON * size);
            CHECK(error <= bound_of(g) * scale, "signal %d, frame %d, bin %d: error %g of norm %g, |X| %g: %s", (int)i, (int)t, (int)k,
                  error, norm, size, plan_case_text(&j->plan));
            if (norm > 0 && error / scale > largest_error[g->precision == FSPEC_DOUBLE])
                largest_error[g->precision == FSPEC_DOUBLE] = error / scale;
        }
    }
    free(x);
    free(y);
}

static void compare_rows(const job *j)
{
    const fspec_frontend_config *g = &j->plan.config;
    const int64_t n_rows = g->output == FSPEC_OUT_SPECTRUM ? plan_case_bins(&j->plan) : g->n_bands;
    const double eps_out = j->out_dtype == FSPEC_FLOAT32 ? (double)FLT_EPSILON : 0;
    interval *rows[MOST_SIGNALS], most[MOST_SIGNALS], all = {-INFINITY, -INFINITY};
    for (int64_t i = 0; i < j->n_signals; i++) {
        const int64_t n = j->n_frames[i] * n_rows;
        rows[i] = check_malloc((size_t)n * sizeof **rows);
        slow_rows(&j->plan, &j->in[i], j->n_frames[i], rows[i]);
        most[i] = (interval){-INFINITY, -INFINITY};
        for (int64_t k = 0; k < n; k++)
            most[i] = (interval){fmax(most[i].low, rows[i][k].low), fmax(most[i].high, rows[i][k].high)};
        all = (interval){fmax(all.low, most[i].low), fmax(all.high, most[i].high)};
        if (g->output != FSPEC_OUT_SPECTRUM)
            note_width(g, rows[i], n);
    }
    for (int64_t i = 0; i < j->n_signals; i++) {
        slow_thresholds(g, rows[i], j->n_frames[i] * n_rows, j->call.whole_array ? all : most[i], eps_out);
        for (int64_t t = 0; t < j->n_frames[i]; t++)
            for (int64_t k = 0; k < j->n_rows; k++) {
                const interval *v = rows[i] + t * n_rows;
                const interval w = g->output == FSPEC_OUT_CEPSTRUM ? product(g->dct + k * n_rows, v, n_rows, eps_of(g)) : v[k];
                const double got = grid_get(&j->out[i], k, t, 0), slack = eps_out * fabs(got);
                CHECK(got >= w.low - slack && got <= w.high + slack, "signal %d, frame %d, row %d: %.9g not in [%.9g, %.9g]: %s", (int)i,
                      (int)t, (int)k, got, w.low, w.high, plan_case_text(&j->plan));
            }
        free(rows[i]);
    }
}

/* The same call with the caller's scratch: as much as was asked for, anywhere; nothing beyond it is touched. */
static void test_scratch(rng *r, const fspec_frontend *plan, const job *j)
{
    int64_t total = 0;
    grid again[MOST_SIGNALS];
    fspec_matrix matrices[MOST_SIGNALS];
    fspec_call call = j->call;
    for (int64_t i = 0; i < j->n_signals; i++) {
        again[i] = grid_make(j->n_rows, j->n_frames[i], j->out_dtype, BINS_CONTIGUOUS);
        matrices[i] = again[i].matrix;
        total += j->n_frames[i];
    }
    const size_t size = fspec_frontend_scratch(plan, j->n_signals, total, call.n_threads), shift = (size_t)rng_int(r, 0, 63);
    CHECK(size > 0, "no scratch?");
    char *block = check_malloc(size + 192);
    memset(block, 0x5a, size + 192);
    call.scratch = block + 64 + shift;
    call.scratch_size = size;
    CHECK_STATUS(fspec_frontend_exec(plan, j->signals, matrices, j->n_signals, j->out_dtype, &call), FSPEC_OK, "scratch of %zu at %zu", size,
                 shift);
    for (int64_t i = 0; i < j->n_signals; i++)
        CHECK(grid_equal(&again[i], &j->out[i]), "scratch: another result: %s", plan_case_text(&j->plan));
    for (size_t i = 0; i < size + 192; i++)
        if (i < 64 + shift || i >= 64 + shift + size)
            CHECK(block[i] == 0x5a, "byte %d beyond the scratch", (int)i - 64 - (int)shift);
    free(block);

    /* The smallest scratch that is taken is at most what was asked for; with one byte less the call is refused, and nothing
     * is written. (Exact blocks: the address sanitizer sees the rest.) */
    size_t too_small = 0, enough = size;
    while (enough - too_small > 1) {
        const size_t middle = too_small + (enough - too_small) / 2;
        call.scratch = block = check_malloc(middle + shift);
        call.scratch = block + shift;
        call.scratch_size = middle;
        const fspec_status status = fspec_frontend_exec(plan, j->signals, matrices, j->n_signals, j->out_dtype, &call);
        CHECK(status == FSPEC_OK || status == FSPEC_BAD_ARGUMENT, "scratch of %zu: %s", middle, fspec_status_string(status));
        if (status == FSPEC_OK)
            enough = middle;
        else
            too_small = middle;
        free(block);
    }
    CHECK(enough + 5 * 64 >= size, "%zu bytes of scratch are enough, %zu are asked for", enough, size);
    for (int64_t i = 0; i < j->n_signals; i++)
        (void)grid_gaps_untouched(&again[i]);
    call.scratch = block = check_malloc(too_small + shift);
    call.scratch = block + shift;
    call.scratch_size = too_small;
    CHECK_STATUS(fspec_frontend_exec(plan, j->signals, matrices, j->n_signals, j->out_dtype, &call), FSPEC_BAD_ARGUMENT, "one byte too small");
    for (int64_t i = 0; i < j->n_signals; i++) {
        CHECK(grid_untouched(&again[i]), "output written although the scratch was refused");
        grid_free(&again[i]);
    }
    free(block);
}

static void test_job(rng *r, fspec_output output, int64_t largest_fft, int with_scratch)
{
    job j;
    fspec_frontend *plan = NULL;
    job_make(r, &j, output, largest_fft);
    const fspec_status status = fspec_frontend_create(&j.plan.config, &plan);
    REQUIRE(status == FSPEC_OK, "%s: %s", fspec_status_string(status), plan_case_text(&j.plan));
    CHECK(fspec_frontend_n_bins(plan) == j.n_rows, "n_bins: %s", plan_case_text(&j.plan));
    for (int64_t i = 0; i < j.n_signals; i++)
        CHECK(fspec_frontend_n_frames(plan, j.in[i].signal.n_samples) == j.n_frames[i], "n_frames: %s", plan_case_text(&j.plan));
    /* The plan has its own copies. */
    for (int64_t i = 0; j.plan.window && i < j.plan.config.n_fft; i++)
        j.plan.window[i] += 1;
    CHECK_STATUS(fspec_frontend_exec(plan, j.signals, j.matrices, j.n_signals, j.out_dtype, &j.call), FSPEC_OK, "%s",
                 plan_case_text(&j.plan));
    for (int64_t i = 0; j.plan.window && i < j.plan.config.n_fft; i++)
        j.plan.window[i] -= 1;
    if (output == FSPEC_OUT_COMPLEX)
        for (int64_t i = 0; i < j.n_signals; i++)
            compare_complex(&j, i);
    else
        compare_rows(&j);
    if (with_scratch)
        test_scratch(r, plan, &j);
    for (int64_t i = 0; i < j.n_signals; i++)
        CHECK(grid_gaps_untouched(&j.out[i]), "written between the elements: %s", plan_case_text(&j.plan));
    fspec_frontend_free(plan);
    job_free(&j);
}

/* ---- spectra given ------------------------------------------------------------------------------------------------ */

static void test_spectra(rng *r, fspec_output output)
{
    plan_case c;
    fspec_frontend *plan = NULL;
    plan_case_make(r, &c, output, 128);
    fspec_frontend_config *g = &c.config;
    const int64_t n_bins = plan_case_bins(&c), n_frames = rng_int(r, 1, 40), n_rows = output == FSPEC_OUT_BANDS ? g->n_bands : g->n_ceps;
    const fspec_dtype in_type = rng_int(r, 0, 1) ? FSPEC_FLOAT64 : FSPEC_FLOAT32, type = out_type(&c, g->precision == FSPEC_DOUBLE);
    grid in = grid_make(n_bins, n_frames, in_type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
    grid out = grid_make(n_rows, n_frames, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
    interval *powers = check_malloc((size_t)n_bins * sizeof *powers), most = {-INFINITY, -INFINITY};
    interval *rows = check_malloc((size_t)(n_frames * g->n_bands) * sizeof *rows);
    CHECK_STATUS(fspec_frontend_create(g, &plan), FSPEC_OK, "%s", plan_case_text(&c));
    for (int64_t t = 0; t < n_frames; t++) {
        for (int64_t k = 0; k < n_bins; k++) {
            grid_put(&in, k, t, 0, pow(10, rng_uniform(r, -8, 3)));
            const double x = grid_get(&in, k, t, 0);
            powers[k] = (interval){x * (1 - eps_of(g)), x * (1 + eps_of(g))};
        }
        for (int64_t b = 0; b < g->n_bands; b++) {
            const interval v = rows[t * g->n_bands + b] = log_interval(g, product(g->bands + b * n_bins, powers, n_bins, eps_of(g)));
            most = (interval){fmax(most.low, v.low), fmax(most.high, v.high)};
        }
    }
    CHECK_STATUS(fspec_frontend_exec_spectra(plan, &in.matrix, in_type, n_frames, &out.matrix, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
    slow_thresholds(g, rows, n_frames * g->n_bands, most, eps_of(g));
    for (int64_t t = 0; t < n_frames; t++)
        for (int64_t k = 0; k < n_rows; k++) {
            const interval *v = rows + t * g->n_bands;
            const interval w = output == FSPEC_OUT_CEPSTRUM ? product(g->dct + k * g->n_bands, v, g->n_bands, eps_of(g)) : v[k];
            const double got = grid_get(&out, k, t, 0);
            CHECK(got >= w.low && got <= w.high, "given spectra, frame %d, row %d: %.9g not in [%.9g, %.9g]: %s", (int)t, (int)k, got, w.low,
                  w.high, plan_case_text(&c));
        }
    CHECK(grid_gaps_untouched(&out), "given spectra: written between the elements");
    fspec_frontend_free(plan);
    plan_case_free(&c);
    grid_free(&in);
    grid_free(&out);
    free(powers);
    free(rows);
}

/* Sizes that the cases above do not reach: primes and powers of two of some thousands, and one giant; by both engines. */
static void test_large_sizes(rng *r)
{
    static const int64_t sizes[] = {1021, 1024, 2048, 2000, 4096, 4099, 40000};
    for (size_t i = 0; i < (CHECK_SANITIZED ? 2 : sizeof sizes / sizeof *sizes); i++)
        for (int k = 0; k < 4; k++) {
            const int dbl = k % 2;
            job j = {.n_signals = 1, .n_frames = {2}};
            fspec_frontend *plan = NULL;
            fspec_frontend_config_init(&j.plan.config);
            j.plan.config.n_fft = sizes[i];
            j.plan.config.hop_length = sizes[i] / 3;
            j.plan.config.center = 0;
            j.plan.config.engine = k / 2 ? FSPEC_ENGINE_LANES : FSPEC_ENGINE_FFTW;
            j.plan.config.precision = dbl ? FSPEC_DOUBLE : FSPEC_SINGLE;
            j.in[0] = samples_make(r, sizes[i] + sizes[i] / 3, FSPEC_FLOAT32, STRIDED);
            j.out_dtype = dbl ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
            j.out[0] = grid_make(sizes[i] / 2 + 1, 2, j.out_dtype, FRAMES_CONTIGUOUS);
            CHECK_STATUS(fspec_frontend_create(&j.plan.config, &plan), FSPEC_OK, "n_fft %d", (int)sizes[i]);
            CHECK_STATUS(fspec_frontend_exec(plan, &j.in[0].signal, &j.out[0].matrix, 1, j.out_dtype, NULL), FSPEC_OK, "n_fft %d",
                         (int)sizes[i]);
            if (sizes[i] < 5000) {
                compare_complex(&j, 0);
            } else {
                /* A sum over all bins gives the first sample: cheaper than the DFT by definition. */
                const fspec_frontend_config *g = &j.plan.config;
                for (int64_t t = 0; t < 2; t++) {
                    long double energy = 0, frame = 0;
                    for (int64_t k = 0; k <= sizes[i] / 2; k++) {
                        const long double re = grid_get(&j.out[0], k, t, 0), im = grid_get(&j.out[0], k, t, 1);
                        energy += (re * re + im * im) * (k == 0 || 2 * k == sizes[i] ? 1 : 2) / (long double)sizes[i];
                    }
                    for (int64_t s = 0; s < sizes[i]; s++) {
                        const long double w = 0.5L - 0.5L * cosl(6.283185307179586476925L * (long double)s / (long double)sizes[i]);
                        const long double x = w * j.in[0].values[t * g->hop_length + s];
                        frame += x * x;
                    }
                    CHECK(fabsl(energy / frame - 1) < 4 * (long double)bound_of(g), "n_fft %d: energy %Lg, %Lg", (int)sizes[i], energy, frame);
                }
            }
            fspec_frontend_free(plan);
            samples_free(&j.in[0]);
            grid_free(&j.out[0]);
        }
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    check_fftw();
    rng r = {20240611};
    const int rounds = 300 / CHECK_SLOWDOWN;
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
        for (int i = 0; i < rounds; i++)
            test_job(&r, (fspec_output)output, i % 4 ? 128 : 400, i % 5 == 0);
    for (int i = 0; i < rounds; i++)
        test_spectra(&r, i % 2 ? FSPEC_OUT_BANDS : FSPEC_OUT_CEPSTRUM);
    test_large_sizes(&r);
    printf("    %s: %d random calls per output; largest error of a bin %.2g (single), %.2g (double) of norm and bin; widest dB "
           "interval within 40 dB of the largest: %.2g\n",
           fspec_simd_tier(), rounds, largest_error[0], largest_error[1], widest_db);
    check_other_tiers(argv);
    return check_done();
}
