/* Fundamental frequency by YIN (de Cheveigne and Kawahara 2002). SPDX-License-Identifier: BSD-3-Clause
 *
 * The autocorrelation of a frame is the inverse transform of its powers; a block of frames is transformed, a lane each, and
 * turned back while it is in the cache. All is computed in double. */
#include "yin.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "blocks.h"

enum { MOST_SAMPLES = 1 << 16, MOST_THRESHOLDS = 1 << 16 };

void fspec_yin_config_init(fspec_yin_config *config)
{
    *config = (fspec_yin_config){.size = sizeof *config,
                                 .sr = 22050,
                                 .frame_length = 2048,
                                 .hop_length = 512,
                                 .trough_threshold = 0.1,
                                 .n_thresholds = 100,
                                 .beta_a = 2,
                                 .beta_b = 18,
                                 .boltzmann = 2,
                                 .no_trough_prob = 0.01,
                                 .resolution = 0.1,
                                 .max_transition_rate = 35.92,
                                 .switch_prob = 0.01};
}

/* ---- plans -------------------------------------------------------------------------------------------------------- */

static int is_positive(double x)
{
    return x > 0 && x < INFINITY;
}

static int is_share(double x)
{
    return x >= 0 && x <= 1;
}

static fspec_status check_config(const fspec_yin_config *c)
{
    const int64_t most = INT64_C(1) << 31;
    if (c->hop_length < 1 || c->hop_length > INT64_MAX / 4)
        return FSPEC_BAD_HOP_LENGTH;
    if (c->frame_length < 4 || c->frame_length > MOST_SAMPLES || c->pad_left < 0 || c->pad_left > most || c->pad_right < 0
        || c->pad_right > most)
        return FSPEC_BAD_FRAMES;
    if ((unsigned)c->pad_mode > FSPEC_PAD_SYMMETRIC)
        return FSPEC_BAD_PAD_MODE;
    if (!is_positive(c->sr) || !is_positive(c->fmin) || !(c->fmin < c->fmax) || !(c->fmax <= c->sr / 2) || isnan(c->trough_threshold))
        return FSPEC_BAD_ARGUMENT;
    if (!(c->sr / c->fmin < (double)(c->frame_length - 1)))
        return FSPEC_BAD_FRAMES;
    if (!c->probabilistic)
        return FSPEC_OK;
    if (c->n_thresholds < 1 || c->n_thresholds > MOST_THRESHOLDS || !is_positive(c->beta_a) || !is_positive(c->beta_b)
        || c->beta_a > 1e6 || c->beta_b > 1e6 || !is_positive(c->boltzmann) || !is_share(c->no_trough_prob)
        || !is_positive(c->resolution) || !(c->max_transition_rate >= 0) || !is_share(c->switch_prob))
        return FSPEC_BAD_ARGUMENT;
    return FSPEC_OK;
}

static fspec_status make_spectra(fspec_yin *plan, int64_t n_fft)
{
    const fspec_yin_config *c = &plan->config;
    fspec_frontend_config f;
    double *window = fs_alloc_zeroed((size_t)n_fft * sizeof *window);
    if (!window)
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < c->frame_length; i++)
        window[i] = 1;
    fspec_frontend_config_init(&f);
    f.output = FSPEC_OUT_SPECTRUM;
    f.precision = FSPEC_DOUBLE;
    f.engine = FSPEC_ENGINE_LANES;
    f.n_fft = n_fft;
    f.hop_length = c->hop_length;
    f.window = window;
    f.frame_length = c->frame_length;
    f.explicit_pad = 1;
    f.pad_left = c->pad_left;
    f.pad_right = c->pad_right;
    f.pad_mode = c->pad_mode;
    const fspec_status status = fspec_frontend_create(&f, &plan->spectra);
    fs_free(window);
    return status;
}

static fspec_status build(fspec_yin *plan)
{
    const fspec_yin_config *c = &plan->config;
    const double longest = ceil(c->sr / c->fmin);
    plan->first = (int64_t)floor(c->sr / c->fmax);
    plan->last = longest < (double)(c->frame_length - 1) ? (int64_t)longest : c->frame_length - 1;
    if (plan->last <= plan->first)
        return FSPEC_BAD_ARGUMENT;
    int64_t n_fft = c->frame_length + plan->last;
    while (!fs_lanes_has(n_fft))
        n_fft++;
    fspec_status status = make_spectra(plan, n_fft);
    if (status == FSPEC_OK)
        status = fs_lanes_create(n_fft, c->hop_length, 1, NULL, &plan->lanes);
    if (status == FSPEC_OK && c->probabilistic)
        status = fs_pyin_create(plan, &plan->pyin);
    return status;
}

fspec_status fspec_yin_create(const fspec_yin_config *config, fspec_yin **result)
{
    fspec_yin_config c;
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    fspec_yin_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status == FSPEC_OK)
        status = check_config(&c);
    if (status != FSPEC_OK)
        return status;
    fspec_yin *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    plan->config = c;
    status = build(plan);
    if (status == FSPEC_OK)
        *result = plan;
    else
        fspec_yin_free(plan);
    return status;
}

void fspec_yin_free(fspec_yin *plan)
{
    if (!plan)
        return;
    fs_pyin_free(plan->pyin);
    fs_lanes_free(plan->lanes);
    fspec_frontend_free(plan->spectra);
    fs_free(plan);
}

int64_t fspec_yin_n_frames(const fspec_yin *plan, int64_t n_samples)
{
    return fspec_frontend_n_frames(plan->spectra, n_samples);
}

/* ---- a block of frames -------------------------------------------------------------------------------------------- */

double fs_refined_lag(const fs_lags *l, int64_t i)
{
    double shift = 0;
    if (i > 0 && i < l->n - 1) {
        const double before = fs_lag(l, i - 1), after = fs_lag(l, i + 1);
        const double a = after + before - 2 * fs_lag(l, i), b = (after - before) / 2;
        if (!(fabs(b) >= fabs(a)))
            shift = -b / a;
    }
    return (double)(l->first + i) + shift;
}

typedef struct yin_desk {
    fs_lanes_desk fft;
    double *bins, *samples; /* [bin][re, im][lane], [sample][lane] */
    double *squares, *lags; /* [lag][lane] */
    double *head;           /* the first samples of a frame */
    fs_pyin_desk pyin;
} yin_desk;

typedef struct yin_job {
    const fspec_yin *plan;
    const fs_item *items;
    const fspec_matrix *f0, *voiced_prob, *voiced;
    yin_desk *desks; /* per worker */
    int out_double;
    /* pyin: per worker; per frame of all signals; the first frame of each signal */
    fs_pyin_pool *pools;
    fs_pyin_frame *frames;
    int64_t *first_frame;
} yin_job;

static void lay_out(const fspec_yin *plan, fs_arena *arena, yin_desk *d)
{
    const int64_t w = (int64_t)plan->spectra->kernels->lanes, n = plan->lanes->n;
    fs_lanes_take(plan->lanes, arena, 0, &d->fft);
    d->bins = fs_take(arena, (n / 2 + 1) * 2 * w, sizeof(double));
    d->samples = fs_take(arena, n * w, sizeof(double));
    d->squares = fs_take(arena, plan->last * w, sizeof(double));
    d->lags = fs_take(arena, (plan->last - plan->first + 1) * w, sizeof(double));
    d->head = fs_take(arena, plan->last, sizeof(double));
    if (plan->pyin)
        fs_pyin_lay_out(plan, arena, &d->pyin);
}

/* The squares of each frame's first samples. */
static void square_heads(const yin_job *job, const yin_desk *d, const fs_seats *s)
{
    const fspec_yin *plan = job->plan;
    const fs_framing *framing = &plan->spectra->framing;
    const size_t w = s->k->lanes;
    for (size_t lane = 0; lane < w; lane++) {
        const int64_t begin = s->frame[lane < s->n ? lane : 0] * framing->hop - framing->pad;
        if (lane < s->n)
            fs_fetch(framing, &job->items[s->item[lane]].source, begin, plan->last, d->head, 1, 1);
        for (int64_t i = 0; i < plan->last; i++)
            d->squares[(size_t)i * w + lane] = d->head[i] * d->head[i];
    }
}

/* From the powers [bin][lane] of a block's frames to their normalised differences. */
static void differences(const fspec_yin *plan, const yin_desk *d, const fs_kernels *k, const double *powers)
{
    const size_t w = k->lanes, n = (size_t)plan->lanes->n;
    const double scale = 2 / (double)n;
    double energy[FS_MAX_LANES] = {0}, sum[FS_MAX_LANES] = {0};
    for (size_t bin = 0; bin <= n / 2; bin++) {
        memcpy(d->bins + 2 * bin * w, powers + bin * w, w * sizeof(double));
        memset(d->bins + (2 * bin + 1) * w, 0, w * sizeof(double));
    }
    k->fft_inverse(&plan->lanes->tables, d->bins, d->fft.z, d->fft.spare, d->samples);
    const double *all = d->samples + w; /* sample 0 */
    for (int64_t lag = 1; lag <= plan->last; lag++) {
        const double *here = d->samples + (size_t)(lag ^ 1) * w, *square = d->squares + (size_t)(lag - 1) * w;
        double *out = d->lags + (size_t)(lag < plan->first ? 0 : lag - plan->first) * w;
        for (size_t lane = 0; lane < w; lane++) {
            energy[lane] += square[lane];
            /* librosa, whose definition this is, leaves out the energy at lag 1. */
            const double difference = scale * (all[lane] - here[lane]) - (lag == 1 ? 0 : energy[lane]);
            sum[lane] += difference;
            out[lane] = difference / (sum[lane] / (double)lag + DBL_MIN);
        }
    }
}

/* The first trough below the threshold, or the lowest lag. */
static double pitch_of(const fspec_yin *plan, const fs_lags *lags)
{
    int64_t lowest = 0;
    for (int64_t i = 0; i < lags->n; i++) {
        if (fs_lag(lags, i) < plan->config.trough_threshold && fs_is_trough(lags, i)) {
            lowest = i;
            break;
        }
        if (fs_lag(lags, i) < fs_lag(lags, lowest))
            lowest = i;
    }
    return plan->config.sr / fs_refined_lag(lags, lowest);
}

static void put(const fspec_matrix *to, int64_t frame, int is_double, double x)
{
    fs_copy_values((char *)to->data + frame * to->frame_stride, 8, is_double, &x, 8, 1, 1);
}

static fspec_status take_block(void *context, int worker, const struct fs_seats *s, const void *powers)
{
    const yin_job *job = context;
    const fspec_yin *plan = job->plan;
    const yin_desk *d = &job->desks[worker];
    square_heads(job, d, s);
    differences(plan, d, s->k, powers);
    for (size_t lane = 0; lane < s->n; lane++) {
        const fs_lags lags = {d->lags + lane, s->k->lanes, plan->first, plan->last - plan->first + 1};
        const int64_t item = s->item[lane], frame = s->frame[lane];
        if (!job->frames) {
            put(&job->f0[item], frame, job->out_double, pitch_of(plan, &lags));
            continue;
        }
        fs_pyin_frame *noted = &job->frames[job->first_frame[item] + frame];
        double voiced;
        noted->worker = worker;
        const fspec_status status = fs_pyin_take(plan, &lags, &d->pyin, &job->pools[worker], noted, &voiced);
        if (status != FSPEC_OK)
            return status;
        put(&job->voiced_prob[item], frame, job->out_double, voiced);
    }
    return FSPEC_OK;
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static fspec_status check_matrix(const fspec_matrix *m, int64_t n_frames)
{
    return !m->data ? FSPEC_BAD_ARGUMENT : fs_fits(m, 1, n_frames) ? FSPEC_OK : FSPEC_TOO_LARGE;
}

static fspec_status check_call(const yin_job *job, const fspec_signal *signals, int64_t n, fspec_dtype out_dtype, int64_t *total)
{
    if (!job->plan || n < 0 || (n > 0 && (!signals || !job->f0)))
        return FSPEC_BAD_ARGUMENT;
    if (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    *total = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t extent;
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || signals[i].n_samples > INT64_MAX / 4)
            return FSPEC_BAD_ARGUMENT;
        const int64_t n_frames = fspec_yin_n_frames(job->plan, signals[i].n_samples);
        if (n_frames == 0)
            return FSPEC_TOO_SHORT;
        if (!signals[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(signals[i].n_samples, signals[i].stride, &extent)
            || __builtin_add_overflow(*total, n_frames, total))
            return FSPEC_TOO_LARGE;
        const fspec_matrix *outs[] = {&job->f0[i], job->voiced ? &job->voiced[i] : NULL, job->voiced ? &job->voiced_prob[i] : NULL};
        for (int j = 0; j < 3; j++) {
            const fspec_status status = outs[j] ? check_matrix(outs[j], n_frames) : FSPEC_OK;
            if (status != FSPEC_OK)
                return status;
        }
    }
    return FSPEC_OK;
}

/* Work space for items, desks and, for pyin, the frames and pools. */
static fspec_status equip(yin_job *job, const fspec_signal *signals, int64_t n_signals, int64_t total, int n_workers,
                          fs_scratch *scratch)
{
    const fspec_yin *plan = job->plan;
    fs_arena arena = {0};
    fs_item *items = NULL;
    static char nowhere[1];
    for (int pass = 0; pass < 2; pass++) {
        yin_desk spare;
        arena.used = 0;
        items = fs_take(&arena, n_signals, sizeof *items);
        job->desks = fs_take(&arena, n_workers, sizeof *job->desks);
        for (int i = 0; i < n_workers; i++)
            lay_out(plan, &arena, pass ? &job->desks[i] : &spare);
        if (job->voiced) {
            job->pools = fs_take(&arena, n_workers, sizeof *job->pools);
            job->frames = fs_take(&arena, total, sizeof *job->frames);
            job->first_frame = fs_take(&arena, n_signals + 1, sizeof *job->first_frame);
        }
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass) {
            const fspec_status status = fs_take_scratch(arena.used, scratch);
            if (status != FSPEC_OK)
                return status;
            arena.base = scratch->base;
        }
    }
    int64_t first = 0;
    for (int64_t i = 0; i < n_signals; i++) {
        const int64_t n_frames = fspec_yin_n_frames(plan, signals[i].n_samples);
        items[i] = (fs_item){.source = {signals[i], 0, signals[i].n_samples},
                             .n_frames = n_frames,
                             .out = {nowhere, 0, 0},
                             .channel = i};
        if (job->voiced)
            job->first_frame[i] = first;
        first += n_frames;
    }
    if (job->voiced) {
        job->first_frame[n_signals] = first;
        memset(job->pools, 0, (size_t)n_workers * sizeof *job->pools);
    }
    job->items = items;
    return FSPEC_OK;
}

static fspec_status find_paths(void *context, int worker, int64_t begin, int64_t end)
{
    const yin_job *job = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = job->first_frame[i];
        const fspec_status status = fs_pyin_path(job->plan, job->frames + first, job->pools, job->first_frame[i + 1] - first,
                                                 &job->f0[i], job->out_double, &job->voiced[i]);
        if (status != FSPEC_OK)
            return status;
    }
    return FSPEC_OK;
}

static fspec_status execute(yin_job *job, const fspec_signal *signals, int64_t n_signals, fspec_dtype out_dtype,
                            const fspec_call *given)
{
    fspec_call call;
    fs_scratch scratch = {0};
    int64_t total;
    const fs_sink sink = {.context = job, .take_block = take_block};
    fspec_status status = fs_call_read(given, &call);
    if (status == FSPEC_OK)
        status = check_call(job, signals, n_signals, out_dtype, &total);
    if (status == FSPEC_OK)
        status = fspec_check_finite(signals, n_signals, &call);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    const int n_workers = fs_worker_count(&call, total);
    status = equip(job, signals, n_signals, total, n_workers, &scratch);
    if (status != FSPEC_OK)
        return status;
    status = fs_frontend_run(job->plan->spectra, job->items, n_signals, FSPEC_FLOAT64, &sink, &call);
    if (status == FSPEC_OK && job->voiced)
        status = fs_parallel(&call, fs_worker_count(&call, n_signals), n_signals, 1, find_paths, job);
    for (int i = 0; job->voiced && i < n_workers; i++)
        fs_pyin_empty(&job->pools[i]);
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_yin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, int64_t n_signals,
                            fspec_dtype out_dtype, const fspec_call *call)
{
    yin_job job = {.plan = plan, .f0 = f0, .out_double = out_dtype == FSPEC_FLOAT64};
    return execute(&job, signals, n_signals, out_dtype, call);
}

fspec_status fspec_pyin_exec(const fspec_yin *plan, const fspec_signal *signals, const fspec_matrix *f0, const fspec_matrix *voiced,
                             const fspec_matrix *voiced_prob, int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
{
    yin_job job = {.plan = plan,
                   .f0 = f0,
                   .voiced = voiced,
                   .voiced_prob = voiced_prob,
                   .out_double = out_dtype == FSPEC_FLOAT64};
    if (!plan || !plan->pyin || n_signals < 0 || (n_signals > 0 && (!voiced || !voiced_prob)))
        return FSPEC_BAD_ARGUMENT;
    return n_signals ? execute(&job, signals, n_signals, out_dtype, call) : FSPEC_OK;
}
