/* Chroma, inside: what becomes of rows of magnitudes, and the state of one channel's pass over time.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_CHROMA_H
#define FSPEC_CHROMA_H

#include "normalise.h"
#include "time_stages.h"

struct fspec_chroma {
    const fs_kernels *kernels;
    int is_double, smooths;
    int64_t n_bins, n_chroma;
    int64_t bin_pitch, pitch; /* values from one row to the next: whole vectors */
    void *weights;            /* n_bins rows of `pitch` values */
    fspec_norm input_norm, norm, last_norm;
    double input_norm_p, norm_p, last_norm_p, threshold;
    int64_t n_steps;
    double *steps, *heights;
    fs_smoother smoother;
};

/* One channel under way: output frames before `next` are stored, and none from `end` on will be. */
typedef struct fs_chroma_state {
    int64_t next, end;
    char *bins, *rows, *smoothed;
    fs_smoother_state smoother;
} fs_chroma_state;

/* Where frames go: frame t to column t - first of `out`. */
typedef struct fs_chroma_sink {
    const fspec_matrix *out;
    int64_t first;
    fspec_dtype dtype;
} fs_chroma_sink;

/* Frames before and after it that a frame needs. */
int64_t fs_chroma_before(const fspec_chroma *chroma);
int64_t fs_chroma_after(const fspec_chroma *chroma);

/* Takes the state's memory, zeroed by the caller. */
void fs_chroma_lay_out(const fspec_chroma *chroma, fs_arena *arena, fs_chroma_state *state);
/* To output frames [first, end); returns the first frame of magnitudes that they need. */
int64_t fs_chroma_begin(const fspec_chroma *chroma, fs_chroma_state *state, int64_t first, int64_t end);
/* Takes the next n frames, complex values `pitch` real ones apart, to |C| or |C|^2. */
void fs_chroma_take_complex(const fspec_chroma *chroma, fs_chroma_state *state, const void *rows, int64_t pitch, int64_t n,
                            int power, const fs_chroma_sink *sink);
/* Takes frames [first, first + n) of a matrix of magnitudes. */
void fs_chroma_take_matrix(const fspec_chroma *chroma, fs_chroma_state *state, const fspec_matrix *in, int in_double,
                           int64_t first, int64_t n, const fs_chroma_sink *sink);
/* The signal has ended: stores the frames up to `end` that wait for more. */
void fs_chroma_finish(const fspec_chroma *chroma, fs_chroma_state *state, const fs_chroma_sink *sink);

#endif
