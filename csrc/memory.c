/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "fastspec.h"
#include "pool.h"

static void *default_allocate(size_t bytes, void *user)
{
    (void)user;
    return malloc(bytes);
}

static void default_release(void *block, void *user)
{
    (void)user;
    free(block);
}

static const fspec_allocator standard = {default_allocate, default_release, NULL};
static fspec_allocator current = {default_allocate, default_release, NULL};

void fspec_set_allocator(const fspec_allocator *allocator)
{
    fs_pool_reset(allocator != NULL);
    current = allocator ? *allocator : standard;
}

int fs_size(int64_t a, int64_t b, int64_t c, size_t *result)
{
    size_t product;
    if (a < 0 || b < 0 || c < 0)
        return 0;
    return !__builtin_mul_overflow((size_t)a, (size_t)b, &product) && !__builtin_add_overflow(product, (size_t)c, result)
           && *result <= PTRDIFF_MAX - 2 * FS_ALIGN;
}

static _Thread_local int64_t thread_bytes FS_TLS;

int64_t fspec_thread_bytes(void)
{
    return thread_bytes;
}

/* What is kept in front of an aligned block. */
typedef struct label {
    void *raw; /* the allocator's own pointer */
    size_t bytes;
} label;

void *fs_alloc(size_t bytes)
{
    const size_t extra = FS_ALIGN + sizeof(label);
    if (bytes == 0)
        bytes = 1;
    if (bytes > PTRDIFF_MAX - extra)
        return NULL;
    char *raw = current.allocate(bytes + extra, current.user);
    if (!raw) {
        const int64_t before = thread_bytes;
        const int any = fs_pool_trim();
        thread_bytes = before; /* what is idle may be any thread's: it is not part of what this one makes */
        if (any)
            raw = current.allocate(bytes + extra, current.user);
    }
    if (!raw)
        return NULL;
    char *block = raw + sizeof(label);
    block += (FS_ALIGN - (uintptr_t)block % FS_ALIGN) % FS_ALIGN;
    memcpy(block - sizeof(label), &(label){raw, bytes}, sizeof(label));
    thread_bytes += (int64_t)bytes;
    return block;
}

void *fs_alloc_zeroed(size_t bytes)
{
    void *block = fs_alloc(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void fs_free(void *block)
{
    label own;
    if (!block)
        return;
    memcpy(&own, (char *)block - sizeof own, sizeof own);
    thread_bytes -= (int64_t)own.bytes;
    current.release(own.raw, current.user);
}

void *fs_duplicate(const void *source, size_t bytes)
{
    void *block = fs_alloc(bytes);
    return block ? memcpy(block, source, bytes) : NULL;
}

void *fs_take(fs_arena *arena, int64_t count, size_t element)
{
    size_t bytes, end;
    if (!fs_size(count, (int64_t)element, FS_ALIGN - 1, &bytes)
        || __builtin_add_overflow(arena->used, bytes / FS_ALIGN * FS_ALIGN, &end) || end > PTRDIFF_MAX) {
        arena->overflow = 1;
        return NULL;
    }
    char *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used = end;
    return piece;
}
