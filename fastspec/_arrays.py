"""Arrays as arguments and results."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import limits
from fastspec._validate import ParameterError, check_int, check_size, show

__all__ = [
    "as_axis",
    "as_numbers",
    "as_real",
    "as_signal",
    "check_array",
    "check_out",
    "check_room",
    "check_writable",
    "new_array",
    "roomy",
    "same_memory",
]

Array = npt.NDArray[Any]

_SMALL = 2**60  # bytes
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


def as_signal(y: Any) -> Array:
    """Return anything that holds an array as a NumPy array, without a copy where possible."""
    if type(y) is np.ndarray:
        return y
    try:
        if not hasattr(y, "__array__") and hasattr(y, "__dlpack__"):
            return np.from_dlpack(y)
        return np.asarray(y)
    except (TypeError, ValueError, BufferError) as error:
        raise ParameterError(f"y={show(y)}: cannot be made an array: {error}") from error


def check_array(name: str, value: Any) -> Array:
    """Return a NumPy array as it is, without what a subclass makes of it."""
    if type(value) is np.ndarray:
        return value
    if isinstance(value, np.ndarray):
        return np.asarray(value)
    raise ParameterError(f"{name}: is a {type(value).__name__}; must be a NumPy array")


def same_memory(a: Array, b: Array) -> bool:
    """Return whether two arrays may overlap, by their bounds."""
    return np.may_share_memory(a, b)


def new_array(name: str, shape: tuple[int, ...], dtype: npt.DTypeLike, order: Any = "C") -> Array:
    """Return an array without values; `name` is the argument to blame if it is too large."""
    dtype = np.dtype(dtype)
    size = dtype.itemsize
    for n in shape:
        size *= n
    if not 0 < size <= _SMALL or len(shape) > 32:  # the rest is never too large
        check_size(name, shape, dtype.itemsize)
    if limits.are_set:
        limits.check_output(shape, dtype)
    return np.empty(shape, dtype, order)


def check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Check an argument ``out``."""
    out = check_array("out", out)
    if limits.are_set:
        limits.check_output(shape, dtype)
    if out.shape != shape:
        raise ParameterError(f"out: has shape {out.shape}; must be {shape}")
    if out.dtype != dtype or not out.dtype.isnative:
        raise ParameterError(f"out: has dtype {out.dtype}; must be {dtype}")
    check_writable(out)


def check_writable(out: Array) -> None:
    """Check that an array can be written to, by aligned stores."""
    if not out.flags.writeable:
        raise ParameterError("out: is read-only; must be writable")
    if not out.flags.aligned:
        raise ParameterError("out: is not aligned to its type")


def roomy(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], out: Any, axis: int = -1
) -> Array:
    """Return an argument ``out`` with room for a shape, or a new array."""
    if out is None:
        return new_array(name, shape, dtype)
    check_room(out, shape, dtype, axis)
    result: Array = out
    return result


def check_room(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], axis: int) -> None:
    """Check an argument ``out`` that may have more room along an axis than is needed."""
    out = check_array("out", out)
    least, axis = shape[axis], axis % len(shape)
    if out.ndim != len(shape) or out.shape[axis] < least:
        fits = False
    else:
        fits = out.shape[:axis] == shape[:axis] and out.shape[axis + 1 :] == shape[axis + 1 :]
    if not fits:
        raise ParameterError(
            f"out: has shape {out.shape}; must be {shape}, or have more room along axis {axis}"
        )
    check_out(out, out.shape, dtype)
