"""What is over leaves memory when the day ends, as closed orders do; its rows stay.

A request or event that names such a thing brings it back as it was, until the next day ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.breaks.state import Break
from tradeoms.domain.case.state import Run
from tradeoms.domain.cross.state import Cross, CrossStatus
from tradeoms.domain.orderlist.state import OrderList
from tradeoms.domain.proposal.state import Proposal, ProposalStatus
from tradeoms.domain.session.state import Action, ActionKind, ActionStatus
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book

Decode = Callable[[str], Any]  # Any: an aggregate of the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A kind of thing that memory keeps until it is over.

    Attributes:
        named: Field by which commands and events name one.
        is_over: Whether one may leave.
    """

    table: sa.Table
    read: Decode
    named: str
    is_over: Callable[[Book, Any], bool]  # Any: as `Decode`


_HOLDS: Final = (ActionKind.HOLD_OUTBOUND, ActionKind.RELEASE_OUTBOUND)
_UNDECIDED: Final = (ActionStatus.WAITING, ActionStatus.SENT)


def _is_over_list(book: Book, one: OrderList) -> bool:
    """None of its orders is in memory, or will be tomorrow."""
    return all(key not in book.orders or key in book.retired for key in one.order_ids)


def _is_over_action(book: Book, one: Action) -> bool:
    """It is answered, and not the newest word on whether a session's messages may leave."""
    if one.status in _UNDECIDED:
        return False
    if one.kind not in _HOLDS:
        return True
    words = (
        (other.created_at, other.id)
        for other in book.session_actions.values()
        if other.session == one.session and other.kind in _HOLDS
    )
    return max(words) > (one.created_at, one.id)


def _is_over_break(_book: Book, one: Break) -> bool:
    """It is resolved, and what the counterparty was told of it has left, or could not."""
    return bool(one.resolved_by) and (not one.dk_cl_ord_id or one.dk_outcome is not None)


def _is_over_run(book: Book, one: Run) -> bool:
    """It is finished and of a day before: who computed it may still look for its end."""
    return one.is_finished and book.trade_on is not None and one.trade_on < book.trade_on


#: By the name of the book's field.
KEPT: Final[dict[str, Kept]] = {
    "proposals": Kept(
        table=t.proposals, read=msgspec.json.Decoder(Proposal).decode, named="proposal_id",
        is_over=lambda _book, one: one.status is not ProposalStatus.OPEN,
    ),
    "crosses": Kept(
        table=t.crosses, read=msgspec.json.Decoder(Cross).decode, named="cross_id",
        is_over=lambda _book, one: one.status is not CrossStatus.PROPOSED,
    ),
    "order_lists": Kept(
        table=t.order_lists, read=msgspec.json.Decoder(OrderList).decode, named="list_id",
        is_over=_is_over_list,
    ),
    "session_actions": Kept(
        table=t.session_actions, read=msgspec.json.Decoder(Action).decode, named="action_id",
        is_over=_is_over_action,
    ),
    "breaks": Kept(
        table=t.breaks, read=msgspec.json.Decoder(Break).decode, named="break_id",
        is_over=_is_over_break,
    ),
    "runs": Kept(
        table=t.runs, read=msgspec.json.Decoder(Run).decode, named="run_id", is_over=_is_over_run,
    ),
}  # fmt: skip
#: Narrows what a start reads, where a column tells what is over.
_OPEN: Final = {
    "proposals": t.proposals.c.status == ProposalStatus.OPEN,
    "crosses": t.crosses.c.status == CrossStatus.PROPOSED,
    "order_lists": t.order_lists.c.id.in_(
        sa.select(t.list_orders.c.list_id)
        .join(t.orders, t.orders.c.id == t.list_orders.c.order_id)
        .where(t.orders.c.live)
    ),
}


def over_now(book: Book, name: str) -> list[str]:
    """Ids of what is over, of the things in a field of the book."""
    held = getattr(book, name)
    return [key for key, one in held.items() if KEPT[name].is_over(book, one)]


def note_finished(book: Book) -> None:
    """Mark what is over at the end of a day; it leaves once its rows are written."""
    book.over.update((name, key) for name in KEPT for key in over_now(book, name))


def opened(link: sa.Connection, name: str, *, live: bool) -> list[Any]:  # Any: as `Decode`
    """What a book holds of a kind, by id; without ``live`` also what is over."""
    kept = KEPT[name]
    wanted = sa.select(kept.table.c.state).order_by(kept.table.c.id)
    if live and name in _OPEN:
        wanted = wanted.where(_OPEN[name])
    return [kept.read(state) for state in link.execute(wanted).scalars()]


def missing(book: Book, thing: object) -> list[tuple[str, str]]:
    """What a command or event names that is not in memory: the kind, and the id."""
    return [
        (name, key)
        for name, kept in KEPT.items()
        if (key := getattr(thing, kept.named, "")) and key not in getattr(book, name)
    ]


def recall(link: sa.Connection, book: Book, wanted: list[tuple[str, str]]) -> None:
    """Bring things back that were let go; what never was stays away."""
    for name, key in wanted:
        kept = KEPT[name]
        state = link.scalar(sa.select(kept.table.c.state).where(kept.table.c.id == key))
        if state is not None:
            getattr(book, name)[key] = kept.read(state)
