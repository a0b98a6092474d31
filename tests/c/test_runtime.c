/* Calls in their surroundings: engines that are missing, cancelling, the caller's floating-point environment, subnormal numbers,
 * threads and fork. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

#include <pthread.h>
#include <signal.h>

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>
#define HAS_MXCSR 1
#else
#define HAS_MXCSR 0
#endif

#ifdef __SANITIZE_THREAD__
/* Children of a process with threads start threads here: that is what is tested. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "die_after_fork=0"; }
#endif

/* Times are looked at several times before they fail a test: other programs run on the machine too. */
enum { TRIES = 4 };
static const double SOON = CHECK_SANITIZED ? 2 : 0.1, SUBNORMAL_RATIO = 1.5;

static fspec_frontend *plan_of(fspec_output output, fspec_engine engine, int64_t n_fft, int64_t hop)
{
    static double bands[40 * 4097], dct[13 * 40];
    fspec_frontend_config c;
    fspec_frontend *plan = NULL;
    fspec_frontend_config_init(&c);
    c.output = output;
    c.engine = engine;
    c.n_fft = n_fft;
    c.hop_length = hop;
    c.bands = bands;
    c.n_bands = 40;
    c.log = FSPEC_LOG_DB;
    c.top_db = output == FSPEC_OUT_CEPSTRUM ? 80 : -1;
    c.dct = dct;
    c.n_ceps = 13;
    for (int64_t b = 0; b < 40 && output >= FSPEC_OUT_BANDS; b++) /* threads make the other plans side by side */
        for (int64_t k = 0; k <= n_fft / 2; k++)
            bands[b * (n_fft / 2 + 1) + k] = k * 40 / (n_fft / 2 + 1) == b ? 1 : 0;
    for (int i = 0; i < 13 * 40 && output == FSPEC_OUT_CEPSTRUM; i++)
        dct[i] = cos(0.1 * i);
    const fspec_status status = fspec_frontend_create(&c, &plan);
    REQUIRE(status == FSPEC_OK, "%s", fspec_status_string(status));
    return plan;
}

static fspec_istft *inverse_of(fspec_engine engine, int64_t n_fft, int64_t hop)
{
    fspec_istft_config c;
    fspec_istft *plan = NULL;
    fspec_istft_config_init(&c);
    c.engine = engine;
    c.n_fft = n_fft;
    c.hop_length = hop;
    const fspec_status status = fspec_istft_create(&c, &plan);
    REQUIRE(status == FSPEC_OK, "%s", fspec_status_string(status));
    return plan;
}

/* Some output of a plan, as a hash. */
static uint64_t result_of(const fspec_frontend *plan, fspec_dtype type, int32_t threads)
{
    rng r = {17};
    samples s = samples_make(&r, 30000, FSPEC_FLOAT32, CONTIGUOUS);
    grid g = grid_make(fspec_frontend_n_bins(plan), fspec_frontend_n_frames(plan, 30000), type, BINS_CONTIGUOUS);
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = threads;
    CHECK_STATUS(fspec_frontend_exec(plan, &s.signal, &g.matrix, 1, type, &call), FSPEC_OK, "exec");
    const uint64_t hash = grid_hash(CHECK_HASH_START, &g);
    samples_free(&s);
    grid_free(&g);
    return hash;
}

/* ---- engines ------------------------------------------------------------------------------------------------------ */

static void test_no_engine(void)
{
    for (int precision = FSPEC_SINGLE; precision <= FSPEC_DOUBLE; precision++) {
        fspec_frontend_config c;
        fspec_istft_config i;
        fspec_frontend *plan = NULL;
        fspec_istft *inverse = NULL;
        fspec_frontend_config_init(&c);
        fspec_istft_config_init(&i);
        c.engine = i.engine = FSPEC_ENGINE_FFTW;
        c.precision = i.precision = (fspec_precision)precision;
        CHECK_STATUS(fspec_frontend_create(&c, &plan), FSPEC_NO_ENGINE, "nothing is loaded");
        CHECK_STATUS(fspec_istft_create(&i, &inverse), FSPEC_NO_ENGINE, "nothing is loaded");
        CHECK(!plan && !inverse, "a plan without an engine");
        CHECK(!*fspec_fftw_version(precision == FSPEC_DOUBLE) && !*fspec_fftw_path(precision == FSPEC_DOUBLE), "version of nothing");
        /* The built-in engine does what FFTW would. */
        c.engine = FSPEC_ENGINE_AUTO;
        c.n_fft = 1021;
        CHECK_STATUS(fspec_frontend_create(&c, &plan), FSPEC_OK, "a prime size without FFTW");
        CHECK(!strcmp(fspec_frontend_engine(plan), "lanes"), "engine %s", fspec_frontend_engine(plan));
        fspec_frontend_free(plan);
    }
}

static void refused_load(const char *single, const char *dbl, const char *named)
{
    char message[400] = "?", tiny[5] = "????";
    CHECK_STATUS(fspec_fftw_load(single, dbl, message, sizeof message), FSPEC_NO_ENGINE, "%s", named);
    CHECK(strstr(message, named) && strlen(message) > strlen(named), "the message about %s: \"%s\"", named, message);
    CHECK_STATUS(fspec_fftw_load(single, dbl, NULL, 0), FSPEC_NO_ENGINE, "%s", named);
    CHECK_STATUS(fspec_fftw_load(single, dbl, tiny, sizeof tiny), FSPEC_NO_ENGINE, "%s", named);
    CHECK(strlen(tiny) == 4 && !strncmp(tiny, message, 4), "a short message: \"%s\"", tiny);
    CHECK_STATUS(fspec_fftw_load(single, dbl, tiny, 0), FSPEC_NO_ENGINE, "%s", named);
    CHECK(!*fspec_fftw_path(0) && !*fspec_fftw_path(1), "a refused library is in use");
}

static void test_bad_libraries(void)
{
    const char *single = check_path("FASTSPEC_TEST_FFTWF"), *dbl = check_path("FASTSPEC_TEST_FFTW");
    char text[64];
    static char endless[5000];
    memset(endless, 'x', sizeof endless - 1);
    CHECK_STATUS(fspec_fftw_load(NULL, "", text, sizeof text), FSPEC_OK, "nothing asked for");
    CHECK(!*text, "a message: %s", text);
    refused_load("/nowhere/libfftw3f.so.3", NULL, "/nowhere/libfftw3f.so.3");
    refused_load(NULL, "/nowhere/libfftw3.so.3", "/nowhere/libfftw3.so.3");
    refused_load("libm.so.6", NULL, "libm.so.6");
    refused_load(NULL, "libm.so.6", "libm.so.6");
    refused_load("/", NULL, "/");
    refused_load(endless, NULL, "xxxxxxxxxx");
    refused_load(dbl, NULL, "fftwf_"); /* the other precision's library */
    refused_load(NULL, single, "fftw_");
    test_no_engine();
}

/* Without a wish of the environment's, the best tier that the compiler's own look at the processor allows. */
static void test_tier(void)
{
    const char *wish = getenv("FASTSPEC_SIMD"), *best = "portable";
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        best = "avx2";
    if (!strcmp(best, "avx2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        best = "avx512";
#endif
    if (!wish || !*wish)
        CHECK(!strcmp(fspec_simd_tier(), best), "tier %s, not %s", fspec_simd_tier(), best);
}

/* ---- threads that meet -------------------------------------------------------------------------------------------- */

static uint64_t expected_by_all;
static fspec_frontend *shared_plan;

static void *meet(void *unused)
{
    char message[200];
    int n, used;
    CHECK_STATUS(fspec_fftw_load(check_path("FASTSPEC_TEST_FFTWF"), check_path("FASTSPEC_TEST_FFTW"), message, sizeof message), FSPEC_OK, "%s",
                 message);
    for (int i = 0; i < 10; i++) {
        fspec_frontend *mine = plan_of(FSPEC_OUT_COMPLEX, i % 2 ? FSPEC_ENGINE_FFTW : FSPEC_ENGINE_AUTO, 101 + 2 * (i % 3), 50);
        fspec_frontend_free(mine);
        fspec_fft_cache_info(&n, &used);
        if (i == 5)
            fspec_fft_cache_clear();
    }
    return unused;
}

static void *share(void *unused)
{
    for (int i = 0; i < 5; i++)
        if (result_of(shared_plan, FSPEC_FLOAT32, 1 + i % 3) != expected_by_all)
            return &expected_by_all;
    return unused;
}

/* Loading, planning and the first choice of a tier in four threads at once; then one plan in all of them. */
static void test_meeting_threads(void)
{
    pthread_t threads[4];
    void *wrong;
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, meet, NULL) == 0, "thread");
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
        shared_plan = plan_of(FSPEC_OUT_CEPSTRUM, (fspec_engine)engine, 512, 128);
        expected_by_all = result_of(shared_plan, FSPEC_FLOAT32, 1);
        for (int i = 0; i < 4; i++)
            REQUIRE(pthread_create(&threads[i], NULL, share, NULL) == 0, "thread");
        for (int i = 0; i < 4; i++) {
            pthread_join(threads[i], &wrong);
            CHECK(!wrong, "one plan in four threads gives other results");
        }
        fspec_frontend_free(shared_plan);
    }
}

/* ---- the cache of FFT plans --------------------------------------------------------------------------------------- */

static void test_cache(void)
{
    enum { MANY = 200 };
    static fspec_frontend *plans[MANY];
    char message[100];
    int n, used;
    fspec_fft_cache_clear();
    fspec_fft_cache_info(&n, &used);
    CHECK(n == 0 && used == 0, "%d plans after clearing, %d in use", n, used);
    for (int i = 0; i < MANY; i++)
        fspec_frontend_free(plan_of(FSPEC_OUT_COMPLEX, FSPEC_ENGINE_FFTW, 16 + i, 8));
    fspec_fft_cache_info(&n, &used);
    CHECK(n == FSPEC_FFT_CACHE && used == 0, "%d plans are kept, %d in use", n, used);
    for (int i = 0; i < MANY; i++)
        plans[i] = plan_of(FSPEC_OUT_COMPLEX, FSPEC_ENGINE_FFTW, 16 + i / 2, 8 + i % 2);
    fspec_fft_cache_info(&n, &used);
    CHECK(used == MANY / 2 && n <= MANY / 2 + FSPEC_FFT_CACHE, "%d plans are kept, %d in use", n, used);
    fspec_fft_cache_clear();
    fspec_fft_cache_info(&n, &used);
    CHECK(used == MANY / 2 && n == MANY / 2, "cleared: %d plans are kept, %d in use", n, used);
    const uint64_t hash = result_of(plans[7], FSPEC_COMPLEX64, 1);
    for (int i = 0; i < MANY; i++)
        if (i != 7)
            fspec_frontend_free(plans[i]);
    fspec_fft_cache_info(&n, &used);
    CHECK(used == 1 && n <= FSPEC_FFT_CACHE + 1, "%d plans are kept, %d in use", n, used);
    fspec_fft_cache_clear();
    CHECK(result_of(plans[7], FSPEC_COMPLEX64, 1) == hash, "another result after clearing");
    fspec_frontend_free(plans[7]);
    fspec_fft_cache_clear();
    fspec_fft_cache_info(&n, &used);
    CHECK(n == 0 && used == 0, "%d plans at the end, %d in use", n, used);

    /* The first library that was loaded stays. */
    char path[600];
    REQUIRE(*fspec_fftw_version(0) && *fspec_fftw_version(1) && *fspec_fftw_path(0) && strlen(fspec_fftw_path(0)) < sizeof path, "FFTW");
    strcpy(path, fspec_fftw_path(0));
    CHECK_STATUS(fspec_fftw_load("/nowhere", "libm.so.6", message, sizeof message), FSPEC_OK, "loaded already");
    CHECK(!strcmp(path, fspec_fftw_path(0)) && !*message, "the library changed");
}

/* ---- cancelling --------------------------------------------------------------------------------------------------- */

typedef struct polls {
    int made, most; /* the call ends with number `most` */
    double began, last, longest_gap;
} polls;

static int on_poll(void *user)
{
    polls *p = user;
    const double now = check_seconds();
    p->longest_gap = fmax(p->longest_gap, now - p->last);
    p->last = now;
    return ++p->made >= p->most;
}

typedef fspec_status (*long_call)(const fspec_call *call);

static void test_cancel(const char *name, long_call work, int most)
{
    polls p;
    fspec_status status = FSPEC_OK;
    double after = 0;
    for (int32_t threads = 1; threads <= 2; threads++) {
        for (int i = 0; i < TRIES; i++) {
            fspec_call call;
            fspec_call_init(&call);
            p = (polls){.most = most};
            p.began = p.last = check_seconds();
            call.n_threads = threads;
            call.cancel = on_poll;
            call.cancel_user = &p;
            status = work(&call);
            after = check_seconds() - p.last;
            if (status == FSPEC_CANCELLED && after < SOON && p.longest_gap < SOON)
                break;
        }
        CHECK(status == FSPEC_CANCELLED && p.made == most, "%s with %d threads: %s after %d polls", name, (int)threads, fspec_status_string(status),
              p.made);
        CHECK(after < SOON, "%s with %d threads ended %.3f s after it was told to", name, (int)threads, after);
        CHECK(p.longest_gap < SOON, "%s with %d threads: %.3f s between two polls", name, (int)threads, p.longest_gap);
    }
}

/* One sample or frame, repeated by strides of 0, makes calls as long as need be without memory. int16 needs no look for NaN. */
static fspec_frontend *endless_plan;
static fspec_istft *endless_inverse;
static int16_t sample = 12345;
static float place[2 * 5000];
static char *room;
enum { ROOM = 160 << 20 };

static fspec_status endless_exec(const fspec_call *call)
{
    static double out[2]; /* of any type */
    const fspec_signal s = {&sample, (int64_t)1 << 30, 0, FSPEC_INT16, 0};
    const fspec_matrix m = {out, 0, 0};
    fspec_call one = *call;
    one.n_threads = 1; /* both would write to one place */
    const fspec_status status = fspec_frontend_exec(endless_plan, &s, &m, 1, FSPEC_FLOAT32, &one);
    return status == FSPEC_BAD_DATA_TYPE ? fspec_frontend_exec(endless_plan, &s, &m, 1, FSPEC_COMPLEX64, &one) : status;
}

static fspec_status endless_spectra(const fspec_call *call)
{
    float out;
    const fspec_matrix in = {place, 4, 0}, m = {&out, 0, 0};
    fspec_call one = *call;
    one.n_threads = 1;
    return fspec_frontend_exec_spectra(endless_plan, &in, FSPEC_FLOAT32, 1 << 24, &m, 1, FSPEC_FLOAT32, &one);
}

static fspec_status endless_check(const fspec_call *call)
{
    const float x = 1;
    const fspec_signal s[5] = {{&x, (int64_t)1 << 33, 0, FSPEC_FLOAT32, 0}, {&x, 1, 0, FSPEC_FLOAT32, 0}, {&x, 1, 0, FSPEC_FLOAT32, 0}};
    return fspec_check_finite(s, 3, call);
}

static fspec_status endless_batch_check(const fspec_call *call)
{
    enum { SIGNALS = 64, N = 1 << 26 };
    const double x = 1;
    fspec_signal s[SIGNALS];
    for (int i = 0; i < SIGNALS; i++)
        s[i] = (fspec_signal){&x, N, 0, FSPEC_FLOAT64, 1};
    return fspec_check_finite(s, SIGNALS, call);
}

static fspec_status endless_push(const fspec_call *call)
{
    static double out[2];
    const fspec_signal s = {&sample, (int64_t)1 << 30, 0, FSPEC_INT16, 0};
    const fspec_matrix m = {out, 0, 0};
    fspec_call one = *call;
    fspec_stream *stream = NULL;
    int64_t n;
    one.n_threads = 1;
    REQUIRE(fspec_stream_create(endless_plan, 1, &stream) == FSPEC_OK, "stream");
    const fspec_status status = fspec_stream_push(stream, &s, &m, FSPEC_FLOAT32, &one, &n);
    CHECK_STATUS(fspec_stream_push(stream, &s, &m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "a cancelled stream must be reset");
    fspec_stream_free(stream);
    return status;
}

static fspec_status endless_istft(const fspec_call *call)
{
    float out;
    const fspec_matrix in = {place, 8, 0};
    const fspec_signal y = {&out, (int64_t)1 << 32, 0, FSPEC_FLOAT32, 0};
    fspec_call one = *call;
    one.n_threads = 1;
    return fspec_istft_exec(endless_inverse, &in, FSPEC_COMPLEX64, (int64_t)1 << 32, &y, 1, &one);
}

static fspec_status endless_griffinlim(const fspec_call *call)
{
    enum { FRAMES = 20, BINS = 129, N = 64 * (FRAMES - 1) };
    static float magnitude[FRAMES * BINS], angles[2 * FRAMES * BINS], y[N];
    for (int i = 0; i < FRAMES * BINS; i++)
        magnitude[i] = angles[2 * i] = 1;
    return fspec_griffinlim(endless_plan, endless_inverse, 1 << 30, 0.9, magnitude, angles, FRAMES, y, N, call);
}

static fspec_status long_power_to_db(const fspec_call *call)
{
    double largest;
    return fspec_power_to_db(room, room, ROOM / 8, FSPEC_FLOAT64, 1e-10, 0, call, &largest);
}

static fspec_status long_clip(const fspec_call *call)
{
    return fspec_clip_below(room, ROOM / 8, FSPEC_FLOAT64, -1, call);
}

static fspec_status long_phases(const fspec_call *call)
{
    enum { BINS = 16, FRAMES = ROOM / (4 * 8 * BINS) };
    return fspec_phases((const double *)(void *)room, room + ROOM / 4, room + ROOM / 2, BINS, FRAMES, BINS, FSPEC_FLOAT64, call);
}

/* A callback may make calls of its own, with a callback of their own. */
static int on_poll_of_outer(void *user)
{
    fspec_call call;
    fspec_call_init(&call);
    polls inner = {.most = 2};
    call.cancel = on_poll;
    call.cancel_user = &inner;
    CHECK_STATUS(endless_griffinlim(&call), FSPEC_CANCELLED, "a call inside a callback");
    CHECK(inner.made == 2, "%d polls of a call inside a callback", inner.made);
    return ++*(int *)user >= 3;
}

static void test_call_in_callback(void)
{
    const int16_t x = 1;
    float out[2];
    int polls_made = 0;
    const fspec_signal s = {&x, (int64_t)1 << 30, 0, FSPEC_INT16, 0};
    const fspec_matrix m = {out, 0, 0};
    fspec_call call;
    fspec_call_init(&call);
    call.cancel = on_poll_of_outer;
    call.cancel_user = &polls_made;
    endless_plan = plan_of(FSPEC_OUT_COMPLEX, FSPEC_ENGINE_LANES, 256, 64);
    endless_inverse = inverse_of(FSPEC_ENGINE_LANES, 256, 64);
    CHECK_STATUS(fspec_frontend_exec(endless_plan, &s, &m, 1, FSPEC_COMPLEX64, &call), FSPEC_CANCELLED, "the outer call");
    CHECK(polls_made == 3, "%d polls of the outer call", polls_made);
    fspec_frontend_free(endless_plan);
    fspec_istft_free(endless_inverse);
}

static void test_cancelling(void)
{
    static const char *const names[] = {"exec complex", "exec spectrum", "exec bands", "exec cepstrum"};
    for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
        for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++) {
            const fspec_dtype type = output == FSPEC_OUT_COMPLEX ? FSPEC_COMPLEX64 : FSPEC_FLOAT32;
            endless_plan = plan_of((fspec_output)output, (fspec_engine)engine, 2048, 512);
            const uint64_t hash = result_of(endless_plan, type, 1);
            test_cancel(names[output], endless_exec, 3);
            test_cancel(names[output], endless_exec, 20);
            if (output >= FSPEC_OUT_BANDS)
                test_cancel("exec_spectra", endless_spectra, 5);
            if (output == FSPEC_OUT_SPECTRUM || output == FSPEC_OUT_BANDS)
                test_cancel("stream_push", endless_push, 5);
            CHECK(result_of(endless_plan, type, 1) == hash, "%s: another result after a cancelled call", names[output]);
            fspec_frontend_free(endless_plan);
        }
        endless_inverse = inverse_of((fspec_engine)engine, 2048, 512);
        test_cancel("istft", endless_istft, 5);
        fspec_istft_free(endless_inverse);
        endless_inverse = inverse_of((fspec_engine)engine, 2048, 1);
        test_cancel("istft with a hop of 1", endless_istft, 5);
        fspec_istft_free(endless_inverse);
        endless_plan = plan_of(FSPEC_OUT_COMPLEX, (fspec_engine)engine, 256, 64);
        endless_inverse = inverse_of((fspec_engine)engine, 256, 64);
        test_cancel("griffinlim", endless_griffinlim, 5);
        fspec_frontend_free(endless_plan);
        fspec_istft_free(endless_inverse);
    }
    test_cancel("check_finite", endless_check, 5);
    test_cancel("check_finite of many", endless_batch_check, 5);
    room = calloc(ROOM, 1);
    REQUIRE(room, "memory");
    memset(room, 1, ROOM); /* its pages now, not while time is taken */
    test_cancel("power_to_db", long_power_to_db, 2);
    test_cancel("phases", long_phases, 1);
    memset(room, 1, ROOM);
    test_cancel("clip_below", long_clip, 1);
    free(room);
}

/* ---- the caller's floating-point environment ---------------------------------------------------------------------- */

#if HAS_MXCSR
static unsigned caller_csr;
static int seen_by_callback;

static int look_at_csr(void *user)
{
    const unsigned now = _mm_getcsr();
    _mm_setcsr(0x1f80);
    *(int *)user = now == caller_csr ? 1 : 2;
    _mm_setcsr(now);
    return 1;
}

/* Makes a call in an environment of the caller's, which must stay as it is to the last bit. */
#define UNDER(csr, status, call) \
    do { \
        caller_csr = (csr); \
        _mm_setcsr(csr); \
        status = (call); \
        const unsigned after_ = _mm_getcsr(); \
        _mm_setcsr(0x1f80); \
        CHECK(after_ == (csr), "MXCSR %#x became %#x in %s", (unsigned)(csr), after_, #call); \
        CHECK(status == FSPEC_OK, "MXCSR %#x: %s: %s", (unsigned)(csr), #call, fspec_status_string(status)); \
    } while (0)

static fspec_status hann_status(double *w)
{
    fspec_hann(100, 1, w);
    fspec_hann(99, 0, w + 100);
    return FSPEC_OK;
}

/* Everything, with subnormal and ordinary numbers, in the environment csr; a hash of all results. */
static uint64_t results_under(unsigned csr, int dbl, fspec_engine engine)
{
    enum { N_FFT = 96, HOP = 24, BINS = 49, BANDS = 7, CEPS = 4, N = 5000 };
    const size_t size = dbl ? 8 : 4;
    const fspec_dtype real_type = dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32, complex_type = dbl ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
    uint64_t hash = CHECK_HASH_START;
    rng r = {6};
    double *bands = random_bands(&r, BANDS, BINS), *dct = random_doubles(&r, CEPS * BANDS, -1, 1), *window = random_doubles(&r, N_FFT, 0.1, 1);
    double *values = random_doubles(&r, N, -1, 1), *turns = random_doubles(&r, 200, 0, 1), hann[199], mel[10 * BINS];
    fspec_status status;
    for (int i = 0; i < N; i++)
        values[i] = i % 2 ? values[i] * (i % 3 ? 1 : dbl ? 1e-310 : 1e-40) : (double)(float)values[i] / 3;
    window[5] = 1e-300; /* not a float */
    window[6] = 1e-40;
    samples in = samples_of(values, N, FSPEC_FLOAT64, CONTIGUOUS);
    fspec_frontend *plans[FSPEC_OUT_CEPSTRUM + 1];
    fspec_istft_config ic;
    fspec_istft *istft = NULL;
    fspec_istft_config_init(&ic);
    ic.precision = dbl ? FSPEC_DOUBLE : FSPEC_SINGLE;
    ic.engine = engine;
    ic.n_fft = N_FFT;
    ic.hop_length = HOP;
    fspec_fft_cache_clear(); /* FFTW is to plan here too */
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++) {
        fspec_frontend_config c;
        fspec_frontend_config_init(&c);
        c.output = (fspec_output)output;
        c.precision = ic.precision;
        c.engine = engine;
        c.n_fft = N_FFT;
        c.hop_length = HOP;
        c.window = output % 2 ? window : NULL;
        c.pad_mode = FSPEC_PAD_LINEAR_RAMP;
        c.power = output == FSPEC_OUT_SPECTRUM ? 0.7 : 2;
        c.bands = bands;
        c.n_bands = BANDS;
        c.dct = dct;
        c.n_ceps = CEPS;
        c.log = (fspec_log)output;
        c.ref = 0.3;
        c.ref_max = output == FSPEC_OUT_BANDS;
        c.top_db = output >= FSPEC_OUT_BANDS ? 20 : -1;
        UNDER(csr, status, fspec_frontend_create(&c, &plans[output]));
        for (int32_t threads = 1; threads <= 2; threads++) {
            const fspec_dtype type = output == FSPEC_OUT_COMPLEX ? (dbl ? FSPEC_COMPLEX64 : FSPEC_COMPLEX128) : dbl ? FSPEC_FLOAT32 : FSPEC_FLOAT64;
            grid g = grid_make(fspec_frontend_n_bins(plans[output]), fspec_frontend_n_frames(plans[output], N), type, GAPS);
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = threads;
            UNDER(csr, status, fspec_frontend_exec(plans[output], &in.signal, &g.matrix, 1, type, &call));
            hash = grid_hash(hash, &g);
            grid_free(&g);
        }
        fspec_frontend *plain = plans[output];
        if (output >= FSPEC_OUT_BANDS) {
            c.ref_max = 0;
            c.top_db = -1;
            UNDER(csr, status, fspec_frontend_create(&c, &plain));
            grid spectra = grid_make(BINS, 30, real_type, BINS_CONTIGUOUS), g = grid_make(fspec_frontend_n_bins(plain), 30, real_type, FRAMES_CONTIGUOUS);
            memset(spectra.block, 0, spectra.bytes);
            for (int t = 0; t < 30; t++)
                for (int k = 0; k < BINS; k++)
                    grid_put(&spectra, k, t, 0, fabs(values[t * BINS + k]));
            UNDER(csr, status, fspec_frontend_exec_spectra(plain, &spectra.matrix, real_type, 30, &g.matrix, 1, real_type, NULL));
            hash = grid_hash(hash, &g);
            grid_free(&g);
            grid_free(&spectra);
        }
        fspec_stream *stream = NULL;
        const fspec_dtype type = output == FSPEC_OUT_COMPLEX ? complex_type : real_type;
        grid g = grid_make(fspec_frontend_n_bins(plain), fspec_frontend_n_frames(plain, N), type, BINS_CONTIGUOUS);
        int64_t n, m;
        UNDER(csr, status, fspec_stream_create(plain, 1, &stream));
        UNDER(csr, status, fspec_stream_push(stream, &in.signal, &g.matrix, type, NULL, &n));
        fspec_matrix rest = g.matrix;
        rest.data = grid_at(&g, 0, n);
        UNDER(csr, status, fspec_stream_flush(stream, &rest, type, NULL, &m));
        CHECK(n + m == g.columns, "frames");
        hash = grid_hash(hash, &g);
        grid_free(&g);
        fspec_stream_free(stream);
        if (plain != plans[output])
            fspec_frontend_free(plain);
    }
    UNDER(csr, status, fspec_istft_create(&ic, &istft));
    const int64_t frames = 40, length = fspec_istft_n_samples(istft, frames);
    char *magnitude = check_malloc((size_t)(frames * BINS) * size), *angles = check_malloc((size_t)(frames * BINS) * 2 * size);
    char *y = check_malloc((size_t)length * 8);
    memset(y, 0, (size_t)length * 8);
    for (int64_t i = 0; i < frames * BINS; i++) {
        put_sample(magnitude + (size_t)i * size, real_type, 0, fabs(values[i]));
        put_sample(angles + (size_t)(2 * i) * size, real_type, 0, values[i]);
        put_sample(angles + (size_t)(2 * i + 1) * size, real_type, 0, values[N - 1 - i]);
    }
    const fspec_matrix spectrum = {angles, (int64_t)(2 * size), (int64_t)(2 * size * BINS)};
    const fspec_signal out = {y, length, 8, dbl ? FSPEC_FLOAT32 : FSPEC_FLOAT64, 0}; /* the other type */
    UNDER(csr, status, fspec_istft_exec(istft, &spectrum, complex_type, frames, &out, 1, NULL));
    hash = check_hash(hash, y, (size_t)length * 8);
    fspec_frontend *stft = plans[FSPEC_OUT_COMPLEX];
    UNDER(csr, status, fspec_griffinlim(stft, istft, 3, 0.37, magnitude, angles, frames, y, length, NULL));
    hash = check_hash(hash, y, (size_t)length * size);
    UNDER(csr, status, fspec_phases(turns, magnitude, angles, 10, 20, BINS, real_type, NULL));
    hash = check_hash(hash, angles, (size_t)(10 * 2) * size);
    UNDER(csr, status, hann_status(hann));
    hash = check_hash(hash, hann, sizeof hann);
    for (int htk = 0; htk < 2; htk++) {
        UNDER(csr, status, fspec_mel_filters(22050, N_FFT, 10, 10, 9000, htk, FSPEC_MEL_NORM_SLANEY, !dbl, mel));
        hash = check_hash(hash, mel, sizeof mel);
    }
    UNDER(csr, status, fspec_check_finite(&in.signal, 1, NULL));
    double largest[2];
    char *db = check_malloc((size_t)N * size);
    for (int i = 0; i < N; i++)
        put_sample(db + (size_t)i * size, real_type, 0, i == 77 ? NAN : values[i]);
    UNDER(csr, status, fspec_power_to_db(db, db, N, real_type, 1e-7, 0.123, NULL, &largest[0])); /* with a NaN */
    UNDER(csr, status, fspec_power_to_db(db, db, 70, real_type, 1e-7, 0.123, NULL, &largest[1]));
    CHECK(isnan(largest[0]), "the largest of NaN and others is %g", largest[0]);
    hash = check_hash(hash, &largest[1], sizeof *largest);
    UNDER(csr, status, fspec_clip_below(db, N, real_type, -12.3, NULL));
    hash = check_hash(hash, db, (size_t)N * size);

    /* The callback runs in the caller's environment. */
    const fspec_signal endless = {&sample, (int64_t)1 << 30, 0, FSPEC_INT16, 0};
    const fspec_matrix nowhere = {place, 0, 0};
    fspec_call call;
    fspec_call_init(&call);
    call.cancel = look_at_csr;
    call.cancel_user = &seen_by_callback;
    seen_by_callback = 0;
    caller_csr = csr;
    _mm_setcsr(csr);
    status = fspec_frontend_exec(stft, &endless, &nowhere, 1, FSPEC_COMPLEX64, &call);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(0x1f80);
    CHECK(status == FSPEC_CANCELLED && after == csr && seen_by_callback == 1, "MXCSR %#x is %#x after a cancelled call, callback %d", csr, after,
          seen_by_callback);
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
        fspec_frontend_free(plans[output]);
    fspec_istft_free(istft);
    samples_free(&in);
    free(bands);
    free(dct);
    free(window);
    free(values);
    free(turns);
    free(magnitude);
    free(angles);
    free(y);
    free(db);
    return hash;
}

/* A bad argument in an environment in which NaN traps. */
static void test_trapped_arguments(void)
{
    fspec_frontend_config c;
    fspec_frontend *plan = NULL;
    fspec_status status[4];
    double largest, w[9];
    float x[2] = {1, 2};
    fspec_frontend_config_init(&c);
    c.power = NAN;
    _mm_setcsr(0);
    status[0] = fspec_frontend_create(&c, &plan);
    status[1] = fspec_power_to_db(x, x, 2, FSPEC_FLOAT32, NAN, 0, NULL, &largest);
    status[2] = fspec_mel_filters(16000, 16, 1, NAN, 8000, 0, FSPEC_MEL_NORM_NONE, 0, w);
    status[3] = fspec_griffinlim(NULL, NULL, 1, NAN, NULL, NULL, 1, NULL, 1, NULL);
    _mm_setcsr(0x1f80);
    CHECK(status[0] == FSPEC_BAD_POWER && status[1] == FSPEC_BAD_LOG && status[2] == FSPEC_BAD_ARGUMENT && status[3] == FSPEC_BAD_ARGUMENT,
          "NaN in arguments: %d %d %d %d", (int)status[0], (int)status[1], (int)status[2], (int)status[3]);
}

static void test_environment(void)
{
    static const unsigned settings[] = {
        0x1f80,          /* as the system sets it */
        0x1fbf,          /* all flags raised */
        0x5f80, 0x3f80, 0x7f80, /* rounding up, down, to zero */
        0x9f80, 0x1fc0, 0xffc0, /* flush to zero; denormals are zero; both and rounding to zero */
        0x0000, 0x4000,  /* every exception traps; and rounding up */
        0x1900,          /* invalid, division by zero and overflow trap */
    };
    for (int dbl = 0; dbl < 2; dbl++)
        for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
            const uint64_t expected = results_under(settings[0], dbl, (fspec_engine)engine);
            for (size_t i = 1; i < sizeof settings / sizeof *settings; i++)
                CHECK(results_under(settings[i], dbl, (fspec_engine)engine) == expected, "MXCSR %#x changes results in %s precision, engine %d",
                      settings[i], dbl ? "double" : "single", engine);
        }
    test_trapped_arguments();
}

/* The other floating-point unit, which FFTW may plan with: rounding up, and all its exceptions unmasked. */
static void test_x87(void)
{
    static const uint16_t words[] = {0x037f, 0x0b7f, 0x0340, 0x007f};
    uint64_t expected = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
            uint16_t word = words[i], after, usual = 0x037f;
            fspec_frontend_config c;
            fspec_frontend *plan = NULL;
            fspec_frontend_config_init(&c);
            c.precision = FSPEC_DOUBLE;
            c.engine = (fspec_engine)engine;
            c.n_fft = 1000;
            fspec_fft_cache_clear();
            __asm__ volatile("fldcw %0" : : "m"(word));
            const fspec_status status = fspec_frontend_create(&c, &plan);
            __asm__ volatile("fnstcw %0" : "=m"(after));
            __asm__ volatile("fnclex\n\tfldcw %0" : : "m"(usual));
            REQUIRE(status == FSPEC_OK && after == word, "x87 control word %#x is %#x afterwards", word, after);
            static uint64_t hashes[2];
            expected = result_of(plan, FSPEC_COMPLEX128, 1);
            if (i == 0)
                hashes[engine - FSPEC_ENGINE_FFTW] = expected;
            CHECK(hashes[engine - FSPEC_ENGINE_FFTW] == expected, "x87 control word %#x changes results", word);
            fspec_frontend_free(plan);
        }
}
#endif

/* ---- subnormal numbers -------------------------------------------------------------------------------------------- */

typedef struct speed_case {
    const char *name;
    const void *plan;
    const void *input[2]; /* ordinary, subnormal */
    void *out;
    int64_t n;
    fspec_status (*work)(const struct speed_case *c, const void *input);
} speed_case;

static fspec_status speed_exec(const speed_case *c, const void *input)
{
    const fspec_frontend *plan = c->plan;
    const int64_t bins = fspec_frontend_n_bins(plan);
    const fspec_signal s = {input, c->n, 4, FSPEC_FLOAT32, 0};
    const fspec_matrix m = {c->out, 4, 4 * bins}, z = {c->out, 8, 8 * bins};
    const fspec_status status = fspec_frontend_exec(plan, &s, &m, 1, FSPEC_FLOAT32, NULL);
    return status == FSPEC_BAD_DATA_TYPE ? fspec_frontend_exec(plan, &s, &z, 1, FSPEC_COMPLEX64, NULL) : status;
}

static fspec_status speed_double(const speed_case *c, const void *input)
{
    const int64_t bins = fspec_frontend_n_bins(c->plan);
    const fspec_signal s = {input, c->n, 8, FSPEC_FLOAT64, 0};
    const fspec_matrix z = {c->out, 16, 16 * bins};
    return fspec_frontend_exec(c->plan, &s, &z, 1, FSPEC_COMPLEX128, NULL);
}

static fspec_status speed_istft(const speed_case *c, const void *input)
{
    const int64_t frames = c->n / 2 / 513 - 1;
    const fspec_matrix m = {(void *)(uintptr_t)input, 8, 8 * 513};
    const fspec_signal y = {c->out, fspec_istft_n_samples(c->plan, frames), 4, FSPEC_FLOAT32, 0};
    return fspec_istft_exec(c->plan, &m, FSPEC_COMPLEX64, frames, &y, 1, NULL);
}

static fspec_status speed_db(const speed_case *c, const void *input)
{
    double largest;
    return fspec_power_to_db(input, c->out, c->n, FSPEC_FLOAT32, 1e-45, 0, NULL, &largest);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double ratio_of(const speed_case *c)
{
    enum { RUNS = 9 };
    double times[2][RUNS];
    for (int i = 0; i < RUNS; i++)
        for (int k = 0; k < 2; k++) {
            const double began = check_seconds();
            const fspec_status status = c->work(c, c->input[k]);
            times[k][i] = check_seconds() - began;
            CHECK(status == FSPEC_OK, "%s: %s", c->name, fspec_status_string(status));
        }
    for (int k = 0; k < 2; k++)
        qsort(times[k], RUNS, sizeof **times, ascending);
    return times[1][RUNS / 2] / times[0][RUNS / 2];
}

static void test_subnormal(void)
{
    enum { N = 1 << 17 };
    rng r = {44};
    float *loud = check_malloc(N * sizeof *loud), *quiet = check_malloc(N * sizeof *quiet), *squares = check_malloc(N * sizeof *squares);
    float *positive = check_malloc(N * sizeof *positive);
    double *loud_double = check_malloc(N * sizeof *loud_double), *quiet_double = check_malloc(N * sizeof *quiet_double);
    void *out = check_malloc((size_t)N * 48);
    memset(out, 0, (size_t)N * 48);
    double worst = 0;
    for (int i = 0; i < N; i++) {
        const double x = rng_uniform(&r, -1, 1);
        loud[i] = (float)x;
        quiet[i] = (float)(x * 1e-40);
        squares[i] = (float)(x * 1e-20); /* subnormal only once squared */
        positive[i] = (float)(fabs(x) * 1e-40);
        loud_double[i] = x;
        quiet_double[i] = x * 1e-310;
    }
    for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
        fspec_frontend *plans[4];
        fspec_frontend_config c;
        fspec_frontend *dbl = NULL;
        fspec_istft *istft = inverse_of((fspec_engine)engine, 1024, 256);
        fspec_frontend_config_init(&c);
        c.precision = FSPEC_DOUBLE;
        c.engine = (fspec_engine)engine;
        c.n_fft = 1024;
        c.hop_length = 256;
        REQUIRE(fspec_frontend_create(&c, &dbl) == FSPEC_OK, "plan");
        for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
            plans[output] = plan_of((fspec_output)output, (fspec_engine)engine, 1024, 256);
        const speed_case cases[] = {
            {"complex", plans[0], {loud, quiet}, out, N, speed_exec},     {"spectrum", plans[1], {loud, quiet}, out, N, speed_exec},
            {"spectrum squares", plans[1], {loud, squares}, out, N, speed_exec}, {"bands", plans[2], {loud, quiet}, out, N, speed_exec},
            {"bands of squares", plans[2], {loud, squares}, out, N, speed_exec}, {"cepstrum", plans[3], {loud, quiet}, out, N, speed_exec},
            {"complex double", dbl, {loud_double, quiet_double}, out, N, speed_double}, {"istft", istft, {loud, quiet}, out, N, speed_istft},
            {"power_to_db", NULL, {loud, positive}, out, N, speed_db},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            double ratio = ratio_of(&cases[i]);
            for (int k = 1; k < TRIES && ratio >= SUBNORMAL_RATIO; k++)
                ratio = ratio_of(&cases[i]);
            CHECK(ratio < SUBNORMAL_RATIO, "subnormal numbers take %.2f times as long: %s, engine %d", ratio, cases[i].name, engine);
            worst = fmax(worst, ratio);
        }
        for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
            fspec_frontend_free(plans[output]);
        fspec_frontend_free(dbl);
        fspec_istft_free(istft);
    }
    printf("    subnormal input takes at most %.2f times as long as ordinary input\n", worst);
    free(loud);
    free(quiet);
    free(squares);
    free(positive);
    free(loud_double);
    free(quiet_double);
    free(out);
}

/* ---- fork --------------------------------------------------------------------------------------------------------- */

/* In the child: threads and new FFT plans work, with the parent's results. */
static int works_in_child(uint64_t hash, int64_t new_size)
{
    fspec_frontend *plan = plan_of(FSPEC_OUT_BANDS, FSPEC_ENGINE_FFTW, 500, 125), *other = plan_of(FSPEC_OUT_COMPLEX, FSPEC_ENGINE_FFTW, new_size, 100);
    const int right = result_of(plan, FSPEC_FLOAT32, 3) == hash && result_of(other, FSPEC_COMPLEX64, 2) == result_of(other, FSPEC_COMPLEX64, 1);
    fspec_frontend_free(plan);
    fspec_frontend_free(other);
    fspec_fft_cache_clear();
    return right && !checks_failed;
}

static void check_child(uint64_t hash, int64_t new_size)
{
    int code = 0;
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        alarm(CHECK_SANITIZED ? 60 : 20);
        _exit(!works_in_child(hash, new_size));
    }
    CHECK(child > 0 && waitpid(child, &code, 0) == child && code == 0, "the child %s %d",
          WIFSIGNALED(code) && WTERMSIG(code) == SIGALRM ? "hangs:" : "ended with", code);
}

static volatile int planning;

static void *plan_for_ever(void *count)
{
    for (int64_t n = 100; __atomic_load_n(&planning, __ATOMIC_ACQUIRE); n = n < 900 ? n + 1 : 100, ++*(long *)count) {
        fspec_frontend_config c;
        fspec_frontend *plan = NULL;
        fspec_frontend_config_init(&c);
        c.engine = FSPEC_ENGINE_FFTW;
        c.n_fft = n;
        if (fspec_frontend_create(&c, &plan) != FSPEC_OK)
            abort();
        fspec_frontend_free(plan);
        if (n % 64 == 0)
            fspec_fft_cache_clear();
    }
    return NULL;
}

static void test_fork(void)
{
    fspec_frontend *plan = plan_of(FSPEC_OUT_BANDS, FSPEC_ENGINE_FFTW, 500, 125);
    const uint64_t hash = result_of(plan, FSPEC_FLOAT32, 1);
    pthread_t thread;
    long count = 0;
    CHECK(result_of(plan, FSPEC_FLOAT32, 3) == hash, "threads");
    check_child(hash, 1234);
    check_child(hash, 1235);
    alarm(CHECK_SANITIZED ? 200 : 60); /* a deadlock ends the program */
    __atomic_store_n(&planning, 1, __ATOMIC_RELEASE);
    REQUIRE(pthread_create(&thread, NULL, plan_for_ever, &count) == 0, "thread");
    for (int i = 0; i < (CHECK_SANITIZED ? 20 : 60); i++)
        check_child(hash, 1300 + i);
    __atomic_store_n(&planning, 0, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    alarm(0);
    CHECK(count > 10, "only %ld plans were made meanwhile", count);
    fspec_frontend_free(plan);
}

int main(void)
{
    check_tier();
    test_tier();
    if (!check_path("FASTSPEC_TEST_FFTWF") || !check_path("FASTSPEC_TEST_FFTW"))
        check_fftw(); /* skips */
    test_no_engine();
    test_bad_libraries();
    test_meeting_threads();
    test_cache();
#if HAS_MXCSR
    test_environment();
    test_x87();
#endif
    test_fork();
    test_cancelling();
    test_call_in_callback();
    if (!CHECK_SANITIZED) /* instrumented code hides the difference */
        test_subnormal();
    return check_done();
}
