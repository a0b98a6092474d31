/* Peaks, tuning, dense projections and norms of frames against their definitions; threads, batches, few peaks in memory, tiers,
 * failures. SPDX-License-Identifier: BSD-3-Clause */
#include "tables.h"

#include "filterbank.h"
#include "memory.h"
#include "normalise.h"

enum { FRAMES = 16, MOST_ROWS = 80, MOST_FRAMES = 900 };

/* ---- kernels ------------------------------------------------------------------------------------------------------ */

static void make_positions(uint64_t *positions)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        unsigned char bytes[8] = {0};
        int n = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            if (mask >> bit & 1)
                bytes[n++] = (unsigned char)bit;
        memcpy(&positions[mask], bytes, 8);
    }
}

/* What a peak at (row, frame) gives: 0 for none. The types are those of the kernel. */
static int expected_peak(const table *t, const fs_peak_spec *s, const void *x, const void *reference, size_t row, size_t frame,
                         double *pitch, double *magnitude)
{
    double v[3] = {0, 0, 0};
    for (size_t i = 0; i < 3; i++) {
        const size_t at = row + i - 1;
        if (at < s->n_rows) {
            const double value = get(t, x, at * FRAMES + frame);
            v[i] = value > get(t, reference, at * FRAMES + frame) ? value : 0;
        }
    }
    if (!(row >= s->begin && row < s->end && v[1] > v[0] && (row == s->n_rows - 1 || v[1] >= v[2])))
        return 0;
    double shift = 0;
    *magnitude = get(t, x, row * FRAMES + frame);
    if (row < s->n_rows - 1) {
        const double below = get(t, x, (row - 1) * FRAMES + frame), above = get(t, x, (row + 1) * FRAMES + frame);
        const double a = add(t->dbl, above, below) - 2 * *magnitude, b = add(t->dbl, above, -below) / 2;
        shift = fabs(b) >= fabs(a) ? 0 : rounded(t->dbl, -b / a);
        *magnitude = add(t->dbl, *magnitude, mul(t->dbl, mul(t->dbl, .5, rounded(t->dbl, b)), shift));
    }
    *pitch = rounded(t->dbl, ((double)row + shift) * s->sr / s->n_fft);
    return 1;
}

static void check_peaks(rng *r, const table *t, fs_peak_spec *s)
{
    const size_t lanes = t->k->lanes, rows = s->n_rows, most = (rows / 2 + 1) * lanes + 16;
    const int kind = (int)rng_int(r, 0, 2); /* threshold; one reference per lane; one per value */
    void *x = aligned(t, rows * FRAMES), *reference = aligned(t, rows * FRAMES), *block = aligned(t, rows * lanes);
    void *levels = aligned(t, rows * lanes), *pitch = aligned(t, most), *magnitude = aligned(t, most);
    uint32_t *where = check_malloc(most * sizeof *where);
    for (size_t i = 0; i < rows * FRAMES; i++) /* plateaus are common */
        put(t, x, i, rng_int(r, 0, 1) ? rng_uniform(r, 0, 4) : (double)rng_int(r, 0, 4));
    for (size_t f = 0; f < FRAMES; f++) {
        double largest = 0;
        const double level = rng_uniform(r, 0, 3);
        for (size_t row = 0; row < rows; row++)
            largest = fmax(largest, get(t, x, row * FRAMES + f));
        for (size_t row = 0; row < rows; row++)
            put(t, reference, row * FRAMES + f,
                kind == 0 ? mul(t->dbl, largest, rounded(t->dbl, s->threshold)) : kind == 1 ? level : rng_uniform(r, 0, 4));
    }
    for (size_t first = 0; first < FRAMES; first += lanes) {
        const size_t active = (size_t)rng_int(r, 1, (int64_t)lanes);
        for (size_t i = 0; i < rows * lanes; i++) {
            put(t, block, i, get(t, x, i / lanes * FRAMES + first + i % lanes));
            put(t, levels, i, get(t, reference, i / lanes * FRAMES + first + i % lanes));
        }
        const size_t n = t->k->peaks(s, block, kind ? levels : NULL, kind == 2 ? lanes : 0, active, pitch, magnitude, where);
        size_t at = 0;
        for (size_t row = 0; row < rows; row++) {
            for (size_t lane = 0; lane < active; lane++) {
                double p, m;
                if (!expected_peak(t, s, x, reference, row, first + lane, &p, &m))
                    continue;
                CHECK(at < n && where[at] == row * lanes + lane && get(t, pitch, at) == p && get(t, magnitude, at) == m,
                      "%s: peak %zu of %zu at row %zu of %zu, lane %zu, kind %d", t->name, at, n, row, rows, lane, kind);
                at++;
            }
        }
        CHECK(at == n, "%s: %zu peaks instead of %zu", t->name, n, at);
    }
    free(x);
    free(reference);
    free(block);
    free(levels);
    free(pitch);
    free(magnitude);
    free(where);
}

static void test_peaks(const table *t, const table *base)
{
    static uint64_t positions[256];
    rng r = {21};
    (void)base;
    make_positions(positions);
    for (int round = 0; round < 200 / CHECK_SLOWDOWN; round++) {
        const size_t rows = (size_t)rng_int(&r, 2, MOST_ROWS);
        fs_peak_spec s = {rows, 1, rows, 22050, (double)(2 * rows - 2), rng_uniform(&r, -.1, .9), positions};
        if (round % 2) {
            s.begin = (size_t)rng_int(&r, 1, (int64_t)rows);
            s.end = (size_t)rng_int(&r, 0, (int64_t)rows);
        }
        check_peaks(&r, t, &s);
    }
}

/* The bin by the definition, in long double; pitches near an edge may be on either side of it. */
static void test_pitch_bins(const table *t, const table *base)
{
    enum { N = 512 };
    double pitch[N];
    uint32_t bins[N], others[N];
    rng r = {22};
    if (!t->dbl)
        return;
    for (int round = 0; round < 60; round++) {
        const size_t n_bins = (size_t)rng_int(&r, 1, 300);
        const double per_octave = (double)rng_int(&r, 1, 60);
        const int single = round % 2;
        for (size_t i = 0; i < N; i++) {
            pitch[i] = i % 7 ? 27.5 * exp2(rng_uniform(&r, -8, 12)) : 27.5 * exp2((double)rng_int(&r, -8, 12));
            pitch[i] = rounded(!single, pitch[i]);
        }
        t->k->pitch_bins(bins, pitch, N, per_octave, n_bins, single);
        for (size_t i = 0; i < N; i++) {
            const long double x = (long double)per_octave * log2l((long double)pitch[i] / 27.5L), part = x - floorl(x);
            const long double place = (part >= .5L ? part - .5L : part + .5L) * (long double)n_bins;
            const double slack = (double)n_bins * fmax(1, per_octave * 20) * epsilon(!single) * 2;
            const double low = floor((double)place - slack), high = floor((double)place + slack), last = (double)n_bins;
            CHECK((double)bins[i] == fmod(low + last, last) || (double)bins[i] == fmod(high, last),
                  "%s: bin %u of %zu for %.17g Hz, place %Lg", t->name, bins[i], n_bins, pitch[i], place);
            if (i % 7 == 0)
                CHECK(bins[i] == n_bins / 2, "%s: an octave of 27.5 Hz is in bin %u of %zu", t->name, bins[i], n_bins);
        }
        if (base) {
            base->k->pitch_bins(others, pitch, N, per_octave, n_bins, single);
            CHECK(!memcmp(bins, others, sizeof bins) || !t->fused, "%s and %s differ", t->name, base->name);
        }
    }
}

static void *product(const table *t, const fs_bands *bands, const void *x)
{
    const size_t n_in = (size_t)bands->n_columns, n_out = (size_t)bands->n_rows, lanes = t->k->lanes;
    void *block = aligned(t, n_in * lanes), *result = aligned(t, n_out * lanes), *all = aligned(t, n_out * FRAMES);
    for (size_t first = 0; first < FRAMES; first += lanes) {
        for (size_t i = 0; i < n_in * lanes; i++)
            put(t, block, i, get(t, x, i / lanes * FRAMES + first + i % lanes));
        t->k->project(result, block, bands);
        for (size_t i = 0; i < n_out * lanes; i++)
            put(t, all, i / lanes * FRAMES + first + i % lanes, get(t, result, i));
    }
    free(block);
    free(result);
    return all;
}

static void test_dense(const table *t, const table *base)
{
    rng r = {23};
    for (int round = 0; round < 40 / CHECK_SLOWDOWN + 2; round++) {
        const int64_t columns = rng_int(&r, 1, 300), rows = rng_int(&r, 4, 40);
        double *matrix = check_malloc(sizeof *matrix * (size_t)(rows * columns));
        fs_bands bands;
        for (int64_t i = 0; i < rows * columns; i++)
            matrix[i] = rounded(t->dbl, rng_uniform(&r, .1, 1));
        REQUIRE(fs_bands_create(matrix, rows, columns, t->dbl, &bands) == FSPEC_OK && bands.dense, "dense");
        void *x = data(&r, t, PLAIN, (size_t)columns * FRAMES), *y = product(t, &bands, x);
        for (int64_t b = 0; b < rows; b++) {
            for (size_t f = 0; f < FRAMES; f++) {
                long double sum = 0, size = 0;
                for (int64_t j = 0; j < columns; j++) {
                    const long double term = (long double)matrix[b * columns + j] * get(t, x, (size_t)j * FRAMES + f);
                    sum += term;
                    size += fabsl(term);
                }
                const double n = (double)(columns < FS_DENSE_PART ? columns : FS_DENSE_PART + columns / FS_DENSE_PART + 1);
                CHECK(fabsl(get(t, y, (size_t)b * FRAMES + f) - sum) <= (n + 1) * (double)size * epsilon(t->dbl),
                      "%s: row %d of %d, %d columns", t->name, (int)b, (int)rows, (int)columns);
            }
        }
        if (base && t->fused) {
            void *z = product(base, &bands, x);
            CHECK(!memcmp(y, z, (size_t)rows * FRAMES * t->k->real_size), "dense: %s and %s differ", t->name, base->name);
            free(z);
        }
        fs_bands_free(&bands);
        free(matrix);
        free(x);
        free(y);
    }
}

/* ---- norms -------------------------------------------------------------------------------------------------------- */

static void check_norm(rng *r, const table *t, fspec_norm kind, double p)
{
    const size_t n = (size_t)rng_int(r, 1, 30), lanes = t->k->lanes;
    void *x = data(r, t, PLAIN, n * lanes), *rows = aligned(t, n * lanes), *before = data(r, t, PLAIN, n * lanes);
    if (rng_int(r, 0, 3) == 0)
        for (size_t i = 0; i < n; i++)
            put(t, x, i * lanes, tiny(t->dbl) / 1e3 * (double)(i % 2));
    memcpy(before, x, n * lanes * t->k->real_size);
    for (size_t i = 0; i < n * lanes; i++)
        put(t, rows, i % lanes * n + i / lanes, get(t, x, i));
    fs_normalise(x, lanes, 1, n, (ptrdiff_t)lanes, t->dbl, kind, p);
    fs_normalise(rows, lanes, (ptrdiff_t)n, n, 1, t->dbl, kind, p);
    for (size_t f = 0; f < lanes; f++) {
        long double length = kind == FSPEC_NORM_MIN ? INFINITY : 0;
        for (size_t i = 0; i < n; i++) {
            const long double m = fabsl((long double)get(t, before, i * lanes + f));
            if (kind == FSPEC_NORM_MAX)
                length = fmaxl(length, m);
            else if (kind == FSPEC_NORM_MIN)
                length = fminl(length, m);
            else if (kind == FSPEC_NORM_COUNT)
                length += m > 0;
            else
                length += powl(m, (long double)p);
        }
        if (kind == FSPEC_NORM_P)
            length = powl(length, 1 / (long double)p);
        if (kind == FSPEC_NORM_NONE || length < tiny(t->dbl))
            length = 1;
        for (size_t i = 0; i < n; i++) {
            const double got = get(t, x, i * lanes + f), want = (double)((long double)get(t, before, i * lanes + f) / length);
            CHECK(fabs(got - want) <= 4 * fabs(want) * epsilon(t->dbl) * (1 + p) + tiny(t->dbl), "norm %d: %g instead of %g",
                  (int)kind, got, want);
            CHECK(identical(t, x, i * lanes + f, rows, f * n + i), "norm %d: lanes and rows differ", (int)kind);
        }
    }
    free(x);
    free(rows);
    free(before);
}

static void test_norms(const table *t, const table *base)
{
    static const double exponents[] = {1, 2, 3.5, .5};
    rng r = {24};
    (void)base;
    for (int round = 0; round < 40; round++)
        check_norm(&r, t, (fspec_norm)(round % 5), exponents[round / 5 % 4]);
    CHECK_STATUS(fs_check_norm(FSPEC_NORM_P, 0), FSPEC_BAD_NORM, "p = 0");
    CHECK_STATUS(fs_check_norm(FSPEC_NORM_P, NAN), FSPEC_BAD_NORM, "p = NaN");
    CHECK_STATUS(fs_check_norm((fspec_norm)9, 2), FSPEC_BAD_NORM, "kind");
    CHECK_STATUS(fs_check_norm(FSPEC_NORM_MAX, NAN), FSPEC_OK, "p is not used");
}

/* ---- tuning ------------------------------------------------------------------------------------------------------- */

typedef struct spectra {
    fspec_tuning_config config;
    int64_t n_frames;
    float *values; /* [frame][bin] */
    fspec_matrix matrix;
} spectra;

static int64_t n_rows(const spectra *s) { return s->config.n_bins; }

/* With a drift, the median of the first frames is far from that of all. */
static spectra random_spectra(rng *r, int64_t rows, int64_t frames, double drift)
{
    spectra s = {.n_frames = frames};
    fspec_tuning_config_init(&s.config);
    s.config.n_fft = 2 * rows - 2;
    s.config.n_bins = rows;
    s.config.fmax = 9000;
    s.config.threshold = .01;
    s.values = check_malloc(sizeof *s.values * (size_t)(rows * frames));
    for (int64_t i = 0; i < rows * frames; i++)
        s.values[i] = (float)(rng_uniform(r, 0, 1) * exp(drift * (double)(i / rows) / (double)frames));
    s.matrix = (fspec_matrix){s.values, 4, 4 * rows};
    return s;
}

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* From fspec_piptrack_spectra's arrays, by sorting. */
static double expected_tuning(const spectra *s, int64_t *n_peaks)
{
    const size_t n = (size_t)(n_rows(s) * s->n_frames);
    float *pitches = calloc(n, sizeof *pitches), *magnitudes = calloc(n, sizeof *magnitudes), *found = check_malloc(n * 4 + 4);
    float *loud = check_malloc(n * 4 + 4);
    REQUIRE(pitches && magnitudes, "memory");
    const fspec_matrix p = {pitches, 4, 4 * n_rows(s)}, m = {magnitudes, 4, 4 * n_rows(s)};
    CHECK_STATUS(fspec_piptrack_spectra(&s->config, &s->matrix, NULL, s->n_frames, &p, &m, 1, NULL), FSPEC_OK, "piptrack");
    size_t k = 0;
    int64_t n_loud = 0;
    for (size_t i = 0; i < n; i++)
        if (pitches[i] > 0)
            found[k++] = magnitudes[i];
    qsort(found, k, sizeof *found, compare_floats);
    const float median = k ? (found[(k - 1) / 2] + found[k / 2]) / 2 : 0;
    for (size_t i = 0; i < n; i++)
        if (pitches[i] > 0 && magnitudes[i] >= median)
            loud[n_loud++] = pitches[i];
    double result = -1;
    CHECK_STATUS(fspec_pitch_tuning(loud, n_loud, FSPEC_FLOAT32, s->config.resolution, s->config.bins_per_octave, &result,
                                    n_peaks),
                 FSPEC_OK, "pitch tuning");
    free(pitches);
    free(magnitudes);
    free(found);
    free(loud);
    return result;
}

/* In pieces of random numbers of frames, once or twice; returns how many passes it took. */
static int estimate(const spectra *s, int64_t max_peaks, int32_t n_threads, double *result, int64_t *n_peaks)
{
    fspec_tuning_config config = s->config;
    fspec_tuning *tuning = NULL;
    fspec_call call;
    fspec_status status = FSPEC_AGAIN;
    rng own = {29}, *r = &own; /* threads decide how many passes it takes */
    int passes = 0;
    fspec_call_init(&call);
    call.n_threads = n_threads;
    config.max_peaks = max_peaks;
    REQUIRE(fspec_tuning_create(&config, &tuning) == FSPEC_OK, "create");
    while (status == FSPEC_AGAIN && passes < 3) {
        for (int64_t at = 0, n; at < s->n_frames; at += n) {
            n = rng_int(r, 0, 300);
            n = n > s->n_frames - at ? s->n_frames - at : n;
            const fspec_matrix part = {(char *)s->matrix.data + at * s->matrix.frame_stride, s->matrix.bin_stride,
                                       s->matrix.frame_stride};
            CHECK_STATUS(fspec_tuning_add_spectra(tuning, &part, NULL, n, 1, &call), FSPEC_OK, "add");
        }
        status = fspec_tuning_finish(tuning, result, n_peaks);
        passes++;
    }
    CHECK_STATUS(status, FSPEC_OK, "finish");
    fspec_tuning_free(tuning);
    return passes;
}

static uint64_t tunings(uint64_t hash)
{
    rng r = {25};
    static const double drifts[] = {0, 8, -8};
    for (int round = 0; round < 9; round++) {
        const int64_t rows = rng_int(&r, 2, MOST_ROWS), frames = round < 3 ? MOST_FRAMES : rng_int(&r, 1, MOST_FRAMES);
        spectra s = random_spectra(&r, round < 3 ? MOST_ROWS : rows, frames, drifts[round % 3]);
        int64_t wanted = 0, got = 0;
        double tuning = -1;
        const double expected = expected_tuning(&s, &wanted);
        for (int variant = 0; variant < 4; variant++) {
            const int few = variant & 1, passes = estimate(&s, few ? 1 : 0, variant & 2 ? 3 : 1, &tuning, &got);
            CHECK(tuning == expected && got == wanted, "variant %d: %g from %lld instead of %g from %lld", variant, tuning,
                  (long long)got, expected, (long long)wanted);
            CHECK(passes == 1 || few, "%d passes", passes);
            if (round < 3 && variant == 1)
                CHECK(passes == (drifts[round] == 0 ? 1 : 2), "drift %g: %d passes", drifts[round], passes);
        }
        hash = check_hash(hash, &tuning, sizeof tuning);
        hash = check_hash(hash, &got, sizeof got);
        free(s.values);
    }
    return hash;
}

/* Signals and the spectra of the same plan, by piptrack and by the tuning. */
static uint64_t signals(uint64_t hash)
{
    enum { N = 20000, N_FFT = 256, ROWS = N_FFT / 2 + 1 };
    static float y[2][N];
    rng r = {26};
    fspec_frontend_config f;
    fspec_tuning_config c;
    fspec_frontend *plan = NULL;
    fspec_tuning *t = NULL;
    double results[2];
    int64_t counts[2];
    for (int i = 0; i < N; i++) {
        y[0][i] = (float)rng_uniform(&r, -1, 1);
        y[1][i] = (float)sin(.2 * i) + .1f * y[0][i];
    }
    fspec_frontend_config_init(&f);
    f.output = FSPEC_OUT_SPECTRUM;
    f.power = 1;
    f.n_fft = N_FFT;
    f.hop_length = 100;
    REQUIRE(fspec_frontend_create(&f, &plan) == FSPEC_OK, "plan");
    const int64_t frames = fspec_frontend_n_frames(plan, N);
    const size_t size = (size_t)(ROWS * frames);
    float *S = check_malloc(2 * size * 4), *p = calloc(4 * size, 4), *m = calloc(4 * size, 4);
    REQUIRE(p && m, "memory");
    fspec_tuning_config_init(&c);
    c.n_fft = N_FFT;
    const fspec_signal in[2] = {{y[0], N, 4, FSPEC_FLOAT32, 0}, {y[1], N, 4, FSPEC_FLOAT32, 0}};
    fspec_matrix spectrum[2], pitches[4], magnitudes[4];
    for (size_t i = 0; i < 4; i++) {
        if (i < 2)
            spectrum[i] = (fspec_matrix){S + i * size, 4 * frames, 4};
        pitches[i] = (fspec_matrix){p + i * size, 4 * frames, 4};
        magnitudes[i] = (fspec_matrix){m + i * size, 4 * frames, 4};
    }
    CHECK_STATUS(fspec_frontend_exec(plan, in, spectrum, 2, FSPEC_FLOAT32, NULL), FSPEC_OK, "spectra");
    CHECK_STATUS(fspec_piptrack_signals(&c, plan, in, pitches, magnitudes, 2, NULL), FSPEC_OK, "signals");
    CHECK_STATUS(fspec_piptrack_spectra(&c, spectrum, NULL, frames, pitches + 2, magnitudes + 2, 2, NULL), FSPEC_OK, "spectra");
    CHECK(!memcmp(p, p + 2 * size, 8 * size) && !memcmp(m, m + 2 * size, 8 * size), "signals and spectra differ");
    hash = check_hash(check_hash(hash, p, 8 * size), m, 8 * size);
    REQUIRE(fspec_tuning_create(&c, &t) == FSPEC_OK, "tuning");
    CHECK_STATUS(fspec_tuning_add_signals(t, plan, in, 2, NULL), FSPEC_OK, "signals");
    CHECK_STATUS(fspec_tuning_finish(t, &results[0], &counts[0]), FSPEC_OK, "finish");
    fspec_tuning_reset(t);
    CHECK_STATUS(fspec_tuning_add_spectra(t, spectrum, NULL, frames, 2, NULL), FSPEC_OK, "spectra");
    CHECK_STATUS(fspec_tuning_finish(t, &results[1], &counts[1]), FSPEC_OK, "finish");
    CHECK(results[0] == results[1] && counts[0] == counts[1] && counts[0] > 0, "%g and %g", results[0], results[1]);
    fspec_tuning_free(t);
    fspec_frontend_free(plan);
    free(S);
    free(p);
    free(m);
    return hash;
}

/* ---- failures ----------------------------------------------------------------------------------------------------- */

static long allocations_left, blocks_held;

static void *scarce(size_t bytes, void *user)
{
    (void)user;
    if (allocations_left-- <= 0)
        return NULL;
    blocks_held++;
    return malloc(bytes);
}

static void give_back(void *block, void *user)
{
    (void)user;
    blocks_held -= block != NULL;
    free(block);
}

static void allocation_failures(void)
{
    const fspec_allocator allocator = {scarce, give_back, NULL};
    rng r = {27};
    for (int drift = 0; drift < 2; drift++) {
        spectra s = random_spectra(&r, 70, 500, drift ? 9 : 0);
        fspec_status status = FSPEC_NO_MEMORY;
        s.config.max_peaks = 1;
        fspec_set_allocator(&allocator);
        for (long allowed = 0; status != FSPEC_OK && allowed < 1000; allowed++) {
            fspec_tuning *t = NULL;
            double result;
            int64_t n_peaks;
            allocations_left = allowed;
            status = fspec_tuning_create(&s.config, &t);
            for (int pass = 0; pass < 2 && (pass ? status == FSPEC_AGAIN : status == FSPEC_OK); pass++) {
                status = fspec_tuning_add_spectra(t, &s.matrix, NULL, s.n_frames, 1, NULL);
                if (status == FSPEC_OK)
                    status = fspec_tuning_finish(t, &result, &n_peaks);
            }
            CHECK(status == FSPEC_OK || status == FSPEC_NO_MEMORY, "%s", fspec_status_string(status));
            fspec_tuning_free(t);
            CHECK(blocks_held == 0, "%ld blocks are left", blocks_held);
        }
        fspec_set_allocator(NULL);
        CHECK_STATUS(status, FSPEC_OK, "in the end");
        free(s.values);
    }
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void bad_arguments(void)
{
    rng r = {28};
    spectra s = random_spectra(&r, 33, 40000, 0);
    const fspec_tuning_config good = s.config;
    fspec_tuning *t = NULL;
    fspec_frontend_config f;
    fspec_frontend *plan = NULL;
    fspec_call call;
    double result;
    int64_t n;
    float y[64] = {0};
#define REFUSED(field, value, status) \
    do { \
        fspec_tuning_config bad = good; \
        bad.field = (value); \
        CHECK_STATUS(fspec_tuning_create(&bad, &t), (status), #field); \
        CHECK_STATUS(fspec_piptrack_spectra(&bad, &s.matrix, NULL, 1, &s.matrix, &s.matrix, 1, NULL), (status), #field); \
    } while (0)
    REFUSED(size, 1, FSPEC_BAD_STRUCT);
    REFUSED(precision, (fspec_precision)7, FSPEC_BAD_PRECISION);
    REFUSED(n_fft, 0, FSPEC_BAD_N_FFT);
    REFUSED(n_fft, INT64_MAX, FSPEC_TOO_LARGE);
    REFUSED(n_bins, 1, FSPEC_BAD_ARGUMENT);
    REFUSED(n_bins, INT64_MAX, FSPEC_BAD_ARGUMENT);
    REFUSED(sr, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(sr, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(fmin, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(fmax, NAN, FSPEC_BAD_ARGUMENT);
    REFUSED(threshold, INFINITY, FSPEC_BAD_ARGUMENT);
    REFUSED(ref, INFINITY, FSPEC_BAD_ARGUMENT);
    REFUSED(resolution, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(resolution, 1e-300, FSPEC_BAD_ARGUMENT);
    REFUSED(bins_per_octave, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(max_peaks, -1, FSPEC_BAD_ARGUMENT);
    CHECK_STATUS(fspec_tuning_create(NULL, &t), FSPEC_BAD_ARGUMENT, "no config");
    CHECK_STATUS(fspec_tuning_create(&good, NULL), FSPEC_BAD_ARGUMENT, "no result");
    REQUIRE(fspec_tuning_create(&good, &t) == FSPEC_OK, "create");
    CHECK_STATUS(fspec_tuning_finish(t, &result, &n), FSPEC_OK, "nothing yet");
    CHECK(result == 0 && n == 0, "%g from %lld", result, (long long)n);
    CHECK_STATUS(fspec_tuning_add_spectra(t, NULL, NULL, 1, 1, NULL), FSPEC_BAD_ARGUMENT, "no spectra");
    CHECK_STATUS(fspec_tuning_add_spectra(t, &s.matrix, NULL, -1, 1, NULL), FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(fspec_tuning_add_spectra(t, &s.matrix, NULL, INT64_MAX, 1, NULL), FSPEC_TOO_LARGE, "frames");
    CHECK_STATUS(fspec_tuning_add_spectra(NULL, &s.matrix, NULL, 1, 1, NULL), FSPEC_BAD_ARGUMENT, "no object");
    CHECK_STATUS(fspec_tuning_finish(t, NULL, &n), FSPEC_BAD_ARGUMENT, "no result");
    fspec_frontend_config_init(&f);
    f.n_fft = 64;
    const fspec_signal signal = {y, 64, 4, FSPEC_FLOAT32, 0};
    REQUIRE(fspec_frontend_create(&f, &plan) == FSPEC_OK, "plan");
    CHECK_STATUS(fspec_tuning_add_signals(t, plan, &signal, 1, NULL), FSPEC_BAD_OUTPUT, "complex plan");
    fspec_frontend_free(plan);
    f.output = FSPEC_OUT_SPECTRUM;
    REQUIRE(fspec_frontend_create(&f, &plan) == FSPEC_OK, "plan");
    CHECK_STATUS(fspec_tuning_add_signals(t, plan, &signal, 1, NULL), FSPEC_OK, "good");
    CHECK_STATUS(fspec_tuning_add_signals(t, NULL, &signal, 1, NULL), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_tuning_add_signals(t, plan, NULL, 1, NULL), FSPEC_BAD_ARGUMENT, "no signals");
    y[5] = NAN;
    CHECK_STATUS(fspec_tuning_add_signals(t, plan, &signal, 1, NULL), FSPEC_NOT_FINITE, "NaN");
    const fspec_signal empty = {y, 0, 4, FSPEC_FLOAT32, 0};
    CHECK_STATUS(fspec_tuning_add_signals(t, plan, &empty, 1, NULL), FSPEC_TOO_SHORT, "empty");
    fspec_frontend_free(plan);
    fspec_call_init(&call);
    call.cancel = stop;
    int cancelled = 0;
    for (int i = 0; i < 200 && !cancelled; i++)
        cancelled = fspec_tuning_add_spectra(t, &s.matrix, NULL, s.n_frames, 1, &call) == FSPEC_CANCELLED;
    CHECK(cancelled, "never cancelled");
    CHECK_STATUS(fspec_tuning_finish(t, &result, &n), FSPEC_BAD_ARGUMENT, "cancelled");
    fspec_tuning_reset(t);
    CHECK_STATUS(fspec_tuning_finish(t, &result, &n), FSPEC_OK, "reset");
    fspec_tuning_free(t);
    fspec_tuning_free(NULL);
    fspec_tuning_reset(NULL);
    CHECK_STATUS(fspec_pitch_tuning(y, 64, FSPEC_INT16, .01, 12, &result, &n), FSPEC_BAD_DATA_TYPE, "int16");
    CHECK_STATUS(fspec_pitch_tuning(NULL, 64, FSPEC_FLOAT32, .01, 12, &result, &n), FSPEC_BAD_ARGUMENT, "no frequencies");
    CHECK_STATUS(fspec_pitch_tuning(y, 64, FSPEC_FLOAT32, 0, 12, &result, &n), FSPEC_BAD_ARGUMENT, "resolution");
    fspec_frontend_config_init(&f);
    f.frame_norm = FSPEC_NORM_MAX;
    CHECK_STATUS(fspec_frontend_create(&f, &plan), FSPEC_BAD_NORM, "a norm without bands");
    free(s.values);
}

/* Tiers with fused multiply-add have each other's bits: the first one hands its hash on. */
static void compare_tiers(uint64_t hash, char **argv)
{
    char text[32];
    const char *theirs = getenv("TUNING_HASH"), *tier = fspec_simd_tier();
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    if (theirs && strcmp(tier, "portable") != 0)
        CHECK(!strcmp(text, theirs), "tier %s: %s instead of %s", tier, text, theirs);
    if (!theirs && strcmp(tier, "portable") != 0)
        setenv("TUNING_HASH", text, 1);
    check_other_tiers(argv);
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    each_table(test_peaks);
    each_table(test_pitch_bins);
    each_table(test_dense);
    each_table(test_norms);
    allocation_failures();
    bad_arguments();
    compare_tiers(signals(tunings(CHECK_HASH_START)), argv);
    return check_done();
}
