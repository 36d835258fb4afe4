"""FIX session scenarios over real sockets; the scenarios F.. are listed in docs/fix.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.fix.counterparty import Counterparty
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import InstructionKind

pytestmark = pytest.mark.slow
ORDER = {11: "C1", 38: "100", 55: "ABC", 54: "1"}


def fills(rig: Rig) -> list[str]:
    """ExecIDs of the fills the engine committed, in order."""
    return [each.exec_id for each in rig.engine.of("C1") if each.kind.value == "fill"]


@pytest.mark.parametrize("part", range(1, 10))
def test_f01_a_report_cut_in_the_middle_is_sent_again_and_applied_once(rig: Rig, part: int) -> None:
    rig.peer.start()
    rig.start().ready()
    peer = rig.peer
    pairs = peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")])
    seq = peer.skip("8", pairs)
    data = peer.encode("8", seq, pairs)
    peer.write_bytes(data[: len(data) * part // 10])
    peer.cut()
    rig.engine.wait("the fill", lambda: fills(rig) == ["E1"])
    assert rig.query("SELECT count(*), sum(poss_dup) FROM rows WHERE kind = 'in'") == [(1, 1)]


def test_f02_a_gap_is_asked_for_and_filled_in_order(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    for skipped in (True, True, False, False):
        pairs = rig.peer.report_pairs(ORDER, "F", "1", [(32, "1"), (31, "10")])
        (rig.peer.skip if skipped else rig.peer.send)("8", pairs)
    rig.engine.wait("all fills", lambda: fills(rig) == ["E1", "E2", "E3", "E4"])
    assert [tags[7] for tags in rig.peer.of_type("2")] == [
        str(rig.peer.next_out - 4)
    ] or rig.peer.of_type("2")


def test_f02_orders_wait_while_a_gap_is_open(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    released: list[bool] = []
    rig.peer.before_resend = lambda: released.append(bool(rig.peer.executed))
    rig.peer.skip("8", rig.peer.report_pairs(ORDER, "0", "0"))
    rig.peer.report(ORDER, "0", "0")
    rig.engine.instruct(order("C9"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C9") == ["new"])
    assert rig.peer.executed == ["C9"]


@pytest.mark.parametrize("applied", [True, False])
def test_f06_poss_dup_is_applied_only_if_it_is_news(rig: Rig, applied: bool) -> None:
    rig.peer.start()
    rig.start().ready()
    pairs = rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")])
    seq = (rig.peer.send if applied else rig.peer.skip)("8", pairs)
    if applied:
        rig.engine.wait("the fill", lambda: fills(rig) == ["E1"])
    rig.peer.write_bytes(rig.peer.encode("8", seq, pairs, duplicate=True))
    rig.peer.report(ORDER, "4", "4")
    rig.engine.wait("what follows", lambda: "canceled" in rig.engine.kinds("C1"))
    assert fills(rig) == ["E1"]


def test_f08_an_order_made_while_logged_off_leaves_after_the_logon_once(rig: Rig) -> None:
    rig.start()
    rig.engine.instruct(order("C1"))
    rig.until("stored", lambda: rig.query("SELECT state FROM instructions") == [("READY",)])
    rig.peer.start()
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    assert rig.peer.executed == ["C1"]
    assert [tags.get(43) for tags in rig.peer.of_type("D")] == [None]


def test_f08_a_stale_order_is_reported_not_sent(rig: Rig) -> None:
    rig.start()
    soon = datetime.now(UTC) + timedelta(seconds=1)
    rig.engine.instruct(order("C1", not_after=soon))
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C1") == ["not_sent"])
    rig.peer.start()
    rig.ready()
    rig.engine.instruct(order("C2"))
    rig.engine.wait("the next", lambda: rig.engine.kinds("C2") == ["new"])
    assert rig.peer.executed == ["C2"]


def test_f08_an_order_canceled_before_it_left_never_leaves(rig: Rig) -> None:
    rig.start()
    first = order("C1")
    cancel = replace(first, kind=InstructionKind.CANCEL, cl_ord_id="C2", orig_cl_ord_id="C1")
    rig.engine.instruct(first, cancel)
    rig.engine.wait("both resolved", lambda: rig.engine.outcomes("C2") == ["not_sent"])
    assert rig.engine.outcomes("C1") == ["not_sent"]
    rig.peer.start()
    rig.ready()
    assert rig.peer.executed == []


@pytest.mark.parametrize("answered", [True, False])
def test_f09_a_resend_request_does_not_repeat_an_order(rig: Rig, answered: bool) -> None:
    rig.peer.silent = not answered
    rig.peer.poss_dup_is_new = True
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.peer.wait("the order", lambda: rig.peer.executed == ["C1"])
    if answered:
        rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    else:
        rig.engine.wait("sent", lambda: rig.engine.outcomes("C1") == ["sent"])
    rig.peer.send("2", [(7, "1"), (16, "0")])
    rig.peer.wait("a gap fill", lambda: rig.peer.of_type("4"))
    rig.engine.instruct(order("C2"))
    rig.peer.wait("the next order", lambda: "C2" in rig.peer.executed)
    assert rig.peer.executed == ["C1", "C2"]
    if not answered:
        rig.engine.wait("doubt, told", lambda: rig.engine.outcomes("C1") == ["sent", "unknown"])
        rig.engine.wait("the answer", lambda: "status" in rig.engine.kinds("C1"))


def test_t2b_a_peer_that_takes_poss_dup_for_new_gets_each_order_once(rig: Rig) -> None:
    """Start before the peer, let orders queue, and let the peer ask for everything again."""
    rig.peer.poss_dup_is_new = rig.peer.eager = True
    rig.start()
    names = [f"C{number}" for number in range(6)]
    rig.engine.instruct(*(order(name) for name in names))
    rig.until("stored", lambda: rig.query("SELECT count(*) FROM instructions") == [(6,)])
    rig.kill()
    store = rig.folder / "fix" / "main" / "store"
    (seqnums,) = store.glob("*.seqnums")
    seqnums.write_text(f"{8:020d} : {1:020d}")  # numbers burnt before: our Logon is too high
    rig.start()
    rig.peer.start()
    for name in names:
        rig.engine.wait(name, lambda name=name: rig.engine.kinds(name) == ["new"])  # type: ignore[misc]
    assert sorted(rig.peer.executed) == names


def test_f11_a_garbled_message_is_never_taken_for_one_that_was_refused(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    pairs = rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")])
    garbled = rig.peer.encode("8", 1, pairs).replace(b"\x0132=100\x01", b"\x0132=900\x01")
    rig.peer.write_bytes(garbled)
    rig.until("it was dropped", lambda: "garbled_message_dropped" in rig.errors())
    rig.peer.report(ORDER, "4", "4")
    rig.engine.wait("what follows", lambda: rig.engine.kinds("C1") == ["canceled"])


@pytest.mark.parametrize("text", ["the day is over", ""])
def test_f02_a_logout_over_a_gap_does_not_count_as_what_is_missing(rig: Rig, text: str) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.peer.skip("8", rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")]))
    rig.peer.send("5", [(58, text)] if text else [])
    rig.engine.wait("the fill", lambda: fills(rig) == ["E1"])


@pytest.mark.parametrize("tag", [49, 56])
def test_f14_a_fill_with_a_wrong_comp_id_becomes_a_break(rig: Rig, tag: int) -> None:
    rig.peer.start()
    rig.start().ready()
    right = {49: rig.peer.us, 56: rig.peer.them}
    pairs = rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")])
    seq = rig.peer.skip("8", pairs)
    if tag == 49:
        rig.peer.us = "SOMEONE"
    else:
        rig.peer.them = "SOMEONE"
    wrong = rig.peer.encode("8", seq, pairs)
    rig.peer.us, rig.peer.them = right[49], right[56]
    rig.peer.write_bytes(wrong)
    rig.engine.wait("the break", lambda: len(rig.engine.unreadable()) == 1)
    assert "CompIDs" in rig.engine.unreadable()[0].reason
    rig.engine.wait("ready again", lambda: rig.engine.ready("peer"))
    assert fills(rig) == []


def test_f12_an_exception_over_a_message_parks_it_and_the_session_goes_on(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.peer.send("8", rig.peer.report_pairs(ORDER, "F", "1", [(32, "ten"), (31, "1")]))
    rig.peer.send("8", [(37, "O1"), (11, "C1"), (17, "E2"), (150, "Z"), (39, "Z")])
    rig.peer.send("AE", [(571, "T1"), (453, "2"), (448, "a"), (448, "b")])
    rig.peer.report(ORDER, "0", "0")
    rig.engine.wait("the next report", lambda: rig.engine.kinds("C1") == ["new"])
    reasons = [each.reason for each in rig.engine.unreadable()]
    assert len(reasons) == 3
    assert "tag 32 is 'ten'" in reasons[0]
    assert "ExecType" in reasons[1]
    assert "|17=E2|" in rig.engine.unreadable()[1].raw
    assert rig.peer.of_type("j") == rig.peer.of_type("3") == []


@pytest.mark.parametrize("missing", [6, 14, 31, 37, 38, 39, 54, 55, 60, 151])
def test_f13_a_missing_field_is_never_answered_with_a_reject(rig: Rig, missing: int) -> None:
    rig.peer.start()
    rig.start().ready()
    pairs = rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")])
    rig.peer.send("8", [pair for pair in pairs if pair[0] != missing])
    rig.engine.wait("the fill", lambda: fills(rig) == ["E1"])
    assert rig.peer.of_type("j") == rig.peer.of_type("3") == []


@pytest.mark.parametrize(
    "odd",
    [
        [(20001, "x")],
        [(9999, "y")],
        [(58, "")],
        [(453, "2"), (448, "a"), (447, "D"), (452, "1"), (448, "b")],
        [(453, "3"), (448, "a")],
        [(39, "Z")],
        [(1234, "a"), (1234, "b")],  # a group nobody told us about
    ],
)
def test_f13_odd_fields_reach_us_with_the_fill(rig: Rig, odd: list[tuple[int, str]]) -> None:
    rig.peer.start()
    rig.start().ready()
    pairs = rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")])
    tags = {tag for tag, _ in odd}
    rig.peer.send("8", [pair for pair in pairs if pair[0] not in tags] + odd)
    rig.engine.wait("the fill", lambda: fills(rig) == ["E1"])


def test_f15_a_second_gateway_is_refused(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    same_folder, same_session = rig.spawn(), rig.spawn(group="other")
    for second in (same_folder, same_session):
        assert second.wait(timeout=20) == 3
        assert second.stdout is not None
        second.stdout.close()
    assert rig.process is not None
    assert f"held by another gateway, process {rig.process.pid}" in rig.errors()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("still at work", lambda: rig.engine.kinds("C1") == ["new"])


def test_f16_injected_tags_do_not_leave(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1", text="hi\x01100=XEVIL"), order("C2"))
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C1") == ["not_sent"])
    rig.engine.wait("the next order", lambda: rig.engine.kinds("C2") == ["new"])
    assert rig.peer.executed == ["C2"]
    assert "not_encodable" in rig.engine.sends("C1")[0].reason


def test_f04_a_number_too_low_halts_the_session_until_a_person_releases_it(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.peer.report(ORDER, "0", "0")
    rig.engine.wait("a report", lambda: rig.engine.kinds("C1") == ["new"])
    rig.kill()
    rig.peer.next_out = 1  # the peer lost its store
    rig.peer.sent.clear()
    rig.start()

    def halted() -> bool:
        state = rig.engine.state("peer")
        return state is not None and "halted: MsgSeqNum too low" in state.detail

    rig.engine.wait("the halt", halted)
    logons = len(rig.peer.of_type("A"))
    rig.kill()
    rig.start()
    rig.engine.wait("still halted", halted)
    assert len(rig.peer.of_type("A")) == logons
    rig.engine.act("peer", "set_sequence", rig.peer.next_out)
    rig.engine.act("peer", "logon")
    rig.ready()
    rig.engine.instruct(order("C2"))
    rig.engine.wait("work", lambda: rig.engine.kinds("C2") == ["new"])


@pytest.mark.parametrize("same", [True, False])
def test_f04_a_message_that_we_have_once_more_halts_nothing(rig: Rig, *, same: bool) -> None:
    rig.peer.start()
    rig.start().ready()
    seq = rig.peer.report(ORDER, "0", "0")
    rig.engine.wait("a report", lambda: rig.engine.kinds("C1") == ["new"])
    msg_type, pairs = rig.peer.sent[seq]
    rig.peer.again(msg_type, seq, pairs if same else [*pairs, (58, "another")])
    rig.engine.wait("the end", lambda: rig.peer.of_type("5"))

    def settled() -> bool:
        state = rig.engine.state("peer")
        halted = state is not None and "halted: MsgSeqNum too low" in state.detail
        return len(rig.peer.of_type("A")) == 2 if same else halted

    rig.engine.wait("the next connection, or the halt", settled)
    if same:
        rig.ready().engine.instruct(order("C2"))
        rig.engine.wait("work", lambda: rig.engine.kinds("C2") == ["new"])
        assert rig.engine.kinds("C1") == ["new"]


def test_f05_a_gateway_that_dies_right_after_a_reset_does_not_ask_for_all_messages(
    rig: Rig,
) -> None:
    peer = rig.peer
    peer.start()
    rig.start().ready()
    ((before,),) = rig.query("SELECT epoch FROM sessions")
    peer.send("4", [(36, "5000")])
    numbers = "SELECT next_in FROM sessions WHERE epoch > ?"
    rig.until("the new epoch", lambda: rig.query(numbers, before))
    assert rig.query(numbers, before) == [(5000,)]
    rig.kill()
    peer.next_out = 5000
    asked = len(peer.of_type("2"))
    rig.start().ready()
    assert len(peer.of_type("2")) == asked


def test_f05_a_reset_by_the_peer_halts_unless_it_was_agreed(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.peer.report(ORDER, "0", "0")
    rig.engine.wait("a report", lambda: rig.engine.kinds("C1") == ["new"])
    rig.kill()
    rig.peer.next_out = rig.peer.next_in = 1
    rig.peer.logon_extra = [(141, "Y")]
    rig.start()
    rig.engine.wait(
        "the halt",
        lambda: (state := rig.engine.state("peer")) is not None and "not agreed" in state.detail,
    )


def test_an_engine_that_is_down_stops_no_report(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.engine.stop()
    for _ in range(50):
        rig.peer.fill(ORDER)
    rig.until("absorbed", lambda: rig.query("SELECT count(*) FROM rows") == [(50,)])
    rig.engine.start()
    rig.engine.wait("all of them", lambda: len(fills(rig)) == 50)
    assert fills(rig) == [f"E{number}" for number in range(1, 51)]


def test_the_kill_file_stops_orders_and_lets_cancels_pass(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    first = order("C1")
    rig.engine.instruct(first)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    (rig.folder / "kill").touch()
    rig.engine.instruct(
        order("C2"),
        replace(first, kind=InstructionKind.CANCEL, cl_ord_id="C3", orig_cl_ord_id="C1"),
    )
    rig.engine.wait("the cancel", lambda: rig.engine.kinds("C3") == ["canceled"])
    assert rig.engine.outcomes("C2") == ["not_sent"]
    assert rig.engine.sends("C2")[0].reason.startswith("killed")
    assert rig.peer.executed == ["C1"]


def test_k02_the_guard_sums_over_the_placements_of_an_order(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    half = {"order_id": "ord_1", "quantity": Decimal(60), "approved_quantity": Decimal(100)}
    rig.engine.instruct(order("C1", **half), order("C2", **half))
    rig.engine.wait("the refusal", lambda: rig.engine.outcomes("C2") == ["not_sent"])
    assert rig.engine.sends("C2")[0].reason.startswith("over_approved")
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    assert rig.peer.executed == ["C1"]


def test_a_repeated_cl_ord_id_becomes_a_break_and_does_not_leave(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"), order("C1", order_id="ord_2", placement_id="plc_2"))
    rig.engine.wait("the break", lambda: len(rig.engine.unreadable()) == 1)
    assert "repeats ClOrdID C1" in rig.engine.unreadable()[0].reason
    rig.engine.wait("the first one's ack", lambda: rig.engine.kinds("C1") == ["new"])
    assert rig.peer.executed == ["C1"]
    rig.engine.wait("the send report", lambda: rig.engine.outcomes("C1") == ["sent"])


def test_a_session_reject_names_the_order_it_refused(rig: Rig) -> None:
    peer = rig.peer
    peer.on_order = lambda tags: peer.send("3", [(45, tags[34]), (372, "D"), (373, "5")])
    peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the reject", lambda: rig.engine.kinds("C1") == ["session_rejected"])
    peer.on_order = lambda tags: peer.send("j", [(45, tags[34]), (372, "D"), (380, "3")])
    rig.engine.instruct(order("C2"))
    rig.engine.wait("the reject", lambda: rig.engine.kinds("C2") == ["session_rejected"])
    assert rig.query("SELECT closed FROM placements") == [("rejected",), ("rejected",)]


def test_an_unanswered_order_is_asked_about_and_twice_unknown_is_not_sent(rig: Rig) -> None:
    peer = rig.peer
    peer.silent = True
    peer.on_status = lambda tags: peer.report(tags, "I", "8", [(103, "5")])
    peer.start()
    rig.recovery["answer_timeout_s"] = 1
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait(
        "the proof", lambda: rig.engine.outcomes("C1") == ["sent", "unknown", "not_sent"]
    )
    assert [tags[11] for tags in peer.of_type("H")] == ["C1", "C1"]


def test_after_a_gap_every_open_order_is_asked_about(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"), order("C2"))
    rig.engine.wait("acks", lambda: rig.engine.kinds("C2") == ["new"])
    rig.peer.cut()
    rig.peer.skip("8", rig.peer.report_pairs({**ORDER, 11: "C2"}, "4", "4"))
    rig.engine.wait("statuses", lambda: "status" in rig.engine.kinds("C1"))
    asked = {tags[11] for tags in rig.peer.of_type("H")}
    assert asked == {"C1"}  # C2's cancel came with the gap, before we asked


def test_mass_status_where_the_dialect_has_it(rig: Rig) -> None:
    rig.recovery["mass_status"] = True
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    assert rig.stop() == 0
    rig.start().ready()
    rig.peer.wait("AF", lambda: [tags[585] for tags in rig.peer.of_type("AF")] == ["7"])


@pytest.mark.parametrize("begin_string", ["FIX.4.2"])
def test_fix_42_end_to_end(rig: Rig, peer: Counterparty, begin_string: str) -> None:
    peer.begin_string = begin_string
    peer.fill_after_ack = True
    rig.dialect["reports"] = {"exec_style": "4.2"}
    peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the fill", lambda: rig.engine.kinds("C1") == ["new", "fill"])
    assert (peer.of_type("D")[0][21], peer.of_type("D")[0][55]) == ("1", "ABC")


def test_f10_a_line_that_went_dead_is_noticed_and_what_waits_leaves_once_afterwards(
    rig: Rig,
) -> None:
    rig.session["heartbeat_s"] = 1
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.peer.deaf = True
    rig.engine.wait("notice", lambda: not rig.engine.ready("peer"), timeout_s=60)
    rig.engine.instruct(order("C2"))
    rig.peer.deaf = False
    rig.engine.wait("a new connection", lambda: rig.engine.ready("peer"), timeout_s=60)
    rig.engine.wait(
        "the order that waited", lambda: rig.engine.kinds("C2") == ["new"], timeout_s=60
    )
    assert rig.peer.executed == ["C1", "C2"]
