/* fastspec_api.h - the functions of fastspec.h as a table, for code that does not link to the library.
 * SPDX-License-Identifier: BSD-3-Clause
 * Made by scripts/make_api.py from fastspec.h; do not edit.
 *
 * In a C or C++ extension module of Python, the library is the one that the installed package fastspec holds:
 *
 *     #include <Python.h>
 *     #define FSPEC_USE_API          // fspec_X(...) then stands for fspec_api_table->X(...)
 *     #include "fastspec_api.h"
 *     ...
 *     if (fspec_import() < 0)        // once, with the GIL, before any other function; sets a Python exception
 *         return NULL;
 *
 * The table belongs to one translation unit (fspec_api_table is static): call fspec_import in each that uses it. Its
 * functions need no GIL. A program without Python gets the same table from fspec_get_api(), also through dlsym.
 */
#ifndef FASTSPEC_API_H
#define FASTSPEC_API_H

#include "fastspec.h"

/* Raised when a function goes or changes; functions are only added at the end within one number. */
#define FSPEC_API_ABI 1
#define FSPEC_API_CAPSULE "fastspec._core._C_API"

typedef struct fspec_api {
    size_t size; /* bytes of this struct in the library that made it: a member beyond it is not there */
    int32_t abi; /* FSPEC_API_ABI of that library */
    const char *(*status_string)(fspec_status status);
    const char *(*status_argument)(fspec_status status);
    const char *(*version)(void);
    const char *(*simd_tier)(void);
    const char *(*simd_refused)(void);
    void (*set_allocator)(const fspec_allocator *allocator);
    fspec_status (*fftw_load)(const char *single_path, const char *double_path, char *message, size_t message_size);
    const char *(*fftw_version)(int is_double);
    const char *(*fftw_path)(int is_double);
    int (*lanes_has)(int64_t n_fft);
    void (*fft_cache_info)(int *n_plans, int *n_in_use);
    void (*fft_cache_clear)(void);
    void (*call_init)(fspec_call *call);
    void (*frontend_config_init)(fspec_frontend_config *config);
    fspec_status (*frontend_create)(const fspec_frontend_config *config, fspec_frontend **plan);
    void (*frontend_free)(fspec_frontend *plan);
    int64_t (*frontend_n_bins)(const fspec_frontend *plan);
    int64_t (*frontend_n_frames)(const fspec_frontend *plan, int64_t n_samples);
    const char *(*frontend_engine)(const fspec_frontend *plan);
    size_t (*frontend_scratch)(const fspec_frontend *plan, int64_t n_signals, int64_t n_frames, int32_t n_threads);
    fspec_status (*frontend_exec)(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*frontend_exec_spectra)(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*stream_create)(const fspec_frontend *plan, int64_t n_channels, fspec_stream **stream);
    void (*stream_free)(fspec_stream *stream);
    int64_t (*stream_ready)(const fspec_stream *stream, int64_t n_samples);
    int64_t (*stream_pending)(const fspec_stream *stream);
    fspec_status (*stream_push)(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
    fspec_status (*stream_flush)(fspec_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
    void (*stream_reset)(fspec_stream *stream);
    void (*istft_config_init)(fspec_istft_config *config);
    fspec_status (*istft_create)(const fspec_istft_config *config, fspec_istft **plan);
    void (*istft_free)(fspec_istft *plan);
    int64_t (*istft_n_samples)(const fspec_istft *plan, int64_t n_frames);
    int64_t (*istft_n_frames)(const fspec_istft *plan, int64_t n_samples, int64_t n_frames);
    fspec_status (*istft_exec)(const fspec_istft *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames, const fspec_signal *out, int64_t n_signals, const fspec_call *call);
    fspec_status (*griffinlim)(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum, const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples, const fspec_call *call);
    fspec_status (*phases)(const double *turns, const void *magnitude, void *angles, int64_t n_bins, int64_t n_frames, int64_t pitch, fspec_dtype dtype, const fspec_call *call);
    fspec_status (*rephase)(const void *now, const void *before, const void *target, void *out, int64_t n, fspec_dtype dtype, double k, const fspec_call *call);
    void (*chroma_config_init)(fspec_chroma_config *config);
    fspec_status (*chroma_create)(const fspec_chroma_config *config, fspec_chroma **plan);
    void (*chroma_free)(fspec_chroma *plan);
    fspec_status (*chroma_exec)(const fspec_chroma *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype, const fspec_call *call);
    void (*cqt_config_init)(fspec_cqt_config *config);
    fspec_status (*cqt_create)(const fspec_cqt_config *config, fspec_cqt **plan);
    void (*cqt_free)(fspec_cqt *plan);
    int64_t (*cqt_n_bins)(const fspec_cqt *plan);
    int64_t (*cqt_n_frames)(const fspec_cqt *plan, int64_t n_samples);
    size_t (*cqt_size)(const fspec_cqt *plan);
    size_t (*cqt_scratch)(const fspec_cqt *plan, int64_t n_signals, int32_t n_threads);
    fspec_status (*cqt_exec)(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*cqt_stream_create)(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **stream);
    void (*cqt_stream_free)(fspec_cqt_stream *stream);
    int64_t (*cqt_stream_ready)(const fspec_cqt_stream *stream, int64_t n_samples);
    int64_t (*cqt_stream_pending)(const fspec_cqt_stream *stream);
    fspec_status (*cqt_stream_push)(fspec_cqt_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
    fspec_status (*cqt_stream_flush)(fspec_cqt_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
    void (*cqt_stream_reset)(fspec_cqt_stream *stream);
    void (*icqt_config_init)(fspec_icqt_config *config);
    fspec_status (*icqt_create)(const fspec_cqt *forward, const fspec_icqt_config *config, fspec_icqt **plan);
    void (*icqt_free)(fspec_icqt *plan);
    size_t (*icqt_scratch)(const fspec_icqt *plan, int64_t n_samples, int32_t n_threads);
    fspec_status (*icqt_exec)(const fspec_icqt *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames, const fspec_signal *out, int64_t n_signals, const fspec_call *call);
    fspec_status (*icqt_solve)(const fspec_cqt *forward, const fspec_icqt *adjoint, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames, const double *gains, int64_t n_iter, double tol, double damping, const fspec_signal *out, int64_t n_signals, const fspec_call *call, double *residuals, int64_t *iterations);
    int64_t (*nsgt_fast_length)(int64_t n, int64_t multiple);
    void (*nsgt_config_init)(fspec_nsgt_config *config);
    fspec_status (*nsgt_create)(const fspec_nsgt_config *config, fspec_nsgt **plan);
    void (*nsgt_free)(fspec_nsgt *plan);
    int64_t (*nsgt_n_bands)(const fspec_nsgt *plan);
    int64_t (*nsgt_n_coefficients)(const fspec_nsgt *plan, int64_t band);
    size_t (*nsgt_size)(const fspec_nsgt *plan);
    size_t (*nsgt_scratch)(const fspec_nsgt *plan, int64_t n_signals, int64_t n_blocks, int32_t n_threads);
    fspec_status (*nsgt_exec)(const fspec_nsgt *plan, const fspec_signal *signals, int64_t first, int64_t n_blocks, const fspec_matrix *bands, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*nsgt_inverse)(const fspec_nsgt *plan, const fspec_matrix *bands, fspec_dtype in_dtype, int64_t first, int64_t n_blocks, const fspec_signal *out, int64_t n_signals, const fspec_call *call);
    void (*tuning_config_init)(fspec_tuning_config *config);
    fspec_status (*tuning_create)(const fspec_tuning_config *config, fspec_tuning **tuning);
    void (*tuning_free)(fspec_tuning *tuning);
    void (*tuning_reset)(fspec_tuning *tuning);
    fspec_status (*tuning_add_signals)(fspec_tuning *tuning, const fspec_frontend *plan, const fspec_signal *signals, int64_t n_signals, const fspec_call *call);
    fspec_status (*tuning_add_spectra)(fspec_tuning *tuning, const fspec_matrix *spectra, const fspec_matrix *reference, int64_t n_frames, int64_t n_signals, const fspec_call *call);
    fspec_status (*tuning_finish)(fspec_tuning *tuning, double *result, int64_t *n_peaks);
    fspec_status (*pitch_tuning)(const void *frequencies, int64_t n, fspec_dtype dtype, double resolution, int64_t bins_per_octave, double *result, int64_t *n_pitches);
    fspec_status (*piptrack_signals)(const fspec_tuning_config *config, const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *pitches, const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call);
    fspec_status (*piptrack_spectra)(const fspec_tuning_config *config, const fspec_matrix *spectra, const fspec_matrix *reference, int64_t n_frames, const fspec_matrix *pitches, const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call);
    int64_t (*once_n_frames)(int64_t n_samples, int64_t n_fft, int64_t hop_length);
    fspec_status (*once_stft)(const float *y, int64_t n_samples, int64_t n_fft, int64_t hop_length, float *X);
    fspec_status (*once_istft)(const float *X, int64_t n_frames, int64_t n_fft, int64_t hop_length, float *y, int64_t n_samples);
    fspec_status (*once_mel)(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels, int db, float *out);
    fspec_status (*once_mfcc)(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels, int64_t n_mfcc, float *out);
    fspec_status (*once_cqt)(const float *y, int64_t n_samples, double sr, int64_t hop_length, double fmin, int64_t n_bins, int64_t bins_per_octave, float *C);
    fspec_status (*mel_filters)(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk, fspec_mel_norm norm, int single, double *weights);
    fspec_status (*dct)(int64_t n, int64_t n_rows, double *matrix);
    void (*hann)(int64_t n, int periodic, double *window);
    fspec_status (*check_finite)(const fspec_signal *signals, int64_t n_signals, const fspec_call *call);
    fspec_status (*power_to_db)(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset, const fspec_call *call, double *largest);
    fspec_status (*clip_below)(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call);
    fspec_status (*nsgt_counts)(const fspec_nsgt_config *config, int64_t *counts);
    fspec_status (*stream_copy)(const fspec_stream *stream, fspec_stream **copy);
    int64_t (*stream_latency)(const fspec_stream *stream);
    fspec_status (*istft_stream_create)(const fspec_istft *plan, int64_t n_channels, fspec_istft_stream **stream);
    void (*istft_stream_free)(fspec_istft_stream *stream);
    void (*istft_stream_reset)(fspec_istft_stream *stream);
    fspec_status (*istft_stream_copy)(const fspec_istft_stream *stream, fspec_istft_stream **copy);
    int64_t (*istft_stream_latency)(const fspec_istft_stream *stream);
    int64_t (*istft_stream_ready)(const fspec_istft_stream *stream, int64_t n_frames);
    int64_t (*istft_stream_pending)(const fspec_istft_stream *stream, int64_t length);
    fspec_status (*istft_stream_push)(fspec_istft_stream *stream, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames, const fspec_signal *out, const fspec_call *call, int64_t *n_samples);
    fspec_status (*istft_stream_flush)(fspec_istft_stream *stream, int64_t length, const fspec_signal *out, const fspec_call *call, int64_t *n_samples);
    fspec_status (*cqt_stream_copy)(const fspec_cqt_stream *stream, fspec_cqt_stream **copy);
    int64_t (*cqt_stream_latency)(const fspec_cqt_stream *stream);
    fspec_status (*frontend_needs)(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin, int64_t *end);
    fspec_status (*frontend_exec_part)(const fspec_frontend *plan, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call);
    size_t (*frontend_memory)(const fspec_frontend *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads);
    double (*frontend_flops)(const fspec_frontend *plan, int64_t n_samples);
    fspec_status (*cqt_needs)(const fspec_cqt *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin, int64_t *end);
    fspec_status (*cqt_exec_part)(const fspec_cqt *plan, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call);
    size_t (*cqt_memory)(const fspec_cqt *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads);
    double (*cqt_flops)(const fspec_cqt *plan, int64_t n_samples);
    double (*nsgt_flops)(const fspec_nsgt *plan);
    int64_t (*thread_bytes)(void);
    void (*scratch_limit)(size_t bytes);
    void (*scratch_info)(size_t *limit, size_t *idle, int64_t *n_blocks, int64_t *reused, int64_t *allocated);
    void (*scratch_trim)(void);
    void (*call_scratch_limit)(size_t bytes);
    size_t (*scratch_refused)(void);
    void (*pcen_config_init)(fspec_pcen_config *config);
    fspec_status (*pcen)(const fspec_pcen_config *config, const fspec_matrix *x, const fspec_matrix *ref, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, double *state, const fspec_matrix *out, fspec_dtype out_dtype, int64_t n_items, const fspec_call *call);
    fspec_status (*filter_rows)(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, int64_t step, const double *taps, int64_t n_taps, void *out, int64_t out_pitch, const fspec_call *call);
    fspec_status (*group_create)(const fspec_frontend *plan, int64_t capacity, fspec_group **group);
    fspec_status (*group_create_cqt)(const fspec_cqt *plan, int64_t capacity, fspec_group **group);
    void (*group_free)(fspec_group *group);
    size_t (*group_member_size)(const fspec_group *group);
    fspec_status (*group_join)(fspec_group *group, int64_t *id);
    fspec_status (*group_leave)(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit);
    fspec_status (*group_reset)(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit);
    int64_t (*group_members)(const fspec_group *group, int64_t *ids);
    fspec_group_state (*group_state_of)(const fspec_group *group, int64_t id);
    fspec_status (*group_ready)(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n, int64_t *counts, int64_t *total, int64_t *culprit);
    fspec_status (*group_push)(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n, const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit);
    fspec_status (*group_flush)(fspec_group *group, const int64_t *ids, int64_t n, const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit);
    void (*spectral_config_init)(fspec_spectral_config *config);
    fspec_status (*spectral_create)(const fspec_spectral_config *config, fspec_spectral **spectral);
    void (*spectral_free)(fspec_spectral *spectral);
    int64_t (*spectral_n_rows)(const fspec_spectral *spectral);
    fspec_status (*spectral_exec)(const fspec_spectral *spectral, const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*spectral_exec_spectra)(const fspec_spectral *spectral, const fspec_matrix *spectra, int64_t n_frames, const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype, const fspec_call *call);
    void (*frames_config_init)(fspec_frames_config *config);
    int64_t (*frames_count)(const fspec_frames_config *config, int64_t n_samples);
    fspec_status (*frames_exec)(const fspec_frames_config *config, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*one_pole)(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, double coef, double *state, void *out, int64_t out_pitch, const fspec_call *call);
    fspec_status (*median)(const fspec_matrix *x, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, int64_t size, const fspec_matrix *out, int64_t n_items, const fspec_call *call);
    void (*feature_init)(fspec_feature *feature);
    fspec_status (*features_create)(const fspec_frontend *frames, const fspec_feature *features, int64_t n_features, fspec_features **result);
    void (*features_free)(fspec_features *features);
    int64_t (*features_n_rows)(const fspec_features *features, int64_t feature);
    fspec_status (*features_exec)(const fspec_features *features, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, const fspec_dtype *dtypes, const fspec_call *call);
    fspec_status (*features_exec_part)(const fspec_features *features, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts, const fspec_dtype *dtypes, const fspec_call *call);
    size_t (*features_memory)(const fspec_features *features, int64_t n_signals, int64_t n_samples, int32_t n_threads);
    double (*features_flops)(const fspec_features *features, int64_t n_samples);
    fspec_status (*features_stream_create)(const fspec_features *features, int64_t n_channels, fspec_stream **stream);
    fspec_status (*features_push)(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, const fspec_dtype *dtypes, const fspec_call *call, int64_t *n_frames);
    fspec_status (*features_flush)(fspec_stream *stream, const fspec_matrix *out, const fspec_dtype *dtypes, const fspec_call *call, int64_t *n_frames);
    fspec_status (*db_to_power)(const void *x, void *out, int64_t n, fspec_dtype dtype, const fspec_call *call, int *left_range);
    fspec_status (*rms_spectra)(const fspec_matrix *spectra, fspec_dtype dtype, int64_t n_fft, int64_t n_frames, const fspec_matrix *out, fspec_dtype out_dtype, int64_t n_items, const fspec_call *call);
    fspec_status (*bands_inverse)(const double *matrix, int64_t n_bands, int64_t n_bins, double power, const fspec_matrix *bands, fspec_dtype dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_items, const fspec_call *call);
    fspec_status (*phase_vocoder)(const fspec_matrix *spectra, const fspec_matrix *phases, fspec_dtype dtype, int64_t n_bins, int64_t n_frames, const double *advance, double rate, const fspec_matrix *out, int64_t n_steps, int64_t n_items, const fspec_call *call);
    void (*yin_config_init)(fspec_yin_config *config);
    fspec_status (*yin_create)(const fspec_yin_config *config, fspec_yin **plan);
    void (*yin_free)(fspec_yin *plan);
    int64_t (*yin_n_frames)(const fspec_yin *plan, int64_t n_samples);
    fspec_status (*yin_exec)(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    fspec_status (*pyin_exec)(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, const fspec_matrix *voiced, const fspec_matrix *voiced_prob, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
    void (*reassigned_config_init)(fspec_reassigned_config *config);
    fspec_status (*reassigned_create)(const fspec_reassigned_config *config, fspec_reassigned **plan);
    void (*reassigned_free)(fspec_reassigned *plan);
    int64_t (*reassigned_n_frames)(const fspec_reassigned *plan, int64_t n_samples);
    fspec_status (*reassigned_exec)(const fspec_reassigned *plan, const fspec_signal *signals, const fspec_matrix *spectra, const fspec_matrix *frequencies, const fspec_matrix *times, const fspec_matrix *magnitudes, int64_t n_signals, fspec_dtype dtype, const fspec_call *call);
} fspec_api;

#ifdef __cplusplus
extern "C" {
#endif
/* The library's table; never NULL, valid for ever, the same for every caller. Thread-safe. */
FSPEC_API const fspec_api *fspec_get_api(void);
#ifdef __cplusplus
}
#endif

#ifdef FSPEC_USE_API
static const fspec_api *fspec_api_table;
#define fspec_status_string fspec_api_table->status_string
#define fspec_status_argument fspec_api_table->status_argument
#define fspec_version fspec_api_table->version
#define fspec_simd_tier fspec_api_table->simd_tier
#define fspec_simd_refused fspec_api_table->simd_refused
#define fspec_set_allocator fspec_api_table->set_allocator
#define fspec_fftw_load fspec_api_table->fftw_load
#define fspec_fftw_version fspec_api_table->fftw_version
#define fspec_fftw_path fspec_api_table->fftw_path
#define fspec_lanes_has fspec_api_table->lanes_has
#define fspec_fft_cache_info fspec_api_table->fft_cache_info
#define fspec_fft_cache_clear fspec_api_table->fft_cache_clear
#define fspec_call_init fspec_api_table->call_init
#define fspec_frontend_config_init fspec_api_table->frontend_config_init
#define fspec_frontend_create fspec_api_table->frontend_create
#define fspec_frontend_free fspec_api_table->frontend_free
#define fspec_frontend_n_bins fspec_api_table->frontend_n_bins
#define fspec_frontend_n_frames fspec_api_table->frontend_n_frames
#define fspec_frontend_engine fspec_api_table->frontend_engine
#define fspec_frontend_scratch fspec_api_table->frontend_scratch
#define fspec_frontend_exec fspec_api_table->frontend_exec
#define fspec_frontend_exec_spectra fspec_api_table->frontend_exec_spectra
#define fspec_stream_create fspec_api_table->stream_create
#define fspec_stream_free fspec_api_table->stream_free
#define fspec_stream_ready fspec_api_table->stream_ready
#define fspec_stream_pending fspec_api_table->stream_pending
#define fspec_stream_push fspec_api_table->stream_push
#define fspec_stream_flush fspec_api_table->stream_flush
#define fspec_stream_reset fspec_api_table->stream_reset
#define fspec_istft_config_init fspec_api_table->istft_config_init
#define fspec_istft_create fspec_api_table->istft_create
#define fspec_istft_free fspec_api_table->istft_free
#define fspec_istft_n_samples fspec_api_table->istft_n_samples
#define fspec_istft_n_frames fspec_api_table->istft_n_frames
#define fspec_istft_exec fspec_api_table->istft_exec
#define fspec_griffinlim fspec_api_table->griffinlim
#define fspec_phases fspec_api_table->phases
#define fspec_rephase fspec_api_table->rephase
#define fspec_chroma_config_init fspec_api_table->chroma_config_init
#define fspec_chroma_create fspec_api_table->chroma_create
#define fspec_chroma_free fspec_api_table->chroma_free
#define fspec_chroma_exec fspec_api_table->chroma_exec
#define fspec_cqt_config_init fspec_api_table->cqt_config_init
#define fspec_cqt_create fspec_api_table->cqt_create
#define fspec_cqt_free fspec_api_table->cqt_free
#define fspec_cqt_n_bins fspec_api_table->cqt_n_bins
#define fspec_cqt_n_frames fspec_api_table->cqt_n_frames
#define fspec_cqt_size fspec_api_table->cqt_size
#define fspec_cqt_scratch fspec_api_table->cqt_scratch
#define fspec_cqt_exec fspec_api_table->cqt_exec
#define fspec_cqt_stream_create fspec_api_table->cqt_stream_create
#define fspec_cqt_stream_free fspec_api_table->cqt_stream_free
#define fspec_cqt_stream_ready fspec_api_table->cqt_stream_ready
#define fspec_cqt_stream_pending fspec_api_table->cqt_stream_pending
#define fspec_cqt_stream_push fspec_api_table->cqt_stream_push
#define fspec_cqt_stream_flush fspec_api_table->cqt_stream_flush
#define fspec_cqt_stream_reset fspec_api_table->cqt_stream_reset
#define fspec_icqt_config_init fspec_api_table->icqt_config_init
#define fspec_icqt_create fspec_api_table->icqt_create
#define fspec_icqt_free fspec_api_table->icqt_free
#define fspec_icqt_scratch fspec_api_table->icqt_scratch
#define fspec_icqt_exec fspec_api_table->icqt_exec
#define fspec_icqt_solve fspec_api_table->icqt_solve
#define fspec_nsgt_fast_length fspec_api_table->nsgt_fast_length
#define fspec_nsgt_config_init fspec_api_table->nsgt_config_init
#define fspec_nsgt_create fspec_api_table->nsgt_create
#define fspec_nsgt_free fspec_api_table->nsgt_free
#define fspec_nsgt_n_bands fspec_api_table->nsgt_n_bands
#define fspec_nsgt_n_coefficients fspec_api_table->nsgt_n_coefficients
#define fspec_nsgt_size fspec_api_table->nsgt_size
#define fspec_nsgt_scratch fspec_api_table->nsgt_scratch
#define fspec_nsgt_exec fspec_api_table->nsgt_exec
#define fspec_nsgt_inverse fspec_api_table->nsgt_inverse
#define fspec_tuning_config_init fspec_api_table->tuning_config_init
#define fspec_tuning_create fspec_api_table->tuning_create
#define fspec_tuning_free fspec_api_table->tuning_free
#define fspec_tuning_reset fspec_api_table->tuning_reset
#define fspec_tuning_add_signals fspec_api_table->tuning_add_signals
#define fspec_tuning_add_spectra fspec_api_table->tuning_add_spectra
#define fspec_tuning_finish fspec_api_table->tuning_finish
#define fspec_pitch_tuning fspec_api_table->pitch_tuning
#define fspec_piptrack_signals fspec_api_table->piptrack_signals
#define fspec_piptrack_spectra fspec_api_table->piptrack_spectra
#define fspec_once_n_frames fspec_api_table->once_n_frames
#define fspec_once_stft fspec_api_table->once_stft
#define fspec_once_istft fspec_api_table->once_istft
#define fspec_once_mel fspec_api_table->once_mel
#define fspec_once_mfcc fspec_api_table->once_mfcc
#define fspec_once_cqt fspec_api_table->once_cqt
#define fspec_mel_filters fspec_api_table->mel_filters
#define fspec_dct fspec_api_table->dct
#define fspec_hann fspec_api_table->hann
#define fspec_check_finite fspec_api_table->check_finite
#define fspec_power_to_db fspec_api_table->power_to_db
#define fspec_clip_below fspec_api_table->clip_below
#define fspec_nsgt_counts fspec_api_table->nsgt_counts
#define fspec_stream_copy fspec_api_table->stream_copy
#define fspec_stream_latency fspec_api_table->stream_latency
#define fspec_istft_stream_create fspec_api_table->istft_stream_create
#define fspec_istft_stream_free fspec_api_table->istft_stream_free
#define fspec_istft_stream_reset fspec_api_table->istft_stream_reset
#define fspec_istft_stream_copy fspec_api_table->istft_stream_copy
#define fspec_istft_stream_latency fspec_api_table->istft_stream_latency
#define fspec_istft_stream_ready fspec_api_table->istft_stream_ready
#define fspec_istft_stream_pending fspec_api_table->istft_stream_pending
#define fspec_istft_stream_push fspec_api_table->istft_stream_push
#define fspec_istft_stream_flush fspec_api_table->istft_stream_flush
#define fspec_cqt_stream_copy fspec_api_table->cqt_stream_copy
#define fspec_cqt_stream_latency fspec_api_table->cqt_stream_latency
#define fspec_frontend_needs fspec_api_table->frontend_needs
#define fspec_frontend_exec_part fspec_api_table->frontend_exec_part
#define fspec_frontend_memory fspec_api_table->frontend_memory
#define fspec_frontend_flops fspec_api_table->frontend_flops
#define fspec_cqt_needs fspec_api_table->cqt_needs
#define fspec_cqt_exec_part fspec_api_table->cqt_exec_part
#define fspec_cqt_memory fspec_api_table->cqt_memory
#define fspec_cqt_flops fspec_api_table->cqt_flops
#define fspec_nsgt_flops fspec_api_table->nsgt_flops
#define fspec_thread_bytes fspec_api_table->thread_bytes
#define fspec_scratch_limit fspec_api_table->scratch_limit
#define fspec_scratch_info fspec_api_table->scratch_info
#define fspec_scratch_trim fspec_api_table->scratch_trim
#define fspec_call_scratch_limit fspec_api_table->call_scratch_limit
#define fspec_scratch_refused fspec_api_table->scratch_refused
#define fspec_pcen_config_init fspec_api_table->pcen_config_init
#define fspec_pcen fspec_api_table->pcen
#define fspec_filter_rows fspec_api_table->filter_rows
#define fspec_group_create fspec_api_table->group_create
#define fspec_group_create_cqt fspec_api_table->group_create_cqt
#define fspec_group_free fspec_api_table->group_free
#define fspec_group_member_size fspec_api_table->group_member_size
#define fspec_group_join fspec_api_table->group_join
#define fspec_group_leave fspec_api_table->group_leave
#define fspec_group_reset fspec_api_table->group_reset
#define fspec_group_members fspec_api_table->group_members
#define fspec_group_state_of fspec_api_table->group_state_of
#define fspec_group_ready fspec_api_table->group_ready
#define fspec_group_push fspec_api_table->group_push
#define fspec_group_flush fspec_api_table->group_flush
#define fspec_spectral_config_init fspec_api_table->spectral_config_init
#define fspec_spectral_create fspec_api_table->spectral_create
#define fspec_spectral_free fspec_api_table->spectral_free
#define fspec_spectral_n_rows fspec_api_table->spectral_n_rows
#define fspec_spectral_exec fspec_api_table->spectral_exec
#define fspec_spectral_exec_spectra fspec_api_table->spectral_exec_spectra
#define fspec_frames_config_init fspec_api_table->frames_config_init
#define fspec_frames_count fspec_api_table->frames_count
#define fspec_frames_exec fspec_api_table->frames_exec
#define fspec_one_pole fspec_api_table->one_pole
#define fspec_median fspec_api_table->median
#define fspec_feature_init fspec_api_table->feature_init
#define fspec_features_create fspec_api_table->features_create
#define fspec_features_free fspec_api_table->features_free
#define fspec_features_n_rows fspec_api_table->features_n_rows
#define fspec_features_exec fspec_api_table->features_exec
#define fspec_features_exec_part fspec_api_table->features_exec_part
#define fspec_features_memory fspec_api_table->features_memory
#define fspec_features_flops fspec_api_table->features_flops
#define fspec_features_stream_create fspec_api_table->features_stream_create
#define fspec_features_push fspec_api_table->features_push
#define fspec_features_flush fspec_api_table->features_flush
#define fspec_db_to_power fspec_api_table->db_to_power
#define fspec_rms_spectra fspec_api_table->rms_spectra
#define fspec_bands_inverse fspec_api_table->bands_inverse
#define fspec_phase_vocoder fspec_api_table->phase_vocoder
#define fspec_yin_config_init fspec_api_table->yin_config_init
#define fspec_yin_create fspec_api_table->yin_create
#define fspec_yin_free fspec_api_table->yin_free
#define fspec_yin_n_frames fspec_api_table->yin_n_frames
#define fspec_yin_exec fspec_api_table->yin_exec
#define fspec_pyin_exec fspec_api_table->pyin_exec
#define fspec_reassigned_config_init fspec_api_table->reassigned_config_init
#define fspec_reassigned_create fspec_api_table->reassigned_create
#define fspec_reassigned_free fspec_api_table->reassigned_free
#define fspec_reassigned_n_frames fspec_api_table->reassigned_n_frames
#define fspec_reassigned_exec fspec_api_table->reassigned_exec
#endif

#if defined(FSPEC_USE_API) && defined(Py_PYTHON_H)
/* Takes the table from the package fastspec. Returns 0, or -1 with a Python exception set: the package is missing or broken
 * (ImportError, AttributeError), or too old or too new for this header (ImportError). */
static inline int fspec_import(void) {
    const fspec_api *table = (const fspec_api *)PyCapsule_Import(FSPEC_API_CAPSULE, 0);
    if (table == NULL)
        return -1;
    if (table->abi != FSPEC_API_ABI || table->size < sizeof(fspec_api)) {
        PyErr_Format(PyExc_ImportError, "fastspec's C interface has abi %d and %zu bytes; abi %d and at least %zu are needed",
                     (int)table->abi, table->size, FSPEC_API_ABI, sizeof(fspec_api));
        return -1;
    }
    fspec_api_table = table;
    return 0;
}
#endif

#endif
