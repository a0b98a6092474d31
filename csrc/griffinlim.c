/* Phases for a magnitude spectrogram. SPDX-License-Identifier: BSD-3-Clause */
#include "frontend.h"
#include "istft.h"

enum { PIECE_FRAMES = 64 };

typedef struct update {
    const fs_kernels *kernels;
    char *angles;
    const char *now, *before, *magnitude;
    int64_t n_bins;
    double k;
} update;

static fspec_status rephase_frames(void *context, int worker, int64_t begin, int64_t end)
{
    const update *u = context;
    const size_t at = (size_t)(begin * u->n_bins) * u->kernels->real_size;
    (void)worker;
    u->kernels->rephase(u->angles + 2 * at, u->now + 2 * at, u->before ? u->before + 2 * at : NULL, u->magnitude + at,
                        (size_t)((end - begin) * u->n_bins), u->k);
    return FSPEC_OK;
}

fspec_status fspec_griffinlim(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum,
                              const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples,
                              const fspec_call *call)
{
    fspec_call full;
    size_t bytes;
    fspec_status status = fs_call_read(call, &full);
    if (status != FSPEC_OK)
        return status;
    if (!stft || !istft || !magnitude || !angles || !y || n_iter < 0 || !(momentum >= 0) || n_frames < 1
        || stft->output != FSPEC_OUT_COMPLEX || stft->is_double != istft->is_double || stft->framing.n_fft != istft->n_fft
        || stft->framing.hop != istft->hop || (n_iter > 0 && fs_n_frames(&stft->framing, n_samples) != n_frames))
        return FSPEC_BAD_ARGUMENT;
    const int64_t size = (int64_t)stft->kernels->real_size, n_bins = stft->n_bins;
    if (!fs_size(n_frames, 2 * size * n_bins, 0, &bytes))
        return FSPEC_TOO_LARGE;
    const fspec_dtype complex_type = stft->is_double ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
    const fspec_signal signal = {y, n_samples, size, stft->is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0};
    const fspec_matrix estimate = {angles, 2 * size, 2 * size * n_bins};
    void *spectra[2] = {n_iter > 0 ? fs_alloc(bytes) : NULL, n_iter > 1 ? fs_alloc(bytes) : NULL};
    full.scratch = NULL;
    if ((n_iter > 0 && !spectra[0]) || (n_iter > 1 && !spectra[1]))
        status = FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < n_iter && status == FSPEC_OK; i++) {
        const fspec_matrix now = {spectra[i % 2], 2 * size, 2 * size * n_bins};
        update u = {stft->kernels, angles, now.data, i ? spectra[(i + 1) % 2] : NULL, magnitude, n_bins,
                    momentum / (1 + momentum)};
        status = fspec_istft_exec(istft, &estimate, complex_type, n_frames, &signal, 1, &full);
        if (status == FSPEC_OK)
            status = fspec_frontend_exec(stft, &signal, &now, 1, complex_type, &full);
        if (status == FSPEC_OK)
            status = fs_parallel(&full, fs_worker_count(&full, n_frames / PIECE_FRAMES + 1), n_frames, PIECE_FRAMES,
                                 rephase_frames, &u);
    }
    if (status == FSPEC_OK)
        status = fspec_istft_exec(istft, &estimate, complex_type, n_frames, &signal, 1, &full);
    fs_free(spectra[0]);
    fs_free(spectra[1]);
    return status;
}
