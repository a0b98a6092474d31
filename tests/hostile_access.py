"""The hostile matrix's rows of crops and estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
from hostile_run import Value, bad, bads, case, goods, made, odds, vary
from hostile_values import (
    DTYPES,
    SIZES,
    THREADS,
    BrokenRepr,
    ChangingIndex,
    EqualToAll,
    N,
    RaisingIndex,
    Y,
    arrays,
    outs,
    strict,
)

import fastspec

PLANS: dict[str, Any] = {
    "STFT": fastspec.STFT(n_fft=64, hop_length=16),
    "FrontEnd": fastspec.FrontEnd(n_fft=64, win_length=64, hop_length=16, n_mels=9, deltas=2),
    "CQT": fastspec.CQT(sr=8000, fmin=440, n_bins=14, hop_length=64),
    "Chroma": fastspec.Chroma(sr=8000, fmin=440, n_octaves=2, hop_length=64, cens=True),
    "NSGT": fastspec.NSGT(sr=8000, fmin=880, slice_length=2048, hop_length="common"),
}
FRAMES: list[Value] = [
    *goods(
        slice(3), slice(-3, None), slice(2**70), slice(-(10**30), 10**30), slice(3, 1), range(1)
    ),
    *goods(slice(np.int8(1), np.uint64(2**64 - 1)), range(0), range(9, 3), slice(None)),
    *odds(slice(ChangingIndex()), slice(RaisingIndex(), 3), slice(np.array(2)), None),
    *bads(5, 1.5, "3", b"3", (0, 3), [0, 3], {}, object(), True, ..., np.arange(3), EqualToAll()),
    *bads(slice(0, 9, 2), slice(None, None, -1), slice(0, 9, 0), slice(1.5), slice("a"), slice),
    *bads(slice(0, 3, 10**30), slice(True), slice([], ()), slice(np.float32(3)), BrokenRepr()),
    *bads(range(0, 8, 2), range(5, 0, -1), range(-3, 0), range(10**6), range(2**70, 2**71)),
    bad(slice(BrokenRepr()), "slice of an object"),
    bad(slice(object(), None, object()), "slice of objects"),
    made("slice to 10**5000", lambda: slice(10**5000), "ok"),
]


for _name, _plan in PLANS.items():

    def _called(_plan: Any = _plan, **given: Any) -> Any:
        return _plan(**{"y": Y, "frames": slice(1, 3), **given})

    def _needed(_plan: Any = _plan, **given: Any) -> Any:
        return _plan.needed_samples(**{"frames": slice(1, 2), "n_samples": N, **given})

    def _estimated(_plan: Any = _plan, **given: Any) -> Any:
        return _plan.estimate(**{"n_samples": N, **given})

    _group = f"{_name} crop"
    vary(_group, _called, frames=FRAMES, n_threads=THREADS)
    _left_out = ("a string", "matrix" if _name == "NSGT" else "")  # a file; of N signals
    _given = [v for v in strict(arrays(N)) if v.label not in _left_out]
    vary(
        _group, _called, "frames", y=[v for v in _given if "virtual" not in v.label and not v.must]
    )
    vary(_group, _needed, "y", frames=[v for v in FRAMES if v.label != "None"], n_samples=SIZES)
    vary(_group, _estimated, "y", n_samples=SIZES, channels=SIZES, n_threads=THREADS)
    vary(_group, _estimated, dtype=DTYPES)
    case(_group, "a file that is not there", lambda p=_plan: p("x"), also=(OSError, ImportError))
_kind = np.complex64
vary("STFT crop", lambda **g: PLANS["STFT"](Y, frames=slice(1, 3), **g), out=outs((33, 2), _kind))
