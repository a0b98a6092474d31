/* The tables of the built-in engine for one frame at a time: those of the lanes, in another order.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "fft_lone.h"

#include <string.h>

enum { WINDOW, FIRST, SPLIT, SIGNS, N_TABLES };

typedef struct writer {
    char *to;
    size_t at, size;
} writer;

/* Element i of another table, or minus that. */
static void copy_value(writer *w, const void *from, size_t i, int minus)
{
    char *to = w->to + w->at++ * w->size;
    memcpy(to, (const char *)from + i * w->size, w->size);
    if (!minus)
        return;
    if (w->size == 8)
        *(double *)(void *)to = -*(double *)(void *)to;
    else
        *(float *)(void *)to = -*(float *)(void *)to;
}

static void write_window(const fs_lanes_tables *t, writer *w)
{
    for (size_t i = 0; i < 2 * t->first * t->row; i++) {
        w->at = 2 * (i / (2 * t->first) + t->row * (i / 2 % t->first)) + i % 2;
        copy_value(w, t->window, i, 0);
    }
}

/* [vector of butterflies][k][re, im][butterfly] */
static void write_first_turns(const fs_lanes_tables *t, size_t width, writer *w)
{
    for (size_t at = 0; at < t->row; at += width) {
        const size_t j = at + width <= t->row ? at : t->row - width;
        for (size_t k = 0; k < t->first - 1; k++)
            for (size_t part = 0; part < 2; part++)
                for (size_t i = 0; i < width; i++)
                    copy_value(w, t->first_turns, 2 * ((j + i) * (t->first - 1) + k) + part, 0);
    }
}

/* Whether bin k is the low one of its pair in simd_fft.h; where both are one, it is the high one that is written last. */
static int is_low(const fs_lanes_tables *t, size_t k)
{
    const size_t k1 = k % t->first, k2 = k / t->first;
    if (2 * k == t->first * t->row)
        return 0;
    return k1 == 0 || 2 * k1 == t->first ? 2 * k2 < t->row : 2 * k1 < t->first;
}

/* [vector of bins][re, im][bin], conjugated for the high bins of pairs; and their signs, [bin] */
static void write_split_turns(const fs_lanes_tables *t, size_t width, writer *w, writer *signs)
{
    const size_t m = t->first * t->row;
    const double zero = 0;
    for (size_t begin = 0; begin < m; begin += width)
        for (size_t part = 0; part < 2; part++)
            for (size_t k = begin; k < begin + width; k++) {
                const int low = is_low(t, k);
                const size_t pair = low ? k : m - k, k1 = pair % t->first, k2 = pair / t->first;
                const size_t at = k2 + (k1 == 0 ? 0 : t->row / 2 + 1 + (k1 - 1) * t->row);
                copy_value(w, t->split_turns, 2 * at + part, part && !low);
                if (part)
                    copy_value(signs, &zero, 0, !low);
            }
}

static int serves(const fs_kernels *k, const fs_lanes_tables *t)
{
    return t->first % k->lone_width == 0 && t->row >= k->lone_width;
}

static const fs_kernels *kernels_for(const fs_lanes *lanes)
{
    const fs_kernels *wide = lanes->kernels->lone, *narrow = lanes->kernels->narrow->lone;
    if (lanes->chirps)
        return NULL;
    return serves(wide, &lanes->tables) ? wide : serves(narrow, &lanes->tables) ? narrow : NULL;
}

static void place(const fs_lanes *lanes, const fs_kernels *k, fs_arena *arena, writer w[N_TABLES])
{
    const fs_lanes_tables *t = &lanes->tables;
    const size_t m = t->first * t->row, vectors = (t->row + k->lone_width - 1) / k->lone_width;
    const size_t counts[N_TABLES] = {[WINDOW] = 2 * m, [FIRST] = 2 * (t->first - 1) * vectors * k->lone_width,
                                     [SPLIT] = 2 * m, [SIGNS] = m};
    for (int i = 0; i < N_TABLES; i++)
        w[i] = (writer){fs_take(arena, (int64_t)counts[i], k->real_size), 0, k->real_size};
}

fspec_status fs_lone_create(const fs_lanes *lanes, fs_lone **result)
{
    const fs_kernels *k = kernels_for(lanes);
    fs_arena arena = {0};
    writer w[N_TABLES];
    *result = NULL;
    if (!k)
        return FSPEC_OK;
    place(lanes, k, &arena, w);
    if (arena.overflow)
        return FSPEC_TOO_LARGE;
    fs_lone *lone = fs_alloc(sizeof *lone);
    void *memory = arena.base = fs_alloc(arena.used);
    if (!lone || !memory) {
        fs_free(lone);
        fs_free(memory);
        return FSPEC_NO_MEMORY;
    }
    arena.used = 0;
    place(lanes, k, &arena, w);
    *lone = (fs_lone){k, {&lanes->tables, w[WINDOW].to, w[FIRST].to, w[SPLIT].to, w[SIGNS].to}, memory};
    write_window(&lanes->tables, &w[WINDOW]);
    write_first_turns(&lanes->tables, k->lone_width, &w[FIRST]);
    write_split_turns(&lanes->tables, k->lone_width, &w[SPLIT], &w[SIGNS]);
    *result = lone;
    return FSPEC_OK;
}

void fs_lone_free(fs_lone *lone)
{
    if (!lone)
        return;
    fs_free(lone->memory);
    fs_free(lone);
}

void fs_lone_take(const fs_lone *lone, fs_arena *arena, fs_lanes_desk *desk)
{
    const fs_lanes_tables *t = lone->tables.lanes;
    const int64_t first = (int64_t)t->first, row = (int64_t)t->row, size = 2 * (int64_t)lone->kernels->real_size;
    desk->panel = fs_take(arena, first * row, (size_t)size);
    desk->z = fs_take(arena, first * ((int64_t)t->pitch + row), (size_t)size);
    desk->spare = fs_take(arena, row * (int64_t)lone->kernels->lone_width, (size_t)size);
}

void fs_lone_forward(const fs_lone *lone, const fs_lanes_desk *d, const void *samples, void *out, int as_power)
{
    lone->kernels->lone_forward(&lone->tables, samples, d->z, d->spare, out, as_power);
}
