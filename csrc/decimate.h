/* Decimation by two: half-band filters, or any symmetric one; long ones by way of the FFT.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_DECIMATE_H
#define FSPEC_DECIMATE_H

#include "fft_lanes.h"
#include "simd.h"

/* A decimator as a product with spectra: outputs [i * block, (i + 1) * block) are made together from the n samples that begin
 * `lead` before the first one's centre. Which outputs make a block is fixed, so that their bits are. */
typedef struct fs_spectral_decimator {
    int64_t n, lead, block;
    fs_lanes *forward, *inverse;
    void *response; /* n / 2 + 1 */
    void *ones;     /* block */
} fs_spectral_decimator;

/* The scratch of one size. */
typedef struct fs_decimator_desk {
    fs_lanes_desk forward, inverse;
    void *bins;
} fs_decimator_desk;

enum { FS_DECIMATOR_SIZES = 2 };

typedef struct fs_decimator {
    int64_t reach; /* output i is made from samples 2 i - reach ... 2 i + reach */
    size_t n_taps; /* of a half-band filter, at 1, 3, 5 ... from its centre; 0: the weights are a Toeplitz table */
    void *weights;
    fs_spectral_decimator spectral[FS_DECIMATOR_SIZES]; /* the larger one first; n = 0: it does not pay */
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

/* The spectral form for the step to a level, or NULL where it waits too long for too few samples. */
const fs_spectral_decimator *fs_decimator_at(const fs_decimator *decimator, int level);
/* Takes the scratch of all sizes from an arena: desk[FS_DECIMATOR_SIZES]. */
void fs_decimator_take(const fs_decimator *decimator, fs_arena *arena, fs_decimator_desk *desk);
/* n_blocks blocks of outputs, the first of which is centred on x. `desk` is that of the decimator's size. */
void fs_decimate_blocks(const fs_spectral_decimator *s, const fs_decimator_desk *desk, void *out, const void *x,
                        int64_t n_blocks);

#endif
