"""`reports fairness` on the command line, by trading day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from tests.cli.conftest import Run, load, parsed
from tests.cli.test_blocks import released
from tradeoms.bootstrap import door
from tradeoms.domain.placement.commands import CreatePlacement, RecordExecution
from tradeoms.domain.reference.commands import LoadDestinations, RollDay
from tradeoms.domain.reference.state import Destination
from tradeoms.kernel.enums import Side
from tradeoms.settings import Settings


def sell(tmp_path: Path, order: str, price: str) -> None:
    """Execute 100 of an order by telephone."""
    placed = CreatePlacement(
        order_id=order, destination="BROKER", quantity=Decimal(100), manual=True
    )
    with door(Settings(data=tmp_path / "data"), "tom") as asked:
        answer = asked.submit("CreatePlacement", placed).answer
        told = RecordExecution(
            placement_id=msgspec.json.decode(bytes(answer))["id"],
            quantity=Decimal(100), price=Decimal(price),
        )  # fmt: skip
        assert asked.submit("RecordExecution", told).status == "accepted"


def test_the_report_is_by_trading_day(node: Run, tmp_path: Path) -> None:
    text = "id,name,roles\npm,Pat,portfolio_manager@*\ntom,Tom,trader@*\n"
    load(node, tmp_path / "users.csv", text)
    with door(Settings(data=tmp_path / "data"), "system") as asked:
        command = LoadDestinations(destinations=(Destination(name="BROKER"),))
        assert asked.submit("LoadDestinations", command).status == "accepted"
    first = datetime.now(UTC).date()
    second = first + timedelta(days=1)
    for number, (on, fund, price) in enumerate(
        ((first, "GROWTH", "99"), (first, "YEN", "101"), (second, "YEN", "50"))
    ):
        with door(Settings(data=tmp_path / "data"), "system") as asked:
            asked.submit("RollDay", RollDay(trade_on=on))
        sell(tmp_path, released(tmp_path, Side.SELL, 100, fund, number), price)
    load(node, tmp_path / "prices.csv", f"security,price,as_of\nAAPL.XNAS,55,{second}\n")
    found = parsed(node("reports", "fairness", "--from", str(first), "--to", str(first), "--json"))
    (market,) = found["markets"]
    assert (market["trade_on"], market["side"], market["price"]) == (str(first), "sell", "100")
    assert [one["difference_bps"] for one in market["funds"]] == ["100", "-100"]
    assert [one["first_day_bps"] for one in market["funds"]] == [None, None]
    until = str(second + timedelta(days=1))
    table = node("reports", "fairness", "--from", str(second), "--to", until).output
    assert str(second) in table
    assert "-1000" in table  # sold at 50, marked at 55
    assert str(first) not in table
    node("reports", "fairness", "--from", until, "--to", str(second), code=2)
    node("reports", "fairness", "--from", "5 March", "--to", until, code=2)
