"""Recordings in: whole files as arrays, or long files block by block in bounded memory.

`load` follows ``librosa.load`` for everything that libsndfile decodes. The rest of this module is
what the command line and the pictures stand on: sources of blocks (`FileBlocks`, `ArrayBlocks`)
and `FrameStream` and `stream_frames`, which send them through a plan.

The ``audio`` extra (soundfile, soxr) is imported when a file is first opened or resampled.
"""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ._validate import ParameterError, check_bool, check_choice, check_float, check_int, show

__all__ = [
    "load",
    "example_signal",
    "ArrayBlocks",
    "AudioBlocks",
    "AudioFileError",
    "FileBlocks",
    "FileFacts",
    "FrameStream",
    "MissingExtraError",
    "file_facts",
    "require",
    "stream_frames",
]

FloatArray: TypeAlias = NDArray[np.floating[Any]]
PathName: TypeAlias = str | os.PathLike[str]

RESAMPLERS = ("soxr_vhq", "soxr_hq", "soxr_mq", "soxr_lq", "soxr_qq")

# Values (samples times channels) decoded at a time: 512 KB of float32.
_BLOCK_VALUES = 1 << 17
# Samples times overlap (n_fft times frames) in one push: its complex64 spectrum takes about 1 MB.
# Threads need more of it to be worth waking.
_PUSH_VALUES = 1 << 18
_PUSH_VALUES_PER_THREAD = 1 << 20

_LONGEST = 1e9  # seconds: what times any sample rate is still a number of samples


class MissingExtraError(ImportError):
    """An optional dependency is not installed; the message names the extra to install."""


class AudioFileError(RuntimeError):
    """The file exists and can be read, but libsndfile cannot decode it or it holds no audio."""


def require(module: str, extra: str) -> Any:
    """Import an optional dependency, or say how to install it.

    Parameters
    ----------
    module : str
        Name of the module, such as ``"soundfile"`` or ``"matplotlib.figure"``.
    extra : str
        The extra of the package that brings it.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingExtraError
        If it cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as exc:  # soundfile raises OSError when it lacks libsndfile
        package = module.partition(".")[0]
        raise MissingExtraError(
            f'{package} is needed here; install it with: pip install "fastspec[{extra}]" ({exc})'
        ) from exc


# ---- whole files --------------------------------------------------------------------------------


def load(
    path: PathName | int | BinaryIO | Any,
    *,
    sr: float | None = 22050,
    mono: bool = True,
    offset: float = 0.0,
    duration: float | None = None,
    dtype: DTypeLike = np.float32,
    res_type: str = "soxr_hq",
) -> tuple[NDArray[Any], float]:
    """Read a recording as an array, mixed to mono and resampled.

    The values are those of ``librosa.load``, bit for bit, but for `offset` in recordings of
    Vorbis, Opus and MP3: these are decoded from their beginning, since to enter them elsewhere is
    not exact. Here ``load(path, offset=t)`` is the end of ``load(path)``.

    Parameters
    ----------
    path : str, os.PathLike, int, binary file object or soundfile.SoundFile
        What to read. A file object or ``SoundFile`` is read from where it stands and left open.
    sr : float or None
        Sampling rate of the result in Hz, 1 to 1e9; None keeps the file's own.
    mono : bool
        Average the channels.
    offset : float >= 0
        Where to start, in seconds. Past the end, the result is empty.
    duration : float >= 0 or None
        How much to read at most, in seconds; None reads to the end.
    dtype : dtype
        float32 or float64; also int16 or int32 if ``mono=False`` and ``sr=None``.
    res_type : {'soxr_hq', 'soxr_vhq', 'soxr_mq', 'soxr_lq', 'soxr_qq'}
        Quality of the resampler.

    Returns
    -------
    y : np.ndarray [shape=(n,) or (channels, n)]
        The samples; floats lie in [-1, 1) for integer formats.
    sr : float
        Sampling rate of `y`: the argument, or the file's own if that was None.

    Raises
    ------
    ParameterError
        If an argument is out of range, or the recording holds NaN or infinity.
    FileNotFoundError
        If there is no such file.
    AudioFileError
        If libsndfile cannot decode it.
    MissingExtraError
        If soundfile (or, to resample, soxr) is not installed.

    Examples
    --------
    >>> import fastspec
    >>> y, sr = fastspec.load("speech.wav")  # doctest: +SKIP
    >>> y.dtype, sr  # doctest: +SKIP
    (dtype('float32'), 22050)
    """
    _check_request(sr, mono, offset, duration, res_type)
    real_type = _check_dtype(dtype, convertible=not mono and sr is None)
    with _opened(path) as sound:
        native = sound.samplerate
        start, stop = _span(sound, offset, duration)
        with _decoding(path):
            y = _read(sound, start, stop, real_type.name)
    if mono or sr is not None:
        _check_finite(np.atleast_2d(y), _name_of(path), 0, native)
    if mono and y.ndim > 1:
        y = _mixed(y)
    if sr is None:
        return y, native
    return _resample(y, native, sr, res_type), sr


# What libsndfile decodes from any sample on to the same values as from the first one (FLAC holds
# PCM). Not so: Vorbis may be off by whole samples, Opus by rounding, MP3 by what the frames before
# hold of the next ones.
_EXACT = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW", "ALAC_", "IMA_ADPCM", "MS_ADPCM")


def _enter(sound: Any, start: int, origin: int = 0) -> int:
    """Go to a sample, or to the origin; return how many must be decoded and dropped from there."""
    to = start if sound.subtype.startswith(_EXACT) else origin
    if to != sound.tell():  # to go to where one is changes what MP3 decodes to
        sound.seek(to)
    return start - to


@contextmanager
def _in_a_row(sound: Any) -> Iterator[None]:
    """Let reads follow each other: soundfile else seeks, to where it is, after each of them."""
    sound.seekable = lambda: False
    try:
        yield
    finally:
        del sound.seekable


def _drop(sound: Any, n: int, dtype: str) -> None:
    """Decode some samples in vain."""
    while n > 0:
        got = len(sound.read(min(n, _block_length(sound.channels)), dtype=dtype))
        n -= got or n  # the header may promise more than there is


def _read(sound: Any, start: int, stop: int, dtype: str, origin: int = 0) -> NDArray[Any]:
    """Return samples [start, stop) of those from the origin on, shape=([channels,] n)."""
    dropped = _enter(sound, start, origin)
    with _in_a_row(sound):
        _drop(sound, dropped, dtype)
        y: NDArray[Any] = sound.read(stop - start, dtype=dtype).T
    return y


def _mixed(y: NDArray[Any]) -> NDArray[Any]:
    """Average the channels with the bits of ``np.mean``, which is slow for interleaved stereo."""
    if len(y) != 2:
        mean: NDArray[Any] = np.mean(y, axis=0)
        return mean
    total: NDArray[Any] = y[0] + y.dtype.type(0)  # NumPy's sum starts at +0: no -0 results
    total += y[1]
    total /= 2
    return total


def _resample(y: NDArray[Any], native: float, sr: float, res_type: str) -> NDArray[Any]:
    """Resample along the last axis to exactly ceil(n sr / native) samples."""
    if native == sr:
        return y
    soxr = require("soxr", "audio")
    n = _resampled_length(y.shape[-1], native, sr)
    out = np.zeros((*y.shape[:-1], n), dtype=y.dtype)
    for source, target in zip(np.atleast_2d(y), np.atleast_2d(out)):
        # soxr rounds the length where librosa takes the ceiling: one zero may remain at the end.
        resampled = soxr.resample(source, native, sr, quality=res_type)[:n]
        target[: resampled.size] = resampled
    return out


def _resampled_length(n: int, native: float, sr: float) -> int:
    return int(np.ceil(n * (float(sr) / native)))


# ---- files in blocks ----------------------------------------------------------------------------


@runtime_checkable
class AudioBlocks(Protocol):
    """A recording that can be read from its start, block by block, as often as needed."""

    @property
    def name(self) -> str:
        """What to call it in messages and titles."""

    @property
    def sr(self) -> float:
        """Sampling rate of the blocks in Hz."""

    @property
    def channels(self) -> int:
        """Rows of each block."""

    @property
    def n_samples(self) -> int:
        """Samples per channel in all blocks together."""

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Blocks [shape=(channels, n)], each C-contiguous, at least one sample in all."""


class ArrayBlocks:
    """A signal in memory as a source of blocks.

    Parameters
    ----------
    y : np.ndarray [shape=(n,) or (channels, n)]
        The samples.
    sr : float
        Their sampling rate in Hz.
    name : str
        What to call it in messages and titles.
    """

    def __init__(self, y: FloatArray, sr: float, name: str = "the signal") -> None:
        samples = np.asarray(y)
        if samples.ndim not in (1, 2) or samples.size == 0 or samples.dtype.kind != "f":
            raise ParameterError(
                f"y: must be a non-empty real array of shape (n,) or (channels, n), "
                f"not {samples.dtype} of shape {samples.shape}"
            )
        self._samples = np.atleast_2d(samples)
        self.name = name
        self.sr = check_float("sr", sr, exclusive_minimum=0.0)

    @property
    def channels(self) -> int:
        """Rows of each block."""
        return len(self._samples)

    @property
    def n_samples(self) -> int:
        """Samples per channel."""
        return int(self._samples.shape[1])

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        step = _block_length(self.channels)
        for start in range(0, self.n_samples, step):
            block = self._samples[:, start : start + step]
            _check_finite(block, self.name, start, self.sr)
            yield np.ascontiguousarray(block, dtype=np.float32)


class FileBlocks:
    """A file as a source of blocks: decoded, mixed and resampled in bounded memory.

    The blocks laid end to end are what `load` returns for the same arguments in float32, bit for
    bit: every format that libsndfile 1.2 writes gives the same samples in blocks as at once (if
    nothing seeks in between, as soundfile's own blocks do, at which MP3 loses up to 0.3), and
    soxr's streaming resampler gives the bits of its offline call for any block length (measured
    for eight pairs of rates from 8 to 96 kHz, 1 to 1 000 000 samples; the tests repeat it).

    Parameters
    ----------
    path : str or os.PathLike
        The file; it is opened anew by every iteration.
    sr, mono, offset, duration, res_type
        As in `load`.
    block_length : int or None
        Samples per channel decoded at a time; None takes 131072 divided by the channels.

    Raises
    ------
    ParameterError, FileNotFoundError, AudioFileError, MissingExtraError
        As `load` does; a file without samples in the span asked for is an AudioFileError.
    """

    def __init__(
        self,
        path: PathName,
        *,
        sr: float | None = 22050,
        mono: bool = True,
        offset: float = 0.0,
        duration: float | None = None,
        res_type: str = "soxr_hq",
        block_length: int | None = None,
    ) -> None:
        _check_request(sr, mono, offset, duration, res_type)
        self.path = os.fspath(path)
        self.name = os.path.basename(self.path)
        self._mono = mono
        self._res_type = res_type
        with _opened(self.path) as sound:
            self._native = float(sound.samplerate)
            self._span = _span(sound, offset, duration)
            decoded = int(sound.channels)
        self.sr = self._native if sr is None else sr
        self.channels = 1 if mono else decoded
        self._block_length = _block_length(decoded)
        if block_length is not None:
            self._block_length = check_int("block_length", block_length, minimum=1)
        if self.n_samples == 0:
            where = f" from {offset:g} s" if offset else ""
            raise AudioFileError(f"{self.path}: no audio samples{where}")

    @property
    def n_samples(self) -> int:
        """Samples per channel, by what the file's header says."""
        return _resampled_length(self._span[1] - self._span[0], self._native, self.sr)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return self._decoded() if self.sr == self._native else self._resampled()

    def _decoded(self) -> Iterator[NDArray[np.float32]]:
        """Blocks at the file's own rate."""
        with _opened(self.path) as sound:
            first, stop = self._span
            position = first
            dropped = _enter(sound, first)
            with _decoding(self.path), _in_a_row(sound):
                _drop(sound, dropped, "float32")
            while position < stop:
                wanted = min(self._block_length, stop - position)
                with _decoding(self.path), _in_a_row(sound):
                    data = sound.read(wanted, dtype="float32", always_2d=True).T
                if data.shape[1] == 0:  # the header promised more than there is
                    break
                _check_finite(data, self.path, position, self._native)
                position += data.shape[1]
                yield np.ascontiguousarray(_mixed(data)[np.newaxis] if self._mono else data)
        if position == first:
            raise AudioFileError(f"{self.path}: no audio samples could be read")

    def _resampled(self) -> Iterator[NDArray[np.float32]]:
        """Blocks at the rate asked for, cut or zero-padded at the end to the length of `load`."""
        soxr = require("soxr", "audio")
        resampler = soxr.ResampleStream(
            self._native, self.sr, self.channels, dtype="float32", quality=self._res_type
        )
        taken = made = 0
        for block in self._decoded():
            taken += block.shape[1]
            out = resampler.resample_chunk(np.ascontiguousarray(block.T))
            made += out.shape[0]
            if out.size:
                yield np.ascontiguousarray(out.T)
        tail = resampler.resample_chunk(np.zeros((0, self.channels), np.float32), last=True).T
        missing = max(0, _resampled_length(taken, self._native, self.sr) - made)
        last = np.zeros((self.channels, missing), np.float32)
        kept = min(missing, tail.shape[1])
        last[:, :kept] = tail[:, :kept]
        if missing:
            yield last


class StreamablePlan(Protocol):
    """What `stream_frames` needs of a plan."""

    def stream(self, channels: int = 1, n_threads: int = 1) -> Any: ...


class FrameStream:
    """Blocks through a plan, in pushes so small that few megabytes of frames are in flight.

    Parameters
    ----------
    plan : STFT, MelSpectrogram, MFCC ...
        Any plan that can stream.
    channels : int
        Rows of the blocks.
    n_fft, hop_length : int
        Those of the plan.
    n_threads : int
        Threads for each push at the most.
    """

    def __init__(
        self,
        plan: StreamablePlan,
        channels: int,
        n_fft: int,
        hop_length: int,
        n_threads: int = 1,
    ) -> None:
        self._stream = plan.stream(channels=channels, n_threads=n_threads)
        values = _PUSH_VALUES if n_threads == 1 else _PUSH_VALUES_PER_THREAD * n_threads
        self._step = hop_length * max(1, values // (n_fft * channels))

    def push(self, block: NDArray[np.float32]) -> Iterator[NDArray[Any]]:
        """Take a block [shape=(channels, n)], yield the frames [shape=(channels, bins, k > 0)]."""
        for start in range(0, block.shape[1], self._step):
            part = np.ascontiguousarray(block[:, start : start + self._step])
            frames: NDArray[Any] = self._stream.push(part)
            if frames.shape[-1]:
                yield frames

    def flush(self) -> Iterator[NDArray[Any]]:
        """End the signal and yield the frames that were waiting for it."""
        frames: NDArray[Any] = self._stream.flush()
        if frames.shape[-1]:
            yield frames


def stream_frames(
    plan: StreamablePlan, blocks: AudioBlocks, *, n_fft: int, hop_length: int, n_threads: int = 1
) -> Iterator[NDArray[Any]]:
    """Send a whole source through a plan.

    Parameters
    ----------
    plan, n_fft, hop_length, n_threads
        As in `FrameStream`.
    blocks : AudioBlocks
        The source.

    Yields
    ------
    np.ndarray [shape=(channels, bins, k)]
        The next k >= 1 frames. Side by side they are the plan's offline result.
    """
    stream = FrameStream(plan, blocks.channels, n_fft, hop_length, n_threads)
    for block in blocks:
        yield from stream.push(block)
    yield from stream.flush()


# ---- facts and examples -------------------------------------------------------------------------


class FileFacts:
    """What a file's header says.

    Attributes
    ----------
    sr : int
        Sampling rate in Hz.
    channels : int
        Number of channels.
    n_samples : int
        Samples per channel.
    format : str
        Container and sample format in words.
    """

    def __init__(self, sr: int, channels: int, n_samples: int, format: str) -> None:
        self.sr = sr
        self.channels = channels
        self.n_samples = n_samples
        self.format = format

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.sr


def file_facts(path: PathName) -> FileFacts:
    """Read a file's header.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    FileFacts
        Its rate, channels, length and format.
    """
    with _opened(path) as sound:
        return FileFacts(
            sr=sound.samplerate,
            channels=sound.channels,
            n_samples=sound.frames,
            format=f"{sound.format_info}, {sound.subtype_info}",
        )


def example_signal(sr: float = 22050, duration: float = 10.0) -> NDArray[np.float32]:
    """Synthesise a short recording to try things on: chords, a melody over them, and percussion.

    The same arguments give the same samples.

    Parameters
    ----------
    sr : float > 0
        Sampling rate in Hz.
    duration : float > 0
        Length in seconds.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        The samples, at most 0.7 in magnitude.
    """
    check_float("sr", sr, exclusive_minimum=0.0)
    check_float("duration", duration, exclusive_minimum=0.0)
    n = max(1, round(duration * sr))
    y = np.zeros(n)
    rng = np.random.Generator(np.random.PCG64(20240229))
    beat = 60.0 / 96.0

    def add(start: float, sound: NDArray[np.float64]) -> None:
        first = round(start * sr)
        part = y[first : first + sound.size]
        part += sound[: part.size]

    def clock(seconds: float) -> NDArray[np.float64]:
        return np.arange(round(seconds * sr)) / sr

    def tone(midi: int, seconds: float, level: float, decay: float) -> NDArray[np.float64]:
        t = clock(seconds)
        f0 = 440.0 * 2.0 ** ((midi - 69) / 12.0)
        vibrato = 0.004 * np.sin(2 * np.pi * 5.5 * t) * np.minimum(t / 0.3, 1.0)
        sound = np.zeros(t.size)
        for k in range(1, 9):
            if k * f0 * 1.01 < sr / 2:
                phase = 2 * np.pi * k * f0 * t + k * f0 * vibrato / 5.5
                sound += np.sin(phase) * np.exp(-decay * (0.6 + 0.4 * k) * t) / k**1.1
        edges = np.minimum(1.0, np.minimum(t / 0.008, (seconds - t) / 0.03))
        return level * sound * edges

    def noise(seconds: float, level: float, decay: float, bright: bool) -> NDArray[np.float64]:
        t = clock(seconds)
        sound = rng.standard_normal(t.size)
        if bright and t.size:
            sound = np.diff(sound, n=2, prepend=[0.0, 0.0])  # a cheap high-pass
        return level * sound * np.exp(-decay * t)

    chords = ((48, 60, 64, 67), (43, 59, 62, 67), (45, 60, 64, 69), (41, 60, 65, 69))
    melody = ((72, 76, 79, 76), (74, 79, 83, 79), (76, 81, 84, 81), (77, 81, 84, 79))
    for bar in range(int(np.ceil(duration / (4 * beat)))):
        t0 = bar * 4 * beat
        for midi in chords[bar % 4]:
            add(t0, tone(midi, 4 * beat, 0.16, 0.35))
        for step, midi in enumerate(melody[bar % 4]):
            add(t0 + step * beat, tone(midi, 0.95 * beat, 0.30, 1.2))
        for half in range(8):
            add(t0 + half * beat / 2, noise(0.08, 0.03, 60.0, bright=True))
        for backbeat in (1, 3):
            add(t0 + backbeat * beat, noise(0.25, 0.22, 22.0, bright=False))
    peak = np.abs(y).max()
    return (y * (0.7 / peak if peak else 0.0)).astype(np.float32)


# ---- checks and helpers -------------------------------------------------------------------------


def _check_request(
    sr: float | None, mono: bool, offset: float, duration: float | None, res_type: str
) -> None:
    if sr is not None:
        check_float("sr", sr, minimum=1.0, maximum=1e9)  # soxr hangs far outside of these
    check_bool("mono", mono)
    check_float("offset", offset, minimum=0.0, maximum=_LONGEST)
    if duration is not None:
        check_float("duration", duration, minimum=0.0, maximum=_LONGEST)
    check_choice("res_type", res_type, RESAMPLERS)


def _check_dtype(dtype: DTypeLike, *, convertible: bool) -> np.dtype[Any]:
    allowed = ("float32", "float64", "int16", "int32") if convertible else ("float32", "float64")
    try:
        asked: np.dtype[Any] = np.dtype(dtype)
    except Exception:  # NumPy raises TypeError, ValueError, SyntaxError and others here
        asked = np.dtype(object)
    if asked.name not in allowed or not asked.isnative:
        listed = ", ".join(allowed)
        raise ParameterError(f"dtype={show(dtype)}: must be one of {listed}, in native byte order")
    return asked


def _check_finite(y: NDArray[Any], name: str, first: int, sr: float) -> None:
    """Refuse NaN and infinity, and say where the first one is."""
    if y.dtype.kind != "f" or np.isfinite(y).all():
        return
    channel, sample = np.argwhere(~np.isfinite(y))[0]
    time = (first + sample) / sr
    raise ParameterError(
        f"{name}: sample {first + sample} ({time:.3f} s, channel {channel}) is "
        f"{y[channel, sample]}; all samples must be finite"
    )


def _block_length(channels: int) -> int:
    return max(1, _BLOCK_VALUES // channels)


def _span(sound: Any, offset: float, duration: float | None) -> tuple[int, int]:
    """First and one-past-last sample to read, rounded down as librosa rounds them."""
    start = min(int(offset * sound.samplerate), sound.frames) if offset else sound.tell()
    if duration is None:
        return start, sound.frames
    return start, min(start + int(duration * sound.samplerate), sound.frames)


def _name_of(path: Any) -> str:
    if isinstance(path, str | bytes | os.PathLike):
        return os.fsdecode(path)
    return str(getattr(path, "name", "the audio file"))


_NOT_A_PIPE = "is a pipe; only files, which can be sought, are read"


@contextmanager
def _opened(path: Any) -> Iterator[Any]:
    """Open a path, descriptor or file object with soundfile; a SoundFile is used as it is."""
    soundfile = require("soundfile", "audio")
    if isinstance(path, soundfile.SoundFile):
        yield path
        return
    if isinstance(path, str | bytes | os.PathLike):
        try:
            mode = os.stat(path).st_mode
        except ValueError as exc:  # a zero byte, or letters that no file name has
            raise ParameterError(f"path={show(path)}: must be a file name ({exc})") from exc
        if stat.S_ISFIFO(mode):
            raise AudioFileError(f"{_name_of(path)}: {_NOT_A_PIPE}")
        # libsndfile says "System error" where the operating system knows better.
        open(path, "rb").close()
    elif isinstance(path, bool) or not (isinstance(path, int) or hasattr(path, "read")):
        raise ParameterError(f"path={show(path)}: must be a path, a file object or a SoundFile")
    elif isinstance(path, int):
        check_int("path", path, minimum=0, maximum=2**31 - 1)
    with _decoding(path):
        try:
            sound = soundfile.SoundFile(path)
        except TypeError as exc:  # a .raw file has no header to say what is in it
            raise AudioFileError(f"{_name_of(path)}: headerless audio cannot be read") from exc
    with sound:
        if not sound.seekable():
            raise AudioFileError(f"{_name_of(path)}: {_NOT_A_PIPE}")
        yield sound


@contextmanager
def _decoding(path: Any) -> Iterator[None]:
    """Turn soundfile's errors into a line that names the file."""
    soundfile = require("soundfile", "audio")
    try:
        yield
    except soundfile.SoundFileError as exc:
        reason = str(getattr(exc, "error_string", exc)).rstrip(".")
        raise AudioFileError(f"{_name_of(path)}: not decodable as audio ({reason})") from exc
