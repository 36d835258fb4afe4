"""Keyset pages over a table, newest first, whose cost does not grow with the table.

A list walks one index from the cursor on. What that index cannot decide is a *residue*, tested row
by row, but never on more than `WINDOW` rows a request: a page may be shorter than asked, or empty,
and still say that there is more. A client that follows `next` sees everything.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import sqlalchemy as sa

from tradeoms.domain.reference.entitlement import (
    EVERY_FUND,
    Drafts,
    readable_funds,
    visible_drafts,
)
from tradeoms.domain.reference.state import User

#: Rows that one request may test against its residue.
WINDOW: Final = 1_000
PAGE_MAX: Final = 500
PAGE_DEFAULT: Final = 50

T = TypeVar("T")


class CursorInvalid(ValueError):
    """The cursor is not one that we gave."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may see.

    Attributes:
        funds: Some funds; `None`: every fund.
        drafts: Which orders of these that were never submitted; `None`: all of them.
    """

    funds: frozenset[str] | None
    drafts: Drafts | None = None

    @property
    def names(self) -> list[str]:
        """The funds in order; only for a scope that is not of every fund."""
        assert self.funds is not None
        return sorted(self.funds)

    def shows(self, funds: Collection[str], draft_of: Collection[str] | None = None) -> bool:
        """Whether what is of ``funds`` may be seen.

        Args:
            funds: Of which one is enough.
            draft_of: Who entered and who leads it, if it is an order that was never submitted.
        """
        if self.funds is not None and self.funds.isdisjoint(funds):
            return False
        return draft_of is None or self.drafts is None or self.drafts.show(draft_of, funds)


EVERYTHING: Final = Scope(None)


def scope_of(user: User) -> Scope:
    """What ``user`` may see."""
    funds, drafts = readable_funds(user), visible_drafts(user)
    all_drafts = EVERY_FUND in drafts.funds or drafts.funds >= funds
    return Scope(None if EVERY_FUND in funds else funds, None if all_drafts else drafts)


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list is wanted."""

    after: str | None = None
    limit: int = PAGE_DEFAULT


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and the cursor of the next; `None` at the end."""

    data: list[T]
    next: str | None

    @property
    def has_more(self) -> bool:
        """Whether there may be more."""
        return self.next is not None


def every_row(page_of: Callable[[Cut], Page[T]]) -> list[T]:
    """All rows of a list, page after page."""
    page = page_of(Cut(limit=PAGE_MAX))
    found = page.data
    while page.next is not None:
        page = page_of(Cut(page.next, PAGE_MAX))
        found += page.data
    return found


def cut_rows(rows: Sequence[T], key: Callable[[T], str], cut: Cut) -> Page[T]:
    """One page of rows that no table keeps, in the order of ``key``, which each has for itself.

    Raises:
        CursorInvalid: If the cursor is not one of ours.
    """
    ordered = sorted(rows, key=key)
    if cut.after is not None:
        (after,) = decode_cursor(cut.after, 1)
        ordered = [row for row in ordered if key(row) > str(after)]
    page = ordered[: cut.limit]
    return Page(page, encode_cursor([key(page[-1])]) if len(ordered) > len(page) else None)


Legs = Callable[[int], Sequence[sa.Select[Any]]]  # Any: rows of the key columns


@dataclass(frozen=True, slots=True)
class Walk:
    """How a list is walked.

    Attributes:
        key: Columns that order the list and make the cursor, unique together.
        legs: For a number of rows, selects of `key` (labelled k0, k1 …), each along one index in
            order and limited to that number; together they hold the list's next rows.
        residue: What the legs do not decide.
        descending: Newest first.
        window: How many rows a request may test against the residue.
    """

    table: sa.Table
    key: tuple[sa.ColumnElement[Any], ...]
    legs: Legs
    residue: tuple[sa.ColumnElement[bool], ...] = ()
    descending: bool = True
    window: int = WINDOW


def encode_cursor(values: Sequence[str | int]) -> str:
    """Hide where a page ended in opaque text."""
    text = "\x00".join(f"{'i' if isinstance(v, int) else 's'}{v}" for v in values)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str, count: int) -> tuple[str | int, ...]:
    """Read what `encode_cursor` wrote.

    Raises:
        CursorInvalid: If it was not one of ours, or one of another list.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        parts = raw.split("\x00")
        values = tuple(int(p[1:]) if p[0] == "i" else p[1:] for p in parts)
    except (ValueError, IndexError, binascii.Error) as error:
        raise CursorInvalid(text) from error
    if len(values) != count or any(isinstance(v, int) and v.bit_length() > 63 for v in values):
        raise CursorInvalid(text)
    return values


def beyond(
    key: Sequence[sa.ColumnElement[Any]], after: str | None, *, descending: bool = True
) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that a row stands behind the cursor."""
    if after is None:
        return ()
    values = decode_cursor(after, len(key))
    if len(key) == 1:
        return (key[0] < values[0] if descending else key[0] > values[0],)
    left, right = sa.tuple_(*key), sa.tuple_(*values)
    return (left < right if descending else left > right,)


def leg(
    key: Sequence[sa.ColumnElement[Any]],
    *where: sa.ColumnElement[bool],
    count: int,
    descending: bool = True,
) -> sa.Select[Any]:
    """One walk along an index: the next ``count`` keys where ``where`` holds."""
    labelled = [column.label(f"k{n}") for n, column in enumerate(key)]
    order = [column.desc() if descending else column.asc() for column in key]
    return sa.select(*labelled).where(*where).order_by(*order).limit(count)


def fetch(
    link: sa.Connection, walk: Walk, columns: Sequence[sa.ColumnElement[Any]], limit: int
) -> tuple[list[sa.Row[Any]], str | None]:
    """Return the rows of one page, and the cursor of the next; ``columns`` include the key."""
    reach = max(walk.window, limit + 1) if walk.residue else limit + 1
    window = _window(walk, reach)
    here = (column == window.c[f"k{number}"] for number, column in enumerate(walk.key))
    wanted = (
        sa.select(*columns)
        .select_from(window.join(walk.table, sa.and_(*here)))
        .where(*walk.residue)
        .order_by(*_order(window, walk))
        .limit(limit + 1)
    )
    rows = list(link.execute(wanted))
    if len(rows) > limit:
        last = rows[limit - 1]._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
        return rows[:limit], encode_cursor([last[column] for column in walk.key])
    return rows, _end_of_window(link, walk, window, reach) if walk.residue else None


def _window(walk: Walk, reach: int) -> sa.Subquery:
    """The keys of the next ``reach`` rows of all legs together."""
    parts = walk.legs(reach)
    if len(parts) == 1:
        return parts[0].subquery("w")
    merged = sa.union(*(sa.select(part.subquery()) for part in parts)).subquery("m")
    return sa.select(merged).order_by(*_order(merged, walk)).limit(reach).subquery("w")


def _order(window: sa.Subquery, walk: Walk) -> list[sa.ColumnElement[Any]]:
    columns = [window.c[f"k{number}"] for number in range(len(walk.key))]
    return [column.desc() if walk.descending else column.asc() for column in columns]


def _end_of_window(link: sa.Connection, walk: Walk, window: sa.Subquery, reach: int) -> str | None:
    """Where the tested rows end; `None` if the list ended before."""
    numbers = range(len(walk.key))
    keys = list(link.execute(sa.select(*(window.c[f"k{n}"] for n in numbers))))
    if len(keys) < reach:
        return None
    return encode_cursor(list(min(keys) if walk.descending else max(keys)))
