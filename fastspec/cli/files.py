"""What commands read and write: sources of blocks, progress, files that appear whole."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, TextIO

import numpy as np
from numpy.typing import NDArray

from .._validate import ParameterError
from ..audio import ArrayBlocks, AudioBlocks, FileBlocks, example_signal
from .options import AUDIO_OPTIONS

__all__ = [
    "NpyWriter",
    "ReadAhead",
    "appearing_whole",
    "checked_output",
    "open_source",
    "progress",
    "say",
    "speed",
]


def open_source(args: argparse.Namespace) -> AudioBlocks:
    if not args.synth:
        reading = {option.name: getattr(args, option.name) for option in AUDIO_OPTIONS}
        return FileBlocks(args.input, **reading)
    sr = 22050 if args.sr is None else args.sr
    y = example_signal(sr, 10.0 if args.duration is None else args.duration)
    return ArrayBlocks(y, sr, "synthesised example")


def checked_output(path: str, suffix: str, source: str | None) -> str:
    """Return where the output really goes, or say now what would fail after the work."""
    target = os.path.realpath(path)
    directory = os.path.dirname(target)
    if os.path.splitext(path)[1].lower() != suffix:
        raise ParameterError(f"{path}: the output must be a {suffix} file")
    if not os.path.isdir(directory):
        raise ParameterError(f"{path}: there is no directory {directory}")
    if os.path.isdir(target):
        raise ParameterError(f"{path}: is a directory")
    both_exist = source is not None and os.path.exists(target) and os.path.exists(source)
    if source is not None and both_exist and os.path.samefile(target, source):
        raise ParameterError(f"{path}: the output would overwrite the input")
    return target


@contextmanager
def appearing_whole(path: str) -> Iterator[BinaryIO]:
    """Write a file under a temporary name and rename it when it is complete."""
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}.{secrets.token_hex(4)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


class Wrapped:
    """A source of blocks around another one."""

    def __init__(self, source: AudioBlocks) -> None:
        self._source = source
        self.name = source.name
        self.sr = source.sr
        self.channels = source.channels
        self.n_samples = source.n_samples


class ReadAhead(Wrapped):
    """Decodes and resamples the next block in a thread while the last one is worked on."""

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        blocks = iter(self._source)
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(next, blocks, None)
            while (block := future.result()) is not None:
                future = pool.submit(next, blocks, None)
                yield block


class Watched(Wrapped):
    """Counts what is read, and says so now and then on a terminal."""

    def __init__(self, source: AudioBlocks, passes: int, terminal: TextIO) -> None:
        super().__init__(source)
        self._terminal = terminal
        self._total = passes * source.n_samples
        self._read = 0
        self._started = time.monotonic()
        self._next_report = self._started + 1.0
        self._said = False

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._source:
            yield block
            self._read += block.shape[1]
            if time.monotonic() > self._next_report and self._terminal.isatty():
                self._report()

    def _report(self) -> None:
        self._next_report = time.monotonic() + 0.1
        share = min(1.0, self._read / self._total)
        left = (time.monotonic() - self._started) * (1 / share - 1)
        bar = ("#" * int(30 * share)).ljust(30, ".")
        self._terminal.write(f"\rfastspec [{bar}] {share:4.0%}, {left:.0f} s left \033[K")
        self._terminal.flush()
        self._said = True

    def clear(self) -> None:
        """Remove the progress line."""
        if self._said:
            self._terminal.write("\r\033[K")
            self._terminal.flush()


@contextmanager
def progress(source: AudioBlocks, passes: int) -> Iterator[Watched]:
    watched = Watched(source, passes, sys.stderr)
    try:
        yield watched
    finally:
        watched.clear()


def speed(source: AudioBlocks, started: float) -> str:
    seconds = source.n_samples / source.sr
    taken = time.perf_counter() - started
    return f"{seconds:.2f} s of audio in {taken:.2f} s ({seconds / taken:.0f} times real time)"


def say(text: str, stream: TextIO | None = None) -> None:
    """Print, with what the stream cannot encode (in file names) written as escapes."""
    out = sys.stdout if stream is None else stream
    encoding = out.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=out)


class NpyWriter:
    """A .npy file that grows by frames.

    The array is in Fortran order, of shape (bins, frames), or (channels, bins, frames) for more
    than one channel: in the file, frames follow each other; within a frame bins do; within a bin
    channels do. So ``numpy.load(path, mmap_mode="r")[..., t]`` reads one place.

    Parameters
    ----------
    file : binary file object
        An empty file, open for writing, that can be sought.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._shape: tuple[int, ...] = ()
        self._dtype = np.dtype(np.float32)
        self._header_length = 0

    def append(self, frames: NDArray[Any]) -> None:
        """Add frames [shape=(channels, bins, k)], always of the same channels, bins and dtype."""
        if not self._shape:
            self._shape = (*frames.shape[:2], 0)
            self._dtype = frames.dtype
            self._header_length = self._write_header()
        self._shape = (*self._shape[:2], self._shape[2] + frames.shape[2])
        self._file.write(np.ascontiguousarray(frames.T).data)

    def finish(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Write the final shape into the header and return it with the dtype."""
        if not self._shape:
            raise RuntimeError("the recording gave no frames")
        self._file.seek(0)
        if self._write_header() != self._header_length:
            raise RuntimeError("the .npy header has changed its length")
        return self._final_shape, self._dtype

    @property
    def _final_shape(self) -> tuple[int, ...]:
        return self._shape[1:] if self._shape[0] == 1 else self._shape

    def _write_header(self) -> int:
        # NumPy pads the header so that the last axis may grow to any length.
        description = np.lib.format.dtype_to_descr(self._dtype)
        np.lib.format.write_array_header_1_0(
            self._file,
            {"descr": description, "fortran_order": True, "shape": self._final_shape},
        )
        return self._file.tell()
