# The short way into a stream: chunks of one channel, each like the one before. Included by _core.pyx.

cdef extern from "Python.h":
    int get_buffer "PyObject_GetBuffer"(object, Py_buffer *, int) noexcept
    void PyErr_Clear() noexcept

cdef dict _codes = {"f": FSPEC_FLOAT32, "d": FSPEC_FLOAT64, "h": FSPEC_INT16, "F": FSPEC_COMPLEX64, "D": FSPEC_COMPLEX128}

cdef int64_t _LONG_CHUNK = 1 << 20  # from here on a call's own time hides what the long way costs
cdef int64_t _MANY_FRAMES = 4096


cdef bint _outside(const Py_buffer *a, const Py_buffer *b) noexcept:
    """Whether two arrays lie in different memory, by their bounds."""
    cdef uintptr_t low[2]
    cdef uintptr_t high[2]
    cdef const Py_buffer *view
    cdef int64_t span
    cdef int i, k
    for i in range(2):
        view = b if i else a
        low[i] = high[i] = <uintptr_t>view.buf
        for k in range(view.ndim):
            if view.shape[k] == 0:
                return True
            span = (view.shape[k] - 1) * view.strides[k]
            if span < 0:
                low[i] -= <uintptr_t>-span
            else:
                high[i] += <uintptr_t>span
        high[i] += <uintptr_t>view.itemsize
    return high[0] <= low[1] or high[1] <= low[0]


@cython.internal
cdef class LiveStream:
    """A stream of frames. The chunks of a live signal come by the thousand, each a microsecond of work: what was found out about one is
    kept, so that the next like it needs no objects, and no questions but those that its samples decide."""
    cdef readonly int64_t n_channels
    cdef readonly int64_t taken, given  # samples and frames by the short way, since the signal's first sample
    cdef int busy
    cdef object ndarray, empty, dtype, out_dtype
    cdef fspec_dtype code, out_code
    cdef bint frames_first, bins_adjacent
    cdef int n_threads

    cdef fspec_status advance(self, fspec_signal *signal, fspec_matrix *out, fspec_call *call, int64_t *n_frames) noexcept nogil:
        return FSPEC_BAD_ARGUMENT

    cdef int64_t frames_after(self, int64_t n_samples) noexcept:
        return 0

    cdef int64_t width(self) noexcept:
        return 0

    cdef void forget(self) noexcept:
        self.taken = self.given = 0

    cdef void follow(self, LiveStream source):
        """Count on from where another stream is."""
        self.taken, self.given = source.taken, source.given

    def learn(self, ndarray, empty, dtype, out_dtype, bint frames_first, bint bins_adjacent, int n_threads):
        """Be ready for `quick` with arrays of these native types. Frames are the rows of an output, or bins, then neighbours or not."""
        claim(&self.busy, "stream")
        try:
            self.code, self.out_code = _codes[dtype.char], _codes[out_dtype.char]
            self.ndarray, self.empty, self.dtype, self.out_dtype = ndarray, empty, dtype, out_dtype
            self.frames_first, self.bins_adjacent, self.n_threads = frames_first, bins_adjacent, n_threads
        finally:
            fs_unclaim(&self.busy)

    cdef object quick(self, chunk, out):
        """What a push of a chunk (n,) returns; None, with nothing done, if the chunk or out has to go the long way."""
        cdef Py_buffer a
        cdef Py_buffer o
        cdef int n_held = 0
        claim(&self.busy, "stream")
        try:
            if type(chunk) is not self.ndarray or chunk.dtype is not self.dtype:
                return None
            if out is not None and (type(out) is not self.ndarray or out.dtype is not self.out_dtype):
                return None
            PyObject_GetBuffer(chunk, &a, PyBUF_STRIDES)
            n_held = 1
            if a.ndim != 1 or a.shape[0] > _LONG_CHUNK:
                return None
            k = self.frames_after(a.shape[0])
            if out is not None:
                target = out
            elif k > _MANY_FRAMES:
                return None
            elif self.frames_first:
                target = self.empty((k, self.width()), self.out_dtype)
            else:
                target = self.empty((self.width(), k), self.out_dtype, "F" if self.bins_adjacent else "C")
            if get_buffer(target, &o, PyBUF_STRIDES | PyBUF_WRITABLE) != 0:
                PyErr_Clear()
                return None
            n_held = 2
            if not self.push_quickly(&a, &o, k, out is not None):
                return None
            return target if out is None else k
        finally:
            if n_held == 2:
                PyBuffer_Release(&o)
            if n_held:
                PyBuffer_Release(&a)
            fs_unclaim(&self.busy)

    cdef int push_quickly(self, const Py_buffer *a, const Py_buffer *o, int64_t k, bint is_given) except -1:
        """Push a chunk whose k frames go into o, unless something is amiss with o, which the long way is to tell."""
        cdef fspec_signal signal
        cdef fspec_matrix matrix
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0, size = part_size(self.out_code)
        cdef int of_bins = self.frames_first
        if is_given and (o.ndim != 2 or o.shape[of_bins] != self.width() or o.shape[1 - of_bins] < k or not _outside(a, o)
                         or (<int64_t><uintptr_t>o.buf | o.strides[0] | o.strides[1]) % size != 0):
            return 0
        check_samples(a.shape[0])
        check_bytes(o.len)
        signal.data = a.buf
        signal.n_samples = a.shape[0]
        signal.stride = a.strides[0]
        signal.dtype = self.code
        signal.byte_swapped = 0
        matrix.data = o.buf
        matrix.bin_stride = o.strides[of_bins]
        matrix.frame_stride = o.strides[1 - of_bins]
        begin_call(&call, self.n_threads, False)
        with nogil:
            status = self.advance(&signal, &matrix, &call, &n_frames)
        check(status)
        self.taken += signal.n_samples
        self.given += n_frames
        return 1


@cython.auto_pickle(False)
cdef class Pusher:
    """What a stream in Python begins with: `push`, which tries the short way first."""
    cdef LiveStream live  # where that is; None while only the long way will do

    def _go_short(self, core, *what):
        """Try `core` first from now on, with arrays as `LiveStream.learn` is told, if it is a stream that can be tried."""
        self.live = core if isinstance(core, LiveStream) else None
        if self.live is not None:
            self.live.learn(*what)

    def _go_long(self):
        self.live = None

    def push(self, chunk, out=None):
        """Take the next samples of all channels; return the frames that they complete.

        Parameters
        ----------
        chunk : array, shape=(channels, n) or, of one channel, (n,)
            n may be 0. float32, float64, or int16 if the plan has an `input_scale`; all chunks of
            a signal have one type. Any strides and byte order.
        out : np.ndarray, optional
            Where to write the frames: of the shape that would be returned, or with room for more
            frames, of which the first ones are written. Room for ``ready(n)`` is enough.
            (For an `NSGT` without a common hop a list of arrays.)

        Returns
        -------
        np.ndarray, shape=(channels, n_bins, k) or, for a chunk of shape (n,), (n_bins, k)
            The frames, of the type and axes of a call's result. With `out`, their number k.

        Raises
        ------
        ParameterError
            If the chunk or `out` does not fit, or the stream is finished or was interrupted. The
            stream then is as it was.
        RuntimeError
            If another thread is using the stream.
        """
        if self.live is not None:
            try:
                done = self.live.quick(chunk, out)
            except BaseException as error:
                self._note(error)
                raise
            if done is not None:
                return done
        return self._push(chunk, out)
