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
 *   - Scratch is per call: handed in through fspec_call (its size can be asked for), or taken from a pool: see fspec_scratch_limit.
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
 * Parts, each under its headline: status, settings, data; the front end, streaming, the inverse STFT, Griffin-Lim; chroma; the
 * constant-Q transform and its inverses, nonstationary Gabor frames; peaks and tuning; fundamental frequency; reassigned
 * spectrograms; one call; pieces (windows, filters).
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
    FSPEC_BAD_FEATURES,     /* magnitude_eps, log_multiplier, log_add, band_scale, band_offset, energy, deltas, normalize or stack
                               and what belongs to them: out of range, or not for this output */
    FSPEC_OVER_LIMIT        /* a call needs more scratch than fspec_call_scratch_limit allows */
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
 * once. Set it before any other call; NULL restores malloc and free. First the pool of scratch is emptied, and its limit
 * becomes 0: what is not in use goes back to `allocate`'s owner, until fspec_scratch_limit says otherwise. NULL restores the
 * default limit. Not thread-safe. */
typedef struct fspec_allocator {
    void *(*allocate)(size_t bytes, void *user);
    void (*release)(void *block, void *user);
    void *user;
} fspec_allocator;
FSPEC_API void fspec_set_allocator(const fspec_allocator *allocator);

/* Bytes that this thread has taken from the allocator and not given back to it, so far; it may be negative. What it grows by
 * over fspec_X_create is the size of the plan or stream, without FFTW's part. Thread-safe. */
FSPEC_API int64_t fspec_thread_bytes(void);

/* Scratch that calls take for themselves comes from a pool of the process and goes back to it: no lock, no allocation once
 * blocks are there, whatever the number of threads. fspec_scratch_limit sets how many bytes may be kept idle, 64 MiB by
 * default; a block of more than a quarter of that is not kept, and 0 keeps none. Thread-safe; works across fork. */
FSPEC_API void fspec_scratch_limit(size_t bytes);
/* That limit, the bytes and blocks that are idle, and how many times since the start a call's scratch was found in the pool
 * (reused) or was not (allocated). No pointer may be NULL. Thread-safe. */
FSPEC_API void fspec_scratch_info(size_t *limit, size_t *idle, int64_t *n_blocks, int64_t *reused, int64_t *allocated);
/* Frees what is idle. Thread-safe. */
FSPEC_API void fspec_scratch_trim(void);
/* The most scratch in bytes that a call may take for itself at any time; 0, the default: any. A call that needs more ends with
 * FSPEC_OVER_LIMIT before its work. Scratch in fspec_call does not count. Thread-safe. */
FSPEC_API void fspec_call_scratch_limit(size_t bytes);
/* The bytes that this thread's last call that ended with FSPEC_OVER_LIMIT needed. */
FSPEC_API size_t fspec_scratch_refused(void);

/* Loads FFTW 3 at run time from the two libraries at these paths (single and double precision; either may be NULL or
 * empty: then plans of that precision have no such engine). A library stays loaded for the life of the process and the
 * first successful load of a precision wins: later calls for it return FSPEC_OK and change nothing. Any library that
 * exports FFTW's plan_many interface will do. Returns FSPEC_NO_ENGINE, with a description in message (of message_size
 * bytes, always terminated; may be NULL), when a path cannot be loaded. Thread-safe. */
FSPEC_API fspec_status fspec_fftw_load(const char *single_path, const char *double_path, char *message, size_t message_size);
/* Version string and path of the library loaded for a precision, or "" when there is none. Not while another thread loads. */
FSPEC_API const char *fspec_fftw_version(int is_double);
FSPEC_API const char *fspec_fftw_path(int is_double);
/* Whether FSPEC_ENGINE_LANES is fast for a size: then FSPEC_ENGINE_AUTO takes it. */
FSPEC_API int fspec_lanes_has(int64_t n_fft);
/* The number of FFT plans that are cached, and how many of them are in use. At most FSPEC_FFT_CACHE unused ones are kept. */
#define FSPEC_FFT_CACHE 64
FSPEC_API void fspec_fft_cache_info(int *n_plans, int *n_in_use); /* thread-safe */
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
    void *scratch;           /* NULL: from the pool. Else memory of scratch_size bytes, any alignment, used by this call alone */
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

typedef enum fspec_normalize { FSPEC_NORMALIZE_NONE = 0, FSPEC_NORMALIZE_MEAN = 1, FSPEC_NORMALIZE_MEAN_VAR = 2 } fspec_normalize;

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
    uint64_t seed;             /* 0; of the noise, a function of the seed, the number of the signal in the call (of the channel in
                                  a stream), frame and sample */
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
    int32_t deltas;            /* 0; 1 or 2: so many derivatives are appended, d[t] = sum k (x[t + k] - x[t - k]) / (2 sum k^2) */
    int64_t delta_window;      /* 2; the sums' k are 1 to delta_window, at most 1000; x beyond the ends is its first, last frame */
    int32_t delta_kaldi;       /* 0: second derivatives are those of the first ones, whose ends are repeated; 1: of x, whose ends
                                  are */
    fspec_normalize normalize; /* FSPEC_NORMALIZE_NONE; else features get mean 0 over the signal, and standard deviation 1. One
                                  frame has variance 0; what would be divided by 0 is not divided. Sums are in double. */
    int64_t norm_ddof;         /* 0; 0 or 1: var = sum of squares / (n_frames - norm_ddof) */
    double norm_eps;           /* 0; >= 0 */
    fspec_norm_eps norm_eps_mode; /* FSPEC_NORM_EPS_VAR */
    int32_t norm_item;         /* 0; 1: one mean and deviation for all features of a signal */
    int64_t stack;             /* 1; frames put together into one, at most 1000 */
    int64_t stack_stride;      /* 1; output frame v begins with frame v * stack_stride - stack_left */
    int64_t stack_left;        /* 0; < stack; the first frame stands for those before it. With FSPEC_STACK_DROP there are as many
                                  stacks as are complete, else n_frames / stack_stride, rounded up */
    fspec_stack_end stack_end; /* FSPEC_STACK_DROP */
    /* FSPEC_LOG_PCEN is the first of the stages over time; its constants, as in fspec_pcen_config. For FSPEC_OUT_BANDS without
     * top_db, ref_max, log_floor, log_add and frame_norm; scale and offset follow it. */
    double pcen_gain;          /* 0.98 */
    double pcen_bias;          /* 2 */
    double pcen_power;         /* 0.5 */
    double pcen_eps;           /* 1e-6 */
    double pcen_b;             /* 0.025 */
    int32_t delta_savgol;      /* 0; 1: derivatives are those of the line or, of order 2, the parabola that fits the 2 * delta_window
                                  + 1 frames around a frame best; of the first or last so many frames at the ends. A signal with
                                  fewer is too short. Not with delta_kaldi. */
} fspec_frontend_config;

typedef struct fspec_frontend fspec_frontend;

/* Fills `config` with the defaults above. */
FSPEC_API void fspec_frontend_config_init(fspec_frontend_config *config);
/* Makes a plan. Errors: any FSPEC_BAD_..., TOO_LARGE, NO_MEMORY, NO_ENGINE, ENGINE_FAILED. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **plan);
FSPEC_API void fspec_frontend_free(fspec_frontend *plan);
/* Rows of the output: bins, bands or coefficients; with energy, deltas and stacking. */
FSPEC_API int64_t fspec_frontend_n_bins(const fspec_frontend *plan);
/* Frames of a signal of n_samples: centred 1 + (n_samples + 2 * (L / 2) - L) / hop_length, else 1 + (n_samples - L) / hop_length
 * with L = frame_length or n_fft; 0 where no frame fits or n_samples < 1. See explicit_pad, drop_last, append and stack. */
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

/* ---- random access: some frames of a signal, and what calls cost ---------------------------------------------------- */

/* Frames [first, first + n_frames) of a signal of `total` samples, of which [offset, offset + signal.n_samples) are given. */
typedef struct fspec_part {
    fspec_signal signal;
    int64_t offset, total;
    int64_t first, n_frames; /* n_frames may be 0 */
} fspec_part;

/* The samples [*begin, *end) of a signal of `total` that hold all that its frames [first, first + n_frames) need: edges that
 * are reflected, and neighbours of derivatives and stacks included. Both are 0 where none are needed. Errors: TOO_SHORT where
 * the signal has no frames, NOT_STREAMABLE for plans that need the whole signal, BAD_ARGUMENT. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_needs(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n_frames,
                                            int64_t *begin, int64_t *end);
/* Those frames of n_parts parts, to columns 0 ... of as many matrices, with the bits that fspec_frontend_exec on the whole signals
 * gives, at the cost of those frames; the part's number counts as the signal's. Only samples that are needed are looked at: the
 * others may be NaN. Scratch, errors and rules are those of fspec_frontend_exec, and TOO_SHORT where a sample that is needed
 * is not given, NOT_STREAMABLE, BAD_ARGUMENT for frames that there are none of. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_exec_part(const fspec_frontend *plan, const fspec_part *parts, const fspec_matrix *out,
                                                int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call);
/* The most bytes that a fspec_frontend_exec without scratch holds at a time for n_signals signals of n_samples each, at n_threads,
 * give or take 1 KB: stages over time hold the frames of all signals. 0 where there are no frames, or where it overflows.
 * Thread-safe. */
FSPEC_API size_t fspec_frontend_memory(const fspec_frontend *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads);
/* About how many additions, multiplications and the like such a call takes for one signal: 2.5 n log2 n for a transform of n real
 * samples, 2 for each weight that is not 0, 10 for a logarithm. Thread-safe. */
FSPEC_API double fspec_frontend_flops(const fspec_frontend *plan, int64_t n_samples);

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
/* Another stream in the same state, which goes on by itself; to be freed. Errors: NO_MEMORY, BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_stream_copy(const fspec_stream *stream, fspec_stream **copy);
/* Frame t is written by the push with which the stream has taken t * step + latency samples, step being hop_length times
 * stack_stride; FSPEC_PAD_REFLECT holds the first frames back until there are pad_left + 1 samples, _SYMMETRIC until there are
 * pad_left, the others until there is one (centred frames: pad_left = L / 2). Of L = frame_length or n_fft it is L - pad_left, plus
 * hop_length * (deltas * delta_window + stack - stack_left - 1); if that is more than pad_right + append allow,
 * L - pad_left - pad_right - append + drop_last * hop_length in place of L - pad_left. With `least_samples` or `multiple` frames may
 * come earlier. It may be negative. In samples. */
FSPEC_API int64_t fspec_stream_latency(const fspec_stream *stream);

/* ---- per-channel energy normalisation of arrays --------------------------------------------------------------------- */

/* y = (x / (eps + s)^gain + bias)^power - bias^power, where s[t] = b ref[t] + (1 - b) s[t - 1] along each band's frames. For
 * power = 0: ln(1 + x / (eps + s)^gain). */
typedef struct fspec_pcen_config {
    size_t size;
    double gain;  /* 0.98; >= 0, as the next two */
    double bias;  /* 2 */
    double power; /* 0.5 */
    double eps;   /* 1e-6; > 0 */
    double b;     /* 0.025; 0 to 1 */
} fspec_pcen_config;
FSPEC_API void fspec_pcen_config_init(fspec_pcen_config *config);
/* n_items matrices x of dtype (FSPEC_FLOAT32/64) into out, of out_dtype; ref, like x, is what is smoothed (NULL: x). All is
 * computed in double. state: n_bands values of each item, (1 - b) s of the frame before the first, which become those after
 * the last, so that a matrix may come in pieces; NULL: s = 1 before the first frame. An output may be the x of its item, but
 * not overlap otherwise. What is not finite is taken as it is. config may be NULL. Uses call->n_threads and ->cancel.
 * Thread-safe. Errors: BAD_LOG for a constant out of range, BAD_DATA_TYPE, BAD_ARGUMENT, BAD_STRUCT, TOO_LARGE, CANCELLED. */
FSPEC_API fspec_status fspec_pcen(const fspec_pcen_config *config, const fspec_matrix *x, const fspec_matrix *ref,
                                  fspec_dtype dtype, int64_t n_bands, int64_t n_frames, double *state, const fspec_matrix *out,
                                  fspec_dtype out_dtype, int64_t n_items, const fspec_call *call);

/* ---- statistics of spectra ---------------------------------------------------------------------------------------- */

/* What is computed of each frame's spectrum x, at the frequencies f of its bins; sums are over the bins, and in double. Where the
 * sum of x is below the smallest normal number of the precision, it is taken as 1. */
typedef enum fspec_spectral_kind {
    FSPEC_SPECTRAL_CENTROID = 0,  /* sum f x / sum x */
    FSPEC_SPECTRAL_BANDWIDTH = 1, /* (sum |f - centroid|^p x / sum x)^(1/p), or without `normalize` not divided by the sum */
    FSPEC_SPECTRAL_ROLLOFF = 2,   /* the lowest f whose running sum reaches `share` of the whole */
    FSPEC_SPECTRAL_FLATNESS = 3,  /* the geometric over the arithmetic mean of max(amin, x) */
    FSPEC_SPECTRAL_TAILS = 4,     /* for each of n_rows stretches of bins the mean of the smallest band_count values, then, in n_rows
                                     rows more, of the largest */
    FSPEC_SPECTRAL_SUMS = 5,      /* n_rows sums of weights * x */
    FSPEC_SPECTRAL_RMS = 6        /* sqrt of the one sum of weights * x */
} fspec_spectral_kind;

typedef struct fspec_spectral_config {
    size_t size;
    fspec_spectral_kind kind;    /* FSPEC_SPECTRAL_CENTROID */
    fspec_precision precision;   /* FSPEC_SINGLE; of the spectra */
    int64_t n_bins;              /* 0; must be set, at most 2^23 */
    const double *frequencies;   /* NULL; n_bins values, for the first three kinds. All arrays are copied. */
    double p;                    /* 2; > 0 */
    int32_t normalize;           /* 1 */
    double share;                /* 0.85; above 0, below 1 */
    double amin;                 /* 1e-10; > 0 */
    int32_t square;              /* 0; 1: of x^2 in place of x */
    int64_t n_rows;              /* 0; for TAILS and SUMS; 1 for RMS */
    const int64_t *band_begin;   /* NULL; n_rows first bins, */
    const int64_t *band_end;     /* ends, and how many values make the means, at least 1 and at most end - begin */
    const int64_t *band_count;
    const double *weights;       /* NULL; n_rows x n_bins, row by row; one row for RMS */
} fspec_spectral_config;

typedef struct fspec_spectral fspec_spectral;

FSPEC_API void fspec_spectral_config_init(fspec_spectral_config *config);
/* Errors: BAD_ARGUMENT, BAD_PRECISION, BAD_STRUCT, TOO_LARGE, NO_MEMORY. A plan: immutable, for any number of threads. */
FSPEC_API fspec_status fspec_spectral_create(const fspec_spectral_config *config, fspec_spectral **spectral);
FSPEC_API void fspec_spectral_free(fspec_spectral *spectral);
/* Rows of the result. */
FSPEC_API int64_t fspec_spectral_n_rows(const fspec_spectral *spectral);
/* The statistics of the spectra of n_signals signals, which are never stored: `plan` is one with FSPEC_OUT_SPECTRUM, the same
 * precision and n_bins bins. out: n_rows rows and fspec_frontend_n_frames columns each, of out_dtype (FSPEC_FLOAT32/64).
 * centroid: NULL, or one row each of doubles, to take for BANDWIDTH. Uses call->n_threads and ->cancel. Errors as
 * fspec_frontend_exec, BAD_OUTPUT for another plan. Thread-safe. */
FSPEC_API fspec_status fspec_spectral_exec(const fspec_spectral *spectral, const fspec_frontend *plan, const fspec_signal *signals,
                                           const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_signals,
                                           fspec_dtype out_dtype, const fspec_call *call);
/* The same of n_items matrices of spectra, of the precision's type, n_bins rows and n_frames columns, which should not be negative.
 * What is not finite is taken as it is. */
FSPEC_API fspec_status fspec_spectral_exec_spectra(const fspec_spectral *spectral, const fspec_matrix *spectra, int64_t n_frames,
                                                   const fspec_matrix *centroid, const fspec_matrix *out, int64_t n_items,
                                                   fspec_dtype out_dtype, const fspec_call *call);

/* ---- statistics of frames of samples ------------------------------------------------------------------------------ */

typedef struct fspec_frames_config {
    size_t size;
    int64_t frame_length;    /* 2048 */
    int64_t hop_length;      /* 512 */
    int64_t pad_left;        /* 0; samples, at least 0 and at most 2^31: frame t begins at t * hop_length - pad_left */
    int64_t pad_right;       /* 0 */
    fspec_pad_mode pad_mode; /* FSPEC_PAD_CONSTANT */
    int32_t crossings;       /* 0: sqrt(sum y^2 / frame_length); 1: sign changes from sample to sample / frame_length */
    double threshold;        /* 1e-10; not NaN. Samples in [-threshold, threshold] count as 0, */
    int32_t zero_pos;        /* 1: and 0 as positive; 0: as a sign of its own */
    int32_t first;           /* 0; 1: the first sample of each frame counts as a change */
} fspec_frames_config;

FSPEC_API void fspec_frames_config_init(fspec_frames_config *config);
/* Frames of a signal of n_samples, 0 where none fits: 1 + (n_samples + pad_left + pad_right - frame_length) / hop_length. */
FSPEC_API int64_t fspec_frames_count(const fspec_frames_config *config, int64_t n_samples);
/* One row per signal, fspec_frames_count columns, of out_dtype (FSPEC_FLOAT32/64). What is not finite is taken as it is.
 * config may be NULL. Uses call->n_threads and ->cancel. Errors: BAD_FRAMES, BAD_HOP_LENGTH, BAD_PAD_MODE, BAD_ARGUMENT,
 * BAD_DATA_TYPE, BAD_STRUCT, TOO_SHORT, TOO_LARGE, NO_MEMORY, CANCELLED. Thread-safe. */
FSPEC_API fspec_status fspec_frames_exec(const fspec_frames_config *config, const fspec_signal *signals, const fspec_matrix *out,
                                         int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call);

/* ---- filters along an axis --------------------------------------------------------------------------------------- */

/* out[r * out_pitch + i] = sum over j < n_taps of taps[j] * x[r * x_pitch + i + j * step], for 0 <= i < n and n_rows rows, where
 * x and out are of dtype (FSPEC_FLOAT32/64), in which it is computed, and must not overlap; pitches and step are in elements.
 * With step 1 it runs along contiguous rows, with step = columns down the columns of a matrix. Uses call->n_threads and
 * ->cancel. Thread-safe. Errors: BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY, CANCELLED. */
FSPEC_API fspec_status fspec_filter_rows(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n,
                                         int64_t step, const double *taps, int64_t n_taps, void *out, int64_t out_pitch,
                                         const fspec_call *call);
/* out[r][i] = x[r][i] + coef * out[r][i - 1], product and sum rounded to dtype (FSPEC_FLOAT32/64) one after the other. state: n_rows
 * values, coef * out[r][-1], which become those after the last of the n; rows are contiguous, pitches in elements; out may be x.
 * Uses call->n_threads and ->cancel. Thread-safe. Errors: BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, CANCELLED. */
FSPEC_API fspec_status fspec_one_pole(const void *x, int64_t x_pitch, fspec_dtype dtype, int64_t n_rows, int64_t n, double coef,
                                      double *state, void *out, int64_t out_pitch, const fspec_call *call);

/* ---- running medians ---------------------------------------------------------------------------------------------- */

/* The median of `size` neighbours along the frames: of x[t - size / 2] and the size - 1 that follow, beyond the ends of which the
 * frames are mirrored (d c b a | a b c d | d c b a); of an even number, the larger one in the middle. x and out hold n_items
 * matrices (n_bands, n_frames) of dtype (FSPEC_FLOAT32/64), and must not overlap. Values are exact; where there are NaNs, windows
 * that hold or held one are undefined. size is from 1 to 2^24, and is what a value costs. Uses call->n_threads and ->cancel.
 * Thread-safe. Errors: BAD_DATA_TYPE, BAD_ARGUMENT, BAD_STRUCT, TOO_LARGE, NO_MEMORY, CANCELLED. */
FSPEC_API fspec_status fspec_median(const fspec_matrix *x, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, int64_t size,
                                    const fspec_matrix *out, int64_t n_items, const fspec_call *call);

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

typedef struct fspec_istft_stream fspec_istft_stream;

/* The inverse fed in pieces: a stream of n_channels signals that advance together, with the bits of one fspec_istft_exec,
 * whatever the pieces. It keeps a reference to the plan, which MUST outlive it, and allocates nothing after it was made (but for
 * calls with n_threads > 1). One stream is used by one thread at a time. Errors: NO_MEMORY, TOO_LARGE, BAD_ARGUMENT. */
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
 * which has room for at least so many (n_samples), and their number to n_samples. After NO_MEMORY, TOO_LARGE or BAD_... the
 * stream is as it was before the call. After CANCELLED it must be reset. */
FSPEC_API fspec_status fspec_istft_stream_push(fspec_istft_stream *stream, const fspec_matrix *in, fspec_dtype in_dtype,
                                               int64_t n_frames, const fspec_signal *out, const fspec_call *call,
                                               int64_t *n_samples);
/* Ends the signals and writes the fspec_istft_stream_pending samples that were waiting for more. `length` is negative, or the
 * samples of the whole signal, at least those written so far; zeros follow where no frame reaches. TOO_SHORT if there was no
 * frame. After it the stream must be reset before the next push. */
FSPEC_API fspec_status fspec_istft_stream_flush(fspec_istft_stream *stream, int64_t length, const fspec_signal *out,
                                                const fspec_call *call, int64_t *n_samples);

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
/* The next phases for any complex array: out[i] = target[i] * a / (|a| + tiny), a = now[i] - k * before[i], for n contiguous
 * values of dtype (FSPEC_COMPLEX64/128). before may be NULL. Uses call->n_threads and ->cancel. */
FSPEC_API fspec_status fspec_rephase(const void *now, const void *before, const void *target, void *out, int64_t n,
                                     fspec_dtype dtype, double k, const fspec_call *call);

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
    const double *smooth;      /* the convolution's kernel, whose middle is smooth[n_smooth / 2]; frames beyond the ends are 0 */
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
    int64_t decimator_reach;   /* each decimated signal to half the length before it, rounded up. Only with filters. */
    const fspec_chroma *chroma; /* NULL; else what becomes of |C| or |C|^2, which is not stored then. Not copied: it must outlive
                                  the plan, and have its n_bins and precision. Not for FSPEC_CQT_COMPLEX. */
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

/* ---- many streams: independent signals that advance in one call ----------------------------------------------------- */

/* A group of streams of one plan, its members, which join and leave at any time. One call takes chunks of any of them, of any
 * lengths; their frames share the lanes of the vector unit, which makes short chunks of many streams nearly as cheap as one long
 * signal. Every member's frames have the bits of one fspec_frontend_exec (fspec_cqt_exec) on its signal alone. The plan MUST
 * outlive the group. A group is used by one thread at a time; its calls may use several (call->n_threads; call->scratch is not
 * used: scratch is the group's own, and grows with its members and threads alone). */
typedef struct fspec_group fspec_group;

typedef enum fspec_group_state {
    FSPEC_GROUP_ABSENT = 0,   /* not a member, or not any more */
    FSPEC_GROUP_OPEN = 1,     /* takes samples */
    FSPEC_GROUP_FINISHED = 2, /* was flushed: must be reset, or leave */
    FSPEC_GROUP_BROKEN = 3    /* a call on it was cancelled half way: must be reset, or leave */
} fspec_group_state;

/* A group of at most `capacity` members, whose memory is allocated at once; 0: any number, each allocated by the first that joins
 * beyond the most that there have been. Memory of members that left is kept for others. Errors: NOT_STREAMABLE, NO_MEMORY,
 * TOO_LARGE, BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_group_create(const fspec_frontend *plan, int64_t capacity, fspec_group **group);
FSPEC_API fspec_status fspec_group_create_cqt(const fspec_cqt *plan, int64_t capacity, fspec_group **group);
FSPEC_API void fspec_group_free(fspec_group *group);
/* Bytes that each member takes, however long its signal. */
FSPEC_API size_t fspec_group_member_size(const fspec_group *group);
/* A new member, at sample 0. Its id is >= 0 and was not any earlier member's. Errors: NO_MEMORY, TOO_LARGE (2^24 members),
 * BAD_ARGUMENT (the capacity is reached). */
FSPEC_API fspec_status fspec_group_join(fspec_group *group, int64_t *id);
/* In what follows `ids` names n different members; if it does not, or a member's chunk is at fault, the call does nothing, and
 * *culprit (which may be NULL) is the index of the first fault in ids, else -1. */
FSPEC_API fspec_status fspec_group_leave(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit);
/* Back to sample 0. */
FSPEC_API fspec_status fspec_group_reset(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit);
/* The number of members; their ids, in no particular order, to `ids` where it is not NULL. */
FSPEC_API int64_t fspec_group_members(const fspec_group *group, int64_t *ids);
FSPEC_API fspec_group_state fspec_group_state_of(const fspec_group *group, int64_t id);
/* The frames that a push of these chunks would give, or a flush where chunks is NULL: their sum to *total, and those of each
 * member to counts[0 ... n - 1] where it is not NULL. Of the chunks the data are not read. */
FSPEC_API fspec_status fspec_group_ready(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                                         int64_t *counts, int64_t *total, int64_t *culprit);
/* chunks[i] is what follows in the signal of ids[i]: n_samples >= 0, all of one data type, the same for all of a member's. The
 * frames that are complete then go to the columns of `out`, those of ids[0] first; out has `room` columns, at least the total of
 * fspec_group_ready. counts (or NULL) receives the numbers of frames. The first call of a group, and the first with more members
 * or threads than before, allocates; others do not. Errors before anything is done: NOT_FINITE, NO_MEMORY, TOO_LARGE,
 * BAD_DATA_TYPE, BAD_ARGUMENT. After CANCELLED, members that the call named may be FSPEC_GROUP_BROKEN. */
FSPEC_API fspec_status fspec_group_push(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                                        const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call,
                                        int64_t *counts, int64_t *culprit);
/* Ends the signals of these members and writes the frames that were waiting for more. A signal too short for any frame gives
 * none. */
FSPEC_API fspec_status fspec_group_flush(fspec_group *group, const int64_t *ids, int64_t n, const fspec_matrix *out, int64_t room,
                                         fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit);

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
/* Makes the inverse plan of `forward`, of its precision, which is not needed any more afterwards; its output type, its input_scale
 * and its domain are without effect: it is the transpose of the filters in time. Errors: BAD_ARGUMENT, TOO_LARGE, NO_MEMORY. Thread-safe. */
FSPEC_API fspec_status fspec_icqt_create(const fspec_cqt *forward, const fspec_icqt_config *config, fspec_icqt **plan);
FSPEC_API void fspec_icqt_free(fspec_icqt *plan);
/* Scratch in bytes that a call for signals of n_samples takes, at n_threads. 0 if that overflows. */
FSPEC_API size_t fspec_icqt_scratch(const fspec_icqt *plan, int64_t n_samples, int32_t n_threads);
/* Inverts n_signals matrices of n_frames (>= 1) columns and fspec_cqt_n_bins rows of in_dtype (FSPEC_COMPLEX64/128) into signals
 * of out[i].n_samples (>= 0, the same for all) of out[i].dtype (FSPEC_FLOAT32/64; its data is written). FSPEC_ICQT_OVERLAP gives
 * hop_length * (n_frames - 1) samples; beyond them the output is zero. Errors before any output is written: NOT_FINITE,
 * BAD_DATA_TYPE, BAD_ARGUMENT, TOO_LARGE, NO_MEMORY; CANCELLED at any time. Uses all of call but whole_array. Thread-safe. */
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
    const double *window;      /* NULL: Hann, 0.5 + 0.5 cos(2 pi u). Else w(u) at n_window evenly spaced u from 0 to 1/2, both */
    int64_t n_window;          /* included, between which it is interpolated; n_window >= 8. w(-u) = w(u). */
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
FSPEC_API fspec_status fspec_nsgt_inverse(const fspec_nsgt *plan, const fspec_matrix *bands, fspec_dtype in_dtype, int64_t first,
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
FSPEC_API fspec_status fspec_tuning_add_spectra(fspec_tuning *tuning, const fspec_matrix *spectra, const fspec_matrix *reference,
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
 * MiB per thread for it. Errors as above, also NO_MEMORY at any time. */
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
    int64_t n_fft;           /* 2048; at most 2^24 */
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
/* MFCC, n_frames x n_mfcc: the first rows of the orthonormal DCT-II of the mel spectrogram in dB, which is raised to 80 dB under
 * its largest value. */
FSPEC_API fspec_status fspec_once_mfcc(const float *y, int64_t n_samples, double sr, int64_t n_fft, int64_t hop_length,
                                       int64_t n_mels, int64_t n_mfcc, float *out);
/* Constant-Q transform as fspec_cqt_create defines it, (1 + n_samples / hop_length) x n_bins pairs (real, imaginary): Hann window,
 * bin k at fmin * 2^(k / bins_per_octave) Hz with length Q sr / f and amplitude sqrt(length) / (length / 2), where
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
/* x[i] = max(x[i], floor). */
FSPEC_API fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call);

#ifdef __cplusplus
}
#endif
#endif
