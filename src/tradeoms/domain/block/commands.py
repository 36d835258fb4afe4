"""Requests about blocks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.kernel.enums import OrderType, TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOrders:
    """Work released orders together.

    Attributes:
        order_ids: Orders of the same security, side, type and instructions, none of them placed.
        block_id: The block they join; a new one where empty.
    """

    order_ids: tuple[str, ...]
    block_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeBlock:
    """Work orders of a block alone again: those named, or all of them."""

    block_id: str
    order_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceBlock:
    """Route units of a block to a destination, as `CreatePlacement` does for an order.

    The units are shared over the orders by what each has not placed. The limit is the tightest of
    the orders' where none is given. Display and minimum quantity are those of the whole.
    """

    block_id: str
    destination: str
    quantity: Decimal
    order_type: OrderType | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    manual: bool = False
    broker_order_id: str = ""
    algo: AlgoWish | None = None
    display_quantity: Decimal | None = None
    min_quantity: Decimal | None = None


BlockCommand = MergeOrders | UnmergeBlock | PlaceBlock
