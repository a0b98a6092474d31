/* fastspec_arrays.h - what is computed from spectra, frames and rows that the caller has: statistics, filters, medians, phases.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Part of fastspec.h, which includes it and says what holds for every function. */
#ifndef FASTSPEC_ARRAYS_H
#define FASTSPEC_ARRAYS_H

#ifndef FASTSPEC_H
#error "include fastspec.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif
