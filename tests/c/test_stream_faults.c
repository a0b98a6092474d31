/* Streams and groups that are cancelled, over a limit or asked for nonsense; what threads of theirs take from the pool.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

enum { N_FFT = 256, HOP = 64, ROWS = N_FFT / 2 + 1, BINS = 24, CHANNELS = 3, LONG = 1 << 22, MEMBERS = 2000, SHARE = 2000 };

static _Atomic long made, live, fail_at;

static void *allocate(size_t bytes, void *user)
{
    (void)user;
    if (++made == fail_at)
        return NULL;
    live++;
    return malloc(bytes);
}

static void release(void *block, void *user)
{
    (void)user;
    live--;
    free(block);
}

static int refuse(void *user)
{
    ++*(int *)user;
    return 1;
}

static int count(void *user)
{
    ++*(int *)user;
    return 0;
}

/* Whether so many polls are enough for work since `start`: they come every 5 ms. */
static int often(int polls, clock_t start)
{
    return polls >= (double)(clock() - start) / CLOCKS_PER_SEC / .015 - 1;
}

static void fill(float *y, int64_t n)
{
    rng r = {n};
    for (int64_t i = 0; i < n; i++)
        y[i] = (float)rng_uniform(&r, -1, 1);
}

static fspec_frontend *make_frontend(int deltas)
{
    fspec_frontend_config g;
    fspec_frontend *plan = NULL;
    fspec_frontend_config_init(&g);
    g.n_fft = N_FFT;
    g.hop_length = HOP;
    g.output = FSPEC_OUT_SPECTRUM;
    g.engine = FSPEC_ENGINE_LANES;
    g.deltas = deltas;
    REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "front end");
    return plan;
}

static fspec_cqt *make_cqt(void)
{
    static double frequencies[BINS], lengths[BINS], amplitudes[BINS];
    fspec_cqt_config g;
    fspec_cqt *plan = NULL;
    fspec_cqt_config_init(&g);
    g.sr = 16000;
    g.hop_length = HOP;
    g.n_bins = BINS;
    for (int i = 0; i < BINS; i++) {
        frequencies[i] = 220 * exp2(i / 12.);
        lengths[i] = 17 * g.sr / frequencies[i];
        amplitudes[i] = 2 / lengths[i];
    }
    g.frequencies = frequencies;
    g.lengths = lengths;
    g.amplitudes = amplitudes;
    REQUIRE(fspec_cqt_create(&g, &plan) == FSPEC_OK, "cqt");
    return plan;
}

/* ---- scratch of threads ------------------------------------------------------------------------------------------------ */

/* Refused pushes of several threads leave the stream as it was; others allocate nothing once the pool has what they need. */
static void front_end_threads(int deltas)
{
    enum { PART = 3000, PARTS = 6, FRAMES = 1 + PART * PARTS / HOP };
    fspec_frontend *plan = make_frontend(deltas);
    fspec_stream *s = NULL;
    const int64_t rows = fspec_frontend_n_bins(plan), bytes = FRAMES * rows * 4;
    float *y = check_malloc(CHANNELS * PART * PARTS * sizeof *y), *whole[CHANNELS], *out[CHANNELS];
    fspec_matrix m[CHANNELS];
    fspec_signal signals[CHANNELS];
    fspec_call call;
    int64_t at = 0, n = 0;
    fspec_call_init(&call);
    call.n_threads = 3;
    fill(y, CHANNELS * PART * PARTS);
    for (int c = 0; c < CHANNELS; c++) {
        whole[c] = check_malloc((size_t)bytes);
        out[c] = check_malloc((size_t)bytes);
        m[c] = (fspec_matrix){whole[c], 4, 4 * rows};
        signals[c] = (fspec_signal){y + c * PART * PARTS, PART * PARTS, 4, FSPEC_FLOAT32, 0};
    }
    CHECK_STATUS(fspec_frontend_exec(plan, signals, m, CHANNELS, FSPEC_FLOAT32, NULL), FSPEC_OK, "exec");
    REQUIRE(fspec_stream_create(plan, CHANNELS, &s) == FSPEC_OK, "stream");
    for (int part = 0; part <= PARTS; part++) {
        for (int c = 0; c < CHANNELS; c++) {
            m[c] = (fspec_matrix){out[c] + at * rows, 4, 4 * rows};
            signals[c] = (fspec_signal){y + (c * PARTS + part % PARTS) * PART, PART, 4, FSPEC_FLOAT32, 0};
        }
        fspec_call_scratch_limit(64);
        CHECK_STATUS(part < PARTS ? fspec_stream_push(s, signals, m, FSPEC_FLOAT32, &call, &n)
                                  : fspec_stream_flush(s, m, FSPEC_FLOAT32, &call, &n), FSPEC_OVER_LIMIT, "part %d", part);
        fspec_call_scratch_limit(0);
        made = 0;
        CHECK_STATUS(part < PARTS ? fspec_stream_push(s, signals, m, FSPEC_FLOAT32, &call, &n)
                                  : fspec_stream_flush(s, m, FSPEC_FLOAT32, &call, &n), FSPEC_OK, "part %d", part);
        CHECK(part == 0 || made == 0, "part %d: %ld allocations", part, (long)made);
        at += n;
    }
    CHECK(at == FRAMES, "%lld frames", (long long)at);
    for (int c = 0; c < CHANNELS; c++) {
        CHECK(!memcmp(whole[c], out[c], (size_t)bytes), "channel %d", c);
        free(whole[c]);
        free(out[c]);
    }
    free(y);
    fspec_stream_free(s);
    fspec_frontend_free(plan);
}

static void inverse_threads(void)
{
    enum { FRAMES = 40, MOST = FRAMES * HOP + N_FFT };
    fspec_istft_config g;
    fspec_istft *plan = NULL;
    fspec_istft_stream *s[2] = {NULL, NULL};
    static float X[2 * ROWS * FRAMES], y[2][CHANNELS][MOST];
    fspec_matrix m[CHANNELS];
    int64_t at[2] = {0, 0}, n = 0;
    fill(X, 2 * ROWS * FRAMES);
    fspec_istft_config_init(&g);
    g.n_fft = N_FFT;
    g.hop_length = HOP;
    g.engine = FSPEC_ENGINE_LANES;
    REQUIRE(fspec_istft_create(&g, &plan) == FSPEC_OK, "inverse");
    for (int k = 0; k < 2; k++)
        REQUIRE(fspec_istft_stream_create(plan, CHANNELS, &s[k]) == FSPEC_OK, "stream");
    for (int part = 0; part < 4; part++)
        for (int k = 0; k < 2; k++) {
            fspec_signal out[CHANNELS];
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = k ? CHANNELS : 1;
            for (int c = 0; c < CHANNELS; c++) {
                m[c] = (fspec_matrix){X + c * 2 * ROWS, 8, 8 * ROWS};
                out[c] = (fspec_signal){y[k][c] + at[k], MOST - at[k], 4, FSPEC_FLOAT32, 0};
            }
            fspec_call_scratch_limit(64);
            if (k)
                CHECK_STATUS(part < 3 ? fspec_istft_stream_push(s[k], m, FSPEC_COMPLEX64, 10, out, &call, &n)
                                      : fspec_istft_stream_flush(s[k], -1, out, &call, &n), FSPEC_OVER_LIMIT, "part %d", part);
            fspec_call_scratch_limit(0);
            made = 0;
            CHECK_STATUS(part < 3 ? fspec_istft_stream_push(s[k], m, FSPEC_COMPLEX64, 10, out, &call, &n)
                                  : fspec_istft_stream_flush(s[k], -1, out, &call, &n), FSPEC_OK, "part %d", part);
            CHECK(part == 0 || made == 0, "part %d: %ld allocations", part, (long)made);
            at[k] += n;
        }
    CHECK(at[0] == at[1] && at[0] >= 29 * HOP, "%lld samples", (long long)at[0]);
    CHECK(!memcmp(y[0], y[1], sizeof y[0]), "the samples");
    for (int k = 0; k < 2; k++)
        fspec_istft_stream_free(s[k]);
    fspec_istft_free(plan);
}

/* Parts of signals take all that they need from the pool. */
static void parts(void)
{
    enum { N = 20000, FRAMES = 9 };
    fspec_frontend *front = make_frontend(0);
    fspec_cqt *cqt = make_cqt();
    static float y[N], out[CHANNELS][FRAMES * 2 * ROWS];
    fspec_part given[CHANNELS];
    fspec_matrix m[CHANNELS];
    fill(y, N);
    for (int c = 0; c < CHANNELS; c++) {
        given[c] = (fspec_part){.signal = {y, N, 4, FSPEC_FLOAT32, 0}, .total = N, .first = 20 + c, .n_frames = FRAMES};
        m[c] = (fspec_matrix){out[c], 8, 8 * ROWS};
    }
    for (int i = 0; i < 3; i++) {
        made = 0;
        CHECK_STATUS(fspec_frontend_exec_part(front, given, m, CHANNELS, FSPEC_FLOAT32, NULL), FSPEC_OK, "front end");
        CHECK_STATUS(fspec_cqt_exec_part(cqt, given, m, CHANNELS, FSPEC_COMPLEX64, NULL), FSPEC_OK, "cqt");
        CHECK(i == 0 || made == 0, "%ld allocations", (long)made);
    }
    fspec_call_scratch_limit(64);
    CHECK_STATUS(fspec_frontend_exec_part(front, given, m, CHANNELS, FSPEC_FLOAT32, NULL), FSPEC_OVER_LIMIT, "front end");
    CHECK_STATUS(fspec_cqt_exec_part(cqt, given, m, CHANNELS, FSPEC_COMPLEX64, NULL), FSPEC_OVER_LIMIT, "cqt");
    fspec_call_scratch_limit(0);
    fspec_cqt_free(cqt);
    fspec_frontend_free(front);
}

/* A plan is as large as what it takes, also if idle scratch is freed to make room for it. */
static void sizes_of_plans(void)
{
    float y[4000] = {0}, out[63 * ROWS];
    const fspec_signal signal = {y, 4000, 4, FSPEC_FLOAT32, 0};
    const fspec_matrix m = {out, 4, 4 * ROWS};
    fspec_frontend *plan = make_frontend(0);
    const int64_t before = fspec_thread_bytes();
    fspec_frontend_free(make_frontend(0));
    CHECK(fspec_thread_bytes() == before, "a plan leaves something");
    fspec_frontend *other = make_frontend(0);
    const int64_t size = fspec_thread_bytes() - before;
    fspec_frontend_free(other);
    for (long i = 1; i < 5; i++) {
        size_t limit, idle;
        int64_t n, reused, allocated;
        CHECK_STATUS(fspec_frontend_exec(plan, &signal, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_OK, "exec");
        fspec_scratch_info(&limit, &idle, &n, &reused, &allocated);
        CHECK(idle > 0, "nothing is idle");
        made = 0;
        fail_at = i;
        const int64_t start = fspec_thread_bytes();
        other = make_frontend(0);
        fail_at = 0;
        CHECK(fspec_thread_bytes() - start == size, "%lld bytes instead of %lld", (long long)(fspec_thread_bytes() - start),
              (long long)size);
        fspec_scratch_info(&limit, &idle, &n, &reused, &allocated);
        CHECK(idle == 0, "nothing was freed");
        fspec_frontend_free(other);
    }
    fspec_frontend_free(plan);
}

/* ---- cancelling -------------------------------------------------------------------------------------------------------- */

/* A long push of a stream of the constant-Q transform. Of integers: they need not be looked at first. */
static void cancelled_cqt(const int16_t *y)
{
    enum { SHORT = 5000 };
    fspec_cqt *plan = make_cqt();
    fspec_cqt_stream *s = NULL;
    const fspec_signal chunk = {y, LONG, 2, FSPEC_INT16, 0}, some = {y, SHORT, 2, FSPEC_INT16, 0};
    float *out = check_malloc((size_t)(1 + LONG / HOP) * BINS * 8), again[(1 + SHORT / HOP) * BINS * 2];
    const fspec_matrix m = {out, 8, 8 * BINS}, whole = {again, 8, 8 * BINS};
    fspec_call call;
    int polls = 0;
    int64_t n = 0, more = 0;
    fspec_call_init(&call);
    call.cancel = count;
    call.cancel_user = &polls;
    REQUIRE(fspec_cqt_stream_create(plan, 1, &s) == FSPEC_OK, "stream");
    const clock_t start = clock();
    CHECK_STATUS(fspec_cqt_stream_push(s, &chunk, &m, FSPEC_COMPLEX64, &call, &n), FSPEC_OK, "all of it");
    CHECK(often(polls, start), "%d polls", polls);
    fspec_cqt_stream_reset(s);
    call.cancel = refuse;
    CHECK_STATUS(fspec_cqt_stream_push(s, &chunk, &m, FSPEC_COMPLEX64, &call, &n), FSPEC_CANCELLED, "refused");
    CHECK_STATUS(fspec_cqt_stream_push(s, &some, &m, FSPEC_COMPLEX64, NULL, &n), FSPEC_BAD_ARGUMENT, "broken");
    fspec_cqt_stream_reset(s);
    CHECK_STATUS(fspec_cqt_exec(plan, &some, &whole, 1, FSPEC_COMPLEX64, NULL), FSPEC_OK, "exec");
    CHECK_STATUS(fspec_cqt_stream_push(s, &some, &m, FSPEC_COMPLEX64, NULL, &n), FSPEC_OK, "push");
    const fspec_matrix rest = {out + n * BINS * 2, 8, 8 * BINS};
    CHECK_STATUS(fspec_cqt_stream_flush(s, &rest, FSPEC_COMPLEX64, NULL, &more), FSPEC_OK, "flush");
    CHECK(n + more == 1 + SHORT / HOP && !memcmp(out, again, sizeof again), "frames after a reset");
    fspec_cqt_stream_reset(s);
    CHECK_STATUS(fspec_cqt_stream_push(s, &some, &m, FSPEC_COMPLEX64, NULL, NULL), FSPEC_BAD_ARGUMENT, "no n");
    CHECK_STATUS(fspec_cqt_stream_flush(s, &m, FSPEC_COMPLEX64, NULL, NULL), FSPEC_BAD_ARGUMENT, "no n");
    CHECK(fspec_cqt_stream_ready(s, INT64_MAX) > 0 && fspec_cqt_stream_ready(s, -1) == 0, "ready");
    fspec_cqt_stream_free(s);
    fspec_cqt_free(plan);
    free(out);
}

/* Frames of a group that take long together, none of them alone: many members, or one of a plan with stages over time. */
static void cancelled_group(const int16_t *y, int deltas)
{
    fspec_frontend *plan = make_frontend(deltas);
    fspec_group *g = NULL;
    const int64_t n_members = deltas ? 1 : MEMBERS, rows = fspec_frontend_n_bins(plan);
    const int64_t each = deltas ? LONG / 2 : SHARE, frames = n_members * (1 + each / HOP);
    int64_t *ids = check_malloc((size_t)n_members * sizeof *ids), *counts = check_malloc((size_t)n_members * sizeof *counts);
    fspec_signal *chunks = check_malloc((size_t)n_members * sizeof *chunks);
    float *out = check_malloc((size_t)(frames * rows) * sizeof *out), *whole = check_malloc((size_t)(frames * rows) * sizeof *out);
    const fspec_matrix m = {out, 4, 4 * rows}, single = {whole, 4, 4 * rows};
    fspec_call call;
    int polls = 0;
    fspec_call_init(&call);
    call.cancel = count;
    call.cancel_user = &polls;
    REQUIRE(fspec_group_create(plan, 0, &g) == FSPEC_OK, "group");
    for (int64_t i = 0; i < n_members; i++) {
        REQUIRE(fspec_group_join(g, &ids[i]) == FSPEC_OK, "join");
        chunks[i] = (fspec_signal){y + i * each, each, 2, FSPEC_INT16, 0};
    }
    const clock_t start = clock();
    CHECK_STATUS(fspec_group_push(g, ids, chunks, n_members, &m, frames, FSPEC_FLOAT32, &call, counts, NULL), FSPEC_OK, "all");
    CHECK(often(polls, start), "%d polls", polls);
    CHECK_STATUS(fspec_group_reset(g, ids, n_members, NULL), FSPEC_OK, "reset");
    call.cancel = refuse;
    CHECK_STATUS(fspec_group_push(g, ids, chunks, n_members, &m, frames, FSPEC_FLOAT32, &call, counts, NULL), FSPEC_CANCELLED,
                 "deltas %d", deltas);
    const fspec_group_state state = fspec_group_state_of(g, ids[0]);
    CHECK(state == (deltas ? FSPEC_GROUP_BROKEN : FSPEC_GROUP_OPEN), "state %d", (int)state);
    if (deltas)
        CHECK_STATUS(fspec_group_reset(g, ids, n_members, NULL), FSPEC_OK, "reset");
    CHECK_STATUS(fspec_group_push(g, ids, chunks, n_members, &m, frames, FSPEC_FLOAT32, NULL, counts, NULL), FSPEC_OK, "push");
    for (int64_t i = 0, at = 0; i < n_members; at += counts[i++]) {
        CHECK_STATUS(fspec_frontend_exec(plan, &chunks[i], &single, 1, FSPEC_FLOAT32, NULL), FSPEC_OK, "exec");
        CHECK(counts[i] > 0 && !memcmp(out + at * rows, whole, (size_t)(counts[i] * rows) * sizeof *out), "member %lld",
              (long long)i);
    }
    fspec_group_free(g);
    fspec_frontend_free(plan);
    free(ids);
    free(counts);
    free(chunks);
    free(out);
    free(whole);
}

/* Ids that are changed between a call's looks at them end in a refusal. */
static void absent_members(void)
{
    fspec_frontend *plan = make_frontend(0);
    fspec_group *g = NULL;
    int64_t id = -1, total = -1, culprit = -1;
    float y[100] = {0};
    const fspec_signal chunk = {y, 100, 4, FSPEC_FLOAT32, 0};
    REQUIRE(fspec_group_create(plan, 0, &g) == FSPEC_OK && fspec_group_join(g, &id) == FSPEC_OK, "group");
    for (id = -1; id < 5; id += 2) {
        CHECK_STATUS(fspec_group_ready(g, &id, &chunk, 1, NULL, &total, &culprit), FSPEC_BAD_ARGUMENT, "id %d", (int)id);
        CHECK(culprit == 0 && total == -1, "id %d", (int)id);
    }
    fspec_group_free(g);
    fspec_frontend_free(plan);
}

int main(int argc, char **argv)
{
    const fspec_allocator counting = {allocate, release, NULL};
    (void)argc;
    check_tier();
    fspec_set_allocator(&counting);
    fspec_scratch_limit((size_t)64 << 20);
    for (int deltas = 0; deltas < 2; deltas++)
        front_end_threads(deltas);
    inverse_threads();
    parts();
    sizes_of_plans();
    absent_members();
    int16_t *y = check_malloc((size_t)LONG * sizeof *y);
    rng r = {LONG};
    for (int64_t i = 0; i < LONG; i++)
        y[i] = (int16_t)rng_int(&r, -9999, 9999);
    cancelled_cqt(y);
    for (int deltas = 0; deltas < 2; deltas++)
        cancelled_group(y, deltas);
    free(y);
    fspec_scratch_trim();
    CHECK(live == 0, "%ld blocks leaked", (long)live);
    check_other_tiers(argv);
    return check_done();
}
