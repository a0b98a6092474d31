"""The hostile matrix's rows of the transforms over pitch: constant-Q, chroma, tuning, notes."""

from __future__ import annotations

import importlib.util
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
from hostile_run import Value, bad, bads, calling, case, good, made, maybe, odd, odds, vary, without
from hostile_values import (
    BOOLS,
    DTYPES,
    HOP,
    NAMES,
    NUMBERS,
    PAD_FUNCTIONS,
    REFS,
    SIZES,
    THREADS,
    WILD,
    WINDOWS,
    BrokenRepr,
    N,
    S,
    Y,
    arrays,
    lenient,
    misaligned,
    noise,
    outs,
    raise_own,
    strict,
    swapped,
    virtual,
)

import fastspec

nan, inf = math.nan, math.inf
LONG = ("virtual 2**40", "virtual 2**58", "virtual 2**20 channels", "virtual last 2**40")
LONG += ("virtual first 2**40",)

FMIN, BINS = 440.0, 14
FRAMES = 1 + N // HOP
CALLS: dict[str, list[Value]] = {"n_threads": THREADS, "precision": NAMES}
NORMS = [*maybe(NUMBERS), *bads("x", [], np.ones(3), object())]
# Names that librosa's messages and ours use for an argument of another name.
GRID = ("sr", "fmin", "n_bins", "bins_per_octave", "frequency", "filter_scale", "hop_length")
GRID += ("intervals", "gamma", "tuning", "window", "filters", "n_octaves", "y", "n_samples")
GRID += ("NW", "nbar", "beta", "std", "weight", "weights", "at", "nbar", "norm", "sll")
FEW = [*without(SIZES, "1", "7"), odd(3), odd(200), odd(2**20)]

INTERVALS = [
    *map(good, ("equal", "pythagorean", "ji3", [1 + k / 12 for k in range(12)])),
    *odds([1.0, 1.5], (1.0, 1.2), np.array([1.0, 1.3])),
    *odds(
        [1e-300, 1e300] * 9,
        "ji5",
        "ji7",
        [1],
        range(1, 3),
        [1.0] * 20,
        {1.0: 2},
        np.ones((1, 1)),
        "1",
    ),
    *bads("x", "", [], [0.0], [nan], [inf], [-1], ["x"], [[1.0]], [None], 5, nan, True, object()),
    *bads(BrokenRepr(), np.ones((2, 2)), b"equal", [10**400]),
    made("virtual", lambda: virtual(2**40), "refused"),
    made("raises", lambda: (raise_own() for _ in range(3)), "ok"),
]

TRANSFORM: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "hop_length": SIZES,
    # Filters of 1/3 Hz are long by right.
    "fmin": [v for v in NUMBERS if "Fraction" not in v.label],
    "n_bins": FEW,
    "bins_per_octave": FEW,
    "tuning": NUMBERS,
    "filter_scale": NUMBERS,
    "norm": NORMS,
    "sparsity": NUMBERS,
    "window": maybe(WINDOWS),
    "scale": BOOLS,
    "pad_mode": [*without(NAMES, "str"), *PAD_FUNCTIONS],
    "res_type": NAMES,
    "librosa_version": NAMES,
}
_OF_FUNCTIONS = {**TRANSFORM, "dtype": DTYPES}

# ---- transforms ---------------------------------------------------------------------------------

_USUAL: dict[str, Any] = {"y": Y, "hop_length": HOP, "fmin": FMIN, "n_bins": BINS}
for _name in ("cqt", "vqt", "pseudo_cqt", "hybrid_cqt"):
    _function = calling(getattr(fastspec, _name), **_USUAL)
    _lacks = {"pseudo_cqt": ("res_type", "librosa_version")}.get(_name, ())
    _kinds = {k: v for k, v in _OF_FUNCTIONS.items() if k not in _lacks}
    vary(_name, _function, *GRID, **_kinds, **CALLS, y=without(strict(arrays(N)), *LONG))
    _real = _name in ("pseudo_cqt", "hybrid_cqt")
    vary(_name, _function, "y", out=outs((BINS, FRAMES), np.float32 if _real else np.complex64))
    if _real:
        continue
    _exact = calling(_function, definition="exact")
    _kinds["pad_mode"] = maybe(_kinds["pad_mode"])
    vary(_name, _exact, *GRID, **_kinds, **CALLS, y=without(strict(arrays(N)), *LONG))
    vary(_name, _function, definition=NAMES)
    vary(_name, calling(_function, tuning=None), *GRID, sr=NUMBERS, bins_per_octave=FEW, y=maybe(
        without(strict(arrays(N)), *LONG)
    ))  # fmt: skip
_vqt = calling(fastspec.vqt, **_USUAL)
vary("vqt", _vqt, *GRID, intervals=INTERVALS, gamma=NUMBERS)
vary("vqt", calling(_vqt, definition="exact"), *GRID, intervals=INTERVALS, gamma=NUMBERS)
for _octaves in (30, 60, 2**10):
    case("cqt", f"{_octaves} octaves", lambda n=_octaves: fastspec.cqt(
        Y, fmin=1e-6, n_bins=12 * n, hop_length=HOP
    ), *GRID)  # fmt: skip
for _hop in (1, 3, 2**14, 2**20):
    for _n in (1, 2, 17):
        case("cqt", f"hop {_hop}, {_n} samples", lambda h=_hop, n=_n: fastspec.cqt(
            Y[:n], hop_length=h, fmin=FMIN, n_bins=BINS, definition="exact"
        ), *GRID)  # fmt: skip

vary(
    "frequencies",
    calling(fastspec.cqt_frequencies, n_bins=5, fmin=FMIN),
    n_bins=SIZES,
    fmin=WILD,
    bins_per_octave=SIZES,
    tuning=WILD,
)
vary(
    "frequencies",
    calling(fastspec.interval_frequencies, n_bins=5, fmin=FMIN, intervals="equal"),
    "n_bins",
    "bins_per_octave",
    n_bins=SIZES,
    fmin=WILD,
    bins_per_octave=[*SIZES, odd(2**20)],
    tuning=WILD,
    intervals=[Value(v.label, v.make, v.must, False) for v in INTERVALS],
    sort=BOOLS,
)
for _intervals in ("pythagorean", "ji3", "ji7"):
    vary(
        "frequencies",
        calling(fastspec.interval_frequencies, n_bins=5, fmin=1.0, intervals=_intervals),
        bins_per_octave=SIZES,
    )

# ---- tuning -------------------------------------------------------------------------------------

_PITCH: dict[str, list[Value]] = {
    "sr": NUMBERS,
    "n_fft": SIZES,
    "hop_length": SIZES,
    "win_length": SIZES,
    "window": WINDOWS,
    "center": BOOLS,
    "fmin": WILD,
    "fmax": WILD,
    "threshold": WILD,
    "ref": [
        v
        for v in REFS
        if v.label != "None"  # is the default here
        and not any(t in v.label for t in ("function", "array", "abs", "max", "min"))
    ],
    "n_threads": THREADS,
}
_PARTS = ("n_fft", "win_length", "Nx", "beta", "std", "weight", "weights", "at", "nbar", "norm")
_PARTS += ("sll", "y", "S", "fmin", "fmax", "signal")
_BASE = {"n_fft": 256, "hop_length": HOP}
for _name in ("piptrack", "estimate_tuning"):
    _function = calling(getattr(fastspec, _name), y=Y, **_BASE)
    vary(_name, _function, *_PARTS, **_PITCH, y=without(strict(arrays(N)), "None", *LONG))
    vary(_name, _function, "y", pad_mode=[*without(NAMES, "str"), *PAD_FUNCTIONS])
    _given = calling(getattr(fastspec, _name), S=S, **_BASE)
    vary(
        _name,
        _given,
        *_PARTS,
        S=without(lenient(arrays(*S.shape), "None"), "None", *LONG),
        sr=NUMBERS,
        n_fft=SIZES,
    )
    case(_name, "neither y nor S", getattr(fastspec, _name), "y", must="refused")
    vary(_name, _function, "argument", nonsense=SIZES[:1])
vary(
    "estimate_tuning",
    calling(fastspec.estimate_tuning, y=Y, **_BASE),
    resolution=NUMBERS,
    bins_per_octave=SIZES,
)
vary(
    "pitch_tuning",
    calling(fastspec.pitch_tuning, frequencies=[440.0, 450.0]),
    frequencies=lenient(arrays(9), "a number", "list", "0-d", "bytearray", "empty"),
    resolution=NUMBERS,
    bins_per_octave=SIZES,
    n_threads=THREADS,
)

# ---- chroma -------------------------------------------------------------------------------------

_FOLD: dict[str, list[Value]] = {
    "n_chroma": SIZES,
    "norm": NORMS,
    "window": [
        *odds(None, [1.0], [0.5, 0.5], np.ones((2, 3)), np.ones(40), 1.0, np.ones(3, int)),
        *bads("x", [nan], [], object(), {}, [1j], np.ones((2, 2, 2)), BrokenRepr(), [None]),
        made("virtual", lambda: virtual(2**40), "refused"),
    ],
}
_CQ_CHROMA: dict[str, list[Value]] = {
    **CALLS,
    **_FOLD,
    "sr": NUMBERS,
    "hop_length": SIZES,
    "fmin": NUMBERS,
    "tuning": NUMBERS,
    "n_octaves": FEW,
    "bins_per_octave": FEW,
    "cqt_mode": NAMES,
    "definition": NAMES,
}
_BLAMED = (*GRID, "n_chroma", "norm", "C", "V", "chroma")
_OCTAVES = {"y": Y, "hop_length": HOP, "fmin": FMIN, "n_octaves": 2, "bins_per_octave": 12}
for _name in ("chroma_cqt", "chroma_cens"):
    _function = calling(getattr(fastspec, _name), **_OCTAVES, tuning=0.0)
    vary(_name, _function, *_BLAMED, **_CQ_CHROMA, y=without(strict(arrays(N)), "None", *LONG))
    vary(_name, _function, "y", out=outs((12, FRAMES), np.float32))
    vary(_name, calling(getattr(fastspec, _name), bins_per_octave=12), *_BLAMED, C=without(
        lenient(arrays(24, 40), "list"), "None", *LONG
    ))  # fmt: skip
vary("chroma_cqt", calling(fastspec.chroma_cqt, **_OCTAVES, tuning=0.0), threshold=WILD)
vary(
    "chroma_cens",
    calling(fastspec.chroma_cens, **_OCTAVES, tuning=0.0),
    *_BLAMED,
    "smoothing_window",
    win_len_smooth=SIZES,
    smoothing_window=maybe(WINDOWS),
)
_chroma_vqt = calling(fastspec.chroma_vqt, **_OCTAVES, intervals="equal")
vary(
    "chroma_vqt",
    _chroma_vqt,
    *_BLAMED,
    **{
        k: v for k, v in _CQ_CHROMA.items() if k not in ("n_chroma", "window", "tuning", "cqt_mode")
    },
    gamma=NUMBERS,
    intervals=maybe(INTERVALS),
    threshold=WILD,
    y=without(strict(arrays(N)), "None", *LONG),
)
_stft_chroma = calling(fastspec.chroma_stft, y=Y, **_BASE, tuning=0.0)
vary(
    "chroma_stft",
    _stft_chroma,
    *_PARTS,
    "n_chroma",
    "tuning",
    **CALLS,
    y=without(strict(arrays(N)), "None", *LONG),
    sr=NUMBERS,
    n_fft=SIZES,
    hop_length=SIZES,
    win_length=SIZES,
    window=WINDOWS,
    center=BOOLS,
    norm=NORMS,
    tuning=NUMBERS,
    n_chroma=SIZES,
    ctroct=NUMBERS,
    octwidth=NUMBERS,
    base_c=BOOLS,
    dtype=DTYPES,
)
vary("chroma_stft", _stft_chroma, "y", pad_mode=[*without(NAMES, "str"), *PAD_FUNCTIONS])
vary(
    "chroma_stft",
    calling(fastspec.chroma_stft, n_fft=256),
    *_PARTS,
    S=without(lenient(arrays(*S.shape), "list"), "None", *LONG),
)
vary(
    "chroma_filter",
    calling(fastspec.chroma_filter, sr=22050, n_fft=256),
    "n_chroma",
    "n_fft",
    "tuning",
    sr=NUMBERS,
    n_fft=SIZES,
    n_chroma=SIZES,
    tuning=NUMBERS,
    ctroct=NUMBERS,
    octwidth=NUMBERS,
    norm=NORMS,
    base_c=BOOLS,
    dtype=DTYPES,
)
vary(
    "cq_to_chroma",
    calling(fastspec.cq_to_chroma, n_input=24),
    "bins_per_octave",
    "input bins",
    n_input=SIZES,
    bins_per_octave=SIZES,
    n_chroma=SIZES,
    fmin=NUMBERS,
    window=_FOLD["window"],
    base_c=BOOLS,
    dtype=maybe(DTYPES),
)
vary(
    "tonnetz",
    calling(fastspec.tonnetz, chroma=noise(12, 9) ** 2),
    "chroma",
    chroma=without(lenient(arrays(12, 40), "list", "bool"), "None", *LONG),
    n_threads=THREADS,
)
vary("tonnetz", calling(fastspec.tonnetz, **_OCTAVES), *_BLAMED, y=without(
    strict(arrays(N)), "None", *LONG
), sr=NUMBERS)  # fmt: skip

# ---- plans --------------------------------------------------------------------------------------

_EXTRA = {"definition": NAMES, "accuracy": NUMBERS, "input_scale": NUMBERS, "precision": NAMES}
PLANS: dict[str, tuple[dict[str, Any], dict[str, list[Value]]]] = {
    "CQT": (
        {"hop_length": HOP, "fmin": FMIN, "n_bins": BINS},
        {
            **TRANSFORM,
            **_EXTRA,
            "pad_mode": maybe(TRANSFORM["pad_mode"]),
            "gamma": NUMBERS,
            "output": NAMES,
            "intervals": INTERVALS,
        },
    ),
    "Chroma": (
        {"hop_length": HOP, "fmin": FMIN, "n_octaves": 2, "bins_per_octave": 12},
        {
            **{k: TRANSFORM[k] for k in ("sr", "hop_length", "fmin", "tuning", "filter_scale")},
            **{k: TRANSFORM[k] for k in ("bins_per_octave", "sparsity", "librosa_version")},
            **_EXTRA,
            **_FOLD,
            "n_octaves": FEW,
            "gamma": NUMBERS,
            "intervals": maybe(INTERVALS),
            "cqt_window": maybe(WINDOWS),
            "power": SIZES,
            "base_c": BOOLS,
            "threshold": WILD,
            "cens": BOOLS,
            "win_len_smooth": SIZES,
            "smoothing_window": maybe(WINDOWS),
            "norm": [*NORMS, odd("auto")],
        },
    ),
    "ChromaSTFT": (
        dict(_BASE),
        {
            **{k: _PITCH[k] for k in ("sr", "n_fft", "hop_length", "win_length", "window")},
            "center": BOOLS,
            "n_chroma": SIZES,
            "tuning": NUMBERS,
            "norm": NORMS,
            "power": WILD,
            "ctroct": NUMBERS,
            "octwidth": NUMBERS,
            "base_c": BOOLS,
            "bank_norm": NORMS,
            "bank_dtype": DTYPES,
            "input_scale": NUMBERS,
            "precision": NAMES,
            "pad_mode": NAMES,
            "pad_tail": NAMES,
            "engine": NAMES,
            "planner": NAMES,
        },
    ),
    "NSGT": (
        {"fmin": FMIN, "n_bins": BINS, "sr": 22050},
        {
            "sr": NUMBERS,
            "fmin": NUMBERS,
            "fmax": NUMBERS,
            "n_bins": FEW,
            "bins_per_octave": FEW,
            "gamma": NUMBERS,
            "window": maybe(WINDOWS),
            "hop_length": [*maybe(SIZES), *without(NAMES, "5")],
            "residual": BOOLS,
            "oversampling": NUMBERS,
            "slice_length": SIZES,
            "transition": SIZES,
            "input_scale": NUMBERS,
            "precision": NAMES,
        },
    ),
}
_ALL_BLAMED = (*GRID, *_PARTS, "n_chroma", "fmax", "slice_length", "transition", "oversampling")
_ALL_BLAMED += ("accuracy", "definition", "win_len_smooth", "norm", "cens", "residual")


def _plan(name: str, **given: Any) -> Any:
    return getattr(fastspec, name)(**{**PLANS[name][0], **given})


def _flat(result: Any) -> Any:
    """Arrays in place of a list of them, or of an object that holds some."""
    return list(result) if isinstance(result, tuple | list) else result


for _name, (_, _arguments) in PLANS.items():

    def _make_and_call(_name: str = _name, **given: Any) -> Any:
        plan = _plan(_name, **given)
        hash(plan), repr(plan), plan == plan
        return _flat(plan(Y))

    def _call(_name: str = _name, **given: Any) -> Any:
        return _flat(_plan(_name)(**{"y": Y, **given}))

    def _stream(_name: str = _name, chunk: Any = Y[np.newaxis], **given: Any) -> Any:
        sliced = {"slice_length": 4096} if _name == "NSGT" else {}
        stream = _plan(_name, **sliced).stream(**given)
        return [_flat(stream.push(chunk)), _flat(stream.flush())]

    def _tampered(_name: str = _name, **given: Any) -> Any:
        function, (kind, arguments) = _plan(_name).__reduce__()
        return _flat(function(kind, {**arguments, **given})(Y))

    vary(_name, _make_and_call, *_ALL_BLAMED, **_arguments)
    _arrays = without(strict(arrays(N)), *LONG, "a string")  # which is a file's name
    vary(_name, _call, y=maybe(_arrays), n_threads=THREADS)
    vary(_name, _stream, "chunk", "y", "signal", chunk=maybe(strict(arrays(1, N))))
    vary(_name, _stream, "chunk", channels=SIZES, n_threads=THREADS)
    vary(
        "pickles",
        _tampered,
        *_ALL_BLAMED,
        **{k: [v for v in vs if v.must == "refused"][:7] for k, vs in _arguments.items()},
    )
    case(_name, "pickled", lambda n=_name: _flat(pickle.loads(pickle.dumps(_plan(n)))(Y)))
    for _label, _data in {
        "int16": (Y * 1000).astype(np.int16),
        "int16 byte-swapped": swapped((Y * 1000).astype(np.int16)),
        "int16 misaligned": misaligned((Y * 1000).astype(np.int16)),
        "int16 strided": (Y * 1000).astype(np.int16)[::3],
    }.items():
        case(_name, f"input_scale, {_label}", lambda n=_name, y=_data: _flat(
            _plan(n, input_scale=1 / 32768)(y)
        ), "y", must="ok")  # fmt: skip
    vary(
        _name,
        lambda _name=_name, **given: _plan(_name).n_frames(**given),
        "hop_length",
        n_samples=SIZES,
    )
_CQ = np.complex64
vary("CQT", lambda **g: _plan("CQT")(Y, **g), "y", out=outs((BINS, FRAMES), _CQ))
vary("Chroma", lambda **g: _plan("Chroma")(Y, **g), "y", out=outs((12, FRAMES), np.float32))


def _inverse(**given: Any) -> Any:
    plan = _plan("NSGT")
    return plan.inverse(**{"C": plan(Y), "length": N, **given})


def _inverse_of(kind: Callable[[Any], Any]) -> Any:
    return _inverse(C=kind(_plan("NSGT")(Y)))


vary("NSGT", _inverse, "C", "y", "length", length=SIZES, n_threads=THREADS)
vary("NSGT", _inverse, "C", out=outs((N,), np.float32))
vary("NSGT", _inverse, "length", C=maybe(lenient(arrays(9, 40, dtype=np.complex64))))
for _label, _kind in {
    "nothing": lambda C: list(C)[:0],
    "one band less": lambda C: list(C)[1:],
    "one band more": lambda C: [*C, C[0]],
    "reversed": lambda C: list(C)[::-1],
    "numbers": lambda C: [1.0 for _ in C],
    "real": lambda C: [np.real(c) for c in C],
    "longer": lambda C: [np.concatenate([c, c], axis=-1) for c in C],
    "strided": lambda C: [c[..., ::-1] for c in C],
    "virtual": lambda C: [virtual(2**40, dtype=np.complex64) for _ in C],
    "misaligned": lambda C: [misaligned(np.ascontiguousarray(c)) for c in C],
    "NaN": lambda C: [c * nan for c in C],
}.items():
    case(
        "NSGT", f"inverse of {_label}", lambda k=_kind: _inverse_of(k), "C", "length", finite=False
    )
case("CQT", "pushed after the end", lambda: _pushed_late("CQT"), "chunk", must="refused")
case("Chroma", "pushed after the end", lambda: _pushed_late("Chroma"), "chunk", must="refused")


def _pushed_late(name: str) -> Any:
    stream = _plan(name).stream()
    stream.push(Y[np.newaxis])
    stream.flush()
    return stream.push(Y[np.newaxis])


for _name in ("CQT", "Chroma"):
    for _definition in ("exact", "librosa"):
        case(
            _name,
            f"{_definition}, 2**18 frames, interrupted",
            lambda n=_name, d=_definition: _plan(n, definition=d, hop_length=1)(
                np.broadcast_to(np.float32(0.5), (2**18,))
            ),
            long=True,
            also=(MemoryError,),
        )

# ---- notes --------------------------------------------------------------------------------------

TEXTS = [
    *map(good, ("C", "a4", "C#-1", "B!4+10", ["C4"], ("C4",), np.array(["C4", "D4"]), [])),
    *odds(np.str_("C4"), {"C": 1}, iter(["C"]), np.array("C4"), [["C"], ["D"]]),
    *bads("", "H", "C4\0", "C" * 10**6, "C" + "#" * 10**6, "C" + "4" * 10**6, "C4\n", "\ud800"),
    *bads(None, 5, nan, b"C4", [b"C"], [None], [1], ["C", 1], object(), [["C"], "D"], {1.0}, len),
    *bads(BrokenRepr(), np.array([1.0]), np.zeros(3, object), True),
    made("virtual", lambda: np.broadcast_to(np.array("x"), (2**40,)), "refused"),
]
vary("notes", fastspec.note_to_midi, note=TEXTS)
vary("notes", fastspec.note_to_hz, note=TEXTS)
vary("notes", calling(fastspec.note_to_midi, note="C"), round_midi=BOOLS)
_SOME = lenient(arrays(9), "a number", "list", "0-d", "bytearray", "empty")
_HELD = without(_SOME, *LONG, "virtual 2**40 channels", "overlapping rows")
for _name, _argument in (
    ("hz_to_midi", "frequencies"),
    ("hz_to_octs", "frequencies"),
    ("midi_to_hz", "notes"),
    ("octs_to_hz", "octs"),
):
    _convert = getattr(fastspec, _name)
    _loose = [Value(v.label, v.make, None, False) for v in (*_HELD, *NUMBERS)]
    vary("notes", _convert, **{_argument: _loose})
    if "oct" in _name:
        vary(
            "notes",
            calling(_convert, **{_argument: 4.0}),
            tuning=WILD,
            bins_per_octave=maybe(SIZES),
        )
vary("notes", fastspec.midi_to_note, midi=maybe([*_HELD, *NUMBERS]))
vary("notes", fastspec.hz_to_note, frequencies=maybe([*_HELD, *NUMBERS]))
vary(
    "notes",
    calling(fastspec.midi_to_note, midi=[60.3, 61]),
    "octave",
    octave=BOOLS,
    cents=BOOLS,
    unicode=BOOLS,
    key=[
        *map(good, ("C:maj", "f#:min", "Bb:lydian", "E𝄪:phryg")),
        *without(NAMES, "None", "x"),
        *bads(None, "C", "C:", "C:MAJ", "C" + "#" * 999 + ":maj", "C:maj\n", "C:major7"),
    ],
)

# ---- pictures -----------------------------------------------------------------------------------

if importlib.util.find_spec("matplotlib"):
    from matplotlib.figure import Figure

    _CELLS = np.abs(noise(24, 9))

    def _show(**given: Any) -> Any:
        axes = Figure().subplots()
        fastspec.specshow(**{"data": _CELLS, "ax": axes, "y_axis": "cqt_note", **given})
        return axes

    def _draw(**given: Any) -> None:
        axes = _show(**given)
        axes.figure.set_dpi(20)
        axes.figure.canvas.draw()

    _draw()  # Matplotlib's modules and fonts, once, before children are made
    _COORDINATES = [
        *odds(range(9), range(10), np.arange(9.0) ** 2, list(range(8, -1, -1)), range(24)),
        *odds(np.arange(9) * 1e-300, np.arange(9) + 1e15, np.arange(9, dtype="u1"), range(25)),
        *bads([], [1], [0] * 9, [nan] * 9, [0, inf] * 5, "x", ["x"] * 9, [None] * 9, [1j] * 9),
        *bads(5, nan, object(), np.ones((9, 9)), np.arange(9) * 1e300, [[0], 1], {}, BrokenRepr()),
        made("virtual", lambda: virtual(2**40), "refused"),
    ]
    vary(
        "specshow",
        _draw,
        "x_axis",
        "y_axis",
        "fmin",
        "bins_per_octave",
        "n_bins",
        fmin=NUMBERS,
        bins_per_octave=SIZES,
        tuning=NUMBERS,
        sr=NUMBERS,
        intervals=maybe(INTERVALS),
    )
    vary("specshow", calling(_draw, y_axis="chroma"), "y_axis", bins_per_octave=SIZES)
    vary("specshow", calling(_show, y_axis="chroma"), key=NAMES)
    vary("specshow", _show, unicode=BOOLS, htk=BOOLS, x_axis=NAMES, y_axis=NAMES)
    vary("specshow", _draw, "x_axis", "y_axis", x_coords=_COORDINATES, y_coords=_COORDINATES)
    for _kind in ("time", "log", "mel"):
        vary(
            "specshow",
            calling(_draw, y_axis="none", x_axis=_kind),
            "x_axis",
            "fmin",
            "fmax",
            sr=NUMBERS,
            hop_length=SIZES,
            n_fft=SIZES,
            fmin=NUMBERS,
            fmax=NUMBERS,
        )
    vary("specshow", _show, ax=[*bads(5, "x", object(), [], nan, BrokenRepr()), bad(str)])
    vary("specshow", _show, "magnitudes", data=maybe(lenient(arrays(24, 9))))

# ---- inverses -----------------------------------------------------------------------------------

if hasattr(fastspec, "icqt"):
    import hostile_icqt  # noqa: F401 # adds its rows
