/* Stages over time: PCEN, derivatives, mean and variance, stacking of frames. SPDX-License-Identifier: BSD-3-Clause
 *
 * They work on rows, one frame each, of `n_out` features (of the plan) times 1 + deltas. */
#ifndef FSPEC_SPEECH_STAGES_H
#define FSPEC_SPEECH_STAGES_H

#include "frontend.h"

/* Whether a configuration has any of them; a plan. */
int fs_stages_wanted(const fspec_frontend_config *config);
int fs_has_stages(const fspec_frontend *plan);
/* Whether a frame depends on all frames before it. */
int fs_stages_recursive(const fspec_frontend *plan);
/* The constants of a configuration's PCEN. */
fspec_pcen_config fs_stages_pcen(const fspec_frontend_config *config);
/* Fills plan->stages and plan->n_features. NO_MEMORY or TOO_LARGE. */
fspec_status fs_stages_build(const fspec_frontend_config *config, fspec_frontend *plan);
/* Output frames from n_frames, when those are all and when more may follow. */
int64_t fs_stages_frames(const fs_stages *stages, int64_t n_frames);
int64_t fs_stages_settled(const fs_stages *stages, int64_t n_frames);
/* Output frame v is settled by frame v * stride + fs_stages_wait. */
int64_t fs_stages_wait(const fs_stages *stages);

/* The frames [*from, *to) of n_total that output frames [first, first + n) are made of, n >= 1. */
void fs_stages_span(const fs_stages *stages, int64_t n_total, int64_t first, int64_t n, int64_t *from, int64_t *to);
/* What fs_features_run allocates, besides the scratch of fs_frontend_run, for n_items items of n_frames frames each. */
int fs_stages_memory(const fspec_frontend *plan, int64_t n_items, int64_t n_frames, int n_workers, size_t *bytes);

/* fs_frontend_run for plans with stages or without them. */
fspec_status fs_features_run(const fspec_frontend *plan, const fs_item *items, int64_t n_items, fspec_dtype out_dtype,
                             const fspec_call *call);

/* The rows of one channel: frames [base, base + n) of it, of the plan's type, `width` features each, of which the first n_out
 * are filled for all and the derivatives of order i up to frame filled[i - 1]. n_total: the channel's frames, or -1 while more
 * may follow. `state`, fs_rows_state values, is what PCEN carries on from frame compressed - 1. */
typedef struct fs_rows {
    char *data;
    int64_t base, n, width, n_total;
    int64_t filled[2];
    int64_t compressed;
    double *state;
} fs_rows;

/* How many values of state a channel has. */
int64_t fs_rows_state(const fspec_frontend *plan);
/* No rows yet, and the state of a first frame; data, width and state are kept. */
void fs_rows_begin(const fspec_frontend *plan, fs_rows *rows);
/* Brings the stages up to what the rows allow by now: PCEN on the rows that it has not seen, then the derivatives. */
void fs_rows_derive(const fspec_frontend *plan, fs_rows *rows);
/* The first frame that is still needed once output frames before `next` are out. */
int64_t fs_rows_needed(const fspec_frontend *plan, const fs_rows *rows, int64_t next);
/* Output frames [begin, end) into columns 0 ... of out. */
void fs_rows_store(const fspec_frontend *plan, const fs_rows *rows, int64_t begin, int64_t end, const fspec_matrix *out,
                   fspec_dtype out_dtype);
/* The most rows that fs_rows_needed leaves. */
int64_t fs_rows_most(const fs_stages *stages);

#endif
