"""What people do about breaks: attached, booked, told to the counterparty, taken over; exactly."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_restart import proven, same
from tradeoms.app.instruction import InstructionKind
from tradeoms.domain.breaks.commands import ApproveBreakAction, RefuseBreakAction, ResolveBreak
from tradeoms.domain.breaks.decide import BreakRejection as B
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.placement.commands import (
    CreatePlacement,
    ReportPlacement,
    ReportSend,
    SendOutcome,
)
from tradeoms.domain.placement.decide import PlacementRejection
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import Role, Side

BEYOND = PlacementRejection.PLACEMENT_EXCEEDS_ORDER
RAW = "8=FIX.4.4|35=8|37=O9|17=E9|11=NOT-OURS|55=ABC|54=1|38=500|32=300|31=99.5|"


def stray(exec_id: str = "E9", **more: Any) -> ReportPlacement:
    """A fill of 300 ABC for an order that is not ours."""
    given: dict[str, Any] = {"symbol": "ABC", "side": Side.BUY, "raw": RAW, **more}
    return fill("NOT-OURS", exec_id, 300, "99.5", **given)


def only_break(house: House) -> Break:
    (found,) = [each for each in house.book.breaks.values() if not each.resolved_by]
    return found


def ask(house: House, action: str, placement: str = "", user: str = "tom") -> str:
    found = only_break(house).id
    house.get(
        ResolveBreak(
            break_id=found, resolution="seen", action=action, placement_id=placement
        ),
        user=user,
    )  # fmt: skip
    return found


def approve(house: House, break_id: str, user: str = "olga") -> None:
    house.get(ApproveBreakAction(break_id=break_id, reason="checked"), user=user)


def booked(house: House, order_id: str) -> dict[str, D]:
    return {s.fund: s.quantity for s in house.book.allocations[order_id].shares}


def position(house: House, fund: str) -> D:
    security = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    return house.book.positions[fund, security].quantity


def test_a_stray_fill_is_attached_by_two_people_and_booked_as_it_was_reported(
    data: Path,
) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        house.hear(stray())
        before = position(house, "A"), position(house, "B")
        found = ask(house, "attach", placement["id"])
        assert only_break(house).proposal is not None
        assert booked(house, placement["order_id"]) == {"A": D(0), "B": D(0)}
        word = ApproveBreakAction(break_id=found, reason="checked")
        assert house.refused(word, user="tom") == ["not_permitted"]
        again = ResolveBreak(break_id=found, resolution="x", action="explain")
        assert house.refused(again, user="tom") == [B.BREAK_ACTION_PENDING]
        approve(house, found)
        assert booked(house, placement["order_id"]) == {"A": D(180), "B": D(120)}
        after = position(house, "A"), position(house, "B")
        assert after == (before[0] + 180, before[1] + 120)
        current = house.book.placements[placement["id"]]
        assert (current.cum_qty, current.notional) == (D(300), D(300) * D("99.5"))
        settled = house.book.breaks[found]
        assert settled.resolution == f"attached to {current.id}: seen (tom); approved: checked"
        assert settled.resolved_by == "olga"
        seq = house.engine.seq
        house.hear(stray())
        house.hear(stray(poss_resend=True))
        assert [b for b in house.book.breaks.values() if not b.resolved_by] == [], "a repeat"
        assert house.engine.seq == seq
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
    proven(data)


def test_a_bust_of_what_was_attached_takes_back_exactly_that(house: House) -> None:
    placement = house.placed(1)
    before = position(house, "A")
    house.hear(stray())
    approve(house, ask(house, "attach", placement["id"]))
    house.hear(said("NOT-OURS", "bust", exec_id="E10", exec_ref_id="E9"))
    assert [b for b in house.book.breaks.values() if not b.resolved_by] == []
    assert booked(house, placement["order_id"]) == {"A": D(0), "B": D(0)}
    assert position(house, "A") == before


def test_who_asked_may_not_approve_and_a_refusal_leaves_it_open(house: House) -> None:
    placement = house.placed(1)
    house.hear(stray())
    found = ask(house, "attach", placement["id"], user="olga")
    word = ApproveBreakAction(break_id=found, reason="checked")
    assert house.refused(word, user="olga") == [B.SAME_PERSON]
    assert house.refused(replace(word, reason=" "), user="rita") == [B.REASON_MISSING]
    house.get(RefuseBreakAction(break_id=found, reason="not sure"), user="olga")
    assert only_break(house).status == "open"
    assert house.refused(word, user="rita") == [B.NOTHING_PROPOSED]


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (stray(symbol="XYZ"), B.TARGET_SECURITY_DIFFERS),
        (stray(symbol=""), B.TARGET_SECURITY_DIFFERS),
        (stray(side=Side.SELL), B.TARGET_SIDE_DIFFERS),
        (stray(side=None), B.TARGET_SIDE_DIFFERS),
    ],
)
def test_only_the_same_security_and_side(house: House, report: ReportPlacement, code: B) -> None:
    placement = house.placed(1)["id"]
    house.hear(report)
    command = ResolveBreak(
        break_id=only_break(house).id, resolution="x", action="attach", placement_id=placement
    )
    assert house.refused(command, user="tom") == [code]
    assert house.refused(replace(command, placement_id="plc_9"), user="tom") == [B.TARGET_UNKNOWN]
    assert only_break(house).proposal is None


def test_only_the_same_session(house: House) -> None:
    order = house.order(1)["id"]
    other = house.get(
        CreatePlacement(order_id=order, destination="OTHER", quantity=D(100)), user="tom"
    )["id"]
    house.hear(stray())
    command = ResolveBreak(
        break_id=only_break(house).id, resolution="x", action="attach", placement_id=other
    )
    assert house.refused(command, user="tom") == [B.TARGET_SESSION_DIFFERS]


def test_a_reused_exec_id_is_booked_once_more_under_a_name_of_its_own(house: House) -> None:
    placement = house.placed(1)
    house.hear(fill(placement["cl_ord_id"], "E1", 100))
    house.hear(fill(placement["cl_ord_id"], "E1", 200, symbol="ABC", side=Side.BUY))
    assert only_break(house).kind == "exec_id_reused"
    row = only_break(house).row
    approve(house, ask(house, "attach", placement["id"]))
    assert booked(house, placement["order_id"]) == {"A": D(180), "B": D(120)}
    assert {each.exec_id for each in house.book.executions.values()} == {"E1", f"E1~{row}"}


def test_units_beyond_a_placement_are_booked_where_the_order_can_take_them(house: House) -> None:
    order_id = house.order(1)["id"]
    placement = house.place(order_id, 500)
    house.hear(fill(placement["cl_ord_id"], "E1", 700))
    assert booked(house, order_id) == {"A": D(300), "B": D(200)}
    approve(house, ask(house, "book"))
    assert booked(house, order_id) == {"A": D(420), "B": D(280)}
    (execution,) = house.book.executions.values()
    assert execution.booked_qty == D(700)
    assert dict(execution.split) == {"A": D(420), "B": D(280)}
    house.hear(said(placement["cl_ord_id"], "bust", exec_id="E2", exec_ref_id="E1"))
    assert booked(house, order_id) == {"A": D(0), "B": D(0)}
    allocation = house.book.allocations[order_id]
    assert (allocation.notional, {s.cost_minor for s in allocation.shares}) == (D(0), {0})


def test_units_beyond_the_order_find_no_room(house: House) -> None:
    placement = house.placed(1)
    house.hear(fill(placement["cl_ord_id"], "E1", 1200))
    book = ResolveBreak(break_id=only_break(house).id, resolution="seen", action="book")
    assert house.refused(book, user="tom") == [B.NO_ROOM_TO_BOOK]


def test_the_same_trade_is_never_booked_twice(house: House) -> None:
    placement = house.placed(1)
    house.hear(fill(placement["cl_ord_id"], "E1", 100))
    report = fill(placement["cl_ord_id"], "E1", 200, symbol="ABC", side=Side.BUY)
    house.hear(report)
    approve(house, ask(house, "attach", placement["id"]))
    house.hear(report)
    again = ResolveBreak(
        break_id=only_break(house).id, resolution="x", action="attach",
        placement_id=placement["id"],
    )  # fmt: skip
    assert house.refused(again, user="tom") == [B.TRADE_BOOKED_ALREADY]
    assert sum(booked(house, placement["order_id"]).values()) == 300


def test_a_price_that_was_not_believed_is_booked_when_two_people_believe_it(house: House) -> None:
    placement = house.placed(1)
    house.hear(fill(placement["cl_ord_id"], "E1", 100, "40"))
    assert sum(booked(house, placement["order_id"]).values()) == 0
    approve(house, ask(house, "book"))
    allocation = house.book.allocations[placement["order_id"]]
    assert (allocation.quantity, allocation.notional) == (D(100), D(4000))


def test_a_trade_in_suspense_stays_in_sight_and_can_still_be_attached(data: Path) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        house.hear(stray())
        found = ask(house, "suspense")
        approve(house, found, user="rita")
        assert house.book.breaks[found].status == "suspense"
        again = ResolveBreak(break_id=found, resolution="x", action="suspense")
        assert house.refused(again, user="tom") == [B.BREAK_ACTION_MISFIT]
    with opened(data) as house:
        assert only_break(house).status == "suspense"
        approve(house, ask(house, "attach", placement["id"]))
        assert sum(booked(house, placement["order_id"]).values()) == 300
    proven(data)


def test_the_counterparty_is_told_once_and_what_became_of_it_is_on_record(house: House) -> None:
    house.hear(stray())
    found = only_break(house).id
    command = ResolveBreak(break_id=found, resolution="not ours", action="dont_know")
    released = house.run(house.command(command, user="tom"))
    (sent,) = released.instructions
    assert (sent.kind, sent.session, sent.dk_reason, sent.answers) == (
        InstructionKind.DONT_KNOW, "BROKER", "D", RAW,
    )  # fmt: skip
    assert house.refused(command, user="tom") == [B.DONT_KNOW_ASKED]
    told = ReportSend(session="BROKER", row=0, outcome=SendOutcome.SENT, cl_ord_id=sent.cl_ord_id)
    house.hear(told)
    house.hear(told)
    assert only_break(house).dk_outcome is SendOutcome.SENT, "open until the trade is gone"


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("dance", B.BREAK_ACTION_UNKNOWN), ("book", B.BREAK_ACTION_MISFIT),
        ("attach", B.TARGET_UNKNOWN),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(house: House, action: str, code: B) -> None:
    house.hear(stray())
    before = only_break(house)
    command = ResolveBreak(break_id=before.id, resolution="x", action=action)
    assert house.refused(command, user="tom") == [code]
    assert only_break(house) == before
    blank = replace(command, action="explain", resolution=" ")
    assert house.refused(blank, user="tom") == [B.REASON_MISSING]
    missing = replace(command, break_id="brk_9")
    assert house.refused(missing, user="tom") == [B.BREAK_UNKNOWN]


@pytest.mark.parametrize("kind", ["bust", "correct", "new"])
def test_what_is_no_fill_can_only_be_explained(house: House, kind: str) -> None:
    placement = house.placed(1)["id"]
    report = replace(stray(), kind=said("X", kind).kind, exec_ref_id="E1", cum_qty=D(300))
    house.hear(report)
    found = only_break(house).id
    for action in ("attach", "suspense", "dont_know", "book"):
        command = ResolveBreak(
            break_id=found, resolution="x", action=action, placement_id=placement
        )
        assert house.refused(command, user="tom") == [B.BREAK_ACTION_MISFIT]
    house.get(ResolveBreak(break_id=found, resolution="told by telephone"), user="tom")
    assert house.book.breaks[found].resolution == "told by telephone"


def test_people_of_other_funds_do_not_move_money_of_these(house: House) -> None:
    of_c = UserRow(id="tim", name="", grants=(Grant(role=Role.TRADER, funds=("C",)),))
    house.get(LoadUsers(users=(of_c,)), user="system")
    placement = house.placed(1)["id"]
    house.hear(stray())
    command = ResolveBreak(
        break_id=only_break(house).id, resolution="x", action="attach", placement_id=placement
    )
    assert house.refused(command, user="tim") == ["not_permitted"]


@pytest.mark.parametrize(
    ("quantity", "fills", "free", "code"),
    [
        (1000, [("E1", 1000, "100"), ("E2", 100, "100")], 0, PlacementRejection.ORDER_CLOSED),
        (1000, [("E1", 700, "100"), ("E2", 300, "40")], 0, BEYOND),
        (400, [("E1", 400, "100"), ("E2", 600, "100")], 0, BEYOND),
        (400, [("E1", 400, "100"), ("E2", 100, "100")], 500, BEYOND),
    ],
    ids=["beyond the order", "a price not believed", "the whole order", "beyond the placement"],
)
def test_o05_what_waits_in_suspense_is_not_placed_a_second_time(
    house: House, quantity: int, fills: list[tuple[str, int, str]], free: int, code: str
) -> None:
    """Whatever people make of the break: the units are executed until the broker says not."""
    order_id = house.order(1)["id"]
    placement = house.place(order_id, quantity)
    house.hear(*(fill(placement["cl_ord_id"], *each) for each in fills))
    more = CreatePlacement(order_id=order_id, destination="BROKER", quantity=D(free + 1))
    assert house.refused(more, user="tom") == [code]
    house.get(ResolveBreak(break_id=only_break(house).id, resolution="known"), user="tom")
    assert house.refused(more, user="tom") == [code]
    if free:
        house.place(order_id, free)
    assert house.refused(replace(more, quantity=D(1)), user="tom") == [code]
