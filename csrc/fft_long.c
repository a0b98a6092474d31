/* SPDX-License-Identifier: BSD-3-Clause */
#include "fft_long.h"

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t rounded(int64_t n) { return (n + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES; }

int fs_is_smooth(int64_t n)
{
    static const int primes[] = {2, 3, 5};
    if (n < 1)
        return 0;
    for (int i = 0; i < 3; i++)
        while (n % primes[i] == 0)
            n /= primes[i];
    return n == 1;
}

/* Columns and rows are done in whole groups: the fewest values in all, and of those the factors next to each other. */
static void divide(fs_long *t)
{
    double least = 0;
    for (int64_t a = 1; a <= t->m / 2; a *= 2)
        for (int64_t b = a; b <= t->m / 2; b *= 3)
            for (int64_t n = b; n <= t->m / 2; n *= 5) {
                const int64_t other = t->m / n;
                if (n < 2 || t->m % n != 0)
                    continue;
                const double ratio = n > other ? (double)n / (double)other : (double)other / (double)n;
                const double work = (double)rounded(other) * (double)n + (double)rounded(n) * (double)other;
                const double cost = work * (1 + .03 * ratio);
                if (least == 0 || cost < least) {
                    least = cost;
                    t->n1 = n;
                    t->n2 = other;
                }
            }
    t->pitch = rounded(t->n2);
}

/* A table being filled in the type of the plan. */
typedef struct writer {
    void *to;
    int64_t at;
    int is_double;
} writer;

static void write_pair(writer *w, double a, double b)
{
    if (w->is_double) {
        ((double *)w->to)[w->at++] = a;
        ((double *)w->to)[w->at++] = b;
    } else {
        ((float *)w->to)[w->at++] = (float)a;
        ((float *)w->to)[w->at++] = (float)b;
    }
}

static void place(fs_long *t, fs_arena *arena, int pairs, size_t size)
{
    t->coarse = fs_take(arena, t->n1, 2 * size * (size_t)(t->pitch / FS_MAX_LANES));
    t->fine = fs_take(arena, t->n1, 2 * size * FS_MAX_LANES);
    t->turns = pairs ? fs_take(arena, t->m / 2 + 1 + FS_LONG_SLACK, 2 * size) : NULL;
}

static void write_tables(const fs_long *t, int is_double)
{
    writer coarse = {t->coarse, 0, is_double}, fine = {t->fine, 0, is_double}, turns = {t->turns, 0, is_double};
    double c, s;
    for (int64_t column = 0; column < t->pitch; column += FS_MAX_LANES)
        for (int64_t row = 0; row < t->n1; row++) {
            fs_unit_root(row * column, t->m, &c, &s);
            write_pair(&coarse, c, -s);
        }
    for (int64_t row = 0; row < t->n1; row++)
        for (int64_t column = 0; column < FS_MAX_LANES; column++) {
            fs_unit_root(row * column, t->m, &c, &s);
            write_pair(&fine, c, -s);
        }
    if (!t->turns)
        return;
    for (int64_t k = 0; k <= t->m / 2; k++) {
        fs_unit_root(k, 2 * t->m, &c, &s);
        write_pair(&turns, -s, -c);
    }
    for (int i = 0; i < FS_LONG_SLACK; i++)
        write_pair(&turns, 0, 0);
}

fspec_status fs_long_create(int64_t m, int is_double, int pairs, fs_long **result)
{
    fs_arena arena = {0};
    fs_long *t = fs_alloc_zeroed(sizeof *t);
    if (!t)
        return FSPEC_NO_MEMORY;
    t->m = m;
    divide(t);
    place(t, &arena, pairs, is_double ? 8 : 4);
    fspec_status status = arena.overflow ? FSPEC_TOO_LARGE : FSPEC_OK;
    if (status == FSPEC_OK)
        status = fs_lanes_create_complex(t->n1, is_double, &t->columns);
    if (status == FSPEC_OK)
        status = fs_lanes_create_complex(t->n2, is_double, &t->rows);
    if (status == FSPEC_OK && !(t->memory = arena.base = fs_alloc(arena.used)))
        status = FSPEC_NO_MEMORY;
    if (status != FSPEC_OK) {
        fs_long_free(t);
        return status;
    }
    arena.used = 0;
    place(t, &arena, pairs, is_double ? 8 : 4);
    write_tables(t, is_double);
    *result = t;
    return FSPEC_OK;
}

void fs_long_free(fs_long *t)
{
    if (!t)
        return;
    fs_lanes_free(t->columns);
    fs_lanes_free(t->rows);
    fs_free(t->memory);
    fs_free(t);
}

static fs_long_desk desk_of(const fs_lanes *lanes, fs_arena arena)
{
    fs_lanes_desk d;
    fs_lanes_take(lanes, &arena, 0, &d);
    return (fs_long_desk){d.work, d.other, d.z, d.spare};
}

/* Columns and rows take turns in the same memory, of which the desk keeps the beginning. */
void fs_long_take(const fs_long *t, fs_arena *arena, fs_long_desk *desk)
{
    fs_arena columns = {0}, rows = {0};
    fs_lanes_desk d;
    fs_lanes_take(t->columns, &columns, 0, &d);
    fs_lanes_take(t->rows, &rows, 0, &d);
    arena->overflow |= columns.overflow | rows.overflow;
    desk->in = fs_take(arena, 1, columns.used > rows.used ? columns.used : rows.used);
}

int64_t fs_long_middle(const fs_long *t)
{
    return t->n1 * t->pitch;
}

int64_t fs_long_column_groups(const fs_long *t)
{
    return t->pitch / FS_MAX_LANES;
}

int64_t fs_long_row_groups(const fs_long *t)
{
    return rounded(t->n1) / FS_MAX_LANES;
}

void fs_long_columns(const fs_long *t, const fs_long_desk *desk, const void *in, void *middle, int64_t begin, int64_t end,
                     int inverse)
{
    const fs_kernels *k = t->columns->kernels;
    const int64_t size = 2 * (int64_t)k->real_size, lanes = (int64_t)k->lanes;
    const fs_long_desk d = desk_of(t->columns, (fs_arena){.base = desk->in});
    for (int64_t group = begin; group < end; group++)
        for (int64_t i = 0; i < FS_MAX_LANES && group * FS_MAX_LANES + i < t->n2; i += lanes) {
            const int64_t column = group * FS_MAX_LANES + i;
            k->long_columns(&t->columns->tables, (const char *)in + column * size, (size_t)t->n2, inverse, &d,
                            (const char *)t->coarse + group * t->n1 * size, (const char *)t->fine + i * size,
                            (char *)middle + column * size, (size_t)t->pitch);
        }
}

void fs_long_rows(const fs_long *t, const fs_long_desk *desk, const void *middle, void *out, int64_t begin, int64_t end,
                  int inverse)
{
    const fs_kernels *k = t->rows->kernels;
    const int64_t size = 2 * (int64_t)k->real_size, lanes = (int64_t)k->lanes, last = smaller(end * FS_MAX_LANES, t->n1);
    const fs_long_desk d = desk_of(t->rows, (fs_arena){.base = desk->in});
    for (int64_t row = begin * FS_MAX_LANES; row < last; row += lanes) {
        const void *rows[FS_MAX_LANES];
        for (int64_t i = 0; i < lanes; i++)
            rows[i] = (const char *)middle + smaller(row + i, t->n1 - 1) * t->pitch * size;
        k->long_rows(&t->rows->tables, rows, inverse, &d, (char *)out + row * size, (size_t)t->n1,
                     (size_t)smaller(lanes, t->n1 - row));
    }
}

int64_t fs_long_pieces(const fs_long *t)
{
    return (t->m / 2 + FS_LONG_PIECE - 1) / FS_LONG_PIECE;
}

/* Bins 0 and m, or value 0. */
static void ends(const fs_long *t, void *out, const void *in, int inverse)
{
    if (t->columns->kernels->real_size == 8) {
        double *to = out;
        const double *x = in, a = x[0], b = inverse ? x[2 * t->m] : x[1];
        to[0] = inverse ? a + b : 2 * (a + b);
        to[1] = inverse ? a - b : 0;
        if (!inverse) {
            to[2 * t->m] = 2 * (a - b);
            to[2 * t->m + 1] = 0;
        }
    } else {
        float *to = out;
        const float *x = in, a = x[0], b = inverse ? x[2 * t->m] : x[1];
        to[0] = inverse ? a + b : 2 * (a + b);
        to[1] = inverse ? a - b : 0;
        if (!inverse) {
            to[2 * t->m] = 2 * (a - b);
            to[2 * t->m + 1] = 0;
        }
    }
}

void fs_long_pairs(const fs_long *t, void *out, const void *in, int64_t begin, int64_t end, int inverse)
{
    if (begin == 0)
        ends(t, out, in, inverse);
    t->columns->kernels->long_pairs(out, in, t->turns, (size_t)t->m, (size_t)(1 + begin * FS_LONG_PIECE),
                                    (size_t)(1 + smaller(end * FS_LONG_PIECE, t->m / 2)), inverse);
}
