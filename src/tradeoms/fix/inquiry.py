"""Asks the counterparty: what became of an unanswered request, how orders stand after a gap.

Status requests (H) and mass status requests (AF) are never repeated by a resend and need no place
in the journal: their answers are reports like any other.
"""

from __future__ import annotations

from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix import quick
from tradeoms.fix.clock import now_us
from tradeoms.fix.line import Line, Unanswered
from tradeoms.fix.oplog import say
from tradeoms.fix.outbound import Encoder, NotEncodable, Pairs, mass_status_request
from tradeoms.fix.requests import Request, by_cl_ord_id, open_orders

ASKS: Final = 3
_PAUSE_US: Final = 200_000


class Inquirer:
    """Sends the status requests of one session; used by its sender only, while it may send."""

    def __init__(self, line: Line) -> None:
        """Begin with nothing asked."""
        self._line = line
        self._encoder = Encoder(line.config.dialect, line.config.version)
        self._looked_us = 0

    def reconcile(self) -> None:
        """After a gap, a reset or a start: ask for every order that may still execute."""
        line = self._line
        orders = line.journal.write(lambda db: open_orders(db, line.name))
        if not orders:
            return
        say("reconciliation_started", session=line.name, open_orders=len(orders))
        if line.config.dialect.recovery.mass_status:
            self._send("AF", mass_status_request(f"mass-{now_us()}"))
            return
        for instruction, cl_ord_id in orders:
            if line.config.dialect.recovery.status_request:
                self._ask_for(instruction, cl_ord_id)

    def ask(self) -> None:
        """Ask about what is unknown, and about what has been unanswered for too long."""
        line, now = self._line, now_us()
        if now - self._looked_us < _PAUSE_US or not line.config.dialect.recovery.status_request:
            return
        self._looked_us = now
        timeout_us = line.config.dialect.recovery.answer_timeout_s * 1_000_000
        for cl_ord_id, waiting in list(line.unanswered.items()):
            since = waiting.asked_us if waiting.asks or waiting.unknown else waiting.sent_us
            if now - since >= timeout_us:
                self._ask_about(cl_ord_id, waiting, now)

    def _ask_about(self, cl_ord_id: str, waiting: Unanswered, now: int) -> None:
        """Send H about one request, `ASKS` times at most; then a person must look."""
        line = self._line
        waiting.asked_us = now
        waiting.asks += 1
        if waiting.asks > ASKS:
            if waiting.asks == ASKS + 1:
                say("request_unanswered", session=line.name, cl_ord_id=cl_ord_id, asks=ASKS)
            return
        request = line.journal.write(lambda db: by_cl_ord_id(db, cl_ord_id))
        if request is not None:
            self._ask_for(request.instruction, _known_as(request))

    def _ask_for(self, instruction: Instruction, cl_ord_id: str) -> None:
        try:
            pairs = self._encoder.checked(self._encoder.status(instruction, cl_ord_id))
        except NotEncodable as error:
            say("inquiry_not_encodable", session=self._line.name, detail=str(error))
            return
        self._send("H", pairs)

    def _send(self, msg_type: str, pairs: Pairs) -> None:
        if self._line.ready:
            quick.transmit(quick.build(msg_type, pairs), self._line.handle)


def _known_as(request: Request) -> str:
    """The ClOrdID under which the peer surely knows the order: later requests may have failed."""
    instruction = request.instruction
    if instruction.kind is InstructionKind.NEW:
        return instruction.cl_ord_id
    return instruction.orig_cl_ord_id
