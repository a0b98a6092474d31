/* The constant-Q transform, inside: plans, and the state of one channel's pass over time.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_CQT_H
#define FSPEC_CQT_H

#include "chroma.h"
#include "cqt_kernel.h"
#include "decimate.h"
#include "framing.h"
#include "memory.h"
#include "parallel.h"

enum { FS_CQT_FRAMES = 24 }; /* that are computed at a time */

struct fspec_cqt {
    const fs_kernels *kernels;
    int is_double, n_levels;
    int cut; /* level d + 1 is exactly half as long as level d; else decimation may ring beyond the ends */
    fspec_cqt_output output;
    const fspec_chroma *chroma; /* NULL, or what becomes of the magnitudes */
    double input_scale;
    int64_t hop, n_bins, n_sets;
    fs_cqt_set *sets;
    fs_decimator decimator;
    /* By level: the samples that its frames need, relative to their centres; and the samples to keep. */
    int used[FS_MAX_CQT_LEVELS];
    int64_t first[FS_MAX_CQT_LEVELS], last[FS_MAX_CQT_LEVELS], room[FS_MAX_CQT_LEVELS];
    int64_t chunk;   /* samples taken in at a time */
    int64_t overlap; /* samples that neighbouring stretches of frames both need, about */
    size_t spectra;  /* bytes of scratch for frames' spectra */
    int64_t row_pitch, pair_rows; /* values from one frame's row to the next; pairs of a frame */
    int64_t apart; /* the most samples of a frame that are used as they are */
};

/* A stretch [base, have) of one level's signal, which is zero before `begin` and from `close` on, and of no interest from `end`
 * on. The same samples have the same bits wherever a stretch begins. */
typedef struct fs_cqt_line {
    char *data; /* of sample `base` */
    int64_t base, have, begin, close, end;
} fs_cqt_line;

/* Scratch of the work on one state, or on several in turn. */
typedef struct fs_cqt_desk {
    char *rows, *pairs, *reals, *spectra, *apart;
    fs_decimator_desk decimators[FS_DECIMATOR_SIZES];
} fs_cqt_desk;

/* One channel under way: frames before `frame` are done. */
typedef struct fs_cqt_state {
    fs_cqt_line lines[FS_MAX_CQT_LEVELS];
    int64_t room[FS_MAX_CQT_LEVELS]; /* samples that a line's memory holds */
    int64_t frame, end_frame;
    int64_t appended; /* samples that have not been decimated */
    char *input; /* what level 0 is copied to, where it does not lie in the signal itself */
    fs_chroma_state chroma;
} fs_cqt_state;

/* A frame of a state, one of those that are computed together. */
typedef struct fs_cqt_seat {
    fs_cqt_state *state;
    int64_t frame;
} fs_cqt_seat;

/* Where frames go: frame t to column t - first of `out`. */
typedef fs_chroma_sink fs_cqt_sink;

void fs_cqt_measure(fspec_cqt *plan);
/* Takes the memory of a state that is fed at most `chunk` samples at a time, and of a desk. Both zeroed by the caller: what is
 * not yet written must be finite. */
void fs_cqt_lay_out(const fspec_cqt *plan, int64_t chunk, fs_arena *arena, fs_cqt_state *state);
void fs_cqt_lay_out_desk(const fspec_cqt *plan, fs_arena *arena, fs_cqt_desk *desk);
/* The samples [*begin, *end) of a signal of `total` that frames [first_frame, end_frame) of the transform need, before
 * chroma. */
void fs_cqt_needed(const fspec_cqt *plan, int64_t first_frame, int64_t end_frame, int64_t total, int64_t *begin, int64_t *end);
/* To frames [first_frame, end_frame) of the transform of a signal of `total` samples, or of no end yet where total is
 * negative. */
void fs_cqt_begin(const fspec_cqt *plan, fs_cqt_state *state, int64_t first_frame, int64_t end_frame, int64_t total);
/* Says where a signal that had no end yet ends. */
void fs_cqt_close(const fspec_cqt *plan, fs_cqt_state *state, int64_t end_frame, int64_t total);
/* Takes the next n samples at level 0. They can wait there: at most `chunk` samples may have been appended when they are
 * decimated. The frames that they complete must then be computed before others are taken. */
void fs_cqt_append(const fspec_cqt *plan, fs_cqt_state *state, const fs_source *source, int64_t n);
void fs_cqt_decimate(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk);
/* Frames before this one can be computed. */
int64_t fs_cqt_complete(const fspec_cqt *plan, const fs_cqt_state *state);
/* Whether more samples are to be taken, once the signal has been closed; how many, at most `chunk`. */
int64_t fs_cqt_missing(const fs_cqt_state *state, int64_t chunk);
/* Computes n <= FS_CQT_FRAMES frames of one state or of several, those of one state in ascending order, into desk->rows. */
void fs_cqt_compute(const fspec_cqt *plan, fs_cqt_desk *desk, const fs_cqt_seat *seats, int64_t n);
/* Stores the next n frames of a state, rows that have been computed from number `row` on. */
void fs_cqt_emit(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, int64_t row, int64_t n,
                 const fs_cqt_sink *sink);
/* The three in one: takes samples, computes and stores. */
void fs_cqt_feed(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, const fs_source *source, int64_t n,
                 const fs_cqt_sink *sink);
/* Feeds until all frames are done, and ends the chroma's pass. */
void fs_cqt_finish(const fspec_cqt *plan, fs_cqt_state *state, fs_cqt_desk *desk, const fs_source *source,
                   const fs_cqt_sink *sink);
/* Makes `to`, laid out already, a state like `from`, whose memory has been copied. */
void fs_cqt_copy(const fspec_cqt *plan, const fs_cqt_state *from, fs_cqt_state *to);
/* Frame t is complete when level 0 reaches up to sample t * hop + fs_cqt_latency, if not before. */
int64_t fs_cqt_latency(const fspec_cqt *plan);
/* Frames that are complete when level 0 reaches up to `have`, all further samples being unknown. */
int64_t fs_cqt_settled(const fspec_cqt *plan, int64_t have);

fspec_status fs_cqt_check_dtype(const fspec_cqt *plan, fspec_dtype out_dtype);

#endif
