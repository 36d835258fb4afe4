"""The plain way through: order out, reports in, stop."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.instruction import InstructionKind


def test_an_order_leaves_once_and_its_fill_comes_back(rig: Rig) -> None:
    rig.peer.fill_after_ack = True
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the fill", lambda: rig.engine.kinds("C1") == ["new", "fill"])
    rig.engine.wait("the send report", lambda: rig.engine.outcomes("C1") == ["sent"])
    fill = rig.engine.of("C1")[1]
    assert (fill.last_qty, fill.last_px, fill.broker_order_id) == (
        Decimal(100), Decimal("10.5"), "O-C1",
    )  # fmt: skip
    assert rig.peer.executed == ["C1"]
    assert rig.query("SELECT state FROM instructions") == [("DONE",)]
    assert rig.stop() == 0


def test_replace_and_cancel_follow_the_order(rig: Rig) -> None:
    rig.peer.start()
    rig.start().ready()
    first = order("C1", approved_quantity=Decimal(150))
    rig.engine.instruct(first)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    replaced = replace(
        first, kind=InstructionKind.REPLACE, cl_ord_id="C2", orig_cl_ord_id="C1",
        quantity=Decimal(150), broker_order_id="O-C1",
    )  # fmt: skip
    rig.engine.instruct(replaced)
    rig.engine.wait("the replace", lambda: rig.engine.kinds("C2") == ["replaced"])
    rig.engine.instruct(
        replace(replaced, kind=InstructionKind.CANCEL, cl_ord_id="C3", orig_cl_ord_id="C2")
    )
    rig.engine.wait("the cancel", lambda: rig.engine.kinds("C3") == ["canceled"])
    request = rig.peer.of_type("G")[0]
    assert (request[41], request[38], request[44], request[37]) == ("C1", "150", "10.5", "O-C1")
    assert rig.query("SELECT quantity, closed FROM placements") == [("150", "canceled")]
