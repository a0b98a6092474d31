# cython: language_level=3
"""The functions of cfastspec.pxd, through the table of fastspec._core. Made by scripts/make_api.py from fastspec.h; do not edit."""

from cpython.pycapsule cimport PyCapsule_GetPointer

from fastspec._core import _C_API

ctypedef void (*function)() noexcept nogil
cdef struct Table:
    size_t size
    int32_t abi
    function functions[64]

cdef const Table *table = <const Table *>PyCapsule_GetPointer(_C_API, "fastspec._core._C_API")
if table.abi != FSPEC_API_ABI or table.size != sizeof(Table):
    raise ImportError("fastspec.cfastspec and fastspec._core are of different versions")

cdef const char *fspec_status_string(fspec_status status) noexcept nogil:
    return (<const char * (*)(fspec_status) noexcept nogil>table.functions[0])(status)

cdef const char *fspec_status_argument(fspec_status status) noexcept nogil:
    return (<const char * (*)(fspec_status) noexcept nogil>table.functions[1])(status)

cdef const char *fspec_version() noexcept nogil:
    return (<const char * (*)() noexcept nogil>table.functions[2])()

cdef const char *fspec_simd_tier() noexcept nogil:
    return (<const char * (*)() noexcept nogil>table.functions[3])()

cdef const char *fspec_simd_refused() noexcept nogil:
    return (<const char * (*)() noexcept nogil>table.functions[4])()

cdef void fspec_set_allocator(const fspec_allocator *allocator) noexcept nogil:
    (<void (*)(const fspec_allocator *) noexcept nogil>table.functions[5])(allocator)

cdef fspec_status fspec_fftw_load(const char *single_path, const char *double_path, char *message, size_t message_size) noexcept nogil:
    return (<fspec_status (*)(const char *, const char *, char *, size_t) noexcept nogil>table.functions[6])(single_path, double_path, message, message_size)

cdef const char *fspec_fftw_version(int is_double) noexcept nogil:
    return (<const char * (*)(int) noexcept nogil>table.functions[7])(is_double)

cdef const char *fspec_fftw_path(int is_double) noexcept nogil:
    return (<const char * (*)(int) noexcept nogil>table.functions[8])(is_double)

cdef int fspec_lanes_has(int64_t n_fft) noexcept nogil:
    return (<int (*)(int64_t) noexcept nogil>table.functions[9])(n_fft)

cdef void fspec_fft_cache_info(int *n_plans, int *n_in_use) noexcept nogil:
    (<void (*)(int *, int *) noexcept nogil>table.functions[10])(n_plans, n_in_use)

cdef void fspec_fft_cache_clear() noexcept nogil:
    (<void (*)() noexcept nogil>table.functions[11])()

cdef void fspec_call_init(fspec_call *call) noexcept nogil:
    (<void (*)(fspec_call *) noexcept nogil>table.functions[12])(call)

cdef void fspec_frontend_config_init(fspec_frontend_config *config) noexcept nogil:
    (<void (*)(fspec_frontend_config *) noexcept nogil>table.functions[13])(config)

cdef fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend_config *, fspec_frontend **) noexcept nogil>table.functions[14])(config, plan)

cdef void fspec_frontend_free(fspec_frontend *plan) noexcept nogil:
    (<void (*)(fspec_frontend *) noexcept nogil>table.functions[15])(plan)

cdef int64_t fspec_frontend_n_bins(const fspec_frontend *plan) noexcept nogil:
    return (<int64_t (*)(const fspec_frontend *) noexcept nogil>table.functions[16])(plan)

cdef int64_t fspec_frontend_n_frames(const fspec_frontend *plan, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_frontend *, int64_t) noexcept nogil>table.functions[17])(plan, n_samples)

cdef const char *fspec_frontend_engine(const fspec_frontend *plan) noexcept nogil:
    return (<const char * (*)(const fspec_frontend *) noexcept nogil>table.functions[18])(plan)

cdef size_t fspec_frontend_scratch(const fspec_frontend *plan, int64_t n_signals, int64_t n_frames, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_frontend *, int64_t, int64_t, int32_t) noexcept nogil>table.functions[19])(plan, n_signals, n_frames, n_threads)

cdef fspec_status fspec_frontend_exec(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, const fspec_signal *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[20])(plan, signals, out, n_signals, out_dtype, call)

cdef fspec_status fspec_frontend_exec_spectra(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, const fspec_matrix *, fspec_dtype, int64_t, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[21])(plan, spectra, dtype, n_frames, out, n_signals, out_dtype, call)

cdef fspec_status fspec_stream_create(const fspec_frontend *plan, int64_t n_channels, fspec_stream **stream) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, int64_t, fspec_stream **) noexcept nogil>table.functions[22])(plan, n_channels, stream)

cdef void fspec_stream_free(fspec_stream *stream) noexcept nogil:
    (<void (*)(fspec_stream *) noexcept nogil>table.functions[23])(stream)

cdef int64_t fspec_stream_ready(const fspec_stream *stream, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_stream *, int64_t) noexcept nogil>table.functions[24])(stream, n_samples)

cdef int64_t fspec_stream_pending(const fspec_stream *stream) noexcept nogil:
    return (<int64_t (*)(const fspec_stream *) noexcept nogil>table.functions[25])(stream)

cdef fspec_status fspec_stream_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_stream *, const fspec_signal *, const fspec_matrix *, fspec_dtype, const fspec_call *, int64_t *) noexcept nogil>table.functions[26])(stream, chunk, out, out_dtype, call, n_frames)

cdef fspec_status fspec_stream_flush(fspec_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_stream *, const fspec_matrix *, fspec_dtype, const fspec_call *, int64_t *) noexcept nogil>table.functions[27])(stream, out, out_dtype, call, n_frames)

cdef void fspec_stream_reset(fspec_stream *stream) noexcept nogil:
    (<void (*)(fspec_stream *) noexcept nogil>table.functions[28])(stream)

cdef void fspec_istft_config_init(fspec_istft_config *config) noexcept nogil:
    (<void (*)(fspec_istft_config *) noexcept nogil>table.functions[29])(config)

cdef fspec_status fspec_istft_create(const fspec_istft_config *config, fspec_istft **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_istft_config *, fspec_istft **) noexcept nogil>table.functions[30])(config, plan)

cdef void fspec_istft_free(fspec_istft *plan) noexcept nogil:
    (<void (*)(fspec_istft *) noexcept nogil>table.functions[31])(plan)

cdef int64_t fspec_istft_n_samples(const fspec_istft *plan, int64_t n_frames) noexcept nogil:
    return (<int64_t (*)(const fspec_istft *, int64_t) noexcept nogil>table.functions[32])(plan, n_frames)

cdef int64_t fspec_istft_n_frames(const fspec_istft *plan, int64_t n_samples, int64_t n_frames) noexcept nogil:
    return (<int64_t (*)(const fspec_istft *, int64_t, int64_t) noexcept nogil>table.functions[33])(plan, n_samples, n_frames)

cdef fspec_status fspec_istft_exec(const fspec_istft *plan, const fspec_matrix *in_, fspec_dtype in_dtype, int64_t n_frames, const fspec_signal *out, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_istft *, const fspec_matrix *, fspec_dtype, int64_t, const fspec_signal *, int64_t, const fspec_call *) noexcept nogil>table.functions[34])(plan, in_, in_dtype, n_frames, out, n_signals, call)

cdef fspec_status fspec_griffinlim(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum, const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, const fspec_istft *, int64_t, double, const void *, void *, int64_t, void *, int64_t, const fspec_call *) noexcept nogil>table.functions[35])(stft, istft, n_iter, momentum, magnitude, angles, n_frames, y, n_samples, call)

cdef fspec_status fspec_phases(const double *turns, const void *magnitude, void *angles, int64_t n_bins, int64_t n_frames, int64_t pitch, fspec_dtype dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const double *, const void *, void *, int64_t, int64_t, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[36])(turns, magnitude, angles, n_bins, n_frames, pitch, dtype, call)

cdef void fspec_cqt_config_init(fspec_cqt_config *config) noexcept nogil:
    (<void (*)(fspec_cqt_config *) noexcept nogil>table.functions[37])(config)

cdef fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt_config *, fspec_cqt **) noexcept nogil>table.functions[38])(config, plan)

cdef void fspec_cqt_free(fspec_cqt *plan) noexcept nogil:
    (<void (*)(fspec_cqt *) noexcept nogil>table.functions[39])(plan)

cdef int64_t fspec_cqt_n_bins(const fspec_cqt *plan) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt *) noexcept nogil>table.functions[40])(plan)

cdef int64_t fspec_cqt_n_frames(const fspec_cqt *plan, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt *, int64_t) noexcept nogil>table.functions[41])(plan, n_samples)

cdef size_t fspec_cqt_size(const fspec_cqt *plan) noexcept nogil:
    return (<size_t (*)(const fspec_cqt *) noexcept nogil>table.functions[42])(plan)

cdef size_t fspec_cqt_scratch(const fspec_cqt *plan, int64_t n_signals, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_cqt *, int64_t, int32_t) noexcept nogil>table.functions[43])(plan, n_signals, n_threads)

cdef fspec_status fspec_cqt_exec(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, const fspec_signal *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[44])(plan, signals, out, n_signals, out_dtype, call)

cdef fspec_status fspec_cqt_stream_create(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **stream) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, int64_t, fspec_cqt_stream **) noexcept nogil>table.functions[45])(plan, n_channels, stream)

cdef void fspec_cqt_stream_free(fspec_cqt_stream *stream) noexcept nogil:
    (<void (*)(fspec_cqt_stream *) noexcept nogil>table.functions[46])(stream)

cdef int64_t fspec_cqt_stream_ready(const fspec_cqt_stream *stream, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt_stream *, int64_t) noexcept nogil>table.functions[47])(stream, n_samples)

cdef int64_t fspec_cqt_stream_pending(const fspec_cqt_stream *stream) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt_stream *) noexcept nogil>table.functions[48])(stream)

cdef fspec_status fspec_cqt_stream_push(fspec_cqt_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_cqt_stream *, const fspec_signal *, const fspec_matrix *, fspec_dtype, const fspec_call *, int64_t *) noexcept nogil>table.functions[49])(stream, chunk, out, out_dtype, call, n_frames)

cdef fspec_status fspec_cqt_stream_flush(fspec_cqt_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_cqt_stream *, const fspec_matrix *, fspec_dtype, const fspec_call *, int64_t *) noexcept nogil>table.functions[50])(stream, out, out_dtype, call, n_frames)

cdef void fspec_cqt_stream_reset(fspec_cqt_stream *stream) noexcept nogil:
    (<void (*)(fspec_cqt_stream *) noexcept nogil>table.functions[51])(stream)

cdef fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk, fspec_mel_norm norm, int single, double *weights) noexcept nogil:
    return (<fspec_status (*)(double, int64_t, int64_t, double, double, int, fspec_mel_norm, int, double *) noexcept nogil>table.functions[52])(sr, n_fft, n_mels, fmin, fmax, htk, norm, single, weights)

cdef void fspec_hann(int64_t n, int periodic, double *window) noexcept nogil:
    (<void (*)(int64_t, int, double *) noexcept nogil>table.functions[53])(n, periodic, window)

cdef fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_signal *, int64_t, const fspec_call *) noexcept nogil>table.functions[54])(signals, n_signals, call)

cdef fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset, const fspec_call *call, double *largest) noexcept nogil:
    return (<fspec_status (*)(const void *, void *, int64_t, fspec_dtype, double, double, const fspec_call *, double *) noexcept nogil>table.functions[55])(x, out, n, dtype, amin, offset, call, largest)

cdef fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(void *, int64_t, fspec_dtype, double, const fspec_call *) noexcept nogil>table.functions[56])(x, n, dtype, floor, call)

cdef int64_t fspec_once_n_frames(int64_t n_samples, int64_t n_fft, int64_t hop_length) noexcept nogil:
    return (<int64_t (*)(int64_t, int64_t, int64_t) noexcept nogil>table.functions[57])(n_samples, n_fft, hop_length)

cdef fspec_status fspec_once_stft(const float *y, int64_t n_samples, int64_t n_fft, int64_t hop_length, float *X) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, int64_t, int64_t, float *) noexcept nogil>table.functions[58])(y, n_samples, n_fft, hop_length, X)

cdef fspec_status fspec_once_istft(const float *X, int64_t n_frames, int64_t n_fft, int64_t hop_length, float *y, int64_t n_samples) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, int64_t, int64_t, float *, int64_t) noexcept nogil>table.functions[59])(X, n_frames, n_fft, hop_length, y, n_samples)

cdef fspec_status fspec_once_mel(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels, int db, float *out) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, double, int64_t, int64_t, int64_t, int, float *) noexcept nogil>table.functions[60])(y, n_samples, sr, n_fft, hop_length, n_mels, db, out)

cdef fspec_status fspec_once_mfcc(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels, int64_t n_mfcc, float *out) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, double, int64_t, int64_t, int64_t, int64_t, float *) noexcept nogil>table.functions[61])(y, n_samples, sr, n_fft, hop_length, n_mels, n_mfcc, out)

cdef fspec_status fspec_once_cqt(const float *y, int64_t n_samples, double sr, int64_t hop_length, double fmin, int64_t n_bins, int64_t bins_per_octave, float *C) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, double, int64_t, double, int64_t, int64_t, float *) noexcept nogil>table.functions[62])(y, n_samples, sr, hop_length, fmin, n_bins, bins_per_octave, C)

cdef fspec_status fspec_dct(int64_t n, int64_t n_rows, double *matrix) noexcept nogil:
    return (<fspec_status (*)(int64_t, int64_t, double *) noexcept nogil>table.functions[63])(n, n_rows, matrix)
