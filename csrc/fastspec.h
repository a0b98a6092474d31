/* fastspec.h - audio features for CPUs: STFT and inverse, (log-)mel, MFCC, constant-Q and inverses, chroma, tuning.
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
 *   - Three tiers: fspec_once_X does all in one call; fspec_X_create makes a plan for many; fspec_X_stream_create takes the
 *     signal in pieces. All give the same bits.
 *   - fspec_X_create makes a plan, fspec_X_exec uses it, fspec_X_free frees it (NULL is fine). A plan is immutable: any
 *     number of threads may use one plan at the same time, no locks are taken. It MUST outlive its streams.
 *   - Scratch is per call: handed in through fspec_call (its size can be asked for), or from a pool (fastspec_process.h).
 *   - Calls run in round-to-nearest with subnormals flushed to zero (|x| < 1.2e-38 counts as zero, in double |x| < 2.3e-308)
 *     and masked floating-point exceptions; the caller's settings are restored before they return.
 *   - Results depend only on the plan and on the signal: not on the number of threads, on how signals are batched or on how
 *     a stream is cut into chunks. SIMD tiers with fused multiply-add give the same bits as each other.
 *
 * The least program:
 *
 *     fspec_frontend_config config;
 *     fspec_frontend *plan;
 *     fspec_frontend_config_init(&config);          a complex STFT of 2048 samples every 512
 *     if (fspec_frontend_create(&config, &plan) != FSPEC_OK) ...
 *     bins = fspec_frontend_n_bins(plan), frames = fspec_frontend_n_frames(plan, n_samples);
 *     fspec_signal y = {.data = samples, .n_samples = n_samples, .stride = sizeof(float), .dtype = FSPEC_FLOAT32};
 *     fspec_matrix X = {.data = out, .bin_stride = 8, .frame_stride = 8 * bins};      pairs of float, frame after frame
 *     if (fspec_frontend_exec(plan, &y, &X, 1, FSPEC_COMPLEX64, NULL) != FSPEC_OK) ...
 *     fspec_frontend_free(plan);
 *
 * This file is the whole library for signals: status and data, the front end, its streams, the inverse, one call for all, and
 * the pieces that plans are made of. It includes the other parts, which follow the same grammar:
 *
 *     fastspec_process.h   what many callers need: memory, FFT engines, limits; parts of signals; groups of streams
 *     fastspec_pitch.h     chroma, the constant-Q transform and its inverses, nonstationary Gabor frames, peaks and tuning;
 *                          fundamental frequency, reassigned spectrograms
 *     fastspec_arrays.h    what is computed from spectra, frames and rows: statistics, normalisation, filters, medians, phases
 */
#ifndef FASTSPEC_H
#define FASTSPEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Windows: FSPEC_STATIC is for users of the static library, FSPEC_BUILD for the build of the shared one. Elsewhere FSPEC_STATIC
 * keeps a copy of csrc within a program or module to itself. */
#if defined(FSPEC_STATIC)
#define FSPEC_API
#elif defined(_WIN32) && defined(FSPEC_BUILD)
#define FSPEC_API __declspec(dllexport)
#elif defined(_WIN32)
#define FSPEC_API __declspec(dllimport)
#elif defined(__GNUC__)
#define FSPEC_API __attribute__((visibility("default")))
#else
#define FSPEC_API
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
    FSPEC_BAD_LOG,          /* log, amin, pcen_...: amin must be finite and > 0; PCEN's constants in range, see there */
    FSPEC_BAD_TOP_DB,       /* top_db: must be >= 0, and needs a log */
    FSPEC_BAD_DCT,          /* dct, n_ceps: a matrix of finite values with n_ceps >= 1 rows is needed */
    FSPEC_BAD_DATA_TYPE,    /* a data type is not one of fspec_dtype, or not allowed there */
    FSPEC_BAD_ARGUMENT,     /* any other argument: a NULL, a negative count, a scratch that is too small ... */
    FSPEC_NOT_STREAMABLE,   /* the plan needs the whole signal (top_db, ref_max, normalize): give a fixed log_floor instead */
    FSPEC_AGAIN,            /* not an error: the data must be given a second time, see fspec_tuning_finish */
    FSPEC_BAD_NORM,         /* norm: not one of fspec_norm, p not finite and > 0, or the output is not FSPEC_OUT_BANDS */
    FSPEC_BAD_FRAMES,       /* frame_length, pad_left, pad_right, append, least_samples, multiple: out of range */
    FSPEC_BAD_SAMPLES,      /* gain, dither, preemphasis: out of range, or not for this output */
    FSPEC_BAD_FEATURES,     /* magnitude_eps, log_multiplier, log_add, band_scale, band_offset, energy, deltas, normalize or
                               stack and what belongs to them: out of range, or not for this output */
    FSPEC_OVER_LIMIT        /* a call needs more scratch than fspec_call_scratch_limit allows */
} fspec_status;

/* A short English sentence for a status; never NULL, valid for ever. */
FSPEC_API const char *fspec_status_string(fspec_status status);
/* The name of the argument that a FSPEC_BAD_... status complains of ("hop_length"), or "" for the others. */
FSPEC_API const char *fspec_status_argument(fspec_status status);

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
    void *scratch;           /* NULL: from the pool. Else memory of scratch_size bytes, any alignment, for this call alone */
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
    FSPEC_LOG_LOG10 = 3, /* log10(max(amin, x)) - log10(max(amin, ref)) */
    FSPEC_LOG_PCEN = 4  /* per-channel energy normalisation in place of a logarithm: see fspec_pcen and pcen_gain below */
} fspec_log;

/* What a frame x is divided by, where that is at least the smallest normal number of the precision; else it stays as it is. */
typedef enum fspec_norm {
    FSPEC_NORM_NONE = 0,
    FSPEC_NORM_MAX = 1,   /* max |x| */
    FSPEC_NORM_MIN = 2,   /* min |x| */
    FSPEC_NORM_COUNT = 3, /* how many values are not 0 */
    FSPEC_NORM_P = 4      /* (sum |x|^p)^(1/p) */
} fspec_norm;

/* Log energy of a frame: the logarithm (natural) of its samples' sum of squares, after dither and the removal of the mean. */
typedef enum fspec_energy {
    FSPEC_ENERGY_NONE = 0,
    FSPEC_ENERGY_RAW = 1,     /* before pre-emphasis and window */
    FSPEC_ENERGY_WINDOWED = 2 /* after them */
} fspec_energy;

typedef enum fspec_normalize {
    FSPEC_NORMALIZE_NONE = 0,
    FSPEC_NORMALIZE_MEAN = 1,
    FSPEC_NORMALIZE_MEAN_VAR = 2
} fspec_normalize;

/* How norm_eps keeps the divisor from 0: sqrt(var + eps), sqrt(var) + eps, sqrt(max(var, eps)). */
typedef enum fspec_norm_eps { FSPEC_NORM_EPS_VAR = 0, FSPEC_NORM_EPS_STD = 1, FSPEC_NORM_EPS_MAX = 2 } fspec_norm_eps;

/* What becomes of an incomplete stack at the end: left out, filled with zeros, filled with the last frame. */
typedef enum fspec_stack_end { FSPEC_STACK_DROP = 0, FSPEC_STACK_ZERO = 1, FSPEC_STACK_REPEAT = 2 } fspec_stack_end;

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
    double log_floor;          /* -infinity: off; results under it are raised to it, in units of log relative to ref, or to
                                  the largest value with ref_max */
    const double *dct;         /* NULL; n_ceps x n_bands, row by row. Copied. */
    int64_t n_ceps;            /* 0 */
    fspec_norm frame_norm;     /* FSPEC_NORM_NONE; of each frame's bands, after the logarithm (FSPEC_OUT_BANDS only, without
                                  top_db and ref_max) */
    double frame_norm_p;       /* 2; for FSPEC_NORM_P */

    /* What speech front ends have besides, in the order of the stages. COMPLEX has only the paddings, drop_last, append,
     * least_samples, multiple, gain and pre-emphasis of the signal; SPECTRUM lacks energy, log_add, band_scale, band_offset. */
    int64_t frame_length;      /* 0: n_fft; else a frame is so many samples, to which zeros are added for the FFT */
    int32_t explicit_pad;      /* 0: as `center` says; 1: frame t begins at sample t * hop_length - pad_left, and there are
                                  1 + (n_samples + pad_left + pad_right - frame_length) / hop_length frames */
    int64_t pad_left;          /* 0; for explicit_pad: samples, of either sign, at most 2^31 */
    int64_t pad_right;         /* 0; the same */
    int32_t drop_last;         /* 0; 1: the last frame is left out */
    int64_t append;            /* 0; zeros to add behind the signal, at most 2^40 */
    int64_t least_samples;     /* 0; zeros are added after those, up to this length; at most 2^40 */
    int64_t multiple;          /* 1; zeros are added after those, up to a multiple of this; at most 2^40 */
    double gain;               /* 1; > 0; factor of all samples */
    double dither;             /* 0; standard deviation of Gaussian noise on each frame's samples, after gain */
    uint64_t seed;             /* 0; of the noise, a function of the seed, the number of the signal in the call (of the channel
                                  in a stream), frame and sample */
    int32_t remove_dc;         /* 0; 1: each frame's mean is subtracted */
    double preemphasis;        /* 0; c in y[i] = x[i] - c * x[i - 1] */
    int32_t preemphasis_signal; /* 0: per frame after remove_dc, where x[-1] is x[0]; 1: over the signal, x[-1] = 0, before the
                                  zeros are appended */
    double magnitude_eps;      /* 0; |X|^power becomes (|X|^2 + magnitude_eps)^(power / 2) */
    int32_t magnitude_eps_max; /* 0; 1: it becomes max(|X|^2, magnitude_eps)^(power / 2) */
    int32_t identity_bands;    /* 0; 1: the bands are the bins; `bands` is not read, n_bands must be n_fft/2 + 1 */
    double log_multiplier;     /* 1; where log_add > 0, the logarithm is taken of max(amin, log_multiplier * x + log_add) */
    double log_add;            /* 0 */
    const double *band_scale;  /* NULL: 1; else n_bands factors of the logarithms, after all clipping. Copied. */
    const double *band_offset; /* NULL: 0; else n_bands values that are added after the factors. Copied. */
    fspec_energy energy;       /* FSPEC_ENERGY_NONE; else the output has one more row */
    int32_t energy_last;       /* 0: the energy's row is the first; 1: the last */
    double energy_floor;       /* smallest normal number of float; energies are raised to it, > 0 */
    /* Stages over time. Plans with one of them allocate their features besides the scratch. */
    int32_t deltas;            /* 0; 1 or 2: so many derivatives follow, d[t] = sum k (x[t + k] - x[t - k]) / (2 sum k^2) */
    int64_t delta_window;      /* 2; the sums' k are 1 to delta_window <= 1000; x beyond the ends is its first or last frame */
    int32_t delta_kaldi;       /* 0: second derivatives are those of the first ones, whose ends are repeated; 1: of x, whose
                                  ends are */
    fspec_normalize normalize; /* FSPEC_NORMALIZE_NONE; else features get mean 0 over the signal, and standard deviation 1. One
                                  frame has variance 0; what would be divided by 0 is not divided. Sums are in double. */
    int64_t norm_ddof;         /* 0; 0 or 1: var = sum of squares / (n_frames - norm_ddof) */
    double norm_eps;           /* 0; >= 0 */
    fspec_norm_eps norm_eps_mode; /* FSPEC_NORM_EPS_VAR */
    int32_t norm_item;         /* 0; 1: one mean and deviation for all features of a signal */
    int64_t stack;             /* 1; frames put together into one, at most 1000 */
    int64_t stack_stride;      /* 1; output frame v begins with frame v * stack_stride - stack_left */
    int64_t stack_left;        /* 0; < stack; the first frame stands for those before it. With FSPEC_STACK_DROP there are as
                                  many stacks as are complete, else n_frames / stack_stride, rounded up */
    fspec_stack_end stack_end; /* FSPEC_STACK_DROP */
    /* FSPEC_LOG_PCEN is the first of the stages over time; its constants, as in fspec_pcen_config. For FSPEC_OUT_BANDS without
     * top_db, ref_max, log_floor, log_add and frame_norm; scale and offset follow it. */
    double pcen_gain;          /* 0.98 */
    double pcen_bias;          /* 2 */
    double pcen_power;         /* 0.5 */
    double pcen_eps;           /* 1e-6 */
    double pcen_b;             /* 0.025 */
    int32_t delta_savgol;      /* 0; 1: derivatives are those of the line or, of order 2, the parabola that fits best the
                                  2 * delta_window + 1 frames around a frame; of the first or last so many frames at the ends.
                                  A signal with fewer is too short. Not with delta_kaldi. */
} fspec_frontend_config;

typedef struct fspec_frontend fspec_frontend;

/* Fills `config` with the defaults above. */
FSPEC_API void fspec_frontend_config_init(fspec_frontend_config *config);
/* Makes a plan. Errors: any FSPEC_BAD_..., TOO_LARGE, NO_MEMORY, NO_ENGINE, ENGINE_FAILED. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **plan);
FSPEC_API void fspec_frontend_free(fspec_frontend *plan);
/* Rows of the output: bins, bands or coefficients; with energy, deltas and stacking. */
FSPEC_API int64_t fspec_frontend_n_bins(const fspec_frontend *plan);
/* Frames of a signal of n_samples: centred 1 + (n_samples + 2 * (L / 2) - L) / hop_length, else
 * 1 + (n_samples - L) / hop_length with L = frame_length or n_fft; 0 where no frame fits or n_samples < 1. See explicit_pad,
 * drop_last, append and stack. */
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
 * fspec_frontend_exec. call->scratch is not used; with n_threads > 1 scratch comes from the pool. After NOT_FINITE, NO_MEMORY,
 * OVER_LIMIT, TOO_LARGE or BAD_... the stream is as it was before the call. After CANCELLED it must be reset. */
FSPEC_API fspec_status fspec_stream_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                         fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames);
/* Ends the signals and writes the fspec_stream_pending frames that were waiting for more. TOO_SHORT if no frame fits. After
 * it the stream must be reset before the next push. */
FSPEC_API fspec_status fspec_stream_flush(fspec_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                          const fspec_call *call, int64_t *n_frames);
/* Back to sample 0. */
FSPEC_API void fspec_stream_reset(fspec_stream *stream);
/* Another stream in the same state, which goes on by itself; to be freed. Errors: NO_MEMORY, BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_stream_copy(const fspec_stream *stream, fspec_stream **copy);
/* Frame t is written by the push with which the stream has taken t * step + latency samples, step being hop_length times
 * stack_stride; FSPEC_PAD_REFLECT holds the first frames back until there are pad_left + 1 samples, _SYMMETRIC until there are
 * pad_left, the others until there is one (centred frames: pad_left = L / 2). Of L = frame_length or n_fft it is L - pad_left,
 * plus hop_length * (deltas * delta_window + stack - stack_left - 1); if that is more than pad_right + append allow,
 * L - pad_left - pad_right - append + drop_last * hop_length in place of L - pad_left. With delta_savgol it is delta_window
 * once for deltas = 2 too, and the first frames come no earlier than frame 2 * delta_window of the front end is there. With
 * `least_samples` or `multiple` frames may come earlier. It may be negative. In samples. */
FSPEC_API int64_t fspec_stream_latency(const fspec_stream *stream);

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
 * out[i].n_samples (>= 0, the same for all; shortened or padded with zeros) of out[i].dtype (FSPEC_FLOAT32/64; its data is
 * written). The imaginary parts of bin 0 and, for even n_fft, of bin n_fft/2 are ignored. call->whole_array and call->scratch
 * are not used. Thread-safe. Errors: as fspec_frontend_exec, without NOT_FINITE: what is not finite in X shows in y. */
FSPEC_API fspec_status fspec_istft_exec(const fspec_istft *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                                        const fspec_signal *out, int64_t n_signals, const fspec_call *call);

typedef struct fspec_istft_stream fspec_istft_stream;

/* The inverse fed in pieces: a stream of n_channels signals that advance together, with the bits of one fspec_istft_exec,
 * whatever the pieces. It keeps a reference to the plan, which MUST outlive it, and allocates nothing after it was made (calls
 * with n_threads > 1 take scratch from the pool). One stream is used by one thread at a time. Errors: NO_MEMORY, TOO_LARGE,
 * BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_istft_stream_create(const fspec_istft *plan, int64_t n_channels, fspec_istft_stream **stream);
FSPEC_API void fspec_istft_stream_free(fspec_istft_stream *stream);
/* Back to frame 0. */
FSPEC_API void fspec_istft_stream_reset(fspec_istft_stream *stream);
/* Another stream in the same state, which goes on by itself; to be freed. Errors: NO_MEMORY, BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_istft_stream_copy(const fspec_istft_stream *stream, fspec_istft_stream **copy);
/* Sample i is written by the push of frame (i + latency) / hop_length, rounded down: n_fft/2 samples if centred, else 0; more
 * where hops are longer than the part of a frame that counts as signal. */
FSPEC_API int64_t fspec_istft_stream_latency(const fspec_istft_stream *stream);
/* Samples of each channel that a push of n_frames more frames would give. */
FSPEC_API int64_t fspec_istft_stream_ready(const fspec_istft_stream *stream, int64_t n_frames);
/* Samples that a flush would give now: up to the natural length (length < 0), or to `length` samples in all. */
FSPEC_API int64_t fspec_istft_stream_pending(const fspec_istft_stream *stream, int64_t length);
/* Pushes n_frames (>= 0) columns of every channel, as for fspec_istft_exec. Writes fspec_istft_stream_ready samples to out[c],
 * which has room for at least so many (n_samples), and their number to n_samples. After NO_MEMORY, OVER_LIMIT, TOO_LARGE or
 * BAD_... the stream is as it was before the call. After CANCELLED it must be reset. */
FSPEC_API fspec_status fspec_istft_stream_push(fspec_istft_stream *stream, const fspec_matrix *in, fspec_dtype in_dtype,
                                               int64_t n_frames, const fspec_signal *out, const fspec_call *call,
                                               int64_t *n_samples);
/* Ends the signals and writes the fspec_istft_stream_pending samples that were waiting for more. `length` is negative, or the
 * samples of the whole signal, at least those written so far; zeros follow where no frame reaches. TOO_SHORT if there was no
 * frame. After it the stream must be reset before the next push. */
FSPEC_API fspec_status fspec_istft_stream_flush(fspec_istft_stream *stream, int64_t length, const fspec_signal *out,
                                                const fspec_call *call, int64_t *n_samples);

/* ---- one call ----------------------------------------------------------------------------------------------------- */

/* The transforms of a contiguous float signal, of one channel, with librosa 0.11's defaults: centred frames padded with zeros,
 * periodic Hann window of n_fft samples. Outputs are frame after frame, in memory of the caller's. Each call makes a plan and
 * frees it: for one signal, not for a loop. Thread-safe. Errors: those of the create and exec functions that they stand for. */

/* Frames of a signal, or 0 where there are none or an argument is out of range. */
FSPEC_API int64_t fspec_once_n_frames(int64_t n_samples, int64_t n_fft, int64_t hop_length);
/* X: n_frames x (n_fft/2 + 1) pairs (real, imaginary). */
FSPEC_API fspec_status fspec_once_stft(const float *y, int64_t n_samples, int64_t n_fft, int64_t hop_length, float *X);
/* The inverse: y receives n_samples samples, cut off or zero where X has more or fewer. */
FSPEC_API fspec_status fspec_once_istft(const float *X, int64_t n_frames, int64_t n_fft, int64_t hop_length, float *y,
                                        int64_t n_samples);
/* Mel spectrogram, n_frames x n_mels: Slaney's mel bands, up to sr / 2, of |X|^2; with `db` as 10 log10(max(1e-10, .)). */
FSPEC_API fspec_status fspec_once_mel(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length,
                                      int64_t n_mels, int db, float *out);
/* MFCC, n_frames x n_mfcc: the first rows of the orthonormal DCT-II of the mel spectrogram in dB, which is raised to 80 dB
 * under its largest value. */
FSPEC_API fspec_status fspec_once_mfcc(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length,
                                       int64_t n_mels, int64_t n_mfcc, float *out);
/* Constant-Q transform as fspec_cqt_create defines it, (1 + n_samples / hop_length) x n_bins pairs (real, imaginary): Hann
 * window, bin k at fmin * 2^(k / bins_per_octave) Hz with length Q sr / f and amplitude sqrt(length) / (length / 2), where
 * Q = (r + 1) / (r - 1), r = 2^(2 / bins_per_octave). */
FSPEC_API fspec_status fspec_once_cqt(const float *y, int64_t n_samples, double sr, int64_t hop_length, double fmin,
                                      int64_t n_bins, int64_t bins_per_octave, float *C);

/* ---- pieces ------------------------------------------------------------------------------------------------------- */

typedef enum fspec_mel_norm { FSPEC_MEL_NORM_NONE = 0, FSPEC_MEL_NORM_SLANEY = 1 } fspec_mel_norm;

/* Mel filter bank with triangles in Hz, as librosa.filters.mel 0.11 builds it: weights is n_mels x (n_fft/2 + 1), row by
 * row. htk: mel = 2595 log10(1 + f/700), else Slaney's. `single` rounds to float where librosa's float32 matrix does.
 * Errors: BAD_ARGUMENT unless sr > 0, n_fft >= 1, n_mels >= 1 and 0 <= fmin < fmax. */
FSPEC_API fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk,
                                         fspec_mel_norm norm, int single, double *weights);

/* The first n_rows rows of the orthonormal DCT-II of n values, row by row: n_rows x n. BAD_ARGUMENT unless 1 <= n_rows <= n. */
FSPEC_API fspec_status fspec_dct(int64_t n, int64_t n_rows, double *matrix);

/* Hann window of n samples, periodic (0.5 - 0.5 cos(2 pi i / n)) or symmetric (n - 1 instead of n; n = 1 gives 1). */
FSPEC_API void fspec_hann(int64_t n, int periodic, double *window);

/* FSPEC_NOT_FINITE if any sample of any signal is NaN or infinite, else FSPEC_OK. */
FSPEC_API fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call);

/* out[i] = 10 log10(max(amin, x[i])) - offset for n contiguous values of float32 or float64 (in and out have the same type and
 * may be the same memory), and their largest value. Uses call->n_threads and ->cancel. */
FSPEC_API fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset,
                                         const fspec_call *call, double *largest);
/* out[i] = 10^(x[i] / 10) for n contiguous values of float32 or float64 (in and out have the same type and may be the same memory),
 * within 2 ulp of x[i] * 0.1, which is rounded first. *left_range (may be NULL): whether a finite x gave infinity, or
 * less than the smallest normal number, which may become 0. Uses call->n_threads and ->cancel. Thread-safe. Errors: BAD_DATA_TYPE, BAD_ARGUMENT, BAD_STRUCT, CANCELLED. */
FSPEC_API fspec_status fspec_db_to_power(const void *x, void *out, int64_t n, fspec_dtype dtype, const fspec_call *call,
                                         int *left_range);
/* x[i] = max(x[i], floor). */
FSPEC_API fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call);

#ifdef __cplusplus
}
#endif

#include "fastspec_process.h"
#include "fastspec_pitch.h"
#include "fastspec_arrays.h"

#endif
