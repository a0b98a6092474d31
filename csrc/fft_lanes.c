/* Factorisations and tables of the built-in engine. SPDX-License-Identifier: BSD-3-Clause */
#include "fft_lanes.h"

#include <math.h>

/* Wide blocks whose work array is larger than this give way to narrow ones: it should stay in the second-level cache. */
enum { WIDE_BYTES = 1 << 20 };

/* The largest size that Bluestein's algorithm is used for. */
enum { FS_CHIRPS_MOST = 1 << 24 };

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

int fspec_lanes_has(int64_t n_fft)
{
    return fs_lanes_has(n_fft);
}

void fs_unit_root(int64_t k, int64_t n, double *cosine, double *sine)
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
    fs_unit_root(k, n, &c, &s);
    write_value(w, c);
    write_value(w, -s);
}

/* The radix of the first pass, and those of the rows: as few passes as the radices allow, the large ones of powers of two
 * first, since they do the most work per load. */
static void factorise(int64_t m, fs_lanes_tables *t)
{
    static const int odd[] = {5, 3};
    int factors[FS_MAX_PASSES] = {0}, n = 0, twos = 0;
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
    /* The largest comes last, where there are no factors to turn by and registers are least short. */
    for (int i = n - 1; i >= 0; i--)
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
            fs_unit_root(k1 + first * k2, n, &c, &s);
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
        fs_unit_root(k, 2 * m, &c, &s);
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

/* ---- Bluestein: exp(-2 pi i j k / n) = c(j) c(k) conj(c(k - j)) with c(j) = exp(-pi i j^2 / n) ------------------------ */

static void chirp(int64_t j, int64_t n, double *c, double *s)
{
    fs_unit_root((int64_t)((uint64_t)(j * j) % (uint64_t)(2 * n)), 2 * n, c, s);
}

/* The least 5-smooth length that a convolution of n values by n + n/2 does not wrap in. */
static int64_t convolution_length(int64_t n)
{
    int64_t m = n + n / 2 + 2;
    while (divide_out(divide_out(divide_out(m, 2), 3), 5) != 1)
        m++;
    return m;
}

static fspec_status create_complex(int64_t m, fs_lanes **lanes);

/* The inverse transform of the chirp, over its length. It is made in double by the portable kernels' own transform, whatever
 * the plan's type: an error in it would be an error of every bin. */
static fspec_status write_convolution(const fs_lanes *lanes, int forward, writer *w)
{
    const int64_t n = lanes->n, m = (int64_t)(lanes->tables.first * lanes->tables.row);
    const fs_kernels *k = fs_kernels_for(1)->narrow;
    const int64_t unit = 2 * (int64_t)k->lanes, lowest = forward ? -(n - 1) : -(n / 2), highest = forward ? n / 2 : n - 1;
    fs_lanes *wide = NULL;
    fs_lanes_desk desk;
    fs_arena arena = {0};
    fspec_status status = create_complex(m, &wide);
    if (status != FSPEC_OK)
        return status;
    fs_lanes_take(wide, &arena, 0, &desk);
    void *values = arena.base = arena.overflow ? NULL : fs_alloc(arena.used);
    arena.used = 0;
    if (values) {
        fs_lanes_take(wide, &arena, 0, &desk);
        double *in = desk.work, *out = desk.other, c, s;
        for (int64_t i = 0; i < m * unit; i++)
            in[i] = 0;
        for (int64_t d = lowest; d <= highest; d++) {
            chirp(d < 0 ? -d : d, n, &c, &s);
            in[(d < 0 ? d + m : d) * unit] = c;
            in[(d < 0 ? d + m : d) * unit + unit / 2] = s;
        }
        k->complex_inverse(&wide->tables, in, desk.z, desk.spare, out);
        for (int64_t i = 0; i < m; i++) {
            write_value(w, out[i * unit + unit / 2] / (double)m);
            write_value(w, out[i * unit] / (double)m);
        }
    }
    fs_free(values);
    fs_lanes_free(wide);
    return values ? FSPEC_OK : FSPEC_NO_MEMORY;
}

/* c(j) for the input, with the window or with the factors that stand for the missing half of the bins; c(k) for the result. */
static void write_chirps(const fs_lanes *lanes, const double *window, writer *in, writer *out)
{
    const int64_t n = lanes->n;
    double c, s;
    for (int64_t j = 0; j < (window ? n : n / 2 + 1); j++) {
        const double factor = window ? window[j] : j == 0 || 2 * j == n ? 1 : 2;
        chirp(j, n, &c, &s);
        write_value(in, factor * c);
        write_value(in, -factor * s);
    }
    for (int64_t k = 0; k < (window ? n / 2 + 1 : n); k++) {
        chirp(k, n, &c, &s);
        write_value(out, c);
        write_value(out, -s);
    }
}

/* ---- plans ------------------------------------------------------------------------------------------------------------ */

enum { FIRST, ROW, SPLIT, MERGE, WINDOW, CHIRP_IN, CONVOLUTION, CHIRP_OUT, N_TABLES };

/* Places all tables in one arena; with no memory yet, it only adds up. */
static void place(fs_lanes *lanes, fs_arena *arena, int is_double, int forward, writer w[N_TABLES])
{
    const int64_t first = (int64_t)lanes->tables.first, row = (int64_t)lanes->tables.row, m = first * row, n = lanes->n;
    const int real_fft = !lanes->chirps, chirps = lanes->chirps && n > 0;
    const int64_t counts[N_TABLES] = {
        [FIRST] = 2 * m,
        [ROW] = 4 * row,
        [SPLIT] = real_fft ? m + 2 * (first + row + 2) : 0,
        [MERGE] = real_fft ? m + 2 : 0,
        [WINDOW] = real_fft && forward ? n : 0,
        [CHIRP_IN] = chirps ? 2 * n : 0,
        [CONVOLUTION] = chirps ? 2 * m : 0,
        [CHIRP_OUT] = chirps ? 2 * n : 0,
    };
    for (int i = 0; i < N_TABLES; i++)
        w[i] = (writer){fs_take(arena, counts[i] + 2 * FS_ALIGN, is_double ? 8 : 4), 0, is_double};
    if (real_fft && forward) {
        lanes->spread_offset = fs_take(arena, n, sizeof(uint32_t));
        lanes->gather_offset = fs_take(arena, n, sizeof(uint32_t));
    }
}

static fspec_status write_tables(fs_lanes *lanes, const double *window, writer w[N_TABLES])
{
    fs_lanes_tables *t = &lanes->tables;
    t->n = (size_t)lanes->n;
    t->first_turns = w[FIRST].to;
    t->row_turns = w[ROW].to;
    t->split_turns = w[SPLIT].to;
    t->merge_turns = w[MERGE].to;
    t->window = w[WINDOW].to;
    t->chirp_in = w[CHIRP_IN].to;
    t->convolution = w[CONVOLUTION].to;
    t->chirp_out = w[CHIRP_OUT].to;
    write_first_turns(&w[FIRST], t);
    write_row_turns(&w[ROW], t);
    if (!lanes->chirps) {
        write_split_turns(&w[SPLIT], t);
        write_merge_turns(&w[MERGE], t);
        if (window)
            write_window(lanes, &w[WINDOW], window);
        return FSPEC_OK;
    }
    if (lanes->n == 0)
        return FSPEC_OK;
    write_chirps(lanes, window, &w[CHIRP_IN], &w[CHIRP_OUT]);
    return write_convolution(lanes, window != NULL, &w[CONVOLUTION]);
}

/* Complex transforms of m values, for a real transform of n (which is 2 m), for Bluestein's algorithm, or (n = 0) as such. */
static fspec_status create(int64_t n, int64_t m, int64_t hop, int chirps, const fs_kernels *kernels, const double *window,
                           fs_lanes **result)
{
    fs_arena arena = {0};
    writer w[N_TABLES];
    const int is_double = kernels->real_size == 8;
    fs_lanes *lanes = fs_alloc_zeroed(sizeof *lanes);
    if (!lanes)
        return FSPEC_NO_MEMORY;
    lanes->n = n;
    lanes->step = hop;
    lanes->hop = hop < n ? hop : n;
    lanes->chirps = chirps;
    lanes->kernels = kernels;
    factorise(m, &lanes->tables);
    if (2 * m * (int64_t)(kernels->lanes * kernels->real_size) > WIDE_BYTES)
        lanes->kernels = kernels->narrow;
    if (!chirps)
        lanes->pitch = (fs_lanes_rows(lanes, (int64_t)lanes->kernels->lanes) + 3) / 4 * 4;
    place(lanes, &arena, is_double, window != NULL, w);
    fspec_status status = FSPEC_TOO_LARGE;
    if (!arena.overflow) {
        lanes->memory = arena.base = fs_alloc(arena.used);
        arena.used = 0;
        status = FSPEC_NO_MEMORY;
        if (lanes->memory) {
            place(lanes, &arena, is_double, window != NULL, w);
            status = write_tables(lanes, window, w);
        }
    }
    if (status == FSPEC_OK)
        *result = lanes;
    else
        fs_lanes_free(lanes);
    return status;
}

static fspec_status create_complex(int64_t m, fs_lanes **lanes)
{
    return create(0, m, 0, 1, fs_kernels_for(1)->narrow, NULL, lanes);
}

fspec_status fs_lanes_create_complex(int64_t m, int is_double, fs_lanes **lanes)
{
    return create(0, m, 0, 1, fs_kernels_for(is_double), NULL, lanes);
}

fspec_status fs_lanes_create(int64_t n, int64_t hop, int is_double, const double *window, fs_lanes **lanes)
{
    if (fs_lanes_has(n))
        return create(n, n / 2, hop, 0, fs_kernels_for(is_double), window, lanes);
    if (n > FS_CHIRPS_MOST)
        return FSPEC_TOO_LARGE;
    return create(n, convolution_length(n), hop, 1, fs_kernels_for(is_double), window, lanes);
}

void fs_lanes_free(fs_lanes *lanes)
{
    if (!lanes)
        return;
    fs_free(lanes->memory);
    fs_free(lanes);
}

/* ---- a block ---------------------------------------------------------------------------------------------------------- */

int64_t fs_lanes_rows(const fs_lanes *lanes, int64_t frames)
{
    return frames + (lanes->n - 1) / lanes->hop;
}

int fs_lanes_spreads(const fs_lanes *lanes)
{
    return lanes->hop < lanes->n && !lanes->chirps;
}

int64_t fs_lanes_reach(const fs_lanes *lanes, int64_t rows)
{
    return (rows - 1) * lanes->hop + (lanes->hop + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
}

void fs_lanes_take(const fs_lanes *lanes, fs_arena *arena, int forward, fs_lanes_desk *desk)
{
    const fs_lanes_tables *t = &lanes->tables;
    const int64_t wide = (int64_t)lanes->kernels->lanes, m = (int64_t)(t->first * t->row), pitch = (int64_t)t->pitch;
    const int64_t spread = (lanes->hop + FS_MAX_LANES) * lanes->pitch + FS_MAX_LANES, gathered = lanes->n * wide;
    const size_t size = lanes->kernels->real_size;
    desk->panel = forward ? fs_take(arena, spread > gathered ? spread : gathered, size) : NULL;
    desk->z = fs_take(arena, (int64_t)t->first * pitch, 2 * (size_t)wide * size);
    desk->spare = fs_take(arena, 2 * pitch, 2 * (size_t)wide * size);
    desk->work = lanes->chirps ? fs_take(arena, m, 2 * (size_t)wide * size) : NULL;
    desk->other = lanes->chirps ? fs_take(arena, m, 2 * (size_t)wide * size) : NULL;
}

void fs_lanes_forward(const fs_lanes *lanes, const fs_kernels *k, const fs_lanes_desk *d, int shared, void *out, int as_power)
{
    if (lanes->chirps)
        k->chirp_forward(&lanes->tables, d->panel, lanes->kernels->lanes, d->work, d->other, d->z, d->spare, out, as_power);
    else
        k->fft_forward(&lanes->tables, d->panel, shared ? lanes->spread_offset : lanes->gather_offset, d->z, d->spare, out,
                       as_power);
}

void fs_lanes_inverse(const fs_lanes *lanes, const fs_kernels *k, const fs_lanes_desk *d, void *bins, void *samples,
                      void *sum, const void *window, int64_t n_active)
{
    if (lanes->chirps)
        k->chirp_inverse(&lanes->tables, bins, d->work, d->other, d->z, d->spare, samples);
    else
        k->fft_inverse(&lanes->tables, bins, d->z, d->spare, samples);
    k->overlap_add(sum, (size_t)lanes->step, samples, !lanes->chirps, window, (size_t)lanes->n, (size_t)n_active);
}
