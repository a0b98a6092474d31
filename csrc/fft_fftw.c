/* FFTW, loaded at run time: all that fastspec knows of it. SPDX-License-Identifier: BSD-3-Clause
 *
 * FFTW's planner and its destroy functions are not thread-safe, and other users of the same copy (pyfftw) plan under a lock of
 * their own. So our lock is also installed as FFTW's planner hooks, where the library has them. Facts about the interface:
 * FFTW 3.3 manual, sections 4.4 and 5.4; fftw3.h of 3.3.5. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fft.h"
#include "fft_lanes.h"
#include "memory.h"
#include "platform.h"

#define FFTW_MEASURE 0u
#define FFTW_ESTIMATE (1u << 6)
#define FFTW_DESTROY_INPUT (1u << 0)

typedef void *fftw_handle; /* fftw_plan */

/* Both precisions have the same prototypes but for the element type, which only passes through as void *. */
typedef fftw_handle (*plan_many_fn)(int rank, const int *n, int howmany, void *in, const int *inembed, int istride, int idist,
                                    void *out, const int *onembed, int ostride, int odist, unsigned flags);
typedef void (*execute_fn)(const fftw_handle plan, void *in, void *out);
typedef void (*destroy_fn)(fftw_handle plan);
typedef void (*set_hooks_fn)(void (*before)(void), void (*after)(void));

typedef struct library {
    plan_many_fn plan_forward, plan_inverse;
    execute_fn execute_forward, execute_inverse;
    destroy_fn destroy;
    int loaded;
    char version[64], path[512];
} library;

struct fs_fft {
    const library *lib;
    fftw_handle plan;
    int64_t n;
    int is_double, inverse, users;
    fspec_effort effort;
    uint64_t last_use;
    fs_fft *next;
};

static library libraries[2];
static fs_fft *cache;
static uint64_t clock_of_use;
static fs_lock lock; /* FFTW calls our hooks while we plan, so it is taken twice */
static fs_once lock_once = FS_ONCE_INIT;

static void make_lock(void)
{
    fs_lock_init(&lock);
}

static void take_lock(void)
{
    fs_lock_take(&lock);
}

static void drop_lock(void)
{
    fs_lock_drop(&lock);
}

static void set_up(void)
{
    make_lock();
    /* A fork waits for planners; the child's only thread has a new identity, so it needs a new lock rather than the old one. */
    fs_at_fork(take_lock, drop_lock, make_lock);
}

static void enter(void)
{
    fs_call_once(&lock_once, set_up);
    take_lock();
}

/* Function pointers are copied through memory: C has no cast from void * to them. */
static int find(void *handle, const char *prefix, const char *name, const char *home, void *pointer)
{
    char symbol[64], path[sizeof libraries->path];
    (void)snprintf(symbol, sizeof symbol, "%s%s", prefix, name);
    void *address = fs_library_symbol(handle, symbol);
    if (!address || !fs_library_path(address, path, sizeof path))
        return 0;
    /* Loaded side by side, another library's symbols of the same name can stand in for this one's: take no mixture. */
    if (*home && strcmp(home, path))
        return 0;
    memcpy(pointer, &address, sizeof address);
    return 1;
}

static fspec_status load(library *lib, int is_double, const char *path, char *message, size_t size)
{
    const char *prefix = is_double ? "fftw_" : "fftwf_";
    const char *missing = NULL, *why;
    void *handle = fs_library_open(path, &why), *anchor;
    if (!handle) {
        (void)snprintf(message, size, "%s: %s", path, why);
        return FSPEC_NO_ENGINE;
    }
    library found = {0};
    set_hooks_fn set_hooks;
    const char *version;
    if (!find(handle, prefix, "execute_dft_r2c", "", &anchor) || !fs_library_path(anchor, found.path, sizeof found.path))
        missing = "execute_dft_r2c";
    if (!missing && !find(handle, prefix, "plan_many_dft_r2c", found.path, &found.plan_forward))
        missing = "plan_many_dft_r2c";
    if (!missing && !find(handle, prefix, "plan_many_dft_c2r", found.path, &found.plan_inverse))
        missing = "plan_many_dft_c2r";
    if (!missing && !find(handle, prefix, "execute_dft_c2r", found.path, &found.execute_inverse))
        missing = "execute_dft_c2r";
    if (!missing && !find(handle, prefix, "destroy_plan", found.path, &found.destroy))
        missing = "destroy_plan";
    if (missing) {
        (void)snprintf(message, size, "%s: has no %s%s of its own", path, prefix, missing);
        fs_library_close(handle);
        return FSPEC_NO_ENGINE;
    }
    memcpy(&found.execute_forward, &anchor, sizeof anchor);
    if (find(handle, prefix, "version", found.path, &version))
        (void)snprintf(found.version, sizeof found.version, "%s", version);
    else
        (void)snprintf(found.version, sizeof found.version, "FFTW interface, no version");
    if (find(handle, prefix, "set_planner_hooks", found.path, &set_hooks))
        set_hooks(take_lock, drop_lock);
    found.loaded = 1;
    *lib = found;
    return FSPEC_OK;
}

fspec_status fspec_fftw_load(const char *single_path, const char *double_path, char *message, size_t message_size)
{
    const char *paths[2] = {single_path, double_path};
    char nowhere[1];
    fspec_status status = FSPEC_OK;
    if (!message || message_size == 0) {
        message = nowhere;
        message_size = sizeof nowhere;
    }
    *message = 0;
    enter();
    for (int i = 0; i < 2 && status == FSPEC_OK; i++)
        if (paths[i] && *paths[i] && !libraries[i].loaded)
            status = load(&libraries[i], i, paths[i], message, message_size);
    drop_lock();
    return status;
}

const char *fspec_fftw_version(int is_double)
{
    return libraries[is_double != 0].version;
}

const char *fspec_fftw_path(int is_double)
{
    return libraries[is_double != 0].path;
}

/* Under the lock. MEASURE runs the transform on these arrays, and every later execution must be aligned as they are. */
static fspec_status make_plan(fs_fft *fft)
{
    size_t bytes;
    int n = (int)fft->n;
    if (!fs_size(fft->n + 2, fft->is_double ? 8 : 4, 0, &bytes))
        return FSPEC_TOO_LARGE;
    void *real = fs_alloc_zeroed(bytes), *spectrum = fs_alloc_zeroed(bytes);
    unsigned flags = (fft->effort == FSPEC_MEASURE ? FFTW_MEASURE : FFTW_ESTIMATE) | FFTW_DESTROY_INPUT;
    if (real && spectrum) {
        if (fft->inverse)
            fft->plan = fft->lib->plan_inverse(1, &n, 1, spectrum, NULL, 1, n / 2 + 1, real, NULL, 1, n, flags);
        else
            fft->plan = fft->lib->plan_forward(1, &n, 1, real, NULL, 1, n, spectrum, NULL, 1, n / 2 + 1, flags);
    }
    fspec_status status = !real || !spectrum ? FSPEC_NO_MEMORY : fft->plan ? FSPEC_OK : FSPEC_ENGINE_FAILED;
    fs_free(real);
    fs_free(spectrum);
    return status;
}

/* Under the lock: destroys unused plans, least recently used first, until no more than `keep` of them are left. */
static void shrink(int keep)
{
    for (;;) {
        int unused = 0;
        fs_fft **oldest = NULL;
        for (fs_fft **p = &cache; *p; p = &(*p)->next)
            if ((*p)->users == 0) {
                unused++;
                if (!oldest || (*p)->last_use < (*oldest)->last_use)
                    oldest = p;
            }
        if (unused <= keep)
            return;
        fs_fft *victim = *oldest;
        *oldest = victim->next;
        victim->lib->destroy(victim->plan);
        fs_free(victim);
    }
}

fspec_status fs_fft_acquire(fspec_engine engine, int64_t n, int is_double, int inverse, fspec_effort effort, fs_fft **result)
{
    const library *lib = &libraries[is_double != 0];
    fspec_status status = FSPEC_OK;
    if (engine != FSPEC_ENGINE_AUTO && engine != FSPEC_ENGINE_FFTW)
        return FSPEC_NO_ENGINE;
    if (n > INT_MAX - 2)
        return FSPEC_TOO_LARGE;
    enter();
    fs_fft *fft = cache;
    while (fft && !(fft->n == n && fft->is_double == is_double && fft->inverse == inverse && fft->effort == effort))
        fft = fft->next;
    if (!fft) {
        if (!lib->loaded)
            status = FSPEC_NO_ENGINE;
        else if (!(fft = fs_alloc_zeroed(sizeof *fft)))
            status = FSPEC_NO_MEMORY;
        if (status == FSPEC_OK) {
            *fft = (fs_fft){.lib = lib, .n = n, .is_double = is_double, .inverse = inverse, .effort = effort};
            status = make_plan(fft);
            if (status == FSPEC_OK) {
                fft->next = cache;
                cache = fft;
            } else {
                fs_free(fft);
            }
        }
    }
    if (status == FSPEC_OK) {
        fft->users++;
        fft->last_use = ++clock_of_use;
        *result = fft;
        shrink(FSPEC_FFT_CACHE);
    }
    drop_lock();
    return status;
}

void fs_fft_release(fs_fft *fft)
{
    if (!fft)
        return;
    enter();
    fft->users--;
    shrink(FSPEC_FFT_CACHE);
    drop_lock();
}

void fspec_fft_cache_info(int *n_plans, int *n_in_use)
{
    *n_plans = 0;
    *n_in_use = 0;
    enter();
    for (fs_fft *fft = cache; fft; fft = fft->next) {
        ++*n_plans;
        *n_in_use += fft->users > 0;
    }
    drop_lock();
}

void fspec_fft_cache_clear(void)
{
    enter();
    shrink(0);
    drop_lock();
}

int fs_use_lanes(fspec_engine engine, int64_t n, int is_double)
{
    if (engine != FSPEC_ENGINE_AUTO || fs_lanes_has(n))
        return engine == FSPEC_ENGINE_AUTO || engine == FSPEC_ENGINE_LANES;
    enter();
    const int loaded = libraries[is_double != 0].loaded;
    drop_lock();
    return !loaded;
}

const char *fs_fft_name(const fs_fft *fft)
{
    (void)fft;
    return "fftw";
}

void fs_fft_forward(const fs_fft *fft, void *in, void *out)
{
    fft->lib->execute_forward(fft->plan, in, out);
}

void fs_fft_inverse(const fs_fft *fft, void *in, void *out)
{
    fft->lib->execute_inverse(fft->plan, in, out);
}
