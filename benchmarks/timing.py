"""Timing of several calls in turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

_SAMPLE = 1e-3  # a sample is the mean of as many calls as fill this many seconds
_TURN = 0.02  # a turn has as many samples as fill this many seconds, at least one
_SHORT = 0.01  # a call shorter than this is called once before its turn


@dataclass
class Samples:
    """Times of one contestant's calls."""

    seconds: list[float] = field(default_factory=list)  # per call
    calls: int = 0
    wall: float = 0.0
    cpu: float = 0.0  # of all threads

    def summary(self) -> dict[str, float]:
        """Return the statistics by name.

        Times are seconds per call; ``cpu`` is the mean CPU time, and ``cores`` how many cores were
        kept busy on average: less than 1 where something else had the core in between.
        """
        times = self.seconds
        q1, _, q3 = quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
        return {
            "median": median(times),
            "q1": q1,
            "q3": q3,
            "min": min(times),
            "samples": len(times),
            "calls": self.calls,
            "cpu": self.cpu / self.calls,
            "cores": self.cpu / self.wall,
        }


def take_turns(
    calls: Mapping[str, Callable[[], Any]],
    budget: float,
    min_rounds: int,
    *,
    cpu_time: bool = False,
) -> dict[str, Samples]:
    """Time calls in turns, A B C A B C ...

    Parameters
    ----------
    calls : mapping
        The calls by name; each has been called before.
    budget : float
        Seconds after which no round is begun, once there were `min_rounds`.
    min_rounds : int
        Rounds at the least.
    cpu_time : bool
        Sample the CPU time of the process, all threads and the system's work included, instead of
        the wall clock's.
    """
    clock = time.perf_counter
    sample_clock = time.process_time if cpu_time else clock
    samples = {name: Samples() for name in calls}
    repeats: dict[str, int] = {}
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        for name, call in calls.items():
            begin = clock()
            call()
            repeats[name] = max(1, round(_SAMPLE / (clock() - begin)))
        stop = clock() + budget
        rounds = 0
        while rounds < min_rounds or clock() < stop:
            for name, call in calls.items():
                _turn(call, repeats[name], samples[name], sample_clock)
            gc.collect(0)
            rounds += 1
    finally:
        if enabled:
            gc.enable()
    return samples


def _turn(
    call: Callable[[], Any], repeats: int, samples: Samples, sample_clock: Callable[[], float]
) -> None:
    if not samples.seconds or samples.seconds[-1] < _SHORT:
        call()
    begin, cpu = time.perf_counter(), time.process_time()
    end = begin
    while end - begin < _TURN:
        start = sample_clock()
        for _ in range(repeats):
            call()
        samples.seconds.append((sample_clock() - start) / repeats)
        samples.calls += repeats
        end = time.perf_counter()
    samples.wall += end - begin
    samples.cpu += time.process_time() - cpu
