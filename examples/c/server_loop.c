/* A server's inner loop: one plan shared by all threads, scratch and output of each thread's own, a deadline for each request.
 *
 *     server_loop [THREADS [REQUESTS]]
 *
 * Requests are signals of mixed lengths; every result is compared with the one that a single thread computed before.
 */
#define _POSIX_C_SOURCE 200809L
#include <fastspec.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KINDS = 7, N_MELS = 80, LONGEST = 48000 };

static fspec_frontend *plan;
static float samples[LONGEST];
static float *expected[KINDS];
static atomic_int next_request, wrong;
static int n_requests = 2000;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int late(void *deadline) {
    return now() > *(double *)deadline;
}

static int64_t length_of(int kind) {
    return LONGEST >> kind;
}

static fspec_status serve(int kind, float *out, void *scratch, size_t scratch_size, double seconds) {
    double deadline = now() + seconds;
    fspec_call call;
    fspec_call_init(&call);
    call.cancel = late;
    call.cancel_user = &deadline;
    call.scratch = scratch;
    call.scratch_size = scratch_size;
    fspec_signal signal = {samples, length_of(kind), sizeof(float), FSPEC_FLOAT32, 0};
    fspec_matrix matrix = {out, sizeof *out, (int64_t)sizeof *out * N_MELS};
    return fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, &call);
}

static size_t bytes_of(int kind) {
    return (size_t)(fspec_frontend_n_frames(plan, length_of(kind)) * N_MELS) * sizeof(float);
}

static void *worker(void *unused) {
    size_t scratch_size = fspec_frontend_scratch(plan, 1, fspec_frontend_n_frames(plan, LONGEST), 1);
    void *scratch = malloc(scratch_size);
    float *out = malloc(bytes_of(0));
    for (int i; (i = atomic_fetch_add(&next_request, 1)) < n_requests;) {
        int kind = i % KINDS;
        if (!scratch || !out || serve(kind, out, scratch, scratch_size, 10) != FSPEC_OK ||
            memcmp(out, expected[kind], bytes_of(kind)))
            atomic_fetch_add(&wrong, 1);
    }
    free(scratch);
    free(out);
    return unused;
}

int main(int argc, char **argv) {
    int n_threads = argc > 1 ? atoi(argv[1]) : 4, started = 0;
    pthread_t threads[64];
    if (argc > 2)
        n_requests = atoi(argv[2]);
    if (n_threads < 1 || n_threads > 64 || n_requests < 1) {
        fprintf(stderr, "usage: server_loop [THREADS (at most 64) [REQUESTS]]\n");
        return 2;
    }
    uint32_t seed = 1;
    for (int i = 0; i < LONGEST; i++)
        samples[i] = (float)(int32_t)(seed = seed * 1664525u + 1013904223u) / 2147483648.0f;

    fspec_frontend_config config;
    fspec_frontend_config_init(&config);
    static double bands[N_MELS * 257];
    config.output = FSPEC_OUT_BANDS;
    config.log = FSPEC_LOG_LN;
    config.n_fft = 512;
    config.hop_length = 160;
    config.bands = bands;
    config.n_bands = N_MELS;
    fspec_status status = fspec_mel_filters(16000, 512, N_MELS, 0, 8000, 1, FSPEC_MEL_NORM_NONE, 0, bands);
    if (status == FSPEC_OK)
        status = fspec_frontend_create(&config, &plan);
    for (int kind = 0; status == FSPEC_OK && kind < KINDS; kind++) {
        expected[kind] = malloc(bytes_of(kind));
        status = expected[kind] ? serve(kind, expected[kind], NULL, 0, 10) : FSPEC_NO_MEMORY;
    }
    if (status != FSPEC_OK) {
        fprintf(stderr, "%s: %s\n", fspec_status_argument(status), fspec_status_string(status));
        return 1;
    }
    double start = now();
    while (started < n_threads && !pthread_create(&threads[started], NULL, worker, NULL))
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    printf("%d requests on %d threads, %d wrong, %.0f a second\n", n_requests, started, atomic_load(&wrong),
           n_requests / (now() - start));

    for (int kind = 0; kind < KINDS; kind++)
        free(expected[kind]);
    fspec_frontend_free(plan);
    return atomic_load(&wrong) || started < n_threads;
}
