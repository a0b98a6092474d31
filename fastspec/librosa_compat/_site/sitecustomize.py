"""Found first by processes under `fastspec run`: has librosa patched when it is imported.

Python imports `sitecustomize` when it starts, from the first folder of its path that has one. The
folder of this file is there by PYTHONPATH, which child processes inherit. It leaves `sys.path` as
it would be, and imports the `sitecustomize` that would have been found without it. It runs in every
Python that is started below, so it needs no package, no recent Python, and never fails.
"""

import atexit
import importlib
import os
import sys
from typing import Any


def _same(a: str, b: str) -> bool:
    return os.path.normcase(os.path.realpath(a)) == os.path.normcase(os.path.realpath(b))


_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))


def _ours(name: str) -> Any:
    """Import a module of fastspec's, also where its folder is not on this process's path."""
    try:
        return importlib.import_module("fastspec.librosa_compat." + name)
    except ImportError:
        sys.path.append(_ROOT)
        try:
            return importlib.import_module("fastspec.librosa_compat." + name)
        finally:
            sys.path.remove(_ROOT)


def _report() -> None:
    if os.environ.get("FASTSPEC_PATCH_REPORT", "").startswith(str(os.getpid()) + ":"):
        _ours("_tally").print_report()


class _WhenLibrosaIsImported:
    """Sets the patch up at the first import of librosa, and is gone."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "librosa":
            return None
        try:
            sys.meta_path.remove(self)
        except ValueError:  # another thread was first
            return None
        finder = self._finder()
        return None if finder is None else finder.find_spec(name, path, target)

    def _finder(self) -> Any:
        try:
            return _ours("_patch").patch_when_imported()
        except Exception as error:
            import warnings

            warnings.warn(f"fastspec cannot patch librosa here: {error}", stacklevel=2)
            return None


def _start() -> None:
    sys.path[:] = [folder for folder in sys.path if not folder or not _same(folder, _HERE)]
    if os.environ.get("FASTSPEC_PATCH_LIBROSA") == "1":
        sys.meta_path.insert(0, _WhenLibrosaIsImported())
        if os.environ.get("FASTSPEC_PATCH_REPORT", "").startswith(str(os.getpid()) + ":"):
            atexit.register(_report)  # again checks the process: forks inherit it
    ours = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")  # the one that this file hides
    except ImportError as error:
        if getattr(error, "name", None) != "sitecustomize":
            raise
    if ours is not None:
        sys.modules.setdefault("sitecustomize", ours)


_start()
