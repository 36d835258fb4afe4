"""What the gateway concludes from reports for itself: cancels, watches, and what is closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fix.engine_stub import BUILD, order
from tests.fix.own_book import OwnBook, cancel_of
from tradeoms.app.instruction import InstructionKind
from tradeoms.fix.clock import now_us
from tradeoms.fix.guard import Facts, check
from tradeoms.fix.own_cancel import settled_by_own
from tradeoms.fix.recovery import recover
from tradeoms.fix.requests import State, exposures
from tradeoms.fix.resend import may_resend
from tradeoms.fix.session import receive
from tradeoms.fix.store_files import StorePicture
from tradeoms.kernel.enums import OrdStatus, TimeInForce


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


PENDING_CANCEL: Final = {"ord_status": OrdStatus.PENDING_CANCEL}


@pytest.mark.parametrize(
    ("kind", "said", "watched"),
    [
        ("new", {"kind": "pending_new"}, True),
        ("new", {"kind": "status", "ord_status": OrdStatus.PENDING_NEW}, True),
        ("new", {"kind": "new"}, False),
        ("new", {"kind": "rejected"}, False),
        ("new", {"kind": "fill", "ord_status": OrdStatus.PARTIALLY_FILLED}, False),
        ("cancel", {"kind": "pending_cancel", **PENDING_CANCEL}, True),
        ("cancel", {"kind": "status", **PENDING_CANCEL}, True),
        ("cancel", {"kind": "fill", **PENDING_CANCEL}, True),
        ("cancel", {"kind": "fill", "ord_status": OrdStatus.FILLED}, False),
        ("cancel", {"kind": "canceled"}, False),
        ("cancel", {"kind": "cancel_rejected"}, False),
        ("cancel", {"kind": "session_rejected"}, False),
        ("replace", {"kind": "pending_replace"}, True),
        ("replace", {"kind": "pending_cancel", **PENDING_CANCEL}, True),
        ("replace", {"kind": "replaced"}, False),
        ("replace", {"kind": "restated"}, False),
        ("replace", {"kind": "replace_rejected"}, False),
        ("replace", {"kind": "expired"}, False),
    ],
)
def test_only_an_answer_ends_the_watch_on_a_request(
    book: OwnBook, kind: str, said: dict[str, Any], *, watched: bool
) -> None:
    asked = book.send(order("C1"))
    if kind != "new":
        book.hear("new", "C1")
        follows = replace(cancel_of(asked, "C2"), kind=InstructionKind(kind))
        asked = book.send(follows)
    book.hear(cl_ord_id=asked.cl_ord_id, **said)
    assert (asked.cl_ord_id in book.line.unanswered) is watched
    state = State.PENDING if watched else State.DONE
    assert book.request(asked.cl_ord_id).state is state


def test_a_pending_answer_starts_the_clock_anew_once(book: OwnBook) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    book.send(cancel_of(first, "C2"))
    waiting = book.line.unanswered["C2"]
    waiting.asks = 1
    book.hear("pending_cancel", "C2")
    assert (waiting.asks, waiting.sent_us > 1) == (0, True)
    waiting.asks, waiting.sent_us = 1, 1
    book.hear("pending_cancel", "C2")
    assert (waiting.asks, waiting.sent_us) == (1, 1)


def test_what_is_pending_is_watched_by_the_next_process_and_not_sent_again(book: OwnBook) -> None:
    book.send(order("C1"))
    book.hear("pending_new", "C1")
    book.line.unanswered.clear()
    picture = StorePicture(found=True, next_out=3, next_in=3, sent={"C1": 2}, damage="")
    recover(book.line, picture, book.folder, power_cut=False)
    assert book.line.unanswered["C1"].pending
    book.line.connection += 1
    book.line.unanswered["C1"].sent_us = now_us()
    assert not may_resend(book.line, b"8=FIX.4.4\x0135=D\x0111=C1\x0110=000\x01")


@pytest.mark.parametrize("stored", [500, 700])
def test_who_dies_right_after_numbers_were_agreed_on_goes_on_with_them(
    book: OwnBook, stored: int
) -> None:
    book.line.new_epoch("two people agreed on it", next_out=8, next_in=500)
    picture = StorePicture(found=True, next_out=8, next_in=stored, sent={}, damage="")
    plan = recover(book.line, picture, book.folder, power_cut=False)
    assert (plan.next_out, plan.next_in, plan.rebuilt) == (8, 500, False)
    lost = StorePicture(found=False, next_out=1, next_in=1, sent={}, damage="")
    plan = recover(book.line, lost, book.folder, power_cut=False)
    assert (plan.next_out > 8, plan.next_in, plan.rebuilt) == (True, 500, True)


def test_an_order_that_was_named_is_not_sent_again_before_its_report_is_folded(
    book: OwnBook,
) -> None:
    book.send(order("C1"))
    book.line.connection += 1
    book.line.unanswered["C1"].sent_us = now_us()
    resent = b"8=FIX.4.4\x0135=D\x0111=C1\x0110=000\x01"
    assert may_resend(book.line, resent)
    receive(book.line, b"8=FIX.4.4\x0135=8\x0134=2\x0111=C1\x01150=A\x0110=000\x01")
    assert not may_resend(book.line, resent)


DONE: Final[dict[str, Any]] = {
    "kind": "done_for_day",
    "ord_status": OrdStatus.DONE_FOR_DAY,
    "cum_qty": D(40),
}


CALCULATED: Final[dict[str, Any]] = {
    "kind": "calculated",
    "ord_status": OrdStatus.CALCULATED,
    "cum_qty": D(40),
}


def units(book: OwnBook, order_id: str = "ord_C1") -> D:
    """What the placements of an order can still come to, for the guard."""
    return sum(
        (each.units for each in book.journal.write(lambda db: exposures(db, order_id))), D(0)
    )


def facts(book: OwnBook) -> Facts:
    """What the guard would know of an order of the same statement."""
    return Facts(
        now=datetime.now(UTC), killed="", build=BUILD, epoch_seen=0, cl_ord_id_used=False,
        exposures=book.journal.write(lambda db: exposures(db, "ord_C1")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("time_in_force", "said", "left"),
    [
        (TimeInForce.DAY, DONE, 40),
        (TimeInForce.DAY, {**DONE, "ord_status": OrdStatus.PENDING_CANCEL}, 40),
        (TimeInForce.DAY, {**DONE, "kind": "status"}, 40),
        (TimeInForce.AT_THE_CLOSE, DONE, 40),
        (TimeInForce.GTC, DONE, 100),
        (TimeInForce.GTD, {**DONE, "kind": "status"}, 100),
        (TimeInForce.GTC, CALCULATED, 100),
        (TimeInForce.GTD, {**CALCULATED, "kind": "status"}, 100),
        (TimeInForce.DAY, CALCULATED, 40),
        (TimeInForce.DAY, {"kind": "fill", "cum_qty": D(40)}, 100),
    ],
)
def test_the_units_of_an_order_that_is_over_with_its_day_are_free(
    book: OwnBook, time_in_force: TimeInForce, said: dict[str, Any], left: int
) -> None:
    book.send(order("C1", time_in_force=time_in_force))
    book.hear("new", "C1")
    book.hear(cl_ord_id="C1", **said)
    assert units(book) == D(left)
    rest = replace(order("C2", order_id="ord_C1"), quantity=D(60))
    held = check(rest, facts(book))
    assert (held is None) is (left == 40)


def test_a_calculated_day_of_an_order_that_lives_for_days_answers_nothing_and_can_be_killed(
    book: OwnBook,
) -> None:
    first = book.send(order("C1", time_in_force=TimeInForce.GTC))
    book.hear("new", "C1")
    asked = book.send(replace(cancel_of(first, "C2"), kind=InstructionKind.REPLACE))
    book.hear(cl_ord_id="C2", **CALCULATED)
    assert (book.request("C2").state, asked.cl_ord_id in book.line.unanswered) == (
        State.PENDING,
        True,
    )
    assert book.kill() == ["C1"]


@pytest.mark.parametrize(("filled", "killed"), [(100, []), (40, ["C1"])])
def test_a_filled_order_stays_so_when_its_day_is_calculated(
    book: OwnBook, filled: int, killed: list[str]
) -> None:
    book.send(order("C1", time_in_force=TimeInForce.GTC))
    book.hear("fill", "C1", cum_qty=D(100), ord_status=OrdStatus.FILLED)
    book.hear("bust", "C1", cum_qty=D(filled), ord_status=OrdStatus.CALCULATED)
    assert book.kill() == killed


def test_a_fill_after_the_day_is_done_counts_and_a_restatement_opens_it_again(
    book: OwnBook,
) -> None:
    book.send(order("C1"))
    book.hear(cl_ord_id="C1", **DONE)
    book.hear("fill", "C1", last_qty=D(25), ord_status=OrdStatus.PARTIALLY_FILLED)
    assert units(book) == D(65)
    book.hear("restated", "C1", cum_qty=D(65), order_qty=D(90))
    assert units(book) == D(90)


def test_nobody_waits_for_the_answer_to_a_replace_that_an_accepted_one_followed(
    book: OwnBook,
) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    for name, quantity in (("C2", 80), ("C3", 60), ("C4", 50)):
        asked = replace(cancel_of(first, name), kind=InstructionKind.REPLACE)
        book.send(replace(asked, quantity=D(quantity)))
    book.hear("replaced", "C3", orig_cl_ord_id="C2", order_qty=D(60))
    assert [book.request(each).state for each in ("C2", "C3", "C4")] == ["DONE", "DONE", "SENT"]
    assert list(book.line.unanswered) == ["C4"]
    assert units(book) == D(60)
    book.hear("replaced", "C2", orig_cl_ord_id="C1", order_qty=D(80))
    assert units(book) == D(60)


@pytest.mark.parametrize(("told", "left"), [(60, 60), (100, 100)])
def test_a_status_with_the_terms_of_a_lost_replace_answers_it(
    book: OwnBook, told: int, left: int
) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    asked = replace(cancel_of(first, "C2"), kind=InstructionKind.REPLACE, quantity=D(60))
    book.send(asked)
    book.hear("status", "C2", ord_status=OrdStatus.NEW, cum_qty=D(0), order_qty=D(told))
    assert units(book) == D(left)
    assert ("C2" in book.line.unanswered) is (left == 100)


def test_a_status_takes_no_replace_that_never_arrived(book: OwnBook) -> None:
    first = book.send(order("C1"))
    book.hear("new", "C1")
    book.send(
        replace(cancel_of(first, "C2"), kind=InstructionKind.REPLACE, quantity=D(60))
    )  # fmt: skip
    book.deny_twice("C2")
    book.hear("status", "C2", ord_status=OrdStatus.NEW, cum_qty=D(0), order_qty=D(60))
    assert units(book) == D(100)
