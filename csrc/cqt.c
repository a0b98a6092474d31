/* Plans of the constant-Q transform, and calls on whole signals. SPDX-License-Identifier: BSD-3-Clause */
#include "cqt.h"

#include <math.h>
#include <string.h>

#include "access.h"
#include "arrays.h"
#include "pool.h"

enum { MAX_LENGTH = 1 << 28, SEGMENT = 1 << 20 }; /* samples */

void fspec_cqt_config_init(fspec_cqt_config *config)
{
    memset(config, 0, sizeof *config);
    config->size = sizeof *config;
    config->output = FSPEC_CQT_COMPLEX;
    config->precision = FSPEC_SINGLE;
    config->sr = 22050;
    config->hop_length = 512;
    config->input_scale = 1;
    config->min_distance = 80;
    config->attenuation = 149;
}

/* ---- the configuration ------------------------------------------------------------------------------------------------ */

static fspec_status check_exact(const fspec_cqt_config *c)
{
    if (!c->frequencies || !c->lengths || !c->amplitudes || c->decimator || !(c->sr > 0) || !isfinite(c->sr)
        || !(c->min_distance >= 1) || !isfinite(c->min_distance) || !(c->attenuation >= 0) || !(c->attenuation <= 400))
        return FSPEC_BAD_ARGUMENT;
    if (c->window && c->n_window < 8)
        return FSPEC_BAD_WINDOW;
    for (int64_t i = 0; c->window && i < c->n_window; i++)
        if (!isfinite(c->window[i]))
            return FSPEC_BAD_WINDOW;
    for (int64_t i = 0; i < c->n_bins; i++) {
        if (!(c->frequencies[i] > 0) || !(c->frequencies[i] <= c->sr / 2) || (i && c->frequencies[i] < c->frequencies[i - 1])
            || !(c->lengths[i] > 0) || !isfinite(c->amplitudes[i]))
            return FSPEC_BAD_ARGUMENT;
        if (!(c->lengths[i] <= (double)MAX_LENGTH))
            return FSPEC_TOO_LARGE;
    }
    return FSPEC_OK;
}

static int all_finite(const double *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return 0;
    return 1;
}

static fspec_status check_filters(const fspec_cqt_config *c)
{
    for (int64_t i = 0; i < c->n_bins; i++) {
        const fspec_cqt_filter *f = &c->filters[i];
        if (f->level < 0 || f->level >= FS_MAX_CQT_LEVELS || (i && f->level > f[-1].level) || f->n_taps < 1 || !f->taps
            || f->first < -MAX_LENGTH || f->first > MAX_LENGTH || c->hop_length % ((int64_t)1 << f->level))
            return FSPEC_BAD_ARGUMENT;
        if (f->n_taps > MAX_LENGTH)
            return FSPEC_TOO_LARGE;
        if (f->spectrum && (f->first_row < 0 || f->n_rows < 0 || f->n_rows > f->n_taps / 2 + 1 - f->first_row))
            return FSPEC_BAD_ARGUMENT;
        if (!all_finite(f->taps, 2 * f->n_taps) || (f->spectrum && !all_finite(f->spectrum, 2 * f->n_rows)))
            return FSPEC_BAD_ARGUMENT;
    }
    if (c->decimator && (c->decimator_reach < 0 || c->decimator_reach > MAX_LENGTH))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; c->decimator && i <= c->decimator_reach; i++)
        if (!isfinite(c->decimator[i]))
            return FSPEC_BAD_ARGUMENT;
    return FSPEC_OK;
}

static fspec_status check_chroma(const fspec_cqt_config *c)
{
    if (c->output == FSPEC_CQT_COMPLEX)
        return FSPEC_BAD_OUTPUT;
    if (c->chroma->is_double != (c->precision == FSPEC_DOUBLE))
        return FSPEC_BAD_PRECISION;
    return c->chroma->n_bins == c->n_bins ? FSPEC_OK : FSPEC_BAD_ARGUMENT;
}

static fspec_status check(const fspec_cqt_config *c)
{
    fspec_status status;
    if ((unsigned)c->output > FSPEC_CQT_POWER)
        return FSPEC_BAD_OUTPUT;
    if (c->precision != FSPEC_SINGLE && c->precision != FSPEC_DOUBLE)
        return FSPEC_BAD_PRECISION;
    if (c->hop_length < 1)
        return FSPEC_BAD_HOP_LENGTH;
    if (c->hop_length > INT64_MAX / 16 || c->n_bins > INT32_MAX)
        return FSPEC_TOO_LARGE;
    if (c->n_bins < 1 || !isfinite(c->input_scale) || (unsigned)c->domain > FSPEC_CQT_FREQUENCY)
        return FSPEC_BAD_ARGUMENT;
    if (c->chroma && (status = check_chroma(c)) != FSPEC_OK)
        return status;
    return c->filters ? check_filters(c) : check_exact(c);
}

static fspec_status build(const fspec_cqt_config *c, fspec_cqt *plan)
{
    plan->is_double = c->precision == FSPEC_DOUBLE;
    plan->kernels = fs_kernels_for(plan->is_double);
    plan->output = c->output;
    plan->chroma = c->chroma;
    plan->hop = c->hop_length;
    plan->n_bins = c->n_bins;
    plan->input_scale = c->input_scale;
    plan->cut = c->decimator != NULL;
    fspec_status status = fs_cqt_sets_create(c, &plan->sets, &plan->n_sets, &plan->n_levels);
    if (status == FSPEC_OK)
        status = c->decimator ? fs_decimator_symmetric(c->decimator, c->decimator_reach, plan->is_double, &plan->decimator)
                              : fs_decimator_halfband(c->attenuation, plan->is_double, &plan->decimator);
    if (status == FSPEC_OK)
        fs_cqt_measure(plan);
    return status;
}

fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **result)
{
    fspec_cqt_config c;
    if (!config || !result)
        return FSPEC_BAD_ARGUMENT;
    fspec_cqt_config_init(&c);
    fspec_status status = fs_struct_read(&c, sizeof c, config, sizeof c);
    if (status == FSPEC_OK)
        status = check(&c);
    if (status != FSPEC_OK)
        return status;
    fspec_cqt *plan = fs_alloc_zeroed(sizeof *plan);
    if (!plan)
        return FSPEC_NO_MEMORY;
    status = build(&c, plan);
    if (status == FSPEC_OK)
        *result = plan;
    else
        fspec_cqt_free(plan);
    return status;
}

void fspec_cqt_free(fspec_cqt *plan)
{
    if (!plan)
        return;
    fs_cqt_sets_free(plan->sets, plan->n_sets);
    fs_decimator_free(&plan->decimator);
    fs_free(plan);
}

int64_t fspec_cqt_n_bins(const fspec_cqt *plan)
{
    return plan->chroma ? plan->chroma->n_chroma : plan->n_bins;
}

int64_t fspec_cqt_n_frames(const fspec_cqt *plan, int64_t n_samples)
{
    if (n_samples < 1)
        return 0;
    if (!plan->cut)
        return 1 + n_samples / plan->hop;
    int64_t least = INT64_MAX;
    for (int d = 0; d < plan->n_levels; d++, n_samples = (n_samples + 1) / 2)
        if (plan->used[d] && 1 + n_samples / (plan->hop >> d) < least)
            least = 1 + n_samples / (plan->hop >> d);
    return least;
}

size_t fspec_cqt_size(const fspec_cqt *plan)
{
    size_t values = 0, spectra = 0;
    for (int64_t i = 0; i < plan->n_sets; i++) {
        spectra += fs_cqt_spectra_size(&plan->sets[i]);
        for (int64_t g = 0; g < plan->sets[i].n_phases * plan->sets[i].n_groups; g++)
            values += plan->sets[i].groups[g].n_taps * plan->kernels->lanes;
    }
    return values * plan->kernels->real_size + spectra;
}

fspec_status fs_cqt_check_dtype(const fspec_cqt *plan, fspec_dtype out_dtype)
{
    if (plan->output == FSPEC_CQT_COMPLEX)
        return out_dtype == FSPEC_COMPLEX64 || out_dtype == FSPEC_COMPLEX128 ? FSPEC_OK : FSPEC_BAD_DATA_TYPE;
    return out_dtype == FSPEC_FLOAT32 || out_dtype == FSPEC_FLOAT64 ? FSPEC_OK : FSPEC_BAD_DATA_TYPE;
}

/* ---- calls ------------------------------------------------------------------------------------------------------------ */

/* Frames [first, first + n_frames) of a signal, and the samples that they need. */
typedef struct fs_cqt_part {
    fs_source source;
    int64_t first, n_frames;
} fs_cqt_part;

/* The work of a call: every signal in segments of so many frames, numbered through. */
typedef struct run {
    const fspec_cqt *plan;
    const fspec_signal *signals;
    const fs_cqt_part *parts; /* NULL: the whole signals */
    const fspec_matrix *out;
    fspec_dtype dtype;
    int64_t n_signals, segment, n_segments;
    char *desks; /* one per worker, `desk` bytes each */
    size_t desk;
} run;

static int64_t segments_of(const run *r, int64_t signal)
{
    const int64_t n = r->parts ? r->parts[signal].n_frames : fspec_cqt_n_frames(r->plan, r->signals[signal].n_samples);
    return (n + r->segment - 1) / r->segment;
}

/* The first frame that frames from `first` to `end` of the output take, and one more than the last: those of chroma are
 * smoothed. */
static void widen(const fspec_cqt *plan, int64_t frames, int64_t *first, int64_t *end)
{
    const int64_t before = plan->chroma ? fs_chroma_before(plan->chroma) : 0;
    const int64_t after = plan->chroma ? fs_chroma_after(plan->chroma) : 0;
    *first = *first > before ? *first - before : 0;
    *end = frames - *end > after ? *end + after : frames;
}

static void do_segment(const run *r, fs_cqt_state *state, fs_cqt_desk *desk, int64_t signal, int64_t segment)
{
    const fs_cqt_part *part = r->parts ? &r->parts[signal] : NULL;
    const fs_source whole = part ? part->source : (fs_source){r->signals[signal], 0, r->signals[signal].n_samples};
    const int64_t frames = fspec_cqt_n_frames(r->plan, whole.total);
    const int64_t begin = part ? part->first : 0, stop = part ? part->first + part->n_frames : frames;
    const fs_cqt_sink sink = {&r->out[signal], begin, r->dtype};
    int64_t first = begin + segment * r->segment, end = stop - first > r->segment ? first + r->segment : stop;
    if (r->plan->chroma)
        fs_chroma_begin(r->plan->chroma, &state->chroma, first, end);
    widen(r->plan, frames, &first, &end);
    fs_cqt_begin(r->plan, state, first, end, whole.total);
    fs_cqt_finish(r->plan, state, desk, &whole, &sink);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const run *r = context;
    fs_arena arena = {.base = r->desks + (size_t)worker * r->desk};
    fs_cqt_state state;
    fs_cqt_desk desk;
    fs_cqt_lay_out(r->plan, r->plan->chunk, &arena, &state);
    fs_cqt_lay_out_desk(r->plan, &arena, &desk);
    int64_t signal = 0, before = 0;
    for (int64_t i = begin; i < end; i++) {
        while (i >= before + segments_of(r, signal))
            before += segments_of(r, signal++);
        do_segment(r, &state, &desk, signal, i - before);
    }
    return FSPEC_OK;
}

static size_t desk_size(const fspec_cqt *plan)
{
    fs_arena arena = {0};
    fs_cqt_state state;
    fs_cqt_desk desk;
    fs_cqt_lay_out(plan, plan->chunk, &arena, &state);
    fs_cqt_lay_out_desk(plan, &arena, &desk);
    return arena.overflow ? 0 : arena.used;
}

/* Segments long enough that what neighbours compute twice matters little, and short enough to share and to cancel. `total`: the
 * samples of all signals. */
static int64_t segment_length(const fspec_cqt *plan, int64_t n_signals, int64_t total, int n_threads)
{
    const int64_t twice = 2 * plan->overlap, hop = plan->hop;
    int64_t samples = SEGMENT;
    if (n_threads > 1 && n_signals < 4 * n_threads && total / n_threads / 4 < samples)
        samples = total / n_threads / 4;
    if (samples < 2 * twice)
        samples = 2 * twice;
    int64_t segment = samples / hop < 1 ? 1 : samples / hop;
    if (plan->chroma && segment < 4 * (fs_chroma_before(plan->chroma) + fs_chroma_after(plan->chroma)))
        segment = 4 * (fs_chroma_before(plan->chroma) + fs_chroma_after(plan->chroma));
    return segment;
}

static void choose_segments(run *r, int n_threads)
{
    int64_t total = 0;
    for (int64_t i = 0; i < r->n_signals; i++) {
        const int64_t n = r->parts ? r->parts[i].source.signal.n_samples : r->signals[i].n_samples;
        total = n < INT64_MAX - total ? total + n : INT64_MAX;
    }
    r->segment = segment_length(r->plan, r->n_signals, total, n_threads);
    r->n_segments = 0;
    for (int64_t i = 0; i < r->n_signals; i++)
        r->n_segments += segments_of(r, i);
}

static fspec_status check_call(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n,
                               fspec_dtype out_dtype)
{
    if (!plan || n < 0 || (n > 0 && (!signals || !out)))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n; i++) {
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || signals[i].n_samples > INT64_MAX / 32 || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (signals[i].n_samples == 0)
            return FSPEC_TOO_SHORT;
        if (!signals[i].data)
            return FSPEC_BAD_ARGUMENT;
    }
    return fs_cqt_check_dtype(plan, out_dtype);
}

size_t fspec_cqt_scratch(const fspec_cqt *plan, int64_t n_signals, int32_t n_threads)
{
    fspec_call call;
    size_t bytes;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    (void)n_signals; /* however many: the workers take them one by one */
    const size_t desk = desk_size(plan);
    return desk && fs_size(fs_worker_count(&call, INT32_MAX), (int64_t)desk, FS_ALIGN, &bytes) ? bytes : 0;
}

static fspec_status execute(run *r, const fspec_call *call)
{
    const int n_workers = fs_worker_count(call, r->n_segments);
    size_t bytes;
    if (!(r->desk = desk_size(r->plan)) || !fs_size(n_workers, (int64_t)r->desk, 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    fspec_status status = fs_call_scratch(call, bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    r->desks = scratch.base;
    memset(r->desks, 0, bytes);
    status = fs_parallel(call, n_workers, r->n_segments, 1, work, r);
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_cqt_exec(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out, int64_t n_signals,
                            fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_call(plan, signals, out, n_signals, out_dtype);
    if (status == FSPEC_OK)
        status = fspec_check_finite(signals, n_signals, &full);
    if (status != FSPEC_OK || n_signals == 0)
        return status;
    run r = {.plan = plan, .signals = signals, .out = out, .dtype = out_dtype, .n_signals = n_signals};
    choose_segments(&r, fs_worker_count(&full, INT64_MAX));
    return execute(&r, &full);
}

/* ---- parts ------------------------------------------------------------------------------------------------------------ */

fspec_status fspec_cqt_needs(const fspec_cqt *plan, int64_t total, int64_t first, int64_t n_frames, int64_t *begin,
                             int64_t *end)
{
    if (!plan || !begin || !end || total < 0 || total > INT64_MAX / 32)
        return FSPEC_BAD_ARGUMENT;
    if (total == 0)
        return FSPEC_TOO_SHORT;
    const int64_t frames = fspec_cqt_n_frames(plan, total);
    if (first < 0 || n_frames < 0 || n_frames > frames || first > frames - n_frames)
        return FSPEC_BAD_ARGUMENT;
    *begin = *end = 0;
    if (n_frames > 0) {
        int64_t from = first, to = first + n_frames;
        widen(plan, frames, &from, &to);
        fs_cqt_needed(plan, from, to, total, begin, end);
    }
    return FSPEC_OK;
}

static fspec_status fill_part(const fspec_cqt *plan, const fspec_part *given, const fspec_matrix *out, fs_cqt_part *part)
{
    int64_t begin, end;
    fspec_status status = fs_part_check(given, INT64_MAX / 32);
    if (status == FSPEC_OK)
        status = fspec_cqt_needs(plan, given->total, given->first, given->n_frames, &begin, &end);
    if (status != FSPEC_OK)
        return status;
    if (given->n_frames > 0 && !out->data)
        return FSPEC_BAD_ARGUMENT;
    if (!fs_fits(out, fspec_cqt_n_bins(plan), given->n_frames))
        return FSPEC_TOO_LARGE;
    part->first = given->first;
    part->n_frames = given->n_frames;
    return fs_part_narrow(given, begin, end, &part->source);
}

fspec_status fspec_cqt_exec_part(const fspec_cqt *plan, const fspec_part *parts, const fspec_matrix *out, int64_t n_parts,
                                 fspec_dtype out_dtype, const fspec_call *call)
{
    fspec_call full;
    size_t bytes;
    fs_scratch own = {0};
    fs_cqt_part one, *filled = &one;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!plan || n_parts < 0 || (n_parts > 0 && (!parts || !out)))
        return FSPEC_BAD_ARGUMENT;
    if ((status = fs_cqt_check_dtype(plan, out_dtype)) != FSPEC_OK || n_parts == 0)
        return status;
    if (!fs_size(n_parts, sizeof one, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (n_parts > 1) {
        if ((status = fs_take_scratch(bytes, &own)) != FSPEC_OK)
            return status;
        filled = (fs_cqt_part *)(void *)own.base;
    }
    for (int64_t i = 0; i < n_parts && status == FSPEC_OK; i++)
        status = parts[i].signal.dtype != parts[0].signal.dtype ? FSPEC_BAD_DATA_TYPE
                                                                : fill_part(plan, &parts[i], &out[i], &filled[i]);
    for (int64_t i = 0; i < n_parts && status == FSPEC_OK; i++)
        status = fspec_check_finite(&filled[i].source.signal, 1, &full);
    if (status == FSPEC_OK) {
        run r = {.plan = plan, .parts = filled, .out = out, .dtype = out_dtype, .n_signals = n_parts};
        choose_segments(&r, fs_worker_count(&full, INT64_MAX));
        status = r.n_segments > 0 ? execute(&r, &full) : FSPEC_OK;
    }
    fs_call_release(&own);
    return status;
}

size_t fspec_cqt_memory(const fspec_cqt *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads)
{
    fspec_call call;
    size_t bytes;
    int64_t total, segments;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    const size_t desk = desk_size(plan);
    if (n_signals < 1 || n_samples < 1 || n_samples > INT64_MAX / 32 || !desk)
        return 0;
    if (__builtin_mul_overflow(n_signals, n_samples, &total))
        total = INT64_MAX;
    const int64_t segment = segment_length(plan, n_signals, total, fs_worker_count(&call, INT64_MAX));
    if (__builtin_mul_overflow(n_signals, (fspec_cqt_n_frames(plan, n_samples) - 1) / segment + 1, &segments))
        segments = INT64_MAX;
    return fs_size(fs_worker_count(&call, segments), (int64_t)desk, FS_ALIGN, &bytes) ? bytes : 0;
}
