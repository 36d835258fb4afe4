"""What the gateway concludes from reports for itself: cancels, watches, and what is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix.engine_stub import order
from tests.fix.own_book import OwnBook, cancel_of
from tradeoms.fix.own_cancel import settled_by_own
from tradeoms.fix.requests import State


@pytest.fixture
def book(tmp_path: Path) -> OwnBook:
    return OwnBook(tmp_path)


def test_a_cancel_on_its_way_is_not_asked_for_again_by_a_kill_switch(book: OwnBook) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    book.send(cancel_of(first, "C2"))
    assert book.kill() == []


def test_a_kill_switch_cancels_what_a_lost_cancel_has_not(book: OwnBook) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    book.escalate(book.send(cancel_of(first, "C2")))
    assert book.kill() == ["C1"]
    assert book.kill() == ["C1"], "and not by another switch while that one waits"


def test_a_cancel_of_our_own_that_was_lost_settles_no_other(book: OwnBook) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    book.kill()
    sql = "SELECT cl_ord_id FROM instructions WHERE number < 0"
    ((own,),) = book.journal.write(lambda db: db.execute(sql).fetchall())
    book.left(own)
    second = book.keep(cancel_of(first, "C3"))
    assert book.journal.write(lambda db: settled_by_own(db, second))
    book.escalate(book.request(own).instruction)
    assert not book.journal.write(lambda db: settled_by_own(db, second))
    assert book.request(own).state is State.SENT
