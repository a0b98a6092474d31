/* What calls cost, from the numbers of their plans. SPDX-License-Identifier: BSD-3-Clause
 *
 * Operations are counted as the algorithms have them: the vector lanes that padding wastes are not. */
#include <math.h>

#include "cqt.h"
#include "feature_set.h"
#include "nsgt.h"
#include "speech_stages.h"

enum { LOGARITHM = 10, ROOT = 2, POWER = 25 }; /* operations of a logarithm, of a square root, of any other power */

/* A transform of n real samples; Bluestein's algorithm takes two complex ones, of m >= n. */
static double of_fft(const fs_lanes *lanes, int64_t n)
{
    const double length = (double)n;
    if (lanes && lanes->chirps) {
        const double m = (double)(lanes->tables.first * lanes->tables.row);
        return 10 * m * log2(m) + 12 * length + 6 * m;
    }
    return n > 1 ? 2.5 * length * log2(length) : 0;
}

static double of_bands(const fs_bands *bands)
{
    return 2 * (bands->dense ? (double)bands->n_rows * (double)bands->n_columns : (double)bands->start[bands->n_rows]);
}

/* ---- the front end ------------------------------------------------------------------------------------------------ */

static double of_powers(const fspec_frontend *plan, double power)
{
    const double bins = (double)plan->n_bins;
    return 3 * bins + (power == 2 ? 0 : bins * (power == 1 ? ROOT : POWER));
}

/* One frame, up to its spectrum. */
static double of_spectrum(const fspec_frontend *plan)
{
    const double n = (double)plan->framing.n_fft, length = (double)plan->framing.length, bins = (double)plan->n_bins;
    double sum = n + of_fft(plan->lanes, plan->framing.n_fft);
    sum += 2 * length * ((plan->framing.preemphasis != 0) + (plan->condition.preemphasis != 0)
                         + (plan->condition.remove_dc != 0) + (plan->condition.energy != FSPEC_ENERGY_NONE));
    if (plan->dither > 0) /* a Gaussian number: half of a logarithm, a root and a sine and cosine */
        sum += length * (LOGARITHM + ROOT + 2 * LOGARITHM) / 2;
    if (plan->output != FSPEC_OUT_COMPLEX) {
        sum += of_powers(plan, plan->power);
        if (plan->magnitude_eps > 0)
            sum += bins * (ROOT + 2);
    }
    return sum;
}

/* One band of a frame: the smoothed level, its power and the quotient; then the root of it, or a logarithm. */
static double of_pcen(const fs_pcen_spec *spec)
{
    const double level = 4 + POWER;
    switch (spec->kind) {
    case FS_PCEN_LOG: return level + 2 + LOGARITHM;
    case FS_PCEN_POWER: return level + 2 + LOGARITHM;
    case FS_PCEN_ROOT: return level + 6 + ROOT;
    default: return level + 3 + POWER;
    }
}

/* One frame's bands and what comes of them, as far as stages over time. */
static double of_features(const fspec_frontend *plan)
{
    const double bands = (double)plan->n_bands, out = (double)plan->n_out;
    const fs_stages *s = &plan->stages;
    double sum = 0;
    if (plan->output >= FSPEC_OUT_BANDS) {
        sum += of_bands(&plan->bands);
        sum += s->pcen ? bands * of_pcen(&s->compression) : plan->log.kind != FSPEC_LOG_NONE ? LOGARITHM * bands : 0;
        sum += bands * (2 * (plan->log_add > 0) + 2 * (plan->scale[0] != NULL) + (plan->log_floor > -INFINITY));
        sum += plan->top_db >= 0 || plan->ref_max ? 4 * bands : 0;
        sum += plan->frame_norm == FSPEC_NORM_NONE ? 0 : bands * (plan->frame_norm == FSPEC_NORM_P ? POWER : 2);
    }
    if (plan->output == FSPEC_OUT_CEPSTRUM)
        sum += 2 * (double)plan->n_ceps * bands;
    for (int64_t order = 1; order <= s->deltas; order++)
        sum += 3 * out * (double)s->reach * (order == 2 && s->kaldi ? 2 : 1);
    if (s->normalize)
        sum += out * (double)(1 + s->deltas) * (s->normalize == FSPEC_NORMALIZE_MEAN ? 3 : 6);
    return sum;
}

double fspec_frontend_flops(const fspec_frontend *plan, int64_t n_samples)
{
    if (!plan || n_samples < 1)
        return 0;
    return (double)fs_n_frames(&plan->framing, n_samples) * (of_spectrum(plan) + of_features(plan));
}

size_t fspec_frontend_memory(const fspec_frontend *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads)
{
    size_t own, stages, items;
    int64_t frames;
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    if (!plan || n_signals < 1 || n_samples < 0 || n_samples > INT64_MAX / 4 || fspec_frontend_n_frames(plan, n_samples) == 0)
        return 0;
    const int64_t each = fs_n_frames(&plan->framing, n_samples);
    if (__builtin_mul_overflow(n_signals, each, &frames))
        return 0;
    const int64_t w = (int64_t)plan->kernels->lanes;
    if (!fs_frontend_scratch(plan, n_signals, frames, fs_worker_count(&call, frames / w + (frames % w != 0)), &own)
        || !fs_stages_memory(plan, n_signals, each, fs_worker_count(&call, INT64_MAX), &stages)
        || !fs_size(n_signals > 1 ? n_signals : 0, sizeof(fs_item), FS_ALIGN, &items)
        || __builtin_add_overflow(own, stages, &own) || __builtin_add_overflow(own, items, &own) || own > PTRDIFF_MAX)
        return 0;
    return own;
}

/* ---- several features --------------------------------------------------------------------------------------------- */

static double of_statistic(const fspec_spectral *s)
{
    const double bins = (double)s->config.n_bins;
    switch (s->config.kind) {
    case FSPEC_SPECTRAL_CENTROID: return 4 * bins;
    case FSPEC_SPECTRAL_BANDWIDTH: return (8 + (s->config.p == 2 || s->config.p == 1 ? 0 : POWER)) * bins;
    case FSPEC_SPECTRAL_ROLLOFF: return 3 * bins;
    case FSPEC_SPECTRAL_FLATNESS: return 4 * bins; /* the logarithms are of products */
    case FSPEC_SPECTRAL_TAILS: return 4 * bins;
    default: return 2 * bins * (double)s->n_rows;
    }
}

double fspec_features_flops(const fspec_features *f, int64_t n_samples)
{
    if (!f || n_samples < 1)
        return 0;
    const int64_t n_fft = f->frames->framing.n_fft;
    double sum = f->spectra ? (double)n_fft + of_fft(f->frames->lanes, n_fft) : 0;
    for (int64_t i = 0; i < f->n_powers; i++)
        sum += of_powers(f->frames, f->powers[i]);
    for (int64_t i = 0; i < f->n; i++) {
        const fs_feature *feature = &f->features[i];
        if (feature->plan)
            sum += of_features(feature->plan) - (feature->source >= 0 && feature->source != i ? of_bands(&feature->plan->bands) : 0);
        else
            sum += !feature->spectral      ? 2 * (double)f->frames->framing.hop
                   : feature->source >= 0 ? of_statistic(feature->spectral) - 4 * (double)f->frames->n_bins
                                          : of_statistic(feature->spectral);
    }
    return (double)fs_n_frames(&f->frames->framing, n_samples) * sum;
}

/* ---- the constant-Q transform ------------------------------------------------------------------------------------- */

/* One frame. */
static double of_sets(const fspec_cqt *plan)
{
    double sum = 0;
    for (int64_t i = 0; i < plan->n_sets; i++) {
        const fs_cqt_set *s = &plan->sets[i];
        const double length = (double)(s->last - s->first + 1), bins = (double)s->n_bins;
        if (s->lanes) { /* products of complex numbers, each 8 */
            sum += of_fft(s->lanes, s->last - s->first + 1) + 8 * (double)s->rows.start[s->rows.n_rows];
            continue;
        }
        if (s->fold != FS_FOLD_NONE)
            sum += length + (s->turns ? 6 * bins : 0);
        for (int64_t g = 0, left = 2 * s->n_bins, lanes = (int64_t)plan->kernels->lanes; g < s->n_groups; g++, left -= lanes)
            sum += 2 * (double)s->groups[g].n_taps * (double)(left < lanes ? left : lanes);
    }
    sum += plan->output == FSPEC_CQT_COMPLEX ? 0 : (double)plan->n_bins * (plan->output == FSPEC_CQT_POWER ? 3 : 3 + ROOT);
    if (plan->chroma) {
        const fspec_chroma *c = plan->chroma;
        sum += 2 * (double)c->n_bins * (double)c->n_chroma;
        sum += (double)c->n_chroma * (double)(4 + 2 * c->n_steps + (c->smooths ? 2 * c->smoother.n_taps : 0));
    }
    return sum;
}

/* What one sample of level d costs to make from the level above. */
static double of_decimation(const fspec_cqt *plan, int d)
{
    const fs_spectral_decimator *s = fs_decimator_at(&plan->decimator, d);
    if (s)
        return (of_fft(NULL, s->n) + of_fft(NULL, s->n / 2) + 3 * (double)s->n) / (double)s->block;
    const size_t n = plan->decimator.n_taps;
    return n ? 3 * (double)n : 2 * (double)(2 * plan->decimator.reach + 1);
}

double fspec_cqt_flops(const fspec_cqt *plan, int64_t n_samples)
{
    if (!plan || n_samples < 1)
        return 0;
    double samples = (double)n_samples, sum = (double)fspec_cqt_n_frames(plan, n_samples) * of_sets(plan);
    for (int d = 1; d < plan->n_levels; d++)
        sum += (samples /= 2) * of_decimation(plan, d);
    return sum;
}

/* ---- nonstationary Gabor frames ----------------------------------------------------------------------------------- */

double fspec_nsgt_flops(const fspec_nsgt *plan)
{
    if (!plan)
        return 0;
    double sum = of_fft(NULL, plan->length) + (plan->fade ? (double)plan->length : 0);
    for (int64_t k = 0; k < plan->n_bands; k++) {
        const fs_nsgt_band *b = &plan->bands[k];
        sum += 2 * (double)b->n + 2 * of_fft(NULL, b->n_coefs);
    }
    return sum;
}
