"""Groups of live streams: every stream's frames are those of one call, whatever the others do."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fastspec
from fastspec import ParameterError

PLANS: dict[str, Any] = {
    "stft": lambda: fastspec.STFT(n_fft=256, hop_length=100),
    "spectrogram": lambda: fastspec.Spectrogram(n_fft=201, center=False, pad_mode="reflect"),
    "whisper": lambda: fastspec.FrontEnd(
        sr=16000, n_fft=400, hop_length=160, n_mels=40, log="log10", amin=1e-10, log_floor=-8.0
    ),
    "mel": lambda: fastspec.MelSpectrogram(sr=8000, n_fft=512, pad_mode="reflect", n_mels=20),
    "mfcc": lambda: fastspec.MFCC(n_fft=128, n_mfcc=13, n_mels=20, top_db=None),
    "knf": lambda: fastspec.presets.get("knf_fbank"),
    "deltas": lambda: fastspec.FrontEnd(
        n_fft=200, hop_length=80, n_mels=10, deltas=2, stack=3, stack_stride=2, input_scale=2**-15
    ),
    "mfcc_deltas": lambda: fastspec.FrontEnd(n_fft=200, n_mels=20, n_mfcc=9, log="ln", deltas=1),
    "pcen": lambda: fastspec.FrontEnd(n_fft=200, hop_length=80, n_mels=12, log="pcen", deltas=1),
    "librosa_deltas": lambda: fastspec.FrontEnd(
        n_fft=200, hop_length=80, n_mels=12, deltas=2, delta_mode="librosa", delta_window=4
    ),
    "chroma_stft": lambda: fastspec.ChromaSTFT(n_fft=1024, hop_length=300, tuning=0.0),
    "cqt": lambda: fastspec.CQT(sr=8000, hop_length=100, fmin=200, n_bins=30),
    "cqt_librosa": lambda: fastspec.CQT(
        sr=8000, hop_length=128, fmin=100, n_bins=48, definition="librosa"
    ),
    "chroma": lambda: fastspec.Chroma(sr=8000, hop_length=128, fmin=100, n_octaves=3),
}


def make(name: str) -> Any:
    return PLANS[name]()


def signals(rng: np.random.Generator, n: int, longest: int, dtype: Any) -> list[Any]:
    lengths = rng.integers(1, longest, n)
    return [(rng.standard_normal(k) * 3000).astype(dtype) for k in lengths]


def offline(plan: Any, y: Any) -> Any:
    """Return the frames of one call, or None where none fits."""
    if plan.n_frames(len(y)) == 0:
        return None
    return plan(y)


def frames_axis(plan: Any) -> int:
    return 0 if plan._shape(0, 1) == (1, 0) else 1


class Driver:
    """Signals that are fed to a group bit by bit."""

    def __init__(self, plan: Any, ys: list[Any], group: Any) -> None:
        self.plan, self.ys, self.group = plan, ys, group
        self.waiting = list(range(len(ys)))
        self.live: dict[int, int] = {}  # id -> signal
        self.at = [0] * len(ys)
        self.parts: list[list[Any]] = [[] for _ in ys]

    def join(self) -> None:
        if self.waiting:
            self.live[self.group.join()] = self.waiting.pop(0)

    def push(self, sizes: dict[int, int], as_list: bool) -> None:
        ids = list(sizes)
        if not as_list and ids:
            left = min(len(self.ys[self.live[i]]) - self.at[self.live[i]] for i in ids)
            sizes = dict.fromkeys(ids, min(left, *sizes.values()))
        chunks = []
        for i, n in sizes.items():
            k = self.live[i]
            chunks.append(self.ys[k][self.at[k] : self.at[k] + n])
            self.at[k] += len(chunks[-1])
        given = chunks if as_list or not chunks else np.stack(chunks)
        frames, counts = self.group.push(ids, given)
        for i, part in zip(ids, self.group.split(frames, counts), strict=True):
            self.parts[self.live[i]].append(part)

    def finish(self, ids: list[int], stay: bool) -> None:
        frames, counts = self.group.flush(ids)
        for i, part in zip(ids, self.group.split(frames, counts), strict=True):
            k = self.live.pop(i)
            self.parts[k].append(part)
            self.check(k)
            if stay and self.waiting:
                self.group.reset(i)
                self.live[i] = self.waiting.pop(0)
            else:
                self.group.leave(i)

    def check(self, k: int) -> None:
        got = np.concatenate(self.parts[k], axis=frames_axis(self.plan))
        expected = offline(self.plan, self.ys[k])
        if expected is None:
            assert got.size == 0
        else:
            assert got.dtype == expected.dtype
            assert np.array_equal(got, expected)


@pytest.mark.parametrize("name", PLANS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_equals_one_call(name: str, data: Any) -> None:
    plan = make(name)
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtypes = [np.float32, np.float64] + [np.int16] * (plan._arguments["input_scale"] is not None)
    dtype = draw(st.sampled_from(dtypes))
    longest = draw(st.sampled_from([300, 2000, 6000]))
    ys = signals(rng, draw(st.integers(1, 20)), longest, dtype)
    capacity = draw(st.sampled_from([None, len(ys)]))
    wide = np.float64 if dtype == np.float64 else np.float32
    group = plan.stream_group(n_threads=draw(st.integers(1, 3)), capacity=capacity, dtype=wide)
    driver = Driver(plan, ys, group)
    chunk = draw(st.sampled_from([1, 40, 160, 700, 5000]))
    for _ in range(draw(st.integers(0, 12))):  # chunks of one sample would take long to the end
        for _ in range(rng.integers(0, 4)):
            driver.join()
        chosen = [i for i in driver.live if rng.random() < 0.7]
        sizes = {int(i): int(rng.integers(0, chunk + 1)) for i in rng.permutation(chosen)}
        driver.push(sizes, bool(rng.integers(0, 2)))
        over = [i for i, k in driver.live.items() if driver.at[k] == len(ys[k])]
        if over:
            driver.finish(over, bool(rng.integers(0, 2)))
    while driver.live or driver.waiting:
        driver.join()
        driver.push(dict.fromkeys(driver.live, 3000), True)
        over = [i for i, k in driver.live.items() if driver.at[k] == len(ys[k])]
        if over:
            driver.finish(over, True)
    assert len(group) == 0


def test_one_sample_at_a_time() -> None:
    plan = make("deltas")
    rng = np.random.default_rng(0)
    ys = signals(rng, 11, 1500, np.float32)
    driver = Driver(plan, ys, plan.stream_group())
    for _ in ys:
        driver.join()
    while driver.live:
        driver.push(dict.fromkeys(driver.live, 1), True)
        over = [i for i, k in driver.live.items() if driver.at[k] == len(ys[k])]
        if over:
            driver.finish(over, False)


def test_types_and_layouts_of_chunks() -> None:
    plan = make("whisper")
    rng = np.random.default_rng(1)
    y = rng.standard_normal((5, 4000)).astype(np.float32)
    expected = [plan(row) for row in y]
    padded = np.zeros((5, 2, 4000), np.float32)
    padded[:, 1] = y
    for given_ in (y, np.asfortranarray(y), y[::-1][::-1], padded[:, 1], y.astype(">f4")):
        for as_list in (False, True):
            group = plan.stream_group()
            ids = [group.join() for _ in y]
            head, n = group.push(np.array(ids), list(given_) if as_list else given_)
            tail, m = group.flush(ids)
            for a, b, e in zip(group.split(head, n), group.split(tail, m), expected, strict=True):
                assert np.array_equal(np.hstack([a, b]), e)


@pytest.mark.parametrize("name", ["whisper", "knf", "mfcc_deltas", "cqt", "chroma"])
def test_latency(name: str) -> None:
    plan = make(name)
    group = plan.stream_group()
    n = 20 * plan.hop_length + group.latency
    y = np.zeros((1, n), np.float32)
    ids = [group.join()]
    before = group.push(ids, y[:, 1:])[1][0]
    assert group.latency == plan.stream().latency
    assert before + group.push(ids, y[:, :1])[1][0] >= 21
    if not name.startswith("c"):  # those of the constant-Q transform come in bursts
        assert before == 20


def test_out() -> None:
    plan = make("whisper")
    rng = np.random.default_rng(2)
    y = rng.standard_normal((3, 1000)).astype(np.float32)
    group, again = plan.stream_group(), plan.stream_group()
    ids = [group.join() for _ in y]
    assert ids == [again.join() for _ in y]
    out = np.full((30, 2 * plan.n_bins), np.nan, np.float32)[:, ::2]
    frames, counts = group.push(ids, y, out=out)
    other, same = again.push(ids, y)
    assert np.shares_memory(frames, out)
    assert np.array_equal(frames, other)
    assert np.array_equal(counts, same)
    assert np.isnan(out[len(frames) :]).all()
    for bad, text in (
        (
            np.empty((2, 40), np.float32),
            r"out: has shape \(2, 40\); must be \(n, 40\) with n >= 12",
        ),
        (np.empty((99, 39), np.float32), "out: has shape"),
        (np.empty((99, 40), np.float64), "out: has dtype float64; must be float32"),
        (np.empty((99, 40), ">f4"), "out: has dtype >f4"),
        ([], "out: is a list"),
    ):
        with pytest.raises(ParameterError, match=text):
            group.push(ids, np.zeros((3, 640), np.float32), out=bad)


@pytest.mark.parametrize("name", ["whisper", "mfcc_deltas", "cqt"])
def test_faults_disturb_nobody(name: str) -> None:
    plan = make(name)
    rng = np.random.default_rng(3)
    ys = [rng.standard_normal(3000).astype(np.float32) for _ in range(12)]
    group = plan.stream_group()
    ids = [group.join() for _ in ys]
    first, n = group.push(ids, [y[:777] for y in ys])
    parts = [[part] for part in group.split(first, n)]
    bad = [y[777:1500].copy() for y in ys]
    bad[7][-1] = np.nan
    gone = group.join()
    group.leave(gone)
    over = group.join()
    group.flush([over])
    silence = np.zeros(5, np.float32)
    for call, text in (
        (lambda: group.push(ids, bad), rf"chunks\[7\] \(id {ids[7]}\): holds NaN"),
        (lambda: group.push([*ids, gone], [*ys, ys[0]]), f"ids: {gone} is not in the group"),
        (lambda: group.push([*ids, ids[2]], [*ys, ys[0]]), f"ids: {ids[2]} stands there twice"),
        (lambda: group.push([*ids, over], [*ys, ys[0]]), f"stream {over} is finished"),
        (lambda: group.push(ids, ys[:-1]), "chunks: holds 11 signals; must hold one for each"),
        (lambda: group.push(ids, ys[0]), r"chunks: has shape \(3000,\); must be \(12, n\)"),
        (lambda: group.push(ids, np.zeros((12, 4))), "chunks: have dtype float64; this group"),
        (lambda: group.push(ids, np.zeros((12, 4), np.int16)), "int16"),
        (lambda: group.push(ids, np.zeros((12, 4), np.complex64)), "complex"),
        (lambda: group.push(ids, [silence] * 11 + [[0.5]]), r"chunks\[11\]: has dtype float64"),
        (
            lambda: group.push(ids, [silence] * 11 + [silence[:, None]]),
            r"chunks\[11\]: has shape",
        ),
        (lambda: group.push(ids, "no"), "chunks"),
        (lambda: group.push(["x"], []), r"ids=\['x'\]: must be ids"),
        (lambda: group.push([0.0], []), "must be ids"),
        (lambda: group.push([2**80], [silence]), "must be ids"),
        (lambda: group.flush([-1]), "ids: -1 is not in the group"),
        (lambda: group.leave(gone), f"ids: {gone} is not in the group"),
        (lambda: group.leave([ids[0], gone]), f"ids: {gone} is not in the group"),
        (lambda: group.reset([ids[0], ids[0]]), "stands there twice"),
    ):
        with pytest.raises(ParameterError, match=text):
            call()
    assert len(group) == 13
    for again, n_more in (
        group.push(ids, [y[777:] for y in ys]),
        group.flush(np.array(ids)),
    ):
        for mine, part in zip(parts, group.split(again, n_more), strict=True):
            mine.append(part)
    for mine, y in zip(parts, ys, strict=True):
        assert np.array_equal(np.concatenate(mine, axis=1), plan(y))


def test_members() -> None:
    group = make("whisper").stream_group(capacity=3)
    a, b, c = group.join(), group.join(), group.join()
    assert sorted(group) == sorted(group.ids.tolist()) == [a, b, c]
    assert a in group
    assert 99 not in group
    assert "a" not in group
    assert None not in group
    assert 2**70 not in group
    with pytest.raises(ParameterError, match="capacity=3: the group is full"):
        group.join()
    group.leave(b)
    d = group.join()
    assert d not in (a, b, c)
    assert b not in group
    assert len(group) == 3
    group.leave([a, c, d])
    assert len(group) == 0
    assert group.ids.size == 0
    frames, counts = group.push([], [])
    assert frames.shape == (0, 40)
    assert counts.size == 0
    assert group.flush([])[0].shape == (0, 40)
    assert group.stream_size < 20000
    assert "0 streams" in repr(group)


def test_too_short_for_a_frame() -> None:
    plan = fastspec.STFT(n_fft=256, center=False)
    group = plan.stream_group()
    a, b = group.join(), group.join()
    group.push([a], np.ones((1, 255), np.float32))
    frames, counts = group.flush([a, b])
    assert frames.shape == (0, 129)
    assert counts.tolist() == [0, 0]


@pytest.mark.parametrize(
    "plan",
    [
        lambda: fastspec.MelSpectrogram(log="db", top_db=80),
        lambda: fastspec.FrontEnd(n_mels=20, normalize="mean"),
        lambda: fastspec.presets.get("whisper"),
    ],
)
def test_whole_signals_are_refused(plan: Any) -> None:
    with pytest.raises(ParameterError, match="the whole signal"):
        plan().stream_group()


def test_plans_without_groups() -> None:
    for plan, text in (
        (fastspec.NSGT(), "has no group of streams"),
        (fastspec.CQT(definition="librosa", pad_mode="reflect"), "pads the whole signal"),
    ):
        with pytest.raises(ParameterError, match=text):
            plan.stream_group()


def test_arguments_of_the_group() -> None:
    plan = make("whisper")
    for arguments, text in (
        ({"capacity": 0}, "capacity=0"),
        ({"capacity": 2.5}, "capacity=2.5"),
        ({"capacity": 2**40}, "capacity="),
        ({"n_threads": 0}, "n_threads=0"),
        ({"dtype": "int16"}, "dtype='int16': must be float32 or float64"),
        ({"dtype": "banana"}, "dtype='banana'"),
    ):
        with pytest.raises(ParameterError, match=text):
            plan.stream_group(**arguments)


@pytest.mark.parametrize("name", ["whisper", "deltas", "cqt"])
def test_memory_stays_flat(name: str) -> None:
    group = make(name).stream_group(n_threads=2)
    chunks = np.ones((30, 160), np.float32)

    def rounds(n: int) -> None:
        for _ in range(n):
            ids = [group.join() for _ in range(30)]
            group.push(ids, chunks)
            group.push(ids, list(chunks))
            group.leave(ids)

    rounds(3)
    gc.collect()
    tracemalloc.start()
    try:
        rounds(3)
        before = tracemalloc.get_traced_memory()[0]
        rounds(200)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 10000
    assert len(group) == 0


def test_two_threads_at_once() -> None:
    plan = fastspec.STFT(n_fft=2048)
    group = plan.stream_group()
    ids = [group.join() for _ in range(50)]
    chunks = np.random.default_rng(0).standard_normal((50, 20000)).astype(np.float32)
    seen: list[BaseException] = []

    def work() -> None:
        for _ in range(20):
            try:
                group.push(ids, chunks)
            except RuntimeError as error:
                seen.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen
    assert all("in use by another thread" in str(error) for error in seen)
    frames, counts = group.push(ids, chunks)
    assert counts.sum() == len(frames) > 0


def test_groups_and_plans_are_shared_by_threads() -> None:
    plan = make("whisper")
    ys = [np.random.default_rng(k).standard_normal((9, 5000)).astype(np.float32) for k in range(4)]
    wrong: list[int] = []

    def work(k: int) -> None:
        group = plan.stream_group(n_threads=2)
        ids = [group.join() for _ in ys[k]]
        parts = [[] for _ in ids]
        for i in range(0, 5000, 500):
            for mine, part in zip(
                parts, group.split(*group.push(ids, ys[k][:, i : i + 500])), strict=True
            ):
                mine.append(part)
        for mine, part, y in zip(parts, group.split(*group.flush(ids)), ys[k], strict=True):
            if not np.array_equal(np.hstack([*mine, part]), plan(y)):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
