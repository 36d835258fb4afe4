"""What people do about breaks: explained, told to the counterparty, attached, booked, adjusted."""

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
from tradeoms.domain.breaks.adjusting import adjusting, own_exec_id
from tradeoms.domain.breaks.events import DontKnowRequested
from tradeoms.domain.breaks.state import Adjustment, Break, BreakAction, Proposal
from tradeoms.domain.placement.events import ExecutionBooked
from tradeoms.domain.placement.manual import MADE
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.decider import Rejected


def resolve_break(turn: Turn, command: c.ResolveBreak) -> bytes | Rejected:
    """Settle a break, tell the counterparty, or ask for what takes two people."""
    found = turn.book.breaks.get(command.break_id)
    target = _target(turn, found, command.placement_id, command.adjustment)
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
    asked = (wanted.placement_id, wanted.adjustment) if wanted else ("", None)
    target = _target(turn, found, *asked)
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
        case BreakAction.ADJUST:
            _adjust(turn, found, wanted, target, words)
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


def funds_of_break(turn: Turn, command: object) -> list[str]:
    """The funds that an action on a break touches: of its order, and of where it would go."""
    found = turn.book.breaks.get(getattr(command, "break_id", ""))
    named = [found.placement_id if found else ""]
    for asked in (command, found.proposal if found else None):
        if isinstance(asked, c.ResolveBreak | Proposal):
            adjusted = _adjusted(turn, asked.adjustment)
            named += [asked.placement_id, adjusted.placement_id if adjusted else ""]
    funds: list[str] = []
    for key in filter(None, named):
        turn.recall_placement(key)
        placement = turn.book.placements.get(key)
        for order_id in placement.order_ids if placement else ():
            order = turn.book.orders.get(order_id)
            funds += [leg.fund for leg in order.legs] if order else []
    return funds


def _target(
    turn: Turn, found: Break | None, placement_id: str, adjustment: Adjustment | None
) -> d.Target:
    book, adjusted = turn.book, _adjusted(turn, adjustment)
    if adjusted is not None:
        placement_id = adjusted.placement_id
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
        adjusted=adjusted,
        exec_id_used=found is not None
        and adjustment is not None
        and turn.knows_exec_id(found.session, adjustment.exec_id),
    )


def _adjusted(turn: Turn, adjustment: Adjustment | None) -> Execution | None:
    """The execution that an adjustment names, where its ExecID leads to it."""
    key = adjustment.execution_id if adjustment else ""
    execution = turn.recall_execution(key) if key else None
    if execution is None or turn.execution_of(execution.session, execution.exec_id) != execution:
        return None
    return execution


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


def _adjust(turn: Turn, found: Break, asked: Proposal, target: d.Target, words: str) -> None:
    adjustment = asked.adjustment
    assert adjustment is not None
    assert target.placement is not None
    turn.emit(d.resolved(found, f"adjusted: {words}", turn.stamp), found.id)
    own = own_exec_id(found, adjustment.kind, target.adjusted)
    free = own and not turn.knows_exec_id(found.session, own)
    exec_id = adjustment.exec_id or (own if free else turn.stamp.id(MADE))
    report = adjusting(
        found, asked, placement=target.placement, adjusted=target.adjusted, exec_id=exec_id
    )
    take_report(turn, report)


def _answer(turn: Turn, break_id: str) -> bytes:
    found = turn.book.breaks[break_id]
    waiting = found.proposal.action if found.proposal else None
    return plain_json(id=found.id, status=found.status, waiting=waiting, seq=turn.seq)
