"""What became of each instruction, and what each placement can still come to, in the wire journal.

READY -> CLAIMED -> SENT -> DONE is the straight way; PENDING where the counterparty has it and owes
the answer, UNKNOWN where it must be asked, NOT_SENT where it is certain that nothing reached it.
Every function runs inside a `WireJournal.write`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

import msgspec

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.fix.guard import Exposure
from tradeoms.fix.notes import CancelNote, Note, SendNote, encode_note
from tradeoms.fix.wire_journal import Database, WireJournal
from tradeoms.kernel.numbers import ZERO, plain


@unique
class State(StrEnum):
    """What became of an instruction."""

    READY = "READY"
    CLAIMED = "CLAIMED"
    SENT = "SENT"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    NOT_SENT = "NOT_SENT"
    DONE = "DONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An instruction with its fate so far."""

    instruction: Instruction
    state: State
    epoch: int
    msg_seq_num: int
    sent_us: int


_json: Final = msgspec.json.Encoder()
_instruction: Final = msgspec.json.Decoder(Instruction)
_NOT_WAITING: Final = (
    " AND NOT (kind = 'replace' AND EXISTS"
    " (SELECT 1 FROM replaces WHERE replaces.placement_id = instructions.placement_id))"
)
_NOT_OPENING: Final = " AND kind NOT IN ('new', 'replace')"
_NOT_COVERED: Final = (
    " AND number NOT IN (SELECT number FROM covered) AND number NOT IN (SELECT number FROM listed)"
)
#: Kinds that reports of a placement answer; a status request asks about those.
ANSWERED: Final = frozenset({InstructionKind.NEW, InstructionKind.REPLACE, InstructionKind.CANCEL})
_COLUMNS: Final = "body, state, epoch, msg_seq_num, sent_us"


def clashes(db: Database, instruction: Instruction) -> bool:
    """True where another instruction was kept under its number: the database lost its end."""
    known = db.execute(
        "SELECT cl_ord_id, kind FROM instructions WHERE number = ?", (instruction.number,)
    ).fetchone()
    return known is not None and known != (instruction.cl_ord_id, instruction.kind)


def store(db: Database, journal: WireJournal, instruction: Instruction) -> bool:
    """Keep an instruction as READY; False for a number already kept.

    One that repeats the ClOrdID of another is kept, is not sent, and becomes a break: a send report
    could not tell which of the two it speaks of.
    """
    body = _json.encode(instruction)
    values = (instruction.number, instruction.session, instruction.kind, instruction.cl_ord_id,
              instruction.placement_id, instruction.order_id, instruction.orig_cl_ord_id,
              body)  # fmt: skip
    known = db.execute(
        "SELECT 1 FROM instructions WHERE number = ?", (instruction.number,)
    ).fetchone()
    if known is not None:
        return False
    repeated = instruction.kind is not InstructionKind.STATUS and cl_ord_id_used(db, instruction)
    state = State.NOT_SENT if repeated else State.READY
    db.execute(
        "INSERT INTO instructions (number, session, kind, cl_ord_id, placement_id, order_id,"
        " orig_cl_ord_id, body, state, repeated, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, state, repeated, "cl_ord_id_used" if repeated else ""),
    )
    if repeated:
        reason = (
            f"instruction {instruction.number} repeats ClOrdID {instruction.cl_ord_id}; not sent"
        )
        note = Note(reason=reason, raw=body.decode())
        journal.add_row(db, instruction.session, "note", encode_note(note))
    return True


def cl_ord_id_used(db: Database, instruction: Instruction) -> bool:
    """True where another request carries the ClOrdID of ``instruction``."""
    found = db.execute(
        "SELECT 1 FROM instructions"
        " WHERE cl_ord_id = ? AND kind <> 'status' AND number <> ? AND repeated = 0",
        (instruction.cl_ord_id, instruction.number),
    ).fetchone()
    return found is not None


def last_number(db: Database, session: str) -> int:
    """The highest outbox number kept for ``session``, 0 if none."""
    sql = "SELECT coalesce(max(number), 0) FROM instructions WHERE session = ?"
    return int(db.execute(sql, (session,)).fetchone()[0])


def in_state(
    db: Database,
    session: str,
    *states: State,
    limit: int = -1,
    but_waiting: bool = False,
    but_opening: bool = False,
    but_covered: bool = False,
) -> list[Request]:
    """Requests of ``session`` in ``states``: cancels first, then by number.

    With ``but_waiting`` without replaces of placements that have one unanswered, with
    ``but_opening`` without anything that adds risk, with ``but_covered`` without cancels that a
    mass cancel goes before, and orders of a list.
    """
    marks = ", ".join("?" * len(states))
    found = db.execute(
        f"SELECT {_COLUMNS} FROM instructions WHERE session = ? AND state IN ({marks})"  # noqa: S608 - constants
        + (_NOT_WAITING if but_waiting else "")
        + (_NOT_OPENING if but_opening else "")
        + (_NOT_COVERED if but_covered else "")
        + " ORDER BY kind NOT IN ('mass_cancel', 'cancel'), number LIMIT ?",
        (session, *states, limit),
    )
    return [_request(values) for values in found]


def new_since(db: Database, session: str, since_us: int) -> list[Request]:
    """New orders of ``session`` that were handed to the wire since then, oldest first."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM instructions"  # noqa: S608 - constants
        " WHERE session = ? AND kind = 'new' AND sent_us >= ? ORDER BY sent_us, number",
        (session, max(since_us, 1)),
    )
    return [_request(values) for values in found]


def by_cl_ord_id(db: Database, cl_ord_id: str) -> Request | None:
    """The request sent under ``cl_ord_id``, or None."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM instructions"  # noqa: S608 - constants
        " WHERE cl_ord_id = ? AND kind <> 'status' AND repeated = 0",
        (cl_ord_id,),
    ).fetchone()
    return None if found is None else _request(found)


def by_number(db: Database, number: int) -> Request | None:
    """The request with an outbox number, or None."""
    sql = f"SELECT {_COLUMNS} FROM instructions WHERE number = ?"  # noqa: S608 - constants
    found = db.execute(sql, (number,)).fetchone()
    return None if found is None else _request(found)


def all_by_seq(db: Database, session: str, epoch: int, msg_seq_num: int) -> list[Request]:
    """The requests sent in message ``msg_seq_num`` of ``epoch``: several for a list."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM instructions WHERE session = ? AND epoch = ? AND msg_seq_num = ?"  # noqa: S608 - constants
        " ORDER BY number",
        (session, epoch, msg_seq_num),
    )
    return [_request(values) for values in found]


def first_of(db: Database, placement_id: str) -> Request | None:
    """The new order of a placement, or None."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM instructions"  # noqa: S608 - constants
        " WHERE placement_id = ? AND kind = 'new' AND repeated = 0",
        (placement_id,),
    ).fetchone()
    return None if found is None else _request(found)


def waiting_replaces(db: Database, placement_id: str) -> list[Request]:
    """The replaces of a placement that have not left."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM instructions"  # noqa: S608 - constants
        " WHERE placement_id = ? AND kind = 'replace' AND state = 'READY' ORDER BY number",
        (placement_id,),
    )
    return [_request(values) for values in found.fetchall()]


def still_ready(db: Database, number: int) -> bool:
    """True where nobody has settled an instruction that was READY."""
    sql = "SELECT 1 FROM instructions WHERE number = ? AND state = 'READY'"
    return db.execute(sql, (number,)).fetchone() is not None


def set_state(db: Database, number: int, state: State, reason: str = "") -> None:
    """Move an instruction to ``state``."""
    db.execute(
        "UPDATE instructions SET state = ?, reason = ? WHERE number = ?", (state, reason, number)
    )


def set_wire(
    db: Database, number: int, *, epoch: int, msg_seq_num: int, sent_us: int, raw: bytes
) -> None:
    """Keep under which sequence number an instruction is about to be written to the wire."""
    db.execute(
        "UPDATE instructions SET epoch = ?, msg_seq_num = ?, sent_us = ?, raw = ? WHERE number = ?",
        (epoch, msg_seq_num, sent_us, raw, number),
    )


def report_send(
    db: Database, journal: WireJournal, request: Request, state: State, reason: str
) -> None:
    """Move a request to SENT, UNKNOWN or NOT_SENT, and add the row that tells the engine.

    A new order that was not sent frees its units. A status request is done whatever became of
    it: it is no request of a placement.
    """
    instruction = request.instruction
    if instruction.kind is InstructionKind.STATUS:
        set_state(db, instruction.number, State.DONE, reason)
        return
    if state is State.SENT:  # an answer may have come already, and DONE stays
        sql = "UPDATE instructions SET state = 'SENT' WHERE number = ? AND state = 'CLAIMED'"
        db.execute(sql, (instruction.number,))
    else:
        set_state(db, instruction.number, state, reason)
    if state is State.NOT_SENT:
        _free(db, instruction)
    note = SendNote(
        outcome=SendOutcome(state.value.lower()),
        cl_ord_id=instruction.cl_ord_id,
        msg_seq_num=request.msg_seq_num,
        reason=reason,
        sent_us=request.sent_us,
    )
    journal.add_row(db, instruction.session, "send", encode_note(note))


def exposures(db: Database, order_id: str) -> tuple[Exposure, ...]:
    """What every placement of ``order_id`` can still come to."""
    found = db.execute(
        "SELECT placement_id, quantity, cum_qty, closed FROM placements WHERE order_id = ?",
        (order_id,),
    ).fetchall()
    return tuple(
        Exposure(
            placement_id=placement_id,
            quantity=Decimal(quantity),
            pending_quantity=max((each[1] for each in unanswered(db, placement_id)), default=ZERO),
            cum_qty=Decimal(cum_qty),
            closed=closed not in {"", "filled"},
        )
        for placement_id, quantity, cum_qty, closed in found
    )


def unanswered(db: Database, placement_id: str) -> list[tuple[str, Decimal]]:
    """ClOrdID and quantity of the replaces of a placement that left and have no outcome yet."""
    found = db.execute(
        "SELECT cl_ord_id, quantity FROM replaces WHERE placement_id = ? ORDER BY number",
        (placement_id,),
    )
    return [(cl_ord_id, Decimal(quantity)) for cl_ord_id, quantity in found]


def in_force(db: Database, placement_id: str) -> str:
    """The ClOrdID under which the peer has the placement; empty if it never left."""
    sql = "SELECT cl_ord_id FROM placements WHERE placement_id = ? AND closed <> 'not_sent'"
    found = db.execute(sql, (placement_id,)).fetchone()
    return "" if found is None else str(found[0])


def rebased(db: Database, instruction: Instruction) -> Instruction:
    """The replace or cancel with the last ClOrdID that was not rejected as its original.

    The engine names the request before; that one may have been rejected, or held back, since
    (FIX 4.4 Volume 4: OrigClOrdID of a request is the last non-rejected ClOrdID).
    """
    if instruction.kind not in {InstructionKind.REPLACE, InstructionKind.CANCEL}:
        return instruction
    chain = [in_force(db, instruction.placement_id)]
    chain += [cl_ord_id for cl_ord_id, _ in unanswered(db, instruction.placement_id)]
    return replace(instruction, orig_cl_ord_id=chain[-1]) if chain[-1] else instruction


def claim(db: Database, instruction: Instruction) -> None:
    """Move to CLAIMED and count the units, before anything can leave."""
    set_state(db, instruction.number, State.CLAIMED)
    quantity = plain(instruction.quantity)
    if instruction.kind is InstructionKind.NEW:
        db.execute(
            "INSERT OR IGNORE INTO placements (placement_id, session, order_id, number, cl_ord_id,"
            " quantity) VALUES (?, ?, ?, ?, ?, ?)",
            (instruction.placement_id, instruction.session, instruction.order_id,
             instruction.number, instruction.cl_ord_id, quantity),
        )  # fmt: skip
    elif instruction.kind is InstructionKind.REPLACE:
        db.execute(
            "INSERT OR IGNORE INTO replaces (cl_ord_id, placement_id, number, quantity)"
            " VALUES (?, ?, ?, ?)",
            (instruction.cl_ord_id, instruction.placement_id, instruction.number, quantity),
        )


def unclaim(db: Database, instruction: Instruction) -> None:
    """Move back to READY what was claimed and certainly did not leave.

    A replace no longer stands in its placement's chain: it would wait for itself, or follow itself.
    A new order stays counted: it goes again under its own units.
    """
    set_state(db, instruction.number, State.READY)
    if instruction.kind is InstructionKind.REPLACE:
        _free(db, instruction)


def _free(db: Database, instruction: Instruction) -> None:
    """Take back what `claim` counted."""
    if instruction.kind is InstructionKind.NEW:
        sql = "UPDATE placements SET closed = 'not_sent' WHERE placement_id = ?"
        db.execute(sql, (instruction.placement_id,))
    elif instruction.kind is InstructionKind.REPLACE:
        db.execute("DELETE FROM replaces WHERE cl_ord_id = ?", (instruction.cl_ord_id,))


def open_orders(db: Database, session: str) -> list[tuple[Instruction, str]]:
    """Placements that may still execute: an instruction of each, and its ClOrdID in force.

    The instruction's quantity is the one in force.
    """
    found = db.execute(
        "SELECT instructions.body, placements.cl_ord_id, placements.quantity FROM placements"
        " JOIN instructions ON instructions.number = placements.number"
        " WHERE placements.session = ? AND closed = '' ORDER BY placements.number",
        (session,),
    )
    return [
        (replace(_instruction.decode(body), quantity=Decimal(quantity)), cl_ord_id)
        for body, cl_ord_id, quantity in found
    ]


def cancel_wanted(db: Database, cl_ord_id: str) -> bool:
    """True where we asked to cancel the request ``cl_ord_id``."""
    sql = "SELECT 1 FROM instructions WHERE orig_cl_ord_id = ? AND kind = 'cancel'"
    return db.execute(sql, (cl_ord_id,)).fetchone() is not None


def set_escalated(db: Database, number: int) -> None:
    """Note that people were told of an instruction that nobody answers."""
    db.execute("INSERT OR IGNORE INTO escalated (number) VALUES (?)", (number,))


def store_own(db: Database, journal: WireJournal, instruction: Instruction, switch_id: str) -> None:
    """Keep a cancel that the gateway asks for by itself, and the row that tells the engine first.

    Its number is negative: the outbox of the engine does not know it.
    """
    lowest = db.execute("SELECT min(0, min(number)) FROM instructions").fetchone()[0]
    own = replace(instruction, number=(lowest or 0) - 1)
    note = CancelNote(
        cl_ord_id=own.cl_ord_id, orig_cl_ord_id=own.orig_cl_ord_id, switch_id=switch_id
    )
    journal.add_row(db, own.session, "cancel", encode_note(note))
    store(db, journal, own)


def _request(values: tuple[bytes, str, int, int, int]) -> Request:
    body, state, epoch, msg_seq_num, sent_us = values
    return Request(
        instruction=_instruction.decode(body),
        state=State(state),
        epoch=epoch,
        msg_seq_num=msg_seq_num,
        sent_us=sent_us,
    )
