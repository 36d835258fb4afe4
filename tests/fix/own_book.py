"""The gateway's own book, on a real wire journal and without a process or a connection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.fix.engine_stub import BUILD
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.kill_folder import KillFolder, Thrown, new_id
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.fix import quick
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.fold import fold
from tradeoms.fix.gate import Gate
from tradeoms.fix.line import Line
from tradeoms.fix.own_cancel import Canceler
from tradeoms.fix.requests import (
    Request,
    State,
    by_cl_ord_id,
    claim,
    report_send,
    set_escalated,
    store,
)
from tradeoms.fix.session_config import SessionConfig
from tradeoms.fix.wire_journal import Database, WireJournal
from tradeoms.kernel.enums import OrdStatus

#: When all is heard that says nothing else.
AT: Final = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


class OwnBook:
    """One session, `peer`, and what its gateway knows of its requests."""

    def __init__(self, folder: Path) -> None:
        config = SessionConfig.model_validate(
            {
                "name": "peer", "dialect": Dialect(name="test"), "begin_string": "FIX.4.4",
                "sender_comp_id": "US", "target_comp_id": "PEER", "host": "127.0.0.1", "port": 1,
            }
        )  # fmt: skip
        self.folder = folder
        self.journal = WireJournal(folder / "wire.db")
        self.journal.session("peer")
        self.line = Line(
            config=config, journal=self.journal, handle=quick.SessionHandle(config), epoch=1,
            gate=Gate(folder),
        )  # fmt: skip
        self._count = 0

    def keep(self, instruction: Instruction) -> Instruction:
        """Take an instruction of the engine; it is READY."""
        self._count += 1
        kept = replace(instruction, number=self._count)
        self.journal.write(lambda db: store(db, self.journal, kept))
        return kept

    def send(self, instruction: Instruction) -> Instruction:
        """Take an instruction and have it leave on the first connection."""
        kept = self.keep(instruction)
        self.left(kept.cl_ord_id)
        return kept

    def left(self, cl_ord_id: str) -> None:
        """What is kept has left."""
        request = self.request(cl_ord_id)

        def work(db: Database) -> None:
            claim(db, request.instruction)
            report_send(db, self.journal, request, State.SENT, "")

        self.journal.write(work)
        self.line.left(request, sent_us=1)

    def escalate(self, instruction: Instruction) -> None:
        """People were told that nobody answers it."""
        self.journal.write(lambda db: set_escalated(db, instruction.number))

    def hear(self, kind: str, cl_ord_id: str, **changes: object) -> None:
        """Fold a report."""
        said = ReportPlacement(
            session="peer", row=1, kind=ReportKind(kind), cl_ord_id=cl_ord_id, received_at=AT
        )
        told = replace(said, **changes)  # type: ignore[arg-type]  # fields of the report
        self.journal.write(lambda db: fold(db, self.line, told))

    def deny(self, cl_ord_id: str, *, after_s: int = 0, raw: str = "") -> None:
        """Fold "unknown order", so many seconds after `AT`."""
        self.hear(
            "status", cl_ord_id, ord_status=OrdStatus.REJECTED, reason="5",
            received_at=AT + timedelta(seconds=after_s), raw=raw,
        )  # fmt: skip

    def deny_twice(self, cl_ord_id: str) -> None:
        """Fold two such answers, the time to answer apart."""
        for after_s in (0, self.line.config.dialect.recovery.answer_timeout_s):
            self.deny(cl_ord_id, after_s=after_s)

    def request(self, cl_ord_id: str) -> Request:
        """A request and its fate so far."""
        found = self.journal.write(lambda db: by_cl_ord_id(db, cl_ord_id))
        assert found is not None
        return found

    def kill(self) -> list[str]:
        """Throw a switch that cancels; returns the ClOrdIDs that the gateway's own cancels name."""
        now = datetime.now(UTC)
        KillFolder(self.folder).write(
            Thrown(
                id=new_id(now), kind=KillScope.FIRM, value="", cancel_open=True, reason="runaway",
                thrown_by="rita", thrown_at=now,
            )
        )  # fmt: skip
        Canceler(self.line, BUILD).look()
        sql = "SELECT orig_cl_ord_id FROM instructions WHERE number < 0 ORDER BY number DESC"
        return [each[0] for each in self.journal.write(lambda db: db.execute(sql).fetchall())]


def cancel_of(first: Instruction, cl_ord_id: str) -> Instruction:
    """A cancel of an order."""
    return replace(
        first, kind=InstructionKind.CANCEL, cl_ord_id=cl_ord_id, orig_cl_ord_id=first.cl_ord_id
    )
