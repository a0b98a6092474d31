/* Several features of the same frames, inside. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_FEATURE_SET_H
#define FSPEC_FEATURE_SET_H

#include "frame_statistics.h"
#include "spectral.h"

typedef struct fs_feature {
    const fspec_frontend *plan; /* one of three, as the caller has them */
    const fspec_spectral *spectral;
    fspec_frames_config samples; /* if neither of the two */
    int64_t power;  /* of the spectra, a number of features->powers; -1: complex spectra, or none */
    int64_t source; /* the first feature with the same product of spectra and bands, or with the centroid of a bandwidth; or -1 */
    int64_t n_rows;
} fs_feature;

struct fspec_features {
    const fspec_frontend *frames;
    fs_feature *features;
    int64_t n;
    double *powers; /* of |X|, those that features need, each once */
    int64_t n_powers;
    int bins;                       /* whether complex spectra are needed on the way */
    const fspec_frontend *spectra;  /* the plan that makes them; NULL: no feature has spectra */
    int64_t room;                   /* elements of double for fs_spectral_block, the most */
};

/* Whether a feature needs the largest value of the whole signal. */
int fs_features_need_all(const fspec_features *features);
/* BAD_DATA_TYPE unless every feature can be written as its dtype. */
fspec_status fs_features_check_dtypes(const fspec_features *features, const fspec_dtype *dtypes);
/* Scratch of fs_features_do, and what it is for one thread and items that have been checked: their frames to columns `column` ...
 * of out[feature * n_items + item]. */
int fs_features_scratch(const fspec_features *features, int64_t n_items, int64_t n_frames, int n_threads, size_t *bytes);
fspec_status fs_features_do(const fspec_features *features, const fs_item *items, int64_t n_items, const fspec_matrix *out,
                            int64_t column, const fspec_dtype *dtypes, const fspec_call *call);

#endif
