"""Many client threads on one shared plan: ``python -m benchmarks --only load [--full]``.

Log-mel spectrograms as Whisper has them (16 kHz, 400/160, 80 bands), of signals of 0.1 to 3 s in
random order. Every library runs in a process of its own, with one thread for each call, for 1, 8,
64 and 256 client threads: calls a second, quantiles of the time from a client's call to its
result, the number of calls that failed or gave another result than one thread gives, the CPU time
of a call, and resident memory before and after. With more clients than cores a call's time holds
its wait for a core.

Then two client threads against one, by turns, and against two processes, which share nothing: that
is what the machine gives. Ours is called as a program would, and with ``out=``, which spares the
system the pages of a new result.

``--full``: a million calls of ours in all, and 20 000 of each other library.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import cases
from benchmarks.fresh import memory

Array = npt.NDArray[Any]
Call = Callable[[Array], Array]

CLIENTS = (1, 8, 64, 256)
LIBRARIES = ("fastspec", "librosa", "torchaudio", "torch")  # torch where torchaudio is not there
_SR, _N_FFT, _HOP, _N_MELS = 16000, 400, 160, 80
_KINDS = 24  # lengths
_ROUNDS = 9


# ---- what is called ------------------------------------------------------------------------------


def _fastspec() -> Call:
    import fastspec

    return fastspec.MelSpectrogram(
        sr=_SR, n_fft=_N_FFT, hop_length=_HOP, n_mels=_N_MELS, log="log10"
    )


def _librosa() -> Call:
    import librosa

    window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32)
    bank = librosa.filters.mel(sr=_SR, n_fft=_N_FFT, n_mels=_N_MELS)

    def call(y: Array) -> Array:
        stft = librosa.stft(y, n_fft=_N_FFT, hop_length=_HOP, window=window)
        mel = bank @ (stft.real**2 + stft.imag**2)
        return np.log10(np.maximum(mel, 1e-10))  # type: ignore[no-any-return]

    return call


def _torchaudio() -> Call:
    torch = importlib.import_module("torch")
    audio = importlib.import_module("torchaudio")
    torch.set_num_threads(1)
    mel = audio.transforms.MelSpectrogram(
        sample_rate=_SR,
        n_fft=_N_FFT,
        hop_length=_HOP,
        n_mels=_N_MELS,
        pad_mode="constant",
        norm="slaney",
        mel_scale="slaney",
    )

    def call(y: Array) -> Array:
        with torch.inference_mode():
            return mel(torch.from_numpy(y)).clamp(min=1e-10).log10().numpy()  # type: ignore[no-any-return]

    return call


def _torch() -> Call:
    """Return what torchaudio's transform does."""
    torch = importlib.import_module("torch")
    from fastspec import mel_filter

    torch.set_num_threads(1)
    window = torch.hann_window(_N_FFT)
    bank = torch.from_numpy(mel_filter(sr=_SR, n_fft=_N_FFT, n_mels=_N_MELS))

    def call(y: Array) -> Array:
        with torch.inference_mode():
            stft = torch.stft(
                torch.from_numpy(y),
                _N_FFT,
                hop_length=_HOP,
                window=window,
                pad_mode="constant",
                return_complex=True,
            )
            mel = bank @ stft.abs().pow(2)
            return mel.clamp(min=1e-10).log10().numpy()  # type: ignore[no-any-return]

    return call


_MAKERS = {
    "fastspec": _fastspec,
    "librosa": _librosa,
    "torchaudio": _torchaudio,
    "torch": _torch,
}


def _signals() -> list[Array]:
    whole = cases.signal(_SR, 3.0)
    return [whole[: round(_SR * s)].copy() for s in np.linspace(0.1, 3.0, _KINDS)]


# ---- the load ------------------------------------------------------------------------------------


def _run(workers: Iterable[Callable[[], None]]) -> float:
    """Run workers at once; return the seconds that they took together."""
    threads = [threading.Thread(target=worker) for worker in workers]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def _load(call: Call, signals: list[Array], clients: int, calls: int) -> dict[str, Any]:
    """Let clients call; return what came of it."""
    right = [call(y) for y in signals]
    each = -(-calls // clients)
    times = np.zeros((clients, each), np.int64)
    wrong = [0] * clients
    before = memory("VmRSS")

    def client(me: int) -> None:
        order = np.random.default_rng(me).integers(0, len(signals), each).tolist()
        for i, kind in enumerate(order):
            start = time.perf_counter_ns()
            try:
                result = call(signals[kind])
            except Exception:
                wrong[me] += 1
                continue
            finally:
                times[me, i] = time.perf_counter_ns() - start
            if i % 16 == 0 and not np.array_equal(result, right[kind]):
                wrong[me] += 1

    cpu = time.process_time()
    seconds = _run([lambda me=me: client(me) for me in range(clients)])  # type: ignore[misc]
    cpu = time.process_time() - cpu
    p50, p99, p999 = np.quantile(times, [0.5, 0.99, 0.999]) * 1e-9
    return {
        "clients": clients,
        "calls": times.size,
        "rate": times.size / seconds,
        "p50": p50,
        "p99": p99,
        "p99.9": p999,
        "errors": sum(wrong),
        "cpu": cpu / times.size,
        "before": before,
        "after": memory("VmRSS"),
    }


def _scaling(call: Call, signals: list[Array], calls: int, *, ours: bool) -> dict[str, float]:
    """Return how many times as many calls two make in a time as one does, by what the two are."""
    kept = threading.local()

    def work(call: Call = call) -> None:
        for i in range(calls):
            call(signals[i % len(signals)])

    def into(y: Array) -> Array:
        outs = kept.__dict__.setdefault("outs", {})
        outs[y.size] = result = call(y, outs.get(y.size))  # type: ignore[call-arg]
        return result

    pairs = {"two threads": lambda: _run([work, work])}
    processes = [_start(calls), _start(calls)] if ours else []
    if ours:
        pairs["two threads, out="] = lambda: _run([lambda: work(into)] * 2)
        pairs["two processes"] = lambda: _go(processes)
    ratios: dict[str, list[float]] = {name: [] for name in pairs}
    _run([work, work])
    for _ in range(_ROUNDS):
        one = _run([work])
        for name, pair in pairs.items():
            ratios[name].append(2 * one / pair())
    for process in processes:
        process.communicate()
    return {name: median(values) for name, values in ratios.items()}


def _start(calls: int) -> subprocess.Popen[str]:
    """Return a process that waits for `_go`."""
    command = [sys.executable, "-m", "benchmarks.load", "--worker", str(calls)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def _go(processes: list[subprocess.Popen[str]]) -> float:
    """Let processes work at once; return the seconds that they took together."""
    begin = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    return time.perf_counter() - begin


def _work_on_demand(calls: int) -> None:
    call, signals = _fastspec(), _signals()
    for y in signals:
        call(y)
    print("ready", flush=True)
    for _ in sys.stdin:
        for i in range(calls):
            call(signals[i % len(signals)])
        print("done", flush=True)


def _child(name: str, calls: int, full: bool) -> None:
    """Measure one library in this process; print a line of JSON for every row."""
    warnings.simplefilter("ignore")
    call = _MAKERS[name]()
    signals = _signals()
    for _ in range(3):
        for y in signals:
            call(y)
    for clients in CLIENTS:
        print(json.dumps(_load(call, signals, clients, calls)), flush=True)
    some = max(_KINDS, min(calls, 4000 if full else 1000) // 2)
    print(json.dumps(_scaling(call, signals, some, ours=name == "fastspec")), flush=True)


# ---- the report ----------------------------------------------------------------------------------


def measure(*, full: bool = False) -> str:
    """Measure everything; return the report."""
    lines = [
        f"log-mel of 0.1 to 3 s at 16 kHz, one thread a call, {_cores()} cores; times in ms",
        f"{'':12}{'clients':>8}{'calls':>9}{'calls/s':>9}{'p50':>9}{'p99':>9}{'p99.9':>9}"
        f"{'cpu':>8}{'errors':>8}{'MB before, after':>19}",
    ]
    more = []
    for name in LIBRARIES:
        if name == "torch" and any(line.startswith("torchaudio") for line in lines):
            continue
        calls = 250_000 if full else 3000
        if name != "fastspec":
            calls = 5000 if full else 300
        print(f"{name} ...", file=sys.stderr, flush=True)
        options = ["--child", name, str(calls)] + ["--full"] * full
        command = [sys.executable, "-m", "benchmarks.load", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=_environment())
        if done.returncode != 0:
            more.append(f"{name} was left out")
            continue
        *rows, scaling = map(json.loads, done.stdout.splitlines())
        lines += [_row(name, row) for row in rows]
        parts = ", ".join(f"{what} {ratio:.2f} times" for what, ratio in scaling.items())
        more.append(f"{name}: calls in a time, against one thread: {parts}")
    return "\n".join([*lines, "", *more])


def _row(name: str, row: dict[str, Any]) -> str:
    sizes = [row["before"], row["after"]]
    megabytes = ", ".join("-" if size is None else f"{size / 2**20:.1f}" for size in sizes)
    times = "".join(f"{1e3 * row[key]:9.3f}" for key in ("p50", "p99", "p99.9"))
    return (
        f"{name:12}{row['clients']:8}{row['calls']:9}{row['rate']:9.0f}{times}"
        f"{1e3 * row['cpu']:8.3f}{row['errors']:8}{megabytes:>19}"
    )


def _cores() -> int:
    import fastspec

    return fastspec.cores()


def _environment() -> dict[str, str]:
    names = ("OMP", "MKL", "OPENBLAS", "NUMBA")
    return {**os.environ, **{f"{name}_NUM_THREADS": "1" for name in names}}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million calls")
    parser.add_argument("--child", nargs=2, metavar=("LIBRARY", "CALLS"), help=argparse.SUPPRESS)
    parser.add_argument("--worker", type=int, metavar="CALLS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        _work_on_demand(arguments.worker)
    elif arguments.child:
        try:
            _child(arguments.child[0], int(arguments.child[1]), arguments.full)
        except (ImportError, OSError):
            os._exit(3)  # the library is not there
    else:
        print(measure(full=arguments.full))


if __name__ == "__main__":
    main()
