/* Band matrices. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FILTERBANK_H
#define FSPEC_FILTERBANK_H

#include "simd.h"

/* Stores a dense n_rows x n_columns matrix, or the identity where it is NULL, as bands, in float or double. NO_MEMORY or TOO_LARGE. */
fspec_status fs_bands_create(const double *matrix, int64_t n_rows, int64_t n_columns, int is_double, fs_bands *bands);
void fs_bands_free(fs_bands *bands);

#endif
