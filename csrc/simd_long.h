/* One long transform by transforms of its columns and then of its rows, one of them per lane, for one tier and one element
 * type: included after simd_fft.h, once per type.
 *
 * Arrays hold interleaved complex values. `part` takes them apart in an order of lanes that `unite` undoes and that is its own
 * mirror image. */

FS_INLINE cpx KN(part)(const real *p)
{
    const vec a = v_load(p), b = v_load(p + LANES);
#if FS_DOUBLE
    return (cpx){v_unpack_low(a, b), v_unpack_high(a, b)};
#else
    return (cpx){v_even(a, b), v_odd(a, b)};
#endif
}

FS_INLINE void KN(unite)(real *p, cpx x)
{
    v_store(p, v_unpack_low(x.r, x.i));
    v_store(p + LANES, v_unpack_high(x.r, x.i));
}

FS_INLINE cpx KN(product)(cpx a, cpx b) { return (cpx){v_fnma(a.i, b.i, a.r * b.r), v_fma(a.i, b.r, a.r * b.i)}; }

FS_INLINE vec KN(mirrored)(vec x)
{
#if LANES == 2
    return __builtin_shufflevector(x, x, 1, 0);
#elif LANES == 4
    return __builtin_shufflevector(x, x, 3, 2, 1, 0);
#elif LANES == 8
    return __builtin_shufflevector(x, x, 7, 6, 5, 4, 3, 2, 1, 0);
#else
    return __builtin_shufflevector(x, x, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
#endif
}

/* complex_inverse of values whose parts are swapped is a forward transform; else its result is swapped once more. The factors
 * exp(-2 pi i row column / m) are products of one for the group of FS_MAX_LANES columns (coarse) and one for the column in its
 * group (fine). */
static void KN(long_columns)(const fs_lanes_tables *t, const void *in_, size_t pitch, int inverse, const fs_long_desk *d,
                             const void *coarse_, const void *fine_, void *out_, size_t out_pitch)
{
    const size_t unit = 2 * LANES, n = t->first * t->row;
    const real *in = in_, *coarse = coarse_, *fine = fine_;
    real *block = d->in, *result = d->out, *out = out_;
    for (size_t i = 0; i < n; i++) {
        const cpx x = KN(part)(in + 2 * i * pitch);
        KN(put)(block + i * unit, inverse ? x : (cpx){x.i, x.r});
    }
    KN(complex_inverse)(t, block, d->z, d->spare, result);
    for (size_t i = 0; i < n; i++) {
        const cpx w = KN(turn)(KN(part)(fine + 2 * i * FS_MAX_LANES), coarse + 2 * i);
        const cpx x = KN(product)(KN(get)(result + i * unit), w);
        KN(unite)(out + 2 * i * out_pitch, (cpx){x.i, x.r});
    }
}

static void KN(long_rows)(const fs_lanes_tables *t, const void *const *rows, int inverse, const fs_long_desk *d, void *out_,
                          size_t pitch, size_t n_active)
{
    const size_t unit = 2 * LANES, n = t->first * t->row;
    real *result = d->out, *out = out_;
    KN(rows_to_complex)(d->in, rows, n);
    KN(complex_inverse)(t, d->in, d->z, d->spare, result);
    for (size_t i = 0; i < n; i++) {
        const cpx x = KN(get)(result + i * unit);
        const vec a = inverse ? x.i : x.r, b = inverse ? x.r : x.i;
        real *to = out + 2 * i * pitch;
        if (n_active == LANES) {
            v_store(to, v_zip_low(a, b));
            v_store(to + LANES, v_zip_high(a, b));
        } else {
            for (size_t j = 0; j < n_active; j++) {
                to[2 * j] = a[j];
                to[2 * j + 1] = b[j];
            }
        }
    }
}

/* As in `split`: turns holds -i exp(-pi i k / m), whose conjugates are those of the way back. */
static void KN(long_pairs)(void *out_, const void *in_, const void *turns_, size_t m, size_t begin, size_t end, int inverse)
{
    const real *in = in_, *turns = turns_;
    real *out = out_, low[2 * LANES], high[2 * LANES];
    for (size_t k = begin; k < end; k += LANES) {
        const cpx a = KN(part)(in + 2 * k), r = KN(part)(in + 2 * (m - k - LANES + 1));
        const cpx b = {KN(mirrored)(r.r), KN(mirrored)(r.i)}, sum = {a.r + b.r, a.i - b.i};
        cpx w = KN(part)(turns + 2 * k);
        if (inverse)
            w.i = -w.i;
        const cpx turned = KN(product)((cpx){a.r - b.r, a.i + b.i}, w);
        const cpx x = KN(add)(sum, turned), y = {KN(mirrored)(sum.r - turned.r), KN(mirrored)(turned.i - sum.i)};
        const size_t n = end - k < LANES ? end - k : LANES;
        if (n == LANES) {
            KN(unite)(out + 2 * k, x);
            KN(unite)(out + 2 * (m - k - LANES + 1), y);
        } else {
            KN(unite)(low, x);
            KN(unite)(high, y);
            for (size_t j = 0; j < 2 * n; j++) {
                out[2 * k + j] = low[j];
                out[2 * (m - k - n + 1) + j] = high[2 * (LANES - n) + j];
            }
        }
    }
}

static void KN(weigh)(void *out_, const void *x_, const void *w_, size_t n)
{
    real *out = out_;
    const real *x = x_, *w = w_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vec v = v_load(w + i);
        v_store(out + 2 * i, v_load(x + 2 * i) * v_zip_low(v, v));
        v_store(out + 2 * i + LANES, v_load(x + 2 * i + LANES) * v_zip_high(v, v));
    }
    for (; i < n; i++) {
        out[2 * i] = x[2 * i] * w[i];
        out[2 * i + 1] = x[2 * i + 1] * w[i];
    }
}

static void KN(weigh_add)(void *out_, const void *x_, const void *w_, size_t n)
{
    real *out = out_;
    const real *x = x_, *w = w_;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vec v = v_load(w + i);
        v_store(out + 2 * i, v_fma(v_load(x + 2 * i), v_zip_low(v, v), v_load(out + 2 * i)));
        v_store(out + 2 * i + LANES, v_fma(v_load(x + 2 * i + LANES), v_zip_high(v, v), v_load(out + 2 * i + LANES)));
    }
    for (size_t j = 2 * i; j < 2 * n; j++) /* one lane of a vector, so that the sum is fused as it is above */
        out[j] = v_fma(v_set(x[j]), v_set(w[j / 2]), v_set(out[j]))[0];
}
