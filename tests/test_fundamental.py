"""yin, pyin: against the definitions, librosa, each other's threads and batches, and bad input."""

import math
import os
import subprocess
import sys
import warnings

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec
from fastspec import _core
from fastspec.fundamental import _n_bins

# Relative to the frequency: of float32, librosa's difference functions have errors of 1e-6 or so.
F0_BOUND = {"float64": 1e-9, "float32": 1e-5}
# The share of frames where another trough may be taken: two are equally good but for rounding.
MOVED = {"float64": 0.0005, "float32": 0.002}
PROB_BOUND = {"float64": 1e-9, "float32": 1e-6}

PAD_MODES = ("constant", "reflect", "edge", "symmetric", "linear_ramp", "wrap", "mean")


# ---- the definitions, slowly --------------------------------------------------------------------


def slow_frames(y, length, hop, pad, mode="constant"):
    y = np.pad(np.asarray(y, np.float64), pad, mode=mode)
    return [y[i : i + length] for i in range(0, y.size - length + 1, hop)]


def slow_differences(x, sr, fmin, fmax):
    """The first lag, and the normalised difference from there on."""
    first, last = math.floor(sr / fmax), min(math.ceil(sr / fmin), x.size - 1)
    total, difference = 0.0, {}
    normalised = []
    for lag in range(1, last + 1):
        products = math.fsum(x * x) - math.fsum(x[: x.size - lag] * x[lag:])
        # librosa leaves out the energy at lag 1.
        difference[lag] = 2 * products - (math.fsum(x[:lag] ** 2) if lag > 1 else 0)
        total += difference[lag]
        if lag >= first:
            normalised.append(difference[lag] / (total / lag + np.finfo(float).tiny))
    return first, np.array(normalised)


def slow_troughs(d):
    last = len(d) - 1
    return [
        i
        for i in range(len(d))
        if (i == 0 or d[i] < d[i - 1])
        and (i == last or (d[i] < d[i + 1] if i == 0 else d[i] <= d[i + 1]))
    ]


def slow_lag(first, d, i):
    if 0 < i < len(d) - 1:
        a, b = d[i + 1] + d[i - 1] - 2 * d[i], (d[i + 1] - d[i - 1]) / 2
        if abs(b) < abs(a):
            return first + i - b / a
    return first + i


def slow_yin(y, fmin, fmax, sr, length, hop, threshold, pad):
    f0 = []
    for x in slow_frames(y, length, hop, pad):
        first, d = slow_differences(x, sr, fmin, fmax)
        below = [i for i in slow_troughs(d) if d[i] < threshold]
        f0.append(sr / slow_lag(first, d, below[0] if below else int(np.argmin(d))))
    return np.array(f0)


def slow_candidates(d, first, sr, n_thresholds, beta, boltzmann, no_trough):
    """(frequency, probability) of the troughs, in ascending order of their lags."""
    from scipy.stats import beta as distribution

    edges = np.linspace(0, 1, n_thresholds + 1)
    prior = np.diff(distribution.cdf(edges, *beta))
    troughs = slow_troughs(d)
    probs = dict.fromkeys(troughs, 0.0)
    for edge, share in zip(edges[1:], prior):
        below = [i for i in troughs if d[i] < edge]
        weights = [math.exp(-boltzmann * rank) for rank in range(len(below))]
        for i, weight in zip(below, weights):
            probs[i] += share * weight / sum(weights)
        if troughs and not below:
            probs[min(troughs, key=lambda i: d[i])] += no_trough * share
    return [(sr / slow_lag(first, d, i), p) for i, p in probs.items() if p]


def slow_transitions(n, width, switch):
    """Steps from each of 2 n states: a triangle around the bin, and a change of voicing."""
    rows = np.zeros((n, n))
    triangle = [(min(i, width - 1 - i) + 1) / ((width + 1) // 2) for i in range(width)]
    for i in range(n):
        for j in range(n):
            if abs(i - j) <= width // 2:
                rows[i, j] = triangle[j - i + width // 2]
        rows[i] /= rows[i].sum()
    return np.block([[rows * (1 - switch), rows * switch], [rows * switch, rows * (1 - switch)]])


def slow_observations(y, n_bins, per_octave, fmin, fmax, sr, length, hop, pad, settings):
    """(2 n_bins, frames) probabilities, and those of being voiced."""
    columns, voiced = [], []
    for x in slow_frames(y, length, hop, pad):
        first, d = slow_differences(x, sr, fmin, fmax)
        column = np.zeros(2 * n_bins)
        for f, p in slow_candidates(d, first, sr, **settings):
            bin_ = round(per_octave * math.log2(f / fmin))
            if bin_ < n_bins:
                column[max(bin_, 0)] = p
        voiced.append(min(column.sum(), 1))
        column[n_bins:] = (1 - voiced[-1]) / n_bins
        columns.append(column)
    return np.array(columns).T, np.array(voiced)


def slow_path(observations, transitions):
    """The best path's score, and the scores of any path."""
    tiny = np.finfo(float).tiny
    steps, seen = np.log(transitions + tiny), np.log(observations.T + tiny)
    start = math.log(1 / len(steps) + tiny)
    score = start + seen[0]
    for column in seen[1:]:
        score = (score[:, None] + steps).max(axis=0) + column

    def score_of(path):
        total = start + seen[0][path[0]]
        for t in range(1, len(path)):
            total += steps[path[t - 1], path[t]] + seen[t][path[t]]
        return total

    return score.max(), score_of


# ---- draws --------------------------------------------------------------------------------------


def voice(rng, n, sr):
    """Tones with overtones that glide and pause, and some noise."""
    t = np.arange(n) / sr
    y = rng.uniform(1e-4, 0.3) * rng.standard_normal(n)
    for _ in range(int(rng.integers(1, 4))):
        begin, end = np.sort(rng.integers(0, n, 2))
        f = rng.uniform(90, 600) * (1 + rng.uniform(-0.1, 0.1) * np.sin(t * rng.uniform(2, 30)))
        phase = 2 * np.pi * np.cumsum(f) / sr
        for k in range(1, int(rng.integers(2, 7))):
            y[begin:end] += (rng.uniform(0.1, 1) / k * np.sin(k * phase))[begin:end]
    if rng.random() < 0.2:
        y[: n // 3] = 0
    return y


def draw(seed, most=9000, n_leading=2):
    rng = np.random.default_rng([70, seed])
    sr = (22050, 16000, 8000.0, 44100)[rng.integers(4)]
    length = int(rng.choice([256, 512, 600, 1024, 1025, 2048, 777]))
    n = int(rng.integers(length + 1, max(length + 2, most)))
    lead = tuple(rng.integers(1, 3, rng.integers(n_leading)).tolist())
    y = np.stack([voice(rng, n, sr) for _ in range(int(np.prod(lead)))]).reshape(*lead, n)
    y = helpers.layout(rng, y.astype((np.float32, np.float64)[rng.integers(2)]))
    lowest = sr / (length - 1)
    fmin = float(lowest * rng.uniform(1.01, 6))
    kwargs = {
        "sr": sr,
        "fmin": fmin,
        "fmax": float(min(sr / 2, fmin * 2 ** rng.uniform(0.6, 4.5))),
        "frame_length": length,
    }
    if rng.random() < 0.6:
        kwargs["hop_length"] = int(rng.integers(length // 8, length + 50))
    if rng.random() < 0.3:
        kwargs["center"] = bool(rng.integers(2))
    if rng.random() < 0.4:
        kwargs["pad_mode"] = PAD_MODES[rng.integers(len(PAD_MODES))]
    return rng, y, kwargs


def probabilistic(rng, kwargs):
    for name, values in {
        "n_thresholds": (1, 7, 50, 100, 133),
        "beta_parameters": ((2, 18), (1.0, 3.5), (0.5, 0.5), [10, 60], (2, 11.33)),
        "boltzmann_parameter": (2, 0.1, 5.5),
        "resolution": (0.1, 0.5, 0.3, 1, 0.2),
        "max_transition_rate": (35.92, 10, 0, 20.5),
        "switch_prob": (0.01, 0.2, 0.5),
        "no_trough_prob": (0.01, 0, 0.5, 1),
        "fill_na": (np.nan, None, 0, -1.5),
    }.items():
        if rng.random() < 0.3:
            kwargs[name] = values[rng.integers(len(values))]
    return kwargs


def fits(kwargs):
    """Whether the steps of one frame do not reach beyond the pitch bins: librosa refuses that."""
    try:
        hop = kwargs.get("hop_length") or kwargs["frame_length"] // 4
        settings = {"resolution": 0.1, "max_transition_rate": 35.92} | kwargs
        return _n_bins({**kwargs, "hop_length": hop}, settings) < 500
    except fastspec.ParameterError:
        return False


# ---- against the definitions --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_yin_by_its_definition(errors, seed):
    rng, y, kwargs = draw(seed, 3000, 1)
    hop = kwargs.setdefault("hop_length", kwargs["frame_length"] // 2)
    threshold = float(rng.uniform(0.02, 0.5))
    pad = kwargs["frame_length"] // 2 if kwargs.setdefault("center", True) else 0
    kwargs["pad_mode"] = "constant"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = fastspec.yin(y, trough_threshold=threshold, **kwargs)
    values = (kwargs["fmin"], kwargs["fmax"], kwargs["sr"], kwargs["frame_length"])
    want = slow_yin(y, *values, hop, threshold, pad)
    assert got.dtype == np.float64
    errors.check("yin", y.dtype, "definition", helpers.error(got, want), 1e-10, describe(kwargs))


@pytest.mark.parametrize("seed", range(25))
def test_pyin_by_its_definition(errors, seed):
    pytest.importorskip("scipy")
    rng, y, kwargs = draw(200 + seed, 2500, 1)
    length = kwargs["frame_length"]
    kwargs |= {"hop_length": length // 2, "center": True, "pad_mode": "constant"}
    kwargs["fmax"] = min(kwargs["fmax"], 4 * kwargs["fmin"], kwargs["sr"] / 2)
    settings = {
        "n_thresholds": int(rng.integers(1, 120)),
        "beta": (float(rng.uniform(0.3, 40)), float(rng.uniform(0.3, 40))),
        "boltzmann": float(rng.uniform(0.1, 4)),
        "no_trough": float(rng.choice([0, 0.01, 0.7])),
    }
    resolution, semitones = float(rng.choice([0.5, 0.25])), int(rng.integers(5))
    per_octave = 12 * math.ceil(1 / resolution)
    n_bins = math.floor(per_octave * math.log2(kwargs["fmax"] / kwargs["fmin"])) + 1
    width = semitones * math.ceil(1 / resolution) + 1
    width += 1 - width % 2
    semitones = (width - 1) // math.ceil(1 / resolution)
    if semitones * math.ceil(1 / resolution) + 1 != width or width > n_bins:
        semitones, width = 0, 1
    rate = semitones * kwargs["sr"] / (12 * kwargs["hop_length"])
    switch = float(rng.choice([0.01, 0.3]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f0, flag, prob = fastspec.pyin(
            y,
            n_thresholds=settings["n_thresholds"],
            beta_parameters=settings["beta"],
            boltzmann_parameter=settings["boltzmann"],
            no_trough_prob=settings["no_trough"],
            resolution=resolution,
            max_transition_rate=rate,
            switch_prob=switch,
            fill_na=None,
            **kwargs,
        )
    seen, voiced = slow_observations(
        y, n_bins, per_octave, kwargs["fmin"], kwargs["fmax"], kwargs["sr"], length,
        kwargs["hop_length"], length // 2, settings,
    )  # fmt: skip
    case = describe({**kwargs, **settings})
    errors.check("pyin, voiced", y.dtype, "definition", abs(prob - voiced).max(), 1e-10, case)
    best, score_of = slow_path(seen, slow_transitions(n_bins, width, switch))
    bins = np.rint(per_octave * np.log2(f0 / kwargs["fmin"])).astype(int)
    np.testing.assert_allclose(f0, kwargs["fmin"] * 2 ** (bins / per_octave), rtol=1e-12)
    # Paths may be equally likely; ours must be one of the best.
    missed = best - score_of(np.where(flag, bins, n_bins + bins))
    errors.check("pyin, path", y.dtype, "definition", missed, 1e-6, case)


@pytest.mark.parametrize("beta", [(2, 18), (0.01, 0.02), (1, 1), (300, 4.5), (1e6, 1e5)])
def test_thresholds_follow_the_beta_distribution(beta):
    """A pure tone over noise: the probability of being voiced is that of the thresholds above."""
    from scipy.stats import beta as distribution

    sr, length = 8000, 512
    rng = np.random.default_rng(5)
    y = np.sin(2 * np.pi * 200 * np.arange(length) / sr) + 0.2 * rng.standard_normal(length)
    _, d = slow_differences(y, sr, 100, 2000)
    n = 400
    got = fastspec.pyin(
        y, fmin=100, fmax=2000, sr=sr, frame_length=length, center=False, n_thresholds=n,
        beta_parameters=beta, no_trough_prob=0, resolution=0.02,
    )[2][0]  # fmt: skip
    lowest = min(d[i] for i in slow_troughs(d))
    edges = np.linspace(0, 1, n + 1)
    missing = distribution.cdf(edges[np.flatnonzero(edges[1:] <= lowest).size], *beta)
    assert abs(got - (1 - missing)) <= (2e-9 if max(beta) > 1e3 else 1e-13)


# ---- against librosa ----------------------------------------------------------------------------


def compared(ours, theirs, bound):
    """How many frames went elsewhere, and the median difference."""
    assert np.isfinite(ours).all()
    apart = abs(ours - theirs) / abs(theirs)
    return (apart > bound).sum(), np.median(apart)


def test_yin_is_librosas(librosa, errors):
    moved, frames = dict.fromkeys(MOVED, 0), dict.fromkeys(MOVED, 1)
    for seed in range(150):
        rng, y, kwargs = draw(1000 + seed)
        if rng.random() < 0.4:
            kwargs["trough_threshold"] = float(rng.uniform(0, 1))
        theirs = helpers.call(librosa.yin, y, **kwargs)
        ours = helpers.call(fastspec.yin, y, n_threads=1 + seed % 3, **kwargs)
        helpers.agree(ours, theirs, helpers.__file__)
        kind = str(y.dtype)
        n_moved, error = compared(ours[0], theirs[0], F0_BOUND[kind])
        moved[kind] += n_moved
        frames[kind] += ours[0].size
        errors.check("yin, median", kind, "librosa", error, F0_BOUND[kind], describe(kwargs))
    for kind, most in MOVED.items():
        errors.check("yin, other troughs", kind, "librosa", moved[kind] / frames[kind], most)


def test_pyin_is_librosas(librosa, errors):
    other, calls = dict.fromkeys(MOVED, 0), dict.fromkeys(MOVED, 0)
    seed = 3000
    while sum(calls.values()) < 60:
        seed += 1
        rng, y, kwargs = draw(seed, 5000)
        kwargs = probabilistic(rng, kwargs)
        if not fits(kwargs):
            continue
        theirs, their_warnings = helpers.call(librosa.pyin, y, **kwargs)
        ours, our_warnings = helpers.call(fastspec.pyin, y, n_threads=1 + seed % 3, **kwargs)
        helpers.agree_on_warnings(our_warnings, their_warnings, helpers.__file__)
        for a, b in zip(ours, theirs):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            assert helpers.memory_order(a) == helpers.memory_order(b)
        kind = str(y.dtype)
        calls[kind] += 1
        error = abs(ours[2] - theirs[2]).max()
        errors.check("pyin, voiced", kind, "librosa", error, PROB_BOUND[kind], describe(kwargs))
        flags = (ours[1] != theirs[1]).any()
        seen = ours[1] & theirs[1]
        bins = seen.any() and (abs(ours[0] / theirs[0] - 1) > 1e-9)[seen].any()
        other[kind] += bool(flags or bins)
    for kind in MOVED:
        errors.check("pyin, other paths", kind, "librosa", other[kind] / calls[kind], 0.01)


def test_a_window_length_is_deprecated(librosa):
    y = helpers.random(4000, dtype=np.float64)
    for name in ("yin", "pyin"):
        given = {"fmin": 100, "fmax": 2000, "win_length": 512}
        ours = helpers.call(getattr(fastspec, name), y, **given)
        theirs = helpers.call(getattr(librosa, name), y, **given)
        helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
        assert ours[1][0].category is FutureWarning


def test_signatures_are_librosas(librosa):
    import inspect

    for name in ("yin", "pyin", "reassigned_spectrogram"):
        theirs = inspect.signature(getattr(librosa, name)).parameters
        ours = dict(inspect.signature(getattr(fastspec, name)).parameters)
        ours.pop("n_threads")
        assert list(ours) == list(theirs)
        for parameter, mine in ours.items():
            assert mine.kind == theirs[parameter].kind
            assert repr(mine.default) == repr(theirs[parameter].default)


# ---- the same bits ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["yin", "pyin"])
def test_batches_threads_and_layouts_give_the_same_bits(name):
    rng = np.random.default_rng(7)
    function = getattr(fastspec, name)
    y = np.stack([voice(rng, 9000, 16000) for _ in range(6)]).reshape(3, 2, 9000)
    kwargs = {"fmin": 80, "fmax": 900, "sr": 16000, "frame_length": 700, "hop_length": 90}
    want = np.asarray(function(y, **kwargs))
    for n_threads in (2, 3, 8, -1):
        np.testing.assert_array_equal(function(y, n_threads=n_threads, **kwargs), want)
    for i in range(3):
        for j in range(2):
            one = np.asarray(function(y[i, j], **kwargs))
            np.testing.assert_array_equal(one, want[..., i, j, :])
    strided = np.repeat(y, 2, axis=-1)[..., ::2]
    np.testing.assert_array_equal(function(strided, **kwargs), want)
    narrow = y.astype(np.float32)
    exact = function(narrow.astype(np.float64), **kwargs)
    np.testing.assert_array_equal(function(narrow, **kwargs), exact)
    np.testing.assert_array_equal(function(y.astype(">f8"), **kwargs), want)


def test_a_frame_depends_on_its_samples_alone():
    y = np.random.default_rng(3).standard_normal(20000)
    kwargs = {"fmin": 100, "fmax": 2000, "frame_length": 600, "hop_length": 100, "center": False}
    whole = fastspec.yin(y, **kwargs)
    for first, last in ((0, 1), (3, 8), (50, 194), (193, 194)):
        part = y[first * 100 : (last - 1) * 100 + 600]
        np.testing.assert_array_equal(fastspec.yin(part, **kwargs), whole[first:last])


DIGEST = """
import hashlib, numpy as np, fastspec
from fastspec import _core
rng = np.random.default_rng(1)
y = np.cumsum(rng.standard_normal((2, 30000)), axis=-1)
y -= y.mean(axis=-1, keepdims=True)
sums = [_core.simd_tier()]
for kwargs in ({"frame_length": 1024}, {"frame_length": 777, "hop_length": 300}):
    f0 = fastspec.yin(y, fmin=60, fmax=2000, **kwargs)
    parts = [f0, *fastspec.pyin(y, fmin=60, fmax=2000, fill_na=None, **kwargs)]
    sums += [hashlib.sha1(x.tobytes()).hexdigest() for x in parts]
for kwargs in ({}, {"n_fft": 600}, {"n_fft": 341}):
    parts = fastspec.reassigned_spectrogram(y, **kwargs)
    sums += [hashlib.sha1(x.tobytes(order="A")).hexdigest() for x in parts]
print(*sums)
"""


def test_tiers_with_fma_give_the_same_bits():
    digests = {}
    for tier in ("avx2", "avx512", "portable"):
        env = dict(os.environ, FASTSPEC_SIMD=tier)
        run = subprocess.run(
            [sys.executable, "-c", DIGEST], env=env, capture_output=True, text=True, check=True
        )
        name, *sums = run.stdout.split()
        digests[name] = sums
    assert "portable" in digests
    if {"avx2", "avx512"} <= digests.keys():
        assert digests["avx2"] == digests["avx512"]


# ---- long signals, silence, extremes ------------------------------------------------------------


def test_paths_longer_than_what_is_kept():
    """Scores of 4200 frames of 601 bins do not fit; the path must be as in one piece."""
    rng = np.random.default_rng(11)
    y = np.concatenate([voice(rng, 5250, 16000) for _ in range(8)])
    kwargs = {
        "fmin": 65.0, "fmax": 65 * 32.001, "sr": 16000, "frame_length": 512, "hop_length": 10,
        "center": False, "no_trough_prob": 0.5,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        f0, flag, prob = fastspec.pyin(y, fill_na=None, **kwargs)
    n = 601
    assert f0.size > 4100
    seen = observed(y, f0.size, n, kwargs)
    apart = abs(np.minimum(seen[:n].sum(axis=0), 1) - prob)
    assert np.mean(apart > 1e-9) < 1e-3  # ties of troughs, where all is noise
    best, score_of = sparse_path(seen, n)
    bins = np.rint(120 * np.log2(f0 / kwargs["fmin"])).astype(int)
    assert best - score_of(np.where(flag, bins, n + bins)) < 1e-3


def observed(y, frames, n, kwargs):
    """Observations from librosa's helpers, of float64."""
    pitch = pytest.importorskip("librosa.core.pitch")
    captured = []

    def capture(observations, *args, **more):
        captured.append(observations)
        return np.zeros((1, observations.shape[-1]), np.uint16)

    original, pitch.sequence.viterbi = pitch.sequence.viterbi, capture
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pitch.pyin(y, **kwargs)
    finally:
        pitch.sequence.viterbi = original
    assert captured[0].shape[-2:] == (2 * n, frames)
    return captured[0].reshape(2 * n, frames)


def sparse_path(seen, n):
    """The best score where a frame's steps lead to the same bin alone."""
    tiny = np.finfo(float).tiny
    stay, switch, least = (math.log(p + tiny) for p in (0.99, 0.01, 0))
    seen = np.log(seen.T + tiny)
    start = math.log(1 / (2 * n) + tiny)
    score = start + seen[0]
    for column in seen[1:]:
        swapped = np.concatenate([score[n:], score[:n]])
        near = np.maximum(score + stay, swapped + switch)
        score = np.maximum(near, score.max() + least) + column

    def score_of(path):
        total = start + seen[0][path[0]]
        for t in range(1, len(path)):
            a, b = path[t - 1], path[t]
            total += stay if a == b else switch if abs(a - b) == n else least
            total += seen[t][b]
        return total

    return score.max(), score_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_silence_constants_and_clicks(librosa, dtype):
    silent, kwargs = np.zeros(9000, dtype), {"fmin": 100, "fmax": 2000}
    np.testing.assert_array_equal(fastspec.yin(silent, **kwargs), librosa.yin(silent, **kwargs))
    for a, b in zip(fastspec.pyin(silent, **kwargs), librosa.pyin(silent, **kwargs)):
        np.testing.assert_array_equal(a, b)
    # All lags of these are equal but for rounding.
    click, constant = silent.copy(), np.full(9000, 0.5, dtype)
    click[4000] = 1
    for x in (click, constant):
        assert np.isfinite(fastspec.yin(x, **kwargs)).all()
        f0, flag, prob = fastspec.pyin(x, **kwargs)
        assert ((prob >= 0) & (prob <= 1)).all()
        np.testing.assert_array_equal(np.isnan(f0), ~flag)


def test_signals_that_overflow_do_no_harm():
    y = np.full(4000, 1e300)
    y[::7] = -1e308
    with np.errstate(all="ignore"):
        assert fastspec.yin(y, fmin=100, fmax=2000).shape == (8,)
        f0, flag, prob = fastspec.pyin(y, fmin=100, fmax=2000)
    assert f0.shape == flag.shape == (8,)
    assert ((prob >= 0) & (prob <= 1)).all()


def test_no_signals():
    assert fastspec.yin(np.zeros((0, 4000)), fmin=100, fmax=2000).shape == (0, 8)
    for part in fastspec.pyin(np.zeros((2, 0, 4000), np.float32), fmin=100, fmax=2000):
        assert part.shape == (2, 0, 8)


# ---- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["yin", "pyin"])
def test_what_both_refuse(name):
    y, function = np.zeros(8000), getattr(fastspec, name)
    for argument, more in [
        ("fmin", {"fmin": None}), ("fmin", {"fmin": 0}), ("fmin", {"fmin": np.nan}),
        ("fmin", {"fmin": 2000}), ("fmin", {"fmin": 5}),
        ("fmax", {"fmax": 11026}), ("fmax", {"fmax": "x"}), ("sr", {"sr": 0}), ("sr", {"sr": -1}),
        ("frame_length", {"frame_length": 3}), ("frame_length", {"frame_length": 2**16 + 1}),
        ("fmin", {"frame_length": 200}), ("hop_length", {"hop_length": 0}),
        ("hop_length", {"hop_length": 2.5}), ("center", {"center": 1}),
        ("pad_mode", {"pad_mode": "nonsense"}), ("n_threads", {"n_threads": 0}),
    ]:  # fmt: skip
        refused(argument, function, y, **{"fmin": 110, "fmax": 2000, **more})
    for bad in ([0.0] * 4000, np.zeros(4000, int), np.zeros(()), np.zeros(0), np.zeros(4000) * 1j):
        refused("y", function, bad, fmin=110, fmax=2000)
    refused("y", function, np.zeros(2047), fmin=110, fmax=2000, center=False)
    y[5] = np.inf
    refused("y", function, y, fmin=110, fmax=2000)
    refused("y", function, y, fmin=110, fmax=2000, pad_mode="wrap")


def test_what_yin_refuses():
    for bad in (None, "x", np.nan, [0.1]):
        refused("trough_threshold", fastspec.yin, np.zeros(4000), fmin=110, fmax=2000,
                trough_threshold=bad)  # fmt: skip


def test_what_pyin_refuses():
    y = np.zeros(4000)
    for argument, bads in {
        "n_thresholds": (0, -1, 2.5, None, 2**16 + 1),
        "beta_parameters": (2, (2,), (2, 18, 1), (0, 18), (2, -1), (2, np.nan), None, (1, 1e7)),
        "boltzmann_parameter": (0, -1, np.inf, None),
        "resolution": (0, -0.1, 1e-5, 1e-300, np.nan, None),
        "max_transition_rate": (-1, 1e5, 1e300, None),
        "switch_prob": (-0.1, 1.1, None),
        "no_trough_prob": (-0.1, 1.1, np.nan),
        "fill_na": ("x", [1, 2], 1j),
    }.items():
        for bad in bads:
            refused(argument, fastspec.pyin, y, fmin=110, fmax=2000, **{argument: bad})
    refused("fmax", fastspec.pyin, y, fmin=1000, fmax=1010, resolution=1)


def test_the_core_checks_for_itself():
    good = {
        "sr": 22050, "fmin": 110, "fmax": 2000, "frame_length": 2048, "hop_length": 512, "pad": 0,
        "pad_mode": 0, "probabilistic": True,
    }  # fmt: skip
    plan = _core.Yin(**good)
    assert plan.n_frames(2047) == 0
    for name, bads in {
        "sr": (0, np.nan, np.inf), "fmin": (0, -1, 2000, 5), "fmax": (11026,), "hop_length": (0,),
        "frame_length": (3, 2**16 + 1), "pad": (-1, 2**31 + 1), "pad_mode": (7, -1),
        "n_thresholds": (0,), "beta_a": (0, 1e7), "boltzmann": (0,), "resolution": (0, 1e-5),
        "max_transition_rate": (-1, 1e9, np.inf), "switch_prob": (2,), "no_trough_prob": (-1,),
        "n_pitch_bins": (1, -1, 2**15 + 1, 50), "trough_threshold": (np.nan,),
    }.items():  # fmt: skip
        for bad in bads:
            with pytest.raises(fastspec.ParameterError):
                _core.Yin(**{**good, name: bad})
    y, out = np.zeros(4096), np.empty(5)
    flags = np.empty(5, np.uint8)
    plan.exec_probabilistic(y, out, flags, np.empty(5), 1)
    for bad in (np.empty(4), np.empty((2, 5)), np.empty(5, np.float32)):
        with pytest.raises(fastspec.ParameterError):
            plan.exec(y, bad, 1)
        with pytest.raises(fastspec.ParameterError):
            plan.exec_probabilistic(y, out, flags, bad, 1)
    with pytest.raises(fastspec.ParameterError):
        plan.exec_probabilistic(y, out, flags[:4].copy(), np.empty(5), 1)
    plain = _core.Yin(**{**good, "probabilistic": False})
    with pytest.raises(fastspec.ParameterError):
        plain.exec_probabilistic(y, out, flags, out.copy(), 1)
