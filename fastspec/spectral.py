"""Statistics of spectra: librosa's functions, without the spectra in between."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._arrays import as_numbers, as_real
from fastspec._validate import ParameterError, check_bool, check_float, check_int, check_size
from fastspec.caches import plan_cache
from fastspec.config import check_threads
from fastspec.convert import fft_frequencies
from fastspec.decibels import power_to_db
from fastspec.pitch import spectra_of
from fastspec.plans import new_array
from fastspec.windows import WindowSpec

__all__ = [
    "poly_features",
    "spectral_bandwidth",
    "spectral_centroid",
    "spectral_contrast",
    "spectral_flatness",
    "spectral_rolloff",
]

Array = npt.NDArray[Any]
PadMode = str | Callable[..., Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_TINY = float(np.finfo(np.float64).tiny)

# The C header's numbers.
CENTROID, BANDWIDTH, ROLLOFF, FLATNESS, TAILS, SUMS = range(6)


class Source(NamedTuple):
    """Spectra as they are given, or a signal and the plan that gives them."""

    plan: _core.Frontend | None
    data: Array  # spectra (..., bins, frames), or signals (..., n)
    n_fft: int
    n_bins: int
    n_frames: int
    double: bool
    dtype: np.dtype[Any]  # of the spectra as librosa would have them

    def spectra(self, n_threads: int) -> Array:
        """Return the spectra themselves."""
        if self.plan is None:
            return self.data
        shape = (*self.data.shape[:-1], self.n_bins, self.n_frames)
        S = new_array("y", shape, _F64 if self.double else _F32)
        self.plan.exec(self.data, S, n_threads, False)
        return S.astype(self.dtype, copy=False)

    def run(
        self, statistic: _core.Spectral, dtype: Any, n_threads: int, centroid: Array | None = None
    ) -> Array:
        """Return the statistic of all spectra, shape=(..., n_rows, frames)."""
        lead = self.data.shape[: -1 if self.plan else -2]
        out = new_array("y", (*lead, statistic.n_rows, self.n_frames), dtype)
        if out.size == 0:
            return out
        if self.plan is None:
            statistic.exec_spectra(self.data, centroid, out, n_threads)
        else:
            statistic.exec(self.plan, self.data, centroid, out, n_threads)
        return out


def source_of(
    y: Any,
    S: Any,
    n_fft: Any,
    frames: dict[str, Any],
    power: float = 1.0,
    signed: bool = False,
    stacklevel: int = 2,
) -> Source:
    """Return what spectra come from. `signed`: spectra that are given may have any sign.

    A stacklevel of 1 is the line that calls this.
    """
    if S is None:
        spectra = spectra_of(y, n_fft, frames, power, stacklevel + 1)
        assert spectra.plan is not None
        n_frames = spectra.plan.n_frames(spectra.data.shape[-1])
        dtype = _F64 if spectra.data.dtype.itemsize == 8 else _F32
        return Source(
            spectra.plan,
            spectra.data,
            spectra.n_fft,
            spectra.n_bins,
            n_frames,
            spectra.double,
            dtype,
        )
    S = as_real("S", S)
    if S.ndim < 2 or S.shape[-2] < 1:
        raise ParameterError(f"S: has shape {S.shape}; must be (..., bins, frames), bins >= 1")
    new_array("S", (*S.shape[:-2], 1, S.shape[-1]), _F64)  # too large a result is refused at once
    if not signed and S.size and not S.min() >= 0 and (S < 0).any():
        raise ParameterError("S: holds values below 0; must be magnitudes")
    n_bins = S.shape[-2]
    if n_bins > 2**23:
        raise ParameterError(f"S: has {n_bins} bins; must have at most {2**23}")
    if n_fft is None or check_int("n_fft", n_fft, minimum=1, maximum=2**30) // 2 + 1 != n_bins:
        n_fft = 2 * (n_bins - 1)
    return Source(None, S, n_fft, n_bins, S.shape[-1], S.dtype == _F64, S.dtype)


def _frequencies(source: Source, sr: Any, freq: Any) -> tuple[Array, bool]:
    """Return the bins' frequencies, and whether they are the same in all frames."""
    if freq is None:
        sr = check_float("sr", sr, exclusive_minimum=0)
        if source.n_fft < 1:
            raise ParameterError("S: has one bin; needs freq, or n_fft=1")
        return fft_frequencies(sr=sr, n_fft=source.n_fft), True
    freq = as_real("freq", freq)
    if freq.ndim == 1:
        if freq.shape != (source.n_bins,):
            raise ParameterError(f"freq: has shape {freq.shape}; must be ({source.n_bins},)")
        return freq, bool(np.isfinite(freq).all())
    lead = source.data.shape[: -1 if source.plan else -2]
    shape = (*lead, source.n_bins, source.n_frames)
    try:
        fits = 2 <= freq.ndim <= len(shape) and np.broadcast_shapes(freq.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ParameterError(f"freq: has shape {freq.shape}; must fit spectra of shape {shape}")
    return freq, False


@plan_cache("spectral", 64)
def _plan(kind: int, n_bins: int, double: bool, frequencies: bytes, **settings: Any) -> Any:
    return _core.Spectral(
        kind=kind,
        n_bins=n_bins,
        double=double,
        frequencies=np.frombuffer(frequencies) if frequencies else None,
        **settings,
    )


def _statistic(kind: int, source: Source, freq: Array | None = None, **settings: Any) -> Any:
    frequencies = b"" if freq is None else freq.astype(_F64).tobytes()
    return _plan(kind, source.n_bins, source.double, frequencies, **settings)


def _weighted(kind: int, source: Source, weights: Array, **settings: Any) -> _core.Spectral:
    return _core.Spectral(
        kind=kind, n_bins=source.n_bins, double=source.double, weights=weights, **settings
    )


# ---- the functions -------------------------------------------------------------------------------


def spectral_centroid(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: npt.ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    freq: npt.ArrayLike | None = None,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    n_threads: int = 1,
) -> Array:
    """Mean frequency of each frame, as `librosa.feature.spectral_centroid` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n), optional
        Signal; needed where `S` is not given.
    sr : float > 0
        Sample rate in Hz.
    S : array, shape=(..., bins, frames), optional
        Magnitudes; not below 0.
    freq : array, shape=(bins,) or as `S`, optional
        Frequencies of the bins in Hz. Default: those of the FFT.
    n_fft, hop_length, win_length, window, center, pad_mode
        As for `stft`.
    n_threads : int >= 1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    np.ndarray, shape=(..., 1, frames)
        In Hz, float64; 0 for a frame without energy.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050)
    >>> round(float(fastspec.spectral_centroid(y=y)[0, 10]))
    1000
    """
    frames = _frames(hop_length, win_length, window, center, pad_mode)
    n_threads = check_threads(n_threads)
    source = source_of(y, S, n_fft, frames)
    freq, steady = _frequencies(source, sr, freq)
    return _centroid(source, freq, steady, n_threads)


def spectral_bandwidth(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: npt.ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    freq: npt.ArrayLike | None = None,
    centroid: npt.ArrayLike | None = None,
    norm: bool = True,
    p: float = 2,
    n_threads: int = 1,
) -> Array:
    """Spread of each frame about its centroid, as `librosa.feature.spectral_bandwidth` of 0.11.

    ``sum(S * abs(freq - centroid)**p) ** (1 / p)``, each frame of S divided by its sum.

    Parameters
    ----------
    y, sr, S, n_fft, hop_length, win_length, window, center, pad_mode, freq, n_threads
        As for `spectral_centroid`.
    centroid : array, shape=(..., 1, frames), optional
        Default: `spectral_centroid`.
    norm : bool
        Whether frames are divided by their sum.
    p : float, not 0
        Exponent of the distance.

    Returns
    -------
    np.ndarray, shape=(..., 1, frames)
        In Hz, float64.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    frames = _frames(hop_length, win_length, window, center, pad_mode)
    n_threads = check_threads(n_threads)
    norm = check_bool("norm", norm)
    p = check_float("p", p)
    if p == 0:
        raise ParameterError("p=0.0: must not be 0")
    source = source_of(y, S, n_fft, frames)
    freq, steady = _frequencies(source, sr, freq)
    if source.plan is None and (centroid is None or norm):
        _check_finite(source.data, n_threads)
    if centroid is not None:
        centroid = as_real("centroid", centroid)
        lead = source.data.shape[: -1 if source.plan else -2]
        shape = (*lead, 1, source.n_frames)
        if centroid.shape != shape:
            raise ParameterError(f"centroid: has shape {centroid.shape}; must be {shape}")
    if steady and p > 0:
        if centroid is not None:
            centroid = centroid.astype(_F64)
        statistic = _statistic(BANDWIDTH, source, freq, p=p, normalize=norm)
        kinds = [source.dtype, freq.dtype] + ([] if centroid is None else [centroid.dtype])
        return source.run(statistic, np.result_type(*kinds), n_threads, centroid)
    if centroid is None:
        centroid = _centroid(source, freq, steady, n_threads)
    spectra = source.spectra(n_threads)
    distance = np.abs(_column(freq) - centroid)
    weights = _normalized(spectra) if norm else spectra
    with np.errstate(all="ignore"):
        result: Array = np.sum(weights * distance**p, axis=-2, keepdims=True) ** (1.0 / p)
    return result


def spectral_rolloff(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: npt.ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    freq: npt.ArrayLike | None = None,
    roll_percent: float = 0.85,
    n_threads: int = 1,
) -> Array:
    """Frequency below which a share of each frame lies, as `librosa.feature.spectral_rolloff`.

    Parameters
    ----------
    y, sr, S, n_fft, hop_length, win_length, window, center, pad_mode, freq, n_threads
        As for `spectral_centroid`.
    roll_percent : float in (0, 1)
        The share of the sum of magnitudes.

    Returns
    -------
    np.ndarray, shape=(..., 1, frames)
        The lowest frequency of a bin where the running sum reaches the share; float64.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    frames = _frames(hop_length, win_length, window, center, pad_mode)
    n_threads = check_threads(n_threads)
    share = check_float("roll_percent", roll_percent, exclusive_minimum=0)
    if share >= 1:
        raise ParameterError(f"roll_percent={share}: must be less than 1")
    source = source_of(y, S, n_fft, frames)
    freq, steady = _frequencies(source, sr, freq)
    if steady:
        return source.run(_statistic(ROLLOFF, source, freq, share=share), _F64, n_threads)
    spectra = source.spectra(n_threads)
    total = np.cumsum(spectra, axis=-2)
    below = total < share * total[..., -1:, :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of frames without a number
        marked = np.where(below, np.nan, 1) * _column(freq)
        result: Array = np.nanmin(marked, axis=-2, keepdims=True)
    return result


def spectral_flatness(
    *,
    y: Array | None = None,
    S: npt.ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    amin: float = 1e-10,
    power: float = 2.0,
    n_threads: int = 1,
) -> Array:
    """Geometric over arithmetic mean of each frame, as `librosa.feature.spectral_flatness` of 0.11.

    Parameters
    ----------
    y, S, n_fft, hop_length, win_length, window, center, pad_mode, n_threads
        As for `spectral_centroid`.
    amin : float > 0
        Smallest value of ``S**power``.
    power : float
        Exponent of the magnitudes.

    Returns
    -------
    np.ndarray, shape=(..., 1, frames)
        1 for a flat spectrum; float32 for float32.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    frames = _frames(hop_length, win_length, window, center, pad_mode)
    n_threads = check_threads(n_threads)
    amin = max(check_float("amin", amin, exclusive_minimum=0), _TINY)
    power = check_float("power", power)
    direct = S is None and power > 0
    source = source_of(y, S, n_fft, frames, power if direct else 1.0)
    if not direct and power not in (1, 2):
        with np.errstate(all="ignore"):
            raised = source.spectra(n_threads) ** power
        source = source._replace(plan=None, data=raised, double=raised.dtype == _F64)
    square = not direct and power == 2
    statistic = _statistic(FLATNESS, source, amin=amin, square=square)
    return source.run(statistic, source.dtype, n_threads)


def spectral_contrast(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: npt.ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    freq: npt.ArrayLike | None = None,
    fmin: float = 200.0,
    n_bands: int = 6,
    quantile: float = 0.02,
    linear: bool = False,
    n_threads: int = 1,
) -> Array:
    """Peaks over valleys in octaves of each frame, as `librosa.feature.spectral_contrast` of 0.11.

    Parameters
    ----------
    y, sr, S, n_fft, hop_length, win_length, window, center, pad_mode, n_threads
        As for `spectral_centroid`.
    freq : array, shape=(bins,), optional
        Frequencies of the bins in Hz.
    fmin : float > 0
        Upper end in Hz of the first band; the second is from there to ``2 * fmin``, and so on.
    n_bands : int >= 1
        Bands besides the first.
    quantile : float in (0, 1)
        Share of a band's bins that make its peak, the mean of the largest, and its valley, that of
        the smallest; at least one bin.
    linear : bool
        Whether to return ``peak - valley``, not the difference of their decibels.

    Returns
    -------
    np.ndarray, shape=(..., n_bands + 1, frames)
        float64.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or a band holds no bin.
    """
    frames = _frames(hop_length, win_length, window, center, pad_mode)
    n_threads = check_threads(n_threads)
    linear = check_bool("linear", linear)
    fmin = check_float("fmin", fmin, exclusive_minimum=0)
    n_bands = check_int("n_bands", n_bands, minimum=1, maximum=2000)
    quantile = check_float("quantile", quantile, exclusive_minimum=0)
    if quantile >= 1:
        raise ParameterError(f"quantile={quantile}: must be less than 1")
    sr = check_float("sr", sr, exclusive_minimum=0)
    source = source_of(y, S, n_fft, frames, signed=True)
    if freq is not None:
        freq = np.atleast_1d(as_real("freq", freq))
        if freq.shape != (source.n_bins,):
            raise ParameterError(f"freq: has shape {freq.shape}; must be ({source.n_bins},)")
    freq, _ = _frequencies(source, sr, freq)
    bands = _octaves(freq, sr, fmin, n_bands, quantile)
    contiguous = all((np.diff(bins) == 1).all() for bins, _ in bands)
    finite = source.plan is not None or bool(np.isfinite(source.data).all())
    if contiguous and finite:
        stretches = tuple((int(bins[0]), int(bins[-1]) + 1, count) for bins, count in bands)
        both = source.run(_statistic(TAILS, source, bands=stretches), _F64, n_threads)
        valley, peak = both[..., : n_bands + 1, :], both[..., n_bands + 1 :, :]
    else:
        valley, peak = _tails(source.spectra(n_threads), bands)
    if linear:
        return peak - valley
    result: Array = power_to_db(peak) - power_to_db(valley)
    return result


def poly_features(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: npt.ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    order: int = 1,
    freq: npt.ArrayLike | None = None,
    n_threads: int = 1,
) -> Array:
    """Polynomials that fit the spectra best, as `librosa.feature.poly_features` of librosa 0.11.

    Parameters
    ----------
    y, sr, S, n_fft, hop_length, win_length, window, center, pad_mode, freq, n_threads
        As for `spectral_centroid`; `S` may be of any sign, and complex.
    order : int in [0, 100]
        Degree of the polynomial in the frequency in Hz.

    Returns
    -------
    np.ndarray, shape=(..., order + 1, frames)
        Coefficients from the highest degree down; float64.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Warns
    -----
    RankWarning
        If there are too few frequencies for the degree.
    """
    frames = _frames(hop_length, win_length, window, center, pad_mode)
    n_threads = check_threads(n_threads)
    order = check_int("order", order, minimum=0, maximum=100)
    if S is not None and as_numbers("S", S).dtype.kind == "c":
        S = np.asarray(S)
        given: dict[str, Any] = {"sr": sr, "n_fft": n_fft, "order": order, "freq": freq}
        parts = [poly_features(S=part, n_threads=n_threads, **given) for part in (S.real, S.imag)]
        return parts[0] + 1j * parts[1]
    source = source_of(y, S, n_fft, frames, signed=True)
    freq, steady = _frequencies(source, sr, freq)
    if not np.isfinite(freq).all():
        raise ParameterError("freq: holds NaN or infinite values; all must be finite")
    if steady:
        weights, short = _fit(freq.astype(_F64), order)
        if short:
            _warn_rank(2)
        return source.run(_weighted(SUMS, source, weights), _F64, n_threads)
    spectra = source.spectra(n_threads)
    freq = np.broadcast_to(freq, spectra.shape)
    out = new_array("y", (*spectra.shape[:-2], order + 1, spectra.shape[-1]), _F64)
    short = False
    for index in np.ndindex(*spectra.shape[:-2], spectra.shape[-1]):
        column = (*index[:-1], slice(None), index[-1])
        weights, lacks = _fit(freq[column].astype(_F64), order)
        short |= lacks
        out[column] = weights @ spectra[column]
    if short:
        _warn_rank(2)
    return out


# ---- pieces --------------------------------------------------------------------------------------


def _frames(
    hop_length: Any, win_length: Any, window: Any, center: Any, pad_mode: Any
) -> dict[str, Any]:
    return {
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window,
        "center": center,
        "pad_mode": pad_mode,
    }


def _check_finite(S: Array, n_threads: int) -> None:
    """Refuse spectra that are not finite, read as they lie in memory."""
    if abs(S.strides[-2]) < abs(S.strides[-1]):
        S = S.swapaxes(-1, -2)
    _core.check_finite(S, n_threads, "S")


def _column(freq: Array) -> Array:
    """Return frequencies in a shape that fits spectra."""
    return freq[:, np.newaxis] if freq.ndim == 1 else freq


def _normalized(S: Array) -> Array:
    """Return each frame divided by its sum, unless that is next to nothing."""
    sums = np.sum(S, axis=-2, keepdims=True, dtype=_F64)
    result: Array = (S / np.where(sums < np.finfo(S.dtype).tiny, 1, sums)).astype(S.dtype)
    return result


def _centroid(source: Source, freq: Array, steady: bool, n_threads: int) -> Array:
    if source.plan is None:
        _check_finite(source.data, n_threads)
    if steady:
        dtype = np.result_type(source.dtype, freq.dtype)
        return source.run(_statistic(CENTROID, source, freq), dtype, n_threads)
    weights = _normalized(source.spectra(n_threads))
    result: Array = np.sum(_column(freq) * weights, axis=-2, keepdims=True)
    return result


def _octaves(
    freq: Array, sr: float, fmin: float, n_bands: int, quantile: float
) -> list[tuple[npt.NDArray[np.intp], int]]:
    """Return the bins of each band and how many of them make its peak and its valley."""
    with np.errstate(over="ignore"):
        edges = np.concatenate([[0.0], fmin * 2.0 ** np.arange(n_bands + 1)])
    if (edges[:-1] >= sr / 2).any():
        raise ParameterError(
            f"fmin={fmin}: must be less than {sr / 2 / 2.0 ** (n_bands - 1)}, so that {n_bands} "
            "bands begin below sr / 2"
        )
    bands = []
    for k, (low, high) in enumerate(pairwise(edges)):
        inside = (freq >= low) & (freq <= high)
        bins = np.flatnonzero(inside)
        if len(bins) == 0:
            raise ParameterError(f"fmin={fmin}: no bin lies between {low} and {high} Hz")
        if k > 0:
            inside[bins[0] - 1] = True
        if k == n_bands:
            inside[bins[-1] + 1 :] = True
        bins = np.flatnonzero(inside)
        count = max(int(np.rint(quantile * len(bins))), 1)
        if k < n_bands:
            bins = bins[:-1]
        if len(bins) == 0:
            raise ParameterError(f"fmin={fmin}: only one bin lies between {low} and {high} Hz")
        bands.append((bins, min(count, len(bins))))
    return bands


def _tails(S: Array, bands: list[tuple[npt.NDArray[np.intp], int]]) -> tuple[Array, Array]:
    """Return valleys and peaks of bands of any bins."""
    shape = (*S.shape[:-2], len(bands), S.shape[-1])
    valley, peak = new_array("S", shape, _F64), new_array("S", shape, _F64)
    for k, (bins, count) in enumerate(bands):
        ordered = np.sort(S[..., bins, :], axis=-2)
        valley[..., k, :] = ordered[..., :count, :].mean(axis=-2, dtype=_F64)
        peak[..., k, :] = ordered[..., -count:, :].mean(axis=-2, dtype=_F64)
    return valley, peak


def _fit(freq: Array, order: int) -> tuple[Array, bool]:
    """Return the weights (order + 1, bins) of a fit, and whether it lacks frequencies."""
    check_size("order", (order + 1, len(freq)), 8)
    with np.errstate(all="ignore"):
        powers = np.vander(freq, order + 1)
        scale = np.sqrt((powers * powers).sum(axis=0))
    if not np.isfinite(scale).all():
        raise ParameterError(f"order={order}: is too large for the frequencies")
    scale[scale == 0] = 1
    cutoff = len(freq) * np.finfo(_F64).eps
    u, s, v = np.linalg.svd(powers / scale, full_matrices=False)
    kept = s > cutoff * s.max()
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0)
    weights = (v.T * inverse) @ u.T / scale[:, np.newaxis]
    return np.ascontiguousarray(weights), int(kept.sum()) != order + 1


def _warn_rank(stacklevel: int) -> None:
    """Warn as numpy.polyfit does. A stacklevel of 1 is the line that calls this."""
    category = getattr(np, "exceptions", np).RankWarning
    warnings.warn("Polyfit may be poorly conditioned", category, stacklevel=stacklevel + 1)
