"""Mel spectrograms and MFCCs: librosa's functions on cached plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import (
    ParameterError,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    check_size,
)
from fastspec.caches import plan_cache
from fastspec.config import check_threads, resolve_precision
from fastspec.dct import dct_matrix
from fastspec.filters import check_norm
from fastspec.plans import cached, new_array, rebuild
from fastspec.spectrum import check_audio, pad_edges, real_array, window_key
from fastspec.transforms import MFCC, MelSpectrogram, warn_long_frame
from fastspec.windows import WindowSpec

__all__ = ["melspectrogram", "mfcc"]

Array = npt.NDArray[Any]

# What librosa hands on to its mel filter bank, with the defaults.
_BANK = {
    "n_mels": 128,
    "fmin": 0.0,
    "fmax": None,
    "htk": False,
    "norm": "slaney",
    "dtype": np.float32,
}
_BANK_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
_FRAMES = {
    "n_fft": 2048,
    "hop_length": 512,
    "win_length": None,
    "window": "hann",
    "center": True,
    "pad_mode": "constant",
    "power": 2.0,
}


@plan_cache("melspectrogram", 64, typed=True)
def _mel_plan(
    sr: float,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Any,
    center: bool,
    pad_mode: str,
    power: float,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
    norm: Any,
    dtype: Any,
    precision: str,
) -> MelSpectrogram:
    arguments = {
        "sr": sr,
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window,
        "center": center,
        "pad_mode": pad_mode,
        "power": power,
        "n_mels": n_mels,
        "fmin": fmin,
        "fmax": fmax,
        "htk": htk,
        "norm": norm,
        "bank_dtype": dtype,
        "pad_tail": "librosa",
        "precision": precision,
    }
    return rebuild(MelSpectrogram, arguments)


@plan_cache("mfcc", 64, typed=True)
def _mfcc_plan(
    mel: MelSpectrogram, n_mfcc: int, dct_type: int, norm: str | None, lifter: float
) -> MFCC:
    given = mel._arguments.items()
    shared = {k: v for k, v in given if k not in ("log", "top_db") and not k.startswith("pcen_")}
    own = {"n_mfcc": n_mfcc, "dct_type": dct_type, "dct_norm": norm, "lifter": lifter}
    return rebuild(MFCC, {**shared, **own})


def _bank_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Return the mel bank's arguments from a function's further keywords."""
    for name in given:
        if name not in _BANK:
            check_choice("argument", name, (*_FRAMES, *_BANK))
    if "dtype" in given:
        given = dict(given, dtype=check_dtype("dtype", given["dtype"], _BANK_TYPES))
    return {**_BANK, **given}


def _positive_type(given: Any) -> Array:
    S = real_array(given)
    if S.dtype in (np.float32, np.float64) and S.dtype.isnative:
        return S if S.flags.aligned else S.copy(order="K")
    check_size("S", S.shape, 8)
    # As the product with a bank of float32; small integers fit float32.
    narrow = S.dtype.itemsize <= (4 if S.dtype.kind == "f" else 2)
    return S.astype(np.float32 if narrow else np.float64)


def melspectrogram(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    power: float = 2.0,
    n_threads: int = 1,
    precision: str | None = None,
    **kwargs: Any,
) -> Array:
    """Mel spectrogram, as `librosa.feature.melspectrogram` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite.
    sr : float > 0
        Sample rate in Hz.
    S : np.ndarray, shape=(..., 1 + n_fft // 2, n_frames), optional
        Spectrogram in place of `y`; `n_fft` then follows from it.
    n_fft, hop_length, win_length, window, center, pad_mode
        As for `stft`.
    power : float > 0
        Exponent of the magnitude: 1 for amplitude, 2 for power.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.
    **kwargs
        n_mels, fmin, fmax, htk, norm, dtype of the filter bank: see `mel_filter`.

    Returns
    -------
    np.ndarray, shape=(..., n_mels, n_frames)
        Of the type of the input; infinite or NaN where its range is exceeded on the way.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.melspectrogram(y=np.ones(22050, np.float32), n_mels=40).shape
    (40, 44)
    """
    bank = _bank_arguments(kwargs)
    precision = resolve_precision(precision)
    n_threads = check_threads(n_threads)
    if S is not None:
        S = _positive_type(S)
        n_fft = _fitting_n_fft(n_fft, S.shape[-2])
        frames = (512, None, "hann", True, "constant", 2.0)
        plan = cached(_mel_plan, sr, n_fft, *frames, **bank, precision=precision)
        core = plan._core(precision == "double" or S.dtype == np.float64)
        out = new_array("S", (*S.shape[:-2], core.n_bins, S.shape[-1]), S.dtype)
        plan._warn(2)
        core.exec_spectra(S, out, n_threads, True)
        return out
    if y is None:
        raise ParameterError("y=None: a signal y or a spectrogram S must be given")
    y = check_audio(y)
    n = y.shape[-1]
    frozen = window_key(window, win_length, n_fft)
    y, center, pad_mode = pad_edges(y, n_fft, center, pad_mode)
    key = (sr, n_fft, hop_length, win_length, frozen, center, pad_mode, power)
    plan = cached(_mel_plan, *key, **bank, precision=precision)
    return _run(plan, y, n, n_threads)


def _fitting_n_fft(n_fft: Any, n_bins: int) -> int:
    """Return the size of the FFT behind a spectrogram: as given if that fits its bins."""
    if n_fft is None:
        return max(1, 2 * (n_bins - 1))
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**30)
    if n_fft // 2 + 1 == n_bins:
        return int(n_fft)
    return max(1, 2 * (n_bins - 1))


def _run(plan: MelSpectrogram | MFCC, y: Array, n: int, n_threads: int) -> Array:
    """Run a plan with librosa's scope: the largest value is that of the whole array."""
    core = plan._core(plan.precision == "double" or y.dtype.itemsize == 8)
    n_frames = core.n_frames(y.shape[-1])
    if n_frames == 0:
        plan._refuse_length(y.shape[-1])
    if plan.center or n != y.shape[-1]:
        warn_long_frame(plan.n_fft, n, 3)
    plan._warn(3)
    kind = np.float64 if y.dtype.itemsize == 8 else np.float32
    out = new_array("y", (*y.shape[:-1], core.n_bins, n_frames), kind)
    core.exec(y, out, n_threads, True)
    return out


def mfcc(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_mfcc: int = 20,
    dct_type: int = 2,
    norm: str | None = "ortho",
    lifter: float = 0,
    mel_norm: str | float | None = "slaney",
    n_threads: int = 1,
    precision: str | None = None,
    **kwargs: Any,
) -> Array:
    """Mel-frequency cepstral coefficients, as `librosa.feature.mfcc` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite.
    sr : float > 0
        Sample rate in Hz.
    S : np.ndarray, shape=(..., n_mels, n_frames), optional
        Log-mel spectrogram in place of `y`.
    n_mfcc : int >= 1
        Coefficients.
    dct_type : {1, 2, 3}
        Type of the DCT.
    norm : {'ortho', None}
        Its normalisation, as `scipy.fft.dct` has it.
    lifter : float >= 0
        Coefficient i is multiplied by ``1 + lifter / 2 * sin(pi * (i + 1) / lifter)``; 0 is off.
    mel_norm : {'slaney', None, 1, 2, inf}
        Normalisation of the mel bank.
    n_threads, precision
        As for `melspectrogram`.
    **kwargs
        Any further argument of `melspectrogram`.

    Returns
    -------
    np.ndarray, shape=(..., n_mfcc, n_frames)
        Of the type of the input; infinite or NaN where its range is exceeded on the way.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    n_mfcc = check_int("n_mfcc", n_mfcc, minimum=1, maximum=2**24)
    lifter = check_float("lifter", lifter, minimum=0)
    if norm is not None:
        check_choice("norm", norm, ("ortho",))
    frames = {name: kwargs.pop(name, default) for name, default in _FRAMES.items()}
    bank = _bank_arguments({**kwargs, "norm": check_norm("mel_norm", mel_norm)})
    n_threads = check_threads(n_threads)
    if S is not None:
        S = _positive_type(S)
        matrix = dct_matrix(S.shape[-2], n_mfcc, dct_type=dct_type, norm=norm, lifter=lifter)
        check_size("S", (*S.shape[:-2], matrix.shape[0], S.shape[-1]), S.itemsize)
        result: Array = np.matmul(matrix.astype(S.dtype), S)
        return result
    if y is None:
        raise ParameterError("y=None: a signal y or a log-mel spectrogram S must be given")
    y = check_audio(y)
    n = y.shape[-1]
    frames["window"] = window_key(frames["window"], frames["win_length"], frames["n_fft"])
    y, frames["center"], frames["pad_mode"] = pad_edges(
        y, frames["n_fft"], frames["center"], frames["pad_mode"]
    )
    mel = cached(_mel_plan, sr, **frames, **bank, precision=resolve_precision(precision))
    return _run(cached(_mfcc_plan, mel, n_mfcc, dct_type, norm, lifter), y, n, n_threads)
