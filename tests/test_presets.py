"""Presets: the numbers of their sources, measured from the truth of a recipe in float64.

Truth is tests/recipes.py. The live libraries (tests/live.py) are asked where they are installed.
Errors after a logarithm are set by single precision itself, so the yardstick is the live library:
our RMS and 99.9 % errors are at most 1.2 times its own plus 4 ulp of the largest output.
"""

import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import live
import numpy as np
import pytest
import recipes
import speech

from fastspec import FrontEnd, ParameterError, presets

NAMES = sorted(recipes.RECIPES)
DITHERED = ("knf_fbank", "knf_mfcc")
# Whose result is a linear power spectrum.
LINEAR = ("librosa_mel", "torchaudio_mel")
KALDI = ("kaldi_fbank", "kaldi_mfcc", "knf_fbank", "knf_mfcc", "lhotse_fbank")
# What is divided by the deviation of each band: nothing to compare where that is 0.
NORMALISED = ("parakeet", "seamless_m4t", "speech_to_text")
# Sources that compute in single precision on one way and in double on another.
TWO_WAYS = {
    "hf_whisper_numpy": "hf_whisper",
    "ast_numpy": "ast",
    "speech_to_text_numpy": "speech_to_text",
}
LIVE = [name for name in (*NAMES, *TWO_WAYS) if hasattr(live, name)]


def undithered(name):
    return {"dither": 0.0} if name in DITHERED else {}


def least_samples(name):
    """Samples that give the source one frame, and two where one cannot be normalised."""
    plan = presets.get(name, stack=1, normalize=None)
    n = 1
    while plan.n_frames(n) < (2 if name in NORMALISED else 1):
        n += 1
    return n


def lengths(name, rng):
    """One to three frames, and a few random lengths."""
    hop = presets.get(name).hop_length
    least = least_samples(name) if name != "seamless_m4t" else 560
    return [least, least + 1, least + hop, least + 2 * hop - 1, *rng.integers(least, 9 * hop, 3)]


# ---- the recipe ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_recipe_in_double(name, errors):
    """With nothing rounded to single precision, a preset is its recipe."""
    sr, recipe = recipes.RECIPES[name]
    plan = presets.get(
        name,
        bank_dtype="float64",
        window_dtype="float64",
        precision="double",
        **undithered(name),
    )
    assert plan._arguments["sr"] == sr
    rng = np.random.default_rng(NAMES.index(name))
    for n in lengths(name, rng):
        y = 0.1 * rng.standard_normal(n)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            expected = recipe(y)
        ours = plan(y)
        assert ours.shape == expected.shape, n
        error = np.abs(ours - expected).max() / np.abs(expected).max()
        # Deviations over two or three frames may be tiny, and magnify what they divide.
        bound = 1e-7 if name in NORMALISED else 1e-10
        errors.check(f"preset {name}", "float64", "recipe", error, bound, f"n={n}")


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_near_the_recipe(name, errors):
    """Also where no live library is installed: float32 stays float32's distance away."""
    sr, recipe = recipes.RECIPES[name]
    y = speech.noise(sr, 3)
    ours = presets.get(name, precision="single", **undithered(name))(y)
    expected = recipe(y.astype(np.float64))
    assert ours.dtype == np.float32
    error = rms(ours - expected) / rms(expected)
    errors.check(f"preset {name}, rms", "float32", "recipe", error, 2e-5)


# ---- the live library ----------------------------------------------------------------------------


def rms(x):
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def ulp(x):
    return float(np.spacing(np.float32(np.abs(x).max())))


@pytest.mark.parametrize("name", LIVE)
def test_live(name, errors):
    preset = TWO_WAYS.get(name, name)
    signals = speech.signals(recipes.RECIPES[preset][0])
    rng = np.random.default_rng(0)
    for n in lengths(preset, rng)[:4]:
        signals[f"{n} samples"] = speech.noise(n, n)
    compare(name, errors, signals)


@pytest.mark.slow
@pytest.mark.parametrize("name", LIVE)
def test_live_30_seconds(name, errors):
    sr = recipes.RECIPES[TWO_WAYS.get(name, name)][0]
    compare(name, errors, {"speech, 30 s": speech.speech(sr, 30, seed=1)})


def compare(name, errors, signals):
    """Hold a preset against its source and the truth on signals by name."""
    preset = TWO_WAYS.get(name, name)
    double = presets.PRESETS[preset].precision == "double" or name in TWO_WAYS
    recipe = recipes.RECIPES[preset][1]
    settings = undithered(preset) | ({"precision": "double"} if double else {})
    plan = presets.get(preset, **settings)
    for what, y in signals.items():
        if preset in NORMALISED and what in ("silence", "impulses"):
            continue  # the source divides by 0
        theirs = of_live(name, y)
        if theirs is None:
            continue
        ours, truth = plan(y), recipe(y.astype(np.float64))
        assert ours.shape == theirs.shape == truth.shape, what
        assert ours.dtype == np.float32
        assert np.isfinite(ours).all()
        check_against_truth(name, errors, what, ours, theirs, truth)
        if preset in LINEAR:
            peak = np.maximum(truth.max(axis=0), 1e-30)
            own = (np.abs(theirs - truth) / peak).max()
            error = (np.abs(ours - truth) / peak).max()
            errors.check(f"{name}, of the maximum", "float32", "recipe", error, 1e-6, what)
            error = (np.abs(ours - theirs) / peak).max()
            errors.check(f"{name}, of the maximum", "float32", "live", error, 1e-6 + own, what)
        if preset in KALDI and len(y) > 1200:
            y = 32768 * y
            check_kaldi(name, errors, what, plan(y), of_live(name, y), recipe(y.astype("f8")))
        if double:
            own = np.abs(theirs - truth).max()
            error = (np.abs(ours - truth) / np.maximum(np.abs(truth), 1)).max()
            errors.check(f"{name}, double", "float32", "recipe", error, 1e-5, what)
            error = (np.abs(ours - theirs) / np.maximum(np.abs(truth), 1)).max()
            # What the source itself is away from the truth is not ours to repeat.
            errors.check(f"{name}, double", "float32", "live", error, 1e-5 + own, what)


def check_kaldi(name, errors, what, ours, theirs, truth):
    """torchaudio's own bound against Kaldi, on samples in the range of int16.

    It holds for 99.9 % of the values, and for all within 60 dB of their frame's loudest band; below
    that single precision does not carry it, in any of the libraries.
    """
    scale = np.maximum(np.abs(truth), 1)
    loud = truth >= truth.max(axis=1, keepdims=True) - np.log(1e6)
    if "mfcc" in name:  # the smallest coefficients are differences of large logarithms
        scale = np.maximum(scale, np.abs(truth).max(axis=1, keepdims=True))
        loud = np.ones_like(loud)
    own = (np.abs(theirs - truth) / scale)[loud].max()
    for against, other, more in (("recipe", truth, 0), ("live", theirs, own)):
        error = np.abs(ours - other) / scale
        row = f"{name}, int16 range"
        errors.check(row, "float32", against, error[loud].max(), 1e-4 + more, what)
        errors.check(f"{row}, 99.9 %", "float32", against, np.quantile(error, 0.999), 1e-4, what)


def of_live(name, y):
    """What the library makes of a signal; None where it refuses it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(getattr(live, name)(y))
    except ImportError as error:
        pytest.skip(str(error))
    except (RuntimeError, AssertionError):
        assert len(y) < 3000, "the live library refused a long signal"
        return None


def check_against_truth(name, errors, what, ours, theirs, truth):
    allowed = 4 * ulp(truth)
    mine, own = np.abs(ours - truth), np.abs(theirs - truth)
    for label, measure in (("rms", rms), ("99.9 %", lambda x: float(np.quantile(x, 0.999)))):
        bound = 1.2 * measure(own) + allowed
        errors.check(f"{name}, {label}", "float32", "recipe", measure(mine), bound, what)


def test_dither_is_kaldi_native_fbanks(errors):
    """In distribution: bands of silence have the same means and deviations."""
    silence = np.zeros(16000 * 20, np.float32)
    try:
        theirs = live.knf_fbank(silence, dither=1.0)
    except ImportError as error:
        pytest.skip(str(error))
    ours = presets.get("knf_fbank", dither=1.0)(silence)
    n = len(ours)
    deviation = theirs.std(0)
    # Frames overlap, so that there are fewer independent ones than frames: 5 times the deviation
    # of a mean over every third.
    away = np.abs(ours.mean(0) - theirs.mean(0)) / (deviation * np.sqrt(2 * 3 / n))
    errors.check("knf_fbank, dither, mean", "float32", "live", away.max(), 5)
    ratio = np.abs(np.log(ours.std(0) / deviation)).max()
    errors.check("knf_fbank, dither, deviation", "float32", "live", ratio, 0.15)
    again = presets.get("knf_fbank", dither=1.0)(silence)
    other = presets.get("knf_fbank", dither=1.0, seed=1)(silence)
    assert np.array_equal(ours, again)
    assert not np.array_equal(ours, other)


# ---- plans ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_threads_batches_and_out(name):
    plan = presets.get(name)
    y = np.stack([speech.noise(20000, k, 0.1 / (k + 1)) for k in range(3)])
    whole = plan(y)
    assert np.array_equal(whole, plan(y, n_threads=2))
    out = np.empty_like(whole)
    assert plan(y, out=out) is out
    assert np.array_equal(out, whole)
    if plan._arguments["clip_scope"] == "item" and name not in DITHERED:
        assert np.array_equal(whole, np.stack([plan(row) for row in y]))


@pytest.mark.parametrize("name", NAMES)
def test_silence_is_finite(name):
    y = np.zeros(20000, np.float32)
    assert np.isfinite(presets.get(name)(y)).all()


@pytest.mark.parametrize("name", NAMES)
def test_plans_are_values(name):
    plan = presets.get(name)
    assert plan == presets.get(name)
    assert hash(plan) == hash(presets.get(name))
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_whole_array_clip_of_whisper():
    """openai's function clips below the maximum of all it is given; Hugging Face's does not."""
    y = np.stack([speech.noise(16000), speech.noise(16000, 1, 1e-4)])
    quiet = presets.get("hf_whisper")(y)[1]
    assert np.array_equal(quiet, presets.get("hf_whisper")(y[1]))
    clipped = presets.get("whisper")(y)
    assert clipped[1].min() == pytest.approx(clipped.max() - 2, abs=1e-6)
    assert quiet.min() < clipped[1].min()


# ---- names ---------------------------------------------------------------------------------------


def test_list():
    listed = presets.list()
    assert sorted(preset.name for preset in listed) == NAMES
    assert all(preset.source and preset.version and preset.about for preset in listed)
    assert {p.name for p in listed if p.precision == "double"} == {
        "clap",
        "clap_fusion",
        "faster_whisper",
        "gemma3n",
        "librosa_mel",
        "phi4",
        "pop2piano",
        "seamless_m4t",
        "speech_to_text",
        "speecht5",
        "univnet",
        "vggish",
    }


def test_documented():
    """docs/presets.md lists what there is (python docs/make_presets.py --list)."""
    text = (Path(__file__).parent.parent / "docs" / "presets.md").read_text(encoding="utf-8")
    for p in presets.list():
        assert f"| `{p.name}` | {p.source} | {p.version} | {p.precision} | {p.about} |" in text


def test_overrides():
    assert presets.get("whisper", n_mels=128).n_bins == 128
    assert isinstance(presets.get("whisper"), FrontEnd)
    kaldi = presets.get("kaldi_fbank", sr=8000)._arguments
    assert (kaldi["win_length"], kaldi["hop_length"], kaldi["n_fft"]) == (200, 80, 256)
    kaldi = presets.get("kaldi_fbank", win_length=600)._arguments
    assert (kaldi["win_length"], kaldi["n_fft"]) == (600, 1024)
    assert presets.get("torchaudio_mel", sr=22051)._arguments["fmax"] == 11025


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("wisper",), {}, r"name='wisper': unknown; did you mean 'whisper'\? one of '"),
        ((3,), {}, r"name=3: must be one of"),
        (("whisper",), {"n_mel": 80}, r"n_mel: is not an argument of FrontEnd; did you mean 'n_m"),
        (("whisper",), {"qqqqq": 80}, r"qqqqq: is not an argument of FrontEnd"),
        (("whisper",), {"n_mels": 0}, r"n_mels=0: must be an integer >= 1"),
    ],
)  # fmt: skip
def test_bad_names(arguments, settings, said):
    with pytest.raises(ParameterError, match=said):
        presets.get(*arguments, **settings)


def test_imported_when_used():
    code = (
        "import sys, fastspec\n"
        "assert 'fastspec.presets' not in sys.modules\n"
        "assert 'presets' in dir(fastspec)\n"
        "fastspec.presets.get('whisper')\n"
        "fastspec.compat\n"
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
