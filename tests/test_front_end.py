"""The front end with every stage in the open, against its definition and against live libraries."""

import copy
import importlib
import pickle

import numpy as np
import pytest
import reference_front_end as ref
from helpers import describe, misaligned, random, refused, samples

import fastspec
from fastspec import CQT, MFCC, STFT, FrontEnd, MelSpectrogram

# Largest error over the largest feature, in double and in single precision. In single, the values
# before the logarithm carry 1e-6 of the largest band, and the draws' amin is 1e-3 of a typical one.
BOUND = {"float64": 2e-11, "float32": 5e-5}

DEFAULTS = FrontEnd()._arguments


def arguments(rng):
    """Random values for all arguments that change numbers, unlikely ones too."""

    def some(chance, value, otherwise):
        return value if rng.random() < chance else otherwise

    n_fft = int(rng.choice([16, 20, 27, 32, 48, 60, 64, 67]))
    win = int(rng.integers(2, n_fft + 1))
    a = {
        "sr": float(rng.choice([8000, 16000, 11025])),
        "n_fft": n_fft,
        "win_length": some(0.7, win, n_fft),
        "hop_length": int(rng.integers(1, n_fft)),
        "window": str(rng.choice(["hann", "povey", "hamming", "boxcar"])),
        "window_symmetric": bool(rng.integers(2)),
        "window_align": str(rng.choice(["center", "left"])),
        "align": str(rng.choice(["center", "left", "snip_edges", "kaldi", "semicausal"])),
        "pad": some(0.2, (int(rng.integers(-5, n_fft)), int(rng.integers(-5, n_fft))), None),
        "pad_mode": some(
            0.7,
            str(rng.choice(["constant", "edge", "linear_ramp", "reflect", "symmetric"])),
            None,
        ),
        "drop_last": bool(rng.random() < 0.3),
        "append": some(0.2, int(rng.integers(1, 40)), 0),
        "pad_to": some(0.2, int(rng.integers(1, 400)), 0),
        "pad_to_multiple": some(0.2, int(rng.integers(2, 50)), 1),
        "gain": some(0.3, float(rng.choice([32768.0, 0.3])), 1.0),
        "remove_dc": bool(rng.integers(2)),
        "preemphasis": some(0.6, 0.97, 0.0),
        "preemphasis_mode": str(rng.choice(["frame", "signal"])),
        "power": float(rng.choice([2, 1, 1.4])),
        "magnitude_eps": some(0.3, 0.01, 0.0),
        "magnitude_eps_mode": str(rng.choice(["add", "max"])),
        "n_mels": some(0.8, int(rng.integers(3, 9)), None),
        "fmin": some(0.5, 20.0, 0.0),
        "fmax": [None, -200.0, 3700.0][rng.integers(3)],
        "mel_scale": str(rng.choice(["slaney", "htk", "kaldi"])),
        "triangles": str(rng.choice(["hz", "mel"])),
        "norm": [None, "slaney", "unit_sum", "unit_max", 2][rng.integers(5)],
        "bank_dtype": "float64",
        "log": [None, "ln", "log10", "db", "pcen"][rng.integers(5)],
        "log_mode": str(rng.choice(["max", "add"])),
        "amin": 1e-3,
        "ref": some(0.3, 2.5, 1.0),
        "clip_scope": str(rng.choice(["item", "array"])),
        "scale": some(0.3, 0.25, 1.0),
        "offset": some(0.3, 1.5, 0.0),
        "energy": [None, "raw", "windowed"][rng.integers(3)],
        "energy_floor": some(0.3, 0.5, 1e-7),
        "deltas": int(rng.integers(3)),
        "delta_window": int(rng.integers(1, 4)),
        "delta_mode": str(rng.choice(["htk", "kaldi", "librosa"])),
        "normalize": [None, None, "mean", "mean_var"][rng.integers(4)],
        "norm_ddof": int(rng.integers(2)),
        "norm_eps": some(0.7, 1e-3, 0.1),
        "norm_eps_mode": str(rng.choice(["var", "std", "max"])),
        "norm_scope": str(rng.choice(["feature", "item"])),
        "stack_end": str(rng.choice(["drop", "zero", "repeat"])),
        "layout": str(rng.choice(["bins_first", "frames_first"])),
    }
    if rng.random() < 0.2:
        a["filterbank"] = rng.uniform(0, 1, (5, n_fft // 2 + 1))
    if (a["n_mels"] is None) and "filterbank" not in a:
        a["zero_dc"] = a["zero_nyquist"] = False
    else:
        a["zero_dc"], a["zero_nyquist"] = bool(rng.integers(2)), bool(rng.integers(2))
    if a["log_mode"] == "add" and a["log"]:
        a["log_multiplier"] = float(rng.choice([1, 100]))
    if a["log"] == "pcen":
        a.update(log_mode="max", ref=1.0, amin=1e-3)
        a.pop("log_multiplier", None)
        a["pcen_gain"] = float(rng.choice([0.98, 0.5, 0]))
        a["pcen_bias"] = float(rng.choice([2, 0, 1e-3]))
        a["pcen_power"] = float(rng.choice([0.5, 0, 0.3]))
        a["pcen_eps"] = some(0.5, 1e-2, 1e-6)
        a["pcen_time_constant"] = some(0.5, 0.01, 0.4)
        a["pcen_b"] = some(0.5, float(rng.choice([0, 0.025, 1])), None)
    elif a["log"]:
        a["log_floor"] = some(0.3, -1.0, None)
        a["rel_clip"] = some(0.4, 2.0, None)
    bands = ref.bank_of({**DEFAULTS, **a}).shape[0]
    if rng.random() < 0.3:
        a["scale"], a["offset"] = rng.uniform(0.5, 2, bands), rng.uniform(-1, 1, bands)
    if rng.random() < 0.4 and a["log"] != "pcen":
        a["n_mfcc"] = int(rng.integers(2, bands + 1))
        a["dct_norm"] = [None, "ortho", "htk"][rng.integers(3)]
        a["lifter"] = some(0.5, 22.0, 0.0)
        a["lifter_origin"] = int(rng.integers(2))
    if a["energy"] or "n_mfcc" in a:
        a["energy_last"] = bool(rng.integers(2))
    if rng.random() < 0.4:
        a["stack"] = int(rng.integers(1, 8))
        a["stack_stride"] = some(0.7, int(rng.integers(1, 9)), None)
        a["stack_left"] = int(rng.integers(0, a["stack"]))
    return a


def window_of(plan):
    """The samples of the window, from SciPy."""
    a = plan._arguments
    n, symmetric = a["win_length"], a["window_symmetric"]
    if a["window"] == "povey":
        return np.hanning(n) ** 0.85 if n > 1 else np.ones(1)
    if symmetric:
        from scipy.signal import get_window

        return get_window(a["window"], n, fftbins=False)
    return samples(a["window"], n)


def plain(plan):
    """A plan's arguments as the reference takes them."""
    a = dict(plan._arguments)
    for name in ("filterbank", "scale", "offset"):
        a[name] = getattr(a[name], "values", a[name])
    return a


def expected(plan, ys):
    """What the plan makes of signals (items, n), as (items, bins, frames) or frames first."""
    a, window = plain(plan), window_of(plan)
    largest = None
    if a["rel_clip"] is not None and a["clip_scope"] == "array":
        unclipped = dict(a, rel_clip=None, scale=1.0, offset=0.0)
        largest = max(ref.compressed(ref.bands_of(y, window, a)[0], unclipped).max() for y in ys)
    made = np.array([ref.front_end(y, window, a, largest) for y in ys])
    return made if a["layout"] == "frames_first" else made.swapaxes(-1, -2)


def drawn(seed):
    """A plan that has frames for some signal, and a signal length."""
    rng = np.random.default_rng(seed)
    while True:
        a = arguments(rng)
        plan = FrontEnd(**a)
        n = int(rng.choice([rng.integers(1, 60), rng.integers(60, 600)]))
        if plan.n_frames(n):
            return rng, plan, n


def streamable(plan):
    a = plan._arguments
    return a["rel_clip"] is None and a["normalize"] is None


def same_bits(a, b):
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(100))
def test_against_the_definition(errors, seed, dtype):
    rng, plan, n = drawn(seed)
    ys = (rng.standard_normal((2, n)) + rng.choice([0, 3])).astype(dtype)
    want, got = expected(plan, ys), plan(ys)
    assert got.shape == want.shape
    assert got.dtype == dtype
    error = np.abs(got - want).max() / max(1, np.abs(want).max())
    errors.check("front end", dtype, "definition", error, BOUND[dtype], describe(plain(plan)))


@pytest.mark.parametrize("seed", range(1000, 1060))
def test_same_bits(seed):
    """Batches, threads, layouts of the output, map and streams."""
    rng, plan, n = drawn(seed)
    dtype = rng.choice([np.float32, np.float64])
    ys = rng.standard_normal((3, n)).astype(dtype)
    out = plan(ys)
    same_bits(plan(ys, n_threads=3), out)
    same_bits(plan(ys, out=np.asfortranarray(np.zeros_like(out))), out)
    wide = np.zeros((*out.shape[:-1], 2 * out.shape[-1]), out.dtype)
    same_bits(plan(ys, out=wide[..., ::2]), out)
    same_bits(plan(ys.byteswap().view(ys.dtype.newbyteorder())), out)
    if plan._arguments["clip_scope"] == "item":
        for y, single in zip(ys, out, strict=True):
            same_bits(plan(y), single)
        for made, single in zip(plan.map(list(ys), n_threads=2), out, strict=True):
            same_bits(made, single)
    if streamable(plan):
        same_bits(streamed(rng, plan, ys), out)


def streamed(rng, plan, ys):
    """The output of a stream fed in random pieces."""
    stream, parts, at = plan.stream(len(ys)), [], 0
    while at < ys.shape[-1]:
        n = int(rng.choice([0, 1, 2, rng.integers(1, 50), rng.integers(1, 300)]))
        parts.append(stream.push(ys[:, at : at + n]))
        at += n
    parts.append(stream.flush())
    return np.concatenate(parts, axis=-2 if plan._frames_first else -1)


@pytest.mark.parametrize("seed", range(2000, 2020))
def test_engines(seed, errors):
    """The built-in engine and FFTW give the same up to rounding."""
    rng, plan, n = drawn(seed)
    y = rng.standard_normal((2, n))
    try:
        rows = FrontEnd(**{**plain(plan), "engine": "fftw"})
    except fastspec.EngineError:
        pytest.skip("no FFTW")
    lanes = FrontEnd(**{**plain(plan), "engine": "lanes"})
    want = lanes(y)
    error = np.abs(rows(y) - want).max() / max(1, np.abs(want).max())
    errors.check("front end, engines", "float64", "each other", error, 1e-10)
    same_bits(rows(y, n_threads=2), rows(y))
    if plan._arguments["clip_scope"] == "item":
        same_bits(rows(y)[1], rows(y[1]))
    if streamable(plan):
        same_bits(streamed(rng, rows, y), rows(y))


FBANK = {
    "n_fft": 512,
    "win_length": 400,
    "hop_length": 160,
    "window": "povey",
    "window_align": "left",
    "align": "snip_edges",
    "gain": 32768.0,
    "remove_dc": True,
    "preemphasis": 0.97,
    "n_mels": 80,
    "fmin": 20.0,
    "mel_scale": "kaldi",
    "triangles": "mel",
    "norm": None,
    "log": "ln",
    "amin": 1.1920929e-07,
    "layout": "frames_first",
}


@pytest.mark.parametrize("n", [400, 559, 560, 16000, 100000])
@pytest.mark.parametrize(
    "more", [{}, {"dither": 1.0}, {"deltas": 2}, {"stack": 7, "stack_stride": 6}]
)
def test_fbank_streams_and_batches(n, more):
    plan = FrontEnd(**FBANK, **more)
    rng = np.random.default_rng(n)
    ys = (0.1 * rng.standard_normal((2, n))).astype(np.float32)
    if plan.n_frames(n) == 0:
        refused("y", plan, ys)
        return
    out = plan(ys)
    same_bits(plan(ys, n_threads=2), out)
    same_bits(streamed(rng, plan, ys), out)
    same_bits(plan(ys[:1])[0], out[0])


# ---- single stages -------------------------------------------------------------------------------


def test_int16_is_scaled():
    y = (random(8000) * 3000).astype(np.int16)
    plan = FrontEnd(**FBANK, input_scale=1 / 32768)
    same_bits(plan(y), plan(y.astype(np.float32) / np.float32(32768)))
    refused("y", FrontEnd(**FBANK), y)


def test_dtype_and_precision():
    y = random(4000)
    assert FrontEnd(dtype="float32")(y.astype(np.float64)).dtype == np.float32
    assert FrontEnd(dtype="float64")(y).dtype == np.float64
    exact = FrontEnd()(y.astype(np.float64))
    same_bits(FrontEnd(precision="double", dtype="float64")(y), exact)
    same_bits(FrontEnd(precision="double")(y), exact.astype(np.float32))


def test_window_dtype():
    """A window rounded to single precision, in a computation in double."""
    y = random(2000, dtype=np.float64)
    rounded = np.float64(np.float32(samples("hann", 400)))
    one = FrontEnd(n_fft=400, window_dtype="float32")(y)
    same_bits(one, FrontEnd(n_fft=400, window=rounded)(y))
    assert (one != FrontEnd(n_fft=400)(y)).any()


def noise_of(plan, shape):
    """The noise itself: of silence, in a plan whose bands are the bins of one-sample frames."""
    return plan(np.zeros(shape))


def test_dither_is_gaussian():
    """Squared samples of dithered silence: mean, kurtosis, independence."""
    plan = FrontEnd(n_fft=1, hop_length=1, window="boxcar", align="left", n_mels=None, dither=2.0)
    x = noise_of(plan, (2, 200_000))[:, 0] / 4
    assert abs(x.mean() - 1) < 0.01
    assert abs((x**2).mean() - 3) < 0.06
    assert abs(np.corrcoef(x[0], x[1])[0, 1]) < 0.01
    assert abs(np.corrcoef(x[0, 1:], x[0, :-1])[0, 1]) < 0.01
    quantiles = np.quantile(x, [0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles, [0.01579, 0.4549, 2.7055], rtol=0.02)


def test_dither_within_a_frame():
    """The samples of a frame: white, of the standard deviation asked for, whatever the gain."""
    plan = FrontEnd(
        n_fft=64, hop_length=64, window="boxcar", align="left", n_mels=None, dither=0.5, gain=100.0
    )
    power = noise_of(plan, 64 * 4000).mean(axis=1) / 64
    np.testing.assert_allclose(power, 0.25, rtol=0.15)
    assert abs(power[1:-1].mean() - 0.25) < 0.005


def test_dither_depends_on_seed_channel_and_frame():
    plan = FrontEnd(**FBANK, dither=1.0)
    other = FrontEnd(**FBANK, dither=1.0, seed=1)
    silence = np.zeros((2, 16000), np.float32)
    out = plan(silence)
    same_bits(plan(silence), out)
    assert (out[0] != out[1]).mean() > 0.99
    assert (out[0, 1:] != out[0, :-1]).mean() > 0.99
    assert (other(silence) != out).mean() > 0.99
    same_bits(plan(silence[0]), out[0])
    assert np.isfinite(out).all()


def test_single_frame_is_normalised_to_zero():
    plan = FrontEnd(n_fft=64, align="left", normalize="mean_var", norm_ddof=1)
    out = plan(random(64))
    np.testing.assert_array_equal(out, np.zeros_like(out))


def test_silence():
    out = FrontEnd(**FBANK, energy="raw", energy_floor=1.1920929e-07)(np.zeros(16000, np.float32))
    np.testing.assert_allclose(out, np.log(1.1920929e-07), rtol=1e-6)


def test_impulse_beyond_the_window():
    """What lies behind a short frame's samples is not seen."""
    plan = FrontEnd(**FBANK)
    y = random(2000) / 10
    changed = y.copy()
    changed[400:] += 1
    same_bits(plan(y)[0], plan(changed)[0])


def test_times():
    plan = FrontEnd(**FBANK, stack=2)
    np.testing.assert_allclose(plan.times(16000)[:2], [0.0125, 0.0325])
    np.testing.assert_allclose(
        FrontEnd(n_fft=400, hop_length=160).times(480), [0, 0.01, 0.02, 0.03]
    )


def test_frequencies():
    np.testing.assert_allclose(
        FrontEnd(n_mels=40).frequencies, MelSpectrogram(sr=16000, n_mels=40).frequencies
    )
    assert len(FrontEnd(n_mels=None).frequencies) == 257
    assert FrontEnd(n_mels=30, mel_scale="kaldi", fmin=20).frequencies[0] > 20
    with pytest.raises(fastspec.ParameterError, match="filterbank"):
        FrontEnd(filterbank=np.ones((1, 257))).frequencies  # noqa: B018


# ---- against other plans and live libraries ------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mel_spectrogram_and_mfcc(dtype):
    """The older plans are configurations of this one, bit for bit."""
    y = random(2, 20000, dtype=dtype)
    shared = {"n_fft": 512, "hop_length": 160, "pad_mode": "reflect"}
    mel = MelSpectrogram(sr=16000, n_mels=40, log="db", top_db=50.0, **shared)
    bank = fastspec.mel_filter(sr=16000, n_fft=512, n_mels=40)
    front = FrontEnd(filterbank=bank, log="db", rel_clip=50.0, **shared)
    same_bits(front(y), mel(y))
    mfcc = MFCC(sr=16000, n_mels=40, n_mfcc=13, lifter=22, **shared)
    front = FrontEnd(filterbank=bank, log="db", rel_clip=80.0, n_mfcc=13, lifter=22, **shared)
    np.testing.assert_allclose(
        front(y), mfcc(y), rtol=0, atol=1e-10 if dtype == np.float64 else 1e-4
    )


@pytest.mark.parametrize("htk", [False, True])
@pytest.mark.parametrize("norm", ["slaney", None, 1, np.inf])
def test_bank_of_librosa(librosa, htk, norm):
    want = librosa.filters.mel(sr=22050, n_fft=1024, n_mels=64, fmin=30, htk=htk, norm=norm)
    plan = FrontEnd(
        sr=22050, n_fft=1024, n_mels=64, fmin=30, mel_scale="htk" if htk else "slaney", norm=norm
    )
    got = plan._settings["bands"]
    np.testing.assert_allclose(got, want, rtol=3e-7, atol=1e-9)


def torchaudio(part):
    """A module of torchaudio, or the test is skipped."""
    import live

    try:
        live.import_torchaudio()
    except ImportError as error:
        pytest.skip(str(error))
    return importlib.import_module(f"torchaudio.{part}")


# torch's logarithms and spacings differ from one vector unit to another by an ulp: at 2840 mel that
# is 2.4e-4, of triangles whose slopes are 33 mel wide; three such errors meet in a weight.
ONE_ULP = 3 * 2.4e-4 / 33


@pytest.mark.parametrize("sr", [16000, 11025, 44100])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_bank_of_torchaudio(sr, norm, scale):
    functional = torchaudio("functional")
    want = functional.melscale_fbanks(257, 0.0, sr / 2, 64, sr, norm, scale).numpy().T
    plan = FrontEnd(
        sr=sr, n_mels=64, mel_scale=scale, norm=norm, bank_dtype="torch", integer_nyquist=True
    )
    np.testing.assert_allclose(plan._settings["bands"], want, rtol=0, atol=ONE_ULP * want.max())


def test_bank_of_kaldi():
    kaldi = torchaudio("compliance.kaldi")
    want = kaldi.get_mel_banks(80, 512, 16000.0, 20.0, 0.0, 100.0, -500.0, 1.0)[0].numpy()
    plan = FrontEnd(**FBANK, bank_dtype="torch", fmax=0.0, zero_nyquist=True)
    np.testing.assert_allclose(plan._settings["bands"][:, :-1], want, rtol=0, atol=ONE_ULP)
    assert not plan._settings["bands"][:, -1].any()


def knf_frames(make, options, y):
    online = make(options)
    online.accept_waveform(16000, y.tolist())
    online.input_finished()
    return np.array([online.get_frame(i) for i in range(online.num_frames_ready)])


@pytest.mark.parametrize("snip_edges", [True, False])
@pytest.mark.parametrize("energy", [True, False])
@pytest.mark.parametrize("last", [True, False])
def test_kaldi_native_fbank(errors, snip_edges, energy, last):
    knf = pytest.importorskip("kaldi_native_fbank")
    y = (3000 * random(16080)).astype(np.float32)
    options, more = knf.FbankOptions(), knf.MfccOptions()
    for o in (options, more):
        o.frame_opts.dither = 0
        o.frame_opts.snip_edges = snip_edges
        o.use_energy, o.htk_compat, o.energy_floor = energy, last, 0.0
        o.mel_opts.num_bins = 23
    arguments = dict(FBANK, gain=1.0, n_mels=23, align="snip_edges" if snip_edges else "kaldi")
    if energy:
        arguments.update(energy="raw", energy_floor=1.1920929e-07, energy_last=last)
    want = knf_frames(knf.OnlineFbank, options, y)
    got = FrontEnd(**arguments)(y)
    errors.check("kaldi fbank", "float32", "knf", np.abs(got - want).max(), 5e-5)
    arguments.update(n_mfcc=13, lifter=22, lifter_origin=0, energy_last=last)
    want = knf_frames(knf.OnlineMfcc, more, y)
    got = FrontEnd(**arguments)(y)
    errors.check("kaldi mfcc", "float32", "knf", np.abs(got - want).max(), 3e-4)


@pytest.mark.parametrize("reach", [1, 2, 4])
def test_deltas_of_torchaudio(reach):
    torch = pytest.importorskip("torch")
    functional = torchaudio("functional")
    y = random(8000, dtype=np.float64)
    out = FrontEnd(n_mels=10, log="ln", deltas=2, delta_window=reach)(y)
    static = torch.from_numpy(out[:10].copy())
    once = functional.compute_deltas(static, win_length=2 * reach + 1)
    twice = functional.compute_deltas(once, win_length=2 * reach + 1)
    np.testing.assert_allclose(out[10:20], once.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(out[20:], twice.numpy(), rtol=0, atol=1e-12)


# ---- ragged batches ------------------------------------------------------------------------------

PLANS = {
    "stft": lambda: STFT(n_fft=256),
    "mel": lambda: MelSpectrogram(n_mels=20, n_fft=256, log="db", ref="max", top_db=30),
    "mfcc": lambda: MFCC(n_fft=256, n_mels=20),
    "cqt": lambda: CQT(n_bins=12, fmin=440, output="magnitude"),
    "cqt of librosa": lambda: CQT(n_bins=12, fmin=440, definition="librosa", output="magnitude"),
    "front end": lambda: FrontEnd(**FBANK, rel_clip=3.0, normalize="mean_var", stack=2),
}


@pytest.mark.parametrize("kind", PLANS)
@pytest.mark.parametrize("n_threads", [1, 2])
def test_map(kind, n_threads):
    plan = PLANS[kind]()
    lengths = [5000, 900, 22050, 1200, 3000]
    ys = [random(n, seed=n) for n in lengths]
    ys[1] = np.repeat(ys[1], 2)[::2]
    want = [plan(y) for y in ys]
    got = plan.map(ys, n_threads=n_threads)
    assert isinstance(got, list)
    for a, b in zip(got, want, strict=True):
        same_bits(a, b)
    outs = [np.empty_like(w) for w in want]
    assert plan.map(tuple(ys), out=outs)[2] is outs[2]
    for a, b in zip(outs, want, strict=True):
        same_bits(a, b)
    batch, n_frames = plan.map(iter(ys), pad=True, n_threads=n_threads)
    first = kind == "front end"
    assert n_frames.tolist() == [w.shape[0 if first else 1] for w in want]
    for row, w, n in zip(batch, want, n_frames, strict=True):
        same_bits(row[:n] if first else row[:, :n], w)
        assert not (row[n:] if first else row[:, n:]).any()
    room = np.full_like(batch, np.nan)
    assert plan.map(ys, pad=True, out=room)[0] is room
    same_bits(room, batch)


def test_map_of_nothing():
    plan = FrontEnd(n_mels=7)
    assert plan.map([]) == []
    batch, lengths = plan.map([], pad=True)
    assert batch.shape == (0, 7, 0)
    assert lengths.shape == (0,)


def test_map_refuses():
    plan = FrontEnd(**FBANK)
    y = random(1000)
    refused("signals", plan.map, 3)
    refused("signals", plan.map, [y, y.astype(np.float64)])
    refused("signals", plan.map, [np.zeros((2, 1000), np.float32)])
    refused("y", plan.map, [y, y[:10]])
    refused("y", plan.map, [y, np.full(1000, np.nan, np.float32)])
    refused("y", plan.map, [y.astype(np.int32)])
    refused("out", plan.map, [y], out=[])
    refused("out", plan.map, [y], out=[np.zeros((1, 1), np.float32)])
    refused("out", plan.map, [y], pad=True, out=np.zeros((1, 1, 1), np.float32))
    refused("n_threads", plan.map, [y], n_threads=0)
    refused("pad", plan.map, [y], pad=2)
    memory = np.zeros(4 * 80 + 1000, np.float32)
    out = memory[: 4 * 80].reshape(4, 80)
    refused("out", plan.map, [memory[:1000]], out=[out])


# ---- a plan as a value, and refusals -------------------------------------------------------------


def test_value():
    rng = np.random.default_rng(5)
    bank = rng.uniform(0, 1, (4, 257))
    more = {"scale": np.arange(1.0, 5), "dither": 0.1, "seed": 7, "layout": "frames_first"}
    plan = FrontEnd(filterbank=bank, **more)
    same = pickle.loads(pickle.dumps(plan))
    assert same == plan
    assert hash(same) == hash(plan)
    assert copy.deepcopy(plan) == plan
    assert plan != FrontEnd(filterbank=bank)
    y = random(3000)
    same_bits(same(y), plan(y))
    bank[:] = 0
    same_bits(FrontEnd(**plan._arguments)(y), plan(y))
    assert "seed=7" in repr(plan)
    with pytest.raises(AttributeError):
        plan.n_fft = 3


BAD = {
    "sr": [0, -1, "a", np.nan],
    "n_fft": [0, 2.5, None],
    "win_length": [0, 513],
    "hop_length": [0, -3],
    "window": ["hanning?", np.ones(3), np.full(512, np.nan)],
    "window_symmetric": [1, None],
    "window_dtype": ["f4", None],
    "window_align": ["right"],
    "align": ["centre", None],
    "pad": [3, (1,), (1, 2.5), (600, 0), "ab"],
    "pad_mode": ["wrap", 3],
    "drop_last": [1],
    "append": [-1, 2**50, 1.5],
    "pad_to": [-1, 2**50],
    "pad_to_multiple": [0, -1],
    "input_scale": [np.inf, "1"],
    "gain": [0, -1, np.nan],
    "dither": [-1, np.inf],
    "seed": [-1, 2**64, 0.5],
    "remove_dc": [0],
    "preemphasis": [np.inf, "x"],
    "preemphasis_mode": ["htk"],
    "power": [0, -2, np.inf],
    "magnitude_eps": [-1e-9, np.nan],
    "magnitude_eps_mode": ["both"],
    "n_mels": [0, 1.5],
    "fmin": [-1, 8000, 9000],
    "fmax": [np.nan, -8000, -9000],
    "mel_scale": ["bark"],
    "triangles": ["erb"],
    "norm": ["l2", 0, -1],
    "bank_dtype": ["float16", np.float32],
    "integer_nyquist": [1],
    "zero_dc": [1],
    "zero_nyquist": [0],
    "filterbank": [np.ones((3, 3)), np.ones(257), np.full((2, 257), np.inf), "x"],
    "log": ["log2", True],
    "log_mode": ["mul"],
    "amin": [0, -1, np.nan],
    "log_multiplier": [0, 2.0],
    "ref": [0, "max"],
    "log_floor": [np.inf, 0.0],
    "rel_clip": [-1, 8.0],
    "clip_scope": ["batch"],
    "pcen_gain": [-0.1, np.nan, "1"],
    "pcen_bias": [-1, np.inf],
    "pcen_power": [-0.5, None],
    "pcen_time_constant": [0, -1, np.inf],
    "pcen_eps": [0, -1e-6, np.nan],
    "pcen_b": [-0.1, 1.1, "x"],
    "scale": [np.ones(3), np.nan, "x"],
    "offset": [np.ones((80, 1)), np.inf],
    "frame_norm": ["max", -1, np.nan],
    "n_mfcc": [0, 81],
    "dct_type": [4],
    "dct_norm": ["l2"],
    "lifter": [-1],
    "lifter_origin": [2],
    "energy": ["mean", True],
    "energy_floor": [-1, np.nan],
    "energy_last": [1, True],
    "deltas": [3, -1],
    "delta_window": [0, 1001],
    "delta_mode": ["scipy"],
    "normalize": ["var"],
    "norm_ddof": [2],
    "norm_eps": [-1],
    "norm_eps_mode": ["add"],
    "norm_scope": ["array"],
    "stack": [0, 1001],
    "stack_stride": [0],
    "stack_left": [1],
    "stack_end": ["pad"],
    "layout": ["time_first"],
    "dtype": ["float16", "int16", 3],
    "precision": ["half"],
    "engine": ["mkl"],
    "planner": ["patient"],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(name):
    for value in BAD[name]:
        refused(name, FrontEnd, **{name: value})


def test_every_argument_has_bad_values():
    assert set(BAD) == set(DEFAULTS)


def test_combinations_that_make_no_sense():
    refused("zero_dc", FrontEnd, n_mels=None, zero_dc=True)
    refused("n_mfcc", FrontEnd, n_mfcc=1, energy="raw")
    refused("window_symmetric", FrontEnd, window=np.hanning, window_symmetric=True)
    refused("hop_length", FrontEnd, align="kaldi", hop_length=100_000)
    refused("rel_clip", FrontEnd(log="ln", rel_clip=8.0).stream)
    refused("normalize", FrontEnd(normalize="mean").stream)
    refused("lifter", FrontEnd, n_mfcc=13, lifter=1e-320)
    for name, value in {
        "n_mfcc": 13,
        "rel_clip": 8.0,
        "log_floor": -3.0,
        "ref": 2.0,
        "log_mode": "add",
        "frame_norm": 2.0,
    }.items():
        refused(name, FrontEnd, log="pcen", **{name: value})


def test_deltas_of_too_few_frames():
    plan = FrontEnd(deltas=1, delta_window=4, delta_mode="librosa", hop_length=160)
    assert plan.n_frames(160 * 8 - 1) == 0
    assert plan.n_frames(160 * 8) == 9
    refused("y", plan, random(160 * 8 - 1))
    stream = plan.stream()
    stream.push(random(500)[np.newaxis])
    with pytest.raises(fastspec.ParameterError, match="too few"):
        stream.flush()


@pytest.mark.parametrize("order", [1, 2])
def test_deltas_are_those_of_librosa(order):
    librosa = pytest.importorskip("librosa")
    y = np.random.default_rng(5).standard_normal(16000)
    shared = {"n_mels": 20, "log": "ln", "amin": 1e-3}
    want = librosa.feature.delta(FrontEnd(**shared)(y), order=order)
    got = FrontEnd(deltas=order, delta_window=4, delta_mode="librosa", **shared)(y)
    np.testing.assert_allclose(got[-20:], want, atol=1e-13)


@pytest.mark.parametrize("power", [0.5, 0.25, 0])
def test_pcen_is_that_of_librosa(power):
    librosa = pytest.importorskip("librosa")
    y = np.random.default_rng(5).standard_normal(16000)
    shared = {"n_mels": 40, "power": 1, "gain": 2.0**31}
    want = librosa.pcen(FrontEnd(**shared)(y), sr=16000, hop_length=128, power=power)
    got = FrontEnd(log="pcen", pcen_power=power, **shared)(y)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_bad_calls():
    plan = FrontEnd(**FBANK)
    y = random(1000)
    refused("y", plan, np.zeros(0, np.float32))
    refused("y", plan, y[:399])
    refused("y", plan, np.full(1000, np.inf, np.float32))
    refused("y", plan, 3.0)
    refused("out", plan, y, np.zeros((80, 4), np.float32))
    refused("out", plan, y, np.zeros((4, 80)))
    refused("out", plan, y, misaligned((4, 80), np.float32))
    refused("n_threads", plan, y, n_threads=0)
    refused("channels", plan.stream, 0)
    refused("chunk", plan.stream(2).push, y)


@pytest.mark.parametrize("norm", [None, np.inf, -np.inf, 0, 1, 2, 0.5])
@pytest.mark.parametrize("log", [None, "ln"])
def test_frame_norm(norm, log):
    """The bands as librosa.util.normalize leaves them; in MusicGen's chroma the largest is 1."""
    y = np.random.default_rng(3).standard_normal(9000)
    shared = {"n_fft": 512, "hop_length": 128, "n_mels": 12, "log": log, "precision": "double"}
    bands = FrontEnd(**shared)(y)
    result = FrontEnd(frame_norm=norm, **shared)(y)
    sizes = {
        None: np.ones(bands.shape[1]),
        np.inf: abs(bands).max(axis=0),
        -np.inf: abs(bands).min(axis=0),
        0: (bands != 0).sum(axis=0),
    }
    size = sizes[norm] if norm in sizes else (abs(bands) ** norm).sum(axis=0) ** (1 / norm)
    np.testing.assert_allclose(result, bands / size, rtol=1e-13)


def test_frame_norm_is_for_bands_alone():
    with pytest.raises(fastspec.ParameterError, match=r"^frame_norm=2"):
        FrontEnd(n_mels=20, log="ln", rel_clip=8.0, frame_norm=2)
    with pytest.raises(fastspec.ParameterError, match=r"^frame_norm=2"):
        FrontEnd(n_mels=20, log="ln", n_mfcc=13, frame_norm=2)
