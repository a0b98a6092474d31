/* Which tier runs here. SPDX-License-Identifier: BSD-3-Clause */
#include "simd.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "simd_tiers.h"

#if FS_X86
#include <cpuid.h>
#endif

typedef struct tier {
    const char *name;
    const fs_kernels *single, *dbl;
    int supported;
} tier;

static const fs_kernels *chosen[2];
static char refused_name[32];
static fs_once choose_once = FS_ONCE_INIT;

#if FS_X86
/* Whether the processor has the instructions and the operating system saves their registers. Asked of the processor itself:
 * __builtin_cpu_supports needs a library of the compiler's, which clang-cl does not link. Bits: Intel's manual, CPUID and
 * XCR0. */
static void ask_processor(int *has_avx2, int *has_avx512)
{
    enum { FMA_XSAVE_AVX = 1u << 12 | 1u << 27 | 1u << 28, AVX2 = 1u << 5, YMM = 0x06, ZMM = 0xe6 };
    const unsigned f_dq_bw_vl = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
    unsigned a, b, c, d, saved, high;
    *has_avx2 = *has_avx512 = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & FMA_XSAVE_AVX) != FMA_XSAVE_AVX)
        return;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
#ifdef __APPLE__
    saved |= ZMM; /* macOS starts to save these at their first use */
#endif
    if ((saved & YMM) != YMM || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & AVX2))
        return;
    *has_avx2 = 1;
    *has_avx512 = (saved & ZMM) == ZMM && (b & f_dq_bw_vl) == f_dq_bw_vl;
}
#endif

static void choose(void)
{
#if FS_X86
    int has_avx2, has_avx512;
    ask_processor(&has_avx2, &has_avx512);
#endif
    const tier tiers[] = {
#if FS_X86
        {"avx512", &fs_avx512_f32, &fs_avx512_f64, has_avx512},
        {"avx2", &fs_avx2_f32, &fs_avx2_f64, has_avx2},
#endif
        {"portable", &fs_portable_f32, &fs_portable_f64, 1},
#ifdef FSPEC_TEST_SPLIT
        {"split", &fs_split_f32, &fs_split_f64, has_avx2},
#endif
    };
    const size_t n = sizeof tiers / sizeof *tiers;
    const char *wanted = getenv("FASTSPEC_SIMD");
    const tier *best = NULL;
    for (size_t i = 0; i < n && !best; i++)
        if (tiers[i].supported)
            best = &tiers[i];
    if (wanted && *wanted) {
        const tier *asked = NULL;
        for (size_t i = 0; i < n; i++)
            if (!strcmp(wanted, tiers[i].name) && tiers[i].supported)
                asked = &tiers[i];
        if (asked)
            best = asked;
        else
            strncpy(refused_name, wanted, sizeof refused_name - 1);
    }
    chosen[0] = best->single;
    chosen[1] = best->dbl;
}

const fs_kernels *fs_kernels_for(int is_double)
{
    fs_call_once(&choose_once, choose);
    return chosen[is_double != 0];
}

const char *fspec_simd_tier(void)
{
    return fs_kernels_for(0)->tier;
}

const char *fspec_simd_refused(void)
{
    (void)fs_kernels_for(0);
    return refused_name;
}
