"""The constant-Q transform's errors against its definition, summed in float64:

    python -m benchmarks.accuracy [--quick] [--no-librosa]

For every sample rate, hop and number of bins per octave, from C2 up to Nyquist: the largest
relative error (L2) over music-like sound, noise, a chirp and clicks, the edges included. The last
column is what librosa's own `cqt` differs by from the same sums, on noise, for as many bins as it
accepts.
"""

from __future__ import annotations

import argparse
import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

import fastspec

Array = npt.NDArray[Any]

RATES = (16000, 22050, 44100, 48000)
HOPS = (512, 441, 160, 64)
DIVISIONS = (12, 24, 36, 60)
KINDS = ("music", "noise", "chirp", "clicks")
FMIN = 65.40639132514966  # C2
SECONDS = 0.7

# What the table must stay below.
BOUNDS = {"single": 2e-6, "vqt": 1e-5, "double": 1e-10}


def sound(kind: str, n: int, sr: float) -> Array:
    """Return a signal of the kind, in float64."""
    rng = np.random.default_rng(7)
    t = np.arange(n) / sr
    if kind == "noise":
        return rng.standard_normal(n)
    if kind == "chirp":
        return np.sin(2 * np.pi * (40 * t + 0.25 * sr / SECONDS * t**2))
    if kind == "clicks":
        y = (rng.random(n) < 0.001).astype(float)
        y[[0, -1]] = 1
        return y
    tones = [110, 138.6, 164.8, 440, 554.4, 1318.5]
    y = sum(np.sin(2 * np.pi * f * h * t) / h for f in tones for h in range(1, 6))
    music: Array = y * np.exp(-3 * (t % 0.4)) + 1e-3 * rng.standard_normal(n)
    return music


def some_frames(n_frames: int) -> Array:
    """Return the frames to look at: those at the ends, and some between."""
    inside = np.random.default_rng(3).integers(0, n_frames, 8)
    ends = [0, 1, 2, n_frames - 3, n_frames - 2, n_frames - 1]
    return np.unique(np.clip(np.concatenate([inside, ends]), 0, n_frames - 1))


def direct(y: Array, plan: fastspec.CQT, sr: float, hop: int, at: Array) -> Array:
    """Return frames `at` by the sum that defines them, with a Hann window, in float64."""
    half = int(plan.lengths.max() / 2) + 1
    padded = np.pad(y.astype(np.float64), half)
    out = np.empty((len(plan.frequencies), len(at)), complex)
    for k, (f, length) in enumerate(zip(plan.frequencies, plan.lengths, strict=True)):
        reach = int(length / 2)
        n = np.arange(-reach, reach + 1)
        window = 0.5 + 0.5 * np.cos(2 * np.pi * n / length)
        weights = window * np.exp(-2j * np.pi * ((n * f / sr) % 1)) * 2 / np.sqrt(length)
        for i, t in enumerate(at):
            out[k, i] = padded[half + t * hop - reach : half + t * hop + reach + 1] @ weights
    return out


def relative(ours: Array, theirs: Array) -> float:
    """Return the relative error in L2."""
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def measure(sr: int, hop: int, per_octave: int, kinds: tuple[str, ...] = KINDS) -> dict[str, float]:
    """Return the largest errors for one grid, by what was computed."""
    n_bins = math.floor(per_octave * math.log2(sr / 2 / FMIN)) + 1
    grid: dict[str, Any] = {
        "sr": sr,
        "hop_length": hop,
        "bins_per_octave": per_octave,
        "n_bins": n_bins,
        "fmin": FMIN,
    }
    variants = {
        "single": fastspec.CQT(**grid),
        "gamma 20": fastspec.CQT(**grid, gamma=20),
        "gamma None": fastspec.CQT(**grid, gamma=None),
    }
    worst = dict.fromkeys((*variants, "double"), 0.0)
    for kind in kinds:
        y = sound(kind, int(SECONDS * sr), sr)
        at = some_frames(variants["single"].n_frames(len(y)))
        y = y.astype(np.float32).astype(np.float64)
        for name, plan in variants.items():
            truth = direct(y, plan, sr, hop, at)
            error = relative(plan(y.astype(np.float32))[:, at], truth)
            worst[name] = max(worst[name], error)
            if name == "single":
                worst["double"] = max(worst["double"], relative(plan(y)[:, at], truth))
    return worst


def of_librosa(sr: int, hop: int, per_octave: int) -> tuple[float, int]:
    """Return librosa's own error on noise, and for how many bins up from the lowest."""
    import librosa

    y = sound("noise", int(SECONDS * sr), sr).astype(np.float32)
    n_bins = math.floor(per_octave * math.log2(sr / 2 / FMIN)) + 1
    while n_bins:
        kwargs: dict[str, Any] = {
            "sr": sr,
            "hop_length": hop,
            "bins_per_octave": per_octave,
            "n_bins": n_bins,
            "fmin": FMIN,
        }
        try:
            theirs = librosa.cqt(y, **kwargs)
        except librosa.ParameterError:  # the highest pass-bands lie beyond sr / 2
            n_bins -= 1
            continue
        plan = fastspec.CQT(**kwargs)
        at = some_frames(theirs.shape[-1])
        return relative(theirs[:, at], direct(y, plan, sr, hop, at)), n_bins
    return math.nan, 0


def main() -> int:
    """Print the table; return 1 if a bound is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="12 bins per octave, hop 512 alone")
    parser.add_argument("--no-librosa", action="store_true", help="leave librosa's column out")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    names = ("single", "gamma 20", "gamma None", "double")
    bounds = (BOUNDS["single"], BOUNDS["vqt"], BOUNDS["vqt"], BOUNDS["double"])
    print("   sr  hop  /octave |" + "".join(f"{name:>11}" for name in names) + " |    librosa")
    failed = False
    for sr in RATES:
        for hop in HOPS[:1] if arguments.quick else HOPS:
            for per_octave in DIVISIONS[:1] if arguments.quick else DIVISIONS:
                worst = measure(sr, hop, per_octave)
                cells = "".join(f"{worst[name]:>11.2e}" for name in names)
                theirs = ""
                if not arguments.no_librosa:
                    error, n = of_librosa(sr, hop, per_octave)
                    theirs = f"{error:>11.2e} ({n} bins)"
                over = any(worst[name] > bound for name, bound in zip(names, bounds, strict=True))
                failed |= over
                mark = " OVER" if over else ""
                print(f"{sr:5} {hop:4} {per_octave:8} |{cells} |{theirs}{mark}", flush=True)
    print("bounds" + " " * 13 + "|" + "".join(f"{bound:>11.0e}" for bound in bounds) + " |")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
