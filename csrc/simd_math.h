/* log, exp and |x|^p on vectors, for one tier and one element type: included after simd_vec.h, once per type.
 * The polynomials are weighted least-squares fits to the stated intervals, made for this file. */

#undef v_log_parts
#undef v_ln
#undef v_log10
#define v_log_parts FS(fs_log_parts)
#define v_ln FS(fs_ln)
#define v_log10 FS(fs_log10)

/* x = 2^e * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); t = ln(1 + f) - f, relative error of f + t below 6e-9 (float) and
 * 2e-18 (double) before rounding. For positive normal x. */
FS_INLINE void v_log_parts(vec x, vec *e, vec *f, vec *t)
{
#if FS_DOUBLE
    const uvec half = (uvec){0} + UINT64_C(0x3fe6a09e667f3bcd), bias = (uvec){0} + (UINT64_C(2048) << 52);
    /* Shifted as a positive number, since 64-bit arithmetic shifts are slow before AVX-512; the exponent then becomes a
     * double by being written into the low bits of 1.5 * 2^52. */
    uvec k = (((uvec)x - half + bias) >> 52) - 2048;
    vec m = (vec)((uvec)x - (k << 52)), z, s, r;
    *e = (vec)(k + UINT64_C(0x4338000000000000)) - v_set(6755399441055744.0);
    *f = m - 1.0;
    s = *f / (*f + 2.0);
    z = s * s;
    r = v_set(0.1479606453381011796642);
    r = v_fma(r, z, v_set(0.1531403811201900076191));
    r = v_fma(r, z, v_set(0.1818356486033191036624));
    r = v_fma(r, z, v_set(0.2222219856168213131721));
    r = v_fma(r, z, v_set(0.2857142874251639018222));
    r = v_fma(r, z, v_set(0.3999999999941398569251));
    r = v_fma(r, z, v_set(0.6666666666666734546359));
    r = r * z;
    /* ln(1 + f) = 2s + s r with 2s = f - s f: what is added to f is -s (f - r). */
    *t = -(s * (*f - r));
#else
    const uvec half = (uvec){0} + 0x3f3504f3u;
    ivec k = (ivec)((uvec)x - half) >> 23;
    vec m = (vec)((uvec)x - ((uvec)k << 23)), r, ff;
    *e = __builtin_convertvector(k, vec);
    *f = m - 1.0f;
    ff = *f * *f;
    r = v_set(-0.0763286267203f);
    r = v_fma(r, *f, v_set(0.127609149126f));
    r = v_fma(r, *f, v_set(-0.131604896931f));
    r = v_fma(r, *f, v_set(0.142018687794f));
    r = v_fma(r, *f, v_set(-0.166233365863f));
    r = v_fma(r, *f, v_set(0.200012216912f));
    r = v_fma(r, *f, v_set(-0.250008215562f));
    r = v_fma(r, *f, v_set(0.333333317576f));
    *t = ff * v_fma(*f, r, v_set(-0.5f));
#endif
}

/* What the logarithms give outside the positive normal numbers: -infinity for what counts as zero, x for infinity and NaN. */
#undef v_log_edges
#define v_log_edges FS(fs_log_edges)
FS_INLINE vec v_log_edges(vec x, vec y)
{
#if FS_DOUBLE
    const vec smallest = v_set(2.2250738585072014e-308), infinity = v_set(__builtin_inf());
#else
    const vec smallest = v_set(1.17549435e-38f), infinity = v_set(__builtin_inff());
#endif
    y = v_select(x >= smallest, y, -infinity);
    return v_select(x < infinity, y, x);
}

/* Natural and decimal logarithm of x >= 0 (or infinity, or NaN), within 2 ulp. */
FS_INLINE vec v_ln(vec x)
{
    vec e, f, t, y;
    v_log_parts(x, &e, &f, &t);
#if FS_DOUBLE
    y = v_fma(e, v_set(1.820635998504146183958e-9), t) + f;
    y = v_fma(e, v_set(0.6931471787393093), y);
#else
    y = v_fma(e, v_set(3.19461849453e-5f), t) + f;
    y = v_fma(e, v_set(0.693115234375f), y);
#endif
    return v_log_edges(x, y);
}

FS_INLINE vec v_log10(vec x)
{
    vec e, f, t, y;
    v_log_parts(x, &e, &f, &t);
#if FS_DOUBLE
    y = v_fma(t, v_set(0.43429448190325182765), e * v_set(5.801722962879576447245e-10));
    y = v_fma(f, v_set(1.414982685385800907916e-10), y);
    y = v_fma(f, v_set(0.43429448176175356), y);
    y = v_fma(e, v_set(0.3010299950838089), y);
#else
    y = v_fma(t, v_set(0.43429448190325182765f), e * v_set(4.6050389812e-6f));
    y = v_fma(f, v_set(9.03803407518e-5f), y);
    y = v_fma(f, v_set(0.4342041015625f), y);
    y = v_fma(e, v_set(0.301025390625f), y);
#endif
    return v_log_edges(x, y);
}

#if FS_DOUBLE
/* e^x; 0 below the smallest normal number, infinity above the largest, NaN for NaN (which the bounds would hide). */
FS_INLINE fs_vec_f64 fs_exp_f64(fs_vec_f64 x)
{
    static const double inverse_factorial[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                               1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                               1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5, 1.0, 1.0};
    /* The logarithms of the smallest normal and of the largest number. */
    const vec shift = v_set(6755399441055744.0), low = v_set(-708.39641853226408), high = v_set(709.78271289338397);
    vec bounded = v_min(v_max(x, low), high);
    vec k = v_fma(bounded, v_set(1.4426950408889634074), shift), r, y, n = k - shift;
    uvec exponent = ((uvec)k - UINT64_C(0x4338000000000000)) << 52;
    r = v_fnma(n, v_set(0.6931471787393093), bounded);
    r = v_fnma(n, v_set(1.820635998504146183958e-9), r);
    y = v_set(inverse_factorial[0]);
    for (int i = 1; i < 14; i++)
        y = v_fma(y, r, v_set(inverse_factorial[i]));
    y = (vec)((uvec)y + exponent);
    y = v_select(x > high, v_set(__builtin_inf()), y);
    y = v_select(x < low, v_set(0.0), y);
    return v_select(x == x, y, x);
}

/* x^p for x >= 0 and p > 0, relative error below 2e-13. */
FS_INLINE fs_vec_f64 fs_pow_f64(fs_vec_f64 x, double p)
{
    vec y = fs_exp_f64(v_ln(x) * v_set(p));
    return v_select(x == v_set(__builtin_inf()), x, y);
}
/* cos and sin of 2 pi u for |u| < 2^49: the nearest quarter of the turn is taken off first. */
FS_INLINE void fs_turn_f64(fs_vec_f64 u, fs_vec_f64 *cosine, fs_vec_f64 *sine)
{
    static const double inverse_factorial[] = {1.0 / 20922789888000.0, 1.0 / 1307674368000.0, 1.0 / 87178291200.0,
                                               1.0 / 6227020800.0,     1.0 / 479001600.0,     1.0 / 39916800.0,
                                               1.0 / 3628800.0,        1.0 / 362880.0,        1.0 / 40320.0,
                                               1.0 / 5040.0,           1.0 / 720.0,           1.0 / 120.0,
                                               1.0 / 24.0,             1.0 / 6.0,             0.5, 1.0, 1.0};
    const vec shift = v_set(6755399441055744.0);
    const vec quarters = u * v_set(4) + shift, n = quarters - shift;
    const vec x = v_fnma(n, v_set(0.25), u) * v_set(6.283185307179586476925), minus = -(x * x);
    vec c = v_set(inverse_factorial[0]), s = v_set(inverse_factorial[1]);
    for (int i = 2; i < 17; i += 2)
        c = v_fma(c, minus, v_set(inverse_factorial[i]));
    for (int i = 3; i < 17; i += 2)
        s = v_fma(s, minus, v_set(inverse_factorial[i]));
    s = s * x;
    const ivec odd = ((ivec)quarters & 1) == 1, low = ((ivec)quarters & 3) == 1, back = ((ivec)quarters & 3) == 2;
    const ivec high = ((ivec)quarters & 3) == 3;
    const vec a = v_select(odd, s, c), b = v_select(odd, c, s);
    *cosine = v_select(low | back, -a, a);
    *sine = v_select(back | high, -b, b);
}
#endif
