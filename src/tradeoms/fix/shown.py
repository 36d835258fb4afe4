"""How a session is now, for the engine and the operators' screens."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from tradeoms.app.wire import NewsShown, SeenMessage, SessionState
from tradeoms.fix.clock import from_us
from tradeoms.fix.line import Line
from tradeoms.fix.oplog import mask
from tradeoms.fix.tags import msg_type_of, seq_of


def state_of(line: Line, last: int, acked: int) -> SessionState:
    """How a session is now.

    Args:
        line: The session.
        last: Its newest row in the wire journal.
        acked: Its newest row that the engine committed.
    """
    seen = tuple(line.seen)  # one step for the interpreter: the callbacks go on adding
    return SessionState(
        session=line.name,
        logged_on=line.logged_on,
        ready=line.ready,
        next_out=line.handle.next_out,
        next_in=line.handle.next_in,
        epoch=line.epoch,
        unacknowledged=len(line.unanswered),
        lag=max(0, last - acked),
        quarantine=line.quarantined,
        detail=line.detail,
        halted=line.halted,
        held=line.held,
        gap=line.gap,
        duplicates=line.duplicates,
        last_in_at=_newest(seen, "in"),
        last_out_at=_newest(seen, "out"),
        news=tuple(
            NewsShown(at=from_us(each.at_us), headline=each.headline, text=each.text)
            for each in tuple(line.news)
        ),
        messages=tuple(
            _shown(at_us, "in" if way == "in" else "out", raw) for at_us, way, raw in seen
        ),
    )


def _newest(seen: tuple[tuple[int, str, bytes], ...], way: str) -> datetime | None:
    return next((from_us(at_us) for at_us, said, _ in reversed(seen) if said == way), None)


def _shown(at_us: int, way: Literal["in", "out"], raw: bytes) -> SeenMessage:
    return SeenMessage(
        at=from_us(at_us),
        direction=way,
        msg_type=msg_type_of(raw),
        msg_seq_num=seq_of(raw),
        raw=mask(raw.decode("latin-1")),
    )
