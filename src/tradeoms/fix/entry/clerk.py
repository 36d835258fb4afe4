"""Carries out what a portfolio system asks: each message one command, answered before the next.

A message is counted as received only when the engine has decided it. It is asked under a key made
of the ClOrdID and the text, so that a message that comes again, after a crash or a resend, is never
carried out twice. What was done is told from the journal (`ledger`); only what changed nothing is
answered here.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from tradeoms.app.local import SocketDoor
from tradeoms.app.wire import Outcome
from tradeoms.domain.order.commands import AmendOrder, CancelOrder
from tradeoms.fix.entry import outbound
from tradeoms.fix.entry.inbound import (
    FieldWrong,
    amended_order,
    new_order,
    refuse_other_values,
    refuse_terms,
)
from tradeoms.fix.entry.ledger import Ledger
from tradeoms.fix.entry.outbound import Pairs
from tradeoms.fix.oplog import say
from tradeoms.fix.tags import content_key, msg_type_of, seq_of, tags_of
from tradeoms.projections.queries_custom import custom_fields
from tradeoms.projections.queries_follow import find_entered, find_order

Send = Callable[[Pairs], None]
#: How long a message waits for an engine that restarts, before the process gives up and does too.
ENGINE_WITHIN_S: Final = 20.0
_PAUSE_S: Final = 0.2
#: OrdRejReason (103), FIX 4.4 Volume 6; 99 is "other".
REJECT_REASONS: Final = {
    "client_order_id_used": "6", "idempotency_key_reused": "6", "security_unknown": "1",
    "quantity_not_positive": "13", "quantity_not_in_lots": "13", "allocations_sum": "14",
    "fund_unknown": "15",
}  # fmt: skip
#: CxlRejReason (102).
CANCEL_REASONS: Final = {
    "order_closed": "0", "order_unknown": "1", "order_canceling": "3", "amend_pending": "3",
    "idempotency_key_reused": "6",
}  # fmt: skip


class EngineDoor:
    """Asks the engine, through restarts of it."""

    def __init__(self, address: Path, token: Path, user: str) -> None:
        """Act as ``user``; connects when first asked."""
        self.user = user
        self._address, self._token = address, token
        self._door: SocketDoor | None = None

    def submit(self, name: str, command: object, *, key: str, sha256: str) -> Outcome:
        """Ask until there is an answer; the same key makes that safe.

        Raises:
            ConnectionError: If no engine answered in time.
        """
        deadline = time.monotonic() + ENGINE_WITHIN_S
        while True:
            try:
                if self._door is None:
                    token = self._token.read_text().strip()
                    self._door = SocketDoor(self._address, token=token, user=self.user)
                outcome = self._door.submit(name, command, channel="fix", key=key, sha256=sha256)
                if outcome.status != "busy":
                    return outcome
            except (OSError, ConnectionError) as error:
                say("engine_unreachable", detail=repr(error))
                self._door = None
            if time.monotonic() > deadline:
                message = "no engine answered in time"
                raise ConnectionError(message)
            time.sleep(_PAUSE_S)


class Clerk:
    """Takes the messages of one session, one after the other."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        door: EngineDoor,
        database: sa.Engine,
        send: Send,
        own: Mapping[int, str],
    ) -> None:
        """Ask ``door``, remember in ``ledger``, read ``database``, answer with ``send``.

        ``own`` are tags of the session, and the custom fields that they carry.
        """
        self._own = own
        self._ledger = ledger
        self._door = door
        self._database = database
        self._send = send

    def take(self, raw: bytes) -> None:
        """Carry out one application message."""
        kind, tags = msg_type_of(raw), tags_of(raw)
        match kind:
            case "D":
                self._enter(raw, tags)
            case "F" | "G":
                self._change(raw, tags, kind)
            case "H":
                self._tell_status(raw, tags)
            case _:
                text = f"{kind} is not taken here; D, F, G and H are"
                self._send([
                    (35, "j"), (45, str(seq_of(raw))), (372, kind), (380, "3"), (58, text),
                ])  # fmt: skip

    def _enter(self, raw: bytes, tags: dict[int, str]) -> None:
        try:
            refuse_terms(raw)
            command = new_order(raw, self._own)
        except FieldWrong as error:
            self._reject(raw, tags, "99", str(error))
            return
        outcome = self._submit("CreateOrder", command, raw, command.client_order_id)
        if outcome.status != "accepted":
            self._reject(raw, tags, _reason(outcome, REJECT_REASONS), _words(outcome))
        elif outcome.replayed:
            self._tell_status(raw, tags)

    def _change(self, raw: bytes, tags: dict[int, str], kind: str) -> None:
        request, orig = tags.get(11, ""), tags.get(41, "")
        order_id = self._ledger.order_of(orig) or self._order_now(orig)
        if not (request and order_id):
            self._refuse(order_id, request, kind, "1", "no such order", orig)
            return
        if not self._ledger.ask(request, order_id=order_id, kind=kind):
            self._refuse(order_id, request, kind, "6", "this ClOrdID was used before", orig)
            return
        try:
            outcome = self._submit_change(raw, order_id, kind, request)
        except FieldWrong as error:
            self._ledger.refuse(request)
            self._refuse(order_id, request, kind, "99", str(error), orig)
            return
        if outcome.status != "accepted":
            self._ledger.refuse(request)
            reason = _reason(outcome, CANCEL_REASONS)
            self._refuse(order_id, request, kind, reason, _words(outcome), orig)

    def _submit_change(self, raw: bytes, order_id: str, kind: str, request: str) -> Outcome:
        """Cancel, or change the terms of the version there is now.

        Raises:
            FieldWrong: If the message cannot become a command.
        """
        if kind == "F":
            reason = tags_of(raw).get(58, "")
            return self._submit(
                "CancelOrder", CancelOrder(order_id=order_id, reason=reason), raw, request
            )
        while True:
            outcome = self._submit("AmendOrder", self._amended(raw, order_id), raw, request)
            if not any(problem.code == "version_stale" for problem in outcome.problems):
                return outcome

    def _amended(self, raw: bytes, order_id: str) -> AmendOrder:
        with self._database.connect() as link:
            order, known = find_order(link, order_id), custom_fields(link)
        assert order is not None, order_id
        refuse_terms(raw)
        refuse_other_values(raw, order, own=self._own, known=known)
        return amended_order(raw, order)

    def _order_now(self, cl_ord_id: str) -> str:
        """The order that was entered under a ClOrdID a moment ago and is not told yet."""
        with self._database.connect() as link:
            return find_entered(link, self._door.user, cl_ord_id)

    def _tell_status(self, raw: bytes, tags: dict[int, str]) -> None:
        request = tags.get(11, "")
        known = self._ledger.known(self._ledger.order_of(request))
        exec_id = _own_id(raw)
        if known is None:
            if msg_type_of(raw) == "H":
                pairs = outbound.rejected(tags, exec_id=exec_id, reason="5", text="no such order")
                self._send([(tag, "I" if tag == 150 else text) for tag, text in pairs])
            return
        self._send(outbound.status_report(known, request, exec_id=exec_id))

    def _submit(self, name: str, command: object, raw: bytes, request: str) -> Outcome:
        digest = hashlib.sha256(f"{content_key(raw)}".encode()).hexdigest()
        return self._door.submit(name, command, key=f"fix:{request}", sha256=digest)

    def _reject(self, raw: bytes, tags: dict[int, str], reason: str, text: str) -> None:
        self._send(outbound.rejected(tags, exec_id=_own_id(raw), reason=reason, text=text))

    def _refuse(  # the fields of the message
        self, order_id: str, request: str, kind: str, reason: str, text: str, orig: str
    ) -> None:
        known = self._ledger.known(order_id) if order_id else None
        pairs = outbound.cancel_reject(
            known, request, kind=kind, reason=reason, text=text, orig=orig
        )
        self._send(pairs)


def _own_id(raw: bytes) -> str:
    """An ExecID for an answer that no event stands behind: the same for the same message."""
    return f"R{content_key(raw) & (2**64 - 1):016x}"


def _reason(outcome: Outcome, reasons: dict[str, str]) -> str:
    code = outcome.problems[0].code if outcome.problems else ""
    return reasons.get(code, "99")


def _words(outcome: Outcome) -> str:
    return "; ".join(f"{one.code}: {one.detail}" for one in outcome.problems)
