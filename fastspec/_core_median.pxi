# Running medians. Included by _core.pyx.

def median(x, int64_t size, out, int n_threads):
    """Medians of `size` neighbours along the last axis of x (..., n_bands, n_frames) into out, of its type and shape."""
    cdef Array a = Array(x, 2, False)
    cdef Array o = Array(out, 2, True)
    cdef Items items = Items(a.n_items)
    cdef fspec_call call
    cdef fspec_status status
    expect(not a.swapped and o.dtype == a.dtype and o.n_items == a.n_items and o.size(2) == a.size(2)
           and o.size(1) == a.size(1), "S or out")
    a.require_aligned("S")
    a.fill_matrices(items.matrices)
    o.fill_matrices(items.more)
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_median(items.matrices, a.dtype, a.size(2), a.size(1), size, items.more, a.n_items, &call)
    check(status)
