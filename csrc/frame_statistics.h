/* Statistics of frames of samples, inside. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FRAME_STATISTICS_H
#define FSPEC_FRAME_STATISTICS_H

#include "frontend.h"

/* A caller's configuration, or the defaults, once it has been checked. */
fspec_status fs_frames_read(const fspec_frames_config *given, fspec_frames_config *full);
/* Scratch of fs_frames_run. */
int fs_frames_scratch(const fspec_frames_config *config, int64_t n_items, int n_threads, size_t *bytes);
/* The statistic of the items' frames, to their outputs, in float or double; int16 samples are multiplied by scale. The items
 * must have been checked, the configuration read. */
fspec_status fs_frames_run(const fspec_frames_config *config, const fs_item *items, int64_t n_items, int is_double, double scale,
                           fspec_dtype out_dtype, const fspec_call *call);

#endif
