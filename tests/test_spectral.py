"""Statistics of spectra and of frames: against librosa, their definitions, and bad input."""

import math
from itertools import pairwise

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec

pytestmark = [
    pytest.mark.filterwarnings("ignore:n_fft=.* is too large:UserWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*poorly conditioned"),
]

# Relative to the largest value. From a signal of float32 the two FFTs differ by their roundings,
# which the distance from the centroid weighs. librosa adds float32 one after the other in flatness
# and rms; test_against_their_definitions has the bounds of ours.
BOUNDS = {
    "spectral_centroid": {"float32": 1e-5, "float64": 1e-11, "S": 1e-6},
    "spectral_bandwidth": {"float32": 2e-4, "float64": 1e-10, "S": 1e-6},
    "spectral_flatness": {"float32": 1e-4, "float64": 1e-11, "S": 5e-4},
    "spectral_contrast": {"float32": 1e-5, "float64": 1e-12, "S": 1e-6},
    "poly_features": {"float32": 1e-5, "float64": 1e-10, "S": 1e-10},
}
# Share of frames whose rolloff may be another bin's: where the running sum meets the threshold.
ROLLOFF_TIES = {"float32": 0.01, "float64": 0.0}


def signal_draw(rng, most=9000):
    """A signal, and how it is framed."""
    n = int(rng.integers(300, most))
    y = helpers.signal(rng, (*helpers.leading(rng)[:1], n), np.float64, helpers.BROAD)
    kwargs = {"n_fft": int(rng.choice([2048, 512, 1024, 600, 441]))}
    if rng.random() < 0.5:
        kwargs["hop_length"] = int(rng.integers(50, 900))
    if rng.random() < 0.3:
        kwargs["win_length"] = int(rng.integers(200, kwargs["n_fft"] + 1))
    if rng.random() < 0.3:
        kwargs["window"] = ("hamming", "blackman", ("kaiser", 8.0))[rng.integers(3)]
    if rng.random() < 0.3:
        kwargs["pad_mode"] = ("reflect", "edge", helpers.pad_with_ramp)[rng.integers(3)]
    if rng.random() < 0.2 and n >= kwargs["n_fft"]:
        kwargs["center"] = False
    return helpers.layout(rng, y.astype((np.float32, np.float64)[rng.integers(2)])), kwargs


def given_draw(rng):
    """Spectra of any layout, and arguments that go with them."""
    n_bins = int(rng.choice([17, 65, 258, 513]))
    shape = (*helpers.leading(rng)[:1], n_bins, int(rng.integers(1, 40)))
    S = rng.random(shape) ** 3 * 10.0 ** rng.integers(-4, 5)
    S[..., rng.random(shape[-1]) < 0.1] = 0
    kwargs = {}
    if rng.random() < 0.3:
        kwargs["n_fft"] = 2 * n_bins - 1
    return helpers.layout(rng, S.astype((np.float32, np.float64)[rng.integers(2)])), kwargs


def draw(name, seed):
    rng = np.random.default_rng([95, seed])
    is_signal = rng.random() < 0.5
    data, kwargs = signal_draw(rng) if is_signal else given_draw(rng)
    n_bins = kwargs["n_fft"] // 2 + 1 if is_signal else data.shape[-2]
    if name != "spectral_flatness":
        kwargs["sr"] = (22050, 16000.0, 44100)[rng.integers(3)]
        nyquist = kwargs["sr"] / 2
        if rng.random() < 0.2:
            kwargs["freq"] = np.sort(rng.uniform(1, nyquist, n_bins))
    if name in ("spectral_centroid", "spectral_bandwidth", "spectral_rolloff", "poly_features"):
        if rng.random() < 0.15 and not is_signal:
            kwargs["freq"] = rng.uniform(0, nyquist, data.shape)
        elif rng.random() < 0.1:
            kwargs["freq"] = rng.uniform(0, nyquist, n_bins).astype(np.float32)
    if name == "spectral_bandwidth":
        kwargs["norm"] = bool(rng.integers(2))
        kwargs["p"] = float(rng.choice([2, 1, 3, 1.5]))
        if rng.random() < 0.2 and not is_signal:
            kwargs["centroid"] = rng.uniform(0, nyquist, (*data.shape[:-2], 1, data.shape[-1]))
    elif name == "spectral_rolloff":
        kwargs["roll_percent"] = float(rng.choice([0.85, 0.1, 0.99, 0.5]))
    elif name == "spectral_flatness":
        kwargs["amin"] = float(rng.choice([1e-10, 1e-3]))
        kwargs["power"] = float(rng.choice([2, 1, 0.5, 3]))
    elif name == "spectral_contrast":
        kwargs["n_bands"] = int(rng.integers(1, 5))
        kwargs["fmin"] = float(rng.choice([300, 400.0, 450]))
        kwargs["quantile"] = float(rng.choice([0.02, 0.1, 0.3, 0.9]))
        kwargs["linear"] = True
    elif name == "poly_features":
        kwargs["order"] = int(rng.integers(0, 4))
    return data, kwargs, is_signal


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("name", [*BOUNDS, "spectral_rolloff"])
def test_against_librosa(errors, name, seed):
    librosa = pytest.importorskip("librosa")
    data, kwargs, is_signal = draw(name, seed)
    given = {"y" if is_signal else "S": data}
    theirs = getattr(librosa.feature, name)
    ours = getattr(fastspec, name)
    try:
        want = theirs(**given, **kwargs)
    except (librosa.ParameterError, IndexError):
        with pytest.raises(fastspec.ParameterError):
            ours(**given, **kwargs)
        return
    if not np.isfinite(want).all():  # a band of spectral_contrast that has no bin
        with pytest.raises(fastspec.ParameterError, match="fmin"):
            ours(**given, **kwargs)
        return
    got = ours(**given, **kwargs, n_threads=1 + seed % 3)
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    dtype = str(data.dtype)
    if name == "spectral_rolloff":
        share = (got != want).mean()
        assert share <= (ROLLOFF_TIES[dtype] if is_signal else 0), describe(kwargs)
        return
    scale = abs(want).max(axis=(-1, -2), keepdims=True)
    if (
        name == "poly_features"
    ):  # the coefficients of a power of the frequency are of their own size
        scale = abs(want).max(axis=-1, keepdims=True)
    error = (abs(got - want) / np.where(scale == 0, 1, scale)).max()
    kind = dtype if is_signal else "S"
    errors.check(name, kind, "librosa", error, BOUNDS[name][kind], describe(kwargs))


@pytest.mark.parametrize("seed", range(20))
def test_contrast_in_decibels(seed):
    """From spectra, with the range of power_to_db over the whole array."""
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(seed)
    S = rng.random((2, 513, 30)).astype((np.float32, np.float64)[seed % 2]) ** 8
    want = librosa.feature.spectral_contrast(S=S, sr=22050)
    np.testing.assert_allclose(fastspec.spectral_contrast(S=S, sr=22050), want, atol=1e-4)


FUNCTIONS = [*BOUNDS, "spectral_rolloff", "rms"]


# ---- the definitions -----------------------------------------------------------------------------


def definitions(x, f):
    """Each statistic of one frame, in plain loops."""
    total = math.fsum(x)
    centroid = math.fsum(a * b for a, b in zip(f, x, strict=True)) / total
    spread = math.fsum((a - centroid) ** 2 * b for a, b in zip(f, x, strict=True)) / total
    running, rolloff = 0.0, None
    for a, b in zip(f, x, strict=True):
        running += b
        if running >= 0.85 * total:
            rolloff = a
            break
    floored = [max(1e-10, b * b) for b in x]
    flatness = math.exp(math.fsum(map(math.log, floored)) / len(x)) / (math.fsum(floored) / len(x))
    return centroid, math.sqrt(spread), rolloff, flatness


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_against_their_definitions(dtype):
    S = (np.random.default_rng(4).random((129, 21)) ** 4).astype(dtype)
    f = np.linspace(0, 4000, 129)
    got = [
        fastspec.spectral_centroid(S=S, freq=f),
        fastspec.spectral_bandwidth(S=S, freq=f),
        fastspec.spectral_rolloff(S=S, freq=f),
        fastspec.spectral_flatness(S=S),
    ]
    want = np.array([definitions(column, f.tolist()) for column in S.T.tolist()]).T
    for ours, theirs in zip(got, want, strict=True):
        np.testing.assert_allclose(ours[0], theirs, rtol=1e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("seed", range(15))
def test_same_bits(seed):
    """Batches, threads, blocks that are not full."""
    rng = np.random.default_rng([96, seed])
    y = rng.standard_normal((3, int(rng.integers(2100, 9000)))).astype(np.float32)
    S = abs(fastspec.stft(y[0]))
    for name in FUNCTIONS:
        function = getattr(fastspec, name)
        whole = function(y=y)
        np.testing.assert_array_equal(function(y=y, n_threads=3), whole)
        for one, want in zip(y, whole, strict=True):
            np.testing.assert_array_equal(function(y=one), want)
        given = function(S=S)
        at = int(rng.integers(S.shape[-1]))
        parts = [function(S=part) for part in (S[:, :at], S[:, at:]) if part.size]
        if name != "spectral_contrast":  # its decibels look at the whole array
            np.testing.assert_array_equal(np.concatenate(parts, axis=-1), given)
        np.testing.assert_array_equal(function(S=np.asfortranarray(S), n_threads=2), given)


def test_of_nothing_and_silence():
    y = np.zeros(4096, np.float32)
    assert (fastspec.spectral_centroid(y=y) == 0).all()
    assert (fastspec.spectral_bandwidth(y=y) == 0).all()
    np.testing.assert_allclose(fastspec.spectral_flatness(y=y), 1, rtol=1e-6)
    assert fastspec.spectral_centroid(S=np.zeros((5, 0))).shape == (1, 0)
    assert (fastspec.rms(y=y) == 0).all()
    assert (fastspec.zero_crossing_rate(y) == 0).all()


def test_of_what_is_no_number():
    """NaN stays in its frame, but where librosa's normalisation refuses it."""
    S = np.random.default_rng(2).random((33, 20))
    S[7, 3] = np.nan
    for name in ("spectral_centroid", "spectral_bandwidth"):
        with pytest.raises(fastspec.ParameterError, match=r"^S: holds NaN"):
            getattr(fastspec, name)(S=S)
    for name in ("spectral_flatness", "poly_features"):
        got = getattr(fastspec, name)(S=S)
        assert np.isnan(got[:, 3]).all()
        assert np.isfinite(np.delete(got, 3, axis=1)).all()
    assert np.isnan(fastspec.rms(S=S, frame_length=64)[0, 3])


# ---- rms and zero_crossing_rate ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(120))
def test_frames_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([97, seed])
    n = int(rng.integers(1, 6000))
    y = helpers.signal(rng, (*helpers.leading(rng), n), np.float64)
    y = helpers.layout(rng, y.astype((np.float32, np.float64)[rng.integers(2)]))
    length = int(rng.choice([2048, 512, 33, 400, 1]))
    frames = {
        "frame_length": length,
        "hop_length": int(rng.choice([512, 160, 7, length, 3 * length])),
        "center": bool(n < length or rng.integers(2)),
    }
    pad_mode = rng.choice(["constant", "edge", "reflect", "wrap", "linear_ramp"])
    dtype = (np.float32, np.float64)[rng.integers(2)]
    want = librosa.feature.rms(y=y, pad_mode=pad_mode, dtype=dtype, **frames)
    got = fastspec.rms(y=y, pad_mode=str(pad_mode), dtype=dtype, n_threads=1 + seed % 3, **frames)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    bound = 1e-13 if dtype == np.float64 else 1e-5
    error = abs(got - want).max() / max(abs(want).max(), 1e-30)
    errors.check("rms", f"to {np.dtype(dtype)}", "librosa", error, bound, describe(frames))
    crossings = {"threshold": float(rng.choice([1e-10, 0, 0.3])), "pad": bool(rng.integers(2))}
    crossings["zero_pos"] = bool(rng.integers(2))
    if rng.random() < 0.3:
        crossings["ref_magnitude"] = (2.0, np.max, np.median)[rng.integers(3)]
    want = librosa.feature.zero_crossing_rate(y, **frames, **crossings)
    got = fastspec.zero_crossing_rate(y, n_threads=1 + seed % 3, **frames, **crossings)
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype


@pytest.mark.parametrize("seed", range(40))
def test_rms_of_spectra_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([98, seed])
    length = int(rng.integers(2, 700))
    S = rng.standard_normal((*helpers.leading(rng), length // 2 + 1, int(rng.integers(1, 30))))
    if rng.random() < 0.4:
        S = S + 1j * rng.standard_normal(S.shape)
    dtype = (np.float32, np.float64)[rng.integers(2)]
    want = librosa.feature.rms(S=S, frame_length=length, dtype=dtype)
    got = fastspec.rms(S=S, frame_length=length, dtype=dtype)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    error = (abs(got - want) / abs(want)).max()
    bound = 2e-6 if dtype == np.float32 else 1e-13
    errors.check("rms of S", f"to {np.dtype(dtype)}", "librosa", error, bound)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_rms_of_spectra_in_any_layout(dtype):
    rng = np.random.default_rng(99)
    for length, n_frames in ((2048, 300), (33, 1100), (2, 5), (1, 3)):
        shape = (2, length // 2 + 1, n_frames)
        S = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)
        want = fastspec.rms(S=S, frame_length=length)
        both = np.ones(shape[1])
        both[1 : (length + 1) // 2] = 2
        square = (both[:, np.newaxis] * np.abs(S.astype(np.complex128)) ** 2).sum(-2, keepdims=True)
        np.testing.assert_allclose(want, np.sqrt(square) / length, rtol=2e-7)
        for n_threads, given in enumerate(
            (np.asfortranarray(S), np.repeat(S, 2, 1)[:, ::2], S[:, :, ::-1][:, :, ::-1]), 1
        ):
            got = fastspec.rms(S=given, frame_length=length, n_threads=n_threads)
            np.testing.assert_array_equal(got, want)


def test_rms_of_other_types():
    rng = np.random.default_rng(0)
    y = (rng.standard_normal(5000) * 1000).astype(np.int16)
    np.testing.assert_array_equal(fastspec.rms(y=y), fastspec.rms(y=y.astype(np.float32)))
    z = rng.standard_normal(5000) + 1j * rng.standard_normal(5000)
    want = np.sqrt(np.mean(abs(z[:2048]) ** 2))
    assert fastspec.rms(y=z, center=False, dtype=np.float64)[0, 0] == pytest.approx(want, rel=1e-13)
    y = rng.standard_normal(5000)
    y[4000] = np.nan
    assert np.isnan(fastspec.rms(y=y, center=False)).sum() == 2


def test_zero_crossings_are_counted_one_by_one():
    y = np.random.default_rng(5).standard_normal(700)
    y[100:110] = 0
    got = fastspec.zero_crossing_rate(y, frame_length=90, hop_length=35, center=False)
    for t, rate in enumerate(got[0]):
        frame = y[35 * t : 35 * t + 90]
        assert rate == sum((a < 0) != (b < 0) for a, b in pairwise(frame)) / 90


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "rms"])
def test_refuses(name):
    function = getattr(fastspec, name)
    S, y = np.ones((1025, 4)), np.ones(4096)
    refused("y", function)
    refused("y", function, y=np.full(4096, np.inf))
    refused("y", function, y=np.zeros(4096, int))
    refused("hop_length", function, y=y, hop_length=0)
    refused("n_fft", function, y=y, n_fft=None)
    refused("window", function, y=y, window="hanning?")
    refused("S", function, S=S[0])
    refused("S", function, S=[["a"]])
    refused("n_threads", function, S=S, n_threads=0)
    if name not in ("spectral_contrast", "poly_features"):
        refused("S", function, S=-S)
        refused("S", function, S=1j * S)
    if name != "spectral_flatness":
        refused("sr", function, S=S, sr=0)
        refused("freq", function, S=S, freq=np.ones(3))
        refused("freq", function, S=S, freq=["a"] * 1025)


def test_refuses_their_own_arguments():
    S = np.ones((1025, 4))
    refused("p", fastspec.spectral_bandwidth, S=S, p=0)
    refused("p", fastspec.spectral_bandwidth, S=S, p=np.nan)
    refused("norm", fastspec.spectral_bandwidth, S=S, norm=2)
    refused("centroid", fastspec.spectral_bandwidth, S=S, centroid=np.ones((1, 3)))
    for value in (0, 1, -0.5, np.nan):
        refused("roll_percent", fastspec.spectral_rolloff, S=S, roll_percent=value)
        refused("quantile", fastspec.spectral_contrast, S=S, quantile=value)
    refused("amin", fastspec.spectral_flatness, S=S, amin=0)
    refused("power", fastspec.spectral_flatness, S=S, power=np.inf)
    refused("fmin", fastspec.spectral_contrast, S=S, fmin=0)
    refused("fmin", fastspec.spectral_contrast, S=S, n_bands=9)
    refused("fmin", fastspec.spectral_contrast, S=S[:9])
    refused("n_bands", fastspec.spectral_contrast, S=S, n_bands=0)
    refused("linear", fastspec.spectral_contrast, S=S, linear=None)
    refused("order", fastspec.poly_features, S=S, order=-1)
    refused("order", fastspec.poly_features, S=S, order=90)
    refused("freq", fastspec.poly_features, S=S, freq=np.full(1025, np.nan))
    with pytest.warns(Warning, match="poorly conditioned"):
        fastspec.poly_features(S=S, freq=np.ones(1025))


def test_refuses_bad_frames():
    y = np.ones(3000)
    for function in (
        lambda **k: fastspec.rms(**{"y": y, **k}),
        lambda **k: fastspec.zero_crossing_rate(**{"y": y, **k}),
    ):
        refused("frame_length", function, frame_length=0)
        refused("frame_length", function, frame_length=2.5)
        refused("hop_length", function, hop_length=0)
        refused("center", function, center=3)
        refused("y", function, y=np.zeros(0))
        refused("y", function, y=np.ones(99), frame_length=100, center=False)
        refused("n_threads", function, n_threads=0)
    refused("y", fastspec.rms)
    refused("pad_mode", fastspec.rms, y=y, pad_mode="around")
    refused("dtype", fastspec.rms, y=y, dtype=int)
    refused("frame_length", fastspec.rms, S=np.ones((1025, 3)), frame_length=1024)
    refused("y", fastspec.zero_crossing_rate, np.full(3000, np.nan))
    refused("y", fastspec.zero_crossing_rate, np.ones(3000, int))
    refused("threshold", fastspec.zero_crossing_rate, y, threshold=np.nan)
    refused("ref_magnitude", fastspec.zero_crossing_rate, y, ref_magnitude=np.ones(3))
    refused("zero_pos", fastspec.zero_crossing_rate, y, zero_pos="no")
    with pytest.raises(TypeError, match="thresold"):
        fastspec.zero_crossing_rate(y, thresold=3)
