/* Plans of the fused pipeline: their configuration and their constants. SPDX-License-Identifier: BSD-3-Clause */
#include "frontend.h"
#include "speech_stages.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "normalise.h"
#include "pcen.h"

void fspec_frontend_config_init(fspec_frontend_config *config)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->output = FSPEC_OUT_COMPLEX;
    config->precision = FSPEC_SINGLE;
    config->n_fft = 2048;
    config->hop_length = 512;
    config->center = 1;
    config->input_scale = 1;
    config->power = 2;
    config->amin = 1e-10;
    config->ref = 1;
    config->top_db = -1;
    config->log_floor = -INFINITY;
    config->frame_norm_p = 2;
    config->multiple = 1;
    config->gain = 1;
    config->log_multiplier = 1;
    config->energy_floor = (double)FLT_MIN;
    config->delta_window = 2;
    config->stack = config->stack_stride = 1;
    config->pcen_gain = 0.98;
    config->pcen_bias = 2;
    config->pcen_power = 0.5;
    config->pcen_eps = 1e-6;
    config->pcen_b = 0.025;
}

static int all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static int pcen_fits(const fspec_frontend_config *c)
{
    const fspec_pcen_config pcen = fs_stages_pcen(c);
    return c->log != FSPEC_LOG_PCEN
           || (c->output == FSPEC_OUT_BANDS && fs_pcen_valid(&pcen) && c->top_db < 0 && c->log_floor == -INFINITY
               && !c->ref_max && c->log_add == 0);
}

static fspec_status check_bands(const fspec_frontend_config *c)
{
    const int64_t n_bins = c->n_fft / 2 + 1;
    size_t bytes;
    if (c->identity_bands ? c->n_bands != n_bins : !c->bands || c->n_bands < 1)
        return FSPEC_BAD_BANDS;
    if (!c->identity_bands) {
        if (!fs_size(c->n_bands, n_bins, 0, &bytes) || !fs_size((int64_t)bytes, sizeof(double), 0, &bytes))
            return FSPEC_TOO_LARGE;
        if (!all_finite(c->bands, c->n_bands * n_bins))
            return FSPEC_BAD_BANDS;
    }
    if ((unsigned)c->log > FSPEC_LOG_PCEN || !(c->amin > 0) || !isfinite(c->amin) || !(c->ref > 0) || !isfinite(c->ref)
        || isnan(c->log_floor) || (c->ref_max && (c->output != FSPEC_OUT_BANDS || c->log == FSPEC_LOG_NONE)))
        return FSPEC_BAD_LOG;
    if (isnan(c->top_db) || (c->top_db >= 0 && c->log == FSPEC_LOG_NONE))
        return FSPEC_BAD_TOP_DB;
    if (!pcen_fits(c))
        return FSPEC_BAD_LOG;
    if (c->output == FSPEC_OUT_CEPSTRUM) {
        if (!c->dct || c->n_ceps < 1)
            return FSPEC_BAD_DCT;
        if (!fs_size(c->n_ceps, c->n_bands, 0, &bytes) || !fs_size((int64_t)bytes, sizeof(double), 0, &bytes))
            return FSPEC_TOO_LARGE;
        if (!all_finite(c->dct, c->n_ceps * c->n_bands))
            return FSPEC_BAD_DCT;
    }
    return FSPEC_OK;
}

static int within(int64_t x, int64_t low, int64_t high)
{
    return x >= low && x <= high;
}

static fspec_status check_samples(const fspec_frontend_config *c)
{
    const int64_t most = INT64_C(1) << 40, wide = INT64_C(1) << 31;
    if (!within(c->frame_length, 0, c->n_fft) || !within(c->append, 0, most) || !within(c->least_samples, 0, most)
        || !within(c->multiple, 1, most) || !within(c->pad_left, -wide, wide) || !within(c->pad_right, -wide, wide)
        || !within(c->drop_last, 0, 1))
        return FSPEC_BAD_FRAMES;
    /* What a zero of the window leaves of a sample has the sample's sign: complex bits would depend on what follows a frame. */
    if (c->output == FSPEC_OUT_COMPLEX && c->frame_length && c->frame_length < c->n_fft)
        return FSPEC_BAD_FRAMES;
    if (!(c->gain > 0) || !isfinite(c->gain) || !(c->dither >= 0) || !isfinite(c->dither) || !isfinite(c->preemphasis))
        return FSPEC_BAD_SAMPLES;
    if (c->output == FSPEC_OUT_COMPLEX && (c->dither > 0 || c->remove_dc || (c->preemphasis != 0 && !c->preemphasis_signal)))
        return FSPEC_BAD_SAMPLES;
    return FSPEC_OK;
}

static fspec_status check_features(const fspec_frontend_config *c)
{
    const int banded = c->output >= FSPEC_OUT_BANDS;
    if (!(c->magnitude_eps >= 0) || !isfinite(c->magnitude_eps) || (unsigned)c->energy > FSPEC_ENERGY_WINDOWED
        || !(c->energy_floor > 0) || !isfinite(c->energy_floor) || (unsigned)c->normalize > FSPEC_NORMALIZE_MEAN_VAR
        || !within(c->deltas, 0, 2) || !within(c->delta_window, 1, 1000) || !within(c->norm_ddof, 0, 1)
        || !(c->norm_eps >= 0) || !isfinite(c->norm_eps) || (unsigned)c->norm_eps_mode > FSPEC_NORM_EPS_MAX
        || !within(c->stack, 1, 1000) || !within(c->stack_stride, 1, INT64_C(1) << 31)
        || !within(c->stack_left, 0, c->stack - 1)
        || (unsigned)c->stack_end > FSPEC_STACK_REPEAT
        || !within(c->delta_savgol, 0, 1) || (c->delta_savgol && c->delta_kaldi))
        return FSPEC_BAD_FEATURES;
    if (!banded && (c->energy || c->log_add != 0 || c->band_scale || c->band_offset))
        return FSPEC_BAD_FEATURES;
    if (banded
        && (!(c->log_multiplier > 0) || !isfinite(c->log_multiplier) || !(c->log_add >= 0) || !isfinite(c->log_add)
            || (c->band_scale && !all_finite(c->band_scale, c->n_bands))
            || (c->band_offset && !all_finite(c->band_offset, c->n_bands))))
        return FSPEC_BAD_FEATURES;
    if (c->output == FSPEC_OUT_COMPLEX && (c->magnitude_eps > 0 || fs_stages_wanted(c)))
        return FSPEC_BAD_FEATURES;
    return FSPEC_OK;
}

static fspec_status check(const fspec_frontend_config *c)
{
    fspec_status status;
    if ((unsigned)c->output > FSPEC_OUT_CEPSTRUM)
        return FSPEC_BAD_OUTPUT;
    if (c->precision != FSPEC_SINGLE && c->precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if (c->n_fft < 1)
        return FSPEC_BAD_N_FFT;
    if (c->n_fft > INT32_MAX / 2 || c->hop_length > INT64_MAX / 4)
        return FSPEC_TOO_LARGE;
    if (c->hop_length < 1)
        return FSPEC_BAD_HOP_LENGTH;
    if (c->window && !all_finite(c->window, c->n_fft))
        return FSPEC_BAD_WINDOW;
    if ((unsigned)c->pad_mode > FSPEC_PAD_SYMMETRIC)
        return FSPEC_BAD_PAD_MODE;
    if (!isfinite(c->input_scale))
        return FSPEC_BAD_ARGUMENT;
    if (!(c->power > 0) || !isfinite(c->power))
        return FSPEC_BAD_POWER;
    status = check_samples(c);
    if (status == FSPEC_OK && c->output >= FSPEC_OUT_BANDS)
        status = check_bands(c);
    if (status == FSPEC_OK && c->frame_norm != FSPEC_NORM_NONE
        && (c->output != FSPEC_OUT_BANDS || c->top_db >= 0 || c->ref_max || c->log == FSPEC_LOG_PCEN
            || fs_check_norm(c->frame_norm, c->frame_norm_p) != FSPEC_OK))
        return FSPEC_BAD_NORM;
    return status == FSPEC_OK ? check_features(c) : status;
}

/* n doubles as the plan's type, padded with zeros to `room` elements. */
static void *typed_copy(const double *x, int64_t n, int64_t room, int is_double)
{
    size_t bytes;
    if (!fs_size(room, is_double ? 8 : 4, 0, &bytes))
        return NULL;
    void *copy = fs_alloc_zeroed(bytes);
    for (int64_t i = 0; copy && i < n; i++) {
        if (is_double)
            ((double *)copy)[i] = x[i];
        else
            ((float *)copy)[i] = (float)x[i];
    }
    return copy;
}

/* The window, and the engine that applies it. */
static fspec_status make_engine(const fspec_frontend_config *c, fspec_frontend *plan)
{
    size_t bytes;
    fspec_status status;
    if (!fs_size(c->n_fft, sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    double *window = fs_alloc_zeroed(bytes);
    if (!window)
        return FSPEC_NO_MEMORY;
    if (c->window)
        memcpy(window, c->window, (size_t)plan->framing.length * sizeof *window);
    else
        fspec_hann(plan->framing.length, 1, window);
    for (int64_t i = 0; c->gain != 1 && i < c->n_fft; i++)
        window[i] *= c->gain;
    if (c->energy == FSPEC_ENERGY_WINDOWED
        && !(plan->frame_window = typed_copy(window, c->n_fft, c->n_fft, plan->is_double))) {
        fs_free(window);
        return FSPEC_NO_MEMORY;
    }
    if (fs_use_lanes(c->engine, c->n_fft, plan->is_double)) {
        status = fs_lanes_create(c->n_fft, c->hop_length, plan->is_double, window, &plan->lanes);
        if (status == FSPEC_OK)
            plan->kernels = plan->lanes->kernels;
        if (status == FSPEC_OK)
            status = fs_lone_create(plan->lanes, &plan->lone);
    } else {
        plan->window = typed_copy(window, c->n_fft, c->n_fft, plan->is_double);
        status = plan->window ? fs_fft_acquire(c->engine, c->n_fft, plan->is_double, 0, c->effort, &plan->fft)
                              : FSPEC_NO_MEMORY;
    }
    fs_free(window);
    return status;
}

/* The part of the dB scale that does not depend on the signal, in the order of librosa's operations. */
static double log_offset(const fspec_frontend_config *c)
{
    const double ref = c->ref > c->amin ? c->ref : c->amin;
    switch (c->log) {
    case FSPEC_LOG_DB: return c->ref_max ? 0 : 10 * log10(ref);
    case FSPEC_LOG_LN: return c->ref_max ? 0 : log(ref);
    case FSPEC_LOG_LOG10: return c->ref_max ? 0 : log10(ref);
    default: return 0;
    }
}

static fs_framing framing_of(const fspec_frontend_config *c)
{
    const int64_t length = c->frame_length ? c->frame_length : c->n_fft;
    return (fs_framing){.n_fft = c->n_fft,
                        .hop = c->hop_length,
                        .pad = c->explicit_pad ? c->pad_left : c->center ? length / 2 : 0,
                        .pad_right = c->explicit_pad ? c->pad_right : c->center ? length / 2 : 0,
                        .length = length,
                        .pad_mode = c->pad_mode,
                        .librosa_tail = c->librosa_tail,
                        .drop = c->drop_last,
                        .append = c->append,
                        .least = c->least_samples,
                        .multiple = c->multiple,
                        .preemphasis = c->preemphasis_signal ? c->preemphasis : 0};
}

/* What changes frames one by one before the window. */
static void build_condition(const fspec_frontend_config *c, fspec_frontend *plan)
{
    plan->gain = c->gain;
    plan->dither = c->dither / c->gain;
    plan->seed = c->seed;
    plan->energy_floor = c->energy_floor;
    plan->energy_row = c->energy ? c->energy_last ? c->output == FSPEC_OUT_CEPSTRUM ? c->n_ceps : c->n_bands : 0 : -1;
    plan->first_row = c->energy && !c->energy_last;
    plan->condition = (fs_condition){c->remove_dc != 0, c->preemphasis_signal ? 0 : c->preemphasis,
                                     c->energy, c->energy == FSPEC_ENERGY_RAW ? c->gain * c->gain : 1, plan->frame_window};
    plan->conditions = plan->dither > 0 || plan->condition.remove_dc || plan->condition.preemphasis != 0 || c->energy;
}

/* Values of the bands in both types; no memory: NULL. */
static int copy_both(const double *x, double otherwise, int64_t n, void *copy[2])
{
    for (int i = 0; i < 2; i++) {
        copy[i] = typed_copy(x, x ? n : 0, n, i);
        for (int64_t j = 0; copy[i] && !x && j < n; j++) {
            if (i)
                ((double *)copy[i])[j] = otherwise;
            else
                ((float *)copy[i])[j] = (float)otherwise;
        }
    }
    return copy[0] && copy[1];
}

/* The matrix of the cepstrum as the kernels of single frames read it. */
static fspec_status transpose_dct(const fspec_frontend_config *c, fspec_frontend *plan)
{
    const int64_t pitch = (c->n_ceps + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
    size_t bytes;
    if (!fs_size(pitch, c->n_bands, 0, &bytes) || !fs_size((int64_t)bytes, (int64_t)plan->kernels->real_size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(plan->lone_dct = fs_alloc_zeroed(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < c->n_ceps; i++)
        for (int64_t j = 0; j < c->n_bands; j++) {
            if (plan->is_double)
                ((double *)plan->lone_dct)[j * pitch + i] = c->dct[i * c->n_bands + j];
            else
                ((float *)plan->lone_dct)[j * pitch + i] = (float)c->dct[i * c->n_bands + j];
        }
    return FSPEC_OK;
}

static fspec_status build(const fspec_frontend_config *c, fspec_frontend *plan)
{
    plan->is_double = c->precision == FSPEC_DOUBLE;
    plan->kernels = fs_kernels_for(plan->is_double);
    plan->framing = framing_of(c);
    plan->output = c->output;
    plan->input_scale = c->input_scale;
    plan->power = c->power;
    plan->n_bins = c->n_fft / 2 + 1;
    plan->n_out = plan->n_bins;
    plan->top_db = -1;
    plan->log_floor = -INFINITY;
    plan->magnitude_eps = c->magnitude_eps;
    plan->magnitude_eps_max = c->magnitude_eps_max;
    fspec_status status = make_engine(c, plan);
    build_condition(c, plan);
    if (status == FSPEC_OK && c->output >= FSPEC_OUT_BANDS) {
        plan->n_bands = plan->n_out = c->n_bands;
        plan->log_multiplier = c->log_multiplier;
        plan->log_add = c->log == FSPEC_LOG_NONE ? 0 : c->log_add;
        plan->log = (fs_log_spec){c->log == FSPEC_LOG_PCEN ? FSPEC_LOG_NONE : c->log, c->amin, log_offset(c)};
        plan->top_db = c->top_db;
        plan->log_floor = c->log_floor;
        plan->ref_max = c->ref_max;
        plan->frame_norm = c->frame_norm;
        plan->frame_norm_p = c->frame_norm_p;
        status = fs_bands_create(c->identity_bands ? NULL : c->bands, c->n_bands, plan->n_bins, plan->is_double, &plan->bands);
        if (status == FSPEC_OK && plan->lone)
            status = fs_bands_pack(&plan->bands, plan->is_double);
        if (status == FSPEC_OK && (c->band_scale || c->band_offset)
            && (!copy_both(c->band_scale, 1, c->n_bands, plan->scale)
                || !copy_both(c->band_offset, 0, c->n_bands, plan->offset)))
            status = FSPEC_NO_MEMORY;
    }
    if (status == FSPEC_OK && c->output == FSPEC_OUT_CEPSTRUM) {
        plan->n_out = plan->n_ceps = c->n_ceps;
        plan->dct = typed_copy(c->dct, c->n_ceps * c->n_bands, c->n_ceps * c->n_bands, plan->is_double);
        status = plan->dct ? FSPEC_OK : FSPEC_NO_MEMORY;
        if (status == FSPEC_OK && plan->lone)
            status = transpose_dct(c, plan);
    }
    plan->n_out += c->energy != FSPEC_ENERGY_NONE;
    return status == FSPEC_OK ? fs_stages_build(c, plan) : status;
}

static FS_OWN_FUNCTION fspec_status create(const fspec_frontend_config *config, fspec_frontend **result)
{
    fspec_frontend_config c;
    fspec_frontend_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, offsetof(fspec_frontend_config, frame_length));
    if (status == FSPEC_OK)
        status = check(&c);
    if (status != FSPEC_OK)
        return status;
    fspec_frontend *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    status = build(&c, plan);
    if (status == FSPEC_OK) {
        fs_frontend_measure(plan);
        *result = plan;
    } else {
        fspec_frontend_free(plan);
    }
    return status;
}

fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **result)
{
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    const fs_fpenv env = fs_fpenv_enter();
    const fspec_status status = create(config, result);
    fs_fpenv_leave(env);
    return status;
}

void fspec_frontend_free(fspec_frontend *plan)
{
    if (!plan)
        return;
    fs_lone_free(plan->lone);
    fs_lanes_free(plan->lanes);
    fs_fft_release(plan->fft);
    fs_free(plan->window);
    fs_bands_free(&plan->bands);
    fs_free(plan->dct);
    fs_free(plan->lone_dct);
    fs_free(plan->frame_window);
    for (int i = 0; i < 2; i++) {
        fs_free(plan->scale[i]);
        fs_free(plan->offset[i]);
    }
    fs_free(plan->stages.taps);
    fs_free(plan);
}

int64_t fspec_frontend_n_bins(const fspec_frontend *plan)
{
    return plan->n_features;
}

int64_t fspec_frontend_n_frames(const fspec_frontend *plan, int64_t n_samples)
{
    return fs_stages_frames(&plan->stages, fs_n_frames(&plan->framing, n_samples));
}

const char *fspec_frontend_engine(const fspec_frontend *plan)
{
    return plan->lanes ? "lanes" : fs_fft_name(plan->fft);
}
