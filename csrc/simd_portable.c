/* The tier for any compiler and CPU: plain vectors of 128 bits (SSE2 on x86-64, NEON on AArch64), no fused multiply-add.
 * SPDX-License-Identifier: BSD-3-Clause */
#define TIER_BITS 128
#define TIER_FMA 0
#define TIER_NAME fs_portable
#define TIER_NARROW fs_portable
#define TIER_LONE fs_portable_lone
#define TIER_STRING "portable"
#include "simd_tier.h"
