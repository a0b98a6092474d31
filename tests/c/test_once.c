/* The one-call functions against the plans that they stand for, and their bad arguments. SPDX-License-Identifier: BSD-3-Clause */
#include "plans.h"

enum { LENGTH = 5000, SPACE = 200000 };

static float y[LENGTH], back[LENGTH + 100], one[SPACE], two[SPACE];

static void fill(rng *r)
{
    for (int i = 0; i < LENGTH; i++)
        y[i] = (float)rng_uniform(r, -1, 1);
}

static void by_plan(fspec_frontend_config *config, int64_t n, int64_t values, fspec_dtype dtype, float *out)
{
    fspec_frontend *plan = NULL;
    const int64_t element = dtype == FSPEC_COMPLEX64 ? 8 : 4;
    const fspec_signal signal = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix matrix = {out, element, element * values};
    REQUIRE(fspec_frontend_create(config, &plan) == FSPEC_OK, "n_fft %lld", (long long)config->n_fft);
    CHECK(fspec_once_n_frames(n, config->n_fft, config->hop_length) == fspec_frontend_n_frames(plan, n), "%lld of %lld",
          (long long)config->n_fft, (long long)n);
    CHECK_STATUS(fspec_frontend_exec(plan, &signal, &matrix, 1, dtype, NULL), FSPEC_OK, "plan");
    fspec_frontend_free(plan);
}

static void test_same_as_plans(rng *r)
{
    static const int64_t sizes[] = {64, 400, 401, 512, 97};
    for (int round = 0; round < 20; round++) {
        const int64_t n_fft = PICK(r, sizes), hop = rng_int(r, 50, 200), n = rng_int(r, 1, LENGTH), bins = n_fft / 2 + 1;
        const int64_t frames = fspec_once_n_frames(n, n_fft, hop);
        const size_t pairs = (size_t)(frames * bins) * 2 * sizeof(float);
        if (frames * bins * 2 > SPACE || frames < 1)
            continue;
        fspec_frontend_config config;
        fspec_frontend_config_init(&config);
        config.n_fft = n_fft;
        config.hop_length = hop;
        by_plan(&config, n, bins, FSPEC_COMPLEX64, one);
        CHECK_STATUS(fspec_once_stft(y, n, n_fft, hop, two), FSPEC_OK, "stft");
        CHECK(!memcmp(one, two, pairs), "stft of %lld", (long long)n_fft);

        double *bands = check_malloc(sizeof(double) * (size_t)(20 * bins)), dct[13 * 20];
        CHECK_STATUS(fspec_mel_filters(16000, n_fft, 20, 0, 8000, 0, FSPEC_MEL_NORM_SLANEY, 1, bands), FSPEC_OK, "bank");
        CHECK_STATUS(fspec_dct(20, 13, dct), FSPEC_OK, "dct");
        config.output = FSPEC_OUT_BANDS;
        config.bands = bands;
        config.n_bands = 20;
        for (int db = 0; db < 2; db++) {
            config.log = db ? FSPEC_LOG_DB : FSPEC_LOG_NONE;
            by_plan(&config, n, 20, FSPEC_FLOAT32, one);
            CHECK_STATUS(fspec_once_mel(y, n, 16000, n_fft, hop, 20, db, two), FSPEC_OK, "mel");
            CHECK(!memcmp(one, two, (size_t)frames * 20 * sizeof(float)), "mel, db %d", db);
        }
        config.output = FSPEC_OUT_CEPSTRUM;
        config.dct = dct;
        config.n_ceps = 13;
        config.top_db = 80;
        by_plan(&config, n, 13, FSPEC_FLOAT32, one);
        CHECK_STATUS(fspec_once_mfcc(y, n, 16000, n_fft, hop, 20, 13, two), FSPEC_OK, "mfcc");
        CHECK(!memcmp(one, two, (size_t)frames * 13 * sizeof(float)), "mfcc of %lld", (long long)n_fft);
        free(bands);
    }
}

static void test_there_and_back(void)
{
    const int64_t frames = fspec_once_n_frames(LENGTH, 512, 128);
    CHECK_STATUS(fspec_once_stft(y, LENGTH, 512, 128, one), FSPEC_OK, "stft");
    CHECK_STATUS(fspec_once_istft(one, frames, 512, 128, back, LENGTH), FSPEC_OK, "istft");
    double worst = 0;
    for (int i = 0; i < LENGTH; i++)
        worst = fmax(worst, fabs((double)back[i] - (double)y[i]));
    CHECK(worst < 2e-6, "%g", worst);
}

/* A sinusoid of amplitude 1 on bin k has |C| = sqrt(N) / 2. */
static void test_cqt(void)
{
    static float sine[40000];
    const double f = 110 * pow(2, 7.0 / 12), r = pow(2, 1.0 / 6), length = (r + 1) / (r - 1) * 22050 / f;
    for (int i = 0; i < 40000; i++)
        sine[i] = (float)sin(2 * 3.14159265358979 * f * i / 22050);
    CHECK_STATUS(fspec_once_cqt(sine, 40000, 22050, 512, 110, 36, 12, one), FSPEC_OK, "cqt");
    const float *bin = one + 2 * (40 * 36 + 7);
    CHECK(fabs(hypot(bin[0], bin[1]) / (sqrt(length) / 2) - 1) < 1e-3, "%g", hypot(bin[0], bin[1]) / (sqrt(length) / 2));
}

static void test_bad_arguments(void)
{
    const float nan = (float)NAN;
    CHECK(fspec_once_n_frames(0, 512, 128) == 0 && fspec_once_n_frames(5, 0, 1) == 0 && fspec_once_n_frames(5, 5, 0) == 0 &&
              fspec_once_n_frames(INT64_MAX, 1, 1) == INT64_MAX && fspec_once_n_frames(INT64_MAX, 2, 1) == 0,
          "n_frames");
    CHECK_STATUS(fspec_once_stft(NULL, 100, 64, 16, one), FSPEC_BAD_ARGUMENT, "NULL");
    CHECK_STATUS(fspec_once_stft(y, 100, 0, 16, one), FSPEC_BAD_N_FFT, "n_fft");
    CHECK_STATUS(fspec_once_stft(y, 100, 64, 0, one), FSPEC_BAD_HOP_LENGTH, "hop");
    CHECK_STATUS(fspec_once_stft(y, 0, 64, 16, one), FSPEC_TOO_SHORT, "empty");
    CHECK_STATUS(fspec_once_stft(&nan, 1, 64, 16, one), FSPEC_NOT_FINITE, "NaN");
    CHECK_STATUS(fspec_once_istft(one, -1, 64, 16, back, 10), FSPEC_BAD_ARGUMENT, "frames");
    CHECK_STATUS(fspec_once_istft(NULL, 1, 64, 16, back, 10), FSPEC_BAD_ARGUMENT, "NULL");
    CHECK_STATUS(fspec_once_mel(y, 100, 16000, 64, 16, 0, 0, one), FSPEC_BAD_ARGUMENT, "n_mels");
    CHECK_STATUS(fspec_once_mel(y, 100, 16000, -1, 16, 20, 0, one), FSPEC_BAD_N_FFT, "n_fft");
    CHECK_STATUS(fspec_once_mel(y, 100, NAN, 64, 16, 20, 0, one), FSPEC_BAD_ARGUMENT, "sr");
    CHECK_STATUS(fspec_once_mel(y, 100, 16000, INT64_MAX, 16, INT64_MAX, 0, one), FSPEC_TOO_LARGE, "sizes");
    CHECK_STATUS(fspec_once_mfcc(y, 100, 16000, 64, 16, 20, 21, one), FSPEC_BAD_ARGUMENT, "n_mfcc");
    CHECK_STATUS(fspec_once_mfcc(y, 100, 16000, 64, 16, 20, 0, one), FSPEC_BAD_ARGUMENT, "n_mfcc");
    CHECK_STATUS(fspec_once_cqt(y, 100, 22050, 512, -1, 12, 12, one), FSPEC_BAD_ARGUMENT, "fmin");
    CHECK_STATUS(fspec_once_cqt(y, 100, 22050, 512, 100, 12, 0, one), FSPEC_BAD_ARGUMENT, "bins_per_octave");
    CHECK_STATUS(fspec_once_cqt(y, 100, 22050, 512, 6000, 12, 12, one), FSPEC_BAD_ARGUMENT, "beyond half the rate");
    CHECK_STATUS(fspec_once_cqt(y, 100, 22050, 512, 100, INT64_MAX, 12, one), FSPEC_TOO_LARGE, "n_bins");
    CHECK_STATUS(fspec_dct(5, 6, (double *)one), FSPEC_BAD_ARGUMENT, "rows");
}

int main(void)
{
    rng r = {1};
    fill(&r);
    test_same_as_plans(&r);
    test_there_and_back();
    test_cqt();
    test_bad_arguments();
    return check_done();
}
