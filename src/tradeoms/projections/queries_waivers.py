"""How often each person decided about waivers: one by one, and many at once."""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.waiver.state import Waiver, WaiverStatus
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries_lists import WAIVERS

_decode: Final = msgspec.json.Decoder(Waiver).decode


class ApproverCount(msgspec.Struct, frozen=True):
    """What one person decided.

    Attributes:
        approved: Approvals given, each of two counted for the person who gave it.
        in_bulk: How many of these were given many at once.
        bulks: At how many times.
        refused: Requests refused.
    """

    person: str
    approved: int
    in_bulk: int
    bulks: int
    refused: int


def count_approvals(link: sa.Connection, scope: Scope) -> list[ApproverCount]:
    """Count by person, over every waiver of funds in ``scope``."""
    inside = sa.select(t.waivers.c.state).where(*WAIVERS.inside(link, scope))
    approved: Counter[str] = Counter()
    in_bulk: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    bulks: dict[str, set[str]] = {}
    for state in link.execute(inside).scalars():
        waiver = _decode(state)
        for approval in waiver.approvals:
            approved[approval.person] += 1
            if approval.bulk:
                in_bulk[approval.person] += 1
                bulks.setdefault(approval.person, set()).add(approval.bulk)
        if waiver.status is WaiverStatus.REFUSED:
            refused[waiver.decided_by] += 1
    return [
        ApproverCount(
            person=person,
            approved=approved[person],
            in_bulk=in_bulk[person],
            bulks=len(bulks.get(person, ())),
            refused=refused[person],
        )
        for person in sorted(approved | refused)
    ]
