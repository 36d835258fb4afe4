"""The plans of an order: a script, and how it answers requests. The engine knows only steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from simulators.counterparty.config import Behaviour, Model
from simulators.counterparty.model import Do, Order, Step, text_of

ACK: Final = Step(do=Do.ACK)
FILL_ALL: Final = Step(do=Do.FILL, qty="all")
FILL_HALF: Final = Step(do=Do.FILL, qty="1/2")
#: Orders whose price or time is decided by the market, whatever the model.
MARKET_TIMED_TIF: Final = frozenset({"2", "7"})
MARKET_TIMED_TYPES: Final = frozenset({"3", "4", "5", "A", "B"})  # stops, and those on close
AT_ONCE_TIF: Final = frozenset({"3", "4"})
MIN_QTY: Final = 110
FACTOR: Final = 1000  # a magic quantity is told by its last three digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An order's script and what it does with requests."""

    steps: list[Step] = field(default_factory=list)
    on_cancel: list[Step] = field(default_factory=list)
    refuse: str = ""
    duplicate: bool = False


def take_up(order: Order, plan: Plan) -> None:
    """Let the order answer requests as the plan says; its steps are for the caller."""
    order.on_cancel, order.refuse, order.duplicate = plan.on_cancel, plan.refuse, plan.duplicate


def magic_code(order: Order, behaviour: Behaviour) -> tuple[int, bool]:
    """Return the last three digits of the quantity, 0 for none, and whether thousands are odd."""
    if not behaviour.magic or order.original_qty % 1 or order.original_qty < 0:
        return 0, False
    thousands, code = divmod(int(order.original_qty), FACTOR)
    return code, thousands % 2 == 1


def acknowledgement(behaviour: Behaviour) -> list[Step]:
    """Return the steps up to New."""
    if not behaviour.pending_acks:
        return [ACK]
    first = [Step(do=Do.PENDING_NEW)]
    if behaviour.pending_ms:
        first.append(Step(do=Do.WAIT_MS, n=behaviour.pending_ms))
    return [*first, ACK]


def working(order: Order, behaviour: Behaviour) -> list[Step]:
    """Return the steps that fill an acknowledged order, by model, type and time in force."""
    if behaviour.model is Model.NEVER:
        return [Step(do=Do.FINISH)] if order.tif in AT_ONCE_TIF else []
    timed = order.tif in MARKET_TIMED_TIF or order.ord_type in MARKET_TIMED_TYPES
    if behaviour.model is Model.RESTING or timed:
        return [Step(do=Do.REST)]
    if behaviour.model is Model.SLICED and order.tif != "4":
        return _slices(order, behaviour)
    return [FILL_ALL]


def _slices(order: Order, behaviour: Behaviour) -> list[Step]:
    size = max(order.open_qty // behaviour.slices, Decimal(order.echo.get(MIN_QTY, "0")))
    if order.tif == "3":
        return [Step(do=Do.FILL, qty=text_of(max(size, Decimal(1)))), Step(do=Do.FINISH)]
    steps: list[Step] = []
    if size > 0:
        for _ in range(min(behaviour.slices, int(order.open_qty // size)) - 1):
            steps.append(Step(do=Do.FILL, qty=text_of(size)))
            steps.append(Step(do=Do.WAIT_MS, n=behaviour.slice_ms))
    return [*steps, FILL_ALL]
