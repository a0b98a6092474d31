"""NSGT against other nonstationary Gabor transforms: ``python -m benchmarks.nsgt``.

30 s of noise at 44.1 kHz, from C1 to 20 kHz, one thread, in turns; the tables of all are made
before. nsgt computes in float64 and essentia in float32. Those that are not installed are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.timing import take_turns
from fastspec import NSGT

_SR, _SECONDS = 44100, 30
_FMIN, _FMAX = 32.703, 20000.0


def _ours(y: Any, per_octave: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    plan = NSGT(sr=_SR, fmin=_FMIN, fmax=_FMAX, bins_per_octave=per_octave)
    bands = plan(y)
    return lambda: plan(y), lambda: plan.inverse(bands, y.size)


def _nsgt(y: Any, per_octave: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    from nsgt import NSGT as Peer
    from nsgt import OctScale

    plan = Peer(OctScale(_FMIN, _FMAX, per_octave), _SR, y.size, real=True, matrixform=False)
    bands = list(plan.forward(y))
    return lambda: list(plan.forward(y)), lambda: plan.backward(bands)


def _essentia(y: Any, per_octave: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import essentia.standard as es

    kwargs = {
        "sampleRate": _SR,
        "binsPerOctave": per_octave,
        "minFrequency": _FMIN,
        "maxFrequency": _FMAX,
        "inputSize": y.size,
        "rasterize": "none",
    }
    forward, inverse = es.NSGConstantQ(**kwargs), es.NSGIConstantQ(**kwargs)
    bands = forward(y)
    return lambda: forward(y), lambda: inverse(*bands)


def main() -> int:
    """Print a table; return the exit code."""
    wide = np.random.default_rng(0).standard_normal(_SR * _SECONDS)
    narrow = wide.astype(np.float32)
    makers = {
        "fastspec float32": (_ours, narrow),
        "essentia float32": (_essentia, narrow),
        "fastspec float64": (_ours, wide),
        "nsgt float64": (_nsgt, wide),
    }
    print(f"{'':<18} {'bins/octave':>11} {'forward':>10} {'inverse':>10}   over fastspec")
    for per_octave in (12, 48):
        calls = {}
        for name, (make, y) in makers.items():
            try:
                forward, inverse = make(y, per_octave)
            except Exception as error:
                print(f"{name:<18} {per_octave:>11} left out: {' '.join(str(error).split())[:60]}")
                continue
            calls[name, "forward"], calls[name, "inverse"] = forward, inverse
        times = {
            key: samples.summary()["median"]
            for key, samples in take_turns(
                {" ".join(key): call for key, call in calls.items()}, 20.0, 3, cpu_time=True
            ).items()
        }
        for name in dict.fromkeys(name for name, _ in calls):
            base = f"fastspec {name.split()[1]}"
            both = [times[f"{name} {way}"] for way in ("forward", "inverse")]
            ratios = [t / times[f"{base} {way}"] for t, way in zip(both, ("forward", "inverse"))]
            cells = "".join(f" {1e3 * t:7.1f} ms" for t in both)
            print(f"{name:<18} {per_octave:>11}{cells}   " + ", ".join(f"{r:.1f}" for r in ratios))
    return 0


if __name__ == "__main__":
    sys.exit(main())
