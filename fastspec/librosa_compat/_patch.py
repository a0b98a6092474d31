"""librosa with fastspec's functions in the place of its own, until that is undone.

librosa's modules import each other's functions by value, so every module is searched for them; what
is imported later is searched when it has been executed. librosa itself is not touched on disk.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CellType, FunctionType, ModuleType, TracebackType
from typing import Any

from fastspec._validate import ParameterError
from fastspec.librosa_compat._arguments import Inspector
from fastspec.librosa_compat._errors import both, is_librosas
from fastspec.librosa_compat._importlib_bootstrap import stand_in
from fastspec.librosa_compat._report import PatchReport, make_report
from fastspec.librosa_compat._table import Row, served
from fastspec.librosa_compat._tally import Tally, tally_of_environment

__all__ = [
    "is_patched",
    "librosa_patch",
    "patch_librosa",
    "patch_report",
    "unpatch_librosa",
]

_VERSION = "0.11."  # what fastspec's functions give the results of


# ---- one function -------------------------------------------------------------------------------


def _same(value: Any) -> Any:
    return value


class Service:
    """What one stand-in needs: our function, the reasons to pass a call on, the counts."""

    def __init__(self, row: Row, original: Any) -> None:
        self.row = row
        self.original = original
        self.ours = row.function()
        self.reason = Inspector(row, original, self.ours)
        self.prepare = row.prepare or _same
        self.finish = row.finish or _same
        self.on = False
        self._lock = threading.Lock()
        self._counts: dict[str | None, int] = {}
        self.stand_in = stand_in(original, self)

    def count(self, reason: str | None) -> None:
        """Count a call that was served, or passed on for a reason."""
        with self._lock:
            self._counts[reason] = self._counts.get(reason, 0) + 1
        if _STATE.tally is not None:
            _STATE.tally.add(self.row.path, reason)

    def counts(self) -> dict[str | None, int]:
        """Return the calls passed on, by reason, and those served, as None."""
        with self._lock:
            return dict(self._counts)

    def reset(self) -> None:
        """Begin to count anew; the lock may have been held by a thread that a fork left behind."""
        self._lock = threading.Lock()
        self._counts = {}

    def refused(self, error: Exception) -> str:
        """Return why a call that failed in ours is passed on; raise what must not be.

        That is what the caller asked fastspec for: a deadline, a limit, an engine.
        """
        kind = type(error)
        if isinstance(error, MemoryError | TimeoutError) or (
            kind.__module__.partition(".")[0] == "fastspec"
            and kind.__name__ not in ("ParameterError", "MissingExtraError")
        ):
            raise error
        if isinstance(error, ParameterError):
            named = re.match(r"\w+", str(error))
            return f"{named[0] if named else 'an argument'} is not one that fastspec takes"
        return f"{kind.__name__} in fastspec"

    def both(self, error: Exception, refusal: Exception | None) -> BaseException:
        """Return what to raise for an error of librosa, after a refusal of ours or without one."""
        if isinstance(refusal, ParameterError) or is_librosas(error):
            return both(error)
        return error


# ---- where librosa has it -----------------------------------------------------------------------


def _modules() -> Iterator[ModuleType]:
    """librosa's modules that are loaded, or just loading."""
    for name, module in list(sys.modules.items()):
        if (name == "librosa" or name.startswith("librosa.")) and isinstance(module, ModuleType):
            yield module


def _exchange(exchanged: Mapping[int, tuple[Any, Any]], modules: Iterable[ModuleType]) -> None:
    """Put one function for another wherever modules hold it: by name, in a dict, in a closure.

    `exchanged` maps the identity of what is there to it and to what is to be there.
    """
    for module in modules:
        namespace = vars(module)
        for name, value in list(namespace.items()):
            pair = exchanged.get(id(value))
            if pair is not None and pair[0] is value:
                namespace[name] = pair[1]
            elif type(value) is dict and name[:2] != "__":
                for key, item in list(value.items()):
                    pair = exchanged.get(id(item))
                    if pair is not None and pair[0] is item:
                        value[key] = pair[1]
            elif _has_closure(value):
                for cell in value.__closure__:
                    _exchange_cell(cell, exchanged)


def _has_closure(value: Any) -> bool:
    """Return whether a value is a function of librosa's with a closure, stand-ins excepted."""
    if type(value) is not FunctionType or not value.__closure__:
        return False
    if not str(value.__module__).startswith("librosa."):
        return False
    return value.__code__.co_filename != stand_in.__code__.co_filename


def _exchange_cell(cell: CellType, exchanged: Mapping[int, tuple[Any, Any]]) -> None:
    try:
        value = cell.cell_contents
    except ValueError:  # empty
        return
    pair = exchanged.get(id(value))
    if pair is not None and pair[0] is value:
        cell.cell_contents = pair[1]


class _Finder(MetaPathFinder):
    """Has librosa's modules patched as soon as each has been executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "librosa" and not name.startswith("librosa."):
            return None
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if find is None or isinstance(finder, _Finder):
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                self._follow(spec)
                return spec
        return None

    def _follow(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: ModuleType) -> None:
            vars(loader).pop("exec_module", None)
            execute(module)
            _STATE.reach(module)

        try:
            # The instance is made for this one import.
            loader.exec_module = exec_module
        except AttributeError:  # a loader without attributes of its own
            return


class _State:
    """Who asked for the patch, and what stands where."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.asked = 0
        self.finder = _Finder()
        self.services: dict[int, Service] = {}  # by the identity of the original, which they hold
        self.tally: Tally | None = None

    def switch_on(self) -> None:
        with self.lock:
            self.asked += 1
            if self.asked > 1:
                return
            for service in self.services.values():
                service.reset()
            sys.meta_path.insert(0, self.finder)
        self.reach(None)

    def switch_off(self) -> None:
        with self.lock:
            if self.asked == 0:
                return
            self.asked -= 1
            if self.asked:
                return
            if self.finder in sys.meta_path:
                sys.meta_path.remove(self.finder)
            for service in self.services.values():
                service.on = False
            services = self.services.values()
            _exchange({id(s.stand_in): (s.stand_in, s.original) for s in services}, _modules())

    def reach(self, module: ModuleType | None) -> None:
        """Make stand-ins of the functions of modules that are there now, and put them in place."""
        if module is not None and module.__name__ == "librosa":
            problem = _wrong_version(module)
            if problem:
                warnings.warn(f"{problem}; it is left as it is", stacklevel=2)
                with self.lock:
                    self.asked = min(self.asked, 1)
                self.switch_off()
                return
        with self.lock:
            if not self.asked:
                return
            there = {id(service.stand_in) for service in self.services.values()}
            found = False
            for row in served():
                home = sys.modules.get(f"librosa.{row.home}")
                original = None if home is None else vars(home).get(row.name)
                if home is None or getattr(original, "__module__", None) != home.__name__:
                    continue  # not there yet, or somebody else's
                if id(original) not in there and id(original) not in self.services:
                    self.services[id(original)] = Service(row, original)
                    found = True
            for service in self.services.values():
                service.on = True
            if module is None or found:
                modules = list(_modules())
            else:
                modules = [module]
            services = self.services.values()
            _exchange({id(s.original): (s.original, s.stand_in) for s in services}, modules)


_STATE = _State()


def _after_fork() -> None:
    _STATE.lock = threading.RLock()
    for service in _STATE.services.values():
        service.reset()
    if _STATE.tally is not None:
        _STATE.tally.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _wrong_version(librosa: ModuleType) -> str | None:
    version = str(getattr(librosa, "__version__", "unknown"))
    if version.startswith(_VERSION):
        return None
    return f"fastspec has the functions of librosa {_VERSION}*, but librosa {version} is installed"


# ---- in public ----------------------------------------------------------------------------------


def patch_librosa() -> None:
    """Put fastspec's functions in the place of librosa's, everywhere in librosa and in all threads.

    librosa is imported if it is not yet. `librosa.feature.mfcc` is then a function that computes
    with fastspec what fastspec computes alike, and hands every other call to librosa's own; so do
    librosa's functions that call one another. Names that a program took from librosa before, as by
    ``from librosa import stft``, stay librosa's: patch first, or import the module.

    Calls are counted: each asks for one `unpatch_librosa`.

    Raises
    ------
    ImportError
        If librosa is not installed, or its version is not 0.11.

    See Also
    --------
    librosa_patch : the same for a block of code.
    patch_report : which calls were served.

    Examples
    --------
    >>> import fastspec, librosa, numpy as np
    >>> fastspec.patch_librosa()
    >>> librosa.feature.mfcc(y=np.ones(22050, np.float32)).shape
    (20, 44)
    >>> fastspec.patch_report().served
    1
    >>> fastspec.unpatch_librosa()
    """
    try:
        librosa = importlib.import_module("librosa")
    except ModuleNotFoundError as error:
        if error.name != "librosa":
            raise
        raise ImportError(
            f"librosa is not installed; install it with: pip install 'librosa=={_VERSION}*'"
        ) from error
    problem = _wrong_version(librosa)
    if problem:
        raise ImportError(problem)
    _STATE.switch_on()
    # Another thread may have begun to import a module before there was a finder to follow it.
    for module in list(_modules()):
        if getattr(module.__spec__, "_initializing", False):
            importlib.import_module(module.__name__)
    _STATE.reach(None)


def unpatch_librosa() -> None:
    """Undo one `patch_librosa`; with the last one, every name is again the object that it was.

    Without a patch, nothing happens. A stand-in that a program took while librosa was patched
    calls librosa's function from then on.
    """
    _STATE.switch_off()


def is_patched() -> bool:
    """Return whether librosa is patched in this process."""
    return _STATE.asked > 0


class librosa_patch:
    """A context in which librosa is patched: in all threads, not just in this one.

    Examples
    --------
    >>> import fastspec, librosa, numpy as np
    >>> with fastspec.librosa_patch():
    ...     D = librosa.stft(np.ones(22050, np.float32))
    >>> fastspec.is_patched()
    False
    """

    def __enter__(self) -> None:
        patch_librosa()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        unpatch_librosa()


def patch_report() -> PatchReport:
    """Return the calls since librosa was patched, in this process and all its threads.

    Returns
    -------
    PatchReport
        Its text is a table. Counts begin at 0 when librosa is patched and was not before.

    Examples
    --------
    >>> import fastspec
    >>> print(fastspec.patch_report())  # doctest: +SKIP
    librosa patched by fastspec: 2 calls served, 1 passed on
      librosa.feature.mfcc         2 served
      librosa.stft                 0 served
                                   1 passed on: y has dtype int16
    """
    with _STATE.lock:
        services = list(_STATE.services.values())
    sums: dict[tuple[str, str | None], int] = {}
    for service in services:
        for reason, n in service.counts().items():
            # A function has two services if librosa was imported anew.
            key = (service.row.path, reason)
            sums[key] = sums.get(key, 0) + n
    return make_report(sums)


# ---- fastspec run -------------------------------------------------------------------------------


def patch_when_imported() -> MetaPathFinder:
    """Patch librosa from its import on; return the finder, which is already in place."""
    _STATE.tally = tally_of_environment()
    _STATE.switch_on()
    return _STATE.finder
