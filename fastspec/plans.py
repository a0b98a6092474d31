"""What plans have in common: frozen arguments, checked signals; calls, lists, streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from fastspec import _core, limits
from fastspec._core import DeadlineError
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    check_size,
    show,
)
from fastspec.config import ENGINES, check_threads, choose_engine, resolve_precision
from fastspec.windows import WindowSpec, get_window, pad_window

__all__ = [
    "PAD_MODES",
    "Stream",
    "as_signal",
    "cached",
    "check_array",
    "check_out",
    "check_writable",
    "freeze_window",
    "mapped",
    "new_array",
    "rebuild",
    "same_memory",
]

Array = npt.NDArray[Any]

_OUTPUTS = {"complex": 0, "spectrum": 1, "bands": 2, "cepstrum": 3}
_EFFORTS = {"estimate": 0, "measure": 1}
PAD_MODES = {"constant": 0, "empty": 0, "edge": 1, "linear_ramp": 2, "reflect": 3, "symmetric": 4}

_COMPLEX = {np.dtype(np.float32): np.complex64, np.dtype(np.float64): np.complex128}
_F32, _F64, _I16 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16)
_LARGEST = 2**60
_LEAST_F32 = float(np.finfo(np.float32).tiny)


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
    size = dtype.itemsize
    for n in shape:
        size *= n
    if not 0 < size <= _LARGEST or len(shape) > 32:  # the rest is never too large
        check_size(name, shape, dtype.itemsize)
    if limits.are_set:
        limits.check_output(shape, dtype)
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
        n_threads : int >= 1, or -1
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
        n_threads : int >= 1, or -1
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
        """Check type, shape and size; return whether the samples are double."""
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
        if limits.are_set:
            limits.check_samples(y.size)
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
    if limits.are_set:
        limits.check_samples(sum(y.size for y in ys))
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
    if limits.are_set:
        limits.check_output(shape, dtype)
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
        self._over = ""

    def _check_open(self, what: str) -> None:
        if self._over:
            raise ParameterError(f"{what}: {self._over}; a new signal needs a new stream")

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

        Raises
        ------
        ParameterError
            If the chunk does not fit, or the stream is finished: `flush` was called.
        """
        self._check_open("chunk")
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
        self._run(stream.push, chunk, out)
        return out

    def _run(self, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            call(*arguments, self._n_threads)
        except (ParameterError, RuntimeError, MemoryError):  # before anything was done
            raise
        except DeadlineError as error:
            if error.started:
                self._over = "the deadline passed within a call"
            raise
        except BaseException:
            self._over = "the stream was interrupted within a call"
            raise

    def flush(self) -> Array:
        """End the signals; return the last frames, shape=(channels, n_bins, k)."""
        self._check_open("flush")
        for wide, stream in self._streams.items():
            out = self._out(stream.pending(), wide)
            self._run(stream.flush, out)
            self._over = "the stream is finished, since flush was called"
            return out
        self._plan._refuse_length(0)
        raise AssertionError
