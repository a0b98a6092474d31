"""The hostile matrix's rows of what works along time: PCEN, derivatives, stacks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hostile_run import Value, bads, calling, good, made, maybe, odds, vary, without
from hostile_values import BOOLS, NAMES, NUMBERS, SIZES, WILD, S, arrays, lenient, noise, outs

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
vary("pcen", _pcen, "hop_length", "b", **_wild, hop_length=WILD, b=maybe(WILD), n_threads=SIZES)
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
vary("delta", _delta, "data", width=_width, order=SIZES, axis=AXES, mode=NAMES, n_threads=SIZES)
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
