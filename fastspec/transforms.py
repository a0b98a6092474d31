"""Plans: transforms whose parameters are fixed, made once and called many times.

A plan is immutable, hashable, picklable and may be called by many threads at once. It computes
float32 input in float32 and float64 input in float64, unless its precision is ``'double'``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

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
from fastspec.convert import fft_frequencies, mel_frequencies
from fastspec.dct import dct_matrix
from fastspec.filters import check_norm, make_bank, warn_empty_bands
from fastspec.windows import WindowSpec, get_window, pad_window

__all__ = ["MFCC", "STFT", "MelSpectrogram", "Spectrogram"]

Array = npt.NDArray[Any]

_OUTPUTS = {"complex": 0, "spectrum": 1, "bands": 2, "cepstrum": 3}
_EFFORTS = {"estimate": 0, "measure": 1}
_LOGS: dict[str | None, int] = {None: 0, "db": 1, "ln": 2, "log10": 3}
PAD_MODES = {"constant": 0, "empty": 0, "edge": 1, "linear_ramp": 2, "reflect": 3, "symmetric": 4}

_COMPLEX = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}
_F32, _F64, _I16 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16)
_LARGEST = 2**60
_LEAST_F32 = float(np.finfo(np.float32).tiny)
_MOST_F32 = float(np.finfo(np.float32).max)
_MOST_LOG = 1e6  # no logarithm of a number is larger


class _Window:
    """A window as sample values, hashable by content."""

    __slots__ = ("_hash", "values")

    def __init__(self, values: Array) -> None:
        self.values = np.array(values, dtype=np.float64) + 0.0  # no -0.0: equal means equal bytes
        self.values.flags.writeable = False
        self._hash = hash(self.values.tobytes())

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Window) and np.array_equal(self.values, other.values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Window, (self.values,)

    def __repr__(self) -> str:
        return f"array of {self.values.size}"


def freeze_window(window: WindowSpec | _Window, win_length: int) -> Any:
    """Return a window specification that can be hashed: arrays and callables become values."""
    if isinstance(window, str):
        return str.__str__(window)
    if isinstance(window, float | int | _Window):
        return window
    if isinstance(window, tuple):
        try:
            hash(window)
        except TypeError:  # a parameter is a list or an array
            pass
        else:
            return window
    return _Window(get_window(window, win_length))


def as_signal(y: Any) -> Array:
    """Return anything that holds an array as a NumPy array, without a copy where possible."""
    if type(y) is np.ndarray:
        return y
    try:
        if not hasattr(y, "__array__") and hasattr(y, "__dlpack__"):
            return np.from_dlpack(y)
        return np.asarray(y)
    except (TypeError, ValueError, BufferError) as error:
        raise ParameterError(f"y={show(y)}: cannot be made an array: {error}") from error


def check_array(name: str, value: Any) -> Array:
    """Return a NumPy array as it is, without what a subclass makes of it."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    raise ParameterError(f"{name}: is a {type(value).__name__}; must be a NumPy array")


def same_memory(a: Array, b: Array) -> bool:
    """Return whether two arrays may overlap, by their bounds."""
    return np.may_share_memory(a, b)


def new_array(name: str, shape: tuple[int, ...], dtype: npt.DTypeLike, order: Any = "C") -> Array:
    """Return an array without values; `name` is the argument to blame if it is too large."""
    dtype = np.dtype(dtype)
    check_size(name, shape, dtype.itemsize)
    return np.empty(shape, dtype, order)


def cached(make: Any, *key: Any, **more: Any) -> Any:
    """Call a cached function; without the cache if an argument cannot be hashed."""
    try:
        return make(*key, **more)
    except ParameterError:
        raise
    except (TypeError, ValueError):
        # Most often a list where a number is meant: the plan's own checks have the right words.
        return make.__wrapped__(*key, **more)


class _Plan:
    """What all forward plans share: framing, the spectrum, the call."""

    _output: ClassVar[str]
    _order: ClassVar[Any] = "C"

    _arguments: dict[str, Any]
    _settings: dict[str, Any]
    _cores: dict[bool, _core.Frontend]
    _window: Array
    _hash: int
    n_fft: int
    hop_length: int
    center: bool
    precision: str

    def _make(self, arguments: dict[str, Any]) -> None:
        """Check the arguments and fill the plan: what `__init__` does, with every argument."""
        a = arguments
        check_choice("pad_tail", a["pad_tail"], ("exact", "librosa"))
        n_fft = check_int("n_fft", a["n_fft"], minimum=1, maximum=2**30)
        win_length = n_fft
        if a["win_length"] is not None:
            win_length = check_int("win_length", a["win_length"], minimum=1, maximum=n_fft)
        hop = max(1, win_length // 4)
        if a["hop_length"] is not None:
            hop = check_int("hop_length", a["hop_length"], minimum=1, maximum=_LARGEST)
        a = dict(
            a,
            n_fft=n_fft,
            win_length=win_length,
            hop_length=hop,
            window=freeze_window(a["window"], win_length),
            center=check_bool("center", a["center"]),
            pad_mode=check_choice("pad_mode", a["pad_mode"], tuple(PAD_MODES)),
            precision=resolve_precision(a["precision"]),
            engine=check_choice("engine", a["engine"], tuple(ENGINES)),
            planner=check_choice("planner", a["planner"], tuple(_EFFORTS)),
        )
        if a["input_scale"] is not None:
            a["input_scale"] = check_float("input_scale", a["input_scale"])
        window = a["window"]
        values = window.values if isinstance(window, _Window) else get_window(window, win_length)
        set_ = object.__setattr__
        set_(self, "n_fft", n_fft)
        set_(self, "hop_length", hop)
        set_(self, "center", a["center"])
        set_(self, "precision", a["precision"])
        set_(self, "_arguments", a)
        set_(self, "_hash", hash((type(self), *a.values())))
        set_(self, "_window", pad_window(values, n_fft))
        set_(self, "_cores", {})
        set_(self, "_settings", {})

    def _finish(self, **settings: Any) -> None:
        """Take the derived class's part of the core's configuration and make the usual core."""
        object.__setattr__(self, "_settings", settings)
        self._core(self.precision == "double")

    def _core(self, double: bool) -> _core.Frontend:
        """Return the C plan for a precision; two threads may both make it, and one is kept."""
        core = self._cores.get(double)
        if core is None:
            a = self._arguments
            settings = self._settings
            if not double and "amin" in settings:
                settings = dict(settings, amin=max(settings["amin"], _LEAST_F32))
            core = _core.Frontend(
                output=_OUTPUTS[self._output],
                double=double,
                engine=choose_engine(a["engine"], self.n_fft),
                effort=_EFFORTS[a["planner"]],
                n_fft=self.n_fft,
                hop_length=self.hop_length,
                window=self._window,
                center=self.center,
                pad_mode=PAD_MODES[a["pad_mode"]],
                librosa_tail=a["pad_tail"] == "librosa",
                input_scale=1.0 if a["input_scale"] is None else a["input_scale"],
                **settings,
            )
            core = self._cores.setdefault(double, core)
        return core

    # -- an immutable value ------------------------------------------------------------------------

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} plans are immutable: make another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} plans are immutable: make another one")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Plan) or type(self) is not type(other):
            return False
        return self._arguments == other._arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self._arguments)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._arguments.items())
        return f"{type(self).__name__}({inside})"

    # -- shape -------------------------------------------------------------------------------------

    @property
    def n_bins(self) -> int:
        """Rows of the output: bins, bands or coefficients."""
        return self._core(self.precision == "double").n_bins

    @property
    def engine(self) -> str:
        """Name of the FFT engine in use."""
        return self._core(self.precision == "double").engine

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal; 0 where no frame fits.

        Parameters
        ----------
        n_samples : int >= 0
            Length of the signal in samples.
        """
        n_samples = check_int("n_samples", n_samples, minimum=0, maximum=2**61)
        return self._core(self.precision == "double").n_frames(n_samples)

    def times(self, n_samples: int, *, sr: float | None = None) -> npt.NDArray[np.float64]:
        """Return the time in seconds of each frame of a signal.

        Parameters
        ----------
        n_samples : int >= 0
            Length of the signal in samples.
        sr : float > 0, optional
            Sample rate in Hz. Default: the plan's own, or 22050 where it has none.

        Returns
        -------
        np.ndarray, shape=(n_frames,)
            The time of the frame's centre if the plan centres frames, else of its first sample.
        """
        rate = self._arguments.get("sr", 22050) if sr is None else sr
        rate = check_float("sr", rate, exclusive_minimum=0)
        n_frames = self.n_frames(n_samples)
        check_size("n_samples", (n_frames,), 8)
        return np.arange(n_frames) * self.hop_length / rate

    # -- the call ----------------------------------------------------------------------------------

    def __call__(self, y: Any, out: Array | None = None, n_threads: int = 1) -> Array:
        """Transform signals.

        Parameters
        ----------
        y : array, shape=(..., n)
            float32, float64, or int16 if the plan has an `input_scale`. Any strides and byte
            order; everything with the buffer protocol, ``__array__`` or ``__dlpack__``.
        out : np.ndarray, shape=(..., n_bins, n_frames), optional
            Where to write the result, of the type that would be returned; any strides.
        n_threads : int >= 1
            Threads to use at the most, the calling one included. The result does not depend on it.

        Returns
        -------
        np.ndarray, shape=(..., n_bins, n_frames)
            `out`, or a new array. Real output has the type of `y` (float32 for int16), complex
            output the complex type of the same precision. What exceeds its range on the way is
            infinite, or NaN.

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
        real = _F64 if wide else _F32
        dtype = np.dtype(_COMPLEX[real]) if self._output == "complex" else real
        shape = (*y.shape[:-1], core.n_bins, n_frames)
        if out is None:
            out = new_array("y", shape, dtype, self._order)
        else:
            check_out(out, shape, dtype)
            if same_memory(y, out):
                raise ParameterError("out: must not overlap y")
        core.exec(y, out, check_threads(n_threads), False)
        return out

    def map(
        self,
        signals: Iterable[Any],
        *,
        n_threads: int = 1,
        pad: bool = False,
        out: Any = None,
    ) -> Any:
        """Transform signals of different lengths.

        Parameters
        ----------
        signals : sequence of arrays, shape=(n_i,)
            All of one type, each as for a call.
        n_threads : int >= 1
            Threads to use at the most. They share the frames of all signals.
        pad : bool
            Whether to return one array, with zeros behind the shorter results.
        out : list of np.ndarray, or np.ndarray if `pad`, optional
            Where to write the results, of the shapes and types that would be returned.

        Returns
        -------
        list of np.ndarray
            ``[self(y) for y in signals]``, bit for bit (a plan that adds noise takes the number of
            the signal for that of the channel).
        (np.ndarray, shape=(n_signals, n_bins, most frames), np.ndarray of int64), if `pad`
            The results and their numbers of frames.

        Raises
        ------
        ParameterError
            If a signal is none that a call would take, or `out` does not fit.

        Examples
        --------
        >>> import numpy as np, fastspec
        >>> mel = fastspec.MelSpectrogram(n_mels=40)
        >>> batch, lengths = mel.map([np.zeros(9000), np.zeros(5000)], pad=True)
        >>> batch.shape, lengths
        ((2, 40, 18), array([18, 10]))
        """
        return mapped(self, signals, check_threads(n_threads), check_bool("pad", pad), out)

    def _out_dtype(self, wide: bool) -> np.dtype[Any]:
        """Return the type of the result for float64 input, or for other input."""
        real = _F64 if wide else _F32
        return np.dtype(_COMPLEX[real]) if self._output == "complex" else real

    def _as_bins_first(self, out: Array) -> Array:
        """Return a view of a result as (..., n_bins, n_frames)."""
        return out

    def _shape(self, n_bins: int, n_frames: int) -> tuple[int, int]:
        """Return the shape of one result."""
        return (n_bins, n_frames)

    def _check_signal(self, y: Array) -> bool:
        """Check type and shape; return whether the samples are double."""
        dtype = y.dtype.newbyteorder("=") if y.dtype.byteorder not in "=|" else y.dtype
        if dtype == _I16:
            if self._arguments["input_scale"] is None:
                raise ParameterError(
                    "y: int16 samples need a plan with input_scale, such as input_scale=1/32768"
                )
        elif dtype != _F32 and dtype != _F64:
            raise ParameterError(f"y: has dtype {y.dtype}; must be float32, float64 or int16")
        if y.ndim == 0:
            raise ParameterError("y: is a scalar; must have at least one dimension")
        return dtype == _F64

    def _refuse_length(self, n: int) -> None:
        if n == 0:
            raise ParameterError("y: is empty; must hold at least one sample")
        raise ParameterError(
            f"n_fft={self.n_fft}: is too large for uncentered analysis of a signal of {n} samples"
        )

    def _stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the same transform of signals that arrive in pieces."""
        return Stream(self, channels, n_threads)


def _check_signals(plan: _Plan, signals: Iterable[Any]) -> tuple[list[Array], bool]:
    """Return the signals of `map` as arrays, and whether they are double."""
    try:
        items = None if isinstance(signals, str | bytes | dict) else iter(signals)
    except TypeError:
        items = None
    if items is None:
        raise ParameterError(f"signals={show(signals)}: must be a sequence of arrays")
    ys = [as_signal(y) for y in items]
    wide = False
    for i, y in enumerate(ys):
        wide = plan._check_signal(y)
        if y.ndim != 1:
            raise ParameterError(f"signals[{i}]: has shape {y.shape}; must have one dimension")
        if y.dtype.newbyteorder("=") != ys[0].dtype.newbyteorder("="):
            raise ParameterError(
                f"signals[{i}]: has dtype {y.dtype}; must be {ys[0].dtype} as signals[0]"
            )
    return ys, wide


def mapped(plan: Any, signals: Iterable[Any], n_threads: int, pad: bool, out: Any) -> Any:
    """Do what `map` of a plan does."""
    ys, wide = _check_signals(plan, signals)
    core = plan._core(wide or plan.precision == "double")
    dtype = plan._out_dtype(wide)
    n_frames = [core.n_frames(y.shape[0]) for y in ys]
    for y, n in zip(ys, n_frames, strict=True):
        if n == 0:
            plan._refuse_length(y.shape[0])
    shapes = [plan._shape(plan.n_bins, n) for n in n_frames]
    given = out is not None
    if pad:
        most = max(n_frames, default=0)
        shape = (len(ys), *plan._shape(plan.n_bins, most))
        if out is None:
            out = new_array("signals", shape, dtype)
        check_out(out, shape, dtype)
        views = [plan._as_bins_first(part) for part in out]
        outs = [part[:, :n] for part, n in zip(views, n_frames, strict=True)]
    else:
        if out is None:
            out = [new_array("signals", shape, dtype, plan._order) for shape in shapes]
        elif not isinstance(out, list | tuple) or len(out) != len(ys):
            raise ParameterError(f"out: must be a list of {len(ys)} arrays")
        for part, shape in zip(out, shapes, strict=True):
            check_out(part, shape, dtype)
        outs = [plan._as_bins_first(part) for part in out]
    if given and any(same_memory(y, part) for y in ys for part in outs):
        raise ParameterError("out: must not overlap the signals")
    if hasattr(core, "exec_list"):
        core.exec_list(ys, outs, n_threads)
    else:
        for y, part in zip(ys, outs, strict=True):
            core.exec(y, part, n_threads, False)
    if not pad:
        return out
    for part, n in zip(views, n_frames, strict=True):
        part[:, n:] = 0
    return out, np.array(n_frames, dtype=np.int64)


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Check an argument ``out``."""
    out = check_array("out", out)
    if out.shape != shape:
        raise ParameterError(f"out: has shape {out.shape}; must be {shape}")
    if out.dtype != dtype or not out.dtype.isnative:
        raise ParameterError(f"out: has dtype {out.dtype}; must be {dtype}")
    check_writable(out)


def check_writable(out: Array) -> None:
    """Check that an array can be written to, by aligned stores."""
    if not out.flags.writeable:
        raise ParameterError("out: is read-only; must be writable")
    if not out.flags.aligned:
        raise ParameterError("out: is not aligned to its type")


_P = TypeVar("_P", bound=_Plan)


def rebuild(plan: type[_P], arguments: dict[str, Any]) -> _P:
    """Return a plan from arguments, the absent ones by default, without its maker's warnings."""
    new = object.__new__(plan)
    defaults = plan.__init__.__kwdefaults__ or {}
    for name in arguments:
        if name not in defaults:
            raise ParameterError(f"{name}: is not an argument of {plan.__name__}")
    new._make({**defaults, **arguments})
    return new


class Stream:
    """A plan fed in pieces: the frames of any chunking are those of one call, bit for bit."""

    def __init__(self, plan: _Plan, channels: int, n_threads: int = 1) -> None:
        settings = plan._settings
        if settings.get("top_db", -1) >= 0 or settings.get("ref_max"):
            raise ParameterError(
                "top_db and ref='max' need the whole signal: a stream takes a fixed log_floor"
            )
        self._plan = plan
        self._n_threads = check_threads(n_threads)
        self._channels = check_int("channels", channels, minimum=1, maximum=2**20)
        self._streams: dict[bool, Any] = {}

    def _out(self, n_frames: int, wide: bool) -> Array:
        real = _F64 if wide else _F32
        dtype = np.dtype(_COMPLEX[real]) if self._plan._output == "complex" else real
        shape = (self._channels, self._plan.n_bins, n_frames)
        return new_array("chunk", shape, dtype, self._plan._order)

    def push(self, chunk: Any) -> Array:
        """Take the next samples of all channels; return the frames that they complete.

        Parameters
        ----------
        chunk : array, shape=(channels, n)
            n may be 0. All chunks have one type.

        Returns
        -------
        np.ndarray, shape=(channels, n_bins, k)
        """
        chunk = as_signal(chunk)
        wide = self._plan._check_signal(chunk)
        if chunk.ndim != 2 or chunk.shape[0] != self._channels:
            raise ParameterError(f"chunk: has shape {chunk.shape}; must be ({self._channels}, n)")
        if wide not in self._streams:
            if self._streams:
                raise ParameterError(f"chunk: has dtype {chunk.dtype}, unlike the chunks before it")
            core = self._plan._core(wide or self._plan.precision == "double")
            self._streams[wide] = _core.Stream(core, self._channels)
        stream = self._streams[wide]
        out = self._out(stream.ready(chunk.shape[-1]), wide)
        stream.push(chunk, out, self._n_threads)
        return out

    def flush(self) -> Array:
        """End the signals; return the last frames, shape=(channels, n_bins, k)."""
        for wide, stream in self._streams.items():
            out = self._out(stream.pending(), wide)
            stream.flush(out, self._n_threads)
            return out
        self._plan._refuse_length(0)
        raise AssertionError


class STFT(_Plan):
    """Short-time Fourier transform.

    Parameters
    ----------
    n_fft : int >= 1
        Samples per frame and size of the FFT.
    hop_length : int >= 1, optional
        Samples from one frame to the next. Default: ``win_length // 4``.
    win_length : int in [1, n_fft], optional
        Length of the window, which is centred in the frame. Default: `n_fft`.
    window : str, tuple, float, callable or array
        See `fastspec.get_window`; periodic.
    center : bool
        Whether frame t is centred on sample ``t * hop_length``, or begins there.
    pad_mode : {'constant', 'edge', 'linear_ramp', 'reflect', 'symmetric', 'empty'}
        What centred frames hold beyond the ends of the signal, as `numpy.pad` has it; 'empty' is
        zeros.
    pad_tail : {'exact', 'librosa'}
        With ``'librosa'``, ``pad_mode='reflect'`` repeats a peculiarity of librosa 0.11 in the last
        sample of a last frame that is centred on the signal's end. It concerns windows that do
        not fall to zero.
    input_scale : float, optional
        Factor for int16 input, which is refused without it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `fastspec.get_precision`.
    engine : {'auto', 'lanes', 'fftw'}
        FFT engine. ``'auto'`` is ``'lanes'``, the built-in one, for even sizes from 16 to 131072
        without a prime factor above 5, and ``'fftw'`` for the others where pyfftw is installed;
        the environment variable ``FASTSPEC_FFT`` overrides it.
    planner : {'estimate', 'measure'}
        Whether FFTW plans at once, or times candidates first (up to some seconds).

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    EngineError
        If there is no FFT library.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> stft = fastspec.STFT(n_fft=1024)
    >>> stft(np.zeros((2, 22050), np.float32)).shape
    (2, 513, 87)
    """

    _output = "complex"
    _order = "F"

    def __init__(
        self,
        *,
        n_fft: int = 2048,
        hop_length: int | None = None,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        super()._make(arguments)
        self._finish()

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each bin as a fraction of the sample rate, shape=(n_bins,)."""
        return fft_frequencies(sr=1, n_fft=self.n_fft)


class Spectrogram(_Plan):
    """Magnitudes of the STFT, raised to a power.

    Parameters
    ----------
    power : float > 0
        Exponent of the magnitude: 1 for amplitude, 2 for power.
    n_fft, hop_length, win_length, window, center, pad_mode, pad_tail, input_scale, precision, \
engine, planner
        See `STFT`.
    """

    _output = "spectrum"

    def __init__(
        self,
        *,
        n_fft: int = 2048,
        hop_length: int | None = None,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        arguments["power"] = check_float("power", arguments["power"], exclusive_minimum=0)
        super()._make(arguments)
        self._finish(power=arguments["power"])

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each bin as a fraction of the sample rate, shape=(n_bins,)."""
        return fft_frequencies(sr=1, n_fft=self.n_fft)


class _MelPlan(_Plan):
    """The mel bank and the logarithm, for mel spectrograms and MFCCs."""

    _has_empty_bands: bool

    def _warn(self, stacklevel: int) -> None:
        """Warn if bands are empty; a stacklevel of 1 is the line that calls this."""
        if self._has_empty_bands:
            warn_empty_bands(stacklevel + 1)

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each mel band in Hz, shape=(n_mels,)."""
        a = self._arguments
        fmax = a["sr"] / 2 if a["fmax"] is None else a["fmax"]
        return mel_frequencies(a["n_mels"] + 2, fmin=a["fmin"], fmax=fmax, htk=a["htk"])[1:-1]

    def _mel_settings(self, a: dict[str, Any]) -> dict[str, Any]:
        """Check the mel arguments in place; return the core's settings."""
        a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
        a["n_mels"] = check_int("n_mels", a["n_mels"], minimum=1, maximum=2**24)
        a["power"] = check_float("power", a["power"], exclusive_minimum=0)
        a["amin"] = check_float("amin", a["amin"], exclusive_minimum=0, maximum=_MOST_F32)
        a["n_fft"] = check_int("n_fft", a["n_fft"], minimum=1, maximum=2**30)
        a["log"] = _check_log(a["log"])
        ref_max = a["ref"] == "max" if isinstance(a["ref"], str) else False
        if isinstance(a["ref"], str):
            check_choice("ref", a["ref"], ("max",))
            if a["log"] is None:
                raise ParameterError("ref='max': needs a log other than None")
        else:
            a["ref"] = check_float("ref", a["ref"], exclusive_minimum=0)
        for name in ("top_db", "log_floor"):
            if a[name] is not None:
                if name == "top_db":
                    a[name] = check_float(name, a[name], minimum=0)
                else:
                    a[name] = check_float(name, a[name], maximum=_MOST_LOG)
                if a["log"] is None:
                    raise ParameterError(f"{name}={a[name]}: needs a log other than None")
        a["norm"] = check_norm("norm", a["norm"])
        a["bank_dtype"] = check_dtype("bank_dtype", a["bank_dtype"], (_F32, _F64)).name
        bank, has_empty_bands = make_bank(
            sr=a["sr"],
            n_fft=a["n_fft"],
            n_mels=a["n_mels"],
            fmin=a["fmin"],
            fmax=a["fmax"],
            htk=a["htk"],
            norm=a["norm"],
            dtype=a["bank_dtype"],
        )
        object.__setattr__(self, "_has_empty_bands", has_empty_bands)
        a["fmin"] = float(a["fmin"])
        a["fmax"] = None if a["fmax"] is None else float(a["fmax"])
        a["htk"] = bool(a["htk"])
        return {
            "power": a["power"],
            "bands": np.ascontiguousarray(bank, dtype=np.float64),
            "n_bands": a["n_mels"],
            "log": _LOGS[a["log"]],
            "amin": a["amin"],
            "ref": 1.0 if ref_max else a["ref"],
            "ref_max": ref_max,
            "top_db": -1.0 if a["top_db"] is None else a["top_db"],
            "log_floor": -math.inf if a["log_floor"] is None else a["log_floor"],
        }


def _check_log(log: object) -> str | None:
    if log is None or (isinstance(log, str) and log in _LOGS):
        return log
    return check_choice("log", log, ("db", "ln", "log10"))


class MelSpectrogram(_MelPlan):
    """Mel spectrogram, linear or logarithmic, without the spectrogram in between.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_fft, hop_length, win_length, window, center, pad_mode, pad_tail, input_scale, precision, \
engine, planner
        See `STFT`.
    power : float > 0
        Exponent of the magnitude before the bands are summed.
    n_mels : int >= 1
        Bands.
    fmin, fmax : float
        Lowest and highest frequency in Hz. Default: 0 and ``sr / 2``.
    htk : bool
        HTK's mel scale instead of Slaney's.
    norm : {'slaney', None, 1, 2, inf}
        See `fastspec.mel_filter`.
    log : {None, 'db', 'ln', 'log10'}
        ``'db'`` is ``10 log10(max(amin, x)) - 10 log10(max(amin, ref))``; the others likewise.
    amin : float > 0
        Smallest value before the logarithm.
    ref : float > 0, or 'max'
        Reference of the logarithm; 'max' is the largest value of each signal.
    top_db : float >= 0, optional
        Raise what is more than this below the largest value of its signal, in units of `log`.
    log_floor : float, optional
        Raise what is below this, in units of `log`.
    bank_dtype : dtype
        Type that the filter bank is rounded to; librosa's is float32.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> mel = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=80, log="db")
    >>> mel(np.zeros(16000, np.float32)).shape
    (80, 101)
    """

    _output = "bands"

    def __init__(
        self,
        *,
        sr: float = 22050,
        n_fft: int = 2048,
        hop_length: int | None = 512,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float | None = None,
        htk: bool = False,
        norm: str | float | None = "slaney",
        log: str | None = None,
        amin: float = 1e-10,
        ref: float | str = 1.0,
        top_db: float | None = None,
        log_floor: float | None = None,
        bank_dtype: npt.DTypeLike = np.float32,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)
        self._warn(2)

    def _make(self, arguments: dict[str, Any]) -> None:
        settings = self._mel_settings(arguments)
        super()._make(arguments)
        self._finish(**settings)


class MFCC(_MelPlan):
    """Mel-frequency cepstral coefficients, without any spectrogram in between.

    The mel spectrogram is compressed by `log`, raised to `top_db` below its largest value, and
    transformed along the bands by a DCT.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_mfcc : int >= 1
        Coefficients; at most `n_mels` are returned.
    dct_type : {1, 2, 3}
        Type of the DCT.
    dct_norm : {'ortho', None}
        Its normalisation, as `scipy.fft.dct` has it.
    lifter : float >= 0
        Coefficient i is multiplied by ``1 + lifter / 2 * sin(pi * (i + 1) / lifter)``; 0 is off.
    top_db : float >= 0, optional
        See `MelSpectrogram`. Default: 80.
    n_fft, hop_length, win_length, window, center, pad_mode, power, n_mels, fmin, fmax, htk, norm, \
log, amin, ref, log_floor, bank_dtype, pad_tail, input_scale, precision, engine, planner
        See `MelSpectrogram`; `ref` is a number.
    """

    _output = "cepstrum"

    def __init__(
        self,
        *,
        sr: float = 22050,
        n_mfcc: int = 20,
        dct_type: int = 2,
        dct_norm: str | None = "ortho",
        lifter: float = 0,
        n_fft: int = 2048,
        hop_length: int | None = 512,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float | None = None,
        htk: bool = False,
        norm: str | float | None = "slaney",
        log: str | None = "db",
        amin: float = 1e-10,
        ref: float = 1.0,
        top_db: float | None = 80.0,
        log_floor: float | None = None,
        bank_dtype: npt.DTypeLike = np.float32,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)
        self._warn(2)

    def _make(self, arguments: dict[str, Any]) -> None:
        a = arguments
        a["ref"] = check_float("ref", a["ref"], exclusive_minimum=0)
        settings = self._mel_settings(a)
        a["n_mfcc"] = check_int("n_mfcc", a["n_mfcc"], minimum=1, maximum=2**24)
        a["lifter"] = check_float("lifter", a["lifter"], minimum=0)
        if a["dct_norm"] is not None:
            check_choice("dct_norm", a["dct_norm"], ("ortho",))
        matrix = dct_matrix(
            a["n_mels"],
            a["n_mfcc"],
            dct_type=a["dct_type"],
            norm=a["dct_norm"],
            lifter=a["lifter"],
        )
        a["dct_type"] = int(a["dct_type"])
        super()._make(a)
        self._finish(**settings, dct=matrix, n_ceps=matrix.shape[0])


def warn_long_frame(n_fft: int, n: int, stacklevel: int) -> None:
    """Warn, as librosa does, that a frame is longer than the signal."""
    if n_fft > n:
        message = f"n_fft={n_fft} is too large for input signal of length={n}"
        warnings.warn(message, stacklevel=stacklevel + 1)


PadFunction = Callable[..., Any]
