"""Some frames of a signal, or of a file, as the whole call has them; and what a call would cost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_signal, check_out, new_array, same_memory
from fastspec._validate import ParameterError, check_bool, check_dtype, check_int, show
from fastspec.config import check_threads

__all__ = ["Estimate", "RandomAccess", "is_file", "resolve_frames"]

Array = npt.NDArray[Any]

_F32, _F64, _I16 = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16)
_MOST_CHANNELS = 2**40
_PER_ITEM = 256  # bytes of a call's lists for each signal, where there are more than four


class Estimate(NamedTuple):
    """What a call of a plan costs.

    Attributes
    ----------
    frames : int
        Frames of each signal; of an `NSGT`, slices.
    output_bytes : int
        Size of the result.
    scratch_bytes : int
        The most that the call holds besides its result at any time.
    total_bytes : int
        Both together. The input is not among them.
    flops : int
        Additions, multiplications and the like, counted from the plan: 2.5 n log2 n for a transform
        of n samples, 2 for each weight of a filter bank that is not 0, 10 for a logarithm. They say
        how calls compare; a core does some 5 to 30 of them in a nanosecond.
    """

    frames: int
    output_bytes: int
    scratch_bytes: int
    total_bytes: int
    flops: int


class RandomAccess:
    """What plans can do besides whole calls: crops, and estimates."""

    _order: ClassVar[Any]
    _arguments: dict[str, Any]
    precision: str

    def crop(
        self,
        source: Any,
        frames: slice | range | None = None,
        *,
        mono: bool = True,
        dtype: npt.DTypeLike = np.float32,
        out: Any = None,
        n_threads: int = 1,
    ) -> Any:
        """Compute some frames of a signal or of a recording, at the cost of those frames.

        The result is that of a call on the whole signal, bit for bit, and then ``[..., frames]``;
        for a recording the signal is ``fastspec.load(source, sr=None, mono=mono, dtype=dtype)[0]``.
        Only the samples that the frames need are looked at, or read from the file.

        Parameters
        ----------
        source : array, str, os.PathLike, binary file object or soundfile.SoundFile
            A signal, shape=(..., n), as for a call; or what `load` reads. A file object or
            ``SoundFile`` is read from where it stands, and left there. Files of MP3, Vorbis or
            Opus are decoded from their beginning, as they cannot be entered exactly elsewhere.
        frames : slice or range, optional
            Which frames. A slice counts as NumPy's do: negative numbers from the end, what lies
            beyond the ends is left out. A range must lie inside. The step must be 1. None: all.
        mono : bool
            Of a recording: average the channels. Else the result has an axis of channels, unless
            the recording has one.
        dtype : dtype
            Of a recording: type of the samples, float32 or float64; also int16 if ``mono=False``.
        out : np.ndarray, optional
            Where to write the result, of the shape and type that would be returned.
        n_threads : int >= 1
            Threads to use at the most. The result does not depend on it.

        Returns
        -------
        np.ndarray
            As the call's, with the frames that were asked for; those may be none.

        Raises
        ------
        ParameterError
            If the plan needs the whole signal (`top_db`, ``ref='max'``, `rel_clip`, `normalize`),
            if the recording has another sample rate than the plan, or if an argument does not fit.
        FileNotFoundError, AudioFileError, MissingExtraError
            As `load`.

        Examples
        --------
        >>> import numpy as np, fastspec
        >>> mel = fastspec.MelSpectrogram(sr=16000, hop_length=160, n_mels=80, log="db")
        >>> hour = np.zeros(16000 * 3600, np.float32)
        >>> mel.crop(hour, slice(1000, 1100)).shape
        (80, 100)
        """
        if is_file(source):
            return _of_file(self, source, frames, mono, dtype, out, n_threads)
        if frames is None:
            frames = slice(None)
        y = as_signal(source)
        wide = self._check_signal(y)
        n = y.shape[-1]
        core = self._part_core(wide, n)
        first, count = resolve_frames(frames, self._part_count(core, n))
        return self._part_exec(core, y, 0, n, first, count, wide, out, check_threads(n_threads))

    def needed_samples(self, frames: slice | range, n_samples: int) -> tuple[int, int]:
        """Return which samples of a signal some of its frames need.

        Parameters
        ----------
        frames : slice or range
            As for `crop`.
        n_samples : int >= 1
            Length of the signal in samples.

        Returns
        -------
        begin, end : int
            The samples from `begin` on, before `end`. They include what is reflected at the ends
            of the signal, and the neighbours of frames that are derived from or stacked. (0, 0) if
            none are needed.

        Raises
        ------
        ParameterError
            If the plan needs the whole signal, or the signal has no frames.

        Examples
        --------
        >>> import fastspec
        >>> fastspec.STFT(n_fft=2048, hop_length=512).needed_samples(slice(100, 110), 1000000)
        (50176, 56832)
        """
        n = check_int("n_samples", n_samples, minimum=0, maximum=2**61)
        core = self._part_core(self.precision == "double", n)
        first, count = resolve_frames(frames, self._part_count(core, n))
        return self._part_needs(core, n, first, count)

    def estimate(
        self,
        n_samples: int,
        channels: int = 1,
        n_threads: int = 1,
        *,
        dtype: npt.DTypeLike = np.float32,
    ) -> Estimate:
        """Return what a call would cost, without doing it.

        Parameters
        ----------
        n_samples : int >= 1
            Length of the signals in samples.
        channels : int >= 1
            Signals in the call.
        n_threads : int >= 1
            Threads of the call: each has scratch of its own.
        dtype : {float32, float64, int16}
            Type of the samples.

        Returns
        -------
        Estimate
            Frames, bytes and operations.

        Raises
        ------
        ParameterError
            If the signal has no frames, or the call is too large for this machine's addresses.

        Examples
        --------
        >>> import fastspec
        >>> cost = fastspec.MelSpectrogram(sr=16000, n_mels=80).estimate(16000 * 60)
        >>> cost.frames, cost.output_bytes
        (1876, 600320)
        """
        n = check_int("n_samples", n_samples, minimum=1, maximum=2**61)
        channels = check_int("channels", channels, minimum=1, maximum=_MOST_CHANNELS)
        n_threads = check_threads(n_threads)
        given = check_dtype("dtype", dtype, (_F32, _F64, _I16))
        return self._estimate(n, channels, n_threads, given == _F64)

    # -- what kinds of plans do in their own ways --------------------------------------------------

    def _check_signal(self, y: Array) -> bool:
        raise NotImplementedError

    def _refuse_length(self, n: int) -> None:
        raise NotImplementedError

    def _core(self, double: bool) -> Any:
        raise NotImplementedError

    def _out_dtype(self, wide: bool) -> np.dtype[Any]:
        raise NotImplementedError

    def _as_bins_first(self, out: Array) -> Array:
        raise NotImplementedError

    def _shape(self, n_bins: int, n_frames: int) -> tuple[int, int]:
        raise NotImplementedError

    def _part_core(self, wide: bool, n: int) -> Any:
        """Return the core for crops of a signal of n samples."""
        refuse_whole(self._arguments)
        core = self._core(wide or self.precision == "double")
        if not isinstance(core, _core.Frontend | _core.CqtPlan):
            a = self._arguments
            raise ParameterError(
                f"frames: with pad_mode={a.get('pad_mode', 'constant')!r}, "
                f"res_type={a.get('res_type', 'soxr_hq')!r} and sr={a['sr']} this plan pads or "
                "resamples whole signals; definition='exact' does not"
            )
        return core

    def _part_count(self, core: Any, n: int) -> int:
        """Return the number of frames of a signal of n samples."""
        count: int = core.n_frames(n)
        if count == 0:
            self._refuse_length(n)
        return count

    def _part_needs(self, core: Any, n: int, first: int, count: int) -> tuple[int, int]:
        return _core.needs(core, n, first, count)

    def _part_exec(
        self,
        core: Any,
        y: Array,
        offset: int,
        n: int,
        first: int,
        count: int,
        wide: bool,
        out: Any,
        n_threads: int,
    ) -> Any:
        """Compute frames of signals of n samples; y holds those from `offset` on."""
        shape = (*y.shape[:-1], *self._shape(core.n_bins, count))
        out = prepare_out(y, out, shape, self._out_dtype(wide), self._order)
        if out.size:
            _core.exec_part(core, y, self._as_bins_first(out), offset, n, first, n_threads)
        return out

    def _estimate(self, n: int, channels: int, n_threads: int, wide: bool) -> Estimate:
        core = self._core(wide or self.precision == "double")
        frames: int = core.n_frames(n)
        if frames == 0:
            self._refuse_length(n)
        n_bins, n_columns = self._shape(core.n_bins, frames)
        if isinstance(core, _core.Frontend | _core.CqtPlan):
            scratch, flops = _core.memory(core, channels, n, n_threads), _core.flops(core, n)
        else:
            scratch, flops = core.memory(channels, n, n_threads), core.flops(n)
        output = channels * n_bins * n_columns * self._out_dtype(wide).itemsize
        return sum_up(n, channels, frames, output, scratch, flops)


def sum_up(n: int, channels: int, frames: int, output: int, scratch: int, flops: float) -> Estimate:
    """Return an estimate; `scratch` is 0 where it overflows, `flops` is that of one signal."""
    if not scratch:
        raise ParameterError(
            f"n_samples={n}: {channels} signals of this length would overflow sizes of memory"
        )
    scratch += _PER_ITEM * channels if channels > 4 else 0
    return Estimate(frames, output, scratch, output + scratch, channels * round(flops))


def prepare_out(
    y: Array, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], order: Any
) -> Array:
    """Return an argument `out`, checked, or a new array."""
    if out is None:
        return new_array("y", shape, dtype, order)
    check_out(out, shape, dtype)
    if same_memory(y, out):
        raise ParameterError("out: must not overlap y")
    checked: Array = out
    return checked


# ---- which frames -------------------------------------------------------------------------------


def resolve_frames(frames: Any, n_frames: int) -> tuple[int, int]:
    """Return the first of some frames and how many they are; of none, the first is 0."""
    if isinstance(frames, range):
        first, stop, step = frames.start, frames.stop, frames.step
        if frames and not (0 <= frames[0] < n_frames and 0 <= frames[-1] < n_frames):
            raise ParameterError(
                f"frames={show(frames)}: must lie in the {n_frames} frames of the signal"
            )
    elif isinstance(frames, slice):
        for name in ("start", "stop", "step"):
            value = getattr(frames, name)
            if value is not None and type(value) is not int:
                check_int(f"frames.{name}", value)
        if frames.step is not None and int(frames.step) == 0:
            raise ParameterError(f"frames={show(frames)}: must have step 1")
        first, stop, step = frames.indices(n_frames)
    else:
        raise ParameterError(f"frames={show(frames)}: must be a slice or a range")
    if step != 1:
        raise ParameterError(
            f"frames={show(frames)}: must have step 1; take a part of the result instead"
        )
    return (first, stop - first) if first < stop else (0, 0)


def refuse_whole(a: dict[str, Any]) -> None:
    """Refuse the arguments of a plan that have to do with the whole signal."""
    why = "looks at the whole signal, so that frames cannot be computed by themselves"
    for name in ("top_db", "rel_clip"):
        if a.get(name) is not None:
            raise ParameterError(
                f"{name}={a[name]}: {why}; give {name}=None, and log_floor for a fixed floor"
            )
    if isinstance(a.get("ref"), str):
        raise ParameterError(f"ref={a['ref']!r}: {why}; give a number")
    if a.get("normalize") is not None:
        raise ParameterError(
            f"normalize={a['normalize']!r}: {why}; give normalize=None, and scale and offset for "
            "fixed statistics"
        )


# ---- files --------------------------------------------------------------------------------------


def is_file(source: Any) -> bool:
    """Return whether something is a path or a file, rather than an array."""
    if type(source) is np.ndarray:
        return False
    if isinstance(source, str | os.PathLike):
        return True
    return (
        hasattr(source, "read")
        and hasattr(source, "seek")
        and not hasattr(source, "__array__")
        and not hasattr(source, "__dlpack__")
    )


@contextmanager
def _kept(source: Any) -> Iterator[None]:
    """Leave a file object, or a SoundFile, where it stands."""
    if isinstance(source, str | os.PathLike):
        yield
        return
    try:
        position = source.tell()
    except Exception as error:  # of anyone's object
        raise ParameterError(f"y={show(source)}: cannot be sought: {error}") from error
    try:
        yield
    finally:
        if not getattr(source, "closed", False):
            source.seek(position)


def _of_file(
    plan: RandomAccess, source: Any, frames: Any, mono: Any, dtype: Any, out: Any, n_threads: int
) -> Any:
    from fastspec import audio  # which needs optional packages

    n_threads = check_threads(n_threads)
    mono = check_bool("mono", mono)
    kind = audio._check_dtype(dtype, convertible=not mono)
    wide = plan._check_signal(np.empty(0, kind))
    with _kept(source), audio._opened(source) as sound:
        name = audio._name_of(source)
        rate = plan._arguments.get("sr")
        if rate is not None and rate != sound.samplerate:
            raise ParameterError(
                f"sr={rate}: is not the sample rate of {name}, {sound.samplerate} Hz; make a plan "
                "of that rate, or load the file with sr=..., which resamples all of it"
            )
        if not sound.seekable():
            raise audio.AudioFileError(f"{name}: cannot be sought")
        start = sound.tell()
        n = sound.frames - start
        if frames is None:
            begin, end = 0, n
        else:
            core = plan._part_core(wide, n)
            first, count = resolve_frames(frames, plan._part_count(core, n))
            begin, end = plan._part_needs(core, n, first, count)
        with audio._decoding(source):
            y = audio._read(sound, start + begin, start + end, kind.name, start)
    if y.shape[-1] < end - begin and frames is not None:
        raise audio.AudioFileError(
            f"{name}: ends after sample {start + begin + y.shape[-1]}, of the {start + n} that its "
            "header promises"
        )
    if mono:
        audio._check_finite(np.atleast_2d(y), name, start + begin, sound.samplerate)
        if y.ndim > 1:
            y = audio._mixed(y)
    if frames is None:
        whole: Any = plan
        return whole(y, out=out, n_threads=n_threads)
    return plan._part_exec(core, y, begin, n, first, count, wide, out, n_threads)
