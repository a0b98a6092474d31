# Spectral peaks and tuning. Included by _core.pyx.

cdef int fill_peaks(fspec_tuning_config *config, dict settings) except -1:
    """The settings of a search for peaks, by the C header's names; all but resolution, bins_per_octave, max_peaks needed."""
    fspec_tuning_config_init(config)
    config.precision = FSPEC_DOUBLE if settings["double"] else FSPEC_SINGLE
    config.sr = settings["sr"]
    config.n_fft = settings["n_fft"]
    config.n_bins = settings["n_bins"]
    config.fmin = settings["fmin"]
    config.fmax = settings["fmax"]
    config.threshold = settings["threshold"]
    if settings["ref"] is not None:
        config.ref = settings["ref"]
    config.resolution = settings.get("resolution", config.resolution)
    config.bins_per_octave = settings.get("bins_per_octave", config.bins_per_octave)
    config.max_peaks = settings.get("max_peaks", 0)
    return 0


cdef Array spectra_of(obj, fspec_tuning_config *config, name):
    """(..., n_bins, frames) of the configuration's type."""
    cdef Array a = Array(obj, 2, False)
    expect(a.dtype == (FSPEC_FLOAT64 if config.precision == FSPEC_DOUBLE else FSPEC_FLOAT32) and not a.swapped
           and a.size(2) == config.n_bins, name)
    a.require_aligned(name)
    return a


@cython.final
cdef class Tuning:
    """The peaks of many spectra, and the tuning that they suggest."""
    cdef fspec_tuning *tuning
    cdef fspec_tuning_config config
    cdef int busy

    def __cinit__(self, **settings):
        fill_peaks(&self.config, settings)
        check(fspec_tuning_create(&self.config, &self.tuning))

    def __dealloc__(self):
        fspec_tuning_free(self.tuning)

    def reset(self):
        claim(&self.busy, "tuning")
        fspec_tuning_reset(self.tuning)
        fs_unclaim(&self.busy)

    def add_signals(self, Frontend plan not None, y, int n_threads):
        """(..., n) signals, by a plan whose output is the spectrum."""
        cdef Array a = Array(y, 1, False)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        a.fill_signals(items.signals)
        begin_call(&call, n_threads, False)
        claim(&self.busy, "tuning")
        with nogil:
            status = fspec_tuning_add_signals(self.tuning, plan.plan, items.signals, a.n_items, &call)
        fs_unclaim(&self.busy)
        check(status)

    def add_spectra(self, spectra, reference, int n_threads):
        """(..., n_bins, frames) magnitudes; the reference of the same shape, or None."""
        cdef Array a = spectra_of(spectra, &self.config, "S")
        cdef Array r = None
        cdef Items items = Items(a.n_items)
        cdef fspec_matrix *reference_items = NULL
        cdef fspec_call call
        cdef fspec_status status
        a.fill_matrices(items.matrices)
        if reference is not None:
            r = spectra_of(reference, &self.config, "ref")
            expect(r.n_items == a.n_items and r.size(1) == a.size(1), "ref")
            r.fill_matrices(items.more)
            reference_items = items.more
        begin_call(&call, n_threads, False)
        claim(&self.busy, "tuning")
        with nogil:
            status = fspec_tuning_add_spectra(self.tuning, items.matrices, reference_items, a.size(1), a.n_items, &call)
        fs_unclaim(&self.busy)
        check(status)

    def finish(self):
        """(tuning, number of peaks); None if everything must be added once more."""
        cdef double result = 0
        cdef int64_t n_peaks = 0
        cdef fspec_status status
        claim(&self.busy, "tuning")
        with nogil:
            status = fspec_tuning_finish(self.tuning, &result, &n_peaks)
        fs_unclaim(&self.busy)
        if status == FSPEC_AGAIN:
            return None
        check(status)
        return result, n_peaks


def pitch_tuning(frequencies, double resolution, int64_t bins_per_octave):
    """(tuning, number of frequencies > 0) from a contiguous array of float32 or float64."""
    cdef Array a = Array(frequencies, 1, False)
    cdef double result = 0
    cdef int64_t n_pitches = 0
    cdef fspec_status status
    expect(a.view.ndim == 1 and not a.swapped and PyBuffer_IsContiguous(&a.view, b"C"), "frequencies")
    a.require_aligned("frequencies")
    with nogil:
        status = fspec_pitch_tuning(a.view.buf, a.size(1), a.dtype, resolution, bins_per_octave, &result, &n_pitches)
    check(status)
    return result, n_pitches


def piptrack(settings, Frontend plan, given, reference, pitches, magnitudes, int n_threads):
    """Peaks of signals (..., n) by a plan, or of spectra (..., n_bins, frames) where plan is None, into arrays of zeros."""
    cdef fspec_tuning_config config
    cdef Array a, r
    cdef Array p = Array(pitches, 2, True)
    cdef Array m = Array(magnitudes, 2, True)
    cdef Items items, outs
    cdef const fspec_matrix *reference_items = NULL
    cdef fspec_call call
    cdef fspec_status status
    cdef int64_t n_frames
    fill_peaks(&config, settings)
    begin_call(&call, n_threads, False)
    if plan is None:
        a = spectra_of(given, &config, "S")
        n_frames = a.size(1)
    else:
        a = Array(given, 1, False)
        n_frames = fspec_frontend_n_frames(plan.plan, a.size(1))
    items = Items(a.n_items)
    outs = Items(a.n_items)
    for o in (p, m):
        expect((<Array>o).n_items == a.n_items and (<Array>o).size(2) == config.n_bins and (<Array>o).size(1) == n_frames
               and (<Array>o).dtype == (FSPEC_FLOAT64 if config.precision == FSPEC_DOUBLE else FSPEC_FLOAT32), "out")
    p.fill_matrices(outs.matrices)
    m.fill_matrices(outs.more)
    if plan is not None:
        a.fill_signals(items.signals)
        with nogil:
            status = fspec_piptrack_signals(&config, plan.plan, items.signals, outs.matrices, outs.more, a.n_items, &call)
    else:
        a.fill_matrices(items.matrices)
        if reference is not None:
            r = spectra_of(reference, &config, "ref")
            expect(r.n_items == a.n_items and r.size(1) == n_frames, "ref")
            r.fill_matrices(items.more)
            reference_items = items.more
        with nogil:
            status = fspec_piptrack_spectra(&config, items.matrices, reference_items, n_frames, outs.matrices, outs.more,
                                            a.n_items, &call)
    check(status)
