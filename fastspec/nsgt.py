"""The plan of the invertible constant-Q transform."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import ParameterError, check_float, check_int, check_size, show
from fastspec.access import is_file
from fastspec.config import check_threads
from fastspec.cqt_basis import window_table
from fastspec.nsgt_access import SliceAccess
from fastspec.nsgt_grid import CHECKS, grid
from fastspec.nsgt_stream import SampleCore, SliceCore
from fastspec.plans import (
    _Plan,
    as_signal,
    check_array,
    check_out,
    check_room,
    new_array,
    same_memory,
)
from fastspec.stream_group import StreamGroup
from fastspec.streams import InverseStream
from fastspec.windows import WindowSpec

if TYPE_CHECKING:
    from fastspec.streams import Stream

__all__ = ["NSGT"]

Array = npt.NDArray[Any]
Bands = Array | list[Array]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_LONGEST = 2**40
_MOST_AXES = 62  # of a signal: NumPy has 64, of which a result takes two more
_MOST_BYTES = 2**33
_LEAST_BINS = 4  # of a block's DFT in the narrowest band
_MOST_CORES = 4  # lengths for which a plan keeps its tables

_lock = threading.Lock()


def _reset_lock() -> None:
    """Replace the lock in the child of a fork: another thread may have held it."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_lock)


class NSGT(SliceAccess, _Plan):
    """Invertible constant-Q transform by nonstationary Gabor frames.

    With X the DFT of a block of L samples, f the frequency of a bin, W its bandwidth, w the window
    over [-1/2, 1/2] and M its number of coefficients, ::

        C[m] = 2 / L * sum(X[j] * w((j * sr / L - f) / W) * exp(2j * pi * j * m / M))

    which is the analytic signal in that band at sample ``m * L / M`` of the block: a sine of
    amplitude A at f has ``|C| = A``. Windows are evaluated at the exact frequencies. W is
    ``f * (2 ** (1 / bins_per_octave) - 2 ** (-1 / bins_per_octave)) + gamma``. With
    `residual`, two bands with real coefficients hold the rest: the first one what is below the
    lowest bin, the last one what is above the highest, moved down by sr / 2. `inverse` then gives
    the signal back to rounding: about 4e-16 (relative L2) in float64, and 4e-7 in float32.

    A block is the whole signal, padded with zeros to the next length of at least 4 sr / W samples
    that has a fast FFT (the inverse drops them, so this costs no accuracy; the ends of the padded
    signal meet). Or, with `slice_length`, signals are cut into slices that overlap by half and
    fade into each other, which need no more memory than a few slices and can be streamed.

    The coefficients are not librosa's: bandwidths, windows (which are of the frequency here, not
    of the time), scale and hops are others. `CQT` and `cqt` have those, and no exact inverse.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    fmin : float > 0, optional
        Lowest frequency in Hz. Default: C1, 32.7 Hz.
    fmax : float > 0, optional
        Bins go up to this frequency. Default: as high as their windows fit below sr / 2.
    n_bins : int in [1, 16382], optional
        Number of bins, in place of `fmax`.
    bins_per_octave : int >= 1
        Bins per octave.
    gamma : float >= 0, optional
        Bandwidth in Hz that is added to every bin's; None: that of the ear's filters [3]_. Time
        is resolved better at low frequencies.
    window : str, tuple or float
        One of `fastspec.get_window` that is defined between samples and does not come near zero
        within its middle half.
    hop_length : {None, 'common', int >= 1}
        None: every band has as few coefficients as it can, for the least redundancy. ``'common'``:
        all bands have as many as the widest one needs, so that they form a matrix. A number: the
        same with coefficients that many samples apart; no prime factors but 2, 3 and 5, and small
        enough for the widest band.
    residual : bool
        Whether the two bands that hold the rest are there. Without them what lies between the
        lowest and the highest bin is reconstructed, and the rest fades out as their windows do.
    oversampling : float >= 1
        Factor of the least numbers of coefficients; not with a numeric `hop_length`.
    slice_length : int, optional
        Samples of a slice: a multiple of 4 (and of 2 `hop_length`) without prime factors but 2, 3
        and 5, at least 4 sr / W. Default: no slices.
    transition : int, optional
        Samples over which slices fade, even, at most ``slice_length // 2``. Default: that.
    input_scale : float, optional
        Factor for int16 input, which is refused without it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `fastspec.get_precision`.

    Attributes
    ----------
    frequencies : np.ndarray, shape=(n_bands,)
        Centre frequencies in Hz; of the residual bands 0 and sr / 2.
    bandwidths : np.ndarray, shape=(n_bands,)
        Bandwidths in Hz: the whole width in which the band is not zero, within [0, sr / 2].

    Raises
    ------
    ParameterError
        If an argument is out of its range, the window of the highest bin exceeds sr / 2 or that
        of the lowest one 0 Hz.

    Notes
    -----
    A plan is shared by threads as all plans are. It keeps tables for the four lengths used last,
    which take about four times the memory of a signal.

    References
    ----------
    .. [1] G. Velasco, N. Holighaus, M. Doerfler and T. Grill, "Constructing an invertible
       constant-Q transform with nonstationary Gabor frames," DAFx, 2011.
    .. [2] N. Holighaus, M. Doerfler, G. Velasco and T. Grill, "A framework for invertible,
       real-time constant-Q transforms," IEEE Trans. Audio Speech Lang. Process. 21(4), 2013.
    .. [3] C. Schoerkhuber et al., "A Matlab toolbox for efficient perfect reconstruction
       time-frequency transforms with log-frequency resolution," AES 53rd Conference, 2014.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> nsgt = fastspec.NSGT(sr=22050, fmin=65.4)
    >>> y = np.random.default_rng(0).standard_normal(22050)
    >>> bands = nsgt(y)
    >>> len(bands), bands[1].shape, bands[-2].shape
    (90, (8,), (1200,))
    >>> bool(np.abs(nsgt.inverse(bands, length=22050) - y).max() < 1e-14)
    True
    """

    _output = "complex"
    frequencies: Array
    bandwidths: Array
    _cores: dict[Any, Any]
    _bins: tuple[Array, Array]

    def __init__(
        self,
        *,
        sr: float = 22050,
        fmin: float | None = None,
        fmax: float | None = None,
        n_bins: int | None = None,
        bins_per_octave: int = 12,
        gamma: float | None = 0,
        window: WindowSpec = "hann",
        hop_length: str | int | None = None,
        residual: bool = True,
        oversampling: float = 1.0,
        slice_length: int | None = None,
        transition: int | None = None,
        input_scale: float | None = None,
        precision: str | None = None,
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        """Check the arguments and fill the plan: what `__init__` does, with every argument."""
        a = {name: check(name, arguments[name]) for name, check in CHECKS.items()}
        frequencies, bandwidths = grid(a)
        set_ = object.__setattr__
        set_(self, "precision", a["precision"])
        set_(self, "center", False)
        set_(self, "_bins", (frequencies, bandwidths))
        set_(self, "_arguments", a)
        set_(self, "_hash", hash((type(self), *a.values())))
        set_(self, "_cores", {})
        set_(self, "_settings", {})
        if a["residual"]:
            low, high = frequencies[0], a["sr"] / 2 - frequencies[-1]
            frequencies = np.concatenate([[0.0], frequencies, [a["sr"] / 2]])
            bandwidths = np.concatenate([[low], bandwidths, [high]])
        set_(self, "frequencies", _frozen(frequencies))
        set_(self, "bandwidths", _frozen(bandwidths))
        hop = a["hop_length"]
        if isinstance(hop, int) and a["oversampling"] != 1:
            raise ParameterError(f"oversampling={a['oversampling']}: is not for a hop_length={hop}")
        if a["slice_length"] is None and a["transition"] is not None:
            raise ParameterError(f"transition={a['transition']}: needs a slice_length")
        if a["slice_length"] is not None:
            self._check_slices(a)
        elif isinstance(hop, int):
            self._check_hop(self._length(1))
        window_table(a["window"])
        self._core_for(a["precision"] == "double", 1)

    def _check_slices(self, a: dict[str, Any]) -> None:
        n, hop, t = a["slice_length"], a["hop_length"], a["transition"]
        least, multiple = self._least_length()
        fast = _core.nsgt_fast_length(max(n, least), multiple)
        if n != fast:
            known = " without prime factors but 2, 3 and 5"
            raise ParameterError(
                f"slice_length={n}: must be a multiple of {math.lcm(4, multiple)}{known}, at least "
                f"{least}; the next one is {fast}"
            )
        if t is not None and (t < 2 or t % 2 or t > n // 2):
            raise ParameterError(
                f"transition={t}: must be even, at least 2 and at most slice_length / 2 = {n // 2}"
            )
        if isinstance(hop, int):
            self._check_hop(n)

    def _check_hop(self, length: int) -> None:
        """Refuse a hop at which the widest band would not have a coefficient for each bin."""
        sr, hop = self._arguments["sr"], self._arguments["hop_length"]
        widest = self._bins[1].max()
        if self._arguments["residual"]:
            widest = max(widest, 2 * self.bandwidths[0], 2 * self.bandwidths[-1])
        # The bins of a width are one more than it is wide, at the most.
        if length // hop < math.floor(widest * length / sr) + 1:
            most = math.ceil(length / (math.floor(widest * length / sr) + 1))
            raise ParameterError(
                f"hop_length={hop}: must be below about {min(most, sr / widest):.4g}, since the "
                f"widest band has {widest:.4g} Hz"
            )

    # -- lengths and cores -------------------------------------------------------------------------

    def _least_length(self) -> tuple[int, int]:
        """Return the least length of a block, and what lengths must be a multiple of."""
        a, hop = self._arguments, self._arguments["hop_length"]
        least = _LEAST_BINS * a["sr"] / self._bins[1].min()
        if least > _LONGEST:
            raise ParameterError(f"fmin={a['fmin']}: gives bands too narrow: blocks of {least:.3g}")
        return max(64, math.ceil(least)), 2 * hop if isinstance(hop, int) else 4

    def _length(self, n: int) -> int:
        """Return the length of the blocks of a signal of n samples."""
        if self._arguments["slice_length"] is not None:
            return int(self._arguments["slice_length"])
        least, multiple = self._least_length()
        length = _core.nsgt_fast_length(max(n, least), multiple) if n <= _LONGEST else 0
        a = self._arguments
        bins = length / a["sr"] * (self._bins[1].sum() + self.bandwidths[0] + self.bandwidths[-1])
        if length == 0 or 32 * bins + 32 * length > _MOST_BYTES:
            raise ParameterError(
                f"y: of {n} samples would need {(32 * bins + 32 * length) / 2**30:.0f} GiB of "
                "tables: transform it in slices (slice_length)"
            )
        return length

    def _core_for(self, double: bool, n: int) -> Any:
        """Return the C plan for a precision and signals of n samples."""
        key = (double, self._length(n))
        with _lock:
            core = self._cores.pop(key, None)
            if core is not None:
                self._cores[key] = core  # now the youngest
                return core
        core = self._new_core(*key)
        with _lock:
            core = self._cores.setdefault(key, core)
            while len(self._cores) > _MOST_CORES:
                del self._cores[next(iter(self._cores))]
        return core

    def _configuration(self, double: bool, length: int) -> dict[str, Any]:
        a = self._arguments
        hop, table = a["hop_length"], window_table(a["window"])
        return {
            "double": double,
            "sr": a["sr"],
            "length": length,
            "frequencies": self._bins[0],
            "bandwidths": self._bins[1],
            "residual": a["residual"],
            "window": table.values,
            "n_window": 0 if table.values is None else len(table.values),
            "n_frames": 0 if hop is None else -1 if hop == "common" else length // hop,
            "oversampling": a["oversampling"],
            "transition": self._transition,
            "input_scale": 1.0 if a["input_scale"] is None else a["input_scale"],
        }

    def _new_core(self, double: bool, length: int) -> Any:
        a = self._arguments
        try:
            return _core.NsgtPlan(**self._configuration(double, length))
        except ParameterError as error:
            if "window" not in str(error):
                raise
            raise ParameterError(
                f"window={show(a['window'])}: comes too near to zero within its middle half"
            ) from error

    @property
    def _full_height(self) -> int:
        """Samples from the middle of a slice to where it begins to fade."""
        return int(self._arguments["slice_length"]) // 4 - self._transition // 2

    @property
    def _transition(self) -> int:
        a = self._arguments
        if a["slice_length"] is None:
            return 0
        if a["transition"] is not None:
            return int(a["transition"])
        return int(a["slice_length"]) // 2

    # -- shape -------------------------------------------------------------------------------------

    @property
    def n_bins(self) -> int:
        """Bands: the bins, and the residual ones."""
        return len(self.frequencies)

    @property
    def engine(self) -> str:
        """Name of the engine in use."""
        return "lanes"

    @property
    def redundancy(self) -> float:
        """Real numbers in the coefficients per sample of a long signal.

        Of whole signals the limit: numbers of coefficients are rounded up, to even ones that have
        fast FFTs and, for short signals, with the padded length; those in use are given by
        `n_coefficients`.
        """
        a = self._arguments
        parts = np.full(self.n_bins, 2.0)
        if a["residual"]:
            parts[[0, -1]] = 1
        if a["slice_length"] is not None:
            counts = self.n_coefficients(1)
            return float(2 * (parts * counts).sum() / a["slice_length"])
        if isinstance(a["hop_length"], int):
            return float(parts.sum() / a["hop_length"])
        widths = self.bandwidths * (3 - parts)  # those of real bands count on both sides
        if a["hop_length"] == "common":
            widths = np.full(self.n_bins, widths.max())
        return float(a["oversampling"] * (parts * widths).sum() / a["sr"])

    def n_coefficients(self, n_samples: int) -> npt.NDArray[np.int64]:
        """Return the number of coefficients of each band: of a signal, or of each slice.

        Parameters
        ----------
        n_samples : int >= 1
            Length of the signal in samples.
        """
        n_samples = check_int("n_samples", n_samples, minimum=1, maximum=_LONGEST)
        settings = self._configuration(False, self._length(n_samples))
        return np.array(_core.nsgt_counts(**settings), np.int64)

    def hop_lengths(self, n_samples: int) -> npt.NDArray[np.float64]:
        """Return the samples from one coefficient to the next in each band; not whole numbers.

        Parameters
        ----------
        n_samples : int >= 1
            Length of the signal in samples.
        """
        return np.asarray(self._length(n_samples) / self.n_coefficients(n_samples), np.float64)

    def n_slices(self, n_samples: int) -> int:
        """Return the number of slices of a signal; 1 for plans without slices.

        Parameters
        ----------
        n_samples : int >= 1
            Length of the signal in samples.
        """
        n = check_int("n_samples", n_samples, minimum=1, maximum=_LONGEST)
        length: int | None = self._arguments["slice_length"]
        if length is None:
            return 1
        # The last slice is that which has the last sample in its part of full height.
        return 1 + max(0, -(-(n - self._full_height) // (length // 2)))

    def n_frames(self, n_samples: int) -> int:
        """Return the number of coefficients of all bands, for plans with a common hop.

        Parameters
        ----------
        n_samples : int >= 1
            Length of the signal in samples.
        """
        if self._arguments["hop_length"] is None:
            raise ParameterError("hop_length=None: bands differ in length: see n_coefficients")
        return int(self.n_coefficients(n_samples)[0])

    def times(self, n_samples: int, *, sr: float | None = None) -> npt.NDArray[np.float64]:
        """Return the time in seconds of each column, for plans with a common hop.

        Parameters
        ----------
        n_samples : int >= 1
            Length of the signal in samples.
        sr : float > 0, optional
            Sample rate in Hz. Default: the plan's own.

        Returns
        -------
        np.ndarray, shape=(n_frames,)
            From the beginning of the signal or, in slices, of each slice.
        """
        rate = self._arguments["sr"] if sr is None else sr
        rate = check_float("sr", rate, exclusive_minimum=0)
        n = self.n_frames(n_samples)
        check_size("n_samples", (n,), 8)
        step: float = self._length(n_samples) / n / rate
        return np.arange(n, dtype=np.float64) * step

    # -- calls -------------------------------------------------------------------------------------

    def __call__(  # type: ignore[override]
        self,
        y: Any,
        out: Bands | None = None,
        n_threads: int = 1,
        *,
        frames: slice | range | None = None,
    ) -> Bands:
        """Transform signals.

        Parameters
        ----------
        y : array, shape=(..., n), or str, os.PathLike, binary file object or soundfile.SoundFile
            float32, float64, or int16 if the plan has an `input_scale`. Any strides and byte
            order; everything with the buffer protocol, ``__array__`` or ``__dlpack__``. Or a
            recording, averaged to mono, as `crop` takes it.
        out : np.ndarray or list of np.ndarray, optional
            Where to write the result, of the shapes and the type that would be returned.
        n_threads : int >= 1, or -1
            Threads to use at the most, the calling one included. The result does not depend on it.
        frames : slice or range, optional
            Compute these slices alone, for plans with a `slice_length`, with the bits of the whole
            call. See `crop`. Default: all.

        Returns
        -------
        list of np.ndarray or np.ndarray
            One array for each band, shape=(..., n_coefficients); with a common hop one array,
            shape=(..., n_bands, n_frames). With slices, (..., n_slices, n_coefficients) and
            (..., n_slices, n_bands, n_frames); slice s begins at sample
            ``(s - 1) * slice_length / 2``. complex64, or complex128 for float64.

        Raises
        ------
        ParameterError
            If `y` is empty, not finite or of another type, if `out` does not fit, or if `frames`
            are given to a plan without slices.
        """
        if frames is not None or is_file(y):
            cropped: Bands = self.crop(y, frames, out=out, n_threads=n_threads)
            return cropped
        y = as_signal(y)
        wide = self._check_signal(y)
        n = y.shape[-1]
        if n == 0:
            raise ParameterError("y: is empty; must hold at least one sample")
        self._check_axes(y)
        core = self._core_for(wide or self.precision == "double", n)
        result, views = self._bands(core, y.shape[:-1], self.n_slices(n), wide, out)
        for view in views:
            if out is not None and same_memory(y, view):
                raise ParameterError("out: must not overlap y")
        core.exec(y, views, self._first(), self.n_slices(n), check_threads(n_threads))
        return result

    def _check_axes(self, y: Array) -> None:
        if y.ndim > _MOST_AXES:
            raise ParameterError(f"y: has {y.ndim} axes; must have at most {_MOST_AXES}")

    def _first(self) -> int:
        """Return the sample at which block 0 begins."""
        slices = self._arguments["slice_length"]
        return 0 if slices is None else -(slices // 2)

    def _shapes(self, core: Any, lead: tuple[int, ...], n_blocks: int) -> list[tuple[int, ...]]:
        """Return the shape of every array of a result."""
        if self._arguments["slice_length"] is not None:
            lead = (*lead, n_blocks)
        if self._arguments["hop_length"] is None:
            return [(*lead, count) for count in core.counts]
        return [(*lead, core.n_bands, core.counts[0])]

    def _bands(
        self, core: Any, lead: tuple[int, ...], n_blocks: int, wide: bool, out: Bands | None
    ) -> tuple[Bands, list[Array]]:
        """Return the result's arrays, new or checked, and a view (..., blocks, n) of each band."""
        shapes, dtype = self._shapes(core, lead, n_blocks), _C128 if wide else _C64
        per_band = self._arguments["hop_length"] is None
        if out is None:
            arrays = [new_array("y", shape, dtype) for shape in shapes]
        else:
            arrays = self._arrays("out", out)
            if len(arrays) != len(shapes):
                raise ParameterError(f"out: has {len(arrays)} arrays; must have {len(shapes)}")
            for array, shape in zip(arrays, shapes):
                check_out(array, shape, dtype)
        return (out if out is not None else arrays if per_band else arrays[0]), self._views(arrays)

    def _views(self, arrays: list[Array]) -> list[Array]:
        if self._arguments["hop_length"] is not None:
            arrays = [arrays[0][..., k, :] for k in range(arrays[0].shape[-2])]
        if self._arguments["slice_length"] is None:
            arrays = [array[..., None, :] for array in arrays]
        return arrays

    def _arrays(self, name: str, bands: Any) -> list[Array]:
        """Return an argument's arrays as a list."""
        if self._arguments["hop_length"] is not None:
            return [check_array(name, bands)]
        if isinstance(bands, np.ndarray | memoryview) or not isinstance(bands, Sequence):
            kind = type(bands).__name__
            raise ParameterError(f"{name}: is a {kind}; must be a list of arrays, one for a band")
        return [check_array(name, band) for band in bands]

    def inverse(
        self, C: Any, length: int | None = None, out: Array | None = None, n_threads: int = 1
    ) -> Array:
        """Reconstruct signals.

        The inverse is that of the canonical dual frame: unchanged coefficients give the signal,
        and changed ones that whose coefficients are nearest to them.

        Parameters
        ----------
        C : list of np.ndarray or np.ndarray
            Coefficients as returned by a call, complex64 or complex128. The imaginary parts of the
            residual bands are ignored.
        length : int >= 1, optional
            Samples of the signals. Needed for plans without slices, whose coefficients depend on
            it; else by default all that the slices hold.
        out : np.ndarray, shape=(..., length), optional
            Where to write the result, of the type that would be returned.
        n_threads : int >= 1, or -1
            Threads to use at the most, the calling one included. The result does not depend on it.

        Returns
        -------
        np.ndarray, shape=(..., length)
            `out`, or a new array of float32, or of float64 for complex128.

        Raises
        ------
        ParameterError
            If `C` is not of the shapes that a signal of `length` samples has.
        """
        arrays = self._arrays("C", C)
        wide = _check_complex(arrays)
        slices = self._arguments["slice_length"]
        n_blocks = 1
        if slices is not None:
            axis = -2 if self._arguments["hop_length"] is None else -3
            if arrays[0].ndim < -axis:
                raise ParameterError(f"C: has shape {arrays[0].shape}; must have {-axis} axes")
            n_blocks = arrays[0].shape[axis]
            if length is None:
                length = self._natural_length(n_blocks)
        if length is None:
            raise ParameterError("length=None: must be given for plans without slices")
        length = check_int("length", length, minimum=1, maximum=_LONGEST)
        if n_blocks < self.n_slices(length):
            raise ParameterError(f"C: has {n_blocks} slices; too few for length={length}")
        core = self._core_for(wide or self.precision == "double", length)
        inner = 1 if self._arguments["hop_length"] is None else 2
        lead = arrays[0].shape[: arrays[0].ndim - inner - (slices is not None)]
        shapes = self._shapes(core, lead, n_blocks)
        if [array.shape for array in arrays] != shapes:
            got = [array.shape for array in arrays]
            at = next((i for i, (g, s) in enumerate(zip(got, shapes)) if g != s), 0)
            raise ParameterError(
                f"C: must be {len(shapes)} arrays for length={length}, array {at} of shape "
                f"{shapes[at]}; has {len(got)}, that one of shape {got[at]}"
            )
        shape, dtype = (*lead, length), _F64 if wide else _F32
        if out is None:
            out = new_array("length", shape, dtype)
        else:
            check_out(out, shape, dtype)
            if any(same_memory(out, array) for array in arrays):
                raise ParameterError("out: must not overlap C")
        core.inverse(self._views(arrays), out, self._first(), n_blocks, check_threads(n_threads))
        return out

    def overlap_add(self, C: Bands) -> Bands:
        """Add up the coefficients of slices, in place in time: those of the whole signal.

        Slices fade into each other, and the phases of coefficients are those of the signal, so that
        sums of slices are what a transform of the whole signal would give but for what each slice's
        ends do. From sums there is no way back.

        Parameters
        ----------
        C : list of np.ndarray or np.ndarray
            Coefficients of slices, as returned by a call.

        Returns
        -------
        list of np.ndarray or np.ndarray
            The same without the axis of slices, (..., n) each or (..., n_bands, n), from sample 0
            on; n is half the number of a slice's coefficients times the number of slices.
        """
        if self._arguments["slice_length"] is None:
            raise ParameterError("slice_length=None: this plan has no slices to add")
        arrays = self._arrays("C", C)
        wide = _check_complex(arrays)
        core = self._core_for(wide or self.precision == "double", 1)
        inner = 1 if self._arguments["hop_length"] is None else 2
        if not arrays or arrays[0].ndim < inner + 1:
            raise ParameterError("C: lacks the axis of slices")
        shapes = self._shapes(core, arrays[0].shape[: -inner - 1], arrays[0].shape[-inner - 1])
        if [array.shape for array in arrays] != shapes:
            raise ParameterError("C: is not of the shape that a call returns")
        sums = [_add_slices(array, inner) for array in arrays]
        return sums if self._arguments["hop_length"] is None else sums[0]

    # -- streams -----------------------------------------------------------------------------------

    def stream_group(
        self,
        n_threads: int = 1,
        capacity: int | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> StreamGroup:
        """Raise ParameterError: slices of different signals have nothing to share."""
        raise ParameterError("this plan slices signals: it has no group of streams; use stream()")

    def stream(self, channels: int = 1, n_threads: int = 1) -> Stream:
        """Return a stream: the slices of signals that arrive in pieces.

        Frames are slices here. The latency, as `Stream.latency` defines it with
        ``slice_length / 2`` for the hop, is ``slice_length / 4 + transition / 2`` samples. An `out`
        has room along the axis of slices.

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1, or -1
            Threads to use at the most.

        Returns
        -------
        Stream
            Its ``push`` and ``flush`` return slices as soon as they are complete, bit for bit
            those of one call.

        Raises
        ------
        ParameterError
            If the plan has no slices.
        """
        return super().stream(channels, n_threads)

    def inverse_stream(self, channels: int = 1, n_threads: int = 1) -> InverseStream:
        """Return a stream: signals from slices that arrive in pieces.

        The latency, as `InverseStream.latency` defines it, is ``slice_length / 2`` samples.

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1, or -1
            Threads to use at the most.

        Returns
        -------
        InverseStream
            Its ``push`` and ``flush`` return the samples that are complete, bit for bit those of
            one call of `inverse`.

        Raises
        ------
        ParameterError
            If the plan has no slices.
        """
        return InverseStream(self, channels, n_threads)

    def _check_stream(self) -> None:
        if self._arguments["slice_length"] is None:
            raise ParameterError(
                "slice_length=None: transforms the whole signal at once; for a stream give a "
                "slice_length=..."
            )

    _check_inverse_stream = _check_stream

    def _stream_core(self, double: bool, channels: int) -> Any:
        return SliceCore(self, double, channels)

    def _inverse_stream_core(self, double: bool, channels: int) -> Any:
        return SampleCore(self, double, channels)

    def _n_outputs(self, n_samples: int) -> int:
        return self.n_slices(n_samples)

    def _refuse_length(self, n: int) -> None:
        raise ParameterError("y: is empty; must hold at least one sample")

    def _stream_maker(
        self, core: Any, lead: tuple[int, ...], wide: bool
    ) -> Callable[[int], tuple[Any, Any]]:
        return lambda n: self._bands(core.core, lead, n, wide, None)

    def _stream_fit(self, core: Any, lead: tuple[int, ...], n: int, wide: bool, out: Any) -> Any:
        """Check arrays for n slices or more; return a view (..., slices, n) of each band."""
        shapes, dtype = self._shapes(core.core, lead, n), _C128 if wide else _C64
        arrays = self._arrays("out", out)
        if len(arrays) != len(shapes):
            raise ParameterError(f"out: has {len(arrays)} arrays; must have {len(shapes)}")
        axis = -2 if self._arguments["hop_length"] is None else -3
        for array, shape in zip(arrays, shapes):
            check_room(array, shape, dtype, axis)
        return self._views(arrays)

    def _inverse_chunk(
        self, core: Any, C: Any, channels: int
    ) -> tuple[list[Array], np.dtype[Any], int, bool]:
        """Return a view (..., slices, n) of each band, their type and slices, and their axes."""
        arrays = self._arrays("C", C)
        wide = _check_complex(arrays)
        inner = 1 if self._arguments["hop_length"] is None else 2
        flat = channels == 1 and arrays[0].ndim == inner + 1
        n = arrays[0].shape[-inner - 1] if arrays[0].ndim > inner else -1
        if [x.shape for x in arrays] != self._shapes(core.core, () if flat else (channels,), n):
            raise ParameterError("C: is not of the shape that a stream of these channels returns")
        return self._views(arrays), _C128 if wide else _C64, n, flat

    def _natural_length(self, n_slices: int) -> int:
        """Return how many samples so many slices hold."""
        hop: int = self._arguments["slice_length"] // 2
        return max(1, (n_slices - 1) * hop + self._full_height)

    def _check_inverse_length(self, length: int, n_slices: int) -> None:
        if n_slices < self.n_slices(length):
            raise ParameterError(f"C: has {n_slices} slices; too few for length={length}")


# ---- helpers ------------------------------------------------------------------------------------


def _frozen(values: Array) -> Array:
    values.flags.writeable = False
    return values


def _check_complex(arrays: list[Array]) -> bool:
    """Check the type of coefficients; return whether it is complex128."""
    if not arrays:
        raise ParameterError("C: is empty; must hold one array for each band")
    dtype = arrays[0].dtype
    for array in arrays:
        if array.dtype not in (_C64, _C128) or not array.dtype.isnative:
            raise ParameterError(f"C: has dtype {array.dtype}; must be complex64 or complex128")
        if array.dtype != dtype:
            raise ParameterError(f"C: has dtypes {dtype} and {array.dtype}; must have one")
        if not array.flags.aligned:
            raise ParameterError("C: is not aligned to its type")
    return dtype == _C128


def _add_slices(array: Array, inner: int) -> Array:
    """Add slices (..., slices, [bands,] n): the second half of one to the first of the next."""
    array = np.moveaxis(array, -inner - 1, -2)
    half = array.shape[-1] // 2
    total = array[..., half:].copy()
    total[..., :-1, :] += array[..., 1:, :half]
    return total.reshape(*array.shape[:-2], -1)
