/* Transforms in one call: a plan, its use and its end. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "fastspec.h"
#include "memory.h"
#include "parallel.h"

static FS_OWN_FUNCTION void fill_dct(int64_t n, int64_t n_rows, double *matrix)
{
    static const double pi = 3.141592653589793238463;
    for (int64_t k = 0; k < n_rows; k++)
        for (int64_t i = 0; i < n; i++)
            matrix[k * n + i] = cos(pi * (double)k * (double)(2 * i + 1) / (double)(2 * n)) * sqrt((k ? 2.0 : 1.0) / (double)n);
}

fspec_status fspec_dct(int64_t n, int64_t n_rows, double *matrix)
{
    if (!matrix || n_rows < 1 || n_rows > n || n > INT64_MAX / 4)
        return FSPEC_BAD_ARGUMENT;
    const fs_fpenv env = fs_fpenv_enter();
    fill_dct(n, n_rows, matrix);
    fs_fpenv_leave(env);
    return FSPEC_OK;
}

int64_t fspec_once_n_frames(int64_t n_samples, int64_t n_fft, int64_t hop_length)
{
    if (n_samples < 1 || n_fft < 1 || hop_length < 1)
        return 0;
    /* An odd n_fft is padded by one sample less than it is long. */
    const int64_t padded = n_samples - (n_fft & 1);
    return padded < 0 || padded / hop_length == INT64_MAX ? 0 : 1 + padded / hop_length;
}

/* Runs a front end on y; frames of `values` floats. */
static fspec_status run(fspec_frontend_config *config, const float *y, int64_t n_samples, int64_t n_fft, int64_t hop_length,
                        int64_t values, fspec_dtype dtype, float *out)
{
    fspec_frontend *plan = NULL;
    config->n_fft = n_fft;
    config->hop_length = hop_length;
    fspec_status status = fspec_frontend_create(config, &plan);
    if (status == FSPEC_OK) {
        const int64_t element = dtype == FSPEC_COMPLEX64 ? 2 * (int64_t)sizeof *out : (int64_t)sizeof *out;
        const fspec_signal signal = {.data = y, .n_samples = n_samples, .stride = sizeof *y, .dtype = FSPEC_FLOAT32};
        const fspec_matrix matrix = {.data = out, .bin_stride = element, .frame_stride = element * values};
        status = fspec_frontend_exec(plan, &signal, &matrix, 1, dtype, NULL);
    }
    fspec_frontend_free(plan);
    return status;
}

fspec_status fspec_once_stft(const float *y, int64_t n_samples, int64_t n_fft, int64_t hop_length, float *X)
{
    fspec_frontend_config config;
    if (!y || !X)
        return FSPEC_BAD_ARGUMENT;
    fspec_frontend_config_init(&config);
    return run(&config, y, n_samples, n_fft, hop_length, n_fft / 2 + 1, FSPEC_COMPLEX64, X);
}

fspec_status fspec_once_istft(const float *X, int64_t n_frames, int64_t n_fft, int64_t hop_length, float *y, int64_t n_samples)
{
    fspec_istft_config config;
    fspec_istft *plan = NULL;
    if (!X || !y)
        return FSPEC_BAD_ARGUMENT;
    fspec_istft_config_init(&config);
    config.n_fft = n_fft;
    config.hop_length = hop_length;
    fspec_status status = fspec_istft_create(&config, &plan);
    if (status == FSPEC_OK) {
        const int64_t pair = 2 * (int64_t)sizeof *X;
        const fspec_matrix matrix = {.data = (void *)(uintptr_t)X, .bin_stride = pair, .frame_stride = pair * (n_fft / 2 + 1)};
        const fspec_signal signal = {.data = y, .n_samples = n_samples, .stride = sizeof *y, .dtype = FSPEC_FLOAT32};
        status = fspec_istft_exec(plan, &matrix, FSPEC_COMPLEX64, n_frames, &signal, 1, NULL);
    }
    fspec_istft_free(plan);
    return status;
}

/* Mel bands, and a DCT after them where n_mfcc > 0. */
static fspec_status bands(fspec_frontend_config *config, const float *y, int64_t n_samples, double sr, int64_t n_fft,
                          int64_t hop_length, int64_t n_mels, int64_t n_mfcc, float *out)
{
    size_t band_bytes, dct_bytes;
    if (!y || !out || n_mels < 1)
        return FSPEC_BAD_ARGUMENT;
    if (n_fft < 1)
        return FSPEC_BAD_N_FFT;
    if (!fs_size(n_mels, n_fft / 2 + 1, 0, &band_bytes)
        || !fs_size((int64_t)sizeof(double), (int64_t)band_bytes, 0, &band_bytes)
        || !fs_size(n_mels, n_mfcc, 0, &dct_bytes) || !fs_size((int64_t)sizeof(double), (int64_t)dct_bytes, 0, &dct_bytes))
        return FSPEC_TOO_LARGE;
    double *weights = fs_alloc(band_bytes), *dct = fs_alloc(dct_bytes);
    fspec_status status = weights && dct ? FSPEC_OK : FSPEC_NO_MEMORY;
    if (status == FSPEC_OK)
        status = fspec_mel_filters(sr, n_fft, n_mels, 0, sr / 2, 0, FSPEC_MEL_NORM_SLANEY, 1, weights);
    if (status == FSPEC_OK && n_mfcc)
        status = fspec_dct(n_mels, n_mfcc, dct);
    if (status == FSPEC_OK) {
        config->bands = weights;
        config->n_bands = n_mels;
        config->dct = n_mfcc ? dct : NULL;
        config->n_ceps = n_mfcc;
        status = run(config, y, n_samples, n_fft, hop_length, n_mfcc ? n_mfcc : n_mels, FSPEC_FLOAT32, out);
    }
    fs_free(weights);
    fs_free(dct);
    return status;
}

fspec_status fspec_once_mel(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels,
                            int db, float *out)
{
    fspec_frontend_config config;
    fspec_frontend_config_init(&config);
    config.output = FSPEC_OUT_BANDS;
    config.log = db ? FSPEC_LOG_DB : FSPEC_LOG_NONE;
    return bands(&config, y, n_samples, sr, n_fft, hop_length, n_mels, 0, out);
}

fspec_status fspec_once_mfcc(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels,
                             int64_t n_mfcc, float *out)
{
    fspec_frontend_config config;
    if (n_mfcc < 1)
        return FSPEC_BAD_ARGUMENT;
    fspec_frontend_config_init(&config);
    config.output = FSPEC_OUT_CEPSTRUM;
    config.log = FSPEC_LOG_DB;
    config.top_db = 80;
    return bands(&config, y, n_samples, sr, n_fft, hop_length, n_mels, n_mfcc, out);
}

static FS_OWN_FUNCTION void constant_q(double sr, double fmin, int64_t n_bins, int64_t bins_per_octave, double *bins)
{
    const double r = pow(2, 2 / (double)bins_per_octave), q = (r + 1) / (r - 1);
    for (int64_t k = 0; k < n_bins; k++) {
        const double f = fmin * pow(2, (double)k / (double)bins_per_octave), length = q * sr / f;
        bins[k] = f;
        bins[n_bins + k] = length;
        bins[2 * n_bins + k] = 2 / sqrt(length);
    }
}

fspec_status fspec_once_cqt(const float *y, int64_t n_samples, double sr, int64_t hop_length, double fmin, int64_t n_bins,
                            int64_t bins_per_octave, float *C)
{
    fspec_cqt_config config;
    fspec_cqt *plan = NULL;
    size_t bytes;
    if (!y || !C || n_bins < 1 || bins_per_octave < 1 || !(fmin > 0) || !(sr > 0))
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(n_bins, 3 * (int64_t)sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    double *bins = fs_alloc(bytes);
    if (!bins)
        return FSPEC_NO_MEMORY;
    const fs_fpenv env = fs_fpenv_enter();
    constant_q(sr, fmin, n_bins, bins_per_octave, bins);
    fs_fpenv_leave(env);
    fspec_cqt_config_init(&config);
    config.sr = sr;
    config.hop_length = hop_length;
    config.n_bins = n_bins;
    config.frequencies = bins;
    config.lengths = bins + n_bins;
    config.amplitudes = bins + 2 * n_bins;
    fspec_status status = fspec_cqt_create(&config, &plan);
    if (status == FSPEC_OK) {
        const int64_t pair = 2 * (int64_t)sizeof *C;
        const fspec_signal signal = {.data = y, .n_samples = n_samples, .stride = sizeof *y, .dtype = FSPEC_FLOAT32};
        const fspec_matrix matrix = {.data = C, .bin_stride = pair, .frame_stride = pair * n_bins};
        status = fspec_cqt_exec(plan, &signal, &matrix, 1, FSPEC_COMPLEX64, NULL);
    }
    fspec_cqt_free(plan);
    fs_free(bins);
    return status;
}
