/* The tier for AVX-512 (F, BW, DQ, VL). SPDX-License-Identifier: BSD-3-Clause */
#if defined(__x86_64__) || defined(_M_X64)
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#endif
#define TIER_BITS 512
#define TIER_FMA 1
#define TIER_NAME fs_avx512
#define TIER_NARROW fs_narrow
#define TIER_LONE fs_avx2_lone
#define TIER_STRING "avx512"
#include "simd_tier.h"
#ifdef __clang__
#pragma clang attribute pop
#endif
#endif
