"""What kill switches ask of orders and placements."""

from __future__ import annotations

from tradeoms.domain.kill.scope import Target
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.state import Security
from tradeoms.projections.book import Book


def names_of(security: Security) -> frozenset[str]:
    """Every name under which a switch may mean ``security``."""
    identifiers = (value for _, value in security.identifiers)
    return frozenset((security.id, security.symbol, *identifiers))


def order_target(book: Book, order: Order, *people: str, destination: str | None = None) -> Target:
    """An order in the hands of its own people and of ``people``, on its way to a destination."""
    hands = {order.portfolio_manager, order.placed_by, order.trader, *people}
    return Target(
        funds=frozenset(leg.fund for leg in order.legs),
        people=frozenset(hands - {""}),
        destination=destination,
        securities=names_of(book.securities[order.security_id]),
    )


def placement_target(book: Book, placement: Placement, *people: str) -> Target:
    """A placement, with the people of its order."""
    order = book.orders[placement.order_id]
    return order_target(book, order, placement.trader, *people, destination=placement.destination)
