"""Griffin-Lim: against librosa, the definition, and bad input."""

import helpers
import numpy as np
import pytest
import reference
from helpers import describe, random, refused

import fastspec

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=.* is too large:UserWarning")

# One iteration is two transforms and a division by the magnitude, which magnifies rounding where
# the magnitude is small (float32); relative to the waveform's peak.
ONE_ITERATION_BOUND = {"float32": 1e-4, "float64": 1e-10}
# After many, rounding has been fed back; what counts is how near the magnitudes come.
CONVERGENCE_BOUND = 0.01
# Samples count whose sum of squared windows is at least this part of the largest.
WEIGHT = 1e-3


def draw(seed, most_frames=60):
    rng = np.random.default_rng([20, seed])
    n_fft = int(rng.choice([16, 31, 64, 101, 128, 256, 400, 509, 512, 1024]))
    win_length = None if rng.random() < 0.6 else int(rng.integers(n_fft // 2, n_fft + 1))
    width = win_length or n_fft
    hop = None if rng.random() < 0.4 else int(rng.integers(max(1, width // 8), width // 2 + 1))
    kwargs = {
        "n_fft": n_fft,
        "win_length": win_length,
        "hop_length": hop,
        "window": ("hann", "hamming", ("tukey", 0.5), np.hanning(width + 2)[1:-1])[rng.integers(4)],
        "center": bool(rng.random() < 0.8),
    }
    name = ("float32", "float64")[rng.integers(2)]
    n = n_fft + int(rng.integers(1, most_frames)) * helpers.hop_of(kwargs) + int(rng.integers(9))
    y = rng.standard_normal((*helpers.leading(rng)[:1], n)) + np.sin(np.arange(n) / 9)
    plain = helpers.plain(kwargs)
    S = np.abs(reference.stft(y, center=kwargs["center"], **plain)).astype(name)
    kwargs["pad_mode"] = ("constant", "reflect", "edge")[rng.integers(3)]
    # Lengths that the frames of S fit.
    if kwargs["center"] and rng.random() < 0.3:
        kwargs["length"] = n
    if n_fft % 2 == 0 and rng.random() < 0.5:
        kwargs["n_fft"] = None
    if rng.random() < 0.7:
        S = np.asfortranarray(S)
    return S, kwargs, plain, n


def heard(spectrum, kwargs, plain):
    """The samples that count."""
    _, weight = reference.istft(
        spectrum, center=kwargs["center"], length=kwargs.get("length"), **plain
    )
    return weight >= WEIGHT * weight.max()


@pytest.mark.parametrize("seed", range(80))
def test_one_iteration_agrees_with_librosa(librosa, errors, seed):
    S, kwargs, plain, _ = draw(seed)
    rng = np.random.default_rng([21, seed])
    kwargs["n_iter"] = int(rng.random() < 0.9)
    kwargs["momentum"] = (0.99, 0.0, 0.5, 1)[rng.integers(4)]
    kwargs["init"] = ("random", None)[rng.integers(2)]
    ours = helpers.call(fastspec.griffinlim, S, **kwargs, random_state=seed)
    theirs = helpers.call(librosa.griffinlim, S, **kwargs, random_state=seed)
    helpers.agree(ours, theirs, helpers.__file__)
    where = heard(S, kwargs, plain)
    error = helpers.error(ours[0][..., where], theirs[0][..., where])
    name = S.dtype.name
    bound = ONE_ITERATION_BOUND[name]
    errors.check("griffinlim, 1 iteration", name, "librosa", error, bound, describe(kwargs))


@pytest.mark.parametrize("seed", range(40))
def test_iterations_agree_with_the_definition(errors, seed):
    S, kwargs, plain, _ = draw(100 + seed)
    kwargs["pad_mode"] = "constant"
    S = S.astype(np.float64)
    n_iter, momentum = 1 + seed % 4, (0.99, 0.0, 0.5)[seed % 3]
    turn = 2 * np.pi * np.random.RandomState(seed).random(size=S.shape)
    expected = reference.griffinlim(
        S, start=S * np.exp(1j * turn), n_iter=n_iter, momentum=momentum,
        center=kwargs["center"], length=kwargs.get("length"), **plain,
    )  # fmt: skip
    ours = fastspec.griffinlim(S, **kwargs, n_iter=n_iter, momentum=momentum, random_state=seed)
    where = heard(S, kwargs, plain)
    error = helpers.error(ours[..., where], expected[..., where])
    errors.check("griffinlim, 1 to 4 iterations", "float64", "definition", error,
                 ONE_ITERATION_BOUND["float64"], describe(kwargs))  # fmt: skip


def distance(y, S, kwargs, plain):
    """Spectral convergence: how far the magnitudes are, relative to S."""
    again = reference.stft(y, center=kwargs["center"], pad_mode=kwargs["pad_mode"], **plain)
    return np.linalg.norm(np.abs(again) - S) / np.linalg.norm(S)


@pytest.mark.parametrize("seed", range(30))
def test_convergence_is_that_of_librosa(librosa, errors, seed):
    S, kwargs, plain, _ = draw(200 + seed)
    ours = fastspec.griffinlim(S, **kwargs, random_state=seed)
    theirs = librosa.griffinlim(S, **kwargs, random_state=seed)
    start = fastspec.griffinlim(S, **kwargs, random_state=seed, n_iter=0)
    near, their_near = distance(ours, S, kwargs, plain), distance(theirs, S, kwargs, plain)
    assert near < 0.8 * distance(start, S, kwargs, plain)
    error = abs(near / their_near - 1)
    errors.check("griffinlim, convergence after 32", S.dtype.name, "librosa", error,
                 CONVERGENCE_BOUND, describe(kwargs))  # fmt: skip


def test_a_second_of_a_sweep(librosa, errors):
    t = np.arange(22050) / 22050
    y = np.sin(2 * np.pi * (200 * t + 1500 * t**2)).astype(np.float32)
    S = np.abs(fastspec.stft(y))
    kwargs = {"center": True, "pad_mode": "constant"}
    plain = {"n_fft": 2048, "hop": 512, "window": helpers.samples("hann", 2048)}
    near = [
        distance(function(S, random_state=0), S, kwargs, plain)
        for function in (fastspec.griffinlim, librosa.griffinlim)
    ]
    assert near[0] < 0.15
    error = abs(near[0] / near[1] - 1)
    errors.check("griffinlim, convergence after 32", "float32", "librosa", error, CONVERGENCE_BOUND)


def test_silence():
    S = np.zeros((33, 9), np.float32)
    for n_iter in (0, 1, 5):
        assert not fastspec.griffinlim(S, n_iter=n_iter, random_state=0).any()


# ---- randomness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(17, 40), (2, 17, 40), (2, 3, 65, 11)])
@pytest.mark.parametrize("init", ["random", None])
@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_generators_are_left_as_librosa_leaves_them(librosa, shape, init, make):
    S = np.abs(random(*shape))
    mine, yours = make(7), make(7)
    ours = fastspec.griffinlim(S, n_iter=1, init=init, random_state=mine)
    theirs = librosa.griffinlim(S, n_iter=1, init=init, random_state=yours)
    assert helpers.error(ours, theirs) <= ONE_ITERATION_BOUND["float32"]
    np.testing.assert_array_equal(mine.random(5), yours.random(5))
    again = fastspec.griffinlim(S, n_iter=1, init=init, random_state=make(7))
    np.testing.assert_array_equal(again, ours)


def test_seeds():
    S = np.abs(random(17, 40))
    expected = fastspec.griffinlim(S, n_iter=2, random_state=5)
    for same in (np.int32(5), np.random.RandomState(5)):
        again = fastspec.griffinlim(S, n_iter=2, random_state=same)
        np.testing.assert_array_equal(again, expected)
    for other in (6, None, np.random.default_rng(5)):
        again = fastspec.griffinlim(S, n_iter=2, random_state=other)
        assert not np.array_equal(again, expected)
    a, b = (fastspec.griffinlim(S, n_iter=2) for _ in range(2))
    assert not np.array_equal(a, b)


def test_no_randomness_without_init():
    S = np.abs(random(17, 40))
    expected = fastspec.griffinlim(S, n_iter=3, init=None, random_state=1)
    np.testing.assert_array_equal(fastspec.griffinlim(S, n_iter=3, init=None), expected)


# ---- shape, type, threads ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batch_is_loop(dtype):
    S = np.abs(random(3, 129, 30, dtype=dtype))
    random_state = np.random.RandomState(3)
    batch = fastspec.griffinlim(S, n_iter=5, random_state=3)
    loop = [fastspec.griffinlim(s, n_iter=5, random_state=random_state) for s in S]
    np.testing.assert_array_equal(batch, loop)


@pytest.mark.parametrize("n_fft", [256, 255])
def test_results_do_not_depend_on_threads_or_layout(n_fft):
    S = np.abs(random(2, n_fft // 2 + 1, 300))
    kwargs = {"n_fft": n_fft, "n_iter": 4, "random_state": 0}
    expected = fastspec.griffinlim(S, **kwargs)
    for n_threads in (2, 3, 7):
        again = fastspec.griffinlim(S, **kwargs, n_threads=n_threads)
        np.testing.assert_array_equal(again, expected)
    read_only = S.copy()
    read_only.flags.writeable = False
    for same in (np.asfortranarray(S), np.repeat(S, 2, axis=1)[:, ::2], S.astype(">f4"), read_only):
        np.testing.assert_array_equal(fastspec.griffinlim(same, **kwargs), expected)


@pytest.mark.parametrize("given", [np.float32, np.float64])
@pytest.mark.parametrize("wanted", [None, np.float32, np.float64])
def test_types(librosa, given, wanted):
    S = np.abs(random(65, 30, dtype=given))
    ours = fastspec.griffinlim(S, n_iter=1, dtype=wanted, random_state=0)
    theirs = librosa.griffinlim(S, n_iter=1, dtype=wanted, random_state=0)
    assert ours.dtype == theirs.dtype == (wanted or given)
    assert helpers.error(ours, theirs) <= ONE_ITERATION_BOUND["float32"]


def test_double_precision():
    S = np.abs(random(129, 30))
    kwargs = {"n_iter": 3, "random_state": 0}
    double = fastspec.griffinlim(S, **kwargs, precision="double")
    assert double.dtype == np.float32
    wide = fastspec.griffinlim(S.astype(np.float64), **kwargs)
    assert helpers.error(double, wide) <= 2e-7
    assert not np.array_equal(double, fastspec.griffinlim(S, **kwargs, precision="single"))


def test_input_is_left_alone():
    S = np.abs(random(17, 40))
    before = S.copy()
    fastspec.griffinlim(S, n_iter=2)
    np.testing.assert_array_equal(S, before)


@pytest.mark.parametrize("length", [None, 832, 845, 847])
def test_length(librosa, length):
    S = np.abs(fastspec.stft(random(845), n_fft=64))
    ours = fastspec.griffinlim(S, n_iter=1, length=length, random_state=0)
    theirs = librosa.griffinlim(S, n_iter=1, length=length, random_state=0)
    assert ours.shape == theirs.shape
    assert helpers.error(ours[..., :830], theirs[..., :830]) <= ONE_ITERATION_BOUND["float32"]


@pytest.mark.parametrize("length", [800, 831, 848, 859])
def test_length_that_gives_other_frames(librosa, length):
    S = np.abs(fastspec.stft(random(845), n_fft=64))
    refused("length", fastspec.griffinlim, S, length=length)
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        librosa.griffinlim(S, length=length)


def test_large_momentum_warns(librosa):
    S = np.abs(random(17, 40))
    for momentum in (1.0, 1.01, 3):
        kwargs = {"momentum": momentum, "n_iter": 1, "random_state": 0}
        ours = helpers.call(fastspec.griffinlim, S, **kwargs)
        theirs = helpers.call(librosa.griffinlim, S, **kwargs)
        helpers.agree(ours, theirs, helpers.__file__)
        assert len(ours[1]) == (momentum > 1)


# ---- bad input -----------------------------------------------------------------------------------


def test_bad_magnitudes():
    for bad in (None, [1.0], np.ones(5), np.ones((0, 5)), np.ones((5, 0)), np.ones((5, 4), complex),
                np.ones((5, 4), object), np.array(1.0), np.full((5, 4), "x")):  # fmt: skip
        refused("S", fastspec.griffinlim, bad)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_iter", [0, 1, 3])
def test_magnitudes_that_are_not_finite(bad, n_iter):
    S = np.abs(random(17, 40))
    S[3, 30] = bad
    refused("S", fastspec.griffinlim, S, n_iter=n_iter)


def test_no_channels():
    assert fastspec.griffinlim(np.zeros((0, 17, 40))).shape == (0, 312)


def test_bad_arguments():
    S = np.abs(random(17, 40))
    for name in ("n_fft", "hop_length", "win_length", "n_threads"):
        for bad in (*helpers.NOT_INTEGERS, 0, -2, 10**30):
            refused(name, fastspec.griffinlim, S, **{name: bad})
    for bad in (*helpers.NOT_INTEGERS, -1, 2**63, None):
        refused("n_iter", fastspec.griffinlim, S, n_iter=bad)
    for bad in (*helpers.NOT_INTEGERS, -1, 3, 10_000):
        refused("length", fastspec.griffinlim, S, length=bad)
    for bad in (*helpers.NOT_REALS, -0.1, np.inf, None):
        refused("momentum", fastspec.griffinlim, S, momentum=bad)
    for bad in ("randm", "", 0, True):
        refused("init", fastspec.griffinlim, S, init=bad)
    for bad in ("x", 1.5, -1, 2**32, True, np.random.Generator, [1]):
        refused("random_state", fastspec.griffinlim, S, random_state=bad)
    for bad in ("reflekt", "wrap", None):
        refused("pad_mode", fastspec.griffinlim, S, pad_mode=bad)
    for bad in ("hannn", np.ones(31), None):
        refused("window", fastspec.griffinlim, S, window=bad)
    for bad in (np.complex64, int, "nonsense"):
        refused("dtype", fastspec.griffinlim, S, dtype=bad)
    for bad in (1, None, "yes"):
        refused("center", fastspec.griffinlim, S, center=bad)
    refused("precision", fastspec.griffinlim, S, precision="doubel")
    for bad in (30, 31, 34, 64):
        refused("n_fft", fastspec.griffinlim, S, n_fft=bad)
    refused("win_length", fastspec.griffinlim, S, win_length=33)
