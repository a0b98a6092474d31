/* WAV file (16-bit PCM) -> log-mel spectrogram: one plan, one call.
 *
 *     logmel_file IN.wav [N_MELS] > OUT.f32       n_frames rows of n_mels float32, little-endian
 */
#include <fastspec.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wav {
    int16_t *samples; /* interleaved */
    int64_t n_samples; /* of a channel */
    int n_channels;
    double sr;
} wav;

static uint32_t little(const unsigned char *p, int n) {
    uint32_t value = 0;
    for (int i = 0; i < n; i++)
        value |= (uint32_t)p[i] << (8 * i);
    return value;
}

/* Reads the chunks that matter, skips the others. Returns what is wrong, or NULL. */
static const char *read_wav(FILE *file, wav *w) {
    unsigned char head[12], chunk[8], format[16];
    if (fread(head, 1, 12, file) != 12 || memcmp(head, "RIFF", 4) || memcmp(head + 8, "WAVE", 4))
        return "not a WAV file";
    while (fread(chunk, 1, 8, file) == 8) {
        uint32_t size = little(chunk + 4, 4);
        if (!memcmp(chunk, "fmt ", 4) && size >= 16) {
            if (fread(format, 1, 16, file) != 16 || fseek(file, (long)(size - 16 + (size & 1)), SEEK_CUR))
                return "truncated";
            w->n_channels = (int)little(format + 2, 2);
            w->sr = little(format + 4, 4);
            if (little(format, 2) != 1 || little(format + 14, 2) != 16 || w->n_channels < 1)
                return "only 16-bit PCM is read here";
        } else if (!memcmp(chunk, "data", 4) && w->n_channels) {
            w->n_samples = size / 2 / (uint32_t)w->n_channels;
            w->samples = malloc(size + 1);
            if (!w->samples)
                return "out of memory";
            if (fread(w->samples, 1, size, file) != size)
                return "truncated";
            return NULL;
        } else if (fseek(file, (long)(size + (size & 1)), SEEK_CUR)) {
            return "truncated";
        }
    }
    return "no data";
}

int main(int argc, char **argv) {
    int n_mels = argc > 2 ? atoi(argv[2]) : 80;
    if (argc < 2 || n_mels < 1) {
        fprintf(stderr, "usage: logmel_file IN.wav [N_MELS] > OUT.f32\n");
        return 2;
    }
    wav w = {0};
    FILE *file = fopen(argv[1], "rb");
    const char *wrong = file ? read_wav(file, &w) : "cannot be opened";
    if (file)
        fclose(file);
    if (wrong) {
        fprintf(stderr, "%s: %s\n", argv[1], wrong);
        free(w.samples);
        return 1;
    }

    fspec_frontend_config config;
    fspec_frontend_config_init(&config);
    config.output = FSPEC_OUT_BANDS;
    config.log = FSPEC_LOG_DB;
    config.input_scale = 1.0 / 32768;
    config.n_bands = n_mels;
    int64_t n_bins = config.n_fft / 2 + 1;
    double *bands = calloc((size_t)(n_mels * n_bins), sizeof *bands);
    fspec_frontend *plan = NULL;
    float *out = NULL;
    fspec_status status = bands ? FSPEC_OK : FSPEC_NO_MEMORY;
    if (status == FSPEC_OK)
        status = fspec_mel_filters(w.sr, config.n_fft, n_mels, 0, w.sr / 2, 0, FSPEC_MEL_NORM_SLANEY, 1, bands);
    config.bands = bands;
    if (status == FSPEC_OK)
        status = fspec_frontend_create(&config, &plan);

    /* The first channel, read where it lies among the others. */
    fspec_signal signal = {w.samples, w.n_samples, 2 * w.n_channels, FSPEC_INT16, 0};
    int64_t n_frames = plan ? fspec_frontend_n_frames(plan, w.n_samples) : 0;
    if (status == FSPEC_OK && !(out = malloc((size_t)(n_frames * n_mels) * sizeof *out + 1)))
        status = FSPEC_NO_MEMORY;
    fspec_matrix matrix = {out, sizeof *out, (int64_t)sizeof *out * n_mels};
    if (status == FSPEC_OK)
        status = fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, NULL);
    if (status == FSPEC_OK)
        fwrite(out, sizeof *out, (size_t)(n_frames * n_mels), stdout);
    fprintf(stderr, "%s\n", fspec_status_string(status));

    fspec_frontend_free(plan);
    free(bands);
    free(out);
    free(w.samples);
    return status == FSPEC_OK && !fflush(stdout) ? 0 : 1;
}
