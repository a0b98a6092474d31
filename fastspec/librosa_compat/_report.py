"""What became of calls of patched functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["Calls", "PatchReport", "make_report"]


@dataclass(frozen=True)
class Calls:
    """Calls of one function.

    Parameters
    ----------
    served : int
        How many fastspec computed.
    passed_on : mapping of str to int
        How many librosa computed, by reason.
    """

    served: int
    passed_on: Mapping[str, int]


@dataclass(frozen=True)
class PatchReport:
    """What became of calls of patched functions, those that librosa makes itself included.

    Parameters
    ----------
    functions : mapping of str to Calls
        By public name, such as ``'librosa.feature.mfcc'``; only what was called.
    """

    functions: Mapping[str, Calls]

    @property
    def served(self) -> int:
        """Calls that fastspec computed."""
        return sum(calls.served for calls in self.functions.values())

    @property
    def passed_on(self) -> int:
        """Calls that were handed to librosa."""
        return sum(sum(calls.passed_on.values()) for calls in self.functions.values())

    def __str__(self) -> str:
        if not self.functions:
            return "librosa patched by fastspec: no calls"
        width = max(map(len, self.functions))
        lines = [
            f"librosa patched by fastspec: {self.served} calls served, {self.passed_on} passed on"
        ]
        for name, calls in self.functions.items():
            lines.append(f"  {name:<{width}}  {calls.served:>8} served")
            for reason, n in sorted(calls.passed_on.items(), key=lambda item: (-item[1], item[0])):
                lines.append(f"  {'':<{width}}  {n:>8} passed on: {reason}")
        return "\n".join(lines)


def make_report(sums: Mapping[tuple[str, str | None], int]) -> PatchReport:
    """Return a report from counts by function and reason; None stands for served."""
    functions = {}
    for path in sorted({path for path, _ in sums}):
        reasons = {r: n for (p, r), n in sums.items() if p == path and r is not None and n}
        calls = Calls(sums.get((path, None), 0), MappingProxyType(reasons))
        if calls.served or reasons:
            functions[path] = calls
    return PatchReport(MappingProxyType(functions))
