"""Conversions between hertz, mels, frames, samples and seconds.

Names, signatures, defaults, result types and results are those of librosa 0.11. Scalars give
NumPy scalars (`samples_to_frames` and `time_to_frames` give 0-d arrays, as librosa's do) and
sequences give arrays of the same shape.
"""

from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from ._validate import ParameterError, check_bool, check_float, check_int, show

__all__ = [
    "fft_frequencies",
    "frames_to_samples",
    "frames_to_time",
    "hz_to_mel",
    "mel_frequencies",
    "mel_to_hz",
    "samples_to_frames",
    "samples_to_time",
    "time_to_frames",
    "time_to_samples",
]

_IntScalar: TypeAlias = int | np.integer[Any]
_RealScalar: TypeAlias = float | np.integer[Any] | np.floating[Any]
_AnyArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]

# Slaney's mel scale: linear up to 1 kHz, where 3 mels make 200 Hz, and logarithmic above, where
# 27 mels make a factor of 6.4.
_HZ_PER_MEL = 200.0 / 3
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _HZ_PER_MEL
# A NumPy scalar, not a Python float: it takes the logarithmic part to double precision whatever
# the input's precision, as it does in librosa.
_LOG_HZ_PER_MEL = np.log(6.4) / 27.0

_MAX_INT64 = 2**63 - 1
_MAX_SIZE = 2**58  # more than fits into memory, few enough for NumPy to count the bytes


def numbers(name: str, value: npt.ArrayLike) -> _AnyArray:
    """Return real data as an array, integers of any width as int64 so that none wraps."""
    try:
        data: _AnyArray = np.asanyarray(value)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name}={show(value)}: must be a number or an array") from error
    if data.dtype.kind not in "iuf":
        raise ParameterError(f"{name}={show(value)}: must be real numbers")
    if data.dtype.kind != "f" and data.dtype != np.int64:
        if data.dtype.kind == "u" and data.size and data.max() > _MAX_INT64:
            raise ParameterError(f"{name}={show(value)}: must be < 2**63")
        data = data.astype(np.int64)
    return data


def _check_range(name: str, value: npt.ArrayLike, data: _AnyArray) -> None:
    """Refuse data that has no counterpart in int64."""
    if data.dtype.kind == "f" and not np.all(np.abs(data, dtype=np.float64) < 2.0**63):
        raise ParameterError(f"{name}={show(value)}: must be finite and within the range of int64")


def _scaled(name: str, value: npt.ArrayLike, factor: float, offset: int = 0) -> _AnyArray:
    """Return ``value * factor + offset`` without its fraction, as integers."""
    with np.errstate(over="ignore"):  # the check below reports it
        result: _AnyArray = numbers(name, value) * factor + offset
    _check_range(name, value, result)
    return result.astype(int)


def _length(name: str, value: int) -> int:
    """Return a number of samples that takes part in int64 arithmetic."""
    return check_int(name, value, minimum=1, maximum=_MAX_INT64)


def _offset(n_fft: int | None) -> int:
    """Return the distance of a frame's middle from its start, in samples."""
    return 0 if n_fft is None else _length("n_fft", n_fft) // 2


@overload
def hz_to_mel(frequencies: _RealScalar, *, htk: bool = ...) -> np.floating[Any]: ...


@overload
def hz_to_mel(frequencies: npt.ArrayLike, *, htk: bool = ...) -> _AnyArray: ...


def hz_to_mel(frequencies: npt.ArrayLike, *, htk: bool = False) -> np.floating[Any] | _AnyArray:
    """Convert hertz to mels.

    Parameters
    ----------
    frequencies : number or array-like
        Frequencies in hertz.
    htk : bool
        True for HTK's formula, ``2595 log10(1 + f / 700)``; False (default) for Slaney's, which
        is linear below 1 kHz and logarithmic above.

    Returns
    -------
    number or numpy.ndarray, same shape, floating
        Frequencies in mels.

    Raises
    ------
    ParameterError
        If `frequencies` are not real numbers or `htk` is not a boolean.

    Notes
    -----
    Results are those of ``librosa.hz_to_mel`` (librosa 0.11): a float32 array gives float32, a
    float32 scalar of 1 kHz or more gives float64 with Slaney's formula. NaN gives NaN.

    References
    ----------
    .. [1] S. Young et al., "The HTK Book", version 3.4, Cambridge University, 2009.
    .. [2] M. Slaney, "Auditory Toolbox", version 2, Interval Research Corporation, 1998.

    Examples
    --------
    >>> float(hz_to_mel(600))
    9.0
    """
    hertz = numbers("frequencies", frequencies)
    if check_bool("htk", htk):
        return 2595.0 * np.log10(1.0 + hertz / 700.0)
    mels = hertz / _HZ_PER_MEL
    bent = hertz >= _KNEE_HZ
    if hertz.ndim:
        mels[bent] = _KNEE_MEL + np.log(hertz[bent] / _KNEE_HZ) / _LOG_HZ_PER_MEL
    elif bent:
        mels = _KNEE_MEL + np.log(hertz / _KNEE_HZ) / _LOG_HZ_PER_MEL
    return mels


@overload
def mel_to_hz(mels: _RealScalar, *, htk: bool = ...) -> np.floating[Any]: ...


@overload
def mel_to_hz(mels: npt.ArrayLike, *, htk: bool = ...) -> _AnyArray: ...


def mel_to_hz(mels: npt.ArrayLike, *, htk: bool = False) -> np.floating[Any] | _AnyArray:
    """Convert mels to hertz.

    Parameters
    ----------
    mels : number or array-like
        Frequencies in mels.
    htk : bool
        The scale, as in `hz_to_mel`. Default: False.

    Returns
    -------
    number or numpy.ndarray, same shape, floating
        Frequencies in hertz.

    Raises
    ------
    ParameterError
        If `mels` are not real numbers or `htk` is not a boolean.

    Notes
    -----
    Results are those of ``librosa.mel_to_hz`` (librosa 0.11).

    Examples
    --------
    >>> float(mel_to_hz(9))
    600.0
    """
    pitch = numbers("mels", mels)
    if check_bool("htk", htk):
        return 700.0 * (10.0 ** (pitch / 2595.0) - 1.0)
    hertz = _HZ_PER_MEL * pitch
    bent = pitch >= _KNEE_MEL
    if pitch.ndim:
        hertz[bent] = _KNEE_HZ * np.exp(_LOG_HZ_PER_MEL * (pitch[bent] - _KNEE_MEL))
    elif bent:
        hertz = _KNEE_HZ * np.exp(_LOG_HZ_PER_MEL * (pitch - _KNEE_MEL))
    return hertz


def fft_frequencies(*, sr: float = 22050, n_fft: int = 2048) -> npt.NDArray[np.float64]:
    """Return the centre frequencies of the bins of an FFT of real samples.

    Parameters
    ----------
    sr : number > 0
        Sampling rate in hertz. Default: 22050.
    n_fft : int >= 1
        Length of the transform in samples. Default: 2048.

    Returns
    -------
    numpy.ndarray, shape (n_fft // 2 + 1,), float64
        Frequencies in hertz: ``0, sr / n_fft, 2 sr / n_fft, ...``

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Notes
    -----
    Results are those of ``librosa.fft_frequencies`` (librosa 0.11).

    Examples
    --------
    >>> fft_frequencies(sr=8000, n_fft=4)
    array([   0., 2000., 4000.])
    """
    rate = check_float("sr", sr, exclusive_minimum=0)
    size = check_int("n_fft", n_fft, minimum=1, maximum=_MAX_SIZE)
    return np.asarray(np.fft.rfftfreq(size, 1.0 / rate), dtype=np.float64)


def mel_frequencies(
    n_mels: int = 128, *, fmin: float = 0.0, fmax: float = 11025.0, htk: bool = False
) -> npt.NDArray[np.float64]:
    """Return frequencies that are equally spaced in mels.

    Parameters
    ----------
    n_mels : int >= 1
        Number of frequencies, both ends included. Default: 128.
    fmin, fmax : number >= 0
        First and last frequency in hertz. Default: 0 and 11025.
    htk : bool
        The scale, as in `hz_to_mel`. Default: False.

    Returns
    -------
    numpy.ndarray, shape (n_mels,), float64
        Frequencies in hertz.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Notes
    -----
    Results are those of ``librosa.mel_frequencies`` (librosa 0.11).

    Examples
    --------
    >>> mel_frequencies(4, fmax=600)
    array([  0., 200., 400., 600.])
    """
    count = check_int("n_mels", n_mels, minimum=1, maximum=_MAX_SIZE)
    first = hz_to_mel(check_float("fmin", fmin, minimum=0), htk=htk)
    last = hz_to_mel(check_float("fmax", fmax, minimum=0), htk=htk)
    return mel_to_hz(np.linspace(first, last, count), htk=htk)


@overload
def frames_to_samples(
    frames: _IntScalar, *, hop_length: int = ..., n_fft: int | None = ...
) -> np.integer[Any]: ...


@overload
def frames_to_samples(
    frames: npt.ArrayLike, *, hop_length: int = ..., n_fft: int | None = ...
) -> _AnyArray: ...


def frames_to_samples(
    frames: npt.ArrayLike, *, hop_length: int = 512, n_fft: int | None = None
) -> np.integer[Any] | _AnyArray:
    """Convert frame indices to sample indices.

    Parameters
    ----------
    frames : int or array-like of int
        Frame indices.
    hop_length : int >= 1
        Samples between the starts of successive frames. Default: 512.
    n_fft : int >= 1, optional
        If given, ``n_fft // 2`` is added: the middle of a frame that starts at its index times
        `hop_length`. Default: None, nothing is added.

    Returns
    -------
    int64 or numpy.ndarray of int64, same shape
        Sample indices, ``frames * hop_length``.

    Raises
    ------
    ParameterError
        If `frames` are not real numbers or not finite, or another argument is out of its range.

    Notes
    -----
    Results are those of ``librosa.frames_to_samples`` (librosa 0.11), save that narrow integer
    types do not overflow.

    Examples
    --------
    >>> frames_to_samples([0, 1, 2], hop_length=160)
    array([  0, 160, 320])
    """
    hop = _length("hop_length", hop_length)
    return _scaled("frames", frames, hop, _offset(n_fft))


@overload
def samples_to_frames(
    samples: _IntScalar, *, hop_length: int = ..., n_fft: int | None = ...
) -> np.integer[Any]: ...


@overload
def samples_to_frames(
    samples: npt.ArrayLike, *, hop_length: int = ..., n_fft: int | None = ...
) -> _AnyArray: ...


def samples_to_frames(
    samples: npt.ArrayLike, *, hop_length: int = 512, n_fft: int | None = None
) -> np.integer[Any] | _AnyArray:
    """Convert sample indices to frame indices, rounding down.

    Parameters
    ----------
    samples : int or array-like of int
        Sample indices.
    hop_length : int >= 1
        Samples between the starts of successive frames. Default: 512.
    n_fft : int >= 1, optional
        If given, ``n_fft // 2`` is subtracted first, which can make indices negative.
        Default: None, nothing is subtracted.

    Returns
    -------
    numpy.ndarray of int64, same shape
        Frame indices, ``floor(samples / hop_length)``; a 0-d array for a scalar.

    Raises
    ------
    ParameterError
        If `samples` are not real numbers or not finite, or another argument is out of its range.

    Notes
    -----
    Results are those of ``librosa.samples_to_frames`` (librosa 0.11), save that narrow and
    unsigned integer types do not overflow.

    Examples
    --------
    >>> samples_to_frames([0, 159, 160], hop_length=160)
    array([0, 0, 1])
    """
    hop = _length("hop_length", hop_length)
    offset = _offset(n_fft)
    data = numbers("samples", samples)
    _check_range("samples", samples, data)
    return np.asarray((data - offset) // hop, dtype=int)


@overload
def samples_to_time(samples: _RealScalar, *, sr: float = ...) -> np.floating[Any]: ...


@overload
def samples_to_time(samples: npt.ArrayLike, *, sr: float = ...) -> _AnyArray: ...


def samples_to_time(samples: npt.ArrayLike, *, sr: float = 22050) -> np.floating[Any] | _AnyArray:
    """Convert sample indices to seconds.

    Parameters
    ----------
    samples : int or array-like of int
        Sample indices.
    sr : number > 0
        Sampling rate in hertz. Default: 22050.

    Returns
    -------
    number or numpy.ndarray, same shape, floating
        Times in seconds, ``samples / sr``.

    Raises
    ------
    ParameterError
        If `samples` are not real numbers or `sr` is out of its range.

    Notes
    -----
    Results are those of ``librosa.samples_to_time`` (librosa 0.11).

    Examples
    --------
    >>> samples_to_time([0, 4000], sr=8000)
    array([0. , 0.5])
    """
    return numbers("samples", samples) / check_float("sr", sr, exclusive_minimum=0)


@overload
def time_to_samples(times: _RealScalar, *, sr: float = ...) -> np.integer[Any]: ...


@overload
def time_to_samples(times: npt.ArrayLike, *, sr: float = ...) -> _AnyArray: ...


def time_to_samples(times: npt.ArrayLike, *, sr: float = 22050) -> np.integer[Any] | _AnyArray:
    """Convert seconds to sample indices, rounding towards zero.

    Parameters
    ----------
    times : number or array-like
        Times in seconds.
    sr : number > 0
        Sampling rate in hertz. Default: 22050.

    Returns
    -------
    int64 or numpy.ndarray of int64, same shape
        Sample indices, ``times * sr`` without its fraction.

    Raises
    ------
    ParameterError
        If `times` are not real numbers or not finite, or `sr` is out of its range.

    Notes
    -----
    Results are those of ``librosa.time_to_samples`` (librosa 0.11): the product is taken in the
    precision of `times` and rounded there before its fraction is dropped.

    Examples
    --------
    >>> time_to_samples([0.0, 0.5], sr=8000)
    array([   0, 4000])
    """
    rate = check_float("sr", sr, exclusive_minimum=0)
    # A NumPy scalar raises the precision of the product where a Python number does not.
    return _scaled("times", times, sr if isinstance(sr, np.generic) else rate)


@overload
def frames_to_time(
    frames: _IntScalar, *, sr: float = ..., hop_length: int = ..., n_fft: int | None = ...
) -> np.floating[Any]: ...


@overload
def frames_to_time(
    frames: npt.ArrayLike, *, sr: float = ..., hop_length: int = ..., n_fft: int | None = ...
) -> _AnyArray: ...


def frames_to_time(
    frames: npt.ArrayLike, *, sr: float = 22050, hop_length: int = 512, n_fft: int | None = None
) -> np.floating[Any] | _AnyArray:
    """Convert frame indices to seconds.

    Parameters
    ----------
    frames : int or array-like of int
        Frame indices.
    sr : number > 0
        Sampling rate in hertz. Default: 22050.
    hop_length : int >= 1
        Samples between the starts of successive frames. Default: 512.
    n_fft : int >= 1, optional
        If given, the time of the middle of a frame, as in `frames_to_samples`. Default: None.

    Returns
    -------
    float64 or numpy.ndarray of float64, same shape
        Times in seconds, ``frames * hop_length / sr``.

    Raises
    ------
    ParameterError
        If `frames` are not real numbers or not finite, or another argument is out of its range.

    Notes
    -----
    Results are those of ``librosa.frames_to_time`` (librosa 0.11).

    Examples
    --------
    >>> frames_to_time([0, 1, 2], sr=16000, hop_length=160)
    array([0.  , 0.01, 0.02])
    """
    return samples_to_time(frames_to_samples(frames, hop_length=hop_length, n_fft=n_fft), sr=sr)


@overload
def time_to_frames(
    times: _RealScalar, *, sr: float = ..., hop_length: int = ..., n_fft: int | None = ...
) -> np.integer[Any]: ...


@overload
def time_to_frames(
    times: npt.ArrayLike, *, sr: float = ..., hop_length: int = ..., n_fft: int | None = ...
) -> _AnyArray: ...


def time_to_frames(
    times: npt.ArrayLike, *, sr: float = 22050, hop_length: int = 512, n_fft: int | None = None
) -> np.integer[Any] | _AnyArray:
    """Convert seconds to frame indices, rounding down.

    Parameters
    ----------
    times : number or array-like
        Times in seconds.
    sr : number > 0
        Sampling rate in hertz. Default: 22050.
    hop_length : int >= 1
        Samples between the starts of successive frames. Default: 512.
    n_fft : int >= 1, optional
        If given, ``n_fft // 2`` samples are subtracted first. Default: None.

    Returns
    -------
    numpy.ndarray of int64, same shape
        Frame indices, ``floor(times * sr / hop_length)``; a 0-d array for a scalar.

    Raises
    ------
    ParameterError
        If `times` are not real numbers or not finite, or another argument is out of its range.

    Notes
    -----
    Results are those of ``librosa.time_to_frames`` (librosa 0.11).

    Examples
    --------
    >>> time_to_frames([0.0, 0.005, 0.01], sr=16000, hop_length=160)
    array([0, 0, 1])
    """
    return samples_to_frames(time_to_samples(times, sr=sr), hop_length=hop_length, n_fft=n_fft)
