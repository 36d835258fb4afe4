"""An order that the counterparty says it does not know: when that proves it was never received."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.fix.counterparty import Tags
from tests.fix.engine_stub import order
from tests.fix.own_book import AT, OwnBook, cancel_of
from tests.fix.rig import Rig
from tradeoms.fix.clock import to_us
from tradeoms.fix.recovery import recover
from tradeoms.fix.requests import State, exposures
from tradeoms.fix.store_files import StorePicture
from tradeoms.kernel.enums import OrdStatus


@pytest.fixture
def book(tmp_path: Path) -> OwnBook:
    return OwnBook(tmp_path)


def open_units(book: OwnBook) -> D:
    """What the placements of the order can still come to, for the guard."""
    found = book.journal.write(lambda db: exposures(db, "ord_C1"))
    return sum((each.units for each in found), D(0))


@pytest.mark.parametrize(
    ("after_s", "raw", "state"),
    [
        (0, "", State.UNKNOWN),
        (9, "", State.UNKNOWN),
        (10, "", State.NOT_SENT),
        (10, "8=FIX.4.4|35=8|43=Y|11=C1|", State.UNKNOWN),
    ],
    ids=["at once", "too soon", "a time to answer later", "an old one again"],
)
def test_a_second_denial_counts_a_time_to_answer_after_the_first(
    book: OwnBook, after_s: int, raw: str, state: State
) -> None:
    book.send(order("C1"))
    book.deny("C1")
    assert (book.request("C1").state, open_units(book)) == (State.UNKNOWN, D(100))
    waiting = book.line.unanswered["C1"]
    assert (waiting.unknown, waiting.asked_us, waiting.asks) == (True, to_us(AT), 0)
    book.deny("C1", after_s=after_s, raw=raw)
    assert book.request("C1").state is state
    assert ("C1" in book.line.unanswered) is (state is State.UNKNOWN)
    assert open_units(book) == (D(0) if state is State.NOT_SENT else D(100))


def test_the_first_denial_is_remembered_by_the_next_process(book: OwnBook) -> None:
    book.send(order("C1"))
    book.deny("C1")
    book.line.unanswered.clear()
    picture = StorePicture(found=True, next_out=3, next_in=3, sent={"C1": 2}, damage="")
    recover(book.line, picture, book.folder, power_cut=False)
    book.deny("C1", after_s=1)
    assert book.request("C1").state is State.UNKNOWN
    book.deny("C1", after_s=10)
    assert book.request("C1").state is State.NOT_SENT


@pytest.mark.parametrize(
    ("said", "state", "units"),
    [
        ({"kind": "new"}, State.DONE, 100),
        ({"kind": "pending_new"}, State.PENDING, 100),
        ({"kind": "status", "ord_status": OrdStatus.NEW}, State.DONE, 100),
        ({"kind": "status", "ord_status": OrdStatus.PENDING_NEW}, State.PENDING, 100),
        ({"kind": "fill", "last_qty": D(40)}, State.DONE, 100),
        ({"kind": "rejected", "duplicate_order": True}, State.DONE, 100),
        ({"kind": "canceled", "cum_qty": D(40)}, State.DONE, 40),
        ({"kind": "rejected", "ord_status": OrdStatus.REJECTED}, State.NOT_SENT, 0),
        ({"kind": "session_rejected"}, State.NOT_SENT, 0),
    ],
)
def test_what_shows_an_order_that_was_called_not_sent_counts_it_again(
    book: OwnBook, said: dict[str, Any], state: State, units: int
) -> None:
    book.send(order("C1"))
    book.deny_twice("C1")
    assert (book.request("C1").state, open_units(book)) == (State.NOT_SENT, D(0))
    book.hear(cl_ord_id="C1", **said)
    assert (book.request("C1").state, open_units(book)) == (state, D(units))
    assert ("C1" in book.line.unanswered) is (state is State.PENDING)
    assert book.kill() == (["C1"] if units == 100 else [])


def test_a_fill_under_another_name_shows_the_order_too_and_it_is_asked_about(
    book: OwnBook,
) -> None:
    book.send(order("C1"))
    book.deny_twice("C1")
    book.hear("fill", "B-7", orig_cl_ord_id="C1", last_qty=D(40))
    assert (book.request("C1").state, open_units(book)) == (State.SENT, D(100))
    assert book.line.unanswered["C1"].heard, "and it is never sent again"


def test_an_order_that_comes_late_to_its_desk_is_open_and_can_be_canceled(rig: Rig) -> None:
    """It waits in a queue there, while two questions about it are answered "unknown order"."""
    queue: list[Tags] = []
    peer = rig.peer
    peer.on_order = queue.append
    peer.on_status = lambda tags: peer.report(tags, "I", "8", [(103, "5")])
    peer.start()
    rig.recovery["answer_timeout_s"] = 1
    rig.start().ready()
    first = order("C1")
    rig.engine.instruct(first)
    rig.engine.wait(
        "not sent", lambda: rig.engine.outcomes("C1") == ["sent", "unknown", "not_sent"]
    )
    asked = peer.of_type("H")
    assert [tags[11] for tags in asked] == ["C1", "C1"]
    at = [datetime.strptime(tags[52], "%Y%m%d-%H:%M:%S.%f") for tags in asked]  # noqa: DTZ007
    assert at[1] - at[0] >= timedelta(seconds=1)
    peer.acknowledge(queue[0])
    rig.engine.wait("the ack", lambda: rig.engine.kinds("C1")[-1] == "new")
    rig.engine.instruct(order("C2", order_id="ord_C1"), cancel_of(first, "C3"))
    rig.engine.wait("the cancel", lambda: rig.engine.kinds("C3") == ["canceled"])
    assert [tags[41] for tags in peer.of_type("F")] == ["C1"]
    assert rig.engine.outcomes("C2") == ["not_sent"], "all of the order is out already"
    assert peer.executed == ["C1"]
