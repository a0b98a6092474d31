"""The caches of plans and tables behind the functions: bounded, and open to inspection."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np

from fastspec import _core
from fastspec.config import FFT_CACHE

__all__ = ["CacheInfo", "cache_clear", "cache_info", "plan_cache"]

_F = TypeVar("_F", bound=Callable[..., Any])

_MOST_BYTES = 2**26  # of one cache; a larger entry is kept alone


class CacheInfo(NamedTuple):
    """The state of a cache; None where a figure is not known."""

    hits: int | None
    misses: int | None
    size: int
    max_size: int | None
    bytes: int | None
    max_bytes: int | None


def n_bytes(value: Any) -> int:
    """Return about how many bytes a plan or an array holds, with all that it refers to."""
    return _sum([value], set())


def _sum(values: Iterable[Any], seen: set[int]) -> int:
    total = 0
    for value in values:
        if id(value) in seen or isinstance(value, str | int | float | type):
            continue
        seen.add(id(value))
        size = getattr(value, "nbytes", None)
        if isinstance(size, int):
            total += size
        if isinstance(value, np.ndarray):
            continue
        if isinstance(value, dict):
            total += _sum(list(value.values()), seen)
        elif isinstance(value, list | tuple):
            total += _sum(value, seen)
        elif type(value).__module__.startswith("fastspec"):
            total += _sum(list(getattr(value, "__dict__", {}).values()), seen)
            slots = getattr(type(value), "__slots__", ())
            total += _sum([getattr(value, name, None) for name in slots if name[:2] != "__"], seen)
    return total


class _Cache:
    """An `lru_cache` and what is known of its entries, which are watched, not held."""

    def __init__(self, function: Callable[..., Any], max_size: int, typed: bool) -> None:
        self._made: dict[int, tuple[weakref.ref[Any], int]] = {}

        def make(*key: Any, **more: Any) -> Any:
            value = function(*key, **more)
            self._note(value)
            return value

        self.call = lru_cache(max_size, typed)(make)
        # Callers may go past the cache, for keys that cannot be hashed.
        self.call.__wrapped__ = function
        self.call.__doc__ = function.__doc__
        self.call.__name__ = function.__name__
        self.call.__module__ = function.__module__

    def _note(self, value: Any) -> None:
        """Remember the size of a new entry; forget the others if together they are too large."""
        size = n_bytes(value)
        if size + sum(entry[1] for entry in list(self._made.values())) > _MOST_BYTES:
            self.clear()
        made, key = self._made, id(value)

        def forget(reference: weakref.ref[Any]) -> None:
            if key in made and made[key][0] is reference:
                made.pop(key, None)

        # A tuple cannot be watched: what it holds is counted by its first member that can.
        for watched in (value, *value) if isinstance(value, tuple) else (value,):
            try:
                reference = weakref.ref(watched, forget)
            except TypeError:
                continue
            made[key] = reference, size
            return

    def clear(self) -> None:
        """Forget all entries: those that somebody else holds do not count any more."""
        self.call.cache_clear()
        self._made.clear()

    def info(self) -> CacheInfo:
        info = self.call.cache_info()
        values = [entry[0]() for entry in list(self._made.values())]
        return CacheInfo(
            info.hits, info.misses, info.currsize, info.maxsize, _sum(values, set()), _MOST_BYTES
        )


_caches: dict[str, _Cache] = {}


def plan_cache(name: str, max_size: int, *, typed: bool = False) -> Callable[[_F], _F]:
    """Return a decorator that caches a function's results under a name, by number and by size.

    Parameters
    ----------
    name : str
        What `cache_info` calls it.
    max_size : int >= 1
        Entries at the most.
    typed : bool
        Whether arguments of different types are different: 1, 1.0 and True.
    """

    def decorate(function: _F) -> _F:
        cache = _caches[name] = _Cache(function, max_size, typed)
        return cache.call  # type: ignore[return-value]

    return decorate


def cache_info() -> dict[str, CacheInfo]:
    """Return the state of the process's caches.

    Returns
    -------
    dict of CacheInfo, by name
        Plans and tables of the functions that have been imported, by the function's name; ``fft``:
        FFTW's plans, of which at most `max_size` are kept that no plan uses; ``scratch``: idle
        blocks of working memory. `hits` and `misses` since the start or since `cache_clear` (of
        ``scratch``: since the start); `size` entries, at most `max_size`; about `bytes`, at most
        `max_bytes`. None stands for what is not known or not bounded.

    See Also
    --------
    cache_clear

    Examples
    --------
    >>> _ = fastspec.stft(np.zeros(22050, np.float32))
    >>> fastspec.cache_info()["stft"].size > 0
    True
    """
    infos = {name: cache.info() for name, cache in sorted(_caches.items())}
    n_plans, _ = _core.fft_cache_info()
    infos["fft"] = CacheInfo(None, None, n_plans, FFT_CACHE, None, None)
    limit, idle, n_blocks, reused, allocated = _core.scratch_info()
    infos["scratch"] = CacheInfo(reused, allocated, n_blocks, None, idle, limit)
    return infos


def cache_clear() -> None:
    """Empty the process's caches: the functions' plans, FFTW's unused plans, idle scratch.

    Calls of other threads may go on meanwhile. Memory that they use is freed when they end; plans
    that a program holds stay as they are.

    See Also
    --------
    cache_info
    """
    for cache in list(_caches.values()):
        cache.clear()
    _core.fft_cache_clear()
    _core.scratch_trim()
