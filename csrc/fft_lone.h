/* The tables of the built-in engine for one frame at a time. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FFT_LONE_H
#define FSPEC_FFT_LONE_H

#include "fft_lanes.h"

typedef struct fs_lone {
    const fs_kernels *kernels; /* of blocks of one lane */
    fs_lone_tables tables;
    void *memory;
} fs_lone;

/* For the same transforms as `lanes`, which must have a window and outlive the tables. *lone is NULL where there are no kernels
 * for the size. NO_MEMORY or TOO_LARGE. */
fspec_status fs_lone_create(const fs_lanes *lanes, fs_lone **lone);
void fs_lone_free(fs_lone *lone);
/* Takes the scratch of a transform from an arena, less than the lanes take, and a panel of n samples. */
void fs_lone_take(const fs_lone *lone, fs_arena *arena, fs_lanes_desk *desk);
/* Transforms n samples to n/2 + 1 interleaved complex values or powers, with that scratch or the lanes'. */
void fs_lone_forward(const fs_lone *lone, const fs_lanes_desk *desk, const void *samples, void *out, int as_power);

#endif
