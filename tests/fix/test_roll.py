"""A session that ends and begins by its timetable while the gateway runs, and while it does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.fix.counterparty import Tags
from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.kernel.enums import TimeInForce

pytestmark = pytest.mark.slow
TOKYO = ZoneInfo("Asia/Tokyo")


def clock(in_s: int) -> str:
    return f"{datetime.now(TOKYO) + timedelta(seconds=in_s):%H:%M:%S}"


def ends_in(rig: Rig, end_s: int, pause_s: int, **more: object) -> None:
    """The session ends so soon, and the next begins a little later."""
    rig.session["schedule"] = {
        "start": clock(end_s + pause_s), "end": clock(end_s), "zone": "Asia/Tokyo", **more,
    }  # fmt: skip


def logons(rig: Rig) -> list[str]:
    """MsgSeqNum of every Logon."""
    return [tags[34] for tags in rig.peer.of_type("A")]


def restate(rig: Rig) -> None:
    """In the new session the counterparty restates what lives for days (FIX 4.4 Vol. 4, GT)."""

    def answer(tags: Tags) -> None:
        if tags[11] == "GTC":
            rig.peer.report(tags, "D", "0", [(378, "1")])
        else:
            rig.peer.report(tags, "C", "C")

    rig.peer.on_status = answer


def test_f19_a_session_ends_and_the_next_begins_with_new_numbers(rig: Rig) -> None:
    rig.peer.resets_at_logout = True
    restate(rig)
    rig.peer.start()
    ends_in(rig, 20, 4)
    rig.start().ready()
    rig.engine.instruct(order("DAY"))
    rig.engine.instruct(order("GTC", time_in_force=TimeInForce.GTC))
    rig.engine.wait("both acks", lambda: rig.engine.kinds("GTC") == ["new"])
    rig.engine.wait("both acks", lambda: rig.engine.kinds("DAY") == ["new"])
    before = rig.query("SELECT epoch FROM sessions")[0][0]
    rig.peer.wait("the end", lambda: rig.peer.of_type("5"), 60)
    assert "end of session: the next session starts" in rig.peer.of_type("5")[0][58]
    rig.engine.instruct(order("LATER"))  # between two sessions it waits
    rig.engine.wait("the next session", lambda: rig.engine.kinds("LATER") == ["new"], timeout_s=60)
    assert logons(rig)[0] == logons(rig)[-1] == "1"
    assert rig.query("SELECT epoch FROM sessions") == [(int(str(before)) + 1,)]
    rig.engine.wait(
        "restated", lambda: rig.engine.kinds("GTC") == ["new", "restated"], timeout_s=60
    )
    rig.engine.wait("expired", lambda: rig.engine.kinds("DAY") == ["new", "expired"], timeout_s=60)
    assert rig.peer.executed == ["DAY", "GTC", "LATER"], "each once"


def test_f19_numbers_that_never_start_anew_go_on_after_the_pause(rig: Rig) -> None:
    rig.peer.start()
    ends_in(rig, 15, 3, reset="never")
    rig.start().ready()
    rig.peer.wait("the end", lambda: rig.peer.of_type("5"), 60)
    last = int(rig.peer.of_type("5")[0][34])
    rig.peer.wait("the next Logon", lambda: len(logons(rig)) > 1, 60)
    assert int(logons(rig)[1]) > last
    rig.ready()


def test_f19_a_gateway_that_was_down_over_the_roll_starts_the_numbers_anew(rig: Rig) -> None:
    rig.peer.start()
    ends_in(rig, 3_600, 60)
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    assert rig.stop() == 0
    rig.peer.next_in = rig.peer.next_out = 1
    rig.peer.sent.clear()
    seen = len(logons(rig))
    ends_in(rig, 3_000, 3_300)  # the session of now began at another time than the one before
    rig.start().ready()
    assert logons(rig)[seen] == "1"
    rig.peer.wait("the question", lambda: "C1" in [t[11] for t in rig.peer.of_type("H")], 60)
    assert rig.peer.executed == ["C1"]


def test_a_gateway_that_starts_between_two_sessions_waits(rig: Rig) -> None:
    rig.peer.start()
    ends_in(rig, -60, 3_600)
    rig.start()
    told = "the session is over: the next session starts"
    rig.engine.wait("its word", lambda: told in rig.engine.states["peer"].detail
                    if "peer" in rig.engine.states else "", timeout_s=60)  # fmt: skip
    assert not rig.peer.of_type("A")
    assert rig.stop() == 0
