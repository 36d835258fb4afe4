"""What the gateway finds out about its own past before it connects.

The store tells what certainly got a sequence number; the journal tells what was meant to. After
`kill -9` both are whole. After a power cut the store may lack its tail, so it is not believed: the
numbers come from the journal, and everything that may be on the wire is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradeoms.app.instruction import InstructionKind
from tradeoms.fix.line import Line, Unanswered
from tradeoms.fix.oplog import say
from tradeoms.fix.requests import (
    ANSWERED,
    Request,
    State,
    in_state,
    open_orders,
    report_send,
    set_state,
    set_wire,
    unclaim,
)
from tradeoms.fix.store_files import StorePicture, remove_store
from tradeoms.fix.wire_journal import (
    Database,
    SessionRecord,
    WireJournal,
    highest_received,
    meta,
    set_meta,
)

#: Session messages sent since the numbers were last noted (once a second) may have used up some.
#: Too high a number is safe, the counterparty asks and gets a gap fill; too low ends in a halt.
OUT_MARGIN: Final = 100
#: DontKnowTrade (Q), the answers AU and AT, and BH are not looked for in the store: told twice they
#: mean the same.
_TOLD_AGAIN: Final = frozenset(
    {
        InstructionKind.DONT_KNOW, InstructionKind.CONFIRMATION_ACK,
        InstructionKind.ALLOCATION_REPORT_ACK, InstructionKind.CONFIRMATION_REQUEST,
    }
)  # fmt: skip
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """With which numbers a session begins."""

    next_out: int
    next_in: int
    rebuilt: bool


def power_was_cut(journal: WireJournal) -> bool:
    """True where the machine went down under a running gateway. Notes that one runs now."""
    boot = _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""

    def work(db: Database) -> bool:
        before, clean = meta(db, "boot_id", boot), meta(db, "clean_stop", "no")
        set_meta(db, "boot_id", boot)
        set_meta(db, "clean_stop", "no")
        return before != boot and clean != "yes"

    return journal.write(work)


def note_clean_stop(journal: WireJournal) -> None:
    """Note that this run ended by itself."""
    journal.write(lambda db: set_meta(db, "clean_stop", "yes"))


def recover(line: Line, picture: StorePicture, folder: Path, *, power_cut: bool) -> Plan:
    """Resolve what was claimed, and plan the sequence numbers; the session does not exist yet."""
    record = line.journal.session(line.name)
    plan = line.journal.write(lambda db: _resolve(db, line, record, picture, power_cut=power_cut))
    if plan.rebuilt:
        remove_store(folder, line.config)
        say("store_rebuilt", session=line.name, damage=picture.damage, next_out=plan.next_out,
            next_in=plan.next_in, power_cut=power_cut)  # fmt: skip
    waiting = line.journal.write(
        lambda db: in_state(db, line.name, State.SENT, State.PENDING, State.UNKNOWN)
    )
    for request in waiting:
        if request.instruction.kind not in ANSWERED:
            continue
        line.unanswered[request.instruction.cl_ord_id] = Unanswered(
            number=request.instruction.number,
            connection=0,
            sent_us=request.sent_us,
            unknown=request.state is State.UNKNOWN,
            heard=request.state is State.PENDING,
            pending=request.state is State.PENDING,
        )
    line.reconcile_due = bool(line.journal.write(lambda db: open_orders(db, line.name)))
    return plan


def _resolve(
    db: Database, line: Line, record: SessionRecord, picture: StorePicture, *, power_cut: bool
) -> Plan:
    claimed = _still_told(db, in_state(db, line.name, State.CLAIMED))
    sent = in_state(db, line.name, State.SENT)
    used = max((each.msg_seq_num for each in sent if each.epoch == record.epoch), default=0)
    known_in = max(record.next_in - 1, highest_received(db, line.name, record.epoch), 0)
    known_out = max(record.next_out - 1, used, 0)
    unbelievable = not picture.found or picture.damage or power_cut or picture.next_out <= used
    known = picture.found or known_in or known_out or claimed or sent
    if known and unbelievable:
        known_out = max(known_out, *(each.msg_seq_num for each in claimed), 0)
        for request in [*claimed, *sent]:
            reason = "the session store was lost"
            report_send(db, line.journal, request, State.UNKNOWN, reason)
        return Plan(next_out=known_out + 1 + OUT_MARGIN, next_in=known_in + 1, rebuilt=True)
    for request in claimed:
        _settle(db, line, request, picture)
    # Never above the journal: what the store counted and the journal has not is asked for again.
    next_in = min(picture.next_in, known_in + 1)
    return Plan(next_out=picture.next_out, next_in=next_in, rebuilt=False)


def _still_told(db: Database, claimed: list[Request]) -> list[Request]:
    """What is said of trades, and may not have left, leaves again: told twice it means the same."""
    told = [each for each in claimed if each.instruction.kind in _TOLD_AGAIN]
    for request in told:
        set_state(db, request.instruction.number, State.READY)
    return [each for each in claimed if each not in told]


def _settle(db: Database, line: Line, request: Request, picture: StorePicture) -> None:
    """A claimed request is SENT if the store has it under a number that is used up, else READY."""
    instruction = request.instruction
    seq = picture.sent.get(instruction.cl_ord_id, 0)
    if 0 < seq < picture.next_out:
        say("claimed_was_sent", session=line.name, cl_ord_id=instruction.cl_ord_id, seq=seq)
        report_send(db, line.journal, request, State.SENT, "found in the session store")
        return
    say("claimed_never_left", session=line.name, cl_ord_id=instruction.cl_ord_id)
    unclaim(db, instruction)
    set_wire(db, instruction.number, epoch=0, msg_seq_num=0, sent_us=0, raw=b"")
