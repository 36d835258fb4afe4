"""Orders that go out together as one list (NewOrderList, E), or by themselves where none is taken.

The orders of a list arrive first, each an instruction of its own, and wait; the instruction of the
list comes last and says how many they are. From then on each order has its own fate in the wire
journal, as if it had left by itself: what a message of several carried is claimed, numbered and
marked together, and every report names one order. Every function runs inside a journal write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.session.state import ActionStatus
from tradeoms.fix.actions import note_outcome
from tradeoms.fix.line import Line
from tradeoms.fix.oplog import say
from tradeoms.fix.outbound import Pairs
from tradeoms.fix.requests import Request, State, by_number, claim, report_send
from tradeoms.fix.tags import msg_type_of, tags_of
from tradeoms.fix.wire_journal import Database

#: Orders of one message, and its fields.
Fragment = tuple[tuple[Request, ...], Pairs]
#: Why an order must not leave (empty if it may), and its fields.
Judge = Callable[[Database, Instruction], tuple[str, Pairs]]
_REJECTED: Final = "7"


def note_program(db: Database, instruction: Instruction) -> None:
    """Note an order that waits for its list, and the list that ends the wait."""
    if instruction.kind is InstructionKind.NEW and instruction.program:
        db.execute(
            "INSERT OR IGNORE INTO listed (number, list_id) VALUES (?, ?)",
            (instruction.number, instruction.program),
        )
    elif instruction.kind is InstructionKind.PROGRAM:
        db.execute(
            "INSERT OR IGNORE INTO programs (list_id, session, action_id) VALUES (?, ?, ?)",
            (instruction.cl_ord_id, instruction.session, instruction.action_id),
        )
        db.execute("UPDATE instructions SET state = 'DONE' WHERE number = ?", (instruction.number,))


def free_single_orders(db: Database, line: Line) -> None:
    """Let the orders of lists leave by themselves where none is taken, or one has an algorithm."""
    for list_id, action_id, orders in _complete(db, line):
        plain = not any(each.instruction.algo for each in orders)
        if line.config.dialect.lists.orders and plain and _count(db, list_id) > 1:
            continue
        db.execute("DELETE FROM listed WHERE list_id = ?", (list_id,))
        detail = f"{len(orders)} orders, each sent by itself"
        _tell(db, line, (list_id, action_id), ActionStatus.DONE, detail)
    for key in _emptied(db, line):
        _tell(db, line, key, ActionStatus.FAILED, "no order of it left")


def claim_programs(db: Database, line: Line, judge: Judge, *, limit: int) -> list[Fragment]:
    """Guard and claim the orders of complete lists; up to ``limit`` messages."""
    found: list[Fragment] = []
    size = line.config.dialect.lists.fragment
    for list_id, action_id, orders in _complete(db, line):
        taken: list[tuple[Request, Pairs]] = []
        now = orders[: size * max(limit - len(found), 0)]
        for request in now:
            reason, pairs = judge(db, request.instruction)
            if reason:
                say("request_held", session=line.name, reason=reason,
                    cl_ord_id=request.instruction.cl_ord_id)  # fmt: skip
                report_send(db, line.journal, request, State.NOT_SENT, reason)
                continue
            claim(db, request.instruction)
            taken.append((request, pairs))
        _forget_not_sent(db, list_id)
        total = _count(db, list_id)
        parts = [taken[at : at + size] for at in range(0, len(taken), size)]
        for number, part in enumerate(parts, start=1):
            last = number == len(parts) and len(now) == len(orders)
            entries = [(r.instruction.program_seq, pairs) for r, pairs in part]
            version = line.config.version
            body = list_message(list_id, entries, total=total, last=last, version=version)
            found.append((tuple(request for request, _ in part), body))
        if taken:
            detail = f"{len(taken)} orders leave in {len(parts)} messages, list {list_id}"
            _tell(db, line, (list_id, action_id), ActionStatus.DONE, detail)
            say("list_leaves", session=line.name, list_id=list_id, orders=len(taken))
    return found


def doubted_orders(db: Database, raw: bytes) -> list[tuple[str, int]]:
    """ClOrdID and number of what has no answer of a list that its status (N) calls rejected.

    A status of a list ends no order: each is asked for.
    """
    if msg_type_of(raw) != "N":
        return []
    tags = tags_of(raw)
    if tags.get(431) != _REJECTED:
        return []
    found = db.execute(
        "SELECT cl_ord_id, number FROM listed JOIN instructions USING (number)"
        " WHERE list_id = ? AND state IN ('SENT', 'UNKNOWN') ORDER BY number",
        (tags.get(66, ""),),
    )
    return [(cl_ord_id, number) for cl_ord_id, number in found]


def _complete(db: Database, line: Line) -> list[tuple[str, str, list[Request]]]:
    """The lists of which orders wait to leave: ListID, action, and these orders."""
    rows = db.execute(
        "SELECT programs.list_id, programs.action_id, listed.number FROM programs"
        " JOIN listed USING (list_id) JOIN instructions USING (number)"
        " WHERE programs.session = ? AND instructions.state = 'READY' ORDER BY listed.number",
        (line.name,),
    ).fetchall()
    lists: dict[tuple[str, str], list[Request]] = {}
    for list_id, action_id, number in rows:
        request = by_number(db, number)
        assert request is not None
        lists.setdefault((list_id, action_id), []).append(request)
    return [(list_id, action_id, orders) for (list_id, action_id), orders in lists.items()]


def _emptied(db: Database, line: Line) -> list[tuple[str, str]]:
    """ListID and action of the lists whose orders were all given back before any left."""
    found = db.execute(
        "SELECT list_id, action_id FROM programs WHERE session = ? AND told = 0 AND NOT EXISTS"
        " (SELECT 1 FROM listed JOIN instructions USING (number)"
        " WHERE listed.list_id = programs.list_id AND state <> 'NOT_SENT')",
        (line.name,),
    )
    return [(list_id, action_id) for list_id, action_id in found.fetchall()]


def _tell(
    db: Database, line: Line, key: tuple[str, str], outcome: ActionStatus, detail: str
) -> None:
    """Tell the engine once what became of a list."""
    sql = "UPDATE programs SET told = 1 WHERE list_id = ? AND told = 0"
    if db.execute(sql, (key[0],)).rowcount == 1:
        note_outcome(db, line, key[1], outcome, detail)
        line.journal.arrived.set()


def _forget_not_sent(db: Database, list_id: str) -> None:
    """What did not leave is none of the list's orders (TotNoOrders, 68)."""
    db.execute(
        "DELETE FROM listed WHERE list_id = ? AND number IN"
        " (SELECT number FROM instructions WHERE state = 'NOT_SENT')",
        (list_id,),
    )


def _count(db: Database, list_id: str) -> int:
    found = db.execute("SELECT count(*) FROM listed WHERE list_id = ?", (list_id,)).fetchone()
    return int(found[0])


def list_message(
    list_id: str, orders: Sequence[tuple[int, Pairs]], *, total: int, last: bool, version: str
) -> Pairs:
    """A NewOrderList (E), or a fragment of one; no bidding (394=3), executed at once (433=1).

    Args:
        list_id: ListID (66).
        orders: Place in the list (67) and fields of each, its ClOrdID first.
        total: Orders of all fragments (68).
        last: True for the last fragment; FIX 4.2 has no word for it.
        version: That of the application messages.
    """
    head: Pairs = [(66, list_id), (394, "3"), (433, "1"), (68, str(total))]
    if version != "FIX.4.2":
        head.append((893, "Y" if last else "N"))
    entries: Pairs = []
    for seq, pairs in orders:
        entries += [pairs[0], (67, str(seq)), *pairs[1:]]
    return [*head, (73, str(len(orders))), *entries]
