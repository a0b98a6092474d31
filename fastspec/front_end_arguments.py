"""The arguments of `FrontEnd`, stage by stage: checked, and as the core takes them."""

from __future__ import annotations

import math
from typing import Any

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
from fastspec.chroma_filters import check_chroma_norm
from fastspec.chroma_spectra import frame_norm
from fastspec.dct import dct_matrix
from fastspec.energy_normalization import check_constants, constants
from fastspec.filters import check_norm
from fastspec.mel_banks import DTYPES, NORMS, SCALES, mel_bank
from fastspec.plans import PAD_MODES, _Window, freeze_window
from fastspec.windows import get_window, pad_window

__all__ = ["LEAST", "SETTINGS", "configure"]

Array = npt.NDArray[Any]

LEAST = float(np.finfo(np.float32).tiny)  # what counts as zero in single precision

_LARGEST = 2**60
_MOST = float(np.finfo(np.float32).max)
_OUTPUTS = {"spectrum": 1, "bands": 2, "cepstrum": 3}
_LOGS: dict[str | None, int] = {None: 0, "db": 1, "ln": 2, "log10": 3, "pcen": 4}
_ALIGN = ("center", "left", "snip_edges", "kaldi", "semicausal")
_ENERGY = {None: 0, "raw": 1, "windowed": 2}
_NORMALIZE = {None: 0, "mean": 1, "mean_var": 2}
_EPS_MODES = {"var": 0, "std": 1, "max": 2}
_STACK_ENDS = {"drop": 0, "zero": 1, "repeat": 2}

# What the core's plan takes by itself; the rest is handed over together.
SETTINGS = frozenset(
    ("output", "n_fft", "hop_length", "window", "center", "librosa_tail", "pad_mode")
    + ("input_scale", "power", "bands", "n_bands", "log", "amin", "ref", "top_db", "log_floor")
    + ("dct", "n_ceps", "frame_norm", "frame_norm_p")
)


def configure(a: dict[str, Any]) -> dict[str, Any]:
    """Check arguments, in place, and return the core's configuration by its names."""
    return {
        **_framing(a),
        **_samples(a),
        **_spectrum(a),
        **_compression(a),
        **_pcen(a),
        **_cepstrum(a),
        **_over_time(a),
    }


def _framing(a: dict[str, Any]) -> dict[str, Any]:
    """Return where frames lie and what the window is; the arguments are checked in place."""
    a["sr"] = check_float("sr", a["sr"], exclusive_minimum=0)
    n_fft = a["n_fft"] = check_int("n_fft", a["n_fft"], minimum=1, maximum=2**30)
    width = n_fft
    if a["win_length"] is not None:
        width = check_int("win_length", a["win_length"], minimum=1, maximum=n_fft)
    a["win_length"] = width
    hop = max(1, width // 4)
    if a["hop_length"] is not None:
        hop = check_int("hop_length", a["hop_length"], minimum=1, maximum=_LARGEST)
    a["hop_length"] = hop
    symmetric = a["window_symmetric"] = check_bool("window_symmetric", a["window_symmetric"])
    check_choice("window_dtype", a["window_dtype"], ("float64", "float32"))
    check_choice("window_align", a["window_align"], ("center", "left"))
    window = a["window"]
    if symmetric and callable(window):
        raise ParameterError("window_symmetric=True: is for named windows")
    a["window"] = window = freeze_window(window, width)
    if isinstance(window, _Window):
        values = get_window(window.values, width)
    else:
        values = get_window(window, width, fftbins=not symmetric)
    if a["window_dtype"] == "float32":
        values = values.astype(np.float32).astype(np.float64)
    left_window = a["window_align"] == "left"
    if left_window:
        values = np.concatenate([values, np.zeros(n_fft - width)])
    else:
        values = pad_window(values, n_fft)
    length = width if left_window else n_fft
    align = a["align"] = check_choice("align", a["align"], _ALIGN)
    before, behind = _padding(a, length, hop)
    a["pad_mode"] = pad_mode = (
        ("symmetric" if align == "kaldi" else "constant")
        if a["pad_mode"] is None
        else check_choice("pad_mode", a["pad_mode"], tuple(PAD_MODES))
    )
    a["drop_last"] = check_bool("drop_last", a["drop_last"])
    a["append"] = check_int("append", a["append"], minimum=0, maximum=2**40)
    a["pad_to"] = check_int("pad_to", a["pad_to"], minimum=0, maximum=2**40)
    multiple = check_int("pad_to_multiple", a["pad_to_multiple"], minimum=1, maximum=2**40)
    a["pad_to_multiple"] = multiple
    return {
        "n_fft": n_fft,
        "hop_length": hop,
        "window": values,
        "center": False,
        "librosa_tail": False,
        "pad_mode": PAD_MODES[pad_mode],
        "frame_length": length,
        "pad_left": before,
        "pad_right": behind,
        "drop_last": a["drop_last"],
        "append": a["append"],
        "least_samples": a["pad_to"],
        "multiple": multiple,
    }


def _padding(a: dict[str, Any], length: int, hop: int) -> tuple[int, int]:
    """Return the samples before the first frame's and behind the last frame's."""
    if a["pad"] is not None:
        try:
            before, behind = a["pad"]
        except (TypeError, ValueError):
            raise ParameterError(f"pad={show(a['pad'])}: must be two integers") from None
        limits = {"minimum": -a["n_fft"], "maximum": a["n_fft"]}
        before = check_int("pad[0]", before, **limits)
        behind = check_int("pad[1]", behind, **limits)
        a["pad"] = (before, behind)
        return before, behind
    if a["align"] == "center":
        return length // 2, length // 2
    if a["align"] == "semicausal":
        return max(length - hop, 0), 0
    if a["align"] == "kaldi":
        before = length // 2 - hop // 2
        if abs(before) > a["n_fft"]:
            raise ParameterError(f"hop_length={hop}: is too large for align='kaldi'")
        return before, length + hop // 2 - hop - before
    return 0, 0


def _samples(a: dict[str, Any]) -> dict[str, Any]:
    """Return what happens to the samples."""
    if a["input_scale"] is not None:
        a["input_scale"] = check_float("input_scale", a["input_scale"])
    a["gain"] = check_float("gain", a["gain"], exclusive_minimum=0, maximum=1e15)
    a["dither"] = check_float("dither", a["dither"], minimum=0, maximum=1e15)
    a["seed"] = check_int("seed", a["seed"], minimum=0, maximum=2**63 - 1)
    a["remove_dc"] = check_bool("remove_dc", a["remove_dc"])
    a["preemphasis"] = check_float("preemphasis", a["preemphasis"], minimum=-1e6, maximum=1e6)
    mode = check_choice("preemphasis_mode", a["preemphasis_mode"], ("frame", "signal"))
    return {
        "input_scale": 1.0 if a["input_scale"] is None else a["input_scale"],
        "gain": a["gain"],
        "dither": a["dither"],
        "seed": a["seed"],
        "remove_dc": a["remove_dc"],
        "preemphasis": a["preemphasis"],
        "preemphasis_signal": mode == "signal",
    }


def _spectrum(a: dict[str, Any]) -> dict[str, Any]:
    """Return the power and the bank."""
    a["power"] = check_float("power", a["power"], exclusive_minimum=0)
    eps = a["magnitude_eps"] = check_float(
        "magnitude_eps", a["magnitude_eps"], minimum=0, maximum=_MOST
    )
    mode = check_choice("magnitude_eps_mode", a["magnitude_eps_mode"], ("add", "max"))
    bank = _bank(a)
    return {
        "power": a["power"],
        "magnitude_eps": eps,
        "magnitude_eps_max": mode == "max",
        "bands": bank,
        "identity_bands": bank is None,
        "n_bands": a["n_fft"] // 2 + 1 if bank is None else bank.shape[0],
    }


def _bank(a: dict[str, Any]) -> Array | None:
    """Return the matrix of the bank, or None where there is none."""
    sr, n_fft = a["sr"], a["n_fft"]
    n_bins = n_fft // 2 + 1
    for name in ("integer_nyquist", "zero_dc", "zero_nyquist"):
        a[name] = check_bool(name, a[name])
    a["fmin"] = fmin = check_float("fmin", a["fmin"], minimum=0)
    if a["fmax"] is not None:
        a["fmax"] = check_float("fmax", a["fmax"])
    fmax = sr / 2 if a["fmax"] is None else a["fmax"]
    if fmax <= 0:
        fmax += sr / 2
    check_choice("mel_scale", a["mel_scale"], SCALES)
    check_choice("triangles", a["triangles"], ("hz", "mel"))
    check_choice("bank_dtype", a["bank_dtype"], DTYPES)
    if isinstance(a["norm"], str):
        check_choice("norm", a["norm"], NORMS)
    else:
        a["norm"] = check_norm("norm", a["norm"])
    if a["n_mels"] is not None:
        a["n_mels"] = check_int("n_mels", a["n_mels"], minimum=1, maximum=2**24)
    if a["filterbank"] is not None:
        bank = _matrix("filterbank", a["filterbank"])
        if bank.ndim != 2 or bank.shape[0] < 1 or bank.shape[1] != n_bins:
            raise ParameterError(f"filterbank: has shape {bank.shape}; must be (n_bands, {n_bins})")
        a["filterbank"] = _Window(bank)
        bank = bank.copy()
    elif a["n_mels"] is None:
        if a["zero_dc"] or a["zero_nyquist"]:
            raise ParameterError("zero_dc, zero_nyquist: need n_mels or a filterbank")
        return None
    else:
        if fmin >= fmax:
            raise ParameterError(f"fmin={fmin}: must be less than fmax={fmax}")
        if a["n_mels"] * n_bins > 2**32:
            raise ParameterError(f"n_mels={a['n_mels']}: is too large for n_fft={n_fft}")
        with np.errstate(all="ignore"):
            bank = mel_bank(
                sr=sr,
                n_fft=n_fft,
                n_mels=a["n_mels"],
                fmin=fmin,
                fmax=fmax,
                scale=a["mel_scale"],
                triangles=a["triangles"],
                norm=a["norm"],
                dtype=a["bank_dtype"],
                integer_nyquist=a["integer_nyquist"],
            )
    if a["zero_dc"]:
        bank[:, 0] = 0
    if a["zero_nyquist"] and n_fft % 2 == 0:
        bank[:, -1] = 0
    return np.ascontiguousarray(bank)


def _compression(a: dict[str, Any]) -> dict[str, Any]:
    """Return the logarithm and what clips it."""
    log = a["log"]
    if log is not None:
        log = a["log"] = check_choice("log", log, ("ln", "log10", "db", "pcen"))
    add = check_choice("log_mode", a["log_mode"], ("max", "add")) == "add"
    amin = a["amin"] = check_float("amin", a["amin"], exclusive_minimum=0, maximum=_MOST)
    a["log_multiplier"] = check_float(
        "log_multiplier", a["log_multiplier"], exclusive_minimum=0, maximum=_MOST
    )
    a["ref"] = check_float("ref", a["ref"], exclusive_minimum=0)
    if a["log_multiplier"] != 1 and not add:
        raise ParameterError(f"log_multiplier={a['log_multiplier']}: is for log_mode='add'")
    for name, bounds in (("log_floor", {"maximum": 1e6}), ("rel_clip", {"minimum": 0})):
        if a[name] is not None:
            a[name] = check_float(name, a[name], **bounds)
            if log is None or log == "pcen":
                raise ParameterError(f"{name}={a[name]}: needs a log other than {log!r}")
    check_choice("clip_scope", a["clip_scope"], ("item", "array"))
    return {
        "log": _LOGS[log],
        "amin": LEAST if add and log else amin,
        "ref": a["ref"],
        "log_add": amin if add and log else 0.0,
        "log_multiplier": a["log_multiplier"],
        "top_db": -1.0 if a["rel_clip"] is None else a["rel_clip"],
        "log_floor": -math.inf if a["log_floor"] is None else a["log_floor"],
    }


def _pcen(a: dict[str, Any]) -> dict[str, Any]:
    """Return the constants of PCEN."""
    check_constants(a)
    if a["log"] == "pcen":
        for name, plain in (
            ("log_mode", "max"),
            ("ref", 1.0),
            ("n_mfcc", None),
            ("frame_norm", None),
        ):
            given = a[name]
            if plain is None or isinstance(given, np.ndarray):  # whose comparison is an array
                other = given is not plain
            else:
                other = given != plain
            if other:
                raise ParameterError(f"{name}={show(given)}: is not for log='pcen'")
    return constants(a, a["hop_length"])


def _cepstrum(a: dict[str, Any]) -> dict[str, Any]:
    """Return scale and offset, the DCT and the energy, and what the plan ends in."""
    n_bands = _n_bands(a)
    energy = a["energy"]
    if energy is not None:
        energy = a["energy"] = check_choice("energy", energy, ("raw", "windowed"))
    floor = a["energy_floor"] = check_float(
        "energy_floor", a["energy_floor"], minimum=0, maximum=_MOST
    )
    last = a["energy_last"] = check_bool("energy_last", a["energy_last"])
    a["lifter"] = check_float("lifter", a["lifter"], minimum=0)
    a["lifter_origin"] = check_int("lifter_origin", a["lifter_origin"], minimum=0, maximum=1)
    if a["dct_norm"] is not None:
        check_choice("dct_norm", a["dct_norm"], ("ortho", "htk"))
    a["dct_type"] = check_int("dct_type", a["dct_type"], minimum=1, maximum=3)
    settings: dict[str, Any] = {
        "energy": _ENERGY[energy],
        "energy_floor": floor,
        "energy_last": last,
    }
    for name in ("scale", "offset"):
        values = _matrix(name, a[name])
        if values.shape not in ((), (n_bands,)):
            raise ParameterError(
                f"{name}: has shape {values.shape}; must be a number or ({n_bands},)"
            )
        a[name] = float(values) if values.ndim == 0 else _Window(values)
        settings[f"band_{name}"] = np.ascontiguousarray(np.broadcast_to(values, (n_bands,)))
    if a["scale"] == 1.0 and a["offset"] == 0.0:
        settings["band_scale"] = settings["band_offset"] = None
    norm = a["frame_norm"] = check_chroma_norm("frame_norm", a["frame_norm"])
    if norm is not None and (a["rel_clip"] is not None or a["n_mfcc"] is not None):
        raise ParameterError(f"frame_norm={norm}: is not for plans with rel_clip or n_mfcc")
    settings["frame_norm"], settings["frame_norm_p"] = frame_norm(norm)
    plain = a["log"] is None and energy is None and settings["band_scale"] is None and norm is None
    if a["n_mfcc"] is None:
        if energy is None and last:
            raise ParameterError("energy_last=True: needs energy or n_mfcc")
        with_bands = not (plain and a["n_mels"] is None and a["filterbank"] is None)
        settings["output"] = _OUTPUTS["bands" if with_bands else "spectrum"]
        return settings
    a["n_mfcc"] = check_int("n_mfcc", a["n_mfcc"], minimum=1, maximum=n_bands)
    matrix = _dct(a, n_bands)
    if energy is not None:
        matrix = matrix[1:]
    elif last:
        zeroth = matrix[:1] * (1.0 if a["dct_norm"] == "htk" else math.sqrt(2))
        matrix = np.concatenate([matrix[1:], zeroth])
    if not len(matrix):
        raise ParameterError("n_mfcc=1: leaves no coefficient besides the energy")
    return {
        **settings,
        "output": _OUTPUTS["cepstrum"],
        "dct": np.ascontiguousarray(matrix),
        "n_ceps": len(matrix),
    }


def _dct(a: dict[str, Any], n_bands: int) -> Array:
    """Return the liftered matrix, all n_mfcc rows."""
    htk = a["dct_norm"] == "htk"
    matrix = dct_matrix(
        n_bands, a["n_mfcc"], dct_type=a["dct_type"], norm=None if htk else a["dct_norm"]
    )
    if htk:
        matrix *= math.sqrt(0.5 / n_bands)
    if a["lifter"]:
        row = np.arange(len(matrix)) + a["lifter_origin"]
        with np.errstate(all="ignore"):
            weights = 1 + a["lifter"] / 2 * np.sin(np.pi * row / a["lifter"])
            matrix *= weights[:, np.newaxis]
        if not np.isfinite(matrix).all():
            raise ParameterError(f"lifter={a['lifter']}: is too small")
    return matrix


def _n_bands(a: dict[str, Any]) -> int:
    """Return the rows before the DCT."""
    if a["filterbank"] is not None:
        return int(a["filterbank"].values.shape[0])
    return int(a["n_fft"] // 2 + 1 if a["n_mels"] is None else a["n_mels"])


def _over_time(a: dict[str, Any]) -> dict[str, Any]:
    """Return the stages over time."""
    a["deltas"] = check_int("deltas", a["deltas"], minimum=0, maximum=2)
    a["delta_window"] = check_int("delta_window", a["delta_window"], minimum=1, maximum=1000)
    mode = check_choice("delta_mode", a["delta_mode"], ("htk", "kaldi", "librosa"))
    if a["normalize"] is not None:
        check_choice("normalize", a["normalize"], ("mean", "mean_var"))
    a["norm_ddof"] = check_int("norm_ddof", a["norm_ddof"], minimum=0, maximum=1)
    a["norm_eps"] = check_float("norm_eps", a["norm_eps"], minimum=0)
    check_choice("norm_eps_mode", a["norm_eps_mode"], tuple(_EPS_MODES))
    check_choice("norm_scope", a["norm_scope"], ("feature", "item"))
    stack = a["stack"] = check_int("stack", a["stack"], minimum=1, maximum=1000)
    stride = stack
    if a["stack_stride"] is not None:
        stride = check_int("stack_stride", a["stack_stride"], minimum=1, maximum=1000)
    a["stack_stride"] = stride
    a["stack_left"] = check_int("stack_left", a["stack_left"], minimum=0, maximum=stack - 1)
    check_choice("stack_end", a["stack_end"], tuple(_STACK_ENDS))
    return {
        "deltas": a["deltas"],
        "delta_window": a["delta_window"],
        "delta_kaldi": mode == "kaldi",
        "delta_savgol": mode == "librosa",
        "normalize": _NORMALIZE[a["normalize"]],
        "norm_ddof": a["norm_ddof"],
        "norm_eps": a["norm_eps"],
        "norm_eps_mode": _EPS_MODES[a["norm_eps_mode"]],
        "norm_item": a["norm_scope"] == "item",
        "stack": stack,
        "stack_stride": stride,
        "stack_left": a["stack_left"],
        "stack_end": _STACK_ENDS[a["stack_end"]],
    }


def _matrix(name: str, values: Any) -> Array:
    """Return an argument of numbers as float64, checked to be finite."""
    if isinstance(values, float | int) and not isinstance(values, bool):
        return np.array(check_float(name, values))
    try:
        array = np.asarray(values.values if isinstance(values, _Window) else values)
        if array.dtype.kind not in "iuf":
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(f"{name}={show(values)}: must be real numbers") from None
    if not np.isfinite(array).all():
        raise ParameterError(f"{name}: holds NaN or infinite values; all must be finite")
    return array
