"""STFT, inverse, magnitude and phase, decibels: against librosa, the definitions, and bad input."""

import os
import subprocess
import sys

import helpers
import numpy as np
import pytest
import reference
from helpers import Index, describe, random, refused

import fastspec

# Rounding of float32 (6e-8) and float64 (1e-16) grows with the size of the FFT, little: by a
# factor of 5 to 10 at n_fft = 2048. Errors are relative to the largest value of the result.
STFT_BOUND = {"float32": 1e-6, "float64": 1e-12}
# The same for the inverse, which divides by the window where frames do not overlap, so that
# rounding grows like the square root of the sum of squared windows falls. librosa's inverse of
# complex64 is single precision too, and its error against float64 grows alike.
ISTFT_BOUND = STFT_BOUND
# Samples count whose sum of squared windows is at least this part of the largest.
ISTFT_WEIGHT = 1e-3
# 10 log10 of a float32 power of 1e-30 is -300 dB, whose rounding is 1.5e-5 dB.
DB_BOUND = {"float32": 3e-5, "float64": 1e-11}
# Squares reach twice as far, where one unit in the last place of float32 is 3.05e-5 dB.
AMPLITUDE_DB_BOUND = {"float32": 3.1e-5, "float64": 1e-11}
# Values of 10 ** x, relative.
FROM_DB_BOUND = {"float32": 1e-6, "float64": 1e-14}

pytestmark = pytest.mark.filterwarnings("ignore:n_fft=.* is too large:UserWarning")

REAL = {"complex64": "float32", "complex128": "float64"}


def precision_of(x):
    return REAL.get(str(x.dtype), str(x.dtype))


# ---- the STFT ------------------------------------------------------------------------------------


def draw_stft(seed):
    rng = np.random.default_rng([1, seed])
    kwargs = helpers.frames(rng)
    shape = helpers.leading(rng)
    center = bool(rng.random() < 0.75)
    n = helpers.length(rng, kwargs, shape, center)
    y = helpers.signal(rng, (*shape, n), (np.float32, np.float64)[rng.integers(2)])
    kwargs["center"] = center
    kwargs["pad_mode"] = str(rng.choice(helpers.PAD_MODES))
    if rng.random() < 0.1:
        kwargs["pad_mode"] = helpers.pad_with_ramp
    if rng.random() < 0.2:
        kwargs["dtype"] = (np.complex64, np.complex128)[rng.integers(2)]
    return helpers.layout(rng, y), kwargs


@pytest.mark.parametrize("seed", range(500))
def test_stft_agrees_with_librosa(librosa, errors, seed):
    y, kwargs = draw_stft(seed)
    # NumPy leaves the edges of "empty" as they happen to be; here they are zeros.
    as_zeros = "constant" if kwargs["pad_mode"] == "empty" else kwargs["pad_mode"]
    ours = helpers.call(fastspec.stft, y, **kwargs)
    theirs = helpers.call(librosa.stft, y, **dict(kwargs, pad_mode=as_zeros))
    helpers.agree(ours, theirs, helpers.__file__)
    error = helpers.error(ours[0], theirs[0])
    name = precision_of(y)
    errors.check("stft", name, "librosa", error, STFT_BOUND[name], describe(kwargs))


@pytest.mark.parametrize("seed", range(200))
def test_stft_agrees_with_the_definition(errors, seed):
    y, kwargs = draw_stft(1000 + seed)
    expected = reference.stft(
        y, center=kwargs["center"], pad_mode=kwargs["pad_mode"], tail="librosa",
        **helpers.plain(kwargs),
    )  # fmt: skip
    kwargs.pop("dtype", None)
    error = helpers.error(fastspec.stft(y, **kwargs), expected)
    name = precision_of(y)
    errors.check("stft", name, "definition", error, STFT_BOUND[name], describe(kwargs))


@pytest.mark.parametrize("seed", range(60))
def test_stft_in_double_precision_is_librosa_but_for_the_last_bit(librosa, errors, seed):
    y, kwargs = draw_stft(2000 + seed)
    kwargs.update(pad_mode="reflect", dtype=np.complex64)
    if isinstance(kwargs["window"], np.ndarray):  # librosa computes in the type of the window
        kwargs["window"] = kwargs["window"].astype(np.float64)
    y = y.astype(np.float32)
    ours = fastspec.stft(y, **kwargs, precision="double")
    theirs = librosa.stft(y, **kwargs)
    bound = np.finfo(np.float32).eps  # one unit in the last place
    error = helpers.error(ours, theirs)
    errors.check("stft precision='double'", "float32", "librosa", error, bound, describe(kwargs))


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("n", [1, 2, 9])
def test_stft_of_one_sample_frames(center, n):
    y = random(n)
    expected = reference.stft(y, n_fft=1, hop=2, window=np.ones(1), center=center)
    ours = fastspec.stft(y, n_fft=1, hop_length=2, center=center)
    assert helpers.error(ours, expected) <= STFT_BOUND["float32"]


def test_default_hop_is_never_zero():
    assert fastspec.stft(random(20), n_fft=8, win_length=3).shape == (5, 21)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("more", [0, 3])
def test_stft_out(librosa, order, dtype, more):
    y = random(2, 3, 1001)
    kwargs = {"n_fft": 64, "hop_length": 20}
    theirs = librosa.stft(y, **kwargs, out=np.zeros((2, 3, 33, 51 + more), dtype, order))
    out = np.full((2, 3, 33, 51 + more), np.nan, dtype, order)
    ours = fastspec.stft(y, **kwargs, out=out)
    assert ours is out if more == 0 else ours.base is out
    assert ours.strides == theirs.strides
    assert ours.dtype == theirs.dtype == dtype
    assert helpers.error(ours, theirs) <= STFT_BOUND["float32"]
    assert np.isnan(out[..., 51:]).all()
    if dtype == np.complex64:
        np.testing.assert_array_equal(ours, fastspec.stft(y, **kwargs))


def test_stft_out_may_have_any_strides():
    y = random(2, 500)
    expected = fastspec.stft(y, n_fft=32)
    wide = np.zeros((2, 34, 2 * 63), np.complex64)
    out = wide[:, 33:16:-1, 1::2]
    assert fastspec.stft(y, n_fft=32, out=out) is out
    np.testing.assert_array_equal(out, expected)
    assert not wide[:, :17].any()


def test_stft_of_other_floating_types(librosa):
    for dtype, bound in (("float16", 1e-6), ("longdouble", 1e-12)):
        y = random(400, dtype=dtype)
        theirs = librosa.stft(y, n_fft=64)
        ours = fastspec.stft(y, n_fft=64)
        assert helpers.error(ours, theirs) <= max(bound, np.finfo(theirs.dtype).eps)


def test_stft_of_subclasses_is_a_plain_array(librosa):
    y = np.ma.masked_array(random(300))
    ours = fastspec.stft(y, n_fft=32)
    assert type(ours) is np.ndarray
    np.testing.assert_array_equal(ours, fastspec.stft(y.data, n_fft=32))


def test_integers_may_be_of_any_kind():
    y = random(300)
    expected = fastspec.stft(y, n_fft=32, hop_length=5, win_length=30)
    for kind in (np.int16, np.uint64, np.array, Index):
        ours = fastspec.stft(y, n_fft=kind(32), hop_length=kind(5), win_length=kind(30))
        np.testing.assert_array_equal(ours, expected)


def test_long_frames_warn_as_in_librosa(librosa):
    y = random(30)
    for center in (True, False):
        for n_fft in (30, 31):
            results = []
            for function in (fastspec.stft, librosa.stft):
                if not center and n_fft > 30:
                    continue
                results.append(helpers.call(function, y, n_fft=n_fft, center=center))
            if results:
                helpers.agree(*results, helpers.__file__)
                assert len(results[0][1]) == (n_fft > 30)


def test_window_callables_are_called_once_per_call():
    calls = []

    def ones(n):
        calls.append(n)
        return np.ones(n)

    y = random(500)
    first = fastspec.stft(y, n_fft=64, win_length=50, window=ones)
    assert calls == [50]
    np.testing.assert_array_equal(first, fastspec.stft(y, n_fft=64, win_length=50, window="boxcar"))


def test_window_arrays_are_read_anew_each_time():
    y = random(500)
    window = np.hanning(64)
    before = fastspec.stft(y, n_fft=64, window=window)
    window *= 2
    np.testing.assert_array_equal(fastspec.stft(y, n_fft=64, window=window), 2 * before)


# ---- the inverse ---------------------------------------------------------------------------------


def draw_istft(seed):
    rng = np.random.default_rng([2, seed])
    kwargs = helpers.frames(rng)
    # A window that librosa squares in float32 differs by that rounding even in float64.
    if isinstance(kwargs["window"], np.ndarray):
        kwargs["window"] = kwargs["window"].astype(np.float64)
    shape = helpers.leading(rng)
    kwargs["center"] = bool(rng.random() < 0.75)
    n = helpers.length(rng, kwargs, shape, False)
    plain = helpers.plain(kwargs)
    # Signals without silence: a result that is all rounding has no peak to compare with.
    y = rng.standard_normal((*shape, n)) + rng.choice([0, 3]) + np.sin(np.arange(n) / 20)
    spectra = reference.stft(y, center=kwargs["center"], **plain)
    if rng.random() < 0.4:
        spectra = rng.standard_normal((2, *spectra.shape))
        spectra = spectra[0] + 1j * spectra[1]
    if rng.random() < 0.7:
        spectra = np.asfortranarray(spectra)
    spectra = helpers.layout(rng, spectra.astype(("complex64", "complex128")[rng.integers(2)]))
    kind = rng.integers(4)
    if kind == 1:
        kwargs["length"] = n
    elif kind == 2:
        kwargs["length"] = int(rng.integers(1, n + 100))
    elif kind == 3 and kwargs["n_fft"] % 2 == 0:
        kwargs["n_fft"] = None
    if rng.random() < 0.2:
        kwargs["dtype"] = (np.float32, np.float64)[rng.integers(2)]
    return spectra, kwargs, plain


def definition_of_istft(spectra, kwargs, plain):
    """The signal, and the root of the relative sum of squared windows where that counts."""
    y, weight = reference.istft(
        spectra, center=kwargs["center"], length=kwargs.get("length"), **plain
    )
    if weight.max(initial=0) == 0:
        return y, np.zeros_like(weight)
    weight /= weight.max()
    return y, np.where(weight >= ISTFT_WEIGHT, np.sqrt(weight), 0)


def check_istft(errors, spectra, kwargs, ours, other, weight, against):
    """Errors weigh by how little the division magnifies them, in float32; in float64, they are."""
    name = precision_of(ours)
    if spectra.dtype == np.complex64:
        name = "float32"
    where = weight > 0
    assert np.isfinite(ours).all()
    if not where.any():
        return
    peak = np.abs(other[..., where]).max()
    difference = np.abs(ours.astype(np.float64) - other)
    error = difference[..., where].max() / peak
    if name == "float32":
        errors.note("istft, not weighted", name, against, error)
        error = (difference * weight).max() / peak
    errors.check("istft", name, against, error, ISTFT_BOUND[name], describe(kwargs))


@pytest.mark.parametrize("seed", range(400))
def test_istft_agrees_with_librosa(librosa, errors, seed):
    spectra, kwargs, plain = draw_istft(seed)
    expected, weight = definition_of_istft(spectra, kwargs, plain)
    ours = helpers.call(fastspec.istft, spectra, **kwargs)
    theirs = helpers.call(librosa.istft, spectra, **kwargs)
    helpers.agree(ours, theirs, helpers.__file__)
    check_istft(errors, spectra, kwargs, ours[0], theirs[0], weight, "librosa")
    where = weight > 0
    if spectra.dtype == np.complex64 and where.any():
        error = helpers.error(theirs[0][..., where], expected[..., where])
        errors.note("istft, not weighted (librosa's own)", "float32", "definition", error)


@pytest.mark.parametrize("seed", range(200))
def test_istft_agrees_with_the_definition(errors, seed):
    spectra, kwargs, plain = draw_istft(1000 + seed)
    expected, weight = definition_of_istft(spectra, kwargs, plain)
    ours = fastspec.istft(spectra, **kwargs)
    check_istft(errors, spectra, kwargs, ours, expected, weight, "definition")
    where = weight > 0
    if spectra.dtype == np.complex64 and where.any():
        ours = fastspec.istft(spectra, **kwargs, precision="double")
        error = helpers.error(ours[..., where], expected[..., where])
        name = "istft precision='double'"
        errors.check(name, "float32", "definition", error, ISTFT_BOUND["float32"], describe(kwargs))


@pytest.mark.parametrize("n_fft", [1, 2, 3, 16, 31])
@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("hop", [1, 7, 40])
@pytest.mark.parametrize("n_threads", [1, 3])
def test_gaps_between_frames_are_zeros(n_fft, center, hop, n_threads):
    spectra = random(2, n_fft // 2 + 1, 50, dtype=np.complex64)
    plain = {"n_fft": n_fft, "hop": hop, "window": np.ones(n_fft), "center": center}
    expected, weight = reference.istft(spectra, **plain, length=50 * hop)
    ours = fastspec.istft(
        spectra, n_fft=n_fft, hop_length=hop, window="boxcar", center=center, length=50 * hop,
        n_threads=n_threads,
    )  # fmt: skip
    assert not ours[..., weight == 0].any()
    assert helpers.error(ours, expected) <= ISTFT_BOUND["float32"]


@pytest.mark.parametrize("n_fft", [64, 101])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back(n_fft, dtype):
    y = random(2, 1234, dtype=dtype)
    spectra = fastspec.stft(y, n_fft=n_fft, hop_length=16)
    back = fastspec.istft(spectra, n_fft=n_fft, hop_length=16, length=1234)
    # Behind the last frame's middle the window falls, and the division magnifies.
    assert helpers.error(back[:, :1200], y[:, :1200]) <= ISTFT_BOUND[np.dtype(dtype).name]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", [None, 700])
def test_istft_out(librosa, dtype, length):
    spectra = fastspec.stft(random(2, 1001), n_fft=64)
    shape = (2, length or 992)
    theirs = librosa.istft(spectra, length=length, out=np.zeros(shape, dtype))
    out = np.full(shape, np.nan, dtype)
    assert fastspec.istft(spectra, length=length, out=out) is out
    assert helpers.error(out[:, :690], theirs[:, :690]) <= ISTFT_BOUND["float32"]
    wide = np.full((shape[1], 4), np.nan, dtype)
    view = wide[::-1, 1:3].T
    assert fastspec.istft(spectra, length=length, out=view) is view
    np.testing.assert_array_equal(view, out)
    assert np.isnan(wide[:, [0, 3]]).all()


def test_istft_of_real_spectra_is_that_of_complex_ones():
    real = np.abs(random(17, 20))
    expected = fastspec.istft(real.astype(np.complex64))
    np.testing.assert_array_equal(fastspec.istft(real), expected)


def test_istft_ignores_what_a_real_signal_does_not_have():
    spectra = random(2, 17, 9, dtype=np.complex64) + 1j
    expected = fastspec.istft(spectra)
    spectra[:, 0] += 5j
    spectra[:, -1] -= 7j
    np.testing.assert_array_equal(fastspec.istft(spectra), expected)


def test_istft_fits_the_bins_to_n_fft(librosa):
    spectra = fastspec.stft(random(1001), n_fft=64)
    for n_fft in (62, 63, 65, 66, 80):
        theirs = librosa.istft(spectra, n_fft=n_fft, hop_length=16)
        ours = fastspec.istft(spectra, n_fft=n_fft, hop_length=16)
        assert helpers.error(ours[20:-50], theirs[20:-50]) <= ISTFT_BOUND["float32"]


def test_istft_takes_any_layout_and_byte_order():
    spectra = fastspec.stft(random(2, 1001), n_fft=64)
    expected = fastspec.istft(spectra)
    read_only = spectra.copy()
    read_only.flags.writeable = False
    for same in (
        np.ascontiguousarray(spectra),
        np.ascontiguousarray(spectra[:, ::-1, ::-1])[:, ::-1, ::-1],
        np.repeat(spectra, 2, axis=1)[:, ::2],
        spectra.astype(">c8"),
        read_only,
    ):
        np.testing.assert_array_equal(fastspec.istft(same), expected)


# ---- magnitude and phase -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_magphase_equals_librosa(librosa, seed):
    rng = np.random.default_rng([3, seed])
    shape = (*helpers.leading(rng), 9, 11)
    D = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    D = D * 10.0 ** rng.uniform(-44, 30, shape)
    D[rng.random(shape) < 0.1] = 0
    dtype = ("complex64", "complex128", "float32", "float64")[rng.integers(4)]
    D = D.astype(dtype) if "complex" in dtype else D.real.astype(dtype)
    D = helpers.layout(rng, D)
    power = (1, 2, 0.5, 3.0)[rng.integers(4)]
    with np.errstate(over="ignore", under="ignore"):
        ours, theirs = fastspec.magphase(D, power=power), librosa.magphase(D, power=power)
    for a, b in zip(ours, theirs):
        assert a.dtype == b.dtype
        assert a.strides == b.strides
        np.testing.assert_array_equal(a, b)


def test_magphase_gives_its_input_back():
    D = random(9, 11, dtype=np.complex128) + 1j * random(9, 11, seed=1)
    magnitude, phase = fastspec.magphase(D)
    np.testing.assert_allclose(magnitude * phase, D, rtol=1e-14)
    np.testing.assert_allclose(np.abs(phase), 1, rtol=1e-14)
    assert fastspec.magphase(np.zeros(3, complex))[1].tolist() == [1, 1, 1]


# ---- decibels ------------------------------------------------------------------------------------

REFERENCES = (1.0, 2, 0.0, -3.0, 1e-12, np.float32(0.7), np.max, np.median, lambda S: S.ravel()[0])


def draw_decibels(seed, amplitude):
    rng = np.random.default_rng([4, seed])
    shape = tuple(rng.integers(1, 30, rng.integers(4)).tolist())
    S = 10.0 ** rng.uniform(-14, 6, shape)
    S = np.where(rng.random(shape) < 0.1, 0, S)
    dtype = ("float32", "float32", "float64", "float64", "complex64", "complex128", "int32")
    dtype = dtype[rng.integers(len(dtype))]
    if amplitude or "complex" in dtype:
        S = np.sqrt(S) * rng.choice([-1, 1], shape)
    S = np.asarray(S * (1 if "complex" not in dtype else np.exp(0.7j))).astype(dtype)
    if S.ndim == 3 and rng.random() < 0.3:
        S = S.transpose(rng.permutation(3))
    if S.ndim:
        S = helpers.layout(rng, S)
    kwargs = {"ref": REFERENCES[rng.integers(len(REFERENCES))]}
    if rng.random() < 0.5:
        kwargs["amin"] = float(10.0 ** rng.uniform(-12, 0))
    if rng.random() < 0.6:
        kwargs["top_db"] = (None, 0, 80.0, float(rng.uniform(1, 200)), np.inf)[rng.integers(5)]
    return S, kwargs


@pytest.mark.parametrize("seed", range(300))
@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
def test_decibels_agree_with_librosa(librosa, errors, name, seed):
    S, kwargs = draw_decibels(seed, name == "amplitude_to_db")
    before = S.copy()
    ours = helpers.call(getattr(fastspec, name), S, **kwargs)
    theirs = helpers.call(getattr(librosa, name), S, **kwargs)
    helpers.agree(ours, theirs, helpers.__file__)
    np.testing.assert_array_equal(S, before)
    kind = precision_of(ours[0])
    error = np.abs(ours[0].astype(np.float64) - theirs[0]).max()
    bound = DB_BOUND[kind] if name == "power_to_db" else AMPLITUDE_DB_BOUND[kind]
    errors.check(name + " (dB)", kind, "librosa", error, bound, describe(kwargs))


@pytest.mark.parametrize("seed", range(100))
def test_decibels_agree_with_the_definition(errors, seed):
    S, kwargs = draw_decibels(1000 + seed, False)
    if S.dtype.kind == "c":
        S = np.abs(S)
    ref = kwargs.pop("ref")
    ref = float(ref(S) if callable(ref) else abs(ref))
    top_db = kwargs.pop("top_db", 80.0)
    expected = reference.decibels(S, ref=ref, top_db=top_db, **kwargs)
    ours = fastspec.power_to_db(S, ref=ref, top_db=top_db, **kwargs)
    kind = precision_of(S) if S.dtype.kind == "f" else "float64"
    error = np.abs(ours - expected).max()
    errors.check("power_to_db (dB)", kind, "definition", error, DB_BOUND[kind], describe(kwargs))


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize(
    "value", [0.0, 1, 1e-30, np.float32(3), np.float64(0.5), np.array(2.0), [1.0, 2.0], [[1], [0]]]
)
def test_decibels_of_scalars_and_lists(librosa, name, value):
    ours, theirs = getattr(fastspec, name)(value), getattr(librosa, name)(value)
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=DB_BOUND["float64"])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf, -0.0, -1.0, 1e-42])
def test_decibels_of_special_values(librosa, dtype, special):
    S = np.array([1, 2, special, 3, 1e-7], dtype)
    for name in ("power_to_db", "amplitude_to_db"):
        with np.errstate(all="ignore"):
            ours, theirs = getattr(fastspec, name)(S), getattr(librosa, name)(S)
        assert ours.dtype == theirs.dtype
        if dtype == np.float16 and dtype(special) <= 0:
            continue  # amin is 0 in float16, and the logarithm of librosa infinite
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=DB_BOUND["float32"])


def test_decibels_of_fewer_values_than_a_vector(librosa):
    for n in range(1, 40):
        S = random(n, seed=n) ** 2
        ours, theirs = fastspec.power_to_db(S, ref=np.max), librosa.power_to_db(S, ref=np.max)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=DB_BOUND["float32"])


def test_decibels_do_not_depend_on_threads():
    S = random(3, 100_003) ** 2
    expected = fastspec.power_to_db(S, top_db=30)
    for n_threads in (2, 3, 7):
        again = fastspec.power_to_db(S, top_db=30, n_threads=n_threads)
        np.testing.assert_array_equal(again, expected)
    amplitudes = fastspec.amplitude_to_db(S, n_threads=3)
    np.testing.assert_array_equal(amplitudes, fastspec.amplitude_to_db(S))


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("name", ["db_to_power", "db_to_amplitude"])
def test_from_decibels_agrees_with_librosa(librosa, errors, name, seed):
    rng = np.random.default_rng([5, seed])
    dtype = ("float32", "float64")[rng.integers(2)]
    S = rng.uniform(-200, 100, (*helpers.leading(rng), 7)).astype(dtype)
    S = helpers.layout(rng, S) if rng.random() < 0.8 else S.ravel()[0]
    ref = float(rng.uniform(0.1, 10))
    ref = (ref, np.float32(0.5), 2)[rng.integers(3)]
    ours, theirs = getattr(fastspec, name)(S, ref=ref), getattr(librosa, name)(S, ref=ref)
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype
    assert helpers.memory_order(ours) == helpers.memory_order(theirs)
    error = np.abs(ours / theirs - 1).max()
    errors.check(name, dtype, "librosa", error, FROM_DB_BOUND[dtype])
    ref = float(ref)
    if name == "db_to_power":
        expected = ref * 10 ** (S.astype(np.float64) / 10)
    else:
        expected = ref * 10 ** (S.astype(np.float64) / 20)
    # 200 dB of float32 are known to 8e-6 dB, which is 2e-6 of the power.
    bound = {"float32": 1e-5, "float64": 1e-13}[dtype]
    errors.check(name, dtype, "definition", np.abs(ours / expected - 1).max(), bound)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_db_to_power_at_the_ends(librosa, dtype):
    """What NumPy gives and says where the power is too large, subnormal or no number."""
    x = np.array([0, np.inf, -np.inf, np.nan, 10, -1e9, 10, 20, 30], dtype)
    np.testing.assert_array_equal(fastspec.db_to_power(x), librosa.db_to_power(x))
    most = {np.float32: 385.0, np.float64: 3082.0}[dtype]
    low = np.array([most / -1.002] * 20, dtype)
    np.testing.assert_allclose(fastspec.db_to_power(low), librosa.db_to_power(low), rtol=1e-6)
    subnormal = np.array([most * -1.02] * 20, dtype)
    got = fastspec.db_to_power(subnormal)
    assert got.min() > 0
    np.testing.assert_array_equal(got, librosa.db_to_power(subnormal))
    with pytest.warns(RuntimeWarning, match="overflow"):
        got = fastspec.db_to_power(np.full(20, 1.01 * most, dtype))
    assert (got == np.inf).all()
    assert fastspec.db_to_power(np.zeros((0, 3), dtype)).shape == (0, 3)


def test_db_to_power_same_bits():
    x = np.random.default_rng(3).uniform(-300, 100, (70, 999)).astype(np.float32)
    want = fastspec.db_to_power(x)
    for n_threads in (2, 3):
        np.testing.assert_array_equal(fastspec.db_to_power(x, n_threads=n_threads), want)
    np.testing.assert_array_equal(fastspec.db_to_power(x[3:5, 7:100]), want[3:5, 7:100])
    np.testing.assert_array_equal(fastspec.db_to_power(x.T[::-2]), want.T[::-2])


# ---- precision -----------------------------------------------------------------------------------


@pytest.fixture
def restore_precision():
    before = fastspec.get_precision()
    yield
    fastspec.set_precision(before)


def test_set_precision(restore_precision):
    y = random(3000)
    spectra = fastspec.stft(y, n_fft=256)
    results = {}
    for precision in ("single", "double"):
        fastspec.set_precision(precision)
        assert fastspec.get_precision() == precision
        results[precision] = fastspec.stft(y), fastspec.istft(spectra), fastspec.STFT()(y)
        other = "single" if precision == "double" else "double"
        results[precision, other] = fastspec.stft(y, precision=other)
    for a, b in zip(results["single"], results["double"]):
        assert a.dtype == b.dtype
        assert not np.array_equal(a, b)
    np.testing.assert_array_equal(results["single"][0], results["double", "single"])
    np.testing.assert_array_equal(results["double"][0], results["single", "double"])


def test_plans_keep_the_precision_of_their_making(restore_precision):
    fastspec.set_precision("single")
    plan = fastspec.STFT(n_fft=256)
    y = random(3000)
    before = plan(y)
    fastspec.set_precision("double")
    np.testing.assert_array_equal(plan(y), before)
    assert plan != fastspec.STFT(n_fft=256)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "single"), ("", "single"), ("single", "single"), ("double", "double")],
)
def test_precision_from_the_environment(value, expected):
    script = "import fastspec; print(fastspec.get_precision(), fastspec.STFT().precision)"
    result = run_python(script, FASTSPEC_PRECISION=value)
    assert result.stdout.split() == [expected, expected]


def test_unknown_precision_from_the_environment():
    result = run_python("import fastspec; fastspec.STFT()", FASTSPEC_PRECISION="doubel")
    assert result.returncode != 0
    assert "FASTSPEC_PRECISION='doubel'" in result.stderr
    assert "did you mean 'double'" in result.stderr


def run_python(script, **variables):
    environment = {k: v for k, v in os.environ.items() if k not in variables}
    environment |= {k: v for k, v in variables.items() if v is not None}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )


def test_bad_precision():
    for bad in ("doubel", "", 1, True, ["double"]):
        refused("precision", fastspec.set_precision, bad)
        refused("precision", fastspec.stft, random(99), precision=bad)
        refused("precision", fastspec.STFT, precision=bad)


# ---- threads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_fft", "hop"), [(256, 64), (255, 10), (64, 200), (1021, None)])
def test_results_do_not_depend_on_threads(dtype, n_fft, hop):
    y = random(2, 30_011, dtype=dtype)
    kwargs = {"n_fft": n_fft, "hop_length": hop}
    spectra = fastspec.stft(y, **kwargs)
    back = fastspec.istft(spectra, **kwargs)
    for n_threads in (2, 3, 7):
        np.testing.assert_array_equal(fastspec.stft(y, **kwargs, n_threads=n_threads), spectra)
        np.testing.assert_array_equal(fastspec.istft(spectra, **kwargs, n_threads=n_threads), back)
    for i in range(2):
        np.testing.assert_array_equal(fastspec.stft(y[i], **kwargs), spectra[i])
        np.testing.assert_array_equal(fastspec.istft(spectra[i], **kwargs), back[i])


# ---- bad input -----------------------------------------------------------------------------------

NOT_SIGNALS = {
    "nan": np.array([1, np.nan, 2], np.float32),
    "inf": np.array([[1, 2], [-np.inf, 2]]),
    "late nan": np.append(np.zeros(10_000, np.float32), np.float32(np.nan)),
    "empty": np.zeros(0, np.float32),
    "empty rows": np.zeros((3, 0)),
    "scalar": np.array(1.0),
    "int": np.ones(9, int),
    "int16": np.ones(9, np.int16),
    "bool": np.ones(9, bool),
    "complex": np.ones(9, complex),
    "object": np.ones(9, object),
    "text": np.array(["a", "b"]),
    "list": [1.0, 2.0],
    "none": None,
    "number": 1.0,
}


@pytest.mark.parametrize("kind", NOT_SIGNALS)
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("pad_mode", ["constant", helpers.pad_with_ramp])
def test_stft_refuses_what_is_no_signal(kind, center, pad_mode):
    y = NOT_SIGNALS[kind]
    refused("y", fastspec.stft, y, n_fft=2, center=center, pad_mode=pad_mode)


@pytest.mark.parametrize("at", [0, 1, 63, 64, 500, 511, 999])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_values_that_are_not_finite_are_found_wherever_they_are(at, bad, dtype):
    y = random(2, 1000).astype(dtype)
    y[1, at] = bad
    # Also where no frame reaches: librosa looks at the whole signal.
    for kwargs in ({"n_fft": 64}, {"n_fft": 16, "hop_length": 900, "center": False}):
        refused("y", fastspec.stft, y, **kwargs)
        refused("y", fastspec.stft, y[:, ::-1], **kwargs)


def test_no_channels(librosa):
    y = np.zeros((0, 100), np.float32)
    assert fastspec.stft(y, n_fft=16).shape == (0, 9, 26)
    assert fastspec.istft(np.zeros((0, 9, 26), np.complex64)).shape == (0, 100)
    assert fastspec.power_to_db(np.zeros((0, 3)), top_db=None).shape == (0, 3)


def test_too_short_without_padding():
    message = refused("n_fft", fastspec.stft, random(9), n_fft=10, center=False)
    assert "9 samples" in message
    assert fastspec.stft(random(10), n_fft=10, center=False).shape == (6, 1)


INTEGERS = ("n_fft", "hop_length", "win_length", "n_threads")


@pytest.mark.parametrize("name", INTEGERS)
def test_bad_integers(name):
    y, spectra = random(100), random(17, 9, dtype=np.complex64)
    # 2 ** 31 and beyond: what would overflow sizes is refused before anything is allocated.
    for bad in (*helpers.NOT_INTEGERS, 0, -2, np.int8(-5), 2**63, 10**30):
        refused(name, fastspec.stft, y, **{"n_fft": 32, name: bad})
        refused(name, fastspec.istft, spectra, **{"n_fft": 32, name: bad})
    if name in ("n_fft", "win_length"):
        refused(name, fastspec.stft, y, **{"n_fft": 32, name: 2**31})
        refused(name, fastspec.istft, spectra, **{"n_fft": 32, name: 2**31})


@pytest.mark.parametrize("bad", [None, "32"])
def test_bad_n_fft(bad):
    refused("n_fft", fastspec.stft, random(100), n_fft=bad)


def test_window_longer_than_the_frame():
    refused("win_length", fastspec.stft, random(100), n_fft=32, win_length=33)
    refused("win_length", fastspec.istft, random(17, 9, dtype=np.complex64), win_length=33)


def test_bad_windows():
    for bad in (
        "hamn", "", np.ones(31), np.ones((4, 8)), np.full(32, np.nan), None, {}, object(),
        ("kaiser",), ("nothing", 1), lambda n: np.ones(n + 1), lambda n: "x", np.ones(32, complex),
    ):  # fmt: skip
        refused("window", fastspec.stft, random(100), n_fft=32, window=bad)
        refused("window", fastspec.istft, random(17, 9, dtype=np.complex64), window=bad)
    assert "did you mean 'hann'" in refused("window", fastspec.stft, random(100), window="hannn")


def test_bad_names():
    y = random(100)
    message = refused("pad_mode", fastspec.stft, y, n_fft=32, pad_mode="reflekt")
    assert "did you mean 'reflect'" in message
    for bad in ("wrap", "maximum", "mean", "median", "minimum", None, 0, ""):
        refused("pad_mode", fastspec.stft, y, n_fft=32, pad_mode=bad)
    for bad in (None, 0, 1, "yes", np.array(True), 1.0):
        refused("center", fastspec.stft, y, n_fft=32, center=bad)
        refused("center", fastspec.istft, random(17, 9, dtype=np.complex64), center=bad)
    assert fastspec.stft(y, n_fft=32, center=np.True_).shape == (17, 13)


def test_bad_dtypes():
    for bad in (np.float32, int, "c32", np.dtype(">c8"), object, "nonsense"):
        refused("dtype", fastspec.stft, random(100), n_fft=32, dtype=bad)
    for bad in (np.complex64, int, "f2", np.dtype(">f4"), object, "nonsense"):
        refused("dtype", fastspec.istft, random(17, 9, dtype=np.complex64), dtype=bad)


def bad_outputs(shape, dtype, wrong_dtypes):
    for wrong in ((*shape[:-2], shape[-2] + 1, shape[-1]), (*shape[:-1], shape[-1] - 1),
                  (1, *shape), shape[1:], (0,) * len(shape)):  # fmt: skip
        yield np.zeros(wrong, dtype)
    for wrong in (*wrong_dtypes, int, object, np.dtype(dtype).newbyteorder()):
        yield np.zeros(shape, wrong)
    read_only = np.zeros(shape, dtype)
    read_only.flags.writeable = False
    yield read_only
    yield np.broadcast_to(np.zeros((), dtype), shape)
    yield helpers.misaligned(shape, dtype)
    yield np.zeros(shape, dtype).tolist()
    yield "out"


def test_bad_out():
    y = random(2, 100)
    spectra = fastspec.stft(y, n_fft=32)
    for out in bad_outputs(spectra.shape, np.complex64, (np.float32, np.float64)):
        refused("out", fastspec.stft, y, n_fft=32, out=out)
    for out in bad_outputs((2, 96), np.float32, (np.complex64, np.float16)):
        refused("out", fastspec.istft, spectra, out=out)
    refused("out", fastspec.istft, spectra, length=50, out=np.zeros((2, 96), np.float32))


def test_overlapping_out():
    memory = np.zeros(4000, np.complex64)
    y = memory.view(np.float32)[:200].reshape(2, 100)
    out = memory[90 : 90 + 2 * 17 * 13].reshape(2, 17, 13)
    refused("out", fastspec.stft, y, n_fft=32, out=out)
    y[:] = random(2, 100)
    beside = fastspec.stft(y, n_fft=32, out=memory[100 : 100 + 442].reshape(2, 17, 13))
    np.testing.assert_array_equal(beside, fastspec.stft(y.copy(), n_fft=32))
    spectra = memory[:442].reshape(2, 17, 13)
    refused("out", fastspec.istft, spectra, out=memory.view(np.float32)[:192].reshape(2, 96))


def test_bad_spectra():
    good = random(17, 9, dtype=np.complex64)
    for bad in (None, [1j], good[0], good[:, :0], good[:0], np.ones((17, 9), object), good[0, 0],
                np.full((17, 9), "x")):  # fmt: skip
        refused("stft_matrix", fastspec.istft, bad)


def test_bad_length():
    good = random(17, 9, dtype=np.complex64)
    for bad in (*helpers.NOT_INTEGERS, -1, 2**62):
        refused("length", fastspec.istft, good, length=bad)


def test_bad_decibels():
    S = np.ones((3, 4))
    for function in (fastspec.power_to_db, fastspec.amplitude_to_db):
        for bad in (*helpers.NOT_REALS, 0, -1e-10, np.inf, None):
            refused("amin", function, S, amin=bad)
        for bad in (*helpers.NOT_REALS, -1, -1e-9):
            refused("top_db", function, S, top_db=bad)
        for bad in (True, "max", [1.0, 2.0], np.ones((1, 3, 4)), float("nan"), None, [[1], [2, 3]]):
            refused("ref", function, S, ref=bad)
        for bad in (0, 1.0, True, None):
            refused("n_threads", function, S, n_threads=bad)
        for bad in (np.ones(3, object), "text", np.array(["a"]), None, {}, [[1], [2, 3]]):
            refused("S", function, bad)
    for function in (fastspec.db_to_power, fastspec.db_to_amplitude):
        refused("S_db", function, "text")
        refused("ref", function, S, ref="text")


def test_bad_magphase():
    D = random(3, 4, dtype=np.complex64)
    for bad in (*helpers.NOT_REALS, 0, -1, None):
        refused("power", fastspec.magphase, D, power=bad)
    for bad in (np.ones(3, object), "text", None):
        refused("D", fastspec.magphase, bad)


def test_unknown_keywords():
    for function, args in (
        (fastspec.stft, (random(99),)),
        (fastspec.istft, (random(17, 9, dtype=np.complex64),)),
        (fastspec.power_to_db, (np.ones(3),)),
        (fastspec.griffinlim, (np.ones((17, 9)),)),
    ):
        with pytest.raises(TypeError, match="hop"):
            function(*args, hop=3)
    with pytest.raises(TypeError):
        fastspec.stft(random(99), 32)
