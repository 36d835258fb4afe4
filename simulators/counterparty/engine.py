"""The engine thread: the only one that touches book and ledger.

It takes what came in (messages, commands, sessions going up and down), lets it take effect in
memory, commits everything in one transaction, and only then sends the reports and answers the
commands. While a commit runs, more work gathers in the queue: the batch grows with the load.
"""

from __future__ import annotations

import heapq
import os
import queue
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, Protocol

from simulators.counterparty import days, requests, runner
from simulators.counterparty.book import Book
from simulators.counterparty.intake import Incoming
from simulators.counterparty.ledger import Ledger
from simulators.counterparty.model import Do, Order, Report, Wake

FATAL_EXIT: Final = 70
BATCH_MAX: Final = 400
RELEASE_MAX: Final = 1000  # so that commands are answered while a long backlog is sent
IDLE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class SessionUp:
    """A session is logged on."""

    session: str


@dataclass(frozen=True, slots=True)
class SessionDown:
    """A session is logged off."""

    session: str


@dataclass(frozen=True, slots=True)
class Halt:
    """End of work."""


@dataclass(frozen=True, slots=True)
class Command:
    """A request of the control port; ``answer`` is set after the commit."""

    request: dict[str, Any]  # JSON
    answer: Future[dict[str, Any]]  # JSON


Item = Incoming | SessionUp | SessionDown | Command | Halt


class Sender(Protocol):
    """Hands a report to the FIX session."""

    sent: list[tuple[int, int]]

    def send(self, report: Report) -> None:
        """Give ``report`` a sequence number and send it; appends to ``sent``."""
        ...


class Engine:
    """The loop and its queue.

    Args:
        execute: Performs a command and returns its result; may raise ValueError or KeyError.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        sender: Sender,
        tick_ms: int,
        execute: Callable[[Engine, dict[str, Any]], Any],  # JSON
    ) -> None:
        self.inputs: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self.logged_on: set[str] = set()
        self.outbox: dict[str, deque[Report]] = {}
        self.book: Book
        self._ledger = ledger
        self._sender = sender
        self._tick_s = tick_ms / 1000
        self._next_tick = 0.0
        self._execute = execute
        self._waiting: deque[tuple[float, Incoming]] = deque()
        self._timers: list[tuple[float, int, str, int, Wake]] = []
        self._timer_no = 0
        self._answers: list[tuple[Future[dict[str, Any]], dict[str, Any]]] = []  # JSON
        self._backlog = False
        self._running = True

    def recover(self, book: Book, unprocessed: Iterable[Incoming]) -> None:
        """Take up the work where the ledger ends: unsent reports, waits, unread messages."""
        self.book = book
        for report in self._ledger.unsent():
            self.outbox.setdefault(report.session, deque()).append(report)
        for order in book.live.values():
            if order.pending is not None:
                self.schedule(book.behaviour.pending_ms, order, Wake.PENDING)
            if order.script and order.script[0].do is Do.WAIT_MS:
                self.schedule(order.script[0].n, order, Wake.SCRIPT)
        for message in unprocessed:
            self._waiting.append((0.0, message))

    def schedule(self, milliseconds: int, order: Order, why: Wake) -> None:
        """Wake an order later."""
        due = time.monotonic() + milliseconds / 1000
        self._timer_no += 1
        timer = (due, self._timer_no, order.order_id, order.script_no, why)
        heapq.heappush(self._timers, timer)

    def run(self) -> None:
        """Work until halted. Any failure ends the process."""
        try:
            self._next_tick = time.monotonic() + self._tick_s
            self._step([])
            while self._running:
                self._step(self._gather())
            self._ledger.mark_sent(self._sender.sent)
        except BaseException:  # noqa: BLE001  # whatever it is, nothing half done may go on
            traceback.print_exc()
            os._exit(FATAL_EXIT)

    def _gather(self) -> list[Item]:
        items: list[Item] = []
        try:
            patience = self._patience()
            items.append(self.inputs.get(block=patience > 0, timeout=patience))
            while len(items) < BATCH_MAX:
                items.append(self.inputs.get_nowait())
        except queue.Empty:
            pass
        return items

    def _patience(self) -> float:
        now = time.monotonic()
        if self._backlog:
            return 0.0
        due = now + IDLE_SECONDS
        if self._timers:
            due = min(due, self._timers[0][0])
        if self._waiting:
            due = min(due, self._waiting[0][0])
        if self._tick_s:
            due = min(due, self._next_tick)
        return max(due - now, 0.0)

    def _step(self, items: list[Item]) -> None:
        for item in items:
            self._take(item)
        self._read_due()
        self._wake_due()
        self._tick_due()
        self._commit()
        self._release()

    def _take(self, item: Item) -> None:
        match item:
            case Incoming():
                due = time.monotonic() + self.book.behaviour.latency_ms / 1000
                self._waiting.append((due, item))
            case Command(request=request, answer=answer):
                self._read_due()
                self._answers.append((answer, self._perform(request)))
            case SessionUp(session=session):
                self.logged_on.add(session)
            case SessionDown(session=session):
                self.logged_on.discard(session)
            case Halt():
                self._running = False

    def _perform(self, request: dict[str, Any]) -> dict[str, Any]:  # JSON
        try:
            return {"ok": True, "result": self._execute(self, request)}
        except (ValueError, KeyError, ArithmeticError, TypeError) as wrong:
            return {"ok": False, "error": f"{type(wrong).__name__}: {wrong}"}

    def _read_due(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            message = self._waiting.popleft()[1]
            requests.receive(self.book, message.session, message.raw, repeated=message.repeated)
            self.book.changes.meta["intake"] = str(message.end)

    def _wake_due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, order_id, script_no, why = heapq.heappop(self._timers)
            order = self.book.by_id(order_id)
            if why is Wake.PENDING:
                requests.decide_pending(self.book, order)
            elif order.script_no == script_no:
                runner.wake(self.book, order)

    def _tick_due(self) -> None:
        if self._tick_s and time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + self._tick_s
            if not days.tick(self.book):
                days.next_day(self.book)

    def _commit(self) -> None:
        sent = self._sender.sent
        changes = self.book.taken_changes()
        if changes.any():
            self._ledger.commit(changes, sent)
            self.book.stats["commits"] += 1
        elif sent and self.inputs.empty():
            self._ledger.mark_sent(sent)
        else:
            return
        sent.clear()
        for report in changes.reports:
            self.outbox.setdefault(report.session, deque()).append(report)

    def _release(self) -> None:
        self._backlog = False
        for session in self.logged_on:
            waiting = self.outbox.get(session, deque())
            for _ in range(min(len(waiting), RELEASE_MAX)):
                self._sender.send(waiting[0])
                self.book.stats[f"out_{waiting[0].msg_type}"] += 1
                waiting.popleft()
            self._backlog = self._backlog or bool(waiting)
        for answer, result in self._answers:
            answer.set_result(result)
        self._answers.clear()
