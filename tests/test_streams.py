"""Streams: any chunking gives the bits of one call, for every transform, and back."""

import copy
import itertools
import pickle
import resource
import threading

import helpers
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastspec
from fastspec import CQT, MFCC, NSGT, STFT, Chroma, ChromaSTFT, FrontEnd, MelSpectrogram, presets

SCALE = 1 / 32768
FRONT = {"sr": 8000, "n_fft": 256, "hop_length": 80, "n_mels": 20, "input_scale": SCALE}
LOW = {"sr": 8000, "fmin": 220.0, "input_scale": SCALE}

# Name: (plan, samples from one frame to the next, whether the latency is exact).
PLANS = {
    "stft": (STFT(n_fft=64, input_scale=SCALE), 16, True),
    "stft odd": (STFT(n_fft=63, hop_length=7, input_scale=SCALE), 7, True),
    "stft long hop": (STFT(n_fft=32, hop_length=75, input_scale=SCALE), 75, True),
    "stft reflect": (STFT(n_fft=64, pad_mode="reflect", input_scale=SCALE), 16, True),
    "stft symmetric": (STFT(n_fft=64, pad_mode="symmetric", input_scale=SCALE), 16, True),
    "stft edge": (STFT(n_fft=64, pad_mode="edge", input_scale=SCALE), 16, True),
    "stft ramp": (STFT(n_fft=64, pad_mode="linear_ramp", input_scale=SCALE), 16, True),
    "stft left": (STFT(n_fft=64, hop_length=20, center=False, input_scale=SCALE), 20, True),
    "spectrogram": (fastspec.Spectrogram(n_fft=128, power=1, input_scale=SCALE), 32, True),
    "mel": (
        MelSpectrogram(sr=8000, n_fft=256, hop_length=80, n_mels=20, input_scale=SCALE, log="db"),
        80,
        True,
    ),
    "mfcc": (
        MFCC(sr=8000, n_fft=256, hop_length=80, n_mels=20, top_db=None, input_scale=SCALE),
        80,
        True,
    ),
    "chroma stft": (ChromaSTFT(sr=8000, n_fft=512, hop_length=100, input_scale=SCALE), 100, True),
    "front end": (
        FrontEnd(**FRONT, log="ln", dither=0.1, remove_dc=True, preemphasis=0.97),
        80,
        True,
    ),
    "kaldi": (FrontEnd(**FRONT, align="kaldi", log="ln", energy="raw"), 80, True),
    "semicausal": (FrontEnd(**FRONT, align="semicausal", layout="frames_first"), 80, True),
    "snip edges": (
        FrontEnd(**FRONT, align="snip_edges", preemphasis=0.9, preemphasis_mode="signal"),
        80,
        True,
    ),
    "padded": (FrontEnd(**FRONT, pad=(30, -17), drop_last=True, append=5), 80, True),
    "deltas": (FrontEnd(**FRONT, log="ln", deltas=2, n_mfcc=9, delta_mode="kaldi"), 80, True),
    "stacked": (
        FrontEnd(**FRONT, log="ln", deltas=1, stack=4, stack_stride=3, stack_left=1),
        240,
        True,
    ),
    "stacked to the end": (
        FrontEnd(**FRONT, stack=3, stack_end="repeat", layout="frames_first", dtype="float32"),
        240,
        True,
    ),
    "multiple": (
        FrontEnd(**FRONT, pad_to=1000, pad_to_multiple=128, pad_mode="reflect"),
        80,
        False,
    ),
    "cqt": (CQT(**LOW, n_bins=30, hop_length=64), 64, True),
    "cqt magnitude": (CQT(**LOW, n_bins=24, hop_length=50, output="magnitude"), 50, True),
    "cqt librosa": (CQT(**LOW, n_bins=30, hop_length=64, definition="librosa"), 64, False),
    "vqt librosa": (CQT(**LOW, n_bins=36, gamma=5, hop_length=32, definition="librosa"), 32, False),
    "chroma": (Chroma(**LOW, n_octaves=3, hop_length=64, bins_per_octave=12), 64, True),
    "cens": (
        Chroma(**LOW, n_octaves=2, hop_length=128, bins_per_octave=24, cens=True, win_len_smooth=5),
        128,
        True,
    ),
    "chroma librosa": (
        Chroma(**LOW, n_octaves=3, hop_length=64, bins_per_octave=12, definition="librosa"),
        64,
        False,
    ),
    "nsgt": (
        NSGT(sr=8000, fmin=400, slice_length=1200, transition=400, input_scale=SCALE),
        600,
        True,
    ),
    "nsgt matrix": (
        NSGT(sr=8000, fmin=400, slice_length=960, hop_length="common", input_scale=SCALE),
        480,
        True,
    ),
}  # fmt: skip
# Samples before which no frame is there, for what reflects about the first one.
MIRRORED = {"stft reflect": 33, "stft symmetric": 32, "multiple": 129}
every_plan = pytest.mark.parametrize("kind", PLANS)


def noise(channels, n, dtype="float32", seed=0):
    y = np.random.default_rng(seed).standard_normal((channels, n))
    return (y * 5000 if dtype == "int16" else y).astype(dtype)


def as_list(result):
    return result if isinstance(result, list) else [result]


def frame_axis(plan):
    if isinstance(plan, NSGT):
        return -2 if plan._arguments["hop_length"] is None else -3
    return -2 if plan._arguments.get("layout") == "frames_first" else -1


def joined(plan, parts):
    """The parts side by side, as a list of arrays."""
    return [np.concatenate(same, frame_axis(plan)) for same in zip(*map(as_list, parts))]


def same(plan, parts, whole):
    whole = as_list(whole)
    parts = joined(plan, parts)
    assert [p.shape for p in parts] == [w.shape for w in whole]
    assert all(p.dtype == w.dtype for p, w in zip(parts, whole))
    assert all((p == w).all() for p, w in zip(parts, whole))


def count(plan, n):
    return plan.n_slices(n) if isinstance(plan, NSGT) else plan.n_frames(n)


def roomy(plan, given, k, more):
    """Arrays like those given, with room for k frames and some more; NaN."""
    arrays = []
    for array in as_list(given):
        shape = list(array.shape)
        shape[frame_axis(plan)] = k + more
        arrays.append(np.full(shape, np.nan, array.dtype))
    return arrays if isinstance(given, list) else arrays[0]


def first(plan, out, k):
    """The first k frames; what is behind them was not touched."""
    parts, axis = [], frame_axis(plan)
    for array in as_list(out):
        part, rest = np.split(array, [k], axis)
        assert np.isnan(rest).all()
        parts.append(part)
    return parts


def cut(n, sizes):
    """Bounds of chunks: of the sizes over and over, and of one sample sometimes."""
    at = 0
    for size in itertools.chain(sizes, itertools.cycle([700, 1, 333, 0, 1000])):
        if at >= n:
            return
        yield at, min(at + size, n)
        at += size


CHUNKS = st.lists(st.sampled_from([0, 1, 1, 2, 7, 64, 65, 160, 500, 1111, 3000]), max_size=14)


@every_plan
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    n=st.one_of(st.integers(1, 700), st.integers(1, 6000)),
    sizes=CHUNKS,
    channels=st.integers(1, 3),
    dtype=st.sampled_from(["float32", "float64", "int16"]),
    n_threads=st.sampled_from([1, 1, 2, 3]),
    copied=st.integers(0, 12),
    room=st.sampled_from([None, 0, 3]),
    flat=st.booleans(),
)
def test_any_chunking_is_the_call(kind, n, sizes, channels, dtype, n_threads, copied, room, flat):
    plan, step, exact = PLANS[kind]
    while count(plan, n) == 0:
        n += 50
    y = noise(channels, n, dtype, seed=n)
    flat = flat and channels == 1
    y = y[0] if flat else y
    whole = plan(y)
    stream = plan.stream(channels, n_threads=n_threads)
    assert (stream.plan, stream.channels) == (plan, channels)
    streams, parts = [stream], [[]]
    sample = stream.push(y[..., :0])
    for i, (begin, end) in enumerate(cut(n, sizes)):
        if i == copied:
            streams.append(streams[0].copy())
            parts.append(list(parts[0]))
        for stream, taken in zip(streams, parts):
            k = stream.ready(end - begin)
            before = stream.n_frames
            if room is None:
                part = stream.push(y[..., begin:end])
                assert as_list(part)[0].shape[frame_axis(plan)] == k
            else:
                out = roomy(plan, sample, k, room)
                assert stream.push(y[..., begin:end], out) == k
                part = first(plan, out, k)
            taken.append(part)
            assert (stream.n_samples, stream.n_frames) == (end, before + k)
            # Frame t is there as soon as there are t * step + latency samples.
            due = max(0, (end - stream.latency) // step + 1) if end else 0
            if end < MIRRORED.get(kind, 0):
                due = 0
            if exact:
                assert stream.n_frames == due
            else:
                assert stream.n_frames >= min(due, count(plan, end))
    for stream, taken in zip(streams, parts):
        k = stream.pending
        assert stream.n_frames + k == count(plan, n)
        if room is None:
            taken.append(stream.flush())
        else:
            out = roomy(plan, sample, k, room)
            assert stream.flush(out=out) == k
            taken.append(first(plan, out, k))
        same(plan, taken, whole)
        assert (stream.n_frames, stream.pending, stream.ready(10**6)) == (count(plan, n), 0, 0)


@every_plan
def test_sample_by_sample(kind):
    plan, _, _ = PLANS[kind]
    y = noise(1, 900)[0]
    stream = plan.stream()
    parts = [stream.push(y[i : i + 1]) for i in range(900)]
    same(plan, [*parts, stream.flush()], plan(y))


@every_plan
def test_signal_after_signal(kind):
    """A stream is as new after reset: in the middle, after flush, and for another type."""
    plan, _, _ = PLANS[kind]
    stream = plan.stream(2)
    fresh = repr(stream)
    signals = [(3000, "float32", True), (1700, "float32", False), (2500, "float64", True)]
    for n, dtype, ended in [*signals, (1200, "int16", True), (2000, "float32", True)]:
        y = noise(2, n, dtype, seed=n)
        parts = [stream.push(y[:, i : i + 777]) for i in range(0, n, 777)]
        if ended:
            same(plan, [*parts, stream.flush()], plan(y))
        stream.reset()
        assert (stream.n_samples, stream.n_frames, stream.pending) == (0, 0, 0)
        assert repr(stream) == fresh


# ---- arguments ----------------------------------------------------------------------------------


def refused(name, call, *arguments, **more):
    with pytest.raises(fastspec.ParameterError, match=rf"^{name}\b") as error:
        call(*arguments, **more)
    return str(error.value)


@every_plan
def test_what_streams_refuse(kind):
    plan, _, _ = PLANS[kind]
    for bad in (*helpers.NOT_INTEGERS, 0, -2):
        refused("channels", plan.stream, bad)
        refused("n_threads", plan.stream, 1, bad)
    stream = plan.stream(2)
    refused("y", stream.flush)
    for bad in (noise(1, 10)[0], noise(3, 10), noise(1, 10), noise(2, 10)[None]):
        refused("chunk", stream.push, bad)
    refused("y", stream.push, np.ones((2, 9), int))
    for bad in (np.nan, np.inf):
        y = noise(2, 2000)
        y[1, 1999] = bad
        with pytest.raises(fastspec.ParameterError, match=r"every sample must|all must be finite"):
            stream.push(y)
    y = noise(2, 20000)
    good = stream.push(y[:, :2000])
    refused("chunk", stream.push, noise(2, 9, "float64"))
    refused("n", stream.ready, -1)
    k = stream.ready(18000)
    assert k > 0
    short, narrow = roomy(plan, good, k - 1, 0), roomy(plan, good[:1], k, 0)
    for bad in (np.zeros(0), "out", [], short, narrow):
        refused("out", stream.push, y[:, 2000:], out=bad)
    out = roomy(plan, good, k, 0)
    as_list(out)[0].flags.writeable = False
    refused("out", stream.push, y[:, 2000:], out=out)
    # Nothing of that has changed the stream.
    assert stream.n_samples == 2000
    same(plan, [good, stream.push(y[:, 2000:]), stream.flush()], plan(y))
    assert "reset()" in refused("chunk", stream.push, y)
    assert "finished" in refused("flush", stream.flush)


def test_an_out_that_holds_the_chunk():
    memory = np.zeros((129, 40), np.complex64)
    stream = STFT(n_fft=256).stream()
    refused("out", stream.push, memory.view(np.float32).reshape(-1)[:4000], out=memory)
    out = np.zeros((129, 40), np.complex64)
    for _ in range(3):  # the same array again, which is known by then
        assert stream.push(noise(1, 1000)[0], out=out) > 0
    refused("out", stream.push, out.view(np.float32).reshape(-1)[:300], out=out)
    refused("out", stream.push, noise(1, 100000)[0], out=out)


@pytest.mark.parametrize("kind", ["stft", "nsgt", "cqt"])
def test_results_keep_the_dimensions_of_the_last_chunk(kind):
    plan, _, _ = PLANS[kind]
    y = noise(1, 3000)
    stream = plan.stream()
    parts = [as_list(stream.push(y[0, :1500]))]
    parts.append([part[0] for part in as_list(stream.push(y[:, 1500:]))])
    last = as_list(stream.flush())
    assert all(part.shape[0] == 1 for part in last)
    same(plan, [*parts, [part[0] for part in last]], plan(y[0]))
    refused("chunk", plan.stream(2).push, y[0])


def test_chunks_of_any_layout():
    plan, _, _ = PLANS["mel"]
    y = noise(2, 4000)
    given = (
        y,
        y[:, ::-1][:, ::-1],
        np.asfortranarray(y),
        y.astype(">f4"),
        memoryview(y),
        y.tolist(),
    )
    for form in given[:5]:
        stream = plan.stream(2)
        same(plan, [stream.push(form), stream.flush()], plan(y))
    with pytest.raises(fastspec.ParameterError):
        plan.stream(2).push("text")


@pytest.mark.parametrize("kind", ["stft", "cqt", "nsgt"])
def test_copies_and_pickles(kind):
    plan, _, _ = PLANS[kind]
    y = noise(1, 4000)[0]
    stream = plan.stream()
    head = stream.push(y[:2500])
    twins = [stream.copy(), copy.copy(stream), copy.deepcopy(stream)]
    stream.reset()
    for twin in twins:
        assert (twin.plan, twin.n_samples, twin.latency) == (plan, 2500, stream.latency)
        same(plan, [head, twin.push(y[2500:]), twin.flush()], plan(y))
        finished = twin.copy()
        refused("chunk", finished.push, y)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(stream)


@pytest.mark.parametrize("kind", ["stft", "cqt", "nsgt"])
def test_two_threads_at_once(kind):
    plan, _, _ = PLANS[kind]
    stream, chunk = plan.stream(), noise(1, 400_000)[0]
    errors, done = [], threading.Event()

    def work():
        while not done.is_set():
            try:
                stream.push(chunk)
            except RuntimeError as error:
                errors.append(str(error))
                done.set()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    done.wait(20)
    done.set()
    for thread in threads:
        thread.join()
    assert errors
    assert set(errors) == {"the stream is in use by another thread"}


def test_interrupted_pushes_need_a_reset():
    plan, _, _ = PLANS["mel"]
    stream, y = plan.stream(), noise(1, 2000)
    stream.push(y)
    whole = stream._core

    class Interrupted:
        n_bins = 20

        def ready(self, n):
            return 0

        def push(self, *arguments):
            raise KeyboardInterrupt

        def reset(self):
            stream._core = whole
            whole.reset()

    stream._core = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        stream.push(y)
    assert "interrupted" in refused("chunk", stream.push, y)
    assert "interrupted" in refused("flush", stream.flush)
    stream.reset()
    same(plan, [stream.push(y), stream.flush()], plan(y))


@pytest.mark.parametrize("shape", [(-1,), (1, -1)], ids=["short way", "long way"])
def test_late_pushes_need_a_reset(shape):
    plan = STFT(n_fft=2048, hop_length=64)
    stream, y = plan.stream(), noise(1, 3000).reshape(shape)
    long = np.tile(y, 300)
    stream.push(y)
    with fastspec.deadline(0.002), pytest.raises(fastspec.DeadlineError) as late:
        stream.push(long)
    assert late.value.started
    assert "deadline" in refused("chunk", stream.push, y)
    assert "deadline" in refused("flush", stream.flush)
    stream.reset()
    same(plan, [stream.push(y), stream.push(y), stream.flush()], plan(np.tile(y, 2)))
    with fastspec.deadline(-1), pytest.raises(fastspec.DeadlineError) as late:
        plan.stream().push(y)
    assert not late.value.started


@pytest.mark.parametrize("layout", ["C", "F", "rows"])
def test_the_short_way_is_the_long_way(layout):
    """Chunks of one channel in arrays of one kind, next to (1, n), which goes the long way."""
    plan = {
        "C": MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=20),
        "F": STFT(n_fft=400, hop_length=160),
        "rows": FrontEnd(sr=16000, n_fft=400, hop_length=160, n_mels=20, layout="frames_first"),
    }[layout]
    rng = np.random.default_rng(23)
    y = noise(1, 20000)[0]
    short, long = plan.stream(), plan.stream()
    given = None
    for begin in range(0, len(y), 777):
        chunk = y[begin : begin + 777]
        if begin % 3 == 0:
            chunk = np.repeat(chunk, 2)[::2]
        expected = long.push(chunk[np.newaxis])[0]
        if begin and rng.random() < 0.5:
            k = short.push(chunk, out=given)
            result = given[:k] if layout == "rows" else given[:, :k]
        else:
            result = short.push(chunk)
            assert result.flags.f_contiguous == expected.flags.f_contiguous
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)
        assert (short.n_samples, short.n_frames) == (long.n_samples, long.n_frames)
        if given is None:
            rows, frames = result.shape
            given = np.empty((9, frames) if layout == "rows" else (rows, 9), result.dtype)
    assert short.pending == long.pending
    twin = short.copy()
    np.testing.assert_array_equal(twin.push(y[:500]), short.push(y[:500]))
    np.testing.assert_array_equal(twin.flush(), short.flush())
    assert twin.n_frames == plan.n_frames(len(y) + 500)


def test_the_short_way_refuses_what_the_long_way_does():
    plan = MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=20)
    stream, y = plan.stream(), noise(1, 4000)[0]
    out = np.empty((20, 40), np.float32)
    first = stream.push(y)
    assert "NaN" in refused("y", stream.push, np.full(160, np.nan, np.float32))
    assert "unlike" in refused("chunk", stream.push, y.astype(np.float64))
    assert "shape" in refused("chunk", stream.push, y.reshape(2, -1))
    for bad in (
        np.empty((21, 40), np.float32),
        np.empty((20, 3), np.float32),
        np.empty((20, 40), np.float64),
        np.empty(20 * 40, np.float32),
        np.frombuffer(bytes(3200), np.float32).reshape(20, 40),
        np.zeros(3201, np.uint8)[1:].view(np.float32).reshape(20, 40),
        [0.0],
    ):
        refused("out", stream.push, y, out=bad)
    both = np.zeros(4800, np.float32)
    refused("out", stream.push, both[:4000], out=both[800:1600].reshape(20, 40))
    k = stream.push(y, out=out[:, ::-1])  # what was refused left no trace
    frames = np.concatenate([first, out[:, ::-1][:, :k], stream.flush()], axis=-1)
    np.testing.assert_array_equal(frames, plan(np.tile(y, 2)))


# ---- what needs the whole signal ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (lambda: MelSpectrogram(log="db", top_db=80), r"^top_db=80.0: .*log_floor="),
        (lambda: MelSpectrogram(log="db", ref="max"), r"^ref='max': .*number"),
        (lambda: MFCC(), r"^top_db=80.0: .*log_floor="),
        (lambda: FrontEnd(log="db", rel_clip=8), r"^rel_clip=8.0: .*log_floor="),
        (lambda: FrontEnd(normalize="mean"), r"^normalize='mean': .*scale="),
        (lambda: NSGT(), r"^slice_length=None: .*slice_length="),
        (
            lambda: CQT(definition="librosa", pad_mode="reflect"),
            r"^pad_mode='reflect': .*'constant'",
        ),
        (
            lambda: CQT(definition="librosa", n_bins=24, hop_length=256),
            r"^definition='librosa': .*definition='exact'",
        ),
    ],
)  # fmt: skip
def test_the_whole_signal_is_refused(plan, said):
    with pytest.raises(fastspec.ParameterError, match=said):
        plan().stream()


def test_other_resamplers_are_refused():
    pytest.importorskip("soxr")
    plan = CQT(definition="librosa", res_type="soxr_vhq")
    with pytest.raises(fastspec.ParameterError, match=r"^res_type='soxr_vhq': .*'soxr_hq'"):
        plan.stream()


@pytest.mark.parametrize("name", [preset.name for preset in presets.list()])
def test_presets(name):
    """Every preset streams, or says what to give instead, and then does."""
    plan = presets.get(name)
    fixed = {}
    for _ in range(3):
        try:
            stream = presets.get(name, **fixed).stream(2)
            break
        except fastspec.ParameterError as error:
            argument = str(error).split("=")[0]
            value = plan._arguments[argument]
            said = str(error)
            instead = {"rel_clip": {"log_floor": -4.0}, "normalize": {"scale": 0.5, "offset": 1.0}}
            fixed |= {argument: None, **instead[argument]}
            assert said.startswith(f"{argument}={value!r}: needs the ")
            assert all(f"{name}=" in said for name in instead[argument])
    needs = [k for k in ("rel_clip", "normalize") if plan._arguments[k] is not None]
    assert sorted(k for k, v in fixed.items() if v is None) == sorted(needs)
    plan = presets.get(name, **fixed)
    y = noise(2, 9000) * np.float32(0.1)
    parts = [stream.push(y[:, i:j]) for i, j in cut(9000, [160] * 10)]
    same(plan, [*parts, stream.flush()], plan(y))


# ---- the inverse --------------------------------------------------------------------------------

INVERSES = {
    "stft": STFT(n_fft=64),
    "odd": STFT(n_fft=63, hop_length=10, window="blackman"),
    "left": STFT(n_fft=64, hop_length=20, center=False),
    "long hop": STFT(n_fft=32, hop_length=40),
    "longer hop": STFT(n_fft=16, hop_length=100, center=False),
    "short window": STFT(n_fft=128, win_length=50, hop_length=25),
    "double": STFT(n_fft=64, precision="double"),
}


@pytest.mark.parametrize("kind", INVERSES)
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    n=st.integers(1, 90),
    sizes=st.lists(st.integers(0, 20), max_size=20),
    channels=st.integers(1, 3),
    double=st.booleans(),
    n_threads=st.sampled_from([1, 2]),
    copied=st.integers(0, 12),
    room=st.sampled_from([None, 0, 5]),
    more=st.sampled_from([None, 0, 1, 33, 700]),
)
def test_inverse_streams_are_calls(kind, n, sizes, channels, double, n_threads, copied, room, more):
    plan = INVERSES[kind]
    rng = np.random.default_rng(n)
    X = rng.standard_normal((2, channels, plan.n_bins, n))
    X = (X[0] + 1j * X[1]).astype(np.complex128 if double else np.complex64)
    X = X[0] if channels == 1 and n % 2 else X
    length = None if more is None else plan.inverse(X).shape[-1] + more
    whole = plan.inverse(X, length=length or None)
    back = plan.inverse_stream(channels, n_threads=n_threads)
    streams, parts = [back], [[]]
    at = 0
    for i, size in enumerate(itertools.chain(sizes, itertools.repeat(7))):
        if at >= n:
            break
        if i == copied:
            streams.append(copy.copy(back))
            parts.append(list(parts[0]))
        end = min(at + size, n)
        for stream, taken in zip(streams, parts):
            k, before = stream.ready(end - at), stream.n_samples
            if room is None:
                part = stream.push(X[..., at:end])
                assert part.shape[-1] == k
            else:
                out = np.full((*X.shape[:-2], k + room), np.nan, whole.dtype)
                assert stream.push(X[..., at:end], out) == k
                part = out[..., :k]
                assert np.isnan(out[..., k:]).all()
            taken.append(part)
            assert (stream.n_frames, stream.n_samples) == (end, before + k)
            # Sample i needs frame (i + latency) // hop_length.
            assert stream.n_samples == max(0, end * plan.hop_length - stream.latency)
        at = end
    for stream, taken in zip(streams, parts):
        assert stream.n_samples + stream.pending == plan.inverse(X).shape[-1]
        taken.append(stream.flush(length=length or None))
        result = np.concatenate(taken, axis=-1)
        assert result.shape == whole.shape
        assert result.dtype == whole.dtype
        assert (result == whole).all()
        refused("C", stream.push, X)
        refused("flush", stream.flush)
        stream.reset()
        assert (stream.n_frames, stream.n_samples, stream.pending) == (0, 0, 0)
    result = [back.push(X[..., : n // 2]), back.push(X[..., n // 2 :]), back.flush()]
    assert (np.concatenate(result, axis=-1) == plan.inverse(X)).all()


@pytest.mark.parametrize("kind", INVERSES)
def test_inverse_is_istft(kind):
    plan = INVERSES[kind]
    a = plan._arguments
    X = plan(noise(2, 3000))
    for length in (None, 1, 500, 4000):
        y = plan.inverse(X, length=length)
        given = {k: a[k] for k in ("n_fft", "hop_length", "win_length", "window", "center")}
        expected = fastspec.istft(X, **given, length=length, precision=plan.precision)
        assert y.dtype == expected.dtype
        assert (y == expected).all()
        out = np.zeros(y.shape, y.dtype)
        assert plan.inverse(X, length=length, out=out, n_threads=2) is out
        assert (out == y).all()


def test_there_and_back():
    plan = STFT(n_fft=512, hop_length=128)
    y = noise(2, 20000, "float64")
    stream, back = plan.stream(2), plan.inverse_stream(2)
    parts = [back.push(stream.push(y[:, i : i + 300])) for i in range(0, 20000, 300)]
    parts += [back.push(stream.flush()), back.flush(length=20000)]
    assert np.abs(np.concatenate(parts, axis=-1) - y).max() < 1e-14


@pytest.mark.parametrize("kind", ["nsgt", "nsgt matrix"])
@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    n=st.integers(1, 12000),
    sizes=st.lists(st.integers(0, 7), max_size=8),
    channels=st.integers(1, 2),
    dtype=st.sampled_from(["float32", "float64"]),
    copied=st.integers(0, 5),
)
def test_inverse_streams_of_slices(kind, n, sizes, channels, dtype, copied):
    plan, hop, _ = PLANS[kind]
    C = plan(noise(channels, n, dtype))
    axis, slices = frame_axis(plan), plan.n_slices(n)
    back, parts, at = plan.inverse_stream(channels), [], 0
    for i, size in enumerate(itertools.chain(sizes, itertools.repeat(2))):
        if at >= slices:
            break
        if i == copied:
            back = back.copy()
        pieces = [np.take(c, range(at, min(at + size, slices)), axis) for c in as_list(C)]
        at = min(at + size, slices)
        k = back.ready(as_list(pieces)[0].shape[axis])
        out = np.full((channels, k + 2), np.nan, dtype)
        assert back.push(pieces if isinstance(C, list) else pieces[0], out=out) == k
        parts.append(out[:, :k])
        assert back.n_samples == max(0, (at - 1) * hop)
        assert back.latency == hop
    other = back.copy()
    length = max(n, back.n_samples)
    tail = back.flush(length=length)
    assert (np.concatenate([*parts, tail], axis=1) == plan.inverse(C, length=length)).all()
    assert (np.concatenate([*parts, other.flush()], axis=1) == plan.inverse(C)).all()
    other.reset()
    assert (other.push(C).shape[1], other.n_frames) == ((slices - 1) * hop, slices)
    refused("C", other.flush, length=n + 10 * hop)


def test_what_inverse_streams_refuse():
    plan = INVERSES["stft"]
    X = plan(noise(2, 1000))
    for bad in (0, -2, 1.5):
        refused("channels", plan.inverse_stream, bad)
        refused("n_threads", plan.inverse_stream, 1, bad)
    refused("slice_length", NSGT().inverse_stream)
    back = plan.inverse_stream(2)
    refused("C", back.flush)
    for bad in (X[0], X[:1], X[:, :-1], X.real, X.astype(">c8"), X.tolist(), None, X[..., 0]):
        refused("C", back.push, bad)
    head = back.push(X[..., :20])
    refused("C", back.push, X.astype(np.complex128))
    refused("out", back.push, X[..., 20:], out=np.zeros((2, 3), np.float32))
    refused("out", back.push, X[..., 20:], out=np.zeros((2, 3000), np.float64))
    held = X[..., 20:40].copy(order="C")
    refused("out", back.push, held, out=held.reshape(2, -1).view(np.float32))
    for bad in (0, -5, head.shape[1] - 1, 1.5):
        refused("length", back.flush, length=bad)
    refused("n", back.ready, -1)
    result = np.concatenate([head, back.push(X[..., 20:]), back.flush(length=1000)], axis=1)
    assert (result == plan.inverse(X, length=1000)).all()
    for bad in (X[..., :0], X.real, X[:, :-1], [1]):
        refused("X", plan.inverse, bad)
    refused("length", plan.inverse, X, length=0)
    refused("out", plan.inverse, X, out=np.zeros(5, np.float32))
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(back)


# ---- long signals -------------------------------------------------------------------------------


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def run_long(plan, seconds, rate, rng):
    """Push chunks of 10 ms; return how much the resident memory grew after the first tenth."""
    n = rate // 100
    chunks = rng.standard_normal((50, n)).astype(np.float32)
    stream = plan.stream()
    out = roomy(plan, stream.push(chunks[0]), 4, 0)
    total, frames, at_first = seconds * 100, 0, 0
    for i in range(total):
        frames += stream.push(chunks[i % 50], out)
        if i == total // 10:
            at_first = resident()
    grown = resident() - at_first
    assert stream.n_samples == (total + 1) * n
    assert stream.n_frames >= frames
    return grown


@pytest.mark.parametrize("kind", ["mel", "deltas", "cqt", "cens"])
def test_memory_is_flat(kind):
    plan, _, _ = PLANS[kind]
    assert run_long(plan, 30, 8000, np.random.default_rng(1)) < 2**20


@pytest.mark.slow
def test_memory_is_flat_over_a_day():
    plan = presets.get("whisper", rel_clip=None, log_floor=-4.0, pad_to=0)
    assert run_long(plan, 24 * 3600, 16000, np.random.default_rng(1)) < 2**20


@pytest.mark.slow
def test_more_than_two_gigasamples():
    """The frames at sample 2**31 and behind it are those of the same samples at the beginning."""
    plan = STFT(n_fft=64, hop_length=64, center=False, input_scale=SCALE)
    stream = plan.stream()
    piece = np.zeros(2**22, np.int16)
    out = np.zeros((33, 2**16 + 8), np.complex64)
    frames = 0
    for _ in range(2**9 - 1):
        frames += stream.push(piece, out)
    assert not out.any()
    last = noise(1, 2**22 + 64 * 100, "int16")[0]
    result = np.concatenate(
        [stream.push(last[i : i + 10**6]) for i in range(0, len(last), 10**6)], -1
    )
    assert stream.n_samples == 2**31 + 64 * 100
    assert stream.n_frames == frames + result.shape[-1] == 2**25 + 100
    assert (result == plan(last)).all()
