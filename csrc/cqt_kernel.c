/* SPDX-License-Identifier: BSD-3-Clause */
#include "cqt_kernel.h"

#include <math.h>

#include "memory.h"

static const double TWO_PI = 6.28318530717958647693;

/* Levels at which a bin may be computed: its frequency is at most this part of the decimated rate. */
static const double HIGHEST = .2;
/* Sets of weights for frames between samples; beyond it a shallower level is cheaper than the memory. */
enum { MAX_PHASES = 64 };
/* How far a folded filter may be from Hermitian, relative to its largest tap: rounding of single precision. */
static const double TOLERANCE = 5e-7;

typedef struct weight {
    double re, im;
} weight;

/* What the weights of one set are made from. */
typedef struct recipe {
    const fspec_cqt_config *config;
    fs_cqt_set *set;
    int is_double;
    int64_t lanes;
} recipe;

static int64_t phases_at(int64_t hop, int level)
{
    const int64_t step = (int64_t)1 << level, factor = hop & -hop; /* the largest power of two in hop */
    return factor >= step ? 1 : step / factor;
}

/* ---- the exact definition --------------------------------------------------------------------------------------------- */

/* Eight neighbouring values of the table, by Lagrange's formula. */
static double interpolate(const double *table, int64_t n, double at)
{
    int64_t first = (int64_t)at - 3;
    first = first < 0 ? 0 : first > n - 8 ? n - 8 : first;
    double sum = 0;
    for (int64_t i = first; i < first + 8; i++) {
        double factor = table[i];
        for (int64_t j = first; j < first + 8; j++)
            if (j != i)
                factor *= (at - (double)j) / (double)(i - j);
        sum += factor;
    }
    return sum;
}

static double window_at(const fspec_cqt_config *c, double u)
{
    u = fabs(u);
    if (u > .5)
        return 0;
    return c->window ? interpolate(c->window, c->n_window, 2 * u * (double)(c->n_window - 1)) : .5 + .5 * cos(TWO_PI * u);
}

static int level_of(const fspec_cqt_config *c, int64_t bin)
{
    int level = 0;
    for (int d = 1; d < FS_MAX_CQT_LEVELS && phases_at(c->hop_length, d) <= MAX_PHASES; d++) {
        const double factor = ldexp(1, d), place = c->frequencies[bin] * factor / c->sr;
        if (place <= HIGHEST && (.5 - place) * c->lengths[bin] / factor >= c->min_distance)
            level = d;
    }
    return level;
}

/* The weight of sample n of the decimated signal, counted from a centre that lies `fraction` after sample 0. */
static weight exact_weight(const recipe *r, int64_t bin, int64_t n, double fraction)
{
    const fspec_cqt_config *c = r->config;
    const double factor = ldexp(1, r->set->level), u = ((double)n - fraction) * factor;
    const double size = c->amplitudes[bin] * factor * window_at(c, u / c->lengths[bin]);
    double turns = u * (c->frequencies[bin] / c->sr);
    turns -= rint(turns);
    return (weight){size * cos(TWO_PI * turns), -size * sin(TWO_PI * turns)};
}

static int64_t half_length(const recipe *r, int64_t bin)
{
    return (int64_t)floor(ldexp(r->config->lengths[bin], -r->set->level) / 2);
}

/* ---- filters of the caller's ------------------------------------------------------------------------------------------ */

static weight tap(const fspec_cqt_filter *f, int64_t n)
{
    const int64_t i = n - f->first;
    return i < 0 || i >= f->n_taps ? (weight){0, 0} : (weight){f->taps[2 * i], f->taps[2 * i + 1]};
}

/* Weight `before` of x[-n] and `after` of x[n + 1], or of the sample one period before that where it lies outside. */
static void halfway_pair(const fspec_cqt_filter *f, int64_t n, weight *before, weight *after)
{
    const int64_t half = f->n_taps / 2;
    *before = tap(f, -n);
    *after = tap(f, n + 1 == half ? -half : n + 1);
}

/* The phase by which a filter differs from a Hermitian one. */
static weight turn_of(const fspec_cqt_filter *f)
{
    double re = 0, im = 0;
    weight a, b;
    for (int64_t n = 0; n < f->n_taps / 2; n++) {
        halfway_pair(f, n, &a, &b);
        re += a.re * b.re - a.im * b.im;
        im += a.re * b.im + a.im * b.re;
    }
    const double phase = re == 0 && im == 0 ? 0 : atan2(im, re) / 2;
    return (weight){cos(phase), sin(phase)};
}

static weight turned_back(weight a, weight turn)
{
    return (weight){a.re * turn.re + a.im * turn.im, a.im * turn.re - a.re * turn.im};
}

static int is_halfway(const fspec_cqt_filter *f)
{
    if (f->n_taps < 2 || f->n_taps % 2 || f->first != -f->n_taps / 2)
        return 0;
    const weight turn = turn_of(f);
    double largest = 0, off = 0;
    weight a, b;
    for (int64_t n = 0; n < f->n_taps / 2; n++) {
        halfway_pair(f, n, &a, &b);
        a = turned_back(a, turn);
        b = turned_back(b, turn);
        largest = fmax(largest, fmax(fabs(a.re), fabs(a.im)));
        off = fmax(off, fmax(fabs(a.re - b.re), fabs(a.im + b.im)));
    }
    return off <= TOLERANCE * largest;
}

static weight halfway_weight(const fspec_cqt_filter *f, int64_t n, weight turn)
{
    weight a, b;
    halfway_pair(f, n, &a, &b);
    a = turned_back(a, turn);
    b = turned_back(b, turn);
    return (weight){(a.re + b.re) / 2, (b.im - a.im) / 2};
}

/* ---- layout ----------------------------------------------------------------------------------------------------------- */

static void put(const recipe *r, void *to, int64_t index, weight w)
{
    if (r->is_double) {
        ((double *)to)[2 * index] = w.re;
        ((double *)to)[2 * index + 1] = w.im;
    } else {
        ((float *)to)[2 * index] = (float)w.re;
        ((float *)to)[2 * index + 1] = (float)w.im;
    }
}

/* Rows of a bin in its set: how many, and the number of the first. */
static void rows_of(const recipe *r, int64_t bin, int64_t *first, int64_t *n)
{
    const fs_cqt_set *s = r->set;
    if (s->fold == FS_FOLD_CENTRE) {
        *n = half_length(r, bin) + 1;
        *first = -*n;
    } else if (s->fold == FS_FOLD_HALFWAY) {
        *n = r->config->filters[bin].n_taps / 2;
        *first = -*n;
    } else if (r->config->filters) {
        *n = r->config->filters[bin].n_taps;
        *first = r->config->filters[bin].first;
    } else {
        *first = -half_length(r, bin);
        *n = 1 - 2 * *first + (s->n_phases > 1); /* a centre between samples reaches one further */
    }
}

/* The weight of row number `row` (counted as in fs_cqt_group.first) for a bin and a phase. */
static weight weight_of(const recipe *r, int64_t bin, int64_t phase, int64_t row, weight turn)
{
    const fs_cqt_set *s = r->set;
    if (s->fold == FS_FOLD_HALFWAY)
        return halfway_weight(&r->config->filters[bin], -1 - row, turn);
    if (r->config->filters)
        return tap(&r->config->filters[bin], row);
    if (s->fold == FS_FOLD_NONE) {
        const int64_t step = (int64_t)1 << s->level;
        return exact_weight(r, bin, row, (double)(phase * (r->config->hop_length % step) % step) / (double)step);
    }
    weight w = exact_weight(r, bin, -1 - row, 0);
    return row == -1 ? (weight){w.re / 2, w.im / 2} : w; /* the centre is paired with itself */
}

static void shape_group(const recipe *r, int64_t g, fs_cqt_group *group)
{
    const int64_t per_group = r->lanes / 2, end_bin = r->set->n_bins;
    int64_t low = INT64_MAX, high = INT64_MIN, first, n;
    for (int64_t i = g * per_group; i < end_bin && i < (g + 1) * per_group; i++) {
        rows_of(r, r->set->first_bin + i, &first, &n);
        low = first < low ? first : low;
        high = first + n > high ? first + n : high;
    }
    group->first = (ptrdiff_t)low;
    group->n_taps = (size_t)(high - low);
}

static void fill_group(const recipe *r, int64_t g, int64_t phase, const fs_cqt_group *group, void *taps)
{
    const int64_t per_group = r->lanes / 2;
    for (int64_t i = 0; i < per_group && g * per_group + i < r->set->n_bins; i++) {
        const int64_t bin = r->set->first_bin + g * per_group + i;
        const weight turn = r->set->fold == FS_FOLD_HALFWAY ? turn_of(&r->config->filters[bin]) : (weight){1, 0};
        int64_t first, n;
        rows_of(r, bin, &first, &n);
        for (int64_t row = first; row < first + n; row++)
            put(r, taps, (row - group->first) * per_group + i, weight_of(r, bin, phase, row, turn));
    }
}

static fspec_status make_turns(const recipe *r)
{
    fs_cqt_set *s = r->set;
    size_t bytes;
    if (!fs_size(s->n_bins + r->lanes, r->is_double ? 16 : 8, 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(s->turns = fs_alloc_zeroed(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < s->n_bins; i++)
        put(r, s->turns, i, turn_of(&r->config->filters[s->first_bin + i]));
    return FSPEC_OK;
}

/* The samples that a set's frames need, from the rows of its groups. */
static void set_extent(fs_cqt_set *s)
{
    s->first = INT64_MAX;
    s->last = INT64_MIN;
    for (int64_t g = 0; g < s->n_groups; g++) {
        const int64_t first = s->groups[g].first, last = first + (int64_t)s->groups[g].n_taps - 1;
        const int64_t low = s->fold == FS_FOLD_CENTRE ? first + 1 : first;
        const int64_t high = s->fold == FS_FOLD_NONE ? last : -1 - first;
        s->first = low < s->first ? low : s->first;
        s->last = high > s->last ? high : s->last;
        if (s->fold != FS_FOLD_NONE && (int64_t)s->groups[g].n_taps > s->n_rows)
            s->n_rows = (int64_t)s->groups[g].n_taps;
    }
}

static fspec_status make_set(const recipe *r)
{
    fs_cqt_set *s = r->set;
    size_t bytes, rows = 0;
    s->n_groups = (2 * s->n_bins + r->lanes - 1) / r->lanes;
    if (!fs_size(s->n_phases * s->n_groups, sizeof(fs_cqt_group), 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(s->groups = fs_alloc_zeroed(bytes)))
        return FSPEC_NO_MEMORY;
    for (int64_t g = 0; g < s->n_groups; g++) {
        shape_group(r, g, &s->groups[g]);
        rows += s->groups[g].n_taps;
    }
    const size_t row_size = (size_t)r->lanes * (r->is_double ? 8 : 4);
    if (!fs_size(s->n_phases, (int64_t)rows, 0, &bytes) || !fs_size((int64_t)bytes, (int64_t)row_size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    char *taps = s->taps = fs_alloc_zeroed(bytes);
    if (!taps)
        return FSPEC_NO_MEMORY;
    for (int64_t phase = 0; phase < s->n_phases; phase++)
        for (int64_t g = 0; g < s->n_groups; g++) {
            fs_cqt_group *group = &s->groups[phase * s->n_groups + g];
            *group = s->groups[g];
            group->taps = taps;
            fill_group(r, g, phase, group, taps);
            taps += group->n_taps * row_size;
        }
    set_extent(s);
    return s->fold == FS_FOLD_HALFWAY ? make_turns(r) : FSPEC_OK;
}

/* ---- sets of bins ----------------------------------------------------------------------------------------------------- */

static int starts_set(const fspec_cqt_config *c, const fs_cqt_set *s, int64_t bin, int level)
{
    if (level != s->level)
        return 1;
    if (!c->filters)
        return 0;
    const fspec_cqt_filter *f = &c->filters[bin], *before = &c->filters[bin - 1];
    return f->first != before->first || f->n_taps != before->n_taps;
}

static void choose_fold(const fspec_cqt_config *c, fs_cqt_set *s)
{
    s->n_phases = phases_at(c->hop_length, s->level);
    if (!c->filters) {
        s->fold = s->n_phases == 1 ? FS_FOLD_CENTRE : FS_FOLD_NONE;
        return;
    }
    s->fold = FS_FOLD_HALFWAY;
    for (int64_t i = 0; i < s->n_bins && s->fold; i++)
        if (!is_halfway(&c->filters[s->first_bin + i]))
            s->fold = FS_FOLD_NONE;
}

/* Cuts the bins into sets; with `sets` NULL it only counts them. */
static int64_t cut(const fspec_cqt_config *c, fs_cqt_set *sets)
{
    fs_cqt_set s = {.level = FS_MAX_CQT_LEVELS};
    int64_t n = 0;
    for (int64_t bin = 0; bin < c->n_bins; bin++) {
        int level = c->filters ? c->filters[bin].level : level_of(c, bin);
        if (bin && level > s.level)
            level = s.level; /* never deeper than a lower bin, so that sets hold neighbours */
        if (bin == 0 || starts_set(c, &s, bin, level)) {
            s = (fs_cqt_set){.level = level, .first_bin = bin};
            n++;
        }
        s.n_bins++;
        if (sets)
            sets[n - 1] = s;
    }
    return n;
}

fspec_status fs_cqt_sets_create(const fspec_cqt_config *config, fs_cqt_set **sets, int64_t *n_sets, int *n_levels)
{
    const int is_double = config->precision == FSPEC_DOUBLE;
    const int64_t n = cut(config, NULL), lanes = (int64_t)fs_kernels_for(is_double)->lanes;
    size_t bytes;
    if (!fs_size(n, sizeof(fs_cqt_set), 0, &bytes))
        return FSPEC_TOO_LARGE;
    if (!(*sets = fs_alloc_zeroed(bytes)))
        return FSPEC_NO_MEMORY;
    *n_sets = n;
    cut(config, *sets);
    *n_levels = (*sets)[0].level + 1;
    for (int64_t i = 0; i < n; i++) {
        choose_fold(config, &(*sets)[i]);
        const recipe r = {config, &(*sets)[i], is_double, lanes};
        fspec_status status = make_set(&r);
        if (status != FSPEC_OK)
            return status;
    }
    return fs_cqt_spectra_create(config, *sets, n);
}

void fs_cqt_sets_free(fs_cqt_set *sets, int64_t n_sets)
{
    for (int64_t i = 0; sets && i < n_sets; i++) {
        fs_free(sets[i].groups);
        fs_free(sets[i].taps);
        fs_free(sets[i].turns);
        fs_cqt_spectra_free(&sets[i]);
    }
    fs_free(sets);
}
