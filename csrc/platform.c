/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _WIN32
#define _GNU_SOURCE /* dladdr */
#endif
#include "platform.h"

#include <string.h>

/* FFTW's codelets are the deepest stack users; the least that POSIX allows would do for our own frames. */
enum { STACK = 512 * 1024 };

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <process.h>
#include <stdio.h>
#include <windows.h>

_Static_assert(sizeof(fs_once) == sizeof(INIT_ONCE) && sizeof(fs_lock) >= sizeof(CRITICAL_SECTION),
               "storage of the system's types");

static unsigned __stdcall thread_main(void *argument)
{
    const fs_thread *thread = argument;
    thread->run(thread->argument);
    return 0;
}

int fs_thread_start(fs_thread *thread, void (*run)(void *argument), void *argument)
{
    thread->run = run;
    thread->argument = argument;
    thread->handle = _beginthreadex(NULL, STACK, thread_main, thread, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return thread->handle ? 0 : -1;
}

void fs_thread_join(fs_thread *thread)
{
    WaitForSingleObject((HANDLE)thread->handle, INFINITE);
    CloseHandle((HANDLE)thread->handle);
}

int64_t fs_nanoseconds(void)
{
    LARGE_INTEGER ticks, rate;
    QueryPerformanceFrequency(&rate);
    QueryPerformanceCounter(&ticks);
    return 1 + ticks.QuadPart / rate.QuadPart * 1000000000 + ticks.QuadPart % rate.QuadPart * 1000000000 / rate.QuadPart;
}

static BOOL CALLBACK call_set_up(INIT_ONCE *once, void *set_up, void **context)
{
    (void)once;
    (void)context;
    (*(void (**)(void))set_up)();
    return TRUE;
}

void fs_call_once(fs_once *once, void (*set_up)(void))
{
    InitOnceExecuteOnce((INIT_ONCE *)once, call_set_up, &set_up, NULL);
}

void fs_lock_init(fs_lock *lock)
{
    InitializeCriticalSection((CRITICAL_SECTION *)lock);
}

void fs_lock_take(fs_lock *lock)
{
    EnterCriticalSection((CRITICAL_SECTION *)lock);
}

void fs_lock_drop(fs_lock *lock)
{
    LeaveCriticalSection((CRITICAL_SECTION *)lock);
}

void fs_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    (void)before;
    (void)parent;
    (void)child;
}

void *fs_library_open(const char *path, const char **why)
{
    static _Thread_local char text[32];
    wchar_t wide[1024];
    HMODULE library = NULL;
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, (int)(sizeof wide / sizeof *wide))) {
        /* A library's own folder is searched for those that it needs; which takes a whole path. */
        const int whole = strpbrk(path, "/\\") != NULL;
        for (wchar_t *p = wide; *p; p++)
            if (*p == L'/')
                *p = L'\\';
        library = LoadLibraryExW(wide, NULL, whole ? LOAD_WITH_ALTERED_SEARCH_PATH : 0);
    }
    if (!library) {
        (void)snprintf(text, sizeof text, "Windows error %lu", GetLastError());
        *why = text;
    }
    return library;
}

void fs_library_close(void *library)
{
    FreeLibrary(library);
}

void *fs_library_symbol(void *library, const char *name)
{
    FARPROC function = GetProcAddress(library, name);
    void *address;
    memcpy(&address, &function, sizeof address);
    return address;
}

int fs_library_path(void *address, char *path, size_t size)
{
    HMODULE module;
    wchar_t wide[1024];
    const DWORD room = (DWORD)(sizeof wide / sizeof *wide);
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (!GetModuleHandleExW(flags, address, &module))
        return 0;
    const DWORD length = GetModuleFileNameW(module, wide, room);
    return length > 0 && length < room && WideCharToMultiByte(CP_UTF8, 0, wide, -1, path, (int)size, NULL, NULL) > 0;
}

#else

#include <dlfcn.h>
#include <time.h>

static void *thread_main(void *argument)
{
    const fs_thread *thread = argument;
    thread->run(thread->argument);
    return NULL;
}

int fs_thread_start(fs_thread *thread, void (*run)(void *argument), void *argument)
{
    pthread_attr_t attributes;
    thread->run = run;
    thread->argument = argument;
    if (pthread_attr_init(&attributes) != 0)
        return -1;
    (void)pthread_attr_setstacksize(&attributes, STACK);
    const int error = pthread_create(&thread->handle, &attributes, thread_main, thread);
    pthread_attr_destroy(&attributes);
    return error;
}

void fs_thread_join(fs_thread *thread)
{
    pthread_join(thread->handle, NULL);
}

int64_t fs_nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1 + (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void fs_call_once(fs_once *once, void (*set_up)(void))
{
    pthread_once(once, set_up);
}

void fs_lock_init(fs_lock *lock)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void fs_lock_take(fs_lock *lock)
{
    pthread_mutex_lock(lock);
}

void fs_lock_drop(fs_lock *lock)
{
    pthread_mutex_unlock(lock);
}

void fs_at_fork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    pthread_atfork(before, parent, child);
}

void *fs_library_open(const char *path, const char **why)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *text = dlerror();
        *why = text ? text : "cannot be loaded";
    }
    return library;
}

void fs_library_close(void *library)
{
    dlclose(library);
}

void *fs_library_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}

int fs_library_path(void *address, char *path, size_t size)
{
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname || strlen(info.dli_fname) >= size)
        return 0;
    strcpy(path, info.dli_fname);
    return 1;
}

#endif
