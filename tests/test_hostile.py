"""The hostile matrix, in a process of its own: a sample by default, all of it with --run-slow."""

import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("the matrix needs fork and /proc", allow_module_level=True)

PROGRAM = Path(__file__).with_name("hostile.py")


@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.slow)])
def test_nothing_kills(every):
    command = [sys.executable, str(PROGRAM), "--every", str(every)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
