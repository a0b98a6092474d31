"""Filter banks."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_dtype,
    check_float,
    check_int,
)

__all__ = ["mel_filter"]


def mel_filter(
    *,
    sr: float,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: str | float | None = "slaney",
    dtype: npt.DTypeLike = np.float32,
) -> npt.NDArray[Any]:
    """Return a mel filter bank: triangles in Hz, equally spaced in mel.

    As `librosa.filters.mel` of librosa 0.11.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_fft : int >= 1
        Size of the FFT.
    n_mels : int >= 1
        Bands.
    fmin : float >= 0
        Lowest frequency in Hz.
    fmax : float > fmin, optional
        Highest frequency in Hz. Default: ``sr / 2``.
    htk : bool
        HTK's formula instead of Slaney's.
    norm : {'slaney', None, 1, 2, inf}
        'slaney' gives each triangle the same area in Hz; a number p scales each band to unit
        p-norm; None leaves the peaks at 1.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    np.ndarray, shape=(n_mels, n_fft // 2 + 1)

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Warns
    -----
    UserWarning
        If a band has no bin of the FFT to itself.
    """
    sr = check_float("sr", sr, exclusive_minimum=0)
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**30)
    n_mels = check_int("n_mels", n_mels, minimum=1, maximum=2**24)
    fmin = check_float("fmin", fmin, minimum=0)
    fmax = sr / 2 if fmax is None else check_float("fmax", fmax, exclusive_minimum=0)
    if fmin >= fmax:
        raise ParameterError(f"fmin={fmin}: must be less than fmax={fmax}")
    htk = check_bool("htk", htk)
    kind = check_dtype("dtype", dtype, (np.dtype(np.float32), np.dtype(np.float64)))
    norm = check_norm("norm", norm)
    weights = mel_weights(sr, n_fft, n_mels, fmin, fmax, htk, norm, kind)
    if has_empty_bands(weights, fmin):
        warn_empty_bands(2)
    return weights


def mel_weights(
    sr: float,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float,
    htk: bool,
    norm: str | float | None,
    kind: np.dtype[Any],
) -> npt.NDArray[Any]:
    """Return the filter bank of `mel_filter`, whose arguments these are, checked."""
    slaney = norm == "slaney"
    n_bins = n_fft // 2 + 1
    if n_mels * n_bins > 2**40:
        raise ParameterError(f"n_mels={n_mels}: is too large for n_fft={n_fft}")
    wide = np.empty((n_mels, n_bins))
    _core.mel_filters(sr, n_fft, n_mels, fmin, fmax, htk, slaney, kind == np.float32, wide)
    if not np.isfinite(wide).all():
        raise ParameterError(f"fmax={fmax}: is too close to fmin={fmin} for {n_mels} bands")
    weights: npt.NDArray[Any] = wide.astype(kind, copy=False)
    if norm is not None and not slaney:
        weights = _normalise(weights, float(norm))
    if _has_empty_bands(weights, fmin):
        warnings.warn(
            "Empty filters detected in mel frequency basis. Some channels will produce empty "
            "responses. Try increasing your sampling rate (and fmax) or reducing n_mels.",
            stacklevel=2,
        )
    return weights


def check_norm(name: str, norm: Any) -> str | float | None:
    """Return an argument that normalises a filter bank, checked."""
    if norm is None:
        return None
    if isinstance(norm, str):
        return check_choice(name, norm, ("slaney",))
    return check_float(name, norm, exclusive_minimum=0, allow_inf=True)


def _normalise(weights: npt.NDArray[Any], p: float) -> npt.NDArray[Any]:
    """Scale rows to unit p-norm; rows of nearly nothing stay as they are."""
    magnitude = np.abs(weights).astype(np.float64)
    if np.isinf(p):
        length = magnitude.max(axis=1, keepdims=True)
    else:
        length = np.sum(magnitude**p, axis=1, keepdims=True) ** (1 / p)
    length[length < np.finfo(weights.dtype).tiny] = 1
    scaled: npt.NDArray[Any] = (weights / length).astype(weights.dtype)
    return scaled


def _has_empty_bands(weights: npt.NDArray[Any], fmin: float) -> bool:
    # The band that begins at 0 Hz may be empty without harm: it peaks between two bins.
    first = 1 if fmin == 0 else 0
    return not bool((weights[first:].max(axis=1) > 0).all()) if weights.shape[0] > first else False
