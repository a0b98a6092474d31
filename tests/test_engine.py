"""Which FFT runs: engines, providers, SIMD tiers, the caches of plans."""

import ast
import ctypes
import importlib.util
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastspec
from fastspec import _core, mel, spectrum

ODD = 2 * 509  # a size that the built-in engine leaves to FFTW


def noise(n, dtype=np.float32):
    return np.random.default_rng(0).standard_normal(n).astype(dtype)


def libraries():
    """The two FFTW libraries that pyfftw carries, single precision first."""
    spec = importlib.util.find_spec("pyfftw")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("no pyfftw")
    folder = Path(f"{spec.submodule_search_locations[0]}.libs")
    paths = [sorted(folder.glob(f"{stem}[-.]*")) for stem in ("libfftw3f", "libfftw3")]
    if not all(paths):
        pytest.skip("pyfftw carries no library")
    return [path[0] for path in paths]


START = """
import json, sys
import numpy as np
def noise(n, dtype=np.float32):
    return np.random.default_rng(0).standard_normal(n).astype(dtype)
def show(value):
    print(json.dumps(value))
def error(call):
    try:
        call()
    except Exception as problem:
        return [type(problem).__name__, str(problem)]
"""


def python(code, **env):
    """Run a program in a new interpreter with FASTSPEC_... set; return what it shows."""
    clean = {name: value for name, value in os.environ.items() if "FASTSPEC" not in name}
    env = {**clean, **{f"FASTSPEC_{name}": value for name, value in env.items()}}
    command = [sys.executable, "-c", START + code]
    done = subprocess.run(
        command, capture_output=True, text=True, env=env, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# ---- engines ------------------------------------------------------------------------------------


def test_which_engine_has_which_size():
    for n_fft, engine in ((400, "lanes"), (2048, "lanes"), (ODD, "fftw"), (2047, "fftw")):
        assert fastspec.STFT(n_fft=n_fft).engine == engine
        assert fastspec.STFT(n_fft=n_fft, engine="lanes").engine == "lanes"
        assert fastspec.STFT(n_fft=n_fft, engine="fftw").engine == "fftw"


@pytest.mark.parametrize("n_fft", [1, 2, 7, 16, 400, ODD, 2048])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_engines_agree(n_fft, dtype):
    y = noise(8 * n_fft + 50, dtype)
    frames = np.lib.stride_tricks.sliding_window_view(y.astype(float), n_fft)[:: max(1, n_fft // 4)]
    window = fastspec.get_window("hann", n_fft)
    exact = np.fft.rfft(frames * window).T
    for engine, planner in (("lanes", "estimate"), ("fftw", "estimate"), ("fftw", "measure")):
        plan = fastspec.STFT(n_fft=n_fft, center=False, engine=engine, planner=planner)
        error = np.abs(plan(y) - exact).max() / np.abs(exact).max()
        assert error < (1e-6 if dtype == np.float32 else 1e-14), (engine, planner)


def test_planner_measure():
    y = noise(20_000)
    plan = fastspec.MFCC(n_fft=1000, hop_length=250, engine="fftw", planner="measure")
    same = fastspec.MFCC(n_fft=1000, hop_length=250, engine="fftw")
    assert plan != same
    assert pickle.loads(pickle.dumps(plan)) == plan
    np.testing.assert_allclose(plan(y), same(y), atol=1e-2)


# ---- the compiled module ------------------------------------------------------------------------


def test_the_stub_says_what_the_module_has():
    """Names, and the parameters of every function and method, against _core.pyi."""
    stub = Path(fastspec.__file__).with_name("_core.pyi")
    declared = {}
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            declared[node.name] = node
    public = {name for name, value in vars(_core).items() if name[0] != "_"}
    others = {"os", "sys", "threading", "LimitError", "ParameterError", "deadline_at"}
    assert set(declared) == public - others

    def check(node, function):
        arguments = [argument.arg for argument in node.args.args if argument.arg != "self"]
        if node.args.kwarg:
            arguments.append(f"**{node.args.kwarg.arg}")
        arguments += [argument.arg for argument in node.args.kwonlyargs]
        signature = function.__doc__.splitlines()[0]  # Cython puts it there
        inside = signature[signature.index("(") + 1 : signature.rindex(")")]
        found = [part.split("=")[0].split()[-1] for part in inside.split(",") if part.strip()]
        found = [name for name in found if name != "*"]
        assert arguments == [name for name in found if name != "self"], signature

    for name, node in declared.items():
        if isinstance(node, ast.FunctionDef):
            check(node, getattr(_core, name))
            continue
        kind = getattr(_core, name)
        methods = {
            method.name: method for method in node.body if isinstance(method, ast.FunctionDef)
        }
        methods.pop("__new__", None)
        if not issubclass(kind, Exception):
            public = {name for name in methods if name[0] != "_"}
            found = {name for base in kind.__mro__[:-1] for name in vars(base)}
            assert public == {name for name in found if name[0] != "_"}
        for method in methods.values():
            if not method.decorator_list and method.name[0] != "_":  # no property
                check(method, getattr(kind, method.name))


# ---- providers ----------------------------------------------------------------------------------

USE = """
import fastspec
y = noise(9000)
problem = error(lambda: fastspec.STFT()(y)) or error(lambda: fastspec.istft(fastspec.stft(y)))
show([problem, fastspec.config.config()])
"""


@pytest.mark.parametrize(
    "provider",
    [
        "/nowhere",
        "/nowhere/libfftw3f.so.3",
        "libfftw3f.so.nothing",
        "nonsense",
        "FFTW",
        "/etc/passwd",
    ],
)
def test_a_provider_that_cannot_be_loaded(provider):
    (kind, message), config = python(USE, FFT=provider)
    assert kind == "EngineError"
    assert provider in message
    assert "tried" in message
    assert "'lanes', 'fftw', 'mkl'" in message, "what is allowed"
    assert config["engine"] == "none"
    assert provider in config["fftw"]


def test_a_library_that_is_none():
    (kind, message), _ = python(USE, FFT="libm.so.6")
    assert kind == "EngineError"
    assert "libm.so.6" in message
    assert "has no" in message


def test_paths():
    single, double = libraries()
    for provider in (single, double, single.parent):
        problem, config = python(USE, FFT=str(provider))
        assert problem is None
        assert config["engine"] == "fftw"
        assert str(single) in config["fftw single"]
        assert str(double) in config["fftw double"]


def test_one_library_without_its_sibling(tmp_path):
    single, _ = libraries()
    lonely = tmp_path / "libfftw3f.so.3"
    lonely.symlink_to(single)
    (kind, message), _ = python(USE, FFT=str(lonely))
    assert kind == "EngineError"
    assert "double precision" in message
    assert str(tmp_path / "libfftw3.so.3") in message


def test_providers_by_name():
    code = "import fastspec; show([fastspec.STFT(n_fft=n).engine for n in (2048, 1018)])"
    assert python(code) == ["lanes", "fftw"]
    assert python(code, FFT="lanes") == ["lanes", "lanes"]
    assert python(code, FFT="fftw") == ["fftw", "fftw"]


HIDE = """
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "pyfftw":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Finder())
"""


@pytest.mark.parametrize("hide", [HIDE, "sys.modules['pyfftw'] = None\n"])
def test_without_pyfftw(hide):
    code = (
        hide
        + """
import fastspec
y = noise(9000)
exact = np.fft.rfft(y[:1018] * fastspec.get_window("hann", 1018))
ours = fastspec.stft(y, n_fft=1018, center=False)[:, 0]
show([
    [fastspec.STFT(n_fft=n).engine for n in (2048, 1018)],
    float(np.abs(ours - exact).max() / np.abs(exact).max()),
    error(lambda: fastspec.STFT(engine="fftw")),
])
"""
    )
    try:
        ctypes.CDLL("libfftw3f.so.3")
    except OSError:
        pass
    else:
        pytest.skip("the system has FFTW")
    engines, deviation, (kind, message) = python(code)
    assert engines == ["lanes", "lanes"]
    assert deviation < 1e-6
    assert kind == "EngineError"
    assert "install pyfftw" in message
    assert "libfftw3f.so.3" in message, "what was tried"
    (kind, message), config = python(hide + USE, FFT="fftw")
    assert kind == "EngineError"
    assert config["engine"] == "none"


def test_pyfftw_before_and_after_changes_no_bit():
    pytest.importorskip("pyfftw")
    use = """
import hashlib
plan = fastspec.MFCC(n_fft=1018, engine="fftw")
fields = [plan(noise(50000)), fastspec.STFT(engine="fftw")(noise(50000, np.float64))]
digest = hashlib.sha256(b"".join(field.tobytes() for field in fields)).hexdigest()
"""
    pyfftw = """
import pyfftw
x = pyfftw.empty_aligned(4096, "float32"); x[:] = noise(4096)
transform = pyfftw.builders.rfft(x, planner_effort="FFTW_ESTIMATE")
assert np.abs(transform() - np.fft.rfft(x)).max() < 1e-2
"""
    programs = {
        "without": "import fastspec" + use,
        "before": pyfftw + "import fastspec" + use,
        "after": "import fastspec" + use + pyfftw + use,
        "between": "import fastspec" + pyfftw + use + pyfftw,
        "with its cache cleared": "import fastspec" + use + pyfftw + "pyfftw.forget_wisdom()" + use,
    }
    digests = {name: python(code + "\nshow(digest)") for name, code in programs.items()}
    assert len(set(digests.values())) == 1, digests


def test_pyfftw_and_fastspec_plan_in_threads():
    pytest.importorskip("pyfftw")
    code = """
import threading
import fastspec, pyfftw
problems = []
def ours():
    for n in range(2, 150):
        fastspec.STFT(n_fft=n, engine="fftw")(noise(500))
def theirs():
    for n in range(2, 150):
        x = pyfftw.empty_aligned(n, "float32"); x[:] = noise(n)
        if np.abs(pyfftw.builders.rfft(x)() - np.fft.rfft(x)).max() > 1e-3:
            problems.append(n)
threads = [threading.Thread(target=f) for f in (ours, theirs, ours, theirs)]
for t in threads: t.start()
for t in threads: t.join()
show(problems)
"""
    assert python(code) == []


# ---- SIMD ---------------------------------------------------------------------------------------


def test_simd_tiers():
    code = """
import fastspec
y = noise(30000)
mel = fastspec.MelSpectrogram(log="db")(y)
show([fastspec.config.config()["simd"], mel.tolist(), fastspec.STFT()(y).T.view("f4").tolist()])
"""
    names = ["portable", "avx2", "avx512"]
    results = {name: python(code, SIMD=name) for name in names}
    default = python(code)
    available = [name for name in names if results[name][0] == name]
    assert "portable" in available
    assert default[0] in available
    assert default == results[default[0]]
    for name in names:
        tier, log_mel, stft = results[name]
        if name not in available:
            assert tier.startswith(default[0])
            assert f"FASTSPEC_SIMD={name!r} is not available here" in tier
        np.testing.assert_allclose(log_mel, default[1], atol=1e-3)
        np.testing.assert_allclose(stft, default[2], atol=1e-4)
    if {"avx2", "avx512"} <= set(available):
        assert results["avx2"][1:] == results["avx512"][1:], "bit for bit"


@pytest.mark.parametrize("name", ["nonsense", "AVX2", "x" * 500, "\udcff\udcfe", "ä" * 40])
def test_simd_tiers_that_are_none(name):
    code = """
import contextlib, io
import fastspec
with contextlib.redirect_stdout(io.StringIO()) as text:
    fastspec.show_config()
show([fastspec._core.simd_tier(), fastspec._core.simd_refused(), ascii(text.getvalue())])
"""
    tier, refused, text = python(code, SIMD=name)
    assert tier == _core.simd_tier() or "FASTSPEC_SIMD" in os.environ
    assert refused
    assert "not available here" in text


def test_show_config(capsys):
    fastspec.show_config()
    lines = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert lines["fastspec"] == fastspec.__version__
    assert lines["simd"].startswith(_core.simd_tier())
    assert int(lines["cores"]) >= 1
    assert "engine" in lines


# ---- caches -------------------------------------------------------------------------------------


def test_the_cache_of_fft_plans_is_bounded():
    code = """
import fastspec
counts = []
for n in range(2, 302):
    fastspec.STFT(n_fft=n, engine="fftw")
    counts.append(fastspec._core.fft_cache_info())
held = [fastspec.STFT(n_fft=n, engine="fftw") for n in range(2, 202)]
full = fastspec._core.fft_cache_info()
again = [fastspec.STFT(n_fft=n, engine="fftw") for n in range(2, 202)]
shared = fastspec._core.fft_cache_info()
fastspec._core.fft_cache_clear()
y = noise(1000)
good = all(np.isfinite(plan(y)).all() for plan in held)
del held, again
after = fastspec._core.fft_cache_info()
fastspec._core.fft_cache_clear()
show([max(n for n, _ in counts), max(used for _, used in counts), full, shared, good, after,
      fastspec._core.fft_cache_info()])
"""
    most, used, full, shared, good, after, cleared = python(code)
    assert most <= 65
    assert used <= 1
    assert full[1] == shared[1] == 200, "plans of one size share one"
    assert full[0] <= 264
    assert good
    assert after[0] <= 64
    assert after[1] == 0
    assert cleared == [0, 0]


@pytest.mark.parametrize(
    "cache", [spectrum._stft_plan, spectrum._istft_plan, mel._mel_plan, mel._mfcc_plan]
)
def test_the_caches_of_plans_are_bounded(cache):
    y, D = noise(600), np.ones((101, 3), np.complex64)
    for n in range(200, 400):
        fastspec.stft(y, n_fft=n)
        fastspec.istft(D[: n // 2 + 1], n_fft=200, hop_length=n)
        fastspec.mfcc(y=y, n_fft=n, n_mels=8, n_mfcc=4)
    info = cache.cache_info()
    assert info.maxsize is not None
    assert info.currsize == info.maxsize <= 128


def test_caches_answer_to_content():
    y, window = noise(3000), np.hanning(256)
    plan = fastspec.STFT(n_fft=256, window=window)
    first, by_function = plan(y), fastspec.stft(y, n_fft=256, window=window)
    copy = window.copy()
    window[:] = 1
    assert np.array_equal(plan(y), first), "a plan keeps the window that it was given"
    assert np.array_equal(fastspec.stft(y, n_fft=256, window=copy), by_function)
    changed = fastspec.stft(y, n_fft=256, window=window)
    assert np.array_equal(changed, fastspec.stft(y, n_fft=256, window="boxcar"))


def test_what_is_returned_belongs_to_the_caller():
    y = noise(3000)
    plan = fastspec.MelSpectrogram(n_fft=256, n_mels=20)
    makers = {
        "get_window": lambda: fastspec.get_window("hann", 256),
        "mel_filter": lambda: fastspec.mel_filter(sr=22050, n_fft=256, n_mels=20),
        "fft_frequencies": lambda: fastspec.fft_frequencies(n_fft=256),
        "frequencies": lambda: plan.frequencies,
        "times": lambda: plan.times(3000),
        "plan": lambda: plan(y),
        "melspectrogram": lambda: fastspec.melspectrogram(y=y, n_fft=256, n_mels=20),
    }
    for name, make in makers.items():
        before = make().copy()
        make()[...] = 7
        assert np.array_equal(make(), before), name


def test_different_types_do_not_share_a_plan():
    y = noise(3000)
    assert fastspec.stft(y, n_fft=256, hop_length=1).shape[1] == 3001
    for hop in (True, 1.0):
        with pytest.raises(fastspec.ParameterError, match="hop_length"):
            fastspec.stft(y, n_fft=256, hop_length=hop)
    assert fastspec.stft(y, n_fft=np.int64(256), hop_length=np.int16(1)).shape[1] == 3001
