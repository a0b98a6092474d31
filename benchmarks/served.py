"""Every function that fastspec serves, beside librosa: ``python -m benchmarks --only served``.

One recording of 30 s at 22 050 Hz, float32, one thread for everybody; the two libraries take turns,
and the table has the medians of the process's CPU time. Inputs are what librosa makes of the
recording, in its layout: its spectra have their bins side by side in memory. What has no audio in
it (units, windows, filter banks) is the second table. ``LEFT_OUT`` says why a function has no row.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import cases, timing
from fastspec.config import config
from fastspec.librosa_compat._table import ROWS, Row

Array = npt.NDArray[Any]

SR = 22050
_BUDGET, _ROUNDS, _FEW_ROUNDS = 1.0, 5, 2
_LONG = 1.0  # seconds of a call that is made a few times only
_GOAL = 3.0

LEFT_OUT = {
    "librosa.display.specshow": "draws with matplotlib, which takes the time in both",
    "librosa.core.spectrum._spectrogram": "a helper; it costs what its callers do",
}


class Inputs:
    """What the calls are given, made by librosa where it is there."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.y = cases.signal(SR, seconds)
        self._folder = tempfile.TemporaryDirectory()

    @staticmethod
    def _make(name: str) -> Callable[..., Any]:
        """Return a function of librosa, or ours without librosa."""
        try:
            return librosa_function(name)
        except ImportError:
            return _row(name).function()  # type: ignore[no-any-return]

    @cached_property
    def D(self) -> Array:
        return self._make("librosa.stft")(self.y)

    @cached_property
    def S(self) -> Array:
        return np.abs(self.D)

    @cached_property
    def power(self) -> Array:
        return self.S**2

    @cached_property
    def mel(self) -> Array:
        return self._make("librosa.feature.melspectrogram")(y=self.y)

    @cached_property
    def db(self) -> Array:
        return self._make("librosa.power_to_db")(self.mel)

    @cached_property
    def mfcc(self) -> Array:
        return self._make("librosa.feature.mfcc")(y=self.y)

    @cached_property
    def C(self) -> Array:
        return self._make("librosa.cqt")(self.y)

    @cached_property
    def chroma(self) -> Array:
        return self._make("librosa.feature.chroma_stft")(y=self.y)

    @cached_property
    def envelope(self) -> Array:
        return self._make("librosa.onset.onset_strength")(y=self.y)

    @cached_property
    def tempogram(self) -> Array:
        return self._make("librosa.feature.tempogram")(y=self.y)

    @cached_property
    def bins(self) -> Array:
        return np.linspace(1, SR / 2, self.S.shape[0])

    @cached_property
    def path(self) -> str:
        """The recording in a file of 16 bits."""
        import soundfile

        path = str(Path(self._folder.name) / "recording.wav")
        soundfile.write(path, self.y, SR, subtype="PCM_16")
        return path

    # What there is much of, of functions without audio.

    @cached_property
    def hz(self) -> Array:
        return np.geomspace(30, 10000, 10000)

    @cached_property
    def semitones(self) -> Array:
        return np.linspace(20, 110, 10000)

    @cached_property
    def counts(self) -> Array:
        return np.arange(10000)

    @cached_property
    def times(self) -> Array:
        return np.linspace(0, 30, 10000)


@dataclass(frozen=True)
class Case:
    """One call: a function of either library with these inputs."""

    given: str  # for the table
    call: Callable[[Any, Inputs], Any]


def _y(**more: Any) -> Case:
    given = "y" + "".join(f", {name}={value!r}" for name, value in more.items())
    return Case(given, lambda f, x: f(y=x.y, **more))


def _of(name: str, argument: str | None = None, **more: Any) -> Case:
    """A call with one of the inputs, as its first argument or by name."""
    given = "".join([argument or name, *(f", {key}={value!r}" for key, value in more.items())])
    if argument is None:
        return Case(given, lambda f, x: f(getattr(x, name), **more))
    return Case(given, lambda f, x: f(**{argument: getattr(x, name)}, **more))


def _with(given: str, *arguments: Any, **more: Any) -> Case:
    return Case(given, lambda f, x: f(*arguments, **more))


def _both(**more: Any) -> list[Case]:
    return [_y(**more), _of("S", "S", **more)]


_C = Case("C", lambda f, x: f(C=np.abs(x.C)))

MUSIC: dict[str, list[Case]] = {
    "librosa.stft": [_y()],
    "librosa.istft": [_of("D")],
    "librosa.griffinlim": [_of("S", n_iter=32)],
    "librosa.magphase": [_of("D")],
    "librosa.power_to_db": [_of("power"), _of("mel")],
    "librosa.amplitude_to_db": [_of("S")],
    "librosa.db_to_power": [_of("db")],
    "librosa.db_to_amplitude": [_of("db")],
    "librosa.perceptual_weighting": [
        Case("S, frequencies", lambda f, x: f(x.power, x.bins)),
    ],
    "librosa.pcen": [_of("mel")],
    "librosa.phase_vocoder": [_of("D", rate=0.8), _of("D", rate=1.25), _of("D", rate=2.0)],
    "librosa.reassigned_spectrogram": [_y()],
    "librosa.feature.melspectrogram": [_y(), _of("power", "S")],
    "librosa.feature.mfcc": [_y(), _of("db", "S")],
    "librosa.feature.inverse.mel_to_stft": [_of("mel")],
    "librosa.feature.inverse.mel_to_audio": [_of("mel", n_iter=32)],
    "librosa.feature.inverse.mfcc_to_mel": [_of("mfcc")],
    "librosa.feature.inverse.mfcc_to_audio": [_of("mfcc", n_iter=32)],
    "librosa.cqt": [_y()],
    "librosa.vqt": [_y()],
    "librosa.pseudo_cqt": [_y()],
    "librosa.hybrid_cqt": [_y()],
    "librosa.icqt": [_of("C")],
    "librosa.griffinlim_cqt": [Case("C, n_iter=4", lambda f, x: f(np.abs(x.C), n_iter=4))],
    "librosa.feature.chroma_stft": _both(),
    "librosa.feature.chroma_cqt": [_y(), _C],
    "librosa.feature.chroma_cens": [_y(), _C],
    "librosa.feature.chroma_vqt": [_y(intervals="ji5")],
    "librosa.feature.tonnetz": [_y(), _of("chroma", "chroma")],
    "librosa.piptrack": _both(),
    "librosa.estimate_tuning": _both(),
    "librosa.yin": [_y(fmin=65, fmax=2093)],
    "librosa.pyin": [_y(fmin=65, fmax=2093)],
    "librosa.feature.rms": [*_both(), Case("S=D", lambda f, x: f(S=x.D))],
    "librosa.feature.zero_crossing_rate": [_y()],
    "librosa.feature.spectral_centroid": _both(),
    "librosa.feature.spectral_bandwidth": _both(),
    "librosa.feature.spectral_rolloff": _both(),
    "librosa.feature.spectral_flatness": _both(),
    "librosa.feature.spectral_contrast": _both(),
    "librosa.feature.poly_features": _both(),
    "librosa.feature.delta": [_of("mel"), _of("mel", mode="nearest")],
    "librosa.feature.stack_memory": [_of("mel"), _of("mfcc", n_steps=10)],
    "librosa.onset.onset_strength": [_y(), _of("db", "S")],
    "librosa.onset.onset_strength_multi": [_y(), _of("db", "S")],
    "librosa.feature.tempogram": [_y(), _of("envelope", "onset_envelope")],
    "librosa.feature.fourier_tempogram": [_y(), _of("envelope", "onset_envelope")],
    "librosa.feature.tempo": [
        _y(),
        _of("envelope", "onset_envelope"),
        _of("tempogram", "tg"),
    ],
    "librosa.load": [
        Case("path", lambda f, x: f(x.path)),
        Case("path, sr=16000", lambda f, x: f(x.path, sr=16000)),
    ],
    "librosa.resample": [_y(orig_sr=SR, target_sr=16000)],
    "librosa.effects.preemphasis": [_y()],
    "librosa.effects.deemphasis": [_y()],
    "librosa.decompose.hpss": [_of("S"), _of("D")],
    "librosa.util.softmask": [Case("S, S_ref", lambda f, x: f(x.S, x.power, power=2))],
    "librosa.util.frame": [_of("y", frame_length=2048, hop_length=512)],
    "librosa.util.normalize": [_of("S"), _of("S", norm=2), _of("y")],
}

_HZ = [_of("hz")]
_UNITS = ["C2", "E♭3", "F#4+20", "A4", "B5"]
SMALL: dict[str, list[Case]] = {
    "librosa.filters.mel": [_with("sr=22050, n_fft=2048", sr=SR, n_fft=2048)],
    "librosa.filters.chroma": [_with("sr=22050, n_fft=2048", sr=SR, n_fft=2048)],
    "librosa.filters.cq_to_chroma": [_with("84, n_chroma=12", 84, n_chroma=12)],
    "librosa.filters.get_window": [
        _with("'hann', 2048", "hann", 2048),
        _with("('kaiser', 8), 2048", ("kaiser", 8.0), 2048),
    ],
    "librosa.pitch_tuning": _HZ,
    "librosa.hz_to_mel": _HZ,
    "librosa.mel_to_hz": [_of("semitones")],
    "librosa.mel_frequencies": [_with("128", 128)],
    "librosa.fft_frequencies": [_with("sr=22050, n_fft=2048", sr=SR, n_fft=2048)],
    "librosa.cqt_frequencies": [_with("84, fmin=32.7", n_bins=84, fmin=32.7)],
    "librosa.tempo_frequencies": [_with("384", 384)],
    "librosa.fourier_tempo_frequencies": [_with("sr=22050", sr=SR)],
    "librosa.interval_frequencies": [
        _with(
            "84, 'pythagorean'",
            n_bins=84,
            fmin=32.7,
            intervals="pythagorean",
            bins_per_octave=12,
        )
    ],
    "librosa.frames_to_samples": [_of("counts")],
    "librosa.frames_to_time": [_of("counts")],
    "librosa.samples_to_frames": [_of("counts")],
    "librosa.samples_to_time": [_of("counts")],
    "librosa.time_to_frames": [_of("times")],
    "librosa.time_to_samples": [_of("times")],
    "librosa.hz_to_midi": _HZ,
    "librosa.midi_to_hz": [_of("semitones")],
    "librosa.hz_to_octs": _HZ,
    "librosa.octs_to_hz": [Case("octs", lambda f, x: f(x.times / 4))],
    "librosa.hz_to_note": _HZ,
    "librosa.midi_to_note": [_of("semitones")],
    "librosa.note_to_hz": [_with("5 names", _UNITS)],
    "librosa.note_to_midi": [_with("5 names", _UNITS)],
    "librosa.key_to_notes": [_with("'E:maj'", "E:maj")],
    "librosa.A_weighting": _HZ,
    "librosa.B_weighting": _HZ,
    "librosa.C_weighting": _HZ,
    "librosa.D_weighting": _HZ,
    "librosa.Z_weighting": _HZ,
    "librosa.frequency_weighting": [_of("hz", kind="B")],
    "librosa.multi_frequency_weighting": _HZ,
}


def _row(path: str) -> Row:
    return next(row for row in ROWS if row.path == path)


def librosa_function(path: str) -> Callable[..., Any]:
    """Return librosa's function of a public name, such as ``librosa.feature.mfcc``."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def measure(quick: bool = False, only: str = "") -> dict[str, Any]:
    """Return the summaries by table, function and arguments."""
    inputs = Inputs()
    budget, rounds = (0.2, 3) if quick else (_BUDGET, _ROUNDS)
    data: dict[str, Any] = {"config": {"simd": config()["simd"]}}
    for table, rows in (("music", MUSIC), ("small", SMALL)):
        data[table] = []
        for path, calls in rows.items():
            wanted = only in path and _row(path).exists()
            for case in calls if wanted else ():
                pair = {
                    "fastspec": functools.partial(case.call, _row(path).function(), inputs),
                    "librosa": functools.partial(case.call, librosa_function(path), inputs),
                }
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    begin = time.process_time()
                    _agree(f"{path}({case.given})", *(call() for call in pair.values()))
                    is_long = time.process_time() - begin > _LONG
                    samples = timing.take_turns(
                        pair, budget, _FEW_ROUNDS if is_long else rounds, cpu_time=True
                    )
                summaries = {name: s.summary() for name, s in samples.items()}
                data[table].append({"function": path, "given": case.given, **summaries})
                print(_line(data[table][-1]), file=sys.stderr, flush=True)
    return data


def _agree(name: str, a: Any, b: Any) -> None:
    """Say so where results differ in shape: then two different things would be timed."""
    parts = [x if isinstance(x, tuple) else (x,) for x in (a, b)]
    shapes = [[np.shape(part) for part in x] for x in parts]
    if shapes[0] != shapes[1]:
        print(f"{name}: shapes {shapes[0]} and {shapes[1]}", file=sys.stderr)


def ratio(row: dict[str, Any]) -> float:
    """Return how many times as long librosa takes."""
    return float(row["librosa"]["median"] / row["fastspec"]["median"])


def _number(x: float) -> str:
    return f"{x:.3g}" if x < 1 else f"{x:.2f}" if x < 10 else f"{x:.1f}" if x < 100 else f"{x:.0f}"


def _line(row: dict[str, Any]) -> str:
    unit = [_number(1e3 * row[name]["median"]) for name in ("fastspec", "librosa")]
    cells = [f"`{row['function'].removeprefix('librosa.')}`", f"`{row['given']}`", *unit]
    return "| " + " | ".join([*cells, _number(ratio(row))]) + " |"


def render(data: dict[str, Any]) -> str:
    """Return the tables, in Markdown, and what is below the goal."""
    lines = []
    for table, title in (("music", "30 s of music"), ("small", "small functions")):
        if not data[table]:
            continue
        lines += [f"{title}: ms, one thread, SIMD {data['config']['simd']}", ""]
        lines += ["| function | given | fastspec | librosa | times as fast |", "|---" * 5 + "|"]
        lines += [_line(row) for row in data[table]]
        slow = [
            f"`{row['function']}({row['given']})` {_number(ratio(row))}"
            for row in data[table]
            if ratio(row) < _GOAL
        ]
        lines += ["", f"below {_GOAL:g}: " + (", ".join(slow) or "none"), ""]
    return "\n".join(lines)


def main() -> int:
    """Run the command line, in an environment of one thread: see `benchmarks.__main__`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.served", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("--only", default="", help="a function, or part of its name")
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    parser.add_argument("--from", dest="source", metavar="FILE", help="report on an earlier --json")
    arguments = parser.parse_args()
    if arguments.source:
        print(render(json.loads(Path(arguments.source).read_text())))
        return 0
    data = measure(arguments.quick, arguments.only)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(data, indent=1))
    print(render(data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
