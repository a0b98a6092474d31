"""How many cores a process may use: its affinity, its container's quota, and what the user says."""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator

from fastspec._validate import ParameterError, check_int, show

__all__ = ["MOST_THREADS", "check_threads", "cores", "named_threads"]

MOST_THREADS = 256  # MAX_WORKERS of csrc/parallel.c

_LASTS = 1.0  # seconds for which a number of cores is used again by calls

_named: int | None = None  # FASTSPEC_NUM_THREADS, 0 where it is not set; None before it was read
_lately: tuple[float, int] = (-math.inf, 1)


def cores() -> int:
    """Return how many cores this process may keep busy.

    Returns
    -------
    int >= 1
        The cores of its CPU affinity (where Python knows it, as ``PYTHON_CPU_COUNT`` has it), or
        fewer where a Linux control group, its own or one above it, has a smaller quota of CPU time;
        a part of a core counts as one. ``FASTSPEC_NUM_THREADS`` does not matter here.

    Examples
    --------
    >>> fastspec.cores() >= 1
    True
    """
    return cores_under("/")


def cores_under(root: str) -> int:
    """Return what `cores` does, with ``proc`` and ``sys`` in another folder than the root."""
    if hasattr(os, "process_cpu_count"):
        n = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        n = len(os.sched_getaffinity(0))
    else:
        n = os.cpu_count() or 1
    return max(1, math.ceil(min(n, _quota(root))))


# ---- control groups -----------------------------------------------------------------------------


def _read(*path: str) -> str:
    try:
        with open(os.path.join(*path), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _quota(root: str) -> float:
    """Return the least quota, in cores, of the groups that the process is in."""
    groups: dict[str, str] = {}  # version 1's by controller, version 2's by ""
    for line in _read(root, "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        groups |= dict.fromkeys(controllers.split(","), path)
    least = math.inf
    for kind, mount, top in _mounts(root):
        group = groups.get("" if kind == "cgroup2" else "cpu")
        if group is None:
            continue
        quota_of = _quota_2 if kind == "cgroup2" else _quota_1
        for folder in _upwards(os.path.join(root, mount.lstrip("/")), top, group):
            least = min(least, quota_of(folder))
    return least


def _mounts(root: str) -> Iterator[tuple[str, str, str]]:
    """Yield (file system, mount point, the group that it shows) of what may hold CPU quotas."""
    for line in _read(root, "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, last = before.split(), after.split()
        if len(fields) < 5 or len(last) < 3:
            continue
        if last[0] == "cgroup2" or (last[0] == "cgroup" and "cpu" in last[2].split(",")):
            yield last[0], _unescaped(fields[4]), _unescaped(fields[3])


def _unescaped(path: str) -> str:
    r"""Return a path of mountinfo, where ``\040`` stands for a blank."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def _upwards(mount: str, top: str, group: str) -> Iterator[str]:
    """Yield the folders of a group and of those above it, as far as the mount shows them."""
    inside = os.path.relpath("/" + group.lstrip("/"), "/" + top.lstrip("/"))
    if inside.startswith("..") or "/../" in f"/{group}/":
        inside = "."  # a container that does not see its own path
    base = os.path.normpath(mount)
    folder = os.path.normpath(os.path.join(base, inside))
    if not os.path.isdir(folder):
        folder = base
    while True:
        yield folder
        if folder == base:
            return
        folder = os.path.dirname(folder)


def _share(quota: str, period: str) -> float:
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError, OverflowError):  # "max", "-1", nothing
        return math.inf
    return share if share > 0 else math.inf


def _quota_2(folder: str) -> float:
    fields = _read(folder, "cpu.max").split()
    return _share(fields[0], fields[1]) if len(fields) == 2 else math.inf


def _quota_1(folder: str) -> float:
    return _share(_read(folder, "cpu.cfs_quota_us"), _read(folder, "cpu.cfs_period_us"))


# ---- n_threads ----------------------------------------------------------------------------------


def named_threads() -> int:
    """Return ``FASTSPEC_NUM_THREADS``, or 0 where it is not set; read once."""
    global _named
    if _named is None:
        given = os.environ.get("FASTSPEC_NUM_THREADS", "").strip()
        value: object = int(given) if re.fullmatch(r"[0-9]{1,9}", given) else given
        _named = check_int("FASTSPEC_NUM_THREADS", value, minimum=1) if given else 0
    return _named


def most_threads() -> int:
    """Return what ``n_threads=-1`` stands for."""
    global _lately
    if named_threads():
        return min(named_threads(), MOST_THREADS)
    now = time.monotonic()
    if now - _lately[0] > _LASTS:
        _lately = (now, min(cores(), MOST_THREADS))
    return _lately[1]


def _unusual_threads(given: object) -> int:
    try:
        n_threads = check_int("n_threads", given, minimum=-1, maximum=MOST_THREADS)
    except ParameterError:
        n_threads = 0
    if n_threads == -1:
        return most_threads()
    if n_threads < 1:
        raise ParameterError(
            f"n_threads={show(given)}: must be an integer >= 1 and <= {MOST_THREADS}, "
            "or -1 for all cores"
        )
    return n_threads


def check_threads(n_threads: int) -> int:
    """Return an argument ``n_threads``, checked, as a number of threads."""
    if type(n_threads) is not int or not 1 <= n_threads <= MOST_THREADS:
        n_threads = _unusual_threads(n_threads)
    if n_threads > 1 and (most := named_threads()):
        return min(n_threads, most)
    return n_threads
