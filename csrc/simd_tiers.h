/* The tables that each tier's translation unit defines. */
#ifndef FSPEC_SIMD_TIERS_H
#define FSPEC_SIMD_TIERS_H

#include "simd.h"

#if defined(__x86_64__) || defined(_M_X64)
#define FS_X86 1
extern const fs_kernels fs_avx512_f32, fs_avx512_f64, fs_avx2_f32, fs_avx2_f64, fs_narrow_f32, fs_narrow_f64;
extern const fs_kernels fs_avx2_lone_f32, fs_avx2_lone_f64, fs_narrow_lone_f32, fs_narrow_lone_f64;
#else
#define FS_X86 0
#endif
extern const fs_kernels fs_portable_f32, fs_portable_f64, fs_portable_lone_f32, fs_portable_lone_f64;

#ifdef FSPEC_TEST_SPLIT
/* Test builds only: the 512-bit source, compiled for 256-bit machines. */
extern const fs_kernels fs_split_f32, fs_split_f64;
#endif

#endif
