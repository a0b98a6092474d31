/* Some frames of a signal, from the samples that they need. SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "access.h"
#include "arrays.h"
#include "pool.h"
#include "speech_stages.h"

enum { STEP = 256 }; /* rows of a stage over time between two looks at the cancel callback */

static int needs_all(const fspec_frontend *plan)
{
    return plan->top_db >= 0 || plan->ref_max || plan->stages.normalize;
}

/* The frames [*from, *to) of the front end that output frames [first, first + n) take, n >= 1, of a signal of so many
 * samples. */
static void inner_frames(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n, int64_t *from, int64_t *to)
{
    *from = first;
    *to = first + n;
    if (fs_has_stages(plan))
        fs_stages_span(&plan->stages, fs_n_frames(&plan->framing, total), first, n, from, to);
}

fspec_status fspec_frontend_needs(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin,
                                  int64_t *end)
{
    int64_t from, to, all;
    if (!plan || !begin || !end || total < 0 || total > INT64_MAX / 4)
        return FSPEC_BAD_ARGUMENT;
    if (needs_all(plan))
        return FSPEC_NOT_STREAMABLE;
    if ((all = fspec_frontend_n_frames(plan, total)) == 0)
        return FSPEC_TOO_SHORT;
    if (first < 0 || n_frames < 0 || n_frames > all || first > all - n_frames)
        return FSPEC_BAD_ARGUMENT;
    *begin = *end = 0;
    if (n_frames == 0)
        return FSPEC_OK;
    inner_frames(plan, total, first, n_frames, &from, &to);
    fs_needed(&plan->framing, total, from, to - from, begin, end);
    return FSPEC_OK;
}

fspec_status fs_part_check(const fspec_part *part, int64_t longest)
{
    const fspec_signal *s = &part->signal;
    int64_t extent;
    if (fs_sample_size(s->dtype) == 0)
        return FSPEC_BAD_DATA_TYPE;
    if (part->total < 0 || part->total > longest || s->n_samples < 0 || s->n_samples > part->total || part->offset < 0
        || part->offset > part->total - s->n_samples || (s->n_samples > 0 && !s->data))
        return FSPEC_BAD_ARGUMENT;
    return __builtin_mul_overflow(s->n_samples, s->stride, &extent) ? FSPEC_TOO_LARGE : FSPEC_OK;
}

fspec_status fs_part_narrow(const fspec_part *part, int64_t begin, int64_t end, fs_source *source)
{
    if (begin < end && (begin < part->offset || end > part->offset + part->signal.n_samples))
        return FSPEC_TOO_SHORT;
    *source = (fs_source){part->signal, begin, part->total};
    source->signal.n_samples = end - begin;
    if (begin < end)
        source->signal.data = (const char *)part->signal.data + (begin - part->offset) * part->signal.stride;
    return FSPEC_OK;
}

static fspec_status fill_item(const fspec_frontend *plan, const fspec_part *part, const fspec_matrix *out, fs_item *item)
{
    int64_t begin, end;
    fspec_status status = fs_part_check(part, INT64_MAX / 4);
    if (status == FSPEC_OK)
        status = fspec_frontend_needs(plan, part->total, part->first, part->n_frames, &begin, &end);
    if (status != FSPEC_OK)
        return status;
    if (part->n_frames > 0 && !out->data)
        return FSPEC_BAD_ARGUMENT;
    if (!fs_fits(out, plan->n_features, part->n_frames))
        return FSPEC_TOO_LARGE;
    *item = (fs_item){.first = part->first, .n_frames = part->n_frames, .out = *out};
    return fs_part_narrow(part, begin, end, &item->source);
}

/* ---- stages over time --------------------------------------------------------------------------------------------- */

/* Parts of plans with stages: their front ends' frames, as rows. */
typedef struct part_job {
    const fspec_frontend *plan;
    const fs_item *items;
    fs_item *inner;
    fs_rows *rows;
    fspec_dtype out_dtype;
} part_job;

/* The derivatives and the output of some items, from all their rows. */
static fspec_status finish_items(void *context, int worker, int64_t begin, int64_t end)
{
    const part_job *job = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        const fs_item *item = &job->items[i];
        fs_rows *r = &job->rows[i];
        const int64_t n = job->inner[i].n_frames, n_total = fs_n_frames(&job->plan->framing, item->source.total);
        for (r->n = 0; r->n < n;) {
            r->n = n - r->n < STEP ? n : r->n + STEP;
            r->n_total = r->base + r->n == n_total ? n_total : -1;
            fs_rows_derive(job->plan, r);
            if (fs_interrupted())
                return FSPEC_OK; /* the call knows its status */
        }
        for (int64_t done = 0, part; done < item->n_frames; done += part) {
            const fspec_matrix out = {(char *)item->out.data + done * item->out.frame_stride, item->out.bin_stride,
                                      item->out.frame_stride};
            part = item->n_frames - done < STEP ? item->n_frames - done : STEP;
            fs_rows_store(job->plan, r, item->first + done, item->first + done + part, &out, job->out_dtype);
            if (fs_interrupted())
                return FSPEC_OK;
        }
    }
    return FSPEC_OK;
}

static void lay_out(part_job *job, fs_arena *arena, int64_t n)
{
    const fspec_frontend *plan = job->plan;
    const int64_t size = (int64_t)plan->kernels->real_size, width = plan->n_out * (1 + plan->stages.deltas);
    job->inner = fs_take(arena, n, sizeof *job->inner);
    job->rows = fs_take(arena, n, sizeof *job->rows);
    for (int64_t i = 0; i < n; i++) {
        const fs_item *item = &job->items[i];
        int64_t from = 0, to = 0;
        size_t values = 0;
        if (item->n_frames > 0)
            inner_frames(plan, item->source.total, item->first, item->n_frames, &from, &to);
        if (!fs_size(to - from, width, 0, &values))
            arena->overflow = 1;
        void *data = fs_take(arena, (int64_t)values, (size_t)size);
        double *state = fs_take(arena, fs_rows_state(plan), sizeof *state);
        if (!arena->base)
            continue;
        job->inner[i] = *item;
        job->inner[i].first = from;
        job->inner[i].n_frames = to - from;
        job->inner[i].out = (fspec_matrix){data, size, width * size};
        /* Rows that do not begin with the signal lack what the first derivatives look back at; nobody looks at those. */
        const int64_t skip = from > 0 ? plan->stages.reach : 0;
        job->rows[i] = (fs_rows){.data = data, .state = state, .width = width};
        fs_rows_begin(plan, &job->rows[i]);
        job->rows[i].base = from;
        job->rows[i].filled[0] = from + skip;
        job->rows[i].filled[1] = from + 2 * skip;
    }
}

static fspec_status run_stages(const fspec_frontend *plan, const fs_item *items, int64_t n, fspec_dtype out_dtype,
                               const fspec_call *call)
{
    part_job job = {.plan = plan, .items = items, .out_dtype = out_dtype};
    fspec_call inner_call = *call;
    fs_arena arena = {0};
    lay_out(&job, &arena, n);
    if (arena.overflow)
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    fspec_status status = fs_take_scratch(arena.used, &scratch);
    if (status != FSPEC_OK)
        return status;
    arena = (fs_arena){.base = scratch.base};
    lay_out(&job, &arena, n);
    inner_call.scratch = NULL;
    status = fs_frontend_run(plan, job.inner, n, plan->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, NULL, &inner_call);
    if (status == FSPEC_OK)
        status = fs_parallel(&inner_call, fs_worker_count(&inner_call, n), n, 1, finish_items, &job);
    fs_call_release(&scratch);
    return status;
}

/* ---- the call ----------------------------------------------------------------------------------------------------- */

/* Room for n items: the beginning of the call's scratch, which is shortened, or of the pool. */
static fspec_status take_items(int64_t n, fspec_call *call, fs_scratch *room)
{
    size_t bytes;
    if (!fs_size(n, sizeof(fs_item), FS_ALIGN, &bytes))
        return FSPEC_TOO_LARGE;
    if (!call->scratch)
        return fs_take_scratch(bytes, room);
    const fspec_status status = fs_call_scratch(call, bytes - FS_ALIGN, room);
    if (status != FSPEC_OK || call->scratch_size < bytes)
        return FSPEC_BAD_ARGUMENT;
    call->scratch = (char *)call->scratch + bytes;
    call->scratch_size -= bytes;
    return FSPEC_OK;
}

fspec_status fspec_frontend_exec_part(const fspec_frontend *plan, const fspec_part *parts, const fspec_matrix *out,
                                      int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    fs_scratch room;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!plan || n_parts < 0 || (n_parts > 0 && (!parts || !out)))
        return FSPEC_BAD_ARGUMENT;
    if ((status = fs_check_out_dtype(plan, out_dtype)) != FSPEC_OK)
        return status;
    status = take_items(n_parts, &full, &room);
    if (status != FSPEC_OK)
        return status;
    fs_item *items = (fs_item *)(void *)room.base;
    for (int64_t i = 0; i < n_parts && status == FSPEC_OK; i++) {
        status = parts[i].signal.dtype != parts[0].signal.dtype ? FSPEC_BAD_DATA_TYPE
                                                                : fill_item(plan, &parts[i], &out[i], &items[i]);
        items[i].channel = i;
    }
    for (int64_t i = 0; i < n_parts && status == FSPEC_OK; i++)
        status = fspec_check_finite(&items[i].source.signal, 1, &full);
    if (status == FSPEC_OK && n_parts > 0)
        status = fs_has_stages(plan) ? run_stages(plan, items, n_parts, out_dtype, &full)
                                     : fs_frontend_run(plan, items, n_parts, out_dtype, NULL, &full);
    fs_call_release(&room);
    return status;
}
