"""The inverse constant-Q transforms against dense algebra, slow sums and live librosa."""

import pickle
import re
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import misaligned

import fastspec
from fastspec import CQT, ParameterError, _core, cqt_stages
from fastspec.icqt_plan import solver

SR = 22050


def refused(message):
    return pytest.raises(ParameterError, match=re.escape(message))


def complex_noise(shape, dtype=np.complex128, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def of_peak(ours, theirs):
    return np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)


def relative(ours, reference):
    return np.linalg.norm(ours - reference) / np.linalg.norm(reference)


def sweep(n, low=60.0, high=3500.0, sr=SR):
    """A sinusoid that glides through a transform's range, with soft ends."""
    t = np.arange(n) / sr
    rate = np.log(high / low)
    y = np.sin(2 * np.pi * low * t[-1] / rate * (np.exp(t / t[-1] * rate) - 1))
    return y * np.hanning(n) ** 0.25


def chord(n, sr=SR):
    t = np.arange(n) / sr
    tones = [110, 138.6, 164.8, 440, 554.4]
    return sum(np.sin(2 * np.pi * f * h * t) / h for f in tones for h in range(1, 5)) * np.exp(
        -3 * (t % 0.4)
    )


# ---- the adjoint --------------------------------------------------------------------------------

PLANS = {
    "levels": {},
    "odd hop": {"hop_length": 441},
    "phases": {"hop_length": 96, "n_bins": 60},
    "hop 1": {"hop_length": 1, "n_bins": 3, "fmin": 500},
    "gamma": {"gamma": 20, "hop_length": 64, "n_bins": 40},
    "36 per octave": {"bins_per_octave": 36, "n_bins": 100, "hop_length": 192, "fmin": 80},
    "Nyquist": {"n_bins": 100, "hop_length": 300},
    "one bin": {"n_bins": 1, "fmin": 440},
    "librosa": {"definition": "librosa"},
    "librosa odd": {"definition": "librosa", "hop_length": 333, "n_bins": 30, "fmin": 200},
    "librosa 44.1": {"definition": "librosa", "sr": 44100, "n_bins": 100},
    "librosa window": {"definition": "librosa", "window": ("gaussian", 60), "sparsity": 0.1},
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("n", [1, 700, 40001])
def test_adjoint(name, n, errors, monkeypatch):
    """<T x, D> = <x, T* D>, in both precisions; of the transform in time where there is another."""
    monkeypatch.setattr(cqt_stages, "_DOMAIN", 1)
    if PLANS[name].get("hop_length") == 1:
        n = min(n, 3000)
    for double, bound in ((True, 1e-15), (False, 1e-6)):
        real, spectral = (np.float64, np.complex128) if double else (np.float32, np.complex64)
        forward = CQT(**PLANS[name])._core(double)
        adjoint = _core.IcqtPlan(forward)
        x = np.random.default_rng(1).standard_normal(n).astype(real)
        Tx = np.empty((forward.n_bins, forward.n_frames(n)), spectral, order="F")
        forward.exec(x, Tx, 1)
        D = complex_noise(Tx.shape, spectral)
        back = np.empty(n, real)
        adjoint.exec(D, back, 1)
        one = np.vdot(Tx.astype(np.complex128), D).real
        other = np.dot(x.astype(np.float64), back)
        size = np.linalg.norm(Tx) * np.linalg.norm(D)
        errors.check("CQT adjoint", real.__name__, "forward", abs(one - other) / size, bound, name)


@pytest.mark.parametrize("definition", ["exact", "librosa"])
def test_adjoint_is_the_transposed_matrix(definition):
    """Entry by entry, edges included."""
    n = 600
    plan = CQT(sr=4000, fmin=150, n_bins=36, hop_length=64, definition=definition)
    forward = plan._core(True)
    matrix = np.empty((n, 36, forward.n_frames(n)), complex)
    forward.exec(np.eye(n), matrix, 1)
    adjoint = _core.IcqtPlan(forward)
    D = complex_noise(matrix.shape[1:])
    ours = np.empty(n)
    adjoint.exec(D, ours, 1)
    expected = np.tensordot(matrix.conj(), D, 2).real
    assert of_peak(ours, expected) <= 1e-14


# ---- librosa's inverse --------------------------------------------------------------------------


def soxr_response(f):
    """soxr_hq's low-pass for 1:2, a Kaiser-windowed sinc, at frequencies over the lower rate."""
    reach, beta, cutoff = 194.49, 13.037, 0.478436
    at = np.arange(-194, 195)
    taps = np.sinc(cutoff * at) * np.i0(beta * np.sqrt(1 - (at / reach) ** 2))
    waves = np.exp(2j * np.pi * np.linspace(0, 0.25, 4001)[:, np.newaxis] * at)
    return np.interp(f / 2, np.linspace(0, 0.25, 4001), (waves @ taps).real / taps.sum())


def slow_icqt(C, sr, hop, fmin, per_octave):
    """librosa's method for Hann windows and sparsity=0, in float64, interpolated by long FFTs."""
    n_bins, n_frames = C.shape
    f = fmin * 2.0 ** (np.arange(n_bins) / per_octave)
    ratio = 2.0 ** (2 / per_octave)
    alpha = (ratio - 1) / (ratio + 1)
    lengths = sr / (alpha * f)
    n_octaves = -(-n_bins // per_octave)
    total = np.zeros(hop * (n_frames - 1))
    for octave in range(n_octaves):
        factor = 2 ** (n_octaves - 1 - octave)
        bins = range(per_octave * octave, min(per_octave * (octave + 1), n_bins))
        n_fft = 2 ** int(np.ceil(np.log2(lengths[bins[0]] / factor)))
        step = hop // factor
        spectra = np.zeros((n_fft // 2 + 1, n_frames), complex)
        for k in bins:
            length = lengths[k] / factor
            at = np.arange(-length // 2, length // 2)
            wavelet = np.exp(2j * np.pi * at * f[k] * factor / sr)
            wavelet *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(at)) / len(at))
            wavelet /= np.abs(wavelet).sum()
            padded = np.zeros(n_fft, complex)
            left = (n_fft - len(at)) // 2
            padded[left : left + len(at)] = wavelet * length / n_fft
            row = np.fft.fft(padded)[: n_fft // 2 + 1]
            gain = np.sqrt(lengths[k]) * n_fft / lengths[k] / np.sum(np.abs(row) ** 2)
            spectra += np.outer(row.conj(), C[k]) * gain
        size = step * (n_frames - 1)
        wave, count = np.zeros(size + n_fft), np.zeros(size + n_fft)
        for t, frame in enumerate(np.fft.irfft(spectra, n=n_fft, axis=0).T):
            wave[t * step : t * step + n_fft] += frame
            count[t * step : t * step + n_fft] += 1
        wave = (wave / np.maximum(count, 1))[n_fft // 2 :][:size]
        long = np.fft.rfft(np.concatenate([wave, np.zeros(size)]))
        if factor > 1:
            long *= soxr_response(np.arange(size + 1) / (2 * size))
        fine = np.zeros(size * factor + 1, complex)
        fine[: len(long)] = long
        total += np.fft.irfft(fine, n=2 * size * factor)[: size * factor] * factor
    return total


@pytest.mark.parametrize(("hop", "n_bins"), [(256, 60), (96, 45), (1024, 84)])
def test_slow_reference(hop, n_bins, errors):
    y = chord(2 * SR)
    C = fastspec.cqt(y, hop_length=hop, n_bins=n_bins, fmin=50, sparsity=0)
    ours = fastspec.icqt(C, hop_length=hop, fmin=50, sparsity=0)
    expected = slow_icqt(C, SR, hop, 50, 12)
    # The ends of the resamplers' output are not modelled.
    middle = slice(4000, -4000)
    error = np.abs(ours - expected)[middle].max() / np.abs(expected).max()
    errors.check("icqt", "float64", "slow sums", error, 1e-5)


LIVE = [
    {},
    {"hop_length": 256, "n_bins": 50},
    {"hop_length": 64, "n_bins": 36},
    {"scale": False},
    {"bins_per_octave": 36, "n_bins": 252},
    {"sr": 44100, "n_bins": 108},
    {"sparsity": 0.0, "norm": 2},
    {"tuning": 0.3, "window": "hamming", "norm": np.inf},
    {"filter_scale": 0.5, "n_bins": 72},
    {"hop_length": 333, "n_bins": 30, "fmin": 300.0},
    {"hop_length": 192, "n_bins": 80, "window": ("kaiser", 6.0)},
]


@pytest.mark.parametrize("index", range(len(LIVE)))
def test_librosa_on_transforms(index, librosa, errors):
    """On what librosa's transform returns, both ends included, and with a length."""
    settings = dict(LIVE[index])
    sr = settings.get("sr", SR)
    y = np.random.default_rng(index).standard_normal(2 * sr)
    C = librosa.cqt(y, **settings)
    settings.pop("n_bins", None)
    for more in ({}, {"length": len(y)}):
        expected = librosa.icqt(C, **settings, **more)
        ours = fastspec.icqt(C, **settings, **more)
        assert ours.shape == expected.shape
        errors.check("icqt", "float64", "librosa", of_peak(ours, expected), 3e-5, settings)
        single = fastspec.icqt(C.astype(np.complex64), **settings, **more)
        assert single.dtype == np.float32
        errors.check("icqt", "float32", "librosa", of_peak(single, expected), 3e-5, settings)


def draw(rng):
    """Random arguments of icqt, and a matrix to invert."""
    per_octave = int(rng.choice([5, 12, 24, 36]))
    sr = float(rng.choice([8000, 16000, 22050, 44100]))
    fmin = float(rng.uniform(30, 400))
    octaves = np.log2(0.42 * sr / fmin)
    n_bins = int(rng.integers(2, max(3, int(octaves * per_octave))))
    settings = {
        "sr": sr,
        "fmin": fmin,
        "bins_per_octave": per_octave,
        "hop_length": int(rng.choice([32, 96, 128, 160, 441, 512, 700, 1024])),
        "tuning": float(rng.choice([0.0, 0.0, rng.uniform(-0.5, 0.5)])),
        "filter_scale": float(rng.choice([1.0, 1.0, 0.5, 1.7])),
        "norm": [1, 1, 2, np.inf, None][rng.integers(5)],
        "sparsity": float(rng.choice([0.01, 0.01, 0.0, 0.1])),
        "window": ["hann", "hann", "hamming", "blackman", ("kaiser", 5.0)][rng.integers(5)],
        "scale": bool(rng.integers(2)),
    }
    shape = [(), (2,)][rng.integers(2)]
    n_frames = int(rng.integers(2, 40))
    C = complex_noise((*shape, n_bins, n_frames), seed=int(rng.integers(2**31)))
    C = C.astype([np.complex64, np.complex128][rng.integers(2)])
    natural = settings["hop_length"] * (n_frames - 1)
    if rng.integers(2):
        settings["length"] = int(rng.integers(1, 2 * natural))
    if rng.integers(3) == 0:
        settings["dtype"] = [np.float32, np.float64][rng.integers(2)]
    return C, settings


def is_clean(C, settings):
    """Whether no octave's filters come near half of its rate, where interpolators roll off."""
    per_octave, hop = settings["bins_per_octave"], settings["hop_length"]
    n_octaves = -(-C.shape[-2] // per_octave)
    twos = (hop & -hop).bit_length() - 1
    for octave in range(n_octaves):
        rate = settings["sr"] / 2 ** min(n_octaves - 1 - octave, twos)
        top = min(per_octave * (octave + 1), C.shape[-2]) - 1
        width = 6 / (17 * settings["filter_scale"] * per_octave / 12)
        if settings["fmin"] * 2.0 ** (top / per_octave) * (1 + width) > 0.45 * rate:
            return False
    return True


@pytest.mark.parametrize("seed", range(40))
def test_librosa_random(seed, librosa, errors):
    rng = np.random.default_rng(1000 + seed)
    C, settings = draw(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = librosa.icqt(C, **settings)
    ours = fastspec.icqt(C, **settings)
    assert ours.shape == expected.shape
    wanted = settings.get("dtype", np.float32 if C.dtype == np.complex64 else np.float64)
    assert ours.dtype == wanted
    clean = is_clean(C, settings)
    row = "icqt random" if clean else "icqt random, octaves cut off"
    bound = 1e-4 if clean else 1e-3
    errors.check(row, C.dtype.name, "librosa", of_peak(ours, expected), bound, settings)


def test_librosa_batch_and_strides(librosa):
    C = complex_noise((2, 3, 84, 20))
    expected = librosa.icqt(C)
    assert of_peak(fastspec.icqt(C), expected) <= 3e-5
    odd = misaligned(C.shape, C.dtype)
    odd[...] = C
    for other in (np.asfortranarray(C), C[..., ::-1].copy()[..., ::-1], C.astype(">c16"), odd):
        assert (fastspec.icqt(other) == fastspec.icqt(C)).all()
    real = np.abs(C[0, 0])
    assert of_peak(fastspec.icqt(real), librosa.icqt(real)) <= 3e-5


@pytest.mark.parametrize("n_frames", [1, 2])
def test_librosa_few_frames(n_frames, librosa):
    C = complex_noise((84, n_frames))
    assert fastspec.icqt(C).shape == librosa.icqt(C).shape
    expected = librosa.icqt(C, length=700)
    ours = fastspec.icqt(C, length=700)
    assert ours.shape == (700,)
    assert np.abs(ours - expected).max() <= 3e-5 * max(np.abs(expected).max(), 1e-30)


@pytest.mark.parametrize("res_type", ["soxr_qq", "soxr_vhq"])
def test_librosa_other_resamplers(res_type, librosa, errors):
    pytest.importorskip("soxr")
    C = complex_noise((2, 60, 30))
    for length in (None, 9000):
        expected = librosa.icqt(C, res_type=res_type, length=length)
        ours = fastspec.icqt(C, res_type=res_type, length=length)
        errors.check("icqt " + res_type, "float64", "librosa", of_peak(ours, expected), 1e-6)


@pytest.mark.parametrize("gamma", [0, 20, None])
def test_ivqt_inverts_vqt(gamma):
    """As well as icqt inverts cqt; with gamma 0 by the same sums."""
    y = chord(2 * SR)
    V = fastspec.vqt(y, gamma=gamma, hop_length=64)
    back = fastspec.ivqt(V, gamma=gamma, hop_length=64, length=len(y))
    middle = slice(4000, -4000)
    assert relative(back[middle], y[middle]) <= 0.15
    if gamma == 0:
        assert (back == fastspec.icqt(V, hop_length=64, length=len(y))).all()


def test_ivqt_intervals():
    y = chord(2 * SR)
    for intervals in ("pythagorean", [1, 1.2, 1.5, 1.8]):
        V = fastspec.vqt(y, intervals=intervals, hop_length=64, n_bins=28)
        back = fastspec.ivqt(V, intervals=intervals, hop_length=64, length=len(y))
        assert back.shape == y.shape
        best = fastspec.ivqt(
            V, intervals=intervals, hop_length=64, length=len(y), method="least_squares", n_iter=20
        )
        again = fastspec.vqt(best, intervals=intervals, hop_length=64, n_bins=28)
        assert relative(again, V) <= 0.02


# ---- least squares ------------------------------------------------------------------------------


def dense(plan, n):
    """The matrix of a plan's solver for n real samples: real parts, then imaginary ones."""
    s = solver(plan, True)
    T = np.empty((n, plan.n_bins, s.forward.n_frames(n)), complex)
    s.forward.exec(np.eye(n), T, 1)
    T = T.reshape(n, -1).T
    return np.concatenate([T.real, T.imag]), s.gains


def stacked(C, gains):
    b = (C * gains[:, np.newaxis]).ravel()
    return np.concatenate([b.real, b.imag])


@pytest.mark.parametrize("definition", ["exact", "librosa"])
@pytest.mark.parametrize("hop", [32, 128])
def test_least_squares_is_the_dense_solution(definition, hop):
    """With enough damping to have one, to many digits; with noise that no signal explains."""
    n, damping = 600, 0.03
    plan = CQT(sr=4000, fmin=200, n_bins=30, hop_length=hop, definition=definition)
    matrix, gains = dense(plan, n)
    C = plan(np.random.default_rng(1).standard_normal(n))
    C = C + 0.3 * complex_noise(C.shape)
    b = stacked(C, gains)
    first = matrix.T @ b
    gain = np.linalg.norm(matrix @ first) / np.linalg.norm(first)
    expected = np.linalg.solve(matrix.T @ matrix + (damping * gain) ** 2 * np.eye(n), first)
    ours, residual = plan.inverse(
        C, length=n, n_iter=2000, tol=1e-12, damping=damping, return_residual=True
    )
    assert relative(ours, expected) <= 1e-8
    true = np.linalg.norm(matrix @ ours - b) / np.linalg.norm(b)
    assert abs(residual - true) <= 1e-10


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize(
    ("definition", "more"),
    [
        ("exact", {}),
        ("exact", {"norm": 2}),
        ("librosa", {}),
        ("librosa", {"norm": np.inf, "gamma": 5}),
    ],
)
def test_solvers_transform_is_the_plans(definition, more, scale, monkeypatch):
    """Bin by bin a multiple of it, in time, of response 1 to a sinusoid of amplitude 2."""
    monkeypatch.setattr(cqt_stages, "_DOMAIN", 1)
    plan = CQT(n_bins=60, fmin=110, hop_length=256, definition=definition, scale=scale, **more)
    y = np.cos(2 * np.pi * plan.frequencies[20] * np.arange(SR) / SR) * 2
    for double, bound in ((True, 1e-12), (False, 2e-6)):
        s = solver(plan, double)
        x = y.astype(np.float64 if double else np.float32)
        out = np.empty((60, s.forward.n_frames(SR)), np.complex128 if double else np.complex64)
        s.forward.exec(x, out, 1)
        expected = plan(x) * s.gains[:, np.newaxis]
        assert of_peak(out, expected) <= bound
        assert abs(np.abs(out[20, 40]) - 1) <= 0.01


@pytest.mark.parametrize("sr", [44100, 48000])
def test_least_squares_after_early_resampling(sr):
    """Where librosa resamples by 4:1 and more at first, the solver does so by twos."""
    settings = {"sr": sr, "n_bins": 36, "fmin": 60.0, "hop_length": 256}
    y = sweep(sr, 80, 300, sr)
    C = fastspec.cqt(y, **settings)
    settings.pop("n_bins")
    ours = fastspec.icqt(C, **settings, length=len(y), method="least_squares", n_iter=40)
    again = fastspec.cqt(ours, n_bins=36, **settings)
    assert relative(again, C) <= 5e-3


ROUND_TRIP = {
    "sweep": {512: 0.4, 256: 0.2, 128: 0.025, 64: 5e-4},
    "music": {512: 0.25, 256: 0.1, 128: 0.02, 64: 0.02},  # what is left lies above the top bin
}


@pytest.mark.parametrize("hop", [512, 256, 128, 64])
@pytest.mark.parametrize("kind", ROUND_TRIP)
def test_round_trip(hop, kind, errors):
    """Least squares beside librosa's inverse: as far as the grid allows."""
    n = 2 * SR
    y = sweep(n) if kind == "sweep" else chord(n)
    C = fastspec.cqt(y, hop_length=hop)
    theirs = relative(fastspec.icqt(C, hop_length=hop, length=n), y)
    ours = relative(
        fastspec.icqt(C, hop_length=hop, length=n, method="least_squares", n_iter=30), y
    )
    exact = CQT(hop_length=hop)
    best = relative(exact.inverse(exact(y), length=n, n_iter=30), y)
    errors.note(f"icqt round trip {kind} {hop}", "float64", "y", theirs)
    errors.note(f"least squares, {kind} {hop}", "float64", "y", ours)
    bound = ROUND_TRIP[kind][hop]
    errors.check(f"CQT.inverse {kind} {hop}", "float64", "y", best, bound)
    assert ours <= min(1.2 * bound, theirs)


def test_residual_falls_and_stops():
    plan = CQT(hop_length=128, n_bins=60)
    C = plan(sweep(SR, 60, 900))
    last = 1.0
    for n_iter in (0, 1, 4, 16):
        y, residual = plan.inverse(C, length=SR, n_iter=n_iter, tol=0, return_residual=True)
        assert residual.shape == ()
        assert residual < last or n_iter == 0
        last = float(residual)
        if n_iter == 0:
            assert residual == 1
            assert not y.any()
    y, residual = plan.inverse(C, length=SR, tol=0.05, return_residual=True)
    assert 0.005 < residual <= 0.05
    assert plan.inverse(0 * C, length=SR, return_residual=True)[1] == 0


def test_least_squares_lengths():
    plan = CQT(hop_length=256, n_bins=24, fmin=200)
    y = sweep(8000, 250, 700)
    C = plan(y)
    natural = plan.inverse(C)
    assert natural.shape == (256 * (C.shape[-1] - 1),)
    assert plan.inverse(C, length=0).shape == natural.shape
    short, long = plan.inverse(C, length=5000), plan.inverse(C, length=12000)
    assert (natural[:5000] == short).all()
    assert (natural == long[: len(natural)]).all()
    assert not long[256 * C.shape[-1] :].any()
    for length in (8000, len(natural)):
        again = plan.inverse(C, length=length, n_iter=30)
        assert relative(again[1000:7000], y[1000:7000]) <= 0.02
    batch = np.stack([C, 2 * C, -C])
    both, residual = plan.inverse(batch[np.newaxis], length=8000, return_residual=True)
    assert residual.shape == (1, 3)
    assert (both[0, 0] == plan.inverse(C, length=8000)).all()
    empty, residual = plan.inverse(np.empty((0, 24, 9), complex), return_residual=True)
    assert empty.shape == (0, 2048)
    assert residual.shape == (0,)


# ---- the same bits ------------------------------------------------------------------------------


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("method", ["librosa", "least_squares"])
@pytest.mark.parametrize("hop", [512, 64])
def test_same_bits(double, method, hop):
    """For any number of threads, in a batch, into out=, from any layout."""
    C = complex_noise((3, 84, 60 * 512 // hop), np.complex128 if double else np.complex64)

    def run(C, **more):
        return fastspec.icqt(C, hop_length=hop, method=method, n_iter=3, **more)

    whole = run(C)
    for n_threads in (2, 3, 7):
        assert (run(C, n_threads=n_threads) == whole).all()
        assert (run(C[1], n_threads=n_threads) == whole[1]).all()
    for i in range(3):
        assert (run(C[i]) == whole[i]).all()
    out = np.full((*whole.shape[:-1], 2 * whole.shape[-1]), 7, whole.dtype)[..., ::2]
    assert run(C, out=out) is out
    assert (out == whole).all()
    assert (run(np.asfortranarray(C)) == whole).all()
    with ThreadPoolExecutor(3) as pool:
        assert all((y == whole).all() for y in pool.map(lambda _: run(C), range(6)))


def test_long_signal_has_the_bits_of_its_pieces():
    """Pieces of a long signal begin where they may: each is the stretch of the whole."""
    C = complex_noise((60, 600), np.complex64)
    whole = fastspec.icqt(C, hop_length=512)
    # Trimmed to its first frames, the beginning does not change until the last of them matter.
    part = fastspec.icqt(C[:, :300], hop_length=512)
    same = 250 * 512
    assert (whole[: same - 20000] == part[: same - 20000]).all()


def test_double_precision():
    C = complex_noise((84, 30), np.complex64)
    wide = fastspec.icqt(C, precision="double")
    assert wide.dtype == np.float32
    assert (wide == fastspec.icqt(C.astype(np.complex128)).astype(np.float32)).all()
    plan = CQT(precision="double", n_bins=24)
    assert plan.inverse(C[:24]).dtype == np.float32
    assert pickle.loads(pickle.dumps(plan)).inverse(C[:24]).tobytes() == (
        plan.inverse(C[:24]).tobytes()
    )


# ---- Griffin-Lim --------------------------------------------------------------------------------

GRIFFIN = [
    {"n_iter": 0},
    {"n_iter": 1},
    {"n_iter": 3},
    {"n_iter": 3, "momentum": 0},
    {"n_iter": 2, "hop_length": 256, "n_bins": 50},
    {"n_iter": 2, "pad_mode": "reflect"},
    {"n_iter": 2, "scale": False, "norm": 2},
    {"n_iter": 2, "length": 2 * SR},
]


@pytest.mark.parametrize("index", range(len(GRIFFIN)))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_griffinlim_is_librosas(index, dtype, librosa, errors):
    settings = dict(GRIFFIN[index])
    shared = {k: v for k, v in settings.items() if k not in ("n_iter", "momentum", "length")}
    C = np.abs(librosa.cqt(chord(2 * SR).astype(dtype), **shared))
    settings.pop("n_bins", None)
    expected = librosa.griffinlim_cqt(C, random_state=3, **settings)
    ours = fastspec.griffinlim_cqt(C, random_state=3, **settings)
    assert ours.shape == expected.shape
    assert ours.dtype == dtype
    # Phases of coefficients near zero are rounding, which every iteration amplifies.
    bound = 1e-3
    error = of_peak(ours, expected)
    errors.check("griffinlim_cqt", np.dtype(dtype).name, "librosa", error, bound, settings)


def test_griffinlim_starts(librosa, errors):
    """From given phases, and from a generator's, in a batch."""
    C = librosa.cqt(chord(SR))
    expected = librosa.griffinlim_cqt(C, n_iter=2, init=None)
    ours = fastspec.griffinlim_cqt(C, n_iter=2, init=None)
    errors.check("griffinlim_cqt init=None", "float64", "librosa", of_peak(ours, expected), 1e-3)
    S = np.abs(np.stack([C, 2 * C]))
    expected = librosa.griffinlim_cqt(S, n_iter=1, random_state=np.random.default_rng(4))
    ours = fastspec.griffinlim_cqt(S, n_iter=1, random_state=np.random.default_rng(4))
    errors.check("griffinlim_cqt batch", "float64", "librosa", of_peak(ours, expected), 1e-3)
    again = fastspec.griffinlim_cqt(S, n_iter=1, random_state=np.random.default_rng(4), n_threads=3)
    assert (again == ours).all()


def test_griffinlim_converges():
    C = np.abs(fastspec.cqt(chord(SR).astype(np.float32), hop_length=128))

    def off(n_iter):
        y = fastspec.griffinlim_cqt(C, n_iter=n_iter, hop_length=128, random_state=0)
        return relative(np.abs(fastspec.cqt(y, hop_length=128)), C)

    assert off(16) < off(4) < off(0)
    assert off(16) <= 0.25


def test_griffinlim_warns_and_refuses():
    C = np.abs(complex_noise((84, 60))).astype(np.float32)
    with pytest.warns(UserWarning, match="momentum=1.5 > 1 can be unstable"):
        fastspec.griffinlim_cqt(C, n_iter=0, momentum=1.5)
    with pytest.warns(UserWarning, match="is too large for input signal"):
        fastspec.griffinlim_cqt(C[:, :2], n_iter=1)
    for more, message in (
        ({"momentum": -0.1}, "momentum"),
        ({"init": "zeros"}, "init"),
        ({"n_iter": -1}, "n_iter"),
        ({"random_state": "seed"}, "random_state"),
        ({"length": 100}, "length: 100 samples have 1 frames, but C has 60"),
        ({"pad_mode": "wrong"}, "pad_mode"),
    ):
        with refused(message):
            fastspec.griffinlim_cqt(C, **more)
    with refused("C: 0 samples have 0 frames"):
        fastspec.griffinlim_cqt(C[:, :1])


# ---- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("C", "more", "message"),
    [
        ([[1]], {}, "C: is a list"),
        (np.zeros(5), {}, "C: has shape"),
        (np.zeros((84, 0)), {}, "C: has shape"),
        (np.zeros((0, 5)), {}, "C: has shape"),
        (np.zeros((3, 5), "U1"), {}, "C: has dtype"),
        (np.full((84, 5), np.nan), {}, "C: holds NaN"),
        (np.full((84, 5), np.inf + 0j), {}, "C: holds NaN"),
        (np.zeros((84, 5)), {"hop_length": 0}, "hop_length=0"),
        (np.zeros((84, 5)), {"hop_length": 1.5}, "hop_length=1.5"),
        (np.zeros((84, 5)), {"fmin": 0}, "fmin=0"),
        (np.zeros((84, 5)), {"fmin": np.nan}, "fmin=nan"),
        (np.zeros((84, 5)), {"fmin": 1e-3}, "the filters would take"),
        (np.zeros((84, 5)), {"sr": 4000}, "sr=4000"),
        (np.zeros((84, 5)), {"sr": -1}, "sr=-1"),
        (np.zeros((84, 5)), {"tuning": None}, "tuning=None"),
        (np.zeros((84, 5)), {"bins_per_octave": 0}, "bins_per_octave=0"),
        (np.zeros((84, 5)), {"filter_scale": 0}, "filter_scale=0"),
        (np.zeros((84, 5)), {"sparsity": 1}, "sparsity=1"),
        (np.zeros((84, 5)), {"window": "none"}, "window"),
        (np.zeros((84, 5)), {"length": -1}, "length=-1"),
        (np.zeros((84, 5)), {"length": 2.5}, "length=2.5"),
        (np.zeros((84, 5)), {"dtype": np.int16}, "dtype"),
        (np.zeros((84, 5)), {"res_type": "linear"}, "res_type"),
        (np.zeros((84, 5)), {"method": "magic"}, "method"),
        (np.zeros((84, 5)), {"definition": "magic"}, "definition"),
        (np.zeros((84, 5)), {"definition": "exact", "method": "librosa"}, "method='librosa'"),
        (np.zeros((84, 5)), {"definition": "exact", "n_iter": -1}, "n_iter=-1"),
        (np.zeros((84, 5)), {"definition": "exact", "tol": -1}, "tol=-1"),
        (np.zeros((84, 5)), {"definition": "exact", "damping": np.nan}, "damping=nan"),
        (np.zeros((84, 5)), {"n_threads": 0}, "n_threads=0"),
        (np.zeros((84, 5)), {"precision": "half"}, "precision"),
        (np.zeros((84, 5)), {"out": np.zeros(5)}, "out: has shape"),
        (np.zeros((84, 5)), {"out": np.zeros(2048, np.float32)}, "out: has dtype"),
    ],
)
def test_refuses(C, more, message):
    with refused(message):
        fastspec.icqt(C, **more)


@pytest.mark.parametrize("method", ["librosa", "least_squares"])
def test_absurd_sizes(method):
    for more in ({"hop_length": 2**57}, {"length": 2**48}):
        with pytest.raises((MemoryError, ParameterError)):
            fastspec.icqt(np.zeros((12, 500)), method=method, fmin=500, **more)


def test_inverse_refuses():
    plan = CQT(n_bins=24)
    with refused("C: has 12 bins; the plan has 24"):
        plan.inverse(np.zeros((12, 5)))
    with refused("return_residual"):
        plan.inverse(np.zeros((24, 5)), return_residual=2)
    padded = CQT(n_bins=24, definition="librosa", pad_mode="edge")
    with refused("pad_mode, res_type"):
        padded.inverse(np.zeros((24, 5)))
    # A plan of magnitudes inverts what a complex one of its parameters returns.
    C = plan(sweep(SR, 60, 120))
    magnitudes = CQT(n_bins=24, output="magnitude")
    assert (magnitudes.inverse(C) == plan.inverse(C)).all()


def test_overflow_is_infinite():
    """What exceeds single precision on the way, as elsewhere."""
    C = np.full((84, 5), 3e38, np.complex64)
    assert not np.isfinite(fastspec.icqt(C)).all()
    assert np.isfinite(fastspec.icqt(C, precision="double", dtype=np.float64)).all()
