"""One page that shows a recording: several views of it under each other.

What they may be is the table `PANELS`; a new view adds a row.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fastspec

from ._validate import ParameterError, check_choice, check_float, check_int
from .audio import (
    ArrayBlocks,
    AudioBlocks,
    FloatArray,
    FrameStream,
    PathName,
    require,
    stream_frames,
)
from .display_axes import LINEAR_OCTAVES, AxisOptions, fft_edges, log_heights, style_time
from .display_columns import Columns, Envelope
from .display_picture import colorbar, specshow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PANELS", "Page", "Panel", "show_page"]


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
        self._envelope = Envelope(page.columns)

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
    n_fft : int, optional
        What a frame's length in samples counts as, for the size of pushes. Default: the page's.
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
        n_fft: int | None = None,
    ) -> None:
        self.title = title
        self.details = details
        self.height = height
        self._stream = FrameStream(plan, 1, n_fft or page.n_fft, page.hop_length)
        self._seconds_per_frame = page.hop_length / page.blocks.sr
        self._values = values
        self._columns = Columns(page.columns, reduce)
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
    edges = fft_edges(n_fft // 2 + 1, AxisOptions(sr=sr, n_fft=n_fft))
    height = log_heights(np.arange(n_fft // 2 + 1) * (sr / n_fft))
    group = np.floor(height * (rows / max(height[-1], LINEAR_OCTAVES)))
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


_LOWEST_NOTE = 32.70319566257483  # C1, in Hz
_PER_OCTAVE = 36  # bins: pictures have some pixels for each semitone


def _pitch_range(page: Page, most: int) -> tuple[float, int]:
    """Return the lowest frequency and the octaves, whole or not, that a page shows pitch over."""
    nyquist = page.blocks.sr / 2
    lowest = _LOWEST_NOTE
    while lowest > nyquist / 4:  # for rates at which music has no place
        lowest /= 2
    # The filters at the top may reach some semitones higher than their middle.
    semitones = min(12 * most, int(12 * np.log2(nyquist / lowest)) - 2)
    return lowest, semitones


def _cqt_panel(page: Page) -> Panel:
    lowest, semitones = _pitch_range(page, 8)
    where: dict[str, Any] = {"fmin": lowest, "bins_per_octave": _PER_OCTAVE, "sr": page.blocks.sr}
    plan = fastspec.CQT(
        **where,
        n_bins=semitones * _PER_OCTAVE // 12,
        hop_length=page.hop_length,
        output="magnitude",
    )

    def draw(columns: NDArray[Any], times: FloatArray, ax: Axes, bar_ax: Axes) -> None:
        level = _below_peak(columns, fastspec.amplitude_to_db, page.top_db)
        _draw_level(level, page, ax, bar_ax, x_coords=times, y_axis="cqt_note", **where)

    return _FramePanel(
        page,
        plan,
        values=lambda frames: frames,
        reduce=np.maximum,
        draw=draw,
        title="Constant-Q transform",
        details=f"{_PER_OCTAVE} bins per octave",
        height=2.9,
        n_fft=2 * plan.n_bins,
    )


def _chroma_panel(page: Page) -> Panel:
    lowest, semitones = _pitch_range(page, 7)
    plan = fastspec.Chroma(
        sr=page.blocks.sr,
        hop_length=page.hop_length,
        fmin=lowest,
        n_octaves=max(1, semitones // 12),
        bins_per_octave=_PER_OCTAVE,
    )

    def draw(columns: NDArray[Any], times: FloatArray, ax: Axes, bar_ax: Axes) -> None:
        most = columns.max(axis=0)
        columns = columns / np.where(most > 0, most, 1)
        # The thirds and fifths of a chord have a half or a quarter of its root.
        bright = require("matplotlib.colors", "plot").PowerNorm(0.5, vmin=0, vmax=1)
        where: dict[str, Any] = {"x_coords": times, "y_axis": "chroma"}
        mesh = specshow(columns, ax=ax, norm=bright, cmap="magma", **where)
        # Every pitch class has a name: chords are read from them.
        ax.set_yticks(range(12), fastspec.midi_to_note(range(12), octave=False), fontsize=8)
        colorbar(mesh, ax, format=None, cax=bar_ax, label="Share of largest")

    return _FramePanel(
        page,
        plan,
        values=lambda frames: frames.astype(np.float64),
        reduce=np.add,
        draw=draw,
        title="Chromagram",
        details=f"{plan.n_chroma} pitch classes, from the constant-Q transform",
        height=2.2,
        n_fft=2 * len(plan.frequencies),
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
    "cqt": _cqt_panel,
    "chroma": _chroma_panel,
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
    """Draw a recording on one page: waveform, STFT, log-mel, constant-Q, chroma and MFCC over time.

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
    style_time(last.xaxis, AxisOptions(), seconds)
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
