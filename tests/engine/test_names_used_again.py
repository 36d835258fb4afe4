"""A counterparty's names outlive the orders that memory lets go: ExecID (17) and OrderID (37)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_break_actions import only_break
from tests.engine.test_restart import proven, same
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import TimeInForce


def roll(house: House, days: int = 1) -> None:
    for _ in range(days):
        assert house.book.trade_on is not None
        house.get(RollDay(trade_on=house.book.trade_on + timedelta(days=1)), user="olga")


def cum(house: House, placement: dict[str, str]) -> D:
    return house.book.placements[placement["id"]].cum_qty


def test_o01_an_exec_id_of_an_order_that_memory_let_go_is_known(data: Path) -> None:
    """Booked unseen, a later repeat of it would be booked a second time."""
    with opened(data) as house:
        first = house.placed(1)
        house.hear(fill(first["cl_ord_id"], "E1", 1000))
        roll(house, 2)
        assert first["order_id"] not in house.book.orders
        again = house.placed(2, time_in_force=TimeInForce.GTC)
        house.hear(fill(again["cl_ord_id"], "E1", 300, "99"))
        assert (only_break(house).kind, only_break(house).quantity) == ("exec_id_reused", D(300))
        house.hear(fill(first["cl_ord_id"], "E1", 1000, poss_resend=True))
        roll(house)
        assert first["id"] not in house.book.placements
        house.hear(fill(again["cl_ord_id"], "E1", 300, "99", poss_resend=True))
        assert only_break(house).kind == "exec_id_reused"
        assert cum(house, again) == 0
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
    proven(data)


def test_a_bust_finds_an_execution_that_memory_let_go(house: House) -> None:
    first = house.placed(1)
    house.hear(fill(first["cl_ord_id"], "E1", 1000))
    roll(house, 2)
    other = house.placed(2)
    house.hear(said(other["cl_ord_id"], "bust", exec_id="E2", exec_ref_id="E1"))
    assert only_break(house).detail == "bust of execution E1, which is of another placement"


def test_new_exec_ids_of_a_batch_are_asked_for_at_once(house: House) -> None:
    asked: list[str] = []
    placement = house.placed(1)
    house.engine.recall._driver.set_trace_callback(asked.append)
    house.hear(*(fill(placement["cl_ord_id"], f"E{number}", 10) for number in range(20)))
    assert cum(house, placement) == 200
    assert len([text for text in asked if "exec_ids" in text]) == 1
    asked.clear()
    house.hear(*(fill(placement["cl_ord_id"], f"E{number}", 10) for number in range(20)))
    assert cum(house, placement) == 200, "repeats"
    assert asked == [], "what is in memory is not asked for"


def test_an_order_id_used_again_finds_the_placement_that_has_it_now(data: Path) -> None:
    with opened(data) as house:
        first = house.placed(1)
        house.hear(fill(first["cl_ord_id"], "E1", 1000, broker_order_id="7"))
        now = house.placed(2, time_in_force=TimeInForce.GTC)
        house.hear(said(now["cl_ord_id"], "new", broker_order_id="7"))
        house.hear(said(first["cl_ord_id"], "bust", exec_id="E2", exec_ref_id="E1"))
        house.hear(fill("DESK-1", "E3", 100, "99", broker_order_id="7"))
        assert cum(house, now) == 100, "a late word on the first does not give it the number back"
        house.hear(fill(first["cl_ord_id"], "E4", 1000, broker_order_id="7"))
        roll(house, 2)
        assert first["id"] not in house.book.placements
        house.hear(fill("DESK-1", "E5", 100, "99", broker_order_id="7"))
        assert cum(house, now) == 200
        house.hear(said(first["cl_ord_id"], "bust", exec_id="E6", exec_ref_id="E4"))
        house.hear(fill("DESK-1", "E7", 100, "99", broker_order_id="7"))
        assert cum(house, now) == 300, "nor does its return to memory"
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
    proven(data)
