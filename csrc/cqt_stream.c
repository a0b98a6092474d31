/* The constant-Q transform fed in pieces: the state of every channel, kept between pushes.
 * SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "cqt.h"

struct fspec_cqt_stream {
    const fspec_cqt *plan;
    int64_t n_channels, n_samples, next_frame;
    int finished, broken;
    fs_cqt_state *states;
    fs_cqt_desk *desks; /* per channel, as the states */
    char *memory;
    size_t desk;
};

/* One push or flush, for the threads that share its channels. */
typedef struct piece {
    fspec_cqt_stream *stream;
    const fspec_signal *chunk; /* NULL: the signals end */
    const fspec_matrix *out;
    fspec_dtype dtype;
    int64_t end_frame, end_out; /* of the transform, and of what is stored */
} piece;

fspec_status fspec_cqt_stream_create(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **result)
{
    size_t state_bytes, desk_bytes, bytes;
    fs_arena arena = {0};
    fs_cqt_state layout;
    fs_cqt_desk desk;
    if (!plan || !result || n_channels < 1)
        return FSPEC_BAD_ARGUMENT;
    fs_cqt_lay_out(plan, plan->chunk, &arena, &layout);
    fs_cqt_lay_out_desk(plan, &arena, &desk);
    if (arena.overflow || !fs_size(n_channels, (int64_t)arena.used, 0, &bytes)
        || !fs_size(n_channels, sizeof(fs_cqt_state), 0, &state_bytes)
        || !fs_size(n_channels, sizeof(fs_cqt_desk), 0, &desk_bytes))
        return FSPEC_TOO_LARGE;
    fspec_cqt_stream *s = fs_alloc_zeroed(sizeof *s);
    if (!s)
        return FSPEC_NO_MEMORY;
    s->plan = plan;
    s->n_channels = n_channels;
    s->desk = arena.used;
    s->states = fs_alloc_zeroed(state_bytes);
    s->desks = fs_alloc_zeroed(desk_bytes);
    s->memory = fs_alloc(bytes);
    if (!s->states || !s->desks || !s->memory) {
        fspec_cqt_stream_free(s);
        return FSPEC_NO_MEMORY;
    }
    fspec_cqt_stream_reset(s);
    *result = s;
    return FSPEC_OK;
}

void fspec_cqt_stream_free(fspec_cqt_stream *s)
{
    if (!s)
        return;
    fs_free(s->states);
    fs_free(s->desks);
    fs_free(s->memory);
    fs_free(s);
}

void fspec_cqt_stream_reset(fspec_cqt_stream *s)
{
    s->n_samples = s->next_frame = 0;
    s->finished = s->broken = 0;
    memset(s->memory, 0, (size_t)s->n_channels * s->desk);
    for (int64_t c = 0; c < s->n_channels; c++) {
        fs_arena arena = {.base = s->memory + (size_t)c * s->desk};
        fs_cqt_lay_out(s->plan, s->plan->chunk, &arena, &s->states[c]);
        fs_cqt_lay_out_desk(s->plan, &arena, &s->desks[c]);
        fs_cqt_begin(s->plan, &s->states[c], 0, 0, -1);
        if (s->plan->chroma)
            fs_chroma_begin(s->plan->chroma, &s->states[c].chroma, 0, INT64_MAX);
    }
}

fspec_status fspec_cqt_stream_copy(const fspec_cqt_stream *s, fspec_cqt_stream **result)
{
    fspec_cqt_stream *copy;
    if (!s || !result)
        return FSPEC_BAD_ARGUMENT;
    const fspec_status status = fspec_cqt_stream_create(s->plan, s->n_channels, &copy);
    if (status != FSPEC_OK)
        return status;
    copy->n_samples = s->n_samples;
    copy->next_frame = s->next_frame;
    copy->finished = s->finished;
    copy->broken = s->broken;
    memcpy(copy->memory, s->memory, (size_t)s->n_channels * s->desk);
    for (int64_t c = 0; c < s->n_channels; c++)
        fs_cqt_copy(s->plan, &s->states[c], &copy->states[c]);
    *result = copy;
    return FSPEC_OK;
}

int64_t fspec_cqt_stream_latency(const fspec_cqt_stream *s)
{
    return fs_cqt_latency(s->plan) + (s->plan->chroma ? fs_chroma_after(s->plan->chroma) * s->plan->hop : 0);
}

static int64_t frames_after(const fspec_cqt_stream *s, int64_t n_samples)
{
    const int64_t settled = fs_cqt_settled(s->plan, n_samples), all = fspec_cqt_n_frames(s->plan, n_samples);
    return settled < all ? settled : all;
}

int64_t fspec_cqt_stream_ready(const fspec_cqt_stream *s, int64_t n_samples)
{
    const int64_t wait = s->plan->chroma ? fs_chroma_after(s->plan->chroma) : 0;
    const int64_t left = INT64_MAX / 32 - s->n_samples; /* more cannot be pushed */
    const int64_t end = frames_after(s, s->n_samples + (n_samples < left ? n_samples : left)) - wait;
    return end > s->next_frame ? end - s->next_frame : 0;
}

int64_t fspec_cqt_stream_pending(const fspec_cqt_stream *s)
{
    return fspec_cqt_n_frames(s->plan, s->n_samples) - s->next_frame;
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const piece *p = context;
    const fspec_cqt_stream *s = p->stream;
    const fs_source none = {.total = s->n_samples};
    (void)worker;
    for (int64_t c = begin; c < end; c++) {
        const fs_cqt_sink sink = {p->out ? &p->out[c] : NULL, s->next_frame, p->dtype};
        fs_cqt_state *state = &s->states[c];
        if (!p->chunk) {
            state->chroma.end = p->end_out;
            fs_cqt_close(s->plan, state, p->end_frame, s->n_samples);
            fs_cqt_finish(s->plan, state, &s->desks[c], &none, &sink);
            continue;
        }
        const fs_source source = {p->chunk[c], s->n_samples, -1};
        const int64_t n = p->chunk[c].n_samples;
        state->end_frame = p->end_frame;
        for (int64_t done = 0, chunk = s->plan->chunk; done < n && !fs_interrupted(); done += chunk)
            fs_cqt_feed(s->plan, state, &s->desks[c], &source, n - done < chunk ? n - done : chunk, &sink);
    }
    return FSPEC_OK;
}

/* Carries out a push or a flush that has been checked. */
static fspec_status advance(piece *p, const fspec_call *call, int64_t *n_frames)
{
    fspec_cqt_stream *s = p->stream;
    fspec_status status = fs_parallel(call, fs_worker_count(call, s->n_channels), s->n_channels, 1, work, p);
    if (status == FSPEC_OK)
        *n_frames = p->end_out - s->next_frame;
    else
        s->broken = 1;
    s->next_frame = p->end_out;
    return status;
}

static fspec_status check_out(const fspec_cqt_stream *s, const fspec_matrix *out, int64_t n_frames, fspec_dtype out_dtype)
{
    for (int64_t c = 0; n_frames > 0 && c < s->n_channels; c++)
        if (!out || !out[c].data)
            return FSPEC_BAD_ARGUMENT;
    return fs_cqt_check_dtype(s->plan, out_dtype);
}

static fspec_status check_chunk(const fspec_cqt_stream *s, const fspec_signal *chunk, const fspec_call *call)
{
    for (int64_t c = 0; c < s->n_channels; c++) {
        const int64_t n = chunk[c].n_samples;
        if (fs_sample_size(chunk[c].dtype) == 0 || chunk[c].dtype != chunk[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (n != chunk[0].n_samples || n < 0 || n > INT64_MAX / 32 - s->n_samples || (n > 0 && !chunk[c].data))
            return FSPEC_BAD_ARGUMENT;
    }
    return fspec_check_finite(chunk, s->n_channels, call);
}

fspec_status fspec_cqt_stream_push(fspec_cqt_stream *s, const fspec_signal *chunk, const fspec_matrix *out,
                                   fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK && (!s || !chunk || !n_frames || s->finished || s->broken))
        status = FSPEC_BAD_ARGUMENT;
    if (status == FSPEC_OK)
        status = check_chunk(s, chunk, &full);
    if (status != FSPEC_OK)
        return status;
    const int64_t n = chunk[0].n_samples, ready = fspec_cqt_stream_ready(s, n);
    status = check_out(s, out, ready, out_dtype);
    if (status != FSPEC_OK)
        return status;
    piece p = {s, chunk, out, out_dtype, frames_after(s, s->n_samples + n), s->next_frame + ready};
    status = advance(&p, &full, n_frames);
    s->n_samples += n;
    return status;
}

fspec_status fspec_cqt_stream_flush(fspec_cqt_stream *s, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call,
                                    int64_t *n_frames)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK && (!s || !n_frames || s->finished || s->broken))
        status = FSPEC_BAD_ARGUMENT;
    if (status == FSPEC_OK && s->n_samples == 0)
        status = FSPEC_TOO_SHORT;
    if (status == FSPEC_OK)
        status = check_out(s, out, fspec_cqt_stream_pending(s), out_dtype);
    if (status != FSPEC_OK)
        return status;
    const int64_t end = fspec_cqt_n_frames(s->plan, s->n_samples);
    piece p = {s, NULL, out, out_dtype, end, end};
    status = advance(&p, &full, n_frames);
    s->finished = 1;
    return status;
}
