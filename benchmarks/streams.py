"""What live streams cost: chunks of 10 ms, one stream or many, against whole signals.

`python -m benchmarks --only streams`: CPU time per frame on one thread of one stream, of groups of
8 to 1024 streams and of one call on 20 s, all from Python, medians of interleaved rounds; and how
many streams of real time one core sustains at that cost. Beside them kaldi-native-fbank's
OnlineFbank where it is installed, fed in the same chunks and asked for each frame, from Python too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

import fastspec

GROUPS = (8, 64, 256, 1024)
_SECONDS = 20
_TURN = 0.02  # seconds of a measurement


def cases() -> dict[str, tuple[Any, int]]:
    """Return the plans and their sample rates."""
    whisper = fastspec.FrontEnd(
        sr=16000, n_fft=400, hop_length=160, n_mels=80, log="log10", amin=1e-10, log_floor=-8.0
    )
    return {
        "Whisper's log-mel, 80 bands": (whisper, 16000),
        "Kaldi's fbank, 80 bands": (fastspec.presets.get("knf_fbank", n_mels=80, dither=0), 16000),
        "CQT, 84 bins, hop 512": (fastspec.CQT(sr=22050, hop_length=512, n_bins=84), 22050),
        "CQT, 84 bins, hop 160": (fastspec.CQT(sr=16000, hop_length=160, n_bins=84), 16000),
    }


def _offline(plan: Any, sr: int, noise: Any) -> Callable[[], float]:
    """Return a call that gives the frames of a second of signal."""
    y = noise(_SECONDS * sr)
    out = plan(y)

    def call() -> float:
        plan(y, out)
        return _SECONDS

    return call


def _one(plan: Any, sr: int, noise: Any, *, out: bool = False) -> Callable[[], float]:
    """Return a call that pushes half a second, so that the loop's own cost is small."""
    stream = plan.stream()
    chunk = noise(sr // 100)
    frames = stream.push(noise(sr)) if out else None
    stream.push(chunk)

    def call() -> float:
        push = stream.push
        for _ in range(50):
            push(chunk, frames)
        return 50 * len(chunk) / sr

    return call


def _group(plan: Any, sr: int, noise: Any, n: int) -> Callable[[], float]:
    group = plan.stream_group(capacity=n)
    ids = np.array([group.join() for _ in range(n)])
    chunks = noise((n, sr // 100))
    # Streams that have begun at different times.
    group.push(ids, [noise(1000 + 37 * i % (sr // 2)) for i in range(n)])

    def call() -> float:
        group.push(ids, chunks)
        return chunks.size / sr

    return call


def _knf(noise: Any) -> Callable[[], float] | None:
    try:
        import kaldi_native_fbank as knf
    except ImportError:
        return None
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = 16000
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    chunk = (32768 * noise(160)).astype(np.float32).tolist()
    state = {"fbank": knf.OnlineFbank(options), "next": 0}

    def call() -> float:
        if state["next"] > 3000:  # it keeps every frame
            state["fbank"], state["next"] = knf.OnlineFbank(options), 0
        fbank = state["fbank"]
        fbank.accept_waveform(16000, chunk)
        while state["next"] < fbank.num_frames_ready:
            fbank.get_frame(state["next"])
            state["next"] += 1
        return 0.01

    return call


def _time(call: Callable[[], float]) -> float:
    """Return the CPU seconds that a second of one signal takes."""
    signal = 0.0
    begin = time.process_time()
    stop = time.perf_counter() + _TURN
    while time.perf_counter() < stop:
        signal += call()
    return (time.process_time() - begin) / signal


def measure(rounds: int = 11, only: str = "") -> dict[str, dict[str, float]]:
    """Return the CPU seconds per second of signal, by case and contestant."""
    rng = np.random.default_rng(0)

    def noise(shape: Any) -> Any:
        return rng.standard_normal(shape, dtype=np.float32) / 8

    result = {}
    for name, (plan, sr) in cases().items():
        if only not in name:
            continue
        calls = {
            "whole signals": _offline(plan, sr, noise),
            "one stream": _one(plan, sr, noise),
            "one stream, out=": _one(plan, sr, noise, out=True),
        }
        for n in GROUPS:
            calls[f"group of {n}"] = _group(plan, sr, noise, n)
        knf = _knf(noise) if name.startswith("Kaldi") else None
        if knf:
            calls["OnlineFbank (kaldi-native-fbank)"] = knf
        times: dict[str, list[float]] = {key: [] for key in calls}
        for _ in range(rounds):
            for key, call in calls.items():
                times[key].append(_time(call))
        result[name] = {key: median(values) for key, values in times.items()}
    return result


def render(result: dict[str, dict[str, float]]) -> str:
    """Return a table."""
    plans = cases()
    lines = []
    for name, row in result.items():
        plan, sr = plans[name]
        lines += [f"{name}: chunks of 10 ms", ""]
        lines.append(f"{'':34}{'us a frame':>12}{'to offline':>12}{'streams a core':>16}")
        for key, seconds in row.items():
            frame = 1e6 * seconds * plan.hop_length / sr
            ratio = seconds / row["whole signals"]
            lines.append(f"{key:34}{frame:12.2f}{ratio:12.2f}{1 / seconds:16.0f}")
        lines.append("")
    return "\n".join(lines)


def main(quick: bool = False) -> None:
    """Measure and print."""
    print(render(measure(3 if quick else 11)))
