"""The commands ``cqt`` and ``chroma``: transforms over pitch."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastspec

from .._validate import ParameterError, check_choice, check_float
from ..audio import AudioBlocks, stream_frames
from .options import HOP, WINDOW, Option, norm, number, or_none, or_word, pitch

__all__ = ["ChromaFeature", "CqtFeature"]

Settings = dict[str, Any]

_DEFINITIONS = "'exact', or 'librosa' for its numbers"
_FMIN = Option("fmin", None, "lowest frequency in Hz, or a note; none: C1", or_none(pitch))
_GAMMA = Option(
    "gamma",
    0.0,
    "bandwidth in Hz added to every filter's; none: so much that they are like the ear's",
    or_none(float),
)
_TUNING_HELP = "deviation from A440 in fractions of a bin; 'auto' estimates it first"

_VALUES = ("complex", "magnitude", "power", "db")


def _whole(blocks: AudioBlocks) -> NDArray[np.float32]:
    """Return the whole recording, shape=(channels, n)."""
    return np.concatenate(list(blocks), axis=1)


def _tuned(settings: Settings, blocks: AudioBlocks) -> Settings:
    """Return the settings with a tuning that is known."""
    if settings["tuning"] != "auto":
        return settings
    found = fastspec.estimate_tuning(
        y=_whole(blocks), sr=settings["sr"], bins_per_octave=settings["bins_per_octave"]
    )
    return settings | {"tuning": found}


@dataclass(frozen=True)
class CqtFeature:
    """The constant-Q transform, block by block.

    A tuning that is to be estimated, and those transforms by librosa's definition that resample the
    whole signal first, read the recording into memory.
    """

    help: str
    options: tuple[Option, ...] = (
        HOP,
        _FMIN,
        Option("n_bins", 84, "number of bins", int),
        Option("bins_per_octave", 12, "bins per octave", int),
        Option("tuning", 0.0, _TUNING_HELP, or_word("auto", float)),
        Option("vqt", False, "variable Q: the same as --gamma none"),
        _GAMMA,
        Option("filter_scale", 1.0, "factor of the filters' lengths", float),
        Option("norm", 1, "norm of the filters: 1, 2, inf or none", or_none(number)),
        WINDOW,
        Option("scale", True, "divide by the square root of the lengths"),
        Option("definition", "exact", "the transform's formula: " + _DEFINITIONS),
        Option("values", "complex", "complex, magnitude, power or db"),
        Option("amin", 1e-5, "least magnitude before the logarithm, for db", float),
        Option("ref", 1.0, "magnitude of 0 dB", float),
        Option("top_db", None, "range below the maximum in dB", or_none(float)),
    )

    def settings(self, args: argparse.Namespace, source: AudioBlocks) -> Settings:
        """Return the arguments, checked as far as they can be before any work."""
        settings = {option.name: getattr(args, option.name) for option in self.options}
        if settings.pop("vqt"):
            if settings["gamma"]:
                raise ParameterError(f"gamma={settings['gamma']!r}: must not be given with vqt")
            settings["gamma"] = None
        settings |= {"sr": source.sr, "precision": args.precision}
        check_choice("values", settings["values"], _VALUES)
        check_float("amin", settings["amin"], exclusive_minimum=0.0)
        check_float("ref", settings["ref"], exclusive_minimum=0.0)
        if settings["top_db"] is not None:
            check_float("top_db", settings["top_db"], minimum=0.0)
            if settings["values"] != "db":
                raise ParameterError(f"top_db={settings['top_db']!r}: is for --values db")
        tuning = 0.0 if settings["tuning"] == "auto" else settings["tuning"]
        self._make(settings | {"tuning": tuning})
        return settings

    def passes(self, settings: Settings) -> int:
        """Return how often the recording is read."""
        return 1 + int(settings["tuning"] == "auto") + int(settings["top_db"] is not None)

    def frames(
        self, settings: Settings, blocks: AudioBlocks, n_threads: int
    ) -> Iterator[NDArray[Any]]:
        """Yield the frames [shape=(channels, bins, k)]."""
        plan = self._make(_tuned(settings, blocks))
        if settings["values"] != "db":
            yield from _through(plan, blocks, n_threads)
            return
        logarithm = {"ref": settings["ref"], "amin": settings["amin"], "top_db": None}
        floor = None
        if settings["top_db"] is not None:
            loudest = max(part.max() for part in _through(plan, blocks, n_threads))
            floor = fastspec.amplitude_to_db(loudest, **logarithm) - settings["top_db"]
        for part in _through(plan, blocks, n_threads):
            level = fastspec.amplitude_to_db(part, **logarithm)
            yield level if floor is None else np.maximum(level, level.dtype.type(floor))

    def _make(self, settings: Settings) -> Any:
        others = ("values", "amin", "ref", "top_db")
        arguments = {name: value for name, value in settings.items() if name not in others}
        values = settings["values"]
        return fastspec.CQT(output="magnitude" if values == "db" else values, **arguments)


def _through(plan: Any, blocks: AudioBlocks, n_threads: int) -> Iterator[NDArray[Any]]:
    try:
        plan.stream(blocks.channels)
    except ParameterError:  # it needs the whole signal
        yield plan(_whole(blocks), n_threads=n_threads)
        return
    # A push's frames shall take as much memory as the spectra of an STFT.
    n_fft = 2 * len(plan.frequencies) if hasattr(plan, "frequencies") else 2048
    yield from stream_frames(
        plan, blocks, n_fft=n_fft, hop_length=plan.hop_length, n_threads=n_threads
    )


# ---- chroma -------------------------------------------------------------------------------------

_EVERY = ("hop_length", "tuning", "n_chroma", "norm")
_CQ = (*_EVERY, "fmin", "n_octaves", "bins_per_octave", "threshold", "window", "definition")
# What each kind of chromagram depends on.
_KINDS = {
    "stft": (*_EVERY, "n_fft", "window"),
    "cqt": _CQ,
    "vqt": (*_CQ, "gamma"),
    "cens": (*_CQ, "smooth"),
}
# Options whose names in `Chroma` are others.
_IN_PLAN = {"window": "cqt_window", "smooth": "win_len_smooth"}


@dataclass(frozen=True)
class ChromaFeature:
    """A chromagram, block by block once its tuning is known."""

    help: str
    options: tuple[Option, ...] = (
        Option("kind", "cqt", "what it is made from: stft, cqt, vqt or cens"),
        HOP,
        Option("n_chroma", 12, "number of pitch classes", int),
        Option("norm", "auto", "norm of frames: inf, 1, 2, none; auto: librosa's", or_none(norm)),
        Option("tuning", "auto", _TUNING_HELP, or_word("auto", float)),
        Option("threshold", 0.0, "values below it become 0 before the norm", or_none(float)),
        _FMIN,
        Option("n_octaves", 7, "octaves, for cqt, vqt and cens", int),
        Option("bins_per_octave", 36, "bins per octave, for cqt, vqt and cens", int),
        Option("gamma", None, "for vqt: " + _GAMMA.help, or_none(float)),
        Option("smooth", 41, "for cens: frames to smooth over; none: do not", or_none(int)),
        Option("n_fft", 2048, "for stft: FFT length in samples", int),
        WINDOW,
        Option("definition", "exact", "for cqt, vqt and cens: the formula: " + _DEFINITIONS),
    )

    def settings(self, args: argparse.Namespace, source: AudioBlocks) -> Settings:
        """Return the arguments, checked as far as they can be before any work."""
        kind = check_choice("kind", args.kind, tuple(_KINDS))
        settings: Settings = {"kind": kind, "sr": source.sr, "precision": args.precision}
        for option in self.options[1:]:
            value = getattr(args, option.name)
            if option.name in _KINDS[kind]:
                settings[option.name] = value
            elif value != option.default:
                raise ParameterError(f"{option.name}={value}: is not for --kind {kind}")
        if settings["norm"] == "auto" and kind == "stft":
            settings["norm"] = np.inf
        tuning = 0.0 if settings["tuning"] == "auto" else settings["tuning"]
        self._make(settings | {"tuning": tuning})
        return settings

    def passes(self, settings: Settings) -> int:
        """Return how often the recording is read."""
        return 1 + int(settings["tuning"] == "auto" and settings["kind"] != "stft")

    def frames(
        self, settings: Settings, blocks: AudioBlocks, n_threads: int
    ) -> Iterator[NDArray[Any]]:
        """Yield the frames [shape=(channels, n_chroma, k)]."""
        if settings["kind"] == "stft" and settings["tuning"] == "auto":
            # Its tuning is that of the spectrogram that it is made from.
            arguments = {k: v for k, v in settings.items() if k not in ("kind", "tuning")}
            yield fastspec.chroma_stft(y=_whole(blocks), n_threads=n_threads, **arguments)
            return
        yield from _through(self._make(_tuned(settings, blocks)), blocks, n_threads)

    def _make(self, settings: Settings) -> Any:
        arguments = dict(settings)
        kind = arguments.pop("kind")
        if kind == "stft":
            return fastspec.ChromaSTFT(**arguments)
        renamed = {_IN_PLAN.get(name, name): value for name, value in arguments.items()}
        return fastspec.Chroma(**renamed, cens=kind == "cens")
