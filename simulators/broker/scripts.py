"""What will happen to a new order: scenario, else magic quantity, else the fill model.

Each of the three is only a list of steps, so the engine knows one mechanism.
The magic table is documented in simulators/README.md; ``MAGIC`` is its source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from simulators.broker.config import Behaviour, Model
from simulators.broker.model import Do, Order, Step, text_of

ACK: Final = Step(do=Do.ACK)
FILL_ALL: Final = Step(do=Do.FILL, qty="all")
FILL_HALF: Final = Step(do=Do.FILL, qty="1/2")
#: Orders whose price or time is decided by the market, whatever the model.
MARKET_TIMED_TIF: Final = frozenset({"2", "7"})
MARKET_TIMED_TYPES: Final = frozenset({"3", "4", "5", "A", "B"})  # stops, and those on close
AT_ONCE_TIF: Final = frozenset({"3", "4"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An order's script and what it does with requests."""

    steps: list[Step]
    on_cancel: list[Step] = field(default_factory=list)
    refuse: str = ""
    duplicate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a magic plan is made from: ``odd`` tells whether the thousands are odd."""

    order: Order
    behaviour: Behaviour
    wait: Step
    odd: bool


def plan_for_magic(order: Order, behaviour: Behaviour) -> Plan | None:
    """Return the plan of a magic quantity, or None for an ordinary one."""
    if not behaviour.magic or order.original_qty % 1 or order.original_qty < 0:
        return None
    thousands, code = divmod(int(order.original_qty), 1000)
    make = MAGIC.get(code)
    if make is None:
        return None
    wait = Step(do=Do.WAIT_MS, n=behaviour.magic_ms)
    odd = thousands % 2 == 1
    return make(Cue(order=order, behaviour=behaviour, wait=wait, odd=odd))


def plan_for_model(order: Order, behaviour: Behaviour) -> Plan:
    """Return the plan of the fill model."""
    return Plan(steps=[*acknowledgement(behaviour), *working(order, behaviour)])


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
    size = order.open_qty // behaviour.slices
    if order.tif == "3":
        return [Step(do=Do.FILL, qty=text_of(max(size, Decimal(1)))), Step(do=Do.FINISH)]
    steps: list[Step] = []
    if size > 0:
        for _ in range(behaviour.slices - 1):
            steps.append(Step(do=Do.FILL, qty=text_of(size)))
            steps.append(Step(do=Do.WAIT_MS, n=behaviour.slice_ms))
    return [*steps, FILL_ALL]


Maker = Callable[[Cue], Plan]


def _reject(_: Cue) -> Plan:
    return Plan(steps=[Step(do=Do.REJECT, text="rejected by magic quantity")])


def _partial(_: Cue) -> Plan:
    return Plan(steps=[ACK, FILL_HALF])


def _slow_ack(cue: Cue) -> Plan:
    return Plan(steps=[Step(do=Do.PENDING_NEW), cue.wait, ACK, *working(cue.order, cue.behaviour)])


def _bust(cue: Cue) -> Plan:
    return Plan(steps=[ACK, FILL_ALL, cue.wait, Step(do=Do.BUST, k=1)])


def _correct(cue: Cue) -> Plan:
    better = "-0.05" if cue.order.side in {"1", "3"} else "+0.05"
    return Plan(steps=[ACK, FILL_ALL, cue.wait, Step(do=Do.CORRECT, k=1, price=better)])


def _unsolicited_cancel(cue: Cue) -> Plan:
    return Plan(
        steps=[ACK, FILL_HALF, cue.wait, Step(do=Do.CANCEL, text="cancelled by the broker")]
    )


def _done_for_day(cue: Cue) -> Plan:
    return Plan(steps=[ACK, FILL_HALF, cue.wait, Step(do=Do.DONE_FOR_DAY)])


def _halt(cue: Cue) -> Plan:
    if cue.odd:
        return Plan(steps=[ACK, Step(do=Do.STOP, qty="1/2"), cue.wait, FILL_HALF])
    return Plan(steps=[ACK, Step(do=Do.SUSPEND)])


def _no_cancel(_: Cue) -> Plan:
    return Plan(steps=[ACK], refuse="cancel")


def _no_replace(_: Cue) -> Plan:
    return Plan(steps=[ACK], refuse="replace")


def _duplicated(cue: Cue) -> Plan:
    return Plan(steps=[ACK, *working(cue.order, cue.behaviour)], duplicate=True)


def _silent(_: Cue) -> Plan:
    return Plan(steps=[])


def _fill_first(_: Cue) -> Plan:
    return Plan(steps=[FILL_HALF, ACK, FILL_ALL])


def _over_fill(cue: Cue) -> Plan:
    too_much = text_of(cue.order.qty + 100)
    return Plan(steps=[ACK, Step(do=Do.FILL, qty=too_much, over=True)])


def _late_fill(cue: Cue) -> Plan:
    late = Step(do=Do.FILL, qty="1/2", over=True)
    return Plan(steps=[ACK], on_cancel=[cue.wait, late])


MAGIC: Final[dict[int, Maker]] = {
    101: _reject,
    102: _partial,
    103: _slow_ack,
    104: _bust,
    105: _correct,
    106: _unsolicited_cancel,
    107: _done_for_day,
    108: _halt,
    109: _no_cancel,
    110: _no_replace,
    111: _duplicated,
    112: _silent,
    113: _fill_first,
    114: _over_fill,
    115: _late_fill,
}
