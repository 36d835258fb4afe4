"""Limits that an order exceeds are on record, also where they do not stop it."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import buy, opened
from tests.engine.test_restart import proven
from tests.engine.test_runs import Desk
from tradeoms.domain.order.commands import Leg, ReleaseOrder


@pytest.mark.parametrize(
    ("severity", "status", "found"),
    [
        ("hard", "blocked", ["hard"]),
        ("soft", "held", ["soft"]),
        ("warn", "approved", ["warn"]),
        ("info", "approved", ["info"]),
        ("shadow", "approved", []),
    ],
)
def test_what_an_order_exceeds_is_found_once(
    data: Path, severity: str, status: str, found: list[str]
) -> None:
    with opened(data) as house:
        desk = Desk(house, data)
        desk.book(4_000, 600_000)
        desk.rule(severity=severity)
        entered = house.get(buy(1, 2_000, legs=(Leg(fund="A", quantity=D(2_000)),)))
        assert entered["status"] == status
        if status == "approved":
            plain = ReleaseOrder(order_id=entered["id"])
            if found:
                assert house.refused(plain) == ["acknowledgement_missing"]
            acknowledged = ReleaseOrder(order_id=entered["id"], acknowledge=bool(found))
            house.get(acknowledged)
        assert [hit.severity for hit in house.book.hits.values()] == found
    proven(data)
