"""Time stretching of spectra, as librosa has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._arrays import as_numbers
from fastspec._validate import ParameterError, check_float, check_int, check_size
from fastspec.convert import fft_frequencies

__all__ = ["phase_vocoder"]

Array = npt.NDArray[Any]

_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_BLOCK = 2**16  # values of a block of frames, which are to stay in the cache


def phase_vocoder(
    D: Array, *, rate: float, hop_length: int | None = None, n_fft: int | None = None
) -> Array:
    """Speed a spectrogram up by a factor, as `librosa.phase_vocoder` of librosa 0.11.

    Magnitudes are interpolated between frames, and phases go on from frame to frame as fast as they
    do at that place in `D`.

    Parameters
    ----------
    D : complex np.ndarray, shape=(..., 1 + n_fft // 2, n_frames)
        STFT.
    rate : float > 0
        Above 1 it gets faster, below slower.
    hop_length : int >= 1, optional
        Samples from one frame of `D` to the next. Default: ``n_fft // 4``.
    n_fft : int >= 1, optional
        Samples per frame. Default: ``2 * (D.shape[-2] - 1)``.

    Returns
    -------
    complex np.ndarray, shape=(..., 1 + n_fft // 2, ceil(n_frames / rate))
        Of the type and memory order of `D`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> D = fastspec.stft(np.sin(np.arange(22050)))
    >>> fastspec.phase_vocoder(D, rate=2).shape
    (1025, 22)
    """
    rate = check_float("rate", rate, exclusive_minimum=0)
    D = as_numbers("D", D)
    if D.dtype.kind != "c":
        raise ParameterError(f"D: has dtype {D.dtype}; must be complex")
    D = D.astype(_C64 if D.dtype.itemsize == 8 else _C128, copy=False)
    if D.ndim < 2 or D.size == 0:
        raise ParameterError(f"D: has shape {D.shape}; must be (..., n_bins, n_frames), not empty")
    n_bins, n_frames = D.shape[-2:]
    if n_fft is None:
        n_fft = 2 * (n_bins - 1)
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**30)
    if n_fft // 2 + 1 != n_bins:
        raise ParameterError(f"n_fft={n_fft}: must fit the {n_bins} bins of D")
    if hop_length is None:
        hop_length = n_fft // 4
    else:
        hop_length = check_int("hop_length", hop_length, minimum=1)
    n_steps = math.ceil(min(n_frames / rate, 2**60))
    check_size("rate", (*D.shape[:-1], n_steps), D.itemsize)
    steps = np.arange(0, n_frames, rate, dtype=np.float64)
    result = np.empty_like(D, shape=(*D.shape[:-1], len(steps)))
    advance = hop_length * fft_frequencies(sr=2 * np.pi, n_fft=n_fft)
    frames, out = np.moveaxis(D, -1, 0), np.moveaxis(result, -1, 0)
    phase = np.angle(frames[0])
    count = max(1, _BLOCK // frames[0].size)
    for begin in range(0, len(steps), count):
        at = steps[begin : begin + count]
        phase = _stretch(frames, at, advance, phase, out[begin : begin + count])
    return result


def _stretch(frames: Array, at: Array, advance: Array, phase: Array, out: Array) -> Array:
    """Write frames for a few places; return the phases that come next."""
    whole = at.astype(np.int64)
    part = frames[whole[0] : whole[-1] + 2]
    if whole[-1] + 2 > len(frames):  # after the last there is silence
        part = np.concatenate([part, np.zeros_like(part[:1])])
    whole -= whole[0]
    angle, size = np.angle(part), np.abs(part)
    # In the precisions of librosa, whose rounding adds up over the frames.
    turn = (angle[whole + 1] - angle[whole]) - advance
    turn -= 2.0 * np.pi * np.round(turn / (2.0 * np.pi))
    turn += advance
    phases = np.empty(turn.shape, phase.dtype)
    for now, forward in zip(phases, turn, strict=True):
        now[...] = phase
        phase += forward
    weight = np.mod(at, 1.0).reshape(-1, *(1,) * (frames.ndim - 1))
    magnitude = (1.0 - weight) * size[whole] + weight * size[whole + 1]
    out.real = np.cos(phases) * magnitude
    out.imag = np.sin(phases) * magnitude
    return phase
