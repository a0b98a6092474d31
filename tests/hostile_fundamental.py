"""The hostile matrix's rows of fundamental frequency and reassigned spectrograms."""

from __future__ import annotations

from hostile_over_time import LARGE
from hostile_run import Value, bads, calling, good, maybe, vary, without
from hostile_values import (
    BOOLS,
    DTYPES,
    HOP,
    N_FFT,
    NAMES,
    PAD_FUNCTIONS,
    SIZES,
    THREADS,
    WILD,
    WINDOWS,
    N,
    Y,
    arrays,
    strict,
)

import fastspec

# ---- fundamental frequency ----------------------------------------------------------------------

_BLAMED = ("fmin", "fmax", "sr", "frame_length", "y")
_SIGNALS = without(strict(arrays(N)), "None", *LARGE)
_PADS = without([*NAMES, *PAD_FUNCTIONS], "str")
_BASE = {"fmin": 200, "fmax": 2000, "sr": 8000, "frame_length": 128, "hop_length": HOP}
for _name in ("yin", "pyin"):
    _more = {"fill_na": 0} if _name == "pyin" else {}
    _function = calling(getattr(fastspec, _name), y=Y, **_BASE, **_more)
    vary(_name, _function, *_BLAMED, fmin=WILD, fmax=WILD, sr=WILD, frame_length=SIZES)
    vary(_name, _function, "y", "max_transition_rate", hop_length=SIZES, center=BOOLS)
    vary(_name, _function, "y", pad_mode=_PADS, n_threads=THREADS)
    vary(_name, _function, y=_SIGNALS)
vary("yin", calling(fastspec.yin, y=Y, **_BASE), trough_threshold=WILD)
_pyin = calling(fastspec.pyin, y=Y, **_BASE, fill_na=0)
_PAIRS: list[Value] = [*map(good, ((2, 18), [0.5, 0.5], (1e6, 1e-3)))]
_PAIRS += bads(2, (2,), (1, 2, 3), (0, 1), (1, float("inf")), ("a", "b"), "ab", None, object())
vary("pyin", _pyin, n_thresholds=SIZES, beta_parameters=_PAIRS, boltzmann_parameter=WILD)
vary("pyin", _pyin, "max_transition_rate", resolution=WILD, max_transition_rate=WILD)
vary("pyin", _pyin, switch_prob=WILD, no_trough_prob=WILD)

# ---- reassigned spectrograms --------------------------------------------------------------------

_PARTS = ("n_fft", "win_length", "hop_length", "Nx", "beta", "std", "weight", "weights", "at")
_PARTS += ("nbar", "norm", "sll", "y", "fmin", "signal")
_BASE = {"y": Y, "n_fft": N_FFT, "hop_length": HOP, "fill_nan": True}
_reassigned = calling(fastspec.reassigned_spectrogram, **_BASE)
vary("reassigned", _reassigned, *_PARTS, n_fft=SIZES, hop_length=SIZES, win_length=maybe(SIZES))
vary("reassigned", _reassigned, *_PARTS, window=WINDOWS, center=BOOLS, sr=WILD, dtype=maybe(DTYPES))
vary("reassigned", _reassigned, *_PARTS, y=_SIGNALS, n_threads=THREADS)
vary("reassigned", _reassigned, "y", pad_mode=_PADS, fill_nan=BOOLS, clip=BOOLS)
# Functions are called.
vary("reassigned", _reassigned, ref_power=without(WILD, "float", "len"))
