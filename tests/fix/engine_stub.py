"""The engine's end of the local socket, played from a script.

It commits what it gets into plain dictionaries by the protocol's rules: a row at or below the
watermark has no second effect. It can be stopped and started again on the same path.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.wire import (
    Attach,
    Frame,
    GatewayReport,
    Hello,
    Instruct,
    Message,
    SessionAction,
    SessionState,
    Splitter,
    Watermark,
    Welcome,
    pack,
    unpack,
    untag_report,
)
from tradeoms.domain.placement.commands import ReportPlacement, ReportSend, ReportUnreadable
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

TOKEN = "a-secret"
BUILD = "build-1"


class EngineStub:
    """Hands out an outbox, takes frames, answers with watermarks."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "engine.sock"
        (folder / "engine.token").write_text(TOKEN)
        self.epoch = 1
        self.outbox: list[Instruction] = []
        self.reports: list[GatewayReport] = []
        self.rows: dict[tuple[str, int], int] = {}
        self.states: dict[str, SessionState] = {}
        self.hellos: list[Hello] = []
        self.attached: list[Attach] = []
        self.repeated_rows = 0
        self.answer_watermarks = True
        self._changed = threading.Condition(threading.RLock())
        self._connection: socket.socket | None = None
        self._listener: socket.socket | None = None

    # ---- life

    def start(self) -> EngineStub:
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self.path.unlink(missing_ok=True)
        connection = self._connection
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        splitter = Splitter()
        try:
            while data := connection.recv(1 << 20):
                for body in splitter.feed(data):
                    self._take(connection, unpack(body))
        except OSError:
            pass
        finally:
            with self._changed:
                if self._connection is connection:
                    self._connection = None
                self._changed.notify_all()
            connection.close()

    def _take(self, connection: socket.socket, message: Message) -> None:
        with self._changed:
            match message:
                case Hello(token=token):
                    assert token == TOKEN
                    self.hellos.append(message)
                    self._connection = connection
                    connection.sendall(pack(Welcome(epoch=self.epoch, build=BUILD, seq=0)))
                case Attach(session=session, number=number):
                    self.attached.append(message)
                    for instruction in self.outbox:
                        if instruction.session == session and instruction.number > number:
                            connection.sendall(pack(Instruct(instruction=instruction)))
                case Frame():
                    self._commit(message)
                    if self.answer_watermarks:
                        mark = Watermark(
                            session=message.session, epoch=message.epoch, row=message.row
                        )
                        connection.sendall(pack(mark))
                case SessionState(session=session):
                    self.states[session] = message
                case _:
                    raise AssertionError(message)
            self._changed.notify_all()

    def _commit(self, frame: Frame) -> None:
        key = (frame.session, frame.epoch)
        if frame.row <= self.rows.get(key, 0):
            self.repeated_rows += 1
            return
        self.rows[key] = frame.row
        self.reports += [untag_report(item) for item in frame.reports]

    # ---- script

    def instruct(self, *instructions: Instruction) -> None:
        with self._changed:
            for instruction in instructions:
                numbered = replace(instruction, number=len(self.outbox) + 1)
                self.outbox.append(numbered)
                if self._connection is not None:
                    self._connection.sendall(pack(Instruct(instruction=numbered)))

    def act(self, session: str, action: str, number: int = 0, **more: Any) -> None:
        message = SessionAction(session=session, action=action, number=number, **more)  # type: ignore[arg-type]
        assert self._connection is not None
        self._connection.sendall(pack(message))

    # ---- looking

    def of(self, cl_ord_id: str) -> list[ReportPlacement]:
        with self._changed:
            return [
                each
                for each in self.reports
                if isinstance(each, ReportPlacement) and each.cl_ord_id == cl_ord_id
            ]

    def sends(self, cl_ord_id: str) -> list[ReportSend]:
        with self._changed:
            return [
                each
                for each in self.reports
                if isinstance(each, ReportSend) and each.cl_ord_id == cl_ord_id
            ]

    def outcomes(self, cl_ord_id: str) -> list[str]:
        return [each.outcome.value for each in self.sends(cl_ord_id)]

    def kinds(self, cl_ord_id: str) -> list[str]:
        return [each.kind.value for each in self.of(cl_ord_id)]

    def unreadable(self) -> list[ReportUnreadable]:
        with self._changed:
            return [each for each in self.reports if isinstance(each, ReportUnreadable)]

    def state(self, session: str) -> SessionState | None:
        with self._changed:
            return self.states.get(session)

    def ready(self, session: str) -> bool:
        state = self.state(session)
        return state is not None and state.ready

    def wait(self, what: str, happened: Callable[[], object], timeout_s: float = 15.0) -> None:
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not happened():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"not in {timeout_s} s: {what}; reports {self.reports[-6:]}, {self.states}"
                    )
                self._changed.wait(min(left, 0.05))


def order(cl_ord_id: str, **changes: object) -> Instruction:
    """A new order for 100 at 10.50 that passes every check."""
    base = Instruction(
        number=0,
        kind=InstructionKind.NEW,
        session="peer",
        placement_id=f"plc_{cl_ord_id}",
        order_id=f"ord_{cl_ord_id}",
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id="",
        broker_order_id="",
        symbol="ABC",
        identifiers=(("isin", "US0378331005"),),
        security_type="equity",
        currency="USD",
        mic="XNYS",
        side=Side.BUY,
        quantity=Decimal(100),
        order_type=OrderType.LIMIT,
        limit_price=Decimal("10.50"),
        stop_price=None,
        time_in_force=TimeInForce.DAY,
        expire_on=None,
        account="ACC1",
        text="",
        approved_quantity=Decimal(100),
        check_id="chk_1",
        epoch=1,
        build=BUILD,
        created_at=datetime.now(UTC),
        not_after=None,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the caller's fields are typed there
