#!/bin/sh
# Create or bring up to date .venv: every dependency at its locked version and hash, and tradeoms itself in place.
# Needs python3 >= 3.11 with venv and headers, g++ and a package index that pip can reach. Called by make.
set -eu
cd "$(dirname "$0")/.."

system_python=${PYTHON:-python3}
if ! "$system_python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "tradeoms needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
fi
[ -x .venv/bin/python ] || "$system_python" -m venv .venv
python=$PWD/.venv/bin/python
install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }

install --require-hashes -r requirements/build.txt

# The compiler, the web build and the downloads wait for different things, so they run side by side.
"$python" tools/quickfix_wheel.py > .venv/quickfix-wheel.path &
compiling=$!
"$python" tools/web_build.py &
building=$!
trap 'kill "$compiling" "$building" 2> /dev/null || true' EXIT
trap 'exit 130' INT TERM
echo "set-up: install the locked dependencies" >&2
install --require-hashes -r requirements/lock.txt
wait "$building"
wait "$compiling"
trap - EXIT

install --no-index --no-deps "$(cat .venv/quickfix-wheel.path)"
install --no-index --no-deps --no-build-isolation --editable .
echo "set-up: .venv is ready" >&2
