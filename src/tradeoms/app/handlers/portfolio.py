"""Requests about models and rebalance proposals."""

from __future__ import annotations

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.batch import create_orders
from tradeoms.app.handlers.orders import find_security
from tradeoms.app.sizing import sellable
from tradeoms.app.turn import Turn
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.model import commands as mc
from tradeoms.domain.model.decide import decide_approve, decide_define
from tradeoms.domain.model.state import approved
from tradeoms.domain.proposal import commands as c
from tradeoms.domain.proposal import decide
from tradeoms.kernel.decider import Rejected


def funds_of_model(turn: Turn, command: mc.DefineModel | mc.ApproveModel) -> set[str]:
    """The funds for which a version makes exceptions, and those of the version it would replace."""
    versions = turn.book.models
    written = (
        command if isinstance(command, mc.DefineModel)
        else versions.get((command.model, command.version))
    )  # fmt: skip
    told = [one for one in (written, approved(versions, command.model)) if one is not None]
    return {override.fund for one in told for override in one.overrides}


def define_model(turn: Turn, command: mc.DefineModel) -> bytes | Rejected:
    """Write the next version of a model, as a draft."""

    def find(scheme: str, value: str) -> str | None:
        security = find_security(turn, scheme, value)
        return None if security is None else security.id

    decided = decide_define(
        command, turn.book.models, find=find, funds=turn.book.funds, stamp=turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    (defined,) = decided
    turn.emit(defined, f"mdl_{defined.model}")
    return plain_json(model=defined.model, version=defined.version, seq=turn.seq)


def approve_model(turn: Turn, command: mc.ApproveModel) -> bytes | Rejected:
    """Let proposals use a version of a model."""
    decided = decide_approve(command, turn.book.models, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], f"mdl_{command.model}")
    return plain_json(model=command.model, version=command.version, seq=turn.seq)


def make_proposal(turn: Turn, command: c.MakeProposal) -> bytes | Rejected:
    """Put a computed proposal on record."""
    decided = decide.decide_make(command, securities=turn.book.securities, stamp=turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    (made,) = decided
    turn.emit(made, made.proposal_id)
    return plain_json(id=made.proposal_id, seq=turn.seq)


def approve_proposal(turn: Turn, command: c.ApproveProposal) -> bytes | Rejected:
    """Turn every line into a leg of an order, all in this commit or none.

    The orders are entered and checked as any others: one that compliance stops waits for a person.
    """
    proposal = turn.book.proposals.get(command.proposal_id)
    refused = decide.refuse_settled(proposal, command.proposal_id)
    if refused is not None:
        return refused
    assert proposal is not None
    lines = turn.recall.proposal_lines(proposal.id)
    orders = decide.orders_of(
        command,
        proposal,
        lines,
        room=sellable(turn.pretrade, {(line.fund, line.security_id) for line in lines}),
        today=turn.pretrade.today(turn.at),
    )
    if isinstance(orders, Rejected):
        return orders
    stamp = turn.stamp
    keys = {(stamp.actor, order.client_order_id) for order in orders}
    turn.used_ids |= turn.recall.client_orders(keys)
    entered = create_orders(turn, CreateOrders(orders=orders, atomic=True))
    if isinstance(entered, Rejected):
        return entered
    clients = turn.book.client_orders
    ids = tuple(clients[stamp.actor, order.client_order_id] for order in orders)
    turn.emit(decide.approved(proposal, ids, stamp), proposal.id)
    return plain_json(id=proposal.id, seq=turn.seq)


def discard_proposal(turn: Turn, command: c.DiscardProposal) -> bytes | Rejected:
    """Let a proposal go."""
    proposal = turn.book.proposals.get(command.proposal_id)
    refused = decide.refuse_settled(proposal, command.proposal_id)
    if refused is not None:
        return refused
    turn.emit(decide.discarded(command, turn.stamp), command.proposal_id)
    return plain_json(id=command.proposal_id, seq=turn.seq)
