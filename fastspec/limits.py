"""What a process allows its calls: how large they may be, and until when they may run."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._core import DeadlineError
from fastspec._validate import LimitError, check_float, check_int

__all__ = ["DeadlineError", "LimitError", "Limits", "deadline", "get_limits", "set_limits"]


class Limits(NamedTuple):
    """The limits of a process; None where there is none, or the default."""

    max_samples: int | None = None
    max_output_bytes: int | None = None
    max_scratch_bytes: int | None = None
    max_idle_bytes: int | None = None


_IDLE_BYTES = _core.scratch_info()[0]

are_set = False  # the one thing that a call looks at
_limits = Limits()


def set_limits(
    *,
    max_samples: int | None = None,
    max_output_bytes: int | None = None,
    max_scratch_bytes: int | None = None,
    max_idle_bytes: int | None = None,
) -> None:
    """Set how large a call may be, for all calls of the process from now on.

    A call that is larger raises `LimitError` before it computes anything. Without arguments all
    limits are lifted, as they are at first.

    Parameters
    ----------
    max_samples : int >= 1, optional
        Samples that a call may take or return: of all channels, and of all signals of a ``map``.
        Default: any number.
    max_output_bytes : int >= 1, optional
        Bytes of an array that a call returns or fills, on the way to its result too, and of all
        results of a ``map`` together. Default: any number.
    max_scratch_bytes : int >= 1, optional
        Bytes of working memory that a call may take at a time, in all its threads; it is told
        when the samples have been checked. Default: any number.
    max_idle_bytes : int >= 0, optional
        Bytes of working memory that are kept for later calls when none is running. A block of more
        than a quarter of it is not kept. Default: 64 MiB.

    Raises
    ------
    ParameterError
        If an argument is neither None nor an integer in its range.

    Examples
    --------
    >>> fastspec.set_limits(max_samples=16000 * 600, max_output_bytes=2**28)
    >>> fastspec.get_limits().max_samples
    9600000
    >>> fastspec.set_limits()
    """
    global are_set, _limits
    limits = Limits(
        *(
            None if value is None else check_int(name, value, minimum=least, maximum=2**60)
            for name, value, least in (
                ("max_samples", max_samples, 1),
                ("max_output_bytes", max_output_bytes, 1),
                ("max_scratch_bytes", max_scratch_bytes, 1),
                ("max_idle_bytes", max_idle_bytes, 0),
            )
        )
    )
    *of_calls, idle = limits
    _core.set_limits(*(value or 0 for value in of_calls))
    _core.scratch_limit(_IDLE_BYTES if idle is None else idle)
    _limits = limits
    are_set = any(of_calls)


def get_limits() -> Limits:
    """Return the limits of the process.

    Returns
    -------
    Limits
        A named tuple of the arguments of `set_limits`: None for no limit, or for the default.
    """
    return _limits


# The core checks every array that reaches it. These come before, so that nothing is allocated.


def check_samples(n: int) -> None:
    """Check how many samples a call takes."""
    most = _limits.max_samples
    if most is not None and n > most:
        raise LimitError(f"y: {n} samples in one call are more than max_samples={most} allows")


def check_output(shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
    """Check the size of a result."""
    most = _limits.max_output_bytes
    n = math.prod(shape) * np.dtype(dtype).itemsize
    if most is not None and n > most:
        raise LimitError(f"out: {n} bytes are more than max_output_bytes={most} allows")


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """End calls within a ``with`` block some milliseconds after a time has passed.

    Parameters
    ----------
    seconds : float
        From now on. Within the block of an earlier deadline, that one holds. What is not positive
        has passed.

    Raises
    ------
    DeadlineError
        A `TimeoutError`: from the call that is running when the time has passed, whose `out` is
        then undefined, and from every call that begins after. Plans can be used as before. A stream
        whose call had begun (``error.started``) needs a `reset`, or a new one.
    ParameterError
        If `seconds` is not a finite number.

    Notes
    -----
    The deadline belongs to the context (`contextvars`): to the thread, or to the task of asyncio
    and what it calls by `asyncio.to_thread`, not to other threads that are started within. Making a
    plan is not cut short, nor is what NumPy does. Other threads do not wait for the interpreter's
    lock to look at the clock.

    Examples
    --------
    >>> mel = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=80)
    >>> with fastspec.deadline(0.5):
    ...     S = mel(np.zeros(16000, np.float32))
    """
    seconds = check_float("seconds", seconds)
    at = _core.monotonic() + round(min(max(seconds, -1e6), 1e9) * 1e9)
    earlier = _core.deadline_at.get()
    token = _core.begin_deadline(min(at, earlier) if earlier else at)
    try:
        yield
    finally:
        _core.deadline_at.reset(token)
