"""One process, many callers: limits, deadlines, caches, the pool of scratch, cores, the example."""

import asyncio
import contextlib
import ctypes
import functools
import gc
import http.client
import importlib.util
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import numpy as np
import pytest

import fastspec
from fastspec import _core, caches, threads

ROOT = Path(__file__).resolve().parent.parent
SR = 16000


def noise(n, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal(n).astype(dtype)


MEL = fastspec.MelSpectrogram(sr=SR, n_fft=400, hop_length=160, n_mels=80, log="db")
Y = noise(SR)
X = fastspec.stft(Y)
C = fastspec.cqt(Y, sr=SR, n_bins=36)


@pytest.fixture(autouse=True)
def _as_before():
    yield
    fastspec.set_limits()


# ---- limits --------------------------------------------------------------------------------------

CALLS = {
    "stft": lambda: fastspec.stft(Y),
    "istft": lambda: fastspec.istft(X),
    "melspectrogram": lambda: fastspec.melspectrogram(y=Y, sr=SR),
    "mfcc": lambda: fastspec.mfcc(y=Y, sr=SR),
    "cqt": lambda: fastspec.cqt(Y, sr=SR, n_bins=36),
    "vqt": lambda: fastspec.vqt(Y, sr=SR, n_bins=36),
    "pseudo_cqt": lambda: fastspec.pseudo_cqt(Y, sr=SR, n_bins=36),
    "icqt": lambda: fastspec.icqt(C, sr=SR),
    "chroma_stft": lambda: fastspec.chroma_stft(y=Y, sr=SR, tuning=0.0),
    "chroma_cqt": lambda: fastspec.chroma_cqt(y=Y, sr=SR, tuning=0.0),
    "estimate_tuning": lambda: fastspec.estimate_tuning(y=Y, sr=SR),
    "piptrack": lambda: fastspec.piptrack(y=Y, sr=SR),
    "griffinlim": lambda: fastspec.griffinlim(np.abs(X), n_iter=1),
    "plan": lambda: MEL(Y),
    "plan, out=": lambda: MEL(Y, np.empty((80, 101), np.float32)),
    "map": lambda: MEL.map([Y[:9000], Y[9000:]]),
    "FrontEnd": lambda: fastspec.presets.get("whisper")(Y),
    "CQT": lambda: fastspec.CQT(sr=SR, n_bins=36)(Y),
    "Chroma": lambda: fastspec.Chroma(sr=SR)(Y),
    "NSGT": lambda: fastspec.NSGT(sr=SR)(Y),
    "stream": lambda: MEL.stream().push(Y[np.newaxis]) if hasattr(MEL, "stream") else MEL(Y),
}


@pytest.mark.parametrize("name", CALLS)
def test_limits_hold_for_every_call(name):
    call = CALLS[name]
    call()
    for limit, most in (("max_samples", 9500), ("max_output_bytes", 1000)):
        if limit == "max_output_bytes" and name == "estimate_tuning":
            continue  # returns a number
        fastspec.set_limits(**{limit: most})
        with pytest.raises(fastspec.LimitError, match=rf"\d+ .*{limit}={most} ") as caught:
            call()
        assert int(re.search(r"\d+", str(caught.value))[0]) > most
        fastspec.set_limits(**{limit: SR if limit == "max_samples" else 10**9})
        call()  # what a function pads or works on does not count
    fastspec.set_limits()
    call()


@pytest.mark.parametrize("name", [name for name in CALLS if name != "stream"])
def test_limit_of_scratch(name):
    fastspec.set_limits(max_scratch_bytes=100)
    with pytest.raises(fastspec.LimitError, match=r"scratch: \d+ bytes .* max_scratch_bytes=100 "):
        CALLS[name]()
    fastspec.set_limits(max_scratch_bytes=2**40)
    CALLS[name]()


def test_limits_are_exact():
    fastspec.set_limits(max_samples=SR, max_output_bytes=MEL(Y).nbytes)
    MEL(Y)
    MEL(Y.reshape(2, -1)[:, : SR // 2 - 200])
    with pytest.raises(fastspec.LimitError, match=f"{SR + 1} samples"):
        MEL(noise(SR + 1))
    with pytest.raises(fastspec.LimitError, match="32320 samples"):
        MEL(noise(2 * SR + 320).reshape(2, -1))
    # One more frame, of a signal that is as long.
    with pytest.raises(fastspec.LimitError, match="max_output_bytes"):
        fastspec.MelSpectrogram(sr=SR, n_fft=400, hop_length=150, n_mels=80)(Y)
    huge = np.broadcast_to(np.float32(0.5), 2**50)  # nothing of the result's size is allocated
    with pytest.raises(fastspec.LimitError, match=f"{2**50} samples"):
        fastspec.stft(huge)


def test_limits_as_they_are_set():
    assert fastspec.get_limits() == (None,) * 4
    fastspec.set_limits(max_samples=5, max_scratch_bytes=7)
    assert fastspec.get_limits() == (5, None, 7, None)
    for bad in (0, -1, 1.5, "x", True, 2**63):
        with pytest.raises(fastspec.ParameterError, match="max_output_bytes="):
            fastspec.set_limits(max_output_bytes=bad)
    with pytest.raises(fastspec.ParameterError, match="max_idle_bytes=-1"):
        fastspec.set_limits(max_idle_bytes=-1)
    assert fastspec.get_limits() == (5, None, 7, None)
    assert issubclass(fastspec.LimitError, fastspec.ParameterError)
    fastspec.set_limits()
    assert fastspec.get_limits() == (None,) * 4


# ---- deadlines -----------------------------------------------------------------------------------

LONG = noise(SR * 600)
SLOW = fastspec.MelSpectrogram(sr=SR, n_fft=2048, hop_length=64, n_mels=10)  # 0.2 s and more
CQT = fastspec.CQT(sr=SR, n_bins=60, hop_length=64)
NSGT = fastspec.NSGT(sr=SR, slice_length=17280)
DELTAS = fastspec.FrontEnd(sr=SR, n_fft=2048, hop_length=64, n_mels=10, deltas=2)


@functools.cache
def group_of(plan, n):
    group = plan.stream_group()
    return group, [group.join() for _ in range(n)]


def push_group(plan, chunks):
    group, ids = group_of(plan, len(chunks))
    try:
        group.push(ids, chunks)
    finally:
        group.reset(ids)


LONG_CALLS = {
    "mel": lambda: SLOW(LONG),
    "mel, threads": lambda: SLOW(LONG, n_threads=3),
    "map": lambda: SLOW.map([LONG] * 3),
    "stft": lambda: fastspec.stft(LONG),
    "cqt": lambda: CQT(LONG),
    "nsgt": lambda: NSGT(LONG),
    "cqt stream": lambda: CQT.stream().push(LONG),
    "nsgt stream": lambda: NSGT.stream().push(LONG),
    "deltas stream": lambda: DELTAS.stream().push(LONG),
    "group": lambda: push_group(SLOW, LONG[: SR * 540].reshape(3000, -1)),
    "group, deltas": lambda: push_group(DELTAS, LONG[np.newaxis]),
    "group, cqt": lambda: push_group(CQT, LONG.reshape(40, -1)),
    "griffinlim": lambda: fastspec.griffinlim(np.abs(X), n_iter=3000, random_state=0),
    "tuning": lambda: fastspec.estimate_tuning(y=LONG, sr=SR),
}


def _late(call, seconds):
    """Return how long after the deadline a call ended, and its error."""
    start = time.perf_counter()
    with pytest.raises(fastspec.DeadlineError) as caught, fastspec.deadline(seconds):
        call()
    return time.perf_counter() - start - seconds, caught.value


@pytest.mark.parametrize("name", LONG_CALLS)
def test_a_call_ends_soon_after_its_deadline(name):
    # Other programs run here too: the soonest of a few.
    lates = []
    if name.startswith("group"):
        _late(LONG_CALLS[name], 0.001)  # makes the group
    for _ in range(6):
        # Streams first look at all samples, for some milliseconds: then comes what may be late.
        seconds = 0.05 if name.startswith("group") or name.endswith("stream") else 0.01
        late, error = _late(LONG_CALLS[name], seconds)
        assert isinstance(error, TimeoutError)
        if error.started:
            lates.append(late)
        if error.started and late < 0.05:
            break
    assert lates, "the time was always over before the work began"
    assert min(lates) < 0.2, lates


def test_a_plan_is_usable_after_a_deadline():
    right = MEL(Y)
    _late(lambda: SLOW(LONG), 0.01)
    assert np.array_equal(MEL(Y), right)
    with fastspec.deadline(60):
        assert np.array_equal(MEL(Y, n_threads=2), right)


def test_a_deadline_that_has_passed():
    out = np.full(MEL(Y).shape, 7, np.float32)
    for seconds in (0, -1, -1e300):
        with fastspec.deadline(seconds):
            for call in (lambda: MEL(Y, out), CALLS["stft"], CALLS["icqt"], CALLS["map"]):
                with pytest.raises(fastspec.DeadlineError, match="before the call") as caught:
                    call()
                assert not caught.value.started
    assert np.all(out == 7)
    MEL(Y)


def test_nested_deadlines():
    with fastspec.deadline(60):
        late, _ = _late(lambda: SLOW(LONG), 0.01)
        assert late < 1
        MEL(Y)
    with fastspec.deadline(0), fastspec.deadline(60), pytest.raises(fastspec.DeadlineError):
        MEL(Y)
    with pytest.raises(RuntimeError, match="mine"), fastspec.deadline(0):
        raise RuntimeError("mine")
    MEL(Y)


@pytest.mark.parametrize("bad", [None, "1", float("nan"), float("inf"), 1j, True, [1]])
def test_deadlines_that_are_none(bad):
    with pytest.raises(fastspec.ParameterError, match="seconds="), fastspec.deadline(bad):
        pass


def test_a_deadline_is_its_threads_own():
    results = {}

    def other():
        results["other"] = MEL(Y)

    def late():
        results["late"] = _late(lambda: SLOW(LONG), 0.01)[1].started

    with fastspec.deadline(0):
        for work in (other, late):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert results["late"]
    assert np.array_equal(results["other"], MEL(Y))


@pytest.mark.skipif(not hasattr(ctypes.pythonapi, "usleep"), reason="no usleep")
def test_a_thread_looks_at_the_clock_without_the_interpreters_lock():
    ready, used = threading.Event(), []

    def late():
        with fastspec.deadline(0.02):
            ready.set()
            start = time.thread_time()
            with pytest.raises(fastspec.DeadlineError):
                SLOW(LONG)
            used.append(time.thread_time() - start)

    for _ in range(5):
        ready.clear()
        thread = threading.Thread(target=late)
        thread.start()
        ready.wait()
        time.sleep(0.002)  # its call begins
        ctypes.pythonapi.usleep(400_000)  # holds the lock, and computes nothing
        thread.join()
        if used[-1] < 0.1:  # else other programs had the core
            break
    assert min(used) < 0.1, used


def test_a_deadline_follows_a_task():
    async def limited():
        with fastspec.deadline(0):
            await asyncio.sleep(0.01)  # the other one calls meanwhile
            with pytest.raises(fastspec.DeadlineError):
                await asyncio.to_thread(MEL, Y)
            with pytest.raises(fastspec.DeadlineError):
                MEL(Y)

    async def free():
        for _ in range(20):
            MEL(Y)
            await asyncio.sleep(0.001)

    async def both():
        await asyncio.gather(limited(), free())

    asyncio.run(both())


def test_streams_and_deadlines():
    stream = fastspec.STFT().stream()
    first = stream.push(Y[np.newaxis, :5000])
    with fastspec.deadline(0), pytest.raises(fastspec.DeadlineError):
        stream.push(Y[np.newaxis, 5000:])
    rest = stream.push(Y[np.newaxis, 5000:])  # nothing had happened
    whole = np.concatenate([first, rest, stream.flush()], axis=-1)
    assert np.array_equal(whole[0], fastspec.STFT()(Y))
    stream = SLOW.stream()
    _late(lambda: stream.push(LONG[np.newaxis]), 0.01)
    with pytest.raises(fastspec.ParameterError, match="deadline"):
        stream.push(Y[np.newaxis])


def test_interrupts_are_heard_under_a_deadline():
    """Ctrl-C on the main thread ends a call that has a deadline too."""
    timer = threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGINT])
    start = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt), fastspec.deadline(60):
        SLOW.map([LONG] * 20)
    assert time.perf_counter() - start < 10


# ---- caches --------------------------------------------------------------------------------------


def test_every_cache_is_in_the_registry():
    """Nothing is cached but by `plan_cache`, under a name of its own."""
    package = Path(fastspec.__file__).parent
    names = []
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        # librosa's namespace keeps a few of its names, for ever.
        if path.name != "caches.py" and path.parent.name != "librosa_compat":
            assert not re.search(r"lru_cache|functools\.cache", text), path
        names += re.findall(r'@plan_cache\("([^"]+)"', text)
    assert len(names) == len(set(names)) > 15
    for name in ("faster_whisper", "kaldi", "transformers"):
        importlib.import_module(f"fastspec.compat.{name}")
    assert set(fastspec.cache_info()) == {*names, "fft", "scratch"}


def test_cache_info():
    fastspec.cache_clear()
    before = fastspec.cache_info()["stft"]
    assert (before.hits, before.misses, before.size) == (0, 0, 0)
    for n_fft in (512, 512, 1024):
        fastspec.stft(Y, n_fft=n_fft)
    info = fastspec.cache_info()["stft"]
    assert (info.hits, info.misses, info.size, info.max_size) == (1, 2, 2, 64)
    assert (512 + 1024) * 8 < info.bytes < 10**6  # their windows at the least
    scratch = fastspec.cache_info()["scratch"]
    assert scratch.size > 0
    assert 0 < scratch.bytes <= scratch.max_bytes == 64 << 20
    fastspec.stft(Y, n_fft=1024)
    assert fastspec.cache_info()["scratch"].hits > scratch.hits
    fastspec.stft(Y, n_fft=14)  # 2 * 7: FFTW's, where it is there
    fastspec.cache_clear()
    gc.collect()
    for name, info in fastspec.cache_info().items():
        if name != "fft":  # plans that tests hold may use some
            assert info.size == 0, name  # what tests hold still has its bytes


def test_caches_are_bounded_by_number():
    for n_fft in range(100, 400):
        fastspec.stft(Y[:1000], n_fft=n_fft)
    info = fastspec.cache_info()["stft"]
    assert info.size == info.max_size == 64
    for fmin in range(50, 80):
        fastspec.cqt(Y, sr=SR, fmin=float(fmin), n_bins=5)
    info = fastspec.cache_info()["cqt"]
    assert info.size == info.max_size == 16


def test_caches_are_bounded_by_size(monkeypatch):
    monkeypatch.setattr(caches, "_MOST_BYTES", 100_000)
    made = []

    @caches.plan_cache("test", 50)
    def make(n):
        made.append(n)
        return np.zeros(n, np.uint8)

    try:
        for n in (20_000, 30_000, 20_000, 40_000, 60_000, 60_000, 300_000, 300_000, 5):
            assert make(n).size == n
            info = caches.cache_info()["test"]
            assert info.bytes <= 100_000 or info.size == 1
        assert made == [20_000, 30_000, 40_000, 60_000, 300_000, 5]
        assert caches.cache_info()["test"].size == 1
    finally:
        del caches._caches["test"]


def test_what_others_hold_does_not_fill_a_cache(monkeypatch):
    monkeypatch.setattr(caches, "_MOST_BYTES", 100_000)

    @caches.plan_cache("test", 50)
    def make(n):
        return np.zeros(n, np.uint8)

    try:
        held = [make(90_000), make(30_000)]  # the second one put the first one out
        small = [make(n) for n in (10, 20, 30)]
        info = caches.cache_info()["test"]
        assert (info.size, info.bytes) == (4, 30_060)
        assert all(make(len(x)) is x for x in (*small, held[1]))
        caches.cache_clear()
        info = caches.cache_info()["test"]
        assert (info.size, info.bytes) == (0, 0)
    finally:
        del caches._caches["test"]


def test_a_plan_is_as_large_as_what_it_frees():
    """The sizes that plans tell, against the memory of the process."""
    sizes = [caches.n_bytes(fastspec.STFT(n_fft=n)) for n in (1024, 4096)]
    assert 3 < sizes[1] / sizes[0] < 5
    tables = fastspec.CQT(sr=SR, n_bins=60)
    assert caches.n_bytes(tables) > tables._core(False).size
    core = _core.Frontend(
        output=0, double=False, engine=2, effort=0, n_fft=1 << 16, hop_length=512,
        window=np.ones(1 << 16), center=True, pad_mode=0, librosa_tail=False, input_scale=1.0,
    )  # fmt: skip
    assert core.nbytes >= 4 << 16


def test_clearing_while_others_call():
    right = {n: fastspec.melspectrogram(y=Y, sr=SR, n_mels=n) for n in range(20, 40)}
    tones = fastspec.chroma_cqt(y=Y, sr=SR, tuning=0.0)
    stop, wrong = threading.Event(), []

    def call(me):
        while not stop.is_set():
            for n in list(right)[me::4]:
                if not np.array_equal(fastspec.melspectrogram(y=Y, sr=SR, n_mels=n), right[n]):
                    wrong.append(n)
            if not np.array_equal(fastspec.chroma_cqt(y=Y, sr=SR, tuning=0.0), tones):
                wrong.append("chroma")

    workers = [threading.Thread(target=call, args=(me,)) for me in range(4)]
    for worker in workers:
        worker.start()
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        fastspec.cache_clear()
        fastspec.cache_info()
    stop.set()
    for worker in workers:
        worker.join()
    assert not wrong


# ---- the pool ------------------------------------------------------------------------------------


def _resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
def test_memory_is_flat_after_many_calls():
    plans = [MEL, fastspec.MFCC(sr=SR, n_fft=400, n_mels=40), fastspec.STFT(n_fft=512)]
    signals = [noise(n, n) for n in (900, 3000, 5000, 8000)]
    right = [[plan(y) for y in signals] for plan in plans]
    wrong = []

    def work(me, calls):
        for i in range(calls):
            p, s = (i + me) % 3, (i // 3) % 4
            if not np.array_equal(plans[p](signals[s]), right[p][s]):
                wrong.append((p, s))

    def all_at_once(calls):
        workers = [threading.Thread(target=work, args=(me, calls)) for me in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    all_at_once(100)
    before, reused = _resident(), _core.scratch_info()[3]
    all_at_once(2500)
    limit, idle, n_blocks, now, _ = _core.scratch_info()
    assert not wrong
    assert _resident() - before < 8 << 20
    assert idle <= limit
    assert n_blocks <= 64
    assert now - reused > 0.9 * 20_000


def test_bounds_of_the_pool():
    plan = fastspec.STFT(n_fft=512)
    right = plan(Y)
    for limit in (0, 1 << 20, 64 << 20):
        fastspec.set_limits(max_idle_bytes=limit)
        for _ in range(3):
            assert np.array_equal(plan(Y), right)
        assert _core.scratch_info()[0] == limit
        assert _core.scratch_info()[1] <= limit
        assert (_core.scratch_info()[1] > 0) == (limit > 0)
    _core.scratch_trim()
    assert _core.scratch_info()[1:3] == (0, 0)


# ---- cores ---------------------------------------------------------------------------------------


def _tree(root, cgroup, mountinfo, files):
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(cgroup)
    (root / "proc/self/mountinfo").write_text(mountinfo)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 30 0:27 {top} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)
ME = "sys/fs/cgroup"

TREES = {
    "none": ("", "", {}, 8),
    "v2, no quota": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "max 100000\n"}, 8),
    "v2": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "300000 100000\n"}, 3),
    "v2, a part": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "250000 100000\n"}, 3),
    "v2, less than one": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "10000 100000\n"}, 1),
    "v2, more than there are": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "9900000 100000\n"}, 8),
    "v2, the one above is smaller": (
        "0::/a/b/c\n", V2,
        {f"{ME}/a/cpu.max": "200000 100000", f"{ME}/a/b/cpu.max": "max 100000",
         f"{ME}/a/b/c/cpu.max": "500000 100000"}, 2,
    ),
    "v2, its own root": ("0::/\n", V2, {f"{ME}/cpu.max": "400000 200000\n"}, 2),
    "v2, in a container": (
        "0::/../../x\n", V2, {f"{ME}/cpu.max": "400000 100000\n"}, 4,
    ),
    "v2, mount of a group": (
        "0::/pod/box\n", V2.replace(" / /sys", " /pod /sys"),
        {f"{ME}/box/cpu.max": "200000 100000", f"{ME}/cpu.max": "700000 100000"}, 2,
    ),
    "v2, a blank in a name": (
        "0::/a b\n", V2.replace("/sys/fs/cgroup ", "/sys/fs/c\\040g "),
        {"sys/fs/c g/a b/cpu.max": "200000 100000"}, 2,
    ),
    "v2, beside the mount": (
        "0::/a/../../cgroup2/b\n", V2,
        {f"{ME}/cpu.max": "300000 100000", f"{ME}2/b/cpu.max": "100000 100000"}, 3,
    ),
    "v2, no path": (
        "0::\n", V2.replace(" / ", " /docker ", 1), {f"{ME}/cpu.max": "300000 100000"}, 3,
    ),
    "v2, nonsense": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "x y z"}, 8),
    "v2, zero": ("0::/a\n", V2, {f"{ME}/a/cpu.max": "0 0"}, 8),
    "v1": (
        "4:cpu,cpuacct:/a\n3:memory:/m\n", V1.format(top="/"),
        {f"{ME}/cpu,cpuacct/a/cpu.cfs_quota_us": "150000\n",
         f"{ME}/cpu,cpuacct/a/cpu.cfs_period_us": "50000\n"}, 3,
    ),
    "v1, no quota": (
        "4:cpu,cpuacct:/a\n", V1.format(top="/"),
        {f"{ME}/cpu,cpuacct/a/cpu.cfs_quota_us": "-1",
         f"{ME}/cpu,cpuacct/a/cpu.cfs_period_us": "100000"}, 8,
    ),
    "v1, in a container": (
        "4:cpu,cpuacct:/docker/abc\n", V1.format(top="/docker/abc"),
        {f"{ME}/cpu,cpuacct/cpu.cfs_quota_us": "200000",
         f"{ME}/cpu,cpuacct/cpu.cfs_period_us": "100000"}, 2,
    ),
    "v1, the one above is smaller": (
        "4:cpu,cpuacct:/a/b\n", V1.format(top="/"),
        {f"{ME}/cpu,cpuacct/a/cpu.cfs_quota_us": "100000",
         f"{ME}/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
         f"{ME}/cpu,cpuacct/a/b/cpu.cfs_quota_us": "400000",
         f"{ME}/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000"}, 1,
    ),
    "both": (
        "4:cpu,cpuacct:/a\n0::/b\n", V1.format(top="/") + V2,
        {f"{ME}/cpu,cpuacct/a/cpu.cfs_quota_us": "300000",
         f"{ME}/cpu,cpuacct/a/cpu.cfs_period_us": "100000"}, 3,
    ),
    "broken files": ("x\n:::\n0::/a", "too short\n - \nx - cgroup2\n", {}, 8),
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
def test_cores_of_a_control_group(name, tmp_path, monkeypatch):
    *tree, expected = TREES[name]
    _tree(tmp_path, *tree)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    assert threads.cores_under(str(tmp_path)) == expected


def test_cores_of_this_process(monkeypatch):
    assert 1 <= fastspec.cores() <= (os.cpu_count() or 1)
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5}, raising=False)
    assert fastspec.cores() == 1


NAMED = """
import sys, threading
import numpy as np
import fastspec
from fastspec.threads import check_threads
print(check_threads(1), check_threads(-1), check_threads(7), check_threads(256))
y = np.random.default_rng(0).standard_normal(50000).astype("f4")
assert np.array_equal(fastspec.stft(y, n_threads=-1), fastspec.stft(y))
"""


@pytest.mark.parametrize(
    ("value", "answer"), [("4", "1 4 4 4"), ("1", "1 1 1 1"), ("100000", "1 256 7 256")]
)
def test_named_threads(value, answer):
    environment = {**os.environ, "FASTSPEC_NUM_THREADS": value}
    done = subprocess.run(
        [sys.executable, "-c", NAMED], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == answer


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "9" * 30])
def test_named_threads_that_are_none(value):
    environment = {**os.environ, "FASTSPEC_NUM_THREADS": value}
    done = subprocess.run([sys.executable, "-c", NAMED], env=environment, capture_output=True)
    assert done.returncode == 1
    assert b"ParameterError: FASTSPEC_NUM_THREADS=" in done.stderr


def test_threads_of_all_cores():
    if threads.named_threads():
        pytest.skip("FASTSPEC_NUM_THREADS is set")
    assert threads.check_threads(-1) == min(256, fastspec.cores())
    assert threads.check_threads(np.int64(-1)) == threads.check_threads(-1)
    assert np.array_equal(MEL(Y, n_threads=-1), MEL(Y))
    for bad in (0, -2, 257, 1.0, None, "all", True):
        with pytest.raises(fastspec.ParameterError, match=r"n_threads=.*or -1 for all cores"):
            MEL(Y, n_threads=bad)


# ---- the example ---------------------------------------------------------------------------------


def _example(name):
    path = ROOT / "examples/server" / f"{name}.py"
    if not path.exists():
        pytest.skip("the examples are not there")
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server():
    server = _example("server").start(max_seconds=5, timeout=10, busy=8)
    yield server
    if not server.draining:
        server.drain()
    assert not [t for t in threading.enumerate() if t.name == "accept" and t.is_alive()]


def _post(server, body, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", "/logmel", body, names)
    answer = connection.getresponse()
    result = answer.status, answer.read()
    connection.close()
    return result


RAW = {"X_Dtype": "float32", "X_Sample_Rate": "16000"}


def test_the_server_answers(server):
    plan = fastspec.MelSpectrogram(sr=SR, n_fft=400, hop_length=160, n_mels=80, log="log10")
    status, body = _post(server, Y.tobytes(), **RAW)
    assert status == 200
    assert np.array_equal(np.load(io.BytesIO(body))[0], plan(Y))
    whole = (3000 * Y).astype(np.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(SR)
        out.writeframes(whole.tobytes())
    status, body = _post(server, file.getvalue())
    both = np.load(io.BytesIO(body))
    assert status == 200
    assert np.array_equal(both, plan((whole.reshape(-1, 2).T / 32768).astype(np.float32)))


def test_the_server_refuses(server):
    assert _post(server, b"", **RAW)[0] == 422
    assert _post(server, b"abc", **RAW)[0] == 422
    assert _post(server, Y.tobytes())[0] == 422
    assert _post(server, Y.tobytes(), **{**RAW, "X_Sample_Rate": "8000"})[0] == 422
    assert _post(server, Y.tobytes(), **{**RAW, "X_Dtype": "float16"})[0] == 422
    assert _post(server, np.full(500, np.nan, "f4").tobytes(), **RAW)[0] == 422
    assert _post(server, b"RIFFnonsense")[0] == 415
    assert _post(server, noise(2 * 5 * SR, dtype=np.float32).tobytes(), **RAW)[0] == 413
    short = noise(5 * SR + 1).astype("<i2").tobytes()  # within max_bytes, beyond max_samples
    status, text = _post(server, short, **{**RAW, "X_Dtype": "int16"})
    assert status == 413
    assert b"max_samples" in text
    assert _post(server, Y.tobytes(), **RAW, X_Timeout="0")[0] == 504
    assert _post(server, Y.tobytes(), **RAW, X_Timeout="nan")[0] == 422
    assert _post(server, iter([Y.tobytes()]), **RAW)[0] == 411  # chunked
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    for path, status in (("/health", 200), ("/stats", 200), ("/x", 404), ("/logmel", 405)):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == status
        assert answer.read()
    connection.close()
    for _ in range(8):
        assert server.free.acquire(blocking=False)
    assert _post(server, Y.tobytes(), **RAW)[0] == 503
    server.free.release(8)
    assert _post(server, Y.tobytes(), **RAW)[0] == 200
    statuses = server.stats.report()["statuses"]
    assert statuses == {422: 7, 415: 1, 413: 2, 504: 1, 411: 1, 503: 1, 200: 1}


def test_a_client_that_dawdles():
    """One byte now and then does not keep a place for longer than a request may take."""
    server = _example("server").start(max_seconds=5, timeout=0.5, busy=1)
    client = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
    try:
        client.sendall(b"POST /logmel HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        start, answer = time.monotonic(), b""
        client.settimeout(0.1)
        while not answer and time.monotonic() - start < 10:
            client.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                answer = client.recv(100)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - start < 5
        assert _post(server, Y.tobytes(), **RAW)[0] == 200
    finally:
        client.close()
        server.drain()


def test_the_server_under_load(server):
    result = _example("load").run(f"http://127.0.0.1:{server.server_port}", 8, 300)
    assert (result["requests"], result["errors"]) == (300, 0)
    report = server.stats.report()
    assert report["statuses"] == {200: 300}
    assert report["ms"]["p50"] > 0
    # A connection that waits for more does not hold up the end.
    idle = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    idle.request("GET", "/health")
    idle.getresponse().read()
    start = time.monotonic()
    server.drain()
    assert time.monotonic() - start < 5
    with pytest.raises(OSError):
        _post(server, Y.tobytes(), **RAW)
    idle.close()
