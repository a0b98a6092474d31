/* Half-width vectors with AVX2 and FMA, for blocks of few frames: the same bits as the wide tiers.
 * SPDX-License-Identifier: BSD-3-Clause */
#if defined(__x86_64__) || defined(_M_X64)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define TIER_BITS 128
#define TIER_FMA 1
#define TIER_NAME fs_narrow
#define TIER_NARROW fs_narrow
#define TIER_LONE fs_narrow_lone
#define TIER_STRING "avx2"
#include "simd_tier.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
