"""Tells when a counterparty's clock and ours are too far apart, once for each connection."""

from __future__ import annotations

from tradeoms.fix.clock import from_us
from tradeoms.fix.inbound import instant
from tradeoms.fix.line import Line
from tradeoms.fix.notes import note_break
from tradeoms.fix.oplog import mask, say
from tradeoms.fix.tags import is_poss_dup, tags_of


def look_at_clock(line: Line) -> None:
    """Compare the SendingTime (52) of the newest message with when it came."""
    limit_s = line.config.controls.clock_skew_s
    newest = next((each for each in reversed(tuple(line.seen)) if each[1] == "in"), None)
    if not limit_s or newest is None or not line.logged_on or line.connection == line.clock_told:
        return
    at_us, _, raw = newest
    sent_at = instant(tags_of(raw).get(52, ""))
    if sent_at is None or is_poss_dup(raw):
        return
    skew_s = abs((from_us(at_us) - sent_at).total_seconds())
    if skew_s <= limit_s:
        return
    line.clock_told = line.connection
    reason = f"SendingTime (52) is {skew_s:.0f} s from our clock, {limit_s} s are allowed"
    say("clock_skewed", session=line.name, skew_s=skew_s)
    shown = mask(raw.decode("latin-1"))
    line.journal.write(lambda db: note_break(db, line.journal, line.name, reason, shown))
    line.journal.arrived.set()
