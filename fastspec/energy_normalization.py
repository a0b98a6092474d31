"""Per-channel energy normalisation of spectrograms, as librosa has it."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_axis, as_numbers, as_real
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
)
from fastspec.config import check_threads
from fastspec.plans import check_out, new_array, same_memory

__all__ = ["check_constants", "constants", "maximum_filter", "pcen", "smoothing"]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_TINY = float(np.finfo(np.float64).tiny)


def smoothing(t_frames: float) -> float:
    """Return the coefficient b of a smoother with a time constant in frames."""
    square = t_frames * t_frames
    if square > 1e300:
        return 1 / t_frames
    if square < 1e-9:  # where the difference below has lost its digits
        return 1 - square
    return (math.sqrt(1 + 4 * square) - 1) / (2 * square)


def check_constants(a: dict[str, Any]) -> None:
    """Check the constants of PCEN among a plan's arguments, in place."""
    for name in ("pcen_gain", "pcen_bias", "pcen_power"):
        a[name] = check_float(name, a[name], minimum=0)
    a["pcen_eps"] = check_float("pcen_eps", a["pcen_eps"], minimum=_TINY)
    a["pcen_time_constant"] = check_float(
        "pcen_time_constant", a["pcen_time_constant"], exclusive_minimum=0
    )
    if a["pcen_b"] is not None:
        a["pcen_b"] = check_float("pcen_b", a["pcen_b"], minimum=0, maximum=1)


def constants(a: dict[str, Any], hop_length: int) -> dict[str, float]:
    """Return the core's constants of PCEN for checked arguments."""
    b = a["pcen_b"]
    if b is None:
        b = smoothing(a["pcen_time_constant"] * a["sr"] / hop_length)
    return {
        "pcen_gain": a["pcen_gain"],
        "pcen_bias": a["pcen_bias"],
        "pcen_power": a["pcen_power"],
        "pcen_eps": a["pcen_eps"],
        "pcen_b": b,
    }


def pcen(
    S: npt.ArrayLike,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    gain: float = 0.98,
    bias: float = 2,
    power: float = 0.5,
    time_constant: float = 0.400,
    eps: float = 1e-6,
    b: float | None = None,
    max_size: int = 1,
    ref: npt.ArrayLike | None = None,
    axis: int = -1,
    max_axis: int | None = None,
    zi: npt.ArrayLike | None = None,
    return_zf: bool = False,
    n_threads: int = 1,
    precision: str | None = None,
    out: Array | None = None,
) -> Any:
    """Per-channel energy normalisation, as `librosa.pcen` of librosa 0.11.

    ``(S / (eps + M)**gain + bias)**power - bias**power``, where M is S, smoothed along time:
    ``M[t] = b * S[t] + (1 - b) * M[t - 1]``. With ``power=0``: ``log(1 + S / (eps + M)**gain)``.

    Parameters
    ----------
    S : array
        Spectrogram of magnitudes or power, with time along `axis`. Complex input loses its phase,
        with a warning.
    sr : float > 0
        Sample rate in Hz, and
    hop_length : int >= 1
        samples from one frame to the next, for `time_constant`.
    gain, bias, power : float >= 0
        The constants above.
    time_constant : float > 0
        Of the smoother, in seconds.
    eps : float > 0
        Smallest level.
    b : float in [0, 1], optional
        Coefficient of the smoother, in place of `time_constant`.
    max_size : int >= 1
        What is smoothed is the largest of so many neighbouring bands.
    ref : array, optional
        What is smoothed, in place of `S`. Of the shape of `S`, or broadcast to it but for `axis`.
    axis : int
        Axis of time.
    max_axis : int, optional
        Axis of `max_size`. Default: the other one of a matrix.
    zi : array, optional
        State of the smoother, ``(1 - b) * M[-1]``, of the shape of `S` with one value along `axis`,
        or broadcast to that. Default: ``1 - b``.
    return_zf : bool
        Whether to return the state after the last frame, for the next call's `zi`.
    n_threads : int >= 1
        Threads to use at the most.
    precision : {None, 'single', 'double'}
        Type of the result: float64, or for 'single' float32 of what is float32. All is computed in
        double.
    out : np.ndarray, shape=S.shape, optional
        Where to write the result. It may be `S` itself.

    Returns
    -------
    P : np.ndarray, shape=S.shape
        The normalised spectrogram.
    zf : np.ndarray of float64, shape=S.shape with one value along `axis`
        If `return_zf`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(np.arange(22050)).astype(np.float32)
    >>> S = fastspec.melspectrogram(y=y * 2**31, power=1)
    >>> first, state = fastspec.pcen(S[:, :20], return_zf=True)
    >>> rest = fastspec.pcen(S[:, 20:], zi=state)
    >>> bool((np.hstack([first, rest]) == fastspec.pcen(S)).all())
    True
    """
    power = check_float("power", power, minimum=0)
    gain = check_float("gain", gain, minimum=0)
    bias = check_float("bias", bias, minimum=0)
    eps = check_float("eps", eps, minimum=_TINY)
    time_constant = check_float("time_constant", time_constant, exclusive_minimum=0)
    max_size = check_int("max_size", max_size, minimum=1, maximum=2**60)
    if b is None:
        sr = check_float("sr", sr, exclusive_minimum=0)
        b = smoothing(
            time_constant * sr / check_float("hop_length", hop_length, exclusive_minimum=0)
        )
    else:
        b = check_float("b", b, minimum=0, maximum=1)
    if precision is not None:
        check_choice("precision", precision, ("single", "double"))
    return_zf = check_bool("return_zf", return_zf)
    n_threads = check_threads(n_threads)
    S = as_numbers("S", S)
    if S.dtype.kind == "c":
        warnings.warn(
            "pcen was called on complex input so phase information will be discarded. "
            "To suppress this warning, call pcen(np.abs(D)) instead.",
            stacklevel=2,
        )
        S = np.abs(S)
    S = as_real("S", S)
    if S.ndim == 0:
        raise ParameterError("S: is a scalar; must have an axis of time")
    axis = as_axis("axis", axis, S.ndim)
    if max_axis is not None:
        max_axis = as_axis("max_axis", max_axis, S.ndim)
    reference = _reference(S, ref, max_size, axis, max_axis)
    state = _state(zi, S.shape, axis, b)
    dtype = _F32 if precision == "single" and S.dtype == _F32 else _F64
    if out is None:
        out = new_array("S", S.shape, dtype)
    else:
        check_out(out, S.shape, dtype)
        if same_memory(S, out) and not _same_array(S, out):
            raise ParameterError("out: must not overlap S, unless it is the same array")
        if reference is not None and same_memory(reference, out):
            raise ParameterError("out: must not overlap ref")
    if S.size:
        _core.pcen(
            _bands(S, axis),
            None if reference is None else _bands(reference, axis),
            state if state.ndim else state.reshape(1),
            _bands(out, axis),
            n_threads,
            gain=gain,
            bias=bias,
            power=power,
            eps=eps,
            b=b,
        )
    if return_zf:
        return out, np.expand_dims(state, axis)
    return out


def _bands(x: Array, axis: int) -> Array:
    """Return a view of shape (..., bands, frames)."""
    x = np.moveaxis(x, axis, -1)
    return x[np.newaxis] if x.ndim == 1 else x


def _same_array(a: Array, b: Array) -> bool:
    return (
        a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
        and a.strides == b.strides
        and a.dtype == b.dtype
    )


def _reference(S: Array, ref: Any, max_size: int, axis: int, max_axis: Any) -> Array | None:
    """Return what is smoothed, of the shape and type of S, or None where it is S."""
    if ref is None:
        if max_size == 1:
            return None
        if S.ndim == 1:
            raise ParameterError(f"max_size={max_size}: is not for input of one dimension")
        if max_axis is None:
            if S.ndim != 2:
                raise ParameterError(
                    f"max_axis: is needed with max_size={max_size} for S of {S.ndim} dimensions"
                )
            max_axis = 1 - axis
        return maximum_filter(S, max_size, max_axis)
    ref = as_real("ref", ref)
    shape = (1,) * (S.ndim - ref.ndim) + ref.shape
    if (
        len(shape) != S.ndim
        or shape[axis] != S.shape[axis]
        or any(m not in (1, n) for m, n in zip(shape, S.shape, strict=True))
    ):
        raise ParameterError(f"ref: has shape {ref.shape}; must fit S of shape {S.shape}")
    if ref.dtype != S.dtype:
        raise ParameterError(f"ref: has dtype {ref.dtype}; must be that of S, {S.dtype}")
    return np.broadcast_to(ref, S.shape)


def _state(zi: Any, shape: tuple[int, ...], axis: int, b: float) -> Array:
    """Return the smoother's state, a new array of float64 without the axis of time."""
    bands = shape[:axis] + shape[axis + 1 :]
    state = new_array("S", bands, _F64)
    if zi is None:
        state[...] = 1 - b
        return state
    given = as_real("zi", zi)
    if (
        given.ndim != len(shape)
        or given.shape[axis] != 1
        or any(m not in (1, n) for m, n in zip(np.delete(given.shape, axis), bands, strict=True))
    ):
        expected = (*shape[:axis], 1, *shape[axis + 1 :])
        raise ParameterError(f"zi: has shape {given.shape}; must be {expected}")
    state[...] = np.squeeze(given, axis)
    return state


def maximum_filter(x: Array, size: int, axis: int) -> Array:
    """Return the largest of `size` neighbours along an axis, mirrored at its ends."""
    n = x.shape[axis]
    if n == 0:
        return x
    # Beyond n neighbours on a side there are none that have not been seen.
    before, behind = min(size // 2, n), min(size - 1 - size // 2, n)
    pad = [(0, 0)] * x.ndim
    pad[axis] = (before, behind)
    y = np.moveaxis(np.pad(x, pad, mode="symmetric"), axis, 0)
    width, wanted = 1, before + behind + 1
    while width < wanted:
        step = min(width, wanted - width)
        y = np.maximum(y[: len(y) - step], y[step:])
        width += step
    return np.moveaxis(y, 0, axis)
