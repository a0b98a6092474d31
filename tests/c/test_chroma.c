/* Chroma against a plain sum over its definition, and against itself: threads, streams, tiers, memory, failures.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

enum { MOST_BINS = 90, MOST_CHROMA = 40, MOST_FRAMES = 120, MOST_SAMPLES = 20000, MOST_TAPS = 30 };

typedef struct chroma_case {
    fspec_chroma_config config;
    double fold[MOST_BINS * MOST_CHROMA], steps[4], heights[4], smooth[MOST_TAPS];
} chroma_case;

static fspec_norm any_norm(rng *r, double *p)
{
    *p = rng_int(r, 0, 2) ? (double)rng_int(r, 1, 2) : rng_uniform(r, .5, 5);
    return (fspec_norm)rng_int(r, FSPEC_NORM_NONE, FSPEC_NORM_P);
}

static void make_chroma(rng *r, chroma_case *c, int64_t n_bins, fspec_precision precision)
{
    fspec_chroma_config *g = &c->config;
    fspec_chroma_config_init(g);
    g->precision = precision;
    g->n_bins = n_bins;
    g->n_chroma = rng_int(r, 1, MOST_CHROMA);
    for (int64_t i = 0; i < g->n_bins * g->n_chroma; i++)
        c->fold[i] = rng_int(r, 0, 3) ? 0 : rng_uniform(r, -.2, 1);
    g->fold = c->fold;
    if (!rng_int(r, 0, 3))
        g->input_norm = any_norm(r, &g->input_norm_p);
    if (rng_int(r, 0, 1))
        g->threshold = rng_uniform(r, -.1, .2);
    g->norm = any_norm(r, &g->norm_p);
    if (rng_int(r, 0, 1)) {
        g->n_steps = rng_int(r, 1, 4);
        for (int64_t i = 0; i < g->n_steps; i++) {
            c->steps[i] = rng_uniform(r, 0, 1);
            c->heights[i] = rng_uniform(r, 0, .5);
        }
        g->steps = c->steps;
        g->heights = c->heights;
    }
    if (rng_int(r, 0, 2)) {
        g->n_smooth = rng_int(r, 1, MOST_TAPS);
        for (int64_t i = 0; i < g->n_smooth; i++)
            c->smooth[i] = rng_int(r, 0, 9) ? rng_uniform(r, -.1, 1) : 0;
        g->smooth = c->smooth;
    }
    g->last_norm = any_norm(r, &g->last_norm_p);
}

static fspec_dtype type_of(fspec_precision precision)
{
    return precision == FSPEC_DOUBLE ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
}

/* ---- the definition ----------------------------------------------------------------------------------------------- */

static void normalise(double *x, int64_t n, fspec_norm kind, double p)
{
    double length = kind == FSPEC_NORM_MIN ? INFINITY : 0;
    for (int64_t i = 0; i < n; i++) {
        const double m = fabs(x[i]);
        length = kind == FSPEC_NORM_MAX ? fmax(length, m) : kind == FSPEC_NORM_MIN ? fmin(length, m)
                 : kind == FSPEC_NORM_COUNT ? length + (m > 0) : length + pow(m, p);
    }
    if (kind == FSPEC_NORM_P)
        length = pow(length, 1 / p);
    for (int64_t i = 0; i < n && kind != FSPEC_NORM_NONE && length > 0; i++)
        x[i] /= length;
}

/* Magnitudes [frame][bin] to chroma [frame][chroma], in double. */
static void expected(const fspec_chroma_config *g, const double *bins, int64_t n_frames, double *out)
{
    static double rows[MOST_FRAMES * MOST_CHROMA], frame[MOST_BINS];
    for (int64_t t = 0; t < n_frames; t++) {
        double *row = rows + t * g->n_chroma;
        memcpy(frame, bins + t * g->n_bins, sizeof *frame * (size_t)g->n_bins);
        normalise(frame, g->n_bins, g->input_norm, g->input_norm_p);
        for (int64_t c = 0; c < g->n_chroma; c++) {
            row[c] = 0;
            for (int64_t k = 0; k < g->n_bins; k++)
                row[c] += g->fold[c * g->n_bins + k] * frame[k];
            if (row[c] < g->threshold)
                row[c] = 0;
        }
        normalise(row, g->n_chroma, g->norm, g->norm_p);
        for (int64_t c = 0; c < g->n_chroma && g->n_steps; c++) {
            double sum = 0;
            for (int64_t s = 0; s < g->n_steps; s++)
                sum += row[c] > g->steps[s] ? g->heights[s] : 0;
            row[c] = sum;
        }
    }
    for (int64_t t = 0; t < n_frames; t++) {
        for (int64_t c = 0; c < g->n_chroma; c++) {
            double sum = g->n_smooth ? 0 : rows[t * g->n_chroma + c];
            for (int64_t k = 0; k < g->n_smooth; k++) {
                const int64_t at = t + g->n_smooth / 2 - k;
                if (at >= 0 && at < n_frames)
                    sum += g->smooth[k] * rows[at * g->n_chroma + c];
            }
            out[t * g->n_chroma + c] = sum;
        }
        normalise(out + t * g->n_chroma, g->n_chroma, g->last_norm, g->last_norm_p);
    }
}

static double value(const char *data, int64_t i, int wide)
{
    return wide ? ((const double *)(const void *)data)[i] : (double)((const float *)(const void *)data)[i];
}

/* Norms by the smallest value and thresholds magnify rounding without bound: such cases are for the checks of bits alone. */
static int well_conditioned(const fspec_chroma_config *g)
{
    return g->input_norm != FSPEC_NORM_MIN && g->norm != FSPEC_NORM_MIN && g->last_norm != FSPEC_NORM_MIN
           && g->norm != FSPEC_NORM_COUNT && g->last_norm != FSPEC_NORM_COUNT;
}

static uint64_t matrices(uint64_t hash)
{
    rng r = {21};
    static double bins[MOST_FRAMES * MOST_BINS], wanted[MOST_FRAMES * MOST_CHROMA];
    static float narrow[MOST_FRAMES * MOST_BINS];
    int compared = 0;
    for (int i = 0; i < 300; i++) {
        static chroma_case c;
        fspec_chroma *plan = NULL;
        const int wide = rng_int(&r, 0, 1), in_wide = rng_int(&r, 0, 1), by_frame = rng_int(&r, 0, 1);
        make_chroma(&r, &c, rng_int(&r, 1, MOST_BINS), wide ? FSPEC_DOUBLE : FSPEC_SINGLE);
        const fspec_chroma_config *g = &c.config;
        const int64_t n = rng_int(&r, 1, MOST_FRAMES), size = wide ? 8 : 4, in_size = in_wide ? 8 : 4;
        REQUIRE(fspec_chroma_create(g, &plan) == FSPEC_OK, "case %d", i);
        for (int64_t j = 0; j < n * g->n_bins; j++) {
            narrow[j] = (float)rng_uniform(&r, 0, 1);
            bins[j] = (double)narrow[j];
        }
        const fspec_matrix in = {in_wide ? (void *)bins : (void *)narrow, in_size, in_size * g->n_bins};
        char *out = check_malloc((size_t)(size * n * g->n_chroma));
        const fspec_matrix m = by_frame ? (fspec_matrix){out, size, size * g->n_chroma} : (fspec_matrix){out, size * n, size};
        CHECK_STATUS(fspec_chroma_exec(plan, &in, in_wide ? FSPEC_FLOAT64 : FSPEC_FLOAT32, n, &m, 1, type_of(g->precision),
                                       NULL),
                     FSPEC_OK, "case %d", i);
        hash = check_hash(hash, out, (size_t)(size * n * g->n_chroma));
        expected(g, bins, n, wanted);
        double worst = 0, peak = 1e-30;
        for (int64_t t = 0; t < n; t++)
            for (int64_t k = 0; k < g->n_chroma; k++) {
                const double want = wanted[t * g->n_chroma + k];
                peak = fmax(peak, fabs(want));
                worst = fmax(worst, fabs(want - value(out, by_frame ? t * g->n_chroma + k : k * n + t, wide)));
            }
        if (well_conditioned(g)) {
            compared++;
            CHECK(worst <= (wide ? 1e-11 : 2e-5) * peak, "case %d: error %g of %g", i, worst, peak);
        }
        fspec_chroma_free(plan);
        free(out);
    }
    CHECK(compared > 80, "%d cases compared", compared);
    return hash;
}

/* Segments of long matrices, whatever the threads; several items; input by rows or by columns. */
static uint64_t long_matrices(uint64_t hash)
{
    enum { BINS = 24, FRAMES = 9001, ITEMS = 2 };
    rng r = {22};
    float *bins = check_malloc(sizeof *bins * BINS * FRAMES * ITEMS), *turned = check_malloc(sizeof *bins * BINS * FRAMES * ITEMS);
    for (int64_t i = 0; i < ITEMS; i++)
        for (int64_t k = 0; k < BINS; k++)
            for (int64_t t = 0; t < FRAMES; t++) {
                const float x = (float)rng_uniform(&r, 0, 1);
                bins[(i * BINS + k) * FRAMES + t] = x;
                turned[(i * FRAMES + t) * BINS + k] = x;
            }
    for (int i = 0; i < 6; i++) {
        static chroma_case c;
        fspec_chroma *plan = NULL;
        fspec_call call;
        make_chroma(&r, &c, BINS, FSPEC_SINGLE);
        REQUIRE(fspec_chroma_create(&c.config, &plan) == FSPEC_OK, "case %d", i);
        const int64_t n = c.config.n_chroma;
        const size_t bytes = sizeof(float) * (size_t)(n * FRAMES * ITEMS);
        float *first = check_malloc(bytes), *again = check_malloc(bytes);
        fspec_call_init(&call);
        for (int pass = 0; pass < 3; pass++) {
            float *to = pass ? again : first, *from = pass == 1 ? turned : bins;
            fspec_matrix in[ITEMS], out[ITEMS];
            for (int64_t j = 0; j < ITEMS; j++) {
                in[j] = pass == 1 ? (fspec_matrix){from + j * BINS * FRAMES, 4, 4 * BINS}
                                  : (fspec_matrix){from + j * BINS * FRAMES, 4 * FRAMES, 4};
                out[j] = (fspec_matrix){to + j * n * FRAMES, 4, 4 * n};
            }
            call.n_threads = 1 + 2 * pass;
            CHECK_STATUS(fspec_chroma_exec(plan, in, FSPEC_FLOAT32, FRAMES, out, ITEMS, FSPEC_FLOAT32, &call), FSPEC_OK, "long");
            CHECK(!memcmp(first, to, bytes), "case %d, pass %d", i, pass);
        }
        hash = check_hash(hash, first, bytes);
        fspec_chroma_free(plan);
        free(first);
        free(again);
    }
    free(bins);
    free(turned);
    return hash;
}

/* ---- on the constant-Q transform ---------------------------------------------------------------------------------- */

typedef struct cqt_case {
    fspec_cqt_config config;
    double frequencies[MOST_BINS], lengths[MOST_BINS], amplitudes[MOST_BINS];
} cqt_case;

static void make_cqt(rng *r, cqt_case *c)
{
    static const int64_t hops[] = {64, 96, 160, 441, 512, 3000};
    fspec_cqt_config *g = &c->config;
    fspec_cqt_config_init(g);
    g->hop_length = hops[rng_int(r, 0, 5)];
    g->n_bins = rng_int(r, 1, MOST_BINS);
    g->output = rng_int(r, 0, 2) ? FSPEC_CQT_MAGNITUDE : FSPEC_CQT_POWER;
    g->precision = rng_int(r, 0, 2) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    for (int64_t i = 0; i < g->n_bins; i++) {
        c->frequencies[i] = 9000 * exp2((double)(i + 1 - g->n_bins) / 18);
        c->lengths[i] = 20 * g->sr / (c->frequencies[i] + 30);
        c->amplitudes[i] = 2 / sqrt(c->lengths[i]);
    }
    g->frequencies = c->frequencies;
    g->lengths = c->lengths;
    g->amplitudes = c->amplitudes;
}

static char *transform(const fspec_cqt *plan, const fspec_cqt_config *g, const float *y, int64_t n, int threads)
{
    const int64_t size = g->precision == FSPEC_DOUBLE ? 8 : 4, frames = fspec_cqt_n_frames(plan, n);
    char *out = check_malloc((size_t)(size * fspec_cqt_n_bins(plan) * frames));
    const fspec_signal signal = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix m = {out, size, size * fspec_cqt_n_bins(plan)};
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = threads;
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, type_of(g->precision), &call), FSPEC_OK, "%lld samples", (long long)n);
    return out;
}

static void check_stream(rng *r, const fspec_cqt *plan, const fspec_cqt_config *g, const char *whole, const float *y, int64_t n)
{
    const int64_t size = g->precision == FSPEC_DOUBLE ? 8 : 4, rows = fspec_cqt_n_bins(plan);
    const size_t bytes = (size_t)(size * rows * fspec_cqt_n_frames(plan, n));
    char *streamed = check_malloc(bytes);
    fspec_cqt_stream *s = NULL;
    REQUIRE(fspec_cqt_stream_create(plan, 1, &s) == FSPEC_OK, "stream");
    for (int pass = 0; pass < 3; pass++) {
        const int64_t largest = pass ? rng_int(r, 1, 3000) : n;
        int64_t frames = 0, got, count;
        memset(streamed, 0, bytes);
        for (int64_t at = 0; at < n; at += count) {
            count = rng_int(r, 0, largest);
            count = count > n - at ? n - at : count;
            const fspec_signal chunk = {y + at, count, sizeof *y, FSPEC_FLOAT32, 0};
            const fspec_matrix m = {streamed + size * rows * frames, size, size * rows};
            const int64_t ready = fspec_cqt_stream_ready(s, count);
            CHECK_STATUS(fspec_cqt_stream_push(s, &chunk, &m, type_of(g->precision), NULL, &got), FSPEC_OK, "push");
            CHECK(got == ready, "%lld frames instead of %lld", (long long)got, (long long)ready);
            frames += got;
        }
        const fspec_matrix m = {streamed + size * rows * frames, size, size * rows};
        const int64_t pending = fspec_cqt_stream_pending(s);
        CHECK_STATUS(fspec_cqt_stream_flush(s, &m, type_of(g->precision), NULL, &got), FSPEC_OK, "flush");
        CHECK(got == pending && frames + got == fspec_cqt_n_frames(plan, n), "%lld frames in all", (long long)(frames + got));
        CHECK(!memcmp(whole, streamed, bytes), "pass %d, chunks up to %lld", pass, (long long)largest);
        fspec_cqt_stream_reset(s);
    }
    fspec_cqt_stream_free(s);
    free(streamed);
}

/* The fused stage, threads and streams give the bits of the transform's magnitudes put through fspec_chroma_exec. */
static uint64_t fused(uint64_t hash)
{
    rng r = {23};
    float *y = check_malloc(sizeof *y * MOST_SAMPLES);
    for (int i = 0; i < 60 / CHECK_SLOWDOWN + 10; i++) {
        static cqt_case q;
        static chroma_case c;
        fspec_cqt *plain = NULL, *plan = NULL;
        fspec_chroma *chroma = NULL;
        make_cqt(&r, &q);
        make_chroma(&r, &c, q.config.n_bins, q.config.precision);
        const int64_t n = rng_int(&r, 0, 4) ? rng_int(&r, 2000, MOST_SAMPLES) : rng_int(&r, 1, 300);
        for (int64_t j = 0; j < n; j++)
            y[j] = (float)rng_uniform(&r, -1, 1);
        REQUIRE(fspec_chroma_create(&c.config, &chroma) == FSPEC_OK, "chroma %d", i);
        REQUIRE(fspec_cqt_create(&q.config, &plain) == FSPEC_OK, "transform %d", i);
        q.config.chroma = chroma;
        REQUIRE(fspec_cqt_create(&q.config, &plan) == FSPEC_OK, "both %d", i);
        q.config.chroma = NULL;
        CHECK(fspec_cqt_n_bins(plan) == c.config.n_chroma, "rows");
        const int64_t size = q.config.precision == FSPEC_DOUBLE ? 8 : 4, frames = fspec_cqt_n_frames(plan, n);
        const size_t bytes = (size_t)(size * frames * c.config.n_chroma);
        char *magnitudes = transform(plain, &q.config, y, n, 1), *apart = check_malloc(bytes);
        const fspec_matrix in = {magnitudes, size, size * q.config.n_bins}, out = {apart, size, size * c.config.n_chroma};
        const fspec_dtype type = type_of(q.config.precision);
        CHECK_STATUS(fspec_chroma_exec(chroma, &in, type, frames, &out, 1, type, NULL), FSPEC_OK, "apart");
        char *whole = transform(plan, &q.config, y, n, 1), *threads = transform(plan, &q.config, y, n, 4);
        CHECK(!memcmp(whole, apart, bytes), "case %d: fused", i);
        CHECK(!memcmp(whole, threads, bytes), "case %d: threads", i);
        check_stream(&r, plan, &q.config, whole, y, n);
        hash = check_hash(hash, whole, bytes);
        fspec_cqt_free(plan);
        fspec_cqt_free(plain);
        fspec_chroma_free(chroma);
        free(magnitudes);
        free(apart);
        free(whole);
        free(threads);
    }
    free(y);
    return hash;
}

/* Tiers with fused multiply-add have each other's bits: the first one hands its hash on. */
static void compare_tiers(uint64_t hash, char **argv)
{
    char text[32];
    const char *theirs = getenv("CHROMA_HASH"), *tier = fspec_simd_tier();
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (theirs && strcmp(tier, "portable") != 0)
        CHECK(!strcmp(text, theirs), "tier %s: %s instead of %s", tier, text, theirs);
    if (!theirs && strcmp(tier, "portable") != 0)
        setenv("CHROMA_HASH", text, 1);
    check_other_tiers(argv);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

static long allocations_left, blocks_held;
static size_t bytes_held, most_held;

/* Blocks carry their size in front. */
static void *scarce(size_t bytes, void *user)
{
    (void)user;
    if (allocations_left-- <= 0)
        return NULL;
    size_t *block = malloc(bytes + 64);
    if (!block)
        return NULL;
    *block = bytes;
    blocks_held++;
    bytes_held += bytes;
    most_held = bytes_held > most_held ? bytes_held : most_held;
    return (char *)block + 64;
}

static void give_back(void *block, void *user)
{
    (void)user;
    if (!block)
        return;
    char *start = (char *)block - 64;
    blocks_held--;
    bytes_held -= *(size_t *)(void *)start;
    free(start);
}

static const fspec_allocator counting = {scarce, give_back, NULL};

/* Every allocation fails once: the status says so and nothing is left behind. */
static void allocation_failures(void)
{
    float y[3000] = {0};
    char *out = check_malloc(1 << 20);
    rng r = {24};
    for (int i = 0; i < 6; i++) {
        static cqt_case q;
        static chroma_case c;
        make_cqt(&r, &q);
        make_chroma(&r, &c, q.config.n_bins, q.config.precision);
        const int64_t size = q.config.precision == FSPEC_DOUBLE ? 8 : 4;
        const fspec_dtype type = type_of(q.config.precision);
        const fspec_signal signal = {y, 3000, sizeof *y, FSPEC_FLOAT32, 0};
        const fspec_matrix m = {out, size, size * c.config.n_chroma}, in = {y, 4, 4 * q.config.n_bins};
        fspec_status status = FSPEC_NO_MEMORY;
        fspec_set_allocator(&counting);
        for (long allowed = 0; status != FSPEC_OK && allowed < 10000; allowed++) {
            fspec_chroma *chroma = NULL;
            fspec_cqt *plan = NULL;
            fspec_cqt_stream *stream = NULL;
            allocations_left = allowed;
            status = fspec_chroma_create(&c.config, &chroma);
            if (status == FSPEC_OK)
                status = fspec_chroma_exec(chroma, &in, FSPEC_FLOAT32, 10, &m, 1, type, NULL);
            q.config.chroma = chroma;
            if (status == FSPEC_OK)
                status = fspec_cqt_create(&q.config, &plan);
            if (status == FSPEC_OK)
                status = fspec_cqt_exec(plan, &signal, &m, 1, type, NULL);
            if (status == FSPEC_OK)
                status = fspec_cqt_stream_create(plan, 2, &stream);
            CHECK(status == FSPEC_OK || status == FSPEC_NO_MEMORY, "%s", fspec_status_string(status));
            fspec_cqt_stream_free(stream);
            fspec_cqt_free(plan);
            fspec_chroma_free(chroma);
            CHECK(blocks_held == 0, "%ld blocks are left", blocks_held);
        }
        CHECK(status == FSPEC_OK, "case %d", i);
        fspec_set_allocator(NULL);
    }
    free(out);
}

/* A long signal takes no more memory than its output, the kernels and less than 4 MB: 36 bins per octave from C1, smoothed. */
static void memory_of_a_long_signal(void)
{
    enum { BINS = 252, CHROMA = 12 };
    const int64_t n = CHECK_SANITIZED ? 1 << 20 : 1 << 23;
    static double frequencies[BINS], lengths[BINS], amplitudes[BINS], fold[CHROMA * BINS], smooth[43];
    fspec_cqt_config g;
    fspec_chroma_config k;
    fspec_cqt *plan = NULL;
    fspec_chroma *chroma = NULL;
    fspec_cqt_config_init(&g);
    for (int i = 0; i < BINS; i++) {
        frequencies[i] = 32.7032 * exp2(i / 36.0);
        lengths[i] = 51.9 * g.sr / frequencies[i];
        amplitudes[i] = 2 / sqrt(lengths[i]);
        fold[i / 3 % 12 * BINS + i] = 1;
    }
    for (int i = 0; i < 43; i++)
        smooth[i] = .5 - .5 * cos(6.283185307179586 * i / 42);
    g.output = FSPEC_CQT_MAGNITUDE;
    g.n_bins = BINS;
    g.frequencies = frequencies;
    g.lengths = lengths;
    g.amplitudes = amplitudes;
    fspec_chroma_config_init(&k);
    k.n_bins = BINS;
    k.n_chroma = CHROMA;
    k.fold = fold;
    k.n_smooth = 43;
    k.smooth = smooth;
    k.last_norm = FSPEC_NORM_P;
    REQUIRE(fspec_chroma_create(&k, &chroma) == FSPEC_OK, "chroma");
    g.chroma = chroma;
    REQUIRE(fspec_cqt_create(&g, &plan) == FSPEC_OK, "plan");
    float *y = calloc((size_t)n, sizeof *y);
    float *out = check_malloc(sizeof *out * (size_t)(CHROMA * fspec_cqt_n_frames(plan, n)));
    REQUIRE(y != NULL, "memory");
    const fspec_signal signal = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix m = {out, 4, 4 * CHROMA};
    allocations_left = 1000;
    bytes_held = most_held = 0;
    fspec_set_allocator(&counting);
    CHECK_STATUS(fspec_cqt_exec(plan, &signal, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_OK, "long");
    fspec_set_allocator(NULL);
    CHECK(most_held > 0 && most_held < (size_t)4 << 20, "%zu bytes", most_held);
    fspec_cqt_free(plan);
    fspec_chroma_free(chroma);
    free(y);
    free(out);
}

/* ---- bad arguments ------------------------------------------------------------------------------------------------ */

static void bad_arguments(void)
{
    static chroma_case c;
    static cqt_case q;
    rng r = {25};
    fspec_chroma *plan = NULL;
    fspec_cqt *cqt = NULL;
    float in[MOST_BINS * 4] = {0}, out[MOST_CHROMA * 4];
    make_chroma(&r, &c, 30, FSPEC_SINGLE);
    const fspec_chroma_config good = c.config;
#define REFUSED(field, value, status) \
    do { \
        fspec_chroma_config bad = good; \
        bad.field = (value); \
        CHECK_STATUS(fspec_chroma_create(&bad, &plan), (status), #field); \
    } while (0)
    const double nan[1] = {NAN};
    REFUSED(size, 1, FSPEC_BAD_STRUCT);
    REFUSED(precision, (fspec_precision)7, FSPEC_BAD_PRECISION);
    REFUSED(n_bins, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(n_bins, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(n_chroma, -1, FSPEC_BAD_ARGUMENT);
    REFUSED(n_chroma, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(fold, NULL, FSPEC_BAD_ARGUMENT);
    REFUSED(threshold, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(norm, (fspec_norm)9, FSPEC_BAD_NORM);
    REFUSED(input_norm, (fspec_norm)9, FSPEC_BAD_NORM);
    REFUSED(last_norm, (fspec_norm)-1, FSPEC_BAD_NORM);
    REFUSED(n_steps, -1, FSPEC_BAD_ARGUMENT);
    REFUSED(n_smooth, -1, FSPEC_BAD_ARGUMENT);
    REFUSED(n_smooth, INT64_MAX, good.smooth ? FSPEC_TOO_LARGE : FSPEC_BAD_ARGUMENT);
    fspec_chroma_config bad = good;
    bad.norm = FSPEC_NORM_P;
    bad.norm_p = 0;
    CHECK_STATUS(fspec_chroma_create(&bad, &plan), FSPEC_BAD_NORM, "p");
    bad = good;
    bad.n_smooth = 1;
    bad.smooth = nan;
    CHECK_STATUS(fspec_chroma_create(&bad, &plan), FSPEC_BAD_ARGUMENT, "NaN in the kernel");
    bad = good;
    bad.n_bins = bad.n_chroma = 1;
    bad.fold = nan;
    CHECK_STATUS(fspec_chroma_create(&bad, &plan), FSPEC_BAD_ARGUMENT, "NaN in the fold");
    CHECK_STATUS(fspec_chroma_create(NULL, &plan), FSPEC_BAD_ARGUMENT, "no config");
    REQUIRE(fspec_chroma_create(&good, &plan) == FSPEC_OK, "plan");
    fspec_matrix from = {in, 4, 4 * good.n_bins}, to = {out, 4, 4 * good.n_chroma};
    CHECK_STATUS(fspec_chroma_exec(NULL, &from, FSPEC_FLOAT32, 4, &to, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_chroma_exec(plan, NULL, FSPEC_FLOAT32, 4, &to, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "no input");
    CHECK_STATUS(fspec_chroma_exec(plan, &from, FSPEC_COMPLEX64, 4, &to, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_DATA_TYPE, "in");
    CHECK_STATUS(fspec_chroma_exec(plan, &from, FSPEC_FLOAT32, 4, &to, 1, FSPEC_INT16, NULL), FSPEC_BAD_DATA_TYPE, "out");
    CHECK_STATUS(fspec_chroma_exec(plan, &from, FSPEC_FLOAT32, -1, &to, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(fspec_chroma_exec(plan, NULL, FSPEC_FLOAT32, 4, NULL, 0, FSPEC_FLOAT32, NULL), FSPEC_OK, "nothing to do");
    CHECK_STATUS(fspec_chroma_exec(plan, &from, FSPEC_FLOAT32, 0, &to, 1, FSPEC_FLOAT32, NULL), FSPEC_OK, "no frames");
    from.frame_stride = INT64_MAX / 2;
    CHECK_STATUS(fspec_chroma_exec(plan, &from, FSPEC_FLOAT32, 4, &to, 1, FSPEC_FLOAT32, NULL), FSPEC_TOO_LARGE, "stride");
    make_cqt(&r, &q);
    q.config.chroma = plan;
    q.config.precision = FSPEC_SINGLE;
    q.config.output = FSPEC_CQT_COMPLEX;
    CHECK_STATUS(fspec_cqt_create(&q.config, &cqt), FSPEC_BAD_OUTPUT, "complex");
    q.config.output = FSPEC_CQT_POWER;
    q.config.n_bins = 31;
    CHECK_STATUS(fspec_cqt_create(&q.config, &cqt), FSPEC_BAD_ARGUMENT, "bins");
    q.config.precision = FSPEC_DOUBLE;
    CHECK_STATUS(fspec_cqt_create(&q.config, &cqt), FSPEC_BAD_PRECISION, "precision");
    fspec_chroma_free(plan);
    fspec_chroma_free(NULL);
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    bad_arguments();
    allocation_failures();
    memory_of_a_long_signal();
    compare_tiers(fused(long_matrices(matrices(CHECK_HASH_START))), argv);
    return check_done();
}
