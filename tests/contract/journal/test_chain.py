"""The chain shows every change to the journal; with an anchor, a cut or rewritten one too."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import batch_of, tamper
from tradeoms.journal.chain import (
    Fault,
    Head,
    RawRow,
    Verdict,
    genesis_chain,
    next_chain,
    verify,
)
from tradeoms.journal.store import Reader, Writer
from tradeoms.journal.verify import verify_database

EVENTS = 12
Book = tuple[sa.Engine, Reader]


@pytest.fixture
def book(writer: Writer, engine: sa.Engine, reader: Reader) -> Book:
    for first in range(1, EVENTS + 1, 4):
        writer.commit(batch_of(*range(first, first + 4)))
    writer.close()
    return engine, reader


def test_the_chain_is_what_the_specification_says(book: Book) -> None:
    """An oracle with nothing in common with the code but the text of the specification."""
    _, reader = book
    chain = reader.genesis_chain()
    for row in reader.read():
        subject = row.subject.encode()
        leaf = b"\x00" + row.seq.to_bytes(8, "big")
        leaf += len(subject).to_bytes(4, "big") + subject
        leaf += len(row.body).to_bytes(4, "big") + row.body
        chain = hashlib.sha256(b"\x02" + chain + hashlib.sha256(leaf).digest()).digest()
        assert row.chain == chain


def test_the_chain_of_a_known_event_never_changes() -> None:
    """Kept since the first release: a journal must verify for ever."""
    found = next_chain(bytes(32), 1, b"ord_1", b'{"type":"Noted"}')
    assert found.hex() == "609fec70d7ae98be23042b551bf76cbc24dd17b6a9d7ef0c520bd5a0c277dc4f"


def test_an_untouched_journal_is_good(book: Book) -> None:
    _, reader = book
    head = reader.head()
    seen: list[int] = []
    verdict = verify(reader, anchors={head.seq: head.chain}, progress=seen.append)
    assert verdict == Verdict(checked=EVENTS, head=head)
    assert verdict.ok
    assert seen == [EVENTS]


def test_verification_may_start_at_a_trusted_head(book: Book) -> None:
    _, reader = book
    rows = list(reader.read())
    verdict = verify(reader, start=Head(5, rows[4].chain))
    assert verdict == Verdict(checked=EVENTS - 5, head=reader.head())


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE journal SET body = replace(body, '5', '6') WHERE seq = 5"], (Fault.BODY, 5)),
        (["UPDATE journal SET subject = 'ord_x' WHERE seq = 5"], (Fault.BODY, 5)),
        (["DELETE FROM journal WHERE seq = 5"], (Fault.MISSING, 5)),
        (["DELETE FROM journal WHERE seq = 1"], (Fault.MISSING, 1)),
        (["DELETE FROM journal WHERE seq > 5"], (Fault.TRUNCATED, 6)),
        (["DELETE FROM journal"], (Fault.TRUNCATED, 1)),
        (
            [
                "UPDATE journal SET seq = 99 WHERE seq = 5",
                "UPDATE journal SET seq = 5 WHERE seq = 8",
                "UPDATE journal SET seq = 8 WHERE seq = 99",
            ],
            (Fault.REORDERED, 5),
        ),
    ],
)
def test_a_change_is_found_at_its_place(
    book: Book, statements: list[str], expected: tuple[Fault, int]
) -> None:
    engine, reader = book
    head = reader.head()
    tamper(engine, *statements)
    verdict = verify(reader, anchors={head.seq: head.chain})
    assert (verdict.fault, verdict.seq) == expected
    assert not verdict.ok
    assert verdict.checked == expected[1] - 1


def test_swapped_events_are_told_with_the_place_where_the_right_one_stands(book: Book) -> None:
    engine, reader = book
    rows = list(reader.read())
    swap_texts(engine, 3, 9)
    verdict = verify(reader)
    assert verdict == Verdict(
        checked=2, head=Head(2, rows[1].chain), fault=Fault.REORDERED, seq=3, found_at=9
    )


def test_a_changed_genesis_text_is_found(book: Book) -> None:
    engine, reader = book
    on_postgresql = engine.dialect.name == "postgresql"
    drop = "genesis_append_only ON genesis" if on_postgresql else "genesis_no_update"
    tamper(engine, f"DROP TRIGGER {drop}", "UPDATE genesis SET body = body || ' '")
    assert verify(reader).seq == 1


def test_a_journal_that_was_rewritten_as_a_whole_is_found_by_an_anchor_only(book: Book) -> None:
    engine, reader = book
    anchor = reader.head()
    tamper(engine, "DELETE FROM journal WHERE seq > 3")
    forger = Writer(engine, epoch=0)
    forger.commit(batch_of(*range(100, 100 + EVENTS)))
    forger.close()
    assert verify(reader).ok
    verdict = verify(reader, anchors={2: list(reader.read())[1].chain, anchor.seq: anchor.chain})
    assert (verdict.fault, verdict.seq) == (Fault.REWRITTEN, anchor.seq)


def swap_texts(engine: sa.Engine, one: int, other: int) -> None:
    """Exchange what two events say; their numbers and chain values stay."""
    statement = (
        "UPDATE journal SET subject = old.subject, body = old.body "  # noqa: S608 - two numbers
        "FROM (SELECT seq, subject, body FROM journal) AS old "
        f"WHERE journal.seq IN ({one}, {other}) AND old.seq = {one + other} - journal.seq"
    )
    tamper(engine, statement)


@pytest.mark.parametrize("jobs", [1, 2])
def test_several_workers_find_what_one_finds(book: Book, jobs: int) -> None:
    engine, reader = book
    head = reader.head()
    good = verify_database(engine.url, jobs=jobs, stretch=3, anchors={head.seq: head.chain})
    assert good == Verdict(checked=EVENTS, head=head)

    wrong_anchor = verify_database(engine.url, jobs=jobs, stretch=3, anchors={8: bytes(32)})
    assert (wrong_anchor.fault, wrong_anchor.seq) == (Fault.REWRITTEN, 8)

    swap_texts(engine, 5, 11)
    bad = verify_database(engine.url, jobs=jobs, stretch=3)
    assert (bad.fault, bad.seq, bad.found_at, bad.checked) == (Fault.REORDERED, 5, 11, 4)

    tamper(engine, "DELETE FROM journal WHERE seq = 3")
    gap = verify_database(engine.url, jobs=jobs, stretch=3)
    assert (gap.fault, gap.seq) == (Fault.MISSING, 3)


# Ten thousand changes, on rows in memory


class Rows:
    """A journal that is a list."""

    def __init__(self, start: bytes, rows: list[RawRow]) -> None:
        self.start = start
        self.rows = sorted(rows)

    def genesis_chain(self) -> bytes:
        return self.start

    def chunks(self, after: int = 0) -> Iterator[list[RawRow]]:
        yield [row for row in self.rows if row[0] > after]


def made_up(count: int) -> Rows:
    chain = genesis_chain(b"{}")
    rows: list[RawRow] = []
    for seq in range(1, count + 1):
        subject, text = f"ord_{seq % 5}", f'{{"n":{seq}}}'
        chain = next_chain(chain, seq, subject.encode(), text.encode())
        rows.append((seq, subject, text, chain))
    return Rows(genesis_chain(b"{}"), rows)


def renumbered(rows: list[RawRow], by: int) -> list[RawRow]:
    return [(seq + by, subject, text, chain) for seq, subject, text, chain in rows]


def flip_text(text: str, dice: random.Random) -> str:
    place = dice.randrange(len(text))
    return text[:place] + chr(ord(text[place]) ^ 1 << dice.randrange(7)) + text[place + 1 :]


def flip_subject(rows: list[RawRow], at: int, dice: random.Random) -> int:
    seq, subject, text, chain = rows[at]
    rows[at] = (seq, flip_text(subject, dice), text, chain)
    return seq


def flip_body(rows: list[RawRow], at: int, dice: random.Random) -> int:
    seq, subject, text, chain = rows[at]
    rows[at] = (seq, subject, flip_text(text, dice), chain)
    return seq


def flip_chain(rows: list[RawRow], at: int, dice: random.Random) -> int:
    seq, subject, text, chain = rows[at]
    flipped = int.from_bytes(chain, "big") ^ 1 << dice.randrange(256)
    rows[at] = (seq, subject, text, flipped.to_bytes(32, "big"))
    return seq


def move_number(rows: list[RawRow], at: int, dice: random.Random) -> int:
    seq, subject, text, chain = rows[at]
    rows[at] = (len(rows) + dice.randrange(1, 100), subject, text, chain)
    return seq


def move_boundary(rows: list[RawRow], at: int, dice: random.Random) -> int:
    """Take the last letter of the subject to the front of the body."""
    seq, subject, text, chain = rows[at]
    rows[at] = (seq, subject[:-1], subject[-1] + text, chain)
    return seq


def delete(rows: list[RawRow], at: int, dice: random.Random) -> int:
    return rows.pop(at)[0]


def delete_and_close_up(rows: list[RawRow], at: int, dice: random.Random) -> int:
    seq = rows.pop(at)[0]
    rows[at:] = renumbered(rows[at:], -1)
    return seq


def insert(rows: list[RawRow], at: int, dice: random.Random) -> int:
    seq = at + 1
    rows[at:] = renumbered(rows[at:], 1)
    rows.insert(at, (seq, "ord_1", '{"n":"new"}', dice.randbytes(32)))
    return seq


def repeat(rows: list[RawRow], at: int, dice: random.Random) -> int:
    rows[at + 1 :] = renumbered(rows[at + 1 :], 1)
    rows.insert(at + 1, (at + 2, *rows[at][1:]))
    return at + 2


def swap(rows: list[RawRow], at: int, dice: random.Random) -> int:
    other = dice.choice([place for place in range(len(rows)) if place != at])
    one, two = rows[at], rows[other]
    rows[at], rows[other] = (one[0], *two[1:]), (two[0], *one[1:])
    return min(one[0], two[0])


def cut_tail(rows: list[RawRow], at: int, dice: random.Random) -> int:
    del rows[at:]
    return at + 1


def rewrite(rows: list[RawRow], at: int, dice: random.Random) -> int:
    """Change an event and recompute everything after it: only the anchor at the end disagrees."""
    chain = rows[at - 1][3] if at else genesis_chain(b"{}")
    for place in range(at, len(rows)):
        seq, subject, text, _ = rows[place]
        text = flip_text(text, dice) if place == at else text
        chain = next_chain(chain, seq, subject.encode(), text.encode())
        rows[place] = (seq, subject, text, chain)
    return len(rows)


CHANGES: list[Callable[[list[RawRow], int, random.Random], int]] = [
    flip_subject,
    flip_body,
    flip_chain,
    move_number,
    move_boundary,
    delete,
    delete_and_close_up,
    insert,
    repeat,
    swap,
    cut_tail,
    rewrite,
]


def test_each_of_ten_thousand_changes_is_found_at_its_first_bad_event() -> None:
    seed = 20260102
    dice = random.Random(seed)
    original = made_up(20)
    anchor = original.rows[-1]
    for turn in range(10_000):
        change = dice.choice(CHANGES)
        at = dice.randrange(len(original.rows))
        rows = list(original.rows)
        first_bad = change(rows, at, dice)
        verdict = verify(Rows(original.start, rows), anchors={anchor[0]: anchor[3]})
        assert verdict.seq == first_bad, (seed, turn, change.__name__, at, verdict)
