"""Time stretching of spectra, as librosa has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_numbers
from fastspec._validate import ParameterError, check_float, check_int, check_size
from fastspec.caches import plan_cache
from fastspec.config import check_threads
from fastspec.convert import fft_frequencies

__all__ = ["phase_vocoder"]

Array = npt.NDArray[Any]

_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)


def phase_vocoder(
    D: Array,
    *,
    rate: float,
    hop_length: int | None = None,
    n_fft: int | None = None,
    n_threads: int = 1,
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
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

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
    n_threads = check_threads(n_threads)
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
    result = np.empty_like(D, shape=(*D.shape[:-1], n_steps))
    advance = hop_length * fft_frequencies(sr=2 * np.pi, n_fft=n_fft)
    angles = None if D.dtype == _C64 and _numpy_is_libm() else np.angle(D)
    _core.phase_vocoder(D, angles, advance, rate, result, n_threads)
    return result


@plan_cache("angles", 1)
def _numpy_is_libm() -> bool:
    """Return whether NumPy's angles are the C library's, which the core then asks for few of.

    Where phases of single precision add up, the last bit of an angle decides how they are rounded,
    and librosa's angles are NumPy's.
    """
    rng = np.random.default_rng(0)
    parts = (rng.standard_normal((2, 5000)) * 2.0 ** rng.uniform(-60, 60, 5000)).astype(np.float32)
    D = np.empty(5000, _C64)
    D.real, D.imag = parts
    return _core.angles_are_libm(parts[0], parts[1], np.angle(D))
