"""What the patch looks at before a call: whether the arguments are what fastspec computes alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from fastspec.librosa_compat._table import Row

__all__ = ["KINDS", "Inspector"]

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_WIDE = (*_FLOATS, np.dtype(np.int64))
_COMPLEX = (np.dtype(np.complex64), np.dtype(np.complex128))


def _array(value: Any, types: tuple[Any, ...]) -> str | None:
    if type(value) is not np.ndarray:
        return f"is a {type(value).__name__}"
    if value.size == 0:
        return "is empty"
    return None if value.dtype in types and value.dtype.isnative else f"has dtype {value.dtype}"


def _floats(value: Any) -> str | None:
    return None if value is None else _array(value, _FLOATS)


def _complex(value: Any) -> str | None:
    return _array(value, _COMPLEX)


def _spectra(value: Any) -> str | None:
    return None if value is None else _array(value, _FLOATS + _COMPLEX)


def _numbers(value: Any) -> str | None:
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        return f"is a {type(value).__name__}"
    if type(value) in (list, tuple):
        return None if value else "is empty"
    if isinstance(value, np.ndarray) and value.size == 0:
        return "is empty"
    if isinstance(value, np.ndarray | np.generic):
        # Smaller integers wrap, or become float32, on librosa's way.
        return None if value.dtype in _WIDE and value.dtype.isnative else f"has dtype {value.dtype}"
    if type(value) in (int, float):
        return None
    return f"is a {type(value).__name__}"


def _decibels(value: Any) -> str | None:
    if type(value) is np.ndarray and value.ndim:
        return _spectra(value)
    return _numbers(value)


def _levels(value: Any) -> str | None:
    return f"is a {type(value).__name__}" if type(value) in (list, tuple) else _numbers(value)


def _window(value: Any) -> str | None:
    # Samples and what a function gives keep their type on librosa's way.
    return None if type(value) in (str, tuple, float, int) else f"is a {type(value).__name__}"


def _given(value: Any) -> str | None:
    return "is None" if value is None else None


def _held(value: Any) -> str | None:
    return None if isinstance(value, np.ndarray) else f"is a {type(value).__name__}"


# Each returns what is wrong with an argument, or None.
KINDS: dict[str, Callable[[Any], str | None]] = {
    "audio": _floats,
    "real": _floats,
    "complex": _complex,
    "spectra": _spectra,
    "numbers": _numbers,
    "decibels": _decibels,
    "levels": _levels,
    "window": _window,
    "given": _given,
    "array": _held,
}


# What functions of ours may take where they pass on all that they do not know.
_OF_OURS = ("n_threads", "precision", "out")


class Inspector:
    """Says why a call is passed on to librosa, by its arguments alone."""

    def __init__(self, row: Row, original: Any, ours: Any) -> None:
        theirs = inspect.signature(original).parameters
        mine = inspect.signature(ours).parameters
        by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self._positions = tuple(n for n, p in theirs.items() if p.kind in by_position)
        open_ended = [
            any(p.kind is inspect.Parameter.VAR_KEYWORD for p in which.values())
            for which in (theirs, mine)
        ]
        named = {n for n, p in theirs.items() if p.kind is not inspect.Parameter.VAR_KEYWORD}
        # What librosa's function knows by name and ours takes; our extras are not for callers of
        # librosa, where such a name is an error.
        self._known = {n for n in named if n in mine or open_ended[1]}
        self._open = all(open_ended)
        self._extras = {n for n in (*mine, *_OF_OURS) if n not in named}
        self._arrays = tuple((name, KINDS[kind]) for name, kind in row.arrays.items())

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
        """Return the reason to pass a call on, or None if fastspec is to serve it."""
        if len(args) > len(self._positions):
            return "too many positional arguments"
        for name in kwargs:
            if name not in self._known and (name in self._extras or not self._open):
                return f"{name}= is not served"
        given = {**dict(zip(self._positions, args)), **kwargs} if args else kwargs
        for name, problem_of in self._arrays:
            if name in given:
                problem = problem_of(given[name])
                if problem is not None:
                    return f"{name} {problem}"
        for value in given.values():
            if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
                return f"an argument is a {type(value).__name__}"
        return None
