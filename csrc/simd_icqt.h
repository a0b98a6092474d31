/* The transposed products and interpolation by two of the inverse constant-Q transforms, for one tier and one element type:
 * included after simd_cqt.h, once per type.
 *
 * Output samples are in the lanes: a lane sums its products in one fixed order, and weights beyond a filter's end are zeros,
 * so that results do not depend on the width of the vectors. */

enum { FS(fs_icqt_step) = FS_ICQT_BLOCK / sizeof(real) }; /* samples of a block, whatever the vectors */

/* sums[f] = the products of n rows, `stride` coefficients apart, with three vectors of rows */
#define FS_ICQT_ZERO(f) vec a##f = v_set(0), b##f = a##f, c##f = a##f;
#define FS_ICQT_ADD(f) \
    { \
        const vec coefficient = v_set(coefs[f]); \
        a##f = v_fma(coefficient, first, a##f); \
        b##f = v_fma(coefficient, second, b##f); \
        c##f = v_fma(coefficient, third, c##f); \
    }
#define FS_ICQT_KEEP(f) \
    v_store(sums + f * FS(fs_icqt_step), a##f); \
    v_store(sums + f * FS(fs_icqt_step) + LANES, b##f); \
    v_store(sums + f * FS(fs_icqt_step) + 2 * LANES, c##f);
#define FS_ICQT_F1(M) M(0)
#define FS_ICQT_F4(M) M(0) M(1) M(2) M(3)
#define FS_ICQT_PRODUCT(F) \
    static __attribute__((noinline)) void KN(icqt_sums_##F)(real *sums, const real *coefs, size_t stride, const real *weights, \
                                                            size_t n) \
    { \
        FS_ICQT_F##F(FS_ICQT_ZERO) \
        for (; n; n--, coefs += stride, weights += FS(fs_icqt_step)) { \
            const vec first = v_load(weights), second = v_load(weights + LANES), third = v_load(weights + 2 * LANES); \
            FS_ICQT_F##F(FS_ICQT_ADD) \
        } \
        FS_ICQT_F##F(FS_ICQT_KEEP) \
    }
FS_ICQT_PRODUCT(4)
FS_ICQT_PRODUCT(1)
#undef FS_ICQT_ZERO
#undef FS_ICQT_ADD
#undef FS_ICQT_KEEP
#undef FS_ICQT_F1
#undef FS_ICQT_F4
#undef FS_ICQT_PRODUCT

/* sums[f][i] for a block. Frames are added to the output block by block, one after another: blocks must not depend on
 * vectors. */
FS_INLINE void KN(icqt_sums)(real *sums, const real *coefs, size_t stride, const real *weights, size_t n, size_t n_frames)
{
    for (size_t i = 0; i < FS(fs_icqt_step); i += 3 * LANES) {
        if (n_frames > 1)
            KN(icqt_sums_4)(sums + i, coefs, stride, weights + i, n);
        else
            KN(icqt_sums_1)(sums + i, coefs, stride, weights + i, n);
    }
}

/* to[f][i] += sum over r of coefs[4 r + f] * weights[r][i]; frames with to[f] NULL are left out */
static void KN(icqt_plain)(void *const *to, size_t n_frames, const void *coefs, const fs_icqt_block *blocks, size_t n_blocks)
{
    real sums[FS_ICQT_FRAMES * FS(fs_icqt_step)] __attribute__((aligned(64)));
    for (size_t b = 0; b < n_blocks; b++) {
        KN(icqt_sums)(sums, coefs, FS_ICQT_FRAMES, blocks[b].weights, 2 * blocks[b].n_bins, n_frames);
        for (size_t f = 0; f < n_frames; f++) {
            real *p = (real *)to[f] + b * FS(fs_icqt_step);
            for (size_t i = 0; to[f] && i < FS(fs_icqt_step); i += LANES)
                v_store(p + i, v_load(p + i) + v_load(sums + f * FS(fs_icqt_step) + i));
        }
    }
}

/* With P and Q the products of the real and of the imaginary parts, after[f][i] += P + Q and before[f][-i] += P - Q. */
static void KN(icqt_folded)(void *const *after, void *const *before, size_t n_frames, const void *coefs_,
                            const fs_icqt_block *blocks, size_t n_blocks)
{
    const real *coefs = coefs_;
    real re[FS_ICQT_FRAMES * FS(fs_icqt_step)] __attribute__((aligned(64))), im[FS_ICQT_FRAMES * FS(fs_icqt_step)]
        __attribute__((aligned(64)));
    for (size_t b = 0; b < n_blocks; b++) {
        const real *weights = blocks[b].weights;
        const size_t n = blocks[b].n_bins;
        KN(icqt_sums)(re, coefs, 2 * FS_ICQT_FRAMES, weights, n, n_frames);
        KN(icqt_sums)(im, coefs + FS_ICQT_FRAMES, 2 * FS_ICQT_FRAMES, weights + n * FS(fs_icqt_step), n, n_frames);
        for (size_t f = 0; f < n_frames; f++) {
            if (!after[f])
                continue;
            real *p = (real *)after[f] + b * FS(fs_icqt_step), *q = (real *)before[f] - b * FS(fs_icqt_step) - (LANES - 1);
            for (size_t i = 0; i < FS(fs_icqt_step); i += LANES) {
                const vec a = v_load(re + f * FS(fs_icqt_step) + i), c = v_load(im + f * FS(fs_icqt_step) + i);
                v_store(p + i, v_load(p + i) + (a + c));
                v_store(q - i, v_load(q - i) + KN(reverse)(a - c));
            }
        }
    }
}

/* to[i] += x[i] / divisor */
static void KN(icqt_add)(void *to_, const void *x_, size_t n, double divisor_)
{
    const real *x = x_, divisor = (real)divisor_;
    real *to = to_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(to + i, v_load(to + i) + v_load(x + i) / v_set(divisor));
    for (; i < n; i++)
        to[i] += x[i] / divisor;
}

/* The transpose of KN(halfband): out[2 i] = x[i] / 2, out[2 i + 1] = sum over j of taps[j] / 2 * (x[i - j] + x[i + 1 + j]) */
static void KN(halfband_up)(void *out_, const void *x_, size_t n, const void *taps_, size_t n_taps)
{
    const real *x = x_, *taps = taps_;
    real *out = out_;
    for (size_t i = 0; i < n; i += LANES, x += LANES, out += 2 * LANES) {
        const vec even = v_load(x) * v_set((real)0.5);
        vec odd = v_set(0);
        for (size_t j = 0; j < n_taps; j++)
            odd = v_fma(v_load(x - j) + v_load(x + 1 + j), v_set(taps[j]), odd);
        odd = odd * v_set((real)0.5);
        v_store(out, v_zip_low(even, odd));
        v_store(out + LANES, v_zip_high(even, odd));
    }
}

/* F vectors of pairs of outputs of any symmetric filter, as a Toeplitz product: row q of the table holds what sample q is worth
 * to LANES neighbouring even outputs, then to the odd ones after them. */
#define FS_ZERO(f) vec even_##f = v_set(0), odd_##f = even_##f;
#define FS_ADD(f) \
    { \
        const vec sample = v_set(x[LANES * f]); \
        even_##f = v_fma(sample, evens, even_##f); \
        odd_##f = v_fma(sample, odds, odd_##f); \
    }
#define FS_STORE(f) \
    v_store(out + 2 * LANES * f, v_zip_low(even_##f, odd_##f)); \
    v_store(out + 2 * LANES * f + LANES, v_zip_high(even_##f, odd_##f));
#define FS_EACH_1(M) M(0)
#define FS_EACH_6(M) FS_EACH_1(M) M(1) M(2) M(3) M(4) M(5)
#define FS_INTERPOLATE(F) \
    static __attribute__((noinline)) void KN(interpolate_##F)(real *out, const real *x, const real *table, size_t n_rows) \
    { \
        FS_EACH_##F(FS_ZERO) \
        for (; n_rows; n_rows--, x++, table += 2 * LANES) { \
            const vec evens = v_load(table), odds = v_load(table + LANES); \
            FS_EACH_##F(FS_ADD) \
        } \
        FS_EACH_##F(FS_STORE) \
    }
FS_INTERPOLATE(6)
FS_INTERPOLATE(1)
#undef FS_ZERO
#undef FS_ADD
#undef FS_STORE
#undef FS_EACH_1
#undef FS_EACH_6
#undef FS_INTERPOLATE

/* n pairs of outputs; those at out are centred on x and on the half sample after it. Row 0 of the table is sample
 * x - reach / 2. */
static void KN(interpolate)(void *out_, const void *x_, size_t n, const void *table, size_t reach)
{
    const size_t n_rows = reach / 2 + (reach + 1) / 2 + LANES;
    const real *x = (const real *)x_ - reach / 2;
    real *out = out_;
    size_t i = 0;
    for (; i + 6 * LANES <= n; i += 6 * LANES)
        KN(interpolate_6)(out + 2 * i, x + i, table, n_rows);
    for (; i < n; i += LANES)
        KN(interpolate_1)(out + 2 * i, x + i, table, n_rows);
}
