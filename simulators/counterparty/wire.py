"""Text of FIX messages, both ways, and the tags of each report.

Inbound, a message is read once from its raw text into (tag, text). Outbound, a report is a
list of (tag, text) which becomes one raw string: no number ever passes through a float.
Source of the mapping between versions: FIX 4.2 App. D and FIX 4.4 Vol. 4 (ExecTransType was
folded into ExecType in 4.3).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final

from simulators.counterparty.model import (
    ZERO,
    Execution,
    Kind,
    Order,
    Pairs,
    Share,
    price_text,
    text_of,
)

SOH: Final = "\x01"

#: ExecType (150) of FIX 4.4. In 4.2 a fill, a bust and a correction carry the order's status.
EXEC_TYPE: Final = {
    Kind.PENDING_NEW: "A",
    Kind.NEW: "0",
    Kind.FILL: "F",
    Kind.BUST: "H",
    Kind.CORRECT: "G",
    Kind.PENDING_CANCEL: "6",
    Kind.CANCELED: "4",
    Kind.PENDING_REPLACE: "E",
    Kind.REPLACED: "5",
    Kind.REJECTED: "8",
    Kind.DONE_FOR_DAY: "3",
    Kind.STOPPED: "7",
    Kind.SUSPENDED: "9",
    Kind.EXPIRED: "C",
    Kind.RESTATED: "D",
    Kind.STATUS: "I",
}

#: ExecTransType (20) of FIX 4.2; every other kind is 0, New.
EXEC_TRANS_TYPE: Final = {Kind.BUST: "1", Kind.CORRECT: "2", Kind.STATUS: "3"}

#: Tags of a request that come back in every report of the order.
ECHOED_TAGS: Final = (
    15, 22, 48, 207, 100, 18, 21, 47, 528, 167, 200, 205, 201, 202, 63, 64, 110, 111, 210, 1138,
)  # fmt: skip


#: TargetStrategy, its parameters and participation rate, and StrategyParametersGrp (5.0 SP2).
ALGO_TAGS: Final = frozenset({847, 848, 849, 957, 958, 959, 960})
#: What counterparties put their own parameters into (FIX 4.4 Vol. 1, user defined fields).
OWN_TAGS: Final = range(5_000, 10_000)


def pairs_of(raw: str) -> Pairs:
    """Return every (tag, text) of a message in its order."""
    pairs = []
    for part in raw.split(SOH):
        tag, equals, value = part.partition("=")
        if equals and tag.isdigit():
            pairs.append((int(tag), value))
    return pairs


def first(pairs: Pairs) -> dict[int, str]:
    """Return tag -> first text."""
    return dict(reversed(pairs))


def entries(pairs: Pairs, count_tag: int) -> list[Pairs]:
    """Return the entries of a repeating group; what follows the group is in the last one.

    The first tag after the count begins each entry (FIX 4.4 Vol. 1, repeating groups).
    """
    at = next((row for row, (tag, _) in enumerate(pairs) if tag == count_tag), None)
    if at is None or at + 1 == len(pairs):
        return []
    starts = [row for row in range(at + 1, len(pairs)) if pairs[row][0] == pairs[at + 1][0]]
    return [pairs[row:end] for row, end in pairwise([*starts, len(pairs)])]


def shares_of(pairs: Pairs) -> list[Share]:
    """Return the pre-allocation group (78); an AllocQty that is no number counts as zero."""
    group = [first(entry) for entry in entries(pairs, 78)]
    return [Share(account=one.get(79, ""), qty=number(one.get(80)) or ZERO) for one in group]


def algo_of(pairs: Pairs) -> Pairs:
    """Return the fields that steer an algorithm, groups in their order."""
    return [(tag, text) for tag, text in pairs if tag in ALGO_TAGS or tag in OWN_TAGS]


def number(text: str | None) -> Decimal | None:
    """Return the decimal of a tag's text, or None when missing or not a finite number."""
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return value if value is None or value.is_finite() else None


def utc_now() -> str:
    """Return the wall clock as a UTCTimestamp with milliseconds."""
    now = datetime.fromtimestamp(time.time_ns() / 1e9, UTC)  # a clock reading, not money
    return now.strftime("%Y%m%d-%H:%M:%S.") + f"{now.microsecond // 1000:03d}"


def raw_message(*, begin_string: str, msg_type: str, poss_resend: bool, body: Pairs) -> str:
    """Return the raw text of a message; the engine fills header and trailer when it sends."""
    head = f"8={begin_string}{SOH}9=0{SOH}35={msg_type}{SOH}"
    resend = f"97=Y{SOH}" if poss_resend else ""
    tail = SOH.join(f"{tag}={clean(text)}" for tag, text in body if text)
    return f"{head}{resend}{tail}{SOH}10=000{SOH}"


def clean(text: str) -> str:
    """Return ``text`` without the field separator, so that no value can add a tag."""
    return text.replace(SOH, " ")


def execution_report(  # noqa: PLR0913  # keyword-only: each is a tag of the report
    order: Order,
    kind: Kind,
    exec_id: str,
    *,
    day: int,
    execution: Execution | None = None,
    cl_ord_id: str = "",
    orig_cl_ord_id: str = "",
    extra: Pairs | None = None,
) -> Pairs:
    """Return the body of an ExecutionReport (8) on ``order`` as it stands now."""
    old = order.begin_string == "FIX.4.2"
    shown = order.ord_status
    body: Pairs = [
        (37, order.order_id),
        (11, cl_ord_id or order.cl_ord_id),
        (41, orig_cl_ord_id),
        (17, exec_id),
        (19, execution.ref if execution is not None else ""),
    ]
    if old:
        body.append((20, EXEC_TRANS_TYPE.get(kind, "0")))
    body += [
        (150, exec_type(kind, shown, old=old)),
        (39, shown),
        (1, order.account),
        (55, order.symbol),
        (54, order.side),
        (38, text_of(order.qty)),
        (40, order.ord_type),
        (44, price_text(order.price) if order.price is not None else ""),
        (99, price_text(order.stop_px) if order.stop_px is not None else ""),
        (59, order.tif),
    ]
    body += [*order.echo.items(), *order.algo]
    body += last_fill(kind, execution, old=old)
    body += [
        (151, text_of(ZERO if shown == "8" else order.leaves_qty)),
        (14, text_of(order.cum_qty)),
        (6, price_text(order.avg_px) if order.cum_qty else "0"),
        (60, utc_now()),
    ]
    if order.tif in {"1", "6"}:
        body += day_tags(order, day)
    return body + (extra or [])


def exec_type(kind: Kind, status: str, *, old: bool) -> str:
    """Return ExecType (150) of a report."""
    if not old:
        return EXEC_TYPE[kind]
    if kind in {Kind.BUST, Kind.STATUS}:
        return status
    if kind in {Kind.FILL, Kind.CORRECT}:
        return "2" if status == "2" else "1"
    return EXEC_TYPE[kind]


def last_fill(kind: Kind, execution: Execution | None, *, old: bool) -> Pairs:
    """Return quantity, price and market (32, 31, 30) of a fill, a correction or a guarantee.

    An EMS adds who executed it, in ExecBroker (76) or as a party, and LastLiquidityInd (851).
    """
    if execution is not None and kind in {Kind.FILL, Kind.CORRECT, Kind.STOPPED}:
        return [
            (32, text_of(execution.last_qty)),
            (31, price_text(execution.last_px)),
            (30, execution.last_mkt),
            (851, execution.liquidity),
            *executing_broker(execution.broker, old=old),
        ]
    return [(32, "0"), (31, "0")] if old or kind is Kind.BUST else []


def executing_broker(broker: str, *, old: bool) -> Pairs:
    """Return ExecBroker (76) in FIX 4.2, else a party of role 1, executing firm."""
    if old or not broker:
        return [(76, broker)]
    return [(453, "1"), (448, broker), (447, "D"), (452, "1")]


def day_tags(order: Order, day: int) -> Pairs:
    """Return DayOrderQty, DayCumQty, DayAvgPx (424, 425, 426) of a multi-day order."""
    day_qty, day_cum, day_avg = order.day_figures(day)
    return [
        (424, text_of(day_qty)),
        (425, text_of(day_cum)),
        (426, price_text(day_avg) if day_cum else "0"),
    ]


def unknown_order_report(*, tags: dict[int, str], old: bool, extra: Pairs | None = None) -> Pairs:
    """Return the answer to a status request on an order nobody knows (103=5, FIX 4.4 G.1.a)."""
    body: Pairs = [(37, "NONE"), (11, tags.get(11, "")), (17, "0")]
    if old:
        body.append((20, "3"))
    body += [
        (150, "8" if old else "I"),
        (39, "8"),
        (103, "5"),
        (55, tags.get(55, "[N/A]")),
        (54, tags.get(54, "1")),
        (38, "0"),
        (151, "0"),
        (14, "0"),
        (6, "0"),
        (60, utc_now()),
        (58, "unknown order"),
    ]
    return body + (extra or [])


def cancel_reject(
    *, order: Order | None, tags: dict[int, str], reason: str, text: str, response_to: str
) -> Pairs:
    """Return the body of an OrderCancelReject (9): 41 is the last accepted ClOrdID."""
    return [
        (37, order.order_id if order else "NONE"),
        (11, tags.get(11, "")),
        (41, order.cl_ord_id if order else tags.get(41, "")),
        (39, order.ord_status if order else "8"),
        (434, response_to),
        (102, reason),
        (60, utc_now()),
        (58, text),
    ]


def business_reject(tags: dict[int, str], *, reason: str, text: str) -> Pairs:
    """Return the body of a BusinessMessageReject (j)."""
    return [
        (45, tags.get(34, "")),
        (372, tags.get(35, "")),
        (379, tags.get(11, "")),
        (380, reason),
        (58, text),
    ]


def session_reject(tags: dict[int, str], *, reason: str, text: str) -> Pairs:
    """Return the body of a session-level Reject (3)."""
    return [(45, tags.get(34, "")), (372, tags.get(35, "")), (373, reason), (58, text)]
