# Declarations of csrc/fastspec.h. Included by _core.pyx.

cdef extern from "fastspec.h" nogil:
    ctypedef enum fspec_status:
        FSPEC_OK
        FSPEC_NO_MEMORY
        FSPEC_TOO_LARGE
        FSPEC_CANCELLED
        FSPEC_NO_ENGINE
        FSPEC_ENGINE_FAILED
        FSPEC_BAD_ARGUMENT
        FSPEC_NOT_FINITE
        FSPEC_TOO_SHORT
        FSPEC_BAD_DATA_TYPE
        FSPEC_NOT_STREAMABLE
        FSPEC_AGAIN
        FSPEC_OVER_LIMIT
    ctypedef enum fspec_dtype:
        FSPEC_FLOAT32
        FSPEC_FLOAT64
        FSPEC_INT16
        FSPEC_COMPLEX64
        FSPEC_COMPLEX128
    ctypedef enum fspec_precision:
        FSPEC_SINGLE
        FSPEC_DOUBLE
    ctypedef enum fspec_engine:
        pass
    ctypedef enum fspec_effort:
        pass
    ctypedef enum fspec_pad_mode:
        pass
    ctypedef enum fspec_output:
        pass
    ctypedef enum fspec_log:
        pass
    ctypedef enum fspec_norm:
        FSPEC_NORM_NONE
        FSPEC_NORM_MAX
        FSPEC_NORM_MIN
        FSPEC_NORM_COUNT
        FSPEC_NORM_P
    ctypedef enum fspec_mel_norm:
        pass
    ctypedef enum fspec_energy:
        pass
    ctypedef enum fspec_normalize:
        pass
    ctypedef enum fspec_norm_eps:
        pass
    ctypedef enum fspec_stack_end:
        pass
    ctypedef int (*fspec_cancel_fn)(void *user) noexcept nogil
    ctypedef struct fspec_call:
        int32_t n_threads
        int32_t whole_array
        fspec_cancel_fn cancel
        void *cancel_user
        void *scratch
        size_t scratch_size
    ctypedef struct fspec_signal:
        const void *data
        int64_t n_samples
        int64_t stride
        fspec_dtype dtype
        int32_t byte_swapped
    ctypedef struct fspec_matrix:
        void *data
        int64_t bin_stride
        int64_t frame_stride
    ctypedef struct fspec_frontend_config:
        fspec_output output
        fspec_precision precision
        fspec_engine engine
        fspec_effort effort
        int64_t n_fft
        int64_t hop_length
        const double *window
        int32_t center
        fspec_pad_mode pad_mode
        int32_t librosa_tail
        double input_scale
        double power
        const double *bands
        int64_t n_bands
        fspec_log log
        double amin
        double ref
        int32_t ref_max
        double top_db
        double log_floor
        const double *dct
        int64_t n_ceps
        fspec_norm frame_norm
        double frame_norm_p
        int64_t frame_length
        int32_t explicit_pad
        int64_t pad_left
        int64_t pad_right
        int32_t drop_last
        int64_t append
        int64_t least_samples
        int64_t multiple
        double gain
        double dither
        uint64_t seed
        int32_t remove_dc
        double preemphasis
        int32_t preemphasis_signal
        double magnitude_eps
        int32_t magnitude_eps_max
        int32_t identity_bands
        double log_multiplier
        double log_add
        const double *band_scale
        const double *band_offset
        fspec_energy energy
        int32_t energy_last
        double energy_floor
        int32_t deltas
        int64_t delta_window
        int32_t delta_kaldi
        fspec_normalize normalize
        int64_t norm_ddof
        double norm_eps
        fspec_norm_eps norm_eps_mode
        int32_t norm_item
        int64_t stack
        int64_t stack_stride
        int64_t stack_left
        fspec_stack_end stack_end
        double pcen_gain
        double pcen_bias
        double pcen_power
        double pcen_eps
        double pcen_b
        int32_t delta_savgol
    ctypedef struct fspec_istft_config:
        fspec_precision precision
        fspec_engine engine
        fspec_effort effort
        int64_t n_fft
        int64_t hop_length
        const double *window
        int32_t center
    ctypedef struct fspec_frontend
    ctypedef struct fspec_istft
    ctypedef struct fspec_stream
    const char *fspec_status_string(fspec_status status)
    const char *fspec_status_argument(fspec_status status)
    const char *fspec_version()
    const char *fspec_simd_tier()
    const char *fspec_simd_refused()
    fspec_status fspec_fftw_load(const char *single, const char *dbl, char *message, size_t size)
    const char *fspec_fftw_version(int is_double)
    const char *fspec_fftw_path(int is_double)
    int fspec_lanes_has(int64_t n_fft)
    void fspec_fft_cache_info(int *n_plans, int *n_in_use)
    void fspec_fft_cache_clear()
    void fspec_scratch_limit(size_t n_bytes)
    void fspec_scratch_info(size_t *limit, size_t *idle, int64_t *n_blocks, int64_t *reused, int64_t *allocated)
    int64_t fspec_thread_bytes()
    void fspec_scratch_trim()
    void fspec_call_scratch_limit(size_t n_bytes)
    size_t fspec_scratch_refused()
    void fspec_call_init(fspec_call *call)
    void fspec_frontend_config_init(fspec_frontend_config *config)
    fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **plan)
    void fspec_frontend_free(fspec_frontend *plan)
    int64_t fspec_frontend_n_bins(const fspec_frontend *plan)
    int64_t fspec_frontend_n_frames(const fspec_frontend *plan, int64_t n_samples)
    const char *fspec_frontend_engine(const fspec_frontend *plan)
    fspec_status fspec_frontend_exec(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out,
                                     int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_frontend_exec_spectra(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype,
                                             int64_t n_frames, const fspec_matrix *out, int64_t n_signals,
                                             fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_stream_create(const fspec_frontend *plan, int64_t n_channels, fspec_stream **stream)
    void fspec_stream_free(fspec_stream *stream)
    int64_t fspec_stream_ready(const fspec_stream *stream, int64_t n_samples)
    int64_t fspec_stream_pending(const fspec_stream *stream)
    fspec_status fspec_stream_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                   fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames)
    fspec_status fspec_stream_flush(fspec_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                    const fspec_call *call, int64_t *n_frames)
    void fspec_stream_reset(fspec_stream *stream)
    fspec_status fspec_stream_copy(const fspec_stream *stream, fspec_stream **copy)
    int64_t fspec_stream_latency(const fspec_stream *stream)

    ctypedef struct fspec_istft_stream

    fspec_status fspec_istft_stream_create(const fspec_istft *plan, int64_t n_channels, fspec_istft_stream **stream)
    void fspec_istft_stream_free(fspec_istft_stream *stream)
    void fspec_istft_stream_reset(fspec_istft_stream *stream)
    fspec_status fspec_istft_stream_copy(const fspec_istft_stream *stream, fspec_istft_stream **copy)
    int64_t fspec_istft_stream_latency(const fspec_istft_stream *stream)
    int64_t fspec_istft_stream_ready(const fspec_istft_stream *stream, int64_t n_frames)
    int64_t fspec_istft_stream_pending(const fspec_istft_stream *stream, int64_t length)
    fspec_status fspec_istft_stream_push(fspec_istft_stream *stream, const fspec_matrix *spectra, fspec_dtype in_dtype,
                                         int64_t n_frames, const fspec_signal *out, const fspec_call *call,
                                         int64_t *n_samples)
    fspec_status fspec_istft_stream_flush(fspec_istft_stream *stream, int64_t length, const fspec_signal *out,
                                          const fspec_call *call, int64_t *n_samples)
    void fspec_istft_config_init(fspec_istft_config *config)
    fspec_status fspec_istft_create(const fspec_istft_config *config, fspec_istft **plan)
    void fspec_istft_free(fspec_istft *plan)
    int64_t fspec_istft_n_samples(const fspec_istft *plan, int64_t n_frames)
    fspec_status fspec_istft_exec(const fspec_istft *plan, const fspec_matrix *spectra, fspec_dtype in_dtype, int64_t n_frames,
                                  const fspec_signal *out, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_griffinlim(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum,
                                  const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples,
                                  const fspec_call *call)
    fspec_status fspec_phases(const double *turns, const void *magnitude, void *angles, int64_t n_bins, int64_t n_frames,
                              int64_t pitch, fspec_dtype dtype, const fspec_call *call)
    ctypedef struct fspec_chroma_config:
        fspec_precision precision
        int64_t n_bins
        int64_t n_chroma
        const double *fold
        fspec_norm input_norm
        double input_norm_p
        double threshold
        fspec_norm norm
        double norm_p
        int64_t n_steps
        const double *steps
        const double *heights
        int64_t n_smooth
        const double *smooth
        fspec_norm last_norm
        double last_norm_p
    ctypedef struct fspec_chroma
    void fspec_chroma_config_init(fspec_chroma_config *config)
    fspec_status fspec_chroma_create(const fspec_chroma_config *config, fspec_chroma **plan)
    void fspec_chroma_free(fspec_chroma *plan)
    fspec_status fspec_chroma_exec(const fspec_chroma *plan, const fspec_matrix *spectra, fspec_dtype in_dtype, int64_t n_frames,
                                   const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype, const fspec_call *call)
    ctypedef enum fspec_cqt_output:
        pass
    ctypedef struct fspec_cqt_filter:
        int32_t level
        int64_t first
        int64_t n_taps
        const double *taps
        const double *spectrum
        int64_t first_row
        int64_t n_rows
    ctypedef enum fspec_cqt_domain:
        pass
    ctypedef struct fspec_cqt_config:
        fspec_cqt_output output
        fspec_precision precision
        double sr
        int64_t hop_length
        int64_t n_bins
        const double *frequencies
        const double *lengths
        const double *amplitudes
        const double *window
        int64_t n_window
        double input_scale
        double min_distance
        double attenuation
        const fspec_cqt_filter *filters
        const double *decimator
        int64_t decimator_reach
        const fspec_chroma *chroma
        fspec_cqt_domain domain
    ctypedef struct fspec_cqt
    ctypedef struct fspec_cqt_stream
    void fspec_cqt_config_init(fspec_cqt_config *config)
    fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **plan)
    void fspec_cqt_free(fspec_cqt *plan)
    int64_t fspec_cqt_n_bins(const fspec_cqt *plan)
    int64_t fspec_cqt_n_frames(const fspec_cqt *plan, int64_t n_samples)
    size_t fspec_cqt_size(const fspec_cqt *plan)
    fspec_status fspec_cqt_exec(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out,
                                int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_cqt_stream_create(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **stream)
    void fspec_cqt_stream_free(fspec_cqt_stream *stream)
    int64_t fspec_cqt_stream_ready(const fspec_cqt_stream *stream, int64_t n_samples)
    int64_t fspec_cqt_stream_pending(const fspec_cqt_stream *stream)
    fspec_status fspec_cqt_stream_push(fspec_cqt_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                       fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames)
    fspec_status fspec_cqt_stream_flush(fspec_cqt_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                        const fspec_call *call, int64_t *n_frames)
    void fspec_cqt_stream_reset(fspec_cqt_stream *stream)
    fspec_status fspec_cqt_stream_copy(const fspec_cqt_stream *stream, fspec_cqt_stream **copy)
    int64_t fspec_cqt_stream_latency(const fspec_cqt_stream *stream)
    ctypedef struct fspec_group
    ctypedef enum fspec_group_state:
        FSPEC_GROUP_ABSENT
        FSPEC_GROUP_OPEN
        FSPEC_GROUP_FINISHED
        FSPEC_GROUP_BROKEN
    fspec_status fspec_group_create(const fspec_frontend *plan, int64_t capacity, fspec_group **group)
    fspec_status fspec_group_create_cqt(const fspec_cqt *plan, int64_t capacity, fspec_group **group)
    void fspec_group_free(fspec_group *group)
    size_t fspec_group_member_size(const fspec_group *group)
    fspec_status fspec_group_join(fspec_group *group, int64_t *id)
    fspec_status fspec_group_leave(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit)
    fspec_status fspec_group_reset(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit)
    int64_t fspec_group_members(const fspec_group *group, int64_t *ids)
    fspec_group_state fspec_group_state_of(const fspec_group *group, int64_t id)
    fspec_status fspec_group_ready(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                                   int64_t *counts, int64_t *total, int64_t *culprit)
    fspec_status fspec_group_push(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                                  const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call,
                                  int64_t *counts, int64_t *culprit)
    fspec_status fspec_group_flush(fspec_group *group, const int64_t *ids, int64_t n, const fspec_matrix *out, int64_t room,
                                   fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit)
    fspec_status fspec_rephase(const void *now, const void *before, const void *target, void *out, int64_t n,
                               fspec_dtype dtype, double k, const fspec_call *call)
    ctypedef enum fspec_icqt_method:
        FSPEC_ICQT_ADJOINT
        FSPEC_ICQT_OVERLAP
    ctypedef struct fspec_icqt_head:
        int32_t level
        int64_t n_in
        int64_t n_out
        const double *weights
    ctypedef struct fspec_icqt_config:
        fspec_icqt_method method
        int64_t n_heads
        const fspec_icqt_head *heads
    ctypedef struct fspec_icqt
    void fspec_icqt_config_init(fspec_icqt_config *config)
    fspec_status fspec_icqt_create(const fspec_cqt *forward, const fspec_icqt_config *config, fspec_icqt **plan)
    void fspec_icqt_free(fspec_icqt *plan)
    fspec_status fspec_icqt_exec(const fspec_icqt *plan, const fspec_matrix *matrices, fspec_dtype in_dtype, int64_t n_frames,
                                 const fspec_signal *out, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_icqt_solve(const fspec_cqt *forward, const fspec_icqt *adjoint, const fspec_matrix *matrices,
                                  fspec_dtype in_dtype, int64_t n_frames, const double *gains, int64_t n_iter, double tol,
                                  double damping, const fspec_signal *out, int64_t n_signals, const fspec_call *call, double *residuals,
                                  int64_t *iterations)
    fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk,
                                   fspec_mel_norm norm, int single, double *weights)
    fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset,
                                   const fspec_call *call, double *largest)
    fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call)
    ctypedef struct fspec_nsgt_config:
        fspec_precision precision
        double sr
        int64_t length
        int64_t n_bins
        const double *frequencies
        const double *bandwidths
        int32_t residual
        const double *window
        int64_t n_window
        int64_t n_frames
        double oversampling
        int64_t transition
        double input_scale
    ctypedef struct fspec_nsgt
    int64_t fspec_nsgt_fast_length(int64_t n, int64_t multiple)
    void fspec_nsgt_config_init(fspec_nsgt_config *config)
    fspec_status fspec_nsgt_create(const fspec_nsgt_config *config, fspec_nsgt **plan)
    fspec_status fspec_nsgt_counts(const fspec_nsgt_config *config, int64_t *counts)
    void fspec_nsgt_free(fspec_nsgt *plan)
    int64_t fspec_nsgt_n_bands(const fspec_nsgt *plan)
    int64_t fspec_nsgt_n_coefficients(const fspec_nsgt *plan, int64_t band)
    size_t fspec_nsgt_size(const fspec_nsgt *plan)
    size_t fspec_nsgt_scratch(const fspec_nsgt *plan, int64_t n_signals, int64_t n_blocks, int32_t n_threads)
    fspec_status fspec_nsgt_exec(const fspec_nsgt *plan, const fspec_signal *signals, int64_t first, int64_t n_blocks,
                                 const fspec_matrix *bands, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_nsgt_inverse(const fspec_nsgt *plan, const fspec_matrix *bands, fspec_dtype in_dtype, int64_t first,
                                    int64_t n_blocks, const fspec_signal *out, int64_t n_signals, const fspec_call *call)
    ctypedef struct fspec_tuning_config:
        fspec_precision precision
        double sr
        int64_t n_fft
        int64_t n_bins
        double fmin
        double fmax
        double threshold
        double ref
        double resolution
        int64_t bins_per_octave
        int64_t max_peaks
    ctypedef struct fspec_tuning
    void fspec_tuning_config_init(fspec_tuning_config *config)
    fspec_status fspec_tuning_create(const fspec_tuning_config *config, fspec_tuning **tuning)
    void fspec_tuning_free(fspec_tuning *tuning)
    void fspec_tuning_reset(fspec_tuning *tuning)
    fspec_status fspec_tuning_add_signals(fspec_tuning *tuning, const fspec_frontend *plan, const fspec_signal *signals,
                                          int64_t n_signals, const fspec_call *call)
    fspec_status fspec_tuning_add_spectra(fspec_tuning *tuning, const fspec_matrix *spectra, const fspec_matrix *reference,
                                          int64_t n_frames, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_tuning_finish(fspec_tuning *tuning, double *result, int64_t *n_peaks)
    fspec_status fspec_pitch_tuning(const void *frequencies, int64_t n, fspec_dtype dtype, double resolution,
                                    int64_t bins_per_octave, double *result, int64_t *n_pitches)
    fspec_status fspec_piptrack_signals(const fspec_tuning_config *config, const fspec_frontend *plan,
                                        const fspec_signal *signals, const fspec_matrix *pitches,
                                        const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_piptrack_spectra(const fspec_tuning_config *config, const fspec_matrix *spectra,
                                        const fspec_matrix *reference, int64_t n_frames, const fspec_matrix *pitches,
                                        const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call)
    ctypedef struct fspec_part:
        fspec_signal signal
        int64_t offset
        int64_t total
        int64_t first
        int64_t n_frames
    fspec_status fspec_frontend_needs(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin,
                                      int64_t *end)
    fspec_status fspec_frontend_exec_part(const fspec_frontend *plan, const fspec_part *parts, const fspec_matrix *out,
                                          int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call)
    size_t fspec_frontend_memory(const fspec_frontend *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads)
    double fspec_frontend_flops(const fspec_frontend *plan, int64_t n_samples)
    fspec_status fspec_cqt_needs(const fspec_cqt *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin,
                                 int64_t *end)
    fspec_status fspec_cqt_exec_part(const fspec_cqt *plan, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts,
                                     fspec_dtype out_dtype, const fspec_call *call)
    size_t fspec_cqt_memory(const fspec_cqt *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads)
    double fspec_cqt_flops(const fspec_cqt *plan, int64_t n_samples)
    double fspec_nsgt_flops(const fspec_nsgt *plan)
    size_t fspec_nsgt_scratch(const fspec_nsgt *plan, int64_t n_signals, int64_t n_blocks, int32_t n_threads)
    ctypedef struct fspec_pcen_config:
        double gain
        double bias
        double power
        double eps
        double b
    void fspec_pcen_config_init(fspec_pcen_config *config)
    fspec_status fspec_pcen(const fspec_pcen_config *config, const fspec_matrix *x, const fspec_matrix *ref, fspec_dtype dtype,
                            int64_t n_bands, int64_t n_frames, double *state, const fspec_matrix *out, fspec_dtype out_dtype,
                            int64_t n_items, const fspec_call *call)
    fspec_status fspec_filter_rows(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, int64_t step,
                                   const double *taps, int64_t n_taps, void *out, int64_t out_pitch, const fspec_call *call)
    fspec_status fspec_median(const fspec_matrix *x, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, int64_t size,
                              const fspec_matrix *out, int64_t n_items, const fspec_call *call)
    ctypedef enum fspec_spectral_kind:
        pass
    ctypedef struct fspec_spectral_config:
        fspec_spectral_kind kind
        fspec_precision precision
        int64_t n_bins
        const double *frequencies
        double p
        int32_t normalize
        double share
        double amin
        int32_t square
        int64_t n_rows
        const int64_t *band_begin
        const int64_t *band_end
        const int64_t *band_count
        const double *weights
    ctypedef struct fspec_spectral
    void fspec_spectral_config_init(fspec_spectral_config *config)
    fspec_status fspec_spectral_create(const fspec_spectral_config *config, fspec_spectral **spectral)
    void fspec_spectral_free(fspec_spectral *spectral)
    int64_t fspec_spectral_n_rows(const fspec_spectral *spectral)
    fspec_status fspec_spectral_exec(const fspec_spectral *spectral, const fspec_frontend *plan, const fspec_signal *signals,
                                     const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_signals,
                                     fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_spectral_exec_spectra(const fspec_spectral *spectral, const fspec_matrix *spectra, int64_t n_frames,
                                             const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_items,
                                             fspec_dtype out_dtype, const fspec_call *call)
    ctypedef struct fspec_frames_config:
        int64_t frame_length
        int64_t hop_length
        int64_t pad_left
        int64_t pad_right
        fspec_pad_mode pad_mode
        int32_t crossings
        double threshold
        int32_t zero_pos
        int32_t first
    void fspec_frames_config_init(fspec_frames_config *config)
    int64_t fspec_frames_count(const fspec_frames_config *config, int64_t n_samples)
    fspec_status fspec_frames_exec(const fspec_frames_config *config, const fspec_signal *signals, const fspec_matrix *out,
                                   int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_one_pole(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, double coef,
                                double *state, void *out, int64_t out_pitch, const fspec_call *call)
    ctypedef struct fspec_feature:
        size_t size
        const fspec_frontend *plan
        const fspec_spectral *spectral
        const fspec_frames_config *samples
        double power
    ctypedef struct fspec_features
    void fspec_feature_init(fspec_feature *feature)
    fspec_status fspec_features_create(const fspec_frontend *frames, const fspec_feature *features, int64_t n_features,
                                       fspec_features **result)
    void fspec_features_free(fspec_features *features)
    int64_t fspec_features_n_rows(const fspec_features *features, int64_t feature)
    fspec_status fspec_features_exec(const fspec_features *features, const fspec_signal *signals, const fspec_matrix *out,
                                     int64_t n_signals, const fspec_dtype *dtypes, const fspec_call *call)
    fspec_status fspec_features_exec_part(const fspec_features *features, const fspec_part *parts, const fspec_matrix *out,
                                          int64_t n_parts, const fspec_dtype *dtypes, const fspec_call *call)
    size_t fspec_features_memory(const fspec_features *features, int64_t n_signals, int64_t n_samples, int32_t n_threads)
    double fspec_features_flops(const fspec_features *features, int64_t n_samples)
    fspec_status fspec_features_stream_create(const fspec_features *features, int64_t n_channels, fspec_stream **stream)
    fspec_status fspec_features_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                     const fspec_dtype *dtypes, const fspec_call *call, int64_t *n_frames)
    fspec_status fspec_features_flush(fspec_stream *stream, const fspec_matrix *out, const fspec_dtype *dtypes,
                                      const fspec_call *call, int64_t *n_frames)
    fspec_status fspec_rms_spectra(const fspec_matrix *spectra, fspec_dtype dtype, int64_t n_fft, int64_t n_frames,
                                   const fspec_matrix *out, fspec_dtype out_dtype, int64_t n_items, const fspec_call *call)
    fspec_status fspec_bands_inverse(const double *matrix, int64_t n_bands, int64_t n_bins, double power,
                                     const fspec_matrix *bands, fspec_dtype dtype, int64_t n_frames, const fspec_matrix *out,
                                     int64_t n_items, const fspec_call *call)
    fspec_status fspec_phase_vocoder(const fspec_matrix *spectra, const fspec_matrix *phases, fspec_dtype dtype, int64_t n_bins,
                                     int64_t n_frames, const double *advance, double rate, const fspec_matrix *out,
                                     int64_t n_steps, int64_t n_items, const fspec_call *call)
    fspec_status fspec_db_to_power(const void *x, void *out, int64_t n, fspec_dtype dtype, const fspec_call *call,
                                   int *left_range)
    ctypedef struct fspec_yin_config:
        double sr
        double fmin
        double fmax
        int64_t frame_length
        int64_t hop_length
        int64_t pad_left
        int64_t pad_right
        fspec_pad_mode pad_mode
        double trough_threshold
        int32_t probabilistic
        int64_t n_thresholds
        double beta_a
        double beta_b
        double boltzmann
        double no_trough_prob
        double resolution
        double max_transition_rate
        double switch_prob
        int64_t n_pitch_bins
    ctypedef struct fspec_yin
    void fspec_yin_config_init(fspec_yin_config *config)
    fspec_status fspec_yin_create(const fspec_yin_config *config, fspec_yin **plan)
    void fspec_yin_free(fspec_yin *plan)
    int64_t fspec_yin_n_frames(const fspec_yin *plan, int64_t n_samples)
    fspec_status fspec_yin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, int64_t n_signals,
                                fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_pyin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0,
                                 const fspec_matrix *voiced, const fspec_matrix *voiced_prob, int64_t n_signals,
                                 fspec_dtype out_dtype, const fspec_call *call)
    ctypedef struct fspec_reassigned_config:
        double sr
        int64_t n_fft
        int64_t hop_length
        const double *window
        int32_t center
        fspec_pad_mode pad_mode
        int32_t librosa_tail
        double least
        int32_t fill
        int32_t clip
    ctypedef struct fspec_reassigned
    void fspec_reassigned_config_init(fspec_reassigned_config *config)
    fspec_status fspec_reassigned_create(const fspec_reassigned_config *config, fspec_reassigned **plan)
    void fspec_reassigned_free(fspec_reassigned *plan)
    int64_t fspec_reassigned_n_frames(const fspec_reassigned *plan, int64_t n_samples)
    fspec_status fspec_reassigned_exec(const fspec_reassigned *plan, const fspec_signal *signals, const fspec_matrix *spectra,
                                       const fspec_matrix *frequencies, const fspec_matrix *times, const fspec_matrix *magnitudes,
                                       int64_t n_signals, fspec_dtype dtype, const fspec_call *call)
