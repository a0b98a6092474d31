"""How the modules of the namespace find what they have."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from fastspec._validate import ParameterError
from fastspec.librosa_compat._errors import installed, raise_as_librosas
from fastspec.librosa_compat._names import names_in, submodules_of
from fastspec.librosa_compat._table import in_namespace

__all__ = ["attach"]

_ROOT = "fastspec.librosa_compat"
_ERRORS = ("LibrosaError", "ParameterError")


def attach(module_name: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` for a module of the namespace.

    Parameters
    ----------
    module_name : str
        The ``__name__`` of that module.

    Returns
    -------
    tuple
        The functions, and the names of what is fastspec's.
    """
    module = module_name[len(_ROOT) + 1 :]
    theirs = f"librosa.{module}" if module else "librosa"
    submodules = submodules_of(module)
    names = names_in(module)
    ours = in_namespace().get(module, {})

    def getattr_(name: str) -> Any:
        if name in ours:
            raise_as_librosas()
            value = ours[name].function()
            vars(sys.modules[module_name])[name] = value
            return value
        if name in submodules and name not in names:
            return importlib.import_module(f"{module_name}.{name}")
        if name.startswith("__") or (name.startswith("_") and "librosa" not in sys.modules):
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}")
        if not installed():
            return _without_librosa(name)
        try:
            return getattr(importlib.import_module(theirs), name)
        except AttributeError:
            raise AttributeError(
                f"module {module_name!r} has no attribute {name!r}, nor has librosa"
            ) from None

    def _without_librosa(name: str) -> Any:
        if name in _ERRORS and name in names:
            return ParameterError
        if name in names:
            raise AttributeError(
                f"module {module_name!r} has no attribute {name!r}: fastspec does not have "
                f"{theirs}.{name}, and librosa is not installed; install it with: "
                "pip install 'librosa==0.11.*'"
            )
        raise AttributeError(f"module {module_name!r} has no attribute {name!r}, nor has librosa")

    def dir_() -> list[str]:
        present = {name for name in vars(sys.modules[module_name]) if name.startswith("__")}
        known = names if installed() else {*ours, *(n for n in _ERRORS if n in names)}
        return sorted({*present, *ours, *submodules, *known})

    return getattr_, dir_, sorted({*ours, *submodules})
