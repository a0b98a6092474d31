"""Chroma from the STFT: the plan, and librosa's function on cached plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError, check_choice, check_dtype, check_float, check_int
from fastspec.caches import plan_cache
from fastspec.chroma_filters import check_chroma_norm, make_chroma_bank
from fastspec.config import check_threads, resolve_precision
from fastspec.mel import _fitting_n_fft, _positive_type
from fastspec.pitch import Spectra, spectra_of, tuning_of
from fastspec.plans import _Plan, cached, new_array, rebuild
from fastspec.spectrum import check_audio, pad_edges, window_key
from fastspec.transforms import warn_long_frame
from fastspec.windows import WindowSpec

__all__ = ["ChromaSTFT", "chroma_stft"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)

# What librosa's chroma_stft hands on to its filter bank, with the defaults.
_BANK: dict[str, Any] = {"ctroct": 5.0, "octwidth": 2, "base_c": True, "dtype": np.float32}


class ChromaSTFT(_Plan):
    """Chroma from the power spectrum, without the spectrum in between.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_chroma : int >= 1
        Pitch classes per octave.
    tuning : float
        Deviation from A440 in fractions of a pitch class; see `fastspec.estimate_tuning`.
    norm : {inf, None, -inf, 0} or float > 0
        Each frame is divided by its norm: its largest or smallest magnitude, the number of its
        values that are not 0, or its p-norm. A frame whose norm is below the smallest normal
        number of the precision, and every frame with None, stays as it is.
    power : float > 0
        Exponent of the magnitude before it is folded.
    ctroct, octwidth, base_c
        See `fastspec.chroma_filter`.
    bank_norm : {2, None, inf, -inf, 0} or float > 0
        Norm of each bin's weights in the filter bank.
    bank_dtype : dtype
        Type that the filter bank is rounded to; librosa's is float32.
    n_fft, hop_length, win_length, window, center, pad_mode, pad_tail, input_scale, precision, \
engine, planner
        See `STFT`.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> chroma = fastspec.ChromaSTFT(sr=22050)
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050).astype(np.float32)
    >>> int(chroma(y)[:, 10].argmax())  # A
    9
    """

    _output = "bands"

    def __init__(
        self,
        *,
        sr: float = 22050,
        n_chroma: int = 12,
        tuning: float = 0.0,
        norm: float | None = np.inf,
        n_fft: int = 2048,
        hop_length: int | None = 512,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        ctroct: float = 5.0,
        octwidth: float | None = 2.0,
        base_c: bool = True,
        bank_norm: float | None = 2.0,
        bank_dtype: npt.DTypeLike = np.float32,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        a = arguments
        a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
        a["n_fft"] = check_int("n_fft", a["n_fft"], minimum=2, maximum=2**30)
        a["n_chroma"] = check_int("n_chroma", a["n_chroma"], minimum=1, maximum=2**20)
        a["norm"] = check_chroma_norm("norm", a["norm"])
        a["power"] = check_float("power", a["power"], exclusive_minimum=0)
        a["bank_norm"] = check_chroma_norm("bank_norm", a["bank_norm"])
        a["bank_dtype"] = check_dtype("bank_dtype", a["bank_dtype"], (_F32, _F64)).name
        names = ("sr", "n_fft", "n_chroma", "tuning", "ctroct", "octwidth", "base_c")
        bank = make_chroma_bank(**{name: a[name] for name in names}, norm=a["bank_norm"])
        for name in ("tuning", "ctroct", "octwidth"):
            a[name] = None if a[name] is None else float(a[name])
        a["base_c"] = bool(a["base_c"])
        kind, p = frame_norm(a["norm"])
        super()._make(a)
        self._finish(
            power=a["power"],
            bands=np.ascontiguousarray(bank.astype(a["bank_dtype"]), dtype=np.float64),
            n_bands=a["n_chroma"],
            frame_norm=kind,
            frame_norm_p=p,
        )


def frame_norm(norm: float | None) -> tuple[int, float]:
    """Return a norm as the core has it: a kind and an exponent."""
    if norm is None:
        return 0, 2.0
    if np.isinf(norm):
        return (1 if norm > 0 else 2), 2.0
    return (3, 2.0) if norm == 0 else (4, norm)


@plan_cache("chroma_stft", 32, typed=True)
def _plan(precision: str, **arguments: Any) -> ChromaSTFT:
    return rebuild(ChromaSTFT, {**arguments, "pad_tail": "librosa", "precision": precision})


def chroma_stft(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    norm: float | None = np.inf,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    tuning: float | None = None,
    n_chroma: int = 12,
    n_threads: int = 1,
    precision: str | None = None,
    **kwargs: Any,
) -> Array:
    """Chroma from the STFT, as `librosa.feature.chroma_stft` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite.
    sr : float > 0
        Sample rate in Hz.
    S : np.ndarray, shape=(..., 1 + n_fft // 2, n_frames), optional
        Power spectrogram in place of `y`, finite; `n_fft` then follows from it.
    norm : {inf, None, -inf, 0} or float > 0
        Each frame is divided by its norm: its largest or smallest magnitude, the number of its
        values that are not 0, or its p-norm. None leaves frames as they are, and so stays a frame
        whose norm is below the smallest normal number of its type.
    n_fft, hop_length, win_length, window, center, pad_mode
        As for `stft`.
    tuning : float, optional
        Deviation from A440 in fractions of a pitch class. Default: estimated from all channels,
        which takes a second pass over the signal.
    n_chroma : int >= 1
        Pitch classes per octave.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.
    **kwargs
        ctroct, octwidth, base_c, dtype of the filter bank: see `chroma_filter`.

    Returns
    -------
    np.ndarray, shape=(..., n_chroma, n_frames)
        Of the type of the input, or of the filter bank if that is float64. The values of a frame
        are neighbours in memory, as in librosa.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal so large that its power overflows.

    Warns
    -----
    UserWarning
        If `n_fft` exceeds the length of the signal, or no peak is there to estimate a tuning from.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> fastspec.chroma_stft(y=y).shape
    (12, 44)
    """
    for name in kwargs:
        if name not in _BANK:
            check_choice("argument", name, tuple(_BANK))
    bank = {**_BANK, **kwargs}
    bank["bank_dtype"] = check_dtype("dtype", bank.pop("dtype"), (_F32, _F64)).name
    precision = resolve_precision(precision)
    n_threads = check_threads(n_threads)
    # What has nothing to do with the tuning is refused before that is estimated.
    sr = check_float("sr", sr, exclusive_minimum=0)
    n_chroma = check_int("n_chroma", n_chroma, minimum=1, maximum=2**20)
    bank |= {"sr": sr, "n_chroma": n_chroma, "norm": check_chroma_norm("norm", norm)}
    if S is not None:
        return _of_spectra(S, n_fft, bank, tuning, precision, n_threads)
    if y is None:
        raise ParameterError("y=None: a signal y or a spectrogram S must be given")
    if n_fft is None:
        raise ParameterError("n_fft=None: must be an integer >= 2 where S is not given")
    n_fft = check_int("n_fft", n_fft, minimum=2, maximum=2**30)
    y = check_audio(y)
    n = y.shape[-1]
    frames = {
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window_key(window, win_length, n_fft),
    }
    y, frames["center"], frames["pad_mode"] = pad_edges(y, n_fft, center, pad_mode)
    if tuning is None:
        # The tuning's own checks and warnings about frames are those of the plan below.
        spectra = spectra_of(y, n_fft, frames, 2.0, None)
        spectra = spectra._replace(n_fft=2 * (spectra.n_bins - 1))  # as librosa infers it
        tuning = tuning_of(spectra, sr, n_chroma, n_threads, 2)
    plan = cached(_plan, precision, tuning=tuning, **frames, **bank)
    kind = _F64 if y.dtype.itemsize == 8 or bank["bank_dtype"] == "float64" else _F32
    core = plan._core(precision == "double" or kind == _F64)
    n_frames = core.n_frames(y.shape[-1])
    if n_frames == 0:
        plan._refuse_length(y.shape[-1])
    if plan.center or n != y.shape[-1]:
        warn_long_frame(plan.n_fft, n, 2)
    # Frame by frame, as librosa's product leaves it.
    out = new_array("y", (*y.shape[:-1], n_frames, core.n_bins), kind).swapaxes(-1, -2)
    core.exec(y, out, n_threads, False)
    return _finite("y", out, n_threads)


def _of_spectra(
    S: Any, n_fft: Any, bank: dict[str, Any], tuning: Any, precision: str, n_threads: int
) -> Array:
    S = _positive_type(S)
    _core.check_finite(S, n_threads, "S")
    n_bins = S.shape[-2]
    if n_bins < 2:
        raise ParameterError(f"S: has shape {S.shape}; must be (..., bins, frames), bins >= 2")
    if tuning is None:
        spectra = Spectra(None, S, 2 * (n_bins - 1), n_bins, S.dtype == _F64)
        tuning = tuning_of(spectra, bank["sr"], bank["n_chroma"], n_threads, 3)
    n_fft = _fitting_n_fft(n_fft, n_bins)
    plan = cached(_plan, precision, tuning=tuning, n_fft=n_fft, **bank)
    kind = _F64 if S.dtype == _F64 or bank["bank_dtype"] == "float64" else _F32
    core = plan._core(precision == "double" or kind == _F64)
    out = new_array("S", (*S.shape[:-2], S.shape[-1], core.n_bins), kind).swapaxes(-1, -2)
    core.exec_spectra(S, out, n_threads, False)
    return _finite("S", out, n_threads)


def _finite(name: str, chroma: Array, n_threads: int) -> Array:
    try:
        _core.check_finite(chroma, n_threads)
    except ParameterError:
        raise ParameterError(f"{name}: so large that its chroma overflows") from None
    return chroma
