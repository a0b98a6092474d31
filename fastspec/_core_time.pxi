# Stages along time, of arrays. Included by _core.pyx.

def pcen(x, ref, state, out, int n_threads, *, double gain, double bias, double power, double eps, double b):
    """(..., n_bands, n_frames), and ref like it or None, into out; state: float64 (..., n_bands), contiguous, in and out."""
    cdef Array a = Array(x, 2, False)
    cdef Array s = Array(state, 1, True)
    cdef Array o = Array(out, 2, True)
    cdef Array r
    cdef Items items = Items(a.n_items)
    cdef fspec_matrix *reference = NULL
    cdef fspec_pcen_config config
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t n_bands = a.size(2)
    expect(not a.swapped and o.n_items == a.n_items and o.size(2) == n_bands and o.size(1) == a.size(1), "S or out")
    expect(s.dtype == FSPEC_FLOAT64 and s.n_items == a.n_items and s.size(1) == n_bands
           and (n_bands < 2 or s.stride(1) == 8) and PyBuffer_IsContiguous(&s.view, b"C"), "zi")
    a.require_aligned("S")
    a.fill_matrices(items.matrices)
    o.fill_matrices(items.more)
    cdef Items held = Items(a.n_items)
    if ref is not None:
        r = Array(ref, 2, False)
        expect(not r.swapped and r.dtype == a.dtype and r.n_items == a.n_items and r.size(2) == n_bands
               and r.size(1) == a.size(1), "ref")
        r.require_aligned("ref")
        r.fill_matrices(held.matrices)
        reference = held.matrices
    fspec_pcen_config_init(&config)
    config.gain = gain
    config.bias = bias
    config.power = power
    config.eps = eps
    config.b = b
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_pcen(&config, items.matrices, reference, a.dtype, n_bands, a.size(1), <double *>s.view.buf, items.more,
                            o.dtype, a.n_items, &call)
    check(status)


def filter_rows(x, taps, int64_t step, out, int n_threads):
    """Rows of out (n_rows, n) from rows of x (n_rows, n + (n_taps - 1) * step), contiguous along the rows."""
    cdef Array a = Array(x, 2, False)
    cdef Array t = doubles(taps, -1, len(taps), "taps")
    cdef Array o = Array(out, 2, True)
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t size = a.view.itemsize, n_taps = t.size(1), n_rows = o.size(2), n = o.size(1), pitch = 0, out_pitch = n
    expect(a.n_items == 1 and o.n_items == 1 and a.dtype == o.dtype and not a.swapped and step >= 0 and n_taps >= 1
           and a.size(2) == n_rows and a.size(1) >= n and (n_taps < 2 or step <= (a.size(1) - n) // (n_taps - 1))
           and (a.size(1) < 2 or a.stride(1) == size) and (n < 2 or o.stride(1) == size), "data or out")
    a.require_aligned("data")
    if n_rows > 1:
        pitch = a.stride(2) // size
        out_pitch = o.stride(2) // size
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_filter_rows(a.view.buf, pitch, a.dtype, n_rows, n, step, <const double *>t.view.buf, n_taps,
                                   o.view.buf, out_pitch, &call)
    check(status)


def one_pole(x, double coef, state, out, int n_threads):
    """Rows of x (n_rows, n), contiguous along the rows, into out; state: float64 (n_rows,), in and out."""
    cdef Array a = Array(x, 2, False)
    cdef Array o = Array(out, 2, True)
    cdef Array s = doubles(state, -1, o.size(2), "zi", True)
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t size = a.view.itemsize, n_rows = o.size(2), n = o.size(1), pitch = 0, out_pitch = n
    expect(a.n_items == 1 and o.n_items == 1 and a.dtype == o.dtype and not a.swapped and a.size(2) == n_rows
           and a.size(1) == n and (n < 2 or (a.stride(1) == size and o.stride(1) == size)), "y or out")
    a.require_aligned("y")
    if n_rows > 1:
        pitch = a.stride(2) // size
        out_pitch = o.stride(2) // size
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_one_pole(a.view.buf, pitch, a.dtype, n_rows, n, coef, <double *>s.view.buf, o.view.buf, out_pitch, &call)
    check(status)
