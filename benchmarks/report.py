"""The tables, from what was measured."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

OURS = "fastspec"
_FLOOR = "FFTW alone"
_WIDTH = 100
_OWN_CORE = 0.9  # a thread that had less of a core was held up by others

Row = dict[str, Any]


def render(data: dict[str, Any]) -> str:
    """Return the report."""
    parts = [heading(data)]
    lost: list[str] = []
    scale: dict[tuple[str, float], float] = {}
    for table in data["tables"]:
        parts += [_ratios(table, list(data["versions"]), scale), _details(table)]
        lost += _lost_rows(table)
        if table["threads"] == 1:
            scale = {_key(row): _find(row, OURS)["median"] for row in table["rows"]}
    if data["fresh"]:
        parts.append(_fresh(data["fresh"]))
        lost += _lost_starts(data["fresh"])
    parts.append(_notes(data))
    parts.append("\n".join(["rows that we lose:" + ("" if lost else " none"), *lost]))
    return "\n\n".join(part for part in parts if part)


def heading(data: dict[str, Any]) -> str:
    """Return what was measured with what."""
    c = data["config"]
    engines = sorted(set(c["engines"].values()))
    if len(engines) == 1:
        engine = engines[0]
    else:
        engine = ", ".join(f"{e} ({n})" for n, e in c["engines"].items())
    versions = ", ".join(f"{k} {v}" for k, v in data["versions"].items() if k != OURS)
    lines = {
        "machine": f"{c['cpu']}, {c['cores']} cores, {c['platform']}; load {c['load']} before",
        "engine": f"{engine}; SIMD {c['simd']}; {c['precision']} precision",
        "FFTW": f"{c['fftw']}",
        "libraries": f"Python {c['python']}, NumPy {c['numpy']}, {versions}",
    }
    if data["absent"]:
        lines["absent"] = "; ".join(data["absent"])
    text = [f"{OURS} {data['versions'].get(OURS, '')}: benchmark of {data['date']}"]
    for name, value in lines.items():
        text += textwrap.wrap(f"{name:<11}{value}", _WIDTH, subsequent_indent=" " * 11)
    return "\n".join(text)


def milliseconds(seconds: float) -> str:
    """Return a time with three digits."""
    x = 1e3 * seconds
    return f"{x:.3f}" if x < 1 else f"{x:.2f}" if x < 10 else f"{x:.1f}" if x < 100 else f"{x:.0f}"


def _key(row: Row) -> tuple[str, float]:
    return row["feature"], row["seconds"]


def _find(row: Row, name: str) -> Row:
    return next(entry for entry in row["entries"] if entry["name"] == name)


def _label(row: Row) -> str:
    return f"{row['feature']:<11}{row['seconds']:>4} s"


def _threads(table: dict[str, Any]) -> str:
    return "one thread" if table["threads"] == 1 else f"{table['threads']} threads"


def _title(table: dict[str, Any]) -> str:
    return _threads(table) + (", CPU time" if table["clock"] == "cpu" else "")


def _names(table: dict[str, Any], libraries: list[str]) -> list[str]:
    """Return all contestants of a table in the order of the columns: ours, others, floor."""
    names = {entry["name"] for row in table["rows"] for entry in row["entries"]}
    ours = sorted(name for name in names if name.startswith(OURS))
    floor = sorted(name for name in names if name.startswith(_FLOOR))
    return [*ours, *(n for n in libraries if n in names and n != OURS), *floor]


def _ratios(
    table: dict[str, Any], libraries: list[str], scale: dict[tuple[str, float], float]
) -> str:
    """Return the overview: a line per row, each contestant's time over ours."""
    others = [name for name in _names(table, libraries) if name != OURS]
    heads = [_heads(name) for name in [f"{OURS} (ms)", *others]]
    widths = [max(10, len(a) + 2, len(b) + 2) for a, b in heads]
    if scale:
        heads.append(("over one", "thread"))
        widths.append(10)
    title = f"{_title(table)}: our median, and how many times as long the others take (* we lose)"
    lines = [title, ""]
    for i in (0, 1):
        words = "".join(f"{head[i]:>{width}}" for head, width in zip(heads, widths))
        lines.append(" " * 17 + words)
    for row in table["rows"]:
        entries = {entry["name"]: entry for entry in row["entries"]}
        ours = entries[OURS]["median"]
        cells = [milliseconds(ours)]
        for name in others:
            if name not in entries:
                cells.append("-")
                continue
            ratio = entries[name]["median"] / ours
            mark = "*" if ratio < 1 and _is_rival(name) else ""
            cells.append(f"{ratio:.2f}{mark}" if ratio < 10 else f"{ratio:.1f}")
        if scale:
            cells.append(f"{scale[_key(row)] / ours:.2f}" if _key(row) in scale else "-")
        lines.append(_label(row) + "".join(f"{c:>{w}}" for c, w in zip(cells, widths)))
    return "\n".join(line.rstrip() for line in lines)


def _heads(name: str) -> tuple[str, str]:
    """Return the two lines of a column's head."""
    for first in (_FLOOR + ",", OURS, "kaldi-native"):
        if name.startswith(first) and name != first:
            return first.strip(","), name[len(first) :].strip(" -")
    return "", name


def _is_rival(name: str) -> bool:
    return not name.startswith((OURS, _FLOOR))


def _details(table: dict[str, Any]) -> str:
    """Return every contestant's time."""
    lines = [
        f"{_title(table)}: ms per call, median [quartiles], samples of calls, cores kept busy; "
        "ratio to ours"
    ]
    for row in table["rows"]:
        ours = _find(row, OURS)["median"]
        lines += ["", f"{row['feature']}, {row['seconds']} s"]
        for entry in sorted(row["entries"], key=lambda entry: entry["median"]):
            times = [milliseconds(entry[key]) for key in ("median", "q1", "q3")]
            mark = " *" if entry["median"] < ours and _is_rival(entry["name"]) else ""
            lines.append(
                f"    {entry['name']:<22}{times[0]:>9}  [{times[1]:>8} {times[2]:>8}]"
                f"  {entry['samples']:>5} of {entry['calls']:<6}{entry['cores']:>6.2f}"
                f"{entry['median'] / ours:>8.2f}{mark}"
            )
    return "\n".join(lines)


def _lost_rows(table: dict[str, Any]) -> Iterator[str]:
    for row in table["rows"]:
        ours = _find(row, OURS)
        for entry in row["entries"]:
            if _is_rival(entry["name"]) and entry["median"] < ours["median"]:
                close = " (within the spread)" if entry["q3"] >= ours["q1"] else ""
                yield (
                    f"    {row['feature']}, {row['seconds']} s, {_threads(table)}: "
                    f"{entry['name']} {milliseconds(entry['median'])} ms, "
                    f"we {milliseconds(ours['median'])} ms{close}"
                )


def _megabytes(size: int | None) -> str:
    return "-" if size is None else f"{size / 1e6:.1f}"


def _fresh(rows: list[Row]) -> str:
    lengths = list(rows[0]["memory"])
    lines = [
        "fresh processes, log-mel, one thread: ms to import beyond NumPy, for the first call, for",
        "both and for a later call, on 1 s; peak of resident memory in MB beyond NumPy and signal;",
        "MB on disk, alone and with all that it requires",
        "",
        f"{'':<17}{'import':>10}{'first':>10}{'both':>10}{'later':>10}"
        + "".join(f"{n + ' s MB':>12}" for n in lengths)
        + f"{'disk MB':>10}{'with all':>10}",
    ]
    for row in rows:
        cells = (row["import"], row["first"], row["import"] + row["first"], row["later"])
        times = "".join(f"{milliseconds(cell):>10}" for cell in cells)
        memory = "".join(f"{_megabytes(row['memory'][n]):>12}" for n in lengths)
        disk = "".join(f"{_megabytes(row.get(key)):>10}" for key in ("alone", "installed"))
        lines.append(f"{row['name']:<17}{times}{memory}{disk}")
    return "\n".join(lines)


def _lost_starts(rows: list[Row]) -> Iterator[str]:
    ours = next(row for row in rows if row["name"] == OURS)
    for row in rows:
        for key in ("import", "first"):
            if row[key] < ours[key]:
                times = f"{milliseconds(row[key])} ms, we {milliseconds(ours[key])} ms"
                yield f"    {key} in a fresh process: {row['name']} {times}"
        for seconds, size in row["memory"].items():
            if size is not None and size < ours["memory"][seconds]:
                sizes = f"{_megabytes(size)} MB, we {_megabytes(ours['memory'][seconds])} MB"
                yield f"    memory, {seconds} s: {row['name']} {sizes}"


def _crowded(table: dict[str, Any]) -> str:
    """Return a warning if one thread did not have a core for itself."""
    rows = [row for row in table["rows"] if min(e["cores"] for e in row["entries"]) < _OWN_CORE]
    if table["threads"] > 1 or not rows:
        return ""
    shared = (
        f"the machine was shared: in {len(rows)} of {len(table['rows'])} rows on one thread "
        f"somebody had less than {_OWN_CORE} of a core"
    )
    if table["clock"] == "cpu":
        return shared
    return shared + ", and long calls were held up more than short ones: see --clock cpu"


def _notes(data: dict[str, Any]) -> str:
    notes: dict[str, list[str]] = {}
    for table in data["tables"]:
        for row in table["rows"]:
            for note in row["notes"]:
                where = f"{row['feature']} {row['seconds']} s, {_threads(table)}"
                notes.setdefault(note, []).append(where)
    lines = [f"    {note} ({'; '.join(where)})" for note, where in notes.items()]
    lines += [f"    {note}" for table in data["tables"] if (note := _crowded(table))]
    if lines or not data["tables"]:
        return "\n".join(["notes:", *lines]) if lines else ""
    return "notes: the results of all libraries agree"
