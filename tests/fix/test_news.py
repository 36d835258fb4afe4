"""News from a counterparty: kept, shown, and the marker behind which requests may leave."""

from __future__ import annotations

from tests.fix.counterparty import Pairs
from tests.fix.engine_stub import order
from tests.fix.rig import Rig

#: The keys of a dialect that are shown here.
KEYS = {"recovery.marker", "recovery.marker_wait_s"}
MARKER = "Recovery is Complete"


def news(headline: str, *lines: str) -> Pairs:
    return [(148, headline), (33, str(len(lines))), *((58, line) for line in lines)]


def shown(rig: Rig) -> list[tuple[str, str]]:
    state = rig.engine.state("peer")
    return [] if state is None else [(each.headline, each.text) for each in state.news]


def test_news_is_kept_over_a_restart_and_shown_with_its_session(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.peer.send("B", news("Halt", "ABC is halted", "until noon"))
    rig.peer.send("C", [(94, "0"), (147, "Hello"), (33, "1"), (58, "who are you?")])
    expected = [("Halt", "ABC is halted\nuntil noon"), ("Hello", "who are you?")]
    rig.engine.wait("both", lambda: shown(rig) == expected, timeout_s=60)
    rig.kill()
    rig.start().ready()
    rig.engine.wait("both again", lambda: shown(rig) == expected, timeout_s=60)
    assert not rig.engine.reports, "it changes no order and is no break"


def test_nothing_leaves_before_the_recovery_marker_of_this_connection(rig: Rig) -> None:
    rig.recovery |= {"marker": MARKER, "marker_wait_s": 600}
    rig.peer.start()
    rig.start()
    rig.engine.instruct(order("C1"))
    waiting = "waiting for the recovery marker of the counterparty"

    def detail() -> str:
        state = rig.engine.state("peer")
        return state.detail if state is not None else ""

    rig.engine.wait("it waits", lambda: detail() == waiting, timeout_s=60)
    rig.peer.send("B", news("Good morning", "the canteen is open"))
    rig.engine.wait("the other news", lambda: len(shown(rig)) == 1, timeout_s=60)
    assert (detail(), rig.peer.executed) == (waiting, [])
    rig.peer.send("B", news(MARKER, ""))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"], timeout_s=60)
    rig.peer.cut()
    rig.engine.wait("it waits again", lambda: detail() == waiting, timeout_s=60)
    assert not rig.engine.unreadable()


def test_a_marker_that_never_comes_is_a_break_and_stops_nobody_for_ever(rig: Rig) -> None:
    rig.recovery |= {"marker": MARKER, "marker_wait_s": 1}
    rig.peer.start()
    rig.start().ready()
    rig.engine.wait("the break", rig.engine.unreadable, timeout_s=60)
    (told,) = rig.engine.unreadable()
    assert (told.reason, told.raw) == ("no recovery marker in 1 s after the logon", MARKER)
