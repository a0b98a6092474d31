/* Which tier runs here. SPDX-License-Identifier: BSD-3-Clause */
#include "simd.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "simd_tiers.h"

typedef struct tier {
    const char *name;
    const fs_kernels *single, *dbl;
    int supported;
} tier;

static const fs_kernels *chosen[2];
static char refused_name[32];
static pthread_once_t choose_once = PTHREAD_ONCE_INIT;

/* __builtin_cpu_supports also asks whether the operating system saves the registers. */
static void choose(void)
{
#if FS_X86
    __builtin_cpu_init();
    int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                     && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
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
    pthread_once(&choose_once, choose);
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
