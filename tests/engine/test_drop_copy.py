"""Drop copies: held against the order session whichever comes first, never booked, never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from tests.engine.house import DAY, House, facts, fill, opened, said
from tests.engine.test_restart import proven, same
from tradeoms.app.wire import Frame, tag_report
from tradeoms.domain.breaks.commands import ApproveBreakAction, ResolveBreak
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.dropcopy.commands import ReportCopy, ReportDropCopy, SettleCopies
from tradeoms.domain.dropcopy.state import Copy
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import Side
from tradeoms.projections import tables as t

SESSION = "COPIES"
RAW = "8=FIX.4.4|35=8|37=O1|17=E1|11=X|55=ABC|54=1|32=100|31=99.5|"


def hear(house: House, *reports: ReportCopy | ReportDropCopy) -> None:
    """Let the gateway of the drop copy session tell reports, each in a row of its own."""
    for report in reports:
        house.row += 1
        told = (tag_report(replace(report, row=house.row)),)
        house.run(Frame(session=SESSION, epoch=1, row=house.row, reports=told))


def attach(house: House) -> None:
    hear(house, ReportDropCopy(session=SESSION, row=0, copies=("BROKER", "OTHER"), settle_s=60))


def copied(
    cl_ord_id: str, exec_id: str, quantity: int, price: str = "99.5", **more: Any
) -> ReportCopy:
    given: dict[str, Any] = {
        "report_id": exec_id, "kind": ReportKind.FILL, "symbol": "ABC", "side": Side.BUY,
        "raw": RAW, **more,
    }  # fmt: skip
    return ReportCopy(
        session=SESSION, row=0, cl_ord_id=cl_ord_id, exec_id=exec_id, quantity=D(quantity),
        price=D(price), **given,
    )  # fmt: skip


def busted(cl_ord_id: str, exec_id: str, exec_ref_id: str) -> ReportCopy:
    return copied(
        cl_ord_id, exec_id, 0, "0", kind=ReportKind.BUST, exec_ref_id=exec_ref_id, side=Side.BUY
    )


def brought(cl_ord_id: str, exec_id: str, quantity: int, price: str = "99.5", **more: Any) -> Any:
    return fill(cl_ord_id, exec_id, quantity, price, symbol="ABC", side=Side.BUY, **more)


def stored(house: House) -> dict[str, tuple[str, str]]:
    """Report id -> status and detail of every copy, as the database has it."""
    with house.engine.recall._engine.connect() as link:
        states = link.execute(sa.select(t.drop_copies.c.state)).scalars()
        found = [msgspec.json.decode(state, type=Copy) for state in states]
    return {copy.report_id: (copy.status.value, copy.detail) for copy in found}


def open_breaks(house: House) -> list[Break]:
    return [each for each in house.book.breaks.values() if not each.resolved_by]


def booked(house: House, placement_id: str) -> D:
    return house.book.placements[placement_id].cum_qty


def late(house: House, seconds: int = 61) -> None:
    """Let time pass."""
    house.engine.identity._last += timedelta(seconds=seconds)


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_copy_matches_whichever_comes_first_and_books_nothing(
    house: House, copy_first: bool
) -> None:
    attach(house)
    placement = house.placed(1)
    told = copied(placement["cl_ord_id"], "E1", 100)
    if copy_first:
        hear(house, told)
        assert stored(house) == {"E1": ("waiting", "")}
        assert booked(house, placement["id"]) == 0
    house.hear(brought(placement["cl_ord_id"], "E1", 100))
    if not copy_first:
        hear(house, told)
    assert stored(house) == {"E1": ("matched", "")}
    assert booked(house, placement["id"]) == 100
    seq = house.engine.seq
    hear(house, told)
    assert house.engine.seq == seq, "the same copy once more changes nothing"
    assert not open_breaks(house)
    assert not house.book.copies


@pytest.mark.parametrize("copy_first", [True, False])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": D(90)}, "quantity 90, not 100"),
        ({"price": D("99.6")}, "price 99.6, not 99.5"),
        ({"side": Side.SELL}, "side sell, not buy"),
        ({"symbol": "XYZ"}, "symbol XYZ, not another security"),
    ],
)
def test_what_differs_is_a_break_and_is_not_booked(
    house: House, changes: dict[str, Any], words: str, copy_first: bool
) -> None:
    attach(house)
    placement = house.placed(1)
    told = replace(copied(placement["cl_ord_id"], "E1", 100), **changes)
    if copy_first:
        hear(house, told)
    house.hear(brought(placement["cl_ord_id"], "E1", 100))
    if not copy_first:
        hear(house, told)
    (found,) = open_breaks(house)
    assert (found.kind, found.placement_id) == ("copy_differs", placement["id"])
    assert (found.session, found.exec_id) == ("BROKER", "E1")
    assert found.detail == f"copied by COPIES: {words}"
    assert stored(house)["E1"] == ("differs", found.detail)
    assert booked(house, placement["id"]) == 100


def test_a_copy_that_comes_again_with_other_content_is_a_break_once(house: House) -> None:
    attach(house)
    placement = house.placed(1)
    house.hear(brought(placement["cl_ord_id"], "E1", 100))
    other = copied(placement["cl_ord_id"], "E1", 70)
    hear(house, copied(placement["cl_ord_id"], "E1", 100), other, other)
    (found,) = open_breaks(house)
    assert (found.kind, found.quantity) == ("copy_differs", D(70))
    assert stored(house) == {"E1": ("matched", "")}


def test_what_the_order_session_never_brings_is_attached_by_two_people_once(data: Path) -> None:
    with opened(data) as house:
        attach(house)
        placement = house.placed(1)
        told = copied(placement["cl_ord_id"], "E1", 100)
        hear(house, told)
        house.get(SettleCopies(), user="system")
        assert not open_breaks(house), "its time is not over"
        late(house)
        assert house.get(SettleCopies(), user="system")["missed"] == 1
        assert house.get(SettleCopies(), user="system")["missed"] == 0
        (found,) = open_breaks(house)
        assert (found.kind, found.session) == ("only_drop_copy", "BROKER")
        assert (found.placement_id, found.quantity) == (placement["id"], D(100))
        ask = ResolveBreak(
            break_id=found.id, resolution="seen", action="attach", placement_id=placement["id"]
        )
        house.get(ask, user="tom")
    with opened(data) as house:
        house.get(ApproveBreakAction(break_id=found.id, reason="confirmed"), user="olga")
        assert booked(house, placement["id"]) == 100
        assert stored(house) == {"E1": ("matched", "")}
        assert not open_breaks(house)
        seq = house.engine.seq
        house.hear(brought(placement["cl_ord_id"], "E1", 100))
        hear(house, told)
        assert house.engine.seq == seq, "neither books it again"
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
    proven(data)


def test_what_the_order_session_brings_late_settles_the_break_by_itself(data: Path) -> None:
    with opened(data) as house:
        attach(house)
        placement = house.placed(1)
        hear(house, copied(placement["cl_ord_id"], "E1", 100))
        late(house)
        house.get(SettleCopies(), user="system")
        (found,) = open_breaks(house)
    with opened(data) as house:
        house.hear(brought(placement["cl_ord_id"], "E1", 100))
        settled = house.book.breaks[found.id]
        assert (settled.resolved_by, settled.resolution) == (
            "system", "the order session brought it",
        )  # fmt: skip
        assert booked(house, placement["id"]) == 100
        assert stored(house) == {"E1": ("matched", "")}
    proven(data)


def test_a_foreign_trade_is_a_break_whoever_tells_it_and_one_break_only(house: House) -> None:
    attach(house)
    hear(house, copied("THEIRS", "F1", 300))
    house.hear(brought("THEIRS", "F1", 300))
    (found,) = open_breaks(house)
    assert found.kind == "unknown_order"
    assert stored(house) == {
        "F1": ("matched", f"the order session brought it with break {found.id}")
    }
    hear(house, copied("THEIRS", "F2", 200))
    late(house)
    house.get(SettleCopies(), user="system")
    kinds = {(each.kind.value, each.exec_id, each.placement_id) for each in open_breaks(house)}
    assert kinds == {("unknown_order", "F1", ""), ("only_drop_copy", "F2", "")}


@pytest.mark.parametrize("copy_first", [True, False])
def test_busts_and_corrections_are_compared_too(house: House, copy_first: bool) -> None:
    attach(house)
    placement = house.placed(1)
    own = placement["cl_ord_id"]
    hear(house, copied(own, "E1", 100), copied(own, "E2", 50))
    house.hear(brought(own, "E1", 100), brought(own, "E2", 50))
    correct = said(own, "correct", exec_id="E3", exec_ref_id="E1", last_qty=D(80), last_px=D(99))
    bust = said(own, "bust", exec_id="E4", exec_ref_id="E2")
    told = (
        copied(own, "E3", 80, "99", kind=ReportKind.CORRECT, exec_ref_id="E1"),
        busted(own, "E4", "E2"),
    )
    if copy_first:
        hear(house, *told)
        assert {stored(house)[key][0] for key in ("E3", "E4")} == {"waiting"}
    house.hear(correct)
    house.hear(bust)
    if not copy_first:
        hear(house, *told)
    assert {status for status, _ in stored(house).values()} == {"matched"}
    assert booked(house, placement["id"]) == 80
    assert not open_breaks(house)


def test_a_trade_capture_report_without_exec_id_is_found_by_its_trade_number(house: House) -> None:
    attach(house)
    placement = house.placed(1)
    extra = (("trd_match_id", "M7"),)
    house.hear(brought(placement["cl_ord_id"], "E1", 100, extra=extra))
    told = replace(copied(placement["cl_ord_id"], "", 100), report_id="AE:T1", trd_match_id="M7")
    other = replace(told, report_id="AE:T2", trd_match_id="M8")
    hear(house, told, other)
    assert {key: status for key, (status, _) in stored(house).items()} == {
        "AE:T1": "matched", "AE:T2": "waiting",
    }  # fmt: skip


def test_at_the_end_of_the_day_what_was_not_copied_is_a_break(data: Path) -> None:
    with opened(data) as house:
        attach(house)
        placement = house.placed(1)
        own = placement["cl_ord_id"]
        house.hear(*(brought(own, exec_id, 10) for exec_id in ("E1", "E2", "E3", "E4")))
        house.hear(said(own, "bust", exec_id="E5", exec_ref_id="E3"))
        hear(house, copied(own, "E1", 10), copied(own, "E3", 10))
        late(house)
        house.get(RollDay(trade_on=DAY + timedelta(days=1)), user="olga")
        found = {(each.exec_id, each.quantity): each for each in uncopied(house)}
        assert set(found) == {("E2", D(10)), ("E4", D(10)), ("E3", D(-10))}
        assert found["E2", D(10)].placement_id == placement["id"]
    with opened(data) as house:
        hear(house, copied(own, "E2", 10), busted(own, "E5", "E3"))
        assert {each.exec_id for each in uncopied(house)} == {"E4"}
        late(house)
        house.get(RollDay(trade_on=DAY + timedelta(days=2)), user="olga")
        assert [each.exec_id for each in uncopied(house)] == ["E4"], "each is looked at once"
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
    proven(data)


def uncopied(house: House) -> list[Break]:
    return [each for each in open_breaks(house) if each.kind == "not_on_drop_copy"]


def test_what_people_keyed_and_other_sessions_are_not_expected_on_the_drop_copy(
    house: House,
) -> None:
    hear(house, ReportDropCopy(session=SESSION, row=0, copies=("OTHER",), settle_s=60))
    placement = house.placed(1)
    house.hear(brought(placement["cl_ord_id"], "E1", 10))
    late(house)
    house.get(RollDay(trade_on=DAY + timedelta(days=1)), user="olga")
    assert not uncopied(house)


def test_nobody_but_the_node_settles_copies(house: House) -> None:
    assert house.refused(SettleCopies(), user="olga") == ["not_permitted"]
