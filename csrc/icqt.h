/* The transposed constant-Q transform, inside: plans, and one stretch of one channel's output.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_ICQT_H
#define FSPEC_ICQT_H

#include "cqt.h"

/* Samples that one table of weights serves: to row j of it belong sample `after` + j of a frame, counted from its centre, and,
 * where the weights are folded, sample -j. */
typedef struct fs_icqt_part {
    int folded;
    int64_t after, n_rows;
    size_t n_blocks;
    fs_icqt_block *blocks; /* n_phases x n_blocks */
} fs_icqt_part;

/* The transpose of an fs_cqt_set. */
typedef struct fs_icqt_set {
    int level;
    int64_t first_bin, n_bins, n_phases;
    int64_t first, last; /* the samples that a frame reaches, relative to its centre */
    double *turns;       /* NULL, or (cos, sin) by which coefficients are turned back first */
    int n_parts;
    fs_icqt_part parts[2];
    void *weights;
} fs_icqt_set;

struct fspec_icqt {
    const fs_kernels *kernels;
    fspec_icqt_method method;
    int is_double, n_levels, cut;
    int64_t hop, n_bins, n_sets, max_bins, n_heads;
    fs_icqt_set *sets;
    fspec_icqt_head *heads;
    int64_t reach;  /* of the interpolators */
    size_t n_taps;  /* of a half-band filter; 0: a Toeplitz table */
    void *weights;
    int64_t least;  /* samples of the shortest piece that work is split into */
    int64_t before[FS_MAX_CQT_LEVELS], after[FS_MAX_CQT_LEVELS]; /* what frames may write beyond the ends of a stretch */
};

/* One call on one matrix of n_frames columns. Output samples from n_samples on are zero. */
typedef struct fs_icqt_job {
    const fspec_icqt *plan;
    const fspec_matrix *in;
    int in_double;
    int64_t n_frames, n_samples;
} fs_icqt_job;

/* One worker's memory, for pieces of up to `room` samples. */
typedef struct fs_icqt_desk {
    char *lines[2], *sum, *coefs, *own;
} fs_icqt_desk;

void fs_icqt_measure(fspec_icqt *plan);
void fs_icqt_lay_out(const fspec_icqt *plan, int64_t room, fs_arena *arena, fs_icqt_desk *desk);
/* Output samples [begin, end), begin even: the address of the first, in the plan's precision. The same samples have the same
 * bits wherever pieces begin. */
const void *fs_icqt_piece(const fs_icqt_job *job, const fs_icqt_desk *desk, int64_t begin, int64_t end);

#endif
