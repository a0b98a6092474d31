"""Counts of calls that outlive their process: for the report of a program and its workers.

Each process has two files in a folder that `fastspec run --report` makes: the names of what is
counted, a line each, and the counts, in memory that is mapped to the file. So a worker that is
killed, as pools kill theirs, leaves its counts behind.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import struct
import sys
import threading
from pathlib import Path

from fastspec.librosa_compat._report import PatchReport, make_report

__all__ = ["Tally", "print_report", "tally_of_environment"]

VARIABLE = "FASTSPEC_PATCH_REPORT"  # process to print the report : folder

_SLOTS = 4096
_COUNT = struct.Struct("<Q")


class Tally:
    """The counts of this process in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.renew()

    def renew(self) -> None:
        """Begin anew: in a child after a fork."""
        self._lock = threading.Lock()
        self._slots: dict[tuple[str, str | None], int] = {}
        self._counts: mmap.mmap | None = None

    def add(self, path: str, reason: str | None) -> None:
        """Count a call; where the folder is gone or full, do nothing."""
        with self._lock:
            slot = self._slots.get((path, reason))
            if slot is None:
                slot = len(self._slots)
                if slot >= _SLOTS or not self._name(path, reason):
                    return
                self._slots[path, reason] = slot
            if self._counts is not None:
                at = slot * _COUNT.size
                (before,) = _COUNT.unpack_from(self._counts, at)
                _COUNT.pack_into(self._counts, at, before + 1)

    def _name(self, path: str, reason: str | None) -> bool:
        """Write a name down, and make the files if there are none."""
        base = self._folder / str(os.getpid())
        try:
            if self._counts is None:
                with open(f"{base}.counts", "w+b") as file:
                    file.truncate(_SLOTS * _COUNT.size)
                    self._counts = mmap.mmap(file.fileno(), 0)
                open(f"{base}.names", "w").close()
            with open(f"{base}.names", "a", encoding="utf-8") as names:
                names.write(json.dumps([path, reason]) + "\n")
        except OSError:
            return False
        return True


def _environment() -> tuple[int, Path] | None:
    process, colon, folder = os.environ.get(VARIABLE, "").partition(":")
    return (int(process), Path(folder)) if colon and process.isdigit() else None


def tally_of_environment() -> Tally | None:
    """Return a tally if this process runs below ``fastspec run --report``."""
    found = _environment()
    return Tally(found[1]) if found is not None and found[1].is_dir() else None


def _merged(folder: Path) -> tuple[PatchReport, int]:
    """Return the sum of all processes, and how many they are."""
    sums: dict[tuple[str, str | None], int] = {}
    names = sorted(folder.glob("*.names"))
    for file in names:
        counts = file.with_suffix(".counts").read_bytes()
        for slot, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
            path, reason = json.loads(line)
            (n,) = _COUNT.unpack_from(counts, slot * _COUNT.size)
            sums[path, reason] = sums.get((path, reason), 0) + n
    return make_report(sums), len(names)


def print_report() -> None:
    """Print what all processes counted, at the end of the first one, and remove the folder."""
    found = _environment()
    if found is None or found[0] != os.getpid():
        return
    try:
        report, n_processes = _merged(found[1])
        shutil.rmtree(found[1], ignore_errors=True)
        where = f"; in {n_processes} processes" if n_processes > 1 else ""
        head, *rest = str(report).splitlines()
        print("\n".join([head + where, *rest]), file=sys.stderr)
    except (OSError, ValueError) as error:  # or stderr is closed
        try:
            print(f"fastspec: no report: {error}", file=sys.stderr)
        except (OSError, ValueError):
            pass
