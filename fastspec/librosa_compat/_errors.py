"""Errors that are fastspec's and librosa's at once."""

from __future__ import annotations

import threading
from typing import Any

from fastspec._validate import ParameterError

__all__ = ["both", "is_librosas", "raise_as_well"]

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
    """Return an error that says the same and is a `fastspec.ParameterError` too."""
    if isinstance(error, ParameterError) or _class(type(error)) is None:
        return error
    made = _again(type(error), error.args)
    made.__dict__.update(error.__dict__)
    made.__cause__ = error.__cause__
    made.__context__ = error.__context__
    made.__suppress_context__ = error.__suppress_context__
    return made.with_traceback(error.__traceback__)


def raise_as_well(theirs: type[BaseException]) -> None:
    """Have every ParameterError of fastspec derive from another class, too, from now on."""
    made = _class(theirs)
    if made is not None and issubclass(made, ParameterError):
        ParameterError._raised_as = made
