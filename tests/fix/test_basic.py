"""The plain way through: order out, reports in, stop."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tests.fix.counterparty import Counterparty
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


def test_another_instruction_under_a_number_that_is_kept_makes_the_gateway_attach_anew(
    rig: Rig,
) -> None:
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    times = len(rig.engine.attached)
    rig.engine.outbox.clear()  # a database that lost its end uses number 1 again
    rig.engine.instruct(order("C2"))
    rig.engine.wait("another attachment", lambda: len(rig.engine.attached) > times)
    assert rig.engine.attached[-1].number == 1
    assert rig.query("SELECT cl_ord_id FROM instructions") == [("C1",)]


def test_two_sessions_in_one_process_do_not_mix(rig: Rig) -> None:
    other = Counterparty(us="PEER2").start()
    try:
        config = rig.configure()
        text = (config / "sessions" / "peer.yaml").read_text()
        text = text.replace("name: peer", "name: second").replace("PEER", "PEER2")
        text = text.replace(f"port: {rig.peer.port}", f"port: {other.port}")
        (config / "sessions" / "second.yaml").write_text(text)
        rig.sessions = ["peer", "second"]
        rig.peer.start()
        rig.start().ready()
        rig.engine.wait("the second", lambda: rig.engine.ready("second"))
        rig.engine.instruct(order("C1"), order("C2", session="second"), order("C3"))
        for name in ("C1", "C2", "C3"):
            rig.engine.wait(name, lambda name=name: rig.engine.kinds(name) == ["new"])  # type: ignore[misc]
        assert (rig.peer.executed, other.executed) == (["C1", "C3"], ["C2"])
        rig.engine.stop()
        for _ in range(20):
            rig.peer.fill({11: "C3", 38: "1"})
        rig.until("absorbed", lambda: rig.query("SELECT count(*) FROM rows") == [(26,)])
        rig.engine.start()
        rig.engine.wait("the fills", lambda: len(rig.engine.of("C3")) == 21)
        assert rig.engine.of("C2")[0].session == "second"
        assert rig.stop() == 0
    finally:
        other.stop()
