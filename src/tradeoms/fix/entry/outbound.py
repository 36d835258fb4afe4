"""From what happened to an order to the reports of it: ExecutionReport (8), CancelReject (9).

One event gives at most one report, and its number in the journal is the report's ExecID (17): the
same event never makes two reports that a portfolio system could take for two facts. Codes are those
of FIX 4.4 Volume 6.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.order import events as e
from tradeoms.domain.order.state import Order, Phase
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.projections.queries_follow import Told
from tradeoms.projections.resources_text import average_price

Pairs = list[tuple[int, str]]
_LIVE: Final = frozenset({Phase.APPROVED, Phase.RELEASED})
_STOPPED: Final = frozenset({Phase.HELD, Phase.BLOCKED})
_CLOSED: Final = {Phase.CANCELED: "4", Phase.EXPIRED: "C"}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the portfolio system knows of an order.

    Attributes:
        order: The order after the last event told.
        cl_ord_id: ClOrdID (11) in force.
        acknowledged: True once New was reported.
        symbol: Symbol (55).
        market: SecurityExchange (207).
    """

    order: Order
    cl_ord_id: str
    symbol: str
    market: str
    acknowledged: bool = False


class Chain(Protocol):
    """What else is kept of an order's messages."""

    def waiting(self, kind: str) -> str:
        """ClOrdID of the F or G that waits for what happens now; empty where none does."""
        ...

    def exec_id_of(self, share: str) -> str:
        """ExecID under which an execution was reported first."""
        ...


def report_of(before: Known | None, after: Known, told: Told, chain: Chain) -> Pairs | None:
    """The report of an event; `None` where it tells a portfolio system nothing.

    Args:
        before: What was known before it; `None` for a new order.
        after: What is known now.
        told: The event.
        chain: What else is kept of the order's messages.
    """
    event = told.event
    match event:
        case e.OrderCreated():
            return _report(after, told, "A")
        case ExecutionAllocated():
            return _trade(after, told, event, chain)
        case e.OrderCancelRequested():
            return _report(after, told, "6", text=event.reason, answers=chain.waiting("F"))
        case e.OrderCanceled():
            return _report(after, told, "4", answers=chain.waiting("F"))
        case e.OrderExpired():
            return _report(after, told, "C")
        case e.OrderAmendRequested():
            return _report(after, told, "E", answers=chain.waiting("G"))
        case e.OrderAmended():
            return _amended(before, after, told, chain.waiting("G"))
        case e.OrderAmendRefused() | e.OrderCancelRefused():
            kind = "G" if isinstance(event, e.OrderAmendRefused) else "F"
            return _refused(after, event.detail, kind, chain.waiting(kind))
        case _:
            return _phase(before, after, told)


def _phase(before: Known | None, after: Known, told: Told) -> Pairs | None:
    """New once it may be traded; suspended while it may not be, and restated when it may again."""
    order, was = after.order, before.order.phase if before else Phase.DRAFT
    if after.acknowledged and not (before and before.acknowledged):
        return _report(after, told, "0")
    if order.phase in _STOPPED and was not in _STOPPED:
        why = order.held_because or ", ".join(order.unwaived) or "a second approval is needed"
        text = f"{order.phase}: {why}"
        return _report(after, told, "9" if after.acknowledged else "A", text=text)
    if order.phase in _LIVE and was in _STOPPED:
        return _report(after, told, "D", more=[(378, "99")])
    return None


def _amended(before: Known | None, after: Known, told: Told, request: str) -> Pairs:
    assert before is not None
    if not request:
        return _report(after, told, "D", more=[(378, "99")], text="amended in the house")
    return [*_report(after, told, "5"), (41, before.cl_ord_id)]


def share_of(event: ExecutionAllocated) -> str:
    """What names an order's share of an execution: orders of a block may have shares of one."""
    return f"{event.execution_id}/{event.order_id}"


def _trade(after: Known, told: Told, event: ExecutionAllocated, chain: Chain) -> Pairs | None:
    """An execution, or the bust of one: TradeCancel names the number of the one taken back.

    Nothing where another order of the block got all of it: the average price, which it moved, is
    told with the next report.
    """
    if not event.quantity:
        return None
    units = [(32, plain(abs(event.quantity))), (31, plain(event.price))]
    if event.quantity > 0:
        return _report(after, told, "F", more=units)
    taken_back = chain.exec_id_of(share_of(event))
    return _report(after, told, "H", more=[(19, taken_back), *units])


def _refused(after: Known, detail: str, kind: str, request: str) -> Pairs | None:
    if not request:
        return None  # it was asked for in the house
    return cancel_reject(after, request, kind=kind, reason="99", text=detail)


def cancel_reject(
    known: Known | None, request: str, *, kind: str, reason: str, text: str, orig: str = ""
) -> Pairs:
    """OrderCancelReject (9): an F or G that changed nothing."""
    return [
        (35, "9"),
        (37, known.order.id if known else "NONE"),
        (11, request),
        (41, known.cl_ord_id if known else orig),
        (39, status_of(known) if known else "8"),
        (434, "2" if kind == "G" else "1"),
        (102, reason),
        (58, _plain_text(text)),
    ]


def rejected(tags: dict[int, str], *, exec_id: str, reason: str, text: str) -> Pairs:
    """ExecutionReport of an order that was refused, with the fields as they came."""
    echoed = [(tag, tags[tag]) for tag in (1, 55, 48, 22, 207, 54, 38, 40, 44) if tag in tags]
    return [
        (35, "8"), (37, "NONE"), (11, tags.get(11, "NONE")), (17, exec_id), (150, "8"), (39, "8"),
        *echoed, (151, "0"), (14, "0"), (6, "0"), (103, reason), (58, _plain_text(text)),
    ]  # fmt: skip


def status_report(known: Known, request: str, *, exec_id: str) -> Pairs:
    """The order as it stands: the answer to a question, or to an order that was sent before."""
    return [
        (35, "8"), (37, known.order.id), (11, request), (17, exec_id), (150, "I"),
        (39, status_of(known)), *_body(known),
    ]  # fmt: skip


def status_of(known: Known) -> str:
    """OrdStatus (39), the highest that holds by FIX 4.4 Volume 4, order state precedence."""
    order = known.order
    if order.cum_qty >= order.quantity:
        return "2"
    if order.phase in _CLOSED:
        return _CLOSED[order.phase]
    if order.phase is Phase.CANCELING:
        return "6"
    if order.pending is not None:
        return "E"
    if order.cum_qty > ZERO:
        return "1"
    if not known.acknowledged:
        return "A"
    return "9" if order.phase in _STOPPED else "0"


def _report(
    known: Known,
    told: Told,
    exec_type: str,
    *,
    more: Pairs | None = None,
    text: str = "",
    answers: str = "",
) -> Pairs:
    ids = [(11, answers), (41, known.cl_ord_id)] if answers else [(11, known.cl_ord_id)]
    said = [(58, _plain_text(text))] if text else []
    return [
        (35, "8"), (37, known.order.id), *ids, (17, f"E{told.seq}"), (150, exec_type),
        (39, status_of(known)), *_body(known), *(more or []),
        (60, f"{told.event.at:%Y%m%d-%H:%M:%S.%f}"), *said,
    ]  # fmt: skip


def _body(known: Known) -> Pairs:
    order = known.order
    account = [(1, order.legs[0].fund)] if len(order.legs) == 1 else []
    limit = [(44, plain(order.limit_price))] if order.limit_price is not None else []
    stop = [(99, plain(order.stop_price))] if order.stop_price is not None else []
    last_day = [(432, f"{order.expire_on:%Y%m%d}")] if order.expire_on is not None else []
    return [
        *account, (55, known.symbol), (207, known.market), (54, order.side.fix),
        (38, plain(order.quantity)), (40, order.order_type.fix), *limit, *stop,
        (59, order.time_in_force.fix), *last_day,
        (151, plain(order.leaves_qty)), (14, plain(order.cum_qty)),
        (6, average_price(order.notional, order.cum_qty)),
    ]  # fmt: skip


def _plain_text(text: str) -> str:
    """Text (58): printable ASCII, nothing that could end a field."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)[:500]
