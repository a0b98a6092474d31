"""The constant-Q transform: the plan `CQT`, and librosa's functions on cached plans.

Two definitions have names. ``'exact'`` is that of the literature [1]_, evaluated to the accuracy of
the arithmetic; ``'librosa'`` is the linear map that librosa 0.11 computes, which differs from it by
one or two percent.

.. [1] C. Schoerkhuber and A. Klapuri, "Constant-Q transform toolbox for music processing," 7th
   Sound and Music Computing Conference, Barcelona, 2010.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import cqt_stages
from fastspec._validate import ParameterError, check_dtype
from fastspec.caches import plan_cache
from fastspec.config import check_threads, resolve_precision
from fastspec.cqt_plan import CQT, freeze_intervals
from fastspec.intervals import cqt_frequencies, interval_frequencies
from fastspec.pitch import estimate_tuning
from fastspec.plans import cached, check_out, new_array, same_memory
from fastspec.spectrum import check_audio
from fastspec.windows import WindowSpec

__all__ = ["CQT", "cqt", "cqt_frequencies", "interval_frequencies", "vqt", "vqt_plan"]

Array = npt.NDArray[Any]

_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)


@plan_cache("cqt", 16, typed=True)
def _plan(**arguments: Any) -> CQT:
    return CQT(**arguments)


def vqt_plan(**arguments: Any) -> CQT:
    """Return a plan from the cache."""
    plan: CQT = cached(_plan, **arguments)
    return plan


def cqt(
    y: Array,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    fmin: float | None = None,
    n_bins: int = 84,
    bins_per_octave: int = 12,
    tuning: float | None = 0.0,
    filter_scale: float = 1,
    norm: float | None = 1,
    sparsity: float = 0.01,
    window: WindowSpec = "hann",
    scale: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    res_type: str | None = "soxr_hq",
    dtype: npt.DTypeLike | None = None,
    definition: str = "librosa",
    librosa_version: str = "0.11",
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Constant-Q transform, as `librosa.cqt` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; float32 or float64, finite.
    sr, hop_length, fmin, n_bins, bins_per_octave, filter_scale, norm, window, scale
        As for `CQT`.
    tuning : float, optional
        Offset in fractions of a bin; None: estimated from the signal.
    sparsity : float in [0, 1)
        Share of each filter's spectrum that is set to zero.
    pad_mode : str or callable
        What frames hold beyond the ends of the signal, at each octave's rate; as for `stft`.
    res_type : str
        Resampler between octaves: 'soxr_hq' is built in; the other ``'soxr_...'`` need soxr.
    dtype : complex dtype, optional
        Type of the result. Default: complex64 for float32, complex128 for float64.
    definition : {'librosa', 'exact'}
        See `CQT`.
    librosa_version : {'0.11', '1.0'}
        Whose rule says after which octaves the signal is decimated; see `CQT`.
    out : complex np.ndarray, shape=(..., n_bins, n_frames), optional
        Where to write the result, of the type that would be returned; any strides.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., n_bins, n_frames)
        `out`, or a new array, Fortran-ordered.

    Raises
    ------
    ParameterError
        If an argument is out of its range, the signal is empty or not finite, or the highest
        filter's pass-band exceeds sr / 2.

    Warns
    -----
    UserWarning
        If filters are longer than the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.cqt(np.zeros(22050, np.float32), n_bins=36).shape
    (36, 44)
    """
    arguments = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "n_bins": n_bins,
        "bins_per_octave": bins_per_octave,
        "filter_scale": filter_scale,
        "gamma": 0,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": scale,
        "pad_mode": pad_mode,
        "definition": definition,
        "librosa_version": librosa_version,
    }
    return _transform(y, arguments, tuning, res_type, dtype, out, n_threads, precision)


def vqt(
    y: Array,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    fmin: float | None = None,
    n_bins: int = 84,
    intervals: str | Iterable[float] = "equal",
    gamma: float | None = None,
    bins_per_octave: int = 12,
    tuning: float | None = 0.0,
    filter_scale: float = 1,
    norm: float | None = 1,
    sparsity: float = 0.01,
    window: WindowSpec = "hann",
    scale: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    res_type: str | None = "soxr_hq",
    dtype: npt.DTypeLike | None = None,
    definition: str = "librosa",
    librosa_version: str = "0.11",
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Variable-Q transform, as `librosa.vqt` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; float32 or float64, finite.
    intervals : str or array
        Division of the octave; see `interval_frequencies`.
    gamma : float >= 0, optional
        Bandwidth in Hz that is added to every bin's; None: that of the ear's filters.
    sr, hop_length, fmin, n_bins, bins_per_octave, tuning, filter_scale, norm, sparsity, window, \
scale, pad_mode, res_type, dtype, definition, librosa_version, out, n_threads, precision
        As for `cqt`.

    Returns
    -------
    np.ndarray, shape=(..., n_bins, n_frames)
        `out`, or a new array, Fortran-ordered.

    Raises
    ------
    ParameterError
        As `cqt`.

    Warns
    -----
    UserWarning
        If filters are longer than the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.vqt(np.zeros(22050, np.float32), n_bins=36).shape
    (36, 44)
    """
    arguments = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "n_bins": n_bins,
        "bins_per_octave": bins_per_octave,
        "filter_scale": filter_scale,
        "gamma": gamma,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": scale,
        "pad_mode": pad_mode,
        "definition": definition,
        "librosa_version": librosa_version,
        "intervals": freeze_intervals(intervals),
    }
    return _transform(y, arguments, tuning, res_type, dtype, out, n_threads, precision)


def tuning_of(
    y: Array, tuning: float | None, sr: float, bins_per_octave: int, n_threads: int
) -> float:
    """Return the tuning, estimated where it is None."""
    if tuning is None:
        return estimate_tuning(y=y, sr=sr, bins_per_octave=bins_per_octave, n_threads=n_threads)
    return tuning


def warn_no_resampler(stacklevel: int) -> None:
    """Warn, as librosa does, of no resampler; a stacklevel of 1 is the line that calls this."""
    warnings.warn(
        "Support for VQT with res_type=None is deprecated in librosa 0.10\n"
        "and will be removed in version 1.0.",
        category=FutureWarning,
        stacklevel=stacklevel + 1,
    )


def _transform(
    y: Any,
    arguments: dict[str, Any],
    tuning: float | None,
    res_type: str | None,
    dtype: npt.DTypeLike | None,
    out: Array | None,
    n_threads: int,
    precision: str | None,
) -> Array:
    y = check_audio(y)
    intervals: Any = arguments.get("intervals", "equal")
    per_octave = arguments["bins_per_octave"] if isinstance(intervals, str) else len(intervals)
    tuning = tuning_of(y, tuning, arguments["sr"], per_octave, n_threads)
    if res_type is None:
        warn_no_resampler(3)
        res_type = "soxr_hq"
    wanted = _C128 if y.dtype.itemsize == 8 else _C64
    if dtype is not None:
        wanted = check_dtype("dtype", dtype, (_C64, _C128))
    precision = resolve_precision(precision)
    plan = vqt_plan(tuning=tuning, res_type=res_type, precision=precision, **arguments)
    core = plan._core(precision == "double" or y.dtype.itemsize == 8 or wanted == _C128)
    n = y.shape[-1]
    if core.filters:
        cqt_stages.warn_long_frames(core, n, 4)
    shape = (*y.shape[:-1], core.n_bins, core.n_frames(n))
    if out is None:
        out = new_array("y", shape, wanted, "F")
    else:
        check_out(out, shape, wanted)
        if same_memory(y, out):
            raise ParameterError("out: must not overlap y")
    core.exec(y, out, check_threads(n_threads), False)
    return out
