"""fastspec from other compiled code: the installed package through Cython and C, the C library
through pkg-config, CMake and dlopen. Everything is built in temporary folders."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest

import fastspec
from fastspec import _core

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
CC = os.environ.get("CC", "cc")

pytestmark = pytest.mark.skipif(shutil.which(CC) is None, reason="no C compiler")


def run(*command, cwd=None, **more):
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, timeout=600, **more
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The C library, installed under one prefix and then moved to another."""
    first, prefix = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("moved") / "prefix"
    source = tmp_path_factory.mktemp("source")
    for name in ("Makefile", "csrc", "scripts"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    flags = ["WARN=-Wall -Wextra -Werror"]
    run("make", "install", f"PREFIX={first}/prefix", *flags, cwd=source)
    shutil.move(first / "prefix", prefix)
    return prefix


@pytest.fixture(scope="module")
def programs(installed, tmp_path_factory):
    if not shutil.which("pkg-config"):
        pytest.skip("no pkg-config")
    out = tmp_path_factory.mktemp("programs")
    environment = {**os.environ, "PKG_CONFIG_PATH": f"{installed}/lib/pkgconfig"}
    target = (
        ["all"]
        if shutil.which("c++")
        else [f"{out}/{n}" for n in ("logmel_file", "cqt_stdin", "server_loop")]
    )
    strict = ["CFLAGS=-O1 -Wall -Wextra -Werror", "CXXFLAGS=-O1 -Wall -Wextra -Werror"]
    run("make", f"OUT={out}", *strict, *target, cwd=EXAMPLES / "c", env=environment)
    return out


def build_extension(name, folder):
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
    # The package on our own path, since a build environment has it installed.
    path = os.pathsep.join([str(Path(fastspec.__file__).parent.parent), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    run(sys.executable, "setup.py", "build_ext", "--inplace", cwd=folder, env=environment)


def import_from(folder, name):
    sys.path.insert(0, str(folder))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(folder))


# ---- the interface itself ----------------------------------------------------------------------


def test_generated_files_are_current():
    run(sys.executable, ROOT / "scripts/make_api.py", "--check")


def test_a_changed_interface_is_refused(tmp_path):
    for name in ("csrc", "scripts", "fastspec"):
        (tmp_path / name).mkdir()
    headers = [f"csrc/{path.name}" for path in (ROOT / "csrc").glob("fastspec*.h")]
    for name in (*headers, "csrc/fastspec_api.txt", "scripts/make_api.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    header = tmp_path / "csrc/fastspec.h"
    original = header.read_text()

    def make():
        command = [sys.executable, tmp_path / "scripts/make_api.py"]
        return subprocess.run(command, capture_output=True, text=True)

    assert make().returncode == 0
    header.write_text(original.replace("int64_t n_fft;", "int32_t n_fft;", 1))
    assert "the ABI changed" in make().stderr
    header.write_text(original.replace("FSPEC_FLOAT64 = 2", "FSPEC_FLOAT64 = 6"))
    assert "the ABI changed" in make().stderr
    header.write_text(original.replace("fspec_hann(int64_t n,", "fspec_hann(int32_t n,"))
    assert "fspec_hann" in make().stderr
    added = "FSPEC_API int fspec_added(void);\nFSPEC_API void fspec_hann("
    header.write_text(original.replace("FSPEC_API void fspec_hann(", added))
    assert make().returncode == 0
    functions = [
        line
        for line in (tmp_path / "csrc/fastspec_api.txt").read_text().splitlines()
        if "(" in line and not line.startswith(("#", "struct"))
    ]
    assert functions[-1] == "int fspec_added(void)", "at the end, wherever it is declared"


def exported(library):
    lines = run("nm", "-D", "--defined-only", library).stdout.decode().splitlines()
    return {line.split()[2].partition("@")[0] for line in lines if len(line.split()) == 3}


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("nm"), reason="no nm of ELF")
@pytest.mark.parametrize("name", ["_core", "cfastspec"])
def test_modules_export_no_function_of_the_core(name):
    """Else those of a libfastspec that the process is linked with would stand in for them."""
    module = __import__(f"fastspec.{name}", fromlist=[name])
    assert exported(module.__file__) == {f"PyInit_{name}"}


@pytest.mark.skipif(not shutil.which("nm"), reason="no nm")
def test_exported_symbols(installed):
    text = "".join(path.read_text() for path in sorted((ROOT / "csrc").glob("fastspec*.h")))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    declared = set(re.findall(r"^FSPEC_API [^(]*?(\w+)\(", text, re.M))
    library = next(installed.glob("lib/libfastspec.so.*"), None)
    if library is None:
        pytest.skip("not an ELF system")
    assert exported(library) == declared
    ours = {name for name in exported(_core.__file__) if not name.startswith("_")}
    assert ours <= declared | {"PyInit__core"}


def test_get_include():
    folder = Path(fastspec.get_include())
    for path in (ROOT / "csrc").glob("fastspec*.h"):
        assert (folder / path.name).read_text() == path.read_text()


# ---- from the installed package ----------------------------------------------------------------


@pytest.fixture(scope="module")
def cython_module(tmp_path_factory):
    pytest.importorskip("Cython")
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("cython")
    build_extension("cython_logmel", folder)
    return import_from(folder, "logmel")


def test_cython(cython_module):
    y = np.random.default_rng(0).standard_normal(100_000, np.float32)
    plan = cython_module.LogMel(16000, 64)
    expected = fastspec.MelSpectrogram(sr=16000, n_mels=64, log="db")(y).T
    results = [np.empty((plan.n_frames(len(y)), 64), np.float32) for _ in range(8)]
    threads = [threading.Thread(target=plan, args=(y, out)) for out in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for out in results:
        assert np.array_equal(out, expected)
    with pytest.raises(ValueError, match="shape"):
        plan(y, np.empty((3, 64), np.float32))
    with pytest.raises(ValueError, match="NaN"):
        plan(np.full_like(y, np.nan), results[0])
    with pytest.raises(ValueError):
        cython_module.LogMel(0.0, 64)


def test_c_extension(tmp_path):
    pytest.importorskip("setuptools")
    build_extension("c_extension", tmp_path)
    module = import_from(tmp_path, "spectrum_db")
    y = np.random.default_rng(1).standard_normal(30_000, np.float32)
    plan = fastspec.Spectrogram(n_fft=512, hop_length=128)
    out = np.empty((plan.n_frames(len(y)), 257), np.float32)
    module.power(y, out, 512)
    assert np.array_equal(out, plan(y).T)
    with pytest.raises(ValueError, match="n_fft"):
        module.power(y, out, 0)
    with pytest.raises(ValueError):
        module.power(y, out[:3], 512)


# ---- from the installed C library --------------------------------------------------------------


def test_file_to_log_mel(programs, tmp_path):
    y = (np.random.default_rng(2).standard_normal((20_000, 2)) * 3000).astype("<i2")
    with wave.open(str(tmp_path / "in.wav"), "wb") as file:
        file.setparams((2, 2, 16000, 0, "NONE", ""))
        file.writeframes(y.tobytes())
    done = run(programs / "logmel_file", tmp_path / "in.wav", 40)
    result = np.frombuffer(done.stdout, "<f4").reshape(-1, 40).T
    plan = fastspec.MelSpectrogram(sr=16000, n_mels=40, log="db", input_scale=1 / 32768)
    assert np.array_equal(result, plan(y[:, 0]))
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    bad = subprocess.run([programs / "logmel_file", tmp_path / "bad.wav"], capture_output=True)
    assert bad.returncode == 1
    assert b"not a WAV file" in bad.stderr


def test_cqt_from_stdin(programs):
    y = np.random.default_rng(3).standard_normal(30_000, np.float32)
    results = {run(programs / "cqt_stdin", n, input=y.tobytes()).stdout for n in (64, 1000, 50_000)}
    assert len(results) == 1, "whatever the chunks, the same bits"
    result = np.frombuffer(results.pop(), "<f4").reshape(-1, 84).T
    expected = fastspec.CQT(output="magnitude")(y)
    assert result.shape == expected.shape
    assert abs(result - expected).max() <= 1e-6 * expected.max()


def test_server_loop(programs):
    assert b"0 wrong" in run(programs / "server_loop", 4, 700).stdout


def test_cpp(programs):
    if not (programs / "logmel").exists():
        pytest.skip("no C++ compiler")
    assert run(programs / "logmel").stdout == b"101 x 80, loudest band 26\n"


@pytest.mark.skipif(not shutil.which("rustc"), reason="no rustc")
def test_rust(installed, tmp_path):
    program = tmp_path / "logmel"
    libraries = ["-L", f"native={installed}/lib", "-l", "static=fastspec"]
    strict = ["-O", "--edition", "2021", "-D", "warnings"]
    run("rustc", *strict, *libraries, EXAMPLES / "rust/logmel.rs", "-o", program)
    y = np.random.default_rng(5).standard_normal(20_001, np.float32)
    done = run(program, 16000, 400, 160, 40, input=y.tobytes())
    plan = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=40, log="db")
    assert np.array_equal(np.frombuffer(done.stdout, "<f4").reshape(-1, 40).T, plan(y))
    for arguments, data, text in (
        ((16000, 400, 0, 40), y, b"hop_length must be >= 1"),
        ((16000, 400, 160, -1), y, b"out of its range"),
        ((16000, 400, 160, 40), y[:0], b"empty"),
        ((16000, 400, 160, 40), y * np.nan, b"NaN"),
    ):
        command = [program, *map(str, arguments)]
        bad = subprocess.run(command, input=data.tobytes(), capture_output=True)
        assert bad.returncode == 1
        assert text in bad.stderr
        assert not bad.stdout


@pytest.mark.skipif(not shutil.which("cmake"), reason="no cmake")
def test_cmake(tmp_path):
    quick = ["-DCMAKE_BUILD_TYPE=Debug"]
    run("cmake", "-S", EXAMPLES / "cmake", "-B", tmp_path, *quick)
    run("cmake", "--build", tmp_path, "--parallel", "2")
    assert b"0 wrong" in run(tmp_path / "server_loop", 2, 100).stdout


def test_table_by_dlopen(installed):
    """A program that knows nothing but fastspec_api.h finds everything from one symbol."""
    library = ctypes.CDLL(str(next(installed.glob("lib/libfastspec.*[0-9]*"))))
    library.fspec_get_api.restype = ctypes.POINTER(ctypes.c_void_p)
    table = library.fspec_get_api()
    lines = (ROOT / "csrc/fastspec_api.txt").read_text().splitlines()
    names = [
        re.search(r"(\w+)\(", x)[1]
        for x in lines
        if re.match(r"[^#]*\w\(", x) and "struct " not in x
    ]
    assert table[0] == 16 + 8 * len(names), "size"
    version = ctypes.CFUNCTYPE(ctypes.c_char_p)(table[2 + names.index("fspec_version")])
    assert version().decode() == _core.version()
