"""The benchmark of all functions that fastspec serves: it leaves none out, and its calls run."""

import sys
from pathlib import Path

import pytest

from fastspec.librosa_compat._table import ROWS

# Last, so that an installed fastspec stays the one that is found.
sys.path.append(str(Path(__file__).resolve().parent.parent))

served = pytest.importorskip("benchmarks.served")


def test_every_function_has_a_case_or_a_reason():
    paths = [row.path for row in ROWS]
    assert sorted([*served.MUSIC, *served.SMALL, *served.LEFT_OUT]) == sorted(paths)
    assert all(served.LEFT_OUT.values())
    assert all([*served.MUSIC.values(), *served.SMALL.values()])
    for cases in (*served.MUSIC.values(), *served.SMALL.values()):
        given = [case.given for case in cases]
        assert len(given) == len(set(given))


@pytest.fixture(scope="module")
def inputs():
    return served.Inputs(2.0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [*served.MUSIC, *served.SMALL])
def test_cases_run(inputs, path):
    if path in ("librosa.resample", "librosa.load"):
        pytest.importorskip("soundfile")
        pytest.importorskip("soxr")
    row = next(row for row in ROWS if row.path == path)
    if not row.exists():
        pytest.skip("fastspec has no such function")
    function = row.function()
    for case in {**served.MUSIC, **served.SMALL}[path]:
        assert case.call(function, inputs) is not None


def test_the_table():
    row = {
        "function": "librosa.feature.rms",
        "given": "y",
        "fastspec": {"median": 0.001},
        "librosa": {"median": 0.0025},
    }
    text = served.render({"config": {"simd": "avx2"}, "music": [row], "small": []})
    assert "| `feature.rms` | `y` | 1.00 | 2.50 | 2.50 |" in text
    assert "below 3: `librosa.feature.rms(y)` 2.50" in text
