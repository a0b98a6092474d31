/* SPDX-License-Identifier: BSD-3-Clause */
#include "time_stages.h"

#include <string.h>

fspec_status fs_smoother_create(const fs_kernels *kernels, const double *kernel, int64_t n, fs_smoother *smoother)
{
    const int64_t middle = n / 2;
    int64_t first = 0, last = n - 1;
    size_t bytes;
    while (first < middle && kernel[first] == 0)
        first++;
    while (last > middle && kernel[last] == 0)
        last--;
    smoother->kernels = kernels;
    smoother->n_taps = last - first + 1;
    smoother->before = last - middle;
    smoother->after = middle - first;
    if (!fs_size(smoother->n_taps, (int64_t)kernels->real_size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(smoother->taps = fs_alloc(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t j = 0; j < smoother->n_taps; j++) {
        if (kernels->real_size == sizeof(double))
            ((double *)smoother->taps)[j] = kernel[last - j];
        else
            ((float *)smoother->taps)[j] = (float)kernel[last - j];
    }
    return FSPEC_OK;
}

void fs_smoother_free(fs_smoother *smoother)
{
    fs_free(smoother->taps);
}

static size_t row_bytes(const fs_smoother *smoother, int64_t pitch)
{
    return (size_t)pitch * smoother->kernels->real_size;
}

void fs_smoother_lay_out(const fs_smoother *smoother, fs_arena *arena, int64_t pitch, int64_t most, fs_smoother_state *state)
{
    state->rows = fs_take(arena, smoother->n_taps - 1 + most, row_bytes(smoother, pitch));
}

void fs_smoother_begin(const fs_smoother *smoother, fs_smoother_state *state, int64_t pitch, int64_t n_absent)
{
    state->n_rows = n_absent;
    memset(state->rows, 0, (size_t)n_absent * row_bytes(smoother, pitch));
}

char *fs_smoother_room(const fs_smoother *smoother, const fs_smoother_state *state, int64_t pitch)
{
    return state->rows + (size_t)state->n_rows * row_bytes(smoother, pitch);
}

int64_t fs_smoother_take(const fs_smoother *smoother, fs_smoother_state *state, int64_t pitch, int64_t n, void *out)
{
    const size_t bytes = row_bytes(smoother, pitch);
    state->n_rows += n;
    const int64_t done = state->n_rows - (smoother->n_taps - 1);
    if (done <= 0)
        return 0;
    smoother->kernels->filter(out, state->rows, (size_t)pitch, (size_t)(done * pitch), smoother->taps,
                              (size_t)smoother->n_taps);
    state->n_rows -= done;
    memmove(state->rows, state->rows + (size_t)done * bytes, (size_t)state->n_rows * bytes);
    return done;
}
