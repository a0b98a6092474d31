"""Signals for front ends: something like speech, noise, silence, impulses."""

import numpy as np


def speech(sr, seconds, seed=0):
    """Pulses of a changing pitch through resonances, hissing, and pauses with little noise."""
    rng = np.random.default_rng(seed)
    n = int(sr * seconds)
    t = np.arange(n) / sr
    pitch = 120 * 2 ** (0.4 * np.sin(2 * np.pi * 0.7 * t) + 0.1 * np.sin(2 * np.pi * 3.1 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / sr
    voiced = np.zeros(n)
    for k in range(1, 40):
        f = k * pitch
        formants = sum(
            a / (1 + ((f - centre * (1 + 0.2 * np.sin(2 * np.pi * rate * t))) / 120) ** 2)
            for centre, a, rate in ((600, 1, 1.3), (1500, 0.5, 0.9), (2700, 0.3, 0.6))
        )
        voiced += np.where(f < sr / 2, formants, 0) * np.sin(k * phase)
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * t) + 0.3 * np.sin(2 * np.pi * 0.31 * t), 0, None)
    hiss = np.clip(-np.sin(2 * np.pi * 2.3 * t + 0.5), 0, None) ** 4 * rng.standard_normal(n)
    pause = 3e-5 * rng.standard_normal(n)
    y = 0.15 * syllables * voiced + 0.05 * hiss + pause
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def noise(n, seed=0, level=0.1):
    return (level * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)


def impulses(n, seed=0):
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(n) < 5 / 16000, rng.uniform(-1, 1, n), 0)
    y[n // 2] = 1
    return y.astype(np.float32)


def signals(sr):
    """All of them by name, float32 in [-1, 1]."""
    return {
        "speech": speech(sr, 3),
        "noise": noise(2 * sr),
        "faint noise": noise(sr, 1, 1e-4),
        "impulses": impulses(sr),
        "silence": np.zeros(sr, np.float32),
    }
