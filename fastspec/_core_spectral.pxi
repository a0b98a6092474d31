# Statistics of spectra and of frames of samples. Included by _core.pyx.

@cython.final
cdef class Spectral:
    """What is computed of each spectrum; `kind` is the C header's number."""
    cdef fspec_spectral *spectral
    cdef readonly int64_t n_rows
    cdef int64_t n_bins
    cdef fspec_dtype dtype

    def __cinit__(self, *, int kind, bint double, int64_t n_bins, frequencies=None, double p=2, bint normalize=True,
                  double share=0.85, double amin=1e-10, bint square=False, bands=None, weights=None):
        """frequencies: float64 (n_bins,); bands: (begin, end, count) of each; weights: float64 (n_rows, n_bins)."""
        cdef fspec_spectral_config config
        cdef Array f, w
        cdef int64_t *edges = NULL
        cdef fspec_status status
        cdef int64_t i, n
        fspec_spectral_config_init(&config)
        config.kind = <fspec_spectral_kind>kind
        config.precision = FSPEC_DOUBLE if double else FSPEC_SINGLE
        config.n_bins = n_bins
        config.p = p
        config.normalize = normalize
        config.share = share
        config.amin = amin
        config.square = square
        if frequencies is not None:
            f = doubles(frequencies, -1, n_bins, "freq")
            config.frequencies = <const double *>f.view.buf
        if weights is not None:
            w = doubles(weights, -2, n_bins, "weights")
            config.weights = <const double *>w.view.buf
            config.n_rows = w.size(2)
        try:
            if bands is not None:
                n = config.n_rows = len(bands)
                edges = <int64_t *>PyMem_Malloc(<size_t>times(3 * n + 1, sizeof(int64_t)))
                if edges == NULL:
                    raise MemoryError
                for i in range(n):
                    edges[i], edges[n + i], edges[2 * n + i] = bands[i]
                config.band_begin = edges
                config.band_end = edges + n
                config.band_count = edges + 2 * n
            status = fspec_spectral_create(&config, &self.spectral)
        finally:
            PyMem_Free(edges)
        check(status)
        self.n_rows = fspec_spectral_n_rows(self.spectral)
        self.n_bins = n_bins
        self.dtype = FSPEC_FLOAT64 if double else FSPEC_FLOAT32

    def __dealloc__(self):
        fspec_spectral_free(self.spectral)

    cdef fspec_matrix *fill_centroid(self, Items items, centroid, Array out) except? NULL:
        """(..., 1, frames) of float64, or None."""
        cdef Array c
        if centroid is None:
            return NULL
        c = Array(centroid, 2, False)
        expect(c.dtype == FSPEC_FLOAT64 and not c.swapped and c.n_items == out.n_items and c.size(2) == 1
               and c.size(1) == out.size(1), "centroid")
        c.require_aligned("centroid")
        c.fill_matrices(items.more)
        return items.more

    def exec(self, Frontend plan not None, y, centroid, out, int n_threads):
        """(..., n) signals into (..., n_rows, frames)."""
        cdef Array a = Array(y, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_matrix *middle
        cdef fspec_call call
        cdef fspec_status status
        expect(o.n_items == a.n_items and o.size(2) == self.n_rows
               and o.size(1) == fspec_frontend_n_frames(plan.plan, a.size(1)), "y or out")
        a.fill_signals(items.signals)
        o.fill_matrices(items.matrices)
        middle = self.fill_centroid(items, centroid, o)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_spectral_exec(self.spectral, plan.plan, items.signals, middle, items.matrices, a.n_items, o.dtype,
                                         &call)
        check(status)

    def exec_spectra(self, S, centroid, out, int n_threads):
        """(..., n_bins, frames) of the plan's type into (..., n_rows, frames)."""
        cdef Array a = Array(S, 2, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef Items held = Items(a.n_items)
        cdef fspec_matrix *middle
        cdef fspec_call call
        cdef fspec_status status
        expect(a.dtype == self.dtype and not a.swapped and a.size(2) == self.n_bins and o.n_items == a.n_items
               and o.size(2) == self.n_rows and o.size(1) == a.size(1), "S or out")
        a.require_aligned("S")
        a.fill_matrices(held.matrices)
        o.fill_matrices(items.matrices)
        middle = self.fill_centroid(items, centroid, o)
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_spectral_exec_spectra(self.spectral, held.matrices, a.size(1), middle, items.matrices, a.n_items,
                                                 o.dtype, &call)
        check(status)


cdef int fill_frames(fspec_frames_config *config, dict settings) except -1:
    """By the C header's names."""
    fspec_frames_config_init(config)
    config.frame_length = settings["frame_length"]
    config.hop_length = settings["hop_length"]
    config.pad_left = config.pad_right = settings["pad"]
    config.pad_mode = <fspec_pad_mode><int>settings["pad_mode"]
    config.crossings = settings.get("crossings", 0)
    config.threshold = settings.get("threshold", config.threshold)
    config.zero_pos = settings.get("zero_pos", 1)
    config.first = settings.get("first", 0)
    return 0


def frames_count(dict settings, int64_t n_samples):
    """How many frames a signal has."""
    cdef fspec_frames_config config
    fill_frames(&config, settings)
    return fspec_frames_count(&config, n_samples)


def frames(dict settings, y, out, int n_threads):
    """(..., n) signals into (..., 1, frames)."""
    cdef Array a = Array(y, 1, False)
    cdef Array o = Array(out, 2, True)
    cdef Items items = Items(a.n_items)
    cdef fspec_frames_config config
    cdef fspec_call call
    cdef fspec_status status
    fill_frames(&config, settings)
    expect(o.n_items == a.n_items and o.size(2) == 1 and o.size(1) == fspec_frames_count(&config, a.size(1)), "y or out")
    a.fill_signals(items.signals)
    o.fill_matrices(items.matrices)
    begin_call(&call, n_threads, False)
    with nogil:
        status = fspec_frames_exec(&config, items.signals, items.matrices, a.n_items, o.dtype, &call)
    check(status)
