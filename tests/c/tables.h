/* The kernel tables of all tiers, and numbers of either type held in doubles. SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLES_H
#define TABLES_H

#include "check.h"

#include <float.h>

#include "simd.h"
#include "simd_tiers.h"

typedef struct table {
    const fs_kernels *k;
    const char *name;
    int dbl, fused;
} table;

/* ---- numbers of either type, held in doubles ---------------------------------------------------------------------- */

__attribute__((unused)) static double rounded(int dbl, double x) { return dbl ? x : (double)(float)x; }
__attribute__((unused)) static double tiny(int dbl) { return dbl ? DBL_MIN : (double)FLT_MIN; }
__attribute__((unused)) static double epsilon(int dbl) { return dbl ? DBL_EPSILON : (double)FLT_EPSILON; }
__attribute__((unused)) static double flushed(int dbl, double x) { return fabs(x) < tiny(dbl) ? copysign(0, x) : x; }
__attribute__((unused)) static double mul(int dbl, double a, double b) { return flushed(dbl, dbl ? a * b : (double)((float)a * (float)b)); }
__attribute__((unused)) static double add(int dbl, double a, double b) { return flushed(dbl, dbl ? a + b : (double)((float)a + (float)b)); }
__attribute__((unused)) static double quotient(int dbl, double a, double b) { return flushed(dbl, dbl ? a / b : (double)((float)a / (float)b)); }

__attribute__((unused)) static double fused(const table *t, double a, double b, double c)
{
    if (!t->fused)
        return add(t->dbl, mul(t->dbl, a, b), c);
    return flushed(t->dbl, t->dbl ? fma(a, b, c) : (double)fmaf((float)a, (float)b, (float)c));
}

__attribute__((unused)) static double get(const table *t, const void *p, size_t i)
{
    return t->dbl ? ((const double *)p)[i] : (double)((const float *)p)[i];
}

__attribute__((unused)) static void put(const table *t, void *p, size_t i, double x)
{
    if (t->dbl)
        ((double *)p)[i] = x;
    else
        ((float *)p)[i] = (float)x;
}

/* Equal numbers (of either zero, since the sign of a flushed zero says nothing), or both NaN. */
__attribute__((unused)) static int alike(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

/* The same bits, or both NaN. */
__attribute__((unused)) static int identical(const table *t, const void *a, size_t i, const void *b, size_t j)
{
    const size_t size = t->k->real_size;
    return !memcmp((const char *)a + i * size, (const char *)b + j * size, size)
           || (isnan(get(t, a, i)) && isnan(get(t, b, j)));
}

__attribute__((unused)) static double ulps(int dbl, double got, long double want)
{
    int e;
    if (isnan(want) || isinf(want))
        return alike(got, (double)want) ? 0 : INFINITY;
    if (!isfinite(got))
        return INFINITY;
    (void)frexpl(want, &e);
    if (want == 0 || e < (dbl ? DBL_MIN_EXP : FLT_MIN_EXP))
        e = dbl ? DBL_MIN_EXP : FLT_MIN_EXP;
    return (double)(fabsl((long double)got - want) / ldexpl(1, e - (dbl ? DBL_MANT_DIG : FLT_MANT_DIG)));
}

/* ---- data --------------------------------------------------------------------------------------------------------- */

typedef enum kind { PLAIN, WIDE, BITS, KINDS } kind;

__attribute__((unused)) static double bits_to_real(int dbl, uint64_t bits)
{
    double x;
    float y;
    const uint32_t low = (uint32_t)bits;
    memcpy(&x, &bits, sizeof x);
    memcpy(&y, &low, sizeof y);
    return dbl ? x : (double)y;
}

/* PLAIN: [-1, 1]. WIDE: any magnitude whose square is normal. BITS: any bit pattern, with edge cases, NaN and infinity. */
__attribute__((unused)) static double datum(rng *r, int dbl, kind kind)
{
    const double specials[] = {0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, tiny(dbl), tiny(dbl) / 2, dbl ? DBL_MAX : (double)FLT_MAX,
                               1 + epsilon(dbl), 1 - epsilon(dbl) / 2, 2, 0.5, 10, 1e-10, M_SQRT2, M_SQRT1_2};
    double x;
    if (kind == PLAIN)
        return rounded(dbl, rng_uniform(r, -1, 1));
    if (kind == WIDE)
        return rounded(dbl, ldexp(rng_uniform(r, -2, 2), (int)rng_int(r, dbl ? -500 : -58, dbl ? 500 : 58)));
    if (rng_bits(r) % 8 == 0)
        return rounded(dbl, specials[rng_bits(r) % (sizeof specials / sizeof *specials)]);
    x = bits_to_real(dbl, rng_bits(r));
    return isnan(x) ? NAN : x;
}

__attribute__((unused)) static void *data(rng *r, const table *t, kind kind, size_t n)
{
    void *p = check_malloc(n * t->k->real_size);
    for (size_t i = 0; i < n; i++)
        put(t, p, i, datum(r, t->dbl, kind));
    return p;
}

/* A copy that begins `offset` elements after an address that malloc returned, and ends with its block. */
__attribute__((unused)) static void *placed(const table *t, const void *x, size_t n, size_t offset, void **block)
{
    const size_t size = t->k->real_size;
    *block = check_malloc((n + offset) * size);
    return memcpy((char *)*block + offset * size, x, n * size);
}

__attribute__((unused)) static void *aligned(const table *t, size_t n)
{
    const size_t bytes = (n * t->k->real_size + 64) / 64 * 64;
    void *p = aligned_alloc(64, bytes);
    if (!p)
        exit(1);
    return memset(p, 0, bytes);
}

/* ---- tiers -------------------------------------------------------------------------------------------------------- */

/* Calls test(table, base) for every table that runs here, or for the tables of FASTSPEC_SIMD's tier alone. base: the same type's
 * of avx2, or NULL for that itself and where there is no AVX2. */
__attribute__((unused)) static void each_table(void (*test)(const table *, const table *))
{
#if FS_X86
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                       && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    const struct {
        const fs_kernels *k[2];
        const char *name;
        int there, fused;
    } tiers[] = {
#if FS_X86
        {{&fs_avx2_f32, &fs_avx2_f64}, "avx2", avx2, 1},
        {{&fs_narrow_f32, &fs_narrow_f64}, "narrow", avx2, 1},
        {{&fs_avx512_f32, &fs_avx512_f64}, "avx512", avx512, 1},
#ifdef FSPEC_TEST_SPLIT
        {{&fs_split_f32, &fs_split_f64}, "split", avx2, 1},
#endif
#endif
        {{&fs_portable_f32, &fs_portable_f64}, "portable", 1, 0},
    };
    const char *only = getenv("FASTSPEC_SIMD");
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        for (int dbl = 0; dbl < 2; dbl++) {
            const table t = {tiers[i].k[dbl], tiers[i].name, dbl, tiers[i].fused}, base = {tiers[0].k[dbl], tiers[0].name, dbl, 1};
            if (tiers[i].there && (!only || !*only || !strcmp(only, t.k->tier)))
                test(&t, i > 0 && tiers[0].there ? &base : NULL);
        }
}

#endif
