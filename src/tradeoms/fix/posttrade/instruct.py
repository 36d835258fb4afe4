"""AllocationInstruction (J), the answers AU and AT, ConfirmationRequest (BH): fields as pairs.

J is sent after trading, linked to its order by an explicit list, quantities only (AllocType 2,
preliminary: no fees and net money of ours). FIX 4.2 has no 626, 857, 796 (FIX 4.4 Volume 5, FIX 4.2
AllocationInstruction); AU, AT and BH exist from FIX 4.4 on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Protocol

from tradeoms.app.instruction import Instruction, InstructionKind, Posttrade
from tradeoms.domain.placement.exec_ids import without_day
from tradeoms.fix.dialect import Dialect
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import plain

Pairs = list[tuple[int, str]]
#: AllocTransType (71).
_TRANS_TYPES: Final = {"new": "0", "replace": "1", "cancel": "2"}
#: AllocCancReplaceReason (796): details of the order changed, by a bust or correction.
_CHANGED: Final = "2"
#: AffirmStatus (940), and ConfirmRejReason (774): other.
_AFFIRM: Final = {"affirm": "3", "reject": "2"}
_OTHER: Final = "99"
#: AllocStatus (87) of an answer: accepted, rejected as a whole; AllocRejCode (88): see Text.
_STATUS: Final = {"affirm": "0", "reject": "1"}
_SEE_TEXT: Final = "7"
#: ConfirmType (773): confirmation.
_CONFIRMATION: Final = "2"


class Encoder(Protocol):
    """What writes the parts that orders have, too."""

    @property
    def dialect(self) -> Dialect:
        """How the counterparty wants them."""
        ...

    @property
    def version(self) -> str:
        """FIX version of the messages."""
        ...

    def side(self, side: Side) -> str:
        """Side (54)."""
        ...

    def price(self, price: Decimal | None, instruction: Instruction) -> str:
        """A price in the counterparty's unit."""
        ...

    def instrument(self, instruction: Instruction) -> Pairs:
        """The security."""
        ...


def posttrade_pairs(encoder: Encoder, instruction: Instruction, at: str) -> Pairs:
    """The fields of a message after trading; ``at`` is TransactTime (60)."""
    told = instruction.posttrade
    assert told is not None
    match instruction.kind:
        case InstructionKind.CONFIRMATION_ACK:
            return _answer(encoder, told, at)
        case InstructionKind.ALLOCATION_REPORT_ACK:
            return _report_answer(encoder, told, at)
        case InstructionKind.CONFIRMATION_REQUEST:
            return _request(instruction, told, at)
        case _:
            return _allocation(encoder, instruction, told, at)


def _allocation(encoder: Encoder, instruction: Instruction, told: Posttrade, at: str) -> Pairs:
    old = encoder.version == "FIX.4.2"
    changes = told.transaction != "new"
    modern: Pairs = [] if old else [(626, "2"), *([(796, _CHANGED)] if changes else []), (857, "1")]
    order: Pairs = [(73, "1"), (11, instruction.orig_cl_ord_id), (37, instruction.broker_order_id)]
    if not old:
        order += [(38, plain(instruction.quantity)), (800, plain(told.quantity))]
    executions: Pairs = [(124, str(len(told.executions)))]
    for exec_id, quantity, price in told.executions:
        shown = encoder.price(price, instruction)
        executions += [(17, _on_wire(exec_id, encoder.dialect)), (32, plain(quantity)), (31, shown)]
    lines: Pairs = [(78, str(len(told.lines)))]
    for account, quantity in told.lines:
        lines += [(79, account), (80, plain(quantity))]
    return [
        (70, instruction.cl_ord_id),
        (71, _TRANS_TYPES[told.transaction]),
        (72, told.ref_id),
        *modern,
        *order,
        *(executions if not old else []),
        (54, encoder.side(instruction.side)),
        *encoder.instrument(instruction),
        (53, plain(told.quantity)),
        (6, encoder.price(told.avg_px, instruction)),
        (75, told.trade_on.strftime("%Y%m%d")),
        (60, at),
        *lines,
    ]


def _on_wire(exec_id: str, dialect: Dialect) -> str:
    """ExecID (17) as the counterparty gave it."""
    return without_day(exec_id) if dialect.reports.exec_id_scope == "day" else exec_id


def _answer(encoder: Encoder, told: Posttrade, at: str) -> Pairs:
    refused = told.transaction == "reject"
    return [
        (664, told.confirm_id),
        (75, told.trade_on.strftime("%Y%m%d")),
        (60, at),
        (940, _AFFIRM[told.transaction]),
        *([(774, _OTHER)] if refused else []),
        (58, told.text[: encoder.dialect.order.text_max] if refused else ""),
    ]


def _report_answer(encoder: Encoder, told: Posttrade, at: str) -> Pairs:
    refused = told.transaction == "reject"
    return [
        (755, told.confirm_id),
        (70, told.ref_id),
        (75, told.trade_on.strftime("%Y%m%d")),
        (60, at),
        (87, _STATUS[told.transaction]),
        *([(88, _SEE_TEXT)] if refused else []),
        (58, told.text[: encoder.dialect.order.text_max] if refused else ""),
    ]


def _request(instruction: Instruction, told: Posttrade, at: str) -> Pairs:
    """A request without an account is about every account of the allocation."""
    return [
        (859, instruction.cl_ord_id),
        (773, _CONFIRMATION),
        (73, "1"),
        (11, instruction.orig_cl_ord_id),
        (37, instruction.broker_order_id),
        (70, told.ref_id),
        (60, at),
        (79, told.account),
    ]
