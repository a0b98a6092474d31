"""The function that stands in librosa's place while it is patched.

The file's name matters. `warnings.warn` counts stack levels without the frames of files whose names
hold "importlib" and "_bootstrap", as those of Python's import system do. So a warning that
librosa's function, or ours, sends to its caller's line arrives there, not here.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastspec.librosa_compat._patch import Service

__all__ = ["stand_in"]


def stand_in(original: Any, service: Service) -> Any:
    """Return a function that calls ours where it may, and the original where it must."""

    @functools.wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        if not service.on:
            return original(*args, **kwargs)
        reason, refusal = service.reason(args, kwargs), None
        if reason is None:
            try:
                result = service.ours(*args, **service.prepare(kwargs))
            except Exception as error:
                reason, refusal = service.refused(error), error
            else:
                service.count(None)
                return service.finish(result)
        # Not in the handler, or the errors of librosa would seem to follow from ours.
        service.count(reason)
        try:
            return original(*args, **kwargs)
        except Exception as error:
            both = service.both(error, refusal)
            if both is error:
                raise
        raise both

    function.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
    return function
