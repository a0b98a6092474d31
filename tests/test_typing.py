"""What type checkers read is what is there: mypy's stubtest over the whole package."""

import functools
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastspec

ROOT = Path(__file__).resolve().parent.parent
MODULES = [m.name for m in pkgutil.walk_packages(fastspec.__path__, "fastspec.")]
# What stubtest cannot know: Cython's own names, an alias of Literal, a class within a function.
KNOWN = [
    r"fastspec\.(_core|cfastspec)\.(__reduce_cython__|__setstate_cython__|__test__|__pyx_capi__)",
    r"fastspec\.config\.Precision",
    r"fastspec\.display_axes\.(__all__|ChosenTicks@\d+)",
    # librosa's namespace is looked up when it is used.
    r"fastspec\.librosa_compat(\.(?!_)\w+)*(\.__\w+__)?",
]


def cached_functions():
    """functools.lru_cache hides the arguments from mypy, not from inspect."""
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue  # of an optional package
        for key, value in vars(module).items():
            if isinstance(value, functools._lru_cache_wrapper):
                yield re.escape(f"{name}.{key}")


def test_types_are_those_at_run_time(tmp_path):
    pytest.importorskip("mypy.stubtest")
    path = os.pathsep.join([str(Path(fastspec.__file__).parent.parent), *sys.path])
    config = ["--concise", "--mypy-config-file", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", *config, "fastspec"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "MYPY_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    found = done.stdout.splitlines()
    assert any(line.startswith("fastspec._core.__test__ ") for line in found), done.stderr
    allowed = re.compile("|".join([*KNOWN, *cached_functions()]))
    assert not [line for line in found if not allowed.fullmatch(line.partition(" ")[0])]
