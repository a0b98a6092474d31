/* The plan of the nonstationary Gabor transform. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_NSGT_H
#define FSPEC_NSGT_H

#include "fft_long.h"

enum {
    FS_NSGT_DIRECT = 512, /* bands of at most so many coefficients are transformed a band per lane, longer ones by themselves */
    FS_NSGT_MOST_BANDS = 1 << 14
};

/* The transform of the bands that have one number of coefficients: one of the two. */
typedef struct fs_nsgt_fft {
    int64_t size;
    fs_lanes *lanes;
    fs_long *alone;
} fs_nsgt_fft;

typedef struct fs_nsgt_band {
    int64_t first, n;   /* bins in which the band has weights */
    int64_t origin;     /* the bin that counts as frequency 0: that of the Nyquist band is bin m */
    int64_t n_coefs;
    int is_real;        /* the first and the last band of all, whose coefficients are real */
    int layer;          /* bands of a layer have no bin in common */
    const fs_nsgt_fft *fft;
    void *analysis, *synthesis; /* n weights each, for the bins as fs_long_pairs gives and takes them */
} fs_nsgt_band;

/* Bands of one layer and size that are transformed together. */
typedef struct fs_nsgt_job {
    int layer;
    int64_t n_bands, bands[FS_MAX_LANES];
} fs_nsgt_job;

struct fspec_nsgt {
    const fs_kernels *kernels;
    int is_double;
    double input_scale;
    int64_t length, m, hop;      /* of a block; half of it; samples from block to block */
    int64_t n_bands, n_jobs, n_layers, n_ffts;
    fs_nsgt_band *all, *bands;   /* `bands` are those of the output */
    fs_nsgt_job *jobs;           /* layer by layer */
    int64_t *first_job;          /* of each layer, n_layers + 1 */
    fs_nsgt_fft *ffts;
    fs_long *real;
    void *weights, *fade;        /* fade: what a block is multiplied by, or NULL */
    size_t bytes;
};

#endif
