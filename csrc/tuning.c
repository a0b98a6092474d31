/* The tuning that the peaks of many spectra suggest. SPDX-License-Identifier: BSD-3-Clause
 *
 * Each worker has a pool of peaks. A pool that is full keeps those near its median, between `low` and `high`; of the others it
 * keeps how many are under `low`, and the histogram of those over `high`, which count whatever the median is. A coarse
 * histogram of all magnitudes says where to look in a second pass if the median of all pools is not between the bounds. */
#include <math.h>
#include <string.h>

#include "peaks.h"

enum {
    FIRST_ROOM = 4096, /* peaks */
    DIGITS = 1 << 11,
    COARSE_SHIFT = 48, /* a coarse bin: the exponent and 4 bits of the mantissa */
    COARSE = 1 << 15,
    TALLY = 512 /* a multiple of FS_MAX_LANES */
};

typedef struct pool {
    void *pitches, *magnitudes; /* n of the precision's type */
    size_t n, room, most;       /* most: when to let go of some; 0: never */
    int is_bounded, is_lost;    /* is_lost: the median has left the bounds, so only the coarse histogram goes on */
    double low, high;           /* of what is kept, both included */
    int64_t n_below, n_above;
    int64_t *above;  /* histogram of those over `high` */
    int64_t *coarse; /* histogram of all magnitudes */
} pool;

struct fspec_tuning {
    fs_peak_finder finder;
    fspec_tuning_config config;
    size_t n_histogram;
    pool *pools;
    int n_pools, is_broken;
    int is_second; /* pass, with the bounds low and high */
    double low, high;
};

static inline double number(const void *x, size_t i, int is_double)
{
    return is_double ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

static inline uint64_t bits_of(const void *x, size_t i, int is_double)
{
    uint64_t wide;
    uint32_t narrow;
    if (is_double) {
        memcpy(&wide, (const double *)x + i, sizeof wide);
        return wide;
    }
    memcpy(&narrow, (const float *)x + i, sizeof narrow);
    return narrow;
}

static uint64_t coarse_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> COARSE_SHIFT & (COARSE - 1);
}

static double coarse_edge(uint64_t i)
{
    double x;
    i <<= COARSE_SHIFT;
    memcpy(&x, &i, sizeof x);
    return x;
}

/* ---- the histogram of pitches ------------------------------------------------------------------------------------- */

/* numpy.linspace(-0.5, 0.5, n + 1)[i] */
static double edge_of(size_t i, size_t n)
{
    return i == n ? 0.5 : (double)i * (1.0 / (double)n) + -0.5;
}

/* Pitches on their way into a histogram of n_bins. */
typedef struct tally {
    int64_t *histogram;
    size_t n_bins;
    double per_octave;
    int is_double;
    size_t n;
    double pitch[TALLY];
} tally;

static void flush(tally *t)
{
    uint32_t bins[TALLY];
    const size_t padded = (t->n + FS_MAX_LANES - 1) / FS_MAX_LANES * FS_MAX_LANES;
    for (size_t i = t->n; i < padded; i++)
        t->pitch[i] = 1;
    fs_kernels_for(1)->pitch_bins(bins, t->pitch, padded, t->per_octave, t->n_bins, !t->is_double);
    for (size_t i = 0; i < t->n; i++)
        t->histogram[bins[i]]++;
    t->n = 0;
}

/* Counts the pitch if `wanted`, without a branch on that. */
static inline void count_pitch(tally *t, double pitch, int wanted)
{
    t->pitch[t->n] = pitch;
    t->n += wanted != 0;
    if (t->n == TALLY)
        flush(t);
}

static double fullest(const int64_t *histogram, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (histogram[i] > histogram[best])
            best = i;
    return edge_of(best, n);
}

static FS_OWN_FUNCTION int64_t count_all(tally *t, const void *x, int64_t n)
{
    int64_t counted = 0;
    for (int64_t i = 0; i < n; i++) {
        const double pitch = number(x, (size_t)i, t->is_double);
        counted += pitch > 0;
        count_pitch(t, pitch, pitch > 0 && pitch < INFINITY);
    }
    flush(t);
    return counted;
}

fspec_status fspec_pitch_tuning(const void *frequencies, int64_t n, fspec_dtype dtype, double resolution,
                                int64_t bins_per_octave, double *result, int64_t *n_pitches)
{
    fspec_tuning_config c, checked;
    fspec_tuning_config_init(&c);
    c.resolution = resolution;
    c.bins_per_octave = bins_per_octave;
    const fspec_status status = fs_tuning_config_read(&c, &checked);
    if (dtype != FSPEC_FLOAT32 && dtype != FSPEC_FLOAT64)
        return FSPEC_BAD_DATA_TYPE;
    if (status != FSPEC_OK || n < 0 || (n > 0 && !frequencies) || !result || !n_pitches)
        return FSPEC_BAD_ARGUMENT;
    const size_t n_bins = (size_t)ceil(1 / resolution);
    int64_t *histogram = fs_alloc_zeroed(n_bins * sizeof *histogram);
    if (!histogram)
        return FSPEC_NO_MEMORY;
    tally t = {.histogram = histogram, .n_bins = n_bins, .per_octave = (double)bins_per_octave,
               .is_double = dtype == FSPEC_FLOAT64};
    const fs_fpenv env = fs_fpenv_enter();
    *n_pitches = count_all(&t, frequencies, n);
    fs_fpenv_leave(env);
    *result = *n_pitches ? fullest(histogram, n_bins) : 0;
    fs_free(histogram);
    return FSPEC_OK;
}

/* ---- order statistics --------------------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void count_digits(const pool *p, int is_double, uint64_t prefix, int above,
                                                               int shift, int64_t *counts)
{
    const uint64_t mask = ((uint64_t)1 << (above - shift)) - 1;
    for (size_t i = 0; i < p->n; i++) {
        const uint64_t bits = bits_of(p->magnitudes, i, is_double);
        if (bits >> above == prefix) /* two tables: neighbours are often alike, and must not wait for each other */
            counts[(i & 1) * DIGITS + (bits >> shift & mask)]++;
    }
}

/* The magnitude that has `rank` smaller ones or equal ones before it, 0 <= rank < their number: digit by digit, from the top,
 * which is the exponent and some of the mantissa. */
static double select_rank(const pool *pools, int n_pools, int is_double, int64_t rank)
{
    static const int of_float[] = {31, 20, 9, 0}, of_double[] = {63, 52, 41, 30, 19, 8, 0};
    uint64_t prefix = 0;
    for (const int *digit_end = is_double ? of_double : of_float; *digit_end; digit_end++) {
        const int above = digit_end[0], shift = digit_end[1];
        int64_t counts[2 * DIGITS] = {0};
        for (int i = 0; i < n_pools; i++) {
            if (is_double)
                count_digits(&pools[i], 1, prefix, above, shift, counts);
            else
                count_digits(&pools[i], 0, prefix, above, shift, counts);
        }
        uint64_t digit = 0;
        for (; digit < DIGITS - 1 && rank >= counts[digit] + counts[DIGITS + digit]; digit++)
            rank -= counts[digit] + counts[DIGITS + digit];
        prefix = prefix << (above - shift) | digit;
    }
    const uint32_t low = (uint32_t)prefix;
    double x;
    float y;
    memcpy(&x, &prefix, sizeof x);
    memcpy(&y, &low, sizeof y);
    return is_double ? x : (double)y;
}

static inline __attribute__((always_inline)) void look_above(const pool *p, int is_double, double x, int64_t *up_to,
                                                             double *next)
{
    int64_t n = 0;
    double least = *next;
    for (size_t i = 0; i < p->n; i++) {
        const double m = number(p->magnitudes, i, is_double), over = m > x ? m : INFINITY;
        n += m <= x;
        least = over < least ? over : least;
    }
    *up_to += n;
    *next = least;
}

/* The next one in order after x, which `rank` is the rank of. */
static double select_next(const pool *pools, int n_pools, int is_double, int64_t rank, double x)
{
    int64_t up_to = 0;
    double next = INFINITY;
    for (int k = 0; k < n_pools; k++) {
        if (is_double)
            look_above(&pools[k], 1, x, &up_to, &next);
        else
            look_above(&pools[k], 0, x, &up_to, &next);
    }
    return up_to > rank + 1 ? x : next;
}

/* ---- pools -------------------------------------------------------------------------------------------------------- */

static void empty(pool *p)
{
    fs_free(p->pitches);
    fs_free(p->magnitudes);
    fs_free(p->above);
    fs_free(p->coarse);
    *p = (pool){0};
}

static fspec_status ready_pools(fspec_tuning *t, const fspec_call *call)
{
    const int wanted = fs_worker_count(call, INT64_MAX);
    if (wanted > t->n_pools) {
        pool *more = fs_alloc_zeroed((size_t)wanted * sizeof *more);
        if (!more)
            return FSPEC_NO_MEMORY;
        if (t->n_pools)
            memcpy(more, t->pools, (size_t)t->n_pools * sizeof *more);
        fs_free(t->pools);
        t->pools = more;
        t->n_pools = wanted;
    }
    const int64_t share = t->config.max_peaks / wanted, most = share < FIRST_ROOM ? FIRST_ROOM : share;
    for (int i = 0; i < wanted; i++)
        if (t->config.max_peaks && t->pools[i].most == 0)
            t->pools[i].most = (size_t)most;
    return FSPEC_OK;
}

static fspec_status enlarge(void **x, size_t n, size_t room, size_t size)
{
    size_t bytes;
    if (!fs_size((int64_t)room, (int64_t)size, 0, &bytes))
        return FSPEC_TOO_LARGE;
    void *more = fs_alloc(bytes);
    if (!more)
        return FSPEC_NO_MEMORY;
    if (n)
        memcpy(more, *x, n * size);
    fs_free(*x);
    *x = more;
    return FSPEC_OK;
}

static fspec_status room(void *context, int worker, size_t n, void **pitch, void **magnitude)
{
    const fspec_tuning *t = context;
    pool *p = &t->pools[worker];
    const size_t size = t->finder.is_double ? 8 : 4;
    if (p->room < p->n + n) {
        size_t more = 2 * p->room > FIRST_ROOM ? 2 * p->room : FIRST_ROOM;
        if (p->most && more > p->most)
            more = p->most;
        more = more < p->n + n ? p->n + n : more + n;
        fspec_status status = enlarge(&p->pitches, p->n, more, size);
        if (status == FSPEC_OK)
            status = enlarge(&p->magnitudes, p->n, more, size);
        if (status != FSPEC_OK)
            return status;
        p->room = more;
    }
    *pitch = (char *)p->pitches + p->n * size;
    *magnitude = (char *)p->magnitudes + p->n * size;
    return FSPEC_OK;
}

static void move(const fspec_tuning *t, pool *p, size_t to, size_t from)
{
    if (t->finder.is_double) {
        ((double *)p->pitches)[to] = ((double *)p->pitches)[from];
        ((double *)p->magnitudes)[to] = ((double *)p->magnitudes)[from];
    } else {
        ((float *)p->pitches)[to] = ((float *)p->pitches)[from];
        ((float *)p->magnitudes)[to] = ((float *)p->magnitudes)[from];
    }
}

/* Lets go of the peaks from number `first` on that are out of bounds. */
static void filter(const fspec_tuning *t, pool *p, size_t first)
{
    const int is_double = t->finder.is_double;
    tally over = {.histogram = p->above, .n_bins = t->n_histogram, .per_octave = (double)t->config.bins_per_octave,
                  .is_double = is_double};
    size_t kept = first;
    for (size_t i = first; i < p->n; i++) {
        const double m = number(p->magnitudes, i, is_double);
        if (m < p->low) {
            p->n_below++;
        } else if (m > p->high) {
            p->n_above++;
            count_pitch(&over, number(p->pitches, i, is_double), 1);
        } else {
            move(t, p, kept++, i);
        }
    }
    flush(&over);
    p->n = kept;
}

static void count_coarse(const fspec_tuning *t, pool *p, size_t first)
{
    for (size_t i = first; i < p->n; i++)
        p->coarse[coarse_of(number(p->magnitudes, i, t->finder.is_double))]++;
}

/* Halves a pool, around its median. */
static fspec_status compact(const fspec_tuning *t, pool *p)
{
    const int is_double = t->finder.is_double;
    const int64_t n = (int64_t)p->n, rank = (n + p->n_below + p->n_above) / 2 - p->n_below;
    if (!p->above && !(p->above = fs_alloc_zeroed(t->n_histogram * sizeof *p->above)))
        return FSPEC_NO_MEMORY;
    if (!p->coarse) {
        if (!(p->coarse = fs_alloc_zeroed(COARSE * sizeof *p->coarse)))
            return FSPEC_NO_MEMORY;
        count_coarse(t, p, 0);
    }
    if (rank < 0 || rank >= n) {
        p->is_lost = 1;
        p->n = 0;
        return FSPEC_OK;
    }
    const double low = select_rank(p, 1, is_double, rank > n / 4 ? rank - n / 4 : 0);
    p->high = select_rank(p, 1, is_double, rank < n - 1 - n / 4 ? rank + n / 4 : n - 1);
    p->low = low;
    p->is_bounded = 1;
    filter(t, p, 0);
    if (p->n > p->most - p->most / 4) /* many of the same magnitude */
        p->most *= 2;
    return FSPEC_OK;
}

static fspec_status take(void *context, int worker, size_t n, const uint32_t *where, size_t lanes, const int64_t *item,
                         const int64_t *frame)
{
    const fspec_tuning *t = context;
    pool *p = &t->pools[worker];
    const size_t first = p->n;
    (void)where;
    (void)lanes;
    (void)item;
    (void)frame;
    p->n += n;
    if (t->is_second) {
        if (!p->above && !(p->above = fs_alloc_zeroed(t->n_histogram * sizeof *p->above)))
            return FSPEC_NO_MEMORY;
        p->low = t->low;
        p->high = t->high;
        filter(t, p, first);
        return FSPEC_OK;
    }
    if (p->coarse)
        count_coarse(t, p, first);
    if (p->is_lost)
        p->n = 0;
    else if (p->is_bounded)
        filter(t, p, first);
    return p->most && p->n >= p->most ? compact(t, p) : FSPEC_OK;
}

/* ---- the object --------------------------------------------------------------------------------------------------- */

fspec_status fspec_tuning_create(const fspec_tuning_config *config, fspec_tuning **result)
{
    fspec_tuning_config c;
    const fspec_status status = fs_tuning_config_read(config, &c);
    if (status != FSPEC_OK || !result)
        return status != FSPEC_OK ? status : FSPEC_BAD_ARGUMENT;
    fspec_tuning *t = fs_alloc_zeroed(sizeof *t);
    if (!t)
        return FSPEC_NO_MEMORY;
    t->config = c;
    t->n_histogram = (size_t)ceil(1 / c.resolution);
    fs_peak_finder_init(&t->finder, &c);
    *result = t;
    return FSPEC_OK;
}

static void empty_all(fspec_tuning *t)
{
    for (int i = 0; i < t->n_pools; i++)
        empty(&t->pools[i]);
    t->is_second = t->is_broken = 0;
}

void fspec_tuning_reset(fspec_tuning *t)
{
    if (t)
        empty_all(t);
}

void fspec_tuning_free(fspec_tuning *t)
{
    if (!t)
        return;
    empty_all(t);
    fs_free(t->pools);
    fs_free(t);
}

fspec_status fspec_tuning_add_signals(fspec_tuning *t, const fspec_frontend *plan, const fspec_signal *signals,
                                      int64_t n_signals, const fspec_call *given)
{
    fspec_call call;
    fspec_status status = fs_call_read(given, &call);
    if (status == FSPEC_OK)
        status = t && !t->is_broken ? ready_pools(t, &call) : FSPEC_BAD_ARGUMENT;
    if (status != FSPEC_OK)
        return status;
    const fs_peak_taker taker = {room, take, t};
    status = fs_peaks_of_signals(&t->finder, plan, signals, n_signals, &taker, &call);
    t->is_broken = status == FSPEC_CANCELLED || status == FSPEC_NO_MEMORY;
    return status;
}

fspec_status fspec_tuning_add_spectra(fspec_tuning *t, const fspec_matrix *spectra, const fspec_matrix *reference,
                                      int64_t n_frames, int64_t n_signals, const fspec_call *given)
{
    fspec_call call;
    fspec_status status = fs_call_read(given, &call);
    if (status == FSPEC_OK)
        status = t && !t->is_broken ? ready_pools(t, &call) : FSPEC_BAD_ARGUMENT;
    if (status != FSPEC_OK)
        return status;
    const fs_peak_taker taker = {room, take, t};
    status = fs_peaks_of_spectra(&t->finder, spectra, reference, n_frames, n_signals, &taker, &call);
    t->is_broken = status == FSPEC_CANCELLED || status == FSPEC_NO_MEMORY;
    return status;
}

/* The coarse bins of two ranks among all peaks: the bounds of a second pass. */
static fspec_status begin_second(fspec_tuning *t, int64_t first, int64_t second)
{
    int64_t *all = fs_alloc_zeroed(COARSE * sizeof *all), before = 0;
    if (!all)
        return FSPEC_NO_MEMORY;
    for (int i = 0; i < t->n_pools; i++) {
        pool *p = &t->pools[i];
        for (size_t j = 0; p->coarse && j < COARSE; j++)
            all[j] += p->coarse[j];
        for (size_t j = 0; !p->coarse && j < p->n; j++)
            all[coarse_of(number(p->magnitudes, j, t->finder.is_double))]++;
    }
    uint64_t low = 0, high;
    for (; low < COARSE - 1 && before + all[low] <= first; low++)
        before += all[low];
    for (high = low; high < COARSE - 1 && before + all[high] <= second; high++)
        before += all[high];
    fs_free(all);
    empty_all(t);
    t->low = coarse_edge(low);
    t->high = high + 1 < COARSE ? coarse_edge(high + 1) : INFINITY;
    t->is_second = 1;
    return FSPEC_AGAIN;
}

/* All peaks: those that are kept, and how many are below or above what is kept. */
static void count_peaks(const fspec_tuning *t, int64_t *kept, int64_t *below, int64_t *all, int *lost)
{
    *kept = *below = *all = *lost = 0;
    for (int i = 0; i < t->n_pools; i++) {
        const pool *p = &t->pools[i];
        *kept += (int64_t)p->n;
        *below += p->n_below;
        *lost |= p->is_lost;
        if (p->is_lost)
            for (size_t j = 0; j < COARSE; j++)
                *all += p->coarse[j];
        else
            *all += (int64_t)p->n + p->n_below + p->n_above;
    }
}

static inline __attribute__((always_inline)) int64_t count_pool(tally *t, const pool *p, double least, int is_double)
{
    int64_t counted = 0;
    for (size_t i = 0; i < p->n; i++) {
        const int wanted = number(p->magnitudes, i, is_double) >= least;
        counted += wanted;
        count_pitch(t, number(p->pitches, i, is_double), wanted);
    }
    return counted;
}

static int64_t add_histograms(const fspec_tuning *t, double least, int64_t *histogram)
{
    tally all = {.histogram = histogram, .n_bins = t->n_histogram, .per_octave = (double)t->config.bins_per_octave,
                 .is_double = t->finder.is_double};
    int64_t counted = 0;
    for (int k = 0; k < t->n_pools; k++) {
        const pool *p = &t->pools[k];
        counted += p->n_above;
        for (size_t j = 0; p->above && j < t->n_histogram; j++)
            histogram[j] += p->above[j];
        counted += all.is_double ? count_pool(&all, p, least, 1) : count_pool(&all, p, least, 0);
    }
    flush(&all);
    return counted;
}

static FS_OWN_FUNCTION fspec_status finish(fspec_tuning *t, double *result, int64_t *n_peaks)
{
    const int is_double = t->finder.is_double;
    int64_t kept, below, all;
    int lost;
    count_peaks(t, &kept, &below, &all, &lost);
    if (all == 0) {
        *result = 0;
        *n_peaks = 0;
        return FSPEC_OK;
    }
    const int64_t first = (all - 1) / 2, second = all / 2;
    int found = !lost && first >= below && second - below < kept;
    double low = 0, high = 0;
    if (found) {
        low = select_rank(t->pools, t->n_pools, is_double, first - below);
        high = second == first ? low : select_next(t->pools, t->n_pools, is_double, first - below, low);
    }
    for (int i = 0; found && i < t->n_pools; i++)
        found = !t->pools[i].is_bounded || (t->pools[i].low <= low && high <= t->pools[i].high);
    if (!found)
        return t->is_second ? FSPEC_BAD_ARGUMENT : begin_second(t, first, second);
    int64_t *histogram = fs_alloc_zeroed(t->n_histogram * sizeof *histogram);
    if (!histogram)
        return FSPEC_NO_MEMORY;
    /* The mean as numpy.median has it: of the type, so it may be rounded to the smaller one. */
    const double median = is_double ? (low + high) / 2 : (double)(((float)low + (float)high) / 2);
    *n_peaks = add_histograms(t, median, histogram);
    *result = fullest(histogram, t->n_histogram);
    fs_free(histogram);
    return FSPEC_OK;
}

fspec_status fspec_tuning_finish(fspec_tuning *t, double *result, int64_t *n_peaks)
{
    if (!t || !result || !n_peaks || t->is_broken)
        return FSPEC_BAD_ARGUMENT;
    const fs_fpenv env = fs_fpenv_enter();
    const fspec_status status = finish(t, result, n_peaks);
    fs_fpenv_leave(env);
    return status;
}
