"""Orders of files in the engine: the same events as by any other door, a line for every row."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, facts, opened
from tests.engine.test_restart import proven
from tradeoms.app.wire import Outcome
from tradeoms.domain.catalog import CreateOrders, ImportOrders
from tradeoms.domain.mapping.columns import Words
from tradeoms.domain.mapping.commands import DefineImportMapping
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, CreateOrder
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import OrderSource, OrderType


def file(*orders: CreateOrder, partial: bool = False) -> ImportOrders:
    return ImportOrders(orders=orders, partial=partial)


def told(answer: Any) -> list[tuple[str, str]]:
    return [(line["status"], line.get("order_status", "")) for line in answer["data"]]


def events_of(house: House, order_id: str) -> list[dict[str, Any]]:
    """The journal's events of an order, without ids, times and hashes."""
    with house.engine.recall._engine.connect() as link:  # the journal as it stands on disk
        rows = link.exec_driver_sql("SELECT body FROM journal ORDER BY seq").all()
    found = []
    for (body,) in rows:
        event = json.loads(body)
        data = event["data"]
        if data.get("order_id") == order_id:
            kept = {k: v for k, v in data.items() if k not in _OWN}
            found.append({"type": event["type"], "actor": event["actor"], **kept})
    return found


_OWN = {"order_id", "check_id", "at", "evidence", "source", "client_order_id"}


def test_by_rest_and_by_file_the_same_order_gives_the_same_events_but_for_its_source(
    house: House,
) -> None:
    by_rest = house.get(buy(1))["id"]
    (line,) = house.get(file(buy(2)))["data"]
    assert events_of(house, line["id"]) == events_of(house, by_rest)
    assert len(events_of(house, by_rest)) == 2
    sources = [house.book.orders[one].source for one in (by_rest, line["id"])]
    assert sources == [OrderSource.REST, OrderSource.FILE]


def test_a_file_sent_again_enters_nothing_twice(house: House) -> None:
    orders = (buy(1), buy(2, order_type=OrderType.MARKET_ON_CLOSE, limit_price=None))
    first = house.get(file(*orders))
    assert [status for status, _ in told(first)] == ["accepted", "accepted"]
    seq = house.engine.seq
    again = house.get(file(*orders))
    assert told(again) == [("known", "approved"), ("known", "approved")]
    assert [line["id"] for line in again["data"]] == [line["id"] for line in first["data"]]
    assert (again["accepted"], again["known"], again["refused"]) == (0, 2, 0)
    assert house.engine.seq == seq


def test_an_order_of_a_past_day_is_known_too(house: House) -> None:
    entered = house.get(file(buy(1)))["data"][0]["id"]
    house.get(CancelOrder(order_id=entered))
    house.get(RollDay(trade_on=DAY.replace(day=5)), user="olga")
    assert entered not in house.book.orders
    assert told(house.get(file(buy(1)))) == [("known", "canceled")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"security": "XYZ.XNYS"}, "security"),
        ({"limit_price": D(99)}, "limit_price"),
        ({"reason": "another"}, "reason"),
        ({"portfolio_manager": "max"}, "portfolio_manager"),
    ],
)
def test_the_same_id_with_other_terms_is_refused(
    house: House, change: dict[str, Any], named: str
) -> None:
    house.get(file(buy(1)))
    outcome = house.ask(file(buy(1, **change)))
    assert [(p.code, p.field) for p in outcome.problems] == [
        ("client_order_id_used", "orders/0/client_order_id")
    ]
    assert outcome.problems[0].detail.endswith(f"which has another {named}")


def test_an_amended_order_is_no_longer_that_of_the_file(house: House) -> None:
    order = house.get(file(buy(1)))["data"][0]
    amend = AmendOrder(order_id=order["id"], expected_version=2, limit_price=D(99))
    house.get(amend)
    assert house.refused(file(buy(1))) == ["client_order_id_used"]


def test_all_or_none_tells_every_reason_and_enters_nothing(house: House) -> None:
    outcome = house.ask(file(buy(1), buy(2, limit_price=D(-1)), buy(1), buy(3, security="NO")))
    assert outcome.status == "refused"
    assert [(p.code, p.field) for p in outcome.problems] == [
        ("price_not_positive", "orders/1/limit_price"),
        ("client_order_id_used", "orders/2/client_order_id"),
        ("security_unknown", "orders/3/security"),
    ]
    assert house.book.orders == {}


def test_in_part_the_sound_rows_are_entered(house: House) -> None:
    answer = house.get(file(buy(1), buy(2, limit_price=D(-1)), buy(3), partial=True))
    assert [status for status, _ in told(answer)] == ["accepted", "refused", "accepted"]
    assert answer["data"][1]["problems"][0]["code"] == "price_not_positive"
    assert len(house.book.orders) == 2


def test_a_trial_says_what_would_be_and_leaves_nothing(house: House) -> None:
    orders = (
        buy(1), buy(2, submit=False), buy(3, limit_price=D(-1)),
        buy(4, quantity=10**12), buy(1),
    )  # fmt: skip
    before, seq = facts(house.book), house.engine.seq
    trial = house.get(file(*orders), dry_run=True)
    assert facts(house.book) == before
    assert house.engine.seq == seq
    real = house.get(file(*orders, partial=True))
    assert told(trial) == told(real)
    assert [line["status"] for line in trial["data"]] == [
        "accepted", "accepted", "refused", "accepted", "refused",
    ]  # fmt: skip


def test_a_trial_reserves_nothing(house: House) -> None:
    """Cash for one such order only: a trial before must not use it up."""
    big = buy(1, quantity=5_000_000)
    first = house.get(file(big), dry_run=True)
    second = house.get(file(big), dry_run=True)
    assert told(first) == told(second) == told(house.get(file(big)))


def test_who_may_not_enter_may_not_import(house: House) -> None:
    for user in ("cora", "olga", "max", "system"):
        assert house.refused(file(buy(1)), user=user) == ["not_permitted"]


def test_a_key_answers_a_repeated_file_from_store(house: House) -> None:
    first = house.ask(file(buy(1)), key="k", sha256="s")
    again = house.ask(file(buy(1)), key="k", sha256="s")
    assert isinstance(again, Outcome)
    assert (again.replayed, bytes(again.answer)) == (True, bytes(first.answer))


MAPPING = DefineImportMapping(
    name="broker-x",
    columns=(("client_order_id", "Ref"), ("side", "B/S")),
    words=(Words(column="side", meanings=(("B", "buy"), ("S", "sell"))),),
    defaults=(("order_type", "market"),),
    ignored=("Desk",),
)


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (replace(MAPPING, name="a b"), ["mapping_name_invalid"]),
        (replace(MAPPING, defaults=(("colour", "x"),)), ["mapping_column_unknown"]),
        (replace(MAPPING, columns=(("side", "A"), ("side", "B"))), ["mapping_column_twice"]),
        (replace(MAPPING, columns=(("side", "A"), ("reason", "A"))), ["mapping_column_twice"]),
        (replace(MAPPING, columns=(("side", "reason"),)), ["mapping_column_twice"]),
        (DefineImportMapping(name="empty"), ["mapping_empty"]),
    ],
)
def test_a_mapping_of_two_readings_is_refused(
    house: House, command: DefineImportMapping, codes: list[str]
) -> None:
    assert house.refused(command) == codes
    assert not house.book.import_mappings


def test_mappings_and_sources_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        house.get(MAPPING, user="olga")
        house.get(replace(MAPPING, ignored=()), user="tom")
        house.get(file(buy(1), buy(2, limit_price=D(-1)), partial=True))
        house.get(CreateOrders(orders=(buy(3),)))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        mapping = house.book.import_mappings["broker-x"]
        assert (mapping.version, mapping.defined_by, mapping.ignored) == (2, "tom", ())
        assert told(house.get(file(buy(1)))) == [("known", "approved")]
    proven(data)
