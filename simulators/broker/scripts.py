"""What will happen to a new order at a broker: scenario, else magic quantity, else the fill model.

Each of the three is only a list of steps, so the engine knows one mechanism.
The magic table is documented in simulators/README.md; ``MAGIC`` is its source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from simulators.counterparty.config import Behaviour
from simulators.counterparty.model import Do, Order, Step, text_of
from simulators.counterparty.plans import (
    ACK,
    FILL_ALL,
    FILL_HALF,
    Plan,
    acknowledgement,
    magic_code,
    working,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a magic plan is made from: ``odd`` tells whether the thousands are odd."""

    order: Order
    behaviour: Behaviour
    wait: Step
    odd: bool


def plan_for_magic(order: Order, behaviour: Behaviour) -> Plan | None:
    """Return the plan of a magic quantity, or None for an ordinary one."""
    code, odd = magic_code(order, behaviour)
    make = MAGIC.get(code)
    if make is None:
        return None
    wait = Step(do=Do.WAIT_MS, n=behaviour.magic_ms)
    return make(Cue(order=order, behaviour=behaviour, wait=wait, odd=odd))


def plan_for_model(order: Order, behaviour: Behaviour) -> Plan:
    """Return the plan of the fill model."""
    return Plan(steps=[*acknowledgement(behaviour), *working(order, behaviour)])


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
