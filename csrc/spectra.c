/* Samples to spectra, a block at a time, by either kind of engine. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
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
    const int64_t least = (plan->conditions ? (int64_t)plan->kernels->lanes : 1) * plan->framing.n_fft;
    return least > SPAN_SAMPLES ? least : SPAN_SAMPLES;
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

/* Samples where they stand, if they need neither conversion nor pre-emphasis. */
static const void *direct(const fs_run *r, const fs_seats *l, size_t i, int64_t begin, int64_t n)
{
    const fspec_frontend *plan = r->plan;
    return plan->framing.preemphasis != 0 ? NULL : fs_direct(source_of(r, l, i), begin, n, plan->is_double);
}

/* ---- frames one by one -------------------------------------------------------------------------------------------- */

static uint64_t mixed_bits(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* samples[2 j] += size[j] * cosine[j], samples[2 j + 1] += size[j] * sine[j], for n samples. */
#define DEFINE_ADD_PAIRS(real)                                                                                                \
    static void add_pairs_##real(real *restrict samples, const double *size, const double *cosine, const double *sine,        \
                                 int64_t n)                                                                                   \
    {                                                                                                                         \
        for (int64_t j = 0; j < n / 2; j++) {                                                                                 \
            samples[2 * j] += (real)(size[j] * cosine[j]);                                                                    \
            samples[2 * j + 1] += (real)(size[j] * sine[j]);                                                                  \
        }                                                                                                                     \
        if (n % 2)                                                                                                            \
            samples[n - 1] += (real)(size[n / 2] * cosine[n / 2]);                                                            \
    }
DEFINE_ADD_PAIRS(float)
DEFINE_ADD_PAIRS(double)

/* Adds the noise of one frame to its samples: Gaussian (Box and Muller 1958), by counters. Pair j is of the samples 2 j and
 * 2 j + 1; 32 bits of its hash give the size, up to 6.7 deviations, and 32 the angle. */
static void add_noise(const fs_run *r, const fs_desk *d, int64_t channel, int64_t frame, void *samples)
{
    const fspec_frontend *plan = r->plan;
    const fs_kernels *k = fs_kernels_for(1);
    const fs_log_spec ln = {FSPEC_LOG_LN, 0x1p-60, 0};
    const int64_t n = plan->framing.length;
    double *size = d->noise, *turn = size + FS_NOISE_PAIRS, *cosine = turn + FS_NOISE_PAIRS, *sine = cosine + FS_NOISE_PAIRS;
    uint64_t key = mixed_bits(plan->seed + UINT64_C(0x9e3779b97f4a7c15));
    key = mixed_bits(key + (uint64_t)channel * UINT64_C(0xd1342543de82ef95));
    key = mixed_bits(key + (uint64_t)frame * UINT64_C(0xaf251af3b0f025b5));
    for (int64_t begin = 0, part; begin < n; begin += part) {
        part = n - begin < 2 * FS_NOISE_PAIRS ? n - begin : 2 * FS_NOISE_PAIRS;
        /* Whole vectors, for the kernels. */
        const int64_t pairs = (part / 2 + FS_MAX_LANES) / FS_MAX_LANES * FS_MAX_LANES;
        const int64_t made = pairs < FS_NOISE_PAIRS ? pairs : FS_NOISE_PAIRS;
        for (int64_t j = 0; j < made; j++) {
            const uint64_t bits = mixed_bits(key + (uint64_t)(begin / 2 + j) * UINT64_C(0x9e3779b97f4a7c15));
            size[j] = ((double)(int64_t)(bits >> 32) + 0.5) * 0x1p-32;
            turn[j] = (double)(int32_t)(uint32_t)bits * 0x1p-32;
        }
        k->compress(size, (size_t)made, &ln);
        k->turns(cosine, sine, turn, (size_t)made);
        for (int64_t j = 0; j < made; j++)
            size[j] = plan->dither * sqrt(-2 * size[j]);
        if (plan->is_double)
            add_pairs_double((double *)samples + begin, size, cosine, sine, part);
        else
            add_pairs_float((float *)samples + begin, size, cosine, sine, part);
    }
}

/* Frames of one channel, one after the other, that overlap: their samples are converted once for all. */
static int find_together(const fs_run *r, fs_desk *d, const fs_seats *l, const void **frames)
{
    const fspec_frontend *plan = r->plan;
    const fs_framing *f = &plan->framing;
    const int64_t begin = frame_begin(r, l, 0), n = f->length + ((int64_t)l->n - 1) * f->hop;
    if (f->hop >= f->length || l->item[0] != l->item[l->n - 1] || plan->dither > 0)
        return 0;
    const void *samples = direct(r, l, 0, begin, n);
    if (!samples) {
        fs_fetch(f, source_of(r, l, 0), begin, n, d->span, plan->is_double, plan->input_scale);
        samples = d->span;
    }
    for (size_t i = 0; i < l->k->lanes; i++)
        frames[i] = (const char *)samples + (i < l->n ? (int64_t)i * f->hop : 0) * (int64_t)l->k->real_size;
    return 1;
}

/* Where the samples of each lane's frame stand, `length` of them: in the signal, or in a room of the lane's own. */
static void find_frames(const fs_run *r, fs_desk *d, const fs_seats *l, const void **frames)
{
    const fspec_frontend *plan = r->plan;
    const int64_t n = plan->framing.length;
    const int noisy = plan->dither > 0;
    if (find_together(r, d, l, frames))
        return;
    for (size_t i = 0; i < l->k->lanes; i++) {
        frames[i] = i >= l->n ? frames[0] : noisy ? NULL : direct(r, l, i, frame_begin(r, l, i), n);
        if (!frames[i]) {
            void *room = element(plan, d->span, (int64_t)i * n);
            fs_fetch(&plan->framing, source_of(r, l, i), frame_begin(r, l, i), n, room, plan->is_double, plan->input_scale);
            if (noisy)
                add_noise(r, d, r->items[l->item[i]].channel, l->frame[i], room);
            frames[i] = room;
        }
    }
}

/* ---- row engines -------------------------------------------------------------------------------------------------- */

static void *framed_row(const fs_run *r, const fs_desk *d, size_t i)
{
    return element(r->plan, d->framed, (int64_t)i * (r->plan->framing.n_fft + FS_MAX_LANES));
}

/* The frames of a block, conditioned, one per row of d->framed. */
static void condition_rows(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const int64_t n = plan->framing.length;
    const void *frames[FS_MAX_LANES];
    void *rows[FS_MAX_LANES];
    find_frames(r, d, l, frames);
    l->k->fft_gather(d->panel, frames, (size_t)n, l->k->lanes);
    l->k->condition(d->panel, l->k->lanes, (size_t)n, &plan->condition, d->energy);
    for (size_t i = 0; i < l->k->lanes; i++) {
        rows[i] = framed_row(r, d, i);
        memset(element(plan, rows[i], n), 0, (size_t)(plan->framing.n_fft - n) * l->k->real_size);
    }
    l->k->lanes_to_rows(rows, d->panel, (size_t)n, l->k->lanes);
}

/* Fetches the frame of lane `i` and as many of the following lanes' as are its successors and find room. */
static const void *fetch_span(const fs_run *r, fs_desk *d, const fs_seats *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    const fs_framing *f = &plan->framing;
    const int64_t begin = frame_begin(r, l, i), rest = f->n_fft - f->length;
    int64_t end = begin + f->n_fft;
    for (size_t k = i + 1; k < l->n && l->item[k] == l->item[i] && f->hop < f->n_fft; k++) {
        if (end + f->hop - begin > r->span_samples)
            break;
        end += f->hop;
    }
    fs_fetch(f, source_of(r, l, i), begin, end - rest - begin, d->span, plan->is_double, plan->input_scale);
    memset(element(plan, d->span, end - rest - begin), 0, (size_t)rest * l->k->real_size);
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
    const void *p = direct(r, l, i, begin, n);
    if (p)
        return p;
    if (d->span_item == l->item[i] && begin >= d->span_begin && begin + n <= d->span_end)
        return element(plan, d->span, begin - d->span_begin);
    return fetch_span(r, d, l, i);
}

static void transform_row(const fs_run *r, fs_desk *d, const fs_seats *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    const void *samples = plan->conditions ? framed_row(r, d, i) : frame_samples(r, d, l, i);
    l->k->multiply(d->frame, samples, plan->window, (size_t)plan->framing.n_fft);
    fs_fft_forward(plan->fft, d->frame, d->spectrum);
}

static void power_rows(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const size_t row_bytes = (size_t)r->pitch * l->k->real_size;
    const double power = plan->magnitude_eps > 0 ? 2 : plan->power;
    if (plan->conditions)
        condition_rows(r, d, l);
    for (size_t i = 0; i < l->k->lanes; i++) {
        char *row = (char *)d->rows + i * row_bytes;
        if (i < l->n) {
            transform_row(r, d, l, i);
            l->k->power(row, d->spectrum, (size_t)plan->n_bins, power);
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
    const void *samples = direct(r, l, 0, begin, reach);
    if (!samples) {
        const int64_t needed = plan->framing.length + ((int64_t)l->n - 1) * plan->framing.hop;
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
    const int64_t n = plan->framing.length;
    const size_t pitch = l->k->lanes == 1 ? 1 : plan->lanes->kernels->lanes;
    const void *frames[FS_MAX_LANES];
    find_frames(r, d, l, frames);
    l->k->fft_gather(d->fft.panel, frames, (size_t)n, pitch);
    if (plan->conditions)
        l->k->condition(d->fft.panel, pitch, (size_t)n, &plan->condition, d->energy);
    if (n < plan->framing.n_fft)
        memset(element(plan, d->fft.panel, n * (int64_t)pitch), 0,
               (size_t)(plan->framing.n_fft - n) * pitch * l->k->real_size);
}

/* One frame, from where it stands if possible. */
static void transform_lone(const fs_run *r, fs_desk *d, const fs_seats *l, void *out, int as_power)
{
    const fspec_frontend *plan = r->plan;
    const int64_t n = plan->framing.n_fft;
    const void *samples = plan->conditions ? NULL : direct(r, l, 0, frame_begin(r, l, 0), n);
    if (!samples && !plan->conditions && plan->framing.length == n) {
        find_frames(r, d, l, &samples);
    } else if (!samples) {
        gather(r, d, l);
        samples = d->fft.panel;
    }
    fs_lone_forward(plan->lone, &d->fft, samples, out, as_power);
}

static void transform_lanes(const fs_run *r, fs_desk *d, const fs_seats *l, void *out, int as_power)
{
    const fs_lanes *lanes = r->plan->lanes;
    if (l->k->lanes == 1) {
        transform_lone(r, d, l, out, as_power);
        return;
    }
    const int shared = l->item[0] == l->item[l->n - 1] && fs_lanes_spreads(lanes) && !r->plan->conditions;
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

/* |X|^2 to the plan's power, over the plan's smallest. */
static void lift(const fspec_frontend *plan, const fs_desk *d, const fs_seats *l)
{
    if (plan->magnitude_eps > 0)
        l->k->lift_power(d->block, (size_t)plan->n_bins * l->k->lanes, plan->magnitude_eps, plan->magnitude_eps_max,
                         plan->power);
}

void fs_power_block(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    if (r->items[0].spectra) {
        given_powers(r, d, l);
    } else if (!plan->lanes) {
        power_rows(r, d, l);
        lift(plan, d, l);
    } else if (plan->power == 2 || plan->magnitude_eps > 0) {
        transform_lanes(r, d, l, d->block, 1);
        lift(plan, d, l);
    } else {
        transform_lanes(r, d, l, d->complex_block, 0);
        l->k->block_power(d->block, d->complex_block, (size_t)plan->n_bins, plan->power);
    }
    if (l->k->lanes == 1) /* for `project` */
        memset(element(plan, d->block, plan->n_bins), 0, 4 * l->k->real_size);
}

void fs_bins_block(const fs_run *r, fs_desk *d, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    const void *rows[FS_MAX_LANES];
    if (plan->lanes) {
        transform_lanes(r, d, l, d->complex_block, 0);
        return;
    }
    for (size_t i = 0; i < l->k->lanes; i++) {
        rows[i] = element(plan, d->rows, 2 * r->pitch * (int64_t)(i < l->n ? i : 0));
        if (i < l->n) {
            transform_row(r, d, l, i);
            memcpy((void *)(uintptr_t)rows[i], d->spectrum, (size_t)plan->n_bins * 2 * l->k->real_size);
        }
    }
    l->k->rows_to_complex(d->complex_block, rows, (size_t)plan->n_bins);
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
