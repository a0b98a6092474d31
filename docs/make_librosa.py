"""Writes the table of docs/librosa.md from fastspec's table: python docs/make_librosa.py."""

from pathlib import Path

from fastspec.librosa_compat._table import docs_line, served

PAGE = Path(__file__).with_name("librosa.md")


def main() -> None:
    lines = PAGE.read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("| function |")) + 2
    kept = [line for line in lines[first:] if not line.startswith("| `librosa.")]
    table = [docs_line(row) for row in served()]
    PAGE.write_text("\n".join([*lines[:first], *table, *kept]) + "\n")


if __name__ == "__main__":
    main()
