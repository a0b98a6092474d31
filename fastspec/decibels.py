"""Magnitudes and decibels, as librosa has them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_float,
    show,
)
from fastspec.config import check_threads

__all__ = ["amplitude_to_db", "db_to_amplitude", "db_to_power", "magphase", "power_to_db"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_LEAST_F32 = float(np.finfo(np.float32).tiny)
_MOST_F32 = float(np.finfo(np.float32).max)
_MOST = float(np.finfo(np.float64).max)


def magphase(D: Array, *, power: float = 1) -> tuple[Array, Array]:
    """Separate complex numbers into magnitude and phase, as `librosa.magphase`.

    Parameters
    ----------
    D : complex np.ndarray
        Any shape.
    power : float > 0
        Exponent of the magnitude.

    Returns
    -------
    magnitude : np.ndarray, shape=D.shape
        ``abs(D) ** power``.
    phase : complex np.ndarray, shape=D.shape
        ``exp(1j * angle)``; 1 where the magnitude is 0. ``D == magnitude * phase`` for power 1.
    """
    D = _numbers("D", D)
    power = check_float("power", power, exclusive_minimum=0)
    magnitude = np.abs(D if D.dtype.kind in "fc" else D.astype(_F64))
    zero = magnitude == 0
    divisor = magnitude + zero
    kind = _C128 if magnitude.dtype.itemsize > 4 else _C64
    phase = np.empty_like(D, dtype=kind)
    # Part by part: complex division by a tiny real number can give NaN.
    phase.real = D.real / divisor + zero
    phase.imag = D.imag / divisor
    magnitude **= power
    return magnitude, phase


def power_to_db(
    S: npt.ArrayLike,
    *,
    ref: float | Callable[..., Any] = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    n_threads: int = 1,
) -> Any:
    """Convert power to decibels, as `librosa.power_to_db` of librosa 0.11.

    ``10 log10(max(amin, S)) - 10 log10(max(amin, ref))``, raised to `top_db` below its maximum.

    Parameters
    ----------
    S : array
        Power, of any shape. Complex input loses its phase, with a warning.
    ref : float or callable
        Reference power, or a function of ``abs(S)`` that gives it, such as `numpy.max`.
    amin : float > 0
        Smallest value of `S` and of `ref`.
    top_db : float >= 0, optional
        Range below the largest value of the whole array. None: unlimited.
    n_threads : int >= 1, or -1
        Threads to use at the most.

    Returns
    -------
    np.ndarray, shape=S.shape
        In dB; float32 for float32, in the memory order of `S`. A scalar for a scalar.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    S = _numbers("S", S)
    is_complex = S.dtype.kind == "c"
    if is_complex:
        S = np.abs(S)
    db = _to_db(S, _reference(ref, S), amin, top_db, n_threads, False)
    if is_complex:  # not before the arguments are known to be good
        warnings.warn(
            "power_to_db was called on complex input so phase information will be discarded. "
            "To suppress this warning, call power_to_db(np.abs(D)**2) instead.",
            stacklevel=2,
        )
    return db


def amplitude_to_db(
    S: npt.ArrayLike,
    *,
    ref: float | Callable[..., Any] = 1.0,
    amin: float = 1e-5,
    top_db: float | None = 80.0,
    n_threads: int = 1,
) -> Any:
    """Convert amplitude to decibels, as `librosa.amplitude_to_db` of librosa 0.11.

    ``power_to_db(S**2, ref=ref**2, amin=amin**2, top_db=top_db)``.

    Parameters
    ----------
    S : array
        Amplitude, of any shape.
    ref, amin, top_db, n_threads
        As for `power_to_db`, for amplitudes.

    Returns
    -------
    np.ndarray, shape=S.shape
        In dB.
    """
    S = _numbers("S", S)
    # Their squares must be numbers too.
    amin = check_float("amin", amin, minimum=1e-150, maximum=1e19)
    magnitude: Any = np.abs(S)
    ref_value = _reference(ref, magnitude, 1e150)
    fresh = isinstance(magnitude, np.ndarray)
    power = np.square(magnitude, out=magnitude) if fresh else np.square(magnitude)
    db = _to_db(np.asarray(power), ref_value**2, amin**2, top_db, n_threads, fresh)
    if S.dtype.kind == "c":
        warnings.warn(
            "amplitude_to_db was called on complex input so phase information will be discarded. "
            "To suppress this warning, call amplitude_to_db(np.abs(S)) instead.",
            stacklevel=2,
        )
    return db


def _numbers(name: str, value: Any) -> Array:
    """Return anything that holds numbers as an array."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        problem = f"cannot be made an array: {error}"
        raise ParameterError(f"{name}={show(value)}: {problem}") from error
    if array.dtype.kind not in "fiuc":
        raise ParameterError(f"{name}: has dtype {array.dtype}; must be a number")
    return array


def _reference(ref: Any, S: Any, most: float = _MOST) -> Any:
    """Return the size of `ref`, or of what it gives for `S`."""
    if callable(ref):
        return np.abs(_numbers("ref", ref(S)))
    return np.abs(_finite("ref", ref, most))


def _finite(name: str, value: Any, most: float) -> Any:
    """Return numbers no larger than a bound: one as it is, more as an array."""
    array = _numbers(name, value)
    with np.errstate(over="ignore"):
        size = np.abs(array).astype(_F64)
    if not (size <= most).all():
        raise ParameterError(f"{name}={show(value)}: must be finite and at most {most:g}")
    # A Python number leaves the type of what it is multiplied with alone; a 0-d array would not.
    return array if array.ndim else value


def _check_fits(name: str, value: Any, S: Array) -> None:
    """Check that an array broadcasts to the shape of S."""
    shape = np.shape(value)
    try:
        fits = not shape or np.broadcast_shapes(shape, S.shape) == S.shape
    except ValueError:
        fits = False
    if not fits:
        raise ParameterError(f"{name}: has shape {shape}, which does not fit {S.shape}")


def _to_db(power: Array, ref: Any, amin: Any, top_db: Any, n_threads: int, in_place: bool) -> Any:
    amin = check_float("amin", amin, exclusive_minimum=0, maximum=_MOST_F32)
    # A smaller one would be zero in the type of S.
    amin = max(amin, {2: 2.0**-24, 4: _LEAST_F32}.get(power.dtype.itemsize, 0.0))
    if top_db is not None:
        top_db = check_float("top_db", top_db, minimum=0, allow_inf=True)
    n_threads = check_threads(n_threads)
    offset = 10.0 * np.log10(np.maximum(amin, ref))
    flat = (power.flags.c_contiguous or power.flags.f_contiguous) and power.flags.aligned
    plain = power.dtype in (_F32, _F64) and power.dtype.isnative and power.ndim > 0
    if not plain or np.ndim(offset) > 0 or not np.isfinite(offset):
        db = 10.0 * np.log10(np.maximum(amin, power))
        _check_fits("ref", offset, db)
        db -= offset
        return db if top_db is None or db.size == 0 else np.maximum(db, db.max() - top_db)
    if not flat:
        # One stretch of memory, whatever the order of its axes.
        power = power.copy(order="K")
        in_place = True
    db = power if in_place else np.empty_like(power)
    if power.size == 0:
        return db
    flat_db = db.ravel(order="K")  # a view
    largest = _core.power_to_db(power.ravel(order="K"), flat_db, amin, float(offset), n_threads)
    if top_db is not None and not math.isinf(top_db):
        if math.isnan(largest):
            db.fill(np.nan)
        else:
            floor = float(db.dtype.type(largest) - db.dtype.type(top_db))
            _core.clip_below(flat_db, floor, n_threads)
    return db


def db_to_power(S_db: Any, *, ref: float = 1.0, n_threads: int = 1) -> Any:
    """Convert decibels to power: ``ref * 10 ** (S_db / 10)``, as `librosa.db_to_power`.

    Parameters
    ----------
    S_db : array
        In dB.
    ref : float > 0
        Reference power.
    n_threads : int >= 1, or -1
        Threads to use at the most.

    Returns
    -------
    np.ndarray, shape=S_db.shape
    """
    return _from_db(_numbers("S_db", S_db), _finite("ref", ref, _MOST), n_threads)


def _from_db(S_db: Array, ref: Any, n_threads: int) -> Any:
    n_threads = check_threads(n_threads)
    _check_fits("ref", ref, S_db)
    power = _powers(S_db, n_threads)
    return power if type(ref) in (int, float) and ref == 1 else ref * power


def _powers(S_db: Array, n_threads: int) -> Any:
    """Return ``10 ** (S_db / 10)``, where S_db / 10 is rounded to its type."""
    if S_db.dtype in (_F32, _F64) and S_db.dtype.isnative and S_db.ndim:
        flat = (S_db.flags.c_contiguous or S_db.flags.f_contiguous) and S_db.flags.aligned
        db = S_db if flat else S_db.copy(order="K")
        power = np.empty_like(db) if db is S_db else db
        if not _core.db_to_power(db.ravel(order="K"), power.ravel(order="K"), n_threads):
            return power
    # With NumPy's warning where that is too large, and its subnormal numbers.
    return np.power(10.0, S_db * 0.1)


def db_to_amplitude(S_db: Any, *, ref: float = 1.0, n_threads: int = 1) -> Any:
    """Convert decibels to amplitude: ``ref * 10 ** (S_db / 20)``, as `librosa.db_to_amplitude`.

    Parameters
    ----------
    S_db : array
        In dB.
    ref : float > 0
        Reference amplitude.
    n_threads : int >= 1, or -1
        Threads to use at the most.

    Returns
    -------
    np.ndarray, shape=S_db.shape
    """
    return _from_db(_numbers("S_db", S_db), _finite("ref", ref, 1e150) ** 2, n_threads) ** 0.5
