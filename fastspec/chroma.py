"""Chromagrams from the constant-Q transform: the plan `Chroma`, and librosa's functions on cached
plans."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core, cqt_stages
from fastspec._validate import ParameterError, check_choice, check_int, show
from fastspec.caches import plan_cache
from fastspec.chroma_plan import (
    Chroma,
    Fold,
    check_fold,
    check_smoothing,
    cq_to_chroma,
    freeze_fold_window,
    freeze_smoothing,
)
from fastspec.config import check_threads, resolve_precision
from fastspec.constantq import tuning_of
from fastspec.cqt_plan import freeze_intervals
from fastspec.hybrid import hybrid_magnitudes
from fastspec.plans import cached, check_array, check_out, new_array, same_memory
from fastspec.spectrum import check_audio
from fastspec.windows import WindowSpec

__all__ = ["Chroma", "chroma_cens", "chroma_cqt", "chroma_vqt", "cq_to_chroma", "tonnetz"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)


@plan_cache("chroma_cqt", 16, typed=True)
def _plan(**arguments: Any) -> Chroma:
    return Chroma(**arguments)


@plan_cache("chroma.rules", 64, typed=True)
def _fold(n_bins: int, per_octave: int, **arguments: Any) -> Fold:
    return check_fold(n_bins, per_octave, arguments)


def chroma_cqt(
    *,
    y: Array | None = None,
    sr: float = 22050,
    C: Array | None = None,
    hop_length: int = 512,
    fmin: float | None = None,
    norm: float | None = np.inf,
    threshold: float | None = 0.0,
    tuning: float | None = None,
    n_chroma: int = 12,
    n_octaves: int = 7,
    window: Array | None = None,
    bins_per_octave: int | None = 36,
    cqt_mode: str = "full",
    definition: str = "librosa",
    n_threads: int = 1,
    precision: str | None = None,
    out: Array | None = None,
) -> Array:
    """Chromagram of a constant-Q transform, as `librosa.feature.chroma_cqt` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite. Needed where `C` is not given.
    sr : float > 0
        Sample rate in Hz.
    C : np.ndarray, shape=(..., n_bins, n_frames), optional
        Magnitudes of a constant-Q transform; real.
    hop_length : int >= 1
        Samples from one frame to the next.
    fmin : float > 0, optional
        Lowest frequency in Hz. Default: C1, 32.7 Hz.
    norm : {None, inf, -inf, float >= 0}
        Norm by which each frame is divided.
    threshold : float, optional
        What is below it becomes 0, before the norm. None: nothing.
    tuning : float, optional
        Offset in fractions of a bin; None: estimated from the signal.
    n_chroma : int >= 1
        Number of chroma.
    n_octaves : int >= 1
        Octaves above `fmin`.
    window : np.ndarray, optional
        What the rows of the fold are convolved with; see `cq_to_chroma`.
    bins_per_octave : int >= 1, optional
        Bins per octave; a multiple of `n_chroma`. None: `n_chroma`.
    cqt_mode : {'full', 'hybrid'}
        Whether the transform is `cqt` or `hybrid_cqt`.
    definition : {'librosa', 'exact'}
        Definition of the transform; see `CQT`. Not for ``cqt_mode='hybrid'``.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.
    out : np.ndarray, shape=(..., n_chroma, n_frames), optional
        Where to write the result, of the type that would be returned.

    Returns
    -------
    np.ndarray, shape=(..., n_chroma, n_frames)
        `out`, or a new array, of the type of `y` or `C`.

    Raises
    ------
    ParameterError
        If an argument is out of its range, neither `y` nor `C` is given, `C` is complex or not
        finite, or as `cqt`.

    Warns
    -----
    UserWarning
        If filters are longer than the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.chroma_cqt(y=np.zeros(22050, np.float32), tuning=0.0).shape
    (12, 44)
    """
    given = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "n_octaves": n_octaves,
        "bins_per_octave": n_chroma if bins_per_octave is None else bins_per_octave,
        "n_chroma": n_chroma,
        "window": window,
        "threshold": threshold,
        "norm": norm,
        "definition": definition,
    }
    return _chroma(y, C, "C", given, tuning, cqt_mode, n_threads, precision, out)


def chroma_cens(
    *,
    y: Array | None = None,
    sr: float = 22050,
    C: Array | None = None,
    hop_length: int = 512,
    fmin: float | None = None,
    tuning: float | None = None,
    n_chroma: int = 12,
    n_octaves: int = 7,
    bins_per_octave: int | None = 36,
    cqt_mode: str = "full",
    window: Array | None = None,
    norm: float | None = 2,
    win_len_smooth: int | None = 41,
    smoothing_window: WindowSpec = "hann",
    definition: str = "librosa",
    n_threads: int = 1,
    precision: str | None = None,
    out: Array | None = None,
) -> Array:
    """Chroma energy normalised statistics, as `librosa.feature.chroma_cens` of librosa 0.11.

    Each frame of `chroma_cqt` is divided by its sum and quantised at 0.05, 0.1, 0.2 and 0.4; the
    result is smoothed over time, and each frame divided by its norm.

    Parameters
    ----------
    norm : {None, inf, -inf, float >= 0}
        Norm by which each frame is divided at last.
    win_len_smooth : int >= 1, optional
        Frames that the smoothing takes. None: no smoothing.
    smoothing_window : str, tuple, float, callable or array
        Window of the smoothing, of ``win_len_smooth + 2`` samples; see `get_window`.
    y, sr, C, hop_length, fmin, tuning, n_chroma, n_octaves, bins_per_octave, cqt_mode, window, \
definition, n_threads, precision, out
        As for `chroma_cqt`.

    Returns
    -------
    np.ndarray, shape=(..., n_chroma, n_frames)
        `out`, or a new array, of the type of `y` or `C`.

    Raises
    ------
    ParameterError
        As `chroma_cqt`.

    Warns
    -----
    UserWarning
        If filters are longer than the signal.

    References
    ----------
    .. [1] M. Mueller and S. Ewert, "Chroma Toolbox: MATLAB implementations for extracting variants
       of chroma-based audio features," ISMIR, 2011.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.chroma_cens(y=np.zeros(22050, np.float32), tuning=0.0).shape
    (12, 44)
    """
    if win_len_smooth is not None:
        win_len_smooth = _smoothing_length(win_len_smooth)
        smoothing_window = freeze_smoothing(smoothing_window, win_len_smooth + 2)
    else:
        smoothing_window = "hann"  # not used
    given = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "n_octaves": n_octaves,
        "bins_per_octave": n_chroma if bins_per_octave is None else bins_per_octave,
        "n_chroma": n_chroma,
        "window": window,
        "threshold": 0.0,
        "norm": norm,
        "definition": definition,
        "cens": True,
        "win_len_smooth": win_len_smooth,
        "smoothing_window": smoothing_window,
    }
    return _chroma(y, C, "C", given, tuning, cqt_mode, n_threads, precision, out)


def chroma_vqt(
    *,
    y: Array | None = None,
    sr: float = 22050,
    V: Array | None = None,
    hop_length: int = 512,
    fmin: float | None = None,
    intervals: str | Iterable[float],
    norm: float | None = np.inf,
    threshold: float | None = 0.0,
    n_octaves: int = 7,
    bins_per_octave: int = 12,
    gamma: float | None = 0,
    definition: str = "librosa",
    n_threads: int = 1,
    precision: str | None = None,
    out: Array | None = None,
) -> Array:
    """Chromagram of a variable-Q transform, as `librosa.feature.chroma_vqt` of librosa 0.11.

    Bins of one place in the octave are summed; there is one chroma for each.

    Parameters
    ----------
    V : np.ndarray, shape=(..., n_bins, n_frames), optional
        Magnitudes of a variable-Q transform; real. Needed where `y` is not given.
    intervals : str or array
        Division of the octave; see `interval_frequencies`.
    bins_per_octave : int >= 1
        Bins per octave, and number of chroma; an array of `intervals` overrides it.
    gamma : float >= 0, optional
        Bandwidth in Hz that is added to every bin's; None: that of the ear's filters.
    y, sr, hop_length, fmin, norm, threshold, n_octaves, definition, n_threads, precision, out
        As for `chroma_cqt`.

    Returns
    -------
    np.ndarray, shape=(..., bins_per_octave, n_frames)
        `out`, or a new array, of the type of `y` or `V`.

    Raises
    ------
    ParameterError
        As `chroma_cqt`.

    Warns
    -----
    UserWarning
        If filters are longer than the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.chroma_vqt(y=np.zeros(22050, np.float32), intervals="ji5").shape
    (12, 44)
    """
    intervals = freeze_intervals(intervals)
    per_octave = bins_per_octave if isinstance(intervals, str) else len(intervals)
    given = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "n_octaves": n_octaves,
        "bins_per_octave": per_octave,
        "n_chroma": per_octave,
        "window": None,
        "threshold": threshold,
        "norm": norm,
        "definition": definition,
        "gamma": gamma,
        "intervals": intervals,
    }
    return _chroma(y, V, "V", given, 0.0, "full", n_threads, precision, out)


def _smoothing_length(length: Any) -> int:
    if not isinstance(length, int | np.integer) or length <= 0:
        raise ParameterError(f"win_len_smooth={show(length)} must be a positive integer or None")
    return check_smoothing(length)


def _chroma(
    y: Any,
    magnitudes: Any,
    name: str,
    given: dict[str, Any],
    tuning: float | None,
    cqt_mode: str,
    n_threads: int,
    precision: str | None,
    out: Array | None,
) -> Array:
    """Return chroma of a signal, or of the magnitudes of argument `name`."""
    per_octave = check_int("bins_per_octave", given["bins_per_octave"], minimum=1)
    n_chroma = check_int("n_chroma", given["n_chroma"], minimum=1)
    if per_octave % n_chroma:
        raise ParameterError(
            f"bins_per_octave={show(per_octave)} must be an integer multiple of "
            f"n_chroma={show(n_chroma)}"
        )
    given["window"] = freeze_fold_window(given["window"])
    precision = resolve_precision(precision)
    if magnitudes is None:
        if y is None:
            raise ParameterError("At least one of C or y must be provided to compute chroma")
        y = check_audio(y)
        check_choice("cqt_mode", cqt_mode, ("full", "hybrid"))
        tuning = tuning_of(y, tuning, given["sr"], per_octave, n_threads)
        if cqt_mode == "full":
            return _of_signal(y, given, tuning, n_threads, precision, out)
        magnitudes = _hybrid(y, given, tuning, n_threads, precision)
    return _of_magnitudes(magnitudes, name, given, n_threads, precision, out)


def _of_signal(
    y: Array,
    given: dict[str, Any],
    tuning: float,
    n_threads: int,
    precision: str,
    out: Array | None,
) -> Array:
    plan = cached(_plan, tuning=tuning, precision=precision, **given)
    core = plan._core(precision == "double" or y.dtype.itemsize == 8)
    n = y.shape[-1]
    if core.filters:
        cqt_stages.warn_long_frames(core, n, _levels_out() + 1)
    shape = (*y.shape[:-1], core.n_bins, core.n_frames(n))
    out = _result(y, "y", given, shape, out)
    core.exec(y, out, check_threads(n_threads), False)
    return out


def _levels_out() -> int:
    """Return the stacklevel at which the caller's warnings point out of this module."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        level, frame = level + 1, frame.f_back
    return level


def _hybrid(
    y: Array, given: dict[str, Any], tuning: float, n_threads: int, precision: str
) -> Array:
    if given["definition"] != "librosa":
        raise ParameterError("definition: cqt_mode='hybrid' has that of librosa alone")
    return hybrid_magnitudes(
        y,
        sr=given["sr"],
        hop_length=given["hop_length"],
        fmin=given["fmin"],
        n_bins=check_int("n_octaves", given["n_octaves"], minimum=1) * given["bins_per_octave"],
        bins_per_octave=given["bins_per_octave"],
        tuning=tuning,
        n_threads=n_threads,
        precision=precision,
        stacklevel=_levels_out() + 2,
    )


def _of_magnitudes(
    C: Any,
    name: str,
    given: dict[str, Any],
    n_threads: int,
    precision: str,
    out: Array | None,
) -> Array:
    C = check_matrix(name, C)
    if C.shape[-2] == 0:
        raise ParameterError(f"{name}: has no bins; must have at least one")
    arguments = {
        key: given.get(key, default)
        for key, default in {
            "fmin": None,
            "n_chroma": 12,
            "window": None,
            "base_c": True,
            "threshold": 0.0,
            "norm": math.inf,
            "cens": False,
            "win_len_smooth": None,
            "smoothing_window": "hann",
        }.items()
    }
    fold = cached(_fold, C.shape[-2], given["bins_per_octave"], **arguments)
    core = fold.plan(precision == "double" or C.dtype == _F64)
    shape = (*C.shape[:-2], core.n_chroma, C.shape[-1])
    out = _result(C, name, given, shape, out)
    core.exec(C, out, check_threads(n_threads))
    return out


def check_matrix(name: str, value: Any) -> Array:
    """Return an argument that is a real, finite spectrogram, as float32 or float64."""
    S = check_array(name, value)
    if S.dtype.kind not in "fiu":
        raise ParameterError(f"{name}: has dtype {S.dtype}; must be real")
    if S.ndim < 2:
        raise ParameterError(f"{name}: has {S.ndim} dimensions; must have at least two")
    if S.dtype not in (_F32, _F64) or not S.dtype.isnative or not S.flags.aligned:
        S = S.astype(_F32 if S.dtype.kind == "f" and S.dtype.itemsize <= 4 else _F64)
    _core.check_finite(S, name=name)
    return S


def _fold_type(given: dict[str, Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of librosa's result: a window for the fold may be of a wider one."""
    window = given["window"]
    if window is None:
        return np.dtype(dtype.newbyteorder("="))
    return np.result_type(window.values, _F32, dtype)


def _result(
    y: Array,
    name: str,
    given: dict[str, Any],
    shape: tuple[int, ...],
    out: Array | None,
) -> Array:
    """Return where the result goes: `out`, or an array as librosa's."""
    dtype = _fold_type(given, y.dtype)
    if out is None:
        smoothed = given.get("win_len_smooth") is not None
        return new_array(name, shape, dtype) if smoothed else _by_frame(name, shape, dtype)
    check_out(out, shape, dtype)
    if same_memory(y, out):
        raise ParameterError(f"out: must not overlap {name}")
    return out


def _by_frame(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array in which a frame's values are neighbours."""
    return new_array(name, (*shape[:-2], shape[-1], shape[-2]), dtype).swapaxes(-1, -2)


def tonnetz(
    *,
    y: Array | None = None,
    sr: float = 22050,
    chroma: Array | None = None,
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Tonal centroids, as `librosa.feature.tonnetz` of librosa 0.11.

    Each frame of chroma, divided by its sum, is projected onto the circles of fifths and of minor
    and major thirds [1]_.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite. Needed where `chroma` is not given.
    sr : float > 0
        Sample rate in Hz.
    chroma : np.ndarray, shape=(..., n_chroma, n_frames), optional
        Chromagram; real. Default: `chroma_cqt` of `y`.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    **kwargs
        For `chroma_cqt`.

    Returns
    -------
    np.ndarray, shape=(..., 6, n_frames)
        float64; the sines and cosines of fifths, minor thirds and major thirds.

    Raises
    ------
    ParameterError
        If neither `y` nor `chroma` is given, `chroma` is not finite, or as `chroma_cqt`.

    References
    ----------
    .. [1] C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio,"
       1st ACM Workshop on Audio and Music Computing Multimedia, 2006.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.tonnetz(y=np.ones(22050, np.float32), tuning=0.0).shape
    (6, 44)
    """
    if y is None and chroma is None:
        raise ParameterError(
            "Either the audio samples or the chromagram must be passed as an argument."
        )
    if chroma is None:
        chroma = chroma_cqt(y=y, sr=sr, n_threads=n_threads, **kwargs)
    chroma = check_matrix("chroma", chroma)
    if chroma.shape[-2] == 0:
        raise ParameterError("chroma: has no rows; must have at least one")
    core = _centroids(chroma.shape[-2])
    out = _by_frame("chroma", (*chroma.shape[:-2], 6, chroma.shape[-1]), _F64)
    core.exec(chroma, out, check_threads(n_threads))
    return out


@plan_cache("tonnetz", 16)
def _centroids(n_chroma: int) -> _core.ChromaPlan:
    """Return what projects chroma onto the three circles."""
    semitones = 12 * np.arange(n_chroma) / n_chroma
    turns = np.multiply.outer(np.array([7 / 6, 3 / 2, 2 / 3]), semitones)
    radius = np.array([1, 1, 0.5])[:, np.newaxis]
    fold = np.empty((6, n_chroma))
    fold[::2] = radius * np.cos(np.pi * (turns - 0.5))
    fold[1::2] = radius * np.cos(np.pi * turns)
    return _core.ChromaPlan(double=True, fold=fold, input_norm=1.0)
