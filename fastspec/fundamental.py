"""Fundamental frequency by YIN, and by its probabilistic sibling: librosa's functions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    check_size,
    show,
)
from fastspec.caches import plan_cache
from fastspec.config import check_threads
from fastspec.plans import PAD_MODES, cached, new_array
from fastspec.spectrum import check_audio

__all__ = ["pyin", "yin"]

Array = npt.NDArray[Any]

_MOST_SAMPLES = 2**16  # of a frame
_MOST_BINS = 2**15
_PADS = (*PAD_MODES, "maximum", "mean", "median", "minimum", "wrap")


class _Deprecated:
    """What stands for an argument that is not to be given; librosa's own mark is equal to it."""

    def __repr__(self) -> str:
        return "<DEPRECATED parameter>"

    def __eq__(self, other: object) -> bool:
        return _is_mark(other)

    def __hash__(self) -> int:
        return hash(_Deprecated)


def _is_mark(value: object) -> bool:
    return type(value).__name__.lstrip("_") == "Deprecated"


_DEPRECATED: Any = _Deprecated()


class _Frames(NamedTuple):
    """A signal, and what plans of either kind need to frame it."""

    y: Array
    settings: dict[str, Any]


@plan_cache("yin", 64, typed=True)
def _plan(**settings: Any) -> _core.Yin:
    return _core.Yin(**settings)


def yin(
    y: Array,
    *,
    fmin: float,
    fmax: float,
    sr: float = 22050,
    frame_length: int = 2048,
    win_length: Any = _DEPRECATED,
    hop_length: int | None = None,
    trough_threshold: float = 0.1,
    center: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    n_threads: int = 1,
) -> Array:
    """Estimate the fundamental frequency by YIN, as `librosa.yin` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; floating-point, finite.
    fmin, fmax : float
        Range of frequencies in Hz: ``0 < fmin < fmax <= sr / 2``.
    sr : float > 0
        Sample rate in Hz.
    frame_length : int
        Samples of a frame: more than ``sr / fmin + 1``, at most 65536.
    win_length
        Deprecated, and without effect.
    hop_length : int >= 1, optional
        Samples from one frame to the next. Default: ``frame_length // 4``.
    trough_threshold : float
        The first trough of the normalised difference that is below this gives the period; if there
        is none, the lowest lag does.
    center : bool
        Whether frame t is centred on sample ``t * hop_length``, or begins there.
    pad_mode : str or callable
        What centred frames hold beyond the ends, as `numpy.pad` has it.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    np.ndarray of float64, shape=(..., frames)
        Frequency of each frame in Hz. All is computed in double, for float32 too.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is not finite or shorter than a frame.

    Warns
    -----
    UserWarning
        If less than two periods of `fmin` fit into a frame.
    FutureWarning
        If `win_length` is given.

    References
    ----------
    .. [1] A. de Cheveigne and H. Kawahara, "YIN, a fundamental frequency estimator for speech and
       music," J. Acoust. Soc. Am. 111(4), 2002.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> round(float(fastspec.yin(y, fmin=220, fmax=880)[20]))
    440
    """
    _warn_deprecated(win_length)
    frames = _frame(y, fmin, fmax, sr, frame_length, hop_length, center, pad_mode)
    threshold = check_float("trough_threshold", trough_threshold, allow_inf=True)
    n_threads = check_threads(n_threads)
    plan = cached(_plan, **frames.settings, trough_threshold=threshold)
    f0 = new_array("y", (*frames.y.shape[:-1], _n_frames(plan, frames)), np.float64)
    if f0.size:
        plan.exec(frames.y, f0, n_threads)
    return f0


def pyin(
    y: Array,
    *,
    fmin: float,
    fmax: float,
    sr: float = 22050,
    frame_length: int = 2048,
    win_length: Any = _DEPRECATED,
    hop_length: int | None = None,
    n_thresholds: int = 100,
    beta_parameters: tuple[float, float] = (2, 18),
    boltzmann_parameter: float = 2,
    resolution: float = 0.1,
    max_transition_rate: float = 35.92,
    switch_prob: float = 0.01,
    no_trough_prob: float = 0.01,
    fill_na: float | None = np.nan,
    center: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    n_threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Estimate the fundamental frequency by probabilistic YIN, as `librosa.pyin` of librosa 0.11.

    Parameters
    ----------
    y, fmin, fmax, sr, frame_length, win_length, hop_length, center, pad_mode
        As for `yin`.
    n_thresholds : int >= 1
        Number of thresholds; at most 65536.
    beta_parameters : tuple of two floats in (0, 1e6]
        Shape of the beta distribution that says how likely thresholds are.
    boltzmann_parameter : float > 0
        How much more likely the first troughs below a threshold are than the next.
    resolution : float > 0
        Semitones from one pitch bin to the next; there may be at most 32768 bins.
    max_transition_rate : float >= 0
        Octaves per second.
    switch_prob : float in [0, 1]
        Probability of a change between voiced and unvoiced, from frame to frame.
    no_trough_prob : float in [0, 1]
        Share of the thresholds that no trough is below which the lowest trough gets.
    fill_na : float, optional
        Frequency of unvoiced frames. None: the bin that the path goes through. Paths through
        unvoiced bins are often equally likely; rounding then decides.
    n_threads : int >= 1, or -1
        Threads to use at the most: for the frames, and for the paths of several signals. The result
        does not depend on it.

    Returns
    -------
    f0 : np.ndarray of float64, shape=(..., frames)
        Frequency of each frame in Hz, on the grid of pitch bins.
    voiced_flag : np.ndarray of bool, shape=(..., frames)
        Whether the frame is voiced.
    voiced_prob : np.ndarray of float64, shape=(..., frames)
        Probability that it is.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is not finite or shorter than a frame.

    Warns
    -----
    UserWarning
        If less than two periods of `fmin` fit into a frame.
    FutureWarning
        If `win_length` is given.

    References
    ----------
    .. [1] M. Mauch and S. Dixon, "pYIN: a fundamental frequency estimator using probabilistic
       threshold distributions," ICASSP 2014.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> f0, voiced, probability = fastspec.pyin(y, fmin=220, fmax=880)
    >>> round(float(f0[20])), bool(voiced[20])
    (440, True)
    """
    _warn_deprecated(win_length)
    frames = _frame(y, fmin, fmax, sr, frame_length, hop_length, center, pad_mode)
    beta = _check_pair(beta_parameters)
    settings = {
        "n_thresholds": check_int("n_thresholds", n_thresholds, minimum=1, maximum=2**16),
        "beta_a": beta[0],
        "beta_b": beta[1],
        "boltzmann": check_float("boltzmann_parameter", boltzmann_parameter, exclusive_minimum=0),
        "resolution": check_float("resolution", resolution, exclusive_minimum=0),
        "max_transition_rate": check_float("max_transition_rate", max_transition_rate, minimum=0),
        "switch_prob": check_float("switch_prob", switch_prob, minimum=0, maximum=1),
        "no_trough_prob": check_float("no_trough_prob", no_trough_prob, minimum=0, maximum=1),
    }
    if fill_na is not None and not _is_nan(fill_na):
        fill_na = check_float("fill_na", fill_na, allow_inf=True)
    n_threads = check_threads(n_threads)
    settings |= {"probabilistic": True, "n_pitch_bins": _n_bins(frames.settings, settings)}
    plan = cached(_plan, **frames.settings, **settings)
    shape = (*frames.y.shape[:-1], _n_frames(plan, frames))
    f0, probability = (new_array("y", shape, np.float64) for _ in range(2))
    voiced = new_array("y", shape, np.bool_)
    if f0.size:
        flags = voiced.reshape(-1).view(np.uint8)
        plan.exec_probabilistic(frames.y, f0, flags, probability, n_threads)
    if fill_na is not None:
        f0[~voiced] = fill_na
    return f0, voiced, probability


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(value != value)


def _warn_deprecated(win_length: Any) -> None:
    if not _is_mark(win_length):
        message = (
            "The win_length parameter has been deprecated in version 0.11.0 "
            "and has no effect. It will be removed in version 1.0.0."
        )
        warnings.warn(message, FutureWarning, stacklevel=3)


def _frame(
    given: Any,
    fmin: Any,
    fmax: Any,
    given_sr: Any,
    frame_length: Any,
    hop_length: Any,
    center: Any,
    pad_mode: Any,
) -> _Frames:
    """Check what both functions take; the signal is padded if the core cannot do it."""
    sr = check_float("sr", given_sr, exclusive_minimum=0)
    highest = check_float("fmax", fmax, exclusive_minimum=0)
    lowest = check_float("fmin", fmin, exclusive_minimum=0)
    length = check_int("frame_length", frame_length, minimum=4, maximum=_MOST_SAMPLES)
    hop = length // 4
    if hop_length is not None:
        hop = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    if highest > sr / 2:
        raise ParameterError(f"fmax={show(fmax)}: must be at most sr / 2 = {sr / 2:g}")
    if lowest >= highest:
        raise ParameterError(f"fmin={show(fmin)}: must be less than fmax={show(fmax)}")
    if sr / lowest >= length - 1:
        raise ParameterError(
            f"fmin={show(fmin)}: must be more than {sr / (length - 1):g} for "
            f"frame_length={length}, so that a frame holds a period"
        )
    if math.ceil(sr / lowest) == math.floor(sr / highest):
        raise ParameterError(f"fmin={show(fmin)}: must be further below fmax={show(fmax)}")
    if sr / lowest >= length // 2:
        message = (
            f"With fmin={lowest:.3f}, sr={given_sr} and frame_length={length}, less than two "
            "periods of fmin fit into the frame, which can cause inaccurate pitch detection. "
            f"Consider increasing to fmin={sr / (length / 2):.3f} or "
            f"frame_length={math.ceil(sr / lowest) * 2 + 1}."
        )
        warnings.warn(message, stacklevel=3)
    y = check_audio(given)
    pad = length // 2 if check_bool("center", center) else 0
    if pad and not callable(pad_mode):
        check_choice("pad_mode", pad_mode, _PADS)
    n = y.shape[-1]
    if pad and (callable(pad_mode) or pad_mode not in PAD_MODES):
        _core.check_finite(y)
        check_size("y", (*y.shape[:-1], n + 2 * pad), y.itemsize)
        y = np.pad(y, [(0, 0)] * (y.ndim - 1) + [(pad, pad)], mode=pad_mode)
        pad = 0
    if y.shape[-1] + 2 * pad < length:
        raise ParameterError(
            f"y: has {n} samples; too few for frame_length={length}, center={bool(center)}"
        )
    settings = {
        "sr": sr,
        "fmin": lowest,
        "fmax": highest,
        "frame_length": length,
        "hop_length": hop,
        "pad": pad,
        "pad_mode": PAD_MODES[pad_mode] if pad else 0,
    }
    return _Frames(y, settings)


def _n_frames(plan: _core.Yin, frames: _Frames) -> int:
    return plan.n_frames(frames.y.shape[-1])


def _check_pair(given: Any) -> tuple[float, float]:
    if not isinstance(given, tuple | list | np.ndarray) or len(given) != 2:
        raise ParameterError(f"beta_parameters={show(given)}: must be two numbers")
    a, b = (
        check_float("beta_parameters", x, exclusive_minimum=0, maximum=1e6) for x in tuple(given)
    )
    return a, b


def _n_bins(frames: dict[str, Any], settings: dict[str, Any]) -> int:
    """Return the number of pitch bins, as NumPy's logarithm has it; checks that they will do."""
    share = 1 / settings["resolution"]
    per_semitone = math.ceil(share) if share < _MOST_BINS else _MOST_BINS
    n_bins = int(np.floor(12 * per_semitone * np.log2(frames["fmax"] / frames["fmin"]))) + 1
    if n_bins < 2:
        raise ParameterError(f"fmax={frames['fmax']:g}: must be at least one pitch bin above fmin")
    if n_bins > _MOST_BINS:
        raise ParameterError(
            f"resolution={settings['resolution']:g}: gives more than {_MOST_BINS} pitch bins"
        )
    rate, hop, sr = settings["max_transition_rate"], frames["hop_length"], frames["sr"]
    semitones = rate * 12 * hop / sr
    if not semitones < _MOST_BINS or round(semitones) * per_semitone + 1 > n_bins:
        raise ParameterError(
            f"max_transition_rate={rate:g}: reaches over more than the {n_bins} pitch bins "
            f"from one frame to the next, for hop_length={hop}"
        )
    return n_bins
