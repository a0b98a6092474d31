/* Groups of streams of a constant-Q plan: each member decimates its own signal; the frames of several share the filters'
 * weights. SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "group.h"

/* Samples that a member takes in at a time. What it must hold grows with them; what it forgets is moved once in so many. Half
 * of them may be waiting for a frame that needs them, before they are decimated. */
enum { CHUNK = 4096 };

/* The slab: the state, then what it points to. */
static fs_cqt_state *lay_out(const fspec_group *g, fs_arena *arena)
{
    fs_cqt_state *state = fs_take(arena, 1, sizeof *state), unused;
    fs_cqt_lay_out(g->cqt, g->chunk, arena, state ? state : &unused);
    return state;
}

static fs_cqt_state *state_of(const fs_member *m)
{
    return (fs_cqt_state *)(void *)m->slab;
}

static fspec_status measure(fspec_group *g)
{
    fs_arena arena = {0};
    g->chunk = g->cqt->chunk < CHUNK ? g->cqt->chunk : CHUNK;
    lay_out(g, &arena);
    g->slab = arena.used;
    return arena.overflow ? FSPEC_TOO_LARGE : FSPEC_OK;
}

static void begin(const fspec_group *g, fs_member *m)
{
    fs_arena arena = {.base = m->slab};
    memset(m->slab, 0, g->slab);
    fs_cqt_state *state = lay_out(g, &arena);
    fs_cqt_begin(g->cqt, state, 0, 0, -1);
    if (g->cqt->chroma)
        fs_chroma_begin(g->cqt->chroma, &state->chroma, 0, INT64_MAX);
}

static void advance(const fspec_group *g, const fs_member *m, int64_t n_samples, fs_part *part)
{
    const int64_t n = m->n_samples + n_samples, settled = fs_cqt_settled(g->cqt, n), all = fspec_cqt_n_frames(g->cqt, n);
    const int64_t wait = g->cqt->chroma ? fs_chroma_after(g->cqt->chroma) : 0;
    part->end = settled < all ? settled : all;
    part->count = part->end - wait > m->next_output ? part->end - wait - m->next_output : 0;
}

static void end(const fspec_group *g, const fs_member *m, fs_part *part)
{
    part->end = part->n_total = fspec_cqt_n_frames(g->cqt, m->n_samples);
    part->count = part->end - m->next_output;
}

static size_t desk_size(const fspec_cqt *plan)
{
    fs_arena arena = {0};
    fs_cqt_desk desk;
    fs_cqt_lay_out_desk(plan, &arena, &desk);
    return arena.overflow ? SIZE_MAX : arena.used;
}

static int scratch(const fspec_group *g, int64_t n, int n_workers, size_t *bytes)
{
    const size_t desk = desk_size(g->cqt);
    (void)n;
    return desk <= PTRDIFF_MAX && fs_size(n_workers, (int64_t)desk, 0, bytes);
}

/* ---- the call ------------------------------------------------------------------------------------------------------- */

/* Frames of some members that are computed together. */
typedef struct table {
    const fs_group_call *call;
    fs_cqt_desk desk;
    fs_cqt_seat seats[FS_CQT_FRAMES];
    const fs_part *parts[FS_CQT_FRAMES];
    int64_t n;
} table;

/* Stores n frames of a member, rows from number `row` on; or, where n is 0, those that its chroma still holds. */
static void store(table *t, const fs_part *part, int64_t row, int64_t n)
{
    const fs_group_call *c = t->call;
    const fspec_matrix out = {c->out ? (char *)c->out->data + part->column * c->out->frame_stride : NULL,
                              c->out ? c->out->bin_stride : 0, c->out ? c->out->frame_stride : 0};
    const fs_cqt_sink sink = {&out, part->member->next_output, c->dtype};
    if (n > 0)
        fs_cqt_emit(c->group->cqt, state_of(part->member), &t->desk, row, n, &sink);
    else
        fs_chroma_finish(c->group->cqt->chroma, &state_of(part->member)->chroma, &sink);
}

static void compute(table *t)
{
    if (t->n == 0)
        return;
    fs_cqt_compute(t->call->group->cqt, &t->desk, t->seats, t->n);
    for (int64_t row = 0, n; row < t->n; row += n) {
        for (n = 1; row + n < t->n && t->parts[row + n] == t->parts[row]; n++)
            ;
        store(t, t->parts[row], row, n);
    }
    t->n = 0;
}

/* Puts the frames of a part that are complete into the seats; full ones are computed. */
static void seat(table *t, const fs_part *part)
{
    fs_cqt_state *state = state_of(part->member);
    if (part->end == state->frame)
        return;
    const int64_t end = fs_cqt_complete(t->call->group->cqt, state);
    for (int64_t frame = state->frame; frame < end; frame++) {
        t->seats[t->n] = (fs_cqt_seat){state, frame};
        t->parts[t->n++] = part;
        if (t->n == FS_CQT_FRAMES)
            compute(t);
    }
}

/* Takes in some samples of a part, whose frames so far have been computed; returns whether more are left. */
static int take_some(table *t, fs_part *part, const fspec_signal *chunk)
{
    const fspec_group *g = t->call->group;
    const fs_member *m = part->member;
    fs_cqt_state *state = state_of(m);
    const fs_source source = chunk ? (fs_source){*chunk, m->n_samples, -1} : (fs_source){.total = m->n_samples};
    const int64_t piece = (g->chunk + 1) / 2;
    const int64_t left = chunk ? chunk->n_samples - part->copied : fs_cqt_missing(state, piece);
    const int64_t n = left < piece ? left : piece;
    if (n <= 0)
        return 0;
    fs_cqt_append(g->cqt, state, &source, n);
    part->copied += n;
    if (part->end > state->frame || state->appended > g->chunk / 2)
        fs_cqt_decimate(g->cqt, state, &t->desk);
    seat(t, part);
    return chunk ? left > n : 1;
}

static void begin_part(const fs_group_call *c, const fs_part *part)
{
    fs_cqt_state *state = state_of(part->member);
    if (c->chunks) {
        state->end_frame = part->end;
    } else {
        state->chroma.end = part->end;
        fs_cqt_close(c->group->cqt, state, part->end, part->member->n_samples);
    }
}

/* Parts [begin, end), as long as they have samples: one piece of each at a time, so that they share the weights. */
static void do_some(table *t, int64_t begin, int64_t end)
{
    const fs_group_call *c = t->call;
    for (int64_t i = begin; i < end; i++) {
        begin_part(c, &c->parts[i]);
        if (c->chunks)
            continue;
        fs_cqt_decimate(c->group->cqt, state_of(c->parts[i].member), &t->desk); /* what was waiting */
        seat(t, &c->parts[i]);
    }
    if (!c->chunks)
        compute(t);
    for (int more = 1; more && !fs_interrupted();) {
        more = 0;
        for (int64_t i = begin; i < end; i++)
            more |= take_some(t, &c->parts[i], c->chunks ? &c->chunks[i] : NULL);
        if (more)
            compute(t);
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const fs_group_call *c = context;
    const fspec_cqt *plan = c->group->cqt;
    table t = {.call = c};
    fs_arena arena = {.base = c->scratch + (size_t)worker * desk_size(plan)};
    fs_cqt_lay_out_desk(plan, &arena, &t.desk);
    for (int64_t i = begin; i < end && !fs_interrupted(); i += FS_CQT_FRAMES)
        do_some(&t, i, end - i < FS_CQT_FRAMES ? end : i + FS_CQT_FRAMES);
    compute(&t);
    for (int64_t i = begin; i < end && plan->chroma && !c->chunks; i++)
        store(&t, &c->parts[i], 0, 0);
    return FSPEC_OK;
}

static fspec_status check_some(void *context, int worker, int64_t begin, int64_t end)
{
    const fs_group_call *c = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        for (int64_t from = 0, n; from < c->chunks[i].n_samples && !fs_interrupted(); from += n) {
            n = c->chunks[i].n_samples - from < (1 << 18) ? c->chunks[i].n_samples - from : 1 << 18;
            if (!fs_range_is_finite(&c->chunks[i], from, from + n))
                return FSPEC_NOT_FINITE;
        }
    return FSPEC_OK;
}

static fspec_status run(fs_group_call *c)
{
    fspec_status status = FSPEC_OK;
    if (c->chunks && c->chunks[0].dtype != FSPEC_INT16)
        status = fs_parallel(&c->call, 1, c->n, FS_CQT_FRAMES, check_some, c);
    if (status != FSPEC_OK)
        return status;
    const int n_workers = fs_worker_count(&c->call, c->n);
    const int64_t even = c->n / (4 * n_workers), grain = n_workers == 1 ? c->n : even < 1 ? 1 : even;
    status = fs_parallel(&c->call, n_workers, c->n, grain, work, c);
    for (int64_t i = 0; i < c->n; i++) {
        fs_member *m = c->parts[i].member;
        if (status != FSPEC_OK) {
            m->state = FSPEC_GROUP_BROKEN;
            continue;
        }
        m->n_samples += c->chunks ? c->chunks[i].n_samples : 0;
        m->next_frame = c->parts[i].end;
        m->next_output += c->parts[i].count;
    }
    return status;
}

const fs_group_kind fs_group_cqt = {measure, begin, advance, end, scratch, run};
