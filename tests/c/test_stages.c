/* Every kernel of every tier against a slow reference, and tiers against each other. SPDX-License-Identifier: BSD-3-Clause
 *
 * With FASTSPEC_SIMD set, only that tier is tested (and compared with avx2); otherwise all that the CPU has. References are
 * long double; results that must be exact are recomputed by scalar operations of the table's type. Kernels run in the library's
 * floating-point environment, so that subnormal numbers count as zero. NaN is NaN, whatever its payload. */
#include "tables.h"

#include "parallel.h"

enum { MOST = 70, N = 1 << 13, GUARD = 64, FRAMES = FS_MAX_LANES };

/* Largest errors allowed, in units in the last place of the result but for the relative ones. */
static const double LOG_ULP = 2, DB_ULP = 3, MAGNITUDE_ULP = 1.5, POWER_ULP_FLOAT = 0.501;
static const double POWER_RELATIVE_DOUBLE = 2e-13, REPHASE_EPSILONS = 8, TURN_ERROR = 4e-16;

/* ---- kernels over arrays ------------------------------------------------------------------------------------------ */

typedef enum op {
    MULTIPLY, MULTIPLY_ADD, DIVIDE, LN, LOG10, DB, LN_PADDED, LOG10_PADDED, DB_PADDED, SHIFT_CLIP, REPHASE, REPHASE_FIRST,
    POWER_2, POWER_1, POWER_HALF, POWER_3, OPS
} op;

static const struct {
    const char *name;
    size_t in[3], out; /* elements per n */
    int padded;        /* works on whole vectors */
    double parameter;
} ops[OPS] = {
    [MULTIPLY] = {"multiply", {1, 1, 0}, 1, 0, 0},
    [MULTIPLY_ADD] = {"multiply_add", {1, 1, 1}, 1, 0, 0},
    [DIVIDE] = {"divide", {1, 1, 0}, 1, 0, 0},
    [LN] = {"compress_array ln", {1, 0, 0}, 1, 0, FSPEC_LOG_LN},
    [LOG10] = {"compress_array log10", {1, 0, 0}, 1, 0, FSPEC_LOG_LOG10},
    [DB] = {"compress_array dB", {1, 0, 0}, 1, 0, FSPEC_LOG_DB},
    [LN_PADDED] = {"compress ln", {1, 0, 0}, 1, 1, FSPEC_LOG_LN},
    [LOG10_PADDED] = {"compress log10", {1, 0, 0}, 1, 1, FSPEC_LOG_LOG10},
    [DB_PADDED] = {"compress dB", {1, 0, 0}, 1, 1, FSPEC_LOG_DB},
    [SHIFT_CLIP] = {"shift_clip", {1, 0, 0}, 1, 0, 0},
    [REPHASE] = {"rephase", {2, 2, 1}, 2, 0, 0.497},
    [REPHASE_FIRST] = {"rephase without a predecessor", {2, 2, 1}, 2, 0, 0.497},
    [POWER_2] = {"power 2", {2, 0, 0}, 1, 1, 2},
    [POWER_1] = {"power 1", {2, 0, 0}, 1, 1, 1},
    [POWER_HALF] = {"power 0.5", {2, 0, 0}, 1, 1, 0.5},
    [POWER_3] = {"power 3.1", {2, 0, 0}, 1, 1, 3.1},
};

static const double clip_offset = 0.375, clip_floor = -0.5;

/* Kernels that work in place get their first input copied to the output. */
static void apply(const table *t, op op, void *out, void *const in[3], size_t n)
{
    const fs_kernels *k = t->k;
    const fs_log_spec spec = {(fspec_log)(int)ops[op].parameter, 0, 0};
    double largest;
    if (op == MULTIPLY_ADD || op == SHIFT_CLIP || (op >= LN_PADDED && op <= DB_PADDED))
        memcpy(out, in[0], n * k->real_size);
    const fs_fpenv env = fs_fpenv_enter();
    switch (op) {
    case MULTIPLY: k->multiply(out, in[0], in[1], n); break;
    case MULTIPLY_ADD: k->multiply_add(out, in[1], in[2], n); break;
    case DIVIDE: k->divide(out, in[0], in[1], n); break;
    case LN: case LOG10: case DB: k->compress_array(out, in[0], n, &spec, &largest); break;
    case LN_PADDED: case LOG10_PADDED: case DB_PADDED: k->compress(out, n, &spec); break;
    case SHIFT_CLIP: k->shift_clip(out, n, clip_offset, clip_floor); break;
    case REPHASE: k->rephase(out, in[0], in[1], in[2], n, ops[op].parameter); break;
    case REPHASE_FIRST: k->rephase(out, in[0], NULL, in[2], n, ops[op].parameter); break;
    default: k->power(out, in[0], n, ops[op].parameter); break;
    }
    fs_fpenv_leave(env);
}

typedef struct worst {
    double error;
} worst;

static void within(const table *t, op op, double error, double bound, size_t i, worst *w)
{
    CHECK(error <= bound, "%s %s, %s, element %zu: error %g", t->name, t->dbl ? "double" : "float", ops[op].name, i, error);
    if (error > w->error)
        w->error = error;
}

static double log_reference(const table *t, op op, double x, double got)
{
    const fspec_log kind = (fspec_log)(int)ops[op].parameter;
    x = flushed(t->dbl, x);
    if (x < 0)
        x = 0; /* amin */
    long double want = kind == FSPEC_LOG_LN ? logl((long double)x) : log10l((long double)x);
    return ulps(t->dbl, got, kind == FSPEC_LOG_DB ? 10 * want : want);
}

/* In float the result is rounded from double; in double a power has the relative error of the logarithm, enlarged. */
static double power_error(const table *t, op op, double re, double im, double got)
{
    const double p = ops[op].parameter, most = t->dbl ? DBL_MAX : (double)FLT_MAX;
    const long double size = hypotl((long double)flushed(t->dbl, re), (long double)flushed(t->dbl, im));
    long double want = powl(size, (long double)p);
    if (isinf(got) && got > 0 && size > (long double)most)
        return 0; /* |X| itself is too large for its type */
    if (isinf(re) || isinf(im))
        want = isnan(re) || isnan(im) ? (long double)NAN : (long double)INFINITY;
    if (want > (long double)most)
        return isinf(got) || (double)want == got ? 0 : ulps(t->dbl, got, want);
    if (fabsl(want) < 2 * (long double)tiny(t->dbl))
        return got >= 0 && got < 4 * tiny(t->dbl) ? 0 : INFINITY;
    if (op == POWER_1 || !t->dbl || !isfinite(want) || !isfinite(got))
        return ulps(t->dbl, got, want);
    return (double)(fabsl(got - want) / want);
}

static double rephase_error(const table *t, op op, void *const in[3], size_t i, const void *out)
{
    const double k = op == REPHASE ? rounded(t->dbl, ops[op].parameter) : 0, m = get(t, in[2], i);
    long double a[2], size, before = 0, now = 0, error = 0;
    for (size_t c = 0; c < 2; c++) {
        a[c] = get(t, in[0], 2 * i + c) - (long double)k * get(t, in[1], 2 * i + c);
        now = hypotl(now, get(t, in[0], 2 * i + c));
        before = hypotl(before, (long double)k * get(t, in[1], 2 * i + c));
    }
    size = hypotl(a[0], a[1]);
    for (size_t c = 0; c < 2; c++)
        error = fmaxl(error, fabsl(get(t, out, 2 * i + c) - m * a[c] / (size + tiny(t->dbl))));
    if (m == 0 || size == 0)
        return error == 0 ? 0 : INFINITY;
    return (double)(error / (fabs(m) * (now + before) / size * epsilon(t->dbl)));
}

static void check_element(const table *t, op op, void *const in[3], size_t i, const void *out, worst *w)
{
    const int dbl = t->dbl;
    double x[3] = {0}, want, got = get(t, out, i);
    for (size_t c = 0; c < 3; c++)
        if (ops[op].in[c] == 1)
            x[c] = flushed(dbl, get(t, in[c], i));
    switch (op) {
    case MULTIPLY: want = mul(dbl, x[0], x[1]); break;
    case MULTIPLY_ADD: want = fused(t, x[1], x[2], x[0]); break;
    case DIVIDE: want = x[1] > tiny(dbl) ? quotient(dbl, x[0], x[1]) : x[0]; break;
    case SHIFT_CLIP: want = add(dbl, x[0], -clip_offset), want = clip_floor > want ? clip_floor : want; break;
    case POWER_2: {
        const double re = flushed(dbl, get(t, in[0], 2 * i)), im = flushed(dbl, get(t, in[0], 2 * i + 1));
        want = fused(t, re, re, mul(dbl, im, im));
        break;
    }
    case POWER_1:
        within(t, op, power_error(t, op, get(t, in[0], 2 * i), get(t, in[0], 2 * i + 1), got), MAGNITUDE_ULP, i, w);
        return;
    case POWER_HALF: case POWER_3:
        within(t, op, power_error(t, op, get(t, in[0], 2 * i), get(t, in[0], 2 * i + 1), got),
               dbl ? POWER_RELATIVE_DOUBLE : POWER_ULP_FLOAT, i, w);
        return;
    case REPHASE: case REPHASE_FIRST:
        within(t, op, rephase_error(t, op, in, i, out), REPHASE_EPSILONS, i, w);
        return;
    default:
        within(t, op, log_reference(t, op, x[0], got), op == DB || op == DB_PADDED ? DB_ULP : LOG_ULP, i, w);
        return;
    }
    /* Whether a result counts as subnormal is decided before it is rounded up to the smallest normal number. */
    CHECK(alike(got, want) || (got == 0 && fabs(want) == tiny(dbl)), "%s %s, %s, element %zu: %.17g instead of %.17g", t->name, dbl ? "double" : "float", ops[op].name,
          i, got, want);
}

static void make_inputs(rng *r, const table *t, op op, kind kind, size_t n, void *in[3])
{
    for (size_t c = 0; c < 3; c++)
        in[c] = ops[op].in[c] ? data(r, t, kind, n * ops[op].in[c]) : NULL;
}

static void free_inputs(void *in[3])
{
    for (size_t c = 0; c < 3; c++)
        free(in[c]);
}

/* The result of the whole array, against the reference. */
static void test_values(const table *t, op op, kind kind, worst *w)
{
    rng r = {(uint64_t)op * 100 + (uint64_t)kind};
    void *in[3], *out = aligned(t, N * ops[op].out);
    make_inputs(&r, t, op, kind, N, in);
    apply(t, op, out, in, N);
    for (size_t i = 0; i < N; i++)
        if ((op != REPHASE && op != REPHASE_FIRST) || kind == PLAIN)
            check_element(t, op, in, i, out, w);
    free_inputs(in);
    free(out);
}

/* Every length and alignment: element by element the bits of the whole array, and nothing written beyond the end. */
static void test_tails(const table *t, op op)
{
    const size_t size = t->k->real_size, lanes = t->k->lanes, offsets[][4] = {{0, 0, 0, 0}, {1, 0, 3, 2}, {7, 5, 2, 1}, {3, 3, 3, 3}};
    rng r = {(uint64_t)op};
    void *whole[3], *expected = aligned(t, 2 * MOST * ops[op].out);
    make_inputs(&r, t, op, BITS, 2 * MOST, whole);
    apply(t, op, expected, whole, MOST);
    for (size_t n = 0; n <= MOST; n++) {
        const size_t room = ops[op].padded ? (n + lanes - 1) / lanes * lanes : n;
        for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
            void *in[3] = {NULL}, *blocks[3] = {NULL};
            size_t bytes = room * ops[op].out * size, before = GUARD + offsets[o][3] * size;
            unsigned char *block = memset(check_malloc(before + bytes + GUARD), 0xa5, before + bytes + GUARD), *out = block + before;
            for (size_t c = 0; c < 3; c++)
                if (ops[op].in[c])
                    in[c] = placed(t, whole[c], room * ops[op].in[c], offsets[o][c], &blocks[c]);
            apply(t, op, out, in, n);
            size_t wrong = 0;
            for (size_t i = 0; i < n * ops[op].out; i++)
                wrong += !identical(t, out, i, expected, i);
            for (size_t i = 0; i < GUARD; i++)
                wrong += (block[before - 1 - i] != 0xa5) + (out[bytes + i] != 0xa5);
            CHECK(!wrong, "%s, size %zu, %s: n = %zu, alignment %zu", t->name, size, ops[op].name, n, o);
            free_inputs(blocks);
            free(block);
        }
    }
    free_inputs(whole);
    free(expected);
}

/* In place, as power_to_db uses it, and the largest value. */
static void test_largest(const table *t)
{
    const fs_log_spec spec = {FSPEC_LOG_DB, 1e-10, 3.25};
    rng r = {77};
    for (size_t n = 0; n <= MOST; n++) {
        void *x = data(&r, t, PLAIN, n), *out = aligned(t, n);
        double most, again, want = -INFINITY;
        fs_fpenv env = fs_fpenv_enter();
        t->k->compress_array(out, x, n, &spec, &most);
        t->k->compress_array(x, x, n, &spec, &again);
        fs_fpenv_leave(env);
        for (size_t i = 0; i < n; i++)
            want = fmax(want, get(t, out, i));
        CHECK(most == want && again == want && (n == 0 || !memcmp(x, out, n * t->k->real_size)), "%s: n = %zu: largest %g, %g, not %g",
              t->name, n, most, again, want);
        for (size_t i = 0; i < n; i++) {
            double with_nan;
            put(t, x, i, NAN);
            env = fs_fpenv_enter();
            t->k->compress_array(out, x, n, &spec, &with_nan);
            fs_fpenv_leave(env);
            put(t, x, i, 0);
            CHECK(isnan(with_nan), "%s: n = %zu, NaN at %zu: largest %g", t->name, n, i, with_nan);
        }
        free(x);
        free(out);
    }
}

/* cos and sin of 2 pi u, in double by both tables: near every quarter of a turn, and far away. Returns the largest error. */
static double test_turns(const table *t, const table *base)
{
    double u[N], c[N], s[N], error = 0;
    rng r = {91};
    for (size_t i = 0; i < N; i++)
        u[i] = i % 4 == 0   ? rng_uniform(&r, 0, 1)
               : i % 4 == 1 ? (double)rng_int(&r, -9, 9) / 8 + ldexp(rng_uniform(&r, -1, 1), -(int)rng_int(&r, 4, 60))
               : i % 4 == 2 ? rng_uniform(&r, -1000, 1000)
                            : rng_uniform(&r, -1, 1) * 0x1p40;
    t->k->turns(c, s, u, N);
    for (size_t i = 0; i < N; i++) {
        const long double angle = 6.283185307179586476925286766559L * ((long double)u[i] - floorl((long double)u[i]));
        const double e = (double)fmaxl(fabsl(c[i] - cosl(angle)), fabsl(s[i] - sinl(angle)));
        CHECK(e <= TURN_ERROR, "%s turns: %.17g of a turn: error %g", t->name, u[i], e);
        error = fmax(error, e);
    }
    if (base && base->fused == t->fused) {
        double c2[N], s2[N];
        base->k->turns(c2, s2, u, N);
        CHECK(!memcmp(c, c2, sizeof c) && !memcmp(s, s2, sizeof s), "turns: %s and %s differ", t->name, base->name);
    }
    return error;
}

static void test_all_finite(const table *t)
{
    const double most = t->dbl ? DBL_MAX : (double)FLT_MAX, wrong[] = {NAN, INFINITY, -INFINITY};
    const size_t lengths[] = {0, 1, 2, 3, 15, 16, 17, 31, 33, 63, 64, 65, 70, 127, 128, 129, 200};
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
        for (size_t offset = 0; offset < 4; offset++) {
            const size_t n = lengths[l];
            void *block = check_malloc((n + offset) * t->k->real_size), *x = (char *)block + offset * t->k->real_size;
            for (size_t i = 0; i < n; i++)
                put(t, x, i, i % 3 == 0 ? most : i % 3 == 1 ? -most : tiny(t->dbl) / 4);
            CHECK(t->k->all_finite(x, n) == 1, "%s: n = %zu", t->name, n);
            for (size_t i = 0; i < n; i++) {
                const double old = get(t, x, i);
                put(t, x, i, wrong[i % 3]);
                CHECK(t->k->all_finite(x, n) == 0, "%s: n = %zu, %g at %zu", t->name, n, wrong[i % 3], i);
                put(t, x, i, old);
            }
            free(block);
        }
}

/* Dense and far-reaching arguments for the logarithms; errors into worst[]. */
static void test_logs(const table *t, worst *w)
{
    enum { CHUNK = 4096 };
    static const op which[] = {LN, LOG10, DB};
    const int dbl = t->dbl, digits = dbl ? DBL_MANT_DIG : FLT_MANT_DIG, e_min = dbl ? DBL_MIN_EXP : FLT_MIN_EXP;
    const int e_max = dbl ? DBL_MAX_EXP : FLT_MAX_EXP;
    const double centres[] = {1, M_SQRT2, M_SQRT1_2, 2, 0.5, 10, 100, 1e10, 1e-10};
    void *x = aligned(t, CHUNK), *out = aligned(t, CHUNK);
    rng r = {2024};
    size_t n = 0, done = 0;
    const size_t near = 1 << 15, powers = (size_t)(e_max - e_min) * 9, random = ((size_t)1 << 18) / CHECK_SLOWDOWN;
    const size_t n_centres = sizeof centres / sizeof *centres, total = n_centres * near + powers + random;
    for (size_t i = 0; i < total; i++) {
        double v;
        if (i < n_centres * near) {
            const double c = rounded(dbl, centres[i / near]);
            int e;
            (void)frexp(c, &e);
            /* Neighbours of the centre, and numbers at distances down to one ulp from it. */
            v = i % 2 ? c + ldexp((double)(i % near) - (double)near / 2, e - digits)
                      : c * (1 + ldexp(rng_uniform(&r, -1, 1), -(int)rng_int(&r, 0, digits)));
        } else if (i < n_centres * near + powers) {
            const size_t j = i - n_centres * near;
            v = ldexp(1 + ((double)(j % 9) - 4) * epsilon(dbl), e_min - 1 + (int)(j / 9));
        } else {
            v = bits_to_real(dbl, rng_bits(&r));
        }
        put(t, x, n++, v);
        if (n < CHUNK && i + 1 < total)
            continue;
        for (size_t k = 0; k < 3; k++) {
            void *const in[3] = {x, NULL, NULL};
            apply(t, which[k], out, in, n);
            for (size_t j = 0; j < n; j++)
                check_element(t, which[k], in, j, out, &w[which[k]]);
        }
        done += n;
        n = 0;
    }
    REQUIRE(done == total, "%zu of %zu arguments", done, total);
    free(x);
    free(out);
}

/* ---- kernels over lane blocks: 16 frames, in as many blocks as the tier needs ------------------------------------- */

/* matrix[row][frame], FRAMES frames -> the block of frames from `first` on, and back. */
static void to_block(const table *t, void *block, const void *matrix, size_t rows, size_t first)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < t->k->lanes; i++)
            put(t, block, row * t->k->lanes + i, get(t, matrix, row * FRAMES + first + i));
}

static void from_block(const table *t, void *matrix, const void *block, size_t rows, size_t first)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < t->k->lanes; i++)
            put(t, matrix, row * FRAMES + first + i, get(t, block, row * t->k->lanes + i));
}

static fs_bands random_bands(rng *r, const table *t, int64_t n_rows, int64_t n_columns)
{
    fs_bands b = {.n_rows = n_rows,
                  .n_columns = n_columns,
                  .first = check_malloc(8 * (size_t)n_rows),
                  .start = check_malloc(8 * (size_t)(n_rows + 1))};
    b.start[0] = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        b.first[i] = rng_int(r, 0, n_columns - 1);
        b.start[i + 1] = b.start[i] + (i % 5 == 3 ? 0 : rng_int(r, 0, n_columns - b.first[i]));
    }
    b.weights = data(r, t, PLAIN, (size_t)b.start[n_rows]);
    return b;
}

static void free_bands(fs_bands *b)
{
    free(b->first);
    free(b->start);
    free(b->weights);
}

typedef struct shape {
    size_t in, out; /* rows */
} shape;

/* The matrices that a tier's block kernels give, one after another, for comparison with the references and other tiers. */
static void *project_all(const table *t, const fs_bands *bands, const void *x)
{
    const size_t n_in = (size_t)bands->n_columns, n_out = (size_t)bands->n_rows;
    void *block = aligned(t, n_in * t->k->lanes), *result = aligned(t, n_out * t->k->lanes), *all = aligned(t, n_out * FRAMES);
    for (size_t first = 0; first < FRAMES; first += t->k->lanes) {
        to_block(t, block, x, n_in, first);
        t->k->project(result, block, bands);
        from_block(t, all, result, n_out, first);
    }
    free(block);
    free(result);
    return all;
}

static void *mix_all(const table *t, const void *matrix, shape s, const void *x)
{
    void *block = aligned(t, s.in * t->k->lanes), *result = aligned(t, s.out * t->k->lanes), *all = aligned(t, s.out * FRAMES);
    for (size_t first = 0; first < FRAMES; first += t->k->lanes) {
        to_block(t, block, x, s.in, first);
        t->k->mix(result, block, matrix, s.out, s.in);
        from_block(t, all, result, s.out, first);
    }
    free(block);
    free(result);
    return all;
}

/* Rows 0 ... n - 1: clipped; n: smallest; n + 1: largest, of each frame. */
static void *extremes_all(const table *t, size_t n, const void *x, const void *floor)
{
    void *block = aligned(t, n * t->k->lanes), *ends = aligned(t, 2 * FS_MAX_LANES), *all = aligned(t, (n + 2) * FRAMES);
    void *low = ends, *high = (char *)ends + 16 * t->k->real_size;
    for (size_t first = 0; first < FRAMES; first += t->k->lanes) {
        to_block(t, block, x, n, first);
        t->k->extremes(block, n, low, high);
        t->k->clip_lanes(block, n, (const char *)floor + first * t->k->real_size);
        from_block(t, all, block, n, first);
        for (size_t i = 0; i < t->k->lanes; i++) {
            put(t, all, n * FRAMES + first + i, get(t, low, i));
            put(t, all, (n + 1) * FRAMES + first + i, get(t, high, i));
        }
    }
    free(block);
    free(ends);
    return all;
}

static void test_project(const table *t, const table *base)
{
    rng r = {5};
    for (int round = 0; round < 60; round++) {
        const int64_t columns = rng_int(&r, 1, 90), rows = rng_int(&r, 1, 40);
        fs_bands bands = random_bands(&r, t, rows, columns);
        void *x = data(&r, t, PLAIN, (size_t)columns * FRAMES), *y = project_all(t, &bands, x);
        for (int64_t b = 0; b < rows; b++)
            for (size_t f = 0; f < FRAMES; f++) {
                long double sum = 0, size = 0;
                const int64_t n = bands.start[b + 1] - bands.start[b];
                for (int64_t j = 0; j < n; j++) {
                    const long double term = (long double)get(t, bands.weights, (size_t)(bands.start[b] + j))
                                             * get(t, x, (size_t)(bands.first[b] + j) * FRAMES + f);
                    sum += term;
                    size += fabsl(term);
                }
                /* Four chains and the two sums that join them, half an epsilon each; twice that without fused operations. */
                const double bound = (double)((n / 4 + 3) * size) * epsilon(t->dbl);
                CHECK(fabsl(get(t, y, (size_t)b * FRAMES + f) - sum) <= bound, "%s project: band %d, frame %zu", t->name, (int)b, f);
            }
        if (base) {
            void *z = project_all(base, &bands, x);
            CHECK(!memcmp(y, z, (size_t)rows * FRAMES * t->k->real_size), "project: %s and %s differ", t->name, base->name);
            free(z);
        }
        free_bands(&bands);
        free(x);
        free(y);
    }
}

static void test_mix(const table *t, const table *base)
{
    rng r = {6};
    for (size_t n_out = 1; n_out <= 21; n_out++) {
        const shape s = {(size_t)rng_int(&r, 1, 50), n_out};
        void *x = data(&r, t, PLAIN, s.in * FRAMES), *m = data(&r, t, PLAIN, s.in * s.out), *y = mix_all(t, m, s, x);
        for (size_t i = 0; i < s.out; i++)
            for (size_t f = 0; f < FRAMES; f++) {
                long double sum = 0, size = 0;
                for (size_t j = 0; j < s.in; j++) {
                    const long double term = (long double)get(t, m, i * s.in + j) * get(t, x, j * FRAMES + f);
                    sum += term;
                    size += fabsl(term);
                }
                CHECK(fabsl(get(t, y, i * FRAMES + f) - sum) <= (double)s.in * epsilon(t->dbl) * (double)size, "%s mix: row %zu of %zu",
                      t->name, i, s.out);
            }
        if (base) {
            void *z = mix_all(base, m, s, x);
            CHECK(!memcmp(y, z, s.out * FRAMES * t->k->real_size), "mix: %s and %s differ", t->name, base->name);
            free(z);
        }
        free(x);
        free(m);
        free(y);
    }
}

static void test_extremes(const table *t, const table *base)
{
    rng r = {7};
    for (size_t n = 1; n <= MOST; n++) {
        void *x = data(&r, t, n % 2 ? PLAIN : WIDE, n * FRAMES), *floor = aligned(t, FRAMES), *y;
        for (size_t f = 0; f < FRAMES; f++)
            put(t, floor, f, f == 5 ? -INFINITY : datum(&r, t->dbl, PLAIN));
        y = extremes_all(t, n, x, floor);
        for (size_t f = 0; f < FRAMES; f++) {
            double low = INFINITY, high = -INFINITY;
            for (size_t i = 0; i < n; i++) {
                const double v = get(t, x, i * FRAMES + f);
                low = fmin(low, v);
                high = fmax(high, v);
                CHECK(get(t, y, i * FRAMES + f) == fmax(v, get(t, floor, f)), "%s clip_lanes: row %zu", t->name, i);
            }
            CHECK(get(t, y, n * FRAMES + f) == low && get(t, y, (n + 1) * FRAMES + f) == high, "%s extremes: n = %zu", t->name, n);
        }
        if (base) {
            void *z = extremes_all(base, n, x, floor);
            CHECK(!memcmp(y, z, (n + 2) * FRAMES * t->k->real_size), "extremes: %s and %s differ", t->name, base->name);
            free(z);
        }
        free(x);
        free(floor);
        free(y);
    }
}

/* Rows are read and written to their very ends only, at any alignment; inactive lanes are not written. */
static void test_transposes(const table *t)
{
    const size_t w = t->k->lanes, size = t->k->real_size;
    rng r = {8};
    for (size_t n = 0; n <= MOST; n++) {
        const size_t pitch = n + (size_t)rng_int(&r, 0, 5), offset = (size_t)rng_int(&r, 0, 7), n_active = (size_t)rng_int(&r, 1, (int64_t)w);
        void *rows = data(&r, t, PLAIN, pitch * w), *block = aligned(t, n * w), *place, *p;
        /* The last row ends where it must, so that the address sanitizer sees what is read beyond it. */
        p = placed(t, rows, n ? pitch * (w - 1) + n : 0, offset, &place);
        t->k->rows_to_lanes(block, p, pitch, n);
        for (size_t i = 0; i < n * w; i++)
            CHECK(identical(t, block, i, rows, i % w * pitch + i / w), "%s rows_to_lanes: n = %zu, %zu", t->name, n, i);

        unsigned char *store = memset(check_malloc(w * (n * size + 2 * GUARD)), 0xa5, w * (n * size + 2 * GUARD));
        void *out[FS_MAX_LANES];
        for (size_t i = 0; i < w; i++)
            out[i] = store + i * (n * size + 2 * GUARD) + GUARD - i % 3 * size;
        t->k->lanes_to_rows(out, block, n, n_active);
        size_t touched = 0, wrong = 0;
        for (size_t i = 0; i < n_active; i++)
            for (size_t row = 0; row < n; row++)
                wrong += !identical(t, out[i], row, block, row * w + i);
        for (size_t i = 0; i < n_active; i++)
            memset(out[i], 0xa5, n * size);
        for (size_t i = 0; i < w * (n * size + 2 * GUARD); i++)
            touched += store[i] != 0xa5;
        CHECK(!wrong && !touched, "%s lanes_to_rows: n = %zu, %zu active: %zu wrong, %zu bytes beyond", t->name, n, n_active, wrong,
              touched);
        free(rows);
        free(block);
        free(place);
        free(store);
    }
}

/* ---- tiers -------------------------------------------------------------------------------------------------------- */

/* Array kernels with the same bits: all of them where both tiers fuse, the unfused ones anywhere. */
static void test_same_bits(const table *t, const table *base)
{
    for (int op = 0; op < OPS; op++) {
        if (t->fused != base->fused && op != MULTIPLY && op != DIVIDE && op != SHIFT_CLIP)
            continue;
        for (int kind = 0; kind < KINDS; kind++) {
            rng r = {(uint64_t)op * 1000 + (uint64_t)kind};
            void *in[3], *a = aligned(t, N * ops[op].out), *b = aligned(t, N * ops[op].out);
            make_inputs(&r, t, op, kind, N, in);
            apply(t, op, a, in, N);
            apply(base, op, b, in, N);
            for (size_t i = 0; i < N * ops[op].out; i++)
                CHECK(identical(t, a, i, b, i), "%s, element %zu: %s %.17g, %s %.17g", ops[op].name, i, t->name, get(t, a, i),
                      base->name, get(t, b, i));
            free_inputs(in);
            free(a);
            free(b);
        }
    }
}

static void test_table(const table *t, const table *base)
{
    worst w[OPS] = {{0}};
    for (int op = 0; op < OPS; op++) {
        for (int kind = 0; kind < KINDS; kind++)
            test_values(t, op, kind, &w[op]);
        test_tails(t, op);
    }
    test_logs(t, w);
    test_largest(t);
    const double turn_error = test_turns(t, base);
    test_all_finite(t);
    test_transposes(t);
    const table *same = base && base->fused == t->fused ? base : NULL;
    test_project(t, same);
    test_mix(t, same);
    test_extremes(t, base);
    if (base)
        test_same_bits(t, base);
    printf("    %-8s %-6s%s%s largest errors: ln %.3f, log10 %.3f, dB %.3f, |x| %.3f ulp; power %.2g %s; rephase %.2f epsilons; turns %.2g\n",
           t->name, t->dbl ? "double" : "float", base ? " vs " : "", base ? base->name : "", w[LN].error, w[LOG10].error,
           w[DB].error, w[POWER_1].error, fmax(w[POWER_HALF].error, w[POWER_3].error), t->dbl ? "relative" : "ulp",
           fmax(w[REPHASE].error, w[REPHASE_FIRST].error), turn_error);
}

int main(void)
{
    check_tier();
    each_table(test_table);
    return check_done();
}
