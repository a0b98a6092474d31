/* The fused pipeline, inside. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FRONTEND_H
#define FSPEC_FRONTEND_H

#include "fft.h"
#include "fft_lanes.h"
#include "fft_lone.h"
#include "filterbank.h"
#include "framing.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

/* Stages over time, on frames of `width` features; see speech_stages.h. */
typedef struct fs_stages {
    int64_t deltas, reach, stack, stride, left, ddof;
    int kaldi, item;
    fspec_normalize normalize;
    fspec_norm_eps eps_mode;
    fspec_stack_end end;
    double eps;
    double *taps; /* of the first and of a direct second derivative: reach + 1 and at most 2 reach + 1, from the middle on */
    int savgol, pcen;
    fs_pcen_spec compression; /* if pcen */
} fs_stages;

struct fspec_frontend {
    fs_framing framing;
    const fs_kernels *kernels; /* of full blocks */
    fs_lanes *lanes;           /* the built-in engine, or NULL: then fft */
    fs_lone *lone;             /* the same for blocks of very few frames, one by one; may be NULL */
    fs_fft *fft;
    fspec_output output;
    int is_double;
    double input_scale, power;
    double dither; /* before the gain, which is in the window */
    uint64_t seed;
    int conditions; /* frames are changed one by one before the window: the next four */
    fs_condition condition;
    double gain;
    void *frame_window; /* n_fft, for windowed energy */
    double energy_floor;
    int64_t energy_row, first_row; /* of the output: of the energy, or -1; of the first band or coefficient */
    double magnitude_eps;
    int magnitude_eps_max;
    int64_t n_bins;         /* of the spectrum */
    int64_t n_bands, n_out; /* n_out: rows of the output */
    void *window;           /* n_fft */
    fs_bands bands;
    fs_log_spec log;
    double log_multiplier, log_add;
    void *scale[2], *offset[2]; /* of bands, in float and double; NULL: none */
    double top_db, log_floor; /* top_db < 0: off */
    int ref_max;
    void *dct; /* n_ceps x n_bands */
    void *lone_dct; /* transposed, for `lone` */
    int64_t n_ceps;
    int64_t span_length; /* samples that a worker may have to convert or pad at a time */
    /* Of a worker's scratch, and where all frames are done one by one; SIZE_MAX: too large. */
    size_t desk_bytes, lone_desk_bytes;
    fs_stages stages;
    int64_t n_features; /* rows of the output after the stages over time */
    fspec_norm frame_norm;
    double frame_norm_p;
};

/* Frames [first, first + n_frames) of one channel, to columns 0 ... of out. Where `spectra` is not NULL, it holds the frames'
 * powers, of spectra_double's type, and there is no source. */
typedef struct fs_item {
    fs_source source;
    const fspec_matrix *spectra;
    int spectra_double;
    int64_t first, n_frames;
    fspec_matrix out;
    int64_t channel; /* its number in the call or in the stream */
} fs_item;

struct fs_seats;

/* Something else to do with each complex spectrum, while it is still in the cache: it stands in the output, contiguous. Of
 * plans with FSPEC_OUT_SPECTRUM: with each block [bin][lane], which then is not stored. */
typedef struct fs_sink {
    void (*take)(void *context, int64_t frame, const void *spectrum);
    void *context;
    fspec_status (*take_block)(void *context, int worker, const struct fs_seats *seats, const void *block);
} fs_sink;

/* Transforms the items, which must have been checked; the heart of both the offline call and the stream. sink may be NULL. */
fspec_status fs_frontend_run(const fspec_frontend *plan, const fs_item *items, int64_t n_items, fspec_dtype out_dtype,
                             const fs_sink *sink, const fspec_call *call);
/* Fills in the plan's sizes of scratch, last of all. */
void fs_frontend_measure(fspec_frontend *plan);
/* Scratch of fs_frontend_run, with call->scratch NULL. */
int fs_frontend_scratch(const fspec_frontend *plan, int64_t n_items, int64_t n_frames, int n_workers, size_t *bytes);

/* FSPEC_OK if a plan may write out_dtype. */
fspec_status fs_check_out_dtype(const fspec_frontend *plan, fspec_dtype out_dtype);

/* whole_signal.c: the stage that needs every frame of an item, in place over the bands of the output: x = max(x - offset,
 * floor), then the plan's scale and offset. `largest` holds one value per item, or one for all with whole_array. */
fspec_status fs_whole_signal(const fspec_frontend *plan, const fs_item *items, int64_t n_items, const int64_t *first_frame,
                             const double *largest, fspec_dtype out_dtype, const fspec_call *call);
/* Whether samples [begin, end) of a signal are finite; float and double only. */
int fs_range_is_finite(const fspec_signal *signal, int64_t begin, int64_t end);
/* The lowest value that top_db leaves, computed as the output's type computes it. */
double fs_top_db_floor(double largest, double top_db, int is_double);

#endif
