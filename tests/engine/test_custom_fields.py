"""Fields that the firm defines: checked at every door, kept through splits and changes."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, buy, facts, opened
from tests.engine.test_restart import proven
from tradeoms.domain.catalog import CreateOrders, ImportOrders
from tradeoms.domain.custom.commands import LoadCustomFields, SetCustomValues
from tradeoms.domain.custom.state import CustomField, FieldKind
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, SplitOrder
from tradeoms.kernel.enums import Role

PM, TRADER = Role.PORTFOLIO_MANAGER, Role.TRADER
FIELDS = (
    CustomField(name="desk", kind=FieldKind.CHOICE, choices=("alpha", "beta"), required_for=(PM,)),
    CustomField(name="score", kind=FieldKind.NUMBER),
    CustomField(name="review_on", kind=FieldKind.DATE),
    CustomField(name="urgent", kind=FieldKind.FLAG),
    CustomField(name="handling", kind=FieldKind.TEXT, edited_by=(TRADER,)),
)
ALPHA = (("desk", "alpha"),)


@pytest.fixture
def firm(house: House) -> House:
    house.get(LoadCustomFields(fields=FIELDS), user="olga")
    return house


def test_values_are_kept_in_one_form_and_shown(firm: House) -> None:
    values = (("urgent", "true"), ("score", "12.50"), ("review_on", "2026-02-28"), *ALPHA)
    order = firm.get(buy(1, custom=values))
    assert order["custom"] == {
        "desk": "alpha", "review_on": "2026-02-28", "score": "12.5", "urgent": "true",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ((), "custom_field_missing"),
        ((("desk", ""),), "custom_field_missing"),
        ((*ALPHA, ("colour", "red")), "custom_field_unknown"),
        ((*ALPHA, ("desk", "beta")), "custom_field_twice"),
        ((("desk", "gamma"),), "custom_value_invalid"),
        ((*ALPHA, ("score", "1e3")), "custom_value_invalid"),
        ((*ALPHA, ("review_on", "20260228")), "custom_value_invalid"),
        ((*ALPHA, ("review_on", "2026-02-30")), "custom_value_invalid"),
        ((*ALPHA, ("urgent", "yes")), "custom_value_invalid"),
        ((*ALPHA, ("handling", "slowly")), "custom_field_closed"),
    ],
)
def test_an_order_with_wrong_values_is_refused_at_every_door(
    firm: House, values: tuple[tuple[str, str], ...], code: str
) -> None:
    order = buy(1, custom=values)
    for command in (
        order,
        CreateOrders(orders=(order,), atomic=True),
        ImportOrders(orders=(order,)),
    ):
        assert firm.refused(command) == [code]
    assert not firm.book.orders


def test_what_is_wrong_beside_is_told_at_once(firm: House) -> None:
    assert firm.refused(buy(1, limit_price=D(-1))) == ["price_not_positive", "custom_field_missing"]


def test_a_trader_need_not_give_what_managers_must(firm: House) -> None:
    order = firm.get(buy(1, custom=(("handling", "slowly"),)), user="tom")
    assert order["custom"] == {"handling": "slowly"}


def test_values_are_changed_without_touching_the_order(firm: House) -> None:
    order = firm.get(buy(1, custom=(*ALPHA, ("score", "1"))))
    checks = firm.book.orders[order["id"]].check_id

    def change(*values: tuple[str, str]) -> SetCustomValues:
        return SetCustomValues(order_id=order["id"], values=values)

    after = firm.get(change(("desk", "beta"), ("score", "")))
    assert (after["custom"], after["status"]) == ({"desk": "beta"}, "approved")
    assert firm.book.orders[order["id"]].check_id == checks
    firm.get(change(("handling", "slowly")), user="tom")
    assert firm.refused(change(("desk", ""))) == ["custom_field_missing"]
    assert firm.refused(change(("desk", "beta"))) == ["custom_nothing_changed"]
    assert firm.refused(change(("handling", "fast"))) == ["custom_field_closed"]
    assert firm.refused(change(("x", "y"))) == ["custom_field_unknown"]
    firm.get(CancelOrder(order_id=order["id"]))
    assert firm.refused(change(("desk", "alpha"))) == ["custom_order_closed"]


def test_values_go_with_a_part_and_stay_through_an_amendment(firm: House) -> None:
    order = firm.get(buy(1, custom=ALPHA))["id"]
    firm.get(SetCustomValues(order_id=order, values=(("handling", "slowly"),)), user="tom")
    part = firm.get(SplitOrder(order_id=order, client_order_id="p", quantity=D(250)))
    assert part["custom"] == {"desk": "alpha", "handling": "slowly"}
    version = firm.book.orders[order].version
    amend = AmendOrder(order_id=order, expected_version=version, limit_price=D(99))
    assert firm.get(amend)["custom"] == {"desk": "alpha", "handling": "slowly"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "Desk"}, "custom_field_invalid"),
        ({"name": "x", "kind": FieldKind.CHOICE}, "custom_field_invalid"),
        ({"name": "x", "choices": ("a",)}, "custom_field_invalid"),
        ({"name": "x", "kind": FieldKind.CHOICE, "choices": ("a", "a")}, "custom_field_invalid"),
        ({"name": "score"}, "custom_kind_changed"),
    ],
)
def test_a_field_that_is_none_is_refused(firm: House, changes: dict[str, Any], code: str) -> None:
    wrong = CustomField(**{"kind": FieldKind.TEXT, **changes})
    assert firm.refused(LoadCustomFields(fields=(wrong,)), user="olga") == [code]
    twice = LoadCustomFields(fields=(FIELDS[1], FIELDS[1]))
    assert firm.refused(twice, user="olga") == ["custom_field_twice"]
    assert firm.book.custom_fields.fields == FIELDS


def test_fields_and_values_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        house.get(LoadCustomFields(fields=FIELDS), user="olga")
        order = house.get(buy(1, custom=ALPHA))["id"]
        house.get(SetCustomValues(order_id=order, values=(("score", "3"),)))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        house.get(LoadCustomFields(fields=()), user="olga")
        assert house.book.orders[order].custom == (("desk", "alpha"), ("score", "3"))
    proven(data)
