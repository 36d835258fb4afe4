"""What people do about breaks: explained, told to the counterparty, attached, booked."""

from __future__ import annotations

from dataclasses import replace

from tradeoms.app.dispatch import dont_know_instruction
from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.booking import book_more, lacking_of
from tradeoms.app.handlers.reports import take_report
from tradeoms.app.target import names_of
from tradeoms.app.turn import Turn
from tradeoms.domain.breaks import commands as c
from tradeoms.domain.breaks import decide as d
from tradeoms.domain.breaks.events import DontKnowRequested
from tradeoms.domain.breaks.state import Break, BreakAction
from tradeoms.domain.placement.events import ExecutionBooked
from tradeoms.kernel.decider import Rejected


def resolve_break(turn: Turn, command: c.ResolveBreak) -> bytes | Rejected:
    """Settle a break, tell the counterparty, or ask for what takes two people."""
    found = turn.book.breaks.get(command.break_id)
    target = _target(turn, found, command.placement_id)
    decided = d.decide_resolve(command, found, target, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.break_id)
    if isinstance(decided, DontKnowRequested):
        instruction = dont_know_instruction(
            turn.book.breaks[decided.break_id], decided,
            number=turn.number + 1, epoch=turn.epoch, build=turn.build,
        )  # fmt: skip
        turn.send(instruction)
    return _answer(turn, decided.break_id)


def approve_break_action(turn: Turn, command: c.ApproveBreakAction) -> bytes | Rejected:
    """Carry out what waited, in one commit with the approval."""
    found = turn.book.breaks.get(command.break_id)
    wanted = found.proposal if found else None
    target = _target(turn, found, wanted.placement_id if wanted else "")
    approved = d.decide_approve(command, found, target, turn.stamp)
    if isinstance(approved, Rejected):
        return approved
    assert found is not None
    assert wanted is not None
    turn.emit(approved, found.id)
    words = f"{wanted.reason} ({wanted.by}); approved: {approved.reason}"
    match approved.action:
        case BreakAction.ATTACH:
            _attach(turn, found, target, words)
        case BreakAction.BOOK:
            _book(turn, found, target, words)
        case _:
            pass  # in suspense: the event says all
    return _answer(turn, found.id)


def refuse_break_action(turn: Turn, command: c.RefuseBreakAction) -> bytes | Rejected:
    """End what waited."""
    found = turn.book.breaks.get(command.break_id)
    decided = d.decide_refuse(command, found, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.break_id)
    return _answer(turn, decided.break_id)


def funds_of_break(turn: Turn, break_id: str, placement_id: str = "") -> list[str]:
    """The funds that an action on a break touches: of its order, and of where it would go."""
    found = turn.book.breaks.get(break_id)
    named = [placement_id, found.placement_id if found else ""]
    if found is not None and found.proposal is not None:
        named.append(found.proposal.placement_id)
    funds: list[str] = []
    for key in filter(None, named):
        turn.recall_placement(key)
        placement = turn.book.placements.get(key)
        for order_id in placement.order_ids if placement else ():
            order = turn.book.orders.get(order_id)
            funds += [leg.fund for leg in order.legs] if order else []
    return funds


def _target(turn: Turn, found: Break | None, placement_id: str) -> d.Target:
    book = turn.book
    if placement_id:
        turn.recall_placement(placement_id)
    if found is not None and found.placement_id:
        turn.recall_placement(found.placement_id)
    placement = book.placements.get(placement_id)
    execution = turn.execution_of(found.session, found.exec_id) if found else None
    filled = book.placements.get(execution.placement_id) if execution else None
    return d.Target(
        placement=placement,
        names=names_of(book.securities[placement.security_id]) if placement else frozenset(),
        execution=execution,
        lacking=lacking_of(turn, filled),
        twin=_twin(turn, found) if found else "",
    )


def _twin(turn: Turn, found: Break) -> str:
    """An execution that is this very trade, under its own ExecID or one with a row behind it."""
    for each in turn.book.executions.values():
        own = each.exec_id.partition("~")[0] == found.exec_id and each.session == found.session
        if own and (each.last_qty, each.last_px) == (found.quantity, found.price):
            return each.id
    return ""


def _attach(turn: Turn, found: Break, target: d.Target, words: str) -> None:
    placement = target.placement
    assert placement is not None
    resolution = f"attached to {placement.id}: {words}"
    turn.emit(d.resolved(found, resolution, turn.stamp), found.id)
    taken = turn.knows_exec_id(found.session, found.exec_id)
    symbol = turn.book.securities[placement.security_id].symbol
    take_report(turn, d.attached_fill(found, placement, symbol=symbol, taken=taken))


def _book(turn: Turn, found: Break, target: d.Target, words: str) -> None:
    execution = target.execution
    assert execution is not None
    turn.emit(d.resolved(found, f"booked: {words}", turn.stamp), found.id)
    booked = ExecutionBooked(
        placement_id=execution.placement_id,
        execution_id=execution.id,
        booked_qty=execution.last_qty,
        at=turn.at,
    )
    turn.emit(booked, execution.placement_id)
    book_more(turn, replace(execution, booked_qty=execution.last_qty - execution.booked_qty))


def _answer(turn: Turn, break_id: str) -> bytes:
    found = turn.book.breaks[break_id]
    waiting = found.proposal.action if found.proposal else None
    return plain_json(id=found.id, status=found.status, waiting=waiting, seq=turn.seq)
