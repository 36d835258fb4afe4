"""Orders above a limit wait for another person, by what their size is measured in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.domain.story import legs
from tests.engine.house import House, buy, facts, opened, said
from tests.engine.test_restart import proven
from tradeoms.domain.approval.commands import LoadApprovalLimits
from tradeoms.domain.approval.state import ApprovalLimit
from tradeoms.domain.order.commands import (
    AmendOrder,
    ApproveOrder,
    HoldOrder,
    ReleaseOrder,
    SubmitOrder,
)
from tradeoms.domain.reference.commands import LoadSecurities, LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import OrderType, Role, Side


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


@pytest.mark.parametrize(
    ("leads", "enters", "status"),
    [("pm2", "pm", "held"), ("pm", "pm2", "held"), ("pm2", "pm2", "approved")],
)
def test_a_limit_of_a_manager_is_for_what_he_leads_and_what_he_enters(
    house: House, leads: str, enters: str, status: str
) -> None:
    two_managers(house)
    limit(house, above_value=D(50_000), currency="USD", managers=("pm",))
    order = house.get(buy(1, portfolio_manager=leads), user=enters)
    assert order["status"] == status


@pytest.mark.parametrize(
    ("side", "stop", "status"),
    [(Side.BUY, 200, "held"), (Side.BUY, 150, "approved"), (Side.SELL, 90, "approved")],
)
def test_a_stop_above_the_mark_makes_an_order_worth_more(
    house: House, side: Side, stop: int, status: str
) -> None:
    limit(house, above_value=D(150_000), currency="USD")
    terms: dict[str, Any] = {
        "order_type": OrderType.STOP,
        "limit_price": None,
        "stop_price": D(stop),
    }
    assert entered(house, side=side, **terms) == status


def test_an_approval_does_not_cover_another_stop_at_a_broker(house: House) -> None:
    limit(house, above_value=D(50_000), currency="USD")
    terms: dict[str, Any] = {
        "order_type": OrderType.STOP,
        "limit_price": None,
        "stop_price": D(110),
    }
    name = house.get(buy(1, **terms))["id"]
    house.get(ApproveOrder(order_id=name), user="rita")
    house.get(ReleaseOrder(order_id=name))
    house.hear(said(house.place(name, 1000)["cl_ord_id"], "new"))
    version = house.book.orders[name].version
    ask = AmendOrder(order_id=name, expected_version=version, stop_price=D(200))
    assert house.refused(ask) == ["not_approved"]


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


def two_managers(house: House) -> None:
    """A limit of 500,000 USD, and a second portfolio manager: pm2."""
    pm2 = UserRow(id="pm2", name="pm2", grants=(Grant(role=Role.PORTFOLIO_MANAGER),))
    house.get(LoadUsers(users=(pm2,)), user="system")
    limit(house, above_value=D(500_000), currency="USD")


def enlarge(house: House, name: str, *, by: str, **terms: Any) -> None:
    version = house.book.orders[name].version
    wanted = {"quantity": D(9000), "legs": legs(A=9000), **terms}
    house.get(AmendOrder(order_id=name, expected_version=version, **wanted), user=by)


def test_who_made_it_large_does_not_approve_it(data: Path) -> None:
    with opened(data) as house:
        two_managers(house)
        name = house.get(buy(1))["id"]
        enlarge(house, name, by="pm2")
        assert house.book.orders[name].phase == "held"
        assert house.refused(ApproveOrder(order_id=name), user="pm2") == ["same_person"]
        assert house.refused(ApproveOrder(order_id=name), user="pm") == ["same_person"]
    with opened(data) as house:
        assert house.refused(ApproveOrder(order_id=name), user="pm2") == ["same_person"]
        house.get(ApproveOrder(order_id=name), user="rita")
    proven(data)


def test_a_later_change_of_the_text_does_not_hide_who_made_it_large(house: House) -> None:
    two_managers(house)
    name = house.get(buy(1))["id"]
    enlarge(house, name, by="pm2")
    enlarge(house, name, by="pm", reason="as discussed")
    assert house.refused(ApproveOrder(order_id=name), user="pm2") == ["same_person"]


def test_once_approved_only_those_who_change_it_after_that_are_left_out(house: House) -> None:
    two_managers(house)
    name = house.get(buy(1))["id"]
    enlarge(house, name, by="pm2")
    house.get(ApproveOrder(order_id=name), user="rita")
    enlarge(house, name, by="pm", quantity=D(9500), legs=legs(A=9500))
    house.get(ApproveOrder(order_id=name), user="pm2")


def test_who_asked_for_terms_that_a_broker_took_does_not_approve_what_waits(house: House) -> None:
    two_managers(house)
    placed = house.placed(1)
    name = placed["order_id"]
    house.hear(said(placed["cl_ord_id"], "new"))
    enlarge(house, name, by="pm2", quantity=D(4000), legs=legs(A=4000))
    asked = house.book.placements[placed["id"]].requests[-1]
    house.hear(said(asked.cl_ord_id, "replaced", orig_cl_ord_id=placed["cl_ord_id"]))
    assert house.book.orders[name].quantity == D(4000)
    limit(house, above_value=D(300_000), currency="USD")
    house.get(HoldOrder(order_id=name, reason="look again"))
    assert house.get(SubmitOrder(order_id=name))["status"] == "held"
    assert house.refused(ApproveOrder(order_id=name), user="pm2") == ["same_person"]


@pytest.mark.parametrize(
    "terms", [{"quantity": D(900), "legs": legs(A=600, B=300)}, {"instructions": "with care"}]
)
def test_who_lessens_an_order_or_changes_its_words_makes_it_wait_for_nobody(
    house: House, terms: dict[str, Any]
) -> None:
    two_managers(house)
    limit(house, above_value=D(50_000), currency="USD", managers=("pm2",))
    name = house.get(buy(1))["id"]
    house.get(ReleaseOrder(order_id=name))
    version = house.book.orders[name].version
    house.get(AmendOrder(order_id=name, expected_version=version, **terms), user="pm2")
    after = house.book.orders[name]
    assert (after.phase, after.needs_approval, after.amended_by) == ("released", False, ())
    assert house.place(name, 500)["order_qty"] == "500"


def test_a_limit_of_a_manager_is_for_what_he_changes(house: House) -> None:
    two_managers(house)
    limit(house, above_value=D(50_000), currency="USD", managers=("pm2",))
    name = house.get(buy(1))["id"]
    assert house.book.orders[name].phase == "approved"
    enlarge(house, name, by="pm2", quantity=D(2000), legs=legs(A=2000))
    assert house.book.orders[name].phase == "held"
    placed = house.placed(2)
    house.hear(said(placed["cl_ord_id"], "new"))
    order = house.book.orders[placed["order_id"]]
    ask = AmendOrder(order_id=order.id, expected_version=order.version, limit_price=D(101))
    assert house.refused(ask, user="pm2") == ["not_approved"]


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
