"""The worked cases of the kinds that exist, run through the product's own path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tradeoms.compliance.cases import run_case, run_cases

CASES: list[dict[str, Any]] = [
    case
    for path in sorted(Path(__file__).parent.glob("cases_*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_worked_case_comes_out_as_written(case: dict[str, Any]) -> None:
    assert run_case(case) is None


def test_the_report_counts_and_names_what_fails(tmp_path: Path) -> None:
    first, other = (case for case in CASES if case["id"] in ("A01", "A02"))
    wrong = {**first, "expect": {"outcome": "BREACH"}}
    absent = {**first, "id": "Z1", "rules": [{"id": "R", "kind": "zork"}]}
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [other, wrong, absent]}), encoding="utf-8")
    assert list(run_cases(file).lines()) == [
        'A01: expected {"outcome": "BREACH"}, got {"outcome": "PASS"}',
        f"Z1: expected {json.dumps(first['expect'])}, got not supported: kind zork",
        "1 passed, 2 failed",
    ]
