"""librosa's constant-Q transform as plans of the core: in one where the core can do it in one, else
resampled and padded stage by stage."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError, check_choice
from fastspec.cqt_basis import Grid, Octave, resampling_taps

__all__ = ["VERSIONS", "check_res_type", "make", "warn_long_frames"]

_Array = npt.NDArray[Any]
_Bank = Callable[[float, int], list[Octave]]

VERSIONS = ("0.11", "1.0")  # of librosa, whose rules differ

_DOMAIN = 0  # in which filters are applied: whichever costs less; tests ask for 1, time, and 2

_SOXR = ("soxr_vhq", "soxr_hq", "soxr_mq", "soxr_lq", "soxr_qq")


def check_res_type(res_type: Any) -> str:
    """Return an argument `res_type`, checked; all but the built-in one need the package soxr."""
    name = check_choice("res_type", res_type, _SOXR)
    if name != "soxr_hq" and not _has_soxr():
        raise ParameterError(f"res_type={name!r}: needs the package soxr")
    return name


def make(
    g: Grid, a: dict[str, Any], *, double: bool, output: int, bank: _Bank, chroma: Any = None
) -> Any:
    """Return the core of librosa's vqt for a plan's arguments.

    `chroma`, for signals that are neither padded nor resampled by soxr: what becomes of the
    magnitudes.
    """
    per_octave = a["bins_per_octave"]
    if not isinstance(a["intervals"], str):
        per_octave = len(a["intervals"])
    n_octaves = -(-a["n_bins"] // per_octave)
    halvings = _early_halvings(a["sr"] / 2, g.cutoff, a["hop_length"], n_octaves)
    factor = 2**halvings
    # Without `scale`, librosa undoes the gain of the first resampling.
    gain = 1.0 if a["scale"] else float(np.sqrt(factor))
    plain = a["pad_mode"] in ("constant", "empty") and a["res_type"] == "soxr_hq"
    filters = bank(a["sr"] / factor, a["hop_length"] // factor)
    if a["scale"]:
        lengths = np.sqrt(g.lengths / factor)[:, np.newaxis]
        filters = [octave.scaled(1 / lengths[octave.bins]) for octave in filters]
    filters = [octave.scaled(gain) for octave in filters]
    scale = 1.0 if a["input_scale"] is None else a["input_scale"]
    if not plain:
        return _Stepwise(filters, a, factor, double, output, scale)
    if halvings < 2:
        return _chain(
            filters, a["n_bins"], a["hop_length"], halvings, double, output, scale, chroma
        )
    hop = a["hop_length"] // factor
    then = _chain(filters, a["n_bins"], hop, 0, double, output, 1.0, chroma)
    return _Staged(_first(factor, double, "soxr_hq"), then, double, scale)


def _first(factor: int, double: bool, quality: str) -> Any:
    """Return what resamples by a factor at once, before the octaves.

    From 4:1 on, soxr_hq works in stages that each cut the signal at its ends. Where soxr is not
    installed, its filter is applied in one, which differs in the first and the last frames.
    """
    if quality == "soxr_hq" and (factor < 4 or not _has_soxr()):
        return _Resampler(factor, double)
    return _Soxr(factor, quality)


def _has_soxr() -> bool:
    try:
        import soxr  # noqa: F401
    except ImportError:
        return False
    return True


def _early_halvings(nyquist: float, cutoff: float, hop_length: int, n_octaves: int) -> int:
    by_frequency = max(0, int(np.ceil(np.log2(nyquist / cutoff)) - 1) - 1)
    twos = (hop_length & -hop_length).bit_length() - 1
    return min(by_frequency, max(0, twos - n_octaves + 1))


def _chain(
    filters: list[Octave],
    n_bins: int,
    hop: int,
    first: int,
    double: bool,
    output: int,
    scale: float,
    chroma: Any = None,
    domain: int | None = None,
) -> _core.CqtPlan:
    """Return one plan in which octaves are levels of a chain of decimators."""
    rows: list[Any] = [None] * n_bins
    for octave in filters:
        level = first + octave.halvings
        level_filters = octave.scaled(np.sqrt(2.0) ** level)
        for i, bin_ in enumerate(range(octave.bins.start, octave.bins.stop)):
            rows[bin_] = level_filters.filter(i, level, -octave.n_fft // 2)
    decimator = resampling_taps(2)
    return _core.CqtPlan(
        output=output,
        double=double,
        hop_length=hop,
        n_bins=n_bins,
        filters=rows,
        input_scale=scale,
        decimator=decimator,
        decimator_reach=len(decimator) - 1,
        chroma=chroma,
        domain=_DOMAIN if domain is None else domain,
    )


class _Resampler:
    """librosa's resample(y, orig_sr=factor, target_sr=1, scale=True), by soxr_hq's filter."""

    def __init__(self, factor: int, double: bool) -> None:
        taps = resampling_taps(factor) * np.sqrt(float(factor))
        both = np.stack([np.concatenate([taps[:0:-1], taps]), np.zeros(2 * len(taps) - 1)], axis=1)
        self.factor = factor
        self._type = np.complex128 if double else np.complex64
        self._plan = _core.CqtPlan(
            output=0,
            double=double,
            hop_length=factor,
            n_bins=1,
            filters=[(0, 1 - len(taps), both)],
        )

    def length(self, n: int) -> int:
        return -(-n // self.factor)

    def __call__(self, y: _Array, n_threads: int) -> _Array:
        out = np.empty((*y.shape[:-1], 1, self._plan.n_frames(y.shape[-1])), self._type)
        self._plan.exec(y, out, n_threads)
        return np.ascontiguousarray(out[..., 0, : self.length(y.shape[-1])].real)


class _Soxr:
    """The same by the package soxr."""

    def __init__(self, factor: int, quality: str) -> None:
        self.factor, self._quality = factor, quality

    def length(self, n: int) -> int:
        return -(-n // self.factor)

    def __call__(self, y: _Array, n_threads: int) -> _Array:
        import soxr

        n = self.length(y.shape[-1])
        result = np.zeros((*y.shape[:-1], n), y.dtype)
        for index in np.ndindex(y.shape[:-1]):
            part = soxr.resample(y[index], self.factor, 1, quality=self._quality)[:n]
            result[index][: len(part)] = part
        result *= y.dtype.type(np.sqrt(self.factor))
        return result


class _Staged:
    """A resampler in front of a plan."""

    filters: Any = True

    def __init__(self, first: Any, then: _core.CqtPlan, double: bool, scale: float) -> None:
        self.first, self._then = first, then
        self._type, self._scale = np.dtype(np.float64 if double else np.float32), scale
        self.n_bins = then.n_bins
        self.frame_lengths = then.frame_lengths

    def n_frames(self, n: int) -> int:
        return self._then.n_frames(self.first.length(n))

    def exec(self, y: _Array, out: _Array, n_threads: int, whole_array: bool = False) -> None:
        _core.check_finite(y, n_threads)
        _check_length(y, self.first.factor)
        self._then.exec(self.first(_scaled(y, self._type, self._scale), n_threads), out, n_threads)


class _Stepwise:
    """Octave by octave: resampled, padded, and multiplied by a plan of its own."""

    filters: Any = True

    def __init__(
        self,
        filters: list[Octave],
        a: dict[str, Any],
        factor: int,
        double: bool,
        output: int,
        scale: float,
    ) -> None:
        self.n_bins = a["n_bins"]
        self._mode, self._scale = a["pad_mode"], scale
        self._type = np.dtype(np.float64 if double else np.float32)
        self._hop, self._factor = a["hop_length"] // factor, factor
        self._padded = self._mode not in ("constant", "empty")
        self._filters = filters
        self._first = _first(factor, double, a["res_type"]) if factor > 1 else None
        self._halve = _first(2, double, a["res_type"])
        self._plans = [self._octave(octave, output, double) for octave in filters]
        self.frame_lengths = [(o.halvings, o.n_fft) for o in filters]

    def _octave(self, octave: Octave, output: int, double: bool) -> _core.CqtPlan:
        first = 0 if self._padded else -octave.n_fft // 2
        return _core.CqtPlan(
            output=output,
            double=double,
            hop_length=self._hop >> octave.halvings,
            n_bins=len(octave.taps),
            filters=[octave.filter(i, 0, first) for i in range(len(octave.taps))],
            domain=_DOMAIN,
        )

    def n_frames(self, n: int) -> int:
        n = -(-n // self._factor)
        counts: list[int] = []
        for octave in self._filters:
            length = -(-n // 2**octave.halvings)
            counts.append(1 + length // (self._hop >> octave.halvings))
        return min(counts)

    def exec(self, y: _Array, out: _Array, n_threads: int, whole_array: bool = False) -> None:
        _core.check_finite(y, n_threads)
        _check_length(y, self._factor)
        y = _scaled(y, self._type, self._scale)
        if self._first:
            y = self._first(y, n_threads)
        done = 0
        for octave, plan in zip(self._filters, self._plans):
            for _ in range(octave.halvings - done):
                y = self._halve(y, n_threads)
            done = octave.halvings
            hop = self._hop >> done
            padded = _pad(y, octave.n_fft, hop, self._mode) if self._padded else y
            part = np.empty(
                (*y.shape[:-1], plan.n_bins, plan.n_frames(padded.shape[-1])), out.dtype, order="F"
            )
            plan.exec(padded, part, n_threads)
            out[..., octave.bins, :] = part[..., : out.shape[-1]]


def _scaled(y: _Array, dtype: np.dtype[Any], scale: float) -> _Array:
    scaled = y.astype(dtype)
    if y.dtype.kind == "i":
        scaled *= dtype.type(scale)
    return scaled


def _check_length(y: _Array, factor: int) -> None:
    if y.shape[-1] < factor:
        raise ParameterError(f"y: holds {y.shape[-1]} samples; too short, at least {factor}")


def _pad(y: _Array, n_fft: int, hop: int, mode: Any) -> _Array:
    """Return a signal padded for centred frames, as librosa.stft does it.

    Its two ends are padded apart, unless their frames meet; a tail that is shorter than the
    padding is reflected by itself.
    """
    half, n = n_fft // 2, y.shape[-1]
    whole = [(0, 0)] * (y.ndim - 1)
    start_k = -(-half // hop)
    tail_k = (n + half - n_fft) // hop + 1
    if tail_k <= start_k:
        return np.pad(y, [*whole, (half, half)], mode=mode)
    before = y[..., : (start_k - 1) * hop - half + n_fft + 1]
    after = y[..., max(0, tail_k * hop - half) :]
    left = np.pad(before, [*whole, (half, 0)], mode=mode)[..., :half]
    if tail_k * hop - half + n_fft > n + half:
        right = np.zeros((*y.shape[:-1], half), y.dtype)
    else:
        right = np.pad(after, [*whole, (0, half)], mode=mode)[..., after.shape[-1] :]
    return np.concatenate([left, y, right], axis=-1)


def warn_long_frames(core: Any, n: int, stacklevel: int) -> None:
    """Warn, as librosa does, of every octave whose frames are longer than the signal."""
    if isinstance(core, _Staged):
        n = core.first.length(n)
    elif isinstance(core, _Stepwise):
        n = -(-n // core._factor)
    for level, n_fft in core.frame_lengths:
        length = -(-n // 2**level)
        if n_fft > length:
            message = f"n_fft={n_fft} is too large for input signal of length={length}"
            warnings.warn(message, stacklevel=stacklevel)
