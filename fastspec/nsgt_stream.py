"""What streams of the invertible constant-Q transform work with: slices of signals, and signals of
slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastspec import _core, limits
from fastspec._validate import ParameterError

if TYPE_CHECKING:
    from fastspec.nsgt import NSGT

Array = npt.NDArray[Any]

_PIECE = 4  # slices that are computed at a time
_LONGEST = 2**40  # samples of a signal, as of a call's


class _State:
    """What both ways have: buffers that are kept, and a guard against a second thread."""

    def __init__(self, plan: NSGT, double: bool, channels: int) -> None:
        self._plan = plan
        self.core = plan._core_for(double, 1)
        self._hop: int = plan._arguments["slice_length"] // 2
        self._channels = channels
        self._scratch: Any = None
        self._scratch_threads = 0
        self._buffer: Array | None = None
        self._turn = _core.Turn()
        self.reset()

    def reset(self) -> None:
        with self._turn:
            self.broken = False  # whether a call ended half way
            self._moved = False  # whether the present one has changed anything
            self._restart()

    def _restart(self) -> None:
        raise NotImplementedError

    def _fail(self, error: BaseException) -> None:
        """Take note of what ended a call."""
        self.broken = self._moved
        if self._moved and isinstance(error, _core.DeadlineError):
            error.started = True

    def _memory(self, length: int, dtype: np.dtype[Any], n_threads: int) -> Array:
        """Return the buffer, shape=(channels, length), and see that there is scratch."""
        if self._scratch_threads != n_threads:
            self._scratch = _core.NsgtScratch(self.core, self._channels, _PIECE, n_threads)
            self._scratch_threads = n_threads
        if self._buffer is None or self._buffer.dtype != dtype:
            self._buffer = np.zeros((self._channels, length), dtype)
        return self._buffer

    def copy(self) -> Any:
        with self._turn:
            twin = object.__new__(type(self))
            twin.__dict__.update(self.__dict__)
            twin._turn = _core.Turn()
            twin._scratch, twin._scratch_threads = None, 0
            if self._buffer is not None:
                twin._buffer = self._buffer.copy()
                twin._memory(0, twin._buffer.dtype, self._scratch_threads)
        return twin


class SliceCore(_State):
    """Signals in, slices out: those of one call, bit for bit, whatever the chunks."""

    def __init__(self, plan: NSGT, double: bool, channels: int) -> None:
        # Slice s begins a hop before sample s * hop and is silent beyond this.
        self.latency: int = plan._arguments["slice_length"] // 4 + plan._transition // 2
        super().__init__(plan, double, channels)

    def _restart(self) -> None:
        self._total = self._done = 0  # samples and slices
        # The buffer holds samples [start, end) of it, the first of which is that of the next slice.
        self._start = self._end = 0

    def _settled(self, total: int) -> int:
        return max(0, (total - self.latency) // self._hop + 1)

    def ready(self, n: int) -> int:
        with self._turn:
            if n > _LONGEST - self._total:
                raise ParameterError(
                    f"chunk: of {n} samples, after {self._total}; a signal must have at most "
                    f"{_LONGEST}"
                )
            return max(0, self._settled(self._total + n) - self._done)

    def pending(self) -> int:
        with self._turn:
            return self._plan.n_slices(self._total) - self._done if self._total else 0

    def push(self, chunk: Array, views: list[Array], n_threads: int) -> int:
        with self._turn:
            self._moved = False
            try:
                return self._take(chunk, views, n_threads)
            except BaseException as error:
                self._fail(error)
                raise

    def _take(self, chunk: Array, views: list[Array], n_threads: int) -> int:
        first, n = self._done, chunk.shape[-1]
        if limits.are_set:
            limits.check_samples(chunk.size)
        if n:
            _core.check_finite(chunk, name="chunk")
        room = 2 * (_PIECE + 2) * self._hop
        buffer = self._memory(room, chunk.dtype.newbyteorder("="), n_threads)
        if n:
            self._moved = True
        if self._total == 0 and self._end == 0:
            buffer[:, : self._hop] = 0  # what is before sample 0
            self._end = self._hop
        for at in range(0, n, _PIECE * self._hop):
            part = min(n - at, _PIECE * self._hop)
            if self._end + part > room:
                held = self._end - self._start
                buffer[:, :held] = buffer[:, self._start : self._end]
                self._start, self._end = 0, held
            buffer[:, self._end : self._end + part] = chunk[..., at : at + part]
            self._end += part
            self._total += part
            self._advance(self._settled(self._total), views, first, n_threads)
        return self._done - first

    def _advance(self, end: int, views: list[Array], first: int, n_threads: int) -> None:
        """Compute slices up to `end` into the views, whose slice 0 is `first`."""
        assert self._buffer is not None
        while self._done < end:
            n = min(end - self._done, _PIECE)
            at = self._done - first
            self.core.exec(
                self._buffer[:, self._start : self._end],
                [view[..., at : at + n, :] for view in views],
                0,
                n,
                n_threads,
                self._scratch,
            )
            self._moved = True
            self._done += n
            # The last slices may begin less than a hop before the end.
            self._start = min(self._start + n * self._hop, self._end)

    def flush(self, views: list[Array], n_threads: int) -> int:
        with self._turn:
            first, self._moved = self._done, False
            try:
                self._advance(self._plan.n_slices(self._total), views, first, n_threads)
            except BaseException as error:
                self._fail(error)
                raise
            return self._done - first


class SampleCore(_State):
    """Slices in, signals out: those of one call of `inverse`, bit for bit."""

    def __init__(self, plan: NSGT, double: bool, channels: int) -> None:
        super().__init__(plan, double, channels)
        self.latency = self._hop

    def _restart(self) -> None:
        self._slices = self._given = 0  # and samples
        # The buffer's end keeps what the last slice adds to the next hop.

    def _finished(self, slices: int) -> int:
        return max(0, slices - 1) * self._hop

    def ready(self, n: int) -> int:
        with self._turn:
            return self._finished(self._slices + n) - self._given

    def pending(self, length: int) -> int:
        with self._turn:
            return self._left(length)

    def _left(self, length: int) -> int:
        if length < 0:
            length = self._plan._natural_length(self._slices)
        return max(0, length - self._given)

    def push(self, views: list[Array], out: Array, n_threads: int) -> int:
        with self._turn:
            self._moved = False
            try:
                return self._take(views, out, n_threads)
            except BaseException as error:
                self._fail(error)
                raise

    def _take(self, views: list[Array], out: Array, n_threads: int) -> int:
        hop, first = self._hop, self._given
        room = (_PIECE + 2) * hop
        y = self._memory(room, out.dtype, n_threads)
        carry = y[:, -hop:]
        if out.ndim == 1:
            out = out[np.newaxis]
        total = views[0].shape[-2]
        for at in range(0, total, _PIECE):
            n = min(total - at, _PIECE)
            sums = y[:, : (n + 1) * hop]
            parts = [view[..., at : at + n, :] for view in views]
            self.core.inverse(parts, sums, 0, n, n_threads, self._scratch)
            self._moved = True
            if self._slices:
                y[:, :hop] += carry
            begin = hop if self._slices == 0 else 0  # a hop before the signal
            to = self._given - first
            out[:, to : to + n * hop - begin] = y[:, begin : n * hop]
            carry[:] = y[:, n * hop : (n + 1) * hop]
            self._given += n * hop - begin
            self._slices += n
        return self._given - first

    def flush(self, out: Array, length: int, n_threads: int) -> int:
        with self._turn:
            n = self._left(length)
            assert self._buffer is not None
            out[...] = self._buffer[:, -self._hop :][:, :n].reshape(out.shape)
            self._given += n
            return n
