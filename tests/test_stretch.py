"""phase_vocoder: against librosa, the definition, and bad input."""

import cmath

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec

# Relative to the largest value. Phases add up over the frames, in single precision for complex64.
BOUND = {"complex128": 1e-12, "complex64": 2e-6}


@pytest.mark.parametrize("seed", range(60))
def test_phase_vocoder_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([99, seed])
    n_fft = int(rng.integers(1, 40)) * 2
    shape = (*helpers.leading(rng), n_fft // 2 + 1, int(rng.integers(1, 90)))
    D = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    D = helpers.layout(rng, D.astype((np.complex64, np.complex128)[seed % 2]))
    kwargs = {"rate": float(rng.choice([0.5, 1, 2, rng.uniform(0.2, 4)]))}
    if rng.random() < 0.5:
        kwargs["hop_length"] = int(rng.integers(1, 50))
    want = librosa.phase_vocoder(D, **kwargs)
    got = fastspec.phase_vocoder(D, **kwargs)
    assert (got.dtype, got.shape, got.flags.fnc) == (want.dtype, want.shape, want.flags.fnc)
    error = abs(got - want).max() / abs(want).max()
    errors.check("phase_vocoder", D.dtype, "librosa", error, BOUND[str(D.dtype)], describe(kwargs))


def slow_vocoder(D, rate, hop):
    n_bins, n_frames = D.shape
    frames = [list(row) + [0, 0] for row in D]
    places = np.arange(0, n_frames, rate)
    out = np.zeros((n_bins, len(places)), complex)
    for k, row in enumerate(frames):
        phase, usual = cmath.phase(row[0]), np.pi * hop * k / (n_bins - 1)
        for t, place in enumerate(places):
            i, w = int(place), place % 1
            out[k, t] = cmath.rect((1 - w) * abs(row[i]) + w * abs(row[i + 1]), phase)
            turn = cmath.phase(row[i + 1]) - cmath.phase(row[i]) - usual
            phase += usual + turn - 2 * np.pi * round(turn / (2 * np.pi))
    return out


@pytest.mark.parametrize("rate", [0.3, 1, 1.7])
def test_phase_vocoder_against_its_definition(rate):
    rng = np.random.default_rng(4)
    D = rng.standard_normal((9, 700)) + 1j * rng.standard_normal((9, 700))
    got = fastspec.phase_vocoder(D, rate=rate, hop_length=5)
    np.testing.assert_allclose(got, slow_vocoder(D, rate, 5), atol=1e-10)


def test_phase_vocoder_in_blocks():
    """More frames than a block holds."""
    rng = np.random.default_rng(5)
    D = rng.standard_normal((3, 257, 600)) + 1j * rng.standard_normal((3, 257, 600))
    got = fastspec.phase_vocoder(D, rate=0.9)
    for item, part in zip(D, got, strict=True):
        np.testing.assert_array_equal(fastspec.phase_vocoder(item, rate=0.9), part)
    # At the same speed nothing changes.
    np.testing.assert_allclose(fastspec.phase_vocoder(D, rate=1), D, atol=1e-9)


def test_phase_vocoder_of_silence():
    got = fastspec.phase_vocoder(np.zeros((9, 4), np.complex64), rate=0.5)
    np.testing.assert_array_equal(got, np.zeros((9, 8), np.complex64))


def test_phase_vocoder_refuses():
    D = np.ones((9, 5), np.complex64)
    for value in (0, -1, np.nan, np.inf, "2", None):
        refused("rate", fastspec.phase_vocoder, D, rate=value)
    for bad in (D.real, D[0], D[:, :0], [["a"]]):
        refused("D", fastspec.phase_vocoder, bad, rate=2)
    refused("rate", fastspec.phase_vocoder, D, rate=1e-300)
    refused("n_fft", fastspec.phase_vocoder, D, rate=2, n_fft=20)
    refused("n_fft", fastspec.phase_vocoder, D[:1], rate=2)
    refused("hop_length", fastspec.phase_vocoder, D, rate=2, hop_length=0)
    refused("n_threads", fastspec.phase_vocoder, D, rate=2, n_threads=0)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_phase_vocoder_same_bits(dtype):
    """Whatever the layout, the threads and the other bins."""
    rng = np.random.default_rng(6)
    D = (rng.standard_normal((2, 333, 50)) + 1j * rng.standard_normal((2, 333, 50))).astype(dtype)
    for rate in (0.37, 1.6, 30.5):
        want = fastspec.phase_vocoder(D, rate=rate, n_fft=664)
        for again in (
            fastspec.phase_vocoder(np.asfortranarray(D), rate=rate, n_fft=664, n_threads=3),
            fastspec.phase_vocoder(np.repeat(D, 2, 1)[:, ::2], rate=rate, n_fft=664, n_threads=2),
            fastspec.phase_vocoder(D[:, :, ::-1][:, :, ::-1], rate=rate, n_fft=664),
        ):
            np.testing.assert_array_equal(again, want)


@pytest.mark.parametrize("hop_length", [10**6, 10**9, 10**13, 10**17])
def test_phase_vocoder_of_large_phases(hop_length):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(7)
    D = rng.standard_normal((9, 30)) + 1j * rng.standard_normal((9, 30))
    want = librosa.phase_vocoder(D, rate=0.9, hop_length=hop_length)
    got = fastspec.phase_vocoder(D, rate=0.9, hop_length=hop_length)
    assert abs(got - want).max() <= 1e-12 * abs(want).max()


def test_phase_vocoder_of_any_size():
    rng = np.random.default_rng(8)
    D = rng.standard_normal((9, 30)) + 1j * rng.standard_normal((9, 30))
    want = fastspec.phase_vocoder(D, rate=0.9)
    for scale in (2.0**-1000, 2.0**-700, 2.0**700, 2.0**1000):
        np.testing.assert_array_equal(fastspec.phase_vocoder(D * scale, rate=0.9), want * scale)
    D[3, 4] = np.nan
    got = fastspec.phase_vocoder(D, rate=0.9)
    np.testing.assert_array_equal(np.delete(got, 3, 0), np.delete(want, 3, 0))
    assert np.isnan(got[3, 6:]).all()
