"""The front end with every stage in the open: what speech and audio models were trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    check_size,
    show,
)
from fastspec.config import ENGINES, check_threads, choose_engine, resolve_precision
from fastspec.convert import fft_frequencies
from fastspec.dct import dct_matrix
from fastspec.filters import check_norm
from fastspec.mel_banks import DTYPES, NORMS, SCALES, mel_bank, mel_centres
from fastspec.transforms import (
    PAD_MODES,
    Stream,
    _Plan,
    _Window,
    as_signal,
    check_out,
    freeze_window,
    new_array,
    same_memory,
)
from fastspec.windows import WindowSpec, get_window, pad_window

__all__ = ["FrontEnd"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_LARGEST = 2**60
_MOST = float(np.finfo(np.float32).max)
_LEAST = float(np.finfo(np.float32).tiny)
_OUTPUTS = {"spectrum": 1, "bands": 2, "cepstrum": 3}
_EFFORTS = {"estimate": 0, "measure": 1}
_LOGS: dict[str | None, int] = {None: 0, "db": 1, "ln": 2, "log10": 3}
_ALIGN = ("center", "left", "snip_edges", "kaldi", "semicausal")
_ENERGY = {None: 0, "raw": 1, "windowed": 2}
_NORMALIZE = {None: 0, "mean": 1, "mean_var": 2}
_STACK_ENDS = {"drop": 0, "zero": 1, "repeat": 2}
_EPS_MODES = {"var": 0, "std": 1, "max": 2}


# What the core's plan takes by itself; the rest is handed over together.
_SETTINGS = frozenset(
    ("output", "n_fft", "hop_length", "window", "center", "librosa_tail", "pad_mode")
    + ("input_scale", "power", "bands", "n_bands", "log", "amin", "ref", "top_db", "log_floor")
    + ("dct", "n_ceps")
)


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
       the largest value of the signal is raised to that; ``scale * x + offset``.
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
    log : {None, 'ln', 'log10', 'db'}
        'db' is ``10 log10(x)``.
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
        Whether that is the largest of each signal or of all in the call.
    scale, offset : float or array, shape=(n_bands,)
        ``scale * x + offset``.
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
    delta_mode : {'htk', 'kaldi'}
        How second derivatives treat the ends: 'htk' repeats the first and last delta (as
        torchaudio.functional.compute_deltas, applied twice); 'kaldi' repeats the first and last
        frame.
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
        scale: npt.ArrayLike = 1.0,
        offset: npt.ArrayLike = 0.0,
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

    def __call__(self, y: Any, out: Array | None = None, n_threads: int = 1) -> Array:
        """Transform signals.

        Parameters
        ----------
        y : array, shape=(..., n)
            float32, float64, or int16 if the plan has an `input_scale`. Any strides and byte
            order; everything with the buffer protocol, ``__array__`` or ``__dlpack__``.
        out : np.ndarray, optional
            Where to write the result, of the shape and type that would be returned; any strides.
        n_threads : int >= 1
            Threads to use at the most, the calling one included. The result does not depend on it.

        Returns
        -------
        np.ndarray, shape=(..., n_bins, n_frames) or, by `layout`, (..., n_frames, n_bins)
            `out`, or a new array.

        Raises
        ------
        ParameterError
            If `y` is empty, too short, not finite or of another type, or if `out` does not fit.
        """
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

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1
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
        return _Stream(self, channels, n_threads)

    def _stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        return self.stream(channels, n_threads)

    # -- the arguments, stage by stage -------------------------------------------------------------

    def _make(self, arguments: dict[str, Any]) -> None:
        a = dict(arguments)
        settings = {
            **self._framing(a),
            **self._samples(a),
            **self._spectrum(a),
            **self._compression(a),
            **self._cepstrum(a),
            **self._over_time(a),
        }
        a["layout"] = check_choice("layout", a["layout"], ("bins_first", "frames_first"))
        object.__setattr__(self, "_frames_first", a["layout"] == "frames_first")
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
        set_(self, "_cores", {})
        set_(self, "_settings", {k: v for k, v in settings.items() if k in _SETTINGS})
        set_(self, "_stages", {k: v for k, v in settings.items() if k not in _SETTINGS})
        self._core(self.precision == "double")

    def _core(self, double: bool) -> _core.Frontend:
        """Return the C plan for a precision; two threads may both make it, and one is kept."""
        core = self._cores.get(double)
        if core is None:
            a = self._arguments
            settings, stages = dict(self._settings), dict(self._stages)
            if not double:
                settings["amin"] = max(settings["amin"], _LEAST)
            stages["energy_floor"] = max(stages["energy_floor"], _LEAST)
            core = _core.Frontend(
                double=double,
                engine=choose_engine(a["engine"], self.n_fft),
                effort=_EFFORTS[a["planner"]],
                stages=stages,
                **settings,
            )
            core = self._cores.setdefault(double, core)
        return core

    def _framing(self, a: dict[str, Any]) -> dict[str, Any]:
        a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
        n_fft = a["n_fft"] = check_int("n_fft", a["n_fft"], minimum=1, maximum=2**30)
        width = n_fft
        if a["win_length"] is not None:
            width = check_int("win_length", a["win_length"], minimum=1, maximum=n_fft)
        a["win_length"] = width
        hop = max(1, width // 4)
        if a["hop_length"] is not None:
            hop = check_int("hop_length", a["hop_length"], minimum=1, maximum=_LARGEST)
        a["hop_length"] = hop
        symmetric = a["window_symmetric"] = check_bool("window_symmetric", a["window_symmetric"])
        check_choice("window_dtype", a["window_dtype"], ("float64", "float32"))
        check_choice("window_align", a["window_align"], ("center", "left"))
        window = a["window"]
        if symmetric and callable(window):
            raise ParameterError("window_symmetric=True: is for named windows")
        a["window"] = window = freeze_window(window, width)
        if isinstance(window, _Window):
            values = get_window(window.values, width)
        else:
            values = get_window(window, width, fftbins=not symmetric)
        if a["window_dtype"] == "float32":
            values = values.astype(np.float32).astype(np.float64)
        left_window = a["window_align"] == "left"
        if left_window:
            values = np.concatenate([values, np.zeros(n_fft - width)])
        else:
            values = pad_window(values, n_fft)
        set_ = object.__setattr__
        set_(self, "_window", values)
        length = width if left_window else n_fft
        align = a["align"] = check_choice("align", a["align"], _ALIGN)
        before, behind = self._padding(a, length, hop)
        a["pad_mode"] = pad_mode = (
            ("symmetric" if align == "kaldi" else "constant")
            if a["pad_mode"] is None
            else check_choice("pad_mode", a["pad_mode"], tuple(PAD_MODES))
        )
        a["drop_last"] = check_bool("drop_last", a["drop_last"])
        a["append"] = check_int("append", a["append"], minimum=0, maximum=2**40)
        a["pad_to"] = check_int("pad_to", a["pad_to"], minimum=0, maximum=2**40)
        multiple = check_int("pad_to_multiple", a["pad_to_multiple"], minimum=1, maximum=2**40)
        a["pad_to_multiple"] = multiple
        set_(self, "_centre", length / 2 - before)
        return {
            "n_fft": n_fft,
            "hop_length": hop,
            "window": values,
            "center": False,
            "librosa_tail": False,
            "pad_mode": PAD_MODES[pad_mode],
            "frame_length": length,
            "pad_left": before,
            "pad_right": behind,
            "drop_last": a["drop_last"],
            "append": a["append"],
            "least_samples": a["pad_to"],
            "multiple": multiple,
        }

    @staticmethod
    def _padding(a: dict[str, Any], length: int, hop: int) -> tuple[int, int]:
        """Return the samples before the first frame's and behind the last frame's."""
        if a["pad"] is not None:
            try:
                before, behind = a["pad"]
            except (TypeError, ValueError):
                raise ParameterError(f"pad={show(a['pad'])}: must be two integers") from None
            limits = {"minimum": -a["n_fft"], "maximum": a["n_fft"]}
            before = check_int("pad[0]", before, **limits)
            behind = check_int("pad[1]", behind, **limits)
            a["pad"] = (before, behind)
            return before, behind
        if a["align"] == "center":
            return length // 2, length // 2
        if a["align"] == "semicausal":
            return max(length - hop, 0), 0
        if a["align"] == "kaldi":
            before = length // 2 - hop // 2
            if abs(before) > a["n_fft"]:
                raise ParameterError(f"hop_length={hop}: is too large for align='kaldi'")
            return before, length + hop // 2 - hop - before
        return 0, 0

    @staticmethod
    def _samples(a: dict[str, Any]) -> dict[str, Any]:
        if a["input_scale"] is not None:
            a["input_scale"] = check_float("input_scale", a["input_scale"])
        a["gain"] = check_float("gain", a["gain"], exclusive_minimum=0, maximum=1e15)
        a["dither"] = check_float("dither", a["dither"], minimum=0, maximum=1e15)
        a["seed"] = check_int("seed", a["seed"], minimum=0, maximum=2**63 - 1)
        a["remove_dc"] = check_bool("remove_dc", a["remove_dc"])
        a["preemphasis"] = check_float("preemphasis", a["preemphasis"], minimum=-1e6, maximum=1e6)
        mode = check_choice("preemphasis_mode", a["preemphasis_mode"], ("frame", "signal"))
        return {
            "input_scale": 1.0 if a["input_scale"] is None else a["input_scale"],
            "gain": a["gain"],
            "dither": a["dither"],
            "seed": a["seed"],
            "remove_dc": a["remove_dc"],
            "preemphasis": a["preemphasis"],
            "preemphasis_signal": mode == "signal",
        }

    def _spectrum(self, a: dict[str, Any]) -> dict[str, Any]:
        a["power"] = check_float("power", a["power"], exclusive_minimum=0)
        eps = a["magnitude_eps"] = check_float(
            "magnitude_eps", a["magnitude_eps"], minimum=0, maximum=_MOST
        )
        mode = check_choice("magnitude_eps_mode", a["magnitude_eps_mode"], ("add", "max"))
        bank = self._bank(a)
        return {
            "power": a["power"],
            "magnitude_eps": eps,
            "magnitude_eps_max": mode == "max",
            "bands": bank,
            "identity_bands": bank is None,
            "n_bands": a["n_fft"] // 2 + 1 if bank is None else bank.shape[0],
        }

    @staticmethod
    def _bank(a: dict[str, Any]) -> Array | None:
        sr, n_fft = a["sr"], a["n_fft"]
        n_bins = n_fft // 2 + 1
        for name in ("integer_nyquist", "zero_dc", "zero_nyquist"):
            a[name] = check_bool(name, a[name])
        a["fmin"] = fmin = check_float("fmin", a["fmin"], minimum=0)
        if a["fmax"] is not None:
            a["fmax"] = check_float("fmax", a["fmax"])
        fmax = sr / 2 if a["fmax"] is None else a["fmax"]
        if fmax <= 0:
            fmax += sr / 2
        check_choice("mel_scale", a["mel_scale"], SCALES)
        check_choice("triangles", a["triangles"], ("hz", "mel"))
        check_choice("bank_dtype", a["bank_dtype"], DTYPES)
        if isinstance(a["norm"], str):
            check_choice("norm", a["norm"], NORMS)
        else:
            a["norm"] = check_norm("norm", a["norm"])
        if a["n_mels"] is not None:
            a["n_mels"] = check_int("n_mels", a["n_mels"], minimum=1, maximum=2**24)
        if a["filterbank"] is not None:
            bank = _matrix("filterbank", a["filterbank"])
            if bank.ndim != 2 or bank.shape[0] < 1 or bank.shape[1] != n_bins:
                raise ParameterError(
                    f"filterbank: has shape {bank.shape}; must be (n_bands, {n_bins})"
                )
            a["filterbank"] = _Window(bank)
            bank = bank.copy()
        elif a["n_mels"] is None:
            if a["zero_dc"] or a["zero_nyquist"]:
                raise ParameterError("zero_dc, zero_nyquist: need n_mels or a filterbank")
            return None
        else:
            if fmin >= fmax:
                raise ParameterError(f"fmin={fmin}: must be less than fmax={fmax}")
            if a["n_mels"] * n_bins > 2**32:
                raise ParameterError(f"n_mels={a['n_mels']}: is too large for n_fft={n_fft}")
            with np.errstate(all="ignore"):
                bank = mel_bank(
                    sr=sr,
                    n_fft=n_fft,
                    n_mels=a["n_mels"],
                    fmin=fmin,
                    fmax=fmax,
                    scale=a["mel_scale"],
                    triangles=a["triangles"],
                    norm=a["norm"],
                    dtype=a["bank_dtype"],
                    integer_nyquist=a["integer_nyquist"],
                )
        if a["zero_dc"]:
            bank[:, 0] = 0
        if a["zero_nyquist"] and n_fft % 2 == 0:
            bank[:, -1] = 0
        return np.ascontiguousarray(bank)

    def _compression(self, a: dict[str, Any]) -> dict[str, Any]:
        log = a["log"]
        if log is not None:
            log = a["log"] = check_choice("log", log, ("ln", "log10", "db"))
        add = check_choice("log_mode", a["log_mode"], ("max", "add")) == "add"
        amin = a["amin"] = check_float("amin", a["amin"], exclusive_minimum=0, maximum=_MOST)
        a["log_multiplier"] = check_float(
            "log_multiplier", a["log_multiplier"], exclusive_minimum=0, maximum=_MOST
        )
        a["ref"] = check_float("ref", a["ref"], exclusive_minimum=0)
        if a["log_multiplier"] != 1 and not add:
            raise ParameterError(f"log_multiplier={a['log_multiplier']}: is for log_mode='add'")
        for name, bounds in (("log_floor", {"maximum": 1e6}), ("rel_clip", {"minimum": 0})):
            if a[name] is not None:
                a[name] = check_float(name, a[name], **bounds)
                if log is None:
                    raise ParameterError(f"{name}={a[name]}: needs a log other than None")
        scope = check_choice("clip_scope", a["clip_scope"], ("item", "array"))
        object.__setattr__(self, "_whole_array", scope == "array")
        return {
            "log": _LOGS[log],
            "amin": _LEAST if add and log else amin,
            "ref": a["ref"],
            "log_add": amin if add and log else 0.0,
            "log_multiplier": a["log_multiplier"],
            "top_db": -1.0 if a["rel_clip"] is None else a["rel_clip"],
            "log_floor": -math.inf if a["log_floor"] is None else a["log_floor"],
        }

    def _cepstrum(self, a: dict[str, Any]) -> dict[str, Any]:
        n_bands = self._n_bands(a)
        energy = a["energy"]
        if energy is not None:
            energy = a["energy"] = check_choice("energy", energy, ("raw", "windowed"))
        floor = a["energy_floor"] = check_float(
            "energy_floor", a["energy_floor"], minimum=0, maximum=_MOST
        )
        last = a["energy_last"] = check_bool("energy_last", a["energy_last"])
        a["lifter"] = check_float("lifter", a["lifter"], minimum=0)
        a["lifter_origin"] = check_int("lifter_origin", a["lifter_origin"], minimum=0, maximum=1)
        if a["dct_norm"] is not None:
            check_choice("dct_norm", a["dct_norm"], ("ortho", "htk"))
        a["dct_type"] = check_int("dct_type", a["dct_type"], minimum=1, maximum=3)
        settings: dict[str, Any] = {
            "energy": _ENERGY[energy],
            "energy_floor": floor,
            "energy_last": last,
        }
        for name in ("scale", "offset"):
            values = _matrix(name, a[name])
            if values.shape not in ((), (n_bands,)):
                raise ParameterError(
                    f"{name}: has shape {values.shape}; must be a number or ({n_bands},)"
                )
            a[name] = float(values) if values.ndim == 0 else _Window(values)
            settings[f"band_{name}"] = np.ascontiguousarray(np.broadcast_to(values, (n_bands,)))
        if a["scale"] == 1.0 and a["offset"] == 0.0:
            settings["band_scale"] = settings["band_offset"] = None
        plain = a["log"] is None and energy is None and settings["band_scale"] is None
        if a["n_mfcc"] is None:
            if energy is None and last:
                raise ParameterError("energy_last=True: needs energy or n_mfcc")
            with_bands = not (plain and a["n_mels"] is None and a["filterbank"] is None)
            settings["output"] = _OUTPUTS["bands" if with_bands else "spectrum"]
            return settings
        a["n_mfcc"] = check_int("n_mfcc", a["n_mfcc"], minimum=1, maximum=n_bands)
        matrix = self._dct(a, n_bands)
        if energy is not None:
            matrix = matrix[1:]
        elif last:
            zeroth = matrix[:1] * (1.0 if a["dct_norm"] == "htk" else math.sqrt(2))
            matrix = np.concatenate([matrix[1:], zeroth])
        if not len(matrix):
            raise ParameterError("n_mfcc=1: leaves no coefficient besides the energy")
        return {
            **settings,
            "output": _OUTPUTS["cepstrum"],
            "dct": np.ascontiguousarray(matrix),
            "n_ceps": len(matrix),
        }

    @staticmethod
    def _dct(a: dict[str, Any], n_bands: int) -> Array:
        htk = a["dct_norm"] == "htk"
        matrix = dct_matrix(
            n_bands, a["n_mfcc"], dct_type=a["dct_type"], norm=None if htk else a["dct_norm"]
        )
        if htk:
            matrix *= math.sqrt(0.5 / n_bands)
        if a["lifter"]:
            row = np.arange(len(matrix)) + a["lifter_origin"]
            with np.errstate(all="ignore"):
                weights = 1 + a["lifter"] / 2 * np.sin(np.pi * row / a["lifter"])
                matrix *= weights[:, np.newaxis]
            if not np.isfinite(matrix).all():
                raise ParameterError(f"lifter={a['lifter']}: is too small")
        return matrix

    @staticmethod
    def _n_bands(a: dict[str, Any]) -> int:
        if a["filterbank"] is not None:
            return int(a["filterbank"].values.shape[0])
        return int(a["n_fft"] // 2 + 1 if a["n_mels"] is None else a["n_mels"])

    @staticmethod
    def _over_time(a: dict[str, Any]) -> dict[str, Any]:
        a["deltas"] = check_int("deltas", a["deltas"], minimum=0, maximum=2)
        a["delta_window"] = check_int("delta_window", a["delta_window"], minimum=1, maximum=1000)
        kaldi = check_choice("delta_mode", a["delta_mode"], ("htk", "kaldi")) == "kaldi"
        if a["normalize"] is not None:
            check_choice("normalize", a["normalize"], ("mean", "mean_var"))
        a["norm_ddof"] = check_int("norm_ddof", a["norm_ddof"], minimum=0, maximum=1)
        a["norm_eps"] = check_float("norm_eps", a["norm_eps"], minimum=0)
        check_choice("norm_eps_mode", a["norm_eps_mode"], tuple(_EPS_MODES))
        check_choice("norm_scope", a["norm_scope"], ("feature", "item"))
        stack = a["stack"] = check_int("stack", a["stack"], minimum=1, maximum=1000)
        stride = stack
        if a["stack_stride"] is not None:
            stride = check_int("stack_stride", a["stack_stride"], minimum=1, maximum=1000)
        a["stack_stride"] = stride
        a["stack_left"] = check_int("stack_left", a["stack_left"], minimum=0, maximum=stack - 1)
        check_choice("stack_end", a["stack_end"], tuple(_STACK_ENDS))
        return {
            "deltas": a["deltas"],
            "delta_window": a["delta_window"],
            "delta_kaldi": kaldi,
            "normalize": _NORMALIZE[a["normalize"]],
            "norm_ddof": a["norm_ddof"],
            "norm_eps": a["norm_eps"],
            "norm_eps_mode": _EPS_MODES[a["norm_eps_mode"]],
            "norm_item": a["norm_scope"] == "item",
            "stack": stack,
            "stack_stride": stride,
            "stack_left": a["stack_left"],
            "stack_end": _STACK_ENDS[a["stack_end"]],
        }


class _Stream(Stream):
    """A front end fed in pieces."""

    _plan: FrontEnd

    def __init__(self, plan: FrontEnd, channels: int, n_threads: int = 1) -> None:
        a = plan._arguments
        if a["rel_clip"] is not None or a["normalize"] is not None:
            raise ParameterError(
                "rel_clip and normalize need the whole signal: a stream takes a fixed log_floor"
            )
        super().__init__(plan, channels, n_threads)

    def _out(self, n_frames: int, wide: bool) -> Array:
        shape = (self._channels, *self._plan._shape(self._plan.n_bins, n_frames))
        out = new_array("chunk", shape, self._plan._out_dtype(wide))
        return self._plan._as_bins_first(out)

    def push(self, chunk: Any) -> Array:
        return self._plan._as_bins_first(super().push(chunk))

    def flush(self) -> Array:
        return self._plan._as_bins_first(super().flush())


def _matrix(name: str, values: Any) -> Array:
    """Return an argument of numbers as float64, checked to be finite."""
    if isinstance(values, float | int) and not isinstance(values, bool):
        return np.array(check_float(name, values))
    try:
        array = np.asarray(values.values if isinstance(values, _Window) else values)
        if array.dtype.kind not in "iuf":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(f"{name}={show(values)}: must be real numbers") from None
    if not np.isfinite(array).all():
        raise ParameterError(f"{name}: holds NaN or infinite values; all must be finite")
    return array
