"""One picture: a spectrogram with labelled axes, its colour bar, or a waveform."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._validate import ParameterError, check_bool, check_choice, check_float, check_int, show
from .audio import ArrayBlocks, FloatArray, require
from .display_axes import AXES, AxisKind, AxisOptions
from .display_columns import Envelope
from .intervals import check_intervals
from .notes import check_key

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar

__all__ = ["colorbar", "specshow", "waveshow"]


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
    tuning: float = 0.0,
    bins_per_octave: int = 12,
    key: str = "C:maj",
    htk: bool = False,
    unicode: bool = True,
    intervals: str | Iterable[float] | None = None,
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
        'linear', 'log', 'mel', 'cqt_hz', 'cqt_note', 'vqt_hz', 'vqt_note', 'chroma', 'none'. None
        is 'none'.
    sr : float > 0
        Sampling rate in Hz.
    hop_length : int > 0
        Samples between frames.
    n_fft : int > 0 or None
        FFT length for 'hz' and 'log'; None takes 2 (bins - 1).
    win_length : int > 0 or None
        Window length, for the axes that depend on it; none of those above does.
    fmin, fmax : float or None
        Range of the 'mel' axis; None is 0 and sr / 2. `fmin` is also where the constant-Q axes
        begin; None is C1, 32.7 Hz.
    tuning : float
        Deviation from A440 of the constant-Q axes, in fractions of a bin.
    bins_per_octave : int > 0
        Bins per octave of the constant-Q axes and of 'chroma'.
    key : str
        Key such as 'C:maj' or 'Eb:min', which spells the notes and, on 'chroma', chooses those
        that are labelled; see `midi_to_note`.
    htk : bool
        Whether the 'mel' axis follows HTK's formula.
    unicode : bool
        Whether notes are written with ♯ and ♭, or # and b.
    intervals : str, array or None
        Division of the octave of the constant-Q axes; see `interval_frequencies`. None is 'equal'.
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
        If `data` is not two-dimensional or too large to draw, coordinates do not fit, or a kind of
        axis is unknown.
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
    options = AxisOptions(
        sr=check_float("sr", sr, exclusive_minimum=0.0),
        hop_length=_count("hop_length", hop_length),
        n_fft=None if n_fft is None else _count("n_fft", n_fft),
        win_length=None if win_length is None else _count("win_length", win_length),
        fmin=None if fmin is None else check_float("fmin", fmin, minimum=0.0),
        fmax=None if fmax is None else check_float("fmax", fmax, exclusive_minimum=0.0),
        htk=check_bool("htk", htk),
        tuning=check_float("tuning", tuning),
        bins_per_octave=check_int("bins_per_octave", bins_per_octave, minimum=1, maximum=2**20),
        intervals=_frozen(intervals),
        key=check_key(key),
        unicode=check_bool("unicode", unicode),
    )
    x_kind = _kind("x_axis", x_axis)
    y_kind = _kind("y_axis", y_axis)
    if ax is not None and not callable(getattr(ax, "pcolormesh", None)):
        raise ParameterError(f"ax={show(ax)}: must be a matplotlib Axes")
    cells = _checked_cells(data)
    rows, columns = cells.shape
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


def _count(name: str, value: Any) -> int:
    return check_int(name, value, minimum=1, maximum=2**53)


def _kind(name: str, value: str | None) -> AxisKind:
    return AXES[check_choice(name, "none" if value is None else value, tuple(AXES))]


def _frozen(intervals: Any) -> str | tuple[float, ...]:
    if intervals is None:
        return "equal"
    return intervals if isinstance(intervals, str) else check_intervals(intervals)


# Matplotlib takes about 60 bytes for each cell.
_MOST_CELLS = 2**25
_FARTHEST = 1e30  # beyond, Matplotlib's own arithmetic of ticks and scales goes wrong


def _checked_cells(data: ArrayLike) -> NDArray[Any]:
    try:
        cells = np.asarray(data)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"data={show(data)}: must be an array of numbers") from error
    if cells.ndim != 2 or cells.size == 0 or cells.dtype.kind not in "biufc":
        raise ParameterError(
            f"data: must be a non-empty numeric array of shape (bins, frames), "
            f"not {cells.dtype} of shape {cells.shape}"
        )
    if cells.size > _MOST_CELLS:
        raise ParameterError(
            f"data: has {cells.size} cells, of which Matplotlib would need about "
            f"{60 * cells.size / 1e9:.3g} GB; must be at most {_MOST_CELLS}, such as every "
            f"{math.ceil(cells.size / _MOST_CELLS)}th frame"
        )
    if cells.dtype.kind == "c":
        warnings.warn("data is complex: its magnitudes are drawn", stacklevel=3)
        cells = np.abs(cells)
    if cells.dtype.kind == "f" and cells.dtype != np.float32:
        # Neither float16 nor long double is drawn; swapped bytes are put right.
        cells = cells.astype(np.float64, copy=False)
    return cells


def _edges(
    name: str, coords: ArrayLike | None, n: int, kind: AxisKind, options: AxisOptions
) -> FloatArray:
    edges = kind.edges(n, options) if coords is None else _edges_around(name, coords, n)
    wide = abs(edges[-1] - edges[0]) >= 1 / _FARTHEST
    if not wide or np.abs(edges).max() > _FARTHEST or not _monotonic(edges):
        axis = name[0] + "_axis"
        raise ParameterError(
            f"{axis}: runs from {edges[0]:g} to {edges[-1]:g} in {n} cells, which cannot be drawn; "
            "do sr, hop_length, n_fft, fmin, fmax and bins_per_octave match the data?"
            if coords is None
            else f"{name}: from {edges[0]:g} to {edges[-1]:g} cannot be drawn"
        )
    return edges


def _edges_around(name: str, coords: ArrayLike, n: int) -> FloatArray:
    try:
        points = np.asarray(coords)
        if points.dtype.kind not in "biuf":
            raise TypeError
        points = points.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name}={show(coords)}: must be real numbers") from error
    if points.ndim != 1 or points.size not in (n, n + 1) or not _monotonic(points):
        raise ParameterError(
            f"{name}: must be {n} centres or {n + 1} edges, finite and strictly monotonic, "
            f"not an array of shape {points.shape}"
        )
    if points.size == n + 1:
        return points
    steps = np.diff(points)
    outer = steps[[0, -1]] if n > 1 else np.ones(2)
    inner = points[:-1] + steps / 2
    return np.concatenate([[points[0] - outer[0] / 2], inner, [points[-1] + outer[1] / 2]])


def _monotonic(points: FloatArray) -> bool:
    if not np.isfinite(points).all():
        return False
    rises = points[1:] > points[:-1]
    return bool(rises.all() or (points[1:] < points[:-1]).all())


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
    envelope = Envelope(2 * max(1, int(chosen_ax.get_window_extent().width)))
    for block in source:
        envelope.push(block)
    end = offset + source.n_samples / source.sr
    artist = envelope.draw(chosen_ax, source.sr, offset, **kwargs)
    AXES[x_axis].style(chosen_ax.xaxis, AxisOptions(sr=source.sr), end)
    chosen_ax.set_xlim(offset, end)
    return artist
