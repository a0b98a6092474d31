/* The vector vocabulary: everything that the kernels say about vectors, for one tier and one element type.
 *
 * The including file defines TIER_BITS (128, 256 or 512), TIER_FMA (0 or 1) and FS_DOUBLE (0 or 1); it may be included once
 * for each type. No include guard, on purpose. Names end up as fs_..._f32 or fs_..._f64 through FS(name).
 *
 * Results must not depend on the tier beyond FMA or not: every operation here rounds as IEEE 754 says, products and sums are
 * fused only through v_fma, and no approximate instruction is used. */

#undef FS
#undef real
#undef real_int
#undef real_bits
#undef LANES
#undef FS_CAT_
#undef FS_CAT
#undef FS_PASTE_
#undef FS_PASTE
#define FS_CAT_(a, b) a##_##b
#define FS_CAT(a, b) FS_CAT_(a, b)
#define FS_PASTE_(a, b, c) a##b##c
#define FS_PASTE(a, b, c) FS_PASTE_(a, b, c)
#if FS_DOUBLE
#define FS(name) FS_CAT(name, f64)
#define real double
#define real_int int64_t
#define real_bits uint64_t
#define LANES (TIER_BITS / 64)
#else
#define FS(name) FS_CAT(name, f32)
#define real float
#define real_int int32_t
#define real_bits uint32_t
#define LANES (TIER_BITS / 32)
#endif

#undef vec
#undef vec_unaligned
#undef ivec
#undef uvec
#define vec FS(fs_vec)
#define vec_unaligned FS(fs_vecu)
#define ivec FS(fs_ivec)
#define uvec FS(fs_uvec)
typedef real vec __attribute__((vector_size(TIER_BITS / 8)));
typedef real vec_unaligned __attribute__((vector_size(TIER_BITS / 8), aligned(sizeof(real)), may_alias));
typedef real_int ivec __attribute__((vector_size(TIER_BITS / 8)));  /* masks */
typedef real_bits uvec __attribute__((vector_size(TIER_BITS / 8))); /* bit patterns: sums wrap */

#ifndef FS_INLINE
#define FS_INLINE static inline __attribute__((always_inline, unused))
#endif

#undef v_load
#undef v_store
#undef v_set
#undef v_fma
#undef v_fnma
#undef v_max
#undef v_min
#undef v_select
#undef v_abs
#undef v_sqrt
#undef v_zip_low
#undef v_zip_high
#define v_load FS(fs_load)
#define v_store FS(fs_store)
#define v_set FS(fs_set)
#define v_fma FS(fs_fma)
#define v_fnma FS(fs_fnma)
#define v_max FS(fs_max)
#define v_min FS(fs_min)
#define v_select FS(fs_select)
#define v_abs FS(fs_abs)
#define v_sqrt FS(fs_sqrt)
#define v_zip_low FS(fs_zip_low)
#define v_zip_high FS(fs_zip_high)

FS_INLINE vec v_load(const real *p) { return *(const vec_unaligned *)p; }
FS_INLINE void v_store(real *p, vec x) { *(vec_unaligned *)p = x; }
FS_INLINE vec v_set(real x) { return x - (vec){0}; }
/* mask ? a : b, where mask holds all ones or all zeros per lane, as comparisons give. */
FS_INLINE vec v_select(ivec mask, vec a, vec b) { return (vec)((mask & (ivec)a) | (~mask & (ivec)b)); }

/* a * b + c and c - a * b: one rounding on tiers with FMA, two on the others. */
#if TIER_FMA && TIER_BITS == 512 && defined(TIER_SPLIT)
/* The 512-bit source on a 256-bit machine, so that its bits can be checked where there is no AVX-512. */
#if FS_DOUBLE
#define FS_HALF_FMA(h) _mm256_fmadd_pd(ua.q[h], ub.q[h], uc.q[h])
#define FS_HALF_SQRT(h) _mm256_sqrt_pd(ua.q[h])
typedef union { vec v; __m256d q[2]; } FS(fs_halves);
#else
#define FS_HALF_FMA(h) _mm256_fmadd_ps(ua.q[h], ub.q[h], uc.q[h])
#define FS_HALF_SQRT(h) _mm256_sqrt_ps(ua.q[h])
typedef union { vec v; __m256 q[2]; } FS(fs_halves);
#endif
FS_INLINE vec v_fma(vec a, vec b, vec c)
{
    FS(fs_halves) ua = {a}, ub = {b}, uc = {c}, r;
    r.q[0] = FS_HALF_FMA(0);
    r.q[1] = FS_HALF_FMA(1);
    return r.v;
}
FS_INLINE vec v_fnma(vec a, vec b, vec c) { return v_fma(-a, b, c); }
FS_INLINE vec v_sqrt(vec a)
{
    FS(fs_halves) ua = {a}, r;
    r.q[0] = FS_HALF_SQRT(0);
    r.q[1] = FS_HALF_SQRT(1);
    return r.v;
}
#undef FS_HALF_FMA
#undef FS_HALF_SQRT
#define FS_COMPARE_MAX
#elif TIER_FMA
/* FS_MM(fmadd) is _mm256_fmadd_ps and the like. */
#undef FS_MM_PREFIX
#undef FS_MM_SUFFIX
#undef FS_MM_TYPE
#undef FS_MM
#if TIER_BITS == 512
#define FS_MM_PREFIX _mm512
#elif TIER_BITS == 256
#define FS_MM_PREFIX _mm256
#else
#define FS_MM_PREFIX _mm
#endif
#if FS_DOUBLE
#define FS_MM_SUFFIX pd
#define FS_MM_TYPE FS_PASTE(__m, TIER_BITS, d)
#else
#define FS_MM_SUFFIX ps
#define FS_MM_TYPE FS_PASTE(__m, TIER_BITS, )
#endif
#define FS_MM(name) FS_CAT(FS_CAT(FS_MM_PREFIX, name), FS_MM_SUFFIX)
FS_INLINE vec v_fma(vec a, vec b, vec c) { return (vec)FS_MM(fmadd)((FS_MM_TYPE)a, (FS_MM_TYPE)b, (FS_MM_TYPE)c); }
FS_INLINE vec v_fnma(vec a, vec b, vec c) { return (vec)FS_MM(fnmadd)((FS_MM_TYPE)a, (FS_MM_TYPE)b, (FS_MM_TYPE)c); }
FS_INLINE vec v_sqrt(vec a) { return (vec)FS_MM(sqrt)((FS_MM_TYPE)a); }
FS_INLINE vec v_max(vec a, vec b) { return (vec)FS_MM(max)((FS_MM_TYPE)a, (FS_MM_TYPE)b); }
FS_INLINE vec v_min(vec a, vec b) { return (vec)FS_MM(min)((FS_MM_TYPE)a, (FS_MM_TYPE)b); }
#else
FS_INLINE vec v_fma(vec a, vec b, vec c) { return a * b + c; }
FS_INLINE vec v_fnma(vec a, vec b, vec c) { return c - a * b; }
FS_INLINE vec v_sqrt(vec a)
{
    for (int i = 0; i < LANES; i++)
#if FS_DOUBLE
        a[i] = __builtin_sqrt(a[i]);
#else
        a[i] = __builtin_sqrtf(a[i]);
#endif
    return a;
}
#define FS_COMPARE_MAX
#endif

/* a > b ? a : b and a < b ? a : b: the second operand where one is NaN, as x86 has it. */
#ifdef FS_COMPARE_MAX
FS_INLINE vec v_max(vec a, vec b) { return v_select(a > b, a, b); }
FS_INLINE vec v_min(vec a, vec b) { return v_select(a < b, a, b); }
#undef FS_COMPARE_MAX
#endif

FS_INLINE vec v_abs(vec a)
{
    return (vec)((ivec)a & ~(ivec)v_set((real)-0.0));
}

/* The lower and the upper halves of a and b, interleaved: a0 b0 a1 b1 ... */
#if LANES == 2
FS_INLINE vec v_zip_low(vec a, vec b) { return __builtin_shufflevector(a, b, 0, 2); }
FS_INLINE vec v_zip_high(vec a, vec b) { return __builtin_shufflevector(a, b, 1, 3); }
#elif LANES == 4
FS_INLINE vec v_zip_low(vec a, vec b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
FS_INLINE vec v_zip_high(vec a, vec b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
#elif LANES == 8
FS_INLINE vec v_zip_low(vec a, vec b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
FS_INLINE vec v_zip_high(vec a, vec b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); }
#else
FS_INLINE vec v_zip_low(vec a, vec b)
{
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
FS_INLINE vec v_zip_high(vec a, vec b)
{
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
#endif

/* Shuffles that stay within each 128 bits, which is where they are cheap, and the moves of 128-bit parts between vectors:
 * v_unpack_*: elements interleaved; v_pair_*: pairs of floats interleaved; v_even, v_odd: every other element of a, then of b;
 * v_parts_a, v_parts_b: parts 0, 2, ... of a, then of b; parts 1, 3, ... */
#undef v_unpack_low
#undef v_unpack_high
#undef v_pair_low
#undef v_pair_high
#undef v_even
#undef v_odd
#undef v_parts_a
#undef v_parts_b
#define FS_SHUFFLE(name, ...) \
    FS_INLINE vec FS(fs_##name)(vec a, vec b) { return __builtin_shufflevector(a, b, __VA_ARGS__); }
#define v_unpack_low FS(fs_unpack_low)
#define v_unpack_high FS(fs_unpack_high)
#define v_pair_low FS(fs_pair_low)
#define v_pair_high FS(fs_pair_high)
#define v_even FS(fs_even)
#define v_odd FS(fs_odd)
#define v_parts_a FS(fs_parts_a)
#define v_parts_b FS(fs_parts_b)
#if FS_DOUBLE && LANES == 2
FS_SHUFFLE(unpack_low, 0, 2)
FS_SHUFFLE(unpack_high, 1, 3)
#elif FS_DOUBLE && LANES == 4
FS_SHUFFLE(unpack_low, 0, 4, 2, 6)
FS_SHUFFLE(unpack_high, 1, 5, 3, 7)
FS_SHUFFLE(parts_a, 0, 1, 4, 5)
FS_SHUFFLE(parts_b, 2, 3, 6, 7)
#elif FS_DOUBLE
FS_SHUFFLE(unpack_low, 0, 8, 2, 10, 4, 12, 6, 14)
FS_SHUFFLE(unpack_high, 1, 9, 3, 11, 5, 13, 7, 15)
FS_SHUFFLE(parts_a, 0, 1, 4, 5, 8, 9, 12, 13)
FS_SHUFFLE(parts_b, 2, 3, 6, 7, 10, 11, 14, 15)
#elif LANES == 4
FS_SHUFFLE(unpack_low, 0, 4, 1, 5)
FS_SHUFFLE(unpack_high, 2, 6, 3, 7)
FS_SHUFFLE(pair_low, 0, 1, 4, 5)
FS_SHUFFLE(pair_high, 2, 3, 6, 7)
FS_SHUFFLE(even, 0, 2, 4, 6)
FS_SHUFFLE(odd, 1, 3, 5, 7)
#elif LANES == 8
FS_SHUFFLE(unpack_low, 0, 8, 1, 9, 4, 12, 5, 13)
FS_SHUFFLE(unpack_high, 2, 10, 3, 11, 6, 14, 7, 15)
FS_SHUFFLE(pair_low, 0, 1, 8, 9, 4, 5, 12, 13)
FS_SHUFFLE(pair_high, 2, 3, 10, 11, 6, 7, 14, 15)
FS_SHUFFLE(even, 0, 2, 8, 10, 4, 6, 12, 14)
FS_SHUFFLE(odd, 1, 3, 9, 11, 5, 7, 13, 15)
FS_SHUFFLE(parts_a, 0, 1, 2, 3, 8, 9, 10, 11)
FS_SHUFFLE(parts_b, 4, 5, 6, 7, 12, 13, 14, 15)
#else
FS_SHUFFLE(unpack_low, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
FS_SHUFFLE(unpack_high, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
FS_SHUFFLE(pair_low, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
FS_SHUFFLE(pair_high, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
FS_SHUFFLE(even, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
FS_SHUFFLE(odd, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
FS_SHUFFLE(parts_a, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
FS_SHUFFLE(parts_b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#endif
#undef FS_SHUFFLE
