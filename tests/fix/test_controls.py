"""The gateway's own controls: they trip without an engine, and a person releases them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.fix import counterparty
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.session.commands import ReportHold
from tradeoms.fix.controls import Breaker, Controls
from tradeoms.fix.security_rate import SecurityRate


def said(kind: ReportKind, cl_ord_id: str = "C1", *, again: bool = False) -> ReportPlacement:
    return ReportPlacement(session="peer", row=0, kind=kind, cl_ord_id=cl_ord_id, poss_resend=again)


REJECT = said(ReportKind.REJECTED)
FILL = said(ReportKind.FILL)
SECOND = 1_000_000


@pytest.mark.parametrize(
    ("times_s", "trips"),
    [
        ([0, 1, 2], [False, False, True]),
        ([0, 5, 10], [False, False, True]),
        ([0, 5, 10.1], [False, False, False]),
        ([0, 11, 12, 13], [False, False, False, True]),
        ([0, 1, 2, 3, 4, 5], [False, False, True, False, False, True]),
    ],
)
def test_so_many_within_so_long(times_s: list[float], trips: list[bool]) -> None:
    breaker = Breaker(Controls(rejects=3, rejects_within_s=10))
    assert [bool(breaker.trips(REJECT, int(at * SECOND))) for at in times_s] == trips


def test_only_what_adds_risk_counts_and_0_is_off() -> None:
    breaker = Breaker(Controls(rejects=1))
    assert not breaker.trips(said(ReportKind.CANCEL_REJECTED), 0)
    assert not breaker.trips(FILL, 0)
    assert not Breaker(Controls(rejects=0)).trips(REJECT, 0)


def test_executions_are_counted_for_each_order_and_a_repeat_is_none() -> None:
    breaker = Breaker(Controls(executions=3, executions_within_s=10))
    other = said(ReportKind.FILL, "C2")
    told = [breaker.trips(each, 0) for each in (FILL, FILL, other, other, FILL)]
    assert [bool(each) for each in told] == [False, False, False, False, True]
    assert told[-1] == "circuit breaker: 3 executions of C1 in 10 s"
    repeats = [breaker.trips(said(ReportKind.FILL, again=True), 0) for _ in range(9)]
    assert not any(repeats)
    assert not any(breaker.trips(FILL, at * 6 * SECOND) for at in range(9)), "slow enough"


def test_an_order_that_is_executed_again_and_again_holds_the_session(rig: Rig) -> None:
    rig.session = {"controls": {"executions": 3, "executions_within_s": 60}}
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    (placed,) = rig.peer.of_type("D")
    for _ in range(3):
        rig.peer.report(placed, "F", "1", [(32, "10"), (31, "10.5")])
    rig.engine.wait("the hold", lambda: holds(rig))
    rig.engine.instruct(order("C2"))
    state = "SELECT state FROM instructions WHERE cl_ord_id = 'C2'"
    rig.until("it waits", lambda: rig.query(state) == [("READY",)])
    assert rig.peer.executed == ["C1"]
    rig.engine.act("peer", "release_outbound", id="sac_1", reason="a large order, it was agreed")
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C2") == ["new"])


@pytest.mark.parametrize(
    ("limits", "changes", "why"),
    [
        ({}, {}, ""),
        ({"order_quantity_max": 100}, {}, ""),
        ({"order_quantity_max": 99}, {}, "100 units, the session takes 99 an order"),
        ({"order_value_max": 1050}, {}, ""),
        ({"order_value_max": 1049}, {}, "a value of 1050, the session takes 1049 an order"),
        ({"order_value_max": 1050}, {"quantity": Decimal("100.01")}, "a value of 1050.105, the"),
        ({"order_value_max": 1050}, {"limit_price": None}, "no limit price"),
    ],
)
def test_one_order_is_no_larger_than_the_session_takes(
    limits: dict[str, int], changes: dict[str, object], why: str
) -> None:
    found = Controls(**limits).refuses(order("C1", **changes))
    assert found.startswith(why)
    assert bool(found) == bool(why)


def new(cl_ord_id: str, symbol: str = "ABC", **changes: object) -> Instruction:
    return order(cl_ord_id, symbol=symbol, **changes)


def test_new_orders_are_counted_for_each_security_in_a_sliding_time() -> None:
    rate = SecurityRate(Controls(orders_of_security=2, orders_of_security_within_s=10), ())

    def asked(instruction: Instruction, at_s: float) -> str:
        at_us = int(at_s * SECOND)
        why = rate.refuses(instruction, at_us)
        if not why:
            rate.count(instruction, at_us)
        return why

    assert [asked(new(f"C{n}"), n) for n in (1, 2)] == ["", ""]
    assert asked(new("C3"), 3) == "2 new orders in ABC within 10 s went before"
    assert asked(new("C4", "XYZ"), 3) == "", "another security"
    assert asked(new("C2"), 3) == "", "the same order again is no other one"
    assert asked(new("C5", kind=InstructionKind.REPLACE), 3) == "", "a replace is no new order"
    assert asked(new("C6"), 10.9)
    assert asked(new("C7"), 11) == "", "C1 went out ten seconds ago, what was refused never did"
    assert asked(new("C8"), 11.5)


def test_without_a_limit_nothing_is_counted() -> None:
    rate = SecurityRate(Controls(), ())
    for number in range(1000):
        assert not rate.refuses(new(f"C{number}"), 0)
        rate.count(new(f"C{number}"), 0)


def test_one_order_too_many_in_a_security_is_given_back_also_after_a_crash(rig: Rig) -> None:
    limits = {"orders_of_security": 2, "orders_of_security_within_s": 3_600}
    rig.session = {"controls": limits}
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(*(new(f"C{number}") for number in range(1, 4)), new("C4", "XYZ"))
    rig.engine.wait("the last", lambda: rig.engine.kinds("C4") == ["new"])
    rig.engine.wait("given back", lambda: rig.engine.outcomes("C3") == ["not_sent"])
    why = "beyond_session: 2 new orders in ABC within 3600 s went before"
    assert rig.engine.sends("C3")[0].reason == why
    rig.kill()
    rig.start().ready()
    rig.engine.instruct(new("C5"), new("C6", "XYZ"))
    rig.engine.wait("the other security", lambda: rig.engine.kinds("C6") == ["new"])
    rig.engine.wait("given back", lambda: rig.engine.outcomes("C5") == ["not_sent"])
    assert sorted(rig.peer.executed) == ["C1", "C2", "C4", "C6"]
    cancel = order("C7", kind=InstructionKind.CANCEL, orig_cl_ord_id="C1", placement_id="plc_C1")
    rig.engine.instruct(cancel)
    rig.until("the cancel", lambda: rig.peer.of_type("F"))


def test_f18_rejects_hold_the_session_until_a_person_releases_it(rig: Rig) -> None:
    rig.session = {"controls": {"rejects": 3, "rejects_within_s": 60}}
    rig.peer.on_order = lambda tags: rig.peer.report(tags, "8", "8")
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(*(order(f"C{number}") for number in range(1, 4)))
    rig.engine.wait("three rejects", lambda: rig.engine.kinds("C3") == ["rejected"])
    rig.engine.wait("the hold", lambda: holds(rig))
    assert holds(rig) == ["circuit breaker: 3 orders or replaces rejected in 60 s"]
    rig.peer.on_order = rig.peer.acknowledge
    rig.engine.act("peer", "release_outbound")  # of an engine that does not know of it yet
    rig.engine.instruct(order("C4"))
    rig.kill()
    rig.start().ready()
    rig.engine.wait("held", lambda: "circuit breaker" in told(rig))
    assert len(rig.peer.of_type("D")) == 3
    rig.engine.act("peer", "release_outbound", id="sac_1")
    rig.engine.wait("work", lambda: rig.engine.kinds("C4") == ["new"])


def test_an_order_beyond_the_canary_limit_never_leaves(rig: Rig) -> None:
    rig.session = {"controls": {"order_quantity_max": 50}}
    rig.peer.start()
    rig.start().ready()
    small = order("C2", quantity=Decimal(50), approved_quantity=Decimal(50))
    rig.engine.instruct(order("C1"), small)
    rig.engine.wait("the small one", lambda: rig.engine.kinds("C2") == ["new"])
    assert rig.engine.outcomes("C1") == ["not_sent"]
    assert rig.engine.sends("C1")[0].reason.startswith("beyond_session: 100 units")


def test_f17_a_clock_that_is_wrong_is_told_once_and_work_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = datetime.now(UTC) - timedelta(minutes=5)
    monkeypatch.setattr(counterparty, "utc", lambda: early.strftime("%Y%m%d-%H:%M:%S.000"))
    rig.peer.start()
    rig.start().ready()
    rig.engine.wait("the break", rig.engine.unreadable)
    rig.engine.instruct(order("C1"))
    rig.engine.wait("work", lambda: rig.engine.kinds("C1") == ["new"])
    (found,) = rig.engine.unreadable()
    assert "s from our clock, 60 s are allowed" in found.reason


def holds(rig: Rig) -> list[str]:
    return [each.reason for each in rig.engine.reports if isinstance(each, ReportHold)]


def told(rig: Rig) -> str:
    state = rig.engine.state("peer")
    return state.held if state else ""
