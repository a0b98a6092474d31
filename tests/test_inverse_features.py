"""mel_to_stft, mel_to_audio, mfcc_to_mel, mfcc_to_audio: against scipy, librosa, and bad input."""

import warnings

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec

# Relative to the largest value. Coefficients are tens of decibels, so rounding is magnified.
MEL_BOUND = {"float64": 1e-12, "float32": 1e-5}
# How much farther from the bands than the nearest, relative to their norm.
EXCESS = 1e-5


def bands(seed, n_mels, n_fft, feasible):
    rng = np.random.default_rng([97, seed])
    n_frames = int(rng.integers(1, 12))
    if feasible:
        S = rng.random((n_fft // 2 + 1, n_frames)) ** rng.integers(1, 9)
        return fastspec.melspectrogram(S=S, n_mels=n_mels, sr=16000)
    return rng.random((n_mels, n_frames)) ** 3


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("feasible", [True, False])
@pytest.mark.parametrize(("n_mels", "n_fft"), [(20, 256), (40, 512), (64, 256)])
@pytest.mark.parametrize("seed", range(4))
def test_mel_to_stft_is_the_least_squares(errors, seed, n_mels, n_fft, feasible):
    """As near as scipy's active sets come, to what any S >= 0 can give; no farther than librosa."""
    optimize = pytest.importorskip("scipy.optimize")
    librosa = pytest.importorskip("librosa")
    M = bands(seed, n_mels, n_fft, feasible)
    bank = fastspec.mel_filter(sr=16000, n_fft=n_fft, n_mels=n_mels, dtype=np.float64)
    S = fastspec.mel_to_stft(M, sr=16000, n_fft=n_fft)
    assert S.shape == (n_fft // 2 + 1, M.shape[1])
    assert S.dtype == np.float64
    assert S.min() >= 0
    for t in range(M.shape[1]):
        _, least = optimize.nnls(bank, M[:, t])
        error = np.linalg.norm(bank @ S[:, t] ** 2 - M[:, t]) - least
        error /= np.linalg.norm(M[:, t])
        errors.check("mel_to_stft, excess", feasible, "scipy", error, EXCESS, f"{seed}, {t}")
    theirs = librosa.feature.inverse.mel_to_stft(M, sr=16000, n_fft=n_fft)
    ours, theirs = (np.linalg.norm(bank @ x**2 - M) for x in (S, theirs))
    assert ours <= theirs + EXCESS * np.linalg.norm(M)


def test_mel_to_stft_gives_the_bands_back():
    y = np.random.default_rng(2).standard_normal(12000).astype(np.float32)
    M = fastspec.melspectrogram(y=y, power=1.5)
    S = fastspec.mel_to_stft(M, power=1.5)
    assert S.dtype == np.float32
    again = fastspec.melspectrogram(S=S**1.5)
    assert abs(again - M).max() < 1e-5 * M.max()
    # Frames do not depend on each other, nor on how loud they are.
    np.testing.assert_array_equal(fastspec.mel_to_stft(M[:, 3:4], power=1.5), S[:, 3:4])
    louder = fastspec.mel_to_stft(M * 2**20, power=1)
    np.testing.assert_array_equal(louder, fastspec.mel_to_stft(M, power=1) * 2**20)
    both = np.stack([M, M[:, ::-1]])
    for n_threads in (1, 2, 3):
        again = fastspec.mel_to_stft(both, power=1.5, n_threads=n_threads)
        np.testing.assert_array_equal(again, np.stack([S, S[:, ::-1]]))
    np.testing.assert_array_equal(fastspec.mel_to_stft(np.asfortranarray(M), power=1.5), S)


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("power", [1.0, 2.0, 0.7])
@pytest.mark.parametrize("bank", [{}, {"htk": True, "norm": None}, {"fmin": 300, "fmax": 4000}])
def test_mel_to_stft_of_other_banks(bank, power):
    """Bands that an S has are found again."""
    rng = np.random.default_rng(9)
    for n_fft, n_mels in ((512, 40), (511, 128), (64, 1), (2, 3)):
        S = rng.random((n_fft // 2 + 1, 5)) ** 4
        M = fastspec.melspectrogram(S=S**power, n_mels=n_mels, sr=16000, n_fft=n_fft, **bank)
        if not M.any():
            continue
        got = fastspec.mel_to_stft(M, sr=16000, n_fft=n_fft, power=power, **bank)
        assert got.min() >= 0
        again = fastspec.melspectrogram(S=got**power, n_mels=n_mels, sr=16000, n_fft=n_fft, **bank)
        assert np.linalg.norm(again - M) < EXCESS * np.linalg.norm(M)


def test_mel_to_stft_warns_of_empty_bands():
    for _ in range(2):
        with pytest.warns(UserWarning, match="Empty filters") as caught:
            fastspec.mel_to_stft(np.ones((128, 2)), n_fft=256)
        assert caught[0].filename == __file__


def test_mel_to_stft_of_silence_and_negatives():
    np.testing.assert_array_equal(fastspec.mel_to_stft(np.zeros((40, 3)), n_fft=512), 0)
    np.testing.assert_array_equal(fastspec.mel_to_stft(-np.ones((40, 3)), n_fft=512), 0)


@pytest.mark.parametrize("seed", range(60))
def test_mfcc_to_mel_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([98, seed])
    dtype = (np.float32, np.float64)[seed % 2]
    shape = (*helpers.leading(rng), int(rng.integers(1, 30)), int(rng.integers(1, 9)))
    x = helpers.layout(rng, (10 * rng.standard_normal(shape)).astype(dtype))
    kwargs = {
        "n_mels": int(rng.integers(2, 60)),
        "dct_type": int(rng.integers(1, 4)),
        "norm": ("ortho", None)[rng.integers(2)],
        "lifter": (0, 22, 5.5)[rng.integers(3)],
        "ref": (1.0, 0.1)[rng.integers(2)],
    }
    want = librosa.feature.inverse.mfcc_to_mel(x, **kwargs)
    got = fastspec.mfcc_to_mel(x, **kwargs)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    error = abs(got - want).max() / abs(want).max()
    kind = str(np.dtype(dtype))
    errors.check("mfcc_to_mel", kind, "librosa", error, MEL_BOUND[kind], describe(kwargs))


def test_mfcc_to_mel_undoes_mfcc():
    y = np.random.default_rng(3).standard_normal(8000)
    M = fastspec.melspectrogram(y=y, n_mels=40)
    for more in ({}, {"dct_type": 3}, {"lifter": 50}):
        C = fastspec.mfcc(y=y, n_mels=40, n_mfcc=40, **more)
        np.testing.assert_allclose(fastspec.mfcc_to_mel(C, n_mels=40, **more), M, rtol=1e-10)


def test_mfcc_to_mel_warns_of_its_lifter():
    with pytest.warns(UserWarning, match="critical values") as caught:
        fastspec.mfcc_to_mel(np.ones((20, 3)), lifter=2)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fastspec.mfcc_to_mel(np.ones((20, 3)), lifter=22)


def test_audio_has_the_bands():
    """Griffin-Lim reaches the bands it was given to a few per cent, as librosa's does."""
    t = np.arange(16000) / 16000
    y = (np.sin(2 * np.pi * 440 * t) * np.exp(-3 * t)).astype(np.float32)
    M = fastspec.melspectrogram(y=y, sr=16000, n_fft=512, hop_length=128, n_mels=64)
    z = fastspec.mel_to_audio(M, sr=16000, n_fft=512, hop_length=128, length=16000)
    assert (z.shape, z.dtype) == ((16000,), np.float32)
    again = fastspec.melspectrogram(y=z, sr=16000, n_fft=512, hop_length=128, n_mels=64)
    assert np.linalg.norm(again - M) < 0.2 * np.linalg.norm(M)
    C = fastspec.mfcc(y=y, sr=16000, n_fft=512, hop_length=128, n_mels=64, n_mfcc=64)
    z = fastspec.mfcc_to_audio(C, n_mels=64, sr=16000, n_fft=512, hop_length=128, n_iter=4)
    assert z.dtype == np.float32
    assert abs(len(z) - 16000) <= 128


def test_inverse_features_refuse():
    M = np.ones((40, 5))
    for function in (fastspec.mel_to_stft, fastspec.mel_to_audio):
        for value in (M[0], M[:0], M[:, :0], M * np.nan, M * 1j, [["a"]]):
            refused("M", function, value)
        for value in (0, -1, np.nan, "2"):
            refused("power", function, M, power=value)
        refused("sr", function, M, sr=0)
        refused("n_fft", function, M, n_fft=0)
        refused("n_threads", function, M, n_threads=0)
        refused("argument", function, M, n_mels=40)
    refused("hop_length", fastspec.mel_to_audio, M, n_fft=512, hop_length=0)
    for function in (fastspec.mfcc_to_mel, fastspec.mfcc_to_audio):
        refused("mfcc", function, M[0])
        refused("mfcc", function, M[:0])
        refused("n_mels", function, M, n_mels=0)
        refused("dct_type", function, M, dct_type=4)
        refused("n_mels", function, M, n_mels=1, dct_type=1)
        refused("norm", function, M, norm="forward")
        for value in (-1, np.nan, "x", None):
            refused("lifter", function, M, lifter=value)
