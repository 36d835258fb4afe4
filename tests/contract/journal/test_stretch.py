"""The proof of the journal in parts, as REST gives it: each goes on from the one before."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import batch_of, tamper
from tradeoms.journal.store import Writer
from tradeoms.projections.queries_journal import Stretch, StretchRefused, Verified, verify_journal

EVENTS = 12
MOST = 5


@pytest.fixture
def book(writer: Writer, engine: sa.Engine) -> sa.Engine:
    writer.commit(batch_of(*range(1, EVENTS + 1)))
    writer.close()
    return engine


def followed(book: sa.Engine) -> list[Verified]:
    """Every part, each going on from the hash of the one before."""
    parts = [verify_journal(book, Stretch(1), most=MOST)]
    while (following := parts[-1].next) is not None:
        stretch = Stretch(following, chain=parts[-1].head_chain)
        parts.append(verify_journal(book, stretch, most=MOST))
    return parts


def test_the_parts_make_the_whole(book: sa.Engine) -> None:
    parts = followed(book)
    assert [(part.good, part.checked, part.head_seq) for part in parts] == [
        (True, 5, 5), (True, 5, 10), (True, 2, 12),
    ]  # fmt: skip
    assert {part.newest_seq for part in parts} == {EVENTS}
    whole = verify_journal(book, Stretch(), most=EVENTS)
    assert (whole.checked, whole.head_chain) == (EVENTS, parts[-1].head_chain)


def test_the_end_that_was_asked_for_is_the_end(book: sa.Engine) -> None:
    part = verify_journal(book, Stretch(3, 11), most=MOST)
    assert (part.checked, part.head_seq, part.next) == (5, 7, 8)
    part = verify_journal(book, Stretch(8, 11), most=MOST)
    assert (part.checked, part.head_seq, part.next) == (4, 11, None)


def test_a_journal_too_long_for_one_answer_is_not_half_told(book: sa.Engine) -> None:
    with pytest.raises(StretchRefused, match="12 events, and at most 5"):
        verify_journal(book, Stretch(), most=MOST)


def test_nothing_new_is_no_fault_and_what_is_not_there_is_refused(book: sa.Engine) -> None:
    part = verify_journal(book, Stretch(EVENTS + 1), most=MOST)
    assert (part.good, part.checked, part.head_seq, part.next) == (True, 0, EVENTS, None)
    with pytest.raises(StretchRefused, match="ends with event 12"):
        verify_journal(book, Stretch(EVENTS + 2), most=MOST)


@pytest.mark.parametrize(
    ("statements", "fault", "seq"),
    [
        (["UPDATE journal SET body = replace(body, '7', '8') WHERE seq = 7"], "body", 7),
        (["DELETE FROM journal WHERE seq = 7"], "missing", 7),
        (["DELETE FROM journal WHERE seq = 5"], "missing", 5),
        (["DELETE FROM journal WHERE seq = 6"], "missing", 6),
        (
            [
                "UPDATE journal SET seq = 99 WHERE seq = 7",
                "UPDATE journal SET seq = 7 WHERE seq = 8",
                "UPDATE journal SET seq = 8 WHERE seq = 99",
            ],
            "reordered", 7,
        ),
    ],
)  # fmt: skip
def test_a_part_finds_what_is_wrong_and_leads_no_further(
    book: sa.Engine, statements: list[str], fault: str, seq: int
) -> None:
    tamper(book, *statements)
    last = followed(book)[-1]
    assert (last.good, last.fault, last.fault_seq, last.next) == (False, fault, seq, None)
    assert last.head_seq == seq - 1


def test_a_hash_kept_elsewhere_shows_a_cut_or_rewritten_journal(book: sa.Engine) -> None:
    kept = verify_journal(book, Stretch(1, 5)).head_chain
    tamper(book, "DELETE FROM journal WHERE seq > 3")
    cut = verify_journal(book, Stretch(6, chain=kept))
    assert (cut.good, cut.fault, cut.fault_seq) == (False, "truncated", 4)
    writer = Writer(book, epoch=0)
    writer.commit(batch_of(21, 22, 23))
    writer.close()
    other = verify_journal(book, Stretch(6, chain=kept))
    assert (other.good, other.fault, other.fault_seq) == (False, "rewritten", 5)
