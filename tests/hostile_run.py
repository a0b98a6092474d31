"""Runs hostile cases: each in a forked child with limits on memory and time.

A case is one call with one hostile argument, state of the process or moment. It ends as

ok        it returned (numbers that are finite, unless the row says that they may not be), or an
          exception of the caller's own function came through;
refused   ParameterError or TypeError that names the argument, or MemoryError;
death     the child was killed by a signal, or had to be because it did not answer;
wrong     anything else: another exception, a message without the argument's name, NaN from finite
          input, a bad argument that was accepted, an interrupt that was not answered in time.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import resource
import selectors
import signal
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import fastspec

# Bytes that a child may take beyond what it starts with; 0 (for sanitizers) is no limit.
MEMORY = int(os.environ.get("FASTSPEC_HOSTILE_MEMORY", 2 * 2**30))
SECONDS = 4.0  # after which a case is interrupted
PATIENCE = 3.0  # how long the interrupt may stay unanswered
BATCH = 32  # cases per child


class Own(Exception):
    """What the caller's own code raises; it may come through."""


class Interrupted(BaseException):
    """Raised by the alarm."""


# ---- cases --------------------------------------------------------------------------------------


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
    """Return a short label for a value."""
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


def odds(*values: Any) -> list[Value]:
    """Values that may be taken or refused."""
    return list(map(odd, values))


def goods(*values: Any) -> list[Value]:
    """Values that must be taken."""
    return list(map(good, values))


def bads(*values: Any) -> list[Value]:
    """Values that must be refused."""
    return list(map(bad, values))


def made(
    label: str, make: Callable[[], Any], must: str | None = None, finite: bool = True
) -> Value:
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


def calling(function: Callable[..., Any], **usual: Any) -> Callable[..., Any]:
    """The function with its usual arguments, which a case's argument replaces."""
    return lambda **given: function(**{**usual, **given})


def without(values: Iterable[Value], *labels: str) -> list[Value]:
    """Leave out values that an argument takes by right, or that another row tries."""
    return [value for value in values if value.label not in labels]


def maybe(values: Iterable[Value]) -> list[Value]:
    """The same values for an argument that may take those which others refuse."""
    return [Value(v.label, v.make, None, v.finite) for v in values]


# ---- running ------------------------------------------------------------------------------------


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
        return (
            values.dtype.kind not in "fc" or values.size > 2**27 or bool(np.isfinite(values).all())
        )
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


def virtual_size() -> int:
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
            most = virtual_size() + MEMORY
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
