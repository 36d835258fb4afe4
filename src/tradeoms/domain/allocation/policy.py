"""Allocation policies: how executions are shared over funds, and when that is booked.

A policy is chosen once, when the statement is made before the first placement; the statement names
it with its version (`standard/3`). Every version stays, so that what a statement names is what
holds for its order, whatever is loaded later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final
from zoneinfo import ZoneInfo

from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.enums import Side

#: In force where nothing is loaded, or nothing loaded fits.
BUILT_IN: Final = "pro_rata_remaining/1"


@unique
class Method(StrEnum):
    """How executed units are shared over the funds of an order."""

    PRO_RATA = "pro_rata"
    MINIMUM_TICKET = "minimum_ticket"
    DE_MINIMIS = "de_minimis"
    ROTATION = "rotation"
    SMALLEST_FIRST = "smallest_first"
    MANUAL = "manual"


@unique
class Trigger(StrEnum):
    """When what was executed on a day is booked."""

    EACH_FILL = "each_fill"
    FILLED = "filled"
    DONE_FOR_DAY = "done_for_day"
    TIMED = "timed"
    MANUAL = "manual"


@unique
class Residual(StrEnum):
    """Which fund bears the cents of a charge that are left after all parts are rounded down.

    `rotation` goes on by one fund from day to day.
    """

    LARGEST_FUND = "largest_fund"
    FIRST = "first"
    ROTATION = "rotation"


@unique
class OnFailure(StrEnum):
    """What becomes of an allocation that no longer passes compliance when it is to be booked."""

    WAIT = "wait"
    BOOK = "book"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationPolicy:
    """How the executions of orders that fit are shared and booked.

    Empty tuples fit every order.

    Attributes:
        version: Counts the changes of what is loaded under this id, from 1.
        funds: The order is for these funds alone.
        asset_types: Of the security.
        sides: Of the order.
        least: Of `minimum_ticket` the smallest part, of `de_minimis` the largest that is given
            back; units, positive. `None` for other methods.
        book_at: Of the trigger `timed` the time of day (`HH:MM`) in `time_zone`; else empty.
        time_zone: Of the exchange, an IANA name (`Europe/London`); empty without `book_at`.
    """

    id: str
    version: int = 1
    method: Method = Method.PRO_RATA
    trigger: Trigger = Trigger.EACH_FILL
    funds: tuple[str, ...] = ()
    asset_types: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    least: Decimal | None = None
    book_at: str = ""
    time_zone: str = ""
    residual: Residual = Residual.LARGEST_FUND
    on_failure: OnFailure = OnFailure.WAIT

    @property
    def name(self) -> str:
        """`id/version`, as statements name it."""
        return f"{self.id}/{self.version}"

    def due_at(self, on: date) -> datetime:
        """The instant at which `timed` books the trading day ``on``; only for `timed`."""
        local = datetime.combine(on, time.fromisoformat(self.book_at), ZoneInfo(self.time_zone))
        return local.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All policies that were ever loaded.

    Attributes:
        in_force: In the order in which they are tried.
        past: Versions that statements may still name, oldest first.
        rotations: Of each policy that rotates its funds, who is first next time.
    """

    in_force: tuple[AllocationPolicy, ...] = ()
    past: tuple[AllocationPolicy, ...] = ()
    rotations: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def named(self, name: str) -> AllocationPolicy | None:
        """The policy that a statement names; `None` for the one built in."""
        found = (each for each in (*self.in_force, *self.past) if each.name == name)
        return next(found, None)

    def latest(self, policy_id: str) -> AllocationPolicy | None:
        """The newest version of a policy, in force or not."""
        found = [each for each in (*self.past, *self.in_force) if each.id == policy_id]
        return max(found, key=lambda each: each.version, default=None)


def choose(
    policies: Policies, *, funds: Iterable[str], asset_type: str, side: Side
) -> AllocationPolicy | None:
    """The first policy in force that fits an order; `None` for the one built in."""
    wanted = set(funds)
    return next(
        (
            each
            for each in policies.in_force
            if (not each.funds or wanted <= set(each.funds))
            and (not each.asset_types or asset_type in each.asset_types)
            and (not each.sides or side in each.sides)
        ),
        None,
    )


def replace_policies(policies: Policies, loaded: tuple[AllocationPolicy, ...]) -> Policies:
    """``loaded`` are in force now; versions that no longer are stay known."""
    kept = tuple(each for each in policies.in_force if each not in loaded)
    past = tuple(each for each in policies.past if each not in loaded)
    return replace(policies, in_force=loaded, past=(*past, *kept))


def in_turn(policies: Policies, policy: AllocationPolicy, legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    """The legs of an order as its statement has them: where funds take turns, who is next first.

    Whoever was served first before stands behind all that were not; new funds stand first, by name.
    """
    if policy.method is not Method.ROTATION:
        return legs
    queue = dict(policies.rotations).get(policy.id, ())
    place = {fund: number for number, fund in enumerate(queue)}
    return tuple(sorted(legs, key=lambda leg: (place.get(leg.fund, -1), leg.fund)))


def rotate(policies: Policies, policy_id: str, first: str) -> Policies:
    """``first`` was served first, and goes to the end of the policy's queue."""
    queue = dict(policies.rotations)
    queue[policy_id] = (*(fund for fund in queue.get(policy_id, ()) if fund != first), first)
    return replace(policies, rotations=tuple(sorted(queue.items())))
