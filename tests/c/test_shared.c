/* One plan of each kind, the pool of scratch, FFTW's plans and streams, used by many threads at once and across forks; the
 * pool's bounds. For the thread sanitizer too. SPDX-License-Identifier: BSD-3-Clause */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#if defined(__SANITIZE_THREAD__)
/* We fork while threads are at work, on purpose. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "die_after_fork=0"; }
#endif

enum {
    N_THREADS = 8,
    ROUNDS = 400 / CHECK_SLOWDOWN,
    FORKS = 24 / CHECK_SLOWDOWN + 1,
    N_FFT = 256,
    HOP = 64,
    N_BANDS = 20,
    LONGEST = 6000,
    KINDS = 5,
    MEGABYTE = 1 << 20
};

static const int64_t lengths[KINDS] = {200, 700, 1500, 3100, LONGEST};

static float samples[LONGEST];
static double bands[N_BANDS * (N_FFT / 2 + 1)];
static fspec_frontend *mel, *spectrum, *bluestein, *moments;
static fspec_istft *inverse;
static fspec_cqt *cqt;

typedef enum what { MEL, MEL_STREAM, STFT, INVERSE, ODD, STAGES, CQT, PLANS, POOL, N_WHATS } what;

/* ---- one operation, to a hash ---------------------------------------------------------------------------------------- */

static float *room(int64_t n)
{
    return check_malloc((size_t)n * sizeof(float));
}

static uint64_t run_plan(const fspec_frontend *plan, int64_t n, int threads, fspec_dtype dtype, fspec_status *status)
{
    const int64_t rows = fspec_frontend_n_bins(plan) * (dtype == FSPEC_COMPLEX64 ? 2 : 1), frames = fspec_frontend_n_frames(plan, n);
    float *out = room(rows * frames);
    const fspec_signal signal = {samples, n, sizeof(float), FSPEC_FLOAT32, 0};
    const fspec_matrix matrix = {out, dtype == FSPEC_COMPLEX64 ? 8 : 4, rows * 4};
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = threads;
    uint64_t hash = CHECK_HASH_START;
    *status = fspec_frontend_exec(plan, &signal, &matrix, 1, dtype, &call);
    hash = check_hash(hash, out, (size_t)(rows * frames) * sizeof *out);
    free(out);
    return hash;
}

static uint64_t run_stream(int64_t n, int64_t chunk, fspec_status *status)
{
    const int64_t rows = fspec_frontend_n_bins(mel), all = fspec_frontend_n_frames(mel, n);
    float *out = room(rows * all);
    fspec_stream *stream;
    int64_t have = 0, got;
    uint64_t hash = CHECK_HASH_START;
    *status = fspec_stream_create(mel, 1, &stream);
    if (*status == FSPEC_OK) {
        for (int64_t at = 0; at < n && *status == FSPEC_OK; at += chunk, have += got) {
            const fspec_signal part = {samples + at, n - at < chunk ? n - at : chunk, sizeof(float), FSPEC_FLOAT32, 0};
            const fspec_matrix m = {out + have * rows, sizeof *out, rows * (int64_t)sizeof *out};
            *status = fspec_stream_push(stream, &part, &m, FSPEC_FLOAT32, NULL, &got);
        }
        const fspec_matrix m = {out + have * rows, sizeof *out, rows * (int64_t)sizeof *out};
        if (*status == FSPEC_OK)
            *status = fspec_stream_flush(stream, &m, FSPEC_FLOAT32, NULL, &got);
        fspec_stream_free(stream);
    }
    hash = check_hash(hash, out, (size_t)(rows * all) * sizeof *out);
    free(out);
    return hash;
}

static uint64_t run_inverse(int64_t n, fspec_status *status)
{
    const int64_t bins = N_FFT / 2 + 1, frames = 1 + n / HOP;
    float *X = room(2 * bins * frames), *y = room(n);
    for (int64_t i = 0; i < 2 * bins * frames; i++)
        X[i] = samples[i % LONGEST];
    const fspec_matrix in = {X, 8, 8 * bins};
    const fspec_signal out = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    *status = fspec_istft_exec(inverse, &in, FSPEC_COMPLEX64, frames, &out, 1, NULL);
    const uint64_t hash = check_hash(CHECK_HASH_START, y, (size_t)n * sizeof *y);
    free(X);
    free(y);
    return hash;
}

static uint64_t run_cqt(int64_t n, fspec_status *status)
{
    const int64_t bins = fspec_cqt_n_bins(cqt), frames = fspec_cqt_n_frames(cqt, n);
    float *C = room(2 * bins * frames);
    const fspec_signal in = {samples, n, sizeof(float), FSPEC_FLOAT32, 0};
    const fspec_matrix out = {C, 8, 8 * bins};
    *status = fspec_cqt_exec(cqt, &in, &out, 1, FSPEC_COMPLEX64, NULL);
    const uint64_t hash = check_hash(CHECK_HASH_START, C, (size_t)(2 * bins * frames) * sizeof *C);
    free(C);
    return hash;
}

/* Plans come and go, through the cache of FFTW's where there is one; the size 254 needs another engine than the others. */
static uint64_t run_plans(int64_t n, fspec_status *status)
{
    fspec_frontend_config c;
    fspec_frontend *plan;
    int n_plans, n_in_use;
    uint64_t hash = 0;
    fspec_frontend_config_init(&c);
    c.output = FSPEC_OUT_SPECTRUM;
    c.n_fft = 254;
    c.hop_length = 100;
    *status = fspec_frontend_create(&c, &plan);
    if (*status == FSPEC_OK) {
        hash = run_plan(plan, n, 1, FSPEC_FLOAT32, status);
        fspec_frontend_free(plan);
    }
    fspec_fft_cache_info(&n_plans, &n_in_use);
    if (n % 3 == 0)
        fspec_fft_cache_clear();
    return hash;
}

/* Bounds change while others take and give back; what is there is at most the largest of them. */
static uint64_t run_pool(int64_t n, fspec_status *status)
{
    size_t limit, idle;
    int64_t blocks, reused, allocated;
    fspec_scratch_limit(n % 2 ? (size_t)n * 1000 : 8 * (size_t)MEGABYTE);
    if (n % 5 == 0)
        fspec_scratch_trim();
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &allocated);
    *status = limit > 0 && blocks >= 0 && blocks <= 64 ? FSPEC_OK : FSPEC_BAD_ARGUMENT;
    return 0;
}

static uint64_t operate(what w, int64_t n, int variant, fspec_status *status)
{
    switch (w) {
    case MEL: return run_plan(mel, n, 1 + variant % 3, FSPEC_FLOAT32, status);
    case MEL_STREAM: return run_stream(n, 37 + 113 * variant, status);
    case STFT: return run_plan(spectrum, n, 1 + variant % 2, FSPEC_COMPLEX64, status);
    case INVERSE: return run_inverse(n, status);
    case ODD: return run_plan(bluestein, n, 1, FSPEC_FLOAT32, status);
    case STAGES: return run_plan(moments, n, 1 + variant % 2, FSPEC_FLOAT32, status);
    case CQT: return run_cqt(n, status);
    case PLANS: return run_plans(n, status);
    default: return run_pool(n, status);
    }
}

/* ---- many threads ------------------------------------------------------------------------------------------------------ */

static uint64_t expected[N_WHATS][KINDS];
static atomic_int wrong, failed;

static void *hammer(void *argument)
{
    rng r = {(uint64_t)(uintptr_t)argument};
    for (int i = 0; i < ROUNDS; i++) {
        const what w = (what)rng_int(&r, 0, N_WHATS - 1);
        const int kind = (int)rng_int(&r, 0, KINDS - 1);
        fspec_status status;
        const uint64_t hash = operate(w, lengths[kind], (int)rng_int(&r, 0, 5), &status);
        failed += status != FSPEC_OK;
        wrong += hash != expected[w][kind];
    }
    return NULL;
}

static void know_what_is_right(void)
{
    fspec_status status;
    for (int w = 0; w < N_WHATS; w++)
        for (int kind = 0; kind < KINDS; kind++) {
            expected[w][kind] = operate((what)w, lengths[kind], 0, &status);
            CHECK(status == FSPEC_OK, "operation %d: %s", w, fspec_status_string(status));
        }
    CHECK(expected[MEL][4] == expected[MEL_STREAM][4], "a stream's bits");
}

static int child_is_right(void)
{
    fspec_status status;
    for (int w = 0; w < N_WHATS; w++)
        if (operate((what)w, lengths[w % KINDS], w, &status) != expected[w][w % KINDS] || status != FSPEC_OK)
            return 10 + w;
    return 0;
}

static void test_many_threads(void)
{
    pthread_t threads[N_THREADS];
    size_t limit, idle;
    int64_t blocks, reused, allocated;
    know_what_is_right();
    for (int i = 0; i < N_THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, hammer, (void *)(uintptr_t)(i + 1)) == 0, "thread %d", i);
    for (int i = 0; i < FORKS; i++) { /* while they are at work */
        int code = -1;
        const pid_t child = fork();
        if (child == 0)
            _exit(child_is_right());
        CHECK(child > 0 && waitpid(child, &code, 0) == child && code == 0, "child %d: code %#x", i, (unsigned)code);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK(failed == 0, "%d operations failed", failed);
    CHECK(wrong == 0, "%d results differ", wrong);
    fspec_scratch_limit(8 * (size_t)MEGABYTE);
    know_what_is_right();
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &allocated);
    CHECK(idle <= limit, "%zu bytes idle of %zu", idle, limit);
    CHECK(reused > allocated || CHECK_SANITIZED, "%ld reused, %ld allocated", (long)reused, (long)allocated);
}

/* ---- the pool's bounds --------------------------------------------------------------------------------------------------- */

static _Atomic long live, taken;
static _Atomic long fail_from;

static void *counted(size_t bytes, void *user)
{
    (void)user;
    if (fail_from && taken + 1 >= fail_from && live > 0) {
        fail_from = 0;
        return NULL;
    }
    taken++;
    live++;
    return malloc(bytes);
}

static void uncounted(void *block, void *user)
{
    (void)user;
    live--;
    free(block);
}

static void test_bounds(void)
{
    const fspec_allocator counting = {counted, uncounted, NULL};
    size_t limit, idle;
    int64_t blocks, reused, allocated, before, made;
    fspec_status status;
    fspec_scratch_limit(8 * (size_t)MEGABYTE);
    (void)operate(MEL, LONGEST, 0, &status);
    fspec_set_allocator(&counting);
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &before);
    CHECK(limit == 0 && idle == 0 && blocks == 0, "an allocator of our own: limit %zu, %zu idle", limit, idle);
    (void)operate(MEL, LONGEST, 0, &status);
    CHECK(live == 0 && taken > 0, "%ld blocks live with no pool", (long)live);

    /* With a pool: allocations of each size, then none. */
    fspec_scratch_limit(8 * (size_t)MEGABYTE);
    for (int i = 0; i < KINDS; i++)
        (void)operate(MEL, lengths[i], 0, &status);
    made = taken;
    for (int i = 0; i < 20; i++)
        CHECK(operate(MEL, lengths[i % KINDS], 0, &status) == expected[MEL][i % KINDS] && status == FSPEC_OK, "from the pool");
    CHECK(taken == made, "%ld allocations", (long)(taken - made));
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &allocated);
    CHECK(blocks == live && blocks > 0 && idle > 0 && idle <= limit, "%ld blocks idle, %ld live", (long)blocks, (long)live);

    /* An allocation that fails is tried again when the pool has been emptied. */
    fail_from = taken + 1;
    (void)operate(PLANS, LONGEST, 0, &status);
    CHECK(status == FSPEC_OK && fail_from == 0, "%s", fspec_status_string(status));

    fspec_scratch_trim();
    fspec_fft_cache_clear();
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &allocated);
    CHECK(idle == 0 && blocks == 0 && live == 0, "after trim: %zu idle, %ld live", idle, (long)live);

    /* A block of more than a quarter of the limit goes back at once; a lower limit frees. */
    fspec_scratch_limit(1 << 16);
    (void)operate(STFT, LONGEST, 0, &status);
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &allocated);
    CHECK(limit == 1 << 16 && idle <= limit && blocks == live, "%zu idle", idle);
    fspec_scratch_limit(8 * (size_t)MEGABYTE);
    (void)operate(STFT, LONGEST, 0, &status);
    fspec_scratch_limit(0);
    fspec_scratch_info(&limit, &idle, &blocks, &reused, &allocated);
    CHECK(limit == 0 && idle == 0 && live == 0, "%zu idle, %ld live", idle, (long)live);
    fspec_set_allocator(NULL);
}

static void test_limit_of_a_call(void)
{
    fspec_status status;
    fspec_call_scratch_limit(1000);
    for (int w = 0; w < PLANS; w++) {
        if (w == MEL_STREAM) /* has its own */
            continue;
        (void)operate((what)w, LONGEST, 0, &status);
        CHECK(status == FSPEC_OVER_LIMIT && fspec_scratch_refused() > 1000, "%d: %s, %zu bytes", w, fspec_status_string(status),
              fspec_scratch_refused());
    }
    /* What was said is enough is enough. */
    (void)operate(MEL, LONGEST, 0, &status);
    fspec_call_scratch_limit(fspec_scratch_refused());
    CHECK(operate(MEL, LONGEST, 0, &status) == expected[MEL][4] && status == FSPEC_OK, "%s", fspec_status_string(status));
    fspec_call_scratch_limit(fspec_scratch_refused() - 1);
    (void)operate(MEL, LONGEST, 0, &status);
    CHECK(status == FSPEC_OVER_LIMIT, "%s", fspec_status_string(status));
    fspec_call_scratch_limit(0);
    for (int w = 0; w < N_WHATS; w++)
        CHECK(operate((what)w, LONGEST, 0, &status) == expected[w][4] && status == FSPEC_OK, "%d", w);
}

static void test_thread_bytes(void)
{
    const int64_t before = fspec_thread_bytes();
    fspec_frontend_config c;
    fspec_frontend *plan;
    fspec_frontend_config_init(&c);
    c.n_fft = 4096;
    REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK, "a plan");
    const int64_t size = fspec_thread_bytes() - before;
    CHECK(size >= 4096 * 4, "a plan of %ld bytes", (long)size); /* its window at the least */
    fspec_frontend_free(plan);
    CHECK(fspec_thread_bytes() == before, "%ld bytes left", (long)(fspec_thread_bytes() - before));
}

/* ---- the plans -------------------------------------------------------------------------------------------------------- */

static void make_plans(void)
{
    static double frequencies[24], bins_lengths[24], amplitudes[24];
    fspec_frontend_config c;
    fspec_istft_config i;
    fspec_cqt_config q;
    fspec_frontend_config_init(&c);
    c.n_fft = N_FFT;
    c.hop_length = HOP;
    REQUIRE(fspec_frontend_create(&c, &spectrum) == FSPEC_OK, "an STFT");
    c.output = FSPEC_OUT_BANDS;
    c.bands = bands;
    c.n_bands = N_BANDS;
    c.log = FSPEC_LOG_LN;
    REQUIRE(fspec_mel_filters(16000, N_FFT, N_BANDS, 0, 8000, 0, FSPEC_MEL_NORM_SLANEY, 1, bands) == FSPEC_OK, "bands");
    REQUIRE(fspec_frontend_create(&c, &mel) == FSPEC_OK, "a log-mel");
    c.normalize = FSPEC_NORMALIZE_MEAN_VAR;
    REQUIRE(fspec_frontend_create(&c, &moments) == FSPEC_OK, "a log-mel with moments");
    fspec_frontend_config_init(&c);
    c.output = FSPEC_OUT_SPECTRUM;
    c.n_fft = 101;
    c.hop_length = 50;
    REQUIRE(fspec_frontend_create(&c, &bluestein) == FSPEC_OK, "an odd size");
    fspec_istft_config_init(&i);
    i.n_fft = N_FFT;
    i.hop_length = HOP;
    REQUIRE(fspec_istft_create(&i, &inverse) == FSPEC_OK, "an inverse");
    fspec_cqt_config_init(&q);
    for (int k = 0; k < 24; k++) {
        frequencies[k] = 220 * pow(2, k / 12.0);
        bins_lengths[k] = 16.8 * 22050 / frequencies[k];
        amplitudes[k] = 1 / bins_lengths[k];
    }
    q.n_bins = 24;
    q.frequencies = frequencies;
    q.lengths = bins_lengths;
    q.amplitudes = amplitudes;
    REQUIRE(fspec_cqt_create(&q, &cqt) == FSPEC_OK, "a constant-Q transform");
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    if (check_path("FASTSPEC_TEST_FFTWF")) /* not skipped without it: plans of 254 points are then our own */
        check_fftw();
    for (int i = 0; i < LONGEST; i++)
        samples[i] = (float)sin(0.05 * i + 1e-5 * i * i);
    make_plans();
    test_many_threads();
    test_bounds();
    test_limit_of_a_call();
    test_thread_bytes();
    fspec_frontend_free(mel);
    fspec_frontend_free(spectrum);
    fspec_frontend_free(bluestein);
    fspec_frontend_free(moments);
    fspec_istft_free(inverse);
    fspec_cqt_free(cqt);
    check_other_tiers(argv);
    return check_done();
}
