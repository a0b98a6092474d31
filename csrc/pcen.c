/* Per-channel energy normalisation of arrays. SPDX-License-Identifier: BSD-3-Clause
 *
 * Tiles of a few frames and bands are brought into rows, one frame each, and back. A band's frames are never split between
 * threads. */
#include "pcen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "arrays.h"
#include "memory.h"
#include "parallel.h"

enum { TILE_FRAMES = 32, TILE_BANDS = 16 };

void fspec_pcen_config_init(fspec_pcen_config *config)
{
    *config = (fspec_pcen_config){sizeof *config, 0.98, 2, 0.5, 1e-6, 0.025};
}

static int within(double x, double low, double high)
{
    return x >= low && x <= high;
}

int fs_pcen_valid(const fspec_pcen_config *c)
{
    return within(c->gain, 0, DBL_MAX) && within(c->bias, 0, DBL_MAX) && within(c->power, 0, DBL_MAX)
           && within(c->eps, DBL_MIN, DBL_MAX) && within(c->b, 0, 1);
}

fs_pcen_spec fs_pcen_spec_of(const fspec_pcen_config *c)
{
    const fs_pcen_kind kind = c->power == 0       ? FS_PCEN_LOG
                              : c->bias < DBL_MIN ? FS_PCEN_POWER
                              : c->power == 0.5   ? FS_PCEN_ROOT
                                                  : FS_PCEN_GENERAL;
    return (fs_pcen_spec){kind, c->gain, c->bias, c->power, c->eps, c->b, 1 - c->b, pow(c->bias, c->power)};
}

void fs_pcen_begin(const fs_pcen_spec *spec, double *state, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        state[i] = spec->keep;
}

typedef struct pcen_job {
    const fs_kernels *kernels;
    fs_pcen_spec spec;
    const fspec_matrix *x, *ref, *out;
    int x_double, out_double;
    int64_t n_bands, n_frames, groups;
    double *state;
} pcen_job;

static void *element(const fspec_matrix *m, int64_t band, int64_t frame)
{
    return (char *)m->data + band * m->bin_stride + frame * m->frame_stride;
}

static void load_tile(double *tile, const fspec_matrix *m, int is_double, int64_t band, int64_t n_bands, int64_t frame,
                      int64_t n_frames)
{
    for (int64_t i = 0; i < n_bands; i++)
        fs_copy_values(tile + i, TILE_BANDS * 8, 1, element(m, band + i, frame), m->frame_stride, is_double, n_frames);
}

static fspec_status work(void *context, int worker, int64_t begin, int64_t end)
{
    const pcen_job *job = context;
    _Alignas(FS_ALIGN) double x[TILE_FRAMES * TILE_BANDS], ref[TILE_FRAMES * TILE_BANDS], state[TILE_BANDS];
    (void)worker;
    for (int64_t piece = begin; piece < end; piece++) {
        const int64_t item = piece / job->groups, band = piece % job->groups * TILE_BANDS, left = job->n_bands - band;
        const int64_t n = left < TILE_BANDS ? left : TILE_BANDS;
        double *own = job->state ? job->state + item * job->n_bands + band : NULL;
        const fspec_matrix *from = &job->x[item], *of = job->ref ? &job->ref[item] : NULL, *to = &job->out[item];
        if (own)
            memcpy(state, own, (size_t)n * sizeof *state);
        else
            fs_pcen_begin(&job->spec, state, n);
        for (int64_t t = 0; t < job->n_frames; t += TILE_FRAMES) {
            const int64_t m = job->n_frames - t < TILE_FRAMES ? job->n_frames - t : TILE_FRAMES;
            if (t % (TILE_FRAMES * 64) == 0 && fs_interrupted())
                return FSPEC_OK;
            load_tile(x, from, job->x_double, band, n, t, m);
            if (of)
                load_tile(ref, of, job->x_double, band, n, t, m);
            job->kernels->pcen(x, x, of ? ref : x, TILE_BANDS, (size_t)m, (size_t)n, state, &job->spec);
            for (int64_t i = 0; i < n; i++)
                fs_copy_values(element(to, band + i, t), to->frame_stride, job->out_double, x + i, TILE_BANDS * 8, 1, m);
        }
        if (own)
            memcpy(own, state, (size_t)n * sizeof *state);
    }
    return FSPEC_OK;
}

static FS_OWN_FUNCTION void read_spec(const fspec_pcen_config *config, fs_pcen_spec *spec)
{
    *spec = fs_pcen_spec_of(config);
}

fspec_status fspec_pcen(const fspec_pcen_config *config, const fspec_matrix *x, const fspec_matrix *ref, fspec_dtype dtype,
                        int64_t n_bands, int64_t n_frames, double *state, const fspec_matrix *out, fspec_dtype out_dtype,
                        int64_t n_items, const fspec_call *call)
{
    fspec_pcen_config c;
    fspec_call full;
    size_t bytes;
    fspec_pcen_config_init(&c);
    fspec_status status = config ? fs_struct_read(&c, sizeof c, config, sizeof c) : FSPEC_OK;
    if (status == FSPEC_OK)
        status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!fs_pcen_valid(&c))
        return FSPEC_BAD_LOG;
    if ((dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64) || (out_dtype != FSPEC_FLOAT32 && out_dtype != FSPEC_FLOAT64))
        return FSPEC_BAD_DATA_TYPE;
    if (n_bands < 0 || n_frames < 0 || n_items < 0)
        return FSPEC_BAD_ARGUMENT;
    if (n_bands == 0 || n_items == 0 || n_frames == 0)
        return FSPEC_OK;
    if (!x || !out)
        return FSPEC_BAD_ARGUMENT;
    if (!fs_size(n_bands, n_items, 0, &bytes) || !fs_size((int64_t)bytes, sizeof *state, 0, &bytes))
        return FSPEC_TOO_LARGE;
    for (int64_t i = 0; i < n_items; i++) {
        if (!x[i].data || !out[i].data || (ref && !ref[i].data))
            return FSPEC_BAD_ARGUMENT;
        if (!fs_fits(&x[i], n_bands, n_frames) || !fs_fits(&out[i], n_bands, n_frames)
            || (ref && !fs_fits(&ref[i], n_bands, n_frames)))
            return FSPEC_TOO_LARGE;
    }
    pcen_job job = {.kernels = fs_kernels_for(1),
                    .x = x,
                    .ref = ref,
                    .out = out,
                    .x_double = dtype == FSPEC_FLOAT64,
                    .out_double = out_dtype == FSPEC_FLOAT64,
                    .n_bands = n_bands,
                    .n_frames = n_frames,
                    .groups = (n_bands - 1) / TILE_BANDS + 1,
                    .state = state};
    const fs_fpenv env = fs_fpenv_enter();
    read_spec(&c, &job.spec);
    fs_fpenv_leave(env);
    return fs_parallel(&full, fs_worker_count(&full, job.groups * n_items), job.groups * n_items, 1, work, &job);
}
