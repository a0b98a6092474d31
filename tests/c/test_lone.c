/* Single frames: their kernels give the bits of the wide and of the narrow ones, for every size that has them, and so do calls of
 * few frames, streams and given spectra. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

#include "fft_lone.h"
#include "filterbank.h"
#include "frontend.h"
#include "parallel.h"

enum { MOST_FRAMES = 40, SOME_FRAMES = 5 };

/* The same bits, or both not a number. */
static int alike(const void *a_, const void *b_, size_t n, int is_double)
{
    for (size_t i = 0; i < n; i++) {
        const size_t size = is_double ? 8 : 4;
        const char *a = (const char *)a_ + i * size, *b = (const char *)b_ + i * size;
        const double x = is_double ? ((const double *)a_)[i] : (double)((const float *)a_)[i];
        const double y = is_double ? ((const double *)b_)[i] : (double)((const float *)b_)[i];
        if (memcmp(a, b, size) && !(isnan(x) && isnan(y)))
            return 0;
    }
    return 1;
}

static fspec_dtype real_type(const fspec_frontend_config *c) { return c->precision == FSPEC_DOUBLE ? FSPEC_FLOAT64 : FSPEC_FLOAT32; }

/* ---- the FFT ------------------------------------------------------------------------------------------------------ */

typedef enum material { NOISE, SPARSE, SILENCE, IMPULSE, TINY, HUGE_VALUES, MATERIALS } material;

static double material_value(rng *r, material kind, int64_t i, int is_double)
{
    const double x = rng_uniform(r, -1, 1);
    switch (kind) {
    case SPARSE: return rng_int(r, 0, 6) ? rng_int(r, 0, 1) ? 0.0 : -0.0 : (double)rng_int(r, -2, 2);
    case SILENCE: return rng_int(r, 0, 1) ? 0.0 : -0.0;
    case IMPULSE: return i == 3 ? 1 : 0;
    case TINY: return x * (is_double ? 0x1p-1020 : 0x1p-124);
    case HUGE_VALUES: return x * (is_double ? 0x1p1022 : 0x1p126);
    default: return x;
    }
}

/* One frame by the lanes of table k, of which it takes lane 1, and by itself. */
static void test_transform(rng *r, int64_t n, int is_double, material kind)
{
    const size_t size = is_double ? 8 : 4, n_bins = (size_t)n / 2 + 1;
    double *window = random_doubles(r, n, kind == SPARSE ? 0 : -1, 1);
    char *x = check_malloc((size_t)n * size), *got = check_malloc(2 * n_bins * size), *want = check_malloc(2 * n_bins * size);
    fs_lanes *lanes = NULL;
    fs_lone *lone = NULL;
    fs_arena arena = {0};
    fs_lanes_desk d, e;
    window[0] = 0;
    REQUIRE(fs_lanes_create(n, n, is_double, window, &lanes) == FSPEC_OK && fs_lone_create(lanes, &lone) == FSPEC_OK, "%d", (int)n);
    const fs_kernels *wide = lanes->kernels, *tables[] = {wide, wide->narrow};
    CHECK(lone || n % 16 || n < 128, "no kernels for single frames of %d", (int)n);
    for (int64_t i = 0; i < n; i++)
        put_sample(x + (size_t)i * size, is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0, material_value(r, kind, i, is_double));
    for (int round = 0; lone && round < 4; round++) {
        const fs_kernels *k = tables[round / 2];
        const int as_power = round % 2;
        const size_t parts = as_power ? 1 : 2;
        const void *frames[FS_MAX_LANES];
        void *block = NULL;
        for (size_t i = 0; i < FS_MAX_LANES; i++)
            frames[i] = x;
        for (int pass = 0; pass < 2; pass++) { /* of the arena */
            arena.used = 0;
            fs_lanes_take(lanes, &arena, 1, &d);
            fs_lone_take(lone, &arena, &e);
            block = fs_take(&arena, 2 * (int64_t)(n_bins * wide->lanes), size);
            if (!pass)
                arena.base = fs_alloc(arena.used);
        }
        REQUIRE(arena.base, "memory");
        const fs_fpenv env = fs_fpenv_enter();
        k->fft_gather(d.panel, frames, (size_t)n, lanes->kernels->lanes);
        fs_lanes_forward(lanes, k, &d, 0, block, as_power);
        fs_lone_forward(lone, &e, x, got, as_power);
        fs_fpenv_leave(env);
        for (size_t i = 0; i < parts * n_bins; i++)
            memcpy(want + i * size, (char *)block + (i * k->lanes + 1) * size, size);
        CHECK(alike(got, want, parts * n_bins, is_double), "%s: n %d, double %d, power %d, %zu lanes, material %d", wide->tier, (int)n, is_double,
              as_power, k->lanes, (int)kind);
        fs_free(arena.base);
        arena.base = NULL;
    }
    fs_lone_free(lone);
    fs_lanes_free(lanes);
    free(window);
    free(x);
    free(got);
    free(want);
}

static void test_transforms(rng *r)
{
    static const int64_t large[] = {4608, 6000, 8192, 10000, 16384, 30000, 65536};
    for (int is_double = 0; is_double < 2; is_double++) {
        for (int64_t n = FS_LANES_LEAST; n <= (CHECK_SANITIZED ? 1200 : 4096); n += 2)
            for (int kind = 0; fs_lanes_has(n) && kind < MATERIALS; kind++)
                test_transform(r, n, is_double, (material)kind);
        for (size_t i = 0; i < sizeof large / sizeof *large; i++)
            test_transform(r, large[i], is_double, i % 2 ? SPARSE : NOISE);
    }
}

/* ---- bands -------------------------------------------------------------------------------------------------------- */

/* Bands of any shape, of values of any kind, against the lanes. */
static void test_bands(rng *r)
{
    for (int round = 0; round < 600; round++) {
        const int is_double = round % 2, kind = round / 2 % 4;
        const fs_kernels *wide = fs_kernels_for(is_double), *one = wide->lone;
        const size_t size = wide->real_size, lanes = wide->lanes;
        const int64_t rows = rng_int(r, 1, 40), columns = rng_int(r, 9, 300);
        double *matrix = random_bands(r, rows, columns);
        /* Narrow ones, as mel bands are, which are done four at a time; the last may end with the last column. */
        for (int64_t i = 0; i < rows && kind > 0; i++) {
            const int64_t first = rng_int(r, 0, columns - 1), last = first + rng_int(r, -1, 9);
            for (int64_t j = 0; j < columns; j++)
                matrix[i * columns + j] = j >= first && j <= last ? rng_uniform(r, kind == 3 ? -1 : 0.01, 1) : 0;
        }
        fs_bands bands;
        REQUIRE(fs_bands_create(matrix, rows, columns, is_double, &bands) == FSPEC_OK && fs_bands_pack(&bands, is_double) == FSPEC_OK, "bands");
        CHECK(bands.quads || bands.dense || kind == 0 || rows < 12 || columns < 16, "rows of at most 10 columns were not packed");
        char *x = check_malloc((size_t)(columns + 4) * size), *out = check_malloc((size_t)rows * size), *want = check_malloc((size_t)rows * size);
        char *block = fs_alloc((size_t)columns * lanes * size), *result = fs_alloc((size_t)rows * lanes * size);
        REQUIRE(block && result, "memory");
        for (int64_t j = 0; j < columns + 4; j++) {
            const int special = kind == 2 && rng_int(r, 0, 60) == 0;
            double v = j >= columns ? 0 : kind == 3 ? rng_uniform(r, -1, 1) : pow(10, rng_uniform(r, -30, 3));
            if (special && j < columns)
                v = rng_int(r, 0, 1) ? INFINITY : rng_int(r, 0, 1) ? -INFINITY : (double)NAN;
            if (kind == 3 && j < columns && rng_int(r, 0, 2))
                v = rng_int(r, 0, 1) ? -0.0 : 0.0;
            put_sample(x + (size_t)j * size, is_double ? FSPEC_FLOAT64 : FSPEC_FLOAT32, 0, v);
            for (size_t lane = 0; j < columns && lane < lanes; lane++)
                memcpy(block + ((size_t)j * lanes + lane) * size, x + (size_t)j * size, size);
        }
        const fs_fpenv env = fs_fpenv_enter();
        wide->project(result, block, &bands);
        one->project(out, x, &bands);
        fs_fpenv_leave(env);
        for (int64_t i = 0; i < rows; i++)
            memcpy(want + (size_t)i * size, result + (size_t)i * lanes * size, size);
        CHECK(alike(out, want, (size_t)rows, is_double), "bands: double %d, kind %d, %d x %d%s", is_double, kind, (int)rows, (int)columns,
              bands.dense ? ", dense" : "");
        fs_bands_free(&bands);
        fs_free(block);
        fs_free(result);
        free(matrix);
        free(x);
        free(out);
        free(want);
    }
}

/* ---- whole front ends --------------------------------------------------------------------------------------------- */

/* Stages of speech besides those of plan_case_make. */
static void add_speech(rng *r, fspec_frontend_config *g)
{
    if (g->output == FSPEC_OUT_COMPLEX)
        return;
    g->remove_dc = (int32_t)rng_int(r, 0, 1);
    g->preemphasis = rng_int(r, 0, 1) ? 0.97 : 0;
    g->preemphasis_signal = rng_int(r, 0, 3) == 0;
    g->frame_length = rng_int(r, 0, 1) ? rng_int(r, 1, g->n_fft) : 0;
    g->magnitude_eps = rng_int(r, 0, 3) ? 0 : 1e-6;
    if (g->output >= FSPEC_OUT_BANDS) {
        g->energy = (fspec_energy)rng_int(r, 0, FSPEC_ENERGY_WINDOWED);
        g->energy_last = (int32_t)rng_int(r, 0, 1);
        g->log_add = g->log != FSPEC_LOG_NONE && rng_int(r, 0, 2) == 0 ? 1e-3 : 0;
    }
    if (g->output == FSPEC_OUT_BANDS && g->top_db < 0 && !g->ref_max && rng_int(r, 0, 2) == 0)
        g->frame_norm = FSPEC_NORM_P;
}

/* The front ends of a single frame's kernels. */
static fspec_frontend *lone_plan(rng *r, plan_case *c, fspec_output output, int speech)
{
    static const int64_t sizes[] = {16, 32, 48, 64, 80, 128, 160, 200, 256, 300, 320, 400, 480, 512, 600};
    for (;;) {
        fspec_frontend *plan = NULL;
        plan_case_make(r, c, output, 400);
        free(c->window);
        free(c->bands);
        free(c->dct);
        fspec_frontend_config *g = &c->config;
        g->n_fft = PICK(r, sizes);
        g->hop_length = rng_int(r, 0, 3) ? rng_int(r, 1, g->n_fft) : rng_int(r, 1, 3 * g->n_fft);
        g->engine = FSPEC_ENGINE_LANES;
        g->window = c->window = random_doubles(r, g->n_fft, -1, 1);
        c->bands = c->dct = NULL;
        if (output >= FSPEC_OUT_BANDS)
            g->bands = c->bands = random_bands(r, g->n_bands, plan_case_bins(c));
        if (output == FSPEC_OUT_CEPSTRUM)
            g->dct = c->dct = random_doubles(r, (g->n_ceps = rng_int(r, 1, 70)) * g->n_bands, -1, 1);
        if (speech)
            add_speech(r, g);
        const fspec_status status = fspec_frontend_create(g, &plan);
        REQUIRE(status == FSPEC_OK, "%s: %s", fspec_status_string(status), plan_case_text(c));
        if (plan->lone)
            return plan;
        fspec_frontend_free(plan);
        plan_case_free(c);
    }
}

static void same_columns(const grid *whole, int64_t from, const grid *part, int is_double, const char *what, const plan_case *c)
{
    const size_t values = (size_t)grid_size(part->dtype) / (is_double ? 8 : 4);
    int64_t wrong = 0;
    for (int64_t t = 0; t < part->columns; t++)
        for (int64_t row = 0; row < part->rows; row++)
            wrong += !alike(grid_at(whole, row, from + t), grid_at(part, row, t), values, is_double);
    CHECK(!wrong, "%s: %d values of %d differ, frames %d ...: %s", what, (int)wrong, (int)(part->rows * part->columns), (int)from,
          plan_case_text(c));
}

/* Crops of one frame and of some, anywhere in the signal, as they are in the whole. */
static void test_crops(rng *r, fspec_output output, int round)
{
    plan_case c;
    fspec_frontend *plan = lone_plan(r, &c, output, round % 2);
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    fspec_frontend_config g = c.config;
    const int is_double = g.precision == FSPEC_DOUBLE;
    fspec_frontend_free(plan);
    g.center = 0;
    g.top_db = -1; /* what depends on other frames */
    g.ref_max = 0;
    g.preemphasis_signal = 0;
    if (g.output == FSPEC_OUT_COMPLEX)
        g.preemphasis = 0;
    REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
    const int64_t rows = fspec_frontend_n_bins(plan), length = g.frame_length ? g.frame_length : g.n_fft;
    samples s = samples_make(r, length + (MOST_FRAMES - 1) * g.hop_length, PICK(r, types), (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
    const fspec_dtype type = out_type(&c, (int)rng_int(r, 0, 1));
    grid whole = grid_make(rows, MOST_FRAMES, type, BINS_CONTIGUOUS);
    CHECK_STATUS(fspec_frontend_exec(plan, &s.signal, &whole.matrix, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
    for (int64_t n = 1; n <= SOME_FRAMES; n++)
        for (int64_t i = 0; i < (n == 1 ? MOST_FRAMES : 4); i++) {
            const int64_t from = n == 1 ? i : rng_int(r, 0, MOST_FRAMES - n);
            grid part = grid_make(rows, n, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
            /* In a block of its own that ends with the last sample. */
            samples crop = samples_of(s.values + from * g.hop_length, length + (n - 1) * g.hop_length, s.signal.dtype,
                                      (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
            CHECK_STATUS(fspec_frontend_exec(plan, &crop.signal, &part.matrix, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
            same_columns(&whole, from, &part, is_double && (type == FSPEC_FLOAT64 || type == FSPEC_COMPLEX128), "crop", &c);
            CHECK(grid_gaps_untouched(&part), "crop: written between the elements");
            samples_free(&crop);
            grid_free(&part);
        }
    grid_free(&whole);
    samples_free(&s);
    fspec_frontend_free(plan);
    plan_case_free(&c);
}

/* Short signals with all their edges and top_db, in one call and each in its own; and with scratch of the size that is told. */
static void test_short_signals(rng *r, fspec_output output, int round)
{
    enum { SIGNALS = 19 };
    plan_case c;
    fspec_frontend *plan = lone_plan(r, &c, output, round % 2);
    const fspec_frontend_config *g = &c.config;
    const int64_t rows = fspec_frontend_n_bins(plan), length = g->frame_length ? g->frame_length : g->n_fft;
    const fspec_dtype type = out_type(&c, g->precision == FSPEC_DOUBLE);
    samples s[SIGNALS];
    grid all[SIGNALS];
    fspec_signal signals[SIGNALS];
    fspec_matrix m[SIGNALS];
    int64_t total = 0;
    for (int i = 0; i < SIGNALS; i++) {
        const int64_t n = g->center ? rng_int(r, 1, 3 * g->hop_length) : length + rng_int(r, 0, 3) * g->hop_length;
        s[i] = samples_make(r, n, round % 3 ? FSPEC_FLOAT32 : FSPEC_INT16, CONTIGUOUS);
        signals[i] = s[i].signal;
        all[i] = grid_make(rows, fspec_frontend_n_frames(plan, n), type, BINS_CONTIGUOUS);
        m[i] = all[i].matrix;
        total += all[i].columns;
    }
    CHECK_STATUS(fspec_frontend_exec(plan, signals, m, SIGNALS, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
    size_t before = 0;
    for (int64_t n = 1; n <= total; n++) {
        const size_t bytes = fspec_frontend_scratch(plan, SIGNALS, n, 1);
        CHECK(bytes >= before && bytes > 0, "%d frames need %zu bytes, one less %zu: %s", (int)n, bytes, before, plan_case_text(&c));
        before = bytes;
    }
    for (int i = 0; i < SIGNALS; i++) {
        grid one = grid_make(rows, all[i].columns, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        fspec_call call;
        fspec_call_init(&call);
        call.scratch_size = fspec_frontend_scratch(plan, 1, one.columns, 1);
        call.scratch = check_malloc(call.scratch_size);
        memset(call.scratch, 0xff, call.scratch_size); /* NaN */
        CHECK_STATUS(fspec_frontend_exec(plan, &signals[i], &one.matrix, 1, type, &call), FSPEC_OK, "%s", plan_case_text(&c));
        same_columns(&all[i], 0, &one, g->precision == FSPEC_DOUBLE, "short signal", &c);
        free(call.scratch);
        grid_free(&one);
        grid_free(&all[i]);
        samples_free(&s[i]);
    }
    fspec_frontend_free(plan);
    plan_case_free(&c);
}

/* A frame for each push, with dither, which goes by the frame's number. */
static void test_streams(rng *r, fspec_output output, int round)
{
    plan_case c;
    fspec_frontend *plan = lone_plan(r, &c, output, round % 2);
    fspec_frontend_config g = c.config;
    fspec_stream *stream = NULL;
    int64_t written = 0, at = 0, frames = 0;
    fspec_frontend_free(plan);
    g.top_db = -1;
    g.ref_max = 0;
    g.dither = output != FSPEC_OUT_COMPLEX && round % 4 ? 0.1 : 0;
    REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
    const int64_t rows = fspec_frontend_n_bins(plan), length = g.frame_length ? g.frame_length : g.n_fft;
    const int64_t n = length + (MOST_FRAMES - 1) * g.hop_length, total = fspec_frontend_n_frames(plan, n);
    const fspec_dtype type = out_type(&c, g.precision == FSPEC_DOUBLE);
    samples s = samples_make(r, n, FSPEC_FLOAT32, CONTIGUOUS);
    grid whole = grid_make(rows, total, type, BINS_CONTIGUOUS), got = grid_make(rows, total, type, BINS_CONTIGUOUS);
    CHECK_STATUS(fspec_frontend_exec(plan, &s.signal, &whole.matrix, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
    REQUIRE(fspec_stream_create(plan, 1, &stream) == FSPEC_OK, "%s", plan_case_text(&c));
    while (at < n) {
        const int64_t part = n - at < g.hop_length ? n - at : g.hop_length;
        const fspec_signal chunk = {(const char *)s.signal.data + at * s.signal.stride, part, s.signal.stride, s.signal.dtype, 0};
        fspec_matrix m = got.matrix;
        m.data = grid_at(&got, 0, frames);
        CHECK_STATUS(fspec_stream_push(stream, &chunk, &m, type, NULL, &written), FSPEC_OK, "%s", plan_case_text(&c));
        frames += written;
        at += part;
    }
    fspec_matrix m = got.matrix;
    m.data = grid_at(&got, 0, frames);
    CHECK_STATUS(fspec_stream_flush(stream, &m, type, NULL, &written), FSPEC_OK, "%s", plan_case_text(&c));
    CHECK(frames + written == total, "%d frames of %d", (int)(frames + written), (int)total);
    same_columns(&whole, 0, &got, g.precision == FSPEC_DOUBLE, "stream", &c);
    fspec_stream_free(stream);
    grid_free(&whole);
    grid_free(&got);
    samples_free(&s);
    fspec_frontend_free(plan);
    plan_case_free(&c);
}

/* Given powers, of which some are what no spectrum holds. */
static void test_spectra(rng *r, fspec_output output)
{
    plan_case c;
    fspec_frontend *plan = lone_plan(r, &c, output, 0);
    fspec_frontend_config g = c.config;
    fspec_frontend_free(plan);
    g.top_db = -1;
    g.ref_max = 0;
    REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
    const int64_t rows = fspec_frontend_n_bins(plan), bins = plan_case_bins(&c);
    const fspec_dtype type = real_type(&g);
    grid powers = grid_make(bins, MOST_FRAMES, type, BINS_CONTIGUOUS), whole = grid_make(rows, MOST_FRAMES, type, BINS_CONTIGUOUS);
    static const double odd[] = {0.0, -0.0, -1, INFINITY, -INFINITY, NAN};
    for (int64_t t = 0; t < MOST_FRAMES; t++)
        for (int64_t k = 0; k < bins; k++)
            grid_put(&powers, k, t, 0, t % 3 == 0 && rng_int(r, 0, 30) == 0 ? PICK(r, odd) : pow(10, rng_uniform(r, -9, 3)));
    CHECK_STATUS(fspec_frontend_exec_spectra(plan, &powers.matrix, type, MOST_FRAMES, &whole.matrix, 1, type, NULL), FSPEC_OK, "%s",
                 plan_case_text(&c));
    for (int64_t t = 0; t < MOST_FRAMES; t++) {
        grid one = grid_make(rows, 1, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        fspec_matrix m = powers.matrix;
        m.data = grid_at(&powers, 0, t);
        CHECK_STATUS(fspec_frontend_exec_spectra(plan, &m, type, 1, &one.matrix, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
        same_columns(&whole, t, &one, g.precision == FSPEC_DOUBLE, "spectra", &c);
        grid_free(&one);
    }
    grid_free(&powers);
    grid_free(&whole);
    fspec_frontend_free(plan);
    plan_case_free(&c);
}

int main(int argc, char **argv)
{
    (void)argc;
    check_tier();
    rng r = {20261122};
    const int rounds = 60 / CHECK_SLOWDOWN;
    test_transforms(&r);
    test_bands(&r);
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++)
        for (int i = 0; i < rounds; i++) {
            test_crops(&r, (fspec_output)output, i);
            test_short_signals(&r, (fspec_output)output, i);
            test_streams(&r, (fspec_output)output, i);
            if (output >= FSPEC_OUT_BANDS)
                test_spectra(&r, (fspec_output)output);
        }
    printf("    %s: %d random plans per output\n", fspec_simd_tier(), rounds);
    check_other_tiers(argv);
    return check_done();
}
