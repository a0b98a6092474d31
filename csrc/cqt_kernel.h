/* The weights of the constant-Q transform, laid out for the kernels. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_CQT_KERNEL_H
#define FSPEC_CQT_KERNEL_H

#include "fft_lanes.h"
#include "simd.h"

enum { FS_MAX_CQT_LEVELS = 32 };

typedef enum fs_cqt_fold {
    FS_FOLD_NONE = 0,   /* the weights of every sample */
    FS_FOLD_CENTRE = 1, /* Hermitian about sample 0: x[n] and x[-n] are added and subtracted first, for half the products */
    FS_FOLD_HALFWAY = 2 /* Hermitian about sample 1/2, with period 2 n_rows: x[n + 1] and x[-n]; then turned by a phase */
} fs_cqt_fold;

/* Neighbouring bins that are computed alike, from the signal decimated `level` times. Frame t is centred on that signal's
 * sample t * hop / 2^level, rounded down; its fraction selects one of n_phases sets of weights. */
typedef struct fs_cqt_set {
    int level;
    fs_cqt_fold fold;
    int64_t first_bin, n_bins, n_phases, n_groups;
    int64_t first, last; /* the samples that a frame needs, relative to its centre */
    int64_t n_rows;      /* pairs that a folded frame has */
    fs_cqt_group *groups; /* n_phases x n_groups */
    void *taps, *turns;
    /* Not NULL where the filters are applied to the frames' spectra: the transform of `last - first + 1` samples, and the
     * filters' rows, of complex weights. The weights above are kept: the adjoint is made of them. */
    fs_lanes *lanes;
    int borrowed; /* the lanes are another set's */
    fs_bands rows;
} fs_cqt_set;

/* The sets of a checked configuration, lowest bins first; *n_levels is the number of levels that they use. On failure
 * whatever was made is left in *sets, for fs_cqt_sets_free. */
fspec_status fs_cqt_sets_create(const fspec_cqt_config *config, fs_cqt_set **sets, int64_t *n_sets, int *n_levels);
void fs_cqt_sets_free(fs_cqt_set *sets, int64_t n_sets);
/* A value between the n of a table, n >= 8, from the eight next to it by Lagrange's formula; `at` in steps from the first. */
double fs_interpolate(const double *table, int64_t n, double at);

/* cqt_spectrum.c: gives the sets their spectral form where that costs less, and takes it back. */
fspec_status fs_cqt_spectra_create(const fspec_cqt_config *config, fs_cqt_set *sets, int64_t n_sets);
void fs_cqt_spectra_free(fs_cqt_set *set);
/* The bytes that it holds; and the scratch in bytes that a set's frames take, or the largest that any set's do. */
size_t fs_cqt_spectra_size(const fs_cqt_set *set);
size_t fs_cqt_spectra_scratch(const fs_cqt_set *sets, int64_t n_sets);
/* n frames, which have their centres at x[0] ... x[n - 1], to rows of n_bins interleaved complex values, `pitch` values
 * apart. */
void fs_cqt_spectra_rows(const fs_cqt_set *set, void *scratch, const void *const *x, int64_t n, void *rows, int64_t pitch);

#endif
