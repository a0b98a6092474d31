"""Random calls of every function that the patch serves: patched and not, the same comes out.

By default a few calls of each; with --run-slow, 300 and more.
"""

import copy
import importlib
import warnings

import numpy as np
import pytest
from patched_draws import DRAWS, spoil

import fastspec
from fastspec.librosa_compat._table import find, served

SHARE_SPOILED = 0.25
# What is searched for or rounded to steps may fall on the other side in one draw of a hundred.
DISCRETE = (
    "librosa.estimate_tuning",
    "librosa.piptrack",
    "librosa.pyin",
    "librosa.yin",
    "librosa.feature.chroma_cens",
    "librosa.feature.spectral_rolloff",
    "librosa.feature.tempo",
)
# Where librosa's own transforms warn at each iteration, from inside.
ITERATED = ("librosa.griffinlim", "librosa.griffinlim_cqt")
# These draw random phases that no argument seeds: types and shapes are compared alone.
UNSEEDED = ("librosa.feature.inverse.mel_to_audio", "librosa.feature.inverse.mfcc_to_audio")
# One row for each signal of a batch, in whatever order in memory a sum has left them.
ONE_ROW = (
    "rms",
    "zero_crossing_rate",
    "spectral_centroid",
    "spectral_bandwidth",
    "spectral_rolloff",
    "spectral_flatness",
)


def original_of(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def outcome(path, args, kwargs):
    """What a call gives or raises, and its warnings. The call is on one line for both."""
    function = original_of(path)
    args, kwargs = copy.deepcopy((args, kwargs))
    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        try:
            result, error = function(*args, **kwargs), None
        except Exception as caught:
            result, error = None, caught
    warned = sorted(
        (w.category.__name__, str(w.message), w.lineno if w.filename == __file__ else 0)
        for w in said
        # NumPy's, from inside
        if w.filename == __file__
        or not (w.category is RuntimeWarning or str(w.message).startswith("'where' used without"))
    )
    return result, error, warned


def precision(*values):
    """4 if a value is of single precision, else 8."""
    sizes = [8]
    for value in values:
        if isinstance(value, list | tuple):
            sizes.append(precision(*value))
        elif isinstance(value, np.ndarray) and not value.dtype.isnative:
            sizes.append(4)  # librosa's transforms take that for single precision
        elif isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fc":
            sizes.append(value.real.dtype.itemsize)
    return min(sizes)


def order(x):
    axes = [axis for axis in range(x.ndim) if x.shape[axis] > 1]
    return sorted(axes, key=lambda axis: -abs(x.strides[axis]))


def distance(row, ours, theirs):
    """How far results are apart, by the measure of their row; what is no number must be equal."""
    # NumPy's float64 is a float; its arrays and scalars are not each other.
    assert isinstance(ours, type(theirs)), (type(ours), type(theirs))
    if isinstance(theirs, tuple | list):
        assert len(ours) == len(theirs)
        return max((distance(row, a, b) for a, b in zip(ours, theirs)), default=0.0)
    if not isinstance(theirs, np.ndarray | np.generic | float | complex):
        assert ours == theirs
        return 0.0
    a, b = np.asarray(ours), np.asarray(theirs)
    assert a.dtype == b.dtype, (a.dtype, b.dtype)
    assert a.shape == b.shape, (a.shape, b.shape)
    assert order(a) == order(b) or row.name in ONE_ROW, (a.strides, b.strides)
    if a.dtype.kind not in "fc":
        np.testing.assert_array_equal(a, b)
        return 0.0
    finite = np.isfinite(b)
    np.testing.assert_array_equal(np.isfinite(a), finite)
    # Of infinite input comes infinity or NaN, as the FFT has it.
    apart = np.where(finite, np.abs(np.where(finite, a, 0) - np.where(finite, b, 0)), 0)
    apart = apart.astype(np.float64)
    size = np.where(finite, np.abs(b), 0).astype(np.float64)
    if not apart.any():
        return 0.0
    measure = row.of.split()[0].rstrip(",;")
    if measure in ("dB", "one"):
        return float(apart.max())
    if measure == "value":
        return float((apart / np.maximum(size, 1e-30)).max())
    if measure == "frame's" and a.ndim > 1:
        return float((apart.max(axis=-2) / np.maximum(size.max(axis=-2), 1e-30)).max())
    return float(apart.max() / max(size.max(), 1e-30))


def share_of_steps(ours, theirs):
    """The share of values that differ visibly: for what is rounded to steps."""
    pairs = zip(ours, theirs) if isinstance(theirs, tuple) else [(ours, theirs)]
    shares = []
    for a, b in pairs:
        assert (np.shape(a), np.asarray(a).dtype) == (np.shape(b), np.asarray(b).dtype)
        if np.size(b):
            a, b = np.asarray(a), np.asarray(b)  # masked ones too
            peak = np.nanmax(np.abs(b), initial=0)
            close = np.isclose(a, b, rtol=1e-3, atol=1e-3 * peak, equal_nan=True)
            shares.append(1 - close.mean())
    return max(shares, default=0.0)


def compare(path, ours, theirs, args, kwargs):
    """Check one call; return the distance of its results over the bound."""
    (our_result, our_error, our_warnings), (result, error, their_warnings) = ours, theirs
    if error is not None:
        assert our_error is not None, f"librosa refuses: {error!r}"
        assert isinstance(our_error, type(error)), (our_error, error)
        assert str(our_error) == str(error)
        return 0.0
    assert our_error is None, repr(our_error)
    texts = [[w[:2] for w in warned] for warned in (our_warnings, their_warnings)]
    if path in ITERATED:
        assert set(texts[0]) <= set(texts[1])
        return apart_of(path, our_result, result, args, kwargs)
    assert texts[0] == texts[1]
    for (_, text, line), (_, _, their_line) in zip(our_warnings, their_warnings):
        # What librosa warns of at a line of its own is ours to put where it helps.
        assert line == their_line or not their_line, text
    return apart_of(path, our_result, result, args, kwargs)


def apart_of(path, ours, theirs, args, kwargs):
    """How far results are apart, over the bound; of what is discrete, the share that differs."""
    row = find(path)
    if path in UNSEEDED:
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        return 0.0
    if path in DISCRETE:
        return share_of_steps(ours, theirs)
    if path == "librosa.effects.deemphasis" and abs(kwargs.get("coef", 0)) > 1:
        return 0.0  # whose sums grow, with their rounding, out of all bounds
    apart = distance(row, ours, theirs)
    single = precision(theirs, *args, *kwargs.values()) < 8
    bound = row.single if single else row.double
    if bound is None:
        assert apart == 0, apart
        return 0.0
    return apart / bound


def describe(args, kwargs):
    def short(x):
        if isinstance(x, np.ndarray):
            return f"{type(x).__name__}{x.shape}:{x.dtype}"
        return " ".join(repr(x).split())[:60]

    given = [short(x) for x in args] + [f"{n}={short(x)}" for n, x in kwargs.items()]
    return ", ".join(given)


def run_draws(path, seeds):
    worst, moved = 0.0, 0
    for seed in seeds:
        rng = np.random.default_rng([80, seed])
        args, kwargs = DRAWS[path](rng)
        if rng.random() < SHARE_SPOILED:
            args, kwargs = spoil(rng, args, kwargs)
        theirs = outcome(path, args, kwargs)
        with fastspec.librosa_patch():
            ours = outcome(path, args, kwargs)
        try:
            apart = compare(path, ours, theirs, args, kwargs)
            assert apart <= 1 or path in DISCRETE, f"{apart:.3g} times the bound"
        except AssertionError as error:
            raise AssertionError(
                f"{path}, seed {seed}: {describe(args, kwargs)}: {error}"
            ) from error
        moved += path in DISCRETE and apart > 0.01
        worst = max(worst, apart)
    if path in DISCRETE:
        assert moved <= max(1, len(seeds) // 100), f"{path}: {moved} of {len(seeds)} draws"
    return worst


PATHS = [row.path for row in served()]


@pytest.mark.parametrize("path", PATHS)
def test_patched_calls_are_librosas(librosa, path):
    run_draws(path, range(10))


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_patched_calls_are_librosas_at_length(librosa, path):
    run_draws(path, range(10, 330))


@pytest.mark.parametrize("path", PATHS)
def test_most_draws_are_served(librosa, path):
    """Or the comparison would be one of librosa with itself."""
    with fastspec.librosa_patch():
        served_before = fastspec.patch_report().functions.get(path)
        n = 12
        for seed in range(n):
            args, kwargs = DRAWS[path](np.random.default_rng([80, seed]))
            outcome(path, args, kwargs)
        calls = fastspec.patch_report().functions[path]
    assert served_before is None
    assert calls.served >= n // 2, calls
