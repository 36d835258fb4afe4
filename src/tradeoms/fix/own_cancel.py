"""What a gateway cancels by itself: a kill switch asks for it, and the engine does not.

The engine cancels what is open in the same commit that records the switch. Where it cannot (it is
down, or hangs) the gateway does it from its own wire journal: each cancel has a row of its own that
tells the engine of it, before anything that the counterparty answers.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import Final

from tradeoms.app.identity import base36
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.kill_folder import Thrown
from tradeoms.fix.clock import from_us, now_us
from tradeoms.fix.gate import target_of
from tradeoms.fix.line import Line
from tradeoms.fix.oplog import say
from tradeoms.fix.requests import by_cl_ord_id, open_orders, store_own
from tradeoms.fix.wire_journal import Database, meta

#: How long an engine that is there may take to ask for the cancels itself.
_GRACE_S: Final = 1.0
#: How often what is open is looked at again while a switch is on.
_AGAIN_S: Final = 5.0
#: What may still be answered: not what left and people were told of as unanswered.
_IN_FLIGHT: Final = (
    "(instructions.state IN ('READY', 'CLAIMED')"
    " OR (instructions.state IN ('SENT', 'PENDING', 'UNKNOWN')"
    " AND instructions.number NOT IN (SELECT number FROM escalated)))"
)


class Canceler:
    """Asks for the cancels of one session; used by its sender only."""

    def __init__(self, line: Line, build: str) -> None:
        """Begin with no switch seen. ``build`` is our own."""
        self._line = line
        self._build = build
        self._due: dict[str, float] = {}

    def look(self) -> None:
        """Cancel what is open in the scope of a switch and that nobody has canceled."""
        switches = [each for each in self._line.gate.switches() if each.cancel_open]
        now = time.monotonic()
        first = now + _GRACE_S
        self._due = {each.id: self._due.get(each.id, first) for each in switches}
        due = [s for s in switches if now >= self._due[s.id] or self._alone(s, first)]
        if not due:
            return
        self._due.update(dict.fromkeys((each.id for each in due), now + _AGAIN_S))
        journal = self._line.journal
        asked = journal.write(lambda db: [one for s in due for one in self._cancel(db, s)])
        if asked:
            journal.arrived.set()
            say("canceled_without_engine", session=self._line.name, cl_ord_ids=asked)

    def _alone(self, switch: Thrown, first: float) -> bool:
        """True where nobody is there to wait for, at the first look at a switch."""
        return not self._line.engine_up and self._due[switch.id] == first

    def _cancel(self, db: Database, switch: Thrown) -> list[str]:
        """Inside a write: keep a cancel for each open placement that has none."""
        asked = []
        for instruction, in_force in open_orders(db, self._line.name):
            own = _own_id(switch.id, in_force)
            known = by_cl_ord_id(db, own)
            asked_before = known is not None and known.instruction.orig_cl_ord_id == in_force
            if (
                asked_before
                or _cancel_in_flight(db, in_force)
                or not switch.stops(target_of(instruction))
            ):
                continue
            cancel = replace(
                instruction,
                kind=InstructionKind.CANCEL,
                cl_ord_id=own,
                orig_cl_ord_id=in_force,
                epoch=max(instruction.epoch, int(meta(db, "engine_epoch", "0"))),
                build=self._build,
                created_at=from_us(now_us()),
                not_after=None,
            )
            store_own(db, self._line.journal, cancel, switch.id)
            asked.append(own)
        return asked


def settled_by_own(db: Database, cancel: Instruction) -> bool:
    """True where a cancel of our own does what the engine's ``cancel`` asks for.

    It is on its way, or the order is over; one that the counterparty refused, or that people were
    told of as unanswered, does not count.
    """
    if cancel.kind is not InstructionKind.CANCEL or cancel.number < 0:
        return False
    found = db.execute(
        "SELECT instructions.state, placements.closed FROM instructions"  # noqa: S608 - constants
        " LEFT JOIN placements USING (placement_id)"
        " WHERE instructions.orig_cl_ord_id = ? AND instructions.kind = 'cancel'"
        f" AND instructions.number < 0 AND ({_IN_FLIGHT}"
        " OR (instructions.state = 'DONE' AND placements.closed <> ''))",
        (cancel.orig_cl_ord_id,),
    )
    return found.fetchone() is not None


def _cancel_in_flight(db: Database, cl_ord_id: str) -> bool:
    found = db.execute(
        "SELECT 1 FROM instructions WHERE orig_cl_ord_id = ? AND kind = 'cancel'"  # noqa: S608 - constants
        f" AND {_IN_FLIGHT}",
        (cl_ord_id,),
    )
    return found.fetchone() is not None


def _own_id(switch_id: str, cl_ord_id: str) -> str:
    """A ClOrdID in the form of the engine's, of an epoch that none has: every dialect can write it.

    The same switch and order give the same one; 52 bits of a hash keep others apart.
    """
    number = int(hashlib.sha256(f"{switch_id} {cl_ord_id}".encode()).hexdigest()[:13], 16)
    epoch, count = divmod(number, 2**32)
    return f"Z{base36(epoch).zfill(4)}-{base36(count)}"
