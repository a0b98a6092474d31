"""What a call costs from Python, from Cython without the GIL and from C.

`python -m benchmarks.overhead`: log-mel of one second at 16 kHz (n_fft 400, hop 160, 80 bands) and
of one frame, by the same plan settings; medians of interleaved rounds, in microseconds of wall
time. The Cython module and the C program, which loop inside, are built in a temporary folder, the
latter against `make install`.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fastspec

ROOT = Path(__file__).resolve().parent.parent
LENGTHS = (16000, 400)

LOOP = """
    fspec_frontend_config config;
    fspec_frontend *plan = NULL;
    static double bands[80 * 201];
    fspec_frontend_config_init(&config);
    config.output = FSPEC_OUT_BANDS;
    config.log = FSPEC_LOG_DB;
    config.n_fft = 400;
    config.hop_length = 160;
    config.bands = bands;
    config.n_bands = 80;
    fspec_mel_filters(16000, 400, 80, 0, 8000, 0, FSPEC_MEL_NORM_SLANEY, 1, bands);
    fspec_frontend_create(&config, &plan);
"""

PROGRAM = """
#define _POSIX_C_SOURCE 200809L
#include <fastspec.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(int argc, char **argv) {
    const int64_t n = atoll(argv[1]);
    const long calls = atol(argv[2]);
    static float y[16000], out[80 * 101];
    struct timespec a, b;
    (void)argc;
    for (int i = 0; i < 16000; i++)
        y[i] = (float)(i * 7919 % 10007) / 10007;
LOOP_HERE
    const fspec_signal signal = {y, n, sizeof *y, FSPEC_FLOAT32, 0};
    const fspec_matrix matrix = {out, sizeof *out, 80 * sizeof *out};
    for (int i = 0; i < 10; i++)
        fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, NULL);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (long i = 0; i < calls; i++)
        if (fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, NULL))
            return 1;
    clock_gettime(CLOCK_MONOTONIC, &b);
    double seconds = (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
    printf("%.9f", seconds / (double)calls);
    fspec_frontend_free(plan);
    return 0;
}
"""

MODULE = """
# cython: language_level=3
import time
from libc.stdint cimport int64_t
from fastspec.cfastspec cimport *

def spin(const float[::1] y, float[:, ::1] out, double[:, ::1] bands, long calls):
    cdef fspec_frontend_config config
    cdef fspec_frontend *plan = NULL
    cdef fspec_signal signal
    cdef fspec_matrix matrix
    cdef long i
    fspec_frontend_config_init(&config)
    config.output, config.log = FSPEC_OUT_BANDS, FSPEC_LOG_DB
    config.n_fft, config.hop_length, config.n_bands = 400, 160, 80
    config.bands = &bands[0, 0]
    fspec_mel_filters(16000, 400, 80, 0, 8000, 0, FSPEC_MEL_NORM_SLANEY, 1, &bands[0, 0])
    if fspec_frontend_create(&config, &plan) != FSPEC_OK:
        raise RuntimeError
    signal.data, signal.n_samples, signal.stride = &y[0], y.shape[0], sizeof(float)
    signal.dtype, signal.byte_swapped = FSPEC_FLOAT32, 0
    matrix.data, matrix.bin_stride = &out[0, 0], sizeof(float)
    matrix.frame_stride = 80 * sizeof(float)
    for i in range(10):
        fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, NULL)
    start = time.perf_counter()
    with nogil:
        for i in range(calls):
            fspec_frontend_exec(plan, &signal, &matrix, 1, FSPEC_FLOAT32, NULL)
    seconds = (time.perf_counter() - start) / calls
    fspec_frontend_free(plan)
    return seconds
"""

SETUP = """
from Cython.Build import cythonize
from setuptools import setup
setup(ext_modules=cythonize(["spin.pyx"]))
"""


def build(folder: Path) -> Path:
    """Build the Cython module and the C program; return the program."""
    tree = folder / "tree"
    tree.mkdir()
    for name in ("Makefile", "csrc", "scripts"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tree / name)
    prefix = folder / "prefix"
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["make", "install", f"PREFIX={prefix}"], cwd=tree, **quiet)
    (folder / "loop.c").write_text(PROGRAM.replace("LOOP_HERE", LOOP))
    library = [f"-I{prefix}/include", f"-L{prefix}/lib", "-lfastspec", f"-Wl,-rpath,{prefix}/lib"]
    cc = os.environ.get("CC", "cc")
    subprocess.run([cc, "-O2", "loop.c", "-o", "loop", *library], cwd=folder, check=True)
    (folder / "spin.pyx").write_text(MODULE)
    (folder / "setup.py").write_text(SETUP)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    subprocess.run(command, cwd=folder, env=environment, **quiet)
    return folder / "loop"


def main() -> None:
    plan = fastspec.MelSpectrogram(sr=16000, n_fft=400, hop_length=160, n_mels=80, log="db")
    with tempfile.TemporaryDirectory() as name:
        program = build(Path(name))
        sys.path.insert(0, name)
        import spin

        for n in LENGTHS:
            y = np.arange(n, dtype=np.float32) * 7919 % 10007 / 10007
            out = plan(y)
            rows = np.empty(out.T.shape, np.float32)
            calls = 2000 if n > 1000 else 20_000
            times: dict[str, list[float]] = {
                "Python": [],
                "Python, out=": [],
                "Cython": [],
                "C": [],
            }
            for _ in range(9):
                start = time.perf_counter()
                for _ in range(calls):
                    plan(y)
                times["Python"].append((time.perf_counter() - start) / calls)
                start = time.perf_counter()
                for _ in range(calls):
                    plan(y, out)
                times["Python, out="].append((time.perf_counter() - start) / calls)
                bands = np.zeros((80, 201))
                times["Cython"].append(spin.spin(y, rows, bands, calls))
                done = subprocess.run(
                    [program, str(n), str(calls)], capture_output=True, check=True
                )
                times["C"].append(float(done.stdout))
            assert np.array_equal(rows.T, out)
            figures = ", ".join(f"{k} {1e6 * statistics.median(v):.2f}" for k, v in times.items())
            print(f"log-mel of {n} samples, us a call: {figures}")


if __name__ == "__main__":
    main()
