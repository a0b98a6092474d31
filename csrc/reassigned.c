/* Reassigned spectrograms: up to three transforms of the same frames, a few frames at a time, so that all of them are in the
 * cache when they meet. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "frontend.h"
#include "pool.h"

enum {
    MOST_SAMPLES = 1 << 22,
    ROOM_BYTES = 1 << 19, /* of spectra that a worker should have at a time */
    MOST_FRAMES = 64
};

/* By the window; by its derivative; by the window times the distance from its middle. */
enum { PLAIN, SLOPE, MOMENT, N_PLANS };

/* Between these, a square has the accuracy of its type, and its reciprocal too. */
static const double SMALL = 1e-280, LARGE = 1e280;

struct fspec_reassigned {
    fspec_reassigned_config config;
    fspec_frontend *plans[N_PLANS];
    int64_t n_bins, group; /* group: frames of a piece of work */
};

void fspec_reassigned_config_init(fspec_reassigned_config *config)
{
    *config = (fspec_reassigned_config){.size = sizeof *config, .sr = 22050, .n_fft = 2048, .hop_length = 512, .center = 1};
}

/* ---- plans -------------------------------------------------------------------------------------------------------- */

static fspec_status make_plans(fspec_reassigned *r, const double *window, double *changed)
{
    const fspec_reassigned_config *c = &r->config;
    const int64_t n = c->n_fft;
    fspec_frontend_config f;
    fspec_frontend_config_init(&f);
    f.precision = FSPEC_DOUBLE;
    f.n_fft = n;
    f.hop_length = c->hop_length;
    f.center = c->center;
    f.pad_mode = c->pad_mode;
    f.librosa_tail = c->librosa_tail;
    f.window = window;
    fspec_status status = fspec_frontend_create(&f, &r->plans[PLAIN]);
    f.window = changed;
    for (int64_t i = 0; i < n; i++)
        changed[i] = (window[(i + 1) % n] - window[(i + n - 1) % n]) / 2;
    if (status == FSPEC_OK)
        status = fspec_frontend_create(&f, &r->plans[SLOPE]);
    for (int64_t i = 0; i < n; i++)
        changed[i] = window[i] * ((double)(i - n / 2) + (n % 2 ? 0 : 0.5));
    if (status == FSPEC_OK)
        status = fspec_frontend_create(&f, &r->plans[MOMENT]);
    return status;
}

static fspec_status build(fspec_reassigned *r)
{
    const fspec_reassigned_config *c = &r->config;
    const int64_t n = c->n_fft, bytes = (n / 2 + 1) * (int64_t)(N_PLANS * 2 * sizeof(double));
    double *room = fs_alloc((size_t)(2 * n) * sizeof *room);
    if (!room)
        return FSPEC_NO_MEMORY;
    const double *window = c->window;
    if (!window) {
        fspec_hann(n, 1, room + n);
        window = room + n;
    }
    r->n_bins = n / 2 + 1;
    r->group = ROOM_BYTES / bytes < 1 ? 1 : ROOM_BYTES / bytes > MOST_FRAMES ? MOST_FRAMES : ROOM_BYTES / bytes;
    const fspec_status status = make_plans(r, window, room);
    fs_free(room);
    r->config.window = NULL;
    if (status == FSPEC_OK && r->group > 1) {
        /* Whole blocks of frames. */
        const int64_t w = (int64_t)r->plans[PLAIN]->kernels->lanes;
        r->group = r->group < w ? w : r->group / w * w;
    }
    return status;
}

fspec_status fspec_reassigned_create(const fspec_reassigned_config *config, fspec_reassigned **result)
{
    fspec_reassigned_config c;
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    fspec_reassigned_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status != FSPEC_OK)
        return status;
    if (c.n_fft < 1 || c.n_fft > MOST_SAMPLES)
        return FSPEC_BAD_N_FFT;
    if (!(c.sr > 0) || !isfinite(c.sr) || !(c.least >= 0))
        return FSPEC_BAD_ARGUMENT;
    fspec_reassigned *r = fs_alloc_zeroed(sizeof *r);
    if (!r)
        return FSPEC_NO_MEMORY;
    r->config = c;
    status = build(r);
    if (status == FSPEC_OK)
        *result = r;
    else
        fspec_reassigned_free(r);
    return status;
}

void fspec_reassigned_free(fspec_reassigned *r)
{
    if (!r)
        return;
    for (int i = 0; i < N_PLANS; i++)
        fspec_frontend_free(r->plans[i]);
    fs_free(r);
}

int64_t fspec_reassigned_n_frames(const fspec_reassigned *r, int64_t n_samples)
{
    return fspec_frontend_n_frames(r->plans[PLAIN], n_samples);
}

/* Elements of a worker's room. */
static int64_t room_length(const fspec_reassigned *r)
{
    return (2 * N_PLANS * r->group + 3) * r->n_bins;
}

/* ---- a frame ------------------------------------------------------------------------------------------------------ */

typedef struct reassigned_job {
    const fspec_reassigned *plan;
    const fspec_signal *signals;
    const fspec_matrix *spectra, *frequencies, *times, *magnitudes;
    const fspec_call *call;
    int64_t *first_group; /* of each signal, n_signals + 1 */
    double *rooms;        /* per worker: group spectra of each of N_PLANS, and three rows */
    int64_t n_signals;
    int is_double;
} reassigned_job;

/* The quotient of complex numbers, where the square of the divisor may be out of range: Smith 1962. */
static void divide_safely(const double *a, const double *b, double *re, double *im)
{
    if (b[0] == 0 && b[1] == 0) {
        *re = a[0] / 0.0;
        *im = a[1] / 0.0;
    } else if (fabs(b[0]) >= fabs(b[1])) {
        const double ratio = b[1] / b[0], scale = 1 / (b[0] + b[1] * ratio);
        *re = (a[0] + a[1] * ratio) * scale;
        *im = (a[1] - a[0] * ratio) * scale;
    } else {
        const double ratio = b[0] / b[1], scale = 1 / (b[1] + b[0] * ratio);
        *re = (a[0] * ratio + a[1]) * scale;
        *im = (a[1] * ratio - a[0]) * scale;
    }
}

/* Rows of a frame's n bins: the magnitudes, and the imaginary part of slope / plain, the real part of moment / plain. */
static void divide_rows(const double *restrict plain, const double *restrict slope, const double *restrict moment,
                                        int64_t n, double *restrict magnitude, double *restrict faster, double *restrict later)
{
    int64_t odd = 0;
    for (int64_t i = 0; i < n; i++) {
        const double re = plain[2 * i], im = plain[2 * i + 1], square = re * re + im * im, scale = 1 / square;
        magnitude[i] = square;
        faster[i] = (slope[2 * i + 1] * re - slope[2 * i] * im) * scale;
        later[i] = (moment[2 * i] * re + moment[2 * i + 1] * im) * scale;
    }
    for (int64_t i = 0; i < n; i++)
        odd += !((magnitude[i] > SMALL) & (magnitude[i] < LARGE));
    for (int64_t i = 0; i < n; i++)
        magnitude[i] = sqrt(magnitude[i]);
    for (int64_t i = 0; odd && i < n; i++) {
        const double *h = plain + 2 * i;
        double rest;
        if (magnitude[i] > sqrt(SMALL) && magnitude[i] < sqrt(LARGE))
            continue;
        magnitude[i] = hypot(h[0], h[1]);
        divide_safely(slope + 2 * i, h, &rest, &faster[i]);
        divide_safely(moment + 2 * i, h, &later[i], &rest);
    }
}

/* x[i] = first + i * step + factor * x[i]; or what stands for it where the magnitude is too low; clipped to [0, most]. */
static void settle_row(const fspec_reassigned_config *c, double *restrict x, const double *restrict magnitude,
                                       double least, int64_t n, double first, double step, double factor, double most)
{
    for (int i = 0; i < (int)n; i++) {
        const double usual = first + (double)i * step, moved = usual + factor * x[i];
        x[i] = magnitude[i] < least ? (double)NAN : moved;
    }
    for (int i = 0; c->fill && i < (int)n; i++)
        x[i] = x[i] != x[i] ? first + (double)i * step : x[i];
    for (int i = 0; c->clip && i < (int)n; i++)
        x[i] = x[i] < 0 ? 0 : x[i] > most ? most : x[i];
}

/* One frame of n_bins complex values of each transform, to the columns of the results; room: three rows. */
static void reassign(const reassigned_job *job, int64_t signal, int64_t frame, const double *plain, const double *slope,
                     const double *moment, double *room)
{
    const fspec_reassigned_config *c = &job->plan->config;
    const int64_t n = job->plan->n_bins;
    double *magnitude = room, *faster = room + n, *later = faster + n, least = c->least;
    divide_rows(plain, slope ? slope : plain, moment ? moment : plain, n, magnitude, faster, later);
    if (!job->is_double) {
        least = (double)(float)least;
        for (int64_t i = 0; i < n; i++)
            magnitude[i] = (double)(float)magnitude[i];
    }
    const fspec_matrix *m = &job->magnitudes[signal];
    fs_copy_values((char *)m->data + frame * m->frame_stride, m->bin_stride, job->is_double, magnitude, 8, 1, n);
    if (slope) {
        const fspec_matrix *to = &job->frequencies[signal];
        const double width = 1 / ((double)c->n_fft * (1 / c->sr)), hertz = 0.5 * c->sr / 3.14159265358979323846;
        settle_row(c, faster, magnitude, least, n, 0, width, -hertz, c->sr / 2);
        fs_copy_values((char *)to->data + frame * to->frame_stride, to->bin_stride, 1, faster, 8, 1, n);
    }
    if (moment) {
        const fspec_matrix *to = &job->times[signal];
        const double now = (double)(frame * c->hop_length + (c->center ? 0 : c->n_fft / 2)) / c->sr;
        settle_row(c, later, magnitude, least, n, now, 0, 1 / c->sr, (double)job->signals[signal].n_samples / c->sr);
        fs_copy_values((char *)to->data + frame * to->frame_stride, to->bin_stride, 1, later, 8, 1, n);
    }
}

/* Spectra that are given, as complex values of double. */
static void load(const reassigned_job *job, int64_t signal, int64_t frame, double *to)
{
    const fspec_matrix *s = &job->spectra[signal];
    const char *from = (const char *)s->data + frame * s->frame_stride;
    const int64_t part = job->is_double ? 8 : 4;
    fs_copy_values(to, 16, 1, from, s->bin_stride, job->is_double, job->plan->n_bins);
    fs_copy_values(to + 1, 16, 1, from + part, s->bin_stride, job->is_double, job->plan->n_bins);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const reassigned_job *job = context;
    const fspec_reassigned *r = job->plan;
    const int wanted[N_PLANS] = {!job->spectra, job->frequencies != NULL, job->times != NULL};
    double *rooms[N_PLANS];
    int64_t signal = 0;
    fspec_call call;
    fspec_call_init(&call);
    if (worker == 0) { /* which is the calling thread */
        call.cancel = job->call->cancel;
        call.cancel_user = job->call->cancel_user;
    }
    for (int i = 0; i < N_PLANS; i++)
        rooms[i] = job->rooms + worker * room_length(r) + i * r->group * 2 * r->n_bins;
    for (int64_t piece = begin; piece < end; piece++) {
        while (piece >= job->first_group[signal + 1])
            signal++;
        const fspec_signal *y = &job->signals[signal];
        const int64_t first = (piece - job->first_group[signal]) * r->group;
        const int64_t left = fspec_reassigned_n_frames(r, y->n_samples) - first, n = left < r->group ? left : r->group;
        for (int i = 0; i < N_PLANS; i++) {
            const fs_item item = {.source = {*y, 0, y->n_samples},
                                  .first = first,
                                  .n_frames = n,
                                  .out = {rooms[i], 16, 16 * r->n_bins},
                                  .channel = signal};
            const fspec_status status =
                wanted[i] ? fs_frontend_run(r->plans[i], &item, 1, FSPEC_COMPLEX128, NULL, &call) : FSPEC_OK;
            if (status != FSPEC_OK)
                return status;
        }
        for (int64_t j = 0, at = 0; j < n; j++, at += 2 * r->n_bins) {
            if (job->spectra)
                load(job, signal, first + j, rooms[PLAIN] + at);
            reassign(job, signal, first + j, rooms[PLAIN] + at, wanted[SLOPE] ? rooms[SLOPE] + at : NULL,
                     wanted[MOMENT] ? rooms[MOMENT] + at : NULL, rooms[MOMENT] + r->group * 2 * r->n_bins);
        }
    }
    return FSPEC_OK;
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static fspec_status check_call(const reassigned_job *job, fspec_dtype dtype)
{
    if (!job->plan || job->n_signals < 0 || (job->n_signals > 0 && (!job->signals || !job->magnitudes)))
        return FSPEC_BAD_ARGUMENT;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    for (int64_t i = 0; i < job->n_signals; i++) {
        const fspec_signal *y = &job->signals[i];
        const fspec_matrix *all[] = {job->magnitudes, job->spectra, job->frequencies, job->times};
        int64_t extent;
        if (fs_sample_size(y->dtype) == 0 || y->dtype != job->signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (y->n_samples < 0 || y->n_samples > INT64_MAX / 4)
            return FSPEC_BAD_ARGUMENT;
        const int64_t n_frames = fspec_reassigned_n_frames(job->plan, y->n_samples);
        if (n_frames == 0)
            return FSPEC_TOO_SHORT;
        if (!y->data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(y->n_samples, y->stride, &extent))
            return FSPEC_TOO_LARGE;
        for (int j = 0; j < 4; j++) {
            if (all[j] && !all[j][i].data)
                return FSPEC_BAD_ARGUMENT;
            if (all[j] && !fs_fits(&all[j][i], job->plan->n_bins, n_frames))
                return FSPEC_TOO_LARGE;
        }
    }
    return FSPEC_OK;
}

fspec_status fspec_reassigned_exec(const fspec_reassigned *plan, const fspec_signal *signals, const fspec_matrix *spectra,
                                   const fspec_matrix *frequencies, const fspec_matrix *times, const fspec_matrix *magnitudes,
                                   int64_t n_signals, fspec_dtype dtype, const fspec_call *given)
{
    fspec_call call;
    reassigned_job job = {.plan = plan,
                          .signals = signals,
                          .spectra = spectra,
                          .frequencies = frequencies,
                          .times = times,
                          .magnitudes = magnitudes,
                          .call = &call,
                          .n_signals = n_signals,
                          .is_double = dtype == FSPEC_FLOAT64};
    fs_scratch scratch = {0};
    fs_arena arena = {0};
    int64_t pieces = 0;
    fspec_status status = fs_call_read(given, &call);
    if (status == FSPEC_OK)
        status = check_call(&job, dtype);
    if (status == FSPEC_OK)
        status = fspec_check_finite(signals, n_signals, &call);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    for (int64_t i = 0; i < n_signals; i++)
        if (__builtin_add_overflow(pieces, (fspec_reassigned_n_frames(plan, signals[i].n_samples) - 1) / plan->group + 1, &pieces))
            return FSPEC_TOO_LARGE;
    const int n_workers = fs_worker_count(&call, pieces);
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        job.first_group = fs_take(&arena, n_signals + 1, sizeof *job.first_group);
        job.rooms = fs_take(&arena, n_workers * room_length(plan), sizeof *job.rooms);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass && (status = fs_take_scratch(arena.used, &scratch)) != FSPEC_OK)
            return status;
        arena.base = scratch.base;
    }
    job.first_group[0] = 0;
    for (int64_t i = 0; i < n_signals; i++)
        job.first_group[i + 1] =
            job.first_group[i] + (fspec_reassigned_n_frames(plan, signals[i].n_samples) - 1) / plan->group + 1;
    status = fs_parallel(&call, n_workers, pieces, 1, work, &job);
    fs_call_release(&scratch);
    return status;
}
