"""Harmonic-percussive separation by medians, as librosa has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_numbers, as_real
from fastspec._validate import ParameterError, check_bool, check_float, check_int, show
from fastspec.config import check_threads

__all__ = ["hpss", "softmask"]

Array = npt.NDArray[Any]

_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)


def hpss(
    S: Array,
    *,
    kernel_size: int | tuple[int, int] | list[int] = 31,
    power: float = 2.0,
    mask: bool = False,
    margin: float | tuple[float, float] | list[float] = 1.0,
    n_threads: int = 1,
) -> tuple[Array, Array]:
    """Separate harmonic from percussive sounds, as `librosa.decompose.hpss` of librosa 0.11.

    What is harmonic is smooth along time, what is percussive along frequency: the running medians
    along either are compared by `softmask`.

    Parameters
    ----------
    S : np.ndarray, shape=(..., n_bins, n_frames)
        Spectrogram; magnitudes, or complex. Finite.
    kernel_size : int >= 1, or two of them
        Values of a median along time, and along frequency. The ends are mirrored.
    power : float > 0, or inf
        Exponent of the masks; inf for masks that are 0 or 1.
    mask : bool
        Whether to return the masks in place of the parts.
    margin : float >= 1, or two of them
        By how much the harmonic part must exceed the percussive one, and conversely. Above 1 the
        parts do not add up to `S`.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    harmonic, percussive : np.ndarray, shape=S.shape
        Of the type of `S`; masks are real, or bool for an infinite `power`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> D = fastspec.stft(np.random.default_rng(0).standard_normal(22050))
    >>> harmonic, percussive = fastspec.hpss(D)
    >>> bool(np.allclose(harmonic + percussive, D))
    True
    """
    size_harmonic, size_percussive = (
        check_int("kernel_size", item, minimum=1, maximum=2**24)
        for item in _pair("kernel_size", kernel_size)
    )
    margins = _pair("margin", margin)
    for item in margins:
        check_float("margin", item, minimum=1)
    _check_power(power)
    mask = check_bool("mask", mask)
    n_threads = check_threads(n_threads)
    S = as_numbers("S", S)
    if S.dtype.kind == "c":
        D = S.astype(_C64 if S.dtype.itemsize == 8 else _C128, copy=False)
        S = np.abs(D)
    else:
        D = S = as_real("S", S)
    if S.ndim < 2 or S.size == 0:
        raise ParameterError(f"S: has shape {S.shape}; must be (..., n_bins, n_frames), not empty")
    _check_magnitudes("S", S)
    harmonic, percussive = np.empty_like(S), np.empty_like(S)
    _core.median(S, size_harmonic, harmonic, n_threads)
    _core.median(S.swapaxes(-1, -2), size_percussive, percussive.swapaxes(-1, -2), n_threads)
    split = margins[0] == 1 and margins[1] == 1
    masks = [
        _softmask(harmonic, percussive * margins[0], power, split),
        _softmask(percussive, harmonic * margins[1], power, split),
    ]
    if mask:
        return masks[0], masks[1]
    return D * masks[0], D * masks[1]


def softmask(X: Array, X_ref: Array, *, power: float = 1, split_zeros: bool = False) -> Array:
    """Compare magnitudes: ``X**power / (X**power + X_ref**power)``, as `librosa.util.softmask`.

    Parameters
    ----------
    X : np.ndarray
        Magnitudes, at least 0.
    X_ref : np.ndarray, shape=X.shape
        What they are compared with.
    power : float > 0, or inf
        Exponent; inf for ``X > X_ref``.
    split_zeros : bool
        Whether the mask is 1/2, or 0, where both are below the smallest normal number.

    Returns
    -------
    np.ndarray, shape=X.shape
        In [0, 1], of the type of `X`; bool for an infinite `power`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.softmask(np.array([1.0, 3]), np.array([1.0, 1]))
    array([0.5 , 0.75])
    """
    X, X_ref = as_real("X", X), as_real("X_ref", X_ref)
    if X.shape != X_ref.shape:
        raise ParameterError(f"X_ref: has shape {X_ref.shape}; must be that of X, {X.shape}")
    _check_magnitudes("X", X)
    _check_magnitudes("X_ref", X_ref)
    _check_power(power)
    return _softmask(X, X_ref, power, check_bool("split_zeros", split_zeros))


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple | list):
        return value, value
    if len(value) != 2:
        raise ParameterError(f"{name}={show(value)}: must be one number or two")
    return value[0], value[1]


def _check_power(power: Any) -> None:
    check_float("power", power, exclusive_minimum=0, allow_inf=True)


def _check_magnitudes(name: str, X: Array) -> None:
    # A NaN is neither.
    if X.size and not (X.min() >= 0 and X.max() < np.inf):
        raise ParameterError(f"{name}: must hold finite values >= 0")


def _softmask(X: Array, X_ref: Array, power: Any, split_zeros: bool) -> Array:
    if np.isinf(power):
        hard: Array = np.greater(X, X_ref)
        return hard
    scale = np.maximum(X, X_ref).astype(X.dtype, copy=False)
    small = scale < np.finfo(X.dtype).tiny
    any_small = bool(small.any())
    if any_small:
        scale[small] = 1
    # From the larger of the two, so that no power exceeds the range.
    mask: Array = (X / scale) ** power
    total = X_ref / scale
    total **= power
    total += mask
    if not any_small:
        mask /= total
        return mask
    total[small] = 1
    mask /= total
    mask[small] = 0.5 if split_zeros else 0
    return mask
