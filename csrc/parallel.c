/* SPDX-License-Identifier: BSD-3-Clause */
#include "parallel.h"

#include <stdatomic.h>
#include <string.h>

#include "platform.h"

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>
#endif

#include "memory.h"
#include "platform.h"

enum { MAX_WORKERS = 256, POLL_NANOSECONDS = 5000000 };

fs_fpenv fs_fpenv_enter(void)
{
    fs_fpenv env = {0};
#if defined(__x86_64__) || defined(__i386__)
    /* All exceptions masked, flush-to-zero, denormals-are-zero, round to nearest. */
    env.saved = _mm_getcsr();
    _mm_setcsr(0x1f80u | 0x8000u | 0x0040u);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(env.saved));
    uint64_t ours = 1u << 24; /* FZ alone: default rounding, no traps */
    __asm__ volatile("msr fpcr, %0" : : "r"(ours));
#endif
    return env;
}

void fs_fpenv_leave(fs_fpenv env)
{
#if defined(__x86_64__) || defined(__i386__)
    _mm_setcsr((unsigned)env.saved);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(env.saved));
#else
    (void)env;
#endif
}

typedef struct job {
    fs_work_fn work;
    void *context;
    const fspec_call *call;
    int64_t n_items, grain;
    _Atomic int64_t next;
    _Atomic int status;
} job;

/* What this thread is at work on. */
typedef struct station {
    job *job;
    int polls;
    int64_t last_poll;
    fs_fpenv env;
} station;

static _Thread_local station here FS_TLS;

typedef struct worker {
    job *job;
    int index;
    fs_thread thread;
} worker;

static void fail(job *j, fspec_status status)
{
    int none = FSPEC_OK;
    atomic_compare_exchange_strong(&j->status, &none, (int)status);
}

static int poll_is_due(int64_t *last_poll)
{
    const int64_t now = fs_nanoseconds();
    if (*last_poll && now - *last_poll <= POLL_NANOSECONDS)
        return 0;
    const int is_first = *last_poll == 0;
    *last_poll = now;
    return !is_first;
}

int fs_cancelled(const fspec_call *call, int64_t *last_poll)
{
    return call->cancel && poll_is_due(last_poll) && call->cancel(call->cancel_user);
}

int fs_interrupted(void)
{
    job *j = here.job;
    if (here.polls && poll_is_due(&here.last_poll)) {
        /* The callback may run anything, even a call of ours: it gets the caller's environment back meanwhile. */
        fs_fpenv_leave(here.env);
        if (j->call->cancel(j->call->cancel_user))
            fail(j, FSPEC_CANCELLED);
        here.env = fs_fpenv_enter();
    }
    return atomic_load_explicit(&j->status, memory_order_relaxed) != FSPEC_OK;
}

static void run(job *j, int index)
{
    const station outer = here;
    const int polls = index == 0 && j->call->cancel;
    here = (station){j, polls, 0, fs_fpenv_enter()};
    while (!fs_interrupted()) {
        int64_t begin = atomic_fetch_add_explicit(&j->next, j->grain, memory_order_relaxed);
        if (begin >= j->n_items)
            break;
        int64_t end = j->n_items - begin > j->grain ? begin + j->grain : j->n_items;
        fspec_status status = j->work(j->context, index, begin, end);
        if (status != FSPEC_OK)
            fail(j, status);
    }
    fs_fpenv_leave(here.env);
    here = outer;
}

static void thread_main(void *argument)
{
    worker *w = argument;
    run(w->job, w->index);
}

int fs_worker_count(const fspec_call *call, int64_t n_items)
{
    int64_t n = call->n_threads < 1 ? 1 : call->n_threads;
    if (n > MAX_WORKERS)
        n = MAX_WORKERS;
    if (n > n_items)
        n = n_items < 1 ? 1 : n_items;
    return (int)n;
}

fspec_status fs_parallel(const fspec_call *call, int n_workers, int64_t n_items, int64_t grain, fs_work_fn work, void *context)
{
    job j = {.work = work, .context = context, .call = call, .n_items = n_items, .grain = grain};
    worker workers[MAX_WORKERS];
    int started = 1;
    for (; started < n_workers; started++) {
        worker *w = &workers[started];
        w->job = &j;
        w->index = started;
        if (fs_thread_start(&w->thread, thread_main, w) != 0)
            break;
    }
    run(&j, 0);
    for (int i = 1; i < started; i++)
        fs_thread_join(&workers[i].thread);
    return (fspec_status)atomic_load(&j.status);
}

void fspec_call_init(fspec_call *call)
{
    memset(call, 0, sizeof *call);
    call->size = sizeof *call;
    call->n_threads = 1;
}

fspec_status fs_struct_read(void *full, size_t size, const void *given, size_t least)
{
    size_t theirs;
    memcpy(&theirs, given, sizeof theirs);
    /* A longer struct comes from a newer header, whose new fields might matter: refused. */
    if (theirs < least || theirs > size)
        return FSPEC_BAD_STRUCT;
    memcpy(full, given, theirs);
    memcpy(full, &size, sizeof size);
    return FSPEC_OK;
}

fspec_status fs_call_read(const fspec_call *call, fspec_call *full)
{
    fspec_call_init(full);
    return call ? fs_struct_read(full, sizeof *full, call, offsetof(fspec_call, whole_array)) : FSPEC_OK;
}
