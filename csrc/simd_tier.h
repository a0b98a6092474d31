/* Both element types of one tier: the whole of a tier's translation unit but for its target. The including file defines
 * TIER_BITS, TIER_FMA, TIER_NAME, TIER_NARROW and TIER_LONE (prefixes of the two tables, of their narrow ones and of those for
 * one frame, which 512-bit tiers take from a narrower one) and TIER_STRING. Double comes first: float's general power runs in
 * it. */
#include <stddef.h>
#include <stdint.h>
#if TIER_FMA
#include <immintrin.h>
#endif

#include "simd.h"
#include "simd_tiers.h"

#define FS_DOUBLE 1
#include "simd_vec.h"
#include "simd_math.h"
#include "simd_kernels.h"
#include "simd_speech.h"
#include "simd_fft.h"
#include "simd_cqt.h"
#include "simd_chroma.h"
#include "simd_icqt.h"
#include "simd_long.h"
#include "simd_peaks.h"
#include "simd_time.h"
#include "simd_median.h"
#if TIER_BITS < 512
#include "simd_lone.h"
#endif
#include "simd_spectral.h"
#include "simd_back.h"
#include "simd_yin.h"
#include "simd_table.h"
#undef FS_DOUBLE

#define FS_DOUBLE 0
#include "simd_vec.h"
#include "simd_math.h"
#include "simd_kernels.h"
#include "simd_speech.h"
#include "simd_fft.h"
#include "simd_cqt.h"
#include "simd_chroma.h"
#include "simd_icqt.h"
#include "simd_long.h"
#include "simd_peaks.h"
#include "simd_time.h"
#include "simd_median.h"
#if TIER_BITS < 512
#include "simd_lone.h"
#endif
#include "simd_spectral.h"
#include "simd_back.h"
#include "simd_yin.h"
#include "simd_table.h"
#undef FS_DOUBLE
