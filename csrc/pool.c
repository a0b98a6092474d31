/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A slot holds the address of an idle block and, in the bits that its alignment leaves free, its size class. So a thread knows
 * the size without looking into a block that another may be freeing, and whoever exchanges the word owns the block. There is
 * no count of idle bytes that a fork in the middle could leave wrong: they are added up when a block comes back. */
#include "pool.h"

#include <stdatomic.h>

enum {
    N_SLOTS = 64,
    N_CLASSES = FS_ALIGN, /* as many as an aligned address has room for */
    LEAST = 4096,
    SPARE = 4,  /* classes that a block may be above what is wanted: an octave */
    SHARE = 4   /* part of the limit that one block may take */
};

/* The address sanitizer sees the ends of blocks as they were asked for only if each is allocated for itself. */
#if defined(__SANITIZE_ADDRESS__)
#define DEFAULT_LIMIT 0
#else
#define DEFAULT_LIMIT ((size_t)64 << 20)
#endif

static _Atomic uintptr_t slots[N_SLOTS];
static _Atomic size_t idle_limit = DEFAULT_LIMIT, call_limit;
static atomic_uint next_victim;
static _Atomic int64_t n_reused, n_allocated;

static _Thread_local size_t in_use FS_TLS, refused FS_TLS;

/* ---- sizes -------------------------------------------------------------------------------------------------------- */

/* Four to the octave. */
static size_t class_bytes(int kind)
{
    return (size_t)(4 + kind % 4) * (LEAST / 4) << (kind / 4);
}

/* The least class that holds so many bytes; N_CLASSES if none does. */
static int class_of(size_t bytes)
{
    int kind = 0;
    while (kind < N_CLASSES && class_bytes(kind) < bytes)
        kind++;
    return kind;
}

static int kind_of(uintptr_t word)
{
    return (int)(word % FS_ALIGN);
}

static void *block_of(uintptr_t word)
{
    return (void *)(word - word % FS_ALIGN);
}

static size_t idle_bytes(int64_t *n_blocks)
{
    size_t sum = 0;
    *n_blocks = 0;
    for (int i = 0; i < N_SLOTS; i++) {
        const uintptr_t word = atomic_load(&slots[i]);
        if (word) {
            sum += class_bytes(kind_of(word));
            ++*n_blocks;
        }
    }
    return sum;
}

static int is_full(void)
{
    int64_t n_blocks;
    return idle_bytes(&n_blocks) > atomic_load(&idle_limit);
}

/* ---- the slots ---------------------------------------------------------------------------------------------------- */

/* Where a thread looks first: it finds its own last block there, most often, and others look elsewhere. */
static unsigned home(void)
{
    return (unsigned)(((uint64_t)(uintptr_t)&in_use * 0x9e3779b97f4a7c15u) >> 58) % N_SLOTS;
}

static void *take_idle(int kind)
{
    const unsigned first = home();
    for (unsigned i = 0; i < N_SLOTS; i++) {
        _Atomic uintptr_t *slot = &slots[(first + i) % N_SLOTS];
        uintptr_t word = atomic_load_explicit(slot, memory_order_relaxed);
        if (word && kind_of(word) >= kind && kind_of(word) <= kind + SPARE && atomic_compare_exchange_strong(slot, &word, 0))
            return (void *)word;
    }
    return NULL;
}

static void evict(unsigned slot)
{
    const uintptr_t word = atomic_exchange(&slots[slot % N_SLOTS], 0);
    if (word)
        fs_free(block_of(word));
}

/* The word goes in first and the limit is read after, so that of this and a new limit one sees the other. */
static void keep(uintptr_t word)
{
    const unsigned first = home();
    unsigned i = 0;
    for (; i < N_SLOTS; i++) {
        uintptr_t none = 0;
        _Atomic uintptr_t *slot = &slots[(first + i) % N_SLOTS];
        if (!atomic_load_explicit(slot, memory_order_relaxed) && atomic_compare_exchange_strong(slot, &none, word))
            break;
    }
    if (i == N_SLOTS) {
        const uintptr_t other = atomic_exchange(&slots[first], word);
        if (other)
            fs_free(block_of(other));
    }
    while (is_full())
        evict(atomic_fetch_add_explicit(&next_victim, 1, memory_order_relaxed));
}

int fs_pool_trim(void)
{
    int any = 0;
    for (unsigned i = 0; i < N_SLOTS; i++)
        if (atomic_load_explicit(&slots[i], memory_order_relaxed)) {
            evict(i);
            any = 1;
        }
    return any;
}

void fs_pool_reset(int own_allocator)
{
    atomic_store(&idle_limit, own_allocator ? 0 : DEFAULT_LIMIT);
    (void)fs_pool_trim();
}

/* ---- scratch ------------------------------------------------------------------------------------------------------ */

fspec_status fs_take_scratch(size_t bytes, fs_scratch *scratch)
{
    const size_t most = atomic_load_explicit(&call_limit, memory_order_relaxed);
    const size_t limit = atomic_load_explicit(&idle_limit, memory_order_relaxed);
    const int kind = class_of(bytes);
    uintptr_t word = 0;
    *scratch = (fs_scratch){.kind = -1};
    if (most && (bytes > most || in_use > most - bytes)) {
        refused = in_use + bytes;
        return FSPEC_OVER_LIMIT;
    }
    if (kind < N_CLASSES && class_bytes(kind) <= limit / SHARE) {
        scratch->kind = kind;
        word = (uintptr_t)take_idle(kind);
    }
    if (word) {
        scratch->kind = kind_of(word);
        scratch->own = block_of(word);
        atomic_fetch_add_explicit(&n_reused, 1, memory_order_relaxed);
    } else {
        scratch->own = fs_alloc(scratch->kind < 0 ? bytes : class_bytes(kind));
        if (!scratch->own)
            return FSPEC_NO_MEMORY;
        atomic_fetch_add_explicit(&n_allocated, 1, memory_order_relaxed);
    }
    in_use += bytes;
    scratch->bytes = bytes;
    scratch->base = scratch->own;
    return FSPEC_OK;
}

fspec_status fs_call_scratch(const fspec_call *call, size_t bytes, fs_scratch *scratch)
{
    char *base = call->scratch;
    if (!base)
        return fs_take_scratch(bytes, scratch);
    base += (FS_ALIGN - (uintptr_t)base % FS_ALIGN) % FS_ALIGN;
    const size_t skipped = (size_t)(base - (char *)call->scratch);
    if (call->scratch_size < skipped || call->scratch_size - skipped < bytes)
        return FSPEC_BAD_ARGUMENT;
    *scratch = (fs_scratch){.base = base, .kind = -1};
    return FSPEC_OK;
}

void fs_call_release(fs_scratch *scratch)
{
    if (!scratch->own)
        return;
    in_use -= scratch->bytes;
    if (scratch->kind < 0 || class_bytes(scratch->kind) > atomic_load_explicit(&idle_limit, memory_order_relaxed) / SHARE)
        fs_free(scratch->own);
    else
        keep((uintptr_t)scratch->own | (uintptr_t)scratch->kind);
    scratch->own = NULL;
}

/* ---- the process -------------------------------------------------------------------------------------------------- */

void fspec_scratch_limit(size_t bytes)
{
    atomic_store(&idle_limit, bytes);
    for (unsigned i = 0; i < N_SLOTS && is_full(); i++)
        evict(i);
}

void fspec_scratch_info(size_t *limit, size_t *idle, int64_t *n_blocks, int64_t *reused, int64_t *allocated)
{
    *limit = atomic_load(&idle_limit);
    *idle = idle_bytes(n_blocks);
    *reused = atomic_load_explicit(&n_reused, memory_order_relaxed);
    *allocated = atomic_load_explicit(&n_allocated, memory_order_relaxed);
}

void fspec_scratch_trim(void)
{
    (void)fs_pool_trim();
}

void fspec_call_scratch_limit(size_t bytes)
{
    atomic_store(&call_limit, bytes);
}

size_t fspec_scratch_refused(void)
{
    return refused;
}
