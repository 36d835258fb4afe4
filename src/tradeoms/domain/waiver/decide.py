"""Decides about waivers: permission to go on with one soft breach of one order.

Legal model: Regulation (EU) 2017/589 art. 15(6): for a specific trade, temporary, verified by risk
management and authorised by a designated person. A permission is bound to the order, the rule and
its version, a largest quantity, the cells over their limits with a largest excess each, and an
expiry. Nobody permits what he asked for himself; a hard rule is never waived.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.domain.evaluation import EVERYWHERE, CellExcess
from tradeoms.domain.order.events import CheckAction, Stage
from tradeoms.domain.order.state import Order
from tradeoms.domain.waiver import commands as c
from tradeoms.domain.waiver import events as e
from tradeoms.domain.waiver.rejection import WaiverRejection
from tradeoms.domain.waiver.state import Waiver, WaiverStatus
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.enums import Role
from tradeoms.kernel.text import is_printable

#: A permission lapses after this time (a trading day), unless an earlier or later end is asked for.
WAIVER_LIFE: Final = timedelta(hours=24)
#: The longest that may be asked for: a permission is temporary.
WAIVER_LIFE_MAX: Final = timedelta(days=7)
#: In whose name an approval is given, in the order in which roles are filled.
NEEDED: Final[Mapping[int, tuple[Role, ...]]] = {
    1: (Role.COMPLIANCE_OFFICER,),
    2: (Role.COMPLIANCE_OFFICER, Role.RISK),
}
#: The excess where a rule gives no number, e.g. a restricted list.
NOT_MEASURED: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What stands against an order now.

    Attributes:
        rule: `rule@version`.
        hard: True where the rule can never be waived.
        quantity: Quantity of the order.
        excess: How far the cells of the rule are over their limits.
        people: Who entered and who leads the order.
        price: The price of a placement at which alone it stands.
    """

    order_id: str
    rule: str
    hard: bool
    quantity: Decimal
    excess: tuple[CellExcess, ...]
    people: frozenset[str]
    price: Decimal | None = None


def hold_of(order: Order, rule: str) -> Hold | None:
    """What the newest check of ``order`` says of ``rule``; None where it does not stop it."""
    if rule not in order.blocking:
        return None
    at = order.blocking.index(rule)
    return Hold(
        order_id=order.id,
        rule=rule,
        hard=order.check_action is CheckAction.BLOCK_HARD,
        quantity=order.quantity,
        excess=order.excess[at],
        people=order.makers,
        price=order.check_price if rule in order.by_price else None,
    )


def why_not(waiver: Waiver, hold: Hold, stamp: Stamp) -> WaiverRejection | None:
    """Why ``waiver``, as approved, does not let ``hold`` pass; None where it does."""
    code = WaiverRejection
    if hold.hard:
        return code.RULE_IS_HARD
    if not waiver.reason.strip():
        return code.REASON_MISSING
    people = [approval.person for approval in waiver.approvals]
    if {waiver.requested_by, *hold.people} & set(people):
        return code.APPROVER_IS_REQUESTER
    if len(set(people)) != len(people):
        return code.APPROVER_TWICE
    if missing_roles(waiver):
        return code.APPROVER_ROLE
    return why_stale(waiver, hold, stamp)


def why_stale(waiver: Waiver, hold: Hold, stamp: Stamp) -> WaiverRejection | None:
    """Why ``waiver`` no longer fits ``hold``: it is over, or what it was bound to has grown."""
    if stamp.at > waiver.expires_at:
        return WaiverRejection.WAIVER_EXPIRED
    bound = (waiver.order_id, waiver.rule) == (hold.order_id, hold.rule)
    covered = not any(_beyond(one, waiver.excess) for one in hold.excess)
    elsewhere = waiver.price is not None and waiver.price != hold.price
    if not bound or elsewhere or hold.quantity > waiver.quantity or not covered:
        return WaiverRejection.WAIVER_STALE
    return None


def _beyond(found: CellExcess, covered: Collection[CellExcess]) -> bool:
    """True where a cell is not covered, or is further over its limit than it is covered.

    What was let pass because nobody could judge it is not let pass where it is a breach.
    """
    own = [one for one in covered if one.place == found.place]
    own = own or [one for one in covered if one.fund == EVERYWHERE]
    if not own or exceeds(found.amount, own[-1].amount):
        return True
    known = own[-1].unknown
    return known is not None and found.unknown is not None and known is not found.unknown


def exceeds(excess: str, most: str) -> bool:
    """True where ``excess`` is above ``most``, or where only one of them was measured."""
    if NOT_MEASURED in (excess, most):
        return excess != most
    return Fraction(excess) > Fraction(most)


def missing_roles(waiver: Waiver) -> tuple[Role, ...]:
    """The roles whose approval is still wanted."""
    given = {approval.role for approval in waiver.approvals}
    return tuple(role for role in NEEDED[waiver.approvers] if role not in given)


def decide_request_waiver(
    command: c.RequestWaiver,
    order: Order,
    stamp: Stamp,
    *,
    approvers: int,
    known: Collection[Waiver] = (),
) -> list[e.WaiverRequested] | Rejected:
    """Ask for permission; only a rule that holds the order softly can be waived."""
    code = WaiverRejection
    if not command.reason.strip() or not is_printable(command.reason):
        detail = "say why, in printable ASCII"
        return reject(code.REASON_MISSING, detail, field="reason", value=ascii(command.reason)[:80])
    matching = [rule for rule in order.unwaived if command.rule in (rule, rule.split("@")[0])]
    hold = hold_of(order, matching[0]) if matching else None
    if hold is None:
        detail = f"rules that hold the order: {', '.join(order.unwaived) or 'none'}"
        return reject(code.RULE_NOT_BREACHED, detail, field="rule", value=command.rule)
    if hold.hard:
        detail = (
            "a hard rule stops the order, and is never waived; rules that hold it: "
            + ", ".join(order.unwaived)
        )
        return reject(code.RULE_IS_HARD, detail, field="rule", value=command.rule)
    asked = {waiver.rule: waiver for waiver in known if waiver.status is WaiverStatus.REQUESTED}
    if hold.rule in asked and stamp.at <= asked[hold.rule].expires_at:
        detail = "it was asked for already, and nobody has decided"
        return reject(code.WAIVER_PENDING, detail, field="waiver", value=asked[hold.rule].id)
    refused = _refuse_bounds(command, hold, stamp)
    if refused is not None:
        return refused
    return [
        e.WaiverRequested(
            waiver_id=stamp.id("wvr"),
            order_id=order.id,
            rule=hold.rule,
            reason=command.reason,
            quantity=command.max_quantity or order.quantity,
            requested_by=stamp.actor,
            expires_at=command.expires_at or stamp.at + WAIVER_LIFE,
            excess=_asked(command, hold),
            approvers=approvers,
            price=hold.price,
            at=stamp.at,
        )
    ]


def _asked(command: c.RequestWaiver, hold: Hold) -> tuple[CellExcess, ...]:
    """The cells over their limits now, each up to what was asked for, else as it is measured."""
    if not command.max_excess:
        return hold.excess
    return tuple(replace(one, amount=command.max_excess) for one in hold.excess)


def _refuse_bounds(command: c.RequestWaiver, hold: Hold, stamp: Stamp) -> Rejected | None:
    """Refuse bounds that the order as it stands does not keep, and an end that is no end."""
    code = WaiverRejection
    most, quantity, end = command.max_excess, command.max_quantity, command.expires_at
    if quantity is not None and quantity < hold.quantity:
        detail = f"the order is for {hold.quantity}"
        return reject(code.WAIVER_TOO_SMALL, detail, field="max_quantity", value=quantity)
    if most and (not _is_number(most) or any(exceeds(one.amount, most) for one in hold.excess)):
        told = (f"{one.amount or 'not measured'} {one.fund} {one.cell}" for one in hold.excess)
        detail = f"the excess is {', '.join(one.strip() for one in told)}"
        return reject(code.WAIVER_TOO_SMALL, detail, field="max_excess", value=most)
    if end is not None and not stamp.at < end <= stamp.at + WAIVER_LIFE_MAX:
        detail = f"an instant within {WAIVER_LIFE_MAX.days} days from now"
        return reject(code.EXPIRY_INVALID, detail, field="expires_at", value=end.isoformat())
    return None


def _is_number(text: str) -> bool:
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def decide_approve_waiver(
    command: c.ApproveWaiver,
    waiver: Waiver,
    order: Order,
    stamp: Stamp,
    *,
    roles: Collection[Role],
    bulk: str = "",
) -> list[e.WaiverVerified | e.WaiverApproved] | Rejected:
    """Give the permission, or one of two approvals of it.

    Args:
        command: What was asked.
        waiver: The permission asked for.
        order: The order it is for.
        stamp: When and by whom.
        roles: Roles that the approver holds for all funds of the order.
        bulk: Id that several approvals with one reason share; empty for one alone.
    """
    code = WaiverRejection
    refusal = _refuse_decision(waiver, stamp)
    if refusal is not None:
        return refusal
    if stamp.actor in order.makers:
        detail = "the person who entered, leads or changed the order cannot waive its breach"
        return reject(code.APPROVER_IS_REQUESTER, detail, value=stamp.actor)
    if any(approval.person == stamp.actor for approval in waiver.approvals):
        detail = "you approved it already; another person must"
        return reject(code.APPROVER_TWICE, detail, value=stamp.actor)
    wanted = missing_roles(waiver)
    mine = next((role for role in wanted if role in roles), None)
    if mine is None:
        detail = f"still wanted: {', '.join(wanted)}"
        return reject(code.APPROVER_ROLE, detail, value=stamp.actor)
    hold = hold_of(order, waiver.rule)
    stale = code.WAIVER_STALE if hold is None else why_stale(waiver, hold, stamp)
    if stale is code.WAIVER_EXPIRED:
        detail = f"the request lapsed at {waiver.expires_at.isoformat()}; ask again"
        return reject(stale, detail, field="waiver", value=waiver.id)
    if stale is not None or waiver.rule not in order.unwaived:
        detail = "the order, the excess or the rule changed since the request; ask again"
        return reject(code.WAIVER_STALE, detail, field="waiver", value=waiver.id)
    approved = e.WaiverVerified if len(wanted) > 1 else e.WaiverApproved
    return [
        approved(
            waiver_id=waiver.id,
            order_id=order.id,
            rule=waiver.rule,
            approved_by=stamp.actor,
            note=command.note,
            role=mine.value,
            bulk=bulk,
            at=stamp.at,
        )
    ]


def decide_refuse_waiver(
    command: c.RefuseWaiver, waiver: Waiver, stamp: Stamp
) -> list[e.WaiverRefused] | Rejected:
    """Say no."""
    refusal = _refuse_decision(waiver, stamp)
    if refusal is not None:
        return refusal
    return [
        e.WaiverRefused(waiver_id=waiver.id, refused_by=stamp.actor, note=command.note, at=stamp.at)
    ]


def _refuse_decision(waiver: Waiver, stamp: Stamp) -> Rejected | None:
    code = WaiverRejection
    if waiver.status is not WaiverStatus.REQUESTED:
        detail = f"it was {waiver.status} by {waiver.decided_by or 'nobody'}"
        return reject(code.WAIVER_DECIDED, detail, field="waiver", value=waiver.id)
    if stamp.actor == waiver.requested_by:
        detail = "another person must decide"
        return reject(code.APPROVER_IS_REQUESTER, detail, value=stamp.actor)
    return None


def refuse_bulk(command: c.ApproveWaivers) -> Rejected | None:
    """Refuse an approval of many without a reason that they share, or with one named twice."""
    code = WaiverRejection
    if not command.reason.strip() or not is_printable(command.reason):
        detail = "many at once need one reason that they share, in printable ASCII"
        return reject(code.REASON_MISSING, detail, field="reason", value=ascii(command.reason)[:80])
    twice = [name for name in command.waiver_ids if command.waiver_ids.count(name) > 1]
    refusals = tuple(
        Refusal(code=code.WAIVER_UNKNOWN, detail="named twice", field="waivers", value=name)
        for name in dict.fromkeys(twice)
    )
    return Rejected(refusals=refusals) if refusals else None


def lapses(
    waivers: Collection[Waiver],
    holds: Collection[Hold],
    stamp: Stamp,
    *,
    waived: Collection[str],
    stage: Stage,
) -> dict[str, WaiverRejection]:
    """Return the approved waivers of an order that no longer hold, by id, and why.

    A permission is used once: where its rule stops the order no more, it is over. One for the price
    of a placement waits for that placement: the gates before it do not see the price.

    Args:
        waivers: All waivers of the order.
        holds: What the newest check says.
        stamp: When.
        waived: Rules that the order had permission for before the check.
        stage: The gate that asked for the check.
    """
    by_rule = {hold.rule: hold for hold in holds}
    found = {}
    for waiver in waivers:
        if waiver.status is not WaiverStatus.APPROVED:
            continue
        hold = by_rule.get(waiver.rule) if waiver.rule in waived else None
        waits = waiver.price is not None and stage is not Stage.PLACEMENT and waiver.rule in waived
        if hold is not None:
            why = why_stale(waiver, hold, stamp)
        elif waits and stamp.at <= waiver.expires_at:
            why = None
        else:
            why = WaiverRejection.WAIVER_EXPIRED if waits else WaiverRejection.WAIVER_STALE
        if why is not None:
            found[waiver.id] = why
    return found
