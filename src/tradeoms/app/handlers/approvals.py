"""Second approvals: the limits above which orders need one."""

from __future__ import annotations

from decimal import Decimal

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.turn import Turn
from tradeoms.app.worth import worth_of
from tradeoms.domain.approval import commands as c
from tradeoms.domain.approval.decide import decide_load, fits, is_above
from tradeoms.domain.approval.state import ApprovalLimit
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.entitlement import roles_over
from tradeoms.kernel.decider import Rejected


def load_approval_limits(turn: Turn, command: c.LoadApprovalLimits) -> bytes | Rejected:
    """Set the limits."""
    decided = decide_load(command, funds=turn.book.funds, stamp=turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, "approval-limits")
    return plain_json(rows=len(command.limits), seq=turn.seq)


def needs_approval(turn: Turn, order: Order) -> bool:
    """True where a fund or a limit asks for a second person, and the order may be large enough."""
    for leg in order.legs:
        fund = turn.book.funds[leg.fund]
        if fund.approval_above is not None:
            value = worth_of(turn.book, order, fund.currency)
            if value is None or value > fund.approval_above:
                return True
    return any(_is_above(turn, limit, order) for limit in turn.book.approval_limits.limits)


def _is_above(turn: Turn, limit: ApprovalLimit, order: Order) -> bool:
    user = turn.book.users.get(order.placed_by)
    roles = {role for leg in order.legs for role in roles_over(user, [leg.fund])}
    if not fits(limit, order, roles):
        return False
    return is_above(
        limit,
        order,
        value=worth_of(turn.book, order, limit.currency) if limit.currency else None,
        adv=turn.book.securities[order.security_id].adv,
        shares={} if limit.above_nav_pct is None else _shares(turn, order),
    )


def _shares(turn: Turn, order: Order) -> dict[str, Decimal | None]:
    """Each leg's worth in per cent of its fund's NAV; `None` where one of them is not known."""
    found: dict[str, Decimal | None] = {}
    for leg in order.legs:
        worth = worth_of(turn.book, order, turn.book.funds[leg.fund].currency)
        known = turn.pretrade.compliance.facts.funds.get(leg.fund)
        nav = known.nav if known else None
        found[leg.fund] = None
        if worth is not None and nav is not None and nav > 0:
            found[leg.fund] = worth * leg.quantity / order.quantity * 100 / nav
    return found
