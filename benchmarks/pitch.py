"""The transforms over pitch against others: ``python -m benchmarks.pitch``.

Every row runs in a process of its own, on one thread, its contestants in turns; plans, filters and
modules are made before. Contestants that are not installed, or refuse the row, are named as left
out. ``--memory`` and ``--subnormal`` measure those instead.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import cases, timing
from benchmarks.fresh import forget_peak, memory

Array = npt.NDArray[Any]
Call = Callable[[], Any]

EXACT, COMPATIBLE = "fastspec exact", "fastspec"
_C1 = 32.70319566257483  # Hz
_LIMITS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Row:
    """One row: what is computed, of which signal, with which parameters."""

    name: str
    method: str  # of the contestants
    seconds: float = 30.0
    signal: str = "music"  # or "noise"
    sr: int = 22050
    hop_length: int = 512
    bins_per_octave: int = 12
    n_octaves: int = 7
    n_iter: int = 8

    @property
    def n_bins(self) -> int:
        """Bins of the transform."""
        return self.n_octaves * self.bins_per_octave

    def samples(self) -> npt.NDArray[np.float32]:
        """Return the signal."""
        if self.signal == "music":
            return cases.signal(self.sr, self.seconds)
        rng = np.random.default_rng(2)
        return 0.1 * rng.standard_normal(round(self.sr * self.seconds), dtype=np.float32)

    @property
    def grid(self) -> dict[str, Any]:
        """The arguments that all transforms share."""
        return {
            "sr": self.sr,
            "hop_length": self.hop_length,
            "fmin": _C1,
            "n_bins": self.n_bins,
            "bins_per_octave": self.bins_per_octave,
        }

    @property
    def octaves(self) -> dict[str, Any]:
        """The arguments that all chromagrams share."""
        return {
            **{k: v for k, v in self.grid.items() if k != "n_bins"},
            "n_octaves": self.n_octaves,
            "tuning": 0.0,
        }


ROWS = (
    Row("cqt", "cqt"),
    Row("cqt, 1 s", "cqt", seconds=1.0),
    Row("cqt, white noise", "cqt", signal="noise"),
    Row("cqt, 36 per octave", "cqt", bins_per_octave=36),
    Row("cqt, hop 441", "cqt", hop_length=441),
    Row("cqt, 44.1 kHz", "cqt", sr=44100),
    Row("cqt, 44.1 kHz, 9 octaves", "cqt", sr=44100, n_octaves=9),
    Row("vqt", "vqt"),
    Row("vqt, 1 s", "vqt", seconds=1.0),
    Row("pseudo_cqt", "pseudo_cqt"),
    Row("hybrid_cqt", "hybrid_cqt"),
    Row("icqt", "icqt"),
    Row("griffinlim_cqt", "griffinlim_cqt", seconds=5.0),
    Row("NSGT and back", "nsgt", sr=44100),
    Row("chroma_cqt", "chroma_cqt", bins_per_octave=36),
    Row("chroma_cqt, 1 s", "chroma_cqt", seconds=1.0, bins_per_octave=36),
    Row("chroma_cqt, white noise", "chroma_cqt", signal="noise", bins_per_octave=36),
    Row("chroma_cens", "chroma_cens", bins_per_octave=36),
    Row("chroma_stft", "chroma_stft"),
    Row("chroma_stft, white noise", "chroma_stft", signal="noise"),
    Row("estimate_tuning", "estimate_tuning"),
    Row("estimate_tuning, white noise", "estimate_tuning", signal="noise"),
)

# ---- contestants --------------------------------------------------------------------------------
# A class each. A method that is missing means that the library lacks the transform.


class Fastspec:
    """fastspec's functions: librosa's definition, on cached plans."""

    def __init__(self) -> None:
        self._fs: Any = importlib.import_module("fastspec")

    def cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.cqt(y, **r.grid)

    def vqt(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.vqt(y, **r.grid)

    def pseudo_cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.pseudo_cqt(y, **r.grid)

    def hybrid_cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.hybrid_cqt(y, **r.grid)

    def icqt(self, r: Row, y: Array) -> Call:
        C, grid = self._fs.cqt(y, **r.grid), _inverse(r)
        return lambda: self._fs.icqt(C, **grid)

    def griffinlim_cqt(self, r: Row, y: Array) -> Call:
        C, grid = np.abs(self._fs.cqt(y, **r.grid)), _inverse(r)
        options = {"n_iter": r.n_iter, "random_state": 0}
        return lambda: self._fs.griffinlim_cqt(C, **grid, **options)

    def nsgt(self, r: Row, y: Array) -> Call:
        plan = self._fs.NSGT(sr=r.sr, fmin=_C1, bins_per_octave=r.bins_per_octave)
        return lambda: plan.inverse(plan(y), y.size)

    def chroma_cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.chroma_cqt(y=y, **r.octaves)

    def chroma_cens(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.chroma_cens(y=y, **r.octaves)

    def chroma_stft(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.chroma_stft(y=y, sr=r.sr)

    def estimate_tuning(self, r: Row, y: Array) -> Call:
        return lambda: self._fs.estimate_tuning(y=y, sr=r.sr)


class Exact:
    """fastspec's plans: the exact definition."""

    def __init__(self) -> None:
        self._fs: Any = importlib.import_module("fastspec")

    def cqt(self, r: Row, y: Array) -> Call:
        plan = self._fs.CQT(**r.grid)
        return lambda: plan(y)

    def vqt(self, r: Row, y: Array) -> Call:
        plan = self._fs.CQT(**r.grid, gamma=None)
        return lambda: plan(y)

    def chroma_cqt(self, r: Row, y: Array) -> Call:
        plan = self._fs.Chroma(**r.octaves)
        return lambda: plan(y)

    def chroma_cens(self, r: Row, y: Array) -> Call:
        plan = self._fs.Chroma(**r.octaves, cens=True)
        return lambda: plan(y)


class Librosa:
    """librosa 0.11."""

    def __init__(self) -> None:
        self._lr: Any = importlib.import_module("librosa")

    def cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.cqt(y, **r.grid)

    def vqt(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.vqt(y, **r.grid)

    def pseudo_cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.pseudo_cqt(y, **r.grid)

    def hybrid_cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.hybrid_cqt(y, **r.grid)

    def icqt(self, r: Row, y: Array) -> Call:
        C, grid = self._lr.cqt(y, **r.grid), _inverse(r)
        return lambda: self._lr.icqt(C, **grid)

    def griffinlim_cqt(self, r: Row, y: Array) -> Call:
        C, grid = np.abs(self._lr.cqt(y, **r.grid)), _inverse(r)
        options = {"n_iter": r.n_iter, "random_state": 0}
        return lambda: self._lr.griffinlim_cqt(C, **grid, **options)

    def chroma_cqt(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.feature.chroma_cqt(y=y, **r.octaves)

    def chroma_cens(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.feature.chroma_cens(y=y, **r.octaves)

    def chroma_stft(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.feature.chroma_stft(y=y, sr=r.sr)

    def estimate_tuning(self, r: Row, y: Array) -> Call:
        return lambda: self._lr.estimate_tuning(y=y, sr=r.sr)


class NnAudio:
    """nnAudio's CQT1992v2: one convolution with all filters."""

    def __init__(self) -> None:
        self._torch: Any = importlib.import_module("torch")
        self._features: Any = importlib.import_module("nnAudio.features")
        self._torch.set_num_threads(1)
        self._torch.set_grad_enabled(False)

    def cqt(self, r: Row, y: Array) -> Call:
        grid = {**r.grid, "pad_mode": "constant", "output_format": "Complex", "verbose": False}
        layer = self._features.CQT1992v2(**grid)
        signal = self._torch.from_numpy(y)[np.newaxis]
        return lambda: layer(signal)


class AudioFlux:
    """audioFlux's CQT, decimating by octaves over MKL."""

    def __init__(self) -> None:
        self._af: Any = importlib.import_module("audioflux")

    def cqt(self, r: Row, y: Array) -> Call:
        if r.hop_length % 2 ** (r.n_octaves - 1):
            raise ValueError("audioFlux 0.1.9 corrupts the heap at hops that octaves do not divide")
        plan = self._af.CQT(
            num=r.n_bins,
            samplate=r.sr,
            low_fre=_C1,
            bin_per_octave=r.bins_per_octave,
            slide_length=r.hop_length,
        )
        return lambda: plan.cqt(y)

    def chroma_cqt(self, r: Row, y: Array) -> Call:
        plan = self._af.CQT(
            num=r.n_bins,
            samplate=r.sr,
            low_fre=_C1,
            bin_per_octave=r.bins_per_octave,
            slide_length=r.hop_length,
        )
        return lambda: plan.chroma(plan.cqt(y), chroma_num=12)


class Essentia:
    """essentia's nonstationary Gabor transform and its inverse."""

    def __init__(self) -> None:
        self._es: Any = importlib.import_module("essentia.standard")

    def nsgt(self, r: Row, y: Array) -> Call:
        options = {
            "sampleRate": r.sr,
            "binsPerOctave": r.bins_per_octave,
            "minFrequency": _C1,
            "maxFrequency": 0.45 * r.sr,
            "inputSize": y.size,
            "rasterize": "none",
        }
        forward, inverse = self._es.NSGConstantQ(**options), self._es.NSGIConstantQ(**options)
        return lambda: inverse(*forward(y))


CONTESTANTS: dict[str, type[Any]] = {
    EXACT: Exact,
    COMPATIBLE: Fastspec,
    "librosa": Librosa,
    "nnAudio CQT1992v2": NnAudio,
    "audioFlux": AudioFlux,
    "essentia": Essentia,
}


def _inverse(r: Row) -> dict[str, Any]:
    return {k: v for k, v in r.grid.items() if k != "n_bins"}


def _contest(r: Row, y: Array, left_out: dict[str, str]) -> dict[str, Call]:
    """Return the calls of those that take part, each called once; say who does not, and why."""
    calls: dict[str, Call] = {}
    for name, kind in CONTESTANTS.items():
        if not hasattr(kind, r.method):
            continue
        try:
            calls[name] = getattr(kind(), r.method)(r, y)
            calls[name]()
        except Exception as error:
            calls.pop(name, None)
            left_out[name] = f"{type(error).__name__}: {' '.join(str(error).split())[:90]}"
    return calls


# ---- measurements, each in a process of its own -------------------------------------------------


def _time(r: Row, quick: bool) -> dict[str, Any]:
    left_out: dict[str, str] = {}
    y = r.samples()
    calls = _contest(r, y, left_out)
    budget, rounds = (0.2, 2) if quick else (12.0, 5)
    samples = timing.take_turns(calls, budget, rounds, cpu_time=True)
    found: dict[str, Any] = {"row": asdict(r), "left out": left_out}
    found["times"] = {name: one.summary() for name, one in samples.items()}
    if {COMPATIBLE, "librosa"} <= calls.keys() and r.method != "griffinlim_cqt":
        ours, theirs = (np.asarray(calls[name]()) for name in (COMPATIBLE, "librosa"))
        n = min(ours.shape[-1], theirs.shape[-1]) if ours.ndim else 1
        ours, theirs = (x[..., :n] if x.ndim else x for x in (ours, theirs))
        peak = float(np.abs(theirs).max()) or 1.0
        found["difference"] = float(np.abs(ours - theirs).max()) / peak
    return found


def _subnormal(r: Row, quick: bool) -> dict[str, Any]:
    left_out: dict[str, str] = {}
    y = r.samples()
    tiny = (y * np.float32(1e-39)).astype(np.float32)
    calls = _contest(r, y, left_out)
    pairs = {f"{name}, subnormal": call for name, call in _contest(r, tiny, left_out).items()}
    samples = timing.take_turns(calls | pairs, *((0.2, 2) if quick else (12.0, 5)), cpu_time=True)
    return {
        "row": asdict(r),
        "left out": left_out,
        "times": {name: one.summary() for name, one in samples.items()},
    }


def _peak(r: Row, name: str) -> dict[str, Any]:
    """Measure the memory that one call takes beyond its input, its output and what plans hold."""
    make = getattr(CONTESTANTS[name](), r.method)
    y = r.samples()
    call = make(r, y)
    make(r, y[: r.sr])()  # modules, plans and filters
    forget_peak()
    before = memory("VmRSS")
    result = call()
    peak = memory("VmHWM")
    size = sum(
        np.asarray(part).nbytes for part in (result if isinstance(result, list) else [result])
    )
    extra = None if before is None or peak is None else peak - before - size
    return {"row": asdict(r), "name": name, "output": size, "extra": extra}


# ---- the command --------------------------------------------------------------------------------


def _child(task: Mapping[str, Any]) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    row = Row(**task["row"])
    if task["kind"] == "memory":
        return _peak(row, task["name"])
    return (_subnormal if task["kind"] == "subnormal" else _time)(row, task["quick"])


def _run(task: dict[str, Any]) -> dict[str, Any] | None:
    environment = {**os.environ, **dict.fromkeys(_LIMITS, "1")}
    command = [sys.executable, "-m", "benchmarks.pitch", "--task", json.dumps(task)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"{task['row']['name']}: failed with {done.returncode}: {last}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _print_times(found: dict[str, Any]) -> None:
    r, times = found["row"], {name: one["median"] for name, one in found["times"].items()}
    n_bins = r["n_octaves"] * r["bins_per_octave"]
    print(f"{r['name']}: {r['seconds']:g} s of {r['signal']} at {r['sr']} Hz, "
          f"hop {r['hop_length']}, {n_bins} bins")  # fmt: skip
    for name, one in found["times"].items():
        ratios = [
            f"{times[name] / times[ours]:8.2f} x {ours}"
            for ours in (EXACT, COMPATIBLE)
            if ours in times and ours != name
        ]
        spread = f"({1e3 * one['q1']:.4g} to {1e3 * one['q3']:.4g})"
        print(f"  {name:<26} {1e3 * one['median']:10.4g} ms {spread:<22} {'  '.join(ratios)}")
    if "difference" in found:
        print(f"  {COMPATIBLE} and librosa differ by {found['difference']:.1e} of the peak")
    for name, why in found["left out"].items():
        print(f"  {name}: left out, {why}")


def _print_memory(found: dict[str, Any]) -> None:
    extra = "?" if found["extra"] is None else f"{found['extra'] / 1e6:.1f} MB"
    r = found["row"]
    print(f"{r['name']}, {found['name']}, {r['seconds']:g} s: {extra} beyond input and output, "
          f"which takes {found['output'] / 1e6:.1f} MB")  # fmt: skip


def _tasks(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    quick = arguments.quick
    tasks: list[dict[str, Any]] = []
    for row in ROWS:
        if arguments.only not in row.name:
            continue
        settings = asdict(row)
        if quick:
            settings["seconds"] = min(row.seconds, 2.0)
        if arguments.subnormal:
            if row.name in ("cqt", "chroma_cqt", "chroma_stft", "estimate_tuning"):
                tasks.append({"kind": "subnormal", "row": settings, "quick": quick})
        elif arguments.memory:
            if row.name in ("cqt", "chroma_cqt", "chroma_cens", "chroma_stft", "estimate_tuning"):
                settings["seconds"] = 60.0 if quick else 3600.0
                for name in (EXACT, COMPATIBLE):
                    if hasattr(CONTESTANTS[name], row.method):
                        tasks.append({"kind": "memory", "row": settings, "name": name})
        else:
            tasks.append({"kind": "time", "row": settings, "quick": quick})
    return tasks


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pitch", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="short signals and few samples: whether all rows run")
    add("--only", default="", metavar="TEXT", help="rows whose names hold this")
    add("--memory", action="store_true", help="peak memory over an hour")
    add("--subnormal", action="store_true", help="subnormal input beside the same at its level")
    add("--json", metavar="FILE", help="write what was measured")
    add("--task", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        print(json.dumps(_child(json.loads(arguments.task))))
        return 0
    found, failed = [], 0
    for task in _tasks(arguments):
        one = _run(task)
        failed += one is None
        if one is not None:
            (_print_memory if task["kind"] == "memory" else _print_times)(one)
            sys.stdout.flush()
            found.append(one)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
