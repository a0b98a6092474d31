"""The hostile matrix: what a caller can do wrong, and what becomes of it.

    python tests/hostile.py [--every N] [--only TEXT] [--list]

Every case is one call with one hostile argument, state of the process or moment. It runs in a
forked child with limits on memory and time and ends in one of these ways:

ok        it returned (numbers that are finite, unless the row says that they may not be), or an
          exception of the caller's own function came through;
refused   ParameterError or TypeError that names the argument, or MemoryError;
death     the child was killed by a signal, or had to be because it did not answer;
wrong     anything else: another exception, a message without the argument's name, NaN from finite
          input, a bad argument that was accepted, an interrupt that was not answered in time.

To add rows, call `vary` for a function and its arguments by kind, or `case` for a single one; see
the end of the file.
"""

from __future__ import annotations

import argparse
import array
import copy
import ctypes
import decimal
import fractions
import gc
import importlib.util
import io
import json
import math
import mmap
import os
import pickle
import random
import re
import resource
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

import fastspec
from fastspec import _core

# Bytes that a child may take beyond what it starts with; 0 (for sanitizers) is no limit.
MEMORY = int(os.environ.get("FASTSPEC_HOSTILE_MEMORY", 2 * 2**30))
SECONDS = 4.0  # after which a case is interrupted
PATIENCE = 3.0  # how long the interrupt may stay unanswered
BATCH = 32  # cases per child

nan, inf = math.nan, math.inf


class Own(Exception):
    """What the caller's own code raises; it may come through."""


class Interrupted(BaseException):
    """Raised by the alarm."""


# ---- cases -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """A hostile value. `must` is the outcome that is required, or None."""

    label: str
    make: Callable[[], Any]
    must: str | None = None
    finite: bool = True


@dataclass(frozen=True)
class Case:
    """A call. `names` are the argument's names, one of which a refusal must hold."""

    group: str
    name: str
    call: Callable[[], Any]
    names: tuple[str, ...] = ()
    must: str | None = None
    finite: bool = True
    also: tuple[type[BaseException], ...] = ()  # further exceptions that count as refusals
    long: bool = False  # runs until it is interrupted


CASES: list[Case] = []


def describe(value: Any) -> str:
    try:
        text = getattr(value, "__name__", "") if callable(value) else repr(value)
    except Own:
        text = ""
    text = text or type(value).__name__
    text = re.sub(r" at 0x\w+", "", " ".join(text.split()))
    return text if len(text) < 44 else text[:40] + " ..."


def odd(value: Any, label: str = "", finite: bool = True, must: str | None = None) -> Value:
    """A value that may be taken or refused."""
    return Value(label or describe(value), lambda: value, must, finite)


def good(value: Any, label: str = "", finite: bool = True) -> Value:
    """A value that must be taken."""
    return odd(value, label, finite, "ok")


def bad(value: Any, label: str = "") -> Value:
    """A value that must be refused."""
    return odd(value, label, must="refused")


def made(label: str, make: Callable[[], Any], must: str | None = None, finite: bool = True) -> Value:
    """A value that is made in the child, when it is needed."""
    return Value(label, make, must, finite)


def case(group: str, name: str, call: Callable[[], Any], *names: str, **more: Any) -> None:
    """Add one case."""
    CASES.append(Case(group, name, call, names, **more))


def vary(group: str, call: Callable[..., Any], /, *also: str, **kinds: Iterable[Value]) -> None:
    """Add a case for each value of each argument; `also` are further names that may be blamed."""
    for argument, values in kinds.items():
        for value in values:

            def run(argument: str = argument, value: Value = value) -> Any:
                return call(**{argument: value.make()})

            name = f"{argument}={value.label}"
            more: dict[str, Any] = {"must": value.must, "finite": value.finite}
            case(group, name, run, argument, *also, **more)


def without(values: Iterable[Value], *labels: str) -> list[Value]:
    """Leave out values that an argument takes by right, or that another row tries."""
    return [value for value in values if value.label not in labels]


def maybe(values: Iterable[Value]) -> list[Value]:
    """The same values for an argument that may take those which others refuse."""
    return [Value(v.label, v.make, None, v.finite) for v in values]


# ---- running -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How a case ended."""

    case: Case
    kind: str  # ok, refused, death or wrong
    detail: str = ""


def _all_finite(result: Any) -> bool:
    if isinstance(result, tuple | list):
        return all(map(_all_finite, result))
    if isinstance(result, np.ndarray | np.generic | float | complex):
        values = np.asarray(result)
        return values.dtype.kind not in "fc" or values.size > 2**27 or bool(np.isfinite(values).all())
    return True


def _interrupt(signum: int, frame: Any) -> None:
    raise Interrupted


def _judge(case: Case) -> tuple[str, str]:
    """Run a case; return its outcome and a detail."""
    started = time.monotonic()
    signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3 if case.long else SECONDS)
    try:
        result = case.call()
        kind, detail = "ok", ""
        if case.finite and not _all_finite(result):
            kind, detail = "wrong", "NaN or infinity in the result"
    except Own:
        kind, detail = "ok", "the caller's own exception"
    except Interrupted:
        waited = time.monotonic() - started
        kind, detail = "ok" if case.long else "wrong", f"interrupted after {waited:.1f} s"
    except MemoryError:
        kind, detail = "refused", "MemoryError"
    except (fastspec.ParameterError, TypeError, *case.also) as error:
        text = str(error)
        detail = f"{type(error).__name__}: {' '.join(text.split())[:150]}"
        named = any(re.search(rf"\b{re.escape(name)}\b", text) for name in case.names)
        lenient = not case.names or isinstance(error, case.also)
        kind = "refused" if named or lenient else "wrong"
    except BaseException as error:
        kind, detail = "wrong", f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if case.must and kind in ("ok", "refused") and kind != case.must:
        kind, detail = "wrong", f"must be {case.must}, but: {kind} {detail}"
    return kind, detail


def _virtual_size() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * mmap.PAGESIZE


def _child(cases: list[Case], indices: list[int], pipe: int) -> None:
    """Run cases, telling the parent when each begins and how it ended; never returns."""
    try:
        with open(os.devnull, "r+") as null:
            for descriptor in range(3):
                os.dup2(null.fileno(), descriptor)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
        if MEMORY:
            most = _virtual_size() + MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        warnings.simplefilter("ignore")
        np.seterr(all="ignore")
        for index in indices:
            os.write(pipe, json.dumps([index]).encode() + b"\n")
            kind, detail = _judge(cases[index])
            os.write(pipe, json.dumps([index, kind, detail]).encode() + b"\n")
    finally:
        os._exit(0)


class _Runner:
    """A child and what it has said so far."""

    def __init__(self, cases: list[Case], indices: list[int]) -> None:
        self.left = list(indices)
        self.now: int | None = None
        self.text = b""
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read)
            _child(cases, indices, write)
        os.close(write)
        self.pipe = read
        self.heard = time.monotonic()

    def messages(self) -> Iterator[list[Any]]:
        """Read what there is; ends the child's life in our books when there is no more to come."""
        data = os.read(self.pipe, 65536)
        self.heard = time.monotonic()
        self.text += data
        *lines, self.text = self.text.split(b"\n")
        for line in lines:
            message = json.loads(line)
            self.now = message[0] if len(message) == 1 else None
            if message[0] in self.left:
                self.left.remove(message[0])
            yield message
        if not data:
            yield []

    def end(self) -> int:
        os.close(self.pipe)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def run(cases: list[Case], jobs: int | None = None) -> list[Outcome]:
    """Run cases in children; return how each ended."""
    jobs = jobs or len(os.sched_getaffinity(0))
    waiting = [list(range(i, min(i + BATCH, len(cases)))) for i in range(0, len(cases), BATCH)]
    waiting.reverse()
    outcomes: dict[int, Outcome] = {}
    selector = selectors.DefaultSelector()
    n_running = 0

    def finish(runner: _Runner) -> None:
        nonlocal n_running
        selector.unregister(runner.pipe)
        code = runner.end()
        n_running -= 1
        if runner.now is not None:
            why = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            hung = " (did not answer)" if code == -signal.SIGKILL else ""
            outcomes[runner.now] = Outcome(cases[runner.now], "death", why + hung)
        if runner.left:
            waiting.append(runner.left)

    while waiting or n_running:
        while waiting and n_running < jobs:
            runner = _Runner(cases, waiting.pop())
            selector.register(runner.pipe, selectors.EVENT_READ, runner)
            n_running += 1
        for key, _ in selector.select(timeout=0.5):
            for message in key.data.messages():
                if not message:
                    finish(key.data)
                elif len(message) == 3:
                    outcomes[message[0]] = Outcome(cases[message[0]], *message[1:])
        for key in list(selector.get_map().values()):
            if time.monotonic() - key.data.heard > SECONDS + PATIENCE:
                os.kill(key.data.pid, signal.SIGKILL)
    return [outcomes[i] for i in range(len(cases))]


def table(outcomes: list[Outcome]) -> str:
    """The outcomes by group, and each death and each wrong outcome."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        counts[outcome.case.group][outcome.kind] += 1
        counts["all"][outcome.kind] += 1
    counts["all"] = counts.pop("all", Counter())
    kinds = ("ok", "refused", "death", "wrong")
    line = "{:<26} {:>7} {:>7} {:>8} {:>7} {:>7}".format
    lines = [line("group", "cases", "ok", "refused", "deaths", "wrong")]
    for group, count in counts.items():
        lines.append(line(group, count.total(), *(count[kind] for kind in kinds)))
    for outcome in outcomes:
        if outcome.kind in ("death", "wrong"):
            where = f"{outcome.case.group}: {outcome.case.name}"
            lines.append(f"{outcome.kind.upper()}  {where}: {outcome.detail}")
    return "\n".join(lines)


# ---- hostile values ----------------------------------------------------------------------------


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
    *map(odd, (0, 1, 2**30, 2**31 - 1, 2**31, 2**62, None, np.int64(7), np.array(7))),
    *map(bad, (-1, -(2**63), 2**63, 10**30, True, np.True_, 1.5, 16.0, nan, inf, 1j, "x", "16", b"16")),
    *map(bad, (np.int8(-1), np.float32(16), np.array([4, 4]), np.timedelta64(4), [], (), {}, [16])),
    *map(bad, (range(4), object(), int, len, decimal.Decimal(16), EqualToAll(), BrokenRepr())),
    bad(10**5000, "10**5000"),
    odd(RaisingIndex()),
    odd(ChangingIndex()),
]

NUMBERS = [
    *map(odd, (0, 0.0, -0.0, 1, -1, 5e-324, 1e-308, -1e-308, 1e-45, None, np.float16(1), np.array(3.0))),
    *map(odd, (1e38, 1e300, -1e300, 1.7e308, np.int8(-1), np.longdouble(3), fractions.Fraction(1, 3))),
    *map(odd, (inf, -inf, decimal.Decimal(3), np.uint64(2**64 - 1))),
    *map(bad, (nan, np.float32(nan), decimal.Decimal("nan"), True, np.True_, 1j, "x", "1", b"1", [], ())),
    *map(bad, ({}, np.array([1.0, 2.0]), np.array(nan), object(), float, len, np.datetime64(1, "s"))),
    bad(10**400, "10**400"),
    odd(RaisingIndex()),
]

# For arguments that may carry a result out of range, which is then infinite, or NaN.
WILD = [Value(v.label, v.make, v.must, False) for v in NUMBERS]

BOOLS = [
    *map(odd, (True, False, np.True_)),
    *map(bad, (0, 1, 2, 0.0, nan, None, "x", "True", [], [True], {}, object(), bool)),
    *map(bad, (np.array(True), np.ones(2, bool), np.int8(1))),
]

NAMES = [
    *map(bad, ("x", "", "hann\0", "Constant", 5, 1.5, b"constant", [], ["x"], {}, object(), nan, str)),
    *map(bad, (np.array("x"), np.array(["x", "y"]), ("x",), True, BrokenRepr(), 1j)),
    *map(odd, (None, LyingStr("x"))),
    bad("ä" * 100_000, "long name"),
    bad("\ud800", "lone surrogate"),
]

DTYPES = [
    *map(bad, ("x", "", 5, 1.5, nan, [], {}, (), object(), object, int, str, bytes, bool, "f2", ">f4")),
    *map(bad, (">c8", "f4,f4", [("a", "f4")], "V0", "V8", "M8[s]", "longdouble", "clongdouble", len)),
    *map(odd, (None, np.float32, "f8", float, complex, np.dtype("c8"), np.ones(1))),
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
        return np.dtype(np.complex128) if np.ndarray.dtype.__get__(self).kind == "c" else np.dtype("f8")


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
        "one byte strides": lambda: as_strided(np.zeros(4096, np.uint8).view(dtype), shape, (1,) * len(shape)),
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
    return [Value(v.label, v.make, "refused" if v.must == "not finite" else v.must, v.finite) for v in values]


def lenient(values: list[Value], *also: str) -> list[Value]:
    """Arrays for an argument where NaN passes through, and integers or what `also` names may."""
    passing = ("int8", "int64", "uint16", *also)
    return [
        Value(v.label, v.make, None if v.must == "not finite" or v.label in passing else v.must, v.finite)
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
        made("stride 0", lambda: as_strided(np.zeros(1, dtype), shape, (0,) * len(shape)), finite=False),
        made("one element apart", lambda: as_strided(out(), shape, (out().itemsize,) * len(shape)), finite=False),
        made("2**40 frames at stride 0", lambda: as_strided(out(), (*shape[:-1], 2**40), (0,) * len(shape)), finite=False),
        made("read-only", lambda: frozen(out()), "refused"),
        made("broadcast", lambda: np.broadcast_to(dtype(0), shape), "refused"),
        made("misaligned", lambda: misaligned(out()), "refused"),
        made("byte-swapped", lambda: swapped(out()), "refused"),
        made("one frame less", lambda: out()[..., 1:], "refused"),
        made("one bin less", lambda: np.zeros((*shape[:-2], shape[-2] - 1, shape[-1]), dtype), "refused") if len(shape) > 1
        else made("twice as long", lambda: np.zeros(2 * shape[0], dtype), "refused"),
        made("one dimension more", lambda: out()[np.newaxis], "refused"),
        made("flat", lambda: out().reshape(-1, 1, 1), "refused"),
        made("0-d", lambda: np.zeros((), dtype), "refused"),
        made("empty", lambda: np.zeros(0, dtype), "refused"),
        made("64 dimensions", lambda: np.zeros((1,) * 64, dtype), "refused"),
        made("virtual", lambda: virtual(2**40, dtype=dtype), "refused"),
        made("int", lambda: np.zeros(shape, np.int32), "refused"),
        made("other kind", lambda: np.zeros(shape, np.float32 if kind == "c" else np.complex64), "refused"),
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


def _raise(*args: Any, **kwargs: Any) -> Any:
    raise Own


def _recurse(n: int) -> Any:
    return fastspec.stft(Y, n_fft=N_FFT, window=_recurse)


WINDOWS = [
    *map(good, ("hann", ("tukey", 1e300), ("gaussian", 1e300), ("general_cosine", [0.5, 0.5]), 5.0, np.hanning)),
    *map(bad, ("x", "", "h" * 10**6, (), ("x",), ("kaiser",), ("kaiser", "x"), ("kaiser", nan), ("kaiser", 1e300))),
    *map(bad, (("gaussian", 0), ("gaussian", -1), ("gaussian", None), ("gaussian", []), ("dpss", 1e9), ("hann", 1))),
    *map(bad, (("general_cosine", []), ("general_cosine", [nan]), ("general_cosine", [[1]]), ("general_cosine", 5))),
    *map(bad, (("chebwin", nan), ("taylor", 10**9), ("taylor", 4, 30, 1), (5,), ("hann", *range(100)), (("hann",),))),
    *map(bad, (nan, inf, -inf, 1e300, 10**400, True, None, 1j, b"hann", {}, object(), BrokenRepr(), np.float64(nan))),
    *map(bad, ([], [1, 2], [None] * N_FFT, ["x"] * N_FFT, np.ones((2, 128)), np.ones(()), np.ones(N_FFT + 1))),
    *map(odd, (("gaussian", 5e-324), ("exponential", None, 5e-324), ("exponential", 1e300, 1e-300), ("chebwin", 1))),
    *map(odd, (("general_cosine", (0.5, 0.5)), ("kaiser", np.array(5.0)), np.float16(5), LyingStr("x"), [1] * N_FFT)),
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
    made("function that raises", lambda: _raise, "ok"),
    made("function that returns None", lambda: lambda n: None, "refused"),
    made("function that returns a string", lambda: lambda n: "hann", "refused"),
    made("function that returns NaN", lambda: lambda n: np.full(n, nan), "refused"),
    made("function that returns one less", lambda: lambda n: np.ones(n - 1), "refused"),
    made("function that returns a matrix", lambda: lambda n: np.ones((n, 1)), "refused"),
    made("function that returns 2**40", lambda: lambda n: virtual(2**40), "refused"),
    made("function that returns itself", lambda: lambda n: _raise, "refused"),
    made("function that changes its answer", Changing, "ok"),
]

PAD_FUNCTIONS = [
    made("function that raises", lambda: _raise, "ok"),
    made("function that returns rubbish", lambda: lambda v, w, a, k: "x", "ok"),
    made("function that pads with NaN", lambda: lambda v, w, a, k: v.fill(nan), "refused"),
    made("function that calls stft", lambda: lambda v, w, a, k: v.fill(fastspec.stft(Y)[0, 0].real), "ok"),
]

SEEDS = [
    *map(good, (0, 2**32 - 1, None, np.random.default_rng(0), np.random.RandomState(0))),
    *map(bad, (-1, 2**32, 10**30, 1.5, True, "x", [], [1], object(), np.random.RandomState, nan, len)),
]

REFS = [
    *map(odd, (0, 0.0, -1.0, 5e-324, 1e300, 1j, np.array(2.0), np.float16(1), np.max, np.min, np.abs)),
    *map(bad, (nan, inf, -inf, True, None, "x", [], {}, object(), 10**400, np.array([1.0, nan]), np.array("x"))),
    made("function that raises", lambda: _raise, "ok"),
    made("function that returns NaN", lambda: lambda s: nan, finite=False),
    made("function that returns None", lambda: lambda s: None, "refused"),
    made("function that returns a string", lambda: lambda s: "x", "refused"),
    made("function that clears its argument", lambda: lambda s: s.fill(0) or 1.0),
    made("function of another shape", lambda: lambda s: np.ones((3, 5, 7)), "refused"),
    made("array of another shape", lambda: np.ones(7), "refused"),
    made("array of more dimensions", lambda: np.ones((5, *SHAPE)), "refused"),
    made("virtual", lambda: virtual(2**40), "refused"),
]


# ---- functions ---------------------------------------------------------------------------------

# What an error about a window may call it.
PARTS = ("win_length", "Nx", "beta", "std", "weight", "weights", "at", "nbar", "norm", "sll")
FRAMES: dict[str, Any] = {"n_fft": N_FFT, "hop_length": HOP}
CALLS: dict[str, list[Value]] = {"n_threads": SIZES, "precision": NAMES}
FRAMING: dict[str, list[Value]] = {
    "n_fft": SIZES,
    "hop_length": SIZES,
    "win_length": SIZES,
    "window": WINDOWS,
    "center": BOOLS,
}


def calling(function: Callable[..., Any], **usual: Any) -> Callable[..., Any]:
    """The function with its usual arguments, which a case's argument replaces."""
    return lambda **given: function(**{**usual, **given})


_stft = calling(fastspec.stft, y=Y, **FRAMES)
vary("stft", _stft, *PARTS, **FRAMING, **CALLS)
vary("stft", _stft, y=strict(arrays(N)), dtype=DTYPES, out=outs(SHAPE, np.complex64))
vary("stft", _stft, "y", pad_mode=[*without(NAMES, "str"), *PAD_FUNCTIONS])
vary("stft", calling(_stft, center=False), "n_fft", y=strict(arrays(N)), n_fft=SIZES)
_padded = calling(_stft, pad_mode=lambda v, w, a, k: None)
_LONG = ("virtual 2**40", "virtual 2**58", "virtual last 2**40", "virtual first 2**40")
_LONG += ("virtual 2**20 channels", "no channels of 2**20")
vary("stft", _padded, "n_fft", y=without(strict(arrays(N)), *_LONG, "lying shape"))
for _value in arrays(N):
    if _value.label in _LONG:
        case("stft", f"padding by a function, {_value.label}", lambda v=_value: _padded(y=v.make()), long=True)
vary("stft", calling(_stft, hop_length=None), n_fft=[odd(2**20), odd(2**22)])

_istft = calling(fastspec.istft, stft_matrix=D, hop_length=HOP)
vary("istft", _istft, *PARTS, "stft_matrix", **FRAMING, **CALLS)
vary("istft", _istft, "n_fft", stft_matrix=lenient(arrays(*SHAPE, dtype=np.complex64)), dtype=DTYPES)
vary("istft", _istft, "stft_matrix", length=SIZES, out=outs((HOP * (SHAPE[1] - 1),), np.float32))

_mel = calling(fastspec.melspectrogram, y=Y, **FRAMES, n_mels=20)
BANK: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "n_mels": [*SIZES, odd(2**24)],
    "fmin": NUMBERS,
    "fmax": NUMBERS,
    "htk": BOOLS,
    "dtype": DTYPES,
}
vary("melspectrogram", _mel, *PARTS, "fmin", "fmax", **FRAMING, **CALLS, **BANK)
vary("melspectrogram", _mel, y=without(strict(arrays(N)), "None"))
vary("melspectrogram", calling(_mel, y=None, S=S), "n_fft", S=lenient(without(arrays(*SHAPE), "None")), n_fft=SIZES)
vary("melspectrogram", _mel, "y", pad_mode=[*without(NAMES, "str"), *PAD_FUNCTIONS])
vary("melspectrogram", _mel, power=WILD, norm=[*maybe(NUMBERS), *without(NAMES, "5", "1.5", "nan")])
vary("melspectrogram", _mel, "argument", n_mel=SIZES[:1], banks=SIZES[:1], self=SIZES[:1])

_mfcc = calling(fastspec.mfcc, y=Y, **FRAMES, n_mels=20, n_mfcc=13)
vary("mfcc", _mfcc, *PARTS, "fmin", "fmax", "n_mels", **FRAMING, **CALLS, **BANK)
vary("mfcc", _mfcc, "n_mels", y=without(strict(arrays(N)), "None"), n_mfcc=SIZES, dct_type=SIZES, lifter=NUMBERS)
vary("mfcc", calling(_mfcc, y=None, S=MEL), "n_mfcc", n_mfcc=SIZES, dct_type=SIZES, lifter=NUMBERS)
vary("mfcc", calling(_mfcc, y=None), S=lenient(without(arrays(20, 40), "None")))
vary("mfcc", _mfcc, norm=NAMES, mel_norm=[*maybe(NUMBERS), *without(NAMES, "5", "1.5", "nan")], power=WILD)

_griffinlim = calling(fastspec.griffinlim, S=S, hop_length=HOP, n_iter=2, random_state=0)
vary("griffinlim", _griffinlim, *PARTS, "length", "S", **FRAMING, **CALLS)
vary("griffinlim", _griffinlim, "n_fft", S=lenient(arrays(*SHAPE)), n_iter=without(SIZES, "2147483647", "1073741824"))
vary("griffinlim", _griffinlim, length=SIZES, dtype=DTYPES, momentum=NUMBERS, init=NAMES, random_state=SEEDS)
vary("griffinlim", _griffinlim, pad_mode=NAMES)
case("griffinlim", "n_iter=2**31 - 1, interrupted", lambda: _griffinlim(n_iter=2**31 - 1), long=True)
case("griffinlim", "the same of one frame", lambda: _griffinlim(S=S[:, :1], length=HOP, center=False, n_iter=2**31 - 1), long=True)

DECIBELS: dict[str, list[Value]] = {"ref": REFS, "amin": NUMBERS, "top_db": NUMBERS, "n_threads": SIZES}
_ANY = ("None", "a number", "list", "of the other kind", "wide", "empty", "0-d", "bytearray")
for _name in ("power_to_db", "amplitude_to_db"):
    _to_db = calling(getattr(fastspec, _name), S=S)
    vary(_name, _to_db, S=lenient(arrays(*SHAPE), *_ANY), **DECIBELS)
    vary(_name, calling(_to_db, S=S.astype(np.float16)), ref=maybe(REFS))
    vary(_name, calling(_to_db, S=0.5), ref=maybe(REFS), amin=NUMBERS)
for _name in ("db_to_power", "db_to_amplitude"):
    vary(_name, calling(getattr(fastspec, _name), S_db=S), S_db=lenient(arrays(*SHAPE), *_ANY))
    vary(_name, calling(getattr(fastspec, _name), S_db=S), ref=[v for v in maybe(REFS) if "function" not in v.label and not callable(v.make())])
vary("magphase", calling(fastspec.magphase, D=D), D=lenient(arrays(*SHAPE, dtype=np.complex64), *_ANY), power=WILD)

vary("mel_filter", calling(fastspec.mel_filter, sr=22050, n_fft=N_FFT), "fmin", "fmax", n_fft=SIZES, **BANK)
vary("mel_filter", calling(fastspec.mel_filter, sr=22050, n_fft=N_FFT), norm=maybe(NUMBERS))
vary("get_window", calling(fastspec.get_window, window="hann", Nx=N_FFT), *PARTS, window=WINDOWS, Nx=SIZES, fftbins=BOOLS)
for _name in ("hann", ("kaiser", 5), ("tukey", 0.5), ("chebwin", 100), "taylor", ("dpss", 3)):
    vary("get_window", calling(fastspec.get_window, window=_name), Nx=SIZES)
vary("convert", fastspec.fft_frequencies, sr=NUMBERS, n_fft=SIZES)
vary("convert", fastspec.mel_frequencies, n_mels=SIZES, fmin=NUMBERS, fmax=NUMBERS, htk=BOOLS)
for _name, _argument in (
    ("frames_to_time", "frames"),
    ("frames_to_samples", "frames"),
    ("samples_to_frames", "samples"),
    ("samples_to_time", "samples"),
    ("time_to_frames", "times"),
    ("time_to_samples", "times"),
    ("hz_to_mel", "frequencies"),
    ("mel_to_hz", "mels"),
):
    _values = [*without(maybe(arrays(7)), "no ufuncs", "matrix"), *maybe(NUMBERS), *maybe(SIZES)]
    _convert = calling(getattr(fastspec, _name), **{_argument: [1, 2]})
    vary("convert", _convert, **{_argument: [Value(v.label, v.make, None, False) for v in _values]})
    _rest = {"hop_length": SIZES, "n_fft": SIZES} if "frame" in _name else {}
    if "time" in _name:
        _rest["sr"] = WILD
    vary("convert", _convert, _argument, **_rest)
vary("settings", fastspec.set_precision, precision=NAMES)


# ---- files and pictures ------------------------------------------------------------------------


def wav(data: bytes = bytes(4000), **given: int) -> io.BytesIO:
    """A file of 16 bit PCM whose header says what it is told to say."""
    header = {"riff": 36 + len(data), "fmt": 16, "tag": 1, "channels": 1, "rate": 8000}
    header |= {"bytes": 16000, "align": 2, "bits": 16, "size": len(data)}
    parts = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", *_header({**header, **given}))
    return io.BytesIO(parts + data)


def _header(h: dict[str, int]) -> Iterator[Any]:
    yield from (h["riff"], b"WAVE", b"fmt ", h["fmt"], h["tag"], h["channels"], h["rate"])
    yield from (h["bytes"], h["align"], h["bits"], b"data", h["size"])


PATHS = [
    *map(bad, (None, "", "x", "/", "/dev/null", b"x", 1.5, nan, [], {}, object(), True, -1, 9999)),
    *map(bad, ("/proc/self/mem", "x" * 10**6, str, Y, EqualToAll(), BrokenRepr())),
    made("plain", wav, "ok"),
    *(
        made(f"{field} = {value}", lambda f=field, v=value: wav(**{f: v}))
        for field in ("riff", "fmt", "tag", "channels", "rate", "bytes", "align", "bits", "size")
        for value in (0, 1, 7, 65535, 2**31 - 1, 2**31, 2**32 - 1)
        if value < 65536 or field in ("riff", "fmt", "rate", "bytes", "size")
    ),
    *(made(f"cut after {n} bytes", lambda n=n: io.BytesIO(wav().getvalue()[:n])) for n in range(0, 60, 3)),
    *(made(f"noise {n}", lambda n=n: io.BytesIO(random.Random(n).randbytes(500))) for n in range(10)),
    made("empty", io.BytesIO, "refused"),
    made("NaN", lambda: wav(np.full(99, nan, np.float32).tobytes(), tag=3, bits=32, align=4), "refused"),
    made("inf", lambda: wav(np.full(99, inf, np.float32).tobytes(), tag=3, bits=32, align=4), "refused"),
    made("closed", lambda: (f := wav(), f.close())[0], "refused"),
    made("text", lambda: io.StringIO("RIFF"), "refused"),
]

if importlib.util.find_spec("soundfile") and importlib.util.find_spec("soxr"):
    from fastspec.audio import AudioFileError

    def _load(**given: Any) -> Any:
        try:
            return fastspec.load(**{"path": wav(), "sr": 16000, **given})
        except (OSError, AudioFileError) as error:
            raise fastspec.ParameterError("path") from error

    vary("load", _load, "the audio file", path=PATHS)
    vary("load", _load, sr=NUMBERS, mono=BOOLS, dtype=without(DTYPES, "'>f4'"), res_type=NAMES)
    vary("load", _load, **dict.fromkeys(("offset", "duration"), without(NUMBERS, "1.7e+308")))

if importlib.util.find_spec("matplotlib"):

    def _show(**given: Any) -> None:
        from matplotlib.figure import Figure

        try:
            fastspec.specshow(**{"data": MEL, "ax": Figure().subplots(), "x_axis": "time", **given})
        except Exception as error:  # also what matplotlib says of it
            raise fastspec.ParameterError("data sr hop_length") from error

    vary("specshow", _show, data=maybe(v for v in arrays(20, 30) if v.must and "nested" not in v.label))
    vary("specshow", _show, sr=maybe(NUMBERS), hop_length=maybe(SIZES))


# ---- plans ---------------------------------------------------------------------------------------

PLANS: dict[str, dict[str, Any]] = {
    "STFT": FRAMES,
    "Spectrogram": FRAMES,
    "MelSpectrogram": {**FRAMES, "n_mels": 20, "log": "db", "top_db": 80.0},
    "MFCC": {**FRAMES, "n_mels": 20, "n_mfcc": 13},
}
PLAN: dict[str, list[Value]] = {
    **FRAMING,
    "pad_mode": NAMES,
    "pad_tail": NAMES,
    "precision": NAMES,
    "engine": NAMES,
    "planner": NAMES,
    "input_scale": NUMBERS,
}
OWN: dict[str, dict[str, list[Value]]] = {
    "STFT": {},
    "Spectrogram": {"power": WILD},
    "MelSpectrogram": {
        "power": WILD,
        "log": NAMES,
        "ref": [*NUMBERS, *without(NAMES, "5", "1.5", "nan")],
        "top_db": NUMBERS,
        "log_floor": NUMBERS,
        "amin": NUMBERS,
        "norm": [*maybe(NUMBERS), *without(NAMES, "5", "1.5", "nan")],
        "bank_dtype": DTYPES,
        **{name: values for name, values in BANK.items() if name != "dtype"},
    },
}
OWN["MFCC"] = {
    **OWN["MelSpectrogram"],
    "n_mfcc": SIZES,
    "dct_type": SIZES,
    "dct_norm": NAMES,
    "lifter": NUMBERS,
}


def _make(name: str, **given: Any) -> Any:
    return getattr(fastspec, name)(**{**PLANS[name], **given})


for _name in PLANS:

    def _make_and_call(_name: str = _name, **given: Any) -> Any:
        plan = _make(_name, **given)
        hash(plan), repr(plan), plan == plan, getattr(plan, "frequencies", 0), plan.times(5)
        return plan(Y)

    def _tampered(_name: str = _name, **given: Any) -> Any:
        function, (kind, arguments) = _make(_name).__reduce__()
        return function(kind, {**arguments, **given})(Y)

    def _call(_name: str = _name, **given: Any) -> Any:
        return _make(_name)(**{"y": Y, **given})

    def _frames(_name: str = _name, **given: Any) -> Any:
        return _make(_name).n_frames(**given)

    def _times(_name: str = _name, **given: Any) -> Any:
        return _make(_name).times(**{"n_samples": N, **given})

    _blamed = (*PARTS, "n_mels", "n_mfcc", "log", "fmin", "fmax", "sr", "top_db")
    _argument_kinds = {**PLAN, **OWN[_name]}
    vary(_name, _make_and_call, *_blamed, **_argument_kinds)
    _listed = ("list", "list of arrays", "int8", "float16")
    vary(_name, _call, y=[v for v in strict(arrays(N)) if v.label not in _listed])
    vary(_name, _call, y=[made("list", lambda: Y.tolist(), "ok"), made("list of arrays", lambda: [Y, Y], "ok")])
    _plan = _make(_name)
    _kind = np.complex64 if _name == "STFT" else np.float32
    vary(_name, _call, out=without(outs((_plan.n_bins, SHAPE[1]), _kind), "2**40 frames at stride 0"), n_threads=SIZES)
    vary(_name, _frames, n_samples=SIZES)
    _few = [*without(SIZES, "1073741824", "2147483647", "2147483648"), odd(2**24)]
    vary(_name, _times, n_samples=_few, sr=without(WILD, "None"))
    vary("pickles", _tampered, *_blamed, **{k: [v for v in vs if v.must == "refused"][:7] for k, vs in _argument_kinds.items()})

_int16 = (noise(N) * 1000).astype(np.int16)
_scaled = calling(_make, name="MelSpectrogram", input_scale=1 / 32768)
for _label, _y in {
    "int16": _int16,
    "int16 strided": _int16[::3],
    "int16 byte-swapped": swapped(_int16),
    "int16 misaligned": misaligned(_int16),
    "int16 reversed": _int16[::-1],
    "int16 of 2**57 channels": virtual(2**57, 1, dtype=np.int16),
    "uint16": _int16.view(np.uint16),
}.items():
    case("MelSpectrogram", f"input_scale, {_label}", lambda _y=_y: _scaled()(_y), "y")


# ---- pickles and tampering ---------------------------------------------------------------------


def _flipped(name: str, seed: int) -> Any:
    """A plan's pickle with some of its bytes changed."""
    rng = random.Random(seed)
    data = bytearray(pickle.dumps(_make(name)))
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    try:
        plan = pickle.loads(bytes(data))
        return type(plan).__name__ in PLANS and plan(Y) is None
    except Exception:  # whatever pickle makes of it
        return None


for _name in PLANS:
    for _seed in range(15):
        case("pickles", f"{_name} with bytes changed, {_seed}", lambda n=_name, s=_seed: _flipped(n, s))


def _with_window(values: Any, **given: Any) -> Any:
    plan = fastspec.STFT(**FRAMES, window=np.ones(N_FFT))
    arguments = {**plan._arguments, **given}
    window = copy.copy(arguments["window"])
    object.__setattr__(window, "values", values)
    return plan.__reduce__()[0](fastspec.STFT, {**arguments, "window": window})(Y)


vary("pickles", _with_window, "window", "n_fft", "samples", values=[v for v in WINDOWS if "array" in v.label or v.label == "virtual"])
case("pickles", "window longer than n_fft", lambda: _with_window(np.ones(N_FFT), n_fft=64, win_length=64), "n_fft")
case("pickles", "unknown argument", lambda: fastspec.STFT(**FRAMES).__reduce__()[0](fastspec.STFT, {"x": 1}), "x", must="refused")


def _overwritten(attribute: str, value: Any) -> Any:
    plan = fastspec.MelSpectrogram(**PLANS["MelSpectrogram"])
    object.__setattr__(plan, "_cores", {})
    object.__setattr__(plan, attribute, value)
    return plan(Y)


def _settings(**given: Any) -> Any:
    plan = fastspec.MelSpectrogram(**PLANS["MelSpectrogram"])
    object.__setattr__(plan, "_cores", {})
    object.__setattr__(plan, "_settings", {**plan._settings, **given})
    return plan(Y)


_ANYTHING: tuple[type[BaseException], ...] = (Exception,)
for _attribute in ("n_fft", "hop_length", "center", "_window", "_settings", "_arguments", "_cores", "precision"):
    for _value in (None, -1, 0, 1, 2**40, 2**63, nan, "x", np.ones(3), {}, {False: None}, {"n_bands": 2**62}):
        case("tampering", f"{_attribute}={_value!r:.30}", lambda a=_attribute, v=_value: _overwritten(a, v), also=_ANYTHING)
for _setting in ("n_bands", "bands", "log", "top_db", "power", "amin", "ref", "ref_max", "log_floor"):
    for _value in (None, -1, 0, 2**62, 2**61, nan, inf, "x", np.ones(3), np.ones((20, 129))[:, ::-1], 7):
        case("tampering", f"setting {_setting}={_value!r:.30}", lambda a=_setting, v=_value: _settings(**{a: v}), also=_ANYTHING, finite=False)
for _attribute in ("n_fft", "hop_length", "_window", "new"):
    case("tampering", f"plan.{_attribute} = 1", lambda a=_attribute: setattr(_make("STFT"), a, 1), also=(AttributeError,), must="refused")


# ---- straight into the compiled module ----------------------------------------------------------

_HANN = fastspec.get_window("hann", N_FFT)
_FRONTEND: dict[str, Any] = {
    "output": 0,
    "double": False,
    "engine": 0,
    "effort": 0,
    "n_fft": N_FFT,
    "hop_length": HOP,
    "window": _HANN,
    "center": True,
    "pad_mode": 0,
    "librosa_tail": False,
    "input_scale": 1.0,
}
_BANDS: dict[str, Any] = {**_FRONTEND, "output": 2, "bands": np.ones((20, N_FFT // 2 + 1)), "n_bands": 20}
_CEPSTRUM: dict[str, Any] = {**_BANDS, "output": 3, "log": 1, "dct": np.ones((5, 20)), "n_ceps": 5}
_ISTFT: dict[str, Any] = {k: _FRONTEND[k] for k in ("double", "engine", "effort", "n_fft", "hop_length", "window", "center")}

# What is passed here never comes from a user: anything but a death will do.
INTEGERS = [odd(v) for v in (None, -1, 0, 1, 3, 9, 255, 2**31 - 1, 2**31, -(2**31), 2**61, 2**62, 2**63 - 1, -(2**63), 2**63, 1.5, "x")]
FLOATS = [odd(v, finite=False) for v in (None, 0.0, -1.0, 5e-324, 1e300, -1e300, nan, inf, -inf, "x")]
BUFFERS = [
    *map(odd, (None, 5, "x", b"", b"12345678", bytearray(8), object(), [1.0])),
    made("memory of ctypes", lambda: (ctypes.c_double * N_FFT)()),
    made("2-d of ctypes", lambda: (ctypes.c_float * 49 * 129)()),
    made("empty of ctypes", lambda: (ctypes.c_float * 0)()),
    made("structure of ctypes", lambda: type("P", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_float)]})()),
    made("array.array", lambda: array.array("d", [0.5] * N_FFT)),
    made("cast memoryview", lambda: memoryview(bytearray(129 * 49 * 8)).cast("d", (129, 49))),
    made("released memoryview", lambda: (m := memoryview(bytearray(8)), m.release())[0]),
]


def buffers(*shape: int, dtype: Any = np.float32) -> list[Value]:
    """Whatever has a buffer, or none, in place of an array of a shape."""
    tired = ("nested", "dimensions", "interface", "self-containing", "dlpack")
    values = [v for v in arrays(*shape, dtype=dtype) if not any(word in v.label for word in tired)]
    return [*BUFFERS, *values]


def _core_case(group: str, call: Callable[..., Any], **kinds: Iterable[Value]) -> None:
    """As `vary`, for calls where every exception will do."""
    for argument, values in kinds.items():
        for value in values:

            def run(argument: str = argument, value: Value = value) -> Any:
                return call(**{argument: value.make()})

            case(group, f"{argument}={value.label}", run, also=_ANYTHING, finite=False)


def _front(**given: Any) -> Any:
    usual = _CEPSTRUM if set(given) & {"dct", "n_ceps"} else _BANDS if set(given) & {"bands", "n_bands", "log"} else _FRONTEND
    plan = _core.Frontend(**{**usual, **given})
    out = np.zeros((plan.n_bins, plan.n_frames(N)), np.complex64 if usual is _FRONTEND else np.float32)
    plan.exec(Y, out, 1, False)
    return out


def _front_exec(**given: Any) -> Any:
    usual = {"y": Y, "out": np.zeros(SHAPE, np.complex64), "n_threads": 1, "whole_array": False}
    return _core.Frontend(**_FRONTEND).exec(**{**usual, **given})


def _front_spectra(**given: Any) -> Any:
    usual = {"spectra": S, "out": np.zeros((20, SHAPE[1]), np.float32), "n_threads": 1, "whole_array": True}
    return _core.Frontend(**_BANDS).exec_spectra(**{**usual, **given})


def _inverse_exec(**given: Any) -> Any:
    usual = {"spectra": D, "out": np.zeros(N, np.float32), "n_threads": 1}
    return _core.Istft(**_ISTFT).exec(**{**usual, **given})


def _core_griffinlim(**given: Any) -> Any:
    usual: dict[str, Any] = {
        "stft": _core.Frontend(**_FRONTEND),
        "istft": _core.Istft(**_ISTFT),
        "n_iter": 2,
        "momentum": 0.9,
        "magnitude": np.ascontiguousarray(S.T),
        "angles": np.ascontiguousarray(D.T),
        "y": np.zeros(HOP * (SHAPE[1] - 1), np.float32),
        "n_threads": 1,
    }
    return _core.griffinlim(**{**usual, **given})


def _push(**given: Any) -> Any:
    stream = _core.Stream(_core.Frontend(**_FRONTEND), given.pop("n_channels", 1))
    for _ in range(given.pop("times", 2)):
        room = np.zeros((1, N_FFT // 2 + 1, 60), np.complex64)
        stream.push(**{"chunk": Y[np.newaxis], "out": room, "n_threads": 1, **given})
    stream.flush(np.zeros((1, N_FFT // 2 + 1, 60), np.complex64), 1)


def _filters(**given: Any) -> Any:
    usual: dict[str, Any] = {"sr": 22050.0, "n_fft": N_FFT, "n_mels": 20, "fmin": 0.0, "fmax": 11025.0}
    usual |= {"htk": False, "slaney": True, "single": True, "out": np.zeros((20, N_FFT // 2 + 1))}
    return _core.mel_filters(**{**usual, **given})


_core_case("_core.Frontend", _front, **{k: INTEGERS for k in ("output", "engine", "effort", "n_fft", "hop_length", "pad_mode", "n_bands", "log", "n_ceps")})
_core_case("_core.Frontend", _front, **{k: FLOATS for k in ("input_scale", "power", "amin", "ref", "top_db", "log_floor")})
_core_case("_core.Frontend", _front, window=buffers(N_FFT, dtype=np.float64), bands=buffers(20, 129, dtype=np.float64), dct=buffers(5, 20, dtype=np.float64))
_core_case("_core.Frontend", _front_exec, y=buffers(N), out=buffers(*SHAPE, dtype=np.complex64), n_threads=INTEGERS)
_core_case("_core.Frontend", _front_spectra, spectra=buffers(*SHAPE), out=buffers(20, SHAPE[1], dtype=np.float64), n_threads=INTEGERS)
_core_case("_core.Frontend", lambda n: _core.Frontend(**_FRONTEND).n_frames(n), n=INTEGERS)
_core_case("_core.Istft", lambda **k: _core.Istft(**{**_ISTFT, **k}), window=buffers(N_FFT, dtype=np.float64), **{k: INTEGERS for k in ("n_fft", "hop_length", "engine", "effort")})
_core_case("_core.Istft", _inverse_exec, spectra=buffers(*SHAPE, dtype=np.complex64), out=buffers(N), n_threads=INTEGERS)
_core_case("_core.Istft", lambda n: _core.Istft(**{**_ISTFT, "hop_length": 2**59}).n_samples(n), n=INTEGERS)
_core_case("_core.griffinlim", _core_griffinlim, stft=BUFFERS[:3], istft=BUFFERS[:3], magnitude=buffers(*SHAPE[::-1]), angles=buffers(*SHAPE[::-1], dtype=np.complex64), y=buffers(N - N % HOP))
_core_case("_core.griffinlim", _core_griffinlim, momentum=FLOATS, n_threads=INTEGERS, n_iter=[v for v in INTEGERS if len(v.label) < 9])
_core_case("_core.Stream", _push, n_channels=INTEGERS, chunk=buffers(1, N), out=buffers(1, SHAPE[0], 60, dtype=np.complex64), n_threads=INTEGERS, times=INTEGERS[:5])
_core_case("_core.Stream", lambda plan: _core.Stream(plan, 1), plan=BUFFERS[:8])
_core_case("_core.Stream", lambda n: _core.Stream(_core.Frontend(**_FRONTEND), 1).ready(n), n=INTEGERS)
_core_case("_core.others", _filters, out=buffers(20, SHAPE[0], dtype=np.float64), **{k: INTEGERS for k in ("n_fft", "n_mels")}, **{k: FLOATS for k in ("sr", "fmin", "fmax")})
_core_case("_core.others", lambda **k: _core.power_to_db(**{"x": S, "out": S.copy(order="K"), "amin": 1e-10, "offset": 0.0, **k}), x=buffers(*SHAPE), out=buffers(*SHAPE, dtype=np.float64), amin=FLOATS, offset=FLOATS)
_core_case("_core.others", lambda x: _core.clip_below(x, 0.0), x=buffers(*SHAPE))
_core_case("_core.others", lambda y: _core.check_finite(y), y=[v for v in buffers(N) if "virtual" not in v.label])
_core_case("_core.others", lambda single, double=None: _core.fftw_load(single, double), single=[odd(v) for v in (None, "x", b"", b"x" * 10**6, b"/", b"a\0b", 5)])
_core_case("_core.others", lambda kind: kind.__new__(kind), kind=[odd(k) for k in (_core.Frontend, _core.Istft, _core.Stream)])
_core_case("_core.others", lambda what: pickle.dumps(what()), what=[odd(lambda: _core.Frontend(**_FRONTEND), "Frontend"), odd(lambda: _core.Istft(**_ISTFT), "Istft")])
_core_case("_core.others", lambda what: copy.deepcopy(what()), what=[odd(lambda: _core.Frontend(**_FRONTEND), "Frontend"), odd(lambda: _core.Istft(**_ISTFT), "Istft")])
case("_core.others", "2**61 channels of int16", lambda: _core.check_finite(virtual(2**61, 1, dtype=np.int16)), must="refused")


# ---- moments and states of the process ----------------------------------------------------------

FEATURES: dict[str, Callable[[], Any]] = {
    "stft": lambda: fastspec.stft(Y, **FRAMES),
    "istft": lambda: fastspec.istft(D, hop_length=HOP),
    "melspectrogram": lambda: fastspec.melspectrogram(y=Y, **FRAMES, n_mels=20, n_threads=2),
    "mfcc": lambda: fastspec.mfcc(y=Y, **FRAMES, n_mels=20, n_threads=2),
    "griffinlim": lambda: fastspec.griffinlim(S, n_iter=2, hop_length=HOP),
    "power_to_db": lambda: fastspec.power_to_db(S, n_threads=2),
    "amplitude_to_db": lambda: fastspec.amplitude_to_db(S),
    "magphase": lambda: fastspec.magphase(D),
    "a new plan": lambda: fastspec.STFT(n_fft=random.randrange(2, 999))(Y),
    "a pickled plan": lambda: pickle.loads(pickle.dumps(fastspec.MFCC(n_mels=20)))(Y),
}


def _meanwhile(action: Callable[[Any], Any], call: Callable[[Any], Any], y: Any, seconds: float = 0.15) -> None:
    """Call a function on y again and again while another thread does something to y."""
    end = time.monotonic() + seconds

    def disturb() -> None:
        while time.monotonic() < end:
            try:
                action(y)
            except (ValueError, BufferError, AttributeError):
                time.sleep(0)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        while time.monotonic() < end:
            try:
                call(y)
            except (ValueError, TypeError, IndexError):
                pass
    finally:
        thread.join()


def _reshape(y: Any) -> None:
    with warnings.catch_warnings():
        y.shape = (2, -1) if y.ndim == 1 else (-1,)


def _retype(y: Any) -> None:
    y.dtype = np.float64 if y.dtype == np.float32 else np.float32


def _restride(y: Any) -> None:
    y.strides = (0,) if y.strides == (4,) else (4,)


def _freeze(y: Any) -> None:
    y.flags.writeable = not y.flags.writeable


_DISTURB: dict[str, Callable[[Any], Any]] = {
    "set to NaN and back": lambda y: (y.fill(nan), y.fill(0.5)),
    "set to 1e38": lambda y: y.fill(3e38),
    "resized": lambda y: y.resize(2 * N if y.size == N else N),
    "reshaped": _reshape,
    "retyped": _retype,
    "restrided": _restride,
    "made read-only": _freeze,
}
_TARGETS: dict[str, Callable[[Any], Any]] = {
    "STFT": lambda y, p=fastspec.STFT(**FRAMES): p(y),
    "MFCC": lambda y, p=fastspec.MFCC(**PLANS["MFCC"]): p(y, n_threads=2),
    "melspectrogram": lambda y: fastspec.melspectrogram(y=y, **FRAMES, n_mels=20),
    "griffinlim": lambda y: fastspec.griffinlim(y.reshape(3, -1), n_iter=1, n_fft=4),
    "power_to_db": lambda y: fastspec.power_to_db(y),
    "as out": lambda y, p=fastspec.STFT(n_fft=4, hop_length=2): p(Y[:100], out=y.view(np.complex64)[:153].reshape(3, 51)),
}
for _what, _action in _DISTURB.items():
    for _target, _call_it in _TARGETS.items():
        case("another thread", f"{_target}, y {_what}", lambda a=_action, c=_call_it: _meanwhile(a, c, noise(N)))


def _bytearray_resized() -> None:
    memory = bytearray(4 * N)
    plan = fastspec.STFT(**FRAMES)

    def grow(_: Any) -> None:
        memory.extend(bytes(4 * N))
        del memory[4 * N :]

    _meanwhile(grow, lambda m: plan(np.frombuffer(m, np.float32)), memory)


def _stream_by_two() -> None:
    stream = _core.Stream(_core.Frontend(**_FRONTEND), 1)
    y = np.tile(Y, 100)[np.newaxis]

    def push(_: Any) -> None:
        try:
            stream.push(y, np.zeros((1, N_FFT // 2 + 1, y.size // HOP + 99), np.complex64), 1)
        except RuntimeError:
            pass

    _meanwhile(push, push, None, 0.3)


def _many_plans_at_once() -> None:
    def work() -> None:
        for n in range(2, 120):
            fastspec.STFT(n_fft=n)(Y[:500])
            fastspec.stft(Y[:500], n_fft=n)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


case("another thread", "bytearray resized", _bytearray_resized)
case("another thread", "one stream pushed by two threads", _stream_by_two)
case("another thread", "six threads make the same plans", _many_plans_at_once)


def _in_small_stack(call: Callable[[], Any], size: int) -> Any:
    results: list[Any] = []
    before = threading.stack_size(size)
    try:
        thread = threading.Thread(target=lambda: results.append(call()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    return results[0]


def _fork_during(call: Callable[[], Any]) -> None:
    """Fork while another thread computes; the child computes too."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            call()
            fastspec.STFT(n_fft=random.randrange(2, 500), planner="estimate")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                signal.alarm(2)
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                call()
                fastspec.STFT(n_fft=random.randrange(500, 900))(Y)
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if code:
                raise AssertionError(f"the child ended with {code}")
    finally:
        stop.set()
        thread.join()


def _raising_handler(call: Callable[[], Any]) -> None:
    """A signal's handler raises in the midst of calls; the next call must be good."""

    def handler(signum: int, frame: Any) -> None:
        raise Own

    y = np.tile(Y, 3000)
    signal.signal(signal.SIGUSR1, handler)
    for delay in (0.001, 0.005, 0.02, 0.05):
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        try:
            fastspec.mfcc(y=y, n_threads=2)
            time.sleep(0.1)
        except Own:
            pass
        timer.join()
        call()


def _calling_handler(call: Callable[[], Any]) -> None:
    """A signal's handler calls back into the library."""
    calls = []
    signal.signal(signal.SIGUSR1, lambda *_: calls.append(call()))
    plan = fastspec.MelSpectrogram()
    timer = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    y = np.tile(Y, 3000)
    expected = plan(y)
    timer.join()
    assert calls
    assert np.array_equal(expected, plan(y))


def _with_headroom(call: Callable[[], Any], n_bytes: int) -> Any:
    """Hardly any memory left: the call may fail, but afterwards it must not."""
    call()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (_virtual_size() + n_bytes, limits[1]))
    try:
        y = np.tile(Y, 1 + n_bytes // (8 * N))
        fastspec.mfcc(y=y, n_threads=3)
        return fastspec.stft(y, n_threads=3)
    except MemoryError:
        return None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        call()


def _traced(call: Callable[[], Any]) -> Any:
    sys.settrace(lambda *_: None)
    try:
        return call()
    finally:
        sys.settrace(None)


def _collecting(call: Callable[[], Any]) -> Any:
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        return call()
    finally:
        gc.set_threshold(*before)


def _strict_numpy(call: Callable[[], Any]) -> Any:
    with np.errstate(all="raise"):
        return call()


def _no_recursion_left(call: Callable[[], Any]) -> Any:
    def deeper() -> Any:
        try:
            return deeper()
        except RecursionError:
            return call()

    try:
        return deeper()
    except RecursionError:
        return call()


def _closed_files(call: Callable[[], Any]) -> Any:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        return call()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


for _name, _feature in FEATURES.items():
    for _state, _under in {
        "under errstate raise": _strict_numpy,
        "under settrace": _traced,
        "collecting garbage all the time": _collecting,
        "at the recursion limit": _no_recursion_left,
        "without file descriptors": _closed_files,
        "after a signal's handler raised": _raising_handler,
        "from a signal's handler": _calling_handler,
        "while forking": _fork_during,
    }.items():
        case("states", f"{_name} {_state}", lambda u=_under, f=_feature: u(f))
    for _kb in (256, 512):
        case("states", f"{_name} in a stack of {_kb} KB", lambda f=_feature, k=_kb: _in_small_stack(f, k * 1024))
    for _kb in (0, 4, 64, 1024, 16384, 131072):
        case("states", f"{_name} with {_kb} KB left", lambda f=_feature, k=_kb: _with_headroom(f, k * 1024))
case("states", "window that calls stft with itself", lambda: fastspec.stft(Y, window=_recurse), also=(RecursionError,), must="refused")
case("states", "ref that calls power_to_db", lambda: (r := lambda s: fastspec.power_to_db(s, ref=r))(S), also=(RecursionError,), must="refused")


def _script(body: str) -> None:
    """Run a program to its end: the interpreter must not die on its way out."""
    setup = "import numpy as np, fastspec, threading, atexit\ny = np.ones(9000, np.float32)\n"
    done = subprocess.run([sys.executable, "-c", setup + body], capture_output=True, timeout=20, check=False)
    if done.returncode:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr.decode()[-200:]}")


for _name, _body in {
    "__del__ of a module's object": "class A:\n  def __del__(self): fastspec.stft(y)\na = A()",
    "__del__ in a cycle": "class A:\n  def __del__(self): fastspec.mfcc(y=y, n_threads=2)\na = A(); a.a = a",
    "__del__ that makes a plan": "class A:\n  def __del__(self, f=fastspec.MFCC, y=y): f(n_fft=99)(y)\nfastspec.a = A()",
    "a plan in sys.modules": "import sys\nsys.modules['p'] = fastspec.STFT(); sys.modules['q'] = fastspec._core.Stream(fastspec.STFT()._core(False), 1)",
    "atexit": "atexit.register(lambda: fastspec.mfcc(y=y, n_threads=4))",
    "daemon thread": "p = fastspec.MFCC()\ndef f():\n  while 1: p(y, n_threads=2)\nthreading.Thread(target=f, daemon=True).start()\nimport time; time.sleep(.1)",
    "thread that outlives main": "threading.Thread(target=lambda: [fastspec.stft(y) for _ in range(99)]).start()",
    "sys.exit in a callback": "import sys\ntry: fastspec.stft(y, window=lambda n: sys.exit(0))\nexcept SystemExit: pass",
    "plan deleted during its call": "p = fastspec.STFT(); t = threading.Thread(target=p, args=(np.tile(y, 999),)); t.start(); del p; fastspec._core.fft_cache_clear(); t.join()",
    "reloaded": "import importlib; p = fastspec.STFT(); importlib.reload(fastspec.transforms); importlib.reload(fastspec); p(y); fastspec.STFT()(y)",
    "imported twice": "import sys; p = fastspec.STFT(); [sys.modules.pop(m) for m in list(sys.modules) if m.startswith('fastspec')]\ntry:\n  import fastspec as g; g.STFT()(y)\nexcept ImportError: pass\np(y)",
    "FFT cache cleared in a loop": "p = [fastspec.STFT(n_fft=n) for n in range(2, 300)]; [(fastspec._core.fft_cache_clear(), q(y)) for q in p]; del p; fastspec._core.fft_cache_clear()",
}.items():
    case("at exit", _name, lambda b=_body: _script(b))


# ---- the table ---------------------------------------------------------------------------------


def selection(every: int = 1, only: str = "") -> list[Case]:
    """Every n-th case of those whose group and name hold a text."""
    return [case for case in CASES if only in f"{case.group}: {case.name}"][::every]


def main() -> int:
    """Run the matrix; return the exit code."""
    parser = argparse.ArgumentParser(description="Run the hostile matrix.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="run every N-th case")
    parser.add_argument("--only", default="", metavar="TEXT", help="run what holds this text")
    parser.add_argument("--list", action="store_true", help="show how every case ended")
    options = parser.parse_args()
    started = time.monotonic()
    outcomes = run(selection(options.every, options.only))
    if options.list:
        for outcome in outcomes:
            where = f"{outcome.case.group}: {outcome.case.name}"
            print(f"{outcome.kind:<8} {where}: {outcome.detail}")
    print(table(outcomes))
    print(f"{len(outcomes)} cases in {time.monotonic() - started:.0f} s")
    return any(outcome.kind in ("death", "wrong") for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
