# Streams of the inverse, and scratch that a stream keeps. Included by _core.pyx.

@cython.final
cdef class IstftStream:
    """One plan of the inverse STFT, fed in pieces."""
    cdef fspec_istft_stream *stream
    cdef Istft plan
    cdef readonly int64_t n_channels
    cdef readonly bint broken  # a call was cancelled: it can only be reset
    cdef int busy

    def __cinit__(self, Istft plan not None, int64_t n_channels, IstftStream source=None):
        cdef fspec_status status
        self.plan = plan
        self.n_channels = n_channels
        if source is None:
            check(fspec_istft_stream_create(plan.plan, n_channels, &self.stream))
        else:
            claim(&source.busy, "stream")
            status = fspec_istft_stream_copy(source.stream, &self.stream)
            self.broken = source.broken
            fs_unclaim(&source.busy)
            check(status)

    def __dealloc__(self):
        fspec_istft_stream_free(self.stream)

    def copy(self):
        """Another stream in the same state."""
        return IstftStream(self.plan, self.n_channels, self)

    @property
    def latency(self):
        return fspec_istft_stream_latency(self.stream)

    def ready(self, int64_t n_frames):
        claim(&self.busy, "stream")
        n_samples = fspec_istft_stream_ready(self.stream, n_frames)
        fs_unclaim(&self.busy)
        return n_samples

    def pending(self, int64_t length):
        claim(&self.busy, "stream")
        n_samples = fspec_istft_stream_pending(self.stream, length)
        fs_unclaim(&self.busy)
        return n_samples

    def reset(self):
        claim(&self.busy, "stream")
        fspec_istft_stream_reset(self.stream)
        self.broken = False
        fs_unclaim(&self.busy)

    def push(self, spectra, out, int n_threads):
        """(channels, bins, frames) complex; what is ready into out (channels, at least ready(frames)). Returns how many."""
        cdef Array a = Array(spectra, 2, False)
        cdef Array o = Array(out, 1, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_samples = 0
        claim(&self.busy, "stream")
        try:
            expect(a.n_items == self.n_channels and o.n_items == a.n_items and a.size(2) == self.plan.n_fft // 2 + 1
                   and not a.swapped and o.size(1) >= fspec_istft_stream_ready(self.stream, a.size(1)), "C or out")
            a.require_aligned("C")
            a.fill_matrices(items.matrices)
            o.fill_signals(items.signals)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_istft_stream_push(self.stream, items.matrices, a.dtype, a.size(1), items.signals, &call,
                                                 &n_samples)
            self.broken = status == FSPEC_CANCELLED
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_samples

    def flush(self, out, int64_t length, int n_threads):
        """The last samples into out (channels, at least pending(length))."""
        cdef Array o = Array(out, 1, True)
        cdef Items items = Items(o.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_samples = 0
        claim(&self.busy, "stream")
        try:
            expect(o.n_items == self.n_channels and o.size(1) >= fspec_istft_stream_pending(self.stream, length),
                   "out or length")
            o.fill_signals(items.signals)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_istft_stream_flush(self.stream, length, items.signals, &call, &n_samples)
            self.broken = status == FSPEC_CANCELLED
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_samples


@cython.final
@cython.auto_pickle(False)
cdef class Turn:
    """A context that one thread is in at a time, with or without the interpreter's lock; a second one is refused."""
    cdef int busy

    def __enter__(self):
        claim(&self.busy, "stream")

    def __exit__(self, *error):
        fs_unclaim(&self.busy)


@cython.final
cdef class NsgtScratch:
    """Memory for calls of a plan on so many signals, blocks and threads."""
    cdef void *memory
    cdef readonly size_t size

    def __cinit__(self, NsgtPlan plan not None, int64_t n_signals, int64_t n_blocks, int n_threads):
        self.size = fspec_nsgt_scratch(plan.plan, n_signals, n_blocks, n_threads)
        if self.size == 0:
            raise MemoryError("the scratch of so many signals overflows")
        self.memory = PyMem_Malloc(self.size)
        if self.memory == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.memory)
