"""What plans have in common: frozen arguments, checked signals; calls, lists, streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from fastspec import _core, limits
from fastspec._arrays import (
    as_signal,
    check_array,
    check_out,
    check_room,
    check_writable,
    new_array,
    roomy,
    same_memory,
)
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    check_size,
    show,
)
from fastspec.access import RandomAccess, is_file
from fastspec.config import ENGINES, check_threads, choose_engine, resolve_precision
from fastspec.stream_group import StreamGroup
from fastspec.windows import WindowSpec, get_window, pad_window

if TYPE_CHECKING:
    from fastspec.streams import Stream

__all__ = [
    "EFFORTS",
    "PAD_MODES",
    "as_signal",
    "cached",
    "check_array",
    "check_out",
    "check_room",
    "check_writable",
    "freeze_window",
    "mapped",
    "new_array",
    "rebuild",
    "roomy",
    "same_memory",
]

Array = npt.NDArray[Any]

_OUTPUTS = {"complex": 0, "spectrum": 1, "bands": 2, "cepstrum": 3}
EFFORTS = {"estimate": 0, "measure": 1}
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


def cached(make: Any, *key: Any, **more: Any) -> Any:
    """Call a cached function; without the cache if an argument cannot be hashed."""
    try:
        return make(*key, **more)
    except ParameterError:
        raise
    except (TypeError, ValueError):
        # Most often a list where a number is meant: the plan's own checks have the right words.
        return make.__wrapped__(*key, **more)


class _Plan(RandomAccess):
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
            planner=check_choice("planner", a["planner"], tuple(EFFORTS)),
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
                effort=EFFORTS[a["planner"]],
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
        out : np.ndarray, shape=(..., n_bins, n_frames), optional
            Where to write the result, of the type that would be returned; any strides.
        n_threads : int >= 1, or -1
            Threads to use at the most, the calling one included. The result does not depend on it.
        frames : slice or range, optional
            Compute these frames alone, at their cost: the result is that of the whole call and
            then ``[..., frames]``, bit for bit. See `crop`. Default: all.

        Returns
        -------
        np.ndarray, shape=(..., n_bins, n_frames)
            `out`, or a new array. Real output has the type of `y` (float32 for int16), complex
            output the complex type of the same precision. What exceeds its range on the way is
            infinite, or NaN.

        Raises
        ------
        ParameterError
            If `y` is empty, too short, not finite or of another type, if `out` does not fit, or
            if `frames` are given to a plan that needs the whole signal.
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

    # -- streams -----------------------------------------------------------------------------------

    def stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the same transform of signals that arrive in pieces.

        Its latency, as `Stream.latency` defines it, is ``n_fft - n_fft // 2`` samples if the plan
        centres frames, else `n_fft`. With ``pad_mode='reflect'`` the first frames wait until there
        are ``n_fft // 2 + 1`` samples, with 'symmetric' until there are ``n_fft // 2``.

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
            those of one call.

        Raises
        ------
        ParameterError
            If the plan needs the whole signal: for its `top_db` or ``ref='max'``.
        """
        from fastspec.streams import Stream  # which needs this module

        return Stream(self, channels, n_threads)

    def stream_group(
        self,
        n_threads: int = 1,
        capacity: int | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> StreamGroup:
        """Return a group of independent live streams, which one call advances.

        Parameters
        ----------
        n_threads : int >= 1
            Threads to use at the most. They share the streams of a call.
        capacity : int >= 1, optional
            The most streams; memory for them is taken at once. Default: no limit, and memory is
            taken as streams join.
        dtype : {'float32', 'float64'}
            Type of the samples; a group for float32 takes int16 too, if the plan has an
            `input_scale`. The frames have the type that a call on such samples returns.

        Returns
        -------
        StreamGroup
            Its streams `join` and `leave` at any time; ``push(ids, chunks)`` and ``flush(ids)``
            return frames as soon as they are complete, bit for bit those of one call.

        Raises
        ------
        ParameterError
            If the plan needs the whole signal (`top_db`, a reference taken from the signal,
            normalisation over time), or pads or resamples it as a whole.
        """
        return StreamGroup(self, n_threads, capacity, dtype)

    def _check_stream(self) -> None:
        """Refuse what needs the whole signal."""
        a = self._arguments
        if a.get("top_db") is not None:
            raise ParameterError(
                f"top_db={show(a['top_db'])}: needs the largest value of the whole signal; for a "
                "stream give top_db=None and a fixed log_floor=..."
            )
        if isinstance(a.get("ref"), str):
            raise ParameterError(
                f"ref={show(a['ref'])}: needs the largest value of the whole signal; for a stream "
                "give a number as ref=..."
            )

    def _stream_core(self, double: bool, channels: int) -> Any:
        """Return what a stream works with."""
        return _core.Stream(self._core(double), channels)

    def _stream_maker(
        self, core: Any, lead: tuple[int, ...], wide: bool
    ) -> Callable[[int], tuple[Any, Any]]:
        """Return what makes an array for n frames, and what the core writes it through."""
        dtype, n_bins = self._out_dtype(wide), core.n_bins
        frames_first, bins_adjacent = self._stream_layout()

        def make(n: int) -> tuple[Array, Array]:
            shape = (*lead, n, n_bins) if bins_adjacent else (*lead, n_bins, n)
            out = np.empty(shape, dtype) if n < 4096 else new_array("chunk", shape, dtype)
            if not bins_adjacent:
                return out, out
            bins_first = out.swapaxes(-1, -2)
            return out if frames_first else bins_first, bins_first

        return make

    def _stream_layout(self) -> tuple[bool, bool]:
        """Return whether frames are the rows of what a stream returns, and bins neighbours."""
        frames_first = self._order != "F" and not self._shape(0, 1)[1]
        return frames_first, frames_first or self._order == "F"

    def _stream_fit(self, core: Any, lead: tuple[int, ...], n: int, wide: bool, out: Any) -> Any:
        """Check an `out` for n frames or more; return what the core writes it through."""
        shape = (*lead, *self._shape(core.n_bins, n))
        check_room(out, shape, self._out_dtype(wide), axis=-1 if self._shape(0, 1)[1] else -2)
        return self._as_bins_first(out)

    def _n_outputs(self, n_samples: int) -> int:
        """Return how many frames a stream of so many samples gives."""
        return self.n_frames(n_samples)


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
