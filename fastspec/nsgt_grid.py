"""Arguments of the invertible constant-Q transform, and its bins."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    show,
)
from fastspec.config import resolve_precision
from fastspec.cqt_basis import window_table

__all__ = ["CHECKS", "grid"]

Array = npt.NDArray[Any]

_C1 = 32.70319566257483  # Hz
MOST_BANDS = 2**14 - 2


def grid(a: dict[str, Any]) -> tuple[Array, Array]:
    """Return the frequencies and bandwidths of the bins."""
    nyquist, per_octave = a["sr"] / 2, a["bins_per_octave"]
    step = math.log(2) / per_octave
    alpha = 2 * math.sinh(step)
    gamma = alpha * 24.7 / 0.108 if a["gamma"] is None else a["gamma"]
    highest = (nyquist - gamma / 2) / (1 + alpha / 2)
    fmin, n_bins = a["fmin"], a["n_bins"]
    if a["fmax"] is not None and n_bins is not None:
        raise ParameterError(f"n_bins={n_bins}: must be None where fmax={a['fmax']} is given")
    if n_bins is None:
        top = highest if a["fmax"] is None else a["fmax"]
        if not top >= fmin:
            name = "fmin" if a["fmax"] is None else "fmax"
            raise ParameterError(f"{name}={a[name]}: leaves no bin between fmin and {top:.6g} Hz")
        n_bins = math.floor(math.log(top / fmin) / step + 1e-9) + 1
        n_bins -= a["fmax"] is None and fmin * 2 ** ((n_bins - 1) / per_octave) > highest
    if n_bins > MOST_BANDS:
        raise ParameterError(f"bins_per_octave={per_octave}: gives {n_bins} bins; too many")
    with np.errstate(over="ignore"):
        frequencies = fmin * 2.0 ** (np.arange(n_bins) / per_octave)
        bandwidths = alpha * frequencies + gamma
        top = frequencies[-1] + bandwidths[-1] / 2
    if not top <= nyquist:
        name = "fmax" if a["fmax"] is not None else "n_bins"
        raise ParameterError(
            f"{name}={a[name]}: the window of the highest bin reaches {top:.6g} Hz; must lie below "
            f"sr / 2 = {nyquist:.6g}"
        )
    if frequencies[0] < bandwidths[0] / 2:
        raise ParameterError(
            f"gamma={a['gamma']}: gives the lowest bin a bandwidth of {bandwidths[0]:.6g} Hz; must "
            f"be at most 2 fmin = {2 * fmin:.6g}"
        )
    return frequencies, bandwidths


# ---- arguments ----------------------------------------------------------------------------------


def _check_hop_length(hop: Any) -> str | int | None:
    if hop is None:
        return None
    if isinstance(hop, str):
        return check_choice("hop_length", hop, ("common",))
    value = rest = check_int("hop_length", hop, minimum=1, maximum=2**30)
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        raise ParameterError(f"hop_length={value}: must have no prime factors but 2, 3 and 5")
    return value


def _check_window(window: Any) -> Any:
    try:
        hash(window)
        window_table(window)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(f"window={show(window)}: must be a name, a tuple or a number") from (
            error
        )
    return window


def _optional(check: Callable[..., Any], **bounds: Any) -> Callable[[str, Any], Any]:
    return lambda name, value: None if value is None else check(name, value, **bounds)


# The arguments of a plan, in order, and what checks each.
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "sr": lambda name, value: check_float(name, value, exclusive_minimum=0, maximum=1e15),
    "fmin": lambda name, value: (
        _C1 if value is None else check_float(name, value, exclusive_minimum=0)
    ),
    "fmax": _optional(check_float, exclusive_minimum=0),
    "n_bins": _optional(check_int, minimum=1, maximum=MOST_BANDS),
    "bins_per_octave": lambda name, value: check_int(name, value, minimum=1, maximum=MOST_BANDS),
    "gamma": _optional(check_float, minimum=0),
    "window": lambda _, value: _check_window(value),
    "hop_length": lambda _, value: _check_hop_length(value),
    "residual": check_bool,
    "oversampling": lambda name, value: check_float(name, value, minimum=1, maximum=1000),
    "slice_length": _optional(check_int, minimum=1, maximum=2**34),
    "transition": _optional(check_int, minimum=0, maximum=2**34),
    "input_scale": _optional(check_float),
    "precision": lambda _, value: resolve_precision(value),
}
