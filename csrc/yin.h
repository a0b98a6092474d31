/* Fundamental frequency by YIN, and by its probabilistic sibling. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_YIN_H
#define FSPEC_YIN_H

#include "frontend.h"
#include "pool.h"

/* The lags of one frame: x[i * step] is the normalised difference at lag first + i, for n >= 2 lags. */
typedef struct fs_lags {
    const double *x;
    size_t step;
    int64_t first, n;
} fs_lags;

typedef struct fs_pyin fs_pyin;

struct fspec_yin {
    fspec_yin_config config;
    fspec_frontend *spectra; /* the powers of frames, zeros behind them so that no lag of ours wraps */
    fs_lanes *lanes;         /* the way back */
    int64_t first, last;     /* lags */
    fs_pyin *pyin;           /* or NULL */
};

static inline double fs_lag(const fs_lags *l, int64_t i)
{
    return l->x[(size_t)i * l->step];
}

/* Whether the i-th lag is lower than the one before it, and not higher than the next. */
static inline int fs_is_trough(const fs_lags *l, int64_t i)
{
    const double x = fs_lag(l, i);
    if (i == 0)
        return x < fs_lag(l, 1);
    if (i == l->n - 1)
        return x < fs_lag(l, i - 1);
    return x < fs_lag(l, i - 1) && x <= fs_lag(l, i + 1);
}

/* The lag, in samples, of the lowest point of the parabola through the i-th one and its neighbours, if it is less than one away. */
double fs_refined_lag(const fs_lags *lags, int64_t i);

/* ---- pyin.c: candidates and their path ---- */

/* What a worker has found: pitch bins, and the logarithms of their probabilities. */
typedef struct fs_pyin_pool {
    int32_t *bins;
    double *logs;
    int64_t n, room;
} fs_pyin_pool;

/* A worker's room for the troughs of a frame: their places among the lags, the number of the first threshold that each is below,
 * their probabilities; for each threshold whether it is the first of one. */
typedef struct fs_pyin_desk {
    int64_t *places, *starts;
    double *probs;
    unsigned char *marks;
} fs_pyin_desk;

/* A frame's candidates: n from `begin` on in the pool of a worker, from the highest down. */
typedef struct fs_pyin_frame {
    double unvoiced; /* the logarithm of the probability of each unvoiced state */
    int64_t begin;
    int32_t n, worker;
} fs_pyin_frame;

/* Of a plan whose configuration has been checked. Errors: BAD_ARGUMENT, TOO_LARGE, NO_MEMORY. */
fspec_status fs_pyin_create(const fspec_yin *plan, fs_pyin **pyin);
void fs_pyin_free(fs_pyin *pyin);
/* Takes a desk from an arena. */
void fs_pyin_lay_out(const fspec_yin *plan, fs_arena *arena, fs_pyin_desk *desk);
/* Adds a frame's candidates to the pool; writes the probability that the frame is voiced. Errors: NO_MEMORY, TOO_LARGE. */
fspec_status fs_pyin_take(const fspec_yin *plan, const fs_lags *lags, const fs_pyin_desk *desk, fs_pyin_pool *pool,
                          fs_pyin_frame *frame, double *voiced);
void fs_pyin_empty(fs_pyin_pool *pool);
/* The likeliest path through n frames >= 1 of one signal: its frequency in Hz and whether it is voiced, for each. Errors:
 * NO_MEMORY, OVER_LIMIT, TOO_LARGE; where the call has been cancelled the outputs are incomplete. */
fspec_status fs_pyin_path(const fspec_yin *plan, const fs_pyin_frame *frames, const fs_pyin_pool *pools, int64_t n,
                          const fspec_matrix *f0, int f0_double, const fspec_matrix *is_voiced);

#endif
