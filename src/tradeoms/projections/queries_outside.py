"""Facts from outside, and lists that rules name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.outside.state import KINDS, SecurityList
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import Rows
from tradeoms.projections.queries_lists import Listing
from tradeoms.projections.resources_outside import (
    NamedListResource,
    OutsideResource,
    named_list_resource,
    outside_resource,
)
from tradeoms.projections.resources_text import stamps_of

_read: Final = {kind: msgspec.json.Decoder(fact).decode for kind, fact in KINDS.items()}
_read_list: Final = msgspec.json.Decoder(SecurityList).decode


def _show(_link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:
    found: list[OutsideResource] = [
        outside_resource(
            _read[row.id.partition(":")[0]](row.state), seq=row.seq, stamps=stamps_of(row)
        )
        for row in rows
    ]
    return found


def _inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """Facts of a fund in scope, and public ones of issuers, offerings and securities.

    A share that was reported tells what all funds hold together: it shows to who sees them all.
    """
    if scope.funds is None:
        return (t.outside.c.kind != "list",)
    of_no_fund = t.outside.c.kind.in_(("issuer", "offering", "constituents"))
    return (sa.or_(t.outside.c.fund.in_(scope.names), of_no_fund),)


OUTSIDE: Final = Listing(table=t.outside, key=("id",), show=_show, inside=_inside, descending=False)


def _show_lists(_link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:
    found: list[NamedListResource] = [
        named_list_resource(_read_list(row.state), seq=row.seq, stamps=stamps_of(row))
        for row in rows
    ]
    return found


def _lists(_link: sa.Connection, _scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """Lists are of the whole firm: whoever may read them at all reads each."""
    return (t.outside.c.kind == "list",)


NAMED_LISTS: Final = Listing(
    table=t.outside, key=("id",), show=_show_lists, inside=_lists, descending=False
)
