# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, embedsignature=True
"""The C core for Python: buffers in, status codes out as exceptions, the GIL released in between.

Knows nothing of features. Arrays are anything with the buffer protocol; the callers have checked shapes and types, and
what they missed ends in an exception here, never in a crash.
"""

cimport cython
from cpython.buffer cimport (PyBUF_FORMAT, PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_IsContiguous, PyBuffer_Release,
                             PyObject_GetBuffer)
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport INT64_MAX, int32_t, int64_t, uintptr_t
from libc.string cimport memset

import sys
import threading

from fastspec._validate import ParameterError

cdef extern from "Python.h":
    int PyErr_CheckSignals() noexcept
    void *PyErr_Occurred_raw "PyErr_Occurred"()

cdef extern from "fastspec.h" nogil:
    ctypedef enum fspec_status:
        FSPEC_OK
        FSPEC_NO_MEMORY
        FSPEC_TOO_LARGE
        FSPEC_CANCELLED
        FSPEC_NO_ENGINE
        FSPEC_ENGINE_FAILED
        FSPEC_NOT_FINITE
        FSPEC_TOO_SHORT
    ctypedef enum fspec_dtype:
        FSPEC_FLOAT32
        FSPEC_FLOAT64
        FSPEC_INT16
        FSPEC_COMPLEX64
        FSPEC_COMPLEX128
    ctypedef enum fspec_precision:
        FSPEC_SINGLE
        FSPEC_DOUBLE
    ctypedef enum fspec_engine:
        pass
    ctypedef enum fspec_effort:
        pass
    ctypedef enum fspec_pad_mode:
        pass
    ctypedef enum fspec_output:
        pass
    ctypedef enum fspec_log:
        pass
    ctypedef enum fspec_mel_norm:
        pass
    ctypedef int (*fspec_cancel_fn)(void *user) noexcept
    ctypedef struct fspec_call:
        int32_t n_threads
        int32_t whole_array
        fspec_cancel_fn cancel
    ctypedef struct fspec_signal:
        const void *data
        int64_t n_samples
        int64_t stride
        fspec_dtype dtype
        int32_t byte_swapped
    ctypedef struct fspec_matrix:
        void *data
        int64_t bin_stride
        int64_t frame_stride
    ctypedef struct fspec_frontend_config:
        fspec_output output
        fspec_precision precision
        fspec_engine engine
        fspec_effort effort
        int64_t n_fft
        int64_t hop_length
        const double *window
        int32_t center
        fspec_pad_mode pad_mode
        int32_t librosa_tail
        double input_scale
        double power
        const double *bands
        int64_t n_bands
        fspec_log log
        double amin
        double ref
        int32_t ref_max
        double top_db
        double log_floor
        const double *dct
        int64_t n_ceps
    ctypedef struct fspec_istft_config:
        fspec_precision precision
        fspec_engine engine
        fspec_effort effort
        int64_t n_fft
        int64_t hop_length
        const double *window
        int32_t center
    ctypedef struct fspec_frontend
    ctypedef struct fspec_istft
    ctypedef struct fspec_stream
    const char *fspec_status_string(fspec_status status)
    const char *fspec_status_argument(fspec_status status)
    const char *fspec_version()
    const char *fspec_simd_tier()
    const char *fspec_simd_refused()
    fspec_status fspec_fftw_load(const char *single, const char *dbl, char *message, size_t size)
    const char *fspec_fftw_version(int is_double)
    const char *fspec_fftw_path(int is_double)
    int fspec_lanes_has(int64_t n_fft)
    void fspec_fft_cache_info(int *n_plans, int *n_in_use)
    void fspec_fft_cache_clear()
    void fspec_call_init(fspec_call *call)
    void fspec_frontend_config_init(fspec_frontend_config *config)
    fspec_status fspec_frontend_create(const fspec_frontend_config *config, fspec_frontend **plan)
    void fspec_frontend_free(fspec_frontend *plan)
    int64_t fspec_frontend_n_bins(const fspec_frontend *plan)
    int64_t fspec_frontend_n_frames(const fspec_frontend *plan, int64_t n_samples)
    const char *fspec_frontend_engine(const fspec_frontend *plan)
    fspec_status fspec_frontend_exec(const fspec_frontend *plan, const fspec_signal *signals, const fspec_matrix *out,
                                     int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_frontend_exec_spectra(const fspec_frontend *plan, const fspec_matrix *spectra, fspec_dtype dtype,
                                             int64_t n_frames, const fspec_matrix *out, int64_t n_signals,
                                             fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_stream_create(const fspec_frontend *plan, int64_t n_channels, fspec_stream **stream)
    void fspec_stream_free(fspec_stream *stream)
    int64_t fspec_stream_ready(const fspec_stream *stream, int64_t n_samples)
    int64_t fspec_stream_pending(const fspec_stream *stream)
    fspec_status fspec_stream_push(fspec_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                   fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames)
    fspec_status fspec_stream_flush(fspec_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                    const fspec_call *call, int64_t *n_frames)
    void fspec_stream_reset(fspec_stream *stream)
    void fspec_istft_config_init(fspec_istft_config *config)
    fspec_status fspec_istft_create(const fspec_istft_config *config, fspec_istft **plan)
    void fspec_istft_free(fspec_istft *plan)
    int64_t fspec_istft_n_samples(const fspec_istft *plan, int64_t n_frames)
    fspec_status fspec_istft_exec(const fspec_istft *plan, const fspec_matrix *spectra, fspec_dtype in_dtype, int64_t n_frames,
                                  const fspec_signal *out, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_griffinlim(const fspec_frontend *stft, const fspec_istft *istft, int64_t n_iter, double momentum,
                                  const void *magnitude, void *angles, int64_t n_frames, void *y, int64_t n_samples,
                                  const fspec_call *call)
    fspec_status fspec_phases(const double *turns, const void *magnitude, void *angles, int64_t n_bins, int64_t n_frames,
                              int64_t pitch, fspec_dtype dtype, const fspec_call *call)
    ctypedef enum fspec_cqt_output:
        pass
    ctypedef struct fspec_cqt_filter:
        int32_t level
        int64_t first
        int64_t n_taps
        const double *taps
    ctypedef struct fspec_cqt_config:
        fspec_cqt_output output
        fspec_precision precision
        double sr
        int64_t hop_length
        int64_t n_bins
        const double *frequencies
        const double *lengths
        const double *amplitudes
        const double *window
        int64_t n_window
        double input_scale
        double min_distance
        double attenuation
        const fspec_cqt_filter *filters
        const double *decimator
        int64_t decimator_reach
    ctypedef struct fspec_cqt
    ctypedef struct fspec_cqt_stream
    void fspec_cqt_config_init(fspec_cqt_config *config)
    fspec_status fspec_cqt_create(const fspec_cqt_config *config, fspec_cqt **plan)
    void fspec_cqt_free(fspec_cqt *plan)
    int64_t fspec_cqt_n_frames(const fspec_cqt *plan, int64_t n_samples)
    size_t fspec_cqt_size(const fspec_cqt *plan)
    fspec_status fspec_cqt_exec(const fspec_cqt *plan, const fspec_signal *signals, const fspec_matrix *out,
                                int64_t n_signals, fspec_dtype out_dtype, const fspec_call *call)
    fspec_status fspec_cqt_stream_create(const fspec_cqt *plan, int64_t n_channels, fspec_cqt_stream **stream)
    void fspec_cqt_stream_free(fspec_cqt_stream *stream)
    int64_t fspec_cqt_stream_ready(const fspec_cqt_stream *stream, int64_t n_samples)
    int64_t fspec_cqt_stream_pending(const fspec_cqt_stream *stream)
    fspec_status fspec_cqt_stream_push(fspec_cqt_stream *stream, const fspec_signal *chunk, const fspec_matrix *out,
                                       fspec_dtype out_dtype, const fspec_call *call, int64_t *n_frames)
    fspec_status fspec_cqt_stream_flush(fspec_cqt_stream *stream, const fspec_matrix *out, fspec_dtype out_dtype,
                                        const fspec_call *call, int64_t *n_frames)
    void fspec_cqt_stream_reset(fspec_cqt_stream *stream)
    fspec_status fspec_mel_filters(double sr, int64_t n_fft, int64_t n_mels, double fmin, double fmax, int htk,
                                   fspec_mel_norm norm, int single, double *weights)
    fspec_status fspec_check_finite(const fspec_signal *signals, int64_t n_signals, const fspec_call *call)
    fspec_status fspec_power_to_db(const void *x, void *out, int64_t n, fspec_dtype dtype, double amin, double offset,
                                   const fspec_call *call, double *largest)
    fspec_status fspec_clip_below(void *x, int64_t n, fspec_dtype dtype, double floor, const fspec_call *call)


class EngineError(RuntimeError):
    """The FFT engine that was asked for cannot be used."""


# ---- status and cancellation ------------------------------------------------------------------------------------------

cdef int _interrupted(void *user) noexcept with gil:
    return PyErr_CheckSignals() != 0


cdef int _reraise() except -1:
    """Lets the exception that a signal handler raised propagate."""
    if PyErr_Occurred_raw() == NULL:
        raise KeyboardInterrupt
    return -1


cdef int check(fspec_status status) except -1:
    if status == FSPEC_OK:
        return 0
    if status == FSPEC_CANCELLED:
        return _reraise()
    text = fspec_status_string(status).decode()
    if status == FSPEC_NO_MEMORY:
        raise MemoryError(text)
    if status == FSPEC_NO_ENGINE or status == FSPEC_ENGINE_FAILED:
        raise EngineError(text)
    if status == FSPEC_NOT_FINITE:
        raise ParameterError("y: holds NaN or infinite values; every sample must be finite")
    raise ParameterError(text)


cdef int begin_call(fspec_call *call, int n_threads, bint whole_array) except -1:
    fspec_call_init(call)
    call.n_threads = n_threads
    call.whole_array = whole_array
    # Python runs signal handlers on the main thread alone; the others are spared the wait for the GIL.
    if threading.get_ident() == threading.main_thread().ident:
        call.cancel = _interrupted


# ---- arrays -----------------------------------------------------------------------------------------------------------

cdef int parse_format(const char *text, fspec_dtype *dtype, int *swapped) except -1:
    """A buffer's format, such as b"<f", as one of our types."""
    cdef const char *p = text
    cdef bint little = sys.byteorder == "little"
    swapped[0] = 0
    if p != NULL and p[0] in b"@=<>!":
        if p[0] == b"<":
            swapped[0] = not little
        elif p[0] == b">" or p[0] == b"!":
            swapped[0] = little
        p += 1
    kind = b"" if p == NULL else <bytes>p
    if kind == b"f":
        dtype[0] = FSPEC_FLOAT32
    elif kind == b"d":
        dtype[0] = FSPEC_FLOAT64
    elif kind == b"h":
        dtype[0] = FSPEC_INT16
    elif kind == b"Zf":
        dtype[0] = FSPEC_COMPLEX64
    elif kind == b"Zd":
        dtype[0] = FSPEC_COMPLEX128
    else:
        raise ParameterError(f"array of format {kind!r}: must be float32, float64, int16, complex64 or complex128")
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

    cdef void fill_signals(self, fspec_signal *signals) noexcept:
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


# ---- plans ------------------------------------------------------------------------------------------------------------

@cython.final
cdef class Frontend:
    """A plan of the fused pipeline; enumerations are passed as the C header's numbers."""
    cdef fspec_frontend *plan
    cdef readonly int64_t n_bins
    cdef readonly int64_t n_fft

    def __cinit__(self, *, int output, bint double, int engine, int effort, int64_t n_fft, int64_t hop_length, window,
                  bint center, int pad_mode, bint librosa_tail, double input_scale, double power=2, bands=None,
                  int64_t n_bands=0, int log=0, double amin=1e-10, double ref=1, bint ref_max=False, double top_db=-1,
                  double log_floor=float("-inf"), dct=None, int64_t n_ceps=0):
        cdef fspec_frontend_config config
        cdef Array w, b, d
        cdef fspec_status status
        fspec_frontend_config_init(&config)
        config.output = <fspec_output>output
        config.precision = FSPEC_DOUBLE if double else FSPEC_SINGLE
        config.engine = <fspec_engine>engine
        config.effort = <fspec_effort>effort
        config.n_fft = n_fft
        config.hop_length = hop_length
        w = doubles(window, -1, n_fft, "window")
        config.window = <const double *>w.view.buf
        config.center = center
        config.pad_mode = <fspec_pad_mode>pad_mode
        config.librosa_tail = librosa_tail
        config.input_scale = input_scale
        config.power = power
        if bands is not None:
            b = doubles(bands, n_bands, n_fft // 2 + 1, "bands")
            config.bands = <const double *>b.view.buf
        config.n_bands = n_bands
        config.log = <fspec_log>log
        config.amin = amin
        config.ref = ref
        config.ref_max = ref_max
        config.top_db = top_db
        config.log_floor = log_floor
        if dct is not None:
            d = doubles(dct, n_ceps, n_bands, "dct")
            config.dct = <const double *>d.view.buf
        config.n_ceps = n_ceps
        with nogil:
            status = fspec_frontend_create(&config, &self.plan)
        check(status)
        self.n_bins = fspec_frontend_n_bins(self.plan)
        self.n_fft = n_fft

    def __dealloc__(self):
        fspec_frontend_free(self.plan)

    @property
    def engine(self):
        return fspec_frontend_engine(self.plan).decode()

    def n_frames(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 4, "n_samples")
        return fspec_frontend_n_frames(self.plan, n_samples)

    def exec(self, y, out, int n_threads, bint whole_array):
        """(..., n) signals into (..., n_bins, n_frames)."""
        cdef Array a = Array(y, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        expect(o.n_items == a.n_items and o.size(2) == self.n_bins
               and o.size(1) == fspec_frontend_n_frames(self.plan, a.size(1)), "y or out")
        a.fill_signals(items.signals)
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, whole_array)
        with nogil:
            status = fspec_frontend_exec(self.plan, items.signals, items.matrices, a.n_items, o.dtype, &call)
        check(status)

    def exec_spectra(self, spectra, out, int n_threads, bint whole_array):
        """(..., n_fft // 2 + 1, frames) spectra, as |X|^power, into (..., n_bins, frames)."""
        cdef Array a = Array(spectra, 2, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        expect(o.n_items == a.n_items and o.size(2) == self.n_bins and o.size(1) == a.size(1)
               and a.size(2) == self.n_fft // 2 + 1 and not a.swapped, "out or S")
        a.require_aligned("S")
        a.fill_matrices(items.more)
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, whole_array)
        with nogil:
            status = fspec_frontend_exec_spectra(self.plan, items.more, a.dtype, a.size(1), items.matrices, a.n_items,
                                                 o.dtype, &call)
        check(status)


@cython.final
cdef class Stream:
    """One plan fed in pieces."""
    cdef fspec_stream *stream
    cdef Frontend plan
    cdef readonly int64_t n_channels
    cdef bint busy

    def __cinit__(self, Frontend plan not None, int64_t n_channels):
        self.plan = plan
        self.n_channels = n_channels
        check(fspec_stream_create(plan.plan, n_channels, &self.stream))

    def __dealloc__(self):
        fspec_stream_free(self.stream)

    cdef int idle(self) except -1:
        """A stream's history belongs to one call at a time; the GIL is what guards `busy`."""
        if self.busy:
            raise RuntimeError("the stream is in use by another thread")
        return 0

    def ready(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 8, "n_samples")
        self.idle()
        return fspec_stream_ready(self.stream, n_samples)

    def pending(self):
        self.idle()
        return fspec_stream_pending(self.stream)

    def reset(self):
        self.idle()
        fspec_stream_reset(self.stream)

    def push(self, chunk, out, int n_threads):
        """(channels, n) samples; the frames that are ready into out (channels, bins, at least ready(n)). Returns how many."""
        cdef Array a = Array(chunk, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        self.idle()
        expect(a.n_items == self.n_channels and o.n_items == a.n_items and o.size(2) == self.plan.n_bins
               and o.size(1) >= fspec_stream_ready(self.stream, a.size(1)), "chunk or out")
        a.fill_signals(items.signals)
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, False)
        self.busy = True
        with nogil:
            status = fspec_stream_push(self.stream, items.signals, items.matrices, o.dtype, &call, &n_frames)
        self.busy = False
        check(status)
        return n_frames

    def flush(self, out, int n_threads):
        """The last frames into out (channels, bins, at least pending())."""
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(o.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        self.idle()
        expect(o.n_items == self.n_channels and o.size(2) == self.plan.n_bins
               and o.size(1) >= fspec_stream_pending(self.stream), "out")
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, False)
        self.busy = True
        with nogil:
            status = fspec_stream_flush(self.stream, items.matrices, o.dtype, &call, &n_frames)
        self.busy = False
        check(status)
        return n_frames


@cython.final
cdef class Istft:
    """A plan of the inverse STFT."""
    cdef fspec_istft *plan
    cdef int64_t n_fft
    cdef int64_t hop_length

    def __cinit__(self, *, bint double, int engine, int effort, int64_t n_fft, int64_t hop_length, window, bint center):
        cdef fspec_istft_config config
        cdef Array w = doubles(window, -1, n_fft, "window")
        cdef fspec_status status
        fspec_istft_config_init(&config)
        config.precision = FSPEC_DOUBLE if double else FSPEC_SINGLE
        config.engine = <fspec_engine>engine
        config.effort = <fspec_effort>effort
        config.n_fft = n_fft
        config.hop_length = hop_length
        config.window = <const double *>w.view.buf
        config.center = center
        with nogil:
            status = fspec_istft_create(&config, &self.plan)
        check(status)
        self.n_fft = n_fft
        self.hop_length = hop_length

    def __dealloc__(self):
        fspec_istft_free(self.plan)

    def n_samples(self, int64_t n_frames):
        if n_frames > INT64_MAX // 4 // self.hop_length:
            raise ParameterError(f"hop_length={self.hop_length}: is too large for {n_frames} frames")
        return fspec_istft_n_samples(self.plan, n_frames)

    def exec(self, spectra, out, int n_threads):
        """(..., n_fft // 2 + 1, frames) complex into (..., n)."""
        cdef Array a = Array(spectra, 2, False)
        cdef Array o = Array(out, 1, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        expect(o.n_items == a.n_items and a.size(2) == self.n_fft // 2 + 1 and not a.swapped, "stft_matrix or out")
        a.require_aligned("stft_matrix")
        a.fill_matrices(items.matrices)
        o.fill_signals(items.signals)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_istft_exec(self.plan, items.matrices, a.dtype, a.size(1), items.signals, a.n_items, &call)
        check(status)


def griffinlim(Frontend stft not None, Istft istft not None, int64_t n_iter, double momentum, magnitude, angles, y, int n_threads):
    """One signal: magnitude and angles (frames, bins), C-contiguous, real and complex of the plans' precision; y (n,)."""
    cdef Array m = Array(magnitude, 2, False)
    cdef Array a = Array(angles, 2, True)
    cdef Array o = Array(y, 1, True)
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t size = m.view.itemsize
    expect(m.n_items == 1 and a.n_items == 1 and o.n_items == 1 and m.size(1) == stft.n_bins and a.size(1) == stft.n_bins
           and a.size(2) == m.size(2) and m.dtype == o.dtype and not m.swapped
           and (m.dtype == FSPEC_FLOAT32 and a.dtype == FSPEC_COMPLEX64
                or m.dtype == FSPEC_FLOAT64 and a.dtype == FSPEC_COMPLEX128)
           and m.stride(1) == size and (m.size(2) < 2 or m.stride(2) == size * stft.n_bins)
           and a.stride(1) == 2 * size and (m.size(2) < 2 or a.stride(2) == 2 * size * stft.n_bins)
           and (o.size(1) < 2 or o.stride(1) == size), "S or out")
    m.require_aligned("S")
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_griffinlim(stft.plan, istft.plan, n_iter, momentum, m.view.buf, a.view.buf, m.size(2), o.view.buf,
                                  o.size(1), &call)
    if status == FSPEC_NOT_FINITE:
        raise ParameterError("S or window: so large that the signal overflows")
    check(status)


def phases(turns, magnitude, angles, int n_threads):
    """angles = magnitude * exp(2 pi i turns.T): turns (bins, frames) of float64, contiguous; the others (frames, bins), of one
    pitch and of one precision."""
    cdef Array t = Array(turns, 2, False)
    cdef Array m = Array(magnitude, 2, False)
    cdef Array a = Array(angles, 2, True)
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t size = m.view.itemsize, n_bins = t.size(2), n_frames = t.size(1), pitch = n_bins
    if m.size(2) > 1:
        pitch = m.stride(2) // size
    expect(t.n_items == 1 and m.n_items == 1 and a.n_items == 1 and t.dtype == FSPEC_FLOAT64 and not t.swapped
           and not m.swapped and m.size(1) == n_bins and a.size(1) == n_bins and m.size(2) == n_frames
           and a.size(2) == n_frames
           and (m.dtype == FSPEC_FLOAT32 and a.dtype == FSPEC_COMPLEX64
                or m.dtype == FSPEC_FLOAT64 and a.dtype == FSPEC_COMPLEX128)
           and (n_frames < 2 or t.stride(1) == 8) and (n_bins < 2 or t.stride(2) == 8 * n_frames)
           and (n_bins < 2 or m.stride(1) == size and a.stride(1) == 2 * size)
           and (n_frames < 2 or m.stride(2) == size * pitch and a.stride(2) == 2 * size * pitch and pitch >= n_bins), "S")
    t.require_aligned("turns")
    m.require_aligned("S")
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_phases(<const double *>t.view.buf, m.view.buf, a.view.buf, n_bins, n_frames, pitch, m.dtype, &call)
    check(status)


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
    a.fill_signals(items.signals)
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


# ---- constant-Q transform ---------------------------------------------------------------------------------------------

@cython.final
cdef class CqtPlan:
    """A plan of the constant-Q transform: by frequencies, lengths and amplitudes, or by filters.

    `filters` is a sequence of (level, first, taps), with taps of (n, 2) doubles.
    """
    cdef fspec_cqt *plan
    cdef readonly int64_t n_bins
    cdef readonly bint filters
    cdef readonly list frame_lengths

    def __cinit__(self, *, int output, bint double, int64_t hop_length, int64_t n_bins, double sr=22050, frequencies=None,
                  lengths=None, amplitudes=None, window=None, int64_t n_window=0, double input_scale=1,
                  double min_distance=80, double attenuation=149, filters=None, decimator=None, int64_t decimator_reach=0):
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
                for i, (level, first, taps) in enumerate(filters):
                    a = doubles(taps, -2, 2, "taps")
                    held.append(a)
                    table[i].level = level
                    table[i].first = first
                    table[i].n_taps = a.size(2)
                    table[i].taps = <const double *>a.view.buf
                    lengths_seen.add((level, a.size(2)))
            with nogil:
                status = fspec_cqt_create(&config, &self.plan)
        finally:
            PyMem_Free(table)
        check(status)
        self.n_bins = n_bins
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


@cython.final
cdef class CqtStream:
    """One plan of the constant-Q transform, fed in pieces."""
    cdef fspec_cqt_stream *stream
    cdef CqtPlan plan
    cdef readonly int64_t n_channels
    cdef bint busy

    def __cinit__(self, CqtPlan plan not None, int64_t n_channels):
        self.plan = plan
        self.n_channels = n_channels
        check(fspec_cqt_stream_create(plan.plan, n_channels, &self.stream))

    def __dealloc__(self):
        fspec_cqt_stream_free(self.stream)

    cdef int idle(self) except -1:
        """A stream's state belongs to one call at a time; the GIL is what guards `busy`."""
        if self.busy:
            raise RuntimeError("the stream is in use by another thread")
        return 0

    def ready(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 64, "n_samples")
        self.idle()
        return fspec_cqt_stream_ready(self.stream, n_samples)

    def pending(self):
        self.idle()
        return fspec_cqt_stream_pending(self.stream)

    def reset(self):
        self.idle()
        fspec_cqt_stream_reset(self.stream)

    def push(self, chunk, out, int n_threads):
        """(channels, n) samples; the frames that are ready into out (channels, bins, at least ready(n)). Returns how many."""
        cdef Array a = Array(chunk, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        self.idle()
        expect(a.n_items == self.n_channels and o.n_items == a.n_items and o.size(2) == self.plan.n_bins
               and o.size(1) >= fspec_cqt_stream_ready(self.stream, a.size(1)), "chunk or out")
        a.fill_signals(items.signals)
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, False)
        self.busy = True
        with nogil:
            status = fspec_cqt_stream_push(self.stream, items.signals, items.matrices, o.dtype, &call, &n_frames)
        self.busy = False
        check(status)
        return n_frames

    def flush(self, out, int n_threads):
        """The last frames into out (channels, bins, at least pending())."""
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(o.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        self.idle()
        expect(o.n_items == self.n_channels and o.size(2) == self.plan.n_bins
               and o.size(1) >= fspec_cqt_stream_pending(self.stream), "out")
        o.fill_matrices(items.matrices)
        begin_call(&call, n_threads, False)
        self.busy = True
        with nogil:
            status = fspec_cqt_stream_flush(self.stream, items.matrices, o.dtype, &call, &n_frames)
        self.busy = False
        check(status)
        return n_frames
