/* The real FFT with one frame per lane, for one tier and one element type: included after simd_kernels.h, once per type.
 *
 * A complex value is a pair of vectors, real parts first. The n real samples are taken as m = n/2 complex ones (even samples
 * real, odd ones imaginary) and m = first * row. The first pass does `row` butterflies of radix `first` straight from the
 * samples, windowed; then each row of `row` values is transformed in the L1 cache by Stockham passes, and rows k1 and
 * first - k1, which hold bins k and m - k, are combined to bins of the real transform on their way out. Every table is stored
 * in the order in which it is read. Winograd-style butterflies: products by a shared factor are fused into the sums. */

#undef cpx
#define cpx FS(fs_cpx)
typedef struct { vec r, i; } cpx;

FS_INLINE cpx KN(get)(const real *p) { return (cpx){v_load(p), v_load(p + LANES)}; }
FS_INLINE void KN(put)(real *p, cpx x)
{
    v_store(p, x.r);
    v_store(p + LANES, x.i);
}
FS_INLINE cpx KN(add)(cpx a, cpx b) { return (cpx){a.r + b.r, a.i + b.i}; }
FS_INLINE cpx KN(sub)(cpx a, cpx b) { return (cpx){a.r - b.r, a.i - b.i}; }
/* a - i b and a + i b */
FS_INLINE cpx KN(sub_i)(cpx a, cpx b) { return (cpx){a.r + b.i, a.i - b.r}; }
FS_INLINE cpx KN(add_i)(cpx a, cpx b) { return (cpx){a.r - b.i, a.i + b.r}; }
/* a + s b for a real s */
FS_INLINE cpx KN(add_scaled)(cpx a, cpx b, vec s) { return (cpx){v_fma(b.r, s, a.r), v_fma(b.i, s, a.i)}; }
FS_INLINE cpx KN(sub_scaled)(cpx a, cpx b, vec s) { return (cpx){v_fnma(b.r, s, a.r), v_fnma(b.i, s, a.i)}; }
/* a - i s b and a + i s b */
FS_INLINE cpx KN(sub_i_scaled)(cpx a, cpx b, vec s) { return (cpx){v_fma(b.i, s, a.r), v_fnma(b.r, s, a.i)}; }
FS_INLINE cpx KN(add_i_scaled)(cpx a, cpx b, vec s) { return (cpx){v_fnma(b.i, s, a.r), v_fma(b.r, s, a.i)}; }
FS_INLINE cpx KN(turn)(cpx a, const real *w)
{
    vec wr = v_set(w[0]), wi = v_set(w[1]);
    return (cpx){v_fnma(a.i, wi, a.r * wr), v_fma(a.i, wr, a.r * wi)};
}

/* ---- butterflies: forward transforms of 2, 3, 4, 5, 8 and 16 values, in natural order, in place ----------------------- */

FS_INLINE void KN(butterfly_2)(cpx *x)
{
    cpx a = x[0], b = x[1];
    x[0] = KN(add)(a, b);
    x[1] = KN(sub)(a, b);
}

FS_INLINE void KN(butterfly_3)(cpx *x)
{
    const vec sine = v_set((real)0.86602540378443864676), half = v_set((real)0.5);
    cpx sum = KN(add)(x[1], x[2]), difference = KN(sub)(x[1], x[2]);
    cpx middle = KN(sub_scaled)(x[0], sum, half);
    x[0] = KN(add)(x[0], sum);
    x[1] = KN(sub_i_scaled)(middle, difference, sine);
    x[2] = KN(add_i_scaled)(middle, difference, sine);
}

/* On values that stand anywhere: in order a, b, c, d. */
FS_INLINE void KN(butterfly_of_4)(cpx *a, cpx *b, cpx *c, cpx *d)
{
    cpx s = KN(add)(*a, *c), t = KN(sub)(*a, *c), u = KN(add)(*b, *d), v = KN(sub)(*b, *d);
    *a = KN(add)(s, u);
    *c = KN(sub)(s, u);
    *b = KN(sub_i)(t, v);
    *d = KN(add_i)(t, v);
}

/* The same where b and d still lack the factor `outer`, and c the factor `inner`. */
FS_INLINE void KN(butterfly_of_4_scaled)(cpx *a, cpx *b, cpx *c, cpx *d, vec inner, vec outer)
{
    cpx s = KN(add_scaled)(*a, *c, inner), t = KN(sub_scaled)(*a, *c, inner), u = KN(add)(*b, *d), v = KN(sub)(*b, *d);
    *a = KN(add_scaled)(s, u, outer);
    *c = KN(sub_scaled)(s, u, outer);
    *b = KN(sub_i_scaled)(t, v, outer);
    *d = KN(add_i_scaled)(t, v, outer);
}

FS_INLINE void KN(butterfly_4)(cpx *x) { KN(butterfly_of_4)(x, x + 1, x + 2, x + 3); }

FS_INLINE void KN(butterfly_5)(cpx *x)
{
    const vec c1 = v_set((real)0.30901699437494742410), c2 = v_set((real)-0.80901699437494742410);
    const vec s1 = v_set((real)0.95105651629515357212), s2 = v_set((real)0.58778525229247312917);
    cpx p = KN(add)(x[1], x[4]), q = KN(add)(x[2], x[3]), d = KN(sub)(x[1], x[4]), e = KN(sub)(x[2], x[3]);
    cpx near = KN(add_scaled)(KN(add_scaled)(x[0], p, c1), q, c2), far = KN(add_scaled)(KN(add_scaled)(x[0], p, c2), q, c1);
    cpx g = {v_fma(e.r, s2, d.r * s1), v_fma(e.i, s2, d.i * s1)}, h = {v_fnma(e.r, s1, d.r * s2), v_fnma(e.i, s1, d.i * s2)};
    x[0] = KN(add)(x[0], KN(add)(p, q));
    x[1] = KN(sub_i)(near, g);
    x[4] = KN(add_i)(near, g);
    x[2] = KN(sub_i)(far, h);
    x[3] = KN(add_i)(far, h);
}

/* a (1 - i) and a (-1 - i): an eighth and three eighths of a turn, times sqrt(2). */
FS_INLINE cpx KN(eighth)(cpx a) { return (cpx){a.r + a.i, a.i - a.r}; }
FS_INLINE cpx KN(three_eighths)(cpx a) { return (cpx){a.i - a.r, -(a.r + a.i)}; }

FS_INLINE void KN(butterfly_8)(cpx *x)
{
    const vec k = v_set((real)0.70710678118654752440);
    KN(butterfly_of_4)(x + 0, x + 2, x + 4, x + 6);
    KN(butterfly_of_4)(x + 1, x + 3, x + 5, x + 7);
    cpx e0 = x[0], e1 = x[2], e2 = x[4], e3 = x[6], o0 = x[1], o1 = KN(eighth)(x[3]), o2 = x[5], o3 = KN(three_eighths)(x[7]);
    x[0] = KN(add)(e0, o0);
    x[4] = KN(sub)(e0, o0);
    x[1] = KN(add_scaled)(e1, o1, k);
    x[5] = KN(sub_scaled)(e1, o1, k);
    x[2] = KN(sub_i)(e2, o2);
    x[6] = KN(add_i)(e2, o2);
    x[3] = KN(add_scaled)(e3, o3, k);
    x[7] = KN(sub_scaled)(e3, o3, k);
}

/* A sixteenth and three sixteenths of a turn, over cos(pi / 8); t = tan(pi / 8). */
FS_INLINE cpx KN(sixteenth)(cpx a, vec t) { return (cpx){v_fma(a.i, t, a.r), v_fnma(a.r, t, a.i)}; }
FS_INLINE cpx KN(three_sixteenths)(cpx a, vec t) { return (cpx){v_fma(a.r, t, a.i), v_fma(a.i, t, -a.r)}; }

FS_INLINE void KN(butterfly_16)(cpx *x)
{
    const vec root = v_set((real)0.70710678118654752440), cosine = v_set((real)0.92387953251128675613);
    const vec t = v_set((real)0.41421356237309504880), one = v_set(1);
    cpx y[16];
    for (int i = 0; i < 4; i++)
        KN(butterfly_of_4)(x + i, x + i + 4, x + i + 8, x + i + 12);
    KN(butterfly_of_4)(x + 0, x + 1, x + 2, x + 3);
    x[5] = KN(sixteenth)(x[5], t);
    x[6] = KN(eighth)(x[6]);
    x[7] = KN(three_sixteenths)(x[7], t);
    KN(butterfly_of_4_scaled)(x + 4, x + 5, x + 6, x + 7, root, cosine);
    x[9] = KN(eighth)(x[9]);
    x[10] = (cpx){x[10].i, -x[10].r};
    x[11] = KN(three_eighths)(x[11]);
    KN(butterfly_of_4_scaled)(x + 8, x + 9, x + 10, x + 11, one, root);
    x[13] = KN(three_sixteenths)(x[13], t);
    x[14] = KN(three_eighths)(x[14]);
    x[15] = KN(sixteenth)(x[15], t);
    x[15] = (cpx){-x[15].r, -x[15].i};
    KN(butterfly_of_4_scaled)(x + 12, x + 13, x + 14, x + 15, root, cosine);
    _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) y[i] = x[i];
    _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) x[i] = y[i % 4 * 4 + i / 4];
}

/* ---- passes ----------------------------------------------------------------------------------------------------------- */

/* Values that stand `step` bytes apart, addressed from a base for every four of them: that many registers are to be had. */
FS_INLINE const real *KN(nth)(const char *const *base, size_t step, int i)
{
    return (const real *)(const void *)(base[i / 4] + (size_t)(i % 4) * step);
}
FS_INLINE real *KN(nth_out)(char *const *base, size_t step, int i)
{
    return (real *)(void *)(base[i / 4] + (size_t)(i % 4) * step);
}
#define FS_BASES(R, type, name, start, step) \
    type name[(R + 3) / 4]; \
    _Pragma("GCC unroll 4") for (int b = 0; b < (R + 3) / 4; b++) name[b] = (type)(start) + (size_t)(4 * b) * (step)
#define FS_ADVANCE(R, name, bytes) _Pragma("GCC unroll 4") for (int b = 0; b < (R + 3) / 4; b++) name[b] += (bytes)

/* For each radix: the first pass of the forward transform, from windowed samples; that of the inverse, from complex values
 * whose parts are swapped, which makes a forward transform an inverse one; and a pass along a row of n_butterflies * radix *
 * stride values, whose first `stride` butterflies have nothing to turn by; its results go `spacing` values apart. */
#define FS_TURNED_OUT(R, to, step) \
    KN(put)(KN(nth_out)(to, step, 0), x[0]); \
    _Pragma("GCC unroll 16") for (int k = 1; k < R; k++) KN(put)(KN(nth_out)(to, step, k), KN(turn)(x[k], w + 2 * k - 2))
#define FS_PASSES(R) \
    static __attribute__((noinline)) void KN(first_pass_##R)(const fs_lanes_tables *t, const real *panel, \
                                                             const uint32_t *offset, real *z) \
    { \
        const real *window = t->window, *w = t->first_turns; \
        const size_t step = t->pitch * sizeof(cpx); \
        cpx x[R]; \
        FS_BASES(R, char *, to, z, step); \
        for (size_t j = 0; j < t->row; j++, offset += 2 * R, window += 2 * R, w += 2 * (R - 1)) { \
            _Pragma("GCC unroll 16") for (int i = 0; i < R; i++) \
                x[i] = (cpx){v_load(panel + offset[2 * i]) * v_set(window[2 * i]), \
                             v_load(panel + offset[2 * i + 1]) * v_set(window[2 * i + 1])}; \
            KN(butterfly_##R)(x); \
            FS_TURNED_OUT(R, to, step); \
            FS_ADVANCE(R, to, sizeof(cpx)); \
        } \
    } \
    static __attribute__((noinline)) void KN(swapped_pass_##R)(const fs_lanes_tables *t, const real *in, real *z) \
    { \
        const real *w = t->first_turns; \
        const size_t step = t->pitch * sizeof(cpx), in_step = t->row * sizeof(cpx); \
        cpx x[R]; \
        FS_BASES(R, char *, to, z, step); \
        FS_BASES(R, const char *, from, in, in_step); \
        for (size_t j = 0; j < t->row; j++, w += 2 * (R - 1)) { \
            _Pragma("GCC unroll 16") for (int i = 0; i < R; i++) \
            { \
                const cpx a = KN(get)(KN(nth)(from, in_step, i)); \
                x[i] = (cpx){a.i, a.r}; \
            } \
            KN(butterfly_##R)(x); \
            FS_TURNED_OUT(R, to, step); \
            FS_ADVANCE(R, to, sizeof(cpx)); \
            FS_ADVANCE(R, from, sizeof(cpx)); \
        } \
    } \
    static __attribute__((noinline)) void KN(row_pass_##R)(const real *in, real *out, const real *w, size_t n_butterflies, \
                                                           size_t stride, size_t spacing) \
    { \
        const size_t in_step = n_butterflies * stride * sizeof(cpx), unit = spacing * sizeof(cpx), out_step = stride * unit; \
        cpx x[R]; \
        FS_BASES(R, const char *, from, in, in_step); \
        FS_BASES(R, char *, to, out, out_step); \
        for (size_t q = 0; q < stride; q++) { \
            _Pragma("GCC unroll 16") for (int i = 0; i < R; i++) x[i] = KN(get)(KN(nth)(from, in_step, i)); \
            KN(butterfly_##R)(x); \
            _Pragma("GCC unroll 16") for (int k = 0; k < R; k++) KN(put)(KN(nth_out)(to, out_step, k), x[k]); \
            FS_ADVANCE(R, from, sizeof(cpx)); \
            FS_ADVANCE(R, to, unit); \
        } \
        for (size_t p = 1; p < n_butterflies; p++) { \
            w += 2 * (R - 1); \
            FS_ADVANCE(R, to, (R - 1) * out_step); \
            for (size_t q = 0; q < stride; q++) { \
                _Pragma("GCC unroll 16") for (int i = 0; i < R; i++) x[i] = KN(get)(KN(nth)(from, in_step, i)); \
                KN(butterfly_##R)(x); \
                FS_TURNED_OUT(R, to, out_step); \
                FS_ADVANCE(R, from, sizeof(cpx)); \
                FS_ADVANCE(R, to, unit); \
            } \
        } \
    }
FS_PASSES(2)
FS_PASSES(3)
FS_PASSES(4)
FS_PASSES(5)
FS_PASSES(8)
FS_PASSES(16)
#undef FS_PASSES
#undef FS_TURNED_OUT
#undef FS_BASES
#undef FS_ADVANCE

#define FS_BY_RADIX(radix, name, ...) \
    switch (radix) { \
    case 2: KN(name##_2)(__VA_ARGS__); break; \
    case 3: KN(name##_3)(__VA_ARGS__); break; \
    case 4: KN(name##_4)(__VA_ARGS__); break; \
    case 5: KN(name##_5)(__VA_ARGS__); break; \
    case 8: KN(name##_8)(__VA_ARGS__); break; \
    default: KN(name##_16)(__VA_ARGS__); break; \
    }

/* Transforms a row, back and forth between it and `spare`; the result, in natural order, goes to `out`, `spacing` values
 * apart, or with out NULL stays where the last pass leaves it, which is returned. */
static real *KN(transform_row)(const fs_lanes_tables *t, real *row, real *spare, real *out, size_t spacing)
{
    const real *w = t->row_turns;
    size_t stride = 1, length = t->row;
    if (out && t->n_passes == 0)
        KN(put)(out, KN(get)(row));
    for (int pass = 0; pass < t->n_passes; pass++) {
        const size_t radix = (size_t)t->radix[pass], n = length / radix;
        const int leaves = out && pass == t->n_passes - 1;
        real *to = leaves ? out : spare;
        FS_BY_RADIX(radix, row_pass, row, to, w, n, stride, leaves ? spacing : 1)
        w += 2 * (radix - 1) * n;
        stride *= radix;
        length = n;
        spare = row;
        row = to;
    }
    return row;
}

/* Bins k and m - k from values k and m - k of the complex transform, where w = -i exp(-2 pi i k / n). The factor 1/2 is in the
 * window. */
FS_INLINE void KN(split)(cpx a, cpx b, const real *w, cpx *low, cpx *high)
{
    const cpx sum = {a.r + b.r, a.i - b.i}, turned = KN(turn)((cpx){a.r - b.r, a.i + b.i}, w);
    *low = KN(add)(sum, turned);
    *high = (cpx){sum.r - turned.r, turned.i - sum.i};
}

FS_INLINE void KN(emit)(real *out, size_t bin, cpx x, int as_power)
{
    if (as_power)
        v_store(out + bin * LANES, KN(square)(x.r, x.i));
    else
        KN(put)(out + bin * 2 * LANES, x);
}

FS_INLINE void KN(emit_pair)(const real *a, const real *b, const real *w, real *out, size_t k, size_t mirrored, int as_power)
{
    cpx low, high;
    KN(split)(KN(get)(a), KN(get)(b), w, &low, &high);
    KN(emit)(out, k, low, as_power);
    KN(emit)(out, mirrored, high, as_power);
}

/* All rows to bins 0 ... m. Row k1, value k2 is bin k1 + first * k2. */
FS_INLINE void KN(rows_to_bins)(const fs_lanes_tables *t, real *z, real *spare, real *out, int as_power)
{
    const size_t unit = 2 * LANES, row = t->row, first = t->first, m = first * row, pitch = t->pitch * unit;
    const real *w = t->split_turns;
    real *other = spare + t->pitch * unit, *a = KN(transform_row)(t, z, spare, NULL, 1), *b;
    for (size_t k2 = 0; k2 <= row / 2; k2++)
        KN(emit_pair)(a + k2 * unit, a + (row - k2) % row * unit, w + 2 * k2, out, first * k2, m - first * k2, as_power);
    w += 2 * (row / 2 + 1);
    for (size_t k1 = 1; 2 * k1 < first; k1++, w += 2 * row) {
        a = KN(transform_row)(t, z + k1 * pitch, spare, NULL, 1);
        b = KN(transform_row)(t, z + (first - k1) * pitch, other, NULL, 1);
        for (size_t k2 = 0; k2 < row; k2++)
            KN(emit_pair)(a + k2 * unit, b + (row - 1 - k2) * unit, w + 2 * k2, out, k1 + first * k2, m - k1 - first * k2,
                          as_power);
    }
    if (first % 2 == 0) {
        const size_t k1 = first / 2;
        a = KN(transform_row)(t, z + k1 * pitch, spare, NULL, 1);
        for (size_t k2 = 0; 2 * k2 < row; k2++)
            KN(emit_pair)(a + k2 * unit, a + (row - 1 - k2) * unit, w + 2 * k2, out, k1 + first * k2, m - k1 - first * k2,
                          as_power);
    }
}

static void KN(fft_forward)(const fs_lanes_tables *t, const void *panel, const uint32_t *offset, void *z_, void *spare,
                            void *out, int as_power)
{
    real *z = z_;
    FS_BY_RADIX(t->first, first_pass, t, panel, offset, z)
    if (as_power)
        KN(rows_to_bins)(t, z, spare, out, 1);
    else
        KN(rows_to_bins)(t, z, spare, out, 0);
}

/* Bins 0 ... m, in place, to the m complex values whose inverse transform holds the samples, times n in all. */
static void KN(merge_bins)(const fs_lanes_tables *t, real *bins)
{
    const size_t unit = 2 * LANES, m = t->first * t->row;
    const real *w = t->merge_turns;
    vec low = v_load(bins), high = v_load(bins + m * unit);
    v_store(bins, low + high);
    v_store(bins + LANES, low - high);
    for (size_t k = 1; 2 * k <= m; k++) {
        const cpx a = KN(get)(bins + k * unit), b = KN(get)(bins + (m - k) * unit);
        const cpx sum = {a.r + b.r, a.i - b.i}, turned = KN(turn)((cpx){a.r - b.r, a.i + b.i}, w + 2 * k);
        KN(put)(bins + k * unit, KN(add)(sum, turned));
        KN(put)(bins + (m - k) * unit, (cpx){sum.r - turned.r, turned.i - sum.i});
    }
}

/* The unscaled inverse transform of first * row complex values, in natural order, but with their parts still swapped. */
static void KN(complex_inverse)(const fs_lanes_tables *t, const real *in, real *z, real *spare, real *out)
{
    const size_t unit = 2 * LANES, first = t->first, pitch = t->pitch * unit;
    FS_BY_RADIX(first, swapped_pass, t, in, z)
    for (size_t k1 = 0; k1 < first; k1++)
        (void)KN(transform_row)(t, z + k1 * pitch, spare, out + k1 * unit, first);
}

static void KN(fft_inverse)(const fs_lanes_tables *t, void *bins, void *z, void *spare, void *samples)
{
    KN(merge_bins)(t, bins);
    KN(complex_inverse)(t, bins, z, spare, samples);
}

static void KN(complex_block_inverse)(const fs_lanes_tables *t, const void *in, void *z, void *spare, void *out)
{
    KN(complex_inverse)(t, in, z, spare, out);
}

/* ---- any size: Bluestein's algorithm ---------------------------------------------------------------------------------- */

/* Convolves the first * row complex values at `work` with the chirp; the result, conjugated and with its parts swapped,
 * replaces them. The second transform should be a forward one: conjugates make it one. */
static void KN(convolve)(const fs_lanes_tables *t, real *work, real *other, real *z, real *spare)
{
    const size_t unit = 2 * LANES, m = t->first * t->row;
    const real *chirp = t->convolution;
    KN(complex_inverse)(t, work, z, spare, other);
    for (size_t k = 0; k < m; k++) {
        const cpx swapped = KN(get)(other + k * unit), x = KN(turn)((cpx){swapped.i, swapped.r}, chirp + 2 * k);
        KN(put)(other + k * unit, (cpx){x.r, -x.i});
    }
    KN(complex_inverse)(t, other, z, spare, work);
}

static void KN(chirp_forward)(const fs_lanes_tables *t, const void *panel_, size_t pitch, void *work_, void *other, void *z,
                              void *spare, void *out_, int as_power)
{
    const size_t unit = 2 * LANES, m = t->first * t->row;
    const real *panel = panel_, *chirp = t->chirp_in;
    real *work = work_, *out = out_;
    for (size_t j = 0; j < m; j++) {
        const vec x = j < t->n ? v_load(panel + j * pitch) : v_set(0);
        const vec wr = v_set(j < t->n ? chirp[2 * j] : 0), wi = v_set(j < t->n ? chirp[2 * j + 1] : 0);
        KN(put)(work + j * unit, (cpx){x * wr, x * wi});
    }
    KN(convolve)(t, work, other, z, spare);
    chirp = t->chirp_out;
    for (size_t k = 0; k <= t->n / 2; k++) {
        const cpx x = KN(get)(work + k * unit);
        KN(emit)(out, k, KN(turn)((cpx){x.i, -x.r}, chirp + 2 * k), as_power);
    }
}

/* The real signal is the real part of a forward transform of the conjugated bins, of which half are enough when counted twice:
 * the factors are in the table. The imaginary parts that a real signal cannot have are left out. */
static void KN(chirp_inverse)(const fs_lanes_tables *t, const void *bins_, void *work_, void *other, void *z, void *spare,
                              void *samples_)
{
    const size_t unit = 2 * LANES, m = t->first * t->row, n_bins = t->n / 2 + 1;
    const real *bins = bins_, *chirp = t->chirp_in;
    real *work = work_, *samples = samples_;
    for (size_t k = 0; k < m; k++) {
        cpx x = {v_set(0), v_set(0)};
        if (k < n_bins) {
            x = KN(get)(bins + k * unit);
            x.i = k == 0 || 2 * k == t->n ? v_set(0) : -x.i;
            x = KN(turn)(x, chirp + 2 * k);
        }
        KN(put)(work + k * unit, x);
    }
    KN(convolve)(t, work, other, z, spare);
    chirp = t->chirp_out;
    for (size_t j = 0; j < t->n; j++) {
        const cpx x = KN(get)(work + j * unit);
        v_store(samples + j * LANES, KN(turn)((cpx){x.i, -x.r}, chirp + 2 * j).r);
    }
}
#undef FS_BY_RADIX

/* ---- in and out ------------------------------------------------------------------------------------------------------- */

/* [column][row] of rows that begin `step` samples apart, in groups of LANES rows and then of four, the last row repeated. */
static void KN(fft_spread)(void *panel_, const void *samples_, size_t step, size_t n_rows, size_t n_columns, size_t pitch)
{
    typedef real four __attribute__((vector_size(4 * sizeof(real)), aligned(sizeof(real)), may_alias));
    real *panel = panel_;
    const real *samples = samples_;
    size_t row = 0;
    for (; LANES >= 4 && row + LANES <= n_rows; row += LANES)
        for (size_t c = 0; c < n_columns; c += LANES) {
            vec x[LANES];
            _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) x[i] = v_load(samples + (row + i) * step + c);
            KN(transpose)(x);
            _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) v_store(panel + (c + i) * pitch + row, x[i]);
        }
    for (; row < n_rows; row += 4) {
        const real *from[4];
        for (size_t i = 0; i < 4; i++)
            from[i] = samples + (row + i < n_rows ? row + i : n_rows - 1) * step;
        for (size_t c = 0; c < n_columns; c += 4) {
            const four a = *(const four *)(from[0] + c), b = *(const four *)(from[1] + c);
            const four d = *(const four *)(from[2] + c), e = *(const four *)(from[3] + c);
            const four ad = __builtin_shufflevector(a, d, 0, 4, 1, 5), be = __builtin_shufflevector(b, e, 0, 4, 1, 5);
            const four ad2 = __builtin_shufflevector(a, d, 2, 6, 3, 7), be2 = __builtin_shufflevector(b, e, 2, 6, 3, 7);
            real *to = panel + c * pitch + row;
            *(four *)to = __builtin_shufflevector(ad, be, 0, 4, 1, 5);
            *(four *)(to + pitch) = __builtin_shufflevector(ad, be, 2, 6, 3, 7);
            *(four *)(to + 2 * pitch) = __builtin_shufflevector(ad2, be2, 0, 4, 1, 5);
            *(four *)(to + 3 * pitch) = __builtin_shufflevector(ad2, be2, 2, 6, 3, 7);
        }
    }
}

/* [sample][lane] of frames that stand anywhere. */
static void KN(fft_gather)(void *panel_, const void *const *frames, size_t n_samples, size_t pitch)
{
    real *panel = panel_;
    size_t s = 0;
    for (; s + LANES <= n_samples; s += LANES) {
        vec x[LANES];
        _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) x[i] = v_load((const real *)frames[i] + s);
        KN(transpose)(x);
        _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) v_store(panel + (s + i) * pitch, x[i]);
    }
    for (; s < n_samples; s++)
        for (size_t i = 0; i < LANES; i++)
            panel[s * pitch + i] = ((const real *)frames[i])[s];
}

/* Adds a block of windowed frames to a signal, in which they begin `hop` samples apart. From the last samples to the first, and
 * within those from the first frame to the last: so every sum takes its frames in ascending order. */
static void KN(overlap_add)(void *sum_, size_t hop, const void *block_, size_t swapped, const void *window_, size_t n,
                            size_t n_active)
{
    real *sum = sum_;
    const real *block = block_, *window = window_;
    size_t s = n;
    for (; s % LANES; s--)
        for (size_t i = 0; i < n_active; i++) {
            /* One lane of a vector, so that the sum is fused as it is below. */
            real *to = sum + i * hop + s - 1;
            *to = v_fma(v_set(block[((s - 1) ^ swapped) * LANES + i]), v_set(window[s - 1]), v_set(*to))[0];
        }
    for (; s > 0; s -= LANES) {
        const vec w = v_load(window + s - LANES);
        real *to = sum + s - LANES;
        vec x[LANES];
        _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++) x[i] = v_load(block + (s - LANES + (i ^ swapped)) * LANES);
        KN(transpose)(x);
        if (n_active == LANES) {
            _Pragma("GCC unroll 16") for (size_t i = 0; i < LANES; i++, to += hop) v_store(to, v_fma(x[i], w, v_load(to)));
        } else {
            for (size_t i = 0; i < n_active; i++, to += hop)
                v_store(to, v_fma(x[i], w, v_load(to)));
        }
    }
}

/* |x|^p of a complex block. */
static void KN(block_power)(void *out_, const void *block_, size_t n_rows, double p)
{
    real *out = out_;
    const real *block = block_;
    for (size_t row = 0; row < n_rows; row++) {
        const cpx x = KN(get)(block + row * 2 * LANES);
        v_store(out + row * LANES, KN(raised_magnitude)(x.r, x.i, p));
    }
}

/* Complex block to one row of interleaved values per lane, for the first n_active lanes: LANES / 2 bins of all lanes at a time.
 * Real and imaginary parts are interleaved first, so that whole complex values are transposed. */
FS_INLINE void KN(complex_to_some_rows)(void *const *out, const void *block_, size_t n, size_t n_active)
{
    enum { BINS = LANES / 2 };
    const real *block = block_;
    size_t bin = 0;
    for (; bin + BINS <= n; bin += BINS) {
        vec row[LANES];
        _Pragma("GCC unroll 16") for (int b = 0; b < BINS; b++)
        {
            const cpx x = KN(get)(block + (bin + (size_t)b) * 2 * LANES);
            row[b] = v_unpack_low(x.r, x.i);
            row[BINS + b] = v_unpack_high(x.r, x.i);
        }
#if FS_DOUBLE
        _Pragma("GCC unroll 2") for (int half = 0; half < 2; half++)
        {
            KN(transpose_parts)(row + half * BINS, 1);
            _Pragma("GCC unroll 4") for (int h = 0; h < PARTS; h++)
                if ((size_t)(2 * h + half) < n_active)
                    v_store((real *)out[2 * h + half] + 2 * bin, row[half * BINS + h]);
        }
#else
        _Pragma("GCC unroll 2") for (int half = 0; half < 2; half++)
        {
            vec low[PARTS], high[PARTS];
            _Pragma("GCC unroll 4") for (int p = 0; p < PARTS; p++)
            {
                low[p] = v_pair_low(row[half * BINS + 2 * p], row[half * BINS + 2 * p + 1]);
                high[p] = v_pair_high(row[half * BINS + 2 * p], row[half * BINS + 2 * p + 1]);
            }
            KN(transpose_parts)(low, 1);
            KN(transpose_parts)(high, 1);
            _Pragma("GCC unroll 4") for (int h = 0; h < PARTS; h++)
            {
                if ((size_t)(4 * h + 2 * half) < n_active)
                    v_store((real *)out[4 * h + 2 * half] + 2 * bin, low[h]);
                if ((size_t)(4 * h + 2 * half + 1) < n_active)
                    v_store((real *)out[4 * h + 2 * half + 1] + 2 * bin, high[h]);
            }
        }
#endif
    }
    for (; bin < n; bin++)
        for (size_t i = 0; i < n_active; i++) {
            ((real *)out[i])[2 * bin] = block[bin * 2 * LANES + i];
            ((real *)out[i])[2 * bin + 1] = block[bin * 2 * LANES + LANES + i];
        }
}

static void KN(complex_to_rows)(void *const *out, const void *block, size_t n, size_t n_active)
{
    /* A constant count takes the tests out of the inner loop. */
    if (n_active == LANES)
        KN(complex_to_some_rows)(out, block, n, LANES);
    else
        KN(complex_to_some_rows)(out, block, n, n_active);
}

/* The reverse: one row of interleaved values per lane to a complex block; every lane has a row. */
static void KN(rows_to_complex)(void *block_, const void *const *rows, size_t n)
{
    enum { BINS = LANES / 2 };
    real *block = block_;
    size_t bin = 0;
    for (; bin + BINS <= n; bin += BINS) {
        vec row[LANES];
        _Pragma("GCC unroll 2") for (int half = 0; half < 2; half++)
        {
#if FS_DOUBLE
            _Pragma("GCC unroll 4") for (int h = 0; h < PARTS; h++)
                row[half * BINS + h] = v_load((const real *)rows[2 * h + half] + 2 * bin);
            KN(transpose_parts)(row + half * BINS, 1);
#else
            vec low[PARTS], high[PARTS];
            _Pragma("GCC unroll 4") for (int h = 0; h < PARTS; h++)
            {
                low[h] = v_load((const real *)rows[4 * h + 2 * half] + 2 * bin);
                high[h] = v_load((const real *)rows[4 * h + 2 * half + 1] + 2 * bin);
            }
            KN(transpose_parts)(low, 1);
            KN(transpose_parts)(high, 1);
            _Pragma("GCC unroll 4") for (int p = 0; p < PARTS; p++)
            {
                row[half * BINS + 2 * p] = v_pair_low(low[p], high[p]);
                row[half * BINS + 2 * p + 1] = v_pair_high(low[p], high[p]);
            }
#endif
        }
        _Pragma("GCC unroll 16") for (int b = 0; b < BINS; b++)
        {
#if FS_DOUBLE
            const cpx x = {v_unpack_low(row[b], row[BINS + b]), v_unpack_high(row[b], row[BINS + b])};
#else
            const cpx x = {v_even(row[b], row[BINS + b]), v_odd(row[b], row[BINS + b])};
#endif
            KN(put)(block + (bin + (size_t)b) * 2 * LANES, x);
        }
    }
    for (; bin < n; bin++)
        for (size_t i = 0; i < LANES; i++) {
            block[bin * 2 * LANES + i] = ((const real *)rows[i])[2 * bin];
            block[bin * 2 * LANES + LANES + i] = ((const real *)rows[i])[2 * bin + 1];
        }
}
