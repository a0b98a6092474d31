"""Unit conversions: against librosa bit for bit, and against the formulas."""

import math
import re

import numpy as np
import pytest

from fastspec import convert
from fastspec._validate import ParameterError

RATES = (22050, 16000.0, 44100.5, 8000, np.int64(11025), np.float32(48000))
N_CASES = 25

by_index = pytest.mark.parametrize("name", ["frames_to_samples", "samples_to_frames"])
by_index_and_rate = pytest.mark.parametrize("name", ["frames_to_time", "time_to_frames"])


@pytest.fixture(scope="module")
def librosa():
    return pytest.importorskip("librosa", minversion="0.11")


def same(ours, theirs):
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def data(kind, rng, high):
    """Random non-negative data below a bound, in one of the forms that a caller may have."""
    if kind == "int":
        return int(rng.uniform(0, high))
    if kind == "float":
        return float(rng.uniform(0, high))
    if kind == "list":
        return rng.uniform(0, high, rng.integers(10)).tolist()
    if kind == "matrix":
        return rng.uniform(0, high, (3, rng.integers(10)))
    if kind == "0d":
        return np.array(rng.uniform(0, high))
    if kind == "strided":
        return rng.uniform(0, high, 30)[::-3]
    dtype, _, form = kind.partition(" ")
    values = rng.uniform(0, min(high, 250), rng.integers(1, 20)).astype(dtype)
    return values[0] if form == "scalar" else values


KINDS = ["int", "float", "list", "matrix", "0d", "strided"] + [
    dtype + form
    for dtype in ("float64", "float32", "float16", "int64", "int32", "uint8")
    for form in ("", " scalar")
]
# Narrow types overflow in librosa's integer conversions.
WIDE_KINDS = [kind for kind in KINDS if not re.match("float16|int32|uint8", kind)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("htk", [False, True])
def test_mels_equal_librosa(librosa, kind, htk):
    rng = np.random.default_rng(1)
    for _ in range(N_CASES):
        hertz = data(kind, rng, 5000)
        same(convert.hz_to_mel(hertz, htk=htk), librosa.hz_to_mel(hertz, htk=htk))
        mels = data(kind, rng, 2000 if htk else 60)
        with np.errstate(over="ignore"):  # float16
            same(convert.mel_to_hz(mels, htk=htk), librosa.mel_to_hz(mels, htk=htk))


@pytest.mark.parametrize("htk", [False, True])
@pytest.mark.parametrize("value", [0.0, -0.0, -100.0, 1000.0, np.nextafter(1000, 0), math.nan])
def test_mels_of_special_values_equal_librosa(librosa, htk, value):
    for hertz in (value, [value, 440.0]):
        same(convert.hz_to_mel(hertz, htk=htk), librosa.hz_to_mel(hertz, htk=htk))
        same(convert.mel_to_hz(hertz, htk=htk), librosa.mel_to_hz(hertz, htk=htk))


def test_mels_follow_the_formulas():
    def slaney(f):
        return 3 * f / 200 if f < 1000 else 15 + 27 * math.log(f / 1000) / math.log(6.4)

    def htk(f):
        return 2595 * math.log10(1 + f / 700)

    for hertz in np.random.default_rng(2).uniform(0, 20000, 200).tolist():
        assert convert.hz_to_mel(hertz) == pytest.approx(slaney(hertz), rel=1e-14)
        assert convert.hz_to_mel(hertz, htk=True) == pytest.approx(htk(hertz), rel=1e-14)
        assert convert.mel_to_hz(slaney(hertz)) == pytest.approx(hertz, rel=1e-13)
        assert convert.mel_to_hz(htk(hertz), htk=True) == pytest.approx(hertz, rel=1e-12)


def test_mel_frequencies_equal_librosa(librosa):
    rng = np.random.default_rng(3)
    same(convert.mel_frequencies(), librosa.mel_frequencies())
    for _ in range(200):
        n_mels = int(rng.integers(1, 200))
        fmin, fmax = rng.uniform(0, 12000, 2).tolist()
        htk = bool(rng.integers(2))
        same(
            convert.mel_frequencies(n_mels, fmin=fmin, fmax=fmax, htk=htk),
            librosa.mel_frequencies(n_mels, fmin=fmin, fmax=fmax, htk=htk),
        )


def test_mel_frequencies_are_equally_spaced():
    mels = convert.hz_to_mel(convert.mel_frequencies(41, fmin=20, fmax=8000))
    np.testing.assert_allclose(np.diff(mels), np.diff(mels).mean(), rtol=1e-12)
    np.testing.assert_allclose(convert.mel_to_hz(mels[[0, -1]]), [20, 8000], rtol=1e-13)


@pytest.mark.parametrize("sr", RATES[:-1])
def test_fft_frequencies_equal_librosa(librosa, sr):
    for n_fft in (1, 2, 3, 400, 441, 512, 2048, np.int32(1024)):
        same(
            convert.fft_frequencies(sr=sr, n_fft=n_fft),
            librosa.fft_frequencies(sr=sr, n_fft=n_fft),
        )
    same(convert.fft_frequencies(), librosa.fft_frequencies())


def test_fft_frequencies_follow_the_formula():
    for n_fft in (1, 2, 7, 16):
        expected = [16000 * k / n_fft for k in range(n_fft // 2 + 1)]
        np.testing.assert_allclose(convert.fft_frequencies(sr=16000, n_fft=n_fft), expected)


@pytest.mark.parametrize("kind", WIDE_KINDS)
@by_index
def test_indices_equal_librosa(librosa, name, kind):
    ours, theirs = getattr(convert, name), getattr(librosa, name)
    rng = np.random.default_rng(4)
    for _ in range(N_CASES):
        values = data(kind, rng, 10**5)
        same(ours(values), theirs(values))
        hop_length, n_fft = (int(x) for x in rng.integers(1, 3000, 2))
        for width in (None, n_fft):
            same(
                ours(values, hop_length=hop_length, n_fft=width),
                theirs(values, hop_length=hop_length, n_fft=width),
            )


@pytest.mark.parametrize("kind", WIDE_KINDS)
@by_index_and_rate
def test_frames_and_times_equal_librosa(librosa, name, kind):
    ours, theirs = getattr(convert, name), getattr(librosa, name)
    rng = np.random.default_rng(5)
    for sr in RATES:
        values = data(kind, rng, 10**4)
        same(ours(values), theirs(values))
        hop_length, n_fft = (int(x) for x in rng.integers(1, 3000, 2))
        for width in (None, n_fft):
            same(
                ours(values, sr=sr, hop_length=hop_length, n_fft=width),
                theirs(values, sr=sr, hop_length=hop_length, n_fft=width),
            )


@pytest.mark.parametrize("kind", WIDE_KINDS)
@pytest.mark.parametrize("name", ["samples_to_time", "time_to_samples"])
def test_samples_and_times_equal_librosa(librosa, name, kind):
    ours, theirs = getattr(convert, name), getattr(librosa, name)
    rng = np.random.default_rng(6)
    for sr in RATES:
        for _ in range(N_CASES):
            values = data(kind, rng, 10**4)
            same(ours(values), theirs(values))
            same(ours(values, sr=sr), theirs(values, sr=sr))


def test_scalars_give_what_librosa_gives():
    for result in (
        convert.hz_to_mel(440),
        convert.mel_to_hz(3),
        convert.samples_to_time(1),
        convert.frames_to_time(1),
    ):
        assert type(result) is np.float64
    for result in (convert.frames_to_samples(1), convert.time_to_samples(1)):
        assert type(result) is np.int64
    for result in (convert.samples_to_frames(1), convert.time_to_frames(1)):
        assert type(result) is np.ndarray
        assert result.shape == ()
        assert result.dtype == np.int64


def test_indices_follow_the_formulas():
    rng = np.random.default_rng(7)
    for _ in range(100):
        i, hop, n_fft = (int(x) for x in rng.integers(1, 10**4, 3))
        assert convert.frames_to_samples(i, hop_length=hop) == i * hop
        assert convert.frames_to_samples(i, hop_length=hop, n_fft=n_fft) == i * hop + n_fft // 2
        assert convert.samples_to_frames(i, hop_length=hop) == i // hop
        assert convert.samples_to_frames(i, hop_length=hop, n_fft=n_fft) == (i - n_fft // 2) // hop
        assert convert.samples_to_time(i, sr=16000) == i / 16000
        assert convert.frames_to_time(i, hop_length=hop, sr=16000) == i * hop / 16000
        assert convert.time_to_samples(i / 16, sr=16000) == i * 1000
        assert convert.time_to_frames(i / 16, sr=16000, hop_length=hop) == i * 1000 // hop


def test_negative_times_round_to_zero_and_samples_down():
    assert convert.time_to_samples(-0.99, sr=1) == 0
    assert convert.samples_to_frames(-1, hop_length=512) == -1


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint64])
def test_narrow_and_unsigned_integers_do_not_wrap(dtype):
    values = np.array([0, 1, 100], dtype=dtype)
    np.testing.assert_array_equal(convert.frames_to_samples(values), [0, 512, 51200])
    np.testing.assert_array_equal(convert.time_to_samples(values, sr=44100), [0, 44100, 4410000])
    np.testing.assert_array_equal(
        convert.samples_to_frames(values, hop_length=1, n_fft=100), [-50, -49, 50]
    )
    assert convert.frames_to_samples(values[2], hop_length=10**9) == 10**11


def test_data_is_not_modified():
    values = np.array([100.0, 2000.0])
    for name in convert.__all__:
        if "_to_" in name:
            getattr(convert, name)(values)
    np.testing.assert_array_equal(values, [100.0, 2000.0])


def test_keyword_only():
    for call in (
        lambda: convert.hz_to_mel(1, True),
        lambda: convert.fft_frequencies(22050),
        lambda: convert.mel_frequencies(40, 0.0),
        lambda: convert.frames_to_samples(1, 512),
        lambda: convert.time_to_samples(1, 22050),
    ):
        with pytest.raises(TypeError):
            call()


CONVERSIONS = [name for name in convert.__all__ if "_to_" in name]
TO_WHOLE = [name for name in CONVERSIONS if re.match("frames|time|samples_to_frames", name)]


@pytest.mark.parametrize("name", CONVERSIONS)
@pytest.mark.parametrize(
    "value",
    ["440", None, True, [True], 1j, [1j], ["a"], [[1], [1, 2]], {}, object(), np.datetime64("NaT")],
)
def test_data_that_is_not_real_is_refused(name, value):
    argument = name.split("_to_")[0]
    argument = {"hz": "frequencies", "mel": "mels", "time": "times"}.get(argument, argument)
    with pytest.raises(ParameterError, match=f"^{argument}=.*: must be"):
        getattr(convert, name)(value)


@pytest.mark.parametrize("name", TO_WHOLE)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 1.7e308, [0.0, math.nan]])
def test_what_has_no_index_is_refused(name, value):
    with pytest.raises(ParameterError, match="must be finite and within the range of int64"):
        getattr(convert, name)(value)


def test_uint64_beyond_int64_is_refused():
    with pytest.raises(ParameterError, match=r"^frames=.*: must be < 2\*\*63"):
        convert.frames_to_samples(2**63)


BAD_LENGTHS = [0, -1, 512.0, True, math.nan, "512", [512], 10**30]
BAD_RATES = [0, -1.0, math.nan, math.inf, True, "22050", 1j, None, [22050]]


@pytest.mark.parametrize("bad", BAD_LENGTHS)
@pytest.mark.parametrize("argument", ["hop_length", "n_fft"])
@pytest.mark.parametrize(
    "name", ["frames_to_samples", "samples_to_frames", "frames_to_time", "time_to_frames"]
)
def test_bad_lengths(name, argument, bad):
    with pytest.raises(ParameterError, match=f"^{argument}=.*: must be an integer >= 1"):
        getattr(convert, name)(1, **{argument: bad})


@pytest.mark.parametrize("bad", BAD_RATES)
@pytest.mark.parametrize(
    "name", ["samples_to_time", "time_to_samples", "frames_to_time", "time_to_frames"]
)
def test_bad_rates(name, bad):
    with pytest.raises(ParameterError, match=r"^sr=.*: must be a finite number > 0"):
        getattr(convert, name)(1, sr=bad)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("fft_frequencies", {"sr": 0}, "sr=0: must be a finite number > 0"),
        ("fft_frequencies", {"n_fft": 0}, "n_fft=0: must be an integer >= 1"),
        ("fft_frequencies", {"n_fft": 16.0}, "n_fft=16.0: must be an integer >= 1"),
        ("mel_frequencies", {"n_mels": 0}, "n_mels=0: must be an integer >= 1"),
        ("mel_frequencies", {"n_mels": 2.0}, "n_mels=2.0: must be an integer >= 1"),
        ("mel_frequencies", {"fmin": -1}, "fmin=-1: must be a finite number >= 0"),
        ("mel_frequencies", {"fmax": math.nan}, "fmax=nan: must be a finite number >= 0"),
        ("mel_frequencies", {"fmax": None}, "fmax=None: must be a finite number >= 0"),
        ("mel_frequencies", {"htk": 1}, "htk=1: must be True or False"),
        ("hz_to_mel", {"frequencies": 1, "htk": None}, "htk=None: must be True or False"),
        ("mel_to_hz", {"mels": 1, "htk": "no"}, "htk='no': must be True or False"),
    ],
)
def test_bad_parameters(name, arguments, message):
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        getattr(convert, name)(**arguments)
