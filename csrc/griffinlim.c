/* Phases for a magnitude spectrogram. SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "frontend.h"
#include "istft.h"
#include "pool.h"

typedef struct update {
    const fs_kernels *kernels;
    char *angles;
    const char *before, *magnitude;
    int64_t n_bins;
    double momentum;
} update;

/* The next phases of a frame, as soon as its spectrum is there. */
static void rephase_frame(void *context, int64_t frame, const void *spectrum)
{
    const update *u = context;
    const size_t at = (size_t)(frame * u->n_bins) * u->kernels->real_size;
    u->kernels->rephase(u->angles + 2 * at, spectrum, u->before ? u->before + 2 * at : NULL, u->magnitude + at,
                        (size_t)u->n_bins, u->momentum / (1 + u->momentum));
}

fspec_status fspec_griffinlim(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum,
                              const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples,
                              const fspec_call *call)
{
    fspec_call full;
    size_t bytes;
    int64_t last_poll = 0;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!stft || !istft || !magnitude || !angles || !y || n_iter < 0 || !isfinite(momentum) || momentum < 0 || n_frames < 1
        || stft->output != FSPEC_OUT_COMPLEX || stft->is_double != istft->is_double || stft->framing.n_fft != istft->n_fft
        || stft->framing.hop != istft->hop || (n_iter > 0 && fs_n_frames(&stft->framing, n_samples) != n_frames))
        return FSPEC_BAD_ARGUMENT;
    const int64_t size = (int64_t)stft->kernels->real_size, n_bins = stft->n_bins;
    if (!fs_size(n_frames, 2 * size * n_bins, 0, &bytes))
        return FSPEC_TOO_LARGE;
    const fspec_dtype complex_type = stft->is_double ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
    const fspec_signal signal = {y, n_samples, size, stft->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0};
    const fspec_matrix estimate = {angles, 2 * size, 2 * size * n_bins};
    fs_scratch spectra[2] = {{0}, {0}};
    full.scratch = NULL;
    for (int i = 0; i < 2 && i < n_iter && status == FSPEC_OK; i++)
        status = fs_take_scratch(bytes, &spectra[i]);
    for (int64_t i = 0; i < n_iter && status == FSPEC_OK; i++) {
        const fspec_matrix now = {spectra[i % 2].base, 2 * size, 2 * size * n_bins};
        update u = {stft->kernels, angles, i ? spectra[(i + 1) % 2].base : NULL, magnitude, n_bins, momentum};
        const fs_sink sink = {.take = rephase_frame, .context = &u};
        const fs_item item = {.source = {signal, 0, n_samples}, .n_frames = n_frames, .out = now};
        status = fspec_istft_exec(istft, &estimate, complex_type, n_frames, &signal, 1, &full);
        if (status == FSPEC_OK)
            status = fspec_check_finite(&signal, 1, &full);
        if (status == FSPEC_OK)
            status = fs_frontend_run(stft, &item, 1, complex_type, &sink, &full);
        if (status == FSPEC_OK && fs_cancelled(&full, &last_poll)) /* an iteration alone may be too short to ask */
            status = FSPEC_CANCELLED;
    }
    if (status == FSPEC_OK)
        status = fspec_istft_exec(istft, &estimate, complex_type, n_frames, &signal, 1, &full);
    fs_call_release(&spectra[1]);
    fs_call_release(&spectra[0]);
    return status;
}

enum { TILE_BINS = 8, TILE_FRAMES = 64 };

/* One tile: turns row by row, as they were drawn, to angles frame by frame. */
static void phase_tile(const fs_kernels *k, const double *turns, int64_t turn_pitch, int64_t n_bins, int64_t n_frames,
                       const void *magnitude, void *angles, int64_t pitch)
{
    double u[TILE_FRAMES], c[TILE_BINS][TILE_FRAMES], s[TILE_BINS][TILE_FRAMES];
    for (int64_t b = 0; b < n_bins; b++) {
        for (int64_t t = 0; t < TILE_FRAMES; t++)
            u[t] = t < n_frames ? turns[b * turn_pitch + t] : 0;
        k->turns(c[b], s[b], u, TILE_FRAMES);
    }
    for (int64_t t = 0; t < n_frames; t++)
        for (int64_t b = 0; b < n_bins; b++) {
            const int64_t at = t * pitch + b;
            if (k->real_size == 8) {
                ((double *)angles)[2 * at] = ((const double *)magnitude)[at] * c[b][t];
                ((double *)angles)[2 * at + 1] = ((const double *)magnitude)[at] * s[b][t];
            } else {
                ((float *)angles)[2 * at] = ((const float *)magnitude)[at] * (float)c[b][t];
                ((float *)angles)[2 * at + 1] = ((const float *)magnitude)[at] * (float)s[b][t];
            }
        }
}

typedef struct phases {
    const fs_kernels *kernels;
    const double *turns;
    const char *magnitude;
    char *angles;
    int64_t n_bins, n_frames, pitch;
} phases;

static fspec_status phase_frames(void *context, int worker, int64_t begin, int64_t end)
{
    const phases *p = context;
    (void)worker;
    for (int64_t t = begin; t < end; t += TILE_FRAMES)
        for (int64_t b = 0; b < p->n_bins; b += TILE_BINS) {
            const size_t at = (size_t)(t * p->pitch + b) * p->kernels->real_size;
            phase_tile(p->kernels, p->turns + b * p->n_frames + t, p->n_frames,
                       p->n_bins - b < TILE_BINS ? p->n_bins - b : TILE_BINS, end - t < TILE_FRAMES ? end - t : TILE_FRAMES,
                       p->magnitude + at, p->angles + 2 * at, p->pitch);
        }
    return FSPEC_OK;
}

fspec_status fspec_phases(const double *turns, const void *magnitude, void *angles, int64_t n_bins, int64_t n_frames,
                          int64_t pitch, fspec_dtype dtype, const fspec_call *call)
{
    fspec_call full;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (n_bins < 0 || n_frames < 0 || pitch < n_bins || (n_bins > 0 && n_frames > 0 && (!turns || !magnitude || !angles)))
        return FSPEC_BAD_ARGUMENT;
    phases p = {fs_kernels_for(dtype == FSPEC_FLOAT64), turns, magnitude, angles, n_bins, n_frames, pitch};
    return fs_parallel(&full, fs_worker_count(&full, n_frames / TILE_FRAMES + 1), n_frames, 2 * TILE_FRAMES, phase_frames, &p);
}
