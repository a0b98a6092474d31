"""Filters of the constant-Q transform: the grid of bins, and the basis of librosa 0.11."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, show
from fastspec.caches import plan_cache
from fastspec.intervals import check_intervals, interval_frequencies
from fastspec.windows import WindowSpec, get_window

__all__ = [
    "Grid",
    "Octave",
    "grid",
    "octaves",
    "resampling_taps",
    "spectral_basis",
    "window_table",
]

_Array = npt.NDArray[Any]

# Equivalent noise bandwidths in bins, as librosa 0.11 tabulates them; others are computed.
_BANDWIDTHS = {
    1.3334961334912805: "bart bartlett brt",
    1.4560255965133932: "barthann brthan bth",
    2.0045975283585014: "bkh blackharr blackmanharris",
    1.7269681554262326: "black blackman blk",
    1.7859588613860062: "bman bmn bohman",
    1.0: "box boxcar ones rect rectangular",
    1.2337005350199792: "cosine halfcosine",
    2.7762255046484143: "flat flattop flt",
    1.3629455320350348: "ham hamm hamming",
    1.50018310546875: "han hann",
    1.9763500280946082: "nut nutl nuttall",
    1.917460317460319: "par parz parzen",
    1.333170652355585: "tri triang triangle",
}
_BANDWIDTH_OF = {name: width for width, names in _BANDWIDTHS.items() for name in names.split()}

# soxr's 'hq' filter for n:1, as a Kaiser-windowed sinc: beta, and half its length over n / 2.
# Fitted to its impulse responses (soxr 1.1), which they meet within 2.5e-7 of the peak.
_CUTOFF = 0.47843591
_SOXR_HQ = {
    2: (13.03718119, 194.47854207),
    4: (13.72509332, 204.61140532),
    8: (14.11736766, 210.60059458),
    16: (14.38829676, 214.53604071),
}

_FINE = 1024  # bins per length at which side lobes are looked at
_MOST_BYTES = 2**32


class Grid(NamedTuple):
    """The bins of a transform: all that follows from the parameters but the signal."""

    frequencies: _Array
    alpha: _Array
    lengths: _Array  # in samples at the full rate, not whole
    cutoff: float  # the upper end of the highest pass-band


def grid(
    *,
    sr: float,
    fmin: float,
    n_bins: int,
    bins_per_octave: int,
    intervals: str | tuple[float, ...],
    filter_scale: float,
    gamma: float | None,
    window: WindowSpec,
) -> Grid:
    """Return the bins of librosa 0.11's vqt."""
    if not isinstance(intervals, str):
        bins_per_octave = len(check_intervals(intervals))
    frequencies = interval_frequencies(
        n_bins, fmin=fmin, intervals=intervals, bins_per_octave=bins_per_octave
    )
    if not np.isfinite(frequencies).all() or not frequencies.all():
        raise ParameterError(f"n_bins={n_bins}: gives frequencies that are no finite numbers > 0")
    if n_bins == 1:
        ratio = 2.0 ** (2 / bins_per_octave)
        alpha = np.array([(ratio - 1) / (ratio + 1)])
    else:
        alpha = _bandwidths(frequencies)
    added = alpha * 24.7 / 0.108 if gamma is None else gamma
    q = filter_scale / alpha
    lengths = q * sr / (frequencies + added / alpha)
    cutoff = np.max(frequencies * (1 + 0.5 * window_bandwidth(window) / q) + 0.5 * added)
    return Grid(frequencies, alpha, lengths, float(cutoff))


def _bandwidths(frequencies: _Array) -> _Array:
    logs = np.log2(frequencies)
    if not (np.diff(logs) > 0).all():
        raise ParameterError("intervals: give frequencies of which some are equal")
    per_octave = np.empty_like(frequencies)
    per_octave[0] = 1 / (logs[1] - logs[0])
    per_octave[-1] = 1 / (logs[-1] - logs[-2])
    per_octave[1:-1] = 2 / (logs[2:] - logs[:-2])
    ratio = 2.0 ** (2 / per_octave)
    alpha: _Array = (ratio - 1) / (ratio + 1)
    return alpha


def window_bandwidth(window: WindowSpec) -> float:
    """Return a window's equivalent noise bandwidth in bins."""
    name = getattr(window, "__name__", window)
    if isinstance(name, str) and name in _BANDWIDTH_OF:
        return _BANDWIDTH_OF[name]
    values = get_window(window, 1000)
    tiny = float(np.finfo(values.dtype).tiny)
    return float(1000 * np.sum(values**2) / (np.sum(values) ** 2 + tiny))


# ---- librosa's basis ----------------------------------------------------------------------------


class Octave(NamedTuple):
    """Filters of one octave: its bins, its rate over the full one, and each bin in both domains."""

    bins: slice
    halvings: int
    n_fft: int
    taps: _Array  # (bins, n_fft) complex128, centred on tap n_fft / 2
    spectrum: _Array  # (bins, n_fft / 2 + 1) complex128: factors of a frame's spectrum

    def scaled(self, factor: Any) -> Octave:
        """Return the octave with each filter times a factor."""
        return self._replace(taps=self.taps * factor, spectrum=self.spectrum * factor)

    def filter(self, i: int, level: int, first: int) -> tuple[int, int, _Array, int, _Array]:
        """Return bin i as the core takes it, both forms as pairs of real numbers."""
        used = np.nonzero(self.spectrum[i])[0]
        begin, end = (used[0], used[-1] + 1) if len(used) else (0, 0)
        return level, first, _pairs(self.taps[i]), int(begin), _pairs(self.spectrum[i, begin:end])


def _pairs(values: _Array) -> _Array:
    """Return complex values as (n, 2) real ones."""
    return np.ascontiguousarray(values, np.complex128).view(np.float64).reshape(-1, 2)


def octaves(
    g: Grid,
    *,
    sr: float,
    hop_length: int,
    per_octave: int,
    filter_scale: float,
    gamma: float | None,
    norm: Any,
    sparsity: float,
    window: WindowSpec,
    guarded: bool = False,
) -> list[Octave]:
    """Return the filters of librosa's vqt, from the highest octave down.

    librosa 0.11 halves the rate wherever the hop is even. The versions after it are `guarded`: no
    frequency that is still to come may exceed a fifth of the rate.
    """
    n_bins = len(g.frequencies)
    n_filters = min(per_octave, n_bins)
    rate, hop, halvings = sr, hop_length, 0
    result = []
    for i in range(math.ceil(n_bins / per_octave)):
        bins = slice(max(0, n_bins - n_filters * (i + 1)), n_bins - n_filters * i)
        basis, n_fft = spectral_basis(
            g.frequencies[bins], g.alpha[bins], rate, filter_scale, gamma, norm, sparsity, window
        )
        basis = (basis * np.sqrt(sr / rate)).astype(np.complex64).astype(np.complex128)
        # A product with a frame's spectrum is a product with the frame: the spectrum of the basis.
        taps = np.fft.fft(basis, n=n_fft, axis=1)
        result.append(Octave(bins, halvings, n_fft, taps, basis))
        below = g.frequencies[: bins.start]
        if hop % 2 == 0 and not (guarded and len(below) and below.max() > rate / 5):
            rate, hop, halvings = rate / 2, hop // 2, halvings + 1
    return result


def spectral_basis(
    frequencies: _Array,
    alpha: _Array,
    sr: float,
    filter_scale: float,
    gamma: float | None,
    norm: Any,
    sparsity: float,
    window: WindowSpec,
    hop_length: int | None = None,
) -> tuple[_Array, int]:
    """Return what librosa's ``__vqt_filter_fft`` does, in the same precisions.

    With `hop_length`, frames are no shorter than twice that, rounded up to a power of two.
    """
    added = alpha * 24.7 / 0.108 if gamma is None else gamma
    lengths = filter_scale / alpha * sr / (frequencies + added / alpha)
    size = n_fft = int(2.0 ** np.ceil(np.log2(lengths.max())))
    if hop_length is not None:
        n_fft = max(size, int(2.0 ** (1 + np.ceil(np.log2(hop_length)))))
    check_bytes(len(lengths) * n_fft * 40)
    basis = np.zeros((len(lengths), size), np.complex64)
    for row, length, frequency in zip(basis, lengths, frequencies):
        at = np.arange(-length // 2, length // 2, dtype=float) * 2 * np.pi * frequency / sr
        wavelet = np.cos(at) + 1j * np.sin(at)
        wavelet *= _basis_window(window, len(wavelet))
        wavelet /= _size(wavelet, norm)
        first = (size - len(wavelet)) // 2
        row[first : first + len(wavelet)] = wavelet
    basis *= lengths[:, np.newaxis] / float(n_fft)
    spectrum = _fft(basis, n_fft)[:, : n_fft // 2 + 1]
    return _sparse(spectrum, sparsity), n_fft


def _fft(basis: _Array, n_fft: int) -> _Array:
    """Return the spectra by the FFT that librosa takes, where it is installed.

    Sparsification keeps one of two nearly equal values, and the last bit may decide which: without
    SciPy a filter can differ from librosa's by 0.5 %.
    """
    try:
        from scipy import fft
    except ImportError:
        return np.fft.fft(basis, n=n_fft, axis=1)
    result: _Array = fft.fft(basis, n=n_fft, axis=1)
    return result


# Cosine sums, summed in SciPy's order, for the same reason.
_COSINES = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 1 - 0.54),
    "blackman": (0.42, 0.50, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}


def _basis_window(window: WindowSpec, n: int) -> _Array:
    weights = None
    if isinstance(window, str):
        weights = _COSINES.get(_SHORT.get(window, window))
    if weights is None or n < 2:
        return get_window(window, n)
    at = np.linspace(-np.pi, np.pi, n + 1)
    values = np.zeros(n + 1)
    for k, weight in enumerate(weights):
        values += weight * np.cos(k * at)
    return values[:-1]


def _size(x: _Array, norm: Any) -> float:
    """Return the divisor of librosa's `util.normalize`."""
    if norm is None:
        return 1.0
    magnitude = np.abs(x)
    if norm == np.inf:
        size = magnitude.max()
    elif norm == -np.inf:
        size = magnitude.min()
    elif norm == 0:
        size = np.sum(magnitude > 0)
    else:
        size = np.sum(magnitude**norm) ** (1.0 / norm)
    return float(size) if size >= np.finfo(np.float64).tiny else 1.0


def _sparse(spectrum: _Array, sparsity: float) -> _Array:
    """Set the smallest values of each row to 0 that together hold less than a share of its sum."""
    magnitude = np.abs(spectrum)
    norms = np.sum(magnitude, axis=1, keepdims=True)
    ordered = np.sort(magnitude, axis=1)
    with np.errstate(invalid="ignore"):  # a window of zeros
        first = np.argmin(np.cumsum(ordered / norms, axis=1) < sparsity, axis=1)
    least = np.take_along_axis(ordered, first[:, np.newaxis], axis=1)
    kept: _Array = np.where(magnitude >= least, spectrum, 0)
    return kept


def check_bytes(n: float) -> None:
    """Refuse filters that would take an absurd amount of memory."""
    if not n <= _MOST_BYTES:
        raise ParameterError(
            f"the filters would take {n / 2**30:.1f} GiB: raise fmin or gamma, or lower "
            "bins_per_octave or filter_scale"
        )


def resampling_taps(factor: int) -> _Array:
    """Return taps 0, 1, 2 ... of the symmetric filter by which soxr_hq decimates."""
    beta, half = _SOXR_HQ.get(factor, (14.6, 217.0))
    reach = half * factor / 2
    at = np.arange(math.floor(reach) + 1)
    cutoff = _CUTOFF * 2 / factor
    taps = cutoff * np.sinc(cutoff * at) * np.i0(beta * np.sqrt(1 - (at / reach) ** 2))
    result: _Array = taps / (taps[0] + 2 * taps[1:].sum())
    return result


# ---- the exact definition -----------------------------------------------------------------------

_N_TABLE = 2**14 + 1

# Windows that are a function of the place between their ends and nothing else.
_SCALABLE = (
    "barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine", "flattop",
    "general_hamming", "hamming", "hann", "kaiser", "lanczos", "nuttall", "parzen", "tukey",
)  # fmt: skip
_SHORT = {
    "bart": "bartlett",
    "brt": "bartlett",
    "triang": "bartlett",
    "triangle": "bartlett",
    "tri": "bartlett",
    "han": "hann",
    "hamm": "hamming",
    "ham": "hamming",
    "black": "blackman",
    "blk": "blackman",
    "blackharr": "blackmanharris",
    "bkh": "blackmanharris",
    "nutl": "nuttall",
    "nut": "nuttall",
    "flat": "flattop",
    "flt": "flattop",
    "bman": "bohman",
    "bmn": "bohman",
    "box": "boxcar",
    "ones": "boxcar",
    "rect": "boxcar",
    "rectangular": "boxcar",
    "halfcosine": "cosine",
    "parz": "parzen",
    "par": "parzen",
    "tuk": "tukey",
    "ksr": "kaiser",
    "brthan": "barthann",
    "bth": "barthann",
    "sinc": "lanczos",
}


class WindowTable(NamedTuple):
    """A window between samples: its values from the centre to the end."""

    values: _Array | None  # None: Hann, by its formula
    window: tuple[Any, ...]

    def mean_power(self, p: float) -> float:
        """Return the mean of ``|w|**p`` over the window's length, by Simpson's rule."""
        if self.values is None and p == 1:
            return 0.5
        values = np.abs(_values(self.window)) ** p
        weights = np.ones(_N_TABLE)
        weights[1:-1:2], weights[2:-1:2] = 4, 2
        return float(np.sum(weights * values) / (3 * (_N_TABLE - 1)))

    def distance(self, accuracy: float) -> float:
        """Return how many bins from its centre a bin's response stays above an accuracy."""
        if self.values is None:
            # Its side lobes fall with the power 3; calibrated against direct sums.
            return max(20.0, 80 * math.pow(1e-6 / accuracy, 0.4))
        half = _values(self.window)[:: (_N_TABLE - 1) // _FINE]
        window = np.concatenate([half[::-1], half[1:-1]])  # one period
        power = np.abs(np.fft.rfft(window, 8 * len(window))) ** 2
        tail = np.sqrt(np.cumsum(power[::-1])[::-1] / power.sum())
        within = np.nonzero(tail <= 3 * accuracy)[0]
        if not len(within) or within[0] / 8 > _FINE / 2:
            return 1e9  # never decimated
        return max(40.0, float(within[0]) / 8)


@plan_cache("cqt.windows", 16)
def _values(window: tuple[Any, ...]) -> _Array:
    spec = window[0] if len(window) == 1 else window
    values = get_window(spec, 2 * _N_TABLE - 1, fftbins=False)[_N_TABLE - 1 :]
    values.flags.writeable = False
    return values


def window_table(window: WindowSpec) -> WindowTable:
    """Return a window that can be evaluated between samples."""
    if isinstance(window, int | float) and not isinstance(window, bool):
        window = ("kaiser", float(window))
    parts = window if isinstance(window, tuple) else (window,)
    name = parts[0] if parts else None
    if isinstance(name, str):
        name = _SHORT.get(name, name)
    if name not in _SCALABLE:
        raise ParameterError(
            f"window={show(window)}: is not defined between samples; definition='exact' takes "
            + ", ".join(map(repr, _SCALABLE))
        )
    parts = (name, *parts[1:])
    if parts == ("hann",):
        return WindowTable(None, parts)
    return WindowTable(_values(parts), parts)
