/* SPDX-License-Identifier: BSD-3-Clause */
#include "decimate.h"

#include <math.h>
#include <string.h>

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

/* ---- by the FFT ------------------------------------------------------------------------------------------------------- */

/* Transforms for the first two levels and for the next two: the longer one costs less and waits for more samples. */
enum { LONGEST = 2048, LEVELS_OF_A_SIZE = 2 };
static const int64_t SIZES[FS_DECIMATOR_SIZES] = {LONGEST, 1024};

/* Short filters cost less directly; and most of a transform must be samples that have not been in the one before. */
static int worth_spectra(int64_t n, int64_t reach)
{
    return reach >= 64 && 4 * reach <= n;
}

/* The response of a symmetric filter, which is real, at k / n of the rate, over n. */
static void find_response(const double *taps, int64_t reach, int64_t n, double *response)
{
    double cosine[LONGEST];
    for (int64_t i = 0; i < n; i++)
        cosine[i] = cos(2 * PI * (double)i / (double)n);
    for (int64_t k = 0; k <= n / 2; k++) {
        double sum = taps[0] / 2;
        for (int64_t i = 1; i <= reach; i++)
            sum += taps[i] * cosine[i * k % n];
        response[k] = 2 * sum / (double)n;
    }
}

static fspec_status make_spectral(const double *taps, int64_t reach, int64_t n, int is_double, fs_spectral_decimator *s)
{
    double response[LONGEST / 2 + 1], ones[LONGEST];
    /* Of the outputs of a cyclic convolution, those within reach of its ends are wrong. An even number stands in front, as
     * samples leave the inverse transform in pairs. */
    const int64_t in_front = (reach + 3) / 4 * 2;
    s->lead = 2 * in_front;
    s->block = (n / 2 - in_front - reach / 2) / FS_MAX_LANES * FS_MAX_LANES;
    s->n = n;
    find_response(taps, reach, n, response);
    for (int64_t i = 0; i < n; i++)
        ones[i] = 1;
    fspec_status status = typed(response, (size_t)(n / 2 + 1), is_double, &s->response);
    if (status == FSPEC_OK)
        status = typed(ones, (size_t)s->block, is_double, &s->ones);
    if (status == FSPEC_OK)
        status = fs_lanes_create(n, n, is_double, ones, &s->forward);
    if (status == FSPEC_OK)
        status = fs_lanes_create(n / 2, s->block, is_double, NULL, &s->inverse);
    return status;
}

const fs_spectral_decimator *fs_decimator_at(const fs_decimator *decimator, int level)
{
    const int size = (level - 1) / LEVELS_OF_A_SIZE;
    return level > 0 && size < FS_DECIMATOR_SIZES && decimator->spectral[size].n ? &decimator->spectral[size] : NULL;
}

void fs_decimator_take(const fs_decimator *decimator, fs_arena *arena, fs_decimator_desk *desk)
{
    const size_t begin = arena->used;
    size_t end = begin;
    for (int i = 0; i < FS_DECIMATOR_SIZES; i++) {
        const fs_spectral_decimator *s = &decimator->spectral[i];
        if (!s->n)
            continue;
        const size_t column = s->forward->kernels->lanes * s->forward->kernels->real_size;
        arena->used = begin; /* one is in use at a time */
        fs_lanes_take(s->forward, arena, 1, &desk[i].forward);
        fs_lanes_take(s->inverse, arena, 0, &desk[i].inverse);
        desk[i].bins = fs_take(arena, 2 * (s->n / 2 + 1), column);
        end = arena->used > end ? arena->used : end;
    }
    arena->used = end;
}

static void decimate_some(const fs_spectral_decimator *s, const fs_kernels *k, const fs_decimator_desk *desk, char *out,
                          const char *x, int64_t n_blocks)
{
    const int64_t size = (int64_t)k->real_size;
    const void *frames[FS_MAX_LANES];
    for (int64_t i = 0; i < (int64_t)k->lanes; i++)
        frames[i] = x + ((i < n_blocks ? i : 0) * 2 * s->block - s->lead) * size;
    k->fft_gather(desk->forward.panel, frames, (size_t)s->n, s->forward->kernels->lanes);
    fs_lanes_forward(s->forward, k, &desk->forward, 0, desk->bins, 0);
    k->decimate_bins(desk->bins, s->response, (size_t)s->n);
    k->fft_inverse(&s->inverse->tables, desk->bins, desk->inverse.z, desk->inverse.spare, desk->forward.panel);
    memset(out, 0, (size_t)(n_blocks * s->block * size));
    k->overlap_add(out, (size_t)s->block, (const char *)desk->forward.panel + s->lead / 2 * (int64_t)k->lanes * size, 1,
                   s->ones, (size_t)s->block, (size_t)n_blocks);
}

void fs_decimate_blocks(const fs_spectral_decimator *s, const fs_decimator_desk *desk, void *out, const void *x,
                        int64_t n_blocks)
{
    const fs_kernels *wide = s->forward->kernels;
    const int64_t size = (int64_t)wide->real_size;
    for (int64_t done = 0, n; done < n_blocks; done += n) {
        const fs_kernels *k = n_blocks - done <= (int64_t)wide->narrow->lanes ? wide->narrow : wide;
        n = n_blocks - done < (int64_t)k->lanes ? n_blocks - done : (int64_t)k->lanes;
        decimate_some(s, k, desk, (char *)out + done * s->block * size, (const char *)x + done * 2 * s->block * size, n);
    }
}

/* ---- any symmetric filter --------------------------------------------------------------------------------------------- */

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
    fspec_status status = FSPEC_OK;
    for (int i = 0; i < FS_DECIMATOR_SIZES && status == FSPEC_OK; i++)
        if (worth_spectra(SIZES[i], reach))
            status = make_spectral(taps, reach, SIZES[i], is_double, &decimator->spectral[i]);
    return status;
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
    for (int i = 0; i < FS_DECIMATOR_SIZES; i++) {
        fs_spectral_decimator *s = &decimator->spectral[i];
        fs_lanes_free(s->forward);
        fs_lanes_free(s->inverse);
        fs_free(s->response);
        fs_free(s->ones);
        *s = (fs_spectral_decimator){0};
    }
}

void fs_decimate(const fs_kernels *k, const fs_decimator *decimator, void *out, const void *x, int64_t n)
{
    if (decimator->n_taps)
        k->halfband(out, x, (size_t)n, decimator->weights, decimator->n_taps);
    else
        k->decimate(out, x, (size_t)n, decimator->weights, (size_t)decimator->reach);
}
