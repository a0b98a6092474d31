/* The kernels for one tier and one element type: included after simd_vec.h and simd_math.h, once per type. Tails run through
 * the same vector code as the rest, on a padded copy. */

#undef K
#define K FS(fs_k)
#undef KN
#define KN(name) FS_CAT(FS_CAT(fs_k, name), FS_TYPE)
#undef FS_TYPE
#if FS_DOUBLE
#define FS_TYPE f64
#else
#define FS_TYPE f32
#endif
#undef FS_TINY
#if FS_DOUBLE
#define FS_TINY 2.2250738585072014e-308
#else
#define FS_TINY 1.17549435e-38f
#endif

/* The first n < LANES elements of p, padded with `fill`, and back. */
FS_INLINE vec KN(load_part)(const real *p, size_t n, real fill)
{
    vec x = v_set(fill);
    for (size_t i = 0; i < n; i++)
        x[i] = p[i];
    return x;
}

FS_INLINE void KN(store_part)(real *p, vec x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = x[i];
}

static void KN(multiply)(void *out_, const void *a_, const void *b_, size_t n)
{
    real *out = out_;
    const real *a = a_, *b = b_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(out + i, v_load(a + i) * v_load(b + i));
    if (i < n)
        KN(store_part)(out + i, KN(load_part)(a + i, n - i, 0) * KN(load_part)(b + i, n - i, 0), n - i);
}

static void KN(multiply_add)(void *sum_, const void *a_, const void *b_, size_t n)
{
    real *sum = sum_;
    const real *a = a_, *b = b_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(sum + i, v_fma(v_load(a + i), v_load(b + i), v_load(sum + i)));
    if (i < n) {
        size_t left = n - i;
        KN(store_part)(sum + i, v_fma(KN(load_part)(a + i, left, 0), KN(load_part)(b + i, left, 0),
                                      KN(load_part)(sum + i, left, 0)), left);
    }
}

FS_INLINE vec KN(divide_one)(vec x, vec d)
{
    ivec safe = d > v_set(FS_TINY);
    return x / v_select(safe, d, v_set(1));
}

static void KN(divide)(void *out_, const void *x_, const void *divisor_, size_t n)
{
    real *out = out_;
    const real *x = x_, *d = divisor_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(out + i, KN(divide_one)(v_load(x + i), v_load(d + i)));
    if (i < n)
        KN(store_part)(out + i, KN(divide_one)(KN(load_part)(x + i, n - i, 0), KN(load_part)(d + i, n - i, 1)), n - i);
}

/* LANES interleaved complex values -> real and imaginary parts. */
FS_INLINE void KN(split_parts)(const real *p, vec *re, vec *im)
{
    vec a = v_load(p), b = v_load(p + LANES);
#if LANES == 2
    *re = __builtin_shufflevector(a, b, 0, 2);
    *im = __builtin_shufflevector(a, b, 1, 3);
#elif LANES == 4
    *re = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    *im = __builtin_shufflevector(a, b, 1, 3, 5, 7);
#elif LANES == 8
    *re = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
    *im = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
    *re = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *im = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#endif
}

FS_INLINE vec KN(square)(vec re, vec im) { return v_fma(re, re, im * im); }

/* sqrt(re^2 + im^2) without overflow or underflow of the squares: both are scaled by a power of two first. */
FS_INLINE vec KN(magnitude)(vec re, vec im)
{
#if FS_DOUBLE
    const vec large = v_set(0x1p500), small = v_set(0x1p-400), up = v_set(0x1p600), down = v_set(0x1p-600);
#else
    const vec large = v_set(0x1p60f), small = v_set(0x1p-50f), up = v_set(0x1p70f), down = v_set(0x1p-70f);
#endif
    vec most = v_max(v_abs(re), v_abs(im)), scale, back;
    ivec is_large = most > large, is_small = most < small;
    scale = v_select(is_large, down, v_select(is_small, up, v_set(1)));
    back = v_select(is_large, up, v_select(is_small, down, v_set(1)));
    return v_sqrt(KN(square)(re * scale, im * scale)) * back;
}

#if FS_DOUBLE
FS_INLINE vec KN(any_power)(vec re, vec im, double p)
{
    return fs_pow_f64(KN(magnitude)(re, im), p);
}
#else
/* In double, a half at a time: a power in single precision would lose digits in proportion to the logarithm. */
FS_INLINE vec KN(any_power)(vec re, vec im, double p)
{
    vec out;
    fs_vec_f64 wide;
    for (int half = 0; half < 2; half++) {
        enum { HALF = LANES / 2 };
        fs_vec_f64 r = {0}, i = {0};
        for (int k = 0; k < HALF; k++) {
            r[k] = (double)re[half * HALF + k];
            i[k] = (double)im[half * HALF + k];
        }
        wide = fs_pow_f64(fs_sqrt_f64(fs_fma_f64(r, r, i * i)), p);
        for (int k = 0; k < HALF; k++)
            out[half * HALF + k] = (float)wide[k];
    }
    return out;
}
#endif

FS_INLINE vec KN(raised_magnitude)(vec re, vec im, double p)
{
    return p == 2 ? KN(square)(re, im) : p == 1 ? KN(magnitude)(re, im) : KN(any_power)(re, im, p);
}

static void KN(power)(void *out_, const void *spectrum_, size_t n, double p)
{
    real *out = out_;
    const real *spectrum = spectrum_;
    vec re, im;
    if (p == 2) {
        for (size_t i = 0; i < n; i += LANES) {
            KN(split_parts)(spectrum + 2 * i, &re, &im);
            v_store(out + i, KN(square)(re, im));
        }
    } else if (p == 1) {
        for (size_t i = 0; i < n; i += LANES) {
            KN(split_parts)(spectrum + 2 * i, &re, &im);
            v_store(out + i, KN(magnitude)(re, im));
        }
    } else {
        for (size_t i = 0; i < n; i += LANES) {
            KN(split_parts)(spectrum + 2 * i, &re, &im);
            v_store(out + i, KN(any_power)(re, im, p));
        }
    }
}

/* Vectors hold PARTS parts of 128 bits, each of WITHIN elements. */
#undef WITHIN
#undef PARTS
#define WITHIN (FS_DOUBLE ? 2 : 4)
#define PARTS (TIER_BITS / 128)

/* Transposes the parts of PARTS vectors that stand `step` apart. */
FS_INLINE void KN(transpose_parts)(vec *x, int step)
{
#if PARTS == 2
    const vec a = x[0], b = x[step];
    x[0] = v_parts_a(a, b);
    x[step] = v_parts_b(a, b);
#elif PARTS == 4
    const vec a = v_parts_a(x[0], x[step]), b = v_parts_b(x[0], x[step]);
    const vec c = v_parts_a(x[2 * step], x[3 * step]), d = v_parts_b(x[2 * step], x[3 * step]);
    x[0] = v_parts_a(a, c);
    x[step] = v_parts_a(b, d);
    x[2 * step] = v_parts_b(a, c);
    x[3 * step] = v_parts_b(b, d);
#else
    (void)x;
    (void)step;
#endif
}

/* LANES x LANES, in registers: within the 128-bit parts, then of the parts. */
FS_INLINE void KN(transpose)(vec *x)
{
    vec y[LANES];
    _Pragma("GCC unroll 4") for (int g = 0; g < LANES; g += WITHIN)
    {
#if FS_DOUBLE
        y[g] = v_unpack_low(x[g], x[g + 1]);
        y[g + 1] = v_unpack_high(x[g], x[g + 1]);
#else
        const vec a = v_unpack_low(x[g], x[g + 1]), b = v_unpack_high(x[g], x[g + 1]);
        const vec c = v_unpack_low(x[g + 2], x[g + 3]), d = v_unpack_high(x[g + 2], x[g + 3]);
        y[g] = v_pair_low(a, c);
        y[g + 1] = v_pair_high(a, c);
        y[g + 2] = v_pair_low(b, d);
        y[g + 3] = v_pair_high(b, d);
#endif
    }
    /* y[g + c], part h: column WITHIN * h + c of rows g ... g + WITHIN - 1 */
    _Pragma("GCC unroll 4") for (int c = 0; c < WITHIN; c++) KN(transpose_parts)(y + c, WITHIN);
    _Pragma("GCC unroll 4") for (int h = 0; h < PARTS; h++)
    {
        _Pragma("GCC unroll 4") for (int c = 0; c < WITHIN; c++) x[h * WITHIN + c] = y[c + h * WITHIN];
    }
}

static void KN(rows_to_lanes)(void *block_, const void *rows_, size_t pitch, size_t n)
{
    real *block = block_;
    const real *rows = rows_;
    size_t row = 0;
    vec x[LANES];
    for (; row + LANES <= n; row += LANES) {
        _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) x[i] = v_load(rows + i * pitch + row);
        KN(transpose)(x);
        _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) v_store(block + (row + i) * LANES, x[i]);
    }
    for (; row < n; row++)
        for (size_t i = 0; i < LANES; i++)
            block[row * LANES + i] = rows[i * pitch + row];
}

static void KN(lanes_to_rows)(void *const *out, const void *block_, size_t n, size_t n_active)
{
    const real *block = block_;
    size_t row = 0;
    vec x[LANES];
    for (; row + LANES <= n; row += LANES) {
        _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) x[i] = v_load(block + (row + i) * LANES);
        KN(transpose)(x);
        if (n_active == LANES) {
            _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) v_store((real *)out[i] + row, x[i]);
        } else {
            for (size_t i = 0; i < n_active; i++)
                v_store((real *)out[i] + row, x[i]);
        }
    }
    for (; row < n; row++)
        for (size_t i = 0; i < n_active; i++)
            ((real *)out[i])[row] = block[row * LANES + i];
}

/* R rows of a dense matrix at once, so that a column of the block is read once. Sums of FS_DENSE_PART columns are added up. */
#undef FS_DENSE
#define FS_DENSE(R) \
    static void KN(dense_##R)(real *out, const real *block, const real *w, size_t n_columns) \
    { \
        vec sum[R]; \
        _Pragma("GCC unroll 12") for (int i = 0; i < R; i++) v_store(out + i * LANES, v_set(0)); \
        for (size_t begin = 0; begin < n_columns; begin += FS_DENSE_PART) { \
            const size_t end = begin + FS_DENSE_PART < n_columns ? begin + FS_DENSE_PART : n_columns; \
            _Pragma("GCC unroll 12") for (int i = 0; i < R; i++) sum[i] = v_set(0); \
            for (size_t column = begin; column < end; column++, w += R) { \
                const vec x = v_load(block + column * LANES); \
                _Pragma("GCC unroll 12") for (int i = 0; i < R; i++) sum[i] = v_fma(x, v_set(w[i]), sum[i]); \
            } \
            _Pragma("GCC unroll 12") for (int i = 0; i < R; i++) \
                v_store(out + i * LANES, v_load(out + i * LANES) + sum[i]); \
        } \
    }
FS_DENSE(12)
FS_DENSE(4)
FS_DENSE(1)
#undef FS_DENSE

static void KN(project_dense)(real *out, const real *block, const fs_bands *bands)
{
    const real *w = bands->dense;
    const size_t n_columns = (size_t)bands->n_columns;
    size_t left = (size_t)bands->n_rows, rows;
    for (; left; left -= rows, out += rows * LANES, w += rows * n_columns) {
        rows = left >= FS_DENSE_ROWS ? FS_DENSE_ROWS : left >= 4 ? 4 : 1;
        if (rows == FS_DENSE_ROWS)
            KN(dense_12)(out, block, w, n_columns);
        else if (rows == 4)
            KN(dense_4)(out, block, w, n_columns);
        else
            KN(dense_1)(out, block, w, n_columns);
    }
}

/* Four partial sums per band, always of the same columns, hide the latency of the FMA. */
static void KN(project)(void *out_, const void *block_, const fs_bands *bands)
{
    real *out = out_;
    if (bands->dense) {
        KN(project_dense)(out, block_, bands);
        return;
    }
    const real *block = block_, *weights = bands->weights;
    for (int64_t band = 0; band < bands->n_rows; band++) {
        const real *w = weights + bands->start[band];
        const real *x = block + bands->first[band] * LANES;
        int64_t n = bands->start[band + 1] - bands->start[band], i = 0;
        vec a = v_set(0), b = a, c = a, d = a;
        for (; i + 4 <= n; i += 4) {
            a = v_fma(v_load(x + i * LANES), v_set(w[i]), a);
            b = v_fma(v_load(x + (i + 1) * LANES), v_set(w[i + 1]), b);
            c = v_fma(v_load(x + (i + 2) * LANES), v_set(w[i + 2]), c);
            d = v_fma(v_load(x + (i + 3) * LANES), v_set(w[i + 3]), d);
        }
        if (i < n)
            a = v_fma(v_load(x + i * LANES), v_set(w[i]), a);
        if (i + 1 < n)
            b = v_fma(v_load(x + (i + 1) * LANES), v_set(w[i + 1]), b);
        if (i + 2 < n)
            c = v_fma(v_load(x + (i + 2) * LANES), v_set(w[i + 2]), c);
        v_store(out + band * LANES, (a + b) + (c + d));
    }
}

FS_INLINE vec KN(log_one)(vec x, fspec_log kind, vec amin, vec offset)
{
    x = v_max(amin, x);
    if (kind == FSPEC_LOG_LN)
        return v_ln(x) - offset;
    x = v_log10(x);
    if (kind == FSPEC_LOG_DB)
        x = x * v_set(10);
    return x - offset;
}

static void KN(compress)(void *x_, size_t n, const fs_log_spec *spec)
{
    real *x = x_;
    const vec amin = v_set((real)spec->amin), offset = v_set((real)spec->offset);
    if (spec->kind == FSPEC_LOG_DB)
        for (size_t i = 0; i < n; i += LANES)
            v_store(x + i, KN(log_one)(v_load(x + i), FSPEC_LOG_DB, amin, offset));
    else if (spec->kind == FSPEC_LOG_LN)
        for (size_t i = 0; i < n; i += LANES)
            v_store(x + i, KN(log_one)(v_load(x + i), FSPEC_LOG_LN, amin, offset));
    else if (spec->kind == FSPEC_LOG_LOG10)
        for (size_t i = 0; i < n; i += LANES)
            v_store(x + i, KN(log_one)(v_load(x + i), FSPEC_LOG_LOG10, amin, offset));
}

static void KN(compress_array)(void *out_, const void *x_, size_t n, const fs_log_spec *spec, double *largest)
{
    real *out = out_;
    const real *x = x_;
    const vec amin = v_set((real)spec->amin), offset = v_set((real)spec->offset);
    vec most = v_set((real)-__builtin_inf());
    ivec broken = {0};
    size_t i = 0;
    *largest = -__builtin_inf();
    for (; i + LANES <= n; i += LANES) {
        vec y = KN(log_one)(v_load(x + i), spec->kind, amin, offset);
        v_store(out + i, y);
        most = v_max(y, most);
        broken |= y != y;
    }
    if (i < n) {
        vec y = KN(log_one)(KN(load_part)(x + i, n - i, x[i]), spec->kind, amin, offset);
        KN(store_part)(out + i, y, n - i);
        most = v_max(y, most);
        broken |= y != y;
    }
    for (int k = 0; k < LANES && n > 0; k++) {
        if ((double)most[k] > *largest)
            *largest = (double)most[k];
        if (broken[k]) { /* a maximum over NaN is NaN, as NumPy's is */
            *largest = __builtin_nan("");
            break;
        }
    }
}

static void KN(shift_clip)(void *x_, size_t n, double offset_, double floor_)
{
    real *x = x_;
    const vec offset = v_set((real)offset_), floor = v_set((real)floor_);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_store(x + i, v_max(floor, v_load(x + i) - offset));
    if (i < n)
        KN(store_part)(x + i, v_max(floor, KN(load_part)(x + i, n - i, 0) - offset), n - i);
}

static void KN(clip_lanes)(void *block_, size_t n_rows, const void *floor_)
{
    real *block = block_;
    const vec floor = v_load(floor_);
    for (size_t row = 0; row < n_rows; row++)
        v_store(block + row * LANES, v_max(floor, v_load(block + row * LANES)));
}

static void KN(extremes)(const void *block_, size_t n_rows, void *smallest, void *largest)
{
    const real *block = block_;
    vec least = v_load(block), most = least;
    for (size_t row = 1; row < n_rows; row++) {
        vec x = v_load(block + row * LANES);
        least = v_min(least, x);
        most = v_max(most, x);
    }
    v_store(smallest, least);
    v_store(largest, most);
}

static void KN(mix)(void *out_, const void *block_, const void *matrix_, size_t n_out, size_t n_in)
{
    real *out = out_;
    const real *block = block_, *m = matrix_;
    size_t i = 0;
    for (; i + 4 <= n_out; i += 4, m += 4 * n_in) {
        vec a = v_set(0), b = a, c = a, d = a;
        for (size_t j = 0; j < n_in; j++) {
            vec x = v_load(block + j * LANES);
            a = v_fma(x, v_set(m[j]), a);
            b = v_fma(x, v_set(m[j + n_in]), b);
            c = v_fma(x, v_set(m[j + 2 * n_in]), c);
            d = v_fma(x, v_set(m[j + 3 * n_in]), d);
        }
        v_store(out + i * LANES, a);
        v_store(out + (i + 1) * LANES, b);
        v_store(out + (i + 2) * LANES, c);
        v_store(out + (i + 3) * LANES, d);
    }
    for (; i < n_out; i++, m += n_in) {
        vec a = v_set(0);
        for (size_t j = 0; j < n_in; j++)
            a = v_fma(v_load(block + j * LANES), v_set(m[j]), a);
        v_store(out + i * LANES, a);
    }
}

FS_INLINE void KN(rephase_one)(vec *re, vec *im, vec before_re, vec before_im, vec magnitude, vec k)
{
    vec r = v_fnma(k, before_re, *re), i = v_fnma(k, before_im, *im);
    /* One division; of at least the smallest normal number, whose inverse is finite. */
    vec inverse = v_set(1) / (KN(magnitude)(r, i) + v_set(FS_TINY));
    *re = r * inverse * magnitude;
    *im = i * inverse * magnitude;
}

static void KN(rephase)(void *out_, const void *now_, const void *before_, const void *magnitude_, size_t n, double k)
{
    real *out = out_;
    const real *now = now_, *before = before_ ? before_ : now_, *magnitude = magnitude_;
    const vec factor = v_set(before_ ? (real)k : 0);
    real padded[3][2 * LANES];
    for (size_t i = 0; i < n; i += LANES) {
        size_t left = n - i < LANES ? n - i : LANES;
        const real *x = now + 2 * i, *b = before + 2 * i;
        real *y = out + 2 * i;
        vec re, im, bre, bim, m;
        if (left < LANES) {
            for (size_t j = 0; j < 2 * LANES; j++) {
                padded[0][j] = j < 2 * left ? x[j] : 0;
                padded[1][j] = j < 2 * left ? b[j] : 0;
            }
            x = padded[0];
            b = padded[1];
            y = padded[2];
            m = KN(load_part)(magnitude + i, left, 0);
        } else {
            m = v_load(magnitude + i);
        }
        KN(split_parts)(x, &re, &im);
        KN(split_parts)(b, &bre, &bim);
        KN(rephase_one)(&re, &im, bre, bim, m, factor);
        v_store(y, v_zip_low(re, im));
        v_store(y + LANES, v_zip_high(re, im));
        for (size_t j = 0; left < LANES && j < 2 * left; j++)
            out[2 * i + j] = padded[2][j];
    }
}

/* 0 * x is 0 for every finite x and NaN for the others, and NaN survives addition. */
static int KN(all_finite)(const void *x_, size_t n)
{
    const real *x = x_;
    const vec zero = v_set(0);
    vec a = zero, b = a, c = a, d = a;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        a = v_fma(v_load(x + i), zero, a);
        b = v_fma(v_load(x + i + LANES), zero, b);
        c = v_fma(v_load(x + i + 2 * LANES), zero, c);
        d = v_fma(v_load(x + i + 3 * LANES), zero, d);
    }
    for (; i + LANES <= n; i += LANES)
        a = v_fma(v_load(x + i), zero, a);
    for (; i < n; i++)
        b[0] += x[i] * 0;
    a = (a + b) + (c + d);
    for (int k = 0; k < LANES; k++)
        if (a[k] != 0)
            return 0;
    return 1;
}

#if FS_DOUBLE
/* Only in double, for both tables. */
static void fs_k_turns(double *cosine, double *sine, const double *u, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        vec c, s;
        fs_turn_f64(v_load(u + i), &c, &s);
        v_store(cosine + i, c);
        v_store(sine + i, s);
    }
}
#endif
