"""The patch of librosa: what it reaches, what it leaves, and what calls through it look like."""

import concurrent.futures
import copy
import inspect
import os
import pickle
import pkgutil
import subprocess
import sys
import textwrap
import threading
import types
import warnings
from importlib import import_module, reload

import numpy as np
import pytest

import fastspec
from fastspec.librosa_compat import _errors, _patch
from fastspec.librosa_compat._table import served

Y = np.random.default_rng(0).standard_normal(9000).astype(np.float32)


@pytest.fixture(autouse=True)
def unpatched():
    assert not fastspec.is_patched()
    yield
    assert not fastspec.is_patched()


@pytest.fixture
def everything(librosa):
    """All of librosa's modules, loaded."""
    names = [m.name for m in pkgutil.walk_packages(librosa.__path__, "librosa.")]
    return [librosa, *map(import_module, names)]


def holdings(modules):
    """Everything that librosa's modules hold: by name, in dicts, in closures."""
    held = {}
    for module in modules:
        for name, value in vars(module).items():
            held[module.__name__, name] = value
            if type(value) is dict and name[:2] != "__":
                held |= {(module.__name__, name, key): item for key, item in value.items()}
            if isinstance(value, types.FunctionType) and not is_stand_in(value):
                for i, cell in enumerate(value.__closure__ or ()):
                    held[module.__name__, name, i] = cell.cell_contents
    return held


def is_stand_in(value):
    code = getattr(value, "__code__", None) if isinstance(value, types.FunctionType) else None
    return code is not None and code.co_filename.endswith("_importlib_bootstrap.py")


def run(code, **environment):
    """The output of a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, text=True, env={**os.environ, **environment}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- reach ---------------------------------------------------------------------------------------


def test_every_name_is_reached_and_given_back(everything):
    before = holdings(everything)
    homes = {(f"librosa.{row.home}", row.name) for row in served()}
    originals = {id(before[home]) for home in homes}
    with fastspec.librosa_patch():
        during = holdings(everything)
        for place, value in before.items():
            if place not in during:  # in the closure of a function that has a stand-in
                assert is_stand_in(during[place[:2]])
            elif id(value) in originals:
                assert is_stand_in(during[place]), place
                assert during[place].__wrapped__ is value
            else:
                assert during[place] is value, place
    after = holdings(everything)
    assert after.keys() == before.keys()
    assert all(after[place] is value for place, value in before.items())


@pytest.mark.parametrize(
    "place",
    [
        "core.constantq.stft",
        "core.constantq.istft",
        "core.constantq.estimate_tuning",
        "core.pitch._spectrogram",
        "core.intervals.interval_frequencies",
        "feature.inverse.griffinlim",
        "feature.inverse.db_to_power",
        "feature.rhythm.stft",
        "feature.spectral._spectrogram",
        "feature.spectral.power_to_db",
        "feature.spectral.cqt",
        "feature.spectral.vqt",
        "feature.spectral.hybrid_cqt",
        "onset.melspectrogram",
        "filters.mel_frequencies",
        "display.core.stft",
    ],
)
def test_names_taken_by_value_are_reached(everything, place):
    module, _, name = place.rpartition(".")
    module, *inside = module.split(".core", 1) if module.startswith("display") else (module,)
    holder = import_module(f"librosa.{module}")
    for _ in inside:
        holder = holder.core
    if not hasattr(holder, name):
        pytest.skip("not in this version")
    assert not is_stand_in(getattr(holder, name))
    with fastspec.librosa_patch():
        assert is_stand_in(getattr(holder, name))


def test_a_loaded_function_of_librosas_calls_ours(librosa):
    before = librosa.effects.harmonic(Y)
    with fastspec.librosa_patch():
        after = librosa.effects.harmonic(Y)
        report = fastspec.patch_report()
    assert report.functions["librosa.stft"].served == 1
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_modules_loaded_later_are_reached(librosa):
    out = run("""
        import sys, types, fastspec
        fastspec.patch_librosa()
        loaded = [name for name in sys.modules if name.startswith("librosa.")]
        assert len(loaded) < 4, loaded  # nothing is loaded for the patch's sake
        import librosa.onset, librosa.feature, librosa.core.constantq, librosa.segment
        def stand_ins():
            return {
                f"{name}.{key}"
                for name, module in list(sys.modules.items()) if name.startswith("librosa")
                for key, value in vars(module).items()
                if isinstance(value, types.FunctionType)
                and value.__code__.co_filename.endswith("_importlib_bootstrap.py")
            }
        librosa.feature.mfcc, librosa.stft, librosa.feature.inverse.mel_to_audio
        there = stand_ins()
        assert {"librosa.core.spectrum.stft", "librosa.core.constantq.stft",
                "librosa.feature.spectral.cqt", "librosa.onset.melspectrogram",
                "librosa.feature.mfcc", "librosa.stft"} <= there, there
        fastspec.unpatch_librosa()
        assert not stand_ins()
        assert librosa.stft is librosa.core.spectrum.stft
        print("done")
    """)
    assert out == "done\n"


def test_names_taken_before_stay_and_names_taken_during_return(librosa):
    before = librosa.stft
    with fastspec.librosa_patch():
        during = librosa.stft
        before(Y)
        assert "librosa.stft" not in fastspec.patch_report().functions  # only what is within it
        ours = during(Y)
    theirs = during(Y)
    assert before is librosa.stft is not during
    np.testing.assert_array_equal(theirs, before(Y))
    np.testing.assert_array_equal(ours, fastspec.stft(Y))
    with fastspec.librosa_patch():
        assert librosa.stft is during  # as long as the process lives


def test_reloaded_modules(librosa):
    import librosa.core.spectrum

    first = librosa.core.spectrum.stft
    with fastspec.librosa_patch():
        reload(librosa.core.spectrum)
        assert is_stand_in(librosa.core.spectrum.stft)
        assert librosa.core.spectrum.stft.__wrapped__ is not first
    assert not is_stand_in(librosa.core.spectrum.stft)
    # For the tests that follow: one set of functions everywhere.
    vars(librosa.core.spectrum)["stft"] = first
    for name, value in holdings([librosa.core.spectrum]).items():
        if isinstance(value, types.FunctionType) and name[1] in vars(librosa):
            vars(librosa.core.spectrum)[name[1]] = vars(librosa)[name[1]]


def test_functions_that_others_put_there_are_left_alone(librosa, monkeypatch):
    def stft(y, **kwargs):
        return "theirs"

    monkeypatch.setattr(librosa.core.spectrum, "stft", stft)
    with fastspec.librosa_patch():
        assert librosa.core.spectrum.stft is stft
    assert librosa.core.spectrum.stft is stft


def test_what_is_put_there_during_the_patch_stays(librosa, monkeypatch):
    original = librosa.core.spectrum.istft
    with fastspec.librosa_patch():
        librosa.core.spectrum.istft = len
    assert librosa.core.spectrum.istft is len
    librosa.core.spectrum.istft = original


def test_with_librosas_cache(librosa, tmp_path):
    out = run("""
        import fastspec, librosa, numpy as np
        mel = librosa.filters.mel
        fastspec.patch_librosa()
        patched = librosa.filters.mel
        assert patched is not mel and patched.__wrapped__ is mel
        assert patched.__dict__.keys() >= mel.__dict__.keys()
        y = np.ones(4000, np.float32)
        assert librosa.feature.melspectrogram(y=y).shape == (128, 8)
        fastspec.unpatch_librosa()
        assert librosa.filters.mel is mel
        print(fastspec.patch_report().served > 0)
    """, LIBROSA_CACHE_DIR=str(tmp_path), LIBROSA_CACHE_LEVEL="50")  # fmt: skip
    assert out == "True\n"


# ---- counting and threads ------------------------------------------------------------------------


def test_patches_are_counted(librosa):
    original = librosa.stft
    fastspec.patch_librosa()
    fastspec.patch_librosa()
    fastspec.unpatch_librosa()
    assert fastspec.is_patched()
    assert librosa.stft is not original
    fastspec.unpatch_librosa()
    assert not fastspec.is_patched()
    assert librosa.stft is original
    fastspec.unpatch_librosa()  # one too many does nothing
    with pytest.raises(KeyError), fastspec.librosa_patch():
        raise KeyError
    assert librosa.stft is original


def test_many_threads(librosa, everything):
    before = holdings(everything)
    theirs, ours = librosa.stft(Y[:3000]), fastspec.stft(Y[:3000])
    start = threading.Barrier(8)

    def work(k):
        start.wait()
        for _ in range(25):
            with fastspec.librosa_patch():
                assert fastspec.is_patched()
                np.testing.assert_array_equal(librosa.stft(Y[:3000]), ours)
            free = librosa.stft(Y[:3000])
            assert np.array_equal(free, theirs) or np.array_equal(free, ours)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    after = holdings(everything)
    assert all(after[place] is value for place, value in before.items())


def test_threads_that_import_while_others_patch(librosa):
    out = run("""
        import concurrent.futures, sys, threading, types
        import fastspec
        start = threading.Barrier(6)
        modules = ("librosa.onset", "librosa.feature", "librosa.core.constantq", "librosa.effects")
        def load(name):
            start.wait()
            __import__(name)
        def patch(_):
            start.wait()
            fastspec.patch_librosa()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            jobs = [pool.submit(load, name) for name in modules]
            jobs += [pool.submit(patch, None) for _ in range(2)]
            for job in jobs:
                job.result(timeout=100)
        import librosa, librosa.feature.spectral, librosa.feature.rhythm
        for holder in (librosa.core.spectrum, librosa.core.constantq, librosa.feature.rhythm):
            assert holder.stft.__code__.co_filename.endswith("_importlib_bootstrap.py"), holder
        print(fastspec.is_patched())
    """)
    assert out == "True\n"


def test_a_child_after_a_fork_counts_anew(librosa):
    if not hasattr(os, "fork"):
        pytest.skip("no fork")
    with fastspec.librosa_patch():
        librosa.stft(Y)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                before = fastspec.patch_report().served
                librosa.stft(Y)
                after = fastspec.patch_report().functions["librosa.stft"].served
                os.write(write, f"{before} {after} {fastspec.is_patched()}".encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(read, 100) == b"0 1 True"
        os.close(read)
        os.close(write)
        assert fastspec.patch_report().functions["librosa.stft"].served == 1


# ---- what a stand-in looks like ------------------------------------------------------------------


@pytest.mark.parametrize("row", served(), ids=lambda row: row.path)
def test_stand_ins_look_like_the_original(librosa, row):
    home = import_module(f"librosa.{row.home}")
    original = getattr(home, row.name)
    with fastspec.librosa_patch():
        patched = getattr(home, row.name)
        assert patched is not original
        assert inspect.isfunction(patched)
        # as text: the default of pyin's fill_na is NaN, which equals nothing
        assert str(inspect.signature(patched)) == str(inspect.signature(original))
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            assert getattr(patched, name) == getattr(original, name)
        assert patched.__wrapped__ is original
        assert inspect.unwrap(patched) is inspect.unwrap(original)
        assert pickle.loads(pickle.dumps(patched)) is patched


def test_our_extras_are_not_librosas(librosa):
    with fastspec.librosa_patch():
        for extra in ({"n_threads": 2}, {"precision": "double"}):
            with pytest.raises(TypeError, match=next(iter(extra))):
                librosa.stft(Y, **extra)
            with pytest.raises(TypeError, match=next(iter(extra))):
                librosa.feature.melspectrogram(y=Y, **extra)
        with pytest.raises(TypeError, match="positional"):
            librosa.stft(Y, 2048)
        with pytest.raises(TypeError, match="missing"):
            librosa.stft()


def test_out_is_written(librosa):
    out = np.zeros((1025, 18), np.complex64, order="F")
    with fastspec.librosa_patch():
        result = librosa.stft(Y, out=out)
    assert result is out
    np.testing.assert_array_equal(out, fastspec.stft(Y))


# ---- errors and warnings -------------------------------------------------------------------------


BAD = [
    ("stft", (Y.astype(np.int16),), {}),
    ("stft", (Y.tolist(),), {}),
    ("stft", (np.full(100, np.nan, np.float32),), {}),
    ("stft", (Y,), {"hop_length": 0}),
    ("stft", (Y,), {"pad_mode": "wrap"}),
    ("stft", (Y[:100],), {"center": False}),
    ("power_to_db", (np.ones(3),), {"amin": 0}),
    ("griffinlim", (np.ones((65, 9)),), {"momentum": -1}),
    ("feature.melspectrogram", (), {}),
    ("feature.melspectrogram", (), {"y": Y, "norm": "other"}),
    ("filters.mel", (), {"sr": 8000, "n_fft": 512, "norm": "other"}),
    ("cqt", (Y,), {"n_bins": 140}),
    ("note_to_hz", ("H9",), {}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), BAD)
def test_errors_are_of_both_libraries(librosa, name, args, kwargs):
    def call():
        function = librosa
        for part in name.split("."):
            function = getattr(function, part)
        return function(*args, **kwargs)

    with pytest.raises(librosa.ParameterError) as theirs:
        call()
    with fastspec.librosa_patch(), pytest.raises(librosa.ParameterError) as both:
        call()
    error = both.value
    assert isinstance(error, fastspec.ParameterError)
    assert isinstance(error, ValueError)
    assert str(error) == str(theirs.value)
    assert type(error).__name__ == "ParameterError"
    assert error.__cause__ is theirs.value.__cause__
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, librosa.ParameterError)
    assert isinstance(again, fastspec.ParameterError)
    assert str(again) == str(error)
    assert not isinstance(theirs.value, fastspec.ParameterError)


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (ValueError, lambda librosa: librosa.stft(Y, window="no such window")),
        (ValueError, lambda librosa: librosa.stft(Y, n_fft=0, hop_length=64)),
        (ValueError, lambda librosa: librosa.feature.mfcc(y=Y, n_mels="many")),
        (TypeError, lambda librosa: librosa.feature.melspectrogram(y=Y, power="2")),
    ],
)
def test_other_errors_of_librosas_are_ours_too_where_we_refuse(librosa, kind, call):
    with pytest.raises(kind) as theirs:
        call(librosa)
    with fastspec.librosa_patch(), pytest.raises(kind) as both:
        call(librosa)
    assert isinstance(both.value, fastspec.ParameterError)
    assert str(both.value) == str(theirs.value)


def test_errors_that_do_not_mix_are_librosas(librosa):
    class Mine(OSError):
        pass

    def window(n):
        raise Mine(5, "mine")

    with fastspec.librosa_patch(), pytest.raises(Mine) as caught:
        librosa.stft(Y, window=window)
    assert type(caught.value) is Mine


class Odd(Exception):
    """An error that cannot be made from its arguments."""

    def __new__(cls, *args, word):
        return super().__new__(cls, *args)

    def __init__(self, *args, word):
        self.word = word


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a key"),
        ZeroDivisionError("by zero"),
        ValueError(3, "two things"),
        np.exceptions.AxisError(3, 2),
        np.linalg.LinAlgError("singular"),
    ],
)
def test_errors_of_two_classes(error):
    error.note = "kept"
    error.__cause__ = OSError("cause")
    both = _errors.both(error)
    assert isinstance(both, fastspec.ParameterError)
    assert isinstance(both, type(error))
    assert (str(both), both.args, both.note) == (str(error), error.args, "kept")
    assert both.__cause__ is error.__cause__
    assert _errors.both(both) is both
    assert isinstance(copy.copy(both), type(error))


@pytest.mark.parametrize("error", [OSError(2, "none", "a file"), Odd("a", word="b")])
def test_errors_that_stay_what_they_are(error):
    assert _errors.both(error) is error


def test_warnings_point_to_the_line_of_the_call(librosa):
    def lines():
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            librosa.stft(Y[:100])
            librosa.power_to_db(np.ones(3, complex))
            librosa.power_to_db(np.ones(3, np.complex256))  # is passed on
            librosa.cqt(Y, n_bins=12, res_type=None, fmin=440)
            librosa.filters.mel(sr=8000, n_fft=64)
        return [(w.category, str(w.message), w.filename, w.lineno) for w in said]

    theirs = lines()
    with fastspec.librosa_patch():
        ours = lines()
        report = fastspec.patch_report()
    ours_here = [w for w in ours if w[2] == __file__]
    assert [w[:2] for w in ours] == [w[:2] for w in theirs]
    assert len(ours_here) == len(ours) == 5
    assert {w for w in theirs if w[2] == __file__} <= set(ours_here)
    calls = report.functions["librosa.power_to_db"]
    assert (calls.served, sum(calls.passed_on.values())) == (1, 1)


def test_warnings_are_shown_once_per_line(librosa):
    with fastspec.librosa_patch(), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        for _ in range(3):
            librosa.stft(Y[:101])
        librosa.stft(Y[:101])
    assert len(said) == 2


# ---- the report ----------------------------------------------------------------------------------


def test_the_report(librosa):
    with fastspec.librosa_patch():
        empty = fastspec.patch_report()
        librosa.feature.mfcc(y=Y)
        librosa.hz_to_mel(440)
        librosa.hz_to_mel(np.int16(440))
        librosa.stft(Y, dtype=np.clongdouble)
    report = fastspec.patch_report()
    assert empty.served == empty.passed_on == 0
    assert "no calls" in str(empty)
    assert report.functions["librosa.feature.mfcc"].served == 1
    assert report.functions["librosa.hz_to_mel"].served == 1
    assert dict(report.functions["librosa.hz_to_mel"].passed_on) == {
        "frequencies has dtype int16": 1
    }
    assert dict(report.functions["librosa.stft"].passed_on) == {
        "dtype is not one that fastspec takes": 1
    }
    assert report.served == sum(c.served for c in report.functions.values())
    assert report.passed_on == 2
    text = str(report)
    assert "librosa.feature.mfcc" in text
    assert "1 passed on: frequencies has dtype int16" in text
    with pytest.raises(AttributeError):
        report.functions = {}
    with fastspec.librosa_patch():
        assert fastspec.patch_report().served == 0


def raise_(error):
    raise error


def test_what_is_no_refusal_is_not_passed_on(librosa, monkeypatch):
    with fastspec.librosa_patch():
        stand_in = librosa.magphase
        (service,) = [s for s in _patch._STATE.services.values() if s.stand_in is stand_in]
        monkeypatch.setattr(service, "ours", lambda D: raise_(MemoryError("full")))
        with pytest.raises(MemoryError, match="full"):
            librosa.magphase(np.ones((3, 3), complex))
        for kind in (fastspec.EngineError, TimeoutError):
            monkeypatch.setattr(service, "ours", lambda D, kind=kind: raise_(kind("asked for")))
            with pytest.raises(kind, match="asked for"):
                librosa.magphase(np.ones((3, 3), complex))
        monkeypatch.setattr(service, "ours", lambda D: 1 / 0)
        magnitude, _ = librosa.magphase(np.ones((3, 3), complex))
        assert magnitude.sum() == 9
        assert fastspec.patch_report().functions["librosa.magphase"].passed_on == {
            "ZeroDivisionError in fastspec": 1
        }


# ---- librosas that are not there, or others ------------------------------------------------------


def test_another_version_is_refused(librosa, monkeypatch):
    monkeypatch.setattr(librosa, "__version__", "0.10.2")
    with pytest.raises(ImportError, match=r"0\.11.*0\.10\.2"):
        fastspec.patch_librosa()
    assert not is_stand_in(librosa.stft)


def test_without_librosa():
    out = run("""
        import sys, fastspec
        sys.modules["librosa"] = None
        try:
            fastspec.patch_librosa()
        except ImportError as error:
            print(error)
        print(fastspec.is_patched(), fastspec.patch_report().served)
    """)
    assert "pip install 'librosa==0.11.*'" in out
    assert out.endswith("False 0\n")


def test_patching_is_quick_and_imports_little():
    out = run("""
        import sys, fastspec
        print("librosa" in sys.modules, "fastspec.librosa_compat" in sys.modules)
    """)
    assert out == "False False\n"
