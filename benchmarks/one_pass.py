"""Several features in one pass beside one by one: `python -m benchmarks.one_pass [SECONDS]`.

One thread, float32 at 22050 Hz; medians of CPU time: `Features` and our plans and functions one by
one, in turns, every array of which is compared bit for bit; then librosa's functions.
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

ROUNDS = 15
SR = 22050

Call = Callable[[], Any]

_BANDS = ("mel", "mfcc", "chroma")
_STATISTICS = ("centroid", "bandwidth", "rolloff", "flatness", "contrast", "poly", "rms", "zcr")

# What is computed, by the names of the rows.
SETS: dict[str, tuple[str, ...]] = {
    "mel, mfcc": ("mel", "mfcc"),
    "mel, mfcc, chroma": _BANDS,
    "mel, mfcc, chroma, centroid, rms": (*_BANDS, "centroid", "rms"),
    "centroid, bandwidth, rolloff, flatness": _STATISTICS[:4],
    "all but stft, spectrogram": (*_BANDS, *_STATISTICS),
    "all": ("stft", "spectrogram", *_BANDS, *_STATISTICS),
}


def ours(y: Any) -> dict[str, Call]:
    """Return each feature by its own plan or function; plans are made before."""
    stft, power = fastspec.STFT(hop_length=512), fastspec.Spectrogram(hop_length=512)
    mel, mfcc, chroma = fastspec.MelSpectrogram(), fastspec.MFCC(), fastspec.ChromaSTFT()
    return {
        "stft": lambda: stft(y),
        "spectrogram": lambda: power(y),
        "mel": lambda: mel(y),
        "mfcc": lambda: mfcc(y),
        "chroma": lambda: chroma(y),
        "centroid": lambda: fastspec.spectral_centroid(y=y),
        "bandwidth": lambda: fastspec.spectral_bandwidth(y=y),
        "rolloff": lambda: fastspec.spectral_rolloff(y=y),
        "flatness": lambda: fastspec.spectral_flatness(y=y),
        "contrast": lambda: fastspec.spectral_contrast(y=y),
        "poly": lambda: fastspec.poly_features(y=y),
        "rms": lambda: fastspec.rms(y=y),
        "zcr": lambda: fastspec.zero_crossing_rate(y),
    }


def theirs(y: Any) -> dict[str, Call]:
    """Return the same of librosa, where it is installed."""
    try:
        import librosa
    except ImportError:
        return {}
    f = librosa.feature
    return {
        "stft": lambda: librosa.stft(y),
        "spectrogram": lambda: np.abs(librosa.stft(y)) ** 2,
        "mel": lambda: f.melspectrogram(y=y),
        "mfcc": lambda: f.mfcc(y=y),
        "chroma": lambda: f.chroma_stft(y=y, tuning=0.0),
        "centroid": lambda: f.spectral_centroid(y=y),
        "bandwidth": lambda: f.spectral_bandwidth(y=y),
        "rolloff": lambda: f.spectral_rolloff(y=y),
        "flatness": lambda: f.spectral_flatness(y=y),
        "contrast": lambda: f.spectral_contrast(y=y),
        "poly": lambda: f.poly_features(y=y),
        "rms": lambda: f.rms(y=y),
        "zcr": lambda: f.zero_crossing_rate(y),
    }


def seconds_of(calls: list[Call]) -> float:
    """Return the CPU time of some calls, one after the other."""
    start = time.process_time()
    for call in calls:
        call()
    return time.process_time() - start


def medians(columns: list[list[Call]]) -> list[float]:
    """Return the median CPU time in ms of each list of calls, the lists in turns."""
    for calls in columns:
        seconds_of(calls)
    rounds = [[seconds_of(calls) for calls in columns] for _ in range(ROUNDS)]
    return [statistics.median(column) * 1e3 for column in zip(*rounds, strict=True)]


def differing(results: dict[str, Any], singles: dict[str, Call]) -> list[str]:
    """Return the features that are not, bit for bit, what they are alone."""
    return [
        name
        for name, x in results.items()
        if x.tobytes() != np.ascontiguousarray(singles[name]()).tobytes()
    ]


def main() -> None:
    """Print the table."""
    length = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    y = signal(SR, length)
    singles, librosas = ours(y), theirs(y)
    print(f"{'':40} {'one pass':>9} {'singles':>9} {'ratio':>6} {'librosa':>9} {'ratio':>6}  bits")
    for title, names in SETS.items():
        options: dict[str, Any] = dict.fromkeys(names, True)
        plan = fastspec.Features(sr=SR, **options)
        one: list[Call] = [lambda plan=plan: plan(y)]  # type: ignore[misc]
        a, b = medians([one, [singles[name] for name in plan.names]])
        cells = f" {b:9.2f} {b / a:6.1f}"
        if librosas:
            (c,) = medians([[librosas[name] for name in plan.names]])
            cells += f" {c:9.2f} {c / a:6.1f}"
        wrong = differing(plan(y), singles)
        bits = "differ: " + ", ".join(wrong) if wrong else "equal"
        print(f"{title:40} {a:9.2f}{cells}  {bits}")


if __name__ == "__main__":
    main()
