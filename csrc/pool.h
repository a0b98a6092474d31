/* Scratch of calls, from a pool of the process. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_POOL_H
#define FSPEC_POOL_H

#include "memory.h"

#include "fastspec.h"

/* A call's working memory: `base`, aligned to FS_ALIGN, of any contents. */
typedef struct fs_scratch {
    char *base;
    void *own;    /* what is to be given back, or NULL */
    size_t bytes; /* counted against the limit of a call */
    int kind;
} fs_scratch;

/* `bytes` of scratch: the call's own, if it was given any, else from the pool. On an error nothing needs to be released.
 * Errors: BAD_ARGUMENT if the call's own is too small, OVER_LIMIT, NO_MEMORY. */
fspec_status fs_call_scratch(const fspec_call *call, size_t bytes, fs_scratch *scratch);
/* The same, always from the pool: for what a call needs besides the scratch that it was given. */
fspec_status fs_take_scratch(size_t bytes, fs_scratch *scratch);
/* Must be on the thread that took it. */
void fs_call_release(fs_scratch *scratch);

/* Frees what is idle; whether there was anything. */
int fs_pool_trim(void);
/* Empties the pool, and sets its limit to the default, or to nothing for an allocator of the caller's. */
void fs_pool_reset(int own_allocator);

#endif
