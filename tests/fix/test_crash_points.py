"""kill -9 at every named point, then a new process: each order and each fill counts once.

C.. are the rows of the reliability list, section 3.1. The counterparty lives on, its ledger is the
witness; so does the engine stub, which commits each row of the wire journal once.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fix.engine_stub import order
from tests.fix.rig import Rig
from tradeoms.app.faults import Point
from tradeoms.app.instruction import InstructionKind

pytestmark = pytest.mark.slow
ORDER = {11: "C1", 38: "100", 55: "ABC", 54: "1"}

#: point, what the journal says of the order after the crash
OUTBOUND = [
    pytest.param(Point.STORED_BEFORE_CLAIM, "READY", id="c05"),
    pytest.param(Point.CLAIMED_BEFORE_SEND, "CLAIMED", id="c06"),
    pytest.param(Point.JOURNALED_BEFORE_STORE, "CLAIMED", id="c07-before-the-store"),
    pytest.param(Point.SENT_BEFORE_MARK, None, id="c08"),
    pytest.param(Point.MARKED_BEFORE_REPORT, None, id="c09"),
]


@pytest.mark.parametrize("poss_dup_is_new", [False, True])
@pytest.mark.parametrize(("point", "state"), OUTBOUND)
def test_c05_c06_c08_c09_an_order_reaches_the_market_once(
    rig: Rig, point: Point, state: str | None, poss_dup_is_new: bool
) -> None:
    rig.peer.poss_dup_is_new = poss_dup_is_new
    rig.peer.start()
    rig.start(fault=point).ready()
    rig.engine.instruct(order("C1"))
    rig.died()
    if state is not None:
        assert rig.query("SELECT state FROM instructions") == [(state,)]
    rig.start()
    rig.engine.wait("the ack", lambda: "new" in rig.engine.kinds("C1"))
    rig.engine.wait("the send report", lambda: "sent" in rig.engine.outcomes("C1"))
    rig.engine.instruct(order("C2"))
    rig.engine.wait("the next order", lambda: rig.engine.kinds("C2") == ["new"])
    assert rig.peer.executed == ["C1", "C2"]
    assert rig.engine.kinds("C1").count("new") == 1


@pytest.mark.parametrize("outstanding", ["one", "chained"])
def test_c06_a_replace_that_was_claimed_and_did_not_leave_leaves_once(
    rig: Rig, outstanding: str
) -> None:
    rig.dialect["replace"] = {"outstanding": outstanding}
    rig.peer.start()
    rig.start().ready()
    first = order("C1", approved_quantity=Decimal(1000))
    rig.engine.instruct(first)
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1") == ["new"])
    rig.kill()
    rig.start(fault=Point.CLAIMED_BEFORE_SEND).ready()
    asked = replace(
        first, kind=InstructionKind.REPLACE, cl_ord_id="C2", orig_cl_ord_id="C1",
        quantity=Decimal(200),
    )  # fmt: skip
    rig.engine.instruct(asked)
    rig.died()
    assert rig.query("SELECT state FROM instructions WHERE cl_ord_id = 'C2'") == [("CLAIMED",)]
    rig.start()
    rig.engine.wait("the answer", lambda: "replaced" in rig.engine.kinds("C2"))
    (left,) = rig.peer.of_type("G")
    assert (left[11], left[41], left[38]) == ("C2", "C1", "200")


def _cut_at_order(rig: Rig) -> None:
    """The network dies under the order: stored and numbered here, never seen there."""
    rig.peer.silent = True
    taken = rig.peer._take

    def lose(raw: str) -> None:
        if "\x0135=D\x01" in raw:
            rig.peer.cut()
            return
        taken(raw)

    rig.peer._take = lose  # type: ignore[method-assign]  # the network of this test
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("sent", lambda: rig.engine.outcomes("C1") == ["sent"])
    rig.peer._take = taken  # type: ignore[method-assign]
    rig.peer.silent = False


def test_c07_a_fresh_order_lost_on_the_way_is_sent_again(rig: Rig) -> None:
    _cut_at_order(rig)
    rig.engine.wait("the ack", lambda: "new" in rig.engine.kinds("C1"))
    assert rig.peer.executed == ["C1"]
    assert rig.peer.of_type("D")[0][43] == "Y"


def test_c07_a_stale_order_lost_on_the_way_is_not_sent_again(rig: Rig) -> None:
    rig.recovery["stale_after_s"] = 0
    _cut_at_order(rig)
    rig.engine.wait(
        "the proof", lambda: rig.engine.outcomes("C1") == ["sent", "unknown", "not_sent"]
    )
    assert rig.peer.executed == []
    assert [tags[11] for tags in rig.peer.of_type("H")] == ["C1", "C1"]


#: point, commit, messages on disk after the crash
INBOUND = [
    pytest.param(Point.RECEIVED_BEFORE_COMMIT, "each", 0, id="c10"),
    pytest.param(Point.COMMITTED_BEFORE_RETURN, "each", 1, id="c11"),
    pytest.param(Point.RECEIVED_BEFORE_COMMIT, "group", 0, id="c10-group"),
    pytest.param(Point.COMMITTED_BEFORE_RETURN, "group", None, id="c11-group"),
]


@pytest.mark.parametrize(("point", "commit", "rows"), INBOUND)
def test_c10_c11_a_fill_is_booked_once(
    rig: Rig, point: Point, commit: str, rows: int | None
) -> None:
    rig.dialect["reports"] = {"commit": commit}
    rig.peer.start()
    rig.start(fault=point).ready()
    rig.peer.fill(ORDER)
    rig.died()
    if rows is not None:
        assert rig.query("SELECT count(*) FROM rows WHERE kind = 'in'") == [(rows,)]
    rig.start().ready()
    rig.engine.wait("the fill", lambda: rig.engine.kinds("C1") == ["fill"])
    rig.peer.report(ORDER, "4", "4")
    rig.engine.wait("what follows", lambda: rig.engine.kinds("C1") == ["fill", "canceled"])
    assert rig.peer.of_type("2"), "the number had moved before the message was durable"


def test_c12_reports_in_flight_in_group_commit_are_sent_again_after_kill(rig: Rig) -> None:
    """A storm of fills, killed in the middle, several times: each is booked once."""
    rig.dialect["reports"] = {"commit": "group"}
    rig.peer.start()
    rig.start().ready()
    count = 1_500
    storm = threading.Thread(
        target=lambda: [
            rig.peer.report(ORDER, "F", "1", [(32, "1"), (31, "1")]) for _ in range(count)
        ]
    )
    storm.start()
    for part in (1, 2, 3):
        rig.engine.wait("some of them", lambda part=part: len(rig.engine.of("C1")) > part * 200)  # type: ignore[misc]
        rig.kill()
        rig.start()
    storm.join()
    rig.engine.wait("all of them", lambda: len(rig.engine.of("C1")) >= count, timeout_s=40)
    assert sorted(each.exec_id for each in rig.engine.of("C1")) == sorted(
        f"E{number}" for number in range(1, count + 1)
    )


def test_c12_numbers_ahead_of_the_journal_are_set_back(rig: Rig) -> None:
    """As if the store had counted a message that the journal never got."""
    rig.peer.start()
    rig.start().ready()
    rig.kill()
    rig.peer.skip("8", rig.peer.report_pairs(ORDER, "F", "2", [(32, "100"), (31, "10")]))
    (seqnums,) = (rig.folder / "fix" / "main" / "store").glob("*.seqnums")
    sender, target = (int(part) for part in seqnums.read_text().split(" : "))
    seqnums.write_text(f"{sender:020d} : {target + 5:020d}")
    rig.start()
    rig.engine.wait("the fill", lambda: rig.engine.kinds("C1") == ["fill"])


def test_c13_a_frame_that_was_not_acknowledged_is_sent_again(rig: Rig) -> None:
    rig.peer.start()
    rig.start(fault=Point.FRAMED_BEFORE_WATERMARK).ready()
    rig.peer.fill(ORDER)
    rig.died()
    rig.start().ready()
    rig.engine.wait("sent again", lambda: rig.engine.repeated_rows >= 1)
    assert rig.engine.kinds("C1") == ["fill"]


@pytest.mark.parametrize("damage", ["removed", "garbled", "torn"])
def test_c18_a_lost_store_is_rebuilt_and_every_open_request_asked_for(
    rig: Rig, damage: str
) -> None:
    rig.peer.silent = True
    rig.peer.start()
    rig.start().ready()
    rig.engine.instruct(order("C1"))
    rig.engine.wait("sent", lambda: rig.engine.outcomes("C1") == ["sent"])
    rig.kill()
    store = rig.folder / "fix" / "main" / "store"
    for path in store.iterdir():
        if damage == "removed":
            path.unlink()
        elif damage == "garbled" and path.suffix == ".seqnums":
            path.write_text("garbage")
        elif damage == "torn" and path.suffix == ".body":
            path.write_bytes(path.read_bytes()[:40])
    rig.peer.silent = False
    rig.start()
    rig.engine.wait("doubt", lambda: rig.engine.outcomes("C1") == ["sent", "unknown"])
    rig.engine.wait("the answer", lambda: "status" in rig.engine.kinds("C1"))
    rig.engine.instruct(order("C2"))
    rig.engine.wait("the next order", lambda: rig.engine.kinds("C2") == ["new"])
    assert rig.peer.executed == ["C1", "C2"]


def test_c18_after_a_power_cut_a_claimed_order_is_asked_for_and_not_sent_again(rig: Rig) -> None:
    rig.peer.start()
    rig.start(fault=Point.JOURNALED_BEFORE_STORE).ready()
    rig.engine.instruct(order("C1"))
    rig.died()
    wire = rig.folder / "fix" / "main" / "wire.db"
    with contextlib.closing(sqlite3.connect(wire, isolation_level=None)) as db:
        db.execute("UPDATE meta SET value = 'another boot' WHERE key = 'boot_id'")
    rig.start()
    rig.engine.wait("the proof", lambda: rig.engine.outcomes("C1") == ["unknown", "not_sent"])
    assert rig.peer.executed == []
