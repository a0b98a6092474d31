"""Mel filters, mel spectrograms and MFCCs: against librosa, the definitions, and bad input."""

import helpers
import numpy as np
import pytest
import reference
from helpers import Index, describe, random, refused

import fastspec

pytestmark = pytest.mark.filterwarnings(
    "ignore:n_fft=.* is too large:UserWarning", "ignore:Empty filters:UserWarning"
)

# The edges are rounded by 1e-16 of their frequency; the narrowest bands drawn are a thousandth of
# that wide. In float32, one unit in the last place.
FILTER_BOUND = {"float32": 2e-7, "float64": 1e-12}
# The error of |X|^p is p times that of |X| (1e-6, 1e-12) where p >= 1 ...
MEL_BOUND = {"float32": 3e-6, "float64": 1e-12}
# ... and below, near |X| = 0, its p-th power.
AMPLITUDE_BOUND = {"float32": 1e-6, "float64": 1e-12}
# Bands 80 dB below the largest, where the clip begins, have relative errors of 1e-3 (float32), that
# is 0.01 dB; coefficients are some hundred. The same in float64.
MFCC_BOUND = {"float32": 3e-5, "float64": 1e-10}
# Sums of at most 256 decibels, all of one size.
DCT_BOUND = {"float32": 3e-6, "float64": 1e-13}
# float32 input in double precision: two roundings to float32 (6e-8 of power is 3e-7 dB), and the
# logarithm of float32, whose result up to 100 dB is rounded by 4e-6 dB.
DOUBLE_LOG_BOUND = 1e-4
# In single precision an amplitude 80 dB (1e-4) below the largest has a relative error of 1e-3.
SINGLE_LOG_BOUND = 0.01
SINGLE_LOG_RANGE = 80

NORMS = ("slaney", "slaney", None, 1, 2, np.inf)


def mel_bound(power, dtype):
    name = np.dtype(dtype).name
    return MEL_BOUND[name] if power >= 1 else AMPLITUDE_BOUND[name] ** power


def check_order(ours, theirs):
    """C order; librosa has it for one channel, and for several what its product leaves."""
    assert ours.flags.c_contiguous
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape


# ---- filters -------------------------------------------------------------------------------------


def draw_bank(rng, n_fft=None):
    sr = (22050, 16000, 44100.5, 8000, np.int64(11025), np.float64(48000))[rng.integers(6)]
    fmin = float(rng.uniform(0, sr / 4)) if rng.random() < 0.5 else 0.0
    fmax = float(rng.uniform(fmin * 1.1 + 10, sr / 2 * 1.1)) if rng.random() < 0.5 else None
    return {
        "sr": sr,
        "n_mels": int(rng.choice([1, 2, 5, 13, 40, 64, 80, 128])),
        "fmin": fmin,
        "fmax": fmax,
        "htk": bool(rng.random() < 0.4),
        "norm": NORMS[rng.integers(len(NORMS))],
    }


@pytest.mark.parametrize("seed", range(150))
def test_filters_agree_with_librosa(librosa, errors, seed):
    rng = np.random.default_rng([10, seed])
    kwargs = {"n_fft": helpers.frame_size(rng, 4096), **draw_bank(rng)}
    kwargs["dtype"] = (np.float32, np.float64)[rng.integers(2)]
    ours = helpers.call(fastspec.mel_filter, **kwargs)
    theirs = helpers.call(librosa.filters.mel, **kwargs)
    helpers.agree(ours, theirs, helpers.__file__)
    np.testing.assert_array_equal(ours[0] == 0, theirs[0] == 0)
    name = np.dtype(kwargs["dtype"]).name
    error = helpers.error(ours[0], theirs[0])
    errors.check("mel_filter", name, "librosa", error, FILTER_BOUND[name], describe(kwargs))


@pytest.mark.parametrize("seed", range(60))
def test_filters_agree_with_the_definition(errors, seed):
    rng = np.random.default_rng([11, seed])
    kwargs = {"n_fft": helpers.frame_size(rng), **draw_bank(rng)}
    for name in ("float32", "float64"):
        expected = reference.mel_bank(**kwargs, dtype=name)
        error = helpers.error(fastspec.mel_filter(**kwargs, dtype=name), expected)
        errors.check("mel_filter", name, "definition", error, FILTER_BOUND[name], describe(kwargs))


def test_default_filters_are_those_of_librosa_bit_for_bit(librosa):
    for kwargs in (
        {"sr": 22050, "n_fft": 2048},
        {"sr": 16000, "n_fft": 400, "n_mels": 80},
        {"sr": 16000, "n_fft": 512, "n_mels": 40, "htk": True, "norm": None},
    ):
        np.testing.assert_array_equal(fastspec.mel_filter(**kwargs), librosa.filters.mel(**kwargs))


# ---- mel spectrograms ----------------------------------------------------------------------------


def draw_mel(seed, kinds=helpers.BROAD):
    rng = np.random.default_rng([12, seed])
    kwargs = helpers.frames(rng)
    shape = helpers.leading(rng)
    center = bool(rng.random() < 0.75)
    n = helpers.length(rng, kwargs, shape, center)
    dtype = (np.float32, np.float64)[rng.integers(2)]
    y = helpers.signal(rng, (*shape, n), dtype, kinds)
    kwargs |= draw_bank(rng)
    kwargs["center"] = center
    kwargs["pad_mode"] = ("constant", "reflect", "edge", helpers.pad_with_ramp)[rng.integers(4)]
    kwargs["power"] = (2.0, 2, 1, 1.0, 0.5, 1.5, 3)[rng.integers(7)]
    return helpers.layout(rng, y), kwargs


def split(kwargs):
    """The arguments as the reference takes them."""
    more = ("sr", "n_mels", "fmin", "fmax", "htk", "norm", "center", "pad_mode", "power")
    return {**helpers.plain(kwargs), **{name: kwargs[name] for name in more}, "tail": "librosa"}


@pytest.mark.parametrize("seed", range(350))
def test_melspectrogram_agrees_with_librosa(librosa, errors, seed):
    y, kwargs = draw_mel(seed)
    ours = helpers.call(fastspec.melspectrogram, y=y, **kwargs)
    theirs = helpers.call(librosa.feature.melspectrogram, y=y, **kwargs)
    if y.ndim == 1:
        helpers.agree(ours, theirs, helpers.__file__)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    check_order(ours[0], theirs[0])
    power = kwargs["power"]
    name = y.dtype.name
    error = helpers.error(ours[0], theirs[0])
    row = f"melspectrogram, power {float(power)}"
    errors.check(row, name, "librosa", error, mel_bound(power, name), describe(kwargs))


@pytest.mark.parametrize("seed", range(150))
def test_melspectrogram_agrees_with_the_definition(errors, seed):
    y, kwargs = draw_mel(1000 + seed)
    expected = reference.melspectrogram(y, **split(kwargs))
    power, name = kwargs["power"], y.dtype.name
    error = helpers.error(fastspec.melspectrogram(y=y, **kwargs), expected)
    row = f"melspectrogram, power {float(power)}"
    errors.check(row, name, "definition", error, mel_bound(power, name), describe(kwargs))


@pytest.mark.parametrize("seed", range(100))
def test_energy_outside_of_the_bands(librosa, errors, seed):
    """Tones and offsets that no band holds: the bound is of their size, not of the result's.

    With amplitudes up to X, known to 1e-6 X, and results of the size of B^p, the p-th power is
    known to p 1e-6 X / B.
    """
    y, kwargs = draw_mel(2000 + seed, helpers.NARROW)
    kwargs |= {"fmin": float(kwargs["sr"] / (8, 4, 3)[seed % 3]), "fmax": None}
    power, name = kwargs["power"], y.dtype.name
    spectra = reference.stft(
        y, center=kwargs["center"], pad_mode=kwargs["pad_mode"], tail="librosa",
        **helpers.plain(kwargs),
    )  # fmt: skip
    bank = reference.mel_bank(n_fft=kwargs["n_fft"], **{k: kwargs[k] for k in
                              ("sr", "n_mels", "fmin", "fmax", "htk", "norm")})  # fmt: skip
    amplitudes = np.abs(spectra)
    expected = bank @ amplitudes**power
    if not expected.any():
        return
    outside = amplitudes.max() / (expected.max() / bank.sum(axis=1).max()) ** (1 / power)
    ours = fastspec.melspectrogram(y=y, **kwargs)
    theirs = librosa.feature.melspectrogram(y=y, **kwargs)
    if power >= 1:
        bound = max(MEL_BOUND[name], power * AMPLITUDE_BOUND[name] * outside)
    else:
        bound = (AMPLITUDE_BOUND[name] * outside) ** power
    row = f"melspectrogram, power {float(power)}, outside"
    errors.note("melspectrogram, outside", name, "definition", helpers.error(ours, expected))
    errors.check(row, name, "librosa", helpers.error(ours, theirs), bound, describe(kwargs))
    errors.check(row, name, "definition", helpers.error(ours, expected), bound, describe(kwargs))
    if kwargs["pad_mode"] in ("constant", "reflect", "edge"):
        ours = fastspec.melspectrogram(y=y, **kwargs, precision="double")
        bound = mel_bound(power, name)
        row = f"melspectrogram, power {float(power)}, outside, double"
        error = helpers.error(ours, expected)
        errors.check(row, name, "definition", error, bound, describe(kwargs))


@pytest.mark.parametrize("seed", range(60))
def test_melspectrogram_of_spectra_agrees_with_librosa(librosa, errors, seed):
    rng = np.random.default_rng([13, seed])
    n_fft = helpers.frame_size(rng, 1024)
    shape = (*helpers.leading(rng), n_fft // 2 + 1, int(rng.integers(1, 40)))
    name = ("float32", "float64")[rng.integers(2)]
    S = helpers.layout(rng, np.square(rng.standard_normal(shape)).astype(name))
    kwargs = draw_bank(rng)
    if n_fft % 2 or rng.random() < 0.5:
        kwargs["n_fft"] = n_fft
    ours = helpers.call(fastspec.melspectrogram, S=S, **kwargs)
    theirs = helpers.call(librosa.feature.melspectrogram, S=S, **kwargs)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    check_order(ours[0], theirs[0])
    error = helpers.error(ours[0], theirs[0])
    errors.check("melspectrogram of S", name, "librosa", error, MEL_BOUND[name], describe(kwargs))
    expected = reference.mel_bank(**{**kwargs, "n_fft": n_fft}) @ S.astype(np.float64)
    error = helpers.error(ours[0], expected)
    errors.check("melspectrogram of S", name, "definition", error, MEL_BOUND[name])


def test_bank_of_float64(librosa):
    y = random(3000, dtype=np.float64)
    theirs = librosa.feature.melspectrogram(y=y, n_fft=512, dtype=np.float64)
    ours = fastspec.melspectrogram(y=y, n_fft=512, dtype=np.float64)
    assert helpers.error(ours, theirs) <= MEL_BOUND["float64"]
    narrow = fastspec.melspectrogram(y=y, n_fft=512)
    assert 1e-9 < helpers.error(narrow, ours) < 1e-6


def test_spectra_of_odd_sizes_need_n_fft(librosa):
    S = np.square(random(51, 7))
    for n_fft in (101, 100, 2048, None):
        ours = fastspec.melspectrogram(S=S, n_fft=n_fft, n_mels=9)
        theirs = librosa.feature.melspectrogram(S=S, n_fft=n_fft, n_mels=9)
        assert helpers.error(ours, theirs) <= MEL_BOUND["float32"]


def test_empty_bands_warn_every_time_and_where_it_was_called(librosa):
    y = random(3000)
    S = np.square(random(129, 5))
    calls = (
        (fastspec.melspectrogram, {"y": y, "n_fft": 256}),
        (fastspec.melspectrogram, {"S": S}),
        (fastspec.mfcc, {"y": y, "n_fft": 256}),
        (fastspec.mel_filter, {"sr": 22050, "n_fft": 256}),
        (fastspec.MelSpectrogram, {"n_fft": 256}),
        (fastspec.MFCC, {"n_fft": 256}),
    )
    for function, kwargs in calls:
        for _ in range(3):
            _, caught = helpers.call(function, **kwargs)
            assert [w.category for w in caught] == [UserWarning]
            assert str(caught[0].message).startswith("Empty filters detected")
            assert caught[0].filename == helpers.__file__
    plan = fastspec.MelSpectrogram(n_fft=256)
    assert helpers.call(plan, y)[1] == []


# ---- MFCC ----------------------------------------------------------------------------------------


def draw_mfcc(rng, n_mels):
    kwargs = {"n_mfcc": int(rng.integers(1, n_mels + 5)), "dct_type": int(rng.integers(1, 4))}
    if n_mels == 1:
        kwargs["dct_type"] = 2
    kwargs["norm"] = ("ortho", None)[rng.integers(2)]
    if rng.random() < 0.4:
        kwargs["lifter"] = (22, 13.5, 1)[rng.integers(3)]
        kwargs["n_mfcc"] = min(kwargs["n_mfcc"], n_mels)
    return kwargs


def draw_signal_for_mfcc(seed):
    """Arguments of mfcc, and those of its mel spectrogram."""
    y, kwargs = draw_mel(5000 + seed, helpers.ALL_KINDS)
    rng = np.random.default_rng([14, seed])
    mel = dict(kwargs)
    kwargs["mel_norm"] = kwargs.pop("norm")
    kwargs["power"] = mel["power"] = (2, 2, 1)[rng.integers(3)]
    cepstrum = draw_mfcc(rng, kwargs["n_mels"])
    return y, kwargs | cepstrum, mel, cepstrum


@pytest.mark.parametrize("seed", range(300))
def test_mfcc_agrees_with_librosa(librosa, errors, seed):
    y, kwargs, _, _ = draw_signal_for_mfcc(seed)
    ours = helpers.call(fastspec.mfcc, y=y, **kwargs)
    theirs = helpers.call(librosa.feature.mfcc, y=y, **kwargs)
    helpers.agree_on_warnings(ours[1], theirs[1], helpers.__file__)
    check_order(ours[0], theirs[0])
    error = helpers.error(ours[0], theirs[0])
    name = y.dtype.name
    errors.check("mfcc", name, "librosa", error, MFCC_BOUND[name], describe(kwargs))


@pytest.mark.parametrize("seed", range(150))
def test_mfcc_agrees_with_the_definition(errors, seed):
    y, kwargs, mel, cepstrum = draw_signal_for_mfcc(1000 + seed)
    log_mel = reference.decibels(reference.melspectrogram(y, **split(mel)), top_db=80)
    expected = reference.cepstrum(log_mel, **cepstrum)
    error = helpers.error(fastspec.mfcc(y=y, **kwargs), expected)
    name = y.dtype.name
    errors.check("mfcc", name, "definition", error, MFCC_BOUND[name], describe(kwargs))


@pytest.mark.parametrize("seed", range(80))
def test_mfcc_of_log_mels_agrees_with_librosa(librosa, errors, seed):
    rng = np.random.default_rng([15, seed])
    n_mels = int(rng.integers(1, 200))
    shape = (*helpers.leading(rng), n_mels, int(rng.integers(1, 30)))
    name = ("float32", "float64")[rng.integers(2)]
    S = helpers.layout(rng, rng.uniform(-80, 20, shape).astype(name))
    kwargs = draw_mfcc(rng, n_mels)
    ours = fastspec.mfcc(S=S, **kwargs)
    theirs = librosa.feature.mfcc(S=S, **kwargs)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    error = helpers.error(ours, theirs)
    errors.check("mfcc of S", name, "librosa", error, DCT_BOUND[name], describe(kwargs))
    error = helpers.error(ours, reference.cepstrum(S.astype(np.float64), **kwargs))
    errors.check("mfcc of S", name, "definition", error, DCT_BOUND[name], describe(kwargs))


def test_defaults_are_those_of_librosa(librosa):
    y = random(2, 20_000)
    theirs = librosa.feature.melspectrogram(y=y)
    assert helpers.error(fastspec.melspectrogram(y=y), theirs) <= MEL_BOUND["float32"]
    theirs = librosa.feature.mfcc(y=y)
    assert helpers.error(fastspec.mfcc(y=y), theirs) <= MFCC_BOUND["float32"]


@pytest.mark.parametrize("place", ["first", "middle", "last", "second channel"])
@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_mfcc_clips_below_the_maximum_of_the_whole_array(librosa, place, n_threads):
    y = 1e-5 * random(2, 60_000, dtype=np.float64)
    at = {"first": 0, "middle": 30_000, "last": 59_000, "second channel": 30_000}[place]
    y[1 if place == "second channel" else 0, at : at + 1000] *= 1e5
    ours = fastspec.mfcc(y=y, n_threads=n_threads)
    assert helpers.error(ours, librosa.feature.mfcc(y=y)) <= MFCC_BOUND["float64"]
    # The clip reaches the other channel.
    alone = fastspec.mfcc(y=y[0 if place == "second channel" else 1])
    other = ours[0 if place == "second channel" else 1]
    assert helpers.error(alone, other) > 0.01


# ---- logarithms and precision --------------------------------------------------------------------


def loud_and_quiet(rng, n):
    """A signal with a range of more than 120 dB: tones, a decay, noise, a silence."""
    t = np.arange(n)
    y = np.sin(rng.uniform(0.01, 3) * t) * np.exp(-t / (n / 5))
    y += 10 ** rng.uniform(-6, -1) * np.sin(rng.uniform(0.01, 3) * t)
    y += 10 ** rng.uniform(-7, -3) * rng.standard_normal(n)
    y[int(0.8 * n) : int(0.9 * n)] *= 1e-4
    return (10 ** rng.uniform(-2, 1) * y).astype(np.float32)


def draw_log_mel(seed):
    rng = np.random.default_rng([16, seed])
    y = loud_and_quiet(rng, int(rng.integers(4000, 12_000)))
    n_fft = int(rng.choice([256, 400, 512, 1024, 1021, 2048]))
    kwargs = {"n_fft": n_fft, "hop_length": n_fft // 4, "n_mels": int(rng.choice([20, 40, 64]))}
    return y, kwargs


@pytest.mark.parametrize("seed", range(60))
def test_log_mel_in_double_precision_is_that_of_librosa(librosa, errors, seed):
    y, kwargs = draw_log_mel(seed)
    mel = fastspec.melspectrogram(y=y, **kwargs, precision="double")
    their_mel = librosa.feature.melspectrogram(y=y, **kwargs)
    ours = fastspec.power_to_db(mel, top_db=None)
    theirs = librosa.power_to_db(their_mel, top_db=None)
    assert ours.dtype == np.float32
    above = theirs > -100 + DOUBLE_LOG_BOUND
    assert above.mean() > 0.05
    error = np.abs(ours - theirs.astype(np.float64))[above].max()
    errors.check("log-mel, double (dB)", "float32", "librosa", error, DOUBLE_LOG_BOUND)
    plan = fastspec.MelSpectrogram(**kwargs, log="db", precision="double")
    error = np.abs(plan(y) - theirs.astype(np.float64))[above].max()
    errors.check("MelSpectrogram('db'), double (dB)", "float32", "librosa", error, DOUBLE_LOG_BOUND)


@pytest.mark.parametrize("seed", range(100))
def test_log_mel_in_single_precision(librosa, errors, seed):
    y, kwargs = draw_log_mel(100 + seed)
    wide = y.astype(np.float64)
    energies = librosa.power_to_db(
        librosa.feature.melspectrogram(y=wide, **kwargs, norm=None), top_db=None
    )
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=wide, **kwargs), top_db=None)
    ours = fastspec.MelSpectrogram(**kwargs, log="db", precision="single")(y)
    error = np.abs(ours - theirs)
    # Down from the frame's largest band, by energy: Slaney's normalisation divides that of a wide
    # band by its width, so that 80 dB of its values are up to 15 dB more of energy.
    floor = theirs > -100 + SINGLE_LOG_BOUND
    above = (energies > energies.max(axis=0) - SINGLE_LOG_RANGE) & floor
    assert above.mean() > 0.05
    row = "MelSpectrogram('db'), single (dB)"
    errors.check(row, "float32", "librosa", error[above].max(), SINGLE_LOG_BOUND)
    above = (theirs > theirs.max(axis=0) - SINGLE_LOG_RANGE) & floor
    errors.note(row + ", by value", "float32", "librosa", error[above].max())


def test_precision_changes_bits_and_not_types():
    y = random(5000)
    for function in (fastspec.melspectrogram, fastspec.mfcc):
        single = function(y=y, precision="single")
        double = function(y=y, precision="double")
        assert single.dtype == double.dtype == np.float32
        assert not np.array_equal(single, double)
        wide = function(y=y.astype(np.float64))
        assert wide.dtype == np.float64
        assert helpers.error(double, wide) <= 2e-7 < 1e-5
        for precision in ("single", "double"):
            again = function(y=y.astype(np.float64), precision=precision)
            np.testing.assert_array_equal(again, wide)


# ---- threads and layout --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_do_not_depend_on_threads_or_batches(dtype):
    y = random(3, 20_011, dtype=dtype)
    mel = fastspec.melspectrogram(y=y, n_fft=512, hop_length=100)
    mfcc = fastspec.mfcc(y=y, n_fft=512, hop_length=100)
    for n_threads in (2, 3, 7):
        kwargs = {"y": y, "n_fft": 512, "hop_length": 100, "n_threads": n_threads}
        np.testing.assert_array_equal(fastspec.melspectrogram(**kwargs), mel)
        np.testing.assert_array_equal(fastspec.mfcc(**kwargs), mfcc)
    for i in range(3):
        alone = fastspec.melspectrogram(y=y[i], n_fft=512, hop_length=100)
        np.testing.assert_array_equal(alone, mel[i])


def test_spectra_may_have_any_layout():
    S = np.square(random(2, 129, 30))
    expected = fastspec.melspectrogram(S=S, n_mels=20)
    log_mels = 10 * np.log10(expected)
    cepstra = fastspec.mfcc(S=log_mels)
    for change in (
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=1)[:, ::2],
        lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
        lambda x: x.astype(">f4"),
    ):
        np.testing.assert_array_equal(fastspec.melspectrogram(S=change(S), n_mels=20), expected)
        error = helpers.error(fastspec.mfcc(S=change(log_mels)), cepstra)
        assert error <= DCT_BOUND["float32"]


# ---- bad input -----------------------------------------------------------------------------------

FUNCTIONS = (fastspec.melspectrogram, fastspec.mfcc)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_input(function):
    refused("y", function)
    refused("y", function, y=None, S=None)
    with pytest.raises(TypeError):
        function(random(3000))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("pad_mode", ["constant", helpers.pad_with_ramp])
def test_what_is_no_signal(function, pad_mode):
    for bad in (
        np.array([1, np.nan], np.float32), np.array([1, np.inf]), np.zeros(0), np.array(1.0),
        np.ones(9, int), np.ones(9, complex), np.ones(9, object), [1.0, 2.0], 3.0, np.zeros((3, 0)),
    ):  # fmt: skip
        refused("y", function, y=bad, n_fft=2, n_mels=1, pad_mode=pad_mode)
    refused("n_fft", function, y=random(9), n_fft=10, n_mels=2, center=False)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_channels(function):
    assert function(y=np.zeros((0, 4096), np.float32)).shape[::2] == (0, 9)
    assert fastspec.melspectrogram(S=np.zeros((0, 129, 4))).shape == (0, 128, 4)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ["n_fft", "hop_length", "win_length", "n_mels", "n_threads"])
def test_bad_integers(function, name):
    for bad in (*helpers.NOT_INTEGERS, 0, -2, 2**63, 10**30):
        refused(name, function, y=random(100), **{"n_fft": 32, "n_mels": 4, name: bad})
    if name != "n_threads":
        good = {"n_fft": 32, "n_mels": 4, name: Index(4)}
        np.testing.assert_array_equal(
            function(y=random(100), **good), function(y=random(100), **{**good, name: 4})
        )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_reals(function):
    y = random(100)
    for name in ("sr", "power"):
        for bad in (*helpers.NOT_REALS, 0, -1, np.inf, None):
            refused(name, function, y=y, n_fft=32, n_mels=4, **{name: bad})
    for bad in (*helpers.NOT_REALS, -1, np.inf, None):
        refused("fmin", function, y=y, n_fft=32, n_mels=4, fmin=bad)
    for bad in (*helpers.NOT_REALS, -1, 0, np.inf):
        refused("fmax", function, y=y, n_fft=32, n_mels=4, fmax=bad)
    for fmin, fmax in ((300, 300), (300, 200), (11025, None), (20_000, None)):
        refused("fmin", function, y=y, n_fft=32, n_mels=4, fmin=fmin, fmax=fmax)
        refused("fmax", function, y=y, n_fft=32, n_mels=4, fmin=fmin, fmax=fmax)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_names(function):
    y = random(100)
    name = "norm" if function is fastspec.melspectrogram else "mel_norm"
    for bad in ("slany", "", 0, -1, True, [1], 1j, float("nan")):
        refused(name, function, y=y, n_fft=32, n_mels=4, **{name: bad})
    assert "'slaney'" in refused(name, function, y=y, n_fft=32, n_mels=4, **{name: "slany"})
    for bad in (1, None, "yes"):
        refused("htk", function, y=y, n_fft=32, n_mels=4, htk=bad)
        refused("center", function, y=y, n_fft=32, n_mels=4, center=bad)
    for bad in ("reflekt", "wrap", None):
        refused("pad_mode", function, y=y, n_fft=32, n_mels=4, pad_mode=bad)
    for bad in ("hannn", np.ones(31), None):
        refused("window", function, y=y, n_fft=32, n_mels=4, window=bad)
    for bad in ("f2", int, "nonsense", complex):
        refused("dtype", function, y=y, n_fft=32, n_mels=4, dtype=bad)
    refused("precision", function, y=y, n_fft=32, n_mels=4, precision="doubel")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_unknown_keywords_get_a_suggestion(function):
    message = refused("n_mel", function, y=random(100), n_mel=4)
    assert "did you mean 'n_mels'" in message
    refused("foo", function, y=random(100), foo=4)
    refused("foo", function, S=np.ones((17, 4)), foo=4)


def test_bad_cepstra():
    y, S = random(100), random(20, 7)
    for given in ({"y": y, "n_fft": 32, "n_mels": 4}, {"S": S}):
        for bad in (*helpers.NOT_INTEGERS, 0, -1):
            refused("n_mfcc", fastspec.mfcc, **given, n_mfcc=bad)
        for bad in (*helpers.NOT_INTEGERS[:2], 0, 4, "2", 2.0, None):
            refused("dct_type", fastspec.mfcc, **given, dct_type=bad)
        for bad in ("orto", "backward", 1, True):
            refused("norm", fastspec.mfcc, **given, norm=bad)
        for bad in (*helpers.NOT_REALS, -1, -0.5, np.inf, None):
            refused("lifter", fastspec.mfcc, **given, lifter=bad)
        refused("n_mfcc", fastspec.mfcc, **given, n_mfcc=21, lifter=22)
    refused("dct_type", fastspec.mfcc, S=random(1, 7), dct_type=1)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_bad_spectra(function):
    for bad in ([1.0], np.ones(5), np.array(1.0), np.ones((5, 4), complex), np.ones((5, 4), object),
                np.full((5, 4), "x"), np.ones((0, 4)), "S"):  # fmt: skip
        refused("S", function, S=bad)


def test_bad_filters():
    good = {"sr": 8000, "n_fft": 64, "n_mels": 4}
    for name in ("n_fft", "n_mels"):
        for bad in (*helpers.NOT_INTEGERS, 0, -1, None, 10**30):
            refused(name, fastspec.mel_filter, **{**good, name: bad})
    for bad in (*helpers.NOT_REALS, 0, -1, np.inf, None):
        refused("sr", fastspec.mel_filter, **{**good, "sr": bad})
    refused("n_mels", fastspec.mel_filter, sr=8000, n_fft=2**29, n_mels=2**23)
    with pytest.raises(TypeError):
        fastspec.mel_filter(8000, 64)
