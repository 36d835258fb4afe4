"""Orders above a limit wait for another person, by what their size is measured in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, buy, facts, opened
from tests.engine.test_restart import proven
from tradeoms.domain.approval.commands import LoadApprovalLimits
from tradeoms.domain.approval.state import ApprovalLimit
from tradeoms.domain.order.commands import AmendOrder, ApproveOrder, ReleaseOrder
from tradeoms.domain.reference.commands import LoadSecurities
from tradeoms.kernel.enums import Role


def limit(house: House, **terms: Any) -> None:
    one = ApprovalLimit(**{"id": "large", **terms})
    house.get(LoadApprovalLimits(limits=(one,)), user="rita")


def entered(house: House, number: int = 1, **changes: Any) -> str:
    status: str = house.get(buy(number, **changes))["status"]
    return status


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"above_value": D(100_000), "currency": "USD"}, "approved"),
        ({"above_value": D("99999.99"), "currency": "USD"}, "held"),
        ({"above_value": D(10**9), "currency": "EUR"}, "held"),  # no rate: it may be too large
        ({"above_adv_pct": D(5)}, "approved"),
        ({"above_adv_pct": D("4.99")}, "held"),
        ({"above_nav_pct": D("0.0060")}, "approved"),
        ({"above_nav_pct": D("0.0059")}, "held"),
        ({"above_adv_pct": D(0), "managers": ("pm",)}, "held"),
        ({"above_adv_pct": D(0), "managers": ("other",)}, "approved"),
        ({"above_adv_pct": D(0), "roles": (Role.PORTFOLIO_MANAGER,)}, "held"),
        ({"above_adv_pct": D(0), "roles": (Role.TRADER,)}, "approved"),
        ({"above_adv_pct": D(0), "funds": ("B",)}, "held"),
        ({"above_adv_pct": D(0), "funds": ("C",)}, "approved"),
    ],
)
def test_an_order_of_1000_at_100_is_held_above_a_limit(
    house: House, terms: dict[str, Any], status: str
) -> None:
    abc = house.book.securities[house.book.identifiers["ticker_mic", "ABC.XNYS"]]
    house.get(LoadSecurities(securities=(replace(abc, adv=D(20_000)),)), user="olga")
    limit(house, **terms)
    assert entered(house) == status


def test_without_a_volume_no_order_is_small(house: House) -> None:
    limit(house, above_adv_pct=D(100))
    assert entered(house) == "held"


def test_another_person_approves_before_it_is_released(house: House) -> None:
    limit(house, above_value=D(50_000), currency="USD")
    order = house.get(buy(1))
    name = order["id"]
    assert order["waiting_for"]["who"] == "second_person"
    assert house.refused(ReleaseOrder(order_id=name)) == ["not_approved"]
    assert house.refused(ApproveOrder(order_id=name)) == ["same_person"]
    house.get(ApproveOrder(order_id=name), user="rita")
    house.get(ReleaseOrder(order_id=name))
    version = house.book.orders[name].version
    house.get(AmendOrder(order_id=name, expected_version=version, limit_price=D(101)))
    assert house.book.orders[name].phase == "held", "an approval is not for other terms"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({}, "approval_limit_empty"),
        ({"id": "a b", "above_adv_pct": D(1)}, "approval_limit_name"),
        ({"funds": ("Z",), "above_adv_pct": D(1)}, "approval_limit_fund"),
        ({"above_adv_pct": D(-1)}, "approval_limit_range"),
        ({"above_value": D(1)}, "approval_limit_currency"),
    ],
)
def test_a_limit_that_is_none_is_refused(house: House, terms: dict[str, Any], code: str) -> None:
    one = ApprovalLimit(**{"id": "large", **terms})
    assert house.refused(LoadApprovalLimits(limits=(one,)), user="rita") == [code]
    sound = replace(one, id="x", funds=(), above_value=None, above_adv_pct=D(1))
    twice = LoadApprovalLimits(limits=(sound, sound))
    assert house.refused(twice, user="rita") == ["approval_limit_twice"]


def test_limits_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        limit(house, above_adv_pct=D(5))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert entered(house) == "held"
    proven(data)
