"""``fastspec run``: programs see what Python gives them, librosa is patched, in workers as well."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import fastspec

ROOT = str(Path(fastspec.__file__).parents[1])

pytestmark = pytest.mark.skipif(not hasattr(os, "execve"), reason="no execve")


def environment(**more):
    """The environment, with this fastspec on the path of the first process alone."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("FASTSPEC_PATCH")}
    return {**kept, "PYTHONPATH": ROOT, **more}


def python(*arguments, expect=0, cwd=None, text=None, **more):
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, env=environment(**more), cwd=cwd, input=text, timeout=300,
    )  # fmt: skip
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done


def run(*arguments, **more):
    return python("-m", "fastspec", "run", *arguments, **more)


@pytest.fixture
def script(tmp_path):
    def write(code, name="program.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(code))
        return str(path)

    return write


# ---- as Python's own -----------------------------------------------------------------------------

FACTS = """
import sys, warnings
print(__name__, sys.argv, sys.path[0], globals().get("__file__"), __spec__ is None)
print(sys.path, sys.flags, "librosa" in sys.modules, "fastspec" in sys.modules)
print([type(finder).__name__ for finder in sys.meta_path][-3:])
print(sys.modules["__main__"].__dict__ is globals())
print("numpy" in sys.modules, sys.warnoptions, sys.stdin.read())
"""


def test_programs_see_what_python_gives_them(script):
    path = script(FACTS)
    options = ("-W", "error::UserWarning", "-X", "utf8", "-u")
    mine = python(*options, "-m", "fastspec", "run", path, "a", "--b=1", "--report", text="in")
    theirs = python(*options, path, "a", "--b=1", "--report", text="in")
    assert mine.stdout == theirs.stdout
    assert mine.stderr == theirs.stderr == ""


@pytest.mark.parametrize("form", ["-c", "-m", "-cjoined", "-mjoined", "-"])
def test_code_modules_and_standard_input(script, form):
    path = Path(script(FACTS))
    given = {
        "-c": ["-c", FACTS, "-x"],
        "-cjoined": ["-c" + FACTS, "-x"],
        "-m": ["-m", "program", "-x"],
        "-mjoined": ["-mprogram", "-x"],
        "-": ["-", "-x"],
    }[form]
    text = FACTS if form == "-" else "in"
    mine = run(*given, cwd=path.parent, text=text)
    theirs = python(*given, cwd=path.parent, text=text)
    assert mine.stdout == theirs.stdout != ""


def test_tracebacks_and_exit_codes(script):
    path = script("""
        import sys
        def fail():
            raise KeyError("deep")
        if sys.argv[1] == "exit":
            sys.exit(int(sys.argv[2]))
        if sys.argv[1] == "text":
            sys.exit("bad")
        if sys.argv[1] == "kill":
            import os, signal
            os.kill(os.getpid(), signal.SIGTERM)
        fail()
    """)
    for arguments, code in (
        (("exit", "0"), 0),
        (("exit", "7"), 7),
        (("text",), 1),
        (("fail",), 1),
        (("kill",), -signal.SIGTERM),
    ):
        mine = run(path, *arguments, expect=code)
        theirs = python(path, *arguments, expect=code)
        assert (mine.stdout, mine.stderr) == (theirs.stdout, theirs.stderr)
    for arguments in (("-m", "no_such_module"), (path + "x",), ("-c", "1 +")):
        mine = run(*arguments, expect=2 if arguments[0] == path + "x" else 1)
        theirs = python(*arguments, expect=mine.returncode)
        assert mine.stderr == theirs.stderr


def test_wrong_usage(script):
    for arguments in ((), ("--other", "x.py"), ("-x",), ("-m",), ("-c",), ("--report",)):
        done = run(*arguments, expect=2)
        assert done.stdout == ""
        assert done.stderr.startswith("fastspec: error: ")
        assert "fastspec run --help" in done.stderr
    for option in ("-h", "--help"):
        assert "usage: fastspec run" in run(option).stdout
    assert "run " in python("-m", "fastspec", "--help").stdout
    code = f"import sys; sys.path.insert(0, {ROOT!r}); from fastspec.cli import main"
    done = python("-E", "-c", code + "; sys.exit(main(['run', '-c', '1']))", expect=2)
    assert "-E, -I and -S" in done.stderr


def test_another_sitecustomize_is_run_as_well(tmp_path, script):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.seen = __file__\n")
    code = "import sys, sitecustomize; print(sys.seen == sitecustomize.__file__, sys.path)"
    more = {"PYTHONPATH": os.pathsep.join([ROOT, str(tmp_path)])}
    mine = run("-c", code, **more)
    assert mine.stdout == python("-c", code, **more).stdout
    assert mine.stdout.startswith("True")
    (tmp_path / "sitecustomize.py").write_text("import no_such_thing\n")
    mine = run("-c", "print(1)", **more)
    theirs = python("-c", "print(1)", **more)
    assert mine.stdout == theirs.stdout
    assert "no_such_thing" in mine.stderr
    assert "no_such_thing" in theirs.stderr


# ---- the patch -----------------------------------------------------------------------------------


def test_librosa_is_patched_when_it_is_imported(librosa, script):
    path = script("""
        import sys
        assert "fastspec" not in sys.modules and "numpy" not in sys.modules
        from librosa import stft
        import librosa.feature
        import fastspec, numpy as np
        y = np.random.default_rng(0).standard_normal(9000).astype(np.float32)
        assert fastspec.is_patched()
        assert (stft(y) == fastspec.stft(y)).all()  # taken by name, but after the patch
        librosa.feature.mfcc(y=y)
        librosa.hz_to_mel(np.int16(3))
        print(librosa.__file__)
    """)
    done = run("--report", path)
    assert done.stdout.strip() == librosa.__file__
    lines = done.stderr.splitlines()
    words = [line.split() for line in lines]
    assert lines[0].startswith("librosa patched by fastspec: ")
    assert lines[0].endswith(" calls served, 1 passed on")
    assert ["librosa.feature.mfcc", "1", "served"] in words
    assert ["librosa.stft", "1", "served"] in words
    at = words.index(["librosa.hz_to_mel", "0", "served"])
    assert lines[at + 1].split(None, 1) == ["1", "passed on: frequencies has dtype int16"]


def test_the_report_of_a_program_without_librosa():
    assert run("--report", "-c", "1").stderr == "librosa patched by fastspec: no calls\n"
    assert run("-c", "1").stderr == ""
    failed = run("--report", "-c", "1/0", expect=1).stderr
    assert "ZeroDivisionError" in failed
    assert failed.endswith("librosa patched by fastspec: no calls\n")


def test_fastspec_need_not_be_on_the_path_of_the_program(librosa, tmp_path):
    """`python -m fastspec` finds it in the current folder, a script elsewhere does not."""
    path = tmp_path / "program.py"
    path.write_text("import librosa, fastspec; print(fastspec.is_patched())")
    kept = environment()
    del kept["PYTHONPATH"]
    done = subprocess.run(
        [sys.executable, "-m", "fastspec", "run", str(path)],
        capture_output=True, text=True, env=kept, cwd=ROOT, timeout=300,
    )  # fmt: skip
    assert done.stdout == "True\n", done.stderr


def test_another_version_is_left_alone(tmp_path):
    package = tmp_path / "librosa"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = '0.9.2'\n")
    more = {"PYTHONPATH": os.pathsep.join([str(tmp_path), ROOT])}
    code = "import librosa, fastspec; print(librosa.__version__, fastspec.is_patched())"
    done = run("-c", code, **more)
    assert done.stdout == "0.9.2 False\n"
    assert "librosa 0.9.2 is installed; it is left as it is" in done.stderr


WORKERS = """
import os, subprocess, sys
import numpy as np

def work(k):
    import librosa, fastspec
    y = np.random.default_rng(k).standard_normal(5000).astype(np.float32)
    same = (librosa.feature.mfcc(y=y) == fastspec.mfcc(y=y)).all()
    return bool(same), fastspec.is_patched(), os.getpid() != int(os.environ["FIRST"])

if __name__ == "__main__":
    how = sys.argv[1]
    os.environ["FIRST"] = str(os.getpid())
    if how == "joblib":
        import joblib
        results = joblib.Parallel(n_jobs=2)(joblib.delayed(work)(k) for k in range(4))
    elif how == "executor":
        import concurrent.futures
        import multiprocessing
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            results = list(pool.map(work, range(4)))
    elif how == "subprocess":
        code = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\\n"
        code += "from program import work; print([work(k) for k in range(4)])"
        results = eval(subprocess.check_output([sys.executable, "-c", code]))
    else:
        import multiprocessing
        with multiprocessing.get_context(how).Pool(2) as pool:
            results = pool.map(work, range(4), chunksize=1)
    print(set(results))
"""


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver", "joblib", "executor", "subprocess"])
def test_workers_are_patched(librosa, script, how):
    if how == "joblib":
        pytest.importorskip("joblib")
    done = run("--report", script(WORKERS), how)
    assert done.stdout == "{(True, True, True)}\n", done.stderr
    assert "librosa.feature.mfcc  " in done.stderr
    served = [line for line in done.stderr.splitlines() if "librosa.feature.mfcc" in line]
    assert served[0].split()[1:] == ["4", "served"]
