"""Requests about lists of orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.order.commands import CreateOrder


@unique
class ListAction(StrEnum):
    """What can be done with every order of a list."""

    SUBMIT = "submit"
    RELEASE = "release"
    HOLD = "hold"
    ROUTE = "route"
    WAVE = "wave"
    REPRICE = "reprice"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrderList:
    """Enter orders as a list: all or none where `atomic`, else the sound ones."""

    name: str
    orders: tuple[CreateOrder, ...]
    atomic: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnOrderList:
    """Do the same with each open order of a list; each is answered on its own.

    Attributes:
        trader: For a release: who shall trade them; as each order says, if empty.
        destination: For a route or wave: where it goes; as the routing rules say, if empty.
        percent: For a wave: how much of each order is placed now, above 0 and up to 100; down to
            whole lots, and no more than is not placed.
        limit_bps: For a new price: how far from the mark, in basis points of it; positive is the
            aggressive side, above the mark for a buy and below it for a sale.
        reason: For a hold or cancel.
        acknowledge: For a release: the person took note of what the checks of the orders warn of.
    """

    list_id: str
    action: ListAction
    trader: str = ""
    destination: str = ""
    limit_bps: Decimal | None = None
    reason: str = ""
    percent: Decimal | None = None
    acknowledge: bool = False
