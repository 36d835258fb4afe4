"""Days by which a breach must be cured, and when who is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tradeoms.compliance.clock import due_on, steps
from tradeoms.compliance.policy import PolicyError, parse_rule
from tradeoms.compliance.schema.cure import Cure

THURSDAY = date(2026, 7, 2)  # the 3rd is a holiday of XNYS, the 4th a Saturday


def cure(raw: Any) -> Cure:
    found = parse_rule({"id": "R", "kind": "ratio", "max": "0.1", "cure": raw}).cure
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("raw", "due"),
    [
        ("priority", None),
        ({"kind": "priority", "n": 1}, date(2026, 7, 6)),
        ({"kind": "days", "n": 3}, date(2026, 7, 5)),
        ({"kind": "days", "n": 3, "but": ["sundays"]}, date(2026, 7, 6)),
        # 18(h): Saturday 4, Monday 6, Tuesday 7
        ({"kind": "days", "n": 3, "but": ["sundays", "holidays"]}, date(2026, 7, 7)),
        ({"kind": "business_days", "n": 2}, date(2026, 7, 7)),
        ({"kind": "business_days", "n": 1, "calendar": "XLON"}, date(2026, 7, 3)),
        ({"kind": "quarter_end_plus", "n": 30}, date(2026, 10, 30)),
        ({"kind": "days", "n": 0}, THURSDAY),
    ],
)
def test_the_day_by_which_it_must_be_cured(raw: Any, due: date | None) -> None:
    assert due_on(cure(raw), THURSDAY) == due


def test_steps_follow_the_due_day_in_business_days() -> None:
    asked = cure(
        {"kind": "days", "n": 1, "escalation": [{"to": "head"}, {"to": "board", "after": 2}]}
    )
    told = steps(asked, due_on(asked, THURSDAY))
    assert [(step.to, step.on) for step in told] == [
        ("head", date(2026, 7, 3)), ("board", date(2026, 7, 7)),
    ]  # fmt: skip
    assert steps(cure("priority"), None) == ()


@pytest.mark.parametrize(
    "raw",
    ["days", {"kind": "days"}, {"kind": "soon"}, {"kind": "days", "n": -1},
     {"kind": "business_days", "n": 1, "but": ["sundays"]},
     {"kind": "business_days", "n": 1, "calendar": "XXXX"}],
)  # fmt: skip
def test_a_clock_that_cannot_run_is_refused(raw: Any) -> None:
    with pytest.raises(PolicyError):
        cure(raw)
