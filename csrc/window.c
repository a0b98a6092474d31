/* Window functions. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "fastspec.h"
#include "parallel.h"

static const double two_pi = 6.283185307179586476925;

static FS_OWN_FUNCTION void fill(int64_t n, int periodic, double *window)
{
    const double period = (double)(periodic ? n : n - 1);
    if (n == 1)
        window[0] = 1;
    for (int64_t i = 0; i < n && n > 1; i++)
        window[i] = 0.5 - 0.5 * cos(two_pi * (double)i / period);
}

void fspec_hann(int64_t n, int periodic, double *window)
{
    const fs_fpenv env = fs_fpenv_enter();
    fill(n, periodic, window);
    fs_fpenv_leave(env);
}
