"""Kill switches in the engine: every scope stops what adds risk in it, and nothing else."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import House, buy, facts, opened, said
from tradeoms.app.kill_folder import KillFolder, Thrown, new_id
from tradeoms.app.kill_watch import take_over
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.kill.commands import ReleaseKillSwitch, ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, HoldOrder, Leg, ReleaseOrder
from tradeoms.domain.placement.commands import (
    CancelPlacement,
    CreatePlacement,
    ReplacePlacement,
    ReportCancel,
)
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import Role

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_NUMBERS = itertools.count(1)


def kill(kind: KillScope = KillScope.FIRM, value: str = "", **changes: object) -> ThrowKillSwitch:
    command = ThrowKillSwitch(
        switch_id=f"kil_{next(_NUMBERS):08d}", kind=kind, value=value, reason="runaway"
    )
    return replace(command, **changes)  # type: ignore[arg-type]  # a table of fields


def throw(house: House, *what: object, user: str = "rita", **changes: object) -> str:
    found: str = house.get(kill(*what, **changes), user=user)["id"]  # type: ignore[arg-type]
    return found


def place(order_id: str, destination: str = "BROKER") -> CreatePlacement:
    return CreatePlacement(order_id=order_id, destination=destination, quantity=D(100))


#: scope, value, and a value of the same scope that has nothing to do with the order
SCOPES = [
    (KillScope.FIRM, "", None),
    (KillScope.FUND, "A", "C"),
    (KillScope.TRADER, "pm", "max"),
    (KillScope.SECURITY, "ABC", "XYZ"),
    (KillScope.SECURITY, "ABC.XNYS", "XYZ.XNYS"),
]


@pytest.mark.parametrize(("kind", "value", "other"), SCOPES)
def test_a_switch_stops_what_adds_risk_in_its_scope(
    house: House, kind: KillScope, value: str, other: str | None
) -> None:
    entered = house.get(buy(1))["id"]
    order = house.order(2)["id"]
    placement = house.placed(3)["id"]
    risky = [
        (buy(4), "pm"),
        (CreateOrders(orders=(buy(5),), atomic=True), "pm"),
        (ReleaseOrder(order_id=entered), "pm"),
        (AmendOrder(order_id=entered, expected_version=2, quantity=D(900)), "pm"),
        (place(order), "tom"),
        (ReplacePlacement(placement_id=placement, limit_price=D(99)), "tom"),
    ]
    if other is not None:
        throw(house, kind, other)
        assert house.ask(buy(6)).status == "accepted"
    switch = throw(house, kind, value, cancel_open=False)
    for command, user in risky:
        outcome = house.ask(command, user=user)
        assert [each.code for each in outcome.problems] == ["kill_switch_active"], command
        (problem,) = outcome.problems
        assert problem.value == switch
        assert "thrown by rita: runaway" in problem.detail
    house.get(CancelPlacement(placement_id=placement), user="tom")
    house.get(HoldOrder(order_id=order, reason="wait"))
    house.get(CancelOrder(order_id=entered))


def test_a_destination_stops_what_goes_there(house: House) -> None:
    order = house.order(1)["id"]
    throw(house, KillScope.DESTINATION, "BROKER")
    assert house.ask(buy(2)).status == "accepted"
    assert house.refused(place(order), user="tom") == ["kill_switch_active"]
    house.get(place(order, "OTHER"), user="tom")


def test_open_placements_in_the_scope_are_canceled_in_the_same_commit(house: House) -> None:
    inside = house.placed(1)["cl_ord_id"]
    house.placed(2, legs=(Leg(fund="C", quantity=D(1000)),))
    before = house.engine.outbox_head
    released = house.run(house.command(kill(KillScope.FUND, "B"), user="rita"))
    assert [(each.kind.value, each.orig_cl_ord_id) for each in released.instructions] == [
        ("cancel", inside)
    ]
    assert released.instructions[0].number == before + 1
    again = house.run(house.command(kill(KillScope.FIRM), user="rita"))
    assert len(again.instructions) == 1, "the first is being canceled already"


def test_k17_another_person_releases_it(house: House) -> None:
    switch = throw(house)
    release = ReleaseKillSwitch(switch_id=switch, reason="over")
    assert house.refused(release, user="rita") == ["same_person"]
    assert house.refused(release, user="olga") == ["not_permitted"]
    assert house.refused(replace(release, reason=" "), user="cora") == ["reason_missing"]
    assert house.refused(buy(1)) == ["kill_switch_active"]
    house.get(release, user="cora")
    assert house.refused(release, user="cora") == ["kill_switch_released"]
    house.get(buy(1))
    unknown = ReleaseKillSwitch(switch_id="kil_none0000", reason="over")
    assert house.refused(unknown, user="cora") == ["kill_switch_unknown"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (kill(KillScope.FUND, "NONE"), "kill_scope_unknown"),
        (kill(KillScope.TRADER, "nobody"), "kill_scope_unknown"),
        (kill(KillScope.DESTINATION, "NONE"), "kill_scope_unknown"),
        (kill(KillScope.SECURITY, "NONE"), "kill_scope_unknown"),
        (kill(KillScope.FIRM, "A"), "kill_scope_unknown"),
        (kill(reason=" "), "reason_missing"),
    ],
)
def test_a_switch_that_would_stop_nothing_is_refused(
    house: House, command: ThrowKillSwitch, code: str
) -> None:
    assert house.refused(command, user="rita") == [code]
    assert not house.book.kill_switches


def test_who_may_throw_what(house: House) -> None:
    of_b = UserRow(id="ron", name="", grants=(Grant(role=Role.RISK, funds=("B",)),))
    house.get(LoadUsers(users=(of_b,)), user="system")
    throw(house, KillScope.TRADER, "tom", user="tom")
    throw(house, KillScope.FUND, "B", user="ron")
    for person in ("rita", "cora", "olga"):
        throw(house, user=person)
    for person, kind, value in (
        ("tom", KillScope.TRADER, "pm"), ("tom", KillScope.FIRM, ""), ("tom", KillScope.FUND, "A"),
        ("ron", KillScope.FIRM, ""), ("ron", KillScope.FUND, "A"), ("pm", KillScope.TRADER, "pm"),
        ("ada", KillScope.FIRM, ""), ("max", KillScope.FIRM, ""),
    ):  # fmt: skip
        assert house.refused(kill(kind, value), user=person) == ["not_permitted"]


def test_switches_survive_a_restart(data: Path) -> None:
    with opened(data) as house:
        throw(house, KillScope.FUND, "A")
        over = throw(house, KillScope.FUND, "B")
        house.get(ReleaseKillSwitch(switch_id=over, reason="over"), user="cora")
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert house.refused(buy(1)) == ["kill_switch_active"]


def thrown_offline(**changes: object) -> Thrown:
    base = Thrown(
        id=new_id(NOW), kind=KillScope.FUND, value="B", cancel_open=True, reason="engine is down",
        thrown_by="rita", thrown_at=NOW,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]  # a table of fields


def test_what_was_thrown_without_the_engine_is_recorded_once(data: Path) -> None:
    folder, thrown = KillFolder(data), thrown_offline()
    with opened(data) as house:
        placed = house.placed(1)
    folder.write(thrown)
    for _ in range(2):
        with opened(data) as house:
            take_over(house.engine, folder)
            switch = house.book.kill_switches[thrown.id]
            assert (switch.thrown_by, switch.thrown_at, switch.offline) == ("rita", NOW, True)
            assert [kind for kind, _ in house.instructions()] == ["new", "cancel"]
            assert house.book.placements[placed["id"]].cancel_pending
            assert house.refused(buy(2)) == ["kill_switch_active"]


def test_the_journal_decides_which_files_there_are(data: Path) -> None:
    folder = KillFolder(data)
    with opened(data) as house:
        switch = throw(house)
        take_over(house.engine, folder)
        assert folder.names() == {switch}
        folder.remove(switch)
        take_over(house.engine, folder)
        assert folder.names() == {switch}, "who removes the file does not release the switch"
        house.get(ReleaseKillSwitch(switch_id=switch, reason="over"), user="cora")
        take_over(house.engine, folder)
        assert not folder.names()


def test_a_cancel_of_the_gateway_is_recorded_and_its_answer_closes_the_placement(
    house: House,
) -> None:
    placed = house.placed(1)
    asked = ReportCancel(
        session="BROKER", row=0, cl_ord_id="KABC", orig_cl_ord_id=placed["cl_ord_id"],
        switch_id="kil_1", asked_at=NOW,
    )  # fmt: skip
    released = house.hear(asked)
    assert not released.instructions, "it is on its way already"
    assert house.book.placements[placed["id"]].cancel_pending
    house.hear(said("KABC", "canceled", orig_cl_ord_id=placed["cl_ord_id"]))
    assert house.book.placements[placed["id"]].canceled
    house.hear(replace(asked, orig_cl_ord_id="stranger"))
    (broken,) = [each for each in house.book.breaks.values() if not each.resolved_by]
    assert "not ours" in broken.detail
