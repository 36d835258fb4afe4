"""Runs of rules that are tested at acquisitions: drift past the limit is noted, and is no breach.

Investment Company Act 5(c): a later discrepancy does not matter unless it is wholly or partly the
result of an acquisition.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.engine.house import House
from tests.engine.test_runs import Desk
from tradeoms import bootstrap
from tradeoms.domain.case import commands as c
from tradeoms.journal.tables import journal
from tradeoms.settings import Settings

#: ABC may be a quarter of fund A, when it is bought.
RULE: dict[str, Any] = {
    "id": "quarter", "kind": "ratio", "severity": "hard", "max": "0.25", "group_by": "sec",
    "test": "acquisition", "scope": {"funds": ["A", "C"]},
}  # fmt: skip


@pytest.fixture
def desk(house: House, data: Path) -> Desk:
    """Fund A holds 2,000 ABC at 100 of 1,000,000, and a run has seen it."""
    found = Desk(house, data)
    found.define(RULE)
    found.book(2_000, 800_000)
    assert found.run()["findings"] == 0
    return found


def newest(data: Path) -> dict[str, Any]:
    """What the newest run recorded."""
    wanted = sa.select(journal.c.body).where(journal.c.body.like('%"FundRunRecorded"%'))
    with bootstrap.reader(Settings(data=data)).connect() as link:
        *_, body = link.execute(wanted.order_by(journal.c.seq)).scalars()
    recorded: dict[str, Any] = json.loads(body)["data"]
    return recorded


def went(desk: Desk) -> tuple[str, ...]:
    """Make a run; which counts of cases it changed."""
    counts = desk.run()
    return tuple(name for name in ("new", "worsened", "improved", "cured") if counts[name])


def test_drift_past_the_limit_is_noted_with_its_cause_and_opens_no_case(
    desk: Desk, data: Path
) -> None:
    desk.price("150")  # 300,000 of 1,100,000: 27 %
    for _ in range(2):
        assert went(desk) == ()
    assert desk.house.book.cases == {}
    recorded = newest(data)
    (note,) = recorded["findings"]
    assert recorded["outcomes"] == [["warn", 1]]
    assert (note["outcome"], note["excess"], note["due_on"]) == ("warn", "25000", None)
    assert note["cause"]["kind"] == "passive"
    assert note["explanation"] == (
        "Over the limit by no acquisition, so no breach of this rule. "
        "Security ABC.XNYS is 27.27 % of A's net assets; limit 25 %."
    )


def test_an_acquisition_past_the_limit_is_a_case(desk: Desk) -> None:
    desk.book(3_000, 700_000)
    assert went(desk) == ("new",)
    assert desk.case.cause.kind.value == "active"


def test_an_acquisition_on_top_of_drift_is_a_case_that_ends_when_it_is_sold(desk: Desk) -> None:
    desk.price("150")
    went(desk)
    desk.book(1_900, 815_000)  # sold 100: 285,000 of 1,100,000
    assert went(desk) == ()
    desk.book(2_000, 800_000)  # bought them back
    assert went(desk) == ("new",)
    assert desk.case.cause.kind.value == "passive_aggravated"
    desk.book(2_100, 785_000)
    assert went(desk) == ("worsened",)
    desk.book(1_900, 815_000)
    assert went(desk) == ("cured",)
    close = c.CloseBreach(breach_id=desk.case.id, evidence="sale of 5 January")
    assert desk.house.get(close, user="cora")["status"] == "closed"
    assert went(desk) == ()


@pytest.mark.parametrize("cure", [{"kind": "days", "n": 90}, {"kind": "priority"}])
def test_drift_is_a_case_where_the_rule_has_a_clock(
    house: House, data: Path, cure: dict[str, Any]
) -> None:
    desk = Desk(house, data)
    desk.define(RULE | {"cure": cure})
    desk.book(2_000, 800_000)
    went(desk)
    desk.price("150")
    assert went(desk) == ("new",)
    assert desk.case.cause.kind.value == "passive"


def test_a_passive_case_of_before_ends_once_the_rule_is_one_for_acquisitions(
    house: House, data: Path
) -> None:
    desk = Desk(house, data)
    desk.define(RULE | {"test": "always"})
    desk.book(2_000, 800_000)
    went(desk)
    desk.price("150")
    assert went(desk) == ("new",)
    desk.define(RULE, 2)
    assert went(desk) == ("cured",)
    assert desk.case.status.value == "cured"
