/* Parts of signals. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_ACCESS_H
#define FSPEC_ACCESS_H

#include "framing.h"

/* Whether the samples of a part lie in a signal of at most `longest` samples: BAD_DATA_TYPE, BAD_ARGUMENT or TOO_LARGE. */
fspec_status fs_part_check(const fspec_part *part, int64_t longest);
/* Its samples [begin, end) alone, of the signal's; TOO_SHORT if it lacks some of them. */
fspec_status fs_part_narrow(const fspec_part *part, int64_t begin, int64_t end, fs_source *source);

#endif
