# cython: language_level=3, freethreading_compatible=True
"""The functions of cfastspec.pxd, through the table of fastspec._core. Made by scripts/make_api.py from fastspec.h; do not edit."""

from cpython.pycapsule cimport PyCapsule_GetPointer

from fastspec._core import _C_API

ctypedef void (*function)() noexcept nogil
cdef struct Table:
    size_t size
    int32_t abi
    function functions[176]

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

cdef fspec_status fspec_rephase(const void *now, const void *before, const void *target, void *out, int64_t n, fspec_dtype dtype, double k, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const void *, const void *, const void *, void *, int64_t, fspec_dtype, double, const fspec_call *) noexcept nogil>table.functions[37])(now, before, target, out, n, dtype, k, call)

cdef void fspec_chroma_config_init(fspec_chroma_config *config) noexcept nogil:
    (<void (*)(fspec_chroma_config *) noexcept nogil>table.functions[38])(config)

cdef fspec_status fspec_chroma_create(const fspec_chroma_config *config, fspec_chroma **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_chroma_config *, fspec_chroma **) noexcept nogil>table.functions[39])(config, plan)

cdef void fspec_chroma_free(fspec_chroma *plan) noexcept nogil:
    (<void (*)(fspec_chroma *) noexcept nogil>table.functions[40])(plan)

cdef fspec_status fspec_chroma_exec(const fspec_chroma *plan, const fspec_matrix *in_, fspec_dtype in_dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_chroma *, const fspec_matrix *, fspec_dtype, int64_t, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[41])(plan, in_, in_dtype, n_frames, out, n_items, out_dtype, call)

cdef void fspec_cqt_config_init(fspec_cqt_config *config) noexcept nogil:
    (<void (*)(fspec_cqt_config *) noexcept nogil>table.functions[42])(config)

cdef fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt_config *, fspec_cqt **) noexcept nogil>table.functions[43])(config, plan)

cdef void fspec_cqt_free(fspec_cqt *plan) noexcept nogil:
    (<void (*)(fspec_cqt *) noexcept nogil>table.functions[44])(plan)

cdef int64_t fspec_cqt_n_bins(const fspec_cqt *plan) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt *) noexcept nogil>table.functions[45])(plan)

cdef int64_t fspec_cqt_n_frames(const fspec_cqt *plan, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt *, int64_t) noexcept nogil>table.functions[46])(plan, n_samples)

cdef size_t fspec_cqt_size(const fspec_cqt *plan) noexcept nogil:
    return (<size_t (*)(const fspec_cqt *) noexcept nogil>table.functions[47])(plan)

cdef size_t fspec_cqt_scratch(const fspec_cqt *plan, int64_t n_signals, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_cqt *, int64_t, int32_t) noexcept nogil>table.functions[48])(plan, n_signals, n_threads)

cdef fspec_status fspec_cqt_exec(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, const fspec_signal *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[49])(plan, signals, out, n_signals, out_dtype, call)

cdef fspec_status fspec_cqt_stream_create(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **stream) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, int64_t, fspec_cqt_stream **) noexcept nogil>table.functions[50])(plan, n_channels, stream)

cdef void fspec_cqt_stream_free(fspec_cqt_stream *stream) noexcept nogil:
    (<void (*)(fspec_cqt_stream *) noexcept nogil>table.functions[51])(stream)

cdef int64_t fspec_cqt_stream_ready(const fspec_cqt_stream *stream, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt_stream *, int64_t) noexcept nogil>table.functions[52])(stream, n_samples)

cdef int64_t fspec_cqt_stream_pending(const fspec_cqt_stream *stream) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt_stream *) noexcept nogil>table.functions[53])(stream)

cdef fspec_status fspec_cqt_stream_push(fspec_cqt_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_cqt_stream *, const fspec_signal *, const fspec_matrix *, fspec_dtype, const fspec_call *, int64_t *) noexcept nogil>table.functions[54])(stream, chunk, out, out_dtype, call, n_frames)

cdef fspec_status fspec_cqt_stream_flush(fspec_cqt_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_cqt_stream *, const fspec_matrix *, fspec_dtype, const fspec_call *, int64_t *) noexcept nogil>table.functions[55])(stream, out, out_dtype, call, n_frames)

cdef void fspec_cqt_stream_reset(fspec_cqt_stream *stream) noexcept nogil:
    (<void (*)(fspec_cqt_stream *) noexcept nogil>table.functions[56])(stream)

cdef void fspec_icqt_config_init(fspec_icqt_config *config) noexcept nogil:
    (<void (*)(fspec_icqt_config *) noexcept nogil>table.functions[57])(config)

cdef fspec_status fspec_icqt_create(const fspec_cqt *forward, const fspec_icqt_config *config, fspec_icqt **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, const fspec_icqt_config *, fspec_icqt **) noexcept nogil>table.functions[58])(forward, config, plan)

cdef void fspec_icqt_free(fspec_icqt *plan) noexcept nogil:
    (<void (*)(fspec_icqt *) noexcept nogil>table.functions[59])(plan)

cdef size_t fspec_icqt_scratch(const fspec_icqt *plan, int64_t n_samples, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_icqt *, int64_t, int32_t) noexcept nogil>table.functions[60])(plan, n_samples, n_threads)

cdef fspec_status fspec_icqt_exec(const fspec_icqt *plan, const fspec_matrix *in_, fspec_dtype in_dtype, int64_t n_frames, const fspec_signal *out, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_icqt *, const fspec_matrix *, fspec_dtype, int64_t, const fspec_signal *, int64_t, const fspec_call *) noexcept nogil>table.functions[61])(plan, in_, in_dtype, n_frames, out, n_signals, call)

cdef fspec_status fspec_icqt_solve(const fspec_cqt *forward, const fspec_icqt *adjoint, const fspec_matrix *in_, fspec_dtype in_dtype, int64_t n_frames, const double *gains, int64_t n_iter, double tol, double damping, const fspec_signal *out, int64_t n_signals, const fspec_call *call, double *residuals, int64_t *iterations) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, const fspec_icqt *, const fspec_matrix *, fspec_dtype, int64_t, const double *, int64_t, double, double, const fspec_signal *, int64_t, const fspec_call *, double *, int64_t *) noexcept nogil>table.functions[62])(forward, adjoint, in_, in_dtype, n_frames, gains, n_iter, tol, damping, out, n_signals, call, residuals, iterations)

cdef int64_t fspec_nsgt_fast_length(int64_t n, int64_t multiple) noexcept nogil:
    return (<int64_t (*)(int64_t, int64_t) noexcept nogil>table.functions[63])(n, multiple)

cdef void fspec_nsgt_config_init(fspec_nsgt_config *config) noexcept nogil:
    (<void (*)(fspec_nsgt_config *) noexcept nogil>table.functions[64])(config)

cdef fspec_status fspec_nsgt_create(const fspec_nsgt_config *config, fspec_nsgt **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_nsgt_config *, fspec_nsgt **) noexcept nogil>table.functions[65])(config, plan)

cdef void fspec_nsgt_free(fspec_nsgt *plan) noexcept nogil:
    (<void (*)(fspec_nsgt *) noexcept nogil>table.functions[66])(plan)

cdef int64_t fspec_nsgt_n_bands(const fspec_nsgt *plan) noexcept nogil:
    return (<int64_t (*)(const fspec_nsgt *) noexcept nogil>table.functions[67])(plan)

cdef int64_t fspec_nsgt_n_coefficients(const fspec_nsgt *plan, int64_t band) noexcept nogil:
    return (<int64_t (*)(const fspec_nsgt *, int64_t) noexcept nogil>table.functions[68])(plan, band)

cdef size_t fspec_nsgt_size(const fspec_nsgt *plan) noexcept nogil:
    return (<size_t (*)(const fspec_nsgt *) noexcept nogil>table.functions[69])(plan)

cdef size_t fspec_nsgt_scratch(const fspec_nsgt *plan, int64_t n_signals, int64_t n_blocks, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_nsgt *, int64_t, int64_t, int32_t) noexcept nogil>table.functions[70])(plan, n_signals, n_blocks, n_threads)

cdef fspec_status fspec_nsgt_exec(const fspec_nsgt *plan, const fspec_signal *signals, int64_t first, int64_t n_blocks, const fspec_matrix *bands, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_nsgt *, const fspec_signal *, int64_t, int64_t, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[71])(plan, signals, first, n_blocks, bands, n_signals, out_dtype, call)

cdef fspec_status fspec_nsgt_inverse(const fspec_nsgt *plan, const fspec_matrix *bands, fspec_dtype in_dtype, int64_t first, int64_t n_blocks, const fspec_signal *out, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_nsgt *, const fspec_matrix *, fspec_dtype, int64_t, int64_t, const fspec_signal *, int64_t, const fspec_call *) noexcept nogil>table.functions[72])(plan, bands, in_dtype, first, n_blocks, out, n_signals, call)

cdef void fspec_tuning_config_init(fspec_tuning_config *config) noexcept nogil:
    (<void (*)(fspec_tuning_config *) noexcept nogil>table.functions[73])(config)

cdef fspec_status fspec_tuning_create(const fspec_tuning_config *config, fspec_tuning **tuning) noexcept nogil:
    return (<fspec_status (*)(const fspec_tuning_config *, fspec_tuning **) noexcept nogil>table.functions[74])(config, tuning)

cdef void fspec_tuning_free(fspec_tuning *tuning) noexcept nogil:
    (<void (*)(fspec_tuning *) noexcept nogil>table.functions[75])(tuning)

cdef void fspec_tuning_reset(fspec_tuning *tuning) noexcept nogil:
    (<void (*)(fspec_tuning *) noexcept nogil>table.functions[76])(tuning)

cdef fspec_status fspec_tuning_add_signals(fspec_tuning *tuning, const fspec_frontend *plan, const fspec_signal *signals, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(fspec_tuning *, const fspec_frontend *, const fspec_signal *, int64_t, const fspec_call *) noexcept nogil>table.functions[77])(tuning, plan, signals, n_signals, call)

cdef fspec_status fspec_tuning_add_spectra(fspec_tuning *tuning, const fspec_matrix *spectra, const fspec_matrix *reference, int64_t n_frames, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(fspec_tuning *, const fspec_matrix *, const fspec_matrix *, int64_t, int64_t, const fspec_call *) noexcept nogil>table.functions[78])(tuning, spectra, reference, n_frames, n_signals, call)

cdef fspec_status fspec_tuning_finish(fspec_tuning *tuning, double *result, int64_t *n_peaks) noexcept nogil:
    return (<fspec_status (*)(fspec_tuning *, double *, int64_t *) noexcept nogil>table.functions[79])(tuning, result, n_peaks)

cdef fspec_status fspec_pitch_tuning(const void *frequencies, int64_t n, fspec_dtype dtype, double resolution, int64_t bins_per_octave, double *result, int64_t *n_pitches) noexcept nogil:
    return (<fspec_status (*)(const void *, int64_t, fspec_dtype, double, int64_t, double *, int64_t *) noexcept nogil>table.functions[80])(frequencies, n, dtype, resolution, bins_per_octave, result, n_pitches)

cdef fspec_status fspec_piptrack_signals(const fspec_tuning_config *config, const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *pitches, const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_tuning_config *, const fspec_frontend *, const fspec_signal *, const fspec_matrix *, const fspec_matrix *, int64_t, const fspec_call *) noexcept nogil>table.functions[81])(config, plan, signals, pitches, magnitudes, n_signals, call)

cdef fspec_status fspec_piptrack_spectra(const fspec_tuning_config *config, const fspec_matrix *spectra, const fspec_matrix *reference, int64_t n_frames, const fspec_matrix *pitches, const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_tuning_config *, const fspec_matrix *, const fspec_matrix *, int64_t, const fspec_matrix *, const fspec_matrix *, int64_t, const fspec_call *) noexcept nogil>table.functions[82])(config, spectra, reference, n_frames, pitches, magnitudes, n_signals, call)

cdef int64_t fspec_once_n_frames(int64_t n_samples, int64_t n_fft, int64_t hop_length) noexcept nogil:
    return (<int64_t (*)(int64_t, int64_t, int64_t) noexcept nogil>table.functions[83])(n_samples, n_fft, hop_length)

cdef fspec_status fspec_once_stft(const float *y, int64_t n_samples, int64_t n_fft, int64_t hop_length, float *X) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, int64_t, int64_t, float *) noexcept nogil>table.functions[84])(y, n_samples, n_fft, hop_length, X)

cdef fspec_status fspec_once_istft(const float *X, int64_t n_frames, int64_t n_fft, int64_t hop_length, float *y, int64_t n_samples) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, int64_t, int64_t, float *, int64_t) noexcept nogil>table.functions[85])(X, n_frames, n_fft, hop_length, y, n_samples)

cdef fspec_status fspec_once_mel(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels, int db, float *out) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, double, int64_t, int64_t, int64_t, int, float *) noexcept nogil>table.functions[86])(y, n_samples, sr, n_fft, hop_length, n_mels, db, out)

cdef fspec_status fspec_once_mfcc(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length, int64_t n_mels, int64_t n_mfcc, float *out) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, double, int64_t, int64_t, int64_t, int64_t, float *) noexcept nogil>table.functions[87])(y, n_samples, sr, n_fft, hop_length, n_mels, n_mfcc, out)

cdef fspec_status fspec_once_cqt(const float *y, int64_t n_samples, double sr, int64_t hop_length, double fmin, int64_t n_bins, int64_t bins_per_octave, float *C) noexcept nogil:
    return (<fspec_status (*)(const float *, int64_t, double, int64_t, double, int64_t, int64_t, float *) noexcept nogil>table.functions[88])(y, n_samples, sr, hop_length, fmin, n_bins, bins_per_octave, C)

cdef fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk, fspec_mel_norm norm, int single, double *weights) noexcept nogil:
    return (<fspec_status (*)(double, int64_t, int64_t, double, double, int, fspec_mel_norm, int, double *) noexcept nogil>table.functions[89])(sr, n_fft, n_mels, fmin, fmax, htk, norm, single, weights)

cdef fspec_status fspec_dct(int64_t n, int64_t n_rows, double *matrix) noexcept nogil:
    return (<fspec_status (*)(int64_t, int64_t, double *) noexcept nogil>table.functions[90])(n, n_rows, matrix)

cdef void fspec_hann(int64_t n, int periodic, double *window) noexcept nogil:
    (<void (*)(int64_t, int, double *) noexcept nogil>table.functions[91])(n, periodic, window)

cdef fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_signal *, int64_t, const fspec_call *) noexcept nogil>table.functions[92])(signals, n_signals, call)

cdef fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset, const fspec_call *call, double *largest) noexcept nogil:
    return (<fspec_status (*)(const void *, void *, int64_t, fspec_dtype, double, double, const fspec_call *, double *) noexcept nogil>table.functions[93])(x, out, n, dtype, amin, offset, call, largest)

cdef fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(void *, int64_t, fspec_dtype, double, const fspec_call *) noexcept nogil>table.functions[94])(x, n, dtype, floor, call)

cdef fspec_status fspec_nsgt_counts(const fspec_nsgt_config *config, int64_t *counts) noexcept nogil:
    return (<fspec_status (*)(const fspec_nsgt_config *, int64_t *) noexcept nogil>table.functions[95])(config, counts)

cdef fspec_status fspec_stream_copy(const fspec_stream *stream, fspec_stream **copy) noexcept nogil:
    return (<fspec_status (*)(const fspec_stream *, fspec_stream **) noexcept nogil>table.functions[96])(stream, copy)

cdef int64_t fspec_stream_latency(const fspec_stream *stream) noexcept nogil:
    return (<int64_t (*)(const fspec_stream *) noexcept nogil>table.functions[97])(stream)

cdef fspec_status fspec_istft_stream_create(const fspec_istft *plan, int64_t n_channels, fspec_istft_stream **stream) noexcept nogil:
    return (<fspec_status (*)(const fspec_istft *, int64_t, fspec_istft_stream **) noexcept nogil>table.functions[98])(plan, n_channels, stream)

cdef void fspec_istft_stream_free(fspec_istft_stream *stream) noexcept nogil:
    (<void (*)(fspec_istft_stream *) noexcept nogil>table.functions[99])(stream)

cdef void fspec_istft_stream_reset(fspec_istft_stream *stream) noexcept nogil:
    (<void (*)(fspec_istft_stream *) noexcept nogil>table.functions[100])(stream)

cdef fspec_status fspec_istft_stream_copy(const fspec_istft_stream *stream, fspec_istft_stream **copy) noexcept nogil:
    return (<fspec_status (*)(const fspec_istft_stream *, fspec_istft_stream **) noexcept nogil>table.functions[101])(stream, copy)

cdef int64_t fspec_istft_stream_latency(const fspec_istft_stream *stream) noexcept nogil:
    return (<int64_t (*)(const fspec_istft_stream *) noexcept nogil>table.functions[102])(stream)

cdef int64_t fspec_istft_stream_ready(const fspec_istft_stream *stream, int64_t n_frames) noexcept nogil:
    return (<int64_t (*)(const fspec_istft_stream *, int64_t) noexcept nogil>table.functions[103])(stream, n_frames)

cdef int64_t fspec_istft_stream_pending(const fspec_istft_stream *stream, int64_t length) noexcept nogil:
    return (<int64_t (*)(const fspec_istft_stream *, int64_t) noexcept nogil>table.functions[104])(stream, length)

cdef fspec_status fspec_istft_stream_push(fspec_istft_stream *stream, const fspec_matrix *in_, fspec_dtype in_dtype, int64_t n_frames, const fspec_signal *out, const fspec_call *call, int64_t *n_samples) noexcept nogil:
    return (<fspec_status (*)(fspec_istft_stream *, const fspec_matrix *, fspec_dtype, int64_t, const fspec_signal *, const fspec_call *, int64_t *) noexcept nogil>table.functions[105])(stream, in_, in_dtype, n_frames, out, call, n_samples)

cdef fspec_status fspec_istft_stream_flush(fspec_istft_stream *stream, int64_t length, const fspec_signal *out, const fspec_call *call, int64_t *n_samples) noexcept nogil:
    return (<fspec_status (*)(fspec_istft_stream *, int64_t, const fspec_signal *, const fspec_call *, int64_t *) noexcept nogil>table.functions[106])(stream, length, out, call, n_samples)

cdef fspec_status fspec_cqt_stream_copy(const fspec_cqt_stream *stream, fspec_cqt_stream **copy) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt_stream *, fspec_cqt_stream **) noexcept nogil>table.functions[107])(stream, copy)

cdef int64_t fspec_cqt_stream_latency(const fspec_cqt_stream *stream) noexcept nogil:
    return (<int64_t (*)(const fspec_cqt_stream *) noexcept nogil>table.functions[108])(stream)

cdef fspec_status fspec_frontend_needs(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin, int64_t *end) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, int64_t, int64_t, int64_t, int64_t *, int64_t *) noexcept nogil>table.functions[109])(plan, total, first, n_frames, begin, end)

cdef fspec_status fspec_frontend_exec_part(const fspec_frontend *plan, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, const fspec_part *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[110])(plan, parts, out, n_parts, out_dtype, call)

cdef size_t fspec_frontend_memory(const fspec_frontend *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_frontend *, int64_t, int64_t, int32_t) noexcept nogil>table.functions[111])(plan, n_signals, n_samples, n_threads)

cdef double fspec_frontend_flops(const fspec_frontend *plan, int64_t n_samples) noexcept nogil:
    return (<double (*)(const fspec_frontend *, int64_t) noexcept nogil>table.functions[112])(plan, n_samples)

cdef fspec_status fspec_cqt_needs(const fspec_cqt *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin, int64_t *end) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, int64_t, int64_t, int64_t, int64_t *, int64_t *) noexcept nogil>table.functions[113])(plan, total, first, n_frames, begin, end)

cdef fspec_status fspec_cqt_exec_part(const fspec_cqt *plan, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, const fspec_part *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[114])(plan, parts, out, n_parts, out_dtype, call)

cdef size_t fspec_cqt_memory(const fspec_cqt *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_cqt *, int64_t, int64_t, int32_t) noexcept nogil>table.functions[115])(plan, n_signals, n_samples, n_threads)

cdef double fspec_cqt_flops(const fspec_cqt *plan, int64_t n_samples) noexcept nogil:
    return (<double (*)(const fspec_cqt *, int64_t) noexcept nogil>table.functions[116])(plan, n_samples)

cdef double fspec_nsgt_flops(const fspec_nsgt *plan) noexcept nogil:
    return (<double (*)(const fspec_nsgt *) noexcept nogil>table.functions[117])(plan)

cdef int64_t fspec_thread_bytes() noexcept nogil:
    return (<int64_t (*)() noexcept nogil>table.functions[118])()

cdef void fspec_scratch_limit(size_t bytes) noexcept nogil:
    (<void (*)(size_t) noexcept nogil>table.functions[119])(bytes)

cdef void fspec_scratch_info(size_t *limit, size_t *idle, int64_t *n_blocks, int64_t *reused, int64_t *allocated) noexcept nogil:
    (<void (*)(size_t *, size_t *, int64_t *, int64_t *, int64_t *) noexcept nogil>table.functions[120])(limit, idle, n_blocks, reused, allocated)

cdef void fspec_scratch_trim() noexcept nogil:
    (<void (*)() noexcept nogil>table.functions[121])()

cdef void fspec_call_scratch_limit(size_t bytes) noexcept nogil:
    (<void (*)(size_t) noexcept nogil>table.functions[122])(bytes)

cdef size_t fspec_scratch_refused() noexcept nogil:
    return (<size_t (*)() noexcept nogil>table.functions[123])()

cdef void fspec_pcen_config_init(fspec_pcen_config *config) noexcept nogil:
    (<void (*)(fspec_pcen_config *) noexcept nogil>table.functions[124])(config)

cdef fspec_status fspec_pcen(const fspec_pcen_config *config, const fspec_matrix *x, const fspec_matrix *ref, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, double *state, const fspec_matrix *out, fspec_dtype out_dtype, int64_t n_items, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_pcen_config *, const fspec_matrix *, const fspec_matrix *, fspec_dtype, int64_t, int64_t, double *, const fspec_matrix *, fspec_dtype, int64_t, const fspec_call *) noexcept nogil>table.functions[125])(config, x, ref, dtype, n_bands, n_frames, state, out, out_dtype, n_items, call)

cdef fspec_status fspec_filter_rows(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, int64_t step, const double *taps, int64_t n_taps, void *out, int64_t out_pitch, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const void *, int64_t, fspec_dtype, int64_t, int64_t, int64_t, const double *, int64_t, void *, int64_t, const fspec_call *) noexcept nogil>table.functions[126])(x, x_pitch, dtype, n_rows, n, step, taps, n_taps, out, out_pitch, call)

cdef fspec_status fspec_group_create(const fspec_frontend *plan, int64_t capacity, fspec_group **group) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, int64_t, fspec_group **) noexcept nogil>table.functions[127])(plan, capacity, group)

cdef fspec_status fspec_group_create_cqt(const fspec_cqt *plan, int64_t capacity, fspec_group **group) noexcept nogil:
    return (<fspec_status (*)(const fspec_cqt *, int64_t, fspec_group **) noexcept nogil>table.functions[128])(plan, capacity, group)

cdef void fspec_group_free(fspec_group *group) noexcept nogil:
    (<void (*)(fspec_group *) noexcept nogil>table.functions[129])(group)

cdef size_t fspec_group_member_size(const fspec_group *group) noexcept nogil:
    return (<size_t (*)(const fspec_group *) noexcept nogil>table.functions[130])(group)

cdef fspec_status fspec_group_join(fspec_group *group, int64_t *id) noexcept nogil:
    return (<fspec_status (*)(fspec_group *, int64_t *) noexcept nogil>table.functions[131])(group, id)

cdef fspec_status fspec_group_leave(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit) noexcept nogil:
    return (<fspec_status (*)(fspec_group *, const int64_t *, int64_t, int64_t *) noexcept nogil>table.functions[132])(group, ids, n, culprit)

cdef fspec_status fspec_group_reset(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit) noexcept nogil:
    return (<fspec_status (*)(fspec_group *, const int64_t *, int64_t, int64_t *) noexcept nogil>table.functions[133])(group, ids, n, culprit)

cdef int64_t fspec_group_members(const fspec_group *group, int64_t *ids) noexcept nogil:
    return (<int64_t (*)(const fspec_group *, int64_t *) noexcept nogil>table.functions[134])(group, ids)

cdef fspec_group_state fspec_group_state_of(const fspec_group *group, int64_t id) noexcept nogil:
    return (<fspec_group_state (*)(const fspec_group *, int64_t) noexcept nogil>table.functions[135])(group, id)

cdef fspec_status fspec_group_ready(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n, int64_t *counts, int64_t *total, int64_t *culprit) noexcept nogil:
    return (<fspec_status (*)(fspec_group *, const int64_t *, const fspec_signal *, int64_t, int64_t *, int64_t *, int64_t *) noexcept nogil>table.functions[136])(group, ids, chunks, n, counts, total, culprit)

cdef fspec_status fspec_group_push(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n, const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit) noexcept nogil:
    return (<fspec_status (*)(fspec_group *, const int64_t *, const fspec_signal *, int64_t, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *, int64_t *, int64_t *) noexcept nogil>table.functions[137])(group, ids, chunks, n, out, room, out_dtype, call, counts, culprit)

cdef fspec_status fspec_group_flush(fspec_group *group, const int64_t *ids, int64_t n, const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit) noexcept nogil:
    return (<fspec_status (*)(fspec_group *, const int64_t *, int64_t, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *, int64_t *, int64_t *) noexcept nogil>table.functions[138])(group, ids, n, out, room, out_dtype, call, counts, culprit)

cdef void fspec_spectral_config_init(fspec_spectral_config *config) noexcept nogil:
    (<void (*)(fspec_spectral_config *) noexcept nogil>table.functions[139])(config)

cdef fspec_status fspec_spectral_create(const fspec_spectral_config *config, fspec_spectral **spectral) noexcept nogil:
    return (<fspec_status (*)(const fspec_spectral_config *, fspec_spectral **) noexcept nogil>table.functions[140])(config, spectral)

cdef void fspec_spectral_free(fspec_spectral *spectral) noexcept nogil:
    (<void (*)(fspec_spectral *) noexcept nogil>table.functions[141])(spectral)

cdef int64_t fspec_spectral_n_rows(const fspec_spectral *spectral) noexcept nogil:
    return (<int64_t (*)(const fspec_spectral *) noexcept nogil>table.functions[142])(spectral)

cdef fspec_status fspec_spectral_exec(const fspec_spectral *spectral, const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_spectral *, const fspec_frontend *, const fspec_signal *, const fspec_matrix *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[143])(spectral, plan, signals, centroid, out, n_signals, out_dtype, call)

cdef fspec_status fspec_spectral_exec_spectra(const fspec_spectral *spectral, const fspec_matrix *spectra, int64_t n_frames, const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_spectral *, const fspec_matrix *, int64_t, const fspec_matrix *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[144])(spectral, spectra, n_frames, centroid, out, n_items, out_dtype, call)

cdef void fspec_frames_config_init(fspec_frames_config *config) noexcept nogil:
    (<void (*)(fspec_frames_config *) noexcept nogil>table.functions[145])(config)

cdef int64_t fspec_frames_count(const fspec_frames_config *config, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_frames_config *, int64_t) noexcept nogil>table.functions[146])(config, n_samples)

cdef fspec_status fspec_frames_exec(const fspec_frames_config *config, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_frames_config *, const fspec_signal *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[147])(config, signals, out, n_signals, out_dtype, call)

cdef fspec_status fspec_one_pole(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, double coef, double *state, void *out, int64_t out_pitch, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const void *, int64_t, fspec_dtype, int64_t, int64_t, double, double *, void *, int64_t, const fspec_call *) noexcept nogil>table.functions[148])(x, x_pitch, dtype, n_rows, n, coef, state, out, out_pitch, call)

cdef fspec_status fspec_median(const fspec_matrix *x, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, int64_t size, const fspec_matrix *out, int64_t n_items, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_matrix *, fspec_dtype, int64_t, int64_t, int64_t, const fspec_matrix *, int64_t, const fspec_call *) noexcept nogil>table.functions[149])(x, dtype, n_bands, n_frames, size, out, n_items, call)

cdef void fspec_feature_init(fspec_feature *feature) noexcept nogil:
    (<void (*)(fspec_feature *) noexcept nogil>table.functions[150])(feature)

cdef fspec_status fspec_features_create(const fspec_frontend *frames, const fspec_feature *features, int64_t n_features, fspec_features **result) noexcept nogil:
    return (<fspec_status (*)(const fspec_frontend *, const fspec_feature *, int64_t, fspec_features **) noexcept nogil>table.functions[151])(frames, features, n_features, result)

cdef void fspec_features_free(fspec_features *features) noexcept nogil:
    (<void (*)(fspec_features *) noexcept nogil>table.functions[152])(features)

cdef int64_t fspec_features_n_rows(const fspec_features *features, int64_t feature) noexcept nogil:
    return (<int64_t (*)(const fspec_features *, int64_t) noexcept nogil>table.functions[153])(features, feature)

cdef fspec_status fspec_features_exec(const fspec_features *features, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals, const fspec_dtype *dtypes, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_features *, const fspec_signal *, const fspec_matrix *, int64_t, const fspec_dtype *, const fspec_call *) noexcept nogil>table.functions[154])(features, signals, out, n_signals, dtypes, call)

cdef fspec_status fspec_features_exec_part(const fspec_features *features, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts, const fspec_dtype *dtypes, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_features *, const fspec_part *, const fspec_matrix *, int64_t, const fspec_dtype *, const fspec_call *) noexcept nogil>table.functions[155])(features, parts, out, n_parts, dtypes, call)

cdef size_t fspec_features_memory(const fspec_features *features, int64_t n_signals, int64_t n_samples, int32_t n_threads) noexcept nogil:
    return (<size_t (*)(const fspec_features *, int64_t, int64_t, int32_t) noexcept nogil>table.functions[156])(features, n_signals, n_samples, n_threads)

cdef double fspec_features_flops(const fspec_features *features, int64_t n_samples) noexcept nogil:
    return (<double (*)(const fspec_features *, int64_t) noexcept nogil>table.functions[157])(features, n_samples)

cdef fspec_status fspec_features_stream_create(const fspec_features *features, int64_t n_channels, fspec_stream **stream) noexcept nogil:
    return (<fspec_status (*)(const fspec_features *, int64_t, fspec_stream **) noexcept nogil>table.functions[158])(features, n_channels, stream)

cdef fspec_status fspec_features_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out, const fspec_dtype *dtypes, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_stream *, const fspec_signal *, const fspec_matrix *, const fspec_dtype *, const fspec_call *, int64_t *) noexcept nogil>table.functions[159])(stream, chunk, out, dtypes, call, n_frames)

cdef fspec_status fspec_features_flush(fspec_stream *stream, const fspec_matrix *out, const fspec_dtype *dtypes, const fspec_call *call, int64_t *n_frames) noexcept nogil:
    return (<fspec_status (*)(fspec_stream *, const fspec_matrix *, const fspec_dtype *, const fspec_call *, int64_t *) noexcept nogil>table.functions[160])(stream, out, dtypes, call, n_frames)

cdef fspec_status fspec_db_to_power(const void *x, void *out, int64_t n, fspec_dtype dtype, const fspec_call *call, int *left_range) noexcept nogil:
    return (<fspec_status (*)(const void *, void *, int64_t, fspec_dtype, const fspec_call *, int *) noexcept nogil>table.functions[161])(x, out, n, dtype, call, left_range)

cdef fspec_status fspec_rms_spectra(const fspec_matrix *spectra, fspec_dtype dtype, int64_t n_fft, int64_t n_frames, const fspec_matrix *out, fspec_dtype out_dtype, int64_t n_items, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_matrix *, fspec_dtype, int64_t, int64_t, const fspec_matrix *, fspec_dtype, int64_t, const fspec_call *) noexcept nogil>table.functions[162])(spectra, dtype, n_fft, n_frames, out, out_dtype, n_items, call)

cdef fspec_status fspec_bands_inverse(const double *matrix, int64_t n_bands, int64_t n_bins, double power, const fspec_matrix *bands, fspec_dtype dtype, int64_t n_frames, const fspec_matrix *out, int64_t n_items, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const double *, int64_t, int64_t, double, const fspec_matrix *, fspec_dtype, int64_t, const fspec_matrix *, int64_t, const fspec_call *) noexcept nogil>table.functions[163])(matrix, n_bands, n_bins, power, bands, dtype, n_frames, out, n_items, call)

cdef fspec_status fspec_phase_vocoder(const fspec_matrix *spectra, const fspec_matrix *phases, fspec_dtype dtype, int64_t n_bins, int64_t n_frames, const double *advance, double rate, const fspec_matrix *out, int64_t n_steps, int64_t n_items, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_matrix *, const fspec_matrix *, fspec_dtype, int64_t, int64_t, const double *, double, const fspec_matrix *, int64_t, int64_t, const fspec_call *) noexcept nogil>table.functions[164])(spectra, phases, dtype, n_bins, n_frames, advance, rate, out, n_steps, n_items, call)

cdef void fspec_yin_config_init(fspec_yin_config *config) noexcept nogil:
    (<void (*)(fspec_yin_config *) noexcept nogil>table.functions[165])(config)

cdef fspec_status fspec_yin_create(const fspec_yin_config *config, fspec_yin **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_yin_config *, fspec_yin **) noexcept nogil>table.functions[166])(config, plan)

cdef void fspec_yin_free(fspec_yin *plan) noexcept nogil:
    (<void (*)(fspec_yin *) noexcept nogil>table.functions[167])(plan)

cdef int64_t fspec_yin_n_frames(const fspec_yin *plan, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_yin *, int64_t) noexcept nogil>table.functions[168])(plan, n_samples)

cdef fspec_status fspec_yin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_yin *, const fspec_signal *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[169])(plan, signals, f0, n_signals, out_dtype, call)

cdef fspec_status fspec_pyin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, const fspec_matrix *voiced, const fspec_matrix *voiced_prob, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_yin *, const fspec_signal *, const fspec_matrix *, const fspec_matrix *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[170])(plan, signals, f0, voiced, voiced_prob, n_signals, out_dtype, call)

cdef void fspec_reassigned_config_init(fspec_reassigned_config *config) noexcept nogil:
    (<void (*)(fspec_reassigned_config *) noexcept nogil>table.functions[171])(config)

cdef fspec_status fspec_reassigned_create(const fspec_reassigned_config *config, fspec_reassigned **plan) noexcept nogil:
    return (<fspec_status (*)(const fspec_reassigned_config *, fspec_reassigned **) noexcept nogil>table.functions[172])(config, plan)

cdef void fspec_reassigned_free(fspec_reassigned *plan) noexcept nogil:
    (<void (*)(fspec_reassigned *) noexcept nogil>table.functions[173])(plan)

cdef int64_t fspec_reassigned_n_frames(const fspec_reassigned *plan, int64_t n_samples) noexcept nogil:
    return (<int64_t (*)(const fspec_reassigned *, int64_t) noexcept nogil>table.functions[174])(plan, n_samples)

cdef fspec_status fspec_reassigned_exec(const fspec_reassigned *plan, const fspec_signal *signals, const fspec_matrix *spectra, const fspec_matrix *frequencies, const fspec_matrix *times, const fspec_matrix *magnitudes, int64_t n_signals, fspec_dtype dtype, const fspec_call *call) noexcept nogil:
    return (<fspec_status (*)(const fspec_reassigned *, const fspec_signal *, const fspec_matrix *, const fspec_matrix *, const fspec_matrix *, const fspec_matrix *, int64_t, fspec_dtype, const fspec_call *) noexcept nogil>table.functions[175])(plan, signals, spectra, frequencies, times, magnitudes, n_signals, dtype, call)
