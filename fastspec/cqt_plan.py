"""The plan of the constant-Q transform."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastspec import _core, cqt_stages
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    show,
)
from fastspec.config import resolve_precision
from fastspec.cqt_basis import Grid, Octave, check_bytes, grid, octaves, window_table
from fastspec.intervals import check_intervals, tuning_factor
from fastspec.plans import PAD_MODES, _Plan
from fastspec.windows import WindowSpec

if TYPE_CHECKING:
    from fastspec.streams import Stream

__all__ = [
    "CQT",
    "check_norm",
    "check_sparsity",
    "check_window",
    "default_fmin",
    "freeze_intervals",
]

Array = npt.NDArray[Any]

_C1 = 32.70319566257483  # Hz
_ACCURACY = {False: 1e-6, True: 1e-10}  # by whether the computation is in double
_LARGEST = 2**58


class CQT(_Plan):
    """Constant-Q transform, or variable-Q transform.

    With f the frequency of bin k, N = Q sr / (f + gamma / alpha) its length and w the window over
    [-1/2, 1/2], ::

        C[k, t] = s * sum(x[t * hop_length + n] * w(n / N) * exp(-2j * pi * f * n / sr))

    over all ``|n| <= N / 2``, where x is 0 beyond its ends. Windows are evaluated at fractional
    places and any hop is exact. `scale` and `norm` give s: by default sqrt(N) / sum(w), so that a
    sinusoid of amplitude A on bin k has ``|C| = A * sqrt(N) / 2``.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    hop_length : int >= 1
        Samples from one frame to the next; frame t is centred on sample ``t * hop_length``.
    fmin : float > 0, optional
        Lowest frequency in Hz. Default: C1, 32.7 Hz.
    n_bins : int >= 1
        Number of bins.
    bins_per_octave : int >= 1
        Bins per octave.
    tuning : float
        Offset in fractions of a bin.
    filter_scale : float > 0
        Factor of all lengths: below 1, time is resolved better and frequency worse.
    gamma : float >= 0, optional
        Bandwidth in Hz that is added to every bin's; None: that of the ear's filters [2]_.
    norm : {None, inf, -inf, float >= 0}
        Norm by which the filters are scaled to 1, before `scale`.
    window : str, tuple or float
        See `fastspec.get_window`; for ``definition='exact'`` one that is defined between samples.
    scale : bool
        Whether coefficients are divided by the square root of the lengths.
    intervals : str or array, optional
        Division of the octave; see `interval_frequencies`. Default: ``'equal'``.
    sparsity : float in [0, 1)
        For ``definition='librosa'``: share of each filter's spectrum that is set to zero.
    pad_mode, res_type
        For ``definition='librosa'``; as for `cqt`.
    librosa_version : {'0.11', '1.0'}
        For ``definition='librosa'``: whose rule says after which octaves the signal is decimated.
        0.11: wherever the hop is even. 1.0: if also no lower bin exceeds a fifth of the rate.
    definition : {'exact', 'librosa'}
        The formula above, or librosa's transform, which differs from it by a few percent.
    accuracy : float in [1e-15, 1e-2], optional
        For ``definition='exact'``: relative error (L2) that computing low bins from decimated
        signals may add. Default: 1e-6 for float32, 1e-10 for float64.
    output : {'complex', 'magnitude', 'power'}
        C, ``|C|`` or ``|C|**2``.
    input_scale : float, optional
        Factor for int16 input, which is refused without it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `fastspec.get_precision`.

    Attributes
    ----------
    frequencies : np.ndarray, shape=(n_bins,)
        Centre frequencies in Hz.
    lengths : np.ndarray, shape=(n_bins,)
        Filter lengths in samples.

    Raises
    ------
    ParameterError
        If an argument is out of its range, the highest bin lies above sr / 2 or, for librosa's
        definition, its pass-band does.

    References
    ----------
    .. [1] C. Schoerkhuber and A. Klapuri, "Constant-Q transform toolbox for music processing," 7th
       Sound and Music Computing Conference, Barcelona, 2010; eq. 1 and 2.
    .. [2] C. Schoerkhuber et al., "A Matlab toolbox for efficient perfect reconstruction
       time-frequency transforms with log-frequency resolution," AES 53rd Conference, 2014.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> cqt = fastspec.CQT(n_bins=36)
    >>> cqt(np.zeros(22050, np.float32)).shape
    (36, 44)
    """

    _order = "F"
    _cores: dict[bool, Any]
    frequencies: Array
    lengths: Array
    _grid: Grid

    _outputs: ClassVar[dict[str, int]] = {"complex": 0, "magnitude": 1, "power": 2}

    def __init__(
        self,
        *,
        sr: float = 22050,
        hop_length: int = 512,
        fmin: float | None = None,
        n_bins: int = 84,
        bins_per_octave: int = 12,
        tuning: float = 0.0,
        filter_scale: float = 1,
        gamma: float | None = 0,
        norm: float | None = 1,
        window: WindowSpec = "hann",
        scale: bool = True,
        intervals: str | Iterable[float] | None = None,
        sparsity: float = 0.01,
        pad_mode: str | Callable[..., Any] = "constant",
        res_type: str = "soxr_hq",
        librosa_version: str = "0.11",
        definition: str = "exact",
        accuracy: float | None = None,
        output: str = "complex",
        input_scale: float | None = None,
        precision: str | None = None,
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        """Check the arguments and fill the plan: what `__init__` does, with every argument."""
        a = {name: check(name, arguments[name]) for name, check in _CHECKS.items()}
        per_octave = a["bins_per_octave"]
        if not isinstance(a["intervals"], str):
            per_octave = len(a["intervals"])
        bins = grid(
            sr=a["sr"],
            fmin=a["fmin"] * tuning_factor(a["tuning"], per_octave),
            n_bins=a["n_bins"],
            bins_per_octave=a["bins_per_octave"],
            intervals=a["intervals"],
            filter_scale=a["filter_scale"],
            gamma=a["gamma"],
            window=a["window"],
        )
        bins.frequencies.flags.writeable = bins.lengths.flags.writeable = False
        set_ = object.__setattr__
        set_(self, "hop_length", a["hop_length"])
        set_(self, "precision", a["precision"])
        set_(self, "center", True)
        set_(self, "frequencies", bins.frequencies)
        set_(self, "lengths", bins.lengths)
        set_(self, "_output", "complex" if a["output"] == "complex" else "spectrum")
        set_(self, "_grid", bins)
        set_(self, "_arguments", a)
        set_(self, "_hash", hash((type(self), *a.values())))
        set_(self, "_cores", {})
        set_(self, "_settings", {})
        self._check_range()
        self._core(a["precision"] == "double")

    def _check_range(self) -> None:
        a, nyquist = self._arguments, self._arguments["sr"] / 2
        highest = self.frequencies.max()
        exact = a["definition"] == "exact"
        if (highest if exact else self._grid.cutoff) > nyquist:
            raise ParameterError(
                f"Wavelet basis with max frequency={highest} would exceed the Nyquist "
                f"frequency={nyquist}. Try reducing the number of frequency bins."
            )
        check_bytes(16 * float(self.lengths.sum()))
        if self.lengths.min() < 1:
            raise ParameterError(f"filter_scale={a['filter_scale']}: gives filters of no length")
        if exact and (a["pad_mode"] != "constant" or a["res_type"] != "soxr_hq"):
            raise ParameterError("pad_mode, res_type: are for definition='librosa' alone")

    # -- cores -------------------------------------------------------------------------------------

    def _core(self, double: bool) -> Any:
        core = self._cores.get(double)
        if core is None:
            exact = self._arguments["definition"] == "exact"
            core = self._exact_core(double) if exact else self._librosa_core(double)
            core = self._cores.setdefault(double, core)
        return core

    def _last_stage(self, double: bool) -> Any:
        """Return what becomes of the magnitudes in the core, if anything does."""
        return None

    def _exact_core(self, double: bool) -> Any:
        a, table = self._arguments, window_table(self._arguments["window"])
        accuracy = _ACCURACY[double] if a["accuracy"] is None else a["accuracy"]
        return _core.CqtPlan(
            output=self._outputs[a["output"]],
            double=double,
            hop_length=self.hop_length,
            n_bins=a["n_bins"],
            sr=a["sr"],
            frequencies=np.ascontiguousarray(self.frequencies),
            lengths=np.ascontiguousarray(self.lengths),
            amplitudes=self._amplitudes(table.mean_power),
            window=table.values,
            n_window=0 if table.values is None else len(table.values),
            input_scale=1.0 if a["input_scale"] is None else a["input_scale"],
            min_distance=table.distance(accuracy),
            attenuation=max(149.0, 25 - 20 * math.log10(accuracy)),
            chroma=self._last_stage(double),
        )

    def _amplitudes(self, mean_power: Callable[[float], float]) -> Array:
        """Return the factors that make a filter's norm sqrt(N), or N without `scale`."""
        norm = self._arguments["norm"]
        size = np.ones_like(self.lengths)
        if norm is not None and not math.isinf(norm):
            size = self.lengths * mean_power(norm) if norm else self.lengths
            size = size ** (1 / norm) if norm else size
        elif norm == -math.inf:
            raise ParameterError("norm=-inf: is for definition='librosa' alone")
        amplitudes: Array = self.lengths ** (0.5 if self._arguments["scale"] else 1) / size
        return amplitudes

    def _librosa_core(self, double: bool) -> Any:
        a = self._arguments
        return cqt_stages.make(
            self._grid,
            a,
            double=double,
            output=self._outputs[a["output"]],
            bank=lambda sr, hop: self._bank(sr, hop),
            chroma=self._last_stage(double),
        )

    def _bank(self, sr: float, hop_length: int) -> list[Octave]:
        a = self._arguments
        by_name = isinstance(a["intervals"], str)
        return octaves(
            self._grid,
            sr=sr,
            hop_length=hop_length,
            per_octave=a["bins_per_octave"] if by_name else len(a["intervals"]),
            filter_scale=a["filter_scale"],
            gamma=a["gamma"],
            norm=a["norm"],
            sparsity=a["sparsity"],
            window=a["window"],
            guarded=a["librosa_version"] != "0.11",
        )

    # -- shape and streams -------------------------------------------------------------------------

    @property
    def n_bins(self) -> int:
        """Rows of the output."""
        return int(self._arguments["n_bins"])

    @property
    def engine(self) -> str:
        """Name of the engine in use."""
        return "direct"

    def _refuse_length(self, n: int) -> None:
        raise ParameterError("y: is empty; must hold at least one sample")

    def inverse(
        self,
        C: Array,
        *,
        length: int | None = None,
        n_iter: int = 100,
        tol: float = 1e-6,
        damping: float = 1e-3,
        return_residual: bool = False,
        out: Array | None = None,
        n_threads: int = 1,
    ) -> Any:
        """Return the signals whose transforms are closest to given ones.

        Least squares by conjugate gradients on the transform and its adjoint: the sum of
        ``|T(y) - C|**2`` is made small with every bin weighted by the inverse square of its
        response to a sinusoid, so that errors of all bins count alike. Where many signals have the
        same transform, as at long hops, the result tends to the smallest of them. What the
        transform hardly holds, such as frequencies beyond its bins, stays near zero; `damping` and
        `n_iter` say how near.

        Parameters
        ----------
        C : np.ndarray, shape=(..., n_bins, n_frames)
            Complex transforms by this plan's parameters; finite.
        length : int >= 0, optional
            Samples of the result. Give the length of the signal that was transformed. None or 0:
            ``hop_length * (n_frames - 1)``.
        n_iter : int >= 0
            Iterations at the most. Each costs about two transforms.
        tol : float >= 0
            Stop when the residual, relative to `C`, is at most `tol`, or its gradient has fallen
            by that factor.
        damping : float >= 0
            What is at most this part of the transform's largest gain is left out of the signal
            rather than amplified: for sums with ``(damping * gain)**2 * |y|**2`` added.
        return_residual : bool
            Whether to return the residual too.
        out : np.ndarray, shape=(..., n_samples), optional
            Where to write the result, of its type.
        n_threads : int >= 1, or -1
            Threads to use at the most. The result does not depend on it.

        Returns
        -------
        y : np.ndarray, shape=(..., n_samples)
            float32 for complex64, else float64.
        residual : np.ndarray, shape=(...)
            Norm of ``T(y) - C`` relative to that of `C`, both weighted, as the iteration knows it.
            Only if `return_residual` is set.

        Raises
        ------
        ParameterError
            If `C` is not finite or does not fit the plan, or the plan pads or resamples in a way
            that is not built in.

        Examples
        --------
        >>> import numpy as np, fastspec
        >>> cqt = fastspec.CQT(n_bins=36, hop_length=128)
        >>> cqt.inverse(cqt(np.zeros(22050, np.float32)), length=22050).shape
        (22050,)
        """
        from fastspec.icqt import invert  # which needs this module

        wide = self.precision == "double"
        both = check_bool("return_residual", return_residual)
        y, residual = invert(self, C, length, n_iter, tol, damping, None, wide, out, n_threads)
        return (y, residual) if both else y

    def stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the same transform of signals that arrive in pieces.

        Its latency, as `Stream.latency` defines it, is half the longest filter and the delays of
        the decimators before it. With ``definition='librosa'`` frames may come earlier than that:
        decimators then work in blocks.

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
            If the plan pads or resamples whole signals: with ``definition='librosa'``, if
            `pad_mode` is not 'constant', `res_type` is not 'soxr_hq', or the bins lie so low that
            librosa resamples the signal by more than two before the first octave.
        """
        return super().stream(channels, n_threads)

    def _check_stream(self) -> None:
        a = self._arguments
        if isinstance(self._core(self.precision == "double"), _core.CqtPlan):
            return
        if a["pad_mode"] not in ("constant", "empty"):
            raise ParameterError(
                f"pad_mode={show(a['pad_mode'])}: pads the whole signal octave by octave; a stream "
                "takes pad_mode='constant'"
            )
        if a["res_type"] != "soxr_hq":
            raise ParameterError(
                f"res_type={show(a['res_type'])}: resamples the whole signal; a stream takes "
                "res_type='soxr_hq'"
            )
        raise ParameterError(
            f"definition={show(a['definition'])}: resamples the whole signal first for bins as low "
            f"as these; a stream takes definition='exact', or a lower sr than {a['sr']:g}"
        )

    def _stream_core(self, double: bool, channels: int) -> Any:
        return _core.CqtStream(self._core(double), channels)


# ---- arguments ----------------------------------------------------------------------------------


def check_norm(norm: Any) -> float | None:
    """Return an argument `norm`, checked."""
    if norm is None:
        return None
    if isinstance(norm, float) and norm == -math.inf:
        return -math.inf
    return check_float("norm", norm, minimum=0, allow_inf=True)


def check_window(window: Any) -> Any:
    """Return an argument `window`, which must be hashable."""
    try:
        hash(window)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"window={show(window)}: must be a name, a tuple or a function") from (
            error
        )
    return window


def check_sparsity(sparsity: Any) -> float:
    """Return an argument `sparsity`, checked."""
    value = check_float("sparsity", sparsity, minimum=0)
    if value >= 1:
        raise ParameterError(f"sparsity={show(sparsity)}: must be below 1")
    return value


def _check_accuracy(accuracy: Any) -> float | None:
    if accuracy is None:
        return None
    return check_float("accuracy", accuracy, minimum=1e-15, maximum=1e-2)


def _check_pad_mode(pad_mode: Any) -> str:
    return check_choice("pad_mode", pad_mode, tuple(PAD_MODES))


def freeze_intervals(intervals: Any) -> str | tuple[float, ...]:
    """Return an argument `intervals`, hashable and checked where it is an array."""
    if intervals is None:
        return "equal"
    return intervals if isinstance(intervals, str) else check_intervals(intervals)


def _positive(name: str, value: Any) -> float:
    return check_float(name, value, exclusive_minimum=0)


def default_fmin(value: Any) -> float:
    """Return an argument `fmin`, checked; None means C1."""
    return _C1 if value is None else _positive("fmin", value)


def _count(name: str, value: Any) -> int:
    return check_int(name, value, minimum=1, maximum=2**20)


def _one_of(*choices: str) -> Callable[[str, Any], str]:
    return lambda name, value: check_choice(name, value, choices)


# The arguments of a plan, in order, and what checks each.
_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "sr": _positive,
    "hop_length": lambda name, value: check_int(name, value, minimum=1, maximum=_LARGEST),
    "fmin": lambda _, value: default_fmin(value),
    "n_bins": _count,
    "bins_per_octave": _count,
    "tuning": check_float,
    "filter_scale": _positive,
    "gamma": lambda name, value: None if value is None else check_float(name, value, minimum=0),
    "norm": lambda _, value: check_norm(value),
    "window": lambda _, value: check_window(value),
    "scale": check_bool,
    "intervals": lambda _, value: freeze_intervals(value),
    "sparsity": lambda _, value: check_sparsity(value),
    "pad_mode": lambda _, value: value if callable(value) else _check_pad_mode(value),
    "res_type": lambda _, value: cqt_stages.check_res_type(value),
    "librosa_version": _one_of(*cqt_stages.VERSIONS),
    "definition": _one_of("exact", "librosa"),
    "accuracy": lambda _, value: _check_accuracy(value),
    "output": _one_of("complex", "magnitude", "power"),
    "input_scale": lambda name, value: None if value is None else check_float(name, value),
    "precision": lambda _, value: resolve_precision(value),
}
