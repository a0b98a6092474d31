"""The table of cases: what is computed, from which signal, with which parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LENGTHS = (1, 30, 600)


@dataclass(frozen=True)
class Feature:
    """One feature with its parameters; a row of the table for each of its lengths."""

    name: str
    method: str  # of the classes in benchmarks.peers
    title: str  # in the chart
    sr: int = 22050
    n_fft: int = 2048
    win_length: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    n_mfcc: int = 20
    n_iter: int = 32
    center: bool = True
    lengths: tuple[int, ...] = LENGTHS  # in seconds
    transforms: tuple[int, int] = (1, 0)  # FFTs and inverse FFTs per frame
    compare: str = "peak"  # or "convergence": results may be different waveforms

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal."""
        span = n_samples if self.center else n_samples - self.n_fft
        return 1 + span // self.hop_length


_SPEECH: dict[str, Any] = {
    "sr": 16000,
    "n_fft": 400,
    "win_length": 400,
    "hop_length": 160,
    "n_mels": 80,
}

FEATURES = (
    Feature("stft", "stft", "STFT"),
    Feature("stft-out", "stft_out", "STFT into out="),
    Feature("istft", "istft", "inverse STFT", transforms=(0, 1)),
    Feature("mel", "mel", "mel spectrogram"),
    Feature("log-mel", "log_mel", "log-mel spectrogram"),
    Feature("mfcc", "mfcc", "MFCC"),
    Feature(
        "griffinlim",
        "griffinlim",
        "Griffin-Lim, 32 iterations",
        lengths=(1, 30),
        transforms=(32, 33),
        compare="convergence",
    ),
    Feature("whisper", "whisper", "Whisper's log-mel", **_SPEECH),
    Feature("fbank", "fbank", "log filter bank", **(_SPEECH | {"n_fft": 512, "center": False})),
)


class Case:
    """A feature on a signal of some length: what every contestant gets."""

    def __init__(self, feature: Feature, seconds: float) -> None:
        self.feature = feature
        self.seconds = seconds
        self.y = signal(feature.sr, seconds)

    @cached_property
    def spectrum(self) -> Array:
        """The STFT of the signal, shape=(bins, frames), frames contiguous."""
        import fastspec

        return fastspec.stft(self.y, n_fft=self.feature.n_fft, hop_length=self.feature.hop_length)

    @cached_property
    def magnitude(self) -> Array:
        """The magnitudes of `spectrum`, in the same layout."""
        return np.abs(self.spectrum)

    def difference(self, result: Array, reference: Array) -> float:
        """Return by how much a result differs from another: of its peak, or in convergence."""
        if self.feature.compare == "convergence":
            return abs(self._convergence(result) - self._convergence(reference))
        n, longer = sorted((result.shape[-1], reference.shape[-1]))
        slack = 4 if result.ndim > 1 else self.feature.n_fft  # frames, or samples
        if result.shape[:-1] != reference.shape[:-1] or longer - n > slack:
            return float("inf")
        peak = np.abs(reference).max()
        return float(np.abs(result[..., :n] - reference[..., :n]).max() / peak)

    def _convergence(self, y: Array) -> float:
        """Return how far a waveform's magnitudes are from those that were asked for."""
        import fastspec

        f = self.feature
        found = np.abs(fastspec.stft(y, n_fft=f.n_fft, hop_length=f.hop_length))
        n = min(found.shape[1], self.magnitude.shape[1])
        wanted = self.magnitude[:, :n]
        return float(np.linalg.norm(found[:, :n] - wanted) / np.linalg.norm(wanted))

    @property
    def tolerance(self) -> float:
        """Largest `difference` at which results count as the same."""
        return 1e-3 if self.feature.compare == "peak" else 2e-2


def signal(sr: int, seconds: float) -> npt.NDArray[np.float32]:
    """Return a recording of nothing in particular: notes with overtones over a noise floor."""
    n = round(sr * seconds)
    rng = np.random.default_rng(1)
    y = rng.standard_normal(n, dtype=np.float32)
    y *= np.float32(1e-3)
    note = sr // 4
    t = np.arange(note, dtype=np.float32) / np.float32(sr)
    fade = np.exp(-8 * t) * np.minimum(1, 200 * t)
    pitches = 110 * 2 ** (rng.integers(0, 36, size=16) / 12)
    notes = [
        fade * sum(np.sin(2 * np.pi * k * pitch * t) / k**2 for k in range(1, 9))
        for pitch in pitches
    ]
    for i, start in enumerate(range(0, n, note)):
        piece = notes[i % len(notes)][: n - start]
        y[start : start + piece.size] += np.float32(0.2) * piece.astype(np.float32)
    return y


def find(name: str) -> list[Feature]:
    """Return the feature of a name, or those whose names contain it."""
    exact = [feature for feature in FEATURES if feature.name == name]
    return exact or [feature for feature in FEATURES if name in feature.name]
