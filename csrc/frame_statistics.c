/* Statistics of frames of samples: root mean square, sign changes. SPDX-License-Identifier: BSD-3-Clause
 *
 * A signal is cut into stretches of a hop. A frame is `whole` of them and the first `rest` samples of the next, so that what
 * frames share is summed once. */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "framing.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

enum {
    GROUP = 256, /* frames of one piece of work */
    PART = 2048  /* samples that are looked at together, counted from the begin of a stretch */
};

void fspec_frames_config_init(fspec_frames_config *config)
{
    *config = (fspec_frames_config){
        .size = sizeof *config, .frame_length = 2048, .hop_length = 512, .threshold = 1e-10, .zero_pos = 1};
}

static fspec_status read(const fspec_frames_config *given, fspec_frames_config *c)
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
    if (read(given, &c) != FSPEC_OK)
        return 0;
    const fs_framing framing = framing_of(&c);
    return fs_n_frames(&framing, n_samples);
}

typedef struct frames_job {
    fspec_frames_config config;
    fs_framing framing;
    const fs_kernels *kernels;
    const fspec_signal *signals;
    const fspec_matrix *out;
    int64_t *first_group; /* of each signal, n_signals + 1 */
    int64_t n_signals, whole, rest, room;
    double *rooms; /* per worker: of GROUP + whole stretches; of GROUP rests */
    int is_double, out_double;
} frames_job;

/* The statistic of n samples from `begin` on; of crossings, the n - 1 between them, and with `beyond` the one behind them. */
static double statistic(const frames_job *job, const fs_source *source, int64_t begin, int64_t n, int beyond)
{
    const fspec_frames_config *c = &job->config;
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
            fs_fetch(&job->framing, source, begin + done, part + more, room, job->is_double, 1);
            x = room;
        }
        sum += more ? (double)job->kernels->crossings(x, (size_t)part, c->threshold, c->zero_pos)
                    : job->kernels->sum_squares(x, (size_t)part);
    }
    return sum;
}

static void group(const frames_job *job, const fs_source *source, int64_t first, int64_t n, double *room,
                  const fspec_matrix *out)
{
    const fspec_frames_config *c = &job->config;
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
        fs_copy_values((char *)out->data + (first + i) * out->frame_stride, 8, job->out_double, &sum, 8, 1, 1);
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const frames_job *job = context;
    int64_t signal = 0;
    for (int64_t piece = begin; piece < end; piece++) {
        while (piece >= job->first_group[signal + 1])
            signal++;
        const fs_source source = {job->signals[signal], 0, job->signals[signal].n_samples};
        const int64_t n_frames = fs_n_frames(&job->framing, source.total), first = (piece - job->first_group[signal]) * GROUP;
        group(job, &source, first, n_frames - first < GROUP ? n_frames - first : GROUP, job->rooms + worker * job->room,
              &job->out[signal]);
    }
    return FSPEC_OK;
}

static fspec_status check(const frames_job *job, fspec_dtype out_dtype)
{
    if (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (job->n_signals < 0 || (job->n_signals > 0 && (!job->signals || !job->out)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < job->n_signals; i++) {
        const fspec_signal *s = &job->signals[i];
        int64_t extent;
        if (fs_sample_size(s->dtype) == 0 || s->dtype != job->signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (s->n_samples < 0 || s->n_samples > INT64_MAX / 4 || !job->out[i].data)
            return FSPEC_BAD_ARGUMENT;
        const int64_t n_frames = fs_n_frames(&job->framing, s->n_samples);
        if (n_frames == 0)
            return FSPEC_TOO_SHORT;
        if (!s->data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(s->n_samples, s->stride, &extent) || !fs_fits(&job->out[i], 1, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

fspec_status fspec_frames_exec(const fspec_frames_config *config, const fspec_signal *signals, const fspec_matrix *out,
                               int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
{
    frames_job job = {.signals = signals, .out = out, .n_signals = n_signals, .out_double = out_dtype == FSPEC_FLOAT64};
    fspec_call full;
    fs_arena arena = {0};
    void *memory = NULL;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = read(config, &job.config);
    if (status != FSPEC_OK)
        return status;
    job.framing = framing_of(&job.config);
    status = check(&job, out_dtype);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    const int64_t hop = job.config.hop_length, length = job.config.frame_length;
    job.whole = job.config.crossings ? (length - 1) / hop : length / hop;
    job.rest = length - job.whole * hop;
    job.is_double = signals[0].dtype == FSPEC_FLOAT64;
    job.kernels = fs_kernels_for(job.is_double);
    job.room = 2 * GROUP + job.whole;
    const int n_workers = fs_worker_count(&full, INT64_MAX);
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        job.first_group = fs_take(&arena, n_signals + 1, sizeof *job.first_group);
        job.rooms = fs_take(&arena, n_workers * job.room, sizeof *job.rooms);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass && !(memory = arena.base = fs_alloc(arena.used)))
            return FSPEC_NO_MEMORY;
    }
    job.first_group[0] = 0;
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++) {
        const int64_t n_frames = fs_n_frames(&job.framing, signals[i].n_samples);
        if (__builtin_add_overflow(job.first_group[i], (n_frames - 1) / GROUP + 1, &job.first_group[i + 1]))
            status = FSPEC_TOO_LARGE;
    }
    const int64_t pieces = job.first_group[n_signals];
    if (status == FSPEC_OK)
        status = fs_parallel(&full, fs_worker_count(&full, pieces), pieces, 1, work, &job);
    fs_free(memory);
    return status;
}
