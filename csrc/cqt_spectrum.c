/* Filters of the constant-Q transform as sparse products with the frames' spectra, with one frame per lane.
 * SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <string.h>

#include "cqt_kernel.h"
#include "memory.h"

/* ---- which form ------------------------------------------------------------------------------------------------------- */

static const fspec_cqt_filter *filter_of(const fspec_cqt_config *c, const fs_cqt_set *s, int64_t i)
{
    return &c->filters[s->first_bin + i];
}

static int has_spectra(const fspec_cqt_config *c, const fs_cqt_set *s)
{
    for (int64_t i = 0; i < s->n_bins; i++)
        if (!filter_of(c, s, i)->spectrum)
            return 0;
    return fs_lanes_has(s->last - s->first + 1);
}

/* What a frame costs in either form, in multiply-adds as the direct product does them; the factors were measured with AVX2.
 * They hold for every tier, as the choice decides about bits. */
static double direct_cost(const fs_cqt_set *s)
{
    const double n = (double)(s->last - s->first + 1), columns = (double)((2 * s->n_bins + 7) / 8 * 8);
    return s->fold == FS_FOLD_NONE ? columns * n : (columns + 20) * n / 2; /* folding, and turning by the phase */
}

static double spectral_cost(const fspec_cqt_config *c, const fs_cqt_set *s)
{
    const double n = (double)(s->last - s->first + 1);
    double weights = 0;
    for (int64_t i = 0; i < s->n_bins; i++)
        weights += (double)filter_of(c, s, i)->n_rows;
    const double cost = n * (3.4 + 1.9 * log2(n)) + 4.2 * weights + 25 * (double)s->n_bins;
    return n > 4096 ? 1.2 * cost : cost; /* out of the first levels of cache */
}

static int is_spectral(const fspec_cqt_config *c, const fs_cqt_set *s)
{
    if (c->domain == FSPEC_CQT_TIME || !c->filters || !has_spectra(c, s))
        return 0;
    return c->domain == FSPEC_CQT_FREQUENCY || spectral_cost(c, s) < direct_cost(s);
}

/* ---- making it -------------------------------------------------------------------------------------------------------- */

static fspec_status make_rows(const fspec_cqt_config *c, fs_cqt_set *s, int is_double)
{
    fs_bands *rows = &s->rows;
    size_t index_bytes, weight_bytes;
    int64_t total = 0;
    for (int64_t i = 0; i < s->n_bins; i++)
        total += filter_of(c, s, i)->n_rows;
    if (!fs_size(s->n_bins, sizeof(int64_t), sizeof(int64_t), &index_bytes)
        || !fs_size(total, is_double ? 16 : 8, 0, &weight_bytes))
        return FSPEC_TOO_LARGE;
    rows->n_rows = s->n_bins;
    rows->n_columns = (s->last - s->first + 1) / 2 + 1;
    rows->first = fs_alloc(index_bytes);
    rows->start = fs_alloc(index_bytes);
    rows->weights = fs_alloc(weight_bytes);
    if (!rows->first || !rows->start || !rows->weights)
        return FSPEC_NO_MEMORY;
    int64_t at = 0;
    for (int64_t i = 0; i < s->n_bins; i++) {
        const fspec_cqt_filter *f = filter_of(c, s, i);
        rows->first[i] = f->first_row;
        rows->start[i] = at;
        for (int64_t j = 0; j < 2 * f->n_rows; j++) {
            if (is_double)
                ((double *)rows->weights)[2 * at + j] = f->spectrum[j];
            else
                ((float *)rows->weights)[2 * at + j] = (float)f->spectrum[j];
        }
        at += f->n_rows;
    }
    rows->start[s->n_bins] = at;
    return FSPEC_OK;
}

static fspec_status make_lanes(fs_cqt_set *s, int is_double)
{
    const int64_t n = s->last - s->first + 1;
    double *ones = fs_alloc((size_t)n * sizeof *ones);
    if (!ones)
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < n; i++)
        ones[i] = 1;
    const fspec_status status = fs_lanes_create(n, n, is_double, ones, &s->lanes);
    fs_free(ones);
    return status;
}

fspec_status fs_cqt_spectra_create(const fspec_cqt_config *config, fs_cqt_set *sets, int64_t n_sets)
{
    const int is_double = config->precision == FSPEC_DOUBLE;
    for (int64_t i = 0; i < n_sets; i++) {
        fs_cqt_set *s = &sets[i];
        if (!is_spectral(config, s))
            continue;
        fspec_status status = make_rows(config, s, is_double);
        for (int64_t j = 0; j < i && !s->lanes; j++)
            if (sets[j].lanes && sets[j].lanes->n == s->last - s->first + 1) {
                s->lanes = sets[j].lanes;
                s->borrowed = 1;
            }
        if (status == FSPEC_OK && !s->lanes)
            status = make_lanes(s, is_double);
        if (status != FSPEC_OK)
            return status;
    }
    return FSPEC_OK;
}

void fs_cqt_spectra_free(fs_cqt_set *s)
{
    if (!s->borrowed)
        fs_lanes_free(s->lanes);
    fs_free(s->rows.first);
    fs_free(s->rows.start);
    fs_free(s->rows.weights);
}

size_t fs_cqt_spectra_size(const fs_cqt_set *s)
{
    return s->lanes ? 2 * (size_t)s->rows.start[s->n_bins] * s->lanes->kernels->real_size : 0;
}

/* ---- applying it ------------------------------------------------------------------------------------------------------ */

typedef struct desk {
    fs_lanes_desk fft;
    void *bins, *products;
} desk;

static void lay_out(const fs_cqt_set *s, fs_arena *arena, desk *d)
{
    const size_t column = 2 * s->lanes->kernels->lanes * s->lanes->kernels->real_size;
    fs_lanes_take(s->lanes, arena, 1, &d->fft);
    d->bins = fs_take(arena, s->rows.n_columns, column);
    d->products = fs_take(arena, s->n_bins, column);
}

size_t fs_cqt_spectra_scratch(const fs_cqt_set *sets, int64_t n_sets)
{
    size_t most = 0;
    for (int64_t i = 0; i < n_sets; i++) {
        fs_arena arena = {0};
        desk d;
        if (!sets[i].lanes)
            continue;
        lay_out(&sets[i], &arena, &d);
        if (arena.overflow)
            return SIZE_MAX;
        most = arena.used > most ? arena.used : most;
    }
    return most;
}

void fs_cqt_spectra_rows(const fs_cqt_set *s, void *scratch, const void *const *x, int64_t n, void *rows, int64_t pitch)
{
    const fs_kernels *wide = s->lanes->kernels;
    const int64_t size = (int64_t)wide->real_size;
    fs_arena arena = {.base = scratch};
    desk d;
    lay_out(s, &arena, &d);
    for (int64_t done = 0, count; done < n; done += count) {
        const void *frames[FS_MAX_LANES];
        void *out[FS_MAX_LANES];
        const fs_kernels *k = n - done <= (int64_t)wide->narrow->lanes ? wide->narrow : wide;
        count = n - done < (int64_t)k->lanes ? n - done : (int64_t)k->lanes;
        for (int64_t i = 0; i < (int64_t)k->lanes; i++) {
            const int64_t frame = done + (i < count ? i : 0);
            frames[i] = (const char *)x[frame] + s->first * size;
            out[i] = (char *)rows + frame * pitch * size;
        }
        k->fft_gather(d.fft.panel, frames, (size_t)s->lanes->n, wide->lanes);
        fs_lanes_forward(s->lanes, k, &d.fft, 0, d.bins, 0);
        k->cqt_project(d.products, d.bins, &s->rows);
        k->complex_to_rows(out, d.products, (size_t)s->n_bins, (size_t)count);
    }
}
