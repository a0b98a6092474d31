"""The hostile matrix's rows of several features in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hostile_access import FRAMES
from hostile_run import Own, Value, bad, bads, case, good, goods, made, odds, vary, without
from hostile_values import (
    BOOLS,
    DTYPES,
    HOP,
    N_FFT,
    NAMES,
    NUMBERS,
    SIZES,
    THREADS,
    WILD,
    WINDOWS,
    BrokenRepr,
    EqualToAll,
    N,
    Y,
    arrays,
    strict,
)

import fastspec

ON: dict[str, Any] = {"mel": 9, "centroid": True, "rms": True}
FRAMING: dict[str, Any] = {"n_fft": N_FFT, "hop_length": HOP}
PARTS = ("win_length", "Nx", "beta", "std", "weight", "weights", "at", "nbar", "norm", "sll")


class Raising(Mapping[str, Any]):
    """A mapping that cannot be read."""

    def __getitem__(self, name: str) -> Any:
        raise Own

    def __iter__(self) -> Any:
        raise Own

    def __len__(self) -> int:
        return 1


def _computed(y: Any = Y, **given: Any) -> Any:
    return list(fastspec.Features(**{**FRAMING, **ON, **given})(y).values())


def _shared(**given: Any) -> Any:
    """Features of settings that all share; their cost is bounded by few of them."""
    return _computed(**{"mel": False, "zcr": True, **given})


vary("Features", _shared, "y", *PARTS, n_fft=SIZES, hop_length=SIZES, win_length=SIZES)
vary("Features", _shared, *PARTS, window=WINDOWS, center=BOOLS, sr=WILD, pad_mode=NAMES)
vary("Features", _shared, pad_tail=NAMES, engine=NAMES, planner=NAMES, precision=NAMES)
vary("Features", _shared, input_scale=WILD)
_SWITCHES: list[Value] = [
    *goods(True, None, False, np.True_, np.False_, {}),
    *bads("x", b"x", [], (), [1], object(), len, 1j, EqualToAll(), BrokenRepr(), np.arange(3)),
    *bads({"x": 1}, {3: 1}, {None: 1}, {"n_fft": 4}, {"sr": 1}, {EqualToAll(): 1}, {(): ()}),
    made("mapping that cannot be read", Raising),
]
_ALL = ("stft", "spectrogram", "mel", "mfcc", "chroma", "centroid", "bandwidth", "rolloff")
_ALL += ("flatness", "contrast", "poly", "rms", "zcr")
for _name in _ALL:
    _options: dict[str, Any] = {"sr": 22050, "n_fft": 512}

    def _switched(name: str = _name, **given: Any) -> Any:
        return _computed(**{"sr": 22050, "n_fft": 512, "mel": False, **given})

    vary("Features", _switched, **{_name: _SWITCHES})
_SIZES = without(SIZES, "1073741824", "2147483647", "2147483648")
_OWN: dict[str, dict[str, list[Value]]] = {
    "mel": {"n_mels": _SIZES, "fmin": NUMBERS, "fmax": NUMBERS, "htk": BOOLS, "power": WILD},
    "mfcc": {"n_mfcc": _SIZES, "dct_type": SIZES, "lifter": WILD, "top_db": WILD},
    "chroma": {"n_chroma": _SIZES, "tuning": NUMBERS, "octwidth": WILD, "base_c": BOOLS},
    "bandwidth": {"p": WILD, "norm": BOOLS},
    "rolloff": {"roll_percent": WILD},
    "flatness": {"amin": WILD, "power": WILD},
    "contrast": {"fmin": WILD, "n_bands": SIZES, "quantile": WILD, "top_db": WILD},
    "poly": {"order": [v for v in SIZES if v.must == "refused"]},
    "rms": {"dtype": DTYPES},
    "zcr": {"threshold": WILD, "zero_pos": BOOLS, "pad": BOOLS},
}
for _name, _kinds in _OWN.items():
    for _option, _values in _kinds.items():

        def _optional(name: str = _name, option: str = _option, **given: Any) -> Any:
            return _computed(**{"n_fft": 512, name: {option: given[option]}})

        vary(f"Features {_name}", _optional, "fmin", "fmax", **{_option: _values})

_PLAN = fastspec.Features(**FRAMING, **ON)
_GOOD = _PLAN(Y)


def _called(**given: Any) -> Any:
    return list(_PLAN(**{"y": Y, **given}).values())


def _written(**given: Any) -> Any:
    return _PLAN(Y, out={**_GOOD, **given})


_LONG = [v for v in strict(arrays(N)) if "virtual" not in v.label and v.label != "a string"]
vary("Features call", _called, y=_LONG, n_threads=THREADS, frames=FRAMES)
vary(
    "Features call",
    _called,
    out=[
        good(None),
        *bads(
            3, "x", [], {}, _GOOD["mel"], [*_GOOD.values()], EqualToAll(), BrokenRepr(), object()
        ),
        *bads({"mel": _GOOD["mel"]}, {**_GOOD, "x": 1}, {**_GOOD, 3: 1}, dict.fromkeys(_GOOD, 1)),
        bad(dict.fromkeys(_GOOD, np.zeros((1, 38))), "one array for all"),
        made("mapping that cannot be read", Raising),
    ],
)
vary("Features call", _written, "out", mel=bads(None, 3, "x", _GOOD["rms"], _GOOD["mel"][1:]))
vary("Features call", lambda **g: _PLAN.stack(**{"y": Y, **g}), y=_LONG, out=odds(None))
vary("Features call", lambda **g: _PLAN.stack(Y, **g), out=bads(3, "x", {}, _GOOD["mel"], _GOOD))
vary(
    "Features call",
    lambda **g: _PLAN.map(**g),
    "y",
    signals=bads(None, 3, "x", {}, [3], [[[Y]]], [Y, Y[None]]),
)
vary(
    "Features call",
    lambda **g: _PLAN.map([Y, Y[9:]], **g),
    pad=BOOLS,
    out=bads(3, "x", {}, [_GOOD]),
)
vary("Features call", lambda **g: _PLAN.estimate(**{"n_samples": N, **g}), "y", n_samples=SIZES)
vary("Features stream", lambda **g: _PLAN.stream(**g), channels=_SIZES, n_threads=THREADS)
vary("Features stream", lambda **g: _PLAN.stream().push(**g), "y", chunk=_LONG)
vary(
    "Features stream",
    lambda **g: _PLAN.stream().push(Y, **g),
    out=bads(3, "x", {}, [], _GOOD["mel"]),
)
case(
    "Features", "an unknown one", lambda: fastspec.Features(tempo=True), "argument", must="refused"
)
