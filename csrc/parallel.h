/* One call's work over threads that live no longer than the call, its cancellation, and the floating-point environment.
 * SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_PARALLEL_H
#define FSPEC_PARALLEL_H

#include <stdint.h>

#include "fastspec.h"

/* The caller's floating-point environment, while ours is set. */
typedef struct fs_fpenv {
    uint64_t saved;
} fs_fpenv;
fs_fpenv fs_fpenv_enter(void);
void fs_fpenv_leave(fs_fpenv env);
/* Compilers move arithmetic across those two calls. Not so if it is in a function of its own that reads or writes memory. */
#define FS_OWN_FUNCTION __attribute__((noinline))

/* Does items [begin, end) as worker number `worker`. Results must not depend on which worker does what. */
typedef fspec_status (*fs_work_fn)(void *context, int worker, int64_t begin, int64_t end);

/* How many workers a call may use for n_items: at least 1, at most max(1, n_threads) and n_items. */
int fs_worker_count(const fspec_call *call, int64_t n_items);

/* Carries out items [0, n_items) in pieces of `grain`, each by whichever of n_workers is free, in our floating-point
 * environment; polls the call's cancel callback between pieces. Threads that cannot be started are done without. Returns the
 * first status that is not FSPEC_OK. */
fspec_status fs_parallel(const fspec_call *call, int n_workers, int64_t n_items, int64_t grain, fs_work_fn work, void *context);

/* For work that may take long over one piece: whether the call has failed or been cancelled meanwhile, so that the rest of the
 * piece is in vain. Polls the callback where that is due. */
int fs_interrupted(void);

/* Whether the call's callback, if it has one, wants the call to end. It is asked some milliseconds after the last time at the
 * soonest; *last_poll is 0 at first. For calls of many parts, in the caller's floating-point environment. */
int fs_cancelled(const fspec_call *call, int64_t *last_poll);

/* The defaults for a NULL call; FSPEC_BAD_STRUCT if its size field is unknown. */
fspec_status fs_call_read(const fspec_call *call, fspec_call *full);

/* Copies a config struct from a caller whose version of it may be shorter: `full` holds the defaults of all `size` bytes. */
fspec_status fs_struct_read(void *full, size_t size, const void *given, size_t least);

#endif
