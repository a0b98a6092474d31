/* The tier for AVX2 and FMA. SPDX-License-Identifier: BSD-3-Clause */
#if defined(__x86_64__) || defined(_M_X64)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#define TIER_BITS 256
#define TIER_FMA 1
#define TIER_NAME fs_avx2
#define TIER_NARROW fs_narrow
#define TIER_LONE fs_avx2_lone
#define TIER_STRING "avx2"
#include "simd_tier.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
