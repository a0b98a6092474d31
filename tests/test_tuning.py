"""piptrack, pitch_tuning, estimate_tuning: against librosa, the definitions, and bad input."""

import warnings

import helpers
import numpy as np
import pytest
from helpers import describe, random, refused

import fastspec
from fastspec import pitch

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=.* is too large:UserWarning")

# Where the fullest bin of the histogram is another one than librosa's, their counts are this near:
# the spectra differ by roundings, which move a few peaks over an edge or over the median.
TIE = 1e-3
# The vertex of a parabola through rounded values, relative to the largest.
DEFINITION_BOUND = {"float32": 1e-6, "float64": 1e-13}


def chord(rng, n, sr, detuning):
    """Partials of a few notes in equal temperament, off by a share of a semitone."""
    t = np.arange(n) / sr
    steps = rng.integers(-20, 24, 5) + detuning
    return sum(np.sin(2 * np.pi * 440 * 2 ** (step / 12) * t + step) for step in steps)


def draw(seed):
    """A signal, and arguments of estimate_tuning."""
    rng = np.random.default_rng([70, seed])
    sr = (22050, 16000, 44100, 8000, 48000.5, np.int64(11025))[rng.integers(6)]
    n = int(rng.integers(500, 25000))
    y = rng.standard_normal((*helpers.leading(rng)[:1], n))
    if rng.random() < 0.7:
        y = 0.02 * y + chord(rng, n, sr, rng.uniform(-0.5, 0.5))
    kwargs = {
        "sr": sr,
        "n_fft": int(rng.choice([2048, 1024, 512, 4096, 2047, 1000, 441])),
        "hop_length": int(rng.integers(100, 2000)) if rng.random() < 0.6 else None,
        "resolution": float(rng.choice([0.01, 0.02, 0.05, 0.1, 0.003, 1])),
        "bins_per_octave": int(rng.choice([12, 24, 36, 60, 7])),
    }
    if rng.random() < 0.3:
        kwargs["threshold"] = float(rng.uniform(-0.1, 0.6))
    if rng.random() < 0.2:
        kwargs["ref"] = (np.median, np.mean, 3.0, -0.5)[rng.integers(4)]
    if rng.random() < 0.3:
        kwargs["fmin"], kwargs["fmax"] = float(rng.uniform(-10, 500)), float(rng.uniform(600, 9000))
    if rng.random() < 0.2:
        kwargs["center"] = False
        kwargs["n_fft"] = min(kwargs["n_fft"], 441)
    return helpers.layout(rng, y.astype((np.float32, np.float64)[rng.integers(2)])), kwargs


def search(kwargs):
    """The arguments that are piptrack's."""
    return {k: v for k, v in kwargs.items() if k not in ("resolution", "bins_per_octave")}


def counts(pitches, magnitudes, *, resolution, bins_per_octave, **_):
    """The histogram that the tuning is read from, and its edges."""
    found = pitches > 0
    loud = pitches[found & (magnitudes >= np.median(magnitudes[found]))]
    residual = np.mod(bins_per_octave * np.log2(loud / 27.5), 1)
    residual[residual >= 0.5] -= 1
    edges = np.linspace(-0.5, 0.5, int(np.ceil(1 / resolution)) + 1)
    return np.histogram(residual, edges)[0], edges


def magnitudes_of(y, kwargs):
    frames = {k: kwargs[k] for k in ("n_fft", "hop_length")}
    return np.abs(fastspec.stft(y, center=kwargs.get("center", True), **frames))


# ---- against librosa -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(220))
def test_tuning_agrees_with_librosa(librosa, errors, seed):
    y, kwargs = draw(seed)
    ours = helpers.call(fastspec.estimate_tuning, y=y, **kwargs)
    theirs = helpers.call(librosa.estimate_tuning, y=y, **kwargs)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    assert isinstance(ours[0], float)
    apart = 0.0
    if ours[0] != theirs[0]:
        n, edges = counts(*librosa.piptrack(y=y, **search(kwargs)), **kwargs)
        at = [int(np.abs(edges - found[0]).argmin()) for found in (ours, theirs)]
        apart = 1 - n[at[0]] / n[at[1]]
    name = y.dtype.name
    errors.check("estimate_tuning (bins' tie)", name, "librosa", apart, TIE, describe(kwargs))


@pytest.mark.parametrize("seed", range(60))
def test_given_spectra_agree_with_librosa_bit_for_bit(librosa, seed):
    y, kwargs = draw(1000 + seed)
    S = magnitudes_of(y, kwargs)
    if seed % 3 == 0:
        S = np.ascontiguousarray(S)
    for name in ("hop_length", "center"):
        kwargs.pop(name, None)
    ours = helpers.call(fastspec.piptrack, S=S, **search(kwargs))
    theirs = helpers.call(librosa.piptrack, S=S, **search(kwargs))
    for mine, other in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_array_equal(mine, other)
        assert mine.dtype == other.dtype
        if S.ndim == 2:
            assert helpers.memory_order(mine) == helpers.memory_order(other)
    ours = helpers.call(fastspec.estimate_tuning, S=S, **kwargs)
    theirs = helpers.call(librosa.estimate_tuning, S=S, **kwargs)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    assert ours[0] == theirs[0]


def test_pitch_tuning_agrees_with_librosa(librosa):
    rng = np.random.default_rng(72)
    for seed in range(60):
        values = 440 * 2 ** rng.uniform(-6, 6, (3, int(rng.integers(1, 2000))))
        values[rng.random(values.shape) < 0.1] = 0
        values[rng.random(values.shape) < 0.1] *= -1
        given = values.astype((np.float32, np.float64, np.int64)[seed % 3])
        kwargs = {
            "resolution": float(rng.choice([0.01, 0.3, 0.0007])),
            "bins_per_octave": int(rng.choice([1, 12, 36])),
        }
        assert fastspec.pitch_tuning(given, **kwargs) == librosa.pitch_tuning(given, **kwargs)
    for exact in ([440.0], [27.5, 55, 3520, 13.75], np.float32([27.5, 6.875]), 441, [np.inf]):
        with np.errstate(invalid="ignore"):
            assert fastspec.pitch_tuning(exact) == librosa.pitch_tuning(np.asarray(exact))


def test_edges_of_a_bin(librosa):
    """Frequencies whose residual lies on an edge of the histogram, or next to it."""
    for kind in (np.float32, np.float64):
        for step in np.linspace(-0.5, 0.5, 101):
            exact = kind(440 * 2 ** (step / 12))
            for value in (np.nextafter(exact, kind(0)), exact, np.nextafter(exact, kind(1e4))):
                near = np.array([value])
                assert fastspec.pitch_tuning(near) == librosa.pitch_tuning(near)


# ---- against the definitions ---------------------------------------------------------------------


def reference_piptrack(S, *, sr, n_fft, fmin, fmax, threshold):
    """One value at a time, in float64."""
    S = S.astype(np.float64)
    pitches, magnitudes = np.zeros_like(S), np.zeros_like(S)
    for t in range(S.shape[1]):
        level = threshold * max(S[:, t])
        x = [value if value > level else 0.0 for value in S[:, t]]
        for k in range(1, len(x)):
            if not fmin <= k * sr / n_fft < min(fmax, sr / 2):
                continue
            if not (x[k] > x[k - 1] and (k == len(x) - 1 or x[k] >= x[k + 1])):
                continue
            shift = slope = 0.0
            if k < len(x) - 1:
                slope = (S[k + 1, t] - S[k - 1, t]) / 2
                bend = S[k + 1, t] + S[k - 1, t] - 2 * S[k, t]
                shift = -slope / bend if abs(slope) < abs(bend) else 0.0
            pitches[k, t] = (k + shift) * sr / n_fft
            magnitudes[k, t] = S[k, t] + slope * shift / 2
    return pitches, magnitudes


@pytest.mark.parametrize("seed", range(20))
def test_piptrack_agrees_with_the_definition(errors, seed):
    rng = np.random.default_rng([73, seed])
    n_bins = int(rng.choice([2, 3, 9, 40, 129]))
    dtype = (np.float32, np.float64)[seed % 2]
    S = (rng.random((n_bins, int(rng.integers(1, 40)))) * 10).astype(dtype)
    S[rng.random(S.shape) < 0.1] = 3  # plateaus
    kwargs = {
        "sr": 8000.0,
        "fmin": float(rng.uniform(0, 900)),
        "fmax": float(rng.uniform(1e3, 5e3)),
    }
    kwargs["threshold"] = float(rng.uniform(0, 0.9))
    n_fft = 2 * (n_bins - 1) + seed % 2  # odd sizes have a last bin that may be a peak
    ours = fastspec.piptrack(S=S, n_fft=n_fft, **kwargs)
    for mine, expected in zip(ours, reference_piptrack(S, n_fft=n_fft, **kwargs), strict=True):
        np.testing.assert_array_equal(mine > 0, expected > 0)
        name = np.dtype(dtype).name
        error = helpers.error(mine, expected)
        errors.check("piptrack", name, "definition", error, DEFINITION_BOUND[name])


def test_tuning_of_a_detuned_chord():
    rng = np.random.default_rng(74)
    for detuning in (-0.4, -0.13, 0.0, 0.28, 0.45):
        y = chord(rng, 44100, 22050, detuning).astype(np.float32)
        found = fastspec.estimate_tuning(y=y, n_fft=8192, resolution=0.02)
        assert abs((found + 0.01 - detuning + 0.5) % 1 - 0.5) <= 0.03


# ---- the same bits -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_fft", [512, 2048, 441])
def test_signals_threads_and_channels_give_the_same_bits(dtype, n_fft):
    y = random(3, 30000, dtype=dtype)
    spectra = fastspec.Spectrogram(n_fft=n_fft, hop_length=300, power=1, pad_tail="librosa")(y)
    kwargs = {"n_fft": n_fft, "hop_length": 300}
    expected = fastspec.piptrack(S=spectra, n_fft=n_fft)
    tuning = fastspec.estimate_tuning(S=spectra, n_fft=n_fft)
    assert (
        fastspec.estimate_tuning(S=spectra.swapaxes(0, 2).copy().swapaxes(0, 2), n_fft=n_fft)
        == tuning
    )
    for n_threads in (1, 2, 5):
        for mine, other in zip(
            fastspec.piptrack(y=y, **kwargs, n_threads=n_threads), expected, strict=True
        ):
            assert mine.dtype == dtype
            np.testing.assert_array_equal(mine, other)
        assert fastspec.estimate_tuning(y=y, **kwargs, n_threads=n_threads) == tuning
        assert fastspec.estimate_tuning(S=spectra, n_fft=n_fft, n_threads=n_threads) == tuning
    one_by_one = [fastspec.piptrack(y=channel, **kwargs)[0] for channel in y]
    np.testing.assert_array_equal(np.stack(one_by_one), expected[0])


@pytest.mark.parametrize("case", ["steady", "drifting", "alike"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_peaks_in_memory_give_the_same_tuning(monkeypatch, case, dtype):
    """More peaks than are kept: near the median if it stays where it is, in two passes if not."""
    rng = np.random.default_rng(75)
    S = rng.random((200, 1500)).astype(dtype)
    if case == "drifting":
        S *= np.linspace(0.01, 50, 1500, dtype=dtype) ** 3
    elif case == "alike":
        S = np.round(3 * S) + 1
    kwargs = {"sr": 22050, "n_fft": 398, "fmax": 1e4, "threshold": 0.001}
    expected = fastspec.estimate_tuning(S=S, **kwargs)
    assert fastspec.estimate_tuning(S=S, **kwargs) == expected
    passes = []
    exact = pitch._core.Tuning

    class Counting:
        def __init__(self, **settings):
            assert settings["max_peaks"] == 6000
            self.core = exact(**settings)

        def add_spectra(self, *args):
            passes.append(1)
            self.core.add_spectra(*args)

        def finish(self):
            return self.core.finish()

    monkeypatch.setattr(pitch._core, "Tuning", Counting)
    monkeypatch.setattr(pitch, "_MAX_PEAKS", 6000)
    for n_threads in (1, 3):
        del passes[:]
        assert fastspec.estimate_tuning(S=S, **kwargs, n_threads=n_threads) == expected
        if n_threads == 1:
            assert len(passes) == (2 if case == "drifting" else 1)


# ---- kinds of input ------------------------------------------------------------------------------


def test_kinds_of_spectra(librosa):
    rng = np.random.default_rng(76)
    y = (0.02 * rng.standard_normal(20000) + chord(rng, 20000, 22050, 0.2)).astype(np.float32)
    X = fastspec.stft(y)
    expected = fastspec.estimate_tuning(S=np.abs(X))
    assert fastspec.estimate_tuning(S=X) == expected
    assert fastspec.estimate_tuning(S=-np.abs(X)) == expected
    assert fastspec.estimate_tuning(S=np.abs(X).astype(">f4")) == expected
    assert fastspec.estimate_tuning(S=np.abs(X), n_fft=None) == expected
    assert fastspec.estimate_tuning(S=np.abs(X), n_fft=512) == expected
    wide = np.round(1000 * np.abs(X)).astype(np.int32)
    assert fastspec.estimate_tuning(S=wide) == fastspec.estimate_tuning(S=wide.astype(float))
    loud = np.abs(X) * (1 + np.arange(1025)[:, np.newaxis] % 3)
    for ref in (
        np.full((1025, 1), 0.5),
        np.abs(X).mean(axis=0),
        np.float64(1 / 3),
        lambda S, axis: S.mean(axis),
    ):
        kwargs = {"S": loud, "ref": ref}
        for mine, other in zip(
            fastspec.piptrack(**kwargs), librosa.piptrack(**kwargs), strict=True
        ):
            np.testing.assert_array_equal(mine, other)
        kwargs = {"y": y, "ref": ref}
        if not isinstance(ref, np.ndarray):
            assert fastspec.estimate_tuning(**kwargs) == librosa.estimate_tuning(**kwargs)


def test_double_precision_of_single_input():
    y = random(9000)
    pitches, _ = fastspec.piptrack(y=y)
    before = fastspec.get_precision()
    try:
        fastspec.set_precision("double")
        wide, _ = fastspec.piptrack(y=y)
        assert fastspec.estimate_tuning(y=y) == fastspec.estimate_tuning(y=y.astype(float))
    finally:
        fastspec.set_precision(before)
    assert wide.dtype == pitches.dtype == np.float32
    np.testing.assert_array_equal(wide, fastspec.piptrack(y=y.astype(float))[0].astype(np.float32))


def test_no_peaks(librosa):
    silence = np.zeros(9000, np.float32)
    for kwargs in ({"y": silence}, {"S": np.zeros((5, 0))}, {"S": np.ones((5, 3)), "fmin": 1e5}):
        ours = helpers.call(fastspec.estimate_tuning, **kwargs)
        theirs = helpers.call(librosa.estimate_tuning, **kwargs)
        assert ours[0] == theirs[0] == 0
        helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    ours, theirs = (helpers.call(f.pitch_tuning, [0.0, -3.0]) for f in (fastspec, librosa))
    assert ours[0] == theirs[0] == 0
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)


# ---- bad input -----------------------------------------------------------------------------------


def test_bad_input():
    y, S = random(5000), np.abs(random(33, 9))
    for function in (fastspec.piptrack, fastspec.estimate_tuning):
        refused("y", function)
        refused("n_fft", function, y=y, n_fft=None)
        refused("n_fft", function, y=y, n_fft=0)
        refused("n_fft", function, y=y, n_fft=1)
        refused("n_fft", function, S=S, n_fft="2")
        refused("hop_length", function, y=y, hop_length=0)
        refused("y", function, y=np.full(5000, np.nan, np.float32))
        refused("y", function, y=[1.0])
        refused("S", function, S=S[0])
        refused("S", function, S=S[:1])
        refused("S", function, S=[[1.0]])
        refused("S", function, S=np.full((9, 3), "a"))
        refused("S", function, S=np.full((9, 3), np.inf))
        refused("n_threads", function, y=y, n_threads=0)
        for value in (0, -1, np.nan, np.inf, "a", None):
            refused("sr", function, y=y, sr=value)
        for name in ("fmin", "threshold"):
            for value in (np.nan, np.inf, "a", [1.0]):
                refused(name, function, y=y, **{name: value})
        refused("fmax", function, y=y, fmax=np.nan)
        for value in (np.nan, "a", np.ones(5), np.array([1j]), lambda S, axis: np.ones(3)):
            refused("ref", function, S=S, ref=value)
    refused("argument", fastspec.estimate_tuning, y=y, fmim=3)
    for function, given in (
        (fastspec.estimate_tuning, {"y": y}),
        (fastspec.pitch_tuning, {"frequencies": [440]}),
    ):
        for value in (0, -0.1, 1.5, 1e-9, np.nan, "a"):
            refused("resolution", function, **given, resolution=value)
        for value in (0, 2**21, 12.5, "a", None):
            refused("bins_per_octave", function, **given, bins_per_octave=value)
    refused("frequencies", fastspec.pitch_tuning, ["a"])
    refused("frequencies", fastspec.pitch_tuning, [1j])
    refused("frequencies", fastspec.pitch_tuning, [[1], [1, 2]])


def test_fmax_may_be_infinite(librosa):
    y = random(9000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = fastspec.estimate_tuning(y=y, fmax=np.inf)
    assert ours == librosa.estimate_tuning(y=y, fmax=np.inf)
