/* The stages of speech front ends: kernels against slow references, the same bits whatever the threads, batches, layouts,
 * chunks and tiers, failing allocations, refusals. SPDX-License-Identifier: BSD-3-Clause
 *
 * What the stages compute is tested from Python, against their definition. */
#include "plans.h"
#include "tables.h"

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "parallel.h"

enum { SIGNALS = 3, LANES = FS_MAX_LANES, MOST = 70 };

/* ---- kernels ------------------------------------------------------------------------------------------------------ */

/* One lane of `condition`, in the operations of the table's type. */
static double condition_lane(const table *t, double *x, size_t n, const fs_condition *c, const double *window)
{
    double sum[4] = {0}, mean = 0, energy = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t k = i < n / 4 * 4 ? i % 4 : 0;
        sum[k] = add(t->dbl, sum[k], x[i]);
    }
    if (c->remove_dc)
        mean = quotient(t->dbl, add(t->dbl, add(t->dbl, sum[0], sum[1]), add(t->dbl, sum[2], sum[3])), (double)n);
    double before = add(t->dbl, x[0], -mean);
    for (size_t i = 0; i < n; i++) {
        const double now = add(t->dbl, x[i], -mean), y = fused(t, -rounded(t->dbl, c->preemphasis), before, now);
        const double z = c->energy == FSPEC_ENERGY_RAW ? now : mul(t->dbl, y, rounded(t->dbl, window[i]));
        if (c->energy)
            energy = fused(t, z, z, energy);
        x[i] = y;
        before = now;
    }
    return mul(t->dbl, energy, rounded(t->dbl, c->energy_scale));
}

static void test_condition(const table *t, const table *base)
{
    rng r = {31};
    const size_t lanes = t->k->lanes;
    (void)base;
    for (int round = 0; round < 60; round++) {
        const size_t n = (size_t)rng_int(&r, 1, MOST), pitch = lanes + (size_t)rng_int(&r, 0, 1) * 4;
        void *panel = data(&r, t, PLAIN, n * pitch), *window = data(&r, t, PLAIN, n), *energy = aligned(t, lanes);
        double *natural = random_doubles(&r, (int64_t)n, 0, 0), *x = random_doubles(&r, (int64_t)n * LANES, 0, 0), got[LANES];
        const fs_condition c = {(int)rng_int(&r, 0, 1), rng_int(&r, 0, 1) ? 0.97 : 0, (fspec_energy)rng_int(&r, 0, 2),
                                rng_int(&r, 0, 1) ? 1 : 1000, window};
        for (size_t i = 0; i < n; i++) {
            natural[i] = get(t, window, i);
            for (size_t lane = 0; lane < lanes; lane++)
                x[lane * n + i] = get(t, panel, i * pitch + lane);
        }
        const fs_fpenv env = fs_fpenv_enter();
        t->k->condition(panel, pitch, n, &c, energy);
        fs_fpenv_leave(env);
        for (size_t lane = 0; lane < lanes; lane++) {
            got[lane] = condition_lane(t, x + lane * n, n, &c, natural);
            CHECK(!c.energy || alike(get(t, energy, lane), got[lane]), "%s %d: energy", t->name, t->dbl);
            for (size_t i = 0; i < n; i++)
                CHECK(alike(get(t, panel, i * pitch + lane), x[lane * n + i]), "%s %d: sample %zu of %zu", t->name, t->dbl, i, n);
        }
        free(panel);
        free(window);
        free(energy);
        free(natural);
        free(x);
    }
}

static void test_lift_power(const table *t, const table *base)
{
    static const double powers[] = {2, 1, 0.5, 1.7, 3};
    rng r = {32};
    for (int round = 0; round < 60; round++) {
        const size_t n = t->k->lanes * (size_t)rng_int(&r, 1, 5);
        const double p = PICK(&r, powers), eps = rng_int(&r, 0, 1) ? 1e-9 : 0.3;
        const int most = (int)rng_int(&r, 0, 1);
        void *x = aligned(t, n), *y = aligned(t, n), *z = aligned(t, n);
        for (size_t i = 0; i < n; i++)
            put(t, x, i, pow(10, rng_uniform(&r, -12, 3)));
        memcpy(y, x, n * t->k->real_size);
        memcpy(z, x, n * t->k->real_size);
        const fs_fpenv env = fs_fpenv_enter();
        t->k->lift_power(y, n, eps, most, p);
        if (base && n % base->k->lanes == 0)
            base->k->lift_power(z, n, eps, most, p);
        fs_fpenv_leave(env);
        for (size_t i = 0; i < n; i++) {
            const double low = rounded(t->dbl, eps), at = get(t, x, i);
            const double lifted = most ? (at > low ? at : low) : add(t->dbl, at, low);
            const double want = p == 2 ? lifted : p == 1 ? rounded(t->dbl, t->dbl ? sqrt(lifted) : (double)sqrtf((float)lifted))
                                                        : pow(lifted, p / 2);
            const double bound = p == 2 || p == 1 ? 0 : t->dbl ? 4e-13 : 1.2e-7;
            CHECK(fabs(get(t, y, i) - want) <= bound * want, "%s %d: (%g, %g)^%g: %g", t->name, t->dbl, at, eps, p, get(t, y, i));
            CHECK(!base || !t->fused || n % base->k->lanes || identical(t, y, i, z, i), "%s differs from avx2", t->name);
        }
        free(x);
        free(y);
        free(z);
    }
}

static void test_affine(const table *t, const table *base)
{
    rng r = {33};
    const size_t lanes = t->k->lanes;
    (void)base;
    for (int round = 0; round < 60; round++) {
        const size_t n = (size_t)rng_int(&r, 0, MOST);
        const double scale = rng_uniform(&r, -2, 2), offset = rng_uniform(&r, -2, 2);
        void *x = data(&r, t, BITS, n), *each = data(&r, t, PLAIN, n), *more = data(&r, t, PLAIN, n);
        void *rows = aligned(t, n * lanes), *one = data(&r, t, PLAIN, n), *two = data(&r, t, PLAIN, n);
        memcpy(one, x, n * t->k->real_size);
        memcpy(two, x, n * t->k->real_size);
        for (size_t i = 0; i < n * lanes; i++)
            put(t, rows, i, get(t, x, i / lanes));
        const fs_fpenv env = fs_fpenv_enter();
        t->k->affine(one, n, scale, offset);
        t->k->affine_each(two, n, each, more);
        t->k->affine_rows(rows, n, each, more);
        fs_fpenv_leave(env);
        for (size_t i = 0; i < n; i++) {
            const double at = flushed(t->dbl, get(t, x, i));
            const double single = fused(t, at, rounded(t->dbl, scale), rounded(t->dbl, offset));
            const double pair = fused(t, at, get(t, each, i), get(t, more, i));
            CHECK(alike(get(t, one, i), single), "%s %d: affine of %g", t->name, t->dbl, at);
            CHECK(alike(get(t, two, i), pair), "%s %d: affine_each of %g", t->name, t->dbl, at);
            for (size_t lane = 0; lane < lanes; lane++)
                CHECK(alike(get(t, rows, i * lanes + lane), pair), "%s %d: affine_rows of %g", t->name, t->dbl, at);
        }
        free(x);
        free(each);
        free(more);
        free(rows);
        free(one);
        free(two);
    }
}

/* ---- random front ends with all stages ---------------------------------------------------------------------------- */

typedef struct job {
    plan_case c;
    double *scale, *offset;
    fspec_frontend *plan;
    int64_t n_rows, n_signals;
    samples in[SIGNALS];
    fspec_signal signals[SIGNALS];
    fspec_dtype out_dtype;
    int32_t threads;
    uint64_t hash;
} job;

/* Per-channel energy normalisation in place of the logarithm and of all that needs one. */
static void add_pcen(rng *r, fspec_frontend_config *g)
{
    static const double powers[] = {0.5, 0, 0.3}, biases[] = {2, 0};
    g->log = FSPEC_LOG_PCEN;
    g->top_db = -1;
    g->ref_max = 0;
    g->log_floor = -INFINITY;
    g->log_add = 0;
    g->frame_norm = FSPEC_NORM_NONE;
    g->pcen_power = PICK(r, powers);
    g->pcen_bias = PICK(r, biases);
    g->pcen_b = rng_uniform(r, 0, 1);
}

static void add_features(rng *r, job *j)
{
    fspec_frontend_config *g = &j->c.config;
    if (g->output >= FSPEC_OUT_BANDS) {
        g->energy = (fspec_energy)rng_int(r, 0, 2);
        g->energy_last = (int32_t)rng_int(r, 0, 1);
        if (rng_int(r, 0, 1)) {
            g->log_add = 0.5;
            g->log_multiplier = rng_uniform(r, 0.1, 100);
        }
        if (rng_int(r, 0, 1)) {
            g->band_scale = j->scale = random_doubles(r, g->n_bands, -2, 2);
            g->band_offset = j->offset = random_doubles(r, g->n_bands, -2, 2);
        }
    }
    g->deltas = (int32_t)rng_int(r, 0, 2);
    g->delta_window = rng_int(r, 1, 4);
    g->delta_kaldi = (int32_t)rng_int(r, 0, 1);
    g->delta_savgol = !g->delta_kaldi && rng_int(r, 0, 1);
    if (g->output == FSPEC_OUT_BANDS && rng_int(r, 0, 1))
        add_pcen(r, g);
    g->normalize = rng_int(r, 0, 1) ? FSPEC_NORMALIZE_NONE : (fspec_normalize)rng_int(r, 1, 2);
    g->norm_ddof = rng_int(r, 0, 1);
    g->norm_eps = 1e-3;
    g->norm_eps_mode = (fspec_norm_eps)rng_int(r, 0, 2);
    g->norm_item = (int32_t)rng_int(r, 0, 1);
    if (rng_int(r, 0, 1)) {
        g->stack = rng_int(r, 1, 7);
        g->stack_stride = rng_int(r, 1, 8);
        g->stack_left = rng_int(r, 0, g->stack - 1);
        g->stack_end = (fspec_stack_end)rng_int(r, 0, 2);
    }
}

static void add_stages(rng *r, job *j)
{
    fspec_frontend_config *g = &j->c.config;
    g->librosa_tail = 0;
    g->frame_length = g->output == FSPEC_OUT_COMPLEX || rng_int(r, 0, 1) ? 0 : rng_int(r, 1, g->n_fft);
    g->explicit_pad = (int32_t)rng_int(r, 0, 1);
    g->pad_left = rng_int(r, -9, g->n_fft);
    g->pad_right = rng_int(r, -9, g->n_fft);
    g->drop_last = rng_int(r, 0, 3) == 0;
    g->append = rng_int(r, 0, 3) ? 0 : rng_int(r, 1, 500);
    g->least_samples = rng_int(r, 0, 3) ? 0 : rng_int(r, 1, 2000);
    g->multiple = rng_int(r, 0, 3) ? 1 : rng_int(r, 2, 100);
    g->gain = rng_int(r, 0, 1) ? 1 : 32768;
    g->preemphasis = rng_int(r, 0, 1) ? 0 : 0.97;
    g->preemphasis_signal = g->output == FSPEC_OUT_COMPLEX ? 1 : (int32_t)rng_int(r, 0, 1);
    if (g->output == FSPEC_OUT_COMPLEX)
        return;
    g->dither = rng_int(r, 0, 3) ? 0 : 0.1;
    g->seed = rng_bits(r);
    g->remove_dc = (int32_t)rng_int(r, 0, 1);
    g->magnitude_eps = rng_int(r, 0, 2) ? 0 : 1e-3;
    g->magnitude_eps_max = (int32_t)rng_int(r, 0, 1);
    add_features(r, j);
}

static int streamable(const job *j)
{
    return j->c.config.top_db < 0 && !j->c.config.ref_max && !j->c.config.normalize;
}

/* A plan and signals that it has frames for. */
static void job_make(rng *r, job *j, fspec_output output, int64_t most_frames)
{
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    memset(j, 0, sizeof *j);
    plan_case_make(r, &j->c, output, 128);
    add_stages(r, j);
    fspec_frontend_config *g = &j->c.config;
    const fspec_status status = fspec_frontend_create(g, &j->plan);
    REQUIRE(status == FSPEC_OK, "%s: %s", fspec_status_string(status), plan_case_text(&j->c));
    j->n_rows = fspec_frontend_n_bins(j->plan);
    j->n_signals = rng_int(r, 1, SIGNALS);
    j->out_dtype = out_type(&j->c, (int)rng_int(r, 0, 1));
    j->threads = 1;
    const fspec_dtype type = PICK(r, types);
    for (int64_t i = 0; i < j->n_signals; i++) {
        int64_t n = 1;
        while (fspec_frontend_n_frames(j->plan, n) == 0)
            n *= 2;
        n += rng_int(r, 0, most_frames * g->hop_length);
        j->in[i] = samples_make(r, n, type, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
        j->signals[i] = j->in[i].signal;
    }
}

static void job_free(job *j)
{
    for (int64_t i = 0; i < j->n_signals; i++)
        samples_free(&j->in[i]);
    fspec_frontend_free(j->plan);
    plan_case_free(&j->c);
    free(j->scale);
    free(j->offset);
}

static fspec_status run(const job *j, grid *out, grid_layout layout, int32_t threads)
{
    fspec_matrix m[SIGNALS];
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = threads;
    for (int64_t i = 0; i < j->n_signals; i++) {
        out[i] = grid_make(j->n_rows, fspec_frontend_n_frames(j->plan, j->signals[i].n_samples), j->out_dtype, layout);
        m[i] = out[i].matrix;
    }
    return fspec_frontend_exec(j->plan, j->signals, m, j->n_signals, j->out_dtype, &call);
}

static void test_one(const job *j, const grid *want)
{
    static const int32_t threads[] = {1, 2, 5};
    for (int layout = 0; layout < GRID_LAYOUTS; layout++) {
        grid again[SIGNALS];
        CHECK_STATUS(run(j, again, (grid_layout)layout, threads[layout % 3]), FSPEC_OK, "%s", plan_case_text(&j->c));
        for (int64_t i = 0; i < j->n_signals; i++) {
            CHECK(grid_equal(&want[i], &again[i]), "layout %d, %d threads: %s", layout, (int)threads[layout % 3], plan_case_text(&j->c));
            CHECK(grid_gaps_untouched(&again[i]), "written between the elements");
            grid_free(&again[i]);
        }
    }
    for (int64_t i = 0; i < (j->c.config.dither > 0 ? 1 : j->n_signals); i++) {
        job one = *j;
        grid alone[SIGNALS];
        one.n_signals = 1;
        one.signals[0] = j->signals[i];
        CHECK_STATUS(run(&one, alone, BINS_CONTIGUOUS, 1), FSPEC_OK, "%s", plan_case_text(&j->c));
        CHECK(grid_equal(&want[i], &alone[0]), "batch and loop differ in signal %d: %s", (int)i, plan_case_text(&j->c));
        grid_free(&alone[0]);
    }
}

/* All signals, cut to the shortest, in pieces of up to `most` samples. */
static void test_stream(rng *r, const job *j, int64_t most)
{
    job cut = *j;
    grid want[SIGNALS], got[SIGNALS];
    fspec_matrix m[SIGNALS];
    fspec_signal chunk[SIGNALS];
    fspec_stream *stream = NULL;
    fspec_call call;
    int64_t n = j->signals[0].n_samples, frames = 0, written = 0, pending;
    for (int64_t i = 1; i < j->n_signals; i++)
        n = n < j->signals[i].n_samples ? n : j->signals[i].n_samples;
    for (int64_t i = 0; i < j->n_signals; i++)
        cut.signals[i].n_samples = n;
    if (fspec_frontend_n_frames(j->plan, n) == 0)
        return;
    REQUIRE(run(&cut, want, BINS_CONTIGUOUS, 1) == FSPEC_OK, "%s", plan_case_text(&j->c));
    CHECK_STATUS(fspec_stream_create(j->plan, j->n_signals, &stream), FSPEC_OK, "%s", plan_case_text(&j->c));
    for (int round = 0; round < 2; round++) {
        fspec_call_init(&call);
        call.n_threads = 1 + 2 * round;
        frames = 0;
        for (int64_t i = 0; i < j->n_signals; i++)
            got[i] = grid_make(j->n_rows, want[0].columns, j->out_dtype, GAPS);
        for (int64_t at = 0, part; at < n; at += part) {
            part = rng_int(r, 0, most) < n - at ? rng_int(r, 0, most) : n - at;
            part = part < n - at ? part : n - at;
            const int64_t ready = fspec_stream_ready(stream, part);
            REQUIRE(frames + ready <= want[0].columns, "%d frames ready of %d: %s", (int)(frames + ready), (int)want[0].columns,
                    plan_case_text(&j->c));
            for (int64_t i = 0; i < j->n_signals; i++) {
                chunk[i] = j->signals[i];
                chunk[i].n_samples = part;
                chunk[i].data = (const char *)chunk[i].data + at * chunk[i].stride;
                m[i] = got[i].matrix;
                m[i].data = grid_at(&got[i], 0, frames);
            }
            CHECK_STATUS(fspec_stream_push(stream, chunk, m, j->out_dtype, &call, &written), FSPEC_OK, "%s", plan_case_text(&j->c));
            CHECK(written == ready, "%d frames written, %d promised", (int)written, (int)ready);
            frames += written;
        }
        pending = fspec_stream_pending(stream);
        CHECK(frames + pending == want[0].columns, "%d frames and %d at the end, not %d: %s", (int)frames, (int)pending,
              (int)want[0].columns, plan_case_text(&j->c));
        for (int64_t i = 0; i < j->n_signals; i++) {
            m[i] = got[i].matrix;
            m[i].data = grid_at(&got[i], 0, frames);
        }
        CHECK_STATUS(fspec_stream_flush(stream, m, j->out_dtype, &call, &written), FSPEC_OK, "%s", plan_case_text(&j->c));
        CHECK(written == pending, "%d frames at the end, not %d", (int)written, (int)pending);
        for (int64_t i = 0; i < j->n_signals; i++) {
            CHECK(grid_equal(&got[i], &want[i]), "stream, channel %d, pieces of %d: %s", (int)i, (int)most, plan_case_text(&j->c));
            CHECK(grid_gaps_untouched(&got[i]), "stream: written between the elements");
            grid_free(&got[i]);
        }
        fspec_stream_reset(stream);
    }
    fspec_stream_free(stream);
    for (int64_t i = 0; i < j->n_signals; i++)
        grid_free(&want[i]);
}

static void test_identity(rng *r, int rounds)
{
    int streams = 0;
    for (int i = 0; i < rounds; i++) {
        job j;
        grid want[SIGNALS];
        job_make(r, &j, (fspec_output)(i % 4), rng_int(r, 3, 400));
        CHECK_STATUS(run(&j, want, BINS_CONTIGUOUS, 1), FSPEC_OK, "%s", plan_case_text(&j.c));
        test_one(&j, want);
        if (streamable(&j)) {
            test_stream(r, &j, rng_int(r, 0, 1) ? 40 : 3000);
            streams++;
        } else {
            fspec_stream *none = NULL;
            CHECK_STATUS(fspec_stream_create(j.plan, 1, &none), FSPEC_NOT_STREAMABLE, "%s", plan_case_text(&j.c));
        }
        for (int64_t k = 0; k < j.n_signals; k++)
            grid_free(&want[k]);
        job_free(&j);
    }
    CHECK(streams > rounds / 8, "only %d streams", streams);
}

/* A piece longer than what a stream takes at a time, and a flush longer than any piece. */
static void test_long_stream(rng *r)
{
    static const int64_t behind[] = {0, 200000};
    for (int i = 0; i < 2; i++) {
        job j;
        memset(&j, 0, sizeof j);
        fspec_frontend_config *g = &j.c.config;
        fspec_frontend_config_init(g);
        g->output = FSPEC_OUT_SPECTRUM;
        g->n_fft = 64;
        g->frame_length = 50;
        g->hop_length = 20;
        g->append = behind[i];
        g->deltas = 2;
        g->stack = 3;
        g->stack_stride = 2;
        g->stack_end = FSPEC_STACK_REPEAT;
        REQUIRE(fspec_frontend_create(g, &j.plan) == FSPEC_OK, "plan");
        j.n_rows = fspec_frontend_n_bins(j.plan);
        j.n_signals = 1;
        j.out_dtype = FSPEC_FLOAT32;
        j.in[0] = samples_make(r, 100000, FSPEC_FLOAT32, CONTIGUOUS);
        j.signals[0] = j.in[0].signal;
        test_stream(r, &j, 90000);
        job_free(&j);
    }
}

/* ---- tiers -------------------------------------------------------------------------------------------------------- */

static void print_digest(void)
{
    rng r = {2024};
    for (int i = 0; i < 200 / CHECK_SLOWDOWN; i++) {
        job j;
        grid out[SIGNALS];
        uint64_t hash = CHECK_HASH_START;
        job_make(&r, &j, (fspec_output)(i % 4), 60);
        CHECK_STATUS(run(&j, out, BINS_CONTIGUOUS, 1), FSPEC_OK, "%s", plan_case_text(&j.c));
        for (int64_t k = 0; k < j.n_signals; k++) {
            hash = grid_hash(hash, &out[k]);
            grid_free(&out[k]);
        }
        printf("%d %016llx\n", i, (unsigned long long)hash);
        job_free(&j);
    }
}

/* What the program prints with --digest in a tier, up to `most` bytes; 0 where the CPU lacks it. */
static size_t digest_of(const char *tier, char *text, size_t most)
{
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
        execl("/proc/self/exe", "test_speech_stages", "--digest", (char *)NULL);
        _exit(126);
    }
    close(ends[1]);
    for (ssize_t got; n < most && (got = read(ends[0], text + n, most - n)) > 0;)
        n += (size_t)got;
    close(ends[0]);
    REQUIRE(waitpid(child, &code, 0) == child && WIFEXITED(code), "the digest of tier %s died", tier);
    CHECK(WEXITSTATUS(code) == 0 || WEXITSTATUS(code) == CHECK_SKIPPED, "tier %s: exit code %d", tier, WEXITSTATUS(code));
    return WEXITSTATUS(code) ? 0 : n;
}

static void test_tiers(void)
{
    enum { BYTES = 1 << 16 };
    static const char *const wide[] = {"split", "avx512"};
    char *base = check_malloc(BYTES), *other = check_malloc(BYTES);
    const size_t n = getenv("FASTSPEC_SIMD") ? 0 : digest_of("avx2", base, BYTES);
    for (size_t i = 0; n && i < 2; i++) {
        const size_t m = digest_of(wide[i], other, BYTES);
        CHECK(!m || (m == n && !memcmp(base, other, n)), "%s has not avx2's bits", wide[i]);
        if (m)
            printf("    avx2 and %s: the same bits\n", wide[i]);
    }
    free(base);
    free(other);
}

/* ---- memory ------------------------------------------------------------------------------------------------------- */

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

static fspec_status create_and_free(const job *j)
{
    fspec_frontend *plan = NULL;
    fspec_stream *stream = NULL;
    fspec_status status = fspec_frontend_create(&j->c.config, &plan);
    if (status == FSPEC_OK && streamable(j))
        status = fspec_stream_create(plan, 2, &stream);
    fspec_stream_free(stream);
    fspec_frontend_free(plan);
    return status;
}

static fspec_status run_once(const job *j)
{
    grid out[SIGNALS];
    const fspec_status status = run(j, out, FRAMES_CONTIGUOUS, 2);
    for (int64_t i = 0; i < j->n_signals; i++) {
        CHECK(status == FSPEC_OK || grid_untouched(&out[i]), "output written although memory was short");
        grid_free(&out[i]);
    }
    return status;
}

static void test_memory(rng *r)
{
    static fspec_status (*const works[])(const job *) = {create_and_free, run_once};
    long failures = 0;
    for (int round = 0; round < 24; round++) {
        job j;
        job_make(r, &j, (fspec_output)(round % 4), 30);
        for (size_t w = 0; w < 2; w++)
            for (long n = 1; n < 200; n++) {
                fspec_fft_cache_clear();
                const long before = live;
                made = 0;
                fail_at = n;
                const fspec_status status = works[w](&j);
                const int failed = made >= n;
                fail_at = 0;
                fspec_fft_cache_clear();
                CHECK(live == before, "%ld blocks leaked: %s", live - before, plan_case_text(&j.c));
                CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "%s: %s", fspec_status_string(status), plan_case_text(&j.c));
                failures += failed;
                if (!failed)
                    break;
            }
        job_free(&j);
    }
    CHECK(failures > 100, "only %ld allocations failed", failures);
}

/* ---- refusals ----------------------------------------------------------------------------------------------------- */

static double bank[3 * 9], dct[2 * 3], two[9];

static fspec_frontend_config config_for(fspec_output output)
{
    fspec_frontend_config c;
    fspec_frontend_config_init(&c);
    c.output = output;
    c.n_fft = 16;
    c.hop_length = 4;
    c.bands = bank;
    c.n_bands = 3;
    c.dct = dct;
    c.n_ceps = 2;
    return c;
}

#define BAD(output_, change, expected) \
    do { \
        fspec_frontend_config c = config_for(output_); \
        fspec_frontend *plan = NULL; \
        change; \
        CHECK_STATUS(fspec_frontend_create(&c, &plan), expected, "%s", #change); \
        CHECK(!plan, "%s: the plan pointer was written", #change); \
    } while (0)

static void test_refusals(void)
{
    static const double no_numbers[] = {NAN, INFINITY, -1};
    const int64_t large = INT64_C(1) << 41;
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++) {
        const fspec_output o = (fspec_output)output;
        BAD(o, c.frame_length = -1, FSPEC_BAD_FRAMES);
        BAD(o, c.frame_length = 17, FSPEC_BAD_FRAMES);
        BAD(o, c.append = -1, FSPEC_BAD_FRAMES);
        BAD(o, c.append = large, FSPEC_BAD_FRAMES);
        BAD(o, c.least_samples = large, FSPEC_BAD_FRAMES);
        BAD(o, c.multiple = 0, FSPEC_BAD_FRAMES);
        BAD(o, c.pad_left = large, FSPEC_BAD_FRAMES);
        BAD(o, c.pad_right = -large, FSPEC_BAD_FRAMES);
        BAD(o, c.drop_last = 2, FSPEC_BAD_FRAMES);
        BAD(o, c.gain = 0, FSPEC_BAD_SAMPLES);
        for (size_t i = 0; i < 3; i++) {
            BAD(o, c.gain = no_numbers[i], FSPEC_BAD_SAMPLES);
            BAD(o, c.dither = no_numbers[i], FSPEC_BAD_SAMPLES);
            BAD(o, c.preemphasis = i < 2 ? no_numbers[i] : NAN, FSPEC_BAD_SAMPLES);
            BAD(o, c.magnitude_eps = no_numbers[i], FSPEC_BAD_FEATURES);
            BAD(o, c.norm_eps = no_numbers[i], FSPEC_BAD_FEATURES);
            BAD(o, c.energy_floor = i ? no_numbers[i] : 0, FSPEC_BAD_FEATURES);
        }
        BAD(o, c.energy = (fspec_energy)3, FSPEC_BAD_FEATURES);
        BAD(o, c.normalize = (fspec_normalize)3, FSPEC_BAD_FEATURES);
        BAD(o, c.norm_eps_mode = (fspec_norm_eps)3, FSPEC_BAD_FEATURES);
        BAD(o, c.norm_ddof = 2, FSPEC_BAD_FEATURES);
        BAD(o, c.deltas = 3, FSPEC_BAD_FEATURES);
        BAD(o, c.delta_window = 0, FSPEC_BAD_FEATURES);
        BAD(o, c.delta_savgol = 2, FSPEC_BAD_FEATURES);
        BAD(o, c.delta_savgol = c.delta_kaldi = 1, FSPEC_BAD_FEATURES);
        BAD(o, c.stack = 0, FSPEC_BAD_FEATURES);
        BAD(o, c.stack_stride = 0, FSPEC_BAD_FEATURES);
        BAD(o, c.stack_left = 1, FSPEC_BAD_FEATURES);
        BAD(o, c.stack_end = (fspec_stack_end)3, FSPEC_BAD_FEATURES);
        if (o < FSPEC_OUT_BANDS) {
            BAD(o, c.energy = FSPEC_ENERGY_RAW, FSPEC_BAD_FEATURES);
            BAD(o, c.band_scale = two, FSPEC_BAD_FEATURES);
        } else {
            BAD(o, c.log_add = -1, FSPEC_BAD_FEATURES);
            BAD(o, c.log_multiplier = 0, FSPEC_BAD_FEATURES);
            BAD(o, c.identity_bands = 1, FSPEC_BAD_BANDS);
        }
    }
    BAD(FSPEC_OUT_COMPLEX, c.frame_length = 15, FSPEC_BAD_FRAMES);
    BAD(FSPEC_OUT_COMPLEX, c.dither = 1, FSPEC_BAD_SAMPLES);
    BAD(FSPEC_OUT_COMPLEX, c.remove_dc = 1, FSPEC_BAD_SAMPLES);
    BAD(FSPEC_OUT_COMPLEX, c.preemphasis = 0.97, FSPEC_BAD_SAMPLES);
    BAD(FSPEC_OUT_COMPLEX, c.magnitude_eps = 1, FSPEC_BAD_FEATURES);
    BAD(FSPEC_OUT_COMPLEX, c.stack = 2, FSPEC_BAD_FEATURES);
    const fspec_output b = FSPEC_OUT_BANDS;
    BAD(b, c.log = (fspec_log)5, FSPEC_BAD_LOG);
    BAD(FSPEC_OUT_CEPSTRUM, c.log = FSPEC_LOG_PCEN, FSPEC_BAD_LOG);
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.top_db = 80), FSPEC_BAD_LOG);
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.ref_max = 1), FSPEC_BAD_LOG);
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.log_floor = 0), FSPEC_BAD_LOG);
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.log_add = 1), FSPEC_BAD_LOG);
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.frame_norm = FSPEC_NORM_MAX), FSPEC_BAD_NORM);
    for (size_t i = 0; i < 3; i++) {
        BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_gain = no_numbers[i]), FSPEC_BAD_LOG);
        BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_bias = no_numbers[i]), FSPEC_BAD_LOG);
        BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_power = no_numbers[i]), FSPEC_BAD_LOG);
        BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_eps = no_numbers[i]), FSPEC_BAD_LOG);
        BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_b = no_numbers[i]), FSPEC_BAD_LOG);
    }
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_eps = 0), FSPEC_BAD_LOG);
    BAD(b, (c.log = FSPEC_LOG_PCEN, c.pcen_b = 1.5), FSPEC_BAD_LOG);
    two[1] = NAN;
    BAD(FSPEC_OUT_BANDS, c.band_scale = two, FSPEC_BAD_FEATURES);
    BAD(FSPEC_OUT_BANDS, c.band_offset = two, FSPEC_BAD_FEATURES);
}

/* A program built against the header before these fields; spectra, which have no energy. */
static void test_others(void)
{
    fspec_frontend_config c = config_for(FSPEC_OUT_BANDS);
    fspec_frontend *plan = NULL;
    double x[9] = {1}, y[4];
    const fspec_matrix in = {x, 8, 72}, out = {y, 8, 32};
    c.size = offsetof(fspec_frontend_config, frame_length);
    c.multiple = 0;
    c.gain = NAN;
    CHECK_STATUS(fspec_frontend_create(&c, &plan), FSPEC_OK, "a shorter struct");
    fspec_frontend_free(plan);
    c = config_for(FSPEC_OUT_BANDS);
    c.energy = FSPEC_ENERGY_RAW;
    REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK, "plan");
    CHECK(fspec_frontend_n_bins(plan) == 4, "rows with energy");
    CHECK_STATUS(fspec_frontend_exec_spectra(plan, &in, FSPEC_FLOAT64, 1, &out, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_OUTPUT, "energy of spectra");
    fspec_frontend_free(plan);
}

int main(int argc, char **argv)
{
    const fspec_allocator hook = {allocate, release, NULL};
    check_tier();
    check_fftw();
    if (argc > 1 && !strcmp(argv[1], "--digest")) {
        print_digest();
        return checks_failed != 0;
    }
    rng r = {8};
    each_table(test_condition);
    each_table(test_lift_power);
    each_table(test_affine);
    test_identity(&r, 240 / CHECK_SLOWDOWN);
    test_long_stream(&r);
    test_tiers();
    test_refusals();
    test_others();
    fspec_fft_cache_clear();
    fspec_set_allocator(&hook);
    test_memory(&r);
    fspec_fft_cache_clear();
    CHECK(live == 0, "%ld blocks are left at the end", live);
    fspec_set_allocator(NULL);
    return check_done();
}
