"""One table of the benchmark, in a process of its own with a fixed number of threads.

    python -m benchmarks.worker OPTIONS_AS_JSON OUTPUT.json

`benchmarks.__main__` starts it, with the environment that limits the threads.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import floor, timing
from benchmarks.cases import FEATURES, Case, Feature, find
from benchmarks.peers import PEERS, Fastspec, FastspecFftw, Peer, Torch, Torchaudio, load
from fastspec import EngineError

Array = npt.NDArray[Any]

_BUSY = 1.2  # a contestant that keeps so many times the cores busy that it was given is named


@dataclass(frozen=True)
class Effort:
    """How long a row is measured."""

    budget: float  # seconds
    rounds: int

    @classmethod
    def of(cls, quick: bool, seconds: float) -> Effort:
        if quick:
            return cls(0.25, 3)
        return cls(4.0 if seconds < 100 else 8.0, 5 if seconds < 100 else 3)


def table(options: dict[str, Any]) -> dict[str, Any]:
    """Measure all rows; return them with the versions and notes."""
    threads: int = options["threads"]
    skipped: list[str] = options["skip"]
    config = _config()
    if (tier := options["simd"]) and config["simd"] != tier:
        raise SystemExit(f"benchmarks: --simd {tier}: fastspec runs with {config['simd']}")
    kinds = [kind for kind in PEERS if kind.name not in skipped]
    if threads > 1:
        kinds = [kind for kind in kinds if kind.parallel and kind is not FastspecFftw]
    peers, absent = load(kinds, threads)
    rows = []
    for feature in find(options["only"]):
        for seconds in feature.lengths:
            if seconds not in options["lengths"]:
                continue
            if options["quick"] and _is_long(feature, seconds):
                continue
            effort = Effort.of(options["quick"], seconds)
            rows.append(_row(feature, seconds, peers, threads, effort, options["clock"] == "cpu"))
            _progress(threads, rows[-1])
    return {
        "threads": threads,
        "versions": {p.name: p.version() for p in peers if p.name != FastspecFftw.name},
        "config": config,
        "absent": absent,
        "rows": rows,
    }


def _row(
    feature: Feature,
    seconds: float,
    peers: list[Peer],
    threads: int,
    effort: Effort,
    cpu_time: bool,
) -> dict[str, Any]:
    case = Case(feature, seconds)
    calls: dict[str, Callable[[], Any]] = {}
    notes: list[str] = []
    differences: dict[str, float] = {}
    reference = next((p.name for p in peers if p.name == "librosa"), "")
    results: dict[str, Array] = {}
    own: dict[str, Array] = {}  # what is to be expected of those with conventions of their own
    has_torchaudio = any(isinstance(p, Torchaudio) for p in peers)
    for peer in peers:
        if type(peer) is Torch and has_torchaudio and feature.method in Torch.stands_in:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call = peer.call(case)
                if call is None:
                    continue
                results[peer.name] = np.array(peer.result(case, call()))
                if (expected := peer.reference(case)) is not None:
                    own[peer.name] = expected
        except Exception as error:
            if isinstance(peer, Fastspec):
                raise
            notes.append(f"{peer.name}: failed with {type(error).__name__}: {error}")
            continue
        calls[peer.name] = call
    if reference not in results:
        others = [name for name in results if not name.startswith(Fastspec.name)]
        reference = others[0] if others else Fastspec.name
    for name, result in results.items():
        differences[name] = case.difference(result, own.get(name, results[reference]))
    results.clear()
    if threads == 1 and floor.available():
        frames = feature.n_frames(case.y.size)
        for planner in ("ESTIMATE", "MEASURE"):
            fftw = floor.Floor(feature.n_fft, planner)
            calls[f"FFTW alone, {planner}"] = fftw.call(frames, feature.transforms)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = timing.take_turns(calls, effort.budget, effort.rounds, cpu_time=cpu_time)
    entries = []
    for name, found in samples.items():
        entry: dict[str, Any] = {"name": name, **found.summary()}
        if name in differences:
            entry["difference"] = differences[name]
            if not differences[name] <= case.tolerance and name != reference:
                notes.append(
                    f"{name}: its result differs from {reference}'s by {differences[name]:.1e}"
                )
        if entry["cores"] > _BUSY * threads:
            notes.append(f"{name}: kept {entry['cores']:.1f} cores busy")
        entries.append(entry)
    return {
        "feature": feature.name,
        "title": feature.title,
        "seconds": seconds,
        "reference": reference,
        "entries": entries,
        "notes": notes,
    }


def _is_long(feature: Feature, seconds: float) -> bool:
    """Return whether a row is too long for a quick run."""
    return sum(feature.transforms) * seconds > 100


def _progress(threads: int, row: dict[str, Any]) -> None:
    times = ", ".join(f"{e['name']} {1e3 * e['median']:.4g} ms" for e in row["entries"])
    name = f"{row['feature']} {row['seconds']} s"
    print(f"[{threads} thread{'s' * (threads > 1)}] {name}: {times}", file=sys.stderr, flush=True)


def _config() -> dict[str, Any]:
    """Return what the heading says."""
    import fastspec
    from fastspec.config import config

    ours = config()
    sizes = sorted({feature.n_fft for feature in FEATURES})
    return {
        "cpu": _cpu_model(),
        "platform": f"{platform.system()} {platform.machine()}",
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "engines": {str(n): fastspec.STFT(n_fft=n).engine for n in sizes},
        "fftw": ours.get("fftw single", "not loaded").split(" (")[0],
        "simd": ours["simd"],
        "cores": ours["cores"],
        "precision": ours["precision"],
    }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    try:
        made = table(json.loads(sys.argv[1]))
    except EngineError as error:
        raise SystemExit(f"benchmarks: {error}") from None
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(made, file)
