"""kaldi-native-fbank's online extractors over fastspec's plans.

Change the import, and nothing else::

    from fastspec.compat import knf

    options = knf.FbankOptions()
    options.mel_opts.num_bins = 80
    fbank = knf.OnlineFbank(options)
    fbank.accept_waveform(16000, samples)
    fbank.input_finished()
    fbank.get_frame(0)

Dither is a function of the frame and the sample, so results can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self, TypeVar

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
from fastspec.compat.kaldi import window_values
from fastspec.config import get_precision
from fastspec.front_end import FrontEnd
from fastspec.windows import get_window

__all__ = [
    "FbankOptions",
    "FrameExtractionOptions",
    "MelBanksOptions",
    "MfccOptions",
    "OnlineFbank",
    "OnlineMfcc",
]

Array = npt.NDArray[Any]

_EPSILON = 1.1920928955078125e-07  # of single precision
_SYMMETRIC = ("hamming", "hanning", "povey", "rectangular", "blackman")
_WINDOWS = (*_SYMMETRIC, "hann", "sine")

_O = TypeVar("_O")


class _Options:
    """What the options share: dictionaries and text."""

    def as_dict(self) -> dict[str, Any]:
        """Return the options as a dictionary, nested ones too."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, options: Mapping[str, Any]) -> Self:
        """Make options from what `as_dict` returns; what is absent has its default."""
        nested = {"frame_opts": FrameExtractionOptions, "mel_opts": MelBanksOptions}
        known = {item.name for item in fields(cls)}  # type: ignore[arg-type]
        for name in options:
            if name not in known:
                raise ParameterError(f"{name}: is not an option of {cls.__name__}")
        return cls(
            **{
                name: nested[name].from_dict(value)  # type: ignore[attr-defined]
                if name in nested and isinstance(value, Mapping)
                else value
                for name, value in options.items()
            }
        )

    def __str__(self) -> str:
        lines = []
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, _Options):
                lines.append(f"{item.name}: \n{value}\n")
            elif isinstance(value, str):
                lines.append(f"{item.name}: {value}")
            else:
                lines.append(f"{item.name}: {value:g}")
        return "\n".join(lines) + "\n"


@dataclass
class FrameExtractionOptions(_Options):
    """How a waveform is cut into frames.

    Attributes
    ----------
    samp_freq : float > 0
        Sample rate in Hz.
    frame_shift_ms, frame_length_ms : float > 0
        In milliseconds.
    dither : float >= 0
        Standard deviation of the noise that is added; 0 is none.
    preemph_coeff : float in [0, 1]
    remove_dc_offset : bool
        Subtract each frame's mean.
    window_type : {'povey', 'hanning', 'hann', 'sine', 'hamming', 'rectangular', 'blackman'}
        'hann' is periodic, all others are symmetric.
    round_to_power_of_two : bool
        Zero-pad frames to a power of two.
    blackman_coeff : float
    snip_edges : bool
        Only whole frames; if False, one frame per shift, and the ends are mirrored.
    """

    samp_freq: float = 16000.0
    frame_shift_ms: float = 10.0
    frame_length_ms: float = 25.0
    dither: float = 0.00003
    preemph_coeff: float = 0.97
    remove_dc_offset: bool = True
    window_type: str = "povey"
    round_to_power_of_two: bool = True
    blackman_coeff: float = 0.42
    snip_edges: bool = True


@dataclass
class MelBanksOptions(_Options):
    """The bank of triangles.

    Attributes
    ----------
    num_bins : int >= 1
    low_freq, high_freq : float
        In Hz; a `high_freq` <= 0 counts from half the rate.
    vtln_low, vtln_high : float
        Kept: the online extractors do not warp.
    debug_mel : bool
        Kept: nothing is printed.
    htk_mode : bool
        Not supported.
    is_librosa : bool
        Triangles in Hz, as librosa makes them.
    norm : {'slaney', ''}
        With `is_librosa`.
    use_slaney_mel_scale : bool
        With `is_librosa`: Slaney's scale rather than HTK's.
    floor_to_int_bin : bool
        Not supported.
    """

    num_bins: int = 25
    low_freq: float = 20.0
    high_freq: float = 0.0
    vtln_low: float = 100.0
    vtln_high: float = -500.0
    debug_mel: bool = False
    htk_mode: bool = False
    is_librosa: bool = False
    norm: str = "slaney"
    use_slaney_mel_scale: bool = True
    floor_to_int_bin: bool = False


def _mel_23() -> MelBanksOptions:
    return MelBanksOptions(num_bins=23)


@dataclass
class FbankOptions(_Options):
    """Filter bank energies.

    Attributes
    ----------
    frame_opts : FrameExtractionOptions
    mel_opts : MelBanksOptions
        With 23 bands by default.
    use_energy : bool
        Add the log energy, first.
    energy_floor : float >= 0
    raw_energy : bool
        Energy before pre-emphasis and window.
    htk_compat : bool
        Put the energy last.
    use_log_fbank : bool
        Return natural logarithms.
    use_log_floor : bool
        ``log(max(x, eps))`` rather than ``log(x + eps)``.
    eps : float > 0
    use_power : bool
        Power rather than magnitude.
    """

    frame_opts: FrameExtractionOptions = field(default_factory=FrameExtractionOptions)
    mel_opts: MelBanksOptions = field(default_factory=_mel_23)
    use_energy: bool = False
    energy_floor: float = 0.0
    raw_energy: bool = True
    htk_compat: bool = False
    use_log_fbank: bool = True
    use_log_floor: bool = True
    eps: float = _EPSILON
    use_power: bool = True


@dataclass
class MfccOptions(_Options):
    """Cepstral coefficients.

    Attributes
    ----------
    frame_opts : FrameExtractionOptions
    mel_opts : MelBanksOptions
        With 23 bands by default.
    num_ceps : int >= 1
        Coefficients, C0 included.
    use_energy : bool
        Put the log energy in the place of C0.
    energy_floor : float >= 0
    raw_energy : bool
        Energy before pre-emphasis and window.
    cepstral_lifter : float >= 0
        0 is none.
    htk_compat : bool
        Put the energy, or C0 times sqrt(2), last.
    """

    frame_opts: FrameExtractionOptions = field(default_factory=FrameExtractionOptions)
    mel_opts: MelBanksOptions = field(default_factory=_mel_23)
    num_ceps: int = 13
    use_energy: bool = True
    energy_floor: float = 0.0
    raw_energy: bool = True
    cepstral_lifter: float = 22.0
    htk_compat: bool = False


def _frame_settings(options: FrameExtractionOptions) -> dict[str, Any]:
    o = options
    rate = check_float("samp_freq", o.samp_freq, exclusive_minimum=0)
    shift = check_float("frame_shift_ms", o.frame_shift_ms, exclusive_minimum=0)
    length = check_float("frame_length_ms", o.frame_length_ms, exclusive_minimum=0)
    # The original computes these in single precision.
    per_ms = np.float32(rate) * np.float32(0.001)
    hop, window = int(per_ms * np.float32(shift)), int(per_ms * np.float32(length))
    if hop < 1:
        raise ParameterError(f"frame_shift_ms={shift}: is less than one sample")
    if window < 2:
        raise ParameterError(f"frame_length_ms={length}: is less than two samples")
    round_up = check_bool("round_to_power_of_two", o.round_to_power_of_two)
    kind = check_choice("window_type", o.window_type, _WINDOWS)
    if kind == "hann":
        values = get_window("hann", window)
    elif kind == "sine":
        values = np.sin(np.pi / (window - 1) * np.arange(window))
    else:
        values = window_values(kind, window, o.blackman_coeff)
    return {
        "sr": rate,
        "hop_length": hop,
        "win_length": window,
        "n_fft": 1 << (window - 1).bit_length() if round_up else window,
        "window": values,
        "window_align": "left",
        "align": "snip_edges" if check_bool("snip_edges", o.snip_edges) else "kaldi",
        "dither": check_float("dither", o.dither, minimum=0),
        "remove_dc": check_bool("remove_dc_offset", o.remove_dc_offset),
        "preemphasis": check_float("preemph_coeff", o.preemph_coeff, minimum=0, maximum=1),
        "layout": "frames_first",
    }


def _mel_settings(options: MelBanksOptions, rate: float) -> dict[str, Any]:
    o = options
    for name in ("htk_mode", "floor_to_int_bin"):
        if check_bool(name, getattr(o, name)):
            raise ParameterError(f"{name}=True: is not supported")
    low = check_float("low_freq", o.low_freq, minimum=0)
    high = check_float("high_freq", o.high_freq)
    high = high if high > 0 else rate / 2 + high
    if not low < high <= rate / 2:
        raise ParameterError(
            f"high_freq={show(o.high_freq)}: is {high} Hz; must be above low_freq={low} and at "
            f"most {rate / 2}"
        )
    settings: dict[str, Any] = {
        "n_mels": check_int("num_bins", o.num_bins, minimum=3, maximum=2**20),
        "fmin": low,
        "fmax": high,
    }
    if not check_bool("is_librosa", o.is_librosa):
        return settings | {
            "mel_scale": "kaldi",
            "triangles": "mel",
            "norm": None,
            "zero_nyquist": True,
        }
    slaney = check_bool("use_slaney_mel_scale", o.use_slaney_mel_scale)
    return settings | {
        "mel_scale": "slaney" if slaney else "htk",
        "norm": check_choice("norm", o.norm, ("slaney", "")) or None,
    }


def _energy_settings(options: FbankOptions | MfccOptions) -> dict[str, Any]:
    raw = check_bool("raw_energy", options.raw_energy)
    used = check_bool("use_energy", options.use_energy)
    floor = check_float("energy_floor", options.energy_floor, minimum=0)
    return {
        "energy": ("raw" if raw else "windowed") if used else None,
        "energy_floor": max(floor, _EPSILON),
    }


def _fbank_plan(o: FbankOptions) -> FrontEnd:
    frames = _frame_settings(o.frame_opts)
    energy = _energy_settings(o)
    last = check_bool("htk_compat", o.htk_compat)
    log = check_bool("use_log_fbank", o.use_log_fbank)
    floor = check_bool("use_log_floor", o.use_log_floor)
    return FrontEnd(
        **frames,
        **_mel_settings(o.mel_opts, frames["sr"]),
        **energy,
        energy_last=last and energy["energy"] is not None,
        power=2.0 if check_bool("use_power", o.use_power) else 1.0,
        log="ln" if log else None,
        log_mode="max" if floor else "add",
        amin=check_float("eps", o.eps, exclusive_minimum=0),
    )


def _mfcc_plan(o: MfccOptions) -> FrontEnd:
    frames = _frame_settings(o.frame_opts)
    mel = _mel_settings(o.mel_opts, frames["sr"])
    return FrontEnd(
        **frames,
        **mel,
        **_energy_settings(o),
        energy_last=check_bool("htk_compat", o.htk_compat),
        log="ln",
        amin=_EPSILON,
        n_mfcc=check_int("num_ceps", o.num_ceps, minimum=1, maximum=mel["n_mels"]),
        lifter=check_float("cepstral_lifter", o.cepstral_lifter, minimum=0),
        lifter_origin=0,
    )


_PLANS: dict[tuple[str, str], FrontEnd] = {}
_MOST_PLANS = 64


def _kept(options: _O, make: Callable[[_O], FrontEnd]) -> FrontEnd:
    """Return the plan of some options; making one takes as long as seconds of audio."""
    key = (repr(options), get_precision())
    plan = _PLANS.get(key)
    if plan is None:
        plan = make(options)
        if len(_PLANS) >= _MOST_PLANS:
            _PLANS.clear()
        _PLANS[key] = plan
    return plan


class _Online:
    """Frames of a waveform that arrives in pieces."""

    def __init__(self, plan: FrontEnd, options: FrameExtractionOptions) -> None:
        self._plan = plan
        self._seconds = options.frame_shift_ms / 1000
        self._stream = plan.stream(1)
        self._rows = np.empty((0, plan.n_bins), np.float32)
        self._first = 0  # the frame in row 0
        self._ready = 0
        self._finished = False
        self._fed = False

    @property
    def dim(self) -> int:
        """Size of a frame's features."""
        return self._plan.n_bins

    @property
    def frame_shift_in_seconds(self) -> float:
        """Time from one frame to the next, by the options."""
        return self._seconds

    @property
    def num_frames_ready(self) -> int:
        """Number of frames computed so far, those that were dropped included."""
        return self._ready

    def accept_waveform(self, sampling_rate: float, waveform: Any) -> None:
        """Take the next samples.

        Parameters
        ----------
        sampling_rate : float
            Must be the options'.
        waveform : array or sequence, shape=(n,)
            Converted to float32.

        Raises
        ------
        ParameterError
            If the rate is another, or the waveform is not one-dimensional.
        RuntimeError
            If the input was finished before.
        """
        if self._finished:
            raise RuntimeError("accept_waveform was called after input_finished")
        if sampling_rate != self._plan._arguments["sr"]:
            raise ParameterError(
                f"sampling_rate={show(sampling_rate)}: the options have "
                f"{self._plan._arguments['sr']:g}"
            )
        try:
            samples = np.asarray(waveform, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise ParameterError(f"waveform={show(waveform)}: cannot be made an array") from error
        if samples.ndim != 1:
            raise ParameterError(f"waveform: has shape {samples.shape}; must have one dimension")
        if len(samples):
            self._fed = True
            self._append(self._stream.push(samples))

    def input_finished(self) -> None:
        """End the waveform; with ``snip_edges=False`` this completes the last frames."""
        if self._finished:
            return
        self._finished = True
        if self._fed:
            self._append(self._stream.flush())

    def is_last_frame(self, frame: int) -> bool:
        """Return whether the input is finished and a frame is its last."""
        return self._finished and frame == self._ready - 1

    def get_frame(self, frame: int) -> Array:
        """Return a frame's features.

        Parameters
        ----------
        frame : int
            Counted from the beginning, whatever was dropped.

        Returns
        -------
        np.ndarray, shape=(dim,)
            A view, valid for good.

        Raises
        ------
        IndexError
            If the frame is not ready.
        RuntimeError
            If it was dropped.
        """
        if self._first <= frame < self._ready:
            row: Array = self._rows[frame - self._first]
            return row
        if 0 <= frame < self._first:
            raise RuntimeError(f"frame {frame} was dropped; the first that is left: {self._first}")
        raise IndexError(f"frame {frame} of {self._ready} that are ready")

    def pop(self, n: int) -> None:
        """Drop the first `n` of the frames that are left."""
        n = check_int("n", n, minimum=0, maximum=self._ready - self._first)
        self._rows = self._rows[n:]
        self._first += n

    def _append(self, rows: Array) -> None:
        if not len(rows):
            return
        kept = self._ready - self._first
        self._ready += len(rows)
        if kept == 0:
            self._rows = rows
            return
        if kept + len(rows) > len(self._rows):
            # Doubling keeps the cost of many small pieces linear; old rows stay with their views.
            larger = np.empty((max(kept + len(rows), 2 * kept), rows.shape[1]), np.float32)
            larger[:kept] = self._rows[:kept]
            self._rows = larger
        self._rows[kept : kept + len(rows)] = rows


class OnlineFbank(_Online):
    """Filter bank energies of a waveform that arrives in pieces.

    Parameters
    ----------
    opts : FbankOptions

    Raises
    ------
    ParameterError
        If an option is out of its range, or not supported.

    Examples
    --------
    >>> from fastspec.compat import knf
    >>> fbank = knf.OnlineFbank(knf.FbankOptions())
    >>> fbank.accept_waveform(16000, [0.0] * 1600)
    >>> fbank.num_frames_ready, fbank.get_frame(0).shape
    (8, (23,))
    """

    def __init__(self, opts: FbankOptions) -> None:
        super().__init__(_kept(opts, _fbank_plan), opts.frame_opts)


class OnlineMfcc(_Online):
    """Cepstral coefficients of a waveform that arrives in pieces.

    Parameters
    ----------
    opts : MfccOptions

    Raises
    ------
    ParameterError
        If an option is out of its range, or not supported.

    Examples
    --------
    >>> from fastspec.compat import knf
    >>> mfcc = knf.OnlineMfcc(knf.MfccOptions())
    >>> mfcc.accept_waveform(16000, [0.0] * 1600)
    >>> mfcc.input_finished()
    >>> mfcc.is_last_frame(7)
    True
    """

    def __init__(self, opts: MfccOptions) -> None:
        super().__init__(_kept(opts, _mfcc_plan), opts.frame_opts)
