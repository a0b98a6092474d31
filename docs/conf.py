"""Sphinx configuration: `make docs` builds build/docs/index.html, with warnings as errors.

The reference pages are made here, from the package's public names and from csrc/fastspec.h and its
parts.
"""

import inspect
import re
import sys
from pathlib import Path

import fastspec

sys.path.insert(0, str(Path(__file__).parent))

project = "fastspec"
author = "the fastspec developers"
copyright = "the fastspec developers"
version = release = fastspec.__version__
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc"]
numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
nitpicky = False
html_theme = "alabaster"
html_theme_options = {"description": "Audio features on CPUs", "page_width": "1060px"}
exclude_patterns = ["generated/README*"]
myst_heading_anchors = 3

HERE = Path(__file__).parent
GENERATED = HERE / "generated"

TITLES = {
    "transforms": "Plans",
    "streams": "Streams",
    "stream_group": "Groups of live streams",
    "cqt_plan": "Plans of the constant-Q transform",
    "spectrum": "STFT",
    "decibels": "Decibels",
    "mel": "Mel and MFCC",
    "constantq": "Constant-Q",
    "nsgt": "Invertible constant-Q",
    "icqt": "Inverse constant-Q",
    "hybrid": "Pseudo and hybrid constant-Q",
    "chroma": "Chroma",
    "chroma_plan": "Chroma: plan",
    "chroma_spectra": "Chroma of the STFT",
    "chroma_filters": "Chroma filters",
    "front_end": "Speech front ends",
    "librosa_compat": "In the place of librosa",
    "energy_normalization": "Per-channel energy normalisation",
    "deltas": "Derivatives and stacks",
    "spectral": "Statistics of spectra",
    "frame_features": "Statistics of frames",
    "weighting": "Weights of loudness",
    "notes": "Notes",
    "convert": "Units",
    "filters": "Filter banks",
    "pitch": "Pitch and tuning",
    "intervals": "Intervals",
    "windows": "Windows",
    "audio": "Files",
    "display": "Pictures",
    "config": "Settings",
    "limits": "Limits and deadlines",
    "caches": "Caches",
    "threads": "Cores",
    "_validate": "Errors",
    "_core": "Errors",
}


def heading(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n\n"


def python_reference() -> str:
    """Return the page of everything in fastspec.__all__, by the module where it lives."""
    rooms: dict[str, list[str]] = {}
    for name in sorted(fastspec.__all__, key=str.lower):
        thing = getattr(fastspec, name)
        if inspect.ismodule(thing) or not callable(thing):
            continue
        room = thing.__module__.removeprefix("fastspec.").partition(".")[0]
        rooms.setdefault(TITLES.get(room, room.replace("_", " ").capitalize()), []).append(name)
    page = heading("Python reference") + "Made from the docstrings.\n\n"
    for title, names in rooms.items():
        page += heading(title, "-")
        for name in names:
            if inspect.isclass(getattr(fastspec, name)):
                page += f".. autoclass:: fastspec.{name}\n   :members:\n   :inherited-members:"
                page += " ValueError, RuntimeError\n   :special-members: __call__\n\n"
            else:
                page += f".. autofunction:: fastspec.{name}\n\n"
    return page


def literal(text: str) -> str:
    return ".. code-block:: none\n\n" + "".join(f"   {line}\n" for line in text.splitlines()) + "\n"


def prose(text: str) -> str:
    """Return a comment as a paragraph, or as it stands where it has a layout of its own."""
    if re.search(r"^ |  ", text, re.M):
        return literal(text)
    return re.sub(r"([*|`_\\])", r"\\\1", text) + "\n\n"


def comment_text(comment: str) -> str:
    text = re.sub(r"^\s*/\*+ ?|\s*\*/$", "", comment.strip())
    return re.sub(r"\n\s*\* ?", "\n", text).strip()


def c_body(text: str) -> str:
    """Return the declarations of a header, with their comments."""
    body = text[text.index('extern "C" {') : text.rindex("#ifdef __cplusplus")]
    return body.partition("#endif\n")[2]


def c_reference() -> str:
    """Return the page of csrc/fastspec.h: its sections, comments and declarations, in its order."""
    main = HERE.parent / "csrc/fastspec.h"
    text = main.read_text()
    grammar = re.match(r"/\*.*?\*/", text, re.S)
    assert grammar
    page = heading("C reference") + "Made from ``csrc/fastspec.h`` and what it includes.\n\n"
    page += literal(comment_text(grammar[0]))
    parts = re.findall(r'^#include "(.+)"', text, re.M)
    body = c_body(text) + "".join(c_body(main.with_name(part).read_text()) for part in parts)
    pattern = re.compile(
        r"/\* -+ (?P<section>.*?) -+ \*/"
        r"|(?P<comment>/\*.*?\*/)\s*\n"
        r"|(?P<define>^#define .*?)$"
        r"|(?P<type>^typedef [^{]*?;[^\n]*|^typedef .*?^\}.*?;[^\n]*|^typedef [^\n]*\};?[^\n]*;)"
        r"|^FSPEC_API (?P<function>.*?);",
        re.S | re.M,
    )
    for part in pattern.finditer(body):
        if part["section"]:
            page += heading(part["section"].capitalize(), "-")
        elif part["comment"]:
            page += prose(comment_text(part["comment"]))
        elif part["function"]:
            page += f".. c:function:: {' '.join(part['function'].split())}\n   :no-index-entry:\n\n"
        elif part["define"] or part["type"]:
            code = part["define"] or part["type"]
            page += ".. code-block:: c\n\n"
            page += "".join(f"   {line}\n" for line in code.splitlines()) + "\n"
    return page


def write_pages(app: object) -> None:
    GENERATED.mkdir(exist_ok=True)
    (GENERATED / "python.rst").write_text(python_reference())
    (GENERATED / "c.rst").write_text(c_reference())


def setup(app):  # type: ignore[no-untyped-def]
    app.connect("builder-inited", write_pages)
