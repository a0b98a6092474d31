"""onset_strength, tempograms, tempo: against librosa, the definitions, and bad input."""

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec

# Relative to the largest value. Of given spectra the sums are librosa's own.
ONSET_BOUND = {"float64": 1e-11, "float32": 2e-5}
TEMPOGRAM_BOUND = 1e-13
FOURIER_BOUND = {"float64": 1e-13, "float32": 1e-6}


def apart(got, want):
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    if not got.size:
        return 0.0
    return float(abs(got - want).max() / max(abs(want).max(), 1e-300))


def onset_draw(seed):
    rng = np.random.default_rng([91, seed])
    dtype = (np.float32, np.float64)[rng.integers(2)]
    kwargs = {
        "lag": int(rng.integers(1, 5)),
        "max_size": int(rng.choice([1, 1, 2, 3, 7])),
        "detrend": bool(rng.random() < 0.4),
        "center": bool(rng.random() < 0.6),
        "hop_length": int(rng.integers(50, 400)),
        "n_fft": int(rng.integers(200, 700)),
    }
    if rng.random() < 0.5:
        shape = (*helpers.leading(rng), int(rng.integers(1, 30)), int(rng.integers(1, 60)))
        kwargs["S"] = helpers.layout(rng, (20 * rng.standard_normal(shape)).astype(dtype))
        if rng.random() < 0.3:
            kwargs["ref"] = rng.standard_normal(shape).astype(dtype)
    else:
        n = int(rng.integers(300, 9000))
        kwargs["y"] = helpers.signal(rng, (*helpers.leading(rng), n), dtype, helpers.BROAD)
        kwargs |= {"n_mels": 20, "sr": 16000}
    if rng.random() < 0.4:
        kwargs["aggregate"] = (np.median, np.max, np.mean)[rng.integers(3)]
    return kwargs, dtype


@pytest.mark.filterwarnings("ignore:n_fft", "ignore:Empty filters")
@pytest.mark.parametrize("seed", range(100))
def test_onset_strength_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    kwargs, dtype = onset_draw(seed)
    error = apart(
        fastspec.onset_strength(**kwargs, n_threads=1 + seed % 2),
        librosa.onset.onset_strength(**kwargs),
    )
    # Rounding of the decibels, against what rises by that little only.
    kind = np.dtype(dtype).name
    bound = ONSET_BOUND[kind]
    errors.check("onset_strength", kind, "librosa", error, bound, describe(kwargs))
    bands = kwargs["S"].shape[-2] if "S" in kwargs else 20
    if seed % 3 == 0:
        channels = [0, bands // 3, bands // 2, bands]
        bad = len(set(channels)) < 4
        kwargs["channels"] = [0, bands] if bad else channels
    elif seed % 3 == 1:
        kwargs["channels"] = [slice(0, None, 2), slice(-3, None)]
    else:
        kwargs["aggregate"] = False
    error = apart(
        fastspec.onset_strength_multi(**kwargs), librosa.onset.onset_strength_multi(**kwargs)
    )
    errors.check("onset_strength_multi", kind, "librosa", error, bound, describe(kwargs))


def slow_onset(S, lag, size, delay, detrend):
    n_bands, n_frames = S.shape
    out = np.zeros(n_frames)
    for t in range(lag, n_frames):
        rises = []
        for f in range(n_bands):
            near = []
            for g in range(f - size // 2, f - size // 2 + size):
                g = -1 - g if g < 0 else g
                near.append(S[2 * n_bands - 1 - g if g >= n_bands else g, t - lag])
            rises.append(max(0, S[f, t] - max(near)))
        if t + delay < n_frames:
            out[t + delay] = sum(rises) / n_bands
    if detrend:
        x, out = out, np.zeros(n_frames)
        for t in range(n_frames):
            out[t] = x[t] - (x[t - 1] - 0.99 * out[t - 1] if t else 0)
    return out


@pytest.mark.parametrize("detrend", [False, True])
@pytest.mark.parametrize(("lag", "size"), [(1, 1), (2, 3), (3, 4)])
def test_onset_strength_against_its_definition(lag, size, detrend):
    S = np.random.default_rng(4).standard_normal((9, 700))
    got = fastspec.onset_strength(
        S=S, lag=lag, max_size=size, detrend=detrend, n_fft=1024, hop_length=256
    )
    np.testing.assert_allclose(got, slow_onset(S, lag, size, 2, detrend), atol=1e-13)


def test_onset_strength_of_little():
    np.testing.assert_array_equal(fastspec.onset_strength(S=np.ones((3, 5)), lag=9), np.zeros(5))
    assert fastspec.onset_strength(S=np.ones((3, 5)), lag=9, center=False).shape == (9,)
    np.testing.assert_array_equal(fastspec.onset_strength(S=[1, 2, 5], center=False), [0, 1, 3])
    silence = np.zeros(5000, np.float32)
    assert not fastspec.onset_strength(y=silence).any()
    assert not fastspec.onset_strength(y=silence, detrend=True).any()


def test_onset_strength_of_another_feature():
    y = np.random.default_rng(5).standard_normal(8000)
    seen = {}

    def feature(y, sr, n_fft, hop_length, extra):
        seen.update(n_fft=n_fft, hop_length=hop_length, sr=sr, extra=extra)
        return fastspec.stft(y, n_fft=n_fft, hop_length=hop_length)

    got = fastspec.onset_strength(y=y, sr=8000, n_fft=256, hop_length=64, feature=feature, extra=1)
    assert seen == {"n_fft": 256, "hop_length": 64, "sr": 8000, "extra": 1}
    S = fastspec.power_to_db(abs(fastspec.stft(y, n_fft=256, hop_length=64)))
    np.testing.assert_array_equal(got, fastspec.onset_strength(S=S, n_fft=256, hop_length=64))


def test_onset_strength_refuses():
    S = np.ones((4, 9))
    for function in (fastspec.onset_strength, fastspec.onset_strength_multi):
        for name in ("lag", "max_size", "n_fft", "hop_length"):
            for value in (0, -1, 1.5, "x", None, True):
                refused(name, function, S=S, **{name: value})
        refused("ref", function, S=S, ref=S[:, :3])
        refused("S", function, S=S * 1j)
        refused("y", function)
        refused("aggregate", function, S=S, aggregate=3)
        refused("detrend", function, S=S, detrend=1)
        refused("center", function, S=S, center=None)
        refused("sr", function, S=S, sr=0)
        refused("feature", function, y=S[0], feature="mel")
        refused("n_threads", function, S=S, n_threads=0)
    refused("aggregate", fastspec.onset_strength, S=S, aggregate=False)
    for value in ([1, slice(2)], [-1, 2], 3, ["a"], [0.5]):
        refused("channels", fastspec.onset_strength_multi, S=S, channels=value)


# ---- tempograms ----------------------------------------------------------------------------------


def envelope(rng):
    shape = (*helpers.leading(rng), int(rng.integers(1, 400)))
    x = np.abs(rng.standard_normal(shape)) * 10.0 ** rng.integers(-3, 4)
    return x.astype((np.float32, np.float64)[rng.integers(2)])


@pytest.mark.filterwarnings("ignore:n_fft")
@pytest.mark.parametrize("seed", range(100))
def test_tempograms_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([92, seed])
    x = envelope(rng)
    n = x.shape[-1]
    kwargs = {
        "onset_envelope": x,
        "win_length": int(rng.integers(1, 200)),
        "window": ("hann", "boxcar", ("kaiser", 4.0))[rng.integers(3)],
        "center": bool(rng.random() < 0.7),
    }
    if not kwargs["center"]:
        kwargs["win_length"] = min(n, kwargs["win_length"])
    want = librosa.feature.fourier_tempogram(**kwargs)
    error = apart(fastspec.fourier_tempogram(**kwargs, n_threads=2), want)
    kind = str(x.dtype)
    errors.check("fourier_tempogram", kind, "librosa", error, FOURIER_BOUND[kind], describe(kwargs))
    kwargs["norm"] = (np.inf, None, 1, 2, 3.5)[rng.integers(5)]
    want = librosa.feature.tempogram(**kwargs)
    got = fastspec.tempogram(**kwargs)
    errors.check("tempogram", kind, "librosa", apart(got, want), TEMPOGRAM_BOUND, describe(kwargs))
    np.testing.assert_array_equal(fastspec.tempogram(**kwargs, n_threads=2), got)
    if x.ndim > 1:
        kwargs["onset_envelope"] = x[0]
        np.testing.assert_array_equal(fastspec.tempogram(**kwargs), got[0])


def test_tempogram_against_its_definition():
    rng = np.random.default_rng(6)
    x, w = rng.random(50), rng.random(12)
    padded = np.concatenate([np.linspace(0, x[0], 6, False), x, np.linspace(x[-1], 0, 7)[1:]])
    want = np.zeros((12, 50))
    for t in range(50):
        frame = padded[t : t + 12] * w
        for lag in range(12):
            want[lag, t] = sum(frame[i] * frame[i + lag] for i in range(12 - lag))
    got = fastspec.tempogram(onset_envelope=x, win_length=12, window=w, norm=None)
    np.testing.assert_allclose(got, want, atol=1e-14)
    got = fastspec.tempogram(onset_envelope=x, win_length=12, window=w)
    np.testing.assert_allclose(got, want / want.max(axis=0), atol=1e-14)


def test_tempogram_of_silence():
    got = fastspec.tempogram(onset_envelope=np.zeros(40), win_length=16)
    np.testing.assert_array_equal(got, np.zeros((16, 40)))


@pytest.mark.parametrize("seed", range(60))
def test_tempo_against_librosa(seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([93, seed])
    period = int(rng.integers(8, 60))
    n = int(rng.integers(100, 900))
    x = (np.arange(n) % period == 0) + 0.2 * rng.random((*helpers.leading(rng), n))
    kwargs = {
        "start_bpm": float(rng.uniform(60, 180)),
        "std_bpm": float(rng.uniform(0.3, 2)),
        "ac_size": float(rng.uniform(1, 9)),
        "max_tempo": (320.0, None, 150)[rng.integers(3)],
        "aggregate": (np.mean, None, np.median)[rng.integers(3)],
        "hop_length": int(rng.choice([256, 512])),
    }
    want = librosa.feature.tempo(onset_envelope=x, **kwargs)
    got = fastspec.tempo(onset_envelope=x, **kwargs)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    assert (got == want).mean() >= 0.99
    tg = fastspec.tempogram(onset_envelope=x, win_length=100)
    kwargs.pop("ac_size")
    want = librosa.feature.tempo(tg=tg, **kwargs)
    np.testing.assert_array_equal(fastspec.tempo(tg=tg, **kwargs), want)


def test_tempo_with_a_prior():
    librosa = pytest.importorskip("librosa")
    stats = pytest.importorskip("scipy.stats")
    x = np.random.default_rng(8).random(600)
    prior = stats.uniform(30, 300)
    with np.errstate(divide="ignore"):
        want = librosa.feature.tempo(onset_envelope=x, prior=prior)
        np.testing.assert_array_equal(fastspec.tempo(onset_envelope=x, prior=prior), want)


@pytest.mark.parametrize("bpm", [60, 97, 128, 175])
def test_tempo_of_clicks(bpm):
    """Within the lag's step of the truth."""
    sr = 22050
    y = np.zeros(sr * 12, np.float32)
    y[(np.arange(0, 11.9, 60 / bpm) * sr).astype(int)] = 1
    got = fastspec.tempo(y=y, sr=sr, start_bpm=bpm)
    assert abs(got[0] / bpm - 1) < 0.04


def test_tempo_frequencies():
    librosa = pytest.importorskip("librosa")
    for n in (1, 2, 384):
        np.testing.assert_array_equal(
            fastspec.tempo_frequencies(n, hop_length=300, sr=16000),
            librosa.tempo_frequencies(n, hop_length=300, sr=16000),
        )
    np.testing.assert_array_equal(
        fastspec.fourier_tempo_frequencies(win_length=100, sr=8000),
        librosa.fourier_tempo_frequencies(win_length=100, sr=8000),
    )


def test_rhythm_refuses():
    x = np.ones(40)
    for function in (fastspec.tempogram, fastspec.fourier_tempogram):
        for value in (0, -3, 2.5, "x", None):
            refused("win_length", function, onset_envelope=x, win_length=value)
        refused("y", function)
        refused("onset_envelope", function, onset_envelope=[1.0, 2])
        refused("onset_envelope", function, onset_envelope=x[:0])
        refused("window", function, onset_envelope=x, window="hat")
        refused("center", function, onset_envelope=x, center="yes")
        refused("n_threads", function, onset_envelope=x, n_threads=-2)
        refused("hop_length", function, y=x, hop_length=0)
        refused("onset_envelope", function, onset_envelope=np.where(x > 0, np.nan, x))
    refused(
        "win_length", fastspec.tempogram, onset_envelope=np.ones(9), win_length=10, center=False
    )
    for value in (-1, np.nan, "inf"):
        refused("norm", fastspec.tempogram, onset_envelope=np.ones(40), norm=value)
    x = np.ones(40)
    for name in ("start_bpm", "std_bpm", "ac_size", "max_tempo", "sr", "hop_length"):
        for value in (0, -1, np.nan, "x"):
            refused(name, fastspec.tempo, onset_envelope=x, **{name: value})
    refused("ac_size", fastspec.tempo, onset_envelope=x, ac_size=1e-3)
    refused("aggregate", fastspec.tempo, onset_envelope=x, aggregate="mean")
    refused("tg", fastspec.tempo, tg=x)
    refused("tg", fastspec.tempo, tg=np.ones((0, 4)))
    refused("n_bins", fastspec.tempo_frequencies, 0)
    refused("sr", fastspec.tempo_frequencies, 3, sr=-1)
    refused("hop_length", fastspec.fourier_tempo_frequencies, hop_length=0)
