"""librosa's constant-Q functions beyond `cqt` and `vqt`: pseudo and hybrid transforms, out=, the
rules of other versions, resamplers, and the two domains in which filters are applied."""

import math
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from helpers import misaligned, refused

import fastspec
from fastspec import CQT, ParameterError, cqt_stages
from fastspec.constantq import _plan

SR = 22050
FUNCTIONS = ("cqt", "vqt", "pseudo_cqt", "hybrid_cqt")


def of_peak(ours, theirs):
    return np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)


def noise(*shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# ---- pseudo and hybrid --------------------------------------------------------------------------


def draw(rng):
    pick = lambda *choices: choices[rng.integers(len(choices))]  # noqa: E731
    per_octave = int(pick(12, 12, 24, 36, 7, 5))
    kwargs = {
        "sr": pick(8000, 16000, 22050, 44100),
        "hop_length": int(pick(64, 100, 256, 441, 512, 1024, rng.integers(40, 900))),
        "bins_per_octave": per_octave,
        "fmin": float(pick(55, 110, rng.uniform(50, 300))),
    }
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
    return kwargs


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["pseudo_cqt", "hybrid_cqt"])
def test_random_parameters_against_librosa(name, seed, librosa, errors):
    rng = np.random.default_rng(seed)
    compared = 0
    while compared < 6:
        kwargs = draw(rng)
        dtype = np.float32 if rng.random() < 0.7 else np.float64
        y = rng.standard_normal(int(rng.integers(3000, 25000))).astype(dtype)
        if rng.random() < 0.3:
            y = np.stack([y, y[::-1]])
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                theirs = getattr(librosa, name)(y, **kwargs)
            except (librosa.ParameterError, ValueError):
                with pytest.raises(ParameterError):
                    getattr(fastspec, name)(y, **kwargs)
                continue
        theirs_said = {str(w.message) for w in said}
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            ours = getattr(fastspec, name)(y, **kwargs)
        compared += 1
        assert {str(w.message) for w in said} == theirs_said, kwargs
        assert ours.shape == theirs.shape, kwargs
        assert ours.dtype == theirs.dtype, kwargs
        assert ours.flags.f_contiguous == theirs.flags.f_contiguous, kwargs
        # In single precision librosa's own error reaches 5e-6 in the pseudo transform.
        errors.check(name, np.dtype(dtype).name, "librosa", of_peak(ours, theirs), 1e-5, kwargs)


def direct_pseudo(y, *, sr, hop, fmin, n_bins, sparsity):
    """The pseudo transform's formula for 12 bins per octave, frame by frame in float64."""
    freqs = fmin * 2 ** (np.arange(n_bins) / 12)
    alpha = (2 ** (2 / 12) - 1) / (2 ** (2 / 12) + 1)
    lengths = sr / alpha / freqs
    size = 2 ** math.ceil(math.log2(lengths.max()))
    n_fft = max(size, 2 ** (1 + math.ceil(math.log2(hop))))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    padded = np.pad(y.astype(np.float64), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    spectra = np.abs(np.fft.rfft(frames * hann, axis=1))
    out = np.empty((n_bins, len(spectra)))
    for k, (f, length) in enumerate(zip(freqs, lengths)):
        n = np.arange(-length // 2, length // 2)
        wavelet = np.exp(2j * np.pi * f * n / sr)
        wavelet *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(n)) / len(n))
        wavelet *= length / n_fft / np.abs(wavelet).sum()
        basis = np.abs(np.fft.fft(wavelet, n_fft))[: n_fft // 2 + 1]
        order = np.sort(basis)
        least = order[np.argmin(np.cumsum(order / order.sum()) < sparsity)]
        out[k] = spectra @ np.where(basis >= least, basis, 0) / np.sqrt(n_fft)
    return out


@pytest.mark.parametrize("hop", [64, 500, 3000])
def test_pseudo_is_its_formula(hop, errors):
    y = noise(9001, dtype=np.float64)
    kwargs = {"sr": SR, "fmin": 220.0, "n_bins": 40, "sparsity": 0.013}
    expected = direct_pseudo(y, hop=hop, **kwargs)
    # librosa's filters are of single precision, whatever the signal is.
    ours = fastspec.pseudo_cqt(y, hop_length=hop, **kwargs)
    errors.check("pseudo_cqt", "float64", "formula", of_peak(ours, expected), 1e-6)
    single = fastspec.pseudo_cqt(y.astype(np.float32), hop_length=hop, **kwargs)
    errors.check("pseudo_cqt", "float32", "formula", of_peak(single, expected), 1e-6)


@pytest.mark.parametrize("hop", [128, 512, 1024, 10000])
def test_hybrid_is_made_of_its_parts(hop):
    y = noise(30000)
    whole = fastspec.hybrid_cqt(y, hop_length=hop)
    lengths = CQT(hop_length=hop).lengths
    n = int(np.sum(2.0 ** np.ceil(np.log2(lengths)) >= 2 * hop))
    if n:
        low = np.abs(fastspec.cqt(y, hop_length=hop, n_bins=n))
        np.testing.assert_allclose(whole[:n], low[:, : whole.shape[1]], rtol=1e-6, atol=1e-7)
    if n < 84:
        fmin = CQT(hop_length=hop).frequencies[n]
        high = fastspec.pseudo_cqt(y, hop_length=hop, n_bins=84 - n, fmin=fmin)
        np.testing.assert_array_equal(whole[n:], high[:, : whole.shape[1]])


@pytest.mark.parametrize("name", ["pseudo_cqt", "hybrid_cqt"])
def test_functions_as_pad_modes(name, librosa):
    def ramp(vector, width, axis, kwargs):
        vector[: width[0]] = 0.5
        vector[len(vector) - width[1] :] = -0.5

    y = noise(20000)
    kwargs = {"pad_mode": ramp, "fmin": 110, "n_bins": 50}
    ours = getattr(fastspec, name)(y, **kwargs)
    assert of_peak(ours, getattr(librosa, name)(y, **kwargs)) < 5e-6


@pytest.mark.parametrize("name", ["pseudo_cqt", "hybrid_cqt"])
def test_tuning_is_estimated(name, librosa):
    t = np.arange(40000) / SR
    y = sum(np.sin(2 * np.pi * 440 * 2 ** ((k + 0.3) / 12) * t) for k in (0, 4, 7))
    y = y.astype(np.float32)
    kwargs = {"fmin": 110, "n_bins": 48}
    tuned = getattr(fastspec, name)(y, tuning=None, **kwargs)
    assert of_peak(tuned, getattr(librosa, name)(y, tuning=None, **kwargs)) < 5e-6
    assert of_peak(tuned, getattr(fastspec, name)(y, **kwargs)) > 0.05


# ---- every function -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_batch_threads_and_out(name):
    function = getattr(fastspec, name)
    kwargs = {"fmin": 110, "n_bins": 48}
    y = noise(2, 20000)
    alone = np.stack([function(row, **kwargs) for row in y])
    np.testing.assert_array_equal(function(y, **kwargs), alone)
    np.testing.assert_array_equal(function(y, n_threads=3, **kwargs), alone)
    strided = np.empty((2, 96, 2 * alone.shape[-1]), alone.dtype)[:, ::2, ::2]
    for out in (np.empty_like(alone), np.empty(alone.shape[::-1], alone.dtype).T, strided):
        assert function(y, out=out, **kwargs) is out
        np.testing.assert_array_equal(out, alone)
    np.testing.assert_array_equal(function(y[:, ::-1][:, ::-1], **kwargs), alone)
    double = function(y, precision="double", **kwargs)
    assert double.dtype == alone.dtype
    assert of_peak(alone, double) < 3e-6


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_out(name):
    function = getattr(fastspec, name)
    y = noise(5000)
    good = function(y, n_bins=24, fmin=220)
    bad = [
        good[:, :-1],
        good[:-1],
        good.astype(good.real.dtype if good.dtype.kind == "c" else np.complex64),
        good.astype(good.dtype.newbyteorder()),
        good.tolist(),
        misaligned(good.shape, good.dtype),
    ]
    good.flags.writeable = False
    for out in (*bad, good):
        refused("out", function, y, n_bins=24, fmin=220, out=out)
    shared = np.zeros(good.size * good.itemsize // 4, np.float32)
    over = shared.view(good.dtype)[: good.size].reshape(good.shape)
    refused("out", function, shared[:5000] if shared.size > 5000 else shared, n_bins=24, fmin=220,
            out=over)  # fmt: skip


BAD = [
    ("sr", 0), ("sr", math.nan), ("hop_length", 0), ("hop_length", 1.5), ("fmin", 0),
    ("fmin", -1.0), ("fmin", math.nan), ("fmin", math.inf), ("n_bins", 0), ("n_bins", 2**40),
    ("bins_per_octave", 0), ("tuning", math.inf), ("tuning", math.nan), ("filter_scale", 0),
    ("norm", -2), ("window", "nonsense"), ("scale", 1), ("sparsity", 1), ("pad_mode", "wrap"),
    ("dtype", np.float32), ("n_threads", 0), ("precision", "half"),
]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("argument", "value"), BAD)
def test_bad_arguments(name, argument, value):
    refused(argument, getattr(fastspec, name), noise(9000), **{argument: value})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_signals(name):
    function = getattr(fastspec, name)
    broken = noise(9000)
    broken[17] = np.nan
    for bad in (np.zeros(0, np.float32), np.float32(1), broken, np.zeros(99, int), [0.0] * 9):
        with pytest.raises(ParameterError, match="y"):
            function(bad)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_filters_of_absurd_size(name):
    """Refused before any work, with the memory that they would take."""
    absurd = [{"fmin": 1e-5}, {"filter_scale": 1e9}, {"bins_per_octave": 2**20}]
    for kwargs in absurd[1:] if name == "vqt" else absurd:  # gamma bounds the length
        with pytest.raises(ParameterError, match=r"filters would take [\d.]+ GiB"):
            getattr(fastspec, name)(noise(5000), **kwargs)
    if name in ("cqt", "vqt"):
        with pytest.raises(ParameterError, match="Nyquist frequency=11025"):
            getattr(fastspec, name)(noise(5000), n_bins=120)


# ---- versions -----------------------------------------------------------------------------------


def slow_cqt(y, *, sr, hop, fmin, n_bins, per_octave, guarded, soxr):
    """librosa's transform step by step, in float64: without `guarded` by the rule of 0.11."""
    freqs = fmin * 2 ** (np.arange(n_bins) / per_octave)
    alpha = (2 ** (2 / per_octave) - 1) / (2 ** (2 / per_octave) + 1)
    lengths = sr / alpha / freqs
    rows, rate = [], sr
    for top in range(n_bins, 0, -per_octave):
        bins = range(max(0, top - per_octave), top)
        n_fft = 2 ** math.ceil(math.log2(rate / alpha / freqs[bins[0]]))
        padded = np.pad(y, n_fft // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
        spectra = np.fft.rfft(frames, axis=1)
        octave = np.empty((len(bins), len(frames)), complex)
        for row, k in zip(octave, bins):
            length = rate / alpha / freqs[k]
            n = np.arange(-length // 2, length // 2)
            wavelet = np.exp(2j * np.pi * freqs[k] * n / rate)
            wavelet *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(n)) / len(n))
            wavelet /= np.abs(wavelet).sum()
            frame = np.zeros(n_fft, complex)
            first = (n_fft - len(n)) // 2
            frame[first : first + len(n)] = wavelet
            basis = np.fft.fft(frame)[: n_fft // 2 + 1] * length / n_fft * math.sqrt(sr / rate)
            row[:] = spectra @ basis / math.sqrt(lengths[k])
        rows.insert(0, octave)
        below = freqs[bins[0] - 1] if bins[0] else 0
        if hop % 2 == 0 and not (guarded and below > rate / 5):
            y = soxr.resample(y, 2, 1, quality="HQ")[: -(-len(y) // 2)] * math.sqrt(2)
            hop, rate = hop // 2, rate / 2
    n_frames = min(octave.shape[1] for octave in rows)
    return np.concatenate([octave[:, :n_frames] for octave in rows])


@pytest.mark.parametrize("version", ["0.11", "1.0"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_versions_against_a_slow_sum(version, dtype, errors):
    soxr = pytest.importorskip("soxr")
    y = noise(20001, dtype=np.float64)
    grid = {"fmin": 41.0, "n_bins": 96}
    expected = slow_cqt(
        y, sr=SR, hop=256, per_octave=12, guarded=version == "1.0", soxr=soxr, **grid
    )
    kwargs = {"hop_length": 256, "sparsity": 0, "librosa_version": version, **grid}
    ours = fastspec.cqt(y.astype(dtype), **kwargs)
    error = of_peak(ours, expected)
    errors.check(f"cqt {version}", np.dtype(dtype).name, "slow sum", error, 2e-6)
    other = fastspec.cqt(y, **dict(kwargs, librosa_version="1.0" if version == "0.11" else "0.11"))
    assert of_peak(other, expected) > 1e-3  # the highest octaves differ


def test_the_version_is_part_of_plans():
    plan = CQT(definition="librosa", librosa_version="1.0", fmin=41, n_bins=96)
    assert plan != CQT(definition="librosa", fmin=41, n_bins=96)
    assert pickle.loads(pickle.dumps(plan)) == plan
    y = noise(9000)
    same = fastspec.cqt(y, fmin=41, n_bins=96, librosa_version="1.0")
    np.testing.assert_array_equal(plan(y), same)
    kwargs = {"fmin": 41, "n_bins": 96, "hop_length": 32, "librosa_version": "1.0"}
    low = np.abs(fastspec.cqt(y, **kwargs))[:90]
    assert of_peak(fastspec.hybrid_cqt(y, **kwargs)[:90], low) < 1e-6
    refused("librosa_version", CQT, librosa_version="0.9")
    refused("librosa_version", fastspec.vqt, y, librosa_version=1.0)


# ---- resamplers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["soxr_vhq", "soxr_hq", "soxr_mq", "soxr_lq", "soxr_qq"])
@pytest.mark.parametrize("sr", [22050, 44100])
def test_every_soxr(name, sr, librosa):
    pytest.importorskip("soxr")
    y = noise(2, 20000)
    for function in ("cqt", "hybrid_cqt"):
        kwargs = {"sr": sr, "res_type": name, "n_bins": 60}
        ours = getattr(fastspec, function)(y, **kwargs)
        assert of_peak(ours, getattr(librosa, function)(y, **kwargs)) < 5e-6


OTHERS = ("kaiser_best", "kaiser_fast", "fft", "scipy", "polyphase", "linear", "zero_order_hold",
          "sinc_best", "sinc_fastest", "sinc_medium", 3)  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_resamplers_are_refused(name):
    for function in (CQT, lambda **kw: fastspec.vqt(noise(5000), **kw)):
        with pytest.raises(ParameterError, match=r"res_type=.*soxr_hq"):
            function(res_type=name)


def test_without_soxr(monkeypatch):
    monkeypatch.setattr(cqt_stages, "_has_soxr", lambda: False)
    with pytest.raises(ParameterError, match="res_type='soxr_lq': needs the package soxr"):
        CQT(res_type="soxr_lq", definition="librosa", n_bins=12)
    assert fastspec.cqt(noise(5000)).shape == (84, 10)


# ---- domains ------------------------------------------------------------------------------------


@pytest.fixture
def in_domain(monkeypatch):
    """Makes plans that apply their filters in time (1), in frequency (2), or as they choose (0)."""

    def choose(domain):
        monkeypatch.setattr(cqt_stages, "_DOMAIN", domain)
        _plan.cache_clear()

    yield choose
    _plan.cache_clear()


GRIDS = {
    "12": {"n_bins": 96},
    "36": {"bins_per_octave": 36, "n_bins": 200},
    "60, double": {"bins_per_octave": 60, "n_bins": 300, "precision": "double"},
    "odd hop": {"hop_length": 315, "n_bins": 50, "fmin": 100},
    "padded": {"pad_mode": "reflect", "n_bins": 50, "fmin": 100},
    "any window": {"window": "boxcar", "n_bins": 80, "bins_per_octave": 24, "fmin": 100},
}


@pytest.mark.parametrize("name", GRIDS)
def test_domains_agree(name, in_domain, errors):
    y = noise(30000, dtype=np.float64 if "double" in name else np.float32)
    results = []
    for domain in (1, 2, 0):
        in_domain(domain)
        plan = CQT(definition="librosa", **GRIDS[name])
        results.append(plan(y))
        both = np.stack([y, y[::-1]])
        np.testing.assert_array_equal(plan(both)[0], results[-1])
        np.testing.assert_array_equal(plan(y, n_threads=4), results[-1])
        if isinstance(plan._core(False), fastspec._core.CqtPlan):
            stream = plan.stream(1)
            parts = [stream.push(part[np.newaxis]) for part in np.array_split(y, 7)]
            parts.append(stream.flush())
            np.testing.assert_array_equal(np.concatenate(parts, axis=-1)[0], results[-1])
    # librosa's filters have the precision of float32: in time they are folded as if symmetric.
    bound = 2e-7 if "double" in name else 2e-6
    errors.check("domains", name, "each other", of_peak(results[1], results[0]), bound)


def test_the_cheaper_domain_is_chosen(in_domain):
    """The size of a plan tells whether it has rows of spectra too."""

    def sizes(**kwargs):
        for domain in (1, 0):
            in_domain(domain)
            yield CQT(definition="librosa", **kwargs)._core(False).size

    time, chosen = sizes()
    assert chosen == time
    time, chosen = sizes(bins_per_octave=60, n_bins=420)
    assert chosen > time
    time, chosen = sizes(bins_per_octave=60, n_bins=420, sparsity=0)
    assert chosen == time


# ---- long decimators ----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 130, 829, 1633, 5000, 60001])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_decimation_in_blocks(n, precision):
    """A chain of long decimators against convolutions, at every level and both ends."""
    from fastspec.cqt_basis import resampling_taps

    taps = resampling_taps(2)
    both = np.concatenate([taps[:0:-1], taps])
    levels = 6
    filters = [(levels - 1 - k, 0, np.array([[1.0, 0.0]])) for k in range(levels)]
    core = fastspec._core.CqtPlan(
        output=0, double=precision == "double", hop_length=32, n_bins=levels, filters=filters,
        decimator=taps, decimator_reach=len(taps) - 1,
    )  # fmt: skip
    y = noise(n, dtype=np.float64, seed=n)
    out = np.empty((levels, core.n_frames(n)), np.complex128)
    core.exec(y.astype(np.float32 if precision == "single" else np.float64), out, 1)
    x = y.astype(np.float32).astype(np.float64) if precision == "single" else y
    for level in range(levels):
        at = np.arange(out.shape[1]) * (32 >> level)
        expected = np.append(x, 0)[np.minimum(at, len(x))]
        bound = 6e-7 if precision == "single" else 1e-14
        row = out[levels - 1 - level]
        assert np.abs(row - expected).max() <= bound * max(np.abs(x).max(), 1)
        x = np.convolve(x, both)[len(taps) - 1 : len(taps) - 1 + len(x)][::2]


MEMORY_CODE = """
import resource, sys, numpy as np, fastspec
y = np.full(22050 * 3600, 0.1, np.float32)
plan = fastspec.CQT(definition=sys.argv[1])
out = np.ones((84, plan.n_frames(len(y))), np.complex64, order="F")  # in memory, unlike zeros
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
plan(y, out=out)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in kilobytes there")
@pytest.mark.parametrize("definition", ["exact", "librosa"])
def test_memory_of_an_hour(definition):
    """Beyond the output and the filters a call takes less than 4 MB, however long the signal."""
    run = [sys.executable, "-c", MEMORY_CODE, definition]
    assert int(subprocess.run(run, capture_output=True, check=True).stdout) < 4096
