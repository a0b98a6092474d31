/* Nonstationary Gabor frames in the painless case: bands, their windows and dual windows. SPDX-License-Identifier: BSD-3-Clause
 *
 * P. Balazs, M. Doerfler, F. Jaillet, N. Holighaus and G. Velasco, "Theory, implementation and applications of nonstationary
 * Gabor frames," J. Comput. Appl. Math. 236, 2011; G. Velasco, N. Holighaus, M. Doerfler and T. Grill, "Constructing an
 * invertible constant-Q transform with nonstationary Gabor frames," DAFx, 2011. */
#include "nsgt.h"

#include <math.h>
#include <string.h>

#include "cqt_kernel.h"
#include "parallel.h"

static const int64_t LONGEST = (int64_t)1 << 40;
/* The frame's bounds, without the weights: the least sum of squared windows at any frequency. */
static const double LEAST_COVER = 1e-4;

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- sizes ------------------------------------------------------------------------------------------------------------ */

/* The least number >= n without prime factors above 5; n is under 2^60, so no product overflows. */
static int64_t least_smooth(int64_t n)
{
    int64_t best = INT64_MAX;
    for (int64_t a = 1; a < 2 * n; a *= 2) {
        for (int64_t b = a; b < 3 * n; b *= 3) {
            int64_t c = b;
            while (c < n)
                c *= 5;
            best = smaller(best, c);
        }
    }
    return best;
}

int64_t fspec_nsgt_fast_length(int64_t n, int64_t multiple)
{
    if (multiple < 1 || multiple > LONGEST || !fs_is_smooth(multiple) || n > LONGEST)
        return 0;
    while (multiple % 4 != 0)
        multiple *= 2;
    n = larger(n, 2 * FS_LONG_LEAST);
    return multiple * least_smooth((n + multiple - 1) / multiple);
}

static int64_t fast_count(double least)
{
    return 2 * least_smooth((int64_t)ceil(fmax(4, least) / 2));
}

/* ---- the configuration ------------------------------------------------------------------------------------------------ */

void fspec_nsgt_config_init(fspec_nsgt_config *config)
{
    *config = (fspec_nsgt_config){
        .size = sizeof *config, .precision = FSPEC_SINGLE, .sr = 22050, .residual = 1, .oversampling = 1, .input_scale = 1};
}

static fspec_status check_bands(const fspec_nsgt_config *c)
{
    if (c->n_bins < 1 || !c->frequencies || !c->bandwidths)
        return FSPEC_BAD_ARGUMENT;
    if (c->n_bins > FS_NSGT_MOST_BANDS)
        return FSPEC_TOO_LARGE;
    for (int64_t k = 0; k < c->n_bins; k++) {
        const double f = c->frequencies[k], half = c->bandwidths[k] / 2;
        if (!isfinite(f) || !isfinite(half) || half <= 0 || f - half < 0 || f + half > c->sr / 2
            || (k > 0 && f <= c->frequencies[k - 1]))
            return FSPEC_BAD_ARGUMENT;
    }
    return FSPEC_OK;
}

static fspec_status check_config(const fspec_nsgt_config *c)
{
    if (c->precision != FSPEC_SINGLE && c->precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if (!isfinite(c->sr) || c->sr <= 0 || !isfinite(c->input_scale) || !isfinite(c->oversampling) || c->oversampling < 1
        || c->oversampling > 1e6)
        return FSPEC_BAD_ARGUMENT;
    if (c->length > LONGEST)
        return FSPEC_TOO_LARGE;
    if (c->length < 2 * FS_LONG_LEAST || c->length % 4 != 0 || !fs_is_smooth(c->length))
        return FSPEC_BAD_ARGUMENT;
    if (c->transition < 0 || c->transition > c->length / 2 || c->transition % 2 != 0)
        return FSPEC_BAD_ARGUMENT;
    if (c->n_frames < -1 || c->n_frames > LONGEST || (c->n_frames > 0 && (c->n_frames % 2 != 0 || !fs_is_smooth(c->n_frames))))
        return FSPEC_BAD_HOP_LENGTH;
    if (c->window) {
        if (c->n_window < 8)
            return FSPEC_BAD_WINDOW;
        for (int64_t i = 0; i < c->n_window; i++)
            if (!isfinite(c->window[i]))
                return FSPEC_BAD_WINDOW;
    }
    return check_bands(c);
}

/* ---- bands ------------------------------------------------------------------------------------------------------------ */

/* Bins and numbers of coefficients. Those of a real band stand for twice as many bins less one. */
static void lay_out_bands(const fspec_nsgt_config *c, fspec_nsgt *plan)
{
    const int64_t last = c->n_bins + 1;
    const double bins = (double)plan->length / c->sr; /* per Hz */
    int64_t common = c->n_frames;
    for (int64_t k = 0; k <= last; k++) {
        fs_nsgt_band *b = &plan->all[k];
        b->is_real = k == 0 || k == last;
        b->origin = k == last ? plan->m : 0;
        int64_t end;
        if (k == 0) {
            b->first = 0;
            end = (int64_t)ceil(c->frequencies[0] * bins);
        } else if (k == last) {
            b->first = (int64_t)floor(c->frequencies[last - 2] * bins) + 1;
            end = plan->m + 1;
        } else {
            const double f = c->frequencies[k - 1], half = c->bandwidths[k - 1] / 2;
            b->first = larger(1, (int64_t)floor((f - half) * bins) + 1);
            end = smaller(plan->m, (int64_t)ceil((f + half) * bins));
        }
        b->first = smaller(b->first, plan->m);
        b->n = larger(0, end - b->first);
        b->n_coefs = fast_count((double)(b->is_real ? 2 * b->n - 1 : b->n) * c->oversampling);
    }
    if (common == 0)
        return;
    if (common < 0)
        for (int64_t k = 0; k < plan->n_bands; k++)
            common = larger(common, plan->bands[k].n_coefs);
    for (int64_t k = 0; k <= last; k++)
        plan->all[k].n_coefs = common;
}

/* Every bin of a band needs a place of its own. */
static fspec_status check_counts(const fspec_nsgt *plan)
{
    for (int64_t k = 0; k < plan->n_bands; k++) {
        const fs_nsgt_band *b = &plan->bands[k];
        if ((b->is_real ? 2 * b->n - 1 : b->n) > b->n_coefs)
            return FSPEC_BAD_HOP_LENGTH;
    }
    return FSPEC_OK;
}

static double window_at(const fspec_nsgt_config *c, double u)
{
    u = fmin(fabs(u), .5);
    return c->window ? fs_interpolate(c->window, c->n_window, 2 * u * (double)(c->n_window - 1))
                     : .5 + .5 * cos(6.283185307179586476925 * u);
}

/* The window of a band: of the outer ones, 1 as far as the bin next to it has its window, and then what that lacks. */
static double weight_at(const fspec_nsgt_config *c, int64_t k, double f)
{
    const int64_t last = c->n_bins + 1;
    if (k == 0) {
        const double edge = c->frequencies[0] - c->bandwidths[0] / 2;
        return f <= edge ? 1 : window_at(c, (f - edge) / c->bandwidths[0]);
    }
    if (k == last) {
        const double width = c->bandwidths[last - 2], edge = c->frequencies[last - 2] + width / 2;
        return f >= edge ? 1 : window_at(c, (edge - f) / width);
    }
    return window_at(c, (f - c->frequencies[k - 1]) / c->bandwidths[k - 1]);
}

static void put(const fspec_nsgt *plan, void *to, int64_t i, double x)
{
    if (plan->is_double)
        ((double *)to)[i] = x;
    else
        ((float *)to)[i] = (float)x;
}

/* With windows g and M coefficients of a band, its transform back gives M a g X, where a is 2 / length, of real bands 1 /
 * length. The least-squares solution is the sum over the bands of w g (M a g X) / (M a), over the sum of w g^2, with
 * w = M a^2, halved for complex coefficients of a real signal's two halves: as 2 M to M. fs_long_pairs gives 2 X, and
 * length * x comes from X. */
static fspec_status make_weights(const fspec_nsgt_config *c, fspec_nsgt *plan, double *values, double *sums)
{
    const double hertz = c->sr / (double)plan->length, scale = 1 / (double)plan->length;
    double *value = values;
    memset(sums, 0, (size_t)(plan->m + 1) * sizeof *sums);
    for (int64_t k = 0; k < c->n_bins + 2; k++)
        for (int64_t i = 0; i < plan->all[k].n; i++) {
            const int64_t bin = plan->all[k].first + i;
            *value = weight_at(c, k, (double)bin * hertz);
            sums[bin] += *value * *value;
            value++;
        }
    for (int64_t bin = 0; bin <= plan->m; bin++) {
        if (!(sums[bin] >= LEAST_COVER))
            return FSPEC_BAD_WINDOW;
        sums[bin] = 0;
    }
    value = values;
    for (int64_t k = 0; k < c->n_bins + 2; k++) {
        const fs_nsgt_band *b = &plan->all[k];
        for (int64_t i = 0; i < b->n; i++, value++)
            sums[b->first + i] += (double)b->n_coefs * (b->is_real ? 1 : 2) * *value * *value;
    }
    value = values;
    for (int64_t k = 0; k < c->n_bins + 2; k++) {
        const fs_nsgt_band *b = &plan->all[k];
        for (int64_t i = 0; b->analysis && i < b->n; i++) {
            const int64_t bin = b->first + i;
            put(plan, b->analysis, i, value[i] * (bin == 0 || bin == plan->m ? scale / 2 : scale));
            put(plan, b->synthesis, i, value[i] / sums[bin]);
        }
        value += b->n;
    }
    return FSPEC_OK;
}

static void place_weights(fspec_nsgt *plan, fs_arena *arena)
{
    const size_t size = plan->kernels->real_size;
    for (int64_t k = 0; k < plan->n_bands; k++) {
        plan->bands[k].analysis = fs_take(arena, plan->bands[k].n, size);
        plan->bands[k].synthesis = fs_take(arena, plan->bands[k].n, size);
    }
    plan->fade = plan->hop < plan->length ? fs_take(arena, plan->length, size) : NULL;
}

/* Rises about the first quarter of a block and falls about the third one as the next block rises. */
static void make_fade(const fspec_nsgt_config *c, const fspec_nsgt *plan)
{
    const int64_t quarter = plan->length / 4, t = c->transition;
    for (int64_t i = 0; plan->fade && i < plan->hop; i++) {
        const double at = (double)(i - quarter + t / 2) + .5, s = sin(1.5707963267948966192313 * at / (double)t);
        double up = at < 0 ? 0 : at > (double)t ? 1 : s * s;
        if (!plan->is_double)
            up = (double)(float)up;
        put(plan, plan->fade, i, up);
        put(plan, plan->fade, plan->hop + i, 1 - up);
    }
}

static fspec_status create_weights(const fspec_nsgt_config *c, fspec_nsgt *plan)
{
    fs_arena arena = {0};
    size_t bytes, more;
    int64_t total = 0;
    for (int64_t k = 0; k < c->n_bins + 2; k++)
        if (__builtin_add_overflow(total, plan->all[k].n, &total))
            return FSPEC_TOO_LARGE;
    place_weights(plan, &arena);
    if (arena.overflow || !fs_size(total, sizeof(double), 0, &bytes) || !fs_size(plan->m + 1, sizeof(double), 0, &more))
        return FSPEC_TOO_LARGE;
    plan->bytes += arena.used;
    plan->weights = arena.base = fs_alloc(arena.used);
    double *values = fs_alloc(bytes), *sums = fs_alloc(more);
    fspec_status status = FSPEC_NO_MEMORY;
    if (plan->weights && values && sums) {
        arena.used = 0;
        place_weights(plan, &arena);
        make_fade(c, plan);
        status = make_weights(c, plan, values, sums);
    }
    fs_free(values);
    fs_free(sums);
    return status;
}

/* ---- transforms and jobs ---------------------------------------------------------------------------------------------- */

static fspec_status create_fft(fspec_nsgt *plan, int64_t size)
{
    fs_nsgt_fft *fft = &plan->ffts[plan->n_ffts];
    fft->size = size;
    const fspec_status status = size <= FS_NSGT_DIRECT ? fs_lanes_create_complex(size, plan->is_double, &fft->lanes)
                                                       : fs_long_create(size, plan->is_double, 0, &fft->alone);
    plan->n_ffts += status == FSPEC_OK;
    return status;
}

static fspec_status create_ffts(fspec_nsgt *plan)
{
    if (!(plan->ffts = fs_alloc_zeroed((size_t)plan->n_bands * sizeof *plan->ffts)))
        return FSPEC_NO_MEMORY;
    for (int64_t k = 0; k < plan->n_bands; k++) {
        /* Numbers of coefficients rise with the bands, as a rule. */
        int64_t i = plan->n_ffts - 1;
        while (i >= 0 && plan->ffts[i].size != plan->bands[k].n_coefs)
            i--;
        if (i < 0) {
            const fspec_status status = create_fft(plan, plan->bands[k].n_coefs);
            if (status != FSPEC_OK)
                return status;
            i = plan->n_ffts - 1;
        }
        plan->bands[k].fft = &plan->ffts[i];
    }
    return FSPEC_OK;
}

/* Bands of a layer have no bin in common, so that threads can add them to the spectrum, and layer after layer is added: every
 * bin gets its bands in the same order. ends[layer]: where the layer's last band ends. */
static void choose_layers(fspec_nsgt *plan, int64_t *ends)
{
    for (int64_t k = 0; k < plan->n_bands; k++) {
        fs_nsgt_band *b = &plan->bands[k];
        int64_t layer = 0;
        while (layer < plan->n_layers && ends[layer] > b->first)
            layer++;
        plan->n_layers = larger(plan->n_layers, layer + 1);
        ends[layer] = b->first + b->n;
        b->layer = (int)layer;
    }
}

static void choose_jobs(fspec_nsgt *plan)
{
    for (int layer = 0; layer < plan->n_layers; layer++) {
        fs_nsgt_job *open = NULL;
        plan->first_job[layer] = plan->n_jobs;
        for (int64_t k = 0; k < plan->n_bands; k++) {
            const fs_nsgt_band *b = &plan->bands[k];
            if (b->layer != layer)
                continue;
            if (!open || open->n_bands == FS_MAX_LANES || b->fft->alone || plan->bands[open->bands[0]].fft != b->fft) {
                open = &plan->jobs[plan->n_jobs++];
                open->layer = layer;
            }
            open->bands[open->n_bands++] = k;
        }
    }
    plan->first_job[plan->n_layers] = plan->n_jobs;
}

static fspec_status create_jobs(fspec_nsgt *plan)
{
    int64_t *ends = fs_alloc_zeroed((size_t)plan->n_bands * sizeof *ends);
    plan->jobs = fs_alloc_zeroed((size_t)plan->n_bands * sizeof *plan->jobs);
    plan->first_job = fs_alloc_zeroed((size_t)(plan->n_bands + 1) * sizeof *plan->first_job);
    if (!ends || !plan->jobs || !plan->first_job) {
        fs_free(ends);
        return FSPEC_NO_MEMORY;
    }
    choose_layers(plan, ends);
    choose_jobs(plan);
    fs_free(ends);
    return FSPEC_OK;
}

/* ---- plans ------------------------------------------------------------------------------------------------------------ */

/* All but the tables. */
static fspec_status outline(const fspec_nsgt_config *c, fspec_nsgt *plan)
{
    plan->kernels = fs_kernels_for(c->precision == FSPEC_DOUBLE);
    plan->is_double = c->precision == FSPEC_DOUBLE;
    plan->input_scale = c->input_scale;
    plan->length = c->length;
    plan->m = c->length / 2;
    plan->hop = c->transition ? plan->m : c->length;
    plan->n_bands = c->n_bins + (c->residual ? 2 : 0);
    if (!(plan->all = fs_alloc_zeroed((size_t)(c->n_bins + 2) * sizeof *plan->all)))
        return FSPEC_NO_MEMORY;
    plan->bands = plan->all + (c->residual ? 0 : 1);
    lay_out_bands(c, plan);
    return check_counts(plan);
}

static fspec_status fill(const fspec_nsgt_config *c, fspec_nsgt *plan)
{
    fspec_status status = outline(c, plan);
    if (status == FSPEC_OK)
        status = create_weights(c, plan);
    if (status == FSPEC_OK)
        status = fs_long_create(plan->m, plan->is_double, 1, &plan->real);
    if (status == FSPEC_OK)
        status = create_ffts(plan);
    return status == FSPEC_OK ? create_jobs(plan) : status;
}

static fspec_status read_config(const fspec_nsgt_config *config, fspec_nsgt_config *full)
{
    if (!config)
        return FSPEC_BAD_ARGUMENT;
    fspec_nsgt_config_init(full);
    const fspec_status status = fs_struct_read(full, sizeof *full, config, sizeof *full);
    return status == FSPEC_OK ? check_config(full) : status;
}

fspec_status fspec_nsgt_counts(const fspec_nsgt_config *config, int64_t *counts)
{
    fspec_nsgt_config full;
    fspec_nsgt plan = {0};
    fspec_status status = counts ? read_config(config, &full) : FSPEC_BAD_ARGUMENT;
    if (status == FSPEC_OK)
        status = outline(&full, &plan);
    for (int64_t k = 0; status == FSPEC_OK && k < plan.n_bands; k++)
        counts[k] = plan.bands[k].n_coefs;
    fs_free(plan.all);
    return status;
}

fspec_status fspec_nsgt_create(const fspec_nsgt_config *config, fspec_nsgt **result)
{
    fspec_nsgt_config full;
    fspec_status status = result ? read_config(config, &full) : FSPEC_BAD_ARGUMENT;
    if (status != FSPEC_OK)
        return status;
    fspec_nsgt *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    status = fill(&full, plan);
    if (status == FSPEC_OK)
        *result = plan;
    else
        fspec_nsgt_free(plan);
    return status;
}

void fspec_nsgt_free(fspec_nsgt *plan)
{
    if (!plan)
        return;
    for (int64_t i = 0; i < plan->n_ffts; i++) {
        fs_lanes_free(plan->ffts[i].lanes);
        fs_long_free(plan->ffts[i].alone);
    }
    fs_long_free(plan->real);
    fs_free(plan->ffts);
    fs_free(plan->first_job);
    fs_free(plan->jobs);
    fs_free(plan->weights);
    fs_free(plan->all);
    fs_free(plan);
}

int64_t fspec_nsgt_n_bands(const fspec_nsgt *plan)
{
    return plan->n_bands;
}

int64_t fspec_nsgt_n_coefficients(const fspec_nsgt *plan, int64_t band)
{
    return band < 0 || band >= plan->n_bands ? 0 : plan->bands[band].n_coefs;
}
