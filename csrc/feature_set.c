/* Several features of the same frames: each block's spectra are made once. SPDX-License-Identifier: BSD-3-Clause */
#include "feature_set.h"

#include <math.h>
#include <string.h>

#include "access.h"
#include "arrays.h"
#include "blocks.h"
#include "pool.h"
#include "speech_stages.h"

enum { MOST_FEATURES = 1 << 10 };

void fspec_feature_init(fspec_feature *feature)
{
    *feature = (fspec_feature){.size = sizeof *feature, .power = 1};
}

/* ---- plans ---------------------------------------------------------------------------------------------------------- */

static int same_framing(const fs_framing *a, const fs_framing *b)
{
    return a->n_fft == b->n_fft && a->hop == b->hop && a->pad == b->pad && a->length == b->length && a->pad_right == b->pad_right
           && a->pad_mode == b->pad_mode && a->librosa_tail == b->librosa_tail && a->drop == b->drop && a->append == b->append
           && a->least == b->least && a->multiple == b->multiple && a->preemphasis == b->preemphasis;
}

static int same_window(const fspec_frontend *a, const fspec_frontend *b)
{
    const size_t bytes = (size_t)a->framing.n_fft * a->kernels->real_size;
    if (!a->lanes || !b->lanes)
        return !a->lanes && !b->lanes && memcmp(a->window, b->window, bytes) == 0;
    if (a->lanes->chirps)
        return memcmp(a->lanes->tables.chirp_in, b->lanes->tables.chirp_in, 2 * bytes) == 0;
    return memcmp(a->lanes->tables.window, b->lanes->tables.window, bytes) == 0;
}

/* Whether a plan is one that features can be made of. */
static int is_plain(const fspec_frontend *plan)
{
    return !plan->conditions && !fs_has_stages(plan) && !(plan->magnitude_eps > 0);
}

/* Whether two plans make the same of a frame, up to its spectrum. */
static int same_spectra(const fspec_frontend *a, const fspec_frontend *b)
{
    return a->is_double == b->is_double && a->input_scale == b->input_scale && same_framing(&a->framing, &b->framing)
           && same_window(a, b);
}

static int same_samples(const fspec_frames_config *c, const fs_framing *f)
{
    return c->frame_length == f->length && c->hop_length == f->hop && c->pad_left == f->pad && c->pad_right == f->pad_right
           && f->drop == 0 && f->append == 0 && f->least == 0 && f->multiple == 1 && f->preemphasis == 0;
}

/* The number of an exponent; FSPEC_BAD_POWER. */
static fspec_status number_power(fspec_features *f, double power, int64_t *number)
{
    if (!(power > 0) || !isfinite(power))
        return FSPEC_BAD_POWER;
    for (*number = 0; *number < f->n_powers; ++*number)
        if (f->powers[*number] == power)
            return FSPEC_OK;
    f->powers[f->n_powers++] = power;
    return FSPEC_OK;
}

static fspec_status add_plan(fspec_features *f, fs_feature *to)
{
    const fspec_frontend *plan = to->plan;
    if (!is_plain(plan) || !same_spectra(plan, f->frames))
        return FSPEC_BAD_FEATURES;
    to->n_rows = plan->n_features;
    if (plan->output == FSPEC_OUT_COMPLEX) {
        f->bins = 1;
        return FSPEC_OK;
    }
    const fspec_status status = number_power(f, plan->power, &to->power);
    if (status != FSPEC_OK || plan->output < FSPEC_OUT_BANDS)
        return status;
    to->source = to - f->features;
    for (const fs_feature *other = f->features; other < to; other++)
        if (other->source == other - f->features && other->power == to->power
            && fs_bands_equal(&other->plan->bands, &plan->bands, plan->is_double))
            to->source = other->source;
    return FSPEC_OK;
}

static fspec_status add_statistic(fspec_features *f, double power, fs_feature *to)
{
    const fspec_spectral *s = to->spectral;
    if (s->is_double != f->frames->is_double || s->config.n_bins != f->frames->n_bins)
        return FSPEC_BAD_FEATURES;
    to->n_rows = s->n_rows;
    if (f->room < fs_spectral_room(s))
        f->room = fs_spectral_room(s);
    const fspec_status status = number_power(f, power, &to->power);
    for (const fs_feature *other = f->features; other < to && s->config.kind == FSPEC_SPECTRAL_BANDWIDTH; other++)
        if (other->spectral && other->spectral->config.kind == FSPEC_SPECTRAL_CENTROID && other->power == to->power
            && memcmp(other->spectral->config.frequencies, s->config.frequencies, (size_t)s->config.n_bins * sizeof(double)) == 0)
            to->source = other - f->features;
    return status;
}

static fspec_status add(fspec_features *f, const fspec_feature *given, fs_feature *to)
{
    *to = (fs_feature){.plan = given->plan, .spectral = given->spectral, .power = -1, .source = -1, .n_rows = 1};
    if ((given->plan != NULL) + (given->spectral != NULL) + (given->samples != NULL) != 1)
        return FSPEC_BAD_ARGUMENT;
    if (to->plan)
        return add_plan(f, to);
    if (to->spectral)
        return add_statistic(f, given->power, to);
    const fspec_status status = fs_frames_read(given->samples, &to->samples);
    return status == FSPEC_OK && !same_samples(&to->samples, &f->frames->framing) ? FSPEC_BAD_FRAMES : status;
}

/* Where there is but one kind of spectrum, a plan that makes it goes about it in the shortest way. */
static void choose_spectra(fspec_features *f)
{
    if (f->n_powers == 0 && !f->bins)
        return;
    if (f->n_powers == 1 && !f->bins && f->frames->output != FSPEC_OUT_COMPLEX && f->frames->power == f->powers[0])
        f->spectra = f->frames;
    for (int64_t i = 0; i < f->n && f->n_powers == 1 && !f->bins && !f->spectra; i++)
        if (f->features[i].plan)
            f->spectra = f->features[i].plan;
    if (!f->spectra) {
        f->bins = 1;
        f->spectra = f->frames;
    }
}

static fspec_status build(const fspec_feature *given, fspec_features *f)
{
    f->features = fs_alloc_zeroed((size_t)f->n * sizeof *f->features);
    f->powers = fs_alloc_zeroed((size_t)f->n * sizeof *f->powers);
    if (!f->features || !f->powers)
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < f->n; i++) {
        fspec_feature one;
        fspec_feature_init(&one);
        /* Those of an older header lie closer together. */
        fspec_status status = fs_struct_read(&one, sizeof one, (const char *)given + (size_t)i * given->size, sizeof one);
        if (status == FSPEC_OK)
            status = add(f, &one, &f->features[i]);
        if (status != FSPEC_OK)
            return status;
    }
    choose_spectra(f);
    return FSPEC_OK;
}

fspec_status fspec_features_create(const fspec_frontend *frames, const fspec_feature *features, int64_t n_features,
                                   fspec_features **result)
{
    if (!frames || !features || !result || n_features < 1 || n_features > MOST_FEATURES)
        return FSPEC_BAD_ARGUMENT;
    if (!is_plain(frames))
        return FSPEC_BAD_FEATURES;
    fspec_features *f = fs_alloc_zeroed(sizeof *f);
    if (!f)
        return FSPEC_NO_MEMORY;
    f->frames = frames;
    f->n = n_features;
    const fspec_status status = build(features, f);
    if (status == FSPEC_OK)
        *result = f;
    else
        fspec_features_free(f);
    return status;
}

void fspec_features_free(fspec_features *f)
{
    if (!f)
        return;
    fs_free(f->features);
    fs_free(f->powers);
    fs_free(f);
}

int64_t fspec_features_n_rows(const fspec_features *f, int64_t i)
{
    return i >= 0 && i < f->n ? f->features[i].n_rows : 0;
}

int fs_features_need_all(const fspec_features *f)
{
    for (int64_t i = 0; i < f->n; i++)
        if (f->features[i].plan && fs_needs_largest(f->features[i].plan))
            return 1;
    return 0;
}

fspec_status fs_features_check_dtypes(const fspec_features *f, const fspec_dtype *dtypes)
{
    if (!dtypes)
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < f->n; i++) {
        const int is_complex = f->features[i].plan && f->features[i].plan->output == FSPEC_OUT_COMPLEX;
        if (is_complex ? dtypes[i] != FSPEC_COMPLEX64 && dtypes[i] != FSPEC_COMPLEX128
                       : dtypes[i] != FSPEC_FLOAT32 && dtypes[i] != FSPEC_FLOAT64)
            return FSPEC_BAD_DATA_TYPE;
    }
    return FSPEC_OK;
}

/* ---- a call --------------------------------------------------------------------------------------------------------- */

/* One worker's scratch. */
typedef struct bench {
    fs_desk spectra;
    fs_desk *desks;   /* of each feature's bands */
    void **products;  /* of each feature: with the bands, or the sums of a centroid, where others take them from there, or NULL */
    void **blocks;    /* of each power */
    char *rows;       /* of each power and lane, for frames that are transformed one by one; or NULL */
    double *room;
} bench;

typedef struct features_job {
    const fspec_features *f;
    fs_run spectra;
    fs_run *runs; /* of each feature: its outputs; of those with plans all else too */
    fs_item *items;
    bench *benches;
    int64_t *first_frame;
    int final; /* second pass of the cepstra */
} features_job;

static int takes_from(const fspec_features *f, int64_t i)
{
    for (int64_t j = i + 1; j < f->n; j++)
        if (f->features[j].source == i)
            return 1;
    return 0;
}

static void lay_out_bench(const fspec_features *f, fs_arena *arena, bench *b)
{
    const int64_t w = (int64_t)f->spectra->kernels->lanes;
    const size_t size = f->spectra->kernels->real_size;
    fs_lay_out_spectra(f->spectra, arena, f->bins, &b->spectra);
    b->desks = fs_take(arena, f->n, sizeof *b->desks);
    b->products = fs_take(arena, f->n, sizeof *b->products);
    b->blocks = fs_take(arena, f->n_powers, sizeof *b->blocks);
    b->room = fs_take(arena, f->room, sizeof *b->room);
    b->rows = f->room && f->spectra->lone ? fs_take(arena, f->n_powers * w * fs_row_pitch(f->spectra), size) : NULL;
    for (int64_t i = 0; i < f->n_powers; i++) {
        void *block = f->bins ? fs_take(arena, w * f->spectra->n_bins, size) : b->spectra.block;
        if (arena->base)
            b->blocks[i] = block;
    }
    for (int64_t i = 0; i < f->n; i++) {
        const fspec_frontend *plan = f->features[i].plan;
        fs_desk desk = {.span_item = -1};
        void *product = NULL;
        if (plan)
            fs_lay_out_bands(plan, arena, &desk);
        if (takes_from(f, i))
            product = plan ? fs_take(arena, w * plan->n_bands, size) : fs_take(arena, 2 * w, sizeof(double));
        if (!arena->base)
            continue;
        desk.block = f->features[i].power < 0 ? NULL : b->blocks[f->features[i].power];
        desk.complex_block = b->spectra.complex_block;
        b->desks[i] = desk;
        b->products[i] = product;
    }
}

static void lay_out(const fspec_features *f, int64_t n_items, int64_t n_frames, int n_workers, fs_arena *arena, features_job *job)
{
    job->first_frame = fs_take(arena, n_items + 1, sizeof *job->first_frame);
    job->runs = fs_take(arena, f->n, sizeof *job->runs);
    fs_item *base = job->items = fs_take(arena, n_items, sizeof *base);
    job->benches = fs_take(arena, n_workers, sizeof *job->benches);
    for (int64_t i = 0; i < f->n; i++) {
        const fspec_frontend *plan = f->features[i].plan;
        const int clips = plan && fs_needs_largest(plan);
        fs_item *items = fs_take(arena, n_items, sizeof *items);
        void *largest = clips ? fs_take(arena, n_items, sizeof(uint64_t)) : NULL;
        float *keys = clips && plan->output == FSPEC_OUT_CEPSTRUM ? fs_take(arena, n_frames, sizeof *keys) : NULL;
        if (arena->base)
            job->runs[i] = (fs_run){.items = items, .largest = largest, .keys = keys};
    }
    for (int i = 0; i < n_workers && f->spectra; i++) {
        bench unused;
        lay_out_bench(f, arena, arena->base ? &job->benches[i] : &unused);
    }
}

static int measure(const fspec_features *f, int64_t n_items, int64_t n_frames, int n_workers, int n_threads, size_t *own,
                   size_t *bytes)
{
    fs_arena arena = {0};
    features_job unused;
    size_t most = 0, samples;
    lay_out(f, n_items, n_frames, n_workers, &arena, &unused);
    *own = arena.used;
    for (int64_t i = 0; i < f->n; i++)
        if (!f->features[i].plan && !f->features[i].spectral) {
            if (!fs_frames_scratch(&f->features[i].samples, n_items, n_threads, &samples)
                || __builtin_add_overflow(samples, FS_ALIGN, &samples))
                return 0;
            most = samples > most ? samples : most;
        }
    return !arena.overflow && !__builtin_add_overflow(*own, most, bytes);
}

static int worker_count(const fspec_features *f, int64_t n_frames, const fspec_call *call)
{
    return f->spectra ? fs_worker_count(call, fs_n_blocks(f->spectra, n_frames)) : 1;
}

int fs_features_scratch(const fspec_features *f, int64_t n_items, int64_t n_frames, int n_threads, size_t *bytes)
{
    fspec_call call;
    size_t own;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    return measure(f, n_items, n_frames, worker_count(f, n_frames, &call), fs_worker_count(&call, INT64_MAX), &own, bytes);
}

/* The seats with the places of a feature's output. */
static fs_seats seats_of(const fs_run *r, const fs_seats *seats)
{
    fs_seats own = *seats;
    for (size_t i = 0; i < seats->n; i++) {
        const fs_item *item = &r->items[seats->item[i]];
        own.out[i] = (char *)item->out.data + (seats->frame[i] - item->first) * item->out.frame_stride;
    }
    return own;
}

static void make_spectra(const features_job *job, bench *b, const fs_seats *seats)
{
    const fspec_features *f = job->f;
    if (!f->bins) {
        fs_power_block(&job->spectra, &b->spectra, seats);
        return;
    }
    fs_bins_block(&job->spectra, &b->spectra, seats);
    for (int64_t i = 0; i < f->n_powers; i++)
        seats->k->block_power(b->blocks[i], b->spectra.complex_block, (size_t)f->spectra->n_bins, f->powers[i]);
}

static void store_statistic(const fs_run *r, const fs_seats *seats, const double *values, int64_t n_rows)
{
    const size_t step = seats->k->lanes * sizeof *values;
    for (size_t i = 0; i < seats->n; i++)
        fs_copy_values(seats->out[i], r->items[seats->item[i]].out.bin_stride, r->out_dtype == FSPEC_FLOAT64, values + i,
                       (int64_t)step, 1, n_rows);
}

/* Feature i of a block. */
static void make_feature(const features_job *job, bench *b, const fs_seats *seats, int64_t i)
{
    const fs_feature *feature = &job->f->features[i];
    const fs_run *r = &job->runs[i];
    fs_desk *desk = &b->desks[i];
    if (feature->spectral) {
        const double *sums = feature->source < 0 ? NULL : b->products[feature->source];
        fs_spectral_block(feature->spectral, seats->k, b->blocks[feature->power], seats->n, NULL, sums, b->room);
        if (b->products[i])
            memcpy(b->products[i], b->room, 2 * seats->k->lanes * sizeof(double));
        store_statistic(r, seats, b->room, feature->n_rows);
    } else if (feature->plan->output == FSPEC_OUT_COMPLEX) {
        fs_store_complex_block(r, desk, seats);
    } else if (feature->plan->output == FSPEC_OUT_SPECTRUM) {
        fs_store_block(r, seats, desk->block, feature->n_rows);
    } else {
        fs_banded_block(r, desk, seats, b->products[feature->source]);
    }
}

/* Whether this pass has to do with a feature at all, and with a block of it. */
static int is_due(const features_job *job, int64_t i, const fs_seats *seats)
{
    const fs_feature *feature = &job->f->features[i];
    if (!feature->plan)
        return feature->spectral && !job->final;
    if (!job->final)
        return 1;
    return job->runs[i].keys && (!seats || !fs_is_settled(&job->runs[i], seats));
}

static int any_due(const features_job *job, const fs_seats *seats)
{
    for (int64_t i = 0; i < job->f->n; i++)
        if (is_due(job, i, seats))
            return 1;
    return 0;
}

/* What is due of a block whose spectra are made: plans, or statistics of spectra, or both. */
static void make_due(const features_job *job, bench *b, const fs_seats *seats, int plans, int statistics)
{
    const fspec_features *f = job->f;
    for (int64_t i = 0; i < f->n; i++) {
        const fs_feature *feature = &f->features[i];
        if (!(feature->plan ? plans : statistics))
            continue;
        if (feature->plan && b->products[i])
            seats->k->project(b->products[i], b->blocks[feature->power], &feature->plan->bands);
        if (is_due(job, i, seats)) {
            const fs_seats own = seats_of(&job->runs[i], seats);
            make_feature(job, b, &own, i);
        }
    }
}

/* Few frames: their spectra one by one, and all that plans make of each; then the statistics, which have no kernels for single
 * frames, of all together. */
static void make_one_by_one(const features_job *job, bench *b, const fs_seats *seats)
{
    const fspec_features *f = job->f;
    const fspec_frontend *plan = f->spectra;
    const size_t size = plan->kernels->real_size, row = (size_t)fs_row_pitch(plan) * size, n_bins = (size_t)plan->n_bins;
    const size_t per_power = plan->kernels->lanes * row;
    for (size_t i = 0; i < seats->n; i++) {
        const fs_seats one = {.k = plan->lone->kernels,
                              .n = 1,
                              .begin = seats->begin + (int64_t)i,
                              .item = {seats->item[i]},
                              .frame = {seats->frame[i]}};
        make_spectra(job, b, &one);
        for (int64_t p = 0; p < f->n_powers; p++) {
            memset((char *)b->blocks[p] + n_bins * size, 0, 4 * size); /* for `project` */
            if (b->rows)
                memcpy(b->rows + (size_t)p * per_power + i * row, b->blocks[p], n_bins * size);
        }
        make_due(job, b, &one, 1, 0);
    }
    for (int64_t p = 0; p < f->n_powers && b->rows; p++) {
        char *rows = b->rows + (size_t)p * per_power;
        memset(rows + seats->n * row, 0, (seats->k->lanes - seats->n) * row);
        seats->k->rows_to_lanes(b->blocks[p], rows, row / size, n_bins);
    }
    make_due(job, b, seats, 0, 1);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const features_job *job = context;
    const fspec_features *f = job->f;
    bench *b = &job->benches[worker];
    fs_seats seats;
    for (int64_t block = begin; block < end; block++) {
        fs_seat_lanes(&job->spectra, block, &seats);
        if (!any_due(job, &seats))
            continue;
        if ((int64_t)seats.n <= fs_most_alone(f->spectra)) {
            make_one_by_one(job, b, &seats);
        } else {
            make_spectra(job, b, &seats);
            make_due(job, b, &seats, 1, 1);
        }
        if (fs_interrupted())
            break; /* the call knows its status */
    }
    return FSPEC_OK;
}

static fspec_status make_all(features_job *job, int n_workers, const fspec_call *call)
{
    const fspec_features *f = job->f;
    const int64_t blocks = fs_n_blocks(f->spectra, job->spectra.n_frames), grain = fs_grain(f->spectra, blocks, n_workers);
    fspec_status status = fs_parallel(call, n_workers, blocks, grain, work, job);
    for (int64_t i = 0; i < f->n && status == FSPEC_OK; i++) {
        const fs_run *r = &job->runs[i];
        if (r->largest && f->features[i].plan->output == FSPEC_OUT_BANDS)
            status = fs_whole_signal(r->plan, r->items, r->n_items, r->first_frame, (const double *)(const void *)r->largest,
                                     r->out_dtype, call);
    }
    job->final = 1;
    for (int64_t i = 0; i < f->n; i++)
        job->runs[i].final = job->runs[i].keys != NULL;
    return status == FSPEC_OK && any_due(job, NULL) ? fs_parallel(call, n_workers, blocks, grain, work, job) : status;
}

/* The numbers of the frames, and where each feature's go. */
static void fill(features_job *job, const fs_item *items, int64_t n_items, const fspec_matrix *out, int64_t column,
                 const fspec_dtype *dtypes, const fspec_call *call)
{
    static char nowhere[1];
    const fspec_features *f = job->f;
    fs_run run = {.n_items = n_items, .call = call, .first_frame = job->first_frame};
    job->first_frame[0] = 0;
    for (int64_t k = 0; k < n_items; k++) {
        job->first_frame[k + 1] = job->first_frame[k] + items[k].n_frames;
        job->items[k] = items[k];
        job->items[k].out = (fspec_matrix){nowhere, 0, 0};
    }
    run.n_frames = job->first_frame[n_items];
    for (int64_t i = 0; i < f->n; i++) {
        const fs_run given = job->runs[i];
        fs_item *own = (fs_item *)(uintptr_t)given.items;
        for (int64_t k = 0; k < n_items; k++) {
            const fspec_matrix *m = &out[i * n_items + k];
            own[k] = items[k];
            own[k].out = (fspec_matrix){(char *)m->data + column * m->frame_stride, m->bin_stride, m->frame_stride};
        }
        job->runs[i] = run;
        job->runs[i].plan = f->features[i].plan;
        job->runs[i].items = own;
        job->runs[i].out_dtype = dtypes[i];
        job->runs[i].out_size = (int64_t)fs_element_size(dtypes[i]);
        job->runs[i].keys = given.keys;
        if ((job->runs[i].largest = given.largest))
            fs_begin_largest(&job->runs[i]);
    }
    job->spectra = run;
    job->spectra.plan = f->spectra;
    job->spectra.items = job->items;
    if (f->spectra) {
        job->spectra.pitch = fs_row_pitch(f->spectra);
        job->spectra.span_samples = f->spectra->span_length;
    }
}

fspec_status fs_features_do(const fspec_features *f, const fs_item *items, int64_t n_items, const fspec_matrix *out, int64_t column,
                            const fspec_dtype *dtypes, const fspec_call *call)
{
    features_job job = {.f = f};
    fspec_call full = *call;
    fs_scratch scratch;
    int64_t n_frames = 0;
    size_t own, bytes;
    for (int64_t i = 0; i < n_items; i++)
        if (__builtin_add_overflow(n_frames, items[i].n_frames, &n_frames))
            return FSPEC_TOO_LARGE;
    if (n_frames == 0)
        return FSPEC_OK;
    const int n_workers = worker_count(f, n_frames, call);
    full.whole_array = 0;
    if (!measure(f, n_items, n_frames, n_workers, fs_worker_count(call, INT64_MAX), &own, &bytes))
        return FSPEC_TOO_LARGE;
    fspec_status status = fs_call_scratch(call, bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    fs_arena arena = {.base = scratch.base};
    lay_out(f, n_items, n_frames, n_workers, &arena, &job);
    full.scratch = scratch.base + own;
    full.scratch_size = bytes - own;
    fill(&job, items, n_items, out, column, dtypes, &full);
    if (f->spectra)
        status = make_all(&job, n_workers, &full);
    for (int64_t i = 0; i < f->n && status == FSPEC_OK; i++)
        if (!f->features[i].plan && !f->features[i].spectral)
            status = fs_frames_run(&f->features[i].samples, job.runs[i].items, n_items, f->frames->is_double,
                                   f->frames->input_scale, dtypes[i], &full);
    fs_call_release(&scratch);
    return status;
}

/* ---- signals -------------------------------------------------------------------------------------------------------- */

static fspec_status check_outputs(const fspec_features *f, const fspec_matrix *out, int64_t i, int64_t n_items, int64_t n_frames)
{
    for (int64_t k = 0; k < f->n && n_frames > 0; k++) {
        if (!out[k * n_items + i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&out[k * n_items + i], f->features[k].n_rows, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

static fspec_status fill_signal(const fspec_features *f, const fspec_signal *signal, fspec_dtype dtype, fs_item *item)
{
    int64_t extent;
    if (fs_sample_size(signal->dtype) == 0 || signal->dtype != dtype)
        return FSPEC_BAD_DATA_TYPE;
    if (signal->n_samples < 0 || signal->n_samples > INT64_MAX / 4)
        return FSPEC_BAD_ARGUMENT;
    *item = (fs_item){.source = {*signal, 0, signal->n_samples}, .n_frames = fs_n_frames(&f->frames->framing, signal->n_samples)};
    if (item->n_frames == 0)
        return FSPEC_TOO_SHORT;
    if (!signal->data)
        return FSPEC_BAD_ARGUMENT;
    return __builtin_mul_overflow(signal->n_samples, signal->stride, &extent) ? FSPEC_TOO_LARGE : FSPEC_OK;
}

static fspec_status fill_part(const fspec_features *f, const fspec_part *part, fspec_dtype dtype, fs_item *item)
{
    int64_t begin, end;
    if (part->signal.dtype != dtype)
        return FSPEC_BAD_DATA_TYPE;
    fspec_status status = fs_part_check(part, INT64_MAX / 4);
    if (status == FSPEC_OK)
        status = fspec_frontend_needs(f->frames, part->total, part->first, part->n_frames, &begin, &end);
    if (status != FSPEC_OK)
        return status;
    *item = (fs_item){.first = part->first, .n_frames = part->n_frames};
    return fs_part_narrow(part, begin, end, &item->source);
}

/* Of signals, or of parts. */
static fspec_status execute(const fspec_features *f, const fspec_signal *signals, const fspec_part *parts, const fspec_matrix *out,
                            int64_t n, const fspec_dtype *dtypes, const fspec_call *given)
{
    fspec_call call;
    size_t bytes;
    fspec_status status = fs_call_read(given, &call);
    if (status != FSPEC_OK)
        return status;
    call.scratch = NULL;
    if (!f || n < 0 || (n > 0 && (!(signals || parts) || !out)))
        return FSPEC_BAD_ARGUMENT;
    if ((status = fs_features_check_dtypes(f, dtypes)) != FSPEC_OK || n == 0)
        return status;
    if (!fs_size(n, sizeof(fs_item), 0, &bytes) || !fs_size(n, f->n, 0, &(size_t){0}))
        return FSPEC_TOO_LARGE;
    fs_item *items = fs_alloc(bytes);
    if (!items)
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < n && status == FSPEC_OK; i++) {
        status = signals ? fill_signal(f, &signals[i], signals[0].dtype, &items[i])
                         : fill_part(f, &parts[i], parts[0].signal.dtype, &items[i]);
        if (status == FSPEC_OK)
            status = check_outputs(f, out, i, n, items[i].n_frames);
        items[i].channel = i;
    }
    if (status == FSPEC_OK && signals)
        status = fspec_check_finite(signals, n, &call);
    for (int64_t i = 0; i < n && status == FSPEC_OK && parts; i++)
        status = fspec_check_finite(&items[i].source.signal, 1, &call);
    if (status == FSPEC_OK)
        status = fs_features_do(f, items, n, out, 0, dtypes, &call);
    fs_free(items);
    return status;
}

fspec_status fspec_features_exec(const fspec_features *features, const fspec_signal *signals, const fspec_matrix *out,
                                 int64_t n_signals, const fspec_dtype *dtypes, const fspec_call *call)
{
    return n_signals > 0 && !signals ? FSPEC_BAD_ARGUMENT : execute(features, signals, NULL, out, n_signals, dtypes, call);
}

fspec_status fspec_features_exec_part(const fspec_features *features, const fspec_part *parts, const fspec_matrix *out,
                                      int64_t n_parts, const fspec_dtype *dtypes, const fspec_call *call)
{
    if (!features || (n_parts > 0 && !parts))
        return FSPEC_BAD_ARGUMENT;
    return fs_features_need_all(features) ? FSPEC_NOT_STREAMABLE : execute(features, NULL, parts, out, n_parts, dtypes, call);
}

size_t fspec_features_memory(const fspec_features *f, int64_t n_signals, int64_t n_samples, int32_t n_threads)
{
    int64_t frames;
    size_t bytes, items;
    if (!f || n_signals < 1 || n_samples < 0 || n_samples > INT64_MAX / 4
        || __builtin_mul_overflow(n_signals, fs_n_frames(&f->frames->framing, n_samples), &frames) || frames == 0
        || !fs_features_scratch(f, n_signals, frames, n_threads, &bytes) || !fs_size(n_signals, sizeof(fs_item), FS_ALIGN, &items)
        || __builtin_add_overflow(bytes, items, &bytes) || bytes > PTRDIFF_MAX)
        return 0;
    return bytes;
}
