"""Tempograms and tempo, as librosa has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_real, new_array
from fastspec._validate import ParameterError, check_bool, check_float, check_int, show
from fastspec.caches import plan_cache
from fastspec.config import check_threads
from fastspec.convert import fft_frequencies, time_to_frames
from fastspec.onset import onset_strength
from fastspec.plans import cached
from fastspec.spectrum import check_audio, stft
from fastspec.transforms import STFT, Spectrogram
from fastspec.windows import WindowSpec, get_window

__all__ = [
    "fourier_tempo_frequencies",
    "fourier_tempogram",
    "tempo",
    "tempo_frequencies",
    "tempogram",
]

Array = npt.NDArray[Any]

_F64 = np.dtype(np.float64)
_TINY = float(np.finfo(np.float64).tiny)
_BLOCK = 2**16  # values of a block of spectra, which are to stay in the cache


# ---- frequencies --------------------------------------------------------------------------------


def tempo_frequencies(n_bins: int, *, hop_length: int = 512, sr: float = 22050) -> Array:
    """Tempo of each row of a tempogram, as `librosa.tempo_frequencies`.

    Parameters
    ----------
    n_bins : int >= 1
        Rows: lags of the autocorrelation, from 0.
    hop_length : int >= 1
        Samples from one frame to the next.
    sr : float > 0
        Sample rate in Hz.

    Returns
    -------
    np.ndarray of float64, shape=(n_bins,)
        In beats per minute; the first is infinite.

    Examples
    --------
    >>> import fastspec
    >>> fastspec.tempo_frequencies(3).round(1)
    array([   inf, 2584. , 1292. ])
    """
    n_bins = check_int("n_bins", n_bins, minimum=1, maximum=2**40)
    hop = check_float("hop_length", hop_length, exclusive_minimum=0)
    sr = check_float("sr", sr, exclusive_minimum=0)
    result = new_array("n_bins", (n_bins,), _F64)
    result[0] = np.inf
    result[1:] = 60.0 * sr / (hop * np.arange(1.0, n_bins))
    return result


def fourier_tempo_frequencies(
    *, sr: float = 22050, win_length: int = 384, hop_length: int = 512
) -> Array:
    """Tempo of each row of a Fourier tempogram, as `librosa.fourier_tempo_frequencies`.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    win_length : int >= 1
        Frames in a window.
    hop_length : int >= 1
        Samples from one frame to the next.

    Returns
    -------
    np.ndarray of float64, shape=(win_length // 2 + 1,)
        In beats per minute.
    """
    sr = check_float("sr", sr, exclusive_minimum=0)
    hop = check_float("hop_length", hop_length, exclusive_minimum=0)
    return fft_frequencies(sr=sr * 60 / hop, n_fft=win_length)


# ---- tempograms ---------------------------------------------------------------------------------


def tempogram(
    *,
    y: Array | None = None,
    sr: float = 22050,
    onset_envelope: Array | None = None,
    hop_length: int = 512,
    win_length: int = 384,
    center: bool = True,
    window: WindowSpec = "hann",
    norm: float | None = np.inf,
    n_threads: int = 1,
) -> Array:
    """Autocorrelation of the onset strength around each frame, as `librosa.feature.tempogram`.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite.
    sr : float > 0
        Sample rate in Hz.
    onset_envelope : np.ndarray, shape=(..., n_frames), optional
        Onset strength, in place of `y`.
    hop_length : int >= 1
        Samples from one frame to the next, for `onset_strength`.
    win_length : int >= 1
        Frames in a window; the lags are less.
    center : bool
        Whether windows are centred on the frames, beyond the ends of which the onset strength falls
        to 0 in a straight line, or begin there.
    window : str, tuple, float, callable or array
        See `get_window`.
    norm : {inf, -inf, 0, None} or float > 0
        Norm by which each frame is divided.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    np.ndarray of float64, shape=(..., win_length, n_frames)
        Without `center`, of the frames that begin a whole window.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the onset strength is not finite or, without
        `center`, shorter than a window.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> beats = np.tile([1.0, 0, 0, 0, 0], 100)
    >>> int(fastspec.tempogram(onset_envelope=beats)[1:, 250].argmax()) + 1
    5
    """
    win_length = check_int("win_length", win_length, minimum=1, maximum=2**26)
    center = check_bool("center", center)
    norm = _check_norm(norm)
    n_threads = check_threads(n_threads)
    taps = get_window(window, win_length)
    envelope = _envelope(y, sr, onset_envelope, hop_length, n_threads)
    n_frames = envelope.shape[-1]
    if center:
        widths = [(0, 0)] * (envelope.ndim - 1) + [(win_length // 2,) * 2]
        envelope = np.pad(envelope, widths, mode="linear_ramp", end_values=0)
    elif n_frames < win_length:
        raise ParameterError(
            f"win_length={win_length}: must be at most the {n_frames} frames without center"
        )
    else:
        n_frames += 1 - win_length
    shape = (*envelope.shape[:-1], win_length, n_frames)
    result = new_array("win_length", shape, _F64)
    # Of single precision too: NumPy's float64 window widens librosa's frames.
    rows = envelope.astype(_F64, copy=False).reshape(-1, envelope.shape[-1])
    for x, out in zip(rows, result.reshape(-1, win_length, n_frames), strict=True):
        _autocorrelations(x, taps, norm, out, n_threads)
    return result


def fourier_tempogram(
    *,
    y: Array | None = None,
    sr: float = 22050,
    onset_envelope: Array | None = None,
    hop_length: int = 512,
    win_length: int = 384,
    center: bool = True,
    window: WindowSpec = "hann",
    n_threads: int = 1,
) -> Array:
    """STFT of the onset strength, frame by frame, as `librosa.feature.fourier_tempogram`.

    Parameters
    ----------
    y, sr, onset_envelope, hop_length, win_length, window, n_threads
        As for `tempogram`.
    center : bool
        Whether windows are centred on the frames, with zeros beyond the ends, or begin there.

    Returns
    -------
    complex np.ndarray, shape=(..., win_length // 2 + 1, n_windows)
        complex64 for float32. With `center`, one window more than frames if `win_length` is even.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Warns
    -----
    UserWarning
        If `win_length` exceeds the number of frames.
    """
    win_length = check_int("win_length", win_length, minimum=1, maximum=2**30)
    n_threads = check_threads(n_threads)
    envelope = _envelope(y, sr, onset_envelope, hop_length, n_threads)
    return stft(
        envelope,
        n_fft=win_length,
        hop_length=1,
        center=center,
        window=window,
        n_threads=n_threads,
    )


def tempo(
    *,
    y: Array | None = None,
    sr: float = 22050,
    onset_envelope: Array | None = None,
    tg: Array | None = None,
    hop_length: int = 512,
    start_bpm: float = 120,
    std_bpm: float = 1.0,
    ac_size: float = 8.0,
    max_tempo: float | None = 320.0,
    aggregate: Callable[..., Any] | None = np.mean,
    prior: Any = None,
    n_threads: int = 1,
) -> Array:
    """Estimate the tempo, as `librosa.feature.tempo` of librosa 0.11.

    Parameters
    ----------
    y, sr, onset_envelope, hop_length, n_threads
        As for `tempogram`.
    tg : np.ndarray, shape=(..., win_length, n_frames), optional
        Tempogram, in place of `y` and `onset_envelope`.
    start_bpm : float > 0
        Most likely tempo in beats per minute, and
    std_bpm : float > 0
        the standard deviation around it in octaves, of the prior.
    ac_size : float > 0
        Window of the tempogram in seconds.
    max_tempo : float > 0, optional
        Largest tempo. None: unlimited.
    aggregate : callable, optional
        What makes one tempogram frame of all. None: a tempo for each frame.
    prior : object with a method ``logpdf``, optional
        Distribution of the tempo, such as one of `scipy.stats`, in place of `start_bpm`.

    Returns
    -------
    np.ndarray of float64, shape=(..., 1) or (..., n_frames)
        In beats per minute.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> beats = np.tile([1.0] + 21 * [0.0], 30)
    >>> fastspec.tempo(onset_envelope=beats).round(1)
    array([117.5])
    """
    start_bpm = check_float("start_bpm", start_bpm, exclusive_minimum=0)
    std_bpm = check_float("std_bpm", std_bpm, exclusive_minimum=0)
    if max_tempo is not None:
        max_tempo = check_float("max_tempo", max_tempo, exclusive_minimum=0)
    if aggregate is not None and not callable(aggregate):
        raise ParameterError(f"aggregate={show(aggregate)}: must be a function or None")
    if tg is None:
        ac_size = check_float("ac_size", ac_size, exclusive_minimum=0)
        hop_length = check_int("hop_length", hop_length, minimum=1)
        win_length = int(time_to_frames(ac_size, sr=sr, hop_length=hop_length))
        if win_length < 1:
            raise ParameterError(f"ac_size={ac_size}: must be at least a frame")
        tg = tempogram(
            y=y,
            sr=sr,
            onset_envelope=onset_envelope,
            hop_length=hop_length,
            win_length=win_length,
            n_threads=n_threads,
        )
    else:
        tg = as_real("tg", tg)
        if tg.ndim < 2 or tg.shape[-2] < 1:
            raise ParameterError(f"tg: has shape {tg.shape}; must be (..., win_length, n_frames)")
    if aggregate is not None:
        tg = aggregate(tg, axis=-1, keepdims=True)
    bpms = tempo_frequencies(tg.shape[-2], hop_length=hop_length, sr=sr)
    if prior is None:
        weights = -0.5 * ((np.log2(bpms) - np.log2(start_bpm)) / std_bpm) ** 2
    else:
        weights = np.array(prior.logpdf(bpms))
    if max_tempo is not None:
        weights[: int(np.argmax(bpms < max_tempo))] = -np.inf
    best = np.argmax(np.log1p(1e6 * tg) + weights[:, np.newaxis], axis=-2)
    result: Array = np.take(bpms, best)
    return result


# ---- parts --------------------------------------------------------------------------------------


def _envelope(y: Any, sr: float, given: Any, hop_length: int, n_threads: int) -> Array:
    if given is None:
        if y is None:
            raise ParameterError("y=None: a signal y or an onset_envelope must be given")
        return onset_strength(y=y, sr=sr, hop_length=hop_length, n_threads=n_threads)
    try:
        envelope = check_audio(given)
    except ParameterError as error:
        raise ParameterError(str(error).replace("y", "onset_envelope", 1)) from None
    _core.check_finite(envelope, 1, "onset_envelope")
    return envelope


def _check_norm(norm: Any) -> float | None:
    if norm is None:
        return None
    value = check_float("norm", norm, allow_inf=True)
    if value < 0 and value != -np.inf:
        raise ParameterError(f"norm={norm}: must be None, inf, -inf or a number >= 0")
    return value


@plan_cache("tempogram", 16, typed=True)
def _plans(taps: bytes, n_fft: int) -> tuple[Spectrogram, STFT]:
    """Return the plans from windowed frames to powers, and from even spectra to their transform."""
    padded = np.zeros(n_fft)
    own = np.frombuffer(taps)
    padded[: own.size] = own / np.sqrt(n_fft)  # the scale of the inverse transform
    powers = Spectrogram(n_fft=n_fft, hop_length=1, window=padded, center=False, power=2.0)
    back = STFT(n_fft=n_fft, hop_length=n_fft, window="boxcar", center=False)
    return powers, back


def _fast_length(n: int) -> int:
    """Return the smallest even number from n on that has no prime factor above 5."""
    best = 2
    while best < n:
        best *= 2
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            size = 2 * threes
            while size < n:
                size *= 2
            best = min(best, size)
            threes *= 3
        fives *= 5
    return best


def _autocorrelations(
    x: Array, taps: Array, norm: float | None, out: Array, n_threads: int
) -> None:
    """Autocorrelate each window of x into a column of out, through its power spectrum."""
    n_lags, n_frames = out.shape
    n_fft = _fast_length(max(2, 2 * n_lags - 1))
    powers, back = cached(_plans, np.ascontiguousarray(taps, _F64).tobytes(), n_fft)
    n_bins = n_fft // 2 + 1
    x = np.concatenate([x, np.zeros(n_fft - n_lags)])  # what the window's zeros meet
    block = max(1, _BLOCK // n_fft)
    spectra = np.empty((block, n_fft))
    for begin in range(0, n_frames, block):
        end = min(begin + block, n_frames)
        rows = spectra[: end - begin]
        half = rows[:, :n_bins]
        powers(x[begin : end + n_fft - 1], out=half.T, n_threads=n_threads)
        rows[:, n_bins:] = half[:, n_bins - 2 : 0 : -1]
        lags = back(rows.reshape(-1), n_threads=n_threads)[:n_lags].real
        if norm is None:
            out[:, begin:end] = lags
        else:
            np.divide(lags, _lengths(lags, norm), out=out[:, begin:end])


def _lengths(lags: Array, norm: float) -> Array:
    """Return the norm of each column; 1 for those that are too small to be divided by."""
    length: Array
    if norm == np.inf:
        length = np.maximum(lags.max(axis=0), -lags.min(axis=0))
    elif norm == -np.inf:
        length = np.abs(lags).min(axis=0)
    elif norm == 0:
        length = (lags != 0).sum(axis=0, dtype=_F64)
    else:
        length = (np.abs(lags) ** norm).sum(axis=0) ** (1 / norm)
    if not np.isfinite(length).all():
        raise ParameterError("onset_envelope: is too large; its squares must be finite")
    length[length < _TINY] = 1
    return length
