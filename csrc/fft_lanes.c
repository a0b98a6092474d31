/* Factorisations and tables of the built-in engine. SPDX-License-Identifier: BSD-3-Clause */
#include "fft_lanes.h"

#include <math.h>

#include "memory.h"

/* Wide blocks whose work array is larger than this give way to narrow ones: it should stay in the second-level cache. */
enum { WIDE_BYTES = 1 << 20 };

static int64_t divide_out(int64_t n, int64_t p)
{
    while (n % p == 0)
        n /= p;
    return n;
}

int fs_lanes_has(int64_t n)
{
    return n >= FS_LANES_LEAST && n <= FS_LANES_MOST && n % 2 == 0 && divide_out(divide_out(divide_out(n, 2), 3), 5) == 1;
}

/* cos and sin of 2 pi k / n, by reflection into the first eighth of the turn, where both are accurate. */
static void unit_root(int64_t k, int64_t n, double *cosine, double *sine)
{
    const double two_pi = 6.283185307179586476925;
    k %= n;
    const int64_t eighth = 8 * k / n, quarter = (eighth + 1) / 2 % 4;
    /* k - quarter * n / 4, in units of 1 / (4 n) of a turn, so that it stays whole */
    int64_t rest = 4 * k - quarter * n;
    if (quarter == 0 && eighth == 7)
        rest = 4 * k - 4 * n;
    const double angle = two_pi * (double)rest / (4.0 * (double)n), c = cos(angle), s = sin(angle);
    switch (quarter) {
    case 0: *cosine = c, *sine = s; break;
    case 1: *cosine = -s, *sine = c; break;
    case 2: *cosine = -c, *sine = -s; break;
    default: *cosine = s, *sine = -c; break;
    }
}

/* A table being filled in the type of the plan. */
typedef struct writer {
    void *to;
    int64_t at;
    int is_double;
} writer;

static void write_value(writer *w, double x)
{
    if (w->is_double)
        ((double *)w->to)[w->at++] = x;
    else
        ((float *)w->to)[w->at++] = (float)x;
}

/* exp(-2 pi i k / n) */
static void write_turn(writer *w, int64_t k, int64_t n)
{
    double c, s;
    unit_root(k, n, &c, &s);
    write_value(w, c);
    write_value(w, -s);
}

/* The radix of the first pass, and those of the rows: as few passes as the radices allow, the large ones of powers of two
 * first, since they do the most work per load. */
static void factorise(int64_t m, fs_lanes_tables *t)
{
    static const int odd[] = {5, 3};
    int factors[FS_MAX_PASSES], n = 0, twos = 0;
    for (; m % 2 == 0; m /= 2)
        twos++;
    while (twos > 0) {
        /* 8 where two or more of it are left, else the largest that leaves no single 2 behind */
        const int bits = twos == 1 || twos == 2 || twos == 4 ? twos : twos == 5 ? 3 : twos == 7 || twos % 3 == 1 ? 4 : 3;
        factors[n++] = 1 << bits;
        twos -= bits;
    }
    for (int i = 0; i < 2; i++)
        for (; m % odd[i] == 0; m /= odd[i])
            factors[n++] = odd[i];
    /* An even first radix has only one row that pairs with itself besides row 0; 8 keeps its butterflies in registers. */
    int first = 0;
    for (int i = 0; i < n; i++)
        if (factors[i] == 8) {
            first = i;
            break;
        }
    t->first = (size_t)factors[first];
    t->row = 1;
    t->n_passes = 0;
    for (int i = 0; i < n; i++)
        if (i != first) {
            t->radix[t->n_passes++] = factors[i];
            t->row *= (size_t)factors[i];
        }
    t->pitch = t->row + 1;
}

static void write_first_turns(writer *w, const fs_lanes_tables *t)
{
    const int64_t m = (int64_t)(t->first * t->row);
    for (int64_t j = 0; j < (int64_t)t->row; j++)
        for (int64_t k = 1; k < (int64_t)t->first; k++)
            write_turn(w, j * k, m);
}

static void write_row_turns(writer *w, const fs_lanes_tables *t)
{
    int64_t length = (int64_t)t->row;
    for (int pass = 0; pass < t->n_passes; length /= t->radix[pass++])
        for (int64_t p = 0; p < length / t->radix[pass]; p++)
            for (int64_t k = 1; k < t->radix[pass]; k++)
                write_turn(w, p * k, length);
}

/* -i exp(-2 pi i k / n) for the bins of the rows k1 <= first / 2, in the order in which they come out */
static void write_split_turns(writer *w, const fs_lanes_tables *t)
{
    const int64_t first = (int64_t)t->first, row = (int64_t)t->row, n = 2 * first * row;
    for (int64_t k1 = 0; 2 * k1 <= first; k1++) {
        const int64_t values = k1 == 0 ? row / 2 + 1 : 2 * k1 == first ? (row + 1) / 2 : row;
        for (int64_t k2 = 0; k2 < values; k2++) {
            double c, s;
            unit_root(k1 + first * k2, n, &c, &s);
            write_value(w, -s);
            write_value(w, -c);
        }
    }
}

/* i exp(2 pi i k / n) for k = 0 ... m / 2 */
static void write_merge_turns(writer *w, const fs_lanes_tables *t)
{
    const int64_t m = (int64_t)(t->first * t->row);
    for (int64_t k = 0; 2 * k <= m; k++) {
        double c, s;
        unit_root(k, 2 * m, &c, &s);
        write_value(w, -s);
        write_value(w, c);
    }
}

/* Sample number of the i-th read of the first pass. */
static int64_t visited(const fs_lanes_tables *t, int64_t i)
{
    const int64_t first = (int64_t)t->first, row = (int64_t)t->row;
    return 2 * (i / (2 * first) + row * (i / 2 % first)) + i % 2;
}

static void write_window(fs_lanes *lanes, writer *w, const double *window)
{
    const int64_t wide = (int64_t)lanes->kernels->lanes;
    for (int64_t i = 0; i < lanes->n; i++) {
        const int64_t s = visited(&lanes->tables, i);
        write_value(w, 0.5 * window[s]);
        lanes->spread_offset[i] = (uint32_t)(s % lanes->hop * lanes->pitch + s / lanes->hop);
        lanes->gather_offset[i] = (uint32_t)(s * wide);
    }
}

/* Places all tables in one arena; with no memory yet, it only adds up. */
static void place(fs_lanes *lanes, fs_arena *arena, int is_double, int forward, writer w[5])
{
    const fs_lanes_tables *t = &lanes->tables;
    const int64_t first = (int64_t)t->first, row = (int64_t)t->row, n = lanes->n;
    const size_t size = is_double ? 8 : 4;
    const int64_t counts[5] = {2 * row * first, 4 * row, 2 * (first * row / 2 + first + row + 2), 2 * (n / 4 + 1),
                               forward ? n : 0};
    for (int i = 0; i < 5; i++)
        w[i] = (writer){fs_take(arena, counts[i] + 2 * FS_ALIGN, size), 0, is_double};
    if (forward) {
        lanes->spread_offset = fs_take(arena, n, sizeof(uint32_t));
        lanes->gather_offset = fs_take(arena, n, sizeof(uint32_t));
    }
}

fspec_status fs_lanes_create(int64_t n, int64_t hop, int is_double, const double *window, fs_lanes **result)
{
    fs_lanes *lanes = fs_alloc_zeroed(sizeof *lanes);
    fs_arena arena = {0};
    writer w[5];
    if (!lanes)
        return FSPEC_NO_MEMORY;
    fs_lanes_tables *t = &lanes->tables;
    lanes->n = n;
    lanes->hop = hop < n ? hop : n;
    lanes->kernels = fs_kernels_for(is_double);
    factorise(n / 2, t);
    if (n * (int64_t)(lanes->kernels->lanes * lanes->kernels->real_size) > WIDE_BYTES)
        lanes->kernels = lanes->kernels->narrow;
    lanes->pitch = (fs_lanes_rows(lanes, (int64_t)lanes->kernels->lanes) + 3) / 4 * 4;
    place(lanes, &arena, is_double, window != NULL, w);
    if (arena.overflow || !(lanes->memory = arena.base = fs_alloc(arena.used))) {
        fs_lanes_free(lanes);
        return arena.overflow ? FSPEC_TOO_LARGE : FSPEC_NO_MEMORY;
    }
    arena.used = 0;
    place(lanes, &arena, is_double, window != NULL, w);
    t->first_turns = w[0].to;
    t->row_turns = w[1].to;
    t->split_turns = w[2].to;
    t->merge_turns = w[3].to;
    t->window = w[4].to;
    write_first_turns(&w[0], t);
    write_row_turns(&w[1], t);
    write_split_turns(&w[2], t);
    write_merge_turns(&w[3], t);
    if (window)
        write_window(lanes, &w[4], window);
    *result = lanes;
    return FSPEC_OK;
}

void fs_lanes_free(fs_lanes *lanes)
{
    if (!lanes)
        return;
    fs_free(lanes->memory);
    fs_free(lanes);
}

int64_t fs_lanes_rows(const fs_lanes *lanes, int64_t frames)
{
    return frames + (lanes->n - 1) / lanes->hop;
}

int fs_lanes_spreads(const fs_lanes *lanes)
{
    return lanes->hop < lanes->n;
}

int64_t fs_lanes_reach(const fs_lanes *lanes, int64_t rows)
{
    return (rows - 1) * lanes->hop + (lanes->hop + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
}

int64_t fs_lanes_panel_size(const fs_lanes *lanes)
{
    const int64_t wide = (int64_t)lanes->kernels->lanes, gathered = lanes->n * wide;
    const int64_t spread = (lanes->hop + FS_MAX_LANES) * lanes->pitch + FS_MAX_LANES;
    return spread > gathered ? spread : gathered;
}

int64_t fs_lanes_z_size(const fs_lanes *lanes)
{
    return (int64_t)(lanes->tables.first * lanes->tables.pitch * 2 * lanes->kernels->lanes);
}

int64_t fs_lanes_spare_size(const fs_lanes *lanes)
{
    return (int64_t)(4 * lanes->tables.pitch * lanes->kernels->lanes);
}
