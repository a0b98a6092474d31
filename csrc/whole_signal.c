/* Stages that need every frame of a signal first, and functions of whole arrays. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "frontend.h"
#include "pool.h"

enum { PIECE_FRAMES = 1024, PIECE_VALUES = 1 << 16 };

double fs_top_db_floor(double largest, double top_db, int is_double)
{
    return is_double ? largest - top_db : (double)((float)largest - (float)top_db);
}

typedef struct clip_job {
    const fspec_frontend *plan;
    const fs_item *items;
    const int64_t *first_frame;
    const double *largest;
    const fs_kernels *kernels;
    int64_t n_items;
    int out_double, whole_array;
} clip_job;

static double value_of(const clip_job *job, const void *values, int64_t i)
{
    return job->out_double ? ((const double *)values)[i] : (double)((const float *)values)[i];
}

/* Frames [begin, end) of one item. */
static void clip_item(const clip_job *job, const fs_item *item, int64_t begin, int64_t end, double largest)
{
    const fspec_frontend *plan = job->plan;
    const fs_kernels *k = job->kernels;
    const int64_t size = (int64_t)k->real_size, n_frames = end - begin;
    /* Rounding is monotonic: the largest stored value is the largest value, rounded. */
    const double most = job->out_double ? largest : (double)(float)largest, offset = plan->ref_max ? most : 0;
    const double below = plan->top_db < 0 ? -INFINITY
                         : plan->ref_max  ? -plan->top_db
                                          : fs_top_db_floor(most, plan->top_db, job->out_double);
    const double floor = plan->ref_max && plan->log_floor > below ? plan->log_floor : below;
    char *p = (char *)item->out.data + begin * item->out.frame_stride + plan->first_row * item->out.bin_stride;
    const char *factor = plan->scale[job->out_double], *addend = plan->offset[job->out_double];
    if (item->out.frame_stride == size) {
        for (int64_t bin = 0; bin < plan->n_bands; bin++) {
            k->shift_clip(p + bin * item->out.bin_stride, (size_t)n_frames, offset, floor);
            if (factor)
                k->affine(p + bin * item->out.bin_stride, (size_t)n_frames, value_of(job, factor, bin),
                          value_of(job, addend, bin));
        }
    } else if (item->out.bin_stride == size) {
        for (int64_t t = 0; t < n_frames; t++) {
            k->shift_clip(p + t * item->out.frame_stride, (size_t)plan->n_bands, offset, floor);
            if (factor)
                k->affine_each(p + t * item->out.frame_stride, (size_t)plan->n_bands, factor, addend);
        }
    } else {
        for (int64_t t = 0; t < n_frames; t++)
            for (int64_t bin = 0; bin < plan->n_bands; bin++) {
                char *x = p + t * item->out.frame_stride + bin * item->out.bin_stride;
                k->shift_clip(x, 1, offset, floor);
                if (factor)
                    k->affine_each(x, 1, factor + bin * size, addend + bin * size);
            }
    }
}

static fspec_status clip_frames(void *context, int worker, int64_t begin, int64_t end)
{
    const clip_job *job = context;
    int64_t item = 0;
    (void)worker;
    while (begin < end) {
        while (begin >= job->first_frame[item + 1])
            item++;
        int64_t stop = job->first_frame[item + 1] < end ? job->first_frame[item + 1] : end, from = job->first_frame[item];
        clip_item(job, &job->items[item], begin - from, stop - from, job->largest[job->whole_array ? 0 : item]);
        begin = stop;
    }
    return FSPEC_OK;
}

fspec_status fs_whole_signal(const fspec_frontend *plan, const fs_item *items, int64_t n_items, const int64_t *first_frame,
                             const double *largest, fspec_dtype out_dtype, const fspec_call *call)
{
    clip_job job = {plan, items, first_frame, largest, NULL, n_items, out_dtype == FSPEC_FLOAT64, call->whole_array};
    const int64_t n_frames = first_frame[n_items];
    job.kernels = fs_kernels_for(job.out_double);
    return fs_parallel(call, fs_worker_count(call, n_frames / PIECE_FRAMES + 1), n_frames, PIECE_FRAMES, clip_frames, &job);
}

/* ---- functions of whole arrays ------------------------------------------------------------------------------------ */

static int sample_is_finite(const char *p, const fspec_signal *s)
{
    if (s->dtype == FSPEC_FLOAT64) {
        uint64_t bits;
        __builtin_memcpy(&bits, p, 8);
        bits = s->byte_swapped ? __builtin_bswap64(bits) : bits;
        return (bits >> 52 & 0x7ff) != 0x7ff;
    }
    uint32_t bits;
    __builtin_memcpy(&bits, p, 4);
    bits = s->byte_swapped ? __builtin_bswap32(bits) : bits;
    return (bits >> 23 & 0xff) != 0xff;
}

int fs_range_is_finite(const fspec_signal *s, int64_t begin, int64_t end)
{
    const fs_source source = {*s, 0, s->n_samples};
    const int is_double = s->dtype == FSPEC_FLOAT64;
    const void *direct = fs_direct(&source, begin, end - begin, is_double);
    if (direct)
        return fs_kernels_for(is_double)->all_finite(direct, (size_t)(end - begin));
    for (int64_t i = begin; i < end; i++)
        if (!sample_is_finite((const char *)s->data + i * s->stride, s))
            return 0;
    return 1;
}

static FS_OWN_FUNCTION fspec_status check_pieces(void *context, int worker, int64_t begin, int64_t end)
{
    const fspec_signal *s = context;
    (void)worker;
    return fs_range_is_finite(s, begin, end) ? FSPEC_OK : FSPEC_NOT_FINITE;
}

static fspec_status check_signals(void *context, int worker, int64_t begin, int64_t end)
{
    const fspec_signal *s = context;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        for (int64_t from = 0, n; from < s[i].n_samples && !fs_interrupted(); from += n) {
            n = s[i].n_samples - from < PIECE_VALUES ? s[i].n_samples - from : PIECE_VALUES;
            if (!fs_range_is_finite(&s[i], from, from + n))
                return FSPEC_NOT_FINITE;
        }
    return FSPEC_OK;
}

static fspec_status check_signal_arguments(const fspec_signal *signals, int64_t n_signals)
{
    if (n_signals < 0 || (n_signals > 0 && !signals))
        return FSPEC_BAD_ARGUMENT;
    for (int64_t i = 0; i < n_signals; i++) {
        if (fs_sample_size(signals[i].dtype) == 0 || signals[i].dtype != signals[0].dtype)
            return FSPEC_BAD_DATA_TYPE;
        if (signals[i].n_samples < 0 || (signals[i].n_samples > 0 && !signals[i].data))
            return FSPEC_BAD_ARGUMENT;
    }
    return FSPEC_OK;
}

fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call)
{
    fspec_call full;
    int64_t last_poll = 0;
    fspec_status status = fs_call_read(call, &full);
    if (status == FSPEC_OK)
        status = check_signal_arguments(signals, n_signals);
    if (status != FSPEC_OK || n_signals == 0 || signals[0].dtype == FSPEC_INT16)
        return status;
    if (n_signals == 1 && signals[0].n_samples <= PIECE_VALUES) {
        const fs_fpenv env = fs_fpenv_enter();
        status = check_pieces((void *)(uintptr_t)signals, 0, 0, signals[0].n_samples);
        fs_fpenv_leave(env);
        return status;
    }
    /* Many signals are shared out whole, few in pieces; a thread pays off from some hundred thousand samples on. */
    if (n_signals >= 4 * (int64_t)full.n_threads && n_signals > 1)
        return fs_parallel(&full, fs_worker_count(&full, n_signals), n_signals, 1, check_signals, (void *)(uintptr_t)signals);
    for (int64_t i = 0; i < n_signals && status == FSPEC_OK; i++) {
        int64_t n = signals[i].n_samples;
        status = fs_parallel(&full, fs_worker_count(&full, n / (4 * PIECE_VALUES)), n, PIECE_VALUES, check_pieces,
                             (void *)(uintptr_t)&signals[i]);
        if (status == FSPEC_OK && fs_cancelled(&full, &last_poll))
            status = FSPEC_CANCELLED;
    }
    return status;
}

typedef struct array_job {
    const fs_kernels *kernels;
    const char *x;
    char *out;
    fs_log_spec log;
    double floor;
    double *largest; /* per piece */
} array_job;

static fspec_status log_pieces(void *context, int worker, int64_t begin, int64_t end)
{
    const array_job *job = context;
    const size_t at = (size_t)begin * job->kernels->real_size;
    (void)worker;
    job->kernels->compress_array(job->out + at, job->x + at, (size_t)(end - begin), &job->log,
                                 &job->largest[begin / PIECE_VALUES]);
    return FSPEC_OK;
}

/* NaN if any is. */
static FS_OWN_FUNCTION double largest_of(const double *x, int64_t n)
{
    double most = -INFINITY;
    for (int64_t i = 0; i < n && !isnan(most); i++)
        if (!(x[i] <= most))
            most = x[i];
    return most;
}

static fspec_status clip_pieces(void *context, int worker, int64_t begin, int64_t end)
{
    const array_job *job = context;
    (void)worker;
    job->kernels->shift_clip(job->out + (size_t)begin * job->kernels->real_size, (size_t)(end - begin), 0, job->floor);
    return FSPEC_OK;
}

static fspec_status array_call(const void *x, const void *out, int64_t n, fspec_dtype dtype, const fspec_call *call,
                               fspec_call *full)
{
    fspec_status status = fs_call_read(call, full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    return n < 0 || (n > 0 && (!x || !out)) ? FSPEC_BAD_ARGUMENT : FSPEC_OK;
}

fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset,
                               const fspec_call *call, double *largest)
{
    fspec_call full;
    fspec_status status = array_call(x, out, n, dtype, call, &full);
    const int64_t pieces = n / PIECE_VALUES + 1;
    size_t bytes;
    if (status != FSPEC_OK)
        return status;
    if (!isfinite(amin) || amin <= 0)
        return FSPEC_BAD_LOG;
    if (!largest)
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(pieces, sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    status = fs_take_scratch(bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    array_job job = {fs_kernels_for(dtype == FSPEC_FLOAT64), x, out, {FSPEC_LOG_DB, amin, offset}, 0,
                     (double *)(void *)scratch.base};
    status = fs_parallel(&full, fs_worker_count(&full, pieces), n, PIECE_VALUES, log_pieces, &job);
    if (status == FSPEC_OK) {
        const fs_fpenv env = fs_fpenv_enter(); /* comparisons with NaN may trap in the caller's */
        *largest = largest_of(job.largest, n / PIECE_VALUES + (n % PIECE_VALUES != 0));
        fs_fpenv_leave(env);
    }
    fs_call_release(&scratch);
    return status;
}

fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = array_call(x, x, n, dtype, call, &full);
    if (status != FSPEC_OK)
        return status;
    array_job job = {.kernels = fs_kernels_for(dtype == FSPEC_FLOAT64), .out = x, .floor = floor};
    return fs_parallel(&full, fs_worker_count(&full, n / PIECE_VALUES + 1), n, PIECE_VALUES, clip_pieces, &job);
}
