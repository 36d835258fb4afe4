"""The state of one session while the process lives: may anything leave now, and what is unanswered?

The callbacks set it from the session's thread, the sender reads it; each field has one writer or is
a single assignment. What must survive the process is in the wire journal.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from tradeoms.fix.cl_ord_ids import from_wire
from tradeoms.fix.clock import now_us
from tradeoms.fix.gate import Gate
from tradeoms.fix.news import News
from tradeoms.fix.oplog import say
from tradeoms.fix.quick import SessionHandle
from tradeoms.fix.requests import Request
from tradeoms.fix.session_config import SessionConfig
from tradeoms.fix.survey import Survey
from tradeoms.fix.tags import is_between
from tradeoms.fix.wire_journal import Database, WireJournal, set_hold

#: How many of the newest messages operators see.
SEEN: Final = 20
#: What a halt begins with whose reason are the counterparty's words.
SAID: Final = "the counterparty said: "
#: Why a message of another party is a break.
FOREIGN: Final = "the CompIDs (49, 56) are not those of the session"


@dataclass(slots=True)
class Unanswered:
    """A request that left and has no answer yet, or none but that it is pending.

    Attributes:
        connection: Number of the connection it left on; 0 for an earlier run of the process.
        unknown: True where nobody knows whether the counterparty has it.
        asks: Status requests sent about it on this connection.
        asked_us: When the last of them left.
        heard: True once a message named it: the counterparty has it.
        pending: True once the counterparty said that its answer is to come.
    """

    number: int
    connection: int
    sent_us: int
    unknown: bool = False
    asks: int = 0
    asked_us: int = 0
    heard: bool = False
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """What an operator asked for, as in `wire.SessionAction`."""

    name: str
    number: int = 0
    id: str = ""
    outgoing: bool = False
    reason: str = ""
    list_id: str = ""


@dataclass(slots=True)
class Line:
    """One session at work.

    Attributes:
        gate: What must not be sent because of a kill switch.
        engine_up: True while the link to the engine stands.
        connection: Counts logons, so that what left on an earlier one can be told apart.
        test_id: TestReqID (112) whose Heartbeat will open the gate; empty while none is out.
        test_due: True when a TestRequest must be sent to open the gate.
        quiesced: True once that Heartbeat came and no ResendRequest after it.
        highest_in: Highest MsgSeqNum seen since the Logon, of messages that are intact and the
            counterparty's; above the expected one, a gap is open.
        gap_top: Up to where messages were missing when they were looked at last; see `gap`.
        gap_since_us: Since when.
        gap_told: True while people have a break about it. Survives a restart.
        last_out: Highest MsgSeqNum sent in this epoch.
        halted: Why an operator must release the session; empty if he need not.
        life: Names the life of the numbers by the timetable; see `roll`.
        over: Why the timetable keeps the session closed; empty while it is open.
        kept_out: Why an operator logged it out, until one logs it on. Survives a restart.
        held: Why orders and replaces wait; empty if they need not. Survives a restart.
        seen: The newest messages either way, of every type: when, `in` or `out`, as on the wire.
        news: The newest that the counterparty told people, oldest first.
        opened_us: When this connection was logged on.
        marker_seen: True once the recovery marker came on it, or is waited for no longer.
        clock_told: Connection for which a wrong clock was told.
        reconcile_due: True where open orders must be compared with the counterparty.
        reconcile_for: Actions of people that asked for it.
        survey: The status requests that are out.
        in_flight: The requests in the message that is handed to quickfix; several for a list.
        next_in_due: The number still expected after a Logout that came over a gap; 0 for none.
        arriving: Raw application messages by MsgSeqNum, seen on the wire, not yet handed over.
    """

    config: SessionConfig
    journal: WireJournal
    handle: SessionHandle
    epoch: int
    gate: Gate
    halted: str = ""
    held: str = ""
    life: str = ""
    over: str = ""
    kept_out: str = ""
    logged_on: bool = False
    connection: int = 0
    test_id: str = ""
    test_due: bool = False
    tested_us: int = 0
    quiesced: bool = False
    highest_in: int = 0
    gap_top: int = 0
    gap_since_us: int = 0
    gap_told: bool = False
    last_out: int = 0
    reconcile_due: bool = False
    reconcile_for: list[str] = field(default_factory=list)
    survey: Survey | None = None
    next_in_due: int = 0
    in_flight: tuple[Request, ...] = ()
    wire_seq: int = 0
    engine_up: bool = False
    duplicates: int = 0
    quarantined: int = 0
    clock_told: int = 0
    news: deque[News] = field(default_factory=deque)
    opened_us: int = 0
    marker_seen: bool = False
    unanswered: dict[str, Unanswered] = field(default_factory=dict)
    seen: deque[tuple[int, str, bytes]] = field(default_factory=lambda: deque(maxlen=SEEN))
    arriving: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    actions: deque[Action] = field(default_factory=deque)
    wake: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The session's name."""
        return self.config.name

    def own_id(self, wire_id: str) -> str:
        """Our ClOrdID behind the one on the wire."""
        ids = self.config.dialect.ids
        return from_wire(wire_id, ids.charset, ids.prefix)

    def is_ours(self, raw: bytes) -> bool:
        """True for a message of the counterparty to us."""
        config = self.config
        return is_between(raw, sender=config.target_comp_id, target=config.sender_comp_id)

    @property
    def ready(self) -> bool:
        """True where requests may leave: logged on, quiesced, no gap, not halted."""
        return (
            self.logged_on
            and self.quiesced
            and self.recovered
            and not self.halted
            and self.handle.next_in > self.highest_in
        )

    @property
    def recovered(self) -> bool:
        """True where the counterparty said that it has repeated all, or need not say so."""
        return self.marker_seen or not self.config.dialect.recovery.marker

    @property
    def detail(self) -> str:
        """In words, why nothing may leave; empty if it may."""
        if self.halted:
            return f"halted: {self.halted}"
        if self.held and self.ready:
            return f"orders and replaces are held: {self.held}"
        if not self.logged_on and self.kept_out:
            return f"logged out by an operator: {self.kept_out}"
        if not self.logged_on:
            return f"the session is over: {self.over}" if self.over else "logged off"
        if not self.quiesced:
            return "waiting for the counterparty to settle after the logon"
        if not self.recovered:
            return "waiting for the recovery marker of the counterparty"
        return "" if self.ready else "waiting for messages the counterparty must send again"

    def count(self, new: bool) -> None:  # noqa: FBT001 - a callback
        """Count the resend of a message already kept."""
        if not new:
            self.duplicates += 1

    def opened(self) -> None:
        """A logon was completed: nothing may leave before the counterparty has settled."""
        self.connection += 1
        self.opened_us = now_us()
        self.marker_seen = False
        self.quiesced = False
        self.test_id = ""
        self.test_due = True
        self.logged_on = True
        if self.config.dialect.recovery.cancel_on_disconnect:
            self.reconcile_due = True
        self.wake.set()
        say("logged_on", session=self.name, connection=self.connection)

    def closed(self) -> None:
        """The connection ended."""
        self.logged_on = False
        self.quiesced = False
        self.test_due = False
        self.arriving.clear()
        self.wake.set()
        say("logged_off", session=self.name)

    def unsettle(self) -> None:
        """The counterparty asked for messages again: wait for another Heartbeat."""
        self.quiesced = False
        self.test_due = True
        self.wake.set()

    def settled(self, test_id: str) -> None:
        """A Heartbeat came; open the gate if it answers the newest TestRequest."""
        if test_id and test_id == self.test_id and not self.test_due:
            self.quiesced = True
            self.wake.set()

    def new_epoch(self, cause: str, *, next_out: int = 1, next_in: int = 1) -> None:
        """Sequence numbers start anew: keep the two lives apart, and compare orders afterwards.

        Whoever dies before a message came under the new numbers goes on with these.
        """
        self.epoch = self.journal.next_epoch(self.name, next_out=next_out, next_in=next_in)
        self.highest_in = 0
        self.last_out = 0
        self.reconcile_due = True
        say("epoch_raised", session=self.name, epoch=self.epoch, cause=cause)

    def trip(self, reason: str) -> None:
        """Hold by ourselves, and tell the engine, in one commit; a person releases it."""
        if self.held:
            return

        def work(db: Database) -> None:
            set_hold(db, self.name, reason)
            self.journal.add_row(db, self.name, "trip", reason.encode())

        self.held = reason
        self.journal.write(work)
        self.journal.arrived.set()
        say("outbound_hold", session=self.name, reason=reason)

    def hold(self, reason: str) -> None:
        """Have orders and replaces wait, or let them go on with an empty reason."""
        if reason != self.held:
            self.held = reason
            self.journal.note_hold(self.name, reason)
            say("outbound_hold", session=self.name, reason=reason)
        self.wake.set()

    def keep_out(self, reason: str) -> None:
        """Stay logged out, or be free to log on with an empty reason."""
        if reason != self.kept_out:
            self.kept_out = reason
            self.journal.note_kept_out(self.name, reason)

    @property
    def gap(self) -> int:
        """Messages that are missing below the highest one seen."""
        return max(0, self.highest_in - self.handle.next_in + 1) if self.logged_on else 0

    def halt(self, reason: str) -> None:
        """Stop until a person releases the session; sequence numbers are never reset by us."""
        if self.halted:
            return
        self.halted = reason
        self.journal.note_halt(self.name, reason)
        self.actions.append(Action("halt"))
        self.wake.set()
        say("session_halted", session=self.name, reason=reason)

    def left(self, request: Request, sent_us: int) -> None:
        """A request is leaving on this connection."""
        instruction = request.instruction
        self.unanswered[instruction.cl_ord_id] = Unanswered(
            number=instruction.number, connection=self.connection, sent_us=sent_us
        )

    def heard(self, cl_ord_id: str) -> None:
        """A message names a request; what it says is known once it is folded."""
        waiting = self.unanswered.get(cl_ord_id)
        if waiting is not None:
            waiting.heard = True

    def answer_pending(self, cl_ord_id: str) -> None:
        """The counterparty says that its answer is to come: wait for it anew, but only once."""
        waiting = self.unanswered.get(cl_ord_id)
        if waiting is not None and not waiting.pending:
            waiting.heard = waiting.pending = True
            waiting.unknown = False
            waiting.sent_us, waiting.asks = now_us(), 0

    def in_doubt(self, cl_ord_id: str, number: int, *, asked_us: int = 0) -> None:
        """Nobody knows whether the counterparty has this request; the sender will ask.

        At once, or the time to answer after ``asked_us``.
        """
        waiting = self.unanswered.setdefault(
            cl_ord_id, Unanswered(number=number, connection=0, sent_us=0)
        )
        waiting.unknown = True
        waiting.asked_us = asked_us
        self.wake.set()
