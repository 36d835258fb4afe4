"""Raw message -> report: FIX 4.2, 4.4 and 5.0 SP2 brought to one set of kinds (FIX 4.4 Vol. 4).

A missing optional field never fails. What cannot be understood raises `Unreadable`, and the caller
keeps the message as a break.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tradeoms.app.instruction import Instruction
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.exec_ids import of_day
from tradeoms.domain.placement.repeats import NO_EXEC_ID
from tradeoms.fix.cl_ord_ids import from_wire
from tradeoms.fix.dialect import ID_SOURCES, Dialect, Instrument
from tradeoms.fix.tags import SOH, tags_of
from tradeoms.kernel.enums import OrdStatus, Side
from tradeoms.kernel.errors import TradeomsError
from tradeoms.kernel.numbers import ZERO, plain

#: ExecType (150). A fill is F since 4.3 and 1 or 2 before; both are taken on every session.
KINDS: Final[Mapping[str, ReportKind]] = {
    "0": ReportKind.NEW,
    "1": ReportKind.FILL,
    "2": ReportKind.FILL,
    "3": ReportKind.DONE_FOR_DAY,
    "4": ReportKind.CANCELED,
    "5": ReportKind.REPLACED,
    "6": ReportKind.PENDING_CANCEL,
    "7": ReportKind.STOPPED,
    "8": ReportKind.REJECTED,
    "9": ReportKind.SUSPENDED,
    "A": ReportKind.PENDING_NEW,
    "B": ReportKind.CALCULATED,
    "C": ReportKind.EXPIRED,
    "D": ReportKind.RESTATED,
    "E": ReportKind.PENDING_REPLACE,
    "F": ReportKind.FILL,
    "G": ReportKind.CORRECT,
    "H": ReportKind.BUST,
    "I": ReportKind.STATUS,
    "J": ReportKind.TRADE_HELD,
    "K": ReportKind.TRADE_RELEASED,
    "L": ReportKind.TRIGGERED,
}
#: ExecTransType (20) of FIX 4.2: what it says outranks ExecType.
_TRANS_KINDS: Final = {"1": ReportKind.BUST, "2": ReportKind.CORRECT, "3": ReportKind.STATUS}
_STATUSES: Final = {status.fix: status for status in OrdStatus if status.fix}
#: 6 is sell short exempt; 1 is also what a buy to cover looks like.
_SIDES: Final = {"1": Side.BUY, "2": Side.SELL, "5": Side.SELL_SHORT, "6": Side.SELL_SHORT}
_NUMBER: Final = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})", re.ASCII)
_INSTANT: Final = re.compile(r"\d{8}-\d\d:\d\d:\d\d(\.\d{1,9})?Z?", re.ASCII)
_DAY: Final = re.compile(r"\d{8}", re.ASCII)
#: Reports whose LastQty (32) is of another report.
_NOT_OWN: Final = frozenset({ReportKind.BUST, ReportKind.STATUS})
#: OrdStatus (39) of an order that was filled, or filled and ended, in the message that accepts it
#: (FIX 5.0 SP2 Volume 7).
_FILLED_ON_ENTRY: Final = frozenset({"1", "2", "4", "C"})
#: PutOrCall (201).
_RIGHTS: Final = {"0": "put", "1": "call"}
_TAKING_BACK: Final = frozenset({ReportKind.BUST, ReportKind.CORRECT})
#: OrderID (37) where there is no order: FIX 4.4 prescribes NONE in the reject of a cancel of none.
_NO_ORDER: Final = frozenset({"NONE", "0"})
#: Where the day of an ExecID stands: TradeDate (75) is the execution's, also in a message that
#: takes it back on a later day; TransactTime (60) is the message's own.
_TRADED: Final = (75, 60)
_SAID: Final = (60, 75)
#: Messages that tell people something and change no placement: they stay in the wire journal only.
INFORMATION: Final = frozenset({"B", "C", "6", "h", "U1"})


class Unreadable(TradeomsError):
    """A message could not be brought into the form of a report."""

    def __init__(self, *, reason: str) -> None:
        """Keep what is wrong with it."""
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The request of ours that a Reject (3) or BusinessMessageReject (j) speaks of."""

    cl_ord_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the wire journal knows of a message besides its text."""

    session: str
    row: int
    received_at: datetime
    poss_resend: bool


def normalise(
    raw: bytes,
    envelope: Envelope,
    dialect: Dialect,
    *,
    refused: Refused | None = None,
    sent: Instruction | None = None,
) -> ReportPlacement:
    """The report in an ExecutionReport (8), OrderCancelReject (9), Reject (3) or j.

    Args:
        raw: The message as received.
        envelope: Its place in the wire journal.
        dialect: How the counterparty writes.
        refused: For 3 and j, the request with their RefSeqNum (45).
        sent: Our request that an ExecutionReport is about, where the dialect needs it.

    Raises:
        Unreadable: If the type is another, or a needed field is missing or unknown.
    """
    tags = tags_of(raw)
    msg_type = tags.get(35, "")
    shown = raw.decode("latin-1").replace(SOH, "|")
    if msg_type == "8":
        return execution_report(tags, envelope, dialect, sent, shown)
    if msg_type == "9":
        return _cancel_reject(tags, envelope, dialect, shown)
    if msg_type in {"3", "j"}:
        return _refusal(tags, envelope, refused, shown)
    raise Unreadable(reason=f"message type {msg_type!r} is not handled")


def execution_report(
    tags: Mapping[int, str],
    envelope: Envelope,
    dialect: Dialect,
    sent: Instruction | None,
    shown: str,
) -> ReportPlacement:
    """The report in the tags of an ExecutionReport (8); arguments as for `normalise`."""
    kind = kind_of(tags, dialect)
    scale = price_scale(tags, dialect, sent)
    executed = kind not in _NOT_OWN
    return ReportPlacement(
        session=envelope.session,
        row=envelope.row,
        kind=kind,
        cl_ord_id=own_id(tags.get(11, ""), dialect),
        orig_cl_ord_id=own_id(tags.get(41, ""), dialect),
        broker_order_id=_order_id(tags),
        exec_id=_exec_id(tags, 17, dialect, _SAID if kind in _TAKING_BACK else _TRADED),
        exec_ref_id=_exec_id(tags, 19, dialect, _TRADED),
        ref_day_guessed=dialect.reports.exec_id_scope == "day" and not tags.get(75),
        taken_back=_taken_back(tags, scale) if kind is ReportKind.BUST else None,
        symbol=_symbol(tags, dialect),
        names=_names(tags, dialect),
        side=side_of(tags, dialect, sent),
        last_qty=(number(tags, 32) or ZERO) if executed else ZERO,
        last_px=(_scaled(number(tags, 31), scale) or ZERO) if executed else ZERO,
        order_qty=number(tags, 38),
        cum_qty=number(tags, 14),
        leaves_qty=number(tags, 151),
        avg_px=_scaled(number(tags, 6), scale),
        price=_scaled(number(tags, 44), scale),
        ord_status=_STATUSES.get(tags.get(39, "")),
        reason=tags.get(378 if kind is ReportKind.RESTATED else 103, ""),
        text=tags.get(58, ""),
        venue=tags.get(30, ""),
        duplicate_order=kind is ReportKind.REJECTED and tags.get(103) == "6",
        # A status that is sent again (43) is of the moment at which it was asked for.
        poss_resend=envelope.poss_resend or (kind is ReportKind.STATUS and tags.get(43) == "Y"),
        transact_time=instant(tags.get(60, "")),
        trade_on=_market_date(tags.get(75, "")),
        received_at=envelope.received_at,
        raw=shown,
        day_order_qty=number(tags, 424),
        day_cum_qty=number(tags, 425),
        day_avg_px=_scaled(number(tags, 426), scale),
        extra=tuple(
            (name, tags[tag]) for tag, name in dialect.reports.keep.items() if tags.get(tag)
        ),
    )


def kind_of(tags: Mapping[int, str], dialect: Dialect) -> ReportKind:
    """What an ExecutionReport reports.

    Raises:
        Unreadable: If ExecType is missing or not known.
    """
    style = dialect.reports.exec_style
    trans = "" if style == "4.4" else tags.get(20, "")
    if trans in _TRANS_KINDS:
        return _TRANS_KINDS[trans]
    code = tags.get(150) or (tags.get(39, "") if style == "4.2" else "")
    kind = KINDS.get(code)
    if kind is None:
        raise Unreadable(reason=f"ExecType (150) is {code!r}")
    if kind is ReportKind.NEW and tags.get(39) in _FILLED_ON_ENTRY and number(tags, 32):
        return ReportKind.FILL
    if kind is ReportKind.REJECTED and tags.get(103) == "5":
        return ReportKind.STATUS  # "unknown order" answers a status request, whatever 150 says
    return kind


def _cancel_reject(
    tags: Mapping[int, str], envelope: Envelope, dialect: Dialect, shown: str
) -> ReportPlacement:
    kind = ReportKind.REPLACE_REJECTED if tags.get(434) == "2" else ReportKind.CANCEL_REJECTED
    return ReportPlacement(
        session=envelope.session,
        row=envelope.row,
        kind=kind,
        cl_ord_id=own_id(tags.get(11, ""), dialect),
        orig_cl_ord_id=own_id(tags.get(41, ""), dialect),
        broker_order_id=_order_id(tags),
        ord_status=_STATUSES.get(tags.get(39, "")),
        reason=tags.get(102, ""),
        text=tags.get(58, ""),
        poss_resend=envelope.poss_resend,
        transact_time=instant(tags.get(60, "")),
        received_at=envelope.received_at,
        raw=shown,
    )


def _refusal(
    tags: Mapping[int, str], envelope: Envelope, refused: Refused | None, shown: str
) -> ReportPlacement:
    if refused is None:
        raise Unreadable(
            reason=f"reject of message {tags.get(45, '')!r}, which is no request of ours"
        )
    return ReportPlacement(
        session=envelope.session,
        row=envelope.row,
        kind=ReportKind.SESSION_REJECTED,
        cl_ord_id=refused.cl_ord_id,
        reason=tags.get(380) or tags.get(373, ""),
        text=tags.get(58, ""),
        received_at=envelope.received_at,
        raw=shown,
    )


def number(tags: Mapping[int, str], tag: int) -> Decimal | None:
    """The decimal in ``tag``, None where absent or empty.

    Raises:
        Unreadable: If it is there and not a plain number.
    """
    text = tags.get(tag, "")
    if not text:
        return None
    if not text.isdecimal() and _NUMBER.fullmatch(text) is None:
        raise Unreadable(reason=f"tag {tag} is {text!r}, not a number")
    return Decimal(text)


def instant(text: str) -> datetime | None:
    """The UTCTimestamp in ``text``, to the microsecond; None where it is not one."""
    if _INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(f"{text[:8]}T{text[9:].rstrip('Z')}+00:00")
    except ValueError:
        return None


def _market_date(text: str) -> date | None:
    """The LocalMktDate in ``text``; None where it is not one."""
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def own_id(wire_id: str, dialect: Dialect) -> str:
    """Our ClOrdID behind the one on the wire."""
    return from_wire(wire_id, dialect.ids.charset, dialect.ids.prefix)


def _order_id(tags: Mapping[int, str]) -> str:
    """OrderID (37); empty where it names no order."""
    text = tags.get(37, "")
    return "" if text.upper() in _NO_ORDER else text


def _exec_id(tags: Mapping[int, str], tag: int, dialect: Dialect, days: tuple[int, int]) -> str:
    """ExecID (17, 19), with a day in front where it is its own for a day only; `0` is none.

    The day is what a resend repeats, in the first of the tags ``days`` that is there.
    """
    text = tags.get(tag, "")
    if text in NO_EXEC_ID:
        return ""
    if dialect.reports.exec_id_scope == "ever":
        return text
    day = next((tags[each][:8] for each in days if tags.get(each)), "")
    if not (day.isdecimal() and len(day) == 8):
        raise Unreadable(reason=f"ExecID {text!r} without TradeDate (75) or TransactTime (60)")
    return of_day(day, text)


def _taken_back(tags: Mapping[int, str], scale: Decimal | None) -> tuple[Decimal, Decimal] | None:
    """LastQty (32) and LastPx (31) of what a bust takes back, where it tells them."""
    quantity, price = number(tags, 32), _scaled(number(tags, 31), scale)
    return (quantity, price) if quantity and price else None


def _symbol(tags: Mapping[int, str], dialect: Dialect) -> str:
    """Symbol (55), with its suffix (65) where the dialect takes it apart."""
    stem, suffix = tags.get(55, ""), tags.get(65, "")
    return f"{stem}.{suffix}" if dialect.instrument.suffix and suffix else stem


def _names(tags: Mapping[int, str], dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """What a report gives besides: SecurityID (48), Symbol (55) where it is one, the contract."""
    habits = dialect.instrument
    schemes: dict[str, str] = {code: scheme for scheme, code in ID_SOURCES.items()}
    schemes |= {code: scheme for scheme, code in habits.id_sources.items()}
    found: list[tuple[str, str]] = [
        (schemes.get(tags.get(22, ""), ""), tags.get(48, "")),
        ("contract_month", tags.get(200, "")[:6]),
        ("maturity", tags.get(541, "")),
        ("put_call", _RIGHTS.get(tags.get(201, ""), "")),
        ("strike", _strike(tags, habits)),
    ]
    if habits.symbol in ID_SOURCES:
        found.append((habits.symbol, tags.get(55, "")))
    return tuple((each, value) for each, value in found if each and value)


def _strike(tags: Mapping[int, str], habits: Instrument) -> str:
    """StrikePrice (202); empty where it cannot be read, or may be in a unit of its own."""
    text = tags.get(202, "")
    known = _NUMBER.fullmatch(text) is not None and not habits.minor_units
    return plain(Decimal(text)) if known else ""


def side_of(tags: Mapping[int, str], dialect: Dialect, sent: Instruction | None) -> Side | None:
    """Side (54); the peer's own code for ours where the dialect has one."""
    code = tags.get(54, "")
    if sent is not None and code == dialect.order.sides.get(sent.side):
        return sent.side
    return _SIDES.get(code)


def price_scale(
    tags: Mapping[int, str], dialect: Dialect, sent: Instruction | None
) -> Decimal | None:
    """What prices are to be divided by, None for nothing.

    Without Currency (15) a price is in the unit of the order it answers, as a desk means it.

    Raises:
        Unreadable: If there is no telling, and units differ: a price may be wrong a hundredfold.
    """
    habits = dialect.instrument
    if not habits.minor_units:
        return None
    code = tags.get(15, "")
    minor = habits.minor_by_code(code)
    currency = sent.currency if sent is not None else code
    if not (code or sent) and any(tags.get(tag) for tag in (31, 44)):
        raise Unreadable(reason="a price without Currency (15), of no order of ours")
    match dialect.reports.price_unit:
        case "major":
            scale = Decimal(1)
        case "minor":
            scale = habits.scale(currency) if minor is None else Decimal(minor.scale)
        case "auto" if minor is not None:
            scale = Decimal(minor.scale)
        case "auto":
            scale = Decimal(1) if code else habits.scale(currency)
    own = habits.own_scale(currency, sent.price_factor) if sent is not None else Decimal(1)
    return scale / own


def _scaled(price: Decimal | None, scale: Decimal | None) -> Decimal | None:
    return price if price is None or scale is None else price / scale
