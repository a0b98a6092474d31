"""Chroma of the constant-Q transform against slow float64 references and against live librosa."""

import math
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import helpers
import numpy as np
import pytest
from helpers import agree, call, misaligned, refused

import fastspec
from fastspec import Chroma, ParameterError

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=", "ignore:Trying to estimate tuning")

SR = 22050
C1 = 32.70319566257483


# ---- references ---------------------------------------------------------------------------------


def transform(y, *, sr, hop, frequencies, per_octave, gamma=0.0):
    """|C| by a sum over the definition, in float64."""
    ratio = 2 ** (2 / per_octave)
    alpha = (ratio - 1) / (ratio + 1)
    n_frames = 1 + len(y) // hop
    out = np.empty((len(frequencies), n_frames))
    for k, f in enumerate(frequencies):
        length = sr / alpha / (f + gamma / alpha)
        n = np.arange(-int(length / 2), int(length / 2) + 1)
        weights = (1 + np.cos(2 * np.pi * n / length)) / np.sqrt(length)
        weights = weights * np.exp(-2j * np.pi * n * f / sr)
        for t in range(n_frames):
            inside = (n + t * hop >= 0) & (n + t * hop < len(y))
            out[k, t] = abs(np.sum(y[n[inside] + t * hop].astype(float) * weights[inside]))
    return out


def normalise(x, p):
    """Columns divided by their norm."""
    x = np.array(x, float)
    for column in x.T:
        size = np.abs(column)
        if p is None:
            continue
        if math.isinf(p):
            length = size.max() if p > 0 else size.min()
        else:
            length = np.count_nonzero(size) if p == 0 else np.sum(size**p) ** (1 / p)
        if length > 0:
            column /= length
    return x


def fold(magnitudes, *, n_chroma, per_octave, fmin):
    """Sums over the bins whose nearest pitch class is the same; the upper one of two as near."""
    pitch = 12 * math.log2(fmin / 440) + 69
    first = round((pitch % 12) * n_chroma / 12)
    merged = per_octave // n_chroma
    out = np.zeros((n_chroma, magnitudes.shape[1]))
    for k, row in enumerate(magnitudes):
        out[(first + math.floor(k / merged + (merged // 2) / merged)) % n_chroma] += row
    return out


def cens(chroma, window, norm):
    """Quantised shares, convolved with a window whose middle is window[len // 2]."""
    quantised = sum(0.25 * (normalise(chroma, 1) > step) for step in (0.4, 0.2, 0.1, 0.05))
    smooth = np.zeros_like(quantised)
    middle = len(window) // 2
    for t in range(smooth.shape[1]):
        for k, weight in enumerate(window / window.sum()):
            if 0 <= t + middle - k < smooth.shape[1]:
                smooth[:, t] += weight * quantised[:, t + middle - k]
    return normalise(smooth, norm)


def of_peak(ours, theirs):
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)


def music(n, sr=SR, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    t = np.arange(n) / sr
    y = 1e-3 * rng.standard_normal(n)
    for f in 110 * 2 ** (rng.integers(0, 40, 5) / 12):
        y += np.sin(2 * np.pi * f * t) * np.exp(-4 * ((t + rng.random()) % 0.5))
    return y.astype(dtype)


# ---- the exact definition -----------------------------------------------------------------------

GRIDS = [
    {"sr": 22050, "hop": 512, "fmin": 110.0, "per_octave": 36, "n_chroma": 12, "octaves": 3},
    {"sr": 16000, "hop": 441, "fmin": 97.3, "per_octave": 24, "n_chroma": 12, "octaves": 4},
    {"sr": 48000, "hop": 160, "fmin": 110.0, "per_octave": 24, "n_chroma": 24, "octaves": 4},
    {"sr": 22050, "hop": 1000, "fmin": 55.0, "per_octave": 14, "n_chroma": 7, "octaves": 5},
]


@pytest.mark.parametrize("g", GRIDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exact_is_the_definition(g, dtype, errors):
    y = music(g["sr"] // 4, g["sr"], dtype=dtype)
    frequencies = g["fmin"] * 2 ** (np.arange(g["octaves"] * g["per_octave"]) / g["per_octave"])
    magnitudes = transform(
        y, sr=g["sr"], hop=g["hop"], frequencies=frequencies, per_octave=g["per_octave"]
    )
    common = {
        "sr": g["sr"],
        "hop_length": g["hop"],
        "fmin": g["fmin"],
        "n_octaves": g["octaves"],
        "bins_per_octave": g["per_octave"],
        "n_chroma": g["n_chroma"],
    }
    by = {"n_chroma": g["n_chroma"], "per_octave": g["per_octave"], "fmin": g["fmin"]}
    bound = 5e-6 if dtype == np.float32 else 1e-9
    for norm in (None, np.inf, 1, 2, 3.5):
        expected = normalise(fold(magnitudes, **by), norm)
        ours = Chroma(norm=norm, **common)(y)
        assert ours.dtype == dtype
        errors.check("Chroma", dtype.__name__, "direct sum", of_peak(ours, expected), bound)
    expected = normalise(fold(magnitudes**2, **by), 2)
    power = Chroma(norm=2, power=2, **common)(y)
    errors.check("Chroma power=2", dtype.__name__, "direct sum", of_peak(power, expected), bound)
    expected = cens(fold(magnitudes, **by), np.hanning(43), 2)
    ours = Chroma(cens=True, **common)(y)
    errors.check("Chroma cens", dtype.__name__, "direct sum", of_peak(ours, expected), bound)


def test_notes_are_where_they_belong():
    t = np.arange(SR) / SR
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    for note, name in enumerate(names):
        y = np.sin(2 * np.pi * 261.6255653 * 2 ** (note / 12) * t).astype(np.float32)
        for plan in (Chroma(), Chroma(definition="librosa"), Chroma(fmin=55.0, n_octaves=6)):
            assert names[plan(y)[:, 20].argmax()] == name
        assert Chroma(base_c=False)(y)[:, 20].argmax() == (note - 9) % 12
    triad = sum(np.sin(2 * np.pi * 261.6255653 * 2 ** (k / 12) * t) for k in (0, 4, 7))
    loudest = Chroma()(triad.astype(np.float32))[:, 20].argsort()[-3:]
    assert set(loudest) == {0, 4, 7}


def test_silence_is_left_as_it_is():
    y = np.zeros(9000, np.float32)
    for plan in (Chroma(), Chroma(cens=True), Chroma(norm=0), Chroma(norm=-np.inf)):
        assert not plan(y).any()
    assert not fastspec.tonnetz(chroma=np.zeros((12, 5), np.float32)).any()
    quiet = music(9000) * np.float32(1e-30)
    assert of_peak(Chroma(norm=2)(quiet), Chroma(norm=2)(music(9000))) < 1e-4


def test_from_magnitudes(errors):
    """The stages after the transform alone, any of them."""
    rng = np.random.default_rng(4)
    for _ in range(60):
        n_chroma = int(rng.integers(1, 20))
        merged = int(rng.integers(1, 5))
        by = {"n_chroma": n_chroma, "per_octave": n_chroma * merged}
        by["fmin"] = float(rng.choice([C1, 55, rng.uniform(20, 300)]))
        dtype = rng.choice([np.float32, np.float64])
        C = rng.random((int(rng.integers(1, 80)), int(rng.integers(1, 60)))).astype(dtype)
        if rng.random() < 0.5:
            C = np.asfortranarray(C)
        norm = [None, np.inf, 1, 2, 0.5, 7][rng.integers(6)]
        kwargs = {"C": C, "n_chroma": n_chroma, "fmin": by["fmin"], "norm": norm}
        kwargs["bins_per_octave"] = by["per_octave"]
        bound = 3e-6 if dtype == np.float32 else 1e-12
        ours = fastspec.chroma_cqt(**kwargs)
        assert ours.dtype == dtype
        folded = fold(C, **by)
        error = of_peak(ours, normalise(folded, norm))
        errors.check("chroma_cqt(C)", np.dtype(dtype).name, "reference", error, bound)
        length = [None, 1, 2, 5, 6, 41][rng.integers(6)]
        window = np.ones(1) if length is None else np.hanning(length + 2)
        error = of_peak(
            fastspec.chroma_cens(win_len_smooth=length, **kwargs), cens(folded, window, norm)
        )
        errors.check("chroma_cens(C)", np.dtype(dtype).name, "reference", error, bound)


@pytest.mark.parametrize("length", [1, 4, 5, 20, 21])
def test_windows_of_the_smoothing(length, librosa):
    C = np.random.default_rng(1).random((84, 50)).astype(np.float32)
    lopsided = np.linspace(0.1, 2, length + 2) ** 2
    gap = np.where(np.arange(length + 2) == 1, 1.0, 0.0)
    for window in ("hamming", ("kaiser", 5.0), 3.0, lopsided, gap, np.bartlett):
        kwargs = {"C": C, "bins_per_octave": 12, "smoothing_window": window, "norm": 1}
        ours = fastspec.chroma_cens(win_len_smooth=length, **kwargs)
        theirs = librosa.feature.chroma_cens(win_len_smooth=length, **kwargs)
        assert of_peak(ours, theirs) < 1e-6
        if isinstance(window, np.ndarray):
            folded = fold(C, n_chroma=12, per_octave=12, fmin=C1)
            assert of_peak(ours, cens(folded, window, 1)) < 1e-6


# ---- librosa ------------------------------------------------------------------------------------


def test_cq_to_chroma(librosa):
    rng = np.random.default_rng(0)
    theirs = librosa.filters.cq_to_chroma
    for _ in range(200):
        kwargs = {"n_chroma": int(rng.integers(1, 40)), "base_c": bool(rng.integers(2))}
        kwargs["bins_per_octave"] = kwargs["n_chroma"] * int(rng.integers(1, 6))
        if rng.random() < 0.7:
            kwargs["fmin"] = float(rng.choice([27.5, 55, 110, rng.uniform(10, 2000)]))
        if rng.random() < 0.3:
            kwargs["dtype"] = rng.choice([np.float64, np.float16, np.int32, bool])
        n = int(rng.integers(1, 300))
        ours, expected = fastspec.cq_to_chroma(n, **kwargs), theirs(n, **kwargs)
        np.testing.assert_array_equal(ours, expected)
        assert ours.dtype == expected.dtype
    np.testing.assert_array_equal(fastspec.cq_to_chroma(84), theirs(84))
    for window in (
        [1, 2, 1],
        np.hanning(7).astype(np.float32),
        np.hanning(4),
        np.arange(1, 7.0).reshape(2, 3),
        np.ones((5, 5), np.float32),
    ):
        for bins in (36, 12):
            kwargs = {"bins_per_octave": bins, "window": window}
            ours, expected = fastspec.cq_to_chroma(100, **kwargs), theirs(100, **kwargs)
            assert ours.dtype == expected.dtype
            # By way of the FFT there, for large windows in float32.
            np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5)


def pick(rng, *choices):
    return choices[rng.integers(len(choices))]


def draw(rng, name):
    """Arguments of librosa's chroma_cqt, chroma_cens or chroma_vqt."""
    kwargs = {"sr": pick(rng, 16000, 22050, 22050, 44100)}
    kwargs["hop_length"] = pick(rng, 128, 256, 512, 512, 1024, int(rng.integers(100, 700)))
    kwargs["n_octaves"] = int(rng.integers(1, 7))
    if rng.random() < 0.5:
        kwargs["fmin"] = pick(rng, 27.5, 55.0, 65.4, float(rng.uniform(30, 120)))
    if rng.random() < 0.4:
        kwargs["norm"] = pick(rng, None, 1, 2, 3.5, 0.5)
    if name == "chroma_vqt":
        kwargs["intervals"] = pick(rng, "equal", "pythagorean", "ji3", "ji5", "ji7", [1, 1.2, 1.6])
        kwargs["bins_per_octave"] = pick(rng, 12, 12, 19, 24)
        if rng.random() < 0.5:
            kwargs["gamma"] = pick(rng, 5.0, 20.0, None)
    else:
        kwargs["n_chroma"] = pick(rng, 12, 12, 12, 6, 24, 7)
        kwargs["bins_per_octave"] = kwargs["n_chroma"] * pick(rng, 1, 2, 3)
        if kwargs["bins_per_octave"] == kwargs["n_chroma"] and rng.random() < 0.5:
            kwargs["bins_per_octave"] = None
        if rng.random() < 0.7:
            kwargs["tuning"] = float(rng.uniform(-0.5, 0.5))
        if rng.random() < 0.25:
            kwargs["window"] = pick(rng, np.hanning(5), np.ones(3, np.float32))
        if rng.random() < 0.25:
            kwargs["cqt_mode"] = "hybrid"
    if name != "chroma_cens" and rng.random() < 0.3:
        kwargs["threshold"] = pick(rng, None, 0.1, 0.5)
    return kwargs


def audible(y, name, kwargs):
    """The frames whose largest value is at least 1e-4 of the signal's, before the norm."""
    plain = {**kwargs, "norm": None, "precision": "double"}
    function = fastspec.chroma_vqt if name == "chroma_vqt" else fastspec.chroma_cqt
    largest = function(y=y, **plain).max(axis=-2)
    return largest >= 1e-4 * largest.max()


def compare(librosa, theirs, y, name, kwargs, errors):
    """Compare one draw; return how many steps of the quantisation differ, of how many."""
    ours = call(getattr(fastspec, name), y=y, **kwargs)
    agree(ours, theirs, helpers.__file__)
    flipped = total = 0
    if name == "chroma_cens":
        # Before the quantisation, and the steps after it.
        plain = {**kwargs, "norm": 1}
        both = [m.chroma_cqt(y=y, **plain) for m in (fastspec, librosa.feature)]
        kept = audible(y, name, kwargs)
        error = np.abs(both[0] - both[1]).max(axis=-2)[kept].max()
        dtype = np.dtype(y.dtype).name
        errors.check("chroma_cens, its shares", dtype, "librosa", error, 1e-3)
        steps = [sum(x.astype(y.dtype) > step for step in (0.4, 0.2, 0.1, 0.05)) for x in both]
        flipped, total = int(np.abs(steps[0] - steps[1]).sum()), steps[0].size
        if not flipped:
            error = of_peak(ours[0], theirs[0])
            errors.check("chroma_cens, no step flipped", dtype, "librosa", error, 1e-5)
    else:
        # Without a norm, of the frame's largest value.
        scale = np.maximum(np.abs(theirs[0]).max(axis=-2), 1e-30)
        error = (np.abs(ours[0] - theirs[0]).max(axis=-2) / scale)[audible(y, name, kwargs)].max()
        errors.check(name, np.dtype(y.dtype).name, "librosa", error, 1e-3)
    return flipped, total


@pytest.mark.parametrize("seed", range(20))
def test_random_parameters_against_librosa(seed, librosa, errors):
    rng = np.random.default_rng(100 + seed)
    compared = flipped = total = 0
    while compared < 10:
        name = pick(rng, "chroma_cqt", "chroma_cqt", "chroma_cens", "chroma_vqt")
        kwargs = draw(rng, name)
        dtype = np.float32 if rng.random() < 0.7 else np.float64
        n = int(rng.integers(3000, 20000))
        y = music(n, kwargs["sr"], int(rng.integers(1000)), dtype)
        if rng.random() < 0.3:
            y = rng.standard_normal(n).astype(dtype)
        if rng.random() < 0.3:
            y = np.stack([y, y[::-1]])
        try:
            theirs = call(getattr(librosa.feature, name), y=y, **kwargs)
        except librosa.ParameterError:
            with pytest.raises(ParameterError):
                getattr(fastspec, name)(y=y, **kwargs)
            continue
        more = compare(librosa, theirs, y, name, kwargs, errors)
        flipped, total = flipped + more[0], total + more[1]
        compared += 1
    if total:
        errors.note("chroma_cens, steps flipped", "all", "librosa", flipped / total)
        assert flipped <= 1e-4 * total + 1


@pytest.mark.parametrize("norm", [-np.inf, 0])
def test_odd_norms_against_librosa(norm, librosa):
    y = music(20000)
    kwargs = {"y": y, "tuning": 0.0, "norm": norm}
    ours, theirs = fastspec.chroma_cqt(**kwargs), librosa.feature.chroma_cqt(**kwargs)
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)
    assert of_peak(fastspec.chroma_cens(**kwargs), librosa.feature.chroma_cens(**kwargs)) < 1e-5


def test_given_magnitudes_against_librosa(librosa):
    y = np.stack([music(15000), music(15000, seed=1)])
    C = np.abs(librosa.cqt(y, n_bins=252, bins_per_octave=36))
    for name in ("chroma_cqt", "chroma_cens"):
        for given in (C, np.ascontiguousarray(C), C[0], C.astype(np.float64), C[:, :100]):
            ours = call(getattr(fastspec, name), C=given)
            agree(ours, call(getattr(librosa.feature, name), C=given), helpers.__file__)
            assert of_peak(ours[0], getattr(librosa.feature, name)(C=given)) < 1e-6
    ours = fastspec.chroma_vqt(V=C, intervals="ji5", bins_per_octave=36)
    theirs = librosa.feature.chroma_vqt(V=C, intervals="ji5", bins_per_octave=36)
    assert of_peak(ours, theirs) < 1e-6
    counts = (C * 1000).astype(np.int32)
    ours, theirs = fastspec.chroma_cqt(C=counts), librosa.feature.chroma_cqt(C=counts)
    assert ours.dtype == theirs.dtype
    assert of_peak(ours, theirs) < 1e-9
    swapped = C[0].astype(">f4")
    np.testing.assert_array_equal(fastspec.chroma_cqt(C=swapped), fastspec.chroma_cqt(C=C[0]))


def test_tonnetz(librosa, errors):
    rng = np.random.default_rng(3)
    for shape in ((12, 30), (2, 12, 7), (24, 9), (7, 5), (12, 0)):
        for dtype in (np.float32, np.float64):
            chroma = rng.random(shape).astype(dtype)
            ours = call(fastspec.tonnetz, chroma=chroma)
            theirs = call(librosa.feature.tonnetz, chroma=chroma)
            agree(ours, theirs, helpers.__file__)
            bound = 2e-7 if dtype == np.float32 else 1e-14  # theirs rounds shares to float32
            error = np.abs(ours[0] - theirs[0]).max(initial=0)
            errors.check("tonnetz", dtype.__name__, "librosa", error, bound)
    y = music(20000)
    for kwargs in ({"tuning": 0.1}, {"norm": 2, "hop_length": 256, "tuning": 0.0, "n_chroma": 6}):
        ours = call(fastspec.tonnetz, y=y, sr=SR, **kwargs)
        theirs = call(librosa.feature.tonnetz, y=y, sr=SR, **kwargs)
        agree(ours, theirs, helpers.__file__)
        errors.check("tonnetz", "signal", "librosa", np.abs(ours[0] - theirs[0]).max(), 1e-3)


def test_tonnetz_is_a_sum_over_the_circles():
    chroma = np.random.default_rng(0).random((12, 6))
    shares = chroma / chroma.sum(axis=0)
    for row, (radius, step) in enumerate(((1, 7), (1, 9), (0.5, 4))):
        angle = np.pi * step * np.arange(12) / 6
        for part, circle in enumerate((np.sin(angle), np.cos(angle))):
            expected = radius * circle @ shares
            np.testing.assert_allclose(
                fastspec.tonnetz(chroma=chroma)[2 * row + part], expected, atol=1e-14
            )


def test_tuning_is_estimated(librosa):
    y = music(20000) + np.sin(2 * np.pi * 452 / SR * np.arange(20000)).astype(np.float32)
    tuning = fastspec.estimate_tuning(y=y, sr=SR, bins_per_octave=36)
    assert tuning != 0
    for name in ("chroma_cqt", "chroma_cens"):
        function = getattr(fastspec, name)
        np.testing.assert_array_equal(function(y=y), function(y=y, tuning=tuning))
    assert of_peak(fastspec.chroma_cqt(y=y), librosa.feature.chroma_cqt(y=y)) < 1e-3


def test_definition_exact_of_the_functions():
    y = music(20000)
    np.testing.assert_array_equal(
        fastspec.chroma_cqt(y=y, tuning=0.2, definition="exact"), Chroma(tuning=0.2)(y)
    )
    np.testing.assert_array_equal(
        fastspec.chroma_cens(y=y, tuning=0.2, definition="exact", n_threads=2),
        Chroma(tuning=0.2, cens=True)(y),
    )
    np.testing.assert_array_equal(
        fastspec.chroma_vqt(y=y, intervals=[1, 1.2, 1.5], gamma=9, definition="exact"),
        Chroma(intervals=[1, 1.2, 1.5], n_chroma=3, gamma=9)(y),
    )
    ours = fastspec.chroma_cqt(y=y, tuning=0.0, definition="exact")
    assert 1e-4 < of_peak(ours, fastspec.chroma_cqt(y=y, tuning=0.0)) < 0.1


def test_errors_as_librosa(librosa):
    y = music(9000)
    C = np.ones((84, 5))
    cases = [
        ("chroma_cqt", {}, "At least one of C or y"),
        ("chroma_vqt", {"intervals": "equal"}, "to compute chroma"),
        ("tonnetz", {}, "Either the audio samples or the chromagram"),
        ("chroma_cqt", {"y": y, "bins_per_octave": 40}, "bins_per_octave=40 must be an integer"),
        ("chroma_cqt", {"y": y, "n_octaves": 12, "tuning": 0.0}, "Nyquist"),
        ("chroma_cqt", {"C": C, "bins_per_octave": 12, "norm": -2}, "norm"),
        ("chroma_cqt", {"C": C * np.nan, "bins_per_octave": 12}, "finite"),
        ("chroma_cqt", {"C": np.full((84, 5), np.inf), "bins_per_octave": 12}, "finite"),
        ("chroma_cens", {"C": C, "win_len_smooth": 0}, "win_len_smooth=0 must be a positive"),
        ("chroma_cens", {"C": C, "win_len_smooth": 2.5}, "win_len_smooth=2.5 must be a positive"),
    ]
    for name, kwargs, message in cases:
        for module, error in (
            (librosa.feature, librosa.ParameterError),
            (fastspec, ParameterError),
        ):
            with pytest.raises(error, match=message):
                getattr(module, name)(**kwargs)
    for module, error in ((librosa.filters, librosa.ParameterError), (fastspec, ParameterError)):
        with pytest.raises(error, match="Incompatible CQ merge"):
            module.cq_to_chroma(84, bins_per_octave=20)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("cqt_mode", {"cqt_mode": "other"}), ("definition", {"definition": "other"}),
        ("definition", {"definition": "exact", "cqt_mode": "hybrid"}), ("sr", {"sr": 0}),
        ("hop_length", {"hop_length": 0}), ("fmin", {"fmin": -1.0}), ("n_chroma", {"n_chroma": 0}),
        ("n_octaves", {"n_octaves": 0}), ("threshold", {"threshold": math.nan}),
        ("norm", {"norm": "x"}), ("window", {"window": np.ones((1, 1, 1))}),
        ("window", {"window": [math.nan]}), ("window", {"window": []}),
        ("window", {"window": "hann"}), ("tuning", {"tuning": math.nan}),
        ("tuning", {"tuning": 1e9}), ("norm", {"norm": np.zeros(2)}), ("fmin", {"fmin": [1.0]}),
        ("n_threads", {"n_threads": 0}), ("precision", {"precision": "half"}),
        ("bins_per_octave", {"bins_per_octave": 0}), ("out", {"out": np.empty((12, 3))}),
        ("out", {"out": misaligned((12, 18), "f4")}),
    ],
)  # fmt: skip
def test_bad_arguments_of_the_functions(name, kwargs):
    with pytest.raises(ParameterError, match=name):
        fastspec.chroma_cqt(**{"y": music(9000), "tuning": 0.0, **kwargs})


def test_bad_input():
    for bad in (np.zeros(0, np.float32), np.float32(1), np.full(9000, np.nan, np.float32), [1.0]):
        with pytest.raises(ParameterError, match="y"):
            fastspec.chroma_cqt(y=bad, tuning=0.0)
    for bad in (np.ones(5), np.ones((84, 3), complex), np.ones((0, 3)), [[1.0]], np.array("a")):
        with pytest.raises(ParameterError, match="C"):
            fastspec.chroma_cqt(C=bad)
        with pytest.raises(ParameterError, match="chroma"):
            fastspec.tonnetz(chroma=bad)
    with pytest.raises(ParameterError, match="fmin"):
        fastspec.chroma_cqt(C=np.ones((84, 3)), fmin=[1.0])
    for length in (2**31, 2**60):
        with pytest.raises(ParameterError, match="win_len_smooth"):
            fastspec.chroma_cens(C=np.ones((84, 3)), win_len_smooth=length)
    with pytest.raises(ParameterError, match="GiB"):
        Chroma(n_octaves=1, bins_per_octave=2**17, n_chroma=2**17)
    for name, value in (
        ("n_input", 0),
        ("n_chroma", 1.5),
        ("fmin", 0),
        ("base_c", 3),
        ("dtype", 7),
        ("window", [[1], [1, 2]]),
    ):
        with pytest.raises(ParameterError, match=name):
            fastspec.cq_to_chroma(**{"n_input": 84, name: value})
    with pytest.raises(ParameterError, match="smoothing_window"):
        fastspec.chroma_cens(C=np.ones((252, 4)), smoothing_window=np.ones(7))
    with pytest.raises(ParameterError, match="intervals"):
        fastspec.chroma_vqt(y=music(9000), intervals="other")
    C = np.ones((24, 12))
    with pytest.raises(ParameterError, match="overlap"):
        fastspec.chroma_cqt(C=C, bins_per_octave=12, out=C[:12])


def test_short_signals_warn_as_librosa(librosa):
    y = music(600)
    for name, kwargs in (
        ("chroma_cqt", {}),
        ("chroma_cens", {}),
        ("chroma_cqt", {"cqt_mode": "hybrid"}),
        ("chroma_vqt", {"intervals": "ji3"}),
    ):
        if name != "chroma_vqt":
            kwargs = {**kwargs, "tuning": 0.0}
        ours = call(getattr(fastspec, name), y=y, **kwargs)
        theirs = call(getattr(librosa.feature, name), y=y, **kwargs)
        assert theirs[1]
        agree(ours, theirs, helpers.__file__)


# ---- the same bits ------------------------------------------------------------------------------

PLANS = {
    "exact": {},
    "odd hop": {"hop_length": 441, "norm": 2},
    "large hop": {"hop_length": 20000, "norm": None},
    "cens": {"cens": True},
    "cens, long": {"cens": True, "hop_length": 64, "win_len_smooth": 400, "norm": None},
    "cens, even": {"cens": True, "hop_length": 128, "win_len_smooth": 4, "norm": 3.0},
    "power": {"power": 2, "threshold": 1e-3, "norm": 1},
    "librosa": {"definition": "librosa"},
    "librosa cens": {"definition": "librosa", "cens": True, "n_chroma": 36, "gamma": None},
    "double": {"precision": "double", "window": [0.2, 1, 0.2], "n_octaves": 5, "cens": True},
    "vqt": {"intervals": "ji5", "bins_per_octave": 12, "gamma": 7.0},
}


@pytest.mark.parametrize("name", PLANS)
def test_batch_threads_and_out(name):
    plan = Chroma(**PLANS[name])
    y = np.random.default_rng(1).standard_normal((3, 60000)).astype(np.float32)
    alone = np.stack([plan(row) for row in y])
    assert alone.dtype == np.float32
    np.testing.assert_array_equal(plan(y), alone)
    for n_threads in (2, 5):
        np.testing.assert_array_equal(plan(y, n_threads=n_threads), alone)
        np.testing.assert_array_equal(plan(y[0], n_threads=n_threads), alone[0])
    for out in (np.empty(alone.shape, alone.dtype), np.empty(alone.shape[::-1], alone.dtype).T):
        assert plan(y, out=out) is out
        np.testing.assert_array_equal(out, alone)
    np.testing.assert_array_equal(plan(np.repeat(y, 2, axis=-1)[:, ::2]), alone)
    np.testing.assert_array_equal(plan(y.astype(">f4")), alone)
    with ThreadPoolExecutor(3) as pool:
        for result in pool.map(plan, [y] * 3):
            np.testing.assert_array_equal(result, alone)


@pytest.mark.parametrize("name", PLANS)
def test_streams_give_the_same_bits(name):
    plan = Chroma(**PLANS[name])
    rng = np.random.default_rng(5)
    y = rng.standard_normal((2, 40000)).astype(np.float32)
    for largest in (300, 5000, 40000):
        stream, at, parts = plan.stream(2), 0, []
        while at < y.shape[1]:
            n = int(rng.integers(0, largest + 1))
            parts.append(stream.push(y[:, at : at + n]))
            at += n
        parts.append(stream.flush())
        np.testing.assert_array_equal(np.concatenate(parts, axis=-1), plan(y))


def test_functions_give_the_same_bits():
    y = np.random.default_rng(2).standard_normal((2, 30000)).astype(np.float32)
    C = np.abs(fastspec.cqt(y, n_bins=252, bins_per_octave=36))
    chroma = fastspec.chroma_cqt(C=C)
    for function, kwargs in (
        (fastspec.chroma_cqt, {"y": y, "tuning": 0.0}),
        (fastspec.chroma_cens, {"y": y, "tuning": 0.0, "win_len_smooth": 8}),
        (fastspec.chroma_vqt, {"y": y, "intervals": "ji3"}),
        (fastspec.chroma_cqt, {"C": C}),
        (fastspec.chroma_cens, {"C": C}),
        (fastspec.tonnetz, {"chroma": chroma}),
    ):
        (key, value), rest = next(iter(kwargs.items())), dict(list(kwargs.items())[1:])
        expected = np.stack([function(**{key: item}, **rest) for item in value])
        for n_threads in (1, 3):
            np.testing.assert_array_equal(function(**kwargs, n_threads=n_threads), expected)
        if function is not fastspec.tonnetz:
            out = np.empty(expected.shape, expected.dtype)
            assert function(**kwargs, out=out) is out
            np.testing.assert_array_equal(out, expected)


def test_long_signals_are_cut_without_a_trace():
    y = np.random.default_rng(2).standard_normal(2_400_000).astype(np.float32)
    plan = Chroma(hop_length=2048, bins_per_octave=12, n_octaves=6, cens=True)
    whole = plan(y)
    part = plan(y[: 2**21])
    n = part.shape[1] - 40
    np.testing.assert_array_equal(part[:, :n], whole[:, :n])
    np.testing.assert_array_equal(plan(y, n_threads=3), whole)


TIER_CODE = """
import hashlib, numpy as np, fastspec
y = np.random.default_rng(0).standard_normal(30000).astype('f4')
h = hashlib.sha256()
for k in (dict(), dict(cens=True), dict(definition='librosa', norm=3.0), dict(precision='double')):
    h.update(fastspec.Chroma(**k)(y).tobytes())
print(h.hexdigest())
"""


def test_tiers_with_fma_give_the_same_bits():
    seen = set()
    for tier in ("avx2", "avx512"):
        env = dict(os.environ, FASTSPEC_SIMD=tier)
        run = [sys.executable, "-c", TIER_CODE]
        seen.add(subprocess.run(run, env=env, capture_output=True, check=True).stdout)
    assert len(seen) == 1  # a tier that this CPU lacks falls back to one that it has


# ---- plans --------------------------------------------------------------------------------------


def test_a_plan_is_a_value():
    arguments = {"window": np.array([0.5, 1, 0.5]), "cens": True, "smoothing_window": np.ones(43)}
    plan, same = Chroma(**arguments), Chroma(**arguments)
    assert plan == same
    assert hash(plan) == hash(same)
    assert plan != Chroma()
    assert Chroma() != Chroma(norm=2)
    copy = pickle.loads(pickle.dumps(plan))
    assert copy == plan
    y = music(9000)
    np.testing.assert_array_equal(copy(y), plan(y))
    with pytest.raises(AttributeError):
        plan.n_chroma = 3
    with pytest.raises(AttributeError):
        del plan.hop_length
    assert "n_chroma=12" in repr(plan)


def test_shape_questions():
    plan = Chroma(sr=44100, hop_length=100, n_octaves=4, cens=True)
    assert plan.n_frames(0) == 0
    assert plan.n_frames(250) == 3
    assert plan.n_bins == plan.n_chroma == 12
    np.testing.assert_allclose(plan.times(250), [0, 100 / 44100, 200 / 44100])
    np.testing.assert_allclose(
        plan.frequencies, fastspec.cqt_frequencies(144, fmin=C1, bins_per_octave=36)
    )
    np.testing.assert_array_equal(plan.fold, fastspec.cq_to_chroma(144, bins_per_octave=36))
    assert plan(np.zeros((2, 0, 50), np.float32)).shape == (2, 0, 12, 1)


def test_int16():
    y = (music(9000) * 3000).astype(np.int16)
    for definition in ("exact", "librosa"):
        plan = Chroma(input_scale=1 / 32768, definition=definition, norm=None)
        np.testing.assert_array_equal(plan(y), plan(y.astype(np.float32) / np.float32(32768)))
    refused("y", Chroma(), y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sr", 0), ("hop_length", 0), ("fmin", math.nan), ("n_octaves", 0), ("n_octaves", 1.5),
        ("bins_per_octave", 0), ("bins_per_octave", 35), ("n_chroma", 0), ("n_chroma", 2**40),
        ("tuning", math.inf),  ("filter_scale", 0), ("gamma", -1), ("intervals", "other"),
        ("intervals", [1, -2]), ("sparsity", 1), ("window", "hann"), ("window", [math.inf]),
        ("base_c", 1), ("threshold", math.nan), ("norm", -2), ("norm", "max"), ("cens", 0),
        ("win_len_smooth", 0), ("power", 3), ("definition", "other"), ("accuracy", 0),
        ("input_scale", math.nan), ("precision", "half"), ("tuning", -1e9), ("norm", np.zeros(2)),
        ("win_len_smooth", 2**40),
    ],
)  # fmt: skip
def test_bad_arguments(name, value):
    with pytest.raises(ParameterError, match=name):
        Chroma(**{name: value})


def test_refused_plans():
    with pytest.raises(ParameterError, match="Nyquist"):
        Chroma(n_octaves=10)
    with pytest.raises(ParameterError, match="smoothing_window"):
        Chroma(cens=True, smoothing_window="nonsense")
    with pytest.raises(ParameterError, match="cqt_window"):
        Chroma(cqt_window="nonsense")


@pytest.mark.parametrize("name", ["exact", "librosa", "cens"])
def test_bad_signals(name):
    plan = Chroma(**PLANS[name])
    for bad in (np.zeros(0, np.float32), np.float32(1), np.zeros(9, complex)):
        with pytest.raises(ParameterError, match="y"):
            plan(bad)
    y = music(9000)
    y[-1] = np.inf
    with pytest.raises(ParameterError, match="finite"):
        plan(y)
    for out in (np.empty((12, 9), np.float32), np.empty((12, 18)), misaligned((12, 18), "f4")):
        with pytest.raises(ParameterError, match="out"):
            plan(music(9000), out=out)
