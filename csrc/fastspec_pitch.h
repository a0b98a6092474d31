/* fastspec_pitch.h - chroma, constant-Q transform and inverses, nonstationary Gabor frames, spectral peaks and tuning,
 * fundamental frequency, reassigned spectrograms.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Part of fastspec.h, which includes it and says what holds for every function. */
#ifndef FASTSPEC_PITCH_H
#define FASTSPEC_PITCH_H

#ifndef FASTSPEC_H
#error "include fastspec.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- chroma ------------------------------------------------------------------------------------------------------- */

/* What becomes of a frame's magnitudes m, of n_bins values; each step but the second may be left out:
 *     m is divided by its norm (input_norm);  x = fold * m;  values below threshold become 0;  x is divided by its norm;
 *     x[i] = sum of the heights whose steps x[i] exceeds;  x is convolved over time;  x is divided by its norm (last_norm).
 * What has a norm below the precision's smallest normal number stays as it is. */
typedef struct fspec_chroma_config {
    size_t size;
    fspec_precision precision; /* FSPEC_SINGLE */
    int64_t n_bins, n_chroma;  /* 0; must be set */
    const double *fold;        /* n_chroma x n_bins, row by row. All arrays are copied. */
    fspec_norm input_norm;     /* FSPEC_NORM_NONE */
    double input_norm_p;       /* 2; for FSPEC_NORM_P, as the others */
    double threshold;          /* -infinity: left out */
    fspec_norm norm;           /* FSPEC_NORM_NONE */
    double norm_p;             /* 2 */
    int64_t n_steps;           /* 0: left out */
    const double *steps, *heights; /* n_steps values each */
    int64_t n_smooth;          /* 0: left out; frames */
    const double *smooth;      /* the convolution's kernel, its middle smooth[n_smooth / 2]; frames beyond the ends are 0 */
    fspec_norm last_norm;      /* FSPEC_NORM_NONE */
    double last_norm_p;        /* 2 */
} fspec_chroma_config;

typedef struct fspec_chroma fspec_chroma;

FSPEC_API void fspec_chroma_config_init(fspec_chroma_config *config);
/* Makes a plan. Errors: BAD_PRECISION, BAD_NORM, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY. Thread-safe. */
FSPEC_API fspec_status fspec_chroma_create(const fspec_chroma_config *config, fspec_chroma **plan);
FSPEC_API void fspec_chroma_free(fspec_chroma *plan);
/* From n_items matrices of magnitudes (in_dtype FSPEC_FLOAT32/64, n_bins rows, n_frames columns) to as many of n_chroma rows
 * (out_dtype FSPEC_FLOAT32/64), which must not overlap them. Values that are not finite are taken as they are. Allocates its
 * scratch itself; uses call->n_threads and ->cancel. Errors: BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY, CANCELLED.
 * Thread-safe. The chroma of a signal in one pass: fspec_cqt_config.chroma. */
FSPEC_API fspec_status fspec_chroma_exec(const fspec_chroma *plan, const fspec_matrix *in, fspec_dtype in_dtype,
                                         int64_t n_frames, const fspec_matrix *out, int64_t n_items, fspec_dtype out_dtype,
                                         const fspec_call *call);

/* ---- constant-Q transform ----------------------------------------------------------------------------------------- */

typedef enum fspec_cqt_output {
    FSPEC_CQT_COMPLEX = 0,
    FSPEC_CQT_MAGNITUDE = 1, /* |C| */
    FSPEC_CQT_POWER = 2      /* |C|^2 */
} fspec_cqt_output;

/* A filter of the caller's: C[t] = sum over i of taps[i] * x_level[t * hop_length / 2^level + first + i], where x_level is the
 * signal decimated `level` times. */
typedef struct fspec_cqt_filter {
    int32_t level;
    int64_t first, n_taps;
    const double *taps; /* n_taps (real, imaginary) pairs */
    /* NULL; else the same filter as n_rows pairs: C[t] = sum over i of spectrum[i] * X[first_row + i], where X is the unscaled
     * DFT of the n_taps samples that the taps are for, and no row lies beyond n_taps / 2. */
    const double *spectrum;
    int64_t first_row, n_rows;
} fspec_cqt_filter;

/* Where filters that have both forms are applied. The results differ by rounding. */
typedef enum fspec_cqt_domain {
    FSPEC_CQT_ANY_DOMAIN = 0, /* where it costs less */
    FSPEC_CQT_TIME = 1,
    FSPEC_CQT_FREQUENCY = 2 /* wherever the built-in FFT has the size */
} fspec_cqt_domain;

/* The transform of Schoerkhuber and Klapuri (2010), evaluated as it is defined: for bin k of frequency f and length N, and
 * frame t, with sr the sample rate,
 *     C[k, t] = amplitude[k] * sum over n of x[t * hop_length + n] * w(n / N) * exp(-2 pi i f n / sr),   |n| <= N / 2.
 * Low bins are computed from the signal decimated by powers of two, which changes the result by less than rounding does where
 * min_distance is large enough. Or, with `filters`, any bank of filters on a decimated signal. */
typedef struct fspec_cqt_config {
    size_t size;
    fspec_cqt_output output;   /* FSPEC_CQT_COMPLEX */
    fspec_precision precision; /* FSPEC_SINGLE */
    double sr;                 /* 22050; Hz */
    int64_t hop_length;        /* 512; any size >= 1 */
    int64_t n_bins;            /* 0; must be set, as the three arrays of n_bins values. All arrays are copied. */
    const double *frequencies; /* Hz, ascending, > 0 and at most sr / 2 */
    const double *lengths;     /* N in samples at sr; need not be whole */
    const double *amplitudes;
    const double *window;      /* NULL: Hann, 0.5 + 0.5 cos(2 pi u). Else w(u) at n_window evenly spaced u from 0 to 1/2, */
    int64_t n_window;          /* both included, between which it is interpolated; n_window >= 8. w(-u) = w(u). */
    double input_scale;        /* 1; for int16 input */
    double min_distance;       /* 80; a bin is computed where it is at least this far from half the decimated rate, in units of
                                  its bandwidth sr / N. For Hann, 31 errs by 9e-6, 80 by 1e-6, and the error falls with the
                                  power 2.5 of the distance. */
    double attenuation;        /* 149; of the half-band decimators, in dB */
    const fspec_cqt_filter *filters; /* NULL; else n_bins filters in place of frequencies, lengths, amplitudes; levels must
                                  not rise with the bin, and hop_length must be a multiple of 2^level */
    const double *decimator;   /* NULL; else decimate by the symmetric filter decimator[|n|], |n| <= decimator_reach, and cut */
    int64_t decimator_reach;   /* each decimated signal to half the length before it, rounded up. Only with filters. */
    const fspec_chroma *chroma; /* NULL; else what becomes of |C| or |C|^2, which is not stored then. Not copied: it must
                                  outlive the plan, and have its n_bins and precision. Not for FSPEC_CQT_COMPLEX. */
    fspec_cqt_domain domain;   /* FSPEC_CQT_ANY_DOMAIN */
} fspec_cqt_config;

typedef struct fspec_cqt fspec_cqt;

FSPEC_API void fspec_cqt_config_init(fspec_cqt_config *config);
/* Makes a plan. Errors: BAD_HOP_LENGTH, BAD_PRECISION, BAD_OUTPUT, BAD_WINDOW, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY.
 * Thread-safe. */
FSPEC_API fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **plan);
FSPEC_API void fspec_cqt_free(fspec_cqt *plan);
/* Rows of the output: n_bins, or the chroma's n_chroma. */
FSPEC_API int64_t fspec_cqt_n_bins(const fspec_cqt *plan);
/* Frames of a signal: 1 + n_samples / hop_length; with a decimator, the fewest that any level has. 0 for an empty signal. */
FSPEC_API int64_t fspec_cqt_n_frames(const fspec_cqt *plan, int64_t n_samples);
/* Bytes of weights that the plan holds. */
FSPEC_API size_t fspec_cqt_size(const fspec_cqt *plan);
/* Scratch in bytes that a call on n_signals signals takes, at n_threads. 0 if that overflows. */
FSPEC_API size_t fspec_cqt_scratch(const fspec_cqt *plan, int64_t n_signals, int32_t n_threads);
/* Transforms n_signals signals (any lengths) into n_signals matrices of fspec_cqt_n_bins rows and n_frames(n_samples) columns,
 * of out_dtype: FSPEC_COMPLEX64/128 for FSPEC_CQT_COMPLEX, else FSPEC_FLOAT32/64. Outside its ends a signal is zero. Errors
 * before any output is written: NOT_FINITE, TOO_SHORT, BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY; CANCELLED at any
 * time. Thread-safe. */
FSPEC_API fspec_status fspec_cqt_exec(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out,
                                      int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);

/* Some frames, and what calls cost: as the functions of a front end. The parts of a call are computed one by one; low bins need
 * some seconds of signal. */
FSPEC_API fspec_status fspec_cqt_needs(const fspec_cqt *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin,
                                       int64_t *end);
FSPEC_API fspec_status fspec_cqt_exec_part(const fspec_cqt *plan, const fspec_part *parts, const fspec_matrix *out,
                                           int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call);
FSPEC_API size_t fspec_cqt_memory(const fspec_cqt *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads);
FSPEC_API double fspec_cqt_flops(const fspec_cqt *plan, int64_t n_samples);

/* The same with the signals in pieces: n_channels signals that advance together. The functions and their rules are those of
 * fspec_stream above; whatever the chunks, the frames have the bits of one fspec_cqt_exec. */
typedef struct fspec_cqt_stream fspec_cqt_stream;
FSPEC_API fspec_status fspec_cqt_stream_create(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **stream);
FSPEC_API void fspec_cqt_stream_free(fspec_cqt_stream *stream);
FSPEC_API int64_t fspec_cqt_stream_ready(const fspec_cqt_stream *stream, int64_t n_samples);
FSPEC_API int64_t fspec_cqt_stream_pending(const fspec_cqt_stream *stream);
FSPEC_API fspec_status fspec_cqt_stream_push(fspec_cqt_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                             fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
FSPEC_API fspec_status fspec_cqt_stream_flush(fspec_cqt_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                              const fspec_call *call, int64_t *n_frames);
FSPEC_API void fspec_cqt_stream_reset(fspec_cqt_stream *stream);
FSPEC_API fspec_status fspec_cqt_stream_copy(const fspec_cqt_stream *stream, fspec_cqt_stream **copy);
/* Frame t is written by the push with which the stream has taken t * hop_length + latency samples at the latest. In samples. */
FSPEC_API int64_t fspec_cqt_stream_latency(const fspec_cqt_stream *stream);
/* A group of streams of a plan, as fspec_group_create makes of a front end. */
FSPEC_API fspec_status fspec_group_create_cqt(const fspec_cqt *plan, int64_t capacity, fspec_group **group);

/* ---- inverses of the constant-Q transform -------------------------------------------------------------------------- */

/* ADJOINT: the transposed transform, <fspec_cqt(x), C> = <x, fspec_icqt(C)>, where <,> is the real part. OVERLAP, of a plan of
 * filters: librosa's way. Every level's frames, transposed, are overlapped and added, divided by their number at each sample,
 * and cut to the samples before the last frame's centre; all levels are interpolated to the full rate, by the plan's filter,
 * and added. */
typedef enum fspec_icqt_method { FSPEC_ICQT_ADJOINT = 0, FSPEC_ICQT_OVERLAP = 1 } fspec_icqt_method;

/* What the first n_in samples of a level, at that level's rate, add to the first n_out samples of the output: weights[p * n_out
 * + m]. For resamplers whose response is another one at the beginning. */
typedef struct fspec_icqt_head {
    int32_t level;
    int64_t n_in, n_out; /* n_in <= decimator_reach / 2 + 1, n_out <= 65536 */
    const double *weights;
} fspec_icqt_head;

typedef struct fspec_icqt_config {
    size_t size;
    fspec_icqt_method method;     /* FSPEC_ICQT_ADJOINT */
    int64_t n_heads;              /* 0; only for FSPEC_ICQT_OVERLAP, at most one of each level */
    const fspec_icqt_head *heads; /* copied */
} fspec_icqt_config;

typedef struct fspec_icqt fspec_icqt;

FSPEC_API void fspec_icqt_config_init(fspec_icqt_config *config);
/* Makes the inverse plan of `forward`, of its precision, which is not needed any more afterwards; its output type, its
 * input_scale and its domain are without effect: it is the transpose of the filters in time. Errors: BAD_ARGUMENT, TOO_LARGE,
 * NO_MEMORY. Thread-safe. */
FSPEC_API fspec_status fspec_icqt_create(const fspec_cqt *forward, const fspec_icqt_config *config, fspec_icqt **plan);
FSPEC_API void fspec_icqt_free(fspec_icqt *plan);
/* Scratch in bytes that a call for signals of n_samples takes, at n_threads. 0 if that overflows. */
FSPEC_API size_t fspec_icqt_scratch(const fspec_icqt *plan, int64_t n_samples, int32_t n_threads);
/* Inverts n_signals matrices of n_frames (>= 1) columns and fspec_cqt_n_bins rows of in_dtype (FSPEC_COMPLEX64/128) into
 * signals of out[i].n_samples (>= 0, the same for all) of out[i].dtype (FSPEC_FLOAT32/64; its data is written).
 * FSPEC_ICQT_OVERLAP gives hop_length * (n_frames - 1) samples; beyond them the output is zero. Errors before any output is
 * written: NOT_FINITE, BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY; CANCELLED at any time. Uses all of call but
 * whole_array. Thread-safe. */
FSPEC_API fspec_status fspec_icqt_exec(const fspec_icqt *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                                       const fspec_signal *out, int64_t n_signals, const fspec_call *call);

/* Least squares by conjugate gradients on the normal equations (Hestenes and Stiefel 1952; CGLS): the signal y of
 * out[i].n_samples that minimises sum |T(y) - gains[k] C|^2 + (damping G)^2 sum y^2, T being `forward`, a plan of complex
 * output, `adjoint` its FSPEC_ICQT_ADJOINT plan and G the gain |T(d)| / |d| for d = T*(g C). Of equally good signals it tends
 * to the smallest. n_frames must be fspec_cqt_n_frames(forward, n_samples); out[i].dtype is that of the plans' precision and
 * out[i] contiguous; gains is NULL or n_bins finite factors; tol, damping >= 0. It ends after n_iter iterations, or when the
 * residual |T(y) - g C| is at most tol |g C| or has as good as stopped falling: its gradient over |r| is at most tol times
 * what it was at first. Writes the residual relative to |g C| of each signal to residuals and the number of its iterations to
 * iterations; each may be NULL. Allocates. Signals are done one by one, each with n_threads. Errors: as fspec_icqt_exec.
 * Thread-safe. */
FSPEC_API fspec_status fspec_icqt_solve(const fspec_cqt *forward, const fspec_icqt *adjoint, const fspec_matrix *in,
                                        fspec_dtype in_dtype, int64_t n_frames, const double *gains, int64_t n_iter, double tol,
                                        double damping, const fspec_signal *out, int64_t n_signals, const fspec_call *call,
                                        double *residuals, int64_t *iterations);

/* ---- invertible constant-Q transform: nonstationary Gabor frames -------------------------------------------------------- */

/* The transform of Velasco, Holighaus, Doerfler and Grill (2011), of blocks of L = `length` samples, with X the DFT of a block.
 * Bin k has the window g_k(f) = w((f - frequencies[k]) / bandwidths[k]) in frequency and M_k coefficients
 *     C_k[m] = 2 / L * sum over j of X[j] g_k(j sr / L) exp(2 pi i j m / M_k),
 * which are the block's analytic signal in that band at the times m L / M_k (samples). A sine of amplitude A at frequencies[k]
 * has |C_k| = A. With `residual` two more bands hold the rest, so that nothing is lost: band 0 from 0 Hz to frequencies[0],
 * and the last one from the highest frequency to sr / 2. Each is 1 where no bin is, and falls as the window of the bin next to
 * it rises, over half its bandwidth. Their coefficients are real: band 0 holds what is below, the last one what is above,
 * moved down by sr / 2 (times exp(-pi i L m / M)).
 * The inverse is that of the canonical dual frame: of coefficients that are no signal's, the least-squares solution.
 *
 * Blocks stand alone (`transition` 0: usually one holds the whole signal), or they are slices (Holighaus, Doerfler, Velasco and
 * Grill 2013): they overlap by half, and each is faded in and out by a Tukey window whose transitions of `transition` samples
 * lie about its first and third quarter. Slices add up to the signal. */
typedef struct fspec_nsgt_config {
    size_t size;
    fspec_precision precision; /* FSPEC_SINGLE */
    double sr;                 /* 22050; Hz */
    int64_t length;            /* 0; must be set: samples of a block, one of fspec_nsgt_fast_length's */
    int64_t n_bins;            /* 0; must be set, as the arrays of n_bins values. All arrays are copied. */
    const double *frequencies; /* Hz, ascending */
    const double *bandwidths;  /* Hz, > 0: of the whole window, which must lie in [0, sr / 2] */
    int32_t residual;          /* 1: the two bands that hold the rest */
    const double *window;      /* NULL: Hann, 0.5 + 0.5 cos(2 pi u). Else w(u) at n_window evenly spaced u from 0 to 1/2, */
    int64_t n_window;          /* both included, between which it is interpolated; n_window >= 8. w(-u) = w(u). */
    int64_t n_frames;          /* 0: each band has as few coefficients as it can; -1: all have as many as the widest; else all
                                  have that many, an even number without prime factors above 5 */
    double oversampling;       /* 1; factor >= 1 of the least numbers of coefficients, for n_frames <= 0 */
    int64_t transition;        /* 0; even, at most length / 2 */
    double input_scale;        /* 1; for int16 input */
} fspec_nsgt_config;

typedef struct fspec_nsgt fspec_nsgt;

/* The least length of a block that is at least n and a multiple of `multiple`, which must have no prime factor above 5; lengths
 * are multiples of 4 and at least 64. 0 if there is none. Thread-safe. */
FSPEC_API int64_t fspec_nsgt_fast_length(int64_t n, int64_t multiple);
FSPEC_API void fspec_nsgt_config_init(fspec_nsgt_config *config);
/* Makes a plan. Errors: BAD_PRECISION, BAD_WINDOW (windows that leave a frequency uncovered, too), BAD_HOP_LENGTH (n_frames
 * is not allowed, or too few for a band), BAD_ARGUMENT, TOO_LARGE, NO_MEMORY. Thread-safe. */
FSPEC_API fspec_status fspec_nsgt_create(const fspec_nsgt_config *config, fspec_nsgt **plan);
FSPEC_API void fspec_nsgt_free(fspec_nsgt *plan);
/* What fspec_nsgt_n_coefficients of a plan would give, for its n_bins bands, or 2 more with `residual`: made without the plan's
 * tables. Errors as fspec_nsgt_create. Thread-safe. */
FSPEC_API fspec_status fspec_nsgt_counts(const fspec_nsgt_config *config, int64_t *counts);
/* n_bins, and 2 more with `residual`. */
FSPEC_API int64_t fspec_nsgt_n_bands(const fspec_nsgt *plan);
/* Coefficients of a band in each block; 0 if there is no such band. */
FSPEC_API int64_t fspec_nsgt_n_coefficients(const fspec_nsgt *plan, int64_t band);
/* Bytes of weights that the plan holds. */
FSPEC_API size_t fspec_nsgt_size(const fspec_nsgt *plan);
/* Scratch in bytes that a call on n_signals signals of n_blocks blocks takes, either way, at n_threads. 0 if that overflows. */
FSPEC_API size_t fspec_nsgt_scratch(const fspec_nsgt *plan, int64_t n_signals, int64_t n_blocks, int32_t n_threads);
/* About how many operations a block takes, as fspec_frontend_flops counts them. */
FSPEC_API double fspec_nsgt_flops(const fspec_nsgt *plan);
/* Transforms n_blocks blocks of each of n_signals signals (any lengths >= 1). Block b holds the samples from
 * first + b * length on, for slices first + b * length / 2; beyond its ends a signal is zero. bands[i * n_bands + k] receives
 * band k of signal i: block b in row b (bin_stride apart), its coefficients frame_stride apart, of out_dtype
 * (FSPEC_COMPLEX64/128). Errors before any output is written: NOT_FINITE, TOO_SHORT, BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE,
 * NO_MEMORY; CANCELLED at any time. Thread-safe. */
FSPEC_API fspec_status fspec_nsgt_exec(const fspec_nsgt *plan, const fspec_signal *signals, int64_t first, int64_t n_blocks,
                                       const fspec_matrix *bands, int64_t n_signals, fspec_dtype out_dtype,
                                       const fspec_call *call);
/* The way back: out[i] (FSPEC_FLOAT32/64; its data is written) receives the samples that the blocks hold, and zeros elsewhere.
 * The imaginary parts of the two residual bands are ignored. What is not finite in the bands shows in the signal. Errors as
 * above, without NOT_FINITE. Thread-safe. */
FSPEC_API fspec_status fspec_nsgt_inverse(const fspec_nsgt *plan, const fspec_matrix *bands, fspec_dtype in_dtype,
                                          int64_t first,
                                          int64_t n_blocks, const fspec_signal *out, int64_t n_signals, const fspec_call *call);

/* ---- spectral peaks and tuning ------------------------------------------------------------------------------------ */

/* Peaks of magnitude spectra: bins k with S[k-1] < S[k] >= S[k+1] above a reference (what does not exceed it counts as 0), of
 * frequency in [fmin, fmax) and below sr / 2, refined by a parabola through the three values (Smith 2011). The tuning is the
 * lower edge of the fullest bin of a histogram of the fractions of bins_per_octave * log2(pitch / 27.5 Hz), over the peaks
 * whose magnitude is at least the median of all. Single precision rounds where librosa 0.11 on NumPy does. */
typedef struct fspec_tuning_config {
    size_t size;
    fspec_precision precision; /* FSPEC_SINGLE */
    double sr;                 /* 22050; Hz */
    int64_t n_fft;             /* 2048; bin k is at k * sr / n_fft Hz */
    int64_t n_bins;            /* 0: n_fft/2 + 1; at least 2, at most 2^26 */
    double fmin, fmax;         /* 150, 4000; Hz */
    double threshold;          /* 0.1; a peak exceeds this part of the largest value of its frame */
    double ref;                /* NaN; else a peak exceeds |ref| instead */
    double resolution;         /* 0.01; the histogram has ceil(1 / resolution) bins, at most 2^24 */
    int64_t bins_per_octave;   /* 12; at most 2^20 */
    int64_t max_peaks;         /* 0: all peaks are kept, 8 bytes each (double: 16). Else about so many at a time, those near
                                  the median; a second pass may then be needed */
} fspec_tuning_config;

/* The peaks of any number of spectra, as far as the tuning needs them. Used by one thread at a time. */
typedef struct fspec_tuning fspec_tuning;

FSPEC_API void fspec_tuning_config_init(fspec_tuning_config *config);
/* Errors: BAD_PRECISION, BAD_N_FFT, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY. Thread-safe. */
FSPEC_API fspec_status fspec_tuning_create(const fspec_tuning_config *config, fspec_tuning **tuning);
FSPEC_API void fspec_tuning_free(fspec_tuning *tuning);
/* Back to no spectra. */
FSPEC_API void fspec_tuning_reset(fspec_tuning *tuning);
/* Adds the spectra of n_signals signals by a plan with FSPEC_OUT_SPECTRUM, n_bins bins and the same precision. call->scratch is
 * not used. Errors as fspec_frontend_exec, and BAD_OUTPUT for other plans; after an error in the middle of the work
 * (CANCELLED, NO_MEMORY) the object must be reset. */
FSPEC_API fspec_status fspec_tuning_add_signals(fspec_tuning *tuning, const fspec_frontend *plan, const fspec_signal *signals,
                                                int64_t n_signals, const fspec_call *call);
/* Adds n_signals matrices of n_bins rows and n_frames columns of the precision's type; signs are ignored. A peak exceeds
 * |reference[i]| (same shape and type; strides may be 0) where reference is not NULL. Values must be finite. */
FSPEC_API fspec_status fspec_tuning_add_spectra(fspec_tuning *tuning, const fspec_matrix *spectra,
                                                const fspec_matrix *reference,
                                                int64_t n_frames, int64_t n_signals, const fspec_call *call);
/* The tuning in [-0.5, 0.5), in fractions of a bin, and the number of peaks that it was taken from; 0 and 0 where there are
 * none. The result is exact and does not depend on order, threads or max_peaks. FSPEC_AGAIN if max_peaks did not do: add the
 * same data once more, then finish again. More may be added after FSPEC_OK. */
FSPEC_API fspec_status fspec_tuning_finish(fspec_tuning *tuning, double *result, int64_t *n_peaks);

/* The same histogram over n contiguous frequencies in Hz (FSPEC_FLOAT32/64), of which those > 0 count. */
FSPEC_API fspec_status fspec_pitch_tuning(const void *frequencies, int64_t n, fspec_dtype dtype, double resolution,
                                          int64_t bins_per_octave, double *result, int64_t *n_pitches);

/* Every peak: its frequency in Hz and its magnitude, at its bin and frame, into matrices of the precision's type that hold
 * zeros. Arguments as for the two functions above; resolution, bins_per_octave and max_peaks are not used. Thread-safe. */
FSPEC_API fspec_status fspec_piptrack_signals(const fspec_tuning_config *config, const fspec_frontend *plan,
                                              const fspec_signal *signals, const fspec_matrix *pitches,
                                              const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call);
FSPEC_API fspec_status fspec_piptrack_spectra(const fspec_tuning_config *config, const fspec_matrix *spectra,
                                              const fspec_matrix *reference, int64_t n_frames, const fspec_matrix *pitches,
                                              const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call);

/* ---- fundamental frequency ------------------------------------------------------------------------------------------ */

/* YIN (de Cheveigne and Kawahara 2002): the lag of the first trough of a frame's normalised difference that is below a
 * threshold, else the lowest lag, refined by a parabola. And its probabilistic sibling (Mauch and Dixon 2014): the troughs are
 * weighed over many thresholds, and the likeliest path is taken through pitch bins, voiced or not. All is computed in double;
 * definitions are those of librosa 0.11. */
typedef struct fspec_yin_config {
    size_t size;
    double sr;                /* 22050; Hz */
    double fmin, fmax;        /* 0, 0; must be set, Hz: 0 < fmin < fmax <= sr / 2 */
    int64_t frame_length;     /* 2048; more than sr / fmin + 1, at most 65536 */
    int64_t hop_length;       /* 512 */
    int64_t pad_left;         /* 0; samples, at least 0 and at most 2^31: frame t begins at t * hop_length - pad_left */
    int64_t pad_right;        /* 0 */
    fspec_pad_mode pad_mode;  /* FSPEC_PAD_CONSTANT */
    double trough_threshold;  /* 0.1; for fspec_yin_exec */
    int32_t probabilistic;    /* 0; 1: a plan for fspec_pyin_exec too, for which the rest is */
    int64_t n_thresholds;     /* 100; thresholds i / n_thresholds, at most 65536 */
    double beta_a, beta_b;    /* 2, 18; the beta distribution of thresholds, > 0 and at most 1e6 */
    double boltzmann;         /* 2; > 0: how much more the first troughs weigh */
    double no_trough_prob;    /* 0.01; 0 to 1: of thresholds that no trough is below, what share the lowest one gets */
    double resolution;        /* 0.1; semitones from bin to bin; there may be at most 32768 bins */
    double max_transition_rate; /* 35.92; octaves per second, at least 0 */
    double switch_prob;       /* 0.01; 0 to 1: of a change of voicing, from frame to frame */
    int64_t n_pitch_bins;     /* 0: as many as there are from fmin to fmax; else at least 2, the first at fmin */
} fspec_yin_config;

typedef struct fspec_yin fspec_yin;

FSPEC_API void fspec_yin_config_init(fspec_yin_config *config);
/* A plan: immutable, for any number of threads. Errors: BAD_HOP_LENGTH, BAD_FRAMES, BAD_PAD_MODE, BAD_ARGUMENT (also where fmin
 * and fmax leave less than two lags or bins, or a frame's transitions reach over more than all bins), BAD_STRUCT, TOO_LARGE,
 * NO_MEMORY. Thread-safe. */
FSPEC_API fspec_status fspec_yin_create(const fspec_yin_config *config, fspec_yin **plan);
FSPEC_API void fspec_yin_free(fspec_yin *plan);
/* Frames of a signal of n_samples, 0 where none fits: 1 + (n_samples + pad_left + pad_right - frame_length) / hop_length. */
FSPEC_API int64_t fspec_yin_n_frames(const fspec_yin *plan, int64_t n_samples);
/* f0[i]: one row of fspec_yin_n_frames columns of out_dtype (FSPEC_FLOAT32/64) for signal i, in Hz. Uses call->n_threads and
 * ->cancel. Errors before any output is written: NOT_FINITE, TOO_SHORT, BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY,
 * OVER_LIMIT; CANCELLED at any time. Thread-safe. */
FSPEC_API fspec_status fspec_yin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0,
                                      int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);
/* The same for a probabilistic plan, one row each: the frequency on the path, of unvoiced frames too; whether the frame is voiced,
 * a byte of 0 or 1; the probability that it is, of out_dtype like f0. The path of a signal is one thread's work. Takes up to 32
 * MiB per thread for it. Errors as above, NO_MEMORY and OVER_LIMIT at any time. */
FSPEC_API fspec_status fspec_pyin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0,
                                       const fspec_matrix *voiced, const fspec_matrix *voiced_prob, int64_t n_signals,
                                       fspec_dtype out_dtype, const fspec_call *call);

/* ---- reassigned spectrograms ---------------------------------------------------------------------------------------- */

/* Where in time and frequency the energy of each bin of an STFT lies (Auger and Flandrin 1995): with X_h, X_d, X_t by the window,
 * by its derivative and by the window times the distance from its middle, frequency = bin - Im(X_d / X_h) sr / (2 pi) and
 * time = frame + Re(X_t / X_h) / sr. The derivative is half the difference of a sample's neighbours, around the ends. All is
 * computed in double; definitions are those of librosa 0.11. */
typedef struct fspec_reassigned_config {
    size_t size;
    double sr;               /* 22050; Hz, > 0 */
    int64_t n_fft;           /* 2048; at most 2^22 */
    int64_t hop_length;      /* 512 */
    const double *window;    /* NULL: Hann, periodic; else n_fft values. Copied. */
    int32_t center;          /* 1; as in fspec_frontend_config, like the next two */
    fspec_pad_mode pad_mode; /* FSPEC_PAD_CONSTANT */
    int32_t librosa_tail;    /* 0 */
    double least;            /* 0; where |X_h| is less, or 0, frequency and time are NaN */
    int32_t fill;            /* 0; 1: there they are those of the bin and the frame */
    int32_t clip;            /* 0; 1: frequencies are clipped to [0, sr / 2], times to [0, n_samples / sr] */
} fspec_reassigned_config;

typedef struct fspec_reassigned fspec_reassigned;

FSPEC_API void fspec_reassigned_config_init(fspec_reassigned_config *config);
/* A plan: immutable, for any number of threads. Errors: BAD_N_FFT, BAD_HOP_LENGTH, BAD_WINDOW, BAD_PAD_MODE, BAD_ARGUMENT,
 * BAD_STRUCT, TOO_LARGE, NO_MEMORY, ENGINE_FAILED. Thread-safe. */
FSPEC_API fspec_status fspec_reassigned_create(const fspec_reassigned_config *config, fspec_reassigned **plan);
FSPEC_API void fspec_reassigned_free(fspec_reassigned *plan);
/* Frames of a signal, as fspec_frontend_n_frames. */
FSPEC_API int64_t fspec_reassigned_n_frames(const fspec_reassigned *plan, int64_t n_samples);
/* For each signal matrices of n_fft / 2 + 1 rows and fspec_reassigned_n_frames columns: frequencies in Hz and times in seconds, of
 * double, either NULL for all signals where it is not wanted; magnitudes |X_h| of dtype (FSPEC_FLOAT32/64), with which `least` is
 * compared in that type. spectra: NULL, or X_h of each signal, complex numbers of that precision, which then is not computed;
 * what is not finite in it is taken as it is. Uses call->n_threads and ->cancel. Errors before any output is written: NOT_FINITE,
 * TOO_SHORT, BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY, OVER_LIMIT; CANCELLED at any time. Thread-safe. */
FSPEC_API fspec_status fspec_reassigned_exec(const fspec_reassigned *plan, const fspec_signal *signals,
                                             const fspec_matrix *spectra, const fspec_matrix *frequencies,
                                             const fspec_matrix *times, const fspec_matrix *magnitudes, int64_t n_signals,
                                             fspec_dtype dtype, const fspec_call *call);

#ifdef __cplusplus
}
#endif
#endif
