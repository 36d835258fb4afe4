"""`blocks`: suggested, merged, placed and parted on the command line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from tests.cli.conftest import Run, load, parsed
from tradeoms.bootstrap import door
from tradeoms.domain.order.commands import CreateOrder, Leg, ReleaseOrder
from tradeoms.domain.reference.commands import LoadDestinations
from tradeoms.domain.reference.state import Destination
from tradeoms.kernel.enums import OrderType, Side
from tradeoms.settings import Settings


def released(tmp_path: Path, side: Side, quantity: int, fund: str, number: int) -> str:
    """An order with the desk."""
    order = CreateOrder(
        client_order_id=f"c{number}", scheme="ticker_mic", security="AAPL.XNAS", side=side,
        order_type=OrderType.MARKET, quantity=Decimal(quantity),
        legs=(Leg(fund=fund, quantity=Decimal(quantity)),),
    )  # fmt: skip
    with door(Settings(data=tmp_path / "data"), "pm") as asked:
        entered = asked.submit("CreateOrder", order)
        order_id: str = msgspec.json.decode(bytes(entered.answer))["id"]
        assert asked.submit("ReleaseOrder", ReleaseOrder(order_id=order_id)).status == "accepted"
    return order_id


def test_orders_are_found_merged_placed_and_parted(node: Run, tmp_path: Path) -> None:
    text = "id,name,roles\npm,Pat,portfolio_manager@*\ntom,Tom,trader@*\n"
    load(node, tmp_path / "users.csv", text)
    with door(Settings(data=tmp_path / "data"), "system") as asked:
        command = LoadDestinations(destinations=(Destination(name="BROKER"),))
        assert asked.submit("LoadDestinations", command).status == "accepted"
    one = released(tmp_path, Side.BUY, 600, "GROWTH", 1)
    two = released(tmp_path, Side.BUY, 300, "YEN", 2)
    sold = released(tmp_path, Side.SELL, 100, "YEN", 3)
    (found,) = parsed(node("blocks", "suggest", "--json"))
    assert (found["order_ids"], found["quantity"]) == ([one, two], "900")
    (cross,) = parsed(node("blocks", "crosses", "--json"))
    assert (cross["buy_order_id"], cross["sell_order_id"], cross["quantity"]) == (one, sold, "100")
    merged = node("blocks", "merge", one, two, "--user", "tom").output.partition(":")[0]
    node("blocks", "place", merged, "450", "BROKER", "--user", "tom")
    block = parsed(node("blocks", "list", "--json"))[0]
    assert (block["id"], block["placed_quantity"]) == (merged, "450")
    assert [each["placed_quantity"] for each in block["orders"]] == ["300", "150"]
    refused = node("blocks", "unmerge", merged, "--user", "tom", code=1)
    assert "block_working" in refused.output
    node("blocks", "place", merged, "many", "BROKER", "--user", "tom", code=2)
