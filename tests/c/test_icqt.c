/* The inverse constant-Q transforms: the adjoint's identity, librosa's way by slow sums, least squares; threads, batches, scratch,
 * tiers, failures. SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

enum { MOST_BINS = 40, MOST_SAMPLES = 12000, MOST_TAPS = 300, MOST_REACH = 30 };

typedef struct icqt_case {
    fspec_cqt_config config;
    double frequencies[MOST_BINS], lengths[MOST_BINS], amplitudes[MOST_BINS], decimator[MOST_REACH + 1];
    double taps[MOST_BINS][2 * MOST_TAPS];
    fspec_cqt_filter filters[MOST_BINS];
    fspec_cqt *forward;
    int64_t n_frames, n_samples;
    char *C, *y; /* frame by frame, and a signal, of the plan's precision */
} icqt_case;

static int is_double(const icqt_case *c) { return c->config.precision == FSPEC_DOUBLE; }
static size_t real_size(const icqt_case *c) { return is_double(c) ? 8 : 4; }
static fspec_dtype complex_type(const icqt_case *c) { return is_double(c) ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64; }
static int64_t n_values(const icqt_case *c) { return 2 * c->n_frames * c->config.n_bins; }
static size_t signal_bytes(const icqt_case *c) { return (size_t)c->n_samples * real_size(c); }

static double get(const icqt_case *c, const char *x, int64_t i)
{
    return is_double(c) ? ((const double *)(const void *)x)[i] : (double)((const float *)(const void *)x)[i];
}

static void set(const icqt_case *c, char *x, int64_t i, double value)
{
    if (is_double(c))
        ((double *)(void *)x)[i] = value;
    else
        ((float *)(void *)x)[i] = (float)value;
}

static fspec_matrix matrix(const icqt_case *c, char *data)
{
    const int64_t size = 2 * (int64_t)real_size(c);
    return (fspec_matrix){data, size, size * c->config.n_bins};
}

static fspec_signal signal_of(const icqt_case *c, char *data)
{
    return (fspec_signal){data, c->n_samples, (int64_t)real_size(c), is_double(c) ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0};
}

static void exact_bins(rng *r, icqt_case *c)
{
    fspec_cqt_config *g = &c->config;
    const double ratio = exp2(rng_uniform(r, .02, .15)), top = rng_uniform(r, .1, .5) * g->sr, q = rng_uniform(r, 8, 20);
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
static void filter_bins(rng *r, icqt_case *c)
{
    fspec_cqt_config *g = &c->config;
    int level = (int)rng_int(r, 0, 4);
    g->hop_length = rng_int(r, 4, 40) << level;
    for (int64_t i = 0; i < g->n_bins; i++) {
        const int any = rng_int(r, 0, 5) == 0;
        level -= level > 0 && rng_int(r, 0, 5) == 0;
        const int64_t n = any ? rng_int(r, 1, MOST_TAPS) : (int64_t)1 << (3 + level);
        for (int64_t j = 0; j < n; j++) {
            const double u = (double)(j - n / 2) - .5, smooth = .5 + .5 * cos(6.283185307179586 * u / (double)n);
            const double size = any ? rng_uniform(r, -1, 1) : smooth;
            c->taps[i][2 * j] = size * cos(.3 * u + 1);
            c->taps[i][2 * j + 1] = -size * sin(.3 * u + 1);
        }
        c->filters[i] = (fspec_cqt_filter){
            .level = level, .first = any ? rng_int(r, -200, 100) : -n / 2, .n_taps = n, .taps = c->taps[i]};
    }
    g->filters = c->filters;
    g->decimator_reach = rng_int(r, 0, MOST_REACH);
    for (int64_t i = 0; i <= g->decimator_reach; i++)
        c->decimator[i] = rng_uniform(r, -.1, .3);
    if (rng_int(r, 0, 3))
        g->decimator = c->decimator;
}

static void make(rng *r, icqt_case *c, int filters)
{
    static const int64_t hops[] = {16, 33, 64, 96, 160, 441, 512, 1000, 9000};
    fspec_cqt_config *g = &c->config;
    memset(c, 0, sizeof *c);
    fspec_cqt_config_init(g);
    g->sr = rng_uniform(r, 4000, 50000);
    g->hop_length = hops[rng_int(r, 0, 8)];
    g->n_bins = rng_int(r, 1, MOST_BINS);
    g->precision = rng_int(r, 0, 1) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    filters ? filter_bins(r, c) : exact_bins(r, c);
    REQUIRE(fspec_cqt_create(g, &c->forward) == FSPEC_OK, "plan");
    c->n_samples = rng_int(r, 0, 4) ? rng_int(r, 2000, CHECK_SANITIZED ? 4000 : MOST_SAMPLES) : rng_int(r, 1, 300);
    c->n_frames = fspec_cqt_n_frames(c->forward, c->n_samples);
    c->C = check_malloc((size_t)n_values(c) * real_size(c));
    c->y = check_malloc(signal_bytes(c));
    for (int64_t i = 0; i < n_values(c); i++)
        set(c, c->C, i, rng_uniform(r, -1, 1));
}

static void unmake(icqt_case *c)
{
    fspec_cqt_free(c->forward);
    free(c->C);
    free(c->y);
}

static fspec_icqt *inverse_of(const icqt_case *c, fspec_icqt_method method)
{
    fspec_icqt_config config;
    fspec_icqt *plan = NULL;
    fspec_icqt_config_init(&config);
    config.method = method;
    REQUIRE(fspec_icqt_create(c->forward, &config, &plan) == FSPEC_OK, "inverse plan");
    return plan;
}

static void invert(const icqt_case *c, const fspec_icqt *plan, char *y, const fspec_call *call)
{
    const fspec_matrix in = matrix(c, c->C);
    const fspec_signal out = signal_of(c, y);
    CHECK_STATUS(fspec_icqt_exec(plan, &in, complex_type(c), c->n_frames, &out, 1, call), FSPEC_OK, "inverse");
}

/* ---- the definitions ---------------------------------------------------------------------------------------------- */

/* <T x, C> = <x, T* C>, relative to the norms. */
static void check_identity(rng *r, const icqt_case *c)
{
    char *x = check_malloc(signal_bytes(c)), *Tx = check_malloc((size_t)n_values(c) * real_size(c));
    double one = 0, other = 0, size = 0, scale = 0;
    for (int64_t i = 0; i < c->n_samples; i++)
        set(c, x, i, rng_uniform(r, -1, 1));
    const fspec_signal in = signal_of(c, x);
    const fspec_matrix out = matrix(c, Tx);
    CHECK_STATUS(fspec_cqt_exec(c->forward, &in, &out, 1, complex_type(c), NULL), FSPEC_OK, "transform");
    for (int64_t i = 0; i < n_values(c); i++) {
        one += get(c, Tx, i) * get(c, c->C, i);
        size += get(c, Tx, i) * get(c, Tx, i);
        scale += get(c, c->C, i) * get(c, c->C, i);
    }
    for (int64_t i = 0; i < c->n_samples; i++)
        other += get(c, x, i) * get(c, c->y, i);
    CHECK(fabs(one - other) <= (is_double(c) ? 1e-14 : 2e-6) * sqrt(size * scale), "%.17g, %.17g", one, other);
    free(x);
    free(Tx);
}

/* One level's frames, transposed, over their number; [-margin, n + margin), zero but in [0, n). */
static double *slow_level(const icqt_case *c, int level, int64_t margin, int64_t *n)
{
    const int64_t hop = c->config.hop_length >> level;
    *n = hop * (c->n_frames - 1);
    double *sum = check_malloc(sizeof *sum * (size_t)(*n + 2 * margin));
    memset(sum, 0, sizeof *sum * (size_t)(*n + 2 * margin));
    for (int64_t bin = 0; bin < c->config.n_bins; bin++) {
        const fspec_cqt_filter *f = &c->filters[bin];
        for (int64_t t = 0; f->level == level && t < c->n_frames; t++)
            for (int64_t j = 0; j < f->n_taps; j++) {
                const int64_t at = t * hop + f->first + j, since = at - f->first;
                if (at < 0 || at >= *n)
                    continue;
                int64_t count = 0;
                for (int64_t s = since / hop; s >= 0 && since - s * hop < f->n_taps; s--)
                    count += s < c->n_frames;
                const int64_t i = 2 * (t * c->config.n_bins + bin);
                sum[margin + at] += (f->taps[2 * j] * get(c, c->C, i) + f->taps[2 * j + 1] * get(c, c->C, i + 1)) / (double)count;
            }
    }
    return sum;
}

static void check_overlap(const icqt_case *c)
{
    enum { MARGIN = 4 * MOST_REACH };
    fspec_icqt *plan = inverse_of(c, FSPEC_ICQT_OVERLAP);
    char *y = check_malloc(signal_bytes(c));
    int64_t n = 0, finer;
    double *below = slow_level(c, c->filters[0].level, MARGIN, &n), peak = 0, worst = 0;
    for (int level = c->filters[0].level - 1; level >= 0; level--) {
        double *sum = slow_level(c, level, MARGIN, &finer);
        for (int64_t i = -MARGIN; i < finer + MARGIN; i++)
            for (int64_t j = -MARGIN; j < n + MARGIN; j++) {
                const int64_t distance = i > 2 * j ? i - 2 * j : 2 * j - i;
                if (distance <= c->config.decimator_reach)
                    sum[MARGIN + i] += c->decimator[distance] * below[MARGIN + j];
            }
        free(below);
        below = sum;
        n = finer;
    }
    invert(c, plan, y, NULL);
    for (int64_t i = 0; i < c->n_samples; i++) {
        const double expected = i < n ? below[MARGIN + i] : 0;
        peak = fmax(peak, fabs(expected));
        worst = fmax(worst, fabs(expected - get(c, y, i)));
    }
    CHECK(worst <= (is_double(c) ? 1e-13 : 2e-6) * fmax(peak, 1), "error %g of %g", worst, peak);
    free(below);
    free(y);
    fspec_icqt_free(plan);
}

static void check_solve(const icqt_case *c, const fspec_icqt *plan)
{
    char *x = check_malloc(signal_bytes(c)), *again = check_malloc(signal_bytes(c));
    double gains[MOST_BINS], residual[3];
    int64_t done[3];
    fspec_call call;
    fspec_call_init(&call);
    for (int64_t i = 0; i < MOST_BINS; i++)
        gains[i] = 1 + .01 * (double)i;
    const fspec_matrix in = matrix(c, c->C);
    const fspec_signal out = signal_of(c, x), other = signal_of(c, again);
    for (int i = 0; i < 3; i++)
        CHECK_STATUS(fspec_icqt_solve(c->forward, plan, &in, complex_type(c), c->n_frames, gains, 3 * i, 1e-6, 0, &out, 1, NULL,
                                      &residual[i], &done[i]),
                     FSPEC_OK, "solve");
    CHECK(residual[0] == 1 && done[0] == 0, "residual %g", residual[0]);
    CHECK(residual[1] <= 1.000001 && residual[2] <= residual[1] * 1.000001 && done[2] <= 6, "residuals %g, %g", residual[1],
          residual[2]);
    call.n_threads = 3;
    CHECK_STATUS(fspec_icqt_solve(c->forward, plan, &in, complex_type(c), c->n_frames, gains, 6, 1e-6, 0, &other, 1, &call, NULL,
                                  NULL),
                 FSPEC_OK, "solve");
    CHECK(!memcmp(x, again, signal_bytes(c)), "three threads");
    free(x);
    free(again);
}

/* ---- the same bits ------------------------------------------------------------------------------------------------ */

static void check_threads(rng *r, const icqt_case *c, const fspec_icqt *plan)
{
    char *again = check_malloc(signal_bytes(c));
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 2, 6);
    call.scratch_size = fspec_icqt_scratch(plan, c->n_samples, call.n_threads);
    REQUIRE(call.scratch_size > 0, "scratch");
    char *block = check_malloc(call.scratch_size + 1);
    memset(block, 0xff, call.scratch_size + 1);
    call.scratch = block + 1;
    invert(c, plan, again, &call);
    CHECK(!memcmp(c->y, again, signal_bytes(c)), "%d threads", call.n_threads);
    free(block);
    free(again);
}

/* Two signals at once, to the other type, with gaps between samples. */
static void check_batch(const icqt_case *c, const fspec_icqt *plan)
{
    const int wide = !is_double(c);
    const size_t size = wide ? 8 : 4;
    char *two = check_malloc(4 * (size_t)c->n_samples * size);
    const fspec_matrix in[2] = {matrix(c, c->C), matrix(c, c->C)};
    const fspec_dtype type = wide ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
    const fspec_signal out[2] = {{two, c->n_samples, 2 * (int64_t)size, type, 0},
                                 {two + size, c->n_samples, 2 * (int64_t)size, type, 0}};
    CHECK_STATUS(fspec_icqt_exec(plan, in, complex_type(c), c->n_frames, out, 2, NULL), FSPEC_OK, "batch");
    for (int64_t i = 0; i < 2 * c->n_samples; i++) {
        const double got = wide ? ((double *)(void *)two)[i] : (double)((float *)(void *)two)[i];
        const double expected = wide ? get(c, c->y, i / 2) : (double)(float)get(c, c->y, i / 2);
        CHECK(got == expected, "sample %lld", (long long)i);
    }
    free(two);
}

static uint64_t random_cases(uint64_t hash)
{
    rng r = {21};
    for (int i = 0; i < 48; i++) {
        static icqt_case c;
        make(&r, &c, i % 2);
        fspec_icqt *plan = inverse_of(&c, FSPEC_ICQT_ADJOINT);
        invert(&c, plan, c.y, NULL);
        check_identity(&r, &c);
        check_threads(&r, &c, plan);
        check_batch(&c, plan);
        check_solve(&c, plan);
        if (c.config.decimator)
            check_overlap(&c);
        hash = check_hash(hash, c.y, signal_bytes(&c));
        fspec_icqt_free(plan);
        unmake(&c);
    }
    return hash;
}

/* Tiers with fused multiply-add have each other's bits: the first one hands its hash on. */
static void compare_tiers(uint64_t hash, char **argv)
{
    char text[32];
    const char *theirs = getenv("ICQT_HASH"), *tier = fspec_simd_tier();
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (theirs && strcmp(tier, "portable") != 0)
        CHECK(!strcmp(text, theirs), "tier %s: %s instead of %s", tier, text, theirs);
    if (!theirs && strcmp(tier, "portable") != 0)
        setenv("ICQT_HASH", text, 1);
    check_other_tiers(argv);
}

/* ---- heads -------------------------------------------------------------------------------------------------------- */

/* What a head adds is its product with the level's first samples: those that a plan of that level alone has. */
static void check_heads(void)
{
    static const double taps[] = {1, 0, .5, .25, -.5, 1, 0, -1}, decimator[] = {1, .5, .25};
    const fspec_cqt_filter filters[2] = {{.level = 1, .first = -2, .n_taps = 4, .taps = taps},
                                         {.first = -1, .n_taps = 2, .taps = taps}},
                           alone = {.first = -2, .n_taps = 4, .taps = taps};
    const double weights[6] = {1, 2, 3, 4, 5, 6}; /* two samples, three outputs */
    const fspec_icqt_head head = {1, 2, 3, weights};
    double C[2 * 2 * 6], plain[40], headed[40], level[20];
    fspec_cqt_config g;
    fspec_icqt_config ic;
    fspec_cqt *forward = NULL, *single = NULL;
    fspec_icqt *a = NULL, *b = NULL, *own = NULL;
    rng r = {8};
    for (int i = 0; i < 24; i++)
        C[i] = rng_uniform(&r, -1, 1);
    fspec_cqt_config_init(&g);
    g.precision = FSPEC_DOUBLE;
    g.hop_length = 8;
    g.n_bins = 2;
    g.filters = filters;
    g.decimator = decimator;
    g.decimator_reach = 2;
    REQUIRE(fspec_cqt_create(&g, &forward) == FSPEC_OK, "plan");
    g.n_bins = 1;
    g.hop_length = 4;
    g.filters = &alone;
    REQUIRE(fspec_cqt_create(&g, &single) == FSPEC_OK, "plan");
    fspec_icqt_config_init(&ic);
    ic.method = FSPEC_ICQT_OVERLAP;
    REQUIRE(fspec_icqt_create(forward, &ic, &a) == FSPEC_OK && fspec_icqt_create(single, &ic, &own) == FSPEC_OK, "plans");
    ic.n_heads = 1;
    ic.heads = &head;
    REQUIRE(fspec_icqt_create(forward, &ic, &b) == FSPEC_OK, "plan");
    const fspec_matrix in = {C, 16, 32};
    const fspec_signal out[3] = {{plain, 40, 8, FSPEC_FLOAT64, 0}, {headed, 40, 8, FSPEC_FLOAT64, 0},
                                 {level, 20, 8, FSPEC_FLOAT64, 0}};
    CHECK_STATUS(fspec_icqt_exec(a, &in, FSPEC_COMPLEX128, 6, &out[0], 1, NULL), FSPEC_OK, "plain");
    CHECK_STATUS(fspec_icqt_exec(b, &in, FSPEC_COMPLEX128, 6, &out[1], 1, NULL), FSPEC_OK, "headed");
    CHECK_STATUS(fspec_icqt_exec(own, &in, FSPEC_COMPLEX128, 6, &out[2], 1, NULL), FSPEC_OK, "level");
    for (int i = 0; i < 40; i++) {
        const double more = i < 3 ? level[0] * weights[i] + level[1] * weights[3 + i] : 0;
        CHECK(fabs(headed[i] - plain[i] - more) <= 1e-14, "sample %d: %g and not %g", i, headed[i] - plain[i], more);
    }
    fspec_icqt_free(a);
    fspec_icqt_free(b);
    fspec_icqt_free(own);
#define REFUSED_HEAD(...) \
    do { \
        const fspec_icqt_head bad = {__VA_ARGS__}; \
        ic.heads = &bad; \
        CHECK_STATUS(fspec_icqt_create(forward, &ic, &a), FSPEC_BAD_ARGUMENT, #__VA_ARGS__); \
    } while (0)
    REFUSED_HEAD(0, 2, 3, weights);
    REFUSED_HEAD(1, 3, 2, weights);
    REFUSED_HEAD(1, 0, 3, weights);
    REFUSED_HEAD(1, 2, 1 << 20, weights);
    REFUSED_HEAD(1, 2, 3, NULL);
    ic.heads = &head;
    ic.method = FSPEC_ICQT_ADJOINT;
    CHECK_STATUS(fspec_icqt_create(forward, &ic, &a), FSPEC_BAD_ARGUMENT, "heads of an adjoint");
    fspec_cqt_free(forward);
    fspec_cqt_free(single);
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
    rng r = {5};
    for (int i = 0; i < 4; i++) {
        static icqt_case c;
        make(&r, &c, i % 2);
        const fspec_matrix in = matrix(&c, c.C);
        const fspec_signal out = signal_of(&c, c.y);
        fspec_icqt_config config;
        fspec_status status = FSPEC_NO_MEMORY;
        fspec_icqt_config_init(&config);
        fspec_set_allocator(&allocator);
        for (long allowed = 0; status != FSPEC_OK && allowed < 10000; allowed++) {
            fspec_icqt *plan = NULL;
            allocations_left = allowed;
            status = fspec_icqt_create(c.forward, &config, &plan);
            if (status == FSPEC_OK)
                status = fspec_icqt_exec(plan, &in, complex_type(&c), c.n_frames, &out, 1, NULL);
            if (status == FSPEC_OK)
                status = fspec_icqt_solve(c.forward, plan, &in, complex_type(&c), c.n_frames, NULL, 2, 0, .01, &out, 1, NULL,
                                          NULL, NULL);
            CHECK(status == FSPEC_OK || status == FSPEC_NO_MEMORY, "%s", fspec_status_string(status));
            fspec_icqt_free(plan);
            CHECK(blocks_held == 0, "%ld blocks are left", blocks_held);
        }
        fspec_set_allocator(NULL);
        unmake(&c);
    }
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void bad_arguments(void)
{
    static icqt_case c;
    rng r = {3};
    fspec_icqt *plan = NULL;
    fspec_icqt_config config;
    fspec_call call;
    make(&r, &c, 0);
    fspec_icqt_config_init(&config);
    CHECK_STATUS(fspec_icqt_create(NULL, &config, &plan), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_icqt_create(c.forward, NULL, &plan), FSPEC_BAD_ARGUMENT, "no config");
    config.method = FSPEC_ICQT_OVERLAP;
    CHECK_STATUS(fspec_icqt_create(c.forward, &config, &plan), FSPEC_BAD_ARGUMENT, "overlap of no filters");
    config.method = (fspec_icqt_method)9;
    CHECK_STATUS(fspec_icqt_create(c.forward, &config, &plan), FSPEC_BAD_ARGUMENT, "method");
    config.size = 3;
    CHECK_STATUS(fspec_icqt_create(c.forward, &config, &plan), FSPEC_BAD_STRUCT, "size");
    plan = inverse_of(&c, FSPEC_ICQT_ADJOINT);
    fspec_matrix in = matrix(&c, c.C);
    fspec_signal out = signal_of(&c, c.y);
    const fspec_dtype type = complex_type(&c);
    const int64_t n = c.n_frames;
    CHECK_STATUS(fspec_icqt_exec(plan, &in, FSPEC_FLOAT32, n, &out, 1, NULL), FSPEC_BAD_DATA_TYPE, "real");
    CHECK_STATUS(fspec_icqt_exec(plan, &in, type, 0, &out, 1, NULL), FSPEC_BAD_ARGUMENT, "no frames");
    CHECK_STATUS(fspec_icqt_exec(plan, &in, type, INT64_MAX / 2, &out, 1, NULL), FSPEC_TOO_LARGE, "frames");
    CHECK_STATUS(fspec_icqt_exec(plan, NULL, type, n, &out, 1, NULL), FSPEC_BAD_ARGUMENT, "no input");
    CHECK_STATUS(fspec_icqt_exec(plan, NULL, type, n, NULL, 0, NULL), FSPEC_OK, "nothing to do");
    out.dtype = FSPEC_INT16;
    CHECK_STATUS(fspec_icqt_exec(plan, &in, type, n, &out, 1, NULL), FSPEC_BAD_DATA_TYPE, "integers");
    out = signal_of(&c, c.y);
    out.n_samples = -1;
    CHECK_STATUS(fspec_icqt_exec(plan, &in, type, n, &out, 1, NULL), FSPEC_BAD_ARGUMENT, "length");
    out = signal_of(&c, c.y);
    CHECK_STATUS(fspec_icqt_solve(c.forward, plan, &in, type, n + 1, NULL, 1, 0, 0, &out, 1, NULL, NULL, NULL),
                 FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(fspec_icqt_solve(c.forward, plan, &in, type, n, NULL, -1, 0, 0, &out, 1, NULL, NULL, NULL), FSPEC_BAD_ARGUMENT,
                 "n_iter");
    CHECK_STATUS(fspec_icqt_solve(c.forward, plan, &in, type, n, NULL, 1, NAN, 0, &out, 1, NULL, NULL, NULL),
                 FSPEC_BAD_ARGUMENT, "tol");
    CHECK_STATUS(fspec_icqt_solve(c.forward, plan, &in, type, n, NULL, 1, 0, -1, &out, 1, NULL, NULL, NULL), FSPEC_BAD_ARGUMENT,
                 "damping");
    fspec_call_init(&call);
    call.scratch = c.y;
    call.scratch_size = 1;
    CHECK_STATUS(fspec_icqt_exec(plan, &in, type, n, &out, 1, &call), FSPEC_BAD_ARGUMENT, "little scratch");
    set(&c, c.C, n_values(&c) - 1, INFINITY);
    CHECK_STATUS(fspec_icqt_exec(plan, &in, type, n, &out, 1, NULL), FSPEC_NOT_FINITE, "infinite");
    CHECK_STATUS(fspec_icqt_solve(c.forward, plan, &in, type, n, NULL, 1, 0, 0, &out, 1, NULL, NULL, NULL), FSPEC_NOT_FINITE,
                 "infinite");
    fspec_icqt_free(plan);
    fspec_icqt_free(NULL);
    unmake(&c);
}

/* Long calls end soon after they are told to. */
static void cancelling(void)
{
    static icqt_case c;
    rng r = {4};
    fspec_call call;
    do {
        if (c.forward)
            unmake(&c);
        make(&r, &c, 0);
    } while (c.config.hop_length > 100 || c.config.n_bins < 20);
    free(c.C);
    free(c.y);
    c.n_samples = 8000000;
    c.n_frames = fspec_cqt_n_frames(c.forward, c.n_samples);
    c.C = check_malloc((size_t)n_values(&c) * real_size(&c));
    c.y = check_malloc(signal_bytes(&c));
    memset(c.C, 0, (size_t)n_values(&c) * real_size(&c));
    set(&c, c.C, 0, 1);
    fspec_icqt *plan = inverse_of(&c, FSPEC_ICQT_ADJOINT);
    const fspec_matrix in = matrix(&c, c.C);
    const fspec_signal out = signal_of(&c, c.y);
    fspec_call_init(&call);
    call.cancel = stop;
    CHECK_STATUS(fspec_icqt_exec(plan, &in, complex_type(&c), c.n_frames, &out, 1, &call), FSPEC_CANCELLED, "inverse");
    CHECK_STATUS(fspec_icqt_solve(c.forward, plan, &in, complex_type(&c), c.n_frames, NULL, 100, 0, 0, &out, 1, &call, NULL, NULL),
                 FSPEC_CANCELLED, "solve");
    fspec_icqt_free(plan);
    unmake(&c);
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    check_heads();
    bad_arguments();
    allocation_failures();
    if (!CHECK_SANITIZED)
        cancelling();
    compare_tiers(random_cases(CHECK_HASH_START), argv);
    return check_done();
}
