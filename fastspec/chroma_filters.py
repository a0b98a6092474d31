"""The filter bank that folds a spectrum into pitch classes, and the norms of frames."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from fastspec._validate import (
    ParameterError,
    check_bool,
    check_dtype,
    check_float,
    check_int,
    show,
)
from fastspec.caches import plan_cache

__all__ = ["chroma_filter"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_MOST = 2**28  # weights of a bank: 2 GB while it is made
_CACHED = 2**17  # weights of a bank that is worth keeping: 1 MB


def chroma_filter(
    *,
    sr: float,
    n_fft: int,
    n_chroma: int = 12,
    tuning: float = 0.0,
    ctroct: float = 5.0,
    octwidth: float | None = 2,
    norm: float | None = 2,
    base_c: bool = True,
    dtype: npt.DTypeLike = np.float32,
) -> Array:
    """Return a filter bank that folds a power spectrum into pitch classes.

    As `librosa.filters.chroma` of librosa 0.11.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_fft : int >= 2
        Size of the FFT.
    n_chroma : int >= 1
        Pitch classes per octave.
    tuning : float
        Deviation from A440 in fractions of a pitch class.
    ctroct, octwidth : float
        Centre, in octaves above 27.5 Hz, and half-width (> 0) of a Gaussian weight of the octaves.
        With an `octwidth` of None all octaves weigh the same.
    norm : {None, inf, -inf, 0} or float > 0
        Each bin's weights are divided by their norm: their largest or smallest magnitude, the
        number of those that are not 0, or the p-norm. None leaves them.
    base_c : bool
        Whether row 0 is C, or A.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    np.ndarray, shape=(n_chroma, n_fft // 2 + 1)

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import fastspec
    >>> fastspec.chroma_filter(sr=22050, n_fft=2048).shape
    (12, 1025)
    """
    return make_chroma_bank(
        sr=sr,
        n_fft=n_fft,
        n_chroma=n_chroma,
        tuning=tuning,
        ctroct=ctroct,
        octwidth=octwidth,
        norm=norm,
        base_c=base_c,
    ).astype(check_dtype("dtype", dtype, (_F32, _F64)))


def check_chroma_norm(name: str, norm: Any) -> float | None:
    """Return the norm of a frame or of a bin's weights, checked."""
    if norm is None:
        return None
    try:
        number = check_float(name, norm, allow_inf=True)
    except ParameterError:
        number = -1.0
    if number < 0 and number != -np.inf:
        allowed = "None, inf, -inf, 0 or a number > 0"
        raise ParameterError(f"{name}={show(norm)}: must be {allowed}")
    return number + 0.0  # no -0.0


def make_chroma_bank(
    *,
    sr: Any,
    n_fft: Any,
    n_chroma: Any,
    tuning: Any,
    ctroct: Any,
    octwidth: Any,
    norm: Any,
    base_c: Any,
) -> Array:
    """Return what `chroma_filter` does, as float64, read-only."""
    sr = check_float("sr", sr, exclusive_minimum=0)
    n_fft = check_int("n_fft", n_fft, minimum=2, maximum=2**30)
    n_chroma = check_int("n_chroma", n_chroma, minimum=1, maximum=2**20)
    tuning = check_float("tuning", tuning)
    if not abs(tuning) <= 100 * n_chroma:
        raise ParameterError(f"tuning={tuning}: must be within 100 octaves")
    ctroct = check_float("ctroct", ctroct)
    if octwidth is not None:
        octwidth = check_float("octwidth", octwidth, exclusive_minimum=0)
    norm = check_chroma_norm("norm", norm)
    base_c = check_bool("base_c", base_c)
    size = n_chroma * (n_fft // 2 + 1)
    if size > _MOST:
        raise ParameterError(
            f"n_chroma={n_chroma}: with n_fft={n_fft} gives a filter bank of {size} weights; "
            f"at most {_MOST} are allowed"
        )
    make = _bank if size <= _CACHED else cast(Any, _bank).__wrapped__
    return make(sr, n_fft, n_chroma, tuning, ctroct, octwidth, norm, base_c)


@plan_cache("chroma_filter", 16)
def _bank(
    sr: float,
    n_fft: int,
    n_chroma: int,
    tuning: float,
    ctroct: float,
    octwidth: float | None,
    norm: float | None,
    base_c: bool,
) -> Array:
    n_bins = n_fft // 2 + 1
    known = min(n_fft, n_bins + 1)
    reference = float(440.0 * 2.0 ** (tuning / n_chroma)) / 16
    frequencies = np.arange(1, known) * (sr / n_fft)
    if not (reference > 0 and np.isfinite(frequencies[-1] / reference) and frequencies[0] > 0):
        raise ParameterError(f"sr={sr}: is too large or too small")
    octaves = n_chroma * np.log2(frequencies / reference)
    # The bin at 0 Hz: 1.5 octaves below the next one, and as wide.
    place = np.concatenate(([octaves[0] - 1.5 * n_chroma], octaves))
    width = np.concatenate((np.maximum(place[1:] - place[:-1], 1.0), [1.0]))[:n_bins]
    place = place[:n_bins]
    half = np.round(float(n_chroma) / 2)
    distance = place - np.arange(n_chroma, dtype=float)[:, np.newaxis]
    # Between -half and half; the term of ten octaves is librosa's, and its rounding.
    distance = np.remainder(distance + half + 10 * n_chroma, n_chroma) - half
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights = _normalise(weights, norm)
    if octwidth is not None:
        weights *= np.exp(-0.5 * (((place / n_chroma - ctroct) / octwidth) ** 2))
    if base_c:
        weights = np.roll(weights, -3 * (n_chroma // 12), axis=0)
    weights.flags.writeable = False
    return weights


def _normalise(weights: Array, norm: float | None) -> Array:
    """Divide columns of float64 >= 0 by their norm, unless that is nearly nothing."""
    if norm is None:
        return weights
    if norm == np.inf:
        length = weights.max(axis=0)
    elif norm == -np.inf:
        length = weights.min(axis=0)
    elif norm == 0:
        length = np.sum(weights > 0, axis=0, dtype=float)
    else:
        length = np.sum(weights**norm, axis=0) ** (1.0 / norm)
    length[length < np.finfo(np.float64).tiny] = 1.0
    scaled: Array = weights / length
    return scaled
