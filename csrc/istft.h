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

/* One worker's scratch. */
typedef struct fs_istft_desk {
    void *spectra;        /* a row for each frame that is inverted at a time: a block of them, or one for row engines */
    void *frame;          /* row engines: the frame */
    void *bins, *samples; /* lane engine: [bin][re, im][lane] and [sample][lane] */
    fs_lanes_desk fft;
    void *sum, *divisor, *result;
} fs_istft_desk;

typedef struct fs_istft_run {
    const fspec_istft *plan;
    const fspec_matrix *in;
    const fspec_signal *out;
    int in_double;
    int sums;                                   /* whether the desks' `sum` is elsewhere */
    int64_t first_frame, first_sample;          /* that `in` and `out` begin with */
    int64_t n_frames, n_samples, piece, pieces; /* pieces per signal */
    /* Frames summed at a time; samples of `sum`, and of those that are divided at a time. */
    int64_t batch, room, most;
    fs_istft_desk *desks;
} fs_istft_run;

/* Desks for so many workers, without `desks` only their size. */
void fs_istft_lay_out(const fs_istft_run *run, fs_arena *arena, int n_workers, fs_istft_desk **desks);
/* Adds frames [begin, end) to the sums, of which the first is that of sample `base` of the padded signal. */
void fs_istft_add(const fs_istft_run *run, const fs_istft_desk *desk, int64_t signal, int64_t begin, int64_t end, int64_t base);
/* Writes the padded signal's samples [*position, limit), of which those in [base, base + room) stand in `sum`. */
void fs_istft_emit(const fs_istft_run *run, const fs_istft_desk *desk, int64_t signal, int64_t base, int64_t *position,
                   int64_t limit);

#endif
