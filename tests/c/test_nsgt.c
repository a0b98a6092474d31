/* The nonstationary Gabor transform against its definition, there and back, and against itself: threads, batches, scratch, tiers,
 * failures. SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

enum { MOST_BINS = 96, MOST_SAMPLES = 20000 };

typedef struct nsgt_case {
    fspec_nsgt_config config;
    double frequencies[MOST_BINS], bandwidths[MOST_BINS];
    double window[64];
    int64_t n_samples, n_blocks, first;
} nsgt_case;

static void make_case(rng *r, nsgt_case *c)
{
    fspec_nsgt_config *g = &c->config;
    memset(c, 0, sizeof *c);
    fspec_nsgt_config_init(g);
    g->sr = rng_uniform(r, 4000, 50000);
    g->precision = rng_int(r, 0, 1) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    const double octave = rng_uniform(r, 3, 16), alpha = exp2(1 / octave) - exp2(-1 / octave);
    const double added = rng_int(r, 0, 1) ? 0 : rng_uniform(r, 0, .004) * g->sr;
    const double highest = (.5 * g->sr - added / 2) / (1 + alpha / 2), top = highest * rng_uniform(r, .3, 1);
    for (int64_t k = 0; k < MOST_BINS; k++) {
        const double f = top * exp2((double)-k / octave), width = alpha * f + added;
        if (f - width / 2 < 0 || f < .01 * g->sr)
            break;
        g->n_bins++;
    }
    for (int64_t k = 0; k < g->n_bins; k++) {
        c->frequencies[k] = top * exp2((double)(k + 1 - g->n_bins) / octave);
        c->bandwidths[k] = alpha * c->frequencies[k] + added;
    }
    g->frequencies = c->frequencies;
    g->bandwidths = c->bandwidths;
    g->residual = rng_int(r, 0, 3) > 0;
    g->n_frames = rng_int(r, 0, 3) ? 0 : -1;
    g->oversampling = rng_int(r, 0, 2) ? 1 : rng_uniform(r, 1, 2.5);
    if (rng_int(r, 0, 2) == 0) {
        for (int i = 0; i < 64; i++)
            c->window[i] = .54 + .46 * cos(3.14159265358979 * i / 63);
        g->window = c->window;
        g->n_window = 64;
    }
    c->n_samples = rng_int(r, 0, 4) ? rng_int(r, 100, CHECK_SANITIZED ? 4000 : MOST_SAMPLES) : rng_int(r, 1, 20);
    if (rng_int(r, 0, 1)) {
        g->length = fspec_nsgt_fast_length(rng_int(r, 64, 9000), 4);
        g->transition = 2 * rng_int(r, 1, g->length / 4);
        c->first = -g->length / 2;
        c->n_blocks = c->n_samples / (g->length / 2) + 2;
    } else {
        g->length = fspec_nsgt_fast_length(c->n_samples, rng_int(r, 0, 1) ? 4 : 60);
        c->n_blocks = 1;
    }
}

/* The bands of one signal, one after the other, block by block. */
typedef struct bands {
    char *data;
    size_t bytes;
    fspec_dtype dtype;
    fspec_matrix *m;
} bands;

static bands make_bands(const nsgt_case *c, const fspec_nsgt *plan)
{
    const int64_t size = c->config.precision == FSPEC_DOUBLE ? 16 : 8, n = fspec_nsgt_n_bands(plan);
    bands b = {.dtype = size == 16 ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64};
    for (int64_t k = 0; k < n; k++)
        b.bytes += (size_t)(fspec_nsgt_n_coefficients(plan, k) * c->n_blocks * size);
    b.data = check_malloc(b.bytes);
    memset(b.data, 0x55, b.bytes);
    b.m = check_malloc((size_t)n * sizeof *b.m);
    char *at = b.data;
    for (int64_t k = 0; k < n; k++) {
        const int64_t row = fspec_nsgt_n_coefficients(plan, k) * size;
        b.m[k] = (fspec_matrix){at, row, size};
        at += row * c->n_blocks;
    }
    return b;
}

static void free_bands(bands *b)
{
    free(b->data);
    free(b->m);
}

static double coefficient(const bands *b, int64_t band, int64_t block, int64_t i, double *im)
{
    const char *p = (const char *)b->m[band].data + block * b->m[band].bin_stride + i * b->m[band].frame_stride;
    if (b->dtype == FSPEC_COMPLEX128) {
        *im = ((const double *)(const void *)p)[1];
        return ((const double *)(const void *)p)[0];
    }
    *im = (double)((const float *)(const void *)p)[1];
    return (double)((const float *)(const void *)p)[0];
}

/* ---- the definition ----------------------------------------------------------------------------------------------- */

static double window_at(const nsgt_case *c, double u)
{
    if (fabs(u) >= .5)
        return 0;
    return c->config.window ? .54 + .46 * cos(6.283185307179586 * u) : .5 + .5 * cos(6.283185307179586 * u);
}

/* Some coefficients of a block of a whole signal, as sums over its DFT. */
static void check_definition(rng *r, const nsgt_case *c, const fspec_nsgt *plan, const bands *b, const double *y)
{
    const int64_t length = c->config.length, m = length / 2;
    const int wide = c->config.precision == FSPEC_DOUBLE;
    double *re = check_malloc((size_t)(m + 1) * sizeof *re), *im = check_malloc((size_t)(m + 1) * sizeof *im);
    double power = 0, worst = 0;
    for (int64_t j = 0; j <= m; j++) {
        re[j] = im[j] = 0;
        for (int64_t i = 0; i < c->n_samples; i++) {
            const double turn = 6.283185307179586 * (double)(i * j % length) / (double)length;
            re[j] += y[i] * cos(turn);
            im[j] -= y[i] * sin(turn);
        }
    }
    for (int64_t i = 0; i < c->n_samples; i++)
        power += y[i] * y[i];
    for (int round = 0; round < 40; round++) {
        const int64_t k = rng_int(r, 0, c->config.n_bins - 1), band = k + (c->config.residual ? 1 : 0);
        const int64_t n = fspec_nsgt_n_coefficients(plan, band), i = rng_int(r, 0, n - 1);
        double sum[2] = {0, 0}, got[2];
        for (int64_t j = 0; j <= m; j++) {
            const double f = (double)j * c->config.sr / (double)length;
            const double g = window_at(c, (f - c->frequencies[k]) / c->bandwidths[k]) * 2 / (double)length;
            const double turn = 6.283185307179586 * (double)(i * j % n) / (double)n;
            sum[0] += g * (re[j] * cos(turn) - im[j] * sin(turn));
            sum[1] += g * (re[j] * sin(turn) + im[j] * cos(turn));
        }
        got[0] = coefficient(b, band, 0, i, &got[1]);
        worst = fmax(worst, hypot(got[0] - sum[0], got[1] - sum[1]));
    }
    const double scale = sqrt(power / (double)length);
    CHECK(worst <= (wide ? 1e-9 : 4e-6) * scale, "error %g of %g, length %lld", worst, scale, (long long)length);
    free(re);
    free(im);
}

/* ---- there and back ----------------------------------------------------------------------------------------------- */

static void check_back(const nsgt_case *c, const fspec_nsgt *plan, const bands *b, const double *y, uint64_t *hash)
{
    const int wide = c->config.precision == FSPEC_DOUBLE;
    const size_t size = wide ? 8 : 4;
    char *out = check_malloc((size_t)c->n_samples * size), *again = check_malloc((size_t)c->n_samples * size);
    const fspec_signal signal = {out, c->n_samples, (int64_t)size, wide ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0};
    fspec_signal other = signal;
    fspec_call call;
    double error = 0, power = 0;
    CHECK_STATUS(fspec_nsgt_inverse(plan, b->m, b->dtype, c->first, c->n_blocks, &signal, 1, NULL), FSPEC_OK, "inverse");
    for (int64_t i = 0; i < c->n_samples; i++) {
        const double x = wide ? ((const double *)(const void *)out)[i] : (double)((const float *)(const void *)out)[i];
        error += (x - y[i]) * (x - y[i]);
        power += y[i] * y[i];
    }
    if (c->config.residual)
        CHECK(sqrt(error) <= (wide ? 1e-14 : 1e-6) * sqrt(power), "there and back: %g, %lld samples in blocks of %lld",
              sqrt(error / power), (long long)c->n_samples, (long long)c->config.length);
    fspec_call_init(&call);
    call.n_threads = 3;
    other.data = again;
    CHECK_STATUS(fspec_nsgt_inverse(plan, b->m, b->dtype, c->first, c->n_blocks, &other, 1, &call), FSPEC_OK, "threads");
    CHECK(!memcmp(out, again, (size_t)c->n_samples * size), "inverse by threads");
    *hash = check_hash(*hash, out, (size_t)c->n_samples * size);
    free(out);
    free(again);
}

static void check_threads(rng *r, const nsgt_case *c, const fspec_nsgt *plan, const bands *b, const fspec_signal *signal)
{
    fspec_call call;
    bands again = make_bands(c, plan);
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 2, 6);
    call.scratch_size = fspec_nsgt_scratch(plan, 1, c->n_blocks, call.n_threads);
    REQUIRE(call.scratch_size > 0, "scratch");
    char *block = check_malloc(call.scratch_size + 1);
    memset(block, 0xff, call.scratch_size + 1); /* NaN: nothing of it may show */
    call.scratch = block + 1;
    CHECK_STATUS(fspec_nsgt_exec(plan, signal, c->first, c->n_blocks, again.m, 1, b->dtype, &call), FSPEC_OK, "threads");
    CHECK(!memcmp(b->data, again.data, b->bytes), "%d threads", call.n_threads);
    free(block);
    free_bands(&again);
}

static uint64_t random_cases(uint64_t hash)
{
    rng r = {17};
    double *y = check_malloc(sizeof *y * MOST_SAMPLES);
    float *narrow = check_malloc(sizeof *narrow * MOST_SAMPLES);
    for (int i = 0; i < (CHECK_SANITIZED ? 30 : 120); i++) {
        static nsgt_case c;
        fspec_nsgt *plan = NULL;
        make_case(&r, &c);
        for (int64_t j = 0; j < c.n_samples; j++)
            y[j] = narrow[j] = (float)rng_uniform(&r, -1, 1);
        REQUIRE(fspec_nsgt_create(&c.config, &plan) == FSPEC_OK, "case %d", i);
        CHECK(fspec_nsgt_n_bands(plan) == c.config.n_bins + 2 * c.config.residual, "bands");
        int64_t counts[MOST_BINS + 2];
        CHECK_STATUS(fspec_nsgt_counts(&c.config, counts), FSPEC_OK, "counts");
        for (int64_t k = 0; k < fspec_nsgt_n_bands(plan); k++)
            CHECK(counts[k] == fspec_nsgt_n_coefficients(plan, k), "band %lld", (long long)k);
        bands b = make_bands(&c, plan);
        const fspec_signal signal = {narrow, c.n_samples, sizeof *narrow, FSPEC_FLOAT32, 0};
        CHECK_STATUS(fspec_nsgt_exec(plan, &signal, c.first, c.n_blocks, b.m, 1, b.dtype, NULL), FSPEC_OK, "case %d", i);
        if (!c.config.transition && c.config.length < 1500)
            check_definition(&r, &c, plan, &b, y);
        check_threads(&r, &c, plan, &b, &signal);
        hash = check_hash(hash, b.data, b.bytes);
        check_back(&c, plan, &b, y, &hash);
        free_bands(&b);
        fspec_nsgt_free(plan);
    }
    free(narrow);
    free(y);
    return hash;
}

/* Tiers with fused multiply-add have each other's bits: the first one hands its hash on. */
static void compare_tiers(uint64_t hash, char **argv)
{
    char text[32];
    const char *theirs = getenv("NSGT_HASH"), *tier = fspec_simd_tier();
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (theirs && strcmp(tier, "portable") != 0)
        CHECK(!strcmp(text, theirs), "tier %s: %s instead of %s", tier, text, theirs);
    if (!theirs && strcmp(tier, "portable") != 0)
        setenv("NSGT_HASH", text, 1);
    check_other_tiers(argv);
}

static void fast_lengths(void)
{
    CHECK(fspec_nsgt_fast_length(1, 4) == 64 && fspec_nsgt_fast_length(65, 4) == 72, "short");
    CHECK(fspec_nsgt_fast_length(1323000, 4) == 1327104, "half a minute");
    CHECK(fspec_nsgt_fast_length(1000, 7) == 0 && fspec_nsgt_fast_length(1000, 0) == 0, "no multiple");
    CHECK(fspec_nsgt_fast_length(INT64_MAX, 4) == 0 && fspec_nsgt_fast_length(-5, 4) == 64, "extremes");
    for (int64_t n = 64; n < 3000; n += 17) {
        const int64_t got = fspec_nsgt_fast_length(n, 6);
        CHECK(got >= n && got % 12 == 0 && got <= n * 5 / 4 + 12, "%lld: %lld", (long long)n, (long long)got);
    }
}

/* ---- failures ----------------------------------------------------------------------------------------------------- */

static long allocations_left, blocks_held;

static void *scarce(size_t bytes, void *user)
{
    (void)user;
    if (allocations_left-- <= 0)
        return NULL;
    void *block = malloc(bytes);
    if (block) {
        memset(block, 0xcd, bytes); /* nobody may count on zeros */
        blocks_held++;
    }
    return block;
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
    float *y = check_malloc(sizeof *y * MOST_SAMPLES);
    float *back = check_malloc(sizeof *back * MOST_SAMPLES);
    rng r = {5};
    memset(y, 0, sizeof *y * MOST_SAMPLES);
    for (int i = 0; i < 6; i++) {
        static nsgt_case c;
        fspec_nsgt *plan = NULL;
        make_case(&r, &c);
        REQUIRE(fspec_nsgt_create(&c.config, &plan) == FSPEC_OK, "plan");
        bands b = make_bands(&c, plan);
        fspec_nsgt_free(plan);
        const fspec_signal in = {y, c.n_samples, sizeof *y, FSPEC_FLOAT32, 0}, out = {back, c.n_samples, sizeof *back, FSPEC_FLOAT32, 0};
        fspec_status status = FSPEC_NO_MEMORY;
        long allowed = 0;
        fspec_set_allocator(&allocator);
        for (; status != FSPEC_OK && allowed < 10000; allowed++) {
            fspec_nsgt *const untouched = (fspec_nsgt *)(void *)&c;
            plan = untouched;
            allocations_left = allowed;
            status = fspec_nsgt_create(&c.config, &plan);
            if (status == FSPEC_OK) {
                status = fspec_nsgt_exec(plan, &in, c.first, c.n_blocks, b.m, 1, b.dtype, NULL);
                if (status == FSPEC_OK)
                    status = fspec_nsgt_inverse(plan, b.m, b.dtype, c.first, c.n_blocks, &out, 1, NULL);
                fspec_nsgt_free(plan);
            } else {
                CHECK(plan == untouched, "the plan pointer was written");
            }
            CHECK(status == FSPEC_OK || status == FSPEC_NO_MEMORY, "%s", fspec_status_string(status));
            CHECK(blocks_held == 0, "%ld blocks are left", blocks_held);
        }
        CHECK(status == FSPEC_OK && allowed > 10, "%s after %ld", fspec_status_string(status), allowed);
        fspec_set_allocator(NULL);
        free_bands(&b);
    }
    free(back);
    free(y);
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void bad_arguments(void)
{
    static nsgt_case c;
    rng r = {3};
    fspec_nsgt *plan = NULL;
    float y[64] = {0};
    do {
        make_case(&r, &c);
    } while (c.config.transition || c.config.n_frames || c.config.n_bins < 5 || c.n_samples < 3000 || !c.config.residual);
    c.config.precision = FSPEC_SINGLE;
    c.config.window = NULL;
    c.n_samples = 64;
    const fspec_nsgt_config good = c.config;
#define REFUSED(field, value, status) \
    do { \
        fspec_nsgt_config bad = good; \
        bad.field = (value); \
        CHECK_STATUS(fspec_nsgt_create(&bad, &plan), (status), #field); \
    } while (0)
    double holes[64] = {0}, backwards[2] = {2000, 1000};
    holes[0] = 1;
    REFUSED(size, 1, FSPEC_BAD_STRUCT);
    REFUSED(precision, (fspec_precision)7, FSPEC_BAD_PRECISION);
    REFUSED(sr, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(sr, 1, FSPEC_BAD_ARGUMENT);
    REFUSED(length, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(length, 62, FSPEC_BAD_ARGUMENT);
    REFUSED(length, 66, FSPEC_BAD_ARGUMENT);
    REFUSED(length, 4 * 7 * 64, FSPEC_BAD_ARGUMENT);
    REFUSED(length, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(n_bins, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(n_bins, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(frequencies, NULL, FSPEC_BAD_ARGUMENT);
    REFUSED(bandwidths, NULL, FSPEC_BAD_ARGUMENT);
    REFUSED(oversampling, .5, FSPEC_BAD_ARGUMENT);
    REFUSED(oversampling, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(input_scale, INFINITY, FSPEC_BAD_ARGUMENT);
    REFUSED(transition, 3, FSPEC_BAD_ARGUMENT);
    REFUSED(transition, -2, FSPEC_BAD_ARGUMENT);
    REFUSED(transition, good.length, FSPEC_BAD_ARGUMENT);
    REFUSED(n_frames, 2, FSPEC_BAD_HOP_LENGTH);
    REFUSED(n_frames, -2, FSPEC_BAD_HOP_LENGTH);
    REFUSED(n_frames, 2 * 7 * 1024, FSPEC_BAD_HOP_LENGTH);
    REFUSED(window, holes, FSPEC_BAD_WINDOW);
    fspec_nsgt_config bad = good;
    bad.window = holes;
    bad.n_window = 64;
    CHECK_STATUS(fspec_nsgt_create(&bad, &plan), FSPEC_BAD_WINDOW, "a window of zeros");
    holes[5] = NAN;
    CHECK_STATUS(fspec_nsgt_create(&bad, &plan), FSPEC_BAD_WINDOW, "a window with NaN");
    bad = good;
    bad.frequencies = backwards;
    bad.n_bins = 2;
    CHECK_STATUS(fspec_nsgt_create(&bad, &plan), FSPEC_BAD_ARGUMENT, "descending frequencies");
    CHECK_STATUS(fspec_nsgt_create(NULL, &plan), FSPEC_BAD_ARGUMENT, "no config");
    CHECK_STATUS(fspec_nsgt_create(&good, NULL), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_nsgt_counts(&good, NULL), FSPEC_BAD_ARGUMENT, "no counts");
    REQUIRE(fspec_nsgt_create(&good, &plan) == FSPEC_OK, "plan");
    c.n_blocks = 1;
    bands b = make_bands(&c, plan);
    fspec_signal s = {y, 64, sizeof *y, FSPEC_FLOAT32, 0};
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, 1, b.m, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_DATA_TYPE, "real output");
    CHECK_STATUS(fspec_nsgt_exec(plan, NULL, 0, 1, b.m, 1, b.dtype, NULL), FSPEC_BAD_ARGUMENT, "no signals");
    CHECK_STATUS(fspec_nsgt_exec(NULL, &s, 0, 1, b.m, 1, b.dtype, NULL), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_nsgt_exec(plan, NULL, 0, 1, NULL, 0, b.dtype, NULL), FSPEC_OK, "nothing to do");
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, -1, b.m, 1, b.dtype, NULL), FSPEC_BAD_ARGUMENT, "-1 blocks");
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, INT64_MAX, b.m, 1, b.dtype, NULL), FSPEC_TOO_LARGE, "many blocks");
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, INT64_MIN, 1, b.m, 1, b.dtype, NULL), FSPEC_BAD_ARGUMENT, "far away");
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, 0, b.m, 1, b.dtype, NULL), FSPEC_OK, "no blocks");
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 1 << 30, 1, b.m, 1, b.dtype, NULL), FSPEC_OK, "behind the signal");
    for (size_t i = 0; i < b.bytes / sizeof(float); i++)
        CHECK(((const float *)(const void *)b.data)[i] == 0, "silence there");
    s.n_samples = 0;
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, 1, b.m, 1, b.dtype, NULL), FSPEC_TOO_SHORT, "empty");
    s.n_samples = 64;
    y[63] = NAN;
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, 1, b.m, 1, b.dtype, NULL), FSPEC_NOT_FINITE, "NaN");
    y[63] = 0;
    b.m[3].frame_stride = INT64_MAX;
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, 1, b.m, 1, b.dtype, NULL), FSPEC_BAD_ARGUMENT, "a stride");
    b.m[3].frame_stride = 8;
    fspec_call call;
    fspec_call_init(&call);
    call.scratch = y;
    call.scratch_size = 8;
    CHECK_STATUS(fspec_nsgt_exec(plan, &s, 0, 1, b.m, 1, b.dtype, &call), FSPEC_BAD_ARGUMENT, "little scratch");
    s.dtype = FSPEC_INT16;
    CHECK_STATUS(fspec_nsgt_inverse(plan, b.m, b.dtype, 0, 1, &s, 1, NULL), FSPEC_BAD_DATA_TYPE, "to integers");
    s.dtype = FSPEC_FLOAT32;
    s.byte_swapped = 1;
    CHECK_STATUS(fspec_nsgt_inverse(plan, b.m, b.dtype, 0, 1, &s, 1, NULL), FSPEC_BAD_DATA_TYPE, "swapped");
    CHECK(fspec_nsgt_n_coefficients(plan, -1) == 0 && fspec_nsgt_n_coefficients(plan, 1000) == 0, "no such band");
    CHECK(fspec_nsgt_scratch(plan, -1, 1, 1) == 0 && fspec_nsgt_size(plan) > 0, "sizes");
    free_bands(&b);
    fspec_nsgt_free(plan);
    fspec_nsgt_free(NULL);
}

static void cancelling(void)
{
    static nsgt_case c;
    rng r = {4};
    fspec_nsgt *plan = NULL;
    fspec_call call;
    do {
        make_case(&r, &c);
    } while (!c.config.transition || c.config.length > 4000);
    c.n_samples = 4000000;
    c.n_blocks = c.n_samples / (c.config.length / 2) + 2;
    REQUIRE(fspec_nsgt_create(&c.config, &plan) == FSPEC_OK, "plan");
    float *y = calloc((size_t)c.n_samples, sizeof *y);
    REQUIRE(y != NULL, "memory");
    bands b = make_bands(&c, plan);
    const fspec_signal signal = {y, c.n_samples, sizeof *y, FSPEC_FLOAT32, 0};
    fspec_call_init(&call);
    call.cancel = stop;
    for (call.n_threads = 1; call.n_threads <= 2; call.n_threads++) {
        CHECK_STATUS(fspec_nsgt_exec(plan, &signal, c.first, c.n_blocks, b.m, 1, b.dtype, &call), FSPEC_CANCELLED, "long call");
        CHECK_STATUS(fspec_nsgt_inverse(plan, b.m, b.dtype, c.first, c.n_blocks, &signal, 1, &call), FSPEC_CANCELLED, "long call");
    }
    fspec_nsgt_free(plan);
    free_bands(&b);
    free(y);
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    fast_lengths();
    bad_arguments();
    allocation_failures();
    cancelling();
    compare_tiers(random_cases(CHECK_HASH_START), argv);
    return check_done();
}
