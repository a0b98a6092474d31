/* The constant-Q transform against its definition, and against itself: threads, batches, streams, scratch, tiers, failures.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

enum { MOST_BINS = 64, MOST_SAMPLES = 30000 };

/* Largest error over the largest value of the result, for min_distance 80. */
static const double BOUND_SINGLE = 4e-6;

typedef struct cqt_case {
    fspec_cqt_config config;
    double frequencies[MOST_BINS], lengths[MOST_BINS], amplitudes[MOST_BINS];
    fspec_cqt_filter filters[MOST_BINS];
    double *taps, spectrum[200], decimator[300];
} cqt_case;

static void make_exact(rng *r, cqt_case *c)
{
    static const int64_t hops[] = {1, 7, 64, 96, 160, 441, 512, 1000, 20000};
    fspec_cqt_config *g = &c->config;
    memset(c, 0, sizeof *c);
    fspec_cqt_config_init(g);
    g->sr = rng_uniform(r, 4000, 50000);
    g->hop_length = hops[rng_int(r, 0, 8)];
    g->n_bins = rng_int(r, 1, MOST_BINS);
    g->output = (fspec_cqt_output)rng_int(r, 0, 2);
    g->precision = rng_int(r, 0, 2) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    const double ratio = exp2(rng_uniform(r, .02, .1)), top = rng_uniform(r, .1, .5) * g->sr, q = rng_uniform(r, 8, 30);
    for (int64_t i = 0; i < g->n_bins; i++) {
        c->frequencies[i] = top * pow(ratio, (double)(i + 1 - g->n_bins));
        c->lengths[i] = q * g->sr / (c->frequencies[i] + 1e-3 * g->sr);
        c->amplitudes[i] = 2 / sqrt(c->lengths[i]);
    }
    g->frequencies = c->frequencies;
    g->lengths = c->lengths;
    g->amplitudes = c->amplitudes;
}

/* Filters on a decimated signal: some Hermitian in librosa's way, some of any shape. */
static void make_filters(rng *r, cqt_case *c)
{
    fspec_cqt_config *g = &c->config;
    make_exact(r, c);
    const int deepest = (int)rng_int(r, 0, 4);
    g->hop_length = rng_int(r, 1, 60) << deepest;
    c->taps = check_malloc(sizeof(double) * 2 * 700 * (size_t)g->n_bins);
    int level = deepest;
    for (int64_t i = 0; i < g->n_bins; i++) {
        double *taps = c->taps + i * 1400;
        const int any = i * 3 > g->n_bins;
        level -= level > 0 && rng_int(r, 0, 9) == 0;
        const int64_t n = any ? rng_int(r, 1, 700) : (int64_t)32 << level;
        for (int64_t j = 0; j < n; j++) {
            const double u = (double)(j - n / 2) - .5, smooth = .5 + .5 * cos(6.283185307179586 * u / (double)n);
            const double size = any ? rng_uniform(r, -1, 1) : smooth;
            taps[2 * j] = size * cos(.3 * u + 1) / (double)n;
            taps[2 * j + 1] = -size * sin(.3 * u + 1) / (double)n;
        }
        c->filters[i] = (fspec_cqt_filter){
            .level = level, .first = any ? rng_int(r, -700, 300) : -n / 2, .n_taps = n, .taps = taps};
        if (!any && n <= 128) { /* not the same filter, so that tiers that choose otherwise differ */
            c->filters[i].spectrum = c->spectrum;
            c->filters[i].first_row = rng_int(r, 0, 3);
            c->filters[i].n_rows = rng_int(r, 0, n / 2 - 3);
        }
    }
    for (int64_t j = 0; j < 200; j++)
        c->spectrum[j] = rng_uniform(r, -.1, .1);
    g->domain = (fspec_cqt_domain)rng_int(r, 0, 2);
    g->filters = c->filters;
    if (rng_int(r, 0, 1)) {
        /* Short ones are summed directly; long ones go by way of the FFT, in blocks. */
        g->decimator_reach = rng_int(r, 0, 1) ? rng_int(r, 0, 39) : rng_int(r, 64, 299);
        for (int64_t i = 0; i <= g->decimator_reach; i++)
            c->decimator[i] = rng_uniform(r, 0, 4.0 / (double)(40 + g->decimator_reach));
        g->decimator = c->decimator;
    }
}

static size_t element(const fspec_cqt_config *g)
{
    return (g->precision == FSPEC_DOUBLE ? 8u : 4u) * (g->output == FSPEC_CQT_COMPLEX ? 2u : 1u);
}

static fspec_dtype out_type(const fspec_cqt_config *g)
{
    const int wide = g->precision == FSPEC_DOUBLE;
    if (g->output == FSPEC_CQT_COMPLEX)
        return wide ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
    return wide ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
}

static fspec_matrix matrix(const fspec_cqt_config *g, char *data)
{
    const int64_t size = (int64_t)element(g);
    return (fspec_matrix){data, size, size * g->n_bins};
}

static size_t result_size(const fspec_cqt *plan, const fspec_cqt_config *g, int64_t n)
{
    return (size_t)(fspec_cqt_n_frames(plan, n) * g->n_bins) * element(g);
}

static char *transform(const fspec_cqt *plan, const fspec_cqt_config *g, const float *y, int64_t n, const fspec_call *call)
{
    char *out = check_malloc(result_size(plan, g, n));
    const fspec_signal signal = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix m = matrix(g, out);
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, out_type(g), call), FSPEC_OK, "%lld samples", (long long)n);
    return out;
}

/* ---- the definition ----------------------------------------------------------------------------------------------- */

static double expected(const cqt_case *c, const float *y, int64_t n, int64_t bin, int64_t frame, double *im)
{
    const double length = c->lengths[bin];
    const int64_t half = (int64_t)(length / 2), centre = frame * c->config.hop_length;
    double re = 0;
    *im = 0;
    for (int64_t i = -half; i <= half; i++) {
        const int64_t at = centre + i;
        if (at < 0 || at >= n)
            continue;
        const double size = (double)y[at] * (.5 + .5 * cos(6.283185307179586 * (double)i / length)) * c->amplitudes[bin];
        const double turn = fmod((double)i * c->frequencies[bin] / c->config.sr, 1) * 6.283185307179586;
        re += size * cos(turn);
        *im -= size * sin(turn);
    }
    return re;
}

static void check_definition(rng *r, const cqt_case *c, const fspec_cqt *plan, const char *out, const float *y, int64_t n)
{
    const int64_t frames = fspec_cqt_n_frames(plan, n);
    double peak = 0, worst = 0;
    if (c->config.output != FSPEC_CQT_COMPLEX)
        return;
    for (int i = 0; i < 60; i++) {
        const int64_t bin = rng_int(r, 0, c->config.n_bins - 1), frame = i < 4 ? frames - 1 : rng_int(r, 0, frames - 1);
        double im, re = expected(c, y, n, bin, frame, &im), got[2];
        const char *at = out + (size_t)(frame * c->config.n_bins + bin) * element(&c->config);
        for (int part = 0; part < 2; part++)
            got[part] = c->config.precision == FSPEC_DOUBLE ? ((const double *)(const void *)at)[part]
                                                            : (double)((const float *)(const void *)at)[part];
        peak = fmax(peak, hypot(re, im));
        worst = fmax(worst, hypot(got[0] - re, got[1] - im));
    }
    CHECK(worst <= BOUND_SINGLE * fmax(peak, 1), "error %g of %g, hop %lld", worst, peak, (long long)c->config.hop_length);
}

/* ---- the same bits ------------------------------------------------------------------------------------------------ */

static void check_threads(rng *r, const cqt_case *c, const fspec_cqt *plan, const char *out, const float *y, int64_t n)
{
    const fspec_cqt_config *g = &c->config;
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 2, 6);
    call.scratch_size = fspec_cqt_scratch(plan, 1, call.n_threads);
    REQUIRE(call.scratch_size > 0, "scratch");
    char *block = check_malloc(call.scratch_size + 1);
    memset(block, 0xff, call.scratch_size + 1);
    call.scratch = block + 1;
    char *again = transform(plan, g, y, n, &call);
    CHECK(!memcmp(out, again, result_size(plan, g, n)), "%d threads", call.n_threads);
    free(again);
    free(block);
}

static void check_stream(rng *r, const cqt_case *c, const fspec_cqt *plan, const char *out, const float *y, int64_t n)
{
    const fspec_cqt_config *g = &c->config;
    const size_t size = result_size(plan, g, n);
    const int64_t largest = rng_int(r, 1, 2) == 1 ? n : rng_int(r, 1, 2000);
    char *streamed = check_malloc(size);
    fspec_cqt_stream *s = NULL;
    memset(streamed, 0, size);
    REQUIRE(fspec_cqt_stream_create(plan, 1, &s) == FSPEC_OK, "stream");
    for (int pass = 0; pass < 2; pass++) {
        int64_t frames = 0, got, count;
        for (int64_t at = 0; at < n; at += count) {
            count = rng_int(r, 0, largest);
            count = count > n - at ? n - at : count;
            const fspec_signal chunk = {y + at, count, sizeof *y, FSPEC_FLOAT32, 0};
            const fspec_matrix m = matrix(g, streamed + (size_t)(frames * g->n_bins) * element(g));
            const int64_t ready = fspec_cqt_stream_ready(s, count);
            CHECK_STATUS(fspec_cqt_stream_push(s, &chunk, &m, out_type(g), NULL, &got), FSPEC_OK, "push");
            CHECK(got == ready, "%lld frames instead of %lld", (long long)got, (long long)ready);
            frames += got;
        }
        const fspec_matrix m = matrix(g, streamed + (size_t)(frames * g->n_bins) * element(g));
        const int64_t pending = fspec_cqt_stream_pending(s);
        CHECK_STATUS(fspec_cqt_stream_flush(s, &m, out_type(g), NULL, &got), FSPEC_OK, "flush");
        CHECK(got == pending && frames + got == fspec_cqt_n_frames(plan, n), "%lld frames in all", (long long)(frames + got));
        CHECK(!memcmp(out, streamed, size), "pass %d, chunks up to %lld", pass, (long long)largest);
        fspec_cqt_stream_reset(s);
    }
    fspec_cqt_stream_free(s);
    free(streamed);
}

static uint64_t random_cases(uint64_t hash)
{
    rng r = {11};
    float *y = check_malloc(sizeof *y * MOST_SAMPLES);
    for (int i = 0; i < 60; i++) {
        static cqt_case c;
        fspec_cqt *plan = NULL;
        i % 3 ? make_exact(&r, &c) : make_filters(&r, &c);
        const int64_t n = rng_int(&r, 0, 4) ? rng_int(&r, 2000, CHECK_SANITIZED ? 6000 : MOST_SAMPLES) : rng_int(&r, 1, 300);
        for (int64_t j = 0; j < n; j++)
            y[j] = (float)rng_uniform(&r, -1, 1);
        if (c.config.hop_length < 20)
            c.config.hop_length *= 16;
        REQUIRE(fspec_cqt_create(&c.config, &plan) == FSPEC_OK, "case %d", i);
        char *out = transform(plan, &c.config, y, n, NULL);
        if (!c.config.filters)
            check_definition(&r, &c, plan, out, y, n);
        check_threads(&r, &c, plan, out, y, n);
        check_stream(&r, &c, plan, out, y, n);
        hash = check_hash(hash, out, result_size(plan, &c.config, n));
        fspec_cqt_free(plan);
        free(out);
        free(c.taps);
    }
    free(y);
    return hash;
}

/* Tiers with fused multiply-add have each other's bits: the first one hands its hash on. */
static void compare_tiers(uint64_t hash, char **argv)
{
    char text[32];
    const char *theirs = getenv("CQT_HASH"), *tier = fspec_simd_tier();
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (theirs && strcmp(tier, "portable") != 0)
        CHECK(!strcmp(text, theirs), "tier %s: %s instead of %s", tier, text, theirs);
    if (!theirs && strcmp(tier, "portable") != 0)
        setenv("CQT_HASH", text, 1);
    check_other_tiers(argv);
}

/* ---- failures ----------------------------------------------------------------------------------------------------- */

static long allocations_left, blocks_held;

static void *scarce(size_t bytes, void *user)
{
    (void)user;
    if (allocations_left-- <= 0)
        return NULL;
    blocks_held++;
    return malloc(bytes);
}

static void give_back(void *block, void *user)
{
    (void)user;
    blocks_held -= block != NULL;
    free(block);
}

/* Every allocation fails once: the status says so and nothing is left behind. */
static void allocation_failures(void)
{
    const fspec_allocator allocator = {scarce, give_back, NULL};
    float *y = check_malloc(sizeof *y * 5000);
    char *out = check_malloc(1 << 22);
    rng r = {5};
    memset(y, 0, sizeof *y * 5000);
    for (int i = 0; i < 4; i++) {
        static cqt_case c;
        i % 2 ? make_exact(&r, &c) : make_filters(&r, &c);
        if (c.config.hop_length < 100)
            c.config.hop_length *= 128;
        const fspec_signal signal = {y, 5000, sizeof *y, FSPEC_FLOAT32, 0};
        const fspec_matrix m = matrix(&c.config, out);
        fspec_status status = FSPEC_NO_MEMORY;
        fspec_set_allocator(&allocator);
        for (long allowed = 0; status != FSPEC_OK && allowed < 10000; allowed++) {
            fspec_cqt *plan = NULL;
            fspec_cqt_stream *stream = NULL;
            allocations_left = allowed;
            status = fspec_cqt_create(&c.config, &plan);
            if (status == FSPEC_OK)
                status = fspec_cqt_exec(plan, &signal, &m, 1, out_type(&c.config), NULL);
            if (status == FSPEC_OK)
                status = fspec_cqt_stream_create(plan, 2, &stream);
            CHECK(status == FSPEC_OK || status == FSPEC_NO_MEMORY, "%s", fspec_status_string(status));
            fspec_cqt_stream_free(stream);
            fspec_cqt_free(plan);
            CHECK(blocks_held == 0, "%ld blocks are left", blocks_held);
        }
        fspec_set_allocator(NULL);
        free(c.taps);
    }
    free(out);
    free(y);
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

/* Rows of a spectrum must lie within it, and be finite. */
static void bad_spectra(const fspec_cqt_config *good)
{
    static const int64_t rows[][2] = {{-1, 1}, {0, 18}, {17, 1}, {0, -1}, {INT64_MAX, 2}, {2, INT64_MAX}, {0, 4}};
    double taps[64] = {1}, spectrum[36] = {[7] = NAN};
    fspec_cqt *plan = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const fspec_cqt_filter filter = {0, -16, 32, taps, spectrum, rows[i][0], rows[i][1]};
        fspec_cqt_config config = *good;
        config.n_bins = 1;
        config.filters = &filter;
        CHECK_STATUS(fspec_cqt_create(&config, &plan), FSPEC_BAD_ARGUMENT, "rows %zu", i);
    }
}

static void bad_arguments(void)
{
    static cqt_case c;
    rng r = {3};
    fspec_cqt *plan = NULL;
    float y[64] = {0}, out[4096];
    make_exact(&r, &c);
    c.config.precision = FSPEC_SINGLE;
    c.config.output = FSPEC_CQT_MAGNITUDE;
    c.config.hop_length = 64;
    const fspec_cqt_config good = c.config;
#define REFUSED(field, value, status) \
    do { \
        fspec_cqt_config bad = good; \
        bad.field = (value); \
        CHECK_STATUS(fspec_cqt_create(&bad, &plan), (status), #field); \
    } while (0)
    REFUSED(size, 1, FSPEC_BAD_STRUCT);
    REFUSED(output, (fspec_cqt_output)7, FSPEC_BAD_OUTPUT);
    REFUSED(precision, (fspec_precision)7, FSPEC_BAD_PRECISION);
    REFUSED(hop_length, 0, FSPEC_BAD_HOP_LENGTH);
    REFUSED(hop_length, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(n_bins, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(n_bins, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(sr, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(sr, 1, FSPEC_BAD_ARGUMENT);
    REFUSED(frequencies, NULL, FSPEC_BAD_ARGUMENT);
    REFUSED(min_distance, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(attenuation, 1e9, FSPEC_BAD_ARGUMENT);
    REFUSED(window, good.lengths, FSPEC_BAD_WINDOW);
    REFUSED(decimator, good.lengths, FSPEC_BAD_ARGUMENT);
    REFUSED(domain, (fspec_cqt_domain)3, FSPEC_BAD_ARGUMENT);
    bad_spectra(&good);
    CHECK_STATUS(fspec_cqt_create(NULL, &plan), FSPEC_BAD_ARGUMENT, "no config");
    REQUIRE(fspec_cqt_create(&good, &plan) == FSPEC_OK, "plan");
    fspec_signal signal = {y, 64, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix m = matrix(&good, (char *)out);
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, FSPEC_COMPLEX64, NULL), FSPEC_BAD_DATA_TYPE, "complex");
    CHECK_STATUS(fspec_cqt_exec(plan, NULL, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "no signals");
    CHECK_STATUS(fspec_cqt_exec(plan, NULL, NULL, 0, FSPEC_FLOAT32, NULL), FSPEC_OK, "nothing to do");
    signal.n_samples = 0;
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_TOO_SHORT, "empty");
    signal.n_samples = 64;
    y[63] = NAN;
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_NOT_FINITE, "NaN");
    y[63] = 0;
    fspec_call call;
    fspec_call_init(&call);
    call.scratch = out;
    call.scratch_size = 8;
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, FSPEC_FLOAT32, &call), FSPEC_BAD_ARGUMENT, "little scratch");
    fspec_cqt_free(plan);
    fspec_cqt_free(NULL);
}

static void cancelling(void)
{
    static cqt_case c;
    rng r = {4};
    fspec_cqt *plan = NULL;
    fspec_call call;
    const int64_t n = 24000000;
    make_exact(&r, &c);
    c.config.precision = FSPEC_SINGLE;
    c.config.output = FSPEC_CQT_MAGNITUDE;
    c.config.hop_length = 512;
    REQUIRE(fspec_cqt_create(&c.config, &plan) == FSPEC_OK, "plan");
    float *y = calloc((size_t)n, sizeof *y);
    REQUIRE(y != NULL, "memory");
    char *out = check_malloc(result_size(plan, &c.config, n));
    const fspec_signal signal = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix m = matrix(&c.config, out);
    fspec_call_init(&call);
    call.cancel = stop;
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, FSPEC_FLOAT32, &call), FSPEC_CANCELLED, "long call");
    fspec_cqt_free(plan);
    free(out);
    free(y);
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    bad_arguments();
    allocation_failures();
    cancelling();
    compare_tiers(random_cases(CHECK_HASH_START), argv);
    return check_done();
}
