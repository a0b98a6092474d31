"""Argument checks shared by every public function.

Each checker takes the argument's name and value and returns the value as a plain Python object,
or raises `ParameterError` with a message of the form ``name=value: what is allowed``. They run on
every call, so the common case (an exact ``int``, ``float``, ``bool`` or ``str`` within bounds)
costs one type test and the comparisons.
"""

from __future__ import annotations

import difflib
import math
import operator
import reprlib
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Self, SupportsFloat, SupportsIndex, cast

import numpy as np

__all__ = [
    "LimitError",
    "ParameterError",
    "check_bool",
    "check_choice",
    "check_dtype",
    "check_float",
    "check_int",
    "check_size",
    "show",
]

# difflib is quadratic in the length; nothing we know by name is anywhere near as long.
_LONGEST_NAME = 64

_NUMPY = (np.ndarray, np.generic)

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxlong = _REPR.maxother = 80


class ParameterError(ValueError):
    """An argument has a type or a value that the function does not accept."""

    # Gives a class that derives from this one, to be raised in its place: who catches another
    # library's errors is to catch ours. `fastspec.librosa_compat` sets it.
    _derived: ClassVar[Callable[[], type[ParameterError] | None] | None] = None

    def __new__(cls, *args: object) -> Self:
        if cls is ParameterError and ParameterError._derived is not None:
            derived = ParameterError._derived()
            if derived is not None:
                cls = cast(type[Self], derived)
        return super().__new__(cls, *args)


class LimitError(ParameterError):
    """A call is larger than `fastspec.set_limits` allows."""


def show(value: object) -> str:
    """Return a short representation of a value for an error message.

    Parameters
    ----------
    value : object
        Anything; long containers and strings are abbreviated.

    Returns
    -------
    str
        At most a few hundred characters on one line.
    """
    try:
        return " ".join(_REPR.repr(value).split())
    except Exception:  # a broken __repr__ must not hide the error being reported
        return f"<{type(value).__name__}>"


def _bounds(minimum: float | None, exclusive_minimum: float | None, maximum: float | None) -> str:
    """Return the bounds as text with a leading space, such as ``" >= 1 and <= 8"``."""
    parts = []
    if exclusive_minimum is not None:
        parts.append(f"> {exclusive_minimum}")
    if minimum is not None:
        parts.append(f">= {minimum}")
    if maximum is not None:
        parts.append(f"<= {maximum}")
    return " " + " and ".join(parts) if parts else ""


def _to_index(value: object) -> int | None:
    """Return a value as an int, or None where it is not an integer."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(cast(SupportsIndex, value))
    except TypeError:
        return None


def _to_float(value: object) -> float | None:
    """Return a value as a float, or None where it is not a real number."""
    if type(value) is not int:
        if isinstance(value, _NUMPY):
            # float() would take an array of one element, drop an imaginary part, parse a string.
            if value.ndim != 0 or value.dtype.kind not in "iuf":
                return None
        elif isinstance(value, bool) or not (
            hasattr(type(value), "__float__") or hasattr(type(value), "__index__")
        ):
            return None
    try:
        return float(cast(SupportsFloat, value))
    except (TypeError, ValueError, OverflowError):
        return None


def check_int(
    name: str, value: object, *, minimum: int | None = None, maximum: int | None = None
) -> int:
    """Return an argument as an int.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        An int, a NumPy integer, or any object with ``__index__``. Booleans and floats are
        refused, also floats with a whole value.
    minimum, maximum : int, optional
        Inclusive bounds. Default: none.

    Returns
    -------
    int

    Raises
    ------
    ParameterError
        If `value` is not an integer or lies outside the bounds.
    """
    number = value if type(value) is int else _to_index(value)
    if (
        number is None
        or (minimum is not None and number < minimum)
        or (maximum is not None and number > maximum)
    ):
        allowed = "an integer" + _bounds(minimum, None, maximum)
        raise ParameterError(f"{name}={show(value)}: must be {allowed}")
    return number


def check_float(
    name: str,
    value: object,
    *,
    minimum: float | None = None,
    exclusive_minimum: float | None = None,
    maximum: float | None = None,
    allow_inf: bool = False,
) -> float:
    """Return an argument as a float.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        A real number: int, float, a NumPy integer or floating scalar, a 0-d array of these, or
        any object with ``__float__``. NaN, booleans, complex numbers and strings are refused.
    minimum, maximum : float, optional
        Inclusive bounds. Default: none.
    exclusive_minimum : float, optional
        A bound that `value` must exceed. Default: none.
    allow_inf : bool
        Whether infinities within the bounds pass. Default: False.

    Returns
    -------
    float

    Raises
    ------
    ParameterError
        If `value` is not a real number or lies outside the bounds.
    """
    number = value if type(value) is float else _to_float(value)
    if (
        number is None
        or number != number
        or (not allow_inf and math.isinf(number))
        or (minimum is not None and number < minimum)
        or (exclusive_minimum is not None and number <= exclusive_minimum)
        or (maximum is not None and number > maximum)
    ):
        allowed = "a number" if allow_inf else "a finite number"
        allowed += _bounds(minimum, exclusive_minimum, maximum)
        raise ParameterError(f"{name}={show(value)}: must be {allowed}")
    return number


def check_bool(name: str, value: object) -> bool:
    """Return an argument as a bool.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        True, False or a NumPy boolean. Other objects are refused whatever their truth value.

    Returns
    -------
    bool

    Raises
    ------
    ParameterError
        If `value` is not a boolean.
    """
    if value is True or value is False:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    raise ParameterError(f"{name}={show(value)}: must be True or False")


def check_choice(
    name: str,
    value: object,
    choices: Collection[str],
    *,
    aliases: Mapping[str, str] | None = None,
) -> str:
    """Return an argument that is one of a set of names.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        The name to look up; case matters.
    choices : collection of str
        The valid names, in the order in which a message lists them.
    aliases : mapping of str to str, optional
        Further accepted names and the choice that each stands for. A message lists only
        `choices`. Default: none.

    Returns
    -------
    str
        The member of `choices` that was meant.

    Raises
    ------
    ParameterError
        If `value` is not a known name; the message suggests the closest one.
    """
    if isinstance(value, str):
        value = str.__str__(value)  # a subclass may have its own idea of what is equal
        if value in choices:
            return value
        if aliases is not None and value in aliases:
            return aliases[value]
        # The listed names go first: an abbreviation is often the closest match by letters, but
        # it is not what a reader of the message would look for.
        closest = _closest(value, choices) or _closest(value, aliases or ())
        problem = "unknown; " + (f"did you mean {closest!r}? " if closest else "")
    else:
        problem = "must be "
    listed = ", ".join(map(repr, choices))
    raise ParameterError(f"{name}={show(value)}: {problem}one of {listed}")


def check_dtype(name: str, value: Any, allowed: tuple[np.dtype[Any], ...]) -> np.dtype[Any]:
    """Return an argument that is one of a few data types.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : dtype_like
        Whatever `numpy.dtype` takes.
    allowed : tuple of np.dtype
        The types that pass.

    Returns
    -------
    np.dtype
        The member of `allowed` that was meant.

    Raises
    ------
    ParameterError
        If `value` is no data type, or another one.
    """
    try:
        dtype: np.dtype[Any] = np.dtype(value)
    except Exception:  # NumPy raises TypeError, ValueError, SyntaxError and others here
        dtype = np.dtype(np.void)
    for known in allowed:
        if dtype == known:
            return known
    listed = " or ".join(known.name for known in allowed)
    raise ParameterError(f"{name}={show(value)}: must be {listed}")


def check_size(name: str, shape: tuple[int, ...], itemsize: int) -> None:
    """Check that NumPy can have an array of a shape; whether it fits into memory is not asked.

    Parameters
    ----------
    name : str
        Name of the argument that makes the array large, for the message.
    shape : tuple of int
        Shape of the array.
    itemsize : int
        Bytes of an element.

    Raises
    ------
    ParameterError
        If the array would have more than 64 dimensions or 2**62 bytes.
    """
    if len(shape) > 64:
        raise ParameterError(f"{name}: has too many dimensions; the result may have at most 64")
    if math.prod(shape) * itemsize > 2**62 or max(shape, default=0) > 2**62:
        raise ParameterError(f"{name}: gives an array of shape {shape}, which is too large")


def _closest(value: str, names: Collection[str]) -> str | None:
    """Return the name closest to a value, case aside, or None where none is near."""
    if len(value) > _LONGEST_NAME:
        return None
    by_folded = {known.casefold(): known for known in names}
    matches = difflib.get_close_matches(value.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None
