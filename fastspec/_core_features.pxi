# Several features of the same frames. Included by _core.pyx.

@cython.internal
@cython.final
cdef class FeatureOuts:
    """Where features of n_items signals go: matrices [feature][item], one type per feature."""
    cdef fspec_matrix *matrices
    cdef fspec_dtype *dtypes
    cdef list held
    cdef int64_t n_items
    cdef int64_t n_features

    def __cinit__(self, int64_t n_features, int64_t n_items):
        self.n_items = n_items
        self.n_features = n_features
        self.held = []
        self.matrices = <fspec_matrix *>PyMem_Malloc(<size_t>times(times(n_items, n_features), sizeof(fspec_matrix)) + 1)
        self.dtypes = <fspec_dtype *>PyMem_Malloc(<size_t>times(n_features, sizeof(fspec_dtype)) + 1)
        if self.matrices == NULL or self.dtypes == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.matrices)
        PyMem_Free(self.dtypes)

    cdef int put(self, tuple rows, int64_t first, list arrays, int64_t n_frames, bint room) except -1:
        """Arrays (..., rows, frames), one per feature, for as many items from number `first` on; with `room` for more frames."""
        cdef Array o
        cdef int64_t i, n_items = -1
        expect(len(arrays) == self.n_features, "out")
        for i in range(self.n_features):
            o = Array(arrays[i], 2, True)
            n_items = o.n_items if n_items < 0 else n_items
            expect(o.n_items == n_items and first + n_items <= self.n_items and o.size(2) == rows[i]
                   and (o.size(1) == n_frames or room and o.size(1) > n_frames)
                   and (first == 0 or o.dtype == self.dtypes[i]), "out")
            self.dtypes[i] = o.dtype
            o.fill_matrices(self.matrices + i * self.n_items + first)
            self.held.append(o)
        return 0


@cython.final
cdef class Features:
    """Features that are computed together. Each is a Frontend, (Spectral, power) or a dict of frames' settings."""
    cdef fspec_features *plan
    cdef readonly Frontend frames
    cdef readonly tuple rows
    cdef list held
    cdef object __weakref__

    def __cinit__(self, Frontend frames not None, list features):
        cdef int64_t i, n = len(features)
        cdef fspec_feature *given
        cdef fspec_frames_config *configs
        cdef fspec_status status
        self.frames = frames
        self.held = list(features)
        given = <fspec_feature *>PyMem_Malloc(<size_t>times(n, sizeof(fspec_feature)) + 1)
        configs = <fspec_frames_config *>PyMem_Malloc(<size_t>times(n, sizeof(fspec_frames_config)) + 1)
        try:
            if given == NULL or configs == NULL:
                raise MemoryError
            for i in range(n):
                fspec_feature_init(&given[i])
                if isinstance(features[i], Frontend):
                    given[i].plan = (<Frontend>features[i]).plan
                elif isinstance(features[i], tuple):
                    given[i].spectral = (<Spectral?>features[i][0]).spectral
                    given[i].power = features[i][1]
                else:
                    fill_frames(&configs[i], features[i])
                    given[i].samples = &configs[i]
            status = fspec_features_create(frames.plan, given, n, &self.plan)
        finally:
            PyMem_Free(given)
            PyMem_Free(configs)
        check(status)
        self.rows = tuple([fspec_features_n_rows(self.plan, i) for i in range(n)])

    def __dealloc__(self):
        fspec_features_free(self.plan)

    @property
    def engine(self):
        return self.frames.engine

    def n_frames(self, int64_t n_samples):
        return self.frames.n_frames(n_samples)

    def exec(self, y, list outs, int n_threads):
        """(..., n) signals into an array (..., rows, frames) for each feature."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef FeatureOuts out = FeatureOuts(len(self.rows), a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        out.put(self.rows, 0, outs, fspec_frontend_n_frames(self.frames.plan, a.size(1)), False)
        expect((<Array>out.held[0]).n_items == a.n_items, "y or out")
        a.fill_signals(items.signals)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_features_exec(self.plan, items.signals, out.matrices, a.n_items, out.dtypes, &call)
        check(status)

    def exec_list(self, list signals, list outs, int n_threads):
        """Signals (n_i,) of one type into a list of matrices (rows, frames_i) for each signal."""
        cdef int64_t i, n = len(signals), samples = 0
        cdef Array a
        cdef list held = []
        cdef Items items = Items(n)
        cdef FeatureOuts out = FeatureOuts(len(self.rows), n)
        cdef fspec_call call
        cdef fspec_status status
        expect(len(outs) == n, "out")
        if n == 0:
            return
        for i in range(n):
            a = Array(signals[i], 1, False)
            expect(a.view.ndim == 1, "y")
            a.fill_signals(&items.signals[i])
            samples += min(a.size(1), INT64_MAX - samples)
            out.put(self.rows, i, outs[i], fspec_frontend_n_frames(self.frames.plan, a.size(1)), False)
            expect((<Array>out.held[len(out.held) - 1]).n_items == 1, "out")
            held.append(a)
        check_samples(samples)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_features_exec(self.plan, items.signals, out.matrices, n, out.dtypes, &call)
        check(status)

    def exec_part(self, y, list outs, int64_t offset, int64_t total, int64_t first, int64_t n_frames, int n_threads):
        """Frames from number `first` on, of signals of `total` samples; y (..., n) holds those from `offset` on."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef FeatureOuts out = FeatureOuts(len(self.rows), a.n_items)
        cdef fspec_part *parts
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t i
        out.put(self.rows, 0, outs, n_frames, False)
        expect((<Array>out.held[0]).n_items == a.n_items, "y or out")
        a.fill_signals(items.signals)
        begin_call(&call, n_threads, False)
        parts = <fspec_part *>PyMem_Malloc(<size_t>times(a.n_items, sizeof(fspec_part)) + 1)
        if parts == NULL:
            raise MemoryError
        for i in range(a.n_items):
            parts[i].signal = items.signals[i]
            parts[i].offset = offset
            parts[i].total = total
            parts[i].first = first
            parts[i].n_frames = n_frames
        with nogil:
            status = fspec_features_exec_part(self.plan, parts, out.matrices, a.n_items, out.dtypes, &call)
        PyMem_Free(parts)
        check(status)

    def memory(self, int64_t n_signals, int64_t n_samples, int n_threads):
        """Bytes that a call allocates at a time; 0 where that overflows, or there are no frames."""
        return fspec_features_memory(self.plan, n_signals, n_samples, n_threads)

    def flops(self, int64_t n_samples):
        """Operations of a call on one signal, about."""
        return fspec_features_flops(self.plan, n_samples)


@cython.final
cdef class FeatureStream:
    """Features of signals that arrive in pieces."""
    cdef fspec_stream *stream
    cdef readonly Features plan
    cdef readonly int64_t n_channels
    cdef readonly bint broken  # a call was cancelled: it can only be reset
    cdef int busy

    def __cinit__(self, Features plan not None, int64_t n_channels, FeatureStream source=None):
        cdef fspec_status status
        self.plan = plan
        self.n_channels = n_channels
        if source is None:
            check(fspec_features_stream_create(plan.plan, n_channels, &self.stream))
        else:
            claim(&source.busy, "stream")
            status = fspec_stream_copy(source.stream, &self.stream)
            self.broken = source.broken
            fs_unclaim(&source.busy)
            check(status)

    def __dealloc__(self):
        fspec_stream_free(self.stream)

    def copy(self):
        """Another stream in the same state."""
        return FeatureStream(self.plan, self.n_channels, self)

    @property
    def latency(self):
        return fspec_stream_latency(self.stream)

    def ready(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 8, "chunk")
        claim(&self.busy, "stream")
        n_frames = fspec_stream_ready(self.stream, n_samples)
        fs_unclaim(&self.busy)
        return n_frames

    def pending(self):
        claim(&self.busy, "stream")
        n_frames = fspec_stream_pending(self.stream)
        fs_unclaim(&self.busy)
        return n_frames

    def reset(self):
        claim(&self.busy, "stream")
        fspec_stream_reset(self.stream)
        self.broken = False
        fs_unclaim(&self.busy)

    def push(self, chunk, list outs, int n_threads):
        """(channels, n) samples; the frames that are ready into an array (channels, rows, at least ready(n)) for each feature.
        Returns how many."""
        cdef Array a = Array(chunk, 1, False)
        cdef Items items = Items(a.n_items)
        cdef FeatureOuts out = FeatureOuts(len(self.plan.rows), a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        claim(&self.busy, "stream")
        try:
            out.put(self.plan.rows, 0, outs, fspec_stream_ready(self.stream, a.size(1)), True)
            expect(a.n_items == self.n_channels and (<Array>out.held[0]).n_items == a.n_items, "chunk or out")
            a.fill_signals(items.signals)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_features_push(self.stream, items.signals, out.matrices, out.dtypes, &call, &n_frames)
            self.broken = status == FSPEC_CANCELLED
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_frames

    def flush(self, list outs, int n_threads):
        """The last frames into arrays (channels, rows, at least pending())."""
        cdef FeatureOuts out = FeatureOuts(len(self.plan.rows), self.n_channels)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        claim(&self.busy, "stream")
        try:
            out.put(self.plan.rows, 0, outs, fspec_stream_pending(self.stream), True)
            expect((<Array>out.held[0]).n_items == self.n_channels, "out")
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_features_flush(self.stream, out.matrices, out.dtypes, &call, &n_frames)
            self.broken = status == FSPEC_CANCELLED
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_frames
