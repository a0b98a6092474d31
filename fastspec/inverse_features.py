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
from fastspec.decibels import db_to_power
from fastspec.filters import make_bank, warn_empty_bands
from fastspec.plans import cached, new_array
from fastspec.spectrum import griffinlim
from fastspec.windows import WindowSpec

__all__ = ["mel_to_audio", "mel_to_stft", "mfcc_to_audio", "mfcc_to_mel"]

Array = npt.NDArray[Any]

_F64 = np.dtype(np.float64)
_COLUMNS = 256  # frames solved at a time, which are to stay in the cache
_STEPS = 200  # at the most
_ENOUGH = 1e-9  # error of a frame, relative to its largest band, that needs no further steps


# ---- mel bands to spectra -----------------------------------------------------------------------


def mel_to_stft(
    M: Array, *, sr: float = 22050, n_fft: int = 2048, power: float = 2.0, **kwargs: Any
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
    _core.check_finite(M, 1, "M")
    power = check_float("power", power, exclusive_minimum=0)
    for name in kwargs:
        check_choice("argument", name, ("fmin", "fmax", "htk", "norm"))
    key = tuple(sorted(kwargs.items()))
    solver = cached(_solver, M.shape[-2], sr, n_fft, key)
    if solver.has_empty_bands:
        warn_empty_bands(2)
    n_bins = solver.bank.shape[1]
    shape = (*M.shape[:-2], n_bins, M.shape[-1])
    result = new_array("n_fft", shape, M.dtype)
    columns = M.reshape(-1, *M.shape[-2:])
    for item, out in zip(columns, result.reshape(-1, *shape[-2:]), strict=True):
        for begin in range(0, M.shape[-1], _COLUMNS):
            part = slice(begin, begin + _COLUMNS)
            solver.solve(item[:, part], out[:, part])
    if power == 2:
        np.sqrt(result, out=result)
    elif power != 1:
        np.power(result, 1.0 / power, out=result)
    return result


@plan_cache("mel_to_stft", 16, typed=True)
def _solver(n_mels: int, sr: float, n_fft: int, bank: tuple[tuple[str, Any], ...]) -> _Solver:
    defaults = {"fmin": 0.0, "fmax": None, "htk": False, "norm": "slaney"}
    more: Any = {**defaults, **dict(bank)}
    return _Solver(*make_bank(sr=sr, n_fft=n_fft, n_mels=n_mels, dtype=_F64, **more))


class _Solver:
    """Least squares ``|bank x - m|**2 + ridge |z|**2`` under ``x >= 0``, for many m.

    With so small a ridge that is, of the spectra whose bands are nearest to m, the one of least
    norm: ``x = max(0, bank.T z)`` where z has ``bank x + ridge z = m``, which Newton's method
    finds. Bands overlap with their neighbours alone, so its matrices have three diagonals.
    """

    def __init__(self, bank: Array, has_empty_bands: bool) -> None:
        self.bank = bank
        self.has_empty_bands = has_empty_bands
        self.squares = bank**2
        self.products = bank[:-1] * bank[1:]
        self.ridge = max(1e-9 * float(self.squares.sum(axis=1).max()), 1e-300)

    def solve(self, m: Array, out: Array) -> None:
        """Write the solutions of a few columns, computed in double."""
        scale = np.abs(m).max(axis=0).astype(_F64)
        scale[scale == 0] = 1
        m = m / scale
        left = np.arange(m.shape[1])  # the columns to be solved still
        z = np.zeros(m.shape)
        step = self._step(np.ones((self.bank.shape[1], len(left))), m)
        length = np.ones(len(left))
        before = np.zeros(len(left))
        for _ in range(_STEPS):
            trial = z + length * step
            x = np.maximum(self.bank.T @ trial, 0)
            rest = m - self.bank @ x - self.ridge * trial
            value = 0.5 * (x * x).sum(axis=0) + ((0.5 * self.ridge * trial - m) * trial).sum(axis=0)
            done = np.abs(rest).max(axis=0) <= _ENOUGH
            out[:, left[done]] = (scale[left] * x)[:, done]
            better = value <= before
            # A step that leads uphill is too long.
            length = np.where(better, 1.0, 0.25 * length)
            z = np.where(better, trial, z)
            before = np.where(better, value, before)
            step = np.where(better, self._step((x > 0).astype(_F64), rest), step)
            keep = ~done
            if not keep.any():
                return
            if done.any():
                left, length, before = left[keep], length[keep], before[keep]
                m, z, step = m[:, keep], z[:, keep], step[:, keep]
        x = np.maximum(self.bank.T @ z, 0)
        out[:, left] = scale[left] * x

    def _step(self, heard: Array, rest: Array) -> Array:
        """Solve ``(bank heard bank.T + ridge) step = rest``, column by column."""
        main, beside = self.squares @ heard + self.ridge, self.products @ heard
        step = rest.copy()
        for i in range(1, len(main)):
            factor = beside[i - 1] / main[i - 1]
            main[i] -= factor * beside[i - 1]
            step[i] -= factor * step[i - 1]
        step[-1] /= main[-1]
        for i in range(len(main) - 2, -1, -1):
            step[i] -= beside[i] * step[i + 1]
            step[i] /= main[i]
        return step


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
        mel_to_stft(M, sr=sr, n_fft=n_fft, power=power, **kwargs),
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
