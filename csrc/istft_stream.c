/* Overlap-add fed in pieces: frames in, samples out. SPDX-License-Identifier: BSD-3-Clause
 *
 * Per channel a linear buffer of sums, with absolute positions in the padded signal. Samples before the next frame's first one
 * are finished, and so are their divisors: those depend on the number of frames only from there on. */
#include <string.h>

#include "arrays.h"
#include "istft.h"
#include "pool.h"

enum { BATCH = 16 }; /* frames added at a time */

struct fspec_istft_stream {
    const fspec_istft *plan;
    int64_t n_channels, n_frames;
    int64_t position; /* the next sample of the padded signal to be written */
    int64_t *origins; /* by channel: the sample at the front of its sums */
    int finished, broken;
    fs_istft_run run; /* what stays the same from call to call */
    char *sums;       /* n_channels x run.room */
    void *scratch;    /* for one thread */
};

/* One push or flush, for the threads that share its channels. */
typedef struct piece {
    fspec_istft_stream *stream;
    fs_istft_run run;
    int64_t end_frame, end; /* frames to add, and samples of the padded signal to write */
} piece;

fspec_status fspec_istft_stream_create(const fspec_istft *plan, int64_t n_channels, fspec_istft_stream **result)
{
    size_t row, bytes, origins;
    fs_arena arena = {0};
    if (!plan || !result || n_channels < 1)
        return FSPEC_BAD_ARGUMENT;
    fspec_istft_stream *s = fs_alloc_zeroed(sizeof *s);
    if (!s)
        return FSPEC_NO_MEMORY;
    s->plan = plan;
    s->n_channels = n_channels;
    fs_istft_run *r = &s->run;
    r->plan = plan;
    r->sums = 1;
    r->batch = plan->hop <= plan->n_fft ? BATCH : 1;
    /* Room for a batch, and for single frames to be added one after the other before the rest moves to the front. */
    r->room = plan->hop <= plan->n_fft ? 3 * plan->n_fft + (r->batch - 1) * plan->hop : plan->n_fft;
    r->most = plan->n_fft;
    fs_istft_lay_out(r, &arena, 1, NULL);
    fspec_status status = FSPEC_TOO_LARGE;
    if (!arena.overflow && fs_size(r->room, (int64_t)plan->kernels->real_size, 0, &row)
        && fs_size((int64_t)row, n_channels, 0, &bytes) && fs_size(n_channels, sizeof *s->origins, 0, &origins)) {
        s->sums = fs_alloc(bytes);
        s->origins = fs_alloc(origins);
        s->scratch = fs_alloc(arena.used);
        status = s->sums && s->origins && s->scratch ? FSPEC_OK : FSPEC_NO_MEMORY;
    }
    if (status == FSPEC_OK) {
        arena = (fs_arena){.base = s->scratch};
        fs_istft_lay_out(r, &arena, 1, &r->desks);
        fspec_istft_stream_reset(s);
        *result = s;
    } else {
        fspec_istft_stream_free(s);
    }
    return status;
}

void fspec_istft_stream_free(fspec_istft_stream *s)
{
    if (!s)
        return;
    fs_free(s->sums);
    fs_free(s->origins);
    fs_free(s->scratch);
    fs_free(s);
}

static size_t sums_bytes(const fspec_istft_stream *s)
{
    return (size_t)s->n_channels * (size_t)s->run.room * s->plan->kernels->real_size;
}

void fspec_istft_stream_reset(fspec_istft_stream *s)
{
    s->n_frames = 0;
    s->position = s->plan->pad;
    s->finished = s->broken = 0;
    memset(s->sums, 0, sums_bytes(s));
    memset(s->origins, 0, (size_t)s->n_channels * sizeof *s->origins);
}

fspec_status fspec_istft_stream_copy(const fspec_istft_stream *s, fspec_istft_stream **result)
{
    fspec_istft_stream *copy;
    if (!s || !result)
        return FSPEC_BAD_ARGUMENT;
    const fspec_status status = fspec_istft_stream_create(s->plan, s->n_channels, &copy);
    if (status != FSPEC_OK)
        return status;
    copy->n_frames = s->n_frames;
    copy->position = s->position;
    copy->finished = s->finished;
    copy->broken = s->broken;
    memcpy(copy->sums, s->sums, sums_bytes(s));
    memcpy(copy->origins, s->origins, (size_t)s->n_channels * sizeof *s->origins);
    *result = copy;
    return FSPEC_OK;
}

int64_t fspec_istft_stream_latency(const fspec_istft_stream *s)
{
    const fspec_istft *plan = s->plan;
    /* Long hops: the end of the last frame belongs to the padding. */
    const int64_t last = plan->hop + 2 * plan->pad - plan->n_fft;
    return plan->pad > last ? plan->pad : last;
}

/* The end of what n_frames frames finish, if more may follow, and where the signal ends if they are all: in the padded
 * signal. */
static int64_t natural_end(const fspec_istft *plan, int64_t n_frames)
{
    return (n_frames - 1) * plan->hop + plan->n_fft - plan->pad;
}

static int64_t finished_end(const fspec_istft *plan, int64_t n_frames)
{
    const int64_t next = n_frames * plan->hop, natural = natural_end(plan, n_frames);
    return n_frames < 1 ? plan->pad : next < natural ? next : natural;
}

static int64_t most_frames(const fspec_istft *plan)
{
    return INT64_MAX / 8 / (plan->hop + 1);
}

int64_t fspec_istft_stream_ready(const fspec_istft_stream *s, int64_t n_frames)
{
    const int64_t most = most_frames(s->plan);
    if (n_frames < 0)
        return 0;
    const int64_t all = n_frames < most - s->n_frames ? s->n_frames + n_frames : most;
    const int64_t end = finished_end(s->plan, all);
    return end > s->position ? end - s->position : 0;
}

int64_t fspec_istft_stream_pending(const fspec_istft_stream *s, int64_t length)
{
    if (length < 0 && s->n_frames < 1)
        return 0;
    const int64_t given = length < INT64_MAX / 4 ? length + s->plan->pad : INT64_MAX / 4;
    const int64_t end = length < 0 ? natural_end(s->plan, s->n_frames) : given;
    return end > s->position ? end - s->position : 0;
}

/* What frames from t on add to moves to the front of the sums. */
static void move_up(const fspec_istft *plan, int64_t room, char *sum, int64_t origin, int64_t t)
{
    const size_t size = plan->kernels->real_size;
    const int64_t moved = t * plan->hop - origin, kept = moved < room ? room - moved : 0;
    memmove(sum, sum + (size_t)(room - kept) * size, (size_t)kept * size);
    memset(sum + (size_t)kept * size, 0, (size_t)(room - kept) * size);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const piece *p = context;
    fspec_istft_stream *s = p->stream;
    const fs_istft_run *r = &p->run;
    const fspec_istft *plan = s->plan;
    for (int64_t c = begin; c < end; c++) {
        fs_istft_desk d = r->desks[worker];
        int64_t position = s->position, origin = s->origins[c];
        d.sum = s->sums + (size_t)(c * r->room) * plan->kernels->real_size;
        for (int64_t t = s->n_frames, next; t < p->end_frame; t = next) {
            if (fs_interrupted())
                return FSPEC_OK; /* the call knows its status */
            next = p->end_frame - t < r->batch ? p->end_frame : t + r->batch;
            fs_istft_emit(r, &d, c, origin, &position, t * plan->hop); /* where hops are long */
            if ((next - 1) * plan->hop + plan->n_fft - origin > r->room) {
                move_up(plan, r->room, d.sum, origin, t);
                origin = t * plan->hop;
            }
            fs_istft_add(r, &d, c, t, next, origin);
            fs_istft_emit(r, &d, c, origin, &position, finished_end(plan, next));
        }
        fs_istft_emit(r, &d, c, origin, &position, p->end);
        s->origins[c] = origin;
    }
    return FSPEC_OK;
}

/* Carries out a push or a flush that has been checked. */
static fspec_status advance(fspec_istft_stream *s, piece *p, const fspec_call *call, int64_t *n_samples)
{
    const int n_workers = fs_worker_count(call, s->n_channels);
    fs_scratch own = {0};
    fspec_status status = FSPEC_OK;
    if (n_workers > 1) {
        fs_arena arena = {0};
        fs_istft_lay_out(&p->run, &arena, n_workers, NULL);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if ((status = fs_take_scratch(arena.used, &own)) != FSPEC_OK)
            return status;
        arena = (fs_arena){.base = own.base};
        fs_istft_lay_out(&p->run, &arena, n_workers, &p->run.desks);
    }
    status = fs_parallel(call, n_workers, s->n_channels, 1, work, p);
    fs_call_release(&own);
    if (status != FSPEC_OK) {
        s->broken = 1;
        return status;
    }
    *n_samples = p->end - s->position;
    s->position = p->end;
    s->n_frames = p->end_frame;
    return FSPEC_OK;
}

static fspec_status check_out(const fspec_istft_stream *s, const fspec_signal *out, int64_t n_samples)
{
    for (int64_t c = 0; c < s->n_channels; c++) {
        if (!out || (n_samples > 0 && !out[c].data) || out[c].n_samples < n_samples)
            return FSPEC_BAD_ARGUMENT;
        if ((out[c].dtype != FSPEC_FLOAT32 && out[c].dtype != FSPEC_FLOAT64) || out[c].byte_swapped)
            return FSPEC_BAD_DATA_TYPE;
    }
    return FSPEC_OK;
}

fspec_status fspec_istft_stream_push(fspec_istft_stream *s, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                                     const fspec_signal *out, const fspec_call *call, int64_t *n_samples)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!s || !in || !n_samples || n_frames < 0 || s->finished || s->broken)
        return FSPEC_BAD_ARGUMENT;
    if (in_dtype != FSPEC_COMPLEX64 && in_dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    if (n_frames > most_frames(s->plan) - s->n_frames)
        return FSPEC_TOO_LARGE;
    for (int64_t c = 0; c < s->n_channels; c++) {
        if (!in[c].data && n_frames > 0)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&in[c], s->plan->n_bins, n_frames))
            return FSPEC_TOO_LARGE;
    }
    status = check_out(s, out, fspec_istft_stream_ready(s, n_frames));
    if (status != FSPEC_OK)
        return status;
    piece p = {.stream = s, .run = s->run, .end_frame = s->n_frames + n_frames};
    p.end = s->position + fspec_istft_stream_ready(s, n_frames);
    p.run.in = in;
    p.run.in_double = in_dtype == FSPEC_COMPLEX128;
    p.run.out = out;
    p.run.first_frame = s->n_frames;
    p.run.first_sample = s->position - s->plan->pad;
    p.run.n_frames = p.end_frame;
    return advance(s, &p, &full, n_samples);
}

fspec_status fspec_istft_stream_flush(fspec_istft_stream *s, int64_t length, const fspec_signal *out, const fspec_call *call,
                                      int64_t *n_samples)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!s || !n_samples || s->finished || s->broken || (length >= 0 && length < s->position - s->plan->pad))
        return FSPEC_BAD_ARGUMENT;
    if (s->n_frames == 0)
        return FSPEC_TOO_SHORT;
    if (length > INT64_MAX / 4)
        return FSPEC_TOO_LARGE;
    const int64_t n = fspec_istft_stream_pending(s, length);
    status = check_out(s, out, n);
    if (status != FSPEC_OK)
        return status;
    piece p = {.stream = s, .run = s->run, .end_frame = s->n_frames, .end = s->position + n};
    p.run.out = out;
    p.run.first_sample = s->position - s->plan->pad;
    p.run.n_frames = s->n_frames;
    status = advance(s, &p, &full, n_samples);
    if (status == FSPEC_OK)
        s->finished = 1;
    return status;
}
