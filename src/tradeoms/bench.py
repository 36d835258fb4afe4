"""`tradeoms bench`: runs the files of `benchmarks/`, one a figure, and prints what they measured.

Every figure is measured beside its baseline in the same run; the ratio is what counts, since
machines differ and are shared. A benchmark is a module with `run() -> list[dict]`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from rich.console import Console
from rich.table import Table

FOLDER: Final = Path(__file__).parents[2] / "benchmarks"

Rows = list[dict[str, Any]]  # Any: numbers and words, each benchmark its own


def run(name: str = "", *, as_json: bool = False) -> int:
    """Run one benchmark, or all; 0 unless there is none of that name or no source tree."""
    found = sorted(path for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    files = [path for path in found if not name or path.stem == name]
    if not files:
        known = ", ".join(path.stem for path in found) or "none here"
        sys.stderr.write(f"no benchmark {name!r}; known: {known}\n")
        return 2
    results: dict[str, Rows] = {}
    for path in files:
        sys.stderr.write(f"{path.stem} …\n")
        results[path.stem] = _load(path).run()
        if not as_json:
            _print(path.stem, results[path.stem])
    if as_json:
        sys.stdout.write(json.dumps(results, indent=2) + "\n")
    return 0


def _load(path: Path) -> ModuleType:
    """Import a benchmark by its path; the folder is not a package."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _print(title: str, rows: Rows) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = Table(title=title)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_text(row.get(column, "")) for column in columns))
    Console().print(table)


def _text(value: object) -> str:
    return f"{value:,.3g}" if isinstance(value, float) else str(value)
