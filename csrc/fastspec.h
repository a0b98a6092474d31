/* fastspec.h - audio features for CPUs: STFT and inverse, (log-)mel, MFCC.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * The grammar of this header, once and for all:
 *
 *   - Lengths and positions are in samples, frames or bins, as int64_t; sizes of memory are in bytes, as size_t.
 *     Strides are in bytes and may be negative. Frequencies are in Hz, sample rates in samples per second.
 *   - Every function that can fail returns fspec_status; results come through out-parameters, which are written only on
 *     FSPEC_OK. No function prints, exits or keeps a pointer to caller memory after it returns, unless it says so.
 *   - A config struct starts with its own size and is filled with defaults by its constructor (fspec_X_config_init), so
 *     that a program built against an older header keeps working: fields that its struct does not have take their default.
 *   - fspec_X_create makes a plan, fspec_X_exec uses it, fspec_X_free frees it (NULL is fine). A plan is immutable: any
 *     number of threads may use one plan at the same time, no locks are taken. It MUST outlive its streams.
 *   - Scratch is per call: handed in through fspec_call (its size can be asked for), or allocated and freed by the call.
 *   - Calls run in round-to-nearest with subnormals flushed to zero (|x| < 1.2e-38 counts as zero, in double |x| < 2.3e-308)
 *     and masked floating-point exceptions; the caller's settings are restored before they return.
 *   - Results depend only on the plan and on the signal: not on the number of threads, on how signals are batched or on how
 *     a stream is cut into chunks. SIMD tiers with fused multiply-add give the same bits as each other.
 */
#ifndef FASTSPEC_H
#define FASTSPEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(FSPEC_STATIC) || !defined(__GNUC__)
#define FSPEC_API
#else
#define FSPEC_API __attribute__((visibility("default")))
#endif

#define FSPEC_VERSION_STRING "0.1.0"

/* ---- status ------------------------------------------------------------------------------------------------------- */

typedef enum fspec_status {
    FSPEC_OK = 0,
    FSPEC_NO_MEMORY,        /* an allocation failed; nothing is leaked, every object stays usable */
    FSPEC_TOO_LARGE,        /* a size computed from the arguments overflows */
    FSPEC_CANCELLED,        /* the cancel callback asked to stop; outputs are undefined, the plan stays usable */
    FSPEC_NO_ENGINE,        /* the FFT engine that was asked for is not there: see fspec_fftw_load */
    FSPEC_ENGINE_FAILED,    /* the FFT engine could not make a plan for this size */
    FSPEC_NOT_FINITE,       /* a signal holds NaN or infinity */
    FSPEC_TOO_SHORT,        /* a signal is empty, or shorter than one frame where frames are not padded */
    FSPEC_BAD_STRUCT,       /* a config struct's size field is unknown: was its constructor called? */
    FSPEC_BAD_N_FFT,        /* n_fft: must be >= 1 */
    FSPEC_BAD_HOP_LENGTH,   /* hop_length: must be >= 1 */
    FSPEC_BAD_WINDOW,       /* window: must hold n_fft finite values */
    FSPEC_BAD_PAD_MODE,     /* pad_mode: not one of fspec_pad_mode */
    FSPEC_BAD_PRECISION,    /* precision: not one of fspec_precision */
    FSPEC_BAD_POWER,        /* power: must be finite and > 0 */
    FSPEC_BAD_OUTPUT,       /* output: not one of fspec_output, or lacks its matrix */
    FSPEC_BAD_BANDS,        /* bands, n_bands: a matrix of finite values with n_bands >= 1 rows is needed */
    FSPEC_BAD_LOG,          /* log, amin: amin must be finite and > 0 */
    FSPEC_BAD_TOP_DB,       /* top_db: must be >= 0, and needs a log */
    FSPEC_BAD_DCT,          /* dct, n_ceps: a matrix of finite values with n_ceps >= 1 rows is needed */
    FSPEC_BAD_DATA_TYPE,    /* a data type is not one of fspec_dtype, or not allowed there */
    FSPEC_BAD_ARGUMENT,     /* any other argument: a NULL, a negative count, a scratch that is too small ... */
    FSPEC_NOT_STREAMABLE    /* the plan needs the whole signal (top_db, ref_max): give a fixed log_floor instead */
} fspec_status;

/* A short English sentence for a status; never NULL, valid for ever. */
FSPEC_API const char *fspec_status_string(fspec_status status);
/* The name of the argument that a FSPEC_BAD_... status complains of ("hop_length"), or "" for the others. */
FSPEC_API const char *fspec_status_argument(fspec_status status);

/* ---- process-wide settings ---------------------------------------------------------------------------------------- */

/* The library's version, for example "0.1.0". */
FSPEC_API const char *fspec_version(void);

/* The SIMD tier in use: "avx512", "avx2" or "portable". Chosen once, by the CPU; the environment variable FASTSPEC_SIMD
 * with one of these names lowers it (a tier that the CPU lacks is refused: the best one is used and
 * fspec_simd_refused returns the name). Thread-safe. */
FSPEC_API const char *fspec_simd_tier(void);
FSPEC_API const char *fspec_simd_refused(void); /* "" when nothing was refused */

/* Where memory comes from. `allocate` returns memory aligned as malloc's, or NULL; both may be called by several threads at
 * once. Set it before any other call; NULL restores malloc and free. Not thread-safe. */
typedef struct fspec_allocator {
    void *(*allocate)(size_t bytes, void *user);
    void (*release)(void *block, void *user);
    void *user;
} fspec_allocator;
FSPEC_API void fspec_set_allocator(const fspec_allocator *allocator);

/* Loads FFTW 3 at run time from the two libraries at these paths (single and double precision; either may be NULL or
 * empty: then plans of that precision have no such engine). A library stays loaded for the life of the process and the
 * first successful load of a precision wins: later calls for it return FSPEC_OK and change nothing. Any library that
 * exports FFTW's plan_many interface will do. Returns FSPEC_NO_ENGINE, with a description in message (of message_size
 * bytes, always terminated; may be NULL), when a path cannot be loaded. Thread-safe. */
FSPEC_API fspec_status fspec_fftw_load(const char *single_path, const char *double_path, char *message, size_t message_size);
/* Version string and path of the library loaded for a precision, or "" when there is none. */
FSPEC_API const char *fspec_fftw_version(int is_double);
FSPEC_API const char *fspec_fftw_path(int is_double);
/* Whether FSPEC_ENGINE_LANES is fast for a size: then FSPEC_ENGINE_AUTO takes it. */
FSPEC_API int fspec_lanes_has(int64_t n_fft);
/* The number of FFT plans that are cached, and how many of them are in use. At most FSPEC_FFT_CACHE unused ones are kept. */
#define FSPEC_FFT_CACHE 64
FSPEC_API void fspec_fft_cache_info(int *n_plans, int *n_in_use);
/* Destroys the cached FFT plans that no plan uses. Thread-safe. */
FSPEC_API void fspec_fft_cache_clear(void);

/* ---- data --------------------------------------------------------------------------------------------------------- */

typedef enum fspec_dtype {
    FSPEC_FLOAT32 = 1,
    FSPEC_FLOAT64 = 2,
    FSPEC_INT16 = 3,      /* input only; multiplied by input_scale */
    FSPEC_COMPLEX64 = 4,  /* (real, imaginary) pairs of float */
    FSPEC_COMPLEX128 = 5  /* (real, imaginary) pairs of double */
} fspec_dtype;

/* One channel of samples: sample i is at (char *)data + i * stride. */
typedef struct fspec_signal {
    const void *data;
    int64_t n_samples;
    int64_t stride;       /* bytes from one sample to the next */
    fspec_dtype dtype;    /* FSPEC_FLOAT32, FSPEC_FLOAT64 or FSPEC_INT16; all signals of a call have the same */
    int32_t byte_swapped; /* not 0: the samples are in the other byte order */
} fspec_signal;

/* One channel of a spectral array: element (bin, frame) is at (char *)data + bin * bin_stride + frame * frame_stride. */
typedef struct fspec_matrix {
    void *data;
    int64_t bin_stride;
    int64_t frame_stride;
} fspec_matrix;

/* Polled by long calls every few milliseconds, always on the calling thread; any value but 0 ends the call with
 * FSPEC_CANCELLED. */
typedef int (*fspec_cancel_fn)(void *user);

/* How a call is to be carried out. NULL stands for the defaults. */
typedef struct fspec_call {
    size_t size;             /* sizeof(fspec_call), set by fspec_call_init */
    int32_t n_threads;       /* 1; threads to use at the most, the calling one included. They end with the call. */
    int32_t whole_array;     /* 0: top_db and ref_max look at each signal by itself; 1: at all signals of the call */
    fspec_cancel_fn cancel;  /* NULL */
    void *cancel_user;
    void *scratch;           /* NULL: allocated. Else memory of scratch_size bytes, any alignment, used by this call alone */
    size_t scratch_size;
} fspec_call;
FSPEC_API void fspec_call_init(fspec_call *call);

/* ---- the front end: signal -> STFT, spectrogram, mel spectrogram, MFCC -------------------------------------------- */

typedef enum fspec_precision { FSPEC_SINGLE = 1, FSPEC_DOUBLE = 2 } fspec_precision;

typedef enum fspec_engine {
    FSPEC_ENGINE_AUTO = 0, /* LANES where it is fast or FFTW is not loaded, else FFTW */
    FSPEC_ENGINE_FFTW = 1, /* any size; needs fspec_fftw_load */
    FSPEC_ENGINE_LANES = 2 /* built in: fast for even sizes from 16 to 131072 with no prime factor above 5 */
} fspec_engine;

typedef enum fspec_effort {
    FSPEC_ESTIMATE = 0, /* plan at once */
    FSPEC_MEASURE = 1   /* time candidates for up to some seconds */
} fspec_effort;

/* What a frame holds beyond the ends of the signal, when frames are centred. With "edge" e = the first or last sample:
 * CONSTANT 0 0 | a b c d | 0 0     EDGE a a | a b c d | d d     LINEAR_RAMP falls from e to 0 over n_fft/2 samples
 * REFLECT  c b | a b c d | c b     SYMMETRIC b a | a b c d | d c     (both repeated where the signal is short) */
typedef enum fspec_pad_mode {
    FSPEC_PAD_CONSTANT = 0,
    FSPEC_PAD_EDGE = 1,
    FSPEC_PAD_LINEAR_RAMP = 2,
    FSPEC_PAD_REFLECT = 3,
    FSPEC_PAD_SYMMETRIC = 4
} fspec_pad_mode;

typedef enum fspec_output {
    FSPEC_OUT_COMPLEX = 0,  /* X, n_fft/2 + 1 bins */
    FSPEC_OUT_SPECTRUM = 1, /* |X|^power, n_fft/2 + 1 bins */
    FSPEC_OUT_BANDS = 2,    /* log of bands . |X|^power, n_bands */
    FSPEC_OUT_CEPSTRUM = 3  /* dct . log of bands . |X|^power, n_ceps */
} fspec_output;

typedef enum fspec_log {
    FSPEC_LOG_NONE = 0,
    FSPEC_LOG_DB = 1,   /* 10 log10(max(amin, x)) - 10 log10(max(amin, ref)) */
    FSPEC_LOG_LN = 2,   /* ln(max(amin, x)) - ln(max(amin, ref)) */
    FSPEC_LOG_LOG10 = 3 /* log10(max(amin, x)) - log10(max(amin, ref)) */
} fspec_log;

typedef struct fspec_frontend_config {
    size_t size;               /* set by the constructor */
    fspec_output output;       /* FSPEC_OUT_COMPLEX */
    fspec_precision precision; /* FSPEC_SINGLE; what is computed in, whatever the types of input and output */
    fspec_engine engine;       /* FSPEC_ENGINE_AUTO */
    fspec_effort effort;       /* FSPEC_ESTIMATE */
    int64_t n_fft;             /* 2048; any size >= 1 */
    int64_t hop_length;        /* 512; any size >= 1 */
    const double *window;      /* NULL: Hann, periodic; else n_fft values (a shorter window is padded by the caller). Copied. */
    int32_t center;            /* 1: frame t is centred on sample t * hop_length; 0: it begins there and nothing is padded */
    fspec_pad_mode pad_mode;   /* FSPEC_PAD_CONSTANT */
    int32_t librosa_tail;      /* 0; 1: reflect the end of the signal as librosa.stft does, which looks no further back than
                                  the first frame that runs over the end (differs in one sample of the last frame) */
    double input_scale;        /* 1; for int16 input */
    double power;              /* 2; exponent of |X| */
    const double *bands;       /* NULL; n_bands x (n_fft/2 + 1) weights, row by row. Copied, zeros are not stored. */
    int64_t n_bands;           /* 0 */
    fspec_log log;             /* FSPEC_LOG_NONE */
    double amin;               /* 1e-10 */
    double ref;                /* 1 */
    int32_t ref_max;           /* 0; 1: ref is the largest value of the signal (FSPEC_OUT_BANDS only) */
    double top_db;             /* negative: off; values more than this under the largest are raised to that, in units of log */
    double log_floor;          /* -infinity: off; values under it are raised to it, in units of log */
    const double *dct;         /* NULL; n_ceps x n_bands, row by row. Copied. */
    int64_t n_ceps;            /* 0 */
} fspec_frontend_config;

typedef struct fspec_frontend fspec_frontend;

/* Fills `config` with the defaults above. */
FSPEC_API void fspec_frontend_config_init(fspec_frontend_config *config);
/* Makes a plan. Errors: any FSPEC_BAD_..., TOO_LARGE, NO_MEMORY, NO_ENGINE, ENGINE_FAILED. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **plan);
FSPEC_API void fspec_frontend_free(fspec_frontend *plan);
/* Rows of the output: bins, bands or coefficients. */
FSPEC_API int64_t fspec_frontend_n_bins(const fspec_frontend *plan);
/* Frames of a signal of n_samples: centred 1 + (n_samples + 2 * (n_fft / 2) - n_fft) / hop_length, else
 * 1 + (n_samples - n_fft) / hop_length; 0 where no frame fits or n_samples < 1. */
FSPEC_API int64_t fspec_frontend_n_frames(const fspec_frontend *plan, int64_t n_samples);
/* The name of the engine in use: "lanes" or "fftw". */
FSPEC_API const char *fspec_frontend_engine(const fspec_frontend *plan);
/* Scratch in bytes that a call on n_signals signals with n_frames frames in all takes, at n_threads. 0 if that overflows. */
FSPEC_API size_t fspec_frontend_scratch(const fspec_frontend *plan, int64_t n_signals, int64_t n_frames, int32_t n_threads);
/* Transforms n_signals signals (any lengths) into n_signals matrices of fspec_frontend_n_bins rows and n_frames(n_samples)
 * columns, of out_dtype: FSPEC_COMPLEX64/128 for FSPEC_OUT_COMPLEX, else FSPEC_FLOAT32/64. Outputs must not overlap the
 * inputs or each other. Errors before any output is written: NOT_FINITE, TOO_SHORT, BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE,
 * NO_MEMORY; CANCELLED at any time. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_exec(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out,
                                           int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);

/* The same from spectra: n_signals matrices of |X|^power (FSPEC_FLOAT32/64, n_fft/2 + 1 rows, n_frames columns) in place of the
 * signals, for plans with FSPEC_OUT_BANDS or _CEPSTRUM. Values that are not finite are taken as they are. BAD_OUTPUT for other
 * plans. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_exec_spectra(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype,
                                                   int64_t n_frames, const fspec_matrix *out, int64_t n_signals,
                                                   fspec_dtype out_dtype, const fspec_call *call);

/* ---- streaming: the same plan, the signal in pieces --------------------------------------------------------------- */

typedef struct fspec_stream fspec_stream;

/* A stream of n_channels signals that advance together. It keeps a reference to the plan, which MUST outlive it. One stream
 * is used by one thread at a time. Errors: NOT_STREAMABLE, NO_MEMORY, TOO_LARGE, BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_stream_create(const fspec_frontend *plan, int64_t n_channels, fspec_stream **stream);
FSPEC_API void fspec_stream_free(fspec_stream *stream);
/* How many frames a push of n_samples more samples per channel would give. */
FSPEC_API int64_t fspec_stream_ready(const fspec_stream *stream, int64_t n_samples);
/* How many frames fspec_stream_flush would give now. */
FSPEC_API int64_t fspec_stream_pending(const fspec_stream *stream);
/* Pushes n_samples (>= 0) of every channel: chunk[c].n_samples are equal. Writes fspec_stream_ready frames to out[c], from
 * column 0, and their number to n_frames. Whatever the chunks, the frames of a stream have the bits of one
 * fspec_frontend_exec. After NOT_FINITE, NO_MEMORY or BAD_... the stream is as it was before the call. After CANCELLED it
 * must be reset. */
FSPEC_API fspec_status fspec_stream_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                         fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
/* Ends the signals and writes the fspec_stream_pending frames that were waiting for more. TOO_SHORT if no frame fits. After
 * it the stream must be reset before the next push. */
FSPEC_API fspec_status fspec_stream_flush(fspec_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                          const fspec_call *call, int64_t *n_frames);
/* Back to sample 0. */
FSPEC_API void fspec_stream_reset(fspec_stream *stream);

/* ---- inverse STFT ------------------------------------------------------------------------------------------------- */

typedef struct fspec_istft_config {
    size_t size;
    fspec_precision precision; /* FSPEC_SINGLE */
    fspec_engine engine;       /* FSPEC_ENGINE_AUTO */
    fspec_effort effort;       /* FSPEC_ESTIMATE */
    int64_t n_fft;             /* 2048 */
    int64_t hop_length;        /* 512 */
    const double *window;      /* NULL: Hann, periodic; else n_fft values. Copied. */
    int32_t center;            /* 1: the first n_fft/2 samples, which belong to the padding, are dropped */
} fspec_istft_config;

typedef struct fspec_istft fspec_istft;

FSPEC_API void fspec_istft_config_init(fspec_istft_config *config);
/* Least-squares overlap-add (Griffin and Lim 1984, eq. 6): y = sum w . irfft(X) / sum w^2, where the divisor is above the
 * smallest normal number of the precision; elsewhere the sum is left as it is. Errors as fspec_frontend_create. */
FSPEC_API fspec_status fspec_istft_create(const fspec_istft_config *config, fspec_istft **plan);
FSPEC_API void fspec_istft_free(fspec_istft *plan);
/* Natural length of the output of n_frames frames: n_fft + hop_length * (n_frames - 1), less 2 * (n_fft / 2) if centred; 0 if
 * that overflows. */
FSPEC_API int64_t fspec_istft_n_samples(const fspec_istft *plan, int64_t n_frames);
/* Frames of n_samples that a signal of that length needs, at most n_frames. */
FSPEC_API int64_t fspec_istft_n_frames(const fspec_istft *plan, int64_t n_samples, int64_t n_frames);
/* Inverts n_signals matrices of n_frames columns and n_fft/2 + 1 rows of in_dtype (FSPEC_COMPLEX64/128) into signals of
 * out[i].n_samples (>= 0, the same for all; shortened or padded with zeros) of out[i].dtype (FSPEC_FLOAT32/64; its data is written). The
 * imaginary parts of bin 0 and, for even n_fft, of bin n_fft/2 are ignored. call->whole_array and call->scratch are not
 * used. Thread-safe. Errors: as fspec_frontend_exec, without NOT_FINITE: what is not finite in X shows in y. */
FSPEC_API fspec_status fspec_istft_exec(const fspec_istft *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                                        const fspec_signal *out, int64_t n_signals, const fspec_call *call);

/* ---- Griffin-Lim -------------------------------------------------------------------------------------------------- */

/* Fast Griffin-Lim (Perraudin, Balazs and Sondergaard 2013): n_iter times y = istft(A), X = stft(y),
 * A = S . (X - m/(1+m) X_before) / |...|, and y = istft(A) at the end, m = momentum. `stft` must be a FSPEC_OUT_COMPLEX plan
 * and `istft` a plan with the same n_fft, hop_length and precision. `angles` (C64/C128 by precision, frame-major,
 * n_fft/2 + 1 by n_frames, contiguous) holds S times the first phases and is overwritten; `magnitude` (float or double by
 * precision, same layout) is S; y receives n_samples of the precision's type, contiguous. Returns FSPEC_BAD_ARGUMENT when an
 * STFT of n_samples does not have n_frames frames. Uses call->n_threads and ->cancel. Thread-safe. */
FSPEC_API fspec_status fspec_griffinlim(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum,
                                        const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples,
                                        const fspec_call *call);

/* First phases: angles[t * pitch + b] = magnitude[t * pitch + b] * exp(2 pi i turns[b * n_frames + t]) for n_bins bins and
 * n_frames frames; magnitude is of dtype (FSPEC_FLOAT32/64), angles complex of the same precision. Uses call->n_threads and
 * ->cancel. */
FSPEC_API fspec_status fspec_phases(const double *turns, const void *magnitude, void *angles, int64_t n_bins, int64_t n_frames,
                                    int64_t pitch, fspec_dtype dtype, const fspec_call *call);
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

/* The transform of Schoerkhuber and Klapuri (2010), evaluated as it is defined: for bin k of frequency f and length N, and frame
 * t, with sr the sample rate,
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
    const double *window;      /* NULL: Hann, 0.5 + 0.5 cos(2 pi u). Else w(u) at n_window evenly spaced u from 0 to 1/2, both */
    int64_t n_window;          /* included, between which it is interpolated; n_window >= 8. w(-u) = w(u). */
    double input_scale;        /* 1; for int16 input */
    double min_distance;       /* 80; a bin is computed where it is at least this far from half the decimated rate, in units of
                                  its bandwidth sr / N. For Hann, 31 errs by 9e-6, 80 by 1e-6, and the error falls with the
                                  power 2.5 of the distance. */
    double attenuation;        /* 149; of the half-band decimators, in dB */
    const fspec_cqt_filter *filters; /* NULL; else n_bins filters in place of frequencies, lengths, amplitudes; levels must
                                  not rise with the bin, and hop_length must be a multiple of 2^level */
    const double *decimator;   /* NULL; else decimate by the symmetric filter decimator[|n|], |n| <= decimator_reach, and cut */
    int64_t decimator_reach;   /* each decimated signal to half the length before it, rounded up. Only with filters. Long
                                  ones work on blocks of some hundred samples, for which a stream's frames wait. */
    fspec_cqt_domain domain;   /* FSPEC_CQT_ANY_DOMAIN */
} fspec_cqt_config;

typedef struct fspec_cqt fspec_cqt;

FSPEC_API void fspec_cqt_config_init(fspec_cqt_config *config);
/* Makes a plan. Errors: BAD_HOP_LENGTH, BAD_PRECISION, BAD_OUTPUT, BAD_WINDOW, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY.
 * Thread-safe. */
FSPEC_API fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **plan);
FSPEC_API void fspec_cqt_free(fspec_cqt *plan);
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

/* ---- pieces ------------------------------------------------------------------------------------------------------- */

typedef enum fspec_mel_norm { FSPEC_MEL_NORM_NONE = 0, FSPEC_MEL_NORM_SLANEY = 1 } fspec_mel_norm;

/* Mel filter bank with triangles in Hz, as librosa.filters.mel 0.11 builds it: weights is n_mels x (n_fft/2 + 1), row by
 * row. htk: mel = 2595 log10(1 + f/700), else Slaney's. `single` rounds to float where librosa's float32 matrix does.
 * Errors: BAD_ARGUMENT unless sr > 0, n_fft >= 1, n_mels >= 1 and 0 <= fmin < fmax. */
FSPEC_API fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk,
                                         fspec_mel_norm norm, int single, double *weights);

/* Hann window of n samples, periodic (0.5 - 0.5 cos(2 pi i / n)) or symmetric (n - 1 instead of n; n = 1 gives 1). */
FSPEC_API void fspec_hann(int64_t n, int periodic, double *window);

/* FSPEC_NOT_FINITE if any sample of any signal is NaN or infinite, else FSPEC_OK. */
FSPEC_API fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call);

/* out[i] = 10 log10(max(amin, x[i])) - offset for n contiguous values of float32 or float64 (in and out have the same type and
 * may be the same memory), and their largest value. Uses call->n_threads and ->cancel. */
FSPEC_API fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset,
                                         const fspec_call *call, double *largest);
/* x[i] = max(x[i], floor). */
FSPEC_API fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call);

#ifdef __cplusplus
}
#endif
#endif
