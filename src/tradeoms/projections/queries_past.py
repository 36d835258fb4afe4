"""What the journal says was known at a past event: rules, funds and securities of then.

Only what has changed since is looked up: every row tells the event that changed it last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.domain.case.events import FundRunRecorded
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.reference.events import FundDefined, SecurityDefined
from tradeoms.domain.reference.state import Fund, Security
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.projections import tables as t

_codec: Final = Codec(EVENTS)


def fund_run(link: sa.Connection, run_id: str, fund: str) -> FundRunRecorded | None:
    """The whole result of a run for one fund."""
    runs = t.fund_runs
    wanted = (
        sa.select(journal.c.body)
        .join(runs, runs.c.seq == journal.c.seq)
        .where(runs.c.run_id == run_id, runs.c.fund == fund)
    )
    body = link.execute(wanted).scalar()
    return None if body is None else _codec.decode(body).event


def fund_runs(link: sa.Connection, run_id: str, funds: Iterable[str] | None) -> list[
    FundRunRecorded
]:  # fmt: skip
    """The results of a run for ``funds``, by name; for every fund where None."""
    runs = t.fund_runs
    wanted = (
        sa.select(journal.c.body)
        .join(runs, runs.c.seq == journal.c.seq)
        .where(runs.c.run_id == run_id)
        .order_by(runs.c.fund)
    )
    if funds is not None:
        wanted = wanted.where(runs.c.fund.in_(sorted(funds)))
    return [_codec.decode(body).event for body in link.execute(wanted).scalars()]


def securities_at(link: sa.Connection, seq: int, ids: Iterable[str]) -> dict[str, Security]:
    """The securities of ``ids`` that were defined otherwise at ``seq``, as they were."""
    changed = _changed_since(link, t.securities, t.securities.c.id, seq, ids)
    found = {name: _last(link, name, seq, SecurityDefined) for name in changed}
    return {name: event.security for name, event in found.items() if event is not None}


def funds_at(link: sa.Connection, seq: int, codes: Iterable[str]) -> dict[str, Fund]:
    """The funds of ``codes`` that were defined otherwise at ``seq``, as they were."""
    changed = _changed_since(link, t.funds, t.funds.c.code, seq, codes)
    found = {code: _last(link, f"fund_{code}", seq, FundDefined) for code in changed}
    return {code: event.fund for code, event in found.items() if event is not None}


def _changed_since(
    link: sa.Connection, table: sa.Table, key: sa.Column[Any], seq: int, names: Iterable[str]
) -> list[str]:
    wanted = sorted(set(names))
    found: list[str] = []
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        found += link.execute(sa.select(key).where(key.in_(some), table.c.seq > seq)).scalars()
    return found


def _last(link: sa.Connection, subject: str, seq: int, kind: type) -> Any:  # Any: of `kind`
    """The newest event of ``kind`` about ``subject`` up to ``seq``; None for none."""
    wanted = (
        sa.select(journal.c.body)
        .where(journal.c.subject == subject, journal.c.seq <= seq)
        .order_by(journal.c.seq.desc())
    )
    for body in link.execute(wanted).scalars():
        event = _codec.decode(body).event
        if isinstance(event, kind):
            return event
    return None
