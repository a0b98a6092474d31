"""chroma_filter, ChromaSTFT, chroma_stft: against librosa, the definitions, and bad input."""

import pickle

import helpers
import numpy as np
import pytest
import reference
from helpers import describe, random, refused

import fastspec
from fastspec import ChromaSTFT

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=.* is too large:UserWarning")

# The same operations in the same order; sums of NumPy may be associated otherwise.
FILTER_BOUND = {"float32": 1.2e-7, "float64": 5e-16}
# Against our own float64 definition, whose distances are rounded otherwise: bins at 10 octaves and
# more lie within 1e-14 of a class, and the slope of the weights is at most 12.
FILTER_DEFINITION_BOUND = {"float32": 2e-7, "float64": 3e-12}
# Largest difference in frames whose largest value is at least 1e-4 of the signal's, relative to
# the largest value of the result; powers have relative errors of 2e-6 of the frame's largest.
BOUND = {"float32": 1e-5, "float64": 1e-13}

# Kinds of signals with a tuning. The spectrum of a lone click is flat but for rounding, and so are
# its peaks.
NOISE = (0, 2, 5)

NORMS = (np.inf, np.inf, 2, 1, None, 3.5, -np.inf, 0)


def draw_bank(rng):
    return {
        "sr": (22050, 16000, 44100.5, 8000, np.int64(11025), np.float64(48000))[rng.integers(6)],
        "n_chroma": int(rng.choice([12, 12, 24, 36, 7, 13, 5, 1])),
        "octwidth": (2, None, 1.0)[rng.integers(3)],
        "ctroct": float(rng.choice([5.0, 3.5])),
        "base_c": bool(rng.random() < 0.7),
    }


# ---- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(120))
def test_filters_agree_with_librosa(librosa, errors, seed):
    rng = np.random.default_rng([80, seed])
    kwargs = {"n_fft": max(2, helpers.frame_size(rng, 4096)), **draw_bank(rng)}
    kwargs["tuning"] = float(rng.choice([0.0, rng.uniform(-0.5, 0.5), 3]))
    kwargs["norm"] = NORMS[rng.integers(len(NORMS))]
    kwargs["dtype"] = (np.float32, np.float64)[rng.integers(2)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ours = helpers.call(fastspec.chroma_filter, **kwargs)
        theirs = helpers.call(librosa.filters.chroma, **kwargs)
    helpers.agree(ours, theirs, helpers.__file__)
    assert ours[0].flags.c_contiguous
    assert ours[0].flags.writeable
    name = np.dtype(kwargs["dtype"]).name
    error = helpers.error(ours[0], theirs[0])
    errors.check("chroma_filter", name, "librosa", error, FILTER_BOUND[name], describe(kwargs))


def test_default_filters_are_those_of_librosa_bit_for_bit(librosa):
    for kwargs in (
        {"sr": 22050, "n_fft": 2048},
        {"sr": 44100, "n_fft": 4096, "tuning": -0.17},
        {"sr": 16000, "n_fft": 441, "n_chroma": 36, "octwidth": None},
    ):
        ours = fastspec.chroma_filter(**kwargs)
        np.testing.assert_array_equal(ours, librosa.filters.chroma(**kwargs))


def reference_bank(
    *, sr, n_fft, n_chroma=12, tuning=0.0, ctroct=5.0, octwidth=2, norm=2, base_c=True
):
    """One weight at a time."""
    octaves = [np.log2(k * sr / n_fft / 27.5) - tuning / n_chroma for k in range(1, n_fft)]
    octaves = [octaves[0] - 1.5, *octaves]
    bank = np.zeros((n_chroma, n_fft // 2 + 1))
    half = round(n_chroma / 2)
    for k in range(n_fft // 2 + 1):
        width = 1.0
        if k + 1 < n_fft:
            width = max(1.0, n_chroma * (octaves[k + 1] - octaves[k]))
        for c in range(n_chroma):
            distance = (n_chroma * octaves[k] - c + half) % n_chroma - half
            bank[c, k] = np.exp(-2 * (distance / width) ** 2)
        if norm is not None:
            bank[:, k] /= np.linalg.norm(bank[:, k], norm)
        if octwidth is not None:
            bank[:, k] *= np.exp(-0.5 * ((octaves[k] - ctroct) / octwidth) ** 2)
    return np.roll(bank, -3 * (n_chroma // 12), axis=0) if base_c else bank


@pytest.mark.parametrize("seed", range(30))
def test_filters_agree_with_the_definition(errors, seed):
    rng = np.random.default_rng([81, seed])
    kwargs = {"n_fft": max(2, helpers.frame_size(rng, 512)), **draw_bank(rng)}
    kwargs["tuning"] = float(rng.uniform(-0.5, 0.5))
    kwargs["norm"] = (2, 1, np.inf, None)[seed % 4]
    expected = reference_bank(**kwargs)
    for name, bound in FILTER_DEFINITION_BOUND.items():
        error = helpers.error(fastspec.chroma_filter(**kwargs, dtype=name), expected)
        errors.check("chroma_filter", name, "definition", error, bound, describe(kwargs))


# ---- chroma --------------------------------------------------------------------------------------


def draw(seed, kinds=helpers.BROAD):
    rng = np.random.default_rng([82, seed])
    kwargs = helpers.frames(rng)
    if kwargs["n_fft"] < 16:  # a spectrum without a peak between 150 and 4000 Hz
        kwargs |= {"n_fft": 64, "win_length": None, "window": "hann"}
    kwargs["hop_length"] = helpers.hop_of(kwargs)
    shape = helpers.leading(rng)
    kwargs["center"] = bool(rng.random() < 0.75)
    n = helpers.length(rng, kwargs, shape, kwargs["center"])
    kwargs |= draw_bank(rng)
    kwargs["pad_mode"] = ("constant", "reflect", "edge", helpers.pad_with_ramp)[rng.integers(4)]
    kwargs["norm"] = NORMS[rng.integers(len(NORMS))]
    kwargs["tuning"] = None if rng.random() < 0.4 else float(rng.uniform(-0.5, 0.5))
    if kwargs["tuning"] is None:
        kinds = NOISE
    y = helpers.signal(rng, (*shape, n), (np.float32, np.float64)[rng.integers(2)], kinds)
    return helpers.layout(rng, y), kwargs


def difference(ours, theirs, raw):
    """The largest difference in the frames that count, relative to the largest value."""
    largest = np.abs(raw).max(axis=-2, keepdims=True)
    counts = np.broadcast_to(largest >= 1e-4 * largest.max(), ours.shape) & (largest > 0)
    if not counts.any():
        return 0.0
    return np.abs(ours - theirs)[counts].max() / np.abs(theirs[counts]).max()


@pytest.mark.parametrize("seed", range(220))
def test_chroma_agrees_with_librosa(librosa, errors, seed):
    y, kwargs = draw(seed)
    ours = helpers.call(fastspec.chroma_stft, y=y, **kwargs)
    theirs = helpers.call(librosa.feature.chroma_stft, y=y, **kwargs)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    assert ours[0].dtype == theirs[0].dtype
    assert helpers.memory_order(ours[0]) == helpers.memory_order(theirs[0])
    if kwargs["tuning"] is None:
        # A tie between two tunings is not an error of the chroma.
        kwargs["tuning"] = float(
            librosa.estimate_tuning(
                S=np.abs(librosa.stft(y, **stft_arguments(kwargs))) ** 2,
                sr=kwargs["sr"],
                bins_per_octave=kwargs["n_chroma"],
            )
        )
        again = fastspec.chroma_stft(y=y, **kwargs)
        assert np.array_equal(again, ours[0]) or tied(librosa, y, kwargs)
        ours = (again,)
    raw = librosa.feature.chroma_stft(y=y, **{**kwargs, "norm": None})
    name = y.dtype.name
    error = difference(ours[0], theirs[0], raw)
    row = f"chroma_stft, norm {kwargs['norm']}"
    errors.check(row, name, "librosa", error, BOUND[name], describe(kwargs))


def stft_arguments(kwargs):
    names = ("n_fft", "hop_length", "win_length", "window", "center", "pad_mode")
    return {name: kwargs[name] for name in names}


def tied(librosa, y, kwargs):
    """Whether the two fullest bins of librosa's histogram are within a thousandth."""
    S = np.abs(librosa.stft(y, **stft_arguments(kwargs))) ** 2
    pitches, magnitudes = librosa.piptrack(S=S, sr=kwargs["sr"])
    found = pitches > 0
    loud = pitches[found & (magnitudes >= np.median(magnitudes[found]))]
    residual = np.mod(kwargs["n_chroma"] * np.log2(loud / 27.5), 1)
    residual[residual >= 0.5] -= 1
    fullest = np.sort(np.histogram(residual, np.linspace(-0.5, 0.5, 101))[0])
    return fullest[-2] >= 0.999 * fullest[-1]


def reference_chroma(y, kwargs, norm):
    """From the definitions, in float64."""
    plain = helpers.plain(kwargs)
    X = reference.stft(
        y, **plain, center=kwargs["center"], pad_mode=kwargs["pad_mode"], tail="librosa"
    )
    names = ("sr", "n_fft", "n_chroma", "tuning", "ctroct", "octwidth", "base_c")
    bank = reference_bank(**{name: kwargs[name] for name in names})
    raw = np.matmul(bank, np.abs(X) ** 2)
    if norm is None:
        return raw, raw
    if norm == 0:
        length = np.count_nonzero(raw, axis=-2)
    else:
        length = np.apply_along_axis(np.linalg.norm, -2, raw, ord=norm)
    with np.errstate(divide="ignore", invalid="ignore"):
        return raw / length[..., np.newaxis, :], raw


@pytest.mark.parametrize("seed", range(40))
def test_chroma_agrees_with_the_definition(errors, seed):
    y, kwargs = draw(1000 + seed)
    kwargs["tuning"] = kwargs["tuning"] or 0.1
    if kwargs["n_chroma"] > 13:
        kwargs["n_chroma"] = 12
    norm = kwargs["norm"]
    if norm in (0, -np.inf):  # what is 0 in float32 need not be in float64
        kwargs["norm"] = norm = np.inf
    expected, raw = reference_chroma(y, kwargs, norm)
    # The bank is rounded no more than the signal.
    ours = fastspec.chroma_stft(y=y, **kwargs, dtype=y.dtype)
    name = y.dtype.name
    bound = max(BOUND[name], 1e-11)  # the definition's bank
    error = difference(ours, expected, raw)
    errors.check("chroma_stft", name, "definition", error, bound, describe(kwargs))


@pytest.mark.parametrize("seed", range(60))
def test_given_spectra_agree_with_librosa(librosa, errors, seed):
    rng = np.random.default_rng([83, seed])
    n_bins = int(rng.choice([2, 9, 33, 257, 1025]))
    shape = (*helpers.leading(rng), n_bins, int(rng.integers(1, 60)))
    S = (rng.random(shape) ** 4).astype((np.float32, np.float64)[seed % 2])
    if rng.random() < 0.3:
        S *= rng.choice([-1, 1], shape)
    if rng.random() < 0.3:
        S[..., :2] = 0
    kwargs = {"norm": NORMS[rng.integers(len(NORMS))], **draw_bank(rng)}
    kwargs["n_fft"] = 2 * n_bins - 1 if rng.random() < 0.3 else 2048
    kwargs["tuning"] = 0.2 if n_bins < 257 or rng.random() < 0.5 else None
    S = helpers.layout(rng, S)
    ours = helpers.call(fastspec.chroma_stft, S=S, **kwargs)
    theirs = helpers.call(librosa.feature.chroma_stft, S=S, **kwargs)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    assert ours[0].dtype == theirs[0].dtype
    name = S.dtype.name
    # Signs cancel: relative to the sum of the magnitudes.
    raw = librosa.feature.chroma_stft(S=np.abs(S), **{**kwargs, "norm": None, "tuning": 0.2})
    if (S < 0).any():
        kwargs |= {"norm": None, "tuning": 0.2}
        ours = (fastspec.chroma_stft(S=S, **kwargs),)
        theirs = (librosa.feature.chroma_stft(S=S, **kwargs),)
        error = np.abs(ours[0] - theirs[0]).max() / raw.max()
    else:
        error = difference(ours[0], theirs[0], raw)
    errors.check("chroma_stft of S", name, "librosa", error, BOUND[name], describe(kwargs))


def test_bank_of_double(librosa):
    y = random(9000)
    ours = fastspec.chroma_stft(y=y, tuning=0.1, dtype=np.float64)
    theirs = librosa.feature.chroma_stft(y=y, tuning=0.1, dtype=np.float64)
    assert ours.dtype == theirs.dtype == np.float64
    assert helpers.error(ours, theirs) < 1e-6


def test_a_chord_is_read():
    t = np.arange(44100) / 22050
    y = sum(np.sin(2 * np.pi * 440 * 2 ** ((step + 0.3) / 12) * t) for step in (-9, -5, -2))
    chroma = fastspec.chroma_stft(y=y, n_fft=4096)
    assert set(np.argsort(chroma[:, 40])[-3:]) == {0, 4, 7}  # C major
    np.testing.assert_array_equal(
        fastspec.chroma_stft(y=y), fastspec.chroma_stft(y=y, tuning=tuning_of_power(y))
    )


def tuning_of_power(y):
    return fastspec.estimate_tuning(S=np.abs(fastspec.stft(y, hop_length=512)) ** 2)


def test_silence(librosa):
    y = np.zeros((2, 9000), np.float32)
    ours = helpers.call(fastspec.chroma_stft, y=y)
    theirs = helpers.call(librosa.feature.chroma_stft, y=y)
    np.testing.assert_array_equal(ours[0], theirs[0])
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    assert fastspec.chroma_stft(S=np.zeros((9, 0)), tuning=0.0).shape == (12, 0)


# ---- the same bits -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm", [np.inf, 2, 3, None])
@pytest.mark.parametrize(("n_fft", "n_chroma"), [(512, 12), (441, 17), (1024, 3)])
def test_batches_threads_outputs_and_streams_give_the_same_bits(dtype, norm, n_fft, n_chroma):
    rng = np.random.default_rng(84)
    y = random(3, 9000, dtype=dtype)
    plan = ChromaSTFT(n_fft=n_fft, hop_length=130, n_chroma=n_chroma, norm=norm, tuning=0.1)
    expected = plan(y)
    for n_threads in (2, 3):
        np.testing.assert_array_equal(plan(y, n_threads=n_threads), expected)
    np.testing.assert_array_equal(np.stack([plan(channel) for channel in y]), expected)
    by_frames = np.empty((3, expected.shape[-1], n_chroma), dtype).swapaxes(1, 2)
    assert plan(y, out=by_frames) is by_frames
    np.testing.assert_array_equal(by_frames, expected)
    apart = np.empty((3, n_chroma, 2 * expected.shape[-1]), dtype)[..., ::2]
    np.testing.assert_array_equal(plan(y, out=apart), expected)
    stream = plan.stream(3)
    pieces, at = [], 0
    while at < 9000:
        count = int(rng.integers(0, 1200))
        pieces.append(stream.push(y[:, at : at + count]))
        at += count
    np.testing.assert_array_equal(np.concatenate([*pieces, stream.flush()], axis=-1), expected)
    kwargs = {"n_fft": n_fft, "hop_length": 130, "n_chroma": n_chroma, "norm": norm, "tuning": 0.1}
    np.testing.assert_array_equal(fastspec.chroma_stft(y=y, **kwargs), expected)
    S = fastspec.Spectrogram(n_fft=n_fft, hop_length=130, power=2)(y)
    for n_threads in (1, 2):
        ours = fastspec.chroma_stft(S=S, **kwargs, n_threads=n_threads)
        np.testing.assert_array_equal(ours, expected)


def test_plans_are_values():
    plan = ChromaSTFT(sr=16000, n_fft=400, tuning=0.2, norm=2, octwidth=None)
    same = ChromaSTFT(sr=16000.0, n_fft=400, tuning=np.float32(0.2).item(), norm=2, octwidth=None)
    assert plan != same
    copy = pickle.loads(pickle.dumps(plan))
    assert copy == plan
    assert hash(copy) == hash(plan)
    assert "tuning=0.2" in repr(plan)
    y = random(8000)
    np.testing.assert_array_equal(copy(y), plan(y))
    assert plan.n_bins == 12
    assert ChromaSTFT(input_scale=1 / 32768)(np.ones(3000, np.int16)).dtype == np.float32
    with pytest.raises(AttributeError):
        plan.norm = 1


def test_double_precision_of_single_input(errors):
    y = random(9000)
    ours = fastspec.chroma_stft(y=y, tuning=0.0, precision="double")
    assert ours.dtype == np.float32
    wide = fastspec.chroma_stft(y=y.astype(float), tuning=0.0)
    errors.check("chroma_stft, double", "float32", "float64", helpers.error(ours, wide), 6e-8)


# ---- bad input -----------------------------------------------------------------------------------


def test_bad_input():
    y, S = random(5000), random(33, 9) ** 2
    for function, given in (
        (fastspec.chroma_filter, {"sr": 8000, "n_fft": 64}),
        (ChromaSTFT, {}),
        (fastspec.chroma_stft, {"y": y}),
        (fastspec.chroma_stft, {"S": S}),
    ):
        for value in (0, -1, np.nan, np.inf, "a", None, 5e-324):
            refused("sr", function, **{**given, "sr": value})
        for value in (0, 2.5, "a", None, 2**21, 10**12):
            refused("n_chroma", function, **given, n_chroma=value)
        for value in (np.nan, np.inf, "a", [1.0], 1e9):
            refused("tuning", function, **given, tuning=value)
        for value in (0, -1, np.nan, np.inf, "a"):
            refused("octwidth", function, **given, octwidth=value)
        refused("ctroct", function, **given, ctroct=np.nan)
        refused("base_c", function, **given, base_c=2)
        for value in (-1, -0.5, np.nan, "slaney", True, [2], 1j):
            refused("norm", function, **given, norm=value)
    for function in (fastspec.chroma_filter, fastspec.chroma_stft):
        given = {"sr": 8000, "n_fft": 64} | ({"y": y} if function is fastspec.chroma_stft else {})
        refused("dtype", function, **given, dtype=np.int16)
        for value in (0, 1, 2.5, "a", None):
            refused("n_fft", function, **{**given, "n_fft": value})
    refused("bank_norm", ChromaSTFT, bank_norm=-1)
    refused("bank_dtype", ChromaSTFT, bank_dtype="f2")
    refused("power", ChromaSTFT, power=0)
    refused("n_chroma", fastspec.chroma_filter, sr=1e4, n_fft=2**30, n_chroma=12)
    refused("y", fastspec.chroma_stft)
    refused("argument", fastspec.chroma_stft, y=y, octave=3)
    refused("y", fastspec.chroma_stft, y=np.full(3000, np.nan, np.float32))
    refused("y", fastspec.chroma_stft, y=1e30 * y, tuning=0.0)
    refused("y", fastspec.chroma_stft, y=[1.0])
    refused("hop_length", fastspec.chroma_stft, y=y, hop_length=0)
    refused("n_fft", fastspec.chroma_stft, y=y[:100], center=False)
    refused("n_threads", fastspec.chroma_stft, y=y, n_threads=0)
    refused("S", fastspec.chroma_stft, S=S[:1])
    refused("S", fastspec.chroma_stft, S=S[0])
    refused("S", fastspec.chroma_stft, S=S * np.nan)
    refused("S", fastspec.chroma_stft, S=S.astype(complex))
    refused("S", fastspec.chroma_stft, S=S * np.float32(3e38), tuning=0.0)
    with pytest.raises(fastspec.ParameterError):
        ChromaSTFT().stream(0)
