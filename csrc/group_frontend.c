/* Groups of streams of a front end: the frames of all members that a call completes go through the blocks together.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * A member keeps as many samples as the next frames need, and room for some more. Frames that need none of them are computed
 * from the chunk where it lies. Samples behind the history count only when the call has ended well. */
#include <string.h>

#include "group.h"

enum {
    ROUND = 16,          /* frames of a member that pass the stages over time at once */
    LEAST_ROOM = 512,    /* samples */
    SHARE = 1 << 18,     /* samples of chunks that are worth a thread */
    GRAIN = 16,          /* members that a worker takes at a time */
    AHEAD = 4,           /* members whose memory is asked for before it is written */
    SLICE = 64           /* frames at the least that one thread computes before it looks at further members */
};

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t size_of(const fspec_frontend *plan) { return (int64_t)plan->kernels->real_size; }

static fspec_status measure(fspec_group *g)
{
    const fspec_frontend *plan = g->plan;
    const int64_t needed = fs_most_needed(&plan->framing), width = plan->n_out * (1 + plan->stages.deltas);
    fs_arena arena = {0};
    size_t row;
    if (plan->top_db >= 0 || plan->ref_max || plan->stages.normalize)
        return FSPEC_NOT_STREAMABLE;
    if (needed < 0 || needed > INT64_MAX / 4)
        return FSPEC_TOO_LARGE;
    g->history = 2 * needed + LEAST_ROOM;
    g->rows_room = fs_has_stages(plan) ? fs_rows_most(&plan->stages) + ROUND : 0;
    if (!fs_size(width, size_of(plan), 0, &row))
        return FSPEC_TOO_LARGE;
    fs_take(&arena, g->history, (size_t)size_of(plan));
    fs_take(&arena, g->rows_room, row);
    fs_take(&arena, fs_rows_state(plan), sizeof(double));
    g->slab = arena.used;
    return arena.overflow ? FSPEC_TOO_LARGE : FSPEC_OK;
}

static void begin(const fspec_group *g, fs_member *m)
{
    const fspec_frontend *plan = g->plan;
    const int64_t width = plan->n_out * (1 + plan->stages.deltas);
    fs_arena arena = {.base = m->slab};
    fs_take(&arena, g->history, (size_t)size_of(plan));
    m->rows = (fs_rows){.width = width};
    m->rows.data = fs_take(&arena, g->rows_room, (size_t)(width * size_of(plan)));
    m->rows.state = fs_take(&arena, fs_rows_state(plan), sizeof(double));
    fs_rows_begin(plan, &m->rows);
}

/* ---- frames --------------------------------------------------------------------------------------------------------- */

/* Frames that are settled when a member has `total` samples. Most pushes complete one or none: that takes no division. */
static int64_t settled(const fspec_group *g, const fs_member *m, int64_t total)
{
    const fs_framing *f = &g->plan->framing;
    if (m->next_frame == 0 || f->drop || f->append || f->least || f->multiple > 1 || f->pad_right < 0)
        return larger(m->next_frame, fs_n_settled(f, total));
    const int64_t more = total - (m->next_frame * f->hop - f->pad + f->length);
    if (more < 0)
        return m->next_frame;
    return m->next_frame + 1 + (more < f->hop ? 0 : more / f->hop);
}

static void advance(const fspec_group *g, const fs_member *m, int64_t n_samples, fs_part *part)
{
    part->end = settled(g, m, m->n_samples + n_samples);
    const int64_t outputs = g->rows_room ? fs_stages_settled(&g->plan->stages, part->end) : part->end;
    part->count = larger(outputs - m->next_output, 0);
}

static void end(const fspec_group *g, const fs_member *m, fs_part *part)
{
    part->n_total = part->end = larger(m->next_frame, fs_n_frames(&g->plan->framing, m->n_samples));
    part->count = larger(fspec_frontend_n_frames(g->plan, m->n_samples) - m->next_output, 0);
}

static int scratch(const fspec_group *g, int64_t n, int n_workers, size_t *bytes)
{
    return fs_frontend_scratch(g->plan, 2 * n, INT32_MAX, n_workers, bytes);
}

/* ---- samples -------------------------------------------------------------------------------------------------------- */

/* Where a sample of the history stands. */
static char *sample(const fspec_group *g, const fs_member *m, int64_t position)
{
    return m->slab + (position - m->base) * size_of(g->plan);
}

static void convert(const fspec_group *g, const fspec_signal *chunk, int64_t begin, int64_t n, char *to)
{
    const fs_source source = {*chunk, 0, chunk->n_samples};
    if (n > 0)
        fs_convert(&source, begin, n, to, g->plan->is_double, g->plan->input_scale);
}

/* Moves the samples [keep, end) to the beginning. */
static void forget(const fspec_group *g, fs_member *m, int64_t keep, int64_t end)
{
    if (keep > m->base)
        memmove(m->slab, sample(g, m, keep), (size_t)((end - keep) * size_of(g->plan)));
    m->base = larger(keep, m->base);
}

/* A chunk that is too long for the history: how much of it the frames need that begin in the history. */
static void split(const fspec_group *g, const fspec_signal *chunk, fs_part *part)
{
    const fs_framing *f = &g->plan->framing;
    const fs_member *m = part->member;
    const int64_t first = m->n_samples + f->pad + (f->preemphasis != 0);
    part->apart = first <= 0 ? 0 : first / f->hop + (first % f->hop != 0);
    part->apart = smaller(larger(part->apart, m->next_frame), part->end);
    int64_t reach = part->apart > m->next_frame ? (part->apart - 1) * f->hop - f->pad + f->length : 0;
    if (part->apart > m->next_frame && m->next_frame * f->hop < f->pad)
        reach = larger(reach, f->pad + 1); /* the beginning, mirrored */
    part->copied = smaller(larger(reach - m->n_samples, 0), chunk->n_samples);
}

/* Makes room for a chunk behind the history, and finds out how much of it must stand there. */
static void make_way(const fspec_group *g, const fspec_signal *chunk, fs_part *part)
{
    fs_member *m = part->member;
    const int64_t n = chunk->n_samples;
    part->copied = n;
    part->apart = part->end;
    if (m->n_samples - m->base + n <= g->history)
        return;
    forget(g, m, fs_first_needed(&g->plan->framing, m->next_frame, m->n_samples), m->n_samples);
    if (m->n_samples - m->base + n > g->history)
        split(g, chunk, part);
}

static fspec_status check_some(void *context, int worker, int64_t begin, int64_t end)
{
    const fs_group_call *c = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        for (int64_t done = 0, n = c->chunks[i].n_samples, piece; done < n; done += piece) {
            piece = smaller(n - done, SHARE);
            if (done > 0 && fs_interrupted())
                return FSPEC_CANCELLED;
            if (!fs_range_is_finite(&c->chunks[i], done, done + piece))
                return FSPEC_NOT_FINITE;
        }
    return FSPEC_OK;
}

static fspec_status check_all(fs_group_call *c)
{
    int64_t total = 0;
    if (c->chunks[0].dtype == FSPEC_INT16)
        return FSPEC_OK;
    for (int64_t i = 0; i < c->n; i++)
        total += smaller(c->chunks[i].n_samples, INT32_MAX);
    return fs_parallel(&c->call, fs_worker_count(&c->call, total / SHARE), c->n, 4 * GRAIN, check_some, c);
}

/* Asks for the memory that a part's chunk will be copied to, while others are copied. */
static void call_for(const fspec_group *g, const fs_group_call *c, int64_t i)
{
    const fs_member *m = c->parts[i].member;
    const int64_t bytes = smaller(c->chunks[i].n_samples, g->history - (m->n_samples - m->base)) * size_of(g->plan);
    const char *to = sample(g, m, m->n_samples);
    for (int64_t at = 0; at < bytes; at += FS_ALIGN)
        __builtin_prefetch(to + at, 1, 3);
}

/* Puts the chunks of parts [begin, end) behind the histories, as much of them as is needed there. */
static FS_OWN_FUNCTION void take_in(fs_group_call *c, int64_t begin, int64_t end)
{
    const fspec_group *g = c->group;
    const fs_fpenv env = fs_fpenv_enter();
    for (int64_t i = begin; c->chunks && i < end; i++) {
        fs_part *part = &c->parts[i];
        if (i + AHEAD < end)
            call_for(g, c, i + AHEAD);
        make_way(g, &c->chunks[i], part);
        convert(g, &c->chunks[i], 0, part->copied, sample(g, part->member, part->member->n_samples));
    }
    fs_fpenv_leave(env);
}

/* The samples that the next frames need: the member has moved on by a chunk. */
static FS_OWN_FUNCTION void remember(fs_group_call *c)
{
    const fspec_group *g = c->group;
    for (int64_t i = 0; i < c->n; i++) {
        const fs_part *part = &c->parts[i];
        fs_member *m = part->member;
        const fspec_signal *chunk = &c->chunks[i];
        const int64_t before = m->n_samples, after = before + chunk->n_samples;
        m->n_samples = after;
        if (part->copied == chunk->n_samples)
            continue;
        const int64_t keep = fs_first_needed(&g->plan->framing, m->next_frame, after);
        if (keep < before) {
            forget(g, m, keep, before + part->copied);
            convert(g, chunk, part->copied, chunk->n_samples - part->copied, sample(g, m, before + part->copied));
        } else {
            convert(g, chunk, keep - before, after - keep, m->slab);
            m->base = keep;
        }
    }
}

/* ---- the call ------------------------------------------------------------------------------------------------------- */

/* Items for frames [begin, end) of a part, of which the first goes to `to`. Returns how many. */
static int64_t make_items(const fs_group_call *c, const fs_part *part, int64_t i, int64_t begin, int64_t end,
                          const fspec_matrix *to, fs_item *items)
{
    const fspec_frontend *plan = c->group->plan;
    const fs_member *m = part->member;
    const fspec_dtype dtype = plan->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
    const int64_t size = size_of(plan), apart = c->chunks ? smaller(larger(part->apart, begin), end) : end;
    int64_t n = 0;
    if (apart > begin)
        items[n++] = (fs_item){
            .source = {{m->slab, m->n_samples - m->base + part->copied, size, dtype, 0},
                       m->base,
                       c->chunks ? -1 : m->n_samples},
            .first = begin,
            .n_frames = apart - begin,
            .out = *to};
    if (end > apart)
        items[n++] = (fs_item){.source = {c->chunks[i], m->n_samples, -1},
                               .first = apart,
                               .n_frames = end - apart,
                               .out = {(char *)to->data + (apart - begin) * to->frame_stride, to->bin_stride,
                                       to->frame_stride}};
    return n;
}

static fspec_matrix columns(const fs_group_call *c, int64_t column)
{
    return (fspec_matrix){(char *)c->out->data + column * c->out->frame_stride, c->out->bin_stride, c->out->frame_stride};
}

/* One thread does some members after the other, so that their samples stay in the cache; in whole blocks. */
static fspec_status run_plain(fs_group_call *c)
{
    const int64_t lanes = (int64_t)c->group->plan->kernels->lanes, least = c->n_workers > 1 ? INT64_MAX : SLICE;
    fspec_status status = FSPEC_OK;
    int64_t last_poll = 0;
    for (int64_t i = 0, next; i < c->n && status == FSPEC_OK; i = next) {
        int64_t n = 0, frames = 0;
        for (next = i; next < c->n && (frames < least || frames % lanes); next++)
            frames += c->parts[next].count;
        take_in(c, i, next);
        for (int64_t k = i; k < next; k++) {
            const fs_part *part = &c->parts[k];
            const fspec_matrix to = columns(c, part->column);
            if (part->count > 0)
                n += make_items(c, part, k, part->member->next_frame, part->end, &to, &c->items[n]);
        }
        status = fs_frontend_run(c->group->plan, c->items, n, c->dtype, NULL, &c->call);
        if (status == FSPEC_OK && next < c->n && fs_cancelled(&c->call, &last_poll)) /* one part may be too short to ask */
            status = FSPEC_CANCELLED;
    }
    for (int64_t i = 0; status == FSPEC_OK && i < c->n; i++) {
        c->parts[i].member->next_frame = c->parts[i].end;
        c->parts[i].member->next_output += c->parts[i].count;
    }
    return status;
}

/* Frames of a part that pass the stages in one round. */
static int64_t round_of(const fs_part *part)
{
    return smaller(part->end - part->member->next_frame, ROUND);
}

/* Room behind a member's rows for the frames of a round. */
static void make_room(const fspec_group *g, fs_member *m, int64_t n)
{
    fs_rows *r = &m->rows;
    if (r->n + n <= g->rows_room)
        return;
    const size_t row = (size_t)(r->width * size_of(g->plan));
    const int64_t keep = fs_rows_needed(g->plan, r, m->next_output);
    memmove(r->data, r->data + (size_t)(keep - r->base) * row, (size_t)(r->base + r->n - keep) * row);
    r->n -= keep - r->base;
    r->base = keep;
}

/* The rows of a round have been computed: passes them through the stages, to the output. */
static fspec_status pass_some(void *context, int worker, int64_t begin, int64_t end)
{
    const fs_group_call *c = context;
    const fspec_frontend *plan = c->group->plan;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        fs_part *part = &c->parts[i];
        fs_member *m = part->member;
        const int64_t n = round_of(part), first = m->next_output;
        m->rows.n += n;
        m->next_frame += n;
        const int last = part->n_total >= 0 && m->next_frame == part->n_total;
        const int64_t to = last ? fs_stages_frames(&plan->stages, part->n_total)
                                : fs_stages_settled(&plan->stages, m->next_frame);
        m->rows.n_total = last ? part->n_total : -1;
        if (last ? to == 0 : n == 0) /* too few frames for the stages, or nothing new */
            continue;
        fs_rows_derive(plan, &m->rows);
        if (to > first) {
            const fspec_matrix out = columns(c, part->column);
            fs_rows_store(plan, &m->rows, first, to, &out, c->dtype);
            part->column += to - first;
            m->next_output = to;
        }
    }
    return FSPEC_OK;
}

/* Cancelling waits for the end of a round. */
static fspec_status pass_rows(const fs_group_call *c)
{
    fspec_call call = c->call;
    call.cancel = NULL;
    return fs_parallel(&call, fs_worker_count(&call, c->n / (2 * GRAIN)), c->n, GRAIN, pass_some, (void *)(uintptr_t)c);
}

static fspec_status run_rows(fs_group_call *c)
{
    const fspec_frontend *plan = c->group->plan;
    const int64_t size = size_of(plan);
    fspec_status status = FSPEC_OK;
    int more = 1, moved = 0;
    int64_t last_poll = 0;
    take_in(c, 0, c->n);
    while (more && status == FSPEC_OK) {
        int64_t n = 0;
        more = 0;
        for (int64_t i = 0; i < c->n; i++) {
            const fs_part *part = &c->parts[i];
            fs_member *m = part->member;
            const int64_t now = round_of(part);
            if (now == 0)
                continue;
            make_room(c->group, m, now);
            const fspec_matrix to = {m->rows.data + m->rows.n * m->rows.width * size, size, m->rows.width * size};
            n += make_items(c, part, i, m->next_frame, m->next_frame + now, &to, &c->items[n]);
            more |= m->next_frame + now < part->end;
        }
        status = fs_frontend_run(plan, c->items, n, plan->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, NULL, &c->call);
        if (status == FSPEC_OK) {
            status = pass_rows(c);
            moved = 1;
        }
        if (status == FSPEC_OK && more && fs_cancelled(&c->call, &last_poll))
            status = FSPEC_CANCELLED;
    }
    for (int64_t i = 0; moved && status != FSPEC_OK && i < c->n; i++)
        c->parts[i].member->state = FSPEC_GROUP_BROKEN;
    return status;
}

static fspec_status run(fs_group_call *c)
{
    fspec_status status = c->chunks ? check_all(c) : FSPEC_OK;
    c->call.scratch = c->scratch;
    c->call.scratch_size = c->scratch_size;
    if (status == FSPEC_OK)
        status = c->group->rows_room ? run_rows(c) : run_plain(c);
    if (status == FSPEC_OK && c->chunks) {
        const fs_fpenv env = fs_fpenv_enter();
        remember(c);
        fs_fpenv_leave(env);
    }
    return status;
}

const fs_group_kind fs_group_frontend = {measure, begin, advance, end, scratch, run};
