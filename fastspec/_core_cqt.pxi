# The constant-Q transform. Included by _core.pyx.

@cython.final
cdef class CqtPlan:
    """A plan of the constant-Q transform: by frequencies, lengths and amplitudes, or by filters.

    `filters` is a sequence of (level, first, taps) or of (level, first, taps, first_row, spectrum), with taps and spectrum of
    (n, 2) doubles.
    """
    cdef fspec_cqt *plan
    cdef readonly int64_t nbytes  # that the core holds
    cdef object __weakref__
    cdef readonly int64_t n_bins  # rows of the output
    cdef ChromaPlan chroma
    cdef readonly bint filters
    cdef readonly list frame_lengths

    def __cinit__(self, *, int output, bint double, int64_t hop_length, int64_t n_bins, double sr=22050, frequencies=None,
                  lengths=None, amplitudes=None, window=None, int64_t n_window=0, double input_scale=1,
                  double min_distance=80, double attenuation=149, filters=None, decimator=None, int64_t decimator_reach=0,
                  ChromaPlan chroma=None, int domain=0):
        cdef fspec_cqt_config config
        cdef fspec_cqt_filter *table = NULL
        cdef fspec_status status
        cdef Array a
        cdef list held = []
        cdef set lengths_seen = set()
        fspec_cqt_config_init(&config)
        config.output = <fspec_cqt_output>output
        config.precision = FSPEC_DOUBLE if double else FSPEC_SINGLE
        config.sr = sr
        config.hop_length = hop_length
        config.n_bins = n_bins
        config.input_scale = input_scale
        config.min_distance = min_distance
        config.attenuation = attenuation
        if chroma is not None:
            self.chroma = chroma  # which must outlive the plan
            config.chroma = chroma.plan
        config.domain = <fspec_cqt_domain>domain
        if window is not None:
            a = doubles(window, -1, n_window, "window")
            held.append(a)
            config.window = <const double *>a.view.buf
            config.n_window = n_window
        if decimator is not None:
            a = doubles(decimator, -1, decimator_reach + 1, "decimator")
            held.append(a)
            config.decimator = <const double *>a.view.buf
            config.decimator_reach = decimator_reach
        if filters is None:
            a = doubles(frequencies, -1, n_bins, "frequencies")
            held.append(a)
            config.frequencies = <const double *>a.view.buf
            a = doubles(lengths, -1, n_bins, "lengths")
            held.append(a)
            config.lengths = <const double *>a.view.buf
            a = doubles(amplitudes, -1, n_bins, "amplitudes")
            held.append(a)
            config.amplitudes = <const double *>a.view.buf
        else:
            expect(len(filters) == n_bins, "filters")
            table = <fspec_cqt_filter *>PyMem_Malloc(<size_t>times(n_bins, sizeof(fspec_cqt_filter)))
            if table == NULL:
                raise MemoryError
            config.filters = table
        try:
            if filters is not None:
                for i, (level, first, taps, *spectral) in enumerate(filters):
                    a = doubles(taps, -2, 2, "taps")
                    held.append(a)
                    table[i].level = level
                    table[i].first = first
                    table[i].n_taps = a.size(2)
                    table[i].taps = <const double *>a.view.buf
                    lengths_seen.add((level, a.size(2)))
                    table[i].spectrum = NULL
                    table[i].first_row = table[i].n_rows = 0
                    if spectral:
                        a = doubles(spectral[1], -2, 2, "spectrum")
                        held.append(a)
                        table[i].first_row = spectral[0]
                        table[i].n_rows = a.size(2)
                        table[i].spectrum = <const double *>a.view.buf
            with nogil:
                self.nbytes = -fspec_thread_bytes()
                status = fspec_cqt_create(&config, &self.plan)
                self.nbytes += fspec_thread_bytes()
        finally:
            PyMem_Free(table)
        check(status)
        self.n_bins = fspec_cqt_n_bins(self.plan)
        self.filters = filters is not None
        self.frame_lengths = sorted(lengths_seen)

    def __dealloc__(self):
        fspec_cqt_free(self.plan)

    @property
    def size(self):
        """Bytes of weights."""
        return fspec_cqt_size(self.plan)

    def n_frames(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 32, "n_samples")
        return fspec_cqt_n_frames(self.plan, n_samples)

    def exec(self, y, out, int n_threads, bint whole_array=False):
        """(..., n) signals into (..., n_bins, n_frames)."""
        cdef Array a = Array(y, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        expect(o.n_items == a.n_items and o.size(2) == self.n_bins
               and o.size(1) == fspec_cqt_n_frames(self.plan, a.size(1)), "out")
        a.fill_signals(items.signals)
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_cqt_exec(self.plan, items.signals, items.matrices, a.n_items, o.dtype, &call)
        check(status)

    def exec_list(self, list signals, list outs, int n_threads):
        """Signals (n_i,) of one type into matrices (n_bins, frames_i) of one type."""
        cdef Lists lists = Lists(signals, outs, self.n_bins)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t i
        for i in range(lists.n):
            expect(lists.n_frames[i] == fspec_cqt_n_frames(self.plan, lists.items.signals[i].n_samples), "y or out")
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_cqt_exec(self.plan, lists.items.signals, lists.items.matrices, lists.n, lists.dtype, &call)
        check(status)


@cython.final
cdef class CqtStream(LiveStream):
    """One plan of the constant-Q transform, fed in pieces."""
    cdef fspec_cqt_stream *stream
    cdef CqtPlan plan

    def __cinit__(self, CqtPlan plan not None, int64_t n_channels, CqtStream source=None):
        cdef fspec_status status
        self.plan = plan
        self.n_channels = n_channels
        if source is None:
            check(fspec_cqt_stream_create(plan.plan, n_channels, &self.stream))
        else:
            claim(&source.busy, "stream")
            status = fspec_cqt_stream_copy(source.stream, &self.stream)
            self.follow(source)
            fs_unclaim(&source.busy)
            check(status)

    def __dealloc__(self):
        fspec_cqt_stream_free(self.stream)

    def copy(self):
        """Another stream in the same state."""
        return CqtStream(self.plan, self.n_channels, self)

    cdef fspec_status advance(self, fspec_signal *signal, fspec_matrix *out, fspec_call *call, int64_t *n_frames) noexcept nogil:
        return fspec_cqt_stream_push(self.stream, signal, out, self.out_code, call, n_frames)

    cdef int64_t frames_after(self, int64_t n_samples) noexcept:
        return fspec_cqt_stream_ready(self.stream, n_samples)

    cdef int64_t width(self) noexcept:
        return self.plan.n_bins

    @property
    def n_bins(self):
        return self.plan.n_bins

    @property
    def latency(self):
        return fspec_cqt_stream_latency(self.stream)

    def ready(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 64, "chunk")
        claim(&self.busy, "stream")
        n_frames = fspec_cqt_stream_ready(self.stream, n_samples)
        fs_unclaim(&self.busy)
        return n_frames

    def pending(self):
        claim(&self.busy, "stream")
        n_frames = fspec_cqt_stream_pending(self.stream)
        fs_unclaim(&self.busy)
        return n_frames

    def reset(self):
        claim(&self.busy, "stream")
        fspec_cqt_stream_reset(self.stream)
        self.forget()
        fs_unclaim(&self.busy)

    def push(self, chunk, out, int n_threads):
        """(channels, n) samples; the frames that are ready into out (channels, bins, at least ready(n)). Returns how many."""
        cdef Array a = Array(chunk, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        claim(&self.busy, "stream")
        try:
            expect(a.n_items == self.n_channels and o.n_items == a.n_items and o.size(2) == self.plan.n_bins
                   and o.size(1) >= fspec_cqt_stream_ready(self.stream, a.size(1)), "chunk or out")
            a.fill_signals(items.signals)
            o.fill_matrices(items.matrices)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_cqt_stream_push(self.stream, items.signals, items.matrices, o.dtype, &call, &n_frames)
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_frames

    def flush(self, out, int n_threads):
        """The last frames into out (channels, bins, at least pending())."""
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(o.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        claim(&self.busy, "stream")
        try:
            expect(o.n_items == self.n_channels and o.size(2) == self.plan.n_bins
                   and o.size(1) >= fspec_cqt_stream_pending(self.stream), "out")
            o.fill_matrices(items.matrices)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_cqt_stream_flush(self.stream, items.matrices, o.dtype, &call, &n_frames)
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_frames
