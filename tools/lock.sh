#!/bin/sh
# Write the pinned requirements anew, with hashes and without the address of any package index.
# quickfix is left out: it has its own file, because it is compiled and not just installed.
set -eu
cd "$(dirname "$0")/.."

compile() {
    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}

compile pyproject.toml --extra demo --extra test --extra dev --no-emit-package quickfix \
    --output-file requirements/lock.txt
compile requirements/build.in --output-file requirements/build.txt
