"""The namespace of librosa: ours where we have a function, librosa's where it has, or an error."""

import inspect
import os
import pickle
import pkgutil
import subprocess
import sys
import textwrap
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import fastspec
import fastspec.librosa_compat.feature as feature
from fastspec import librosa_compat
from fastspec.librosa_compat import _names, _table

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def errors_of_one_class(monkeypatch):
    """Let the classes of errors be for other tests what they were."""
    monkeypatch.setattr(fastspec.ParameterError, "_derived", None)


def run(code):
    """The output of a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, text=True, env=dict(os.environ), timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- what is there -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("stft", "stft"),
        ("core.stft", "stft"),
        ("core.spectrum.stft", "stft"),
        ("feature.mfcc", "mfcc"),
        ("feature.spectral.mfcc", "mfcc"),
        ("feature.tonnetz", "tonnetz"),
        ("filters.mel", "mel_filter"),
        ("filters.chroma", "chroma_filter"),
        ("filters.get_window", "get_window"),
        ("core.constantq.cqt", "cqt"),
        ("note_to_hz", "note_to_hz"),
        ("load", "load"),
        ("core.audio.load", "load"),
        ("display.specshow", "specshow"),
    ],
)
def test_what_we_have_is_ours(path, name):
    found = librosa_compat
    for part in path.split("."):
        found = getattr(found, part)
    assert found is getattr(fastspec, name)


def test_ways_to_import():
    from fastspec.librosa_compat.core import spectrum, stft
    from fastspec.librosa_compat.feature import melspectrogram
    from fastspec.librosa_compat.feature.inverse import griffinlim  # librosa's module has it, too

    assert feature.melspectrogram is melspectrogram is fastspec.melspectrogram
    assert stft is spectrum.stft is fastspec.stft
    assert librosa_compat.feature is feature
    assert callable(griffinlim)
    everything = {}
    exec("from fastspec.librosa_compat import *", everything)
    assert everything["stft"] is fastspec.stft
    assert everything["feature"] is feature


def test_what_we_do_not_have_is_librosas(librosa):
    assert librosa_compat.beat.beat_track is librosa.beat.beat_track
    assert librosa_compat.lpc is librosa.lpc
    assert librosa_compat.util.nnls is librosa.util.nnls
    assert librosa_compat.core.fft.get_fftlib is librosa.core.fft.get_fftlib
    assert librosa_compat.util.MAX_MEM_BLOCK == librosa.util.MAX_MEM_BLOCK
    assert librosa_compat.__doc__ != librosa.__doc__
    for missing in ("no_such_thing", "__no_such_thing__"):
        with pytest.raises(AttributeError, match=missing):
            getattr(librosa_compat, missing)
        assert not hasattr(librosa_compat.feature, missing)


def test_every_public_name_of_librosas_can_be_asked_for(librosa):
    for module in _names.MODULES:
        ours = import_module(".".join(filter(None, ("fastspec.librosa_compat", module))))
        theirs = import_module(".".join(filter(None, ("librosa", module))))
        assert set(dir(ours)) >= _names.names_in(module) | _names.submodules_of(module)
        for name in _names.names_in(module):
            found = getattr(ours, name)
            row = _table.in_namespace().get(module, {}).get(name)
            assert found is (getattr(theirs, name) if row is None else row.function())


def test_names_are_those_of_librosa(librosa):
    """The names that are written down, against the library."""
    hidden = ("version", "util.example_data")
    for info in [None, *pkgutil.walk_packages(librosa.__path__, "librosa.")]:
        module = "" if info is None else info.name.removeprefix("librosa.")
        if module in hidden or any(part.startswith("_") for part in module.split(".")):
            continue
        assert module in _names.MODULES
        theirs = import_module(info.name if info else "librosa")
        public = getattr(theirs, "__all__", None)
        if public is None:
            home = theirs.__name__
            public = [n for n, v in vars(theirs).items() if getattr(v, "__module__", "") == home]
            public = [n for n in public if n[0] != "_"]
        modules = {n for n in public if type(getattr(theirs, n, None)) is type(sys)}
        public = set(public) - modules - {"Deprecated", "rename_kw"}  # for its own use
        assert public == _names.names_in(module) - {"Deprecated", "rename_kw"}, module
        assert modules <= _names.submodules_of(module)


def test_librosa_is_not_imported_for_what_we_have():
    out = run("""
        import sys
        import numpy as np
        from fastspec import librosa_compat as librosa
        import fastspec.librosa_compat.beat
        from fastspec.librosa_compat.feature import melspectrogram
        librosa.feature.mfcc(y=np.ones(4000, np.float32))
        librosa.filters.mel(sr=22050, n_fft=2048)
        for name in ("feature", "beat", "util", "core"):
            dir(getattr(librosa, name))
        hasattr(librosa, "__path__"), hasattr(librosa, "__wrapped__")
        print(sorted(name for name in sys.modules if name.split(".")[0] == "librosa"))
    """)
    assert out == "[]\n"


def test_without_librosa():
    out = run("""
        import sys
        sys.modules["librosa"] = None
        import numpy as np, fastspec
        from fastspec import librosa_compat as librosa
        print(librosa.feature.mfcc(y=np.ones(4000, np.float32)).shape)
        for name in ("beat.beat_track", "nothing", "feature.nothing"):
            holder, part = librosa, None
            for part in name.split("."):
                try:
                    holder = getattr(holder, part)
                except AttributeError as error:
                    print(error)
        print(librosa.ParameterError is fastspec.ParameterError)
        print("stft" in dir(librosa), "lpc" in dir(librosa), dir(librosa.segment)[-1][:2])
    """).splitlines()
    assert out[0] == "(20, 8)"
    assert "fastspec does not have librosa.beat.beat_track" in out[1]
    assert "pip install 'librosa==0.11.*'" in out[1]
    assert "no attribute 'nothing', nor has librosa" in out[2]
    assert "no attribute 'nothing', nor has librosa" in out[3]
    assert out[4:] == ["True", "True False __"]


def test_errors_of_the_namespace_catch_ours_and_librosas(librosa):
    """In a process of its own: with the namespace, all our errors are of librosa's class, too."""
    out = run("""
        import pickle, fastspec, numpy as np
        try:
            fastspec.stft(np.zeros(0))
        except fastspec.ParameterError as error:
            print(type(error) is fastspec.ParameterError)
        from fastspec import librosa_compat as librosa
        for call in (lambda: librosa.stft(np.zeros(0)), lambda: librosa.util.valid_audio(7),
                     lambda: librosa.util.frame(np.zeros(3), frame_length=5, hop_length=1)):
            try:
                call()
            except librosa.ParameterError as error:
                print("caught", isinstance(error, librosa.LibrosaError))
        try:
            librosa.stft(np.zeros(0))
        except ValueError as error:
            again = pickle.loads(pickle.dumps(error))
            print(isinstance(again, (fastspec.ParameterError)))
            print(isinstance(again, (librosa.ParameterError)), str(again) == str(error))
        import librosa as real
        print(real.ParameterError is librosa.ParameterError)
        print(real.ParameterError is librosa.util.exceptions.ParameterError)
    """)
    expected = ["True", *["caught True"] * 3, "True", "True True", "True", "True"]
    assert out.split("\n")[:-1] == expected


def test_modules_are_modules():
    assert pickle.loads(pickle.dumps(librosa_compat.stft)) is fastspec.stft
    assert librosa_compat.feature.__name__ == "fastspec.librosa_compat.feature"
    assert librosa_compat.feature.inverse.__name__ == "fastspec.librosa_compat.feature.inverse"
    assert fastspec.librosa_compat is librosa_compat


def test_a_pipeline_of_both(librosa):
    y = np.random.default_rng(1).standard_normal(22050).astype(np.float32)
    S = librosa_compat.feature.melspectrogram(y=y)
    ours = librosa_compat.onset.onset_strength(S=librosa_compat.power_to_db(S))
    theirs = librosa.onset.onset_strength(
        S=librosa.power_to_db(librosa.feature.melspectrogram(y=y))
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


# ---- the table -----------------------------------------------------------------------------------


def test_rows_are_functions_of_librosas(librosa):
    seen = set()
    for row in _table.ROWS:
        assert callable(getattr(import_module(f"librosa.{row.home}"), row.name)), row
        assert row.path not in seen
        seen.add(row.path)
        assert _table.find(row.path) is row
        module, _, name = row.path.rpartition(".")
        assert getattr(import_module(module), name).__module__ == f"librosa.{row.home}"


@pytest.mark.parametrize("row", _table.served(), ids=lambda row: row.path)
def test_our_functions_have_librosas_parameters(librosa, row):
    """The patch hands arguments on as they are given."""
    named = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    theirs = inspect.signature(getattr(import_module(f"librosa.{row.home}"), row.name)).parameters
    ours = inspect.signature(row.function()).parameters
    shared = [p for p in theirs.values() if p.kind not in named]
    if row.name == "key_to_notes":  # natural= is passed on
        shared = [p for p in shared if p.name != "natural"]
    for parameter in shared:
        mine = ours[parameter.name]
        assert mine.kind == parameter.kind
        assert mine.default is parameter.default or mine.default == parameter.default
    positions = [p.name for p in shared if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert list(ours)[: len(positions)] == positions


def test_rows_whose_function_is_absent_are_not_served(librosa):
    """Their list, for who adds functions; it shrinks as they come."""
    absent = _table.absent()
    print("not in fastspec:", *(row.path for row in absent))
    served = {row.path for row in _table.served()}
    for row in absent:
        assert not hasattr(fastspec, row.ours or row.name)
        assert row.path not in served
        assert all(row.name not in rows for rows in _table.in_namespace().values())
    with fastspec.librosa_patch():
        for row in absent:
            function = getattr(import_module(f"librosa.{row.home}"), row.name)
            assert not function.__code__.co_filename.endswith("_importlib_bootstrap.py")


def test_functions_with_librosas_names_have_rows(librosa):
    """Who adds a function that librosa has, adds its row."""
    public = set().union(*map(_names.names_in, _names.MODULES))
    named = {name for name in fastspec.__all__ if name in public and name != "ParameterError"}
    assert named <= {row.source[1] for row in _table.ROWS}


def test_the_docs_list_what_is_served():
    page = ROOT / "docs" / "librosa.md"
    if not page.exists():
        pytest.skip("needs the source tree")
    text = page.read_text()
    for row in _table.served():
        lines = [line for line in text.splitlines() if line.startswith(f"| `{row.path}` |")]
        assert lines == [_table.docs_line(row)], row.path
    listed = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `librosa.")}
    assert listed == {row.path for row in _table.served()}
