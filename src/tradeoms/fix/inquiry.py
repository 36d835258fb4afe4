"""Asks the counterparty: what became of an unanswered request, how orders stand after a gap.

Status requests (H) and mass status requests (AF) are never repeated by a resend and need no place
in the journal: their answers are reports like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.session.state import ActionStatus
from tradeoms.fix import quick
from tradeoms.fix.actions import note_outcome
from tradeoms.fix.clock import now_us
from tradeoms.fix.line import Line, Unanswered
from tradeoms.fix.notes import UnansweredNote, encode_note, note_break
from tradeoms.fix.oplog import say
from tradeoms.fix.outbound import Encoder, NotEncodable, Pairs, mass_status_request
from tradeoms.fix.requests import Request, by_cl_ord_id, open_orders, set_escalated
from tradeoms.fix.survey import Survey
from tradeoms.fix.throttle import Throttle
from tradeoms.fix.wire_journal import Database

ASKS: Final = 3
_PAUSE_US: Final = 200_000
#: Orders named in a break.
_NAMED: Final = 20


class Inquirer:
    """Sends the status requests of one session; used by its sender only, while it may send."""

    def __init__(self, line: Line, throttle: Throttle) -> None:
        """Begin with nothing asked. ``throttle`` is that of all that the session sends."""
        self._line = line
        self._throttle = throttle
        self._waiting: dict[str, tuple[str, Pairs]] = {}
        self._encoder = Encoder(line.config.dialect, line.config.version)
        self._looked_us = 0

    def reconcile(self) -> None:
        """Ask for every order that may still execute, and for those that we do not know of.

        After a gap, a reset or a start, and when people ask for it.
        """
        line, habits = self._line, self._line.config.dialect.recovery
        asked = self._open()
        survey = Survey(asked=asked, action_ids=self._for_whom())
        self._waiting.clear()  # all that is open is asked for anew
        line.survey = survey
        say("reconciliation_started", session=line.name, open_orders=len(asked))
        if habits.mass_status:
            survey.request_id = f"mass-{now_us()}"
            survey.since_us = now_us()
            pairs = mass_status_request(survey.request_id)
            self._waiting[survey.request_id] = ("AF", pairs)
        elif habits.status_request:
            self._ask_one_by_one(survey, asked)
        else:
            self._end(survey, ActionStatus.FAILED, "the counterparty answers no status requests")

    def follow(self) -> None:
        """Bring the round that is out to its end: complete, or over time."""
        survey, habits = self._line.survey, self._line.config.dialect.recovery
        if survey is None:
            return
        if self._waiting:  # the time to answer runs from the last question
            survey.since_us = now_us()
            return
        late = now_us() - survey.since_us >= habits.answer_timeout_s * 1_000_000
        missing = survey.missing(self._open())
        waits = (not survey.mass_over) if not survey.one_by_one else bool(missing)
        if waits and not late:
            return
        if missing and habits.status_request and survey.one_by_one < ASKS:
            self._ask_one_by_one(survey, missing)
        elif missing or (late and not survey.one_by_one and not survey.mass_over):
            self._give_up(survey, missing)
        else:
            self._end(survey, ActionStatus.DONE, survey.words)

    def _for_whom(self) -> list[str]:
        """The actions that the next round answers, those of one that it replaces among them."""
        line = self._line
        ids = [*(line.survey.action_ids if line.survey else ()), *line.reconcile_for]
        line.reconcile_for.clear()
        return ids

    def _open(self) -> dict[str, Instruction]:
        line = self._line
        found = line.journal.write(lambda db: open_orders(db, line.name))
        return {cl_ord_id: instruction for instruction, cl_ord_id in found}

    def _ask_one_by_one(self, survey: Survey, orders: Mapping[str, Instruction]) -> None:
        survey.one_by_one += 1
        survey.since_us = now_us()
        for cl_ord_id, instruction in orders.items():
            self._ask_for(instruction, cl_ord_id)

    def _give_up(self, survey: Survey, missing: Mapping[str, Instruction]) -> None:
        """Tell people which orders nobody could say anything about."""
        line = self._line
        detail = f"{survey.words}, {len(missing)} without an answer"
        if missing:
            names = ", ".join(list(missing)[:_NAMED])
            reason = f"reconciliation: {detail}"
            line.journal.write(lambda db: note_break(db, line.journal, line.name, reason, names))
        self._end(survey, ActionStatus.FAILED, detail)

    def _end(self, survey: Survey, outcome: ActionStatus, detail: str) -> None:
        line = self._line
        line.survey = None
        say("reconciliation_over", session=line.name, detail=detail)
        if not survey.action_ids:
            return

        def work(db: Database) -> None:
            for action_id in survey.action_ids:
                note_outcome(db, line, action_id, outcome, detail)

        line.journal.write(work)
        line.journal.arrived.set()

    def ask(self) -> None:
        """Ask about what is unknown, and about what has been unanswered for too long."""
        line, now = self._line, now_us()
        if now - self._looked_us < _PAUSE_US:
            return
        self._looked_us = now
        timeout_us = line.config.dialect.recovery.answer_timeout_s * 1_000_000
        for cl_ord_id, waiting in list(line.unanswered.items()):
            since = waiting.asked_us if waiting.asks or waiting.unknown else waiting.sent_us
            if now - since >= timeout_us:
                self._ask_about(cl_ord_id, waiting, now)

    def _ask_about(self, cl_ord_id: str, waiting: Unanswered, now: int) -> None:
        """Send H about one request, `ASKS` times at most; then a person must look.

        A person looks at once where it is a cancel, or where the counterparty takes no questions.
        """
        line, habits = self._line, self._line.config.dialect.recovery
        waiting.asked_us = now
        waiting.asks += 1
        request = line.journal.write(lambda db: by_cl_ord_id(db, cl_ord_id))
        if request is None:
            return
        hurries = request.instruction.kind is InstructionKind.CANCEL or not habits.status_request
        if waiting.asks == (1 if hurries else ASKS + 1):
            self._escalate(cl_ord_id, waiting.number, (now - waiting.sent_us) // 1_000_000)
        if habits.status_request and waiting.asks <= ASKS:
            self._ask_for(request.instruction, _known_as(request))

    def _escalate(self, cl_ord_id: str, number: int, seconds: int) -> None:
        """Have the engine open a break for a request that nobody answers; another may follow it."""
        line = self._line
        say("request_unanswered", session=line.name, cl_ord_id=cl_ord_id, seconds=seconds)
        note = encode_note(UnansweredNote(cl_ord_id=cl_ord_id, seconds=seconds))

        def work(db: Database) -> None:
            set_escalated(db, number)
            line.journal.add_row(db, line.name, "unanswered", note)

        line.journal.write(work)
        line.journal.arrived.set()

    def _ask_for(self, instruction: Instruction, cl_ord_id: str) -> None:
        try:
            pairs = self._encoder.checked(self._encoder.status(instruction, cl_ord_id))
        except NotEncodable as error:
            say("inquiry_not_encodable", session=self._line.name, detail=str(error))
            return
        self._waiting[cl_ord_id] = ("H", pairs)

    def leave(self) -> None:
        """Send the questions that wait, as far as the rate allows; call it after all else left."""
        if not self._waiting or not self._line.ready:
            return
        for key in list(self._waiting)[: self._throttle.spare(len(self._waiting))]:
            msg_type, pairs = self._waiting.pop(key)
            quick.transmit(quick.build(msg_type, pairs), self._line.handle)
            self._throttle.spend(1)


def _known_as(request: Request) -> str:
    """The ClOrdID under which the peer surely knows the order: later requests may have failed."""
    instruction = request.instruction
    if instruction.kind is InstructionKind.NEW:
        return instruction.cl_ord_id
    return instruction.orig_cl_ord_id
