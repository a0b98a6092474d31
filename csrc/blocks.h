/* What the parts of the fused pipeline share while a call runs. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_BLOCKS_H
#define FSPEC_BLOCKS_H

#include <stdatomic.h>

#include "frontend.h"

enum { FS_NOISE_PAIRS = 256 }; /* of Gaussian numbers that are made at a time */

/* One worker's scratch. */
typedef struct fs_desk {
    void *span;                   /* samples [span_begin, span_end) of item span_item, converted, edges included */
    int64_t span_item, span_begin, span_end;
    void *frame, *spectrum, *rows; /* row engines: the FFT's rows; one row of powers or complex values per lane */
    fs_lanes_desk fft;             /* lane engine */
    void *complex_block;           /* [bin][re, im][lane] */
    void *block, *banded, *mixed;  /* [row][lane] */
    void *panel, *framed;          /* row engines, where frames change one by one: as lanes, and as one row per lane */
    void *energy;                  /* [lane] */
    double *noise;                 /* 4 * FS_NOISE_PAIRS */
} fs_desk;

typedef struct fs_run {
    const fspec_frontend *plan;
    const fs_item *items;
    const int64_t *first_frame; /* of each item, n_items + 1 */
    int64_t n_items, n_frames, pitch, span_samples;
    const fspec_call *call;
    const fs_sink *sink;
    fspec_dtype out_dtype;
    int64_t out_size;
    fs_desk *desks;
    _Atomic uint64_t *largest; /* per item, or one: the bits of a double */
    float *keys;               /* per frame, for the threshold of the cepstrum */
    int final;                 /* second pass of the cepstrum: `largest` is final */
} fs_run;

/* The lanes of one block, and the kernels for so many. Lanes beyond n hold something finite and are not stored. */
typedef struct fs_seats {
    const fs_kernels *k;
    size_t n;
    int64_t begin; /* the number of the first of their frames in the call */
    int64_t item[FS_MAX_LANES], frame[FS_MAX_LANES]; /* frame: within the item's channel */
    char *out[FS_MAX_LANES];
} fs_seats;

/* spectra.c: samples to spectra. Powers go to desk->block; complex spectra to the output, or to desk->complex_block. */
void fs_power_block(const fs_run *run, fs_desk *desk, const fs_seats *seats);
void fs_complex_block(const fs_run *run, fs_desk *desk, const fs_seats *seats);
void fs_bins_block(const fs_run *run, fs_desk *desk, const fs_seats *seats);
/* The samples and elements of desk->span. */
int64_t fs_span_length(const fspec_frontend *plan);
/* Rows of the spectrum hold whole vectors, and are spread over the cache's sets. */
int64_t fs_row_pitch(const fspec_frontend *plan);

/* frontend_exec.c, for what runs several plans on the same spectra. The parts of a desk: for spectra, which fs_bins_block is to
 * make if `bins`, and for what comes of them. */
void fs_lay_out_spectra(const fspec_frontend *plan, fs_arena *arena, int bins, fs_desk *desk);
void fs_lay_out_bands(const fspec_frontend *plan, fs_arena *arena, fs_desk *desk);
/* Whether a plan needs the largest value of each item: run->largest, and of cepstra run->keys. */
int fs_needs_largest(const fspec_frontend *plan);
/* None so far. */
void fs_begin_largest(fs_run *run);
int64_t fs_n_blocks(const fspec_frontend *plan, int64_t n_frames);
/* Blocks that a worker takes at a time: few enough to share the work evenly and to hear a cancel soon. */
int64_t fs_grain(const fspec_frontend *plan, int64_t n_blocks, int n_workers);
void fs_seat_lanes(const fs_run *run, int64_t block, fs_seats *seats);
/* So many frames one by one take about as long as a block of narrow kernels. */
int64_t fs_most_alone(const fspec_frontend *plan);
/* Whether the final threshold leaves a block of the cepstrum as it is. */
int fs_is_settled(const fs_run *run, const fs_seats *seats);
/* From powers in desk->block to the output. projected: the product with the bands, if another plan's is the same, or NULL. */
void fs_banded_block(const fs_run *run, fs_desk *desk, const fs_seats *seats, const void *projected);

/* store.c: [row][lane] to the output; complex rows of one lane, or of all lanes, to it. */
void fs_store_block(const fs_run *run, const fs_seats *seats, const void *block, int64_t n_rows);
void fs_store_complex_row(const fs_run *run, const fs_seats *seats, size_t lane, const void *spectrum);
void fs_store_complex_rows(const fs_run *run, const fs_desk *desk, const fs_seats *seats);
void fs_store_complex_block(const fs_run *run, const fs_desk *desk, const fs_seats *seats);
/* Whether the lanes' frames are neighbours in the output, of the type that is computed in. */
int fs_frames_adjacent(const fs_run *run, const fs_seats *seats, int64_t element);

#endif
