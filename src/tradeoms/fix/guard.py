"""The last check before the market: pure, over what the gateway itself knows.

It repeats what must never be wrong: that the order was approved, that not more than the approved
units can leave, that a living engine of this build decided it, that nobody pulled the kill switch
(17 CFR 240.15c3-5; SEC release 34-70694, Knight Capital).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.kernel.numbers import ZERO, plain


@unique
class GuardCode(StrEnum):
    """Why the guard held an instruction back. Declared in the order the checks run."""

    EPOCH_TOO_LOW = "epoch_too_low"
    CL_ORD_ID_USED = "cl_ord_id_used"
    ORIGINAL_MISSING = "original_missing"
    KILLED = "killed"
    STALE = "stale"
    BUILD_DIFFERS = "build_differs"
    CHECK_MISSING = "check_missing"
    QUANTITY_INVALID = "quantity_invalid"
    PRICE_INVALID = "price_invalid"
    BEYOND_SESSION = "beyond_session"
    OVER_APPROVED = "over_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What one placement has in the market, or may still get there.

    Attributes:
        quantity: Units of the request in force.
        pending_quantity: Most units asked for by a replace that is not answered yet, else 0.
        cum_qty: Units executed.
        closed: True where nothing more can execute.
    """

    placement_id: str
    quantity: Decimal
    pending_quantity: Decimal
    cum_qty: Decimal
    closed: bool

    @property
    def units(self) -> Decimal:
        """The most that this placement can come to."""
        if self.closed:
            return self.cum_qty
        return max(self.quantity, self.pending_quantity, self.cum_qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the gateway knows at the moment of sending.

    Attributes:
        killed: Which kill switch stops the instruction; empty where none does.
        epoch_seen: Highest lease epoch any instruction or engine has shown.
        exposures: Those of the same order, from the wire journal.
        beyond_session: Why it exceeds what the session takes in one order; empty if not.
        cl_ord_id_used: True where another request went out under the same ClOrdID.
    """

    now: datetime
    killed: str
    build: str
    epoch_seen: int
    cl_ord_id_used: bool
    exposures: tuple[Exposure, ...]
    beyond_session: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An instruction that does not leave, and why."""

    code: GuardCode
    detail: str


_OPENING: Final = frozenset({InstructionKind.NEW, InstructionKind.REPLACE})


def check(instruction: Instruction, facts: Facts) -> Held | None:
    """Return why ``instruction`` must not leave, or None if it may.

    A cancel or a status request takes no risk: only the checks on its origin and identity apply.
    """
    held = _identity(instruction, facts)
    if held is not None or instruction.kind not in _OPENING:
        return held
    return _permission(instruction, facts) or _size(instruction, facts)


def _identity(instruction: Instruction, facts: Facts) -> Held | None:
    if instruction.epoch < facts.epoch_seen:
        detail = f"epoch {instruction.epoch}, but {facts.epoch_seen} was seen"
        return Held(code=GuardCode.EPOCH_TOO_LOW, detail=detail)
    if facts.cl_ord_id_used and instruction.kind is not InstructionKind.STATUS:
        return Held(code=GuardCode.CL_ORD_ID_USED, detail=instruction.cl_ord_id)
    needs_original = instruction.kind in {InstructionKind.REPLACE, InstructionKind.CANCEL}
    if not instruction.cl_ord_id or (needs_original and not instruction.orig_cl_ord_id):
        return Held(code=GuardCode.ORIGINAL_MISSING, detail="ClOrdID or OrigClOrdID is empty")
    return None


def _permission(instruction: Instruction, facts: Facts) -> Held | None:
    if facts.killed:
        return Held(code=GuardCode.KILLED, detail=facts.killed)
    if instruction.not_after is not None and facts.now > instruction.not_after:
        detail = f"not to be sent after {instruction.not_after.isoformat()}"
        return Held(code=GuardCode.STALE, detail=detail)
    if instruction.build != facts.build:
        detail = f"engine {instruction.build!r}, gateway {facts.build!r}"
        return Held(code=GuardCode.BUILD_DIFFERS, detail=detail)
    if not instruction.check_id:
        return Held(code=GuardCode.CHECK_MISSING, detail="no compliance check approved it")
    return None


def _size(instruction: Instruction, facts: Facts) -> Held | None:
    quantity = instruction.quantity
    if not quantity.is_finite() or quantity <= ZERO:
        return Held(code=GuardCode.QUANTITY_INVALID, detail=str(quantity))
    if _bad_price(instruction):
        detail = f"limit {instruction.limit_price}, stop {instruction.stop_price}"
        return Held(code=GuardCode.PRICE_INVALID, detail=detail)
    if facts.beyond_session:
        return Held(code=GuardCode.BEYOND_SESSION, detail=facts.beyond_session)
    others, own = ZERO, quantity
    for exposure in facts.exposures:
        if exposure.placement_id == instruction.placement_id:
            own = max(own, exposure.units)
        else:
            others += exposure.units
    if others + own > instruction.approved_quantity:
        detail = f"{plain(others + own)} of {plain(instruction.approved_quantity)} approved"
        return Held(code=GuardCode.OVER_APPROVED, detail=detail)
    return None


def _bad_price(instruction: Instruction) -> bool:
    """True where a needed price is missing, or one is there that is not positive."""
    limit, stop = instruction.limit_price, instruction.stop_price
    missing = (instruction.order_type.needs_limit and limit is None) or (
        instruction.order_type.needs_stop and stop is None
    )
    return missing or any(
        price is not None and not (price.is_finite() and price > ZERO) for price in (limit, stop)
    )
