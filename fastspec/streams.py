"""Streams: transforms of signals that arrive in pieces, and signals of frames that do."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._core import DeadlineError
from fastspec._validate import ParameterError, check_int
from fastspec.config import check_threads
from fastspec.plans import as_signal, roomy, same_memory

__all__ = ["InverseStream", "Stream"]

Array = npt.NDArray[Any]

_MOST_CHANNELS = 2**20
_FINISHED = "the stream is finished, since flush was called; reset() begins a new signal"
_LATE = "the deadline passed within a call; reset() begins a new signal"
_INTERRUPTED = "the stream was interrupted within a call; reset() begins a new signal"


class _Core(Protocol):
    """What a plan gives a stream to work with: `_core.Stream`, or what has its methods."""

    @property
    def latency(self) -> int: ...
    def ready(self, n: int, /) -> int: ...
    def push(self, given: Any, out: Any, n_threads: int, /) -> int: ...
    def reset(self) -> None: ...
    def copy(self) -> Any: ...


_S = TypeVar("_S", bound="_Base")


class _Base:
    """What both ways have in common: what the stream is of, and how far it is."""

    _core: Any

    def __init__(self, plan: Any, channels: int, n_threads: int) -> None:
        self._plan = plan
        self._channels = check_int("channels", channels, minimum=1, maximum=_MOST_CHANNELS)
        self._n_threads = check_threads(n_threads)
        self._begin()

    def _begin(self) -> None:
        self._dtype: np.dtype[Any] | None = None  # of this signal's chunks
        self._over = ""  # why nothing more can be pushed
        self._taken = self._given = 0
        self._lead: tuple[int, ...] = ()  # the last chunk's dimensions before that of time

    @property
    def plan(self) -> Any:
        """The plan whose stream this is."""
        return self._plan

    @property
    def channels(self) -> int:
        """Signals that advance together."""
        return self._channels

    def reset(self) -> None:
        """Forget everything: what is pushed next begins a new signal.

        This may be done at any time, and must be after `flush` and after a call that was
        interrupted. The new signal may have another type. No memory is given back or taken.
        """
        self._core.reset()
        self._begin()

    def copy(self: _S) -> _S:
        """Return another stream in the same state, which goes on by itself."""
        core = self._core.copy()
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._core = core
        return twin

    def __copy__(self: _S) -> _S:
        return self.copy()

    def __deepcopy__(self: _S, memo: dict[int, Any]) -> _S:
        return self.copy()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__}: cannot be pickled; pickle the plan, and begin a stream where "
            "it is unpickled"
        )

    def _refuse(self, name: str, given: Array, shape: str) -> NoReturn:
        alone = shape.replace("channels, ", "") if self._channels == 1 else ""
        shape = shape.replace("channels", str(self._channels))
        raise ParameterError(
            f"{name}: has shape {given.shape}; must be {shape}" + (f" or {alone}" if alone else "")
        )

    def _note(self, error: BaseException) -> None:
        """Take note of an exception from the core: these come before anything is done."""
        if isinstance(error, DeadlineError):
            self._over = _LATE if error.started else self._over
        elif not isinstance(error, ParameterError | RuntimeError | MemoryError):
            self._over = _INTERRUPTED

    def _call(self, call: Any, *arguments: Any) -> int:
        try:
            n: int = call(*arguments)
        except BaseException as error:
            self._note(error)
            raise
        return n


class Stream(_Base, _core.Pusher):
    """A transform fed in pieces: its frames are those of one call, bit for bit.

    Made by ``stream`` of a plan. Chunks may have any length. Memory is bounded and does not grow;
    nothing is allocated after the first push but what is returned (nothing with `out`, but for
    Python's own small objects), at ``n_threads=1``. A stream is used by one thread at a time.

    Parameters
    ----------
    plan : STFT, MelSpectrogram, FrontEnd, CQT, Chroma, NSGT ...
        Any plan whose definition does not need the whole signal.
    channels : int >= 1
        Signals that advance together.
    n_threads : int >= 1
        Threads to use at the most. The frames do not depend on it.

    Raises
    ------
    ParameterError
        If the plan needs the whole signal, or an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> mel = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=80, log="db")
    >>> stream = mel.stream()
    >>> y = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> parts = [stream.push(y[i : i + 300]) for i in range(0, 16000, 300)]
    >>> parts.append(stream.flush())
    >>> bool((np.concatenate(parts, axis=-1) == mel(y)).all())
    True
    """

    def __init__(self, plan: Any, channels: int = 1, n_threads: int = 1) -> None:
        plan._check_stream()
        super().__init__(plan, channels, n_threads)
        self._double: bool = plan.precision == "double"
        self._core = plan._stream_core(self._double, self._channels)

    def _begin(self) -> None:
        super()._begin()
        self._go_long()
        self._make: Any = None  # makes the arrays that a push returns
        # The last `out`, what the core writes it through, and how many frames that has room for.
        self._seen: tuple[Any, Any, int] = (None, None, 0)

    def __repr__(self) -> str:
        return (
            f"<stream of {self._plan!r}, channels={self._channels}: "
            f"{self.n_samples} samples, {self.n_frames} frames>"
        )

    @property
    def latency(self) -> int:
        """Samples that a frame waits for.

        Frame t is returned by the push with which `n_samples` reaches ``t * hop_length + latency``
        (``hop_length * stack_stride`` for a `FrontEnd` that stacks frames, ``slice_length / 2``
        for an `NSGT`). Each plan's ``stream`` says how much that is. It depends on the plan alone,
        but for `CQT` and `Chroma` on the precision as well.
        """
        latency: int = self._core.latency
        return latency

    @property
    def n_samples(self) -> int:
        """Samples of each channel that were pushed, since the signal's first."""
        return self._taken + int(getattr(self._core, "taken", 0))

    @property
    def n_frames(self) -> int:
        """Frames of each channel that were returned, since the signal's first."""
        return self._given + int(getattr(self._core, "given", 0))

    @property
    def pending(self) -> int:
        """Frames that `flush` would return now; 0 after it."""
        return 0 if self._over or not self.n_samples else int(self._core.pending())

    def ready(self, n: int) -> int:
        """Return how many frames a push of n more samples would return.

        Parameters
        ----------
        n : int >= 0
            Samples of each channel.
        """
        n = check_int("n", n, minimum=0, maximum=2**56)
        return 0 if self._over else self._core.ready(n)

    def _push(self, chunk: Any, out: Any) -> Any:
        """Push by the long way, which takes whatever `push` may be given and says what is amiss."""
        if self._over:
            raise ParameterError(f"chunk: {self._over}")
        if type(chunk) is not np.ndarray:
            chunk = as_signal(chunk)
        dtype, shape = chunk.dtype, chunk.shape
        if dtype is not self._dtype:
            self._check_dtype(chunk)
        lead, make, core = shape[:-1], self._make, self._core
        if make is None or lead != self._lead:
            if lead != (self._channels,) and (lead != () or self._channels != 1):
                self._refuse("chunk", chunk, "(channels, n)")
            make = self._plan._stream_maker(core, lead, dtype.itemsize == 8)
        n = shape[-1]
        if out is None:
            result, target = make(core.ready(n))
        else:
            k = core.ready(n)
            seen, target, room = self._seen
            if seen is not out or k > room or lead != self._lead:
                target = self._plan._stream_fit(core, lead, k, dtype.itemsize == 8, out)
                if type(target) is np.ndarray:
                    self._seen = (out, target, target.shape[-1])
            if any(same_memory(chunk, part) for part in _parts(target)):
                raise ParameterError("out: must not overlap chunk")
        try:
            k = core.push(chunk, target, self._n_threads)
        except BaseException as error:
            self._note(error)
            raise
        self._dtype, self._lead, self._make = dtype, lead, make
        self._taken += n
        self._given += k
        if lead == () and dtype.isnative:  # a live signal's chunks are short, and all alike
            self._learn(core, dtype)
        return result if out is None else k

    def flush(self, out: Any = None) -> Any:
        """End the signals; return the last frames.

        Before the next push the stream must be `reset`.

        Parameters
        ----------
        out : np.ndarray, optional
            As for `push`; room for `pending` frames is enough.

        Returns
        -------
        np.ndarray, shape=(channels, n_bins, k) or (n_bins, k)
            The frames, with a dimension for channels if the last chunk had one. With `out`, their
            number k.

        Raises
        ------
        ParameterError
            If the signals are so short that a call would refuse them; more may then be pushed.
        """
        if self._over:
            raise ParameterError(f"flush: {self._over}")
        taken = self.n_samples
        if taken == 0 or self._plan._n_outputs(taken) == 0:
            self._plan._refuse_length(taken)
        core, make = self._core, self._make
        assert make is not None
        assert self._dtype is not None
        if out is None:
            result, target = make(core.pending())
        else:
            wide = self._dtype.itemsize == 8
            target = self._plan._stream_fit(core, self._lead, core.pending(), wide, out)
        k = self._call(core.flush, target, self._n_threads)
        self._given += k
        self._over = _FINISHED
        self._go_long()
        return result if out is None else k

    def _note(self, error: BaseException) -> None:
        super()._note(error)
        if self._over:
            self._go_long()

    def _learn(self, core: Any, dtype: np.dtype[Any]) -> None:
        """Take the short way for chunks like the last one, if there is one."""
        frames_first, bins_adjacent = self._plan._stream_layout()
        types = (np.ndarray, np.empty, dtype, self._plan._out_dtype(dtype.itemsize == 8))
        self._go_short(core, *types, frames_first, bins_adjacent, self._n_threads)

    def _check_dtype(self, chunk: Array) -> None:
        """Check a chunk's type; with the first chunk, take the core for it."""
        wide = self._plan._check_signal(chunk)
        if self._dtype is not None:
            if chunk.dtype.newbyteorder("=") != self._dtype.newbyteorder("="):
                raise ParameterError(
                    f"chunk: has dtype {chunk.dtype}, unlike the chunks before it: {self._dtype}"
                )
            return
        double = bool(wide or self._plan.precision == "double")
        if double != self._double:
            self._core = self._plan._stream_core(double, self._channels)
            self._double = double


class InverseStream(_Base):
    """An inverse fed in pieces: its samples are those of one call, bit for bit.

    Made by ``inverse_stream`` of a plan. Memory is bounded and does not grow; nothing is allocated
    after the first push but what is returned, at ``n_threads=1``. A stream is used by one thread
    at a time.

    Parameters
    ----------
    plan : STFT or NSGT with slices
        The plan of the transform.
    channels : int >= 1
        Signals that advance together.
    n_threads : int >= 1
        Threads to use at the most. The samples do not depend on it.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> stft = fastspec.STFT(n_fft=512)
    >>> stream, back = stft.stream(), stft.inverse_stream()
    >>> y = np.random.default_rng(0).standard_normal(16000)
    >>> parts = [back.push(stream.push(y[i : i + 300])) for i in range(0, 16000, 300)]
    >>> parts += [back.push(stream.flush()), back.flush(length=16000)]
    >>> bool(np.abs(np.concatenate(parts) - y).max() < 1e-14)
    True
    """

    def __init__(self, plan: Any, channels: int = 1, n_threads: int = 1) -> None:
        plan._check_inverse_stream()
        super().__init__(plan, channels, n_threads)
        self._double: bool = plan.precision == "double"
        self._core = plan._inverse_stream_core(self._double, self._channels)

    def __repr__(self) -> str:
        return (
            f"<inverse stream of {self._plan!r}, channels={self._channels}: "
            f"{self._taken} frames, {self._given} samples>"
        )

    @property
    def latency(self) -> int:
        """Samples that a sample waits for.

        Sample i is returned by the push of frame number ``(i + latency) // hop_length``, counted
        from 0 (for an `NSGT`, of that slice, with ``slice_length / 2`` for the hop).
        """
        latency: int = self._core.latency
        return latency

    @property
    def n_frames(self) -> int:
        """Frames (or slices) of each channel that were pushed, since the first."""
        return self._taken

    @property
    def n_samples(self) -> int:
        """Samples of each channel that were returned, since the signal's first."""
        return self._given

    @property
    def pending(self) -> int:
        """Samples that `flush` would return now, without a `length`; 0 after it."""
        return 0 if self._over or not self._taken else int(self._core.pending(-1))

    def ready(self, n: int) -> int:
        """Return how many samples a push of n more frames would return.

        Parameters
        ----------
        n : int >= 0
            Frames (or slices) of each channel.
        """
        n = check_int("n", n, minimum=0, maximum=2**40)
        return 0 if self._over else self._core.ready(n)

    def push(self, C: Any, out: Array | None = None) -> Any:
        """Take the next frames of all channels; return the samples that they complete.

        Parameters
        ----------
        C : np.ndarray, shape=(channels, n_bins, k) or, of one channel, (n_bins, k)
            k may be 0. complex64 or complex128; all of a signal have one type. For an `NSGT`, what
            its ``stream`` returns.
        out : np.ndarray, shape=(channels, m) or (m,), optional
            Where to write the samples, of the type that would be returned; m is at least
            ``ready(k)``, and the first ones are written.

        Returns
        -------
        np.ndarray, shape=(channels, n) or, without a dimension for channels in `C`, (n,)
            float32, or float64 for complex128. With `out`, the number n of samples.

        Raises
        ------
        ParameterError
            If `C` or `out` does not fit, or the stream is finished or was interrupted. The stream
            then is as it was.
        RuntimeError
            If another thread is using the stream.
        """
        if self._over:
            raise ParameterError(f"C: {self._over}")
        given, dtype, n, flat = self._plan._inverse_chunk(self._core, C, self._channels)
        self._check_dtype(dtype)
        lead = () if flat else (self._channels,)
        result, target = self._out(self._core.ready(n), lead, dtype, out)
        if out is not None and any(same_memory(target, part) for part in _parts(given)):
            raise ParameterError("out: must not overlap C")
        n_samples = self._call(self._core.push, given, target, self._n_threads)
        self._dtype = dtype
        self._lead = lead
        self._taken += n
        self._given += n_samples
        return result if out is None else n_samples

    def flush(self, out: Array | None = None, *, length: int | None = None) -> Any:
        """End the signals; return the rest of their samples.

        Before the next push the stream must be `reset`.

        Parameters
        ----------
        out : np.ndarray, shape=(channels, m) or (m,), optional
            As for `push`.
        length : int, optional
            Samples of the whole signal, at least those returned so far. Default: as many as the
            inverse of all frames in one call has.

        Returns
        -------
        np.ndarray, shape=(channels, n) or (n,)
            The samples, with a dimension for channels if the last chunk had one. With `out`, their
            number n.
        """
        if self._over:
            raise ParameterError(f"flush: {self._over}")
        if self._taken == 0 or self._dtype is None:
            raise ParameterError("C: is empty; must hold at least one frame")
        if length is not None:
            length = check_int("length", length, minimum=max(1, self._given), maximum=2**60)
            self._plan._check_inverse_length(length, self._taken)
        total = -1 if length is None else length
        result, target = self._out(self._core.pending(total), self._lead, self._dtype, out)
        n = self._call(self._core.flush, target, total, self._n_threads)
        self._given += n
        self._over = _FINISHED
        return result if out is None else n

    def _out(
        self, n: int, lead: tuple[int, ...], dtype: np.dtype[Any], out: Array | None
    ) -> tuple[Array, Array]:
        real = np.dtype(np.float64 if dtype.itemsize == 16 else np.float32)
        array = roomy("C", (*lead, n), real, out)
        return array, array[..., :n]

    def _check_dtype(self, dtype: np.dtype[Any]) -> None:
        if self._dtype is not None:
            if dtype != self._dtype:
                raise ParameterError(
                    f"C: has dtype {dtype}, unlike the chunks before it: {self._dtype}"
                )
            return
        double = dtype.itemsize == 16 or self._plan.precision == "double"
        if double != self._double:
            self._core = self._plan._inverse_stream_core(double, self._channels)
            self._double = double


def _parts(arrays: Any) -> Any:
    return arrays if isinstance(arrays, list) else (arrays,)
