"""The command line: the API's arrays in files, whole files or none, one-line errors."""

import os
import re
import signal
import stat
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import soundfile

import fastspec
from fastspec import cli
from fastspec.audio import ArrayBlocks, example_signal
from fastspec.cli import files

SR = 22050


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "in.wav"
    y = example_signal(44100, 1.5)
    soundfile.write(path, np.stack([y, y[::-1]], axis=1), 44100)
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.npy"


def run(capsys, *arguments):
    code = cli.main([str(argument) for argument in arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def computed(capsys, out, *arguments):
    code, said, complained = run(capsys, *arguments, "-o", out)
    assert (code, complained) == (0, "")
    assert said.startswith(f"{out}: ")
    return np.load(out)


def refused(capsys, *arguments):
    code, said, complained = run(capsys, *arguments)
    assert (code, said) == (1, "")
    assert re.fullmatch(r"fastspec: error: [^\n]+\n", complained), complained
    return complained


def misused(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    complained = capsys.readouterr().err
    assert re.fullmatch(r"fastspec: error: [^\n]+\n", complained), complained
    return complained


def nothing_left(directory, *expected):
    assert sorted(os.listdir(directory)) == sorted(expected)


# ---- arrays -------------------------------------------------------------------------------------


def test_stft(capsys, wav, out):
    D = computed(capsys, out, "stft", wav)
    y, _ = fastspec.load(wav)
    np.testing.assert_array_equal(D, fastspec.stft(y), strict=True)
    assert D.flags.f_contiguous
    D = computed(
        capsys, out, "stft", wav, "--n_fft", 512, "--win-length=400", "--window", "hamming"
    )
    np.testing.assert_array_equal(D, fastspec.stft(y, n_fft=512, win_length=400, window="hamming"))
    D = computed(
        capsys, out, "stft", wav, "--no-center", "--hop-length", 300, "--window", "kaiser,8"
    )
    np.testing.assert_array_equal(
        D, fastspec.stft(y, center=False, hop_length=300, window=("kaiser", 8))
    )
    D = computed(capsys, out, "stft", wav, "--pad-mode", "reflect", "--sr", "native")
    native, _ = fastspec.load(wav, sr=None)
    np.testing.assert_array_equal(D, fastspec.stft(native, pad_mode="reflect"))


def test_mel(capsys, wav, out):
    M = computed(capsys, out, "mel", wav)
    y, _ = fastspec.load(wav)
    np.testing.assert_array_equal(M, fastspec.melspectrogram(y=y, sr=SR), strict=True)
    assert M.dtype == np.float32
    M = computed(
        capsys, out, "mel", wav, "--sr", 16000, "--n-mels", 40, "--fmin", 50, "--fmax", 7000,
        "--htk", "--norm", "none", "--power", 1, "--n-fft", 400, "--hop-length", 160,
    )  # fmt: skip
    y, _ = fastspec.load(wav, sr=16000)
    expected = fastspec.melspectrogram(
        y=y, sr=16000, n_mels=40, fmin=50, fmax=7000, htk=True, norm=None, power=1.0,
        n_fft=400, hop_length=160,
    )  # fmt: skip
    np.testing.assert_array_equal(M, expected)


@pytest.mark.parametrize("log", ["db", "ln", "log10", "none"])
def test_log_mel(capsys, wav, out, log):
    M = computed(capsys, out, "mel", wav, "--log", log)
    y, _ = fastspec.load(wav)
    plan = fastspec.MelSpectrogram(log=None if log == "none" else log)
    np.testing.assert_array_equal(M, plan(y))


def test_mel_top_db_is_applied_in_a_second_pass(capsys, wav, out):
    M = computed(capsys, out, "mel", wav, "--log", "db", "--top-db", 30)
    y, _ = fastspec.load(wav)
    np.testing.assert_array_equal(M, fastspec.MelSpectrogram(log="db", top_db=30.0)(y))
    assert M.max() - M.min() == pytest.approx(30.0, abs=1e-4)


def test_mfcc(capsys, wav, out):
    C = computed(capsys, out, "mfcc", wav)
    y, _ = fastspec.load(wav)
    np.testing.assert_array_equal(C, fastspec.MFCC()(y))
    np.testing.assert_allclose(C, fastspec.mfcc(y=y, sr=SR), rtol=1e-5, atol=1e-3)
    C = computed(capsys, out, "mfcc", wav, "--n-mfcc", 13, "--top-db", "none", "--n_mels", 40)
    np.testing.assert_array_equal(C, fastspec.MFCC(n_mfcc=13, top_db=None, n_mels=40)(y))


def test_cqt(capsys, wav, out):
    C = computed(capsys, out, "cqt", wav)
    y, _ = fastspec.load(wav)
    np.testing.assert_array_equal(C, fastspec.CQT()(y), strict=True)
    assert C.flags.f_contiguous
    C = computed(
        capsys, out, "cqt", wav, "--hop-length", 441, "--fmin", "A1", "--n_bins", 48,
        "--bins-per-octave", 24, "--tuning", 0.25, "--values", "power", "--filter-scale", 0.5,
        "--norm", 2, "--window", "hamming", "--no-scale",
    )  # fmt: skip
    plan = fastspec.CQT(
        hop_length=441, fmin=55.0, n_bins=48, bins_per_octave=24, tuning=0.25, output="power",
        filter_scale=0.5, norm=2, window="hamming", scale=False,
    )  # fmt: skip
    np.testing.assert_array_equal(C, plan(y), strict=True)


@pytest.mark.parametrize("fmin", [None, 300.0])  # from 300 Hz on, the signal is resampled first
@pytest.mark.parametrize(
    "gamma", [("--gamma", 0), ("--gamma", 20), ("--gamma", "none"), ("--vqt",)]
)
def test_cqt_in_librosas_definition(capsys, wav, out, fmin, gamma):
    C = computed(
        capsys, out, "cqt", wav, "--definition", "librosa", "--n-bins", 24, *gamma,
        "--fmin", fmin or "none",
    )  # fmt: skip
    y, _ = fastspec.load(wav)
    value = None if gamma[-1] in ("none", "--vqt") else gamma[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = fastspec.vqt(y, fmin=fmin, n_bins=24, gamma=value)
    np.testing.assert_array_equal(C, expected)


def test_cqt_in_decibels(capsys, wav, out):
    y, _ = fastspec.load(wav)
    magnitude = np.abs(fastspec.CQT(output="magnitude")(y))
    C = computed(capsys, out, "cqt", wav, "--values", "db")
    np.testing.assert_array_equal(C, fastspec.amplitude_to_db(magnitude, top_db=None), strict=True)
    C = computed(
        capsys, out, "cqt", wav, "--values", "db", "--top-db", 30, "--ref", 2, "--amin", 1e-3
    )
    expected = fastspec.amplitude_to_db(magnitude, ref=2, amin=1e-3, top_db=30)
    np.testing.assert_allclose(C, expected, atol=1e-5)
    assert C.max() - C.min() == pytest.approx(30.0, abs=1e-4)


def test_cqt_tunes_itself(capsys, wav, out):
    C = computed(capsys, out, "cqt", wav, "--tuning", "auto", "--n-bins", 24)
    y, _ = fastspec.load(wav)
    tuning = fastspec.estimate_tuning(y=y, sr=SR)
    np.testing.assert_array_equal(C, fastspec.CQT(n_bins=24, tuning=tuning)(y))


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ((), {}),
        (("--kind", "cens"), {"cens": True}),
        (("--kind", "cens", "--smooth", "none", "--norm", 1),
         {"cens": True, "win_len_smooth": None, "norm": 1}),
        (("--kind", "vqt"), {"gamma": None}),
        (("--kind", "vqt", "--gamma", 5, "--definition", "librosa"),
         {"gamma": 5.0, "definition": "librosa"}),
        (("--n-chroma", 24, "--bins-per-octave", 48, "--n-octaves", 5, "--fmin", "C2", "--norm", 2,
          "--threshold", 0.1, "--hop-length", 441, "--window", "hamming"),
         {"n_chroma": 24, "bins_per_octave": 48, "n_octaves": 5, "fmin": fastspec.note_to_hz("C2"),
          "norm": 2, "threshold": 0.1, "hop_length": 441, "cqt_window": "hamming"}),
    ],
)  # fmt: skip
def test_chroma(capsys, wav, out, options, arguments):
    y, _ = fastspec.load(wav)
    C = computed(capsys, out, "chroma", wav, "--tuning", 0.1, *options)
    np.testing.assert_array_equal(C, fastspec.Chroma(tuning=0.1, **arguments)(y), strict=True)


def test_chroma_tunes_itself_and_keeps_channels(capsys, wav, out):
    y, _ = fastspec.load(wav, mono=False)
    C = computed(capsys, out, "chroma", wav, "--no-mono", "--definition", "librosa")
    expected = fastspec.chroma_cqt(y=y, sr=SR, bins_per_octave=36)
    np.testing.assert_array_equal(C, expected)
    assert C.shape[:2] == (2, 12)


def test_chroma_of_an_stft(capsys, wav, out):
    y, _ = fastspec.load(wav)
    C = computed(capsys, out, "chroma", wav, "--kind", "stft", "--n-fft", 4096, "--n-chroma", 24)
    np.testing.assert_array_equal(C, fastspec.chroma_stft(y=y, sr=SR, n_fft=4096, n_chroma=24))
    C = computed(capsys, out, "chroma", wav, "--kind", "stft", "--tuning", -0.2, "--norm", "none")
    expected = fastspec.ChromaSTFT(tuning=-0.2, norm=None)(y)
    np.testing.assert_array_equal(C, expected, strict=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "cent"), "kind='cent': unknown; did you mean 'cens'"),
        (("--n-fft", 1024), "n_fft=1024: is not for --kind cqt"),
        (("--kind", "stft", "--n-octaves", 3), "n_octaves=3: is not for --kind stft"),
        (("--n-chroma", 5), "n_chroma"),
        (("--n-octaves", 0), "n_octaves=0"),
        (("--norm", -1), "norm=-1"),
        (("--tuning", "inf"), "tuning=inf"),
        (("--kind", "cens", "--smooth", 0), "win_len_smooth"),
    ],
)
def test_bad_values_of_chroma_are_named(capsys, tmp_path, wav, out, options, said):
    assert said in refused(capsys, "chroma", wav, "-o", out, *options)
    nothing_left(tmp_path, "in.wav")


def test_channels_come_first(capsys, wav, out):
    y, _ = fastspec.load(wav, mono=False)
    M = computed(capsys, out, "mel", wav, "--no-mono")
    assert M.shape == (2, 128, fastspec.MelSpectrogram().n_frames(y.shape[1]))
    np.testing.assert_array_equal(M, fastspec.melspectrogram(y=y, sr=SR))
    D = computed(capsys, out, "stft", wav, "--no-mono")
    np.testing.assert_array_equal(D, fastspec.stft(y))
    assert D.flags.f_contiguous


def test_threshold_is_common_to_all_channels(capsys, tmp_path, out):
    path = tmp_path / "uneven.wav"
    y = example_signal(SR, 1.0)
    soundfile.write(path, np.stack([y, 1e-4 * y], axis=1), SR, subtype="FLOAT")
    C = computed(capsys, out, "mfcc", path, "--no-mono")
    y, _ = fastspec.load(path, mono=False)
    np.testing.assert_allclose(C, fastspec.mfcc(y=y, sr=SR), rtol=1e-5, atol=1e-3)


def test_one_channel_file_without_mixing(capsys, tmp_path, out):
    path = tmp_path / "mono.wav"
    soundfile.write(path, example_signal(SR, 0.5), SR)
    assert computed(capsys, out, "mel", path, "--no-mono").shape == (128, 22)


def test_part_of_a_file(capsys, wav, out):
    M = computed(capsys, out, "mel", wav, "--offset", 0.5, "--duration", 0.25)
    y, _ = fastspec.load(wav, offset=0.5, duration=0.25)
    np.testing.assert_array_equal(M, fastspec.melspectrogram(y=y, sr=SR))


@pytest.mark.parametrize("command", ["stft", "mel", "mfcc", "cqt"])
def test_threads_do_not_change_the_bits(capsys, wav, out, command):
    one = computed(capsys, out, command, wav, "--hop-length", 16)
    for threads in (2, 3):
        more = computed(capsys, out, command, wav, "--hop-length", 16, "--n-threads", threads)
        np.testing.assert_array_equal(one, more)


def test_precision(capsys, wav, out):
    M = computed(capsys, out, "mel", wav, "--precision", "double")
    y, _ = fastspec.load(wav)
    np.testing.assert_array_equal(M, fastspec.melspectrogram(y=y, sr=SR, precision="double"))


def test_synth_needs_no_file(capsys, out):
    M = computed(capsys, out, "mel", "--synth")
    np.testing.assert_array_equal(M, fastspec.melspectrogram(y=example_signal(), sr=SR))
    assert computed(capsys, out, "mel", "--synth", "--duration", 1, "--sr", 8000).shape == (128, 16)


def test_memory_map_reads_a_frame_in_one_place(capsys, wav, out):
    computed(capsys, out, "mel", wav)
    mapped = np.load(out, mmap_mode="r")
    assert mapped[:, 3].flags.c_contiguous


def test_summary_line(capsys, wav, out):
    _, said, _ = run(capsys, "mel", wav, "-o", out)
    assert re.fullmatch(
        rf"{re.escape(str(out))}: \(128, 65\) float32, 1\.50 s of audio in "
        r"\d+\.\d\d s \(\d+ times real time\)\n",
        said,
    )


# ---- show and info ------------------------------------------------------------------------------


def test_show(capsys, wav, tmp_path):
    picture = tmp_path / "page.png"
    code, said, complained = run(capsys, "show", wav, "-o", picture, "--width", 800, "--n-mels", 40)
    assert (code, complained) == (0, "")
    assert said.startswith(f"{picture}: 800 pixels wide, 1.50 s of audio in ")
    assert picture.read_bytes().startswith(b"\x89PNG")
    nothing_left(tmp_path, "in.wav", "page.png")


def test_show_synth(capsys, tmp_path):
    code, _, _ = run(capsys, "show", "--synth", "-o", tmp_path / "a.png", "--title", "A melody")
    assert code == 0


def test_info(capsys, wav):
    code, said, complained = run(capsys, "info")
    assert (code, complained) == (0, "")
    assert fastspec.__version__ in said
    code, more, _ = run(capsys, "info", wav)
    assert code == 0
    assert more.startswith(said)
    for fact in ("1.500 s", "44100 Hz", "channels     2", "frames       65 "):
        assert fact in more
    assert "not decodable" in refused_after_config(capsys, __file__)


def refused_after_config(capsys, path):
    assert cli.main(["info", str(path)]) == 1
    return capsys.readouterr().err


# ---- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["stft", "mel", "mfcc", "cqt", "chroma", "show"])
def test_what_is_wrong_with_the_files(capsys, tmp_path, wav, command):
    right = ".png" if command == "show" else ".npy"
    good = tmp_path / f"out{right}"
    text = tmp_path / "text.wav"
    text.write_text("not a recording")
    empty = tmp_path / "empty.wav"
    soundfile.write(empty, np.zeros(0), SR)
    nothing = tmp_path / "nothing.wav"
    nothing.touch()
    nan = tmp_path / "nan.wav"
    soundfile.write(nan, np.where(np.arange(3 * SR) == 2 * SR, np.nan, 0.1), SR, subtype="FLOAT")
    before = os.listdir(tmp_path)

    assert "nope.wav: No such file" in refused(capsys, command, tmp_path / "nope.wav", "-o", good)
    assert "not decodable as audio" in refused(capsys, command, text, "-o", good)
    assert "not decodable as audio" in refused(capsys, command, nothing, "-o", good)
    assert "no audio samples" in refused(capsys, command, empty, "-o", good)
    assert "sample 44100 (2.000 s" in refused(capsys, command, nan, "-o", good)
    assert "Is a directory" in refused(capsys, command, tmp_path, "-o", good)
    lost = tmp_path / "lost" / f"out{right}"
    assert "there is no directory" in refused(capsys, command, wav, "-o", lost)
    assert f"must be a {right} file" in refused(capsys, command, wav, "-o", tmp_path / "out.txt")
    os.mkdir(tmp_path / f"dir{right}")
    assert "is a directory" in refused(capsys, command, wav, "-o", tmp_path / f"dir{right}")
    nothing_left(tmp_path, *before, f"dir{right}")


def test_output_never_replaces_the_input(capsys, tmp_path, wav):
    disguised = tmp_path / "in.npy"
    os.rename(wav, disguised)
    assert "overwrite the input" in refused(capsys, "mel", disguised, "-o", disguised)
    os.symlink(disguised, tmp_path / "link.npy")
    assert "overwrite the input" in refused(capsys, "mel", disguised, "-o", tmp_path / "link.npy")
    assert disguised.read_bytes().startswith(b"RIFF")


def test_a_failure_keeps_the_old_output(capsys, tmp_path, wav, out):
    before = computed(capsys, out, "mel", wav)
    nan = tmp_path / "nan.wav"
    soundfile.write(nan, np.where(np.arange(20 * SR) == 19 * SR, np.nan, 0.1), SR, subtype="FLOAT")
    refused(capsys, "mel", nan, "-o", out)
    np.testing.assert_array_equal(np.load(out), before)
    nothing_left(tmp_path, "in.wav", "nan.wav", "out.npy")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hop-length", 0),
        ("n-fft", 0),
        ("n_mels", -1),
        ("fmin", 20000),
        ("fmax", "nan"),
        ("sr", 0),
        ("offset", -1),
        ("window", "hanm"),
        ("pad-mode", "reflct"),
        ("norm", "slany"),
        ("n-threads", 0),
        ("power", "nan"),
    ],
)
def test_bad_values_are_named(capsys, tmp_path, wav, out, name, value):
    complained = refused(capsys, "mel", wav, "-o", out, f"--{name}", value)
    assert name.replace("-", "_") in complained
    nothing_left(tmp_path, "in.wav")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("values", "magnitud", "did you mean 'magnitude'"),
        ("definition", "librossa", "did you mean 'librosa'"),
        ("fmin", 0, "fmin=0.0"),
        ("n-bins", 500, "Nyquist"),
        ("bins-per-octave", 0, "bins_per_octave=0"),
        ("tuning", "nan", "tuning=nan"),
        ("gamma", -1, "gamma=-1.0"),
        ("top-db", 20, "top_db=20.0: is for --values db"),
        ("ref", 0, "ref=0.0"),
        ("amin", 0, "amin=0.0"),
    ],
)
def test_bad_values_of_cqt_are_named(capsys, tmp_path, wav, out, name, value, said):
    assert said in refused(capsys, "cqt", wav, "-o", out, f"--{name}", value)
    nothing_left(tmp_path, "in.wav")


def test_cqt_takes_one_gamma(capsys, wav, out):
    assert "gamma=3.0" in refused(capsys, "cqt", wav, "-o", out, "--vqt", "--gamma", 3)


def test_too_short_without_centring(capsys, tmp_path, wav, out):
    refused(capsys, "stft", wav, "-o", out, "--no-center", "--duration", 0.01)
    nothing_left(tmp_path, "in.wav")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["mel", "in.wav"],
        ["mel", "-o", "out.npy"],
        ["mel", "in.wav", "--synth", "-o", "out.npy"],
        ["mel", "in.wav", "-o", "out.npy", "--n-fft", "many"],
        ["mel", "in.wav", "-o", "out.npy", "--n-f", "512"],
        ["mel", "in.wav", "-o", "out.npy", "--log", "decibel"],
        ["cqt", "in.wav", "-o", "out.npy", "--fmin", "H1"],
        ["stft", "in.wav", "-o", "out.npy", "--n-mels", "40"],
        ["show", "in.wav", "-o", "out.png", "--width", "wide"],
    ],
)
def test_usage(capsys, arguments):
    misused(capsys, *arguments)


def test_help_and_version(capsys):
    for arguments in (["--help"], ["--version"], *([name, "--help"] for name in cli.FEATURES)):
        with pytest.raises(SystemExit) as caught:
            cli.main(arguments)
        assert caught.value.code == 0
    assert "--n-fft N" in capsys.readouterr().out


def test_missing_extra(capsys, monkeypatch, wav, out):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert 'pip install "fastspec[audio]"' in refused(capsys, "mel", wav, "-o", out)


def test_warnings_are_one_line(capsys, wav, out, monkeypatch):
    def warning(args):
        warnings.warn("something\nodd", stacklevel=1)

    monkeypatch.setattr(cli, "compute", warning)
    code, _, complained = run(capsys, "mel", wav, "-o", out)
    assert code == 0
    assert complained == "fastspec: warning: something odd\n"


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (MemoryError(), "out of memory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (RuntimeError("two\nlines"), "two lines"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_failures_in_the_middle(capsys, tmp_path, wav, out, monkeypatch, problem, said):
    def fail(self, frames):
        raise problem

    monkeypatch.setattr(cli.NpyWriter, "append", fail)
    assert said in refused(capsys, "mel", wav, "-o", out)
    nothing_left(tmp_path, "in.wav")


# ---- the file -----------------------------------------------------------------------------------


def test_npy_header_has_room_for_any_length(tmp_path):
    path = tmp_path / "a.npy"
    with open(path, "wb") as file:
        writer = cli.NpyWriter(file)
        for k in range(1, 200):
            writer.append(np.full((2, 3, k), k, np.complex64))
        assert writer.finish() == ((2, 3, 19900), np.dtype(np.complex64))
    data = np.load(path)
    assert data.shape == (2, 3, 19900)
    assert (data[..., -1] == 199).all()
    with open(path, "wb") as file, pytest.raises(RuntimeError, match="no frames"):
        cli.NpyWriter(file).finish()


def test_permissions_follow_the_umask(capsys, wav, out):
    before = os.umask(0o027)
    try:
        computed(capsys, out, "mel", wav)
    finally:
        os.umask(before)
    assert stat.S_IMODE(out.stat().st_mode) == 0o640


def test_a_link_stays_a_link(capsys, tmp_path, wav, out):
    target = tmp_path / "target.npy"
    target.touch()
    os.symlink(target, out)
    computed(capsys, out, "mel", wav)
    assert out.is_symlink()
    assert np.load(target).shape == (128, 65)


def test_names_that_do_not_print(capsys, tmp_path, wav):
    strange = tmp_path / os.fsdecode(b"a\xff\n.npy")
    code, _, _ = run(capsys, "mel", wav, "-o", strange)
    assert code == 0
    assert np.load(strange).shape == (128, 65)


# ---- progress -----------------------------------------------------------------------------------


class Terminal:
    def __init__(self, tty):
        self.text = ""
        self.tty = tty

    def isatty(self):
        return self.tty

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("tty", [True, False])
@pytest.mark.parametrize("slow", [True, False])
def test_progress_only_on_a_terminal_and_only_when_slow(monkeypatch, tty, slow):
    clock = iter(range(0, 1000)) if slow else iter(np.arange(1000) * 1e-3)
    monkeypatch.setattr(files.time, "monotonic", lambda: float(next(clock)))
    terminal = Terminal(tty)
    source = ArrayBlocks(np.zeros(1_000_000, np.float32), SR, "name.wav")
    watched = files.Watched(source, 1, terminal)
    assert sum(block.shape[1] for block in watched) == 1_000_000
    watched.clear()
    if tty and slow:
        assert re.search(r"fastspec \[#+\.*\]  ?\d+%, \d+ s left", terminal.text)
        assert terminal.text.endswith("\r\033[K")
    else:
        assert terminal.text == ""


# ---- as a program -------------------------------------------------------------------------------


def program(*arguments, **options):
    command = [sys.executable, "-m", "fastspec", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, **options)


def test_exit_codes(wav, out):
    for arguments, code in (
        (["mel", wav, "-o", out], 0),
        (["mel", "nope.wav", "-o", out], 1),
        (["mel"], 2),
    ):
        process = program(*arguments)
        _, complained = process.communicate(timeout=120)
        assert process.returncode == code
        assert b"Traceback" not in complained


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        (signal.SIGINT, 130, "fastspec: interrupted\n"),
        (signal.SIGTERM, 143, "fastspec: terminated\n"),
        (signal.SIGHUP, 129, "fastspec: terminated\n"),
    ],
)
def test_interrupted(tmp_path, sent, code, said):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(example_signal(), 30), SR)
    process = program(
        *("stft", path, "-o", tmp_path / "out.npy", "--hop-length", 4),
        preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL),  # under nohup it is ignored
    )
    deadline = time.monotonic() + 60
    while not any(name.endswith(".part") for name in os.listdir(tmp_path)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(sent)
    _, complained = process.communicate(timeout=60)
    assert process.returncode == code
    assert complained.decode() == said
    nothing_left(tmp_path, "long.wav")


def peak_memory(*arguments):
    """Peak resident size in bytes of a run of the command line."""
    code = (
        "import resource, sys\n"
        "from fastspec.cli import main\n"
        "assert main(sys.argv[1:]) == 0\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr.split()[-1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux")
@pytest.mark.parametrize("command", ["mel", "mfcc", "cqt", "show"])
def test_memory_does_not_grow_with_the_file(tmp_path, command):
    path = tmp_path / "long.wav"
    minute = example_signal(SR, 60.0)
    with soundfile.SoundFile(path, "w", 2 * SR, 1, "PCM_16") as file:
        for _ in range(40):  # 20 minutes; 106 MB once in memory as float32 at 22050 Hz
            file.write(minute)
    suffix = ".png" if command == "show" else ".npy"
    # The short one already fills all buffers and, for show, all columns of the page.
    short = peak_memory(command, path, "-o", tmp_path / f"short{suffix}", "--duration", 130)
    long = peak_memory(command, path, "-o", tmp_path / f"long{suffix}")
    assert long - short < 24e6
