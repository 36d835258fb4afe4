"""News (B), Email (C), the status of lists (N): kept, and shown with their session.

Some counterparties end the repetition of what was missed with a News of agreed words (FIX 4.4 Vol.
3 leaves its use to the parties). Where the dialect names them, nothing leaves before they came.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tradeoms.fix.tags import msg_type_of, tags_of
from tradeoms.fix.wire_journal import Database, Row

#: How many of the newest are shown.
SHOWN: Final = 20
TYPES: Final = frozenset({"B", "C"})
_LIST_STATUS: Final = "N"
#: ListOrderStatus (431), FIX 4.4 Vol. 6.
_STATES: Final = {
    "1": "in bidding", "2": "received for execution", "3": "executing", "4": "canceling",
    "5": "alert", "6": "all done", "7": "rejected",
}  # fmt: skip
_TEXT_MAX: Final = 2_000
#: Headline (148), Subject (147), and the lines of text (58).
_HEAD: Final = re.compile(rb"\x01(?:147|148)=([^\x01]*)")
_LINE: Final = re.compile(rb"\x0158=([^\x01]*)")


@dataclass(frozen=True, slots=True)
class News:
    """What a counterparty told people: when it came, its headline, its lines of text."""

    at_us: int
    headline: str
    text: str


def read_news(raw: bytes, at_us: int) -> News:
    """The words of a News or Email; every line, whatever its group looks like."""
    if msg_type_of(raw) == _LIST_STATUS:
        return News(at_us=at_us, headline=_words_of_status(tags_of(raw)), text=_reason(raw))
    heads = [found.decode("latin-1") for found in _HEAD.findall(raw)]
    lines = [found.decode("latin-1") for found in _LINE.findall(raw)]
    return News(at_us=at_us, headline="; ".join(heads), text="\n".join(lines)[:_TEXT_MAX])


def _words_of_status(tags: Mapping[int, str]) -> str:
    """What a ListStatus (N) says of its list."""
    code = tags.get(431, "")
    state = _STATES.get(code, f"status {code}")
    return f"list {tags.get(66, '')}: {state}, {tags.get(68, 'an untold number of')} orders"


def _reason(raw: bytes) -> str:
    """ListStatusText (444)."""
    return tags_of(raw).get(444, "")


def is_marker(raw: bytes, marker: str) -> bool:
    """True for a News that has the words ``marker``."""
    if not marker or msg_type_of(raw) not in TYPES:
        return False
    news = read_news(raw, 0)
    return marker in news.headline or marker in news.text


def keep_news(db: Database, row: Row) -> News | None:
    """Inside a write: keep what a row tells people; `None` where it is no News."""
    if row.kind != "in" or msg_type_of(row.raw) not in TYPES | {_LIST_STATUS}:
        return None
    news = read_news(row.raw, row.at_us)
    db.execute(
        "INSERT OR IGNORE INTO news (row, session, at_us, headline, text) VALUES (?, ?, ?, ?, ?)",
        (row.row, row.session, news.at_us, news.headline, news.text),
    )
    return news


def newest(db: Database, session: str) -> deque[News]:
    """The newest of a session, oldest first."""
    found = db.execute(
        "SELECT at_us, headline, text FROM news WHERE session = ? ORDER BY row DESC LIMIT ?",
        (session, SHOWN),
    ).fetchall()
    return deque((News(*values) for values in reversed(found)), maxlen=SHOWN)
