"""hpss and softmask: against scipy, librosa, the definitions, and bad input."""

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec
from fastspec import _core

# Relative to the largest value; the medians are equal.
HPSS_BOUND = {4: 1e-6, 8: 1e-14}


def median(x, size, axis, n_threads=1):
    out = np.empty_like(x)
    _core.median(np.moveaxis(x, axis, -1), size, np.moveaxis(out, axis, -1), n_threads)
    return out


def values(rng, shape):
    x = rng.standard_normal(shape)
    if rng.random() < 0.5:
        x = np.round(2 * x)  # many alike
    x += 0.0  # no negative zeros
    if rng.random() < 0.1:
        x[rng.random(shape) < 0.2] = np.inf
    return helpers.layout(rng, x.astype((np.float32, np.float64)[rng.integers(2)]))


@pytest.mark.parametrize("seed", range(150))
def test_median_is_scipys(seed):
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng([94, seed])
    shape = tuple(rng.integers(1, (30, 60, 700)[seed % 3], 2).tolist())
    if seed % 3 < 2:
        shape = (*helpers.leading(rng), *shape)
    x = values(rng, shape)
    axis = int(rng.integers(-2, 0))
    # Where a window reaches four lengths beyond an end, scipy reads what is not in the array.
    longest = 8 * x.shape[axis] - 1
    size = int(min(longest, rng.choice([1, 2, 3, 4, 17, 31, rng.integers(1, 100)])))
    sizes = [1] * x.ndim
    sizes[axis] = size
    want = ndimage.median_filter(x, sizes, mode="reflect")
    np.testing.assert_array_equal(median(x, size, axis, 1 + seed % 3), want)


def slow_median(x, size):
    n = len(x)
    mirrored = np.concatenate([x, x[::-1]])
    windows = [mirrored[(np.arange(size) + t - size // 2) % (2 * n)] for t in range(n)]
    return np.array([sorted(window)[size // 2] for window in windows])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "size"), [(1, 9), (2, 7), (5, 40), (600, 31), (1500, 601), (1025, 2)]
)
def test_median_against_its_definition(n, size, dtype):
    """Windows longer than the series, and more than one chunk of it."""
    x = np.random.default_rng(n).standard_normal((3, n)).astype(dtype)
    want = np.stack([slow_median(row, size) for row in x])
    np.testing.assert_array_equal(median(x, size, 1), want)
    np.testing.assert_array_equal(median(x.T.copy(), size, 0), want.T)


def test_median_of_bad_arguments():
    x = np.ones((3, 4))
    for size in (0, -1, 2**24 + 1):
        with pytest.raises(ValueError, match=r"argument|range"):
            _core.median(x, size, x.copy(), 1)
    for out in (np.ones((3, 5)), np.ones((3, 4), np.float32), np.ones((2, 3, 4))):
        with pytest.raises(ValueError, match="out"):
            _core.median(x, 3, out, 1)


@pytest.mark.parametrize("seed", range(100))
def test_hpss_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([95, seed])
    shape = (*helpers.leading(rng), int(rng.integers(1, 60)), int(rng.integers(1, 60)))
    S = rng.random(shape) ** 4 * 10.0 ** rng.integers(-8, 8)
    S[rng.random(shape) < 0.3 * rng.random()] = 0
    if rng.random() < 0.5:
        S = S * np.exp(2j * np.pi * rng.random(shape))
        S = S.astype((np.complex64, np.complex128)[rng.integers(2)])
    else:
        S = S.astype((np.float32, np.float64)[rng.integers(2)])
    S = helpers.layout(rng, S)
    kwargs = {
        "kernel_size": (31 if min(shape[-2:]) > 3 else 9, 7, (5, 12), [1, 3])[rng.integers(4)],
        "power": (2.0, 1.0, np.inf, 0.7)[rng.integers(4)],
        "mask": bool(rng.random() < 0.4),
        "margin": (1.0, 3.0, (1.0, 2.5), [1.2, 4])[rng.integers(4)],
    }
    want = librosa.decompose.hpss(S, **kwargs)
    got = fastspec.hpss(S, n_threads=1 + seed % 3, **kwargs)
    for a, b in zip(got, want, strict=True):
        assert (a.dtype, a.shape, a.flags.fnc) == (b.dtype, b.shape, b.flags.fnc)
        error = float(abs(a.astype(complex) - b).max() / max(abs(b).max(), 1e-300))
        size = S.real.dtype.itemsize
        errors.check("hpss", S.dtype, "librosa", error, HPSS_BOUND[size], describe(kwargs))


@pytest.mark.parametrize("seed", range(60))
def test_softmask_is_librosas(seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([96, seed])
    shape = tuple(rng.integers(0, 20, rng.integers(1, 4)).tolist())
    dtype = (np.float32, np.float64)[seed % 2]
    X, ref = (np.abs(rng.standard_normal((2, *shape))) ** 8).astype(dtype)
    if seed % 4 < 2 and X.size:
        X.flat[::3] = 0
        ref.flat[::6] = 0
    kwargs = {"power": (1, 2.0, 0.3, np.inf)[seed % 4], "split_zeros": bool(rng.random() < 0.5)}
    want = librosa.util.softmask(X, ref, **kwargs)
    got = fastspec.softmask(X, ref, **kwargs)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_softmask_against_its_definition():
    X, ref = np.random.default_rng(3).random((2, 50))
    got = fastspec.softmask(X, ref, power=3)
    np.testing.assert_allclose(got, X**3 / (X**3 + ref**3), rtol=1e-14)
    zeros = np.zeros(4)
    np.testing.assert_array_equal(fastspec.softmask(zeros, zeros), zeros)
    np.testing.assert_array_equal(fastspec.softmask(zeros, zeros, split_zeros=True), zeros + 0.5)
    # Beyond the range of the powers.
    assert fastspec.softmask(np.array([1e300]), np.array([1e300]), power=9)[0] == 0.5


def test_hpss_of_silence_and_parts():
    for part in fastspec.hpss(np.zeros((20, 30), np.complex64)):
        np.testing.assert_array_equal(part, np.zeros((20, 30), np.complex64))
    S = np.zeros((40, 50))
    S[10], S[:, 20] = 1, 1
    harmonic, percussive = fastspec.hpss(S, kernel_size=9)
    assert harmonic[10, 5] == 1
    assert percussive[30, 20] == 1
    assert harmonic[30, 20] == percussive[10, 5] == 0


def test_decompose_refuses():
    S = np.ones((4, 9))
    for value in (0, -1, 2.5, (3, 0), (1, 2, 3), "x", None, 2**25):
        refused("kernel_size", fastspec.hpss, S, kernel_size=value)
    for value in (0, -1, np.nan, "x", None):
        refused("power", fastspec.hpss, S, power=value)
        refused("power", fastspec.softmask, S, S, power=value)
    for value in (0.5, (1, 0.9), "x", np.inf, (1, 2, 3)):
        refused("margin", fastspec.hpss, S, margin=value)
    refused("mask", fastspec.hpss, S, mask=1)
    refused("split_zeros", fastspec.softmask, S, S, split_zeros=None)
    refused("n_threads", fastspec.hpss, S, n_threads=0)
    for bad in (S[0], S[:0], -S, S * np.nan, S * np.inf, [["a"]], 3.0):
        refused("S", fastspec.hpss, bad)
    refused("X", fastspec.softmask, -S, S)
    refused("X_ref", fastspec.softmask, S, -S)
    refused("X_ref", fastspec.softmask, S, S * np.nan)
    refused("X_ref", fastspec.softmask, S, S[:2])
