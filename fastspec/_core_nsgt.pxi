# The nonstationary Gabor transform. Included by _core.pyx.

def nsgt_fast_length(int64_t n, int64_t multiple):
    """The least length of a block that is at least n and a multiple of `multiple`; 0 if there is none."""
    return fspec_nsgt_fast_length(n, multiple)


@cython.internal
cdef class NsgtSettings:
    """A configuration, and the arrays that it points to."""
    cdef fspec_nsgt_config config
    cdef list held

    def __cinit__(self, *, bint double, double sr, int64_t length, frequencies, bandwidths, bint residual=True, window=None,
                  int64_t n_window=0, int64_t n_frames=0, double oversampling=1, int64_t transition=0, double input_scale=1):
        cdef Array f = Array(frequencies, 1, False)
        cdef Array b = doubles(bandwidths, -1, f.size(1), "bandwidths")
        cdef Array w = None
        f = doubles(frequencies, -1, f.size(1), "frequencies")
        self.held = [f, b]
        fspec_nsgt_config_init(&self.config)
        self.config.precision = FSPEC_DOUBLE if double else FSPEC_SINGLE
        self.config.sr = sr
        self.config.length = length
        self.config.n_bins = f.size(1)
        self.config.frequencies = <const double *>f.view.buf
        self.config.bandwidths = <const double *>b.view.buf
        self.config.residual = residual
        self.config.n_frames = n_frames
        self.config.oversampling = oversampling
        self.config.transition = transition
        self.config.input_scale = input_scale
        if window is not None:
            w = doubles(window, -1, n_window, "window")
            self.held.append(w)
            self.config.window = <const double *>w.view.buf
            self.config.n_window = n_window


def nsgt_counts(**settings):
    """The numbers of coefficients that NsgtPlan(**settings) would have."""
    cdef NsgtSettings given = NsgtSettings(**settings)
    cdef int64_t n = given.config.n_bins + (2 if given.config.residual else 0), band
    cdef int64_t *counts = <int64_t *>PyMem_Malloc(<size_t>times(n, sizeof(int64_t)))
    if counts == NULL:
        raise MemoryError
    try:
        check(fspec_nsgt_counts(&given.config, counts))
        return [counts[band] for band in range(n)]
    finally:
        PyMem_Free(counts)


@cython.final
cdef class NsgtPlan:
    """A plan of the nonstationary Gabor transform for blocks of one length."""
    cdef fspec_nsgt *plan
    cdef readonly int64_t nbytes  # that the core holds
    cdef object __weakref__
    cdef readonly int64_t n_bands
    cdef readonly int64_t length
    cdef readonly list counts

    def __cinit__(self, **settings):
        cdef NsgtSettings given = NsgtSettings(**settings)
        cdef fspec_status status
        cdef int64_t band
        with nogil:
            self.nbytes = -fspec_thread_bytes()
            status = fspec_nsgt_create(&given.config, &self.plan)
            self.nbytes += fspec_thread_bytes()
        check(status)
        self.length = given.config.length
        self.n_bands = fspec_nsgt_n_bands(self.plan)
        self.counts = [fspec_nsgt_n_coefficients(self.plan, band) for band in range(self.n_bands)]

    def __dealloc__(self):
        fspec_nsgt_free(self.plan)

    @property
    def size(self):
        """Bytes of weights."""
        return fspec_nsgt_size(self.plan)

    cdef fspec_matrix *gather(self, bands, int64_t n_items, int64_t n_blocks, bint writable, list held, fspec_dtype *dtype) except NULL:
        """The bands of all signals: matrices of (..., n_blocks, count) buffers, which `held` keeps. To be freed."""
        cdef Array a
        cdef int64_t band = 0, i
        cdef fspec_matrix *m
        expect(len(bands) == self.n_bands, "the number of bands")
        m = <fspec_matrix *>PyMem_Malloc(<size_t>times(times(n_items, self.n_bands) + 1, sizeof(fspec_matrix)))
        if m == NULL:
            raise MemoryError
        try:
            for band in range(self.n_bands):
                a = Array(bands[band], 2, writable)
                held.append(a)
                if not writable:
                    a.require_aligned("C")
                if band == 0:
                    dtype[0] = a.dtype
                expect(a.n_items == n_items and a.size(2) == n_blocks and a.size(1) == self.counts[band]
                       and a.dtype == dtype[0] and not a.swapped, "a band")
                for i in range(n_items):
                    m[i * self.n_bands + band].data = a.item(i, 2)
                    m[i * self.n_bands + band].bin_stride = a.stride(2)
                    m[i * self.n_bands + band].frame_stride = a.stride(1)
        except BaseException:
            PyMem_Free(m)
            raise
        return m

    def exec(self, y, bands, int64_t first, int64_t n_blocks, int n_threads, NsgtScratch scratch=None):
        """(..., n) signals into the bands, each (..., n_blocks, count); block 0 begins at sample `first`."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef fspec_dtype dtype = FSPEC_COMPLEX64
        cdef list held = []
        cdef fspec_matrix *m = self.gather(bands, a.n_items, n_blocks, True, held, &dtype)
        try:
            if scratch is None:
                a.fill_signals(items.signals)
            else:
                a.fill_rows(items.signals)  # a stream's buffer: the stream has checked its chunk
            begin_call(&call, n_threads, False)
            if scratch is not None:
                call.scratch = scratch.memory
                call.scratch_size = scratch.size
            with nogil:
                status = fspec_nsgt_exec(self.plan, items.signals, first, n_blocks, m, a.n_items, dtype, &call)
        finally:
            PyMem_Free(m)
        check(status)

    def inverse(self, bands, out, int64_t first, int64_t n_blocks, int n_threads, NsgtScratch scratch=None):
        """The way back, into (..., n) signals."""
        cdef Array o = Array(out, 1, True)
        cdef Items items = Items(o.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef fspec_dtype dtype = FSPEC_COMPLEX64
        cdef list held = []
        cdef fspec_matrix *m = self.gather(bands, o.n_items, n_blocks, False, held, &dtype)
        try:
            if scratch is None:
                o.fill_signals(items.signals)
            else:
                o.fill_rows(items.signals)
            begin_call(&call, n_threads, False)
            if scratch is not None:
                call.scratch = scratch.memory
                call.scratch_size = scratch.size
            with nogil:
                status = fspec_nsgt_inverse(self.plan, m, dtype, first, n_blocks, items.signals, o.n_items, &call)
        finally:
            PyMem_Free(m)
        check(status)
