"""The chart in README: how many times faster than librosa and PyTorch."""

from __future__ import annotations

from typing import Any

_SECONDS = 30
_INK, _MUTED, _GRID = "#1f2933", "#66727f", "#e3e7eb"
_SERIES = (("librosa", ("librosa",), "#0f6e84"), ("PyTorch", ("torchaudio", "torch"), "#e07a3f"))


def draw(data: dict[str, Any], path: str) -> None:
    """Write the chart of the rows of 30 s on one thread.

    Parameters
    ----------
    data : dict
        What was measured.
    path : str
        Where to write; the extension gives the format.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = _rows(data)
    style: Any = {"font.family": "sans-serif", "font.size": 10.5, "text.color": _INK}
    with plt.rc_context(style):
        figure, axes = plt.subplots(figsize=(8.4, 1.75 + 0.6 * len(rows)), dpi=160)
        figure.subplots_adjust(
            left=0.235,
            right=0.955,
            bottom=0.85 / figure.get_figheight(),
            top=1 - 1.0 / figure.get_figheight(),
        )
        height = 0.36
        longest = max(value for _, values in rows for value in values if value is not None)
        for y, (_, values) in enumerate(rows):
            present = [(i, value) for i, value in enumerate(values) if value is not None]
            for place, (i, value) in enumerate(present):
                middle = y + (place - (len(present) - 1) / 2) * height
                axes.barh(middle, value, height * 0.92, color=_SERIES[i][2], zorder=2)
                text = f"{value:.1f}×" if value < 9.95 else f"{value:.0f}×"
                axes.text(
                    value + longest * 0.008, middle, text, va="center", fontsize=9.5, color=_INK
                )
        axes.axvline(1, color=_INK, linewidth=1, zorder=3)
        axes.set_yticks(range(len(rows)), [title for title, _ in rows], color=_INK)
        axes.set_ylim(len(rows) - 0.45, -0.55)
        axes.set_xlim(0, longest * 1.08)
        step = 5 if longest > 12 else 2
        axes.set_xticks([1, *range(step, int(longest) + 1, step)])
        axes.tick_params(axis="both", length=0, colors=_INK)
        axes.tick_params(axis="x", labelcolor=_MUTED, labelsize=9)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
        axes.grid(axis="x", color=_GRID, linewidth=0.8, zorder=0)
        axes.set_axisbelow(True)
        for side in axes.spines.values():
            side.set_visible(False)
        _words(figure, data, _table(data)["clock"])
        figure.savefig(path, facecolor="white")
        plt.close(figure)


def _table(data: dict[str, Any]) -> dict[str, Any]:
    return next(table for table in data["tables"] if table["threads"] == 1)


def _rows(data: dict[str, Any]) -> list[tuple[str, list[float | None]]]:
    rows: list[tuple[str, list[float | None]]] = []
    for row in _table(data)["rows"]:
        if row["seconds"] != _SECONDS:
            continue
        medians = {entry["name"]: entry["median"] for entry in row["entries"]}
        values: list[float | None] = []
        for _, names, _ in _SERIES:
            name = next((name for name in names if name in medians), None)
            values.append(None if name is None else medians[name] / medians["fastspec"])
        if values[0] is not None:
            rows.append((row["title"], values))
    if not rows:
        raise ValueError(f"no row of {_SECONDS} s on one thread to draw")
    return rows


def _words(figure: Any, data: dict[str, Any], clock: str) -> None:
    inch = 1 / figure.get_figheight()
    c, versions = data["config"], data["versions"]
    left = 0.022
    figure.text(
        left,
        1 - 0.36 * inch,
        "How many times faster is fastspec?",
        fontsize=15,
        fontweight="bold",
        va="center",
    )
    x = left
    y = 1 - 0.7 * inch
    for label, names, colour in _SERIES:
        found = next((name for name in names if name in versions), None)
        if found is None:
            continue
        figure.text(x, y, "■", color=colour, fontsize=12, va="center")
        release = versions["torch"].split("+")[0] if label == "PyTorch" else versions[found]
        figure.text(x + 0.022, y, f"than {label} {release}", fontsize=10.5, va="center")
        x += 0.21
    how = f"{_SECONDS} s of audio, float32, one thread, medians of interleaved calls"
    if clock == "cpu":
        how += " (CPU time)"
    foot = f"{how} · {c['cpu']}, {c['simd'].upper()}"
    figure.text(left, 0.42 * inch, foot, fontsize=8.5, color=_MUTED, va="center")
    foot = "PyTorch's STFT has no out=: a call with a fresh array stands in both rows"
    figure.text(left, 0.2 * inch, foot, fontsize=8.5, color=_MUTED, va="center")
