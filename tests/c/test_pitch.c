/* Fundamental frequency and reassigned spectrograms: the kernel against the definition; threads, batches and tiers; failing
 * allocations; cancelled calls; refusals. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"
#include "tables.h"

#include <stdatomic.h>

enum { SIGNALS = 3, SAMPLES = 6000, FRAMES = 200, BINS = 129, CELLS = BINS * FRAMES };

static void test_kernel(const table *t, const table *base)
{
    rng r = {81};
    for (int round = 0; round < 60; round++) {
        const size_t n = (size_t)rng_int(&r, 0, 70);
        const double x = rounded(t->dbl, rng_uniform(&r, -3, 3));
        void *rows[4], *got[2], *other[2];
        for (int i = 0; i < 4; i++)
            rows[i] = data(&r, t, PLAIN, n + 1);
        for (int i = 0; i < 2; i++) {
            got[i] = memcpy(check_malloc((n + 1) * t->k->real_size), rows[i], (n + 1) * t->k->real_size);
            other[i] = memcpy(check_malloc((n + 1) * t->k->real_size), rows[i], (n + 1) * t->k->real_size);
        }
        t->k->raise_sums(got[0], rows[2], got[1], rows[3], x, n);
        if (base)
            base->k->raise_sums(other[0], rows[2], other[1], rows[3], x, n);
        for (int i = 0; i < 2; i++) {
            for (size_t j = 0; j <= n; j++) {
                const double sum = add(t->dbl, x, get(t, rows[2 + i], j)), was = get(t, rows[i], j);
                CHECK(get(t, got[i], j) == (j < n && sum > was ? sum : was), "%s: element %zu of %zu", t->name, j, n);
                CHECK(!base || j == n || identical(t, got[i], j, other[i], j), "%s differs from avx2", t->name);
            }
            free(got[i]);
            free(other[i]);
        }
        for (int i = 0; i < 4; i++)
            free(rows[i]);
    }
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

typedef struct results {
    double f0[SIGNALS][FRAMES], path[SIGNALS][FRAMES], prob[SIGNALS][FRAMES];
    unsigned char voiced[SIGNALS][FRAMES];
    double where[SIGNALS][CELLS], when[SIGNALS][CELLS], size[SIGNALS][CELLS];
    int64_t n_frames[2][SIGNALS];
} results;

static double noises[SIGNALS][SAMPLES];
static fspec_signal signals_of[SIGNALS];

static void make_signals(rng *r)
{
    for (int i = 0; i < SIGNALS; i++) {
        const double f = rng_uniform(r, 0.02, 0.08);
        for (int j = 0; j < SAMPLES; j++)
            noises[i][j] = (j / 2000) % 2 ? rng_uniform(r, -1, 1) : sin(f * j) + 0.5 * sin(2 * f * j) + rng_uniform(r, -0.1, 0.1);
        signals_of[i] = (fspec_signal){noises[i], SAMPLES - 900 * i, 8, FSPEC_FLOAT64, 0};
    }
}

static fspec_yin_config yin_config(void)
{
    fspec_yin_config c;
    fspec_yin_config_init(&c);
    c.sr = 8000;
    c.fmin = 40;
    c.fmax = 800;
    c.frame_length = 500;
    c.hop_length = 60;
    c.pad_left = 250;
    c.pad_right = 250;
    c.pad_mode = FSPEC_PAD_REFLECT;
    c.probabilistic = 1;
    c.resolution = 0.25;
    return c;
}

static fspec_reassigned_config reassigned_config(void)
{
    fspec_reassigned_config c;
    fspec_reassigned_config_init(&c);
    c.n_fft = 2 * (BINS - 1);
    c.hop_length = 40;
    c.least = 0.1;
    c.fill = 1;
    return c;
}

/* Of signals [first, first + n). */
static void run(results *all, int first, int n, const fspec_call *call)
{
    const fspec_yin_config yc = yin_config();
    const fspec_reassigned_config rc = reassigned_config();
    fspec_yin *yin = NULL;
    fspec_reassigned *reassigned = NULL;
    fspec_matrix m[7][SIGNALS];
    REQUIRE(fspec_yin_create(&yc, &yin) == FSPEC_OK, "plan");
    REQUIRE(fspec_reassigned_create(&rc, &reassigned) == FSPEC_OK, "plan");
    for (int j = 0; j < n; j++) {
        const int i = first + j;
        all->n_frames[0][i] = fspec_yin_n_frames(yin, signals_of[i].n_samples);
        all->n_frames[1][i] = fspec_reassigned_n_frames(reassigned, signals_of[i].n_samples);
        REQUIRE(all->n_frames[0][i] <= FRAMES && all->n_frames[1][i] <= FRAMES, "frames");
        m[0][j] = (fspec_matrix){all->f0[i], 0, 8};
        m[1][j] = (fspec_matrix){all->path[i], 0, 8};
        m[2][j] = (fspec_matrix){all->voiced[i], 0, 1};
        m[3][j] = (fspec_matrix){all->prob[i], 0, 8};
        m[4][j] = (fspec_matrix){all->where[i], 8, 8 * BINS};
        m[5][j] = (fspec_matrix){all->when[i], 8, 8 * BINS};
        m[6][j] = (fspec_matrix){all->size[i], 8, 8 * BINS};
    }
    const fspec_signal *y = signals_of + first;
    CHECK_STATUS(fspec_yin_exec(yin, y, m[0], n, FSPEC_FLOAT64, call), FSPEC_OK, "yin");
    CHECK_STATUS(fspec_pyin_exec(yin, y, m[1], m[2], m[3], n, FSPEC_FLOAT64, call), FSPEC_OK, "pyin");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, y, NULL, m[4], m[5], m[6], n, FSPEC_FLOAT64, call), FSPEC_OK, "reassigned");
    fspec_yin_free(yin);
    fspec_reassigned_free(reassigned);
}

static int same(const results *a, const results *b)
{
    int equal = 1;
    for (int i = 0; i < SIGNALS; i++) {
        const size_t n = (size_t)a->n_frames[0][i], cells = (size_t)a->n_frames[1][i] * BINS;
        equal &= n == (size_t)b->n_frames[0][i] && cells == (size_t)b->n_frames[1][i] * BINS && n > 0 && cells > 0;
        equal &= !memcmp(a->f0[i], b->f0[i], 8 * n) && !memcmp(a->path[i], b->path[i], 8 * n);
        equal &= !memcmp(a->prob[i], b->prob[i], 8 * n) && !memcmp(a->voiced[i], b->voiced[i], n);
        equal &= !memcmp(a->where[i], b->where[i], 8 * cells) && !memcmp(a->when[i], b->when[i], 8 * cells);
        equal &= !memcmp(a->size[i], b->size[i], 8 * cells);
    }
    return equal;
}

static void test_calls(void)
{
    results *want = calloc(1, sizeof *want), *got = calloc(1, sizeof *got);
    REQUIRE(want && got, "memory");
    run(want, 0, SIGNALS, NULL);
    for (int32_t n = 2; n < 6; n++) {
        fspec_call call;
        fspec_call_init(&call);
        call.n_threads = n;
        run(got, 0, SIGNALS, &call);
        CHECK(same(want, got), "%d threads", (int)n);
    }
    for (int i = 0; i < SIGNALS; i++)
        run(got, i, 1, NULL);
    CHECK(same(want, got), "one by one");
    int voiced = 0, frames = 0;
    for (int i = 0; i < SIGNALS; i++)
        for (int64_t t = 0; t < want->n_frames[0][i]; t++, frames++)
            voiced += want->voiced[i][t];
    CHECK(voiced > frames / 5 && voiced < frames, "%d of %d frames are voiced", voiced, frames);
    free(want);
    free(got);
}

static void print_digest(void)
{
    results *r = calloc(1, sizeof *r);
    REQUIRE(r, "memory");
    run(r, 0, SIGNALS, NULL);
    printf("%016llx\n", (unsigned long long)check_hash(CHECK_HASH_START, r, sizeof *r));
    free(r);
}

/* What the program prints with --digest in a tier; 0 where the CPU lacks it. */
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
        execl("/proc/self/exe", "test_pitch", "--digest", (char *)NULL);
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
    static const char *const wide[] = {"split", "avx512"};
    char base[256], other[256];
    const size_t n = getenv("FASTSPEC_SIMD") ? 0 : digest_of("avx2", base, sizeof base);
    for (size_t i = 0; n && i < 2; i++) {
        const size_t m = digest_of(wide[i], other, sizeof other);
        CHECK(!m || (m == n && !memcmp(base, other, n)), "%s has not avx2's bits", wide[i]);
        if (m)
            printf("    avx2 and %s: the same bits\n", wide[i]);
    }
}

/* ---- memory, cancelling, refusals ----------------------------------------------------------------------------------- */

static _Atomic long live, made, fail_at;

static void *allocate(size_t bytes, void *user)
{
    (void)user;
    if (atomic_fetch_add(&made, 1) + 1 == fail_at)
        return NULL;
    live++;
    return malloc(bytes);
}

static void release(void *block, void *user)
{
    (void)user;
    live -= block != NULL;
    free(block);
}

static fspec_status attempt(const fspec_call *call)
{
    static results all;
    const fspec_yin_config yc = yin_config();
    const fspec_reassigned_config rc = reassigned_config();
    fspec_yin *yin = NULL;
    fspec_reassigned *reassigned = NULL;
    const fspec_matrix f0 = {all.f0[0], 0, 8}, voiced = {all.voiced[0], 0, 1}, prob = {all.prob[0], 0, 8};
    const fspec_matrix where = {all.where[0], 8, 8 * BINS}, when = {all.when[0], 8, 8 * BINS}, size = {all.size[0], 8, 8 * BINS};
    fspec_status status = fspec_yin_create(&yc, &yin);
    if (status == FSPEC_OK)
        status = fspec_pyin_exec(yin, signals_of, &f0, &voiced, &prob, 1, FSPEC_FLOAT64, call);
    if (status == FSPEC_OK)
        status = fspec_reassigned_create(&rc, &reassigned);
    if (status == FSPEC_OK)
        status = fspec_reassigned_exec(reassigned, signals_of, NULL, &where, &when, &size, 1, FSPEC_FLOAT64, call);
    fspec_yin_free(yin);
    fspec_reassigned_free(reassigned);
    return status;
}

static void test_memory(void)
{
    const fspec_allocator hook = {allocate, release, NULL};
    fspec_set_allocator(&hook);
    long failures = 0;
    for (long n = 1; n < 400; n++) {
        made = 0;
        fail_at = n;
        const fspec_status status = attempt(NULL);
        const int failed = made >= n;
        fail_at = 0;
        CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "allocation %ld: %s", n, fspec_status_string(status));
        CHECK(live == 0, "allocation %ld: %ld blocks leaked", n, (long)live);
        failures += failed;
        if (!failed)
            break;
    }
    CHECK(failures > 20, "%ld allocations", failures);
    fspec_set_allocator(NULL);
}

static int now(void *user)
{
    (void)user;
    return 1;
}

static void test_cancel(void)
{
    enum { N = 2000000 };
    double *y = check_malloc(N * sizeof *y), *out = check_malloc(N * sizeof *out);
    unsigned char *voiced = check_malloc(N);
    const fspec_signal signal = {y, N, 8, FSPEC_FLOAT64, 0};
    const fspec_matrix f0 = {out, 0, 8}, flags = {voiced, 0, 1}, prob = {out, 0, 8};
    fspec_yin_config c = yin_config();
    fspec_yin *yin = NULL;
    fspec_call call;
    fspec_call_init(&call);
    call.cancel = now;
    for (int i = 0; i < N; i++)
        y[i] = sin(0.05 * i);
    c.hop_length = 10;
    REQUIRE(fspec_yin_create(&c, &yin) == FSPEC_OK, "plan");
    const clock_t begin = clock();
    CHECK_STATUS(fspec_yin_exec(yin, &signal, &f0, 1, FSPEC_FLOAT64, &call), FSPEC_CANCELLED, "yin");
    CHECK_STATUS(fspec_pyin_exec(yin, &signal, &f0, &flags, &prob, 1, FSPEC_FLOAT64, &call), FSPEC_CANCELLED, "pyin");
    CHECK(CHECK_SANITIZED || clock() - begin < CLOCKS_PER_SEC, "%g s", (double)(clock() - begin) / CLOCKS_PER_SEC);
    fspec_yin_free(yin);
    free(y);
    free(out);
    free(voiced);
}

#define BAD_YIN(change, expected) \
    do { \
        fspec_yin_config c = yin_config(); \
        fspec_yin *plan = NULL; \
        change; \
        CHECK_STATUS(fspec_yin_create(&c, &plan), expected, "%s", #change); \
        CHECK(!plan, "%s: the pointer was written", #change); \
    } while (0)

#define BAD_REASSIGNED(change, expected) \
    do { \
        fspec_reassigned_config c = reassigned_config(); \
        fspec_reassigned *plan = NULL; \
        change; \
        CHECK_STATUS(fspec_reassigned_create(&c, &plan), expected, "%s", #change); \
        CHECK(!plan, "%s: the pointer was written", #change); \
    } while (0)

static void test_refusals(void)
{
    BAD_YIN(c.size = 4, FSPEC_BAD_STRUCT);
    BAD_YIN(c.sr = INFINITY, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.fmin = 0, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.fmin = NAN, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.fmin = 800, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.fmin = 10, FSPEC_BAD_FRAMES);
    BAD_YIN(c.fmin = 1e-300, FSPEC_BAD_FRAMES);
    BAD_YIN(c.fmax = 4001, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.frame_length = INT64_MAX, FSPEC_BAD_FRAMES);
    BAD_YIN(c.hop_length = 0, FSPEC_BAD_HOP_LENGTH);
    BAD_YIN(c.pad_left = -1, FSPEC_BAD_FRAMES);
    BAD_YIN(c.pad_mode = (fspec_pad_mode)9, FSPEC_BAD_PAD_MODE);
    BAD_YIN(c.n_thresholds = 0, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.beta_b = 0, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.boltzmann = NAN, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.resolution = 1e-9, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.max_transition_rate = 1e9, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.switch_prob = 1.5, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.n_pitch_bins = 1, FSPEC_BAD_ARGUMENT);
    BAD_YIN(c.n_pitch_bins = INT64_MIN, FSPEC_BAD_ARGUMENT);
    BAD_REASSIGNED(c.size = 4, FSPEC_BAD_STRUCT);
    BAD_REASSIGNED(c.sr = 0, FSPEC_BAD_ARGUMENT);
    BAD_REASSIGNED(c.n_fft = 0, FSPEC_BAD_N_FFT);
    BAD_REASSIGNED(c.n_fft = INT64_MAX, FSPEC_BAD_N_FFT);
    BAD_REASSIGNED(c.hop_length = 0, FSPEC_BAD_HOP_LENGTH);
    BAD_REASSIGNED(c.pad_mode = (fspec_pad_mode)9, FSPEC_BAD_PAD_MODE);
    BAD_REASSIGNED(c.least = NAN, FSPEC_BAD_ARGUMENT);
    static results all;
    fspec_yin_config c = yin_config();
    const fspec_reassigned_config rc = reassigned_config();
    fspec_yin *yin = NULL;
    fspec_reassigned *reassigned = NULL;
    const fspec_matrix out = {all.where[0], 8, 8 * BINS}, row = {all.f0[0], 0, 8}, nowhere = {NULL, 8, 8};
    fspec_signal bad = signals_of[0];
    c.probabilistic = 0;
    REQUIRE(fspec_yin_create(&c, &yin) == FSPEC_OK && fspec_reassigned_create(&rc, &reassigned) == FSPEC_OK, "plans");
    CHECK_STATUS(fspec_pyin_exec(yin, &bad, &row, &row, &row, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "kind");
    CHECK_STATUS(fspec_yin_exec(yin, &bad, &nowhere, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_yin_exec(yin, &bad, &row, 1, FSPEC_INT16, NULL), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(fspec_yin_exec(yin, NULL, NULL, 0, FSPEC_FLOAT64, NULL), FSPEC_OK, "nothing");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, &bad, NULL, &nowhere, NULL, &out, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, &bad, NULL, NULL, NULL, NULL, 1, FSPEC_FLOAT64, NULL), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, &bad, NULL, NULL, NULL, &out, 1, FSPEC_FLOAT64, NULL), FSPEC_OK, "magnitudes alone");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, NULL, NULL, NULL, NULL, NULL, 0, FSPEC_FLOAT64, NULL), FSPEC_OK, "nothing");
    bad.n_samples = 0;
    CHECK_STATUS(fspec_yin_exec(yin, &bad, &row, 1, FSPEC_FLOAT64, NULL), FSPEC_TOO_SHORT, "empty");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, &bad, NULL, NULL, NULL, &out, 1, FSPEC_FLOAT64, NULL), FSPEC_TOO_SHORT, "empty");
    double broken[700] = {[500] = NAN};
    bad = (fspec_signal){broken, 700, 8, FSPEC_FLOAT64, 0};
    CHECK_STATUS(fspec_yin_exec(yin, &bad, &row, 1, FSPEC_FLOAT64, NULL), FSPEC_NOT_FINITE, "NaN");
    CHECK_STATUS(fspec_reassigned_exec(reassigned, &bad, NULL, NULL, NULL, &out, 1, FSPEC_FLOAT64, NULL), FSPEC_NOT_FINITE, "NaN");
    fspec_yin_free(yin);
    fspec_reassigned_free(reassigned);
    fspec_yin_free(NULL);
    fspec_reassigned_free(NULL);
}

int main(int argc, char **argv)
{
    rng r = {80};
    check_tier();
    make_signals(&r);
    if (argc > 1 && !strcmp(argv[1], "--digest")) {
        print_digest();
        return 0;
    }
    each_table(test_kernel);
    test_calls();
    test_tiers();
    test_cancel();
    test_refusals();
    test_memory();
    return check_done();
}
