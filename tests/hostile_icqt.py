"""The hostile matrix's rows of the inverses of the constant-Q transform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hostile_run import Value, bads, calling, case, maybe, odds, vary, without
from hostile_values import (
    BOOLS,
    DTYPES,
    HOP,
    NAMES,
    NUMBERS,
    SEEDS,
    SIZES,
    THREADS,
    WINDOWS,
    N,
    Y,
    arrays,
    lenient,
    outs,
    strict,
)

import fastspec

FMIN, BINS = 440.0, 14
C = fastspec.cqt(Y, hop_length=HOP, fmin=FMIN, n_bins=BINS)
NORMS = [*maybe(NUMBERS), *bads("x", [], np.ones(3), object())]
FEW = [*without(SIZES, "1", "7"), *odds(3, 200, 2**20)]
LONG = ("virtual 2**40", "virtual 2**58", "virtual 2**20 channels", "virtual last 2**40")
BLAMED = ("sr", "fmin", "n_bins", "bins_per_octave", "frequency", "filter_scale", "hop_length")
BLAMED += ("intervals", "gamma", "tuning", "window", "filters", "C", "length", "out", "definition")
BLAMED += ("method", "NW", "nbar", "beta", "std", "weight", "weights", "at", "norm", "sll")

INVERSE: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "hop_length": SIZES,
    "fmin": [v for v in NUMBERS if "Fraction" not in v.label],
    "bins_per_octave": FEW,
    "tuning": NUMBERS,
    "filter_scale": NUMBERS,
    "norm": NORMS,
    "sparsity": NUMBERS,
    "window": maybe(WINDOWS),
    "scale": BOOLS,
    "length": SIZES,
    "res_type": NAMES,
    "dtype": DTYPES,
    "n_threads": THREADS,
    "precision": NAMES,
}
SOLVER: dict[str, list[Value]] = {
    "n_iter": without(SIZES, "1073741824", "2147483647", "2147483648"),
    "tol": NUMBERS,
    "damping": NUMBERS,
}
_GRID: dict[str, Any] = {"C": C, "hop_length": HOP, "fmin": FMIN, "length": N}
for _name in ("icqt", "ivqt"):
    _inverse = calling(getattr(fastspec, _name), **_GRID)
    vary(_name, _inverse, *BLAMED, **INVERSE, definition=NAMES, method=NAMES)
    _given = strict(lenient(arrays(*C.shape, dtype=np.complex64), "of the other kind"))
    vary(_name, _inverse, *BLAMED, C=without(_given, *LONG))
    vary(_name, _inverse, "C", out=outs((N,), np.float32))
    _least = calling(_inverse, definition="exact", n_iter=3)
    vary(_name, _least, *BLAMED, **INVERSE, **SOLVER)
vary("ivqt", calling(fastspec.ivqt, **_GRID), *BLAMED, gamma=NUMBERS)
_griffin = calling(
    fastspec.griffinlim_cqt, C=np.abs(C), hop_length=HOP, fmin=FMIN, n_iter=2, random_state=0
)
vary(
    "griffinlim_cqt",
    _griffin,
    *BLAMED,
    **INVERSE,
    n_iter=without(SIZES, "1073741824", "2147483647"),
    momentum=NUMBERS,
    init=NAMES,
    random_state=SEEDS,
    pad_mode=maybe(NAMES),
)
vary("griffinlim_cqt", _griffin, *BLAMED, C=maybe(without(strict(arrays(*C.shape)), *LONG)))
case("griffinlim_cqt", "2**31 - 1 iterations", lambda: _griffin(n_iter=2**31 - 1), long=True)


def _of_plan(**given: Any) -> Any:
    plan = fastspec.CQT(hop_length=HOP, fmin=FMIN, n_bins=BINS)
    return plan.inverse(**{"C": plan(Y), "length": N, "n_iter": 3, **given})


vary("CQT", _of_plan, *BLAMED, **SOLVER, length=SIZES, return_residual=BOOLS, n_threads=THREADS)
vary("CQT", _of_plan, "C", out=outs((N,), np.float32))
vary(
    "CQT", _of_plan, *BLAMED, C=maybe(without(strict(arrays(*C.shape, dtype=np.complex64)), *LONG))
)
case("CQT", "inverse of NaN", lambda: _of_plan(C=C * math.nan), "C", must="refused")
