"""Many placements canceled at once in the engine: which, by whom, and what goes before them."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import House, facts, opened, said
from tests.engine.test_kill_switches import place, throw
from tests.engine.test_restart import proven, same
from tradeoms.app.instruction import Instruction
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.placement.commands import CancelPlacements
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import OrdStatus, Role

ONLY_C = (Leg(fund="C", quantity=D(1000)),)


def cancel(house: House, user: str = "tom", **scope: str) -> tuple[list[Instruction], int]:
    """What leaves for a bulk cancel, and how many mass cancels it tells of."""
    command = CancelPlacements(reason="end of the program", **scope)
    before = house.engine.outbox_head
    answer = house.get(command, user=user)
    sent = [
        each for session in ("BROKER", "OTHER")
        for each in house.engine.instructions_after(session, before)
    ]  # fmt: skip
    return sent, len(answer["mass_cancels"])


def kinds(sent: list[Instruction]) -> list[str]:
    return [each.kind.value for each in sent]


def test_one_message_goes_before_the_cancels_of_each_and_names_them(house: House) -> None:
    first, second = (house.placed(number)["cl_ord_id"] for number in (1, 2))
    sent, masses = cancel(house, destination="BROKER")
    assert (kinds(sent), masses) == (["mass_cancel", "cancel", "cancel"], 1)
    mass, *cancels = sent
    assert [each.orig_cl_ord_id for each in cancels] == [first, second]
    assert {each.mass_cancel for each in cancels} == {mass.cl_ord_id}
    assert (mass.security_id, mass.placement_id, mass.not_after) == ("", "", None)
    action = house.book.session_actions[mass.action_id]
    assert (action.kind.value, action.session, action.status.value, action.requested_by) == (
        "mass_cancel", "BROKER", "sent", "tom",
    )  # fmt: skip
    assert cancel(house, destination="BROKER") == ([], 0), "all of it is asked for already"


def test_the_placements_end_by_their_own_reports_only(house: House) -> None:
    placed = [house.placed(number) for number in (1, 2)]
    cancel(house, destination="BROKER")
    house.hear(said(placed[0]["cl_ord_id"], "canceled", ord_status=OrdStatus.CANCELED))
    found = [house.book.placements[each["id"]] for each in placed]
    assert [each.ord_status.value for each in found] == ["canceled", "pending_cancel"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"destination": "BROKER"}, ["mass_cancel"] + ["cancel"] * 3),
        ({"security": "ABC"}, ["mass_cancel", "cancel", "cancel"]),
        ({"security": "XYZ.XNYS"}, ["cancel"]),
        ({"destination": "OTHER"}, []),
    ],
)
def test_a_mass_cancel_says_exactly_what_is_meant_or_is_not_sent(
    house: House, scope: dict[str, str], expected: list[str]
) -> None:
    for number, security in ((1, "ABC.XNYS"), (2, "ABC.XNYS"), (3, "XYZ.XNYS")):
        house.placed(number, security=security)
    sent, _ = cancel(house, **scope)
    assert kinds(sent) == expected
    if scope == {"security": "ABC"}:
        assert (sent[0].symbol, bool(sent[0].security_id)) == ("ABC", True)


def test_where_another_funds_order_would_be_hit_each_is_canceled_by_itself(house: House) -> None:
    rows = (UserRow(id="tom_c", name="t", grants=(Grant(role=Role.TRADER, funds=("C",)),)),)
    house.get(LoadUsers(users=rows), user="ada")
    foreign = house.placed(1)["cl_ord_id"]
    own = {house.placed(number, legs=ONLY_C)["cl_ord_id"] for number in (2, 3)}
    sent, masses = cancel(house, user="tom_c", destination="BROKER")
    assert (kinds(sent), masses) == (["cancel", "cancel"], 0)
    assert {each.orig_cl_ord_id for each in sent} == own != {foreign}
    assert all(each.mass_cancel == "" for each in sent)


def test_each_destination_of_a_kill_switch_has_a_mass_cancel_of_its_own(house: House) -> None:
    for number in (1, 2):
        house.placed(number)
    for number in (3, 4):
        house.get(place(house.order(number)["id"], "OTHER"), user="tom")
    before = house.engine.outbox_head
    throw(house, KillScope.FIRM)
    for session in ("BROKER", "OTHER"):
        sent = house.engine.instructions_after(session, before)
        assert kinds(sent) == ["mass_cancel", "cancel", "cancel"], session
    assert len({each.id for each in house.book.session_actions.values()}) == 2
    throw(house, KillScope.FUND, "A")
    assert len(house.book.session_actions) == 2, "nothing is left that was not asked for"


def test_it_is_on_record_and_survives_a_restart(data: Path) -> None:
    with opened(data) as house:
        for number in (1, 2):
            house.placed(number)
        cancel(house, destination="BROKER")
        before, outbox = facts(house.book), house.instructions()
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.instructions() == outbox
        assert [kind for kind, _ in outbox] == ["new", "new", "mass_cancel", "cancel", "cancel"]
    proven(data)
