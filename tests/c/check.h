/* What the C tests share: checks that are counted, deterministic data, FFTW's paths, tiers. SPDX-License-Identifier: BSD-3-Clause
 *
 * A program ends with `return check_done();`: 0 passed, 1 failed, 77 skipped. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* before any other header: setenv, fork, feenableexcept */
#endif
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#define setenv(name, value, overwrite) _putenv_s(name, value)
#else
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "fastspec.h"

enum { CHECK_SKIPPED = 77, CHECK_MOST_MESSAGES = 25 };

static _Atomic long checks_made, checks_failed;

/* CHECK(condition, "format", ...): the message says what was being done. */
#define CHECK(condition, ...) CHECK_OR((void)0, condition, __VA_ARGS__)

/* As CHECK, for what the rest of the program cannot do without. */
#define REQUIRE(condition, ...) CHECK_OR(check_give_up(), condition, __VA_ARGS__)

#define CHECK_OR(otherwise, condition, ...) \
    do { \
        checks_made++; \
        if (!(condition)) { \
            if (++checks_failed <= CHECK_MOST_MESSAGES) { \
                (void)fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
                (void)fprintf(stderr, __VA_ARGS__); \
                (void)fputc('\n', stderr); \
            } \
            otherwise; \
        } \
    } while (0)

#define CHECK_STATUS(call, expected, ...) \
    do { \
        const fspec_status got_ = (call); \
        checks_made++; \
        if (got_ != (expected) && ++checks_failed <= CHECK_MOST_MESSAGES) { \
            (void)fprintf(stderr, "%s:%d: %s: \"%s\" instead of \"%s\": ", __FILE__, __LINE__, #call, \
                          fspec_status_string(got_), fspec_status_string(expected)); \
            (void)fprintf(stderr, __VA_ARGS__); \
            (void)fputc('\n', stderr); \
        } \
    } while (0)

__attribute__((unused, noreturn)) static void check_give_up(void)
{
    (void)fprintf(stderr, "given up after %ld checks, %ld of them failed\n", (long)checks_made, (long)checks_failed);
    exit(1);
}

__attribute__((unused)) static int check_done(void)
{
    printf("    %ld checks, %ld failed\n", (long)checks_made, (long)checks_failed);
    return checks_failed || !checks_made;
}

/* Instrumented programs do less: n rounds become n / CHECK_SLOWDOWN. */
#if defined(__SANITIZE_THREAD__)
enum { CHECK_SANITIZED = 1, CHECK_SLOWDOWN = 16 };
#elif defined(__SANITIZE_ADDRESS__)
enum { CHECK_SANITIZED = 1, CHECK_SLOWDOWN = 6 };
#else
enum { CHECK_SANITIZED = 0, CHECK_SLOWDOWN = 1 };
#endif

/* ---- data --------------------------------------------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea and Flood 2014). */
typedef struct rng {
    uint64_t state;
} rng;

__attribute__((unused)) static uint64_t rng_bits(rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Of [low, high], both included. */
__attribute__((unused)) static int64_t rng_int(rng *r, int64_t low, int64_t high)
{
    return low + (int64_t)(rng_bits(r) % (uint64_t)(high - low + 1));
}

__attribute__((unused)) static double rng_uniform(rng *r, double low, double high)
{
    return low + (high - low) * (double)(rng_bits(r) >> 11) * 0x1p-53;
}

__attribute__((unused)) static void *check_malloc(size_t bytes)
{
    void *block = malloc(bytes ? bytes : 1);
    if (!block) {
        (void)fprintf(stderr, "the test itself is out of memory\n");
        exit(1);
    }
    return block;
}

__attribute__((unused)) static double check_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* FNV-1a, to carry results from one process to another. */
__attribute__((unused)) static uint64_t check_hash(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash;
}
#define CHECK_HASH_START 0xcbf29ce484222325u

/* ---- the world outside -------------------------------------------------------------------------------------------- */

/* Skips the program if this CPU lacks the tier that FASTSPEC_SIMD asks for. */
__attribute__((unused)) static void check_tier(void)
{
    if (*fspec_simd_refused()) {
        printf("    skipped: no tier %s here\n", fspec_simd_refused());
        exit(CHECK_SKIPPED);
    }
}

__attribute__((unused)) static const char *check_path(const char *variable)
{
    const char *path = getenv(variable);
    return path && *path ? path : NULL;
}

/* Loads FFTW, or skips the program where there is none. */
__attribute__((unused)) static void check_fftw(void)
{
    const char *single = check_path("FASTSPEC_TEST_FFTWF"), *dbl = check_path("FASTSPEC_TEST_FFTW");
    char message[256];
    if (!single || !dbl) {
        printf("    skipped: FASTSPEC_TEST_FFTWF, FASTSPEC_TEST_FFTW name no FFTW\n");
        exit(CHECK_SKIPPED);
    }
    const fspec_status status = fspec_fftw_load(single, dbl, message, sizeof message);
    REQUIRE(status == FSPEC_OK, "%s", message);
}

/* Runs this program again in every other tier, unless FASTSPEC_SIMD chose one; those that the CPU lacks are passed over. Not on
 * Windows, where each tier is to be run by hand. */
#ifdef _WIN32
__attribute__((unused)) static void check_other_tiers(char **argv)
{
    (void)argv;
}
#else
__attribute__((unused)) static void check_other_tiers(char **argv)
{
    static const char *const names[] = {"portable", "avx2", "split", "avx512"};
    const char *mine = fspec_simd_tier();
    if (getenv("FASTSPEC_SIMD"))
        return;
    (void)fflush(stdout);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int code = 0;
        if (!strcmp(names[i], mine))
            continue;
        const pid_t child = fork();
        if (child == 0) {
            setenv("FASTSPEC_SIMD", names[i], 1);
            execv("/proc/self/exe", argv);
            _exit(126);
        }
        CHECK(child > 0 && waitpid(child, &code, 0) == child && WIFEXITED(code)
                  && (WEXITSTATUS(code) == 0 || WEXITSTATUS(code) == CHECK_SKIPPED),
              "tier %s, exit code %#x", names[i], (unsigned)code);
    }
}
#endif

#endif
