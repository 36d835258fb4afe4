"""Kill switches at the gateway, over real quickfix: they need no engine, and they never wait."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.kill_folder import KillFolder, Thrown, new_id
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.placement.commands import ReportCancel

ABOUT = {"funds": ("A", "B"), "people": ("pm", "tom"), "security_id": "sec_abc"}


def throw(
    rig: Rig, kind: KillScope = KillScope.FIRM, value: str = "", *, cancel_open: bool = False
) -> Thrown:
    now = datetime.now(UTC)
    thrown = Thrown(
        id=new_id(now), kind=kind, value=value, cancel_open=cancel_open, reason="runaway",
        thrown_by="rita", thrown_at=now,
    )  # fmt: skip
    KillFolder(rig.folder).write(thrown)
    return thrown


def cancel_of(first: Instruction, cl_ord_id: str) -> Instruction:
    return replace(
        first, kind=InstructionKind.CANCEL, cl_ord_id=cl_ord_id, orig_cl_ord_id=first.cl_ord_id
    )


def opened(rig: Rig, cl_ord_id: str = "C1") -> Instruction:
    """An order that the counterparty has."""
    first = order(cl_ord_id, **ABOUT)
    rig.engine.instruct(first)
    rig.engine.wait("the ack", lambda: rig.engine.kinds(cl_ord_id) == ["new"])
    return first


def own_cancels(rig: Rig) -> list[ReportCancel]:
    return [each for each in rig.engine.reports if isinstance(each, ReportCancel)]


@pytest.mark.parametrize(
    ("kind", "value", "stopped"),
    [
        (KillScope.FIRM, "", True),
        (KillScope.FUND, "B", True),
        (KillScope.FUND, "C", False),
        (KillScope.TRADER, "tom", True),
        (KillScope.TRADER, "eve", False),
        (KillScope.DESTINATION, "peer", True),
        (KillScope.DESTINATION, "other", False),
        (KillScope.SECURITY, "ABC", True),
        (KillScope.SECURITY, "US0378331005", True),
        (KillScope.SECURITY, "XYZ", False),
    ],
)
def test_a_switch_holds_what_is_in_its_scope(
    rig: Rig, kind: KillScope, value: str, stopped: bool
) -> None:
    rig.peer.start()
    rig.start().ready()
    thrown = throw(rig, kind, value)
    rig.engine.instruct(order("C1", **ABOUT))
    rig.engine.wait("its fate", lambda: rig.engine.outcomes("C1"))
    assert rig.engine.outcomes("C1") == (["not_sent"] if stopped else ["sent"])
    if stopped:
        (told,) = rig.engine.sends("C1")
        assert told.reason == f"killed: {thrown.words}"
    else:
        rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    assert rig.peer.executed == ([] if stopped else ["C1"])


def test_replaces_are_held_cancels_pass_and_a_release_opens_the_gate(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    first = opened(rig)
    thrown = throw(rig)
    replacing = replace(cancel_of(first, "C2"), kind=InstructionKind.REPLACE, quantity=Decimal(90))
    rig.engine.instruct(replacing, cancel_of(first, "C3"))
    rig.engine.wait("the cancel", lambda: rig.engine.kinds("C3") == ["canceled"])
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C2") == ["not_sent"])
    assert not rig.peer.of_type("G")
    KillFolder(rig.folder).remove(thrown.id)
    opened(rig, "C4")
    assert not own_cancels(rig)


def test_a_switch_survives_a_restart(rig: Rig) -> None:
    rig.peer.start()
    throw(rig)
    rig.start().ready()
    rig.kill()
    rig.start().ready()
    rig.engine.instruct(order("C1", **ABOUT))
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C1") == ["not_sent"])
    assert not rig.peer.of_type("D")


@pytest.mark.parametrize("damage", ["torn", "gone"])
def test_what_cannot_be_read_closes_the_gate(rig: Rig, damage: str) -> None:
    rig.peer.start()
    rig.start().ready()
    folder = KillFolder(rig.folder).path
    if damage == "torn":
        (folder / "kil_00000001.json").write_text('{"id": "kil_00')
    else:
        folder.rmdir()
    rig.engine.instruct(order("C1", **ABOUT))
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C1") == ["not_sent"])
    assert "cannot be read" in rig.engine.sends("C1")[0].reason
    assert not rig.peer.of_type("D")


def test_an_order_that_waits_for_the_logon_is_dropped(rig: Rig) -> None:
    rig.start()
    rig.engine.instruct(order("C1", **ABOUT))
    rig.until("kept", lambda: rig.query("SELECT state FROM instructions") == [("READY",)])
    throw(rig)
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C1") == ["not_sent"])
    rig.peer.start()
    rig.ready()
    assert not rig.peer.of_type("D")


def test_a_gateway_without_an_engine_cancels_what_is_open_in_the_scope(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    first = opened(rig, "C1")
    rig.engine.instruct(order("C2", **{**ABOUT, "funds": ("C",)}))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C2") == ["new"])
    rig.engine.stop()
    rig.until("the link is down", lambda: "engine_lost" in rig.errors())
    thrown = throw(rig, KillScope.FUND, "A", cancel_open=True)
    rig.peer.wait("the cancel", lambda: rig.peer.of_type("F"))
    rig.kill()  # and again by the next process: still once
    rig.start()
    rig.engine.outbox.append(replace(cancel_of(first, "C3"), number=3))
    rig.engine.start()
    rig.engine.wait("its own is told", lambda: own_cancels(rig))
    (told,) = own_cancels(rig)
    assert (told.orig_cl_ord_id, told.switch_id) == ("C1", thrown.id)
    rig.engine.wait("it is canceled", lambda: rig.engine.kinds(told.cl_ord_id) == ["canceled"])
    rig.engine.wait("the second", lambda: rig.engine.outcomes("C3") == ["not_sent"])
    told_at = rig.engine.reports.index(told)
    assert told_at < rig.engine.reports.index(rig.engine.sends(told.cl_ord_id)[0])
    assert told_at < rig.engine.reports.index(rig.engine.of(told.cl_ord_id)[0])
    (left,) = rig.peer.of_type("F")
    assert (left[11], left[41], left[38]) == (told.cl_ord_id, "C1", "100")


def test_an_engine_that_hangs_is_not_waited_for(rig: Rig) -> None:
    """The link stands, and nothing comes over it."""
    rig.peer.start()
    rig.start().ready()
    opened(rig)
    throw(rig, cancel_open=True)
    rig.engine.wait("its own cancel", lambda: own_cancels(rig))
    (told,) = own_cancels(rig)
    rig.engine.wait("it is canceled", lambda: rig.engine.kinds(told.cl_ord_id) == ["canceled"])
    assert rig.engine.attached, os.fspath(rig.folder)


def test_an_order_is_not_sent_again_while_a_switch_is_on(rig: Rig) -> None:
    """The peer lost it and asks for all messages again; it would get it, but for the switch."""
    rig.dialect = {"recovery": {"resend_orders": "all"}}
    rig.recovery = {"resend_orders": "all", "stale_after_s": 60, "answer_timeout_s": 2}
    rig.peer.start()
    rig.start().ready()
    opened(rig)
    throw(rig)
    rig.peer.next_in, asked = 2, len(rig.peer.received)
    rig.peer.send("2", [(7, "1"), (16, "0")])
    rig.peer.wait("the gap fill", lambda: any(t[35] == "4" for t in rig.peer.received[asked:]))
    assert len(rig.peer.of_type("D")) == 1
