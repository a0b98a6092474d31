# Groups of streams. Included by _core.pyx.


@cython.internal
@cython.final
cdef class Numbers:
    """A contiguous buffer of int64, such as ids."""
    cdef Py_buffer view
    cdef bint held
    cdef int64_t n
    cdef int64_t *data

    def __cinit__(self, obj, bint writable):
        PyObject_GetBuffer(obj, &self.view, PyBUF_STRIDES | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
        self.held = True
        expect(self.view.ndim == 1 and self.view.itemsize == 8 and self.view.format != NULL
               and <bytes>self.view.format in (b"l", b"q") and PyBuffer_IsContiguous(&self.view, b"C"), "ids")
        self.n = self.view.shape[0]
        self.data = <int64_t *>self.view.buf

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)


@cython.internal
@cython.final
cdef class Chunks:
    """Signals of one data type: the rows of an array (n, length), arrays of one dimension in a list, or one of them with the
    lengths of those that stand behind each other in it."""
    cdef fspec_signal *signals
    cdef int64_t n
    cdef int64_t n_samples  # together
    cdef list arrays

    def __cinit__(self, chunks, lengths):
        cdef Numbers numbers
        cdef Array array
        cdef int64_t i, at = 0
        self.arrays = [Array(chunk, 1, False) for chunk in chunks] if isinstance(chunks, list) else [Array(chunks, 1, False)]
        array = self.arrays[0] if self.arrays else None
        if isinstance(chunks, list):
            self.n = len(self.arrays)
            self.reserve()
            for i in range(self.n):
                array = self.arrays[i]
                expect(array.view.ndim == 1, "chunks")
                self.put(i, array, 0, array.size(1))
        elif lengths is None:
            expect(array.view.ndim == 2, "chunks")
            self.n = array.size(2)
            self.reserve()
            for i in range(self.n):
                self.put(i, array, i * array.stride(2), array.size(1))
        else:
            numbers = Numbers(lengths, False)
            expect(array.view.ndim == 1, "chunks")
            self.n = numbers.n
            self.reserve()
            for i in range(self.n):
                expect(0 <= numbers.data[i] <= array.size(1) - at, "lengths")
                self.put(i, array, at * array.stride(1), numbers.data[i])
                at += numbers.data[i]

    cdef int reserve(self) except -1:
        self.signals = <fspec_signal *>PyMem_Malloc(<size_t>times(self.n, sizeof(fspec_signal)) + 1)
        if self.signals == NULL:
            raise MemoryError
        return 0

    cdef void put(self, int64_t i, Array array, int64_t offset, int64_t n) noexcept:
        cdef fspec_signal *signal = &self.signals[i]
        signal.data = <char *>array.view.buf + offset
        signal.n_samples = n
        signal.stride = array.stride(1)
        signal.dtype = array.dtype
        signal.byte_swapped = array.swapped
        self.n_samples += min(n, INT64_MAX - self.n_samples)

    def __dealloc__(self):
        PyMem_Free(self.signals)


@cython.final
cdef class Group:
    """Streams of one plan that advance together. Ids and counts are contiguous arrays of int64."""
    cdef fspec_group *group
    cdef object plan
    cdef readonly int64_t n_bins
    cdef int busy

    def __cinit__(self, plan not None, int64_t capacity):
        cdef fspec_status status
        cdef const fspec_frontend *frontend = NULL
        cdef const fspec_cqt *cqt = NULL
        self.plan = plan
        self.n_bins = plan.n_bins
        if isinstance(plan, CqtPlan):
            cqt = (<CqtPlan>plan).plan
        elif isinstance(plan, Frontend):
            frontend = (<Frontend>plan).plan
        else:
            raise ParameterError("this plan pads or resamples whole signals: it has no group of streams")
        with nogil:
            if cqt != NULL:
                status = fspec_group_create_cqt(cqt, capacity, &self.group)
            else:
                status = fspec_group_create(frontend, capacity, &self.group)
        if status == FSPEC_NOT_STREAMABLE:
            raise ParameterError("top_db, ref='max', rel_clip and normalize need the whole signal: a stream takes a fixed "
                                 "log_floor")
        check(status)

    def __dealloc__(self):
        fspec_group_free(self.group)

    def __len__(self):
        return fspec_group_members(self.group, NULL)

    def state(self, int64_t id):
        claim(&self.busy, "group")
        state = <int>fspec_group_state_of(self.group, id)
        fs_unclaim(&self.busy)
        return state

    def member_size(self):
        return fspec_group_member_size(self.group)

    def members(self, ids):
        """Fills ids, len(self) of them."""
        cdef Numbers numbers = Numbers(ids, True)
        cdef bint fits
        claim(&self.busy, "group")
        fits = numbers.n == fspec_group_members(self.group, NULL)
        if fits:
            fspec_group_members(self.group, numbers.data)
        fs_unclaim(&self.busy)
        expect(fits, "ids")

    def join(self):
        cdef int64_t id = -1
        cdef fspec_status status
        claim(&self.busy, "group")
        status = fspec_group_join(self.group, &id)
        fs_unclaim(&self.busy)
        check(status)
        return id

    cdef int verify(self, fspec_status status, Numbers ids, int64_t culprit, name) except -1:
        """The exception of a call that failed, which names the stream at fault."""
        cdef int64_t i
        if status == FSPEC_OK:
            return 0
        if culprit < 0:
            return check(status)
        id = ids.data[culprit]
        if status == FSPEC_NOT_FINITE:
            raise ParameterError(f"{name}[{culprit}] (id {id}): holds NaN or infinite values; every sample must be finite")
        if status == FSPEC_BAD_DATA_TYPE:
            raise ParameterError(f"{name}[{culprit}] (id {id}): must have the data type of {name}[0]")
        state = fspec_group_state_of(self.group, id)
        if state == FSPEC_GROUP_ABSENT:
            raise ParameterError(f"ids: {id} is not in the group")
        for i in range(culprit):
            if ids.data[i] == id:
                raise ParameterError(f"ids: {id} stands there twice; must be different streams")
        if state == FSPEC_GROUP_FINISHED:
            raise ParameterError(f"ids: stream {id} is finished, since flush was called; reset it, or let it leave")
        if state == FSPEC_GROUP_BROKEN:
            raise ParameterError(f"ids: stream {id} was interrupted within a call; reset it, or let it leave")
        return check(status)

    def leave(self, ids):
        cdef Numbers numbers = Numbers(ids, False)
        cdef int64_t culprit = -1
        cdef fspec_status status
        claim(&self.busy, "group")
        try:
            status = fspec_group_leave(self.group, numbers.data, numbers.n, &culprit)
            self.verify(status, numbers, culprit, "ids")
        finally:
            fs_unclaim(&self.busy)

    def reset(self, ids):
        cdef Numbers numbers = Numbers(ids, False)
        cdef int64_t culprit = -1
        cdef fspec_status status
        claim(&self.busy, "group")
        try:
            status = fspec_group_reset(self.group, numbers.data, numbers.n, &culprit)
            self.verify(status, numbers, culprit, "ids")
        finally:
            fs_unclaim(&self.busy)

    def push(self, ids, chunks, lengths, admit, make, counts, int n_threads):
        """Chunks for some ids; their frames to the (total, n_bins) array that make(total) returns, which is returned. admit(name) is
        called with the samples' type."""
        cdef Numbers numbers = Numbers(ids, False)
        cdef Numbers n_frames = Numbers(counts, True)
        cdef Chunks given = Chunks(chunks, lengths)
        expect(n_frames.n == numbers.n, "counts")
        if given.n != numbers.n:
            raise ParameterError(f"chunks: holds {given.n} signals; must hold one for each of {numbers.n} ids")
        if given.n > 0:
            admit("int16" if given.signals[0].dtype == FSPEC_INT16 else "float32" if given.signals[0].dtype == FSPEC_FLOAT32
                  else "float64" if given.signals[0].dtype == FSPEC_FLOAT64 else "complex")
        check_samples(given.n_samples)
        return self.run(numbers, given, make, n_frames, n_threads)

    def flush(self, ids, make, counts, int n_threads):
        """The last frames of some ids, as for push."""
        cdef Numbers numbers = Numbers(ids, False)
        cdef Numbers n_frames = Numbers(counts, True)
        expect(n_frames.n == numbers.n, "counts")
        return self.run(numbers, None, make, n_frames, n_threads)

    cdef run(self, Numbers ids, Chunks chunks, make, Numbers counts, int n_threads):
        cdef int64_t total = 0, culprit = -1
        cdef const fspec_signal *signals = chunks.signals if chunks is not None else NULL
        cdef fspec_matrix matrix
        cdef fspec_call call
        cdef fspec_status status
        cdef fspec_dtype dtype
        cdef Array o
        claim(&self.busy, "group")
        try:
            status = fspec_group_ready(self.group, ids.data, signals, ids.n, NULL, &total, &culprit)
            self.verify(status, ids, culprit, "chunks")
            out = make(total)
            o = Array(out, 2, True)
            expect(o.view.ndim == 2 and o.size(1) == self.n_bins and o.size(2) == total, "out")
            matrix.data = o.view.buf
            matrix.bin_stride = o.stride(1)
            matrix.frame_stride = o.stride(2)
            dtype = o.dtype
            begin_call(&call, n_threads, False)
            with nogil:
                if signals != NULL:
                    status = fspec_group_push(self.group, ids.data, signals, ids.n, &matrix, total, dtype, &call, counts.data,
                                              &culprit)
                else:
                    status = fspec_group_flush(self.group, ids.data, ids.n, &matrix, total, dtype, &call, counts.data,
                                               &culprit)
            self.verify(status, ids, culprit, "chunks")
        finally:
            fs_unclaim(&self.busy)
        return out
