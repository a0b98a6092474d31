/* From features back to spectra, and sums of squares of spectra, for one tier and one element type: included after simd_spectral.h,
 * once per type. */

/* ---- decibels to power ---------------------------------------------------------------------------------------------- */

/* 10^y within 2 ulp; infinity beyond the largest number, about 0 below the smallest. y = k log10(2) + r; 10^r is a Taylor series, and
 * 2^k two factors, of which none overflows before the product does. */
FS_INLINE vec KN(exp10)(vec y)
{
#if FS_DOUBLE
    static const real inverse_factorial[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                             1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                             1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5, 1.0, 1.0};
    const vec shift = v_set(6755399441055744.0), low = v_set(-330), high = v_set(310), per_two = v_set(3.321928094887362348);
    /* log10(2), the first part of which has 40 bits: its product with k is exact. */
    const vec first = v_set(0x1.34413509f8p-2), rest = v_set(-0x1.80433b83b532ap-44), ten = v_set(2.302585092994045684);
    const uvec bits = (uvec){0} + UINT64_C(0x4338000000000000), bias = (uvec){0} + 1023;
    enum { FRACTION = 52, TERMS = 14 };
#else
    static const real inverse_factorial[] = {1.0f / 40320, 1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};
    const vec shift = v_set(12582912.0f), low = v_set(-46), high = v_set(40), per_two = v_set(3.32192809f);
    const vec first = v_set(0x1.344p-2f), rest = v_set(0x1.3509f8p-18f), ten = v_set(2.30258509f);
    const uvec bits = (uvec){0} + 0x4b400000u, bias = (uvec){0} + 127;
    enum { FRACTION = 23, TERMS = 9 };
#endif
    const vec bounded = v_min(v_max(y, low), high);
    const vec whole = v_fma(bounded, per_two, shift), k = whole - shift;
    const vec half = v_fma(k, v_set((real)0.5), shift), other = (k - (half - shift)) + shift;
    vec r = v_fnma(k, first, bounded), z = v_set(inverse_factorial[0]);
    r = v_fnma(k, rest, r) * ten;
    for (int i = 1; i < TERMS; i++)
        z = v_fma(z, r, v_set(inverse_factorial[i]));
    z = z * (vec)(((uvec)half - bits + bias) << FRACTION);
    z = z * (vec)(((uvec)other - bits + bias) << FRACTION);
    return v_select(y == y, z, y);
}

/* Whether finite values gave something that is no normal number. */
FS_INLINE ivec KN(left_range)(vec x, vec y)
{
    const vec infinity = v_set((real)__builtin_inf());
    return (v_abs(x) < infinity) & ((y == infinity) | (y < v_set(FS_TINY)));
}

/* out[i] = 10^(x[i] / 10), the tenth rounded; returns whether any left the range. */
static int KN(decibels_to_power)(void *out_, const void *x_, size_t n)
{
    real *out = out_;
    const real *x = x_;
    const vec tenth = v_set((real)0.1);
    ivec over = {0};
    int any = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vec a = v_load(x + i), y = KN(exp10)(a * tenth);
        over |= KN(left_range)(a, y);
        v_store(out + i, y);
    }
    if (i < n) {
        const vec a = KN(load_part)(x + i, n - i, 0), y = KN(exp10)(a * tenth);
        over |= KN(left_range)(a, y);
        KN(store_part)(out + i, y, n - i);
    }
    for (int k = 0; k < LANES; k++)
        any |= over[k] != 0;
    return any;
}

/* ---- phase vocoder -------------------------------------------------------------------------------------------------- */

#if FS_DOUBLE
/* FS_WIDE interleaved complex values, in two vectors -> real and imaginary parts. */
FS_INLINE void fs_unzip_f64(vec a, vec b, vec *re, vec *im)
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

FS_INLINE vec KN(as_real)(vec x) { return x; }
FS_INLINE void KN(store_wide)(real *p, vec x) { v_store(p, x); }
/* Squares of large and small parts would leave the range. */
FS_INLINE vec KN(length)(vec re, vec im)
{
    const vec most = v_max(v_abs(re), v_abs(im));
    const vec scale = v_select(most > v_set(0x1p500), v_set(0x1p-600), v_select(most < v_set(0x1p-400), v_set(0x1p600), v_set(1)));
    const vec back = v_select(most > v_set(0x1p500), v_set(0x1p600), v_select(most < v_set(0x1p-400), v_set(0x1p-600), v_set(1)));
    re = re * scale;
    im = im * scale;
    return v_sqrt(v_fma(re, re, im * im)) * back;
}
#else
#if defined(TIER_SPLIT)
FS_INLINE fs_vec_f64 KN(as_real)(fs_vec_f64 x)
{
    for (int i = 0; i < FS_WIDE; i++)
        x[i] = (double)(float)x[i];
    return x;
}
FS_INLINE void KN(store_wide)(real *p, fs_vec_f64 x)
{
    for (int i = 0; i < FS_WIDE; i++)
        p[i] = (float)x[i];
}
#else
FS_INLINE fs_vec_f64 KN(as_real)(fs_vec_f64 x)
{
    return __builtin_convertvector(__builtin_convertvector(x, fs_half_f32), fs_vec_f64);
}
FS_INLINE void KN(store_wide)(real *p, fs_vec_f64 x) { *(fs_half_f32 *)p = __builtin_convertvector(x, fs_half_f32); }
#endif
FS_INLINE fs_vec_f64 KN(length)(fs_vec_f64 re, fs_vec_f64 im) { return fs_sqrt_f64(fs_fma_f64(re, re, im * im)); }
#endif

/* cos and sin of x, by series as long as the result's type needs, for |x| < FS_FAR. The nearest multiple of pi / 2 is taken off in parts
 * of 26 bits, whose products are exact for the first 2^27 of them, or wherever products are fused. */
#undef FS_FAR
#define FS_FAR (TIER_FMA ? 0x1p50 : 0x1p27)
FS_INLINE void KN(direction)(fs_vec_f64 x, fs_vec_f64 *cosine, fs_vec_f64 *sine)
{
    static const double inverse_factorial[] = {1.0 / 20922789888000.0, 1.0 / 1307674368000.0, 1.0 / 87178291200.0,
                                               1.0 / 6227020800.0,     1.0 / 479001600.0,     1.0 / 39916800.0,
                                               1.0 / 3628800.0,        1.0 / 362880.0,        1.0 / 40320.0,
                                               1.0 / 5040.0,           1.0 / 720.0,           1.0 / 120.0,
                                               1.0 / 24.0,             1.0 / 6.0,             0.5, 1.0, 1.0};
    enum { FIRST = FS_DOUBLE ? 0 : 4 };
    const fs_vec_f64 shift = fs_set_f64(6755399441055744.0), bound = fs_set_f64(FS_FAR);
    const fs_vec_f64 near = fs_min_f64(fs_max_f64(x, -bound), bound);
    const fs_vec_f64 quarters = fs_fma_f64(near, fs_set_f64(0.636619772367581343), shift), n = quarters - shift;
    fs_vec_f64 r = fs_fnma_f64(n, fs_set_f64(0x1.921fb58p0), near);
    r = fs_fnma_f64(n, fs_set_f64(-0x1.dde9740p-27), r);
    r = fs_fnma_f64(n, fs_set_f64(0x1.1a62633145c07p-54), r);
    r = fs_select_f64(x == x, r, x); /* which the bounds would hide */
    const fs_vec_f64 minus = -(r * r);
    fs_vec_f64 c = fs_set_f64(inverse_factorial[FIRST]), s = fs_set_f64(inverse_factorial[FIRST + 1]);
    for (int i = FIRST + 2; i < 17; i += 2)
        c = fs_fma_f64(c, minus, fs_set_f64(inverse_factorial[i]));
    for (int i = FIRST + 3; i < 17; i += 2)
        s = fs_fma_f64(s, minus, fs_set_f64(inverse_factorial[i]));
    s = s * r;
    const fs_ivec_f64 quarter = (fs_ivec_f64)quarters & 3, odd = (quarter & 1) == 1;
    const fs_vec_f64 a = fs_select_f64(odd, s, c), b = fs_select_f64(odd, c, s);
    *cosine = fs_select_f64((quarter == 1) | (quarter == 2), -a, a);
    *sine = fs_select_f64(quarter >= 2, -b, b);
}

FS_INLINE fs_vec_f64 KN(lengths)(const real *values)
{
    fs_vec_f64 re, im;
    fs_unzip_f64(KN(wide)(values), KN(wide)(values + FS_WIDE), &re, &im);
    return KN(length)(re, im);
}

/* The roundings of librosa 0.11, whose phases are of the element type: from the angles of two frames to the next phase. */
FS_INLINE fs_vec_f64 KN(go_on)(fs_vec_f64 phase, fs_vec_f64 angle, fs_vec_f64 next_angle, fs_vec_f64 usual)
{
    const fs_vec_f64 turn = fs_set_f64(6.283185307179586477), shift = fs_set_f64(6755399441055744.0), limit = fs_set_f64(0x1p50);
    fs_vec_f64 forward = KN(as_real)(next_angle - angle) - usual;
    fs_vec_f64 turns = forward / turn;
    /* Nearest integers, ties to even, as they are where there is no fraction. */
    turns = fs_select_f64(fs_abs_f64(turns) < limit, (turns + shift) - shift, turns);
    forward -= turn * turns;
    forward += usual;
    return KN(as_real)(phase + forward);
}

/* The same from the values themselves, with the C library's angles: the last bit of an angle may decide how a phase is rounded. */
static __attribute__((noinline)) void KN(go_on_exactly)(double *phase, const real *now, const real *next, const double *usual, size_t lane)
{
    fs_vec_f64 a = {0}, b = {0};
#if FS_DOUBLE
    a[0] = __builtin_atan2(now[1], now[0]);
    b[0] = __builtin_atan2(next[1], next[0]);
#else
    a[0] = (double)__builtin_atan2f(now[1], now[0]);
    b[0] = (double)__builtin_atan2f(next[1], next[0]);
#endif
    phase[lane] = KN(go_on)(fs_set_f64(phase[lane]), a, b, fs_set_f64(usual[lane]))[0];
}

#if !FS_DOUBLE
/* The angle of FS_WIDE complex values within 1e-9; NaN for 0 and for what is not finite. */
FS_INLINE fs_vec_f64 fs_near_angle(const float *values)
{
    fs_vec_f64 re, im;
    fs_unzip_f64(KN(wide)(values), KN(wide)(values + FS_WIDE), &re, &im);
    const fs_vec_f64 a = fs_abs_f64(re), b = fs_abs_f64(im), low = fs_min_f64(a, b), high = fs_max_f64(a, b);
    /* atan x = pi / 4 + atan((x - 1) / (x + 1)): |u| <= tan(pi / 8). */
    const fs_ivec_f64 steep = low > fs_set_f64(0.414213562373095049) * high;
    const fs_vec_f64 u = fs_select_f64(steep, low - high, low) / fs_select_f64(steep, low + high, high), minus = -(u * u);
    fs_vec_f64 y = fs_set_f64(1.0 / 21);
    for (int i = 19; i > 0; i -= 2)
        y = fs_fma_f64(y, minus, fs_set_f64(1.0 / i));
    y = y * u + fs_select_f64(steep, fs_set_f64(0.785398163397448310), fs_set_f64(0));
    y = fs_select_f64(b > a, fs_set_f64(1.570796326794896619) - y, y);
    y = fs_select_f64(re < fs_set_f64(0), fs_set_f64(3.141592653589793238) - y, y);
    y = y + ((re - re) + (im - im)); /* which comparisons hide */
    return fs_select_f64((fs_ivec_f64)im < (fs_ivec_f64){0}, -y, y);
}
#endif

/* Frames of n bins, n a multiple of FS_WIDE: `weight` of the way from one frame to the next, of which `now` and `next` are the values
 * and `angle`, `next_angle` the phases, or NULL for those that the C library gives; state: the phases of this frame of the result,
 * which become the next one's.
 *
 * Single precision needs angles to the last bit only where the next phase lies next to the middle of two numbers. Else those that
 * are near enough do: the library's angles are within 1.2 units in the last place, 3e-7, and their difference is rounded by 2.4e-7
 * at the most; all that lies within twice that, and what sums with `advance` are rounded by, has one and the same next phase. */
static void KN(vocode)(void *out_, const fs_vocoder_frame *f, void *state_, const double *advance, size_t n, double weight)
{
    real *out = out_, *state = state_;
    const real *now = f->now, *next = f->next, *angle = f->angle, *next_angle = f->next_angle;
    const fs_vec_f64 far = fs_set_f64(FS_FAR);
    for (size_t i = 0; i < n; i += FS_WIDE) {
        const fs_vec_f64 phase = KN(wide)(state + i), usual = fs_load_f64(advance + i);
        fs_vec_f64 cosine, sine;
        if (angle) {
            KN(store_wide)(state + i, KN(go_on)(phase, KN(wide)(angle + i), KN(wide)(next_angle + i), usual));
        } else {
            double exact[FS_WIDE];
            fs_ivec_f64 sure = {0};
            fs_store_f64(exact, phase);
#if !FS_DOUBLE
            const fs_vec_f64 turn = fs_set_f64(6.283185307179586477), shift = fs_set_f64(6755399441055744.0);
            const fs_vec_f64 step = fs_near_angle(next + 2 * i) - fs_near_angle(now + 2 * i);
            const fs_vec_f64 turns = (step - usual) * fs_set_f64(0.159154943091895336), whole = (turns + shift) - shift;
            const fs_vec_f64 sum = phase + fs_fnma_f64(whole, turn, step);
            const fs_vec_f64 margin = fs_fma_f64(fs_abs_f64(usual), fs_set_f64(1e-15), fs_fma_f64(fs_abs_f64(sum), fs_set_f64(1e-15), fs_set_f64(2e-6)));
            const fs_vec_f64 least = KN(as_real)(sum - margin);
            sure = (least == KN(as_real)(sum + margin)) & (fs_abs_f64(turns - whole) < fs_set_f64(0.499) - margin);
            fs_store_f64(exact, fs_select_f64(sure, least, phase));
#endif
            for (size_t k = 0; k < FS_WIDE; k++)
                if (!sure[k])
                    KN(go_on_exactly)(exact, now + 2 * (i + k), next + 2 * (i + k), advance + i, k);
            KN(store_wide)(state + i, fs_load_f64(exact));
        }
        const fs_vec_f64 size = fs_set_f64(1 - weight) * KN(lengths)(now + 2 * i) + fs_set_f64(weight) * KN(lengths)(next + 2 * i);
        KN(direction)(phase, &cosine, &sine);
        const fs_ivec_f64 beyond = fs_abs_f64(phase) > far;
        for (int k = 0; k < FS_WIDE; k++)
            if (beyond[k]) {
                cosine[k] = __builtin_cos(phase[k]);
                sine[k] = __builtin_sin(phase[k]);
            }
        cosine = cosine * size;
        sine = sine * size;
        KN(store_wide)(out + 2 * i, fs_zip_low_f64(cosine, sine));
        KN(store_wide)(out + 2 * i + FS_WIDE, fs_zip_high_f64(cosine, sine));
    }
}

/* ---- sums of squares of spectra ------------------------------------------------------------------------------------- */

/* sums[i] += x[i]^2 for n values; the sums are padded to FS_SQUARE_SUMS. */
static void KN(add_squares)(double *sums, const void *x_, size_t n)
{
    const real *x = x_;
    size_t i = 0;
    for (; i + FS_WIDE <= n; i += FS_WIDE) {
        const fs_vec_f64 y = KN(wide)(x + i);
        fs_store_f64(sums + i, fs_fma_f64(y, y, fs_load_f64(sums + i)));
    }
    if (i < n) {
        fs_vec_f64 y = {0};
        for (size_t k = 0; i + k < n; k++)
            y[k] = (double)x[i + k];
        fs_store_f64(sums + i, fs_fma_f64(y, y, fs_load_f64(sums + i)));
    }
}

/* ---- spectra for bands ---------------------------------------------------------------------------------------------- */

#if FS_DOUBLE
/* One step of Newton's method for the lanes of a block: see bands_inverse.c. Returns whether all lanes are done. */
static int fs_k_nearest_step(fs_nearest *s, const int64_t *first_bin, const double *pairs, int first_step)
{
    const size_t n = s->n_bands;
    const vec ridge = v_set(s->ridge), half_ridge = v_set(0.5 * s->ridge), zero = v_set(0);
    const vec length = v_load(s->length);
    vec above = zero, above_main = zero, squares = zero, linear = zero, most = zero;
    for (size_t i = 0; i < n; i++)
        v_store(s->trial + i * LANES, v_fma(length, v_load(s->step + i * LANES), v_load(s->z + i * LANES)));
    for (size_t i = 0; i < n; i++) {
        const vec a = v_load(s->trial + i * LANES), b = i + 1 < n ? v_load(s->trial + (i + 1) * LANES) : zero;
        const vec m = v_load(s->m + i * LANES);
        vec sum = above, main = above_main, beside = zero;
        above = above_main = zero;
        for (int64_t k = first_bin[i]; k < first_bin[i + 1]; k++) {
            const vec low = v_set(pairs[2 * k]), high = v_set(pairs[2 * k + 1]);
            const vec x = v_max(v_fma(low, a, high * b), zero);
            const ivec heard = first_step ? (ivec){0} - 1 : x > zero;
            const vec heard_low = (vec)(heard & (ivec)low), heard_high = (vec)(heard & (ivec)high);
            sum = v_fma(low, x, sum);
            above = v_fma(high, x, above);
            squares = v_fma(x, x, squares);
            main = v_fma(heard_low, low, main);
            beside = v_fma(heard_low, high, beside);
            above_main = v_fma(heard_high, high, above_main);
        }
        const vec rest = v_fnma(ridge, a, m - sum);
        v_store(s->rest + i * LANES, rest);
        v_store(s->main + i * LANES, main + ridge);
        v_store(s->beside + i * LANES, beside);
        linear = v_fma(v_fma(half_ridge, a, -m), a, linear);
        most = v_max(v_abs(rest), most);
    }
    const vec value = v_fma(v_set(0.5), squares, linear), before = v_load(s->value);
    const ivec done = most <= v_set(s->enough), better = value <= before;
    v_store(s->value, v_select(better, value, before));
    /* A step that leads uphill is too long. */
    v_store(s->length, v_select(better, v_set(1), v_set(0.25) * length));
    /* The matrix has three diagonals. */
    for (size_t i = 1; i < n; i++) {
        const vec beside = v_load(s->beside + (i - 1) * LANES), factor = beside / v_load(s->main + (i - 1) * LANES);
        v_store(s->main + i * LANES, v_fnma(factor, beside, v_load(s->main + i * LANES)));
        v_store(s->rest + i * LANES, v_fnma(factor, v_load(s->rest + (i - 1) * LANES), v_load(s->rest + i * LANES)));
    }
    vec step = zero;
    for (size_t i = n; i-- > 0;) {
        step = v_fnma(v_load(s->beside + i * LANES), step, v_load(s->rest + i * LANES)) / v_load(s->main + i * LANES);
        const vec kept = v_select(better, step, v_load(s->step + i * LANES));
        v_store(s->step + i * LANES, v_select(done, zero, kept));
        v_store(s->z + i * LANES, v_select(done | better, v_load(s->trial + i * LANES), v_load(s->z + i * LANES)));
    }
    int all = 1;
    for (int i = 0; i < LANES; i++)
        all &= done[i] != 0;
    return all;
}

/* out[bin * pitch + lane] = (scale * max(0, x))^(1/power), where x is what z gives. */
static void fs_k_nearest_spectra(double *out, size_t pitch, const fs_nearest *s, const int64_t *first_bin, const double *pairs,
                                double power)
{
    const size_t n = s->n_bands;
    const vec zero = v_set(0), scale = v_load(s->scale);
    for (size_t i = 0; i < n; i++) {
        const vec a = v_load(s->z + i * LANES), b = i + 1 < n ? v_load(s->z + (i + 1) * LANES) : zero;
        for (int64_t k = first_bin[i]; k < first_bin[i + 1]; k++) {
            vec x = scale * v_max(v_fma(v_set(pairs[2 * k]), a, v_set(pairs[2 * k + 1]) * b), zero);
            if (power == 2)
                x = v_sqrt(x);
            else if (power != 1)
                x = fs_pow_f64(x, 1 / power);
            v_store(out + (size_t)k * pitch, x);
        }
    }
}
#endif
