"""The command: see the package's docstring."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks import chart, fresh, load, report, streams

_LIMITS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_START = "start"  # what --only calls the fresh processes
_LOAD = "load"  # and the load test, which is not part of the rest
_STREAMS = "streams"  # and what it calls chunks of live streams
_SERVED = "served"  # and the table of all functions that librosa has too
_SLOW = ("nnAudio", "essentia", "audioFlux", "transformers")  # not in --quick


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _parse()
    if arguments.only == _LOAD:
        print(load.measure(full=arguments.full))
        return 0
    if arguments.only == _STREAMS:
        streams.main(arguments.quick)
        return 0
    if arguments.only == _SERVED:
        return _served(arguments)
    if arguments.source:
        with open(arguments.source, encoding="utf-8") as file:
            data = json.load(file)
    else:
        data = _measure(arguments)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
    if arguments.chart:
        chart.draw(data, arguments.chart)
    print(report.render(data))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="under a minute: fewer lengths, peers and samples")
    add(
        "--only",
        default="",
        metavar="NAME",
        help=f"a feature, part of its name, {_START!r}, {_LOAD!r}, {_STREAMS!r} or {_SERVED!r}",
    )
    add("--full", action="store_true", help=f"with --only {_LOAD}: a million calls")
    add("--json", metavar="FILE", help="write what was measured")
    add("--chart", metavar="FILE.png", help="draw the rows of 30 s on one thread")
    add("--simd", metavar="TIER", help="what fastspec runs with: portable, avx2, avx512, ...")
    add("--fft", metavar="ENGINE", help="what fastspec runs with: an engine's name or a path")
    add("--clock", default="wall", choices=("wall", "cpu"), help="for the rows on one thread")
    add("--from", dest="source", metavar="FILE", help="report on an earlier --json")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    only: str = arguments.only
    data: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "versions": {},
        "config": {},
        "absent": [],
        "tables": [],
        "fresh": [],
    }
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for threads in (1, cores) if cores and cores > 1 else (1,):
        lengths = [1, 30, 600]
        if arguments.quick:
            lengths = [1, 30] if threads == 1 else [30]
        options = {
            "threads": threads,
            "only": only,
            "lengths": [] if only == _START else lengths,
            "quick": arguments.quick,
            "skip": _SLOW if arguments.quick else (),
            "simd": arguments.simd,
            "clock": arguments.clock if threads == 1 else "wall",
        }
        table = _work(options, _environment(arguments, threads))
        for key in ("versions", "config", "absent"):
            data[key] = data[key] or table.pop(key)
        if table["rows"]:
            clock = options["clock"]
            data["tables"].append({"threads": threads, "clock": clock, "rows": table["rows"]})
        elif only != _START:
            raise SystemExit(f"benchmarks: --only {only}: no such feature")
    if only in ("", _START):
        print("fresh processes ...", file=sys.stderr, flush=True)
        data["fresh"] = fresh.measure(_environment(arguments, 1), quick=arguments.quick)
    return data


def _served(arguments: argparse.Namespace) -> int:
    """Run that table in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.served"]
    if arguments.quick:
        command.append("--quick")
    if arguments.json:
        command += ["--json", arguments.json]
    return subprocess.run(command, env=_environment(arguments, 1)).returncode


def _environment(arguments: argparse.Namespace, threads: int) -> dict[str, str]:
    environment = dict(os.environ)
    for name in _LIMITS:
        environment[name] = str(threads)
    environment["HF_HUB_OFFLINE"] = "1"
    if arguments.simd:
        environment["FASTSPEC_SIMD"] = arguments.simd
    if arguments.fft:
        environment["FASTSPEC_FFT"] = arguments.fft
    return environment


def _work(options: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    """Run a table in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.json")
        command = [sys.executable, "-m", "benchmarks.worker", json.dumps(options), path]
        # What libraries print goes with the progress.
        code = subprocess.run(command, env=environment, stdout=sys.stderr).returncode
        if code != 0:
            raise SystemExit(code)
        with open(path, encoding="utf-8") as file:
            return json.load(file)  # type: ignore[no-any-return]


if __name__ == "__main__":
    sys.exit(main())
