/* Peaks of magnitude spectra, block by block. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_PEAKS_H
#define FSPEC_PEAKS_H

#include "frontend.h"

/* What is looked for, and how. */
typedef struct fs_peak_finder {
    fs_peak_spec spec;
    int is_double, has_constant;
    double constant; /* reference for all, where has_constant */
    uint64_t positions[256];
} fs_peak_finder;

/* Who takes the peaks. Both calls are a worker's, for one block. */
typedef struct fs_peak_taker {
    /* Room for n pitches and n magnitudes */
    fspec_status (*room)(void *context, int worker, size_t n, void **pitch, void **magnitude);
    /* n of them were found: where[i] = row * lanes + lane; the lane's item and the frame's column within it */
    fspec_status (*take)(void *context, int worker, size_t n, const uint32_t *where, size_t lanes, const int64_t *item,
                         const int64_t *frame);
    void *context;
} fs_peak_taker;

/* The defaults where config is NULL's; checks all of it. */
fspec_status fs_tuning_config_read(const fspec_tuning_config *config, fspec_tuning_config *full);
/* Fills a finder from a checked configuration; it must not be moved. */
void fs_peak_finder_init(fs_peak_finder *finder, const fspec_tuning_config *config);

/* Checks the arguments, then finds the peaks of all frames. `call` has been read; its scratch is not used. */
fspec_status fs_peaks_of_signals(const fs_peak_finder *finder, const fspec_frontend *plan, const fspec_signal *signals,
                                 int64_t n_signals, const fs_peak_taker *taker, const fspec_call *call);
fspec_status fs_peaks_of_spectra(const fs_peak_finder *finder, const fspec_matrix *spectra, const fspec_matrix *reference,
                                 int64_t n_frames, int64_t n_signals, const fs_peak_taker *taker, const fspec_call *call);

#endif
