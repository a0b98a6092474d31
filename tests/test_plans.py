"""Plans: values that can be shared, called with any array, whose bits depend on nothing else."""

import copy
import pickle
import subprocess
import sys
import threading

import helpers
import numpy as np
import pytest
import reference
from helpers import random, refused
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastspec
from fastspec import MFCC, STFT, MelSpectrogram, Spectrogram

pytestmark = pytest.mark.filterwarnings("ignore:Empty filters:UserWarning")

# Errors over the result's peak; see test_spectrum and test_mel for the reasons.
BOUND = {"float32": 3e-6, "float64": 1e-12}
# Logarithms of bands within 60 dB of the largest: relative errors of 1e-4 (float32) are 5e-4 dB.
LOG_BOUND = {"float32": 2e-3, "float64": 1e-9}


def flat_top(n):
    return np.sin(np.linspace(0.1, 2.5, n))


# Plans of every kind; between them every stage and every engine.
PLANS = {
    "stft": lambda **more: STFT(n_fft=256, hop_length=60, **more),
    "stft odd": lambda **more: STFT(n_fft=101, hop_length=30, pad_mode="reflect", **more),
    "stft left": lambda **more: STFT(n_fft=64, center=False, window=("kaiser", 8.0), **more),
    "stft sparse": lambda **more: STFT(n_fft=32, hop_length=77, pad_mode="symmetric", **more),
    "stft narrow": lambda **more: STFT(n_fft=128, win_length=77, window=flat_top, **more),
    "spectrogram": lambda **more: Spectrogram(n_fft=200, hop_length=50, power=1.0, **more),
    "spectrogram 3": lambda **more: Spectrogram(n_fft=64, power=3.0, pad_mode="edge", **more),
    "mel": lambda **more: MelSpectrogram(n_fft=256, hop_length=64, n_mels=20, **more),
    "log-mel": lambda **more: MelSpectrogram(
        sr=16000, n_fft=400, hop_length=160, n_mels=40, log="db", **more
    ),
    "log-mel top": lambda **more: MelSpectrogram(
        n_fft=256, hop_length=64, n_mels=20, log="db", ref="max", top_db=30, **more
    ),
    "ln-mel": lambda **more: MelSpectrogram(
        n_fft=101, hop_length=50, n_mels=10, log="ln", htk=True, norm=None, power=1.0, **more
    ),
    "mfcc": lambda **more: MFCC(n_fft=512, hop_length=100, n_mels=40, **more),
    "mfcc floor": lambda **more: MFCC(
        n_fft=256, n_mels=20, n_mfcc=13, top_db=None, log_floor=-50.0, lifter=22, **more
    ),
}
STREAMABLE = [name for name in PLANS if name not in ("log-mel top", "mfcc")]

every_plan = pytest.mark.parametrize("kind", PLANS)
every_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def same_bits(a, b):
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_array_equal(a, b)


# ---- against the definitions ---------------------------------------------------------------------


@every_type
@pytest.mark.parametrize("pad_mode", helpers.PAD_MODES)
@pytest.mark.parametrize("n", [1, 2, 7, 31, 63, 64, 65, 500])
def test_stft_and_spectrogram(errors, dtype, pad_mode, n):
    y = random(2, n, dtype=dtype)
    window = helpers.samples("hamming", 50)
    arguments = {"n_fft": 63, "hop_length": 17, "win_length": 50, "window": "hamming"}
    arguments["pad_mode"] = pad_mode
    expected = reference.stft(y, n_fft=63, hop=17, window=window, pad_mode=pad_mode)
    name = np.dtype(dtype).name
    error = helpers.error(STFT(**arguments)(y), expected)
    errors.check("STFT", name, "definition", error, BOUND[name])
    error = helpers.error(Spectrogram(**arguments, power=1.5)(y), np.abs(expected) ** 1.5)
    errors.check("Spectrogram", name, "definition", error, BOUND[name])


def test_the_end_is_reflected_exactly_unless_asked(librosa):
    # The last frame is centred on the end, where its window does not fall to zero.
    y = random(640, dtype=np.float64)
    kwargs = {"n_fft": 64, "hop_length": 32, "window": "boxcar", "pad_mode": "reflect"}
    theirs = librosa.stft(y, **kwargs)
    exact = reference.stft(y, n_fft=64, hop=32, window=np.ones(64), pad_mode="reflect")
    assert helpers.error(STFT(**kwargs)(y), exact) <= BOUND["float64"]
    assert helpers.error(STFT(**kwargs, pad_tail="librosa")(y), theirs) <= BOUND["float64"]
    assert helpers.error(theirs, exact) > 1e-3


def definition_of_log_mel(y, log, *, top_db=None, floor=None, ref=1.0, amin=1e-10, power=2.0):
    window = helpers.samples("hann", 256)
    mel = reference.melspectrogram(
        y, sr=16000, power=power, n_fft=256, hop=64, window=window, n_mels=20
    )
    scale = {"db": 10 / np.log(10), "ln": 1, "log10": 1 / np.log(10)}[log]
    if ref == "max":
        ref = mel.max(axis=(-2, -1), keepdims=True)
    result = scale * (np.log(np.maximum(mel, amin)) - np.log(np.maximum(ref, amin)))
    if top_db is not None:
        result = np.maximum(result, result.max(axis=(-2, -1), keepdims=True) - top_db)
    return result if floor is None else np.maximum(result, floor)


LOG_OPTIONS = (
    {},
    {"ref": 0.25},
    {"ref": "max"},
    {"top_db": 20.0},
    {"top_db": 0.0},
    {"log_floor": -1.0},
    {"amin": 1e-2},
    {"ref": "max", "top_db": 15.0},
    {"ref": 0.5, "top_db": 15.0, "log_floor": -10.0},
    {"ref": "max", "log_floor": -1.5},
    {"ref": "max", "log_floor": 2.0},
    {"ref": "max", "top_db": 15.0, "log_floor": -10.0},
    {"ref": "max", "top_db": 1.0, "log_floor": -10.0},
    {"power": 1.0, "amin": 0.3, "ref": 2.0},
    {"amin": 1.0, "ref": 1e-3},
)


@every_type
@pytest.mark.parametrize("log", ["db", "ln", "log10"])
@pytest.mark.parametrize("options", LOG_OPTIONS, ids=str)
def test_logarithms(errors, dtype, log, options):
    # Channels of different sizes: maxima are those of each channel.
    y = random(3, 5000, dtype=dtype) * np.array([[1], [0.1], [10]], dtype)
    plan = MelSpectrogram(sr=16000, n_fft=256, hop_length=64, n_mels=20, log=log, **options)
    words = {"log_floor": "floor"}
    expected = definition_of_log_mel(y, log, **{words.get(k, k): v for k, v in options.items()})
    name = np.dtype(dtype).name
    error = np.abs(plan(y) - expected).max() * {"db": 1, "ln": 10 / np.log(10), "log10": 10}[log]
    errors.check("MelSpectrogram, logarithms (dB)", name, "definition", error, LOG_BOUND[name])


def test_log_of_silence_is_the_floor():
    y = np.zeros(1000, np.float32)
    for log, floor in (("db", -100), ("ln", np.log(1e-10)), ("log10", -10)):
        plan = MelSpectrogram(n_fft=256, n_mels=10, log=log)
        np.testing.assert_allclose(plan(y), floor, rtol=1e-6)
        plan = MelSpectrogram(n_fft=256, n_mels=10, log=log, ref="max", top_db=80)
        np.testing.assert_allclose(plan(y), 0, atol=1e-6)


def loudness(n, place):
    """A signal whose loudest part comes somewhere; the range is some 150 dB."""
    steps = {
        "first": (1, 1e-3, 1e-6),
        "last": (1e-7, 1e-4, 1),
        "middle": (1e-7, 1, 1e-7),
        "rising": np.geomspace(1e-7, 1, 9),
        "very last": (1e-7,) * 30 + (1,),
        "even": (1e-2,),
    }[place]
    return np.concatenate([np.full(len(part), step) for step, part in zip(
        steps, np.array_split(np.arange(n), len(steps)))])  # fmt: skip


@every_type
@pytest.mark.parametrize("place", ["first", "last", "middle", "rising", "very last", "even"])
@pytest.mark.parametrize("n", [1000, 40_000])
def test_mfcc_clips_below_the_maximum_of_its_signal(errors, dtype, place, n):
    # The maximum is known only at the end; each channel has its own.
    y = np.stack([loudness(n, place), 1e-3 * loudness(n, "first")])
    y = (y * random(2, n, dtype=np.float64)).astype(dtype)
    window = helpers.samples("hann", 256)
    mel = reference.melspectrogram(
        y, sr=22050, power=2, n_fft=256, hop=64, window=window, n_mels=30
    )
    expected = np.stack([
        reference.cepstrum(reference.decibels(channel, top_db=60, amin=1e-16), n_mfcc=13)
        for channel in mel
    ])  # fmt: skip
    plan = MFCC(n_fft=256, hop_length=64, n_mels=30, n_mfcc=13, top_db=60, amin=1e-16)
    ours = plan(y)
    name = np.dtype(dtype).name
    bound = {"float32": 3e-5, "float64": 1e-10}[name]
    errors.check("MFCC, top_db", name, "definition", helpers.error(ours, expected), bound)
    for n_threads in (2, 3, 7):
        same_bits(plan(y, n_threads=n_threads), ours)
    same_bits(plan(y[0]), ours[0])


# ---- bits ----------------------------------------------------------------------------------------


@every_plan
@every_type
def test_batch_is_loop(kind, dtype):
    plan = PLANS[kind]()
    y = random(3, 2, 3001, dtype=dtype)
    batch = plan(y)
    assert batch.shape == (3, 2, plan.n_bins, plan.n_frames(3001))
    for i in np.ndindex(3, 2):
        same_bits(plan(y[i]), batch[i])
    same_bits(plan(y.reshape(6, 1, 3001)).reshape(batch.shape), batch)


@every_plan
@every_type
@pytest.mark.parametrize("shape", [(20_011,), (5, 1777), (9, 300)])
def test_threads(kind, dtype, shape):
    plan = PLANS[kind]()
    y = random(*shape, dtype=dtype)
    expected = plan(y)
    for n_threads in (2, 3, 7):
        same_bits(plan(y, n_threads=n_threads), expected)


@every_plan
def test_a_frame_depends_on_its_samples_alone(kind):
    plan = PLANS[kind]()
    if kind not in STREAMABLE:
        return
    # Silence around, but for the neighbourhood of one frame.
    y = random(9000)
    n_fft, hop = plan.n_fft, plan.hop_length
    expected = plan(y)
    n_frames = plan.n_frames(9000)
    for t in (n_frames // 4, n_frames // 2, 2 * n_frames // 3):
        begin = t * hop - (n_fft // 2 if plan.center else 0)
        quiet = np.zeros_like(y)
        quiet[begin : begin + n_fft] = y[begin : begin + n_fft]
        same_bits(plan(quiet)[:, t], expected[:, t])


@every_plan
@every_type
def test_out(kind, dtype):
    plan = PLANS[kind]()
    y = random(2, 3001, dtype=dtype)
    expected = plan(y)
    for order in "CF":
        out = np.full(expected.shape, np.nan, expected.dtype, order)
        assert plan(y, out=out) is out
        assert plan(y, out) is out
        same_bits(out, expected)
    room = np.full([2 * n for n in expected.shape], 7, expected.dtype)
    for view in (room[::2, ::2, ::2], room[-1::-2, 1::2, -1::-2], room[:2, :1, :1].repeat(0)):
        if view.shape != expected.shape:
            continue
        assert plan(y, out=view, n_threads=2) is view
        same_bits(view, expected)
    assert (room[1::2, :, 1::2][:, ::2] == 7).all()
    turned = np.zeros(expected.shape[::-1], expected.dtype).transpose()
    same_bits(plan(y, out=turned), expected)
    swapped = np.zeros((expected.shape[1], 2, expected.shape[2]), expected.dtype).swapaxes(0, 1)
    same_bits(plan(y, out=swapped), expected)


@every_plan
def test_order_of_new_arrays(kind):
    result = PLANS[kind]()(random(2, 3001))
    assert result.flags.f_contiguous if kind.startswith("stft") else result.flags.c_contiguous
    assert result.flags.owndata
    assert result.flags.writeable


def layouts(y):
    """The same values, held in other ways."""
    yield "fortran", np.asfortranarray(y)
    yield "strided", np.repeat(y, 3, axis=-1)[..., 1::3]
    yield "backwards", np.ascontiguousarray(y[..., ::-1])[..., ::-1]
    yield "backwards and strided", np.repeat(y[..., ::-1], 2, axis=-1)[..., ::-2]
    yield "channels last", np.ascontiguousarray(np.moveaxis(y, -1, 0)).transpose(1, 2, 0)
    yield "channels backwards", np.ascontiguousarray(y[::-1])[::-1]
    yield "padded", np.pad(y, [(1, 1), (0, 1), (3, 2)])[1:-1, :-1, 3:-2]
    read_only = y.copy()
    read_only.flags.writeable = False
    yield "read-only", read_only
    yield "swapped", y.astype(y.dtype.newbyteorder())
    yield "swapped and strided", np.repeat(y.astype(y.dtype.newbyteorder()), 2, axis=-1)[..., ::2]
    shifted = helpers.misaligned(y.shape, y.dtype)
    shifted[...] = y
    yield "misaligned", shifted
    shifted = helpers.misaligned(y.shape, y.dtype.newbyteorder())
    shifted[...] = y
    yield "misaligned and swapped", shifted
    fields = np.zeros(y.shape, [("pad", "i1"), ("y", y.dtype)])
    fields["y"] = y
    yield "field of a record", fields["y"]
    yield "subclass", y.view(np.ma.MaskedArray)
    yield "__array__", helpers.Bare(y)
    yield "dlpack", helpers.Dlpack(y)
    yield "memoryview", memoryview(y)


@every_plan
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_any_array(kind, dtype):
    plan = PLANS[kind](input_scale=1 / 32768)
    if dtype == np.int16:
        y = np.random.default_rng(0).integers(-(2**15), 2**15, (2, 3, 1501)).astype(dtype)
    else:
        y = random(2, 3, 1501, dtype=dtype)
    expected = plan(y)
    for name, other in layouts(y):
        result = plan(other)
        assert type(result) is np.ndarray, name
        np.testing.assert_array_equal(result, expected, err_msg=name)
        np.testing.assert_array_equal(plan(other, n_threads=3), expected, err_msg=name)


def test_broadcast_signals():
    plan = STFT(n_fft=64)
    y = random(500)
    expected = plan(y)
    result = plan(np.broadcast_to(y, (3, 500)))
    for channel in result:
        same_bits(channel, expected)
    same_bits(plan(np.broadcast_to(y[:1], 500)), plan(np.full(500, y[0])))


def test_buffers_and_lists():
    import array

    plan = STFT(n_fft=64)
    values = random(300).tolist()
    expected = plan(np.array(values))
    same_bits(plan(values), expected)
    same_bits(plan(array.array("d", values)), expected)
    same_bits(plan([values, values])[1], expected)


@every_plan
@pytest.mark.parametrize("scale", [1 / 32768, 1.0, -0.37])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_int16(kind, scale, precision):
    y = np.random.default_rng(1).integers(-(2**15), 2**15, (2, 2000)).astype(np.int16)
    plan = PLANS[kind](input_scale=scale, precision=precision)
    # In the precision of the computation; the result is float32 either way.
    wide = np.float64 if precision == "double" else np.float32
    scaled = y.astype(wide) * wide(scale)
    result, expected = plan(y), PLANS[kind](precision=precision)(scaled)
    assert result.dtype in (np.float32, np.complex64)
    if kind == "log-mel top" and precision == "double":
        assert np.abs(result - expected).max() <= np.finfo(np.float32).eps * 60
    else:
        same_bits(result, expected.astype(result.dtype))
    # The scale is not for floats.
    same_bits(plan(scaled), expected)
    refused("input_scale", PLANS[kind](), y)


@every_plan
def test_double_precision(kind):
    y = random(2, 3001)
    double, single = PLANS[kind](precision="double"), PLANS[kind](precision="single")
    wide = single(y.astype(np.float64))
    result = double(y)
    assert result.dtype == single(y).dtype
    if kind == "log-mel top":  # ref='max' is subtracted from what is float32 already
        assert np.abs(result - wide).max() <= np.finfo(np.float32).eps * 60
    else:
        same_bits(result, wide.astype(result.dtype))
    same_bits(double(y.astype(np.float64)), wide)
    assert not np.array_equal(result, single(y))


# ---- values --------------------------------------------------------------------------------------


@every_plan
def test_repr_equality_and_hash(kind):
    a, b = PLANS[kind](), PLANS[kind]()
    assert a is not b
    assert a == b
    assert hash(a) == hash(b)
    assert len({a, b}) == 1
    assert repr(a) == repr(b)
    assert repr(a).startswith(type(a).__name__ + "(")
    assert f"n_fft={a.n_fft}" in repr(a)
    assert len(repr(a)) < 1000
    other = "single" if fastspec.get_precision() == "double" else "double"
    changes = ({"precision": other}, {"engine": "fftw"}, {"input_scale": 2.0})
    others = [PLANS[kind](**change) for change in changes]
    assert all(a != other for other in others)
    assert len({a, b, *others}) == 4
    assert a != repr(a)
    assert a is not None


def test_repr_makes_the_plan_again():
    names = {"STFT": STFT, "MelSpectrogram": MelSpectrogram, "MFCC": MFCC, "inf": np.inf}
    for kind in ("stft", "stft odd", "stft left", "log-mel", "mfcc"):
        plan = PLANS[kind]()
        assert eval(repr(plan), {**names, "Spectrogram": Spectrogram}) == plan


def test_kinds_of_plans_differ():
    assert STFT(n_fft=64) != Spectrogram(n_fft=64)
    assert len({STFT(n_fft=64), Spectrogram(n_fft=64)}) == 2


def test_equality_follows_the_values_of_windows():
    window = np.hanning(64)
    a = STFT(n_fft=64, window=window)
    b = STFT(n_fft=64, window=window.tolist())
    c = STFT(n_fft=64, window=lambda n: np.hanning(n))
    assert a == b == c
    assert len({a, b, c}) == 1
    y = random(300)
    before = a(y)
    window[:] = 0
    same_bits(a(y), before)
    assert a != STFT(n_fft=64, window=window)
    # Defaults that are written out are the same plan.
    assert STFT(n_fft=64) == STFT(n_fft=64, win_length=64, hop_length=16)
    assert STFT(n_fft=np.int64(64), center=np.True_) == STFT(n_fft=64, center=True)
    assert hash(MelSpectrogram(sr=np.float64(22050))) == hash(MelSpectrogram(sr=22050))


@every_plan
@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_pickle(kind, protocol):
    plan = PLANS[kind](input_scale=0.5)
    y = random(2, 3001)
    expected = plan(y)
    for again in (
        pickle.loads(pickle.dumps(plan, protocol)),
        copy.copy(plan),
        copy.deepcopy(plan),
    ):
        assert type(again) is type(plan)
        assert again == plan
        assert hash(again) == hash(plan)
        same_bits(again(y), expected)


def test_pickle_is_silent():
    with pytest.warns(UserWarning, match="Empty filters"):
        plan = MelSpectrogram(n_fft=128, n_mels=100)
    again, caught = helpers.call(pickle.loads, pickle.dumps(plan))
    assert again == plan
    assert caught == []
    assert helpers.call(copy.deepcopy, plan)[1] == []


def test_pickle_into_another_process():
    plans = {
        "stft": STFT(n_fft=64, window=np.hanning(64)),
        "callable": STFT(n_fft=64, window=lambda n: np.hanning(n) + 1),
        "mfcc": MFCC(n_fft=256, n_mels=20),
    }
    y = random(3000)
    script = (
        "import pickle, sys\n"
        "plans, y = pickle.load(sys.stdin.buffer)\n"
        "results = {name: plan(y) for name, plan in plans.items()}\n"
        "sys.stdout.buffer.write(pickle.dumps(results))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps((plans, y)), capture_output=True,
        timeout=60, check=True,
    )  # fmt: skip
    results = pickle.loads(result.stdout)
    assert results.keys() == plans.keys()
    for name, values in results.items():
        same_bits(values, plans[name](y))


@every_plan
def test_plans_are_immutable(kind):
    plan = PLANS[kind]()
    before = repr(plan)
    for name in ("n_fft", "hop_length", "center", "precision", "_arguments", "window", "new"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(plan, name, 1)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(plan, name)
    for name in ("n_bins", "engine", *(("frequencies",) if hasattr(plan, "frequencies") else ())):
        with pytest.raises(AttributeError):
            setattr(plan, name, 1)
    assert repr(plan) == before


@every_plan
def test_many_threads_share_a_plan(kind):
    plan = PLANS[kind]()
    signals = [random(2, 2000 + 37 * i, seed=i) for i in range(16)]
    expected = [PLANS[kind]()(y) for y in signals]
    start = threading.Barrier(16)
    failures = []

    def work(i):
        try:
            start.wait(timeout=30)
            for _ in range(5):
                same_bits(plan(signals[i], n_threads=1 + i % 3), expected[i])
                same_bits(plan(signals[i].astype(np.float64)), wide[i])
        except BaseException as error:
            failures.append(error)

    wide = [PLANS[kind]()(y.astype(np.float64)) for y in signals]
    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


# ---- shape ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("n_fft", [1, 2, 31, 64])
@pytest.mark.parametrize("hop", [1, 16, 63, 64, 100])
def test_n_frames_and_times(librosa, center, n_fft, hop):
    plan = STFT(n_fft=n_fft, hop_length=hop, center=center)
    assert plan.n_bins == n_fft // 2 + 1
    for n in (0, 1, 2, 30, 31, 32, 63, 64, 65, 100, 1000):
        count = plan.n_frames(n)
        if n == 0 or (not center and n < n_fft):
            assert count == 0
            continue
        assert count == plan(random(n)).shape[-1]
        times = plan.times(n, sr=8000)
        expected = librosa.frames_to_time(np.arange(count), sr=8000, hop_length=hop)
        np.testing.assert_allclose(times, expected, rtol=1e-15)
        np.testing.assert_array_equal(plan.times(n), plan.times(n, sr=22050))


def test_frequencies(librosa):
    for n_fft in (1, 2, 31, 64):
        for kind in (STFT, Spectrogram):
            expected = librosa.fft_frequencies(sr=16000, n_fft=n_fft)
            np.testing.assert_allclose(16000 * kind(n_fft=n_fft).frequencies, expected, rtol=1e-15)
    for htk in (False, True):
        for fmin, fmax in ((0, None), (100, 7000)):
            plan = MelSpectrogram(sr=16000, n_mels=20, fmin=fmin, fmax=fmax, htk=htk)
            expected = librosa.mel_frequencies(22, fmin=fmin, fmax=fmax or 8000, htk=htk)
            np.testing.assert_allclose(plan.frequencies, expected[1:-1], rtol=1e-15)


def test_plans_know_their_sample_rate():
    plan = MelSpectrogram(sr=16000, n_fft=512, hop_length=160)
    np.testing.assert_allclose(plan.times(16000), np.arange(101) / 100, rtol=1e-15)
    assert plan.engine in ("lanes", "fftw")
    assert STFT(engine="fftw").engine == "fftw"


@pytest.mark.parametrize("engine", ["lanes", "fftw"])
@pytest.mark.parametrize("planner", ["estimate", "measure"])
@pytest.mark.parametrize("n_fft", [1, 2, 3, 16, 60, 64, 101, 400, 1021, 2048])
@every_type
def test_engines_and_planners(errors, engine, planner, n_fft, dtype):
    y = random(2, 3000, dtype=dtype)
    hop = max(1, n_fft // 3)
    plan = STFT(n_fft=n_fft, hop_length=hop, engine=engine, planner=planner)
    assert plan.engine == engine
    expected = reference.stft(y, n_fft=n_fft, hop=hop, window=helpers.samples("hann", n_fft))
    name = np.dtype(dtype).name
    bound = {"float32": 1e-6, "float64": 1e-12}[name]
    errors.check(f"STFT, {engine}", name, "definition", helpers.error(plan(y), expected), bound)


# ---- streams -------------------------------------------------------------------------------------


def cut(y, sizes):
    """Consecutive pieces of given sizes, then the rest."""
    begin = 0
    for size in sizes:
        yield y[..., begin : begin + size]
        begin += size
    yield y[..., begin:]


@pytest.mark.parametrize("kind", STREAMABLE)
@settings(
    max_examples=15, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    n=st.integers(1, 3000),
    sizes=st.lists(st.integers(0, 900), max_size=12),
    channels=st.integers(1, 3),
    dtype=st.sampled_from(["float32", "float64", "int16"]),
    n_threads=st.integers(1, 3),
)
def test_streams_give_the_bits_of_the_call(kind, n, sizes, channels, dtype, n_threads):
    plan = PLANS[kind](input_scale=1 / 32768)
    n = max(n, 0 if plan.center else plan.n_fft)
    y = random(channels, n, dtype=np.float64, seed=n)
    y = (y * 5000 if dtype == "int16" else y).astype(dtype)
    stream = plan.stream(channels, n_threads)
    parts = [stream.push(piece) for piece in cut(y, sizes)]
    parts.append(stream.flush())
    same_bits(np.concatenate(parts, axis=-1), plan(y))


@pytest.mark.parametrize("kind", STREAMABLE)
def test_streams_sample_by_sample(kind):
    plan = PLANS[kind]()
    y = random(1, 700)
    stream = plan.stream()
    parts = [stream.push(y[:, i : i + 1]) for i in range(700)]
    same_bits(np.concatenate([*parts, stream.flush()], axis=-1), plan(y))


@pytest.mark.parametrize("plan", [STFT(n_fft=64), fastspec.CQT(n_bins=5)], ids=["STFT", "CQT"])
def test_finished_streams_say_so(plan):
    stream = plan.stream()
    stream.push(np.ones((1, 500), np.float32))
    stream.flush()
    for name, call in (("chunk", lambda: stream.push(np.ones((1, 5)))), ("flush", stream.flush)):
        with pytest.raises(fastspec.ParameterError, match=f"^{name}: the stream is fini"):
            call()


def test_interrupted_streams_say_so(monkeypatch):
    class Interrupted:
        n_bins = 33
        broken = True

        def ready(self, n):
            return 0

        def push(self, *arguments):
            raise KeyboardInterrupt

    stream = STFT(n_fft=64).stream()
    stream._core = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        stream.push(np.ones((1, 5), np.float32))
    with pytest.raises(fastspec.ParameterError, match=r"^chunk: the stream was interrupted"):
        stream.push(np.ones((1, 5), np.float32))


def test_streams_that_need_the_whole_signal():
    for kind in ("log-mel top", "mfcc"):
        refused("top_db", PLANS[kind]().stream)


def test_bad_streams():
    plan = STFT(n_fft=64)
    for bad in (*helpers.NOT_INTEGERS, 0, -2):
        refused("channels", plan.stream, bad)
        refused("n_threads", plan.stream, 1, bad)
    stream = plan.stream(2)
    refused("y", stream.flush)
    for bad in (random(100), random(3, 100), random(1, 2, 100)):
        refused("chunk", stream.push, bad)
    refused("y", stream.push, np.ones((2, 9), int))
    stream.push(random(2, 100))
    refused("chunk", stream.push, random(2, 100, dtype=np.float64))


# ---- bad input -----------------------------------------------------------------------------------


@every_plan
def test_what_is_no_signal(kind):
    plan = PLANS[kind](input_scale=1.0)
    for bad in (
        np.array([1, np.nan] * 300, np.float32), np.array([np.inf] * 600), np.zeros(0), [],
        np.array(1.0), 1.0, None, b"text", np.ones(600, int), np.ones(600, np.uint16),
        np.ones(600, bool), np.ones(600, complex), np.ones(600, object), np.ones(600, np.float16),
        np.ones(600, np.longdouble), np.zeros((3, 0)), [[1.0], [1.0, 2.0]], object(), {},
    ):  # fmt: skip
        refused("y", plan, bad)
    with pytest.raises((FileNotFoundError, ImportError)):  # the second where soundfile is missing
        plan("text")


@every_plan
def test_no_channels(kind):
    plan = PLANS[kind]()
    result = plan(np.zeros((0, 3000), np.float32))
    assert result.shape == (0, plan.n_bins, plan.n_frames(3000))
    assert plan(np.zeros((2, 0, 3000))).shape == (2, 0, plan.n_bins, plan.n_frames(3000))


def test_too_short():
    plan = STFT(n_fft=64, center=False)
    message = refused("n_fft", plan, random(63))
    assert "63 samples" in message
    assert plan(random(64)).shape == (33, 1)


@every_plan
def test_one_bad_value_anywhere(kind):
    plan = PLANS[kind]()
    good = random(2, 3001)
    expected = plan(good)
    for at in (0, 1, 500, 1500, 2999, 3000):
        for bad in (np.nan, np.inf, -np.inf):
            y = good.copy()
            y[1, at] = bad
            for n_threads in (1, 3):
                refused("y", plan, y, n_threads=n_threads)
    same_bits(plan(good), expected)


@every_plan
def test_bad_out(kind):
    plan = PLANS[kind]()
    y = random(2, 3001)
    good = plan(y)
    shape, dtype = good.shape, good.dtype
    longer, shorter = (*shape[:-1], shape[-1] + 1), (*shape[:-1], shape[-1] - 1)
    for wrong in (longer, shorter, shape[1:], (1, *shape), (2, shape[2], shape[1]), (0,)):
        refused("out", plan, y, out=np.zeros(wrong, dtype))
    for wrong in (np.float16, np.float64, np.complex128, int, object, dtype.newbyteorder()):
        refused("out", plan, y, out=np.zeros(shape, wrong))
    read_only = np.zeros(shape, dtype)
    read_only.flags.writeable = False
    for bad in (read_only, helpers.misaligned(shape, dtype), good.tolist(), "out", 1):
        refused("out", plan, y, out=bad)
    for bad in (*helpers.NOT_INTEGERS, 0, -2, None, 10**9):
        refused("n_threads", plan, y, n_threads=bad)


def test_overlapping_out():
    plan = Spectrogram(n_fft=64, center=False)
    memory = random(10_000)
    y = memory[:1000]
    shape = (33, plan.n_frames(1000))
    size = shape[0] * shape[1]
    for begin in (0, 500, 999):
        refused("out", plan, y, out=memory[begin : begin + size].reshape(shape))
    expected = plan(y.copy())
    same_bits(plan(y, out=memory[1000 : 1000 + size].reshape(shape)), expected)


@pytest.mark.parametrize("plan", [STFT, Spectrogram, MelSpectrogram, MFCC])
def test_bad_parameters(plan):
    for name in ("n_fft", "hop_length", "win_length"):
        for bad in (*helpers.NOT_INTEGERS, 0, -1, 10**30, 2**63):
            refused(name, plan, **{name: bad})
    refused("n_fft", plan, n_fft=None)
    for bad in (2**31, 2**62):
        refused("n_fft", plan, n_fft=bad)
    refused("win_length", plan, n_fft=64, win_length=65)
    for bad in (1, None, "yes", 1.0):
        refused("center", plan, center=bad)
    for name, near, meant in (
        ("pad_mode", "reflekt", "reflect"),
        ("pad_tail", "exakt", "exact"),
        ("precision", "dobule", "double"),
        ("engine", "fftv", "fftw"),
        ("planner", "mesure", "measure"),
        ("window", "hanning2", "hann"),
    ):
        assert f"did you mean '{meant}" in refused(name, plan, **{name: near})
        for bad in (["hann"], object()):
            refused(name, plan, **{name: bad})
    for bad in ("wrap", np.pad, lambda *a: None):
        refused("pad_mode", plan, pad_mode=bad)
    for bad in (*helpers.NOT_REALS, np.inf):
        refused("input_scale", plan, input_scale=bad)
    for bad in (np.ones(63), np.full(64, np.inf), lambda n: np.ones(n - 1), {}):
        refused("window", plan, n_fft=64, window=bad)
    with pytest.raises(TypeError, match="hop"):
        plan(hop=3)
    with pytest.raises(TypeError):
        plan(2048)


@pytest.mark.parametrize("plan", [MelSpectrogram, MFCC])
def test_bad_mel_parameters(plan):
    for bad in (*helpers.NOT_REALS, 0, -1, np.inf, None):
        refused("sr", plan, sr=bad)
        refused("power", plan, power=bad)
        refused("amin", plan, amin=bad)
        refused("ref", plan, ref=bad, log="db")
    for bad in (*helpers.NOT_INTEGERS, 0, -1, None, 10**30):
        refused("n_mels", plan, n_mels=bad)
    for bad in (*helpers.NOT_REALS, -1, np.inf):
        refused("fmin", plan, fmin=bad)
        refused("top_db", plan, log="db", top_db=bad)
    for bad in (*helpers.NOT_REALS, 0, -1, np.inf):
        refused("fmax", plan, fmax=bad)
    for bad in (*helpers.NOT_REALS, np.inf):
        refused("log_floor", plan, log="db", log_floor=bad)
    refused("fmin", plan, fmin=5000, fmax=5000)
    refused("fmin", plan, sr=8000, fmin=4000)
    assert "'slaney'" in refused("norm", plan, norm="slany")
    for bad in (0, -1, True, [1], float("nan")):
        refused("norm", plan, norm=bad)
    for bad in ("log", "dB", "", 10, True, ["db"]):
        refused("log", plan, log=bad)
    refused("top_db", plan, log=None, top_db=80)
    refused("log_floor", plan, log=None, top_db=None, log_floor=-10)
    for bad in (int, "f2", "nonsense", np.complex64):
        refused("bank_dtype", plan, bank_dtype=bad)
    for bad in (1, None):
        refused("htk", plan, htk=bad)
    refused("ref", plan, ref="maximum", log="db")


def test_bad_special_parameters():
    refused("ref", MelSpectrogram, ref="max", log=None)
    refused("ref", MFCC, ref="max")
    for bad in (*helpers.NOT_REALS, 0, -1, np.inf, None):
        refused("power", Spectrogram, power=bad)
    for bad in (*helpers.NOT_INTEGERS, 0, -1, None):
        refused("n_mfcc", MFCC, n_mfcc=bad)
    for bad in (True, 2.0, 0, 4, "2", None):
        refused("dct_type", MFCC, dct_type=bad)
    for bad in ("orto", 1, True, ["ortho"]):
        refused("dct_norm", MFCC, dct_norm=bad)
    for bad in (*helpers.NOT_REALS, -1, np.inf, None):
        refused("lifter", MFCC, lifter=bad)
    refused("n_mfcc", MFCC, n_mels=20, n_mfcc=21, lifter=1)
    refused("dct_type", MFCC, n_mels=1, dct_type=1)


def test_bad_questions():
    plan = STFT()
    for bad in (*helpers.NOT_INTEGERS, -1, 2**63, None):
        refused("n_samples", plan.n_frames, bad)
        refused("n_samples", plan.times, bad)
    for bad in (*helpers.NOT_REALS, 0, -1, np.inf):
        refused("sr", plan.times, 1000, sr=bad)
    assert plan.n_frames(2**60) == 1 + 2**60 // 512


def test_failed_plans_leave_nothing_behind():
    for _ in range(3):
        refused("window", STFT, n_fft=64, window=np.full(64, np.nan))
        assert STFT(n_fft=64)(random(100)).shape == (33, 7)


def test_everything_is_exported():
    for name in ("STFT", "Spectrogram", "MelSpectrogram", "MFCC"):
        assert name in fastspec.__all__


def test_frequencies_of_mfcc_are_those_of_its_bands():
    mfcc = fastspec.MFCC(n_mels=40, fmin=50.0, fmax=8000.0)
    mel = fastspec.MelSpectrogram(n_mels=40, fmin=50.0, fmax=8000.0)
    np.testing.assert_array_equal(mfcc.frequencies, mel.frequencies)
    assert mfcc.frequencies.shape == (40,)
