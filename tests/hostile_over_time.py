"""The hostile matrix's rows of what works along time: PCEN, derivatives, stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hostile_run import Value, bads, calling, good, made, maybe, odds, vary, without
from hostile_values import (
    BOOLS,
    NAMES,
    NUMBERS,
    PAD_FUNCTIONS,
    SIZES,
    THREADS,
    WILD,
    N,
    S,
    Y,
    arrays,
    lenient,
    noise,
    outs,
    strict,
)

import fastspec

LARGE = ("virtual 2**40", "virtual 2**58", "virtual 2**20 channels", "virtual last 2**40")
LARGE += ("virtual first 2**40",)
AXES: list[Value] = [*map(good, (0, 1, -1, -2)), *bads(2, -3, 2**70, 0.5, "0", None, object())]


PASSING = ("bool", "bytearray", "interface of no type")


def _arrays(*shape: int, finite: bool = True) -> list[Value]:
    """Arrays as the functions take them; NaN is no error, nor what noise below zero gives."""
    values = without(lenient(arrays(*shape), *PASSING), *LARGE)
    return [Value(v.label, v.make, v.must, finite and v.finite) for v in values]


_pcen = calling(fastspec.pcen, S=S)
_wild = dict.fromkeys(("sr", "gain", "bias", "power", "time_constant", "eps"), WILD)
vary("pcen", _pcen, "hop_length", "b", **_wild, hop_length=WILD, b=maybe(WILD), n_threads=THREADS)
vary(
    "pcen",
    _pcen,
    "S",
    max_size=SIZES,
    axis=AXES,
    max_axis=[good(None), *AXES[:-2]],
    precision=NAMES,
)
vary("pcen", calling(_pcen, max_size=3), "S", axis=AXES, max_axis=AXES[:-2])
vary(
    "pcen", _pcen, S=_arrays(*S.shape, finite=False), return_zf=BOOLS, out=outs(S.shape, np.float64)
)
vary("pcen", _pcen, "S", ref=maybe(_arrays(*S.shape, finite=False)))
vary(
    "pcen",
    _pcen,
    zi=[
        *map(good, (None, np.ones((1, 1)), np.ones((len(S), 1), np.float32))),
        *bads(3.0, "zi", [], np.ones(len(S)), np.ones((2, 1)), np.ones((1, 1), complex), object()),
        *bads(np.ones((len(S), 2)), [["a"]], {1: 2}),
        *odds(np.full((1, 1), np.int64(3))),
    ],
)

_width = [v for v in SIZES if v.must == "refused"]
_delta = calling(fastspec.delta, data=S)
vary("delta", _delta, "data", width=_width, order=SIZES, axis=AXES, mode=NAMES, n_threads=THREADS)
vary("delta", calling(_delta, mode="wrap"), "width", "data", width=SIZES, delta=WILD, axis=AXES)
vary("delta", calling(_delta, mode="constant"), "data", polyorder=SIZES, cval=WILD)
vary("delta", _delta, "S", "width", data=_arrays(*S.shape))

_stack = calling(fastspec.stack_memory, data=noise(3, 5))
vary("stack_memory", _stack, "data", n_steps=SIZES, delay=NUMBERS)
vary("stack_memory", _stack, data=without(_arrays(3, 5), "a number"))
vary("stack_memory", calling(_stack, mode="edge"), "data", n_steps=SIZES)
vary("stack_memory", _stack, out=outs((6, 5), np.float32))
_any: list[Any] = [made("empty", lambda: np.zeros((3, 0)), "refused")]
vary("stack_memory", _stack, data=_any)

# ---- statistics of spectra and frames -----------------------------------------------------------

_BLAMED = ("win_length", "n_fft", "hop_length", "window", "freq", "sr", "fmin", "y")
_FRAMING = {"n_fft": SIZES, "hop_length": SIZES, "win_length": SIZES, "center": BOOLS}
_OWN: dict[str, dict[str, list[Value]]] = {
    "spectral_centroid": {"sr": WILD, "freq": maybe(_arrays(len(S), finite=False))},
    "spectral_bandwidth": {"p": WILD, "norm": BOOLS},
    "spectral_rolloff": {"sr": WILD, "roll_percent": WILD},
    "spectral_flatness": {"amin": WILD, "power": WILD},
    "spectral_contrast": {"fmin": WILD, "n_bands": SIZES, "quantile": WILD, "linear": BOOLS},
    "poly_features": {"order": [v for v in SIZES if v.must == "refused"]},
}
for _name, _own in _OWN.items():
    _function = getattr(fastspec, _name)
    _given = calling(_function, S=np.abs(S))
    vary(_name, calling(_function, y=Y), *_BLAMED, **_FRAMING, n_threads=THREADS)
    vary(_name, calling(_function, y=Y), *_BLAMED, y=without(strict(arrays(N)), "None", *LARGE))
    vary(_name, _given, *_BLAMED, "S", **_own)
    vary(_name, _given, S=without(_arrays(*S.shape, finite=False), "None"))
_short = without(SIZES, "1073741824", "2147483647", "2147483648")
_LENGTHS = {"frame_length": _short, "hop_length": SIZES, "center": BOOLS, "n_threads": THREADS}
_pads = without([*NAMES, *PAD_FUNCTIONS], "str", "function that pads with NaN")
_factors = without(maybe(WILD), "float")
_rms, _zcr = calling(fastspec.rms, y=Y), calling(fastspec.zero_crossing_rate, y=Y)
vary("rms", _rms, "y", **_LENGTHS, pad_mode=_pads)
vary("rms", _rms, y=without(_arrays(N), "None"))
vary("rms", calling(fastspec.rms, frame_length=2 * len(S) - 2), "frame_length", S=_arrays(*S.shape))
vary("zero_crossing_rate", _zcr, "y", **_LENGTHS, threshold=WILD, ref_magnitude=_factors)
vary("zero_crossing_rate", _zcr, y=without(strict(arrays(N)), *LARGE), pad=BOOLS, zero_pos=BOOLS)

# ---- signals -------------------------------------------------------------------------------------

for _name in ("preemphasis", "deemphasis"):
    _function = calling(getattr(fastspec, _name), y=Y)
    vary(_name, _function, coef=WILD, zi=maybe(WILD), return_zf=BOOLS)
    vary(_name, _function, y=_arrays(N))
_frame = calling(fastspec.frame, x=Y, frame_length=20, hop_length=7)
vary("frame", _frame, "x", frame_length=SIZES, hop_length=SIZES, writeable=BOOLS)
_pitches = np.ones(5)
vary("weighting", fastspec.A_weighting, frequencies=without(
    _arrays(5, finite=False), "a number"
))  # fmt: skip
_weights = calling(fastspec.frequency_weighting, frequencies=_pitches)
vary("weighting", _weights, kind=maybe(NAMES), min_db=maybe(WILD))
_resample = calling(fastspec.resample, y=Y, orig_sr=16000, target_sr=8000)
vary("resample", _resample, "y", res_type=NAMES, fix=BOOLS, scale=BOOLS)
_rates = [v for v in WILD if v.must == "refused"]
vary("resample", _resample, orig_sr=_rates, target_sr=_rates)
