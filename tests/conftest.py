"""What the tests share: `--run-slow`, the configuration in the header, the table of errors."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

import pytest

from fastspec.config import config as fastspec_config

pytest.register_assert_rewrite("helpers")


@dataclass
class Errors:
    """The largest error of each function, kept for the summary at the end."""

    rows: dict[tuple[str, str, str], list] = field(default_factory=dict)

    def check(self, function, dtype, against, error, bound, case=""):
        """Note an error and fail if it exceeds its bound; NaN fails too."""
        row = self.rows.setdefault((function, str(dtype), against), [0, 0.0, bound, ""])
        row[0] += 1
        # Several bounds may belong to one row: keep the error that came nearest to its bound.
        if not error / bound <= row[1] / row[2]:
            row[1:] = [float(error), bound, str(case)]
        what = f"{function} {dtype}: {error:.3g} from {against}, bound {bound:g}"
        assert error <= bound, f"{what}: {case}"

    def note(self, function, dtype, against, error):
        """Note an error that has no bound, for the table."""
        row = self.rows.setdefault((function, str(dtype), against), [0, 0.0, None, ""])
        row[0] += 1
        row[1] = max(row[1], float(error))

    def packed(self):
        """Return the rows in types that pytest-xdist sends from a worker."""
        return [
            (*key, n, float(error), None if bound is None else float(bound), str(case))
            for key, (n, error, bound, case) in self.rows.items()
        ]

    def add(self, packed):
        """Add the rows of a worker."""
        for *key, n, error, bound, case in packed:
            row = self.rows.setdefault(tuple(key), [0, 0.0, bound, ""])
            row[0] += n
            if bound is None:
                row[1] = max(row[1], error)
            elif not error / bound <= row[1] / row[2]:
                row[1:] = [error, bound, case]


_ERRORS = pytest.StashKey[Errors]()


def pytest_addoption(parser):
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow too")


def pytest_configure(config):
    config.stash[_ERRORS] = Errors()
    # A background job of a shell may inherit an ignored SIGINT; the tests of Ctrl-C need Python's.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    if config.getoption("--run-slow"):
        return
    skip = pytest.mark.skip(reason="slow: give --run-slow")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(skip)


def pytest_report_header():
    return [f"{name}: {value}" for name, value in fastspec_config().items()]


def pytest_sessionfinish(session):
    worker = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["errors"] = session.config.stash[_ERRORS].packed()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.stash[_ERRORS].add(getattr(node, "workeroutput", {}).get("errors", ()))


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[_ERRORS].rows
    if not rows:
        return
    terminalreporter.section("largest errors")
    line = "{:<34} {:<9} {:<10} {:>6} {:>10} {:>10}".format
    terminalreporter.write_line(line("function", "input", "against", "checks", "error", "bound"))
    for (function, dtype, against), (n, error, bound, _) in sorted(rows.items()):
        limit = "none" if bound is None else f"{bound:.0e}"
        cells = line(function, dtype, against, n, f"{error:.2e}", limit)
        terminalreporter.write_line(cells)


@pytest.fixture(scope="session")
def errors(request) -> Errors:
    """Takes the errors that tests measure, and checks them against their bounds."""
    return request.config.stash[_ERRORS]


@pytest.fixture(scope="session")
def librosa():
    """librosa 0.11, or the test is skipped."""
    return pytest.importorskip("librosa", minversion="0.11")
