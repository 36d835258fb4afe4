"""Requests about waivers, breaks and rules."""

from __future__ import annotations

import msgspec

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.orders import find_order
from tradeoms.app.turn import Turn
from tradeoms.compliance.policy import PolicyError, parse_rule
from tradeoms.domain.catalog import ResolveBreak
from tradeoms.domain.placement.events import BreakResolved
from tradeoms.domain.reference.decide import ReferenceRejection
from tradeoms.domain.ruleset import commands as r
from tradeoms.domain.ruleset import decide as decide_rules
from tradeoms.domain.ruleset.decide import RuleRejection
from tradeoms.domain.waiver import commands as b
from tradeoms.domain.waiver import decide as decide_on
from tradeoms.domain.waiver.decide import WaiverRejection
from tradeoms.domain.waiver.state import Waiver
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject


def _stamp(turn: Turn) -> Stamp:
    assert turn.stamp is not None
    return turn.stamp


def request_waiver(turn: Turn, command: b.RequestWaiver) -> bytes | Rejected:
    """Ask for permission."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide_on.decide_request_waiver(command, order, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], decided[0].waiver_id)
    return plain_json(id=decided[0].waiver_id, status="requested", seq=turn.seq)


def _find_waiver(turn: Turn, waiver_id: str) -> Waiver | Rejected:
    waiver = turn.book.waivers.get(waiver_id)
    if waiver is None:
        code = WaiverRejection.WAIVER_UNKNOWN
        return reject(code, "no such waiver", field="waiver", value=waiver_id)
    return waiver


def approve_waiver(turn: Turn, command: b.ApproveWaiver) -> bytes | Rejected:
    """Give permission; the order moves on where nothing else holds it."""
    waiver = _find_waiver(turn, command.waiver_id)
    if isinstance(waiver, Rejected):
        return waiver
    order = find_order(turn, waiver.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide_on.decide_approve_waiver(command, waiver, order, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], waiver.id)
    turn.reserve(order.id)
    return plain_json(id=waiver.id, status="approved", order=order.id, seq=turn.seq)


def refuse_waiver(turn: Turn, command: b.RefuseWaiver) -> bytes | Rejected:
    """Say no."""
    waiver = _find_waiver(turn, command.waiver_id)
    if isinstance(waiver, Rejected):
        return waiver
    decided = decide_on.decide_refuse_waiver(command, waiver, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], waiver.id)
    return plain_json(id=waiver.id, status="refused", seq=turn.seq)


def resolve_break(turn: Turn, command: ResolveBreak) -> bytes | Rejected:
    """Say how a disagreement was settled."""
    found = turn.book.breaks.get(command.break_id)
    if found is None or found.resolved_by:
        code = ReferenceRejection.RESOURCE_UNKNOWN
        return reject(code, "no such open break", field="break", value=command.break_id)
    if not command.resolution.strip():
        return reject(WaiverRejection.REASON_MISSING, "say how", field="resolution")
    resolved = BreakResolved(
        break_id=found.id,
        resolution=command.resolution,
        resolved_by=_stamp(turn).actor,
        at=turn.at,
    )
    turn.emit(resolved, found.id)
    return plain_json(id=found.id, status="resolved", seq=turn.seq)


def define_rules(turn: Turn, command: r.DefineRules) -> bytes | Rejected:
    """Record drafts; each is parsed first, so that only what can be checked is ever activated."""
    refusals = []
    for row, rule in enumerate(command.rules):
        try:
            parse_rule(msgspec.json.decode(rule.definition))
        except (PolicyError, msgspec.DecodeError) as error:
            code = RuleRejection.RULE_INVALID
            field = f"rows/{row}/definition"
            refusals.append(Refusal(code=code, detail=str(error), field=field, value=rule.rule_id))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    decided = decide_rules.decide_define(command, turn.book.rules, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    for event in decided:
        turn.emit(event, f"rule_{event.rule_id}")
    return plain_json(rows=len(command.rules), new=len(decided), seq=turn.seq)


def activate_rule(turn: Turn, command: r.ActivateRule) -> bytes | Rejected:
    """Put a version in force."""
    decided = decide_rules.decide_activate(command, turn.book.rules, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], f"rule_{command.rule_id}")
    return plain_json(id=command.rule_id, version=command.version, status="active", seq=turn.seq)


def retire_rule(turn: Turn, command: r.RetireRule) -> bytes | Rejected:
    """Take a version out of force."""
    decided = decide_rules.decide_retire(command, turn.book.rules, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], f"rule_{command.rule_id}")
    return plain_json(id=command.rule_id, version=command.version, status="retired", seq=turn.seq)
