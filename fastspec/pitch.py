"""Pitches of spectral peaks, and the tuning that they suggest: librosa's functions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError, check_choice, check_float, check_int, check_size
from fastspec.caches import plan_cache
from fastspec.config import check_threads, resolve_precision
from fastspec.plans import cached, check_array, new_array
from fastspec.spectrum import check_audio, pad_edges, window_key
from fastspec.transforms import Spectrogram, warn_long_frame
from fastspec.windows import WindowSpec

__all__ = ["estimate_tuning", "piptrack", "pitch_tuning"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)

# Peaks that an estimate holds at a time, two numbers each.
_MAX_PEAKS = 2**18

# What librosa's estimate_tuning hands on to its piptrack, with the defaults.
_SEARCH: dict[str, Any] = {
    "hop_length": None,
    "fmin": 150.0,
    "fmax": 4000.0,
    "threshold": 0.1,
    "win_length": None,
    "window": "hann",
    "center": True,
    "pad_mode": "constant",
    "ref": None,
}


class Spectra(NamedTuple):
    """Magnitudes as they are given, or as a plan gives them."""

    plan: _core.Frontend | None
    data: Array  # magnitudes (..., bins, frames), or signals (..., n)
    n_fft: int
    n_bins: int
    double: bool


@plan_cache("piptrack", 64, typed=True)
def _spectrum_plan(
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Any,
    center: bool,
    pad_mode: str,
    precision: str,
    power: float,
) -> Spectrogram:
    return Spectrogram(
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        pad_tail="librosa",
        precision=precision,
        power=power,
    )


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
    n_threads: int = 1,
) -> tuple[Array, Array]:
    """Track pitches by parabolic interpolation of peaks, as `librosa.piptrack` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; needed where `S` is not given.
    sr : float > 0
        Sample rate in Hz.
    S : np.ndarray, shape=(..., bins, frames), optional
        Magnitude spectrogram, or an STFT; finite, at least two bins.
    n_fft, hop_length, win_length, window, center, pad_mode
        As for `stft`.
    fmin, fmax : float
        Range of pitches in Hz.
    threshold : float
        A peak must exceed this share of the reference.
    ref : float, array or callable, optional
        What a peak must exceed instead of `threshold` times the largest value of its frame; or a
        function of ``(S, axis)`` whose value is multiplied by `threshold`.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    pitches, magnitudes : np.ndarray, shape=(..., bins, frames)
        Frequency in Hz and magnitude of the peak at each bin; 0 where there is none. float32 or
        float64, as the input.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the input is not finite.

    Warns
    -----
    UserWarning
        If `n_fft` exceeds the length of the signal.

    References
    ----------
    .. [1] J. O. Smith, "Sinusoidal peak interpolation," Spectral Audio Signal Processing, 2011.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> pitches, magnitudes = fastspec.piptrack(y=y)
    >>> round(float(pitches[:, 10].max()))
    440
    """
    search = {
        "hop_length": hop_length,
        "fmin": fmin,
        "fmax": fmax,
        "threshold": threshold,
        "win_length": win_length,
        "window": window,
        "center": center,
        "pad_mode": pad_mode,
        "ref": ref,
    }
    n_threads = check_threads(n_threads)
    spectra, settings, reference = _prepare(y, sr, S, n_fft, search, n_threads, 2)
    kind = _F64 if spectra.double else _F32
    if spectra.plan is None:
        shape, order = spectra.data.shape, _order(spectra.data)
    else:
        n_frames = spectra.plan.n_frames(spectra.data.shape[-1])
        shape, order = (*spectra.data.shape[:-1], spectra.n_bins, n_frames), "F"
    pitches, magnitudes = (_zeros(shape, kind, order) for _ in range(2))
    _core.piptrack(settings, spectra.plan, spectra.data, reference, pitches, magnitudes, n_threads)
    if spectra.plan is not None and spectra.data.dtype.itemsize < kind.itemsize:
        return pitches.astype(_F32), magnitudes.astype(_F32)
    return pitches, magnitudes


def _order(x: Array) -> str:
    """Return the order of memory in which zeros are to be made."""
    return "F" if x.flags.f_contiguous and not x.flags.c_contiguous else "C"


def _zeros(shape: tuple[int, ...], kind: np.dtype[Any], order: Any) -> Array:
    check_size("y", shape, kind.itemsize)
    return np.zeros(shape, kind, order)


def _prepare(
    y: Any,
    sr: Any,
    S: Any,
    n_fft: Any,
    search: dict[str, Any],
    n_threads: int,
    stacklevel: int,
) -> tuple[Spectra, dict[str, Any], Array | None]:
    """Check the arguments of a search; return the spectra, the core's settings, the reference."""
    sr = check_float("sr", sr, exclusive_minimum=0)
    threshold = check_float("threshold", search["threshold"])
    fmin = max(check_float("fmin", search["fmin"]), 0.0)
    fmax = check_float("fmax", search["fmax"], allow_inf=True)
    ref = search["ref"]
    constant = None
    if ref is not None and not callable(ref) and np.ndim(ref) == 0:
        constant, ref = abs(check_float("ref", ref)), None
    if S is not None:
        spectra = _given(S, n_fft, n_threads)
    else:
        spectra = spectra_of(y, n_fft, search, 1.0, stacklevel + 1)
        if ref is not None:
            assert spectra.plan is not None
            n_frames = spectra.plan.n_frames(spectra.data.shape[-1])
            shape = (*spectra.data.shape[:-1], spectra.n_bins, n_frames)
            kind = _F64 if spectra.double else _F32
            S = new_array("y", shape, kind, "F")
            spectra.plan.exec(spectra.data, S, n_threads, False)
            spectra = Spectra(None, S, spectra.n_fft, spectra.n_bins, spectra.double)
    reference = None if ref is None else _reference(spectra.data, threshold, ref)
    settings = {
        "double": spectra.double,
        "sr": sr,
        "n_fft": spectra.n_fft,
        "n_bins": spectra.n_bins,
        "fmin": fmin,
        "fmax": fmax,
        "threshold": threshold,
        "ref": constant,
    }
    return spectra, settings, reference


def spectra_of(
    y: Any, n_fft: Any, frames: dict[str, Any], power: float, stacklevel: int | None
) -> Spectra:
    """Return a signal and the plan of its magnitudes to a power, as librosa frames it.

    A stacklevel of 1 is the line that calls this; None is for callers that warn themselves.
    """
    if y is None:
        raise ParameterError("y=None: a signal y or a spectrogram S must be given")
    if n_fft is None:
        raise ParameterError("n_fft=None: must be an integer >= 2 where S is not given")
    if isinstance(n_fft, int | np.integer) and n_fft == 1:
        raise ParameterError("n_fft=1: must be at least 2, for spectra with a peak")
    y = check_audio(y)
    n = y.shape[-1]
    key = window_key(frames["window"], frames["win_length"], n_fft)
    precision = resolve_precision(None)
    y, center, pad_mode = pad_edges(y, n_fft, frames["center"], frames["pad_mode"])
    sizes = (n_fft, frames["hop_length"], frames["win_length"])
    plan = cached(_spectrum_plan, *sizes, key, center, pad_mode, precision, power)
    double = precision == "double" or y.dtype.itemsize == 8
    core = plan._core(double)
    if core.n_bins < 2:
        raise ParameterError(f"n_fft={plan.n_fft}: must be an integer >= 2")
    if core.n_frames(y.shape[-1]) == 0:
        plan._refuse_length(y.shape[-1])
    if stacklevel is not None and (center or n != y.shape[-1]):
        warn_long_frame(plan.n_fft, n, stacklevel + 1)
    return Spectra(core, y, plan.n_fft, core.n_bins, double)


def _given(S: Any, n_fft: Any, n_threads: int) -> Spectra:
    """Return a spectrogram as magnitudes whose sign does not matter."""
    S = check_array("S", S)
    if S.dtype.kind not in "fiuc":
        raise ParameterError(f"S: has dtype {S.dtype}; must hold numbers")
    if S.ndim < 2 or S.shape[-2] < 2:
        raise ParameterError(f"S: has shape {S.shape}; must be (..., bins, frames), bins >= 2")
    if S.dtype.kind == "c":
        S = np.abs(S)
    if S.dtype not in (_F32, _F64) or not S.dtype.isnative:
        check_size("S", S.shape, 8)
        narrow = S.dtype.kind == "f" and S.dtype.itemsize <= 4
        with np.errstate(over="ignore"):  # what becomes infinite is refused as such
            S = S.astype(_F32 if narrow else _F64)
    elif not S.flags.aligned:
        S = S.copy(order="K")
    _core.check_finite(S, n_threads, "S")
    n_bins = S.shape[-2]
    if n_fft is None or check_int("n_fft", n_fft, minimum=1, maximum=2**30) // 2 + 1 != n_bins:
        n_fft = 2 * (n_bins - 1)
    return Spectra(None, S, n_fft, n_bins, S.dtype == _F64)


def _reference(S: Array, threshold: float, ref: Any) -> Array:
    """Return what each value must exceed, in the shape and the type of S."""
    values = np.asarray(ref(np.abs(S), axis=-2) if callable(ref) else ref)
    if values.dtype.kind not in "fiu":
        raise ParameterError(f"ref: gives values of dtype {values.dtype}; must be real numbers")
    if callable(ref):
        # No magnitude tells 0 from less.
        values = np.maximum(np.expand_dims(threshold * values, -2), 0)
    else:
        values = np.abs(values)
    try:
        values = np.broadcast_to(values, S.shape)
    except ValueError:
        raise ParameterError(
            f"ref: gives values of shape {values.shape}, which do not fit S of shape {S.shape}"
        ) from None
    if values.dtype == S.dtype:
        return values
    rounded = values.astype(S.dtype)
    # To exceed a number of a wider type is to exceed the nearest one below it.
    return np.where(rounded > values, np.nextafter(rounded, S.dtype.type(0)), rounded)


def pitch_tuning(
    frequencies: npt.ArrayLike,
    *,
    resolution: float = 0.01,
    bins_per_octave: int = 12,
    n_threads: int = 1,
) -> float:
    """Return the tuning of a set of pitches, as `librosa.pitch_tuning` of librosa 0.11.

    Parameters
    ----------
    frequencies : array_like
        Pitches in Hz; those that are not above 0 do not count.
    resolution : float in (0, 1]
        Width of the histogram's bins, in fractions of a bin; at least 2**-24.
    bins_per_octave : int >= 1
        Bins per octave; at most 2**20.
    n_threads : int >= 1, or -1
        Accepted as everywhere; the work is one thread's.

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

    Examples
    --------
    >>> import fastspec
    >>> fastspec.pitch_tuning([440.0, 880.0, 1760.0])
    0.0
    """
    resolution, bins_per_octave = _check_histogram(resolution, bins_per_octave)
    check_threads(n_threads)
    try:
        values = np.atleast_1d(np.asarray(frequencies))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"frequencies: cannot be made an array: {error}") from error
    if values.dtype.kind not in "fiu":
        raise ParameterError(f"frequencies: have dtype {values.dtype}; must be real numbers")
    kind = _F32 if values.dtype.kind == "f" and values.dtype.itemsize <= 4 else _F64
    flat = np.ascontiguousarray(values.reshape(-1), dtype=kind)
    tuning, n_pitches = _core.pitch_tuning(flat, resolution, bins_per_octave)
    if n_pitches == 0:
        _warn_empty(2)
    return tuning


def _check_histogram(resolution: Any, bins_per_octave: Any) -> tuple[float, int]:
    resolution = check_float("resolution", resolution, minimum=2.0**-24, maximum=1)
    return resolution, check_int("bins_per_octave", bins_per_octave, minimum=1, maximum=2**20)


def _warn_empty(stacklevel: int) -> None:
    message = "Trying to estimate tuning from empty frequency set."
    warnings.warn(message, stacklevel=stacklevel + 1)


def estimate_tuning(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int | None = 2048,
    resolution: float = 0.01,
    bins_per_octave: int = 12,
    n_threads: int = 1,
    **kwargs: Any,
) -> float:
    """Estimate the tuning of a signal, as `librosa.estimate_tuning` of librosa 0.11.

    Parameters
    ----------
    y, sr, S, n_fft, n_threads
        As for `piptrack`.
    resolution, bins_per_octave
        As for `pitch_tuning`.
    **kwargs
        Further arguments of `piptrack`.

    Returns
    -------
    float
        Deviation from A440 in fractions of a bin, in [-0.5, 0.5). All channels count together.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the input is not finite.

    Warns
    -----
    UserWarning
        If there is no peak, or `n_fft` exceeds the length of the signal.

    Notes
    -----
    The spectra are not kept: only the peaks are, as far as the median of their magnitudes may
    be among them, at most some megabytes. A signal whose loudness drifts so far that this does not
    do is gone through a second time. The result is the same.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 450 * np.arange(22050) / 22050)
    >>> round(fastspec.estimate_tuning(y=y), 2)
    0.39
    """
    for name in kwargs:
        if name not in _SEARCH:
            check_choice("argument", name, tuple(_SEARCH))
    resolution, bins_per_octave = _check_histogram(resolution, bins_per_octave)
    n_threads = check_threads(n_threads)
    spectra, settings, reference = _prepare(y, sr, S, n_fft, {**_SEARCH, **kwargs}, n_threads, 2)
    settings |= {"resolution": resolution, "bins_per_octave": bins_per_octave}
    tuning, n_peaks = _estimate(spectra, settings, reference, n_threads)
    if n_peaks == 0:
        _warn_empty(2)
    return tuning


def tuning_of(
    spectra: Spectra, sr: float, bins_per_octave: int, n_threads: int, stacklevel: int
) -> float:
    """Return the tuning by the default search, over spectra of any power; for chroma."""
    settings = {
        "double": spectra.double,
        "sr": sr,
        "n_fft": spectra.n_fft,
        "n_bins": spectra.n_bins,
        "bins_per_octave": bins_per_octave,
        "ref": None,
        **{name: _SEARCH[name] for name in ("fmin", "fmax", "threshold")},
    }
    tuning, n_peaks = _estimate(spectra, settings, None, n_threads)
    if n_peaks == 0:
        _warn_empty(stacklevel + 1)
    return tuning


def _estimate(
    spectra: Spectra, settings: dict[str, Any], reference: Array | None, n_threads: int
) -> tuple[float, int]:
    tuning = _core.Tuning(**settings, max_peaks=_MAX_PEAKS)
    result = None
    while result is None:  # at most twice
        if spectra.plan is None:
            tuning.add_spectra(spectra.data, reference, n_threads)
        else:
            tuning.add_signals(spectra.plan, spectra.data, n_threads)
        result = tuning.finish()
    return result
