/* Every allocation of every call made to fail in turn; nothing leaks, and all objects stay usable. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

#include <stdatomic.h>
#include <sys/resource.h>

enum { N_SIGNALS = 3, SAMPLES = 3000, MOST_BYTES = 64 << 20 };

/* ---- the allocator under test ------------------------------------------------------------------------------------- */

static _Atomic long live, made, fail_at; /* blocks; allocations since `made` was cleared; the one that fails, or 0 */
static int user_data;

static void *allocate(size_t bytes, void *user)
{
    CHECK(user == &user_data, "the allocator's user pointer");
    if (atomic_fetch_add(&made, 1) + 1 == fail_at || bytes > MOST_BYTES)
        return NULL;
    void *block = malloc(bytes);
    if (block) {
        memset(block, 0xcd, bytes); /* nobody may count on zeros */
        live++;
    }
    return block;
}

static void release(void *block, void *user)
{
    CHECK(user == &user_data && block, "release");
    live--;
    free(block);
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

typedef struct context {
    plan_case c;
    fspec_frontend *plan;
    samples in[N_SIGNALS];
    fspec_signal signals[N_SIGNALS];
    int64_t n_frames[N_SIGNALS];
    int32_t threads;
    int streams;
    uint64_t hash; /* of the last result */
} context;

typedef fspec_status (*operation)(context *x);

/* Fails each allocation of an operation. With `after`, checks that the result is right in the end. */
static long exhaust(const char *name, context *x, operation work)
{
    long n = 0;
    uint64_t hash;
    fspec_fft_cache_clear();
    fail_at = 0;
    const fspec_status status = work(x);
    CHECK(status == FSPEC_OK, "%s: %s: %s", name, fspec_status_string(status), plan_case_text(&x->c));
    hash = x->hash;
    for (n = 1; n < 1000; n++) {
        fspec_fft_cache_clear();
        const long before = live;
        made = 0;
        fail_at = n;
        const fspec_status got = work(x);
        const int failed = made >= n;
        fail_at = 0;
        fspec_fft_cache_clear();
        CHECK(live == before, "%s: allocation %ld of %s: %ld blocks leaked", name, n, plan_case_text(&x->c), live - before);
        if (!failed) {
            CHECK(got == FSPEC_OK && x->hash == hash, "%s: %s, hash %d: %s", name, fspec_status_string(got), x->hash == hash, plan_case_text(&x->c));
            return n - 1;
        }
        CHECK(got == FSPEC_NO_MEMORY, "%s: allocation %ld failed: %s: %s", name, n, fspec_status_string(got), plan_case_text(&x->c));
    }
    CHECK(0, "%s never succeeds", name);
    return n;
}

static fspec_status create_frontend(context *x)
{
    fspec_frontend *const untouched = (fspec_frontend *)(void *)x, *plan = untouched;
    const fspec_status status = fspec_frontend_create(&x->c.config, &plan);
    if (status == FSPEC_OK)
        fspec_frontend_free(plan);
    else
        CHECK(plan == untouched, "the plan pointer was written");
    return status;
}

static fspec_status run_frontend(context *x)
{
    grid out[N_SIGNALS];
    fspec_matrix m[N_SIGNALS];
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = x->threads;
    for (int i = 0; i < N_SIGNALS; i++) {
        out[i] = grid_make(fspec_frontend_n_bins(x->plan), x->n_frames[i], out_type(&x->c, 0), BINS_CONTIGUOUS);
        m[i] = out[i].matrix;
    }
    const fspec_status status = fspec_frontend_exec(x->plan, x->signals, m, N_SIGNALS, out[0].dtype, &call);
    x->hash = CHECK_HASH_START;
    for (int i = 0; i < N_SIGNALS; i++) {
        CHECK(status == FSPEC_OK || grid_untouched(&out[i]), "output written although memory was short");
        x->hash = grid_hash(x->hash, &out[i]);
        grid_free(&out[i]);
    }
    return status;
}

static fspec_status run_spectra(context *x)
{
    const int64_t n_frames = 50, n_bins = plan_case_bins(&x->c);
    grid in[N_SIGNALS], out[N_SIGNALS];
    fspec_matrix s[N_SIGNALS], m[N_SIGNALS];
    fspec_call call;
    rng r = {5};
    fspec_call_init(&call);
    call.n_threads = x->threads;
    for (int i = 0; i < N_SIGNALS; i++) {
        in[i] = grid_make(n_bins, n_frames, FSPEC_FLOAT32, FRAMES_CONTIGUOUS);
        for (int64_t t = 0; t < n_frames; t++)
            for (int64_t k = 0; k < n_bins; k++)
                grid_put(&in[i], k, t, 0, rng_uniform(&r, 0, 1));
        out[i] = grid_make(fspec_frontend_n_bins(x->plan), n_frames, FSPEC_FLOAT32, BINS_CONTIGUOUS);
        s[i] = in[i].matrix;
        m[i] = out[i].matrix;
    }
    const fspec_status status = fspec_frontend_exec_spectra(x->plan, s, FSPEC_FLOAT32, n_frames, m, N_SIGNALS, FSPEC_FLOAT32, &call);
    x->hash = CHECK_HASH_START;
    for (int i = 0; i < N_SIGNALS; i++) {
        x->hash = grid_hash(x->hash, &out[i]);
        grid_free(&in[i]);
        grid_free(&out[i]);
    }
    return status;
}

static fspec_status create_stream(context *x)
{
    fspec_stream *const untouched = (fspec_stream *)(void *)x, *stream = untouched;
    const fspec_status status = fspec_stream_create(x->plan, N_SIGNALS, &stream);
    if (status == FSPEC_OK)
        fspec_stream_free(stream);
    else
        CHECK(stream == untouched, "the stream pointer was written");
    return status;
}

/* With threads a push needs memory. If it gets none, the stream is as it was: the same push works later. */
static fspec_status run_stream(context *x)
{
    fspec_stream *stream = NULL;
    fspec_matrix m[N_SIGNALS];
    fspec_signal chunk[N_SIGNALS];
    grid out[N_SIGNALS];
    fspec_call call;
    const long wanted = fail_at;
    fspec_status first = FSPEC_OK;
    int64_t at = 0, frames = 0, n = 0;
    fspec_call_init(&call);
    call.n_threads = x->threads;
    fail_at = 0;
    REQUIRE(fspec_stream_create(x->plan, N_SIGNALS, &stream) == FSPEC_OK, "stream");
    for (int i = 0; i < N_SIGNALS; i++) {
        out[i] = grid_make(fspec_frontend_n_bins(x->plan), x->n_frames[0], out_type(&x->c, 0), GAPS);
        chunk[i] = x->signals[i];
    }
    made = 0;
    fail_at = wanted;
    for (; at < SAMPLES; at += 1000) {
        for (int i = 0; i < N_SIGNALS; i++) {
            chunk[i].n_samples = 1000;
            chunk[i].data = (const char *)x->signals[i].data + at * chunk[i].stride;
            m[i] = out[i].matrix;
            m[i].data = grid_at(&out[i], 0, frames);
        }
        fspec_status status = fspec_stream_push(stream, chunk, m, out[0].dtype, &call, &n);
        if (status != FSPEC_OK) {
            first = status;
            status = fspec_stream_push(stream, chunk, m, out[0].dtype, &call, &n);
            CHECK(status == FSPEC_OK, "the second try of a push: %s", fspec_status_string(status));
        }
        frames += n;
    }
    for (int i = 0; i < N_SIGNALS; i++)
        m[i].data = grid_at(&out[i], 0, frames);
    fspec_status status = fspec_stream_flush(stream, m, out[0].dtype, &call, &n);
    if (status != FSPEC_OK) {
        first = status;
        status = fspec_stream_flush(stream, m, out[0].dtype, &call, &n);
        CHECK(status == FSPEC_OK, "the second try of a flush: %s", fspec_status_string(status));
    }
    if (x->threads == 1)
        CHECK(made == 0, "a stream allocated %ld times after it was made", made);
    const uint64_t before = x->hash;
    x->hash = CHECK_HASH_START;
    for (int i = 0; i < N_SIGNALS; i++) {
        x->hash = grid_hash(x->hash, &out[i]);
        grid_free(&out[i]);
    }
    CHECK(first == FSPEC_OK || x->hash == before, "another result after a push that had to be repeated");
    fspec_stream_free(stream);
    return first;
}

static fspec_istft_config istft_config(const context *x)
{
    fspec_istft_config c;
    fspec_istft_config_init(&c);
    c.precision = x->c.config.precision;
    c.engine = x->c.config.engine;
    c.n_fft = x->c.config.n_fft;
    c.hop_length = x->c.config.hop_length;
    c.window = x->c.config.window;
    c.center = x->c.config.center;
    return c;
}

static fspec_status create_istft(context *x)
{
    const fspec_istft_config c = istft_config(x);
    fspec_istft *const untouched = (fspec_istft *)(void *)x, *plan = untouched;
    const fspec_status status = fspec_istft_create(&c, &plan);
    if (status == FSPEC_OK)
        fspec_istft_free(plan);
    else
        CHECK(plan == untouched, "the plan pointer was written");
    return status;
}

/* Inverse STFT and Griffin-Lim; plans are made without failures. */
static fspec_status run_inverse(context *x, int64_t n_iter)
{
    enum { FRAMES = 40 };
    const fspec_istft_config c = istft_config(x);
    const int dbl = c.precision == FSPEC_DOUBLE;
    const int64_t n_bins = c.n_fft / 2 + 1;
    const long wanted = fail_at;
    fspec_istft *plan = NULL;
    fspec_call call;
    rng r = {9};
    fspec_call_init(&call);
    call.n_threads = x->threads;
    fail_at = 0;
    REQUIRE(fspec_istft_create(&c, &plan) == FSPEC_OK, "istft");
    const int64_t n = fspec_istft_n_samples(plan, FRAMES);
    grid angles = grid_make(n_bins, FRAMES, dbl ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64, BINS_CONTIGUOUS);
    grid magnitude = grid_make(n_bins, FRAMES, dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32, BINS_CONTIGUOUS);
    for (int64_t t = 0; t < FRAMES; t++)
        for (int64_t k = 0; k < n_bins; k++) {
            grid_put(&magnitude, k, t, 0, rng_uniform(&r, 0, 1));
            grid_put(&angles, k, t, 0, rng_uniform(&r, -1, 1));
            grid_put(&angles, k, t, 1, rng_uniform(&r, -1, 1));
        }
    double *y = random_doubles(&r, n, 0, 0);
    const fspec_signal out = {y, n, dbl ? 8 : 4, dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0};
    made = 0;
    fail_at = wanted;
    const fspec_status status = n_iter < 0 ? fspec_istft_exec(plan, &angles.matrix, angles.dtype, FRAMES, &out, 1, &call)
                                           : fspec_griffinlim(x->plan, plan, n_iter, 0.9, magnitude.block, angles.block, FRAMES, y, n, &call);
    fail_at = 0;
    const long used = made;
    x->hash = check_hash(CHECK_HASH_START, y, (size_t)n * 8);
    fspec_istft_free(plan);
    made = used;
    grid_free(&angles);
    grid_free(&magnitude);
    free(y);
    return status;
}

static fspec_status run_istft(context *x) { return run_inverse(x, -1); }
static fspec_status run_griffinlim(context *x) { return run_inverse(x, 3); }

static fspec_status run_mel_filters(context *x)
{
    double w[10 * 33];
    memset(w, 0, sizeof w);
    const fspec_status status = fspec_mel_filters(16000, 64, 10, 0, 8000, 0, FSPEC_MEL_NORM_SLANEY, 1, w);
    x->hash = check_hash(CHECK_HASH_START, w, sizeof w);
    return status;
}

static fspec_status run_power_to_db(context *x)
{
    enum { N = 70000 };
    static float values[N];
    double largest = 0;
    fspec_call call;
    rng r = {3};
    fspec_call_init(&call);
    call.n_threads = x->threads;
    for (int i = 0; i < N; i++)
        values[i] = (float)rng_uniform(&r, 0, 1);
    const fspec_status status = fspec_power_to_db(values, values, N, FSPEC_FLOAT32, 1e-10, 0, &call, &largest);
    x->hash = check_hash(check_hash(CHECK_HASH_START, values, sizeof values), &largest, sizeof largest);
    return status;
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

static void context_make(rng *r, context *x, fspec_output output, fspec_engine engine, int streamable)
{
    memset(x, 0, sizeof *x);
    do {
        plan_case_free(&x->c);
        plan_case_make(r, &x->c, output, 128);
    } while (x->c.config.n_fft < 2 || (streamable < 0 && output >= FSPEC_OUT_BANDS && x->c.config.top_db < 0));
    x->c.config.engine = engine;
    x->c.config.center = 1; /* as Griffin-Lim's inverse and stream lengths here assume */
    if (streamable > 0) {
        x->c.config.top_db = -1;
        x->c.config.ref_max = 0;
    }
    x->threads = 1;
    REQUIRE(fspec_frontend_create(&x->c.config, &x->plan) == FSPEC_OK, "%s", plan_case_text(&x->c));
    for (int i = 0; i < N_SIGNALS; i++) {
        x->in[i] = samples_make(r, SAMPLES, FSPEC_FLOAT32, CONTIGUOUS);
        x->signals[i] = x->in[i].signal;
        x->n_frames[i] = fspec_frontend_n_frames(x->plan, SAMPLES);
    }
}

static void context_free(context *x)
{
    fspec_frontend_free(x->plan);
    for (int i = 0; i < N_SIGNALS; i++)
        samples_free(&x->in[i]);
    plan_case_free(&x->c);
}

static void test_failures(rng *r, long *total)
{
    for (int round = 0; round < (CHECK_SANITIZED ? 2 : 6); round++)
        for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
            for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
                context x;
                context_make(r, &x, (fspec_output)output, (fspec_engine)engine, round % 2 ? 1 : -1);
                if (round % 3 == 0) /* Hann's needs memory of its own */
                    x.c.config.window = NULL;
                /* Not while a plan keeps the FFT in the cache. */
                fspec_frontend_free(x.plan);
                long n = exhaust("frontend_create", &x, create_frontend);
                REQUIRE(fspec_frontend_create(&x.c.config, &x.plan) == FSPEC_OK, "%s", plan_case_text(&x.c));
                CHECK(n >= 3, "frontend_create allocates %ld times?", n);
                *total += n;
                *total += exhaust("istft_create", &x, create_istft);
                for (x.threads = 1; x.threads <= 3; x.threads += 2) {
                    n = exhaust("frontend_exec", &x, run_frontend);
                    CHECK(n >= 1, "frontend_exec allocates %ld times?", n);
                    *total += n;
                    if (output >= FSPEC_OUT_BANDS)
                        *total += exhaust("frontend_exec_spectra", &x, run_spectra);
                    if (round % 2) {
                        *total += exhaust("stream_create", &x, create_stream);
                        n = exhaust("stream_push, flush", &x, run_stream);
                        CHECK(x.threads == 1 ? n == 0 : n > 0, "stream_push allocates %ld times", n);
                        *total += n;
                    }
                    if (output == FSPEC_OUT_COMPLEX) {
                        *total += exhaust("istft_exec", &x, run_istft);
                        n = exhaust("griffinlim", &x, run_griffinlim);
                        CHECK(n >= 4, "griffinlim allocates %ld times?", n);
                        *total += n;
                    }
                    *total += exhaust("power_to_db", &x, run_power_to_db);
                }
                *total += exhaust("mel_filters", &x, run_mel_filters);
                context_free(&x);
            }
}

/* With the caller's scratch a call allocates nothing. */
static void test_no_allocation(rng *r)
{
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
        for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++)
            for (int32_t threads = 1; threads <= 3; threads += 2) {
                context x;
                fspec_call call;
                fspec_matrix m[N_SIGNALS];
                grid out[N_SIGNALS];
                int64_t frames = 0;
                context_make(r, &x, (fspec_output)output, (fspec_engine)engine, -1);
                fspec_call_init(&call);
                for (int i = 0; i < N_SIGNALS; i++) {
                    out[i] = grid_make(fspec_frontend_n_bins(x.plan), x.n_frames[i], out_type(&x.c, 0), BINS_CONTIGUOUS);
                    m[i] = out[i].matrix;
                    frames += x.n_frames[i];
                }
                call.n_threads = threads;
                call.scratch_size = fspec_frontend_scratch(x.plan, N_SIGNALS, frames, threads);
                call.scratch = check_malloc(call.scratch_size);
                made = 0;
                CHECK_STATUS(fspec_frontend_exec(x.plan, x.signals, m, N_SIGNALS, out[0].dtype, &call), FSPEC_OK, "%s", plan_case_text(&x.c));
                CHECK_STATUS(fspec_check_finite(x.signals, N_SIGNALS, &call), FSPEC_OK, "finite");
                CHECK(made == 0, "%ld allocations in spite of scratch: %s", made, plan_case_text(&x.c));
                free(call.scratch);
                for (int i = 0; i < N_SIGNALS; i++)
                    grid_free(&out[i]);
                context_free(&x);
            }
}

/* Sizes that fit their types but no memory: refused before anything is touched. */
static void test_huge(void)
{
    static const int64_t sizes[] = {INT32_MAX / 2, INT32_MAX / 2 - 1, (int64_t)1 << 29, 100000007};
    float sample = 0.5f;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int engine = FSPEC_ENGINE_AUTO; engine <= FSPEC_ENGINE_LANES; engine++)
            for (int precision = FSPEC_SINGLE; precision <= FSPEC_DOUBLE; precision++) {
                fspec_frontend_config c;
                fspec_istft_config d;
                fspec_frontend *plan = NULL;
                fspec_istft *inverse = NULL;
                const long before = live;
                fspec_frontend_config_init(&c);
                fspec_istft_config_init(&d);
                c.n_fft = d.n_fft = sizes[i];
                c.engine = d.engine = (fspec_engine)engine;
                c.precision = d.precision = (fspec_precision)precision;
                const fspec_status forward = fspec_frontend_create(&c, &plan), back = fspec_istft_create(&d, &inverse);
                CHECK((forward == FSPEC_NO_MEMORY || forward == FSPEC_TOO_LARGE) && !plan, "n_fft %d: %s", (int)sizes[i], fspec_status_string(forward));
                CHECK((back == FSPEC_NO_MEMORY || back == FSPEC_TOO_LARGE) && !inverse, "n_fft %d: %s", (int)sizes[i], fspec_status_string(back));
                CHECK(live == before, "n_fft %d: %ld blocks leaked", (int)sizes[i], live - before);
            }
    /* One sample, repeated by a stride of 0: a long signal and a long output without memory. */
    rng r = {8};
    context x;
    fspec_stream *stream = NULL;
    context_make(&r, &x, FSPEC_OUT_CEPSTRUM, FSPEC_ENGINE_LANES, -1);
    fspec_frontend_config c = x.c.config;
    fspec_frontend *plan = NULL;
    c.hop_length = 1;
    REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK, "plan");
    const fspec_signal endless = {&sample, (int64_t)1 << 25, 0, FSPEC_FLOAT32, 0};
    const fspec_matrix nowhere = {&sample, 0, 0};
    const long before = live;
    CHECK_STATUS(fspec_frontend_exec(plan, &endless, &nowhere, 1, FSPEC_FLOAT32, NULL), FSPEC_NO_MEMORY, "%d frames", 1 << 25);
    c.top_db = -1;
    fspec_frontend_free(plan);
    REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK, "plan");
    CHECK_STATUS(fspec_stream_create(plan, 1000000, &stream), FSPEC_NO_MEMORY, "channels");
    CHECK(!stream && live == before, "a refused stream");
    fspec_frontend_free(plan);
    context_free(&x);

    enum { N_FFT = 64, HOP = 16 };
    const int64_t n_frames = (int64_t)1 << 40;
    fspec_istft_config d;
    fspec_istft *inverse = NULL;
    fspec_frontend_config_init(&c);
    fspec_istft_config_init(&d);
    c.n_fft = d.n_fft = N_FFT;
    c.hop_length = d.hop_length = HOP;
    REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK && fspec_istft_create(&d, &inverse) == FSPEC_OK, "plans");
    CHECK_STATUS(fspec_griffinlim(plan, inverse, 2, 0.9, &sample, &sample, n_frames, &sample, HOP * (n_frames - 1), NULL), FSPEC_NO_MEMORY,
                 "endless Griffin-Lim");
    CHECK_STATUS(fspec_mel_filters(16000, 64, (int64_t)1 << 40, 0, 8000, 0, FSPEC_MEL_NORM_NONE, 0, (double *)(void *)&sample), FSPEC_NO_MEMORY,
                 "endless mel filters");
    fspec_frontend_free(plan);
    fspec_istft_free(inverse);
}

/* Threads that cannot be started are done without: here there is no room for their stacks. */
static void test_no_threads(rng *r)
{
    context x;
    long pages = 0;
    int code = 0;
    if (CHECK_SANITIZED) /* the sanitizers need the address space themselves */
        return;
    context_make(r, &x, FSPEC_OUT_BANDS, FSPEC_ENGINE_LANES, 1);
    REQUIRE(run_frontend(&x) == FSPEC_OK, "exec");
    const uint64_t hash = x.hash;
    const pid_t child = fork();
    if (child == 0) {
        FILE *f = fopen("/proc/self/statm", "r");
        if (!f || fscanf(f, "%ld", &pages) != 1)
            _exit(CHECK_SKIPPED);
        fclose(f);
        const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)300000;
        const struct rlimit limit = {bytes, bytes};
        x.threads = 8;
        char *room = check_malloc(1 << 22); /* for the call's scratch, from what malloc keeps */
        free(room);
        if (setrlimit(RLIMIT_AS, &limit))
            _exit(CHECK_SKIPPED);
        const fspec_status status = run_frontend(&x);
        _exit(status == FSPEC_OK ? x.hash != hash : status == FSPEC_NO_MEMORY ? 3 : 2);
    }
    CHECK(child > 0 && waitpid(child, &code, 0) == child && WIFEXITED(code) && (WEXITSTATUS(code) == 0 || WEXITSTATUS(code) == CHECK_SKIPPED),
          "without threads: exit code %#x", (unsigned)code);
    context_free(&x);
}

int main(void)
{
    const fspec_allocator hook = {allocate, release, &user_data};
    check_tier();
    fspec_set_allocator(&hook);
    check_fftw();
    rng r = {12};
    long total = 0;
    test_failures(&r, &total);
    test_no_allocation(&r);
    test_huge();
    test_no_threads(&r);
    fspec_fft_cache_clear();
    CHECK(live == 0, "%ld blocks are left at the end", live);
    printf("    %ld allocations made to fail\n", total);
    CHECK(total > 100, "too few allocations failed");
    fspec_set_allocator(NULL);
    return check_done();
}
