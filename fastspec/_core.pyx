# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=True
# cython: freethreading_compatible=True
"""The C core for Python: buffers in, status codes out as exceptions, the GIL released in between.

Knows nothing of features. Arrays are anything with the buffer protocol; the callers have checked shapes and types, and
what they missed ends in an exception here, never in a crash.
"""

cimport cython
from cpython.buffer cimport (PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_IsContiguous, PyBuffer_Release,
                             PyObject_GetBuffer)
from cpython.pycapsule cimport PyCapsule_New
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport INT64_MAX, int32_t, int64_t, intptr_t, uint64_t, uintptr_t
from libc.string cimport memset

import os
import sys
import threading
from contextvars import ContextVar as _ContextVar

from fastspec._validate import LimitError, ParameterError

cdef extern from "Python.h":
    int PyErr_CheckSignals() noexcept
    void *PyErr_Occurred_raw "PyErr_Occurred"()
    unsigned long PyThread_get_thread_ident() noexcept nogil

cdef extern from *:
    """
    static int fs_claim(int *busy) { return !__atomic_exchange_n(busy, 1, __ATOMIC_ACQUIRE); }
    static void fs_unclaim(int *busy) { __atomic_store_n(busy, 0, __ATOMIC_RELEASE); }
    """
    bint fs_claim(int *busy) nogil
    void fs_unclaim(int *busy) nogil

include "_core_header.pxi"

class EngineError(RuntimeError):
    """The FFT engine that was asked for cannot be used."""


# ---- status and cancellation ------------------------------------------------------------------------------------------

cdef int _interrupted(void *user) noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef int check(fspec_status status) except -1:
    if status == FSPEC_OK:
        return 0
    if status == FSPEC_CANCELLED:
        return raise_cancelled()
    text = fspec_status_string(status).decode()
    if status == FSPEC_NO_MEMORY:
        raise MemoryError(text)
    if status == FSPEC_NO_ENGINE or status == FSPEC_ENGINE_FAILED:
        raise EngineError(text)
    if status == FSPEC_NOT_FINITE:
        raise ParameterError("y: holds NaN or infinite values; every sample must be finite")
    if status == FSPEC_OVER_LIMIT:
        raise_over_limit()
    raise ParameterError(text)


include "_core_server.pxi"

cdef int claim(int *busy, what) except -1:
    """For one call at a time: takes the object, which is to be given back with fs_unclaim; atomic, as there may be no GIL."""
    if not fs_claim(busy):
        raise RuntimeError(f"the {what} is in use by another thread")
    return 0


# ---- arrays -----------------------------------------------------------------------------------------------------------

cdef bint _little = sys.byteorder == "little"


cdef int parse_format(const char *text, fspec_dtype *dtype, int *swapped) except -1:
    """A buffer's format, such as b"<f", as one of our types."""
    cdef const char *p = text
    cdef bint is_complex
    cdef char kind = 0
    swapped[0] = 0
    if p != NULL and p[0] in b"@=<>!":
        if p[0] == b"<":
            swapped[0] = not _little
        elif p[0] == b">" or p[0] == b"!":
            swapped[0] = _little
        p += 1
    is_complex = p != NULL and p[0] == b"Z"
    if p != NULL and p[0] != 0 and p[is_complex] != 0 and p[1 + is_complex] == 0:
        kind = p[is_complex]
    if kind == b"f":
        dtype[0] = FSPEC_COMPLEX64 if is_complex else FSPEC_FLOAT32
    elif kind == b"d":
        dtype[0] = FSPEC_COMPLEX128 if is_complex else FSPEC_FLOAT64
    elif kind == b"h" and not is_complex:
        dtype[0] = FSPEC_INT16
    else:
        kind_text = b"" if p == NULL else <bytes>p
        raise ParameterError(f"array of format {kind_text!r}: must be float32, float64, int16, complex64 or complex128")
    return 0


cdef int64_t part_size(fspec_dtype dtype) noexcept:
    """Bytes of a real number of a type."""
    if dtype == FSPEC_FLOAT64 or dtype == FSPEC_COMPLEX128:
        return 8
    return 2 if dtype == FSPEC_INT16 else 4


cdef int64_t times(int64_t a, int64_t b) except -1:
    """The product of two counts."""
    if b > 0 and a > INT64_MAX // b:
        raise MemoryError("a size computed from the arguments overflows")
    return a * b


@cython.internal
@cython.final
cdef class Array:
    """One buffer, its type, and a walk over its leading dimensions."""
    cdef Py_buffer view
    cdef bint held
    cdef fspec_dtype dtype
    cdef int swapped
    cdef int64_t n_items

    def __cinit__(self, obj, int core_dims, bint writable):
        cdef int flags = PyBUF_STRIDES | PyBUF_FORMAT
        if writable:
            flags |= PyBUF_WRITABLE
        try:
            PyObject_GetBuffer(obj, &self.view, flags)
        except (BufferError, ValueError) as error:
            raise ParameterError(f"{'out' if writable else 'array'}: {error}") from error
        self.held = True
        if self.view.ndim and self.view.strides == NULL:
            # ctypes leaves out the strides of a contiguous array; memoryview puts them in.
            self.held = False
            PyBuffer_Release(&self.view)
            PyObject_GetBuffer(memoryview(obj), &self.view, flags)
            self.held = True
        parse_format(self.view.format, &self.dtype, &self.swapped)
        if self.view.ndim < core_dims:
            raise ParameterError(f"array of {self.view.ndim} dimensions: must have at least {core_dims}")
        if writable and self.swapped:
            raise ParameterError("out: must be in native byte order")
        if writable:
            self.require_aligned("out")
            check_bytes(self.view.len)
        self.n_items = 1
        for i in range(self.view.ndim - core_dims):
            self.n_items = times(self.n_items, self.view.shape[i])

    cdef int require_aligned(self, name) except -1:
        """Samples are read byte by byte where they must be; all else is read and written in place."""
        cdef int64_t size = part_size(self.dtype)
        cdef int64_t offset = <int64_t>(<uintptr_t>self.view.buf % <uintptr_t>size)
        cdef int i
        for i in range(self.view.ndim):
            if self.view.shape[i] == 0:
                return 0
            if self.view.shape[i] > 1:
                offset |= self.view.strides[i] % size
        if offset:
            raise ParameterError(f"{name}: must be aligned to its type")
        return 0

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)

    cdef char *item(self, int64_t index, int core_dims) noexcept:
        """The address of the index-th array of the last core_dims dimensions, in C order."""
        cdef char *p = <char *>self.view.buf
        cdef int i
        for i in range(self.view.ndim - core_dims - 1, -1, -1):
            p += (index % self.view.shape[i]) * self.view.strides[i]
            index //= self.view.shape[i]
        return p

    cdef int64_t size(self, int from_end) noexcept nogil:
        return self.view.shape[self.view.ndim - from_end]

    cdef int64_t stride(self, int from_end) noexcept nogil:
        return self.view.strides[self.view.ndim - from_end]

    cdef int fill_signals(self, fspec_signal *signals) except -1:
        check_samples(times(self.n_items, self.size(1)))
        self.fill_rows(signals)
        return 0

    cdef void fill_rows(self, fspec_signal *signals) noexcept:
        """Of any array, as if its rows were signals."""
        cdef int64_t i
        for i in range(self.n_items):
            signals[i].data = self.item(i, 1)
            signals[i].n_samples = self.size(1)
            signals[i].stride = self.stride(1)
            signals[i].dtype = self.dtype
            signals[i].byte_swapped = self.swapped

    cdef void fill_matrices(self, fspec_matrix *matrices) noexcept:
        cdef int64_t i
        for i in range(self.n_items):
            matrices[i].data = self.item(i, 2)
            matrices[i].bin_stride = self.stride(2)
            matrices[i].frame_stride = self.stride(1)


@cython.internal
cdef class Items:
    """The signals and matrices of a call: a few on the object itself, more on the heap."""
    cdef fspec_signal few_signals[4]
    cdef fspec_matrix few_matrices[4]
    cdef fspec_matrix few_more[4]
    cdef fspec_signal *signals
    cdef fspec_matrix *matrices
    cdef fspec_matrix *more

    def __cinit__(self, int64_t n):
        self.signals = self.few_signals
        self.matrices = self.few_matrices
        self.more = self.few_more
        if n > 4:
            self.signals = <fspec_signal *>PyMem_Malloc(<size_t>times(n, sizeof(fspec_signal)))
            self.matrices = <fspec_matrix *>PyMem_Malloc(<size_t>times(n, sizeof(fspec_matrix)))
            self.more = <fspec_matrix *>PyMem_Malloc(<size_t>times(n, sizeof(fspec_matrix)))
            if self.signals == NULL or self.matrices == NULL or self.more == NULL:
                raise MemoryError

    def __dealloc__(self):
        if self.signals != self.few_signals:
            PyMem_Free(self.signals)
        if self.matrices != self.few_matrices:
            PyMem_Free(self.matrices)
        if self.more != self.few_more:
            PyMem_Free(self.more)


@cython.internal
@cython.final
cdef class Lists:
    """Signals of different lengths and the matrices that they become."""
    cdef Items items
    cdef list held
    cdef int64_t n
    cdef int64_t *n_frames
    cdef fspec_dtype dtype

    def __cinit__(self, list signals, list outs, int64_t n_bins):
        cdef Array a
        cdef int64_t i, samples = 0, n_bytes = 0
        self.n = len(signals)
        expect(len(outs) == self.n, "out")
        self.items = Items(self.n)
        self.held = []
        self.dtype = FSPEC_FLOAT32
        self.n_frames = <int64_t *>PyMem_Malloc(<size_t>times(self.n, sizeof(int64_t)) + 1)
        if self.n_frames == NULL:
            raise MemoryError
        for i in range(self.n):
            a = Array(signals[i], 1, False)
            expect(a.view.ndim == 1, "y")
            a.fill_signals(&self.items.signals[i])
            samples += min(a.size(1), INT64_MAX - samples)
            self.held.append(a)
            a = Array(outs[i], 2, True)
            expect(a.view.ndim == 2 and a.size(2) == n_bins and (i == 0 or a.dtype == self.dtype), "out")
            a.fill_matrices(&self.items.matrices[i])
            self.n_frames[i] = a.size(1)
            self.dtype = a.dtype
            n_bytes += min(a.view.len, INT64_MAX - n_bytes)
            self.held.append(a)
        check_samples(samples)
        check_bytes(n_bytes)

    def __dealloc__(self):
        PyMem_Free(self.n_frames)


cdef int expect(bint condition, what) except -1:
    if not condition:
        raise ParameterError(f"{what} does not fit the plan")
    return 0


cdef Array doubles(obj, int64_t n_rows, int64_t n_columns, name, bint writable=False):
    """A C-contiguous buffer of doubles: a matrix, of any number of rows where n_rows is -2, or a vector where it is -1."""
    cdef Array a = Array(obj, 1 if n_rows == -1 else 2, writable)
    if n_rows == -2:
        n_rows = a.size(2)
    if (a.dtype != FSPEC_FLOAT64 or a.swapped or not PyBuffer_IsContiguous(&a.view, b"C") or a.size(1) != n_columns
            or a.view.ndim != (1 if n_rows == -1 else 2) or (n_rows != -1 and a.size(2) != n_rows)):
        shape = n_columns if n_rows == -1 else f"{n_rows} x {n_columns}"
        raise ParameterError(f"{name}: must be {shape} contiguous values of float64")
    a.require_aligned(name)
    return a


# ---- pieces -----------------------------------------------------------------------------------------------------------

def mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, bint htk, bint slaney, bint single, out):
    """Fills out, (n_mels, n_fft // 2 + 1) of float64, contiguous."""
    cdef Array o = doubles(out, n_mels, n_fft // 2 + 1, "out", True)
    cdef fspec_status status
    with nogil:
        status = fspec_mel_filters(sr, n_fft, n_mels, fmin, fmax, htk, <fspec_mel_norm>slaney, single,
                                   <double *>o.view.buf)
    check(status)


def check_finite(y, int n_threads=1, name="y"):
    """ParameterError unless all of y (..., n), an argument of that name, is finite."""
    cdef Array a = Array(y, 1, False)
    cdef Items items = Items(a.n_items)
    cdef fspec_call call
    cdef fspec_status status
    a.fill_rows(items.signals)
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_check_finite(items.signals, a.n_items, &call)
    if status == FSPEC_NOT_FINITE:
        raise ParameterError(f"{name}: holds NaN or infinite values; all must be finite")
    check(status)


cdef int64_t flat_size(Array a, Array b) except -1:
    """The length of two arrays of the same type whose memory is one contiguous stretch each, in the same order."""
    expect(a.dtype == b.dtype and a.view.len == b.view.len and not a.swapped and not b.swapped
           and (PyBuffer_IsContiguous(&a.view, b"C") and PyBuffer_IsContiguous(&b.view, b"C")
                or PyBuffer_IsContiguous(&a.view, b"F") and PyBuffer_IsContiguous(&b.view, b"F")), "out")
    a.require_aligned("S")
    return a.view.len // a.view.itemsize


def power_to_db(x, out, double amin, double offset, int n_threads=1):
    """10 log10(max(amin, x)) - offset over arrays with contiguous memory of one order; returns the largest value."""
    cdef Array a = Array(x, 0, False)
    cdef Array o = Array(out, 0, True)
    cdef int64_t n = flat_size(a, o)
    cdef fspec_call call
    cdef fspec_status status
    cdef double largest = 0
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_power_to_db(a.view.buf, o.view.buf, n, a.dtype, amin, offset, &call, &largest)
    check(status)
    return largest


def clip_below(x, double floor, int n_threads=1):
    """x = max(x, floor) in place, over an array with contiguous memory."""
    cdef Array a = Array(x, 0, True)
    cdef int64_t n = flat_size(a, a)
    cdef fspec_call call
    cdef fspec_status status
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_clip_below(a.view.buf, n, a.dtype, floor, &call)
    check(status)


# ---- the process ------------------------------------------------------------------------------------------------------

def version():
    return fspec_version().decode()


def simd_tier():
    return fspec_simd_tier().decode()


def simd_refused():
    return fspec_simd_refused().decode(errors="replace")


def fftw_load(single_path, double_path):
    """Loads FFTW from two paths (bytes, or None); returns a message, empty on success."""
    cdef char message[1024]
    cdef const char *s = NULL
    cdef const char *d = NULL
    memset(message, 0, sizeof(message))
    if single_path is not None:
        s = single_path
    if double_path is not None:
        d = double_path
    fspec_fftw_load(s, d, message, sizeof(message))
    return (<bytes>message).decode(errors="replace")


def fftw_info(bint double):
    """(version, path) of the FFTW in use for a precision; empty strings where there is none."""
    return fspec_fftw_version(double).decode(), fspec_fftw_path(double).decode(errors="replace")


def lanes_has(int64_t n_fft):
    """Whether the built-in engine is fast for a size."""
    return fspec_lanes_has(n_fft) != 0


def fft_cache_info():
    """(FFT plans cached, of which in use)."""
    cdef int n_plans, n_in_use
    fspec_fft_cache_info(&n_plans, &n_in_use)
    return n_plans, n_in_use


def fft_cache_clear():
    fspec_fft_cache_clear()


# ---- plans ------------------------------------------------------------------------------------------------------------

include "_core_live.pxi"
include "_core_frontend.pxi"
include "_core_chroma.pxi"
include "_core_cqt.pxi"
include "_core_icqt.pxi"
include "_core_nsgt.pxi"
include "_core_tuning.pxi"
include "_core_streams.pxi"
include "_core_access.pxi"
include "_core_time.pxi"
include "_core_median.pxi"
include "_core_group.pxi"
include "_core_spectral.pxi"
include "_core_features.pxi"
include "_core_back.pxi"
include "_core_yin.pxi"

# ---- for other compiled code ------------------------------------------------------------------------------------------

cdef extern from "fastspec_api.h" nogil:
    const void *fspec_get_api()
    const char *FSPEC_API_CAPSULE

_C_API = PyCapsule_New(<void *>fspec_get_api(), FSPEC_API_CAPSULE, NULL)
