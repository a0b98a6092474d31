"""The floor: FFTW's transforms of the same frames, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

_CACHE = 2**15  # bytes of scratch: input and output stay in the first-level cache
_PLANNINGS = 3  # MEASURE may misjudge on a busy machine: the best of so many plans is taken


class Floor:
    """FFTW through pyfftw, in float32.

    A few frames at a time are transformed in aligned scratch, each row of it aligned, as often as
    the signal has frames. Nothing is loaded, windowed or stored.
    """

    def __init__(self, n_fft: int, effort: str) -> None:
        self._n_fft = n_fft
        self._effort = effort
        self._batch = max(1, _CACHE // (8 * n_fft))

    def call(self, n_frames: int, transforms: tuple[int, int]) -> Callable[[], None]:
        """Return a call that makes the FFTs and inverse FFTs of so many frames."""
        batches, rest = divmod(n_frames, self._batch)
        work: list[tuple[Callable[[], Any], int]] = []
        for inverse, times in enumerate(transforms):
            if times and batches:
                work.append((self._plan(self._batch, bool(inverse)), times * batches))
            if times and rest:
                work.append((self._plan(rest, bool(inverse)), times))

        def run() -> None:
            for execute, count in work:
                for _ in range(count):
                    execute()

        return run

    def _plan(self, frames: int, inverse: bool) -> Callable[[], Any]:
        if self._effort == "ESTIMATE":
            return self._make(frames, inverse)
        plans = [self._make(frames, inverse) for _ in range(_PLANNINGS)]
        return min(plans, key=_shortest)

    def _make(self, frames: int, inverse: bool) -> Callable[[], Any]:
        import pyfftw

        bins = self._n_fft // 2 + 1
        samples = pyfftw.empty_aligned((frames, _aligned(self._n_fft)), "float32", n=64)
        spectra = pyfftw.empty_aligned((frames, _aligned(bins)), "complex64", n=64)
        rows, columns = samples[:, : self._n_fft], spectra[:, :bins]
        plan = pyfftw.FFTW(
            columns if inverse else rows,
            rows if inverse else columns,
            direction="FFTW_BACKWARD" if inverse else "FFTW_FORWARD",
            flags=(f"FFTW_{self._effort}", "FFTW_DESTROY_INPUT"),
            threads=1,
        )
        # What MEASURE has learnt would make plans by ESTIMATE better than they are on their own.
        pyfftw.forget_wisdom()
        # The inverse destroys its input: zeros stay what they are, and take the same time.
        samples[:] = np.random.default_rng(1).standard_normal(samples.shape) * (not inverse)
        spectra[:] = 0
        return plan.execute  # type: ignore[no-any-return]


def _aligned(n: int) -> int:
    """Return a row length whose rows are all aligned to 64 bytes."""
    return -(-n // 16) * 16


def _shortest(execute: Callable[[], Any]) -> float:
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        for _ in range(20):
            execute()
        times.append(time.perf_counter() - begin)
    return min(times)


def available() -> bool:
    """Return whether pyfftw is installed."""
    try:
        import pyfftw  # noqa: F401
    except ImportError:
        return False
    return True
