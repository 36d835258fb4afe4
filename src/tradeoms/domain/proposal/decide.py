"""Decides what becomes of a proposal: recorded as computed, turned into orders once, or let go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.order.commands import CreateOrder, Leg
from tradeoms.domain.proposal import commands as c
from tradeoms.domain.proposal import events as e
from tradeoms.domain.proposal.state import Proposal, ProposalStatus
from tradeoms.domain.proposal.terms import Line
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO, is_multiple, plain


@unique
class ProposalRejection(StrEnum):
    """Why a request about a proposal was refused. Declared in the order the checks run."""

    PROPOSAL_UNKNOWN = "proposal_unknown"
    PROPOSAL_SETTLED = "proposal_settled"
    PROPOSAL_LINE_INVALID = "proposal_line_invalid"
    PROPOSAL_STALE = "proposal_stale"
    PROPOSAL_EMPTY = "proposal_empty"


Groups = dict[tuple[str, Side], dict[str, Decimal]]


def group(lines: Iterable[Line]) -> Groups:
    """The traded lines by security and side: sales first, each in the order of the lines."""
    found: Groups = {}
    for line in lines:
        if line.side is not None and line.quantity:
            found.setdefault((line.security_id, line.side), {})[line.fund] = line.quantity
    return dict(sorted(found.items(), key=lambda one: one[0][1] is not Side.SELL))


def decide_make(
    command: c.MakeProposal, *, securities: Mapping[str, Security], stamp: Stamp
) -> list[e.ProposalMade] | Rejected:
    """Record a proposal whose lines could become orders."""
    refusals = list(_check_lines(command, securities))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return [
        e.ProposalMade(
            proposal_id=stamp.id("prp"),
            plan=command.plan,
            lines=command.lines,
            orders=command.orders,
            verdict=command.verdict,
            cash=command.cash,
            made_by=stamp.actor,
            at=stamp.at,
        )
    ]


def _check_lines(command: c.MakeProposal, securities: Mapping[str, Security]) -> Iterator[Refusal]:
    code = ProposalRejection.PROPOSAL_LINE_INVALID
    funds, seen = set(command.plan.funds), set[tuple[str, str]]()
    for number, line in enumerate(command.lines):
        security = securities.get(line.security_id)
        key = (line.fund, line.security_id)
        if line.fund not in funds or security is None or key in seen:
            detail = "a fund of the proposal and a security that exists, each pair once"
            yield Refusal(code=code, detail=detail, field=f"lines/{number}", value=str(key))
            continue
        seen.add(key)
        traded = line.side is not None and line.quantity > 0
        if traded != (line.quantity != 0) or not is_multiple(line.quantity, security.lot):
            detail = f"a side and lots of {plain(security.lot)}, or neither"
            field = f"lines/{number}/quantity"
            yield Refusal(code=code, detail=detail, field=field, value=plain(line.quantity))


def refuse_settled(proposal: Proposal | None, proposal_id: str) -> Rejected | None:
    """Refuse to act on a proposal that is not there, or over."""
    code = ProposalRejection
    if proposal is None:
        detail = "no such proposal"
        return reject(code.PROPOSAL_UNKNOWN, detail, field="proposal", value=proposal_id)
    if proposal.status is not ProposalStatus.OPEN:
        detail = f"{proposal.status} by {proposal.settled_by}"
        return reject(code.PROPOSAL_SETTLED, detail, field="proposal", value=proposal_id)
    return None


def orders_of(
    command: c.ApproveProposal,
    proposal: Proposal,
    lines: Iterable[Line],
    *,
    room: Mapping[tuple[str, str], Decimal],
    today: date,
) -> tuple[CreateOrder, ...] | Rejected:
    """The orders that a proposal becomes.

    Args:
        command: The request.
        proposal: Open.
        lines: Its lines.
        room: Units that each fund and security can still sell: held, and not on their way out.
        today: The trading day.
    """
    code = ProposalRejection
    if proposal.plan.trade_on != today:
        detail = f"computed on {proposal.plan.trade_on}, today is {today}; compute it anew"
        return reject(code.PROPOSAL_STALE, detail, field="proposal", value=proposal.id)
    groups = group(lines)
    if not groups:
        return reject(code.PROPOSAL_EMPTY, "no line trades", field="proposal", value=proposal.id)
    refusals = [
        Refusal(
            code=code.PROPOSAL_STALE,
            detail=f"{fund} can sell {plain(room.get((fund, security_id), ZERO))} now",
            field="proposal",
            value=f"{fund} {security_id} {plain(units)}",
        )
        for (security_id, side), legs in groups.items()
        for fund, units in legs.items()
        if side is Side.SELL and units > room.get((fund, security_id), ZERO)
    ]
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return tuple(
        CreateOrder(
            client_order_id=f"{proposal.id}.{number}",
            scheme="id",
            security=security_id,
            side=side,
            quantity=sum(legs.values(), ZERO),
            order_type=proposal.plan.order_type,
            legs=tuple(Leg(fund=fund, quantity=units) for fund, units in legs.items()),
            custom=command.custom,
            reason=command.reason or f"proposal {proposal.id}",
            submit=command.submit,
        )
        for number, ((security_id, side), legs) in enumerate(groups.items(), start=1)
    )


def approved(proposal: Proposal, order_ids: tuple[str, ...], stamp: Stamp) -> e.ProposalApproved:
    """It became these orders."""
    return e.ProposalApproved(
        proposal_id=proposal.id, order_ids=order_ids, approved_by=stamp.actor, at=stamp.at
    )


def discarded(command: c.DiscardProposal, stamp: Stamp) -> e.ProposalDiscarded:
    """Nothing came of it."""
    return e.ProposalDiscarded(
        proposal_id=command.proposal_id,
        reason=command.reason,
        discarded_by=stamp.actor,
        at=stamp.at,
    )
