"""Break each compliance kind on purpose, one line at a time, and see that a test notices.

Usage: python tools/mutants.py [KIND ...]

Reads tests/compliance/mutants.yaml. Every mutant is made in a copy of the sources; the tests it
names must fail. Prints a line a mutant; the exit status is 1 where one survived or does not apply.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypedDict

import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
TABLE: Final = ROOT / "tests" / "compliance" / "mutants.yaml"
PACKAGE: Final = ROOT / "src" / "tradeoms"


class Mutant(TypedDict):
    """One line to break, and the tests that must notice."""

    kind: str
    part: str
    file: str
    find: str
    replace: str
    tests: list[str]


def main(wanted: list[str]) -> int:
    """Run the mutants of some kinds, or all; return the exit status."""
    table: list[Mutant] = yaml.safe_load(TABLE.read_text())
    chosen = [one for one in table if not wanted or one["kind"] in wanted]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(_try, chosen))
    for one, answer in zip(chosen, answers, strict=True):
        print(f"{answer:9} {one['kind']:10} {one['part']:10} {one['file']}: {one['find']}")
    killed = sum(answer == "killed" for answer in answers)
    print(f"{killed} of {len(answers)} mutants killed")
    return 0 if killed == len(answers) else 1


def _try(one: Mutant) -> str:
    """Make one mutant and return what became of it: killed, SURVIVED or STALE."""
    with tempfile.TemporaryDirectory(prefix="tradeoms-mutant-") as folder:
        copy = Path(folder) / "tradeoms"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "static"))
        place = copy / one["file"]
        text = place.read_text()
        if text.count(one["find"]) != 1:
            return "STALE"
        place.write_text(text.replace(one["find"], one["replace"]))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(
            [*command, *one["tests"]], cwd=ROOT, env=environment, capture_output=True, check=False
        )
    return "killed" if ended.returncode == 1 else "SURVIVED"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
