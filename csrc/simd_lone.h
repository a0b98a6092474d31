/* Blocks of one frame, for one tier and one element type: included after simd_fft.h and simd_speech.h, once per type.
 *
 * The table of this file has one lane; what stands side by side in its vectors are butterflies, bins, bands or coefficients of
 * one frame. Each goes through the operations that it has in a lane of the other tables, in their order, so the bits are the
 * same. An element is never summed up with a zero more than there: masks keep such steps out, which would turn -0 to 0 and
 * an infinity to NaN. */

/* ---- the FFT ----------------------------------------------------------------------------------------------------------
 *
 * As in simd_fft.h. In the first pass, LANES of the `row` butterflies run side by side. Their results are transposed, so that
 * `first` rows stand side by side as if they were frames: for the passes along the rows, they are. Those leave the values of
 * the complex transform in natural order, LANES real and LANES imaginary parts at a time. */

FS_INLINE cpx KN(turn_each)(cpx a, const real *w)
{
    const vec wr = v_load(w), wi = v_load(w + LANES);
    return (cpx){v_fnma(a.i, wi, a.r * wr), v_fma(a.i, wr, a.r * wi)};
}

/* The butterflies of the last vector may be those of the one before again. */
#define FS_LONE_FIRST(R) \
    static __attribute__((noinline)) void KN(lone_first_##R)(const fs_lone_tables *lone, const real *samples, real *z) \
    { \
        const fs_lanes_tables *t = lone->lanes; \
        const real *window = lone->window, *w = lone->first_turns; \
        const size_t unit = 2 * LANES, row = t->row; \
        for (size_t at = 0; at < row; at += LANES, w += (R - 1) * unit) { \
            const size_t j = at + LANES <= row ? at : row - LANES; \
            cpx x[R]; \
            _Pragma("GCC unroll 16") for (size_t i = 0; i < R; i++) \
            { \
                const size_t s = 2 * (j + row * i); \
                const vec a = v_load(samples + s) * v_load(window + s); \
                const vec b = v_load(samples + s + LANES) * v_load(window + s + LANES); \
                KN(unzip)(a, b, &x[i].r, &x[i].i); \
            } \
            KN(butterfly_##R)(x); \
            _Pragma("GCC unroll 16") for (size_t k = 1; k < R; k++) x[k] = KN(turn_each)(x[k], w + (k - 1) * unit); \
            _Pragma("GCC unroll 8") for (size_t g = 0; g < R / LANES; g++) \
            { \
                real *to = z + (g * t->pitch + j) * unit; \
                vec y[LANES]; \
                _Pragma("GCC unroll 8") for (size_t c = 0; c < LANES; c++) y[c] = x[g * LANES + c].r; \
                KN(transpose)(y); \
                _Pragma("GCC unroll 8") for (size_t c = 0; c < LANES; c++) v_store(to + c * unit, y[c]); \
                _Pragma("GCC unroll 8") for (size_t c = 0; c < LANES; c++) y[c] = x[g * LANES + c].i; \
                KN(transpose)(y); \
                _Pragma("GCC unroll 8") for (size_t c = 0; c < LANES; c++) v_store(to + c * unit + LANES, y[c]); \
            } \
        } \
    }

/* Interleaved complex values in two vectors -> real and imaginary parts. */
FS_INLINE void KN(unzip)(vec a, vec b, vec *re, vec *im)
{
#if LANES == 2
    *re = __builtin_shufflevector(a, b, 0, 2);
    *im = __builtin_shufflevector(a, b, 1, 3);
#elif LANES == 4
    *re = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    *im = __builtin_shufflevector(a, b, 1, 3, 5, 7);
#else
    *re = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    *im = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#endif
}

/* The first value of `first`, then those of `rest` from the last to the second. */
FS_INLINE vec KN(wrapped)(vec first, vec rest)
{
#if LANES == 2
    return __builtin_shufflevector(first, rest, 0, 3);
#elif LANES == 4
    return __builtin_shufflevector(first, rest, 0, 7, 6, 5);
#else
    const vec x = __builtin_shufflevector(first, rest, 0, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(x, x, 0, 7, 6, 5, 4, 3, 2, 1);
#endif
}

#if LANES <= 2
FS_LONE_FIRST(2)
#endif
#if LANES <= 4
FS_LONE_FIRST(4)
#endif
FS_LONE_FIRST(8)
FS_LONE_FIRST(16)
#undef FS_LONE_FIRST

FS_INLINE vec KN(flip)(vec x, vec sign) { return (vec)((uvec)x ^ (uvec)sign); }

/* The m complex values at z to bins 0 ... m. Bin k comes from values k and m - k, of which either may be the first of the pair
 * in simd_fft.h. For powers that does not matter, once the factor is the conjugate; in complex bins it decides the signs of
 * zeros, and `sign` says which it is. */
FS_INLINE void KN(lone_bins)(const fs_lone_tables *lone, const real *z, real *out, int as_power)
{
    const size_t unit = 2 * LANES, m = lone->lanes->first * lone->lanes->row, vectors = m / LANES;
    const real *w = lone->split_turns, *sign = lone->split_signs;
    for (size_t b = 0; b < vectors; b++, w += unit, sign += LANES) {
        const cpx x = KN(get)(z + b * unit), high = KN(get)(b ? z + (vectors - b) * unit : z);
        const cpx low = KN(get)(z + (vectors - 1 - b) * unit);
        const cpx y = {KN(wrapped)(high.r, low.r), KN(wrapped)(high.i, low.i)};
        if (as_power) {
            const cpx turned = KN(turn_each)((cpx){x.r - y.r, x.i + y.i}, w);
            v_store(out + b * LANES, KN(square)(x.r + y.r + turned.r, x.i - y.i + turned.i));
        } else {
            const vec s = v_load(sign), wr = v_load(w), wi = KN(flip)(v_load(w + LANES), s);
            const cpx sum = {x.r + y.r, KN(flip)(x.i, s) - KN(flip)(y.i, s)};
            const cpx d = {KN(flip)(x.r, s) - KN(flip)(y.r, s), x.i + y.i};
            const vec turned_r = v_fnma(d.i, wi, d.r * wr), turned_i = v_fma(d.i, wr, d.r * wi);
            const vec r = sum.r + KN(flip)(turned_r, s), i = turned_i + KN(flip)(sum.i, s);
            v_store(out + b * unit, v_zip_low(r, i));
            v_store(out + b * unit + LANES, v_zip_high(r, i));
        }
    }
    cpx low, high;
    KN(split)(KN(get)(z), KN(get)(z), lone->lanes->split_turns, &low, &high);
    if (as_power) {
        out[m] = KN(square)(high.r, high.i)[0];
    } else {
        out[2 * m] = high.r[0];
        out[2 * m + 1] = high.i[0];
    }
}

static void KN(lone_forward)(const fs_lone_tables *lone, const void *samples, void *z_, void *spare, void *out, int as_power)
{
    const fs_lanes_tables *t = lone->lanes;
    const size_t groups = t->first / LANES;
    real *z = z_;
    switch (t->first) {
#if LANES <= 2
    case 2: KN(lone_first_2)(lone, samples, z); break;
#endif
#if LANES <= 4
    case 4: KN(lone_first_4)(lone, samples, z); break;
#endif
    case 8: KN(lone_first_8)(lone, samples, z); break;
    default: KN(lone_first_16)(lone, samples, z); break;
    }
    if (groups == 1) {
        z = KN(transform_row)(t, z, spare, NULL, 1);
    } else {
        /* The rows of all groups meet behind them. */
        real *whole = z + t->first * t->pitch * 2;
        for (size_t g = 0; g < groups; g++)
            (void)KN(transform_row)(t, z + g * t->pitch * 2 * LANES, spare, whole + g * 2 * LANES, groups);
        z = whole;
    }
    if (as_power)
        KN(lone_bins)(lone, z, out, 1);
    else
        KN(lone_bins)(lone, z, out, 0);
}

/* ---- the other stages ------------------------------------------------------------------------------------------------- */

/* Four values whatever the vectors' width: sums that run over every fourth element. Functions take them by address, since how
 * they would be passed depends on the target. */
#undef four
#undef ifour
#define four KN(four)
#define ifour KN(ifour)
typedef real four __attribute__((vector_size(4 * sizeof(real))));
typedef real KN(four_unaligned) __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef real_int ifour __attribute__((vector_size(4 * sizeof(real))));

#undef FS_FOUR
#define FS_FOUR(p) (*(const KN(four_unaligned) *)(p))
FS_INLINE void KN(add_product)(four *sum, const four *a, const real *b)
{
#if TIER_FMA && FS_DOUBLE
    *sum = (four)_mm256_fmadd_pd((__m256d)*a, (__m256d)FS_FOUR(b), (__m256d)*sum);
#elif TIER_FMA
    *sum = (four)_mm_fmadd_ps((__m128)*a, (__m128)FS_FOUR(b), (__m128)*sum);
#else
    *sum = *a * FS_FOUR(b) + *sum;
#endif
}
FS_INLINE void KN(add_four)(four *sum, const real *a, const real *b)
{
    const four x = FS_FOUR(a);
    KN(add_product)(sum, &x, b);
}

FS_INLINE real KN(one_fma)(real a, real b, real c)
{
#if TIER_FMA && FS_DOUBLE
    return __builtin_fma(a, b, c);
#elif TIER_FMA
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* The four partial sums of a band. Reads up to three elements more of either array. */
FS_INLINE void KN(lone_band)(four *sum, const real *x, const real *w, int64_t n)
{
    *sum = (four){0};
    for (; n >= 4; n -= 4, x += 4, w += 4)
        KN(add_four)(sum, x, w);
    if (n > 0) {
        const ifour left = (ifour){0, 1, 2, 3} < (ifour){0} + (real_int)n;
        four more = *sum;
        KN(add_four)(&more, x, w);
        *sum = (four)(((ifour)more & left) | ((ifour)*sum & ~left));
    }
}

/* R rows of a dense matrix, R a multiple of 4 */
#define FS_LONE_DENSE(R) \
    static void KN(lone_dense_##R)(real *out, const real *x, const real *w, size_t n_columns) \
    { \
        four total[R / 4] = {{0}}, sum[R / 4]; \
        for (size_t begin = 0; begin < n_columns; begin += FS_DENSE_PART) { \
            const size_t end = begin + FS_DENSE_PART < n_columns ? begin + FS_DENSE_PART : n_columns; \
            _Pragma("GCC unroll 3") for (int i = 0; i < R / 4; i++) sum[i] = (four){0}; \
            for (size_t column = begin; column < end; column++, w += R) { \
                const four value = x[column] - (four){0}; \
                _Pragma("GCC unroll 3") for (int i = 0; i < R / 4; i++) \
                    KN(add_product)(&sum[i], &value, w + 4 * i); \
            } \
            _Pragma("GCC unroll 3") for (int i = 0; i < R / 4; i++) total[i] += sum[i]; \
        } \
        _Pragma("GCC unroll 3") for (int i = 0; i < R / 4; i++) *(KN(four_unaligned) *)(out + 4 * i) = total[i]; \
    }
FS_LONE_DENSE(12)
FS_LONE_DENSE(4)
#undef FS_LONE_DENSE

static void KN(lone_dense)(real *out, const real *x, const fs_bands *bands)
{
    const real *w = bands->dense;
    const size_t n_columns = (size_t)bands->n_columns;
    size_t left = (size_t)bands->n_rows, rows;
    for (; left; left -= rows, out += rows, w += rows * n_columns) {
        rows = left >= FS_DENSE_ROWS ? FS_DENSE_ROWS : left >= 4 ? 4 : 1;
        if (rows == FS_DENSE_ROWS) {
            KN(lone_dense_12)(out, x, w, n_columns);
        } else if (rows == 4) {
            KN(lone_dense_4)(out, x, w, n_columns);
        } else {
            *out = 0;
            for (size_t begin = 0, end; begin < n_columns; begin = end) {
                real sum = 0;
                end = begin + FS_DENSE_PART < n_columns ? begin + FS_DENSE_PART : n_columns;
                for (size_t column = begin; column < end; column++)
                    sum = KN(one_fma)(x[column], w[column], sum);
                *out += sum;
            }
        }
    }
}

/* 1 if all of x, at least one vector of them, are positive (no zero with a sign) and finite. */
FS_INLINE int KN(lone_plain)(const real *x, size_t n)
{
    const ivec infinity = (ivec)v_set((real)__builtin_inf()), zero = {0};
    ivec odd = zero;
    for (size_t i = 0; i < n; i += LANES) {
        const ivec bits = (ivec)v_load(x + (i + LANES <= n ? i : n - LANES));
        odd |= (bits < zero) | (bits >= infinity);
    }
    real_int any = 0;
    for (int i = 0; i < LANES; i++)
        any |= odd[i];
    return !any;
}

/* (a + b) + (c + d) of each */
FS_INLINE void KN(four_sums)(four *sums, const four *s)
{
    const four p = __builtin_shufflevector(s[0], s[1], 0, 2, 4, 6) + __builtin_shufflevector(s[0], s[1], 1, 3, 5, 7);
    const four q = __builtin_shufflevector(s[2], s[3], 0, 2, 4, 6) + __builtin_shufflevector(s[2], s[3], 1, 3, 5, 7);
    *sums = __builtin_shufflevector(p, q, 0, 2, 4, 6) + __builtin_shufflevector(p, q, 1, 3, 5, 7);
}

/* Four bands at a time, in as many steps as the longest of them has. A step too many adds -0, which changes nothing: x is
 * positive and finite there. */
static void KN(lone_quads)(real *out, const real *x, const fs_bands *bands)
{
    const real *w = bands->quads;
    const uint32_t *first = bands->quad_first;
    const size_t n = (size_t)bands->n_rows;
    for (size_t band = 0; band < n; band += 4, first += 4) {
        const real *a = x + first[0], *b = x + first[1], *c = x + first[2], *d = x + first[3];
        four s[4] = {{0}, {0}, {0}, {0}}, sums;
        for (uint32_t steps = bands->quad_steps[band / 4]; steps > 0; steps--, a += 4, b += 4, c += 4, d += 4, w += 16) {
            KN(add_four)(&s[0], a, w);
            KN(add_four)(&s[1], b, w + 4);
            KN(add_four)(&s[2], c, w + 8);
            KN(add_four)(&s[3], d, w + 12);
        }
        KN(four_sums)(&sums, s);
        if (band + 4 <= n)
            *(KN(four_unaligned) *)(out + band) = sums;
        else
            for (size_t i = band; i < n; i++)
                out[i] = sums[i - band];
    }
}

static void KN(lone_project)(void *out_, const void *block, const fs_bands *bands)
{
    const real *x = block, *w = bands->weights;
    const int64_t *first = bands->first, *start = bands->start;
    real *out = out_;
    int64_t band = 0;
    if (bands->dense) {
        KN(lone_dense)(out, x, bands);
        return;
    }
    if (bands->quads && KN(lone_plain)(x, (size_t)bands->n_columns)) {
        KN(lone_quads)(out, x, bands);
        return;
    }
    for (; band + 4 <= bands->n_rows; band += 4) {
        four s[4], sums;
        _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++)
        {
            const int64_t begin = start[band + i];
            KN(lone_band)(&s[i], x + first[band + i], w + begin, start[band + i + 1] - begin);
        }
        KN(four_sums)(&sums, s);
        *(KN(four_unaligned) *)(out + band) = sums;
    }
    for (; band < bands->n_rows; band++) {
        four s;
        KN(lone_band)(&s, x + first[band], w + start[band], start[band + 1] - start[band]);
        out[band] = (s[0] + s[1]) + (s[2] + s[3]);
    }
}

static void KN(lone_compress)(void *x_, size_t n, const fs_log_spec *spec)
{
    const size_t left = n % LANES;
    real *x = x_, rest[LANES];
    KN(compress)(x, n - left, spec);
    if (left) {
        v_store(rest, KN(load_part)(x + n - left, left, 1));
        KN(compress)(rest, LANES, spec);
        KN(store_part)(x + n - left, v_load(rest), left);
    }
}

static void KN(lone_clip)(void *x, size_t n, const void *floor)
{
    KN(shift_clip)(x, n, 0, (double)*(const real *)floor);
}

static void KN(lone_extremes)(const void *x_, size_t n, void *smallest, void *largest)
{
    const real *x = x_;
    real least = x[0], most = x[0];
    for (size_t i = 1; i < n; i++) {
        least = least < x[i] ? least : x[i];
        most = most > x[i] ? most : x[i];
    }
    *(real *)smallest = least;
    *(real *)largest = most;
}

/* The matrix is transposed, its n_in rows padded to a multiple of FS_MAX_LANES. */
#define FS_LONE_MIX(R) \
    static void KN(lone_mix_##R)(real *out, const real *x, const real *m, size_t pitch, size_t n_out, size_t n_in) \
    { \
        vec sum[R]; \
        _Pragma("GCC unroll 4") for (int i = 0; i < R; i++) sum[i] = v_set(0); \
        for (size_t j = 0; j < n_in; j++, m += pitch) \
            _Pragma("GCC unroll 4") for (int i = 0; i < R; i++) sum[i] = v_fma(v_set(x[j]), v_load(m + i * LANES), sum[i]); \
        _Pragma("GCC unroll 4") for (int i = 0; i < R; i++, out += LANES, n_out -= LANES) \
        { \
            if (n_out < LANES) { \
                KN(store_part)(out, sum[i], n_out); \
                break; \
            } \
            v_store(out, sum[i]); \
        } \
    }
FS_LONE_MIX(1)
FS_LONE_MIX(2)
FS_LONE_MIX(3)
FS_LONE_MIX(4)
#undef FS_LONE_MIX

static void KN(lone_mix)(void *out_, const void *block, const void *matrix, size_t n_out, size_t n_in)
{
    const size_t pitch = (n_out + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
    const real *m = matrix;
    real *out = out_;
    for (size_t i = 0; i < n_out; i += 4 * LANES) {
        const size_t left = n_out - i;
        switch ((left - 1) / LANES) {
        case 0: KN(lone_mix_1)(out + i, block, m + i, pitch, left, n_in); break;
        case 1: KN(lone_mix_2)(out + i, block, m + i, pitch, left, n_in); break;
        case 2: KN(lone_mix_3)(out + i, block, m + i, pitch, left, n_in); break;
        default: KN(lone_mix_4)(out + i, block, m + i, pitch, left, n_in); break;
        }
    }
}

/* |x|^p of interleaved complex values */
static void KN(lone_power)(void *out_, const void *block, size_t n, double p)
{
    const real *x = block;
    real *out = out_, rest[2 * LANES] = {0};
    const size_t left = n % LANES, whole = n - left;
    vec re, im;
    for (size_t i = 0; i < whole; i += LANES) {
        KN(split_parts)(x + 2 * i, &re, &im);
        v_store(out + i, KN(raised_magnitude)(re, im, p));
    }
    if (left) {
        for (size_t i = 0; i < 2 * left; i++)
            rest[i] = x[2 * whole + i];
        KN(split_parts)(rest, &re, &im);
        KN(store_part)(out + whole, KN(raised_magnitude)(re, im, p), left);
    }
}

/* The energy is one sum, of one sample after the other. */
static void KN(lone_condition)(void *panel, size_t pitch, size_t n, const fs_condition *spec, void *energy)
{
    real *x = panel, mean = 0, sum = 0, c = (real)spec->preemphasis;
    const real *window = spec->window;
    size_t i = 0;
    (void)pitch;
    if (spec->remove_dc) {
        four s = {0};
        for (; i + 4 <= n; i += 4)
            s += FS_FOUR(x + i);
        for (; i < n; i++)
            s[0] += x[i];
        mean = ((s[0] + s[1]) + (s[2] + s[3])) / (real)n;
    }
    for (i = 0; i < n; i++)
        x[i] -= mean;
    for (i = 0; i < n && spec->energy == FSPEC_ENERGY_RAW; i++)
        sum = KN(one_fma)(x[i], x[i], sum);
    /* From the last to the first, since each needs the one before as it was. */
    for (i = n; i > LANES; i -= LANES)
        v_store(x + i - LANES, v_fnma(v_set(c), v_load(x + i - LANES - 1), v_load(x + i - LANES)));
    for (; i > 0; i--)
        x[i - 1] = KN(one_fma)(-c, x[i > 1 ? i - 2 : 0], x[i - 1]);
    for (i = 0; i < n && spec->energy == FSPEC_ENERGY_WINDOWED; i++) {
        const real z = x[i] * window[i];
        sum = KN(one_fma)(z, z, sum);
    }
    if (spec->energy)
        *(real *)energy = sum * (real)spec->energy_scale;
}

static void KN(lone_gather)(void *panel, const void *const *frames, size_t n, size_t pitch)
{
    (void)pitch;
    __builtin_memcpy(panel, frames[0], n * sizeof(real));
}

static void KN(lone_row)(void *const *out, const void *block, size_t n, size_t n_active)
{
    (void)n_active;
    __builtin_memcpy(out[0], block, n * sizeof(real));
}

static void KN(lone_complex_row)(void *const *out, const void *block, size_t n, size_t n_active)
{
    (void)n_active;
    __builtin_memcpy(out[0], block, 2 * n * sizeof(real));
}

const fs_kernels FS_CAT(TIER_LONE, FS_TYPE) = {
    .tier = TIER_STRING,
    .lanes = 1,
    .real_size = sizeof(real),
    .narrow = &FS_CAT(TIER_LONE, FS_TYPE),
    .lanes_to_rows = KN(lone_row),
    .project = KN(lone_project),
    .compress = KN(lone_compress),
    .clip_lanes = KN(lone_clip),
    .extremes = KN(lone_extremes),
    .mix = KN(lone_mix),
    .fft_gather = KN(lone_gather),
    .block_power = KN(lone_power),
    .condition = KN(lone_condition),
    .lift_power = KN(lift_power),
    .affine = KN(affine),
    .affine_rows = KN(affine_each),
    .complex_to_rows = KN(lone_complex_row),
    .lone_forward = KN(lone_forward),
    .lone_width = LANES,
};
