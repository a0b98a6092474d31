/* The fused pipeline at work: blocks of frames through the rooms, to the output. SPDX-License-Identifier: BSD-3-Clause
 *
 * The frames of all items are numbered through. A block is the next W of them, one per lane, so that the last frames of one
 * signal share a block with the first of the next. */
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "blocks.h"
#include "normalise.h"
#include "pool.h"
#include "speech_stages.h"

enum {
    PIECE_SAMPLES = 1 << 18, /* work between two looks at the cancel callback */
    MAX_GRAIN = 16
};

fspec_status fs_check_out_dtype(const fspec_frontend *plan, fspec_dtype out_dtype)
{
    int is_complex = out_dtype == FSPEC_COMPLEX64 || out_dtype == FSPEC_COMPLEX128;
    int is_real = out_dtype == FSPEC_FLOAT32 || out_dtype == FSPEC_FLOAT64;
    return (plan->output == FSPEC_OUT_COMPLEX ? is_complex : is_real) ? FSPEC_OK : FSPEC_BAD_DATA_TYPE;
}

static double as_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void raise_to(_Atomic uint64_t *slot, double x)
{
    uint64_t old = atomic_load_explicit(slot, memory_order_relaxed), bits;
    memcpy(&bits, &x, sizeof bits);
    while (as_double(old) < x)
        if (atomic_compare_exchange_weak_explicit(slot, &old, bits, memory_order_relaxed, memory_order_relaxed))
            break;
}

static _Atomic uint64_t *slot_of(const fs_run *r, int64_t item)
{
    return r->largest + (r->call->whole_array ? 0 : item);
}

/* ---- scratch ------------------------------------------------------------------------------------------------------ */

int fs_needs_largest(const fspec_frontend *plan)
{
    return plan->top_db >= 0 || plan->ref_max;
}

void fs_lay_out_spectra(const fspec_frontend *plan, fs_arena *arena, int bins, fs_desk *d)
{
    const int64_t w = (int64_t)plan->kernels->lanes, pitch = fs_row_pitch(plan);
    const size_t size = plan->kernels->real_size;
    const int is_complex = bins || plan->output == FSPEC_OUT_COMPLEX;
    *d = (fs_desk){.span_item = -1};
    d->span = fs_take(arena, plan->span_length, size);
    if (plan->lanes) {
        fs_lanes_take(plan->lanes, arena, 1, &d->fft);
        if (is_complex || plan->power != 2)
            d->complex_block = fs_take(arena, 2 * w * plan->n_bins, size);
    } else {
        d->complex_block = bins ? fs_take(arena, 2 * w * plan->n_bins, size) : NULL;
        d->frame = fs_take(arena, plan->framing.n_fft + 2, size);
        d->spectrum = fs_take(arena, 2 * pitch, size);
        d->rows = fs_take(arena, w * pitch, is_complex ? 2 * size : size);
    }
    if (plan->conditions) {
        if (!plan->lanes) {
            d->panel = fs_take(arena, w * plan->framing.length, size);
            d->framed = fs_take(arena, w * (plan->framing.n_fft + FS_MAX_LANES), size);
        }
        d->energy = fs_take(arena, w, size);
        if (plan->dither > 0)
            d->noise = fs_take(arena, 4 * FS_NOISE_PAIRS, sizeof *d->noise);
    }
    if (!is_complex)
        d->block = fs_take(arena, w * plan->n_bins, size);
}

void fs_lay_out_bands(const fspec_frontend *plan, fs_arena *arena, fs_desk *d)
{
    const int64_t w = (int64_t)plan->kernels->lanes;
    const size_t size = plan->kernels->real_size;
    if (plan->output >= FSPEC_OUT_BANDS)
        d->banded = fs_take(arena, w * (plan->n_bands + 1), size);
    if (plan->output == FSPEC_OUT_CEPSTRUM)
        d->mixed = fs_take(arena, w * plan->n_out, size);
}

static void lay_out_desk(const fspec_frontend *plan, fs_arena *arena, fs_desk *d)
{
    fs_lay_out_spectra(plan, arena, 0, d);
    fs_lay_out_bands(plan, arena, d);
}

/* The same for frames that are done one by one; kernels may write a vector too much of powers. */
static void lay_out_lone_desk(const fspec_frontend *plan, fs_arena *arena, fs_desk *d)
{
    const size_t size = plan->kernels->real_size;
    *d = (fs_desk){.span_item = -1};
    d->span = fs_take(arena, plan->framing.n_fft, size);
    fs_lone_take(plan->lone, arena, &d->fft);
    if (plan->output == FSPEC_OUT_COMPLEX || plan->power != 2)
        d->complex_block = fs_take(arena, 2 * plan->n_bins, size);
    d->energy = plan->conditions ? fs_take(arena, 1, size) : NULL;
    d->noise = plan->dither > 0 ? fs_take(arena, 4 * FS_NOISE_PAIRS, sizeof *d->noise) : NULL;
    d->block = fs_take(arena, plan->n_bins + FS_MAX_LANES, size);
    d->banded = fs_take(arena, plan->n_bands + 1, size);
    d->mixed = fs_take(arena, plan->n_out, size);
}

int64_t fs_most_alone(const fspec_frontend *plan)
{
    return plan->lone ? ((int64_t)plan->lone->kernels->lone_width + 1) / 2 : 0;
}

void fs_frontend_measure(fspec_frontend *plan)
{
    fs_arena arena = {0}, lone = {0};
    fs_desk unused;
    plan->span_length = fs_span_length(plan);
    lay_out_desk(plan, &arena, &unused);
    if (plan->lone)
        lay_out_lone_desk(plan, &lone, &unused);
    plan->lone_desk_bytes = lone.overflow ? SIZE_MAX : lone.used;
    /* More frames must not need less. */
    plan->desk_bytes = arena.overflow ? SIZE_MAX : arena.used < lone.used ? lone.used : arena.used;
}

static void lay_out(const fspec_frontend *plan, fs_arena *arena, int n_workers, int64_t n_items, int64_t n_frames, fs_run *r)
{
    const int lone = n_frames <= fs_most_alone(plan) && !(r && r->sink && r->sink->take_block);
    const size_t desk_bytes = lone ? plan->lone_desk_bytes : plan->desk_bytes;
    fs_desk *desks = fs_take(arena, n_workers, sizeof *desks);
    int64_t *first_frame = fs_take(arena, n_items + 1, sizeof *first_frame);
    void *largest = fs_needs_largest(plan) ? fs_take(arena, n_items, sizeof(uint64_t)) : NULL;
    float *keys = plan->output == FSPEC_OUT_CEPSTRUM && plan->top_db >= 0 ? fs_take(arena, n_frames, sizeof *keys) : NULL;
    char *rooms = fs_take(arena, n_workers, desk_bytes);
    if (arena->base) {
        for (int i = 0; i < n_workers; i++) {
            fs_arena room = {.base = rooms + (size_t)i * desk_bytes};
            if (lone)
                lay_out_lone_desk(plan, &room, &desks[i]);
            else
                lay_out_desk(plan, &room, &desks[i]);
        }
        r->desks = desks;
        r->first_frame = first_frame;
        r->largest = largest;
        r->keys = keys;
    }
}

static int measure(const fspec_frontend *plan, int64_t n_items, int64_t n_frames, int n_workers, fs_run *r, size_t *bytes)
{
    fs_arena arena = {0};
    lay_out(plan, &arena, n_workers, n_items, n_frames, r);
    *bytes = arena.used;
    return !arena.overflow;
}

int fs_frontend_scratch(const fspec_frontend *plan, int64_t n_items, int64_t n_frames, int n_workers, size_t *bytes)
{
    return measure(plan, n_items, n_frames, n_workers, NULL, bytes);
}

int64_t fs_n_blocks(const fspec_frontend *plan, int64_t n_frames)
{
    const int64_t w = (int64_t)plan->kernels->lanes;
    return n_frames / w + (n_frames % w != 0);
}

/* ---- the rooms, block by block ------------------------------------------------------------------------------------ */

/* Frame t of the item goes to column t - first. */
void fs_seat_lanes(const fs_run *r, int64_t block, fs_seats *l)
{
    const int64_t w = (int64_t)r->plan->kernels->lanes, begin = block * w;
    int64_t low = 0, high = r->n_items;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (r->first_frame[middle] <= begin)
            low = middle;
        else
            high = middle;
    }
    l->begin = begin;
    l->n = (size_t)(r->n_frames - begin < w ? r->n_frames - begin : w);
    l->k = r->plan->kernels;
    if (l->n <= l->k->narrow->lanes)
        l->k = l->k->narrow;
    for (size_t i = 0; i < l->n; i++) {
        while (begin + (int64_t)i >= r->first_frame[low + 1])
            low++;
        const fs_item *item = &r->items[low];
        const int64_t column = begin + (int64_t)i - r->first_frame[low];
        l->item[i] = low;
        l->frame[i] = item->first + column;
        l->out[i] = (char *)item->out.data + column * item->out.frame_stride;
    }
}

static double lane_value(const fspec_frontend *plan, const void *values, size_t lane)
{
    return plan->is_double ? ((const double *)values)[lane] : (double)((const float *)values)[lane];
}

static void set_lane(const fspec_frontend *plan, void *values, size_t lane, double x)
{
    if (plan->is_double)
        ((double *)values)[lane] = x;
    else
        ((float *)values)[lane] = (float)x;
}

static float round_down(double x)
{
    float y = (float)x;
    return (double)y > x ? nextafterf(y, -INFINITY) : y;
}

/* top_db before the DCT, when the largest value of the signal is not known yet: clip by the largest so far, and note the
 * smallest value that is left. The frame is right as it is if that is not under the final threshold, since thresholds only
 * rise; otherwise the second pass does it again. */
static void clip_so_far(const fs_run *r, const fs_seats *l, void *banded)
{
    const fspec_frontend *plan = r->plan;
    _Alignas(FS_ALIGN) char least[FS_MAX_LANES * 8], most[FS_MAX_LANES * 8], floor[FS_MAX_LANES * 8] = {0};
    l->k->extremes(banded, (size_t)plan->n_bands, least, most);
    for (size_t i = 0; i < l->n; i++)
        raise_to(slot_of(r, l->item[i]), lane_value(plan, most, i));
    for (size_t i = 0; i < l->n; i++) {
        double largest = as_double(atomic_load_explicit(slot_of(r, l->item[i]), memory_order_relaxed));
        double threshold = fs_top_db_floor(largest, plan->top_db, plan->is_double), low = lane_value(plan, least, i);
        r->keys[l->begin + (int64_t)i] = round_down(low > threshold ? low : threshold);
        set_lane(plan, floor, i, threshold);
    }
    l->k->clip_lanes(banded, (size_t)plan->n_bands, floor);
}

static void clip_finally(const fs_run *r, const fs_seats *l, void *banded)
{
    const fspec_frontend *plan = r->plan;
    _Alignas(FS_ALIGN) char floor[FS_MAX_LANES * 8] = {0};
    for (size_t i = 0; i < l->n; i++)
        set_lane(plan, floor, i,
                 fs_top_db_floor(as_double(atomic_load(slot_of(r, l->item[i]))), plan->top_db, plan->is_double));
    l->k->clip_lanes(banded, (size_t)plan->n_bands, floor);
}

static void note_largest(const fs_run *r, const fs_seats *l, const void *banded)
{
    const fspec_frontend *plan = r->plan;
    _Alignas(FS_ALIGN) char least[FS_MAX_LANES * 8], most[FS_MAX_LANES * 8];
    l->k->extremes(banded, (size_t)plan->n_bands, least, most);
    for (size_t i = 0; i < l->n; i++)
        raise_to(slot_of(r, l->item[i]), lane_value(plan, most, i));
}

/* The row of the energy, in a block of the output. */
static void put_energy(const fs_run *r, const fs_desk *d, const fs_seats *l, void *rows)
{
    const fspec_frontend *plan = r->plan;
    const fs_log_spec log = {FSPEC_LOG_LN, plan->energy_floor, 0};
    char *row = (char *)rows + (size_t)plan->energy_row * l->k->lanes * l->k->real_size;
    memcpy(row, d->energy, l->k->lanes * l->k->real_size);
    l->k->compress(row, l->k->lanes, &log);
}

void fs_banded_block(const fs_run *r, fs_desk *d, const fs_seats *l, const void *projected)
{
    const fspec_frontend *plan = r->plan;
    const fs_kernels *k = l->k;
    const int is_cepstrum = plan->output == FSPEC_OUT_CEPSTRUM;
    const size_t n_values = (size_t)plan->n_bands * k->lanes, skip = (size_t)plan->first_row * k->lanes * k->real_size;
    _Alignas(FS_ALIGN) char floor[FS_MAX_LANES * 8];
    char *bands = (char *)d->banded + (is_cepstrum ? 0 : skip);
    if (projected)
        memcpy(bands, projected, n_values * k->real_size);
    else
        k->project(bands, d->block, &plan->bands);
    if (plan->log_add > 0)
        k->affine(bands, n_values, plan->log_multiplier, plan->log_add);
    k->compress(bands, n_values, &plan->log);
    if (plan->log_floor > -INFINITY && !plan->ref_max) { /* relative to the largest value, it waits for it */
        for (size_t i = 0; i < k->lanes; i++)
            set_lane(plan, floor, i, plan->log_floor);
        k->clip_lanes(bands, (size_t)plan->n_bands, floor);
    }
    if (!is_cepstrum && r->largest)
        note_largest(r, l, bands);
    else if (r->final)
        clip_finally(r, l, bands);
    else if (r->largest)
        clip_so_far(r, l, bands);
    if (plan->scale[0] && !plan->stages.pcen && (is_cepstrum || !r->largest))
        k->affine_rows(bands, (size_t)plan->n_bands, plan->scale[plan->is_double], plan->offset[plan->is_double]);
    if (is_cepstrum)
        k->mix((char *)d->mixed + skip, bands, k->lanes == 1 ? plan->lone_dct : plan->dct, (size_t)plan->n_ceps,
               (size_t)plan->n_bands);
    else
        fs_normalise(bands, l->n, 1, (size_t)plan->n_bands, (ptrdiff_t)k->lanes, plan->is_double, plan->frame_norm,
                     plan->frame_norm_p);
    if (plan->energy_row >= 0)
        put_energy(r, d, l, is_cepstrum ? d->mixed : d->banded);
    fs_store_block(r, l, is_cepstrum ? d->mixed : d->banded, plan->n_out);
}

int fs_is_settled(const fs_run *r, const fs_seats *l)
{
    const fspec_frontend *plan = r->plan;
    for (size_t i = 0; i < l->n; i++) {
        double largest = as_double(atomic_load_explicit(slot_of(r, l->item[i]), memory_order_relaxed));
        if ((double)r->keys[l->begin + (int64_t)i] < fs_top_db_floor(largest, plan->top_db, plan->is_double))
            return 0;
    }
    return 1;
}

static fspec_status do_block(const fs_run *r, fs_desk *d, int worker, const fs_seats *l)
{
    if (r->final && fs_is_settled(r, l))
        return FSPEC_OK;
    if (r->plan->output == FSPEC_OUT_COMPLEX) {
        fs_complex_block(r, d, l);
        for (size_t i = 0; r->sink && i < l->n; i++)
            r->sink->take(r->sink->context, l->frame[i], l->out[i]);
        return FSPEC_OK;
    }
    fs_power_block(r, d, l);
    if (r->sink)
        return r->sink->take_block(r->sink->context, worker, l, d->block);
    if (r->plan->output == FSPEC_OUT_SPECTRUM)
        fs_store_block(r, l, d->block, r->plan->n_bins);
    else
        fs_banded_block(r, d, l, NULL);
    return FSPEC_OK;
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const fs_run *r = context;
    const fs_lone *lone = r->sink && r->sink->take_block ? NULL : r->plan->lone;
    fs_desk *d = &r->desks[worker];
    fs_seats l;
    for (int64_t block = begin; block < end; block++) {
        fs_seat_lanes(r, block, &l);
        const size_t n = l.n;
        const int one_by_one = lone && (int64_t)n <= fs_most_alone(r->plan);
        for (size_t i = 0; i < (one_by_one ? n : 1); i++) {
            if (one_by_one) {
                l.k = lone->kernels;
                l.n = 1;
                l.item[0] = l.item[i];
                l.frame[0] = l.frame[i];
                l.out[0] = l.out[i];
                l.begin += i > 0;
            }
            const fspec_status status = do_block(r, d, worker, &l);
            if (status != FSPEC_OK)
                return status;
        }
    }
    return FSPEC_OK;
}

int64_t fs_grain(const fspec_frontend *plan, int64_t blocks, int n_workers)
{
    if (blocks == 1)
        return 1;
    int64_t g = PIECE_SAMPLES / ((int64_t)plan->kernels->lanes * plan->framing.n_fft), even = blocks / (4 * n_workers);
    if (g > MAX_GRAIN)
        g = MAX_GRAIN;
    if (g > even)
        g = even;
    return g < 1 ? 1 : g;
}

void fs_begin_largest(fs_run *r)
{
    const double none = -INFINITY;
    uint64_t bits;
    memcpy(&bits, &none, sizeof bits);
    for (int64_t i = 0; i < r->n_items; i++)
        atomic_init(&r->largest[i], bits);
}

static fspec_status execute(fs_run *r, int n_workers, int64_t blocks)
{
    const fspec_frontend *plan = r->plan;
    const int64_t g = fs_grain(plan, blocks, n_workers);
    if (r->largest)
        fs_begin_largest(r);
    fspec_status status = fs_parallel(r->call, n_workers, blocks, g, work, r);
    if (status != FSPEC_OK || !r->largest)
        return status;
    if (plan->output == FSPEC_OUT_CEPSTRUM) {
        r->final = 1;
        return fs_parallel(r->call, n_workers, blocks, g, work, r);
    }
    return fs_whole_signal(plan, r->items, r->n_items, r->first_frame, (const double *)(const void *)r->largest, r->out_dtype,
                           r->call);
}

fspec_status fs_frontend_run(const fspec_frontend *plan, const fs_item *items, int64_t n_items, fspec_dtype out_dtype,
                             const fs_sink *sink, const fspec_call *call)
{
    fs_run r = {.plan = plan, .items = items, .n_items = n_items, .call = call, .sink = sink, .out_dtype = out_dtype};
    r.out_size = (int64_t)fs_element_size(out_dtype);
    r.pitch = fs_row_pitch(plan);
    r.span_samples = plan->span_length;
    for (int64_t i = 0; i < n_items; i++)
        if (__builtin_add_overflow(r.n_frames, items[i].n_frames, &r.n_frames))
            return FSPEC_TOO_LARGE;
    if (r.n_frames == 0)
        return FSPEC_OK;
    const int64_t blocks = fs_n_blocks(plan, r.n_frames);
    const int n_workers = fs_worker_count(call, blocks);
    size_t bytes;
    if (!measure(plan, n_items, r.n_frames, n_workers, &r, &bytes))
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    fspec_status status = fs_call_scratch(call, bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    fs_arena arena = {.base = scratch.base};
    lay_out(plan, &arena, n_workers, n_items, r.n_frames, &r);
    int64_t *first_frame = (int64_t *)(uintptr_t)r.first_frame;
    first_frame[0] = 0;
    for (int64_t i = 0; i < n_items; i++)
        first_frame[i + 1] = first_frame[i] + items[i].n_frames;
    status = execute(&r, n_workers, blocks);
    fs_call_release(&scratch);
    return status;
}

static fspec_status check_call(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n,
                               fspec_dtype out_dtype)
{
    if (!plan || n < 0 || (n > 0 && (!signals || !out)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n; i++) {
        int64_t extent, n_frames;
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || signals[i].n_samples > INT64_MAX / 4 || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if ((n_frames = fspec_frontend_n_frames(plan, signals[i].n_samples)) == 0)
            return FSPEC_TOO_SHORT;
        if (!signals[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (__builtin_mul_overflow(signals[i].n_samples, signals[i].stride, &extent)
            || !fs_fits(&out[i], plan->n_features, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return fs_check_out_dtype(plan, out_dtype);
}

size_t fspec_frontend_scratch(const fspec_frontend *plan, int64_t n_signals, int64_t n_frames, int32_t n_threads)
{
    fspec_call call;
    size_t bytes, items;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    if (n_signals < 0 || n_frames < 0 || !fs_size(n_signals, sizeof(fs_item), 3 * FS_ALIGN, &items)
        || !fs_frontend_scratch(plan, n_signals, n_frames, fs_worker_count(&call, fs_n_blocks(plan, n_frames)), &bytes)
        || __builtin_add_overflow(bytes, items, &bytes))
        return 0;
    return bytes;
}

/* Room for the items of a call: one in `one`, more in scratch, the beginning of the call's own if it has any. */
static fspec_status take_items(int64_t n, fs_item *one, fspec_call *call, fs_item **items, fs_scratch *scratch)
{
    size_t bytes;
    *scratch = (fs_scratch){0};
    *items = one;
    if (!fs_size(n, sizeof(fs_item), 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!call->scratch && n <= 1)
        return FSPEC_OK;
    const fspec_status status = fs_call_scratch(call, bytes, scratch);
    if (status != FSPEC_OK)
        return status;
    *items = (fs_item *)(void *)scratch->base;
    if (call->scratch) {
        const size_t used = (size_t)(scratch->base - (char *)call->scratch) + bytes;
        call->scratch = (char *)call->scratch + used;
        call->scratch_size -= used;
    }
    return FSPEC_OK;
}

fspec_status fspec_frontend_exec_spectra(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype,
                                         int64_t n_frames, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype,
                                         const fspec_call *call)
{
    fspec_call full;
    fs_item one, *items;
    fs_scratch scratch;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!plan || n_signals < 0 || n_frames < 0 || (n_signals > 0 && (!spectra || !out)))
        return FSPEC_BAD_ARGUMENT;
    if (plan->output < FSPEC_OUT_BANDS || plan->energy_row >= 0)
        return FSPEC_BAD_OUTPUT;
    if ((dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64) || fs_check_out_dtype(plan, out_dtype) != FSPEC_OK)
        return FSPEC_BAD_DATA_TYPE;
    for (int64_t i = 0; i < n_signals && n_frames > 0; i++) {
        if (!spectra[i].data || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&spectra[i], plan->n_bins, n_frames) || !fs_fits(&out[i], plan->n_features, n_frames))
            return FSPEC_TOO_LARGE;
    }
    status = take_items(n_signals, &one, &full, &items, &scratch);
    if (status != FSPEC_OK)
        return status;
    for (int64_t i = 0; i < n_signals; i++)
        items[i] = (fs_item){.spectra = &spectra[i],
                             .spectra_double = dtype == FSPEC_FLOAT64,
                             .n_frames = n_frames,
                             .out = out[i]};
    status = fs_features_run(plan, items, n_signals, out_dtype, &full);
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_frontend_exec(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out,
                                 int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    fs_item one, *items;
    fs_scratch scratch;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(plan, signals, out, n_signals, out_dtype);
    if (status == FSPEC_OK)
        status = fspec_check_finite(signals, n_signals, &full);
    if (status != FSPEC_OK)
        return status;
    status = take_items(n_signals, &one, &full, &items, &scratch);
    if (status != FSPEC_OK)
        return status;
    for (int64_t i = 0; i < n_signals; i++)
        items[i] = (fs_item){.source = {signals[i], 0, signals[i].n_samples},
                             .n_frames = fs_n_frames(&plan->framing, signals[i].n_samples),
                             .out = out[i],
                             .channel = i};
    status = fs_features_run(plan, items, n_signals, out_dtype, &full);
    fs_call_release(&scratch);
    return status;
}
