# cython: language_level=3
"""Log-mel spectrograms without the GIL: `LogMel(sr, n_mels)(y)`, from any number of threads."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from fastspec cimport cfastspec as fs

cdef int64_t N_FFT = 2048


cdef class LogMel:
    cdef fs.fspec_frontend *plan

    def __cinit__(self, double sr=22050, int64_t n_mels=128):
        cdef fs.fspec_frontend_config config
        cdef fs.fspec_status status
        cdef double *bands = <double *>calloc(n_mels * (N_FFT // 2 + 1), sizeof(double))
        if bands == NULL:
            raise MemoryError
        fs.fspec_frontend_config_init(&config)
        config.output = fs.FSPEC_OUT_BANDS
        config.log = fs.FSPEC_LOG_DB
        config.n_fft = N_FFT
        config.bands = bands
        config.n_bands = n_mels
        status = fs.fspec_mel_filters(sr, N_FFT, n_mels, 0, sr / 2, 0, fs.FSPEC_MEL_NORM_SLANEY, 1, bands)
        if status == fs.FSPEC_OK:
            status = fs.fspec_frontend_create(&config, &self.plan)
        free(bands)
        check(status)

    def __dealloc__(self):
        fs.fspec_frontend_free(self.plan)

    def n_frames(self, int64_t n):
        return fs.fspec_frontend_n_frames(self.plan, n)

    def __call__(self, const float[::1] y, float[:, ::1] out):
        """Fill out, (n_frames, n_mels), from y."""
        cdef fs.fspec_signal signal
        cdef fs.fspec_matrix matrix
        cdef fs.fspec_status status
        if out.shape[0] != self.n_frames(y.shape[0]) or out.shape[1] != fs.fspec_frontend_n_bins(self.plan):
            raise ValueError("out has the wrong shape")
        with nogil:
            signal.data = &y[0]
            signal.n_samples = y.shape[0]
            signal.stride = sizeof(float)
            signal.dtype = fs.FSPEC_FLOAT32
            signal.byte_swapped = 0
            matrix.data = &out[0, 0]
            matrix.bin_stride = sizeof(float)
            matrix.frame_stride = out.shape[1] * sizeof(float)
            status = fs.fspec_frontend_exec(self.plan, &signal, &matrix, 1, fs.FSPEC_FLOAT32, NULL)
        check(status)


cdef int check(fs.fspec_status status) except -1:
    if status != fs.FSPEC_OK:
        raise ValueError(fs.fspec_status_string(status).decode())
    return 0
