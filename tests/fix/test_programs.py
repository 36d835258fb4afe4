"""Orders placed as one list (E), over real quickfix: claimed together, each with its own fate."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fix.counterparty import SOH, Counterparty, Tags, parse
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tests.fix.test_kill_switches import throw
from tests.fix.test_mass_cancel import outcome
from tradeoms.app.faults import Point
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.session.state import ActionStatus

#: The keys of a dialect that are shown here.
KEYS = {"lists.orders", "lists.fragment"}
_NUMBERS = itertools.count(1)


class ListPeer(Counterparty):
    """A counterparty that reads the orders of a list, and acknowledges each."""

    def __init__(self, begin_string: str = "FIX.4.4") -> None:
        super().__init__(begin_string)
        self.raw: list[str] = []

    def _take(self, raw: str) -> None:
        self.raw.append(raw)
        super()._take(raw)

    def entries(self) -> list[list[Tags]]:
        """The orders of every list received, list by list."""
        lists = []
        for raw in self.raw:
            if f"{SOH}35=E{SOH}" not in raw:
                continue
            _, *parts = raw.split(f"{SOH}11=")
            lists.append([parse(f"11={part}") for part in parts])
        return lists

    def acknowledge_list(self, _: Tags) -> None:
        for each in self.entries()[-1]:
            self.executed.append(each[11])
            self.report(each, "0", "0")


@pytest.fixture
def peer() -> Counterparty:
    return ListPeer()


def ready(rig: Rig, **lists: object) -> ListPeer:
    peer = rig.peer
    assert isinstance(peer, ListPeer)
    rig.dialect = {"lists": {"orders": True, "fragment": 100, **lists}}
    peer.on_list = peer.acknowledge_list
    peer.start()
    rig.start().ready()
    return peer


def program(rig: Rig, count: int, **changes: object) -> tuple[Instruction, list[Instruction]]:
    """A list as the engine sends it: its orders, then its end."""
    number = next(_NUMBERS)
    orders = [
        order(f"L{number}-{at}", program=f"LIST{number}", program_seq=at)
        for at in range(1, count + 1)
    ]
    orders[0] = replace(orders[0], **changes)  # type: ignore[arg-type]  # fields of the caller
    end = replace(
        orders[0], kind=InstructionKind.PROGRAM, cl_ord_id=f"LIST{number}", placement_id="",
        order_id="", quantity=Decimal(0), program="", action_id=f"sac_{number}",
    )  # fmt: skip
    rig.engine.instruct(*orders, end)
    return end, orders


def heard(rig: Rig, request: Instruction, kind: str) -> None:
    """Wait for a report of a kind."""
    engine, key = rig.engine, request.cl_ord_id
    engine.wait(f"{kind} of {key}", lambda: kind in engine.kinds(key), timeout_s=60)


def given_back(rig: Rig, request: Instruction) -> None:
    """Wait until the gateway said for certain that a request did not leave."""
    engine, key = rig.engine, request.cl_ord_id
    engine.wait("given back", lambda: engine.outcomes(key)[-1:] == ["not_sent"], timeout_s=60)


def acked(rig: Rig, orders: list[Instruction]) -> None:
    engine = rig.engine
    engine.wait(
        "every ack", lambda: all("new" in engine.kinds(each.cl_ord_id) for each in orders),
        timeout_s=60,
    )  # fmt: skip


def test_a_list_leaves_as_one_message_and_every_order_has_its_own_reports(rig: Rig) -> None:
    peer = ready(rig)
    end, orders = program(rig, 3, limit_price=Decimal("10.25"))
    acked(rig, orders)
    (head,) = peer.of_type("E")
    assert (head[66], head[68], head[73], head[394], head[433], head[893]) == (
        end.cl_ord_id, "3", "3", "3", "1", "Y",
    )  # fmt: skip
    (entries,) = peer.entries()
    assert [(each[11], each[67], each[44], each[38]) for each in entries] == [
        (orders[0].cl_ord_id, "1", "10.25", "100"),
        (orders[1].cl_ord_id, "2", "10.5", "100"),
        (orders[2].cl_ord_id, "3", "10.5", "100"),
    ]
    assert {each.msg_seq_num for o in orders for each in rig.engine.sends(o.cl_ord_id)} == {
        int(head[34])
    }
    assert outcome(rig, end)[0] is ActionStatus.DONE
    assert not peer.of_type("D")
    peer.send("N", [(66, end.cl_ord_id), (429, "4"), (82, "1"), (431, "3"), (83, "1"), (68, "3")])

    def news() -> list[str]:
        state = rig.engine.state("peer")
        return [] if state is None else [each.headline for each in state.news]

    rig.engine.wait("the status", lambda: news() == [f"list {end.cl_ord_id}: executing, 3 orders"])
    assert not rig.engine.unreadable()
    rig.engine.act("peer", "execute_list", id="sac_l", list_id=end.cl_ord_id, reason="go")
    rig.engine.act("peer", "list_status", id="sac_m", list_id=end.cl_ord_id, reason="well?")
    peer.on_list = lambda _: None
    peer.wait("both requests", lambda: peer.of_type("L") and peer.of_type("M"), timeout_s=60)
    assert peer.of_type("L")[0][66] == peer.of_type("M")[0][66] == end.cl_ord_id
    throw(rig)
    stopped = replace(end, action_id="sac_stopped")
    rig.engine.act("peer", "execute_list", id="sac_stopped", list_id=end.cl_ord_id, reason="go")
    assert outcome(rig, stopped)[1].startswith("nothing may be executed: ")
    assert len(peer.of_type("L")) == 1


def test_a_long_list_leaves_in_fragments_without_what_the_guard_holds_back(rig: Rig) -> None:
    peer = ready(rig, fragment=2)
    _, orders = program(rig, 6, quantity=Decimal(101))
    acked(rig, orders[1:])
    given_back(rig, orders[0])
    heads = peer.of_type("E")
    assert [(each[68], each[73], each[893]) for each in heads] == [
        ("5", "2", "N"), ("5", "2", "N"), ("5", "1", "Y"),
    ]  # fmt: skip
    assert [each[11] for part in peer.entries() for each in part] == [
        each.cl_ord_id for each in orders[1:]
    ]


def test_where_lists_are_not_taken_each_order_leaves_by_itself(rig: Rig) -> None:
    peer = ready(rig, orders=False)
    end, orders = program(rig, 3)
    acked(rig, orders)
    assert len(peer.of_type("D")) == 3
    assert not peer.of_type("E")
    assert outcome(rig, end)[1] == "3 orders, each sent by itself"


def test_a_list_of_which_nothing_may_leave_is_told_to_have_failed(rig: Rig) -> None:
    peer = ready(rig)
    throw(rig)
    end, orders = program(rig, 2)
    for each in orders:
        given_back(rig, each)
    assert outcome(rig, end) == (ActionStatus.FAILED, "no order of it left")
    assert not peer.of_type("E") + peer.of_type("D")


@pytest.mark.parametrize("msg_type", ["3", "j"])
def test_a_list_that_is_rejected_rejects_every_order_of_it(rig: Rig, msg_type: str) -> None:
    peer = ready(rig)
    peer.on_list = lambda tags: peer.send(
        msg_type, [(45, tags[34]), (372, "E"), (380, "3"), (373, "0"), (58, "no lists today")]
    )
    _, orders = program(rig, 2)
    for each in orders:
        heard(rig, each, "session_rejected")


def test_a_status_that_calls_the_list_rejected_has_every_order_asked_for(rig: Rig) -> None:
    """N ends no order: "unknown order" twice proves that it is not there."""
    rig.recovery |= {"answer_timeout_s": 1}
    peer = ready(rig)
    peer.on_list = lambda tags: peer.send(
        "N", [(66, tags[66]), (429, "1"), (82, "1"), (431, "7"), (83, "1"), (68, "0")]
    )
    _, orders = program(rig, 2)
    for each in orders:
        given_back(rig, each)
    assert {tags[11] for tags in peer.of_type("H")} == {each.cl_ord_id for each in orders}


@pytest.mark.parametrize(
    "point", [Point.CLAIMED_BEFORE_SEND, Point.JOURNALED_BEFORE_STORE, Point.SENT_BEFORE_MARK]
)
def test_a_gateway_that_dies_with_a_list_sends_every_order_once(rig: Rig, point: Point) -> None:
    peer = ready(rig)
    rig.kill()
    rig.start(fault=point.value).ready()
    _, orders = program(rig, 3)
    rig.died()
    rig.start().ready()
    acked(rig, orders)
    assert sorted(peer.executed) == [each.cl_ord_id for each in orders]


def test_a_list_is_not_sent_again_on_a_resend_request(rig: Rig) -> None:
    peer = ready(rig)
    peer.on_list = lambda _: None
    peer.on_status = lambda tags: peer.report(tags, "I", "0")
    _, orders = program(rig, 2)
    peer.wait("the list", lambda: peer.of_type("E"))
    first = int(peer.of_type("E")[0][34])
    peer.next_in = first
    peer.send("2", [(7, str(first)), (16, "0")])
    for each in orders:
        heard(rig, each, "status")
    assert len(peer.of_type("E")) == 1


def test_a_list_is_canceled_as_one_and_each_order_ends_by_its_own_report(rig: Rig) -> None:
    peer = ready(rig)
    rig.dialect["cancel"] = {"mass": True, "wait_s": 60}
    rig.kill()
    rig.start().ready()
    end, orders = program(rig, 2)
    acked(rig, orders)
    placed = {each[11]: each for each in peer.entries()[0]}

    def play(tags: Tags) -> None:
        for each in orders:
            peer.report(placed[each.cl_ord_id], "4", "4")
        peer.send("N", [(66, tags[66]), (429, "2"), (82, "1"), (431, "4"), (83, "1"), (68, "2")])

    peer.on_list = play
    mass = replace(
        end, kind=InstructionKind.MASS_CANCEL, cl_ord_id="K1", action_id="sac_k",
        orig_cl_ord_id=end.cl_ord_id, program=end.cl_ord_id,
    )  # fmt: skip
    cancels = [
        replace(each, kind=InstructionKind.CANCEL, cl_ord_id=f"X-{each.cl_ord_id}", program="",
                orig_cl_ord_id=each.cl_ord_id, mass_cancel="K1")
        for each in orders
    ]  # fmt: skip
    rig.engine.instruct(mass, *cancels)
    assert outcome(rig, mass) == (ActionStatus.DONE, "the counterparty cancels 2 orders")
    for each in cancels:
        given_back(rig, each)
    (asked,) = peer.of_type("K")
    assert asked[66] == end.cl_ord_id
    assert not peer.of_type("F")
