/* Groups of streams: random joins, pushes, flushes and leaves against one call per signal, bit by bit; errors that disturb nobody,
 * allocations and their failures, cancelling, threads, in every tier; that those agree in the bits of a call is test_identity.c's.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

#include <stdatomic.h>

enum { SIGNALS = 20, BINS = 30, ROUNDS = 60 };

/* ---- the allocator -------------------------------------------------------------------------------------------------- */

static _Atomic long live, made, fail_at;

static void *allocate(size_t bytes, void *user)
{
    (void)user;
    if (atomic_fetch_add(&made, 1) + 1 == fail_at)
        return NULL;
    void *block = malloc(bytes);
    if (block) {
        memset(block, 0xcd, bytes);
        live++;
    }
    return block;
}

static void release(void *block, void *user)
{
    (void)user;
    live--;
    free(block);
}

/* ---- plans of either kind ------------------------------------------------------------------------------------------- */

typedef struct any_plan {
    plan_case c;
    fspec_frontend *frontend;
    fspec_cqt *cqt;
    fspec_chroma *chroma;
    int64_t n_bins;
    fspec_dtype out_dtype;
} any_plan;

/* What a front end may have besides: paddings, stages over time. */
static void add_stages(rng *r, fspec_frontend_config *g)
{
    g->top_db = -1;
    g->ref_max = 0;
    if (rng_int(r, 0, 1)) {
        g->explicit_pad = 1;
        g->pad_left = rng_int(r, -5, g->n_fft);
        g->pad_right = rng_int(r, g->pad_mode == FSPEC_PAD_CONSTANT ? -5 : 0, g->n_fft);
        g->librosa_tail = 0;
        g->drop_last = (int32_t)rng_int(r, 0, 1);
        if (g->pad_mode == FSPEC_PAD_CONSTANT && rng_int(r, 0, 1)) {
            g->append = rng_int(r, 0, 50);
            g->least_samples = rng_int(r, 0, 2000);
            g->multiple = rng_int(r, 1, 99);
        }
    }
    if (rng_int(r, 0, 3) == 0 && g->output != FSPEC_OUT_COMPLEX) {
        g->dither = 1e-3;
        g->remove_dc = 1;
    }
    if (rng_int(r, 0, 3) == 0) {
        g->preemphasis = 0.97;
        g->preemphasis_signal = 1;
    }
    if (g->output != FSPEC_OUT_COMPLEX && rng_int(r, 0, 1)) {
        g->deltas = (int32_t)rng_int(r, 0, 2);
        g->delta_window = rng_int(r, 1, 4);
        g->delta_kaldi = (int32_t)rng_int(r, 0, 1);
        g->stack = rng_int(r, 1, 5);
        g->stack_stride = rng_int(r, 1, 6);
        g->stack_left = rng_int(r, 0, g->stack - 1);
        g->stack_end = (fspec_stack_end)rng_int(r, 0, 2);
    }
}

static void make_frontend(rng *r, any_plan *p)
{
    fspec_status status;
    memset(p, 0, sizeof *p);
    plan_case_make(r, &p->c, (fspec_output)rng_int(r, 0, FSPEC_OUT_CEPSTRUM), 400);
    add_stages(r, &p->c.config);
    status = fspec_frontend_create(&p->c.config, &p->frontend);
    REQUIRE(status == FSPEC_OK, "%s: %s", fspec_status_string(status), plan_case_text(&p->c));
    p->n_bins = fspec_frontend_n_bins(p->frontend);
    p->out_dtype = out_type(&p->c, (int)rng_int(r, 0, 1));
}

/* Bins of 12 to the octave; with filters, a decimator that they need, some of them as products of spectra. */
static void make_cqt(rng *r, any_plan *p, int with_filters, int with_chroma)
{
    double f[BINS], length[BINS], amplitude[BINS], spectrum[64], decimator[100], fold[3 * BINS];
    static double taps[BINS][2 * 256];
    fspec_cqt_filter filters[BINS];
    fspec_cqt_config config;
    fspec_chroma_config chroma;
    memset(p, 0, sizeof *p);
    fspec_cqt_config_init(&config);
    config.n_bins = BINS;
    config.hop_length = with_filters ? rng_int(r, 1, 40) << 2 : rng_int(r, 30, 700);
    config.precision = rng_int(r, 0, 2) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    config.output = with_chroma ? FSPEC_CQT_MAGNITUDE : (fspec_cqt_output)rng_int(r, 0, 2);
    for (int i = 0; i < BINS; i++) {
        f[i] = 400 * exp2(i / 12.0);
        length[i] = 17 * config.sr / f[i];
        amplitude[i] = 2 / sqrt(length[i]);
    }
    for (int j = 0; j < 64; j++)
        spectrum[j] = rng_uniform(r, -.1, .1);
    for (int64_t i = 0; i < BINS; i++) {
        const int level = i < BINS / 2 ? 2 : i < 25 ? 1 : 0, any = i % 9 > 5;
        const int64_t n = any ? rng_int(r, 1, 250) : (int64_t)32 << level;
        for (int64_t j = 0; j < 2 * n; j++)
            taps[i][j] = rng_uniform(r, -1, 1) / (double)n;
        filters[i] = (fspec_cqt_filter){.level = level, .first = any ? rng_int(r, -200, 50) : -n / 2, .n_taps = n, .taps = taps[i]};
        if (!any) {
            filters[i].spectrum = spectrum;
            filters[i].first_row = 1;
            filters[i].n_rows = n / 4;
        }
    }
    for (int j = 0; j < 100; j++)
        decimator[j] = rng_uniform(r, 0, .01);
    config.frequencies = f;
    config.lengths = length;
    config.amplitudes = amplitude;
    if (with_filters) {
        config.filters = filters;
        config.decimator = decimator;
        config.decimator_reach = rng_int(r, 0, 99);
        config.domain = (fspec_cqt_domain)rng_int(r, 0, 2);
    }
    if (with_chroma) {
        const double smooth[] = {.1, .2, .4, .2, .1};
        fspec_chroma_config_init(&chroma);
        chroma.precision = config.precision;
        chroma.n_bins = BINS;
        chroma.n_chroma = 3;
        for (int i = 0; i < 3 * BINS; i++)
            fold[i] = i % 3 == i / BINS;
        chroma.fold = fold;
        chroma.norm = FSPEC_NORM_MAX;
        if (rng_int(r, 0, 1)) {
            chroma.smooth = smooth;
            chroma.n_smooth = 5;
        }
        REQUIRE(fspec_chroma_create(&chroma, &p->chroma) == FSPEC_OK, "chroma");
        config.chroma = p->chroma;
    }
    const fspec_status status = fspec_cqt_create(&config, &p->cqt);
    REQUIRE(status == FSPEC_OK, "%s", fspec_status_string(status));
    p->n_bins = fspec_cqt_n_bins(p->cqt);
    const int wide = (int)rng_int(r, 0, 1);
    p->out_dtype = config.output == FSPEC_CQT_COMPLEX ? (wide ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64)
                                                      : (wide ? FSPEC_FLOAT64 : FSPEC_FLOAT32);
}

static void make_plan(rng *r, any_plan *p, int kind)
{
    if (kind < 5)
        make_frontend(r, p);
    else
        make_cqt(r, p, kind % 2, kind > 6);
}

static void free_plan(any_plan *p)
{
    fspec_frontend_free(p->frontend);
    fspec_cqt_free(p->cqt);
    fspec_chroma_free(p->chroma);
    plan_case_free(&p->c);
}

static int64_t frames_of(const any_plan *p, int64_t n)
{
    return p->cqt ? fspec_cqt_n_frames(p->cqt, n) : fspec_frontend_n_frames(p->frontend, n);
}

static fspec_status create_group(const any_plan *p, int64_t capacity, fspec_group **g)
{
    return p->cqt ? fspec_group_create_cqt(p->cqt, capacity, g) : fspec_group_create(p->frontend, capacity, g);
}

/* ---- signals ---------------------------------------------------------------------------------------------------------- */

typedef struct voice {
    samples in;
    grid expected; /* no columns where no frame fits */
    int64_t id, at, column;
    int joined, done;
} voice;

static void make_voice(rng *r, const any_plan *p, voice *v, fspec_dtype dtype)
{
    const int64_t n = rng_int(r, 0, 3) ? rng_int(r, 0, 4000) : rng_int(r, 0, 300);
    *v = (voice){.in = samples_make(r, n, dtype, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1))};
    v->expected = grid_make(p->n_bins, frames_of(p, n), p->out_dtype, BINS_CONTIGUOUS);
    if (v->expected.columns == 0)
        return;
    const fspec_status status = p->cqt ? fspec_cqt_exec(p->cqt, &v->in.signal, &v->expected.matrix, 1, p->out_dtype, NULL)
                                       : fspec_frontend_exec(p->frontend, &v->in.signal, &v->expected.matrix, 1, p->out_dtype, NULL);
    REQUIRE(status == FSPEC_OK, "%s", fspec_status_string(status));
}

static void free_voice(voice *v)
{
    samples_free(&v->in);
    grid_free(&v->expected);
}

static fspec_signal chunk_of(const voice *v, int64_t n)
{
    fspec_signal s = v->in.signal;
    s.data = (const char *)s.data + v->at * s.stride;
    s.n_samples = n;
    return s;
}

/* The frames of one call against those of the whole signals. */
static void compare(const any_plan *p, voice *const *who, int64_t n, const grid *got, const int64_t *counts, const char *what)
{
    int64_t column = 0;
    for (int64_t i = 0; i < n; i++) {
        voice *v = who[i];
        CHECK(v->column + counts[i] <= v->expected.columns, "%s: too many frames: %s", what, plan_case_text(&p->c));
        int same = v->column + counts[i] <= v->expected.columns;
        for (int64_t t = 0; same && t < counts[i]; t++)
            for (int64_t row = 0; row < p->n_bins; row++)
                same &= !memcmp(grid_at(got, row, column + t), grid_at(&v->expected, row, v->column + t),
                                (size_t)grid_size(p->out_dtype));
        CHECK(same, "%s: frames from %d on: %s", what, (int)v->column, plan_case_text(&p->c));
        v->column += counts[i];
        column += counts[i];
    }
}

/* Some of the voices that have joined and are not done, in any order. */
static int64_t choose(rng *r, voice *voices, voice **who, int64_t *ids)
{
    int64_t n = 0;
    for (int64_t i = 0, k = rng_int(r, 0, SIGNALS - 1); i < SIGNALS; i++) {
        voice *v = &voices[(i * 7 + k) % SIGNALS];
        if (!v->joined || v->done || rng_int(r, 0, 2) == 0)
            continue;
        ids[n] = v->id;
        who[n++] = v;
    }
    return n;
}

static void push_some(rng *r, const any_plan *p, fspec_group *g, voice *voices, int64_t longest)
{
    voice *who[SIGNALS];
    int64_t ids[SIGNALS], counts[SIGNALS], again[SIGNALS], total = -1, culprit = 5, sum = 0;
    fspec_signal chunks[SIGNALS] = {0};
    fspec_call call;
    const int64_t n = choose(r, voices, who, ids);
    for (int64_t i = 0; i < n; i++) {
        const int64_t left = who[i]->in.signal.n_samples - who[i]->at, most = rng_int(r, 0, longest);
        chunks[i] = chunk_of(who[i], left < most ? left : most);
    }
    CHECK_STATUS(fspec_group_ready(g, ids, chunks, n, counts, &total, &culprit), FSPEC_OK, "ready");
    for (int64_t i = 0; i < n; i++)
        sum += counts[i];
    CHECK(culprit == -1 && sum == total, "%d frames, not %d", (int)sum, (int)total);
    grid out = grid_make(p->n_bins, total + rng_int(r, 0, 3), p->out_dtype, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 1, 4);
    CHECK_STATUS(fspec_group_push(g, ids, chunks, n, &out.matrix, out.columns, p->out_dtype, &call, again, NULL), FSPEC_OK, "push");
    CHECK(n == 0 || !memcmp(counts, again, (size_t)n * sizeof *counts), "counts");
    compare(p, who, n, &out, counts, "push");
    for (int64_t i = 0; i < n; i++)
        who[i]->at += chunks[i].n_samples;
    grid_free(&out);
}

static void flush_some(rng *r, const any_plan *p, fspec_group *g, voice *voices)
{
    voice *who[SIGNALS];
    int64_t ids[SIGNALS], counts[SIGNALS], total, n = 0;
    for (int64_t i = 0; i < SIGNALS; i++)
        if (voices[i].joined && !voices[i].done && voices[i].at == voices[i].in.signal.n_samples) {
            ids[n] = voices[i].id;
            who[n++] = &voices[i];
        }
    CHECK_STATUS(fspec_group_ready(g, ids, NULL, n, counts, &total, NULL), FSPEC_OK, "ready");
    grid out = grid_make(p->n_bins, total, p->out_dtype, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
    CHECK_STATUS(fspec_group_flush(g, ids, n, &out.matrix, total, p->out_dtype, NULL, counts, NULL), FSPEC_OK, "flush");
    compare(p, who, n, &out, counts, "flush");
    for (int64_t i = 0; i < n; i++) {
        CHECK(who[i]->column == who[i]->expected.columns, "%d frames of %d: %s", (int)who[i]->column, (int)who[i]->expected.columns,
              plan_case_text(&p->c));
        CHECK(fspec_group_state_of(g, ids[i]) == FSPEC_GROUP_FINISHED, "not finished");
        if (rng_int(r, 0, 1)) {
            CHECK_STATUS(fspec_group_leave(g, &ids[i], 1, NULL), FSPEC_OK, "leave");
            CHECK(fspec_group_state_of(g, ids[i]) == FSPEC_GROUP_ABSENT, "still there");
            who[i]->done = 1;
        } else { /* once more from the beginning */
            CHECK_STATUS(fspec_group_reset(g, &ids[i], 1, NULL), FSPEC_OK, "reset");
            who[i]->done = (int)rng_int(r, 0, 1);
            who[i]->at = who[i]->column = 0;
        }
    }
    grid_free(&out);
}

static int all_done(const voice *voices)
{
    for (int i = 0; i < SIGNALS; i++)
        if (!voices[i].done)
            return 0;
    return 1;
}

static void test_random(rng *r, int kind)
{
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    static const int64_t lengths[] = {1, 30, 160, 400, 5000};
    any_plan p;
    voice voices[SIGNALS];
    fspec_group *g = NULL;
    make_plan(r, &p, kind);
    const fspec_dtype type = PICK(r, types);
    for (int i = 0; i < SIGNALS; i++)
        make_voice(r, &p, &voices[i], type);
    CHECK_STATUS(create_group(&p, rng_int(r, 0, 1) ? 0 : SIGNALS, &g), FSPEC_OK, "create");
    for (int joined = 0; !all_done(voices);) {
        for (int64_t k = rng_int(r, 0, 3); k > 0 && joined < SIGNALS; k--, joined++) {
            CHECK_STATUS(fspec_group_join(g, &voices[joined].id), FSPEC_OK, "join");
            voices[joined].joined = 1;
        }
        push_some(r, &p, g, voices, PICK(r, lengths) * (joined == SIGNALS ? 8 : 1));
        flush_some(r, &p, g, voices);
    }
    fspec_group_free(g);
    for (int i = 0; i < SIGNALS; i++)
        free_voice(&voices[i]);
    free_plan(&p);
}

/* ---- faults ------------------------------------------------------------------------------------------------------------- */

static int refuse(void *user)
{
    ++*(int *)user;
    return 1;
}

/* A group of voices that have each taken some samples. */
static fspec_group *started(rng *r, const any_plan *p, voice *voices, int64_t *ids)
{
    fspec_group *g = NULL;
    REQUIRE(create_group(p, 0, &g) == FSPEC_OK, "create");
    for (int i = 0; i < SIGNALS; i++) {
        do {
            if (voices[i].in.block)
                free_voice(&voices[i]);
            make_voice(r, p, &voices[i], FSPEC_FLOAT32);
        } while (voices[i].in.signal.n_samples < 1000);
        REQUIRE(fspec_group_join(g, &voices[i].id) == FSPEC_OK, "join");
        ids[i] = voices[i].id;
        voices[i].joined = 1;
    }
    for (int i = 0; i < 5; i++)
        push_some(r, p, g, voices, 200);
    return g;
}

/* Pushes all that is left; the result must be right. */
static void complete(rng *r, const any_plan *p, fspec_group *g, voice *voices)
{
    for (int left = 1; left;) {
        push_some(r, p, g, voices, 3000);
        left = 0;
        for (int i = 0; i < SIGNALS; i++)
            left |= voices[i].at < voices[i].in.signal.n_samples;
    }
    while (!all_done(voices)) {
        flush_some(r, p, g, voices);
        for (int i = 0; i < SIGNALS; i++)
            voices[i].done = 1;
    }
    fspec_group_free(g);
    for (int i = 0; i < SIGNALS; i++)
        free_voice(&voices[i]);
}

static void test_faults(rng *r, int kind)
{
    any_plan p;
    voice voices[SIGNALS] = {0};
    int64_t ids[SIGNALS + 1], counts[SIGNALS], culprit, total, other;
    fspec_signal chunks[SIGNALS + 1];
    make_plan(r, &p, kind);
    fspec_group *g = started(r, &p, voices, ids);
    for (int i = 0; i < SIGNALS; i++)
        chunks[i] = chunk_of(&voices[i], 100 < voices[i].in.signal.n_samples - voices[i].at ? 100 : 0);
    grid out = grid_make(p.n_bins, 3000, p.out_dtype, BINS_CONTIGUOUS);
    const fspec_matrix *m = &out.matrix;
#define PUSH(ids_, chunks_, n_) fspec_group_push(g, ids_, chunks_, n_, m, out.columns, p.out_dtype, NULL, counts, &culprit)
#define FAULT(call_, status_, culprit_) \
    do { \
        culprit = 77; \
        CHECK_STATUS(call_, status_, "kind %d", kind); \
        CHECK(culprit == (culprit_), "culprit %d", (int)culprit); \
        CHECK(grid_untouched(&out), "output written"); \
    } while (0)
    const fspec_signal good = chunks[7];
    float bad[100] = {0};
    bad[99] = NAN;
    chunks[7] = (fspec_signal){bad, 100, sizeof *bad, FSPEC_FLOAT32, 0};
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_NOT_FINITE, 7);
    bad[99] = -INFINITY;
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_NOT_FINITE, 7);
    chunks[7] = (fspec_signal){bad, 100, sizeof *bad, FSPEC_COMPLEX64, 0};
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_DATA_TYPE, 7);
    chunks[7] = (fspec_signal){bad, 50, 2 * sizeof *bad, FSPEC_FLOAT64, 0};
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_DATA_TYPE, 7);
    chunks[7] = (fspec_signal){bad, -1, sizeof *bad, FSPEC_FLOAT32, 0};
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_ARGUMENT, 7);
    chunks[7] = (fspec_signal){NULL, 1, sizeof *bad, FSPEC_FLOAT32, 0};
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_ARGUMENT, 7);
    chunks[7] = good;
    ids[3] = ids[9];
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_ARGUMENT, 9);
    ids[3] = -1;
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_ARGUMENT, 3);
    ids[3] = voices[3].id + (INT64_C(1) << 32);
    FAULT(PUSH(ids, chunks, SIGNALS), FSPEC_BAD_ARGUMENT, 3);
    FAULT(fspec_group_reset(g, ids, SIGNALS, &culprit), FSPEC_BAD_ARGUMENT, 3);
    FAULT(fspec_group_leave(g, ids, SIGNALS, &culprit), FSPEC_BAD_ARGUMENT, 3);
    ids[3] = voices[3].id;
    ids[SIGNALS] = ids[0];
    chunks[SIGNALS] = chunks[0];
    FAULT(PUSH(ids, chunks, SIGNALS + 1), FSPEC_BAD_ARGUMENT, SIGNALS);
    FAULT(PUSH(NULL, chunks, 1), FSPEC_BAD_ARGUMENT, -1);
    FAULT(PUSH(ids, NULL, 1), FSPEC_BAD_ARGUMENT, -1);
    FAULT(PUSH(ids, chunks, -1), FSPEC_BAD_ARGUMENT, -1);
    FAULT(fspec_group_push(NULL, ids, chunks, 1, m, 1, p.out_dtype, NULL, counts, &culprit), FSPEC_BAD_ARGUMENT, -1);
    FAULT(fspec_group_push(g, ids, chunks, 1, m, 1, FSPEC_INT16, NULL, counts, &culprit), FSPEC_BAD_DATA_TYPE, -1);
    CHECK_STATUS(fspec_group_ready(g, ids, chunks, SIGNALS, NULL, &total, NULL), FSPEC_OK, "ready");
    if (total > 0)
        FAULT(fspec_group_push(g, ids, chunks, SIGNALS, m, total - 1, p.out_dtype, NULL, counts, &culprit), FSPEC_BAD_ARGUMENT, -1);
    /* One that leaves, and whose place another takes. */
    CHECK_STATUS(fspec_group_join(g, &other), FSPEC_OK, "join");
    CHECK_STATUS(fspec_group_leave(g, &other, 1, NULL), FSPEC_OK, "leave");
    FAULT(PUSH(&other, chunks, 1), FSPEC_BAD_ARGUMENT, 0);
    CHECK_STATUS(fspec_group_join(g, &total), FSPEC_OK, "join");
    CHECK(total != other && fspec_group_members(g, NULL) == SIGNALS + 1, "an id twice");
    FAULT(PUSH(&other, chunks, 1), FSPEC_BAD_ARGUMENT, 0);
    CHECK_STATUS(fspec_group_flush(g, &total, 1, m, out.columns, p.out_dtype, NULL, counts, NULL), FSPEC_OK, "flush of nothing");
    CHECK(p.frontend || counts[0] == 0, "frames of nothing");
    FAULT(PUSH(&total, chunks, 1), FSPEC_BAD_ARGUMENT, 0);
    grid_free(&out);
    complete(r, &p, g, voices);
    free_plan(&p);
}

/* Cancelled calls: members are as they were, or broken; the others and their ids go on. */
static void test_cancel(rng *r, int kind)
{
    any_plan p;
    voice voices[SIGNALS] = {0};
    int64_t ids[SIGNALS];
    fspec_call call;
    int polls = 0;
    make_plan(r, &p, kind);
    fspec_group *g = started(r, &p, voices, ids);
    const int64_t n = 3000000;
    float *y = check_malloc((size_t)n * sizeof *y);
    for (int64_t i = 0; i < n; i++)
        y[i] = (float)(i % 100);
    const fspec_signal chunk = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    grid out = grid_make(p.n_bins, frames_of(&p, n + 4000), p.out_dtype, BINS_CONTIGUOUS);
    fspec_call_init(&call);
    call.cancel = refuse;
    call.cancel_user = &polls;
    const fspec_status status = fspec_group_push(g, ids, &chunk, 1, &out.matrix, out.columns, p.out_dtype, &call, NULL, NULL);
    CHECK(status == (polls ? FSPEC_CANCELLED : FSPEC_OK), "%d polls: %s", polls, fspec_status_string(status));
    CHECK(polls || !p.cqt, "never polled");
    if (status != FSPEC_OK && fspec_group_state_of(g, ids[0]) == FSPEC_GROUP_BROKEN)
        CHECK_STATUS(fspec_group_push(g, ids, &chunk, 1, &out.matrix, out.columns, p.out_dtype, NULL, NULL, NULL), FSPEC_BAD_ARGUMENT,
                     "a broken member");
    if (status == FSPEC_OK || fspec_group_state_of(g, ids[0]) == FSPEC_GROUP_BROKEN) {
        CHECK_STATUS(fspec_group_reset(g, ids, 1, NULL), FSPEC_OK, "reset");
        voices[0].at = voices[0].column = 0;
    }
    free(y);
    grid_free(&out);
    complete(r, &p, g, voices);
    free_plan(&p);
}

/* ---- memory ------------------------------------------------------------------------------------------------------------- */

static void test_memory(rng *r, int kind)
{
    any_plan p;
    voice voices[SIGNALS] = {0};
    int64_t ids[SIGNALS], id = -1;
    make_plan(r, &p, kind);
    const fspec_allocator hook = {allocate, release, NULL};
    const long before = live;
    fspec_set_allocator(&hook);
    fspec_group *g = started(r, &p, voices, ids);
    const long begun = live;
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = 4; /* push_some uses as many */
    CHECK_STATUS(fspec_group_push(g, NULL, NULL, 0, NULL, 0, p.out_dtype, &call, NULL, NULL), FSPEC_OK, "nothing");
    made = 0;
    for (int i = 0; i < 10; i++)
        push_some(r, &p, g, voices, i % 2 ? 1000 : 100);
    /* Leaving and joining again, as few times as it may be, takes no more. */
    for (int i = 0; i < 1000; i++) {
        CHECK_STATUS(fspec_group_leave(g, &voices[i % SIGNALS].id, 1, NULL), FSPEC_OK, "leave");
        CHECK_STATUS(fspec_group_join(g, &voices[i % SIGNALS].id), FSPEC_OK, "join");
        voices[i % SIGNALS].at = voices[i % SIGNALS].column = 0;
    }
    CHECK(made == 0 && live == begun, "%ld allocations, %ld blocks instead of %ld", (long)made, (long)live, begun);
    /* One more member, one thread more, whatever fails. */
    call.n_threads = 5;
    for (int more = 0; more < 2; more++) {
        long n = 0;
        for (int failed = 1; failed;) {
            made = 0;
            fail_at = ++n;
            const fspec_status status = more ? fspec_group_push(g, NULL, NULL, 0, NULL, 0, p.out_dtype, &call, NULL, NULL)
                                             : fspec_group_join(g, &id);
            failed = made >= n;
            fail_at = 0;
            CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "%s", fspec_status_string(status));
            CHECK(fspec_group_members(g, NULL) == SIGNALS + (more || !failed), "%d members", (int)fspec_group_members(g, NULL));
        }
        CHECK(n > 1, "no allocation for more");
    }
    CHECK_STATUS(fspec_group_leave(g, &id, 1, NULL), FSPEC_OK, "leave");
    complete(r, &p, g, voices);
    for (int64_t capacity = 0; capacity < 4; capacity += 3) {
        long last = 0;
        for (int failed = 1; failed; last++) {
            made = 0;
            fail_at = last + 1;
            const fspec_status status = create_group(&p, capacity, &g);
            failed = made >= fail_at;
            fail_at = 0;
            CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "%s", fspec_status_string(status));
        }
        CHECK(last >= 1 + (capacity > 0) + capacity, "%ld allocations", last);
        for (int64_t i = 0; capacity && i < capacity; i++)
            CHECK(fspec_group_join(g, &id) == FSPEC_OK && id == i, "id %d", (int)id);
        if (capacity)
            CHECK_STATUS(fspec_group_join(g, &id), FSPEC_BAD_ARGUMENT, "full");
        fspec_group_free(g);
    }
    CHECK(live == before, "%ld blocks leaked", (long)live - before);
    fspec_set_allocator(NULL);
    free_plan(&p);
}

static void test_refusals(void)
{
    fspec_frontend_config config;
    fspec_frontend *plan = NULL;
    fspec_group *g = NULL;
    fspec_frontend_config_init(&config);
    config.n_fft = 64;
    REQUIRE(fspec_frontend_create(&config, &plan) == FSPEC_OK, "create");
    CHECK_STATUS(fspec_group_create(NULL, 0, &g), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_group_create(plan, 0, NULL), FSPEC_BAD_ARGUMENT, "no result");
    CHECK_STATUS(fspec_group_create(plan, -1, &g), FSPEC_BAD_ARGUMENT, "capacity -1");
    CHECK_STATUS(fspec_group_create(plan, INT64_MAX, &g), FSPEC_TOO_LARGE, "capacity");
    CHECK_STATUS(fspec_group_create_cqt(NULL, 0, &g), FSPEC_BAD_ARGUMENT, "no plan");
    fspec_frontend_free(plan);
    config.output = FSPEC_OUT_SPECTRUM;
    config.normalize = FSPEC_NORMALIZE_MEAN;
    REQUIRE(fspec_frontend_create(&config, &plan) == FSPEC_OK, "create");
    CHECK_STATUS(fspec_group_create(plan, 0, &g), FSPEC_NOT_STREAMABLE, "normalize");
    fspec_frontend_free(plan);
    fspec_group_free(NULL);
}

int main(int argc, char **argv)
{
    rng r = {77};
    (void)argc;
    check_tier();
    check_fftw();
    for (int i = 0; i < ROUNDS / CHECK_SLOWDOWN + 9; i++)
        test_random(&r, i % 9);
    for (int kind = 0; kind < 9; kind++) {
        test_faults(&r, kind);
        test_cancel(&r, kind);
        test_memory(&r, kind);
    }
    test_refusals();
    check_other_tiers(argv);
    return check_done();
}
