"""Drop copies: recorded, held against what the order session brings, never booked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.finding import find_reported
from tradeoms.app.handlers.settling import settle
from tradeoms.app.target import names_of
from tradeoms.app.turn import Turn
from tradeoms.domain.breaks.state import STRAYS, break_key
from tradeoms.domain.dropcopy import commands as c
from tradeoms.domain.dropcopy import decide as d
from tradeoms.domain.dropcopy import events as e
from tradeoms.domain.dropcopy.state import Copy, CopyStatus, DropCopy
from tradeoms.domain.placement import events as pe
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.projections.book import Book
from tradeoms.projections.fold import successor_id

#: What a dialect's `reports.keep` calls TrdMatchID (880), so that copies are found by it.
TRADE_NUMBER: Final = "trd_match_id"
_BROUGHT: Final = (
    pe.ExecutionRecorded, pe.ExecutionCorrected, pe.ExecutionBusted, pe.BreakOpened,
)  # fmt: skip


def take_drop_copy(turn: Turn, report: c.ReportDropCopy) -> None:
    """Note whose executions a session copies."""
    known = turn.book.drop_copies.get(report.session)
    for event in d.decide_attach(report, known, turn.stamp):
        turn.emit(event, f"gateway_{event.session}")


def take_copy(turn: Turn, report: c.ReportCopy) -> None:
    """Record a copy, and hold it against what the order session has brought by now."""
    placement = _named(turn, report)
    same = _same(turn, report)
    order_session = _order_session(turn, report, placement)
    for event in d.decide_copy(
        report, same, order_session=order_session, placement=placement, stamp=turn.stamp
    ):
        if isinstance(event, e.CopyRecorded):
            turn.emit(event, event.copy_id)
            _match(turn, turn.book.copies[event.copy_id])
        elif not _is_open(turn.book, event):
            turn.emit(event, event.break_id)


def match_events(turn: Turn, events: Iterable[object]) -> None:
    """Hold the copies that waited for them against what an order session has brought just now."""
    if not turn.book.copies_of:
        return
    for copy_id in dict.fromkeys(_waiting_for(turn.book, events)):
        _match(turn, turn.book.copies[copy_id])


def settle_copies(turn: Turn, command: c.SettleCopies) -> bytes:
    """Open a break for each copy whose order session has had its time."""
    del command
    missed = 0
    for copy in list(due_copies(turn.book, turn.at)):
        if not _match(turn, copy):
            told, opened = d.decide_missed(copy, turn.stamp)
            turn.emit(told, copy.id)
            turn.emit(opened, opened.break_id)
            missed += 1
    return plain_json(missed=missed, seq=turn.seq)


def due_copies(book: Book, at: datetime) -> Iterator[Copy]:
    """The copies that have waited for as long as the order session may take."""
    for copy in book.copies.values():
        waits = copy.status is CopyStatus.WAITING
        if waits and copy.created_at + book.drop_copies[copy.session].settle <= at:
            yield copy


def compare_copies(turn: Turn) -> None:
    """At the end of a trading day: each execution that a drop copy has not told is a break."""
    opened = 0
    for known in list(turn.book.drop_copies.values()):
        until = turn.at - known.settle
        if until <= known.since:
            continue
        expected = list(_expected(turn.book, known, until))
        told = _told(turn, known, [execution.id for execution, _ in expected])
        missing = [one for one in expected if (one[0].id, one[1].value) not in told]
        for execution, kind in missing:
            event = d.decide_uncopied(
                execution, kind, session=known.session, number=opened, stamp=turn.stamp
            )
            opened += 1
            if not _is_open(turn.book, event):
                turn.emit(event, event.break_id)
        compared = e.CopiesCompared(
            session=known.session, trade_on=turn.book.trade_on, since=known.since, until=until,
            executions=len(expected), missing=len(missing), at=turn.at,
        )  # fmt: skip
        turn.emit(compared, f"gateway_{known.session}")


def _named(turn: Turn, report: c.ReportCopy) -> Placement | None:
    """The placement that a copy names, on any session that is copied."""
    names = (report.cl_ord_id, report.orig_cl_ord_id, report.broker_order_id)
    found = (find_reported(turn, session, *names) for session in _copied(turn, report.session))
    return next(filter(None, found), None)


def _copied(turn: Turn, session: str) -> tuple[str, ...]:
    known = turn.book.drop_copies.get(session)
    return known.copies if known else ()


def _order_session(turn: Turn, report: c.ReportCopy, placement: Placement | None) -> str:
    """The session that should bring it: of its placement, else the first that knows it."""
    if placement is not None:
        return placement.destination
    copied = _copied(turn, report.session)
    names = [name for name in (report.exec_id, report.exec_ref_id) if name]
    knowing = (s for s in copied if any(turn.knows_exec_id(s, name) for name in names))
    return next(knowing, copied[0] if copied else "")


def _same(turn: Turn, report: c.ReportCopy) -> Copy | None:
    """The copy that was recorded under the same report id."""
    held = turn.book.copy_ids.get((report.session, report.report_id))
    if held is not None:
        return turn.book.copies[held]
    return turn.recall.copy_of(report.session, report.report_id)


def _match(turn: Turn, copy: Copy) -> bool:
    """Hold a copy against what the order session brought; true where that settles it."""
    brought = _brought(turn, copy)
    events = d.decide_match(copy, brought, turn.stamp)
    for event in events:
        subject = event.break_id if isinstance(event, pe.BreakOpened) else copy.id
        turn.emit(event, subject)
    if events:
        settle(turn, copy.break_id, "the order session brought it")
        if brought.execution is not None:
            uncopied = d.decide_uncopied(
                brought.execution, copy.kind, session="", number=0, stamp=turn.stamp
            )
            settle(turn, turn.book.open_breaks.get(_key_of(uncopied), ""), "it was copied")
    return bool(events)


def _brought(turn: Turn, copy: Copy) -> d.Brought:
    """What the order session brought of a copy: an execution, or a break without one."""
    execution = _execution(turn, copy)
    if execution is not None:
        placement = turn.book.placements[execution.placement_id]
        names = names_of(turn.book.securities[execution.security_id])
        return d.Brought(execution=execution, placement=placement, names=names)
    keys = (
        break_key(kind, session, copy.cl_ord_id, copy.exec_id, copy.quantity, copy.price)
        for kind in STRAYS - {pe.BreakKind.ONLY_DROP_COPY}
        for session in _copied(turn, copy.session)
    )
    found = (turn.book.open_breaks[key] for key in keys if key in turn.book.open_breaks)
    return d.Brought(break_id=min(found, default=""))


def _execution(turn: Turn, copy: Copy) -> Execution | None:
    """The execution by its own ExecID; of a bust by the one it takes back; by TrdMatchID."""
    names = [copy.exec_id]
    if copy.kind is ReportKind.BUST:
        names.append(copy.exec_ref_id)
    for session in dict.fromkeys((copy.order_session, *_copied(turn, copy.session))):
        for name in filter(None, names):
            execution = turn.execution_of(session, name)
            if execution is not None:
                corrects = copy.kind is ReportKind.CORRECT and not execution.exec_ref_id
                return _newest(turn.book, execution) if corrects else execution
    return None if copy.exec_id else _by_trade(turn, copy)


def _newest(book: Book, execution: Execution) -> Execution:
    """What corrections made of an execution: some counterparties keep its ExecID."""
    after = book.executions.get(successor_id(execution.id))
    return execution if after is None else _newest(book, after)


def _by_trade(turn: Turn, copy: Copy) -> Execution | None:
    """The execution of the placement whose dialect keeps TrdMatchID (880), and has the same."""
    mine = turn.book.executions_of.get(copy.placement_id, ())
    wanted = (TRADE_NUMBER, copy.trd_match_id)
    found = (turn.book.executions[each] for each in mine)
    return next((each for each in found if copy.trd_match_id and wanted in each.extra), None)


def _waiting_for(book: Book, events: Iterable[object]) -> Iterator[str]:
    """Ids of the copies that waited for one of the events."""
    for event in events:
        if not isinstance(event, _BROUGHT):
            continue
        for known in book.drop_copies.values():
            if event.session in known.copies:
                for exec_id in (event.exec_id, getattr(event, "exec_ref_id", "")):
                    yield from book.copies_of.get((known.session, exec_id), ())


def _expected(
    book: Book, known: DropCopy, until: datetime
) -> Iterator[tuple[Execution, ReportKind]]:
    """The executions, corrections and busts of the copied sessions since the last comparison."""
    for execution in book.executions.values():
        if execution.session not in known.copies or execution.keyed_by:
            continue
        changed = known.since < execution.updated_at <= until
        if execution.exec_ref_id and changed:
            yield execution, ReportKind.CORRECT
        elif not execution.exec_ref_id and known.since < execution.received_at <= until:
            yield execution, ReportKind.FILL
        if execution.status is ExecutionStatus.BUSTED and changed:
            yield execution, ReportKind.BUST


def _told(turn: Turn, known: DropCopy, execution_ids: list[str]) -> set[tuple[str, str]]:
    """(execution, kind) of what the drop copy has told, committed or in this batch."""
    held = {
        (copy.execution_id, copy.kind.value)
        for copy in turn.book.copies.values()
        if copy.session == known.session
    }
    return held | turn.recall.copied(known.session, execution_ids)


def _key_of(event: pe.BreakOpened) -> tuple[str, ...]:
    return break_key(
        event.kind, event.session, event.cl_ord_id, event.exec_id, event.quantity, event.price
    )


def _is_open(book: Book, event: pe.BreakOpened) -> bool:
    return _key_of(event) in book.open_breaks
