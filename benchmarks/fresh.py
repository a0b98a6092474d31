"""What a library costs from a standing start: import, first call, peak memory.

    python -m benchmarks.fresh LIBRARY SECONDS

prints, as JSON, what one process finds that has imported NumPy and made the signal before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from statistics import median
from typing import Any

LIBRARIES = ("fastspec", "librosa", "torchaudio", "torch", "audioFlux")
FEATURE = "log-mel"


def measure(environment: Mapping[str, str], *, quick: bool) -> list[dict[str, Any]]:
    """Measure all libraries, each in processes of its own, by turns.

    Returns
    -------
    list of dict
        Per library: ``import``, ``first`` (call) and ``later`` (call) in seconds for 1 s of signal,
        ``memory``: {seconds of signal: peak in bytes beyond NumPy and the signal}; ``installed``:
        its size on disk in bytes, with all that it requires, and ``alone``, without; None if it is
        not an installed distribution.
    """
    # Installed libraries come with their bytecode; a first run writes that of a checkout.
    environment = {k: v for k, v in environment.items() if k != "PYTHONDONTWRITEBYTECODE"}
    _run("fastspec", 1, environment)
    turns = 1 if quick else 7
    lengths = () if quick else (30, 600)
    found: dict[str, list[dict[str, Any]]] = {}
    for turn in range(turns):
        for name in LIBRARIES:
            if name == "torch" and "torchaudio" in found:
                continue
            if turn and name not in found:
                continue
            if (one := _run(name, 1, environment)) is not None:
                found.setdefault(name, []).append(one)
    rows = []
    for name, runs in found.items():
        row: dict[str, Any] = {"name": name, "memory": {}}
        for key in ("import", "first", "later"):
            row[key] = median(run[key] for run in runs)
        for seconds in lengths:
            one = _run(name, seconds, environment)
            row["memory"][str(seconds)] = None if one is None else one["memory"]
        row["alone"], row["installed"] = sizes(name)
        rows.append(row)
    return rows


def _run(name: str, seconds: int, environment: Mapping[str, str]) -> dict[str, Any] | None:
    command = [sys.executable, "-m", "benchmarks.fresh", name, str(seconds)]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True)
    if done.returncode != 0:
        return None
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def sizes(library: str) -> tuple[int | None, int | None]:
    """Return the bytes on disk of a distribution, and with the others that it requires."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        from packaging.requirements import Requirement
    except ImportError:
        return None, None
    found: dict[str, int] = {}
    wanted = [library.lower()]
    while wanted:
        name = wanted.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if not found:
                return None, None
            continue  # required by nothing that this computer has
        name = package.metadata["Name"].lower()
        if name in found:
            continue
        files = [package.locate_file(file) for file in package.files or ()]
        found[name] = sum(os.stat(str(f)).st_size for f in files if os.path.isfile(str(f)))
        for text in package.requires or ():
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"extra": ""}):
                wanted.append(one.name)
    return next(iter(found.values())), sum(found.values())


def memory(key: str) -> int | None:
    """Return a line of the process's status in bytes: VmRSS, or VmHWM, the peak."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            for line in lines:
                if line.startswith(key + ":"):
                    return 1024 * int(line.split()[1])
    except OSError:
        pass
    return None


def forget_peak() -> None:
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass


def _child(name: str, seconds: int) -> dict[str, Any]:
    import warnings

    from benchmarks.cases import Case, find
    from benchmarks.peers import PEERS

    warnings.simplefilter("ignore")
    case = Case(find(FEATURE)[0], seconds)
    kind = next(kind for kind in PEERS if kind.name == name)
    forget_peak()
    before = memory("VmRSS")
    times = [time.perf_counter()]
    peer = kind()
    times.append(time.perf_counter())
    call = peer.call(case)
    assert call is not None
    call()
    times.append(time.perf_counter())
    peak = memory("VmHWM")
    begin = time.perf_counter()
    call()
    return {
        "import": times[1] - times[0],
        "first": times[2] - times[1],
        "later": time.perf_counter() - begin,
        "memory": None if before is None or peak is None else peak - before,
    }


if __name__ == "__main__":
    try:
        print(json.dumps(_child(sys.argv[1], int(sys.argv[2]))))
    except (ImportError, OSError):
        os._exit(3)  # the library is not there
