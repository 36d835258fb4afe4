"""The list of facts from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.outside.state import KINDS
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import Rows
from tradeoms.projections.queries_lists import Listing
from tradeoms.projections.resources_outside import OutsideResource, outside_resource

_read: Final = {kind: msgspec.json.Decoder(fact).decode for kind, fact in KINDS.items()}


def _show(_link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:
    found: list[OutsideResource] = [
        outside_resource(_read[row.id.partition(":")[0]](row.state), seq=row.seq) for row in rows
    ]
    return found


def _inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """Facts of a fund in scope, and public ones of issuers and offerings.

    A share that was reported tells what all funds hold together: it shows to who sees them all.
    """
    if scope.funds is None:
        return ()
    of_no_fund = t.outside.c.kind.in_(("issuer", "offering"))
    return (sa.or_(t.outside.c.fund.in_(scope.names), of_no_fund),)


OUTSIDE: Final = Listing(table=t.outside, key=("id",), show=_show, inside=_inside, descending=False)
