/* Decimation by two and the products of the constant-Q transform, for one tier and one element type: included after
 * simd_kernels.h, once per type.
 *
 * Decimators have output samples in the lanes, products have bins in them: a lane holds one output and sums its taps in one
 * fixed order, so that results do not depend on the width of the vectors or on what is computed together. */

#define FS_EACH_1(M) M(0)
#define FS_EACH_2(M) FS_EACH_1(M) M(1)
#define FS_EACH_4(M) FS_EACH_2(M) M(2) M(3)
#define FS_EACH_6(M) FS_EACH_4(M) M(4) M(5)
#define FS_EACH_8(M) FS_EACH_6(M) M(6) M(7)
#define FS_EACH_12(M) FS_EACH_8(M) M(8) M(9) M(10) M(11)

/* ---- decimation ------------------------------------------------------------------------------------------------------- */

/* out[i] = x[2 i] / 2 + sum over j of taps[j] / 2 * (x[2 i - 2 j - 1] + x[2 i + 2 j + 1]), for F vectors of outputs; odd holds
 * the odd samples. */
#define FS_FIRST(f) vec sum_##f = v_load(even + LANES * f);
#define FS_ADD(f) sum_##f = v_fma(v_load(before + LANES * f) + v_load(after + LANES * f), tap, sum_##f);
#define FS_STORE(f) v_store(out + LANES * f, sum_##f * half);
#define FS_HALFBAND(F) \
    FS_INLINE void KN(halfband_##F)(real *out, const real *even, const real *odd, const real *taps, size_t n_taps) \
    { \
        const real *before = odd - 1, *after = odd; \
        const vec half = v_set((real)0.5); \
        FS_EACH_##F(FS_FIRST) \
        for (size_t j = 0; j < n_taps; j++, before--, after++) { \
            const vec tap = v_set(taps[j]); \
            FS_EACH_##F(FS_ADD) \
        } \
        FS_EACH_##F(FS_STORE) \
    }
FS_HALFBAND(4)
FS_HALFBAND(1)
#undef FS_FIRST
#undef FS_ADD
#undef FS_STORE
#undef FS_HALFBAND

static void KN(halfband)(void *out_, const void *x_, size_t n, const void *taps_, size_t n_taps)
{
    enum { BLOCK = 512 };
    const real *x = x_, *taps = taps_;
    real *out = out_;
    real odd[BLOCK + 2 * FS_MAX_HALFBAND + LANES] __attribute__((aligned(64)));
    real even[BLOCK + 2 * FS_MAX_HALFBAND + LANES] __attribute__((aligned(64)));
    vec a, b;
    for (size_t first = 0; first < n; first += BLOCK, x += 2 * BLOCK, out += BLOCK) {
        const size_t count = n - first < BLOCK ? n - first : BLOCK;
        const real *from = x - 2 * n_taps;
        for (size_t i = 0; i < count + 2 * n_taps; i += LANES) {
            KN(split_parts)(from + 2 * i, &a, &b);
            v_store(even + i, a);
            v_store(odd + i, b);
        }
        size_t i = 0;
        for (; i + 3 * LANES < count; i += 4 * LANES)
            KN(halfband_4)(out + i, even + i + n_taps, odd + i + n_taps, taps, n_taps);
        for (; i < count; i += LANES)
            KN(halfband_1)(out + i, even + i + n_taps, odd + i + n_taps, taps, n_taps);
    }
}

/* F vectors of outputs of any symmetric filter, as a Toeplitz product: row q of the table holds what sample q is worth to each
 * of LANES neighbouring outputs. */
#define FS_ZERO(f) vec sum_##f = v_set(0);
#define FS_ADD(f) sum_##f = v_fma(v_set(x[2 * LANES * f]), weights, sum_##f);
#define FS_STORE(f) v_store(out + LANES * f, sum_##f);
#define FS_DECIMATE(F) \
    static __attribute__((noinline)) void KN(decimate_##F)(real *out, const real *x, const real *table, size_t n_rows) \
    { \
        FS_EACH_##F(FS_ZERO) \
        for (size_t q = 0; q < n_rows; q++, x++, table += LANES) { \
            const vec weights = v_load(table); \
            FS_EACH_##F(FS_ADD) \
        } \
        FS_EACH_##F(FS_STORE) \
    }
FS_DECIMATE(12)
FS_DECIMATE(4)
FS_DECIMATE(1)
#undef FS_ZERO
#undef FS_ADD
#undef FS_STORE
#undef FS_DECIMATE

static void KN(decimate)(void *out_, const void *x_, size_t n, const void *table, size_t reach)
{
    const size_t n_rows = 2 * reach + 2 * LANES - 1;
    const real *x = (const real *)x_ - reach;
    real *out = out_;
    size_t i = 0;
    for (; i + 12 * LANES <= n; i += 12 * LANES)
        KN(decimate_12)(out + i, x + 2 * i, table, n_rows);
    for (; i + 3 * LANES < n; i += 4 * LANES)
        KN(decimate_4)(out + i, x + 2 * i, table, n_rows);
    for (; i < n; i += LANES)
        KN(decimate_1)(out + i, x + 2 * i, table, n_rows);
}

/* Halving the rate adds the upper half of the spectrum, reflected, to the lower one. */
static void KN(decimate_bins)(void *block_, const void *response_, size_t n)
{
    const real *response = response_;
    real *block = block_;
    for (size_t k = 0; k <= n / 4; k++) {
        const cpx low = KN(get)(block + k * 2 * LANES), high = KN(get)(block + (n / 2 - k) * 2 * LANES);
        const vec a = v_set(response[k]), b = v_set(response[n / 2 - k]);
        KN(put)(block + k * 2 * LANES, (cpx){v_fma(b, high.r, a * low.r), v_fnma(b, high.i, a * low.i)});
    }
}

/* ---- products --------------------------------------------------------------------------------------------------------- */

FS_INLINE vec KN(reverse)(vec a)
{
#if LANES == 2
    return __builtin_shufflevector(a, a, 1, 0);
#elif LANES == 4
    return __builtin_shufflevector(a, a, 3, 2, 1, 0);
#elif LANES == 8
    return __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0);
#else
    return __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
#endif
}

/* Row i of n_rows (a multiple of LANES): after[j] + before[-j], after[j] - before[-j] with j = n_rows - 1 - i. */
static void KN(cqt_fold)(void *pairs_, const void *before_, const void *after_, size_t n_rows)
{
    real *pairs = pairs_;
    const real *before = (const real *)before_ - (n_rows - 1), *after = (const real *)after_ + (n_rows - LANES);
    for (size_t i = 0; i < n_rows; i += LANES) {
        const vec b = v_load(before + i), a = KN(reverse)(v_load(after - i));
        const vec sum = a + b, difference = a - b;
        v_store(pairs + 2 * i, v_zip_low(sum, difference));
        v_store(pairs + 2 * i + LANES, v_zip_high(sum, difference));
    }
}

/* p[0] p[1] p[0] p[1] ... */
FS_INLINE vec KN(broadcast_pair)(const real *p)
{
#if FS_DOUBLE && TIER_FMA && TIER_BITS == 256
    return (vec)_mm256_broadcast_pd((const __m128d *)(const void *)p);
#elif FS_DOUBLE && TIER_BITS == 128
    return v_load(p);
#elif FS_DOUBLE
    return (vec){p[0], p[1], p[0], p[1], p[0], p[1], p[0], p[1]};
#else
    typedef double bits __attribute__((vector_size(TIER_BITS / 8)));
    double both; /* moved, never computed with */
    __builtin_memcpy(&both, p, sizeof both);
#if LANES == 4
    return (vec)(bits){both, both};
#elif LANES == 8
    return (vec)(bits){both, both, both, both};
#else
    return (vec)(bits){both, both, both, both, both, both, both, both};
#endif
#endif
}
FS_INLINE vec KN(broadcast_one)(const real *p) { return v_set(*p); }

/* F frames, `step` apart, times one group of bins; or times two groups, of which the second begins `lag` rows later and ends
 * with the first. The sums replace what is in out, or are added to it. */
#define FS_ZERO_A(f) vec a_##f = v_set(0);
#define FS_ZERO_B(f) vec b_##f = v_set(0);
#define FS_ADD_A(f) a_##f = v_fma(FS_BROADCAST(x + f * step), weights, a_##f);
#define FS_ADD_BOTH(f) \
    { \
        const vec sample = FS_BROADCAST(x + f * step); \
        a_##f = v_fma(sample, weights, a_##f); \
        b_##f = v_fma(sample, others, b_##f); \
    }
#define FS_STORE_A(f) v_store(out + f * pitch, a_##f);
#define FS_STORE_B(f) v_store(out + f * pitch + LANES, b_##f);
#define FS_SUM_A(f) a_##f = v_load(out + f * pitch) + a_##f;
#define FS_SUM_B(f) b_##f = v_load(out + f * pitch + LANES) + b_##f;
#define FS_PRODUCT(name, F, UNIT) \
    static __attribute__((noinline)) void KN(name##_##F)(real *out, ptrdiff_t pitch, const real *x, ptrdiff_t step, \
                                                         const real *taps, size_t n, int add) \
    { \
        FS_EACH_##F(FS_ZERO_A) \
        for (; n; n--, x += UNIT, taps += LANES) { \
            const vec weights = v_load(taps); \
            FS_EACH_##F(FS_ADD_A) \
        } \
        if (add) { \
            FS_EACH_##F(FS_SUM_A) \
        } \
        FS_EACH_##F(FS_STORE_A) \
    } \
    static __attribute__((noinline)) void KN(name##_both_##F)(real *out, ptrdiff_t pitch, const real *x, ptrdiff_t step, \
                                                              const real *taps, size_t n, int add, const real *more, \
                                                              size_t lag, int add_more) \
    { \
        FS_EACH_##F(FS_ZERO_A) \
        FS_EACH_##F(FS_ZERO_B) \
        for (; lag; lag--, n--, x += UNIT, taps += LANES) { \
            const vec weights = v_load(taps); \
            FS_EACH_##F(FS_ADD_A) \
        } \
        for (; n; n--, x += UNIT, taps += LANES, more += LANES) { \
            const vec weights = v_load(taps), others = v_load(more); \
            FS_EACH_##F(FS_ADD_BOTH) \
        } \
        if (add) { \
            FS_EACH_##F(FS_SUM_A) \
        } \
        if (add_more) { \
            FS_EACH_##F(FS_SUM_B) \
        } \
        FS_EACH_##F(FS_STORE_A) \
        FS_EACH_##F(FS_STORE_B) \
    }

/* Rows [begin, end) of group a, and of group b where it is not NULL, for n_frames <= F: a whole block at once, the frames of
 * another two or one at a time. Long sums are made in parts, at row numbers that no group's extent changes. */
#define FS_PRODUCTS(name, F, UNIT) \
    FS_PRODUCT(name, F, UNIT) \
    FS_PRODUCT(name, 2, UNIT) \
    FS_PRODUCT(name, 1, UNIT) \
    static void KN(name##_part)(real *to, ptrdiff_t pitch, const real *x, ptrdiff_t step, size_t n_frames, \
                                const fs_cqt_group *a, const fs_cqt_group *b, ptrdiff_t begin, ptrdiff_t end) \
    { \
        const real *from = x + UNIT * begin, *taps = (const real *)a->taps + (begin - a->first) * LANES, *more = NULL; \
        const size_t n = (size_t)(end - begin); \
        const int add = begin > a->first; \
        size_t lag = 0, count; \
        int add_more = 0; \
        if (b && b->first < end) { \
            add_more = begin > b->first; \
            lag = add_more ? 0 : (size_t)(b->first - begin); \
            more = (const real *)b->taps + (add_more ? begin - b->first : 0) * LANES; \
        } \
        for (size_t left = n_frames; left; left -= count) { \
            count = left >= F ? F : left >= 2 ? 2 : 1; \
            if (count == F && more) \
                KN(name##_both_##F)(to, pitch, from, step, taps, n, add, more, lag, add_more); \
            else if (count == F) \
                KN(name##_##F)(to, pitch, from, step, taps, n, add); \
            else if (count == 2 && more) \
                KN(name##_both_2)(to, pitch, from, step, taps, n, add, more, lag, add_more); \
            else if (count == 2) \
                KN(name##_2)(to, pitch, from, step, taps, n, add); \
            else if (more) \
                KN(name##_both_1)(to, pitch, from, step, taps, n, add, more, lag, add_more); \
            else \
                KN(name##_1)(to, pitch, from, step, taps, n, add); \
            to += (ptrdiff_t)count * pitch; \
            from += (ptrdiff_t)count * step; \
        } \
    } \
    static void KN(name)(void *out_, ptrdiff_t pitch, const void *x, ptrdiff_t step, size_t n_frames, const fs_cqt_group *g, \
                         size_t n_groups) \
    { \
        const ptrdiff_t part = FS_CQT_PART; \
        real *out = out_; \
        for (size_t i = 0, done; i < n_groups; i += done, g += done, out += done * LANES) { \
            const ptrdiff_t last = g->first + (ptrdiff_t)g->n_taps; \
            const fs_cqt_group *other = i + 1 < n_groups && g[1].first >= g->first \
                                                && g[1].first + (ptrdiff_t)g[1].n_taps == last ? g + 1 : NULL; \
            done = other ? 2 : 1; \
            for (ptrdiff_t begin = g->first, end; begin < last; begin = end) { \
                end = begin + part - ((begin % part) + part) % part; \
                end = end < last ? end : last; \
                KN(name##_part)(out, pitch, x, step, n_frames, g, other, begin, end); \
            } \
        } \
    }

/* Six frames times two groups are 12 sums, which fit into 16 registers beside what they are made from. */
#define FS_BROADCAST KN(broadcast_pair)
#if TIER_BITS == 512
FS_PRODUCTS(cqt_pairs, 8, 2)
#else
FS_PRODUCTS(cqt_pairs, 6, 2)
#endif
#undef FS_BROADCAST
#define FS_BROADCAST KN(broadcast_one)
#if TIER_BITS == 512
FS_PRODUCTS(cqt_samples, 8, 1)
#else
FS_PRODUCTS(cqt_samples, 6, 1)
#endif
#undef FS_BROADCAST
#undef FS_ZERO_A
#undef FS_ZERO_B
#undef FS_ADD_A
#undef FS_ADD_BOTH
#undef FS_STORE_A
#undef FS_STORE_B
#undef FS_SUM_A
#undef FS_SUM_B
#undef FS_PRODUCT
#undef FS_PRODUCTS

/* Frames that each have their own weights: frame f lies at x[f] and takes groups[f]. */
static void KN(cqt_phases)(void *out_, ptrdiff_t pitch, const void *const *x, const fs_cqt_group *const *groups,
                           size_t n_frames, size_t n_groups)
{
    real *out = out_;
    for (size_t f = 0; f < n_frames; f += 4, out += 4 * pitch) {
        const size_t n = n_frames - f < 4 ? n_frames - f : 4, one = n > 1 ? 1 : 0, two = n > 2 ? 2 : 0, three = n > 3 ? 3 : 0;
        for (size_t g = 0; g < n_groups; g++) {
            const fs_cqt_group *shape = &groups[f][g];
            const real *p = (const real *)x[f] + shape->first, *q = (const real *)x[f + one] + shape->first;
            const real *r = (const real *)x[f + two] + shape->first, *s = (const real *)x[f + three] + shape->first;
            const real *t = shape->taps, *u = groups[f + one][g].taps, *v = groups[f + two][g].taps,
                       *w = groups[f + three][g].taps;
            vec a = v_set(0), b = a, c = a, d = a;
            for (size_t i = 0; i < shape->n_taps; i++) {
                a = v_fma(v_set(p[i]), v_load(t + i * LANES), a);
                b = v_fma(v_set(q[i]), v_load(u + i * LANES), b);
                c = v_fma(v_set(r[i]), v_load(v + i * LANES), c);
                d = v_fma(v_set(s[i]), v_load(w + i * LANES), d);
            }
            v_store(out + g * LANES, a);
            if (one)
                v_store(out + pitch + (ptrdiff_t)(g * LANES), b);
            if (two)
                v_store(out + 2 * pitch + (ptrdiff_t)(g * LANES), c);
            if (three)
                v_store(out + 3 * pitch + (ptrdiff_t)(g * LANES), d);
        }
    }
}

/* Frames in the lanes: sums of complex weights times bins, every other bin apart. */
static void KN(cqt_project)(void *out_, const void *block_, const fs_bands *rows)
{
    enum { UNIT = 2 * LANES };
    real *out = out_;
    for (int64_t row = 0; row < rows->n_rows; row++, out += UNIT) {
        const real *w = (const real *)rows->weights + 2 * rows->start[row];
        const real *x = (const real *)block_ + rows->first[row] * UNIT;
        int64_t left = rows->start[row + 1] - rows->start[row];
        vec rr = v_set(0), ii = rr, ri = rr, ir = rr, rr2 = rr, ii2 = rr, ri2 = rr, ir2 = rr;
        for (; left >= 2; left -= 2, w += 4, x += 2 * UNIT) {
            const cpx a = KN(get)(x), b = KN(get)(x + UNIT);
            rr = v_fma(a.r, v_set(w[0]), rr);
            ii = v_fma(a.i, v_set(w[1]), ii);
            ri = v_fma(a.r, v_set(w[1]), ri);
            ir = v_fma(a.i, v_set(w[0]), ir);
            rr2 = v_fma(b.r, v_set(w[2]), rr2);
            ii2 = v_fma(b.i, v_set(w[3]), ii2);
            ri2 = v_fma(b.r, v_set(w[3]), ri2);
            ir2 = v_fma(b.i, v_set(w[2]), ir2);
        }
        if (left) {
            const cpx a = KN(get)(x);
            rr = v_fma(a.r, v_set(w[0]), rr);
            ii = v_fma(a.i, v_set(w[1]), ii);
            ri = v_fma(a.r, v_set(w[1]), ri);
            ir = v_fma(a.i, v_set(w[0]), ir);
        }
        KN(put)(out, (cpx){(rr + rr2) - (ii + ii2), (ri + ri2) + (ir + ir2)});
    }
}

/* x[f][k] *= turns[k] for n complex values of each row */
static void KN(cqt_turn)(void *rows_, size_t pitch, size_t n_rows, const void *turns_, size_t n)
{
    const real *turns = turns_;
    vec re, im, wr, wi;
    for (size_t f = 0; f < n_rows; f++) {
        real *row = (real *)rows_ + f * pitch;
        for (size_t i = 0; i < n; i += LANES) {
            KN(split_parts)(row + 2 * i, &re, &im);
            KN(split_parts)(turns + 2 * i, &wr, &wi);
            const vec r = v_fnma(im, wi, re * wr), m = v_fma(im, wr, re * wi);
            v_store(row + 2 * i, v_zip_low(r, m));
            v_store(row + 2 * i + LANES, v_zip_high(r, m));
        }
    }
}
#undef FS_EACH_1
#undef FS_EACH_2
#undef FS_EACH_4
#undef FS_EACH_6
#undef FS_EACH_8
#undef FS_EACH_12
