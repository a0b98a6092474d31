/* Plans of the fused pipeline: their configuration and their constants. SPDX-License-Identifier: BSD-3-Clause */
#include "frontend.h"

#include <math.h>
#include <string.h>

#include "normalise.h"

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
}

static int all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static fspec_status check_bands(const fspec_frontend_config *c)
{
    const int64_t n_bins = c->n_fft / 2 + 1;
    size_t bytes;
    if (!c->bands || c->n_bands < 1)
        return FSPEC_BAD_BANDS;
    if (!fs_size(c->n_bands, n_bins, 0, &bytes) || !fs_size((int64_t)bytes, sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!all_finite(c->bands, c->n_bands * n_bins))
        return FSPEC_BAD_BANDS;
    if ((unsigned)c->log > FSPEC_LOG_LOG10 || !(c->amin > 0) || !isfinite(c->amin) || !(c->ref > 0) || !isfinite(c->ref)
        || isnan(c->log_floor) || (c->ref_max && (c->output != FSPEC_OUT_BANDS || c->log == FSPEC_LOG_NONE)))
        return FSPEC_BAD_LOG;
    if (isnan(c->top_db) || (c->top_db >= 0 && c->log == FSPEC_LOG_NONE))
        return FSPEC_BAD_TOP_DB;
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

static fspec_status check(const fspec_frontend_config *c)
{
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
    if (c->frame_norm != FSPEC_NORM_NONE
        && (c->output != FSPEC_OUT_BANDS || c->top_db >= 0 || c->ref_max
            || fs_check_norm(c->frame_norm, c->frame_norm_p) != FSPEC_OK))
        return FSPEC_BAD_NORM;
    return c->output >= FSPEC_OUT_BANDS ? check_bands(c) : FSPEC_OK;
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
    double *hann = NULL;
    const double *window = c->window;
    fspec_status status;
    if (!window) {
        if (!fs_size(c->n_fft, sizeof(double), 0, &bytes))
            return FSPEC_TOO_LARGE;
        if (!(hann = fs_alloc(bytes)))
            return FSPEC_NO_MEMORY;
        fspec_hann(c->n_fft, 1, hann);
        window = hann;
    }
    if (fs_use_lanes(c->engine, c->n_fft, plan->is_double)) {
        status = fs_lanes_create(c->n_fft, c->hop_length, plan->is_double, window, &plan->lanes);
        if (status == FSPEC_OK)
            plan->kernels = plan->lanes->kernels;
    } else {
        plan->window = typed_copy(window, c->n_fft, c->n_fft, plan->is_double);
        status = plan->window ? fs_fft_acquire(c->engine, c->n_fft, plan->is_double, 0, c->effort, &plan->fft)
                              : FSPEC_NO_MEMORY;
    }
    fs_free(hann);
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

static fspec_status build(const fspec_frontend_config *c, fspec_frontend *plan)
{
    plan->is_double = c->precision == FSPEC_DOUBLE;
    plan->kernels = fs_kernels_for(plan->is_double);
    plan->framing = (fs_framing){c->n_fft, c->hop_length, c->center ? c->n_fft / 2 : 0, c->pad_mode, c->librosa_tail};
    plan->output = c->output;
    plan->input_scale = c->input_scale;
    plan->power = c->power;
    plan->n_bins = c->n_fft / 2 + 1;
    plan->n_out = plan->n_bins;
    plan->top_db = -1;
    plan->log_floor = -INFINITY;
    fspec_status status = make_engine(c, plan);
    if (status == FSPEC_OK && c->output >= FSPEC_OUT_BANDS) {
        plan->n_bands = plan->n_out = c->n_bands;
        plan->log = (fs_log_spec){c->log, c->amin, log_offset(c)};
        plan->top_db = c->top_db;
        plan->log_floor = c->log_floor;
        plan->ref_max = c->ref_max;
        plan->frame_norm = c->frame_norm;
        plan->frame_norm_p = c->frame_norm_p;
        status = fs_bands_create(c->bands, c->n_bands, plan->n_bins, plan->is_double, &plan->bands);
    }
    if (status == FSPEC_OK && c->output == FSPEC_OUT_CEPSTRUM) {
        plan->n_out = c->n_ceps;
        plan->dct = typed_copy(c->dct, c->n_ceps * c->n_bands, c->n_ceps * c->n_bands, plan->is_double);
        status = plan->dct ? FSPEC_OK : FSPEC_NO_MEMORY;
    }
    return status;
}

static FS_OWN_FUNCTION fspec_status create(const fspec_frontend_config *config, fspec_frontend **result)
{
    fspec_frontend_config c;
    fspec_frontend_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status == FSPEC_OK)
        status = check(&c);
    if (status != FSPEC_OK)
        return status;
    fspec_frontend *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    status = build(&c, plan);
    if (status == FSPEC_OK)
        *result = plan;
    else
        fspec_frontend_free(plan);
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
    fs_lanes_free(plan->lanes);
    fs_fft_release(plan->fft);
    fs_free(plan->window);
    fs_bands_free(&plan->bands);
    fs_free(plan->dct);
    fs_free(plan);
}

int64_t fspec_frontend_n_bins(const fspec_frontend *plan)
{
    return plan->n_out;
}

int64_t fspec_frontend_n_frames(const fspec_frontend *plan, int64_t n_samples)
{
    return fs_n_frames(&plan->framing, n_samples);
}

const char *fspec_frontend_engine(const fspec_frontend *plan)
{
    return plan->lanes ? "lanes" : fs_fft_name(plan->fft);
}
