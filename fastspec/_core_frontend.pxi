# Plans of the fused pipeline and of its inverse. Included by _core.pyx.

cdef int fill_stages(fspec_frontend_config *config, dict s, list held) except -1:
    """What speech front ends have besides, by the names of the C header. `held` keeps the arrays alive."""
    cdef Array a
    config.frame_length = s["frame_length"]
    config.explicit_pad = 1
    config.pad_left = s["pad_left"]
    config.pad_right = s["pad_right"]
    config.drop_last = s["drop_last"]
    config.append = s["append"]
    config.least_samples = s["least_samples"]
    config.multiple = s["multiple"]
    config.gain = s["gain"]
    config.dither = s["dither"]
    config.seed = s["seed"]
    config.remove_dc = s["remove_dc"]
    config.preemphasis = s["preemphasis"]
    config.preemphasis_signal = s["preemphasis_signal"]
    config.magnitude_eps = s["magnitude_eps"]
    config.magnitude_eps_max = s["magnitude_eps_max"]
    config.identity_bands = s["identity_bands"]
    config.log_multiplier = s["log_multiplier"]
    config.log_add = s["log_add"]
    if s["band_scale"] is not None:
        a = doubles(s["band_scale"], -1, config.n_bands, "scale")
        held.append(a)
        config.band_scale = <const double *>a.view.buf
    if s["band_offset"] is not None:
        a = doubles(s["band_offset"], -1, config.n_bands, "offset")
        held.append(a)
        config.band_offset = <const double *>a.view.buf
    config.energy = <fspec_energy><int>s["energy"]
    config.energy_last = s["energy_last"]
    config.energy_floor = s["energy_floor"]
    config.deltas = s["deltas"]
    config.delta_window = s["delta_window"]
    config.delta_kaldi = s["delta_kaldi"]
    config.normalize = <fspec_normalize><int>s["normalize"]
    config.norm_ddof = s["norm_ddof"]
    config.norm_eps = s["norm_eps"]
    config.norm_eps_mode = <fspec_norm_eps><int>s["norm_eps_mode"]
    config.norm_item = s["norm_item"]
    config.stack = s["stack"]
    config.stack_stride = s["stack_stride"]
    config.stack_left = s["stack_left"]
    config.stack_end = <fspec_stack_end><int>s["stack_end"]
    config.pcen_gain = s["pcen_gain"]
    config.pcen_bias = s["pcen_bias"]
    config.pcen_power = s["pcen_power"]
    config.pcen_eps = s["pcen_eps"]
    config.pcen_b = s["pcen_b"]
    config.delta_savgol = s["delta_savgol"]
    return 0


@cython.final
cdef class Frontend:
    """A plan of the fused pipeline; enumerations are passed as the C header's numbers."""
    cdef fspec_frontend *plan
    cdef readonly int64_t nbytes  # that the core holds
    cdef object __weakref__
    cdef readonly int64_t n_bins
    cdef readonly int64_t n_fft

    def __cinit__(self, *, int output, bint double, int engine, int effort, int64_t n_fft, int64_t hop_length, window,
                  bint center, int pad_mode, bint librosa_tail, double input_scale, double power=2, bands=None,
                  int64_t n_bands=0, int log=0, double amin=1e-10, double ref=1, bint ref_max=False, double top_db=-1,
                  double log_floor=float("-inf"), dct=None, int64_t n_ceps=0, int frame_norm=0,
                  double frame_norm_p=2, stages=None):
        cdef fspec_frontend_config config
        cdef Array w, b, d
        cdef list held = []
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
        config.frame_norm = <fspec_norm>frame_norm
        config.frame_norm_p = frame_norm_p
        if stages is not None:
            fill_stages(&config, stages, held)
        with nogil:
            self.nbytes = -fspec_thread_bytes()
            status = fspec_frontend_create(&config, &self.plan)
            self.nbytes += fspec_thread_bytes()
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

    def exec_list(self, list signals, list outs, int n_threads):
        """Signals (n_i,) of one type into matrices (n_bins, frames_i) of one type."""
        cdef Lists lists = Lists(signals, outs, self.n_bins)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t i
        for i in range(lists.n):
            expect(lists.n_frames[i] == fspec_frontend_n_frames(self.plan, lists.items.signals[i].n_samples), "y or out")
        begin_call(&call, n_threads, False)
        with nogil:
            status = fspec_frontend_exec(self.plan, lists.items.signals, lists.items.matrices, lists.n, lists.dtype, &call)
        check(status)


@cython.final
cdef class Stream(LiveStream):
    """One plan fed in pieces."""
    cdef fspec_stream *stream
    cdef Frontend plan

    def __cinit__(self, Frontend plan not None, int64_t n_channels, Stream source=None):
        cdef fspec_status status
        self.plan = plan
        self.n_channels = n_channels
        if source is None:
            check(fspec_stream_create(plan.plan, n_channels, &self.stream))
        else:
            claim(&source.busy, "stream")
            status = fspec_stream_copy(source.stream, &self.stream)
            self.follow(source)
            fs_unclaim(&source.busy)
            check(status)

    def __dealloc__(self):
        fspec_stream_free(self.stream)

    def copy(self):
        """Another stream in the same state."""
        return Stream(self.plan, self.n_channels, self)

    cdef fspec_status advance(self, fspec_signal *signal, fspec_matrix *out, fspec_call *call, int64_t *n_frames) noexcept nogil:
        return fspec_stream_push(self.stream, signal, out, self.out_code, call, n_frames)

    cdef int64_t frames_after(self, int64_t n_samples) noexcept:
        return fspec_stream_ready(self.stream, n_samples)

    cdef int64_t width(self) noexcept:
        return self.plan.n_bins

    @property
    def n_bins(self):
        return self.plan.n_bins

    @property
    def latency(self):
        return fspec_stream_latency(self.stream)

    def ready(self, int64_t n_samples):
        expect(n_samples <= INT64_MAX // 8, "chunk")
        claim(&self.busy, "stream")
        n_frames = fspec_stream_ready(self.stream, n_samples)
        fs_unclaim(&self.busy)
        return n_frames

    def pending(self):
        claim(&self.busy, "stream")
        n_frames = fspec_stream_pending(self.stream)
        fs_unclaim(&self.busy)
        return n_frames

    def reset(self):
        claim(&self.busy, "stream")
        fspec_stream_reset(self.stream)
        self.forget()
        fs_unclaim(&self.busy)

    def push(self, chunk, out, int n_threads):
        """(channels, n) samples; the frames that are ready into out (channels, bins, at least ready(n)). Returns how many."""
        cdef Array a = Array(chunk, 1, False)
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(a.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        claim(&self.busy, "stream")
        try:
            expect(a.n_items == self.n_channels and o.n_items == a.n_items and o.size(2) == self.plan.n_bins
                   and o.size(1) >= fspec_stream_ready(self.stream, a.size(1)), "chunk or out")
            a.fill_signals(items.signals)
            o.fill_matrices(items.matrices)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_stream_push(self.stream, items.signals, items.matrices, o.dtype, &call, &n_frames)
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_frames

    def flush(self, out, int n_threads):
        """The last frames into out (channels, bins, at least pending())."""
        cdef Array o = Array(out, 2, True)
        cdef Items items = Items(o.n_items)
        cdef fspec_call call
        cdef fspec_status status
        cdef int64_t n_frames = 0
        claim(&self.busy, "stream")
        try:
            expect(o.n_items == self.n_channels and o.size(2) == self.plan.n_bins
                   and o.size(1) >= fspec_stream_pending(self.stream), "out")
            o.fill_matrices(items.matrices)
            begin_call(&call, n_threads, False)
            with nogil:
                status = fspec_stream_flush(self.stream, items.matrices, o.dtype, &call, &n_frames)
        finally:
            fs_unclaim(&self.busy)
        check(status)
        return n_frames


@cython.final
cdef class Istft:
    """A plan of the inverse STFT."""
    cdef fspec_istft *plan
    cdef readonly int64_t nbytes  # that the core holds
    cdef object __weakref__
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
            self.nbytes = -fspec_thread_bytes()
            status = fspec_istft_create(&config, &self.plan)
            self.nbytes += fspec_thread_bytes()
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
    check_samples(o.size(1))
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
