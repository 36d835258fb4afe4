"""`placements`: made, changed and canceled on the command line, with an algorithm."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Run, load, parsed
from tests.cli.test_blocks import released
from tradeoms.bootstrap import door
from tradeoms.commands.fix_pages import CONFIG
from tradeoms.domain.reference.commands import LoadDestinations
from tradeoms.domain.reference.state import Destination
from tradeoms.kernel.enums import Side
from tradeoms.settings import Settings

PEOPLE = "id,name,roles\npm,Pat,portfolio_manager@*\ntom,Tom,trader@*\n"


@pytest.fixture
def desk(node: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """As `node`, with a broker that has algorithms and `tom` to trade."""
    load(node, tmp_path / "users.csv", PEOPLE)
    with door(Settings(data=tmp_path / "data"), "system") as asked:
        command = LoadDestinations(destinations=(Destination(name="broker-44"),))
        assert asked.submit("LoadDestinations", command).status == "accepted"
    monkeypatch.setenv("TRADEOMS_FIX_CONFIG", str(CONFIG))
    monkeypatch.setenv("TRADEOMS_USER", "tom")
    return node


def test_a_placement_is_made_changed_and_canceled(desk: Run, tmp_path: Path) -> None:
    order = released(tmp_path, Side.BUY, 600, "GROWTH", 1)
    pov = ("--algo", "POV", "--value", "Aggression=high", "--value")
    parts = ("--display-quantity", "100", "--min-quantity", "10")
    made = desk("placements", "make", order, "500", "broker-44", *pov, "Participation=0.1", *parts)
    placement = made.output.partition(":")[0]
    (shown,) = parsed(desk("placements", "list", "--order", order, "--json"))
    assert shown["algo"]["parameters"] == {"Aggression": "high", "Participation": "0.1"}
    assert (shown["id"], shown["order_qty"]) == (placement, "500")
    assert (shown["display_quantity"], shown["min_quantity"]) == ("100", "10")
    assert "POV" in desk("placements", "list").output
    desk("placements", "replace", placement, "--quantity", "600", *pov, "Participation=0.2")
    (shown,) = parsed(desk("placements", "list", "--json"))
    (asked,) = shown["requests"]
    assert Decimal(asked["quantity"]) == 600
    assert asked["algo"]["parameters"]["Participation"] == "0.2"
    desk("placements", "cancel", placement)
    assert len(parsed(desk("placements", "list", "--json"))[0]["requests"]) == 2


def test_what_is_wrong_is_told(desk: Run, tmp_path: Path) -> None:
    order = released(tmp_path, Side.BUY, 600, "GROWTH", 1)
    make = ("placements", "make", order, "500", "broker-44")
    wrong = desk(*make, "--algo", "POV", "--value", "Participation=0.9", code=1)
    assert "algo/parameters/Participation: algo_parameter: Participation: at most" in wrong.output
    assert "name it with --algo" in desk(*make, "--value", "Participation=0.1", code=2).output
    assert "many is no number" in desk("placements", "make", order, "many", "X", code=2).output
