"""Functions with librosa's names beside librosa: `python -m benchmarks.features [SECONDS]`.

One thread, float32 at 22050 Hz; medians of CPU time, the two libraries in turns.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import fastspec
from benchmarks.cases import signal

ROUNDS = 7

Call = Callable[[], Any]


def cases(seconds: float) -> dict[str, tuple[Call, Call]]:
    """Return pairs of calls, ours and librosa's, by what they compute."""
    import librosa

    y = signal(22050, seconds)
    S = np.abs(librosa.stft(y))
    mel = librosa.feature.melspectrogram(y=y)
    theirs = librosa.feature
    pairs: dict[str, tuple[Call, Call]] = {}
    for name in ("centroid", "bandwidth", "rolloff", "flatness", "contrast"):
        for kind, data in (("y", y), ("S", S)):
            given = {kind: data}
            full = f"spectral_{name}"
            pairs[f"{full} of {kind}"] = (
                lambda full=full, given=given: getattr(fastspec, full)(**given),
                lambda full=full, given=given: getattr(theirs, full)(**given),
            )
    for name in ("poly_features", "rms"):
        for kind, data in (("y", y), ("S", S)):
            given = {kind: data}
            pairs[f"{name} of {kind}"] = (
                lambda name=name, given=given: getattr(fastspec, name)(**given),
                lambda name=name, given=given: getattr(theirs, name)(**given),
            )
    return pairs | {
        "zero_crossing_rate": (
            lambda: fastspec.zero_crossing_rate(y),
            lambda: theirs.zero_crossing_rate(y),
        ),
        "pcen": (lambda: fastspec.pcen(mel), lambda: librosa.pcen(mel)),
        "delta": (lambda: fastspec.delta(mel), lambda: theirs.delta(mel)),
        "stack_memory": (lambda: fastspec.stack_memory(mel), lambda: theirs.stack_memory(mel)),
        "preemphasis": (
            lambda: fastspec.preemphasis(y),
            lambda: librosa.effects.preemphasis(y),
        ),
        "deemphasis": (lambda: fastspec.deemphasis(y), lambda: librosa.effects.deemphasis(y)),
        "perceptual_weighting": (
            lambda: fastspec.perceptual_weighting(S, np.linspace(1, 11025, len(S))),
            lambda: librosa.perceptual_weighting(S, np.linspace(1, 11025, len(S))),
        ),
        "reassigned_spectrogram": (
            lambda: fastspec.reassigned_spectrogram(y),
            lambda: librosa.reassigned_spectrogram(y),
        ),
        "yin, C2 to C7": (
            lambda: fastspec.yin(y, fmin=65.4, fmax=2093),
            lambda: librosa.yin(y, fmin=65.4, fmax=2093),
        ),
        "pyin, C2 to C7": (
            lambda: fastspec.pyin(y, fmin=65.4, fmax=2093),
            lambda: librosa.pyin(y, fmin=65.4, fmax=2093),
        ),
    }


def seconds_of(call: Call) -> float:
    """Return the CPU time of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def main() -> None:
    """Print the table."""
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    print(f"{'':28} {'fastspec ms':>12} {'librosa ms':>11} {'ratio':>6}")
    for name, (ours, theirs) in cases(length).items():
        ours(), theirs()
        times = [(seconds_of(ours), seconds_of(theirs)) for _ in range(ROUNDS)]
        a, b = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        print(f"{name:28} {a:12.2f} {b:11.2f} {b / a:6.1f}")


if __name__ == "__main__":
    main()
