"""The functions of librosa that fastspec has: one row for each.

The namespace, the patch, the table in docs/librosa.md and the tests all read `ROWS`. A row whose
function fastspec does not have is not served; so a new function joins by a row.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

import fastspec
from fastspec.librosa_compat._names import public_modules

__all__ = ["ROWS", "Row", "absent", "docs_line", "find", "in_namespace", "served"]


@dataclass(frozen=True)
class Row:
    """One function of librosa and what fastspec has for it.

    `home` is the module of librosa that defines it, without ``librosa.``. `ours` is the name in
    fastspec, or ``module:name``. `arrays` says of which kind arguments must be for the patch to
    serve a call: see `fastspec.librosa_compat._arguments.KINDS`. `single` and `double` bound the
    difference of the results for float32 and float64 input, `of` says relative to what; None is for
    results that are equal. `remark` is one for the docs. Where our
    function differs in the type of its results, the patch has `prepare` change the keywords of a
    call, and `finish` its result.
    """

    home: str
    name: str
    ours: str = ""
    arrays: dict[str, str] = field(default_factory=dict)
    single: float | None = None
    double: float | None = None
    of: str = "peak"
    remark: str = ""
    patched: bool = True
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    finish: Callable[[Any], Any] | None = None

    @property
    def path(self) -> str:
        """The public name, such as ``librosa.feature.mfcc``."""
        shortest = min(public_modules(self.home, self.name), key=len)
        return ".".join(part for part in ("librosa", shortest, self.name) if part)

    @property
    def source(self) -> tuple[str, str]:
        """Module and name of our function."""
        module, _, name = (self.ours or self.name).rpartition(":")
        return module or "fastspec", name

    def function(self) -> Any:
        """Return our function."""
        module, name = self.source
        return getattr(importlib.import_module(module), name)

    def exists(self) -> bool:
        """Return whether fastspec has the function; imports no optional package."""
        module, name = self.source
        if module == "fastspec":
            return name in fastspec.__all__
        return hasattr(importlib.import_module(module), name)


_QUIET = (
    "Quiet bins decide, which hold the rounding of the transform: librosa's is in double, ours too "
    "with precision='double'."
)
_Y = {"y": "audio"}
_S = {"S": "real"}
_BOTH = {**_Y, **_S}


def _double(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Ask an inverse for the type that librosa gives, which a scaling in double widens."""
    if kwargs.get("dtype") is not None or not kwargs.get("scale", True):
        return kwargs
    return {**kwargs, "dtype": np.float64}


def _bands_outside(S: Any) -> Any:
    """Order a batch in memory as librosa's product with a filter bank: the bands outermost."""
    if S.ndim < 3:
        return S
    *leading, bands, frames = S.shape
    ordered = np.moveaxis(np.empty((bands, *leading, frames), S.dtype), 0, -2)
    ordered[...] = S
    return ordered


def _unit(home: str, name: str, argument: str, **more: Any) -> Row:
    arrays = {argument: "numbers"} if argument else {}
    return Row(home, name, arrays=arrays, of="equal", **more)


def _weights(name: str) -> Row:
    arrays = {"frequencies": "numbers"}
    return Row("core.convert", name, arrays=arrays, single=1e-4, double=1e-12, of="dB")


ROWS: tuple[Row, ...] = (
    # ---- spectra ----
    Row("core.spectrum", "stft", arrays=_Y, single=1e-6, double=1e-12),
    Row("core.spectrum", "istft", arrays={"stft_matrix": "complex"}, single=1e-6, double=1e-12,
        of="peak, where the squared windows sum to 1e-3 of their largest sum"),
    Row("core.spectrum", "griffinlim", arrays=_S, single=1e-4, double=1e-10,
        of="peak, after one iteration; 1 % in spectral convergence after 32"),
    Row("core.spectrum", "magphase", arrays={"D": "complex"}, of="equal"),
    Row("core.spectrum", "_spectrogram", "fastspec.librosa_compat._private:spectrogram",
        arrays=_BOTH, single=1e-6, double=1e-12,
        remark="the helper of librosa's spectral features"),
    Row("core.spectrum", "power_to_db", arrays={"S": "decibels"}, single=3e-5, double=1e-11,
        of="dB"),
    Row("core.spectrum", "amplitude_to_db", arrays={"S": "decibels"}, single=3.1e-5, double=1e-11,
        of="dB"),
    Row("core.spectrum", "db_to_power", arrays={"S_db": "levels"}, single=1e-6, double=1e-14,
        of="value"),
    Row("core.spectrum", "db_to_amplitude", arrays={"S_db": "levels"}, single=1e-6, double=1e-14,
        of="value"),
    Row("core.spectrum", "perceptual_weighting", arrays=_S, single=1e-4, double=1e-10, of="dB"),
    Row("core.spectrum", "pcen", arrays=_S, single=1e-5, double=1e-12),
    Row("core.spectrum", "phase_vocoder", arrays={"D": "complex"}, single=1e-4, double=1e-10),
    Row("core.spectrum", "reassigned_spectrogram", arrays={**_Y, "S": "spectra"}, single=1e-5,
        double=1e-10, of="peak"),
    # ---- mel ----
    Row("feature.spectral", "melspectrogram", arrays=_BOTH, single=3e-6, double=1e-12,
        finish=_bands_outside, of="peak, for powers from 1"),
    Row("feature.spectral", "mfcc", arrays=_BOTH, single=3e-5, double=1e-10),
    Row("filters", "mel", "mel_filter", single=2e-7, double=1e-12),
    # Least squares have many solutions: ours are another one than where librosa's search ends.
    Row("feature.inverse", "mel_to_stft", of="bands, nearer to those given", patched=False),
    Row("feature.inverse", "mel_to_audio", of="bands, nearer to those given", patched=False),
    Row("feature.inverse", "mfcc_to_mel", arrays={"mfcc": "real"}, single=1e-5, double=1e-12),
    Row("feature.inverse", "mfcc_to_audio", of="bands, nearer to those given", patched=False),
    # ---- constant-Q ----
    Row("core.constantq", "cqt", arrays=_Y, single=5e-6, double=5e-6),
    Row("core.constantq", "vqt", arrays={**_Y, "intervals": "given"}, single=5e-6, double=5e-6),
    Row("core.constantq", "pseudo_cqt", arrays=_Y, single=1e-5, double=1e-5),
    Row("core.constantq", "hybrid_cqt", arrays=_Y, single=1e-5, double=1e-5),
    Row("core.constantq", "icqt", arrays={"C": "complex"}, single=1e-4, double=1e-4,
        prepare=_double,
        of="peak; 1e-3 where filters reach half an octave's rate"),
    Row("core.constantq", "griffinlim_cqt", arrays={"C": "real"}, single=1e-3, double=1e-3,
        prepare=_double, of="peak, after up to three iterations"),
    # ---- chroma ----
    Row("feature.spectral", "chroma_stft", arrays=_BOTH, single=1e-5, double=1e-13,
        of="frame's norm"),
    Row("feature.spectral", "chroma_cqt", arrays={**_Y, "C": "spectra"}, single=1e-3, double=1e-3,
        of="frame's largest, in frames above 1e-4 of the loudest"),
    Row("feature.spectral", "chroma_cens", arrays={**_Y, "C": "spectra"}, single=1e-5, double=1e-5,
        of="peak, but for values that a threshold puts on its other side"),
    Row("feature.spectral", "chroma_vqt", arrays={**_Y, "V": "spectra"}, single=1e-3, double=1e-3,
        of="frame's largest, in frames above 1e-4 of the loudest"),
    Row("feature.spectral", "tonnetz", arrays={**_Y, "chroma": "real"}, single=1e-3, double=1e-3,
        of="one; 2e-7 for given chroma"),
    Row("filters", "chroma", "chroma_filter", single=1.2e-7, double=5e-16),
    Row("filters", "cq_to_chroma", of="equal"),
    Row("filters", "get_window", arrays={"window": "window"}, single=1e-14, double=1e-14),
    # ---- tuning and pitch ----
    Row("core.pitch", "piptrack", arrays=_BOTH, single=1e-4, double=1e-11,
        of="value; a peak may be missing on the verge of the threshold"),
    Row("core.pitch", "estimate_tuning", arrays=_BOTH, finish=np.float64,
        of="equal, but for ties of its histogram"),
    Row("core.pitch", "pitch_tuning", arrays={"frequencies": "numbers"}, finish=np.float64,
        of="equal"),
    Row("core.pitch", "yin", arrays=_Y, single=1e-5, double=1e-9,
        of="value, but where two lags are equally good"),
    Row("core.pitch", "pyin", arrays=_Y, single=1e-6, double=1e-9,
        of="value, but where two paths are equally good",
        remark="unvoiced frames with `fill_na=None` often have many equally good paths"),
    # ---- features of spectra and signals ----
    Row("feature.spectral", "rms", arrays=_BOTH, single=1e-6, double=1e-12),
    Row("feature.spectral", "zero_crossing_rate", arrays=_Y, of="equal"),
    Row("feature.spectral", "spectral_centroid", arrays=_BOTH, single=1e-5, double=1e-11),
    Row("feature.spectral", "spectral_bandwidth", arrays=_BOTH, single=1e-5, double=1e-11),
    Row("feature.spectral", "spectral_rolloff", arrays=_BOTH, single=1e-5, double=1e-11,
        remark="A bin next to it where rounding decides, as in librosa."),
    Row("feature.spectral", "spectral_flatness", arrays=_BOTH, single=1e-4, double=1e-11,
        remark=_QUIET),
    Row("feature.spectral", "spectral_contrast", arrays=_BOTH, single=2e-4, double=1e-10,
        remark=_QUIET),
    Row("feature.spectral", "poly_features", arrays=_BOTH, single=1e-5, double=1e-10),
    Row("feature.utils", "delta", arrays={"data": "real"}, single=3e-6, double=1e-12),
    Row("feature.utils", "stack_memory", arrays={"data": "real"}, of="equal"),
    # ---- onsets, tempo ----
    Row("onset", "onset_strength", arrays=_BOTH, single=2e-5, double=1e-11),
    Row("onset", "onset_strength_multi", arrays=_BOTH, single=2e-5, double=1e-11),
    Row("feature.rhythm", "tempogram", arrays={**_Y, "onset_envelope": "real"}, single=1e-4,
        double=1e-10, remark="1e-13 of a given envelope"),
    Row("feature.rhythm", "fourier_tempogram", arrays={**_Y, "onset_envelope": "real"}, single=1e-4,
        double=1e-10, remark="1e-6, 1e-13 of a given envelope"),
    Row("feature.rhythm", "tempo", arrays={**_Y, "onset_envelope": "real", "tg": "real"},
        of="equal in 99 of 100 draws"),
    # ---- signals ----
    Row("core.audio", "load", of="equal", patched=False),
    Row("core.audio", "resample", arrays=_Y, of="equal"),
    Row("effects", "preemphasis", arrays=_Y, single=1e-6, double=1e-12),
    Row("effects", "deemphasis", arrays=_Y, single=1e-5, double=1e-11,
        remark="For coef from -1 to 1."),
    Row("decompose", "hpss", arrays={"S": "spectra"}, single=1e-6, double=1e-13,
        remark="kernels up to eight times as long as the spectrogram"),
    Row("util.utils", "softmask", arrays={"X": "real", "X_ref": "real"}, of="equal"),
    Row("util.utils", "frame", arrays={"x": "array"}, of="equal"),
    Row("util.utils", "normalize", arrays=_S, single=1e-6, double=1e-14),
    # ---- units ----
    _unit("core.convert", "hz_to_mel", "frequencies"),
    _unit("core.convert", "mel_to_hz", "mels"),
    _unit("core.convert", "mel_frequencies", ""),
    _unit("core.convert", "fft_frequencies", ""),
    _unit("core.convert", "cqt_frequencies", ""),
    _unit("core.convert", "tempo_frequencies", ""),
    _unit("core.convert", "fourier_tempo_frequencies", ""),
    _unit("core.intervals", "interval_frequencies", ""),
    _unit("core.convert", "frames_to_samples", "frames"),
    _unit("core.convert", "frames_to_time", "frames"),
    _unit("core.convert", "samples_to_frames", "samples"),
    _unit("core.convert", "samples_to_time", "samples"),
    _unit("core.convert", "time_to_frames", "times"),
    _unit("core.convert", "time_to_samples", "times"),
    _unit("core.convert", "hz_to_midi", "frequencies"),
    _unit("core.convert", "midi_to_hz", "notes"),
    _unit("core.convert", "hz_to_octs", "frequencies"),
    _unit("core.convert", "octs_to_hz", "octs"),
    _unit("core.convert", "hz_to_note", "frequencies"),
    _unit("core.convert", "midi_to_note", "midi"),
    _unit("core.convert", "note_to_hz", ""),
    _unit("core.convert", "note_to_midi", ""),
    _unit("core.notation", "key_to_notes", "", ours="fastspec.notes:key_to_notes"),
    _weights("A_weighting"),
    _weights("B_weighting"),
    _weights("C_weighting"),
    _weights("D_weighting"),
    _unit("core.convert", "Z_weighting", "frequencies"),
    _weights("frequency_weighting"),
    _weights("multi_frequency_weighting"),
    # ---- pictures ----
    Row("display", "specshow", of="pictures", patched=False),
)  # fmt: skip


def served() -> list[Row]:
    """Return the rows whose function fastspec has and the patch serves."""
    return [row for row in ROWS if row.patched and row.exists()]


def absent() -> list[Row]:
    """Return the rows whose function fastspec does not have."""
    return [row for row in ROWS if not row.exists()]


@lru_cache(maxsize=1)
def in_namespace() -> dict[str, dict[str, Row]]:
    """Return, for each module of librosa, the public names that are ours."""
    modules: dict[str, dict[str, Row]] = {}
    for row in ROWS:
        if not row.name.startswith("_") and row.exists():
            for module in public_modules(row.home, row.name):
                modules.setdefault(module, {})[row.name] = row
    return modules


_GIVEN = {
    "audio": "floats",
    "real": "floats",
    "complex": "complex",
    "spectra": "floats or complex",
    "numbers": "numbers",
    "decibels": "numbers, floats or complex",
    "levels": "numbers, no lists",
    "window": "names, tuples and numbers",
    "array": "an array",
    "given": "not None",
}


def docs_line(row: Row) -> str:
    """Return the line of a function in the table of docs/librosa.md."""
    if row.single is None:
        bound = row.of
    elif row.single == row.double:
        bound = f"{row.single:g} of the {row.of}"
    else:
        bound = f"{row.single:g}, {row.double:g} of the {row.of}"
    bound = bound.replace("of the dB", "dB").replace("of the one", "absolute")
    given = [f"`{name}`: {_GIVEN[kind]}" for name, kind in row.arrays.items()]
    cells = (f"`{row.path}`", bound, "; ".join([*given, *filter(None, [row.remark])]))
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def find(path: str) -> Row:
    """Return the row of a public name, such as ``librosa.feature.mfcc``."""
    for row in ROWS:
        if row.path == path:
            return row
    raise KeyError(path)
