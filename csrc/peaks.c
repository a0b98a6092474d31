/* SPDX-License-Identifier: BSD-3-Clause */
#include "peaks.h"

#include <math.h>
#include <string.h>

#include "arrays.h"
#include "blocks.h"
#include "pool.h"

enum { MOST_BINS = 1 << 26, MOST_HISTOGRAM = 1 << 24, MOST_PER_OCTAVE = 1 << 20, GRAIN = 8 };

void fspec_tuning_config_init(fspec_tuning_config *config)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->precision = FSPEC_SINGLE;
    config->sr = 22050;
    config->n_fft = 2048;
    config->fmin = 150;
    config->fmax = 4000;
    config->threshold = 0.1;
    config->ref = NAN;
    config->resolution = 0.01;
    config->bins_per_octave = 12;
}

fspec_status fs_tuning_config_read(const fspec_tuning_config *config, fspec_tuning_config *full)
{
    fspec_tuning_config_init(full);
    const fspec_status status = config ? fs_struct_read(full, sizeof *full, config, sizeof *full) : FSPEC_BAD_ARGUMENT;
    if (status != FSPEC_OK)
        return status;
    if (full->precision != FSPEC_SINGLE && full->precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if (full->n_fft < 1)
        return FSPEC_BAD_N_FFT;
    if (full->n_fft > INT32_MAX / 2)
        return FSPEC_TOO_LARGE;
    if (full->n_bins == 0)
        full->n_bins = full->n_fft / 2 + 1;
    if (full->n_bins < 2 || full->n_bins > MOST_BINS || !(full->sr > 0) || !isfinite(full->sr) || !isfinite(full->fmin)
        || isnan(full->fmax) || !isfinite(full->threshold) || isinf(full->ref) || !(full->resolution > 0)
        || !(ceil(1 / full->resolution) <= (double)MOST_HISTOGRAM) || full->bins_per_octave < 1
        || full->bins_per_octave > MOST_PER_OCTAVE || full->max_peaks < 0)
        return FSPEC_BAD_ARGUMENT;
    return FSPEC_OK;
}

/* The first bin from `from` on that is at `limit` Hz or above, frequencies being rounded as NumPy's rfftfreq rounds them. */
static size_t first_bin_at(const fspec_tuning_config *c, double limit, size_t from)
{
    const double step = 1.0 / ((double)c->n_fft * (1.0 / c->sr));
    size_t low = from, high = (size_t)c->n_bins;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((double)middle * step < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void fs_peak_finder_init(fs_peak_finder *f, const fspec_tuning_config *c)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        int n = 0;
        unsigned char *bytes = (unsigned char *)&f->positions[mask];
        memset(bytes, 0, 8);
        for (unsigned bit = 0; bit < 8; bit++)
            if (mask >> bit & 1)
                bytes[n++] = (unsigned char)bit;
    }
    f->is_double = c->precision == FSPEC_DOUBLE;
    f->has_constant = !isnan(c->ref);
    f->constant = fabs(c->ref);
    if (!f->is_double && f->has_constant) {
        /* x > constant in double is x > the float below it */
        float y = (float)f->constant;
        f->constant = (double)((double)y > f->constant ? nextafterf(y, 0) : y);
    }
    f->spec = (fs_peak_spec){.n_rows = (size_t)c->n_bins,
                             .begin = first_bin_at(c, c->fmin, 1),
                             .end = first_bin_at(c, fmin(c->fmax, c->sr / 2), 0),
                             .sr = c->sr,
                             .n_fft = (double)c->n_fft,
                             .threshold = c->threshold,
                             .positions = f->positions};
}

/* ---- at work ------------------------------------------------------------------------------------------------------ */

typedef struct bench {
    void *block, *reference; /* of spectra that are given */
    uint32_t *where;
} bench;

typedef struct search {
    const fs_peak_finder *finder;
    const fs_peak_taker *taker;
    size_t most; /* peaks of a block */
    bench *benches;
    const fspec_matrix *spectra, *reference;
    int64_t n_frames, blocks_each;
    _Alignas(FS_ALIGN) char constant[FS_MAX_LANES * 8];
} search;

static void lay_out(search *s, fs_arena *arena, int n_workers, size_t block_values, int with_reference)
{
    const size_t size = s->finder->is_double ? 8 : 4;
    bench *benches = fs_take(arena, n_workers, sizeof *benches);
    for (int i = 0; i < n_workers; i++) {
        bench b = {0};
        b.where = fs_take(arena, (int64_t)s->most, sizeof *b.where);
        if (block_values)
            b.block = fs_take(arena, (int64_t)block_values, size);
        if (with_reference)
            b.reference = fs_take(arena, (int64_t)block_values, size);
        if (s->benches)
            s->benches[i] = b;
    }
    if (!s->benches)
        s->benches = benches;
}

/* Sizes, scratch, pointers. */
static fspec_status equip(search *s, int n_workers, size_t block_values, int with_reference, fs_scratch *scratch)
{
    fs_arena arena = {0};
    const fs_kernels *k = fs_kernels_for(s->finder->is_double);
    const size_t rows = s->finder->spec.end > s->finder->spec.begin ? s->finder->spec.end - s->finder->spec.begin : 0;
    s->most = (rows / 2 + 1) * k->lanes + 16;
    lay_out(s, &arena, n_workers, block_values, with_reference);
    s->benches = NULL;
    if (arena.overflow)
        return FSPEC_TOO_LARGE;
    const fspec_status status = fs_take_scratch(arena.used, scratch);
    if (status != FSPEC_OK)
        return status;
    arena = (fs_arena){.base = scratch->base};
    s->benches = (bench *)(void *)scratch->base; /* the first piece */
    lay_out(s, &arena, n_workers, block_values, with_reference);
    for (size_t i = 0; i < FS_MAX_LANES; i++) {
        if (s->finder->is_double)
            ((double *)(void *)s->constant)[i] = s->finder->constant;
        else
            ((float *)(void *)s->constant)[i] = (float)s->finder->constant;
    }
    return FSPEC_OK;
}

static fspec_status search_block(const search *s, int worker, const fs_kernels *k, const void *block, const void *reference,
                                 size_t n, const int64_t *item, const int64_t *frame)
{
    void *pitch, *magnitude;
    uint32_t *where = s->benches[worker].where;
    const size_t step = reference ? k->lanes : 0;
    fspec_status status = s->taker->room(s->taker->context, worker, s->most, &pitch, &magnitude);
    if (status != FSPEC_OK)
        return status;
    if (!reference && s->finder->has_constant)
        reference = s->constant;
    const size_t found = k->peaks(&s->finder->spec, block, reference, step, n, pitch, magnitude, where);
    return found ? s->taker->take(s->taker->context, worker, found, where, k->lanes, item, frame) : FSPEC_OK;
}

/* ---- signals ------------------------------------------------------------------------------------------------------ */

static fspec_status take_block(void *context, int worker, const struct fs_seats *seats, const void *block)
{
    return search_block(context, worker, seats->k, block, NULL, seats->n, seats->item, seats->frame);
}

static fspec_status check_signals(const fs_peak_finder *f, const fspec_frontend *plan, const fspec_signal *signals, int64_t n,
                                  const fspec_call *call)
{
    if (!plan || n < 0 || (n > 0 && !signals))
        return FSPEC_BAD_ARGUMENT;
    if (plan->output != FSPEC_OUT_SPECTRUM || plan->is_double != f->is_double || (size_t)plan->n_bins != f->spec.n_rows)
        return FSPEC_BAD_OUTPUT;
    for (int64_t i = 0; i < n; i++) {
        int64_t extent;
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || signals[i].n_samples > INT64_MAX / 4)
            return FSPEC_BAD_ARGUMENT;
        if (fs_n_frames(&plan->framing, signals[i].n_samples) == 0)
            return FSPEC_TOO_SHORT;
        if (!signals[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(signals[i].n_samples, signals[i].stride, &extent))
            return FSPEC_TOO_LARGE;
    }
    return fspec_check_finite(signals, n, call);
}

fspec_status fs_peaks_of_signals(const fs_peak_finder *finder, const fspec_frontend *plan, const fspec_signal *signals,
                                 int64_t n_signals, const fs_peak_taker *taker, const fspec_call *given)
{
    search s = {.finder = finder, .taker = taker};
    const fs_sink sink = {.context = &s, .take_block = take_block};
    fspec_call call = *given;
    size_t bytes;
    char nowhere[1];
    fs_scratch item_room, room = {0};
    call.scratch = NULL;
    fspec_status status = check_signals(finder, plan, signals, n_signals, &call);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    if (!fs_size(n_signals, sizeof(fs_item), 0, &bytes))
        return FSPEC_TOO_LARGE;
    status = fs_take_scratch(bytes, &item_room);
    if (status != FSPEC_OK)
        return status;
    fs_item *items = (fs_item *)(void *)item_room.base;
    status = equip(&s, fs_worker_count(&call, INT64_MAX), 0, 0, &room);
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++)
        items[i] = (fs_item){.source = {signals[i], 0, signals[i].n_samples},
                             .n_frames = fs_n_frames(&plan->framing, signals[i].n_samples),
                             .out = {nowhere, 0, 0}};
    if (status == FSPEC_OK)
        status = fs_frontend_run(plan, items, n_signals, finder->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, &sink, &call);
    fs_call_release(&room);
    fs_call_release(&item_room);
    return status;
}

/* ---- spectra ------------------------------------------------------------------------------------------------------ */

/* Magnitudes of n frames from column `first` on, to a block whose other lanes are 0. */
static void load_block(const search *s, const fs_kernels *k, const fspec_matrix *m, int64_t first, size_t n, void *block)
{
    const int is_double = s->finder->is_double;
    const size_t rows = s->finder->spec.n_rows, w = k->lanes, size = k->real_size, values = rows * w;
    const char *data = (const char *)m->data + first * m->frame_stride;
    if (n < w)
        memset(block, 0, values * size);
    if (m->frame_stride == (int64_t)size) {
        for (size_t row = 0; row < rows; row++)
            memcpy((char *)block + row * w * size, data + (int64_t)row * m->bin_stride, n * size);
    } else if (n == w && m->bin_stride == (int64_t)size && m->frame_stride > 0 && m->frame_stride % (int64_t)size == 0) {
        k->rows_to_lanes(block, data, (size_t)m->frame_stride / size, rows);
    } else {
        for (size_t i = 0; i < n; i++)
            fs_copy_values((char *)block + i * size, (int64_t)(w * size), is_double, data + (int64_t)i * m->frame_stride,
                           m->bin_stride, is_double, (int64_t)rows);
    }
    for (size_t i = 0; i < values; i++) {
        if (is_double)
            ((double *)block)[i] = fabs(((double *)block)[i]);
        else
            ((float *)block)[i] = fabsf(((float *)block)[i]);
    }
}

static fspec_status search_spectra(void *context, int worker, int64_t begin, int64_t end)
{
    const search *s = context;
    const fs_kernels *full = fs_kernels_for(s->finder->is_double);
    const bench *b = &s->benches[worker];
    int64_t item[FS_MAX_LANES], frame[FS_MAX_LANES];
    for (int64_t i = begin; i < end; i++) {
        const int64_t which = i / s->blocks_each, first = i % s->blocks_each * (int64_t)full->lanes, left = s->n_frames - first;
        const size_t n = left < (int64_t)full->lanes ? (size_t)left : full->lanes;
        for (size_t lane = 0; lane < n; lane++) {
            item[lane] = which;
            frame[lane] = first + (int64_t)lane;
        }
        load_block(s, full, &s->spectra[which], first, n, b->block);
        if (s->reference)
            load_block(s, full, &s->reference[which], first, n, b->reference);
        const fspec_status status = search_block(s, worker, full, b->block, s->reference ? b->reference : NULL, n, item, frame);
        if (status != FSPEC_OK)
            return status;
    }
    return FSPEC_OK;
}

fspec_status fs_peaks_of_spectra(const fs_peak_finder *finder, const fspec_matrix *spectra, const fspec_matrix *reference,
                                 int64_t n_frames, int64_t n_signals, const fs_peak_taker *taker, const fspec_call *call)
{
    search s = {.finder = finder, .taker = taker, .spectra = spectra, .reference = reference, .n_frames = n_frames};
    const int64_t lanes = (int64_t)fs_kernels_for(finder->is_double)->lanes, rows = (int64_t)finder->spec.n_rows;
    int64_t blocks;
    fs_scratch room = {0};
    if (n_signals < 0 || n_frames < 0 || (n_signals > 0 && !spectra))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n_signals && n_frames > 0; i++) {
        if (!spectra[i].data || (reference && !reference[i].data))
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&spectra[i], rows, n_frames) || (reference && !fs_fits(&reference[i], rows, n_frames)))
            return FSPEC_TOO_LARGE;
    }
    s.blocks_each = n_frames / lanes + (n_frames % lanes != 0);
    if (__builtin_mul_overflow(s.blocks_each, n_signals, &blocks))
        return FSPEC_TOO_LARGE;
    if (blocks == 0)
        return FSPEC_OK;
    const int n_workers = fs_worker_count(call, blocks);
    fspec_status status = equip(&s, n_workers, (size_t)(rows * lanes), reference != NULL, &room);
    if (status == FSPEC_OK)
        status = fs_parallel(call, n_workers, blocks, GRAIN, search_spectra, &s);
    fs_call_release(&room);
    return status;
}

/* ---- pitches and magnitudes in full ------------------------------------------------------------------------------- */

typedef struct scatter {
    const fspec_matrix *pitches, *magnitudes;
    size_t size, most;
    char *room;
} scatter;

static fspec_status scatter_room(void *context, int worker, size_t n, void **pitch, void **magnitude)
{
    const scatter *s = context;
    *pitch = s->room + (size_t)(2 * worker) * s->most * s->size;
    *magnitude = s->room + (size_t)(2 * worker + 1) * s->most * s->size;
    return n <= s->most ? FSPEC_OK : FSPEC_BAD_ARGUMENT;
}

static fspec_status scatter_take(void *context, int worker, size_t n, const uint32_t *where, size_t lanes, const int64_t *item,
                                 const int64_t *frame)
{
    const scatter *s = context;
    void *pitch, *magnitude;
    (void)scatter_room(context, worker, 0, &pitch, &magnitude);
    for (size_t i = 0; i < n; i++) {
        const size_t lane = where[i] % lanes;
        const int64_t row = (int64_t)(where[i] / lanes);
        const fspec_matrix *p = &s->pitches[item[lane]], *m = &s->magnitudes[item[lane]];
        memcpy((char *)p->data + row * p->bin_stride + frame[lane] * p->frame_stride, (char *)pitch + i * s->size, s->size);
        memcpy((char *)m->data + row * m->bin_stride + frame[lane] * m->frame_stride, (char *)magnitude + i * s->size, s->size);
    }
    return FSPEC_OK;
}

static fspec_status piptrack(const fspec_tuning_config *config, const fspec_frontend *plan, const fspec_signal *signals,
                             const fspec_matrix *spectra, const fspec_matrix *reference, int64_t n_frames,
                             const fspec_matrix *pitches, const fspec_matrix *magnitudes, int64_t n_signals,
                             const fspec_call *given)
{
    fspec_tuning_config c;
    fspec_call call;
    fs_peak_finder finder;
    scatter s = {.pitches = pitches, .magnitudes = magnitudes};
    size_t bytes;
    fspec_status status = fs_tuning_config_read(config, &c);
    if (status == FSPEC_OK)
        status = fs_call_read(given, &call);
    if (status != FSPEC_OK)
        return status;
    if (n_signals < 0 || (n_signals > 0 && (!pitches || !magnitudes)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n_signals; i++) {
        const int64_t frames = plan && signals ? fspec_frontend_n_frames(plan, signals[i].n_samples) : n_frames;
        if (frames > 0 && (!pitches[i].data || !magnitudes[i].data))
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&pitches[i], c.n_bins, frames) || !fs_fits(&magnitudes[i], c.n_bins, frames))
            return FSPEC_TOO_LARGE;
    }
    fs_peak_finder_init(&finder, &c);
    s.size = finder.is_double ? 8 : 4;
    s.most = (size_t)(c.n_bins / 2 + 1) * FS_MAX_LANES + 16;
    if (!fs_size((int64_t)s.most, 2 * (int64_t)s.size * fs_worker_count(&call, INT64_MAX), 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    status = fs_take_scratch(bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    s.room = scratch.base;
    const fs_peak_taker taker = {scatter_room, scatter_take, &s};
    status = spectra || !signals ? fs_peaks_of_spectra(&finder, spectra, reference, n_frames, n_signals, &taker, &call)
                                 : fs_peaks_of_signals(&finder, plan, signals, n_signals, &taker, &call);
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_piptrack_signals(const fspec_tuning_config *config, const fspec_frontend *plan, const fspec_signal *signals,
                                    const fspec_matrix *pitches, const fspec_matrix *magnitudes, int64_t n_signals,
                                    const fspec_call *call)
{
    if (!plan || !signals)
        return FSPEC_BAD_ARGUMENT;
    return piptrack(config, plan, signals, NULL, NULL, 0, pitches, magnitudes, n_signals, call);
}

fspec_status fspec_piptrack_spectra(const fspec_tuning_config *config, const fspec_matrix *spectra,
                                    const fspec_matrix *reference, int64_t n_frames, const fspec_matrix *pitches,
                                    const fspec_matrix *magnitudes, int64_t n_signals, const fspec_call *call)
{
    if (n_frames < 0)
        return FSPEC_BAD_ARGUMENT;
    return piptrack(config, NULL, NULL, spectra, reference, n_frames, pitches, magnitudes, n_signals, call);
}
