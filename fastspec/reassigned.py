"""Time-frequency reassigned spectrograms: librosa's function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_dtype,
    check_float,
    check_int,
    check_size,
)
from fastspec.caches import plan_cache
from fastspec.config import check_threads
from fastspec.plans import PAD_MODES, _Window, cached, check_array, new_array
from fastspec.spectrum import check_audio, pad_edges, window_key
from fastspec.transforms import warn_long_frame
from fastspec.windows import WindowSpec, get_window, pad_window

__all__ = ["reassigned_spectrogram"]

Array = npt.NDArray[Any]

_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_MOST_SAMPLES = 2**22


@plan_cache("reassigned_spectrogram", 16, typed=True)
def _plan(
    n_fft: int, hop_length: int, win_length: int, window: Any, **settings: Any
) -> _core.Reassigned:
    values = window.values if isinstance(window, _Window) else get_window(window, win_length)
    window = np.ascontiguousarray(pad_window(values, n_fft), np.float64)
    return _core.Reassigned(n_fft=n_fft, hop_length=hop_length, window=window, **settings)


def reassigned_spectrogram(
    y: Array,
    *,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowSpec = "hann",
    center: bool = True,
    reassign_frequencies: bool = True,
    reassign_times: bool = True,
    ref_power: float | Callable[..., Any] = 1e-6,
    fill_nan: bool = False,
    clip: bool = True,
    dtype: npt.DTypeLike | None = None,
    pad_mode: str | Callable[..., Any] = "constant",
    n_threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Reassigned spectrogram, as `librosa.reassigned_spectrogram` of librosa 0.11.

    Each bin's energy is put where in time and frequency it comes from, which the STFTs by the
    window's derivative and by the window times the time tell, over that by the window itself.

    Parameters
    ----------
    y : np.ndarray, shape=(..., n)
        Signal; floating-point, finite.
    sr : float > 0
        Sample rate in Hz.
    S : complex np.ndarray, shape=(..., 1 + n_fft // 2, frames), optional
        The STFT of `y` by the other arguments, if it is at hand: complex64 or complex128.
    n_fft, hop_length, win_length, window, center, pad_mode
        As for `stft`; `n_fft` at most 2**22.
    reassign_frequencies, reassign_times : bool
        Whether to reassign that; one of them must be True. If not, the frequencies of the bins, or
        the times of the frames, are returned as a read-only view.
    ref_power : float >= 0 or callable
        Bins whose power is less have no frequency and time; or a function of the powers that gives
        this threshold.
    fill_nan : bool
        Whether such bins get their own frequency and time, rather than NaN.
    clip : bool
        Whether to clip frequencies to ``[0, sr / 2]`` and times to ``[0, n / sr]``.
    dtype : complex dtype, optional
        complex64 or complex128: `magnitudes` have its precision. Default: that of `S` or `y`.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    freqs, times, magnitudes : np.ndarray, shape=(..., 1 + n_fft // 2, frames)
        Frequency in Hz and time in seconds of each bin, float64; magnitude of the STFT, float32 or
        float64. Fortran-ordered.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the signal is empty, not finite, or shorter than a
        frame where frames are not centred.

    Warns
    -----
    UserWarning
        If `n_fft` exceeds the length of the signal: once for each STFT.

    Notes
    -----
    All is computed in double, for float32 too: the quotients are badly conditioned where there is
    little energy. Bins of power 0 have no NumPy warning of the division.

    References
    ----------
    .. [1] F. Auger and P. Flandrin, "Improving the readability of time-frequency and time-scale
       representations by the reassignment method," IEEE Trans. Signal Process. 43(5), 1995.

    Examples
    --------
    >>> import numpy as np, fastspec
    >>> y = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> freqs, times, magnitudes = fastspec.reassigned_spectrogram(y)
    >>> round(float(freqs[magnitudes[:, 20].argmax(), 20]), 1)
    440.0
    """
    sr = check_float("sr", sr, exclusive_minimum=0)
    wanted = (
        check_bool("reassign_frequencies", reassign_frequencies),
        check_bool("reassign_times", reassign_times),
    )
    if not any(wanted):
        raise ParameterError("reassign_times=False: must be True where reassign_frequencies is not")
    power = 0.0 if callable(ref_power) else check_float("ref_power", ref_power, minimum=0)
    fill, cut = check_bool("fill_nan", fill_nan), check_bool("clip", clip)
    n_threads = check_threads(n_threads)
    n_fft = check_int("n_fft", n_fft, minimum=1, maximum=_MOST_SAMPLES)
    length = n_fft
    if win_length is not None:
        length = check_int("win_length", win_length, minimum=1, maximum=n_fft)
    hop = max(1, length // 4)
    if hop_length is not None:
        hop = check_int("hop_length", hop_length, minimum=1, maximum=2**60)
    y = check_audio(y)
    n = y.shape[-1]
    key = window_key(window, win_length, n_fft)
    centred = check_bool("center", center)
    y, padded, pad_mode = pad_edges(y, n_fft, centred, pad_mode)
    # What the core cannot know yet is left to be done to its results.
    later = callable(ref_power) or padded != centred
    plan = cached(
        _plan,
        n_fft,
        hop,
        length,
        key,
        sr=sr,
        center=padded,
        pad_mode=PAD_MODES[pad_mode],
        least=0.0 if later else power**0.5,
        fill=fill and not later,
        clip=cut and not later,
    )
    n_frames = plan.n_frames(y.shape[-1])
    if n_frames == 0:
        raise ParameterError(
            f"y: has {n} samples; must have at least n_fft={n_fft} with center=False"
        )
    shape = (*y.shape[:-1], plan.n_bins, n_frames)
    S, kind = _check_spectra(S, shape, y, dtype)
    if centred:
        for _ in range((S is None) + sum(wanted)):
            warn_long_frame(n_fft, n, 2)
    freqs, times = (new_array("y", shape, np.float64, "F") if each else None for each in wanted)
    magnitudes = new_array("y", shape, kind, "F")
    if magnitudes.size:
        plan.exec(y, S, freqs, times, magnitudes, n_threads)
    bins = np.arange(plan.n_bins) * (1 / (n_fft * (1 / sr)))
    moments = (np.arange(n_frames) * hop + (0 if centred else n_fft // 2)) / sr
    usual = np.broadcast_to(bins[:, None], shape), np.broadcast_to(moments, shape)
    if later:
        threshold = ref_power(magnitudes**2) if callable(ref_power) else power
        low = _below(magnitudes, threshold)
        if times is not None and padded != centred:
            times -= (n_fft // 2) / sr
        for values, instead, most in zip((freqs, times), usual, (sr / 2, n / sr)):
            if values is not None:
                _settle(values, low, instead if fill else None, most if cut else None)
    return usual[0] if freqs is None else freqs, usual[1] if times is None else times, magnitudes


def _check_spectra(
    given: Any, shape: tuple[int, ...], y: Array, dtype: Any
) -> tuple[Array | None, np.dtype[Any]]:
    """Return the spectra, ready for the core, and the type of the magnitudes."""
    wide = y.dtype.itemsize == 8
    if dtype is not None:
        wide = check_dtype("dtype", dtype, (_C64, _C128)) == _C128
    S = None
    if given is not None:
        S = check_array("S", given)
        if S.dtype.kind != "c":
            raise ParameterError(f"S: has dtype {S.dtype}; must be complex")
        if S.shape != shape:
            raise ParameterError(f"S: has shape {S.shape}; must be {shape}, as the STFT of y")
        wide = S.dtype.itemsize > 8
        kind = _C128 if wide else _C64
        if S.dtype != kind or not S.dtype.isnative or not S.flags.aligned:
            check_size("S", S.shape, kind.itemsize)
            S = S.astype(kind)
    return S, np.dtype(np.float64 if wide else np.float32)


def _below(magnitudes: Array, power: Any) -> Array | None:
    """Return which bins have less power than a threshold, or None for a threshold of 0."""
    power = np.asarray(power)
    if power.ndim or power.dtype.kind not in "biuf" or not power >= 0:
        raise ParameterError("ref_power: must give one number >= 0")
    least = magnitudes.dtype.type(float(power) ** 0.5)
    return magnitudes < least if power > 0 else None


def _settle(values: Array, low: Array | None, usual: Array | None, most: float | None) -> None:
    """Mark what has too little power; fill and clip."""
    if low is not None:
        values[low] = np.nan
    if usual is not None:
        np.copyto(values, usual, where=np.isnan(values))
    if most is not None:
        np.clip(values, 0, most, out=values)
