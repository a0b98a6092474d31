"""Presets and swaps against the libraries that they stand for.

    python -m benchmarks.presets [--only NAME] [--seconds 20] [--json FILE]

One signal of 30 s at 16 kHz, float32, one thread for everybody (set before NumPy and torch are
imported), contestants in turns, medians of the process's CPU time. A batch of 8 is also given two
threads, by the wall clock. What a user makes once is made before. Rows of missing libraries are
left out. The last rows drive real clients: faster-whisper's and transformers' own code with their
extractor and with ours.

tests/live.py says how torchaudio, and parts of packages, are imported.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[_name] = "1"

import numpy as np

from benchmarks.timing import take_turns
from fastspec.compat import faster_whisper, kaldi, knf, transformers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import live
import speech

SR = 16000
Calls = dict[str, Callable[[], Any]]
WHISPER = ("whisper", "WhisperFeatureExtractor")
SEAMLESS = ("seamless_m4t", "SeamlessM4TFeatureExtractor")
RATE = {"sampling_rate": SR, "return_tensors": "np"}


def _torch_threads() -> None:
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


def _without(extractor: Any, test: str, call: Callable[[], Any]) -> Callable[[], Any]:
    """The call as it runs where torch, or torchaudio, is not installed."""

    def called() -> Any:
        with live.without(extractor, test):
            return call()

    return called


def whisper(y: np.ndarray) -> Calls:
    theirs = live.made(*WHISPER)
    faster = _faster()
    single = transformers.WhisperFeatureExtractor()
    double = transformers.WhisperFeatureExtractor(precision="double")
    return {
        "fastspec": lambda: single(y, **RATE),
        "fastspec, double": lambda: double(y, **RATE),
        "transformers, torch": lambda: theirs(y, **RATE),
        "transformers, NumPy": _without(theirs, "is_torch_available", lambda: theirs(y, **RATE)),
        "faster-whisper": lambda: faster(y),
        "openai-whisper": lambda: live.whisper(y),
    }


def _faster() -> Any:
    return live.import_part("faster_whisper", "feature_extractor").FeatureExtractor()


def whisper_batch(y: np.ndarray) -> Calls:
    batch = np.stack([np.roll(y, 1000 * k) for k in range(8)])
    theirs, ours = live.made(*WHISPER), transformers.WhisperFeatureExtractor()
    return {
        "fastspec": lambda: ours(batch, **RATE),
        "fastspec, 2 threads": lambda: ours(batch, n_threads=2, **RATE),
        "transformers, torch": lambda: theirs(batch, **RATE),
    }


def fbank(y: np.ndarray) -> Calls:
    samples = 32768 * y[np.newaxis]
    tensor = live.tensor(samples)
    torchaudio = live.kaldi()

    def online(module: Any) -> np.ndarray:
        options = module.FbankOptions()
        options.mel_opts.num_bins = 80
        options.frame_opts.dither = 0
        computer = module.OnlineFbank(options)
        computer.accept_waveform(SR, samples[0])
        computer.input_finished()
        return np.stack([computer.get_frame(t) for t in range(computer.num_frames_ready)])

    import kaldi_native_fbank

    return {
        "fastspec": lambda: kaldi.fbank(samples, num_mel_bins=80),
        "fastspec, double": lambda: kaldi.fbank(samples, num_mel_bins=80, precision="double"),
        "fastspec.compat.knf": lambda: online(knf),
        "torchaudio": lambda: torchaudio.fbank(tensor, num_mel_bins=80),
        "kaldi-native-fbank": lambda: online(kaldi_native_fbank),
    }


def mfcc(y: np.ndarray) -> Calls:
    samples = 32768 * y[np.newaxis]
    tensor = live.tensor(samples)
    torchaudio = live.kaldi()
    return {
        "fastspec": lambda: kaldi.mfcc(samples),
        "torchaudio": lambda: torchaudio.mfcc(tensor),
    }


def ast(y: np.ndarray) -> Calls:
    live.kaldi()
    theirs = live.made(*live.AST, max_length=3000)
    with live.without(theirs, "is_speech_available"):
        numpy_way = live.model(*live.AST)(max_length=3000)
    ours = transformers.ASTFeatureExtractor(max_length=3000)
    double = transformers.ASTFeatureExtractor(max_length=3000, precision="double")
    return {
        "fastspec": lambda: ours(y, **RATE),
        "fastspec, double": lambda: double(y, **RATE),
        "transformers, torchaudio": lambda: theirs(y, **RATE),
        "transformers, NumPy": _without(
            theirs, "is_speech_available", lambda: numpy_way(y, **RATE)
        ),
    }


def seamless(y: np.ndarray) -> Calls:
    theirs = live.made(*SEAMLESS)
    ours = transformers.SeamlessM4TFeatureExtractor()
    single = transformers.SeamlessM4TFeatureExtractor(precision="single")
    return {
        "fastspec": lambda: ours(y, **RATE),
        "fastspec, single": lambda: single(y, **RATE),
        "transformers, NumPy": lambda: theirs(y, **RATE),
    }


def speecht5(y: np.ndarray) -> Calls:
    theirs = live.made("speecht5", "SpeechT5FeatureExtractor")
    ours = transformers.SpeechT5FeatureExtractor()
    return {
        "fastspec": lambda: ours(audio_target=y, **RATE),
        "transformers, NumPy": lambda: theirs(audio_target=y, **RATE),
    }


def client_faster_whisper(y: np.ndarray) -> Calls:
    """As WhisperModel.transcribe drives it: a long recording once, then cut into segments."""
    recording = np.tile(y, 4)
    extractors = {
        "fastspec": faster_whisper.FeatureExtractor(),
        "fastspec, single": faster_whisper.FeatureExtractor(precision="single"),
        "faster-whisper": _faster(),
    }

    def run(extractor: Any) -> list[np.ndarray]:
        features = extractor(recording, chunk_length=30)
        size = extractor.nb_max_frames
        frames = features.shape[-1] - 1
        segments = []
        for seek in range(0, frames, size):
            segment = features[:, seek : min(seek + size, frames)]
            segments.append(np.pad(segment, ((0, 0), (0, size - segment.shape[-1]))))
        return segments

    results = {name: run(extractor) for name, extractor in extractors.items()}
    _same("faster-whisper", results["fastspec"], results["faster-whisper"], bound=1e-4)
    return {name: lambda e=extractor: run(e) for name, extractor in extractors.items()}


def client_transformers(y: np.ndarray) -> Calls:
    """transformers' speech recognition pipeline, its own preprocess, and a model behind it."""
    import torch

    live.made(*WHISPER)  # imports torchaudio where its binary does not fit
    from transformers import WhisperConfig, WhisperForConditionalGeneration
    from transformers.pipelines.automatic_speech_recognition import (
        AutomaticSpeechRecognitionPipeline,
    )

    recording = np.tile(y, 4)
    torch.manual_seed(0)
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            d_model=64,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=64,
            decoder_ffn_dim=64,
        )
    ).eval()
    extractors = {
        "transformers": live.made(*WHISPER),
        "fastspec": transformers.WhisperFeatureExtractor(),
    }

    pipelines = {
        name: AutomaticSpeechRecognitionPipeline(
            model=model, feature_extractor=extractor, tokenizer=None, device="cpu"
        )
        for name, extractor in extractors.items()
    }

    def pieces(pipeline: Any) -> list[Any]:
        inputs = {"raw": recording, "sampling_rate": SR}
        return list(pipeline.preprocess(inputs, chunk_length_s=30))

    def tokens(pipeline: Any) -> list[list[int]]:
        with torch.no_grad():
            return [
                model.generate(piece["input_features"], max_new_tokens=8)[0].tolist()
                for piece in pieces(pipeline)
            ]

    results = {name: pieces(pipeline) for name, pipeline in pipelines.items()}
    arrays = [
        [np.asarray(piece["input_features"]) for piece in result] for result in results.values()
    ]
    _same("transformers' pipeline", *arrays, bound=1e-3)
    theirs, ours = (tokens(pipeline) for pipeline in pipelines.values())
    print(f"tokens that the model makes of them: {'the same' if ours == theirs else 'DIFFERENT'}")
    return {name: lambda p=pipeline: pieces(p) for name, pipeline in pipelines.items()}


def _same(what: str, a: list[np.ndarray], b: list[np.ndarray], bound: float) -> None:
    error = max(float(np.abs(x - y).max()) for x, y in zip(a, b))
    verdict = "the same" if len(a) == len(b) and error < bound else "DIFFERENT"
    print(f"{what}: {len(a)} arrays, {verdict}, largest difference {error:.1e}")


ROWS: dict[str, tuple[str, Callable[[np.ndarray], Calls], bool]] = {
    "whisper": ("Whisper, WhisperFeatureExtractor()(y)", whisper, True),
    "whisper-batch": ("the same, batch of 8 (wall clock)", whisper_batch, False),
    "fbank": ("Kaldi's filter bank, 80 bands", fbank, True),
    "mfcc": ("Kaldi's MFCC", mfcc, True),
    "ast": ("AST, ASTFeatureExtractor(max_length=3000)(y)", ast, True),
    "seamless": ("SeamlessM4TFeatureExtractor()(y)", seamless, True),
    "speecht5": ("SpeechT5FeatureExtractor()(audio_target=y)", speecht5, True),
    "client-faster-whisper": ("faster-whisper's use, 120 s", client_faster_whisper, True),
    "client-transformers": ("transformers' ASR pipeline, 120 s", client_transformers, True),
}


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.presets", description=__doc__)
    parser.add_argument("--only", default="", help="a row, or part of its name")
    parser.add_argument("--seconds", type=float, default=20, help="per row [20]")
    parser.add_argument("--json", metavar="FILE", help="write what was measured")
    args = parser.parse_args()
    _torch_threads()
    y = speech.speech(SR, 30)
    data = {}
    for name, (title, make, cpu_time) in ROWS.items():
        if args.only not in name:
            continue
        try:
            calls = make(y)
        except ImportError as error:
            print(f"\n{title}: left out, {error}")
            continue
        for call in calls.values():
            call()
        samples = take_turns(calls, args.seconds, 5, cpu_time=cpu_time)
        rows = {contestant: s.summary() for contestant, s in samples.items()}
        data[name] = rows
        best = rows["fastspec"]["median"]
        print(f"\n{title}")
        for contestant, row in rows.items():
            quartiles = f"{1e3 * row['q1']:.2f} to {1e3 * row['q3']:.2f}"
            ratio = row["median"] / best
            print(f"  {contestant:26} {1e3 * row['median']:9.2f} ms ({quartiles}) {ratio:6.1f} x")
    if args.json:
        Path(args.json).write_text(json.dumps(data, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
