"""Any number of frames or samples in the few columns of a picture, in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Columns", "Envelope"]


class Columns:
    """Any number of columns reduced to no more than `limit`, as they come, in constant memory.

    Every result column stands for `factor` columns of the input (the last one perhaps for fewer).
    `factor` starts at 1 and doubles whenever the limit is reached.
    """

    def __init__(self, limit: int, reduce: np.ufunc) -> None:
        self._limit = 2 * max(1, limit // 2)  # even, so that columns pair up
        self._reduce = reduce
        self._kept: NDArray[Any] | None = None
        self._filled = 0
        self._part: NDArray[Any] | None = None
        self._part_size = 0
        self.factor = 1

    def push(self, values: NDArray[Any]) -> None:
        """Take the next columns [shape=(rows, k)]."""
        if self._kept is None:
            self._kept = np.empty((values.shape[0], self._limit), dtype=values.dtype)
        while values.shape[1]:
            if self._part is None and values.shape[1] >= self.factor:
                whole = min(values.shape[1] // self.factor, self._limit - self._filled)
                taken = whole * self.factor
                groups = values[:, :taken].reshape(len(values), whole, self.factor)
                self._append(self._reduce.reduce(groups, axis=2))
                values = values[:, taken:]
            else:
                values = values[:, self._add_to_part(values) :]

    def _add_to_part(self, values: NDArray[Any]) -> int:
        taken = min(self.factor - self._part_size, int(values.shape[1]))
        head = self._reduce.reduce(values[:, :taken], axis=1, keepdims=True)
        self._part = head if self._part is None else self._reduce(self._part, head)
        self._part_size += taken
        if self._part_size == self.factor:
            whole, self._part, self._part_size = self._part, None, 0
            self._append(whole)
        return taken

    def _append(self, columns: NDArray[Any]) -> None:
        assert self._kept is not None
        self._kept[:, self._filled : self._filled + columns.shape[1]] = columns
        self._filled += columns.shape[1]
        if self._filled == self._limit:
            half = self._limit // 2
            pairs = self._kept.reshape(len(self._kept), half, 2)
            self._kept[:, :half] = self._reduce.reduce(pairs, axis=2)
            self._filled = half
            self.factor *= 2

    def result(self) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
        """Return the columns, their edges counted in input columns, and their sizes."""
        assert self._kept is not None
        columns = self._kept[:, : self._filled]
        sizes = np.full(self._filled, self.factor, dtype=np.float64)
        if self._part is not None:
            columns = np.concatenate([columns, self._part], axis=1)
            sizes = np.append(sizes, self._part_size)
        return columns, np.concatenate([[0.0], np.cumsum(sizes)]), sizes


class Envelope:
    """The lowest and highest sample in each of at most `limit` stretches of a signal."""

    def __init__(self, limit: int) -> None:
        self._low = Columns(limit, np.minimum)
        self._high = Columns(limit, np.maximum)

    def push(self, samples: NDArray[Any]) -> None:
        self._low.push(samples)
        self._high.push(samples)

    def draw(self, ax: Axes, sr: float, offset: float, **kwargs: Any) -> Any:
        low, edges, _ = self._low.result()
        high = self._high.result()[0]
        if self._low.factor == 1:
            return ax.plot(offset + edges[:-1] / sr, low[0], **{"linewidth": 0.8, **kwargs})[0]
        # Both ends of every stretch, so that the outline is as wide as the signal is long.
        times = offset + np.repeat(edges, 2)[1:-1] / sr
        lines = np.repeat(low[0], 2), np.repeat(high[0], 2)
        return ax.fill_between(times, *lines, **{"linewidth": 0.4, **kwargs})
