"""Streams of the invertible constant-Q transform: slices of a signal, and a signal of slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError, check_int
from fastspec.config import check_threads
from fastspec.plans import as_signal, new_array

if TYPE_CHECKING:
    from fastspec.nsgt import NSGT, Bands

Array = npt.NDArray[Any]


class _Base:
    """What both ways share: the plan, the channels, and the type of the first piece."""

    def __init__(self, plan: NSGT, channels: int, n_threads: int) -> None:
        length = plan._arguments["slice_length"]
        if length is None:
            raise ParameterError("slice_length=None: a plan without slices has no stream")
        self._plan = plan
        self._hop: int = length // 2
        self._channels = check_int("channels", channels, minimum=1, maximum=2**20)
        self._n_threads = check_threads(n_threads)
        self._wide: bool | None = None

    def _accept(self, wide: bool) -> Any:
        """Return the core for a type, which must be that of the pieces before."""
        if self._wide is not None and wide != self._wide:
            raise ParameterError("chunk: has another dtype than the chunks before it")
        return self._plan._core_for(wide or self._plan.precision == "double", 1)


class Stream(_Base):
    """Signals in, slices out: those of one call, bit for bit, whatever the chunks."""

    def __init__(self, plan: NSGT, channels: int, n_threads: int) -> None:
        super().__init__(plan, channels, n_threads)
        # The samples that the next slice may need, from its first one on.
        self._held: Array | None = None
        self._total = 0
        self._done = 0  # slices

    def push(self, chunk: Any) -> Bands:
        """Take the next samples of all channels; return the slices that they complete.

        Parameters
        ----------
        chunk : array, shape=(channels, n)
            n may be 0. All chunks have one type.

        Returns
        -------
        list of np.ndarray or np.ndarray
            As of a call for signals of shape (channels, n).
        """
        chunk = as_signal(chunk)
        wide = self._plan._check_signal(chunk)
        if chunk.ndim != 2 or chunk.shape[0] != self._channels:
            raise ParameterError(f"chunk: has shape {chunk.shape}; must be ({self._channels}, n)")
        self._accept(wide)
        if chunk.shape[1]:
            _core.check_finite(chunk, name="chunk")
        if self._held is not None and self._held.dtype != chunk.dtype.newbyteorder("="):
            raise ParameterError(f"chunk: has dtype {chunk.dtype}, unlike the chunks before it")
        native = chunk.astype(chunk.dtype.newbyteorder("="), copy=False)
        held = self._held
        if held is None:
            held = np.zeros((self._channels, self._hop), native.dtype)  # what is before sample 0
        held = np.concatenate([held, native], axis=1)
        # Slice s, which begins a hop before sample s * hop, is silent beyond this.
        reach = self._hop // 2 + self._plan._transition // 2
        total = self._total + chunk.shape[1]
        n = max(0, (total - reach) // self._hop + 1 - self._done)
        result = self._transform(held, n, wide)
        self._wide, self._total, self._done = wide, total, self._done + n
        self._held = held[:, n * self._hop :].copy()
        return result

    def _transform(self, held: Array, n: int, wide: bool) -> Bands:
        core = self._accept(wide)
        result, views = self._plan._bands(core, (self._channels,), n, wide, None)
        if n:
            core.exec(held, views, 0, n, self._n_threads)
        return result

    def flush(self) -> Bands:
        """End the signals; return the last slices. The stream then begins anew."""
        if self._held is None or self._wide is None or self._total == 0:
            raise ParameterError("y: is empty; must hold at least one sample")
        n = self._plan.n_slices(self._total) - self._done
        result = self._transform(self._held, n, self._wide)
        self._held, self._wide, self._total, self._done = None, None, 0, 0
        return result


class InverseStream(_Base):
    """Slices in, signals out: those of one call of `inverse`, bit for bit."""

    def __init__(self, plan: NSGT, channels: int, n_threads: int) -> None:
        super().__init__(plan, channels, n_threads)
        self._carry: Array | None = None  # what the last slice adds to the next hop

    def push(self, C: Bands) -> Array:
        """Take the next slices of all channels; return the samples that they complete.

        Parameters
        ----------
        C : list of np.ndarray or np.ndarray
            As `Stream.push` returns them; there may be no slices.

        Returns
        -------
        np.ndarray, shape=(channels, n)
            ``slice_length / 2`` samples for each slice but the first of all.
        """
        plan, hop = self._plan, self._hop
        arrays = plan._arrays("C", C)
        wide = _check(plan, arrays)
        core = self._accept(wide)
        inner = 1 if plan._arguments["hop_length"] is None else 2
        n = arrays[0].shape[-inner - 1] if arrays[0].ndim == inner + 2 else -1
        shapes = plan._shapes(core, (self._channels,), n)
        if [array.shape for array in arrays] != shapes:
            raise ParameterError("C: is not of the shape that a stream of these channels returns")
        dtype = np.float64 if wide else np.float32
        if n == 0:
            return new_array("C", (self._channels, 0), dtype)
        y = new_array("C", (self._channels, (n + 1) * hop), dtype)
        core.inverse(plan._views(arrays), y, 0, n, self._n_threads)
        first = self._carry is None
        if self._carry is not None:
            y[:, :hop] += self._carry
        self._wide, self._carry = wide, y[:, n * hop :].copy()
        return y[:, hop * first : n * hop]

    def flush(self) -> Array:
        """End the signals; return what is left, ``slice_length / 2`` samples and some silence."""
        if self._carry is None:
            raise ParameterError("C: is empty; must hold at least one slice")
        rest, self._carry, self._wide = self._carry, None, None
        return rest


def _check(plan: NSGT, arrays: list[Array]) -> bool:
    from fastspec.nsgt import _check_complex

    return _check_complex(arrays)
