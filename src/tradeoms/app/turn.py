"""One batch in the making: events folded as they are decided, rows and messages gathered.

Nothing of it is seen outside before `Engine` has committed it. A turn that cannot be committed is
never taken back: the process ends, and the next one starts from the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tradeoms.app.algos import AlgoBook, NoAlgorithms
from tradeoms.app.dispatch import instruction_for
from tradeoms.app.identity import Identity
from tradeoms.app.instruction import Instruction
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.recall import Recall
from tradeoms.app.wire import SessionAction
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.state import Execution
from tradeoms.journal.codec import Codec, Meta
from tradeoms.journal.store import Batch
from tradeoms.journal.tables import outbox
from tradeoms.kernel.decider import Stamp
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.project import micros, state_text

#: How ids of breaks begin.
_BREAK: Final = "brk_"


@dataclass(slots=True)
class Turn:
    """What a batch has decided so far.

    Attributes:
        seq: Journal position of the newest event, decided or committed.
        stamp: Time, person and ids of the command being decided, from `begin` on.
        number: Outbox position of the newest instruction.
        marks: Newest row of each (session, epoch) of the wire journals whose reports are in.
        used_ids: Order ids by (client, client_order_id), of keys used in the past.
        used_exec_ids: What (session, ExecID) stood for before the batch, as `Recall.exec_ids`
            tells; empty for an ExecID that was asked for and is new.
        instructions: To be handed to gateways after the commit, in order.
        actions: For the sessions themselves, also after the commit.
        waiver_approvers: How many people the firm wants to approve a waiver, 1 or 2.
        algos: The counterparties' algorithms.
        trial: True where nothing of it is kept.
    """

    book: Book
    pretrade: Pretrade
    identity: Identity
    codec: Codec
    build: str
    epoch: int
    seq: int
    number: int
    recall: Recall
    used_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    used_exec_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    marks: dict[tuple[str, int], int] = field(default_factory=dict)
    batch: Batch = field(default_factory=Batch)
    instructions: list[Instruction] = field(default_factory=list)
    actions: list[SessionAction] = field(default_factory=list)
    meta: Meta | None = None
    stamp: Stamp = field(init=False)
    waiver_approvers: int = 1
    algos: AlgoBook = field(default_factory=NoAlgorithms)
    trial: bool = False

    def begin(self, stamp: Stamp, *, cause: str, on_behalf_of: str | None = None) -> None:
        """Start a command: its events share who, when and why."""
        self.stamp = stamp
        self.meta = Meta(
            at=stamp.at,
            actor=stamp.actor,
            on_behalf_of=on_behalf_of,
            cause=cause,
            build=self.build,
            epoch=self.epoch,
        )

    def emit(self, event: object, subject: str) -> None:
        """Record ``event`` under ``subject``: fold it, keep its text, make its instruction."""
        assert self.meta is not None
        self.seq += 1
        self.batch.append(subject, self.codec.encode(event, self.meta))
        apply(self.book, event, self.seq)
        self.pretrade.follow(event)
        instruction = instruction_for(
            event, self.book, number=self.number + 1, epoch=self.epoch, build=self.build
        )
        if instruction is not None:
            self.send(instruction)

    def recall_order(self, order_id: str) -> None:
        """Bring an order back into memory where it was let go."""
        if order_id not in self.book.orders:
            self.recall.order(self.book, order_id)

    def recall_placement(self, placement_id: str) -> None:
        """Bring a placement back into memory, with its order, where it was let go."""
        if placement_id not in self.book.placements:
            self.recall.placement(self.book, placement_id)

    def recall_waiver(self, waiver_id: str) -> None:
        """Bring a waiver back into memory where it was let go."""
        if waiver_id not in self.book.waivers:
            self.recall.waiver(self.book, waiver_id)

    def recall_execution(self, execution_id: str) -> Execution | None:
        """An execution, with its order brought back into memory where it was let go."""
        if execution_id not in self.book.executions:
            self.recall.execution(self.book, execution_id)
        return self.book.executions.get(execution_id)

    def ask_exec_ids(self, keys: Iterable[tuple[str, str]]) -> None:
        """Ask the database once which of (session, ExecID) it has, of those not in memory."""
        held = (self.book.exec_ids, self.used_exec_ids)
        wanted = {key for key in keys if key[1] and not any(key in ids for ids in held)}
        self.used_exec_ids |= self.recall.exec_ids(wanted)

    def knows_exec_id(self, session: str, exec_id: str) -> bool:
        """True where an execution of the session ever had this ExecID."""
        return bool(self._execution_id(session, exec_id))

    def execution_of(self, session: str, exec_id: str) -> Execution | None:
        """The execution that a session reported under an ExecID, read back where it was let go."""
        key = self._execution_id(session, exec_id)
        return self.recall_execution(key) if key else None

    def came_before(self, session: str, exec_id: str) -> Break | None:
        """The break of a bust or correction that came before its execution; settled or not."""
        key = (session, exec_id)
        found = self.book.parked.get(key) or self.used_exec_ids.get(key, "")
        if found.startswith(_BREAK) and found not in self.book.breaks:
            self.recall.one_break(self.book, found)
        return self.book.breaks.get(found)

    def _execution_id(self, session: str, exec_id: str) -> str:
        key = (session, exec_id)
        self.ask_exec_ids([key])
        found = self.book.exec_ids.get(key) or self.used_exec_ids.get(key, "")
        return "" if found.startswith(_BREAK) else found

    def reserve(self, order_id: str) -> Order:
        """Bring compliance up to date with an order, and return the order."""
        order = self.book.orders[order_id]
        self.pretrade.reserve(order)
        return order

    def send(self, instruction: Instruction) -> None:
        """Put an instruction into the outbox; it is handed over after the commit."""
        self.number += 1
        self.instructions.append(instruction)
        row = (
            instruction.number,
            instruction.session,
            state_text(instruction),
            micros(instruction.created_at),
        )
        self.batch.insert(outbox, row)

    @property
    def at(self) -> datetime:
        """The time of the command being decided."""
        return self.stamp.at
