/* Samples to spectra, a block at a time, by either kind of engine. SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "arrays.h"
#include "blocks.h"

enum { SPAN_SAMPLES = 1 << 15 }; /* converted or padded samples that a row engine's worker holds at a time */

int64_t fs_span_length(const fspec_frontend *plan)
{
    if (plan->lanes) {
        const int64_t w = (int64_t)plan->kernels->lanes, apart = w * plan->framing.n_fft;
        const int64_t shared = fs_lanes_reach(plan->lanes, fs_lanes_rows(plan->lanes, w)) + FS_MAX_LANES;
        return apart > shared ? apart : shared;
    }
    return plan->framing.n_fft > SPAN_SAMPLES ? plan->framing.n_fft : SPAN_SAMPLES;
}

int64_t fs_row_pitch(const fspec_frontend *plan)
{
    int64_t pitch = (plan->n_bins + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
    return pitch % 512 == 0 ? pitch + FS_MAX_LANES : pitch;
}

static int64_t frame_begin(const fs_run *r, const fs_seats *l, size_t i)
{
    return l->frame[i] * r->plan->framing.hop - r->plan->framing.pad;
}

static const fs_source *source_of(const fs_run *r, const fs_seats *l, size_t i)
{
    return &r->items[l->item[i]].source;
}

static void *element(const fspec_frontend *plan, void *array, int64_t i)
{
    return (char *)array + i * (int64_t)plan->kernels->real_size;
}

/* ---- row engines -------------------------------------------------------------------------------------------------- */

/* Fetches the frame of lane `i` and as many of the following lanes' as are its successors and find room. */
static const void *fetch_span(const fs_run *r, fs_desk *d, const fs_seats *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    const fs_framing *f = &plan->framing;
    const int64_t begin = frame_begin(r, l, i);
    int64_t end = begin + f->n_fft;
    for (size_t k = i + 1; k < l->n && l->item[k] == l->item[i] && f->hop < f->n_fft; k++) {
        if (end + f->hop - begin > r->span_samples)
            break;
        end += f->hop;
    }
    fs_fetch(f, source_of(r, l, i), begin, end - begin, d->span, plan->is_double, plan->input_scale);
    d->span_item = l->item[i];
    d->span_begin = begin;
    d->span_end = end;
    return d->span;
}

/* Where the samples of lane i's frame stand: in the signal itself if possible. */
static const void *frame_samples(const fs_run *r, fs_desk *d, const fs_seats *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    const int64_t begin = frame_begin(r, l, i), n = plan->framing.n_fft;
    const void *p = fs_direct(source_of(r, l, i), begin, n, plan->is_double);
    if (p)
        return p;
    if (d->span_item == l->item[i] && begin >= d->span_begin && begin + n <= d->span_end)
        return element(plan, d->span, begin - d->span_begin);
    return fetch_span(r, d, l, i);
}

static void transform_row(const fs_run *r, fs_desk *d, const fs_seats *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    l->k->multiply(d->frame, frame_samples(r, d, l, i), plan->window, (size_t)plan->framing.n_fft);
    fs_fft_forward(plan->fft, d->frame, d->spectrum);
}

static void power_rows(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const size_t row_bytes = (size_t)r->pitch * l->k->real_size;
    for (size_t i = 0; i < l->k->lanes; i++) {
        char *row = (char *)d->rows + i * row_bytes;
        if (i < l->n) {
            transform_row(r, d, l, i);
            l->k->power(row, d->spectrum, (size_t)plan->n_bins, plan->power);
        } else {
            memset(row, 0, row_bytes);
        }
    }
    l->k->rows_to_lanes(d->block, d->rows, (size_t)r->pitch, (size_t)plan->n_bins);
}

static void complex_rows(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const int64_t size = (int64_t)l->k->real_size;
    const int by_bins = fs_frames_adjacent(r, l, 2 * size);
    for (size_t i = 0; i < l->n; i++) {
        transform_row(r, d, l, i);
        if (by_bins)
            memcpy(element(plan, d->rows, 2 * r->pitch * (int64_t)i), d->spectrum, (size_t)(plan->n_bins * 2 * size));
        else
            fs_store_complex_row(r, l, i, d->spectrum);
    }
    if (by_bins)
        fs_store_complex_rows(r, d, l);
}

/* ---- the lane engine ---------------------------------------------------------------------------------------------- */

/* Frames of one channel, one after the other: every sample is put in lane order once, for all frames that hold it. */
static void spread(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const fs_lanes *lanes = plan->lanes;
    const int64_t begin = frame_begin(r, l, 0), rows = fs_lanes_rows(lanes, (int64_t)l->k->lanes);
    const int64_t reach = fs_lanes_reach(lanes, rows);
    const void *samples = fs_direct(source_of(r, l, 0), begin, reach, plan->is_double);
    if (!samples) {
        const int64_t needed = plan->framing.n_fft + ((int64_t)l->n - 1) * plan->framing.hop;
        fs_fetch(&plan->framing, source_of(r, l, 0), begin, needed, d->span, plan->is_double, plan->input_scale);
        memset(element(plan, d->span, needed), 0, (size_t)(reach - needed) * l->k->real_size);
        samples = d->span;
    }
    l->k->fft_spread(d->fft.panel, samples, (size_t)lanes->hop, (size_t)rows, (size_t)lanes->hop, (size_t)lanes->pitch);
}

/* Frames from anywhere. */
static void gather(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const int64_t n = plan->framing.n_fft;
    const void *frames[FS_MAX_LANES];
    for (size_t i = 0; i < l->k->lanes; i++) {
        frames[i] = i < l->n ? fs_direct(source_of(r, l, i), frame_begin(r, l, i), n, plan->is_double) : frames[0];
        if (!frames[i]) {
            void *room = element(plan, d->span, (int64_t)i * n);
            fs_fetch(&plan->framing, source_of(r, l, i), frame_begin(r, l, i), n, room, plan->is_double, plan->input_scale);
            frames[i] = room;
        }
    }
    l->k->fft_gather(d->fft.panel, frames, (size_t)n, plan->lanes->kernels->lanes);
}

static void transform_lanes(const fs_run *r, fs_desk *d, const fs_seats *l, void *out, int as_power)
{
    const fs_lanes *lanes = r->plan->lanes;
    const int shared = l->item[0] == l->item[l->n - 1] && fs_lanes_spreads(lanes);
    if (shared)
        spread(r, d, l);
    else
        gather(r, d, l);
    fs_lanes_forward(lanes, l->k, &d->fft, shared, out, as_power);
}

/* ---- both --------------------------------------------------------------------------------------------------------- */

/* Powers that the caller brought. */
static void given_powers(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const int64_t size = (int64_t)l->k->real_size, step = (int64_t)l->k->lanes * size;
    memset(d->block, 0, (size_t)(plan->n_bins * step));
    for (size_t i = 0; i < l->n; i++) {
        const fs_item *item = &r->items[l->item[i]];
        fs_copy_values(element(plan, d->block, (int64_t)i), step, plan->is_double,
                       (const char *)item->spectra->data + l->frame[i] * item->spectra->frame_stride,
                       item->spectra->bin_stride, item->spectra_double, plan->n_bins);
    }
}

void fs_power_block(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    if (r->items[0].spectra) {
        given_powers(r, d, l);
    } else if (!plan->lanes) {
        power_rows(r, d, l);
    } else if (plan->power == 2) {
        transform_lanes(r, d, l, d->block, 1);
    } else {
        transform_lanes(r, d, l, d->complex_block, 0);
        l->k->block_power(d->block, d->complex_block, (size_t)plan->n_bins, plan->power);
    }
}

void fs_complex_block(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    if (!r->plan->lanes) {
        complex_rows(r, d, l);
        return;
    }
    transform_lanes(r, d, l, d->complex_block, 0);
    fs_store_complex_block(r, d, l);
}
