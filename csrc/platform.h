/* What differs between operating systems: threads, locks, a clock and libraries loaded at run time.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_PLATFORM_H
#define FSPEC_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifndef _WIN32
#include <pthread.h>
#endif

/* ---- threads ---- */

typedef struct fs_thread {
    void (*run)(void *argument);
    void *argument;
#ifdef _WIN32
    uintptr_t handle;
#else
    pthread_t handle;
#endif
} fs_thread;

/* Runs run(argument) in a thread with a stack for FFTW's codelets. *thread must stay where it is until it is joined. 0 on
 * success. */
int fs_thread_start(fs_thread *thread, void (*run)(void *argument), void *argument);
/* Waits for the thread's end. */
void fs_thread_join(fs_thread *thread);

/* Nanoseconds of a clock that never goes back; > 0. */
int64_t fs_nanoseconds(void);

/* ---- locks ---- */

#ifdef _WIN32
typedef struct fs_once {
    void *state; /* INIT_ONCE */
} fs_once;
#define FS_ONCE_INIT {NULL}
typedef struct fs_lock {
    void *state[8]; /* CRITICAL_SECTION */
} fs_lock;
#else
typedef pthread_once_t fs_once;
#define FS_ONCE_INIT PTHREAD_ONCE_INIT
typedef pthread_mutex_t fs_lock;
#endif

/* Calls `set_up` the first time; other threads wait for it. */
void fs_call_once(fs_once *once, void (*set_up)(void));

/* A lock that the thread which holds it may take again, and must drop as often. */
void fs_lock_init(fs_lock *lock);
void fs_lock_take(fs_lock *lock);
void fs_lock_drop(fs_lock *lock);

/* Where processes fork: calls `before` in front of it, then `parent` and `child` in those. */
void fs_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void));

/* ---- libraries loaded at run time; paths are UTF-8 on Windows ---- */

/* NULL if it cannot be loaded: then *why is a text that is good until the next call in this thread. */
void *fs_library_open(const char *path, const char **why);
void fs_library_close(void *library);
/* The address of a function of the library, NULL if there is none of that name. */
void *fs_library_symbol(void *library, const char *name);
/* The path of the library that an address belongs to; 0 if that is not known or not shorter than `size`. */
int fs_library_path(void *address, char *path, size_t size);

#endif
