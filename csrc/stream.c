/* A plan fed in pieces: per channel a linear history of converted samples, with absolute positions.
 * SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "speech_stages.h"

enum {
    PIECE = 1 << 15, /* samples taken into the history at a time */
    STRETCH = 1 << 12 /* samples over which small pushes append to it before what is needed moves to the front */
};

struct fspec_stream {
    const fspec_frontend *plan;
    int64_t n_channels;
    int64_t base, n_samples; /* the history holds samples [base, n_samples), */
    int64_t origin;          /* of which `origin` would be at its front */
    int64_t next_frame;
    int64_t room, stretch;   /* samples of history per channel, and of those that small pushes make use of */
    int finished, broken;
    char *history;
    int64_t next_output; /* frame of the output; what follows is for plans with stages over time */
    int64_t rows_room;   /* rows per channel */
    fs_rows *rows;
    double *states; /* of the rows */
    char *features;
    fs_item *items;
    void *scratch; /* for one thread */
    size_t scratch_size;
};

static int64_t most_frames(const fspec_stream *s)
{
    return s->room / s->plan->framing.hop + 2;
}

/* The rows that the stages over time look back at. */
static fspec_status make_rows(fspec_stream *s)
{
    const int64_t width = s->plan->n_out * (1 + s->plan->stages.deltas);
    const int64_t n_state = fs_rows_state(s->plan);
    size_t row, bytes, all, states;
    if (!fs_has_stages(s->plan))
        return FSPEC_OK;
    s->rows_room = fs_rows_most(&s->plan->stages) + most_frames(s);
    if (!fs_size(width, (int64_t)s->plan->kernels->real_size, 0, &row) || !fs_size(s->rows_room, (int64_t)row, 0, &bytes)
        || !fs_size((int64_t)bytes, s->n_channels, 0, &all) || !fs_size(n_state, s->n_channels, 0, &states)
        || !fs_size((int64_t)states, sizeof *s->states, 0, &states))
        return FSPEC_TOO_LARGE;
    s->features = fs_alloc(all);
    s->rows = fs_alloc((size_t)s->n_channels * sizeof *s->rows);
    s->states = fs_alloc(states);
    if (!s->features || !s->rows || !s->states)
        return FSPEC_NO_MEMORY;
    for (int64_t c = 0; c < s->n_channels; c++) {
        s->rows[c] = (fs_rows){.data = s->features + (size_t)c * bytes, .width = width, .state = s->states + c * n_state};
        fs_rows_begin(s->plan, &s->rows[c]);
    }
    return FSPEC_OK;
}

fspec_status fspec_stream_create(const fspec_frontend *plan, int64_t n_channels, fspec_stream **result)
{
    size_t row, bytes, item_bytes;
    if (!plan || !result || n_channels < 1)
        return FSPEC_BAD_ARGUMENT;
    if (plan->top_db >= 0 || plan->ref_max || plan->stages.normalize)
        return FSPEC_NOT_STREAMABLE;
    fspec_stream *s = fs_alloc_zeroed(sizeof *s);
    if (!s)
        return FSPEC_NO_MEMORY;
    s->plan = plan;
    s->n_channels = n_channels;
    const int64_t needed = fs_most_needed(&plan->framing);
    s->room = needed + PIECE;
    const int64_t slack = needed / 2 > STRETCH ? needed / 2 : STRETCH;
    s->stretch = needed + (slack < PIECE ? slack : PIECE);
    fspec_status status = FSPEC_TOO_LARGE;
    if (needed >= 0 && needed < INT64_MAX / 2 && fs_size(s->room, (int64_t)plan->kernels->real_size, 0, &row)
        && fs_size((int64_t)row, n_channels, 0, &bytes)
        && fs_size(n_channels, sizeof(fs_item), 0, &item_bytes) && n_channels < INT64_MAX / 2 / most_frames(s)
        && fs_frontend_scratch(plan, n_channels, n_channels * most_frames(s), 1, &s->scratch_size)) {
        s->scratch_size += FS_ALIGN;
        s->history = fs_alloc(bytes);
        s->items = fs_alloc(item_bytes);
        s->scratch = fs_alloc(s->scratch_size);
        status = s->history && s->items && s->scratch ? make_rows(s) : FSPEC_NO_MEMORY;
    }
    if (status == FSPEC_OK)
        *result = s;
    else
        fspec_stream_free(s);
    return status;
}

void fspec_stream_free(fspec_stream *s)
{
    if (!s)
        return;
    fs_free(s->history);
    fs_free(s->rows);
    fs_free(s->features);
    fs_free(s->states);
    fs_free(s->items);
    fs_free(s->scratch);
    fs_free(s);
}

void fspec_stream_reset(fspec_stream *s)
{
    s->base = s->origin = s->n_samples = s->next_frame = s->next_output = 0;
    s->finished = s->broken = 0;
    for (int64_t c = 0; s->rows && c < s->n_channels; c++)
        fs_rows_begin(s->plan, &s->rows[c]);
}

static char *channel(const fspec_stream *s, int64_t c, int64_t position)
{
    return s->history + (size_t)(c * s->room + position - s->origin) * s->plan->kernels->real_size;
}

fspec_status fspec_stream_copy(const fspec_stream *s, fspec_stream **result)
{
    fspec_stream *copy;
    if (!s || !result)
        return FSPEC_BAD_ARGUMENT;
    const fspec_status status = fspec_stream_create(s->plan, s->n_channels, &copy);
    if (status != FSPEC_OK)
        return status;
    const size_t size = s->plan->kernels->real_size;
    copy->base = copy->origin = s->base;
    copy->n_samples = s->n_samples;
    copy->next_frame = s->next_frame;
    copy->next_output = s->next_output;
    copy->finished = s->finished;
    copy->broken = s->broken;
    for (int64_t c = 0; c < s->n_channels; c++)
        memcpy(channel(copy, c, s->base), channel(s, c, s->base), (size_t)(s->n_samples - s->base) * size);
    for (int64_t c = 0; s->rows && c < s->n_channels; c++) {
        fs_rows *rows = &copy->rows[c];
        char *data = rows->data;
        double *state = rows->state;
        *rows = s->rows[c];
        rows->data = data;
        rows->state = state;
        memcpy(data, s->rows[c].data, (size_t)(rows->n * rows->width) * size);
        memcpy(state, s->rows[c].state, (size_t)fs_rows_state(s->plan) * sizeof *state);
    }
    *result = copy;
    return FSPEC_OK;
}

int64_t fspec_stream_latency(const fspec_stream *s)
{
    return fs_latency(&s->plan->framing) + fs_stages_wait(&s->plan->stages) * s->plan->framing.hop;
}

/* Output frames that n frames of the front end settle. */
static int64_t outputs_of(const fspec_stream *s, int64_t n)
{
    return s->rows ? fs_stages_settled(&s->plan->stages, n) : n;
}

int64_t fspec_stream_ready(const fspec_stream *s, int64_t n_samples)
{
    int64_t total;
    if (__builtin_add_overflow(s->n_samples, n_samples, &total))
        total = INT64_MAX;
    int64_t settled = outputs_of(s, fs_n_settled(&s->plan->framing, total));
    return settled > s->next_output ? settled - s->next_output : 0;
}

int64_t fspec_stream_pending(const fspec_stream *s)
{
    int64_t all = fspec_frontend_n_frames(s->plan, s->n_samples);
    return all > s->next_output ? all - s->next_output : 0;
}

/* Computes frames [next_frame, end) into the columns of out from `column` on, or behind the rows. */
static fspec_status compute(fspec_stream *s, int64_t end, int64_t total, const fspec_matrix *out, int64_t column,
                            fspec_dtype out_dtype, const fspec_call *call)
{
    const int64_t size = (int64_t)s->plan->kernels->real_size;
    for (int64_t c = 0; c < s->n_channels; c++) {
        s->items[c] = (fs_item){
            .source = {{channel(s, c, s->base), s->n_samples - s->base, size, size == 8 ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0},
                       s->base, total},
            .first = s->next_frame,
            .n_frames = end - s->next_frame,
            .channel = c};
        if (s->rows)
            s->items[c].out = (fspec_matrix){s->rows[c].data + s->rows[c].n * s->rows[c].width * size, size,
                                             s->rows[c].width * size};
        else
            s->items[c].out = (fspec_matrix){(char *)out[c].data + column * out[c].frame_stride, out[c].bin_stride,
                                             out[c].frame_stride};
    }
    if (s->rows)
        out_dtype = size == 8 ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
    fspec_status status = fs_frontend_run(s->plan, s->items, s->n_channels, out_dtype, NULL, call);
    s->next_frame = end;
    return status;
}

/* Stages over time: the output frames that the rows allow, and the rows that later ones need. */
static void pass_rows(fspec_stream *s, int64_t n_total, const fspec_matrix *out, int64_t column, fspec_dtype out_dtype)
{
    const fs_stages *stages = &s->plan->stages;
    const int64_t first = s->next_output;
    const fs_fpenv env = fs_fpenv_enter();
    const int64_t end = n_total >= 0 ? fs_stages_frames(stages, n_total) : fs_stages_settled(stages, s->next_frame);
    for (int64_t c = 0; c < s->n_channels; c++) {
        fs_rows *r = &s->rows[c];
        r->n = s->next_frame - r->base;
        r->n_total = n_total;
        fs_rows_derive(s->plan, r);
        if (end > first) {
            const fspec_matrix to = {(char *)out[c].data + column * out[c].frame_stride, out[c].bin_stride, out[c].frame_stride};
            fs_rows_store(s->plan, r, first, end, &to, out_dtype);
        }
        const int64_t keep = fs_rows_needed(s->plan, r, end > first ? end : first);
        const size_t row = (size_t)r->width * s->plan->kernels->real_size;
        memmove(r->data, r->data + (size_t)(keep - r->base) * row, (size_t)(r->base + r->n - keep) * row);
        r->n -= keep - r->base;
        r->base = keep;
    }
    fs_fpenv_leave(env);
    if (end > first)
        s->next_output = end;
}

/* Computes frames up to `end`, of n_total (-1: more may follow), and with stages over time the output frames that they settle,
 * into the columns of out from next_output - first on. */
static fspec_status advance(fspec_stream *s, int64_t end, int64_t n_total, const fspec_matrix *out, int64_t first,
                            fspec_dtype out_dtype, const fspec_call *call)
{
    const int64_t total = n_total < 0 ? -1 : s->n_samples;
    fspec_status status = FSPEC_OK;
    if (!s->rows) {
        status = compute(s, end, total, out, s->next_output - first, out_dtype, call);
        s->next_output = end;
        return status;
    }
    while (status == FSPEC_OK && s->next_frame < end) {
        const int64_t part = end - s->next_frame < most_frames(s) ? end - s->next_frame : most_frames(s);
        status = compute(s, s->next_frame + part, total, out, 0, out_dtype, call);
        if (status == FSPEC_OK)
            pass_rows(s, s->next_frame == n_total ? n_total : -1, out, s->next_output - first, out_dtype);
    }
    return status;
}

static void forget(fspec_stream *s)
{
    const int64_t base = fs_first_needed(&s->plan->framing, s->next_frame, s->n_samples);
    if (base > s->base)
        s->base = base;
}

/* Moves what is needed to the front where n more samples would not fit behind it. */
static void make_room(fspec_stream *s, int64_t n)
{
    if (s->n_samples + n - s->origin <= s->stretch || s->base == s->origin)
        return;
    for (int64_t c = 0; c < s->n_channels; c++)
        memmove(channel(s, c, s->origin), channel(s, c, s->base), (size_t)(s->n_samples - s->base) * s->plan->kernels->real_size);
    s->origin = s->base;
}

static void remember(fspec_stream *s, const fspec_signal *chunk, int64_t begin, int64_t n)
{
    const fspec_frontend *plan = s->plan;
    make_room(s, n);
    fs_fpenv env = fs_fpenv_enter();
    for (int64_t c = 0; c < s->n_channels; c++) {
        const fs_source source = {chunk[c], 0, chunk[c].n_samples};
        fs_convert(&source, begin, n, channel(s, c, s->n_samples), plan->is_double, plan->input_scale);
    }
    fs_fpenv_leave(env);
    s->n_samples += n;
}

static fspec_status check_push(const fspec_stream *s, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype,
                               const fspec_call *call)
{
    if (!s || !chunk || s->finished || s->broken)
        return FSPEC_BAD_ARGUMENT;
    const int64_t n = chunk[0].n_samples;
    for (int64_t c = 0; c < s->n_channels; c++) {
        if (fs_sample_size(chunk[c].dtype) == 0 || chunk[c].dtype != chunk[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (chunk[c].n_samples != n || n < 0 || n > INT64_MAX / 4 - s->n_samples || (n > 0 && !chunk[c].data))
            return FSPEC_BAD_ARGUMENT;
    }
    if (fspec_stream_ready(s, n) > 0)
        for (int64_t c = 0; c < s->n_channels; c++)
            if (!out || !out[c].data)
                return FSPEC_BAD_ARGUMENT;
    fspec_status status = fs_check_out_dtype(s->plan, out_dtype);
    return status == FSPEC_OK ? fspec_check_finite(chunk, s->n_channels, call) : status;
}

/* A call with scratch for every piece of the push, so that nothing can fail half way: the stream's own for one thread. */
static fspec_status equip(const fspec_stream *s, fspec_call *call, void **own)
{
    size_t bytes;
    *own = NULL;
    if (call->n_threads <= 1) {
        call->scratch = s->scratch;
        call->scratch_size = s->scratch_size;
        return FSPEC_OK;
    }
    /* Zeros behind the signal may make a flush longer than any piece. */
    const int64_t waiting = fs_n_frames(&s->plan->framing, s->n_samples) - s->next_frame, most = most_frames(s);
    const int64_t n_frames = waiting > INT64_MAX / s->n_channels ? INT64_MAX : s->n_channels * (waiting > most ? waiting : most);
    if (!fs_frontend_scratch(s->plan, s->n_channels, n_frames, fs_worker_count(call, n_frames), &bytes))
        return FSPEC_TOO_LARGE;
    if (!(*own = fs_alloc(bytes)))
        return FSPEC_NO_MEMORY;
    call->scratch = *own;
    call->scratch_size = bytes;
    return FSPEC_OK;
}

fspec_status fspec_stream_push(fspec_stream *s, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype out_dtype,
                               const fspec_call *call, int64_t *n_frames)
{
    fspec_call full;
    void *own;
    int64_t last_poll = 0;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = n_frames ? check_push(s, chunk, out, out_dtype, &full) : FSPEC_BAD_ARGUMENT;
    if (status == FSPEC_OK)
        status = equip(s, &full, &own);
    if (status != FSPEC_OK)
        return status;
    const int64_t first = s->next_output, n = chunk[0].n_samples;
    for (int64_t done = 0; done < n && status == FSPEC_OK;) {
        const int64_t part = n - done < PIECE ? n - done : PIECE;
        remember(s, chunk, done, part);
        done += part;
        const int64_t settled = fs_n_settled(&s->plan->framing, s->n_samples);
        if (settled > s->next_frame)
            status = advance(s, settled, -1, out, first, out_dtype, &full);
        forget(s);
        if (status == FSPEC_OK && done < n && fs_cancelled(&full, &last_poll)) /* a piece alone may be too short to ask */
            status = FSPEC_CANCELLED;
    }
    fs_free(own);
    if (status == FSPEC_OK)
        *n_frames = s->next_output - first;
    else
        s->broken = 1;
    return status;
}

fspec_status fspec_stream_flush(fspec_stream *s, const fspec_matrix *out, fspec_dtype out_dtype, const fspec_call *call,
                                int64_t *n_frames)
{
    fspec_call full;
    void *own;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!s || !n_frames || s->finished || s->broken)
        return FSPEC_BAD_ARGUMENT;
    const int64_t all = fs_n_frames(&s->plan->framing, s->n_samples), first = s->next_output;
    const int64_t pending = fspec_stream_pending(s);
    if (fspec_frontend_n_frames(s->plan, s->n_samples) == 0)
        return FSPEC_TOO_SHORT;
    for (int64_t c = 0; pending > 0 && c < s->n_channels; c++)
        if (!out || !out[c].data)
            return FSPEC_BAD_ARGUMENT;
    status = fs_check_out_dtype(s->plan, out_dtype);
    if (status == FSPEC_OK)
        status = equip(s, &full, &own);
    if (status != FSPEC_OK)
        return status;
    if (all > s->next_frame)
        status = advance(s, all, all, out, first, out_dtype, &full);
    else if (pending > 0)
        pass_rows(s, all, out, 0, out_dtype);
    fs_free(own);
    s->finished = 1;
    if (status == FSPEC_OK)
        *n_frames = pending;
    else
        s->broken = 1;
    return status;
}
