"""DontKnowTrade (Q) on the wire: the counterparty's own words, once, whatever dies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import Instruction, InstructionKind

RAW = (
    "8=FIX.4.4|9=1|35=8|34=7|37=O9|17=E9|11=NOT-OURS|55=VOD LN|48=B|22=4|54=2|38=500|32=300"
    "|31=99.50|6=99.5|14=300|151=200|"
)


def dont_know(cl_ord_id: str = "Q1") -> Instruction:
    return replace(
        order(cl_ord_id), kind=InstructionKind.DONT_KNOW, placement_id="", order_id="",
        check_id="", text="no such order here", dk_reason="D", answers=RAW,
    )  # fmt: skip


def test_it_says_the_counterpartys_own_words_and_is_done(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(dont_know())
    rig.engine.wait("it left", lambda: rig.engine.outcomes("Q1") == ["sent"])
    rig.peer.wait("it came", lambda: rig.peer.of_type("Q"))
    (told,) = rig.peer.of_type("Q")
    body = {tag: text for tag, text in told.items() if tag not in (8, 9, 10, 34, 35, 49, 52, 56)}
    assert body == {
        37: "O9", 17: "E9", 55: "VOD LN", 48: "B", 22: "4", 54: "2", 38: "500", 32: "300",
        31: "99.50", 127: "D", 58: "no such order here",
    }  # fmt: skip
    state = rig.engine.state("peer")
    assert state is not None
    assert state.unacknowledged == 0
    rig.kill()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("work", lambda: rig.engine.kinds("C1") == ["new"])
    assert len(rig.peer.of_type("Q")) == 1
    assert rig.peer.of_type("H") == [], "nobody asks for the status of it"


@pytest.mark.parametrize("fault", ["claimed_before_send", "sent_before_mark"])
def test_after_a_crash_it_is_told_though_perhaps_twice(rig: Rig, fault: str) -> None:
    rig.peer.start()
    rig.start(fault).engine.wait("the session", lambda: rig.engine.ready("peer"))
    rig.engine.instruct(dont_know())
    rig.died()
    rig.start().ready()
    rig.engine.wait("it left", lambda: rig.engine.outcomes("Q1") == ["sent"])
    rig.peer.wait("it came", lambda: rig.peer.of_type("Q"))
    assert len(rig.peer.of_type("Q")) in (1, 2)


def test_a_peer_that_does_not_take_it_is_not_told(rig: Rig) -> None:
    rig.dialect = {"reports": {"dont_know": False}}
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(dont_know())
    rig.engine.wait("the answer", lambda: rig.engine.outcomes("Q1") == ["not_sent"])
    assert "takes no DontKnowTrade" in rig.engine.sends("Q1")[0].reason
