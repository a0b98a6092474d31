"""A pipeline that calls librosa, as it is and patched: ``python -m benchmarks.pipeline [FILE]``.

What it computes of each recording: load, mel spectrogram, onset strength, beats, constant-Q chroma
and its recurrence matrix; and the chroma of its harmonic part. Without files, of half a minute of
made-up music. The same program runs as it is and under ``fastspec run``; in one process, with
joblib, and with pools of forked and of spawned processes. Printed are the largest difference of
each result, what the patch reports, and the CPU time of a recording once everything is compiled.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cases import signal

_ROOT = Path(__file__).resolve().parents[1]
_ROUNDS = 5


def features(path: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the results for a recording, and the CPU seconds of each step."""
    import librosa

    results: dict[str, Any] = {}
    seconds: dict[str, float] = {}

    def step(name: str, call: Callable[[], Any]) -> Any:
        begin = time.process_time()
        results[name] = call()
        seconds[name] = time.process_time() - begin
        return results[name]

    y, sr = step("load", lambda: librosa.load(path))
    S = step("melspectrogram", lambda: librosa.feature.melspectrogram(y=y, sr=sr))
    envelope = step(
        "onset_strength",
        lambda: librosa.onset.onset_strength(S=librosa.power_to_db(S, ref=np.max), sr=sr),
    )
    step("beat_track", lambda: librosa.beat.beat_track(onset_envelope=envelope, sr=sr))
    chroma = step("chroma_cqt", lambda: librosa.feature.chroma_cqt(y=y, sr=sr))
    step("recurrence_matrix", lambda: librosa.segment.recurrence_matrix(chroma, mode="affinity"))
    harmonic, _ = step("effects.hpss", lambda: librosa.effects.hpss(y))
    step("its chroma_cqt", lambda: librosa.feature.chroma_cqt(y=harmonic, sr=sr))
    return results, seconds


def repeated(path: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the results, and the median seconds of the rounds after the first, which compiles."""
    features(path)
    rounds = [features(path) for _ in range(_ROUNDS)]
    steps = {name: median(seconds[name] for _, seconds in rounds) for name in rounds[0][1]}
    return rounds[0][0], steps


def _joblib(paths: Sequence[str]) -> list[Any]:
    import joblib

    return list(joblib.Parallel(n_jobs=2)(joblib.delayed(repeated)(path) for path in paths))


def _pool(method: str) -> Callable[[Sequence[str]], list[Any]]:
    def run(paths: Sequence[str]) -> list[Any]:
        import multiprocessing

        with multiprocessing.get_context(method).Pool(2) as pool:
            return pool.map(repeated, paths, chunksize=1)

    return run


WAYS: dict[str, Callable[[Sequence[str]], list[Any]]] = {
    "one process": lambda paths: [repeated(path) for path in paths],
    "joblib": _joblib,
    "fork": _pool("fork"),
    "spawn": _pool("spawn"),
}


def work(way: str, target: str, paths: Sequence[str]) -> None:
    """Write the results that one way gives to a file."""
    with open(target, "wb") as file:
        pickle.dump(WAYS[way](paths), file)


def _run(way: str, paths: Sequence[str], *, patched: bool) -> tuple[list[Any], str]:
    """Return the results of a program in a process of its own, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "results")
        program = [sys.executable, "-m"]
        if patched:
            program += ["fastspec", "run", "--report", "-m"]
        program += ["benchmarks.pipeline", "--child", way, target, *paths]
        limits = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
        )
        python_path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, **limits, "PYTHONPATH": python_path}
        done = subprocess.run(
            program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise SystemExit(f"benchmarks.pipeline: {way}: {done.stdout}")
        with open(target, "rb") as file:
            return pickle.load(file), done.stdout


def _difference(ours: Any, theirs: Any) -> float:
    """Return the largest difference of two results, relative to the largest value of each array."""
    if isinstance(theirs, tuple):
        return max(map(_difference, ours, theirs))
    if hasattr(theirs, "toarray"):  # of SciPy's sparse matrices
        ours, theirs = ours.toarray(), theirs.toarray()
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return np.inf
    peak = float(np.abs(theirs).max(initial=0))
    return float(np.abs(ours - theirs).max(initial=0)) / peak if peak else float(ours.any())


def _made_up(folder: str) -> str:
    """Write half a minute of music that was never played; return its path."""
    path = os.path.join(folder, "made-up.wav")
    samples = np.round(20000 * signal(22050, 30)).astype("<i2")
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(samples.tobytes())
    return path


def compare(paths: Sequence[str]) -> str:
    """Run the program every way; return a report."""
    (theirs, _), (ours, said) = (_run("one process", paths, patched=p) for p in (False, True))
    lines = []
    for path, (results, seconds), (expected, before) in zip(paths, ours, theirs, strict=True):
        lines += ["", os.path.basename(path), ""]
        lines.append(f"{'':20}{'difference':>12}{'librosa ms':>12}{'patched ms':>12}{'times':>8}")
        for name in expected:
            row = f"{name:20}{_difference(results[name], expected[name]):12.1e}"
            lines.append(row + _times(before[name], seconds[name]))
        lines.append(f"{'all':32}" + _times(sum(before.values()), sum(seconds.values())))
    lines += ["", *said.strip().splitlines(), ""]
    lines.append(
        f"{'two workers':20}{'same bits':>12}{'librosa ms':>12}{'patched ms':>12}{'times':>8}"
    )
    several = [path for path in paths for _ in range(2)]
    for way in WAYS:
        if way == "one process":
            continue
        (before, _), (after, _) = (_run(way, several, patched=p) for p in (False, True))
        same = all(
            _difference(results[name], ours[i // 2][0][name]) == 0
            for i, (results, _) in enumerate(after)
            for name in results
        )
        slow, fast = (sum(sum(s.values()) for _, s in rows) for rows in (before, after))
        lines.append(f"{way:20}{'yes' if same else 'NO':>12}" + _times(slow, fast))
    return "\n".join(lines[1:])


def _times(before: float, after: float) -> str:
    return f"{1e3 * before:12.1f}{1e3 * after:12.1f}{before / after:8.2f}"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("paths", nargs="*", metavar="FILE", help="recordings")
    parser.add_argument("--child", nargs=2, metavar=("WAY", "TARGET"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        # Workers that begin anew import the function by this module's name.
        from benchmarks import pipeline

        pipeline.work(*arguments.child, arguments.paths)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(compare(arguments.paths or [_made_up(folder)]))


if __name__ == "__main__":
    main()
