/* Several features of the same frames: the bits of each alone, by any number of threads, of any signals, in streams and in parts,
 * in any layout; failing allocations; refusals. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

enum { MOST = 9, MOST_SIGNALS = 3, LONGEST = 3000 };

/* Random features of one kind of frames. */
typedef struct set {
    plan_case frames_case, cases[MOST];
    fspec_frontend *frames, *plans[MOST];
    fspec_spectral *spectral[MOST];
    fspec_frames_config samples[MOST];
    fspec_feature features[MOST];
    fspec_dtype dtypes[MOST];
    int64_t n;
    int needs_all;
    fspec_features *made;
} set;

static void share(const plan_case *from, plan_case *to)
{
    const fspec_frontend_config *f = &from->config;
    fspec_frontend_config *g = &to->config;
    free(to->window);
    to->window = NULL;
    g->precision = f->precision;
    g->engine = f->engine;
    g->hop_length = f->hop_length;
    g->center = f->center;
    g->pad_mode = f->pad_mode;
    g->librosa_tail = f->librosa_tail;
    g->input_scale = f->input_scale;
    g->window = f->window;
}

/* A plan of any output on the same frames: drawn until the size is right. */
static void draw_plan(rng *r, set *s, int64_t i)
{
    plan_case *c = &s->cases[i];
    const fspec_output output = (fspec_output)rng_int(r, 0, FSPEC_OUT_CEPSTRUM);
    for (;;) {
        plan_case_make(r, c, output, s->frames_case.config.n_fft);
        if (c->config.n_fft == s->frames_case.config.n_fft)
            break;
        plan_case_free(c);
    }
    share(&s->frames_case, c);
    if (i > 0 && s->plans[i - 1] && output >= FSPEC_OUT_BANDS && s->cases[i - 1].bands && rng_int(r, 0, 1)) {
        /* The same bands and power, so that the product is shared. */
        const fspec_frontend_config *before = &s->cases[i - 1].config;
        const size_t bytes = (size_t)(before->n_bands * plan_case_bins(c)) * sizeof(double);
        free(c->bands);
        c->config.bands = c->bands = memcpy(check_malloc(bytes), before->bands, bytes);
        c->config.n_bands = before->n_bands;
        c->config.power = before->power;
        if (output == FSPEC_OUT_CEPSTRUM) {
            free(c->dct);
            c->config.dct = c->dct = random_doubles(r, c->config.n_ceps * c->config.n_bands, -1, 1);
        }
    }
    REQUIRE(fspec_frontend_create(&c->config, &s->plans[i]) == FSPEC_OK, "%s", plan_case_text(c));
    s->features[i].plan = s->plans[i];
    s->needs_all |= c->config.top_db >= 0 || c->config.ref_max;
    s->dtypes[i] = out_type(c, (int)rng_int(r, 0, 1));
}

static void draw_statistic(rng *r, set *s, int64_t i)
{
    const int64_t bins = plan_case_bins(&s->frames_case);
    double *values = random_doubles(r, 2 * bins, 0, 1);
    const int64_t begin[2] = {0, bins / 2}, end[2] = {bins, bins}, count[2] = {1, bins - bins / 2};
    fspec_spectral_config c;
    fspec_spectral_config_init(&c);
    c.kind = (fspec_spectral_kind)rng_int(r, 0, FSPEC_SPECTRAL_RMS);
    c.precision = s->frames_case.config.precision;
    c.n_bins = bins;
    c.frequencies = c.weights = values;
    c.n_rows = c.kind == FSPEC_SPECTRAL_RMS ? 1 : 2;
    c.band_begin = begin;
    c.band_end = end;
    c.band_count = count;
    REQUIRE(fspec_spectral_create(&c, &s->spectral[i]) == FSPEC_OK, "kind %d", (int)c.kind);
    s->features[i].spectral = s->spectral[i];
    s->features[i].power = rng_int(r, 0, 1) ? 1 : s->frames_case.config.power;
    s->dtypes[i] = rng_int(r, 0, 1) ? FSPEC_FLOAT32 : FSPEC_FLOAT64;
    free(values);
}

static void draw_samples(rng *r, set *s, int64_t i)
{
    const fspec_frontend_config *f = &s->frames_case.config;
    fspec_frames_config *c = &s->samples[i];
    fspec_frames_config_init(c);
    c->frame_length = f->n_fft;
    c->hop_length = f->hop_length;
    c->pad_left = c->pad_right = f->center ? f->n_fft / 2 : 0;
    c->pad_mode = rng_int(r, 0, 1) ? FSPEC_PAD_EDGE : f->pad_mode;
    c->crossings = (int32_t)rng_int(r, 0, 1);
    s->features[i].samples = c;
    s->dtypes[i] = rng_int(r, 0, 1) ? FSPEC_FLOAT32 : FSPEC_FLOAT64;
}

static void set_make(rng *r, set *s)
{
    memset(s, 0, sizeof *s);
    plan_case_make(r, &s->frames_case, rng_int(r, 0, 3) ? FSPEC_OUT_SPECTRUM : FSPEC_OUT_COMPLEX, 260);
    REQUIRE(fspec_frontend_create(&s->frames_case.config, &s->frames) == FSPEC_OK, "%s", plan_case_text(&s->frames_case));
    s->n = rng_int(r, 1, MOST);
    for (int64_t i = 0; i < s->n; i++) {
        const int64_t kind = rng_int(r, 0, 6);
        fspec_feature_init(&s->features[i]);
        if (kind < 4)
            draw_plan(r, s, i);
        else if (kind < 6)
            draw_statistic(r, s, i);
        else
            draw_samples(r, s, i);
    }
    CHECK_STATUS(fspec_features_create(s->frames, s->features, s->n, &s->made), FSPEC_OK, "%s", plan_case_text(&s->frames_case));
    REQUIRE(s->made, "features");
}

static void set_free(set *s)
{
    fspec_features_free(s->made);
    for (int64_t i = 0; i < s->n; i++) {
        plan_case_free(&s->cases[i]);
        fspec_frontend_free(s->plans[i]);
        fspec_spectral_free(s->spectral[i]);
    }
    fspec_frontend_free(s->frames);
    plan_case_free(&s->frames_case);
}

/* What feature i alone gives for one signal. */
static fspec_status alone(const set *s, int64_t i, const fspec_signal *signal, const fspec_matrix *out)
{
    fspec_frontend *plan = NULL;
    fspec_signal scaled = *signal;
    double *values = NULL;
    fspec_status status;
    if (s->plans[i])
        return fspec_frontend_exec(s->plans[i], signal, out, 1, s->dtypes[i], NULL);
    if (s->spectral[i]) {
        fspec_frontend_config c = s->frames_case.config;
        c.output = FSPEC_OUT_SPECTRUM;
        c.power = s->features[i].power;
        REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK, "plan");
        status = fspec_spectral_exec(s->spectral[i], plan, signal, NULL, out, 1, s->dtypes[i], NULL);
        fspec_frontend_free(plan);
        return status;
    }
    /* Of the samples as the plan has them. */
    const int wide = s->frames_case.config.precision == FSPEC_DOUBLE;
    values = check_malloc((size_t)signal->n_samples * sizeof *values);
    for (int64_t k = 0; k < signal->n_samples; k++) {
        const char *p = (const char *)signal->data + k * signal->stride;
        const double factor = signal->dtype == FSPEC_INT16 ? s->frames_case.config.input_scale : 1;
        double x = 0;
        float narrow = 0;
        int16_t small = 0;
        if (signal->dtype == FSPEC_FLOAT64)
            memcpy(&x, p, 8);
        else if (signal->dtype == FSPEC_FLOAT32)
            x = (double)(memcpy(&narrow, p, 4), narrow);
        else
            memcpy(&small, p, 2), x = wide ? small * factor : (double)((float)small * (float)factor);
        if (wide)
            values[k] = x;
        else
            ((float *)values)[k] = (float)x;
    }
    scaled.data = values;
    scaled.stride = wide ? 8 : 4;
    scaled.dtype = wide ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
    status = fspec_frames_exec(&s->samples[i], &scaled, out, 1, s->dtypes[i], NULL);
    free(values);
    return status;
}

/* Every feature of some signals beside each alone: at once, by any number of threads; in parts; in a stream. */
static void test_set(rng *r)
{
    set s;
    samples y[MOST_SIGNALS];
    grid want[MOST * MOST_SIGNALS], got[MOST * MOST_SIGNALS];
    fspec_signal signals[MOST_SIGNALS];
    fspec_matrix out[MOST * MOST_SIGNALS];
    const fspec_dtype dtypes[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    const fspec_dtype dtype = PICK(r, dtypes);
    const int64_t n_signals = rng_int(r, 1, MOST_SIGNALS), same = rng_int(r, 0, 1) ? rng_int(r, 260, LONGEST) : 0;
    fspec_call call;
    set_make(r, &s);
    const char *text = plan_case_text(&s.frames_case);
    for (int64_t k = 0; k < n_signals; k++) {
        y[k] = samples_make(r, same ? same : rng_int(r, 260, LONGEST), dtype, CONTIGUOUS);
        signals[k] = y[k].signal;
        const int64_t frames = fspec_frontend_n_frames(s.frames, signals[k].n_samples);
        for (int64_t i = 0; i < s.n; i++) {
            const int64_t rows = fspec_features_n_rows(s.made, i), at = i * n_signals + k;
            want[at] = grid_make(rows, frames, s.dtypes[i], (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
            got[at] = grid_make(rows, frames, s.dtypes[i], (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
            out[at] = got[at].matrix;
            CHECK_STATUS(alone(&s, i, &signals[k], &want[at].matrix), FSPEC_OK, "alone: %s", text);
        }
    }
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 1, 4);
    CHECK_STATUS(fspec_features_exec(s.made, signals, out, n_signals, s.dtypes, &call), FSPEC_OK, "%s", text);
    for (int64_t at = 0; at < s.n * n_signals; at++) {
        CHECK(grid_equal(&want[at], &got[at]), "feature %d of %d is not what it is alone: %s", (int)(at / n_signals), (int)s.n, text);
        CHECK(grid_gaps_untouched(&got[at]), "written between the elements");
    }
    CHECK(fspec_features_memory(s.made, n_signals, signals[0].n_samples, call.n_threads) > 0, "memory");
    CHECK(fspec_features_flops(s.made, signals[0].n_samples) > 0, "operations");
    fspec_stream *stream = NULL;
    const int64_t n = signals[0].n_samples, frames = want[0].columns;
    if (s.needs_all) {
        const fspec_part part = {signals[0], 0, n, 0, 1};
        CHECK_STATUS(fspec_features_exec_part(s.made, &part, out, 1, s.dtypes, &call), FSPEC_NOT_STREAMABLE, "a part");
        CHECK_STATUS(fspec_features_stream_create(s.made, 1, &stream), FSPEC_NOT_STREAMABLE, "a stream");
    } else {
        /* A part of the first signal, alone. */
        int64_t begin, end, done = 0, count, first = rng_int(r, 0, frames - 1), part_frames = rng_int(r, 0, frames - first);
        fspec_matrix some[MOST];
        REQUIRE(fspec_frontend_needs(s.frames, n, first, part_frames, &begin, &end) == FSPEC_OK, "needs");
        fspec_part part = {signals[0], begin, n, first, part_frames};
        part.signal.data = (const char *)part.signal.data + begin * part.signal.stride;
        part.signal.n_samples = end - begin;
        for (int64_t i = 0; i < s.n; i++) {
            some[i] = got[i * n_signals].matrix;
            some[i].data = grid_at(&got[i * n_signals], 0, first);
        }
        CHECK_STATUS(fspec_features_exec_part(s.made, &part, some, 1, s.dtypes, &call), FSPEC_OK, "%s", text);
        for (int64_t i = 0; i < s.n; i++)
            for (int64_t t = first; t < first + part_frames; t++)
                for (int64_t row = 0; row < want[i * n_signals].rows; row++)
                    CHECK(!memcmp(grid_at(&want[i * n_signals], row, t), grid_at(&got[i * n_signals], row, t),
                                  (size_t)grid_size(s.dtypes[i])), "feature %d in a part: %s", (int)i, text);
        for (int64_t i = 0; i < s.n; i++)
            (void)grid_gaps_untouched(&got[i * n_signals]);
        /* A stream of the first signal, a copy of which goes on half way. */
        REQUIRE(fspec_features_stream_create(s.made, 1, &stream) == FSPEC_OK, "stream");
        for (int64_t at = 0, m; at < n; at += m) {
            fspec_signal chunk = signals[0];
            m = rng_int(r, 0, 2 * s.frames_case.config.hop_length + 40);
            m = m < n - at ? m : n - at;
            chunk.data = (const char *)chunk.data + at * chunk.stride;
            chunk.n_samples = m;
            for (int64_t i = 0; i < s.n; i++) {
                some[i] = got[i * n_signals].matrix;
                some[i].data = (char *)some[i].data + done * some[i].frame_stride;
            }
            if (at > n / 2 && rng_int(r, 0, 9) == 0) {
                fspec_stream *copy = NULL;
                REQUIRE(fspec_stream_copy(stream, &copy) == FSPEC_OK, "copy");
                fspec_stream_free(stream);
                stream = copy;
            }
            const int64_t ready = fspec_stream_ready(stream, m);
            REQUIRE(fspec_features_push(stream, &chunk, some, s.dtypes, rng_int(r, 0, 1) ? &call : NULL, &count) == FSPEC_OK, "push");
            CHECK(count == ready, "%d frames, not %d", (int)count, (int)ready);
            done += count;
        }
        for (int64_t i = 0; i < s.n; i++) {
            some[i] = got[i * n_signals].matrix;
            some[i].data = (char *)some[i].data + done * some[i].frame_stride;
        }
        CHECK(fspec_stream_pending(stream) == frames - done, "pending");
        REQUIRE(fspec_features_flush(stream, some, s.dtypes, NULL, &count) == FSPEC_OK, "flush");
        CHECK(done + count == frames, "%d frames, not %d", (int)(done + count), (int)frames);
        for (int64_t i = 0; i < s.n; i++)
            CHECK(grid_equal(&want[i * n_signals], &got[i * n_signals]), "feature %d of %d in a stream: %s", (int)i, (int)s.n, text);
        fspec_stream_free(stream);
    }
    for (int64_t at = 0; at < s.n * n_signals; at++) {
        grid_free(&want[at]);
        grid_free(&got[at]);
    }
    for (int64_t k = 0; k < n_signals; k++)
        samples_free(&y[k]);
    set_free(&s);
}

/* ---- refusals and memory ---------------------------------------------------------------------------------------------- */

static _Atomic long live, allocated, fail_at;

static void *allocate(size_t bytes, void *user)
{
    (void)user;
    if (++allocated == fail_at)
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

/* A spectrum of 32 samples every 16, by way of `change`. */
static fspec_frontend *small_plan(void (*change)(fspec_frontend_config *))
{
    fspec_frontend_config c;
    fspec_frontend *plan = NULL;
    fspec_frontend_config_init(&c);
    c.output = FSPEC_OUT_SPECTRUM;
    c.n_fft = 32;
    c.hop_length = 16;
    if (change)
        change(&c);
    REQUIRE(fspec_frontend_create(&c, &plan) == FSPEC_OK, "plan");
    return plan;
}

static void other_hop(fspec_frontend_config *c) { c->hop_length = 15; }
static void other_size(fspec_frontend_config *c) { c->n_fft = 48; }
static void other_pad(fspec_frontend_config *c) { c->pad_mode = FSPEC_PAD_EDGE; }
static void other_scale(fspec_frontend_config *c) { c->input_scale = 2; }
static void other_precision(fspec_frontend_config *c) { c->precision = FSPEC_DOUBLE; }
static void other_gain(fspec_frontend_config *c) { c->gain = 2; }
static void with_dither(fspec_frontend_config *c) { c->dither = 1; }
static void with_deltas(fspec_frontend_config *c) { c->deltas = 1; }
static void with_eps(fspec_frontend_config *c) { c->magnitude_eps = 1; }
static void not_centred(fspec_frontend_config *c) { c->center = 0; }

#define REFUSED(frames_, list, n, expected) \
    do { \
        fspec_features *f = NULL; \
        CHECK_STATUS(fspec_features_create(frames_, list, n, &f), expected, "%s", #list); \
        CHECK(!f, "the pointer was written"); \
    } while (0)

static void test_refusals(void)
{
    void (*const changes[])(fspec_frontend_config *)
        = {other_hop, other_size, other_pad, other_scale, other_precision, other_gain, with_dither, with_deltas, with_eps, not_centred};
    fspec_frontend *frames = small_plan(NULL);
    fspec_feature feature;
    fspec_features *f = NULL;
    fspec_spectral *spectral = NULL;
    fspec_spectral_config sc;
    fspec_frames_config fc;
    double ones[25], y[64] = {0}, out[200];
    for (int i = 0; i < 25; i++)
        ones[i] = 1;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        fspec_frontend *other = small_plan(changes[i]);
        fspec_feature_init(&feature);
        feature.plan = other;
        REFUSED(frames, &feature, 1, FSPEC_BAD_FEATURES);
        fspec_frontend_free(other);
    }
    fspec_frontend *noisy = small_plan(with_dither);
    fspec_feature_init(&feature);
    REFUSED(frames, &feature, 1, FSPEC_BAD_ARGUMENT);
    feature.plan = frames;
    REFUSED(noisy, &feature, 1, FSPEC_BAD_FEATURES);
    REFUSED(NULL, &feature, 1, FSPEC_BAD_ARGUMENT);
    REFUSED(frames, NULL, 1, FSPEC_BAD_ARGUMENT);
    REFUSED(frames, &feature, 0, FSPEC_BAD_ARGUMENT);
    REFUSED(frames, &feature, INT64_MAX, FSPEC_BAD_ARGUMENT);
    CHECK_STATUS(fspec_features_create(frames, &feature, 1, NULL), FSPEC_BAD_ARGUMENT, "no result");
    fspec_spectral_config_init(&sc);
    sc.n_bins = 25;
    sc.frequencies = ones;
    REQUIRE(fspec_spectral_create(&sc, &spectral) == FSPEC_OK, "statistic");
    feature.spectral = spectral;
    REFUSED(frames, &feature, 1, FSPEC_BAD_ARGUMENT);
    feature.plan = NULL;
    REFUSED(frames, &feature, 1, FSPEC_BAD_FEATURES);
    feature.power = 0;
    feature.size = 3;
    REFUSED(frames, &feature, 1, FSPEC_BAD_STRUCT);
    fspec_spectral_free(spectral);
    sc.n_bins = 17;
    REQUIRE(fspec_spectral_create(&sc, &spectral) == FSPEC_OK, "statistic");
    feature.size = sizeof feature;
    feature.spectral = spectral;
    REFUSED(frames, &feature, 1, FSPEC_BAD_POWER);
    feature.power = NAN;
    REFUSED(frames, &feature, 1, FSPEC_BAD_POWER);
    fspec_feature_init(&feature);
    fspec_frames_config_init(&fc);
    feature.samples = &fc;
    REFUSED(frames, &feature, 1, FSPEC_BAD_FRAMES);
    fc.frame_length = 32;
    fc.hop_length = 0;
    REFUSED(frames, &feature, 1, FSPEC_BAD_HOP_LENGTH);
    fc.hop_length = 16;
    REFUSED(frames, &feature, 1, FSPEC_BAD_FRAMES);
    fc.pad_left = fc.pad_right = 16;
    CHECK_STATUS(fspec_features_create(frames, &feature, 1, &f), FSPEC_OK, "samples alone");
    const fspec_signal signal = {y, 64, 8, FSPEC_FLOAT64, 0}, nothing = {NULL, 64, 8, FSPEC_FLOAT64, 0}, empty = {y, 0, 8, FSPEC_FLOAT64, 0};
    const fspec_matrix to = {out, 40, 8}, nowhere = {NULL, 40, 8};
    const fspec_dtype dtype = FSPEC_FLOAT64, wrong = FSPEC_COMPLEX64;
    const fspec_part part = {signal, 0, 64, 3, 3};
    CHECK_STATUS(fspec_features_exec(f, &signal, &to, 1, &dtype, NULL), FSPEC_OK, "a call");
    CHECK_STATUS(fspec_features_exec(f, &signal, &to, 1, &wrong, NULL), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_features_exec(f, &signal, &to, 1, NULL, NULL), FSPEC_BAD_ARGUMENT, "dtypes");
    CHECK_STATUS(fspec_features_exec(f, &signal, &nowhere, 1, &dtype, NULL), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_features_exec(f, &signal, NULL, 1, &dtype, NULL), FSPEC_BAD_ARGUMENT, "no out");
    CHECK_STATUS(fspec_features_exec(f, NULL, &to, 1, &dtype, NULL), FSPEC_BAD_ARGUMENT, "no signals");
    CHECK_STATUS(fspec_features_exec(f, &nothing, &to, 1, &dtype, NULL), FSPEC_BAD_ARGUMENT, "no samples");
    CHECK_STATUS(fspec_features_exec(f, &empty, &to, 1, &dtype, NULL), FSPEC_TOO_SHORT, "empty");
    CHECK_STATUS(fspec_features_exec(f, NULL, NULL, 0, &dtype, NULL), FSPEC_OK, "no signals at all");
    CHECK_STATUS(fspec_features_exec(NULL, &signal, &to, 1, &dtype, NULL), FSPEC_BAD_ARGUMENT, "no features");
    CHECK_STATUS(fspec_features_exec_part(f, &part, &to, 1, &dtype, NULL), FSPEC_BAD_ARGUMENT, "frames beyond the end");
    y[5] = INFINITY;
    CHECK_STATUS(fspec_features_exec(f, &signal, &to, 1, &dtype, NULL), FSPEC_NOT_FINITE, "infinity");
    y[5] = 0;
    CHECK(fspec_features_n_rows(f, 0) == 1 && fspec_features_n_rows(f, 1) == 0 && fspec_features_n_rows(f, -1) == 0, "rows");
    CHECK(fspec_features_memory(f, INT64_MAX, 64, 1) == 0 && fspec_features_memory(f, 1, 0, 1) == 0, "memory of nothing");
    fspec_stream *stream = NULL, *plain = NULL;
    int64_t n;
    CHECK_STATUS(fspec_features_stream_create(f, 0, &stream), FSPEC_BAD_ARGUMENT, "channels");
    REQUIRE(fspec_features_stream_create(f, 1, &stream) == FSPEC_OK && fspec_stream_create(frames, 1, &plain) == FSPEC_OK, "streams");
    CHECK_STATUS(fspec_stream_push(stream, &signal, &to, dtype, NULL, &n), FSPEC_BAD_ARGUMENT, "push of the other kind");
    CHECK_STATUS(fspec_features_push(plain, &signal, &to, &dtype, NULL, &n), FSPEC_BAD_ARGUMENT, "push of the other kind");
    CHECK_STATUS(fspec_stream_flush(stream, &to, dtype, NULL, &n), FSPEC_BAD_ARGUMENT, "flush of the other kind");
    CHECK_STATUS(fspec_features_flush(plain, &to, &dtype, NULL, &n), FSPEC_BAD_ARGUMENT, "flush of the other kind");
    CHECK_STATUS(fspec_features_push(stream, &signal, &nowhere, &dtype, NULL, &n), FSPEC_BAD_ARGUMENT, "out");
    CHECK_STATUS(fspec_features_push(stream, &signal, &to, &wrong, NULL, &n), FSPEC_BAD_DATA_TYPE, "dtype");
    CHECK_STATUS(fspec_features_flush(stream, &to, &dtype, NULL, &n), FSPEC_TOO_SHORT, "flush of nothing");
    fspec_stream_free(stream);
    fspec_stream_free(plain);
    fspec_features_free(f);
    fspec_features_free(NULL);
    fspec_spectral_free(spectral);
    fspec_frontend_free(noisy);
    fspec_frontend_free(frames);
}

/* A stream takes nothing from the allocator once it is made, however its chunks are cut. */
static void test_stream_memory(void)
{
    const fspec_allocator hook = {allocate, release, NULL};
    enum { N = 300, ROUNDS = 400 };
    static float y[N], out[2][17 * (N / 16 + 2)];
    const fspec_signal signal = {y, N, 4, FSPEC_FLOAT32, 0};
    const fspec_dtype dtypes[2] = {FSPEC_FLOAT32, FSPEC_FLOAT32};
    const fspec_matrix to[2] = {{out[0], 4 * (N / 16 + 2), 4}, {out[1], 4 * (N / 16 + 2), 4}};
    fspec_set_allocator(&hook);
    fspec_frontend *frames = small_plan(NULL);
    fspec_feature list[2];
    fspec_frames_config fc;
    fspec_features *features = NULL;
    fspec_stream *stream = NULL;
    rng r = {5};
    fspec_frames_config_init(&fc);
    fc.frame_length = 32;
    fc.hop_length = fc.pad_left = fc.pad_right = 16;
    fspec_feature_init(&list[0]);
    fspec_feature_init(&list[1]);
    list[0].plan = frames;
    list[1].samples = &fc;
    REQUIRE(fspec_features_create(frames, list, 2, &features) == FSPEC_OK, "features");
    REQUIRE(fspec_features_stream_create(features, 1, &stream) == FSPEC_OK, "stream");
    const long before = allocated;
    for (int round = 0; round < ROUNDS; round++) {
        fspec_signal chunk = signal;
        int64_t n;
        chunk.n_samples = rng_int(&r, 0, N);
        CHECK_STATUS(fspec_features_push(stream, &chunk, to, dtypes, NULL, &n), FSPEC_OK, "push");
    }
    CHECK(allocated == before, "%ld allocations by pushes", allocated - before);
    fspec_stream_free(stream);
    fspec_features_free(features);
    fspec_frontend_free(frames);
    CHECK(live == 0, "%ld blocks leaked", live);
    fspec_set_allocator(NULL);
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

/* Every allocation fails once: creation, a call and a stream of a set with all that a call can need. */
static void test_memory(void)
{
    const fspec_allocator hook = {allocate, release, NULL};
    enum { N = 3000, FRAMES = 1 + N / 16 };
    static float y[N], out[4][FRAMES * 17];
    const fspec_signal signal = {y, N, 4, FSPEC_FLOAT32, 0};
    const fspec_dtype dtypes[4] = {FSPEC_FLOAT32, FSPEC_FLOAT32, FSPEC_FLOAT32, FSPEC_FLOAT32};
    double eye[17 * 17] = {0}, f[17] = {0};
    for (int i = 0; i < N; i++)
        y[i] = (float)sin(0.1 * i * i);
    for (int i = 0; i < 17; i++)
        eye[18 * i] = 1;
    for (int clips = 0; clips < 2; clips++)
        for (long at = 1; at < 60; at++) {
            fspec_set_allocator(&hook);
            fspec_frontend_config c;
            fspec_spectral_config sc;
            fspec_frames_config fc;
            fspec_frontend *frames = small_plan(NULL), *ceps = NULL;
            fspec_spectral *spectral = NULL;
            fspec_features *features = NULL;
            fspec_stream *stream = NULL;
            fspec_feature list[4];
            fspec_matrix to[4];
            int64_t n;
            fspec_frontend_config_init(&c);
            c.output = FSPEC_OUT_CEPSTRUM;
            c.n_fft = 32;
            c.hop_length = 16;
            c.n_bands = c.n_ceps = 17;
            c.bands = c.dct = eye;
            c.log = FSPEC_LOG_DB;
            c.top_db = clips ? 10 : -1;
            fspec_spectral_config_init(&sc);
            sc.n_bins = 17;
            sc.frequencies = f;
            fspec_frames_config_init(&fc);
            fc.frame_length = 32;
            fc.hop_length = fc.pad_left = fc.pad_right = 16;
            REQUIRE(fspec_frontend_create(&c, &ceps) == FSPEC_OK && fspec_spectral_create(&sc, &spectral) == FSPEC_OK, "parts");
            for (int i = 0; i < 4; i++) {
                fspec_feature_init(&list[i]);
                to[i] = (fspec_matrix){out[i], FRAMES * 4, 4};
            }
            list[0].plan = frames;
            list[1].plan = ceps;
            list[2].spectral = spectral;
            list[3].samples = &fc;
            const long before = live;
            allocated = 0;
            fail_at = at;
            fspec_status status = fspec_features_create(frames, list, 4, &features);
            if (status == FSPEC_OK)
                status = fspec_features_exec(features, &signal, to, 1, dtypes, NULL);
            if (status == FSPEC_OK && !clips)
                status = fspec_features_stream_create(features, 1, &stream);
            if (status == FSPEC_OK && !clips)
                status = fspec_features_push(stream, &signal, to, dtypes, NULL, &n);
            const int failed = allocated >= at;
            fail_at = 0;
            fspec_stream_free(stream);
            fspec_features_free(features);
            CHECK(status == (failed ? FSPEC_NO_MEMORY : FSPEC_OK), "allocation %ld: %s", at, fspec_status_string(status));
            CHECK(live == before, "allocation %ld: %ld blocks leaked", at, live - before);
            fspec_spectral_free(spectral);
            fspec_frontend_free(ceps);
            fspec_frontend_free(frames);
            CHECK(live == 0, "allocation %ld: %ld blocks leaked", at, live);
            fspec_set_allocator(NULL);
            if (!failed)
                break;
        }
}

/* A call that is asked to stop does so, in any of its passes. */
static void test_cancel(void)
{
    enum { N = 1 << 22 };
    fspec_frontend *frames = small_plan(NULL);
    fspec_feature list[2];
    fspec_frames_config fc;
    fspec_features *features = NULL;
    fspec_call call;
    const fspec_dtype dtypes[2] = {FSPEC_FLOAT32, FSPEC_FLOAT32};
    float *y = calloc(N, sizeof *y), *out = malloc((size_t)(1 + N / 16) * 18 * sizeof *out);
    REQUIRE(y && out, "memory");
    const fspec_signal signal = {y, N, 4, FSPEC_FLOAT32, 0};
    const fspec_matrix to[2] = {{out, 4, 68}, {out + (size_t)(1 + N / 16) * 17, 4, 4}};
    fspec_frames_config_init(&fc);
    fc.frame_length = 32;
    fc.hop_length = fc.pad_left = fc.pad_right = 16;
    for (int samples = 0; samples < 2; samples++) {
        fspec_feature_init(&list[0]);
        fspec_feature_init(&list[1]);
        if (samples)
            list[0].samples = &fc;
        else
            list[0].plan = frames;
        REQUIRE(fspec_features_create(frames, list, 1, &features) == FSPEC_OK, "features");
        fspec_call_init(&call);
        call.cancel = stop;
        CHECK_STATUS(fspec_features_exec(features, &signal, &to[samples], 1, dtypes, &call), FSPEC_CANCELLED, "samples: %d", samples);
        fspec_features_free(features);
    }
    free(y);
    free(out);
    fspec_frontend_free(frames);
}

int main(int argc, char **argv)
{
    rng r = {17};
    (void)argc;
    check_tier();
    check_fftw();
    for (int round = 0; round < 300 / CHECK_SLOWDOWN; round++)
        test_set(&r);
    test_refusals();
    test_memory();
    test_stream_memory();
    test_cancel();
    check_other_tiers(argv);
    return check_done();
}
