"""kaldi-native-fbank's interface: its frames, its counting, its refusals."""

import copy
import pickle

import numpy as np
import pytest
import speech

from fastspec import ParameterError
from fastspec.compat import knf


@pytest.fixture(scope="module")
def original():
    return pytest.importorskip("kaldi_native_fbank")


def frames_of(computer, y, pieces, sr=16000):
    counts = []
    for piece in np.split(y, pieces):
        computer.accept_waveform(sr, piece.tolist())
        counts.append(computer.num_frames_ready)
    computer.input_finished()
    n = computer.num_frames_ready
    frames = [np.array(computer.get_frame(t)) for t in range(n)]
    return counts, np.stack(frames) if n else np.zeros((0, computer.dim), np.float32)


def both(original, kind, options):
    """The same options for both libraries, and the computers made of them."""
    made = []
    for module in (knf, original):
        o = getattr(module, f"{kind}Options")()
        o.frame_opts.dither = 0
        for name, value in options.items():
            part, _, field = name.rpartition(".")
            setattr(getattr(o, part) if part else o, field, value)
        made.append(getattr(module, f"Online{kind}")(o))
    return made


def draw(rng, kind):
    options = {
        "frame_opts.samp_freq": float(rng.choice([8000, 16000, 22050])),
        "frame_opts.frame_length_ms": float(rng.choice([20, 25, 32])),
        "frame_opts.frame_shift_ms": float(rng.choice([5, 10, 12.5])),
        "frame_opts.preemph_coeff": float(rng.choice([0, 0.5, 0.97])),
        "frame_opts.remove_dc_offset": bool(rng.integers(2)),
        "frame_opts.window_type": str(
            rng.choice(["povey", "hanning", "hann", "sine", "hamming", "rectangular", "blackman"])
        ),
        "frame_opts.snip_edges": bool(rng.integers(2)),
        "mel_opts.num_bins": int(rng.integers(15, 40)),
        "mel_opts.low_freq": float(rng.choice([0, 20, 64])),
        "mel_opts.high_freq": float(rng.choice([0, -200, 3800])),
        "use_energy": bool(rng.integers(2)),
        "raw_energy": bool(rng.integers(2)),
        "energy_floor": float(rng.choice([0, 1])),
        "htk_compat": bool(rng.integers(2)),
    }
    if kind == "Mfcc":
        options["num_ceps"] = int(rng.integers(5, 14))
        options["cepstral_lifter"] = float(rng.choice([0, 22]))
    else:
        options["use_log_floor"] = bool(rng.integers(2))
        options["use_log_fbank"] = bool(rng.integers(4))
        options["use_power"] = bool(rng.integers(4))
    return options


@pytest.mark.parametrize("kind", ["Fbank", "Mfcc"])
@pytest.mark.parametrize("seed", range(12))
def test_frames(original, errors, kind, seed):
    rng = np.random.default_rng(seed)
    options = draw(rng, kind)
    y = 32768 * speech.noise(int(rng.integers(3000, 12000)), seed)
    pieces = np.sort(rng.integers(0, len(y), 4))
    ours, theirs = both(original, kind, options)
    assert ours.dim == theirs.dim
    assert ours.frame_shift_in_seconds == pytest.approx(theirs.frame_shift_in_seconds, rel=1e-6)
    sr = options["frame_opts.samp_freq"]
    counts, got = frames_of(ours, y, pieces, sr)
    expected_counts, expected = frames_of(theirs, y, pieces, sr)
    assert counts == expected_counts
    assert got.shape == expected.shape
    assert got.dtype == np.float32
    if options.get("use_log_fbank", True):
        scale = np.maximum(np.abs(expected), 1)
    else:
        scale = np.abs(expected).max(axis=1, keepdims=True)
    error = (np.abs(got - expected) / scale).max()
    # Cepstra are differences of logarithms; their errors are those of the logarithms.
    bound = 1e-4 if kind == "Fbank" else 4e-4
    errors.check(f"Online{kind}", "float32", "knf", error, bound, options)


def test_librosa_bank(original, errors):
    options = {"mel_opts.is_librosa": True, "mel_opts.low_freq": 0.0, "mel_opts.num_bins": 40}
    y = 32768 * speech.noise(8000)
    for slaney in (True, False):
        for norm in ("slaney", ""):
            options |= {"mel_opts.use_slaney_mel_scale": slaney, "mel_opts.norm": norm}
            ours, theirs = both(original, "Fbank", options)
            got, expected = frames_of(ours, y, [])[1], frames_of(theirs, y, [])[1]
            error = (np.abs(got - expected) / np.maximum(np.abs(expected), 1)).max()
            errors.check("OnlineFbank, librosa", "float32", "knf", error, 1e-4, options)


@pytest.mark.parametrize("snip", [True, False])
def test_any_chunking_is_one_piece(snip):
    y = speech.noise(7000)
    results = []
    for pieces in ([], [1, 2, 3, 400, 401, 1000], list(range(100, 7000, 100))):
        options = knf.FbankOptions()
        options.frame_opts.snip_edges = snip
        computer = knf.OnlineFbank(options)
        results.append(frames_of(computer, y, pieces)[1])
    for other in results[1:]:
        assert np.array_equal(other, results[0])


def test_counting():
    computer = knf.OnlineFbank(knf.FbankOptions())
    assert (computer.num_frames_ready, computer.dim) == (0, 23)
    computer.accept_waveform(16000, speech.noise(3000))
    assert computer.num_frames_ready == 17
    first = computer.get_frame(2)
    kept = first.copy()
    computer.pop(2)
    assert computer.num_frames_ready == 17
    assert np.array_equal(computer.get_frame(2), kept)
    with pytest.raises(RuntimeError, match="frame 1 was dropped"):
        computer.get_frame(1)
    for bad in (17, -1):
        with pytest.raises(IndexError, match=f"frame {bad} of 17"):
            computer.get_frame(bad)
    assert not computer.is_last_frame(16)
    for _ in range(50):
        computer.accept_waveform(16000, speech.noise(1600))
    assert np.array_equal(first, kept), "a frame that was returned must not change"
    computer.input_finished()
    computer.input_finished()
    last = computer.num_frames_ready - 1
    assert computer.is_last_frame(last)
    assert not computer.is_last_frame(last - 1)
    with pytest.raises(RuntimeError, match="after input_finished"):
        computer.accept_waveform(16000, [0.0])


def test_nothing_fed():
    for snip in (True, False):
        options = knf.MfccOptions()
        options.frame_opts.snip_edges = snip
        computer = knf.OnlineMfcc(options)
        computer.accept_waveform(16000, [])
        computer.input_finished()
        assert computer.num_frames_ready == 0


def test_options(original):
    for kind in ("FbankOptions", "MfccOptions", "MelBanksOptions", "FrameExtractionOptions"):
        ours, theirs = getattr(knf, kind)(), getattr(original, kind)()
        assert_same(ours.as_dict(), theirs.as_dict())
        if kind != "MfccOptions":  # whose text is that of a constructor
            assert str(ours).split() == str(theirs).split()


def assert_same(ours, theirs):
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        if isinstance(value, dict):
            assert_same(ours[name], value)
        else:
            assert type(ours[name]) is type(value), name
            assert ours[name] == (pytest.approx(value) if isinstance(value, float) else value)


def test_options_are_data():
    options = knf.FbankOptions(use_energy=True)
    options.mel_opts.num_bins = 80
    for copied in (
        knf.FbankOptions.from_dict(options.as_dict()),
        pickle.loads(pickle.dumps(options)),
        copy.deepcopy(options),
    ):
        assert copied == options
        assert copied.mel_opts.num_bins == 80
    assert knf.FbankOptions().mel_opts.num_bins == 23
    with pytest.raises(ParameterError, match="num_bin: is not an option of MelBanksOptions"):
        knf.FbankOptions.from_dict({"mel_opts": {"num_bin": 3}})


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("frame_opts.samp_freq", 0, "samp_freq=0"),
        ("frame_opts.frame_shift_ms", 0.01, "frame_shift_ms=0.01: is less than one sample"),
        ("frame_opts.frame_length_ms", 0.1, "frame_length_ms=0.1: is less than two samples"),
        ("frame_opts.window_type", "povie", "window_type='povie': unknown; did you mean 'povey'"),
        ("frame_opts.dither", -1, "dither=-1"),
        ("frame_opts.preemph_coeff", 2, "preemph_coeff=2"),
        ("frame_opts.snip_edges", 1, "snip_edges=1"),
        ("mel_opts.num_bins", 2, "num_bins=2"),
        ("mel_opts.low_freq", 9000, "high_freq=0.0: is 8000.0 Hz; must be above low_freq=9000"),
        ("mel_opts.htk_mode", True, "htk_mode=True: is not supported"),
        ("energy_floor", -1, "energy_floor=-1"),
    ],
)
@pytest.mark.parametrize("kind", ["Fbank", "Mfcc"])
def test_refused(kind, field, value, said):
    options = getattr(knf, f"{kind}Options")()
    part, _, name = field.rpartition(".")
    setattr(getattr(options, part) if part else options, name, value)
    with pytest.raises(ParameterError, match=said):
        getattr(knf, f"Online{kind}")(options)


def test_bad_waveforms():
    computer = knf.OnlineFbank(knf.FbankOptions())
    with pytest.raises(ParameterError, match="sampling_rate=8000: the options have 16000"):
        computer.accept_waveform(8000, [0.0])
    with pytest.raises(ParameterError, match=r"waveform: has shape \(1, 2\)"):
        computer.accept_waveform(16000, [[0.0, 1.0]])
    with pytest.raises(ParameterError, match="waveform='a'"):
        computer.accept_waveform(16000, "a")
    with pytest.raises(ParameterError, match="finite"):
        computer.accept_waveform(16000, [0.0, np.nan] * 400)
