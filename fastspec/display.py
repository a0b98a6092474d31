"""Pictures: spectrograms with the right axes, waveforms, and one page that shows a recording.

`specshow` draws any feature; what its axes may be is the table `AXES`. `show_page` draws several
views of one recording under each other; what they may be is the table `PANELS`. A new feature adds
a row to one or both.

The ``plot`` extra (matplotlib) is imported when something is first drawn.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastspec

from ._validate import ParameterError, check_bool, check_choice, check_float, check_int
from .audio import (
    ArrayBlocks,
    AudioBlocks,
    FloatArray,
    FrameStream,
    PathName,
    require,
    stream_frames,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar

__all__ = [
    "specshow",
    "waveshow",
    "colorbar",
    "show_page",
    "AXES",
    "PANELS",
    "AxisKind",
    "AxisOptions",
    "Page",
    "Panel",
]

# ---- axes ---------------------------------------------------------------------------------------


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


def _even_ticks(low: float, high: float) -> NDArray[Any]:
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


def _style_time(axis: Axis, options: AxisOptions, highest: float) -> None:
    """Milliseconds, seconds or a clock, whichever the range reads best in."""
    if highest < 1.0:
        _style_scaled_time(axis, options, highest, unit="ms", scale=1000.0)
    elif highest < 60.0:
        _style_scaled_time(axis, options, highest, unit="s", scale=1.0)
    else:
        ticker = require("matplotlib.ticker", "plot")
        hours = highest >= 3600.0
        axis.set_major_locator(_ticks(_clock_ticks))
        axis.set_major_formatter(ticker.FuncFormatter(partial(_clock_label, hours=hours)))
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
        return _even_ticks(low, high)
    days = 86400 * math.ceil((high - low) / (12 * 86400))
    step = next((s for s in _CLOCK_STEPS if (high - low) / s <= 12), days)
    return step * np.arange(math.ceil(low / step), math.floor(high / step) + 1)


def _clock_label(seconds: float, position: int | None = None, *, hours: bool = False) -> str:
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
_LINEAR_OCTAVES = 0.5


def _fft_edges(n: int, options: AxisOptions) -> FloatArray:
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
    _style_frequency(axis, _even_ticks)


def _style_log(axis: Axis, options: AxisOptions, highest: float) -> None:
    _set_scale(axis, "symlog", base=2, linthresh=_LINEAR_BELOW, linscale=_LINEAR_OCTAVES)
    _style_frequency(axis, partial(_landmarks_or_even, _LOG_LANDMARKS))


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
    return np.array(inside) if len(inside) >= 3 else _even_ticks(low, high)


def _style_frequency(axis: Axis, choose: Callable[[float, float], NDArray[Any]]) -> None:
    ticker = require("matplotlib.ticker", "plot")
    axis.set_major_locator(_ticks(choose))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter(ticker.FuncFormatter(_hertz_label))
    axis.set_label_text("Frequency (Hz)")


def _hertz_label(hertz: float, position: int | None = None) -> str:
    """Write 512, 1k or 2.25k: thousands only where they are exact to the ten."""
    value = round(hertz, 3)
    return f"{value / 1000:g}k" if abs(value) >= 1000 and value % 10 == 0 else f"{value:g}"


AXES: dict[str, AxisKind] = {
    "none": AxisKind(_count_edges, _style_plain),
    "frames": AxisKind(_count_edges, _style_frames),
    "time": AxisKind(_time_edges, _style_time),
    "s": AxisKind(_time_edges, partial(_style_scaled_time, unit="s", scale=1.0)),
    "ms": AxisKind(_time_edges, partial(_style_scaled_time, unit="ms", scale=1000.0)),
    "hz": AxisKind(_fft_edges, _style_hertz),
    "linear": AxisKind(_fft_edges, _style_hertz),
    "log": AxisKind(_fft_edges, _style_log),
    "mel": AxisKind(_mel_edges, _style_mel),
}
"""Kinds of axis by the name that `specshow` knows them by."""


# ---- one picture --------------------------------------------------------------------------------


def specshow(
    data: ArrayLike,
    *,
    x_coords: ArrayLike | None = None,
    y_coords: ArrayLike | None = None,
    x_axis: str | None = None,
    y_axis: str | None = None,
    sr: float = 22050,
    hop_length: int = 512,
    n_fft: int | None = None,
    win_length: int | None = None,
    fmin: float | None = None,
    fmax: float | None = None,
    htk: bool = False,
    ax: Axes | None = None,
    **kwargs: Any,
) -> QuadMesh:
    """Draw a spectrogram or any other feature over time, with labelled axes.

    Parameters
    ----------
    data : np.ndarray [shape=(bins, frames)]
        What to draw; of complex values, their magnitudes, with a warning.
    x_coords, y_coords : np.ndarray [shape=(n,) or (n + 1,)] or None
        Centres (n) or edges (n + 1) of the columns and rows, strictly monotonic, in the unit of the
        axis. None computes them from the kind of axis.
    x_axis, y_axis : str or None
        Kind of axis, a key of `AXES`: 'time' (its unit by the length), 's', 'ms', 'frames', 'hz' or
        'linear', 'log', 'mel', 'none'. None is 'none'.
    sr : float > 0
        Sampling rate in Hz.
    hop_length : int > 0
        Samples between frames.
    n_fft : int > 0 or None
        FFT length for 'hz' and 'log'; None takes 2 (bins - 1).
    win_length : int > 0 or None
        Window length, for the axes that depend on it; none of those above does.
    fmin, fmax : float or None
        Range of the 'mel' axis; None is 0 and sr / 2.
    htk : bool
        Whether the 'mel' axis follows HTK's formula.
    ax : matplotlib.axes.Axes or None
        Where to draw; None takes pyplot's current axes.
    **kwargs
        Passed on to ``Axes.pcolormesh``. Unless set here, data of one sign is drawn in 'magma' and
        data of both in 'coolwarm', centred on zero.

    Returns
    -------
    matplotlib.collections.QuadMesh
        The picture, as `colorbar` takes it.

    Raises
    ------
    ParameterError
        If `data` is not two-dimensional, coordinates do not fit, or a kind of axis is unknown.
    MissingExtraError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> from fastspec.audio import example_signal
    >>> from fastspec.display import colorbar
    >>> S_db = fastspec.amplitude_to_db(np.abs(fastspec.stft(example_signal())), ref=np.max)
    >>> mesh = fastspec.specshow(S_db, x_axis="time", y_axis="log")  # doctest: +SKIP
    >>> bar = colorbar(mesh)  # doctest: +SKIP
    """
    cells = _checked_cells(data)
    options = AxisOptions(
        sr=check_float("sr", sr, exclusive_minimum=0.0),
        hop_length=check_int("hop_length", hop_length, minimum=1),
        n_fft=None if n_fft is None else check_int("n_fft", n_fft, minimum=1),
        win_length=None if win_length is None else check_int("win_length", win_length, minimum=1),
        fmin=fmin,
        fmax=fmax,
        htk=check_bool("htk", htk),
    )
    rows, columns = cells.shape
    x_kind = AXES[check_choice("x_axis", x_axis or "none", tuple(AXES))]
    y_kind = AXES[check_choice("y_axis", y_axis or "none", tuple(AXES))]
    x_edges = _edges("x_coords", x_coords, columns, x_kind, options)
    y_edges = _edges("y_coords", y_coords, rows, y_kind, options)

    colours = _default_colours(cells)
    if "cmap" in kwargs or "norm" in kwargs:
        colours = {}
    chosen_ax = _current_axes() if ax is None else ax
    y_kind.style(chosen_ax.yaxis, options, float(y_edges.max()))
    x_kind.style(chosen_ax.xaxis, options, float(x_edges.max()))
    mesh = chosen_ax.pcolormesh(
        x_edges, y_edges, cells, **{"rasterized": True, **colours, **kwargs}
    )
    chosen_ax.set_xlim(x_edges[0], x_edges[-1])
    chosen_ax.set_ylim(y_edges[0], y_edges[-1])
    if ax is None:
        require("matplotlib.pyplot", "plot").sci(mesh)
    return mesh


def _checked_cells(data: ArrayLike) -> NDArray[Any]:
    cells = np.asarray(data)
    if cells.ndim != 2 or cells.size == 0 or cells.dtype.kind not in "biufc":
        raise ParameterError(
            f"data: must be a non-empty numeric array of shape (bins, frames), "
            f"not {cells.dtype} of shape {cells.shape}"
        )
    if cells.dtype.kind == "c":
        warnings.warn("data is complex: its magnitudes are drawn", stacklevel=3)
        cells = np.abs(cells)
    return cells


def _edges(
    name: str, coords: ArrayLike | None, n: int, kind: AxisKind, options: AxisOptions
) -> FloatArray:
    if coords is None:
        return kind.edges(n, options)
    points = np.asarray(coords, dtype=np.float64)
    steps = np.diff(points)
    monotonic = bool(np.all(steps > 0) or np.all(steps < 0))
    if points.ndim != 1 or points.size not in (n, n + 1) or not monotonic:
        raise ParameterError(
            f"{name}: must be {n} centres or {n + 1} edges, strictly monotonic, "
            f"not an array of shape {points.shape}"
        )
    if points.size == n + 1:
        return points
    outer = steps[[0, -1]] if n > 1 else np.ones(2)
    inner = points[:-1] + steps / 2
    return np.concatenate([[points[0] - outer[0] / 2], inner, [points[-1] + outer[1] / 2]])


def _default_colours(cells: NDArray[Any]) -> dict[str, Any]:
    finite = cells[np.isfinite(cells)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low >= 0 or high <= 0:
        return {"cmap": "magma"}
    return {"cmap": "coolwarm", "vmin": -max(-low, high), "vmax": max(-low, high)}


def _current_axes() -> Axes:
    ax: Axes = require("matplotlib.pyplot", "plot").gca()
    return ax


def colorbar(
    mesh: Any, ax: Axes | None = None, format: str | None = "%+2.0f dB", **kwargs: Any
) -> Colorbar:
    """Put a colour bar beside a picture.

    Parameters
    ----------
    mesh : matplotlib.cm.ScalarMappable
        The picture, as `specshow` returns it.
    ax : matplotlib.axes.Axes or None
        Axes to put it beside; None takes those of the picture.
    format : str or None
        How to write its ticks.
    **kwargs
        Passed on to ``Figure.colorbar``.

    Returns
    -------
    matplotlib.colorbar.Colorbar
        The colour bar.
    """
    beside = mesh.axes if ax is None else ax
    settings: dict[str, Any] = {"format": format, "pad": 0.02, **kwargs}
    if "cax" not in settings:
        settings["ax"] = beside
    bar: Colorbar = beside.figure.colorbar(mesh, **settings)
    return bar


def waveshow(
    y: ArrayLike,
    *,
    sr: float = 22050,
    x_axis: str = "time",
    offset: float = 0.0,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Any:
    """Draw a waveform: its samples if they fit the axes, else the range of those in each column.

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
        The samples.
    sr : float > 0
        Sampling rate in Hz.
    x_axis : {'time', 's', 'ms', 'none'}
        Kind of time axis.
    offset : float
        Time of the first sample in seconds.
    ax : matplotlib.axes.Axes or None
        Where to draw; None takes pyplot's current axes.
    **kwargs
        Passed on to ``Axes.plot`` (few samples) or ``Axes.fill_between``.

    Returns
    -------
    matplotlib.lines.Line2D or matplotlib.collections.PolyCollection
        What was drawn.
    """
    samples = np.asarray(y)
    if samples.ndim != 1:
        raise ParameterError(f"y: must be of shape (n,), not {samples.shape}")
    source = ArrayBlocks(samples, sr, "y")
    check_choice("x_axis", x_axis, ("time", "s", "ms", "none"))
    chosen_ax = _current_axes() if ax is None else ax
    envelope = _Envelope(2 * max(1, int(chosen_ax.get_window_extent().width)))
    for block in source:
        envelope.push(block)
    end = offset + source.n_samples / source.sr
    artist = envelope.draw(chosen_ax, source.sr, offset, **kwargs)
    AXES[x_axis].style(chosen_ax.xaxis, AxisOptions(sr=source.sr), end)
    chosen_ax.set_xlim(offset, end)
    return artist


# ---- many frames in few columns -----------------------------------------------------------------


class _Columns:
    """Any number of columns reduced to no more than `limit`, as they come, in constant memory.

    Every result column stands for `factor` columns of the input (the last one perhaps for fewer).
    `factor` starts at 1 and doubles whenever the limit is reached.
    """

    def __init__(self, limit: int, reduce: np.ufunc) -> None:
        self._limit = 2 * max(1, limit // 2)  # even, so that columns pair up
        self._reduce = reduce
        self._kept: NDArray[Any] | None = None
        self._filled = 0
        self._part: NDArray[Any] | None = None
        self._part_size = 0
        self.factor = 1

    def push(self, values: NDArray[Any]) -> None:
        """Take the next columns [shape=(rows, k)]."""
        if self._kept is None:
            self._kept = np.empty((values.shape[0], self._limit), dtype=values.dtype)
        while values.shape[1]:
            if self._part is None and values.shape[1] >= self.factor:
                whole = min(values.shape[1] // self.factor, self._limit - self._filled)
                taken = whole * self.factor
                groups = values[:, :taken].reshape(len(values), whole, self.factor)
                self._append(self._reduce.reduce(groups, axis=2))
                values = values[:, taken:]
            else:
                values = values[:, self._add_to_part(values) :]

    def _add_to_part(self, values: NDArray[Any]) -> int:
        taken = min(self.factor - self._part_size, int(values.shape[1]))
        head = self._reduce.reduce(values[:, :taken], axis=1, keepdims=True)
        self._part = head if self._part is None else self._reduce(self._part, head)
        self._part_size += taken
        if self._part_size == self.factor:
            whole, self._part, self._part_size = self._part, None, 0
            self._append(whole)
        return taken

    def _append(self, columns: NDArray[Any]) -> None:
        assert self._kept is not None
        self._kept[:, self._filled : self._filled + columns.shape[1]] = columns
        self._filled += columns.shape[1]
        if self._filled == self._limit:
            half = self._limit // 2
            pairs = self._kept.reshape(len(self._kept), half, 2)
            self._kept[:, :half] = self._reduce.reduce(pairs, axis=2)
            self._filled = half
            self.factor *= 2

    def result(self) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
        """Return the columns, their edges counted in input columns, and their sizes."""
        assert self._kept is not None
        columns = self._kept[:, : self._filled]
        sizes = np.full(self._filled, self.factor, dtype=np.float64)
        if self._part is not None:
            columns = np.concatenate([columns, self._part], axis=1)
            sizes = np.append(sizes, self._part_size)
        return columns, np.concatenate([[0.0], np.cumsum(sizes)]), sizes


class _Envelope:
    """The lowest and highest sample in each of at most `limit` stretches of a signal."""

    def __init__(self, limit: int) -> None:
        self._low = _Columns(limit, np.minimum)
        self._high = _Columns(limit, np.maximum)

    def push(self, samples: NDArray[Any]) -> None:
        self._low.push(samples)
        self._high.push(samples)

    def draw(self, ax: Axes, sr: float, offset: float, **kwargs: Any) -> Any:
        low, edges, _ = self._low.result()
        high = self._high.result()[0]
        if self._low.factor == 1:
            return ax.plot(offset + edges[:-1] / sr, low[0], **{"linewidth": 0.8, **kwargs})[0]
        # Both ends of every stretch, so that the outline is as wide as the signal is long.
        times = offset + np.repeat(edges, 2)[1:-1] / sr
        lines = np.repeat(low[0], 2), np.repeat(high[0], 2)
        return ax.fill_between(times, *lines, **{"linewidth": 0.4, **kwargs})


# ---- one page -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """What the panels of one page have in common; see `show_page` for the meaning of each."""

    blocks: AudioBlocks
    n_fft: int
    hop_length: int
    window: Any
    n_mels: int
    fmin: float
    fmax: float | None
    n_mfcc: int
    top_db: float
    columns: int

    @property
    def frame_options(self) -> dict[str, Any]:
        """The arguments that every plan of the page takes."""
        return {"n_fft": self.n_fft, "hop_length": self.hop_length, "window": self.window}

    @property
    def mel_options(self) -> dict[str, Any]:
        """The arguments that every plan with mel bands takes."""
        bands = {"sr": self.blocks.sr, "n_mels": self.n_mels, "fmin": self.fmin, "fmax": self.fmax}
        return self.frame_options | bands

    @cached_property
    def mel_peak(self) -> float:
        """The highest log-mel value in dB; it takes a pass over the recording to know."""
        plan = fastspec.MelSpectrogram(log="db", **self.mel_options)
        frames = stream_frames(
            plan, _Mono(self.blocks), n_fft=self.n_fft, hop_length=self.hop_length
        )
        return max(float(part.max()) for part in frames)


class Panel(Protocol):
    """One view of a recording: takes its samples in blocks, then draws itself."""

    @property
    def title(self) -> str:
        """What it shows."""

    @property
    def details(self) -> str:
        """With which parameters; asked for when all samples are in."""

    @property
    def height(self) -> float:
        """Its height in inches."""

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next samples [shape=(1, n)]."""

    def finish(self) -> None:
        """Learn that there are no more."""

    def draw(self, ax: Axes, bar_ax: Axes) -> None:
        """Draw the view over time in seconds, with a colour bar or without (and hide `bar_ax`)."""


class _WavePanel:
    title = "Waveform"
    height = 1.25

    def __init__(self, page: Page) -> None:
        self._sr = page.blocks.sr
        self._samples = 0
        self._envelope = _Envelope(page.columns)

    @property
    def details(self) -> str:
        seconds = self._samples / self._sr
        return f"{seconds:{'.2f' if seconds >= 1 else '.3g'}} s at {self._sr:g} Hz"

    def push(self, block: NDArray[np.float32]) -> None:
        self._samples += block.shape[1]
        self._envelope.push(block)

    def finish(self) -> None:
        pass

    def draw(self, ax: Axes, bar_ax: Axes) -> None:
        self._envelope.draw(ax, self._sr, 0.0, color="#2b5c8a")
        limit = 1.05 * max(abs(y) for y in ax.dataLim.intervaly) or 1.0
        ax.set_ylim(-limit, limit)
        ax.set_ylabel("Amplitude")
        ax.grid(axis="x", color="0.85", linewidth=0.6)
        ax.set_axisbelow(True)
        bar_ax.set_axis_off()


class _FramePanel:
    """A panel whose columns are frames of a plan.

    Parameters
    ----------
    page : Page
        The page it is on.
    plan : STFT, MelSpectrogram, MFCC ...
        What to compute.
    values : callable
        Turns complex or real frames [shape=(bins, k)] into the rows to draw.
    reduce : np.ufunc
        How several frames become one column: np.maximum, or np.add for their mean.
    draw : callable (columns, edges in seconds, ax, bar_ax)
        Draws the result.
    title, details, height
        As for any panel; the height is in inches.
    """

    def __init__(
        self,
        page: Page,
        plan: Any,
        *,
        values: Callable[[NDArray[Any]], NDArray[Any]],
        reduce: np.ufunc,
        draw: Callable[[NDArray[Any], FloatArray, Axes, Axes], None],
        title: str,
        details: str,
        height: float,
    ) -> None:
        self.title = title
        self.details = details
        self.height = height
        self._stream = FrameStream(plan, 1, page.n_fft, page.hop_length)
        self._seconds_per_frame = page.hop_length / page.blocks.sr
        self._values = values
        self._columns = _Columns(page.columns, reduce)
        self._averaged = reduce is np.add
        self._draw = draw

    def push(self, block: NDArray[np.float32]) -> None:
        self._take(self._stream.push(block))

    def finish(self) -> None:
        self._take(self._stream.flush())

    def _take(self, parts: Iterator[NDArray[Any]]) -> None:
        for frames in parts:
            self._columns.push(self._values(frames[0]))

    def draw(self, ax: Axes, bar_ax: Axes) -> None:
        columns, edges, sizes = self._columns.result()
        if self._averaged:
            columns = columns / sizes
        # A frame is centred on its time: its cell begins half a hop earlier.
        self._draw(columns, (edges - 0.5) * self._seconds_per_frame, ax, bar_ax)


def _draw_level(level: NDArray[Any], page: Page, ax: Axes, bar_ax: Axes, **where: Any) -> None:
    """Draw decibels below the peak, over the whole range of the page."""
    mesh = specshow(level, ax=ax, vmin=-page.top_db, vmax=0.0, cmap="magma", **where)
    colorbar(mesh, ax, format=None, cax=bar_ax, label="dB re peak")


def _below_peak(
    columns: NDArray[Any], to_db: Callable[..., NDArray[Any]], top_db: float
) -> NDArray[Any]:
    if not columns.any():  # silence has no peak to be compared with
        return np.full(columns.shape, -top_db)
    return to_db(columns, ref=np.max, top_db=top_db)


def _stft_panel(page: Page) -> Panel:
    starts, edges = _log_rows(page.n_fft, page.blocks.sr)

    def values(frames: NDArray[Any]) -> NDArray[Any]:
        loudest: NDArray[Any] = np.maximum.reduceat(np.abs(frames), starts, axis=0)
        return loudest

    def draw(columns: NDArray[Any], times: FloatArray, ax: Axes, bar_ax: Axes) -> None:
        level = _below_peak(columns, fastspec.amplitude_to_db, page.top_db)
        _draw_level(level, page, ax, bar_ax, x_coords=times, y_coords=edges, y_axis="log")

    return _FramePanel(
        page,
        fastspec.STFT(**page.frame_options),
        values=values,
        reduce=np.maximum,
        draw=draw,
        title="STFT magnitude",
        details=f"n_fft {page.n_fft}, hop {page.hop_length}, log frequency",
        height=2.9,
    )


def _log_rows(n_fft: int, sr: float, rows: int = 600) -> tuple[NDArray[np.intp], FloatArray]:
    """Group FFT bins into at most so many rows of a log axis: starts of groups, and edges in Hz.

    Bins that share a row would be drawn over each other; their maximum is drawn instead.
    """
    edges = _fft_edges(n_fft // 2 + 1, AxisOptions(sr=sr, n_fft=n_fft))
    centres = np.arange(n_fft // 2 + 1) * (sr / n_fft)
    octaves = np.log2(np.maximum(centres, _LINEAR_BELOW) / _LINEAR_BELOW)
    height = octaves + np.minimum(centres / _LINEAR_BELOW, 1.0) * _LINEAR_OCTAVES
    group = np.floor(height * (rows / max(height[-1], _LINEAR_OCTAVES)))
    starts = np.flatnonzero(np.diff(group, prepend=-1.0))
    return starts, np.append(edges[starts], edges[-1])


def _mel_panel(page: Page) -> Panel:
    def draw(columns: NDArray[Any], times: FloatArray, ax: Axes, bar_ax: Axes) -> None:
        level = _below_peak(columns, fastspec.power_to_db, page.top_db)
        bands: dict[str, Any] = {"sr": page.blocks.sr, "fmin": page.fmin, "fmax": page.fmax}
        _draw_level(level, page, ax, bar_ax, x_coords=times, y_axis="mel", **bands)

    return _FramePanel(
        page,
        fastspec.MelSpectrogram(**page.mel_options),
        values=lambda frames: frames,
        reduce=np.maximum,
        draw=draw,
        title="Log-mel spectrogram",
        details=f"{page.n_mels} bands",
        height=2.6,
    )


def _mfcc_panel(page: Page) -> Panel:
    floor = page.mel_peak - page.top_db

    def draw(columns: NDArray[Any], times: FloatArray, ax: Axes, bar_ax: Axes) -> None:
        # The first two, loudness and tilt, are so large that they would leave the others grey.
        rest = np.abs(columns[2:] if len(columns) > 2 else columns)
        limit = max(1.0, float(np.quantile(rest, 0.98)))  # less than 1 is rounding noise
        colours: dict[str, Any] = {"cmap": "coolwarm", "vmin": -limit, "vmax": limit}
        mesh = specshow(columns, x_coords=times, y_axis="frames", ax=ax, **colours)
        ax.set_ylabel("Coefficient")
        colorbar(mesh, ax, format=None, cax=bar_ax, label="Value", extend="both")

    return _FramePanel(
        page,
        fastspec.MFCC(n_mfcc=page.n_mfcc, top_db=None, log_floor=floor, **page.mel_options),
        values=lambda frames: frames.astype(np.float64),
        reduce=np.add,
        draw=draw,
        title="MFCC",
        details=f"{page.n_mfcc} coefficients",
        height=2.0,
    )


PANELS: dict[str, Callable[[Page], Panel]] = {
    "waveform": _WavePanel,
    "stft": _stft_panel,
    "mel": _mel_panel,
    "mfcc": _mfcc_panel,
}
"""Panels of `show_page` by name, in the order in which they are drawn."""


class _Mono:
    """Another source with its channels averaged."""

    def __init__(self, blocks: AudioBlocks) -> None:
        self._blocks = blocks
        self.name = blocks.name
        self.sr = blocks.sr
        self.channels = 1
        self.n_samples = blocks.n_samples

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        for block in self._blocks:
            yield block if len(block) == 1 else block.mean(axis=0, keepdims=True)


def show_page(
    y: ArrayLike | AudioBlocks,
    sr: float,
    path: PathName | BinaryIO,
    *,
    title: str | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    window: Any = "hann",
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    n_mfcc: int = 20,
    top_db: float = 80.0,
    panels: Sequence[str] | None = None,
    width: int = 1400,
) -> None:
    """Draw a recording on one page: waveform, STFT, log-mel spectrogram and MFCC over time.

    Memory stays bounded however long the recording is: where there are more frames than the page
    has room for, several share a column, which shows the loudest of them (for MFCC, their mean).

    Parameters
    ----------
    y : np.ndarray [shape=(n,) or (channels, n)] or AudioBlocks
        The recording; its channels are averaged. A source of blocks is read twice if the page has
        an MFCC panel, else once.
    sr : float > 0
        Its sampling rate in Hz; a source of blocks has its own.
    path : str, os.PathLike or binary file object
        Where to write the page, a PNG image.
    title : str or None
        Heading of the page; None takes the name of the source, if it has one.
    n_fft, hop_length, window, n_mels, fmin, fmax, n_mfcc
        As in `fastspec.stft`, `fastspec.melspectrogram` and `fastspec.mfcc`.
    top_db : float > 0
        Range of the pictures in decibels.
    panels : sequence of str or None
        Which panels to draw, keys of `PANELS`; None draws all.
    width : int
        Width of the page in pixels.

    Raises
    ------
    ParameterError
        If an argument is out of range or unknown.
    MissingExtraError
        If matplotlib is not installed.
    """
    blocks = _Mono(y if isinstance(y, AudioBlocks) else ArrayBlocks(np.asarray(y), sr, ""))
    page = Page(
        blocks=blocks,
        n_fft=check_int("n_fft", n_fft, minimum=1),
        hop_length=check_int("hop_length", hop_length, minimum=1),
        window=window,
        n_mels=check_int("n_mels", n_mels, minimum=1),
        fmin=fmin,
        fmax=fmax,
        n_mfcc=check_int("n_mfcc", n_mfcc, minimum=1),
        top_db=check_float("top_db", top_db, exclusive_minimum=0.0),
        columns=2 * check_int("width", width, minimum=400, maximum=10000),
    )
    names = tuple(PANELS) if panels is None else tuple(panels)
    if not names:
        raise ParameterError(f"panels={panels!r}: must name at least one of {', '.join(PANELS)}")
    matplotlib = require("matplotlib", "plot")
    chosen = [PANELS[check_choice("panels", name, tuple(PANELS))](page) for name in names]
    n_samples = 0
    for block in blocks:
        n_samples += block.shape[1]
        for panel in chosen:
            panel.push(block)
    for panel in chosen:
        panel.finish()
    with matplotlib.rc_context(_PAGE_STYLE), warnings.catch_warnings():
        # A title may have letters that the font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        heading = blocks.name if title is None else title
        _draw_page(chosen, heading, n_samples / blocks.sr, width, path)


_PAGE_DPI = 100
_PAGE_STYLE = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "axes.linewidth": 0.8,
    "text.parse_math": False,  # file names may have dollar signs
}


def _draw_page(
    panels: Sequence[Panel], heading: str, seconds: float, width: int, path: PathName | BinaryIO
) -> None:
    Figure = require("matplotlib.figure", "plot").Figure  # no pyplot: no state, no window
    height = 0.8 + sum(panel.height for panel in panels)
    figure = Figure(figsize=(width / _PAGE_DPI, height), dpi=_PAGE_DPI, layout="constrained")
    grid = figure.add_gridspec(
        len(panels), 2, width_ratios=(1, 0.012), height_ratios=[panel.height for panel in panels]
    )
    last: Any = None
    for row, panel in enumerate(panels):
        last = figure.add_subplot(grid[row, 0], sharex=last)
        panel.draw(last, figure.add_subplot(grid[row, 1]))
        last.set_title(panel.title, loc="left", fontweight="bold")
        last.set_title(panel.details, loc="right", fontsize=10, color="0.35")
        last.tick_params(labelbottom=False)
        last.set_xlabel("")
    _style_time(last.xaxis, AxisOptions(), seconds)
    last.set_xlim(0.0, seconds)
    last.tick_params(labelbottom=True)
    figure.align_ylabels()
    if heading:
        figure.suptitle(_shortened(heading, 90), fontsize=15, fontweight="bold")
    figure.savefig(path, format="png", dpi=_PAGE_DPI)


def _shortened(text: str, limit: int) -> str:
    printable = "".join(c if c.isprintable() else "?" for c in text)
    half = limit // 2
    return printable if len(printable) <= limit else f"{printable[:half]}...{printable[-half:]}"
