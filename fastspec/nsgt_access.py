"""Some slices of the invertible constant-Q transform, and what its calls would cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError
from fastspec.access import Estimate, RandomAccess, sum_up

__all__ = ["SliceAccess", "whole_memory"]

Array = npt.NDArray[Any]


class SliceAccess(RandomAccess):
    """What `RandomAccess` is for a plan whose frames are slices."""

    def _core_for(self, double: bool, n: int) -> Any:
        raise NotImplementedError

    def _length(self, n: int) -> int:
        raise NotImplementedError

    def _first(self) -> int:
        raise NotImplementedError

    def _check_axes(self, y: Array) -> None:
        raise NotImplementedError

    def _bands(self, core: Any, lead: Any, n_blocks: int, wide: bool, out: Any) -> Any:
        raise NotImplementedError

    def n_slices(self, n_samples: int) -> int:
        raise NotImplementedError

    def n_coefficients(self, n_samples: int) -> npt.NDArray[np.int64]:
        raise NotImplementedError

    def _part_core(self, wide: bool, n: int) -> Any:
        if self._arguments["slice_length"] is None:
            raise ParameterError(
                "frames: coefficients of plans without slices are the whole signal's; give a "
                "slice_length, of which single slices are computed"
            )
        return self._core_for(wide or self.precision == "double", n)

    def _part_count(self, core: Any, n: int) -> int:
        if n == 0:
            raise ParameterError("y: is empty; must hold at least one sample")
        return self.n_slices(n)

    def _part_needs(self, core: Any, n: int, first: int, count: int) -> tuple[int, int]:
        if count == 0:
            return 0, 0
        begin = self._first() + first * (core.length // 2)
        end = begin + (count - 1) * (core.length // 2) + core.length
        return max(begin, 0), min(end, n)

    def _part_exec(
        self,
        core: Any,
        y: Array,
        offset: int,
        n: int,
        first: int,
        count: int,
        wide: bool,
        out: Any,
        n_threads: int,
    ) -> Any:
        self._check_axes(y)
        result, views = self._bands(core, y.shape[:-1], count, wide, out)
        if out is not None and any(np.may_share_memory(y, view) for view in views):
            raise ParameterError("out: must not overlap y")
        begin, end = self._part_needs(core, n, first, count)
        if count and y[..., :1].size:
            at = self._first() + first * (core.length // 2) - begin
            core.exec(y[..., begin - offset : end - offset], views, at, count, n_threads)
        return result

    def _estimate(self, n: int, channels: int, n_threads: int, wide: bool) -> Estimate:
        counts = self.n_coefficients(n)
        n_slices, length = self.n_slices(n), self._length(n)
        double = wide or self.precision == "double"
        values = channels * n_slices * int(counts.sum())
        flops = n_slices * (_fft_flops(length) + sum(2 * _fft_flops(int(c)) for c in counts))
        if self._arguments["slice_length"] is None:
            # A plan has its tables by the length, which an estimate does not make.
            scratch = whole_memory(length, int(counts.max()), channels, n_threads, double)
        else:
            core = self._core_for(double, n)
            flops = n_slices * _core.flops(core, n)
            scratch = _core.nsgt_memory(core, channels, n_slices, n_threads)
        if scratch:
            scratch += 32 * channels * len(counts)  # the list of results
        return sum_up(n, channels, n_slices, values * (16 if wide else 8), scratch, flops)


def _fft_flops(n: int) -> float:
    """Return the operations of a transform of n real samples; twice that of n complex ones."""
    return 2.5 * n * math.log2(max(n, 2))


def whole_memory(length: int, most: int, channels: int, n_threads: int, double: bool) -> int:
    """Return about the bytes that a call on whole signals takes, of at most `most` coefficients.

    A signal at work has two arrays of half as many complex values as it has samples, with some
    padding, and a worker one transform's values and a few of its columns.
    """
    size = 16 if double else 8
    workers = max(1, n_threads)
    benches = 1 if workers > channels else workers
    columns = 16 * 4 * (math.isqrt(length // 2) + 256)
    rows = 16 * 5 * 512
    desk = max(columns, 2 * most + columns, rows)
    return size * (benches * (length + length // 16 + 1024) + workers * desk)
