"""The constant-Q transform against slow sums over its definition and against live librosa."""

import math
import os
import pickle
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import misaligned, refused

import fastspec
from fastspec import CQT, ParameterError
from fastspec.windows import get_window

SR = 22050


# ---- references ---------------------------------------------------------------------------------


def hann(u):
    return 0.5 + 0.5 * np.cos(2 * np.pi * u)


def direct(y, plan, *, sr, hop, window=hann, mean=0.5, scale=True):
    """The definition, summed in float64."""
    n_frames = 1 + y.shape[-1] // hop
    reach = int(plan.lengths.max() / 2) + 1
    padded = np.pad(y.astype(np.float64), (reach, reach + hop))
    out = np.empty((plan.n_bins, n_frames), complex)
    for k, (f, length) in enumerate(zip(plan.frequencies, plan.lengths)):
        half = int(length / 2)
        n = np.arange(-half, half + 1)
        size = (np.sqrt(length) if scale else length) / (length * mean)
        weights = size * window(n / length) * np.exp(-2j * np.pi * ((n * f / sr) % 1))
        frames = np.lib.stride_tricks.sliding_window_view(padded[reach - half :], len(n))[::hop]
        out[k] = frames[:n_frames] @ weights.real + 1j * (frames[:n_frames] @ weights.imag)
    return out


def relative(ours, reference):
    return np.linalg.norm(ours - reference) / np.linalg.norm(reference)


def of_peak(ours, theirs):
    return np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)


def sound(kind, n, sr, dtype=np.float32):
    rng = np.random.default_rng(7)
    t = np.arange(n) / sr
    if kind == "noise":
        y = rng.standard_normal(n)
    elif kind == "music":
        tones = [110, 138.6, 164.8, 440, 554.4, 1318.5]
        y = sum(np.sin(2 * np.pi * f * h * t) / h for f in tones for h in range(1, 6))
        y = y * np.exp(-3 * (t % 0.4)) + 1e-3 * rng.standard_normal(n)
    elif kind == "chirp":
        y = np.sin(2 * np.pi * (40 * t + 0.5 * 4000 * t**2))
    else:
        y = (rng.random(n) < 0.001).astype(float)
        y[[0, -1]] = 1
    return y.astype(dtype)


# ---- the exact definition -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["noise", "music", "chirp", "clicks"])
@pytest.mark.parametrize(
    ("sr", "hop", "n_bins", "per_octave"),
    [(22050, 512, 84, 12), (22050, 441, 94, 12), (16000, 160, 168, 24), (48000, 64, 72, 9)],
)
def test_exact_is_the_definition(kind, sr, hop, n_bins, per_octave, errors):
    plan = CQT(sr=sr, hop_length=hop, n_bins=n_bins, bins_per_octave=per_octave, fmin=45)
    y = sound(kind, int(0.7 * sr), sr)
    expected = direct(y, plan, sr=sr, hop=hop)
    ours = plan(y)
    errors.check("CQT", "float32", "direct sum", relative(ours, expected), 2e-6)
    # In single bins and frames too, the ones at the ends among them.
    assert np.abs(ours - expected).max() <= 1e-5 * np.abs(expected).max()
    edge = relative(ours[:, [0, 1, -2, -1]], expected[:, [0, 1, -2, -1]])
    assert edge <= 5e-6


def test_exact_in_double(errors):
    plan = CQT(n_bins=60, fmin=60, hop_length=300)
    y = sound("noise", 15000, SR, np.float64)
    expected = direct(y, plan, sr=SR, hop=300)
    assert plan(y).dtype == np.complex128
    errors.check("CQT", "float64", "direct sum", relative(plan(y), expected), 1e-10)
    loose = CQT(n_bins=60, fmin=60, hop_length=300, accuracy=1e-6)
    errors.check("CQT accuracy=1e-6", "float64", "direct sum", relative(loose(y), expected), 2e-6)
    tight = CQT(n_bins=60, fmin=60, hop_length=512, accuracy=1e-8)
    expected = direct(y, tight, sr=SR, hop=512)
    errors.check("CQT accuracy=1e-8", "float64", "direct sum", relative(tight(y), expected), 2e-8)


@pytest.mark.parametrize("gamma", [20, None])
def test_variable_q(gamma, errors):
    plan = CQT(gamma=gamma)
    y = sound("noise", 20000, SR)
    errors.check(
        "CQT gamma", "float32", "direct sum",
        relative(plan(y), direct(y, plan, sr=SR, hop=512)), 1e-5,
    )  # fmt: skip


@pytest.mark.parametrize("filter_scale", [0.25, 0.5, 3])
def test_filter_scale(filter_scale):
    plan = CQT(filter_scale=filter_scale, fmin=80, n_bins=60)
    y = sound("noise", 20000, SR)
    assert relative(plan(y), direct(y, plan, sr=SR, hop=512)) < 2e-6


WINDOWS = {
    "hamming": (lambda u: 0.54 + 0.46 * np.cos(2 * np.pi * u), 0.54),
    "blackman": (
        lambda u: 0.42 + 0.5 * np.cos(2 * np.pi * u) + 0.08 * np.cos(4 * np.pi * u),
        0.42,
    ),
    "ones": (np.ones_like, 1.0),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_between_samples(name):
    window, mean = WINDOWS[name]
    plan = CQT(window=name, fmin=100, n_bins=48, hop_length=200)
    y = sound("noise", 8000, SR)
    assert relative(plan(y), direct(y, plan, sr=SR, hop=200, window=window, mean=mean)) < 3e-6


def test_window_with_a_parameter():
    plan = CQT(window=("kaiser", 9.0), fmin=100, n_bins=48)
    y = sound("noise", 8000, SR)
    mean = get_window(("kaiser", 9.0), 100001, fftbins=False).mean()

    def kaiser(u):
        return np.i0(9 * np.sqrt(1 - 4 * u**2)) / np.i0(9.0)

    assert relative(plan(y), direct(y, plan, sr=SR, hop=512, window=kaiser, mean=mean)) < 5e-5


def test_norm_and_scale():
    y = sound("noise", 8000, SR, np.float64)
    plain = CQT(n_bins=24, fmin=200)
    root = np.sqrt(plain.lengths)[:, np.newaxis]
    np.testing.assert_allclose(CQT(n_bins=24, fmin=200, scale=False)(y), plain(y) * root, 1e-9)
    energy = CQT(n_bins=24, fmin=200, norm=2)(y)
    np.testing.assert_allclose(energy, plain(y) * 0.5 * root / np.sqrt(3 / 8), 1e-9)
    np.testing.assert_allclose(
        CQT(n_bins=24, fmin=200, norm=None)(y), plain(y) * 0.5 * root**2, 1e-9
    )


def test_sinusoid_on_a_bin():
    plan = CQT()
    k, n = 40, np.arange(SR)
    y = (0.3 * np.cos(2 * np.pi * plan.frequencies[k] * n / SR)).astype(np.float32)
    inside = np.abs(plan(y)[k, 10:30])
    np.testing.assert_allclose(inside, 0.5 * 0.3 * np.sqrt(plan.lengths[k]), rtol=3e-5)


@pytest.mark.parametrize("hop", [512, 441])
def test_impulse(hop):
    plan = CQT(hop_length=hop)
    y = np.zeros(SR, np.float32)
    y[10000] = 1
    magnitude = np.abs(plan(y))
    tau = 10000 - np.arange(magnitude.shape[1]) * hop
    u = tau / plan.lengths[:, np.newaxis]
    expected = np.where(np.abs(u) < 0.5, hann(u), 0) * 2 / np.sqrt(plan.lengths)[:, np.newaxis]
    assert np.abs(magnitude - expected).max() < 1e-5 * expected.max()


def test_noise_variance():
    plan = CQT(hop_length=256, output="power")
    y = np.random.default_rng(3).standard_normal(20 * SR).astype(np.float32)
    mean = plan(y)[30:, 100:-100].mean()
    assert abs(mean - 1.5) < 0.03


def test_up_to_nyquist_and_one_bin():
    y = sound("noise", 4000, SR)
    plan = CQT(fmin=SR / 2 / 2 ** (11 / 12) * 0.999999, n_bins=12)
    assert relative(plan(y), direct(y, plan, sr=SR, hop=512)) < 2e-6
    plan = CQT(n_bins=1, fmin=100)
    assert relative(plan(y), direct(y, plan, sr=SR, hop=512)) < 2e-6


@pytest.mark.parametrize("n", [1, 2, 3, 100, 511, 512, 513])
def test_short_signals(n):
    y = sound("noise", n, SR)
    plan = CQT()
    assert plan(y).shape == (84, 1 + n // 512)
    expected = direct(y, plan, sr=SR, hop=512)
    assert np.abs(plan(y) - expected).max() <= 3e-6 * np.abs(expected).max()


# ---- the same bits ------------------------------------------------------------------------------

PLANS = {
    "exact": {},
    "odd hop": {"hop_length": 441},
    "large hop": {"hop_length": 30000},
    "magnitude": {"output": "magnitude", "n_bins": 75},
    "vqt": {"gamma": None, "hop_length": 96},
    "librosa": {"definition": "librosa"},
    "librosa odd": {"definition": "librosa", "hop_length": 147, "n_bins": 40},
    "padded": {"definition": "librosa", "pad_mode": "reflect", "fmin": 100, "n_bins": 30},
    "double": {"precision": "double", "fmin": 100, "n_bins": 48},
}


@pytest.mark.parametrize("name", PLANS)
def test_batch_threads_and_out(name):
    plan = CQT(**PLANS[name])
    y = np.random.default_rng(1).standard_normal((3, 60000)).astype(np.float32)
    alone = np.stack([plan(row) for row in y])
    np.testing.assert_array_equal(plan(y), alone)
    for n_threads in (2, 5):
        np.testing.assert_array_equal(plan(y, n_threads=n_threads), alone)
        np.testing.assert_array_equal(plan(y[0], n_threads=n_threads), alone[0])
    for out in (np.empty(alone.shape, alone.dtype), np.empty(alone.shape[::-1], alone.dtype).T):
        assert plan(y, out=out) is out
        np.testing.assert_array_equal(out, alone)
    strided = np.repeat(y, 2, axis=-1)[:, ::2]
    np.testing.assert_array_equal(plan(strided), alone)
    np.testing.assert_array_equal(plan(y.astype(">f4")), alone)
    with ThreadPoolExecutor(3) as pool:
        for result in pool.map(plan, [y] * 3):
            np.testing.assert_array_equal(result, alone)


@pytest.mark.parametrize("name", [name for name in PLANS if name != "padded"])
def test_streams_give_the_same_bits(name):
    plan = CQT(**PLANS[name])
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


def test_long_signals_are_cut_without_a_trace():
    y = np.random.default_rng(2).standard_normal(2_400_000).astype(np.float32)
    plan = CQT(hop_length=2048, n_bins=72)
    whole = plan(y)
    part = plan(y[: 2**21])
    n = part.shape[1] - 12
    np.testing.assert_array_equal(part[:, :n], whole[:, :n])
    np.testing.assert_array_equal(plan(y, n_threads=3), whole)


def test_silence_and_subnormal_numbers():
    plan = CQT()
    assert not plan(np.zeros(9000, np.float32)).any()
    assert not plan(np.full(9000, 1e-40, np.float32)).any()


def test_loud_neighbours_leave_no_trace():
    y = np.ones((2, 30000), np.float32)
    y[0] *= np.finfo(np.float32).max
    plan = CQT()
    np.testing.assert_array_equal(plan(y)[1], plan(y[1]))


TIER_CODE = """
import hashlib, numpy as np, fastspec
y = np.random.default_rng(0).standard_normal(30000).astype('f4')
h = hashlib.sha256()
for k in (dict(), dict(hop_length=441), dict(definition='librosa'), dict(precision='double')):
    h.update(np.ascontiguousarray(fastspec.CQT(n_bins=71, fmin=50, **k)(y)).tobytes())
print(fastspec._core.info()['tier'] if hasattr(fastspec._core, 'info') else '', h.hexdigest())
"""


def test_tiers_with_fma_give_the_same_bits():
    seen = set()
    for tier in ("avx2", "avx512"):
        env = dict(os.environ, FASTSPEC_SIMD=tier)
        run = [sys.executable, "-c", TIER_CODE]
        seen.add(subprocess.run(run, env=env, capture_output=True, check=True).stdout.split()[-1])
    assert len(seen) == 1  # a tier that this CPU lacks falls back to one that it has


def test_the_portable_tier_agrees():
    y = np.random.default_rng(0).standard_normal(30000).astype("f4")
    code = (
        "import sys, numpy as np, fastspec; y = np.random.default_rng(0).standard_normal(30000)"
        ".astype('f4'); sys.stdout.buffer.write(fastspec.CQT()(y).tobytes(order='F'))"
    )
    env = dict(os.environ, FASTSPEC_SIMD="portable")
    raw = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    ours = CQT()(y)
    portable = np.frombuffer(raw.stdout, np.complex64).reshape(ours.shape, order="F")
    assert of_peak(portable, ours) < 1e-6


# ---- plans --------------------------------------------------------------------------------------


def test_outputs():
    y = sound("music", 20000, SR)
    complex_ = CQT()(y)
    np.testing.assert_allclose(CQT(output="magnitude")(y), np.abs(complex_), rtol=1e-6)
    np.testing.assert_allclose(CQT(output="power")(y), np.abs(complex_) ** 2, rtol=2e-6)
    assert CQT(output="power")(y).dtype == np.float32


def test_int16():
    y = (sound("noise", 9000, SR) * 3000).astype(np.int16)
    for definition in ("exact", "librosa"):
        plan = CQT(input_scale=1 / 32768, definition=definition)
        np.testing.assert_array_equal(plan(y), plan(y.astype(np.float32) / np.float32(32768)))
    refused("y", CQT(), y)


def test_a_plan_is_a_value():
    plan = CQT(n_bins=20, intervals=[1, 1.2, 1.5])
    same = CQT(n_bins=20, intervals=(1.0, 1.2, 1.5))
    assert plan == same
    assert hash(plan) == hash(same)
    assert plan != CQT(n_bins=20)
    copy = pickle.loads(pickle.dumps(plan))
    assert copy == plan
    y = sound("noise", 5000, SR)
    np.testing.assert_array_equal(copy(y), plan(y))
    with pytest.raises(AttributeError):
        plan.n_fft = 3
    with pytest.raises(ValueError, match="read-only"):
        plan.frequencies[0] = 1
    assert "n_bins=20" in repr(plan)


def test_shape_questions():
    plan = CQT(sr=44100, hop_length=100, n_bins=48)
    assert plan.n_frames(0) == 0
    assert plan.n_frames(250) == 3
    np.testing.assert_allclose(plan.times(250), [0, 100 / 44100, 200 / 44100])
    np.testing.assert_allclose(
        plan.frequencies, fastspec.cqt_frequencies(48, fmin=32.70319566257483)
    )
    assert plan(np.zeros((2, 0, 50), np.float32)).shape == (2, 0, 48, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sr", 0), ("sr", math.nan), ("hop_length", 0), ("hop_length", 1.5), ("fmin", 0),
        ("fmin", math.nan), ("n_bins", 0), ("n_bins", 2**40), ("bins_per_octave", 0),
        ("tuning", math.inf), ("filter_scale", 0), ("gamma", -1), ("norm", -2), ("norm", "x"),
        ("window", "nonsense"), ("window", [1.0, 2.0]), ("scale", 1), ("definition", "other"),
        ("intervals", "other"), ("intervals", []), ("intervals", [1, -2]), ("accuracy", 0),
        ("output", "phase"), ("precision", "half"), ("sparsity", 1), ("sparsity", -0.1),
        ("pad_mode", "wrap"), ("res_type", "kaiser_best"), ("input_scale", math.nan),
    ],
)  # fmt: skip
def test_bad_arguments(name, value):
    with pytest.raises(ParameterError, match=name):
        CQT(**{name: value})


def test_refused_grids():
    with pytest.raises(ParameterError, match="Nyquist"):
        CQT(n_bins=120)
    with pytest.raises(ParameterError, match="GiB"):
        CQT(fmin=1e-5, n_bins=12)
    with pytest.raises(ParameterError, match="between samples"):
        CQT(window=("gaussian", 30))
    with pytest.raises(ParameterError, match="pad_mode"):
        CQT(pad_mode="reflect")


@pytest.mark.parametrize("function", [CQT(), CQT(definition="librosa"), fastspec.cqt, fastspec.vqt])
def test_bad_signals(function):
    for bad in (np.zeros(0, np.float32), np.float32(1), np.full(9000, np.nan, np.float32)):
        with pytest.raises(ParameterError):
            function(bad)
    with pytest.raises(ParameterError):
        function(np.zeros(9000, complex))
    y = np.zeros(9000, np.float32)
    y[-1] = np.inf
    with pytest.raises(ParameterError, match="finite"):
        function(y)


def test_bad_out():
    plan, y = CQT(), np.zeros(5000, np.float32)
    for out in (np.empty((84, 9), np.complex64), np.empty((84, 10)), misaligned((84, 10), "c8")):
        with pytest.raises(ParameterError, match="out"):
            plan(y, out=out)


# ---- librosa ------------------------------------------------------------------------------------


def draw(rng, variable):
    """Arguments of librosa's cqt or vqt."""
    kwargs = {}
    pick = lambda *choices: choices[rng.integers(len(choices))]  # noqa: E731
    kwargs["sr"] = pick(8000, 16000, 22050, 22050, 44100, 48000)
    kwargs["hop_length"] = int(
        pick(64, 100, 128, 160, 256, 441, 512, 512, 1024, rng.integers(30, 700))
    )
    per_octave = int(pick(12, 12, 12, 24, 36, 7, 5))
    kwargs["bins_per_octave"] = per_octave
    kwargs["fmin"] = float(pick(32.703, 55, 110, rng.uniform(30, 300)))
    top = math.log2(0.42 * kwargs["sr"] / kwargs["fmin"])
    kwargs["n_bins"] = int(rng.integers(1, max(2, min(7, top) * per_octave)))
    if rng.random() < 0.4:
        kwargs["filter_scale"] = float(rng.uniform(0.3, 1.5))
    if rng.random() < 0.3:
        kwargs["window"] = pick("hamming", "blackman", ("kaiser", 6.0), "ones")
    if rng.random() < 0.3:
        kwargs["norm"] = pick(None, 2, np.inf, 0.5)
    if rng.random() < 0.3:
        kwargs["scale"] = False
    if rng.random() < 0.3:
        kwargs["tuning"] = float(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.3:
        kwargs["sparsity"] = float(pick(0, 0.05, 0.001))
    if rng.random() < 0.3:
        kwargs["dtype"] = pick(np.complex64, np.complex128)
    if rng.random() < 0.3:
        kwargs["pad_mode"] = pick("reflect", "edge", "symmetric", "linear_ramp")
    if variable:
        kwargs["gamma"] = pick(None, None, 0, 5.0, 20.0)
        if rng.random() < 0.4:
            kwargs["intervals"] = pick("pythagorean", "ji3", "ji5", "ji7", [1, 1.1, 1.3, 1.7])
    return kwargs


@pytest.mark.parametrize("seed", range(20))
def test_random_parameters_against_librosa(seed, librosa, errors):
    rng = np.random.default_rng(seed)
    compared = 0
    while compared < 10:
        name = "vqt" if rng.random() < 0.5 else "cqt"
        kwargs = draw(rng, name == "vqt")
        dtype = np.float32 if rng.random() < 0.7 else np.float64
        y = rng.standard_normal(int(rng.integers(3000, 25000))).astype(dtype)
        if rng.random() < 0.3:
            y = np.stack([y, y[::-1]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = getattr(librosa, name)(y, **kwargs)
            except (librosa.ParameterError, ValueError):
                with pytest.raises(ParameterError):
                    getattr(fastspec, name)(y, **kwargs)
                continue
            ours = getattr(fastspec, name)(y, **kwargs)
        compared += 1
        assert ours.shape == theirs.shape, kwargs
        assert ours.dtype == theirs.dtype, kwargs
        assert ours.flags.f_contiguous == theirs.flags.f_contiguous, kwargs
        errors.check(name, np.dtype(dtype).name, "librosa", of_peak(ours, theirs), 5e-6)


def test_edges_against_librosa(librosa):
    y = sound("noise", 30000, SR)
    ours, theirs = fastspec.cqt(y), librosa.cqt(y)
    assert of_peak(ours[:, :5], theirs[:, :5]) < 3e-6
    assert of_peak(ours[:, -5:], theirs[:, -5:]) < 3e-6


def test_high_rates_against_librosa(librosa):
    """Early downsampling by 4 and more, which librosa leaves to soxr in one step."""
    y = sound("noise", 50000, SR)
    for kwargs in ({"sr": 96000}, {"n_bins": 24, "hop_length": 1024}, {"n_bins": 1}):
        assert of_peak(fastspec.cqt(y, **kwargs), librosa.cqt(y, **kwargs)) < 3e-6


@pytest.mark.parametrize("name", ["soxr_vhq", "soxr_mq"])
def test_other_resamplers(name, librosa):
    pytest.importorskip("soxr")
    y = sound("music", 20000, SR)
    ours, theirs = fastspec.cqt(y, res_type=name), librosa.cqt(y, res_type=name)
    assert of_peak(ours, theirs) < 3e-6


def test_definition_exact_of_the_function():
    y = sound("music", 20000, SR)
    np.testing.assert_array_equal(fastspec.cqt(y, definition="exact"), CQT()(y))
    np.testing.assert_array_equal(
        fastspec.vqt(y, gamma=10, definition="exact", n_threads=2), CQT(gamma=10)(y)
    )


def test_warnings_and_errors_as_librosa(librosa):
    y = sound("noise", 300, SR)
    with pytest.warns(UserWarning, match="n_fft=256 is too large for input signal of length=150"):
        fastspec.cqt(y)
    with pytest.warns(FutureWarning, match="res_type=None"):
        fastspec.cqt(sound("noise", 30000, SR), res_type=None)
    for module in (librosa, fastspec):
        with pytest.raises(module.ParameterError, match="Nyquist frequency=11025"):
            module.cqt(y, n_bins=110)


@pytest.mark.parametrize("intervals", ["equal", "pythagorean", "ji3", "ji5", "ji7", [1, 1.3, 1.6]])
@pytest.mark.parametrize("n", [5, 12, 31])
@pytest.mark.parametrize("sort", [True, False])
def test_interval_frequencies(intervals, n, sort, librosa):
    kwargs = {"fmin": 55.0, "intervals": intervals, "bins_per_octave": n, "sort": sort}
    ours = fastspec.interval_frequencies(40, **kwargs)
    np.testing.assert_allclose(ours, librosa.interval_frequencies(40, **kwargs), rtol=1e-12)


def test_cqt_frequencies(librosa):
    kwargs = {"fmin": 55.0, "bins_per_octave": 17, "tuning": 0.3}
    ours = fastspec.cqt_frequencies(40, **kwargs)
    np.testing.assert_array_equal(ours, librosa.cqt_frequencies(40, **kwargs))


# ---- tuning -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_tuning_against_librosa(seed, librosa):
    rng = np.random.default_rng(seed)
    per_octave = int(rng.choice([12, 24, 36]))
    t = np.arange(30000) / SR
    notes = 440 * 2 ** ((rng.integers(-20, 20, 6) + rng.uniform(-0.4, 0.4)) / 12)
    y = sum(np.sin(2 * np.pi * f * t) for f in notes) + 0.05 * rng.standard_normal(len(t))
    y = y.astype(np.float32)
    S = np.abs(librosa.stft(y))
    for ours, theirs in zip(fastspec.piptrack(S=S), librosa.piptrack(S=S)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    kwargs = {"S": S, "bins_per_octave": per_octave}
    assert fastspec.estimate_tuning(**kwargs) == librosa.estimate_tuning(**kwargs)
    kwargs = {"y": y, "bins_per_octave": per_octave}
    found = fastspec.estimate_tuning(**kwargs)
    assert abs(found - librosa.estimate_tuning(**kwargs)) < 0.011
    np.testing.assert_array_equal(
        fastspec.cqt(y, tuning=None), fastspec.cqt(y, tuning=fastspec.estimate_tuning(y=y))
    )


def test_tuning_of_silence():
    with pytest.warns(UserWarning, match="empty frequency set"):
        assert fastspec.estimate_tuning(y=np.zeros(9000, np.float32)) == 0
    with pytest.raises(ParameterError, match="y"):
        fastspec.piptrack()
