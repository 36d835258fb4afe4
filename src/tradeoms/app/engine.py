"""The single writer: decides a batch item by item, commits once, and only then lets anything out.

`decide` folds commands and frames into the book and gathers a batch; `commit` makes it durable;
what `commit` returns may be sent. If the commit fails the process must end: the book in memory is
ahead of the database and is never repaired in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import structlog

from tradeoms.app.algos import AlgoBook, NoAlgorithms
from tradeoms.app.faults import Point, reach
from tradeoms.app.handle import decode_command, handle
from tradeoms.app.handlers.gateways import attach_gateway
from tradeoms.app.handlers.orders import Entered, check_entered, finish_entered
from tradeoms.app.handlers.reports import take_report
from tradeoms.app.identity import Identity
from tradeoms.app.instruction import Instruction
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.recall import Answered, Recall
from tradeoms.app.trial import Trial
from tradeoms.app.turn import Turn
from tradeoms.app.wire import (
    Attach,
    Command,
    Frame,
    Outcome,
    Problem,
    SessionAction,
    Tagged,
    Watermark,
    exec_ids_in,
    untag_report,
)
from tradeoms.domain.catalog import BATCHES
from tradeoms.domain.order.commands import CreateOrder, SplitOrder
from tradeoms.domain.placement.commands import ReportUnreadable
from tradeoms.domain.reference.events import RequestRefused
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Writer
from tradeoms.journal.tables import idempotency, watermarks
from tradeoms.kernel.decider import Rejected, Stamp
from tradeoms.kernel.errors import TradeomsError
from tradeoms.projections.book import Book
from tradeoms.projections.project import micros, write_touched

_STORED: Final = 1
#: Where a report is: session, epoch and row of the gateway's wire journal.
Place = tuple[str, int, int]
#: What has a dry run, beside loads.
_TRIED: Final = frozenset({"DefineRules", "ImportOrders", "ActOnOrderList"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Released:
    """What may leave the house after a commit.

    Attributes:
        answers: One for each item of the batch, in its order;
            for an `Attach` the outbox number behind which to serve.
        instructions: For gateways, in the order of the outbox.
        seq: Journal position after the commit.
    """

    answers: list[Outcome | Watermark | int]
    instructions: list[Instruction]
    actions: list[SessionAction]
    seq: int


@dataclass(slots=True)
class _Decoded:
    """A command with its body read, or the reason why it cannot be."""

    item: Command
    command: Any = None  # Any: one of the catalogue's commands
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """An order that is entered, and the place of its answer in the batch."""

    place: int
    item: Command
    stamp: Stamp
    order_id: str


@dataclass(slots=True)
class _Entered:
    """Orders entered one behind the other, whose checks are made in one pass."""

    waiting: list[_Waiting] = field(default_factory=list)
    keys: set[tuple[str, str]] = field(default_factory=set)

    def may_wait_for(self, found: _Decoded | None) -> bool:
        """True where the next item is another new order, under a key of its own."""
        if found is None or not isinstance(found.command, CreateOrder):
            return False
        if found.command.sizing is not None:
            return False  # its size counts those before it, so they must be checked first
        return not found.item.key or (found.item.user, found.item.key) not in self.keys


@dataclass(slots=True)
class Engine:
    """Decides and commits. Not for more than one thread."""

    book: Book
    pretrade: Pretrade
    writer: Writer
    recall: Recall
    codec: Codec
    identity: Identity
    build: str
    marks: dict[tuple[str, int], int]
    outbox_head: int
    poisoned: frozenset[Place] = frozenset()
    waiver_approvers: int = 1
    algos: AlgoBook = field(default_factory=NoAlgorithms)
    _answered: dict[tuple[str, str], Answered] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Epoch of the lease under which this engine writes."""
        return self.writer.epoch

    @property
    def seq(self) -> int:
        """Journal position of the newest commit."""
        return self.writer.head.seq

    def run(self, items: Sequence[Command | Frame | Attach]) -> Released:
        """Decide and commit a batch.

        Raises:
            CommitFailed: If it could not be made durable. The process must end.
            Fenced: If another engine leads. The process must end.
        """
        reach(Point.TAKEN_BEFORE_DECISION)
        turn = self._begin()
        decoded = [_decode(item) if isinstance(item, Command) else None for item in items]
        self._prefetch(turn, [d for d in decoded if d is not None])
        frames = (item for item in items if isinstance(item, Frame))
        turn.ask_exec_ids(key for frame in frames for key in exec_ids_in(frame))
        answers: list[Outcome | Watermark | int] = []
        entered = _Entered()
        for item, found in zip(items, decoded, strict=True):
            if not entered.may_wait_for(found):
                self._check_entered(turn, entered, answers)
            if isinstance(item, Frame):
                answers.append(self._take_frame(turn, item))
            elif isinstance(item, Attach):
                turn.begin(self.identity.stamp(f"session:{item.session}"), cause="attach")
                answers.append(attach_gateway(turn, item))
            else:
                assert found is not None
                answers.append(self._decide(turn, found, entered, len(answers)))
        self._check_entered(turn, entered, answers)
        write_touched(turn.book, turn.batch)
        for key, row in turn.marks.items():
            turn.batch.upsert(watermarks, (*key, row))
        reach(Point.DECIDED_BEFORE_COMMIT)
        self._commit(turn)
        reach(Point.COMMITTED_BEFORE_REPLY)
        return Released(
            answers=answers,
            instructions=turn.instructions,
            actions=turn.actions,
            seq=self.seq,
        )

    def instructions_after(self, session: str, number: int) -> list[Instruction]:
        """The committed instructions of ``session`` behind ``number``."""
        bodies = self.recall.outbox_after(session, number)
        return [msgspec.json.decode(body, type=Instruction) for body in bodies]

    def _begin(self) -> Turn:
        return Turn(
            book=self.book,
            pretrade=self.pretrade,
            identity=self.identity,
            codec=self.codec,
            build=self.build,
            epoch=self.epoch,
            seq=self.seq,
            number=self.outbox_head,
            recall=self.recall,
            waiver_approvers=self.waiver_approvers,
            algos=self.algos,
        )

    def _commit(self, turn: Turn) -> None:
        if turn.batch.events or turn.batch.writes:
            self.writer.commit(turn.batch)
        self.pretrade.committed()
        self.outbox_head = turn.number
        self._answered.clear()

    def _prefetch(self, turn: Turn, decoded: Sequence[_Decoded]) -> None:
        """Ask the database once for the whole batch which keys were used in the past."""
        keys = {(d.item.user, d.item.key) for d in decoded if d.item.key}
        self._answered = self.recall.answers(keys)
        clients: set[tuple[str, str]] = set()
        for found in decoded:
            command = found.command
            if isinstance(command, CreateOrder | SplitOrder):
                clients.add((found.item.user, command.client_order_id))
            elif isinstance(command, BATCHES):
                clients.update((found.item.user, o.client_order_id) for o in command.orders)
        turn.used_ids = self.recall.client_orders(clients)

    def _check_entered(
        self, turn: Turn, entered: _Entered, answers: list[Outcome | Watermark | int]
    ) -> None:
        """Check the orders entered one behind the other in a single pass, and answer each."""
        if not entered.waiting:
            return
        evaluations = check_entered(turn, [each.order_id for each in entered.waiting])
        for each, evaluation in zip(entered.waiting, evaluations, strict=True):
            turn.begin(each.stamp, cause=f"cmd_{each.stamp.base}")
            answer = finish_entered(turn, each.order_id, evaluation)
            answers[each.place] = self._accept(turn, each.item, answer)
        entered.waiting.clear()
        entered.keys.clear()

    def _accept(self, turn: Turn, item: Command, answer: bytes) -> Outcome:
        if item.key:
            self._store(turn, item, answer)
        return Outcome(id=item.id, status="accepted", answer=msgspec.Raw(answer), seq=turn.seq)

    def _decide(self, turn: Turn, found: _Decoded, entered: _Entered, place: int) -> Outcome:
        """Answer one command; a key seen before gets its stored answer and decides nothing."""
        item = found.item
        stored = self._answered.get((item.user, item.key)) if item.key else None
        if stored is not None:
            return _replay(item, stored)
        if found.error:
            problem = Problem(code="malformed", detail=found.error, field="body")
            return Outcome(id=item.id, status="refused", problems=(problem,))
        stamp = self.identity.stamp(item.user)
        turn.begin(stamp, cause=f"cmd_{stamp.base}")
        before = turn.seq
        try:
            if item.dry_run:
                return self._try_out(turn, found)
            answer = handle(turn, item.type, found.command)
        except Exception as error:  # a bug of ours: nothing was emitted, so nothing has changed
            if turn.seq != before:
                raise
            return _answer_bug(item, error)
        if isinstance(answer, Rejected):
            return _refuse(turn, found, answer)
        if isinstance(answer, Entered):
            waiting = _Waiting(place=place, item=item, stamp=stamp, order_id=answer.order_id)
            entered.waiting.append(waiting)
            entered.keys.add((item.user, item.key))
            return Outcome(id=item.id, status="busy")  # replaced by `_check_entered`
        return self._accept(turn, item, answer)

    def _try_out(self, turn: Turn, found: _Decoded) -> Outcome:
        """Decide a load on a book of its own and keep nothing of it."""
        item = found.item
        if not item.type.startswith("Load") and item.type not in _TRIED:
            problem = Problem(
                code="no_dry_run", detail="loads and actions on lists have one", field="dry_run"
            )
            return Outcome(id=item.id, status="refused", problems=(problem,))
        trial = Trial(turn)
        answer = handle(trial, item.type, found.command)  # type: ignore[arg-type]  # see Trial
        if isinstance(answer, Rejected):
            return Outcome(id=item.id, status="refused", problems=_problems(answer))
        assert isinstance(answer, bytes)
        return Outcome(id=item.id, status="accepted", answer=msgspec.Raw(answer), seq=turn.seq)

    def _store(self, turn: Turn, item: Command, answer: bytes) -> None:
        row = (item.user, item.key, item.sha256, _STORED, answer.decode(), micros(turn.at))
        turn.batch.insert(idempotency, row)
        self._answered[item.user, item.key] = Answered(item.sha256, answer)

    def _take_frame(self, turn: Turn, frame: Frame) -> Watermark:
        """Record a row's reports, once; a row at or below the watermark has no second effect."""
        key = (frame.session, frame.epoch)
        if frame.row > self.marks.get(key, 0):
            for number, item in enumerate(frame.reports):
                stamp = self.identity.stamp(f"session:{frame.session}")
                turn.begin(stamp, cause=f"frm_{frame.session}-{frame.epoch}-{frame.row}-{number}")
                self._take_report(turn, frame, item)
            self.marks[key] = frame.row
            turn.marks[key] = frame.row
        return Watermark(session=frame.session, epoch=frame.epoch, row=self.marks[key])

    def _take_report(self, turn: Turn, frame: Frame, item: Tagged) -> None:
        """Record a report; one that our own code cannot take becomes a break, never a crash loop.

        A failure before the first event is told by the break at once. One behind it leaves the
        book ahead of the database: the process ends, and the next one, which finds the row in
        `poisoned`, records the break instead.
        """
        before = turn.seq
        place = (frame.session, frame.epoch, frame.row)
        if place in self.poisoned:
            take_report(turn, _unreadable(frame, item, "it ended an engine before"))
            return
        try:
            take_report(turn, untag_report(item))
        except Exception as error:
            if turn.seq != before:
                raise PoisonedFrame(place=place, reason=repr(error)) from error
            log.exception("report_not_understood", session=frame.session, row=frame.row)
            take_report(turn, _unreadable(frame, item, repr(error)))


class PoisonedFrame(TradeomsError):
    """A report that our own code failed on half-way."""

    def __init__(self, *, place: Place, reason: str) -> None:
        """Keep where the report is in the gateway's wire journal."""
        self.place = place
        self.reason = reason
        session, epoch, row = place
        super().__init__(f"row {row} of {session}, epoch {epoch}, cannot be applied: {reason}")


def _decode(item: Command) -> _Decoded:
    try:
        return _Decoded(item, command=decode_command(item.type, item.body))
    except KeyError:
        return _Decoded(item, error=f"no command is called {item.type}")
    except (msgspec.DecodeError, ValueError) as error:
        return _Decoded(item, error=str(error))


def _answer_bug(item: Command, error: Exception) -> Outcome:
    """Tell the caller that the fault is ours, and that nothing was done."""
    log.error("command_failed", command=item.type, user=item.user, exc_info=error)
    detail = "a fault of ours; nothing was changed, and the log has the details"
    return Outcome(
        id=item.id, status="refused", problems=(Problem(code="internal_error", detail=detail),)
    )


def _unreadable(frame: Frame, item: Tagged, reason: str) -> ReportUnreadable:
    """Stand in for a report that cannot be applied, its text kept for a person."""
    raw = bytes(item.body).decode(errors="replace")
    return ReportUnreadable(session=frame.session, row=frame.row, reason=reason, raw=raw)


def _replay(item: Command, stored: Answered) -> Outcome:
    if stored.request_sha256 != item.sha256:
        problem = Problem(
            code="idempotency_key_reused",
            detail="this key was used for another request",
            field="Idempotency-Key",
            value=item.key,
        )
        return Outcome(id=item.id, status="conflict", problems=(problem,))
    return Outcome(id=item.id, status="accepted", answer=msgspec.Raw(stored.answer), replayed=True)


def _problems(rejected: Rejected) -> tuple[Problem, ...]:
    return tuple(
        Problem(code=r.code.value, detail=r.detail, field=r.field, value=r.value)
        for r in rejected.refusals
    )


def _refuse(turn: Turn, found: _Decoded, rejected: Rejected) -> Outcome:
    """Put the refusal on record, and answer it."""
    item, command = found.item, found.command
    own = getattr(command, "client_order_id", "") or getattr(command, "order_id", "")
    refused = RequestRefused(
        command=item.type,
        subject=own,
        actor=item.user,
        codes=tuple(dict.fromkeys(r.code.value for r in rejected.refusals)),
        detail="; ".join(r.detail for r in rejected.refusals)[:2000],
        body_sha256=hashlib.sha256(item.body).hexdigest(),
        evidence=rejected.evidence,
        at=turn.at,
    )
    known = own if own in turn.book.orders else f"usr_{item.user}"
    turn.emit(refused, known)
    return Outcome(id=item.id, status="refused", problems=_problems(rejected), seq=turn.seq)
