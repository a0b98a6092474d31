/* Groups of streams: members and their ids, the checks of a call. What is done with the samples: group_frontend.c, group_cqt.c.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "group.h"

#include <string.h>

#include "arrays.h"

enum { FIRST_ROOM = 16, PLACE_BITS = 32 };
static const int64_t MOST_PLACES = INT64_C(1) << 24;

static const fs_group_kind *kind_of(const fspec_group *g)
{
    return g->cqt ? &fs_group_cqt : &fs_group_frontend;
}

/* ---- members -------------------------------------------------------------------------------------------------------- */

static int64_t id_of(const fspec_group *g, const fs_member *m)
{
    return (int64_t)m->generation << PLACE_BITS | (int64_t)(m - g->members);
}

/* The member of an id, or NULL. */
static fs_member *find(const fspec_group *g, int64_t id)
{
    const int64_t place = id & ((INT64_C(1) << PLACE_BITS) - 1);
    if (id < 0 || place >= g->n_places)
        return NULL;
    fs_member *m = &g->members[place];
    return m->state != FSPEC_GROUP_ABSENT && (int64_t)m->generation == id >> PLACE_BITS ? m : NULL;
}

static fspec_status grow(fspec_group *g, int64_t room)
{
    size_t bytes;
    if (room <= g->room)
        return FSPEC_OK;
    if (room > MOST_PLACES || !fs_size(room, sizeof *g->members, 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_member *members = fs_alloc(bytes);
    if (!members)
        return FSPEC_NO_MEMORY;
    if (g->n_places)
        memcpy(members, g->members, (size_t)g->n_places * sizeof *members);
    fs_free(g->members);
    g->members = members;
    g->room = room;
    return FSPEC_OK;
}

/* One more place, free. */
static fspec_status add_place(fspec_group *g)
{
    fspec_status status = g->n_places < g->room ? FSPEC_OK : grow(g, g->room ? 2 * g->room : FIRST_ROOM);
    if (status != FSPEC_OK)
        return status;
    char *slab = fs_alloc(g->slab);
    if (!slab)
        return FSPEC_NO_MEMORY;
    g->members[g->n_places] = (fs_member){.state = FSPEC_GROUP_ABSENT, .slab = slab, .next_free = g->first_free};
    g->first_free = g->n_places++;
    return FSPEC_OK;
}

static fspec_status create(const fspec_frontend *plan, const fspec_cqt *cqt, int64_t capacity, fspec_group **result)
{
    if ((!plan && !cqt) || !result || capacity < 0)
        return FSPEC_BAD_ARGUMENT;
    fspec_group *g = fs_alloc_zeroed(sizeof *g);
    if (!g)
        return FSPEC_NO_MEMORY;
    g->plan = plan;
    g->cqt = cqt;
    g->capacity = capacity;
    g->first_free = -1;
    fspec_status status = kind_of(g)->measure(g);
    if (status == FSPEC_OK)
        status = grow(g, capacity);
    while (status == FSPEC_OK && g->n_places < capacity)
        status = add_place(g);
    /* The first to join get the first places. */
    for (int64_t i = 0; status == FSPEC_OK && i < capacity; i++)
        g->members[i].next_free = i + 1 < capacity ? i + 1 : -1;
    if (status != FSPEC_OK) {
        fspec_group_free(g);
        return status;
    }
    g->first_free = capacity ? 0 : -1;
    *result = g;
    return FSPEC_OK;
}

fspec_status fspec_group_create(const fspec_frontend *plan, int64_t capacity, fspec_group **group)
{
    return create(plan, NULL, capacity, group);
}

fspec_status fspec_group_create_cqt(const fspec_cqt *plan, int64_t capacity, fspec_group **group)
{
    return create(NULL, plan, capacity, group);
}

void fspec_group_free(fspec_group *g)
{
    if (!g)
        return;
    for (int64_t i = 0; i < g->n_places; i++)
        fs_free(g->members[i].slab);
    fs_free(g->members);
    fs_free(g->table);
    fs_free(g->scratch);
    fs_free(g);
}

size_t fspec_group_member_size(const fspec_group *g)
{
    return g->slab + sizeof *g->members;
}

static void begin(const fspec_group *g, fs_member *m)
{
    m->state = FSPEC_GROUP_OPEN;
    m->n_samples = m->next_frame = m->next_output = m->base = 0;
    kind_of(g)->begin(g, m);
}

fspec_status fspec_group_join(fspec_group *g, int64_t *id)
{
    if (!g || !id || (g->capacity && g->n_members == g->capacity))
        return FSPEC_BAD_ARGUMENT;
    fspec_status status = g->first_free >= 0 ? FSPEC_OK : add_place(g);
    if (status != FSPEC_OK)
        return status;
    fs_member *m = &g->members[g->first_free];
    g->first_free = m->next_free;
    g->n_members++;
    begin(g, m);
    *id = id_of(g, m);
    return FSPEC_OK;
}

/* Whether all ids are members', each once; the first that is not goes to culprit. */
static fspec_status check_ids(fspec_group *g, const int64_t *ids, int64_t n, int64_t *culprit)
{
    *culprit = -1;
    if (!g || n < 0 || (n > 0 && !ids))
        return FSPEC_BAD_ARGUMENT;
    g->calls++;
    for (int64_t i = 0; i < n; i++) {
        fs_member *m = find(g, ids[i]);
        if (!m || m->call == g->calls) {
            *culprit = i;
            return FSPEC_BAD_ARGUMENT;
        }
        m->call = g->calls;
    }
    return FSPEC_OK;
}

fspec_status fspec_group_leave(fspec_group *g, const int64_t *ids, int64_t n, int64_t *culprit)
{
    int64_t unused;
    const fspec_status status = check_ids(g, ids, n, culprit ? culprit : &unused);
    for (int64_t i = 0; status == FSPEC_OK && i < n; i++) {
        fs_member *m = find(g, ids[i]);
        m->state = FSPEC_GROUP_ABSENT;
        m->generation = (m->generation + 1) & INT32_MAX;
        m->next_free = g->first_free;
        g->first_free = m - g->members;
        g->n_members--;
    }
    return status;
}

fspec_status fspec_group_reset(fspec_group *g, const int64_t *ids, int64_t n, int64_t *culprit)
{
    int64_t unused;
    const fspec_status status = check_ids(g, ids, n, culprit ? culprit : &unused);
    for (int64_t i = 0; status == FSPEC_OK && i < n; i++)
        begin(g, find(g, ids[i]));
    return status;
}

int64_t fspec_group_members(const fspec_group *g, int64_t *ids)
{
    for (int64_t i = 0, n = 0; ids && i < g->n_places; i++)
        if (g->members[i].state != FSPEC_GROUP_ABSENT)
            ids[n++] = id_of(g, &g->members[i]);
    return g->n_members;
}

fspec_group_state fspec_group_state_of(const fspec_group *g, int64_t id)
{
    const fs_member *m = find(g, id);
    return m ? m->state : FSPEC_GROUP_ABSENT;
}

/* ---- calls ---------------------------------------------------------------------------------------------------------- */

static fspec_status check_chunk(const fs_member *m, const fspec_signal *chunk, fspec_dtype dtype)
{
    if (fs_sample_size(chunk->dtype) == 0 || chunk->dtype != dtype)
        return FSPEC_BAD_DATA_TYPE;
    if (chunk->n_samples < 0 || chunk->n_samples > INT64_MAX / 32 - m->n_samples || (chunk->n_samples > 0 && !chunk->data))
        return FSPEC_BAD_ARGUMENT;
    int64_t extent;
    return __builtin_mul_overflow(chunk->n_samples, chunk->stride, &extent) ? FSPEC_TOO_LARGE : FSPEC_OK;
}

/* Checks one stream of a call, and finds its frames. */
static fspec_status check_part(const fspec_group *g, fs_member *m, const fspec_signal *chunk, fspec_dtype dtype, fs_part *part)
{
    if (!m || m->state != FSPEC_GROUP_OPEN) /* none: the ids were changed meanwhile */
        return FSPEC_BAD_ARGUMENT;
    *part = (fs_part){.member = m, .n_total = -1};
    if (!chunk) {
        kind_of(g)->end(g, m, part);
        return FSPEC_OK;
    }
    const fspec_status status = check_chunk(m, chunk, dtype);
    if (status == FSPEC_OK)
        kind_of(g)->advance(g, m, chunk->n_samples, part);
    return status;
}

/* Checks all streams of a call; `parts` (or NULL) and `counts` (or NULL) receive what becomes of each. */
static fspec_status check_parts(fspec_group *g, const int64_t *ids, const fspec_signal *chunks, int64_t n, fs_part *parts,
                                int64_t *counts, int64_t *total, int64_t *culprit)
{
    fs_part one;
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        fs_part *part = parts ? &parts[i] : &one;
        fspec_status status = check_part(g, find(g, ids[i]), chunks ? &chunks[i] : NULL, chunks ? chunks[0].dtype : 0, part);
        part->column = sum;
        if (status == FSPEC_OK && __builtin_add_overflow(sum, part->count, &sum))
            status = FSPEC_TOO_LARGE;
        if (status != FSPEC_OK) {
            *culprit = i;
            return status;
        }
        if (counts)
            counts[i] = part->count;
    }
    *total = sum;
    return FSPEC_OK;
}

fspec_status fspec_group_ready(fspec_group *g, const int64_t *ids, const fspec_signal *chunks, int64_t n, int64_t *counts,
                               int64_t *total, int64_t *culprit)
{
    int64_t unused;
    if (!culprit)
        culprit = &unused;
    fspec_status status = check_ids(g, ids, n, culprit);
    if (status == FSPEC_OK && !total)
        status = FSPEC_BAD_ARGUMENT;
    return status == FSPEC_OK ? check_parts(g, ids, chunks, n, NULL, counts, total, culprit) : status;
}

int64_t fs_group_not_finite(const fs_group_call *c)
{
    for (int64_t i = 0; i < c->n && c->chunks[i].dtype != FSPEC_INT16; i++)
        if (!fs_range_is_finite(&c->chunks[i], 0, c->chunks[i].n_samples))
            return i;
    return -1;
}

/* A larger block in place of one that is too small; its contents are lost, the new one holds zeros. */
static fspec_status enlarge(char **block, size_t *size, size_t needed)
{
    if (needed <= *size)
        return FSPEC_OK;
    char *larger = fs_alloc_zeroed(needed);
    if (!larger)
        return FSPEC_NO_MEMORY;
    fs_free(*block);
    *block = larger;
    *size = needed;
    return FSPEC_OK;
}

/* Room for all members at once, so that calls that name fewer do not allocate. */
static fspec_status equip(fspec_group *g, fs_group_call *c)
{
    const int64_t n = g->n_members;
    fs_arena arena = {0};
    size_t scratch;
    c->n_workers = fs_worker_count(&c->call, INT64_MAX);
    if (!kind_of(g)->scratch(g, n, c->n_workers, &scratch))
        return FSPEC_TOO_LARGE;
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        c->parts = fs_take(&arena, n, sizeof *c->parts);
        c->items = fs_take(&arena, g->plan ? 2 * n : 0, sizeof *c->items);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        const fspec_status status = enlarge(&g->table, &g->table_size, arena.used);
        if (status != FSPEC_OK)
            return status;
        arena.base = g->table;
    }
    const fspec_status status = enlarge(&g->scratch, &g->scratch_size, scratch);
    c->scratch = g->scratch;
    c->scratch_size = g->scratch_size;
    return status;
}

static fspec_status check_out(const fspec_group *g, const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, int64_t total)
{
    const fspec_status status = g->plan ? fs_check_out_dtype(g->plan, out_dtype) : fs_cqt_check_dtype(g->cqt, out_dtype);
    if (status != FSPEC_OK || total == 0)
        return status;
    if (!out || !out->data || total > room)
        return FSPEC_BAD_ARGUMENT;
    const int64_t n_bins = g->plan ? fspec_frontend_n_bins(g->plan) : fspec_cqt_n_bins(g->cqt);
    return fs_fits(out, n_bins, total) ? FSPEC_OK : FSPEC_TOO_LARGE;
}

static fspec_status call_group(fspec_group *g, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                               const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call,
                               int64_t *counts, int64_t *culprit)
{
    fs_group_call c = {.group = g, .chunks = chunks, .n = n, .out = out, .dtype = out_dtype};
    int64_t total, unused;
    if (!culprit)
        culprit = &unused;
    fspec_status status = check_ids(g, ids, n, culprit);
    if (status == FSPEC_OK)
        status = fs_call_read(call, &c.call);
    if (status == FSPEC_OK)
        status = equip(g, &c);
    if (status == FSPEC_OK)
        status = check_parts(g, ids, chunks, n, c.parts, NULL, &total, culprit);
    if (status == FSPEC_OK)
        status = check_out(g, out, room, out_dtype, total);
    if (status != FSPEC_OK || n == 0)
        return status;
    status = kind_of(g)->run(&c);
    if (status == FSPEC_NOT_FINITE)
        *culprit = fs_group_not_finite(&c);
    for (int64_t i = 0; i < n && status == FSPEC_OK; i++) {
        if (!chunks)
            c.parts[i].member->state = FSPEC_GROUP_FINISHED;
        if (counts)
            counts[i] = c.parts[i].count;
    }
    return status;
}

fspec_status fspec_group_push(fspec_group *g, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                              const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call,
                              int64_t *counts, int64_t *culprit)
{
    if (culprit)
        *culprit = -1;
    if (!chunks && n != 0)
        return FSPEC_BAD_ARGUMENT;
    return call_group(g, ids, chunks, n, out, room, out_dtype, call, counts, culprit);
}

fspec_status fspec_group_flush(fspec_group *g, const int64_t *ids, int64_t n, const fspec_matrix *out, int64_t room,
                               fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit)
{
    return call_group(g, ids, NULL, n, out, room, out_dtype, call, counts, culprit);
}
