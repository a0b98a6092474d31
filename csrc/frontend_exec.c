/* The fused pipeline at work: blocks of frames through the rooms, to the output. SPDX-License-Identifier: BSD-3-Clause
 *
 * The frames of all items are numbered through. A block is the next W of them, one per lane, so that the last frames of one
 * signal share a block with the first of the next. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "arrays.h"
#include "frontend.h"

enum {
    SPAN_SAMPLES = 1 << 15,  /* converted or padded samples that a worker holds at a time */
    PIECE_SAMPLES = 1 << 18, /* work between two looks at the cancel callback */
    MAX_GRAIN = 16
};

/* One worker's scratch. */
typedef struct desk {
    void *span;                      /* samples [span_begin, span_end) of item span_item, converted, edges included */
    void *frame, *spectrum;          /* the FFT's rows */
    void *rows;                      /* one row per lane: powers, or complex spectra to be stored bin by bin */
    void *block, *banded, *mixed;    /* [row][lane] */
    int64_t span_item, span_begin, span_end;
} desk;

typedef struct run {
    const fspec_frontend *plan;
    const fs_item *items;
    const int64_t *first_frame; /* of each item, n_items + 1 */
    int64_t n_items, n_frames, pitch, span_samples;
    const fspec_call *call;
    fspec_dtype out_dtype;
    size_t out_size;
    desk *desks;
    _Atomic uint64_t *largest; /* per item, or one: the bits of a double */
    float *keys;               /* per frame, for the threshold of the cepstrum */
    int final;                 /* second pass of the cepstrum: `largest` is final */
} run;

/* The lanes of one block. */
typedef struct lanes {
    size_t n;
    int64_t item[FS_MAX_LANES], frame[FS_MAX_LANES]; /* frame: within the item's channel */
    char *out[FS_MAX_LANES];
} lanes;

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

static _Atomic uint64_t *slot_of(const run *r, int64_t item)
{
    return r->largest + (r->call->whole_array ? 0 : item);
}

/* ---- scratch ------------------------------------------------------------------------------------------------------ */

static int needs_largest(const fspec_frontend *plan)
{
    return plan->top_db >= 0 || plan->ref_max;
}

/* Rows of the spectrum hold whole vectors, and are spread over the cache's sets. */
static int64_t row_pitch(const fspec_frontend *plan)
{
    int64_t pitch = (plan->n_bins + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
    return pitch % 512 == 0 ? pitch + FS_MAX_LANES : pitch;
}

static int64_t span_length(const fspec_frontend *plan)
{
    return plan->framing.n_fft > SPAN_SAMPLES ? plan->framing.n_fft : SPAN_SAMPLES;
}

static void lay_out_desk(const fspec_frontend *plan, fs_arena *arena, desk *d)
{
    const int64_t w = (int64_t)plan->kernels->lanes, pitch = row_pitch(plan);
    const size_t size = plan->kernels->real_size;
    desk unused;
    if (!d)
        d = &unused;
    *d = (desk){.span_item = -1};
    d->span = fs_take(arena, span_length(plan), size);
    d->frame = fs_take(arena, plan->framing.n_fft + 2, size);
    d->spectrum = fs_take(arena, 2 * pitch, size);
    d->rows = fs_take(arena, w * pitch, plan->output == FSPEC_OUT_COMPLEX ? 2 * size : size);
    if (plan->output == FSPEC_OUT_COMPLEX)
        return;
    d->block = fs_take(arena, w * plan->n_bins, size);
    if (plan->output >= FSPEC_OUT_BANDS)
        d->banded = fs_take(arena, w * plan->n_bands, size);
    if (plan->output == FSPEC_OUT_CEPSTRUM)
        d->mixed = fs_take(arena, w * plan->n_out, size);
}

static void lay_out(const fspec_frontend *plan, fs_arena *arena, int n_workers, int64_t n_items, int64_t n_frames, run *r)
{
    desk *desks = fs_take(arena, n_workers, sizeof *desks);
    int64_t *first_frame = fs_take(arena, n_items + 1, sizeof *first_frame);
    void *largest = needs_largest(plan) ? fs_take(arena, n_items, sizeof(uint64_t)) : NULL;
    float *keys = plan->output == FSPEC_OUT_CEPSTRUM && plan->top_db >= 0 ? fs_take(arena, n_frames, sizeof *keys) : NULL;
    for (int i = 0; i < n_workers; i++)
        lay_out_desk(plan, arena, r ? &desks[i] : NULL);
    if (r) {
        r->desks = desks;
        r->first_frame = first_frame;
        r->largest = largest;
        r->keys = keys;
    }
}

int fs_frontend_scratch(const fspec_frontend *plan, int64_t n_items, int64_t n_frames, int n_workers, size_t *bytes)
{
    fs_arena arena = {0};
    lay_out(plan, &arena, n_workers, n_items, n_frames, NULL);
    *bytes = arena.used;
    return !arena.overflow;
}

static int64_t n_blocks(const fspec_frontend *plan, int64_t n_frames)
{
    const int64_t w = (int64_t)plan->kernels->lanes;
    return n_frames / w + (n_frames % w != 0);
}

/* ---- one frame's spectrum ----------------------------------------------------------------------------------------- */

/* Fetches the frame of lane `i` and as many of the following lanes' as are its successors and find room. */
static const void *fetch_span(const run *r, desk *d, const lanes *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    const fs_framing *f = &plan->framing;
    const int64_t begin = l->frame[i] * f->hop - f->pad;
    int64_t end = begin + f->n_fft;
    for (size_t k = i + 1; k < l->n && l->item[k] == l->item[i] && f->hop < f->n_fft; k++) {
        if (end + f->hop - begin > r->span_samples)
            break;
        end += f->hop;
    }
    fs_fetch(f, &r->items[l->item[i]].source, begin, end - begin, d->span, plan->is_double, plan->input_scale);
    d->span_item = l->item[i];
    d->span_begin = begin;
    d->span_end = end;
    return d->span;
}

/* Where the samples of lane i's frame stand: in the signal itself if possible. */
static const void *frame_samples(const run *r, desk *d, const lanes *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    const fs_framing *f = &plan->framing;
    const int64_t begin = l->frame[i] * f->hop - f->pad;
    const void *p = fs_direct(&r->items[l->item[i]].source, begin, f->n_fft, plan->is_double);
    if (p)
        return p;
    if (d->span_item == l->item[i] && begin >= d->span_begin && begin + f->n_fft <= d->span_end)
        return (const char *)d->span + (size_t)(begin - d->span_begin) * plan->kernels->real_size;
    return fetch_span(r, d, l, i);
}

static void transform(const run *r, desk *d, const lanes *l, size_t i)
{
    const fspec_frontend *plan = r->plan;
    plan->kernels->multiply(d->frame, frame_samples(r, d, l, i), plan->window, (size_t)plan->framing.n_fft);
    fs_fft_forward(plan->fft, d->frame, d->spectrum);
}

/* ---- stores ------------------------------------------------------------------------------------------------------- */

/* [row][lane] to the output. */
static void store_block(const run *r, const lanes *l, const void *block, int64_t n_rows)
{
    const fspec_frontend *plan = r->plan;
    const size_t w = plan->kernels->lanes, size = plan->kernels->real_size;
    const int out_double = r->out_dtype == FSPEC_FLOAT64, same = out_double == plan->is_double;
    const fspec_matrix *m = &r->items[l->item[0]].out;
    int alike = 1;
    for (size_t i = 1; i < l->n; i++) {
        const fspec_matrix *other = &r->items[l->item[i]].out;
        alike &= other->bin_stride == m->bin_stride;
    }
    if (same && alike && m->bin_stride == (int64_t)size) {
        plan->kernels->lanes_to_rows((void *const *)l->out, block, (size_t)n_rows, l->n);
    } else if (same && l->item[0] == l->item[l->n - 1] && m->frame_stride == (int64_t)size) {
        for (int64_t row = 0; row < n_rows; row++)
            memcpy(l->out[0] + row * m->bin_stride, (const char *)block + (size_t)row * w * size, l->n * size);
    } else {
        for (size_t i = 0; i < l->n; i++)
            fs_copy_values(l->out[i], r->items[l->item[i]].out.bin_stride, out_double, (const char *)block + i * size,
                           (int64_t)(w * size), plan->is_double, n_rows);
    }
}

static void store_complex_row(const run *r, const lanes *l, size_t i, const void *spectrum)
{
    const fspec_frontend *plan = r->plan;
    const int64_t size = (int64_t)plan->kernels->real_size, part = (int64_t)r->out_size / 2;
    const int64_t stride = r->items[l->item[i]].out.bin_stride;
    const int out_double = r->out_dtype == FSPEC_COMPLEX128;
    if (stride == 2 * part) {
        fs_copy_values(l->out[i], part, out_double, spectrum, size, plan->is_double, 2 * plan->n_bins);
    } else {
        fs_copy_values(l->out[i], stride, out_double, spectrum, 2 * size, plan->is_double, plan->n_bins);
        fs_copy_values(l->out[i] + part, stride, out_double, (const char *)spectrum + size, 2 * size, plan->is_double,
                       plan->n_bins);
    }
}

/* Bin by bin where the frames of a bin are neighbours: a cache line is then touched once for all lanes. */
static void store_complex_rows(const run *r, const desk *d, const lanes *l)
{
    const fspec_frontend *plan = r->plan;
    const size_t size = plan->kernels->real_size;
    for (int64_t bin = 0; bin < plan->n_bins; bin++)
        for (size_t i = 0; i < l->n; i++)
            memcpy(l->out[i] + bin * r->items[l->item[i]].out.bin_stride,
                   (const char *)d->rows + ((size_t)r->pitch * i + (size_t)bin) * 2 * size, 2 * size);
}

static void complex_block(const run *r, desk *d, const lanes *l)
{
    const fspec_frontend *plan = r->plan;
    const size_t size = plan->kernels->real_size;
    const int by_bins = r->out_size == 2 * size && r->items[l->item[0]].out.frame_stride == (int64_t)r->out_size;
    for (size_t i = 0; i < l->n; i++) {
        transform(r, d, l, i);
        if (by_bins)
            memcpy((char *)d->rows + (size_t)r->pitch * i * 2 * size, d->spectrum, (size_t)plan->n_bins * 2 * size);
        else
            store_complex_row(r, l, i, d->spectrum);
    }
    if (by_bins)
        store_complex_rows(r, d, l);
}

/* ---- the rooms, block by block ------------------------------------------------------------------------------------ */

/* Frame t of the item goes to column t - first. */
static void seat_lanes(const run *r, int64_t block, lanes *l)
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
    l->n = (size_t)(r->n_frames - begin < w ? r->n_frames - begin : w);
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
static void clip_so_far(const run *r, int64_t block, const lanes *l, void *banded)
{
    const fspec_frontend *plan = r->plan;
    _Alignas(FS_ALIGN) char least[FS_MAX_LANES * 8], most[FS_MAX_LANES * 8], floor[FS_MAX_LANES * 8] = {0};
    plan->kernels->extremes(banded, (size_t)plan->n_bands, least, most);
    for (size_t i = 0; i < l->n; i++)
        raise_to(slot_of(r, l->item[i]), lane_value(plan, most, i));
    for (size_t i = 0; i < l->n; i++) {
        double largest = as_double(atomic_load_explicit(slot_of(r, l->item[i]), memory_order_relaxed));
        double threshold = fs_top_db_floor(largest, plan->top_db, plan->is_double), low = lane_value(plan, least, i);
        r->keys[block * (int64_t)plan->kernels->lanes + (int64_t)i] = round_down(low > threshold ? low : threshold);
        set_lane(plan, floor, i, threshold);
    }
    plan->kernels->clip_lanes(banded, (size_t)plan->n_bands, floor);
}

static void clip_finally(const run *r, const lanes *l, void *banded)
{
    const fspec_frontend *plan = r->plan;
    _Alignas(FS_ALIGN) char floor[FS_MAX_LANES * 8] = {0};
    for (size_t i = 0; i < l->n; i++)
        set_lane(plan, floor, i,
                 fs_top_db_floor(as_double(atomic_load(slot_of(r, l->item[i]))), plan->top_db, plan->is_double));
    plan->kernels->clip_lanes(banded, (size_t)plan->n_bands, floor);
}

static void note_largest(const run *r, const lanes *l, const void *banded)
{
    const fspec_frontend *plan = r->plan;
    _Alignas(FS_ALIGN) char least[FS_MAX_LANES * 8], most[FS_MAX_LANES * 8];
    plan->kernels->extremes(banded, (size_t)plan->n_bands, least, most);
    for (size_t i = 0; i < l->n; i++)
        raise_to(slot_of(r, l->item[i]), lane_value(plan, most, i));
}

/* Powers that the caller brought, to [bin][lane]. */
static void given_block(const run *r, desk *d, const lanes *l)
{
    const fspec_frontend *plan = r->plan;
    const fs_kernels *k = plan->kernels;
    const int64_t step = (int64_t)(k->lanes * k->real_size);
    memset(d->block, 0, (size_t)plan->n_bins * (size_t)step);
    for (size_t i = 0; i < l->n; i++) {
        const fs_item *item = &r->items[l->item[i]];
        fs_copy_values((char *)d->block + i * k->real_size, step, plan->is_double,
                       (const char *)item->spectra->data + l->frame[i] * item->spectra->frame_stride,
                       item->spectra->bin_stride, item->spectra_double, plan->n_bins);
    }
}

/* Spectra of all lanes as [bin][lane] powers. */
static void spectrum_block(const run *r, desk *d, const lanes *l)
{
    const fspec_frontend *plan = r->plan;
    const fs_kernels *k = plan->kernels;
    if (r->items[0].spectra) {
        given_block(r, d, l);
        return;
    }
    const size_t row_bytes = (size_t)r->pitch * k->real_size;
    for (size_t i = 0; i < k->lanes; i++) {
        char *row = (char *)d->rows + i * row_bytes;
        if (i < l->n) {
            transform(r, d, l, i);
            k->power(row, d->spectrum, (size_t)plan->n_bins, plan->power);
        } else {
            memset(row, 0, row_bytes);
        }
    }
    k->rows_to_lanes(d->block, d->rows, (size_t)r->pitch, (size_t)plan->n_bins);
}

static void banded_block(const run *r, desk *d, int64_t block, const lanes *l)
{
    const fspec_frontend *plan = r->plan;
    const fs_kernels *k = plan->kernels;
    _Alignas(FS_ALIGN) char floor[FS_MAX_LANES * 8];
    k->project(d->banded, d->block, &plan->bands);
    k->compress(d->banded, (size_t)plan->n_bands * k->lanes, &plan->log);
    if (plan->log_floor > -INFINITY) {
        for (size_t i = 0; i < k->lanes; i++)
            set_lane(plan, floor, i, plan->log_floor);
        k->clip_lanes(d->banded, (size_t)plan->n_bands, floor);
    }
    if (plan->output == FSPEC_OUT_BANDS) {
        if (r->largest)
            note_largest(r, l, d->banded);
        store_block(r, l, d->banded, plan->n_bands);
        return;
    }
    if (r->final)
        clip_finally(r, l, d->banded);
    else if (r->largest)
        clip_so_far(r, block, l, d->banded);
    k->mix(d->mixed, d->banded, plan->dct, (size_t)plan->n_out, (size_t)plan->n_bands);
    store_block(r, l, d->mixed, plan->n_out);
}

/* Whether the final threshold changes anything in a block of the cepstrum. */
static int is_settled(const run *r, int64_t block, const lanes *l)
{
    const fspec_frontend *plan = r->plan;
    for (size_t i = 0; i < l->n; i++) {
        double largest = as_double(atomic_load_explicit(slot_of(r, l->item[i]), memory_order_relaxed));
        if ((double)r->keys[block * (int64_t)plan->kernels->lanes + (int64_t)i]
            < fs_top_db_floor(largest, plan->top_db, plan->is_double))
            return 0;
    }
    return 1;
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const run *r = context;
    desk *d = &r->desks[worker];
    lanes l;
    for (int64_t block = begin; block < end; block++) {
        seat_lanes(r, block, &l);
        if (r->final && is_settled(r, block, &l))
            continue;
        if (r->plan->output == FSPEC_OUT_COMPLEX) {
            complex_block(r, d, &l);
            continue;
        }
        spectrum_block(r, d, &l);
        if (r->plan->output == FSPEC_OUT_SPECTRUM)
            store_block(r, &l, d->block, r->plan->n_bins);
        else
            banded_block(r, d, block, &l);
    }
    return FSPEC_OK;
}

/* Blocks that a worker takes at a time: few enough to share the work evenly and to hear a cancel soon. */
static int64_t grain(const fspec_frontend *plan, int64_t blocks, int n_workers)
{
    int64_t g = PIECE_SAMPLES / ((int64_t)plan->kernels->lanes * plan->framing.n_fft), even = blocks / (4 * n_workers);
    if (g > MAX_GRAIN)
        g = MAX_GRAIN;
    if (g > even)
        g = even;
    return g < 1 ? 1 : g;
}

static fspec_status execute(run *r, int n_workers)
{
    const fspec_frontend *plan = r->plan;
    const int64_t blocks = n_blocks(plan, r->n_frames), g = grain(plan, blocks, n_workers);
    if (r->largest) {
        const double none = -INFINITY;
        uint64_t bits;
        memcpy(&bits, &none, sizeof bits);
        for (int64_t i = 0; i < r->n_items; i++)
            atomic_init(&r->largest[i], bits);
    }
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
                             const fspec_call *call)
{
    run r = {.plan = plan, .items = items, .n_items = n_items, .call = call, .out_dtype = out_dtype};
    r.out_size = fs_element_size(out_dtype);
    r.pitch = row_pitch(plan);
    r.span_samples = span_length(plan);
    for (int64_t i = 0; i < n_items; i++)
        if (__builtin_add_overflow(r.n_frames, items[i].n_frames, &r.n_frames))
            return FSPEC_TOO_LARGE;
    if (r.n_frames == 0)
        return FSPEC_OK;
    const int n_workers = fs_worker_count(call, n_blocks(plan, r.n_frames));
    size_t bytes;
    if (!fs_frontend_scratch(plan, n_items, r.n_frames, n_workers, &bytes))
        return FSPEC_TOO_LARGE;
    char *own = NULL, *base = call->scratch;
    if (base) {
        base += (FS_ALIGN - (uintptr_t)base % FS_ALIGN) % FS_ALIGN;
        if (call->scratch_size < (size_t)(base - (char *)call->scratch) + bytes)
            return FSPEC_BAD_ARGUMENT;
    } else if (!(base = own = fs_alloc(bytes))) {
        return FSPEC_NO_MEMORY;
    }
    fs_arena arena = {.base = base};
    lay_out(plan, &arena, n_workers, n_items, r.n_frames, &r);
    int64_t *first_frame = (int64_t *)(uintptr_t)r.first_frame;
    first_frame[0] = 0;
    for (int64_t i = 0; i < n_items; i++)
        first_frame[i + 1] = first_frame[i] + items[i].n_frames;
    fspec_status status = execute(&r, n_workers);
    fs_free(own);
    return status;
}

static fspec_status check_call(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n,
                               fspec_dtype out_dtype)
{
    if (!plan || n < 0 || (n > 0 && (!signals || !out)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n; i++) {
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || signals[i].n_samples > INT64_MAX / 4 || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (fs_n_frames(&plan->framing, signals[i].n_samples) == 0)
            return FSPEC_TOO_SHORT;
        if (!signals[i].data)
            return FSPEC_BAD_ARGUMENT;
    }
    return fs_check_out_dtype(plan, out_dtype);
}

size_t fspec_frontend_scratch(const fspec_frontend *plan, int64_t n_signals, int64_t n_frames, int32_t n_threads)
{
    fspec_call call;
    size_t bytes, items;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    if (n_signals < 0 || n_frames < 0
        || !fs_frontend_scratch(plan, n_signals, n_frames, fs_worker_count(&call, n_blocks(plan, n_frames)), &bytes)
        || !fs_size(n_signals, sizeof(fs_item), 3 * FS_ALIGN, &items) || __builtin_add_overflow(bytes, items, &bytes))
        return 0;
    return bytes;
}

/* Room for the items of a call: one in `one`, more in the call's scratch or on the heap (then also in *own). */
static fspec_status take_items(int64_t n, fs_item *one, fspec_call *call, fs_item **items, fs_item **own)
{
    size_t bytes;
    *own = NULL;
    *items = one;
    if (!fs_size(n, sizeof(fs_item), FS_ALIGN, &bytes))
        return FSPEC_TOO_LARGE;
    if (call->scratch) {
        if (call->scratch_size < bytes)
            return FSPEC_BAD_ARGUMENT;
        const size_t skip = (FS_ALIGN - (uintptr_t)call->scratch % FS_ALIGN) % FS_ALIGN;
        *items = (fs_item *)(void *)((char *)call->scratch + skip);
        call->scratch = (char *)call->scratch + bytes;
        call->scratch_size -= bytes;
    } else if (n > 1) {
        *items = *own = fs_alloc(bytes);
    }
    return *items ? FSPEC_OK : FSPEC_NO_MEMORY;
}

fspec_status fspec_frontend_exec_spectra(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype,
                                         int64_t n_frames, const fspec_matrix *out, int64_t n_signals, fspec_dtype out_dtype,
                                         const fspec_call *call)
{
    fspec_call full;
    fs_item one, *items, *own;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!plan || n_signals < 0 || n_frames < 0 || (n_signals > 0 && (!spectra || !out)))
        return FSPEC_BAD_ARGUMENT;
    if (plan->output < FSPEC_OUT_BANDS)
        return FSPEC_BAD_OUTPUT;
    if ((dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64) || fs_check_out_dtype(plan, out_dtype) != FSPEC_OK)
        return FSPEC_BAD_DATA_TYPE;
    for (int64_t i = 0; i < n_signals && n_frames > 0; i++)
        if (!spectra[i].data || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
    status = take_items(n_signals, &one, &full, &items, &own);
    if (status != FSPEC_OK)
        return status;
    for (int64_t i = 0; i < n_signals; i++)
        items[i] = (fs_item){.spectra = &spectra[i],
                             .spectra_double = dtype == FSPEC_FLOAT64,
                             .n_frames = n_frames,
                             .out = out[i]};
    status = fs_frontend_run(plan, items, n_signals, out_dtype, &full);
    fs_free(own);
    return status;
}

fspec_status fspec_frontend_exec(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out,
                                 int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    fs_item one, *items, *own;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(plan, signals, out, n_signals, out_dtype);
    if (status == FSPEC_OK)
        status = fspec_check_finite(signals, n_signals, &full);
    if (status != FSPEC_OK)
        return status;
    status = take_items(n_signals, &one, &full, &items, &own);
    if (status != FSPEC_OK)
        return status;
    for (int64_t i = 0; i < n_signals; i++)
        items[i] = (fs_item){.source = {signals[i], 0, signals[i].n_samples},
                             .n_frames = fs_n_frames(&plan->framing, signals[i].n_samples),
                             .out = out[i]};
    status = fs_frontend_run(plan, items, n_signals, out_dtype, &full);
    fs_free(own);
    return status;
}
