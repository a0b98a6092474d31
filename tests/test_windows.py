"""Windows: against scipy and librosa, and against definitions and defining properties."""

import array
import fractions
import math
import random
import re
import warnings

import numpy as np
import pytest

from fastspec._validate import ParameterError
from fastspec.windows import get_window, pad_window

PLAIN = [
    "barthann",
    "bartlett",
    "blackman",
    "blackmanharris",
    "bohman",
    "boxcar",
    "cosine",
    "flattop",
    "hamming",
    "hann",
    "lanczos",
    "nuttall",
    "parzen",
    "triang",
]

ALIASES = [
    ("barthann", ["brthan", "bth"]),
    ("bartlett", ["bart", "brt"]),
    ("blackman", ["black", "blk"]),
    ("blackmanharris", ["blackharr", "bkh"]),
    ("bohman", ["bman", "bmn"]),
    ("boxcar", ["box", "ones", "rect", "rectangular"]),
    ("cosine", ["halfcosine"]),
    ("flattop", ["flat", "flt"]),
    ("hamming", ["hamm", "ham"]),
    ("hann", ["han"]),
    ("lanczos", ["sinc"]),
    ("nuttall", ["nutl", "nut"]),
    ("parzen", ["parz", "par"]),
    ("triang", ["triangle", "tri"]),
    (("chebwin", 70.0), ["cheb"]),
    (("exponential", None, 9.0), ["poisson"]),
    (("gaussian", 5.0), ["gauss", "gss"]),
    (("general_cosine", [0.5, 0.3, 0.2]), ["general cosine"]),
    (
        ("general_gaussian", 1.5, 5.0),
        ["general gaussian", "general gauss", "general_gauss", "ggs"],
    ),
    (("general_hamming", 0.6), ["general hamming"]),
    (("kaiser", 5.0), ["ksr"]),
    (("kaiser_bessel_derived", 5.0), ["kaiser bessel derived", "kbd"]),
    (("taylor", 5, 35.0), ["taylorwin"]),
    (("tukey", 0.3), ["tuk"]),
    (("dpss", 2.5), []),
]


def parametric(rng):
    """Random windows with parameters."""
    return [
        ("kaiser", rng.choice([0, rng.uniform(-20, 20), rng.uniform(0, 300)])),
        rng.uniform(0, 20),
        rng.randint(0, 20),
        ("gaussian", 10 ** rng.uniform(-1, 3)),
        ("general_gaussian", rng.uniform(0.3, 4), 10 ** rng.uniform(-1, 3)),
        ("general_hamming", rng.uniform(-0.5, 1.5)),
        ("general_cosine", [rng.uniform(-1, 1) for _ in range(rng.randint(1, 8))]),
        ("general_cosine", np.array([0.5, 0.25, 0.125])),
        ("chebwin", rng.choice([0, 1, -1]) * rng.uniform(0, 150)),
        ("chebwin", rng.uniform(45, 200)),
        "exponential",
        ("exponential",),
        ("exponential", None, 10 ** rng.uniform(-1, 3)),
        "taylor",
        ("taylor", rng.randint(1, 20)),
        ("taylor", rng.randint(1, 8), rng.uniform(10, 80), rng.choice([True, False])),
        "tukey",
        ("tukey", rng.choice([-1, 0, 0.01, 1, 2, rng.uniform(0, 1)])),
    ]


def sizes(seed):
    rng = random.Random(seed)
    return [*range(1, 18), *(rng.randint(18, 2047) for _ in range(6)), 400, 512, 2047, 2048]


def label(spec):
    return spec if isinstance(spec, str) else spec[0]


@pytest.fixture(scope="module")
def scipy_window():
    signal = pytest.importorskip("scipy.signal")

    def window(spec, size, *, fftbins=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return signal.get_window(spec, size, fftbins=fftbins)

    return window


@pytest.fixture(scope="module")
def librosa():
    return pytest.importorskip("librosa", minversion="0.11")


# Against scipy and librosa


def agrees(ours, theirs, tolerance=1e-12):
    assert ours.dtype == np.float64
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


@pytest.mark.parametrize("fftbins", [True, False])
@pytest.mark.parametrize("name", PLAIN)
def test_plain_windows_agree_with_scipy(scipy_window, name, fftbins):
    for size in sizes(name):
        agrees(get_window(name, size, fftbins=fftbins), scipy_window(name, size, fftbins=fftbins))


@pytest.mark.filterwarnings("ignore:a Chebyshev window")
@pytest.mark.parametrize("fftbins", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_parametric_windows_agree_with_scipy(scipy_window, seed, fftbins):
    rng = random.Random(seed)
    for size in sizes(seed):
        for spec in parametric(rng):
            agrees(
                get_window(spec, size, fftbins=fftbins), scipy_window(spec, size, fftbins=fftbins)
            )


def test_chebyshev_agrees_with_scipy_where_rounding_is_magnified(scipy_window):
    for size, decibels in ((1034, 60), (1034, 150), (1670, 60), (1953, 45), (2048, 100)):
        for fftbins in (True, False):
            spec = ("chebwin", decibels)
            agrees(
                get_window(spec, size, fftbins=fftbins), scipy_window(spec, size, fftbins=fftbins)
            )


def test_exponential_with_a_centre_agrees_with_scipy(scipy_window):
    rng = random.Random(1)
    for size in sizes(1):
        spec = ("exponential", rng.uniform(-10, size + 10), rng.uniform(0.1, 100))
        agrees(get_window(spec, size), scipy_window(spec, size))


def test_kaiser_bessel_derived_agrees_with_scipy(scipy_window):
    rng = random.Random(2)
    for size in (2, 4, 6, 64, 400, 2046, 2048):
        spec = ("kaiser_bessel_derived", rng.uniform(0, 30))
        agrees(get_window(spec, size, fftbins=False), scipy_window(spec, size, fftbins=False))


@pytest.mark.parametrize("fftbins", [True, False])
@pytest.mark.parametrize("nw", [1e-3, 0.5, 1, 2.5, 4, 20.0, 200.0, "widest"])
def test_dpss_agrees_with_scipy(scipy_window, nw, fftbins):
    for size in sizes(nw):
        spec = ("dpss", 0.4999 * size if nw == "widest" else nw)
        if spec[1] < size / 2:
            ours = get_window(spec, size, fftbins=fftbins)
            agrees(ours, scipy_window(spec, size, fftbins=fftbins), 1e-9)


def test_names_are_those_of_scipy():
    pytest.importorskip("scipy", minversion="1.17")
    from scipy.signal import get_window as scipy_get_window

    for spec, aliases in ALIASES:
        for alias in aliases:
            theirs = alias if isinstance(spec, str) else (alias, *spec[1:])
            agrees(
                get_window(theirs, 32, fftbins=False), scipy_get_window(theirs, 32, fftbins=False)
            )


@pytest.mark.parametrize("suffix", ["_periodic", "_symmetric"])
def test_suffixes_agree_with_scipy(suffix):
    signal = pytest.importorskip("scipy.signal")
    pytest.importorskip("scipy", minversion="1.17")
    for fftbins in (True, False):
        for spec in ("hann" + suffix, ("kaiser" + suffix, 8.0), "tri" + suffix):
            agrees(
                get_window(spec, 33, fftbins=fftbins), signal.get_window(spec, 33, fftbins=fftbins)
            )


@pytest.mark.parametrize(
    "spec",
    [
        "hann",
        ("kaiser", 4.0),
        8,
        3.5,
        np.float32(2.5),
        np.int64(3),
        fractions.Fraction(7, 2),
        np.hanning,
        np.arange(32.0),
        np.arange(32, dtype=np.int16),
        np.arange(32, dtype=np.float32),
        list(range(32)),
    ],
    ids=lambda spec: getattr(spec, "__name__", repr(spec)),
)
@pytest.mark.parametrize("fftbins", [True, False])
def test_specifications_agree_with_librosa(librosa, spec, fftbins):
    agrees(
        get_window(spec, 32, fftbins=fftbins),
        librosa.filters.get_window(spec, 32, fftbins=fftbins),
    )


def test_padding_equals_librosa(librosa):
    rng = np.random.default_rng(3)
    for _ in range(200):
        n = int(rng.integers(0, 50))
        n_fft = int(rng.integers(max(n, 1), 100))
        window = rng.normal(size=n)
        padded = pad_window(window, n_fft)
        assert padded.dtype == np.float64
        np.testing.assert_array_equal(padded, librosa.util.pad_center(window, size=n_fft))


# Against definitions


def bessel_i0(x):
    term, total, k = 1.0, 1.0, 0
    while term > 1e-18 * total:
        k += 1
        term *= (x / 2 / k) ** 2
        total += term
    return total


def cosine_sum(*weights):
    def value(n, size):
        return math.fsum(
            (-1) ** k * weight * math.cos(2 * math.pi * k * n / (size - 1))
            for k, weight in enumerate(weights)
        )

    return value


DEFINITIONS = {
    "boxcar": lambda n, size: 1.0,
    "hann": lambda n, size: math.sin(math.pi * n / (size - 1)) ** 2,
    "hamming": cosine_sum(0.54, 0.46),
    "blackman": cosine_sum(0.42, 0.5, 0.08),
    "nuttall": cosine_sum(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": cosine_sum(0.35875, 0.48829, 0.14128, 0.01168),
    "bartlett": lambda n, size: 1 - abs(2 * n / (size - 1) - 1),
    "triang": lambda n, size: 1 - abs((2 * n - size + 1) / (size + size % 2)),
    "cosine": lambda n, size: math.sin(math.pi * (n + 0.5) / size),
    "povey": lambda n, size: (0.5 - 0.5 * math.cos(2 * math.pi * n / (size - 1))) ** 0.85,
    ("gaussian", 7.5): lambda n, size: math.exp(-(((n - (size - 1) / 2) / 7.5) ** 2) / 2),
    ("exponential", None, 6.0): lambda n, size: math.exp(-abs(n - (size - 1) / 2) / 6),
    ("general_hamming", 0.7): cosine_sum(0.7, 0.3),
    ("kaiser", 9.0): lambda n, size: (
        bessel_i0(9 * math.sqrt(max(0, 1 - (2 * n / (size - 1) - 1) ** 2))) / bessel_i0(9)
    ),
}


@pytest.mark.parametrize("spec", DEFINITIONS, ids=label)
def test_definitions(spec):
    for size in (2, 3, 4, 25, 64, 401):
        expected = [DEFINITIONS[spec](n, size) for n in range(size)]
        np.testing.assert_allclose(
            get_window(spec, size, fftbins=False), expected, rtol=0, atol=1e-14
        )


@pytest.mark.parametrize("size", [2, 3, 10, 33, 128])
@pytest.mark.parametrize("part", [0.001, 0.02, 0.1, 0.4, 0.49])
def test_dpss_concentrates_most_energy(size, part):
    nw = part * size
    # The energy inside the band is the quadratic form of this matrix.
    lag = np.subtract.outer(np.arange(size), np.arange(size))
    inside = 2 * nw / size * np.sinc(2 * nw / size * lag)
    best = np.linalg.eigvalsh(inside)[-1]
    window = get_window(("dpss", nw), size, fftbins=False)
    assert (window > 0).all()
    assert window @ inside @ window / (window @ window) == pytest.approx(best, abs=1e-12)


def test_dpss_solves_the_tridiagonal_problem():
    # A tight bound: neighbouring eigenvalues of the 2049 are 1e-6 of the largest apart.
    size, nw = 2049, 0.5
    t = np.arange(size)
    diagonal = ((size - 1) / 2 - t) ** 2 * math.cos(2 * math.pi * nw / size)
    edge = t[1:] * (size - t[1:]) / 2
    v = get_window(("dpss", nw), size, fftbins=False)
    image = diagonal * v
    image[1:] += edge * v[:-1]
    image[:-1] += edge * v[1:]
    np.testing.assert_allclose(image, (v @ image) / (v @ v) * v, rtol=1e-13)


@pytest.mark.parametrize("size", [32, 63])
def test_chebyshev_sidelobes_are_level(size):
    spectrum = np.abs(np.fft.rfft(get_window(("chebwin", 60), size, fftbins=False), 1 << 16))
    spectrum /= spectrum[0]
    inner = spectrum[1:-1]
    peaks = inner[(inner > spectrum[:-2]) & (inner > spectrum[2:])]
    np.testing.assert_allclose(20 * np.log10(peaks), -60, atol=0.01)


def test_taylor_near_sidelobes_are_at_the_level():
    window = get_window(("taylor", 4, 35.0), 64, fftbins=False)
    spectrum = np.abs(np.fft.rfft(window, 1 << 16))
    inner = spectrum[1:-1]
    peaks = inner[(inner > spectrum[:-2]) & (inner > spectrum[2:])] / spectrum[0]
    assert 20 * math.log10(peaks.max()) == pytest.approx(-35, abs=0.5)


def test_kaiser_bessel_derived_is_power_complementary():
    window = get_window(("kbd", 4.0), 64, fftbins=False)
    np.testing.assert_allclose(window[:32] ** 2 + window[32:] ** 2, 1, rtol=1e-14)


# Form


@pytest.mark.parametrize("spec", [spec for spec, _ in ALIASES], ids=label)
def test_symmetric_is_exactly_symmetric_and_periodic_is_its_head(spec):
    for size in (1, 2, 3, 7, 8, 64, 441):
        if spec[0] == "kaiser_bessel_derived" and size % 2:
            continue
        if spec[0] == "dpss" and size <= 6:
            continue
        window = get_window(spec, size, fftbins=False)
        assert window.flags.c_contiguous
        assert window.flags.writeable
        np.testing.assert_array_equal(window, window[::-1])
        if size > 7 and spec[0] != "kaiser_bessel_derived":
            np.testing.assert_array_equal(get_window(spec, size - 1), window[:-1])


@pytest.mark.parametrize(("spec", "aliases"), ALIASES)
def test_aliases(spec, aliases):
    expected = get_window(spec, 32, fftbins=False)
    for alias in aliases:
        ours = alias if isinstance(spec, str) else (alias, *spec[1:])
        np.testing.assert_array_equal(get_window(ours, 32, fftbins=False), expected)


def test_suffix_overrides_fftbins():
    periodic, symmetric = get_window("hann", 8), get_window("hann", 8, fftbins=False)
    assert not np.array_equal(periodic, symmetric)
    for fftbins in (True, False):
        np.testing.assert_array_equal(get_window("hann_periodic", 8, fftbins=fftbins), periodic)
        np.testing.assert_array_equal(get_window(("han_symmetric",), 8, fftbins=fftbins), symmetric)


def test_povey_is_symmetric_unless_asked():
    symmetric = get_window("povey", 9, fftbins=False)
    np.testing.assert_array_equal(get_window("povey", 9), symmetric)
    np.testing.assert_array_equal(get_window("povey_symmetric", 9), symmetric)
    np.testing.assert_array_equal(get_window("povey_periodic", 8), symmetric[:-1])


def test_number_is_the_beta_of_kaiser():
    for beta in (0, 14.0, np.float32(3), np.int8(5)):
        for fftbins in (True, False):
            np.testing.assert_array_equal(
                get_window(beta, 33, fftbins=fftbins),
                get_window(("kaiser", beta), 33, fftbins=fftbins),
            )


def test_callable_gets_the_length_alone():
    seen = []

    def window(*args, **kwargs):
        seen.append((args, kwargs))
        return np.ones(5, dtype=np.float32)

    result = get_window(window, np.int64(5), fftbins=False)
    assert seen == [((5,), {})]
    assert type(seen[0][0][0]) is int
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, np.ones(5))


class OnlyDlpack:
    def __init__(self, data):
        self.data = data

    def __dlpack__(self, **kwargs):
        return self.data.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.data.__dlpack_device__()


@pytest.mark.parametrize(
    "samples",
    [
        [0, 1, 2],
        range(3),
        array.array("f", [0, 1, 2]),
        memoryview(array.array("d", [0, 1, 2])),
        np.arange(3, dtype=">i2"),
        np.arange(6.0)[::2] / 2,
        OnlyDlpack(np.arange(3.0)),
    ],
    ids=lambda samples: type(samples).__name__,
)
def test_samples_of_many_types(samples):
    for result in (get_window(samples, 3), pad_window(samples, 3)):
        assert result.dtype == np.float64
        assert result.dtype.isnative
        np.testing.assert_array_equal(result, [0, 1, 2])


def test_results_are_new_arrays():
    samples = np.ones(4)
    for result in (
        get_window(samples, 4),
        get_window(lambda n: samples, 4),
        pad_window(samples, 4),
        get_window("boxcar", 4),
    ):
        assert not np.shares_memory(result, samples)
        result[:] = 0
    np.testing.assert_array_equal(samples, np.ones(4))
    np.testing.assert_array_equal(get_window("boxcar", 4), np.ones(4))


@pytest.mark.parametrize(
    "spec",
    [
        *PLAIN,
        "povey",
        "tukey",
        ("tukey", 1e-300),
        ("tukey", 5e-324),
        ("gaussian", 1e-300),
        ("gaussian", 1e300),
        ("general_gaussian", 50.0, 1e-200),
        ("exponential", None, 1e-308),
        ("exponential_periodic", 3, 1e-308),
        ("kaiser", 700.0),
        ("chebwin", 5000.0),
        ("taylor", 400, 5000.0),
        ("taylor", 400, 0.0),
        ("dpss", 1e-300),
        ("dpss", 511.9),
    ],
    ids=str,
)
def test_extreme_parameters_stay_finite_and_silent(spec):
    for size in (1024, 1025):
        with np.errstate(all="raise"):
            for fftbins in (True, False):
                assert np.isfinite(get_window(spec, size, fftbins=fftbins)).all()


def test_weak_chebyshev_window_warns():
    with pytest.warns(UserWarning, match="30 dB") as caught:
        get_window(("chebwin", 30), 16)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get_window(("chebwin", -45), 16)


def test_padding_places_the_extra_zero_last():
    np.testing.assert_array_equal(pad_window([1, 2], 5), [0, 1, 2, 0, 0])
    np.testing.assert_array_equal(pad_window([1, 2], 2), [1, 2])
    np.testing.assert_array_equal(pad_window([], 2), [0, 0])


# Bad input


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hanm", "hann"),
        ("Hann", "hann"),
        ("haming", "hamming"),
        ("blackmanharis", "blackmanharris"),
        ("blackman-harris", "blackmanharris"),
        ("rectanglar", "rectangular"),
        ("hanm_periodic", "hann"),
    ],
)
def test_unknown_names_get_a_suggestion(name, meant):
    for spec in (name, (name,), (name, 1.0)):
        expected = f"^window='{name.removesuffix('_periodic')}': unknown; did you mean '{meant}'?"
        with pytest.raises(ParameterError, match=expected + r"\? one of 'barthann', "):
            get_window(spec, 16)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "window='': unknown; one of"),
        ("qqqqq", "window='qqqqq': unknown; one of"),
        ("_periodic", "window='': unknown; one of"),
        ("kaiser", "window=('kaiser',): needs a parameter; give ('kaiser', beta)"),
        ("ksr", "window=('ksr',): needs a parameter; give ('kaiser', beta)"),
        (("general_gaussian", 1), "window=('general_gaussian', 1): needs a parameter; give ("),
        (("kaiser", 1, 2), "window=('kaiser', 1, 2): has too many parameters; give ("),
        (("dpss", 2, 3), "window=('dpss', 2, 3): has too many parameters; give ('dpss', NW)"),
        (("taylor", 4, 30, True, 1), "window=('taylor', 4, 30, True, 1): has too many"),
        (("hann", 1), "window=('hann', 1): 'hann' takes no parameters"),
        ((), "window=(): a tuple must start with the name of a window"),
        ((1.0, 2.0), "window=(1.0, 2.0): a tuple must start with the name of a window"),
        (True, "window=True: must be a finite number"),
        (np.True_, "window=np.True_: must be a finite number"),
        (math.nan, "window=nan: must be a finite number"),
        (math.inf, "window=inf: must be a finite number"),
        (1j, "window=1j: must be a finite number"),
        (b"hann", "window=b'hann': must be a name"),
        (701.0, "kaiser beta=701.0: must be a finite number >= -700.0 and <= 700.0"),
        (None, "window=None: must be a name"),
        ({"hann"}, "window={'hann'}: must be a name"),
        (object(), "window=<object"),
        (("kaiser", "8"), "kaiser beta='8': must be a finite number"),
        (("kaiser", math.nan), "kaiser beta=nan: must be a finite number"),
        (("kaiser", True), "kaiser beta=True: must be a finite number"),
        (("kaiser", [8.0]), "kaiser beta=[8.0]: must be a finite number"),
        (("gaussian", 0), "gaussian std=0: must be a finite number > 0"),
        (("gaussian", -1.0), "gaussian std=-1.0: must be a finite number > 0"),
        (("general_gaussian", 0, 1), "general_gaussian p=0: must be a finite number > 0"),
        (("general_gaussian", 1, 0), "general_gaussian sig=0: must be a finite number > 0"),
        (("general_hamming", None), "general_hamming alpha=None: must be a finite number"),
        (("general_cosine", []), "general_cosine weights=[]: must be a sequence of at least one"),
        (("general_cosine", 0.5), "general_cosine weights=0.5: must be a sequence"),
        (("general_cosine", [math.nan]), "general_cosine weight=nan: must be a finite number"),
        (("general_cosine", "ab"), "general_cosine weight='a': must be a finite number"),
        (("exponential", None, 0), "exponential tau=0: must be a finite number > 0"),
        (("exponential", "mid"), "exponential center='mid': must be a finite number"),
        (("tukey", math.nan), "tukey alpha=nan: must be a finite number"),
        (("taylor", 4.0), "taylor nbar=4.0: must be an integer >= 1 and <= 400"),
        (("taylor", 0), "taylor nbar=0: must be an integer >= 1 and <= 400"),
        (("taylor", 4, -1), "taylor sll=-1: must be a finite number >= 0.0"),
        (("taylor", 4, 30, 1), "taylor norm=1: must be True or False"),
        (("chebwin", 6000), "chebwin at=6000: must be a finite number >= -5000.0 and <= 5000.0"),
        (("dpss", 0), "dpss NW=0: must be a finite number > 0"),
        (("dpss", 8.0), "dpss NW=8.0: must be < Nx / 2 = 8"),
        (("kbd", 4), "window='kaiser_bessel_derived': exists only as a symmetric window"),
    ],
)
def test_bad_windows(spec, message):
    with pytest.raises(ParameterError, match="^" + re.escape(message)):
        get_window(spec, 16)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.ones(15), "window=<array of shape (15,)>: must have exactly Nx=16 samples"),
        ([], "window=<array of shape (0,)>: must have exactly Nx=16 samples"),
        (np.ones((16, 1)), "window=<array of shape (16, 1)>: samples must be a one-dimensional"),
        (np.array(1.0), "window=<array of shape ()>: samples must be a one-dimensional"),
        ([1j] * 16, "window=[1j, 1j,"),
        (["a"] * 16, "window=['a', 'a',"),
        ([[1], [1, 2]], "window=[[1], [1, 2]]: not convertible to an array"),
        ([math.nan] * 16, "window=[nan, nan,"),
        ([math.inf] * 16, "window=[inf, inf,"),
    ],
    ids=str,
)
def test_bad_samples(samples, message):
    for spec in (samples, lambda n: samples):
        with pytest.raises(ParameterError, match="^" + re.escape(message)):
            get_window(spec, 16)


def test_windows_that_exist_only_in_some_sizes_or_forms():
    with pytest.raises(ParameterError, match=r"^Nx=15: must be even"):
        get_window(("kbd", 4.0), 15, fftbins=False)
    with pytest.raises(ParameterError, match=r"^exponential center=3: must be None"):
        get_window(("exponential", 3), 16, fftbins=False)


@pytest.mark.parametrize("bad", [0, -1, 16.0, True, math.nan, "16", None, [16]])
def test_bad_sizes(bad):
    for spec in ("hann", 8.0, np.hanning, [1.0]):
        with pytest.raises(ParameterError, match=r"^Nx=.*: must be an integer >= 1$"):
            get_window(spec, bad)
    with pytest.raises(ParameterError, match=r"^n_fft=.*: must be an integer >= 1$"):
        pad_window([], bad)


@pytest.mark.parametrize("bad", [0, 1, None, "yes", math.nan])
def test_bad_fftbins(bad):
    with pytest.raises(ParameterError, match=r"^fftbins=.*: must be True or False$"):
        get_window("hann", 16, fftbins=bad)


def test_fftbins_is_keyword_only():
    with pytest.raises(TypeError):
        get_window("hann", 16, True)


def test_padding_refuses_a_longer_window():
    with pytest.raises(ParameterError, match=r"^n_fft=3: must be an integer >= 4, the length"):
        pad_window(np.ones(4), 3)
    with pytest.raises(ParameterError, match=r"^window=<array of shape \(2, 2\)>"):
        pad_window(np.ones((2, 2)), 8)
