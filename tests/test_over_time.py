"""pcen, delta, stack_memory: against librosa, the definitions, and bad input."""

import math
import pickle
import warnings

import helpers
import numpy as np
import pytest
from helpers import describe, refused

import fastspec
from fastspec.energy_normalization import maximum_filter

# Relative to the value itself. With bias 0 librosa takes single precision's logarithm of float32.
PCEN_BOUND = {"float64": 1e-12, "float32": 1e-12, "float32, bias 0": 1e-5}
# Relative to the largest value.
DELTA_BOUND = {"float64": 1e-13, "float32": 1e-6}
# With a degree of its own: librosa solves for its weights in powers up to width**5, and fits the
# ends of float32 in float32.
POLYORDER_BOUND = {"float64": 1e-11, "float32": 3e-5}


def spectrogram(rng, shape):
    S = rng.random(shape) ** 4 * 10.0 ** rng.integers(-8, 8)
    S[rng.random(shape) < 0.05] = 0
    return helpers.layout(rng, S.astype((np.float32, np.float64)[rng.integers(2)]))


def pcen_draw(seed):
    rng = np.random.default_rng([90, seed])
    shape = tuple(
        int(n) for n in rng.integers(1, (40, 60, 7, 5)[rng.integers(4)], rng.integers(1, 4))
    )
    S = spectrogram(rng, shape)
    axis = int(rng.integers(-S.ndim, S.ndim))
    kwargs = {
        "gain": float(rng.choice([0.98, 0, 0.5, 1.3])),
        "bias": float(rng.choice([2, 0, 1e-3, 10])),
        "power": float(rng.choice([0.5, 0, 0.1, 1, 2])),
        "eps": float(rng.choice([1e-6, 1e-2])),
        "axis": axis,
        "sr": (22050, 16000.0)[rng.integers(2)],
        "hop_length": int(rng.integers(1, 2000)),
        "time_constant": float(rng.choice([0.01, 0.4, 3])),
    }
    if rng.random() < 0.4:
        kwargs["b"] = float(rng.choice([0.001, 0.025, 0.7, 1]))
    if rng.random() < 0.3 and S.ndim > 1:
        kwargs["max_size"] = int(rng.integers(2, 90))
        if S.ndim != 2 or rng.random() < 0.5:
            kwargs["max_axis"] = int(rng.integers(S.ndim))
    elif rng.random() < 0.2:
        kwargs["ref"] = spectrogram(rng, shape).astype(S.dtype)
    if rng.random() < 0.4:
        kwargs["zi"] = rng.random(
            [1 if i == axis % S.ndim or rng.random() < 0.3 else n for i, n in enumerate(shape)]
        )
    return S, kwargs


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(300))
def test_pcen_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    S, kwargs = pcen_draw(seed)
    want, want_zf = librosa.pcen(S, return_zf=True, **kwargs)
    got, zf = fastspec.pcen(S, return_zf=True, n_threads=1 + seed % 3, **kwargs)
    assert got.dtype == want.dtype == zf.dtype == want_zf.dtype
    assert got.shape == want.shape
    assert zf.shape == want_zf.shape
    kind = str(S.dtype)
    if kind == "float32" and kwargs["bias"] == 0:
        kind += ", bias 0"
    error = (abs(got - want) / np.where(want == 0, 1, abs(want))).max()
    errors.check("pcen", kind, "librosa", error, PCEN_BOUND[kind], describe(kwargs))
    error = abs(zf - want_zf).max() / max(abs(want_zf).max(), 1e-300)
    errors.check("pcen, zf", S.dtype, "librosa", error, 1e-13, describe(kwargs))


def slow_pcen(S, gain, bias, power, eps, b):
    """One value at a time, along the last axis of a matrix."""
    out = np.zeros(S.shape)
    for i, band in enumerate(S):
        s = 1.0
        for t, x in enumerate(band.tolist()):
            s = b * x + (1 - b) * s
            level = x / (eps + s) ** gain
            out[i, t] = math.log1p(level) if power == 0 else (level + bias) ** power - bias**power
    return out


@pytest.mark.parametrize("power", [0, 0.25, 0.5, 1.5])
@pytest.mark.parametrize("bias", [0, 2])
def test_pcen_against_its_definition(power, bias):
    S = np.random.default_rng(1).random((5, 70)) * 3
    got = fastspec.pcen(S, gain=0.8, bias=bias, power=power, eps=1e-3, b=0.1)
    np.testing.assert_allclose(got, slow_pcen(S, 0.8, bias, power, 1e-3, 0.1), rtol=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_pcen_in_pieces(seed):
    """The same bits, whatever the pieces, threads, layouts and `out`."""
    rng = np.random.default_rng(seed)
    S = spectrogram(rng, (int(rng.integers(1, 50)), int(rng.integers(2, 200))))
    power = float(rng.choice([0, 0.5, 0.3]))
    want, last = fastspec.pcen(S, power=power, return_zf=True)
    parts, zf, at = [], None, 0
    while at < S.shape[1]:
        n = int(rng.choice([1, 2, rng.integers(1, 70)]))
        part, zf = fastspec.pcen(S[:, at : at + n], power=power, zi=zf, return_zf=True, n_threads=2)
        parts.append(part)
        at += n
    np.testing.assert_array_equal(np.hstack(parts), want)
    np.testing.assert_array_equal(zf, last)
    np.testing.assert_array_equal(fastspec.pcen(S.T, power=power, axis=0), want.T)
    np.testing.assert_array_equal(fastspec.pcen(S[0], power=power), want[0])
    np.testing.assert_array_equal(fastspec.pcen(S[:, ::-1][:, ::-1], power=power), want)
    out = np.zeros((want.shape[1], 2 * want.shape[0]))[:, ::2].T
    assert fastspec.pcen(S, power=power, out=out) is out
    np.testing.assert_array_equal(out, want)
    wide = S.astype(np.float64)
    assert fastspec.pcen(wide, power=power, out=wide) is wide
    np.testing.assert_array_equal(wide, want)
    single = fastspec.pcen(S.astype(np.float32), power=power, precision="single")
    assert single.dtype == np.float32
    np.testing.assert_array_equal(
        single, fastspec.pcen(S.astype(np.float32), power=power).astype(np.float32)
    )


def test_pcen_of_complex_input():
    D = np.random.default_rng(3).standard_normal((9, 20)) * (1 + 2j)
    with pytest.warns(UserWarning, match="phase information") as caught:
        got = fastspec.pcen(D)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(got, fastspec.pcen(abs(D)))


def test_pcen_of_integers_and_nothing():
    S = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(fastspec.pcen(S), fastspec.pcen(S.astype(float)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fastspec.pcen(np.zeros((3, 0))).shape == (3, 0)
    out, zf = fastspec.pcen(np.zeros((0, 3)), return_zf=True)
    assert (out.shape, zf.shape) == ((0, 3), (0, 1))


def test_pcen_of_what_is_no_number():
    """A NaN stays in its band; infinity gives one, and 0 beside an infinite level follows."""
    S = np.ones((3, 9))
    S[1, 4], S[2, 4] = np.nan, np.inf
    got = fastspec.pcen(S)
    np.testing.assert_array_equal(np.isnan(got).sum(axis=1), [0, 5, 1])
    np.testing.assert_array_equal(got[2, 5:], 0)
    np.testing.assert_array_equal(got[0], fastspec.pcen(S[0]))


@pytest.mark.parametrize("seed", range(40))
def test_maximum_filter(seed):
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(rng.integers(1, 12, 3))
    axis, size = int(rng.integers(3)), int(rng.integers(1, 60))
    want = ndimage.maximum_filter1d(x, size, axis=axis)
    np.testing.assert_array_equal(maximum_filter(x, size, axis), want)


def test_pcen_refuses():
    S = np.ones((4, 9))
    for name in ("gain", "bias", "power", "eps", "time_constant", "b"):
        for value in (-1, np.nan, "x", np.inf):
            refused(name, fastspec.pcen, S, **{name: value})
    refused("eps", fastspec.pcen, S, eps=0)
    refused("time_constant", fastspec.pcen, S, time_constant=0)
    refused("b", fastspec.pcen, S, b=1.01)
    refused("max_size", fastspec.pcen, S, max_size=0)
    refused("max_size", fastspec.pcen, S[0], max_size=2)
    refused("max_axis", fastspec.pcen, S[np.newaxis], max_size=2)
    refused("max_axis", fastspec.pcen, S, max_size=2, max_axis=2)
    refused("axis", fastspec.pcen, S, axis=2)
    refused("hop_length", fastspec.pcen, S, hop_length=0)
    refused("sr", fastspec.pcen, S, sr=0)
    refused("ref", fastspec.pcen, S, ref=np.ones((4, 1)))
    refused("ref", fastspec.pcen, S, ref=np.ones((3, 9)))
    refused("ref", fastspec.pcen, S, ref=S.astype(np.float32))
    refused("zi", fastspec.pcen, S, zi=np.ones(4))
    refused("zi", fastspec.pcen, S, zi=np.ones((3, 1)))
    refused("S", fastspec.pcen, 3.0)
    refused("S", fastspec.pcen, [["a"]])
    refused("out", fastspec.pcen, S, out=np.ones((4, 9), np.float32))
    refused("out", fastspec.pcen, S, out=S[:, ::-1])
    refused("n_threads", fastspec.pcen, S, n_threads=0)
    refused("precision", fastspec.pcen, S, precision="half")


# ---- delta ---------------------------------------------------------------------------------------


def delta_draw(seed):
    rng = np.random.default_rng([91, seed])
    width = int(rng.choice([3, 5, 9, 9, 15, 31]))
    mode = str(rng.choice(["interp", "interp", "nearest", "mirror", "constant", "wrap"]))
    ndim = int(rng.integers(1, 4))
    axis = int(rng.integers(-ndim, ndim))
    shape = rng.integers(1, 30, ndim)
    shape[axis] = int(rng.integers(width if mode == "interp" else 1, 150))
    x = rng.standard_normal(shape) * 10.0 ** rng.integers(-5, 5)
    kwargs = {"width": width, "axis": axis, "mode": mode, "order": int(rng.integers(1, 3))}
    if rng.random() < 0.3:
        kwargs["polyorder"] = int(rng.integers(0, min(width - 1, 5) + 1))
        kwargs["delta"] = float(rng.choice([1, 0.5, -3]))
        kwargs["cval"] = float(rng.choice([0, 2]))
    return helpers.layout(rng, x.astype((np.float32, np.float64)[rng.integers(2)])), kwargs


@pytest.mark.parametrize("seed", range(300))
def test_delta_against_librosa(errors, seed):
    librosa = pytest.importorskip("librosa")
    x, kwargs = delta_draw(seed)
    want = librosa.feature.delta(x, **kwargs)
    got = fastspec.delta(x, n_threads=1 + seed % 2, **kwargs)
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    spacing = abs(kwargs.get("delta", 1)) ** kwargs["order"]
    scale = max(abs(x).max(), abs(kwargs.get("cval", 0))) / spacing
    error = abs(got - want).max() / scale
    bound = (POLYORDER_BOUND if "polyorder" in kwargs else DELTA_BOUND)[str(x.dtype)]
    name = "delta, polyorder" if "polyorder" in kwargs else "delta"
    errors.check(name, x.dtype, "librosa", error, bound, describe(kwargs))


@pytest.mark.parametrize(("order", "degree"), [(1, 1), (2, 2), (1, 3), (3, 4)])
def test_delta_against_its_definition(order, degree):
    x = np.random.default_rng(7).standard_normal(40)
    want = np.zeros(40)
    for t in range(40):
        first = min(max(t - 5, 0), 40 - 11)
        fit = np.polynomial.Polynomial.fit(
            np.arange(first, first + 11), x[first : first + 11], degree
        )
        want[t] = fit.deriv(order)(t)
    got = fastspec.delta(x, width=11, order=order, polyorder=degree)
    np.testing.assert_allclose(got, want, atol=1e-11)


def test_delta_of_other_types():
    x = np.arange(20) ** 2
    np.testing.assert_array_equal(fastspec.delta(x), fastspec.delta(x.astype(float)))
    np.testing.assert_array_equal(fastspec.delta(x, polyorder=0), np.zeros(20))
    assert fastspec.delta(np.zeros((0, 9))).shape == (0, 9)
    assert fastspec.delta(x, deriv=7)[5] == pytest.approx(10)


def test_delta_refuses():
    x = np.ones((3, 20))
    refused("width", fastspec.delta, x, width=21)
    refused("width", fastspec.delta, x, width=4)
    refused("width", fastspec.delta, x, width=1)
    refused("order", fastspec.delta, x, order=0)
    refused("order", fastspec.delta, x, order=1.5)
    refused("order", fastspec.delta, x, order=9)
    refused("polyorder", fastspec.delta, x, polyorder=9)
    refused("mode", fastspec.delta, x, mode="reflect")
    refused("axis", fastspec.delta, x, axis=2)
    refused("data", fastspec.delta, x * 1j)
    with pytest.raises(TypeError, match="polyorders"):
        fastspec.delta(x, polyorders=3)


# ---- stack_memory --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(300))
def test_stack_memory_against_librosa(seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng([92, seed])
    x = rng.standard_normal(rng.integers(1, 12, rng.integers(1, 4)))
    x = helpers.layout(rng, x.astype((np.float32, np.float64, np.int32, complex)[rng.integers(4)]))
    kwargs = {"n_steps": int(rng.integers(1, 6)), "delay": int(rng.choice([1, 2, 5, -1, -3]))}
    kind = rng.integers(5)
    if kind == 1:
        kwargs["mode"] = str(rng.choice(["edge", "reflect", "symmetric", "wrap", "linear_ramp"]))
    elif kind == 2:
        kwargs["constant_values"] = (3, [4], (1, 2))[rng.integers(3)]
    want = librosa.feature.stack_memory(x, **kwargs)
    got = fastspec.stack_memory(x, **kwargs)
    assert got.dtype == want.dtype
    assert got.flags.c_contiguous == want.flags.c_contiguous
    np.testing.assert_array_equal(got, want)
    out = np.zeros_like(want)
    assert fastspec.stack_memory(x, out=out, **kwargs) is out
    np.testing.assert_array_equal(out, want)


def test_stack_memory_refuses():
    x = np.ones((3, 4))
    refused("n_steps", fastspec.stack_memory, x, n_steps=0)
    refused("n_steps", fastspec.stack_memory, x, n_steps=1.5)
    refused("delay", fastspec.stack_memory, x, delay=0)
    refused("delay", fastspec.stack_memory, x, delay=0.5)
    refused("data", fastspec.stack_memory, np.ones((3, 0)))
    refused("data", fastspec.stack_memory, [["a"]])
    refused("data", fastspec.stack_memory, x, n_steps=2**39, delay=2**39, mode="edge")
    refused("out", fastspec.stack_memory, x, out=np.ones((3, 4)))


# ---- PCEN as the compression of a plan -----------------------------------------------------------


PLAN = {"sr": 16000, "n_fft": 400, "hop_length": 160, "n_mels": 40, "power": 1.0}


@pytest.mark.parametrize("power", [0.5, 0.25, 0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pcen_in_a_mel_plan(dtype, power):
    """The bits of pcen of the mel spectrogram; to 1e-12 of each value librosa's."""
    librosa = pytest.importorskip("librosa")
    y = (2.0**31 * helpers.random(2, 16000)).astype(dtype)
    mel = fastspec.MelSpectrogram(**PLAN)(y)
    plan = fastspec.MelSpectrogram(log="pcen", pcen_power=power, **PLAN)
    got = plan(y, n_threads=2)
    assert got.dtype == dtype
    own = {"sr": 16000, "hop_length": 160, "power": power}
    np.testing.assert_array_equal(got, fastspec.pcen(mel, precision="single", **own))
    bound = 1e-12 if dtype == np.float64 else 1e-7
    np.testing.assert_allclose(got, librosa.pcen(mel, **own), rtol=bound)
    front = fastspec.FrontEnd(
        log="pcen", pcen_power=power, align="center", pad_mode="constant", **PLAN
    )
    np.testing.assert_array_equal(got, front(y))


def test_pcen_constants_of_a_mel_plan():
    y = 2.0**31 * helpers.random(16000, dtype=np.float64)
    given = {"gain": 0.7, "bias": 1.0, "power": 0.3, "time_constant": 0.1, "eps": 1e-3}
    named = {f"pcen_{name}": value for name, value in given.items()}
    mel = fastspec.MelSpectrogram(**PLAN)(y)
    got = fastspec.MelSpectrogram(log="pcen", **named, **PLAN)(y)
    np.testing.assert_array_equal(got, fastspec.pcen(mel, sr=16000, hop_length=160, **given))
    got = fastspec.MelSpectrogram(log="pcen", pcen_b=0.1, **PLAN)(y)
    np.testing.assert_array_equal(got, fastspec.pcen(mel, b=0.1))


def test_pcen_streams_in_a_mel_plan():
    """In any pieces, in a group, as a part, by pickle and from lists: the bits of one call."""
    rng = np.random.default_rng(8)
    y = 2.0**31 * helpers.random(9000)
    plan = fastspec.MelSpectrogram(log="pcen", **PLAN)
    want = plan(y)
    for _ in range(4):
        stream = plan.stream()
        cuts = np.sort(rng.integers(0, len(y), 6))
        parts = [stream.push(part) for part in np.split(y, cuts)]
        np.testing.assert_array_equal(np.hstack([*parts, stream.flush()]), want)
    np.testing.assert_array_equal(plan(y, frames=slice(11, 30)), want[:, 11:30])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(plan))(y), want)
    np.testing.assert_array_equal(plan.map([y, y[:5000]])[0], want)
    assert plan == fastspec.MelSpectrogram(log="pcen", pcen_gain=0.98, **PLAN)
    assert plan != fastspec.MelSpectrogram(log="pcen", pcen_gain=0.5, **PLAN)
    group = plan.stream_group()
    ids = [group.join(), group.join()]
    found = [[], []]
    for part in (*np.split(y, [1000, 4321]), None):
        frames, counts = group.flush(ids) if part is None else group.push(ids, [part, part])
        for rows, chunk in zip(found, np.split(frames, np.cumsum(counts)[:-1]), strict=True):
            rows.append(chunk)
    for rows in found:
        np.testing.assert_array_equal(np.vstack(rows).T, want)


def test_mel_plan_refuses_with_pcen():
    for name, value in (("ref", "max"), ("ref", 0.5), ("top_db", 80), ("log_floor", -3)):
        refused(name, fastspec.MelSpectrogram, log="pcen", **{name: value})
    for name, value in (
        ("pcen_gain", -0.1),
        ("pcen_bias", np.inf),
        ("pcen_power", None),
        ("pcen_time_constant", 0),
        ("pcen_eps", 0),
        ("pcen_b", 1.1),
    ):
        refused(name, fastspec.MelSpectrogram, log="pcen", **{name: value})
    refused("log", fastspec.MFCC, log="pcen")


def test_delta_of_what_is_no_number():
    """In the middle it stays where the window reaches; at an end librosa's fit refuses it, too."""
    x = np.random.default_rng(3).random((2, 40))
    x[0, 20] = np.nan
    found = np.isnan(fastspec.delta(x, width=9))
    assert found[0].nonzero()[0].tolist() == list(range(16, 25))
    assert not found[1].any()
    for at in (0, 8, 31, 39):
        bad = np.nan_to_num(x)
        bad[1, at] = np.inf
        with pytest.raises(fastspec.ParameterError, match=r"^data: holds NaN or infinite"):
            fastspec.delta(bad, width=9)
        assert fastspec.delta(bad, width=9, mode="nearest").shape == bad.shape
