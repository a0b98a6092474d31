"""librosa's pseudo and hybrid constant-Q transforms, on cached plans.

The pseudo transform is a magnitude spectrogram times the magnitudes of the constant-Q filters'
spectra: a filter bank of the fused pipeline. The hybrid one takes it where filters are short.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError, check_bool, check_dtype, check_float, check_int
from fastspec.caches import plan_cache
from fastspec.config import check_threads, choose_engine, resolve_precision
from fastspec.constantq import tuning_of, vqt_plan, warn_no_resampler
from fastspec.cqt_basis import Grid, check_bytes, grid, spectral_basis
from fastspec.cqt_plan import check_norm, check_sparsity, check_window, default_fmin
from fastspec.cqt_stages import warn_long_frames
from fastspec.intervals import tuning_factor
from fastspec.plans import PAD_MODES, cached, check_out, new_array, same_memory
from fastspec.spectrum import check_audio, pad_edges
from fastspec.transforms import warn_long_frame
from fastspec.windows import WindowSpec, get_window

__all__ = ["hybrid_cqt", "pseudo_cqt"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)


# ---- pseudo -------------------------------------------------------------------------------------


def _checked(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that both transforms' filters are made of, checked."""
    a = dict(arguments)
    a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
    a["hop_length"] = check_int("hop_length", a["hop_length"], minimum=1, maximum=2**58)
    a["fmin"] = default_fmin(a["fmin"])
    for name in ("n_bins", "bins_per_octave"):
        a[name] = check_int(name, a[name], minimum=1, maximum=2**20)
    a["filter_scale"] = check_float("filter_scale", a["filter_scale"], exclusive_minimum=0)
    a["norm"] = check_norm(a["norm"])
    a["sparsity"] = check_sparsity(a["sparsity"])
    a["window"] = check_window(a["window"])
    a["scale"] = check_bool("scale", a["scale"])
    return a


def _grid(a: dict[str, Any], tuning: float) -> Grid:
    return grid(
        sr=a["sr"],
        fmin=a["fmin"] * tuning_factor(tuning, a["bins_per_octave"]),
        n_bins=a["n_bins"],
        bins_per_octave=a["bins_per_octave"],
        intervals="equal",
        filter_scale=a["filter_scale"],
        gamma=0,
        window=a["window"],
    )


@plan_cache("pseudo_cqt", 16, typed=True)
def _pseudo_core(
    *, tuning: float, center: bool, pad_mode: str, double: bool, **arguments: Any
) -> _core.Frontend:
    """Return the pipeline of one pseudo transform; its bands are the filters' magnitudes."""
    a = _checked(arguments)
    bins = _grid(a, tuning)
    longest = float(bins.lengths.max())
    check_bytes(16 * a["n_bins"] * longest)  # which all filters are as long as
    if longest < 1:
        raise ParameterError(f"filter_scale={a['filter_scale']}: gives filters of no length")
    basis, n_fft = spectral_basis(
        bins.frequencies, bins.alpha, a["sr"], a["filter_scale"], 0, a["norm"], a["sparsity"],
        a["window"], a["hop_length"],
    )  # fmt: skip
    bands = np.abs(basis).astype(np.float64)
    if a["scale"]:
        bands /= np.sqrt(n_fft)
    else:
        bands *= np.sqrt(bins.lengths / n_fft)[:, np.newaxis]
    return _core.Frontend(
        output=2,
        double=double,
        engine=choose_engine("auto", n_fft),
        effort=0,
        n_fft=n_fft,
        hop_length=a["hop_length"],
        window=get_window("hann", n_fft),
        center=center,
        pad_mode=PAD_MODES[pad_mode],
        librosa_tail=True,
        input_scale=1.0,
        power=1.0,
        bands=bands,
        n_bands=a["n_bins"],
    )


def _pseudo(
    y: Array,
    arguments: dict[str, Any],
    tuning: float,
    pad_mode: Any,
    double: bool,
    stacklevel: int,
) -> tuple[_core.Frontend, Array]:
    """Return the pipeline for a signal, and the signal, padded where a function does it."""
    mode = "constant" if callable(pad_mode) else pad_mode
    key = {"tuning": tuning, "center": True, "pad_mode": mode, "double": double, **arguments}
    padded, center, mode = y, True, mode
    if callable(pad_mode):
        # The frame's size is known once the filters are.
        n_fft = cached(_pseudo_core, **key).n_fft
        padded, center, mode = pad_edges(y, n_fft, True, pad_mode)
        key.update(center=center, pad_mode=mode)
    else:
        pad_edges(y[..., :1], 1, True, mode)
    core = cached(_pseudo_core, **key)
    warn_long_frame(core.n_fft, y.shape[-1], stacklevel)
    return core, padded


def _real_type(y: Array, dtype: npt.DTypeLike | None) -> np.dtype[Any]:
    """Return the type of magnitudes, for a complex `dtype` as librosa takes it."""
    if dtype is None:
        return y.dtype.newbyteorder("=")
    return _F64 if check_dtype("dtype", dtype, (_C64, _C128)) == _C128 else _F32


def pseudo_cqt(
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
    dtype: npt.DTypeLike | None = None,
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Pseudo constant-Q transform, as `librosa.pseudo_cqt` of librosa 0.11.

    A magnitude spectrogram times the magnitudes of all filters' spectra, without phases.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; float32 or float64, finite.
    sr, hop_length, fmin, n_bins, bins_per_octave, tuning, filter_scale, norm, sparsity, window, \
scale, pad_mode
        As for `cqt`.
    dtype : complex dtype, optional
        The result has the real type of the same precision. Default: the type of `y`.
    out : np.ndarray, shape=(..., n_bins, n_frames), optional
        Where to write the result, of the type that would be returned; any strides.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., n_bins, n_frames)
        `out`, or a new array.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is empty or not finite.

    Warns
    -----
    UserWarning
        If frames are longer than the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.pseudo_cqt(np.zeros(22050, np.float32), fmin=110, n_bins=60).shape
    (60, 44)
    """
    y = check_audio(y)
    tuning = tuning_of(y, tuning, sr, bins_per_octave, n_threads)
    wanted = _real_type(y, dtype)
    double = resolve_precision(precision) == "double" or _F64 in (y.dtype, wanted)
    arguments = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "n_bins": n_bins,
        "bins_per_octave": bins_per_octave,
        "filter_scale": filter_scale,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": scale,
    }
    core, padded = _pseudo(y, arguments, tuning, pad_mode, double, 3)
    result = _result(y, out, core.n_bins, core.n_frames(padded.shape[-1]), wanted, "C")
    core.exec(padded, result, check_threads(n_threads), False)
    return result


def _result(
    y: Array, out: Array | None, n_bins: int, n_frames: int, dtype: np.dtype[Any], order: str
) -> Array:
    shape = (*y.shape[:-1], n_bins, n_frames)
    if out is None:
        return new_array("y", shape, dtype, order)
    check_out(out, shape, dtype)
    if same_memory(y, out):
        raise ParameterError("out: must not overlap y")
    return out


# ---- hybrid -------------------------------------------------------------------------------------


@plan_cache("hybrid_cqt", 64, typed=True)
def _split(*, tuning: float, **arguments: Any) -> tuple[int, float, float]:
    """Return how many bins the full transform has, its lowest frequency, and the other's."""
    a = _checked(arguments)
    bins = _grid(a, tuning)
    # Filters that fit within two hops when they are padded to a power of two are short.
    short = 2.0 ** np.ceil(np.log2(bins.lengths)) < 2 * a["hop_length"]
    n_full = int(np.sum(~short))
    lowest = float(bins.frequencies[short].min()) if n_full < a["n_bins"] else 0.0
    return n_full, float(bins.frequencies[0]), lowest


def hybrid_cqt(
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
    librosa_version: str = "0.11",
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Hybrid constant-Q transform, as `librosa.hybrid_cqt` of librosa 0.11.

    Magnitudes of `cqt` for the bins whose filters are longer than two hops, and `pseudo_cqt` for
    those above them.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; float32 or float64, finite.
    sr, hop_length, fmin, n_bins, bins_per_octave, tuning, filter_scale, norm, sparsity, window, \
scale, pad_mode, res_type, librosa_version
        As for `cqt`.
    dtype : complex dtype, optional
        The result has the real type of the same precision. Default: the type of `y`.
    out : np.ndarray, shape=(..., n_bins, n_frames), optional
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
        As `cqt`.

    Warns
    -----
    UserWarning
        If filters are longer than the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.hybrid_cqt(np.zeros(22050, np.float32)).shape
    (84, 44)
    """
    return hybrid_magnitudes(
        y,
        sr=sr,
        hop_length=hop_length,
        fmin=fmin,
        n_bins=n_bins,
        bins_per_octave=bins_per_octave,
        tuning=tuning,
        filter_scale=filter_scale,
        norm=norm,
        sparsity=sparsity,
        window=window,
        scale=scale,
        pad_mode=pad_mode,
        res_type=res_type,
        dtype=dtype,
        librosa_version=librosa_version,
        out=out,
        n_threads=n_threads,
        precision=precision,
        stacklevel=4,
    )


def hybrid_magnitudes(
    y: Any,
    *,
    sr: float,
    hop_length: int,
    fmin: float | None,
    n_bins: int,
    bins_per_octave: int,
    tuning: float | None,
    filter_scale: float = 1,
    norm: float | None = 1,
    sparsity: float = 0.01,
    window: WindowSpec = "hann",
    scale: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    res_type: str | None = "soxr_hq",
    dtype: npt.DTypeLike | None = None,
    librosa_version: str = "0.11",
    out: Array | None = None,
    n_threads: int,
    precision: str | None,
    stacklevel: int,
) -> Array:
    """Return `hybrid_cqt`; a stacklevel of 3 lets its warnings point to what called the caller."""
    y = check_audio(y)
    n_bins = check_int("n_bins", n_bins, minimum=1, maximum=2**20)
    tuning = tuning_of(y, tuning, sr, bins_per_octave, n_threads)
    wanted = _real_type(y, dtype)
    precision = resolve_precision(precision)
    double = precision == "double" or _F64 in (y.dtype, wanted)
    shared: dict[str, Any] = {
        "sr": sr,
        "hop_length": hop_length,
        "bins_per_octave": bins_per_octave,
        "filter_scale": filter_scale,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": scale,
    }
    n_full, lowest, middle = cached(_split, tuning=tuning, fmin=fmin, n_bins=n_bins, **shared)
    n_threads = check_threads(n_threads)
    padded, pseudo, full, counts = y, None, None, []
    if n_full < n_bins:
        arguments = {**shared, "fmin": middle, "n_bins": n_bins - n_full}
        pseudo, padded = _pseudo(y, arguments, 0.0, pad_mode, double, stacklevel)
        counts.append(pseudo.n_frames(padded.shape[-1]))
    if n_full:
        plan = vqt_plan(
            **shared,
            fmin=lowest,
            n_bins=n_full,
            tuning=0.0,
            gamma=0,
            pad_mode=pad_mode,
            res_type="soxr_hq" if res_type is None else res_type,
            librosa_version=librosa_version,
            definition="librosa",
            output="magnitude",
            precision=precision,
        )
        if res_type is None:
            warn_no_resampler(stacklevel)
        full = plan._core(double)
        warn_long_frames(full, y.shape[-1], stacklevel)
        counts.append(full.n_frames(y.shape[-1]))
    result = _result(y, out, n_bins, min(counts), wanted, "F")
    if pseudo is not None:
        _into(result[..., n_full:, :], pseudo, padded, counts[0], n_threads)
    if full is not None:
        _into(result[..., :n_full, :], full, y, counts[-1], n_threads)
    return result


def _into(part: Array, core: Any, y: Array, n_frames: int, n_threads: int) -> None:
    """Write a transform to part of the result, which may have fewer frames."""
    if part.shape[-1] == n_frames:
        core.exec(y, part, n_threads, False)
        return
    whole = new_array("y", (*part.shape[:-1], n_frames), part.dtype, "F")
    core.exec(y, whole, n_threads, False)
    part[...] = whole[..., : part.shape[-1]]
