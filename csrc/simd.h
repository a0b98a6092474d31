/* The kernels: one table for each SIMD tier and element type, picked once. SPDX-License-Identifier: BSD-3-Clause
 *
 * A lane block is [row][lane]: `lanes` values of one row (sample, bin, band) side by side, one frame per lane. Pointers to
 * blocks are 64-byte aligned; other pointers may have the alignment of their elements. Arrays of real numbers are void
 * pointers here, to float or double by the table; n counts elements. Every kernel gives lane i of a block, or element i of a
 * row, the same operations whatever its neighbours are. */
#ifndef FSPEC_SIMD_H
#define FSPEC_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "fastspec.h"

enum { FS_MAX_LANES = 16 };

/* A matrix of which each row is zero outside one stretch of columns: row i holds weights[start[i] .. start[i + 1]) from
 * column first[i] on. The weights are of the table's type. */
typedef struct fs_bands {
    int64_t n_rows, n_columns;
    int64_t *first, *start;
    void *weights; /* up to three more are read */
    void *dense; /* not NULL: the whole matrix instead, FS_DENSE_ROWS rows at a time, then 4, then single ones, each as
                    [column][row] */
    /* The same rows for the kernels of single frames, or NULL: four at a time, each in `quad_steps` steps of four columns from
     * quad_first on; weights [step][row][column], which are -0 outside a row. */
    void *quads;
    const uint32_t *quad_steps, *quad_first;
} fs_bands;

enum { FS_DENSE_ROWS = 12 };

typedef struct fs_log_spec {
    fspec_log kind;
    double amin, offset; /* offset is subtracted after the logarithm is scaled */
} fs_log_spec;

/* Per-channel energy normalisation. LOG: ln(1 + x g); POWER: (x g)^power; ROOT: GENERAL with power 1/2; GENERAL:
 * (x g + bias)^power - bias^power = lift ((x g / bias + 1)^power - 1); g = (eps + s)^-gain. */
typedef enum fs_pcen_kind { FS_PCEN_LOG, FS_PCEN_POWER, FS_PCEN_ROOT, FS_PCEN_GENERAL } fs_pcen_kind;

typedef struct fs_pcen_spec {
    fs_pcen_kind kind;
    double gain, bias, power, eps, b, keep, lift; /* keep: 1 - b */
} fs_pcen_spec;

/* What happens to the samples of each frame before the window. */
typedef struct fs_condition {
    int remove_dc;
    double preemphasis;
    fspec_energy energy;
    double energy_scale;
    const void *window; /* for windowed energy, of the table's type */
} fs_condition;

enum { FS_MAX_PASSES = 24 };

/* The constants of a real FFT of n = 2 * first * row samples on lanes, in the table's type; see simd_fft.h. */
typedef struct fs_lanes_tables {
    size_t first, row, pitch; /* pitch: complex values from one row to the next */
    int n_passes, radix[FS_MAX_PASSES];
    const void *window;                /* n, halved, in the order in which the first pass reads samples */
    const void *first_turns, *row_turns, *split_turns, *merge_turns;
    /* Any n by Bluestein's algorithm, over complex transforms of first * row values: the signal's chirp, windowed, or the
     * bins'; the transform of the chirp that is convolved with; the result's chirp. */
    const void *chirp_in, *convolution, *chirp_out;
    size_t n;
} fs_lanes_tables;

/* The same for one frame at a time, several butterflies or bins side by side; see simd_lone.h and fft_lone.c. */
typedef struct fs_lone_tables {
    const fs_lanes_tables *lanes;
    const void *window; /* n, halved, in the order of the samples */
    const void *first_turns, *split_turns, *split_signs;
} fs_lone_tables;

/* Bins that share the lanes in the constant-Q transform, real and imaginary parts side by side: weights [tap][lane], for n_taps
 * rows from row `first` on. */
typedef struct fs_cqt_group {
    const void *taps;
    size_t n_taps;
    ptrdiff_t first;
} fs_cqt_group;

/* The scratch of a block of a long transform, as many complex rows as the block has and what complex_inverse takes. */
typedef struct fs_long_desk {
    void *in, *out, *z, *spare;
} fs_long_desk;

enum { FS_MAX_HALFBAND = 48, FS_CQT_PART = 512 };

/* A stretch of FS_ICQT_BLOCK bytes of samples of a set of filters, transposed: weights [bin][real, imaginary][sample], or
 * [real, imaginary][bin][sample] where they are folded, of the n_bins lowest bins; the others are zero there. */
typedef struct fs_icqt_block {
    const void *weights;
    size_t n_bins;
} fs_icqt_block;

enum { FS_ICQT_BLOCK = 192, FS_ICQT_FRAMES = 4 };
/* Which peaks of a block of n_rows magnitudes are wanted: those in rows [begin, end), begin >= 1, at row * sr / n_fft Hz.
 * positions: byte i of positions[mask] is the position of the i-th bit of the mask. */
typedef struct fs_peak_spec {
    size_t n_rows, begin, end;
    double sr, n_fft, threshold;
    const uint64_t *positions;
} fs_peak_spec;

/* Two frames that a frame of the phase vocoder lies between: complex values, and their phases or NULL. */
typedef struct fs_vocoder_frame {
    const void *now, *next, *angle, *next_angle;
} fs_vocoder_frame;

enum { FS_SQUARE_SUMS = 16 }; /* partial sums of sum_squares */

/* A block of lanes for which spectra are sought, [band][lane] but for the last three, [lane]: see bands_inverse.c. */
typedef struct fs_nearest {
    size_t n_bands;
    double ridge, enough;
    double *m, *z, *trial, *step, *rest, *main, *beside;
    double *value, *length, *scale;
} fs_nearest;

enum { FS_TAIL = 12 }; /* the most values that bin_tails keeps at each end */

enum { FS_DENSE_PART = 64 }; /* columns that a dense product sums at a time */

typedef struct fs_kernels fs_kernels;
struct fs_kernels {
    const char *tier;
    size_t lanes, real_size;
    const fs_kernels *narrow; /* fewer lanes and the same bits, for blocks of few frames; or the table itself */
    /* out = a * b */
    void (*multiply)(void *out, const void *a, const void *b, size_t n);
    /* out[i] = |spectrum[i]|^p from n interleaved complex values; out and spectrum are padded to whole vectors */
    void (*power)(void *out, const void *spectrum, size_t n, double p);
    /* block[row][lane] = rows[lane * pitch + row], for n rows; rows are padded to whole vectors */
    void (*rows_to_lanes)(void *block, const void *rows, size_t pitch, size_t n);
    /* out[lane][row] = block[row][lane] for the first n_active lanes */
    void (*lanes_to_rows)(void *const *out, const void *block, size_t n, size_t n_active);
    /* block of bins -> block of bands */
    void (*project)(void *out, const void *block, const fs_bands *bands);
    /* The logarithm, in place, over a padded array */
    void (*compress)(void *x, size_t n, const fs_log_spec *spec);
    /* x[row][lane] = max(x[row][lane], floor[lane]) */
    void (*clip_lanes)(void *block, size_t n_rows, const void *floor);
    /* Smallest and largest value of each lane */
    void (*extremes)(const void *block, size_t n_rows, void *smallest, void *largest);
    /* out[i][lane] = sum over j of matrix[i * n_in + j] * block[j][lane] */
    void (*mix)(void *out, const void *block, const void *matrix, size_t n_out, size_t n_in);
    /* sum += a * b */
    void (*multiply_add)(void *sum, const void *a, const void *b, size_t n);
    /* out = divisor > smallest normal number ? x / divisor : x */
    void (*divide)(void *out, const void *x, const void *divisor, size_t n);
    /* The logarithm of an array of any length, and its largest value (as the table's type; -infinity for n = 0) */
    void (*compress_array)(void *out, const void *x, size_t n, const fs_log_spec *spec, double *largest);
    /* x = max(x - offset, floor) */
    void (*shift_clip)(void *x, size_t n, double offset, double floor);
    /* Griffin-Lim's phase update on n interleaved complex values: a = now - k * before (before may be NULL);
     * out = magnitude * a / (|a| + tiny) */
    void (*rephase)(void *out, const void *now, const void *before, const void *magnitude, size_t n, double k);
    /* cos and sin of 2 pi u, in double whatever the table's type; padded arrays */
    void (*turns)(double *cosine, double *sine, const double *u, size_t n);
    /* 1 if all of x is finite */
    int (*all_finite)(const void *x, size_t n);
    /* panel[column * pitch + row] = samples[row * step + column]: what n_rows - (n - 1) / step frames of n samples, `step`
     * apart, share. Reads up to lanes - 1 samples more per row, and none beyond the last row's; writes whole vectors. */
    void (*fft_spread)(void *panel, const void *samples, size_t step, size_t n_rows, size_t n_columns, size_t pitch);
    /* panel[sample * pitch + lane] = frames[lane][sample] */
    void (*fft_gather)(void *panel, const void *const *frames, size_t n_samples, size_t pitch);
    /* Sample s of the lanes is at panel + offset[i], where s is the i-th sample that the first pass reads. out: a block of
     * n/2 + 1 complex rows (real parts, imaginary parts), or of their squared magnitudes. z: first * pitch complex rows,
     * spare: 2 * pitch. */
    void (*fft_forward)(const fs_lanes_tables *tables, const void *panel, const uint32_t *offset, void *z, void *spare,
                        void *out, int as_power);
    /* A block of n/2 + 1 complex rows, overwritten, to one of n samples, times n, each pair of which is swapped. */
    void (*fft_inverse)(const fs_lanes_tables *tables, void *bins, void *z, void *spare, void *samples);
    /* The unscaled inverse transform of a block of first * row complex rows, with real and imaginary parts swapped */
    void (*complex_inverse)(const fs_lanes_tables *tables, const void *in, void *z, void *spare, void *out);
    /* The same for the sizes that need Bluestein's algorithm, samples not swapped. panel[sample * pitch + lane]; work and
     * other: first * row complex rows. */
    void (*chirp_forward)(const fs_lanes_tables *tables, const void *panel, size_t pitch, void *work, void *other, void *z,
                          void *spare, void *out, int as_power);
    void (*chirp_inverse)(const fs_lanes_tables *tables, const void *bins, void *work, void *other, void *z, void *spare,
                          void *samples);
    /* sum[lane * hop + s] += window[s] * block[s ^ swapped][lane] for n samples and n_active lanes */
    void (*overlap_add)(void *sum, size_t hop, const void *block, size_t swapped, const void *window, size_t n,
                        size_t n_active);
    /* out[i] = |block[i]|^p for complex rows */
    void (*block_power)(void *out, const void *block, size_t n_rows, double p);
    /* Frames of n samples in panel[sample * pitch + lane], in place; energy: one value per lane, or NULL */
    void (*condition)(void *panel, size_t pitch, size_t n, const fs_condition *spec, void *energy);
    /* (x + eps)^(p/2), or max(x, eps)^(p/2) where `most`, in place over a padded array of x >= 0 */
    void (*lift_power)(void *x, size_t n, double eps, int most, double p);
    /* x = scale * x + offset: an array of any length by one pair, by pairs of its own, and a block by one pair per row */
    void (*affine)(void *x, size_t n, double scale, double offset);
    void (*affine_each)(void *x, size_t n, const void *scale, const void *offset);
    void (*affine_rows)(void *block, size_t n_rows, const void *scale, const void *offset);
    /* Complex block to rows of interleaved values and back */
    void (*complex_to_rows)(void *const *out, const void *block, size_t n, size_t n_active);
    void (*rows_to_complex)(void *block, const void *const *rows, size_t n);
    /* The constant-Q transform: see simd_cqt.h. Decimators write whole vectors and read up to two vectors more. */
    void (*halfband)(void *out, const void *x, size_t n, const void *taps, size_t n_taps);
    void (*decimate)(void *out, const void *x, size_t n, const void *table, size_t reach);
    /* A complex block of n/2 + 1 rows, in place: times a real response, and the n/4 + 1 rows of every second sample of that */
    void (*decimate_bins)(void *block, const void *response, size_t n);
    void (*cqt_fold)(void *pairs, const void *before, const void *after, size_t n_rows);
    /* out[f * pitch + group * lanes ...] = sum over rows of x[f * step + row] * weights; in cqt_pairs a row of x is a pair */
    void (*cqt_pairs)(void *out, ptrdiff_t pitch, const void *x, ptrdiff_t step, size_t n_frames, const fs_cqt_group *groups,
                      size_t n_groups);
    void (*cqt_samples)(void *out, ptrdiff_t pitch, const void *x, ptrdiff_t step, size_t n_frames, const fs_cqt_group *groups,
                        size_t n_groups);
    void (*cqt_phases)(void *out, ptrdiff_t pitch, const void *const *x, const fs_cqt_group *const *groups, size_t n_frames,
                       size_t n_groups);
    /* A complex block of bins to one of products with rows of complex weights */
    void (*cqt_project)(void *out, const void *block, const fs_bands *rows);
    /* rows[f * pitch + 2 k ...] *= turns[k], complex */
    void (*cqt_turn)(void *rows, size_t pitch, size_t n_rows, const void *turns, size_t n);
    size_t cqt_frames; /* that the products take at a time */
    /* Rows of chroma, of whole vectors: see simd_chroma.h.
     * out[f * out_pitch + c] = sum over k < n_in of x[f * pitch + k] * weights[k * out_pitch + c] */
    void (*fold_rows)(void *out, size_t out_pitch, const void *x, size_t pitch, size_t n_rows, const void *weights,
                      size_t n_in);
    /* x = x < threshold ? 0 : x */
    void (*drop_small)(void *x, size_t n, double threshold);
    /* x = sum of the heights whose steps x exceeds */
    void (*quantise)(void *x, size_t n, const double *steps, const double *heights, size_t n_steps);
    /* The inverse constant-Q transform: see simd_icqt.h. n_frames is 1 or FS_ICQT_FRAMES. */
    void (*icqt_plain)(void *const *to, size_t n_frames, const void *coefs, const fs_icqt_block *blocks, size_t n_blocks);
    void (*icqt_folded)(void *const *after, void *const *before, size_t n_frames, const void *coefs,
                        const fs_icqt_block *blocks, size_t n_blocks);
    void (*icqt_add)(void *to, const void *x, size_t n, double divisor);
    void (*halfband_up)(void *out, const void *x, size_t n, const void *taps, size_t n_taps);
    void (*interpolate)(void *out, const void *x, size_t n, const void *table, size_t reach);
    /* One long transform: see simd_long.h. A block of columns, `pitch` complex values from row to row, transformed and turned,
     * to the same columns of `out`, parts swapped. */
    void (*long_columns)(const fs_lanes_tables *tables, const void *in, size_t pitch, int inverse, const fs_long_desk *desk,
                         const void *coarse, const void *fine, void *out, size_t out_pitch);
    /* A block of such rows, transformed, to the first n_active columns of `out`, its rows `pitch` complex values apart. */
    void (*long_rows)(const fs_lanes_tables *tables, const void *const *rows, int inverse, const fs_long_desk *desk, void *out,
                      size_t pitch, size_t n_active);
    /* Pairs k and m - k, for begin <= k < end, of the m complex values that hold a real signal, to bins, times 2; or, inverse,
     * back. Reads whole vectors. */
    void (*long_pairs)(void *out, const void *in, const void *turns, size_t m, size_t begin, size_t end, int inverse);
    /* out = x * w and out += x * w for n complex values x and real w */
    void (*weigh)(void *out, const void *x, const void *w, size_t n);
    void (*weigh_add)(void *out, const void *x, const void *w, size_t n);
    /* The peaks of a block's lanes below n_active that exceed reference[row * reference_step + lane] (NULL: threshold times
     * the lane's largest value), row by row; returns how many. `where` is row * lanes + lane; it and the others have room for
     * peaks in every other row, and for 16 more. */
    size_t (*peaks)(const fs_peak_spec *spec, const void *block, const void *reference, size_t reference_step, size_t n_active,
                    void *pitch, void *magnitude, uint32_t *where);
    /* The bin of each of n positive normal pitches in the tuning's histogram of n_bins, in the arithmetic of float (single) or
     * double, whatever the table's type; padded arrays. */
    void (*pitch_bins)(uint32_t *bins, const double *pitch, size_t n, double per_octave, size_t n_bins, int single);
    /* The same bits for a block of one lane: a table of those kernels that front ends call on blocks. Its `mix` takes the
     * matrix transposed, n_in rows padded to a multiple of FS_MAX_LANES; its `project` wants four zeros behind the block. Only
     * such a table has the next two. */
    const fs_kernels *lone;
    /* n samples to n/2 + 1 complex values or powers. z: first * pitch + first * row complex values, spare: row * lone_width. */
    void (*lone_forward)(const fs_lone_tables *tables, const void *samples, void *z, void *spare, void *out, int as_power);
    size_t lone_width; /* of its vectors */
    /* Rows of n bands, one frame each, in ascending time, all of one pitch: see simd_time.h. state: (1 - b) s of the frame
     * before, one per band, in double whatever the table's type. out may be x. */
    void (*pcen)(void *out, const void *x, const void *ref, size_t pitch, size_t n_rows, size_t n, double *state,
                 const fs_pcen_spec *spec);
    /* out[i] = sum over j of taps[j] * x[i + j * step], for arrays of any length */
    void (*filter)(void *out, const void *x, size_t step, size_t n, const void *taps, size_t n_taps);
    /* n rows of lanes of the running rank, sorted windows in and out: see simd_median.h */
    void (*running_rank)(void *out, void *sorted, const void *leaving, const void *entering, size_t size, size_t rank,
                         size_t n);
    /* Statistics of the lanes of a block of n_bins rows, [row][lane] of double: see simd_spectral.h. Sums of
     * weights[row * n_bins + bin] * x; of x * |f - centroid|^p, p > 0; how many bins have a running sum below the share of the
     * whole; the geometric and the arithmetic mean of max(x, least), least > 0 and normal; sums of the `count` <= FS_TAIL
     * smallest and largest. */
    void (*bin_sums)(double *out, const void *block, size_t n_bins, const double *weights, size_t n_rows);
    void (*bin_deviations)(double *out, const void *block, size_t n_bins, const double *frequencies, const double *centroid,
                           double p);
    void (*bins_below)(double *out, const void *block, size_t n_bins, double share);
    void (*bin_means)(double *geometric, double *arithmetic, const void *block, size_t n_bins, double least);
    void (*bin_tails)(double *low, double *high, const void *block, size_t n_rows, size_t count);
    /* Of n samples: the sum of squares, sample i in partial sum i % FS_SQUARE_SUMS; the pairs of neighbours, n of them in n + 1 samples, that differ in sign. Samples in
     * [-threshold, threshold] count as 0, and 0 as positive or, without zero_pos, as a sign of its own. */
    double (*sum_squares)(const void *x, size_t n);
    size_t (*crossings)(const void *x, size_t n, double threshold, int zero_pos);
    /* From features back to spectra, and sums of squares: see simd_back.h. out[i] = 10^(x[i] / 10); returns whether a finite x gave
     * infinity, or less than the smallest normal number. A frame of the phase vocoder, n a multiple of FS_MAX_LANES, and its state. */
    int (*decibels_to_power)(void *out, const void *x, size_t n);
    void (*vocode)(void *out, const fs_vocoder_frame *frame, void *state, const double *advance, size_t n, double weight);
    /* sums[i] += x[i]^2, of padded sums */
    void (*add_squares)(double *sums, const void *x, size_t n);
    /* In double whatever the table's type, on as many lanes as doubles have. */
    int (*nearest_step)(fs_nearest *block, const int64_t *first_bin, const double *pairs, int first_step);
    void (*nearest_spectra)(double *out, size_t pitch, const fs_nearest *block, const int64_t *first_bin, const double *pairs,
                            double power);
    /* a = max(a, x + s) and b = max(b, x + t), for arrays of any length */
    void (*raise_sums)(void *a, const void *s, void *b, const void *t, double x, size_t n);
};

/* The table in use for float (0) or double (1). */
const fs_kernels *fs_kernels_for(int is_double);

#endif
