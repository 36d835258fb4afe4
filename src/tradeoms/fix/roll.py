"""Opens and closes a session by its timetable, and starts its numbers anew when that was agreed.

The life of the numbers is kept in the wire journal: a gateway that was down over the roll, or died
in it, starts them anew before it connects. Orders that are open stay what they are: after the roll
the counterparty is asked for each of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tradeoms.fix.line import Line
from tradeoms.fix.oplog import say
from tradeoms.fix.timetable import Span, life_of, next_span, span_at
from tradeoms.fix.wire_journal import Database, WireJournal, meta, set_meta

_LIFE: Final = "life of {}"


def attend(line: Line, now: datetime) -> None:
    """Do what the timetable asks for at ``now``, UTC; nothing for a session that has none.

    Called each second, and once before anything connects.
    """
    timetable = line.config.schedule
    if not timetable.zone:
        return
    span = span_at(timetable, now)
    if span is None:
        following = next_span(timetable, now)
        _close(line, f"the next session starts {following.start:%Y-%m-%d %H:%M:%S} UTC"
               if following else "no session in sight")  # fmt: skip
        return
    life = life_of(timetable, span)
    if not line.life:
        _note(line, life)  # the first time: the numbers are as the counterparty knows them
    elif life != line.life:
        if line.logged_on:
            _close(line, "the numbers start anew")
            return  # as soon as the connection has ended
        _start_anew(line, life)
    _open(line, span)


def _close(line: Line, reason: str) -> None:
    if line.over != reason:
        line.over = reason
        line.handle.log_out(f"end of session: {reason}")
        say("session_over", session=line.name, reason=reason)


def _open(line: Line, span: Span) -> None:
    if not line.over:
        return
    line.over = ""
    say("session_begins", session=line.name, on=span.on.isoformat(), until=span.end.isoformat())
    if not (line.halted or line.kept_out):
        line.handle.allow()


def known_life(journal: WireJournal, name: str) -> str:
    """The life of the numbers of session ``name``; empty before its first session."""
    return journal.write(lambda db: meta(db, _LIFE.format(name), ""))


def _start_anew(line: Line, life: str) -> None:
    """Reset the store first: who dies in between finds the old life, and does it again."""
    line.handle.reset()
    line.new_epoch("a session of the timetable began")
    _note(line, life)


def _note(line: Line, life: str) -> None:
    def work(db: Database) -> None:
        set_meta(db, _LIFE.format(line.name), life)

    line.journal.write(work)
    line.life = life
