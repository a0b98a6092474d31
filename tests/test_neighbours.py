"""Other numerical packages in the same process, imported before fastspec or after it, change
nothing; workers of every start method compute what their parent does. Each case is a process."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import fastspec

OURS = f"import sys; sys.path.insert(0, {str(Path(fastspec.__file__).parent.parent)!r})"

# A digest of what the engines, FFTW (n_fft=1022 = 2 * 7 * 73) and the other transforms give.
RESULTS = """
import hashlib
import numpy as np

def digest():
    import fastspec
    y = np.random.default_rng(0).standard_normal((2, 30_000)).astype(np.float32)
    results = [
        fastspec.stft(y), fastspec.stft(y, n_fft=1022), fastspec.stft(y.astype(float), n_fft=1022),
        fastspec.istft(fastspec.stft(y, n_fft=1022)), fastspec.melspectrogram(y=y),
        fastspec.mfcc(y=y), fastspec.cqt(y), fastspec.CQT()(y),
        fastspec.MelSpectrogram(log="db")(y, n_threads=2),
    ]
    return hashlib.sha256(b"".join(np.ascontiguousarray(r).tobytes() for r in results)).hexdigest()
"""

# What has disturbed others: a second FFT or OpenMP library, its plans, its threads.
NEIGHBOURS = {
    "pyfftw": """
import pyfftw
pyfftw.interfaces.cache.enable()
pyfftw.interfaces.numpy_fft.rfft(np.ones((64, 1022)), threads=2)
""",
    "torch": """
import torch
torch.set_num_threads(2)
torch.stft(torch.ones(1, 20_000), 1022, return_complex=True, window=torch.ones(1022))
""",
    "scipy": """
import scipy.fft, scipy.linalg
scipy.fft.rfft(np.ones((64, 1022)), workers=2)
scipy.linalg.svd(np.ones((50, 50)))
""",
    "librosa": """
import librosa
librosa.stft(np.ones(20_000, np.float32), n_fft=1022)
librosa.cqt(np.ones(20_000, np.float32))
""",
    "numba": """
import numba
numba.njit(parallel=True)(lambda x: x.sum())(np.ones(10))
""",
    "essentia": """
import essentia.standard
essentia.standard.Spectrum()(np.ones(1024, np.float32))
""",
    "mkl": """
import ctypes, glob, os, sys
name = sorted(glob.glob(os.path.join(sys.prefix, "lib", "libmkl_rt.so*")))[-1]
ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)  # exports FFTW's names
""",
    "soxr": "import soxr\nsoxr.resample(np.ones(1000, np.float32), 2, 1)\n",
}


def there(name):
    if name == "mkl":
        return any(Path(sys.prefix, "lib").glob("libmkl_rt.so*"))
    return importlib.util.find_spec(name) is not None


def run(script):
    script = (
        f"import sys; sys.path.insert(0, {str(Path(fastspec.__file__).parent.parent)!r})\n{script}"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split()


@pytest.fixture(scope="module")
def alone():
    return run(f"{RESULTS}\nprint(digest())")


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbour(name, order, alone):
    if not there(name):
        pytest.skip(f"{name} is not installed")
    first = "import fastspec\ndigest()\n" if order == "after" else ""
    # Twice, since a neighbour could also disturb what comes after its own use.
    twice = 2 * f"{NEIGHBOURS[name]}\nprint(digest())\n"
    assert run(f"{RESULTS}\n{first}{twice}") == 2 * alone


WORKERS = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def work(_):
    return digest()

if __name__ == "__main__":
    digest()  # threads and plans of the parent before the fork
    context = multiprocessing.get_context(METHOD)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        print(*set(pool.map(work, range(4))))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers(method, alone, tmp_path):
    # spawn needs a file to import
    script = tmp_path / "workers.py"
    script.write_text(f"{OURS}\n{RESULTS}\n" + WORKERS.replace("METHOD", repr(method)))
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == alone


LOADER = """
import torch
import fastspec

class Clips(torch.utils.data.Dataset):
    plan = fastspec.MelSpectrogram(log="db")

    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.from_numpy(self.plan(np.random.default_rng(i).standard_normal(20_000)))

if __name__ == "__main__":
    expected = torch.stack([Clips()[i] for i in range(8)])
    for method in ("fork", "spawn", "forkserver"):
        loader = torch.utils.data.DataLoader(
            Clips(), batch_size=2, num_workers=2, multiprocessing_context=method
        )
        assert torch.equal(torch.cat(list(loader)), expected), method
    print("same")
"""


def test_torch_data_loader(tmp_path):
    pytest.importorskip("torch")
    path = Path(fastspec.__file__).parent.parent
    script = tmp_path / "loader.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(path)!r})\nimport numpy as np\n" + LOADER
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["same"]
