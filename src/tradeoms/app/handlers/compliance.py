"""Requests about waivers."""

from __future__ import annotations

from dataclasses import replace

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.orders import find_order
from tradeoms.app.turn import Turn
from tradeoms.compliance.policy import read_rule
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.entitlement import roles_over
from tradeoms.domain.waiver import commands as b
from tradeoms.domain.waiver import decide as permission
from tradeoms.domain.waiver.events import WaiverApproved, WaiverVerified
from tradeoms.domain.waiver.rejection import WaiverRejection
from tradeoms.domain.waiver.state import Waiver
from tradeoms.kernel.decider import Rejected, reject


def request_waiver(turn: Turn, command: b.RequestWaiver) -> bytes | Rejected:
    """Ask for permission."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = permission.decide_request_waiver(
        command,
        order,
        turn.stamp,
        approvers=_approvers(turn, order, command.rule),
        known=[turn.book.waivers[key] for key in turn.book.waivers_of.get(order.id, ())],
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], decided[0].waiver_id)
    return plain_json(id=decided[0].waiver_id, status="requested", seq=turn.seq)


def _approvers(turn: Turn, order: Order, rule: str) -> int:
    """How many people the firm, or the rule that holds the order, wants."""
    wanted = turn.waiver_approvers
    for name in order.unwaived:
        rule_id, _, version = name.rpartition("@")
        known = turn.book.rules.get((rule_id, int(version)))
        if known is not None and rule in (name, rule_id):
            said = read_rule(known.definition)
            wanted = max(wanted, said.waiver_approvers)
    return wanted


def _find_waiver(turn: Turn, waiver_id: str) -> Waiver | Rejected:
    waiver = turn.book.waivers.get(waiver_id)
    if waiver is None:
        code = WaiverRejection.WAIVER_UNKNOWN
        return reject(code, "no such waiver", field="waiver", value=waiver_id)
    return waiver


def approve_waiver(turn: Turn, command: b.ApproveWaiver) -> bytes | Rejected:
    """Give permission; the order moves on where nothing else holds it."""
    decided = _decide_approve(turn, command)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.waiver_id)
    turn.reserve(decided.order_id)
    status = turn.book.waivers[decided.waiver_id].status
    return plain_json(id=decided.waiver_id, status=status, order=decided.order_id, seq=turn.seq)


def _decide_approve(
    turn: Turn, command: b.ApproveWaiver, bulk: str = ""
) -> WaiverVerified | WaiverApproved | Rejected:
    waiver = _find_waiver(turn, command.waiver_id)
    if isinstance(waiver, Rejected):
        return waiver
    order = find_order(turn, waiver.order_id)
    if isinstance(order, Rejected):
        return order
    stamp = turn.stamp
    roles = roles_over(turn.book.users.get(stamp.actor), [leg.fund for leg in order.legs])
    decided = permission.decide_approve_waiver(
        command, waiver, order, stamp, roles=roles, bulk=bulk
    )
    return decided if isinstance(decided, Rejected) else decided[0]


def approve_waivers(turn: Turn, command: b.ApproveWaivers) -> bytes | Rejected:
    """Give several permissions for one reason: all of them, or none."""
    refused = permission.refuse_bulk(command)
    if refused is not None:
        return refused
    bulk = turn.stamp.id("bulk")
    decided, refusals = [], []
    for number, waiver_id in enumerate(command.waiver_ids):
        one = b.ApproveWaiver(waiver_id=waiver_id, note=command.reason)
        answer = _decide_approve(turn, one, bulk)
        if isinstance(answer, Rejected):
            refusals += [
                replace(refusal, field=f"waivers/{number}/{refusal.field}")
                for refusal in answer.refusals
            ]
        else:
            decided.append(answer)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    for event in decided:
        turn.emit(event, event.waiver_id)
        turn.reserve(event.order_id)
    return plain_json(
        data=[
            {"id": event.waiver_id, "status": turn.book.waivers[event.waiver_id].status}
            for event in decided
        ],
        seq=turn.seq,
    )


def refuse_waiver(turn: Turn, command: b.RefuseWaiver) -> bytes | Rejected:
    """Say no."""
    waiver = _find_waiver(turn, command.waiver_id)
    if isinstance(waiver, Rejected):
        return waiver
    decided = permission.decide_refuse_waiver(command, waiver, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], waiver.id)
    return plain_json(id=waiver.id, status="refused", seq=turn.seq)
