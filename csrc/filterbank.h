/* Band matrices. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FILTERBANK_H
#define FSPEC_FILTERBANK_H

#include "simd.h"

/* Stores a dense n_rows x n_columns matrix, or the identity where it is NULL, as bands, in float or double. NO_MEMORY or
 * TOO_LARGE. */
fspec_status fs_bands_create(const double *matrix, int64_t n_rows, int64_t n_columns, int is_double, fs_bands *bands);
/* Adds what the kernels of single frames read, unless the rows are too unlike for that. NO_MEMORY. */
fspec_status fs_bands_pack(fs_bands *bands, int is_double);
void fs_bands_free(fs_bands *bands);
/* Whether two of one type give the same products. */
int fs_bands_equal(const fs_bands *a, const fs_bands *b, int is_double);

#endif
