"""Features in one pass: the bits of each alone, by any way of calling, and bad input."""

import copy
import io
import pickle
import threading
import warnings

import helpers
import numpy as np
import pytest
import reference
from helpers import random

import fastspec
from fastspec import Features

pytestmark = [
    pytest.mark.filterwarnings("ignore:n_fft=.* is too large:UserWarning"),
    pytest.mark.filterwarnings("ignore:Empty filters:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*poorly conditioned"),
]

ALL = {
    "stft": True,
    "spectrogram": True,
    "mel": 20,
    "mfcc": {"n_mfcc": 7, "n_mels": 20},
    "chroma": True,
    "centroid": True,
    "bandwidth": True,
    "rolloff": True,
    "flatness": True,
    "contrast": 3,
    "poly": 2,
    "rms": True,
    "zcr": True,
}
LIVE = {**ALL, "mfcc": {"n_mfcc": 7, "n_mels": 20, "top_db": None}, "contrast": {"top_db": None}}
REAL = {name: value for name, value in LIVE.items() if name != "stft"}
FRAMES = {"n_fft": 512, "hop_length": 160}

every_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def same_bits(a, b):
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_array_equal(a, b)


def same_sets(a, b):
    assert list(a) == list(b)
    for name in a:
        same_bits(a[name], b[name])


def options_of(plan, name):
    given = plan._arguments[name]
    return {} if given is True else dict(given)


def alone(plan, name, y):
    """A feature by the plan or function of its own."""
    a = plan._arguments
    framing = {key: a[key] for key in ("n_fft", "hop_length", "center", "pad_mode")}
    spectra = {**framing, "win_length": a["win_length"], "window": window_of(a)}
    shared = {key: a[key] for key in ("pad_tail", "precision", "input_scale")} | spectra
    more = options_of(plan, name)
    sr = {"sr": a["sr"]}
    plans = {
        "stft": lambda: fastspec.STFT(**shared, **more)(y),
        "spectrogram": lambda: fastspec.Spectrogram(**shared, **more)(y),
        "mel": lambda: fastspec.MelSpectrogram(**sr, **shared, **more)(y),
        "mfcc": lambda: fastspec.MFCC(**sr, **shared, **more)(y),
        "chroma": lambda: fastspec.ChromaSTFT(**sr, **shared, **more)(y),
        "centroid": lambda: fastspec.spectral_centroid(y=y, **sr, **spectra),
        "bandwidth": lambda: fastspec.spectral_bandwidth(y=y, **sr, **spectra, **more),
        "rolloff": lambda: fastspec.spectral_rolloff(y=y, **sr, **spectra, **more),
        "flatness": lambda: fastspec.spectral_flatness(y=y, **spectra, **more),
        "poly": lambda: fastspec.poly_features(y=y, **sr, **spectra, **more),
        "contrast": lambda: contrast(y, more, **sr, **spectra),
        "rms": lambda: fastspec.rms(y=y, **in_samples(framing), **more),
        "zcr": lambda: fastspec.zero_crossing_rate(y, **in_samples(framing, pads=False), **more),
    }
    return plans[name]()


def window_of(a):
    return a["window"].values if hasattr(a["window"], "values") else a["window"]


def in_samples(framing, pads=True):
    framing = {"frame_length": framing["n_fft"], **framing}
    del framing["n_fft"]
    if not pads:
        del framing["pad_mode"]
    return framing


def contrast(y, options, **frames):
    """By channel, as the plan has it."""
    if y.ndim > 1:
        return np.stack([contrast(part, options, **frames) for part in y])
    return fastspec.spectral_contrast(y=y, **frames, **options)


# ---- the bits of each alone ----------------------------------------------------------------------


def random_options(rng, name):
    """What a feature is given: True, a number or options."""
    kind = rng.integers(3)
    mel = {"n_mels": int(rng.integers(3, 30)), "htk": bool(rng.integers(2))}
    if rng.random() < 0.3:
        mel["power"] = float(rng.choice([1.0, 1.5]))
    if rng.random() < 0.3:
        mel["fmax"] = float(rng.uniform(3000, 8000))
    logs = {"log": str(rng.choice(["db", "ln"])), "top_db": float(rng.uniform(1, 60))}
    choices = {
        "stft": (True, True, {}),
        "spectrogram": (True, 1.0, {"power": float(rng.choice([0.5, 1, 2, 3]))}),
        "mel": (True, 13, {**mel, **logs, "ref": "max"} if rng.random() < 0.5 else mel),
        "mfcc": (True, 13, {**mel, "n_mfcc": 5, "lifter": 22, "dct_type": 3}),
        "chroma": (True, 24, {"tuning": 0.2, "norm": 2.0, "power": 1.0, "octwidth": None}),
        "centroid": (True, True, {}),
        "bandwidth": (True, 3.0, {"norm": False, "p": 1.0}),
        "rolloff": (True, 0.5, {"roll_percent": 0.95}),
        "flatness": (True, True, {"power": float(rng.choice([1, 2, 0.7])), "amin": 1e-6}),
        "contrast": (3, 2, {"linear": True, "n_bands": 2, "fmin": 300.0, "quantile": 0.2}),
        "poly": (True, 3, {"order": 0}),
        "rms": (True, True, {"dtype": "float64"}),
        "zcr": (True, True, {"threshold": 0.1, "zero_pos": False, "pad": True}),
    }
    return choices[name][kind]


def random_plan(rng, **more):
    names = [name for name in ALL if rng.random() < 0.5] or ["mfcc"]
    frames = {"n_fft": int(rng.choice([256, 400, 512, 441, 254])), "pad_tail": "librosa"}
    frames["hop_length"] = int(rng.integers(20, 600))
    if rng.random() < 0.3:
        frames["win_length"] = int(rng.integers(30, frames["n_fft"] + 1))
    if rng.random() < 0.3:
        frames["window"] = ("hamming", ("kaiser", 8.0), helpers.flat_top)[rng.integers(3)]
    if rng.random() < 0.5:
        frames["pad_mode"] = str(rng.choice(helpers.PAD_MODES))
    if rng.random() < 0.2:
        frames["center"] = False
    frames["sr"] = float(rng.choice([22050, 16000, 44100]))
    return Features(**frames, **{name: random_options(rng, name) for name in names}, **more)


@pytest.mark.parametrize("seed", range(120))
def test_each_is_what_it_is_alone(seed):
    rng = np.random.default_rng([8, seed])
    plan = random_plan(rng)
    shape = (*helpers.leading(rng)[:1], int(rng.integers(512, 6000)))
    y = helpers.layout(rng, helpers.signal(rng, shape, (np.float32, np.float64)[rng.integers(2)]))
    results = plan(y, n_threads=1 + seed % 3)
    assert tuple(results) == plan.names
    for name, got in results.items():
        same_bits(got, alone(plan, name, y))
        assert got.shape[-2] == plan.rows[name].stop - plan.rows[name].start


def test_everything_at_once():
    y = random(2, 5000)
    plan = Features(sr=22050, pad_tail="librosa", **ALL, **FRAMES)
    for name, got in plan(y).items():
        same_bits(got, alone(plan, name, y))


@pytest.mark.parametrize("engine", ["lanes", "auto", "fftw"])
@pytest.mark.parametrize("n_fft", [512, 442, 349, 62])
def test_every_engine_and_size(engine, n_fft):
    try:
        plan = Features(n_fft=n_fft, hop_length=100, engine=engine, **{**ALL, "contrast": False})
    except fastspec.EngineError:
        pytest.skip("no FFTW")
    y = random(4000)
    framing = {"n_fft": n_fft, "hop_length": 100, "engine": engine}
    got = plan(y)
    same_bits(got["stft"], fastspec.STFT(**framing)(y))
    same_bits(got["spectrogram"], fastspec.Spectrogram(**framing)(y))
    same_bits(got["mfcc"], fastspec.MFCC(n_mfcc=7, n_mels=20, **framing)(y))
    same_bits(got["chroma"], fastspec.ChromaSTFT(**framing)(y))
    for names in ({"mfcc": 7}, {"stft": True}, {"rms": True}, {"mel": {"power": 1.0}}):
        name = next(iter(names))
        other = Features(n_fft=n_fft, hop_length=100, engine=engine, **names)
        same_bits(other(y)[name], alone(other, name, y) if engine == "auto" else other(y)[name])


def test_against_the_functions_with_librosas_names():
    y = random(22050)
    got = Features(
        mel=True, mfcc=True, chroma=True, centroid=True, contrast=True, rms=True, zcr=True
    )(y)
    same_bits(got["mel"], fastspec.melspectrogram(y=y))
    same_bits(got["mfcc"], fastspec.mfcc(y=y))
    same_bits(got["chroma"], fastspec.chroma_stft(y=y, tuning=0.0))
    same_bits(got["centroid"], fastspec.spectral_centroid(y=y))
    same_bits(got["contrast"], fastspec.spectral_contrast(y=y))
    same_bits(got["rms"], fastspec.rms(y=y))
    same_bits(got["zcr"], fastspec.zero_crossing_rate(y))


def test_against_librosa(errors, librosa):
    y = random(22050)
    got = Features(mel=True, mfcc=13, chroma=True, centroid=True, rolloff=True, rms=True)(y)
    theirs = {
        "mel": librosa.feature.melspectrogram(y=y),
        "mfcc": librosa.feature.mfcc(y=y, n_mfcc=13),
        "chroma": librosa.feature.chroma_stft(y=y, tuning=0.0),
        "centroid": librosa.feature.spectral_centroid(y=y),
        "rolloff": librosa.feature.spectral_rolloff(y=y),
        "rms": librosa.feature.rms(y=y),
    }
    for name, want in theirs.items():
        assert got[name].dtype == want.dtype
        errors.check(f"Features {name}", "float32", "librosa", helpers.error(got[name], want), 1e-5)


def test_against_the_definition(errors):
    # All from one spectrogram in float64, by loops over frames.
    y = random(3000, dtype=np.float64)
    window = helpers.samples("hann", 256)
    S = np.abs(reference.stft(y, n_fft=256, hop=64, window=window, pad_mode="constant"))
    f = np.arange(129) * 22050 / 256
    padded = np.pad(y, 128)
    n = S.shape[1]
    want = {
        "centroid": [(f * S[:, t]).sum() / S[:, t].sum() for t in range(n)],
        "flatness": [
            np.exp(np.log(np.maximum(S[:, t] ** 2, 1e-10)).mean())
            / np.maximum(S[:, t] ** 2, 1e-10).mean()
            for t in range(n)
        ],
        "rolloff": [
            f[np.flatnonzero(np.cumsum(S[:, t]) >= 0.85 * S[:, t].sum())[0]] for t in range(n)
        ],
        "rms": [np.sqrt((padded[64 * t : 64 * t + 256] ** 2).mean()) for t in range(n)],
    }
    on = {**dict.fromkeys(want, True), "rms": {"dtype": "float64"}}
    got = Features(n_fft=256, hop_length=64, **on)(y)
    for name in want:
        error = helpers.error(got[name][0], np.array(want[name]))
        errors.check(f"Features {name}", "float64", "definition", error, 1e-11)


def test_contrast_without_a_limit():
    # Noise has no peaks and no valleys 80 dB apart. With 5 dB those of its quiet half are alike.
    y = np.concatenate([random(9000), 1e-3 * random(9000)])
    want = fastspec.spectral_contrast(y=y)
    same_bits(Features(contrast={"top_db": None})(y)["contrast"], want)
    less = Features(contrast={"top_db": 5})(y)["contrast"]
    assert np.ptp(less[:, 22:]) == 0
    assert np.ptp(less[:, :15]) > 1


# ---- ways of calling -----------------------------------------------------------------------------


@every_type
def test_batch_threads_out_and_layouts(dtype):
    plan = Features(**ALL, **FRAMES)
    y = random(3, 2, 4000, dtype=dtype)
    want = plan(y)
    assert want["stft"].swapaxes(-1, -2).flags.c_contiguous
    for i in np.ndindex(3, 2):
        same_sets({name: x[i] for name, x in want.items()}, plan(y[i]))
    for n_threads in (2, 3, -1):
        same_sets(want, plan(y, n_threads=n_threads))
    out = {name: np.full(x.shape[::-1], 7, x.dtype).transpose() for name, x in want.items()}
    assert plan(y, out=out) is out
    same_sets(want, out)
    same_sets(want, plan(np.asfortranarray(y)))
    swapped = y.astype(y.dtype.newbyteorder())
    same_sets(want, plan(swapped))


@pytest.mark.parametrize("seed", range(30))
def test_streams(seed):
    rng = np.random.default_rng([88, seed])
    framing = {"n_fft": int(rng.choice([256, 400, 128])), "hop_length": int(rng.integers(1, 500))}
    framing["pad_mode"] = str(rng.choice(helpers.PAD_MODES))
    framing["center"] = bool(rng.random() < 0.8)
    plan = Features(**LIVE, **framing)
    channels = int(rng.integers(1, 4))
    y = random(channels, int(rng.integers(600, 6000)), dtype=(np.float32, np.float64)[seed % 2])
    want = plan(y)
    stream = plan.stream(channels, n_threads=1 + seed % 2)
    parts, at = [], 0
    while at < y.shape[1]:
        n = int(rng.integers(0, 900))
        parts.append(stream.push(y[:, at : at + n]))
        at += n
        if rng.random() < 0.1:
            stream = copy.copy(stream)
    parts.append(stream.flush())
    for name, x in want.items():
        same_bits(np.concatenate([part[name] for part in parts], axis=-1), x)
    assert stream.n_frames == x.shape[-1]
    stream.reset()
    room = {name: np.zeros_like(x) for name, x in want.items()}
    count = stream.push(y, out=room)
    count += stream.flush(out={name: x[..., count:] for name, x in room.items()})
    assert count == x.shape[-1]
    same_sets(want, room)


def test_streams_that_cannot_be():
    for options, name in (
        ({"mfcc": True}, "mfcc: top_db"),
        ({"contrast": True}, "contrast: top_db"),
        ({"mel": {"log": "db", "ref": "max"}}, "mel: ref"),
        ({"mel": {"log": "db", "top_db": 3}}, "mel: top_db"),
    ):
        plan = Features(centroid=True, **options)
        with pytest.raises(fastspec.ParameterError, match=name):
            plan.stream()
        with pytest.raises(fastspec.ParameterError, match=name):
            plan(random(9000), frames=slice(2))
    with pytest.raises(fastspec.ParameterError, match="stream_group"):
        Features(centroid=True).stream_group()
    stream = Features(centroid=True, n_fft=512).stream()
    with pytest.raises(fastspec.ParameterError, match="out"):
        stream.push(random(3000), out=np.zeros((1, 9)))
    with pytest.raises(fastspec.ParameterError, match="centroid"):
        stream.push(random(3000), out={"centroid": np.zeros((1, 3))})
    assert stream.n_samples == 0


@pytest.mark.parametrize(
    "frames", [slice(3, 9), slice(-4, None), slice(0), range(5, 6), slice(None)]
)
def test_some_frames(frames):
    plan = Features(**LIVE, **FRAMES, pad_mode="reflect")
    y = random(2, 5000)
    whole = {
        name: x[..., frames] if isinstance(frames, slice) else x[..., frames.start : frames.stop]
        for name, x in plan(y).items()
    }
    same_sets(whole, plan(y, frames=frames))
    same_sets(whole, plan.crop(y, frames, n_threads=2))
    n = plan.n_frames(5000)
    if len(range(n)[frames] if isinstance(frames, slice) else frames):
        begin, end = plan.needed_samples(frames, 5000)
        beyond = np.full_like(y, np.nan)
        beyond[:, begin:end] = y[:, begin:end]
        same_sets(whole, plan(beyond, frames=frames))


def test_files(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "a.wav"
    soundfile.write(path, random(9000), 16000, subtype="FLOAT")
    y, _ = fastspec.load(path, sr=None)
    plan = Features(sr=16000, **LIVE, **FRAMES)
    same_sets(plan(y), plan(path))
    same_sets(plan(y, frames=slice(4, 8)), plan(path, frames=slice(4, 8)))
    same_bits(Features(sr=16000, **REAL).stack(y), Features(sr=16000, **REAL).stack(path))


def test_lists():
    plan = Features(**ALL, **FRAMES)
    ys = [random(n) for n in (4000, 700, 2500)]
    want = [plan(y) for y in ys]
    for got in (plan.map(ys), plan.map(iter(ys), n_threads=3)):
        for a, b in zip(want, got, strict=True):
            same_sets(a, b)
    padded, counts = plan.map(ys, pad=True)
    assert counts.tolist() == [w["mel"].shape[-1] for w in want]
    for i, w in enumerate(want):
        for name, x in w.items():
            same_bits(padded[name][i, :, : counts[i]], x)
            assert not padded[name][i, :, counts[i] :].any()
    out = [{name: np.ones_like(x) for name, x in w.items()} for w in want]
    assert plan.map(ys, out=out) is out
    for a, b in zip(want, out, strict=True):
        same_sets(a, b)
    assert plan.map([]) == []


@every_type
def test_stack(dtype):
    plan = Features(**REAL, **FRAMES)
    y = random(2, 4000, dtype=dtype)
    matrix, results = plan.stack(y, n_threads=2), plan(y)
    assert matrix.dtype == dtype
    assert matrix.shape == (2, plan.n_bins, plan.n_frames(4000))
    for name, rows in plan.rows.items():
        same_bits(matrix[:, rows], results[name].astype(dtype))
    out = np.zeros_like(matrix)
    assert plan.stack(y, out=out) is out
    same_bits(out, matrix)
    same_bits(plan.stack(y, frames=slice(3, 7)), matrix[..., 3:7])
    with pytest.raises(fastspec.ParameterError, match="stft"):
        Features(stft=True, mel=True).stack(y)
    with pytest.raises(fastspec.ParameterError, match="out"):
        plan.stack(y, out=out[..., 1:])


def test_int16():
    samples = (random(9000) * 9000).astype(np.int16)
    plan = Features(**ALL, **FRAMES, input_scale=1 / 32768)
    same_sets(plan(samples), plan(samples.astype(np.float32) / 32768))
    with pytest.raises(fastspec.ParameterError, match="input_scale"):
        Features(mel=True)(samples)


def test_double_precision():
    y = random(5000)
    single, double = (Features(**REAL, precision=p) for p in (None, "double"))
    wide = single(y.astype(np.float64))
    for name, x in double(y).items():
        kind = single(y)[name].dtype
        same_bits(x, wide[name].astype(kind))


def test_threads_share_a_plan():
    plan = Features(**ALL, **FRAMES)
    ys = [random(3000 + 100 * i) for i in range(8)]
    want, got = [plan(y) for y in ys], [None] * 8

    def work(i):
        got[i] = plan(ys[i], n_threads=2)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for a, b in zip(want, got, strict=True):
        same_sets(a, b)


# ---- a plan is a value ---------------------------------------------------------------------------


def test_a_plan_is_a_value():
    plan = Features(mel=40, mfcc={"n_mfcc": 13, "top_db": None}, rms=True, window=helpers.flat_top)
    same = Features(
        mel={"n_mels": 40, "power": 2, "bank_dtype": np.float32},
        mfcc={"top_db": None, "n_mfcc": np.int64(13), "lifter": 0},
        rms={},
        window=helpers.flat_top,
        chroma=False,
        zcr=None,
    )
    assert plan == same
    assert hash(plan) == hash(same)
    assert plan != Features(mel=41, mfcc={"n_mfcc": 13, "top_db": None}, rms=True)
    assert plan != Features(mel=True)
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan
    assert hash(again) == hash(plan)
    y = random(3000)
    same_sets(plan(y), again(y))
    same_sets(plan(y), copy.deepcopy(plan)(y))
    assert repr(plan).startswith("Features(sr=22050.0, n_fft=2048, hop_length=512")
    assert "mel={'n_mels': 40}, mfcc={'n_mfcc': 13, 'top_db': None}, rms=True" in repr(plan)
    assert eval(repr(Features(mel=40, chroma=True)), {"Features": Features}) == Features(
        mel=40, chroma=True
    )
    with pytest.raises(AttributeError, match="immutable"):
        plan.names = ()
    assert plan.names == ("mel", "mfcc", "rms")
    assert plan.rows == {"mel": slice(0, 40), "mfcc": slice(40, 53), "rms": slice(53, 54)}
    assert plan.n_bins == 54
    assert plan.engine == fastspec.STFT().engine
    np.testing.assert_array_equal(plan.times(5000), fastspec.STFT(hop_length=512).times(5000))


def test_estimate():
    plan = Features(**ALL, **FRAMES)
    cost = plan.estimate(22050, channels=3)
    results = plan(random(3, 22050))
    assert cost.frames == plan.n_frames(22050)
    assert cost.output_bytes == sum(x.nbytes for x in results.values())
    assert cost.scratch_bytes > 0
    parts = [Features(**{name: value}, **FRAMES).estimate(22050) for name, value in ALL.items()]
    assert plan.estimate(22050).flops < sum(part.flops for part in parts) / 2
    with pytest.raises(fastspec.ParameterError, match="n_samples"):
        plan.estimate(2**60, channels=2**30)


def test_limits():
    plan = Features(**ALL)
    y = random(22050)
    total = sum(x.nbytes for x in plan(y).values())
    before = fastspec.get_limits()
    try:
        fastspec.set_limits(max_output_bytes=total)
        plan(y)
        fastspec.set_limits(max_output_bytes=total - 1)
        with pytest.raises(fastspec.LimitError, match="max_output_bytes"):
            plan(y)
    finally:
        fastspec.set_limits(**before._asdict())


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "mel=False: no feature is on"),
        ({"mel": None, "rms": False}, "no feature is on"),
        ({"mell": True}, "argument='mell': unknown; did you mean 'mel'"),
        ({"tempo": True}, "argument='tempo': unknown"),
        ({"mel": "yes"}, "mel='yes': must be True, False, a number (n_mels) or a dict of options"),
        ({"rms": 3}, "rms=3: must be True, False or a dict of options"),
        ({"stft": 1.5}, "stft=1.5: must be True"),
        ({"mel": [40]}, "mel=[40]: must be"),
        ({"mel": {"n_mel": 40}}, "mel: option='n_mel': unknown; did you mean 'n_mels'"),
        ({"mel": {3: 40}}, "mel: option=3: must be one of"),
        ({"mel": {"n_fft": 400}}, "mel: n_fft is that of all features"),
        ({"mfcc": {"sr": 400}}, "mfcc: sr is that of all features"),
        ({"mel": 0}, "mel: n_mels=0: must be an integer >= 1"),
        ({"mel": 2.5}, "mel: n_mels=2.5: must be an integer"),
        ({"mel": {"fmin": -1}}, "mel: fmin=-1"),
        ({"mel": {"top_db": 80}}, "mel: top_db=80.0: needs a log"),
        ({"mfcc": {"ref": "max"}}, "mfcc: ref='max'"),
        ({"chroma": {"tuning": None}}, "chroma: tuning=None"),
        ({"bandwidth": -1.0}, "bandwidth: p=-1.0: must be a finite number > 0"),
        ({"rolloff": 1}, "rolloff: roll_percent=1.0: must be less than 1"),
        ({"flatness": {"power": 0}}, "flatness: power=0"),
        ({"contrast": 20}, "contrast: fmin=200.0"),
        ({"contrast": {"top_db": -1}}, "contrast: top_db=-1"),
        ({"poly": -1}, "poly: order=-1"),
        ({"rms": {"dtype": "int8"}}, "rms: dtype='int8'"),
        ({"zcr": {"pad": 1}}, "zcr: pad=1: must be True or False"),
        ({"mel": True, "n_fft": 0}, "n_fft=0"),
        ({"mel": True, "sr": -1}, "sr=-1"),
        ({"centroid": True, "n_fft": 2**24}, "centroid: n_fft=16777216: must be less than"),
        ({"mel": True, "pad_mode": "wrap"}, "pad_mode='wrap'"),
    ],
)
def test_bad_plans(options, message):
    with pytest.raises(fastspec.ParameterError) as caught:
        Features(**options)
    assert message in str(caught.value)


def test_bad_calls():
    plan = Features(mel=20, rms=True, **FRAMES)
    y = random(3000)
    good = plan(y)
    n = good["mel"].shape[-1]
    with pytest.raises(fastspec.ParameterError, match="y"):
        plan(np.zeros(0, np.float32))
    with pytest.raises(fastspec.ParameterError, match="y"):
        plan(np.full(600, np.nan, np.float32))
    with pytest.raises(fastspec.ParameterError, match="n_fft"):
        Features(mel=20, center=False)(y[:100])
    for out, message in (
        ([good["mel"]], "out"),
        ({"mel": good["mel"]}, "out: has no array for 'rms'"),
        ({**good, "melt": y}, "out: name='melt': unknown; did you mean 'mel'"),
        ({**good, "rms": good["mel"]}, "out['rms']: has shape"),
        ({**good, "rms": good["rms"].astype(np.float64)}, "out['rms']: has dtype float64"),
        ({**good, "rms": [1]}, "out['rms']: is a list"),
        ({**good, "mel": np.zeros((n, 20), np.float32)}, "out['mel']: has shape"),
    ):
        with pytest.raises(fastspec.ParameterError) as caught:
            plan(y, out=out)
        assert message in str(caught.value)
    flat = np.zeros(3000, np.float32)
    with pytest.raises(fastspec.ParameterError, match="out"):
        plan(flat, out={"mel": good["mel"], "rms": flat[:n].reshape(1, n)})
    alike = Features(centroid=True, rolloff=True, **FRAMES)
    with pytest.raises(fastspec.ParameterError, match="out"):
        alike(y, out=dict.fromkeys(alike.names, np.zeros((1, n))))
    with pytest.raises(fastspec.ParameterError, match="signals"):
        plan.map([y, y.reshape(2, -1)])
    with pytest.raises(fastspec.ParameterError, match="out"):
        plan.map([y, y], out=[good])
    with pytest.raises(fastspec.ParameterError, match="frames"):
        plan(y, frames=slice(0, 4, 2))
    with pytest.raises(fastspec.ParameterError, match="n_threads"):
        plan(y, n_threads=0)
    with pytest.raises(OSError, match="nothing"):
        plan(io.FileIO("nothing"))


def test_warnings_carry_the_callers_line():
    for options in ({"mel": 900}, {"poly": 12, "n_fft": 16}):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            plan = Features(**options)
            pickle.loads(pickle.dumps(plan))
        assert [w.filename for w in caught] == [__file__]
