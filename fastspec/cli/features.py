"""Commands that write a feature to a .npy file.

What can be computed is the table `FEATURES`; a new feature adds a row.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastspec

from .._validate import ParameterError, check_int
from ..audio import AudioBlocks, stream_frames
from .files import (
    NpyWriter,
    ReadAhead,
    appearing_whole,
    checked_output,
    open_source,
    progress,
    say,
    speed,
)
from .options import HOP, MEL, N_FFT, N_MFCC, WINDOWING, Option, number, or_none
from .pitch import ChromaFeature, CqtFeature

__all__ = ["FEATURES", "Feature", "compute"]

Settings = dict[str, Any]


@dataclass(frozen=True)
class Feature:
    """One feature that a plan computes block by block.

    Attributes
    ----------
    help : str
        What it is, in a few words.
    plan : str
        Name of the plan in `fastspec`.
    options : tuple of Option
        Those of the plan's arguments that the command line offers.
    needs_sr : bool
        Whether the plan takes ``sr``.
    """

    help: str
    plan: str
    options: tuple[Option, ...]
    needs_sr: bool = True

    def settings(self, args: argparse.Namespace, source: AudioBlocks) -> Settings:
        """Return the arguments, checked as far as they can be before any work."""
        settings = {option.name: getattr(args, option.name) for option in self.options}
        if self.needs_sr:
            settings["sr"] = source.sr
        if args.precision is not None:
            settings["precision"] = args.precision
        if self._make(settings).n_frames(source.n_samples) == 0:
            raise ParameterError(
                f"n_fft={args.n_fft}: {source.name} is shorter, and its frames are not centred"
            )
        return settings

    def passes(self, settings: Settings) -> int:
        """Return how often the recording is read."""
        return 2 if self._seeks_peak(settings) else 1

    def frames(
        self, settings: Settings, blocks: AudioBlocks, n_threads: int
    ) -> Iterator[NDArray[Any]]:
        """Yield the frames [shape=(channels, bins, k)]."""
        if self._seeks_peak(settings):
            peak = _loudest(blocks, settings, n_threads)
            # The difference is rounded to the precision of the result, as the plan rounds it.
            settings = settings | {"top_db": None, "log_floor": float(peak - settings["top_db"])}
        return _frames(self._make(settings), blocks, settings, n_threads)

    def _make(self, settings: Mapping[str, Any]) -> Any:
        return getattr(fastspec, self.plan)(**settings)

    def _seeks_peak(self, settings: Settings) -> bool:
        # A threshold below the maximum takes one pass to find the maximum and one to apply it.
        return settings.get("top_db") is not None and settings.get("log", "db") == "db"


def _frames(
    plan: Any, blocks: AudioBlocks, settings: Mapping[str, Any], n_threads: int
) -> Iterator[NDArray[Any]]:
    n_fft = settings["n_fft"]
    hop_length = settings["hop_length"] or (settings["win_length"] or n_fft) // 4
    return stream_frames(plan, blocks, n_fft=n_fft, hop_length=hop_length, n_threads=n_threads)


def _loudest(blocks: AudioBlocks, settings: Mapping[str, Any], n_threads: int) -> np.floating[Any]:
    """The highest value in decibels over all bands, frames and channels."""
    shared = ("sr", "precision", "amin", "ref", *(option.name for option in MEL))
    plan = fastspec.MelSpectrogram(log="db", **{k: settings[k] for k in shared if k in settings})
    return max(frames.max() for frames in _frames(plan, blocks, settings, n_threads))


FEATURES: dict[str, Feature | CqtFeature | ChromaFeature] = {
    "stft": Feature(
        "complex short-time Fourier transform",
        "STFT",
        (
            N_FFT,
            Option("hop_length", None, HOP.help + "; none: window / 4", or_none(int)),
            *WINDOWING,
        ),
        needs_sr=False,
    ),
    "mel": Feature(
        "mel spectrogram, as power or in decibels or as a logarithm",
        "MelSpectrogram",
        (
            *MEL,
            Option("log", None, "compression", or_none(str), ("db", "ln", "log10", None)),
            Option("amin", 1e-10, "least power before the logarithm", float),
            Option("ref", 1.0, "power of 0 dB", float),
            Option("top_db", None, "range below the maximum in dB", or_none(float)),
        ),
    ),
    "mfcc": Feature(
        "mel-frequency cepstral coefficients",
        "MFCC",
        (
            N_MFCC,
            Option("dct_type", 2, "type of the cosine transform: 1, 2 or 3", int),
            Option("dct_norm", "ortho", "its norm: ortho or none", or_none(str)),
            Option("lifter", 0, "cepstral filtering; 0: none", number),
            Option("top_db", 80.0, "range below the maximum in dB", or_none(float)),
            *MEL,
        ),
    ),
    "cqt": CqtFeature("constant-Q or variable-Q transform"),
    "chroma": ChromaFeature("chromagram: the strength of each pitch class"),
}
"""Commands that write a feature to a .npy file, by name."""


def compute(args: argparse.Namespace) -> None:
    """Stream a recording through a feature into a .npy file."""
    started = time.perf_counter()
    feature = FEATURES[args.command]
    output = checked_output(args.output, ".npy", args.input)
    n_threads = check_int("n_threads", args.n_threads, minimum=1)
    source = open_source(args)
    settings = feature.settings(args, source)
    with progress(source, feature.passes(settings)) as watched:
        blocks = watched if n_threads == 1 else ReadAhead(watched)
        frames = feature.frames(settings, blocks, n_threads)
        with appearing_whole(output) as file:
            writer = NpyWriter(file)
            for part in frames:
                writer.append(part)
            shape, dtype = writer.finish()
    say(f"{args.output}: {shape} {dtype}, {speed(source, started)}")
