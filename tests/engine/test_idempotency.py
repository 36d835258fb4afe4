"""A key is answered once, a client's order id used once, and a refusal leaves only its record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import sqlalchemy as sa

from tests.engine.house import DAY, House, buy, opened
from tradeoms.app.wire import Outcome
from tradeoms.domain.catalog import EVENTS, CreateOrders
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.reference.commands import LoadFunds, LoadPrices, RollDay
from tradeoms.domain.reference.events import RequestRefused
from tradeoms.domain.reference.state import Fund, Price
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal


def events(data: Path) -> list[object]:
    """Everything in the journal, read past the engine."""
    engine = sa.create_engine(f"sqlite:///{data / 'tradeoms.db'}")
    codec = Codec(EVENTS)
    with engine.connect() as link:
        bodies = link.scalars(sa.select(journal.c.body).order_by(journal.c.seq)).all()
    engine.dispose()
    return [codec.decode(body).event for body in bodies]


def test_the_same_key_gets_the_stored_answer_and_decides_nothing(house: House) -> None:
    first = house.ask(buy(), key="k1", sha256="s1")
    seq = house.engine.seq
    again = house.ask(buy(), key="k1", sha256="s1")
    assert (again.replayed, bytes(again.answer)) == (True, bytes(first.answer))
    assert house.engine.seq == seq
    assert len(house.book.orders) == 1


def test_a_key_used_for_another_request_is_a_conflict(house: House) -> None:
    house.ask(buy(), key="k1", sha256="s1")
    assert house.refused(buy(2), key="k1", sha256="s2") == ["idempotency_key_reused"]
    assert len(house.book.orders) == 1


def test_a_key_belongs_to_the_person_who_used_it(house: House) -> None:
    house.ask(buy(), key="k1", sha256="s1")
    other = house.ask(buy(), user="tom", key="k1", sha256="s1")
    assert (other.status, other.replayed) == ("accepted", False)


def test_a_key_is_known_within_one_batch(house: House) -> None:
    items = [house.command(buy(), key="k1", sha256="s1") for _ in range(2)]
    third = house.command(buy(2), key="k1", sha256="s2")
    answers = [a for a in house.run(*items, third).answers if isinstance(a, Outcome)]
    assert [(a.status, a.replayed) for a in answers] == [
        ("accepted", False), ("accepted", True), ("conflict", False),
    ]  # fmt: skip


def test_a_key_is_known_after_a_restart(data: Path) -> None:
    with opened(data) as house:
        first = house.ask(buy(), key="k1", sha256="s1")
    with opened(data) as house:
        again = house.ask(buy(), key="k1", sha256="s1")
    assert (again.replayed, bytes(again.answer)) == (True, bytes(first.answer))


def test_keys_that_are_looked_up_together_are_told_apart_by_person(data: Path) -> None:
    with opened(data) as house:
        first = house.ask(buy(1), key="k'1", sha256="s1")
        house.get(buy(2), user="tom", key="k2", sha256="s2")
    with opened(data) as house:
        again, new, same_id = house.run(
            house.command(buy(1), key="k'1", sha256="s1"),
            house.command(buy(2), key="k2", sha256="s3"),
            house.command(buy(1), key="k3", sha256="s4"),
        ).answers
    assert isinstance(again, Outcome)
    assert isinstance(new, Outcome)
    assert isinstance(same_id, Outcome)
    assert (again.replayed, bytes(again.answer)) == (True, bytes(first.answer))
    assert (new.status, new.replayed) == ("accepted", False)
    assert [problem.code for problem in same_id.problems] == ["client_order_id_used"]


def test_a_refused_request_keeps_its_key_free(house: House) -> None:
    assert house.refused(buy(limit_price=None), key="k1", sha256="s1") == ["limit_price_missing"]
    assert house.ask(buy(), key="k1", sha256="s2").status == "accepted"


def test_a_clients_order_id_is_used_once_for_ever(data: Path) -> None:
    with opened(data) as house:
        order = house.get(buy())
        assert house.refused(buy()) == ["client_order_id_used"]
        house.get(CancelOrder(order_id=order["id"]))
        house.get(RollDay(trade_on=date(2010, 1, 5)), user="olga")
        assert house.book.orders == {}
        assert house.refused(buy()) == ["client_order_id_used"]
    with opened(data) as house:
        assert house.refused(buy()) == ["client_order_id_used"]
        assert house.get(buy(), user="tom")["client_order_id"] == "c1"


def test_a_clients_order_id_is_used_once_within_a_batch(house: House) -> None:
    answers = house.run(house.command(buy()), house.command(buy())).answers
    assert [a.status for a in answers if isinstance(a, Outcome)] == ["accepted", "refused"]
    both = house.get(CreateOrders(orders=(buy(2), buy(2), buy(1))))
    assert [line["status"] for line in both["data"]] == ["accepted", "refused", "refused"]


def test_an_atomic_batch_is_taken_whole_or_not_at_all(house: House) -> None:
    bad = CreateOrders(orders=(buy(1), buy(2, limit_price=D(-1))), atomic=True)
    outcome = house.ask(bad)
    assert [(p.code, p.field) for p in outcome.problems] == [
        ("price_not_positive", "orders/1/limit_price")
    ]
    assert house.book.orders == {}
    good = house.get(CreateOrders(orders=(buy(1), buy(2)), atomic=True))
    assert [line["status"] for line in good["data"]] == ["accepted", "accepted"]


def test_an_independent_batch_answers_each_order_on_its_own(house: House) -> None:
    answer = house.get(CreateOrders(orders=(buy(1), buy(2, limit_price=D(-1)), buy(3))))
    assert [line["status"] for line in answer["data"]] == ["accepted", "refused", "accepted"]
    assert len(house.book.orders) == 2


def test_a_refused_request_is_on_record_and_changes_nothing(data: Path) -> None:
    with opened(data) as house:
        before, outbox = repr(house.book), house.instructions()
        seq = house.engine.seq
        house.refused(buy(limit_price=None))
        house.refused(buy(), user="max")
        house.refused(CancelOrder(order_id="ord_none"))
        assert house.engine.seq == seq + 3
        assert (repr(house.book), house.instructions()) == (before, outbox)
    refused = [e for e in events(data) if isinstance(e, RequestRefused)]
    assert [(e.command, e.actor, e.codes) for e in refused] == [
        ("CreateOrder", "pm", ("limit_price_missing",)),
        ("CreateOrder", "max", ("not_permitted",)),
        ("CancelOrder", "pm", ("order_unknown",)),
    ]


def test_a_body_that_cannot_be_read_is_refused(house: House) -> None:
    outcome = house.ask(buy())
    assert outcome.status == "accepted"
    for kind, body in (("CreateOrder", "[]"), ("Dance", "{}"), ("CreateOrder", '{"side":"up"}')):
        item = house.command(buy(2))
        bad = type(item)(id=1, type=kind, body=type(item.body)(body.encode()), user="pm")
        (answer,) = house.run(bad).answers
        assert isinstance(answer, Outcome)
        assert [p.code for p in answer.problems] == ["malformed"]


def test_a_dry_run_of_a_load_keeps_nothing(house: House) -> None:
    seq, book = house.engine.seq, repr(house.book)
    command = RollDay(trade_on=DAY)
    assert house.refused(command, user="olga", dry_run=True) == ["no_dry_run"]
    load = LoadFunds(funds=(Fund(code="NEW", name="", currency="USD"),))
    assert house.ask(load, user="olga", dry_run=True).status == "accepted"
    assert (house.engine.seq, repr(house.book)) == (seq, book)


def test_a_fault_of_ours_in_a_dry_run_is_answered_and_ends_nothing(house: House) -> None:
    known = house.book.securities
    price = Price(security_id=next(iter(known)), price=D(100), as_of=DAY)
    load = LoadPrices(prices=(price,))
    house.book.securities = None  # type: ignore[assignment]  # a book that our own code broke
    assert house.refused(load, user="olga", dry_run=True) == ["internal_error"]
    assert house.refused(load, user="olga") == ["internal_error"]
    house.book.securities = known
    assert house.ask(load, user="olga", dry_run=True).status == "accepted"
