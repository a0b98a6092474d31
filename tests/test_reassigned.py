"""reassigned_spectrogram: against the definition, librosa, and bad input."""

import helpers
import numpy as np
import pytest
from helpers import (
    agree_on_warnings,
    call,
    describe,
    frames,
    hop_of,
    layout,
    length,
    memory_order,
    random,
    refused,
    samples,
    signal,
)

import fastspec

PAD_MODES = ("constant", "edge", "linear_ramp", "reflect", "symmetric")

# Differences of frequencies in bins and of times in hops, where the magnitude is at least FLOOR of
# the frame's largest. The transforms' errors are some eps of the frame's energy, so those of the
# quotients grow as the magnitude falls: the bound is TIGHT times largest / magnitude. Of float32,
# librosa rounds each spectrum after a transform in double, which costs nothing where there is
# little energy; but the quotients themselves, of some hundred bins in the valleys, are rounded. A
# window of float32 it differentiates, and transforms float32 by it, in float32.
TIGHT = {"float64": 3e-14, "float32": 3e-14, "narrow window": 1e-6}
ROUNDED = {"float64": 1e-12, "float32": 1e-6, "narrow window": 1e-5}
FLOOR = 1e-10


def draw(seed):
    rng = np.random.default_rng([77, seed])
    kwargs = frames(rng, largest=1024)
    kwargs["n_fft"] = max(kwargs["n_fft"], 4)
    lead = tuple(rng.integers(1, 3, rng.integers(3)).tolist())
    center = bool(rng.integers(4))
    kwargs["hop_length"] = max(1, hop_of(kwargs))
    n = length(rng, kwargs, lead, center)
    y = layout(rng, signal(rng, (*lead, n), (np.float32, np.float64)[rng.integers(2)]))
    kwargs |= {"sr": (22050, 16000.0)[rng.integers(2)], "center": center}
    if rng.random() < 0.3:
        kwargs["pad_mode"] = PAD_MODES[rng.integers(len(PAD_MODES))]
    for name in ("fill_nan", "clip"):
        if rng.random() < 0.5:
            kwargs[name] = bool(rng.integers(2))
    if rng.random() < 0.5:
        kwargs["ref_power"] = (0, 1e-2, 1e-9, np.max, np.median)[rng.integers(5)]
    if rng.random() < 0.3:
        kwargs[("reassign_times", "reassign_frequencies")[rng.integers(2)]] = False
    if rng.random() < 0.15:
        kwargs["dtype"] = (np.complex64, np.complex128)[rng.integers(2)]
    return rng, y, kwargs


def slow_transforms(y, n_fft, hop, window, pad, mode="constant"):
    """STFTs by the window, its derivative and its moment, by matrices of exponentials."""
    y = np.pad(np.asarray(y, np.float64), pad, mode=mode)
    x = np.stack([y[i : i + n_fft] for i in range(0, y.size - n_fft + 1, hop)], axis=-1)
    before = (n_fft - window.size) // 2
    w = np.zeros(n_fft)
    w[before : before + window.size] = window
    slope = np.array([(w[(i + 1) % n_fft] - w[i - 1]) / 2 for i in range(n_fft)])
    middle = n_fft // 2 - (0 if n_fft % 2 else 0.5)
    moment = w * (np.arange(n_fft) - middle)
    k = np.arange(n_fft // 2 + 1)[:, None] * np.arange(n_fft)
    turns = np.exp(-2j * np.pi * (k % n_fft) / n_fft)
    return [turns @ (x * part[:, None]) for part in (w, slope, moment)]


@pytest.mark.parametrize("seed", range(30))
def test_by_the_definition(errors, seed):
    rng, y, kwargs = draw(seed)
    kwargs["n_fft"] = n_fft = int(rng.choice([16, 37, 64, 100, 255, 256]))
    kwargs |= {"win_length": None, "hop_length": n_fft // 3, "center": True, "dtype": None}
    kwargs |= {"ref_power": 0, "fill_nan": False, "clip": False, "pad_mode": "constant"}
    kwargs["window"] = "hann"
    for name in ("reassign_times", "reassign_frequencies"):
        kwargs.pop(name, None)
    y = y.reshape(-1)[: 20 * n_fft]
    sr, hop = kwargs["sr"], kwargs["hop_length"]
    if n_fft > y.size:
        y = np.resize(y, n_fft)
    freqs, times, mags = fastspec.reassigned_spectrogram(y, **kwargs)
    h, d, t = slow_transforms(y, n_fft, hop, samples("hann", n_fft), n_fft // 2)
    size = abs(h)
    loud = size > 1e-6 * max(size.max(), 1e-300)
    with np.errstate(all="ignore"):
        bins = np.arange(len(h))[:, None] * sr / n_fft - np.imag(d / h) * sr / (2 * np.pi)
        moments = np.arange(h.shape[1]) * hop / sr + np.real(t / h) / sr
    scale = size.max() / np.where(loud, size, 1) * n_fft
    case = describe(kwargs)
    apart = np.where(loud, abs(freqs - bins) / (sr / n_fft) / scale, 0).max()
    errors.check("reassigned, bins", y.dtype, "definition", apart, 1e-13, case)
    apart = np.where(loud, abs(times - moments) * sr / n_fft / scale, 0).max()
    errors.check("reassigned, frames", y.dtype, "definition", apart, 1e-13, case)
    eps = 1e-6 if y.dtype == np.float32 else 1e-13
    apart = abs(mags - size).max() / size.max()
    errors.check("reassigned, mags", y.dtype, "definition", apart, eps)


def test_is_librosas(librosa, errors):
    for seed in range(250):
        rng, y, kwargs = draw(1000 + seed)
        given = rng.random() < 0.25
        if given:
            names = ("n_fft", "hop_length", "win_length", "window", "center", "pad_mode", "dtype")
            with np.errstate(all="ignore"):
                S = call(librosa.stft, y, **{k: v for k, v in kwargs.items() if k in names})[0]
            kwargs["S"] = S
        with np.errstate(all="ignore"):
            theirs, their_warnings = call(librosa.reassigned_spectrogram, y, **kwargs)
        ours, our_warnings = call(
            fastspec.reassigned_spectrogram, y, n_threads=1 + seed % 3, **kwargs
        )
        check(errors, y, kwargs, ours, theirs)
        agree_on_warnings(our_warnings, their_warnings, helpers.__file__)


def check(errors, y, kwargs, ours, theirs):
    case = describe(kwargs)
    for a, b in zip(ours, theirs):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), case
        assert memory_order(a) == memory_order(b), case
        assert a.flags.writeable == b.flags.writeable, case
    kind = "float32" if ours[2].dtype == np.float32 else "float64"
    size = theirs[2].astype(np.float64)
    largest = size.max(axis=-2, keepdims=True)
    loud = size > FLOOR * largest
    scale = largest / np.where(loud, size, 1)
    eps = 3e-7 if kind == "float32" else 1e-13
    peak = max(size.max(), 1e-300)
    if getattr(kwargs["window"], "dtype", None) == np.float32:
        kind, eps = "narrow window", 1e-6
    errors.check("reassigned, mags", kind, "librosa", abs(ours[2] - size).max() / peak, eps, case)
    # What is neither at the threshold nor but rounding is missing in both or in neither.
    power = kwargs.get("ref_power", 1e-6)
    least = (power(theirs[2] ** 2) if callable(power) else power) ** 0.5
    sure = loud & (abs(size - least) > 1e-5 * least)
    sr, n_fft = kwargs["sr"], kwargs["n_fft"]
    units = sr / n_fft, n_fft / sr
    for name, unit, a, b in zip(("bins", "frames"), units, ours, theirs):
        np.testing.assert_array_equal(np.isnan(a) & sure, np.isnan(b) & sure, err_msg=case)
        known = sure & np.isfinite(b)
        apart = np.where(known, abs(np.where(known, a, 0) - np.where(known, b, 0)) / unit, 0)
        # What is reassigned by far is so by a large quotient, rounded relatively.
        centre = np.where(known, abs(b) / unit, 0)
        bound = TIGHT[kind] * n_fft * scale + ROUNDED[kind] * (1 + centre + n_fft * scale**0.5)
        errors.check(f"reassigned, {name}", kind, "librosa", (apart / bound).max(), 1, case)


def test_batches_threads_and_layouts_give_the_same_bits():
    y = random(2, 3, 9000, dtype=np.float64)
    for n_fft, hop in ((512, 100), (300, 75), (331, 400), (2048, 512)):
        kwargs = {"n_fft": n_fft, "hop_length": hop, "ref_power": 0.5}
        want = fastspec.reassigned_spectrogram(y, **kwargs)
        for n_threads in (2, 5, -1):
            again = fastspec.reassigned_spectrogram(y, n_threads=n_threads, **kwargs)
            np.testing.assert_array_equal(again, want)
        one = fastspec.reassigned_spectrogram(y[1, 2], **kwargs)
        np.testing.assert_array_equal(one, [part[1, 2] for part in want])
        strided = np.repeat(y, 2, axis=-1)[..., ::2]
        np.testing.assert_array_equal(fastspec.reassigned_spectrogram(strided, **kwargs), want)


def test_given_spectra_of_any_layout():
    y = random(2, 6000, dtype=np.float64)
    kwargs = {"n_fft": 512, "hop_length": 128}
    S = fastspec.stft(y, **kwargs)
    want = fastspec.reassigned_spectrogram(y, S=S, **kwargs)
    for given in (np.ascontiguousarray(S), np.repeat(S, 2, axis=-1)[..., ::2], S.astype(">c16")):
        np.testing.assert_array_equal(fastspec.reassigned_spectrogram(y, S=given, **kwargs), want)
    narrow = fastspec.reassigned_spectrogram(y, S=S.astype(np.complex64), **kwargs)
    assert narrow[2].dtype == np.float32
    S[..., 3, 4] = np.nan
    assert np.isnan(fastspec.reassigned_spectrogram(y, S=S, **kwargs)[0][..., 3, 4]).all()


def test_silence_and_extremes(librosa):
    for scale in (0, 1e-170, 1e170):
        y = random(4000, dtype=np.float64) * scale
        for fill in (False, True):
            kwargs = {"n_fft": 256, "ref_power": 0, "fill_nan": fill}
            with np.errstate(all="ignore"):
                theirs = librosa.reassigned_spectrogram(y, **kwargs)
            for a, b in zip(fastspec.reassigned_spectrogram(y, **kwargs), theirs):
                np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_a_click_and_a_tone_are_found():
    sr = 22050
    y = np.zeros(sr)
    y[7000] = 1
    freqs, times, mags = fastspec.reassigned_spectrogram(y, sr=sr, n_fft=512)
    loud = mags > 0.1
    # Even frames have their middle between two samples, but it gets the time of the second.
    np.testing.assert_allclose(times[loud], 7000.5 / sr, atol=1e-9)
    y = np.sin(2 * np.pi * 1234.5 * np.arange(sr) / sr)
    freqs, times, mags = fastspec.reassigned_spectrogram(y, sr=sr, n_fft=512, center=False)
    np.testing.assert_allclose(freqs[mags > 10], 1234.5, atol=0.1)


def test_functions_that_pad(librosa):
    def pad(vector, widths, axis, kwargs):
        vector[: widths[0]] = 0.5
        vector[vector.size - widths[1] :] = -0.25

    y = random(5000, dtype=np.float64)
    kwargs = {"n_fft": 512, "pad_mode": pad, "fill_nan": True, "ref_power": 1.0}
    theirs = librosa.reassigned_spectrogram(y, **kwargs)
    for a, b in zip(fastspec.reassigned_spectrogram(y, **kwargs), theirs):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)


def test_refusals():
    function, y = fastspec.reassigned_spectrogram, np.zeros(4000)
    for name, bads in {
        "sr": (0, -1, np.nan, None), "n_fft": (0, 2**22 + 1, 2.5, None), "hop_length": (0, -1, "x"),
        "win_length": (0, 4096), "window": ("nonsense", np.ones(5)), "center": (1, None),
        "ref_power": (-1, np.nan, None, "x"), "fill_nan": (1,), "clip": ("x",),
        "dtype": (np.float32, "x"), "pad_mode": ("nonsense", "wrap"), "n_threads": (0,),
        "reassign_times": (1,), "reassign_frequencies": (None,),
        "S": (np.zeros((1025, 8)), np.zeros((1025, 9), complex), np.zeros(5, complex), [1j]),
    }.items():  # fmt: skip
        for bad in bads:
            refused(name, function, y, **{name: bad})
    refused("reassign_times", function, y, reassign_times=False, reassign_frequencies=False)
    for bad in ([0.0], np.zeros(0), np.zeros(()), np.zeros(9, int), np.full(9, np.nan)):
        refused("y", function, bad)
    refused("y", function, y, n_fft=4001, center=False)
    for bad in (lambda x: x, lambda x: None, lambda x: -1.0, lambda x: "x"):
        refused("ref_power", function, y, ref_power=bad)
