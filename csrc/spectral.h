/* Statistics of spectra, a block at a time. SPDX-License-Identifier: BSD-3-Clause
 *
 * fs_spectral_block is what a sink calls, alone or beside others of the same spectrum. */
#ifndef FSPEC_SPECTRAL_H
#define FSPEC_SPECTRAL_H

#include "frontend.h"

struct fspec_spectral {
    fspec_spectral_config config; /* arrays are the plan's own */
    int is_double;
    int64_t n_rows;     /* of the result */
    int64_t most_bins;  /* of a stretch whose tails are longer than FS_TAIL; 0: none */
    double *least_from; /* ROLLOFF: the lowest frequency from a bin on, n_bins + 1 values */
};

/* Elements of double that a worker needs for fs_spectral_block, the result included. */
int64_t fs_spectral_room(const fspec_spectral *spectral);
/* The statistics of block [bin][lane] of `k`, of which n lanes count, to `out` [row][lane], the
 * beginning of fs_spectral_room values. centroid: [lane], or NULL. sums: for BANDWIDTH, the 2 * k->lanes values that CENTROID of the
 * same frequencies left in its `out` for this block, or NULL. */
void fs_spectral_block(const fspec_spectral *spectral, const fs_kernels *k, const void *block, size_t n, const double *centroid,
                       const double *sums, double *out);

#endif
