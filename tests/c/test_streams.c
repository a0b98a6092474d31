/* Streams: nothing is allocated once they are made, copies go on by themselves, latencies are what they are said to be, the
 * inverse has the bits of one call, and positions may be large. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

enum { PUSHES = 4000, CHUNK = 160, MOST_CHANNELS = 3 };

/* ---- the allocator ---------------------------------------------------------------------------------------------------- */

static _Atomic long made, live;

static void *allocate(size_t bytes, void *user)
{
    (void)user;
    made++;
    live++;
    return malloc(bytes);
}

static void release(void *block, void *user)
{
    (void)user;
    live--;
    free(block);
}

/* ---- any kind of forward stream ----------------------------------------------------------------------------------------- */

typedef struct stream {
    fspec_stream *front;
    fspec_cqt_stream *cqt;
} stream;

static int64_t stream_ready(const stream *s, int64_t n)
{
    return s->front ? fspec_stream_ready(s->front, n) : fspec_cqt_stream_ready(s->cqt, n);
}

static int64_t stream_pending(const stream *s)
{
    return s->front ? fspec_stream_pending(s->front) : fspec_cqt_stream_pending(s->cqt);
}

static fspec_status stream_push(stream *s, const fspec_signal *chunk, const fspec_matrix *out, fspec_dtype type, int64_t *n)
{
    return s->front ? fspec_stream_push(s->front, chunk, out, type, NULL, n) : fspec_cqt_stream_push(s->cqt, chunk, out, type, NULL, n);
}

static fspec_status stream_flush(stream *s, const fspec_matrix *out, fspec_dtype type, int64_t *n)
{
    return s->front ? fspec_stream_flush(s->front, out, type, NULL, n) : fspec_cqt_stream_flush(s->cqt, out, type, NULL, n);
}

static void stream_reset(stream *s)
{
    if (s->front)
        fspec_stream_reset(s->front);
    else
        fspec_cqt_stream_reset(s->cqt);
}

static void stream_free(stream *s)
{
    fspec_stream_free(s->front);
    fspec_cqt_stream_free(s->cqt);
}

/* ---- nothing is allocated ------------------------------------------------------------------------------------------------- */

/* Thousands of pushes of 10 ms, a flush, a reset and the next signal. */
static void run_steadily(const char *name, stream *s, int64_t n_rows, fspec_dtype out_type)
{
    float y[CHUNK];
    fspec_matrix m[MOST_CHANNELS];
    fspec_signal chunk[MOST_CHANNELS];
    rng r = {3};
    /* Columns of no width: what comes out does not matter here. */
    const int64_t size = grid_size(out_type);
    char *out = check_malloc((size_t)(n_rows * size));
    for (int c = 0; c < MOST_CHANNELS; c++) {
        m[c] = (fspec_matrix){out, size, 0};
        chunk[c] = (fspec_signal){y, CHUNK, sizeof *y, FSPEC_FLOAT32, 0};
    }
    CHECK(made > 0, "%s: the allocator is not asked", name);
    made = 0;
    for (int signal = 0; signal < 2; signal++) {
        int64_t n, all = 0;
        for (int i = 0; i < PUSHES / CHECK_SLOWDOWN; i++) {
            for (int k = 0; k < CHUNK; k++)
                y[k] = (float)rng_uniform(&r, -1, 1);
            CHECK_STATUS(stream_push(s, chunk, m, out_type, &n), FSPEC_OK, "%s", name);
            all += n;
        }
        CHECK(all > 100 / CHECK_SLOWDOWN, "%s: %lld frames", name, (long long)all);
        CHECK_STATUS(stream_flush(s, m, out_type, &n), FSPEC_OK, "%s", name);
        stream_reset(s);
    }
    CHECK(made == 0, "%s: %ld allocations", name, (long)made);
    free(out);
}

static void front_ends_allocate_nothing(void)
{
    for (int kind = 0; kind < 6; kind++) {
        static const char *const names[] = {"spectra", "bands", "cepstra", "deltas", "stacks", "any size"};
        fspec_frontend_config g;
        fspec_frontend *plan = NULL;
        stream s = {0};
        rng r = {1};
        fspec_frontend_config_init(&g);
        g.n_fft = kind == 5 ? 398 : 400;
        g.hop_length = 160;
        g.engine = FSPEC_ENGINE_LANES;
        g.output = kind == 0 ? FSPEC_OUT_COMPLEX : kind == 2 ? FSPEC_OUT_CEPSTRUM : FSPEC_OUT_BANDS;
        g.pad_mode = kind == 1 ? FSPEC_PAD_REFLECT : FSPEC_PAD_CONSTANT;
        g.n_bands = 40;
        g.n_ceps = 13;
        g.log = FSPEC_LOG_LN;
        double *bands = random_bands(&r, 40, g.n_fft / 2 + 1), *dct = random_doubles(&r, 13 * 40, -1, 1);
        g.bands = kind ? bands : NULL;
        g.dct = kind == 2 ? dct : NULL;
        g.dither = kind == 5 ? 0.1 : 0;
        g.deltas = kind == 3 ? 2 : 0;
        g.stack = kind == 4 ? 5 : 1;
        g.stack_stride = kind == 4 ? 3 : 1;
        REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "%s", names[kind]);
        REQUIRE(fspec_stream_create(plan, MOST_CHANNELS, &s.front) == FSPEC_OK, "%s", names[kind]);
        run_steadily(names[kind], &s, fspec_frontend_n_bins(plan), kind ? FSPEC_FLOAT32 : FSPEC_COMPLEX64);
        stream_free(&s);
        fspec_frontend_free(plan);
        free(bands);
        free(dct);
    }
}

enum { BINS = 36 };

typedef struct cqt_case {
    double frequencies[BINS], lengths[BINS], amplitudes[BINS], taps[BINS][2 * 513], decimator[49], fold[12 * BINS], smooth[9];
    fspec_cqt_filter filters[BINS];
} cqt_case;

/* By definition, by filters on a decimated signal, and folded to chroma that are smoothed. */
static fspec_cqt *make_cqt(cqt_case *c, int kind, fspec_chroma **chroma)
{
    fspec_cqt_config g;
    fspec_chroma_config h;
    fspec_cqt *plan = NULL;
    rng r = {7};
    fspec_cqt_config_init(&g);
    g.sr = 16000;
    g.hop_length = 64;
    g.n_bins = BINS;
    for (int64_t i = 0; i < BINS; i++) {
        c->frequencies[i] = 220 * exp2((double)i / 12);
        c->lengths[i] = 17 * g.sr / c->frequencies[i];
        c->amplitudes[i] = 2 / c->lengths[i];
        for (int k = 0; k < 2 * 513; k++)
            c->taps[i][k] = rng_uniform(&r, -.1, .1);
        c->filters[i] = (fspec_cqt_filter){.level = (int32_t)(2 - i / 12), .first = -256, .n_taps = 513, .taps = c->taps[i]};
    }
    for (int i = 0; i < 49; i++)
        c->decimator[i] = .5 * (.5 + .5 * cos(3.14159265 * i / 49)) * (i ? sin(1.57079632 * i) / (1.57079632 * i) : 1);
    if (kind == 1) {
        g.filters = c->filters;
        g.decimator = c->decimator;
        g.decimator_reach = 48;
    } else {
        g.frequencies = c->frequencies;
        g.lengths = c->lengths;
        g.amplitudes = c->amplitudes;
    }
    *chroma = NULL;
    if (kind == 2) {
        fspec_chroma_config_init(&h);
        h.n_bins = BINS;
        h.n_chroma = 12;
        for (int i = 0; i < 12 * BINS; i++)
            c->fold[i] = i / BINS == i % BINS % 12;
        for (int i = 0; i < 9; i++)
            c->smooth[i] = 1. / 9;
        h.fold = c->fold;
        h.n_smooth = 9;
        h.smooth = c->smooth;
        REQUIRE(fspec_chroma_create(&h, chroma) == FSPEC_OK, "chroma");
        g.chroma = *chroma;
        g.output = FSPEC_CQT_MAGNITUDE;
    }
    REQUIRE(fspec_cqt_create(&g, &plan) == FSPEC_OK, "cqt %d", kind);
    return plan;
}

static void cqts_allocate_nothing(void)
{
    static const char *const names[] = {"cqt", "cqt by filters", "chroma"};
    static cqt_case c;
    for (int kind = 0; kind < 3; kind++) {
        fspec_chroma *chroma;
        fspec_cqt *plan = make_cqt(&c, kind, &chroma);
        stream s = {0};
        REQUIRE(fspec_cqt_stream_create(plan, MOST_CHANNELS, &s.cqt) == FSPEC_OK, "%s", names[kind]);
        run_steadily(names[kind], &s, BINS, kind == 2 ? FSPEC_FLOAT32 : FSPEC_COMPLEX64);
        stream_free(&s);
        fspec_cqt_free(plan);
        fspec_chroma_free(chroma);
    }
}

static void inverses_allocate_nothing(void)
{
    fspec_istft_config g;
    fspec_istft *plan = NULL;
    fspec_istft_stream *s = NULL;
    rng r = {5};
    fspec_istft_config_init(&g);
    g.n_fft = 400;
    g.hop_length = 160;
    g.engine = FSPEC_ENGINE_LANES;
    REQUIRE(fspec_istft_create(&g, &plan) == FSPEC_OK && fspec_istft_stream_create(plan, 2, &s) == FSPEC_OK, "inverse");
    grid X = grid_make(201, 3, FSPEC_COMPLEX64, BINS_CONTIGUOUS);
    for (int64_t row = 0; row < 201; row++)
        for (int64_t column = 0; column < 3; column++)
            grid_put(&X, row, column, 0, rng_uniform(&r, -1, 1));
    float y[2000];
    const fspec_matrix in[2] = {X.matrix, X.matrix};
    const fspec_signal out[2] = {{y, 1000, 4, FSPEC_FLOAT32, 0}, {y + 1000, 1000, 4, FSPEC_FLOAT32, 0}};
    int64_t n;
    made = 0;
    for (int signal = 0; signal < 2; signal++) {
        for (int i = 0; i < PUSHES; i++) {
            CHECK_STATUS(fspec_istft_stream_push(s, in, FSPEC_COMPLEX64, i % 4, out, NULL, &n), FSPEC_OK, "push");
            CHECK(memcmp(y, y + 1000, (size_t)n * sizeof *y) == 0, "channels differ");
        }
        CHECK_STATUS(fspec_istft_stream_flush(s, -1, out, NULL, &n), FSPEC_OK, "flush");
        fspec_istft_stream_reset(s);
    }
    CHECK(made == 0, "inverse: %ld allocations", (long)made);
    grid_free(&X);
    fspec_istft_stream_free(s);
    fspec_istft_free(plan);
}

/* Slices stream by calls on scratch that is kept. */
static void slices_allocate_nothing(void)
{
    enum { LENGTH = 1200, SLICES = 3, BANDS = 8, SAMPLES = LENGTH + (SLICES - 1) * LENGTH / 2 };
    double frequencies[BANDS], bandwidths[BANDS];
    fspec_nsgt_config g;
    fspec_nsgt *plan = NULL;
    fspec_call call;
    rng r = {2};
    for (int i = 0; i < BANDS; i++) {
        frequencies[i] = 600 * exp2(i / 4.);
        bandwidths[i] = frequencies[i] / 3;
    }
    fspec_nsgt_config_init(&g);
    g.sr = 8000;
    g.length = LENGTH;
    g.n_bins = BANDS;
    g.frequencies = frequencies;
    g.bandwidths = bandwidths;
    g.transition = LENGTH / 2;
    REQUIRE(fspec_nsgt_create(&g, &plan) == FSPEC_OK, "slices");
    samples y = samples_make(&r, SAMPLES, FSPEC_FLOAT32, CONTIGUOUS);
    fspec_matrix bands[BANDS + 2];
    const int64_t n_bands = fspec_nsgt_n_bands(plan);
    for (int64_t k = 0; k < n_bands; k++) {
        const int64_t n = fspec_nsgt_n_coefficients(plan, k);
        bands[k] = (fspec_matrix){check_malloc((size_t)(8 * n * SLICES)), 8 * n, 8};
    }
    float back[SAMPLES];
    const fspec_signal out = {back, SAMPLES, sizeof *back, FSPEC_FLOAT32, 0};
    fspec_call_init(&call);
    call.scratch_size = fspec_nsgt_scratch(plan, 1, SLICES, 1);
    call.scratch = check_malloc(call.scratch_size);
    made = 0;
    for (int i = 0; i < 50; i++) {
        CHECK_STATUS(fspec_nsgt_exec(plan, &y.signal, 0, SLICES, bands, 1, FSPEC_COMPLEX64, &call), FSPEC_OK, "exec");
        CHECK_STATUS(fspec_nsgt_inverse(plan, bands, FSPEC_COMPLEX64, 0, SLICES, &out, 1, &call), FSPEC_OK, "inverse");
    }
    CHECK(made == 0, "slices: %ld allocations", (long)made);
    for (int64_t k = 0; k < n_bands; k++)
        free(bands[k].data);
    free(call.scratch);
    samples_free(&y);
    fspec_nsgt_free(plan);
}

/* ---- copies and latencies --------------------------------------------------------------------------------------------------- */

/* One channel: [0, n) in random chunks into out, frame after frame; at `split` a copy goes on too, into `twin`. */
static void feed(rng *r, stream *s, const float *y, int64_t n, int64_t split, char *out, char *twin, int64_t row, int64_t size,
                 fspec_dtype type, int64_t step, int64_t held_back, int64_t latency, int is_exact)
{
    stream other = {0};
    int64_t frames = 0, got;
    for (int64_t at = 0, count; at < n; at += count) {
        if (at >= split && !other.front && !other.cqt) {
            const fspec_status status = s->front ? fspec_stream_copy(s->front, &other.front) : fspec_cqt_stream_copy(s->cqt, &other.cqt);
            REQUIRE(status == FSPEC_OK, "copy");
            memcpy(twin, out, (size_t)(frames * row));
        }
        count = rng_int(r, 0, 3) ? rng_int(r, 0, 300) : rng_int(r, 0, 1);
        count = count < n - at ? count : n - at;
        const fspec_signal chunk = {y + at, count, sizeof *y, FSPEC_FLOAT32, 0};
        const fspec_matrix m = {out + frames * row, size, row}, also = {twin + frames * row, size, row};
        const int64_t ready = stream_ready(s, count);
        CHECK_STATUS(stream_push(s, &chunk, &m, type, &got), FSPEC_OK, "push");
        CHECK(got == ready, "%lld frames instead of %lld", (long long)got, (long long)ready);
        if (other.front || other.cqt)
            CHECK_STATUS(stream_push(&other, &chunk, &also, type, &got), FSPEC_OK, "push to the copy");
        frames += got;
        const int64_t room = at + count - latency, due = room < 0 || at + count < held_back ? 0 : room / step + 1;
        if (at + count > 0)
            CHECK(is_exact ? frames == due : frames >= due, "%lld frames after %lld samples, latency %lld", (long long)frames,
                  (long long)(at + count), (long long)latency);
    }
    const fspec_matrix m = {out + frames * row, size, row}, also = {twin + frames * row, size, row};
    if (other.front || other.cqt) {
        /* The first one's end does not matter to the copy. */
        CHECK(stream_pending(&other) == stream_pending(s), "pending");
        CHECK_STATUS(stream_flush(s, &m, type, &got), FSPEC_OK, "flush");
        stream_reset(s);
        CHECK_STATUS(stream_flush(&other, &also, type, &got), FSPEC_OK, "flush of the copy");
        stream_free(&other);
    } else {
        CHECK_STATUS(stream_flush(s, &m, type, &got), FSPEC_OK, "flush");
        memcpy(twin, out, (size_t)((frames + got) * row));
    }
}

static void front_ends(void)
{
    rng r = {17};
    for (int i = 0; i < 200 / CHECK_SLOWDOWN; i++) {
        plan_case c;
        fspec_frontend *plan = NULL;
        stream s = {0};
        plan_case_make(&r, &c, (fspec_output)rng_int(&r, 0, 3), 256);
        fspec_frontend_config *g = &c.config;
        g->top_db = -1;
        g->ref_max = 0;
        g->engine = FSPEC_ENGINE_LANES;
        if (g->output != FSPEC_OUT_COMPLEX) {
            g->deltas = (int32_t)rng_int(&r, 0, 2) * (int32_t)rng_int(&r, 0, 1);
            g->delta_window = rng_int(&r, 1, 4);
            g->stack = rng_int(&r, 1, 4);
            g->stack_stride = rng_int(&r, 1, 4);
            g->stack_left = rng_int(&r, 0, g->stack - 1);
            g->drop_last = (int32_t)rng_int(&r, 0, 1);
        }
        REQUIRE(fspec_frontend_create(g, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
        const fspec_dtype type = out_type(&c, 0);
        const int64_t size = grid_size(type), row = fspec_frontend_n_bins(plan) * size;
        int64_t n = rng_int(&r, 1, 3000);
        while (fspec_frontend_n_frames(plan, n) == 0)
            n *= 2;
        samples y = samples_make(&r, n, FSPEC_FLOAT32, CONTIGUOUS);
        const size_t bytes = (size_t)(fspec_frontend_n_frames(plan, n) * row);
        char *whole = check_malloc(bytes), *out = check_malloc(bytes), *twin = check_malloc(bytes);
        const fspec_matrix m = {whole, size, row};
        CHECK_STATUS(fspec_frontend_exec(plan, &y.signal, &m, 1, type, NULL), FSPEC_OK, "%s", plan_case_text(&c));
        REQUIRE(fspec_stream_create(plan, 1, &s.front) == FSPEC_OK, "%s", plan_case_text(&c));
        const int64_t pad = g->center ? g->n_fft / 2 : 0, wait = g->deltas * g->delta_window + g->stack - g->stack_left - 1;
        const int64_t held = g->n_fft - pad, counted = held - pad + g->drop_last * g->hop_length;
        const int64_t latency = (held > counted ? held : counted) + wait * g->hop_length;
        const int64_t first = g->pad_mode == FSPEC_PAD_REFLECT ? pad + 1 : g->pad_mode == FSPEC_PAD_SYMMETRIC ? pad : 1;
        CHECK(fspec_stream_latency(s.front) == latency, "latency %lld: %s", (long long)latency, plan_case_text(&c));
        feed(&r, &s, y.signal.data, n, rng_int(&r, 0, n), out, twin, row, size, type, g->hop_length * g->stack_stride,
             first, latency, 1);
        CHECK(!memcmp(whole, out, bytes), "stream: %s", plan_case_text(&c));
        CHECK(!memcmp(whole, twin, bytes), "copy: %s", plan_case_text(&c));
        stream_free(&s);
        free(whole);
        free(out);
        free(twin);
        samples_free(&y);
        fspec_frontend_free(plan);
        plan_case_free(&c);
    }
}

static void cqts(void)
{
    static cqt_case c;
    rng r = {23};
    for (int kind = 0; kind < 3; kind++) {
        fspec_chroma *chroma;
        fspec_cqt *plan = make_cqt(&c, kind, &chroma);
        const fspec_dtype type = kind == 2 ? FSPEC_FLOAT32 : FSPEC_COMPLEX64;
        const int64_t size = grid_size(type), row = (kind == 2 ? 12 : BINS) * size;
        for (int i = 0; i < 6; i++) {
            stream s = {0};
            const int64_t n = rng_int(&r, 1, 9000);
            const size_t bytes = (size_t)(fspec_cqt_n_frames(plan, n) * row);
            char *whole = check_malloc(bytes), *out = check_malloc(bytes), *twin = check_malloc(bytes);
            samples y = samples_make(&r, n, FSPEC_FLOAT32, CONTIGUOUS);
            const fspec_matrix m = {whole, size, row};
            CHECK_STATUS(fspec_cqt_exec(plan, &y.signal, &m, 1, type, NULL), FSPEC_OK, "cqt");
            REQUIRE(fspec_cqt_stream_create(plan, 1, &s.cqt) == FSPEC_OK, "cqt");
            feed(&r, &s, y.signal.data, n, rng_int(&r, 0, n), out, twin, row, size, type, 64, 1,
                 fspec_cqt_stream_latency(s.cqt), kind != 1);
            CHECK(!memcmp(whole, out, bytes), "cqt %d", kind);
            CHECK(!memcmp(whole, twin, bytes), "copy of cqt %d", kind);
            stream_free(&s);
            free(whole);
            free(out);
            free(twin);
            samples_free(&y);
        }
        fspec_cqt_free(plan);
        fspec_chroma_free(chroma);
    }
}

/* ---- the inverse ------------------------------------------------------------------------------------------------------------ */

static void invert(rng *r, const fspec_istft *plan, const grid *X, int64_t n_channels, int64_t n_frames, int64_t length,
                   fspec_dtype out_type, const char *text)
{
    const int64_t natural = fspec_istft_n_samples(plan, n_frames), n = length < 0 ? natural : length, size = out_type == FSPEC_FLOAT64 ? 8 : 4;
    const size_t bytes = (size_t)(n * size);
    char *whole[MOST_CHANNELS], *streamed[MOST_CHANNELS];
    fspec_matrix m[MOST_CHANNELS];
    fspec_signal out[MOST_CHANNELS];
    fspec_istft_stream *s = NULL, *twin = NULL;
    fspec_call call;
    int64_t done = 0, got;
    fspec_call_init(&call);
    for (int64_t c = 0; c < n_channels; c++) {
        whole[c] = check_malloc(bytes);
        streamed[c] = check_malloc(bytes);
        m[c] = X[c].matrix;
        out[c] = (fspec_signal){whole[c], n, size, out_type, 0};
    }
    CHECK_STATUS(fspec_istft_exec(plan, m, X[0].dtype, n_frames, out, n_channels, NULL), FSPEC_OK, "%s", text);
    REQUIRE(fspec_istft_stream_create(plan, n_channels, &s) == FSPEC_OK, "%s", text);
    for (int pass = 0; pass < 2; pass++) {
        done = 0;
        for (int64_t t = 0, count; t < n_frames; t += count) {
            count = rng_int(r, 0, rng_int(r, 0, 1) ? 2 : 40);
            count = count < n_frames - t ? count : n_frames - t;
            call.n_threads = (int32_t)rng_int(r, 1, 3);
            for (int64_t c = 0; c < n_channels; c++) {
                m[c].data = (char *)X[c].matrix.data + t * X[c].matrix.frame_stride;
                out[c] = (fspec_signal){streamed[c] + done * size, n - done, size, out_type, 0};
            }
            const int64_t ready = fspec_istft_stream_ready(s, count);
            CHECK_STATUS(fspec_istft_stream_push(s, m, X[0].dtype, count, out, &call, &got), FSPEC_OK, "%s", text);
            CHECK(got == ready, "%s", text);
            done += got;
            if (rng_int(r, 0, 9) == 0) { /* and on with a copy */
                REQUIRE(fspec_istft_stream_copy(s, &twin) == FSPEC_OK, "%s", text);
                fspec_istft_stream_free(s);
                s = twin;
            }
        }
        for (int64_t c = 0; c < n_channels; c++)
            out[c] = (fspec_signal){streamed[c] + done * size, n - done, size, out_type, 0};
        CHECK(fspec_istft_stream_pending(s, length) == n - done, "%s", text);
        CHECK_STATUS(fspec_istft_stream_flush(s, length, out, &call, &got), FSPEC_OK, "%s", text);
        CHECK(done + got == n, "%s: %lld samples instead of %lld", text, (long long)(done + got), (long long)n);
        for (int64_t c = 0; c < n_channels; c++)
            CHECK(!memcmp(whole[c], streamed[c], bytes), "pass %d: %s", pass, text);
        CHECK_STATUS(fspec_istft_stream_flush(s, -1, out, NULL, &got), FSPEC_BAD_ARGUMENT, "flushed twice");
        CHECK_STATUS(fspec_istft_stream_push(s, m, X[0].dtype, 0, out, NULL, &got), FSPEC_BAD_ARGUMENT, "flushed");
        fspec_istft_stream_reset(s);
    }
    fspec_istft_stream_free(s);
    for (int64_t c = 0; c < n_channels; c++) {
        free(whole[c]);
        free(streamed[c]);
    }
}

static void inverses(void)
{
    static const int64_t sizes[] = {1, 2, 3, 16, 31, 60, 64, 101, 128};
    rng r = {31};
    for (int i = 0; i < 150 / CHECK_SLOWDOWN; i++) {
        char text[128];
        fspec_istft_config g;
        fspec_istft *plan = NULL;
        grid X[MOST_CHANNELS];
        fspec_istft_config_init(&g);
        g.n_fft = PICK(&r, sizes);
        g.hop_length = rng_int(&r, 1, rng_int(&r, 0, 3) ? g.n_fft : 6 * g.n_fft);
        g.center = rng_int(&r, 0, 2) > 0;
        g.precision = rng_int(&r, 0, 2) ? FSPEC_SINGLE : FSPEC_DOUBLE;
        g.engine = FSPEC_ENGINE_LANES;
        double *window = random_doubles(&r, g.n_fft, 0.05, 1);
        g.window = rng_int(&r, 0, 1) ? window : NULL;
        REQUIRE(fspec_istft_create(&g, &plan) == FSPEC_OK, "inverse");
        const int64_t n_frames = rng_int(&r, 1, 120), n_channels = rng_int(&r, 1, MOST_CHANNELS);
        const fspec_dtype type = rng_int(&r, 0, 1) ? FSPEC_COMPLEX64 : FSPEC_COMPLEX128;
        const grid_layout layout = (grid_layout)rng_int(&r, 0, GRID_LAYOUTS - 1);
        for (int64_t c = 0; c < n_channels; c++) {
            X[c] = grid_make(g.n_fft / 2 + 1, n_frames, type, layout);
            for (int64_t row = 0; row < X[c].rows; row++)
                for (int64_t column = 0; column < n_frames; column++)
                    for (int part = 0; part < 2; part++)
                        grid_put(&X[c], row, column, part, rng_uniform(&r, -1, 1));
        }
        const int64_t natural = fspec_istft_n_samples(plan, n_frames);
        const int64_t length = rng_int(&r, 0, 1) ? -1 : natural + rng_int(&r, 0, 3 * g.n_fft);
        (void)snprintf(text, sizeof text, "n_fft %d, hop %d, center %d, precision %d, %d frames, length %d", (int)g.n_fft,
                       (int)g.hop_length, (int)g.center, (int)g.precision, (int)n_frames, (int)length);
        invert(&r, plan, X, n_channels, n_frames, length, rng_int(&r, 0, 1) ? FSPEC_FLOAT32 : FSPEC_FLOAT64, text);
        for (int64_t c = 0; c < n_channels; c++)
            grid_free(&X[c]);
        free(window);
        fspec_istft_free(plan);
    }
}

/* ---- arguments -------------------------------------------------------------------------------------------------------------- */

static void what_is_refused(void)
{
    fspec_istft_config g;
    fspec_istft *plan = NULL;
    fspec_istft_stream *s = NULL, *other = NULL;
    fspec_stream *front = NULL;
    fspec_cqt_stream *cqt = NULL;
    float X[2 * 33 * 4] = {0}, y[500];
    const fspec_matrix in = {X, 8, 264}, none = {NULL, 8, 264};
    const fspec_signal out = {y, 500, 4, FSPEC_FLOAT32, 0}, small = {y, 3, 4, FSPEC_FLOAT32, 0}, whole = {y, 500, 2, FSPEC_INT16, 0};
    int64_t n = -7;
    fspec_istft_config_init(&g);
    g.n_fft = 64;
    g.hop_length = 16;
    REQUIRE(fspec_istft_create(&g, &plan) == FSPEC_OK, "inverse");
    CHECK_STATUS(fspec_istft_stream_create(NULL, 1, &s), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_istft_stream_create(plan, 0, &s), FSPEC_BAD_ARGUMENT, "no channels");
    CHECK_STATUS(fspec_istft_stream_create(plan, 1, NULL), FSPEC_BAD_ARGUMENT, "no result");
    CHECK_STATUS(fspec_istft_stream_create(plan, INT64_MAX / 64, &s), FSPEC_TOO_LARGE, "channels");
    REQUIRE(fspec_istft_stream_create(plan, 1, &s) == FSPEC_OK, "stream");
    CHECK(fspec_istft_stream_latency(s) == 32, "latency");
    CHECK_STATUS(fspec_istft_stream_flush(s, -1, &out, NULL, &n), FSPEC_TOO_SHORT, "no frames");
    CHECK(fspec_istft_stream_ready(s, INT64_MAX) > 0 && fspec_istft_stream_ready(s, -1) == 0, "ready");
    CHECK_STATUS(fspec_istft_stream_push(NULL, &in, FSPEC_COMPLEX64, 4, &out, NULL, &n), FSPEC_BAD_ARGUMENT, "no stream");
    CHECK_STATUS(fspec_istft_stream_push(s, NULL, FSPEC_COMPLEX64, 4, &out, NULL, &n), FSPEC_BAD_ARGUMENT, "no spectra");
    CHECK_STATUS(fspec_istft_stream_push(s, &none, FSPEC_COMPLEX64, 4, &out, NULL, &n), FSPEC_BAD_ARGUMENT, "no data");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_FLOAT32, 4, &out, NULL, &n), FSPEC_BAD_DATA_TYPE, "real");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, -1, &out, NULL, &n), FSPEC_BAD_ARGUMENT, "-1 frames");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, INT64_MAX, &out, NULL, &n), FSPEC_TOO_LARGE, "too many");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, 4, NULL, NULL, &n), FSPEC_BAD_ARGUMENT, "no out");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, 4, &small, NULL, &n), FSPEC_BAD_ARGUMENT, "small");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, 4, &whole, NULL, &n), FSPEC_BAD_DATA_TYPE, "int16");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, 4, &out, NULL, NULL), FSPEC_BAD_ARGUMENT, "no n");
    CHECK(n == -7, "n was written");
    CHECK_STATUS(fspec_istft_stream_push(s, &in, FSPEC_COMPLEX64, 4, &out, NULL, &n), FSPEC_OK, "push");
    CHECK(n == 32 && fspec_istft_stream_pending(s, -1) == 16 && fspec_istft_stream_pending(s, 100) == 68, "%lld samples", (long long)n);
    CHECK_STATUS(fspec_istft_stream_flush(s, 31, &out, NULL, &n), FSPEC_BAD_ARGUMENT, "shorter than what is out");
    CHECK_STATUS(fspec_istft_stream_flush(s, INT64_MAX, &out, NULL, &n), FSPEC_TOO_LARGE, "length");
    CHECK_STATUS(fspec_istft_stream_flush(s, 100, &small, NULL, &n), FSPEC_BAD_ARGUMENT, "small");
    CHECK_STATUS(fspec_istft_stream_copy(s, NULL), FSPEC_BAD_ARGUMENT, "copy");
    CHECK_STATUS(fspec_istft_stream_copy(NULL, &other), FSPEC_BAD_ARGUMENT, "copy");
    CHECK_STATUS(fspec_stream_copy(NULL, &front), FSPEC_BAD_ARGUMENT, "copy");
    CHECK_STATUS(fspec_cqt_stream_copy(NULL, &cqt), FSPEC_BAD_ARGUMENT, "copy");
    CHECK_STATUS(fspec_istft_stream_flush(s, 100, &out, NULL, &n), FSPEC_OK, "flush");
    CHECK(n == 68, "%lld samples", (long long)n);
    fspec_istft_stream_free(s);
    fspec_istft_stream_free(NULL);
    fspec_istft_free(plan);
}

/* ---- large positions -------------------------------------------------------------------------------------------------------- */

/* The frames around sample 2^31 are those of the same samples at the beginning. */
static void beyond_two_gigasamples(void)
{
    enum { PIECE = 1 << 22, HOP = 1 << 12, ROWS = 33, TAIL = 20 * HOP + 100 };
    fspec_frontend_config g;
    fspec_frontend *plan = NULL;
    fspec_stream *s = NULL;
    rng r = {41};
    static float whole[(TAIL / HOP + 1) * ROWS], streamed[(PIECE / HOP + 2) * ROWS];
    int16_t *zeros = check_malloc(PIECE * sizeof *zeros), *last = check_malloc(TAIL * sizeof *last);
    const fspec_signal quiet = {zeros, PIECE, sizeof *zeros, FSPEC_INT16, 0}, loud = {last, TAIL, sizeof *last, FSPEC_INT16, 0};
    const fspec_matrix m = {streamed, 4, 4 * ROWS}, all = {whole, 4, 4 * ROWS};
    int64_t frames = 0, n;
    memset(zeros, 0, PIECE * sizeof *zeros);
    for (int i = 0; i < TAIL; i++)
        last[i] = (int16_t)rng_int(&r, -9999, 9999);
    fspec_frontend_config_init(&g);
    g.output = FSPEC_OUT_SPECTRUM;
    g.n_fft = 64;
    g.hop_length = HOP;
    g.center = 0;
    g.engine = FSPEC_ENGINE_LANES;
    REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK && fspec_stream_create(plan, 1, &s) == FSPEC_OK, "stream");
    for (int i = 0; i < 1 << 9; i++, frames += n)
        CHECK_STATUS(fspec_stream_push(s, &quiet, &m, FSPEC_FLOAT32, NULL, &n), FSPEC_OK, "push");
    CHECK(frames == INT64_C(1) << 19, "%lld frames", (long long)frames);
    CHECK_STATUS(fspec_stream_push(s, &loud, &m, FSPEC_FLOAT32, NULL, &n), FSPEC_OK, "push");
    CHECK_STATUS(fspec_frontend_exec(plan, &loud, &all, 1, FSPEC_FLOAT32, NULL), FSPEC_OK, "exec");
    CHECK(n == TAIL / HOP + 1 && n == fspec_frontend_n_frames(plan, TAIL), "%lld frames", (long long)n);
    CHECK(!memcmp(whole, streamed, (size_t)n * 4 * ROWS), "frames behind 2^31 samples");
    fspec_stream_free(s);
    fspec_frontend_free(plan);
    free(zeros);
    free(last);
}

int main(int argc, char **argv)
{
    const fspec_allocator counting = {allocate, release, NULL};
    (void)argc;
    check_tier();
    fspec_set_allocator(&counting);
    front_ends_allocate_nothing();
    cqts_allocate_nothing();
    inverses_allocate_nothing();
    slices_allocate_nothing();
    front_ends();
    cqts();
    inverses();
    what_is_refused();
    if (!CHECK_SANITIZED && !getenv("FASTSPEC_SIMD"))
        beyond_two_gigasamples();
    CHECK(live == 0, "%ld blocks leaked", (long)live);
    check_other_tiers(argv);
    return check_done();
}
