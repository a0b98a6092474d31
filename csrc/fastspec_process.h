/* fastspec_process.h - what a process with many callers needs: memory, engines, limits, parts of signals, groups of streams.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Part of fastspec.h, which includes it and says what holds for every function. */
#ifndef FASTSPEC_PROCESS_H
#define FASTSPEC_PROCESS_H

#ifndef FASTSPEC_H
#error "include fastspec.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- process-wide settings ---------------------------------------------------------------------------------------- */

/* The library's version, for example "0.1.0". */
FSPEC_API const char *fspec_version(void);

/* The SIMD tier in use: "avx512", "avx2" or "portable". Chosen once, by the CPU; the environment variable FASTSPEC_SIMD
 * with one of these names lowers it (a tier that the CPU lacks is refused: the best one is used and
 * fspec_simd_refused returns the name). Thread-safe. */
FSPEC_API const char *fspec_simd_tier(void);
FSPEC_API const char *fspec_simd_refused(void); /* "" when nothing was refused */

/* Where memory comes from. `allocate` returns memory aligned as malloc's, or NULL; both may be called by several threads at
 * once. Set it before any other call; NULL restores malloc and free. First the pool of scratch is emptied, and its limit
 * becomes 0: what is not in use goes back to `allocate`'s owner, until fspec_scratch_limit says otherwise. NULL restores the
 * default limit. Not thread-safe. */
typedef struct fspec_allocator {
    void *(*allocate)(size_t bytes, void *user);
    void (*release)(void *block, void *user);
    void *user;
} fspec_allocator;
FSPEC_API void fspec_set_allocator(const fspec_allocator *allocator);

/* Bytes that this thread has taken from the allocator and not given back to it, so far; it may be negative. What it grows by
 * over fspec_X_create is the size of the plan or stream, without FFTW's part. Thread-safe. */
FSPEC_API int64_t fspec_thread_bytes(void);

/* Scratch that calls take for themselves comes from a pool of the process and goes back to it: no lock, no allocation once
 * blocks are there, whatever the number of threads. fspec_scratch_limit sets how many bytes may be kept idle, 64 MiB by
 * default; a block of more than a quarter of that is not kept, and 0 keeps none. Thread-safe; works across fork. */
FSPEC_API void fspec_scratch_limit(size_t bytes);
/* That limit, the bytes and blocks that are idle, and how many times since the start a call's scratch was found in the pool
 * (reused) or was not (allocated). No pointer may be NULL. Thread-safe. */
FSPEC_API void fspec_scratch_info(size_t *limit, size_t *idle, int64_t *n_blocks, int64_t *reused, int64_t *allocated);
/* Frees what is idle. Thread-safe. */
FSPEC_API void fspec_scratch_trim(void);
/* The most scratch in bytes that a call may take for itself at any time; 0, the default: any. A call that needs more ends with
 * FSPEC_OVER_LIMIT before its work. Scratch in fspec_call does not count. Thread-safe. */
FSPEC_API void fspec_call_scratch_limit(size_t bytes);
/* The bytes that this thread's last call that ended with FSPEC_OVER_LIMIT needed. */
FSPEC_API size_t fspec_scratch_refused(void);

/* Loads FFTW 3 at run time from the two libraries at these paths (single and double precision; either may be NULL or
 * empty: then plans of that precision have no such engine). A library stays loaded for the life of the process and the
 * first successful load of a precision wins: later calls for it return FSPEC_OK and change nothing. Any library that
 * exports FFTW's plan_many interface will do. Returns FSPEC_NO_ENGINE, with a description in message (of message_size
 * bytes, always terminated; may be NULL), when a path cannot be loaded. Thread-safe. */
FSPEC_API fspec_status fspec_fftw_load(const char *single_path, const char *double_path, char *message, size_t message_size);
/* Version string and path of the library loaded for a precision, or "" when there is none. Not while another thread loads. */
FSPEC_API const char *fspec_fftw_version(int is_double);
FSPEC_API const char *fspec_fftw_path(int is_double);
/* Whether FSPEC_ENGINE_LANES is fast for a size: then FSPEC_ENGINE_AUTO takes it. */
FSPEC_API int fspec_lanes_has(int64_t n_fft);
/* The number of FFT plans that are cached, and how many of them are in use. At most FSPEC_FFT_CACHE unused ones are kept. */
#define FSPEC_FFT_CACHE 64
FSPEC_API void fspec_fft_cache_info(int *n_plans, int *n_in_use); /* thread-safe */
/* Destroys the cached FFT plans that no plan uses. Thread-safe. */
FSPEC_API void fspec_fft_cache_clear(void);

/* ---- random access: some frames of a signal, and what calls cost ---------------------------------------------------- */

/* Frames [first, first + n_frames) of a signal of `total` samples, of which [offset, offset + signal.n_samples) are given. */
typedef struct fspec_part {
    fspec_signal signal;
    int64_t offset, total;
    int64_t first, n_frames; /* n_frames may be 0 */
} fspec_part;

/* The samples [*begin, *end) of a signal of `total` that hold all that its frames [first, first + n_frames) need: edges that
 * are reflected, and neighbours of derivatives and stacks included. Both are 0 where none are needed. Errors: TOO_SHORT where
 * the signal has no frames, NOT_STREAMABLE for plans that need the whole signal, BAD_ARGUMENT. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_needs(const fspec_frontend *plan, int64_t total, int64_t first, int64_t n_frames,
                                            int64_t *begin, int64_t *end);
/* Those frames of n_parts parts, to columns 0 ... of as many matrices, with the bits that fspec_frontend_exec on the whole signals
 * gives, at the cost of those frames; the part's number counts as the signal's. Only samples that are needed are looked at: the
 * others may be NaN. Scratch, errors and rules are those of fspec_frontend_exec, and TOO_SHORT where a sample that is needed
 * is not given, NOT_STREAMABLE, BAD_ARGUMENT for frames that there are none of. Thread-safe. */
FSPEC_API fspec_status fspec_frontend_exec_part(const fspec_frontend *plan, const fspec_part *parts, const fspec_matrix *out,
                                                int64_t n_parts, fspec_dtype out_dtype, const fspec_call *call);
/* The most bytes that a fspec_frontend_exec without scratch holds at a time for n_signals signals of n_samples each, at n_threads,
 * give or take 1 KB: stages over time hold the frames of all signals. 0 where there are no frames, or where it overflows.
 * Thread-safe. */
FSPEC_API size_t fspec_frontend_memory(const fspec_frontend *plan, int64_t n_signals, int64_t n_samples, int32_t n_threads);
/* About how many additions, multiplications and the like such a call takes for one signal: 2.5 n log2 n for a transform of n real
 * samples, 2 for each weight that is not 0, 10 for a logarithm. Thread-safe. */
FSPEC_API double fspec_frontend_flops(const fspec_frontend *plan, int64_t n_samples);

/* ---- many streams: independent signals that advance in one call ----------------------------------------------------- */

/* A group of streams of one plan, its members, which join and leave at any time. One call takes chunks of any of them, of any
 * lengths; their frames share the lanes of the vector unit, which makes short chunks of many streams nearly as cheap as one long
 * signal. Every member's frames have the bits of one fspec_frontend_exec (fspec_cqt_exec) on its signal alone. The plan MUST
 * outlive the group. A group is used by one thread at a time; its calls may use several (call->n_threads; call->scratch is not
 * used: scratch is the group's own, and grows with its members and threads alone). */
typedef struct fspec_group fspec_group;

typedef enum fspec_group_state {
    FSPEC_GROUP_ABSENT = 0,   /* not a member, or not any more */
    FSPEC_GROUP_OPEN = 1,     /* takes samples */
    FSPEC_GROUP_FINISHED = 2, /* was flushed: must be reset, or leave */
    FSPEC_GROUP_BROKEN = 3    /* a call on it was cancelled half way: must be reset, or leave */
} fspec_group_state;

/* A group of at most `capacity` members, whose memory is allocated at once; 0: any number, each allocated by the first that joins
 * beyond the most that there have been. Memory of members that left is kept for others. Errors: NOT_STREAMABLE, NO_MEMORY,
 * TOO_LARGE, BAD_ARGUMENT. */
FSPEC_API fspec_status fspec_group_create(const fspec_frontend *plan, int64_t capacity, fspec_group **group);
/* The same of a constant-Q plan: fspec_group_create_cqt. */
FSPEC_API void fspec_group_free(fspec_group *group);
/* Bytes that each member takes, however long its signal. */
FSPEC_API size_t fspec_group_member_size(const fspec_group *group);
/* A new member, at sample 0. Its id is >= 0 and was not any earlier member's. Errors: NO_MEMORY, TOO_LARGE (2^24 members),
 * BAD_ARGUMENT (the capacity is reached). */
FSPEC_API fspec_status fspec_group_join(fspec_group *group, int64_t *id);
/* In what follows `ids` names n different members; if it does not, or a member's chunk is at fault, the call does nothing, and
 * *culprit (which may be NULL) is the index of the first fault in ids, else -1. */
FSPEC_API fspec_status fspec_group_leave(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit);
/* Back to sample 0. */
FSPEC_API fspec_status fspec_group_reset(fspec_group *group, const int64_t *ids, int64_t n, int64_t *culprit);
/* The number of members; their ids, in no particular order, to `ids` where it is not NULL. */
FSPEC_API int64_t fspec_group_members(const fspec_group *group, int64_t *ids);
FSPEC_API fspec_group_state fspec_group_state_of(const fspec_group *group, int64_t id);
/* The frames that a push of these chunks would give, or a flush where chunks is NULL: their sum to *total, and those of each
 * member to counts[0 ... n - 1] where it is not NULL. Of the chunks the data are not read. */
FSPEC_API fspec_status fspec_group_ready(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                                         int64_t *counts, int64_t *total, int64_t *culprit);
/* chunks[i] is what follows in the signal of ids[i]: n_samples >= 0, all of one data type, the same for all of a member's. The
 * frames that are complete then go to the columns of `out`, those of ids[0] first; out has `room` columns, at least the total of
 * fspec_group_ready. counts (or NULL) receives the numbers of frames. The first call of a group, and the first with more members
 * or threads than before, allocates; others do not. Errors before anything is done: NOT_FINITE, NO_MEMORY, TOO_LARGE,
 * BAD_DATA_TYPE, BAD_ARGUMENT. After CANCELLED, members that the call named may be FSPEC_GROUP_BROKEN. */
FSPEC_API fspec_status fspec_group_push(fspec_group *group, const int64_t *ids, const fspec_signal *chunks, int64_t n,
                                        const fspec_matrix *out, int64_t room, fspec_dtype out_dtype, const fspec_call *call,
                                        int64_t *counts, int64_t *culprit);
/* Ends the signals of these members and writes the frames that were waiting for more. A signal too short for any frame gives
 * none. */
FSPEC_API fspec_status fspec_group_flush(fspec_group *group, const int64_t *ids, int64_t n, const fspec_matrix *out, int64_t room,
                                         fspec_dtype out_dtype, const fspec_call *call, int64_t *counts, int64_t *culprit);

#ifdef __cplusplus
}
#endif
#endif
