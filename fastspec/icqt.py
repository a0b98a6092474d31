"""Inverses of the constant-Q transform: librosa's functions, and least squares."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core, cqt_stages
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    check_size,
)
from fastspec.caches import plan_cache
from fastspec.config import check_threads, resolve_precision
from fastspec.constantq import vqt_plan
from fastspec.cqt_plan import _CHECKS, CQT, freeze_intervals
from fastspec.icqt_plan import Inverse, longest_signal, solver
from fastspec.plans import cached, check_array, check_out, new_array, same_memory
from fastspec.spectrum import _generator
from fastspec.windows import WindowSpec

__all__ = ["griffinlim_cqt", "icqt", "invert", "ivqt"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)


@plan_cache("icqt", 16, typed=True)
def _inverse(**arguments: Any) -> Inverse:
    return Inverse(**arguments)


# ---- librosa's functions ------------------------------------------------------------------------


def icqt(
    C: Array,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    fmin: float | None = None,
    bins_per_octave: int = 12,
    tuning: float = 0.0,
    filter_scale: float = 1,
    norm: float | None = 1,
    sparsity: float = 0.01,
    window: WindowSpec = "hann",
    scale: bool = True,
    length: int | None = None,
    res_type: str = "soxr_hq",
    dtype: npt.DTypeLike | None = None,
    method: str | None = None,
    definition: str = "librosa",
    n_iter: int = 100,
    tol: float = 1e-6,
    damping: float = 1e-3,
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Inverse constant-Q transform, as `librosa.icqt` of librosa 0.11; or by least squares.

    librosa's method is a single pass and errs by several percent even where the transform holds all
    of the signal. Least squares find the signal whose transform is closest to `C`.

    Parameters
    ----------
    C : np.ndarray, shape=(..., n_bins, n_frames)
        Transform as `cqt` returns it; finite. What is real is taken for complex.
    sr, hop_length, fmin, bins_per_octave, filter_scale, norm, sparsity, window, scale
        As for the `cqt` that made `C`.
    tuning : float
        Offset in fractions of a bin.
    length : int >= 0, optional
        Samples of the result, which is cut or padded with zeros. None or 0: ``hop_length *
        (n_frames - 1)``.
    res_type : str
        Resampler between octaves: 'soxr_hq' is built in; the other ``'soxr_...'`` need soxr.
    dtype : {np.float32, np.float64}, optional
        Type of the result. Default: that of the precision of `C`. (librosa 0.11 returns float64
        for complex64 too, unless ``scale=False``.)
    method : {'librosa', 'least_squares'}, optional
        Default: 'librosa' for ``definition='librosa'``, else 'least_squares'.
    definition : {'librosa', 'exact'}
        What `C` was made by; see `cqt`. 'exact' needs least squares.
    n_iter : int >= 0
        For least squares: iterations at the most. Each costs about two transforms.
    tol : float >= 0
        For least squares: relative residual at which to stop; see `CQT.inverse`.
    damping : float >= 0
        For least squares: how much to prefer small signals; see `CQT.inverse`.
    out : np.ndarray, shape=(..., n_samples), optional
        Where to write the result, of its type.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes complex64 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., n_samples)

    Raises
    ------
    ParameterError
        If an argument is out of its range, `C` is not finite or has no frames, or a bin lies above
        sr / 2.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> C = fastspec.cqt(np.zeros(22050, np.float32), n_bins=36)
    >>> fastspec.icqt(C, length=22050).shape
    (22050,)
    """
    arguments = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "bins_per_octave": bins_per_octave,
        "tuning": tuning,
        "filter_scale": filter_scale,
        "gamma": 0,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": scale,
        "intervals": "equal",
        "res_type": res_type,
    }
    options = (method, definition, n_iter, tol, damping)
    return _invert(C, arguments, length, dtype, options, out, n_threads, precision)


def ivqt(
    C: Array,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    fmin: float | None = None,
    intervals: str | Iterable[float] = "equal",
    gamma: float | None = None,
    bins_per_octave: int = 12,
    tuning: float = 0.0,
    filter_scale: float = 1,
    norm: float | None = 1,
    sparsity: float = 0.01,
    window: WindowSpec = "hann",
    scale: bool = True,
    length: int | None = None,
    res_type: str = "soxr_hq",
    dtype: npt.DTypeLike | None = None,
    method: str | None = None,
    definition: str = "librosa",
    n_iter: int = 100,
    tol: float = 1e-6,
    damping: float = 1e-3,
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Inverse variable-Q transform: `icqt` for what `vqt` returns.

    librosa has no such function; this one does to `vqt` what `librosa.icqt` does to `cqt`.

    Parameters
    ----------
    C : np.ndarray, shape=(..., n_bins, n_frames)
        Transform as `vqt` returns it; finite.
    intervals, gamma
        As for the `vqt` that made `C`.
    sr, hop_length, fmin, bins_per_octave, tuning, filter_scale, norm, sparsity, window, scale, \
length, res_type, dtype, method, definition, n_iter, tol, damping, out, n_threads, precision
        As for `icqt`.

    Returns
    -------
    np.ndarray, shape=(..., n_samples)

    Raises
    ------
    ParameterError
        As `icqt`.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> C = fastspec.vqt(np.zeros(22050, np.float32), n_bins=36)
    >>> fastspec.ivqt(C, length=22050).shape
    (22050,)
    """
    arguments = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "bins_per_octave": bins_per_octave,
        "tuning": tuning,
        "filter_scale": filter_scale,
        "gamma": gamma,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": scale,
        "intervals": freeze_intervals(intervals),
        "res_type": res_type,
    }
    options = (method, definition, n_iter, tol, damping)
    return _invert(C, arguments, length, dtype, options, out, n_threads, precision)


def _invert(
    C: Any,
    arguments: dict[str, Any],
    length: int | None,
    dtype: npt.DTypeLike | None,
    options: tuple[Any, ...],
    out: Array | None,
    n_threads: int,
    precision: str | None,
) -> Array:
    C = _spectrum(C)
    method, definition, n_iter, tol, damping = options
    definition = check_choice("definition", definition, ("librosa", "exact"))
    if method is None:
        method = "librosa" if definition == "librosa" else "least_squares"
    method = check_choice("method", method, ("librosa", "least_squares"))
    wanted = _real(C) if dtype is None else check_dtype("dtype", dtype, (_F32, _F64))
    double = resolve_precision(precision) == "double" or C.dtype == _C128
    arguments = {name: _CHECKS[name](name, value) for name, value in arguments.items()}
    if method == "least_squares":
        plan = vqt_plan(n_bins=C.shape[-2], definition=definition, **arguments)
        return invert(plan, C, length, n_iter, tol, damping, wanted, double, out, n_threads)[0]
    if definition == "exact":
        raise ParameterError("method='librosa': does not invert definition='exact'")
    core = cached(_inverse, double=double, n_bins=C.shape[-2], **arguments)
    n = _length(length)
    if length is not None:
        needed = math.ceil((n + core.longest) / core.hop_length)
        C = C[..., :needed]
    n = n or core.n_samples(C.shape[-1])
    result = _result(C, n, wanted, out)
    core.exec(C, result, check_threads(n_threads))
    return result


def _spectrum(given: Any) -> Array:
    """Check an argument ``C``; return it as complex64 or complex128."""
    C = check_array("C", given)
    if C.dtype.kind not in "fiuc":
        raise ParameterError(f"C: has dtype {C.dtype}; must hold numbers")
    if C.ndim < 2 or 0 in C.shape[-2:]:
        raise ParameterError(f"C: has shape {C.shape}; must be (..., n_bins, n_frames), not empty")
    if C.dtype in (_C64, _C128) and C.flags.aligned and C.dtype.isnative:
        return C
    single = C.dtype.itemsize <= (8 if C.dtype.kind == "c" else 4) and C.dtype.kind in "fc"
    wanted = _C64 if single else _C128
    check_size("C", C.shape, wanted.itemsize)
    with np.errstate(over="ignore"):  # what becomes infinite is refused as such
        return C.astype(wanted)


def _real(C: Array) -> np.dtype[Any]:
    return _F32 if C.dtype == _C64 else _F64


def _length(length: Any) -> int:
    return 0 if length is None else check_int("length", length, minimum=0, maximum=2**48)


def _result(C: Array, n: int, dtype: np.dtype[Any], out: Array | None) -> Array:
    shape = (*C.shape[:-2], n)
    if out is None:
        return new_array("length", shape, dtype)
    check_out(out, shape, dtype)
    if same_memory(C, out):
        raise ParameterError("out: must not overlap C")
    return out


# ---- least squares ------------------------------------------------------------------------------


def invert(
    plan: CQT,
    C: Any,
    length: int | None,
    n_iter: Any,
    tol: Any,
    damping: Any,
    dtype: np.dtype[Any] | None,
    double: bool,
    out: Array | None,
    n_threads: int,
) -> tuple[Array, Array]:
    """Return the signal whose transform is closest to C, and the relative residual."""
    C = _spectrum(C)
    if C.shape[-2] != plan.n_bins:
        raise ParameterError(f"C: has {C.shape[-2]} bins; the plan has {plan.n_bins}")
    n_iter = check_int("n_iter", n_iter, minimum=0, maximum=2**31 - 1)
    tol = check_float("tol", tol, minimum=0)
    damping = check_float("damping", damping, minimum=0)
    n_threads = check_threads(n_threads)
    n, n_frames = _length(length), C.shape[-1]
    wanted = _real(C) if dtype is None else dtype
    compute = _F64 if double or C.dtype == _C128 else _F32
    forward, adjoint, gains = solver(plan, compute == _F64)
    # A signal that is shorter or longer has other frames: solve for one that fits, and cut.
    fits = n > 0 and forward.n_frames(n) == n_frames
    within = n if fits else longest_signal(forward, plan.hop_length, n_frames)
    n = n or plan.hop_length * (n_frames - 1)
    result = _result(C, n, wanted, out)
    residuals = np.zeros(max(1, math.prod(C.shape[:-2])))[: math.prod(C.shape[:-2])]
    if result.flags.c_contiguous and result.dtype == compute and n == within:
        y = result
    else:
        y = new_array("C", (*C.shape[:-2], within), compute)
    _core.icqt_solve(forward, adjoint, C, y, gains, n_iter, tol, damping, residuals, n_threads)
    if y is not result:
        n = min(n, within)
        result[..., :n] = y[..., :n]
        result[..., n:] = 0
    return result, residuals.reshape(C.shape[:-2])


# ---- Griffin-Lim --------------------------------------------------------------------------------


def griffinlim_cqt(
    C: Array,
    *,
    n_iter: int = 32,
    sr: float = 22050,
    hop_length: int = 512,
    fmin: float | None = None,
    bins_per_octave: int = 12,
    tuning: float = 0.0,
    filter_scale: float = 1,
    norm: float | None = 1,
    sparsity: float = 0.01,
    window: WindowSpec = "hann",
    scale: bool = True,
    pad_mode: str | Callable[..., Any] = "constant",
    res_type: str = "soxr_hq",
    dtype: npt.DTypeLike | None = None,
    length: int | None = None,
    momentum: float = 0.99,
    init: str | None = "random",
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Find a signal for constant-Q magnitudes, as `librosa.griffinlim_cqt` of librosa 0.11.

    The fast Griffin-Lim algorithm [1]_ on `cqt` and `icqt`; `momentum` 0 is the original one.

    Parameters
    ----------
    C : np.ndarray, shape=(..., n_bins, n_frames)
        Magnitudes; finite. Complex values keep their phases as offsets of those that are found.
    n_iter : int >= 0
        Iterations.
    sr, hop_length, fmin, bins_per_octave, tuning, filter_scale, norm, sparsity, window, scale, \
res_type, dtype, length
        As for `icqt`.
    pad_mode : str or callable
        As for `cqt`.
    momentum : float >= 0
        Values above 1 can diverge.
    init : {'random', None}
        First phases: random, or zero.
    random_state : int, np.random.RandomState, np.random.Generator, optional
        Source of the random phases.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., n_samples)

    Raises
    ------
    ParameterError
        If an argument is out of its range, or if a signal of `length` samples has another number
        of frames than `C`.

    Warns
    -----
    UserWarning
        If `momentum` is above 1, or filters are longer than the signal.

    References
    ----------
    .. [1] N. Perraudin, P. Balazs and P. L. Sondergaard, "A fast Griffin-Lim algorithm,"
       IEEE WASPAA, pp. 1-4, 2013.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> C = np.abs(fastspec.cqt(np.zeros(22050, np.float32), n_bins=36))
    >>> fastspec.griffinlim_cqt(C, n_iter=2).shape
    (22016,)
    """
    given = check_array("C", C)
    target = _spectrum(given)
    random = _generator(random_state)
    inertia = check_float("momentum", momentum, minimum=0)
    if inertia > 1:
        warnings.warn(
            f"Griffin-Lim with momentum={momentum} > 1 can be unstable. Proceed with caution!",
            stacklevel=2,
        )
    if init is not None:
        check_choice("init", init, ("random",))
    n_iter = check_int("n_iter", n_iter, minimum=0, maximum=2**31 - 1)
    arguments = {
        "sr": sr,
        "hop_length": hop_length,
        "fmin": fmin,
        "bins_per_octave": bins_per_octave,
        "tuning": tuning,
        "filter_scale": filter_scale,
        "gamma": 0,
        "norm": norm,
        "sparsity": sparsity,
        "window": window,
        "scale": check_bool("scale", scale),
        "intervals": "equal",
        "res_type": res_type,
    }
    arguments = {name: _CHECKS[name](name, value) for name, value in arguments.items()}
    wanted = _real(target) if dtype is None else check_dtype("dtype", dtype, (_F32, _F64))
    double = resolve_precision(precision) == "double" or target.dtype == _C128
    compute, spectral = (_F64, _C128) if double else (_F32, _C64)
    n_bins, n_frames = target.shape[-2:]
    inverse = cached(_inverse, double=double, n_bins=n_bins, **arguments)
    n = _length(length)
    used = n_frames
    if length is not None:
        used = min(n_frames, math.ceil((n + inverse.longest) / inverse.hop_length))
    n = n or inverse.n_samples(used)
    n_threads = check_threads(n_threads)
    if n_iter:
        forward = _forward(arguments, n_bins, pad_mode, double)
        count = forward.n_frames(n) if n else 0
        if count != n_frames:
            raise ParameterError(
                f"{'length' if length else 'C'}: {n} samples have {count} frames, but C has "
                f"{n_frames}"
            )
        cqt_stages.warn_long_frames(forward, n, 3)
    y = new_array("length", (*target.shape[:-2], n), compute)
    magnitude = np.asfortranarray(target, dtype=spectral)
    phased = magnitude.copy(order="F")
    if init is not None:
        np.multiply(phased, np.exp(2j * np.pi * random.random(size=target.shape)), out=phased)
    spectra = [np.empty_like(phased), np.empty_like(phased)] if n_iter else []
    for i in range(n_iter):
        rebuilt, before = spectra[i % 2], spectra[1 - i % 2] if i else None
        inverse.exec(phased[..., :used], y, n_threads)
        try:
            forward.exec(y, rebuilt, n_threads)
        except ParameterError as error:
            raise ParameterError("C: is so large that its signal overflows") from error
        _core.rephase(rebuilt, before, magnitude, phased, inertia / (1 + inertia), n_threads)
    inverse.exec(phased[..., :used], y, n_threads)
    return y.astype(wanted, copy=False)


def _forward(arguments: dict[str, Any], n_bins: int, pad_mode: Any, double: bool) -> Any:
    plan = vqt_plan(
        n_bins=n_bins,
        definition="librosa",
        pad_mode=pad_mode,
        precision="double" if double else "single",
        **arguments,
    )
    return plan._core(double)
