"""`lists` and `orders release ...`: programs entered, tried out and worked on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, load, parsed
from tradeoms.bootstrap import door
from tradeoms.domain.reference.commands import LoadDestinations
from tradeoms.domain.reference.state import Destination
from tradeoms.settings import Settings

USERS = "id,name,roles\npm,Pam,portfolio_manager@*\ntom,Tom,trader@*\ntea,Tea,trader@*\n"
ORDERS = (
    "client_order_id,security,side,quantity,order_type,limit_price,fund\n"
    "a-1,AAPL.XNAS,buy,100,limit,250.10,GROWTH\na-2,AAPL.XNAS,buy,60,limit,250.10,GROWTH\n"
)


def test_a_list_is_entered_tried_out_and_worked(node: Run, tmp_path: Path) -> None:
    load(node, tmp_path / "users.csv", USERS)
    cash = "fund,security,quantity,as_of\nGROWTH,cash:USD,1000000,2026-01-30\n"
    load(node, tmp_path / "positions.csv", cash)
    load(node, tmp_path / "prices.csv", "security,price,as_of\nAAPL.XNAS,250,2026-01-30\n")
    with door(Settings(data=tmp_path / "data"), "system") as asked:
        broker = LoadDestinations(destinations=(Destination(name="BROKER"),))
        assert asked.submit("LoadDestinations", broker).status == "accepted"
    (tmp_path / "program.csv").write_text(ORDERS)
    entered = node("lists", "enter", "month end", "program.csv", "--user", "pm", "--json")
    name = parsed(entered)["id"]
    one, two = (line["id"] for line in parsed(entered)["data"])
    (listed,) = parsed(node("lists", "list", "--json"))
    assert (listed["id"], listed["progress"]) == (name, {"approved": 2})
    node("lists", "act", name, "hold", "--user", "pm", code=1)
    node("lists", "act", name, "release", "--trader", "tom", "--user", "pm")
    wave = ("lists", "act", name, "wave", "--percent", "50", "--destination", "BROKER")
    tried = parsed(node(*wave, "--user", "tom", "--dry-run", "--json"))
    assert [line["quantity"] for line in tried["data"]] == ["50", "30"]
    assert {one["placed_quantity"] for one in parsed(node("lists", "show", name, "--json"))
            ["orders"]} == {"0"}  # fmt: skip
    node(*wave, "--user", "tom")
    shown = parsed(node("lists", "show", name, "--json"))["orders"]
    assert [order["placed_quantity"] for order in shown] == ["50", "30"]
    note = ("--trader", "tea", "--note", "half is out", "--user", "tom")
    assert "tea has it" in node("orders", "hand-over", one, two, *note).output
    assert parsed(node("orders", one))["trader"] == "tea"
    failed = node("orders", "claim", one, "ord_none", "--user", "tom", code=1)
    assert "order_claimed" in failed.output
    assert "order_unknown" in failed.output
    node("orders", "cancel", two, "--user", "pm")
    assert parsed(node("orders", "show", two))["cancel_pending"] is True
