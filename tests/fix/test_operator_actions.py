"""What operators do to a session, at the gateway: carried out, its outcome told, or refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import InstructionKind
from tradeoms.app.wire import SessionState
from tradeoms.domain.session.commands import ReportSessionAction


def outcomes(rig: Rig) -> list[tuple[str, str]]:
    return [
        (each.action_id, each.outcome.value)
        for each in rig.engine.reports
        if isinstance(each, ReportSessionAction)
    ]


def detail(rig: Rig) -> str:
    (found,) = [each for each in rig.engine.reports if isinstance(each, ReportSessionAction)]
    return found.detail


def state(rig: Rig) -> SessionState:
    found = rig.engine.state("peer")
    assert found is not None
    return found


@pytest.fixture
def up(rig: Rig) -> Rig:
    rig.peer.start()
    return rig.start().ready()


def test_held_orders_wait_cancels_leave_and_a_release_lets_them_go(up: Rig) -> None:
    rig = up
    first = order("C1")
    rig.engine.instruct(first)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.engine.act("peer", "hold_outbound", id="sac_1", reason="wrong prices")
    rig.engine.wait("the hold", lambda: outcomes(rig) == [("sac_1", "done")])
    rig.engine.wait("the state", lambda: state(rig).held == "wrong prices")
    cancel = replace(first, kind=InstructionKind.CANCEL, cl_ord_id="X1", orig_cl_ord_id="C1")
    rig.engine.instruct(order("C2"), cancel)
    rig.engine.wait("the cancel", lambda: rig.peer.of_type("F"))
    assert [each[11] for each in rig.peer.of_type("D")] == ["C1"]
    assert rig.engine.outcomes("C2") == []
    rig.engine.act("peer", "release_outbound", id="sac_2")
    rig.engine.wait("the order", lambda: rig.engine.kinds("C2") == ["new"])


def test_a_hold_survives_the_gateway(up: Rig) -> None:
    rig = up
    rig.engine.act("peer", "hold_outbound", id="sac_1", reason="wrong prices")
    rig.engine.wait("the hold", lambda: outcomes(rig) == [("sac_1", "done")])
    rig.kill()
    rig.engine.instruct(order("C1"))
    rig.start().ready()
    rig.engine.wait("the state", lambda: "held: wrong prices" in state(rig).detail)
    cancel = replace(order("C1"), kind=InstructionKind.CANCEL, cl_ord_id="X1", orig_cl_ord_id="C1")
    rig.engine.instruct(cancel)
    rig.engine.wait("what never left", lambda: rig.engine.outcomes("C1") == ["not_sent"])
    assert rig.peer.of_type("D") == rig.peer.of_type("F") == []


def test_a_logout_survives_the_gateway_until_somebody_logs_on(up: Rig) -> None:
    rig = up
    rig.engine.act("peer", "logout", id="sac_1", reason="they test")
    rig.engine.wait("the logout", lambda: outcomes(rig) == [("sac_1", "done")])
    rig.engine.wait("the end", lambda: not state(rig).logged_on)
    logons = rig.peer.logons
    rig.kill()
    rig.start()
    expected = "logged out by an operator: they test"
    rig.engine.wait("still out", lambda: (s := rig.engine.state("peer")) and s.detail == expected)
    rig.engine.act("peer", "hold_outbound", id="sac_2", reason="a turn of the sender")
    rig.engine.wait("the turn", lambda: len(outcomes(rig)) == 2)
    assert rig.peer.logons == logons
    rig.engine.act("peer", "logon", id="sac_3")
    rig.ready()
    rig.kill()
    rig.start().ready()


def test_messages_come_again_on_request_and_count_once(up: Rig) -> None:
    rig = up
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    first = state(rig).next_in
    rig.engine.act("peer", "request_resend", 1, id="sac_1")
    rig.engine.wait("the answer", lambda: outcomes(rig) == [("sac_1", "done")])
    (sent,) = rig.peer.of_type("D")
    rig.peer.fill(sent)
    rig.engine.wait("the fill", lambda: rig.engine.kinds("C1") == ["new", "fill"])
    assert rig.peer.of_type("2")[0][7] == "1"
    rig.engine.wait("the repeat", lambda: state(rig).duplicates > 0 and state(rig).gap == 0)
    assert state(rig).next_in > first


def test_a_resend_of_what_never_came_would_skip_messages_and_fails(up: Rig) -> None:
    rig = up
    expected = state(rig).next_in
    rig.engine.act("peer", "request_resend", expected + 10, id="sac_1")
    rig.engine.wait("the answer", lambda: outcomes(rig) == [("sac_1", "failed")])
    assert "nothing to repeat" in detail(rig)
    rig.engine.instruct(order("C1"))
    rig.engine.wait("work goes on", lambda: rig.engine.kinds("C1") == ["new"])


def test_the_number_we_send_is_set_in_a_life_of_its_own(up: Rig) -> None:
    rig = up
    epoch, number = state(rig).epoch, state(rig).next_out + 5
    rig.engine.act("peer", "logout", id="sac_1")
    rig.engine.wait("the logout", lambda: not state(rig).logged_on)
    rig.peer.next_in = number
    rig.engine.act("peer", "set_sequence", number, id="sac_2", outgoing=True)
    rig.engine.act("peer", "logon", id="sac_3")
    rig.ready()
    assert [outcome for _, outcome in outcomes(rig)] == ["done"] * 3
    assert state(rig).epoch > epoch
    assert rig.peer.of_type("A")[-1][34] == str(number)


def test_a_number_that_the_counterparty_asks_for_is_set_before_the_logon(up: Rig) -> None:
    rig, wanted = up, 500
    rig.peer.send("5", [(58, f"MsgSeqNum too low, expecting {wanted} but received 3")])
    rig.peer.cut()
    rig.engine.wait("the halt", lambda: "expecting 500" in state(rig).halted)
    logons, number = rig.peer.logons, state(rig).next_out
    rig.engine.act("peer", "logon", id="sac_1", reason="go")
    rig.engine.wait("the answer", lambda: outcomes(rig) == [("sac_1", "failed")])
    assert detail(rig) == (
        f"they expect 500 and we would send {number}: set the number we send first "
        "(set_sequence, outgoing), which takes two people"
    )
    assert (state(rig).next_out, rig.peer.logons) == (number, logons)
    rig.kill()
    rig.start()
    rig.engine.wait("still halted", lambda: (s := rig.engine.state("peer")) and s.halted)
    rig.peer.next_in = wanted
    rig.engine.act("peer", "set_sequence", wanted, id="sac_2", outgoing=True)
    rig.engine.act("peer", "logon", id="sac_3")
    rig.ready()
    assert rig.peer.of_type("A")[-1][34] == str(wanted)


def test_people_may_agree_on_another_number_than_the_counterparty_named(up: Rig) -> None:
    rig = up
    number = state(rig).next_out + 2
    rig.peer.send("5", [(58, "MsgSeqNum too low, expecting 500 but received 3")])
    rig.peer.cut()
    rig.engine.wait("the halt", lambda: "expecting 500" in state(rig).halted)
    rig.peer.next_in = number
    rig.engine.act("peer", "set_sequence", number, id="sac_1", outgoing=True)
    rig.engine.wait("the word", lambda: f"next out set to {number} after" in state(rig).halted)
    rig.engine.act("peer", "logon", id="sac_2")
    rig.ready()
    assert rig.peer.of_type("A")[-1][34] == str(number)


@pytest.mark.parametrize("text", ["expecting 1 but received 3", f"expecting {'9' * 5_000}"])
def test_a_number_that_is_reached_or_is_none_hinders_no_logon(up: Rig, text: str) -> None:
    rig = up
    rig.peer.send("5", [(58, f"MsgSeqNum too low, {text}")])
    rig.peer.cut()
    rig.engine.wait("the halt", lambda: "too low" in state(rig).halted)
    rig.engine.act("peer", "logon", id="sac_1", reason="go")
    rig.ready()
    assert outcomes(rig) == [("sac_1", "done")]


def test_operators_see_the_newest_messages_but_no_password(rig: Rig) -> None:
    secret = rig.folder / "password"
    secret.write_text("hunter2")
    rig.session = {"username": "firm", "password_file": str(secret)}
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.engine.wait("it shown", lambda: any("35=8|" in one.raw for one in state(rig).messages))
    seen = state(rig).messages
    logon = next(one for one in seen if (one.direction, one.msg_type) == ("out", "A"))
    assert "553=firm|554=***|" in logon.raw
    assert "hunter2" not in repr(seen)
    assert state(rig).last_in_at is not None
    assert [one.msg_seq_num for one in seen if one.direction == "out"][:3] == [1, 2, 3]
