"""The front end with every stage in the open: what speech and audio models were trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_choice,
    check_dtype,
    check_float,
    check_size,
    show,
)
from fastspec.access import is_file
from fastspec.config import ENGINES, check_threads, choose_engine, resolve_precision
from fastspec.convert import fft_frequencies
from fastspec.front_end_arguments import LEAST, SETTINGS, configure
from fastspec.mel_banks import mel_centres
from fastspec.plans import _Plan, as_signal, check_out, new_array, same_memory
from fastspec.windows import WindowSpec

if TYPE_CHECKING:
    from fastspec.streams import Stream

__all__ = ["FrontEnd"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_EFFORTS = {"estimate": 0, "measure": 1}


class FrontEnd(_Plan):
    """Spectra, filter bank energies or cepstra, with every convention as an argument.

    A frame goes through these stages in this order; each is off, or plain, by default:

    1. The signal: int16 samples times `input_scale`; all samples times `gain`; with
       ``preemphasis_mode='signal'``, ``y[i] = x[i] - preemphasis * x[i - 1]`` and ``y[0] = x[0]``;
       `append`, `pad_to` and `pad_to_multiple` add zeros at its end.
    2. Frames: `align` or `pad`, `pad_mode`, `hop_length`, `drop_last`.
    3. Per frame: dither, removal of the mean, raw energy, with ``preemphasis_mode='frame'``
       ``y[i] = x[i] - preemphasis * x[max(i - 1, 0)]``, the window, windowed energy.
    4. The spectrum: ``(|X|**2 + magnitude_eps) ** (power / 2)``.
    5. The bank of filters, unless `n_mels` and `filterbank` are None.
    6. The logarithm; what is below `log_floor` is raised to it; what is more than `rel_clip` below
       the largest value of the signal is raised to that; ``scale * x + offset``; `frame_norm`.
    7. The DCT and the lifter, if `n_mfcc` is given; log energy as one more coefficient, or in place
       of coefficient 0 of cepstra.
    8. Over time: `deltas`, `normalize`, `stack`.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_fft : int >= 1
        Size of the FFT.
    win_length : int in [1, n_fft], optional
        Length of the window. Default: `n_fft`.
    hop_length : int >= 1, optional
        Samples from one frame to the next. Default: ``win_length // 4``.
    window : str, tuple, float, callable or array
        See `fastspec.get_window`.
    window_symmetric : bool
        Whether a named window is symmetric rather than periodic. ('povey' is symmetric anyway.)
    window_dtype : {'float64', 'float32'}
        'float32' rounds the window to single precision also where double is computed in.
    window_align : {'center', 'left'}
        Where a window shorter than `n_fft` lies. 'left': a frame has `win_length` samples, to which
        zeros are added for the FFT, as in Kaldi. 'center': it has `n_fft` samples, as in librosa
        and torch.stft.
    align : {'center', 'left', 'snip_edges', 'kaldi', 'semicausal'}
        With L the frame's length (see `window_align`), frame t begins at sample
        ``t * hop_length - L // 2`` ('center'), ``t * hop_length`` ('left' and 'snip_edges', where
        only whole frames count), ``t * hop_length + hop_length // 2 - L // 2`` ('kaldi', which is
        Kaldi's snip_edges=false: ``(n + hop_length // 2) // hop_length`` frames) or
        ``t * hop_length - (L - hop_length)`` ('semicausal').
    pad : (int, int), optional
        Samples of padding before and behind the signal, in place of `align`; negative numbers leave
        out samples. There are ``1 + (n + sum(pad) - L) // hop_length`` frames.
    pad_mode : {'constant', 'edge', 'linear_ramp', 'reflect', 'symmetric'}
        What frames hold beyond the ends of the signal, as `numpy.pad` has it. None, the default,
        is 'symmetric' for ``align='kaldi'`` and 'constant' otherwise.
    drop_last : bool
        Leave out the last frame, as Whisper does.
    append : int >= 0
        Zeros to add at the end of the signal.
    pad_to : int >= 0
        Add zeros up to this length, after `append`.
    pad_to_multiple : int >= 1
        Then add zeros up to a multiple of this length.
    input_scale : float, optional
        Factor for int16 input, which is refused without it.
    gain : float > 0
        Factor of all samples, such as 32768 for what was trained on int16.
    dither : float >= 0
        Standard deviation of Gaussian noise that is added to the samples of each frame, after
        `gain`. The noise is a function of `seed`, the number of the signal in the call, the frame
        and the sample.
    seed : int in [0, 2**63)
        Of the noise.
    remove_dc : bool
        Subtract the mean of each frame.
    preemphasis : float
        Coefficient of the pre-emphasis; 0 is off.
    preemphasis_mode : {'frame', 'signal'}
        See stages 1 and 3. 'frame' is Kaldi's and HTK's; for Gemma 3n use it with
        ``align='left'`` and ``pad=(0, -1)``.
    power : float > 0
        Exponent of the magnitude.
    magnitude_eps : float >= 0
        What is added to the squared magnitude.
    magnitude_eps_mode : {'add', 'max'}
        'max' raises the squared magnitude to `magnitude_eps` instead.
    n_mels : int >= 1, optional
        Bands. None: no mel bank.
    fmin, fmax : float
        Lowest and highest frequency in Hz. Default: 0 and ``sr / 2``. An `fmax` <= 0 counts from
        ``sr / 2``, as in Kaldi.
    mel_scale : {'slaney', 'htk', 'kaldi'}
        ``2595 log10(1 + f / 700)`` for 'htk', ``1127 ln(1 + f / 700)`` for 'kaldi'.
    triangles : {'hz', 'mel'}
        Whether the filters' slopes are straight in Hz or in mel.
    norm : {'slaney', 'unit_sum', 'unit_max', None, 1, 2, inf}
        'slaney' gives each triangle the same area in Hz; 'unit_sum' weights that sum to 1;
        'unit_max' a largest weight of 1; numbers see `fastspec.mel_filter`.
    bank_dtype : {'float32', 'float64', 'torch'}
        'float32': computed in double and rounded, as librosa does; 'torch': all in single
        precision, in torchaudio's order.
    integer_nyquist : bool
        The bins' frequencies reach to ``int(sr) // 2`` rather than ``sr / 2``, which differs for
        odd rates; as torchaudio and Hugging Face have it. Only for ``triangles='hz'``.
    zero_dc, zero_nyquist : bool
        Give the first or the last bin no weight in any band.
    filterbank : array, shape=(n_bands, n_fft // 2 + 1), optional
        A matrix in place of the mel bank.
    log : {None, 'ln', 'log10', 'db', 'pcen'}
        'db' is ``10 log10(x)``. 'pcen' is per-channel energy normalisation in place of a logarithm:
        ``(x / (pcen_eps + s)**pcen_gain + pcen_bias)**pcen_power - pcen_bias**pcen_power``, or for
        ``pcen_power=0`` ``ln(1 + x / (pcen_eps + s)**pcen_gain)``, with the smoothed band
        ``s[t] = b * x[t] + (1 - b) * s[t - 1]``, ``s[-1] = 1``, as `fastspec.pcen` has it. It is
        computed in double. Not with `n_mfcc`, `rel_clip`, `log_floor`, `ref` or `frame_norm`.
    log_mode : {'max', 'add'}
        'max': ``log(max(amin, x))``; 'add': ``log(log_multiplier * x + amin)``.
    amin : float > 0
        Smallest value before the logarithm, or what is added.
    log_multiplier : float > 0
        For ``log_mode='add'``: 10000 with ``amin=1`` is ``log(1 + 10000 x)``.
    ref : float > 0
        ``log(max(amin, ref))`` is subtracted.
    log_floor : float, optional
        Raise what is below this, in units of `log`.
    rel_clip : float >= 0, optional
        Raise what is more than this below the largest value, in units of `log`: 8 for Whisper, 80
        for ``top_db=80``.
    clip_scope : {'item', 'array'}
        Whether that is the largest of each signal or of all in the call; in `map` each signal
        counts by itself.
    pcen_gain, pcen_bias, pcen_power : float >= 0
        Constants of PCEN.
    pcen_eps : float > 0
        Smallest level of PCEN.
    pcen_time_constant : float > 0
        Of the smoother, in seconds: with ``T = pcen_time_constant * sr / hop_length`` frames,
        ``b = (sqrt(1 + 4 * T**2) - 1) / (2 * T**2)``.
    pcen_b : float in [0, 1], optional
        The smoother's b itself.
    scale, offset : float or array, shape=(n_bands,)
        ``scale * x + offset``.
    frame_norm : {None, inf, -inf, 0} or float > 0
        Each frame's bands are divided by their norm, as librosa.util.normalize does: their largest
        or smallest magnitude, the number of those that are not 0, or their p-norm. Not with
        `rel_clip` or `n_mfcc`.
    n_mfcc : int >= 1, optional
        Coefficients of the DCT along the bands. None: no DCT.
    dct_type : {1, 2, 3}
    dct_norm : {'ortho', 'htk', None}
        'ortho' and None as `scipy.fft.dct` has them; 'htk' is ``sqrt(2 / N)`` for all rows.
    lifter : float >= 0
        Coefficient i is multiplied by ``1 + lifter / 2 * sin(pi * (i + lifter_origin) / lifter)``;
        0 is off.
    lifter_origin : {1, 0}
        1 as in librosa, 0 as in Kaldi and HTK.
    energy : {None, 'raw', 'windowed'}
        The logarithm (natural) of the sum of squares of each frame's samples, before
        pre-emphasis and window or after them. With `n_mfcc` it takes the place of coefficient 0.
    energy_floor : float >= 0
        Smallest energy; at least the smallest normal number of single precision. Kaldi's
        is ``max(1.1920929e-07, energy_floor)``.
    energy_last : bool
        Whether energy, or coefficient 0 (which is then multiplied by sqrt(2), unless `dct_norm` is
        'htk'), comes last, which is Kaldi's htk_compat.
    deltas : {0, 1, 2}
        Append the first, or the first and second, derivatives over time.
    delta_window : int >= 1
        Frames on each side: ``d[t] = sum(k * (x[t + k] - x[t - k])) / (2 * sum(k**2))``.
    delta_mode : {'htk', 'kaldi', 'librosa'}
        How second derivatives treat the ends: 'htk' repeats the first and last delta (as
        torchaudio.functional.compute_deltas, applied twice); 'kaldi' repeats the first and last
        frame. 'librosa': all are those of `fastspec.delta` with ``width=2 * delta_window + 1``;
        at the ends the polynomials that fit the first and last `width` frames give them. A
        signal must have as many.
    normalize : {None, 'mean', 'mean_var'}
        Subtract each feature's mean over the signal; divide by its standard deviation.
    norm_ddof : int in [0, 1]
        The sum of squares is divided by ``n_frames - norm_ddof``. A single frame has variance 0.
    norm_eps : float >= 0
        Keeps the divisor from 0. What would still be divided by 0 is not divided.
    norm_eps_mode : {'var', 'std', 'max'}
        ``sqrt(var + eps)``, ``sqrt(var) + eps`` or ``sqrt(max(var, eps))``.
    norm_scope : {'feature', 'item'}
        One mean and deviation per feature, or one for all features of a signal.
    stack : int >= 1
        Frames that are put together to one, oldest first.
    stack_stride : int >= 1, optional
        Frames from one to the next. Default: `stack`.
    stack_left : int >= 0
        How often the first frame is repeated before it; less than `stack`.
    stack_end : {'drop', 'zero', 'repeat'}
        Whether an incomplete stack at the end is left out, or filled with zeros or with the last
        frame; in these cases there are ``ceil(n_frames / stack_stride)``.
    layout : {'bins_first', 'frames_first'}
        Shape of the output: (..., n_bins, n_frames) or (..., n_frames, n_bins).
    dtype : {None, 'float32', 'float64'}
        Type of the output. Default: that of the input; float32 for int16.
    precision : {None, 'single', 'double'}
        'double' computes float32 input in float64. Default: `fastspec.get_precision`.
    engine, planner
        See `STFT`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Notes
    -----
    `map` takes lists of signals of different lengths; `stream` takes signals in pieces, unless
    `rel_clip` or `normalize` need the whole signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fbank = fastspec.FrontEnd(
    ...     sr=16000, n_fft=512, win_length=400, hop_length=160, window="povey",
    ...     window_align="left", align="snip_edges", gain=32768, remove_dc=True, preemphasis=0.97,
    ...     n_mels=80, fmin=20, mel_scale="kaldi", triangles="mel", norm=None, log="ln",
    ...     amin=1.1920929e-07, layout="frames_first",
    ... )
    >>> fbank(np.zeros(16000, np.float32)).shape
    (98, 80)
    """

    _output = "bands"

    _stages: dict[str, Any]
    _centre: float
    _frames_first: bool
    _whole_array: bool

    def __init__(
        self,
        *,
        sr: float = 16000,
        n_fft: int = 512,
        win_length: int | None = None,
        hop_length: int | None = None,
        window: WindowSpec = "hann",
        window_symmetric: bool = False,
        window_dtype: str = "float64",
        window_align: str = "center",
        align: str = "center",
        pad: tuple[int, int] | None = None,
        pad_mode: str | None = None,
        drop_last: bool = False,
        append: int = 0,
        pad_to: int = 0,
        pad_to_multiple: int = 1,
        input_scale: float | None = None,
        gain: float = 1.0,
        dither: float = 0.0,
        seed: int = 0,
        remove_dc: bool = False,
        preemphasis: float = 0.0,
        preemphasis_mode: str = "frame",
        power: float = 2.0,
        magnitude_eps: float = 0.0,
        magnitude_eps_mode: str = "add",
        n_mels: int | None = 80,
        fmin: float = 0.0,
        fmax: float | None = None,
        mel_scale: str = "slaney",
        triangles: str = "hz",
        norm: str | float | None = "slaney",
        bank_dtype: str = "float32",
        integer_nyquist: bool = False,
        zero_dc: bool = False,
        zero_nyquist: bool = False,
        filterbank: npt.ArrayLike | None = None,
        log: str | None = None,
        log_mode: str = "max",
        amin: float = 1e-10,
        log_multiplier: float = 1.0,
        ref: float = 1.0,
        log_floor: float | None = None,
        rel_clip: float | None = None,
        clip_scope: str = "item",
        pcen_gain: float = 0.98,
        pcen_bias: float = 2.0,
        pcen_power: float = 0.5,
        pcen_time_constant: float = 0.4,
        pcen_eps: float = 1e-6,
        pcen_b: float | None = None,
        scale: npt.ArrayLike = 1.0,
        offset: npt.ArrayLike = 0.0,
        frame_norm: float | None = None,
        n_mfcc: int | None = None,
        dct_type: int = 2,
        dct_norm: str | None = "ortho",
        lifter: float = 0.0,
        lifter_origin: int = 1,
        energy: str | None = None,
        energy_floor: float = 0.0,
        energy_last: bool = False,
        deltas: int = 0,
        delta_window: int = 2,
        delta_mode: str = "htk",
        normalize: str | None = None,
        norm_ddof: int = 0,
        norm_eps: float = 0.0,
        norm_eps_mode: str = "var",
        norm_scope: str = "feature",
        stack: int = 1,
        stack_stride: int | None = None,
        stack_left: int = 0,
        stack_end: str = "drop",
        layout: str = "bins_first",
        dtype: str | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    # -- the call ----------------------------------------------------------------------------------

    def __call__(
        self,
        y: Any,
        out: Array | None = None,
        n_threads: int = 1,
        *,
        frames: slice | range | None = None,
    ) -> Array:
        """Transform signals.

        Parameters
        ----------
        y : array, shape=(..., n), or str, os.PathLike, binary file object or soundfile.SoundFile
            float32, float64, or int16 if the plan has an `input_scale`. Any strides and byte
            order; everything with the buffer protocol, ``__array__`` or ``__dlpack__``. Or a
            recording, averaged to mono, as `crop` takes it.
        out : np.ndarray, optional
            Where to write the result, of the shape and type that would be returned; any strides.
        n_threads : int >= 1, or -1
            Threads to use at the most, the calling one included. The result does not depend on it.
        frames : slice or range, optional
            Compute these frames alone, at their cost, with the bits of the whole call. See `crop`.
            Default: all.

        Returns
        -------
        np.ndarray, shape=(..., n_bins, n_frames) or, by `layout`, (..., n_frames, n_bins)
            `out`, or a new array.

        Raises
        ------
        ParameterError
            If `y` is empty, too short, not finite or of another type, if `out` does not fit, or
            if `frames` are given and `rel_clip` or `normalize` need the whole signal.
        """
        if frames is not None or is_file(y):
            cropped: Array = self.crop(y, frames, out=out, n_threads=n_threads)
            return cropped
        y = as_signal(y)
        wide = self._check_signal(y)
        core = self._core(wide or self.precision == "double")
        n_frames = core.n_frames(y.shape[-1])
        if n_frames == 0:
            self._refuse_length(y.shape[-1])
        shape = (*y.shape[:-1], *self._shape(core.n_bins, n_frames))
        dtype = self._out_dtype(wide)
        if out is None:
            out = new_array("y", shape, dtype)
        else:
            check_out(out, shape, dtype)
            if same_memory(y, out):
                raise ParameterError("out: must not overlap y")
        core.exec(y, self._as_bins_first(out), check_threads(n_threads), self._whole_array)
        return out

    def _out_dtype(self, wide: bool) -> np.dtype[Any]:
        name = self._arguments["dtype"]
        return np.dtype(name) if name is not None else _F64 if wide else _F32

    def _as_bins_first(self, out: Array) -> Array:
        return out.swapaxes(-1, -2) if self._frames_first else out

    def _shape(self, n_bins: int, n_frames: int) -> tuple[int, int]:
        return (n_frames, n_bins) if self._frames_first else (n_bins, n_frames)

    def _refuse_length(self, n: int) -> None:
        if n == 0:
            raise ParameterError("y: is empty; must hold at least one sample")
        raise ParameterError(f"y: has {n} samples; too few for a frame of this plan")

    def times(self, n_samples: int, *, sr: float | None = None) -> npt.NDArray[np.float64]:
        """Return the time in seconds of the middle of each frame of a signal.

        Parameters
        ----------
        n_samples : int >= 0
            Length of the signal in samples.
        sr : float > 0, optional
            Sample rate in Hz. Default: the plan's own.

        Returns
        -------
        np.ndarray, shape=(n_frames,)
            The middle of the first frame of each stack.
        """
        a = self._arguments
        rate = check_float("sr", a["sr"] if sr is None else sr, exclusive_minimum=0)
        n_frames = self.n_frames(n_samples)
        check_size("n_samples", (n_frames,), 8)
        frame = np.maximum(np.arange(n_frames) * a["stack_stride"] - a["stack_left"], 0)
        seconds: npt.NDArray[np.float64] = (frame * self.hop_length + self._centre) / rate
        return seconds

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each band in Hz, shape=(n_bands,), where the mel bank or no bank is used."""
        a = self._arguments
        if a["filterbank"] is not None:
            raise ParameterError("filterbank: a matrix has no frequencies")
        if a["n_mels"] is None:
            return fft_frequencies(sr=a["sr"], n_fft=self.n_fft)
        fmax = a["sr"] / 2 if a["fmax"] is None else a["fmax"]
        if fmax <= 0:
            fmax += a["sr"] / 2
        return mel_centres(a["n_mels"], a["fmin"], fmax, a["mel_scale"])

    def stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the same transform of signals that arrive in pieces.

        With L the frame's length (see `window_align`), a frame of ``align='center'`` waits for
        ``L - L // 2`` samples, of 'left' and 'snip_edges' for L, of 'semicausal' for `hop_length`,
        of 'kaldi' for ``L - L // 2 + hop_length // 2``, and with `pad` for ``L - pad[0]``. Where
        frames are left out at the end, by a negative ``pad[1]`` or by `drop_last`, it is
        ``L - pad[0] - pad[1] - append + drop_last * hop_length`` if that is more. To this each of
        `deltas` adds `delta_window` hops (with ``delta_mode='librosa'`` both together add them
        once), and stacking ``stack - stack_left - 1`` hops. The sum is the latency, as
        `Stream.latency` defines it; with `pad_to` and `pad_to_multiple` frames may come earlier.
        With ``pad_mode='reflect'`` the first frames wait until there is one sample more than the
        padding before the signal, with 'symmetric' until there are as many. With
        ``delta_mode='librosa'`` the first `delta_window` frames come later: with the frame
        number ``2 * delta_window``, before which their polynomial cannot be fitted.

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1, or -1
            Threads to use at the most.

        Returns
        -------
        Stream
            Its ``push`` and ``flush`` return frames as soon as they are complete, bit for bit
            those of one call, in the plan's `layout`.

        Raises
        ------
        ParameterError
            If `rel_clip` or `normalize` need the whole signal.
        """
        return super().stream(channels, n_threads)

    def _check_stream(self) -> None:
        a = self._arguments
        if a["rel_clip"] is not None:
            raise ParameterError(
                f"rel_clip={show(a['rel_clip'])}: needs the largest value of the whole signal; for "
                "a stream give rel_clip=None and a fixed log_floor=..."
            )
        if a["normalize"] is not None:
            raise ParameterError(
                f"normalize={show(a['normalize'])}: needs the statistics of the whole signal; for "
                "a stream give normalize=None, and fixed ones as scale=... and offset=..."
            )

    # -- the plan ----------------------------------------------------------------------------------

    def _make(self, arguments: dict[str, Any]) -> None:
        a = dict(arguments)
        settings = configure(a)
        a["layout"] = check_choice("layout", a["layout"], ("bins_first", "frames_first"))
        if a["dtype"] is not None:
            a["dtype"] = check_dtype("dtype", a["dtype"], (_F32, _F64)).name
        a["precision"] = resolve_precision(a["precision"])
        a["engine"] = check_choice("engine", a["engine"], tuple(ENGINES))
        a["planner"] = check_choice("planner", a["planner"], tuple(_EFFORTS))
        set_ = object.__setattr__
        set_(self, "n_fft", a["n_fft"])
        set_(self, "hop_length", a["hop_length"])
        set_(self, "center", a["align"] == "center")
        set_(self, "precision", a["precision"])
        set_(self, "_arguments", a)
        set_(self, "_hash", hash((type(self), *a.values())))
        set_(self, "_centre", settings["frame_length"] / 2 - settings["pad_left"])
        set_(self, "_frames_first", a["layout"] == "frames_first")
        set_(self, "_whole_array", a["clip_scope"] == "array")
        set_(self, "_cores", {})
        set_(self, "_settings", {k: v for k, v in settings.items() if k in SETTINGS})
        set_(self, "_stages", {k: v for k, v in settings.items() if k not in SETTINGS})
        self._core(self.precision == "double")

    def _core(self, double: bool) -> _core.Frontend:
        """Return the C plan for a precision; two threads may both make it, and one is kept."""
        core = self._cores.get(double)
        if core is None:
            a = self._arguments
            settings, stages = dict(self._settings), dict(self._stages)
            if not double:
                settings["amin"] = max(settings["amin"], LEAST)
            stages["energy_floor"] = max(stages["energy_floor"], LEAST)
            core = _core.Frontend(
                double=double,
                engine=choose_engine(a["engine"], self.n_fft),
                effort=_EFFORTS[a["planner"]],
                stages=stages,
                **settings,
            )
            core = self._cores.setdefault(double, core)
        return core
