"""How facts become fields, and codes statuses."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from tests.rest.test_queries import make_rows
from tradeoms import domain
from tradeoms.domain.allocation.state import Allocation, Share
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order, Phase
from tradeoms.projections.resources import (
    encode,
    order_resource,
    waiting_for,
)
from tradeoms.projections.resources_allocations import allocation_resources
from tradeoms.projections.resources_text import average_price, instant
from tradeoms.rest.errors import STATUS_OF_CODE

ORDER: Order = replace(
    make_rows(1)[0].order,
    quantity=Decimal(100),
    legs=(Leg(fund="A", quantity=Decimal(60)), Leg(fund="B", quantity=Decimal(40))),
)


@pytest.mark.parametrize(
    ("notional", "quantity", "expected"),
    [
        ("0", "0", "0"),
        ("100", "3", "33.3333333333"),
        ("200", "3", "66.6666666667"),
        ("1000.50", "10", "100.05"),
        ("1", "80000000000", "0"),
        ("0.0000000001", "2", "0"),
        ("0.0000000003", "2", "0.0000000002"),
    ],
)
def test_an_average_is_rounded_half_to_even_at_ten_decimals(
    notional: str, quantity: str, expected: str
) -> None:
    assert average_price(Decimal(notional), Decimal(quantity)) == expected


def test_an_instant_has_six_digits_always() -> None:
    assert instant(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000000Z"


@pytest.mark.parametrize(
    ("change", "who"),
    [
        ({"phase": Phase.DRAFT}, "portfolio_manager"),
        ({"phase": Phase.BLOCKED, "blocking": ("r@1",)}, "portfolio_manager"),
        ({"phase": Phase.HELD, "blocking": ("r@1",)}, "compliance_officer"),
        ({"phase": Phase.HELD, "held_because": "news"}, "trader"),
        ({"phase": Phase.HELD, "needs_approval": True}, "second_person"),
        ({"phase": Phase.APPROVED}, "portfolio_manager"),
        ({"phase": Phase.RELEASED}, "trader"),
        ({"phase": Phase.CANCELING}, "broker"),
        ({"phase": Phase.CANCELED}, None),
        ({"phase": Phase.EXPIRED}, None),
        ({"phase": Phase.RELEASED, "cum_qty": Decimal(100)}, None),
    ],
)
def test_each_state_says_who_must_act(change: dict[str, object], who: str | None) -> None:
    found = waiting_for(replace(ORDER, **change))  # type: ignore[arg-type]  # fields of the table
    assert (found.who if found else None) == who
    assert found is None or found.why


def test_a_released_order_waits_for_the_broker_once_all_of_it_is_placed() -> None:
    released = replace(ORDER, phase=Phase.RELEASED)
    found = waiting_for(released, placed_quantity=Decimal(100))
    assert found is not None
    assert found.who == "broker"


def test_legs_of_other_funds_are_left_out() -> None:
    shown = order_resource(
        ORDER, seq=1, status="draft", placed_quantity=Decimal(0), funds=frozenset({"B"})
    )
    assert [leg.fund for leg in shown.allocations] == ["B"]
    assert b'"fund":"A"' not in encode(shown)


def test_an_allocation_is_one_resource_a_fund_numbered_by_the_statement() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    allocation = Allocation(
        order_id="ord_7",
        block_id="blk_7",
        number=1,
        stated=ORDER.legs,
        stated_at=at,
        shares=(
            Share(fund="A", quantity=Decimal(6), cost_minor=60_06),
            Share(fund="B", quantity=Decimal(0), cost_minor=0),
        ),
        notional=Decimal("60.06"),
        currency="USD",
        updated_at=at,
    )
    all_of_them = allocation_resources(allocation, seq=9)
    assert [(a.id, a.quantity, a.avg_px, a.cost) for a in all_of_them] == [
        ("alc_7-1", "6", "10.01", "60.06"),
        ("alc_7-2", "0", "0", "0"),
    ]
    (only,) = allocation_resources(allocation, seq=9, funds={"B"})
    assert only == all_of_them[1]


def rejection_codes() -> set[str]:
    """Every code of every refusal enum of the domain."""
    codes: set[str] = set()
    for found in pkgutil.walk_packages(domain.__path__, "tradeoms.domain."):
        for name, kind in vars(importlib.import_module(found.name)).items():
            if name.endswith("Rejection") and issubclass(kind, StrEnum):
                codes |= {member.value for member in kind}
    return codes


def test_what_a_path_names_is_404_and_four_eyes_are_403() -> None:
    codes = rejection_codes()
    assert len(codes) > 60
    told = {code: STATUS_OF_CODE.get(code, 422) for code in codes}
    assert {c for c, status in told.items() if status == 403} == {
        "not_permitted",
        "same_person",
        "approver_is_requester",
        "approver_is_author",
        "approver_twice",
        "approver_role",
        "closer_is_resolver",
        "overrider_is_assignee",
        "model_own_approval",
        "layout_not_own",
        "cross_own_approval",
    }
    in_paths = {
        "order", "placement", "execution", "breach", "run", "waiver", "rule", "key", "sign_in",
        "kill_switch", "model", "proposal", "block",
        "session", "session_action", "break", "order_list", "layout", "booking", "cross",
        "instruction", "confirmation", "pair",
    }  # fmt: skip
    assert {c for c, status in told.items() if status == 404} == {f"{n}_unknown" for n in in_paths}
    assert told["client_order_id_used"] == 409
    assert told["version_stale"] == 412
