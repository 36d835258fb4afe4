"""The hash chain: what makes a change to the journal visible, and the proof that there is none.

    leaf_i  = SHA256(0x00 || u64(seq) || u32(len(subject)) || subject || u32(len(body)) || body)
    chain_i = SHA256(0x02 || chain_{i-1} || leaf_i)        chain_0 = SHA256(genesis body)

Integers are big-endian, texts UTF-8, bodies exactly as stored. The chain alone cannot show a cut
tail, nor a journal recomputed as a whole: for those give `verify` anchors, chain values that were
kept somewhere the database's owner cannot change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, unique
from hashlib import sha256
from itertools import chain as joined
from struct import Struct
from typing import Final, NamedTuple, Protocol

_LEAF_HEAD: Final = Struct(">BQI").pack
_LENGTH: Final = Struct(">I").pack


class Row(NamedTuple):
    """One row of the journal."""

    seq: int
    subject: str
    body: bytes
    chain: bytes


#: A row as the database gives it: seq, subject, body as text, chain.
RawRow = tuple[int, str, str, bytes]


class Head(NamedTuple):
    """The end of a journal: its last event, 0 for none, and the chain there."""

    seq: int
    chain: bytes


@unique
class Fault(StrEnum):
    """What is wrong with a journal."""

    MISSING = "missing"  # an event is not there, later ones are
    BODY = "body"  # an event's subject, text or chain value is not what was written
    REORDERED = "reordered"  # the event that belongs here stands elsewhere
    TRUNCATED = "truncated"  # the journal ends before an anchor
    REWRITTEN = "rewritten"  # consistent in itself, but not the journal that an anchor saw


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a verification.

    Attributes:
        checked: Events found good before the first bad one.
        head: The last good event and the chain there.
        fault: What is wrong; None where nothing is.
        seq: First bad event; for REWRITTEN the first anchor that disagrees. None if no fault.
        found_at: For REORDERED, where the event that belongs at `seq` stands.
    """

    checked: int
    head: Head
    fault: Fault | None = None
    seq: int | None = None
    found_at: int | None = None

    @property
    def ok(self) -> bool:
        """True where no fault was found."""
        return self.fault is None


class ReadsRows(Protocol):
    """What `verify` needs of a journal."""

    def genesis_chain(self) -> bytes:
        """Return chain_0."""
        ...

    def chunks(self, after: int = 0) -> Iterator[Sequence[RawRow]]:
        """Yield rows with a greater `seq` than ``after``, in order, in lists."""
        ...


def genesis_chain(body: bytes) -> bytes:
    """Return chain_0, from the exact text of the genesis row."""
    return sha256(body).digest()


def next_chain(previous: bytes, seq: int, subject: bytes, body: bytes) -> bytes:
    """Return the chain after one more event."""
    head = _LEAF_HEAD(0, seq, len(subject))
    leaf = sha256(b"".join((head, subject, _LENGTH(len(body)), body))).digest()
    return sha256(b"\x02" + previous + leaf).digest()


def verify(
    journal: ReadsRows,
    *,
    start: Head | None = None,
    anchors: Mapping[int, bytes] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Verdict:
    """Recompute the chain from ``start`` to the end, and compare.

    Args:
        journal: Where to read.
        start: A head that is already trusted; None begins at genesis.
        anchors: Chain values kept elsewhere, by `seq`. An expected head is one of them.
        progress: Called now and then with the last `seq` found good.
    """
    begin = start or Head(0, journal.genesis_chain())
    verdict = verify_rows(
        _reporting(journal.chunks(begin.seq), progress), start=begin, anchors=anchors or {}
    )
    if verdict.fault is Fault.BODY:
        return _reordered(journal, verdict) or verdict
    return verdict


def verify_rows(rows: Iterable[RawRow], *, start: Head, anchors: Mapping[int, bytes]) -> Verdict:
    """Check rows as they pass by, as `verify` does, without looking for where a moved one went."""
    last, chain = start
    if anchors.get(last, chain) != chain:
        return _verdict(start, start, Fault.REWRITTEN, last)
    # Local names and one join an event: this loop is the cost of a verification.
    digest, leaf_head, length = sha256, _LEAF_HEAD, _LENGTH
    for seq, subject, text, stored in rows:
        if seq != last + 1:
            return _verdict(start, Head(last, chain), Fault.MISSING, last + 1)
        name, body = subject.encode(), text.encode()
        leaf = digest(
            b"".join((leaf_head(0, seq, len(name)), name, length(len(body)), body))
        ).digest()
        found = digest(b"\x02" + chain + leaf).digest()
        if found != stored:
            return _verdict(start, Head(last, chain), Fault.BODY, seq)
        if seq in anchors and anchors[seq] != found:
            return _verdict(start, Head(last, chain), Fault.REWRITTEN, seq)
        last, chain = seq, found
    if any(seq > last for seq in anchors):
        return _verdict(start, Head(last, chain), Fault.TRUNCATED, last + 1)
    return _verdict(start, Head(last, chain))


def _verdict(
    start: Head, head: Head, fault: Fault | None = None, seq: int | None = None
) -> Verdict:
    return Verdict(checked=head.seq - start.seq, head=head, fault=fault, seq=seq)


def _reporting(
    chunks: Iterator[Sequence[RawRow]], progress: Callable[[int], None] | None
) -> Iterator[RawRow]:
    for chunk in chunks:
        yield from chunk
        if progress is not None:
            progress(chunk[-1][0])


def _reordered(journal: ReadsRows, verdict: Verdict) -> Verdict | None:
    """Look for the event that belongs at the bad place; its hash fits the chain value kept there.

    Either value may have stayed (only text was moved) or travelled with its row.
    """
    assert verdict.seq is not None
    seq, previous = verdict.seq, verdict.head.chain
    rows = joined.from_iterable(journal.chunks(verdict.head.seq))
    _, _, _, kept = next(rows)
    for place, subject, body, chain in rows:
        fits = next_chain(previous, seq, subject.encode(), body.encode())
        if fits in (kept, chain):
            return replace(verdict, fault=Fault.REORDERED, found_at=place)
    return None
