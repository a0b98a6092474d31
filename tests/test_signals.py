"""Weights, emphasis, frames and resampling: against librosa, and bad input."""

import helpers
import numpy as np
import pytest
from helpers import refused

import fastspec

FREQUENCIES = np.concatenate([[0.0, 1e-3], np.geomspace(1, 96000, 300)])


# ---- weights -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", ["A", "b", "C", "d", "Z", None])
@pytest.mark.parametrize("min_db", [-80.0, None, -20])
def test_weights_against_librosa(kind, min_db):
    librosa = pytest.importorskip("librosa")
    want = librosa.frequency_weighting(FREQUENCIES, kind=kind, min_db=min_db)
    got = fastspec.frequency_weighting(FREQUENCIES, kind=kind, min_db=min_db)
    np.testing.assert_allclose(got, want, atol=1e-11)
    if kind not in ("Z", None):
        named = getattr(fastspec, f"{kind.upper()}_weighting")
        assert named(440.0) == pytest.approx(librosa.frequency_weighting(440.0, kind=kind))
        np.testing.assert_array_equal(named(FREQUENCIES, min_db=min_db), got)
        assert isinstance(named(440.0), np.floating)


def test_curves_are_those_of_the_standards():
    """IEC 61672-1, table 3, at 31.5, 1000 and 8000 Hz."""
    f = [31.622777, 1000, 7943.2823]
    np.testing.assert_allclose(fastspec.A_weighting(f), [-39.4, 0.0, -1.1], atol=0.06)
    np.testing.assert_allclose(fastspec.C_weighting(f), [-3.0, 0.0, -3.0], atol=0.06)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(20))
def test_perceptual_weighting_against_librosa(seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(seed)
    S = rng.random((*helpers.leading(rng), 33, 12)).astype((np.float32, np.float64)[seed % 2])
    f = np.linspace(0, 11025, 33)
    kwargs = {"kind": ("A", "B", "C", "D")[rng.integers(4)], "top_db": (80.0, None)[seed % 2]}
    want = librosa.perceptual_weighting(S, f, **kwargs)
    got = fastspec.perceptual_weighting(S, f, **kwargs)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, atol=1e-4 if S.dtype == np.float32 else 1e-11)
    many = fastspec.multi_frequency_weighting(f, kinds="ZAC")
    np.testing.assert_allclose(many, librosa.multi_frequency_weighting(f, kinds="ZAC"), atol=1e-11)


def test_weights_refuse():
    refused("frequencies", fastspec.A_weighting, "1000")
    refused("frequencies", fastspec.D_weighting, [1j])
    refused("frequencies", fastspec.Z_weighting, 3.0)
    refused("min_db", fastspec.B_weighting, 1000, min_db="x")
    refused("min_db", fastspec.C_weighting, 1000, min_db=np.nan)
    refused("kind", fastspec.frequency_weighting, 1000, kind="E")
    refused("kind", fastspec.frequency_weighting, 1000, kind=["A"])
    refused("kinds", fastspec.multi_frequency_weighting, [1000], kinds="")
    refused("kinds", fastspec.multi_frequency_weighting, [1000], kinds=3)
    refused("frequencies", fastspec.perceptual_weighting, np.ones((3, 4)), np.ones(5))
    refused("S", fastspec.perceptual_weighting, [["a"]], np.ones(1))


# ---- emphasis ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(100))
def test_emphasis_against_librosa(seed):
    """The same bits but for the default start of deemphasis."""
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([99, seed])
    n = int(rng.integers(2, 500))
    y = rng.standard_normal((*helpers.leading(rng), n))
    y = helpers.layout(rng, y.astype((np.float32, np.float64)[rng.integers(2)]))
    kwargs = {"coef": float(rng.choice([0.97, 0.5, -0.9, 0, 1]))}
    if rng.random() < 0.5:
        kwargs["zi"] = rng.standard_normal((*y.shape[:-1], 1))
    for name in ("preemphasis", "deemphasis"):
        ours, theirs = getattr(fastspec, name), getattr(librosa.effects, name)
        want, want_zf = theirs(y, return_zf=True, **kwargs)
        got, zf = ours(y, return_zf=True, **kwargs)
        assert (got.dtype, zf.shape) == (want.dtype, want_zf.shape)
        np.testing.assert_array_equal(zf, want_zf)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_array_equal(ours(y, **kwargs), got)


def test_emphasis_in_pieces():
    y = np.random.default_rng(3).standard_normal((2, 300)).astype(np.float32)
    for function in (fastspec.preemphasis, fastspec.deemphasis):
        whole = function(y, zi=np.zeros((2, 1)))
        first, zf = function(y[:, :77], zi=np.zeros((2, 1)), return_zf=True)
        np.testing.assert_array_equal(np.hstack([first, function(y[:, 77:], zi=zf)]), whole)
    wide = y.astype(np.float64)
    np.testing.assert_allclose(fastspec.deemphasis(fastspec.preemphasis(wide)), wide, atol=1e-12)


def test_emphasis_refuses():
    y = np.ones((2, 9))
    for function in (fastspec.preemphasis, fastspec.deemphasis):
        refused("y", function, 3.0)
        refused("y", function, np.ones(0))
        refused("y", function, np.ones(1))
        refused("y", function, y * 1j)
        refused("coef", function, y, coef=np.nan)
        refused("coef", function, y, coef="x")
        refused("zi", function, y, zi=np.ones(3))
        refused("zi", function, y, zi=np.ones((3, 1)))
        refused("return_zf", function, y, return_zf="yes")
    refused("coef", fastspec.deemphasis, y, coef=3)
    refused("n_threads", fastspec.deemphasis, y, n_threads=0)


# ---- frames --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_frame_against_librosa(seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(seed)
    x = np.arange(int(np.prod(shape := rng.integers(3, 12, rng.integers(1, 4))))).reshape(shape)
    axis = int(rng.integers(-x.ndim, x.ndim))
    length = int(rng.integers(1, x.shape[axis] + 1))
    kwargs = {"frame_length": length, "hop_length": int(rng.integers(1, 6)), "axis": axis}
    want, got = librosa.util.frame(x, **kwargs), fastspec.frame(x, **kwargs)
    np.testing.assert_array_equal(got, want)
    assert got.strides == want.strides
    assert np.shares_memory(got, x)
    assert not got.flags.writeable
    assert fastspec.frame(x, writeable=True, **kwargs).flags.writeable


def test_frame_refuses():
    x = np.arange(9)
    refused("x", fastspec.frame, x, frame_length=10, hop_length=1)
    refused("x", fastspec.frame, 3, frame_length=1, hop_length=1)
    refused("frame_length", fastspec.frame, x, frame_length=0, hop_length=1)
    refused("hop_length", fastspec.frame, x, frame_length=3, hop_length=0)
    refused("axis", fastspec.frame, x, frame_length=3, hop_length=1, axis=1)
    refused("writeable", fastspec.frame, x, frame_length=3, hop_length=1, writeable=None)


# ---- resampling ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_resample_against_librosa(seed):
    librosa = pytest.importorskip("librosa")
    pytest.importorskip("soxr")
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(rng.integers(1, 400, rng.integers(1, 3)))
    y = y.astype((np.float32, np.float64)[rng.integers(2)])
    rates = rng.choice([8000, 11025, 16000, 22050, 44100, 48000.5], 2)
    kwargs = {
        "orig_sr": float(rates[0]),
        "target_sr": float(rates[1]),
        "res_type": f"soxr_{rng.choice(['hq', 'vhq', 'mq', 'lq', 'qq'])}",
        "fix": bool(rng.integers(2)),
        "scale": bool(rng.integers(2)),
        "axis": int(rng.integers(-y.ndim, y.ndim)),
    }
    want, got = librosa.resample(y, **kwargs), fastspec.resample(y, **kwargs)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_resample_refuses():
    y = np.ones(100)
    assert fastspec.resample(y, orig_sr=8000, target_sr=8000) is y
    refused("y", fastspec.resample, np.ones(9, int), orig_sr=1, target_sr=2)
    refused("y", fastspec.resample, np.full(9, np.nan), orig_sr=1, target_sr=2)
    refused("orig_sr", fastspec.resample, y, orig_sr=0, target_sr=2)
    refused("target_sr", fastspec.resample, y, orig_sr=2, target_sr=np.inf)
    for res_type in ("kaiser_best", "polyphase", "soxr", 3):
        refused("res_type", fastspec.resample, y, orig_sr=8000, target_sr=4000, res_type=res_type)
    refused("axis", fastspec.resample, y, orig_sr=1, target_sr=2, axis=1)
    refused("fix", fastspec.resample, y, orig_sr=1, target_sr=2, fix=None)
