/* SPDX-License-Identifier: BSD-3-Clause */
#include "normalise.h"

#include <float.h>
#include <math.h>

fspec_status fs_check_norm(fspec_norm kind, double p)
{
    if ((unsigned)kind > FSPEC_NORM_P || (kind == FSPEC_NORM_P && (!(p > 0) || !isfinite(p))))
        return FSPEC_BAD_NORM;
    return FSPEC_OK;
}

static inline __attribute__((always_inline)) double value_at(const void *values, ptrdiff_t i, int is_double)
{
    return is_double ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

static inline __attribute__((always_inline)) double norm_of(const void *x, size_t n, ptrdiff_t step, int is_double,
                                                            fspec_norm kind, double p)
{
    double length = kind == FSPEC_NORM_MIN ? INFINITY : 0;
    for (size_t i = 0; i < n; i++) {
        const double m = fabs(value_at(x, (ptrdiff_t)i * step, is_double));
        switch (kind) {
        case FSPEC_NORM_MAX: length = m > length || m != m ? m : length; break;
        case FSPEC_NORM_MIN: length = m < length || m != m ? m : length; break;
        case FSPEC_NORM_COUNT: length += m > 0; break;
        default: length += p == 1 ? m : p == 2 ? m * m : pow(m, p);
        }
    }
    if (kind == FSPEC_NORM_P && p != 1)
        length = p == 2 ? sqrt(length) : pow(length, 1 / p);
    return length;
}

static inline __attribute__((always_inline)) void normalise(void *values, size_t n_frames, ptrdiff_t frame_step, size_t n,
                                                            ptrdiff_t step, int is_double, fspec_norm kind, double p)
{
    const double least = is_double ? DBL_MIN : (double)FLT_MIN;
    for (size_t f = 0; f < n_frames; f++) {
        void *x = (char *)values + (ptrdiff_t)f * frame_step * (is_double ? 8 : 4);
        const double length = norm_of(x, n, step, is_double, kind, p);
        if (length < least)
            continue;
        for (size_t i = 0; i < n; i++) {
            if (is_double)
                ((double *)x)[(ptrdiff_t)i * step] /= length;
            else
                ((float *)x)[(ptrdiff_t)i * step] = (float)((double)((float *)x)[(ptrdiff_t)i * step] / length);
        }
    }
}

void fs_normalise(void *values, size_t n_frames, ptrdiff_t frame_step, size_t n_values, ptrdiff_t value_step, int is_double,
                  fspec_norm kind, double p)
{
    if (kind == FSPEC_NORM_NONE)
        return;
    if (is_double)
        normalise(values, n_frames, frame_step, n_values, value_step, 1, kind, p);
    else if (kind == FSPEC_NORM_MAX) /* the common case, with its switch resolved */
        normalise(values, n_frames, frame_step, n_values, value_step, 0, FSPEC_NORM_MAX, 0);
    else
        normalise(values, n_frames, frame_step, n_values, value_step, 0, kind, p);
}
