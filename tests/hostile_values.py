"""What a caller may hand over: hostile values by kind of argument."""

from __future__ import annotations

import array
import ctypes
import decimal
import fractions
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hostile_run import Own, Value, bad, bads, goods, made, odd, odds
from numpy.lib.stride_tricks import as_strided

import fastspec

nan, inf = math.nan, math.inf


class RaisingIndex:
    """A number whose conversion fails."""

    def __index__(self) -> int:
        raise Own

    def __float__(self) -> float:
        raise Own


class ChangingIndex:
    """A number that is another one each time."""

    def __init__(self) -> None:
        self.value = 100

    def __index__(self) -> int:
        self.value = 1 + (self.value * 7919) % 1000
        return self.value


class BrokenRepr:
    """Cannot even be shown."""

    def __repr__(self) -> str:
        raise Own


class EqualToAll:
    """Equal to everything, and hashes like 0."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class LyingStr(str):
    """A string that is equal to every other."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("hann")


SIZES = [
    *odds(0, 1, 2**30, 2**31 - 1, 2**31, 2**62, None, np.int64(7), np.array(7), ChangingIndex()),
    *odds(RaisingIndex()),
    *bads(-1, -(2**63), 2**63, 10**30, True, np.True_, 1.5, 16.0, nan, inf, 1j, "x", "16", b"16"),
    *bads(np.int8(-1), np.float32(16), np.array([4, 4]), np.timedelta64(4), [], (), {}, [16], int),
    *bads(range(4), object(), len, decimal.Decimal(16), EqualToAll(), BrokenRepr()),
    bad(10**5000, "10**5000"),
]

# -1 is as many as there are cores.
MINUS_ONE = [value.label for value in odds(-1, np.int8(-1))]
THREADS = [
    *[value for value in SIZES if value.label not in MINUS_ONE],
    *odds(-1, np.int8(-1)),
]

NUMBERS = [
    *odds(0, 0.0, -0.0, 1, -1, 5e-324, 1e-308, -1e-308, 1e-45, None, np.float16(1), np.array(3.0)),
    *odds(1e38, 1e300, -1e300, 1.7e308, inf, -inf, np.int8(-1), np.uint64(2**64 - 1)),
    *odds(np.longdouble(3), fractions.Fraction(1, 3), decimal.Decimal(3), RaisingIndex()),
    *bads(nan, np.float32(nan), decimal.Decimal("nan"), True, np.True_, 1j, "x", "1", b"1", [], ()),
    *bads({}, np.array([1.0, 2.0]), np.array(nan), object(), float, len, np.datetime64(1, "s")),
    bad(10**400, "10**400"),
]

# For arguments that may carry a result out of range, which is then infinite, or NaN.
WILD = [Value(v.label, v.make, v.must, False) for v in NUMBERS]

BOOLS = [
    *odds(True, False, np.True_),
    *bads(0, 1, 2, 0.0, nan, None, "x", "True", [], [True], {}, object(), bool),
    *bads(np.array(True), np.ones(2, bool), np.int8(1)),
]

NAMES = [
    *bads("x", "", "hann\0", "Constant", 5, 1.5, b"constant", [], ["x"], {}, object(), nan, str),
    *bads(np.array("x"), np.array(["x", "y"]), ("x",), True, BrokenRepr(), 1j),
    *odds(None, LyingStr("x")),
    bad("ä" * 100_000, "long name"),
    bad("\ud800", "lone surrogate"),
]

DTYPES = [
    *bads("x", "", 5, 1.5, nan, [], {}, (), object(), object, int, str, bytes, bool, "f2", ">f4"),
    *bads(">c8", "f4,f4", [("a", "f4")], "V0", "V8", "M8[s]", "longdouble", "clongdouble", len),
    *odds(None, np.float32, "f8", float, complex, np.dtype("c8"), np.ones(1)),
    bad(np.dtype(("f4", (2,))), "subarray"),
    bad(",".join(["f4"] * 5000), "5000 fields"),
    bad({"names": ["a"], "formats": ["f4"], "offsets": [2**30]}, "far field"),
]


def noise(*shape: int, dtype: Any = np.float32) -> Any:
    """Deterministic noise."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


def misaligned(x: Any) -> Any:
    """The same values one byte off."""
    memory = bytearray(x.nbytes + 16)
    start = 1 + (-np.frombuffer(memory, np.uint8).ctypes.data) % 16
    copied = np.frombuffer(memory, x.dtype, x.size, start).reshape(x.shape)
    copied[...] = x
    return copied


def swapped(x: Any) -> Any:
    """The same values in the other byte order."""
    return x.astype(x.dtype.newbyteorder())


def frozen(x: Any) -> Any:
    """A read-only copy."""
    x = x.copy()
    x.flags.writeable = False
    return x


def virtual(*shape: int, dtype: Any = np.float32) -> Any:
    """An array of any size, in the memory of one element; read-only."""
    return np.broadcast_to(np.zeros((), dtype), shape)


def with_value(x: Any, value: Any, *index: int) -> Any:
    """A copy with one value replaced."""
    x = x.copy()
    x[index or (-1,) * x.ndim] = value
    return x


class LyingShape(np.ndarray):
    """Says that it is larger than it is."""

    @property
    def shape(self) -> Any:
        return (2, 10**6)

    @property
    def ndim(self) -> Any:
        return 2


class LyingDtype(np.ndarray):
    """Says that it holds wider numbers than it does."""

    @property
    def dtype(self) -> Any:
        return (
            np.dtype(np.complex128)
            if np.ndarray.dtype.__get__(self).kind == "c"
            else np.dtype("f8")
        )


class LyingFlags(np.ndarray):
    """Says nothing true about its memory."""

    @property
    def flags(self) -> Any:
        return np.zeros(3, np.float32).flags

    @property
    def strides(self) -> Any:
        return (0,) * 2


class RaisingFinalize(np.ndarray):
    """No view of it can be made."""

    def __array_finalize__(self, other: Any) -> None:
        if getattr(other, "armed", False):
            raise Own


class NoUfuncs(np.ndarray):
    """Refuses arithmetic."""

    __array_ufunc__ = None


class LyingArray(np.ndarray):
    """Converts to something else than it is."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.zeros(3, np.int8)


class Converts:
    """Converts to what it is given."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if isinstance(self.value, type):
            raise self.value
        return self.value


class Interface:
    """Describes memory that it does not have."""

    def __init__(self, **what: Any) -> None:
        self.__array_interface__ = {"version": 3, "typestr": "<f4", "shape": (3000,), **what}


class Exports:
    """Offers a DLPack capsule that is none."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **kwargs: Any) -> Any:
        if isinstance(self.capsule, type):
            raise self.capsule
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def _armed(x: Any) -> Any:
    y = x.view(RaisingFinalize)
    y.armed = True
    return y


def _self_containing() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


def _nested(depth: int) -> list[Any]:
    inside: list[Any] = [1.0]
    for _ in range(depth):
        inside = [inside]
    return inside


def _strided(x: Any) -> Any:
    room = np.zeros((*x.shape[:-1], 3 * x.shape[-1]), x.dtype)
    room[..., ::3] = x
    return room[..., ::3]


def arrays(*shape: int, dtype: Any = np.float32) -> list[Value]:
    """Every kind of array, and of what is none, in place of a good one of a shape and a type."""
    kind = np.dtype(dtype).kind
    other = np.complex64 if kind == "f" else np.float32
    wide = np.complex128 if kind == "c" else np.float64
    wider = np.clongdouble if kind == "c" else np.longdouble

    def x() -> Any:
        return noise(*shape, dtype=dtype)

    ends = shape[-1]
    rows: dict[str, Callable[[], Any]] = {
        # memory
        "read-only": lambda: frozen(x()),
        "misaligned": lambda: misaligned(x()),
        "byte-swapped": lambda: swapped(x()),
        "misaligned and byte-swapped": lambda: misaligned(swapped(x())),
        "reversed": lambda: x()[..., ::-1],
        "all axes reversed": lambda: x()[(slice(None, None, -1),) * len(shape)],
        "every third": lambda: _strided(x()),
        "Fortran": lambda: np.asfortranarray(x()),
        "stride 0": lambda: np.broadcast_to(x()[..., :1], shape),
        "one byte strides": lambda: as_strided(
            np.zeros(4096, np.uint8).view(dtype), shape, (1,) * len(shape)
        ),
        "overlapping rows": lambda: as_strided(x(), (3, *shape[:-1], ends // 2), (4, *x().strides)),
        "wide": lambda: x().astype(wide),
        "wide misaligned": lambda: misaligned(x().astype(wide)),
        "longdouble": lambda: x().astype(wider),
        "longdouble misaligned": lambda: misaligned(x().astype(wider)),
        "of the other kind": lambda: x().astype(other),
        # shape
        "0-d": lambda: x().reshape(-1)[0, ...],
        "1-d": lambda: x().reshape(-1),
        "empty": lambda: x()[..., :0],
        "shape (0,)": lambda: np.zeros(0, dtype),
        "no channels": lambda: np.zeros((0, *shape), dtype),
        "no channels of 2**20": lambda: np.zeros((2**20, 0, *shape), dtype),
        "empty 2**40": lambda: np.zeros((2**40, 0), dtype),
        "one value": lambda: x().reshape(-1)[:1],
        "one frame": lambda: x()[..., :1],
        "33 dimensions": lambda: x().reshape((1,) * (33 - len(shape)) + shape),
        "62 dimensions": lambda: x().reshape((1,) * (62 - len(shape)) + shape),
        "64 dimensions": lambda: x().reshape((1,) * (64 - len(shape)) + shape),
        "virtual 2**40": lambda: virtual(2**40, dtype=dtype),
        "virtual 2**58": lambda: virtual(2**58, dtype=dtype),
        "virtual 2**20 channels": lambda: virtual(2**20, *shape, dtype=dtype),
        "virtual 2**40 channels": lambda: virtual(2**40, *shape, dtype=dtype),
        "virtual 2**57 channels of 1": lambda: virtual(2**57, *(1,) * len(shape), dtype=dtype),
        "virtual last 2**40": lambda: virtual(*shape[:-1], 2**40, dtype=dtype),
        "virtual first 2**40": lambda: virtual(2**40, *shape[1:], dtype=dtype),
        # values
        "zeros": lambda: x() * 0,
        "-0.0": lambda: x() * 0 * -1,
        "subnormals": lambda: x() * dtype(1e-40),
        "tiny": lambda: x() * dtype(1e-30),
        "ones": lambda: np.ones_like(x()),
        # classes
        "masked": lambda: np.ma.masked_less(x(), 0),
        "matrix": lambda: np.matrix(x().reshape(shape[0], -1)),
        "recarray": lambda: x().view(np.recarray),
        "lying shape": lambda: x().view(LyingShape),
        "lying dtype": lambda: x().view(LyingDtype),
        "lying flags": lambda: x().view(LyingFlags),
        "lying __array__": lambda: x().view(LyingArray),
        "raising __array_finalize__": lambda: _armed(x()),
        "no ufuncs": lambda: x().view(NoUfuncs),
        "list": lambda: x().tolist(),
        "list of arrays": lambda: [x(), x()],
        "memoryview": lambda: memoryview(x()),
        "memoryview of misaligned": lambda: memoryview(misaligned(x())),
        "array.array": lambda: array.array("f", [0.5] * 3000),
        "ctypes": lambda: (ctypes.c_float * 3000)(),
        "ctypes of 2**40 nothings": lambda: (ctypes.c_float * 0 * 2**40)(),
        "nested 60 deep": lambda: _nested(60),
        "converts": lambda: Converts(x()),
        "converts to a list": lambda: Converts([1.0]),
        "converts to None": lambda: Converts(None),
        "converts and raises": lambda: Converts(Own),
        "dlpack that raises": lambda: Exports(Own),
    }
    refused: dict[str, Callable[[], Any]] = {
        "int8": lambda: np.ones(shape, np.int8),
        "int64": lambda: np.ones(shape, np.int64),
        "uint16": lambda: np.ones(shape, np.uint16),
        "bool": lambda: np.ones(shape, bool),
        "object": lambda: x().astype(object),
        "object of None": lambda: np.full(shape, None),
        "text": lambda: np.full(shape, "1"),
        "bytes": lambda: np.full(shape, b"1"),
        "StringDType": lambda: np.full(shape, "1", np.dtypes.StringDType()),
        "datetime": lambda: np.zeros(shape, "M8[s]"),
        "timedelta": lambda: np.zeros(shape, "m8[s]"),
        "structured": lambda: np.zeros(shape, [("a", "f4"), ("b", "i8")]),
        "one field": lambda: np.zeros(shape, [("a", "f4")]),
        "void": lambda: np.zeros(shape, "V4"),
        "void of nothing": lambda: np.zeros(shape, "V0"),
        "None": lambda: None,
        "a number": lambda: 1.0,
        "a string": lambda: "x",
        "bytes object": lambda: bytes(12000),
        "bytearray": lambda: bytearray(12000),
        "object()": object,
        "a type": lambda: np.ndarray,
        "a module": lambda: np,
        "generator": lambda: (i for i in range(9)),
        "dict": lambda: {0: 1.0},
        "set": lambda: {1.0},
        "ragged": lambda: [[1.0, 2.0], [3.0]],
        "self-containing list": _self_containing,
        "nested 5000 deep": lambda: _nested(5000),
        "interface at NULL": lambda: Interface(data=(0, True)),
        "interface that lies": lambda: Interface(data=(1, 2, 3)),
        "interface of no type": lambda: Interface(typestr="?", data=bytes(8)),
        "dlpack of None": lambda: Exports(None),
        "dlpack of a number": lambda: Exports(5),
        "broken repr": BrokenRepr,
    }
    overflow: dict[str, Callable[[], Any]] = {
        "1e38": lambda: x() * dtype(1e38),
        "largest": lambda: np.full(shape, np.finfo(dtype).max, dtype),
        "wide 1e308": lambda: np.full(shape, 1e308, wide),
        "longdouble, huge": lambda: x().astype(wider) * wider("1e4000"),
    }
    not_finite: dict[str, Callable[[], Any]] = {
        "NaN last": lambda: with_value(x(), nan),
        "NaN first": lambda: with_value(x(), nan, *(0,) * len(shape)),
        "inf": lambda: with_value(x(), inf),
        "-inf": lambda: with_value(x(), -inf),
        "all NaN": lambda: np.full(shape, nan, dtype),
        "NaN, every third": lambda: _strided(with_value(x(), nan)),
        "NaN, byte-swapped": lambda: swapped(with_value(x(), nan)),
        "NaN, misaligned": lambda: misaligned(with_value(x(), nan)),
        "NaN, wide": lambda: with_value(x().astype(wide), nan),
        "NaN in the last of 9": lambda: with_value(noise(9, *shape, dtype=dtype), nan),
    }
    return [
        *(made(label, make) for label, make in rows.items()),
        *(made(label, make, "refused") for label, make in refused.items()),
        *(made(label, make, finite=False) for label, make in overflow.items()),
        *(made(label, make, "not finite", False) for label, make in not_finite.items()),
        made("float16", lambda: np.ones(shape, np.float16)),
    ]


def strict(values: list[Value]) -> list[Value]:
    """Arrays for an argument that must be finite."""
    return [
        Value(v.label, v.make, "refused" if v.must == "not finite" else v.must, v.finite)
        for v in values
    ]


def lenient(values: list[Value], *also: str) -> list[Value]:
    """Arrays for an argument where NaN passes through, and integers or what `also` names may."""
    passing = ("int8", "int64", "uint16", *also)
    return [
        Value(
            v.label,
            v.make,
            None if v.must == "not finite" or v.label in passing else v.must,
            v.finite,
        )
        for v in values
    ]


def outs(shape: tuple[int, ...], dtype: Any, y: Any = None) -> list[Value]:
    """Arrays to write to, most of them wrong."""

    def out() -> Any:
        return np.zeros(shape, dtype)

    kind = np.dtype(dtype).kind
    room = (*shape[:-1], shape[-1] * 3)
    return [
        made("right", out, "ok"),
        made("Fortran", lambda: np.zeros(shape, dtype, "F"), "ok"),
        made("reversed", lambda: out()[..., ::-1], "ok"),
        made("every third", lambda: np.zeros(room, dtype)[..., ::3], "ok"),
        made("recarray", lambda: out().view(np.recarray), "ok"),
        made(
            "stride 0",
            lambda: as_strided(np.zeros(1, dtype), shape, (0,) * len(shape)),
            finite=False,
        ),
        made(
            "one element apart",
            lambda: as_strided(out(), shape, (out().itemsize,) * len(shape)),
            finite=False,
        ),
        made(
            "2**40 frames at stride 0",
            lambda: as_strided(out(), (*shape[:-1], 2**40), (0,) * len(shape)),
            finite=False,
        ),
        made("read-only", lambda: frozen(out()), "refused"),
        made("broadcast", lambda: np.broadcast_to(dtype(0), shape), "refused"),
        made("misaligned", lambda: misaligned(out()), "refused"),
        made("byte-swapped", lambda: swapped(out()), "refused"),
        made("one frame less", lambda: out()[..., 1:], "refused"),
        made(
            "one bin less",
            lambda: np.zeros((*shape[:-2], shape[-2] - 1, shape[-1]), dtype),
            "refused",
        )
        if len(shape) > 1
        else made("twice as long", lambda: np.zeros(2 * shape[0], dtype), "refused"),
        made("one dimension more", lambda: out()[np.newaxis], "refused"),
        made("flat", lambda: out().reshape(-1, 1, 1), "refused"),
        made("0-d", lambda: np.zeros((), dtype), "refused"),
        made("empty", lambda: np.zeros(0, dtype), "refused"),
        made("64 dimensions", lambda: np.zeros((1,) * 64, dtype), "refused"),
        made("virtual", lambda: virtual(2**40, dtype=dtype), "refused"),
        made("int", lambda: np.zeros(shape, np.int32), "refused"),
        made(
            "other kind",
            lambda: np.zeros(shape, np.float32 if kind == "c" else np.complex64),
            "refused",
        ),
        made("float16", lambda: np.zeros(shape, np.float16), "refused"),
        made("longdouble", lambda: np.zeros(shape, np.longdouble), "refused"),
        made("object", lambda: np.zeros(shape, object), "refused"),
        made("structured", lambda: np.zeros(shape, [("a", dtype)]), "refused"),
        made("lying shape", lambda: out().view(LyingShape)),
        made("lying dtype", lambda: np.zeros(shape, np.float32).view(LyingDtype)),
        made("lying flags", lambda: misaligned(out()).view(LyingFlags)),
        made("lying flags, read-only", lambda: frozen(out()).view(LyingFlags)),
        made("list", lambda: out().tolist(), "refused"),
        made("memoryview", lambda: memoryview(out()), "refused"),
        made("bytearray", lambda: bytearray(10**6), "refused"),
        made("string", lambda: "x", "refused"),
        made("number", lambda: 5, "refused"),
        made("object()", object, "refused"),
        *([made("the input", lambda: y, "refused")] if y is not None else []),
    ]


N_FFT, HOP = 256, 64
N = 3000
Y = noise(N)
SHAPE = (N_FFT // 2 + 1, 1 + N // HOP)
D = fastspec.stft(Y, n_fft=N_FFT, hop_length=HOP)
S = np.abs(D)
MEL = fastspec.melspectrogram(y=Y, n_fft=N_FFT, hop_length=HOP, n_mels=20)


class Changing:
    """A window that is another one each time it is asked."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, n: int) -> Any:
        self.n += 1
        return np.full(n if self.n < 2 else self.n, 1.0 / self.n)


def raise_own(*args: Any, **kwargs: Any) -> Any:
    raise Own


def recurse(n: int) -> Any:
    return fastspec.stft(Y, n_fft=N_FFT, window=recurse)


WINDOWS = [
    *goods("hann", ("tukey", 1e300), ("gaussian", 1e300), ("general_cosine", [0.5, 0.5]), 5.0),
    *goods(np.hanning),
    *bads("x", "", "h" * 10**6, (), ("x",), ("kaiser",), ("kaiser", "x"), ("kaiser", nan)),
    *bads(("gaussian", 0), ("gaussian", -1), ("gaussian", None), ("gaussian", []), ("dpss", 1e9)),
    *bads(("general_cosine", []), ("general_cosine", [nan]), ("general_cosine", [[1]])),
    *bads(("general_cosine", 5), ("chebwin", nan), ("taylor", 10**9), ("taylor", 4, 30, 1), (5,)),
    *bads(("kaiser", 1e300), ("hann", 1), ("hann", *range(100)), (("hann",),)),
    *bads(nan, inf, -inf, 1e300, 10**400, True, None, 1j, b"hann", {}, object(), BrokenRepr()),
    *bads([], [1, 2], [None] * N_FFT, ["x"] * N_FFT, np.ones((2, 128)), np.ones(N_FFT + 1)),
    *bads(np.ones(()), np.float64(nan)),
    *odds(("gaussian", 5e-324), ("exponential", None, 5e-324), ("exponential", 1e300, 1e-300)),
    *odds(("chebwin", 1), ("general_cosine", (0.5, 0.5)), ("kaiser", np.array(5.0))),
    *odds(np.float16(5), LyingStr("x"), [1] * N_FFT),
    made("NaN array", lambda: np.full(N_FFT, nan), "refused"),
    made("inf array", lambda: with_value(np.ones(N_FFT), inf), "refused"),
    made("complex array", lambda: np.ones(N_FFT, complex), "refused"),
    made("object array", lambda: np.ones(N_FFT, object), "refused"),
    made("structured array", lambda: np.zeros(N_FFT, "f4,f4"), "refused"),
    made("virtual", lambda: virtual(2**40), "refused"),
    made("huge values", lambda: np.full(N_FFT, 1e300), finite=False),
    made("tiny values", lambda: np.full(N_FFT, 1e-320)),
    made("zeros", lambda: np.zeros(N_FFT)),
    made("masked", lambda: np.ma.masked_less(np.ones(N_FFT), 0)),
    made("misaligned", lambda: misaligned(np.ones(N_FFT)), "ok"),
    made("byte-swapped", lambda: swapped(np.ones(N_FFT)), "ok"),
    made("reversed", lambda: np.arange(N_FFT)[::-1], "ok"),
    made("longdouble", lambda: np.ones(N_FFT, np.longdouble), "ok"),
    made("memoryview", lambda: memoryview(np.ones(N_FFT)), "ok"),
    made("converts to rubbish", lambda: Converts("x"), "refused"),
    made("converts and raises", lambda: Converts(Own), "ok"),
    made("self-containing list", _self_containing, "refused"),
    made("function that raises", lambda: raise_own, "ok"),
    made("function that returns None", lambda: lambda n: None, "refused"),
    made("function that returns a string", lambda: lambda n: "hann", "refused"),
    made("function that returns NaN", lambda: lambda n: np.full(n, nan), "refused"),
    made("function that returns one less", lambda: lambda n: np.ones(n - 1), "refused"),
    made("function that returns a matrix", lambda: lambda n: np.ones((n, 1)), "refused"),
    made("function that returns 2**40", lambda: lambda n: virtual(2**40), "refused"),
    made("function that returns itself", lambda: lambda n: raise_own, "refused"),
    made("function that changes its answer", Changing, "ok"),
]

PAD_FUNCTIONS = [
    made("function that raises", lambda: raise_own, "ok"),
    made("function that returns rubbish", lambda: lambda v, w, a, k: "x", "ok"),
    made("function that pads with NaN", lambda: lambda v, w, a, k: v.fill(nan), "refused"),
    made(
        "function that calls stft",
        lambda: lambda v, w, a, k: v.fill(fastspec.stft(Y)[0, 0].real),
        "ok",
    ),
]

SEEDS = [
    *goods(0, 2**32 - 1, None, np.random.default_rng(0), np.random.RandomState(0)),
    *bads(-1, 2**32, 10**30, 1.5, True, "x", [], [1], object(), np.random.RandomState, nan, len),
]

REFS = [
    *odds(0, 0.0, -1.0, 5e-324, 1j, np.array(2.0), np.float16(1), np.max, np.min, np.abs),
    odd(1e300, finite=False),
    *bads(nan, inf, -inf, True, None, "x", [], {}, object(), 10**400, np.array("x")),
    bad(np.array([1.0, nan])),
    made("function that raises", lambda: raise_own, "ok"),
    made("function that returns NaN", lambda: lambda s: nan, finite=False),
    made("function that returns None", lambda: lambda s: None, "refused"),
    made("function that returns a string", lambda: lambda s: "x", "refused"),
    made("function that clears its argument", lambda: lambda s: s.fill(0) or 1.0),
    made("function of another shape", lambda: lambda s: np.ones((3, 5, 7)), "refused"),
    made("array of another shape", lambda: np.ones(7), "refused"),
    made("array of more dimensions", lambda: np.ones((5, *SHAPE)), "refused"),
    made("virtual", lambda: virtual(2**40), "refused"),
]
