/* Statistics of frames of samples: root mean square, sign changes. SPDX-License-Identifier: BSD-3-Clause
 *
 * A signal is cut into stretches of a hop. A frame is `whole` of them and the first `rest` samples of the next, so that what
 * frames share is summed once. */
#include "frame_statistics.h"

#include <math.h>

#include "arrays.h"
#include "pool.h"

enum {
    GROUP = 256, /* frames of one piece of work */
    PART = 2048  /* samples that are looked at together, counted from the begin of a stretch */
};

void fspec_frames_config_init(fspec_frames_config *config)
{
    *config = (fspec_frames_config){
        .size = sizeof *config, .frame_length = 2048, .hop_length = 512, .threshold = 1e-10, .zero_pos = 1};
}

fspec_status fs_frames_read(const fspec_frames_config *given, fspec_frames_config *c)
{
    const int64_t most = INT64_C(1) << 31;
    fspec_frames_config_init(c);
    const fspec_status status = given ? fs_struct_read(c, sizeof *c, given, sizeof *c) : FSPEC_OK;
    if (status != FSPEC_OK)
        return status;
    if (c->hop_length < 1 || c->hop_length > INT64_MAX / 4)
        return FSPEC_BAD_HOP_LENGTH;
    if (c->frame_length < 1 || c->frame_length > most || c->pad_left < 0 || c->pad_left > most || c->pad_right < 0
        || c->pad_right > most)
        return FSPEC_BAD_FRAMES;
    if ((unsigned)c->pad_mode > FSPEC_PAD_SYMMETRIC)
        return FSPEC_BAD_PAD_MODE;
    return isnan(c->threshold) ? FSPEC_BAD_ARGUMENT : FSPEC_OK;
}

static fs_framing framing_of(const fspec_frames_config *c)
{
    return (fs_framing){.n_fft = c->frame_length,
                        .hop = c->hop_length,
                        .pad = c->pad_left,
                        .pad_right = c->pad_right,
                        .length = c->frame_length,
                        .pad_mode = c->pad_mode,
                        .multiple = 1};
}

int64_t fspec_frames_count(const fspec_frames_config *given, int64_t n_samples)
{
    fspec_frames_config c;
    if (fs_frames_read(given, &c) != FSPEC_OK)
        return 0;
    const fs_framing framing = framing_of(&c);
    return fs_n_frames(&framing, n_samples);
}

typedef struct frames_job {
    const fspec_frames_config *config;
    fs_framing framing;
    const fs_kernels *kernels;
    const fs_item *items;
    int64_t *first_group; /* of each item, n_items + 1 */
    int64_t whole, rest, room;
    double *rooms; /* per worker: of GROUP + whole stretches; of GROUP rests */
    double scale;
    int is_double, out_double;
} frames_job;

/* The statistic of n samples from `begin` on; of crossings, the n - 1 between them, and with `beyond` the one behind them. */
static double statistic(const frames_job *job, const fs_source *source, int64_t begin, int64_t n, int beyond)
{
    const fspec_frames_config *c = job->config;
    double room[PART + 1], sum = 0;
    const int64_t more = c->crossings != 0;
    for (int64_t done = 0; done < n; done += PART) {
        int64_t part = n - done < PART ? n - done : PART;
        if (done && done % (PART * 512) == 0 && fs_interrupted())
            break;
        if (more && done + part == n && !beyond)
            part--;
        if (part < 1)
            break;
        const void *x = fs_direct(source, begin + done, part + more, job->is_double);
        if (!x) {
            fs_fetch(&job->framing, source, begin + done, part + more, room, job->is_double, job->scale);
            x = room;
        }
        sum += more ? (double)job->kernels->crossings(x, (size_t)part, c->threshold, c->zero_pos)
                    : job->kernels->sum_squares(x, (size_t)part);
    }
    return sum;
}

/* Frames [first, first + n) of an item. */
static void group(const frames_job *job, const fs_item *item, int64_t first, int64_t n, double *room)
{
    const fspec_frames_config *c = job->config;
    const fs_source *source = &item->source;
    const fspec_matrix *out = &item->out;
    const double length = (double)c->frame_length;
    double *rests = room + GROUP + job->whole;
    for (int64_t i = 0; i < n + job->whole; i++) {
        const int64_t begin = (first + i) * c->hop_length - c->pad_left;
        if (i % 64 == 0 && fs_interrupted())
            return;
        /* Where a rest is a whole stretch but for the crossing behind it, one count serves both. */
        const int shared = job->rest == c->hop_length;
        if (i >= job->whole && job->rest)
            rests[i - job->whole] = statistic(job, source, begin, job->rest, 0);
        if (i < n + job->whole - 1 && job->whole) {
            if (shared && i >= job->whole)
                room[i] = rests[i - job->whole] + statistic(job, source, begin + c->hop_length - 1, 1, 1);
            else
                room[i] = statistic(job, source, begin, c->hop_length, 1);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        double sum = c->crossings && c->first ? 1 : 0;
        for (int64_t j = 0; j < job->whole; j++)
            sum += room[i + j];
        if (job->rest)
            sum += rests[i];
        sum = c->crossings ? sum / length : sqrt(sum / length);
        fs_copy_values((char *)out->data + (first - item->first + i) * out->frame_stride, 8, job->out_double, &sum, 8, 1, 1);
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const frames_job *job = context;
    int64_t i = 0;
    for (int64_t piece = begin; piece < end; piece++) {
        while (piece >= job->first_group[i + 1])
            i++;
        const fs_item *item = &job->items[i];
        const int64_t done = (piece - job->first_group[i]) * GROUP, left = item->n_frames - done;
        group(job, item, item->first + done, left < GROUP ? left : GROUP, job->rooms + worker * job->room);
    }
    return FSPEC_OK;
}

static int64_t whole_stretches(const fspec_frames_config *c)
{
    return c->crossings ? (c->frame_length - 1) / c->hop_length : c->frame_length / c->hop_length;
}

static int lay_out(const fspec_frames_config *c, int64_t n_items, int n_workers, frames_job *job, fs_arena *arena)
{
    job->whole = whole_stretches(c);
    job->room = 2 * GROUP + job->whole;
    job->first_group = fs_take(arena, n_items + 1, sizeof *job->first_group);
    job->rooms = fs_take(arena, n_workers * job->room, sizeof *job->rooms);
    return !arena->overflow;
}

int fs_frames_scratch(const fspec_frames_config *c, int64_t n_items, int n_threads, size_t *bytes)
{
    fs_arena arena = {0};
    frames_job job;
    const int fits = lay_out(c, n_items, n_threads, &job, &arena);
    *bytes = arena.used;
    return fits;
}

fspec_status fs_frames_run(const fspec_frames_config *c, const fs_item *items, int64_t n_items, int is_double, double scale,
                           fspec_dtype out_dtype, const fspec_call *call)
{
    frames_job job = {.config = c,
                      .framing = framing_of(c),
                      .kernels = fs_kernels_for(is_double),
                      .items = items,
                      .scale = scale,
                      .is_double = is_double,
                      .out_double = out_dtype == FSPEC_FLOAT64};
    const int n_threads = fs_worker_count(call, INT64_MAX);
    fs_scratch scratch;
    size_t bytes;
    if (!fs_frames_scratch(c, n_items, n_threads, &bytes))
        return FSPEC_TOO_LARGE;
    fspec_status status = fs_call_scratch(call, bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    fs_arena arena = {.base = scratch.base};
    lay_out(c, n_items, n_threads, &job, &arena);
    job.rest = c->frame_length - job.whole * c->hop_length;
    job.first_group[0] = 0;
    for (int64_t i = 0; i < n_items && status == FSPEC_OK; i++) {
        const int64_t n = items[i].n_frames;
        if (__builtin_add_overflow(job.first_group[i], n / GROUP + (n % GROUP != 0), &job.first_group[i + 1]))
            status = FSPEC_TOO_LARGE;
    }
    const int64_t pieces = job.first_group[n_items];
    if (status == FSPEC_OK)
        status = fs_parallel(call, fs_worker_count(call, pieces), pieces, 1, work, &job);
    fs_call_release(&scratch);
    return status;
}

static fspec_status check(const fs_framing *framing, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals,
                          fspec_dtype out_dtype)
{
    if (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n_signals < 0 || (n_signals > 0 && (!signals || !out)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n_signals; i++) {
        const fspec_signal *s = &signals[i];
        int64_t extent;
        if (fs_sample_size(s->dtype) == 0 || s->dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (s->n_samples < 0 || s->n_samples > INT64_MAX / 4 || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        const int64_t n_frames = fs_n_frames(framing, s->n_samples);
        if (n_frames == 0)
            return FSPEC_TOO_SHORT;
        if (!s->data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(s->n_samples, s->stride, &extent) || !fs_fits(&out[i], 1, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

fspec_status fspec_frames_exec(const fspec_frames_config *config, const fspec_signal *signals, const fspec_matrix *out,
                               int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_frames_config c;
    fspec_call full;
    size_t bytes;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = fs_frames_read(config, &c);
    if (status != FSPEC_OK)
        return status;
    const fs_framing framing = framing_of(&c);
    full.scratch = NULL;
    status = check(&framing, signals, out, n_signals, out_dtype);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    if (!fs_size(n_signals, sizeof(fs_item), 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_item *items = fs_alloc(bytes);
    if (!items)
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < n_signals; i++)
        items[i] = (fs_item){.source = {signals[i], 0, signals[i].n_samples},
                             .n_frames = fs_n_frames(&framing, signals[i].n_samples),
                             .out = out[i]};
    status = fs_frames_run(&c, items, n_signals, signals[0].dtype == FSPEC_FLOAT64, 1, out_dtype, &full);
    fs_free(items);
    return status;
}
