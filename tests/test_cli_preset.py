"""fastspec preset: the preset of the resampled recording, in a whole file or none."""

import os
import re

import numpy as np
import pytest
import speech

from fastspec import cli, presets

soundfile = pytest.importorskip("soundfile")


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "in.wav"
    y = speech.speech(16000, 1.5)
    soundfile.write(path, np.stack([y, 0.5 * y], axis=1), 16000, subtype="FLOAT")
    return path


def run(capsys, *arguments):
    code = cli.main(["preset", *map(str, arguments)])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


@pytest.mark.parametrize("name", ["whisper", "kaldi_fbank", "seamless_m4t"])
def test_array(capsys, tmp_path, wav, name):
    out = tmp_path / "out.npy"
    code, said, complained = run(capsys, name, wav, "-o", out)
    assert (code, complained) == (0, "")
    y = soundfile.read(wav, dtype="float32")[0].T
    expected = presets.get(name)(y.mean(axis=0, dtype=np.float32))
    result = np.load(out)
    assert said == f"{out}: {expected.shape} float32\n"
    np.testing.assert_allclose(result, expected, atol=1e-4)
    run(capsys, name, wav, "-o", out, "--no-mono", "--n-threads", 2)
    np.testing.assert_array_equal(np.load(out), presets.get(name)(y))


def test_arguments(capsys, tmp_path, wav):
    out = tmp_path / "out.npy"
    settings = ["--set", "n_mels=40", "--set", "window=hann", "--set", "log=None"]
    assert run(capsys, "kaldi_fbank", wav, "-o", out, *settings, "--duration", 0.5)[0] == 0
    assert np.load(out).shape == (48, 40)
    assert np.load(out).min() >= 0
    assert run(capsys, "librosa_mel", wav, "-o", out, "--set", "sr=8000")[0] == 0
    assert np.load(out).shape == (128, 24)


def test_list(capsys):
    code, said, _ = run(capsys, "--list")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == [p.name for p in presets.list()]
    assert "transformers.WhisperFeatureExtractor, 5.23" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wisper"], "did you mean 'whisper'"),
        (["whisper", "--set", "n_mels"], "--set n_mels: must be ARGUMENT=VALUE"),
        (["whisper", "--set", "n_mel=3"], "n_mel: is not an argument of FrontEnd"),
        (["whisper", "--set", "n_mels=0"], "n_mels=0"),
        (["whisper", "--n-threads", "0"], "n_threads=0"),
    ],
)
def test_refused(capsys, tmp_path, wav, arguments, said):
    code, _, complained = run(capsys, *arguments[:1], wav, "-o", tmp_path / "out.npy",
                              *arguments[1:])  # fmt: skip
    assert code == 1
    assert re.fullmatch(r"fastspec: error: [^\n]+\n", complained), complained
    assert said in complained
    assert os.listdir(tmp_path) == ["in.wav"]


def test_bad_files(capsys, tmp_path, wav):
    for output in ("out.txt", "none/out.npy"):
        assert run(capsys, "whisper", wav, "-o", tmp_path / output)[0] == 1
    assert run(capsys, "whisper", tmp_path / "none.wav", "-o", tmp_path / "out.npy")[0] == 1
    (tmp_path / "folder.npy").mkdir()
    assert run(capsys, "whisper", wav, "-o", tmp_path / "folder.npy")[0] == 1
    assert sorted(os.listdir(tmp_path)) == ["folder.npy", "in.wav"]
    with pytest.raises(SystemExit) as caught:
        cli.main(["preset", "whisper"])
    assert caught.value.code == 2
