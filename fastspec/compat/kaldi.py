"""torchaudio.compliance.kaldi's functions over fastspec's plans.

Change the import, and nothing else::

    from fastspec.compat import kaldi

    kaldi.fbank(waveform, num_mel_bins=80)

Waveforms are NumPy arrays or torch tensors, and results are what the waveform is. torch is not
needed for NumPy arrays.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_float,
    check_int,
    show,
)
from fastspec.caches import plan_cache
from fastspec.config import get_precision
from fastspec.front_end import FrontEnd
from fastspec.plans import cached

__all__ = ["fbank", "mfcc", "spectrogram"]

Array = npt.NDArray[Any]

_EPSILON = 1.1920928955078125e-07  # of single precision: the least energy
_WINDOWS = ("hamming", "hanning", "povey", "rectangular", "blackman")


def spectrogram(
    waveform: Any,
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    min_duration: float = 0.0,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    window_type: str = "povey",
    *,
    seed: int = 0,
    precision: str | None = None,
    n_threads: int = 1,
) -> Any:
    """Log power spectra, as Kaldi's compute-spectrogram-feats makes them.

    Parameters
    ----------
    waveform, blackman_coeff, channel, dither, energy_floor, frame_length, frame_shift, \
min_duration, preemphasis_coefficient, raw_energy, remove_dc_offset, round_to_power_of_two, \
sample_frequency, snip_edges, subtract_mean, window_type, seed, precision, n_threads
        See `fbank`.

    Returns
    -------
    np.ndarray or torch.Tensor, shape=(n_frames, n_fft // 2 + 1)
        Natural logarithms of the power; column 0 is the log energy.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the waveform shorter than a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat import kaldi
    >>> kaldi.spectrogram(np.zeros((1, 16000), np.float32)).shape
    (98, 257)
    """
    values = _samples(waveform, channel, sample_frequency, min_duration)
    if values is None:
        return _like(waveform, np.empty(0, np.float32))
    frames = _frames(
        len(values),
        frame_length,
        frame_shift,
        round_to_power_of_two,
        sample_frequency,
    )
    plan = _plan(
        frames,
        blackman_coeff=blackman_coeff,
        dither=dither,
        energy_floor=energy_floor,
        preemphasis_coefficient=preemphasis_coefficient,
        raw_energy=raw_energy,
        remove_dc_offset=remove_dc_offset,
        sample_frequency=sample_frequency,
        snip_edges=snip_edges,
        subtract_mean=subtract_mean,
        window_type=window_type,
        seed=seed,
        precision=get_precision() if precision is None else precision,
        use_energy=True,
        n_mels=None,
    )
    result = plan(values, n_threads=n_threads)
    # The plan has the energy before all bins; it takes the place of the first.
    result[:, 1] = result[:, 0]
    return _like(waveform, result[:, 1:])


def fbank(
    waveform: Any,
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    use_log_fbank: bool = True,
    use_power: bool = True,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: str = "povey",
    *,
    seed: int = 0,
    precision: str | None = None,
    n_threads: int = 1,
) -> Any:
    """Filter bank energies, as Kaldi's compute-fbank-feats makes them.

    Parameters
    ----------
    waveform : np.ndarray or torch.Tensor, shape=(channels, n)
        float32 or float64. For Kaldi's numbers, in the range of int16.
    blackman_coeff : float
        For ``window_type='blackman'``. Default: 0.42.
    channel : int
        Which channel; -1 is the first. Default: -1.
    dither : float >= 0
        Standard deviation of noise that is added to the samples of each frame. It depends on `seed`
        alone, so that results can be repeated. Default: 0.
    energy_floor : float >= 0
        Least energy of a frame. Default: 1.
    frame_length, frame_shift : float > 0
        In milliseconds. Default: 25 and 10.
    high_freq : float
        Highest frequency in Hz; from half the rate down where it is <= 0. Default: 0.
    htk_compat : bool
        Put the energy last. Default: False.
    low_freq : float >= 0
        Lowest frequency in Hz. Default: 20.
    min_duration : float >= 0
        A waveform of less seconds gives an empty array. Default: 0.
    num_mel_bins : int >= 4
        Default: 23.
    preemphasis_coefficient : float in [0, 1]
        Default: 0.97.
    raw_energy : bool
        Whether energy is that before pre-emphasis and window. Default: True.
    remove_dc_offset : bool
        Subtract each frame's mean. Default: True.
    round_to_power_of_two : bool
        Zero-pad frames to a power of two. Default: True.
    sample_frequency : float > 0
        In Hz. Default: 16000.
    snip_edges : bool
        Only whole frames; if False, one frame per shift, and the ends are mirrored. Default: True.
    subtract_mean : bool
        Subtract each column's mean. Default: False.
    use_energy : bool
        Add a column with the log energy. Default: False.
    use_log_fbank : bool
        Return logarithms. Default: True.
    use_power : bool
        Power rather than magnitude. Default: True.
    vtln_high, vtln_low, vtln_warp : float
        Inflection points in Hz, and factor, of the warping of the vocal tract length. Default: 500
        Hz below half the rate, 100, and 1, which is none.
    window_type : {'povey', 'hamming', 'hanning', 'rectangular', 'blackman'}
        Default: 'povey'.
    seed : int >= 0
        Of the dither. Default: 0.
    precision : {'single', 'double'}, optional
        What float32 is computed in. Default: `fastspec.get_precision`.
    n_threads : int >= 1, or -1
        Threads to use at the most. The result does not depend on it.

    Returns
    -------
    np.ndarray or torch.Tensor, shape=(n_frames, num_mel_bins + use_energy)
        Of the waveform's kind and type.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the waveform shorter than a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat import kaldi
    >>> kaldi.fbank(np.zeros((1, 16000), np.float32), num_mel_bins=80).shape
    (98, 80)
    """
    values = _samples(waveform, channel, sample_frequency, min_duration)
    if values is None:
        return _like(waveform, np.empty(0, waveform_dtype(waveform)))
    plan = _plan(
        _frames(len(values), frame_length, frame_shift, round_to_power_of_two, sample_frequency),
        blackman_coeff=blackman_coeff,
        dither=dither,
        energy_floor=energy_floor,
        preemphasis_coefficient=preemphasis_coefficient,
        raw_energy=raw_energy,
        remove_dc_offset=remove_dc_offset,
        sample_frequency=sample_frequency,
        snip_edges=snip_edges,
        subtract_mean=subtract_mean,
        window_type=window_type,
        seed=seed,
        precision=get_precision() if precision is None else precision,
        use_energy=use_energy,
        energy_last=bool(use_energy and htk_compat),
        n_mels=check_int("num_mel_bins", num_mel_bins, minimum=4, maximum=2**20),
        low_freq=low_freq,
        high_freq=high_freq,
        vtln=(vtln_low, vtln_high, vtln_warp),
        use_log=use_log_fbank,
        use_power=use_power,
    )
    return _like(waveform, plan(values, n_threads=n_threads))


def mfcc(
    waveform: Any,
    blackman_coeff: float = 0.42,
    cepstral_lifter: float = 22.0,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    num_ceps: int = 13,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: str = "povey",
    *,
    seed: int = 0,
    precision: str | None = None,
    n_threads: int = 1,
) -> Any:
    """Cepstral coefficients, as Kaldi's compute-mfcc-feats makes them.

    Parameters
    ----------
    cepstral_lifter : float >= 0
        Scaling of the coefficients; 0 is none. Default: 22.
    num_ceps : int in [1, num_mel_bins]
        Coefficients, C0 included. Default: 13.
    use_energy : bool
        Put the log energy in the place of C0. Default: False.
    htk_compat : bool
        Put C0, times sqrt(2), or the energy last. Default: False.
    waveform, blackman_coeff, channel, dither, energy_floor, frame_length, frame_shift, high_freq, \
low_freq, min_duration, num_mel_bins, preemphasis_coefficient, raw_energy, remove_dc_offset, \
round_to_power_of_two, sample_frequency, snip_edges, subtract_mean, vtln_high, vtln_low, \
vtln_warp, window_type, seed, precision, n_threads
        See `fbank`.

    Returns
    -------
    np.ndarray or torch.Tensor, shape=(n_frames, num_ceps)
        Of the waveform's kind and type.

    Raises
    ------
    ParameterError
        If an argument is out of its range, or the waveform shorter than a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from fastspec.compat import kaldi
    >>> kaldi.mfcc(np.zeros((1, 16000), np.float32)).shape
    (98, 13)
    """
    n_mels = check_int("num_mel_bins", num_mel_bins, minimum=4, maximum=2**20)
    values = _samples(waveform, channel, sample_frequency, min_duration)
    if values is None:
        return _like(waveform, np.empty(0, waveform_dtype(waveform)))
    plan = _plan(
        _frames(len(values), frame_length, frame_shift, round_to_power_of_two, sample_frequency),
        blackman_coeff=blackman_coeff,
        dither=dither,
        energy_floor=energy_floor,
        preemphasis_coefficient=preemphasis_coefficient,
        raw_energy=raw_energy,
        remove_dc_offset=remove_dc_offset,
        sample_frequency=sample_frequency,
        snip_edges=snip_edges,
        subtract_mean=subtract_mean,
        window_type=window_type,
        seed=seed,
        precision=get_precision() if precision is None else precision,
        use_energy=use_energy,
        energy_last=htk_compat,
        n_mels=n_mels,
        low_freq=low_freq,
        high_freq=high_freq,
        vtln=(vtln_low, vtln_high, vtln_warp),
        n_mfcc=check_int("num_ceps", num_ceps, minimum=1, maximum=n_mels),
        lifter=check_float("cepstral_lifter", cepstral_lifter, minimum=0),
    )
    return _like(waveform, plan(values, n_threads=n_threads))


# ---- input and output ----------------------------------------------------------------------------


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch"


def waveform_dtype(waveform: Any) -> np.dtype[Any]:
    """Return the type of a waveform's result."""
    return np.dtype(np.float64 if str(waveform.dtype).endswith("float64") else np.float32)


def _like(waveform: Any, result: Array) -> Any:
    """Return the result as what the waveform is."""
    if not _is_tensor(waveform):
        return result
    import torch

    return torch.from_numpy(result).to(waveform.device)


def _samples(waveform: Any, channel: Any, sample_frequency: Any, min_duration: Any) -> Array | None:
    """Return the samples of a channel, or None if there are too few."""
    rate = check_float("sample_frequency", sample_frequency, exclusive_minimum=0)
    least = check_float("min_duration", min_duration, minimum=0) * rate
    values = waveform
    if _is_tensor(values):
        values = values.detach().cpu().numpy()
    try:
        values = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"waveform={show(waveform)}: cannot be made an array") from error
    if values.ndim != 2:
        raise ParameterError(f"waveform: has shape {values.shape}; must be (channels, n)")
    channel = max(check_int("channel", channel), 0)
    if channel >= len(values):
        raise ParameterError(f"channel={channel}: waveform has {len(values)}")
    if values.dtype not in (np.float32, np.float64):
        raise ParameterError(f"waveform: has dtype {values.dtype}; must be float32 or float64")
    samples: Array = values[channel]
    return None if len(samples) < least else samples


def _frames(
    n: int, frame_length: Any, frame_shift: Any, round_up: Any, sample_frequency: float
) -> tuple[int, int, int]:
    """Return window, shift and size of the FFT in samples."""
    length = check_float("frame_length", frame_length, exclusive_minimum=0)
    shift = check_float("frame_shift", frame_shift, exclusive_minimum=0)
    hop = int(sample_frequency * shift * 0.001)
    window = int(sample_frequency * length * 0.001)
    if hop < 1:
        raise ParameterError(f"frame_shift={shift}: is less than one sample")
    if not 2 <= window <= n:
        raise ParameterError(
            f"frame_length={length}: is {window} samples; must be at least 2 and at most the "
            f"waveform's {n}"
        )
    n_fft = window
    if check_bool("round_to_power_of_two", round_up):
        n_fft = 1 << (window - 1).bit_length()
    if n_fft % 2:
        raise ParameterError(
            f"frame_length={length}: is {window} samples; must be even without "
            "round_to_power_of_two"
        )
    return window, hop, n_fft


# ---- plans ---------------------------------------------------------------------------------------


def _plan(frames: tuple[int, int, int], **choices: Any) -> FrontEnd:
    return cast(FrontEnd, cached(_cached, frames, **choices))


@plan_cache("compat.kaldi", 64, typed=True)  # typed: 1 is not True
def _cached(frames: tuple[int, int, int], **choices: Any) -> FrontEnd:
    c: dict[str, Any] = {
        "use_log": True,
        "use_power": True,
        "energy_last": False,
        "n_mfcc": None,
        "lifter": 0.0,
    }
    c |= choices
    window, hop, n_fft = frames
    for name in ("raw_energy", "remove_dc_offset", "snip_edges", "subtract_mean", "use_energy"):
        check_bool(name, c[name])
    floor = check_float("energy_floor", c["energy_floor"], minimum=0)
    settings: dict[str, Any] = {}
    if c["n_mels"] is not None:
        settings |= _bank_settings(c, n_fft)
    return FrontEnd(
        sr=c["sample_frequency"],
        n_fft=n_fft,
        win_length=window,
        hop_length=hop,
        window=window_values(c["window_type"], window, c["blackman_coeff"]),
        window_align="left",
        align="snip_edges" if c["snip_edges"] else "kaldi",
        dither=check_float("dither", c["dither"], minimum=0),
        seed=c["seed"],
        remove_dc=c["remove_dc_offset"],
        preemphasis=check_float(
            "preemphasis_coefficient", c["preemphasis_coefficient"], minimum=0, maximum=1
        ),
        power=2.0 if check_bool("use_power", c["use_power"]) else 1.0,
        n_mels=c["n_mels"],
        log="ln" if check_bool("use_log_fbank", c["use_log"]) else None,
        amin=_EPSILON,
        n_mfcc=c["n_mfcc"],
        lifter=c["lifter"],
        lifter_origin=0,
        energy=("raw" if c["raw_energy"] else "windowed") if c["use_energy"] else None,
        energy_floor=max(floor, _EPSILON),
        energy_last=check_bool("htk_compat", c["energy_last"]),
        normalize="mean" if c["subtract_mean"] else None,
        layout="frames_first",
        precision=c["precision"],
        **settings,
    )


def window_values(kind: str, n: int, blackman_coeff: float) -> Array:
    """Return one of Kaldi's windows, all of which are symmetric."""
    check_choice("window_type", kind, _WINDOWS)
    turn = 2 * np.pi / (n - 1) * np.arange(n)
    if kind == "rectangular":
        return np.ones(n)
    if kind == "hamming":
        return np.asarray(0.54 - 0.46 * np.cos(turn))
    if kind == "blackman":
        a = check_float("blackman_coeff", blackman_coeff)
        return np.asarray(a - 0.5 * np.cos(turn) + (0.5 - a) * np.cos(2 * turn))
    hann = 0.5 - 0.5 * np.cos(turn)
    return np.asarray(hann**0.85 if kind == "povey" else hann)


def _bank_settings(c: dict[str, Any], n_fft: int) -> dict[str, Any]:
    sr = c["sample_frequency"]
    low = check_float("low_freq", c["low_freq"], minimum=0)
    high = check_float("high_freq", c["high_freq"])
    high = high if high > 0 else sr / 2 + high
    if not low < high <= sr / 2:
        raise ParameterError(
            f"high_freq={show(c['high_freq'])}: is {high} Hz; must be above low_freq={low} and at "
            f"most {sr / 2}"
        )
    if c["vtln"][2] == 1.0:
        return {
            "fmin": low,
            "fmax": high,
            "mel_scale": "kaldi",
            "triangles": "mel",
            "norm": None,
            "zero_nyquist": True,
        }
    return {"filterbank": _warped_bank(sr, n_fft, c["n_mels"], low, high, *c["vtln"])}


def _warped_bank(
    sr: float,
    n_fft: int,
    n_mels: int,
    low: float,
    high: float,
    vtln_low: float,
    vtln_high: float,
    warp: float,
) -> Array:
    """Return Kaldi's bank for a warped vocal tract, (n_mels, n_fft // 2 + 1)."""
    warp = check_float("vtln_warp", warp, exclusive_minimum=0)
    vtln_low = check_float("vtln_low", vtln_low)
    vtln_high = check_float("vtln_high", vtln_high)
    vtln_high += sr / 2 if vtln_high < 0 else 0
    if not low < vtln_low < vtln_high < high:
        raise ParameterError(
            f"vtln_low={vtln_low}, vtln_high={vtln_high}: must ascend between low_freq={low} and "
            f"high_freq={high}"
        )
    # Straight between these points, unchanged outside.
    knees = np.array([low, vtln_low * max(1.0, warp), vtln_high * min(1.0, warp), high])
    images = np.array([low, knees[1] / warp, knees[2] / warp, high])
    first, last = (1127.0 * math.log1p(f / 700.0) for f in (low, high))
    mel = first + np.arange(n_mels + 2) * (last - first) / (n_mels + 1)
    hz = 700.0 * np.expm1(mel / 1127.0)
    warped = 1127.0 * np.log1p(np.interp(hz, knees, images) / 700.0)
    left, centre, right = (warped[i : n_mels + i, np.newaxis] for i in range(3))
    bins = 1127.0 * np.log1p(sr / n_fft * np.arange(n_fft // 2) / 700.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    weights = np.where((bins > left) & (bins <= centre), rising, 0.0)
    weights = np.where((bins > centre) & (bins < right), falling, weights)
    return np.pad(weights, ((0, 0), (0, 1)))
