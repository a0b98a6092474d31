"""What happens to signals before and after their spectra: librosa's functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_axis, as_real
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    check_size,
)
from fastspec.config import check_threads
from fastspec.plans import check_array, new_array
from fastspec.spectrum import check_audio

__all__ = ["deemphasis", "frame", "preemphasis", "resample"]

Array = npt.NDArray[Any]


def frame(
    x: npt.ArrayLike,
    *,
    frame_length: int,
    hop_length: int,
    axis: int = -1,
    writeable: bool = False,
    subok: bool = False,
) -> Array:
    """Cut an array into overlapping frames, as `librosa.util.frame` of librosa 0.11.

    Parameters
    ----------
    x : array
        Of any type.
    frame_length : int >= 1
        Values of a frame.
    hop_length : int >= 1
        Values from one frame to the next.
    axis : int
        The axis to cut. A negative one puts the frames' values before it, another behind it.
    writeable : bool
        Whether the view may be written to.
    subok : bool
        Whether subclasses of arrays are kept.

    Returns
    -------
    np.ndarray, shape=(..., frame_length, n_frames) or (n_frames, frame_length, ...)
        A view of `x`, where that is an array.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or `x` is shorter than a frame.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.frame(np.arange(6), frame_length=3, hop_length=2)
    array([[0, 2],
           [1, 3],
           [2, 4]])
    """
    subok = check_bool("subok", subok)
    try:
        x = np.asanyarray(x) if subok else np.asarray(x)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"x: cannot be made an array: {error}") from error
    if x.ndim == 0:
        raise ParameterError("x: is a scalar; must have at least one dimension")
    given = axis
    axis = as_axis("axis", axis, x.ndim)
    length = check_int("frame_length", frame_length, minimum=1, maximum=2**60)
    hop = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    if x.shape[axis] < length:
        raise ParameterError(f"x: has {x.shape[axis]} values; too few for frame_length={length}")
    view = np.lib.stride_tricks.sliding_window_view(
        x, length, axis=axis, subok=subok, writeable=check_bool("writeable", writeable)
    )
    kept: list[Any] = [slice(None)] * view.ndim
    kept[axis] = slice(None, None, hop)
    view = view[tuple(kept)]
    return np.moveaxis(view, -1, axis if given < 0 else axis + 1)


def preemphasis(
    y: npt.ArrayLike,
    *,
    coef: float = 0.97,
    zi: npt.ArrayLike | None = None,
    return_zf: bool = False,
) -> Any:
    """``y[n] - coef * y[n - 1]``, as `librosa.effects.preemphasis` of librosa 0.11.

    Parameters
    ----------
    y : array, shape=(..., n)
        Signal.
    coef : float
        The coefficient.
    zi : array, optional
        What is added to the first sample: the `zf` of the piece before. Default:
        ``2 * y[0] - y[1]``.
    return_zf : bool
        Whether to return the state after the last sample too.

    Returns
    -------
    out : np.ndarray, shape=(..., n)
    zf : np.ndarray, shape=(..., 1)
        If `return_zf`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    y, coef = _signal(y, coef)
    state = _state(y, zi)
    if state is None:
        if y.shape[-1] < 2:
            raise ParameterError("y: has one sample; needs two, or zi")
        state = 2 * y[..., :1] - y[..., 1:2]
    minus = y.dtype.type(-coef)
    out = new_array("y", y.shape, y.dtype)
    out[..., :1] = y[..., :1] + state
    np.multiply(y[..., :-1], minus, out=out[..., 1:])
    out[..., 1:] += y[..., 1:]
    if check_bool("return_zf", return_zf):
        return out, minus * y[..., -1:]
    return out


def deemphasis(
    y: npt.ArrayLike,
    *,
    coef: float = 0.97,
    zi: npt.ArrayLike | None = None,
    return_zf: bool = False,
    n_threads: int = 1,
) -> Any:
    """Undo `preemphasis`, as `librosa.effects.deemphasis` of librosa 0.11.

    Parameters
    ----------
    y : array, shape=(..., n)
        Signal.
    coef : float
        The coefficient.
    zi : array, optional
        What is added to the first sample: the `zf` of the piece before. Default: that for which
        the default of `preemphasis` is undone.
    return_zf : bool
        Whether to return the state after the last sample too.
    n_threads : int >= 1
        Threads to use at the most, one for a channel.

    Returns
    -------
    out : np.ndarray, shape=(..., n)
    zf : np.ndarray, shape=(..., 1)
        If `return_zf`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(np.arange(100.0))
    >>> bool(np.allclose(fastspec.deemphasis(fastspec.preemphasis(y)), y))
    True
    """
    y, coef = _signal(y, coef)
    n_threads = check_threads(n_threads)
    given = _state(y, zi)
    if given is None and y.shape[-1] < 2:
        raise ParameterError("y: has one sample; needs two, or zi")
    if given is None and coef == 3:
        raise ParameterError("coef=3.0: needs zi")
    lead = y.shape[:-1]
    state = np.zeros((*lead, 1)) if given is None else np.broadcast_to(given, (*lead, 1))
    state = np.ascontiguousarray(state, dtype=np.float64).reshape(-1)
    if np.shares_memory(state, y) or not state.flags.writeable:
        state = state.copy()
    rows = np.ascontiguousarray(y).reshape(len(state), y.shape[-1])
    out = new_array("y", rows.shape, y.dtype)
    if out.size:
        _core.one_pole(rows, coef, state, out, n_threads)
    out = out.reshape(y.shape)
    if given is None:
        # Later powers are 0, even as subnormal numbers.
        reach = n = y.shape[-1]
        if abs(coef) < 1:
            reach = min(n, 2 if coef == 0 else 2 + int(746 / -math.log(abs(coef))))
        with np.errstate(all="ignore"):
            start = ((2 - coef) * y[..., :1] - y[..., 1:2]) / (3 - coef)
            out[..., :reach] -= start * (coef ** np.arange(reach))
    if check_bool("return_zf", return_zf):
        return out, state.astype(y.dtype).reshape(*lead, 1)
    return out


def _signal(y: Any, coef: Any) -> tuple[Array, float]:
    y = as_real("y", y)
    if y.ndim == 0 or y.shape[-1] == 0:
        raise ParameterError(f"y: has shape {y.shape}; must hold at least one sample")
    return y, check_float("coef", coef)


def _state(y: Array, zi: Any) -> Array | None:
    """Return what a filter begins with, of the type of y, which it can be added to the begin of."""
    if zi is None:
        return None
    state = np.atleast_1d(as_real("zi", zi)).astype(y.dtype)
    shape = (*y.shape[:-1], 1)
    try:
        fits = np.broadcast_shapes(state.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ParameterError(f"zi: has shape {state.shape}; must be {shape}")
    return state


def resample(
    y: Array,
    *,
    orig_sr: float,
    target_sr: float,
    res_type: str = "soxr_hq",
    fix: bool = True,
    scale: bool = False,
    axis: int = -1,
    **kwargs: Any,
) -> Array:
    """Resample a signal with soxr, as `librosa.resample` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray
        Signal; floating-point, finite.
    orig_sr, target_sr : float > 0
        Its sample rate in Hz, and that of the result.
    res_type : {'soxr_hq', 'soxr_vhq', 'soxr_mq', 'soxr_lq', 'soxr_qq'}
        librosa's other resamplers are not served: call librosa for them.
    fix : bool
        Whether the result has exactly ``ceil(n * target_sr / orig_sr)`` samples.
    scale : bool
        Whether to divide by ``sqrt(target_sr / orig_sr)``, which keeps the energy.
    axis : int
        Axis of time.
    **kwargs
        Of `numpy.pad`, for samples that `fix` adds.

    Returns
    -------
    np.ndarray
        Of the type of `y`; `y` itself where the rates are the same.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    ImportError
        If soxr is not installed.
    """
    from fastspec.audio import RESAMPLERS, require

    y = check_array("y", y)
    audio = check_audio(y)
    _core.check_finite(audio)
    axis = as_axis("axis", axis, y.ndim)
    before = check_float("orig_sr", orig_sr, minimum=1.0, maximum=1e9)
    after = check_float("target_sr", target_sr, minimum=1.0, maximum=1e9)
    fix, scale = check_bool("fix", fix), check_bool("scale", scale)
    if before == after:
        return y
    check_choice("res_type", res_type, RESAMPLERS)
    ratio = after / before
    n = math.ceil(y.shape[axis] * ratio)
    shape = (*y.shape[:axis], n, *y.shape[axis + 1 :])
    check_size("y", shape, 8)
    soxr = require("soxr", "audio")
    if not audio.size:
        return np.zeros(shape, y.dtype)
    rows = np.moveaxis(audio, axis, -1)
    rows = np.ascontiguousarray(rows).reshape(-1, y.shape[axis])
    made = [soxr.resample(row, before, after, quality=res_type) for row in rows]
    if fix:
        made = [_fixed(row, n, kwargs) for row in made]
    result = np.array(made).reshape(*np.moveaxis(audio, axis, -1).shape[:-1], -1)
    if scale:
        result /= np.sqrt(ratio)
    return np.asarray(np.moveaxis(result, -1, axis), dtype=y.dtype)


def _fixed(x: Array, n: int, kwargs: dict[str, Any]) -> Array:
    if len(x) >= n:
        return x[:n]
    return np.pad(x, (0, n - len(x)), **{"mode": "constant", **kwargs})
