"""Onset strength: how much louder bands become, as librosa has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._arrays import as_real, new_array
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_float,
    check_int,
    show,
)
from fastspec.config import check_threads
from fastspec.decibels import power_to_db
from fastspec.energy_normalization import maximum_filter
from fastspec.mel import melspectrogram

__all__ = ["onset_strength", "onset_strength_multi"]

Array = npt.NDArray[Any]

_F64 = np.dtype(np.float64)
_DECAY = 0.99  # of the filter that removes the mean


def onset_strength(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    lag: int = 1,
    max_size: int = 1,
    ref: Array | None = None,
    detrend: bool = False,
    center: bool = True,
    feature: Callable[..., Any] | None = None,
    aggregate: Callable[..., Any] | bool | None = None,
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Spectral flux of all bands together, as `librosa.onset.onset_strength` of librosa 0.11.

    Parameters
    ----------
    y, sr, S, lag, max_size, ref, detrend, center, feature, aggregate, n_threads
        As for `onset_strength_multi`; `aggregate` must not be False.
    **kwargs
        n_fft, hop_length, and further arguments of `feature`.

    Returns
    -------
    np.ndarray, shape=(..., n_frames)
        Of the type of the input; float64 with `detrend`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.zeros(22050, np.float32)
    >>> y[11025] = 1
    >>> int(fastspec.onset_strength(y=y).argmax())
    22
    """
    if aggregate is False:
        raise ParameterError("aggregate=False: must be a function; there is one strength per frame")
    return onset_strength_multi(
        y=y,
        sr=sr,
        S=S,
        lag=lag,
        max_size=max_size,
        ref=ref,
        detrend=detrend,
        center=center,
        feature=feature,
        aggregate=aggregate,
        n_threads=n_threads,
        **kwargs,
    )[..., 0, :]


def onset_strength_multi(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    lag: int = 1,
    max_size: int = 1,
    ref: Array | None = None,
    detrend: bool = False,
    center: bool = True,
    feature: Callable[..., Any] | None = None,
    aggregate: Callable[..., Any] | bool | None = None,
    channels: Sequence[int] | Sequence[slice] | None = None,
    n_threads: int = 1,
    **kwargs: Any,
) -> Array:
    """Spectral flux by groups of bands, as `librosa.onset.onset_strength_multi` of librosa 0.11.

    ``aggregate(max(0, S[f, t] - ref[f, t - lag]))`` over the bands f of each group.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; float32 or float64, finite.
    sr : float > 0
        Sample rate in Hz.
    S : np.ndarray, shape=(..., n_bands, n_frames), optional
        Spectrogram on a logarithmic scale, in place of `y`.
    n_fft, hop_length : int >= 1
        Frames in samples, for `feature`, and for `center` when `S` is given too.
    lag : int >= 1
        Frames between the two that are compared.
    max_size : int >= 1
        The reference is the largest of so many neighbouring bands.
    ref : np.ndarray, shape=S.shape, optional
        The reference, in place of `S` and `max_size`.
    detrend : bool
        Whether to filter the mean out: ``x[t] - x[t - 1] + 0.99 * previous result``.
    center : bool
        Whether to delay by half a frame, so that onsets are where frames are centred.
    feature : callable, optional
        ``feature(y=, sr=, n_fft=, hop_length=, **kwargs)`` gives the power of bands. Default:
        `melspectrogram` with ``fmax=sr / 2``.
    aggregate : callable, optional
        Function such as `numpy.median` with an argument ``axis``. Default: `numpy.mean`. False: the
        result has all bands.
    channels : sequence of int or of slice, optional
        The groups of bands: slices, or the bands between one number and the next. Default: one
        group of all.
    n_threads : int >= 1, or -1
        Threads to use at the most, for `melspectrogram`. The result does not depend on it.
    **kwargs
        Further arguments of `feature`.

    Returns
    -------
    np.ndarray, shape=(..., n_groups, n_frames)
        Of the type of the input; float64 with `detrend`.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    lag = check_int("lag", lag, minimum=1, maximum=2**60)
    max_size = check_int("max_size", max_size, minimum=1, maximum=2**60)
    hop_length = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**60)
    detrend = check_bool("detrend", detrend)
    center = check_bool("center", center)
    n_threads = check_threads(n_threads)
    sr = check_float("sr", sr, exclusive_minimum=0)
    if aggregate is None:
        aggregate = np.mean
    elif aggregate is not False and not callable(aggregate):
        raise ParameterError(f"aggregate={show(aggregate)}: must be a function, None or False")
    if S is None:
        S = _levels(y, sr, n_fft, hop_length, feature, n_threads, kwargs)
    S = np.atleast_2d(as_real("S", S))
    reference = _reference(S, ref, max_size)
    flux = S[..., lag:] - reference[..., :-lag]
    np.maximum(0.0, flux, out=flux)
    if callable(aggregate):
        flux = _aggregated(flux, _groups(channels, flux.shape[-2]), aggregate)
    delay = lag + (n_fft // (2 * hop_length) if center else 0)
    n_frames = S.shape[-1] if center else delay + flux.shape[-1]
    order = "F" if flux.flags.fnc and not detrend else "C"
    shape = (*flux.shape[:-1], n_frames)
    result = new_array("lag", shape, _F64 if detrend else flux.dtype, order)
    result[..., :delay] = 0
    result[..., delay:] = flux[..., : max(0, n_frames - delay)]
    if detrend:
        _remove_mean(result)
    return result


def _levels(
    y: Any, sr: float, n_fft: int, hop_length: int, feature: Any, n_threads: int, more: Any
) -> Any:
    """Return the bands of a signal in dB."""
    if feature is None:
        more = {"fmax": 0.5 * sr, "n_threads": n_threads, **more}
        S = melspectrogram(y=y, sr=sr, n_fft=n_fft, hop_length=hop_length, **more)
    else:
        if not callable(feature):
            raise ParameterError(f"feature={show(feature)}: must be a function")
        S = np.abs(feature(y=y, sr=sr, n_fft=n_fft, hop_length=hop_length, **more))
    return power_to_db(S, n_threads=n_threads)


def _reference(S: Array, ref: Any, max_size: int) -> Array:
    if ref is None:
        if max_size == 1:
            return S
        largest: Array = np.ascontiguousarray(maximum_filter(S, max_size, S.ndim - 2))
        return largest
    given = as_real("ref", ref)
    if given.shape != S.shape:
        raise ParameterError(f"ref: has shape {given.shape}; must be that of S, {S.shape}")
    return given


def _groups(channels: Any, n_bands: int) -> list[slice]:
    """Return the groups of bands as slices."""
    if channels is None:
        return [slice(None)]
    given: list[Any] = list(channels) if np.iterable(channels) else [None]
    if all(isinstance(item, slice) for item in given):
        return given
    try:
        edges = [check_int("channels", item, minimum=0) for item in given]
    except ParameterError:
        problem = "must be slices, or integers >= 0"
        raise ParameterError(f"channels={show(channels)}: {problem}") from None
    edges = sorted({edge for edge in edges if edge <= n_bands})
    return [slice(a, b) for a, b in pairwise(edges)]


def _aggregated(flux: Array, groups: list[slice], aggregate: Any) -> Array:
    shape = (*flux.shape[:-2], len(groups), flux.shape[-1])
    result = new_array("channels", shape, flux.dtype, "F" if flux.flags.fnc else "C")
    for i, group in enumerate(groups):
        result[..., i, :] = aggregate(flux[..., group, :], axis=-2)
    return result


def _remove_mean(x: Array) -> None:
    """Filter in place: ``y[t] = x[t] - x[t - 1] + decay * y[t - 1]``.

    That is x less ``1 - decay`` times the decaying sum of what was before, summed in spans of 1, 2,
    4 ... values.
    """
    total = x.copy()
    span, weight = 1, _DECAY
    while span < total.shape[-1] and weight > 1e-30:
        total[..., span:] += weight * total[..., :-span]
        span, weight = 2 * span, weight * weight
    x[..., 1:] -= (1 - _DECAY) * total[..., :-1]
