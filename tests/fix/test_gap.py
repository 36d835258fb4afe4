"""Which numbers open a gap, and what people hear of one that stands: nothing leaves meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import InstructionKind
from tradeoms.domain.session.commands import ReportGap
from tradeoms.fix.tags import is_between, is_intact, seq_of

#: The key of a dialect that is shown here.
KEYS = {"recovery.gap_wait_s"}
FOREIGN = "the CompIDs (49, 56) are not those of the session"
FILL = {11: "C1", 38: "100", 55: "ABC", 54: "1"}
HEARTBEAT = b"8=FIX.4.4\x019=46\x0135=0\x0149=PEER\x0156=OMS\x0134=3\x0152=20260105-12:00:00\x01"


@pytest.fixture
def up(rig: Rig) -> Rig:
    rig.recovery["gap_wait_s"] = 1
    rig.peer.start()
    return rig.start().ready()


def signed(raw: bytes) -> bytes:
    return raw + f"10={sum(raw) % 256:03d}\x01".encode()


def damaged(raw: bytes) -> bytes:
    """The message with another CheckSum (10)."""
    return raw[:-4] + (b"001\x01" if raw.endswith(b"10=000\x01") else b"000\x01")


def shortened(raw: bytes) -> bytes:
    """The message with a BodyLength (9) that is not its own, and a CheckSum that is."""
    return signed(re.sub(rb"\x019=\d+", b"\x019=20", raw[:-7]))


def gaps(rig: Rig) -> list[tuple[int, int]]:
    """What was told of gaps: the number expected and the highest seen, both 0 for the end."""
    told = [each for each in rig.engine.reports if isinstance(each, ReportGap)]
    return [(each.expected, each.highest) for each in told]


def endless(raw: bytes) -> bytes:
    """The message with a MsgSeqNum (34) that nobody can count to, and the length of before."""
    return re.sub(rb"\x0134=\d+", b"\x0134=" + b"9" * 5_000, raw)


@pytest.mark.parametrize("spoilt", [damaged, shortened, endless])
def test_f11_the_number_of_a_garbled_message_stops_nothing(
    up: Rig, spoilt: Callable[[bytes], bytes]
) -> None:
    first = order("C1")
    up.engine.instruct(first)
    up.engine.wait("the ack", lambda: up.engine.kinds("C1") == ["new"])
    up.peer.write_bytes(spoilt(up.peer.encode("0", 99_999, [])))
    up.until("it was dropped", lambda: "garbled_message_dropped" in up.errors())
    cancel = replace(first, kind=InstructionKind.CANCEL, cl_ord_id="X1", orig_cl_ord_id="C1")
    up.engine.instruct(cancel)
    up.engine.wait("the cancel", lambda: up.engine.kinds("X1") == ["canceled"])
    assert up.peer.logons == 1


def test_f11_a_garbled_message_does_not_take_the_place_of_one_that_waits(up: Rig) -> None:
    peer = up.peer
    pairs = [peer.report_pairs(FILL, "F", "1", [(32, quantity), (31, "10")])
             for quantity in ("1", "2")]  # fmt: skip
    garbled = damaged(peer.encode("8", peer.next_out + 1, [*pairs[1], (58, "another")]))
    peer.before_resend = lambda: peer.write_bytes(garbled)
    peer.skip("8", pairs[0])
    seq = peer.send("8", pairs[1])
    up.engine.wait("both", lambda: up.engine.kinds("C1") == ["fill", "fill"])
    ((kept,),) = up.query("SELECT raw FROM rows WHERE kind = 'in' AND msg_seq_num = ?", seq)
    assert isinstance(kept, bytes)
    assert b"\x0132=2\x01" in kept
    assert b"another" not in kept


def test_f14_the_number_of_another_party_stops_nothing_and_is_a_break(up: Rig) -> None:
    peer = up.peer
    ours, peer.us = peer.us, "SOMEONE"
    wrong = peer.encode("8", 5_000, peer.report_pairs(FILL, "F", "2", [(32, "100"), (31, "10")]))
    peer.us = ours
    peer.write_bytes(wrong)
    up.engine.wait("the break", up.engine.unreadable)
    (told,) = up.engine.unreadable()
    assert (told.reason, "|49=SOMEONE|" in told.raw) == (FOREIGN, True)
    up.engine.wait("the next connection", lambda: peer.logons == 2)
    up.engine.instruct(order("C1"))
    up.engine.wait("the ack", lambda: up.engine.kinds("C1") == ["new"])


def test_a_gap_that_stands_is_told_and_is_over_with_the_next_logon(up: Rig) -> None:
    peer = up.peer
    expected = peer.next_out
    peer.write_bytes(peer.encode("0", 99_999, []))
    up.engine.wait("the word", lambda: gaps(up))
    (told,) = gaps(up)
    assert (told[0] >= expected, told[1]) == (True, 99_999)
    up.engine.instruct(order("C1"))
    up.engine.act("peer", "logout", id="sac_1")
    up.engine.wait("the logout", lambda: (s := up.engine.state("peer")) and not s.logged_on)
    up.engine.act("peer", "logon", id="sac_2")
    up.engine.wait("the ack", lambda: up.engine.kinds("C1") == ["new"])
    up.engine.wait("the end", lambda: gaps(up)[1:] == [(0, 0)])


def test_a_gap_that_was_told_of_ends_for_the_next_gateway_too(up: Rig) -> None:
    up.peer.write_bytes(up.peer.encode("0", 99_999, []))
    up.engine.wait("the word", lambda: gaps(up))
    up.kill()
    up.start().ready()
    up.engine.wait("the end", lambda: gaps(up)[1:] == [(0, 0)])


def test_a_gap_that_is_filled_in_time_is_told_to_nobody(up: Rig) -> None:
    up.peer.skip("8", up.peer.report_pairs(FILL, "0", "0"))
    up.peer.send("8", up.peer.report_pairs(FILL, "F", "2", [(32, "100"), (31, "10")]))
    up.engine.wait("both", lambda: up.engine.kinds("C1") == ["new", "fill"])
    up.ready()
    assert gaps(up) == []


@pytest.mark.parametrize(
    ("raw", "intact"),
    [
        (signed(HEARTBEAT), True),
        (damaged(signed(HEARTBEAT)), False),
        (signed(HEARTBEAT.replace(b"9=46", b"9=47")), False),
        (signed(HEARTBEAT.replace(b"9=46", b"9=")), False),
        (signed(HEARTBEAT)[:-1], False),
        (b"", False),
    ],
)
def test_a_message_is_intact_with_its_length_and_its_sum(raw: bytes, intact: bool) -> None:
    assert is_intact(raw) is intact


def test_a_number_beyond_all_counting_is_none() -> None:
    assert seq_of(HEARTBEAT.replace(b"34=3", b"34=" + b"9" * 18)) == int("9" * 18)
    assert seq_of(HEARTBEAT.replace(b"34=3", b"34=" + b"9" * 19)) == 0


@pytest.mark.parametrize(
    ("raw", "between"),
    [
        (HEARTBEAT, True),
        (HEARTBEAT.replace(b"49=PEER", b"49=PEE"), False),
        (HEARTBEAT.replace(b"49=PEER", b"49=A") + b"49=PEER\x01", False),
        (HEARTBEAT.replace(b"56=OMS", b"57=OMS"), False),
    ],
)
def test_the_first_comp_ids_say_between_whom_a_message_is(raw: bytes, between: bool) -> None:
    assert is_between(raw, sender="PEER", target="OMS") is between
