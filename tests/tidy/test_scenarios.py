"""The page of scenarios names every one of them, and only tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
WANTED = {"C": 21, "F": 20, "O": 18}
#: Of the database, those that have tests by name.
DATABASE = ["D01", "D06", "D07", "D11"]
#: There is nothing that could break; the page says why.
WITHOUT = {"C15"}


def rows() -> dict[str, str]:
    """What stands behind the id of each row."""
    return dict(re.findall(r"^\| ([CDFO]\d\d) \|(.*)\|$", PAGE, re.MULTILINE))


def test_every_scenario_has_a_row() -> None:
    wanted = [f"{k}{n:02d}" for k, last in WANTED.items() for n in range(1, last + 1)]
    assert list(rows()) == wanted + DATABASE


def test_every_test_that_the_page_names_is_there() -> None:
    proven = set()
    for key, text in rows().items():
        for place in text.rpartition("|")[2].split("; "):
            file, *names = re.findall(r"`([^`]+)`", place) or [""]
            for name in names:
                source = (ROOT / "tests" / file).read_text(encoding="utf-8")
                assert f"def {name}(" in source, (key, file, name)
                proven.add(key)
    assert proven | WITHOUT == set(rows())
