# Chroma. Included by _core.pyx.

cdef fspec_norm norm_kind(p) noexcept:
    """NumPy's way to say a norm in the core's; the p is then of use for FSPEC_NORM_P alone."""
    if p is None:
        return FSPEC_NORM_NONE
    if p == float("inf"):
        return FSPEC_NORM_MAX
    if p == float("-inf"):
        return FSPEC_NORM_MIN
    return FSPEC_NORM_P if p else FSPEC_NORM_COUNT


@cython.final
cdef class ChromaPlan:
    """What becomes of magnitudes: for `CqtPlan`, or for matrices of them. A norm of None is left out."""
    cdef fspec_chroma *plan
    cdef readonly int64_t nbytes  # that the core holds
    cdef object __weakref__
    cdef readonly int64_t n_bins
    cdef readonly int64_t n_chroma

    def __cinit__(self, *, bint double, fold, input_norm=None, threshold=None, norm=None, steps=None, heights=None, smooth=None,
                  last_norm=None):
        cdef fspec_chroma_config config
        cdef fspec_status status
        cdef Array a
        cdef list held = []
        fspec_chroma_config_init(&config)
        config.precision = FSPEC_DOUBLE if double else FSPEC_SINGLE
        self.n_chroma, self.n_bins = fold.shape
        config.n_bins = self.n_bins
        config.n_chroma = self.n_chroma
        a = doubles(fold, self.n_chroma, self.n_bins, "fold")
        held.append(a)
        config.fold = <const double *>a.view.buf
        config.input_norm = norm_kind(input_norm)
        config.norm = norm_kind(norm)
        config.last_norm = norm_kind(last_norm)
        if config.input_norm == FSPEC_NORM_P:
            config.input_norm_p = input_norm
        if config.norm == FSPEC_NORM_P:
            config.norm_p = norm
        if config.last_norm == FSPEC_NORM_P:
            config.last_norm_p = last_norm
        if threshold is not None:
            config.threshold = threshold
        if steps is not None:
            config.n_steps = len(steps)
            a = doubles(steps, -1, config.n_steps, "steps")
            held.append(a)
            config.steps = <const double *>a.view.buf
            a = doubles(heights, -1, config.n_steps, "heights")
            held.append(a)
            config.heights = <const double *>a.view.buf
        if smooth is not None:
            config.n_smooth = len(smooth)
            a = doubles(smooth, -1, config.n_smooth, "smooth")
            held.append(a)
            config.smooth = <const double *>a.view.buf
        with nogil:
            self.nbytes = -fspec_thread_bytes()
            status = fspec_chroma_create(&config, &self.plan)
            self.nbytes += fspec_thread_bytes()
        check(status)

    def __dealloc__(self):
        fspec_chroma_free(self.plan)

    def exec(self, magnitudes, out, int n_threads):
        """(..., n_bins, n_frames) magnitudes into (..., n_chroma, n_frames)."""
        cdef Array a = Array(magnitudes, 2, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = a.size(1)
        expect(o.n_items == a.n_items and a.size(2) == self.n_bins and o.size(2) == self.n_chroma and o.size(1) == n_frames
               and not a.swapped, "out")
        a.require_aligned("C")
        a.fill_matrices(items.matrices)
        o.fill_matrices(items.more)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_chroma_exec(self.plan, items.matrices, a.dtype, n_frames, items.more, a.n_items, o.dtype, &call)
        check(status)
