/* Elements of arrays: their sizes, and copies between types and strides. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_ARRAYS_H
#define FSPEC_ARRAYS_H

#include <stddef.h>
#include <stdint.h>

#include "fastspec.h"

/* Bytes of one element of an array of real or complex floating-point numbers; 0 for other types. */
size_t fs_element_size(fspec_dtype dtype);

/* Whether the offsets of a matrix's elements fit in int64_t. */
int fs_fits(const fspec_matrix *matrix, int64_t n_bins, int64_t n_frames);

/* n real values from `from` to `to`, each float or double; steps in bytes. */
void fs_copy_values(void *to, int64_t to_step, int to_double, const void *from, int64_t from_step, int from_double, int64_t n);

#endif
