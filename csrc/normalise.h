/* Frames scaled to unit norm. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_NORMALISE_H
#define FSPEC_NORMALISE_H

#include <stddef.h>

#include "fastspec.h"

/* FSPEC_OK, or FSPEC_BAD_NORM: an unknown kind, or FSPEC_NORM_P with a p that is not finite and > 0. */
fspec_status fs_check_norm(fspec_norm kind, double p);

/* Divides each of n_frames frames by its norm, in place, where that is at least the smallest normal number of the type (a frame
 * of less stays as it is). A frame has n_values float or double values, value_step elements apart; frames are frame_step
 * elements apart. So a block [row][lane] has value_step = lanes and frame_step = 1; rows of one frame each have value_step = 1
 * and frame_step = pitch. Norms are computed in double, in the order of the values: a frame's bits depend on its values alone.
 * NaN makes its frame NaN. */
void fs_normalise(void *values, size_t n_frames, ptrdiff_t frame_step, size_t n_values, ptrdiff_t value_step, int is_double,
                  fspec_norm kind, double p);

#endif
