/* Plans of the transposed constant-Q transform, and calls on whole matrices. SPDX-License-Identifier: BSD-3-Clause */
#include "icqt.h"

#include <math.h>
#include <string.h>

#include "arrays.h"
#include "pool.h"

enum { PIECE_SAMPLES = 1 << 16, MAX_HEAD = 1 << 16 };

void fspec_icqt_config_init(fspec_icqt_config *config)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->method = FSPEC_ICQT_ADJOINT;
}

/* ---- weights ---------------------------------------------------------------------------------------------------------- */

typedef struct weight {
    double re, im;
} weight;

/* What one set is made from. */
typedef struct recipe {
    const fspec_cqt *forward;
    const fs_cqt_set *from;
    fs_icqt_set *set;
    int64_t lanes;
} recipe;

static double value(const recipe *r, const void *x, int64_t i)
{
    return r->forward->is_double ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

/* The weight of row number `row` of the forward plan's group. */
static weight forward_weight(const recipe *r, int64_t phase, int64_t bin, int64_t row)
{
    const int64_t per_group = r->lanes / 2;
    const fs_cqt_group *g = &r->from->groups[phase * r->from->n_groups + bin / per_group];
    const int64_t i = row - (int64_t)g->first, at = i * r->lanes + 2 * (bin % per_group);
    if (i < 0 || i >= (int64_t)g->n_taps)
        return (weight){0, 0};
    return (weight){value(r, g->taps, at), value(r, g->taps, at + 1)};
}

/* What row j of a part is worth to its sample. A folded filter whose outermost pair is not symmetric about its centre has the
 * pair's two samples, first the one that comes first, in a plain part. */
static weight part_weight(const recipe *r, const fs_icqt_part *part, int64_t phase, int64_t bin, int64_t j)
{
    if (j >= part->n_rows)
        return (weight){0, 0};
    if (part->folded)
        return forward_weight(r, phase, bin, -1 - j);
    if (r->from->fold == FS_FOLD_NONE)
        return forward_weight(r, phase, bin, part->after + j);
    const weight w = forward_weight(r, phase, bin, part->after);
    return j == 0 ? w : (weight){w.re, -w.im};
}

static void put(const recipe *r, void *to, int64_t i, double x)
{
    if (r->forward->is_double)
        ((double *)to)[i] = x;
    else
        ((float *)to)[i] = (float)x;
}

/* One more than the highest bin that is not zero all over a block. */
static int64_t bins_of(const recipe *r, const fs_icqt_part *part, int64_t phase, int64_t first, int64_t n)
{
    for (int64_t bin = r->set->n_bins; bin > 0; bin--)
        for (int64_t j = first; j < first + n; j++) {
            const weight w = part_weight(r, part, phase, bin - 1, j);
            if (w.re != 0 || w.im != 0)
                return bin;
        }
    return 0;
}

static void fill_block(const recipe *r, const fs_icqt_part *part, int64_t phase, int64_t first, int64_t n,
                       const fs_icqt_block *block, void *weights)
{
    const int64_t n_bins = (int64_t)block->n_bins, rows = part->folded ? 1 : 2, parts = part->folded ? n_bins : 1;
    for (int64_t bin = 0; bin < n_bins; bin++)
        for (int64_t j = 0; j < n; j++) {
            const weight w = part_weight(r, part, phase, bin, first + j);
            put(r, weights, bin * rows * n + j, w.re);
            put(r, weights, (bin * rows + parts) * n + j, w.im);
        }
}

/* ---- sets ------------------------------------------------------------------------------------------------------------- */

static void choose_parts(const recipe *r)
{
    const fs_cqt_set *from = r->from;
    fs_icqt_set *s = r->set;
    const int64_t n = from->n_rows;
    s->n_parts = 1;
    if (from->fold == FS_FOLD_CENTRE) {
        s->parts[0] = (fs_icqt_part){.folded = 1, .after = 0, .n_rows = n};
    } else if (from->fold == FS_FOLD_NONE) {
        s->parts[0] = (fs_icqt_part){.after = from->first, .n_rows = from->last - from->first + 1};
    } else {
        s->n_parts = 2;
        s->parts[0] = (fs_icqt_part){.folded = 1, .after = 1, .n_rows = n - 1};
        s->parts[1] = (fs_icqt_part){.after = -n, .n_rows = 2};
    }
    s->first = from->first;
    s->last = from->last;
}

static fspec_status make_turns(const recipe *r)
{
    size_t bytes;
    if (!r->from->turns)
        return FSPEC_OK;
    if (!fs_size(r->set->n_bins, 2 * sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(r->set->turns = fs_alloc(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < 2 * r->set->n_bins; i++)
        r->set->turns[i] = value(r, r->from->turns, i);
    return FSPEC_OK;
}

static fspec_status make_set(const recipe *r)
{
    fs_icqt_set *s = r->set;
    const int64_t size = r->forward->is_double ? 8 : 4, step = FS_ICQT_BLOCK / size;
    int64_t rows = 0;
    size_t bytes;
    *s = (fs_icqt_set){.level = r->from->level, .first_bin = r->from->first_bin, .n_bins = r->from->n_bins,
                       .n_phases = r->from->n_phases};
    choose_parts(r);
    for (int p = 0; p < s->n_parts; p++) {
        fs_icqt_part *part = &s->parts[p];
        part->n_blocks = (size_t)((part->n_rows + step - 1) / step);
        if (!fs_size(s->n_phases, (int64_t)part->n_blocks, 0, &bytes)
            || !fs_size((int64_t)bytes, sizeof(fs_icqt_block), 0, &bytes))
            return FSPEC_TOO_LARGE;
        if (!(part->blocks = fs_alloc_zeroed(bytes)))
            return FSPEC_NO_MEMORY;
        for (int64_t i = 0; i < s->n_phases * (int64_t)part->n_blocks; i++) {
            const int64_t n = (int64_t)part->n_blocks, n_bins = bins_of(r, part, i / n, i % n * step, step);
            part->blocks[i].n_bins = (size_t)n_bins;
            rows += 2 * n_bins;
        }
    }
    if (!fs_size(rows, step * size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    char *weights = s->weights = fs_alloc(bytes);
    if (!weights)
        return FSPEC_NO_MEMORY;
    for (int p = 0; p < s->n_parts; p++) {
        const fs_icqt_part *part = &s->parts[p];
        for (int64_t i = 0; i < s->n_phases * (int64_t)part->n_blocks; i++) {
            const int64_t n = (int64_t)part->n_blocks;
            part->blocks[i].weights = weights;
            fill_block(r, part, i / n, i % n * step, step, &part->blocks[i], weights);
            weights += 2 * (int64_t)part->blocks[i].n_bins * step * size;
        }
    }
    return make_turns(r);
}

/* ---- plans ------------------------------------------------------------------------------------------------------------ */

static int is_bank(const fspec_cqt *forward)
{
    for (int64_t i = 0; i < forward->n_sets; i++)
        if (forward->sets[i].fold == FS_FOLD_CENTRE || forward->sets[i].n_phases > 1)
            return 0;
    return 1;
}

static fspec_status check_heads(const fspec_cqt *forward, const fspec_icqt_config *c)
{
    if (c->n_heads < 0 || c->n_heads > FS_MAX_CQT_LEVELS || (c->n_heads && (!c->heads || c->method != FSPEC_ICQT_OVERLAP)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < c->n_heads; i++) {
        const fspec_icqt_head *h = &c->heads[i];
        if (h->level < 1 || h->level >= forward->n_levels || h->n_in < 1 || h->n_in > forward->decimator.reach / 2 + 1
            || h->n_out < 1 || h->n_out > MAX_HEAD || !h->weights)
            return FSPEC_BAD_ARGUMENT;
        for (int64_t j = 0; j < i; j++)
            if (c->heads[j].level == h->level)
                return FSPEC_BAD_ARGUMENT;
        for (int64_t j = 0; j < h->n_in * h->n_out; j++)
            if (!isfinite(h->weights[j]))
                return FSPEC_BAD_ARGUMENT;
    }
    return FSPEC_OK;
}

static fspec_status copy_heads(const fspec_icqt_config *c, fspec_icqt *plan)
{
    if (c->n_heads == 0)
        return FSPEC_OK;
    if (!(plan->heads = fs_alloc_zeroed((size_t)c->n_heads * sizeof *plan->heads)))
        return FSPEC_NO_MEMORY;
    plan->n_heads = c->n_heads;
    for (int64_t i = 0; i < c->n_heads; i++) {
        fspec_icqt_head *h = &plan->heads[i];
        *h = c->heads[i];
        if (!(h->weights = fs_duplicate(c->heads[i].weights, (size_t)(h->n_in * h->n_out) * sizeof(double))))
            return FSPEC_NO_MEMORY;
    }
    return FSPEC_OK;
}

/* The transposed decimator: of a half-band filter the same taps, of another the table for two phases of outputs. */
static fspec_status make_interpolator(const fspec_cqt *forward, fspec_icqt *plan)
{
    const fs_decimator *d = &forward->decimator;
    const int64_t reach = d->reach, lanes = (int64_t)plan->kernels->lanes, size = (int64_t)plan->kernels->real_size;
    const int64_t rows = reach / 2 + (reach + 1) / 2 + lanes;
    size_t bytes;
    plan->reach = reach;
    plan->n_taps = d->n_taps;
    if (d->n_taps)
        return (plan->weights = fs_duplicate(d->weights, d->n_taps * (size_t)size)) ? FSPEC_OK : FSPEC_NO_MEMORY;
    if (!fs_size(rows, 2 * lanes * size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    double *taps = fs_alloc((size_t)(reach + 1) * sizeof(double));
    plan->weights = fs_alloc_zeroed(bytes);
    if (taps)
        fs_decimator_taps(d, plan->is_double, taps);
    for (int64_t i = 0; taps && plan->weights && i < 2 * rows * lanes; i++) {
        const int64_t row = i / (2 * lanes), odd = i / lanes % 2, lane = i % lanes;
        const int64_t distance = 2 * (lane + reach / 2 - row) + odd, at = distance < 0 ? -distance : distance;
        const double tap = at <= reach ? taps[at] : 0;
        if (plan->is_double)
            ((double *)plan->weights)[i] = tap;
        else
            ((float *)plan->weights)[i] = (float)tap;
    }
    const int made = taps && plan->weights;
    fs_free(taps);
    return made ? FSPEC_OK : FSPEC_NO_MEMORY;
}

static fspec_status build(const fspec_cqt *forward, const fspec_icqt_config *c, fspec_icqt *plan)
{
    plan->is_double = forward->is_double;
    plan->kernels = forward->kernels;
    plan->method = c->method;
    plan->n_levels = forward->n_levels;
    plan->cut = forward->cut;
    plan->hop = forward->hop;
    plan->n_bins = forward->n_bins;
    fspec_status status = make_interpolator(forward, plan);
    if (status == FSPEC_OK)
        status = copy_heads(c, plan);
    if (status != FSPEC_OK)
        return status;
    if (!(plan->sets = fs_alloc_zeroed((size_t)forward->n_sets * sizeof *plan->sets)))
        return FSPEC_NO_MEMORY;
    plan->n_sets = forward->n_sets;
    for (int64_t i = 0; i < plan->n_sets && status == FSPEC_OK; i++) {
        const recipe r = {forward, &forward->sets[i], &plan->sets[i], (int64_t)plan->kernels->lanes};
        status = make_set(&r);
    }
    if (status == FSPEC_OK)
        fs_icqt_measure(plan);
    return status;
}

fspec_status fspec_icqt_create(const fspec_cqt *forward, const fspec_icqt_config *config, fspec_icqt **result)
{
    fspec_icqt_config c;
    if (!forward || !config || !result)
        return FSPEC_BAD_ARGUMENT;
    fspec_icqt_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status == FSPEC_OK
        && ((unsigned)c.method > FSPEC_ICQT_OVERLAP || (c.method == FSPEC_ICQT_OVERLAP && !is_bank(forward))))
        status = FSPEC_BAD_ARGUMENT;
    if (status == FSPEC_OK)
        status = check_heads(forward, &c);
    if (status != FSPEC_OK)
        return status;
    fspec_icqt *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    status = build(forward, &c, plan);
    if (status == FSPEC_OK)
        *result = plan;
    else
        fspec_icqt_free(plan);
    return status;
}

void fspec_icqt_free(fspec_icqt *plan)
{
    if (!plan)
        return;
    for (int64_t i = 0; plan->sets && i < plan->n_sets; i++) {
        for (int p = 0; p < plan->sets[i].n_parts; p++)
            fs_free(plan->sets[i].parts[p].blocks);
        fs_free(plan->sets[i].turns);
        fs_free(plan->sets[i].weights);
    }
    for (int64_t i = 0; plan->heads && i < plan->n_heads; i++)
        fs_free((void *)plan->heads[i].weights);
    fs_free(plan->sets);
    fs_free(plan->heads);
    fs_free(plan->weights);
    fs_free(plan);
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

/* The work of a call: every signal in pieces of so many samples, numbered through. */
typedef struct run {
    const fspec_icqt *plan;
    const fspec_matrix *in;
    const fspec_signal *out;
    int in_double;
    int64_t n_signals, n_frames, n_samples, natural; /* natural: beyond it all is zero */
    int64_t piece, pieces;                           /* samples of a piece, pieces of a signal */
    char *desks;
    size_t desk;
} run;

static void store(const fspec_signal *out, int64_t begin, int64_t end, const void *from, int is_double)
{
    const int wide = out->dtype == FSPEC_FLOAT64;
    char *to = (char *)(uintptr_t)out->data + begin * out->stride;
    if (from)
        fs_copy_values(to, out->stride, wide, from, is_double ? 8 : 4, is_double, end - begin);
    for (int64_t i = begin; !from && i < end; i++, to += out->stride)
        memset(to, 0, wide ? 8 : 4);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const run *r = context;
    fs_arena arena = {.base = r->desks + (size_t)worker * r->desk};
    fs_icqt_desk desk;
    fs_icqt_lay_out(r->plan, r->piece, &arena, &desk);
    for (int64_t i = begin; i < end; i++) {
        const fs_icqt_job job = {r->plan, &r->in[i / r->pieces], r->in_double, r->n_frames, r->n_samples};
        const fspec_signal *out = &r->out[i / r->pieces];
        const int64_t first = i % r->pieces * r->piece, left = r->n_samples - first;
        const int64_t last = left < r->piece ? r->n_samples : first + r->piece, middle = last < r->natural ? last : r->natural;
        if (first < middle)
            store(out, first, middle, fs_icqt_piece(&job, &desk, first, middle), r->plan->is_double);
        store(out, first < middle ? middle : first, last, NULL, r->plan->is_double);
    }
    return FSPEC_OK;
}

static fspec_status check_call(const fspec_icqt *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                               const fspec_signal *out, int64_t n)
{
    if (!plan || n < 0 || n_frames < 1 || (n > 0 && (!in || !out)))
        return FSPEC_BAD_ARGUMENT;
    if (in_dtype != FSPEC_COMPLEX64 && in_dtype != FSPEC_COMPLEX128)
        return FSPEC_BAD_DATA_TYPE;
    if (n_frames > INT64_MAX / 64 / plan->hop)
        return FSPEC_TOO_LARGE;
    for (int64_t i = 0; i < n; i++) {
        if ((out[i].dtype != FSPEC_FLOAT32 && out[i].dtype != FSPEC_FLOAT64) || out[i].byte_swapped)
            return FSPEC_BAD_DATA_TYPE;
        if (!in[i].data || out[i].n_samples != out[0].n_samples || out[i].n_samples < 0 || out[i].n_samples > INT64_MAX / 64
            || (out[i].n_samples && !out[i].data))
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&in[i], plan->n_bins, n_frames))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

static int finite_at(const char *p, int is_double)
{
    if (is_double)
        return isfinite(((const double *)(const void *)p)[0]) && isfinite(((const double *)(const void *)p)[1]);
    return isfinite(((const float *)(const void *)p)[0]) && isfinite(((const float *)(const void *)p)[1]);
}

/* Whether all of some frames is finite, for the threads that share them. */
static fspec_status look(void *context, int worker, int64_t begin, int64_t end)
{
    const run *r = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++) {
        const fspec_matrix *m = &r->in[i / r->n_frames];
        const char *p = (const char *)m->data + i % r->n_frames * m->frame_stride;
        const int64_t n = r->plan->n_bins;
        if (m->bin_stride == (r->in_double ? 16 : 8)) {
            if (!fs_kernels_for(r->in_double)->all_finite(p, (size_t)(2 * n)))
                return FSPEC_NOT_FINITE;
            continue;
        }
        for (int64_t bin = 0; bin < n; bin++, p += m->bin_stride)
            if (!finite_at(p, r->in_double))
                return FSPEC_NOT_FINITE;
    }
    return FSPEC_OK;
}

static size_t desk_size(const fspec_icqt *plan, int64_t piece)
{
    fs_arena arena = {0};
    fs_icqt_desk desk;
    fs_icqt_lay_out(plan, piece, &arena, &desk);
    return arena.overflow ? 0 : arena.used;
}

/* Pieces long enough that what neighbours compute twice matters little, and short enough to share and to cancel. */
static int64_t piece_of(const fspec_icqt *plan, int64_t n_samples, int64_t n_signals, int n_threads)
{
    int64_t piece = PIECE_SAMPLES;
    if (n_threads > 1 && n_signals < 4 * n_threads && n_samples / 4 * n_signals / n_threads < piece)
        piece = n_samples / 4 * n_signals / n_threads;
    if (piece < plan->least)
        piece = plan->least;
    if (piece > n_samples)
        piece = n_samples < 1 ? 1 : n_samples;
    return piece + (piece & 1);
}

size_t fspec_icqt_scratch(const fspec_icqt *plan, int64_t n_samples, int32_t n_threads)
{
    fspec_call call;
    size_t bytes;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    const size_t desk = desk_size(plan, piece_of(plan, n_samples, 1, 1));
    return desk && fs_size(fs_worker_count(&call, INT32_MAX), (int64_t)desk, FS_ALIGN, &bytes) ? bytes : 0;
}

static fspec_status execute(run *r, const fspec_call *call)
{
    int64_t n_items;
    size_t bytes;
    fs_scratch scratch;
    if (!fs_size(r->n_signals, r->pieces, 0, &bytes) || bytes > INT64_MAX)
        return FSPEC_TOO_LARGE;
    n_items = (int64_t)bytes;
    const int n_workers = fs_worker_count(call, n_items);
    if (!(r->desk = desk_size(r->plan, r->piece)) || !fs_size(n_workers, (int64_t)r->desk, 0, &bytes))
        return FSPEC_TOO_LARGE;
    fspec_status status = fs_call_scratch(call, bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    r->desks = scratch.base;
    status = fs_parallel(call, n_workers, n_items, 1, work, r);
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_icqt_exec(const fspec_icqt *plan, const fspec_matrix *in, fspec_dtype in_dtype, int64_t n_frames,
                             const fspec_signal *out, int64_t n_signals, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(plan, in, in_dtype, n_frames, out, n_signals);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    run r = {.plan = plan, .in = in, .out = out, .in_double = in_dtype == FSPEC_COMPLEX128, .n_signals = n_signals,
             .n_frames = n_frames, .n_samples = out[0].n_samples};
    size_t bytes;
    if (!fs_size(n_signals, n_frames, 0, &bytes) || bytes > INT64_MAX)
        return FSPEC_TOO_LARGE;
    status = fs_parallel(&full, fs_worker_count(&full, (int64_t)bytes / 4096 + 1), (int64_t)bytes, 256, look, &r);
    if (status != FSPEC_OK || r.n_samples == 0)
        return status;
    r.natural = plan->method == FSPEC_ICQT_OVERLAP ? plan->hop * (n_frames - 1) : r.n_samples;
    r.piece = piece_of(plan, r.n_samples, n_signals, fs_worker_count(&full, INT64_MAX));
    r.pieces = (r.n_samples + r.piece - 1) / r.piece;
    return execute(&r, &full);
}
