"""The features that `Features` knows: their options, and what the core computes them with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fastspec import _core
from fastspec._validate import (
    ParameterError,
    check_bool,
    check_choice,
    check_dtype,
    check_float,
    check_int,
    show,
)
from fastspec.chroma_spectra import ChromaSTFT
from fastspec.convert import fft_frequencies
from fastspec.decibels import power_to_db
from fastspec.plans import PAD_MODES, new_array, rebuild
from fastspec.spectral import (
    BANDWIDTH,
    CENTROID,
    FLATNESS,
    ROLLOFF,
    SUMS,
    TAILS,
    _fit,
    _octaves,
    _plan,
)
from fastspec.transforms import MFCC, STFT, MelSpectrogram, Spectrogram

__all__ = ["FRAMING", "KINDS", "Feature", "Options", "make_feature"]

Array = npt.NDArray[Any]
Frames = Mapping[str, Any]  # the arguments that all features share, checked

_F32, _F64 = np.dtype(np.float32), np.dtype(np.float64)
_C64, _C128 = np.dtype(np.complex64), np.dtype(np.complex128)
_TINY = float(np.finfo(np.float64).tiny)
_MOST_BINS = 2**23  # of statistics

FRAMING = (
    "n_fft",
    "hop_length",
    "win_length",
    "window",
    "center",
    "pad_mode",
    "pad_tail",
    "input_scale",
    "precision",
    "engine",
    "planner",
)


class Options(Mapping[str, Any]):
    """Options of a feature: a dict that can be hashed."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)

    def __reduce__(self) -> tuple[Any, ...]:
        return Options, (self._values,)


class Feature(NamedTuple):
    """A feature of a plan."""

    name: str
    given: Any  # True, or the options that are not the default
    n_rows: int
    core: Callable[[bool], Any]  # what `_core.Features` takes, by whether the core is double
    dtype: Callable[[bool], np.dtype[Any]]  # of the result, by whether the input is double
    whole: tuple[str, Any] | None = None  # the option for which the whole signal is needed
    # Makes the result of what the core computes, of so many rows and in double: (raw, out).
    n_raw: int = 0
    finish: Callable[[Array, Array, int], None] | None = None
    warns: str = ""
    # Whether a frame's values are neighbours in new arrays: whole spectra along their bins would
    # touch more pages of memory in turns than processors remember.
    by_frame: bool = False

    def new(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return a new array, because of an argument."""
        if not self.by_frame:
            return new_array(name, shape, dtype)
        return new_array(name, (*shape[:-2], shape[-1], shape[-2]), dtype).swapaxes(-1, -2)


def _real(wide: bool) -> np.dtype[Any]:
    return _F64 if wide else _F32


def _complex(wide: bool) -> np.dtype[Any]:
    return _C128 if wide else _C64


def _double(wide: bool) -> np.dtype[Any]:
    return _F64


# ---- plans ---------------------------------------------------------------------------------------


def _defaults_of(plan: type[Any]) -> dict[str, Any]:
    defaults = plan.__init__.__kwdefaults__
    own = {name: value for name, value in defaults.items() if name not in (*FRAMING, "sr")}
    if "bank_dtype" in own:
        own["bank_dtype"] = np.dtype(own["bank_dtype"]).name
    return own


def _of_plan(plan: type[Any], name: str, options: dict[str, Any], frames: Frames) -> Feature:
    shared = {key: frames[key] for key in FRAMING}
    if "sr" in plan.__init__.__kwdefaults__:
        shared["sr"] = frames["sr"]
    made = rebuild(plan, {**shared, **options})
    checked = {key: made._arguments[key] for key in options}
    whole = None
    for key in ("top_db", "ref"):
        value = made._arguments.get(key)
        if value is not None and (key == "top_db" or value == "max"):
            whole = whole or (key, value)
    return Feature(
        name,
        checked,
        made.n_bins,
        made._core,
        _complex if plan is STFT else _real,
        whole,
        warns="empty bands" if getattr(made, "_has_empty_bands", False) else "",
        by_frame=plan in (STFT, Spectrogram),
    )


# ---- statistics of spectra -----------------------------------------------------------------------


def _n_bins(name: str, frames: Frames) -> int:
    n_bins: int = frames["n_fft"] // 2 + 1
    if n_bins > _MOST_BINS:
        raise ParameterError(f"n_fft={frames['n_fft']}: must be less than {2 * _MOST_BINS}")
    return n_bins


def _statistic(
    kind: int, frequencies: Array | None, n_bins: int, power: float, settings: Any, double: bool
) -> tuple[_core.Spectral, float]:
    given = b"" if frequencies is None else frequencies.tobytes()
    return _plan(kind, n_bins, double, given, **settings), power


def _of_spectra(
    name: str,
    options: dict[str, Any],
    frames: Frames,
    kind: int,
    settings: dict[str, Any],
    power: float = 1.0,
    dtype: Callable[[bool], np.dtype[Any]] = _double,
) -> Feature:
    n_bins = _n_bins(name, frames)
    freq = None
    if kind in (CENTROID, BANDWIDTH, ROLLOFF):
        freq = fft_frequencies(sr=frames["sr"], n_fft=frames["n_fft"])
    core = partial(_statistic, kind, freq, n_bins, power, settings)
    return Feature(name, options, 1, core, dtype)


def _centroid(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    return _of_spectra(name, options, frames, CENTROID, {})


def _bandwidth(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    options["p"] = p = check_float("p", options["p"], exclusive_minimum=0)
    options["norm"] = norm = check_bool("norm", options["norm"])
    return _of_spectra(name, options, frames, BANDWIDTH, {"p": p, "normalize": norm})


def _rolloff(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    share = _share("roll_percent", options)
    return _of_spectra(name, options, frames, ROLLOFF, {"share": share})


def _share(key: str, options: dict[str, Any]) -> float:
    options[key] = share = check_float(key, options[key], exclusive_minimum=0)
    if share >= 1:
        raise ParameterError(f"{key}={share}: must be less than 1")
    return share


def _flatness(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    options["amin"] = amin = check_float("amin", options["amin"], exclusive_minimum=0)
    options["power"] = power = check_float("power", options["power"], exclusive_minimum=0)
    settings = {"amin": max(amin, _TINY), "square": False}
    return _of_spectra(name, options, frames, FLATNESS, settings, power, _real)


def _contrast(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    options["linear"] = linear = check_bool("linear", options["linear"])
    options["fmin"] = fmin = check_float("fmin", options["fmin"], exclusive_minimum=0)
    options["n_bands"] = check_int("n_bands", options["n_bands"], minimum=1, maximum=2000)
    quantile = _share("quantile", options)
    top_db = options["top_db"]
    if top_db is not None:
        options["top_db"] = top_db = check_float("top_db", top_db, minimum=0)
    n_bins = _n_bins(name, frames)
    freq = fft_frequencies(sr=frames["sr"], n_fft=frames["n_fft"])
    bands = _octaves(freq, frames["sr"], fmin, options["n_bands"], quantile)
    stretches = tuple((int(bins[0]), int(bins[-1]) + 1, count) for bins, count in bands)
    core = partial(_statistic, TAILS, None, n_bins, 1.0, {"bands": stretches})
    return Feature(
        name,
        options,
        len(bands),
        core,
        _double,
        None if linear or top_db is None else ("top_db", top_db),
        2 * len(bands),
        partial(_contrast_of, linear, top_db),
    )


def _contrast_of(linear: bool, top_db: float | None, raw: Array, out: Array, n: int) -> None:
    """Peaks over valleys, (..., 2 * bands, frames), to (..., bands, frames), by signal."""
    half = raw.shape[-2] // 2
    for index in np.ndindex(*raw.shape[:-2]):
        low, high = raw[index][:half], raw[index][half:]
        if not linear and low.size:
            high = power_to_db(high, top_db=top_db, n_threads=n)
            low = power_to_db(low, top_db=top_db, n_threads=n)
        np.subtract(high, low, out=out[index], casting="same_kind")


def _poly(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    options["order"] = order = check_int("order", options["order"], minimum=0, maximum=100)
    _n_bins(name, frames)
    weights, short = _fit(fft_frequencies(sr=frames["sr"], n_fft=frames["n_fft"]), order)

    def core(double: bool) -> tuple[_core.Spectral, float]:
        n_bins = weights.shape[1]
        return _core.Spectral(kind=SUMS, n_bins=n_bins, double=double, weights=weights), 1.0

    warns = "poorly conditioned" if short else ""
    return Feature(name, options, order + 1, core, _double, warns=warns)


# ---- statistics of samples -----------------------------------------------------------------------


def _of_samples(
    name: str, options: dict[str, Any], frames: Frames, pad_mode: str, dtype: Any, **settings: Any
) -> Feature:
    pad = frames["n_fft"] // 2 if frames["center"] else 0
    settings |= {
        "frame_length": frames["n_fft"],
        "hop_length": frames["hop_length"],
        "pad": pad,
        "pad_mode": PAD_MODES[pad_mode] if pad else 0,
    }
    return Feature(name, options, 1, lambda double: settings, dtype)


def _rms(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    kind = check_dtype("dtype", options["dtype"], (_F32, _F64))
    options["dtype"] = kind.name
    return _of_samples(name, options, frames, frames["pad_mode"], lambda wide: kind)


def _zcr(name: str, options: dict[str, Any], frames: Frames) -> Feature:
    for key in ("zero_pos", "pad"):
        options[key] = check_bool(key, options[key])
    options["threshold"] = threshold = check_float("threshold", options["threshold"])
    return _of_samples(
        name,
        options,
        frames,
        "edge",
        _double,
        crossings=1,
        threshold=threshold,
        zero_pos=options["zero_pos"],
        first=options["pad"],
    )


# ---- the table -----------------------------------------------------------------------------------


class Kind(NamedTuple):
    """A kind of feature."""

    make: Callable[[str, dict[str, Any], Frames], Feature]
    defaults: dict[str, Any]  # of its options
    short: str = ""  # the option that a number stands for


def _plan_kind(plan: type[Any], short: str) -> Kind:
    return Kind(partial(_of_plan, plan), _defaults_of(plan), short)


KINDS: dict[str, Kind] = {
    "stft": _plan_kind(STFT, ""),
    "spectrogram": _plan_kind(Spectrogram, "power"),
    "mel": _plan_kind(MelSpectrogram, "n_mels"),
    "mfcc": _plan_kind(MFCC, "n_mfcc"),
    "chroma": _plan_kind(ChromaSTFT, "n_chroma"),
    "centroid": Kind(_centroid, {}),
    "bandwidth": Kind(_bandwidth, {"norm": True, "p": 2.0}, "p"),
    "rolloff": Kind(_rolloff, {"roll_percent": 0.85}, "roll_percent"),
    "flatness": Kind(_flatness, {"amin": 1e-10, "power": 2.0}),
    "contrast": Kind(
        _contrast,
        {"fmin": 200.0, "n_bands": 6, "quantile": 0.02, "linear": False, "top_db": 80.0},
        "n_bands",
    ),
    "poly": Kind(_poly, {"order": 1}, "order"),
    "rms": Kind(_rms, {"dtype": "float32"}),
    "zcr": Kind(_zcr, {"threshold": 1e-10, "zero_pos": True, "pad": False}),
}


def make_feature(name: str, given: Any, frames: Frames) -> Feature | None:
    """Return a feature from what its keyword was given; None for what is off.

    Its `given` is what the plan's arguments are to hold: True, or the options that matter.
    """
    kind = KINDS[name]
    if given is None or given is False or (isinstance(given, np.bool_) and not given):
        return None
    if given is True or isinstance(given, np.bool_):
        options: dict[str, Any] = {}
    elif isinstance(given, Mapping):
        options = dict(given)
    elif kind.short and isinstance(given, int | float | np.integer | np.floating):
        options = {kind.short: given}
    else:
        number = f", a number ({kind.short})" if kind.short else ""
        allowed = f"True, False{number} or a dict of options"
        raise ParameterError(f"{name}={show(given)}: must be {allowed}")
    for key in options:
        if key in FRAMING or key == "sr":
            raise ParameterError(
                f"{name}: {key} is that of all features; give it to Features itself"
            )
        check_choice(f"{name}: option", key, tuple(kind.defaults))
    try:
        feature = kind.make(name, {**kind.defaults, **options}, frames)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error}") from None
    changed = {k: v for k, v in feature.given.items() if v != kind.defaults[k]}
    return feature._replace(given=Options(changed) if changed else True)
