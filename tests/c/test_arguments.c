/* Every bad argument gets its status, before anything is written; sizes that overflow are refused. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

enum { N_FFT = 16, N_BINS = 9, N_BANDS = 3, N_CEPS = 2, SAMPLES = 100 };

static double window[N_FFT], bands[N_BANDS * N_BINS], dct[N_CEPS * N_BANDS];
static float sound[SAMPLES];

static fspec_frontend_config config_for(fspec_output output)
{
    fspec_frontend_config c;
    fspec_frontend_config_init(&c);
    c.output = output;
    c.n_fft = N_FFT;
    c.hop_length = 4;
    c.window = window;
    c.bands = bands;
    c.n_bands = N_BANDS;
    c.log = FSPEC_LOG_DB;
    c.dct = dct;
    c.n_ceps = N_CEPS;
    return c;
}

static fspec_frontend *plan_for(const fspec_frontend_config *c)
{
    fspec_frontend *plan = NULL;
    const fspec_status status = fspec_frontend_create(c, &plan);
    REQUIRE(status == FSPEC_OK && plan, "%s", fspec_status_string(status));
    return plan;
}

static fspec_signal signal_of(int64_t n)
{
    return (fspec_signal){sound, n, sizeof *sound, FSPEC_FLOAT32, 0};
}

/* ---- front ends --------------------------------------------------------------------------------------------------- */

#define BAD_CONFIG(output_, change, expected) \
    do { \
        fspec_frontend_config c = config_for(output_); \
        fspec_frontend *plan = (fspec_frontend *)(void *)sound; \
        change; \
        CHECK_STATUS(fspec_frontend_create(&c, &plan), expected, "%s", #change); \
        CHECK(plan == (fspec_frontend *)(void *)sound, "%s: the plan pointer was written", #change); \
    } while (0)

static void test_configs(void)
{
    static double broken[N_FFT * N_BINS];
    static const double no_numbers[] = {NAN, INFINITY, -INFINITY};
    fspec_frontend_config good = config_for(FSPEC_OUT_COMPLEX);
    fspec_frontend *none = NULL;
    for (int output = FSPEC_OUT_COMPLEX; output <= FSPEC_OUT_CEPSTRUM; output++) {
        const fspec_frontend_config c = config_for((fspec_output)output);
        fspec_frontend_free(plan_for(&c));
    }
    CHECK_STATUS(fspec_frontend_create(NULL, &none), FSPEC_BAD_ARGUMENT, "no config");
    CHECK_STATUS(fspec_frontend_create(&good, NULL), FSPEC_BAD_ARGUMENT, "no result");
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.size = 0, FSPEC_BAD_STRUCT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.size = 8, FSPEC_BAD_STRUCT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.size += 8, FSPEC_BAD_STRUCT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.size = (size_t)-1, FSPEC_BAD_STRUCT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.output = (fspec_output)4, FSPEC_BAD_OUTPUT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.output = (fspec_output)-1, FSPEC_BAD_OUTPUT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.precision = (fspec_precision)0, FSPEC_BAD_PRECISION);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.precision = (fspec_precision)3, FSPEC_BAD_PRECISION);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.engine = (fspec_engine)99, FSPEC_NO_ENGINE);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.engine = (fspec_engine)-1, FSPEC_NO_ENGINE);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.n_fft = 0, FSPEC_BAD_N_FFT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.n_fft = -1, FSPEC_BAD_N_FFT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.n_fft = INT64_MIN, FSPEC_BAD_N_FFT);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.n_fft = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.n_fft = INT32_MAX, FSPEC_TOO_LARGE);
    BAD_CONFIG(FSPEC_OUT_CEPSTRUM, c.n_fft = (int64_t)1 << 40, FSPEC_TOO_LARGE);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.hop_length = 0, FSPEC_BAD_HOP_LENGTH);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.hop_length = -5, FSPEC_BAD_HOP_LENGTH);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.hop_length = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.pad_mode = (fspec_pad_mode)5, FSPEC_BAD_PAD_MODE);
    BAD_CONFIG(FSPEC_OUT_COMPLEX, c.pad_mode = (fspec_pad_mode)-1, FSPEC_BAD_PAD_MODE);
    BAD_CONFIG(FSPEC_OUT_SPECTRUM, c.power = 0, FSPEC_BAD_POWER);
    BAD_CONFIG(FSPEC_OUT_SPECTRUM, c.power = -2, FSPEC_BAD_POWER);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.bands = NULL, FSPEC_BAD_BANDS);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.n_bands = 0, FSPEC_BAD_BANDS);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.n_bands = -3, FSPEC_BAD_BANDS);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.n_bands = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.n_bands = INT64_MAX / 8 / N_BINS, FSPEC_TOO_LARGE);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.log = (fspec_log)5, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.log = (fspec_log)-1, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.amin = 0, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.amin = -1e-10, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.ref = 0, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.log_floor = NAN, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.ref_max = 1; c.log = FSPEC_LOG_NONE, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_CEPSTRUM, c.ref_max = 1, FSPEC_BAD_LOG);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.top_db = NAN, FSPEC_BAD_TOP_DB);
    BAD_CONFIG(FSPEC_OUT_BANDS, c.top_db = 80; c.log = FSPEC_LOG_NONE, FSPEC_BAD_TOP_DB);
    BAD_CONFIG(FSPEC_OUT_CEPSTRUM, c.dct = NULL, FSPEC_BAD_DCT);
    BAD_CONFIG(FSPEC_OUT_CEPSTRUM, c.n_ceps = 0, FSPEC_BAD_DCT);
    BAD_CONFIG(FSPEC_OUT_CEPSTRUM, c.n_ceps = INT64_MAX, FSPEC_TOO_LARGE);
    for (size_t i = 0; i < 3; i++) {
        const double x = no_numbers[i];
        memset(broken, 0, sizeof broken);
        BAD_CONFIG(FSPEC_OUT_COMPLEX, c.input_scale = x, FSPEC_BAD_ARGUMENT);
        BAD_CONFIG(FSPEC_OUT_SPECTRUM, c.power = x, FSPEC_BAD_POWER);
        BAD_CONFIG(FSPEC_OUT_BANDS, c.amin = x, FSPEC_BAD_LOG);
        BAD_CONFIG(FSPEC_OUT_BANDS, c.ref = x, FSPEC_BAD_LOG);
        broken[N_FFT - 1] = x;
        BAD_CONFIG(FSPEC_OUT_COMPLEX, c.window = broken, FSPEC_BAD_WINDOW);
        broken[N_BANDS * N_BINS - 1] = x;
        BAD_CONFIG(FSPEC_OUT_BANDS, c.bands = broken, FSPEC_BAD_BANDS);
        memset(broken, 0, sizeof broken);
        broken[N_CEPS * N_BANDS - 1] = x;
        BAD_CONFIG(FSPEC_OUT_CEPSTRUM, c.dct = broken, FSPEC_BAD_DCT);
    }
    fspec_frontend_free(NULL);
}

#define BAD_EXEC(change, expected) \
    do { \
        fspec_signal s[2] = {signal_of(SAMPLES), signal_of(SAMPLES)}; \
        grid g = grid_make(N_BINS, 26, FSPEC_COMPLEX64, BINS_CONTIGUOUS), h = grid_make(N_BINS, 26, FSPEC_COMPLEX64, GAPS); \
        fspec_matrix m[2] = {g.matrix, h.matrix}; \
        struct { \
            const fspec_frontend *plan; \
            const fspec_signal *s; \
            const fspec_matrix *m; \
            int64_t n; \
            fspec_dtype type; \
            fspec_call call; \
        } a = {plan, s, m, 2, FSPEC_COMPLEX64, {0}}; \
        fspec_call_init(&a.call); \
        change; \
        CHECK_STATUS(fspec_frontend_exec(a.plan, a.s, a.m, a.n, a.type, &a.call), expected, "%s", #change); \
        CHECK(grid_untouched(&g) && grid_untouched(&h), "%s: output was written", #change); \
        grid_free(&g); \
        grid_free(&h); \
    } while (0)

static void test_exec(void)
{
    fspec_frontend_config c = config_for(FSPEC_OUT_COMPLEX), other = c;
    fspec_frontend *plan = plan_for(&c);
    char scratch[64];
    other.center = 0;
    CHECK(fspec_frontend_n_frames(plan, SAMPLES) == 26, "frames");
    {
        fspec_signal s = signal_of(SAMPLES);
        grid g = grid_make(N_BINS, 26, FSPEC_COMPLEX64, BINS_CONTIGUOUS);
        CHECK_STATUS(fspec_frontend_exec(plan, &s, &g.matrix, 1, FSPEC_COMPLEX64, NULL), FSPEC_OK, "good call");
        CHECK(!grid_untouched(&g), "nothing was written by a good call");
        CHECK_STATUS(fspec_frontend_exec(plan, NULL, NULL, 0, FSPEC_COMPLEX64, NULL), FSPEC_OK, "no signals");
        grid_free(&g);
    }
    BAD_EXEC(a.plan = NULL, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(a.s = NULL, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(a.m = NULL, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(a.n = -1, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(a.n = INT64_MIN, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(a.type = FSPEC_FLOAT32, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(a.type = FSPEC_INT16, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(a.type = (fspec_dtype)0, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(a.call.size = 0, FSPEC_BAD_STRUCT);
    BAD_EXEC(a.call.size = 8, FSPEC_BAD_STRUCT);
    BAD_EXEC(a.call.size += 8, FSPEC_BAD_STRUCT);
    BAD_EXEC(a.call.scratch = scratch; a.call.scratch_size = sizeof scratch, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(a.call.scratch = scratch; a.call.scratch_size = 0, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(s[1].dtype = FSPEC_FLOAT64, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(s[0].dtype = s[1].dtype = FSPEC_COMPLEX64, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(s[0].dtype = s[1].dtype = (fspec_dtype)0, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(s[0].dtype = s[1].dtype = (fspec_dtype)-7, FSPEC_BAD_DATA_TYPE);
    BAD_EXEC(s[1].data = NULL, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(m[1].data = NULL, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(s[1].n_samples = -1, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(s[1].n_samples = INT64_MIN, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(s[1].n_samples = INT64_MAX, FSPEC_BAD_ARGUMENT);
    BAD_EXEC(s[1].n_samples = 0, FSPEC_TOO_SHORT);
    fspec_frontend_free(plan);
    plan = plan_for(&other);
    BAD_EXEC(s[1].n_samples = N_FFT - 1, FSPEC_TOO_SHORT);
    BAD_EXEC(s[0].n_samples = 0; s[0].data = NULL, FSPEC_TOO_SHORT);
    fspec_frontend_free(plan);

    /* A call struct of an older header, without its last fields, is fine. */
    plan = plan_for(&c);
    fspec_signal s = signal_of(SAMPLES);
    grid g = grid_make(N_BINS, 26, FSPEC_COMPLEX64, BINS_CONTIGUOUS);
    fspec_call call;
    fspec_call_init(&call);
    call.size = offsetof(fspec_call, scratch);
    call.scratch = scratch;
    CHECK_STATUS(fspec_frontend_exec(plan, &s, &g.matrix, 1, FSPEC_COMPLEX64, &call), FSPEC_OK, "short call struct");
    grid_free(&g);
    fspec_frontend_free(plan);
}

/* NaN and infinity in any place, type and layout, in small and large batches. */
static void test_not_finite(void)
{
    static const double wrong[] = {NAN, INFINITY, -INFINITY};
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64};
    fspec_frontend_config c = config_for(FSPEC_OUT_SPECTRUM);
    fspec_frontend *plan = plan_for(&c);
    rng r = {1};
    for (int round = 0; round < 300; round++) {
        enum { MOST = 9 };
        const fspec_dtype type = types[round % 2];
        const int64_t n = rng_int(&r, 1, MOST);
        samples in[MOST];
        grid out[MOST];
        fspec_signal s[MOST];
        fspec_matrix m[MOST];
        fspec_call call;
        fspec_call_init(&call);
        call.n_threads = (int32_t)rng_int(&r, -1, 3);
        for (int64_t i = 0; i < n; i++) {
            in[i] = samples_make(&r, rng_int(&r, 1, 200), type, (sample_layout)rng_int(&r, 0, SAMPLE_LAYOUTS - 1));
            out[i] = grid_make(N_BINS, fspec_frontend_n_frames(plan, in[i].signal.n_samples), FSPEC_FLOAT32, BINS_CONTIGUOUS);
            s[i] = in[i].signal;
            m[i] = out[i].matrix;
        }
        CHECK_STATUS(fspec_check_finite(s, n, &call), FSPEC_OK, "finite");
        const int64_t which = rng_int(&r, 0, n - 1), at = rng_int(&r, 0, s[which].n_samples - 1);
        put_sample((char *)(uintptr_t)s[which].data + at * s[which].stride, type, s[which].byte_swapped, wrong[round % 3]);
        CHECK_STATUS(fspec_check_finite(s, n, &call), FSPEC_NOT_FINITE, "%g at %d of %d", wrong[round % 3], (int)at, (int)s[which].n_samples);
        CHECK_STATUS(fspec_frontend_exec(plan, s, m, n, FSPEC_FLOAT32, &call), FSPEC_NOT_FINITE, "%g", wrong[round % 3]);
        for (int64_t i = 0; i < n; i++) {
            CHECK(grid_untouched(&out[i]), "output written although the input is not finite");
            samples_free(&in[i]);
            grid_free(&out[i]);
        }
    }
    fspec_frontend_free(plan);
}

#define BAD_SPECTRA(change, expected) \
    do { \
        grid in = grid_make(N_BINS, 5, FSPEC_FLOAT32, BINS_CONTIGUOUS), g = grid_make(N_BANDS, 5, FSPEC_FLOAT32, BINS_CONTIGUOUS); \
        fspec_matrix s = in.matrix, m = g.matrix; \
        struct { \
            const fspec_frontend *plan; \
            const fspec_matrix *s, *m; \
            int64_t n_frames, n; \
            fspec_dtype in, out; \
            fspec_call call; \
        } a = {plan, &s, &m, 5, 1, FSPEC_FLOAT32, FSPEC_FLOAT32, {0}}; \
        fspec_call_init(&a.call); \
        change; \
        CHECK_STATUS(fspec_frontend_exec_spectra(a.plan, a.s, a.in, a.n_frames, a.m, a.n, a.out, &a.call), expected, "%s", #change); \
        CHECK(grid_untouched(&g), "%s: output was written", #change); \
        grid_free(&in); \
        grid_free(&g); \
    } while (0)

static void test_spectra(void)
{
    fspec_frontend_config c = config_for(FSPEC_OUT_BANDS), complex_config = config_for(FSPEC_OUT_COMPLEX);
    fspec_frontend_config spectrum_config = config_for(FSPEC_OUT_SPECTRUM);
    fspec_frontend *plan = plan_for(&c), *complex_plan = plan_for(&complex_config), *spectrum_plan = plan_for(&spectrum_config);
    BAD_SPECTRA(a.plan = NULL, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(a.plan = complex_plan, FSPEC_BAD_OUTPUT);
    BAD_SPECTRA(a.plan = spectrum_plan, FSPEC_BAD_OUTPUT);
    BAD_SPECTRA(a.s = NULL, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(a.m = NULL, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(s.data = NULL, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(m.data = NULL, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(a.n_frames = -1, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(a.n_frames = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_SPECTRA(a.n_frames = 0, FSPEC_OK);
    BAD_SPECTRA(a.n = -1, FSPEC_BAD_ARGUMENT);
    BAD_SPECTRA(a.n = 0, FSPEC_OK);
    BAD_SPECTRA(a.in = FSPEC_INT16, FSPEC_BAD_DATA_TYPE);
    BAD_SPECTRA(a.in = FSPEC_COMPLEX64, FSPEC_BAD_DATA_TYPE);
    BAD_SPECTRA(a.out = FSPEC_COMPLEX64, FSPEC_BAD_DATA_TYPE);
    BAD_SPECTRA(a.call.size = 1, FSPEC_BAD_STRUCT);
    BAD_SPECTRA(a.call.scratch = sound; a.call.scratch_size = 4, FSPEC_BAD_ARGUMENT);
    fspec_frontend_free(plan);
    fspec_frontend_free(complex_plan);
    fspec_frontend_free(spectrum_plan);
}

/* ---- streams ------------------------------------------------------------------------------------------------------ */

static void test_stream(void)
{
    fspec_frontend_config c = config_for(FSPEC_OUT_BANDS);
    fspec_frontend *plan = plan_for(&c);
    fspec_stream *stream = NULL, *untouched = (fspec_stream *)(void *)sound, *no = untouched;
    grid g[2] = {grid_make(N_BANDS, 40, FSPEC_FLOAT32, GAPS), grid_make(N_BANDS, 40, FSPEC_FLOAT32, BINS_CONTIGUOUS)};
    const fspec_matrix m[2] = {g[0].matrix, g[1].matrix}, missing[2] = {g[0].matrix, {NULL, 4, 4}};
    fspec_signal s[2] = {signal_of(SAMPLES), signal_of(SAMPLES)}, t[2];
    fspec_call call;
    int64_t n = -7;
    fspec_call_init(&call);
    CHECK_STATUS(fspec_stream_create(NULL, 1, &no), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_stream_create(plan, 1, NULL), FSPEC_BAD_ARGUMENT, "no result");
    CHECK_STATUS(fspec_stream_create(plan, 0, &no), FSPEC_BAD_ARGUMENT, "no channels");
    CHECK_STATUS(fspec_stream_create(plan, -1, &no), FSPEC_BAD_ARGUMENT, "channels");
    CHECK_STATUS(fspec_stream_create(plan, INT64_MAX, &no), FSPEC_TOO_LARGE, "channels");
    CHECK_STATUS(fspec_stream_create(plan, INT64_MAX / 100000, &no), FSPEC_TOO_LARGE, "channels");
    for (int i = 0; i < 2; i++) {
        fspec_frontend_config whole = config_for(i ? FSPEC_OUT_CEPSTRUM : FSPEC_OUT_BANDS);
        whole.top_db = 80;
        fspec_frontend *whole_plan = plan_for(&whole);
        CHECK_STATUS(fspec_stream_create(whole_plan, 1, &no), FSPEC_NOT_STREAMABLE, "top_db");
        fspec_frontend_free(whole_plan);
        whole.top_db = -1;
        whole.ref_max = 1;
        whole.output = FSPEC_OUT_BANDS;
        whole_plan = plan_for(&whole);
        CHECK_STATUS(fspec_stream_create(whole_plan, 1, &no), FSPEC_NOT_STREAMABLE, "ref_max");
        fspec_frontend_free(whole_plan);
    }
    CHECK(no == untouched, "the stream pointer was written");

    REQUIRE(fspec_stream_create(plan, 2, &stream) == FSPEC_OK, "stream");
    CHECK_STATUS(fspec_stream_push(NULL, s, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no stream");
    CHECK_STATUS(fspec_stream_push(stream, NULL, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no chunk");
    CHECK_STATUS(fspec_stream_push(stream, s, NULL, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no output");
    CHECK_STATUS(fspec_stream_push(stream, s, missing, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no second output");
    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_COMPLEX64, NULL, &n), FSPEC_BAD_DATA_TYPE, "output type");
    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_FLOAT32, NULL, NULL), FSPEC_BAD_ARGUMENT, "no count");
    call.size = 3;
    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_FLOAT32, &call, &n), FSPEC_BAD_STRUCT, "call");
    CHECK_STATUS(fspec_stream_flush(stream, m, FSPEC_FLOAT32, &call, &n), FSPEC_BAD_STRUCT, "call");
    memcpy(t, s, sizeof s);
    t[1].n_samples--;
    CHECK_STATUS(fspec_stream_push(stream, t, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "unequal chunks");
    t[0].n_samples = t[1].n_samples = -1;
    CHECK_STATUS(fspec_stream_push(stream, t, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "negative chunk");
    t[0].n_samples = t[1].n_samples = INT64_MAX;
    CHECK_STATUS(fspec_stream_push(stream, t, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "endless chunk");
    memcpy(t, s, sizeof s);
    t[1].data = NULL;
    CHECK_STATUS(fspec_stream_push(stream, t, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no samples");
    memcpy(t, s, sizeof s);
    t[1].dtype = FSPEC_INT16;
    CHECK_STATUS(fspec_stream_push(stream, t, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_DATA_TYPE, "types");
    t[0].dtype = t[1].dtype = (fspec_dtype)9;
    CHECK_STATUS(fspec_stream_push(stream, t, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_DATA_TYPE, "type");
    const float old = sound[SAMPLES - 1];
    sound[SAMPLES - 1] = NAN;
    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_FLOAT32, NULL, &n), FSPEC_NOT_FINITE, "NaN");
    sound[SAMPLES - 1] = old;
    CHECK_STATUS(fspec_stream_flush(NULL, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no stream");
    CHECK_STATUS(fspec_stream_flush(stream, m, FSPEC_FLOAT32, NULL, &n), FSPEC_TOO_SHORT, "nothing pushed");
    CHECK(n == -7 && grid_untouched(&g[0]) && grid_untouched(&g[1]), "a refused push wrote something");
    CHECK(fspec_stream_ready(stream, 0) == 0 && fspec_stream_pending(stream) == 0, "a refused push changed the stream");

    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_FLOAT32, NULL, &n), FSPEC_OK, "push");
    CHECK(n > 0 && n == fspec_frontend_n_frames(plan, SAMPLES) - fspec_stream_pending(stream), "%d frames", (int)n);
    CHECK_STATUS(fspec_stream_flush(stream, NULL, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "no output");
    CHECK_STATUS(fspec_stream_flush(stream, m, FSPEC_FLOAT32, NULL, NULL), FSPEC_BAD_ARGUMENT, "no count");
    CHECK_STATUS(fspec_stream_flush(stream, m, FSPEC_COMPLEX128, NULL, &n), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(fspec_stream_flush(stream, m, FSPEC_FLOAT32, NULL, &n), FSPEC_OK, "flush");
    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "push after the end");
    CHECK_STATUS(fspec_stream_flush(stream, m, FSPEC_FLOAT32, NULL, &n), FSPEC_BAD_ARGUMENT, "flush after the end");
    fspec_stream_reset(stream);
    CHECK_STATUS(fspec_stream_push(stream, s, m, FSPEC_FLOAT32, NULL, &n), FSPEC_OK, "push after a reset");
    fspec_stream_free(stream);
    fspec_stream_free(NULL);
    fspec_frontend_free(plan);
    grid_free(&g[0]);
    grid_free(&g[1]);
}

/* ---- inverse ------------------------------------------------------------------------------------------------------ */

#define BAD_ISTFT_CONFIG(change, expected) \
    do { \
        fspec_istft_config c; \
        fspec_istft *plan = (fspec_istft *)(void *)sound; \
        fspec_istft_config_init(&c); \
        c.window = window; \
        c.n_fft = N_FFT; \
        change; \
        CHECK_STATUS(fspec_istft_create(&c, &plan), expected, "%s", #change); \
        CHECK(plan == (fspec_istft *)(void *)sound, "%s: the plan pointer was written", #change); \
    } while (0)

#define BAD_ISTFT(change, expected) \
    do { \
        float y[2][SAMPLES]; \
        fspec_signal s[2] = {{y[0], SAMPLES, 4, FSPEC_FLOAT32, 0}, {y[1], SAMPLES, 4, FSPEC_FLOAT32, 0}}; \
        fspec_matrix m[2] = {in.matrix, in.matrix}; \
        struct { \
            const fspec_istft *plan; \
            const fspec_matrix *m; \
            const fspec_signal *s; \
            int64_t n_frames, n; \
            fspec_dtype type; \
            fspec_call call; \
        } a = {plan, m, s, 10, 2, FSPEC_COMPLEX64, {0}}; \
        fspec_call_init(&a.call); \
        memset(y, 0xa5, sizeof y); \
        change; \
        CHECK_STATUS(fspec_istft_exec(a.plan, a.m, a.type, a.n_frames, a.s, a.n, &a.call), expected, "%s", #change); \
        for (size_t i_ = 0; i_ < sizeof y; i_++) \
            CHECK(((unsigned char *)y)[i_] == 0xa5, "%s: output was written", #change); \
    } while (0)

static void test_istft(void)
{
    static double broken[N_FFT];
    fspec_istft_config config;
    fspec_istft *plan = NULL;
    grid in = grid_make(N_BINS, 10, FSPEC_COMPLEX64, BINS_CONTIGUOUS);
    memset(in.block, 0, in.bytes);
    fspec_istft_config_init(&config);
    config.n_fft = N_FFT;
    config.hop_length = 4;
    REQUIRE(fspec_istft_create(&config, &plan) == FSPEC_OK, "istft");
    CHECK_STATUS(fspec_istft_create(NULL, &plan), FSPEC_BAD_ARGUMENT, "no config");
    CHECK_STATUS(fspec_istft_create(&config, NULL), FSPEC_BAD_ARGUMENT, "no result");
    broken[3] = NAN;
    BAD_ISTFT_CONFIG(c.size = 0, FSPEC_BAD_STRUCT);
    BAD_ISTFT_CONFIG(c.size += 1, FSPEC_BAD_STRUCT);
    BAD_ISTFT_CONFIG(c.precision = (fspec_precision)0, FSPEC_BAD_PRECISION);
    BAD_ISTFT_CONFIG(c.engine = (fspec_engine)99, FSPEC_NO_ENGINE);
    BAD_ISTFT_CONFIG(c.n_fft = 0, FSPEC_BAD_N_FFT);
    BAD_ISTFT_CONFIG(c.n_fft = INT64_MIN, FSPEC_BAD_N_FFT);
    BAD_ISTFT_CONFIG(c.n_fft = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_ISTFT_CONFIG(c.hop_length = 0, FSPEC_BAD_HOP_LENGTH);
    BAD_ISTFT_CONFIG(c.hop_length = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_ISTFT_CONFIG(c.window = broken, FSPEC_BAD_WINDOW);
    BAD_ISTFT(a.plan = NULL, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(a.m = NULL, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(a.s = NULL, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(a.n = -1, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(a.n = 0, FSPEC_OK);
    BAD_ISTFT(a.n_frames = 0, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(a.n_frames = -1, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(a.n_frames = INT64_MAX, FSPEC_TOO_LARGE);
    BAD_ISTFT(a.type = FSPEC_FLOAT32, FSPEC_BAD_DATA_TYPE);
    BAD_ISTFT(a.call.size = 0, FSPEC_BAD_STRUCT);
    BAD_ISTFT(m[1].data = NULL, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(s[1].data = NULL, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(s[1].n_samples--, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(s[0].n_samples = s[1].n_samples = -1, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(s[0].n_samples = s[1].n_samples = INT64_MAX, FSPEC_BAD_ARGUMENT);
    BAD_ISTFT(s[0].n_samples = s[1].n_samples = 0, FSPEC_OK);
    BAD_ISTFT(s[1].dtype = FSPEC_INT16, FSPEC_BAD_DATA_TYPE);
    BAD_ISTFT(s[1].byte_swapped = 1, FSPEC_BAD_DATA_TYPE);
    CHECK(fspec_istft_n_samples(plan, 10) == N_FFT + 36 - N_FFT && fspec_istft_n_samples(plan, 0) == 0, "n_samples");
    CHECK(fspec_istft_n_samples(plan, INT64_MIN) == 0 && fspec_istft_n_samples(plan, INT64_MAX) == 0, "n_samples that overflows");
    CHECK(fspec_istft_n_frames(plan, 36, 100) == (36 + N_FFT) / 4 && fspec_istft_n_frames(plan, 36, 5) == 5, "n_frames");
    CHECK(fspec_istft_n_frames(plan, INT64_MAX, 5) == 5 && fspec_istft_n_frames(plan, INT64_MAX, INT64_MAX) > 1, "n_frames of endless");
    fspec_istft_free(plan);
    fspec_istft_free(NULL);
    grid_free(&in);
}

static void test_griffinlim(void)
{
    enum { FRAMES = 10, N = 36 };
    fspec_frontend_config c = config_for(FSPEC_OUT_COMPLEX), d;
    fspec_istft_config i, e;
    fspec_istft *inverse = NULL, *other = NULL;
    fspec_istft_config_init(&i);
    i.n_fft = N_FFT;
    i.hop_length = c.hop_length;
    fspec_frontend *stft = plan_for(&c), *wrong = NULL;
    REQUIRE(fspec_istft_create(&i, &inverse) == FSPEC_OK, "istft");
    float magnitude[FRAMES * N_BINS], angles[2 * FRAMES * N_BINS], y[N];
    for (int k = 0; k < FRAMES * N_BINS; k++)
        magnitude[k] = angles[2 * k] = 1, angles[2 * k + 1] = 0;
    CHECK(fspec_frontend_n_frames(stft, N) == FRAMES, "frames");
#define GRIFFINLIM(s, v, n, momentum, m, a, f, out, length) fspec_griffinlim(s, v, n, momentum, m, a, f, out, length, NULL)
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_OK, "good call");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 0, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_OK, "no iteration");
    CHECK_STATUS(GRIFFINLIM(NULL, inverse, 2, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "no stft");
    CHECK_STATUS(GRIFFINLIM(stft, NULL, 2, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "no istft");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, -1, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "iterations");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, -0.1, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "momentum");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, NAN, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "momentum");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, INFINITY, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "momentum");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, NULL, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "no magnitude");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, NULL, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "no angles");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, angles, FRAMES, NULL, N), FSPEC_BAD_ARGUMENT, "no y");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, angles, 0, y, N), FSPEC_BAD_ARGUMENT, "no frames");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, angles, FRAMES + 1, y, N), FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 0, 0.9, magnitude, angles, INT64_MAX, y, N), FSPEC_TOO_LARGE, "frames");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, angles, FRAMES, y, -N), FSPEC_BAD_ARGUMENT, "samples");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 0, 0.9, magnitude, angles, FRAMES, y, -N), FSPEC_BAD_ARGUMENT, "samples");
    CHECK_STATUS(GRIFFINLIM(stft, inverse, 2, 0.9, magnitude, angles, FRAMES, y, INT64_MAX), FSPEC_BAD_ARGUMENT, "samples");
    d = config_for(FSPEC_OUT_SPECTRUM);
    wrong = plan_for(&d);
    CHECK_STATUS(GRIFFINLIM(wrong, inverse, 2, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "not complex");
    fspec_frontend_free(wrong);
    d = c;
    d.precision = FSPEC_DOUBLE;
    wrong = plan_for(&d);
    CHECK_STATUS(GRIFFINLIM(wrong, inverse, 2, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "precision");
    fspec_frontend_free(wrong);
    for (int k = 0; k < 2; k++) {
        e = i;
        e.n_fft += k ? 0 : 2;
        e.hop_length += k;
        REQUIRE(fspec_istft_create(&e, &other) == FSPEC_OK, "istft");
        CHECK_STATUS(GRIFFINLIM(stft, other, 2, 0.9, magnitude, angles, FRAMES, y, N), FSPEC_BAD_ARGUMENT, "n_fft or hop");
        fspec_istft_free(other);
    }
    fspec_call call;
    fspec_call_init(&call);
    call.size = 0;
    CHECK_STATUS(fspec_griffinlim(stft, inverse, 2, 0.9, magnitude, angles, FRAMES, y, N, &call), FSPEC_BAD_STRUCT, "call");
    fspec_frontend_free(stft);
    fspec_istft_free(inverse);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------- */

static void test_hann(void)
{
    for (int n = 1; n < 300; n++)
        for (int periodic = 0; periodic < 2; periodic++) {
            double w[300];
            fspec_hann(n, periodic, w);
            for (int i = 0; i < n; i++) {
                const long double want = n == 1 ? 1 : 0.5L - 0.5L * cosl(6.283185307179586476925286766559L * i / (n - 1 + periodic));
                CHECK(fabsl((long double)w[i] - want) < 1e-15L, "hann of %d: %d", n, i);
            }
        }
}

/* librosa's filters by another road: triangles in long double, each weight within a rounding error of the edges. */
static void test_mel_filters(void)
{
    static const struct {
        double sr, fmin, fmax;
        int n_fft, n_mels, htk;
    } cases[] = {{22050, 0, 11025, 2048, 128, 0}, {16000, 20, 7600, 400, 80, 0}, {44100, 0, 22050, 1024, 40, 1}, {8000, 300, 3400, 255, 13, 1},
                 {16000, 0, 8000, 1, 3, 0}, {16000, 0, 8000, 64, 128, 0}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int norm = 0; norm < 2; norm++)
            for (int single = 0; single < 2; single++) {
                const int n_bins = cases[c].n_fft / 2 + 1, n = cases[c].n_mels, htk = cases[c].htk;
                double *w = check_malloc((size_t)(n_bins * n) * sizeof *w);
                long double edge[300];
                CHECK_STATUS(fspec_mel_filters(cases[c].sr, cases[c].n_fft, n, cases[c].fmin, cases[c].fmax, htk, (fspec_mel_norm)norm, single, w),
                             FSPEC_OK, "mel filters");
                const long double knee = 15, step = logl(6.4L) / 27, fmin = cases[c].fmin, fmax = cases[c].fmax;
#define TO_MEL(f) (htk ? 2595 * log10l(1 + (f) / 700) : (f) < 1000 ? (f) * 3 / 200 : knee + logl((f) / 1000) / step)
                const long double low = TO_MEL(fmin), high = TO_MEL(fmax);
                for (int i = 0; i < n + 2; i++) {
                    const long double mel = low + (high - low) * i / (n + 1);
                    edge[i] = htk ? 700 * (powl(10, mel / 2595) - 1) : mel < knee ? mel * 200 / 3 : 1000 * expl(step * (mel - knee));
                }
                for (int i = 0; i < n; i++)
                    for (int k = 0; k < n_bins; k++) {
                        const long double f = (long double)k * cases[c].sr / cases[c].n_fft, area = norm ? 2 / (edge[i + 2] - edge[i]) : 1;
                        const long double rise = (f - edge[i]) / (edge[i + 1] - edge[i]), fall = (edge[i + 2] - f) / (edge[i + 2] - edge[i + 1]);
                        const long double want = area * fmaxl(0, fminl(rise, fall)), got = w[i * n_bins + k];
                        CHECK(fabsl(got - want) <= (single ? 2e-7L : 1e-12L) * area, "mel filters, case %d: band %d, bin %d: %Lg, not %Lg", (int)c, i, k,
                              got, want);
                        CHECK(!single || (double)(float)got == (double)got, "not rounded to float");
                    }
                free(w);
            }
}

static void test_pieces(void)
{
    double w[4 * N_BINS], largest = -5, *nowhere = NULL;
    float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[8];
    const fspec_signal good = signal_of(SAMPLES), typeless = {sound, SAMPLES, 4, (fspec_dtype)0, 0}, empty = {NULL, 0, 4, FSPEC_FLOAT32, 0};
    const fspec_signal lost = {NULL, SAMPLES, 4, FSPEC_FLOAT32, 0}, negative = {sound, -1, 4, FSPEC_FLOAT32, 0};
    fspec_call call;
    fspec_call_init(&call);
    call.size = 5;
#define MEL(sr, n_fft, n_mels, fmin, fmax, weights) fspec_mel_filters(sr, n_fft, n_mels, fmin, fmax, 0, FSPEC_MEL_NORM_SLANEY, 1, weights)
    CHECK_STATUS(MEL(16000, N_FFT, 4, 0, 8000, w), FSPEC_OK, "good call");
    CHECK_STATUS(MEL(0, N_FFT, 4, 0, 8000, w), FSPEC_BAD_ARGUMENT, "sr");
    CHECK_STATUS(MEL(-1, N_FFT, 4, 0, 8000, w), FSPEC_BAD_ARGUMENT, "sr");
    CHECK_STATUS(MEL(NAN, N_FFT, 4, 0, 8000, w), FSPEC_BAD_ARGUMENT, "sr");
    CHECK_STATUS(MEL(INFINITY, N_FFT, 4, 0, 8000, w), FSPEC_BAD_ARGUMENT, "sr");
    CHECK_STATUS(MEL(16000, 0, 4, 0, 8000, w), FSPEC_BAD_ARGUMENT, "n_fft");
    CHECK_STATUS(MEL(16000, N_FFT, 0, 0, 8000, w), FSPEC_BAD_ARGUMENT, "n_mels");
    CHECK_STATUS(MEL(16000, N_FFT, 4, -1, 8000, w), FSPEC_BAD_ARGUMENT, "fmin");
    CHECK_STATUS(MEL(16000, N_FFT, 4, NAN, 8000, w), FSPEC_BAD_ARGUMENT, "fmin");
    CHECK_STATUS(MEL(16000, N_FFT, 4, 8000, 8000, w), FSPEC_BAD_ARGUMENT, "fmax");
    CHECK_STATUS(MEL(16000, N_FFT, 4, 0, NAN, w), FSPEC_BAD_ARGUMENT, "fmax");
    CHECK_STATUS(MEL(16000, N_FFT, 4, 0, INFINITY, w), FSPEC_BAD_ARGUMENT, "fmax");
    CHECK_STATUS(MEL(16000, N_FFT, 4, 0, 8000, nowhere), FSPEC_BAD_ARGUMENT, "weights");
    CHECK_STATUS(MEL(16000, INT64_MAX, 4, 0, 8000, w), FSPEC_TOO_LARGE, "n_fft");
    CHECK_STATUS(MEL(16000, N_FFT, INT64_MAX, 0, 8000, w), FSPEC_TOO_LARGE, "n_mels");
    CHECK_STATUS(MEL(16000, (int64_t)1 << 40, (int64_t)1 << 40, 0, 8000, w), FSPEC_TOO_LARGE, "n_fft, n_mels");

#define PHASES(turns, m, a, bins, frames, pitch, type, call) fspec_phases(turns, m, a, bins, frames, pitch, type, call)
    CHECK_STATUS(PHASES(w, x, y, 2, 2, 2, FSPEC_FLOAT32, NULL), FSPEC_OK, "good call");
    CHECK_STATUS(PHASES(NULL, NULL, NULL, 0, 2, 2, FSPEC_FLOAT32, NULL), FSPEC_OK, "no bins");
    CHECK_STATUS(PHASES(NULL, NULL, NULL, 2, 0, 2, FSPEC_FLOAT32, NULL), FSPEC_OK, "no frames");
    CHECK_STATUS(PHASES(nowhere, x, y, 2, 2, 2, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "turns");
    CHECK_STATUS(PHASES(w, NULL, y, 2, 2, 2, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "magnitude");
    CHECK_STATUS(PHASES(w, x, NULL, 2, 2, 2, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "angles");
    CHECK_STATUS(PHASES(w, x, y, -2, 2, 2, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "bins");
    CHECK_STATUS(PHASES(w, x, y, 2, -2, 2, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(PHASES(w, x, y, 2, 2, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_ARGUMENT, "pitch");
    CHECK_STATUS(PHASES(w, x, y, 2, 2, 2, FSPEC_COMPLEX64, NULL), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(PHASES(w, x, y, 2, 2, 2, FSPEC_FLOAT32, &call), FSPEC_BAD_STRUCT, "call");

    CHECK_STATUS(fspec_check_finite(&good, 1, NULL), FSPEC_OK, "good call");
    CHECK_STATUS(fspec_check_finite(NULL, 0, NULL), FSPEC_OK, "no signals");
    CHECK_STATUS(fspec_check_finite(&empty, 1, NULL), FSPEC_OK, "empty signal");
    CHECK_STATUS(fspec_check_finite(NULL, 1, NULL), FSPEC_BAD_ARGUMENT, "no signals");
    CHECK_STATUS(fspec_check_finite(&good, -1, NULL), FSPEC_BAD_ARGUMENT, "signals");
    CHECK_STATUS(fspec_check_finite(&lost, 1, NULL), FSPEC_BAD_ARGUMENT, "no samples");
    CHECK_STATUS(fspec_check_finite(&negative, 1, NULL), FSPEC_BAD_ARGUMENT, "samples");
    CHECK_STATUS(fspec_check_finite(&typeless, 1, NULL), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(fspec_check_finite(&good, 1, &call), FSPEC_BAD_STRUCT, "call");

#define TO_DB(in, out, n, type, amin, call, most) fspec_power_to_db(in, out, n, type, amin, 0, call, most)
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, 1e-10, &call, &largest), FSPEC_BAD_STRUCT, "call");
    CHECK_STATUS(TO_DB(NULL, y, 8, FSPEC_FLOAT32, 1e-10, NULL, &largest), FSPEC_BAD_ARGUMENT, "no input");
    CHECK_STATUS(TO_DB(x, NULL, 8, FSPEC_FLOAT32, 1e-10, NULL, &largest), FSPEC_BAD_ARGUMENT, "no output");
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, 1e-10, NULL, NULL), FSPEC_BAD_ARGUMENT, "no largest");
    CHECK_STATUS(TO_DB(x, y, -1, FSPEC_FLOAT32, 1e-10, NULL, &largest), FSPEC_BAD_ARGUMENT, "n");
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_INT16, 1e-10, NULL, &largest), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, 0, NULL, &largest), FSPEC_BAD_LOG, "amin");
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, -1, NULL, &largest), FSPEC_BAD_LOG, "amin");
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, NAN, NULL, &largest), FSPEC_BAD_LOG, "amin");
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, INFINITY, NULL, &largest), FSPEC_BAD_LOG, "amin");
    CHECK(largest == -5, "a refused call wrote the largest value");
    CHECK_STATUS(TO_DB(NULL, NULL, 0, FSPEC_FLOAT32, 1e-10, NULL, &largest), FSPEC_OK, "nothing");
    CHECK(largest == -INFINITY, "largest of nothing: %g", largest);
    CHECK_STATUS(TO_DB(x, y, 8, FSPEC_FLOAT32, 1e-10, NULL, &largest), FSPEC_OK, "good call");
    CHECK(largest == (double)y[7] && fabs(largest - 10 * log10(8)) < 1e-5, "largest: %g", largest);

    CHECK_STATUS(fspec_clip_below(x, 8, FSPEC_FLOAT32, 3, NULL), FSPEC_OK, "good call");
    CHECK(x[0] == 3 && x[1] == 3 && x[2] == 3 && x[3] == 4 && x[7] == 8, "clip_below");
    CHECK_STATUS(fspec_clip_below(NULL, 8, FSPEC_FLOAT32, 3, NULL), FSPEC_BAD_ARGUMENT, "no array");
    CHECK_STATUS(fspec_clip_below(x, -8, FSPEC_FLOAT32, 3, NULL), FSPEC_BAD_ARGUMENT, "n");
    CHECK_STATUS(fspec_clip_below(x, 8, FSPEC_COMPLEX64, 3, NULL), FSPEC_BAD_DATA_TYPE, "type");
    CHECK_STATUS(fspec_clip_below(x, 8, FSPEC_FLOAT32, 3, &call), FSPEC_BAD_STRUCT, "call");
    CHECK_STATUS(fspec_clip_below(NULL, 0, FSPEC_FLOAT32, 3, NULL), FSPEC_OK, "nothing");
}

/* Counting functions at the ends of int64_t, and scratch of sizes that overflow. */
static void test_counts(void)
{
    for (int center = 0; center < 2; center++)
        for (int64_t n_fft = 1; n_fft <= 17; n_fft++) {
            fspec_frontend_config c = config_for(FSPEC_OUT_COMPLEX);
            fspec_stream *stream = NULL;
            c.n_fft = n_fft;
            c.window = NULL;
            c.center = center;
            fspec_frontend *plan = plan_for(&c);
            CHECK(fspec_frontend_n_frames(plan, INT64_MAX) > INT64_MAX / 4 - n_fft, "frames of INT64_MAX");
            CHECK(fspec_frontend_n_frames(plan, INT64_MIN) == 0 && fspec_frontend_n_frames(plan, -1) == 0 && fspec_frontend_n_frames(plan, 0) == 0,
                  "frames of nothing");
            CHECK(fspec_frontend_scratch(plan, INT64_MAX, 10, 1) == 0, "scratch of endless signals");
            CHECK(fspec_frontend_scratch(plan, -1, 10, 1) == 0 && fspec_frontend_scratch(plan, 1, -1, 1) == 0, "negative scratch");
            CHECK(fspec_frontend_scratch(plan, 1, INT64_MAX, INT32_MAX) > 0, "scratch of endless frames");
            CHECK(fspec_frontend_scratch(plan, 1, 10, INT32_MIN) > 0, "scratch of negative threads");
            REQUIRE(fspec_stream_create(plan, 1, &stream) == FSPEC_OK, "stream");
            /* No more than INT64_MAX / 4 samples can be pushed. */
            CHECK(fspec_stream_ready(stream, INT64_MAX) > INT64_MAX / 4 / c.hop_length - n_fft
                      && fspec_stream_ready(stream, INT64_MAX) <= fspec_frontend_n_frames(plan, INT64_MAX / 4), "most that are ready");
            CHECK(fspec_stream_ready(stream, INT64_MIN) == 0 && fspec_stream_ready(stream, -1) == 0, "ready of nothing");
            fspec_stream_free(stream);
            fspec_frontend_free(plan);
        }
    /* A hop as long as can be, and a signal that is longer still. */
    fspec_frontend_config c = config_for(FSPEC_OUT_COMPLEX);
    c.hop_length = INT64_MAX / 4;
    c.librosa_tail = 1;
    for (int mode = FSPEC_PAD_CONSTANT; mode <= FSPEC_PAD_SYMMETRIC; mode++) {
        c.pad_mode = (fspec_pad_mode)mode;
        fspec_frontend *plan = plan_for(&c);
        fspec_stream *stream = NULL;
        fspec_signal s = signal_of(SAMPLES), still = {sound, INT64_MAX / 4, 0, FSPEC_FLOAT32, 0};
        grid g = grid_make(N_BINS, 2, FSPEC_COMPLEX64, BINS_CONTIGUOUS);
        int64_t n = -1;
        CHECK(fspec_frontend_n_frames(plan, SAMPLES) == 1 && fspec_frontend_n_frames(plan, still.n_samples) == 2, "frames");
        CHECK_STATUS(fspec_frontend_exec(plan, &s, &g.matrix, 1, FSPEC_COMPLEX64, NULL), FSPEC_OK, "endless hop");
        REQUIRE(fspec_stream_create(plan, 1, &stream) == FSPEC_OK, "stream");
        CHECK_STATUS(fspec_stream_push(stream, &s, &g.matrix, FSPEC_COMPLEX64, NULL, &n), FSPEC_OK, "endless hop");
        CHECK(n == 1, "%d frames", (int)n);
        CHECK_STATUS(fspec_stream_push(stream, &still, &g.matrix, FSPEC_COMPLEX64, NULL, &n), FSPEC_BAD_ARGUMENT, "past the end");
        CHECK_STATUS(fspec_stream_flush(stream, &g.matrix, FSPEC_COMPLEX64, NULL, &n), FSPEC_OK, "endless hop");
        fspec_stream_free(stream);
        fspec_frontend_free(plan);
        grid_free(&g);
    }
}

static void test_status_texts(void)
{
    static const int numbers[] = {-1, INT32_MIN, FSPEC_BAD_FEATURES + 1, INT32_MAX};
    for (int status = FSPEC_OK; status <= FSPEC_BAD_FEATURES; status++) {
        const char *text = fspec_status_string((fspec_status)status), *argument = fspec_status_argument((fspec_status)status);
        CHECK(text && *text && argument && strcmp(text, "unknown status"), "status %d", status);
        CHECK(status == FSPEC_BAD_ARGUMENT || status == FSPEC_AGAIN || status < FSPEC_BAD_STRUCT || *argument, "status %d names no argument", status);
        for (int other = FSPEC_OK; other < status; other++)
            CHECK(strcmp(text, fspec_status_string((fspec_status)other)), "statuses %d and %d have one text", status, other);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        CHECK(*fspec_status_string((fspec_status)numbers[i]), "status %d", numbers[i]);
        CHECK(!*fspec_status_argument((fspec_status)numbers[i]), "status %d", numbers[i]);
    }
    CHECK(!strcmp(fspec_version(), FSPEC_VERSION_STRING), "version");
}

int main(void)
{
    rng r = {3};
    check_tier();
    check_fftw();
    for (int i = 0; i < N_FFT; i++)
        window[i] = rng_uniform(&r, 0.1, 1);
    for (int i = 0; i < N_BANDS * N_BINS; i++)
        bands[i] = rng_uniform(&r, 0, 1);
    for (int i = 0; i < N_CEPS * N_BANDS; i++)
        dct[i] = rng_uniform(&r, -1, 1);
    for (int i = 0; i < SAMPLES; i++)
        sound[i] = (float)rng_uniform(&r, -1, 1);
    test_configs();
    test_exec();
    test_not_finite();
    test_spectra();
    test_stream();
    test_istft();
    test_griffinlim();
    test_hann();
    test_mel_filters();
    test_pieces();
    test_counts();
    test_status_texts();
    return check_done();
}
