"""The exact constant-Q transform against its definition over rates, hops and divisions of the
octave, up to Nyquist: part of the table that benchmarks/accuracy.py prints."""

import math

import numpy as np
import pytest

from fastspec import CQT

FMIN = {12: 65.40639132514966, 24: 65.40639132514966, 36: 130.8127826502993, 60: 261.6255653005986}
SECONDS = 0.5

# Every rate, hop and division meets every other kind of signal somewhere.
GRIDS = [
    (16000, 512, 36, "noise"), (16000, 441, 12, "chirp"), (16000, 160, 60, "clicks"),
    (16000, 64, 24, "music"), (22050, 512, 12, "music"), (22050, 441, 24, "noise"),
    (22050, 160, 36, "chirp"), (22050, 64, 60, "clicks"), (44100, 512, 60, "chirp"),
    (44100, 441, 36, "music"), (44100, 160, 24, "clicks"), (44100, 64, 12, "noise"),
    (48000, 512, 24, "clicks"), (48000, 441, 60, "music"), (48000, 160, 12, "noise"),
    (48000, 64, 36, "chirp"),
]  # fmt: skip


def sound(kind, n, sr):
    rng = np.random.default_rng(11)
    t = np.arange(n) / sr
    if kind == "noise":
        return rng.standard_normal(n)
    if kind == "chirp":
        return np.sin(np.pi * sr / 2 / SECONDS * t**2)
    if kind == "clicks":
        return np.where((rng.random(n) < 0.001) | (t == 0) | (t == t[-1]), 1.0, 0.0)
    notes = [98, 146.8, 220, 659.3, 1318.5]
    y = sum(np.sin(2 * np.pi * f * h * t) / h for f in notes for h in range(1, 6))
    return y * np.exp(-4 * (t % 0.3))


def frames_of(n_frames):
    inside = np.random.default_rng(2).integers(0, n_frames, 6)
    ends = [0, 1, 2, n_frames - 3, n_frames - 2, n_frames - 1]
    return np.unique(np.concatenate([inside, ends]))


def direct(y, plan, sr, hop, at):
    """The definition with a Hann window, summed in float64."""
    half = int(plan.lengths.max() / 2) + 1
    padded = np.pad(y, half)
    out = np.empty((len(plan.frequencies), len(at)), complex)
    for k, (f, length) in enumerate(zip(plan.frequencies, plan.lengths)):
        n = np.arange(-int(length / 2), int(length / 2) + 1)
        weights = (1 + np.cos(2 * np.pi * n / length)) / np.sqrt(length)
        weights = weights * np.exp(-2j * np.pi * ((n * f / sr) % 1))
        for i, t in enumerate(at):
            first = half + t * hop + n[0]
            out[k, i] = padded[first : first + len(n)] @ weights
    return out


def error_of(plan, y, truth, at):
    return np.linalg.norm(plan(y)[:, at] - truth) / np.linalg.norm(truth)


@pytest.mark.parametrize(("sr", "hop", "per_octave", "kind"), GRIDS)
def test_the_table(sr, hop, per_octave, kind, errors):
    n_bins = math.floor(per_octave * math.log2(sr / 2 / FMIN[per_octave])) + 1
    kwargs = {"sr": sr, "hop_length": hop, "bins_per_octave": per_octave, "n_bins": n_bins}
    y = sound(kind, int(SECONDS * sr), sr).astype(np.float32)
    wide = y.astype(np.float64)
    for gamma, bound in ((0, 2e-6), (20, 1e-5), (None, 1e-5)):
        plan = CQT(fmin=FMIN[per_octave], gamma=gamma, **kwargs)
        assert plan.frequencies[-1] > sr / 2 / 2 ** (1 / per_octave) * 0.999999
        at = frames_of(plan.n_frames(len(y)))
        truth = direct(wide, plan, sr, hop, at)
        case = f"{kind}, {kwargs}"
        name = f"CQT up to Nyquist, gamma={gamma}"
        errors.check(name, "float32", "direct sum", error_of(plan, y, truth, at), bound, case)
        errors.check(name, "float64", "direct sum", error_of(plan, wide, truth, at), 1e-10, case)


@pytest.mark.parametrize("hop", [512, 441])
@pytest.mark.parametrize("per_octave", [12, 36])
def test_closed_forms(hop, per_octave):
    """A sinusoid on a bin, an impulse, and the variance of noise."""
    kwargs = {"hop_length": hop, "bins_per_octave": per_octave, "n_bins": 6 * per_octave}
    plan = CQT(fmin=FMIN[12], **kwargs)
    n = 30001
    for k in (0, per_octave, 4 * per_octave + 5, plan.n_bins - 1):
        phase = 2 * np.pi * ((plan.frequencies[k] / 22050 * np.arange(n)) % 1)
        middle = plan((0.7 * np.cos(phase + 1)).astype(np.float32))[k, n // hop // 2]
        # What the negative frequency leaks is of the third order.
        np.testing.assert_allclose(abs(middle), 0.35 * np.sqrt(plan.lengths[k]), rtol=2e-4)
    y = np.zeros(n, np.float32)
    y[15017] = 1
    u = (15017 - np.arange(1 + n // hop) * hop) / plan.lengths[:, np.newaxis]
    window = np.where(np.abs(u) < 0.5, 1 + np.cos(2 * np.pi * u), 0)
    expected = window / np.sqrt(plan.lengths)[:, np.newaxis]
    assert np.abs(np.abs(plan(y)) - expected).max() < 1e-5 * expected.max()
    y = np.random.default_rng(5).standard_normal(400000).astype(np.float32)
    power = np.abs(CQT(fmin=400, **dict(kwargs, n_bins=4 * per_octave))(y)) ** 2
    assert abs(power[:, 20:-20].mean() - 1.5) < 0.03
