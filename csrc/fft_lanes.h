/* The built-in engine: real FFTs with one frame per lane. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FFT_LANES_H
#define FSPEC_FFT_LANES_H

#include "memory.h"
#include "simd.h"

enum { FS_LANES_LEAST = 16, FS_LANES_MOST = 1 << 17 };

typedef struct fs_lanes {
    fs_lanes_tables tables;
    const fs_kernels *kernels; /* for full blocks; its narrow one is for blocks of few frames */
    int64_t n, step, hop; /* step: samples from frame to frame; hop: the same, at most n */
    /* Panels of frames a hop apart: their rows, and elements from column to column; where the first pass finds its samples
     * in them, and in panels of frames that stand anywhere. */
    int64_t pitch;
    uint32_t *spread_offset, *gather_offset;
    int chirps;   /* a size that needs Bluestein's algorithm */
    void *memory; /* all tables */
} fs_lanes;

/* The scratch of a transform. */
typedef struct fs_lanes_desk {
    void *panel, *z, *spare, *work, *other;
} fs_lanes_desk;

/* Whether the engine has this size without Bluestein's algorithm: even, 5-smooth, neither tiny nor huge. */
int fs_lanes_has(int64_t n);
/* Makes the tables for frames `hop` apart, with a window of n values (forward) or NULL (inverse). NO_MEMORY or TOO_LARGE. */
fspec_status fs_lanes_create(int64_t n, int64_t hop, int is_double, const double *window, fs_lanes **lanes);
/* The same for the complex transforms of m values alone, m >= 2 and 5-smooth: what complex_inverse needs. */
fspec_status fs_lanes_create_complex(int64_t m, int is_double, fs_lanes **lanes);
void fs_lanes_free(fs_lanes *lanes);
/* cos and sin of 2 pi k / n, by reflection into the first eighth of the turn, where both are accurate. */
void fs_unit_root(int64_t k, int64_t n, double *cosine, double *sine);

/* Rows of the panel that `frames` frames a hop apart need. */
int64_t fs_lanes_rows(const fs_lanes *lanes, int64_t frames);
/* Whether frames a hop apart share samples, so that one panel of the signal serves them all. */
int fs_lanes_spreads(const fs_lanes *lanes);
/* Samples, from the first frame's first on, that fft_spread reads for so many rows. */
int64_t fs_lanes_reach(const fs_lanes *lanes, int64_t rows);
/* Takes the scratch of a transform, forward or inverse, from an arena. */
void fs_lanes_take(const fs_lanes *lanes, fs_arena *arena, int forward, fs_lanes_desk *desk);

/* Transforms of a block by kernels k (those of the plan, or their narrow ones). Forward: a panel that was filled by
 * fft_spread (shared) or by fft_gather, to n/2 + 1 complex rows or powers. Inverse: n/2 + 1 complex rows, overwritten, to n
 * samples times n in `samples`, which are windowed and added to `sum`, the lanes a hop apart. */
void fs_lanes_forward(const fs_lanes *lanes, const fs_kernels *k, const fs_lanes_desk *desk, int shared, void *out,
                      int as_power);
void fs_lanes_inverse(const fs_lanes *lanes, const fs_kernels *k, const fs_lanes_desk *desk, void *bins, void *samples,
                      void *sum, const void *window, int64_t n_active);

#endif
