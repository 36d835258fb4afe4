"""From the parameters of a list to the part of it that is wanted."""

from __future__ import annotations

from tradeoms.projections.paging import Cut
from tradeoms.rest.endpoint import ListQuery


def cut_of(query: ListQuery) -> Cut:
    """The part that ``query`` asks for."""
    return Cut(after=query.after, limit=query.limit)
