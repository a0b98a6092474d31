"""The plan of the chromagram that is folded from a constant-Q transform."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    show,
)
from fastspec.caches import plan_cache
from fastspec.cqt_plan import _CHECKS as _CQT_CHECKS
from fastspec.cqt_plan import CQT, check_norm
from fastspec.plans import _Plan, _Window, freeze_window
from fastspec.windows import WindowSpec, get_window

if TYPE_CHECKING:
    from fastspec.streams import Stream

__all__ = ["Chroma", "Fold", "cq_to_chroma", "freeze_fold_window"]

Array = npt.NDArray[Any]

_C1 = 32.70319566257483  # Hz
_LARGEST = 2**20
_MOST_WEIGHTS = 2**27  # 1 GiB of float64
# Of CENS: shares of a frame's chroma from which on a value counts, each a quarter.
_STEPS = np.array([0.4, 0.2, 0.1, 0.05])
_HEIGHTS = np.full(4, 0.25)


def cq_to_chroma(
    n_input: int,
    *,
    bins_per_octave: int = 12,
    n_chroma: int = 12,
    fmin: float | None = None,
    window: Any = None,
    base_c: bool = True,
    dtype: npt.DTypeLike = np.float32,
) -> Array:
    """Matrix that folds constant-Q bins to chroma, as `librosa.filters.cq_to_chroma`.

    Parameters
    ----------
    n_input : int >= 1
        Number of constant-Q bins.
    bins_per_octave : int >= 1
        Bins per octave; a multiple of `n_chroma`.
    n_chroma : int >= 1
        Number of chroma.
    fmin : float > 0, optional
        Frequency of the first bin in Hz. Default: C1, 32.7 Hz.
    window : np.ndarray, optional
        What each row is convolved with.
    base_c : bool
        Whether the first chroma is C, or A.
    dtype : dtype
        Type of the result, before it is convolved.

    Returns
    -------
    np.ndarray, shape=(n_chroma, n_input)

    Raises
    ------
    ParameterError
        If an argument is out of its range, or `bins_per_octave` is no multiple of `n_chroma`.

    Examples
    --------
    >>> import fastspec
    >>> fastspec.cq_to_chroma(84).shape
    (12, 84)
    """
    n_input = check_int("n_input", n_input, minimum=1, maximum=_LARGEST)
    per_octave = check_int("bins_per_octave", bins_per_octave, minimum=1, maximum=_LARGEST)
    n_chroma = check_int("n_chroma", n_chroma, minimum=1, maximum=_LARGEST)
    first = _C1 if fmin is None else check_float("fmin", fmin, exclusive_minimum=0)
    if per_octave % n_chroma:
        raise ParameterError(
            "Incompatible CQ merge: input bins must be an integer multiple of output bins."
        )
    try:
        dtype = np.dtype(dtype)
    except Exception as error:  # NumPy raises TypeError, ValueError, SyntaxError and others here
        raise ParameterError(f"dtype={show(dtype)}: must be a data type") from error
    if dtype.kind not in "biufc":
        raise ParameterError(f"dtype={dtype}: must be a type of numbers")
    window = freeze_fold_window(window)
    base_c = check_bool("base_c", base_c)
    merged = per_octave // n_chroma
    pitch = (12 * (math.log2(first) - math.log2(440.0)) + 69) % 12
    turn = int(np.round((pitch if base_c else pitch - 9) * (n_chroma / 12.0)))
    # A chroma takes the bins around its pitch, half of them below it.
    rows = ((np.arange(n_input) + merged // 2) // merged + turn) % n_chroma
    fold = np.zeros((n_chroma, n_input), dtype)
    fold[rows, np.arange(n_input)] = 1
    return fold if window is None else _convolve(fold, window.values)


def _convolve(fold: Array, window: Array) -> Array:
    """Return the middle part of a convolution in two dimensions, of the shape of `fold`."""
    if window.ndim != 2 or not window.size or window.dtype.kind not in "fiu":
        raise ParameterError(f"window: has shape {window.shape}; must be real, of one dimension")
    if not np.isfinite(window).all():
        raise ParameterError("window: holds NaN or infinite values; all must be finite")
    above, left = (window.shape[0] - 1) // 2, (window.shape[1] - 1) // 2
    out = np.zeros(fold.shape, np.result_type(fold, window))
    n_rows, n_columns = fold.shape
    for i, j in np.argwhere(window != 0):
        down, right = int(i) - above, int(j) - left
        rows = slice(max(down, 0), n_rows + min(down, 0))
        columns = slice(max(right, 0), n_columns + min(right, 0))
        if rows.start < rows.stop and columns.start < columns.stop:
            source = fold[
                rows.start - down : rows.stop - down, columns.start - right : columns.stop - right
            ]
            out[rows, columns] += window[i, j] * source
    return out


def freeze_fold_window(window: Any) -> Any:
    """Return a window of `cq_to_chroma` that can be hashed, and keeps its type."""
    if window is None or isinstance(window, _FoldWindow):
        return window
    try:
        return _FoldWindow(np.atleast_2d(np.array(window)))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"window={show(window)}: must be an array") from error


def check_smoothing(length: Any) -> int:
    """Return an argument `win_len_smooth` that is not None."""
    return check_int("win_len_smooth", length, minimum=1, maximum=_LARGEST)


def freeze_smoothing(window: Any, length: int) -> Any:
    """Return a window for smoothing that can be hashed and that there is."""
    try:
        frozen = freeze_window(window, length)
        if not isinstance(frozen, _Window):
            get_window(frozen, length, fftbins=False)
    except ParameterError as error:
        raise ParameterError(f"smoothing_{error}") from error
    return frozen


class _FoldWindow:
    """An array, hashable by content and type."""

    __slots__ = ("_hash", "values")

    def __init__(self, values: Array) -> None:
        self.values = values
        self.values.flags.writeable = False
        self._hash = hash((values.dtype.str, values.shape, values.tobytes()))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _FoldWindow)
            and self.values.dtype == other.values.dtype
            and np.array_equal(self.values, other.values)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _FoldWindow, (self.values,)

    def __repr__(self) -> str:
        return f"array of {self.values.size}"


class Fold(NamedTuple):
    """From magnitudes to chroma: everything that says how, checked."""

    n_bins: int
    bins_per_octave: int
    n_chroma: int
    fmin: float | None
    window: Any
    base_c: bool
    threshold: float | None
    norm: float | None
    cens: bool
    win_len_smooth: int | None
    smoothing_window: Any

    def matrix(self) -> Array:
        """Return the matrix, of the type that librosa's has."""
        return cq_to_chroma(
            self.n_bins,
            bins_per_octave=self.bins_per_octave,
            n_chroma=self.n_chroma,
            fmin=self.fmin,
            window=None if self.window is None else self.window.values,
            base_c=self.base_c,
        )

    def plan(self, double: bool) -> _core.ChromaPlan:
        """Return the core's plan for a precision; cached."""
        return _fold_plan(self, double)


@plan_cache("chroma.fold", 64, typed=True)
def _fold_plan(fold: Fold, double: bool) -> _core.ChromaPlan:
    matrix = np.ascontiguousarray(fold.matrix(), np.float64)
    if not fold.cens:
        return _core.ChromaPlan(
            double=double, fold=matrix, threshold=fold.threshold, norm=fold.norm
        )
    smooth = None
    if fold.win_len_smooth is not None:
        window = fold.smoothing_window
        if isinstance(window, _Window):
            smooth = window.values
        else:
            smooth = get_window(window, fold.win_len_smooth + 2, fftbins=False)
        smooth = smooth / np.sum(smooth)
    return _core.ChromaPlan(
        double=double,
        fold=matrix,
        threshold=fold.threshold,
        norm=1.0,
        steps=_STEPS,
        heights=_HEIGHTS,
        smooth=smooth,
        last_norm=fold.norm,
    )


class _Folded(CQT):
    """The constant-Q transform under a `Chroma`: its cores store chroma."""

    _fold: Fold

    def __init__(self, fold: Fold, arguments: dict[str, Any]) -> None:
        object.__setattr__(self, "_fold", fold)
        self._make(arguments)

    def _last_stage(self, double: bool) -> Any:
        return self._fold.plan(double)


class Chroma(_Plan):
    """Chromagram: energy by pitch class, folded from a constant-Q transform in one pass.

    Each frame's \\|C\\| is folded to `n_chroma` values, of which those below `threshold` become 0,
    and is divided by its norm. With `cens` (chroma energy normalised statistics [1]_), frames are
    divided by their sum, quantised, smoothed over time, and divided by their norm.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    hop_length : int >= 1
        Samples from one frame to the next; frame t is centred on sample ``t * hop_length``.
    fmin : float > 0, optional
        Lowest frequency in Hz. Default: C1, 32.7 Hz.
    n_octaves : int >= 1
        Octaves above `fmin`.
    bins_per_octave : int >= 1
        Bins of the transform per octave; a multiple of `n_chroma`.
    n_chroma : int >= 1
        Number of chroma.
    tuning, filter_scale, gamma, intervals, sparsity, librosa_version, definition, accuracy, \
input_scale, precision
        As for `CQT`; for an array of `intervals`, its length is the number of bins per octave.
    cqt_window : str, tuple or float
        Window of the transform; `window` of `CQT`.
    power : {1, 2}
        Whether \\|C\\| or \\|C\\|**2 is folded.
    window : array, optional
        What the rows of the fold are convolved with; see `cq_to_chroma`.
    base_c : bool
        Whether the first chroma is C, or A.
    threshold : float, optional
        What is below it becomes 0, before the norm. None: nothing.
    norm : {'auto', None, inf, -inf, float >= 0}
        Norm of the frames. ``'auto'``: inf, or 2 with `cens`.
    cens : bool
        Whether the result is CENS.
    win_len_smooth : int >= 1, optional
        For `cens`: frames that the smoothing takes. None: no smoothing.
    smoothing_window : str, tuple, float, callable or array
        For `cens`: window of the smoothing, of ``win_len_smooth + 2`` samples.

    Attributes
    ----------
    frequencies : np.ndarray, shape=(n_octaves * bins_per_octave,)
        Centre frequencies of the transform in Hz.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or as `CQT`.

    References
    ----------
    .. [1] M. Mueller and S. Ewert, "Chroma Toolbox: MATLAB implementations for extracting variants
       of chroma-based audio features," ISMIR, 2011.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> chroma = fastspec.Chroma()
    >>> chroma(np.zeros(22050, np.float32)).shape
    (12, 44)
    """

    _output = "spectrum"
    _cqt: _Folded
    frequencies: Array

    def __init__(
        self,
        *,
        sr: float = 22050,
        hop_length: int = 512,
        fmin: float | None = None,
        n_octaves: int = 7,
        bins_per_octave: int = 36,
        n_chroma: int = 12,
        tuning: float = 0.0,
        filter_scale: float = 1,
        gamma: float | None = 0,
        intervals: str | Iterable[float] | None = None,
        sparsity: float = 0.01,
        cqt_window: WindowSpec = "hann",
        librosa_version: str = "0.11",
        definition: str = "exact",
        accuracy: float | None = None,
        power: int = 1,
        window: Array | None = None,
        base_c: bool = True,
        threshold: float | None = 0.0,
        norm: float | str | None = "auto",
        cens: bool = False,
        win_len_smooth: int | None = 41,
        smoothing_window: WindowSpec = "hann",
        input_scale: float | None = None,
        precision: str | None = None,
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        a = dict(arguments)
        for name in _OF_CQT:
            a[name] = _CQT_CHECKS[name](name, a[name])
        per_octave = a["bins_per_octave"]
        if not isinstance(a["intervals"], str):
            per_octave = len(a["intervals"])
        octaves = check_int("n_octaves", a["n_octaves"], minimum=1, maximum=_LARGEST // per_octave)
        a["power"] = check_int("power", a["power"], minimum=1, maximum=2)
        n_bins = octaves * per_octave
        fold = check_fold(n_bins, per_octave, a)
        a.update(n_octaves=octaves, **{name: getattr(fold, name) for name in _OF_FOLD})
        of_cqt = {
            **{name: a[name] for name in _OF_CQT},
            "n_bins": n_bins,
            "window": a["cqt_window"],
            "norm": 1,
            "scale": True,
            "pad_mode": "constant",
            "res_type": "soxr_hq",
            "output": "power" if a["power"] == 2 else "magnitude",
        }
        fold.matrix()  # refuses the fold's own window by its name
        try:
            cqt = _Folded(fold, of_cqt)
        except ParameterError as error:
            if str(error).startswith("window"):
                raise ParameterError(f"cqt_{error}") from error
            raise
        set_ = object.__setattr__
        set_(self, "hop_length", cqt.hop_length)
        set_(self, "precision", cqt.precision)
        set_(self, "center", True)
        set_(self, "frequencies", cqt.frequencies)
        set_(self, "_cqt", cqt)
        set_(self, "_arguments", a)
        set_(self, "_hash", hash((type(self), *a.values())))
        set_(self, "_settings", {})

    def _core(self, double: bool) -> Any:
        return self._cqt._core(double)

    @property
    def n_chroma(self) -> int:
        """Rows of the output."""
        return int(self._arguments["n_chroma"])

    @property
    def fold(self) -> Array:
        """Matrix that folds the transform's bins, shape=(n_chroma, bins)."""
        return self._cqt._fold.matrix()

    @property
    def engine(self) -> str:
        """Name of the engine in use."""
        return "direct"

    def _refuse_length(self, n: int) -> None:
        raise ParameterError("y: is empty; must hold at least one sample")

    def stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the same chroma of signals that arrive in pieces.

        Its latency, as `Stream.latency` defines it, is that of the constant-Q transform (see
        `CQT.stream`); with `cens`, ``win_len_smooth // 2`` hops are added, less by one where the
        smoothing's window begins with a zero.

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1, or -1
            Threads to use at the most.

        Returns
        -------
        Stream
            Its ``push`` and ``flush`` return frames as soon as they are complete, bit for bit
            those of one call.

        Raises
        ------
        ParameterError
            As `CQT.stream`.
        """
        return super().stream(channels, n_threads)

    def _check_stream(self) -> None:
        self._cqt._check_stream()

    def _stream_core(self, double: bool, channels: int) -> Any:
        return _core.CqtStream(self._core(double), channels)


# The arguments that are the transform's or the fold's, under the same names.
_OF_CQT = (
    "sr", "hop_length", "fmin", "bins_per_octave", "tuning", "filter_scale", "gamma", "intervals",
    "sparsity", "librosa_version", "definition", "accuracy", "input_scale", "precision",
)  # fmt: skip
_OF_FOLD = (
    "n_chroma", "window", "base_c", "threshold", "norm", "cens", "win_len_smooth",
    "smoothing_window",
)  # fmt: skip


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except Exception:  # of an object of anyone's
        return False
    return isinstance(value, str | tuple | float | int | _Window)


def check_fold(n_bins: int, per_octave: int, a: dict[str, Any]) -> Fold:
    """Return the fold of arguments by name, the fold's own ones checked."""
    n_chroma = check_int("n_chroma", a["n_chroma"], minimum=1, maximum=_LARGEST)
    if per_octave % n_chroma:
        raise ParameterError(
            f"bins_per_octave={show(per_octave)} must be an integer multiple of "
            f"n_chroma={show(n_chroma)}"
        )
    if n_chroma * n_bins > _MOST_WEIGHTS:
        raise ParameterError(
            f"n_chroma={n_chroma}: a fold of {n_bins} bins would take "
            f"{n_chroma * n_bins / 2**27:.3g} GiB; the limit is 1"
        )
    fmin = a["fmin"]
    if fmin is not None:
        fmin = check_float("fmin", fmin, exclusive_minimum=0)
    cens = check_bool("cens", a["cens"])
    norm = a["norm"]
    if isinstance(norm, str):
        check_choice("norm", norm, ("auto",))
        norm = 2.0 if cens else math.inf
    length = a["win_len_smooth"]
    if length is not None:
        length = check_smoothing(length)
    window = a["smoothing_window"]
    if cens and length is not None:
        window = freeze_smoothing(window, length + 2)
    elif not _hashable(window):
        window = "hann"  # not used
    threshold = a["threshold"]
    if threshold is not None:
        threshold = check_float("threshold", threshold, allow_inf=True)
    return Fold(
        n_bins=n_bins,
        bins_per_octave=per_octave,
        n_chroma=n_chroma,
        fmin=fmin,
        window=freeze_fold_window(a["window"]),
        base_c=check_bool("base_c", a["base_c"]),
        threshold=threshold,
        norm=check_norm(norm),
        cens=cens,
        win_len_smooth=length,
        smoothing_window=window,
    )
