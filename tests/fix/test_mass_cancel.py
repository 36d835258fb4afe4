"""The mass cancel (q) and the cancels behind it, over real quickfix against a scripted peer."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

from tests.fix.counterparty import Pairs, Tags
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.faults import Point
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.session.commands import ReportSessionAction
from tradeoms.domain.session.state import ActionStatus

#: The keys of a dialect that are shown here.
KEYS = {"cancel.wait_s"}
_NUMBERS = itertools.count(1)


def takes(rig: Rig, **cancel: object) -> Rig:
    """The peer's dialect has q."""
    rig.dialect = {"cancel": {"mass": True, "wait_s": 1, **cancel}}
    return rig


def told(rig: Rig, cl_ord_id: str, kind: str, other: str = "") -> None:
    """Wait for a report of a kind that names one of two ClOrdIDs."""
    engine = rig.engine
    engine.wait(
        f"{kind} of {cl_ord_id}",
        lambda: kind in engine.kinds(cl_ord_id) + engine.kinds(other),
        timeout_s=60,
    )


def dropped(rig: Rig, request: Instruction) -> None:
    """Wait until the gateway gave a request back."""
    engine, cl_ord_id = rig.engine, request.cl_ord_id
    engine.wait("given back", lambda: engine.outcomes(cl_ord_id) == ["not_sent"], timeout_s=60)


def opened(rig: Rig, count: int) -> list[Instruction]:
    """Orders that the peer has."""
    orders = [order(f"C{next(_NUMBERS)}") for _ in range(count)]
    rig.engine.instruct(*orders)
    for each in orders:
        told(rig, each.cl_ord_id, "new")
    return orders


def ask(rig: Rig, orders: list[Instruction]) -> tuple[Instruction, list[Instruction]]:
    """One mass cancel and a cancel of each behind it, as the engine asks for them."""
    number = next(_NUMBERS)
    mass = replace(
        orders[0], kind=InstructionKind.MASS_CANCEL, cl_ord_id=f"M{number}", placement_id="",
        order_id="", action_id=f"sac_{number}", quantity=Decimal(0), check_id="",
    )  # fmt: skip
    cancels = [
        replace(
            each, kind=InstructionKind.CANCEL, cl_ord_id=f"X{number}-{each.cl_ord_id}",
            orig_cl_ord_id=each.cl_ord_id, mass_cancel=mass.cl_ord_id,
        )
        for each in orders
    ]  # fmt: skip
    rig.engine.instruct(mass, *cancels)
    return mass, cancels


def outcome(rig: Rig, mass: Instruction) -> tuple[ActionStatus, str]:
    """What the engine is told of the mass cancel."""
    found: list[ReportSessionAction] = []

    def answered() -> bool:
        found[:] = [
            each
            for each in list(rig.engine.reports)
            if isinstance(each, ReportSessionAction) and each.action_id == mass.action_id
        ]
        return bool(found)

    rig.engine.wait("the outcome of the mass cancel", answered, timeout_s=60)
    (only,) = found
    return only.outcome, only.detail


def script(rig: Rig, orders: list[Instruction], *, canceled: int, answer: Pairs | None) -> None:
    """Answer the next q: cancel the first of the orders unasked, and send r or j."""
    placed = {tags[11]: tags for tags in rig.peer.of_type("D")}

    def play(tags: Tags) -> None:
        for each in orders[:canceled]:
            rig.peer.report(placed[each.cl_ord_id], "4", "4")
        if answer is not None and answer[0][0] == 45:
            rig.peer.send("j", [(45, tags[34]), (372, "q"), (380, "3"), (58, "no q here")])
        elif answer is not None:
            rig.peer.send("r", [(37, "MC"), (11, tags[11]), (530, tags[530]), *answer])

    rig.peer.on_mass_cancel = play


def single(rig: Rig, orders: list[Instruction]) -> list[str]:
    """Those of the orders that an F went out for."""
    asked = {tags[41] for tags in rig.peer.of_type("F")}
    return [each.cl_ord_id for each in orders if each.cl_ord_id in asked]


def canceled(rig: Rig, orders: list[Instruction], cancels: list[Instruction]) -> None:
    """Wait until each order ended by a report of its own, named by its id or its cancel's."""
    for first, cancel in zip(orders, cancels, strict=True):
        told(rig, first.cl_ord_id, "canceled", cancel.cl_ord_id)


def test_each_answer_to_a_mass_cancel_leaves_no_order_open(rig: Rig) -> None:
    """Done, refused, refused by j, partly done, silent: what is open is canceled one by one."""
    takes(rig).peer.start()
    rig.start().ready()
    cases = [
        # (canceled unasked, answer, single cancels, outcome, breaks)
        (2, [(531, "7"), (533, "2")], 0, ActionStatus.DONE, 0),
        (0, [(531, "0"), (532, "0"), (58, "not today")], 2, ActionStatus.FAILED, 0),
        (0, [(45, "")], 2, ActionStatus.FAILED, 0),
        (1, [(531, "7"), (533, "1")], 1, ActionStatus.DONE, 1),
        (0, None, 2, ActionStatus.FAILED, 1),
    ]  # fmt: skip
    for unasked, answer, one_by_one, expected, breaks in cases:
        before = len(rig.engine.unreadable())
        orders = opened(rig, 2)
        script(rig, orders, canceled=unasked, answer=answer)
        mass, cancels = ask(rig, orders)
        canceled(rig, orders, cancels)
        assert outcome(rig, mass)[0] is expected, answer
        assert single(rig, orders) == [o.cl_ord_id for o in orders[2 - one_by_one :]], answer
        told = rig.engine.unreadable()[before:]
        assert len(told) == breaks, told
        assert all(mass.cl_ord_id in each.reason for each in told)
        for each in cancels[:unasked]:
            dropped(rig, each)
    assert len(rig.peer.of_type("q")) == len(cases)
    (first, *_) = rig.peer.of_type("q")
    assert (first[530], first.get(55)) == ("7", None)


def test_a_security_is_named_and_a_stranger_is_a_break(rig: Rig) -> None:
    takes(rig, wait_s=60).peer.start()
    rig.start().ready()
    orders = [replace(each, security_id="sec_abc") for each in opened(rig, 2)]
    script(rig, orders, canceled=2, answer=[(531, "1")])
    mass, cancels = ask(rig, orders)
    canceled(rig, orders, cancels)
    (asked,) = rig.peer.of_type("q")
    assert (asked[530], asked[55], asked[11]) == ("1", "ABC", mass.cl_ord_id)
    assert outcome(rig, mass)[0] is ActionStatus.DONE
    rig.peer.send("r", [(37, "MC"), (11, "NOBODY"), (530, "7"), (531, "7")])
    rig.engine.wait("the break", rig.engine.unreadable)
    assert not rig.peer.of_type("F")


def test_where_it_is_not_spoken_each_order_is_canceled_at_once(rig: Rig) -> None:
    takes(rig, mass=False, wait_s=600).peer.start()
    rig.start().ready()
    orders = opened(rig, 3)
    mass, cancels = ask(rig, orders)
    canceled(rig, orders, cancels)
    assert outcome(rig, mass)[0] is ActionStatus.DONE
    assert len(rig.peer.of_type("F")) == 3
    assert not rig.peer.of_type("q")


def test_an_order_that_never_left_does_not_leave_after_its_mass_cancel(rig: Rig) -> None:
    takes(rig)
    rig.start()
    waiting = [order(f"C{next(_NUMBERS)}") for _ in range(2)]
    rig.engine.instruct(*waiting)
    mass, cancels = ask(rig, waiting)
    for each in (*waiting, *cancels):
        dropped(rig, each)
    script(rig, [], canceled=0, answer=[(531, "7"), (533, "0")])
    rig.peer.start()
    rig.ready()
    assert outcome(rig, mass)[0] is ActionStatus.DONE
    assert not rig.peer.of_type("D")


def test_a_gateway_that_dies_around_a_mass_cancel_cancels_each_order_all_the_same(
    rig: Rig,
) -> None:
    """The q itself is never resent: later it would cancel orders placed since."""
    takes(rig).peer.start()
    rig.start().ready()
    rig.kill()
    for point in (Point.CLAIMED_BEFORE_SEND, Point.SENT_BEFORE_MARK):
        rig.start().ready()
        orders = opened(rig, 2)
        rig.kill()
        rig.start(fault=point.value).ready()
        script(rig, orders, canceled=0, answer=None)
        before = len(rig.peer.of_type("q"))
        mass, cancels = ask(rig, orders)
        rig.died()
        rig.start().ready()
        canceled(rig, orders, cancels)
        assert outcome(rig, mass)[0] is ActionStatus.FAILED
        assert len(rig.peer.of_type("q")) == before + 1, point
        assert not [each for each in rig.peer.of_type("q") if each.get(43) == "Y"]
        rig.kill()
