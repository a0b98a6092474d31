"""The invertible constant-Q transform: its definition, reconstruction, and the same bits always."""

import os
import pickle
import signal
import subprocess
import sys
import threading
from functools import lru_cache

import numpy as np
import pytest
from helpers import NOT_INTEGERS, NOT_REALS, Bare, misaligned, refused

import fastspec
from fastspec import NSGT

SR = 22050
HANN = lambda u: 0.5 + 0.5 * np.cos(2 * np.pi * u)  # noqa: E731
WINDOWS = {
    "hann": HANN,
    "hamming": lambda u: 0.54 + 0.46 * np.cos(2 * np.pi * u),
    "blackman": lambda u: 0.42 + 0.5 * np.cos(2 * np.pi * u) + 0.08 * np.cos(4 * np.pi * u),
    "bartlett": lambda u: 1 - 2 * np.abs(u),
    ("kaiser", 6.0): lambda u: np.i0(6 * np.sqrt(np.maximum(0, 1 - 4 * u**2))) / np.i0(6),
}


def relative(ours, reference):
    return np.linalg.norm(ours - reference) / np.linalg.norm(reference)


def noise(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def tukey(length, transition):
    """The fade of a slice, from its definition."""
    t = np.arange(length // 2) - length // 4 + transition // 2 + 0.5
    up = np.sin(np.pi / 2 * np.clip(t / transition, 0, 1)) ** 2
    return np.concatenate([up, 1 - up])


def dft_terms(n_rows, bins, n):
    """exp(2 pi i m j / n) for rows m and bins j."""
    return np.exp(2j * np.pi * (np.outer(np.arange(n_rows), bins) % n) / n)


@lru_cache(maxsize=2)
def dft_matrix(n):
    return dft_terms(n // 2 + 1, np.arange(n), n).conj()


def windows(plan, length, *, sr, window=HANN):
    """Each band's bins, their places relative to the band's zero, and its window, by definition."""
    j = np.arange(length // 2 + 1)
    at = j * sr / length
    residual = plan.frequencies[0] == 0
    f = plan.frequencies[1:-1] if residual else plan.frequencies
    width = plan.bandwidths[1:-1] if residual else plan.bandwidths
    bands = []
    for k in range(len(f)):
        g = np.where(np.abs(at - f[k]) < width[k] / 2, window((at - f[k]) / width[k]), 0)
        bands.append((j, j, g, 2))
    if residual:
        edge = f[0] - width[0] / 2
        g = np.where(at <= edge, 1, window((at - edge) / width[0])) * (at < f[0])
        bands.insert(0, (j, j, g, 1))
        edge = f[-1] + width[-1] / 2
        g = np.where(at >= edge, 1, window((edge - at) / width[-1])) * (at > f[-1])
        bands.append((j, j - length // 2, g, 1))
    return bands


def direct(y, plan, *, sr, window=HANN):
    """The coefficients of a block (n,), or of blocks (n, k), by dense sums over the definition."""
    n = len(y)
    spectrum = dft_matrix(n) @ y
    result = []
    for (bins, place, g, factor), count in zip(
        windows(plan, n, sr=sr, window=window), plan.n_coefficients(n)
    ):
        used = g > 0
        x, place = (spectrum[bins[used]].T * g[used]).T, place[used]
        c = dft_terms(count, place, count) @ x
        if factor == 1:  # the other half of a real band's spectrum, without what is its own mirror
            half = (bins[used] != 0) & (bins[used] != n // 2)
            c = (c + dft_terms(count, -place[half], count) @ x[half].conj()).real
        result.append(factor / n * c)
    return result


def direct_inverse(coefficients, plan, length, *, sr):
    """Least squares from the definition: the dense real system of the analysis, solved."""
    matrix = np.concatenate(direct(np.eye(length), plan, sr=sr))
    system = np.concatenate([matrix.real, matrix.imag])
    target = np.concatenate(coefficients)
    return np.linalg.lstsq(system, np.concatenate([target.real, target.imag]), rcond=None)[0]


def padded(plan, y):
    """A signal as the plan sees it: with zeros up to the length of the block."""
    length = round(plan.hop_lengths(len(y))[0] * plan.n_coefficients(len(y))[0])
    return np.pad(np.asarray(y, float), (0, length - len(y)))


# ---- the definition -----------------------------------------------------------------------------

SMALL = [
    {"sr": 8000, "fmin": 300},
    {"sr": 8000, "fmin": 500, "fmax": 3000, "bins_per_octave": 5, "residual": False},
    {"sr": 8000, "fmin": 400, "bins_per_octave": 7, "hop_length": "common"},
    {"sr": 8000, "fmin": 200, "fmax": 900, "hop_length": 10, "residual": False},
    {"sr": 8000, "fmin": 300, "gamma": 30, "oversampling": 1.5},
    {"sr": 8000, "fmin": 300, "gamma": None, "n_bins": 20},
]


@pytest.mark.parametrize("kwargs", SMALL, ids=str)
@pytest.mark.parametrize("n", [700, 1501])
def test_is_the_definition(kwargs, n, errors):
    plan = NSGT(**kwargs)
    y = noise(n)
    expected = direct(padded(plan, y), plan, sr=8000)
    for dtype, bound in ((np.float64, 1e-12), (np.float32, 1e-6)):
        ours = plan(y.astype(dtype))
        if dtype == np.float32:
            expected = direct(padded(plan, y.astype(dtype)), plan, sr=8000)
        assert len(ours) == len(expected) == plan.n_bins
        for band, reference in zip(ours, expected):
            assert band.dtype == (np.complex64 if dtype == np.float32 else np.complex128)
            error = relative(band, reference)
            errors.check("NSGT", np.dtype(dtype), "dense sums", error, bound, kwargs)


@pytest.mark.parametrize("name", WINDOWS, ids=str)
def test_windows(name, errors):
    plan = NSGT(sr=8000, fmin=400, bins_per_octave=9, window=name)
    y = noise(1000)
    expected = direct(padded(plan, y), plan, sr=8000, window=WINDOWS[name])
    for band, reference in zip(plan(y), expected):
        errors.check("NSGT window", "float64", "dense sums", relative(band, reference), 1e-11)
    assert relative(plan.inverse(plan(y), 1000), y) < 1e-14


def test_large_bands_are_the_definition(errors):
    """Bands whose transforms go by rows and columns, against NumPy's FFT."""
    plan = NSGT(sr=44100, fmin=200, bins_per_octave=6)
    y = noise(70001)
    block = padded(plan, y)
    n = len(block)
    spectrum = np.fft.rfft(block)
    counts = plan.n_coefficients(len(y))
    assert counts.max() > 5000
    for dtype, bound in ((np.float64, 1e-13), (np.float32, 1e-6)):
        bands = windows(plan, n, sr=44100)
        for ours, count, (bins, place, g, factor) in zip(plan(y.astype(dtype)), counts, bands):
            full = np.zeros(count, complex)
            used = g > 0
            x = spectrum[bins[used]] * g[used]
            if factor == 1:
                x[(bins[used] != 0) & (bins[used] != n // 2)] *= 2
            full[place[used] % count] = x
            expected = np.fft.ifft(full) * count * factor / n
            expected = expected.real if factor == 1 else expected
            error = relative(ours, expected)
            errors.check("NSGT large", np.dtype(dtype), "numpy.fft", error, bound, count)


@pytest.mark.parametrize("transition", [None, 40])
@pytest.mark.parametrize("hop", [None, "common"])
def test_slices_are_the_definition(transition, hop, errors):
    plan = NSGT(
        sr=8000,
        fmin=700,
        bins_per_octave=4,
        slice_length=240,
        transition=transition,
        hop_length=hop,
    )
    y = noise(1003)
    fade = tukey(240, transition or 120)
    ours = plan(y)
    n_slices = plan.n_slices(len(y))
    wide = np.pad(y, (120, 240 * n_slices))
    for s in range(n_slices):
        expected = direct(wide[s * 120 :][:240] * fade, plan, sr=8000)
        for k, reference in enumerate(expected):
            band = ours[s, k] if hop else ours[k][s]
            error = np.linalg.norm(band - reference) / np.linalg.norm(y)
            errors.check("NSGT slices", "float64", "dense sums", error, 1e-13)


def test_a_sine_peaks_in_its_bin():
    plan = NSGT(sr=SR, fmin=110, bins_per_octave=24)
    n = 30000
    t = np.arange(n) / SR
    for k in (1, 40, 100, plan.n_bins - 2):
        y = 0.7 * np.sin(2 * np.pi * plan.frequencies[k] * t + 0.3)
        bands = plan(y)
        assert np.argmax([np.sum(np.abs(c) ** 2) / len(c) for c in bands]) == k
        # Away from the ends it is the analytic signal.
        at = np.arange(len(bands[k])) * plan.hop_lengths(n)[k]
        inside = (at > n // 4) & (at < 3 * n // 4)
        phase = 2 * np.pi * plan.frequencies[k] * at / SR + 0.3 - np.pi / 2
        assert np.abs(bands[k] - 0.7 * np.exp(1j * phase))[inside].max() < 2e-3


def test_centre_frequencies_and_bandwidths():
    plan = NSGT(sr=SR, fmin=100, n_bins=60, bins_per_octave=12, gamma=5)
    expected = 100 * 2 ** (np.arange(60) / 12)
    np.testing.assert_allclose(plan.frequencies, [0, *expected, SR / 2], rtol=1e-14)
    alpha = 2 ** (1 / 12) - 2 ** (-1 / 12)
    np.testing.assert_allclose(plan.bandwidths[1:-1], alpha * expected + 5, rtol=1e-13)
    highest = NSGT(sr=SR).frequencies[-2] * 2 ** (1 / 12)
    assert highest * (1 + alpha / 2) > SR / 2 >= highest / 2 ** (1 / 12) * (1 + alpha / 2)
    # An octave that ends on a bin has that bin.
    assert NSGT(sr=SR, fmin=100, fmax=800, residual=False).n_bins == 37


# ---- reconstruction -----------------------------------------------------------------------------

ROUND_TRIPS = [
    {},
    {"bins_per_octave": 48, "fmin": 100},
    {"bins_per_octave": 1},
    {"hop_length": "common", "fmin": 100},
    {"hop_length": 8, "fmin": 100},
    {"gamma": None},
    {"gamma": 20, "oversampling": 2.3},
    {"fmax": 4000, "n_bins": None},
    {"slice_length": 46080},
    {"slice_length": 25600, "transition": 200, "fmin": 60},
    {"slice_length": 15360, "transition": 4000, "hop_length": "common", "fmin": 100},
    {"slice_length": 24000, "hop_length": 12, "fmin": 100, "gamma": 10},
]


def check_round_trip(errors, plan, y, bounds=(1e-14, 1e-6)):
    for dtype, bound in zip((np.float64, np.float32), bounds):
        x = y.astype(dtype)
        again = plan.inverse(plan(x), y.shape[-1])
        assert again.dtype == dtype
        name = "NSGT slices" if plan.n_slices(10**6) > 1 else "NSGT"
        case = f"{plan!r} {y.shape}"
        errors.check(
            f"{name} inverse", np.dtype(dtype), "the signal", relative(again, x), bound, case
        )


@pytest.mark.parametrize("kwargs", ROUND_TRIPS, ids=str)
@pytest.mark.parametrize("n", [1, 2, 997, 20011, 66150])
def test_round_trip_of_noise(kwargs, n, errors):
    check_round_trip(errors, NSGT(sr=SR, **kwargs), noise(n))


@pytest.mark.parametrize("kwargs", ROUND_TRIPS[:1] + ROUND_TRIPS[3:4] + ROUND_TRIPS[8:9], ids=str)
def test_round_trip_of_a_sweep(kwargs, errors):
    t = np.arange(3 * SR) / SR
    sweep = np.sin(2 * np.pi * 60 * 3 / np.log(100) * (100 ** (t / 3) - 1)) * np.hanning(len(t))
    check_round_trip(errors, NSGT(sr=SR, **kwargs), sweep)


@pytest.mark.parametrize("kwargs", [{}, {"slice_length": 131072, "fmin": 65}], ids=str)
@pytest.mark.parametrize("n", [30 * 44100, 1322999])
def test_round_trip_of_half_a_minute(kwargs, n, errors):
    check_round_trip(errors, NSGT(sr=44100, **kwargs), noise(n))


def band_limited(n, low, high, sr, seed=3):
    spectrum = np.fft.rfft(noise(n, seed=seed))
    at = np.fft.rfftfreq(n, 1 / sr)
    spectrum[(at < low) | (at > high)] = 0
    return np.fft.irfft(spectrum, n)


@pytest.mark.parametrize("hop", [None, "common", 8])
def test_round_trip_of_the_range(hop, errors):
    """Without residual bands what lies between the outer bins comes back, and nothing else."""
    plan = NSGT(sr=SR, fmin=200, fmax=6400, residual=False, hop_length=hop)
    n = 46080  # a block's length: zeros after the noise would widen its band
    assert round(plan.hop_lengths(n)[0] * plan.n_coefficients(n)[0]) == n
    y = band_limited(n, 200, 6400, SR)
    check_round_trip(errors, plan, y)
    outside = noise(n) - band_limited(n, 150, 7200, SR, seed=0)
    again = plan.inverse(plan(outside), n)
    assert np.linalg.norm(again) < 0.02 * np.linalg.norm(outside)


def test_without_residual_bands_is_with_them_at_zero():
    whole = NSGT(sr=SR, fmin=300, fmax=3000)
    part = NSGT(sr=SR, fmin=300, fmax=3000, residual=False)
    y = noise(10000)
    bands = whole(y)
    for ours, theirs in zip(bands[1:-1], part(y)):
        assert np.array_equal(ours, theirs)
    bands[0][:], bands[-1][:] = 0, 0
    np.testing.assert_allclose(
        part.inverse(part(y), 10000), whole.inverse(bands, 10000), atol=1e-13
    )


@pytest.mark.parametrize("hop", [None, "common"])
def test_inverse_is_the_least_squares_solution(hop):
    plan = NSGT(sr=8000, fmin=900, bins_per_octave=3, hop_length=hop)
    length = 120
    assert len(padded(plan, np.zeros(length))) == length
    coefficients = [
        c + 0.3 * (noise(*c.shape) + 1j * noise(*c.shape, seed=9)) for c in plan(noise(length))
    ]
    for edge in (0, -1):
        coefficients[edge] = coefficients[edge].real + 0j
    expected = direct_inverse(coefficients, plan, length, sr=8000)
    given = np.array(coefficients) if hop else coefficients
    np.testing.assert_allclose(plan.inverse(given, length), expected, atol=1e-12)


def test_imaginary_parts_of_residual_bands_are_ignored():
    plan = NSGT(sr=SR, fmin=200)
    bands = plan(noise(5000))
    assert not bands[0].imag.any()
    assert not bands[-1].imag.any()
    before = plan.inverse(bands, 5000)
    bands[0] += 7j
    bands[-1] += 3j
    assert np.array_equal(plan.inverse(bands, 5000), before)


def test_frame_bounds():
    """Energy of the coefficients, each weighed by the samples that it stands for."""
    plan = NSGT(sr=SR, fmin=150)
    n = 20000
    total = np.zeros(len(padded(plan, np.zeros(n))) // 2 + 1)
    for _, _, g, _ in windows(plan, 2 * len(total) - 2, sr=SR):
        total += g**2
    assert 0.4 < total.min() <= total.max() < 1.6  # A and B
    hops = plan.hop_lengths(n)
    for seed in range(5):
        y = noise(n, seed=seed)
        parts = [np.sum(np.abs(c) ** 2) * hop for c, hop in zip(plan(y), hops)]
        energy = parts[0] + parts[-1] + sum(parts[1:-1]) / 2
        assert total.min() <= energy / np.sum(y**2) <= total.max()


@pytest.mark.parametrize(
    "kwargs", [{}, {"hop_length": "common"}, {"hop_length": 4}, {"slice_length": 46080}], ids=str
)
def test_redundancy(kwargs):
    plan = NSGT(sr=SR, **kwargs)
    n = 60 * SR
    counts = plan.n_coefficients(n).astype(float) * plan.n_slices(n)
    counts[1:-1] *= 2
    assert counts.sum() / n == pytest.approx(plan.redundancy, rel=0.12)
    assert plan.redundancy >= 1


def test_slices_add_up_to_the_whole():
    n = 60000
    y = np.pad(noise(n - 20000), 10000)
    slices = NSGT(sr=SR, fmin=300, slice_length=20480, transition=4096, hop_length=10)
    whole = NSGT(sr=SR, fmin=300, hop_length=10)
    added = slices.overlap_add(slices(y))
    expected = whole(y)
    m = min(added.shape[-1], expected.shape[-1])
    assert added.shape[:-1] == expected.shape[:-1]
    assert relative(added[:, :m], expected[:, :m]) < 1e-3
    by_band = NSGT(sr=SR, fmin=300, slice_length=20480)
    sums = by_band.overlap_add(by_band(np.stack([y, -y])))
    counts = by_band.n_coefficients(n)
    assert [c.shape for c in sums] == [(2, by_band.n_slices(n) * m // 2) for m in counts]


# ---- the same bits ------------------------------------------------------------------------------

PLANS = [
    {},
    {"hop_length": "common", "fmin": 100},
    {"slice_length": 46080},
    {"slice_length": 23040, "hop_length": "common", "fmin": 100, "transition": 1000},
]
every_plan = pytest.mark.parametrize("kwargs", PLANS, ids=str)
both_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def as_list(bands):
    return [bands] if isinstance(bands, np.ndarray) else bands


def same(a, b):
    a, b = as_list(a), as_list(b)
    return len(a) == len(b) and all(
        x.dtype == y.dtype and np.array_equal(x, y) for x, y in zip(a, b)
    )


@every_plan
@both_types
def test_threads_batches_and_out_change_nothing(kwargs, dtype):
    plan = NSGT(sr=SR, **kwargs)
    y = noise(2, 2, 30001, dtype=dtype)
    bands = plan(y)
    again = plan.inverse(bands, 30001)
    for n_threads in (2, 3, 16):
        assert same(plan(y, n_threads=n_threads), bands)
        assert np.array_equal(plan.inverse(bands, 30001, n_threads=n_threads), again)
    one = plan(y[1, 1], n_threads=5)
    assert same([c[1, 1] for c in as_list(bands)], one)
    assert np.array_equal(plan.inverse(one, 30001, n_threads=5), again[1, 1])
    out = [np.full(c.shape, np.nan, c.dtype) for c in as_list(bands)]
    given = out if isinstance(bands, list) else out[0]
    assert plan(y, out=given) is given
    assert same(given, bands)
    signal_out = np.full(y.shape, np.nan, dtype)
    assert plan.inverse(bands, 30001, out=signal_out) is signal_out
    assert np.array_equal(signal_out, again)


@every_plan
def test_any_layout_gives_the_same(kwargs):
    plan = NSGT(sr=SR, **kwargs)
    y = noise(2, 9000, dtype=np.float32)
    bands = plan(y)
    again = plan.inverse(bands, 9000)
    for other in (np.asfortranarray(y), np.repeat(y, 2, axis=1)[:, ::2], y.astype(">f4"), Bare(y)):
        assert same(plan(other), bands)
    strided = [np.repeat(c, 2, axis=-1)[..., ::2] for c in as_list(bands)]
    given = strided if isinstance(bands, list) else strided[0]
    assert np.array_equal(plan.inverse(given, 9000), again)
    out = np.zeros((9000, 2), np.float32).T
    plan.inverse(bands, 9000, out=out)
    assert np.array_equal(out, again)
    holes = [np.zeros((*c.shape, 3), c.dtype)[..., 1] for c in as_list(bands)]
    plan(y, out=holes if isinstance(bands, list) else holes[0])
    assert same(holes, as_list(bands))


def test_precision_and_int16():
    y = noise(9000, dtype=np.float32)
    double, single = NSGT(sr=SR, precision="double"), NSGT(sr=SR)
    wide = single(y.astype(np.float64))
    narrow = double(y)
    assert all(np.array_equal(a.astype(np.complex64), b) for a, b in zip(wide, narrow))
    ints = (1000 * y).astype(np.int16)
    plan = NSGT(sr=SR, input_scale=1 / 32768)
    assert same(plan(ints), single(ints.astype(np.float32) / 32768))
    assert plan.inverse(plan(ints), 9000).dtype == np.float32


_TIER = """
import hashlib, numpy as np
from fastspec import NSGT
h = hashlib.sha256()
for dtype in (np.float32, np.float64):
    for kwargs in ({}, {"hop_length": "common", "fmin": 100}, {"slice_length": 46080}):
        plan = NSGT(sr=22050, **kwargs)
        y = np.random.default_rng(0).standard_normal(50021).astype(dtype)
        bands = plan(y)
        for c in bands if isinstance(bands, list) else [bands]:
            h.update(c.tobytes())
        h.update(plan.inverse(bands, 50021).tobytes())
print(h.hexdigest())
"""


def test_tiers_with_fused_sums_agree():
    hashes = {}
    for tier in ("avx512", "avx2"):
        env = dict(os.environ, FASTSPEC_SIMD=tier)
        run = subprocess.run(
            [sys.executable, "-c", _TIER], env=env, capture_output=True, text=True, check=True
        )
        hashes[tier] = run.stdout
    assert len(set(hashes.values())) == 1
    assert len(hashes["avx2"]) == 65


@pytest.mark.parametrize("hop", [None, "common"])
@both_types
def test_streams_are_calls(hop, dtype):
    plan = NSGT(sr=SR, fmin=300, slice_length=8192 * 5 // 2, transition=3000, hop_length=hop)
    y = noise(2, 61234, dtype=dtype)
    bands = as_list(plan(y))
    rng = np.random.default_rng(5)
    axis = 1
    stream, back = plan.stream(2), plan.inverse_stream(2, n_threads=2)
    for _ in range(2):
        at, parts = 0, []
        while at < y.shape[1]:
            n = int(rng.integers(0, 9000))
            parts.append(stream.push(y[:, at : at + n]))
            at += n
        parts.append(stream.flush())
        joined = [np.concatenate(p, axis) for p in zip(*map(as_list, parts))]
        assert same(joined, bands)
        samples = np.concatenate([*map(back.push, parts), back.flush()], axis=1)
        assert np.array_equal(samples, plan.inverse(bands if hop is None else bands[0]))
        stream.reset()
        back.reset()


def test_streams_refuse():
    plan = NSGT(sr=SR, fmin=300, slice_length=20480)
    refused("slice_length", NSGT(sr=SR).stream)
    refused("slice_length", NSGT(sr=SR).inverse_stream)
    refused("channels", plan.stream, 0)
    stream = plan.stream(2)
    refused("y", stream.flush)
    refused("chunk", stream.push, noise(3, 10))
    refused("chunk", stream.push, noise(10))
    refused("chunk", stream.push, np.full((2, 5), np.nan))
    stream.push(noise(2, 30000))
    refused("chunk", stream.push, noise(2, 10, dtype=np.float32))
    back = plan.inverse_stream(1)
    refused("C", back.flush)
    refused("C", back.push, plan(noise(2, 9000)))


# ---- plans --------------------------------------------------------------------------------------


def test_plans_are_values():
    a, b = NSGT(sr=SR, gamma=None), NSGT(sr=22050.0, gamma=None)
    assert a == b
    assert hash(a) == hash(b)
    assert a != NSGT(sr=SR)
    again = pickle.loads(pickle.dumps(a))
    assert again == a
    y = noise(3000)
    assert same(again(y), a(y))
    assert eval(repr(a), {"NSGT": NSGT}) == a
    with pytest.raises(AttributeError):
        a.frequencies = 1
    assert not a.frequencies.flags.writeable


def test_tables_of_few_lengths_are_kept():
    plan = NSGT(sr=SR, fmin=300)
    for n in range(5000, 40000, 2500):
        plan(noise(n))
    assert len(plan._cores) <= 4
    kept = list(plan._cores)
    counts = plan.n_coefficients(10**7)  # makes no tables
    assert list(plan._cores) == kept
    assert len(counts) == plan.n_bins
    first = plan._core_for(True, 37500)
    assert plan._core_for(True, 37500) is first


def test_threads_share_a_plan():
    plan = NSGT(sr=SR, fmin=200)
    signals = [noise(n, seed=n) for n in range(3000, 15000, 1000)]
    expected = [plan(y) for y in signals]
    failures = []

    def work(order):
        for i in order:
            bands = plan(signals[i])
            if (
                not same(bands, expected[i])
                or relative(plan.inverse(bands, len(signals[i])), signals[i]) > 1e-14
            ):
                failures.append(i)

    threads = [
        threading.Thread(target=work, args=(np.random.default_rng(s).permutation(12),))
        for s in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_can_be_interrupted():
    plan = NSGT(sr=44100, fmin=100, slice_length=65536, hop_length="common")
    y = np.broadcast_to(np.float32(0.1), (44100 * 60,))
    out = np.empty((plan.n_slices(y.size), plan.n_bins, plan.n_frames(y.size)), np.complex64)
    timer = threading.Timer(0.05, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        plan(y, out=out)
    timer.join()


def test_shapes_and_times():
    plan = NSGT(sr=SR, fmin=200, hop_length=8)
    n = 30000
    bands = plan(noise(2, n))
    assert bands.shape == (2, plan.n_bins, plan.n_frames(n))
    np.testing.assert_allclose(np.diff(plan.times(n)), 8 / SR)
    np.testing.assert_allclose(plan.hop_lengths(n), 8)
    refused("hop_length", NSGT(sr=SR).n_frames, 100)
    empty = NSGT(sr=SR, fmin=200)(np.zeros((0, 500)))
    assert all(c.shape[0] == 0 for c in empty)
    assert NSGT(sr=SR, fmin=200).inverse(empty, 500).shape == (0, 500)
    assert plan.engine == "lanes"


def test_silence_and_extremes():
    plan = NSGT(sr=SR, fmin=200)
    assert not any(c.any() for c in plan(np.zeros(3000)))
    tiny = plan(np.full(3000, 1e-310))
    assert all(np.isfinite(c).all() for c in tiny)
    bands = plan(noise(3000))
    bands[20][3] = np.nan
    assert np.isnan(plan.inverse(bands, 3000)).any()


# ---- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sr", (0, -1, np.inf, 1e300, *NOT_REALS)),
        ("fmin", (0, -5, 20000, 1e-12, np.inf, *NOT_REALS)),
        ("fmax", (0, 20, 11000, 1e9, *NOT_REALS)),
        ("n_bins", (0, -1, 200, 2**14, 2**70, *NOT_INTEGERS)),
        ("bins_per_octave", (0, -1, 2**14, 2**70, None, *NOT_INTEGERS)),
        ("gamma", (-1, 100, np.inf, *NOT_REALS)),
        ("window", ("nope", ("kaiser", 200.0), [1, 2], noise(8), np.hanning, None)),
        ("hop_length", (0, -1, "comon", 7, 1000, 2**40, *NOT_INTEGERS)),
        ("residual", (None, 1, "yes")),
        ("oversampling", (0.5, 0, 1e9, np.nan, None, "2")),
        ("slice_length", (0, 100, 46081, 46083, 50002, 2**40, *NOT_INTEGERS)),
        ("transition", (7, 0, 10)),
        ("input_scale", (np.inf, "1", True)),
        ("precision", ("half", 1)),
    ],
)
def test_bad_arguments(name, values):
    for value in values:
        if name == "hop_length" and value == "2":
            continue  # a string: its own message
        message = refused(name, NSGT, **{"sr": SR, name: value})
        assert len(message) < 400


def test_arguments_that_exclude_each_other():
    refused("n_bins", NSGT, sr=SR, fmax=4000, n_bins=10)
    refused("oversampling", NSGT, sr=SR, fmax=400, residual=False, hop_length=64, oversampling=2)
    refused("hop_length", NSGT, sr=SR, hop_length=512)
    refused("transition", NSGT, sr=SR, slice_length=46080, transition=46080)
    refused("transition", NSGT, sr=SR, slice_length=46080, transition=3)
    refused("slice_length", NSGT, sr=SR, slice_length=46080 // 5, fmin=20)
    with pytest.raises(TypeError):
        NSGT(22050)


def test_bad_signals():
    plan = NSGT(sr=SR, fmin=200)
    refused("y", plan, np.zeros(0))
    refused("y", plan, np.float64(1))
    refused("y", plan, np.zeros(100, complex))
    refused("y", plan, np.zeros(100, np.int16))
    refused("y", plan, b"text")
    for bad in (np.nan, np.inf):
        y = noise(500)
        y[321] = bad
        refused("y", plan, y)
    refused("y", plan, np.broadcast_to(np.float32(0), 2**38))
    refused("y", plan.n_coefficients, 10**9)
    refused("n_threads", plan, noise(100), n_threads=0)


def test_bad_out_and_coefficients():
    plan, common = NSGT(sr=SR, fmin=200), NSGT(sr=SR, fmin=200, hop_length="common")
    y = noise(4000)
    bands, matrix = plan(y), common(y)
    refused("out", plan, y, out=bands[:-1])
    refused("out", plan, y, out=matrix)
    refused("out", common, y, out=bands)
    refused("out", common, y, out=matrix[:, :-1])
    refused("out", common, y, out=matrix.astype(np.complex64))
    refused("out", common, y, out=misaligned(matrix.shape, np.complex128))
    shared = np.zeros(matrix.size * 2)
    refused("out", common, shared[:4000], out=shared.view(np.complex128).reshape(matrix.shape))
    locked = matrix.copy()
    locked.flags.writeable = False
    refused("out", common, y, out=locked)
    refused("length", plan.inverse, bands)
    refused("C", plan.inverse, bands, 400000)
    refused("C", plan.inverse, bands[1:], 4000)
    refused("C", plan.inverse, [], 4000)
    refused("C", plan.inverse, [c.real for c in bands], 4000)
    refused("C", plan.inverse, [bands[0].astype(np.complex64), *bands[1:]], 4000)
    refused("C", plan.inverse, matrix, 4000)
    refused("C", plan.inverse, None, 4000)
    refused("C", common.inverse, matrix[0, 0], 4000)
    refused("C", common.inverse, misaligned(matrix.shape, np.complex128), 4000)
    for bad in (0, -1, 2.5, "4000", True, 2**70):
        refused("length", plan.inverse, bands, bad)
    refused("out", plan.inverse, bands, 4000, out=np.zeros(4001))
    refused("out", plan.inverse, bands, 4000, out=np.zeros(4000, np.float32))
    refused("out", common.inverse, matrix, 1000, out=matrix.view(np.float64).reshape(-1)[:1000])
    slices = NSGT(sr=SR, fmin=300, slice_length=20480)
    cut = slices(noise(50000))
    refused("C", slices.inverse, cut, 80000)
    refused("C", slices.inverse, [c[0, 0] for c in cut])
    refused("C", slices.overlap_add, [c[0, 0] for c in cut])
    refused("slice_length", plan.overlap_add, bands)


def test_memory_that_is_not_there():
    code = """
import resource, numpy as np, fastspec
plan = fastspec.NSGT(sr=44100)
y = np.zeros(44100 * 600, np.float32)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
for _ in range(3):
    try:
        plan(y)
    except MemoryError:
        print("short")
print(len(plan(y[:1000])))
"""
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    *short, count = run.stdout.split()
    assert short == ["short"] * 3
    assert int(count) == len(NSGT(sr=44100)(np.zeros(1000, np.float32)))
    assert fastspec.NSGT is NSGT
