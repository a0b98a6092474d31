/* Constant-Q magnitudes of a live signal: raw float32 samples at 22 050 Hz on stdin, 84 magnitudes (float32) a frame on stdout,
 * written as soon as they are known.
 *
 *     cqt_stdin [CHUNK] < SAMPLES.f32 > CQT.f32      CHUNK: samples to read at a time (512)
 */
#include <fastspec.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_BINS = 84, PER_OCTAVE = 12 };

/* Bins a semitone apart from C1 on: alpha is half the relative bandwidth, Q = 1 / alpha the quality. */
static void bins(double sr, double *frequencies, double *lengths, double *amplitudes) {
    double r = pow(2.0, 2.0 / PER_OCTAVE), q = (r + 1) / (r - 1);
    for (int k = 0; k < N_BINS; k++) {
        frequencies[k] = 32.70319566257483 * pow(2.0, (double)k / PER_OCTAVE);
        lengths[k] = q * sr / frequencies[k];
        amplitudes[k] = sqrt(lengths[k]) / (lengths[k] / 2); /* sqrt(N) over the sum of a Hann window of N samples */
    }
}

int main(int argc, char **argv) {
    long chunk = argc > 1 ? atol(argv[1]) : 512;
    if (chunk < 1 || chunk > 1 << 24) {
        fprintf(stderr, "usage: cqt_stdin [CHUNK] < SAMPLES.f32 > CQT.f32\n");
        return 2;
    }
    double frequencies[N_BINS], lengths[N_BINS], amplitudes[N_BINS];
    fspec_cqt_config config;
    fspec_cqt_config_init(&config);
    bins(config.sr, frequencies, lengths, amplitudes);
    config.output = FSPEC_CQT_MAGNITUDE;
    config.n_bins = N_BINS;
    config.frequencies = frequencies;
    config.lengths = lengths;
    config.amplitudes = amplitudes;

    fspec_cqt *plan = NULL;
    fspec_cqt_stream *stream = NULL;
    float *in = malloc((size_t)chunk * sizeof *in), *out = NULL;
    int64_t room = 0, n_frames = 0;
    fspec_status status = in ? fspec_cqt_create(&config, &plan) : FSPEC_NO_MEMORY;
    if (status == FSPEC_OK)
        status = fspec_cqt_stream_create(plan, 1, &stream);
    for (int more = 1; status == FSPEC_OK && more;) {
        size_t n = fread(in, sizeof *in, (size_t)chunk, stdin);
        more = n > 0;
        int64_t ready = more ? fspec_cqt_stream_ready(stream, (int64_t)n) : fspec_cqt_stream_pending(stream);
        if (ready > room) {
            float *larger = realloc(out, (size_t)(ready * N_BINS) * sizeof *out);
            if (!larger) {
                status = FSPEC_NO_MEMORY;
                break;
            }
            out = larger;
            room = ready;
        }
        fspec_signal signal = {in, (int64_t)n, sizeof *in, FSPEC_FLOAT32, 0};
        fspec_matrix matrix = {out, sizeof *out, (int64_t)sizeof *out * N_BINS};
        status = more ? fspec_cqt_stream_push(stream, &signal, &matrix, FSPEC_FLOAT32, NULL, &n_frames)
                      : fspec_cqt_stream_flush(stream, &matrix, FSPEC_FLOAT32, NULL, &n_frames);
        if (status == FSPEC_OK) {
            fwrite(out, sizeof *out, (size_t)(n_frames * N_BINS), stdout);
            fflush(stdout);
        }
    }
    fprintf(stderr, "%s\n", fspec_status_string(status));
    fspec_cqt_stream_free(stream);
    fspec_cqt_free(plan);
    free(in);
    free(out);
    return status == FSPEC_OK ? 0 : 1;
}
