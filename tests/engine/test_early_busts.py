"""Busts and corrections that come before their execution, or before people say whose it is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_break_actions import approve, booked, position, stray
from tests.engine.test_names_used_again import roll
from tests.engine.test_restart import proven, same
from tradeoms.domain.breaks.commands import ResolveBreak
from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.kernel.enums import Side, TimeInForce

BUST = said("NOT-OURS", "bust", exec_id="E10", exec_ref_id="E9", symbol="ABC", side=Side.BUY)
CORRECTION = replace(stray("E10"), kind=said("", "correct").kind, exec_ref_id="E9",
                     last_px=D("98.5"))  # fmt: skip
NONE: dict[str, str] = {}


def open_breaks(house: House) -> dict[str, str]:
    """Kind of each open break, by its ExecID."""
    return {b.exec_id: b.kind for b in house.book.breaks.values() if not b.resolved_by}


def attach(house: House, exec_id: str, placement_id: str) -> None:
    (found,) = (
        b.id for b in house.book.breaks.values() if not b.resolved_by and b.exec_id == exec_id
    )
    command = ResolveBreak(
        break_id=found, resolution="ours", action="attach", placement_id=placement_id
    )
    house.get(command, user="tom")
    approve(house, found)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    ("told", "units", "notional"),
    [
        ([stray(), BUST], 0, D(0)), ([BUST, stray()], 0, D(0)),
        ([stray(), CORRECTION], 300, D(29_550)),
        ([stray(), replace(BUST, exec_id="E11", exec_ref_id="E10"), CORRECTION], 0, D(0)),
    ],
)  # fmt: skip
def test_o08_what_took_a_stray_fill_back_is_applied_when_that_is_attached(
    data: Path, told: list[ReportPlacement], units: int, notional: D, *, restarted: bool
) -> None:
    with opened(data) as house:
        placement = house.placed(1)
        before = position(house, "A")
        for report in told:
            house.hear(report)
        assert set(open_breaks(house).values()) == {"unknown_order"}
        if not restarted:
            attach(house, "E9", placement["id"])
    if restarted:
        with opened(data) as house:
            attach(house, "E9", placement["id"])
    with opened(data) as house:
        held = house.book.placements[placement["id"]]
        assert (held.cum_qty, held.notional, open_breaks(house)) == (D(units), notional, NONE)
        assert sum(booked(house, placement["order_id"]).values()) == units
        assert position(house, "A") == before + units * 6 // 10
        seq = house.engine.seq
        for report in told:
            house.hear(replace(report, poss_resend=True))
        assert (house.engine.seq, open_breaks(house)) == (seq, NONE)
    proven(data)


def test_o08_a_bust_under_the_exec_id_that_it_takes_back_is_applied_once(house: House) -> None:
    placement = house.placed(1)
    name = placement["cl_ord_id"]
    taken = said(name, "bust", exec_id="E1", exec_ref_id="E1")
    house.hear(fill(name, "E1", 300))
    house.hear(taken)
    seq = house.engine.seq
    assert house.book.placements[placement["id"]].cum_qty == 0
    house.hear(taken)
    house.hear(fill(name, "E1", 300, poss_resend=True))
    assert (house.engine.seq, open_breaks(house)) == (seq, NONE)
    house.hear(replace(taken, exec_id="E2", exec_ref_id="E2"))
    house.hear(fill(name, "E2", 200))
    assert (house.book.placements[placement["id"]].cum_qty, open_breaks(house)) == (D(0), NONE)


@pytest.mark.parametrize("days", [0, 2])
def test_o08_an_early_bust_counts_although_people_explained_it(data: Path, days: int) -> None:
    """It leaves memory when the day ends, and the fill may come later still."""
    with opened(data) as house:
        placement = house.placed(1, time_in_force=TimeInForce.GTC)
        name = placement["cl_ord_id"]
        house.hear(said(name, "new"), said(name, "bust", exec_id="E2", exec_ref_id="E1"))
        (waiting,) = house.book.breaks
        house.get(ResolveBreak(break_id=waiting, resolution="it never came"), user="tom")
        roll(house, days)
        assert (waiting in house.book.breaks) is (days == 0)
        house.hear(fill(name, "E1", 300))
        assert (house.book.placements[placement["id"]].cum_qty, open_breaks(house)) == (D(0), NONE)
        assert house.book.breaks[waiting].resolution == "it never came"
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
        seq = house.engine.seq
        house.hear(fill(name, "E1", 300, poss_resend=True))
        house.hear(said(name, "bust", exec_id="E2", exec_ref_id="E1", poss_resend=True))
        assert house.engine.seq == seq
    proven(data)


def test_what_only_a_break_names_is_no_execution(house: House) -> None:
    placement = house.placed(1)
    house.hear(said(placement["cl_ord_id"], "bust", exec_id="E2", exec_ref_id="E1"))
    house.hear(said(placement["cl_ord_id"], "bust", exec_id="E3", exec_ref_id="E1"))
    assert open_breaks(house) == {"E2": "unknown_execution", "E3": "unknown_execution"}
