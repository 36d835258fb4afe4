"""What could be worked together, and what could trade within the house."""

from __future__ import annotations

import msgspec

from tradeoms.projections.resources_text import SecurityRef


class SuggestionResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Released orders that could be worked in one block."""

    order_ids: tuple[str, ...]
    security: SecurityRef
    side: str
    order_type: str
    quantity: str
    portfolio_managers: tuple[str, ...]


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """All groups, the earliest order first."""

    data: list[SuggestionResource]


class CrossResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A purchase and a sale of one security by different funds, whose limits meet."""

    security: SecurityRef
    buy_order_id: str
    sell_order_id: str
    buy_funds: tuple[str, ...]
    sell_funds: tuple[str, ...]
    buy_limit_price: str | None
    sell_limit_price: str | None
    quantity: str
    """Units that could change hands: not placed on either side, no fund with itself."""
    mark: str | None
    """Price as last loaded, of the day `mark_as_of`."""
    mark_as_of: str | None
