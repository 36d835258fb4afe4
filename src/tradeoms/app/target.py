"""What kill switches ask of orders and placements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
    """A placement, with the people of its orders."""
    hands = (placement.trader, *people)
    return orders_target(book, placement.order_ids, *hands, destination=placement.destination)


def orders_target(
    book: Book, order_ids: Iterable[str], *people: str, destination: str | None = None
) -> Target:
    """Orders of one security that are worked together: what stops one of them stops all."""
    orders = [book.orders[each] for each in order_ids]
    targets = [order_target(book, order, *people, destination=destination) for order in orders]
    return replace(
        targets[0],
        funds=frozenset().union(*(target.funds for target in targets)),
        people=frozenset().union(*(target.people for target in targets)),
    )
