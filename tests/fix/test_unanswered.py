"""K10: what a counterparty does not answer is told to people, a cancel at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import InstructionKind
from tradeoms.domain.placement.commands import ReportUnanswered


def told(rig: Rig) -> list[str]:
    """ClOrdIDs of the requests that people are told of."""
    return [each.cl_ord_id for each in rig.engine.reports if isinstance(each, ReportUnanswered)]


@pytest.mark.parametrize("asks", [True, False])
def test_k10_a_cancel_that_nobody_answers_is_told_before_any_other_request(
    rig: Rig, *, asks: bool
) -> None:
    peer = rig.peer
    peer.start()
    rig.recovery |= {"answer_timeout_s": 1, "status_request": asks}
    rig.start().ready()
    first = order("C1")
    rig.engine.instruct(first)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    peer.silent = True
    peer.on_status = lambda _tags: None
    cancel = replace(first, kind=InstructionKind.CANCEL, cl_ord_id="C2", orig_cl_ord_id="C1")
    rig.engine.instruct(cancel, order("C3"))
    rig.engine.wait("the word", lambda: sorted(told(rig)) == ["C2", "C3"], timeout_s=60)
    if asks:
        assert told(rig) == ["C2", "C3"], "people hear of the cancel first"
        assert [tags[11] for tags in peer.of_type("H")].count("C3") == 3
