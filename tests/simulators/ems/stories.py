"""What the tests of the EMS share: staged orders, and reports as rows."""

from __future__ import annotations

from typing import Any

from tests.simulators.conftest import Desk
from tests.simulators.initiator import RAW, Message

#: (150, 39, 38, 14, 151) of the two reports every staged order begins with, for 1000 shares.
STAGED = [("A", "A", "1000", "0", "1000"), ("0", "0", "1000", "0", "1000")]


def stage(desk: Desk, qty: str = "1000", **changes: str) -> str:
    """Stage an order, wait until it is, and return its ClOrdID."""
    x = desk.new_id()
    desk.client.order(x, qty, t21="3", **changes)
    desk.client.reports(x, 2)
    return x


def fill_type(desk: Desk, status: str) -> str:
    """Return the ExecType (150) of a fill that leads to a status."""
    return status if desk.client.version == "FIX.4.2" else "F"


def status_type(desk: Desk, status: str) -> str:
    """Return the ExecType (150) of a report that only tells the status."""
    return status if desk.client.version == "FIX.4.2" else "I"


def broker_of(message: Message) -> str:
    """Return the executing broker of a fill, wherever the version puts it."""
    if message[RAW].startswith("8=FIX.4.2"):
        assert 453 not in message
        return message[76]
    assert 76 not in message
    assert "|453=1|448=" in message[RAW]
    assert (message[447], message[452]) == ("D", "1")
    return message[448]


def routes(desk: Desk, cl_ord_id: str) -> list[tuple[str, str, str, str]]:
    """Return (broker, quantity, executed, open) of the routes of an order."""
    return [
        (r["broker"], r["order_qty"], r["cum_qty"], r["leaves_qty"])
        for r in order(desk, cl_ord_id)["routes"]
    ]


def order(desk: Desk, cl_ord_id: str) -> dict[str, Any]:  # JSON
    """Return the order as the EMS's ledger has it."""
    found: dict[str, Any] = desk.call("order", cl_ord_id=cl_ord_id)
    return found
