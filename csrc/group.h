/* Groups of streams, inside: members, and what a call does with them. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_GROUP_H
#define FSPEC_GROUP_H

#include "cqt.h"
#include "speech_stages.h"

/* One stream, or a place for one. */
typedef struct fs_member {
    fspec_group_state state;
    uint32_t generation; /* of ids: how many members had this place before */
    int64_t call;        /* the last one that named it */
    int64_t n_samples, next_frame, next_output;
    int64_t base;        /* front ends: the slab begins with samples [base, n_samples), converted */
    int64_t next_free;   /* of places without a member */
    char *slab;
    fs_rows rows;        /* front ends with stages over time */
} fs_member;

/* What one call does with one member. */
typedef struct fs_part {
    fs_member *member;
    int64_t column, count;   /* output frames, to columns [column, column + count) */
    int64_t end, n_total;    /* frames up to `end`; n_total: all there will be, or -1 */
    int64_t copied;          /* samples of the chunk that stand behind the history; the others are taken from the chunk */
    int64_t apart;           /* the first frame that needs no sample of the history */
} fs_part;

struct fspec_group {
    const fspec_frontend *plan; /* this or */
    const fspec_cqt *cqt;       /* this */
    fs_member *members;
    int64_t n_places, room, capacity, n_members, first_free, calls;
    size_t slab;
    int64_t history, rows_room; /* front ends: samples and rows of a member; rows_room 0: no stages over time */
    int64_t chunk;              /* constant-Q: samples taken in at a time */
    /* Of the calls: what grows with the members, and scratch, which grows with the threads too. */
    char *table, *scratch;
    size_t table_size, scratch_size;
};

/* One call that has been checked. */
typedef struct fs_group_call {
    fspec_group *group;
    fs_part *parts;
    fs_item *items; /* front ends: two per part */
    const fspec_signal *chunks; /* NULL: the signals end */
    int64_t n;
    const fspec_matrix *out;
    fspec_dtype dtype;
    fspec_call call;
    char *scratch; /* aligned */
    size_t scratch_size;
    int n_workers;
} fs_group_call;

/* For each kind of plan: what it needs, a member's beginning, the frames (of the output, and at all) that n_samples more
 * samples or the end give, the scratch of a call, the call, which moves members on. If it does not end well, it leaves them as
 * they were, or FSPEC_GROUP_BROKEN. */
typedef struct fs_group_kind {
    fspec_status (*measure)(fspec_group *group);
    void (*begin)(const fspec_group *group, fs_member *member);
    void (*advance)(const fspec_group *group, const fs_member *member, int64_t n_samples, fs_part *part);
    void (*end)(const fspec_group *group, const fs_member *member, fs_part *part);
    int (*scratch)(const fspec_group *group, int64_t n, int n_workers, size_t *bytes);
    fspec_status (*run)(fs_group_call *call);
} fs_group_kind;

extern const fs_group_kind fs_group_frontend, fs_group_cqt;

/* The first part whose chunk is not finite, or -1. */
int64_t fs_group_not_finite(const fs_group_call *call);

#endif
