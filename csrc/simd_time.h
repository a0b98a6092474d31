/* Along time: per-channel energy normalisation and filters, for one tier and one element type: included after simd_kernels.h,
 * once per type.
 *
 * PCEN is computed in double, and a float is rounded once. Lanes are bands; a band's state passes from row to row. */

#if FS_DOUBLE
/* ln(1 + u) and e^v - 1 with small relative errors around 0 too; NaN for u < -1. */
FS_INLINE fs_vec_f64 fs_log1p_f64(fs_vec_f64 u)
{
    const vec one = v_set(1), infinity = v_set(__builtin_inf());
    const vec w = one + u, lost = v_select(u < one, u - (w - one), one - (w - u));
    vec y = v_ln(w) + lost / w;
    y = v_select(w == infinity, infinity, y);
    y = v_select(w == v_set(0), -infinity, y);
    return v_select(w < v_set(0), v_set(__builtin_nan("")), y);
}

FS_INLINE fs_vec_f64 fs_expm1_f64(fs_vec_f64 v)
{
    static const double inverse_factorial[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
                                               1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
                                               1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5};
    const vec shift = v_set(6755399441055744.0), low = v_set(-708.39641853226408), high = v_set(709.78271289338397);
    const vec bounded = v_min(v_max(v, low), high);
    const vec k = v_fma(bounded, v_set(1.4426950408889634074), shift), n = k - shift;
    /* 2^(n - 1), since 2^1024 is no number. */
    const vec half = (vec)(((uvec)k - UINT64_C(0x4338000000000000) + 1022) << 52);
    vec r = v_fnma(n, v_set(0.6931471787393093), bounded), y = v_set(inverse_factorial[0]);
    r = v_fnma(n, v_set(1.820635998504146183958e-9), r);
    for (int i = 1; i < 12; i++)
        y = v_fma(y, r, v_set(inverse_factorial[i]));
    y = v_fma(r * r, y, r);
    y = v_fma(y, half, half - v_set(0.5)) * v_set(2);
    y = v_select(v > high, v_set(__builtin_inf()), y);
    return v_select(v == v, y, v);
}

/* ln x; NaN for x < 0. */
FS_INLINE fs_vec_f64 fs_ln_or_nan_f64(fs_vec_f64 x)
{
    return v_select(x < v_set(0), v_set(__builtin_nan("")), v_ln(x));
}

FS_INLINE fs_vec_f64 fs_pcen_value_f64(fs_vec_f64 x, fs_vec_f64 ref, fs_vec_f64 *state, const fs_pcen_spec *spec)
{
    const vec smooth = v_fma(v_set(spec->b), ref, *state), infinity = v_set(__builtin_inf());
    *state = v_set(spec->keep) * smooth;
    const vec level = v_set(-spec->gain) * fs_ln_or_nan_f64(v_set(spec->eps) + smooth);
    if (spec->kind == FS_PCEN_POWER)
        return fs_exp_f64(v_set(spec->power) * (fs_ln_or_nan_f64(x) + level));
    vec u = x * fs_exp_f64(level);
    if (spec->kind == FS_PCEN_LOG)
        return fs_log1p_f64(u);
    u = u / v_set(spec->bias);
    if (spec->kind == FS_PCEN_ROOT) {
        const vec y = u / (v_sqrt(v_set(1) + u) + v_set(1));
        return v_set(spec->lift) * v_select(u == infinity, infinity, y);
    }
    return v_set(spec->lift) * fs_expm1_f64(v_set(spec->power) * fs_log1p_f64(u));
}
#endif

/* n <= TIER_BITS / 64 columns. */
FS_INLINE void KN(pcen_columns)(real *out, const real *x, const real *ref, size_t pitch, size_t n_rows, const size_t n,
                                double *state, const fs_pcen_spec *spec)
{
    fs_vec_f64 s = {0}, a = {0}, b = {0};
    for (size_t i = 0; i < n; i++)
        s[i] = state[i];
    for (size_t row = 0; row < n_rows; row++, out += pitch, x += pitch, ref += pitch) {
        for (size_t i = 0; i < n; i++) {
            a[i] = (double)x[i];
            b[i] = (double)ref[i];
        }
        const fs_vec_f64 y = fs_pcen_value_f64(a, b, &s, spec);
        for (size_t i = 0; i < n; i++)
            out[i] = (real)y[i];
    }
    for (size_t i = 0; i < n; i++)
        state[i] = s[i];
}

static void KN(pcen)(void *out_, const void *x_, const void *ref_, size_t pitch, size_t n_rows, size_t n, double *state,
                     const fs_pcen_spec *spec)
{
    enum { COLUMNS = TIER_BITS / 64 };
    real *out = out_;
    const real *x = x_, *ref = ref_;
    size_t i = 0;
    for (; i + COLUMNS <= n; i += COLUMNS)
        KN(pcen_columns)(out + i, x + i, ref + i, pitch, n_rows, COLUMNS, state + i, spec);
    if (i < n)
        KN(pcen_columns)(out + i, x + i, ref + i, pitch, n_rows, n - i, state + i, spec);
}

/* A filter along arrays of any length: every sum runs over the taps in order. */
static void KN(filter)(void *out_, const void *x_, size_t step, size_t n, const void *taps_, size_t n_taps)
{
    real *out = out_;
    const real *x = x_, *taps = taps_;
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        vec a = v_set(0), b = a, c = a, d = a;
        for (size_t j = 0; j < n_taps; j++) {
            const real *from = x + i + j * step;
            const vec tap = v_set(taps[j]);
            a = v_fma(tap, v_load(from), a);
            b = v_fma(tap, v_load(from + LANES), b);
            c = v_fma(tap, v_load(from + 2 * LANES), c);
            d = v_fma(tap, v_load(from + 3 * LANES), d);
        }
        v_store(out + i, a);
        v_store(out + i + LANES, b);
        v_store(out + i + 2 * LANES, c);
        v_store(out + i + 3 * LANES, d);
    }
    for (size_t width; i < n; i += width) {
        vec a = v_set(0);
        width = n - i < LANES ? n - i : LANES;
        for (size_t j = 0; j < n_taps; j++) {
            const real *from = x + i + j * step;
            a = v_fma(v_set(taps[j]), width == LANES ? v_load(from) : KN(load_part)(from, width, 0), a);
        }
        if (width == LANES)
            v_store(out + i, a);
        else
            KN(store_part)(out + i, a, width);
    }
}
