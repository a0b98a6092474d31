/* The phase vocoder: spectra at other places in time. SPDX-License-Identifier: BSD-3-Clause
 *
 * A panel of bins goes through time by itself, since a bin's phases follow from those before. Where bins do not lie side by side in
 * memory, a few frames at a time are brought into rows, and out of them. */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

enum { PANEL = 64, FRAMES = 16, BETWEEN_POLLS = 64 };

typedef struct vocoder_job {
    const fs_kernels *kernels;
    const fspec_matrix *spectra, *phases, *out;
    int64_t n_bins, n_frames, n_steps, panels;
    size_t real_size, complex_size, desk_bytes;
    double rate;
    double *advance; /* padded to whole panels */
    char *desks;
} vocoder_job;

/* One worker's scratch: rows of a panel. */
typedef struct vocoder_desk {
    char *values, *phases, *results, *state, *silence;
} vocoder_desk;

/* Where a panel's frames are. */
typedef struct panel {
    const fspec_matrix *spectra, *phases, *out;
    int64_t bin, n;
    int in_place, out_in_place; /* the array's own rows serve */
    int64_t begin, end;         /* the frames that are in rows */
} panel;

static void copy_elements(char *to, int64_t to_step, const char *from, int64_t from_step, size_t size, int64_t n)
{
    if (size == 4)
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_step, from + i * from_step, 4);
    else if (size == 8)
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_step, from + i * from_step, 8);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_step, from + i * from_step, 16);
}

static char *element(const fspec_matrix *m, int64_t bin, int64_t frame)
{
    return (char *)m->data + bin * m->bin_stride + frame * m->frame_stride;
}

static void *take_desk(const vocoder_job *job, fs_arena *arena, vocoder_desk *desk)
{
    desk->values = fs_take(arena, (FRAMES + 1) * PANEL, job->complex_size);
    desk->phases = fs_take(arena, (FRAMES + 1) * PANEL, job->real_size);
    desk->results = fs_take(arena, FRAMES * PANEL, job->complex_size);
    desk->state = fs_take(arena, PANEL, job->real_size);
    desk->silence = fs_take(arena, PANEL, job->complex_size);
    return arena->base;
}

/* Frames from `begin` on to rows; beyond the last one there is silence. */
static void load(const vocoder_job *job, const vocoder_desk *desk, panel *p, int64_t begin)
{
    const int64_t n = job->rate < FRAMES ? FRAMES + 1 : 2, left = job->n_frames - begin, there = left < n ? left : n;
    const int64_t row = (int64_t)(PANEL * job->complex_size), phase_row = (int64_t)(PANEL * job->real_size);
    for (int64_t i = 0; i < p->n; i++) {
        copy_elements(desk->values + i * (int64_t)job->complex_size, row, element(p->spectra, p->bin + i, begin),
                      p->spectra->frame_stride, job->complex_size, there);
        if (p->phases)
            copy_elements(desk->phases + i * (int64_t)job->real_size, phase_row, element(p->phases, p->bin + i, begin),
                          p->phases->frame_stride, job->real_size, there);
    }
    memset(desk->values + there * row, 0, (size_t)((n - there) * row));
    memset(desk->phases + there * phase_row, 0, (size_t)((n - there) * phase_row));
    p->begin = begin;
    p->end = begin + n;
}

static fs_vocoder_frame frame_at(const vocoder_job *job, const vocoder_desk *desk, panel *p, int64_t i)
{
    const int64_t row = (int64_t)(PANEL * job->complex_size), phase_row = (int64_t)(PANEL * job->real_size);
    fs_vocoder_frame frame = {desk->silence, desk->silence, desk->silence, desk->silence};
    if (i < job->n_frames && p->in_place) {
        const int has_next = i + 1 < job->n_frames;
        frame.now = element(p->spectra, p->bin, i);
        frame.next = has_next ? element(p->spectra, p->bin, i + 1) : desk->silence;
        if (p->phases) {
            frame.angle = element(p->phases, p->bin, i);
            frame.next_angle = has_next ? element(p->phases, p->bin, i + 1) : desk->silence;
        }
    } else if (i < job->n_frames) {
        if (i < p->begin || i + 2 > p->end)
            load(job, desk, p, i);
        frame.now = desk->values + (i - p->begin) * row;
        frame.next = (const char *)frame.now + row;
        frame.angle = desk->phases + (i - p->begin) * phase_row;
        frame.next_angle = (const char *)frame.angle + phase_row;
    }
    if (!p->phases)
        frame.angle = frame.next_angle = NULL;
    return frame;
}

/* The phases of the first frame. */
static void begin_phases(const vocoder_job *job, const vocoder_desk *desk, const panel *p)
{
    if (p->phases) {
        copy_elements(desk->state, (int64_t)job->real_size, element(p->phases, p->bin, 0), p->phases->bin_stride, job->real_size, p->n);
        return;
    }
    for (int64_t i = 0; i < p->n; i++) {
        const void *value = element(p->spectra, p->bin + i, 0);
        if (job->real_size == sizeof(double))
            ((double *)(void *)desk->state)[i] = atan2(((const double *)value)[1], ((const double *)value)[0]);
        else
            ((float *)(void *)desk->state)[i] = atan2f(((const float *)value)[1], ((const float *)value)[0]);
    }
}

/* Results [step, step + n), which are in rows, to the array. */
static void store(const vocoder_job *job, const vocoder_desk *desk, const panel *p, int64_t step, int64_t n)
{
    const int64_t size = (int64_t)job->complex_size;
    for (int64_t i = 0; i < p->n; i++)
        copy_elements(element(p->out, p->bin + i, step), p->out->frame_stride, desk->results + i * size, PANEL * size,
                      job->complex_size, n);
}

static int by_rows(const fspec_matrix *m, size_t size)
{
    return m->bin_stride == (int64_t)size;
}

static void run(const vocoder_job *job, const vocoder_desk *desk, panel *p)
{
    const double *advance = job->advance + p->bin;
    begin_phases(job, desk, p);
    for (int64_t step = 0; step < job->n_steps; step += FRAMES) {
        const int64_t n = job->n_steps - step < FRAMES ? job->n_steps - step : FRAMES;
        if (step % BETWEEN_POLLS == 0 && fs_interrupted())
            return;
        for (int64_t i = 0; i < n; i++) {
            const double place = (double)(step + i) * job->rate;
            const int64_t whole = place < (double)job->n_frames ? (int64_t)place : job->n_frames;
            const double weight = whole < job->n_frames ? place - (double)whole : 0;
            const fs_vocoder_frame frame = frame_at(job, desk, p, whole);
            char *out = p->out_in_place ? element(p->out, p->bin, step + i) : desk->results + (size_t)i * PANEL * job->complex_size;
            job->kernels->vocode(out, &frame, desk->state, advance, PANEL, weight);
        }
        if (!p->out_in_place)
            store(job, desk, p, step, n);
    }
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const vocoder_job *job = context;
    fs_arena arena = {.base = job->desks + (size_t)worker * job->desk_bytes};
    vocoder_desk desk;
    take_desk(job, &arena, &desk);
    for (int64_t piece = begin; piece < end; piece++) {
        const int64_t item = piece / job->panels, bin = piece % job->panels * PANEL, left = job->n_bins - bin;
        panel p = {&job->spectra[item], job->phases ? &job->phases[item] : NULL, &job->out[item], bin, left < PANEL ? left : PANEL, 0, 0, 0, 0};
        const int full = p.n == PANEL;
        p.in_place = full && by_rows(p.spectra, job->complex_size) && (!p.phases || by_rows(p.phases, job->real_size));
        p.out_in_place = full && by_rows(p.out, job->complex_size);
        memset(arena.base, 0, job->desk_bytes); /* bins that are not there */
        run(job, &desk, &p);
    }
    return FSPEC_OK;
}

static fspec_status check(const vocoder_job *job, int64_t n_items)
{
    for (int64_t i = 0; i < n_items; i++) {
        if (!job->spectra[i].data || (job->phases && !job->phases[i].data) || !job->out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&job->spectra[i], job->n_bins, job->n_frames)
            || (job->phases && !fs_fits(&job->phases[i], job->n_bins, job->n_frames))
            || !fs_fits(&job->out[i], job->n_bins, job->n_steps))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

fspec_status fspec_phase_vocoder(const fspec_matrix *spectra, const fspec_matrix *phases, fspec_dtype dtype, int64_t n_bins,
                                 int64_t n_frames, const double *advance, double rate, const fspec_matrix *out, int64_t n_steps,
                                 int64_t n_items, const fspec_call *call)
{
    fspec_call full;
    size_t pieces, bytes;
    void *memory = NULL;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_COMPLEX64 && dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    if (n_bins < 0 || n_frames < 0 || n_steps < 0 || n_items < 0 || !(rate > 0) || !isfinite(rate))
        return FSPEC_BAD_ARGUMENT;
    if (n_bins == 0 || n_frames == 0 || n_steps == 0 || n_items == 0)
        return FSPEC_OK;
    if (!spectra || !out || !advance)
        return FSPEC_BAD_ARGUMENT;
    vocoder_job job = {.kernels = fs_kernels_for(dtype == FSPEC_COMPLEX128),
                       .spectra = spectra,
                       .phases = phases,
                       .out = out,
                       .n_bins = n_bins,
                       .n_frames = n_frames,
                       .n_steps = n_steps,
                       .panels = (n_bins - 1) / PANEL + 1,
                       .rate = rate};
    job.real_size = job.kernels->real_size;
    job.complex_size = 2 * job.real_size;
    status = check(&job, n_items);
    if (status != FSPEC_OK)
        return status;
    if (!fs_size(job.panels, n_items, 0, &pieces) || pieces > INT64_MAX || !fs_size(job.panels, PANEL, 0, &bytes)
        || bytes > INT64_MAX)
        return FSPEC_TOO_LARGE;
    const int workers = fs_worker_count(&full, (int64_t)pieces);
    vocoder_desk desk;
    fs_arena one = {0}, arena = {0};
    take_desk(&job, &one, &desk);
    job.desk_bytes = one.used;
    for (int pass = 0; pass < 2; pass++) {
        arena.used = 0;
        job.advance = fs_take(&arena, (int64_t)bytes, sizeof *job.advance);
        job.desks = fs_take(&arena, workers, job.desk_bytes);
        if (arena.overflow)
            return FSPEC_TOO_LARGE;
        if (!pass && !(memory = arena.base = fs_alloc(arena.used)))
            return FSPEC_NO_MEMORY;
    }
    memset(job.advance, 0, bytes * sizeof *job.advance);
    memcpy(job.advance, advance, (size_t)n_bins * sizeof *advance);
    status = fs_parallel(&full, workers, (int64_t)pieces, 1, work, &job);
    fs_free(memory);
    return status;
}
