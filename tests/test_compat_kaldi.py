"""torchaudio.compliance.kaldi's functions: its arguments, its numbers, arrays or tensors."""

import inspect
import subprocess
import sys

import live
import numpy as np
import pytest
import speech

from fastspec import ParameterError
from fastspec.compat import kaldi

FUNCTIONS = ("fbank", "mfcc", "spectrogram")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def original(torch):
    try:
        return live.kaldi()
    except ImportError as error:
        pytest.skip(str(error))


def draw(rng, function):
    options = {
        "blackman_coeff": float(rng.choice([0.42, 0.4])),
        "channel": int(rng.choice([-1, 0, 1])),
        "energy_floor": float(rng.choice([0, 1])),
        "frame_length": float(rng.choice([20, 25, 32])),
        "frame_shift": float(rng.choice([5, 10, 12.5])),
        "preemphasis_coefficient": float(rng.choice([0, 0.5, 0.97])),
        "raw_energy": bool(rng.integers(2)),
        "remove_dc_offset": bool(rng.integers(2)),
        "round_to_power_of_two": bool(rng.integers(3)),
        "sample_frequency": float(rng.choice([8000, 16000, 22050])),
        "snip_edges": bool(rng.integers(2)),
        "subtract_mean": bool(rng.integers(2)),
        "window_type": str(rng.choice(["povey", "hanning", "hamming", "rectangular", "blackman"])),
    }
    if int(options["sample_frequency"] * options["frame_length"] * 0.001) % 2:
        options["round_to_power_of_two"] = True
    if function != "spectrogram":
        options |= {
            "high_freq": float(rng.choice([0, -200, 3800])),
            "low_freq": float(rng.choice([0, 20, 64])),
            "htk_compat": bool(rng.integers(2)),
            "num_mel_bins": int(rng.integers(15, 40)),
            "use_energy": bool(rng.integers(2)),
            "vtln_warp": float(rng.choice([1, 1, 0.9, 1.1])),
        }
        if options["vtln_warp"] != 1:
            options["vtln_high"] = 3300.0
    if function == "fbank":
        options |= {"use_log_fbank": bool(rng.integers(4)), "use_power": bool(rng.integers(4))}
    if function == "mfcc":
        options |= {
            "num_ceps": int(rng.integers(5, 14)),
            "cepstral_lifter": float(rng.choice([0, 22])),
        }
    return options


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("seed", range(16))
def test_agrees(original, torch, errors, function, seed):
    rng = np.random.default_rng(seed)
    options = draw(rng, function)
    n = int(rng.integers(3000, 12000))
    y = 32768 * np.stack([speech.noise(n, seed), speech.noise(n, seed + 1)])
    ours = getattr(kaldi, function)(y, **options)
    # In double: the truth, since what is subtracted in cepstra and means magnifies single errors.
    truth = getattr(original, function)(torch.from_numpy(y).double(), **options).numpy()
    theirs = getattr(original, function)(torch.from_numpy(y), **options).numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    scale = np.maximum(np.abs(theirs), 1)
    if not options.get("use_log_fbank", True):
        scale = np.abs(theirs).max(axis=1, keepdims=True)
    if options["subtract_mean"] or function != "fbank":
        # The smallest values of a frame are differences of large ones.
        scale = np.maximum(scale, np.abs(theirs).max(axis=1, keepdims=True))
    error = (np.abs(ours - theirs) / scale).max()
    own = (np.abs(theirs - truth) / scale).max()
    errors.check(f"kaldi.{function}", "float32", "torchaudio", error, 1e-4 + own, options)
    double = getattr(kaldi, function)(y.astype(np.float64), **options)
    assert double.dtype == np.float64
    # torchaudio's banks are single even for double samples.
    error = (np.abs(double - truth) / scale).max()
    errors.check(f"kaldi.{function}", "float64", "torchaudio", error, 2e-5, options)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_signature(original, function):
    ours = inspect.signature(getattr(kaldi, function)).parameters
    theirs = inspect.signature(getattr(original, function)).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    for name, parameter in theirs.items():
        assert ours[name].default == parameter.default
        assert ours[name].kind == parameter.kind
    extra = list(ours)[len(theirs) :]
    assert extra == ["seed", "precision", "n_threads"]
    assert all(ours[name].kind is inspect.Parameter.KEYWORD_ONLY for name in extra)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_tensors_come_back(torch, function):
    y = speech.noise(4000)[np.newaxis]
    array = getattr(kaldi, function)(y)
    assert isinstance(array, np.ndarray)
    tensor = getattr(kaldi, function)(torch.from_numpy(y))
    assert isinstance(tensor, torch.Tensor)
    assert np.array_equal(tensor.numpy(), array)
    gradient = torch.from_numpy(y).requires_grad_()
    assert np.array_equal(getattr(kaldi, function)(gradient).numpy(), array)
    empty = getattr(kaldi, function)(torch.from_numpy(y), min_duration=1.0)
    assert empty.shape == (0,)
    assert isinstance(getattr(kaldi, function)(y, min_duration=1.0), np.ndarray)


def test_dither():
    y = np.zeros((1, 8000), np.float32)
    first = kaldi.fbank(y, dither=1.0)
    assert np.array_equal(first, kaldi.fbank(y, dither=1.0, n_threads=2))
    assert not np.array_equal(first, kaldi.fbank(y, dither=1.0, seed=1))
    assert first.std() > 0.1


def test_precision_and_threads():
    y = speech.noise(16000)[np.newaxis]
    single = kaldi.fbank(y)
    assert np.array_equal(single, kaldi.fbank(y, n_threads=2))
    double = kaldi.fbank(y, precision="double")
    assert double.dtype == np.float32
    assert not np.array_equal(single, double)
    np.testing.assert_allclose(single, double, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"channel": 1}, "channel=1: waveform has 1"),
        ({"frame_length": 1000.0}, "frame_length=1000.0: is 16000 samples"),
        ({"frame_length": 0}, "frame_length=0"),
        ({"frame_shift": 0.01}, "frame_shift=0.01: is less than one sample"),
        ({"frame_length": 25.1, "round_to_power_of_two": False}, "must be even"),
        ({"window_type": "povie"}, "window_type='povie': unknown; did you mean 'povey'"),
        ({"sample_frequency": -1}, "sample_frequency=-1"),
        ({"preemphasis_coefficient": 1.5}, "preemphasis_coefficient=1.5"),
        ({"num_mel_bins": 3}, "num_mel_bins=3"),
        ({"low_freq": 9000.0}, "high_freq=0.0: is 8000.0 Hz; must be above low_freq=9000"),
        ({"high_freq": 9000.0}, "high_freq=9000.0"),
        ({"vtln_warp": 1.1, "vtln_low": 8000.0}, "vtln_low=8000.0"),
        ({"vtln_warp": 0.0}, "vtln_warp=0.0"),
        ({"snip_edges": 1}, "snip_edges=1: must be True or False"),
        ({"dither": -1.0}, "dither=-1.0"),
        ({"energy_floor": -1.0}, "energy_floor=-1.0"),
        ({"window_type": ["povey"]}, "window_type="),
        ({"precision": "half"}, "precision='half'"),
    ],
)
def test_refused(options, said):
    y = speech.noise(8000)[np.newaxis]
    with pytest.raises(ParameterError, match=said):
        kaldi.fbank(y, **options)


@pytest.mark.parametrize(
    ("waveform", "said"),
    [
        (np.zeros(8000, np.float32), r"waveform: has shape \(8000,\)"),
        (np.zeros((1, 8000), np.int16), "dtype int16"),
        (np.zeros((0, 8000), np.float32), "channel=0: waveform has 0"),
        (np.zeros((1, 100), np.float32), "frame_length=25.0: is 400 samples"),
        ("a", "waveform"),
    ],
)
def test_bad_waveforms(waveform, said):
    for function in FUNCTIONS:
        with pytest.raises(ParameterError, match=said):
            getattr(kaldi, function)(waveform)


def test_needs_no_torch():
    code = (
        "import sys, numpy\n"
        "from fastspec.compat import kaldi, knf, faster_whisper, transformers\n"
        "kaldi.fbank(numpy.zeros((1, 8000), 'f4'))\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
