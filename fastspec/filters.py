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
    weights, has_empty_bands = make_bank(
        sr=sr, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk, norm=norm, dtype=dtype
    )
    if has_empty_bands:
        warn_empty_bands(2)
    return weights


def make_bank(
    *,
    sr: float,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
    norm: str | float | None,
    dtype: npt.DTypeLike,
) -> tuple[npt.NDArray[Any], bool]:
    """Return what `mel_filter` does, and whether it has to warn."""
    sr = check_float("sr", sr, exclusive_minimum=0)
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**30)
    n_mels = check_int("n_mels", n_mels, minimum=1, maximum=2**24)
    fmin = check_float("fmin", fmin, minimum=0)
    fmax = sr / 2 if fmax is None else check_float("fmax", fmax, exclusive_minimum=0)
    if fmin >= fmax or fmax < np.finfo(np.float64).tiny:
        raise ParameterError(f"fmin={fmin}: must be less than fmax={fmax}")
    htk = check_bool("htk", htk)
    kind = check_dtype("dtype", dtype, (np.dtype(np.float32), np.dtype(np.float64)))
    norm = check_norm("norm", norm)
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
    # The band that begins at 0 Hz may be empty without harm: it peaks between two bins.
    bands = weights[1:] if fmin == 0 else weights
    return weights, not bool((bands > 0).any(axis=1).all())


def warn_empty_bands(stacklevel: int) -> None:
    """Warn, as librosa does, that bands lie between two bins of the FFT."""
    warnings.warn(
        "Empty filters detected in mel frequency basis. Some channels will produce empty "
        "responses. Try increasing your sampling rate (and fmax) or reducing n_mels.",
        stacklevel=stacklevel + 1,
    )


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
