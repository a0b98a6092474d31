/* Probabilistic YIN (Mauch and Dixon 2014): candidates of each frame, and the likeliest path through them.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * States are n pitch bins, voiced, then the same unvoiced. A step leads to near bins, with or without a change of voicing; all
 * other steps have the least probability that there is, as have voiced states that are no candidates. So most states cannot be
 * on the best path to any other, which one comparison each tells. */
#include "yin.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "arrays.h"

enum {
    MOST_BINS = 1 << 15,
    MOST_STEPS = 1 << 25,   /* entries of the tables of steps */
    WINDOW_BYTES = 1 << 25, /* of scores that are kept; others are computed once more */
    LEAST_WINDOW = 16,      /* frames */
    POLL = 256              /* bins or thresholds */
};

struct fs_pyin {
    int64_t n_bins;
    double per_octave; /* bins */
    double *pitches;   /* of the bins */
    double *beta;      /* the prior of all thresholds below the i-th, n_thresholds + 1 values */
    double *ranks;     /* exp(-boltzmann * i) */
    double *totals;    /* what makes the first i + 1 of those sum to 1 */
    int64_t most;      /* troughs of a frame */
    /* Steps from bin k lead to count[k] bins from first[k] on: the logarithms of their probabilities without and with a change
     * of voicing, from at[k] on. */
    int32_t *first, *count;
    int64_t *at;
    double *same, *other;
    double largest, least; /* of all logarithms, and of what is not among them */
    double begin;          /* of the states, before the first frame */
};

/* The logarithm as it is taken of all probabilities. */
static double safe_log(double p)
{
    return log(p + DBL_MIN);
}

/* ---- the prior of the thresholds ---------------------------------------------------------------------------------- */

/* ln of the gamma function for x > 0: Stirling's series, after steps up to where it converges. */
static double log_gamma(double x)
{
    static const double c[] = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156};
    double product = 1, series = 0;
    for (; x < 16; x++)
        product *= x;
    for (int i = 6; i >= 0; i--)
        series = series / (x * x) + c[i];
    return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series / x - log(product);
}

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method; converges fast for
 * x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), value = d;
    for (int m = 1; m < 20000; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        value *= c * d;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        value *= c * d;
        if (fabs(c * d - 1) < 1e-16)
            break;
    }
    return value;
}

/* The beta distribution's share below x. */
static double beta_share(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    const double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
    const double share = x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

/* The value of a triangular window of n values at i; 0 outside. */
static double triangle(int64_t i, int64_t n)
{
    if (i < 0 || i >= n)
        return 0;
    const int64_t near = i < n - 1 - i ? i : n - 1 - i;
    return n % 2 ? 2 * (double)(near + 1) / (double)(n + 1) : (2 * (double)near + 1) / (double)n;
}

/* The weights of the steps from bin k to bins [begin, end): a triangle of which the ends are cut off. */
static void weigh_steps(int64_t n, int64_t width, int64_t k, int64_t begin, int64_t end, double *weights)
{
    const int64_t shift = (n - width) / 2 + n / 2 + 1;
    for (int64_t j = begin; j < end; j++)
        weights[j - begin] = triangle(((j - k - shift) % n + n) % n, width);
}

/* One row of logarithms for each bin whose steps are cut off at an end, one for all others; their number. Without tables, it
 * only counts them. */
static int64_t fill_steps(fs_pyin *p, int64_t width, double switch_prob, double *weights)
{
    const double stay = 1 - switch_prob;
    const int64_t n = p->n_bins, half = width / 2;
    int64_t used = 0, whole = -1;
    for (int64_t k = 0; k < n; k++) {
        const int64_t begin = k < half ? 0 : k - half, end = n - 1 - k < half ? n : k + half + 1;
        const int is_whole = end - begin == 2 * half + 1;
        double sum = 0;
        if (p->at) {
            p->first[k] = (int32_t)begin;
            p->count[k] = (int32_t)(end - begin);
            p->at[k] = is_whole && whole >= 0 ? whole : used;
        }
        if (is_whole && whole >= 0)
            continue;
        if (is_whole)
            whole = used;
        if (p->at)
            weigh_steps(n, width, k, begin, end, weights);
        for (int64_t i = 0; p->at && i < end - begin; i++)
            sum += weights[i];
        for (int64_t i = 0; p->at && i < end - begin; i++) {
            p->same[used + i] = safe_log(weights[i] / sum * stay);
            p->other[used + i] = safe_log(weights[i] / sum * (1 - stay));
            p->largest = fmax(p->largest, fmax(p->same[used + i], p->other[used + i]));
        }
        used += end - begin;
        if (used > MOST_STEPS)
            return -1;
    }
    return used;
}

static fspec_status make_steps(fs_pyin *p, int64_t width, double switch_prob)
{
    const size_t n = (size_t)p->n_bins;
    double *weights = fs_alloc((size_t)(width + 1) * sizeof *weights);
    if (!weights)
        return FSPEC_NO_MEMORY;
    const int64_t used = fill_steps(p, width, switch_prob, weights);
    fspec_status status = used < 0 ? FSPEC_TOO_LARGE : FSPEC_OK;
    if (status == FSPEC_OK) {
        p->first = fs_alloc(n * sizeof *p->first);
        p->count = fs_alloc(n * sizeof *p->count);
        p->at = fs_alloc(n * sizeof *p->at);
        p->same = fs_alloc((size_t)used * sizeof *p->same);
        p->other = fs_alloc((size_t)used * sizeof *p->other);
        if (!p->first || !p->count || !p->at || !p->same || !p->other)
            status = FSPEC_NO_MEMORY;
    }
    p->largest = -INFINITY;
    if (status == FSPEC_OK)
        (void)fill_steps(p, width, switch_prob, weights);
    fs_free(weights);
    return status;
}

/* ---- the object --------------------------------------------------------------------------------------------------- */

static FS_OWN_FUNCTION fspec_status fill(fs_pyin *p, const fspec_yin *plan, int64_t width)
{
    const fspec_yin_config *c = &plan->config;
    const int64_t n = c->n_thresholds;
    p->most = (plan->last - plan->first + 2) / 2;
    p->pitches = fs_alloc((size_t)p->n_bins * sizeof *p->pitches);
    p->beta = fs_alloc((size_t)(n + 1) * sizeof *p->beta);
    p->ranks = fs_alloc((size_t)p->most * sizeof *p->ranks);
    p->totals = fs_alloc((size_t)p->most * sizeof *p->totals);
    if (!p->pitches || !p->beta || !p->ranks || !p->totals)
        return FSPEC_NO_MEMORY;
    for (int64_t i = 0; i < p->n_bins; i++)
        p->pitches[i] = c->fmin * pow(2, (double)i / p->per_octave);
    for (int64_t i = 0; i <= n; i++)
        p->beta[i] = i == n ? 1 : beta_share((double)i * (1.0 / (double)n), c->beta_a, c->beta_b);
    for (int64_t i = 0; i < p->most; i++) {
        p->ranks[i] = exp(-c->boltzmann * (double)i);
        p->totals[i] = (1 - exp(-c->boltzmann)) / (1 - exp(-c->boltzmann * (double)(i + 1)));
    }
    p->least = log(DBL_MIN);
    p->begin = safe_log(1.0 / (double)(2 * p->n_bins));
    return make_steps(p, width, c->switch_prob);
}

fspec_status fs_pyin_create(const fspec_yin *plan, fs_pyin **result)
{
    const fspec_yin_config *c = &plan->config;
    const double per_semitone = ceil(1 / c->resolution), whole = floor(12 * per_semitone * log2(c->fmax / c->fmin)) + 1;
    const double n_bins = c->n_pitch_bins ? (double)c->n_pitch_bins : whole;
    const double width = rint(c->max_transition_rate * 12 * (double)c->hop_length / c->sr) * per_semitone + 1;
    if (!(n_bins >= 2) || n_bins > MOST_BINS || !(width <= n_bins))
        return FSPEC_BAD_ARGUMENT;
    fs_pyin *p = fs_alloc_zeroed(sizeof *p);
    if (!p)
        return FSPEC_NO_MEMORY;
    p->n_bins = (int64_t)n_bins;
    p->per_octave = 12 * per_semitone;
    const fs_fpenv env = fs_fpenv_enter();
    const fspec_status status = fill(p, plan, (int64_t)width);
    fs_fpenv_leave(env);
    if (status == FSPEC_OK)
        *result = p;
    else
        fs_pyin_free(p);
    return status;
}

void fs_pyin_free(fs_pyin *p)
{
    if (!p)
        return;
    fs_free(p->pitches);
    fs_free(p->beta);
    fs_free(p->ranks);
    fs_free(p->totals);
    fs_free(p->first);
    fs_free(p->count);
    fs_free(p->at);
    fs_free(p->same);
    fs_free(p->other);
    fs_free(p);
}

/* ---- candidates --------------------------------------------------------------------------------------------------- */

void fs_pyin_lay_out(const fspec_yin *plan, fs_arena *arena, fs_pyin_desk *desk)
{
    const int64_t n = plan->pyin->most;
    desk->places = fs_take(arena, n, sizeof *desk->places);
    desk->starts = fs_take(arena, n, sizeof *desk->starts);
    desk->probs = fs_take(arena, n, sizeof *desk->probs);
    desk->marks = fs_take(arena, plan->config.n_thresholds + 1, sizeof *desk->marks);
}

void fs_pyin_empty(fs_pyin_pool *pool)
{
    fs_free(pool->bins);
    fs_free(pool->logs);
    *pool = (fs_pyin_pool){0};
}

static fspec_status enlarge(fs_pyin_pool *pool, int64_t more)
{
    if (pool->n + more <= pool->room)
        return FSPEC_OK;
    const int64_t room = 2 * pool->room + more + 4096;
    size_t bytes;
    if (!fs_size(room, sizeof *pool->logs, 0, &bytes))
        return FSPEC_TOO_LARGE;
    int32_t *bins = fs_alloc((size_t)room * sizeof *bins);
    double *logs = fs_alloc(bytes);
    if (!bins || !logs) {
        fs_free(bins);
        fs_free(logs);
        return FSPEC_NO_MEMORY;
    }
    if (pool->n) {
        memcpy(bins, pool->bins, (size_t)pool->n * sizeof *bins);
        memcpy(logs, pool->logs, (size_t)pool->n * sizeof *logs);
    }
    fs_free(pool->bins);
    fs_free(pool->logs);
    pool->bins = bins;
    pool->logs = logs;
    pool->room = room;
    return FSPEC_OK;
}

/* The number of the first of the thresholds 1 / n, 2 / n ... 1 that x is below; n where there is none. */
static int64_t first_above(double x, int64_t n)
{
    const double step = 1.0 / (double)n;
    int64_t i = x > 0 ? (x < 1 ? (int64_t)(x * (double)n) : n) : 0;
    if (!(x < 1))
        return n;
    while (i > 0 && x < (double)i * step)
        i--;
    while (i < n - 1 && !(x < (double)(i + 1) * step))
        i++;
    return i;
}

/* Shares the probability of the thresholds out among the n >= 1 troughs that are below them, the first ones more; where none
 * is, some of it goes to the lowest trough. */
static void share_out(const fspec_yin *plan, const fs_pyin_desk *d, int64_t n, int64_t lowest)
{
    const fs_pyin *p = plan->pyin;
    const int64_t n_thresholds = plan->config.n_thresholds;
    for (int64_t i = 0; i < n; i++)
        d->probs[i] = 0;
    /* Thresholds between which no trough lies are alike. */
    for (int64_t from = 0, to; from < n_thresholds; from = to) {
        int64_t below = 0, rank = 0;
        if (from % POLL == POLL - 1 && fs_interrupted()) /* there may be thousands of either */
            return;
        for (to = from + 1; to < n_thresholds && !d->marks[to];)
            to++;
        for (int64_t i = 0; i < n; i++)
            below += d->starts[i] <= from;
        if (below == 0)
            continue;
        const double share = (p->beta[to] - p->beta[from]) * p->totals[below - 1];
        for (int64_t i = 0; i < n; i++)
            if (d->starts[i] <= from)
                d->probs[i] += share * p->ranks[rank++];
    }
    d->probs[lowest] += plan->config.no_trough_prob * p->beta[d->starts[lowest]];
}

/* Adds a candidate, in the place of the last one if that has the same bin. */
static void add_candidate(const fs_pyin *p, fs_pyin_pool *pool, fs_pyin_frame *frame, double bin, double prob)
{
    bin = rint(bin);
    if (!(bin < (double)p->n_bins))
        return;
    const int32_t number = bin > 0 ? (int32_t)bin : 0;
    if (frame->n && pool->bins[pool->n - 1] == number) {
        pool->logs[pool->n - 1] = prob;
        return;
    }
    pool->bins[pool->n] = number;
    pool->logs[pool->n++] = prob;
    frame->n++;
}

fspec_status fs_pyin_take(const fspec_yin *plan, const fs_lags *lags, const fs_pyin_desk *d, fs_pyin_pool *pool,
                          fs_pyin_frame *frame, double *voiced)
{
    const fs_pyin *p = plan->pyin;
    const fspec_yin_config *c = &plan->config;
    int64_t n = 0, lowest = 0;
    double sum = 0;
    memset(d->marks, 0, (size_t)c->n_thresholds + 1);
    for (int64_t i = 0; i < lags->n; i++) {
        if (!fs_is_trough(lags, i))
            continue;
        const double x = fs_lag(lags, i);
        d->places[n] = i;
        d->starts[n] = first_above(x, c->n_thresholds);
        d->marks[d->starts[n]] = 1;
        if (x < fs_lag(lags, d->places[lowest]))
            lowest = n;
        n++;
    }
    frame->begin = pool->n;
    frame->n = 0;
    const fspec_status status = enlarge(pool, n);
    if (status != FSPEC_OK)
        return status;
    if (n)
        share_out(plan, d, n, lowest);
    for (int64_t i = 0; i < n; i++)
        if (d->probs[i] != 0)
            add_candidate(p, pool, frame, p->per_octave * log2(c->sr / fs_refined_lag(lags, d->places[i]) / c->fmin), d->probs[i]);
    for (int64_t i = pool->n - 1; i >= frame->begin; i--) {
        sum += pool->logs[i];
        pool->logs[i] = safe_log(pool->logs[i]);
    }
    *voiced = sum < 0 ? 0 : sum > 1 ? 1 : sum;
    frame->unvoiced = safe_log((1 - *voiced) / (double)p->n_bins);
    return FSPEC_OK;
}

/* ---- the path ----------------------------------------------------------------------------------------------------- */

/* Scores of states are logarithms of the probability of the best path to them. */
typedef struct path_job {
    const fs_pyin *pyin;
    const fs_kernels *kernels;
    const fs_pyin_frame *frames;
    const fs_pyin_pool *pools;
    int64_t n, n_states;
    int64_t window, n_windows; /* frames; a window's first scores are kept */
    double *scores, *kept;
} path_job;

static int64_t largest_of(const double *x, int64_t n)
{
    int64_t at = 0;
    for (int64_t i = 1; i < n; i++)
        if (x[i] > x[at])
            at = i;
    return at;
}

static double least_of(const double *x, int64_t n)
{
    double least = x[0];
    for (int64_t i = 1; i < n; i++)
        least = x[i] < least ? x[i] : least;
    return least;
}

/* Raises the scores `to` by the steps from the states of one voicing. What cannot raise any is left out. */
static void take_steps(const path_job *job, const double *from, int voicing, double bound, double *to)
{
    const fs_pyin *p = job->pyin;
    const int64_t n = p->n_bins;
    const double *x = from + voicing * n;
    double *same = to + voicing * n, *other = to + (1 - voicing) * n;
    for (int64_t k = 0; k < n; k++) {
        if (k % POLL == POLL - 1 && fs_interrupted())
            return;
        if (x[k] + p->largest > bound)
            job->kernels->raise_sums(same + p->first[k], p->same + p->at[k], other + p->first[k], p->other + p->at[k], x[k],
                                     (size_t)p->count[k]);
    }
}

/* Adds what the frame says of each state. Candidates come from the highest bin down. */
static void observe(const path_job *job, int64_t t, double *scores)
{
    const fs_pyin_frame *f = &job->frames[t];
    const fs_pyin_pool *pool = &job->pools[f->worker];
    const int64_t n = job->pyin->n_bins;
    int64_t above = n;
    for (int64_t i = f->begin; i <= f->begin + f->n; i++) {
        const int64_t bin = i < f->begin + f->n ? pool->bins[i] : -1;
        for (int64_t j = bin + 1; j < above; j++)
            scores[j] += job->pyin->least;
        if (bin >= 0)
            scores[bin] += pool->logs[i];
        above = bin;
    }
    for (int64_t j = n; j < 2 * n; j++)
        scores[j] += f->unvoiced;
}

/* Scores at frame t from those at frame t - 1. */
static void advance(const path_job *job, int64_t t, const double *from, double *to)
{
    const int64_t best = largest_of(from, job->n_states);
    const int likelier = best >= job->pyin->n_bins;
    const double anywhere = from[best] + job->pyin->least;
    for (int64_t i = 0; i < job->n_states; i++)
        to[i] = anywhere;
    take_steps(job, from, likelier, anywhere, to);
    take_steps(job, from, !likelier, least_of(to, job->n_states), to);
    observe(job, t, to);
}

/* The best state before state s, the first one of equals. */
static int64_t step_back(const path_job *job, const double *from, int64_t s)
{
    const fs_pyin *p = job->pyin;
    const int64_t n = p->n_bins, bin = s % n;
    int64_t best = 0;
    double score = -INFINITY;
    for (int64_t k = 0; k < job->n_states; k++) {
        const int64_t i = k % n, step = bin - p->first[i];
        const int is_near = step >= 0 && step < p->count[i];
        const double *logs = k / n == s / n ? p->same : p->other, x = from[k] + (is_near ? logs[p->at[i] + step] : p->least);
        if (x > score) {
            score = x;
            best = k;
        }
    }
    return best;
}

/* All scores of a window whose first ones are known; and the first ones of the next, if there is one. */
static void fill_window(const path_job *job, int64_t number, double *next)
{
    const int64_t begin = number * job->window, end = begin + job->window < job->n ? begin + job->window : job->n;
    const int64_t pitch = job->n_states;
    for (int64_t t = begin + 1; t < end; t++) {
        if (fs_interrupted())
            return;
        advance(job, t, job->scores + (t - begin - 1) * pitch, job->scores + (t - begin) * pitch);
    }
    if (next && end < job->n)
        advance(job, end, job->scores + (end - begin - 1) * pitch, next);
}

static void put(const fs_pyin *p, const fspec_matrix *f0, int f0_double, const fspec_matrix *is_voiced, int64_t t, int64_t state)
{
    *((unsigned char *)is_voiced->data + t * is_voiced->frame_stride) = state < p->n_bins;
    fs_copy_values((char *)f0->data + t * f0->frame_stride, 8, f0_double, &p->pitches[state % p->n_bins], 8, 1, 1);
}

static void trace(const path_job *job, const fspec_matrix *f0, int f0_double, const fspec_matrix *is_voiced)
{
    const int64_t pitch = job->n_states;
    const size_t bytes = (size_t)pitch * sizeof *job->scores;
    for (int64_t i = 0; i < job->n_states; i++)
        job->kept[i] = job->pyin->begin;
    observe(job, 0, job->kept);
    for (int64_t i = 0; i < job->n_windows; i++) {
        memcpy(job->scores, job->kept + i * pitch, bytes);
        fill_window(job, i, job->kept + (i + 1) * pitch);
    }
    const int64_t last = job->n - 1;
    int64_t state = largest_of(job->scores + last % job->window * pitch, job->n_states);
    put(job->pyin, f0, f0_double, is_voiced, last, state);
    for (int64_t t = last - 1; t >= 0 && !fs_interrupted(); t--) {
        if (t % job->window == job->window - 1) {
            memcpy(job->scores, job->kept + t / job->window * pitch, bytes);
            fill_window(job, t / job->window, NULL);
        }
        state = step_back(job, job->scores + t % job->window * pitch, state);
        put(job->pyin, f0, f0_double, is_voiced, t, state);
    }
}

fspec_status fs_pyin_path(const fspec_yin *plan, const fs_pyin_frame *frames, const fs_pyin_pool *pools, int64_t n,
                          const fspec_matrix *f0, int f0_double, const fspec_matrix *is_voiced)
{
    const fs_pyin *p = plan->pyin;
    path_job job = {.pyin = p, .kernels = fs_kernels_for(1), .frames = frames, .pools = pools, .n = n, .n_states = 2 * p->n_bins};
    const int64_t pitch = job.n_states, most = WINDOW_BYTES / (pitch * (int64_t)sizeof(double));
    size_t bytes;
    job.window = n < most ? n : most < LEAST_WINDOW ? LEAST_WINDOW : most;
    job.n_windows = (n - 1) / job.window + 1;
    if (!fs_size(job.window + job.n_windows, pitch * (int64_t)sizeof(double), 0, &bytes))
        return FSPEC_TOO_LARGE;
    fs_scratch scratch;
    const fspec_status status = fs_take_scratch(bytes, &scratch);
    if (status != FSPEC_OK)
        return status;
    job.scores = (double *)(void *)scratch.base;
    job.kept = job.scores + job.window * pitch;
    trace(&job, f0, f0_double, is_voiced);
    fs_call_release(&scratch);
    return FSPEC_OK;
}
