"""Decides which approval limits there are, and whether an order is above one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.approval import commands as c
from tradeoms.domain.approval.events import ApprovalLimitsLoaded
from tradeoms.domain.approval.state import ApprovalLimit
from tradeoms.domain.order.state import Order
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal
from tradeoms.kernel.enums import Role
from tradeoms.kernel.text import is_code

_HUNDRED: Final = Decimal(100)


@unique
class ApprovalRejection(StrEnum):
    """Why approval limits were refused. Declared in the order the checks run."""

    APPROVAL_LIMIT_NAME = "approval_limit_name"
    APPROVAL_LIMIT_TWICE = "approval_limit_twice"
    APPROVAL_LIMIT_FUND = "approval_limit_fund"
    APPROVAL_LIMIT_EMPTY = "approval_limit_empty"
    APPROVAL_LIMIT_RANGE = "approval_limit_range"
    APPROVAL_LIMIT_CURRENCY = "approval_limit_currency"


def decide_load(
    command: c.LoadApprovalLimits, *, funds: Collection[str], stamp: Stamp
) -> ApprovalLimitsLoaded | Rejected:
    """Set the limits; every reason against them is told at once."""
    refusals: list[Refusal] = []
    for number, one in enumerate(command.limits):
        before = [other.id for other in command.limits[:number]]
        refusals += _check(one, f"limits/{number}", before, funds)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return ApprovalLimitsLoaded(limits=command.limits, loaded_by=stamp.actor, at=stamp.at)


def fits(limit: ApprovalLimit, order: Order, roles: Collection[Role]) -> bool:
    """True where ``limit`` is about the order; ``roles`` are of the person who entered it."""
    if limit.managers and order.makers.isdisjoint(limit.managers):
        return False
    if limit.roles and set(limit.roles).isdisjoint(roles):
        return False
    return not limit.funds or any(leg.fund in limit.funds for leg in order.legs)


def is_above(
    limit: ApprovalLimit,
    order: Order,
    *,
    value: Decimal | None,
    adv: Decimal | None,
    shares: Mapping[str, Decimal | None],
) -> bool:
    """True where the order is larger than one measure allows, or where that is not known.

    Args:
        limit: The limit.
        order: The order.
        value: What it is worth in the limit's currency.
        adv: Average daily volume of the security, in units.
        shares: Fund to the per cent of its NAV that its leg is.
    """
    if limit.above_value is not None and (value is None or value > limit.above_value):
        return True
    if limit.above_adv_pct is not None and (
        not adv or order.quantity * _HUNDRED > limit.above_adv_pct * adv
    ):
        return True
    most = limit.above_nav_pct
    return most is not None and any(one is None or one > most for one in shares.values())


def _check(
    one: ApprovalLimit, place: str, before: Collection[str], funds: Collection[str]
) -> list[Refusal]:
    code = ApprovalRejection
    refusals = []
    if not is_code(one.id):
        detail = "1 to 64 letters, digits or ._:/-"
        refusals.append(refusal(code.APPROVAL_LIMIT_NAME, detail, f"{place}/id", one.id))
    if one.id in before:
        detail = "the limit stands there twice"
        refusals.append(refusal(code.APPROVAL_LIMIT_TWICE, detail, f"{place}/id", one.id))
    refusals += [
        refusal(code.APPROVAL_LIMIT_FUND, "no such fund", f"{place}/funds", fund)
        for fund in one.funds
        if fund not in funds
    ]
    measures = (one.above_value, one.above_adv_pct, one.above_nav_pct)
    if all(measure is None for measure in measures):
        detail = "give above_value, above_adv_pct or above_nav_pct"
        refusals.append(refusal(code.APPROVAL_LIMIT_EMPTY, detail, place, one.id))
    if any(measure is not None and measure < 0 for measure in measures):
        refusals.append(refusal(code.APPROVAL_LIMIT_RANGE, "0 or more", place, one.id))
    if (one.above_value is None) != (not one.currency):
        detail = "a value has a currency, and nothing else has one"
        place = f"{place}/currency"
        refusals.append(refusal(code.APPROVAL_LIMIT_CURRENCY, detail, place, one.currency))
    return refusals
