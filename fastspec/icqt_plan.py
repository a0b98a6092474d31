"""What inverts a constant-Q transform: librosa's inverse as plans of the core, and the pairs of
plans that least squares are solved with."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError
from fastspec.caches import plan_cache
from fastspec.cqt_basis import (
    Octave,
    _pairs,
    check_bytes,
    grid,
    resampling_taps,
    spectral_basis,
    window_table,
)
from fastspec.cqt_plan import CQT
from fastspec.cqt_stages import _chain, _early_halvings
from fastspec.intervals import tuning_factor
from fastspec.plans import new_array, rebuild

__all__ = ["Inverse", "Solver", "solver"]

_Array = npt.NDArray[Any]

_IN_TIME = 1  # FSPEC_CQT_TIME

# ---- librosa's inverse --------------------------------------------------------------------------


class _Rung(NamedTuple):
    """One octave of the inverse: its bins, its rate below the full one, and its filters."""

    bins: slice
    halvings: int
    n_fft: int
    taps: _Array  # (bins, n_fft) complex128, centred on tap n_fft / 2


class Inverse:
    """librosa 0.11's inverse of its constant-Q or variable-Q transform.

    Every octave's spectra go through the conjugate of its basis and an inverse STFT with a
    rectangular window, and are interpolated to the full rate at once. An inverse FFT of a sum over
    bins is a sum of filters, so each octave is a transposed bank of filters here; the octaves are
    added on the way up a chain of interpolators by two.
    """

    def __init__(
        self,
        *,
        double: bool,
        n_bins: int,
        sr: float,
        hop_length: int,
        fmin: float,
        bins_per_octave: int,
        tuning: float,
        filter_scale: float,
        gamma: float | None,
        norm: Any,
        sparsity: float,
        window: Any,
        scale: bool,
        intervals: str | tuple[float, ...],
        res_type: str,
    ) -> None:
        per_octave = bins_per_octave if isinstance(intervals, str) else len(intervals)
        g = grid(
            sr=sr,
            fmin=fmin * tuning_factor(tuning, per_octave),
            n_bins=n_bins,
            bins_per_octave=bins_per_octave,
            intervals=intervals,
            filter_scale=filter_scale,
            gamma=gamma,
            window=window,
        )
        highest = g.frequencies.max()
        if highest > sr / 2:
            raise ParameterError(
                f"sr={sr}: is too low for bins of up to {highest:.6g} Hz; must be at least "
                "twice as high"
            )
        if g.lengths.min() < 1:
            raise ParameterError(f"filter_scale={filter_scale}: gives filters of no length")
        check_bytes(16 * float(g.lengths.sum()))
        self.longest = float(g.lengths.max())
        self.hop_length, self.n_bins = hop_length, n_bins
        rungs = []
        n_octaves = -(-n_bins // per_octave)
        twos = (hop_length & -hop_length).bit_length() - 1
        for i in range(n_octaves):
            bins = slice(per_octave * i, min(per_octave * (i + 1), n_bins))
            halvings = min(n_octaves - 1 - i, twos)
            basis, n_fft = spectral_basis(
                g.frequencies[bins],
                g.alpha[bins],
                sr / 2**halvings,
                filter_scale,
                gamma,
                norm,
                sparsity,
                window,
            )
            # At a constant Q, bins lie as far apart as they are wide; with gamma they overlap more.
            overlap = g.lengths[bins] / (filter_scale / g.alpha[bins] * sr / g.frequencies[bins])
            gains = overlap * n_fft / g.lengths[bins]
            if scale:
                gains *= np.sqrt(g.lengths[bins])
            taps = _synthesis(basis.astype(np.complex64), n_fft, gains)
            rungs.append(_Rung(bins, halvings, n_fft, taps))
        self._double = double
        self._whole: _core.IcqtPlan | None = None
        if res_type == "soxr_hq":
            self._whole = _overlap(rungs, n_bins, hop_length, double)
            return
        self._quality = res_type
        self._parts = [
            (r, _overlap([r._replace(halvings=0)], len(r.taps), hop_length >> r.halvings, double))
            for r in rungs
        ]

    def n_samples(self, n_frames: int) -> int:
        """Return the natural length of the result."""
        return self.hop_length * (n_frames - 1)

    def exec(self, C: _Array, out: _Array, n_threads: int) -> None:
        """Invert C (..., n_bins, n_frames) into out (..., n); beyond the natural length it is 0."""
        if self._whole is not None:
            self._whole.exec(C, out, n_threads)
            return
        import soxr

        real = np.dtype(np.float64 if self._double else np.float32)
        total = new_array("C", (*C.shape[:-2], self.n_samples(C.shape[-1])), real)
        total[...] = 0
        for rung, core in self._parts:
            ratio = 2**rung.halvings
            part = np.empty((*total.shape[:-1], total.shape[-1] // ratio), real)
            core.exec(C[..., rung.bins, :], part, n_threads)
            for index in np.ndindex(part.shape[:-1]):
                if ratio == 1 or not part.shape[-1]:
                    total[index] += part[index]
                    continue
                whole = soxr.resample(part[index], 1, ratio, quality=self._quality)
                whole = whole[: total.shape[-1]]
                total[index][: len(whole)] += whole
        n = min(total.shape[-1], out.shape[-1])
        out[..., :n] = total[..., :n]
        out[..., n:] = 0


def _synthesis(basis: _Array, n_fft: int, gains: _Array) -> _Array:
    """Return the filters whose transposes synthesise what the conjugate of a spectral basis does.

    A frame is irfft(conj(basis).T @ (gains / power * C)): the real part of a sum over bins of C
    times a filter, of which this is the conjugate.
    """
    power = np.sum(np.abs(basis) ** 2, axis=1)
    if not power.all():
        raise ParameterError("window: gives filters that are zero")
    both = np.full(n_fft // 2 + 1, 2.0)  # a bin and its mirror image
    both[0] = 1.0
    if n_fft % 2 == 0:
        both[-1] = 1.0
    taps: _Array = np.fft.fft(basis.astype(np.complex128) * both, n=n_fft, axis=1)
    taps *= (gains / power / n_fft)[:, np.newaxis]
    return taps


def _overlap(rungs: list[_Rung], n_bins: int, hop_length: int, double: bool) -> _core.IcqtPlan:
    filters = [
        (rung.halvings, -rung.n_fft // 2, _pairs(taps)) for rung in rungs for taps in rung.taps
    ]
    interpolator = 2 * resampling_taps(2)
    forward = _core.CqtPlan(
        output=0,
        double=double,
        hop_length=hop_length,
        n_bins=n_bins,
        filters=filters,
        decimator=interpolator,
        decimator_reach=len(interpolator) - 1,
    )
    levels = sorted({rung.halvings for rung in rungs if rung.halvings >= 3})
    heads = [(level, _head(level, len(interpolator) // 2)) for level in levels]
    return _core.IcqtPlan(forward, overlap=True, heads=heads)


@plan_cache("icqt.heads", 32)
def _head(level: int, n_in: int) -> _Array:
    """Return what soxr_hq's first outputs lack of those of a filter that has always run.

    From 1:8 on it interpolates in two stages, by two (1:8) or by four and then by the rest, and
    the second one begins without what the first would give before time 0. The second filter was
    fitted to soxr's responses (soxr 1.1), which it meets within 2e-7 of the peak.
    """
    ratio = 2**level
    first = 2 if level == 3 else 4
    second = ratio // first
    beta, cutoff = (14.058963, 0.489218) if level == 3 else (14.058490, 0.494609)
    reach = (9 if level == 3 else 6) + 0.5 / second
    early = np.arange(1, math.floor(reach) + 1)
    stage = first * resampling_taps(first)
    at = early[:, np.newaxis] + first * np.arange(n_in)
    before = np.where(at < len(stage), stage[np.minimum(at, len(stage) - 1)], 0)
    at = early[:, np.newaxis] + np.arange(math.ceil(reach * second) - second + 1) / second
    inside = np.clip(1 - (at / reach) ** 2, 0, None)
    after = 2 * cutoff * np.sinc(2 * cutoff * at) * np.i0(beta * np.sqrt(inside)) / np.i0(beta)
    return np.ascontiguousarray(-before.T @ np.where(at <= reach, after, 0))


# ---- least squares ------------------------------------------------------------------------------


class Solver(NamedTuple):
    """A transform and its adjoint, and the factors by which its coefficients differ from a plan's.

    Every bin is scaled to an on-bin response of 1, so that errors of all bins weigh alike and
    conjugate gradients converge at about the same rate in all of them.
    """

    forward: _core.CqtPlan
    adjoint: _core.IcqtPlan
    gains: _Array


class _Balanced(CQT):
    """The exact transform with filters of L1 norm 1."""

    def _amplitudes(self, mean_power: Any) -> _Array:
        amplitudes: _Array = 1 / (self.lengths * mean_power(1))
        return amplitudes


@plan_cache("icqt.solvers", 8)
def solver(plan: CQT, double: bool) -> Solver:
    """Return the cores that invert a plan by least squares, for single or double precision."""
    a = {**plan._arguments, "output": "complex", "input_scale": None}
    if a["definition"] == "exact":
        mean_power = window_table(a["window"]).mean_power
        balanced = rebuild(_Balanced, {**a, "precision": "double" if double else "single"})
        forward = balanced._core(double)
        amplitudes = balanced._amplitudes(mean_power) / plan._amplitudes(mean_power)
        return Solver(forward, _core.IcqtPlan(forward), amplitudes)
    if a["pad_mode"] not in ("constant", "empty") or a["res_type"] != "soxr_hq":
        raise ParameterError(
            "pad_mode, res_type: least squares need pad_mode='constant' and res_type='soxr_hq'"
        )
    return _librosa_solver(plan, a, double)


def _librosa_solver(plan: CQT, a: dict[str, Any], double: bool) -> Solver:
    """As librosa transforms, resampled by twos all the way down."""
    g = plan._grid
    per_octave = a["bins_per_octave"]
    if not isinstance(a["intervals"], str):
        per_octave = len(a["intervals"])
    n_octaves = -(-a["n_bins"] // per_octave)
    halvings = _early_halvings(a["sr"] / 2, g.cutoff, a["hop_length"], n_octaves)
    factor = 2**halvings
    bank = plan._bank(a["sr"] / factor, a["hop_length"] // factor)
    gains = np.empty(a["n_bins"])
    filters: list[Octave] = []
    for octave in bank:
        response = np.abs(octave.taps).sum(axis=1)
        if not response.all():
            raise ParameterError("window: gives filters that are zero")
        own = np.sqrt(g.lengths[octave.bins] / factor) if a["scale"] else 1 / np.sqrt(factor)
        # _chain undoes the decimators' gain.
        gain = np.sqrt(0.5) ** (halvings + octave.halvings)
        gains[octave.bins] = own / response * gain
        filters.append(octave.scaled(gain / response[:, np.newaxis]))
    # In time, as the adjoint: products with spectra differ from those by more than rounding.
    forward = _chain(
        filters, a["n_bins"], a["hop_length"], halvings, double, 0, 1.0, domain=_IN_TIME
    )
    return Solver(forward, _core.IcqtPlan(forward), gains)


def longest_signal(forward: _core.CqtPlan, hop_length: int, n_frames: int) -> int:
    """Return the length of the longest signal that has so many frames."""
    if hop_length * (n_frames + 1) > 2**56:
        raise ParameterError(f"hop_length={hop_length}: is too large for {n_frames} frames")
    low, high = max(1, hop_length * (n_frames - 1)), hop_length * (n_frames + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if forward.n_frames(middle) <= n_frames else (low, middle)
    if forward.n_frames(low) != n_frames:
        raise ParameterError(f"C: no signal has {n_frames} frames with hop_length={hop_length}")
    return low
