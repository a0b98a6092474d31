"""Errors that are fastspec's and librosa's at once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from functools import lru_cache
from typing import Any, cast

from fastspec._validate import ParameterError

__all__ = ["both", "installed", "is_librosas", "raise_as_librosas"]

_CLASSES: dict[type[BaseException], type[BaseException] | None] = {}
_LOCK = threading.Lock()


def is_librosas(error: BaseException) -> bool:
    """Return whether an error is librosa's ParameterError, without importing librosa."""
    return any(
        cls.__name__ == "ParameterError" and cls.__module__ == "librosa.util.exceptions"
        for cls in type(error).__mro__
    )


def _class(theirs: type[BaseException]) -> type[BaseException] | None:
    """Return the class that derives from ours and another, or None where Python has none."""
    if theirs not in _CLASSES:
        members = {
            "__module__": theirs.__module__,
            "__qualname__": theirs.__qualname__,
            "__doc__": theirs.__doc__,
            "__reduce__": lambda self: (_again, (theirs, self.args), self.__dict__ or None),
        }
        ours_is_one = issubclass(ParameterError, theirs)
        bases = (ParameterError,) if ours_is_one else (theirs, ParameterError)
        try:
            made: type[BaseException] | None = type(theirs.__name__, bases, members)
        except TypeError:  # layouts that do not go together
            made = None
        with _LOCK:
            _CLASSES.setdefault(theirs, made)
    return _CLASSES[theirs]


def _again(theirs: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Make a pickled error again."""
    made = _class(theirs)
    error = theirs.__new__(theirs if made is None else made, *args)
    error.args = args
    return error


def both(error: BaseException) -> BaseException:
    """Return an error that says the same and is ours too; where there can be none, the error."""
    if isinstance(error, ParameterError) or _class(type(error)) is None:
        return error
    try:
        made = _again(type(error), error.args)
        made.__dict__.update(error.__dict__)
        for cls in type(error).__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                setattr(made, name, getattr(error, name))
        if str(made) != str(error):
            return error
    except Exception:  # a class with ways of its own
        return error
    made.__cause__ = error.__cause__
    made.__context__ = error.__context__
    made.__suppress_context__ = error.__suppress_context__
    return made.with_traceback(error.__traceback__)


def installed() -> bool:
    """Return whether librosa can be imported, without importing it."""
    if "librosa" in sys.modules:
        return sys.modules["librosa"] is not None
    return importlib.util.find_spec("librosa") is not None


@lru_cache(maxsize=1)
def _librosas() -> type[ParameterError] | None:
    """Return the class of ours and librosa's ParameterError; None where there is no librosa.

    At the first error librosa is imported, which is little: its parts load when they are used.
    """
    if not installed():
        return None
    try:
        errors = importlib.import_module("librosa.util.exceptions")
    except ImportError:
        return None
    return cast("type[ParameterError] | None", _class(errors.ParameterError))


def raise_as_librosas() -> None:
    """Have all errors of fastspec derive from librosa's ParameterError, too, where it is installed.

    ``except librosa.ParameterError`` then catches them; the name may be looked up after the raise.
    """
    ParameterError._derived = staticmethod(_librosas)
