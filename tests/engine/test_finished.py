"""What is over leaves memory with the day: as it was for whoever asks, and for a replay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, facts, opened
from tests.engine.test_break_actions import only_break, stray
from tests.engine.test_crosses import pair_of
from tests.engine.test_crosses_reversed import reverse
from tests.engine.test_order_lists import program, sell
from tests.engine.test_proposals import PLAN, approve, model
from tests.engine.test_restart import proven, same
from tests.engine.test_runs import Desk
from tests.engine.test_session_actions import LOGON, told
from tradeoms import bootstrap
from tradeoms.domain.breaks.commands import ResolveBreak
from tradeoms.domain.case.commands import ReportRunOverdue
from tradeoms.domain.cross.commands import ApproveCross, RefuseCross
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.orderlist.commands import ActOnOrderList, ListAction
from tradeoms.domain.proposal.commands import DiscardProposal
from tradeoms.domain.reference.commands import RollDay
from tradeoms.domain.session.commands import ActOnSession, ApproveSessionAction
from tradeoms.domain.session.state import outbound_hold
from tradeoms.kernel.enums import TimeInForce
from tradeoms.projections.finished import KEPT
from tradeoms.settings import Settings

Questions = dict[str, tuple[object, str]]


def discarded(house: House, data: Path) -> Questions:
    approve(house, model())
    made = house.get(bootstrap.replica(Settings(data=data)).propose(PLAN, []))
    again = DiscardProposal(proposal_id=made["id"], reason="no")
    house.get(again)
    return {"proposals": (again, "pm")}


def booked(house: House) -> Questions:
    pair = pair_of(house)
    name = pair.propose(251)
    house.get(ApproveCross(cross_id=name), user="cora")
    return {"crosses": (RefuseCross(cross_id=name, reason="late"), "cora")}


def canceled(house: House) -> Questions:
    entered = house.get(program(sell(11), sell(12)))
    for line in entered["data"]:
        house.get(CancelOrder(order_id=line["id"]))
    return {}


def done(house: House) -> Questions:
    (sent,) = house.run(house.command(LOGON, user="olga")).actions
    told(house, sent.id)
    return {"session_actions": (ApproveSessionAction(action_id=sent.id, reason="x"), "rita")}


def resolved(house: House) -> Questions:
    house.hear(stray())
    again = ResolveBreak(break_id=only_break(house).id, resolution="theirs")
    house.get(again, user="tom")
    return {"breaks": (again, "tom")}


def finished(house: House, data: Path) -> Questions:
    Desk(house, data).run()
    (run_id,) = house.book.runs
    return {"runs": (ReportRunOverdue(run_id=run_id), "system")}


def answers(house: House, asked: Questions) -> dict[str, list[str]]:
    return {name: house.refused(what, user=user) for name, (what, user) in asked.items()}


def held(house: House) -> dict[str, Any]:
    return {name: set(getattr(house.book, name)) for name in KEPT}


def roll(house: House, days: int) -> None:
    house.get(RollDay(trade_on=DAY + timedelta(days=days)), user="system")


def test_what_is_over_leaves_with_the_day_and_is_answered_as_before(data: Path) -> None:
    with opened(data) as house:
        asked = {
            **booked(house), **discarded(house, data), **canceled(house), **done(house),
            **resolved(house), **finished(house, data),
        }  # fmt: skip
        assert all(held(house).values())
        before = answers(house, asked)
        assert all(before.values())
        roll(house, 1)
        assert {name for name, ids in held(house).items() if ids} == {"runs"}
        roll(house, 2)
        assert not any(held(house).values())
        assert answers(house, asked) == before
        roll(house, 3)
        assert not any(held(house).values())
    proven(data)
    with opened(data) as house:
        assert not any(held(house).values())
        assert answers(house, asked) == before
    proven(data)


def test_a_booked_cross_is_reversed_on_a_later_day(data: Path) -> None:
    with opened(data) as house:
        pair = pair_of(house)
        before = pair.books()
        name = pair.propose(500)
        house.get(ApproveCross(cross_id=name), user="cora")
        roll(house, 1)
        assert name not in house.book.crosses
        house.get(reverse(name), user="olga")
        assert pair.books() == before
        assert house.book.crosses[name].status == "reversed"
        known = facts(house.book)
    proven(data)
    with opened(data) as house:
        same(facts(house.book), known)


def test_a_list_stays_while_one_of_its_orders_does_and_comes_back_for_whom_it_is(
    data: Path,
) -> None:
    with opened(data) as house:
        lasting = replace(sell(12), time_in_force=TimeInForce.GTC)
        entered = house.get(program(sell(11), lasting))
        name, (first, second) = entered["id"], [line["id"] for line in entered["data"]]
        house.get(CancelOrder(order_id=first))
        roll(house, 1)
        assert name in house.book.order_lists
        house.get(CancelOrder(order_id=second))
        act = ActOnOrderList(list_id=name, action=ListAction("release"))
        before = house.get(act)["data"]
        roll(house, 2)
        assert name not in house.book.order_lists
        assert house.get(act)["data"] == before
        assert house.book.order_lists[name].order_ids == (first, second)
        assert house.refused(replace(act, list_id="lst_none")) == ["order_list_unknown"]
    proven(data)


@pytest.mark.parametrize("last", ["hold_outbound", "release_outbound"])
def test_the_newest_word_on_a_sessions_messages_stays(data: Path, last: str) -> None:
    with opened(data) as house:
        for action in ("hold_outbound", "release_outbound", last):
            asked = ActOnSession(session="BROKER", action=action, reason="explained")
            told(house, house.get(asked, user="olga")["id"])
        roll(house, 1)
        (kept,) = house.book.session_actions.values()
        assert kept.kind.value == last
    with opened(data) as house:
        hold = outbound_hold(house.book.session_actions.values(), "BROKER")
        assert list(house.book.session_actions) == [kept.id]
        assert (hold is not None) == (last == "hold_outbound")


def test_what_was_never_there_is_unknown_still(house: House) -> None:
    roll(house, 1)
    asked = DiscardProposal(proposal_id="prp_none", reason="no")
    assert house.refused(asked) == ["proposal_unknown"]
