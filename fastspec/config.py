"""Settings of the process: which FFT library is loaded, which precision is the default."""

import glob
import importlib.util
import os
import platform
import sys
import threading
from typing import Literal

from fastspec import _core
from fastspec._core import EngineError
from fastspec._validate import check_choice
from fastspec._version import __version__
from fastspec.threads import MOST_THREADS, check_threads, cores, named_threads

__all__ = [
    "EngineError",
    "check_threads",
    "get_include",
    "get_precision",
    "set_precision",
    "show_config",
]

Precision = Literal["single", "double"]

_PRECISIONS = ("single", "double")

ENGINES = {"auto": 0, "fftw": 1, "lanes": 2}
FFT_CACHE = 64  # FSPEC_FFT_CACHE of the C header

_lock = threading.Lock()
_loaded = False
_tried: list[str] = []
_precision: Precision | None = None


def _reset_lock() -> None:
    # A thread that held the lock while another forked does not exist in the child.
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_lock)


# ---- the FFT library ----------------------------------------------------------------------------


def _bundled(stem: str) -> list[str]:
    """Return the paths of a library that the pyfftw wheel carries, without importing pyfftw."""
    try:
        spec = importlib.util.find_spec("pyfftw")
    except (ImportError, ValueError):
        return []
    if spec is None or not spec.submodule_search_locations:
        return []
    package = spec.submodule_search_locations[0]
    patterns = (
        os.path.join(f"{package}.libs", f"{stem}[-.]*"),
        os.path.join(package, ".dylibs", f"{stem}.*"),
        os.path.join(package, f"{stem}-*.dll"),
    )
    return [path for pattern in patterns for path in sorted(glob.glob(pattern))]


def _system(stem: str) -> list[str]:
    if sys.platform == "darwin":
        return [f"{stem}.3.dylib"]
    if sys.platform == "win32":
        return [f"{stem}-3.dll"]
    return [f"{stem}.so.3"]


def _in_folder(folder: str, stem: str) -> list[str]:
    """Return the paths of a library in a folder, whatever is appended to its name."""
    if not folder:
        return []
    found = sorted(glob.glob(os.path.join(glob.escape(folder), f"{stem}[-.]*")))
    shared = [path for path in found if any(end in path for end in (".so", ".dylib", ".dll"))]
    return shared or [os.path.join(folder, _system(stem)[0])]


def _at_path(path: str) -> tuple[list[str], list[str]]:
    """Return (single, double) path lists for a folder, or for the library of one precision."""
    if os.path.isdir(path):
        return _in_folder(path, "libfftw3f"), _in_folder(path, "libfftw3")
    folder, name = os.path.split(path)
    if "fftw3f" in name:
        sibling = os.path.join(folder, name.replace("fftw3f", "fftw3"))
        return [path], [sibling, *_in_folder(folder, "libfftw3")]
    if "fftw3" in name:
        sibling = os.path.join(folder, name.replace("fftw3", "fftw3f"))
        return [sibling, *_in_folder(folder, "libfftw3f")], [path]
    return [path], [path]


def _candidates(provider: str) -> list[tuple[list[str], list[str]]]:
    """Return pairs of (single, double) path lists, in the order in which to try them."""
    if provider == "fftw":
        return [
            (_bundled("libfftw3f"), _bundled("libfftw3")),
            (_system("libfftw3f"), _system("libfftw3")),
        ]
    if provider == "mkl":
        names = [f"libmkl_rt.so{version}" for version in (".3", ".2", ".1", "")]
        return [(names, names)]
    named = provider.endswith((".so", ".dylib", ".dll")) or ".so." in provider
    if named or os.sep in provider or "/" in provider:
        return [_at_path(provider)]
    _tried.append(f"{provider}, which is neither a known name nor a path")
    return []


def _load_one(paths: list[str], double: bool) -> bool:
    for path in paths:
        encoded = os.fsencode(path)
        message = _core.fftw_load(None if double else encoded, encoded if double else None)
        if not message:
            return True
        _tried.append(message)
    return False


def load_engine() -> None:
    """Load the FFT library that ``FASTSPEC_FFT`` names, once.

    Raises
    ------
    EngineError
        If a precision has no library; the message lists what was tried.
    """
    if not _loaded:
        with _lock:
            _load_both()


def _load_both() -> None:
    """Load the library of each precision, under the lock."""
    global _loaded
    if _loaded:
        return
    _tried.clear()
    provider = os.environ.get("FASTSPEC_FFT", "")
    if provider in ("", "lanes"):
        provider = "fftw"
    candidates = _candidates(provider)
    missing = []
    for double in (False, True):
        paths = [path for pair in candidates for path in pair[double]]
        if not _core.fftw_info(double)[1] and not _load_one(paths, double):
            missing.append("double" if double else "single")
    if missing:
        tried = "; ".join(dict.fromkeys(_tried)) or "nothing, since no library was found"
        hint = (
            "install pyfftw, or set FASTSPEC_FFT to the path of a libfftw3 library"
            if provider == "fftw"
            else "FASTSPEC_FFT takes 'lanes', 'fftw', 'mkl' or the path of a libfftw3 library"
        )
        raise EngineError(
            f"no FFT engine for {' and '.join(missing)} precision with "
            f"FASTSPEC_FFT={provider!r}: tried {tried}; {hint}"
        )
    _loaded = True


def choose_engine(engine: str, n_fft: int) -> int:
    """Return the C header's number of the engine for a plan, and load FFTW if it may need it.

    Parameters
    ----------
    engine : {'auto', 'lanes', 'fftw'}
        A plan's argument. ``'auto'`` follows ``FASTSPEC_FFT`` where that is set; else it takes the
        built-in engine where that is fast, and FFTW for the other sizes where there is one.
    n_fft : int
        Size of the FFT.

    Raises
    ------
    EngineError
        If FFTW is asked for and cannot be loaded.
    """
    provider = os.environ.get("FASTSPEC_FFT", "")
    if engine == "auto" and provider:
        engine = "lanes" if provider == "lanes" else "fftw"
    if engine == "fftw":
        load_engine()
    elif engine == "auto" and not _core.lanes_has(n_fft):
        try:
            load_engine()
        except EngineError:
            pass  # the core then uses its own engine, by Bluestein's algorithm
    return ENGINES[engine]


# ---- precision ----------------------------------------------------------------------------------


def resolve_precision(precision: str | None) -> Precision:
    """Return an argument ``precision`` with the process's default in place of None."""
    if precision is None:
        return get_precision()
    return check_choice("precision", precision, _PRECISIONS)  # type: ignore[return-value]


def get_precision() -> Precision:
    """Return the default precision of the process.

    Returns
    -------
    {'single', 'double'}
        What `set_precision` was last given, else the environment variable
        ``FASTSPEC_PRECISION``, else ``'single'``.
    """
    global _precision
    if _precision is None:
        given = os.environ.get("FASTSPEC_PRECISION", "") or "single"
        _precision = check_choice("FASTSPEC_PRECISION", given, _PRECISIONS)  # type: ignore[assignment]
    return _precision  # type: ignore[return-value]


def set_precision(precision: Precision) -> None:
    """Set the default precision of the process.

    Parameters
    ----------
    precision : {'single', 'double'}
        ``'single'`` computes float32 input in float32, and float64 input in float64;
        ``'double'`` computes both in float64, as librosa's forward transform does, and rounds the
        result to the type of the input. Plans that exist already keep theirs.

    Raises
    ------
    ParameterError
        If `precision` is neither.
    """
    global _precision
    _precision = check_choice("precision", precision, _PRECISIONS)  # type: ignore[assignment]


# ---- report -------------------------------------------------------------------------------------


def config() -> dict[str, str]:
    """Return what `show_config` prints, by name."""
    provider = os.environ.get("FASTSPEC_FFT", "")
    try:
        load_engine()
    except EngineError as error:
        lanes = provider in ("", "lanes")  # else plans fail with this error
        engine = {
            "engine": "lanes (built in) for all sizes" if lanes else "none",
            "fftw": f"none ({error})",
        }
    else:
        single, double = _core.fftw_info(False), _core.fftw_info(True)
        names = {
            "lanes": "lanes (built in) for all sizes",
            "": "lanes (built in), fftw for other sizes",
        }
        engine = {
            "engine": names.get(provider, "fftw"),
            "fftw single": f"{single[0]} ({single[1]})",
            "fftw double": f"{double[0]} ({double[1]})",
        }
    tier = _core.simd_tier()
    if refused := _core.simd_refused():
        tier += f" (FASTSPEC_SIMD={refused!r} is not available here)"
    return {
        "fastspec": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        **engine,
        "simd": tier,
        "cores": str(cores()),
        "threads": f"at most {named_threads() or MOST_THREADS}",
        "precision": get_precision(),
    }


def show_config() -> None:
    """Print version, FFT engine and its library, SIMD tier, and the cores that may be used."""
    for name, value in config().items():
        print(f"{name:<12} {value}")


def get_include() -> str:
    """Return the folder of the C headers: fastspec.h, its parts, and fastspec_api.h.

    Returns
    -------
    str
        For the include path of an extension module that uses the capsule; see fastspec_api.h.
        Cython modules need none: they say ``from fastspec cimport cfastspec``.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "include")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "csrc")
