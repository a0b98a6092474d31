"""Arrays as arguments, where NaN passes through."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_int, show

__all__ = ["as_axis", "as_numbers", "as_real"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)


def as_numbers(name: str, value: Any) -> Array:
    """Return anything that holds numbers, complex ones too, as an array."""
    try:
        x = np.asarray(value)
    except (TypeError, ValueError) as error:
        problem = f"cannot be made an array: {error}"
        raise ParameterError(f"{name}={show(value)}: {problem}") from error
    if x.dtype.kind not in "biufc":
        raise ParameterError(f"{name}: has dtype {x.dtype}; must be numbers")
    return x


def as_real(name: str, value: Any) -> Array:
    """Return real numbers, float32 as they are and others as float64, ready for the core."""
    x = as_numbers(name, value)
    if x.dtype.kind == "c":
        raise ParameterError(f"{name}: has dtype {x.dtype}; must be real numbers")
    if x.dtype in (_F32, _F64) and x.dtype.isnative and x.flags.aligned:
        return x
    return x.astype(_F32 if x.dtype.kind == "f" and x.dtype.itemsize == 4 else _F64)


def as_axis(name: str, axis: Any, ndim: int) -> int:
    """Return the number of an axis, counted from the first."""
    return check_int(name, axis, minimum=-ndim, maximum=ndim - 1) % ndim
