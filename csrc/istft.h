/* The inverse transform, inside. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_ISTFT_H
#define FSPEC_ISTFT_H

#include "fft.h"
#include "fft_lanes.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

struct fspec_istft {
    const fs_kernels *kernels;
    fs_lanes *lanes; /* the built-in engine, or NULL: then fft */
    fs_fft *fft;
    int is_double;
    int64_t n_fft, hop, pad, n_bins;
    void *window;  /* divided by n_fft, which the engine's inverse leaves out */
    double *square; /* window squared */
    /* Sums of squared windows where frames t >= 0 reach sample s = 0 ... n_fft - 1 of the padded signal, and where no frame
     * follows the one that begins at s = 0. The first hop values of `tail` repeat in between. */
    void *head, *tail;
};

#endif
