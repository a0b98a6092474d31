/* Running medians of arrays. SPDX-License-Identifier: BSD-3-Clause
 *
 * As many series as a vector has lanes are brought side by side, a chunk at a time, and their sorted windows are kept from one
 * position to the next. Values are only moved, so results are exact. */
#include <string.h>

#include "arrays.h"
#include "memory.h"
#include "parallel.h"
#include "simd.h"

enum { CHUNK = 512, MOST = 1 << 24, BETWEEN_POLLS = 1 << 20 };

typedef struct median_job {
    const fs_kernels *kernels;
    const fspec_matrix *x, *out;
    int is_double;
    int64_t n_bands, n_frames, size, chunk, groups;
    size_t row, scratch_bytes; /* bytes of a row of lanes, and of what a worker needs */
    char *scratch;
} median_job;

/* The index that stands for one beyond the ends: d c b a | a b c d | d c b a, again and again. */
static int64_t reflected(int64_t i, int64_t n)
{
    i %= 2 * n;
    if (i < 0)
        i += 2 * n;
    return i < n ? i : 2 * n - 1 - i;
}

static char *element(const fspec_matrix *m, int64_t band, int64_t frame)
{
    return (char *)m->data + band * m->bin_stride + frame * m->frame_stride;
}

static int by_frames(const fspec_matrix *m)
{
    const int64_t a = m->frame_stride, b = m->bin_stride;
    return (a < 0 ? -a : a) > (b < 0 ? -b : b);
}

/* Frames [begin, end), also beyond the matrix, of n bands, as rows of lanes. */
static void load(const median_job *job, const fspec_matrix *m, char *rows, int64_t band, int64_t n, int64_t begin, int64_t end)
{
    const int64_t size = (int64_t)job->kernels->real_size, row = (int64_t)job->row, n_frames = job->n_frames;
    const int64_t first = begin < 0 ? 0 : begin, last = end < n_frames ? end : n_frames;
    if (first < last && !by_frames(m))
        for (int64_t i = 0; i < n; i++)
            fs_copy_values(rows + (first - begin) * row + i * size, row, job->is_double, element(m, band + i, first),
                           m->frame_stride, job->is_double, last - first);
    for (int64_t t = begin; t < end; t++) {
        if (t == first && first < last && !by_frames(m)) {
            t = last - 1;
            continue;
        }
        fs_copy_values(rows + (t - begin) * row, size, job->is_double, element(m, band, reflected(t, n_frames)), m->bin_stride,
                       job->is_double, n);
    }
}

static void store(const median_job *job, const fspec_matrix *m, const char *rows, int64_t band, int64_t n, int64_t begin,
                  int64_t n_rows)
{
    const int64_t size = (int64_t)job->kernels->real_size, row = (int64_t)job->row;
    if (by_frames(m))
        for (int64_t t = 0; t < n_rows; t++)
            fs_copy_values(element(m, band, begin + t), m->bin_stride, job->is_double, rows + t * row, size, job->is_double, n);
    else
        for (int64_t i = 0; i < n; i++)
            fs_copy_values(element(m, band + i, begin), m->frame_stride, job->is_double, rows + i * size, row, job->is_double,
                           n_rows);
}

/* A sorted window of nothing but the largest value, which a first window's values then enter. */
static void fill_largest(const median_job *job, void *sorted, size_t n_values)
{
    for (size_t i = 0; i < n_values; i++)
        if (job->is_double)
            ((double *)sorted)[i] = (double)__builtin_inf();
        else
            ((float *)sorted)[i] = __builtin_inff();
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const median_job *job = context;
    const int64_t lanes = (int64_t)job->kernels->lanes, size = job->size, n_frames = job->n_frames;
    const size_t row = job->row;
    char *sorted = job->scratch + (size_t)worker * job->scratch_bytes, *largest = sorted + (size_t)size * row;
    char *out = largest + row, *rows = out + (size_t)job->chunk * row;
    const int64_t step = BETWEEN_POLLS / size + 1;
    for (int64_t piece = begin; piece < end; piece++) {
        const int64_t item = piece / job->groups, band = piece % job->groups * lanes, left = job->n_bands - band;
        const int64_t n = left < lanes ? left : lanes;
        memset(rows, 0, (size_t)(job->chunk + size) * row); /* lanes without a series */
        fill_largest(job, sorted, (size_t)((size + 1) * lanes));
        for (int64_t t = 0; t < n_frames; t += job->chunk) {
            const int64_t m = n_frames - t < job->chunk ? n_frames - t : job->chunk;
            load(job, &job->x[item], rows, band, n, t - size / 2, t - size / 2 + m + size);
            if (t == 0)
                for (int64_t i = 0; i < size; i++) {
                    if (i % step == 0 && fs_interrupted())
                        return FSPEC_OK;
                    job->kernels->running_rank(out, sorted, largest, rows + (size_t)i * row, (size_t)size, 0, 1);
                }
            for (int64_t i = 0; i < m; i += step) {
                if (fs_interrupted())
                    return FSPEC_OK;
                char *at = rows + (size_t)i * row;
                job->kernels->running_rank(out + (size_t)i * row, sorted, at, at + (size_t)size * row, (size_t)size,
                                           (size_t)size / 2, (size_t)(m - i < step ? m - i : step));
            }
            store(job, &job->out[item], out, band, n, t, m);
        }
    }
    return FSPEC_OK;
}

fspec_status fspec_median(const fspec_matrix *x, fspec_dtype dtype, int64_t n_bands, int64_t n_frames, int64_t size,
                          const fspec_matrix *out, int64_t n_items, const fspec_call *call)
{
    fspec_call full;
    size_t bytes, pieces;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n_bands < 0 || n_frames < 0 || n_items < 0 || size < 1 || size > MOST)
        return FSPEC_BAD_ARGUMENT;
    if (n_bands == 0 || n_items == 0 || n_frames == 0)
        return FSPEC_OK;
    if (!x || !out)
        return FSPEC_BAD_ARGUMENT;
    if (n_frames > INT64_MAX / 4)
        return FSPEC_TOO_LARGE;
    for (int64_t i = 0; i < n_items; i++) {
        if (!x[i].data || !out[i].data)
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&x[i], n_bands, n_frames) || !fs_fits(&out[i], n_bands, n_frames))
            return FSPEC_TOO_LARGE;
    }
    const fs_kernels *kernels = fs_kernels_for(dtype == FSPEC_FLOAT64);
    const int64_t least = n_frames < CHUNK ? n_frames : CHUNK;
    median_job job = {.kernels = kernels,
                      .x = x,
                      .out = out,
                      .is_double = dtype == FSPEC_FLOAT64,
                      .n_bands = n_bands,
                      .n_frames = n_frames,
                      .size = size,
                      /* Long windows: at least their length at a time, since each chunk loads a window more. */
                      .chunk = size > least ? (size < n_frames ? size : n_frames) : least,
                      .groups = (n_bands - 1) / (int64_t)kernels->lanes + 1,
                      .row = kernels->lanes * kernels->real_size};
    if (!fs_size(job.groups, n_items, 0, &pieces) || pieces > INT64_MAX)
        return FSPEC_TOO_LARGE;
    const int workers = fs_worker_count(&full, (int64_t)pieces);
    job.scratch_bytes = (size_t)(2 * job.size + 2 * job.chunk + 1) * job.row;
    if (!fs_size((int64_t)job.scratch_bytes, workers, 0, &bytes))
        return FSPEC_TOO_LARGE;
    job.scratch = fs_alloc(bytes);
    if (!job.scratch)
        return FSPEC_NO_MEMORY;
    status = fs_parallel(&full, workers, (int64_t)pieces, 1, work, &job);
    fs_free(job.scratch);
    return status;
}
