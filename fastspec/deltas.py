"""Derivatives and stacks of features over time, as librosa has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_axis, as_numbers, as_real
from fastspec._validate import (
    ParameterError,
    check_choice,
    check_float,
    check_int,
    check_size,
    show,
)
from fastspec.config import check_threads
from fastspec.plans import check_out, new_array

__all__ = ["delta", "stack_memory"]

Array = npt.NDArray[Any]

# scipy's names of what lies beyond the ends, and NumPy's.
_PADS = {"mirror": "reflect", "nearest": "edge", "constant": "constant", "wrap": "wrap"}


def delta(
    data: npt.ArrayLike,
    *,
    width: int = 9,
    order: int = 1,
    axis: int = -1,
    mode: str = "interp",
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Derivative of features along time, as `librosa.feature.delta` of librosa 0.11.

    The derivative of the polynomial that fits the `width` frames around each frame best
    (a Savitzky-Golay filter).

    Parameters
    ----------
    data : array
        Features, such as MFCC, with time along `axis`.
    width : odd int >= 3
        Frames of each fit.
    order : int >= 1
        Of the derivative.
    axis : int
        Axis of time.
    mode : {'interp', 'nearest', 'mirror', 'constant', 'wrap'}
        The ends: 'interp' takes the polynomials that fit the first and the last `width` frames;
        the others say what lies beyond the ends, as `scipy.signal.savgol_filter` has them.
    n_threads : int >= 1
        Threads to use at the most.
    **kwargs
        `polyorder`, degree of the polynomial, less than `width` (default: `order`); `delta`, time
        from frame to frame (default: 1); `cval`, what 'constant' has beyond the ends (default: 0).

    Returns
    -------
    np.ndarray, shape=data.shape
        float32 for float32, else float64.

    Raises
    ------
    ParameterError
        If an argument is out of its range; with 'interp', if there are fewer than `width` frames,
        or those at the ends are not finite.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> float(fastspec.delta(np.arange(12.0) ** 2)[5])
    10.0
    """
    x = np.atleast_1d(as_real("data", data))
    kwargs.pop("deriv", None)
    usual = {"polyorder": None, "delta": 1.0, "cval": 0.0}
    degree, spacing, cval = (kwargs.pop(name, value) for name, value in usual.items())
    if kwargs:
        raise TypeError(f"delta() got an unexpected keyword argument {next(iter(kwargs))!r}")
    axis = as_axis("axis", axis, x.ndim)
    check_choice("mode", mode, ("interp", *_PADS))
    width = check_int("width", width, minimum=3, maximum=2**20)
    if mode == "interp" and width > x.shape[axis]:
        raise ParameterError(
            f"width={width}: must be at most the {x.shape[axis]} frames of data with mode='interp'"
        )
    if width % 2 != 1:
        raise ParameterError(f"width={width}: must be odd")
    order = check_int("order", order, minimum=1)
    highest = min(width - 1, 100)
    if degree is not None:
        degree = check_int("polyorder", degree, minimum=0, maximum=highest)
    elif order > highest:
        raise ParameterError(f"order={show(order)}: must be at most {highest} with width={width}")
    else:
        degree = order
    spacing = check_float("delta", spacing)
    cval = check_float("cval", cval)
    n_threads = check_threads(n_threads)
    if order > degree or not x.size:
        return np.zeros_like(x, order="C")
    return _savgol(x, width, order, degree, spacing, axis, mode, cval, n_threads)


def _savgol(
    x: Array,
    width: int,
    order: int,
    degree: int,
    spacing: float,
    axis: int,
    mode: str,
    cval: float,
    n_threads: int,
) -> Array:
    """Return the derivative; all is checked."""
    half, n = width // 2, x.shape[axis]
    if mode == "interp":  # whose polynomials at the ends would carry NaN into other frames
        ends = np.r_[:width, max(n - width, width) : n]
        if not np.isfinite(np.take(x, ends, axis)).all():
            raise ParameterError(
                f"data: holds NaN or infinite values within {width} frames of an end; with "
                "mode='interp' these must be finite"
            )
    fits = _fits(width, order, degree) / spacing**order
    if mode != "interp":
        pad = [(0, 0)] * x.ndim
        pad[axis] = (half, half)
        more: dict[str, Any] = {"constant_values": cval} if mode == "constant" else {}
        x = np.pad(x, pad, mode=_PADS[mode], **more)  # type: ignore[call-overload]
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    rows = np.ascontiguousarray(x).reshape(outer, x.shape[axis] * inner)
    out = new_array("data", (outer, n, inner), x.dtype)
    flat = out.reshape(outer, n * inner)
    begin = half * inner if mode == "interp" else 0
    _core.filter_rows(rows, fits[half], inner, flat[:, begin : n * inner - begin], n_threads)
    if mode == "interp":
        cube = rows.reshape(outer, n, inner)
        weights = fits.astype(x.dtype)
        out[:, :half] = np.einsum("ij,ajb->aib", weights[:half], cube[:, :width])
        out[:, n - half :] = np.einsum("ij,ajb->aib", weights[half + 1 :], cube[:, n - width :])
    return out.reshape((*x.shape[:axis], n, *x.shape[axis + 1 :]))


def _fits(width: int, order: int, degree: int) -> Array:
    """Return the weights (width, width) that give the fit's derivative at each of its frames."""
    half = width // 2
    nodes = np.arange(-half, half + 1) / half
    powers = nodes[:, np.newaxis] ** np.arange(degree + 1)
    derived = np.zeros_like(powers)
    for k in range(order, degree + 1):
        derived[:, k] = math.perm(k, order) * nodes ** (k - order)
    # In [-1, 1] the powers are far from dependent at the degrees in use.
    return derived @ np.linalg.pinv(powers) / float(half) ** order


def stack_memory(
    data: npt.ArrayLike,
    *,
    n_steps: int = 2,
    delay: int = 1,
    out: Array | None = None,
    **kwargs: Any,
) -> Array:
    """Stack features with their past or future, as `librosa.feature.stack_memory` of librosa 0.11.

    Parameters
    ----------
    data : array, shape=(..., d, t)
        Features, with time along the last axis; a vector is one feature.
    n_steps : int >= 1
        How many frames are put together.
    delay : int, not 0
        Frames from one to the next: into the past if positive, else into the future.
    out : np.ndarray, optional
        Where to write the result.
    **kwargs
        Of `numpy.pad`, for what lies beyond the ends: `mode` (default: 'constant'),
        `constant_values` (default: 0) and others.

    Returns
    -------
    np.ndarray, shape=(..., d * n_steps, t)
        Rows ``i * d`` to ``(i + 1) * d`` are `data`, delayed by ``i * delay``. Of its type.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or `data` has no frames.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.stack_memory(np.arange(1, 4), n_steps=2)
    array([[1, 2, 3],
           [0, 1, 2]])
    """
    n_steps = check_int("n_steps", n_steps, minimum=1, maximum=2**40)
    delay = check_int("delay", delay, minimum=-(2**40), maximum=2**40)
    if delay == 0:
        raise ParameterError("delay=0: must not be 0")
    x = np.atleast_2d(as_numbers("data", data))
    d, t = x.shape[-2:]
    if t < 1:
        raise ParameterError(f"data: has shape {x.shape}; must have at least one frame")
    kwargs.setdefault("mode", "constant")
    shape = (*x.shape[:-2], d * n_steps, t)
    fill: Any = None
    if kwargs["mode"] == "constant":
        value = kwargs.setdefault("constant_values", [0])
        if set(kwargs) == {"mode", "constant_values"} and np.size(value) == 1:
            fill = np.ravel(value)[0]
    check_size("data", shape, x.dtype.itemsize)
    fortran = x.flags.fnc
    if fill is None:
        reach = (n_steps - 1) * delay
        pad = [(0, 0)] * (x.ndim - 1) + [(max(reach, 0), max(-reach, 0))]
        check_size("data", (*x.shape[:-1], t + abs(reach)), x.dtype.itemsize)
        x = np.pad(x, pad, **kwargs)
    if out is None:
        out = np.empty(shape, x.dtype, "F" if fortran else "C")
    else:
        check_out(out, shape, x.dtype)
    first = max((n_steps - 1) * delay, 0) if fill is None else 0
    for step in range(n_steps):
        rows = out[..., step * d : (step + 1) * d, :]
        shift = step * delay
        if fill is None:
            rows[...] = x[..., first - shift : first - shift + t]
        elif abs(shift) >= t:
            rows[...] = fill
        elif shift >= 0:
            rows[..., :shift] = fill
            rows[..., shift:] = x[..., : t - shift]
        else:
            rows[..., : t + shift] = x[..., -shift:]
            rows[..., t + shift :] = fill
    return out
