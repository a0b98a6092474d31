/* The built-in FFT's kernels, tier by tier, against the DFT by its definition in long double. SPDX-License-Identifier: BSD-3-Clause
 *
 * FRAMES frames are transformed in as many blocks as the tier needs. Tiers with FMA must give the same bits, frame by frame. */
#include "tables.h"

#include "fft_lanes.h"
#include "parallel.h"

enum { FRAMES = FS_MAX_LANES, MOST = 70, GUARD = 64 };

/* Largest error of a bin X, over norm + |X| / 4 of the frame. Of large transforms some 200 values are compared. */
static const double BOUND_FLOAT = 1.2e-6, BOUND_DOUBLE = 4e-15;

static double largest_error[2];

/* ---- transposes --------------------------------------------------------------------------------------------------- */

static void test_gather(const table *t)
{
    const size_t w = t->k->lanes;
    rng r = {1};
    for (size_t n = 0; n <= MOST; n++) {
        const size_t pitch = w + 4 * (size_t)rng_int(&r, 0, 3);
        void *blocks[FS_MAX_LANES], *panel = aligned(t, n * pitch);
        const void *frames[FS_MAX_LANES];
        for (size_t i = 0; i < w; i++) {
            void *x = data(&r, t, PLAIN, n);
            frames[i] = placed(t, x, n, (size_t)rng_int(&r, 0, 7), &blocks[i]);
            free(x);
        }
        t->k->fft_gather(panel, frames, n, pitch);
        for (size_t s = 0; s < n; s++)
            for (size_t i = 0; i < pitch; i++)
                CHECK(i < w ? identical(t, panel, s * pitch + i, frames[i], s) : get(t, panel, s * pitch + i) == 0, "%s fft_gather: n = %zu",
                      t->name, n);
        for (size_t i = 0; i < w; i++)
            free(blocks[i]);
        free(panel);
    }
}

static void test_spread(const table *t)
{
    const size_t w = t->k->lanes;
    rng r = {2};
    for (int round = 0; round < 400; round++) {
        const size_t step = (size_t)rng_int(&r, 1, round % 2 ? 70 : 12), rows = w + (size_t)rng_int(&r, 0, 20);
        const size_t reach = (rows - 1) * step + (step + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES, pitch = (rows + 3) / 4 * 4;
        void *x = data(&r, t, PLAIN, reach), *block, *samples = placed(t, x, reach, (size_t)rng_int(&r, 0, 7), &block);
        void *panel = aligned(t, (step + FS_MAX_LANES) * pitch + FS_MAX_LANES);
        t->k->fft_spread(panel, samples, step, rows, step, pitch);
        for (size_t c = 0; c < step; c++)
            for (size_t row = 0; row < rows; row++)
                CHECK(identical(t, panel, c * pitch + row, samples, row * step + c), "%s fft_spread: step %zu, %zu rows", t->name, step, rows);
        free(x);
        free(block);
        free(panel);
    }
}

/* Complex blocks to rows and back, of all lengths, at any alignment; inactive lanes are not written, nor anything beyond. */
static void test_complex_rows(const table *t)
{
    const size_t w = t->k->lanes, size = t->k->real_size;
    rng r = {3};
    for (size_t n = 0; n <= MOST; n++) {
        const size_t active = (size_t)rng_int(&r, 1, (int64_t)w), room = 2 * n * size + 2 * GUARD;
        void *block = aligned(t, 2 * n * w), *again = aligned(t, 2 * n * w), *out[FS_MAX_LANES], *places[FS_MAX_LANES];
        const void *rows[FS_MAX_LANES];
        unsigned char *store = memset(check_malloc(w * room), 0xa5, w * room);
        for (size_t i = 0; i < 2 * n * w; i++)
            put(t, block, i, datum(&r, t->dbl, PLAIN));
        for (size_t i = 0; i < w; i++)
            out[i] = store + i * room + GUARD - i % 3 * size;
        t->k->complex_to_rows(out, block, n, active);
        size_t wrong = 0, touched = 0;
        for (size_t i = 0; i < w; i++) {
            void *whole = check_malloc(2 * n * size);
            for (size_t bin = 0; bin < n; bin++)
                for (size_t part = 0; part < 2; part++) {
                    put(t, whole, 2 * bin + part, get(t, block, (2 * bin + part) * w + i));
                    wrong += i < active && !identical(t, out[i], 2 * bin + part, whole, 2 * bin + part);
                }
            rows[i] = placed(t, whole, 2 * n, i % 5, &places[i]);
            if (i < active)
                memset(out[i], 0xa5, 2 * n * size);
            free(whole);
        }
        for (size_t i = 0; i < w * room; i++)
            touched += store[i] != 0xa5;
        CHECK(!wrong && !touched, "%s complex_to_rows: n = %zu, %zu active: %zu wrong, %zu bytes beyond", t->name, n, active, wrong, touched);
        t->k->rows_to_complex(again, rows, n);
        CHECK(!memcmp(block, again, 2 * n * w * size), "%s rows_to_complex: n = %zu", t->name, n);
        for (size_t i = 0; i < w; i++)
            free(places[i]);
        free(store);
        free(block);
        free(again);
    }
}

/* The bits of the kernel for rows. */
static void test_block_power(const table *t)
{
    enum { ROWS = 300 };
    static const double powers[] = {1, 0.5, 3.1};
    const size_t w = t->k->lanes;
    rng r = {4};
    for (size_t p = 0; p < 3; p++)
        for (int kind = PLAIN; kind < KINDS; kind++) {
            void *block = aligned(t, 2 * ROWS * w), *out = aligned(t, ROWS * w), *row = aligned(t, 2 * w), *expected = aligned(t, w);
            for (size_t i = 0; i < 2 * ROWS * w; i++)
                put(t, block, i, datum(&r, t->dbl, kind));
            const fs_fpenv env = fs_fpenv_enter();
            t->k->block_power(out, block, ROWS, powers[p]);
            for (size_t i = 0; i < ROWS; i++) {
                for (size_t lane = 0; lane < w; lane++)
                    for (size_t part = 0; part < 2; part++)
                        put(t, row, 2 * lane + part, get(t, block, (2 * i + part) * w + lane));
                t->k->power(expected, row, w, powers[p]);
                for (size_t lane = 0; lane < w; lane++)
                    CHECK(identical(t, out, i * w + lane, expected, lane), "%s block_power %g, row %zu", t->name, powers[p], i);
            }
            fs_fpenv_leave(env);
            free(block);
            free(out);
            free(row);
            free(expected);
        }
}

/* Frames that overlap are added in ascending order, whatever their distance; nothing else is touched. */
static void test_overlap_add(const table *t)
{
    const size_t w = t->k->lanes, size = t->k->real_size;
    rng r = {5};
    for (int round = 0; round < 600; round++) {
        const size_t swapped = (size_t)rng_int(&r, 0, 1), n = (size_t)rng_int(&r, 1, 70) * (1 + swapped), hop = (size_t)rng_int(&r, 1, 80);
        const size_t active = (size_t)rng_int(&r, 1, (int64_t)w), room = n + (active - 1) * hop, offset = (size_t)rng_int(&r, 0, 5);
        void *block = aligned(t, n * w), *window = data(&r, t, PLAIN, n), *old = data(&r, t, PLAIN, room), *place;
        void *sum = placed(t, old, room, offset, &place);
        for (size_t i = 0; i < n * w; i++)
            put(t, block, i, datum(&r, t->dbl, PLAIN));
        t->k->overlap_add(sum, hop, block, swapped, window, n, active);
        for (size_t i = 0; i < active; i++)
            for (size_t s = 0; s < n; s++) {
                const double x = get(t, block, (s ^ swapped) * w + i);
                put(t, old, i * hop + s, fused(t, x, get(t, window, s), get(t, old, i * hop + s)));
            }
        CHECK(!memcmp(sum, old, room * size), "%s overlap_add: %zu samples, hop %zu, %zu frames", t->name, n, hop, active);
        free(block);
        free(window);
        free(old);
        free(place);
    }
}

/* ---- transforms --------------------------------------------------------------------------------------------------- */

typedef struct transform {
    int64_t n;
    double *window;
    fs_lanes *forward, *inverse;
    void *samples; /* [frame][sample] of the table's type */
    void *spectra; /* [frame][bin][re, im] */
} transform;

/* Blocks by this table's kernels, whatever the plan's: as pipelines do it, with offsets for frames that stand anywhere. */
static void *forward_all(const table *t, const transform *x, int as_power)
{
    const fs_lanes *lanes = x->forward;
    const fs_lanes_tables *tables = &lanes->tables;
    const size_t w = t->k->lanes, n = (size_t)x->n, n_bins = n / 2 + 1, size = t->k->real_size, m = tables->first * tables->row;
    const size_t parts = as_power ? 1 : 2;
    void *panel = aligned(t, n * w), *z = aligned(t, 2 * w * tables->first * tables->pitch), *spare = aligned(t, 4 * w * tables->pitch);
    void *work = aligned(t, 2 * w * m), *other = aligned(t, 2 * w * m), *out = aligned(t, parts * w * n_bins);
    void *all = aligned(t, FRAMES * n_bins * parts);
    uint32_t *offset = check_malloc(n * sizeof *offset);
    for (size_t i = 0; i < n && !lanes->chirps; i++)
        offset[i] = lanes->gather_offset[i] / (uint32_t)lanes->kernels->lanes * (uint32_t)w;
    for (size_t first = 0; first < FRAMES; first += w) {
        const void *frames[FS_MAX_LANES];
        for (size_t i = 0; i < w; i++)
            frames[i] = (const char *)x->samples + (first + i) * n * size;
        t->k->fft_gather(panel, frames, n, w);
        if (lanes->chirps)
            t->k->chirp_forward(tables, panel, w, work, other, z, spare, out, as_power);
        else
            t->k->fft_forward(tables, panel, offset, z, spare, out, as_power);
        for (size_t i = 0; i < w; i++)
            for (size_t k = 0; k < parts * n_bins; k++)
                put(t, all, (first + i) * n_bins * parts + k, get(t, out, k * w + i));
    }
    free(panel);
    free(z);
    free(spare);
    free(work);
    free(other);
    free(out);
    free(offset);
    return all;
}

static void *inverse_all(const table *t, const transform *x)
{
    const fs_lanes *lanes = x->inverse;
    const fs_lanes_tables *tables = &lanes->tables;
    const size_t w = t->k->lanes, n = (size_t)x->n, n_bins = n / 2 + 1, m = tables->first * tables->row;
    void *z = aligned(t, 2 * w * tables->first * tables->pitch), *spare = aligned(t, 4 * w * tables->pitch);
    void *work = aligned(t, 2 * w * m), *other = aligned(t, 2 * w * m), *bins = aligned(t, 2 * w * n_bins), *out = aligned(t, (n + 1) * w);
    void *all = aligned(t, FRAMES * n);
    for (size_t first = 0; first < FRAMES; first += w) {
        for (size_t i = 0; i < w; i++)
            for (size_t k = 0; k < 2 * n_bins; k++)
                put(t, bins, k * w + i, get(t, x->spectra, (first + i) * 2 * n_bins + k));
        if (lanes->chirps)
            t->k->chirp_inverse(tables, bins, work, other, z, spare, out);
        else
            t->k->fft_inverse(tables, bins, z, spare, out);
        for (size_t i = 0; i < w; i++)
            for (size_t s = 0; s < n; s++) /* fft_inverse leaves each pair of samples swapped */
                put(t, all, (first + i) * n + s, get(t, out, (lanes->chirps ? s : s ^ 1) * w + i));
    }
    free(z);
    free(spare);
    free(work);
    free(other);
    free(bins);
    free(out);
    return all;
}

typedef struct turns {
    long double *c, *s;
} turns;

static turns turns_of(int64_t n)
{
    turns u = {check_malloc((size_t)n * sizeof *u.c), check_malloc((size_t)n * sizeof *u.s)};
    for (int64_t i = 0; i < n; i++) {
        u.c[i] = cosl(6.283185307179586476925286766559L * (long double)i / (long double)n);
        u.s[i] = sinl(6.283185307179586476925286766559L * (long double)i / (long double)n);
    }
    return u;
}

static void bounded(const table *t, const transform *x, const char *what, long double error, long double norm, long double size)
{
    const double share = norm > 0 ? (double)(error / (norm + size / 4)) : error == 0 ? 0 : INFINITY;
    CHECK(share <= (t->dbl ? BOUND_DOUBLE : BOUND_FLOAT), "%s %s, n = %d, %s: error %g", t->name, t->dbl ? "double" : "float", (int)x->n, what,
          share);
    if (share > largest_error[t->dbl])
        largest_error[t->dbl] = share;
}

static void check_forward(const table *t, const transform *x, const turns *u, size_t frame, const void *bins, const void *powers)
{
    const size_t n = (size_t)x->n, n_bins = n / 2 + 1;
    long double *f = check_malloc(n * sizeof *f), energy = 0;
    for (size_t i = 0; i < n; i++) {
        f[i] = (long double)x->window[i] * get(t, x->samples, frame * n + i);
        energy += f[i] * f[i];
    }
    for (size_t k = 0; k < n_bins; k++) {
        const double re = get(t, bins, (frame * n_bins + k) * 2), im = get(t, bins, (frame * n_bins + k) * 2 + 1);
        CHECK(get(t, powers, frame * n_bins + k) == fused(t, re, re, mul(t->dbl, im, im)), "%s, n = %d: power of bin %zu", t->name, (int)x->n, k);
        if (k % (1 + n_bins / 200))
            continue;
        long double c = 0, s = 0;
        for (size_t i = 0, j = 0; i < n; i++, j = (j + k) % n) {
            c += f[i] * u->c[j];
            s -= f[i] * u->s[j];
        }
        bounded(t, x, "forward", hypotl(re - c, im - s), sqrtl(energy), hypotl(c, s));
    }
    free(f);
}

static void check_inverse(const table *t, const transform *x, const turns *u, size_t frame, const void *samples)
{
    const size_t n = (size_t)x->n, n_bins = n / 2 + 1;
    long double energy = 0;
    for (size_t k = 0; k < 2 * n_bins; k++)
        energy += 2 * powl(get(t, x->spectra, frame * 2 * n_bins + k), 2);
    for (size_t s = 0; s < n; s += 1 + n / 200) {
        long double sum = 0;
        for (size_t k = 0, j = 0; k < n_bins; k++, j = (j + s) % n) {
            const double re = get(t, x->spectra, (frame * n_bins + k) * 2), im = get(t, x->spectra, (frame * n_bins + k) * 2 + 1);
            sum += k == 0 || 2 * k == n ? re * u->c[j] : 2 * (re * u->c[j] - im * u->s[j]);
        }
        bounded(t, x, "inverse", fabsl(get(t, samples, frame * n + s) - sum), sqrtl(energy), fabsl(sum));
    }
}

static void test_size(const table *t, const table *base, int64_t n)
{
    rng r = {(uint64_t)n};
    const size_t n_bins = (size_t)n / 2 + 1, size = t->k->real_size;
    transform x = {n, check_malloc((size_t)n * sizeof(double)), NULL, NULL, data(&r, t, PLAIN, FRAMES * (size_t)n),
                   data(&r, t, PLAIN, FRAMES * 2 * n_bins)};
    for (int64_t i = 0; i < n; i++)
        x.window[i] = rounded(t->dbl, rng_uniform(&r, 0.1, 1));
    for (size_t f = 0; f < FRAMES; f++) {
        /* What a real signal cannot have is for the caller to remove, as the inverse STFT does. */
        put(t, x.spectra, f * 2 * n_bins + 1, 0);
        if (n % 2 == 0)
            put(t, x.spectra, (f + 1) * 2 * n_bins - 1, 0);
    }
    REQUIRE(fs_lanes_create(n, n, t->dbl, x.window, &x.forward) == FSPEC_OK && fs_lanes_create(n, n, t->dbl, NULL, &x.inverse) == FSPEC_OK,
            "n = %d", (int)n);
    void *bins = forward_all(t, &x, 0), *powers = forward_all(t, &x, 1), *samples = inverse_all(t, &x);
    turns u = turns_of(n);
    for (size_t f = 0; f < FRAMES; f += n > 200 ? FRAMES - 1 : 3) {
        check_forward(t, &x, &u, f, bins, powers);
        check_inverse(t, &x, &u, f, samples);
    }
    if (base && base->fused == t->fused) {
        void *b = forward_all(base, &x, 0), *p = forward_all(base, &x, 1), *s = inverse_all(base, &x);
        CHECK(!memcmp(b, bins, FRAMES * 2 * n_bins * size), "n = %d, forward: %s and %s differ", (int)n, t->name, base->name);
        CHECK(!memcmp(p, powers, FRAMES * n_bins * size), "n = %d, powers: %s and %s differ", (int)n, t->name, base->name);
        CHECK(!memcmp(s, samples, FRAMES * (size_t)n * size), "n = %d, inverse: %s and %s differ", (int)n, t->name, base->name);
        free(b);
        free(p);
        free(s);
    }
    fs_lanes_free(x.forward);
    fs_lanes_free(x.inverse);
    free(x.window);
    free(x.samples);
    free(x.spectra);
    free(u.c);
    free(u.s);
    free(bins);
    free(powers);
    free(samples);
}

static void test_table(const table *t, const table *base)
{
    static const int64_t large[] = {720, 1000, 1024, 1152, 1200, 1250, 1458, 1536, 2000, 2048, 3840, 257, 441, 509, 1023, 1102};
    static const int64_t larger[] = {4096, 6000, 16384, 20000, 4099, 5000 + 11};
    int sizes = 0;
    largest_error[0] = largest_error[1] = 0;
    test_gather(t);
    test_spread(t);
    test_complex_rows(t);
    test_overlap_add(t);
    test_block_power(t);
    for (int64_t n = 1; n <= 450 / (CHECK_SANITIZED ? 4 : 1); n++)
        if (n <= 64 || fs_lanes_has(n)) {
            test_size(t, base, n);
            sizes++;
        }
    for (size_t i = 0; i < sizeof large / sizeof *large; i += CHECK_SANITIZED ? 3 : 1, sizes++)
        test_size(t, base, large[i]);
    for (size_t i = 0; i < sizeof larger / sizeof *larger && !CHECK_SANITIZED; i++, sizes++)
        if (larger[i] < 5000 || t->dbl)
            test_size(t, base, larger[i]);
    printf("    %-8s %-6s%s%s %d sizes, largest error %.2g of norm and bin\n", t->name, t->dbl ? "double" : "float", base ? " vs " : "",
           base ? base->name : "", sizes, largest_error[t->dbl]);
}

int main(void)
{
    check_tier();
    each_table(test_table);
    return check_done();
}
