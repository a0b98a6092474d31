"""The axes of pictures: where their cells lie, and their scales, ticks and labels.

What an axis may be is the table `AXES`; a new kind adds a row.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastspec

from ._validate import ParameterError
from .audio import FloatArray, require
from .notes import key_to_notes, note_name, scale_degrees

if TYPE_CHECKING:
    from matplotlib.axis import Axis

__all__ = [
    "AXES",
    "LINEAR_OCTAVES",
    "AxisKind",
    "AxisOptions",
    "even_ticks",
    "fft_edges",
    "log_heights",
    "style_time",
]


@dataclass(frozen=True)
class AxisOptions:
    """What the axes of one picture depend on; the arguments of `specshow` of the same names."""

    sr: float = 22050
    hop_length: int = 512
    n_fft: int | None = None
    fmin: float | None = None
    fmax: float | None = None
    htk: bool = False
    win_length: int | None = None
    tuning: float = 0.0
    bins_per_octave: int = 12
    intervals: str | Iterable[float] = "equal"
    key: str = "C:maj"
    unicode: bool = True


@dataclass(frozen=True)
class AxisKind:
    """One kind of axis.

    Attributes
    ----------
    edges : callable (n, options) -> np.ndarray [shape=(n + 1,)]
        The borders of n cells in the axis's own unit (seconds, Hz, frames).
    style : callable (axis, options, highest)
        Sets scale, ticks and label of a matplotlib axis that shows values up to `highest`.
    """

    edges: Callable[[int, AxisOptions], FloatArray]
    style: Callable[[Axis, AxisOptions, float], None]


def _ticks(choose: Callable[[float, float], Sequence[float] | NDArray[Any]]) -> Any:
    """Make a matplotlib locator that asks `choose` for the ticks between two values."""
    Locator: Any = require("matplotlib.ticker", "plot").Locator

    class ChosenTicks(Locator):  # type: ignore[misc]
        def __call__(self) -> Any:
            return self.tick_values(*self.axis.get_view_interval())

        def tick_values(self, vmin: float, vmax: float) -> Any:
            return choose(min(vmin, vmax), max(vmin, vmax))

    return ChosenTicks()


def even_ticks(low: float, high: float) -> NDArray[Any]:
    ticker = require("matplotlib.ticker", "plot")
    ticks: NDArray[Any] = ticker.MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(low, high)
    return ticks


# ---- axes: counts and nothing -------------------------------------------------------------------


def _count_edges(n: int, options: AxisOptions) -> FloatArray:
    return np.arange(n + 1) - 0.5


def _style_plain(axis: Axis, options: AxisOptions, highest: float) -> None:
    axis.set_ticks([])


def _style_frames(axis: Axis, options: AxisOptions, highest: float) -> None:
    ticker = require("matplotlib.ticker", "plot")
    axis.set_major_locator(ticker.MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    axis.set_label_text("Frame")


# ---- axes: time, in seconds ---------------------------------------------------------------------


def _time_edges(n: int, options: AxisOptions) -> FloatArray:
    return _count_edges(n, options) * (options.hop_length / options.sr)


def style_time(axis: Axis, options: AxisOptions, highest: float) -> None:
    """Milliseconds, seconds or a clock, whichever the range reads best in."""
    if highest < 1.0:
        _style_scaled_time(axis, options, highest, unit="ms", scale=1000.0)
    elif highest < 60.0:
        _style_scaled_time(axis, options, highest, unit="s", scale=1.0)
    else:
        ticker = require("matplotlib.ticker", "plot")
        hours = highest >= 3600.0
        axis.set_major_locator(_ticks(_clock_ticks))
        axis.set_major_formatter(ticker.FuncFormatter(partial(clock_label, hours=hours)))
        axis.set_label_text("Time (h:min:s)" if hours else "Time (min:s)")


def _style_scaled_time(
    axis: Axis, options: AxisOptions, highest: float, *, unit: str, scale: float
) -> None:
    ticker = require("matplotlib.ticker", "plot")
    axis.set_major_locator(ticker.MaxNLocator(nbins=12, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{round(x * scale, 9):g}"))
    axis.set_label_text(f"Time ({unit})")


_CLOCK_STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)


def _clock_ticks(low: float, high: float) -> NDArray[Any]:
    """Round numbers of seconds, minutes or hours, twelve or fewer."""
    if high - low < 10:
        return even_ticks(low, high)
    days = 86400 * math.ceil((high - low) / (12 * 86400))
    step = next((s for s in _CLOCK_STEPS if (high - low) / s <= 12), days)
    return step * np.arange(math.ceil(low / step), math.floor(high / step) + 1)


def clock_label(seconds: float, position: int | None = None, *, hours: bool = False) -> str:
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds), 3), 60)
    clock = f"{int(rest):02d}" if rest == int(rest) else f"{rest:06.3f}".rstrip("0")
    if hours:
        return f"{sign}{int(minutes) // 60}:{int(minutes) % 60:02d}:{clock}"
    return f"{sign}{int(minutes)}:{clock}"


# ---- axes: frequency, in Hz ---------------------------------------------------------------------

_LOG_LANDMARKS = (0, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
_MEL_LANDMARKS = (0, 500, 1000, 2000, 4000, 8000, 16000, 32000)
# The log axis is linear below this, so that the bin at 0 Hz has a place.
_LINEAR_BELOW = 64.0
LINEAR_OCTAVES = 0.5


def fft_edges(n: int, options: AxisOptions) -> FloatArray:
    n_fft = max(1, 2 * (n - 1)) if options.n_fft is None else options.n_fft
    spacing = options.sr / n_fft
    # The first cell, and the last of a whole spectrum, are half as high: nothing lies below 0 Hz
    # nor above sr / 2.
    highest = max(options.sr / 2, (n - 1) * spacing)
    edges: FloatArray = np.clip(_count_edges(n, options) * spacing, 0.0, highest)
    return edges


def _mel_edges(n: int, options: AxisOptions) -> FloatArray:
    low = 0.0 if options.fmin is None else options.fmin
    high = options.sr / 2 if options.fmax is None else options.fmax
    if not 0 <= low < high:
        raise ParameterError(f"fmin={low!r}: must lie in 0 <= fmin < fmax={high!r}")
    # Band i is centred on point i + 1 of the n + 2 that are evenly spaced from fmin to fmax.
    first, last = (float(fastspec.hz_to_mel(f, htk=options.htk)) for f in (low, high))
    mels = first + (np.arange(n + 1) + 0.5) * ((last - first) / (n + 1))
    return np.asarray(fastspec.mel_to_hz(mels, htk=options.htk))


def _style_hertz(axis: Axis, options: AxisOptions, highest: float) -> None:
    _style_frequency(axis, even_ticks)


def _style_log(axis: Axis, options: AxisOptions, highest: float) -> None:
    _set_scale(axis, "symlog", base=2, linthresh=_LINEAR_BELOW, linscale=LINEAR_OCTAVES)
    _style_frequency(axis, partial(_landmarks_or_even, _LOG_LANDMARKS))


def log_heights(hertz: FloatArray) -> FloatArray:
    """Return how high frequencies stand on the log axis, in octaves."""
    octaves = np.log2(np.maximum(hertz, _LINEAR_BELOW) / _LINEAR_BELOW)
    heights: FloatArray = octaves + np.minimum(hertz / _LINEAR_BELOW, 1.0) * LINEAR_OCTAVES
    return heights


def _style_mel(axis: Axis, options: AxisOptions, highest: float) -> None:
    def forward(hertz: ArrayLike) -> Any:
        return fastspec.hz_to_mel(np.maximum(hertz, 0.0), htk=options.htk)

    def backward(mels: ArrayLike) -> Any:
        return fastspec.mel_to_hz(np.asarray(mels), htk=options.htk)

    _set_scale(axis, "function", functions=(forward, backward))
    _style_frequency(axis, partial(_landmarks_or_even, _MEL_LANDMARKS))


def _set_scale(axis: Axis, scale: str, **keywords: Any) -> None:
    setter = axis.axes.set_xscale if axis is axis.axes.xaxis else axis.axes.set_yscale
    setter(scale, **keywords)


def _landmarks_or_even(landmarks: Sequence[float], low: float, high: float) -> NDArray[Any]:
    inside = [f for f in landmarks if low <= f <= high]
    return np.array(inside) if len(inside) >= 3 else even_ticks(low, high)


def _style_frequency(axis: Axis, choose: Callable[[float, float], NDArray[Any]]) -> None:
    ticker = require("matplotlib.ticker", "plot")
    axis.set_major_locator(_ticks(choose))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(hertz_label))
    axis.set_label_text("Frequency (Hz)")


def hertz_label(hertz: float, position: int | None = None) -> str:
    """Write 512, 1k or 2.25k: thousands only where they are exact to the ten."""
    value = round(hertz, 3)
    return f"{value / 1000:g}k" if abs(value) >= 1000 and value % 10 == 0 else f"{value:g}"


# ---- axes: pitch, in Hz and in semitones --------------------------------------------------------

_C1 = 32.70319566257483  # Hz


def _pitch_edges(n: int, options: AxisOptions) -> FloatArray:
    """Edges between bins of a constant-Q grid: half-way, in pitch, from one to the next."""
    fmin = _C1 if options.fmin is None else options.fmin
    with np.errstate(over="ignore"):
        centres = fastspec.interval_frequencies(
            n,
            fmin=fmin,
            intervals=options.intervals,
            bins_per_octave=options.bins_per_octave,
            tuning=options.tuning,
        )
    if not 1e-30 < centres[0] <= centres[-1] < 1e30:
        raise ParameterError(
            f"fmin={fmin:g}: {n} bins with bins_per_octave={options.bins_per_octave} and "
            f"tuning={options.tuning:g} reach {centres[-1]:.3g} Hz"
        )
    if centres[-1] > options.sr / 2:
        warnings.warn(
            f"the axis reaches {centres[-1]:.6g} Hz, beyond sr / 2: do sr, fmin and "
            "bins_per_octave match the data?",
            stacklevel=4,
        )
    heights = np.log2(centres)
    outer = np.full(2, 1.0 / options.bins_per_octave) if n == 1 else np.diff(heights)[[0, -1]]
    low, high = heights[0] - outer[0] / 2, heights[-1] + outer[1] / 2
    inner = (heights[1:] + heights[:-1]) / 2
    edges: FloatArray = np.exp2(np.concatenate([[low], inner, [high]]))
    return edges


def _style_pitch_hertz(axis: Axis, options: AxisOptions, highest: float) -> None:
    _set_scale(axis, "log", base=2)
    _style_frequency(axis, _decade_ticks)


def _decade_ticks(low: float, high: float) -> NDArray[Any]:
    """Return 1, 2, 5, 10, 20, 50 ... where three of them are in view."""
    if not 0 < low < high:
        return np.array([])
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    landmarks = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
    return _landmarks_or_even(landmarks, low, high)


def _style_notes(axis: Axis, options: AxisOptions, highest: float) -> None:
    ticker = require("matplotlib.ticker", "plot")
    _set_scale(axis, "log", base=2)
    axis.set_major_locator(_ticks(partial(_note_ticks, scale_degrees(options.key))))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(partial(_note_label, options)))
    axis.set_label_text("Note")


def _note_ticks(scale: Sequence[int], low: float, high: float) -> NDArray[Any]:
    """Return the notes C in view; in smaller ranges those of the scale, or all, or fractions."""
    if not 0 < low < high:
        return np.array([])
    first, last = (69 + 12 * math.log2(hertz / 440.0) for hertz in (low, high))
    if last - first < 3:
        return 440.0 * np.exp2((even_ticks(first, last) - 69) / 12)
    notes = np.arange(math.ceil(first - 1e-6), math.floor(last + 1e-6) + 1)
    if last - first >= 24:
        notes = notes[notes % 12 == 0]
        notes = notes[:: math.ceil(len(notes) / 14)]
    elif last - first >= 9:
        notes = notes[np.isin(notes % 12, scale)]
    ticks: NDArray[Any] = 440.0 * np.exp2((notes - 69) / 12)
    return ticks


def _note_label(options: AxisOptions, hertz: float, position: int | None = None) -> str:
    if not 0 < hertz < 1e30:
        return ""
    midi = 69 + 12 * math.log2(hertz / 440.0)
    cents = round(100 * (midi - round(midi)))
    return note_name(round(midi), options.key, options.unicode) + (f"{cents:+d}" if cents else "")


def _chroma_edges(n: int, options: AxisOptions) -> FloatArray:
    """Edges in semitones above C; an octave has so many rows as bins."""
    return _count_edges(n, options) * (12 / options.bins_per_octave)


def _style_chroma(axis: Axis, options: AxisOptions, highest: float) -> None:
    ticker = require("matplotlib.ticker", "plot")
    names = key_to_notes(options.key, unicode=options.unicode)
    scale = scale_degrees(options.key)

    def choose(low: float, high: float) -> NDArray[Any]:
        classes = np.arange(math.ceil(low), math.floor(high) + 1)
        return classes if high - low < 7 else classes[np.isin(classes % 12, scale)]

    def label(semitone: float, position: int | None = None) -> str:
        return names[round(semitone) % 12]

    axis.set_major_locator(_ticks(choose))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(label))
    axis.set_label_text("Pitch class")


AXES: dict[str, AxisKind] = {
    "none": AxisKind(_count_edges, _style_plain),
    "frames": AxisKind(_count_edges, _style_frames),
    "time": AxisKind(_time_edges, style_time),
    "s": AxisKind(_time_edges, partial(_style_scaled_time, unit="s", scale=1.0)),
    "ms": AxisKind(_time_edges, partial(_style_scaled_time, unit="ms", scale=1000.0)),
    "hz": AxisKind(fft_edges, _style_hertz),
    "linear": AxisKind(fft_edges, _style_hertz),
    "log": AxisKind(fft_edges, _style_log),
    "mel": AxisKind(_mel_edges, _style_mel),
    "cqt_hz": AxisKind(_pitch_edges, _style_pitch_hertz),
    "cqt_note": AxisKind(_pitch_edges, _style_notes),
    "vqt_hz": AxisKind(_pitch_edges, _style_pitch_hertz),
    "vqt_note": AxisKind(_pitch_edges, _style_notes),
    "chroma": AxisKind(_chroma_edges, _style_chroma),
}
"""Kinds of axis by the name that `specshow` knows them by."""
