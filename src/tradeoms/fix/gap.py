"""Watches for messages that stay missing: nothing leaves then, so people must hear of it.

A gap stands while the number that was the highest at some moment is still not reached; numbers that
are counted and overtaken all the time, as under load, are none. What people were told survives the
gateway, so that whoever sees the end of a gap closes the break.
"""

from __future__ import annotations

from typing import Final

from tradeoms.fix.clock import now_us
from tradeoms.fix.line import Line
from tradeoms.fix.notes import GapNote, encode_note
from tradeoms.fix.oplog import say
from tradeoms.fix.wire_journal import Database, WireJournal, meta, set_meta

_TOLD: Final = "gap told of {}"


def look_at_gap(line: Line) -> None:
    """Tell the engine of a gap that stands for too long, and of the end of one it was told of."""
    if not line.logged_on:
        return
    now, expected = now_us(), line.handle.next_in
    line.gap_top = min(line.gap_top, line.highest_in)  # a Logon may have told that it was wrong
    if expected > line.gap_top:
        line.gap_top, line.gap_since_us = line.highest_in, now
    seconds = (now - line.gap_since_us) // 1_000_000
    stands = expected <= line.gap_top and seconds >= line.config.dialect.recovery.gap_wait_s
    if stands and not line.gap_told:
        _tell(line, GapNote(expected=expected, highest=line.highest_in, seconds=seconds))
    elif line.gap_told and expected > line.gap_top:
        _tell(line, None)


def gap_was_told(journal: WireJournal, name: str) -> bool:
    """True where people have a break about a gap of session ``name``."""
    return bool(journal.write(lambda db: meta(db, _TOLD.format(name), "")))


def _tell(line: Line, note: GapNote | None) -> None:
    """Tell of a gap, or with no note of its end, and remember it, in one commit."""
    told = note is not None

    def work(db: Database) -> None:
        set_meta(db, _TOLD.format(line.name), "yes" if told else "")
        line.journal.add_row(db, line.name, "gap", encode_note(note or GapNote()))

    line.journal.write(work)
    line.gap_told = told
    line.journal.arrived.set()
    say("gap_told", session=line.name, stands=told)
