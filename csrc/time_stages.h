/* Stages along time: rows of values in ascending time, with explicit state. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_TIME_STAGES_H
#define FSPEC_TIME_STAGES_H

#include "memory.h"
#include "simd.h"

/* A filter: row t of its output is the sum of taps[j] times row t - before + j; rows beyond the ends are zero. */
typedef struct fs_smoother {
    const fs_kernels *kernels;
    int64_t n_taps, before, after;
    void *taps; /* of the kernels' type */
} fs_smoother;

/* The rows that outputs still need. */
typedef struct fs_smoother_state {
    char *rows;
    int64_t n_rows;
} fs_smoother_state;

/* From the kernel of a convolution whose middle is kernel[n / 2]; zeros at its ends are left out. NO_MEMORY or TOO_LARGE. */
fspec_status fs_smoother_create(const fs_kernels *kernels, const double *kernel, int64_t n, fs_smoother *smoother);
void fs_smoother_free(fs_smoother *smoother);

/* Takes the state's memory, for at most `most` rows at a time, each `pitch` values: whole vectors. */
void fs_smoother_lay_out(const fs_smoother *smoother, fs_arena *arena, int64_t pitch, int64_t most, fs_smoother_state *state);
/* To a first output row that `n_absent` rows before the first one are needed for, but do not exist. */
void fs_smoother_begin(const fs_smoother *smoother, fs_smoother_state *state, int64_t pitch, int64_t n_absent);
/* Where the next rows must be put. */
char *fs_smoother_room(const fs_smoother *smoother, const fs_smoother_state *state, int64_t pitch);
/* Takes the n rows that have been put there, and writes the output rows that they complete. Returns how many. */
int64_t fs_smoother_take(const fs_smoother *smoother, fs_smoother_state *state, int64_t pitch, int64_t n, void *out);

#endif
