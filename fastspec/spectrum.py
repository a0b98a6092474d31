"""The STFT and its inverse, Griffin-Lim: librosa's functions on cached plans."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core, limits
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    check_size,
    show,
)
from fastspec.caches import plan_cache
from fastspec.config import check_threads, choose_engine, resolve_precision
from fastspec.plans import (
    PAD_MODES,
    _Window,
    cached,
    check_array,
    check_writable,
    freeze_window,
    new_array,
    same_memory,
)
from fastspec.transforms import STFT, warn_long_frame
from fastspec.windows import WindowSpec, get_window, pad_window

__all__ = [
    "griffinlim",
    "istft",
    "stft",
]

Array = npt.NDArray[Any]

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)

_BLOCK = 2**19  # values that NumPy works on at a time where Ctrl-C is to be answered soon


@plan_cache("stft", 64, typed=True)
def _stft_plan(
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Any,
    center: bool,
    pad_mode: str,
    precision: str,
) -> STFT:
    return STFT(
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        pad_tail="librosa",
        precision=precision,
    )


def window_key(window: Any, win_length: Any, n_fft: Any) -> Any:
    """Return a window specification that can be a cache's key; callables are evaluated once."""
    if type(window) is str:
        return window
    if win_length is None:
        win_length = n_fft
    return freeze_window(window, check_int("win_length", win_length, minimum=1, maximum=2**30))


def check_audio(given: Any) -> Array:
    """Check a signal as librosa's functions do; return it as float32 or float64."""
    y = check_array("y", given)
    if y.dtype.kind != "f":
        raise ParameterError(f"y: has dtype {y.dtype}; must be floating-point")
    if y.ndim == 0:
        raise ParameterError("y: is a scalar; must have at least one dimension")
    if y.shape[-1] == 0:
        raise ParameterError("y: is empty; must hold at least one sample")
    if limits.are_set:
        limits.check_samples(y.size)
    if y.dtype.itemsize == 2:
        check_size("y", y.shape, 4)
        return y.astype(np.float32)
    if y.dtype.itemsize > 8:
        with np.errstate(over="ignore"):  # what becomes infinite is refused as such
            return y.astype(np.float64)
    return y


def pad_edges(y: Array, n_fft: Any, center: Any, pad_mode: Any) -> tuple[Array, bool, str]:
    """Apply a pad mode that is a function; return signal, center and pad mode for the plan."""
    if not callable(pad_mode):
        return y, center, check_choice("pad_mode", pad_mode, tuple(PAD_MODES))
    if not check_bool("center", center):
        return y, center, "constant"
    _core.check_finite(y)
    pad = check_int("n_fft", n_fft, minimum=1, maximum=2**30) // 2
    check_size("y", (*y.shape[:-1], y.shape[-1] + 2 * pad), y.itemsize)
    widths = [(0, 0)] * (y.ndim - 1) + [(pad, pad)]
    return np.pad(y, widths, mode=pad_mode), False, "constant"


def stft(
    y: Array,
    *,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    dtype: npt.DTypeLike | None = None,
    pad_mode: str | Callable[..., Any] = "constant",
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Short-time Fourier transform, as `librosa.stft` of librosa 0.11.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; float32 or float64, finite.
    n_fft : int >= 1
        Samples per frame and size of the FFT.
    hop_length : int >= 1, optional
        Samples from one frame to the next. Default: ``win_length // 4``.
    win_length : int in [1, n_fft], optional
        Length of the window, which is centred in the frame. Default: `n_fft`.
    window : str, tuple, float, callable or array
        See `get_window`.
    center : bool
        Whether frame t is centred on sample ``t * hop_length``, or begins there.
    dtype : complex dtype, optional
        Type of the result. Default: complex64 for float32, complex128 for float64.
    pad_mode : str or callable
        What centred frames hold beyond the ends: 'constant' (zeros), 'edge', 'linear_ramp',
        'reflect', 'symmetric', 'empty' (zeros), or a function as `numpy.pad` takes it.
    out : complex np.ndarray, shape=(..., 1 + n_fft // 2, >= n_frames), optional
        Where to write; if it has more frames than needed, the first ones are used.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., 1 + n_fft // 2, n_frames)
        Fortran-ordered. What exceeds the range of the precision on the way is infinite, or NaN.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is empty, not finite, or shorter than a
        frame where frames are not centred.

    Warns
    -----
    UserWarning
        If `n_fft` exceeds the length of the signal.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> fastspec.stft(np.ones(22050, np.float32)).shape
    (1025, 44)
    """
    y = check_audio(y)
    precision = resolve_precision(precision)
    key = window_key(window, win_length, n_fft)
    n = y.shape[-1]
    y, center, pad_mode = pad_edges(y, n_fft, center, pad_mode)
    plan = cached(_stft_plan, n_fft, hop_length, win_length, key, center, pad_mode, precision)
    wanted = _complex_type(y, dtype, out)
    core = plan._core(precision == "double" or y.dtype.itemsize == 8 or wanted == _C128)
    n_frames = core.n_frames(y.shape[-1])
    if n_frames == 0:
        plan._refuse_length(y.shape[-1])
    if center or n != y.shape[-1]:
        warn_long_frame(plan.n_fft, n, 2)
    shape = (*y.shape[:-1], core.n_bins, n_frames)
    if out is None:
        result = new_array("y", shape, wanted, "F")
    else:
        result = _fit_out(out, shape)
        if same_memory(y, result):
            raise ParameterError("out: must not overlap y")
    core.exec(y, result, check_threads(n_threads), False)
    return result if out is None or out.shape != shape else out


def _complex_type(y: Array, dtype: npt.DTypeLike | None, out: Any) -> np.dtype[Any]:
    wanted = _C128 if y.dtype.itemsize == 8 else _C64
    if dtype is not None:
        wanted = check_dtype("dtype", dtype, (_C64, _C128))
    return wanted if out is None else check_array("out", out).dtype


def _fit_out(given: Any, shape: tuple[int, ...]) -> Array:
    """Check stft's `out` by librosa's rule: it may have more frames than needed."""
    out = check_array("out", given)
    if out.ndim != len(shape) or out.shape[:-1] != shape[:-1] or out.shape[-1] < shape[-1]:
        raise ParameterError(f"out: has shape {out.shape}; must be {shape}, or have more frames")
    if out.dtype not in (_C64, _C128) or not out.dtype.isnative:
        raise ParameterError(f"out: has dtype {out.dtype}; must be complex64 or complex128")
    check_writable(out)
    return out if out.shape == shape else out[..., : shape[-1]]


# ---- inverse ------------------------------------------------------------------------------------


@plan_cache("istft", 64, typed=True)
def _istft_plan(
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Any,
    center: bool,
    double: bool,
) -> _core.Istft:
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**30)
    length = n_fft
    if win_length is not None:
        length = check_int("win_length", win_length, minimum=1, maximum=n_fft)
    hop = max(1, length // 4)
    if hop_length is not None:
        hop = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    values = window.values if isinstance(window, _Window) else get_window(window, length)
    return _core.Istft(
        double=double,
        engine=choose_engine("auto", n_fft),
        effort=0,
        n_fft=n_fft,
        hop_length=hop,
        window=pad_window(values, n_fft),
        center=check_bool("center", center),
    )


def istft(
    stft_matrix: Array,
    *,
    hop_length: int | None = None,
    win_length: int | None = None,
    n_fft: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    dtype: npt.DTypeLike | None = None,
    length: int | None = None,
    out: Array | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Inverse short-time Fourier transform, as `librosa.istft` of librosa 0.11.

    The signal whose STFT is nearest to the given one in the mean square [1]_.

    Parameters
    ----------
    stft_matrix : complex np.ndarray, shape=(..., 1 + n_fft // 2, n_frames)
        STFT, as `stft` gives it.
    hop_length, win_length, window, center
        As for `stft`.
    n_fft : int >= 1, optional
        Size of the FFT. Default: ``2 * (stft_matrix.shape[-2] - 1)``; odd sizes must be given.
    dtype : real dtype, optional
        Type of the result. Default: that of the parts of `stft_matrix`.
    length : int >= 1, optional
        Length of the result, which is cut or padded with zeros. Default: as many samples as the
        frames cover.
    out : np.ndarray, shape=(..., length), optional
        Where to write.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes complex64 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., length)

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    References
    ----------
    .. [1] D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier
       transform," IEEE Trans. ASSP, vol. 32, no. 2, pp. 236-243, 1984; eq. 6.
    """
    spectra = _as_complex(stft_matrix)
    if n_fft is None:
        n_fft = max(1, 2 * (spectra.shape[-2] - 1))
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=2**30)
    spectra = _fit_bins(spectra, n_fft // 2 + 1)
    real = _real_type(spectra, dtype, out)
    double = resolve_precision(precision) == "double" or spectra.dtype == _C128 or real == _F64
    key = window_key(window, win_length, n_fft)
    plan = cached(_istft_plan, n_fft, hop_length, win_length, key, center, double)
    n = plan.n_samples(spectra.shape[-1])
    if length is not None:
        length = check_int("length", length, minimum=0, maximum=2**60)
        n = length or n
    shape = (*spectra.shape[:-2], n)
    if out is None:
        result = new_array("length" if length else "stft_matrix", shape, real)
    else:
        result = _check_signal_out(out, shape)
        if same_memory(spectra, result):
            raise ParameterError("out: must not overlap stft_matrix")
    plan.exec(spectra, result, check_threads(n_threads))
    return result if out is None else out


def _check_signal_out(given: Any, shape: tuple[int, ...]) -> Array:
    """Check istft's `out`."""
    out = check_array("out", given)
    if out.shape != shape:
        raise ParameterError(f"out: has shape {out.shape}; must be {shape}")
    if out.dtype not in (_F32, _F64) or not out.dtype.isnative:
        raise ParameterError(f"out: has dtype {out.dtype}; must be float32 or float64")
    check_writable(out)
    return out


def _as_complex(given: Any) -> Array:
    """Check spectra; return them as aligned complex64 or complex128 in native byte order."""
    x = check_array("stft_matrix", given)
    if x.ndim < 2:
        raise ParameterError(f"stft_matrix: has {x.ndim} dimensions; must have at least 2")
    if x.shape[-1] == 0 or x.shape[-2] == 0:
        raise ParameterError(f"stft_matrix: has shape {x.shape}; must not be empty")
    if x.dtype == _C64 or x.dtype == _C128:
        return x if x.flags.aligned else x.copy(order="K")
    if x.dtype.kind not in "fiuc":
        raise ParameterError(f"stft_matrix: has dtype {x.dtype}; must be complex")
    wanted = _C128 if x.dtype.itemsize > (8 if x.dtype.kind == "c" else 4) else _C64
    check_size("stft_matrix", x.shape, wanted.itemsize)
    return x.astype(wanted)


def _fit_bins(spectra: Array, n_bins: int) -> Array:
    """Cut spectra to n_bins rows or pad them with zeros, as irfft does."""
    have = spectra.shape[-2]
    if have == n_bins:
        return spectra
    if have > n_bins:
        return spectra[..., :n_bins, :]
    check_size("n_fft", (*spectra.shape[:-2], n_bins, spectra.shape[-1]), spectra.itemsize)
    padding = [(0, 0)] * (spectra.ndim - 2) + [(0, n_bins - have), (0, 0)]
    return np.pad(spectra, padding)


def _real_type(spectra: Array, dtype: npt.DTypeLike | None, out: Any) -> np.dtype[Any]:
    if out is not None:
        return check_array("out", out).dtype
    if dtype is None:
        return _F64 if spectra.dtype == _C128 else _F32
    return check_dtype("dtype", dtype, (_F32, _F64))


# ---- Griffin-Lim --------------------------------------------------------------------------------


def griffinlim(
    S: Array,
    *,
    n_iter: int = 32,
    hop_length: int | None = None,
    win_length: int | None = None,
    n_fft: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    dtype: npt.DTypeLike | None = None,
    length: int | None = None,
    pad_mode: str = "constant",
    momentum: float = 0.99,
    init: str | None = "random",
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
    n_threads: int = 1,
    precision: str | None = None,
) -> Array:
    """Find a signal for a magnitude spectrogram, as `librosa.griffinlim` of librosa 0.11.

    The fast Griffin-Lim algorithm [1]_; `momentum` 0 is the original one.

    Parameters
    ----------
    S : np.ndarray, shape=(..., 1 + n_fft // 2, n_frames)
        Magnitudes; float32 or float64.
    n_iter : int >= 0
        Iterations.
    hop_length, win_length, n_fft, window, center, dtype, length
        As for `istft`.
    pad_mode : str
        As for `stft`; named modes only.
    momentum : float >= 0
        Values above 1 can diverge.
    init : {'random', None}
        First phases: random, or zero.
    random_state : int, np.random.RandomState, np.random.Generator, optional
        Source of the random phases.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.
    precision : {None, 'single', 'double'}
        ``'double'`` computes float32 input in float64. Default: `get_precision`.

    Returns
    -------
    np.ndarray, shape=(..., length)

    Raises
    ------
    ParameterError
        If an argument is out of its range, or if a signal of `length` samples has another number
        of frames than `S`.

    Warns
    -----
    UserWarning
        If `momentum` is above 1.

    References
    ----------
    .. [1] N. Perraudin, P. Balazs and P. L. Sondergaard, "A fast Griffin-Lim algorithm,"
       IEEE WASPAA, pp. 1-4, 2013.
    """
    S = real_array(S)
    if S.shape[-1] == 0:
        raise ParameterError(f"S: has shape {S.shape}; must not be empty")
    random = _generator(random_state)
    inertia = check_float("momentum", momentum, minimum=0)
    if inertia > 1:
        warnings.warn(
            f"Griffin-Lim with momentum={momentum} > 1 can be unstable. Proceed with caution!",
            stacklevel=2,
        )
    if init is not None:
        check_choice("init", init, ("random",))
    n_iter = check_int("n_iter", n_iter, minimum=0, maximum=2**31 - 1)
    check_choice("pad_mode", pad_mode, tuple(PAD_MODES))
    if n_fft is None:
        n_fft = max(1, 2 * (S.shape[-2] - 1))
    if check_int("n_fft", n_fft, minimum=1) // 2 + 1 != S.shape[-2]:
        raise ParameterError(f"n_fft={show(n_fft)}: does not fit S with {S.shape[-2]} bins")
    real = _F64 if S.dtype == _F64 or S.dtype.kind != "f" else _F32
    wanted = real if dtype is None else check_dtype("dtype", dtype, (_F32, _F64))
    double = resolve_precision(precision) == "double" or real == _F64
    compute, spectral = (_F64, _C128) if double else (_F32, _C64)
    key = window_key(window, win_length, n_fft)
    inverse = cached(_istft_plan, n_fft, hop_length, win_length, key, center, double)
    name = "double" if double else "single"
    plan = cached(_stft_plan, n_fft, hop_length, win_length, key, center, pad_mode, name)
    forward = plan._core(double)
    n = inverse.n_samples(S.shape[-1])
    if length is not None:
        n = check_int("length", length, minimum=0, maximum=2**60) or n
    if n_iter and forward.n_frames(n) != S.shape[-1]:
        raise ParameterError(
            f"length={n}: gives {forward.n_frames(n)} frames, but S has {S.shape[-1]}"
        )
    n_threads = check_threads(n_threads)
    y = new_array("length" if length else "S", (*S.shape[:-2], n), compute)
    if S.dtype in (_F32, _F64):
        _core.check_finite(S, n_threads, "S")
    elif not np.isfinite(S).all():
        raise ParameterError("S: holds NaN or infinite values; all must be finite")
    # Frames contiguous, as the core wants them.
    magnitude = new_array("S", (S.shape[-1], S.shape[-2]), compute)
    angles = new_array("S", (S.shape[-1], S.shape[-2]), spectral)
    for index in np.ndindex(S.shape[:-2]):
        _first_phases(S[index], None if init is None else random, magnitude, angles, n_threads)
        _core.griffinlim(forward, inverse, n_iter, inertia, magnitude, angles, y[index], n_threads)
    return y.astype(wanted, copy=False)


def real_array(given: Any) -> Array:
    """Check an argument ``S`` that holds real numbers as (..., rows, frames)."""
    S = check_array("S", given)
    if S.dtype.kind not in "fiu":
        raise ParameterError(f"S: has dtype {S.dtype}; must hold real numbers")
    if S.ndim < 2 or S.shape[-2] == 0:
        raise ParameterError(f"S: has shape {S.shape}; must be (..., rows, frames)")
    return S


def _first_phases(S: Array, random: Any, magnitude: Array, angles: Array, n_threads: int) -> None:
    """Fill magnitudes and magnitudes times first phases, (frames, bins), from S (bins, frames).

    Block by block, so that Ctrl-C is answered in between; the numbers are drawn in the order of S.
    """
    n_bins, n_frames = S.shape
    step = max(1, _BLOCK // n_bins)
    for first in range(0, n_frames, step):
        frames = slice(first, first + step)
        magnitude[frames] = S[:, frames].T
        angles[frames] = magnitude[frames]
    if random is None:
        return
    step = max(1, _BLOCK // n_frames)
    for first in range(0, n_bins, step):
        bins = slice(first, first + step)
        turns = random.random(size=S[bins].shape)
        _core.phases(turns, magnitude[:, bins], angles[:, bins], n_threads)


def _generator(random_state: Any) -> Any:
    if random_state is None:
        return np.random.default_rng()
    if isinstance(random_state, int | np.integer):
        seed = check_int("random_state", random_state, minimum=0, maximum=2**32 - 1)
        return np.random.RandomState(seed=seed)  # librosa's stream
    if isinstance(random_state, np.random.RandomState | np.random.Generator):
        return random_state
    raise ParameterError(
        f"random_state={show(random_state)}: must be an int, a RandomState or a Generator"
    )
