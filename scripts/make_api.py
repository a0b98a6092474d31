#!/usr/bin/env python3
"""Makes, from csrc/fastspec.h and its parts, what lets others reach the library without linking to it.

    scripts/make_api.py            write the files
    scripts/make_api.py --check    fail if they are not what this script would write
    scripts/make_api.py --break    allow functions to change or go: a new ABI, a new number

csrc/fastspec_api.txt    every function's signature, in the table's order, every enumerator and every
                         member of a struct: the pinned ABI. What is new is added; a change is refused.
csrc/fastspec_api.h      the table of functions as a C struct, and its import from the Python package
csrc/api.c               the table
fastspec/cfastspec.pxd   the same for Cython, without extern
fastspec/cfastspec.pyx
"""

import argparse
import keyword
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
HEADER = ROOT / "csrc/fastspec.h"
PARTS = ("process", "pitch", "arrays")  # the headers that it includes, in its order
PINNED = ROOT / "csrc/fastspec_api.txt"


class Function(NamedTuple):
    name: str
    result: str
    arguments: list[tuple[str, str]]  # (type, name)

    @property
    def signature(self) -> str:
        inner = ", ".join(join(t, n) for t, n in self.arguments) or "void"
        return f"{join(self.result, self.name)}({inner})"


class Header(NamedTuple):
    enums: list[tuple[str, list[tuple[str, int]]]]
    structs: list[tuple[str, list[tuple[str, str]]]]  # opaque ones have no fields
    callbacks: list[tuple[str, str, list[tuple[str, str]]]]
    functions: list[Function]
    version: str


def join(type_: str, name: str) -> str:
    return f"{type_}{name}" if type_.endswith("*") else f"{type_} {name}"


def split_declaration(text: str) -> tuple[str, str]:
    """'const double *x' -> ('const double *', 'x')"""
    match = re.fullmatch(r"(.*?[\s*])(\w+)", text.strip())
    if not match:
        raise SystemExit(f"make_api: cannot read {text!r}")
    return re.sub(r"\s+", " ", match[1]).strip(), match[2]


def arguments(text: str) -> list[tuple[str, str]]:
    text = text.strip()
    return [] if text in ("", "void") else [split_declaration(a) for a in text.split(",")]


def fields(body: str) -> list[tuple[str, str]]:
    found = []
    for line in filter(None, (part.strip() for part in body.split(";"))):
        pointer = re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", line, re.S)
        if pointer:
            inner = ", ".join(t for t, _ in arguments(pointer[3]))
            found.append((f"{pointer[1].strip()} (*)({inner})", pointer[2]))
            continue
        first, *more = line.split(",")
        type_, name = split_declaration(first)
        found.append((type_, name))
        for other in more:
            stars = other.count("*")
            base = type_.rstrip("* ") + (" " + "*" * stars if stars else "")
            found.append((base, other.replace("*", "").strip()))
    return found


def enumerators(body: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for item in filter(None, (part.strip() for part in body.split(","))):
        name, _, value = (part.strip() for part in item.partition("="))
        found.append((name, int(value, 0) if value else (found[-1][1] + 1 if found else 0)))
    return found


def declarations(text: str) -> str:
    """Return a header without its comments and what is for the preprocessor."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^\s*#.*?(?<!\\)$", "", text, flags=re.M)
    return text.replace('extern "C" {', "").strip().removesuffix("}")


def read_header() -> Header:
    text = HEADER.read_text()
    version = re.search(r'#define FSPEC_VERSION_STRING "(.+?)"', text)
    assert version
    parts = (HEADER.with_name(f"fastspec_{part}.h").read_text() for part in PARTS)
    text = "\n".join(map(declarations, (text, *parts)))
    header = Header([], [], [], [], version[1])
    for match in re.finditer(
        r"(?P<head>[^;{}]*)(?:\{(?P<body>.*?)\}(?P<tail>[^;]*))?;", text, re.S
    ):
        head = re.sub(r"\s+", " ", match["head"]).strip()
        body = match["body"]
        if body is not None:
            kind, name = re.fullmatch(r"typedef (enum|struct) (\w+)", head).groups()  # type: ignore
            assert match["tail"].strip() == name, head
            if kind == "enum":
                header.enums.append((name, enumerators(body)))
            else:
                header.structs.append((name, fields(body)))
        elif function := re.fullmatch(r"FSPEC_API (.*?)(\w+)\((.*)\)", head):
            result = function[1].strip()
            header.functions.append(Function(function[2], result, arguments(function[3])))
        elif opaque := re.fullmatch(r"typedef struct (\w+) \1", head):
            header.structs.append((opaque[1], []))
        elif callback := re.fullmatch(r"typedef (.+?)\(\*(\w+)\)\((.*)\)", head):
            header.callbacks.append((callback[2], callback[1].strip(), arguments(callback[3])))
        else:
            raise SystemExit(f"make_api: cannot read {head!r}")
    return header


def in_order(header: Header, allow_break: bool) -> tuple[int, list[Function]]:
    """Return the ABI's number and the functions in the table's order."""
    now = {f.name: f for f in header.functions}
    kept = set(layout(header))
    abi, order, changes = 1, [], []
    lines = PINNED.read_text().splitlines() if PINNED.exists() else []
    for line in (line for line in lines if line and not line.startswith("#")):
        if line.startswith("abi "):
            abi = int(line.removeprefix("abi "))
            continue
        if line.startswith(("enum ", "struct ")):
            if line not in kept:
                changes.append(f"{line}  ->  gone or changed")
            continue
        match = re.search(r"(\w+)\(", line)
        name = match[1] if match else ""
        if name in now and now[name].signature == line:
            order.append(name)
        else:
            changes.append(f"{line}  ->  {now[name].signature if name in now else 'gone'}")
    if changes and not allow_break:
        raise SystemExit("make_api: the ABI changed (see --break):\n  " + "\n  ".join(changes))
    if changes:
        abi, order = abi + 1, []
    order += [name for name in now if name not in order]
    return abi, [now[name] for name in order]


def layout(header: Header) -> list[str]:
    """Return a line for every enumerator and for every member of a struct."""
    lines = [
        f"enum {name} {key} = {value}" for name, values in header.enums for key, value in values
    ]
    for name, members in header.structs:
        lines += [f"struct {name} {i}: {join(*member)}" for i, member in enumerate(members)]
    return lines


def pinned(header: Header, abi: int, functions: list[Function]) -> str:
    head = (
        "# The interface of fastspec.h: its functions in the order of the table fspec_api, its enumerators,\n"
        "# and its structs' members. Made by scripts/make_api.py; within one abi lines are only added.\n"
    )
    lines = [f"abi {abi}", *(f.signature for f in functions), *layout(header)]
    return head + "\n".join(lines) + "\n"


MADE = "Made by scripts/make_api.py from fastspec.h; do not edit."

API_HEAD = """\
/* fastspec_api.h - the functions of fastspec.h as a table, for code that does not link to the library.
 * SPDX-License-Identifier: BSD-3-Clause
 * {made}
 *
 * In a C or C++ extension module of Python, the library is the one that the installed package fastspec holds:
 *
 *     #include <Python.h>
 *     #define FSPEC_USE_API          // fspec_X(...) then stands for fspec_api_table->X(...)
 *     #include "fastspec_api.h"
 *     ...
 *     if (fspec_import() < 0)        // once, with the GIL, before any other function; sets a Python exception
 *         return NULL;
 *
 * The table belongs to one translation unit (fspec_api_table is static): call fspec_import in each that uses it. Its
 * functions need no GIL. A program without Python gets the same table from fspec_get_api(), also through dlsym.
 */
#ifndef FASTSPEC_API_H
#define FASTSPEC_API_H

#include "fastspec.h"

/* Raised when a function goes or changes; functions are only added at the end within one number. */
#define FSPEC_API_ABI {abi}
#define FSPEC_API_CAPSULE "fastspec._core._C_API"

typedef struct fspec_api {{
    size_t size; /* bytes of this struct in the library that made it: a member beyond it is not there */
    int32_t abi; /* FSPEC_API_ABI of that library */
"""

API_TAIL = """\
}} fspec_api;

#ifdef __cplusplus
extern "C" {{
#endif
/* The library's table; never NULL, valid for ever, the same for every caller. Thread-safe. */
FSPEC_API const fspec_api *fspec_get_api(void);
#ifdef __cplusplus
}}
#endif

#ifdef FSPEC_USE_API
static const fspec_api *fspec_api_table;
{macros}
#endif

#if defined(FSPEC_USE_API) && defined(Py_PYTHON_H)
/* Takes the table from the package fastspec. Returns 0, or -1 with a Python exception set: the package is missing or broken
 * (ImportError, AttributeError), or too old or too new for this header (ImportError). */
static inline int fspec_import(void) {{
    const fspec_api *table = (const fspec_api *)PyCapsule_Import(FSPEC_API_CAPSULE, 0);
    if (table == NULL)
        return -1;
    if (table->abi != FSPEC_API_ABI || table->size < sizeof(fspec_api)) {{
        PyErr_Format(PyExc_ImportError, "fastspec's C interface has abi %d and %zu bytes; abi %d and at least %zu are needed",
                     (int)table->abi, table->size, FSPEC_API_ABI, sizeof(fspec_api));
        return -1;
    }}
    fspec_api_table = table;
    return 0;
}}
#endif

#endif
"""


def api_header(abi: int, functions: list[Function]) -> str:
    members = ""
    for f in functions:
        short = f.name.removeprefix("fspec_")
        inner = ", ".join(join(t, n) for t, n in f.arguments) or "void"
        space = "" if f.result.endswith("*") else " "
        members += f"    {f.result}{space}(*{short})({inner});\n"
    macros = "\n".join(
        f"#define {f.name} fspec_api_table->{f.name.removeprefix('fspec_')}" for f in functions
    )
    return API_HEAD.format(made=MADE, abi=abi) + members + API_TAIL.format(macros=macros)


def api_source(functions: list[Function]) -> str:
    rows = "".join(f"    {f.name},\n" for f in functions)
    return (
        f"/* The table of fastspec_api.h. {MADE}\n * SPDX-License-Identifier: BSD-3-Clause */\n"
        '#include "fastspec_api.h"\n\n'
        "static const fspec_api table = {\n    sizeof(fspec_api),\n    FSPEC_API_ABI,\n"
        f"{rows}}};\n\nconst fspec_api *fspec_get_api(void) {{\n    return &table;\n}}\n"
    )


def safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def pxd(header: Header, abi: int, functions: list[Function]) -> str:
    out = [
        f'"""fastspec\'s C functions for Cython: `from fastspec cimport cfastspec`. {MADE}',
        "",
        "Nothing is linked and no header is needed: the functions are found when the module that uses them",
        "is imported. They need no GIL. What they do is said in fastspec.h (see fastspec.get_include()).",
        '"""',
        "",
        "from libc.stdint cimport int32_t, int64_t, uint64_t",
        "",
        f"cdef enum: FSPEC_API_ABI = {abi}",
        "",
    ]
    for name, values in header.enums:
        out.append(f"ctypedef enum {name}:")
        out += [f"    {key} = {value}" for key, value in values] + [""]
    for name, result, args in header.callbacks:
        inner = ", ".join(join(t, n) for t, n in args)
        out += [f"ctypedef {result} (*{name})({inner}) noexcept nogil", ""]
    for name, members in header.structs:
        if members:
            out.append(f"ctypedef struct {name}:")
            for type_, member in members:
                pointer = re.fullmatch(r"(.+?)\(\*\)\((.*)\)", type_)
                if pointer:
                    out.append(f"    {pointer[1].strip()} (*{member})({pointer[2]}) noexcept nogil")
                else:
                    out.append(f"    {join(type_, member)}")
            out.append("")
        else:
            out += [f"ctypedef struct {name}:", "    int opaque", ""]
    for f in functions:
        inner = ", ".join(join(t, safe(n)) for t, n in f.arguments)
        out.append(f"cdef {join(f.result, f.name)}({inner}) noexcept nogil")
    return "\n".join(out) + "\n"


def pyx(functions: list[Function]) -> str:
    out = [
        "# cython: language_level=3, freethreading_compatible=True",
        f'"""The functions of cfastspec.pxd, through the table of fastspec._core. {MADE}"""',
        "",
        "from cpython.pycapsule cimport PyCapsule_GetPointer",
        "",
        "from fastspec._core import _C_API",
        "",
        "ctypedef void (*function)() noexcept nogil",
        "cdef struct Table:",
        "    size_t size",
        "    int32_t abi",
        f"    function functions[{len(functions)}]",
        "",
        'cdef const Table *table = <const Table *>PyCapsule_GetPointer(_C_API, "fastspec._core._C_API")',
        "if table.abi != FSPEC_API_ABI or table.size != sizeof(Table):",
        '    raise ImportError("fastspec.cfastspec and fastspec._core are of different versions")',
        "",
    ]
    for i, f in enumerate(functions):
        inner = ", ".join(join(t, safe(n)) for t, n in f.arguments)
        types = ", ".join(t for t, _ in f.arguments)
        call = f"(<{f.result} (*)({types}) noexcept nogil>table.functions[{i}])"
        call += "(" + ", ".join(safe(n) for _, n in f.arguments) + ")"
        back = "" if f.result == "void" else "return "
        out += [
            f"cdef {join(f.result, f.name)}({inner}) noexcept nogil:",
            f"    {back}{call}",
            "",
        ]
    return "\n".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    parser.add_argument("--break", action="store_true", dest="allow_break", help="change the ABI")
    args = parser.parse_args()
    header = read_header()
    abi, functions = in_order(header, args.allow_break)
    made = {
        PINNED: pinned(header, abi, functions),
        ROOT / "csrc/fastspec_api.h": api_header(abi, functions),
        ROOT / "csrc/api.c": api_source(functions),
        ROOT / "fastspec/cfastspec.pxd": pxd(header, abi, functions),
        ROOT / "fastspec/cfastspec.pyx": pyx(functions),
    }
    if args.check:  # where tests run without the package's sources, the others are checked
        made = {path: text for path, text in made.items() if path.parent.exists()}
    stale = [p for p, text in made.items() if not p.exists() or p.read_text() != text]
    for path in stale:
        print(f"{'stale' if args.check else 'wrote'}: {path.relative_to(ROOT)}")
        if not args.check:
            path.write_text(made[path])
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
