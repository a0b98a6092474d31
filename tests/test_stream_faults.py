"""Streams and groups of them when something goes wrong: interrupts, deadlines, limits, threads."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import fastspec
from fastspec import CQT, NSGT, STFT, FrontEnd, MelSpectrogram, stream_group

SR = 16000
LONG = np.random.default_rng(0).standard_normal(SR * 600).astype(np.float32)
SPECTRA = np.ones((257, 60000), np.complex64)  # much to invert, quickly made
PLANS = {
    "mel": MelSpectrogram(sr=SR, n_fft=2048, hop_length=64, n_mels=10),
    "deltas": FrontEnd(sr=SR, n_fft=2048, hop_length=64, n_mels=10, deltas=2, log="ln"),
    "cqt": CQT(sr=SR, n_bins=60, hop_length=64),
    "nsgt": NSGT(sr=SR, slice_length=17280),
}
INVERSE = STFT(n_fft=512, hop_length=16)
KINDS = [*PLANS, "inverse"]


def begin(kind, n_threads=1):
    """A stream, a chunk that takes long, and one that does not."""
    if kind == "inverse":
        return INVERSE.inverse_stream(n_threads=n_threads), SPECTRA, SPECTRA[:, :50]
    return PLANS[kind].stream(n_threads=n_threads), LONG, LONG[:40000]


def as_list(result):
    return result if isinstance(result, list) else [result]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(as_list(a), as_list(b), strict=True))


@pytest.fixture(autouse=True)
def no_limits():
    yield
    fastspec.set_limits()


# ---- interrupts and deadlines --------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
@pytest.mark.parametrize(
    "error", [RuntimeError, MemoryError, fastspec.ParameterError, TimeoutError, KeyboardInterrupt]
)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_handler_raises_the_stream_needs_a_reset(kind, error):
    def raise_it(number, frame):
        raise error("from the handler")

    stream, long, short = begin(kind)
    first = stream.push(short)
    before = signal.signal(signal.SIGALRM, raise_it)
    try:
        for _ in range(20):  # until one falls into the call
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            try:
                stream.push(long)
            except error as caught:
                said = str(caught)
                break
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        else:
            pytest.fail("no push was interrupted")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert said == "from the handler"
    for again in (stream, stream.copy()):
        for call in (lambda: again.push(short), again.flush):  # noqa: B023
            with pytest.raises(fastspec.ParameterError, match=r"interrupted.*reset\(\)"):
                call()
        again.reset()
        assert same(again.push(short), first)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.02, 0.06])
def test_a_deadline_within_a_push(kind, seconds):
    for _ in range(20):
        stream, long, short = begin(kind)
        right = begin(kind)[0].push(short)
        try:
            with fastspec.deadline(seconds):
                stream.push(long)
        except fastspec.DeadlineError as late:
            if late.started:
                break
            assert same(stream.push(short), right)  # nothing was done
        else:
            seconds /= 2  # it was done in time
    else:
        pytest.fail("the time was never over within the work")
    with pytest.raises(fastspec.ParameterError, match=r"deadline.*reset\(\)"):
        stream.push(short)
    stream.reset()
    assert same(stream.push(short), right)


@pytest.mark.parametrize("kind", KINDS)
def test_a_deadline_before_a_push(kind):
    stream, _, short = begin(kind)
    other = stream.copy()
    for _ in range(2):
        with pytest.raises(fastspec.DeadlineError) as caught, fastspec.deadline(0):
            stream.push(short)
        assert not caught.value.started
        assert same(stream.push(short), other.push(short))
    with pytest.raises(fastspec.DeadlineError), fastspec.deadline(0):
        stream.flush()
    assert same(stream.flush(), other.flush())


# ---- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLANS)
def test_limits_hold_for_chunks_not_for_what_a_stream_keeps(kind):
    stream, other = PLANS[kind].stream(), PLANS[kind].stream()
    fastspec.set_limits(max_samples=5000)
    for i in range(0, 50000, 5000):
        assert same(stream.push(LONG[i : i + 5000]), other.push(LONG[i : i + 5000]))
        with pytest.raises(fastspec.LimitError, match="max_samples=5000 "):
            stream.push(LONG[:5001])
    assert same(stream.flush(), other.flush())


@pytest.mark.parametrize("kind", ["mel", "deltas", "inverse"])
def test_scratch_of_threads_is_limited(kind):
    if kind == "inverse":  # whose threads share the channels
        streams = [INVERSE.inverse_stream(2, n_threads=n) for n in (2, 1)]
        chunks = [np.stack([SPECTRA[:, :70], SPECTRA[:, 70:140]])] * 2
    else:
        streams = [PLANS[kind].stream(n_threads=n) for n in (2, 1)]
        chunks = [LONG[:30000], LONG[30000:60000]]
    calls = [lambda stream, chunk=chunk: stream.push(chunk) for chunk in chunks]
    for call in (*calls, lambda stream: stream.flush()):
        fastspec.set_limits(max_scratch_bytes=100)
        with pytest.raises(fastspec.LimitError, match="max_scratch_bytes=100 "):
            call(streams[0])
        fastspec.set_limits()
        assert same(call(streams[0]), call(streams[1]))


def test_limits_of_groups():
    plan = PLANS["mel"]
    group, other = plan.stream_group(), plan.stream_group()
    ids = [group.join() for _ in range(4)]
    assert [other.join() for _ in range(4)] == ids
    y = LONG[:40000].reshape(4, -1)
    fastspec.set_limits(max_samples=20000)
    for chunks in (y, list(y), list(y[:, :5001])):
        with pytest.raises(fastspec.LimitError, match=r"samples .* max_samples=20000 "):
            group.push(ids, chunks)
    fastspec.set_limits(max_samples=20000, max_output_bytes=1000)
    with pytest.raises(fastspec.LimitError, match="max_output_bytes=1000 "):
        group.push(ids, y[:, :5000])
    fastspec.set_limits()
    assert same(group.push(ids, y)[0], other.push(ids, y)[0])


def test_a_chunk_beyond_all_bounds():
    nothing = np.float32(0)
    stream = PLANS["nsgt"].stream()
    stream.push(LONG[:1000])
    for n in (2**40, 2**41, 2**60):
        with pytest.raises(fastspec.ParameterError, match=rf"^chunk: of {n} samples, after 1000"):
            stream.push(np.broadcast_to(nothing, n))
    assert stream.n_samples == 1000
    assert stream.ready(2**39) > 0


# ---- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLANS)
def test_a_scalar_is_no_chunk(kind):
    stream = PLANS[kind].stream()
    for _ in range(2):
        with pytest.raises(fastspec.ParameterError, match="scalar"):
            stream.push(np.array(1, np.float32))
        stream.push(LONG[:100])
    assert stream.n_samples == 200


def test_an_out_of_a_group_that_holds_the_chunks():
    plan = MelSpectrogram(sr=SR, n_fft=400, hop_length=160, n_mels=80)
    memory = LONG[:280000].copy().reshape(3500, 80)
    y = memory.reshape(2, -1)
    group, other = plan.stream_group(), plan.stream_group()
    ids = [group.join(), group.join()]
    assert ids == [other.join(), other.join()]
    for chunks in (y, list(y)):
        with pytest.raises(fastspec.ParameterError, match=r"^out: must not overlap chunks"):
            group.push(ids, chunks, out=memory)
    right = other.push(ids, y)[0]
    assert same(group.push(ids, y, out=np.empty((3500, 80), np.float32))[0], right)


def test_ids_belong_to_the_call():
    for ids in (np.arange(3), np.arange(6)[::2], [0, 2, 4], np.arange(3, dtype=">i8")):
        own = stream_group._as_ids(ids)
        assert own.dtype == np.int64
        assert own.flags.c_contiguous
        assert not isinstance(ids, np.ndarray) or not np.may_share_memory(own, ids)


def test_groups_cannot_be_copied():
    group = PLANS["mel"].stream_group()
    for call in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"StreamGroup: can neither be copied nor pickled"):
            call(group)


# ---- threads and processes -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_no_second_thread_resets_or_asks(kind):
    stream, long, _ = begin(kind)
    core, refused, done = stream._core, set(), threading.Event()

    def work():
        while not done.is_set():
            try:
                stream.push(long)
            except RuntimeError:
                pass

    thread = threading.Thread(target=work)
    thread.start()
    calls = {"reset": core.reset, "copy": core.copy, "ready": lambda: core.ready(5)}
    try:
        for _ in range(100000):
            for name, call in calls.items():
                try:
                    call()
                except RuntimeError as error:
                    refused.add((name, str(error)))
            if len(refused) == 3:
                break
    finally:
        done.set()
        thread.join()
    assert refused == {(name, "the stream is in use by another thread") for name in calls}


FORK = """
import os, signal, sys
import numpy as np
import fastspec
from fastspec import nsgt
plan = fastspec.NSGT(sr=16000, slice_length=17280)
y = np.ones(9000, np.float32)
plan(y)
with nsgt._lock:  # as another thread would at that time
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        plan(y)
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_locks_that_were_held_at_a_fork():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "7"


# ---- what latency says ---------------------------------------------------------------------------


@pytest.mark.parametrize("deltas", [1, 2])
def test_latency_of_librosas_deltas(deltas):
    """As the documents say: the first frames wait for the first polynomial."""
    hop, n_fft, reach = 80, 256, 4
    plan = FrontEnd(
        sr=8000, n_fft=n_fft, hop_length=hop, n_mels=9,
        deltas=deltas, delta_window=reach, delta_mode="librosa",
    )  # fmt: skip
    stream = plan.stream()
    assert stream.latency == n_fft - n_fft // 2 + reach * hop
    came = []
    for i in range(3000):
        came += [i + 1] * stream.push(LONG[i : i + 1]).shape[-1]
    first = 2 * reach * hop + n_fft - n_fft // 2
    assert came[:reach] == [first] * reach
    assert came[reach:] == [t * hop + stream.latency for t in range(reach, len(came))]
    assert len(came) > 20
