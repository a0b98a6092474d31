/* Test builds only (-DFSPEC_TEST_SPLIT): the source of the 512-bit tier compiled for AVX2 and FMA, each vector as two halves,
 * so that a machine without AVX-512 can check the bits of the wide blocks. FASTSPEC_SIMD=split selects it.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifdef FSPEC_TEST_SPLIT
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#define TIER_BITS 512
#define TIER_FMA 1
#define TIER_SPLIT 1
#define TIER_NAME fs_split
#define TIER_NARROW fs_narrow
#define TIER_LONE fs_avx2_lone
#define TIER_STRING "split"
#include "simd_tier.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#else
typedef int fs_split_is_for_tests; /* a translation unit must declare something */
#endif
