"""What no report puts right two people do: a fill nobody sends, a bust by telephone; by name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_break_actions import approve, booked, only_break, position, stray
from tests.engine.test_drop_copy import attach as copy_attached
from tests.engine.test_drop_copy import busted, copied, hear, late
from tests.engine.test_early_busts import NONE, attach, open_breaks
from tests.engine.test_names_used_again import roll
from tests.engine.test_restart import proven, same
from tradeoms.domain.breaks.commands import ApproveBreakAction, ResolveBreak
from tradeoms.domain.breaks.decide import BreakRejection as B
from tradeoms.domain.breaks.state import Adjustment
from tradeoms.domain.dropcopy.commands import SettleCopies
from tradeoms.domain.placement.commands import BustExecution
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import OrdStatus, Role, Side

MISSING = {"quantity": D(400), "price": D(99)}


def canceled(house: House) -> Any:
    """A placement that the broker ended, having executed 400 of which it sent no word."""
    placement = house.placed(1)
    house.hear(
        said(
            placement["cl_ord_id"], "canceled", exec_id="X1", cum_qty=D(400),
            ord_status=OrdStatus.CANCELED,
        )
    )  # fmt: skip
    assert list(open_breaks(house).values()) == ["cum_qty_mismatch"]
    return placement


def adjust(house: House, placement_id: str = "", **figures: Any) -> ResolveBreak:
    return ResolveBreak(
        break_id=only_break(house).id, resolution="by telephone", action="adjust",
        placement_id=placement_id, adjustment=Adjustment(**figures),
    )  # fmt: skip


def execution(house: House, exec_id: str) -> Any:
    (found,) = (x for x in house.book.executions.values() if x.exec_id == exec_id)
    return found


def cum(house: House, placement: dict[str, Any]) -> tuple[D, D]:
    held = house.book.placements[placement["id"]]
    return held.cum_qty, held.notional


def done(house: House, command: ResolveBreak) -> None:
    house.get(command, user="tom")
    approve(house, command.break_id)


def test_a_fill_that_nobody_sends_is_added_by_two_people(data: Path) -> None:
    with opened(data) as house:
        placement = canceled(house)
        before = position(house, "A")
        command = adjust(house, placement["id"], **MISSING, exec_id="T7")
        house.get(command, user="tom")
        assert (cum(house, placement), position(house, "A")) == ((D(0), D(0)), before)
        word = ApproveBreakAction(break_id=command.break_id, reason="checked")
        assert house.refused(word, user="tom") == ["not_permitted"]
        approve(house, command.break_id)
        assert (cum(house, placement), open_breaks(house)) == ((D(400), D(39_600)), NONE)
        assert booked(house, placement["order_id"]) == {"A": D(240), "B": D(160)}
        assert position(house, "A") == before + 240
        found = execution(house, "T7")
        assert (found.keyed_by, found.late) == ("tom", True)
        settled = house.book.breaks[command.break_id]
        assert settled.resolution == "adjusted: by telephone (tom); approved: checked"
        told = fill(placement["cl_ord_id"], "T7", 400, "99", cum_qty=D(400))
        seq = house.engine.seq
        house.hear(told, replace(told, poss_resend=True))
        assert house.engine.seq == seq, "sent after all, it is the same"
        house.hear(replace(told, last_px=D(98)))
        assert list(open_breaks(house).values()) == ["exec_id_reused"]
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
    proven(data)


@pytest.mark.parametrize("poss_resend", [False, True])
def test_a_fill_that_was_added_without_a_name_is_not_booked_when_it_comes(
    house: House, *, poss_resend: bool
) -> None:
    placement = canceled(house)
    done(house, adjust(house, placement["id"], **MISSING))
    told = fill(
        placement["cl_ord_id"], "E7", 400, "99", cum_qty=D(400), symbol="ABC", side=Side.BUY
    )
    house.hear(replace(told, poss_resend=poss_resend))
    assert (only_break(house).kind, cum(house, placement)[0]) == ("added_before", D(400))
    attach(house, "E7", placement["id"])
    assert cum(house, placement)[0] == 800, "another trade, people say"


def test_another_fill_of_the_same_size_is_booked(house: House) -> None:
    placement = canceled(house)
    done(house, adjust(house, placement["id"], **MISSING))
    house.hear(fill(placement["cl_ord_id"], "E8", 400, "99", cum_qty=D(800)))
    house.hear(fill(placement["cl_ord_id"], "E9", 100, "99", cum_qty=D(100), poss_resend=True))
    assert (cum(house, placement)[0], open_breaks(house)) == (D(900), NONE)


def test_a_bust_by_telephone_takes_back_what_the_broker_reported(data: Path) -> None:
    """Of an order that memory has let go, too."""
    with opened(data) as house:
        placement = house.placed(1)
        before = position(house, "A")
        house.hear(fill(placement["cl_ord_id"], "E1", 1000))
        key = execution(house, "E1").id
        alone = BustExecution(execution_id=key, reason="x")
        assert house.refused(alone, user="tom") == ["execution_not_keyed"]
        roll(house, 2)
        assert placement["id"] not in house.book.placements
        house.hear(stray())
        done(house, adjust(house, execution_id=key))
        assert (cum(house, placement), position(house, "A")) == ((D(0), D(0)), before)
        assert house.book.executions[key].keyed_by == ""
        house.hear(fill(placement["cl_ord_id"], "E1", 1000, poss_resend=True))
        assert (cum(house, placement)[0], open_breaks(house)) == (D(0), NONE)
    proven(data)


def test_a_correction_by_telephone(data: Path) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        name = placement["cl_ord_id"]
        house.hear(fill(name, "E1", 300, "100"), fill(name, "E2", 100, "99", cum_qty=D(300)))
        assert only_break(house).kind == "cum_qty_mismatch"
        key = execution(house, "E1").id
        done(house, adjust(house, execution_id=key, quantity=D(200), price=D(98)))
        assert (cum(house, placement), open_breaks(house)) == ((D(300), D(29_500)), NONE)
        assert booked(house, placement["order_id"]) == {"A": D(180), "B": D(120)}
        (made,) = (x for x in house.book.executions.values() if x.exec_ref_id == "E1")
        assert (made.keyed_by, made.exec_id[:4]) == ("tom", "man_")
        alone = BustExecution(execution_id=made.id, reason="x")
        assert house.refused(alone, user="tom") == ["execution_not_keyed"], "two people did it"
        house.hear(said(name, "bust", exec_id="E3", exec_ref_id="E1"))
        assert only_break(house).detail == "bust of execution E1, which is corrected"
        done(house, adjust(house, execution_id=made.id))
        house.hear(said(name, "bust", exec_id="E3", exec_ref_id="E1", poss_resend=True))
        assert cum(house, placement)[0] == 100
    proven(data)


def test_the_second_trade_under_one_exec_id_is_taken_back(house: House) -> None:
    placement = house.placed(1)
    name = placement["cl_ord_id"]
    house.hear(fill(name, "E1", 300), fill(name, "E1", 200, symbol="ABC", side=Side.BUY))
    row = only_break(house).row
    attach(house, "E1", placement["id"])
    house.hear(said(name, "bust", exec_id="E2", exec_ref_id="E1"))
    house.hear(said(name, "bust", exec_id="E3", exec_ref_id="E1"))
    assert (cum(house, placement)[0], only_break(house).exec_id) == (D(200), "E3")
    done(house, adjust(house, execution_id=execution(house, f"E1~{row}").id))
    assert (cum(house, placement)[0], open_breaks(house)) == (D(0), NONE)


def test_a_bust_that_only_the_drop_copy_told_is_applied(house: House) -> None:
    copy_attached(house)
    placement = house.placed(1)
    hear(house, copied("DESK-9", "T1", 300))
    late(house)
    house.get(SettleCopies(), user="system")
    attach(house, "T1", placement["id"])
    hear(house, busted("DESK-9", "T2", "T1"))
    late(house)
    house.get(SettleCopies(), user="system")
    assert open_breaks(house) == {"T2": "only_drop_copy"}
    done(house, adjust(house, execution_id=execution(house, "T1").id))
    assert (cum(house, placement)[0], open_breaks(house)) == (D(0), NONE)
    assert {copy.status.value for copy in house.book.copies.values()} <= {"matched"}
    seq = house.engine.seq
    house.hear(said("DESK-9", "bust", exec_id="T2", exec_ref_id="T1"))
    assert house.engine.seq == seq, "told on the order session after all"


def test_what_is_taken_back_from_an_over_fill_leaves_what_was_ordered(house: House) -> None:
    placement = house.placed(1)
    name = placement["cl_ord_id"]
    house.hear(fill(name, "E1", 700), fill(name, "E2", 400), fill(name, "E3", 50))
    first = next(b for b in house.book.breaks.values() if b.exec_id == "E2")
    command = ResolveBreak(
        break_id=first.id, resolution="x", action="adjust",
        adjustment=Adjustment(execution_id=execution(house, "E3").id),
    )  # fmt: skip
    done(house, command)
    assert cum(house, placement)[0] == 1100


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, B.ADJUSTMENT_FIGURES), ({"quantity": D(1)}, B.ADJUSTMENT_FIGURES),
        ({"price": D(1)}, B.ADJUSTMENT_FIGURES),
        ({"quantity": D(0), "price": D(1)}, B.ADJUSTMENT_FIGURES),
        ({"quantity": D(1), "price": D(-1)}, B.ADJUSTMENT_FIGURES),
        ({**MISSING, "exec_id": "E\x01"}, B.ADJUSTMENT_FIGURES),
        ({**MISSING, "exec_id": "E" * 65}, B.ADJUSTMENT_FIGURES),
        ({**MISSING, "exec_id": "E1"}, B.TRADE_BOOKED_ALREADY),
        ({"quantity": D(1001), "price": D(99)}, B.NO_ROOM_TO_BOOK),
        ({"execution_id": "exe_9"}, B.TARGET_UNKNOWN),
        ({**MISSING, "execution_id": "exe_9", "exec_id": "E5"}, B.ADJUSTMENT_FIGURES),
    ],
)  # fmt: skip
def test_figures_that_do_not_fit(house: House, changes: dict[str, Any], code: B) -> None:
    other = house.placed(2)
    house.hear(fill(other["cl_ord_id"], "E1", 100))
    placement = canceled(house)
    before = only_break(house)
    assert house.refused(adjust(house, placement["id"], **changes), user="tom") == [code]
    assert only_break(house) == before


def test_an_execution_that_is_over_or_of_another_placement(house: House) -> None:
    other = house.placed(2)
    name = other["cl_ord_id"]
    house.hear(fill(name, "E1", 100), fill(name, "E2", 100))
    house.hear(said(name, "bust", exec_id="E3", exec_ref_id="E1"))
    placement = canceled(house)
    gone = adjust(house, execution_id=execution(house, "E1").id)
    assert house.refused(gone, user="tom") == [B.BREAK_ACTION_MISFIT]
    elsewhere = adjust(house, placement["id"], execution_id=execution(house, "E2").id)
    assert house.refused(elsewhere, user="tom") == [B.TARGET_UNKNOWN]
    room = adjust(house, execution_id=execution(house, "E2").id, quantity=D(1001), price=D(99))
    assert house.refused(room, user="tom") == [B.NO_ROOM_TO_BOOK]


def test_only_where_the_break_may_be_from(house: House) -> None:
    placement = house.placed(1)["id"]
    house.hear(stray(symbol="XYZ"))
    command = adjust(house, placement, **MISSING)
    assert house.refused(command, user="tom") == [B.TARGET_SECURITY_DIFFERS]
    assert house.refused(replace(command, placement_id="plc_9"), user="tom") == [B.TARGET_UNKNOWN]
    figures = replace(command, action="explain")
    assert house.refused(figures, user="tom") == [B.ADJUSTMENT_FIGURES]
    nothing = replace(command, adjustment=None)
    assert house.refused(nothing, user="tom") == [B.ADJUSTMENT_FIGURES]
    house.get(ResolveBreak(break_id=command.break_id, resolution="theirs"), user="tom")
    house.hear(stray("E8", side=Side.SELL))
    other_side = replace(command, break_id=only_break(house).id)
    assert house.refused(other_side, user="tom") == [B.TARGET_SIDE_DIFFERS]


def test_what_changed_meanwhile_is_checked_again(house: House) -> None:
    placement = canceled(house)
    command = adjust(house, placement["id"], quantity=D(1000), price=D(99))
    house.get(command, user="tom")
    house.hear(fill(placement["cl_ord_id"], "E1", 400, "99", poss_resend=True))
    word = ApproveBreakAction(break_id=command.break_id, reason="checked")
    assert house.refused(word, user="olga") == [B.NO_ROOM_TO_BOOK]
    assert cum(house, placement)[0] == 400


def test_people_of_other_funds_put_nothing_right_here(house: House) -> None:
    of_c = UserRow(id="tim", name="", grants=(Grant(role=Role.TRADER, funds=("C",)),))
    ops = UserRow(id="otto", name="", grants=(Grant(role=Role.OPERATIONS, funds=("C",)),))
    house.get(LoadUsers(users=(of_c, ops)), user="system")
    placement = house.placed(1)
    house.hear(fill(placement["cl_ord_id"], "E1", 100), stray())
    command = adjust(house, execution_id=execution(house, "E1").id)
    assert house.refused(command, user="tim") == ["not_permitted"]
    house.get(command, user="tom")
    word = ApproveBreakAction(break_id=command.break_id, reason="checked")
    assert house.refused(word, user="otto") == ["not_permitted"]
