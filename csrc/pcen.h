/* Per-channel energy normalisation. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_PCEN_H
#define FSPEC_PCEN_H

#include "simd.h"

/* Whether the constants are in range; what the kernels take. */
int fs_pcen_valid(const fspec_pcen_config *config);
fs_pcen_spec fs_pcen_spec_of(const fspec_pcen_config *config);
/* The state before a first frame. */
void fs_pcen_begin(const fs_pcen_spec *spec, double *state, int64_t n);

#endif
