"""The hostile matrix: what a caller can do wrong, and what becomes of it.

    python tests/hostile.py [--every N] [--only TEXT] [--list]

Every line here that calls `vary` or `case` adds rows: `vary` one for each value of each argument,
`case` a single one. hostile_run.py says how they are run and judged, hostile_values.py holds the
values.
"""

from __future__ import annotations

import argparse
import array
import copy
import ctypes
import gc
import importlib.util
import io
import math
import os
import pickle
import random
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import hostile_access
import hostile_features  # noqa: F401 # adds its rows
import hostile_fundamental  # noqa: F401 # adds its rows
import hostile_over_time  # noqa: F401
import hostile_pitch  # noqa: F401
import numpy as np
from hostile_run import (
    CASES,
    MEMORY,
    Case,
    Own,
    Value,
    bad,
    calling,
    case,
    made,
    maybe,
    odd,
    run,
    table,
    vary,
    virtual_size,
    without,
)
from hostile_values import (
    BOOLS,
    DTYPES,
    HOP,
    MEL,
    N_FFT,
    NAMES,
    NUMBERS,
    PAD_FUNCTIONS,
    REFS,
    SEEDS,
    SHAPE,
    SIZES,
    THREADS,
    WILD,
    WINDOWS,
    BrokenRepr,
    D,
    EqualToAll,
    N,
    S,
    Y,
    arrays,
    lenient,
    misaligned,
    noise,
    outs,
    recurse,
    strict,
    swapped,
    virtual,
)

import fastspec
from fastspec import _core

nan, inf = math.nan, math.inf

# ---- functions ----------------------------------------------------------------------------------

# What an error about a window may call it.
PARTS = ("win_length", "Nx", "beta", "std", "weight", "weights", "at", "nbar", "norm", "sll")
FRAMES: dict[str, Any] = {"n_fft": N_FFT, "hop_length": HOP}
CALLS: dict[str, list[Value]] = {"n_threads": THREADS, "precision": NAMES}
FRAMING: dict[str, list[Value]] = {
    "n_fft": SIZES,
    "hop_length": SIZES,
    "win_length": SIZES,
    "window": WINDOWS,
    "center": BOOLS,
}


_stft = calling(fastspec.stft, y=Y, **FRAMES)
vary("stft", _stft, *PARTS, **FRAMING, **CALLS)
vary("stft", _stft, y=strict(arrays(N)), dtype=DTYPES, out=outs(SHAPE, np.complex64))
vary("stft", _stft, "y", pad_mode=[*without(NAMES, "str"), *PAD_FUNCTIONS])
vary("stft", calling(_stft, center=False), "n_fft", y=strict(arrays(N)), n_fft=SIZES)
_padded = calling(_stft, pad_mode=lambda v, w, a, k: None)
_LONG = ("virtual 2**40", "virtual 2**58", "virtual last 2**40", "virtual first 2**40")
_LONG += ("virtual 2**20 channels", "no channels of 2**20")
vary("stft", _padded, "n_fft", y=without(strict(arrays(N)), *_LONG, "lying shape"))
for _value in arrays(N):
    if _value.label in _LONG:
        case(
            "stft",
            f"padding by a function, {_value.label}",
            lambda v=_value: _padded(y=v.make()),
            long=True,
        )
vary("stft", calling(_stft, hop_length=None), n_fft=[odd(2**20), odd(2**22)])

_istft = calling(fastspec.istft, stft_matrix=D, hop_length=HOP)
vary("istft", _istft, *PARTS, "stft_matrix", **FRAMING, **CALLS)
vary(
    "istft", _istft, "n_fft", stft_matrix=lenient(arrays(*SHAPE, dtype=np.complex64)), dtype=DTYPES
)
vary("istft", _istft, "stft_matrix", length=SIZES, out=outs((HOP * (SHAPE[1] - 1),), np.float32))

_mel = calling(fastspec.melspectrogram, y=Y, **FRAMES, n_mels=20)
BANK: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "n_mels": [*SIZES, odd(2**24)],
    "fmin": NUMBERS,
    "fmax": NUMBERS,
    "htk": BOOLS,
    "dtype": DTYPES,
}
vary("melspectrogram", _mel, *PARTS, "fmin", "fmax", **FRAMING, **CALLS, **BANK)
vary("melspectrogram", _mel, y=without(strict(arrays(N)), "None"))
vary(
    "melspectrogram",
    calling(_mel, y=None, S=S),
    "n_fft",
    S=lenient(without(arrays(*SHAPE), "None")),
    n_fft=SIZES,
)
vary("melspectrogram", _mel, "y", pad_mode=[*without(NAMES, "str"), *PAD_FUNCTIONS])
vary("melspectrogram", _mel, power=WILD, norm=[*maybe(NUMBERS), *without(NAMES, "5", "1.5", "nan")])
vary("melspectrogram", _mel, "argument", n_mel=SIZES[:1], banks=SIZES[:1], self=SIZES[:1])

_mfcc = calling(fastspec.mfcc, y=Y, **FRAMES, n_mels=20, n_mfcc=13)
vary("mfcc", _mfcc, *PARTS, "fmin", "fmax", "n_mels", **FRAMING, **CALLS, **BANK)
vary(
    "mfcc",
    _mfcc,
    "n_mels",
    y=without(strict(arrays(N)), "None"),
    n_mfcc=SIZES,
    dct_type=SIZES,
    lifter=NUMBERS,
)
vary("mfcc", calling(_mfcc, y=None, S=MEL), "n_mfcc", n_mfcc=SIZES, dct_type=SIZES, lifter=NUMBERS)
vary("mfcc", calling(_mfcc, y=None), S=lenient(without(arrays(20, 40), "None")))
vary(
    "mfcc",
    _mfcc,
    norm=NAMES,
    mel_norm=[*maybe(NUMBERS), *without(NAMES, "5", "1.5", "nan")],
    power=WILD,
)

_griffinlim = calling(fastspec.griffinlim, S=S, hop_length=HOP, n_iter=2, random_state=0)
vary("griffinlim", _griffinlim, *PARTS, "length", "S", **FRAMING, **CALLS)
vary(
    "griffinlim",
    _griffinlim,
    "n_fft",
    S=lenient(arrays(*SHAPE)),
    n_iter=without(SIZES, "2147483647", "1073741824"),
)
vary(
    "griffinlim",
    _griffinlim,
    length=SIZES,
    dtype=DTYPES,
    momentum=NUMBERS,
    init=NAMES,
    random_state=SEEDS,
)
vary("griffinlim", _griffinlim, pad_mode=NAMES)
case(
    "griffinlim", "n_iter=2**31 - 1, interrupted", lambda: _griffinlim(n_iter=2**31 - 1), long=True
)
case(
    "griffinlim",
    "the same of one frame",
    lambda: _griffinlim(S=S[:, :1], length=HOP, center=False, n_iter=2**31 - 1),
    long=True,
)

DECIBELS: dict[str, list[Value]] = {
    "ref": REFS,
    "amin": NUMBERS,
    "top_db": NUMBERS,
    "n_threads": THREADS,
}
_ANY = ("None", "a number", "list", "of the other kind", "wide", "empty", "0-d", "bytearray")
for _name in ("power_to_db", "amplitude_to_db"):
    _to_db = calling(getattr(fastspec, _name), S=S)
    vary(_name, _to_db, S=lenient(arrays(*SHAPE), *_ANY), **DECIBELS)
    vary(_name, calling(_to_db, S=S.astype(np.float16)), ref=maybe(REFS))
    vary(_name, calling(_to_db, S=0.5), ref=maybe(REFS), amin=NUMBERS)
for _name in ("db_to_power", "db_to_amplitude"):
    vary(_name, calling(getattr(fastspec, _name), S_db=S), S_db=lenient(arrays(*SHAPE), *_ANY))
    vary(
        _name,
        calling(getattr(fastspec, _name), S_db=S),
        ref=[v for v in maybe(REFS) if "function" not in v.label and not callable(v.make())],
    )
vary(
    "magphase",
    calling(fastspec.magphase, D=D),
    D=lenient(arrays(*SHAPE, dtype=np.complex64), *_ANY),
    power=WILD,
)

vary(
    "mel_filter",
    calling(fastspec.mel_filter, sr=22050, n_fft=N_FFT),
    "fmin",
    "fmax",
    n_fft=SIZES,
    **BANK,
)
vary("mel_filter", calling(fastspec.mel_filter, sr=22050, n_fft=N_FFT), norm=maybe(NUMBERS))
vary(
    "get_window",
    calling(fastspec.get_window, window="hann", Nx=N_FFT),
    *PARTS,
    window=WINDOWS,
    Nx=SIZES,
    fftbins=BOOLS,
)
for _name in ("hann", ("kaiser", 5), ("tukey", 0.5), ("chebwin", 100), "taylor", ("dpss", 3)):
    vary("get_window", calling(fastspec.get_window, window=_name), Nx=SIZES)
vary("convert", fastspec.fft_frequencies, sr=NUMBERS, n_fft=SIZES)
vary("convert", fastspec.mel_frequencies, n_mels=SIZES, fmin=NUMBERS, fmax=NUMBERS, htk=BOOLS)
for _name, _argument in (
    ("frames_to_time", "frames"),
    ("frames_to_samples", "frames"),
    ("samples_to_frames", "samples"),
    ("samples_to_time", "samples"),
    ("time_to_frames", "times"),
    ("time_to_samples", "times"),
    ("hz_to_mel", "frequencies"),
    ("mel_to_hz", "mels"),
):
    _values = [*without(maybe(arrays(7)), "no ufuncs", "matrix"), *maybe(NUMBERS), *maybe(SIZES)]
    _convert = calling(getattr(fastspec, _name), **{_argument: [1, 2]})
    vary("convert", _convert, **{_argument: [Value(v.label, v.make, None, False) for v in _values]})
    _rest = {"hop_length": SIZES, "n_fft": SIZES} if "frame" in _name else {}
    if "time" in _name:
        _rest["sr"] = WILD
    vary("convert", _convert, _argument, **_rest)
vary("settings", fastspec.set_precision, precision=NAMES)


def _limited(**given: Any) -> Any:
    try:
        fastspec.set_limits(**given)
        return fastspec.get_limits()
    finally:
        fastspec.set_limits()


def _until(seconds: Any) -> Any:
    with fastspec.deadline(seconds):
        return seconds


vary("settings", _until, seconds=NUMBERS)
for _limit in ("max_samples", "max_output_bytes", "max_scratch_bytes", "max_idle_bytes"):
    vary("settings", _limited, **{_limit: SIZES})

SEARCH: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "fmin": NUMBERS,
    "fmax": NUMBERS,
    "threshold": NUMBERS,
    "n_threads": THREADS,
}
for _name in ("piptrack", "estimate_tuning"):
    _search = calling(getattr(fastspec, _name), y=Y, **FRAMES)
    vary(_name, _search, *PARTS, **FRAMING, **SEARCH)
    vary(_name, _search, y=without(strict(arrays(N)), "None", *_LONG))
    vary(
        _name,
        calling(getattr(fastspec, _name), S=S),
        "n_fft",
        S=lenient(without(arrays(*SHAPE), "None", *_LONG)),
        n_fft=SIZES,
        ref=[v for v in maybe(NUMBERS) if not callable(v.make())],
    )
vary("estimate_tuning", _search, "argument", octave=SIZES[:1], self=SIZES[:1])
vary("estimate_tuning", _search, resolution=NUMBERS, bins_per_octave=SIZES)
vary("pitch_tuning", fastspec.pitch_tuning, frequencies=maybe(arrays(7)))
vary(
    "pitch_tuning",
    calling(fastspec.pitch_tuning, frequencies=[440]),
    resolution=NUMBERS,
    bins_per_octave=SIZES,
    n_threads=THREADS,
)
CHROMA: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "n_chroma": SIZES,
    "tuning": NUMBERS,
    "ctroct": NUMBERS,
    "octwidth": maybe(NUMBERS),
    "base_c": BOOLS,
    "norm": maybe(NUMBERS),
    "dtype": DTYPES,
}
vary("chroma_filter", calling(fastspec.chroma_filter, sr=22050, n_fft=N_FFT), n_fft=SIZES, **CHROMA)
_chroma = calling(fastspec.chroma_stft, y=Y, **FRAMES)
vary("chroma_stft", _chroma, *PARTS, "n_chroma", "tuning", "y", **FRAMING, **CALLS, **CHROMA)
vary("chroma_stft", _chroma, y=without(strict(arrays(N)), "None", *_LONG))
vary("chroma_stft", _chroma, "argument", octave=SIZES[:1], self=SIZES[:1])
vary(
    "chroma_stft",
    calling(fastspec.chroma_stft, S=S),
    "n_fft",
    S=lenient(without(arrays(*SHAPE), "None", *_LONG)),
    n_fft=SIZES,
)


# ---- files and pictures -------------------------------------------------------------------------


def wav(data: bytes = bytes(4000), **given: int) -> io.BytesIO:
    """A file of 16 bit PCM whose header says what it is told to say."""
    header = {"riff": 36 + len(data), "fmt": 16, "tag": 1, "channels": 1, "rate": 8000}
    header |= {"bytes": 16000, "align": 2, "bits": 16, "size": len(data)}
    parts = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", *_header({**header, **given}))
    return io.BytesIO(parts + data)


def _header(h: dict[str, int]) -> Iterator[Any]:
    yield from (h["riff"], b"WAVE", b"fmt ", h["fmt"], h["tag"], h["channels"], h["rate"])
    yield from (h["bytes"], h["align"], h["bits"], b"data", h["size"])


PATHS = [
    *map(bad, (None, "", "x", "/", "/dev/null", b"x", 1.5, nan, [], {}, object(), True, -1, 9999)),
    *map(bad, ("\0", b"\0", "\ud800", 10**30, -(10**30), 2**31)),
    *map(bad, ("/proc/self/mem", "x" * 10**6, str, Y, EqualToAll(), BrokenRepr())),
    made("plain", wav, "ok"),
    *(
        made(f"{field} = {value}", lambda f=field, v=value: wav(**{f: v}))
        for field in ("riff", "fmt", "tag", "channels", "rate", "bytes", "align", "bits", "size")
        for value in (0, 1, 7, 65535, 2**31 - 1, 2**31, 2**32 - 1)
        if value < 65536 or field in ("riff", "fmt", "rate", "bytes", "size")
    ),
    *(
        made(f"cut after {n} bytes", lambda n=n: io.BytesIO(wav().getvalue()[:n]))
        for n in range(0, 60, 3)
    ),
    *(
        made(f"noise {n}", lambda n=n: io.BytesIO(random.Random(n).randbytes(500)))
        for n in range(10)
    ),
    made("empty", io.BytesIO, "refused"),
    made(
        "NaN",
        lambda: wav(np.full(99, nan, np.float32).tobytes(), tag=3, bits=32, align=4),
        "refused",
    ),
    made(
        "inf",
        lambda: wav(np.full(99, inf, np.float32).tobytes(), tag=3, bits=32, align=4),
        "refused",
    ),
    made("closed", lambda: (f := wav(), f.close())[0], "refused"),
    made("text", lambda: io.StringIO("RIFF"), "refused"),
]

if importlib.util.find_spec("soundfile") and importlib.util.find_spec("soxr"):
    from fastspec.audio import AudioFileError

    def _load(**given: Any) -> Any:
        try:
            return fastspec.load(**{"path": wav(), "sr": 16000, **given})
        except (OSError, AudioFileError) as error:
            raise fastspec.ParameterError("path") from error

    vary("load", _load, "the audio file", path=PATHS)

    def _crop(**given: Any) -> Any:
        plan = fastspec.MelSpectrogram(sr=8000, n_fft=64, n_mels=9, hop_length=16)
        try:
            return plan.crop(**{"source": wav(), "frames": slice(3), **given})
        except (OSError, AudioFileError) as error:
            raise fastspec.ParameterError("source") from error

    vary("crop", _crop, "the audio file", "path", "y", "sr", "n_fft", source=maybe(PATHS))
    vary("crop", _crop, "y", mono=BOOLS, dtype=DTYPES, frames=hostile_access.FRAMES)

    vary("load", _load, sr=NUMBERS, mono=BOOLS, dtype=DTYPES, res_type=NAMES)
    vary("load", _load, **dict.fromkeys(("offset", "duration"), without(NUMBERS, "1.7e+308")))

if importlib.util.find_spec("matplotlib"):

    def _show(**given: Any) -> None:
        from matplotlib.figure import Figure

        try:
            fastspec.specshow(**{"data": MEL, "ax": Figure().subplots(), "x_axis": "time", **given})
        except Exception as error:  # also what matplotlib says of it
            raise fastspec.ParameterError("data sr hop_length") from error

    vary(
        "specshow",
        _show,
        data=maybe(v for v in arrays(20, 30) if v.must and "nested" not in v.label),
    )
    vary("specshow", _show, sr=maybe(NUMBERS), hop_length=maybe(SIZES))


# ---- plans --------------------------------------------------------------------------------------

PLANS: dict[str, dict[str, Any]] = {
    "STFT": FRAMES,
    "Spectrogram": FRAMES,
    "MelSpectrogram": {**FRAMES, "n_mels": 20, "log": "db", "top_db": 80.0},
    "MFCC": {**FRAMES, "n_mels": 20, "n_mfcc": 13},
}
PLAN: dict[str, list[Value]] = {
    **FRAMING,
    "pad_mode": NAMES,
    "pad_tail": NAMES,
    "precision": NAMES,
    "engine": NAMES,
    "planner": NAMES,
    "input_scale": NUMBERS,
}
OWN: dict[str, dict[str, list[Value]]] = {
    "STFT": {},
    "Spectrogram": {"power": WILD},
    "MelSpectrogram": {
        "power": WILD,
        "log": NAMES,
        "ref": [*NUMBERS, *without(NAMES, "5", "1.5", "nan")],
        "top_db": NUMBERS,
        "log_floor": NUMBERS,
        "amin": NUMBERS,
        "norm": [*maybe(NUMBERS), *without(NAMES, "5", "1.5", "nan")],
        "bank_dtype": DTYPES,
        **{name: values for name, values in BANK.items() if name != "dtype"},
    },
}
OWN["MFCC"] = {
    **OWN["MelSpectrogram"],
    "n_mfcc": SIZES,
    "dct_type": SIZES,
    "dct_norm": NAMES,
    "lifter": NUMBERS,
}


def _make(name: str, **given: Any) -> Any:
    return getattr(fastspec, name)(**{**PLANS[name], **given})


for _name in PLANS:

    def _make_and_call(_name: str = _name, **given: Any) -> Any:
        plan = _make(_name, **given)
        hash(plan), repr(plan), plan == plan, getattr(plan, "frequencies", 0), plan.times(5)
        return plan(Y)

    def _tampered(_name: str = _name, **given: Any) -> Any:
        function, (kind, arguments) = _make(_name).__reduce__()
        return function(kind, {**arguments, **given})(Y)

    def _call(_name: str = _name, **given: Any) -> Any:
        return _make(_name)(**{"y": Y, **given})

    def _frames(_name: str = _name, **given: Any) -> Any:
        return _make(_name).n_frames(**given)

    def _times(_name: str = _name, **given: Any) -> Any:
        return _make(_name).times(**{"n_samples": N, **given})

    _blamed = (*PARTS, "n_mels", "n_mfcc", "log", "fmin", "fmax", "sr", "top_db")
    _argument_kinds = {**PLAN, **OWN[_name]}
    vary(_name, _make_and_call, *_blamed, **_argument_kinds)
    _listed = ("list", "list of arrays", "int8", "float16", "a string")  # which is a file's name
    vary(_name, _call, y=[v for v in strict(arrays(N)) if v.label not in _listed])
    vary(
        _name,
        _call,
        y=[made("list", lambda: Y.tolist(), "ok"), made("list of arrays", lambda: [Y, Y], "ok")],
    )
    _plan = _make(_name)
    _kind = np.complex64 if _name == "STFT" else np.float32
    vary(
        _name,
        _call,
        out=without(outs((_plan.n_bins, SHAPE[1]), _kind), "2**40 frames at stride 0"),
        n_threads=THREADS,
    )
    vary(_name, _frames, n_samples=SIZES)
    _few = [*without(SIZES, "1073741824", "2147483647", "2147483648"), odd(2**24)]
    vary(_name, _times, n_samples=_few, sr=without(WILD, "None"))
    vary(
        "pickles",
        _tampered,
        *_blamed,
        **{k: [v for v in vs if v.must == "refused"][:7] for k, vs in _argument_kinds.items()},
    )

FRONT: dict[str, Any] = {**FRAMES, "n_mels": 20, "log": "ln", "normalize": "mean", "stack": 2}
FRONT["stack_end"] = "repeat"
FRONT_INTEGERS = (
    *("n_fft", "win_length", "hop_length", "seed", "n_mels", "n_mfcc", "dct_type"),
    *("lifter_origin", "deltas", "delta_window", "norm_ddof", "stack"),
    *("stack_stride", "stack_left"),
)
FRONT_ZEROS = ("append", "pad_to", "pad_to_multiple")
FRONT_NUMBERS = (
    *("sr", "input_scale", "gain", "dither", "preemphasis", "power", "magnitude_eps", "fmin"),
    *("fmax", "amin", "log_multiplier", "ref", "log_floor", "rel_clip", "lifter", "energy_floor"),
    *("norm_eps", "scale", "offset", "pcen_gain", "pcen_bias", "pcen_power", "pcen_eps"),
    *("pcen_time_constant", "pcen_b"),
)
FRONT_BOOLS = (
    *("window_symmetric", "drop_last", "remove_dc", "integer_nyquist", "zero_dc", "zero_nyquist"),
    "energy_last",
)
FRONT_NAMES = (
    *("window_dtype", "window_align", "align", "pad_mode", "preemphasis_mode", "mel_scale", "norm"),
    *("magnitude_eps_mode", "triangles", "bank_dtype", "log", "log_mode", "clip_scope", "dct_norm"),
    *("energy", "delta_mode", "normalize", "norm_eps_mode", "norm_scope", "stack_end", "layout"),
    *("precision", "engine", "planner"),
)


def _front_end(**given: Any) -> Any:
    plan = fastspec.FrontEnd(**{**FRONT, **given})
    hash(plan), repr(plan), plan == plan, plan.frequencies, plan.times(5)
    return plan(Y)


def _front_map(**given: Any) -> Any:
    return fastspec.FrontEnd(**FRONT).map(**{"signals": [Y, Y[:900]], **given})


_no_numbers = without(NAMES, "5", "1.5", "nan")
_blamed = (*PARTS, "n_mels", "fmin", "fmax", "n_fft", "log", "n_mfcc", "lifter", "log_multiplier")
_short = without(SIZES, "1073741824", "2147483647", "2147483648")
vary("FrontEnd", _front_end, *_blamed, **dict.fromkeys(FRONT_INTEGERS, SIZES))
vary("FrontEnd", _front_end, *_blamed, **dict.fromkeys(FRONT_ZEROS, _short))
vary("FrontEnd", _front_end, *_blamed, **dict.fromkeys(FRONT_NUMBERS, WILD))
vary("FrontEnd", _front_end, *_blamed, **dict.fromkeys(FRONT_BOOLS, BOOLS))
vary("FrontEnd", _front_end, *_blamed, **dict.fromkeys(FRONT_NAMES, _no_numbers))
vary("FrontEnd", _front_end, *_blamed, window=WINDOWS, dtype=maybe(DTYPES), pad=maybe(NUMBERS))
vary("FrontEnd", _front_end, *_blamed, filterbank=maybe(strict(arrays(20, N_FFT // 2 + 1))))
_pcen_front = calling(_front_end, log="pcen", deltas=2, delta_mode="librosa")
vary("FrontEnd", _pcen_front, *_blamed, **{k: WILD for k in FRONT_NUMBERS if "pcen" in k})
vary("FrontEnd", _pcen_front, "y", *_blamed, n_mfcc=SIZES, rel_clip=WILD, delta_window=SIZES)
vary("FrontEnd map", _front_map, n_threads=THREADS, pad=BOOLS, out=NAMES)
vary("FrontEnd map", _front_map, "y", signals=without(NAMES, "[]"))

_int16 = (noise(N) * 1000).astype(np.int16)
_scaled = calling(_make, name="MelSpectrogram", input_scale=1 / 32768)
for _label, _y in {
    "int16": _int16,
    "int16 strided": _int16[::3],
    "int16 byte-swapped": swapped(_int16),
    "int16 misaligned": misaligned(_int16),
    "int16 reversed": _int16[::-1],
    "int16 of 2**57 channels": virtual(2**57, 1, dtype=np.int16),
    "uint16": _int16.view(np.uint16),
}.items():
    case("MelSpectrogram", f"input_scale, {_label}", lambda _y=_y: _scaled()(_y), "y")


# ---- pickles and tampering ----------------------------------------------------------------------


def _flipped(name: str, seed: int) -> Any:
    """A plan's pickle with some of its bytes changed."""
    rng = random.Random(seed)
    data = bytearray(pickle.dumps(_make(name)))
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    try:
        plan = pickle.loads(bytes(data))
        return type(plan).__name__ in PLANS and plan(Y) is None
    except Exception:  # whatever pickle makes of it
        return None


for _name in PLANS:
    for _seed in range(15):
        case(
            "pickles",
            f"{_name} with bytes changed, {_seed}",
            lambda n=_name, s=_seed: _flipped(n, s),
        )


def _with_window(values: Any, **given: Any) -> Any:
    plan = fastspec.STFT(**FRAMES, window=np.ones(N_FFT))
    arguments = {**plan._arguments, **given}
    window = copy.copy(arguments["window"])
    object.__setattr__(window, "values", values)
    return plan.__reduce__()[0](fastspec.STFT, {**arguments, "window": window})(Y)


vary(
    "pickles",
    _with_window,
    "window",
    "n_fft",
    "samples",
    values=[v for v in WINDOWS if "array" in v.label or v.label == "virtual"],
)
case(
    "pickles",
    "window longer than n_fft",
    lambda: _with_window(np.ones(N_FFT), n_fft=64, win_length=64),
    "n_fft",
)
case(
    "pickles",
    "unknown argument",
    lambda: fastspec.STFT(**FRAMES).__reduce__()[0](fastspec.STFT, {"x": 1}),
    "x",
    must="refused",
)


def _overwritten(attribute: str, value: Any) -> Any:
    plan = fastspec.MelSpectrogram(**PLANS["MelSpectrogram"])
    object.__setattr__(plan, "_cores", {})
    object.__setattr__(plan, attribute, value)
    return plan(Y)


def _settings(**given: Any) -> Any:
    plan = fastspec.MelSpectrogram(**PLANS["MelSpectrogram"])
    object.__setattr__(plan, "_cores", {})
    object.__setattr__(plan, "_settings", {**plan._settings, **given})
    return plan(Y)


_ANYTHING: tuple[type[BaseException], ...] = (Exception,)
for _attribute in (
    "n_fft",
    "hop_length",
    "center",
    "_window",
    "_settings",
    "_arguments",
    "_cores",
    "precision",
):
    for _value in (
        None,
        -1,
        0,
        1,
        2**40,
        2**63,
        nan,
        "x",
        np.ones(3),
        {},
        {False: None},
        {"n_bands": 2**62},
    ):
        case(
            "tampering",
            f"{_attribute}={_value!r:.30}",
            lambda a=_attribute, v=_value: _overwritten(a, v),
            also=_ANYTHING,
        )
for _setting in (
    "n_bands",
    "bands",
    "log",
    "top_db",
    "power",
    "amin",
    "ref",
    "ref_max",
    "log_floor",
):
    for _value in (
        None,
        -1,
        0,
        2**62,
        2**61,
        nan,
        inf,
        "x",
        np.ones(3),
        np.ones((20, 129))[:, ::-1],
        7,
    ):
        case(
            "tampering",
            f"setting {_setting}={_value!r:.30}",
            lambda a=_setting, v=_value: _settings(**{a: v}),
            also=_ANYTHING,
            finite=False,
        )
for _attribute in ("n_fft", "hop_length", "_window", "new"):
    case(
        "tampering",
        f"plan.{_attribute} = 1",
        lambda a=_attribute: setattr(_make("STFT"), a, 1),
        also=(AttributeError,),
        must="refused",
    )


# ---- straight into the compiled module ----------------------------------------------------------

_HANN = fastspec.get_window("hann", N_FFT)
_FRONTEND: dict[str, Any] = {
    "output": 0,
    "double": False,
    "engine": 0,
    "effort": 0,
    "n_fft": N_FFT,
    "hop_length": HOP,
    "window": _HANN,
    "center": True,
    "pad_mode": 0,
    "librosa_tail": False,
    "input_scale": 1.0,
}
_BANDS: dict[str, Any] = {
    **_FRONTEND,
    "output": 2,
    "bands": np.ones((20, N_FFT // 2 + 1)),
    "n_bands": 20,
}
_CEPSTRUM: dict[str, Any] = {**_BANDS, "output": 3, "log": 1, "dct": np.ones((5, 20)), "n_ceps": 5}
_ISTFT: dict[str, Any] = {
    k: _FRONTEND[k]
    for k in ("double", "engine", "effort", "n_fft", "hop_length", "window", "center")
}

# What is passed here never comes from a user: anything but a death will do.
INTEGERS = [
    odd(v)
    for v in (
        None,
        -1,
        0,
        1,
        3,
        9,
        255,
        2**31 - 1,
        2**31,
        -(2**31),
        2**61,
        2**62,
        2**63 - 1,
        -(2**63),
        2**63,
        1.5,
        "x",
    )
]
FLOATS = [
    odd(v, finite=False) for v in (None, 0.0, -1.0, 5e-324, 1e300, -1e300, nan, inf, -inf, "x")
]
BUFFERS = [
    *map(odd, (None, 5, "x", b"", b"12345678", bytearray(8), object(), [1.0])),
    made("memory of ctypes", lambda: (ctypes.c_double * N_FFT)()),
    made("2-d of ctypes", lambda: (ctypes.c_float * 49 * 129)()),
    made("empty of ctypes", lambda: (ctypes.c_float * 0)()),
    made(
        "structure of ctypes",
        lambda: type("P", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_float)]})(),
    ),
    made("array.array", lambda: array.array("d", [0.5] * N_FFT)),
    made("cast memoryview", lambda: memoryview(bytearray(129 * 49 * 8)).cast("d", (129, 49))),
    made("released memoryview", lambda: (m := memoryview(bytearray(8)), m.release())[0]),
]


def buffers(*shape: int, dtype: Any = np.float32) -> list[Value]:
    """Whatever has a buffer, or none, in place of an array of a shape."""
    tired = ("nested", "dimensions", "interface", "self-containing", "dlpack")
    values = [v for v in arrays(*shape, dtype=dtype) if not any(word in v.label for word in tired)]
    return [*BUFFERS, *values]


def _core_case(group: str, call: Callable[..., Any], **kinds: Iterable[Value]) -> None:
    """As `vary`, for calls where every exception will do."""
    for argument, values in kinds.items():
        for value in values:

            def run(argument: str = argument, value: Value = value) -> Any:
                return call(**{argument: value.make()})

            case(group, f"{argument}={value.label}", run, also=_ANYTHING, finite=False)


def _front(**given: Any) -> Any:
    usual = (
        _CEPSTRUM
        if set(given) & {"dct", "n_ceps"}
        else _BANDS
        if set(given) & {"bands", "n_bands", "log"}
        else _FRONTEND
    )
    plan = _core.Frontend(**{**usual, **given})
    out = np.zeros(
        (plan.n_bins, plan.n_frames(N)), np.complex64 if usual is _FRONTEND else np.float32
    )
    plan.exec(Y, out, 1, False)
    return out


def _front_exec(**given: Any) -> Any:
    usual = {"y": Y, "out": np.zeros(SHAPE, np.complex64), "n_threads": 1, "whole_array": False}
    return _core.Frontend(**_FRONTEND).exec(**{**usual, **given})


def _front_spectra(**given: Any) -> Any:
    usual = {
        "spectra": S,
        "out": np.zeros((20, SHAPE[1]), np.float32),
        "n_threads": 1,
        "whole_array": True,
    }
    return _core.Frontend(**_BANDS).exec_spectra(**{**usual, **given})


def _inverse_exec(**given: Any) -> Any:
    usual = {"spectra": D, "out": np.zeros(N, np.float32), "n_threads": 1}
    return _core.Istft(**_ISTFT).exec(**{**usual, **given})


def _core_griffinlim(**given: Any) -> Any:
    usual: dict[str, Any] = {
        "stft": _core.Frontend(**_FRONTEND),
        "istft": _core.Istft(**_ISTFT),
        "n_iter": 2,
        "momentum": 0.9,
        "magnitude": np.ascontiguousarray(S.T),
        "angles": np.ascontiguousarray(D.T),
        "y": np.zeros(HOP * (SHAPE[1] - 1), np.float32),
        "n_threads": 1,
    }
    return _core.griffinlim(**{**usual, **given})


def _phases(**given: Any) -> Any:
    usual: dict[str, Any] = {
        "turns": noise(*SHAPE, dtype=np.float64),
        "magnitude": np.ascontiguousarray(S.T),
        "angles": np.ascontiguousarray(D.T),
        "n_threads": 1,
    }
    return _core.phases(**{**usual, **given})


def _push(**given: Any) -> Any:
    stream = _core.Stream(_core.Frontend(**_FRONTEND), given.pop("n_channels", 1))
    for _ in range(given.pop("times", 2)):
        room = np.zeros((1, N_FFT // 2 + 1, 60), np.complex64)
        stream.push(**{"chunk": Y[np.newaxis], "out": room, "n_threads": 1, **given})
    stream.flush(np.zeros((1, N_FFT // 2 + 1, 60), np.complex64), 1)


def _filters(**given: Any) -> Any:
    usual: dict[str, Any] = {
        "sr": 22050.0,
        "n_fft": N_FFT,
        "n_mels": 20,
        "fmin": 0.0,
        "fmax": 11025.0,
    }
    usual |= {"htk": False, "slaney": True, "single": True, "out": np.zeros((20, N_FFT // 2 + 1))}
    return _core.mel_filters(**{**usual, **given})


_core_case(
    "_core.Frontend",
    _front,
    **dict.fromkeys(
        (
            "output",
            "engine",
            "effort",
            "n_fft",
            "hop_length",
            "pad_mode",
            "n_bands",
            "log",
            "n_ceps",
        ),
        INTEGERS,
    ),
)
_core_case(
    "_core.Frontend",
    _front,
    **dict.fromkeys(("input_scale", "power", "amin", "ref", "top_db", "log_floor"), FLOATS),
)
_core_case(
    "_core.Frontend",
    _front,
    window=buffers(N_FFT, dtype=np.float64),
    bands=buffers(20, 129, dtype=np.float64),
    dct=buffers(5, 20, dtype=np.float64),
)
_core_case(
    "_core.Frontend",
    _front_exec,
    y=buffers(N),
    out=buffers(*SHAPE, dtype=np.complex64),
    n_threads=INTEGERS,
)
_core_case(
    "_core.Frontend",
    _front_spectra,
    spectra=buffers(*SHAPE),
    out=buffers(20, SHAPE[1], dtype=np.float64),
    n_threads=INTEGERS,
)
_core_case("_core.Frontend", lambda n: _core.Frontend(**_FRONTEND).n_frames(n), n=INTEGERS)
_core_case(
    "_core.Istft",
    lambda **k: _core.Istft(**{**_ISTFT, **k}),
    window=buffers(N_FFT, dtype=np.float64),
    **dict.fromkeys(("n_fft", "hop_length", "engine", "effort"), INTEGERS),
)
_core_case(
    "_core.Istft",
    _inverse_exec,
    spectra=buffers(*SHAPE, dtype=np.complex64),
    out=buffers(N),
    n_threads=INTEGERS,
)
_core_case(
    "_core.Istft", lambda n: _core.Istft(**{**_ISTFT, "hop_length": 2**59}).n_samples(n), n=INTEGERS
)
_core_case(
    "_core.phases",
    _phases,
    turns=buffers(*SHAPE, dtype=np.float64),
    magnitude=buffers(*SHAPE[::-1]),
    angles=buffers(*SHAPE[::-1], dtype=np.complex64),
    n_threads=INTEGERS,
)
_core_case(
    "_core.griffinlim",
    _core_griffinlim,
    stft=BUFFERS[:3],
    istft=BUFFERS[:3],
    magnitude=buffers(*SHAPE[::-1]),
    angles=buffers(*SHAPE[::-1], dtype=np.complex64),
    y=buffers(N - N % HOP),
)
_core_case(
    "_core.griffinlim",
    _core_griffinlim,
    momentum=FLOATS,
    n_threads=INTEGERS,
    n_iter=[v for v in INTEGERS if len(v.label) < 9],
)
_core_case(
    "_core.Stream",
    _push,
    n_channels=INTEGERS,
    chunk=buffers(1, N),
    out=buffers(1, SHAPE[0], 60, dtype=np.complex64),
    n_threads=INTEGERS,
    times=INTEGERS[:5],
)
_core_case("_core.Stream", lambda plan: _core.Stream(plan, 1), plan=BUFFERS[:8])
_core_case(
    "_core.Stream", lambda n: _core.Stream(_core.Frontend(**_FRONTEND), 1).ready(n), n=INTEGERS
)
_core_case(
    "_core.others",
    _filters,
    out=buffers(20, SHAPE[0], dtype=np.float64),
    **dict.fromkeys(("n_fft", "n_mels"), INTEGERS),
    **dict.fromkeys(("sr", "fmin", "fmax"), FLOATS),
)
_core_case(
    "_core.others",
    lambda **k: _core.power_to_db(
        **{"x": S, "out": S.copy(order="K"), "amin": 1e-10, "offset": 0.0, **k}
    ),
    x=buffers(*SHAPE),
    out=buffers(*SHAPE, dtype=np.float64),
    amin=FLOATS,
    offset=FLOATS,
)
_core_case("_core.others", lambda x: _core.clip_below(x, 0.0), x=buffers(*SHAPE))
_core_case(
    "_core.others",
    lambda y: _core.check_finite(y),
    y=[v for v in buffers(N) if "virtual" not in v.label],
)
_core_case(
    "_core.others",
    lambda single, double=None: _core.fftw_load(single, double),
    single=[odd(v) for v in (None, "x", b"", b"x" * 10**6, b"/", b"a\0b", 5)],
)
_core_case(
    "_core.others",
    lambda kind: kind.__new__(kind),
    kind=[odd(k) for k in (_core.Frontend, _core.Istft, _core.Stream)],
)
_core_case(
    "_core.others",
    lambda what: pickle.dumps(what()),
    what=[
        odd(lambda: _core.Frontend(**_FRONTEND), "Frontend"),
        odd(lambda: _core.Istft(**_ISTFT), "Istft"),
    ],
)
_core_case(
    "_core.others",
    lambda what: copy.deepcopy(what()),
    what=[
        odd(lambda: _core.Frontend(**_FRONTEND), "Frontend"),
        odd(lambda: _core.Istft(**_ISTFT), "Istft"),
    ],
)
case(
    "_core.others",
    "2**61 channels of int16",
    lambda: _core.check_finite(virtual(2**61, 1, dtype=np.int16)),
    must="refused",
)


# ---- moments and states of the process ----------------------------------------------------------

FEATURES: dict[str, Callable[[], Any]] = {
    "stft": lambda: fastspec.stft(Y, **FRAMES),
    "istft": lambda: fastspec.istft(D, hop_length=HOP),
    "melspectrogram": lambda: fastspec.melspectrogram(y=Y, **FRAMES, n_mels=20, n_threads=2),
    "mfcc": lambda: fastspec.mfcc(y=Y, **FRAMES, n_mels=20, n_threads=2),
    "griffinlim": lambda: fastspec.griffinlim(S, n_iter=2, hop_length=HOP),
    "power_to_db": lambda: fastspec.power_to_db(S, n_threads=2),
    "amplitude_to_db": lambda: fastspec.amplitude_to_db(S),
    "magphase": lambda: fastspec.magphase(D),
    "a new plan": lambda: fastspec.STFT(n_fft=random.randrange(2, 999))(Y),
    "a pickled plan": lambda: pickle.loads(pickle.dumps(fastspec.MFCC(n_mels=20)))(Y),
}


def _meanwhile(
    action: Callable[[Any], Any], call: Callable[[Any], Any], y: Any, seconds: float = 0.15
) -> None:
    """Call a function on y again and again while another thread does something to y."""
    end = time.monotonic() + seconds

    def disturb() -> None:
        while time.monotonic() < end:
            try:
                action(y)
            except (ValueError, BufferError, AttributeError):
                time.sleep(0)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        while time.monotonic() < end:
            try:
                call(y)
            except (ValueError, TypeError, IndexError):
                pass
    finally:
        thread.join()


def _reshape(y: Any) -> None:
    with warnings.catch_warnings():
        y.shape = (2, -1) if y.ndim == 1 else (-1,)


def _retype(y: Any) -> None:
    y.dtype = np.float64 if y.dtype == np.float32 else np.float32


def _restride(y: Any) -> None:
    y.strides = (0,) if y.strides == (4,) else (4,)


def _freeze(y: Any) -> None:
    y.flags.writeable = not y.flags.writeable


_DISTURB: dict[str, Callable[[Any], Any]] = {
    "set to NaN and back": lambda y: (y.fill(nan), y.fill(0.5)),
    "set to 1e38": lambda y: y.fill(3e38),
    "resized": lambda y: y.resize(2 * N if y.size == N else N),
    "reshaped": _reshape,
    "retyped": _retype,
    "restrided": _restride,
    "made read-only": _freeze,
}
_SHARED = {
    "STFT": _make("STFT"),
    "MFCC": _make("MFCC"),
    "small": fastspec.STFT(n_fft=4, hop_length=2),
}
_TARGETS: dict[str, Callable[[Any], Any]] = {
    "STFT": lambda y: _SHARED["STFT"](y),
    "MFCC": lambda y: _SHARED["MFCC"](y, n_threads=2),
    "melspectrogram": lambda y: fastspec.melspectrogram(y=y, **FRAMES, n_mels=20),
    "griffinlim": lambda y: fastspec.griffinlim(y.reshape(3, -1), n_iter=1, n_fft=4),
    "power_to_db": lambda y: fastspec.power_to_db(y),
    "as out": lambda y: _SHARED["small"](Y[:100], y.view(np.complex64)[:153].reshape(3, 51)),
}
for _what, _action in _DISTURB.items():
    for _target, _call_it in _TARGETS.items():
        case(
            "another thread",
            f"{_target}, y {_what}",
            lambda a=_action, c=_call_it: _meanwhile(a, c, noise(N)),
        )


def _bytearray_resized() -> None:
    memory = bytearray(4 * N)
    plan = fastspec.STFT(**FRAMES)

    def grow(_: Any) -> None:
        memory.extend(bytes(4 * N))
        del memory[4 * N :]

    _meanwhile(grow, lambda m: plan(np.frombuffer(m, np.float32)), memory)


def _stream_by_two() -> None:
    stream = _core.Stream(_core.Frontend(**_FRONTEND), 1)
    y = np.tile(Y, 100)[np.newaxis]

    def push(_: Any) -> None:
        try:
            stream.push(y, np.zeros((1, N_FFT // 2 + 1, y.size // HOP + 99), np.complex64), 1)
        except RuntimeError:
            pass

    _meanwhile(push, push, None, 0.3)


def _many_plans_at_once() -> None:
    def work() -> None:
        for n in range(2, 120):
            fastspec.STFT(n_fft=n)(Y[:500])
            fastspec.stft(Y[:500], n_fft=n)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


case("another thread", "bytearray resized", _bytearray_resized)
case("another thread", "one stream pushed by two threads", _stream_by_two)
case("another thread", "six threads make the same plans", _many_plans_at_once)


def _in_small_stack(call: Callable[[], Any], size: int) -> Any:
    results: list[Any] = []
    before = threading.stack_size(size)
    try:
        thread = threading.Thread(target=lambda: results.append(call()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    return results[0]


def _fork_during(call: Callable[[], Any]) -> None:
    """Fork while another thread computes; the child computes too."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            call()
            fastspec.STFT(n_fft=random.randrange(2, 500), planner="estimate")

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(10):
            pid = os.fork()
            if pid == 0:
                signal.alarm(2)
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                call()
                fastspec.STFT(n_fft=random.randrange(500, 900))(Y)
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if code:
                raise AssertionError(f"the child ended with {code}")
    finally:
        stop.set()
        thread.join()


def _raising_handler(call: Callable[[], Any]) -> None:
    """A signal's handler raises in the midst of calls; the next call must be good."""

    def handler(signum: int, frame: Any) -> None:
        raise Own

    y = np.tile(Y, 3000)
    signal.signal(signal.SIGUSR1, handler)
    for delay in (0.001, 0.005, 0.02, 0.05):
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        try:
            fastspec.mfcc(y=y, n_threads=2)
            time.sleep(0.1)
        except Own:
            pass
        timer.join()
        call()


def _calling_handler(call: Callable[[], Any]) -> None:
    """A signal's handler calls back into the library."""
    calls = []
    signal.signal(signal.SIGUSR1, lambda *_: calls.append(call()))
    plan = fastspec.MelSpectrogram()
    timer = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    y = np.tile(Y, 3000)
    expected = plan(y)
    timer.join()
    assert calls
    assert np.array_equal(expected, plan(y))


def _with_headroom(call: Callable[[], Any], n_bytes: int) -> Any:
    """Hardly any memory left: the call may fail, but afterwards it must not."""
    call()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    if MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (virtual_size() + n_bytes, limits[1]))
    try:
        y = np.tile(Y, 1 + n_bytes // (8 * N))
        fastspec.mfcc(y=y, n_threads=256)
        return fastspec.stft(y, n_threads=3)
    except MemoryError:
        return None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        call()


def _traced(call: Callable[[], Any]) -> Any:
    sys.settrace(lambda *_: None)
    try:
        return call()
    finally:
        sys.settrace(None)


def _collecting(call: Callable[[], Any]) -> Any:
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        return call()
    finally:
        gc.set_threshold(*before)


def _strict_numpy(call: Callable[[], Any]) -> Any:
    with np.errstate(all="raise"):
        return call()


def _no_recursion_left(call: Callable[[], Any]) -> Any:
    def deeper() -> Any:
        try:
            return deeper()
        except RecursionError:
            return call()

    try:
        return deeper()
    except RecursionError:
        return call()


def _closed_files(call: Callable[[], Any]) -> Any:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        return call()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


for _name, _feature in FEATURES.items():
    for _state, _under in {
        "under errstate raise": _strict_numpy,
        "under settrace": _traced,
        "collecting garbage all the time": _collecting,
        "at the recursion limit": _no_recursion_left,
        "without file descriptors": _closed_files,
        "after a signal's handler raised": _raising_handler,
        "from a signal's handler": _calling_handler,
        "while forking": _fork_during,
    }.items():
        case("states", f"{_name} {_state}", lambda u=_under, f=_feature: u(f))
    for _kb in (256, 512):
        case(
            "states",
            f"{_name} in a stack of {_kb} KB",
            lambda f=_feature, k=_kb: _in_small_stack(f, k * 1024),
        )
    for _kb in (0, 4, 64, 1024, 16384, 131072):
        case(
            "states",
            f"{_name} with {_kb} KB left",
            lambda f=_feature, k=_kb: _with_headroom(f, k * 1024),
        )
case(
    "states",
    "window that calls stft with itself",
    lambda: fastspec.stft(Y, window=recurse),
    also=(RecursionError,),
    must="refused",
)
case(
    "states",
    "ref that calls power_to_db",
    lambda: (r := lambda s: fastspec.power_to_db(s, ref=r))(S),
    also=(RecursionError,),
    must="refused",
)


def _script(body: str) -> None:
    """Run a program to its end: the interpreter must not die on its way out."""
    setup = """
import threading, time
import numpy as np
import fastspec
y = np.ones(9000, np.float32)
plan = fastspec.STFT()
"""
    done = subprocess.run(
        [sys.executable, "-c", setup + body], capture_output=True, timeout=20, check=False
    )
    if done.returncode:
        raise AssertionError(f"exit code {done.returncode}: {done.stderr.decode()[-200:]}")


SCRIPTS = {
    "__del__ of a module's object": """
class A:
    def __del__(self):
        fastspec.stft(y)
a = A()
""",
    "__del__ in a cycle": """
class A:
    def __del__(self):
        fastspec.mfcc(y=y, n_threads=2)
a = A()
a.a = a
""",
    "__del__ that makes a plan": """
class A:
    def __del__(self, make=fastspec.MFCC, y=y):
        make(n_fft=99)(y)
fastspec.a = A()
""",
    "a plan and a stream in sys.modules": """
import sys
sys.modules["p"] = plan
sys.modules["q"] = fastspec._core.Stream(plan._core(False), 1)
""",
    "atexit": """
import atexit
atexit.register(lambda: fastspec.mfcc(y=y, n_threads=4))
""",
    "daemon thread": """
def work():
    while True:
        plan(y, n_threads=2)
threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)
""",
    "thread that outlives main": """
threading.Thread(target=lambda: [fastspec.stft(y) for _ in range(99)]).start()
""",
    "sys.exit in a callback": """
import sys
try:
    fastspec.stft(y, window=lambda n: sys.exit(0))
except SystemExit:
    pass
""",
    "plan deleted during its call": """
thread = threading.Thread(target=plan, args=(np.tile(y, 999),))
thread.start()
del plan
fastspec._core.fft_cache_clear()
thread.join()
""",
    "reloaded": """
import importlib
importlib.reload(fastspec.plans)
importlib.reload(fastspec.transforms)
importlib.reload(fastspec)
plan(y)
fastspec.STFT()(y)
""",
    "imported twice": """
import sys
for name in list(sys.modules):
    if name.startswith("fastspec"):
        del sys.modules[name]
try:
    import fastspec as again
    again.STFT()(y)
except ImportError:
    pass
plan(y)
""",
    "FFT cache cleared in a loop": """
plans = [fastspec.STFT(n_fft=n, engine="fftw") for n in range(2, 300)]
for plan in plans:
    fastspec._core.fft_cache_clear()
    plan(y)
del plans, plan
fastspec._core.fft_cache_clear()
""",
}
for _name, _body in SCRIPTS.items():
    case("at exit", _name, lambda b=_body: _script(b))


# ---- the table ----------------------------------------------------------------------------------


def selection(every: int = 1, only: str = "") -> list[Case]:
    """Every n-th case of those whose group and name hold a text."""
    return [case for case in CASES if only in f"{case.group}: {case.name}"][::every]


def main() -> int:
    """Run the matrix; return the exit code."""
    parser = argparse.ArgumentParser(description="Run the hostile matrix.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="run every N-th case")
    parser.add_argument("--only", default="", metavar="TEXT", help="run what holds this text")
    parser.add_argument("--list", action="store_true", help="show how every case ended")
    options = parser.parse_args()
    started = time.monotonic()
    outcomes = run(selection(options.every, options.only))
    if options.list:
        for outcome in outcomes:
            where = f"{outcome.case.group}: {outcome.case.name}"
            print(f"{outcome.kind:<8} {where}: {outcome.detail}")
    print(table(outcomes))
    print(f"{len(outcomes)} cases in {time.monotonic() - started:.0f} s")
    return any(outcome.kind in ("death", "wrong") for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
