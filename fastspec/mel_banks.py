"""Mel filter banks of every convention in use: scale, domain of the triangles, norm, precision."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError

__all__ = ["DTYPES", "NORMS", "SCALES", "mel_bank", "mel_centres"]

Array = npt.NDArray[Any]

SCALES = ("slaney", "htk", "kaldi")
NORMS = ("slaney", "unit_sum", "unit_max")
DTYPES = ("float32", "float64", "torch")

_KNEE = 1000.0  # Slaney's scale: linear at 200/3 Hz per mel below, 27 steps per factor 6.4 above
_STEP = 200.0 / 3.0
_LOG_STEP = math.log(6.4) / 27.0


def _rounded(function: Any, x: Array) -> Array:
    """Return a function's values rounded once to the type of x."""
    return np.asarray(function(x.astype(np.float64)).astype(x.dtype))


def _to_mel(f: Array, scale: str) -> Array:
    """Return mels, in the type of the frequencies."""
    one = f.dtype.type
    if scale == "htk":
        return np.asarray(one(2595.0) * _rounded(np.log10, one(1) + f / one(700.0)))
    if scale == "kaldi":
        return np.asarray(one(1127.0) * _rounded(np.log, one(1) + f / one(700.0)))
    above = _rounded(np.log, np.maximum(f, one(_KNEE)) / one(_KNEE)) / one(_LOG_STEP)
    return np.asarray(np.where(f < _KNEE, f / one(_STEP), one(_KNEE / _STEP) + above))


def _power_of_ten(x: Array) -> Array:
    return np.power(10.0, x)


def _to_hz(mel: Array, scale: str) -> Array:
    """Return frequencies, in the type of the mels."""
    one = mel.dtype.type
    if scale == "htk":
        return np.asarray(one(700.0) * (_rounded(_power_of_ten, mel / one(2595.0)) - one(1)))
    if scale == "kaldi":
        return np.asarray(one(700.0) * (_rounded(np.exp, mel / one(1127.0)) - one(1)))
    knee = _KNEE / _STEP
    above = one(_KNEE) * _rounded(np.exp, one(_LOG_STEP) * (np.maximum(mel, one(knee)) - one(knee)))
    return np.asarray(np.where(mel < knee, one(_STEP) * mel, above))


def _linspace(low: float, high: float, n: int, single: bool) -> Array:
    """Return evenly spaced values; in single precision as torch.linspace computes them."""
    if not single:
        return np.linspace(low, high, n)
    start, end = np.float32(low), np.float32(high)
    step = (end - start) / np.float32(max(n - 1, 1))
    i = np.arange(n)
    rising, falling = i.astype(np.float32), (n - 1 - i).astype(np.float32)
    return np.where(i < n // 2, start + step * rising, end - step * falling)


def mel_bank(
    *,
    sr: float,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float,
    scale: str,
    triangles: str,
    norm: str | float | None,
    dtype: str,
    integer_nyquist: bool,
) -> Array:
    """Return a bank of triangles, (n_mels, n_fft // 2 + 1) of float64; arguments are checked.

    `dtype` 'float64' computes in double, 'float32' rounds the triangles to single precision, and
    again after the norm, as librosa does; 'torch' computes all of it in single precision, in
    torchaudio's order.
    """
    n_bins = n_fft // 2 + 1
    single = dtype == "torch"
    kind: Any = np.float32 if single else np.float64
    low, high = (float(_to_mel(np.array([f]), scale)[0]) for f in (fmin, fmax))
    if triangles == "mel":
        width = kind((high - low) / (n_mels + 1))
        band = np.arange(n_mels + 2).astype(kind)
        edges = kind(low) + band * width
        bins = _to_mel(kind(sr / n_fft) * np.arange(n_bins).astype(kind), scale)
        hz = _to_hz(edges, scale)
    else:
        edges = hz = _to_hz(_linspace(low, high, n_mels + 2, single), scale)
        if single or integer_nyquist:
            bins = _linspace(0, float(int(sr) // 2) if integer_nyquist else sr / 2, n_bins, single)
        else:
            bins = np.arange(n_bins) * (1.0 / (n_fft * (1.0 / sr)))
    rise = (bins - edges[:-2, np.newaxis]) / np.diff(edges)[:-1, np.newaxis]
    fall = (edges[2:, np.newaxis] - bins) / np.diff(edges)[1:, np.newaxis]
    weights = np.maximum(kind(0), np.minimum(rise, fall))
    if dtype == "float32":
        weights = weights.astype(np.float32)
    weights = _normalised(weights, hz, norm)
    if not np.isfinite(weights).all():
        raise ParameterError(f"fmax={fmax}: is too close to fmin={fmin} for {n_mels} bands")
    return np.ascontiguousarray(weights, dtype=np.float64)


def mel_centres(n_mels: int, fmin: float, fmax: float, scale: str) -> npt.NDArray[np.float64]:
    """Return the frequency in Hz at which each triangle peaks."""
    low, high = (float(_to_mel(np.array([f]), scale)[0]) for f in (fmin, fmax))
    return _to_hz(np.linspace(low, high, n_mels + 2), scale)[1:-1]


def _normalised(weights: Array, hz: Array, norm: str | float | None) -> Array:
    """Scale the bands; the result has the type of the weights."""
    if norm is None:
        return weights
    if norm == "slaney":
        factor = 2.0 / (hz[2:] - hz[:-2])
        return np.asarray((weights * factor[:, np.newaxis]).astype(weights.dtype))
    if norm == "unit_sum":
        size = weights.sum(axis=1, keepdims=True, dtype=np.float64)
    elif norm == "unit_max" or norm == math.inf:
        size = weights.max(axis=1, keepdims=True)
    else:
        p = float(norm)
        size = np.sum(weights.astype(np.float64) ** p, axis=1, keepdims=True) ** (1 / p)
    size = np.where(size < np.finfo(np.float32).tiny, 1, size)
    return np.asarray((weights / size).astype(weights.dtype))
