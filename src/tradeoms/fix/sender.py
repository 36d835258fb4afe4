"""The single thread through which everything of a session leaves: claim, guard, transmit, mark.

A request is CLAIMED on disk before quickfix sees it, gets its number on disk in `toApp` before the
session store, and is marked SENT afterwards: after a crash at any point the pieces say what was.
"""

from __future__ import annotations

import os
import threading
import traceback
from datetime import datetime
from typing import Final

from tradeoms.app.faults import Point, reach
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix import quick
from tradeoms.fix.actions import carry_out
from tradeoms.fix.clock import from_us, now_us
from tradeoms.fix.gap import look_at_gap
from tradeoms.fix.guard import Facts, GuardCode, check
from tradeoms.fix.inquiry import Inquirer
from tradeoms.fix.line import Line
from tradeoms.fix.mass_cancel import watch
from tradeoms.fix.notes import note_break
from tradeoms.fix.oplog import say
from tradeoms.fix.order_terms import unwanted_replace
from tradeoms.fix.outbound import MSG_TYPES, Encoder, NotEncodable, Pairs
from tradeoms.fix.own_cancel import Canceler, settled_by_own
from tradeoms.fix.programs import Fragment, claim_programs, free_single_orders
from tradeoms.fix.requests import (
    Request,
    State,
    by_cl_ord_id,
    cl_ord_id_used,
    claim,
    exposures,
    first_of,
    in_state,
    new_since,
    rebased,
    report_send,
    set_state,
    still_ready,
    unanswered,
    unclaim,
    waiting_replaces,
)
from tradeoms.fix.security_rate import SecurityRate
from tradeoms.fix.session import EXIT_CALLBACK
from tradeoms.fix.throttle import Throttle
from tradeoms.fix.wire_journal import Database, meta

BATCH: Final = 64
_RETEST_US: Final = 3_000_000
_SWEEP_US: Final = 500_000
_IDLE_S: Final = 0.25
#: What no report about a placement answers.
_UNANSWERED: Final = frozenset(
    kind for kind in InstructionKind if kind.is_posttrade or kind is InstructionKind.DONT_KNOW
)
#: First field of the messages about lists, and of no other.
_LIST_ID: Final = 66
_OPENING: Final = frozenset({InstructionKind.NEW, InstructionKind.REPLACE})


class Sender(threading.Thread):
    """Sends what is READY for one session, when it may."""

    def __init__(self, line: Line, build: str) -> None:
        """Make the thread; `start` it after the session exists. ``build`` is our own."""
        super().__init__(name=f"send-{line.name}", daemon=True)
        self._line = line
        self._build = build
        self._canceler = Canceler(line, build)
        self._dialect = line.config.dialect
        self._encoder = Encoder(self._dialect, line.config.version)
        limit = self._dialect.throttle
        self._throttle = Throttle(limit.messages_per_second, limit.burst)
        self._rate = _security_rate(line)
        self._inquirer = Inquirer(line, self._throttle)
        self._stopping = threading.Event()
        self._swept_us = 0

    def run(self) -> None:
        """Work until stopped; whatever goes wrong ends the process."""
        try:
            while not self._stopping.is_set():
                self._line.wake.clear()
                if not self._step():
                    self._line.wake.wait(_IDLE_S)
        except BaseException:  # noqa: BLE001 - it must not die silently
            say("sender_failed", session=self._line.name, trace=traceback.format_exc())
            os._exit(EXIT_CALLBACK)

    def stop(self) -> None:
        """Let the thread end after the message it is at."""
        self._stopping.set()
        self._line.wake.set()
        self.join(timeout=5)

    def _step(self) -> bool:
        """Do one round; True if there may be more to do at once."""
        line = self._line
        while line.actions:
            carry_out(line, line.actions.popleft())
        if line.logged_on and not line.quiesced:
            self._settle()
        if line.logged_on and not line.recovered:
            self._miss_marker()
        look_at_gap(line)
        self._canceler.look()
        if not line.ready:
            self._sweep()
            return False
        if line.reconcile_due:
            line.reconcile_due = False
            self._inquirer.reconcile()
        self._inquirer.follow()
        self._inquirer.ask()
        self._sweep()
        count = self._send_batch()
        self._inquirer.leave()
        return count > 0

    def _settle(self) -> None:
        """Send the TestRequest whose Heartbeat opens the gate; again if it is not answered."""
        line, now = self._line, now_us()
        if not line.test_due and now - line.tested_us < _RETEST_US:
            return
        line.test_id = f"settle-{line.connection}-{now}"
        line.test_due = False
        line.tested_us = now
        if line.handle.logged_on:
            quick.transmit(quick.build("1", [(112, line.test_id)]), line.handle)

    def _miss_marker(self) -> None:
        """Go on without the recovery marker once its time is over, and tell people."""
        line, habits = self._line, self._dialect.recovery
        if now_us() - line.opened_us < habits.marker_wait_s * 1_000_000:
            return
        line.marker_seen = True
        reason = f"no recovery marker in {habits.marker_wait_s} s after the logon"
        line.journal.write(
            lambda db: note_break(db, line.journal, line.name, reason, habits.marker)
        )
        line.journal.arrived.set()
        say("recovery_marker_missing", session=line.name)

    def _sweep(self) -> None:
        """Drop what waits and is too old, and orders canceled before they left."""
        if now_us() - self._swept_us < _SWEEP_US:
            return
        self._swept_us = now_us()
        ready = self._line.journal.write(lambda db: in_state(db, self._line.name, State.READY))
        if not ready:
            return
        now = from_us(self._swept_us)
        late = [
            (each, why) for each in ready
            if each.instruction.kind in _OPENING and (why := self._no_more(each.instruction, now))
        ]  # fmt: skip
        cancels = [each for each in ready if each.instruction.kind is InstructionKind.CANCEL]
        if late or cancels:
            self._line.journal.write(lambda db: self._drop(db, late, cancels))
            say("ready_swept", session=self._line.name, late=len(late), at=now.isoformat())
        self._line.journal.arrived.set()

    def _no_more(self, instruction: Instruction, now: datetime) -> str:
        """Why an order that waits must not leave any more; empty if it may."""
        if killed := self._line.gate.holds(instruction):
            return f"{GuardCode.KILLED}: {killed}"
        return GuardCode.STALE if _too_old(instruction, now) else ""

    def _drop(self, db: Database, late: list[tuple[Request, str]], cancels: list[Request]) -> None:
        for request, why in late:
            report_send(db, self._line.journal, request, State.NOT_SENT, why)
        for request in cancels:
            self._without_original(db, request)

    def _send_batch(self) -> int:
        """Claim, transmit and mark up to `BATCH` requests; return how many were ready."""
        line = self._line
        limit = self._throttle.allowance(BATCH)
        if limit == 0:
            self._turn_away()
            return 0
        count, claimed = line.journal.write(lambda db: self._claim_all(db, limit))
        if count:
            line.journal.arrived.set()
        if len(claimed) == limit < BATCH:
            self._turn_away()
        sent: list[Request] = []
        held: list[tuple[Request, str]] = []
        for requests, pairs in claimed:
            reason = self._transmit(requests, pairs)
            if reason is None:
                sent += requests
            else:
                held += [(each, reason) for each in requests]
        if claimed:
            reach(Point.SENT_BEFORE_MARK)
            line.journal.write(lambda db: self._mark(db, sent, held))
            reach(Point.MARKED_BEFORE_REPORT)
            self._throttle.spend(len({each.instruction.number for each in sent}))
            line.journal.arrived.set()
        return count if sent or not claimed else 0

    def _turn_away(self) -> None:
        """Give back orders and replaces beyond the rate, where they are not to wait for it.

        Those that wait for something else, an answer or the rest of their list, go on waiting.
        """
        if self._line.held or self._dialect.throttle.at_limit == "queue":
            return
        journal, name = self._line.journal, self._line.name
        waits = self._dialect.replace.outstanding == "one"

        def work(db: Database) -> int:
            ready = in_state(db, name, State.READY, but_waiting=waits, but_covered=True)
            late = [each for each in ready if each.instruction.kind in _OPENING]
            for each in late:
                report_send(db, journal, each, State.NOT_SENT, "beyond the rate of the session")
            return len(late)

        if journal.write(work):
            journal.arrived.set()

    def _claim_all(self, db: Database, limit: int) -> tuple[int, list[Fragment]]:
        """Inside a write: claim what may leave, by itself and in lists."""
        line = self._line
        watch(db, line)
        free_single_orders(db, line)
        count, single = self._claim(db, limit)
        messages: list[Fragment] = [((request,), pairs) for request, pairs in single]
        if not line.held:
            messages += claim_programs(db, line, self._judge, limit=limit - len(single))
        return max(count, len(messages)), messages

    def _claim(self, db: Database, limit: int) -> tuple[int, list[tuple[Request, Pairs]]]:
        """Inside a write: guard what is READY and claim what may leave."""
        waits = self._dialect.replace.outstanding == "one"
        ready = in_state(
            db, self._line.name, State.READY,
            limit=limit, but_waiting=waits, but_opening=bool(self._line.held), but_covered=True,
        )  # fmt: skip
        claimed: list[tuple[Request, Pairs]] = []
        if ready:
            reach(Point.STORED_BEFORE_CLAIM)
        for request in ready:
            if not still_ready(db, request.instruction.number):
                continue  # a cancel of this very batch has settled it
            if self._without_original(db, request) or self._waits(db, request.instruction):
                continue
            reason, pairs = self._judge(db, rebased(db, request.instruction))
            if reason:
                say("request_held", session=self._line.name, reason=reason,
                    cl_ord_id=request.instruction.cl_ord_id)  # fmt: skip
                report_send(db, self._line.journal, request, State.NOT_SENT, reason)
                continue
            claim(db, request.instruction)
            claimed.append((request, pairs))
        return len(ready), claimed

    def _judge(self, db: Database, instruction: Instruction) -> tuple[str, Pairs]:
        """Why the instruction must not leave (empty if it may), and its fields."""
        now = now_us()
        facts = Facts(
            now=from_us(now),
            killed=self._line.gate.holds(instruction),
            build=self._build,
            epoch_seen=int(meta(db, "engine_epoch", "0")),
            cl_ord_id_used=cl_ord_id_used(db, instruction),
            exposures=exposures(db, instruction.order_id),
            beyond_session=self._line.config.controls.refuses(instruction)
            or self._rate.refuses(instruction, now),
        )
        held = check(instruction, facts)
        if held is not None:
            return f"{held.code}: {held.detail}", []
        if instruction.kind is InstructionKind.REPLACE:
            before = by_cl_ord_id(db, instruction.orig_cl_ord_id)
            unwanted = unwanted_replace(
                self._dialect, before.instruction if before else None, instruction
            )
            if unwanted:
                return f"not_replaceable: {unwanted}", []
        try:
            pairs = self._encoder.encode(instruction, now)
        except NotEncodable as error:
            return f"not_encodable: {error}", []
        self._rate.count(instruction, now)
        return "", pairs

    def _waits(self, db: Database, instruction: Instruction) -> bool:
        """True for a replace that must wait for the answer to the one before it."""
        if instruction.kind is not InstructionKind.REPLACE:
            return False
        one = self._dialect.replace.outstanding == "one"
        return one and bool(unanswered(db, instruction.placement_id))

    def _without_original(self, db: Database, request: Request) -> bool:
        """Resolve a cancel or replace whose order has not left: True if it is settled here."""
        instruction, journal = request.instruction, self._line.journal
        if instruction.kind not in {InstructionKind.CANCEL, InstructionKind.REPLACE}:
            return False
        if instruction.kind is InstructionKind.CANCEL:
            for each in waiting_replaces(db, instruction.placement_id):
                report_send(db, journal, each, State.NOT_SENT, "canceled before it was sent")
        original = first_of(db, instruction.placement_id)
        if original is None:
            return False
        if instruction.kind is InstructionKind.CANCEL and original.state is State.READY:
            reason = "canceled before it was sent"
            report_send(db, journal, original, State.NOT_SENT, reason)
            report_send(db, journal, request, State.NOT_SENT, reason)
            return True
        if original.state is State.NOT_SENT:
            report_send(db, journal, request, State.NOT_SENT, "the original was not sent")
            return True
        if settled_by_own(db, instruction):
            reason = "this gateway has asked for it already"
            report_send(db, journal, request, State.NOT_SENT, reason)
            return True
        return False

    def _transmit(self, requests: tuple[Request, ...], pairs: Pairs) -> str | None:
        """Hand a message to quickfix. None if it is stored there, else why not.

        A list of which a switch stops one order does not leave; the others go again without it.
        """
        line = self._line
        reach(Point.CLAIMED_BEFORE_SEND)
        killed = [line.gate.holds(each.instruction) for each in requests]
        if all(killed):
            return f"{GuardCode.KILLED}: {killed[0]}"
        if any(killed) or not line.ready:
            return ""
        line.in_flight = requests
        line.wire_seq = 0
        first = requests[0].instruction
        try:
            done = quick.transmit(_built(first, pairs), line.handle)
        finally:
            line.in_flight = ()
        if not done or not line.wire_seq:
            for each in requests:
                line.unanswered.pop(each.instruction.cl_ord_id, None)
            return ""
        return None

    def _mark(self, db: Database, sent: list[Request], held: list[tuple[Request, str]]) -> None:
        """Inside a write: SENT for what left, READY or NOT_SENT for what did not."""
        for request in sent:
            current = by_cl_ord_id(db, request.instruction.cl_ord_id)
            if request.instruction.kind is InstructionKind.STATUS:
                set_state(db, request.instruction.number, State.DONE)
            elif current is not None:
                report_send(db, self._line.journal, current, State.SENT, "")
            if request.instruction.kind in _UNANSWERED:
                set_state(db, request.instruction.number, State.DONE)
        for request, reason in held:
            if reason:
                report_send(db, self._line.journal, request, State.NOT_SENT, reason)
            else:
                unclaim(db, request.instruction)


def _built(first: Instruction, pairs: Pairs) -> quick.Message:
    """The message of a request, or of several that go out as a list."""
    if pairs[0][0] != _LIST_ID:
        return quick.build(MSG_TYPES[first.kind], pairs)
    if first.kind is InstructionKind.MASS_CANCEL:
        return quick.build("K", pairs)
    return quick.build_list(pairs)


def _too_old(instruction: Instruction, now: datetime) -> bool:
    return instruction.not_after is not None and now > instruction.not_after


def _security_rate(line: Line) -> SecurityRate:
    """The rate by security, with the orders that a gateway before this one has sent."""
    controls = line.config.controls
    if not controls.orders_of_security:
        return SecurityRate(controls, ())
    since_us = now_us() - controls.orders_of_security_within_s * 1_000_000
    sent = line.journal.write(lambda db: new_since(db, line.name, since_us))
    return SecurityRate(controls, sent)
