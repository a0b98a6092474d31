/* Spectral peaks, for one tier and one element type: included after simd_kernels.h, once per type. */

FS_INLINE unsigned KN(mask_bits)(ivec m)
{
#if TIER_FMA && TIER_BITS == 512 && !defined(TIER_SPLIT)
#if FS_DOUBLE
    return (unsigned)_mm512_movepi64_mask((__m512i)m);
#else
    return (unsigned)_mm512_movepi32_mask((__m512i)m);
#endif
#elif TIER_FMA && TIER_BITS == 256
#if FS_DOUBLE
    return (unsigned)_mm256_movemask_pd((__m256d)m);
#else
    return (unsigned)_mm256_movemask_ps((__m256)m);
#endif
#else
    unsigned bits = 0;
    for (unsigned i = 0; i < LANES; i++)
        bits |= (unsigned)(m[i] & 1) << i;
    return bits;
#endif
}

/* The positions of the bits of a mask, and their number, without a branch on them. */
FS_INLINE size_t KN(append_bits)(uint32_t *where, unsigned bits, uint32_t first, const uint64_t *positions)
{
    typedef uint8_t bytes __attribute__((vector_size(8)));
    typedef uint32_t words __attribute__((vector_size(32)));
    typedef uint32_t words_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
    const words w = __builtin_convertvector((bytes)positions[bits], words) + first;
    *(words_unaligned *)where = w;
    return (size_t)__builtin_popcount(bits);
}

static void KN(largest_of_lanes)(const real *block, size_t n, vec *largest)
{
    vec a = v_load(block), b = a, c = a, d = a;
    size_t row = 0;
    for (; row + 4 <= n; row += 4) {
        a = v_max(a, v_load(block + row * LANES));
        b = v_max(b, v_load(block + (row + 1) * LANES));
        c = v_max(c, v_load(block + (row + 2) * LANES));
        d = v_max(d, v_load(block + (row + 3) * LANES));
    }
    for (; row < n; row++)
        a = v_max(a, v_load(block + row * LANES));
    *largest = v_max(v_max(a, b), v_max(c, d));
}

/* The vertex of the parabola through three neighbours, for n peaks between the ends; types as in librosa, whose compiled
 * stencil computes in double and returns the array's type. */
static void KN(vertices)(const fs_peak_spec *spec, const real *block, size_t n, const uint32_t *where, real *pitch,
                         real *magnitude)
{
    enum { PART = 32 };
    const double sr = spec->sr, n_fft = spec->n_fft;
    real below[PART], here[PART], above[PART], moved[PART];
    for (size_t begin = 0; begin < n; begin += PART) {
        const size_t count = n - begin < PART ? n - begin : PART;
        for (size_t i = 0; i < PART; i++) {
            const real *p = block + where[begin + (i < count ? i : 0)];
            below[i] = p[-LANES];
            here[i] = p[0];
            above[i] = p[LANES];
        }
        for (size_t i = 0; i < PART; i++) {
            const double a = (double)(above[i] + below[i]) - 2 * (double)here[i], b = (double)(above[i] - below[i]) / 2;
            const double shift = -b / (a == 0 ? 1 : a);
            moved[i] = (b < 0 ? -b : b) >= (a < 0 ? -a : a) ? 0 : (real)shift;
        }
        for (size_t i = 0; i < PART; i++)
            above[i] = here[i] + (real)0.5 * ((above[i] - below[i]) / 2) * moved[i];
        for (size_t i = 0; i < count; i++) {
            magnitude[begin + i] = above[i];
            pitch[begin + i] = (real)(((double)(where[begin + i] / LANES) + (double)moved[i]) * sr / n_fft);
        }
    }
}

static size_t KN(peaks)(const fs_peak_spec *spec, const void *block_, const void *reference_, size_t reference_step,
                        size_t n_active, void *pitch_, void *magnitude_, uint32_t *where)
{
    const real *block = block_, *reference = reference_;
    real *pitch = pitch_, *magnitude = magnitude_;
    const unsigned active = n_active < LANES ? (1u << n_active) - 1 : ~0u >> (32 - LANES);
    const size_t last = spec->n_rows - 1, end = spec->end < last ? spec->end : last;
    const vec none = v_set(0);
    real constant[LANES];
    size_t n = 0, row = spec->begin;
    if (!reference) {
        vec largest;
        KN(largest_of_lanes)(block, spec->n_rows, &largest);
        v_store(constant, largest * v_set((real)spec->threshold));
        reference = constant;
        reference_step = 0;
    }
    if (row >= spec->end)
        return 0;
#define FS_LOUD(i, x) v_select((x) > v_load(reference + (i) * reference_step), (x), none)
    vec before = v_load(block + (row - 1) * LANES), now = v_load(block + row * LANES);
    before = FS_LOUD(row - 1, before);
    now = FS_LOUD(row, now);
    for (; row < end; row++) {
        vec next = v_load(block + (row + 1) * LANES);
        next = FS_LOUD(row + 1, next);
        const unsigned bits = KN(mask_bits)((now > before) & (now >= next)) & active;
        if (bits) {
            const uint32_t first = (uint32_t)(row * LANES);
#if LANES == 16
            n += KN(append_bits)(where + n, bits & 255, first, spec->positions);
            n += KN(append_bits)(where + n, bits >> 8, first + 8, spec->positions);
#else
            n += KN(append_bits)(where + n, bits, first, spec->positions);
#endif
        }
        before = now;
        now = next;
    }
#undef FS_LOUD
    KN(vertices)(spec, block, n, where, pitch, magnitude);
    if (spec->end > last && row == last) { /* the last bin has no neighbour above, and no parabola */
        const unsigned bits = KN(mask_bits)(now > before) & active;
        for (unsigned i = 0; i < LANES; i++) {
            if (bits >> i & 1) {
                where[n] = (uint32_t)(last * LANES + i);
                magnitude[n] = block[last * LANES + i];
                pitch[n++] = (real)((double)last * spec->sr / spec->n_fft);
            }
        }
    }
    return n;
}

#if FS_DOUBLE
/* log2 of positive normal numbers, exact for powers of two. */
FS_INLINE fs_vec_f64 fs_log2_f64(fs_vec_f64 x)
{
    vec e, f, t;
    v_log_parts(x, &e, &f, &t);
    return e + v_fma(t, v_set(1.4426950408889634074), v_fma(f, v_set(2.0355273740931033e-17), f * v_set(1.4426950408889634)));
}

static void fs_k_pitch_bins(uint32_t *bins, const double *pitch, size_t n, double per_octave_, size_t n_bins, int single)
{
    typedef float singles __attribute__((vector_size(LANES * 4)));
    typedef int32_t words __attribute__((vector_size(LANES * 4)));
    typedef int32_t words_unaligned __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
#define FS_ROUND(x) (single ? __builtin_convertvector(__builtin_convertvector((x), singles), vec) : (x))
    const vec per_octave = v_set(per_octave_), one = v_set(1), half = v_set(0.5);
    const vec count = v_set((double)n_bins), width = v_set(1.0 / (double)n_bins), last = count - one;
    for (size_t i = 0; i < n; i += LANES) {
        vec x = v_load(pitch + i) / v_set(27.5);
        x = FS_ROUND(x);
        x = fs_log2_f64(x);
        x = FS_ROUND(x);
        x = per_octave * x;
        x = FS_ROUND(x);
        x = x - __builtin_convertvector(__builtin_convertvector(x, words), vec);
        vec r = v_select(x < v_set(0), x + one, x);
        r = FS_ROUND(r);
        r = v_select(r >= half, r - one, r);
        /* The bin but for rounding, then by its edges as numpy.linspace computes them. */
        vec b = __builtin_convertvector(__builtin_convertvector((r + half) * count, words), vec);
        b = v_select(r < b * width + v_set(-0.5), b - one, v_select(r >= (b + one) * width + v_set(-0.5), b + one, b));
        b = v_max(v_min(b, last), v_set(0));
        *(words_unaligned *)(void *)(bins + i) = __builtin_convertvector(b, words);
    }
#undef FS_ROUND
}
#endif
