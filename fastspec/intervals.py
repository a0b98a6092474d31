"""Frequencies of constant-Q grids: equal temperament and just intonations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fastspec._validate import ParameterError, check_bool, check_float, check_int, check_size, show
from fastspec.caches import plan_cache

__all__ = ["cqt_frequencies", "interval_frequencies"]

_Array = npt.NDArray[np.float64]

_PRIMES = {"ji3": (3,), "ji5": (3, 5), "ji7": (3, 5, 7)}
_MOST_BINS = 2**26
_MOST_JUST = 512  # intervals; finding them takes time with the cube of their number


def cqt_frequencies(
    n_bins: int, *, fmin: float, bins_per_octave: int = 12, tuning: float = 0.0
) -> _Array:
    """Return the centre frequencies of a constant-Q transform, as `librosa.cqt_frequencies`.

    Parameters
    ----------
    n_bins : int >= 0
        Number of bins.
    fmin : float > 0
        Lowest frequency in Hz.
    bins_per_octave : int >= 1
        Bins per octave.
    tuning : float
        Deviation from A440 in fractions of a bin.

    Returns
    -------
    np.ndarray, shape=(n_bins,)
        Frequencies in Hz.

    Raises
    ------
    ParameterError
        If an argument is out of its range.

    Examples
    --------
    >>> cqt_frequencies(3, fmin=32.703, bins_per_octave=1)
    array([ 32.703,  65.406, 130.812])
    """
    n_bins = check_int("n_bins", n_bins, minimum=0, maximum=_MOST_BINS)
    check_size("n_bins", (n_bins,), 8)
    fmin = check_float("fmin", fmin, exclusive_minimum=0)
    bins_per_octave = check_int("bins_per_octave", bins_per_octave, minimum=1, maximum=2**53)
    correction = tuning_factor(tuning, bins_per_octave)
    with np.errstate(over="ignore"):
        frequencies: _Array = 2.0 ** (np.arange(n_bins, dtype=float) / bins_per_octave)
        result: _Array = correction * fmin * frequencies
    return result


def interval_frequencies(
    n_bins: int,
    *,
    fmin: float,
    intervals: str | Iterable[float],
    bins_per_octave: int = 12,
    tuning: float = 0.0,
    sort: bool = True,
) -> _Array:
    """Return the frequencies of a set of intervals, as `librosa.interval_frequencies`.

    Parameters
    ----------
    n_bins : int >= 0
        Number of frequencies.
    fmin : float > 0
        Lowest frequency in Hz.
    intervals : {'equal', 'pythagorean', 'ji3', 'ji5', 'ji7'} or array
        How an octave is divided; an array holds the ratios to its first tone, and its length
        overrides `bins_per_octave`.
    bins_per_octave : int >= 1
        Intervals per octave.
    tuning : float
        Deviation in fractions of a bin; for ``'equal'`` alone.
    sort : bool
        Whether the frequencies ascend, or keep the order in which intervals are constructed.

    Returns
    -------
    np.ndarray, shape=(n_bins,)
        Frequencies in Hz.

    Raises
    ------
    ParameterError
        If an argument is out of its range.
    """
    n_bins = check_int("n_bins", n_bins, minimum=0, maximum=_MOST_BINS)
    check_size("n_bins", (n_bins,), 8)
    fmin = check_float("fmin", fmin, exclusive_minimum=0)
    tuning_factor(tuning, 1)
    sort = check_bool("sort", sort)
    ratios = _ratios(intervals, bins_per_octave, check_float("tuning", tuning), sort)
    n_octaves = np.ceil(n_bins / len(ratios))
    with np.errstate(over="ignore"):
        table = np.multiply.outer(2.0 ** np.arange(n_octaves), ratios).flatten()[:n_bins]
        return (np.sort(table) if sort else table) * fmin


def _ratios(intervals: Any, bins_per_octave: int, tuning: float, sort: bool) -> _Array:
    if not isinstance(intervals, str):
        return np.array(check_intervals(intervals))
    n = check_int("bins_per_octave", bins_per_octave, minimum=1, maximum=2**20)
    if intervals == "equal":
        ratios: _Array = 2.0 ** ((tuning + np.arange(n, dtype=float)) / n)
        return ratios
    if intervals == "pythagorean":
        return _from_logs(np.arange(n) * np.log2(3), sort)
    if intervals in _PRIMES:
        check_int("bins_per_octave", n, maximum=_MOST_JUST)
        return _from_logs(_lattice(_PRIMES[intervals], n), sort)
    known = ", ".join(map(repr, ("equal", "pythagorean", *_PRIMES)))
    raise ParameterError(f"intervals={intervals!r}: must be one of {known}, or an array")


def tuning_factor(tuning: Any, bins_per_octave: int) -> float:
    """Return the factor of frequencies that an argument `tuning` stands for, checked."""
    octaves = check_float("tuning", tuning) / bins_per_octave
    if abs(octaves) > 1000:
        raise ParameterError(f"tuning={show(tuning)}: must be less than 1000 octaves")
    return float(2.0**octaves)


def check_intervals(intervals: Any) -> tuple[float, ...]:
    """Return an array of interval ratios as a tuple, checked."""
    if hasattr(intervals, "__len__") and len(intervals) > 2**20:
        raise ParameterError(f"intervals: are {len(intervals)}; must be at most {2**20}")
    if isinstance(intervals, bytes | bytearray):
        raise ParameterError(f"intervals={show(intervals)}: must be a name or ratios")
    try:
        ratios = tuple(float(ratio) for ratio in intervals)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParameterError(f"intervals={show(intervals)}: must be a name or ratios") from error
    if not ratios or not all(0 < ratio < np.inf for ratio in ratios):
        raise ParameterError(f"intervals={show(intervals)}: must hold finite numbers > 0")
    return ratios


def _from_logs(logs: _Array, sort: bool) -> _Array:
    """Return 2 to the logarithms, moved into the octave [1, 2)."""
    fractions, _ = np.modf(logs)
    fractions[fractions < 0] += 1
    ratios: _Array = np.power(2.0, np.sort(fractions) if sort else fractions)
    return ratios


@plan_cache("intervals", 16)
def _lattice(primes: tuple[int, ...], n: int) -> _Array:
    """Return the logarithms of the n intervals of a prime lattice that lie closest together.

    Tenney's crystal growth: starting from the unison, the neighbour with the least sum of harmonic
    distances to all members is taken in, again and again [1]_.

    .. [1] J. Tenney, "On 'crystal growth' in harmonic space," Contemporary Music Review 27(1),
       pp. 47-56, 2008.
    """
    logs = np.log2(primes, dtype=np.float64)
    steps = [s * unit for unit in np.eye(len(primes), dtype=int) for s in (1, -1)]
    members = [np.zeros(len(primes), dtype=int)]
    frontier = [step.copy() for step in steps]
    known = {tuple(point) for point in (*members, *frontier)}
    while len(members) < n:
        best, score = 0, np.inf
        for i, point in enumerate(frontier):
            total = 0.0
            for member in members:
                total += _distance(logs, point, member)
            closer = logs.dot(np.abs(point)) < logs.dot(np.abs(frontier[best]))
            if total < score or (np.isclose(total, score) and closer):
                best, score = i, total
        point = frontier.pop(best)
        members.append(point)
        for step in steps:
            if tuple(point + step) not in known:
                known.add(tuple(point + step))
                frontier.append(point + step)
    result: _Array = np.array(members, dtype=float).dot(logs)
    result.flags.writeable = False
    return result


def _distance(logs: _Array, a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Return the harmonic distance log2(p q) of the interval p/q between two points."""
    above, below = np.maximum(a, 0), np.maximum(b, 0)
    common = np.minimum(above, below) - np.maximum(above - a, below - b)
    return float(np.around(logs.dot(a + b - 2 * common), 6))
