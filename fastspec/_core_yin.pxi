# Fundamental frequency and reassigned spectrograms. Included by _core.pyx.

@cython.final
cdef class Yin:
    """A plan for YIN or, where `probabilistic`, for it and its probabilistic sibling."""
    cdef fspec_yin *plan
    cdef readonly bint probabilistic

    def __cinit__(self, *, double sr, double fmin, double fmax, int64_t frame_length, int64_t hop_length, int64_t pad,
                  int pad_mode, double trough_threshold=0.1, bint probabilistic=False, int64_t n_thresholds=100,
                  double beta_a=2, double beta_b=18, double boltzmann=2, double no_trough_prob=0.01, double resolution=0.1,
                  double max_transition_rate=35.92, double switch_prob=0.01, int64_t n_pitch_bins=0):
        cdef fspec_yin_config config
        cdef fspec_status status
        fspec_yin_config_init(&config)
        config.sr = sr
        config.fmin = fmin
        config.fmax = fmax
        config.frame_length = frame_length
        config.hop_length = hop_length
        config.pad_left = pad
        config.pad_right = pad
        config.pad_mode = <fspec_pad_mode>pad_mode
        config.trough_threshold = trough_threshold
        config.probabilistic = probabilistic
        config.n_thresholds = n_thresholds
        config.beta_a = beta_a
        config.beta_b = beta_b
        config.boltzmann = boltzmann
        config.no_trough_prob = no_trough_prob
        config.resolution = resolution
        config.max_transition_rate = max_transition_rate
        config.switch_prob = switch_prob
        config.n_pitch_bins = n_pitch_bins
        self.probabilistic = probabilistic
        with nogil:
            status = fspec_yin_create(&config, &self.plan)
        check(status)

    def __dealloc__(self):
        fspec_yin_free(self.plan)

    def n_frames(self, int64_t n_samples):
        return fspec_yin_n_frames(self.plan, n_samples)

    cdef int fill_row(self, out, Array signals, fspec_matrix *matrices) except -1:
        """A float64 array (..., frames) for signals (..., n)."""
        cdef Array o = Array(out, 1, True)
        cdef int64_t i
        expect(o.dtype == FSPEC_FLOAT64 and o.n_items == signals.n_items
               and o.size(1) == fspec_yin_n_frames(self.plan, signals.size(1)), "out")
        for i in range(o.n_items):
            matrices[i].data = o.item(i, 1)
            matrices[i].bin_stride = 0
            matrices[i].frame_stride = o.stride(1)
        return 0

    def exec(self, y, f0, int n_threads):
        """(..., n) signals into float64 (..., frames)."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        a.fill_signals(items.signals)
        self.fill_row(f0, a, items.matrices)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_yin_exec(self.plan, items.signals, items.matrices, a.n_items, FSPEC_FLOAT64, &call)
        check(status)

    def exec_probabilistic(self, y, f0, voiced, voiced_prob, int n_threads):
        """(..., n) signals into float64, uint8 as a bytes-like object (C-contiguous) and float64 (..., frames)."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef Items flags = Items(a.n_items)
        cdef unsigned char[::1] bytes_of = voiced
        cdef int64_t i, n_frames = fspec_yin_n_frames(self.plan, a.size(1))
        cdef fspec_call call
        cdef fspec_status status
        a.fill_signals(items.signals)
        self.fill_row(f0, a, items.matrices)
        self.fill_row(voiced_prob, a, items.more)
        expect(bytes_of.shape[0] == times(a.n_items, n_frames) and n_frames > 0, "out")
        for i in range(a.n_items):
            flags.matrices[i].data = &bytes_of[i * n_frames]
            flags.matrices[i].bin_stride = 0
            flags.matrices[i].frame_stride = 1
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_pyin_exec(self.plan, items.signals, items.matrices, flags.matrices, items.more, a.n_items,
                                     FSPEC_FLOAT64, &call)
        check(status)


@cython.final
cdef class Reassigned:
    """A plan for reassigned spectrograms."""
    cdef fspec_reassigned *plan
    cdef readonly int64_t n_bins

    def __cinit__(self, *, double sr, int64_t n_fft, int64_t hop_length, window, bint center, int pad_mode, double least,
                  bint fill, bint clip):
        """window: float64 (n_fft,)"""
        cdef fspec_reassigned_config config
        cdef Array w = doubles(window, -1, n_fft, "window")
        cdef fspec_status status
        fspec_reassigned_config_init(&config)
        config.sr = sr
        config.n_fft = n_fft
        config.hop_length = hop_length
        config.window = <const double *>w.view.buf
        config.center = center
        config.pad_mode = <fspec_pad_mode>pad_mode
        config.librosa_tail = 1
        config.least = least
        config.fill = fill
        config.clip = clip
        with nogil:
            status = fspec_reassigned_create(&config, &self.plan)
        check(status)
        self.n_bins = n_fft // 2 + 1

    def __dealloc__(self):
        fspec_reassigned_free(self.plan)

    def n_frames(self, int64_t n_samples):
        return fspec_reassigned_n_frames(self.plan, n_samples)

    cdef Array fill(self, array, Array signals, fspec_dtype dtype, bint is_out, name, fspec_matrix *matrices):
        """An array (..., n_bins, frames) for signals (..., n)."""
        cdef Array o = Array(array, 2, is_out)
        expect(o.dtype == dtype and not o.swapped and o.n_items == signals.n_items and o.size(2) == self.n_bins
               and o.size(1) == fspec_reassigned_n_frames(self.plan, signals.size(1)), name)
        o.require_aligned(name)
        o.fill_matrices(matrices)
        return o

    def exec(self, y, S, frequencies, times_, magnitudes, int n_threads):
        """(..., n) signals into (..., n_bins, frames): float64 or None for the first two, float32 or float64 for the magnitudes.
        S: complex numbers of that precision, or None."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef Items others = Items(a.n_items)
        cdef fspec_matrix *spectra = NULL
        cdef fspec_matrix *f = NULL
        cdef fspec_matrix *t = NULL
        cdef bint wide = magnitudes.dtype.itemsize == 8
        cdef fspec_dtype dtype = FSPEC_FLOAT64 if wide else FSPEC_FLOAT32
        cdef fspec_call call
        cdef fspec_status status
        cdef list held = []
        a.fill_signals(items.signals)
        held.append(self.fill(magnitudes, a, dtype, True, "out", items.matrices))
        if S is not None:
            held.append(self.fill(S, a, FSPEC_COMPLEX128 if wide else FSPEC_COMPLEX64, False, "S", items.more))
            spectra = items.more
        if frequencies is not None:
            held.append(self.fill(frequencies, a, FSPEC_FLOAT64, True, "out", others.matrices))
            f = others.matrices
        if times_ is not None:
            held.append(self.fill(times_, a, FSPEC_FLOAT64, True, "out", others.more))
            t = others.more
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_reassigned_exec(self.plan, items.signals, spectra, f, t, items.matrices, a.n_items, dtype, &call)
        check(status)
