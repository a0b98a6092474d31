"""Weights of loudness, as librosa has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._arrays import as_real
from fastspec._validate import ParameterError, check_float, show
from fastspec.decibels import power_to_db

__all__ = [
    "A_weighting",
    "B_weighting",
    "C_weighting",
    "D_weighting",
    "Z_weighting",
    "frequency_weighting",
    "multi_frequency_weighting",
    "perceptual_weighting",
]

Array = npt.NDArray[Any]

# The poles in Hz of each curve (IEC 61672, ANSI S1.4), all of them twice but the last ones.
_HIGH, _LOW = 12194.217, 20.598997


def _squares(frequencies: Any) -> Array:
    return np.asarray(as_real("frequencies", frequencies) ** 2.0)


def _db(x: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.log10(x)


def _at_least(weights: Any, min_db: float | None) -> Any:
    """Return weights, none of them below a bound."""
    if min_db is None:
        return weights
    return np.maximum(check_float("min_db", min_db), weights)


def _two_poles(f: Array, zeros: float, single: tuple[float, ...], gain: float) -> Any:
    """Return decibels of `zeros` zeros at 0 Hz, two double poles, and single ones."""
    with np.errstate(all="ignore"):
        bels = np.log10(_HIGH**2.0) + zeros * _db(f) - _db(f + _HIGH**2.0) - _db(f + _LOW**2.0)
        for pole in single:
            bels = bels - 0.5 * _db(f + pole**2.0)
        return gain + 20.0 * bels


def A_weighting(frequencies: npt.ArrayLike, *, min_db: float | None = -80.0) -> Any:
    """Weights of the A curve, as `librosa.A_weighting` of librosa 0.11.

    Parameters
    ----------
    frequencies : float or array
        In Hz.
    min_db : float, optional
        Smallest weight. None: unlimited.

    Returns
    -------
    float or np.ndarray
        Decibels to be added at each frequency.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import fastspec
    >>> abs(round(float(fastspec.A_weighting(1000.0)), 1))
    0.0
    """
    weights = _two_poles(_squares(frequencies), 2, (107.65265, 737.86223), 2.0)
    return _at_least(weights, min_db)


def B_weighting(frequencies: npt.ArrayLike, *, min_db: float | None = -80.0) -> Any:
    """Weights of the B curve, as `librosa.B_weighting`; see `A_weighting`."""
    return _at_least(_two_poles(_squares(frequencies), 1.5, (158.48932,), 0.17), min_db)


def C_weighting(frequencies: npt.ArrayLike, *, min_db: float | None = -80.0) -> Any:
    """Weights of the C curve, as `librosa.C_weighting`; see `A_weighting`."""
    return _at_least(_two_poles(_squares(frequencies), 1, (), 0.062), min_db)


def D_weighting(frequencies: npt.ArrayLike, *, min_db: float | None = -80.0) -> Any:
    """Weights of the D curve, as `librosa.D_weighting`; see `A_weighting`."""
    f = _squares(frequencies)
    zero, spread = 1018.7**2.0, 1039.6**2.0
    pole, width = 3136.5**2.0, 3424.0**2.0
    with np.errstate(all="ignore"):
        resonance = _db((zero - f) ** 2 + spread * f) - _db((pole - f) ** 2 + width * f)
        skirts = _db(282.7**2.0 + f) + _db(1160.0**2.0 + f)
        bels = 0.5 * _db(f) - np.log10(8.3046305e-3**2.0) + 0.5 * (resonance - skirts)
        return _at_least(20.0 * bels, min_db)


def Z_weighting(frequencies: npt.ArrayLike, *, min_db: float | None = None) -> Any:
    """Zero for each frequency, as `librosa.Z_weighting`; `min_db` as for `A_weighting`."""
    f = as_real("frequencies", frequencies)
    if f.ndim == 0:
        raise ParameterError("frequencies: is a number; Z_weighting needs a sequence")
    return _at_least(np.zeros(len(f)), min_db)


_CURVES: dict[Any, Any] = {
    "A": A_weighting,
    "B": B_weighting,
    "C": C_weighting,
    "D": D_weighting,
    "Z": Z_weighting,
    None: Z_weighting,
}


def frequency_weighting(
    frequencies: npt.ArrayLike, *, kind: str | None = "A", **kwargs: Any
) -> Any:
    """Weights of a curve by its name, as `librosa.frequency_weighting` of librosa 0.11.

    Parameters
    ----------
    frequencies : float or array
        In Hz.
    kind : {'A', 'B', 'C', 'D', 'Z', None}
        Of either case; 'Z' and None are 0 dB everywhere.
    **kwargs
        `min_db`: see `A_weighting`.

    Returns
    -------
    float or np.ndarray
        Decibels.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    name = kind.upper() if isinstance(kind, str) else kind
    try:
        curve = _CURVES[name]
    except (KeyError, TypeError):
        message = f"kind={show(kind)}: must be one of 'A', 'B', 'C', 'D', 'Z', None"
        raise ParameterError(message) from None
    return curve(frequencies, **kwargs)


def multi_frequency_weighting(
    frequencies: npt.ArrayLike, *, kinds: Iterable[str] = "ZAC", **kwargs: Any
) -> Array:
    """Weights of several curves, as `librosa.multi_frequency_weighting` of librosa 0.11.

    Parameters
    ----------
    frequencies : array, shape=(n,)
        In Hz.
    kinds : iterable
        Names of curves; see `frequency_weighting`.
    **kwargs
        `min_db`: see `A_weighting`.

    Returns
    -------
    np.ndarray, shape=(len(kinds), n)
        Decibels.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    try:
        names = list(kinds)
    except TypeError:
        raise ParameterError(f"kinds={show(kinds)}: must hold names of curves") from None
    if not names:
        raise ParameterError(f"kinds={show(kinds)}: must hold at least one name")
    return np.stack([frequency_weighting(frequencies, kind=name, **kwargs) for name in names])


def perceptual_weighting(
    S: npt.ArrayLike, frequencies: npt.ArrayLike, *, kind: str | None = "A", **kwargs: Any
) -> Array:
    """Decibels of a power spectrogram, weighted, as `librosa.perceptual_weighting` of librosa 0.11.

    ``frequency_weighting(frequencies, kind=kind)[:, np.newaxis] + power_to_db(S, **kwargs)``.

    Parameters
    ----------
    S : array, shape=(..., bins, frames)
        Power.
    frequencies : array, shape=(bins,)
        In Hz.
    kind : str
        See `frequency_weighting`.
    **kwargs
        For `power_to_db`.

    Returns
    -------
    np.ndarray, shape=(..., bins, frames)
        Decibels.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    offset = np.asarray(frequency_weighting(frequencies, kind=kind)).reshape(-1, 1)
    db = np.asarray(power_to_db(S, **kwargs))
    try:
        result: Array = offset + db
    except ValueError:
        raise ParameterError(
            f"frequencies: are {len(offset)}; must be as many as the bins of S, {db.shape}"
        ) from None
    return result
