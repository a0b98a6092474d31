/* Sizes that cannot wrap, and aligned blocks from the allocator hook. SPDX-License-Identifier: BSD-3-Clause */
#ifndef FSPEC_MEMORY_H
#define FSPEC_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { FS_ALIGN = 64 };

/* For thread-local variables. initial-exec: the memory is there when the thread is. Else glibc allocates it at the first
 * access, and ends the process when that fails. */
#if defined(__GNUC__) && defined(__ELF__)
#define FS_TLS __attribute__((tls_model("initial-exec")))
#else
#define FS_TLS
#endif

/* a * b + c into *result; 0 if it overflows size_t or a factor is negative. */
int fs_size(int64_t a, int64_t b, int64_t c, size_t *result);

/* A block of `bytes` (at least 1), aligned to FS_ALIGN, or NULL. fs_free accepts NULL. */
void *fs_alloc(size_t bytes);
void *fs_alloc_zeroed(size_t bytes);
void fs_free(void *block);
/* A copy of `bytes` bytes, or NULL. */
void *fs_duplicate(const void *source, size_t bytes);

/* Carves aligned pieces out of one block. With base NULL it only adds up their sizes. */
typedef struct fs_arena {
    char *base;
    size_t used;
    int overflow;
} fs_arena;

void *fs_take(fs_arena *arena, int64_t count, size_t element);

#endif
