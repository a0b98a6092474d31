# From features back to spectra, and root mean squares of spectra. Included by _core.pyx.

cdef extern from "<math.h>":
    float atan2f(float y, float x) nogil

def rms_spectra(S, int64_t n_fft, out, int n_threads):
    """Real or complex S (..., n_fft // 2 + 1, n_frames) into out (..., 1, n_frames)."""
    cdef Array a = Array(S, 2, False)
    cdef Array o = Array(out, 2, True)
    cdef Items items = Items(a.n_items)
    cdef fspec_call call
    cdef fspec_status status
    expect(not a.swapped and a.size(2) == n_fft // 2 + 1 and o.n_items == a.n_items and o.size(2) == 1
           and o.size(1) == a.size(1), "S or out")
    a.require_aligned("S")
    a.fill_matrices(items.matrices)
    o.fill_matrices(items.more)
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_rms_spectra(items.matrices, a.dtype, n_fft, a.size(1), items.more, o.dtype, a.n_items, &call)
    check(status)


def bands_inverse(matrix, double power, M, out, int n_threads):
    """M (..., n_bands, n_frames) into out (..., n_bins, n_frames) of its type; matrix: float64 (n_bands, n_bins), contiguous."""
    cdef Array a = Array(M, 2, False)
    cdef Array o = Array(out, 2, True)
    cdef Array w = doubles(matrix, a.size(2), o.size(2), "matrix")
    cdef Items items = Items(a.n_items)
    cdef fspec_call call
    cdef fspec_status status
    expect(not a.swapped and o.dtype == a.dtype and o.n_items == a.n_items and o.size(1) == a.size(1), "M or out")
    a.require_aligned("M")
    a.fill_matrices(items.matrices)
    o.fill_matrices(items.more)
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_bands_inverse(<const double *>w.view.buf, a.size(2), o.size(2), power, items.matrices, a.dtype, a.size(1),
                                     items.more, a.n_items, &call)
    check(status)


def phase_vocoder(D, phases, advance, double rate, out, int n_threads):
    """D (..., n_bins, n_frames) and its angles, or None, into out (..., n_bins, n_steps); advance: float64 (n_bins,)."""
    cdef Array a = Array(D, 2, False)
    cdef Array o = Array(out, 2, True)
    cdef Array w = doubles(advance, -1, a.size(2), "advance")
    cdef Array p
    cdef Items items = Items(a.n_items)
    cdef Items held = Items(a.n_items)
    cdef fspec_matrix *angles = NULL
    cdef fspec_call call
    cdef fspec_status status
    expect(not a.swapped and o.dtype == a.dtype and o.n_items == a.n_items and o.size(2) == a.size(2), "D or out")
    if phases is not None:
        p = Array(phases, 2, False)
        expect(not p.swapped and p.dtype == (FSPEC_FLOAT64 if a.dtype == FSPEC_COMPLEX128 else FSPEC_FLOAT32)
               and p.n_items == a.n_items and p.size(2) == a.size(2) and p.size(1) == a.size(1), "phases")
        p.require_aligned("phases")
        p.fill_matrices(held.matrices)
        angles = held.matrices
    a.require_aligned("D")
    a.fill_matrices(items.matrices)
    o.fill_matrices(items.more)
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_phase_vocoder(items.matrices, angles, a.dtype, a.size(2), a.size(1), <const double *>w.view.buf,
                                     rate, items.more, o.size(1), a.n_items, &call)
    check(status)


def angles_are_libm(re, im, angles):
    """Whether the angles of float32 vectors, contiguous, are those of the C library, bit for bit."""
    cdef const float[::1] x = re
    cdef const float[::1] y = im
    cdef const float[::1] a = angles
    cdef Py_ssize_t i
    expect(x.shape[0] == a.shape[0] and y.shape[0] == a.shape[0], "angles")
    for i in range(a.shape[0]):
        if atan2f(y[i], x[i]) != a[i]:
            return False
    return True


def db_to_power(x, out, int n_threads):
    """10^(x / 10) of a contiguous vector, into out, which may be x; returns whether a finite x gave no normal number."""
    cdef Array a = Array(x, 1, False)
    cdef Array o = Array(out, 1, True)
    cdef fspec_call call
    cdef fspec_status status
    cdef int left_range = 0
    expect(a.view.ndim == 1 and o.view.ndim == 1 and not a.swapped and o.dtype == a.dtype and o.size(1) == a.size(1)
           and PyBuffer_IsContiguous(&a.view, b"C") and PyBuffer_IsContiguous(&o.view, b"C"), "S_db or out")
    a.require_aligned("S_db")
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_db_to_power(a.view.buf, o.view.buf, a.size(1), a.dtype, &call, &left_range)
    check(status)
    return left_range != 0
