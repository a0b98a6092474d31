/* Decimation by two: half-band filters, or any symmetric one. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_DECIMATE_H
#define FSPEC_DECIMATE_H

#include "simd.h"

typedef struct fs_decimator {
    int64_t reach; /* output i is made from samples 2 i - reach ... 2 i + reach */
    size_t n_taps; /* of a half-band filter, at 1, 3, 5 ... from its centre; 0: the weights are a Toeplitz table */
    void *weights;
} fs_decimator;

/* Passes a tenth of the input's rate and suppresses what lies above four tenths by `attenuation` dB. */
fspec_status fs_decimator_halfband(double attenuation, int is_double, fs_decimator *decimator);
/* The filter taps[reach] ... taps[0] ... taps[reach]. */
fspec_status fs_decimator_symmetric(const double *taps, int64_t reach, int is_double, fs_decimator *decimator);
/* The filter's taps[0] ... taps[reach]. */
void fs_decimator_taps(const fs_decimator *decimator, int is_double, double *taps);
void fs_decimator_free(fs_decimator *decimator);

/* n outputs, of which the first is centred on x. Writes whole vectors; reads and writes no more than FS_DECIMATE_SLACK values
 * beyond either end of what it must. */
enum { FS_DECIMATE_SLACK = 4 * FS_MAX_LANES };
void fs_decimate(const fs_kernels *k, const fs_decimator *decimator, void *out, const void *x, int64_t n);

#endif
