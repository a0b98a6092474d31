"""Statistics of frames of samples: librosa's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_numbers, as_real
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    check_size,
)
from fastspec.config import check_threads
from fastspec.plans import PAD_MODES, new_array
from fastspec.spectrum import check_audio

__all__ = ["rms", "zero_crossing_rate"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_PADS = (*PAD_MODES, "maximum", "mean", "median", "minimum", "wrap")


def rms(
    *,
    y: npt.ArrayLike | None = None,
    S: npt.ArrayLike | None = None,
    frame_length: int = 2048,
    hop_length: int = 512,
    center: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    dtype: npt.DTypeLike = np.float32,
    n_threads: int = 1,
) -> Array:
    """Root mean square of each frame, as `librosa.feature.rms` of librosa 0.11.

    Parameters
    ----------
    y : array, shape=(..., n), optional
        Signal; needed where `S` is not given.
    S : array, shape=(..., bins, frames), optional
        Magnitude spectrogram or STFT, for ``frame_length // 2 + 1`` bins.
    frame_length : int >= 1
        Samples of a frame.
    hop_length : int >= 1
        Samples from one frame to the next.
    center : bool
        Whether frame t is centred on sample ``t * hop_length``, or begins there.
    pad_mode : str or callable
        What centred frames hold beyond the ends, as `numpy.pad` has it.
    dtype : {float32, float64}
        Type of the result. Sums are in double.
    n_threads : int >= 1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    np.ndarray, shape=(..., 1, frames)

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is shorter than a frame.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> round(float(fastspec.rms(y=np.sin(np.arange(22050.0)))[0, 20]), 3)
    0.707
    """
    kind = check_dtype("dtype", dtype, (_F32, _F64))
    n_threads = check_threads(n_threads)
    length = check_int("frame_length", frame_length, minimum=1, maximum=2**31)
    if y is not None:
        y = as_numbers("y", y)
        if y.dtype.kind == "c":
            parts = [
                rms(
                    y=part,
                    frame_length=length,
                    hop_length=hop_length,
                    center=center,
                    pad_mode=pad_mode,
                    dtype=_F64,
                    n_threads=n_threads,
                )
                for part in (y.real, y.imag)
            ]
            return np.hypot(*parts).astype(kind)
        if y.dtype != np.int16:
            y = as_real("y", y)
        return _framed(y, length, hop_length, center, pad_mode, {}, kind, n_threads)
    if S is None:
        raise ParameterError("y=None: a signal y or a spectrogram S must be given")
    return _rms_of_spectra(as_numbers("S", S), length, kind, n_threads)


def zero_crossing_rate(
    y: Array,
    *,
    frame_length: int = 2048,
    hop_length: int = 512,
    center: bool = True,
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Share of samples where the sign changes, as `librosa.feature.zero_crossing_rate` of 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; floating-point, finite.
    frame_length, hop_length, center, n_threads
        As for `rms`. Beyond the ends the first and last sample stand.
    **kwargs
        `threshold` (1e-10): samples in [-threshold, threshold] count as 0; `ref_magnitude` (None):
        a factor of it, or a function of the magnitudes of all frames, (..., frame_length, frames),
        that gives one; `zero_pos` (True): whether 0 counts as positive, rather than as a sign of
        its own; `pad` (False): whether the first sample of each frame counts as a change.

    Returns
    -------
    np.ndarray of float64, shape=(..., 1, frames)

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is not finite or shorter than a frame.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> round(float(fastspec.zero_crossing_rate(np.sin(np.arange(22050.0)))[0, 20]), 3)
    0.318
    """
    y = check_audio(y)
    n_threads = check_threads(n_threads)
    _core.check_finite(y, n_threads)
    length = check_int("frame_length", frame_length, minimum=1, maximum=2**31)
    kwargs.pop("axis", None)
    threshold = check_float("threshold", kwargs.pop("threshold", 1e-10))
    reference = kwargs.pop("ref_magnitude", None)
    settings: dict[str, Any] = {
        "crossings": 1,
        "zero_pos": check_bool("zero_pos", kwargs.pop("zero_pos", True)),
        "first": check_bool("pad", kwargs.pop("pad", False)),
    }
    if kwargs:
        name = next(iter(kwargs))
        raise TypeError(f"zero_crossing_rate() got an unexpected keyword argument {name!r}")
    if callable(reference):
        reference = reference(np.abs(_frames(y, length, hop_length, center)))
    if reference is not None:
        reference = np.asarray(reference)
        if reference.ndim:
            raise ParameterError("ref_magnitude: must be, or give, one number")
        threshold *= check_float("ref_magnitude", reference[()])
    settings["threshold"] = threshold
    return _framed(y, length, hop_length, center, "edge", settings, _F64, n_threads)


def _framed(
    y: Array,
    length: int,
    hop_length: Any,
    center: Any,
    pad_mode: Any,
    more: dict[str, Any],
    dtype: np.dtype[Any],
    n_threads: int,
) -> Array:
    """Return a statistic of each frame of a signal."""
    hop = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    if y.ndim == 0:
        raise ParameterError("y: is a scalar; must have at least one dimension")
    if y.shape[-1] == 0:
        raise ParameterError("y: is empty; must hold at least one sample")
    pad = length // 2 if check_bool("center", center) else 0
    if pad and not callable(pad_mode):
        check_choice("pad_mode", pad_mode, _PADS)
    if pad and (callable(pad_mode) or pad_mode not in PAD_MODES):
        check_size("y", (*y.shape[:-1], y.shape[-1] + 2 * pad), y.itemsize)
        y = np.pad(y, [(0, 0)] * (y.ndim - 1) + [(pad, pad)], mode=pad_mode)
        pad = 0
    settings = {
        "frame_length": length,
        "hop_length": hop,
        "pad": pad,
        "pad_mode": PAD_MODES[pad_mode] if pad else 0,
        **more,
    }
    n_frames = _core.frames_count(settings, y.shape[-1])
    if n_frames == 0:
        raise ParameterError(
            f"y: has {y.shape[-1]} samples; too few for frame_length={length}, center={bool(pad)}"
        )
    out = new_array("y", (*y.shape[:-1], 1, n_frames), dtype)
    if out.size:
        _core.frames(settings, y, out, n_threads)
    return out


def _frames(y: Array, length: int, hop_length: Any, center: Any) -> Array:
    """Return a view of all frames, as librosa.util.frame has it, for functions of the caller."""
    hop = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    if check_bool("center", center):
        check_size("y", (*y.shape[:-1], y.shape[-1] + 2 * (length // 2)), y.itemsize)
        y = np.pad(y, [(0, 0)] * (y.ndim - 1) + [(length // 2, length // 2)], mode="edge")
    if y.shape[-1] < length:
        raise ParameterError(f"y: has {y.shape[-1]} samples; too few for frame_length={length}")
    windows = np.lib.stride_tricks.sliding_window_view(y, length, axis=-1)
    return windows[..., ::hop, :].swapaxes(-1, -2)


def _rms_of_spectra(S: Array, length: int, dtype: np.dtype[Any], n_threads: int) -> Array:
    if S.ndim < 2 or S.shape[-2] < 1:
        raise ParameterError(f"S: has shape {S.shape}; must be (..., bins, frames), bins >= 1")
    n_bins = S.shape[-2]
    if n_bins != length // 2 + 1:
        raise ParameterError(
            f"frame_length={length}: must be {2 * n_bins - 2} or {2 * n_bins - 1} "
            f"for S of {n_bins} bins"
        )
    if S.dtype.kind == "c":
        wide = _C64 if S.dtype.itemsize == 8 else _C128
        S = S if S.dtype == wide and S.flags.aligned else S.astype(wide)
    else:
        S = as_real("S", S)
    out = new_array("S", (*S.shape[:-2], 1, S.shape[-1]), dtype)
    if out.size:
        _core.rms_spectra(S, length, out, n_threads)
    return out
