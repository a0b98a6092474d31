"""Many independent live streams of one plan, advanced by one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import same_memory
from fastspec._validate import ParameterError, check_int, show
from fastspec.config import check_threads

__all__ = ["StreamGroup"]

Array = npt.NDArray[Any]
Ids = npt.NDArray[np.int64]

_MOST = 2**24
_INT64 = np.dtype(np.int64)
_LONG = 2**18  # samples that are not worth a copy
_NO_IDS: Ids = np.empty(0, np.int64)


class StreamGroup:
    """Independent live streams of one plan: what `stream_group` of a plan returns.

    Streams join and leave at any time. One call of `push` takes chunks of any of them, of any
    lengths; their frames share the lanes of the vector unit, so that short chunks of many streams
    cost nearly as little as one long signal. The frames of each stream are those of one call of
    the plan on its whole signal, bit for bit, whatever the others are and do.

    Used by one thread at a time; a second one gets a RuntimeError.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> mel = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=80)
    >>> group = mel.stream_group()
    >>> a, b = group.join(), group.join()
    >>> frames, counts = group.push([a, b], np.zeros((2, 1600), np.float32))
    >>> frames.shape, counts
    ((18, 80), array([9, 9]))
    >>> last, counts = group.flush([a])
    >>> group.leave(a)
    >>> len(group), b in group
    (1, True)
    """

    def __init__(self, plan: Any, n_threads: int, capacity: int | None, dtype: Any) -> None:
        if capacity is not None:
            capacity = check_int("capacity", capacity, minimum=1, maximum=_MOST)
        self._plan = plan
        self._n_threads = check_threads(n_threads)
        self._capacity = capacity
        self._wide = _is_wide(dtype)
        plan._check_stream()
        self._double = self._wide or plan.precision == "double"
        core = plan._core(self._double)
        self._core = _core.Group(core, capacity or 0)
        self._dtype: np.dtype[Any] = plan._out_dtype(self._wide)

    # -- members -----------------------------------------------------------------------------------

    def join(self) -> int:
        """Add a stream, at its first sample; return its id.

        Returns
        -------
        int
            At least 0, and not the id of any earlier stream of this group.

        Raises
        ------
        ParameterError
            If there are `capacity` streams.
        """
        if self._capacity is not None and len(self._core) >= self._capacity:
            raise ParameterError(f"capacity={self._capacity}: the group is full")
        return self._core.join()

    def leave(self, ids: Any) -> None:
        """Remove streams; frames that were waiting for more samples are lost.

        Parameters
        ----------
        ids : int, or sequence of int
            Different streams of the group. If one is not, none is removed.
        """
        self._core.leave(_as_ids(ids))

    def reset(self, ids: Any) -> None:
        """Let streams begin again, with their first sample.

        Parameters
        ----------
        ids : int, or sequence of int
            Different streams of the group, finished or not.
        """
        self._core.reset(_as_ids(ids))

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, id: object) -> bool:
        try:
            return self._core.state(id) != 0  # type: ignore[arg-type]
        except (TypeError, OverflowError):
            return False

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    @property
    def ids(self) -> Ids:
        """Ids of all streams, in no particular order."""
        ids = np.empty(len(self._core), np.int64)
        self._core.members(ids)
        return ids

    @property
    def plan(self) -> Any:
        """The plan."""
        return self._plan

    @property
    def n_bins(self) -> int:
        """Values of a frame."""
        return self._core.n_bins

    @property
    def latency(self) -> int:
        """Samples that a frame waits for, as `Stream.latency` of the plan's streams says."""
        latency: int = self._plan._stream_core(self._double, 1).latency
        return latency

    @property
    def stream_size(self) -> int:
        """Bytes that each stream takes, however long its signal."""
        return self._core.member_size()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            "StreamGroup: can neither be copied nor pickled; pickle the plan, and begin a group "
            "where it is unpickled"
        )

    def __repr__(self) -> str:
        return f"<StreamGroup of {len(self)} streams of {self._plan!r}>"

    # -- signals -----------------------------------------------------------------------------------

    def push(self, ids: Any, chunks: Any, out: Array | None = None) -> tuple[Array, Ids]:
        """Take the next samples of some streams; return the frames that they complete.

        Parameters
        ----------
        ids : sequence of int
            Different streams of the group, in any order; fastest as an int64 array.
        chunks : array, shape=(len(ids), n), or list of arrays, shape=(n_i,)
            The samples, of one type: that of the group, or int16 if the plan has an `input_scale`.
            n_i may be 0.
        out : np.ndarray, shape=(at least the number of frames, n_bins), optional
            Where to write the frames, of the type that would be returned; any strides. It must not
            overlap the chunks.

        Returns
        -------
        frames : np.ndarray, shape=(sum of counts, n_bins)
            One frame per row: first all of ``ids[0]``, then those of ``ids[1]`` ... `split` takes
            them apart. With `out`, a view of its first rows.
        counts : np.ndarray of int64, shape=(len(ids),)
            How many frames each stream has got.

        Raises
        ------
        ParameterError
            If an id is not in the group, stands there twice or is finished, or a chunk does not fit
            or is not finite: it is named, and no stream has taken anything.
        LimitError
            If the samples of all chunks, or the frames, are more than `set_limits` allows.
        DeadlineError, KeyboardInterrupt
            Streams that had moved on by then must be `reset`, or `leave`: another push of them is
            refused. The others are as they were.
        """
        ids = _as_ids(ids)
        lengths = None
        if isinstance(chunks, list | tuple):
            chunks, lengths = _joined(chunks)
        else:
            chunks = _as_array("chunks", chunks)
            if chunks.ndim != 2:
                raise ParameterError(
                    f"chunks: has shape {chunks.shape}; must be ({len(ids)}, n), or a list"
                )
        if isinstance(out, np.ndarray):
            parts = chunks if isinstance(chunks, list) else (chunks,)
            if any(same_memory(chunk, out) for chunk in parts):
                raise ParameterError("out: must not overlap chunks")
        counts = np.empty(len(ids), np.int64)
        make = self._maker(out)
        threads = self._n_threads
        frames = self._core.push(ids, chunks, lengths, self._admit, make, counts, threads)
        return frames, counts

    def flush(self, ids: Any, out: Array | None = None) -> tuple[Array, Ids]:
        """End the signals of some streams; return the frames that were waiting for more.

        After it the streams can be reset, or leave.

        Parameters
        ----------
        ids : sequence of int
            Different streams of the group, not yet finished.
        out : np.ndarray, optional
            As for `push`.

        Returns
        -------
        frames, counts
            As of `push`. A signal that is too short for any frame gives none.

        Raises
        ------
        ParameterError
            If an id is not in the group, stands there twice or is finished.
        """
        ids = _as_ids(ids)
        counts = np.empty(len(ids), np.int64)
        frames = self._core.flush(ids, self._maker(out), counts, self._n_threads)
        return frames, counts

    def split(self, frames: Array, counts: Any) -> list[Array]:
        """Take the result of `push` or `flush` apart.

        Parameters
        ----------
        frames, counts
            As returned.

        Returns
        -------
        list of np.ndarray, shape=(n_bins, counts[i])
            Views of `frames`, one per stream, with the axes as the plan's own result has them.
        """
        ends = np.cumsum(counts)
        if frames.ndim != 2 or len(frames) != (ends[-1] if len(ends) else 0):
            raise ParameterError(
                f"frames: has shape {frames.shape}; must be (sum of counts, n_bins)"
            )
        first = self._plan._shape(0, 1) == (1, 0)
        parts = [frames[end - n : end] for end, n in zip(ends, counts, strict=True)]
        return parts if first else [part.T for part in parts]

    def _maker(self, out: Any) -> Callable[[int], Array]:
        """Return what gives the array for so many frames."""
        if out is None:
            return lambda total: np.empty((total, self._core.n_bins), self._dtype)
        return lambda total: _check_out(out, total, self._core.n_bins, self._dtype)

    def _admit(self, name: str) -> None:
        """Check the type of the samples."""
        if name == "int16":
            if self._wide:
                raise ParameterError("chunks: have dtype int16; this group takes float64")
            if self._plan._arguments["input_scale"] is None:
                raise ParameterError(
                    "chunks: int16 samples need a plan with input_scale, such as "
                    "input_scale=1/32768"
                )
        elif name != ("float64" if self._wide else "float32"):
            mine, other = ("float64", "float32") if self._wide else ("float32", "float64")
            hint = f"; stream_group(dtype={other!r}) makes one for {other}" if name == other else ""
            raise ParameterError(f"chunks: have dtype {name}; this group takes {mine}{hint}")


def _is_wide(dtype: Any) -> bool:
    try:
        wanted = np.dtype(dtype)
    except TypeError:
        wanted = np.dtype(object)
    if wanted not in (np.float32, np.float64):
        raise ParameterError(f"dtype={show(dtype)}: must be float32 or float64")
    return bool(wanted == np.float64)


def _as_ids(ids: Any) -> Ids:
    # Always a copy, which nobody changes while the core works on it.
    if type(ids) is np.ndarray and ids.dtype is _INT64 and ids.ndim == 1:
        return ids.copy()
    try:
        array = np.atleast_1d(np.asarray(ids))
        if array.size == 0 and array.ndim == 1:
            return _NO_IDS
        if array.ndim == 1 and array.dtype.kind in "iu":
            return array.astype(np.int64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ParameterError(f"ids={show(ids)}: must be ids that join() returned, as integers")


def _as_array(name: str, value: Any) -> Array:
    if type(value) is np.ndarray:
        return value
    try:
        if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (TypeError, ValueError, BufferError) as error:
        raise ParameterError(f"{name}={show(value)}: cannot be made an array: {error}") from error


def _joined(chunks: Any) -> tuple[Any, Ids | None]:
    """Return a list of chunks as it is to be handed on.

    Short arrays are put behind each other, which costs less than to hand on many: then their
    lengths are returned too.
    """
    if not all(type(chunk) is np.ndarray for chunk in chunks):
        chunks = [_as_array(f"chunks[{i}]", chunk) for i, chunk in enumerate(chunks)]
    if not chunks:
        return [], None
    dtype = chunks[0].dtype
    for i, chunk in enumerate(chunks):
        if chunk.ndim != 1:
            raise ParameterError(f"chunks[{i}]: has shape {chunk.shape}; must have one dimension")
        if chunk.dtype is not dtype and chunk.dtype.newbyteorder("=") != dtype.newbyteorder("="):
            raise ParameterError(
                f"chunks[{i}]: has dtype {chunk.dtype}; must be {dtype} as chunks[0]"
            )
    lengths = np.fromiter(map(len, chunks), np.int64, len(chunks))
    if int(lengths.sum()) > _LONG or dtype.kind not in "fi":
        return list(chunks), None
    return np.concatenate(chunks), lengths


def _check_out(out: Any, total: int, n_bins: int, dtype: np.dtype[Any]) -> Array:
    """Return the rows of an argument ``out`` that are to be written."""
    if not isinstance(out, np.ndarray):
        raise ParameterError(f"out: is a {type(out).__name__}; must be a NumPy array")
    if out.ndim != 2 or out.shape[1] != n_bins or out.shape[0] < total:
        raise ParameterError(f"out: has shape {out.shape}; must be (n, {n_bins}) with n >= {total}")
    if out.dtype != dtype or not out.dtype.isnative:
        raise ParameterError(f"out: has dtype {out.dtype}; must be {dtype}")
    if not out.flags.writeable or not out.flags.aligned:
        raise ParameterError("out: must be writable, and aligned to its type")
    return out[:total]
