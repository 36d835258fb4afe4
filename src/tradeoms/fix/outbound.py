"""Instruction -> the body of a FIX message, as (tag, text) pairs in the counterparty's dialect.

Decimals are written as text, never through a float. Every value is checked at the end: a separator
or control character in a field would inject tags of its own (reliability scenario F16).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, assert_never

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix.cl_ord_ids import fits_charset, from_wire, to_wire
from tradeoms.fix.clock import fix_timestamp
from tradeoms.fix.contract import CONTRACTS, contract_pairs, missing_of
from tradeoms.fix.contract import TAGS as CONTRACT_TAGS
from tradeoms.fix.dialect import ID_SOURCES, Dialect
from tradeoms.fix.order_terms import CHANGEABLE, expiry_pairs, portion_pairs, unwanted_portion
from tradeoms.fix.posttrade.instruct import posttrade_pairs
from tradeoms.fix.tags import SOH, tags_of
from tradeoms.kernel.enums import OrderType, Side, TimeInForce
from tradeoms.kernel.errors import TradeomsError
from tradeoms.kernel.numbers import plain
from tradeoms.kernel.text import is_printable

Pairs = list[tuple[int, str]]

MSG_TYPES: Final = {
    InstructionKind.NEW: "D",
    InstructionKind.REPLACE: "G",
    InstructionKind.CANCEL: "F",
    InstructionKind.STATUS: "H",
    InstructionKind.DONT_KNOW: "Q",
    InstructionKind.MASS_CANCEL: "q",
    InstructionKind.ALLOCATION: "J",
    InstructionKind.CONFIRMATION_ACK: "AU",
    InstructionKind.ALLOCATION_REPORT_ACK: "AT",
    InstructionKind.CONFIRMATION_REQUEST: "BH",
}
#: Messages after trading that came with FIX 4.4.
_NOT_IN_42: Final = {
    InstructionKind.CONFIRMATION_ACK: "ConfirmationAck (AU)",
    InstructionKind.ALLOCATION_REPORT_ACK: "AllocationReportAck (AT)",
    InstructionKind.CONFIRMATION_REQUEST: "ConfirmationRequest (BH)",
}
#: SecurityType (167) of our words; FIX 4.4 Vol. 6.
_SECURITY_TYPES: Final = {
    "equity": "CS", "etf": "CS", "bond": "CORP", "government_bond": "TBOND", "fund": "MF",
    "fx": "FOR", **CONTRACTS,
}  # fmt: skip
_ORDERED: Final = frozenset({InstructionKind.NEW, InstructionKind.REPLACE})
_AT_CLOSE: Final = frozenset({OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE})
_AT_OPEN: Final = frozenset({OrderType.MARKET_ON_OPEN, OrderType.LIMIT_ON_OPEN})
_VALUE_MAX: Final = 500
#: What a DontKnowTrade repeats of the report: OrderID, ExecID, instrument, side, sizes, price.
_TOLD: Final = (37, 17, 55, 65, 48, 22, 54, 38, 32, 31)
_IDS: Final = frozenset({11, 41, 70, 72, 859})
#: What G needs beside the terms that it changes, and what it would undo if it left it out.
_ALWAYS: Final = frozenset(
    {11, 21, 55, 65, 48, 22, 54, 60, 38, 40, 110, 111, 1138, 210, *CONTRACT_TAGS}
)


class NotEncodable(TradeomsError):
    """A field of an instruction cannot go onto the wire."""

    def __init__(self, *, tag: int, reason: str) -> None:
        """Keep the tag and what is wrong with its value."""
        self.tag = tag
        self.reason = reason
        super().__init__(f"tag {tag}: {reason}")


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes the instructions of one session.

    Attributes:
        dialect: How the counterparty wants them.
        version: FIX.4.2 demands HandlInst and Symbol where later versions do not.
    """

    dialect: Dialect
    version: str

    def encode(self, instruction: Instruction, now_us: int) -> Pairs:
        """The body fields of ``instruction`` without header, each with a value.

        Args:
            instruction: What to send.
            now_us: TransactTime (60), microseconds since 1970.

        Raises:
            NotEncodable: If the counterparty does not take it, or a value is not printable ASCII
                or too long.
        """
        self._refuse_kind(instruction.kind)
        self._refuse_terms(instruction)
        match instruction.kind:
            case InstructionKind.NEW:
                return self._ordered(self._order(instruction, now_us), instruction)
            case InstructionKind.REPLACE:
                return self._ordered(self._replace(instruction, now_us), instruction)
            case InstructionKind.CANCEL:
                pairs = self._cancel(instruction, now_us)
            case InstructionKind.STATUS:
                pairs = self.status(instruction, instruction.cl_ord_id)
            case InstructionKind.DONT_KNOW:
                pairs = self._dont_know(instruction)
            case InstructionKind.MASS_CANCEL:
                pairs = self._mass_cancel(instruction, now_us)
            case (
                InstructionKind.ALLOCATION
                | InstructionKind.CONFIRMATION_ACK
                | InstructionKind.ALLOCATION_REPORT_ACK
                | InstructionKind.CONFIRMATION_REQUEST
            ):
                pairs = posttrade_pairs(self, instruction, self._at(now_us))
            case InstructionKind.PROGRAM:
                raise NotEncodable(tag=35, reason="the end of a list is no message of its own")
            case _:
                assert_never(instruction.kind)
        theirs = instruction.kind is InstructionKind.ALLOCATION_REPORT_ACK
        return self.checked(pairs, ids=frozenset() if theirs else _IDS)

    def _ordered(self, pairs: Pairs, instruction: Instruction) -> Pairs:
        """A new order or replace, with all that the counterparty wants besides."""
        order = self._with_algo(self.checked(self._adapted(pairs, instruction)), instruction)
        return order + self.checked(self._allocations(instruction))

    def _refuse_kind(self, kind: InstructionKind) -> None:
        """Refuse a message that the session, or its version of FIX, does not have."""
        if self.dialect.role == "drop_copy":
            raise NotEncodable(tag=35, reason="nothing is ordered on a drop copy session")
        if self.version == "FIX.4.2" and kind in _NOT_IN_42:
            raise NotEncodable(tag=35, reason=f"FIX 4.2 has no {_NOT_IN_42[kind]}")

    def _refuse_terms(self, instruction: Instruction) -> None:
        """Refuse to order a contract that is not fully named, or on terms that are not taken.

        What is out can be canceled.
        """
        if instruction.kind not in _ORDERED:
            return
        unwanted = unwanted_portion(self.dialect.order, instruction)
        if unwanted is not None:
            raise NotEncodable(tag=unwanted[0], reason=unwanted[1])
        kind = instruction.security_type
        if kind not in CONTRACTS:
            return
        missing = missing_of(instruction.contract, kind, self.dialect.instrument.maturity)
        if missing is not None:
            raise NotEncodable(tag=missing[0], reason=f"the {kind} has no {missing[1]}")

    def status(self, instruction: Instruction, cl_ord_id: str) -> Pairs:
        """An OrderStatusRequest (H) about the order known to the peer as ``cl_ord_id``."""
        return [
            (37, self._order_id(instruction)),
            (11, cl_ord_id),
            *self.instrument(instruction),
            (54, self.side(instruction.side)),
        ]

    def checked(self, pairs: Pairs, *, ids: frozenset[int] = _IDS) -> Pairs:
        """Name ids as the peer does, drop empty and forbidden fields, refuse what must not leave.

        ``ids`` are the tags whose ids are ours.

        Raises:
            NotEncodable: Naming the first of them.
        """
        order = self.dialect.order
        filled = [
            (tag, self._wire_id(tag, text) if tag in ids else text)
            for tag, text in pairs
            if text and tag not in order.forbidden
        ]
        for tag, text in filled:
            if not is_printable(text, limit=_VALUE_MAX):
                raise NotEncodable(
                    tag=tag, reason="control, separator or non-ASCII character, or too long"
                )
            if tag == 58 and len(text) > order.text_max:
                raise NotEncodable(tag=tag, reason=f"longer than {order.text_max} characters")
        return [(order.renamed.get(tag, tag), text) for tag, text in filled]

    def _with_algo(self, pairs: Pairs, instruction: Instruction) -> Pairs:
        """Add the algorithm as its file says: nothing of it is renamed, dropped or sent twice.

        Quickfix would keep the last of two fields with one tag, and the order would change.
        """
        taken = {tag for tag, _ in pairs}
        for tag, text in instruction.algo:
            if tag in taken:
                raise NotEncodable(tag=tag, reason="the order itself is sent in it")
            if tag in self.dialect.order.forbidden:
                raise NotEncodable(tag=tag, reason="the counterparty takes no such tag")
            if not is_printable(text, limit=_VALUE_MAX):
                raise NotEncodable(tag=tag, reason="not printable ASCII, or too long")
        return [*pairs, *instruction.algo]

    def _wire_id(self, tag: int, cl_ord_id: str) -> str:
        ids = self.dialect.ids
        text = to_wire(cl_ord_id, ids.charset, ids.prefix)
        if len(text) > ids.cl_ord_id_max:
            raise NotEncodable(tag=tag, reason=f"longer than {ids.cl_ord_id_max} characters")
        if not fits_charset(text, ids.charset):
            raise NotEncodable(tag=tag, reason=f"{text} is not {ids.charset}")
        if from_wire(text, ids.charset, ids.prefix) != cl_ord_id:
            raise NotEncodable(tag=tag, reason=f"{text} does not lead back to {cl_ord_id}")
        return text

    def _order(self, instruction: Instruction, now_us: int) -> Pairs:
        order = self.dialect.order
        return [
            (11, instruction.cl_ord_id),
            *self._account(instruction),
            (21, self._handling()),
            *self.instrument(instruction),
            (54, self.side(instruction.side)),
            (60, self._at(now_us)),
            (38, plain(instruction.quantity)),
            (40, instruction.order_type.fix),
            (44, self.price(instruction.limit_price, instruction)),
            (99, self.price(instruction.stop_price, instruction)),
            (59, self._time_in_force(instruction).fix),
            *expiry_pairs(order, instruction),
            *portion_pairs(order, instruction),
            *([(int(order.capacity.tag), order.capacity.value)] if order.capacity else []),
            (58, instruction.text),
        ]

    def _allocations(self, instruction: Instruction) -> Pairs:
        """Whom it is for, under an AllocID of its own each time (FIX 4.4 Vol. 5, section 1).

        They go behind all else: what followed the group would be taken for its last account's. FIX
        4.2 has no AllocID in an order.
        """
        lines = instruction.accounts
        if not self.dialect.order.allocations or len(lines) < 2:
            return []
        pairs = [] if self.version == "FIX.4.2" else [(70, instruction.cl_ord_id)]
        pairs.append((78, str(len(lines))))
        for account, quantity in lines:
            pairs += [(79, account), (80, plain(quantity))]
        return pairs

    def _replace(self, instruction: Instruction, now_us: int) -> Pairs:
        """G repeats every tag: nothing is carried forward by the peer (FIX 4.4 Vol. 4).

        A peer that wants only what changes gets what the message needs, and the terms it lets
        change.
        """
        replace = self.dialect.replace
        links = [(41, instruction.orig_cl_ord_id), (37, self._order_id(instruction))]
        whole = self._order(instruction, now_us)
        if not replace.resend_all:
            kept = _ALWAYS | {CHANGEABLE[term] for term in replace.changeable}
            whole = [(tag, text) for tag, text in whole if tag in kept]
        return [whole[0], *links, *whole[1:]]

    def _adapted(self, pairs: Pairs, instruction: Instruction) -> Pairs:
        """Add the peer's own tags; what it fixes stands in place of what we would send."""
        order = self.dialect.order
        self._check_allowed(instruction)
        short = order.short_sale if instruction.side is Side.SELL_SHORT else {}
        fixed = {**order.constants, **short}
        return [(tag, text) for tag, text in pairs if tag not in fixed] + list(fixed.items())

    def _check_allowed(self, instruction: Instruction) -> None:
        allowed = self.dialect.order.allowed
        kind, life = instruction.order_type, self._time_in_force(instruction)
        if allowed and life not in allowed.get(kind, ()):
            raise NotEncodable(tag=59, reason=f"the counterparty takes no {kind} {life} order")

    def _cancel(self, instruction: Instruction, now_us: int) -> Pairs:
        return [
            (41, instruction.orig_cl_ord_id),
            (37, self._order_id(instruction)),
            (11, instruction.cl_ord_id),
            *self._account(instruction),
            *self.instrument(instruction),
            (54, self.side(instruction.side)),
            (60, self._at(now_us)),
            (38, plain(instruction.quantity)),
        ]

    def _dont_know(self, instruction: Instruction) -> Pairs:
        """Their own words about the trade, and why it is not ours (FIX 4.4 Vol. 4)."""
        if not self.dialect.reports.dont_know:
            raise NotEncodable(tag=35, reason="the counterparty takes no DontKnowTrade (Q)")
        told = tags_of(instruction.answers.replace("|", SOH).encode("latin-1", "replace"))
        said = [(tag, told[tag]) for tag in _TOLD if tag in told]
        text = instruction.text[: self.dialect.order.text_max]
        return [*said, (127, instruction.dk_reason), (58, text)]

    def _mass_cancel(self, instruction: Instruction, now_us: int) -> Pairs:
        """All orders of the session (530=7), of one security (530=1), or of a list (K, by 66)."""
        if instruction.program:
            if not self.dialect.lists.orders:
                raise NotEncodable(tag=35, reason="the counterparty takes no lists (E, K)")
            return [(66, instruction.program), (60, self._at(now_us))]
        if not self.dialect.cancel.mass or self.version == "FIX.4.2":
            raise NotEncodable(tag=35, reason="the counterparty takes no mass cancel (q)")
        about = self.instrument(instruction) if instruction.security_id else []
        scope = "1" if about else "7"
        return [(11, instruction.cl_ord_id), (530, scope), *about, (60, self._at(now_us))]

    def instrument(self, instruction: Instruction) -> Pairs:
        """Symbol, identifier with its source, exchange, type and currency."""
        habits, known = self.dialect.instrument, dict(instruction.identifiers)
        pairs = self._symbol(instruction, known)
        scheme = next((each for each in habits.identifiers if known.get(each)), None)
        if scheme is not None:
            pairs += [(48, known[scheme]), (22, habits.id_sources.get(scheme, ID_SOURCES[scheme]))]
        elif habits.symbol == "none":
            raise NotEncodable(
                tag=48, reason=f"the security has none of {', '.join(habits.identifiers)}"
            )
        if habits.exchange_tag != "0":
            pairs.append((int(habits.exchange_tag), self._exchange(instruction.mic)))
        contract = instruction.contract
        if contract is not None:
            strike = self.price(contract.strike, instruction)
            pairs += contract_pairs(contract, instruction.security_type, strike, habits)
        elif habits.security_type:
            pairs.append((167, _SECURITY_TYPES.get(instruction.security_type, "")))
        if habits.currency:
            unit = habits.minor_units.get(instruction.currency)
            pairs.append((15, instruction.currency if unit is None else unit.code))
        return pairs

    def _symbol(self, instruction: Instruction, known: dict[str, str]) -> Pairs:
        habits = self.dialect.instrument
        own = {"symbol": instruction.symbol, "none": "[N/A]"}
        symbol = own.get(habits.symbol) or known.get(habits.symbol, "")
        if not symbol:
            raise NotEncodable(tag=55, reason=f"the security has no {habits.symbol}")
        if not habits.suffix:
            return [(55, symbol)]
        stem, _, suffix = symbol.replace("/", ".").partition(".")
        return [(55, stem), (65, suffix)]

    def _exchange(self, mic: str) -> str:
        codes = self.dialect.instrument.exchanges
        if codes and mic not in codes:
            raise NotEncodable(tag=100, reason=f"the counterparty has no code for {mic}")
        return codes.get(mic, mic)

    def _account(self, instruction: Instruction) -> Pairs:
        """Account (1), or a party: its id, proprietary code, customer account (FIX 4.4 Vol. 6)."""
        account = instruction.account
        if self.dialect.order.account == "tag":
            return [(1, account)]
        if self.dialect.order.account == "none" or not account:
            return []
        return [(453, "1"), (448, account), (447, "D"), (452, "24")]

    def _handling(self) -> str:
        return self.dialect.order.handl_inst or ("1" if self.version == "FIX.4.2" else "")

    def side(self, side: Side) -> str:
        """Side (54) as the counterparty has it."""
        return self.dialect.order.sides.get(side, side.fix)

    def _at(self, now_us: int) -> str:
        return fix_timestamp(now_us, self.dialect.precision)

    def _order_id(self, instruction: Instruction) -> str:
        return instruction.broker_order_id if self.dialect.ids.echo_order_id else ""

    def price(self, price: Decimal | None, instruction: Instruction) -> str:
        """A price in the unit in which the counterparty quotes the currency; empty for none."""
        if price is None:
            return ""
        habits, currency = self.dialect.instrument, instruction.currency
        own = habits.own_scale(currency, instruction.price_factor)
        return plain(price * habits.scale(currency) / own)

    def _time_in_force(self, instruction: Instruction) -> TimeInForce:
        if instruction.order_type in _AT_CLOSE:
            return TimeInForce.AT_THE_CLOSE
        if instruction.order_type in _AT_OPEN:
            return TimeInForce.AT_THE_OPENING
        return instruction.time_in_force


def mass_status_request(request_id: str) -> Pairs:
    """An OrderMassStatusRequest (AF) for all orders of the session (585=7)."""
    return [(584, request_id), (585, "7")]
