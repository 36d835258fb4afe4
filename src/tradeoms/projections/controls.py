"""Proof that what limits and permits is what the journal says.

The engine loads its state from the read models. Whoever writes into them past the engine could
raise a limit, grant a role or release a kill switch without a trace; so the few tables that decide
are folded anew from their own events at every start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.domain.reference.events import PositionsLoaded, RequestRefused
from tradeoms.domain.reference.state import ApiKey, Destination, Fund, User
from tradeoms.domain.ruleset.state import RuleVersion
from tradeoms.journal.codec import Codec
from tradeoms.journal.statements import Op, RowValues
from tradeoms.journal.store import Batch
from tradeoms.journal.tables import journal
from tradeoms.kernel.errors import ControlsDiffer
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.project import state_text, write_touched

#: The tables, how the subjects of the events begin that make their rows, and what a state is.
CONTROLS: Final[dict[sa.Table, tuple[str, type]]] = {
    t.rules: ("rule_", RuleVersion),
    t.funds: ("fund_", Fund),
    t.users: ("usr_", User),
    t.api_keys: ("key_", ApiKey),
    t.destinations: ("dst_", Destination),
    t.kill_switches: ("kil_", KillSwitch),
}


#: Events of these subjects that make none of the rows: every morning's books, refused requests.
#: Quotes within a text are escaped in a body, so no text can look like one of these.
_BESIDE: Final = tuple(f'"type":"{event.__name__}"' for event in (PositionsLoaded, RequestRefused))


def prove_controls(link: sa.Connection) -> None:
    """Compare the tables with the journal.

    Raises:
        ControlsDiffer: If a row was changed, added or removed past the engine.
    """
    folded = _folded(link)
    changed = []
    for table, (_, kind) in CONTROLS.items():
        width = len(table.primary_key)
        columns = list(table.columns)[: table.columns.keys().index("state") + 1]
        rows = link.execute(sa.select(*columns))
        stored = {tuple(row[:width]): _as_now(row, kind) for row in rows}
        wanted = {row[:width]: row[: len(columns)] for row in folded.get((table, Op.UPSERT), ())}
        changed += [
            f"{table.name} {' '.join(map(str, key))}"
            for key in sorted(stored.keys() | wanted.keys())
            if stored.get(key) != wanted.get(key)
        ]
    if changed:
        raise ControlsDiffer(rows=changed)


def _as_now(row: Sequence[Any], kind: type) -> RowValues:  # Any: a row of any table
    """A row with its state as this build writes it: an older one may have known fewer fields."""
    *others, state = row
    try:
        text = state_text(msgspec.json.decode(state, type=kind))
    except msgspec.DecodeError as error:
        text = str(error)
    return (*others, text)


def _folded(link: sa.Connection) -> dict[tuple[sa.Table, Op], list[RowValues]]:
    book, codec, batch = Book(), Codec(EVENTS), Batch()
    about = (begins_with(start) for start, _ in CONTROLS.values())
    wanted = sa.select(journal.c.seq, journal.c.body).where(sa.or_(*about)).order_by(journal.c.seq)
    for seq, body in link.execute(wanted):
        if not any(name in body for name in _BESIDE):
            apply(book, codec.decode(body).event, seq)
    write_touched(book, batch)
    return batch.writes


def begins_with(start: str) -> sa.ColumnElement[bool]:
    """Subjects that begin with ``start``, looked up in their index, which has them by bytes."""
    behind = start[:-1] + chr(ord(start[-1]) + 1)
    return sa.and_(journal.c.subject >= start, journal.c.subject < behind)
