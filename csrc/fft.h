/* The engine interface: real FFTs of one size and type. SPDX-License-Identifier: BSD-3-Clause
 *
 * An engine of this kind works on rows, one frame at a time; the built-in one (fft_lanes.h) on blocks of frames. Rows are
 * 64-byte aligned and owned by the caller. */
#ifndef FSPEC_FFT_H
#define FSPEC_FFT_H

#include <stdint.h>

#include "fastspec.h"

typedef struct fs_fft fs_fft;

/* The transform of n real values (is_double: of double), shared and counted: every acquire needs one release. */
fspec_status fs_fft_acquire(fspec_engine engine, int64_t n, int is_double, int inverse, fspec_effort effort, fs_fft **fft);
void fs_fft_release(fs_fft *fft);
const char *fs_fft_name(const fs_fft *fft);

/* Forward: n real values -> n/2 + 1 interleaved complex values, unscaled; `in` may be overwritten. */
void fs_fft_forward(const fs_fft *fft, void *in, void *out);
/* Inverse: n/2 + 1 complex values -> n real values, times n; `in` is overwritten. */
void fs_fft_inverse(const fs_fft *fft, void *in, void *out);

/* Whether a plan takes the built-in engine: asked for, or the better one, or the only one. */
int fs_use_lanes(fspec_engine engine, int64_t n, int is_double);

#endif
