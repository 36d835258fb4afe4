"""Instruction -> the body of a FIX message, as (tag, text) pairs in the counterparty's dialect.

Decimals are written as text, never through a float. Every value is checked at the end: a separator
or control character in a field would inject tags of its own (reliability scenario F16).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, assert_never

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix.clock import fix_timestamp
from tradeoms.fix.dialect import ID_SOURCES, Dialect
from tradeoms.kernel.enums import OrderType, TimeInForce
from tradeoms.kernel.errors import TradeomsError
from tradeoms.kernel.numbers import plain
from tradeoms.kernel.text import is_printable

Pairs = list[tuple[int, str]]

MSG_TYPES: Final = {
    InstructionKind.NEW: "D",
    InstructionKind.REPLACE: "G",
    InstructionKind.CANCEL: "F",
    InstructionKind.STATUS: "H",
}
#: SecurityType (167) of our words; FIX 4.4 Vol. 6.
_SECURITY_TYPES: Final = {
    "equity": "CS", "etf": "CS", "bond": "CORP", "government_bond": "TBOND", "future": "FUT",
    "option": "OPT", "fund": "MF", "fx": "FOR",
}  # fmt: skip
_AT_CLOSE: Final = frozenset({OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE})
_AT_OPEN: Final = frozenset({OrderType.MARKET_ON_OPEN, OrderType.LIMIT_ON_OPEN})
_VALUE_MAX: Final = 500


class NotEncodable(TradeomsError):
    """A field of an instruction cannot go onto the wire."""

    def __init__(self, *, tag: int, reason: str) -> None:
        """Keep the tag and what is wrong with its value."""
        self.tag = tag
        self.reason = reason
        super().__init__(f"tag {tag}: {reason}")


def encode(instruction: Instruction, dialect: Dialect, begin_string: str, now_us: int) -> Pairs:
    """The body fields of ``instruction`` without header, each with a value.

    Args:
        instruction: What to send.
        dialect: How the counterparty wants it.
        begin_string: FIX.4.2 demands HandlInst and Symbol where FIX.4.4 does not.
        now_us: TransactTime (60), microseconds since 1970.

    Raises:
        NotEncodable: If a value is not printable ASCII or too long.
    """
    match instruction.kind:
        case InstructionKind.NEW | InstructionKind.REPLACE:
            pairs = _order(instruction, dialect, begin_string, now_us)
        case InstructionKind.CANCEL:
            pairs = _cancel(instruction, dialect, now_us)
        case InstructionKind.STATUS:
            pairs = status_request(instruction, dialect, instruction.cl_ord_id)
        case _:
            assert_never(instruction.kind)
    return checked(pairs, dialect)


def status_request(instruction: Instruction, dialect: Dialect, cl_ord_id: str) -> Pairs:
    """An OrderStatusRequest (H) about the order known to the peer as ``cl_ord_id``."""
    broker_id = instruction.broker_order_id if dialect.echo_order_id else ""
    return [
        (37, broker_id),
        (11, cl_ord_id),
        *_instrument(instruction, dialect),
        (54, instruction.side.fix),
    ]


def mass_status_request(request_id: str) -> Pairs:
    """An OrderMassStatusRequest (AF) for all orders of the session (585=7)."""
    return [(584, request_id), (585, "7")]


def checked(pairs: Pairs, dialect: Dialect) -> Pairs:
    """Drop empty fields, and refuse values that must not reach the wire.

    Raises:
        NotEncodable: Naming the first of them.
    """
    filled = [(tag, text) for tag, text in pairs if text]
    for tag, text in filled:
        if not is_printable(text, limit=_VALUE_MAX):
            raise NotEncodable(
                tag=tag, reason="control, separator or non-ASCII character, or too long"
            )
        if tag in {11, 41} and len(text) > dialect.cl_ord_id_max:
            raise NotEncodable(tag=tag, reason=f"longer than {dialect.cl_ord_id_max} characters")
        if tag == 58 and len(text) > dialect.text_max:
            raise NotEncodable(tag=tag, reason=f"longer than {dialect.text_max} characters")
    return filled


def _order(instruction: Instruction, dialect: Dialect, begin_string: str, now_us: int) -> Pairs:
    """D, or G, which repeats every tag: nothing is carried forward by the peer (FIX 4.4 Vol. 4)."""
    pairs: Pairs = [(11, instruction.cl_ord_id)]
    if instruction.kind is InstructionKind.REPLACE:
        pairs += [(41, instruction.orig_cl_ord_id), (37, _order_id(instruction, dialect))]
    handling = dialect.handl_inst or ("1" if begin_string == "FIX.4.2" else "")
    pairs += [(1, instruction.account if dialect.send_account else ""), (21, handling)]
    pairs += _instrument(instruction, dialect)
    pairs += [
        (54, instruction.side.fix),
        (60, fix_timestamp(now_us, dialect.timestamp_precision)),
        (38, plain(instruction.quantity)),
        (40, instruction.order_type.fix),
        (44, _price(instruction.limit_price, instruction, dialect)),
        (99, _price(instruction.stop_price, instruction, dialect)),
        (59, _time_in_force(instruction).fix),
        *_expiry(instruction, dialect),
        (58, instruction.text),
    ]
    return pairs + list(dialect.constants)


def _cancel(instruction: Instruction, dialect: Dialect, now_us: int) -> Pairs:
    return [
        (41, instruction.orig_cl_ord_id),
        (37, _order_id(instruction, dialect)),
        (11, instruction.cl_ord_id),
        (1, instruction.account if dialect.send_account else ""),
        *_instrument(instruction, dialect),
        (54, instruction.side.fix),
        (60, fix_timestamp(now_us, dialect.timestamp_precision)),
        (38, plain(instruction.quantity)),
    ]


def _instrument(instruction: Instruction, dialect: Dialect) -> Pairs:
    """Symbol, identifier with its source, exchange, type and currency."""
    known = dict(instruction.identifiers)
    own = {"symbol": instruction.symbol, "none": "[N/A]"}
    symbol = own.get(dialect.symbol) or known.get(dialect.symbol, "")
    if not symbol:
        raise NotEncodable(tag=55, reason=f"the security has no {dialect.symbol}")
    pairs: Pairs = [(55, symbol)]
    scheme = next((each for each in dialect.identifiers if known.get(each)), None)
    if scheme is not None:
        pairs += [(48, known[scheme]), (22, ID_SOURCES[scheme])]
    elif dialect.symbol == "none":
        raise NotEncodable(
            tag=48, reason=f"the security has none of {', '.join(dialect.identifiers)}"
        )
    if dialect.exchange_tag:
        pairs.append((dialect.exchange_tag, instruction.mic))
    if dialect.send_security_type:
        pairs.append((167, _SECURITY_TYPES.get(instruction.security_type, "")))
    if dialect.send_currency:
        unit = dialect.minor_units.get(instruction.currency)
        pairs.append((15, instruction.currency if unit is None else unit.code))
    return pairs


def _order_id(instruction: Instruction, dialect: Dialect) -> str:
    return instruction.broker_order_id if dialect.echo_order_id else ""


def _price(price: Decimal | None, instruction: Instruction, dialect: Dialect) -> str:
    if price is None:
        return ""
    unit = dialect.minor_units.get(instruction.currency)
    return plain(price if unit is None else price * unit.scale)


def _time_in_force(instruction: Instruction) -> TimeInForce:
    if instruction.order_type in _AT_CLOSE:
        return TimeInForce.AT_THE_CLOSE
    if instruction.order_type in _AT_OPEN:
        return TimeInForce.AT_THE_OPENING
    return instruction.time_in_force


def _expiry(instruction: Instruction, dialect: Dialect) -> Pairs:
    """ExpireDate (432), or ExpireTime (126) at the end of that day, UTC."""
    if instruction.expire_on is None or instruction.time_in_force is not TimeInForce.GTD:
        return []
    day = instruction.expire_on.strftime("%Y%m%d")
    return [(432, day)] if dialect.expiry_tag == 432 else [(126, f"{day}-23:59:59")]
