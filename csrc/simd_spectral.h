/* Statistics of spectra and of samples, for one tier and one element type: included after simd_math.h, once per type.
 *
 * A block is [bin][lane]. Sums are in double, and every lane's run over the bins in one order. */

#undef FS_WIDE
#define FS_WIDE (TIER_BITS / 64) /* lanes of a vector of doubles */

#if FS_DOUBLE
FS_INLINE fs_vec_f64 KN(wide)(const real *p) { return v_load(p); }
#elif defined(TIER_SPLIT) /* compilers fail to convert vectors that no register holds */
FS_INLINE fs_vec_f64 KN(wide)(const real *p)
{
    fs_vec_f64 x = {0};
    for (int i = 0; i < FS_WIDE; i++)
        x[i] = (double)p[i];
    return x;
}
#else
typedef float fs_half_f32 __attribute__((vector_size(TIER_BITS / 16), aligned(4), may_alias));
FS_INLINE fs_vec_f64 KN(wide)(const real *p) { return __builtin_convertvector(*(const fs_half_f32 *)p, fs_vec_f64); }
#endif

static void KN(bin_sums)(double *out, const void *block_, size_t n_bins, const double *weights, size_t n_rows)
{
    const real *block = block_;
    for (size_t row = 0; row < n_rows; row++, weights += n_bins)
        for (size_t c = 0; c < LANES; c += FS_WIDE) {
            const real *x = block + c;
            fs_vec_f64 a = {0}, b = a;
            size_t k = 0;
            for (; k + 2 <= n_bins; k += 2, x += 2 * LANES) {
                a = fs_fma_f64(fs_set_f64(weights[k]), KN(wide)(x), a);
                b = fs_fma_f64(fs_set_f64(weights[k + 1]), KN(wide)(x + LANES), b);
            }
            if (k < n_bins)
                a = fs_fma_f64(fs_set_f64(weights[k]), KN(wide)(x), a);
            fs_store_f64(out + row * LANES + c, a + b);
        }
}

FS_INLINE fs_vec_f64 KN(raised)(fs_vec_f64 x, double p)
{
    return p == 2 ? x * x : p == 1 ? x : fs_pow_f64(x, p);
}

static void KN(bin_deviations)(double *out, const void *block_, size_t n_bins, const double *frequencies,
                               const double *centroid, double p)
{
    const real *block = block_;
    for (size_t c = 0; c < LANES; c += FS_WIDE) {
        const fs_vec_f64 middle = fs_load_f64(centroid + c);
        const real *x = block + c;
        fs_vec_f64 a = {0}, b = a;
        size_t k = 0;
        for (; k + 2 <= n_bins; k += 2, x += 2 * LANES) {
            a = fs_fma_f64(KN(raised)(fs_abs_f64(fs_set_f64(frequencies[k]) - middle), p), KN(wide)(x), a);
            b = fs_fma_f64(KN(raised)(fs_abs_f64(fs_set_f64(frequencies[k + 1]) - middle), p), KN(wide)(x + LANES), b);
        }
        if (k < n_bins)
            a = fs_fma_f64(KN(raised)(fs_abs_f64(fs_set_f64(frequencies[k]) - middle), p), KN(wide)(x), a);
        fs_store_f64(out + c, a + b);
    }
}

/* In the type of the block, one bin after the other, as numpy.cumsum: where the share is reached depends on the roundings. */
static void KN(bins_below)(double *out, const void *block_, size_t n_bins, double share)
{
    const real *block = block_;
    vec total = v_set(0), sum = total;
    ivec n = {0};
    for (size_t k = 0; k < n_bins; k++)
        total += v_load(block + k * LANES);
    const vec threshold = v_set((real)share) * total;
    for (size_t k = 0; k < n_bins; k++) {
        sum += v_load(block + k * LANES);
        n -= sum < threshold;
    }
    for (size_t i = 0; i < LANES; i++)
        out[i] = (double)n[i];
}

/* A product of mantissas has the logarithm of them all; exponents are added as they are. */
static void KN(bin_means)(double *geometric, double *arithmetic, const void *block_, size_t n_bins, double least)
{
    enum { PRODUCT = 512 };
    const real *block = block_;
    const fs_uvec_f64 mantissa = (fs_uvec_f64){0} + UINT64_C(0xfffffffffffff);
    const fs_uvec_f64 one = (fs_uvec_f64){0} + UINT64_C(0x3ff0000000000000);
    for (size_t c = 0; c < LANES; c += FS_WIDE) {
        fs_vec_f64 sum = {0}, logs = {0};
        fs_uvec_f64 exponents = {0};
        for (size_t k = 0; k < n_bins;) {
            const size_t end = n_bins - k < PRODUCT ? n_bins : k + PRODUCT;
            fs_vec_f64 product = fs_set_f64(1);
            for (; k < end; k++) {
                const fs_vec_f64 x = fs_max_f64(fs_set_f64(least), KN(wide)(block + k * LANES + c));
                sum += x;
                exponents += (fs_uvec_f64)x >> 52;
                product *= (fs_vec_f64)(((fs_uvec_f64)x & mantissa) | one);
            }
            logs += fs_ln_f64(product);
        }
        /* An integer below 2^52 in the mantissa of 2^52 is that number more. */
        const fs_uvec_f64 shifted = exponents | ((fs_uvec_f64){0} + UINT64_C(0x4330000000000000));
        const fs_vec_f64 n = fs_set_f64((double)n_bins);
        const fs_vec_f64 e = (fs_vec_f64)shifted - fs_set_f64(0x1p52) - fs_set_f64(1023) * n;
        const fs_vec_f64 mean = fs_fma_f64(e, fs_set_f64(0.69314718055994530942), logs) / n;
        fs_store_f64(geometric + c, fs_exp_f64(mean));
        fs_store_f64(arithmetic + c, sum / n);
    }
}

/* Rows that are larger than those before them move down a sorted list. */
static void KN(bin_tails)(double *low, double *high, const void *block_, size_t n_rows, size_t count)
{
    const real *block = block_;
    vec small[FS_TAIL], large[FS_TAIL];
    for (size_t i = 0; i < count; i++) {
        small[i] = v_set((real)__builtin_inf());
        large[i] = -small[i];
    }
    for (size_t k = 0; k < n_rows; k++) {
        vec x = v_load(block + k * LANES), y = x;
        for (size_t i = 0; i < count; i++) {
            const vec less = v_min(x, small[i]), more = v_max(y, large[i]);
            x = v_max(x, small[i]);
            y = v_min(y, large[i]);
            small[i] = less;
            large[i] = more;
        }
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        double a = 0, b = 0;
        for (size_t i = 0; i < count; i++) {
            a += (double)small[i][lane];
            b += (double)large[count - 1 - i][lane];
        }
        low[lane] = a;
        high[lane] = b;
    }
}

/* ---- samples ------------------------------------------------------------------------------------------------------ */

/* Whatever the tier, sample i counts in sum i % SUMS. */
static double KN(sum_squares)(const void *x_, size_t n)
{
    enum { SUMS = FS_SQUARE_SUMS, VECTORS = SUMS / FS_WIDE };
    const real *x = x_;
    fs_vec_f64 sums[VECTORS] = {0};
    double sum = 0;
    size_t i = 0;
    for (; i + SUMS <= n; i += SUMS)
        for (size_t v = 0; v < VECTORS; v++) {
            const fs_vec_f64 y = KN(wide)(x + i + v * FS_WIDE);
            sums[v] = fs_fma_f64(y, y, sums[v]);
        }
    if (i < n) {
        real rest[SUMS] = {0};
        for (size_t k = 0; i + k < n; k++)
            rest[k] = x[i + k];
        for (size_t v = 0; v < VECTORS; v++) {
            const fs_vec_f64 y = KN(wide)(rest + v * FS_WIDE);
            sums[v] = fs_fma_f64(y, y, sums[v]);
        }
    }
    for (size_t k = 0; k < SUMS; k++)
        sum += sums[k / FS_WIDE][k % FS_WIDE];
    return sum;
}

FS_INLINE ivec KN(crossed)(vec a, vec b, vec threshold, int zero_pos)
{
    const vec zero = v_set(0);
    a = v_select((a >= -threshold) & (a <= threshold), zero, a);
    b = v_select((b >= -threshold) & (b <= threshold), zero, b);
    if (zero_pos)
        return (((ivec)a ^ (ivec)b) < (ivec){0});
    return ((a > zero) ^ (b > zero)) | ((a < zero) ^ (b < zero));
}

/* n < 2^30 */
static size_t KN(crossings)(const void *x_, size_t n, double threshold, int zero_pos)
{
    const real *x = x_;
    const vec limit = v_set((real)threshold);
    ivec count = {0};
    size_t sum = 0, i = 0;
    for (; i + LANES <= n; i += LANES)
        count -= KN(crossed)(v_load(x + i), v_load(x + i + 1), limit, zero_pos);
    if (i < n) {
        const vec last = v_set(x[n]);
        vec a = last, b = last;
        for (size_t k = 0; i + k < n; k++) {
            a[k] = x[i + k];
            b[k] = x[i + k + 1];
        }
        count -= KN(crossed)(a, b, limit, zero_pos);
    }
    for (size_t k = 0; k < LANES; k++)
        sum += (size_t)count[k];
    return sum;
}
