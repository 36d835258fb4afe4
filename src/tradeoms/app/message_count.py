"""What limits on the rate of messages count, told by the events, and found again in the book.

An order that is submitted counts, and what is made of it: a change of its terms where no broker is
to be asked, a placement, a replace, a cancel. What goes by telephone is no message.
"""

from __future__ import annotations

from tradeoms.app.known import candidate_of, leg_of
from tradeoms.compliance.messages import Messages
from tradeoms.domain.evaluation import Candidate
from tradeoms.domain.order.events import OrderChecked, Stage
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.events import (
    CancelRequested,
    GatewayCancelRequested,
    PlacementCreated,
    ReplaceRequested,
)
from tradeoms.projections.book import Book


def note_message(messages: Messages, book: Book, event: object) -> None:
    """Remember the message that ``event``, already folded into ``book``, tells of, if any."""
    if not messages.memory:
        return
    match event:
        case OrderChecked(stage=Stage.SUBMIT, order_id=order_id):
            messages.note_order(_submitted(book.orders[order_id]), event.at)
        case OrderChecked(stage=Stage.AMEND, order_id=order_id):
            if book.orders[order_id].pending is None:
                messages.note_other(event.at)
        case PlacementCreated(manual=False, placement_id=placement_id):
            messages.note_other(event.at, placement_id=placement_id)
        case ReplaceRequested() | CancelRequested() | GatewayCancelRequested():
            if not book.placements[event.placement_id].manual:
                messages.note_other(event.at)
        case _:
            pass


def recall_messages(messages: Messages, book: Book) -> None:
    """Remember what was submitted and placed inside the windows of the rules in force now.

    Orders that memory let go when the day rolled no longer count. Of changes and cancels the book
    does not tell when they were asked for: those stay that were remembered.
    """
    came = [(at, "") for at in messages.forget()]
    if not messages.memory:
        return
    came += [(one.submitted_at, one.id) for one in book.orders.values() if one.submitted_at]
    came += [(one.created_at, one.id) for one in book.placements.values() if not one.manual]
    for at, name in sorted(came):
        order = book.orders.get(name)
        if order is None:
            messages.note_other(at, placement_id=name)
        else:
            messages.note_order(_submitted(order), at)


def _submitted(order: Order) -> Candidate:
    return candidate_of(order, tuple(map(leg_of, order.legs)))
