/* SPDX-License-Identifier: BSD-3-Clause */
#include "decimate.h"

#include <math.h>

#include "memory.h"

static const double PI = 3.14159265358979323846;

/* The equiripple filter of 27 taps, which a window design needs 39 for: -149 dB. */
static const double SHORT_TAPS[] = {.30940714478, -.08202680945, .03077212907, -.01051937509, .00284618326, -.00053000578,
                                    .00005076011};
enum { N_SHORT_TAPS = sizeof SHORT_TAPS / sizeof *SHORT_TAPS };
static const double SHORT_ATTENUATION = 149;

/* The modified Bessel function of order 0, by its series. */
static double bessel(double x)
{
    double sum = 1, term = 1;
    for (int i = 1; i < 1000 && term > 1e-17 * sum; i++) {
        term *= x / (2 * i) * (x / (2 * i));
        sum += term;
    }
    return sum;
}

/* A Kaiser-windowed half-band (Kaiser 1974): its taps at 1, 3, 5 ..., twice; they sum to 1/2, so that it is 1 at
 * frequency 0. */
static void kaiser_halfband(double attenuation, size_t n, double *taps)
{
    const double beta = .1102 * (attenuation - 8.7), reach = (double)(2 * n - 1);
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double at = (double)(2 * j + 1), x = at / reach;
        taps[j] = sin(PI * at / 2) / (PI * at) * bessel(beta * sqrt(1 - x * x));
        sum += taps[j];
    }
    for (size_t j = 0; j < n; j++)
        taps[j] *= .5 / sum;
}

static fspec_status typed(const double *x, size_t n, int is_double, void **copy)
{
    *copy = fs_alloc(n * (is_double ? sizeof(double) : sizeof(float)));
    for (size_t i = 0; *copy && i < n; i++) {
        if (is_double)
            ((double *)*copy)[i] = x[i];
        else
            ((float *)*copy)[i] = (float)x[i];
    }
    return *copy ? FSPEC_OK : FSPEC_NO_MEMORY;
}

fspec_status fs_decimator_halfband(double attenuation, int is_double, fs_decimator *decimator)
{
    double taps[FS_MAX_HALFBAND];
    size_t n = N_SHORT_TAPS;
    if (attenuation <= SHORT_ATTENUATION) {
        for (size_t j = 0; j < n; j++)
            taps[j] = 2 * SHORT_TAPS[j];
    } else {
        /* Kaiser's formula for 4 n - 1 taps over a transition of three tenths of the rate. */
        const double needed = (attenuation - 8) / (2.285 * 2 * PI * .3);
        n = (size_t)ceil((needed + 2) / 4);
        n = n > FS_MAX_HALFBAND ? FS_MAX_HALFBAND : n;
        kaiser_halfband(attenuation, n, taps);
    }
    decimator->reach = (int64_t)(2 * n - 1);
    decimator->n_taps = n;
    return typed(taps, n, is_double, &decimator->weights);
}

fspec_status fs_decimator_symmetric(const double *taps, int64_t reach, int is_double, fs_decimator *decimator)
{
    const int64_t lanes = (int64_t)fs_kernels_for(is_double)->lanes, rows = 2 * reach + 2 * lanes - 1;
    const size_t size = is_double ? sizeof(double) : sizeof(float);
    size_t bytes;
    if (!fs_size(rows, lanes * (int64_t)size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    void *table = fs_alloc_zeroed(bytes);
    if (!table)
        return FSPEC_NO_MEMORY;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t lane = 0; lane < lanes; lane++) {
            const int64_t distance = row - 2 * lane - reach, at = distance < 0 ? -distance : distance;
            const double weight = at <= reach ? taps[at] : 0;
            if (is_double)
                ((double *)table)[row * lanes + lane] = weight;
            else
                ((float *)table)[row * lanes + lane] = (float)weight;
        }
    *decimator = (fs_decimator){.reach = reach, .n_taps = 0, .weights = table};
    return FSPEC_OK;
}

static double value(const void *x, int64_t i, int is_double)
{
    return is_double ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

void fs_decimator_taps(const fs_decimator *decimator, int is_double, double *taps)
{
    const int64_t lanes = (int64_t)fs_kernels_for(is_double)->lanes, reach = decimator->reach;
    taps[0] = .5;
    for (int64_t i = 0; i <= reach; i++) {
        if (decimator->n_taps == 0)
            taps[i] = value(decimator->weights, (reach + i) * lanes, is_double); /* the first lane's */
        else if (i > 0)
            taps[i] = i % 2 ? value(decimator->weights, i / 2, is_double) / 2 : 0;
    }
}

void fs_decimator_free(fs_decimator *decimator)
{
    fs_free(decimator->weights);
    decimator->weights = NULL;
}

void fs_decimate(const fs_kernels *k, const fs_decimator *decimator, void *out, const void *x, int64_t n)
{
    if (decimator->n_taps)
        k->halfband(out, x, (size_t)n, decimator->weights, decimator->n_taps);
    else
        k->decimate(out, x, (size_t)n, decimator->weights, (size_t)decimator->reach);
}
