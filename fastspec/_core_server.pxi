# What a process with many callers needs: deadlines, limits, the pool of scratch. Included by _core.pyx.

cdef extern from "platform.h" nogil:
    int64_t fs_nanoseconds()

# ---- deadlines --------------------------------------------------------------------------------------------------------

# Nanoseconds of the monotonic clock at which calls in this context end, or 0. Not of the thread: tasks take turns on one.
deadline_at = _ContextVar("fastspec.deadline", default=0)
_deadline = deadline_at.get
cdef bint deadlines_in_use = False  # whether there ever was one: most processes need not ask


def begin_deadline(at):
    """Set the deadline of this context; returns what `deadline_at.reset` takes to go back."""
    global deadlines_in_use
    deadlines_in_use = True
    return deadline_at.set(at)

cdef unsigned long main_thread = threading.main_thread().ident


def _after_fork():
    # The thread that forked is the child's main thread.
    global main_thread
    main_thread = PyThread_get_thread_ident()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def monotonic():
    """Nanoseconds of the clock that deadlines are times of."""
    return fs_nanoseconds()


# Deadlines travel in the callback's pointer, as milliseconds that may wrap around: a call needs no other memory for them.
cdef bint is_late(void *user) noexcept nogil:
    return <intptr_t>(<uintptr_t>(fs_nanoseconds() // 1000000) - <uintptr_t>user) >= 0


cdef int _late(void *user) noexcept nogil:
    return is_late(user)


cdef int _late_or_interrupted(void *user) noexcept nogil:
    return is_late(user) or _interrupted(NULL)


class DeadlineError(TimeoutError):
    """The time that `fastspec.deadline` allows was over.

    Attributes
    ----------
    started : bool
        Whether the call had begun. If not, nothing was done, and a stream is as it was.
    """

    started = False


cdef int raise_late(int64_t end, bint started) except -1:
    error = DeadlineError("the deadline passed within the call" if started else
                          f"the deadline had passed {(fs_nanoseconds() - end) / 1e9:.3f} s before the call")
    error.started = started
    raise error


cdef int begin_call(fspec_call *call, int n_threads, bint whole_array) except -1:
    cdef int64_t end = _deadline() if deadlines_in_use else 0
    # Python runs signal handlers on the main thread alone; the others are spared the wait for the GIL.
    cdef bint is_main = PyThread_get_thread_ident() == main_thread
    fspec_call_init(call)
    call.n_threads = n_threads
    call.whole_array = whole_array
    if end == 0:
        if is_main:
            call.cancel = _interrupted
        return 0
    if fs_nanoseconds() >= end:
        raise_late(end, False)
    call.cancel = _late_or_interrupted if is_main else _late
    call.cancel_user = <void *><uintptr_t>(end // 1000000 + 1)
    return 0


cdef int raise_cancelled() except -1:
    """Lets the exception that a signal handler raised propagate, or tells of the deadline."""
    cdef int64_t end
    if PyErr_Occurred_raw() == NULL:
        end = _deadline()
        if end:
            raise_late(end, True)
        raise KeyboardInterrupt
    return -1


# ---- limits -----------------------------------------------------------------------------------------------------------

cdef int64_t most_samples = INT64_MAX, most_bytes = INT64_MAX, most_scratch = 0


def set_limits(int64_t max_samples, int64_t max_output_bytes, int64_t max_scratch_bytes):
    """Of every call from now on; 0 for none."""
    global most_samples, most_bytes, most_scratch
    most_samples = max_samples or INT64_MAX
    most_bytes = max_output_bytes or INT64_MAX
    most_scratch = max_scratch_bytes
    fspec_call_scratch_limit(<size_t>max_scratch_bytes)


cdef int check_samples(int64_t n) except -1:
    if n > most_samples:
        raise LimitError(f"y: {n} samples in one call are more than max_samples={most_samples} allows")
    return 0


cdef int check_bytes(int64_t n) except -1:
    if n > most_bytes:
        raise LimitError(f"out: {n} bytes are more than max_output_bytes={most_bytes} allows")
    return 0


cdef int raise_over_limit() except -1:
    raise LimitError(f"scratch: {fspec_scratch_refused()} bytes are more than max_scratch_bytes={most_scratch} allows")


# ---- the pool of scratch ----------------------------------------------------------------------------------------------

def scratch_limit(int64_t n_bytes):
    """How many bytes may be idle."""
    expect(n_bytes >= 0, "n_bytes")
    fspec_scratch_limit(<size_t>n_bytes)


def scratch_info():
    """(limit, bytes and blocks that are idle, times that a call's scratch was there, times that it was not)."""
    cdef size_t limit, idle
    cdef int64_t n_blocks, reused, allocated
    fspec_scratch_info(&limit, &idle, &n_blocks, &reused, &allocated)
    return limit, idle, n_blocks, reused, allocated


def scratch_trim():
    """Frees what is idle."""
    fspec_scratch_trim()
