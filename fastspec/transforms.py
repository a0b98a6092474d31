"""Plans: transforms whose parameters are fixed, made once and called many times.

A plan is immutable, hashable, picklable and may be called by many threads at once. It computes
float32 input in float32 and float64 input in float64, unless its precision is ``'double'``.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    show,
)
from fastspec.config import check_threads, choose_engine
from fastspec.convert import fft_frequencies, mel_frequencies
from fastspec.dct import dct_matrix
from fastspec.energy_normalization import check_constants, constants
from fastspec.filters import check_norm, make_bank, warn_empty_bands
from fastspec.plans import EFFORTS, _Plan, check_array, check_out, new_array, same_memory
from fastspec.streams import InverseStream
from fastspec.windows import WindowSpec

__all__ = ["MFCC", "STFT", "MelSpectrogram", "Spectrogram"]

Array = npt.NDArray[Any]

_LOGS: dict[str | None, int] = {None: 0, "db": 1, "ln": 2, "log10": 3, "pcen": 4}
_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_LONGEST = 2**60
_MOST_F32 = float(np.finfo(np.float32).max)
_MOST_LOG = 1e6  # no logarithm of a number is larger


class STFT(_Plan):
    """Short-time Fourier transform.

    Parameters
    ----------
    n_fft : int >= 1
        Samples per frame and size of the FFT.
    hop_length : int >= 1, optional
        Samples from one frame to the next. Default: ``win_length // 4``.
    win_length : int in [1, n_fft], optional
        Length of the window, which is centred in the frame. Default: `n_fft`.
    window : str, tuple, float, callable or array
        See `fastspec.get_window`; periodic.
    center : bool
        Whether frame t is centred on sample ``t * hop_length``, or begins there.
    pad_mode : {'constant', 'edge', 'linear_ramp', 'reflect', 'symmetric', 'empty'}
        What centred frames hold beyond the ends of the signal, as `numpy.pad` has it; 'empty' is
        zeros.
    pad_tail : {'exact', 'librosa'}
        With ``'librosa'``, ``pad_mode='reflect'`` repeats a peculiarity of librosa 0.11 in the last
        sample of a last frame that is centred on the signal's end. It concerns windows that do
        not fall to zero.
    input_scale : float, optional
        Factor for int16 input, which is refused without it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `fastspec.get_precision`.
    engine : {'auto', 'lanes', 'fftw'}
        FFT engine. ``'auto'`` is ``'lanes'``, the built-in one, for even sizes from 16 to 131072
        without a prime factor above 5, and ``'fftw'`` for the others where pyfftw is installed;
        the environment variable ``FASTSPEC_FFT`` overrides it.
    planner : {'estimate', 'measure'}
        Whether FFTW plans at once, or times candidates first (up to some seconds).

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    EngineError
        If there is no FFT library.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> stft = fastspec.STFT(n_fft=1024)
    >>> stft(np.zeros((2, 22050), np.float32)).shape
    (2, 513, 87)
    """

    _output = "complex"
    _order = "F"

    def __init__(
        self,
        *,
        n_fft: int = 2048,
        hop_length: int | None = None,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        super()._make(arguments)
        self._finish()

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each bin as a fraction of the sample rate, shape=(n_bins,)."""
        return fft_frequencies(sr=1, n_fft=self.n_fft)

    # -- the inverse -------------------------------------------------------------------------------

    def inverse(
        self, X: Array, length: int | None = None, out: Array | None = None, n_threads: int = 1
    ) -> Array:
        """Return the signals whose transforms are nearest to given ones.

        Parameters
        ----------
        X : np.ndarray, shape=(..., n_bins, n_frames)
            Transforms, complex64 or complex128, of at least one frame. What is not finite shows in
            the result.
        length : int >= 1, optional
            Samples of the signals, which are cut or padded with zeros. Default: as many as the
            frames cover, ``hop_length * (n_frames - 1)`` where they are centred and of even size.
        out : np.ndarray, shape=(..., length), optional
            Where to write the result, of the type that would be returned.
        n_threads : int >= 1
            Threads to use at the most, the calling one included. The result does not depend on it.

        Returns
        -------
        np.ndarray, shape=(..., length)
            `out`, or a new array of float32, or of float64 for complex128.

        Raises
        ------
        ParameterError
            If `X` or `out` does not fit.

        Notes
        -----
        In the mean square, as `fastspec.istft` has it: ``sum(w * irfft(X)) / sum(w**2)``.
        """
        X = self._check_spectra("X", X)
        if X.shape[-1] == 0:
            raise ParameterError("X: is empty; must hold at least one frame")
        core = self._inverse_core(X.dtype == _C128 or self.precision == "double")
        n = core.n_samples(X.shape[-1])
        if length is not None:
            n = check_int("length", length, minimum=1, maximum=_LONGEST)
        shape, dtype = (*X.shape[:-2], n), _F64 if X.dtype == _C128 else _F32
        if out is None:
            out = new_array("X" if length is None else "length", shape, dtype)
        else:
            check_out(out, shape, dtype)
            if same_memory(out, X):
                raise ParameterError("out: must not overlap X")
        core.exec(X, out, check_threads(n_threads))
        return out

    def inverse_stream(self, channels: int = 1, n_threads: int = 1) -> InverseStream:
        """Return a stream: the inverse of frames that arrive in pieces.

        Its latency, as `InverseStream.latency` defines it, is ``n_fft // 2`` samples if the plan
        centres frames, else 0. With p for that number, it is ``hop_length + 2 * p - n_fft`` if that
        is more, as with long hops.

        Parameters
        ----------
        channels : int >= 1
            Signals that advance together.
        n_threads : int >= 1
            Threads to use at the most.

        Returns
        -------
        InverseStream
            Its ``push`` and ``flush`` return samples as soon as they are complete, bit for bit
            those of one call of `inverse`.
        """
        return InverseStream(self, channels, n_threads)

    def _check_spectra(self, name: str, X: Any) -> Array:
        X = check_array(name, X)
        if X.dtype not in (_C64, _C128) or not X.dtype.isnative:
            raise ParameterError(f"{name}: has dtype {X.dtype}; must be complex64 or complex128")
        if not X.flags.aligned:
            raise ParameterError(f"{name}: is not aligned to its type")
        if X.ndim < 2 or X.shape[-2] != self.n_bins:
            raise ParameterError(
                f"{name}: has shape {X.shape}; must be (..., {self.n_bins}, n_frames)"
            )
        spectra: Array = X
        return spectra

    def _inverse_core(self, double: bool) -> Any:
        cores: dict[Any, Any] = self._cores
        core = cores.get(("inverse", double))
        if core is None:
            a = self._arguments
            core = _core.Istft(
                double=double,
                engine=choose_engine(a["engine"], self.n_fft),
                effort=EFFORTS[a["planner"]],
                n_fft=self.n_fft,
                hop_length=self.hop_length,
                window=self._window,
                center=self.center,
            )
            core = cores.setdefault(("inverse", double), core)
        return core

    def _check_inverse_stream(self) -> None:
        """Any plan has one."""

    def _inverse_stream_core(self, double: bool, channels: int) -> Any:
        return _core.IstftStream(self._inverse_core(double), channels)

    def _inverse_chunk(
        self, core: Any, C: Any, channels: int
    ) -> tuple[Array, np.dtype[Any], int, bool]:
        X = self._check_spectra("C", C)
        flat = channels == 1 and X.ndim == 2
        if not flat and (X.ndim != 3 or X.shape[0] != channels):
            raise ParameterError(
                f"C: has shape {X.shape}; must be ({channels}, {self.n_bins}, n_frames)"
            )
        return X, X.dtype, X.shape[-1], flat

    def _check_inverse_length(self, length: int, n_frames: int) -> None:
        """Any length will do."""


class Spectrogram(_Plan):
    """Magnitudes of the STFT, raised to a power.

    Parameters
    ----------
    power : float > 0
        Exponent of the magnitude: 1 for amplitude, 2 for power.
    n_fft, hop_length, win_length, window, center, pad_mode, pad_tail, input_scale, precision, \
engine, planner
        See `STFT`.
    """

    _output = "spectrum"

    def __init__(
        self,
        *,
        n_fft: int = 2048,
        hop_length: int | None = None,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)

    def _make(self, arguments: dict[str, Any]) -> None:
        arguments["power"] = check_float("power", arguments["power"], exclusive_minimum=0)
        super()._make(arguments)
        self._finish(power=arguments["power"])

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each bin as a fraction of the sample rate, shape=(n_bins,)."""
        return fft_frequencies(sr=1, n_fft=self.n_fft)


class _MelPlan(_Plan):
    """The mel bank and the logarithm, for mel spectrograms and MFCCs."""

    _compressions: ClassVar[tuple[str, ...]] = ("db", "ln", "log10")

    _has_empty_bands: bool

    def _warn(self, stacklevel: int) -> None:
        """Warn if bands are empty; a stacklevel of 1 is the line that calls this."""
        if self._has_empty_bands:
            warn_empty_bands(stacklevel + 1)

    @property
    def frequencies(self) -> npt.NDArray[np.float64]:
        """Centre of each mel band in Hz, shape=(n_mels,)."""
        a = self._arguments
        fmax = a["sr"] / 2 if a["fmax"] is None else a["fmax"]
        return mel_frequencies(a["n_mels"] + 2, fmin=a["fmin"], fmax=fmax, htk=a["htk"])[1:-1]

    def _mel_settings(self, a: dict[str, Any]) -> dict[str, Any]:
        """Check the mel arguments in place; return the core's settings."""
        a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
        a["n_mels"] = check_int("n_mels", a["n_mels"], minimum=1, maximum=2**24)
        a["power"] = check_float("power", a["power"], exclusive_minimum=0)
        a["amin"] = check_float("amin", a["amin"], exclusive_minimum=0, maximum=_MOST_F32)
        a["n_fft"] = check_int("n_fft", a["n_fft"], minimum=1, maximum=2**30)
        a["log"] = _check_log(a["log"], self._compressions)
        ref_max = a["ref"] == "max" if isinstance(a["ref"], str) else False
        if isinstance(a["ref"], str):
            check_choice("ref", a["ref"], ("max",))
            if a["log"] is None:
                raise ParameterError("ref='max': needs a log other than None")
        else:
            a["ref"] = check_float("ref", a["ref"], exclusive_minimum=0)
        for name in ("top_db", "log_floor"):
            if a[name] is not None:
                if name == "top_db":
                    a[name] = check_float(name, a[name], minimum=0)
                else:
                    a[name] = check_float(name, a[name], maximum=_MOST_LOG)
                if a["log"] is None:
                    raise ParameterError(f"{name}={a[name]}: needs a log other than None")
        a["norm"] = check_norm("norm", a["norm"])
        a["bank_dtype"] = check_dtype("bank_dtype", a["bank_dtype"], (_F32, _F64)).name
        bank, has_empty_bands = make_bank(
            sr=a["sr"],
            n_fft=a["n_fft"],
            n_mels=a["n_mels"],
            fmin=a["fmin"],
            fmax=a["fmax"],
            htk=a["htk"],
            norm=a["norm"],
            dtype=a["bank_dtype"],
        )
        object.__setattr__(self, "_has_empty_bands", has_empty_bands)
        a["fmin"] = float(a["fmin"])
        a["fmax"] = None if a["fmax"] is None else float(a["fmax"])
        a["htk"] = bool(a["htk"])
        return {
            "power": a["power"],
            "bands": np.ascontiguousarray(bank, dtype=np.float64),
            "n_bands": a["n_mels"],
            "log": _LOGS[a["log"]],
            "amin": a["amin"],
            "ref": 1.0 if ref_max else a["ref"],
            "ref_max": ref_max,
            "top_db": -1.0 if a["top_db"] is None else a["top_db"],
            "log_floor": -math.inf if a["log_floor"] is None else a["log_floor"],
        }


def _check_log(log: object, allowed: tuple[str, ...]) -> str | None:
    return None if log is None else check_choice("log", log, allowed)


class MelSpectrogram(_MelPlan):
    """Mel spectrogram, linear or logarithmic, without the spectrogram in between.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_fft, hop_length, win_length, window, center, pad_mode, pad_tail, input_scale, precision, \
engine, planner
        See `STFT`.
    power : float > 0
        Exponent of the magnitude before the bands are summed.
    n_mels : int >= 1
        Bands.
    fmin, fmax : float
        Lowest and highest frequency in Hz. Default: 0 and ``sr / 2``.
    htk : bool
        HTK's mel scale instead of Slaney's.
    norm : {'slaney', None, 1, 2, inf}
        See `fastspec.mel_filter`.
    log : {None, 'db', 'ln', 'log10', 'pcen'}
        ``'db'`` is ``10 log10(max(amin, x)) - 10 log10(max(amin, ref))``; the others likewise.
        ``'pcen'`` is per-channel energy normalisation in place of a logarithm, with
        librosa's constants: `fastspec.pcen` of the mel spectrogram, in one pass, and in streams
        too. It is not for `ref`, `top_db` and `log_floor`.
    amin : float > 0
        Smallest value before the logarithm.
    ref : float > 0, or 'max'
        Reference of the logarithm; 'max' is the largest value of each signal.
    top_db : float >= 0, optional
        Raise what is more than this below the largest value of its signal, in units of `log`.
    log_floor : float, optional
        Raise results that are below this, in units of `log`: relative to `ref`, also to 'max'.
    bank_dtype : dtype
        Type that the filter bank is rounded to; librosa's is float32.
    pcen_gain, pcen_bias, pcen_power, pcen_time_constant, pcen_eps, pcen_b
        Of ``log='pcen'``: see `fastspec.pcen`, and `FrontEnd`.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> mel = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=80, log="db")
    >>> mel(np.zeros(16000, np.float32)).shape
    (80, 101)
    """

    _output = "bands"
    _compressions = ("db", "ln", "log10", "pcen")

    def __init__(
        self,
        *,
        sr: float = 22050,
        n_fft: int = 2048,
        hop_length: int | None = 512,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float | None = None,
        htk: bool = False,
        norm: str | float | None = "slaney",
        log: str | None = None,
        amin: float = 1e-10,
        ref: float | str = 1.0,
        top_db: float | None = None,
        log_floor: float | None = None,
        bank_dtype: npt.DTypeLike = np.float32,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
        pcen_gain: float = 0.98,
        pcen_bias: float = 2.0,
        pcen_power: float = 0.5,
        pcen_time_constant: float = 0.4,
        pcen_eps: float = 1e-6,
        pcen_b: float | None = None,
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)
        self._warn(2)

    def _make(self, arguments: dict[str, Any]) -> None:
        a = arguments
        settings = self._mel_settings(a)
        check_constants(a)
        if a["log"] == "pcen":
            for name, plain in (("ref", 1.0), ("top_db", None), ("log_floor", None)):
                if a[name] != plain:
                    raise ParameterError(f"{name}={show(a[name])}: is not for log='pcen'")
        super()._make(a)
        if a["log"] == "pcen":
            settings["pcen"] = constants(a, self.hop_length)
        self._finish(**settings)


class MFCC(_MelPlan):
    """Mel-frequency cepstral coefficients, without any spectrogram in between.

    The mel spectrogram is compressed by `log`, raised to `top_db` below its largest value, and
    transformed along the bands by a DCT.

    Parameters
    ----------
    sr : float > 0
        Sample rate in Hz.
    n_mfcc : int >= 1
        Coefficients; at most `n_mels` are returned.
    dct_type : {1, 2, 3}
        Type of the DCT.
    dct_norm : {'ortho', None}
        Its normalisation, as `scipy.fft.dct` has it.
    lifter : float >= 0
        Coefficient i is multiplied by ``1 + lifter / 2 * sin(pi * (i + 1) / lifter)``; 0 is off.
    top_db : float >= 0, optional
        See `MelSpectrogram`. Default: 80.
    n_fft, hop_length, win_length, window, center, pad_mode, power, n_mels, fmin, fmax, htk, norm, \
log, amin, ref, log_floor, bank_dtype, pad_tail, input_scale, precision, engine, planner
        See `MelSpectrogram`; `ref` is a number.
    """

    _output = "cepstrum"

    def __init__(
        self,
        *,
        sr: float = 22050,
        n_mfcc: int = 20,
        dct_type: int = 2,
        dct_norm: str | None = "ortho",
        lifter: float = 0,
        n_fft: int = 2048,
        hop_length: int | None = 512,
        win_length: int | None = None,
        window: WindowSpec = "hann",
        center: bool = True,
        pad_mode: str = "constant",
        power: float = 2.0,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float | None = None,
        htk: bool = False,
        norm: str | float | None = "slaney",
        log: str | None = "db",
        amin: float = 1e-10,
        ref: float = 1.0,
        top_db: float | None = 80.0,
        log_floor: float | None = None,
        bank_dtype: npt.DTypeLike = np.float32,
        pad_tail: str = "exact",
        input_scale: float | None = None,
        precision: str | None = None,
        engine: str = "auto",
        planner: str = "estimate",
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._make(arguments)
        self._warn(2)

    def _make(self, arguments: dict[str, Any]) -> None:
        a = arguments
        a["ref"] = check_float("ref", a["ref"], exclusive_minimum=0)
        settings = self._mel_settings(a)
        a["n_mfcc"] = check_int("n_mfcc", a["n_mfcc"], minimum=1, maximum=2**24)
        a["lifter"] = check_float("lifter", a["lifter"], minimum=0)
        if a["dct_norm"] is not None:
            check_choice("dct_norm", a["dct_norm"], ("ortho",))
        matrix = dct_matrix(
            a["n_mels"],
            a["n_mfcc"],
            dct_type=a["dct_type"],
            norm=a["dct_norm"],
            lifter=a["lifter"],
        )
        a["dct_type"] = int(a["dct_type"])
        super()._make(a)
        self._finish(**settings, dct=matrix, n_ceps=matrix.shape[0])


def warn_long_frame(n_fft: int, n: int, stacklevel: int) -> None:
    """Warn, as librosa does, that a frame is longer than the signal."""
    if n_fft > n:
        message = f"n_fft={n_fft} is too large for input signal of length={n}"
        warnings.warn(message, stacklevel=stacklevel + 1)
