/* Parts of signals against whole calls, bit by bit; what calls hold in memory against what is said beforehand.
 * SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

#include <limits.h>
#include <stdatomic.h>

enum { PARTS = 3, MOST_BINS = 40 };

/* ---- front ends --------------------------------------------------------------------------------------------------- */

static void add_stages(rng *r, fspec_frontend_config *g)
{
    g->top_db = -1;
    g->ref_max = 0;
    if (rng_int(r, 0, 1)) { /* else librosa's framing, with its tail */
        g->librosa_tail = 0;
        g->frame_length = g->output == FSPEC_OUT_COMPLEX || rng_int(r, 0, 1) ? 0 : rng_int(r, 1, g->n_fft);
        g->explicit_pad = 1;
        g->pad_left = rng_int(r, -9, g->n_fft);
        g->pad_right = rng_int(r, 0, 1) ? g->n_fft : rng_int(r, -9, g->n_fft);
        g->drop_last = rng_int(r, 0, 3) == 0;
        g->append = rng_int(r, 0, 3) ? 0 : rng_int(r, 1, 500);
        g->least_samples = rng_int(r, 0, 3) ? 0 : rng_int(r, 1, 2000);
        g->multiple = rng_int(r, 0, 3) ? 1 : rng_int(r, 2, 100);
    }
    g->preemphasis = rng_int(r, 0, 1) ? 0 : 0.97;
    g->preemphasis_signal = g->output == FSPEC_OUT_COMPLEX || rng_int(r, 0, 1);
    if (g->output == FSPEC_OUT_COMPLEX)
        return;
    g->dither = rng_int(r, 0, 3) ? 0 : 0.1;
    g->remove_dc = rng_int(r, 0, 1);
    if (g->output >= FSPEC_OUT_BANDS)
        g->energy = (fspec_energy)rng_int(r, 0, 2);
    g->deltas = (int32_t)rng_int(r, 0, 2);
    g->delta_window = rng_int(r, 1, 4);
    g->delta_kaldi = (int32_t)rng_int(r, 0, 1);
    if (rng_int(r, 0, 1)) {
        g->stack = rng_int(r, 1, 7);
        g->stack_stride = rng_int(r, 1, 8);
        g->stack_left = rng_int(r, 0, g->stack - 1);
        g->stack_end = (fspec_stack_end)rng_int(r, 0, 2);
    }
}

/* The samples [begin, end) of a signal, in memory of their own. */
static samples cut(const samples *s, int64_t begin, int64_t end, sample_layout layout)
{
    return samples_of(s->values + begin, end - begin, s->signal.dtype, layout);
}

/* Frames at random, most often few; sometimes the first, the last or none. */
static void pick_frames(rng *r, int64_t all, int64_t *first, int64_t *n)
{
    *n = rng_int(r, 0, 4) ? rng_int(r, 0, all < 40 ? all : 40) : rng_int(r, 0, all);
    *first = rng_int(r, 0, 3) ? rng_int(r, 0, all - *n) : rng_int(r, 0, 1) * (all - *n);
}

static void same_columns(const grid *part, const grid *whole, int64_t first, const char *text)
{
    const size_t size = (size_t)grid_size(whole->dtype);
    int same = 1;
    for (int64_t t = 0; t < part->columns && same; t++)
        for (int64_t row = 0; row < part->rows && same; row++)
            same = !memcmp(grid_at(part, row, t), grid_at(whole, row, first + t), size);
    CHECK(same, "frames from %lld of %lld: %s", (long long)first, (long long)whole->columns, text);
}

static void front_end_parts(rng *r, const plan_case *c, const fspec_frontend *plan)
{
    static const fspec_dtype types[] = {FSPEC_FLOAT32, FSPEC_FLOAT64, FSPEC_INT16};
    const fspec_dtype type = PICK(r, types), out_dtype = out_type(c, (int)rng_int(r, 0, 1));
    const int64_t rows = fspec_frontend_n_bins(plan), n_parts = rng_int(r, 1, PARTS);
    samples in[PARTS], given[PARTS];
    fspec_part parts[PARTS];
    fspec_signal signals[PARTS];
    fspec_matrix wholes[PARTS], m[PARTS];
    grid whole[PARTS], part[PARTS];
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 1, 3);
    for (int64_t i = 0; i < n_parts; i++) {
        int64_t n = 1, begin, end, first, count;
        while (fspec_frontend_n_frames(plan, n) == 0)
            n *= 2;
        n += rng_int(r, 0, (rng_int(r, 0, 1) ? 60 : 3) * c->config.hop_length); /* short ones are reflected more than once */
        in[i] = samples_make(r, n, type, CONTIGUOUS);
        signals[i] = in[i].signal;
        const int64_t all = fspec_frontend_n_frames(plan, n);
        whole[i] = grid_make(rows, all, out_dtype, BINS_CONTIGUOUS);
        wholes[i] = whole[i].matrix;
        pick_frames(r, all, &first, &count);
        CHECK_STATUS(fspec_frontend_needs(plan, n, first, count, &begin, &end), FSPEC_OK, "%s", plan_case_text(c));
        CHECK(0 <= begin && begin <= end && end <= n && (count > 0 || end == 0), "samples %lld to %lld of %lld", (long long)begin,
              (long long)end, (long long)n);
        const int exact = rng_int(r, 0, 1) == 0;
        const int64_t from = exact ? begin : rng_int(r, 0, begin), to = exact ? end : rng_int(r, end, n);
        given[i] = cut(&in[i], from, to, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
        parts[i] = (fspec_part){given[i].signal, from, n, first, count};
        part[i] = grid_make(rows, count, out_dtype, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        m[i] = part[i].matrix;
    }
    CHECK_STATUS(fspec_frontend_exec(plan, signals, wholes, n_parts, out_dtype, &call), FSPEC_OK, "%s", plan_case_text(c));
    const size_t size = fspec_frontend_scratch(plan, n_parts, 10000, call.n_threads) + 64;
    char *scratch = check_malloc(size);
    if (rng_int(r, 0, 1)) {
        call.scratch = scratch;
        call.scratch_size = size;
    }
    CHECK_STATUS(fspec_frontend_exec_part(plan, parts, m, n_parts, out_dtype, &call), FSPEC_OK, "%s", plan_case_text(c));
    for (int64_t i = 0; i < n_parts; i++) {
        same_columns(&part[i], &whole[i], parts[i].first, plan_case_text(c));
        CHECK(grid_gaps_untouched(&part[i]), "gaps: %s", plan_case_text(c));
    }
    /* One sample too few, at either end; nothing is written. */
    for (int64_t i = 0; i < n_parts; i++) {
        int64_t begin, end;
        fspec_part less = parts[i];
        (void)fspec_frontend_needs(plan, less.total, less.first, less.n_frames, &begin, &end);
        if (begin == end)
            continue;
        less.signal.n_samples = end - 1 - less.offset;
        CHECK_STATUS(fspec_frontend_exec_part(plan, &less, &m[i], 1, out_dtype, NULL), FSPEC_TOO_SHORT, "%s", plan_case_text(c));
        less = parts[i];
        less.signal.data = (const char *)less.signal.data + (begin + 1 - less.offset) * less.signal.stride;
        less.signal.n_samples -= begin + 1 - less.offset;
        less.offset = begin + 1;
        CHECK_STATUS(fspec_frontend_exec_part(plan, &less, &m[i], 1, out_dtype, NULL), FSPEC_TOO_SHORT, "%s", plan_case_text(c));
        CHECK(grid_untouched(&part[i]), "output after an error");
    }
    for (int64_t i = 0; i < n_parts; i++) {
        samples_free(&in[i]);
        samples_free(&given[i]);
        grid_free(&whole[i]);
        grid_free(&part[i]);
    }
    free(scratch);
}

static void front_ends(rng *r, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        plan_case c;
        fspec_frontend *plan;
        plan_case_make(r, &c, (fspec_output)(i % 4), 128);
        add_stages(r, &c.config);
        REQUIRE(fspec_frontend_create(&c.config, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
        for (int k = 0; k < 4; k++)
            front_end_parts(r, &c, plan);
        fspec_frontend_free(plan);
        plan_case_free(&c);
    }
}

/* ---- the constant-Q transform, and chroma --------------------------------------------------------------------------- */

typedef struct bank {
    fspec_cqt_config config;
    double frequencies[MOST_BINS], lengths[MOST_BINS], amplitudes[MOST_BINS], taps[MOST_BINS][600], decimator[300];
    double fold[MOST_BINS * 5], smooth[9];
    fspec_cqt_filter filters[MOST_BINS];
    fspec_chroma *chroma;
} bank;

static void make_bank(rng *r, bank *b)
{
    fspec_cqt_config *g = &b->config;
    memset(b, 0, sizeof *b);
    fspec_cqt_config_init(g);
    g->sr = 16000;
    g->n_bins = rng_int(r, 1, MOST_BINS);
    g->output = (fspec_cqt_output)rng_int(r, 0, 2);
    g->precision = rng_int(r, 0, 2) ? FSPEC_SINGLE : FSPEC_DOUBLE;
    g->hop_length = rng_int(r, 1, 700);
    for (int64_t i = 0; i < g->n_bins; i++) {
        b->frequencies[i] = 7000 * exp2((double)(i + 1 - g->n_bins) / 6);
        b->lengths[i] = 12 * g->sr / b->frequencies[i];
        b->amplitudes[i] = 2 / sqrt(b->lengths[i]);
    }
    g->frequencies = b->frequencies;
    g->lengths = b->lengths;
    g->amplitudes = b->amplitudes;
    if (rng_int(r, 0, 1)) {
        int level = (int)rng_int(r, 0, 4);
        g->hop_length = rng_int(r, 1, 40) << level;
        for (int64_t i = 0; i < g->n_bins; i++) {
            level -= level > 0 && rng_int(r, 0, 5) == 0;
            b->filters[i] = (fspec_cqt_filter){.level = level, .first = rng_int(r, -200, 50), .n_taps = rng_int(r, 1, 300),
                                               .taps = b->taps[i]};
            for (int64_t j = 0; j < 600; j++)
                b->taps[i][j] = rng_uniform(r, -.1, .1);
        }
        g->filters = b->filters;
        g->decimator_reach = rng_int(r, 0, 1) ? rng_int(r, 0, 39) : rng_int(r, 64, 299);
        for (int64_t i = 0; i <= g->decimator_reach; i++)
            b->decimator[i] = rng_uniform(r, 0, 4.0 / (double)(40 + g->decimator_reach));
        if (rng_int(r, 0, 3))
            g->decimator = b->decimator;
    }
    if (g->output != FSPEC_CQT_COMPLEX && rng_int(r, 0, 1)) {
        fspec_chroma_config c;
        fspec_chroma_config_init(&c);
        c.precision = g->precision;
        c.n_bins = g->n_bins;
        c.n_chroma = 5;
        c.fold = b->fold;
        c.norm = FSPEC_NORM_MAX;
        c.n_smooth = rng_int(r, 0, 9);
        c.smooth = b->smooth;
        for (int64_t i = 0; i < 5 * g->n_bins; i++)
            b->fold[i] = rng_uniform(r, 0, 1);
        for (int i = 0; i < 9; i++)
            b->smooth[i] = rng_int(r, 0, 4) ? rng_uniform(r, 0, 1) : 0;
        REQUIRE(fspec_chroma_create(&c, &b->chroma) == FSPEC_OK, "chroma");
        g->chroma = b->chroma;
    }
}

static fspec_dtype bank_type(const bank *b)
{
    if (b->config.output == FSPEC_CQT_COMPLEX)
        return b->config.precision == FSPEC_DOUBLE ? FSPEC_COMPLEX128 : FSPEC_COMPLEX64;
    return b->config.precision == FSPEC_DOUBLE ? FSPEC_FLOAT64 : FSPEC_FLOAT32;
}

static void bank_parts(rng *r, const bank *b, const fspec_cqt *plan)
{
    const int64_t n = rng_int(r, 0, 3) ? rng_int(r, 1, 40000) : rng_int(r, 1, 500), rows = fspec_cqt_n_bins(plan);
    const int64_t all = fspec_cqt_n_frames(plan, n);
    const fspec_dtype type = bank_type(b);
    samples in = samples_make(r, n, FSPEC_FLOAT32, CONTIGUOUS), given[PARTS];
    grid whole = grid_make(rows, all, type, BINS_CONTIGUOUS), out[PARTS];
    fspec_part parts[PARTS];
    fspec_matrix m[PARTS];
    fspec_call call;
    fspec_call_init(&call);
    call.n_threads = (int32_t)rng_int(r, 1, 3);
    CHECK_STATUS(fspec_cqt_exec(plan, &in.signal, &whole.matrix, 1, type, &call), FSPEC_OK, "whole");
    for (int i = 0; i < PARTS; i++) {
        int64_t begin, end, first, count;
        pick_frames(r, all, &first, &count);
        CHECK_STATUS(fspec_cqt_needs(plan, n, first, count, &begin, &end), FSPEC_OK, "needs");
        CHECK(0 <= begin && begin <= end && end <= n, "samples %lld to %lld of %lld", (long long)begin, (long long)end, (long long)n);
        const int64_t from = rng_int(r, 0, 1) ? begin : rng_int(r, 0, begin), to = rng_int(r, 0, 1) ? end : rng_int(r, end, n);
        given[i] = cut(&in, from, to, (sample_layout)rng_int(r, 0, SAMPLE_LAYOUTS - 1));
        parts[i] = (fspec_part){given[i].signal, from, n, first, count};
        out[i] = grid_make(rows, count, type, (grid_layout)rng_int(r, 0, GRID_LAYOUTS - 1));
        m[i] = out[i].matrix;
    }
    CHECK_STATUS(fspec_cqt_exec_part(plan, parts, m, PARTS, type, &call), FSPEC_OK, "parts");
    for (int i = 0; i < PARTS; i++) {
        char text[100];
        (void)snprintf(text, sizeof text, "cqt, hop %d, %d bins, filters %d, decimator %d, chroma %d", (int)b->config.hop_length,
                       (int)b->config.n_bins, b->config.filters != NULL, (int)b->config.decimator_reach, b->chroma != NULL);
        same_columns(&out[i], &whole, parts[i].first, text);
        CHECK(grid_gaps_untouched(&out[i]), "gaps: %s", text);
        fspec_part less = parts[i];
        int64_t begin, end;
        (void)fspec_cqt_needs(plan, n, less.first, less.n_frames, &begin, &end);
        less.signal.n_samples = end - 1 - less.offset;
        if (begin < end)
            CHECK_STATUS(fspec_cqt_exec_part(plan, &less, &m[i], 1, type, NULL), FSPEC_TOO_SHORT, "%s", text);
        samples_free(&given[i]);
        grid_free(&out[i]);
    }
    samples_free(&in);
    grid_free(&whole);
}

static void banks(rng *r, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        static bank b;
        fspec_cqt *plan;
        make_bank(r, &b);
        REQUIRE(fspec_cqt_create(&b.config, &plan) == FSPEC_OK, "a bank of %d bins", (int)b.config.n_bins);
        for (int k = 0; k < 3; k++)
            bank_parts(r, &b, plan);
        fspec_cqt_free(plan);
        fspec_chroma_free(b.chroma);
    }
}

/* ---- errors --------------------------------------------------------------------------------------------------------- */

static void refusals(void)
{
    fspec_frontend_config g;
    fspec_frontend *plan;
    float y[100] = {0}, out[65 * 2 * 4];
    int64_t begin = 7, end = 7;
    const fspec_matrix m = {out, 8, 8 * 65};
    fspec_frontend_config_init(&g);
    g.n_fft = 128;
    g.hop_length = 32;
    REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "plan");
    const fspec_part good = {{y, 100, 4, FSPEC_FLOAT32, 0}, 0, 100, 1, 2};
    CHECK_STATUS(fspec_frontend_exec_part(plan, &good, &m, 1, FSPEC_COMPLEX64, NULL), FSPEC_OK, "good");
    const struct {
        fspec_part part;
        fspec_status status;
    } bad[] = {
        {{good.signal, 0, 100, 3, 2}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 0, 100, -1, 1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 0, 100, 1, -1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 0, 100, INT64_MAX, INT64_MAX}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 1, 100, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, -1, 100, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 0, 99, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, INT64_MAX, INT64_MAX, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 0, INT64_MAX / 4 + 1, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{good.signal, 5000, INT64_MAX / 4, 0, 1}, FSPEC_TOO_SHORT},
        {{{NULL, 100, 4, FSPEC_FLOAT32, 0}, 0, 100, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{{y, -1, 4, FSPEC_FLOAT32, 0}, 0, 100, 0, 1}, FSPEC_BAD_ARGUMENT},
        {{{y, 100, INT64_MAX, FSPEC_FLOAT32, 0}, 0, 100, 0, 1}, FSPEC_TOO_LARGE},
        {{{y, 100, 4, FSPEC_COMPLEX64, 0}, 0, 100, 0, 1}, FSPEC_BAD_DATA_TYPE},
        {{{y, 0, 4, FSPEC_FLOAT32, 0}, 0, 0, 0, 0}, FSPEC_TOO_SHORT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STATUS(fspec_frontend_exec_part(plan, &bad[i].part, &m, 1, FSPEC_COMPLEX64, NULL), bad[i].status, "case %d", (int)i);
    CHECK_STATUS(fspec_frontend_exec_part(plan, &good, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_BAD_DATA_TYPE, "type of the output");
    CHECK_STATUS(fspec_frontend_exec_part(NULL, &good, &m, 1, FSPEC_COMPLEX64, NULL), FSPEC_BAD_ARGUMENT, "no plan");
    CHECK_STATUS(fspec_frontend_exec_part(plan, NULL, &m, 1, FSPEC_COMPLEX64, NULL), FSPEC_BAD_ARGUMENT, "no parts");
    CHECK_STATUS(fspec_frontend_exec_part(plan, NULL, NULL, 0, FSPEC_COMPLEX64, NULL), FSPEC_OK, "nothing to do");
    y[99] = NAN; /* which frame 0, of samples before 64, does not see */
    const fspec_part early = {good.signal, 0, 100, 0, 1}, late = {good.signal, 0, 100, 3, 1};
    CHECK_STATUS(fspec_frontend_exec_part(plan, &early, &m, 1, FSPEC_COMPLEX64, NULL), FSPEC_OK, "NaN elsewhere");
    CHECK_STATUS(fspec_frontend_exec_part(plan, &late, &m, 1, FSPEC_COMPLEX64, NULL), FSPEC_NOT_FINITE, "NaN");
    CHECK_STATUS(fspec_frontend_needs(plan, -1, 0, 0, &begin, &end), FSPEC_BAD_ARGUMENT, "total");
    CHECK_STATUS(fspec_frontend_needs(plan, 100, 0, 5, &begin, &end), FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(fspec_frontend_needs(plan, 100, 0, 1, NULL, &end), FSPEC_BAD_ARGUMENT, "begin");
    CHECK(begin == 7 && end == 7, "results were written");
    CHECK_STATUS(fspec_frontend_needs(plan, 100, 1, 2, &begin, &end), FSPEC_OK, "needs");
    CHECK(begin == 0 && end == 100, "%d to %d", (int)begin, (int)end);
    CHECK(fspec_frontend_memory(plan, 1, -1, 1) == 0 && fspec_frontend_memory(NULL, 1, 1, 1) == 0
              && fspec_frontend_memory(plan, INT64_MAX, INT64_MAX / 4, 1) == 0 && fspec_frontend_memory(plan, 0, 9, 1) == 0,
          "memory");
    CHECK(fspec_frontend_flops(NULL, 1) == 0 && fspec_frontend_flops(plan, 0) == 0, "flops");
    fspec_frontend_free(plan);

    static const double bands[65] = {1};
    for (int i = 0; i < 3; i++) {
        g.output = FSPEC_OUT_BANDS;
        g.bands = bands;
        g.n_bands = 1;
        g.log = FSPEC_LOG_DB;
        g.top_db = i == 0 ? 80 : -1;
        g.ref_max = i == 1;
        g.normalize = i == 2 ? FSPEC_NORMALIZE_MEAN : FSPEC_NORMALIZE_NONE;
        REQUIRE(fspec_frontend_create(&g, &plan) == FSPEC_OK, "plan");
        CHECK_STATUS(fspec_frontend_exec_part(plan, &early, &m, 1, FSPEC_FLOAT32, NULL), FSPEC_NOT_STREAMABLE, "%d", i);
        CHECK_STATUS(fspec_frontend_needs(plan, 100, 0, 1, &begin, &end), FSPEC_NOT_STREAMABLE, "%d", i);
        fspec_frontend_free(plan);
    }
}

/* ---- memory --------------------------------------------------------------------------------------------------------- */

static _Atomic long long held, peak;
static _Atomic long allowed; /* allocations that still succeed */

static void *counted(size_t bytes, void *user)
{
    (void)user;
    if (atomic_fetch_sub(&allowed, 1) <= 0)
        return NULL;
    size_t *block = malloc(bytes + 16);
    if (!block)
        return NULL;
    *block = bytes;
    const long long now = atomic_fetch_add(&held, (long long)bytes) + (long long)bytes;
    if (now > peak)
        peak = now;
    return (char *)block + 16;
}

static void given_back(void *data, void *user)
{
    size_t *block = (size_t *)(void *)((char *)data - 16);
    (void)user;
    atomic_fetch_sub(&held, (long long)*block);
    free(block);
}

/* The estimate is no less than the peak, and in stages over time no more than half as much again. */
static void right_size(size_t estimate, long long before, const char *what, const char *text)
{
    const long long used = peak - before;
    CHECK((long long)estimate + 1024 >= used, "%s: %lld bytes, estimated %lld: %s", what, used, (long long)estimate, text);
    CHECK((long long)estimate <= used + used / 2 + 4096, "%s: %lld bytes, estimated %lld: %s", what, used, (long long)estimate, text);
}

static void memory_of_front_ends(rng *r, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        plan_case c;
        fspec_frontend *plan;
        samples in[5];
        grid out[5];
        fspec_signal signals[5];
        fspec_matrix m[5];
        fspec_call call;
        plan_case_make(r, &c, (fspec_output)(i % 4), 400);
        const double top_db = c.config.top_db;
        add_stages(r, &c.config);
        c.config.top_db = top_db;
        if (c.config.output != FSPEC_OUT_COMPLEX)
            c.config.normalize = (fspec_normalize)rng_int(r, 0, 2);
        REQUIRE(fspec_frontend_create(&c.config, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
        const int64_t n = rng_int(r, 3000, 60000), frames = fspec_frontend_n_frames(plan, n), n_signals = rng_int(r, 1, 5);
        fspec_call_init(&call);
        call.n_threads = (int32_t)rng_int(r, 1, 3);
        for (int64_t k = 0; k < n_signals && frames > 0; k++) {
            in[k] = samples_make(r, n, FSPEC_FLOAT32, CONTIGUOUS);
            out[k] = grid_make(fspec_frontend_n_bins(plan), frames, out_type(&c, 0), BINS_CONTIGUOUS);
            signals[k] = in[k].signal;
            m[k] = out[k].matrix;
        }
        if (frames > 0) {
            const long long before = held;
            peak = held;
            CHECK_STATUS(fspec_frontend_exec(plan, signals, m, n_signals, out[0].dtype, &call), FSPEC_OK, "%s", plan_case_text(&c));
            CHECK(held == before, "a leak");
            right_size(fspec_frontend_memory(plan, n_signals, n, call.n_threads), before, "front end", plan_case_text(&c));
        }
        for (int64_t k = 0; k < n_signals && frames > 0; k++) {
            samples_free(&in[k]);
            grid_free(&out[k]);
        }
        fspec_frontend_free(plan);
        plan_case_free(&c);
    }
}

static void memory_of_banks(rng *r, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        static bank b;
        fspec_cqt *plan;
        fspec_call call;
        make_bank(r, &b);
        REQUIRE(fspec_cqt_create(&b.config, &plan) == FSPEC_OK, "a bank");
        const int64_t n = rng_int(r, 1, 200000);
        samples in = samples_make(r, n, FSPEC_FLOAT32, CONTIGUOUS);
        grid out = grid_make(fspec_cqt_n_bins(plan), fspec_cqt_n_frames(plan, n), bank_type(&b), BINS_CONTIGUOUS);
        fspec_call_init(&call);
        call.n_threads = (int32_t)rng_int(r, 1, 3);
        const long long before = held;
        peak = held;
        CHECK_STATUS(fspec_cqt_exec(plan, &in.signal, &out.matrix, 1, out.dtype, &call), FSPEC_OK, "a bank");
        right_size(fspec_cqt_memory(plan, 1, n, call.n_threads), before, "cqt", "");
        samples_free(&in);
        grid_free(&out);
        fspec_cqt_free(plan);
        fspec_chroma_free(b.chroma);
    }
}

/* Every allocation of a call on parts fails in turn. */
static void exhaustion(rng *r)
{
    for (int i = 0; i < 24; i++) {
        plan_case c;
        fspec_frontend *plan;
        fspec_part parts[2];
        grid out[2];
        fspec_matrix m[2];
        plan_case_make(r, &c, (fspec_output)(i % 4), 64);
        add_stages(r, &c.config);
        REQUIRE(fspec_frontend_create(&c.config, &plan) == FSPEC_OK, "%s", plan_case_text(&c));
        samples in = samples_make(r, 4000, FSPEC_FLOAT32, CONTIGUOUS);
        const int64_t frames = fspec_frontend_n_frames(plan, 4000);
        for (int k = 0; k < 2; k++) {
            parts[k] = (fspec_part){in.signal, 0, 4000, frames / 3 * k, frames / 3};
            out[k] = grid_make(fspec_frontend_n_bins(plan), frames / 3, out_type(&c, 0), BINS_CONTIGUOUS);
            m[k] = out[k].matrix;
        }
        const long long before = held;
        fspec_status status = FSPEC_NO_MEMORY;
        for (long n = 0; status == FSPEC_NO_MEMORY && n < 20; n++) {
            allowed = n;
            status = fspec_frontend_exec_part(plan, parts, m, 2, out[0].dtype, NULL);
            CHECK(held == before, "a leak after %ld allocations: %s", n, plan_case_text(&c));
            CHECK(status == FSPEC_OK || (grid_untouched(&out[0]) && grid_untouched(&out[1])), "output without memory");
        }
        CHECK(status == FSPEC_OK, "%s: %s", fspec_status_string(status), plan_case_text(&c));
        allowed = LONG_MAX;
        for (int k = 0; k < 2; k++)
            grid_free(&out[k]);
        samples_free(&in);
        fspec_frontend_free(plan);
        plan_case_free(&c);
    }
}

int main(int argc, char **argv)
{
    const fspec_allocator allocator = {counted, given_back, NULL};
    rng r = {2026};
    (void)argc;
    allowed = LONG_MAX;
    check_tier();
    fspec_set_allocator(&allocator);
    check_fftw();
    refusals();
    front_ends(&r, 500 / CHECK_SLOWDOWN);
    banks(&r, 60 / CHECK_SLOWDOWN);
    memory_of_front_ends(&r, 60 / CHECK_SLOWDOWN);
    memory_of_banks(&r, 20 / CHECK_SLOWDOWN);
    exhaustion(&r);
    fspec_fft_cache_clear();
    check_other_tiers(argv);
    return check_done();
}
