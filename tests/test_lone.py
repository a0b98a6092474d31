"""Single frames, as live streams bring them: the bits of the same frames in a long signal."""

import numpy as np
import pytest
from helpers import random

import fastspec
from fastspec import MFCC, STFT, MelSpectrogram, Spectrogram

RATE = 16000
FRAMES = 20

# Sizes with kernels for single frames, of each radix of the first pass, and one without (101).
PLANS = {
    "stft 400": lambda **more: STFT(n_fft=400, hop_length=160, **more),
    "stft 600": lambda **more: STFT(n_fft=600, hop_length=250, **more),
    "stft 101": lambda **more: STFT(n_fft=101, hop_length=40, **more),
    "power": lambda **more: Spectrogram(n_fft=512, hop_length=128, **more),
    "magnitude": lambda **more: Spectrogram(n_fft=480, hop_length=160, power=1.0, **more),
    "any power": lambda **more: Spectrogram(n_fft=160, hop_length=80, power=0.7, **more),
    "whisper": lambda **more: MelSpectrogram(
        sr=RATE, n_fft=400, hop_length=160, n_mels=80, log="log10", **more
    ),
    "decibels": lambda **more: MelSpectrogram(
        sr=RATE, n_fft=1024, hop_length=256, n_mels=128, log="db", **more
    ),
    "mfcc": lambda **more: MFCC(
        sr=RATE, n_fft=512, hop_length=160, n_mels=40, n_mfcc=20, top_db=None, **more
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("kind", PLANS)
def test_crops_are_columns_of_the_whole(kind, precision, dtype):
    plan = PLANS[kind](center=False, precision=precision)
    n, hop = plan.n_fft, plan.hop_length
    y = random(n + hop * (FRAMES - 1), dtype=dtype)
    whole = plan(y)
    assert whole.shape[-1] == FRAMES
    for count in range(1, 6):
        for first in range(FRAMES - count + 1):
            crop = y[first * hop : first * hop + n + hop * (count - 1)].copy()
            part = plan(crop)
            np.testing.assert_array_equal(part, whole[:, first : first + count])


@pytest.mark.parametrize("kind", PLANS)
def test_silence_keeps_the_signs_of_its_zeros(kind):
    plan = PLANS[kind](center=False)
    y = np.zeros(plan.n_fft + plan.hop_length * (FRAMES - 1), np.float32)
    y[::3] = -0.0
    whole = plan(y)
    for t in range(FRAMES):
        one = plan(y[t * plan.hop_length :][: plan.n_fft].copy())
        assert one.tobytes() == np.ascontiguousarray(whole[:, t : t + 1]).tobytes()


@pytest.mark.parametrize("chunk", [160, 401])
@pytest.mark.parametrize("name", ["kaldi_fbank", "kaldi_mfcc", "ast", "speecht5", "vggish"])
def test_presets_frame_by_frame(name, chunk):
    plan = fastspec.presets.get(name)
    y = random(RATE)
    whole = plan(y)
    stream = plan.stream(channels=1)
    parts = [stream.push(y[None, i : i + chunk]) for i in range(0, len(y), chunk)]
    parts.append(stream.flush())
    np.testing.assert_array_equal(np.concatenate(parts, axis=1)[0], whole)
