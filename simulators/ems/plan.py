"""What will happen to a new order at the EMS: scenario, else magic quantity, else the settings.

A plan has two parts: what the trader does with the order (steps up to the release, steps after it)
and what the brokers do with its routes (legs). The magic table is documented in
simulators/README.md; ``MAGIC`` is its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from simulators.counterparty.config import Behaviour, Model
from simulators.counterparty.model import Do, Leg, Order, Step, text_of
from simulators.counterparty.plans import (
    ACK,
    FILL_ALL,
    FILL_HALF,
    Plan,
    acknowledgement,
    magic_code,
)
from simulators.counterparty.scenario import (
    EXECUTING_STEPS,
    PLAN_KEYS,
    Entry,
    check_keys,
    parse_steps,
    plan_of,
)

#: No automatic release.
KEPT: Final = -1
PENDING_NEW: Final = Step(do=Do.PENDING_NEW)
RELEASE: Final = Step(do=Do.RELEASE)
STAGING_KEYS: Final = PLAN_KEYS | {"release_ms", "routes", "after_release"}
LEG_KEYS: Final = frozenset(Leg.__dataclass_fields__)
#: What a trader may do; a fill is one by telephone, on no route.
TRADER_STEPS: Final = frozenset(Do) - {Do.REST, Do.FINISH, Do.STOP, Do.EXPIRE}
#: What a broker may do with a route; it is acknowledged by itself.
ROUTE_STEPS: Final = EXECUTING_STEPS - {Do.PENDING_NEW, Do.STOP, Do.SUSPEND, Do.DONE_FOR_DAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """The EMS's own settings: when it releases by itself (ms, -1 never), and the route plan."""

    release_ms: int = KEPT
    legs: list[Leg] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """What one order gets other than the settings; ``None`` and empty mean the settings.

    ``plan.steps`` replace everything up to the release, ``after_release`` follows it.
    """

    plan: Plan = field(default_factory=Plan)
    release_ms: int | None = None
    legs: list[Leg] = field(default_factory=list)
    after_release: list[Step] = field(default_factory=list)
    silent: bool = False


def steps_of(order: Order, staging: Staging, trading: Trading, behaviour: Behaviour) -> list[Step]:
    """Return what the trader does with a new order."""
    if staging.plan.steps or staging.silent:
        return staging.plan.steps
    assert order.ticket is not None
    if not order.ticket.staged:
        return [*acknowledgement(behaviour), RELEASE]
    delay = trading.release_ms if staging.release_ms is None else staging.release_ms
    taken = acknowledgement(replace(behaviour, pending_acks=True))
    if delay == KEPT:
        return taken
    wait = [Step(do=Do.WAIT_MS, n=delay)] if delay else []
    return [*taken, *wait, RELEASE]


def staging_of(entry: Entry, where: str) -> Staging:
    """Read an entry of a scenario file.

    Raises:
        ValueError: If it is not understood.
    """
    release_ms = entry.get("release_ms")
    return Staging(
        plan=plan_of(entry, where, allowed=TRADER_STEPS),
        release_ms=None if release_ms is None else int(release_ms),
        legs=[_leg(leg, where) for leg in entry.get("routes") or []],
        after_release=parse_steps(entry.get("after_release"), where, TRADER_STEPS),
        silent=entry.get("steps") == [],
    )


def _leg(leg: Any, where: str) -> Leg:  # YAML: any shape until checked
    check_keys(leg, LEG_KEYS, f"{where}, routes")
    if not leg.get("broker"):
        raise ValueError(f"{where}, routes: a route needs a broker")
    steps: Iterable[Any] | None = leg.get("steps")
    return Leg(
        broker=str(leg["broker"]),
        share=int(leg.get("share", 1)),
        model=Model(leg["model"]).value if "model" in leg else "",
        slices=int(leg.get("slices", 0)),
        slice_ms=int(leg.get("slice_ms", -1)),
        last_mkt=str(leg.get("last_mkt", "XNYS")),
        liquidity=str(leg.get("liquidity", "2")),
        steps=parse_steps(steps, where, ROUTE_STEPS),
        reroute=str(leg.get("reroute", "")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What a magic plan is made from: the first leg of the plan takes the whole order."""

    order: Order
    leg: Leg
    other: str
    wait: Step

    def route(self, *steps: Step, reroute: str = "") -> list[Leg]:
        """Return one leg for the whole order."""
        return [replace(self.leg, share=1, steps=list(steps), reroute=reroute)]

    def idle_route(self) -> list[Leg]:
        """Return one leg for the whole order, which never fills by itself."""
        return [replace(self.leg, share=1, model=Model.NEVER.value)]


def magic(order: Order, trading: Trading, behaviour: Behaviour) -> Staging | None:
    """Return the plan of a magic quantity, or None for an ordinary one."""
    code, _ = magic_code(order, behaviour)
    make = MAGIC.get(code)
    if make is None:
        return None
    wait = Step(do=Do.WAIT_MS, n=behaviour.magic_ms)
    first, last = trading.legs[0], trading.legs[-1]
    return make(Cue(order=order, leg=first, other=last.broker, wait=wait))


Maker = Callable[[Cue], Staging]


def _reject(_: Cue) -> Staging:
    refusing = Step(do=Do.REJECT, text="rejected by magic quantity")
    return Staging(plan=Plan(steps=[PENDING_NEW, refusing]))


def _partial(cue: Cue) -> Staging:
    return Staging(legs=cue.route(FILL_HALF))


def _slow_ack(cue: Cue) -> Staging:
    return Staging(plan=Plan(steps=[PENDING_NEW, cue.wait, ACK, RELEASE]))


def _bust(cue: Cue) -> Staging:
    return Staging(legs=cue.route(FILL_ALL, cue.wait, Step(do=Do.BUST, k=1)))


def _correct(cue: Cue) -> Staging:
    better = "-0.05" if cue.order.side in {"1", "3"} else "+0.05"
    correcting = Step(do=Do.CORRECT, k=1, price=better)
    return Staging(legs=cue.route(FILL_ALL, cue.wait, correcting))


def _trader_cancels(cue: Cue) -> Staging:
    cancelling = Step(do=Do.CANCEL, text="cancelled by the EMS trader")
    return Staging(legs=cue.route(FILL_HALF), after_release=[cue.wait, cancelling])


def _handed_back(cue: Cue) -> Staging:
    done = Step(do=Do.DONE_FOR_DAY)
    return Staging(legs=cue.route(FILL_HALF), after_release=[cue.wait, done])


def _held(cue: Cue) -> Staging:
    held = Step(do=Do.SUSPEND)
    return Staging(legs=cue.idle_route(), after_release=[held])


def _no_cancel(cue: Cue) -> Staging:
    return Staging(plan=Plan(refuse="cancel"), legs=cue.idle_route())


def _no_replace(cue: Cue) -> Staging:
    return Staging(plan=Plan(refuse="replace"), legs=cue.idle_route())


def _duplicated(_: Cue) -> Staging:
    return Staging(plan=Plan(duplicate=True))


def _silent(_: Cue) -> Staging:
    return Staging(silent=True)


def _rerouted(cue: Cue) -> Staging:
    giving_up = Step(do=Do.CANCEL, text="cancelled by its broker")
    return Staging(legs=cue.route(FILL_HALF, cue.wait, giving_up, reroute=cue.other))


def _over_fill(cue: Cue) -> Staging:
    too_much = text_of(cue.order.qty + Decimal(100))
    return Staging(legs=cue.route(Step(do=Do.FILL, qty=too_much, over=True)))


def _late_fill(cue: Cue) -> Staging:
    late = Step(do=Do.FILL, qty="1/2", over=True)
    never = cue.idle_route()
    return Staging(plan=Plan(on_cancel=[cue.wait, late]), legs=never)


def _route_refused(cue: Cue) -> Staging:
    refusing = Step(do=Do.REJECT, text="no permission")
    return Staging(legs=cue.route(refusing, reroute=cue.other))


MAGIC: Final[dict[int, Maker]] = {
    101: _reject,
    102: _partial,
    103: _slow_ack,
    104: _bust,
    105: _correct,
    106: _trader_cancels,
    107: _handed_back,
    108: _held,
    109: _no_cancel,
    110: _no_replace,
    111: _duplicated,
    112: _silent,
    113: _rerouted,
    114: _over_fill,
    115: _late_fill,
    116: _route_refused,
}
