"""From mel bands and MFCCs back to spectra and signals, as librosa has it."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_real
from fastspec._validate import ParameterError, check_choice, check_float, check_int, check_size
from fastspec.caches import plan_cache
from fastspec.config import check_threads
from fastspec.decibels import db_to_power
from fastspec.filters import make_bank, warn_empty_bands
from fastspec.plans import cached, new_array
from fastspec.spectrum import griffinlim
from fastspec.windows import WindowSpec

__all__ = ["mel_to_audio", "mel_to_stft", "mfcc_to_audio", "mfcc_to_mel"]

Array = npt.NDArray[Any]

_F64 = np.dtype(np.float64)


# ---- mel bands to spectra -----------------------------------------------------------------------


def mel_to_stft(
    M: Array,
    *,
    sr: float = 22050,
    n_fft: int = 2048,
    power: float = 2.0,
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Find a magnitude spectrogram for mel bands, like `librosa.feature.inverse.mel_to_stft`.

    The least squares under ``S >= 0``: ``S**power`` whose bands are closest to `M`. There are many
    such spectrograms; librosa's solver ends at another one, or farther from `M`.

    Parameters
    ----------
    M : np.ndarray, shape=(..., n_mels, n_frames)
        Mel spectrogram; finite.
    sr : float > 0
        Sample rate in Hz.
    n_fft : int >= 1
        Samples per frame.
    power : float > 0
        Exponent of the magnitudes in `M`.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    **kwargs
        fmin, fmax, htk, norm of the filter bank: see `mel_filter`.

    Returns
    -------
    np.ndarray, shape=(..., 1 + n_fft // 2, n_frames)
        Magnitudes, of the type of `M`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Warns
    -----
    UserWarning
        If a band has no bin of the FFT to itself.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> M = fastspec.melspectrogram(y=np.random.default_rng(0).standard_normal(22050))
    >>> S = fastspec.mel_to_stft(M)
    >>> bool(np.allclose(fastspec.melspectrogram(S=S**2), M, atol=1e-3 * M.max()))
    True
    """
    M = as_real("M", M)
    if M.ndim < 2 or 0 in M.shape[-2:]:
        raise ParameterError(f"M: has shape {M.shape}; must be (..., n_mels, n_frames), not empty")
    n_threads = check_threads(n_threads)
    _core.check_finite(M, n_threads, "M")
    power = check_float("power", power, exclusive_minimum=0)
    for name in kwargs:
        check_choice("argument", name, ("fmin", "fmax", "htk", "norm"))
    key = tuple(sorted(kwargs.items()))
    bank, has_empty_bands = cached(_bank, M.shape[-2], sr, n_fft, key)
    if has_empty_bands:
        warn_empty_bands(2)
    result = new_array("n_fft", (*M.shape[:-2], bank.shape[1], M.shape[-1]), M.dtype)
    _core.bands_inverse(bank, power, M, result, n_threads)
    return result


@plan_cache("mel_to_stft", 16, typed=True)
def _bank(
    n_mels: int, sr: float, n_fft: int, settings: tuple[tuple[str, Any], ...]
) -> tuple[Array, bool]:
    """Return the filter bank, and whether bands of it are empty."""
    defaults = {"fmin": 0.0, "fmax": None, "htk": False, "norm": "slaney"}
    more: Any = {**defaults, **dict(settings)}
    bank, has_empty_bands = make_bank(sr=sr, n_fft=n_fft, n_mels=n_mels, dtype=_F64, **more)
    return np.ascontiguousarray(bank), has_empty_bands


# ---- to signals ---------------------------------------------------------------------------------


def mel_to_audio(
    M: Array,
    *,
    sr: float = 22050,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    power: float = 2.0,
    n_iter: int = 32,
    length: int | None = None,
    dtype: npt.DTypeLike = np.float32,
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Find a signal for mel bands: `griffinlim` of `mel_to_stft`.

    Parameters
    ----------
    M, sr, n_fft, power, **kwargs
        As for `mel_to_stft`.
    hop_length, win_length, window, center, pad_mode, n_iter, length, dtype, n_threads
        As for `griffinlim`, which begins with random phases.

    Returns
    -------
    np.ndarray, shape=(..., n)
        The signal.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    return griffinlim(
        mel_to_stft(M, sr=sr, n_fft=n_fft, power=power, n_threads=n_threads, **kwargs),
        n_iter=n_iter,
        hop_length=hop_length,
        win_length=win_length,
        n_fft=n_fft,
        window=window,
        center=center,
        dtype=dtype,
        length=length,
        pad_mode=pad_mode,
        n_threads=n_threads,
    )


def mfcc_to_mel(
    mfcc: Array,
    *,
    n_mels: int = 128,
    dct_type: int = 2,
    norm: str | None = "ortho",
    ref: float = 1.0,
    lifter: float = 0,
) -> Array:
    """Find the mel spectrogram of MFCCs, as `librosa.feature.inverse.mfcc_to_mel` of librosa 0.11.

    Parameters
    ----------
    mfcc : np.ndarray, shape=(..., n_mfcc, n_frames)
        Coefficients; of more than `n_mels`, the first are used.
    n_mels : int >= 1
        Bands.
    dct_type : {1, 2, 3}
        Type of the DCT that is undone.
    norm : {'ortho', None}
        Its normalisation, as `scipy.fft.idct` has it.
    ref : float > 0
        Power at 0 dB.
    lifter : float >= 0
        The lifter that is undone: see `mfcc`. 0: none.

    Returns
    -------
    np.ndarray, shape=(..., n_mels, n_frames)
        Power, of the type of `mfcc`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.mfcc_to_mel(np.zeros((20, 3)), n_mels=40).shape
    (40, 3)
    """
    lifter = check_float("lifter", lifter, minimum=0)
    n_mels = check_int("n_mels", n_mels, minimum=1, maximum=2**24)
    mfcc = as_real("mfcc", mfcc)
    if mfcc.ndim < 2 or mfcc.shape[-2] == 0:
        raise ParameterError(f"mfcc: has shape {mfcc.shape}; must be (..., n_mfcc, n_frames)")
    if lifter > 0:
        order = np.arange(1, 1 + mfcc.shape[-2], dtype=mfcc.dtype)[:, np.newaxis]
        weights = 1 + lifter * 0.5 * np.sin(np.pi * order / lifter)
        if (np.abs(weights) < np.finfo(weights.dtype).eps).any():
            warnings.warn(
                "lifter array includes critical values that may invoke underflow.", stacklevel=2
            )
        mfcc = mfcc / (weights + np.finfo(mfcc.dtype).tiny)
    n = min(n_mels, mfcc.shape[-2])
    matrix = _inverse_dct(n_mels, n, dct_type, norm).astype(mfcc.dtype)
    check_size("n_mels", (*mfcc.shape[:-2], n_mels, mfcc.shape[-1]), mfcc.itemsize)
    result: Array = db_to_power(np.matmul(matrix, mfcc[..., :n, :]), ref=ref)
    return result


def _inverse_dct(n: int, n_given: int, kind: Any, norm: Any) -> Array:
    """Return the matrix (n, n_given) of `scipy.fft.idct` for the first of n values."""
    kind = check_int("dct_type", kind, minimum=1, maximum=3)
    if norm is not None:
        check_choice("norm", norm, ("ortho",))
    if kind == 1 and n < 2:
        raise ParameterError(f"n_mels={n}: must be an integer >= 2 for dct_type=1")
    check_size("n_mels", (n, n_given), 8)
    matrix: Array
    row, column = np.arange(n)[:, np.newaxis], np.arange(n_given)
    edge = np.ones(n_given)  # what the first coefficient, or the last, counts
    if kind == 1:
        turns, half = row * column % (2 * (n - 1)), n - 1
        if norm:
            matrix = np.cos(np.pi / half * turns) * math.sqrt(2 / half)
            edge[0] = math.sqrt(0.5)
            if n_given == n:
                edge[-1] = math.sqrt(0.5)
            matrix *= edge
            matrix[[0, -1]] *= math.sqrt(0.5)
            return matrix
        edge[0] = 0.5
        if n_given == n:
            edge[-1] = 0.5
        matrix = np.cos(np.pi / half * turns) * edge / half
        return matrix
    if kind == 2:
        turns = (2 * row + 1) * column % (4 * n)
    else:
        turns = row * (2 * column + 1) % (4 * n)
    matrix = np.cos(np.pi / (2 * n) * turns)
    if norm:
        matrix *= math.sqrt(2 / n)
        (matrix[:, 0] if kind == 2 else matrix[0])[...] *= math.sqrt(0.5)
        return matrix
    if kind == 2:
        matrix[:, 0] *= 0.5
    matrix /= n
    return matrix


def mfcc_to_audio(
    mfcc: Array,
    *,
    n_mels: int = 128,
    dct_type: int = 2,
    norm: str | None = "ortho",
    ref: float = 1.0,
    lifter: float = 0,
    **kwargs: Any,
) -> Array:
    """Find a signal for MFCCs: `mel_to_audio` of `mfcc_to_mel`.

    Parameters
    ----------
    mfcc, n_mels, dct_type, norm, ref, lifter
        As for `mfcc_to_mel`.
    **kwargs
        As for `mel_to_audio`.

    Returns
    -------
    np.ndarray, shape=(..., n)
        The signal.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    M = mfcc_to_mel(mfcc, n_mels=n_mels, dct_type=dct_type, norm=norm, ref=ref, lifter=lifter)
    return mel_to_audio(M, **kwargs)
