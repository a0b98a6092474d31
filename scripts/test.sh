#!/usr/bin/env bash
# Installs fastspec into a fresh virtual environment and passes its tests: one command, from
# anywhere. What is needed beforehand: Python >= 3.11 with its headers, a C compiler, make; pip
# fetches the rest.
#
#   scripts/test.sh [PYTEST ARGUMENTS]               e.g. -k mel, -x, --cov=fastspec, --run-slow
#   scripts/test.sh --no-install [PYTEST ARGUMENTS]  test what the active environment has (make test)
#
# PYTHON         the interpreter to use                         (python3)
# FASTSPEC_VENV  where to make the environment; it is replaced  (.venv-test in the checkout)
#
# The wheel is built from a copy of the tree without build products, and pytest runs in that copy
# with fastspec/ taken away, so only the installed package can be what is tested.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
venv=${FASTSPEC_VENV:-$root/.venv-test}
[[ $venv = /* ]] || venv=$PWD/$venv
marker=.made-by-fastspec-test
install=yes
if [ "${1-}" = --no-install ]; then
    install=no
    shift
fi

say() { printf '\n== %s\n' "$*"; }
die() {
    printf 'test.sh: %s\n' "$*" >&2
    exit 2
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$python must be Python 3.11 or later (set PYTHON)"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fastspec-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/tree"
tar -C "$root" -cf - --exclude=./.git --exclude=./build --exclude=./dist --exclude='./.venv*' \
    --exclude='*.egg-info' --exclude='*.so' --exclude=__pycache__ --exclude='.*_cache' \
    --exclude=.hypothesis --exclude=./fastspec/_core.c . | tar -C "$tmp/tree" -xf -

if [ $install = yes ]; then
    unset PYTHONPATH PYTHONHOME
    command -v "${CC:-cc}" >/dev/null || die "a C compiler is needed (set CC)"
    "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
        die "the headers of $python are needed (Debian: apt install python3-dev)"
    if [ -e "$venv" ] && [ ! -e "$venv/$marker" ]; then
        die "$venv exists and was not made by this script; remove it or set FASTSPEC_VENV"
    fi

    say "virtual environment: $venv"
    "$python" -m venv --clear "$venv"
    touch "$venv/$marker"
    export VIRTUAL_ENV=$venv PATH="$venv/bin:$PATH"
    python=$venv/bin/python
    export PIP_DISABLE_PIP_VERSION_CHECK=1

    say "building the wheel"
    "$python" -m pip wheel --quiet --no-deps --wheel-dir "$tmp/dist" "$tmp/tree"
    wheel=$(echo "$tmp"/dist/fastspec-*.whl)
    "$python" - "$wheel" <<'PY'
import os
import sys
import zipfile

wheel = sys.argv[1]
names = zipfile.ZipFile(wheel).namelist()
kinds = (".c", ".inc", ".pyx", ".pxi")
sources = [n for n in names if n.endswith(kinds) or n.startswith("tests")]
size = os.path.getsize(wheel)
print(f"{os.path.basename(wheel)}: {len(names)} files, {size / 1e6:.2f} MB")
if sources or size > 3e6:
    sys.exit(f"the wheel must stay under 3 MB and hold no sources or tests; it has {sources}")
PY

    say "installing it, with what its tests need"
    "$python" -m pip install --quiet "$wheel[test]"
fi

rm -rf "$tmp/tree/fastspec" "$tmp/tree/build"
cd "$tmp/tree"

say "package under test"
"$python" - "$install" <<'PY'
import os
import sys

import fastspec

where = os.path.realpath(fastspec.__file__)
print(where)
if sys.argv[1] == "yes" and not where.startswith(os.path.join(os.path.realpath(sys.prefix), "")):
    sys.exit(f"test.sh: {where} is not the package installed in {sys.prefix}")
show_config = getattr(fastspec, "show_config", None)
if show_config:
    show_config()
PY

# A file's tests stay together: some build what they share. Later options win: -n 0 for one process.
say "pytest"
parallel=()
if "$python" -c 'import xdist' 2>/dev/null; then
    parallel=(-n "$("$python" -c 'import fastspec; print(fastspec.cores())')" --dist loadfile)
fi
"$python" -m pytest "${parallel[@]}" "$@"

say "C tests"
make --no-print-directory PYTHON="$python" ctest
