/* The same bits whatever the threads, batches, chunks, layouts and fused SIMD tiers. SPDX-License-Identifier: BSD-3-Clause
 *
 * Tiers are compared by running this program again with FASTSPEC_SIMD set and --digest, which prints one hash per call. */
#include "plans.h"

enum { MOST_SIGNALS = 6 };

static const int32_t thread_counts[] = {2, 3, 7};

/* ---- front ends --------------------------------------------------------------------------------------------------- */

typedef struct job {
    plan_case c;
    fspec_frontend *plan;
    int64_t n_signals, n_rows;
    samples in[MOST_SIGNALS];
    grid out[MOST_SIGNALS]; /* the result of one call, for one thread, bins contiguous */
    fspec_signal signals[MOST_SIGNALS];
    fspec_dtype out_dtype;
} job;

static void exec_into(const job *j, grid *out, grid_layout layout, const fspec_call *call)
{
    fspec_matrix m[MOST_SIGNALS];
    for (int64_t i = 0; i < j->n_signals; i++) {
        out[i] = grid_make(j->n_rows, fspec_frontend_n_frames(j->plan, j->signals[i].n_samples), j->out_dtype, layout);
        m[i] = out[i].matrix;
    }
    CHECK_STATUS(fspec_frontend_exec(j->plan, j->signals, m, j->n_signals, j->out_dtype, call), FSPEC_OK, "%s", plan_case_text(&j->c));
}

static void job_make(rng *r, job *j, fspec_output output, int streamable, int64_t most_frames)
{
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    plan_case_make(r, &j->c, output, rng_int(r, 0, 3) ? 128 : 400);
    fspec_frontend_config *g = &j->c.config;
    if (streamable) {
        g->top_db = -1;
        g->ref_max = 0;
    }
    const fspec_status status = fspec_frontend_create(g, &j->plan);
    REQUIRE(status == FSPEC_OK, "%s: %s", fspec_status_string(status), plan_case_text(&j->c));
    j->n_rows = fspec_frontend_n_bins(j->plan);
    j->n_signals = rng_int(r, 0, 1) ? 1 : rng_int(r, 2, MOST_SIGNALS);
    j->out_dtype = out_type(&j->c, (int)rng_int(r, 0, 1));
    const fspec_dtype type = PICK(r, types);
    for (int64_t i = 0; i < j->n_signals; i++) {
        const int64_t least = g->center ? 1 : g->n_fft, most = rng_int(r, 0, 2) ? most_frames * g->hop_length : g->n_fft;
        j->in[i] = samples_make(r, rng_int(r, least, least + most), type, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
        j->signals[i] = j->in[i].signal;
    }
    exec_into(j, j->out, BINS_CONTIGUOUS, NULL);
}

static void job_free(job *j)
{
    for (int64_t i = 0; i < j->n_signals; i++) {
        samples_free(&j->in[i]);
        grid_free(&j->out[i]);
    }
    fspec_frontend_free(j->plan);
    plan_case_free(&j->c);
}

static void same_result(const job *j, grid *other, const char *what)
{
    for (int64_t i = 0; i < j->n_signals; i++) {
        CHECK(grid_equal(&j->out[i], &other[i]), "%s, signal %d of %d: %s", what, (int)i, (int)j->n_signals, plan_case_text(&j->c));
        grid_free(&other[i]);
    }
}

static void test_threads(const job *j)
{
    for (size_t k = 0; k < sizeof thread_counts / sizeof *thread_counts; k++) {
        grid again[MOST_SIGNALS];
        fspec_call call;
        fspec_call_init(&call);
        call.n_threads = thread_counts[k];
        exec_into(j, again, BINS_CONTIGUOUS, &call);
        same_result(j, again, "threads");
    }
}

static void test_layouts(const job *j)
{
    for (int layout = FRAMES_CONTIGUOUS; layout < GRID_LAYOUTS; layout++) {
        grid again[MOST_SIGNALS];
        exec_into(j, again, (grid_layout)layout, NULL);
        same_result(j, again, "output layout");
    }
    for (int layout = CONTIGUOUS; layout < SAMPLE_LAYOUTS; layout++) {
        job k = *j;
        grid again[MOST_SIGNALS];
        samples in[MOST_SIGNALS];
        for (int64_t i = 0; i < j->n_signals; i++) {
            in[i] = samples_of(j->in[i].values, j->signals[i].n_samples, j->signals[i].dtype, (sample_layout)layout);
            k.signals[i] = in[i].signal;
        }
        exec_into(&k, again, BINS_CONTIGUOUS, NULL);
        same_result(j, again, "input layout");
        for (int64_t i = 0; i < j->n_signals; i++)
            samples_free(&in[i]);
    }
}

static void test_batch(const job *j)
{
    for (int64_t i = 0; i < j->n_signals; i++) {
        grid one = grid_make(j->n_rows, j->out[i].columns, j->out_dtype, BINS_CONTIGUOUS);
        CHECK_STATUS(fspec_frontend_exec(j->plan, &j->signals[i], &one.matrix, 1, j->out_dtype, NULL), FSPEC_OK, "single");
        CHECK(grid_equal(&one, &j->out[i]), "batch and loop differ in signal %d: %s", (int)i, plan_case_text(&j->c));
        grid_free(&one);
    }
}

/* Where nothing is left to do after the output is rounded, the other type holds the same values. */
static void test_other_type(const job *j)
{
    const fspec_frontend_config *g = &j->c.config;
    const int single = j->out_dtype == FSPEC_FLOAT32 || j->out_dtype == FSPEC_COMPLEX64;
    job k = *j;
    grid other[MOST_SIGNALS];
    k.out_dtype = out_type(&j->c, single);
    exec_into(&k, other, GAPS, NULL);
    for (int64_t i = 0; i < j->n_signals; i++) {
        const grid *narrow = single ? &j->out[i] : &other[i], *wide = single ? &other[i] : &j->out[i];
        const int parts = g->output == FSPEC_OUT_COMPLEX ? 2 : 1, clipped = g->output == FSPEC_OUT_BANDS && (g->top_db >= 0 || g->ref_max);
        for (int64_t t = 0; t < narrow->columns && !clipped; t++)
            for (int64_t row = 0; row < j->n_rows; row++)
                for (int part = 0; part < parts; part++) {
                    /* A conversion to float flushes subnormal results. */
                    double want = (double)(float)grid_get(wide, row, t, part);
                    if (fabs(want) < 0x1p-126)
                        want = 0;
                    CHECK(grid_get(narrow, row, t, part) == want, "types of output differ: %s", plan_case_text(&j->c));
                }
        grid_free(&other[i]);
    }
}

/* Frames of a later beginning: y[k hop:] has the frames from k on, where nothing is padded. */
static void test_shift(rng *r, const job *j)
{
    const fspec_frontend_config *g = &j->c.config;
    if (g->center || g->top_db >= 0 || g->ref_max)
        return;
    const int64_t k = rng_int(r, 0, j->out[0].columns - 1), from = k * g->hop_length;
    fspec_signal s = j->signals[0];
    s.data = (const char *)s.data + from * s.stride;
    s.n_samples -= from;
    grid later = grid_make(j->n_rows, j->out[0].columns - k, j->out_dtype, BINS_CONTIGUOUS), same = j->out[0];
    CHECK_STATUS(fspec_frontend_exec(j->plan, &s, &later.matrix, 1, j->out_dtype, NULL), FSPEC_OK, "shifted");
    same.columns -= k;
    same.matrix.data = grid_at(&j->out[0], 0, k);
    CHECK(grid_equal(&later, &same), "frames depend on their number: %s", plan_case_text(&j->c));
    grid_free(&later);
}

/* ---- given spectra ------------------------------------------------------------------------------------------------ */

static void test_spectra(rng *r, const job *j)
{
    fspec_frontend_config config = j->c.config;
    fspec_frontend *spectrum = NULL;
    const fspec_dtype type = config.precision == FSPEC_DOUBLE ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
    const int64_t n_frames = j->out[0].columns;
    grid powers = grid_make(plan_case_bins(&j->c), n_frames, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
    grid out = grid_make(j->n_rows, n_frames, j->out_dtype, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 1, 3);
    config.output = FSPEC_OUT_SPECTRUM;
    CHECK_STATUS(fspec_frontend_create(&config, &spectrum), FSPEC_OK, "%s", plan_case_text(&j->c));
    CHECK_STATUS(fspec_frontend_exec(spectrum, &j->signals[0], &powers.matrix, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&j->c));
    CHECK_STATUS(fspec_frontend_exec_spectra(j->plan, &powers.matrix, type, n_frames, &out.matrix, 1, j->out_dtype, &call), FSPEC_OK, "%s",
                 plan_case_text(&j->c));
    CHECK(grid_equal(&out, &j->out[0]), "exec and exec_spectra differ: %s", plan_case_text(&j->c));
    fspec_frontend_free(spectrum);
    grid_free(&powers);
    grid_free(&out);
}

/* ---- streams ------------------------------------------------------------------------------------------------------ */

/* The signals of a job, cut to one length, pushed in random pieces. */
static void test_stream(rng *r, const job *j)
{
    const fspec_frontend_config *g = &j->c.config;
    const fspec_dtype type = j->signals[0].dtype;
    fspec_stream *stream = NULL;
    fspec_matrix m[MOST_SIGNALS];
    grid whole[MOST_SIGNALS], got[MOST_SIGNALS];
    job cut = *j;
    int64_t n = j->signals[0].n_samples, at = 0, frames = 0, written = -1;
    for (int64_t i = 1; i < j->n_signals; i++)
        n = n < j->signals[i].n_samples ? n : j->signals[i].n_samples;
    for (int64_t i = 0; i < j->n_signals; i++)
        cut.signals[i].n_samples = n;
    exec_into(&cut, whole, BINS_CONTIGUOUS, NULL);
    const int64_t total = whole[0].columns;
    CHECK_STATUS(fspec_stream_create(j->plan, j->n_signals, &stream), FSPEC_OK, "%s", plan_case_text(&j->c));
    for (int round = 0; round < 3; round++) {
        /* Pieces: single samples, up to three hops, up to all; empty ones among them. */
        const int64_t most = round == 0 ? (n < 2000 ? 1 : 700) : round == 1 ? 3 * g->hop_length : n;
        for (int64_t i = 0; i < j->n_signals; i++)
            got[i] = grid_make(j->n_rows, total, j->out_dtype, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        for (at = frames = 0; at < n;) {
            fspec_signal chunk[MOST_SIGNALS];
            samples pieces[MOST_SIGNALS];
            fspec_call call;
            const int64_t wanted = rng_int(r, 0, 4) ? rng_int(r, 1, most) : 0, part = wanted < n - at ? wanted : n - at;
            const int64_t ready = fspec_stream_ready(stream, part);
            fspec_call_init(&call);
            call.n_threads = rng_int(r, 0, 9) ? 1 : 3;
            for (int64_t i = 0; i < j->n_signals; i++) {
                pieces[i] = samples_of(j->in[i].values + at, part, type, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
                chunk[i] = pieces[i].signal;
                m[i] = got[i].matrix;
                m[i].data = grid_at(&got[i], 0, frames);
            }
            REQUIRE(frames + ready <= total, "%d frames ready of %d", (int)(frames + ready), (int)total);
            CHECK_STATUS(fspec_stream_push(stream, chunk, m, j->out_dtype, &call, &written), FSPEC_OK, "%s", plan_case_text(&j->c));
            CHECK(written == ready, "%d frames written, %d promised", (int)written, (int)ready);
            for (int64_t i = 0; i < j->n_signals; i++)
                samples_free(&pieces[i]);
            frames += ready;
            at += part;
        }
        const int64_t pending = fspec_stream_pending(stream);
        CHECK(frames + pending == total, "%d frames and %d at the end, not %d: %s", (int)frames, (int)pending, (int)total, plan_case_text(&j->c));
        for (int64_t i = 0; i < j->n_signals; i++) {
            m[i] = got[i].matrix;
            m[i].data = grid_at(&got[i], 0, frames);
        }
        CHECK_STATUS(fspec_stream_flush(stream, m, j->out_dtype, NULL, &written), FSPEC_OK, "%s", plan_case_text(&j->c));
        CHECK(written == pending, "%d frames at the end, not %d", (int)written, (int)pending);
        for (int64_t i = 0; i < j->n_signals; i++) {
            CHECK(grid_equal(&got[i], &whole[i]), "stream of %d samples, channel %d of %d, round %d: %s", (int)n, (int)i, (int)j->n_signals, round,
                  plan_case_text(&j->c));
            CHECK(grid_gaps_untouched(&got[i]), "stream: written between the elements");
            grid_free(&got[i]);
        }
        fspec_stream_reset(stream);
    }
    fspec_stream_free(stream);
    for (int64_t i = 0; i < j->n_signals; i++)
        grid_free(&whole[i]);
}

static void test_frontend(rng *r, fspec_output output, int round)
{
    job j;
    job_make(r, &j, output, round % 2, rng_int(r, 5, 120));
    test_threads(&j);
    test_layouts(&j);
    test_batch(&j);
    test_other_type(&j);
    test_shift(r, &j);
    if (output >= FSPEC_OUT_BANDS)
        test_spectra(r, &j);
    if (round % 2)
        test_stream(r, &j);
    job_free(&j);
}

/* Longer than what a stream takes at a time, so that pieces meet inside a push. */
static void test_long_stream(rng *r)
{
    for (int mode = CHECK_SANITIZED ? FSPEC_PAD_REFLECT : FSPEC_PAD_CONSTANT; mode <= FSPEC_PAD_SYMMETRIC; mode++) {
        job j;
        memset(&j, 0, sizeof j);
        fspec_frontend_config_init(&j.c.config);
        j.c.config.n_fft = 256;
        j.c.config.hop_length = mode == FSPEC_PAD_EDGE ? 1000 : 100;
        j.c.config.pad_mode = (fspec_pad_mode)mode;
        j.c.config.librosa_tail = 1;
        REQUIRE(fspec_frontend_create(&j.c.config, &j.plan) == FSPEC_OK, "plan");
        j.n_rows = 129;
        j.n_signals = 2;
        j.out_dtype = FSPEC_COMPLEX64;
        for (int i = 0; i < 2; i++) {
            j.in[i] = samples_make(r, 100000, FSPEC_FLOAT64, CONTIGUOUS);
            j.signals[i] = j.in[i].signal;
        }
        exec_into(&j, j.out, BINS_CONTIGUOUS, NULL);
        test_stream(r, &j);
        test_threads(&j);
        job_free(&j);
    }
}

/* ---- inverse ------------------------------------------------------------------------------------------------------ */

static void test_istft(rng *r, int round)
{
    static const int64_t sizes[] = {1, 4, 5, 16, 31, 64, 100, 256};
    static const fspec_engine engines[] = {FSPEC_ENGINE_LANES, FSPEC_ENGINE_FFTW};
    const int dbl = round % 2;
    const fspec_dtype complex_type = dbl ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64, real_type = dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
    fspec_istft_config c;
    fspec_istft *plan = NULL;
    fspec_istft_config_init(&c);
    c.precision = dbl ? FSPEC_DOUBLE : FSPEC_SINGLE;
    c.engine = PICK(r, engines);
    c.n_fft = PICK(r, sizes);
    c.hop_length = rng_int(r, 0, 3) ? rng_int(r, 1, c.n_fft) : rng_int(r, 1, 5 * c.n_fft);
    c.center = rng_int(r, 0, 1) != 0;
    REQUIRE(fspec_istft_create(&c, &plan) == FSPEC_OK, "istft");
    const int64_t n_frames = rng_int(r, 1, 500), n = fspec_istft_n_samples(plan, n_frames) + (rng_int(r, 0, 1) ? 0 : rng_int(r, 0, 3 * c.n_fft));
    grid in[2];
    samples expected[2];
    double *zeros = random_doubles(r, n, 0, 0);
    for (int i = 0; i < 2; i++) {
        in[i] = grid_make(c.n_fft / 2 + 1, n_frames, complex_type, BINS_CONTIGUOUS);
        for (int64_t t = 0; t < n_frames; t++)
            for (int64_t k = 0; k <= c.n_fft / 2; k++)
                for (int part = 0; part < 2; part++)
                    grid_put(&in[i], k, t, part, rng_uniform(r, -1, 1));
        expected[i] = samples_of(zeros, n, real_type, CONTIGUOUS);
        CHECK_STATUS(fspec_istft_exec(plan, &in[i].matrix, complex_type, n_frames, &expected[i].signal, 1, NULL), FSPEC_OK, "istft");
    }
    for (int32_t threads = 1; threads <= 7; threads += threads == 1 ? 1 : threads == 2 ? 1 : 4)
        for (int layout = 0; layout < GRID_LAYOUTS; layout++) {
            samples out[2];
            grid other[2];
            fspec_matrix m[2];
            fspec_signal s[2];
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = threads;
            for (int i = 0; i < 2; i++) {
                other[i] = grid_make(c.n_fft / 2 + 1, n_frames, complex_type, (grid_layout)layout);
                for (int64_t t = 0; t < n_frames; t++)
                    for (int64_t k = 0; k <= c.n_fft / 2; k++)
                        memcpy(grid_at(&other[i], k, t), grid_at(&in[i], k, t), (size_t)grid_size(complex_type));
                out[i] = samples_of(zeros, n, real_type, (sample_layout)(layout % (NEGATIVE + 1)));
                m[i] = other[i].matrix;
                s[i] = out[i].signal;
            }
            CHECK_STATUS(fspec_istft_exec(plan, m, complex_type, n_frames, s, 2, &call), FSPEC_OK, "istft");
            for (int i = 0; i < 2; i++) {
                int64_t wrong = 0;
                for (int64_t k = 0; k < n; k++)
                    wrong += memcmp((const char *)s[i].data + k * s[i].stride, expected[i].block + k * expected[i].signal.stride,
                                    dbl ? 8 : 4) != 0;
                CHECK(!wrong, "istft of %d, hop %d, engine %d, %d frames, %d samples: %d differ with %d threads, layout %d", (int)c.n_fft,
                      (int)c.hop_length, (int)c.engine, (int)n_frames, (int)n, (int)wrong, (int)threads, layout);
                samples_free(&out[i]);
                grid_free(&other[i]);
            }
        }
    for (int i = 0; i < 2; i++) {
        grid_free(&in[i]);
        samples_free(&expected[i]);
    }
    free(zeros);
    fspec_istft_free(plan);
}

static uint64_t griffinlim_hash(int32_t threads, int dbl, fspec_engine engine)
{
    enum { FRAMES = 200, N_FFT = 128, HOP = 32, BINS = N_FFT / 2 + 1, N = HOP * (FRAMES - 1) };
    const size_t size = dbl ? 8 : 4;
    fspec_frontend_config c;
    fspec_istft_config i;
    fspec_frontend *stft = NULL;
    fspec_istft *istft = NULL;
    fspec_call call;
    rng r = {31};
    char *magnitude = check_malloc(FRAMES * BINS * size), *angles = check_malloc(2 * FRAMES * BINS * size), *y = check_malloc(N * size);
    fspec_call_init(&call);
    fspec_frontend_config_init(&c);
    fspec_istft_config_init(&i);
    call.n_threads = threads;
    c.n_fft = i.n_fft = N_FFT;
    c.hop_length = i.hop_length = HOP;
    c.precision = i.precision = dbl ? FSPEC_DOUBLE : FSPEC_SINGLE;
    c.engine = i.engine = engine;
    REQUIRE(fspec_frontend_create(&c, &stft) == FSPEC_OK && fspec_istft_create(&i, &istft) == FSPEC_OK, "plans");
    for (int k = 0; k < FRAMES * BINS; k++) {
        const fspec_dtype type = dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
        put_sample(magnitude + (size_t)k * size, type, 0, rng_uniform(&r, 0, 1));
        put_sample(angles + (size_t)(2 * k) * size, type, 0, rng_uniform(&r, -1, 1));
        put_sample(angles + (size_t)(2 * k + 1) * size, type, 0, rng_uniform(&r, -1, 1));
    }
    CHECK_STATUS(fspec_griffinlim(stft, istft, 5, 0.99, magnitude, angles, FRAMES, y, N, &call), FSPEC_OK, "griffinlim");
    const uint64_t hash = check_hash(check_hash(CHECK_HASH_START, y, N * size), angles, 2 * FRAMES * BINS * size);
    fspec_frontend_free(stft);
    fspec_istft_free(istft);
    free(magnitude);
    free(angles);
    free(y);
    return hash;
}

static void test_griffinlim(void)
{
    for (int dbl = 0; dbl < 2; dbl++)
        for (int engine = FSPEC_ENGINE_FFTW; engine <= FSPEC_ENGINE_LANES; engine++) {
            const uint64_t one = griffinlim_hash(1, dbl, (fspec_engine)engine);
            for (size_t k = 0; k < sizeof thread_counts / sizeof *thread_counts; k++)
                CHECK(griffinlim_hash(thread_counts[k], dbl, (fspec_engine)engine) == one, "griffinlim with %d threads", (int)thread_counts[k]);
        }
}

/* ---- whole arrays ------------------------------------------------------------------------------------------------- */

static void test_arrays(rng *r)
{
    enum { N = 300001 };
    for (int dbl = 0; dbl < 2; dbl++) {
        const fspec_dtype type = dbl ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
        const size_t size = dbl ? 8 : 4;
        char *x = check_malloc(N * size), *one = check_malloc(N * size), *many = check_malloc(N * size);
        double largest, again;
        for (size_t i = 0; i < N; i++)
            put_sample(x + i * size, type, 0, pow(10, rng_uniform(r, -12, 2)));
        CHECK_STATUS(fspec_power_to_db(x, one, N, type, 1e-10, 3, NULL, &largest), FSPEC_OK, "power_to_db");
        for (size_t k = 0; k < sizeof thread_counts / sizeof *thread_counts; k++) {
            fspec_call call;
            fspec_call_init(&call);
            call.n_threads = thread_counts[k];
            memcpy(many, x, N * size);
            CHECK_STATUS(fspec_power_to_db(many, many, N, type, 1e-10, 3, &call, &again), FSPEC_OK, "power_to_db");
            CHECK(!memcmp(one, many, N * size) && largest == again, "power_to_db with %d threads", (int)thread_counts[k]);
            CHECK_STATUS(fspec_clip_below(many, N, type, largest - 40, &call), FSPEC_OK, "clip_below");
            for (size_t i = 0; i < N; i++) {
                const double before = dbl ? ((double *)(void *)one)[i] : (double)((float *)(void *)one)[i];
                const double after = dbl ? ((double *)(void *)many)[i] : (double)((float *)(void *)many)[i];
                const double floor = dbl ? largest - 40 : (double)(float)(largest - 40);
                CHECK(after == fmax(before, floor), "clip_below: %g became %g", before, after);
            }
        }
        free(x);
        free(one);
        free(many);
    }
}

/* ---- tiers -------------------------------------------------------------------------------------------------------- */

static void print_digest(void)
{
    rng r = {999};
    for (int i = 0; i < 600 / CHECK_SLOWDOWN; i++) {
        job j;
        uint64_t hash = CHECK_HASH_START;
        job_make(&r, &j, (fspec_output)(i % 4), 0, 60);
        for (int64_t k = 0; k < j.n_signals; k++)
            hash = grid_hash(hash, &j.out[k]);
        printf("%d %016llx %s\n", i, (unsigned long long)hash, plan_case_text(&j.c));
        job_free(&j);
    }
    for (int i = 0; i < 60; i++) {
        static const int64_t sizes[] = {1, 5, 16, 31, 64, 100, 256, 1000, 2048};
        fspec_istft_config c;
        fspec_istft *plan = NULL;
        fspec_istft_config_init(&c);
        c.precision = i % 2 ? FSPEC_DOUBLE : FSPEC_SINGLE;
        c.engine = i % 3 ? FSPEC_ENGINE_LANES : FSPEC_ENGINE_FFTW;
        c.n_fft = PICK(&r, sizes);
        c.hop_length = rng_int(&r, 1, c.n_fft);
        REQUIRE(fspec_istft_create(&c, &plan) == FSPEC_OK, "istft");
        const int64_t n_frames = rng_int(&r, 2, 60), n = fspec_istft_n_samples(plan, n_frames);
        double *values = random_doubles(&r, 2 * (c.n_fft / 2 + 1) * n_frames, -1, 1), *y = random_doubles(&r, n, 0, 0);
        const fspec_matrix in = {values, 16, 16 * (c.n_fft / 2 + 1)};
        const fspec_signal out = {y, n, 8, FSPEC_FLOAT64, 0};
        CHECK_STATUS(fspec_istft_exec(plan, &in, FSPEC_COMPLEX128, n_frames, &out, 1, NULL), FSPEC_OK, "istft");
        printf("istft %d %d %d %016llx\n", i, (int)c.n_fft, (int)c.hop_length, (unsigned long long)check_hash(CHECK_HASH_START, y, (size_t)n * 8));
        free(values);
        free(y);
        fspec_istft_free(plan);
    }
    for (int i = 0; i < 4; i++)
        printf("griffinlim %d %016llx\n", i, (unsigned long long)griffinlim_hash(1, i % 2, i / 2 ? FSPEC_ENGINE_LANES : FSPEC_ENGINE_FFTW));
}

/* What the program prints with --digest in a tier; NULL where the CPU lacks it. Freed by the caller. */
static char *digest_of(const char *tier)
{
    enum { MOST = 1 << 20 };
    char *text = check_malloc(MOST);
    size_t n = 0;
    int ends[2], code = 0;
    (void)fflush(stdout);
    REQUIRE(pipe(ends) == 0, "pipe");
    const pid_t child = fork();
    REQUIRE(child >= 0, "fork");
    if (child == 0) {
        setenv("FASTSPEC_SIMD", tier, 1);
        (void)dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl("/proc/self/exe", "test_identity", "--digest", (char *)NULL);
        _exit(126);
    }
    close(ends[1]);
    for (ssize_t got; n < MOST - 1 && (got = read(ends[0], text + n, MOST - 1 - n)) > 0;)
        n += (size_t)got;
    close(ends[0]);
    text[n] = 0;
    REQUIRE(waitpid(child, &code, 0) == child && WIFEXITED(code), "the digest of tier %s died", tier);
    if (WEXITSTATUS(code) == CHECK_SKIPPED) {
        free(text);
        return NULL;
    }
    CHECK(WEXITSTATUS(code) == 0 && n > 500, "the digest of tier %s: exit code %d, %zu bytes", tier, WEXITSTATUS(code), n);
    return text;
}

static int same_digest(const char *a, const char *b, const char *name_a, const char *name_b)
{
    int lines = 0;
    while (*a && *b) {
        const size_t m = strcspn(a, "\n"), n = strcspn(b, "\n");
        CHECK(m == n && !strncmp(a, b, n), "%s: %.*s\n    %s: %.*s", name_a, (int)m, a, name_b, (int)n, b);
        a += m + (a[m] != 0);
        b += n + (b[n] != 0);
        lines++;
    }
    CHECK(!*a && !*b, "the digests of %s and %s have different lengths", name_a, name_b);
    return lines;
}

static void test_tiers(void)
{
    static const char *const wide[] = {"split", "avx512"};
    const char *mine = fspec_simd_tier(), *only = getenv("FASTSPEC_SIMD");
    char *first = digest_of(mine), *second = digest_of(mine), *base = digest_of("avx2");
    REQUIRE(first && second, "no digest of tier %s", mine);
    (void)same_digest(first, second, mine, "the same again");
    for (size_t i = 0; i < 2 && base; i++) {
        char *other = !only || !*only || !strcmp(only, wide[i]) ? digest_of(wide[i]) : NULL;
        if (other)
            printf("    avx2 and %s: %d results with the same bits\n", wide[i], same_digest(base, other, "avx2", wide[i]));
        free(other);
    }
    free(first);
    free(second);
    free(base);
}

int main(int argc, char **argv)
{
    check_tier();
    check_fftw();
    if (argc > 1 && !strcmp(argv[1], "--digest")) {
        print_digest();
        return checks_failed != 0;
    }
    rng r = {4711};
    const int rounds = 100 / CHECK_SLOWDOWN;
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
        for (int i = 0; i < rounds; i++)
            test_frontend(&r, (fspec_output)output, i);
    test_long_stream(&r);
    for (int i = 0; i < rounds; i++)
        test_istft(&r, i);
    test_griffinlim();
    test_arrays(&r);
    test_tiers();
    printf("    %s: %d random plans per output\n", fspec_simd_tier(), rounds);
    return check_done();
}
