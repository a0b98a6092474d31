"""Reading recordings: against librosa at once, and in blocks against ourselves, bit for bit."""

import io
import os
import subprocess
import sys

import librosa
import numpy as np
import pytest
import soundfile

import fastspec
from fastspec import ParameterError
from fastspec.audio import (
    ArrayBlocks,
    AudioFileError,
    FileBlocks,
    FrameStream,
    MissingExtraError,
    example_signal,
    file_facts,
    load,
    require,
    stream_frames,
)

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "PCM_U8"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("AIFF", "PCM_16"),
]


def write(path, *, sr=44100, channels=2, samples=30870, format="WAV", subtype="PCM_16", seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(samples) / sr
    tones = [0.3 * np.sin(2 * np.pi * 330.0 * (c + 1) * t) for c in range(channels)]
    y = np.stack(tones, axis=1) + 0.05 * rng.standard_normal((t.size, channels))
    soundfile.write(path, y, sr, format=format, subtype=subtype)
    return path


@pytest.fixture
def stereo(tmp_path):
    return write(tmp_path / "stereo.wav")


def assert_same(ours, theirs):
    assert ours[1] == theirs[1]
    assert ours[0].dtype == theirs[0].dtype
    np.testing.assert_array_equal(ours[0], theirs[0], strict=True)


# ---- load against librosa -----------------------------------------------------------------------


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2, 5, 8])
def test_load_equals_librosa_for_every_format(tmp_path, format, subtype, channels):
    path = write(tmp_path / "a.bin", channels=channels, format=format, subtype=subtype)
    for mono in (True, False):
        for dtype in (np.float32, np.float64):
            options = {"mono": mono, "dtype": dtype}
            assert_same(load(path, **options), librosa.load(path, **options))


@pytest.mark.parametrize("native", [8000, 22050, 44100, 48000])
@pytest.mark.parametrize("sr", [None, 8000, 16000, 22050, 22050.5, 48000])
def test_load_equals_librosa_for_every_rate(tmp_path, native, sr):
    for samples in (1, 2, 7, 1001):
        path = write(tmp_path / "a.wav", sr=native, samples=samples)
        assert_same(load(path, sr=sr), librosa.load(path, sr=sr))
        assert_same(load(path, sr=sr, mono=False), librosa.load(path, sr=sr, mono=False))


@pytest.mark.parametrize("quality", ["soxr_vhq", "soxr_hq", "soxr_mq", "soxr_lq", "soxr_qq"])
def test_load_equals_librosa_for_every_resampler(stereo, quality):
    assert_same(load(stereo, res_type=quality), librosa.load(stereo, res_type=quality))


@pytest.mark.parametrize("offset", [0.0, 0.1, 1 / 3, 0.7])
@pytest.mark.parametrize("duration", [None, 0, 0.1, 0.23456, 100.0])
def test_load_equals_librosa_for_every_part(stereo, offset, duration):
    part = {"offset": offset, "duration": duration}
    assert_same(load(stereo, **part), librosa.load(stereo, **part))


@pytest.mark.parametrize("channels", [2, 3])
def test_mixing_has_the_bits_of_the_mean(tmp_path, channels):
    rng = np.random.default_rng(4)
    y = rng.standard_normal((5000, channels)) * 10.0 ** rng.integers(-44, 30, (5000, channels))
    y[:1000] = np.where(rng.random((1000, channels)) < 0.5, -0.0, 0.0)
    path = tmp_path / "a.wav"
    soundfile.write(path, y, 8000, subtype="FLOAT")
    ours, theirs = load(path, sr=None)[0], librosa.load(path, sr=None)[0]
    np.testing.assert_array_equal(ours.view(np.uint32), theirs.view(np.uint32))


def test_integers_where_nothing_is_computed(stereo):
    options = {"sr": None, "mono": False, "dtype": np.int16}
    assert_same(load(stereo, **options), librosa.load(stereo, **options))


def test_past_the_end_is_empty(stereo):
    y, sr = load(stereo, offset=5.0)
    assert y.shape == (0,)
    assert sr == 22050


def test_path_like_descriptor_file_object_and_soundfile(stereo):
    expected = librosa.load(stereo)
    assert_same(load(stereo), expected)
    assert_same(load(str(stereo)), expected)
    assert_same(load(io.BytesIO(stereo.read_bytes())), expected)
    with open(stereo, "rb") as file:
        assert_same(load(file), expected)
        assert not file.closed
    with soundfile.SoundFile(stereo) as sound:
        assert_same(load(sound), expected)
        assert not sound.closed
        sound.seek(1000)
        assert load(sound, sr=None)[0].size == sound.frames - 1000


# ---- what load refuses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sr", 0),
        ("sr", -1),
        ("sr", 1e-9),
        ("sr", 1e12),
        ("sr", float("nan")),
        ("sr", float("inf")),
        ("sr", "22050"),
        ("mono", "no"),
        ("offset", -0.1),
        ("offset", float("nan")),
        ("offset", 1.7e308),
        ("duration", 1.7e308),
        ("duration", -1.0),
        ("duration", float("inf")),
        ("dtype", np.float16),
        ("dtype", np.int16),
        ("dtype", "nonsense"),
        ("dtype", ">f4"),
        ("dtype", "f4,f4"),
        ("res_type", "kaiser_best"),
    ],
)
def test_bad_values_are_named(stereo, name, value):
    with pytest.raises(ParameterError, match=f"^{name}="):
        load(stereo, **{name: value})


@pytest.mark.parametrize("path", [None, 3.5, True, np.zeros(5), "\0", b"\0", "\ud800", 10**30, -1])
def test_what_is_not_a_path_is_refused(path):
    with pytest.raises(ParameterError, match=r"^path="):
        load(path)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nope.wav")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


@pytest.mark.parametrize("name", ["a.wav", "a.txt", "a.raw"])
def test_what_is_not_audio(tmp_path, name):
    path = tmp_path / name
    for content in (b"", b"this is not a recording" * 50):
        path.write_bytes(content)
        with pytest.raises(AudioFileError, match=name) as caught:
            load(path)
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_are_refused(tmp_path, stereo):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(AudioFileError, match="is a pipe"):
        load(tmp_path / "pipe.wav")  # without waiting for someone to write
    source, sink = os.pipe()
    os.write(sink, stereo.read_bytes()[:10_000])
    os.close(sink)
    with pytest.raises(AudioFileError, match=r"is a pipe|not decodable"):
        load(source)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite(tmp_path, bad):
    y = np.zeros((1000, 2))
    y[700, 1] = bad
    path = tmp_path / "bad.wav"
    soundfile.write(path, y, 8000, subtype="FLOAT")
    with pytest.raises(ParameterError, match=r"sample 700 .*channel 1.* is -?(nan|inf)"):
        load(path)
    with pytest.raises(ParameterError, match="sample 700"):
        list(FileBlocks(path, sr=None, block_length=64))
    # librosa lets these through, and so do we.
    assert load(path, sr=None, mono=False)[0].shape == (2, 1000)


def test_missing_extra_says_what_to_install(monkeypatch, stereo):
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(MissingExtraError, match=r'pip install "fastspec\[audio\]"'):
        load(stereo)
    assert load(stereo, sr=44100)[1] == 44100  # nothing to resample
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ImportError, match="soundfile is needed"):
        load(stereo)
    with pytest.raises(MissingExtraError, match=r"fastspec\[plot\]"):
        require("no_such_module.at_all", "plot")


def test_import_leaves_the_extras_alone():
    code = (
        "import sys, fastspec, fastspec.audio, fastspec.display, fastspec.cli\n"
        "extras = {'soundfile', 'soxr', 'matplotlib', 'tqdm', 'scipy', 'librosa'}\n"
        "assert not extras & set(sys.modules), extras & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- blocks -------------------------------------------------------------------------------------


def joined(blocks):
    parts = list(blocks)
    assert all(part.ndim == 2 and part.dtype == np.float32 for part in parts)
    assert all(part.flags.c_contiguous and part.shape[1] > 0 for part in parts)
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize(("format", "subtype"), FORMATS)
@pytest.mark.parametrize("block_length", [1000, 4096, None])
def test_blocks_are_load(tmp_path, format, subtype, block_length):
    path = write(tmp_path / "a.bin", samples=145530, format=format, subtype=subtype)
    for options in (
        {},
        {"sr": None},
        {"sr": 48000, "mono": False},
        {"sr": 16000, "offset": 0.5, "duration": 2.0},
        {"sr": 22050.5, "res_type": "soxr_vhq"},
    ):
        blocks = FileBlocks(path, block_length=block_length, **options)
        y, sr = load(path, **options)
        assert blocks.sr == sr
        assert blocks.n_samples == y.shape[-1]
        assert blocks.channels == (1 if y.ndim == 1 else y.shape[0])
        for _ in range(2):  # as often as needed
            np.testing.assert_array_equal(joined(blocks), np.atleast_2d(y), strict=True)


@pytest.mark.parametrize("native", [8000, 11025, 44100, 48000, 96000])
@pytest.mark.parametrize("sr", [8000, 22050, 16000, 48000])
def test_streamed_resampling_has_the_bits_and_length_of_load(tmp_path, native, sr):
    for samples, block_length in [(1, 1), (2, 7), (7, 3), (1000, 1), (20011, 512)]:
        path = tmp_path / "a.wav"
        write(path, sr=native, samples=samples, channels=1)
        blocks = FileBlocks(path, sr=sr, block_length=block_length)
        y = load(path, sr=sr)[0]
        assert y.size == blocks.n_samples == int(np.ceil(samples * (sr / native)))
        np.testing.assert_array_equal(joined(blocks)[0], y)


LOSSY = [("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS"), ("WAV", "MS_ADPCM")]


def noisy(path, format, subtype):
    """Noise, of which MP3 puts much into the frames before."""
    y = 0.2 * np.random.default_rng(5).standard_normal((150000, 1))
    try:
        soundfile.write(path, y, 16000, format=format, subtype=subtype)
    except (soundfile.SoundFileError, ValueError) as error:
        pytest.skip(str(error))
    return path


@pytest.mark.parametrize(("format", "subtype"), LOSSY)
def test_lossy_recordings_in_blocks(tmp_path, format, subtype):
    path = noisy(tmp_path / "a.bin", format, subtype)
    for options in ({"sr": None}, {}):
        y, _ = load(path, **options)
        assert_same((y, 0), (librosa.load(path, **options)[0], 0))
        for block_length in (1000, 4096, None):
            blocks = FileBlocks(path, block_length=block_length, **options)
            np.testing.assert_array_equal(joined(blocks)[0], y, strict=True)


@pytest.mark.parametrize(("format", "subtype"), LOSSY)
def test_lossy_recordings_from_any_sample_on(tmp_path, format, subtype):
    path = noisy(tmp_path / "a.bin", format, subtype)
    y, sr = load(path, sr=None)
    for start in (1, 3000, 50001, 149000):
        for n in (10, 70000):
            part = {"sr": None, "offset": (start + 0.5) / sr, "duration": (n + 0.5) / sr}
            right = y[start : start + n]
            np.testing.assert_array_equal(load(path, **part)[0], right, strict=True)
            np.testing.assert_array_equal(joined(FileBlocks(path, **part))[0], right, strict=True)
            with soundfile.SoundFile(path) as sound:
                np.testing.assert_array_equal(load(sound, **part)[0], right, strict=True)
                assert sound.seekable()
                assert sound.tell() == start + right.size


def test_file_blocks_refuse_emptiness(tmp_path):
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 22050)
    with pytest.raises(AudioFileError, match=r"no audio samples$"):
        FileBlocks(path)
    write(path)
    with pytest.raises(AudioFileError, match="no audio samples from 9 s"):
        FileBlocks(path, offset=9.0)
    with pytest.raises(ParameterError, match="block_length=0"):
        FileBlocks(path, block_length=0)


def test_a_header_that_promises_too_much(tmp_path, monkeypatch):
    path = write(tmp_path / "a.wav", channels=1)
    blocks = FileBlocks(path)
    soundfile.write(path, np.zeros(0), 44100)
    with pytest.raises(AudioFileError, match="no audio samples could be read"):
        list(blocks)
    write(path, channels=1, samples=13230)
    np.testing.assert_array_equal(joined(blocks)[0], load(path)[0])


def test_array_blocks():
    y = np.random.default_rng(1).standard_normal((3, 100_000))
    blocks = ArrayBlocks(y, 8000, "noise")
    assert (blocks.channels, blocks.n_samples, blocks.sr) == (3, 100_000, 8000)
    assert len(list(blocks)) > 1
    np.testing.assert_array_equal(joined(blocks), y.astype(np.float32))
    assert ArrayBlocks(y[0], 8000).channels == 1
    for bad in (np.zeros(0), np.zeros((2, 2, 2)), np.arange(4), np.zeros(4, complex)):
        with pytest.raises(ParameterError, match=r"^y: "):
            ArrayBlocks(bad, 8000)
    with pytest.raises(ParameterError, match="sample 0 "):
        list(ArrayBlocks(np.array([np.nan]), 8000))


# ---- blocks through plans -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        fastspec.STFT(),
        fastspec.STFT(n_fft=500, hop_length=125, center=False),
        fastspec.STFT(n_fft=512, hop_length=700, pad_mode="reflect"),
        fastspec.MelSpectrogram(n_mels=40),
        fastspec.MFCC(top_db=None),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_streamed_frames_are_the_offline_ones(plan, channels):
    y = np.random.default_rng(2).standard_normal((channels, 50_000)).astype(np.float32)
    parts = list(stream_frames(plan, ArrayBlocks(y, 22050), n_fft=512, hop_length=125))
    assert all(part.shape[-1] > 0 for part in parts)
    frames = np.concatenate(parts, axis=-1)
    assert frames.shape[-1] == plan.n_frames(50_000)
    np.testing.assert_array_equal(frames, plan(y))
    two = stream_frames(plan, ArrayBlocks(y, 22050), n_fft=512, hop_length=125, n_threads=2)
    np.testing.assert_array_equal(np.concatenate(list(two), axis=-1), frames)


def test_pushes_are_small():
    # With a hop of one sample, a block makes as many frames as it has samples.
    stream = FrameStream(fastspec.STFT(n_fft=2048, hop_length=1), 1, 2048, 1)
    y = np.random.default_rng(3).standard_normal((1, 5000)).astype(np.float32)
    assert max(part.nbytes for part in stream.push(y)) < 4e6


# ---- facts and examples -------------------------------------------------------------------------


def test_file_facts(stereo):
    facts = file_facts(stereo)
    assert (facts.sr, facts.channels, facts.n_samples) == (44100, 2, 30870)
    assert facts.duration == pytest.approx(0.7)
    assert "16 bit" in facts.format


@pytest.mark.parametrize("sr", [4000, 16000, 22050, 44100])
@pytest.mark.parametrize("duration", [1e-5, 0.01, 3.0])
def test_example_signal(sr, duration):
    y = example_signal(sr, duration)
    assert y.shape == (max(1, round(sr * duration)),)
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
    assert np.abs(y).max() <= 0.7001
    np.testing.assert_array_equal(y, example_signal(sr, duration))
    with pytest.raises(ParameterError, match=r"^duration="):
        example_signal(sr, 0.0)
