# The inverse constant-Q transforms. Included by _core.pyx.

cdef int check_spectrum(fspec_status status) except -1:
    if status == FSPEC_NOT_FINITE:
        raise ParameterError("C: holds NaN or infinite values; all must be finite")
    return check(status)


@cython.final
cdef class IcqtPlan:
    """The transpose of a plan: its adjoint, or with `overlap` librosa's inverse.

    `heads` is a sequence of (level, weights), with weights of (n_in, n_out) doubles.
    """
    cdef fspec_icqt *plan
    cdef readonly int64_t nbytes  # that the core holds
    cdef object __weakref__
    cdef readonly int64_t n_bins

    def __cinit__(self, CqtPlan forward not None, *, bint overlap=False, heads=()):
        cdef fspec_icqt_config config
        cdef fspec_icqt_head table[32]
        cdef fspec_status status
        cdef Array a
        cdef list held = []
        fspec_icqt_config_init(&config)
        config.method = FSPEC_ICQT_OVERLAP if overlap else FSPEC_ICQT_ADJOINT
        expect(len(heads) <= 32, "heads")
        for i, (level, weights) in enumerate(heads):
            a = Array(weights, 2, False)
            a = doubles(weights, -2, a.size(1), "heads")
            held.append(a)
            table[i].level = level
            table[i].n_in = a.size(2)
            table[i].n_out = a.size(1)
            table[i].weights = <const double *>a.view.buf
        config.n_heads = len(heads)
        config.heads = table
        with nogil:
            self.nbytes = -fspec_thread_bytes()
            status = fspec_icqt_create(forward.plan, &config, &self.plan)
            self.nbytes += fspec_thread_bytes()
        check(status)
        self.n_bins = forward.n_bins

    def __dealloc__(self):
        fspec_icqt_free(self.plan)

    def exec(self, C, out, int n_threads):
        """(..., n_bins, n_frames) complex into (..., n)."""
        cdef Array a = Array(C, 2, False)
        cdef Array o = Array(out, 1, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        expect(o.n_items == a.n_items and a.size(2) == self.n_bins and not a.swapped, "C or out")
        a.require_aligned("C")
        a.fill_matrices(items.matrices)
        o.fill_signals(items.signals)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_icqt_exec(self.plan, items.matrices, a.dtype, a.size(1), items.signals, a.n_items, &call)
        check_spectrum(status)


def icqt_solve(CqtPlan forward not None, IcqtPlan adjoint not None, C, out, gains, int64_t n_iter, double tol, double damping,
               residuals, int n_threads):
    """Least squares: C (..., n_bins, n_frames) into out (..., n), C-contiguous, of the plans' precision; gains None or (n_bins,),
    residuals (...) of float64, contiguous. Returns the numbers of iterations."""
    cdef Array a = Array(C, 2, False)
    cdef Array o = Array(out, 1, True)
    cdef Array r = doubles(residuals, -1, a.n_items, "residuals", True)
    cdef Array g
    cdef Items items = Items(a.n_items)
    cdef const double *factors = NULL
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t *done = NULL
    expect(o.n_items == a.n_items and a.size(2) == adjoint.n_bins and not a.swapped, "C or out")
    a.require_aligned("C")
    if gains is not None:
        g = doubles(gains, -1, adjoint.n_bins, "gains")
        factors = <const double *>g.view.buf
    a.fill_matrices(items.matrices)
    o.fill_signals(items.signals)
    begin_call(&call, n_threads, False)
    done = <int64_t *>PyMem_Malloc(<size_t>times(a.n_items + 1, sizeof(int64_t)))
    if done == NULL:
        raise MemoryError
    try:
        with nogil:
            status = fspec_icqt_solve(forward.plan, adjoint.plan, items.matrices, a.dtype, a.size(1), factors, n_iter, tol,
                                      damping, items.signals, a.n_items, &call, <double *>r.view.buf, done)
        check_spectrum(status)
        return [done[i] for i in range(a.n_items)]
    finally:
        PyMem_Free(done)


def rephase(now, before, target, out, double k, int n_threads):
    """out = target * a / (|a| + tiny), a = now - k * before, for complex arrays of one type and memory order; before may be
    None."""
    cdef Array a = Array(now, 0, False)
    cdef Array b = None
    cdef Array t = Array(target, 0, False)
    cdef Array o = Array(out, 0, True)
    cdef int64_t n = flat_size(a, o)
    cdef const void *earlier = NULL
    cdef fspec_call call
    cdef fspec_status status
    flat_size(t, o)
    if before is not None:
        b = Array(before, 0, False)
        flat_size(b, o)
        earlier = b.view.buf
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_rephase(a.view.buf, earlier, t.view.buf, o.view.buf, n, a.dtype, k, &call)
    check(status)
