"""Pitches of spectral peaks, and the tuning that they suggest: librosa's functions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_float, check_int
from fastspec.convert import fft_frequencies
from fastspec.spectrum import stft
from fastspec.windows import WindowSpec

__all__ = ["estimate_tuning", "piptrack", "pitch_tuning"]

Array = npt.NDArray[Any]

_A0 = 27.5  # Hz


def piptrack(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int | None = 2048,
    hop_length: int | None = None,
    fmin: float = 150.0,
    fmax: float = 4000.0,
    threshold: float = 0.1,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    ref: float | Callable[..., Any] | None = None,
) -> tuple[Array, Array]:
    """Track pitches by parabolic interpolation of peaks, as `librosa.piptrack` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; needed where `S` is not given.
    sr : float > 0
        Sample rate in Hz.
    S : np.ndarray, shape=(..., bins, frames), optional
        Magnitude spectrogram.
    n_fft, hop_length, win_length, window, center, pad_mode
        As for `stft`.
    fmin, fmax : float
        Range of pitches in Hz.
    threshold : float
        A peak must exceed this share of the reference.
    ref : float or callable, optional
        Reference, or a function of ``(S, axis)`` that gives it. Default: each frame's maximum.

    Returns
    -------
    pitches, magnitudes : np.ndarray, shape=(..., bins, frames)
        Frequency and magnitude of the peak at each bin; 0 where there is none.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    References
    ----------
    .. [1] J. O. Smith, "Sinusoidal peak interpolation," Spectral Audio Signal Processing, 2011.
    """
    sr = check_float("sr", sr, exclusive_minimum=0)
    if S is None:
        if y is None or n_fft is None:
            raise ParameterError("y: must be given with n_fft, or S instead")
        S = stft(
            y,
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=win_length,
            window=window,
            center=center,
            pad_mode=pad_mode,
        )
    elif n_fft is None or check_int("n_fft", n_fft, minimum=1) // 2 + 1 != S.shape[-2]:
        n_fft = 2 * (S.shape[-2] - 1)
    S = np.abs(S)
    slope, shift = np.zeros_like(S), np.zeros_like(S)
    inner = (..., slice(1, -1), slice(None))
    above, here, below = S[..., 2:, :], S[inner], S[..., :-2, :]
    slope[inner] = (above - below) / 2
    curve = above + below - 2 * here
    bends = np.abs(slope[inner]) < np.abs(curve)
    np.divide(-slope[inner], curve, out=shift[inner], where=bends)
    high = _reference(S, threshold, ref)
    loud = S * (high < S)
    peak = np.zeros(S.shape, bool)
    peak[..., 1:, :] = loud[..., 1:, :] > loud[..., :-1, :]
    peak[..., :-1, :] &= loud[..., :-1, :] >= loud[..., 1:, :]
    frequencies = fft_frequencies(sr=sr, n_fft=n_fft)
    within = (max(fmin, 0) <= frequencies) & (frequencies < min(fmax, sr / 2))
    index = np.nonzero(peak & within[:, np.newaxis])
    pitches, magnitudes = np.zeros_like(S), np.zeros_like(S)
    pitches[index] = (index[-2] + shift[index]) * float(sr) / n_fft
    magnitudes[index] = S[index] + 0.5 * slope[index] * shift[index]
    return pitches, magnitudes


def _reference(S: Array, threshold: float, ref: Any) -> Any:
    if ref is None:
        ref = np.max
    if callable(ref):
        return np.expand_dims(threshold * ref(S, axis=-2), -2)
    return np.abs(ref)


def pitch_tuning(
    frequencies: npt.ArrayLike, *, resolution: float = 0.01, bins_per_octave: int = 12
) -> float:
    """Return the tuning of a set of pitches, as `librosa.pitch_tuning` of librosa 0.11.

    Parameters
    ----------
    frequencies : array_like
        Pitches in Hz.
    resolution : float in (0, 1)
        Width of the histogram's bins, in fractions of a bin.
    bins_per_octave : int >= 1
        Bins per octave.

    Returns
    -------
    float
        Deviation from A440 in fractions of a bin, in [-0.5, 0.5).

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Warns
    -----
    UserWarning
        If there is no pitch above 0.
    """
    resolution = check_float("resolution", resolution, exclusive_minimum=0, maximum=1)
    bins_per_octave = check_int("bins_per_octave", bins_per_octave, minimum=1)
    values = np.atleast_1d(frequencies)
    values = values[values > 0]
    if not np.any(values):
        warnings.warn("Trying to estimate tuning from empty frequency set.", stacklevel=2)
        return 0.0
    residual = np.mod(bins_per_octave * np.log2(values / _A0), 1.0)
    residual[residual >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, math.ceil(1.0 / resolution) + 1)
    counts, _ = np.histogram(residual, edges)
    return float(edges[np.argmax(counts)])


def estimate_tuning(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int | None = 2048,
    resolution: float = 0.01,
    bins_per_octave: int = 12,
    **kwargs: Any,
) -> float:
    """Estimate the tuning of a signal, as `librosa.estimate_tuning` of librosa 0.11.

    Parameters
    ----------
    y, sr, S, n_fft
        As for `piptrack`.
    resolution, bins_per_octave
        As for `pitch_tuning`.
    **kwargs
        Further arguments of `piptrack`.

    Returns
    -------
    float
        Deviation from A440 in fractions of a bin, in [-0.5, 0.5).
    """
    pitch, magnitude = piptrack(y=y, sr=sr, S=S, n_fft=n_fft, **kwargs)
    voiced = pitch > 0
    threshold = np.median(magnitude[voiced]) if voiced.any() else 0.0
    return pitch_tuning(
        pitch[(magnitude >= threshold) & voiced],
        resolution=resolution,
        bins_per_octave=bins_per_octave,
    )
