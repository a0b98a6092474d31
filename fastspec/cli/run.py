"""``fastspec run``: a Python program with librosa patched, and the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .. import librosa_compat
from .files import say

__all__ = ["HELP", "run_program"]

HELP = "run a Python program with librosa's functions replaced by fastspec's"

_USAGE = f"""\
usage: fastspec run [--report] SCRIPT [ARGUMENT ...]
       fastspec run [--report] -m MODULE [ARGUMENT ...]
       fastspec run [--report] -c CODE [ARGUMENT ...]

{HELP[0].upper() + HELP[1:]}, where they give the same
result; see docs/librosa.md. Processes that it starts with Python are included, by any of
multiprocessing's methods, joblib or subprocess, unless they are given another PYTHONPATH.

options:
  --report    at the end, print to standard error which calls were served, in all processes
  -h, --help  show this text
"""


def run_program(arguments: Sequence[str]) -> int:
    """Replace this process by Python running a program; return 0 or 2 where it is not to run.

    Parameters
    ----------
    arguments : sequence of str
        What follows ``fastspec run``.

    Returns
    -------
    int
        Exit code.
    """
    rest = list(arguments)
    report = False
    while rest and rest[0] in ("--report", "--help", "-h"):
        if rest.pop(0) != "--report":
            say(_USAGE.rstrip())
            return 0
        report = True
    problem = _problem(rest)
    if problem:
        say(f"fastspec: error: {problem} (see fastspec run --help)", sys.stderr)
        return 2
    _execute(rest, report)


def _problem(rest: list[str]) -> str | None:
    """Return what keeps the program from being run, if anything."""
    if not rest:
        return "give a script, -m MODULE or -c CODE"
    first = rest[0]
    if first.startswith("--") or (first[0:1] == "-" and first != "-" and first[1] not in "mc"):
        return f"unknown option {first}"
    if first in ("-m", "-c") and len(rest) == 1:
        return f"{first} needs an argument"
    if not sys.executable:
        return "this Python does not know its own path"
    flags = sys.flags
    if flags.ignore_environment or flags.no_site:
        return "Python's options -E, -I and -S keep the patch from programs"
    return None


def _execute(rest: list[str], report: bool) -> NoReturn:
    # A new interpreter in this process: what the program sees of itself is Python's own doing.
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    environment = dict(os.environ)
    folder = str(Path(librosa_compat.__file__).resolve().parent / "_site")
    paths = [folder]
    if environment.get("PYTHONPATH"):
        paths.append(environment["PYTHONPATH"])
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    environment["FASTSPEC_PATCH_LIBROSA"] = "1"
    environment.pop("FASTSPEC_PATCH_REPORT", None)
    if report:
        counts = tempfile.mkdtemp(prefix="fastspec-report-")
        environment["FASTSPEC_PATCH_REPORT"] = f"{os.getpid()}:{counts}"
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *flags, *rest], environment)
