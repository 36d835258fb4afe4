"""Terms of an order that not every counterparty takes: portions, expiry, what a replace changes."""

from __future__ import annotations

from typing import Final

from tradeoms.app.instruction import Instruction
from tradeoms.fix.dialect import Dialect, OrderHabits
from tradeoms.kernel.enums import TimeInForce
from tradeoms.kernel.numbers import plain

#: Terms that a replace may change, with their tags.
CHANGEABLE: Final = {"quantity": 38, "limit_price": 44, "stop_price": 99}


def portion_pairs(habits: OrderHabits, instruction: Instruction) -> list[tuple[int, str]]:
    """What the market may see of an order, and the least that an execution must have."""
    return [
        (tag, plain(portion))
        for tag, portion in (
            (int(habits.display_tag), instruction.display_quantity),
            (110, instruction.min_quantity),
        )
        if portion is not None
    ]


def unwanted_portion(habits: OrderHabits, instruction: Instruction) -> tuple[int, str] | None:
    """The tag, and why the counterparty does not take a portion of the order; None if it does."""
    if instruction.display_quantity is not None and habits.display_tag == "0":
        return 111, "the counterparty takes no orders of which the market sees a part"
    if instruction.min_quantity is not None and not habits.min_quantity:
        return 110, "the counterparty takes no orders with a minimum quantity"
    return None


def expiry_pairs(habits: OrderHabits, instruction: Instruction) -> list[tuple[int, str]]:
    """ExpireDate (432), or ExpireTime (126) at the end of that day, UTC."""
    if instruction.expire_on is None or instruction.time_in_force is not TimeInForce.GTD:
        return []
    day = instruction.expire_on.strftime("%Y%m%d")
    return [(432, day) if habits.expiry_tag == "432" else (126, f"{day}-23:59:59")]


def unwanted_replace(dialect: Dialect, before: Instruction | None, after: Instruction) -> str:
    """Why the counterparty does not take a replace of ``before`` by ``after``; empty if it does."""
    if dialect.replace.outstanding == "none":
        return "the counterparty takes no replaces: cancel and place anew"
    if before is None:
        return ""
    changed = [term for term in CHANGEABLE if getattr(before, term) != getattr(after, term)]
    fixed = [term for term in changed if term not in dialect.replace.changeable]
    return f"the counterparty does not change {', '.join(fixed)}" if fixed else ""
