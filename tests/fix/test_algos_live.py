"""Algorithms through the whole house: REST, gateway, FIX bytes, both simulators, and the record."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from tests.fix.faulty_house import BROKER, EMS, FaultyHouse
from tradeoms import bootstrap

VWAP = {"strategy": "VWAP", "parameters": {"MaxParticipation": "0.25", "Aggression": "low"}}
SLOW = {"strategy": "VWAP", "parameters": {"MaxParticipation": "0.1"}}
VWAP_WIRE = "847=1|957=2|958=MaxParticipation|959=11|960=0.25|958=Aggression|959=12|960=L|"
SLOW_WIRE = "847=1|957=1|958=MaxParticipation|959=11|960=0.1|"
Json = dict[str, Any]  # Any: JSON
NUMBERS = iter(range(1, 1000))


@pytest.fixture(params=[BROKER, EMS])
def destination(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def order(house: FaultyHouse) -> str:
    """An order with the desk, too far from the market to trade."""
    body = {
        "client_order_id": f"algo-{next(NUMBERS)}",
        "security": {"scheme": "ticker_mic", "value": "MSFT.XNAS"},
        "side": "buy", "quantity": "100", "order_type": "limit", "limit_price": "20",
        "allocations": [{"fund": "GROWTH", "quantity": "100"}],
    }  # fmt: skip
    order_id: str = house.manager.post("/orders", body)["id"]
    house.manager.post(f"/orders/{order_id}/release")
    return order_id


def placement(house: FaultyHouse, placement_id: str) -> Json:
    found: Json = house.trader.get(f"/placements/{placement_id}")
    return found


def wire(house: FaultyHouse, destination: str, sql: str, *values: str) -> list[str]:
    """Raw messages of a gateway's journal, separators as `|`."""
    path = house.settings.data / "fix" / destination / "wire.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as link:
        found = link.execute(sql, values).fetchall()
    return [bytes(raw).decode().replace("\x01", "|") for (raw,) in found]


def sent(house: FaultyHouse, destination: str, cl_ord_id: str) -> str:
    """The request as it went out."""
    sql = "SELECT raw FROM instructions WHERE cl_ord_id = ? AND kind <> 'status'"
    return wire(house, destination, sql, cl_ord_id)[0]


def reported(house: FaultyHouse, destination: str, cl_ord_id: str) -> list[str]:
    """The execution reports that came back about a request."""
    texts = wire(house, destination, "SELECT raw FROM rows WHERE kind = 'in' ORDER BY row")
    return [text for text in texts if f"|11={cl_ord_id}|" in text and "|35=8|" in text]


def test_an_algorithm_goes_out_comes_back_and_follows_its_replaces(
    house: FaultyHouse, destination: str
) -> None:
    body = {"order": order(house), "destination": destination, "quantity": "100", "algo": VWAP}
    made = house.trader.post("/placements", body)
    assert made["algo"]["strategy"] == "VWAP"
    assert made["algo"]["parameters"] == VWAP["parameters"]
    key = made["id"]
    house.until("the ack", lambda: placement(house, key)["status"] == "new")
    assert VWAP_WIRE in sent(house, destination, made["cl_ord_id"])
    assert all(VWAP_WIRE in text for text in reported(house, destination, made["cl_ord_id"]))

    house.trader.patch(f"/placements/{key}", {"limit_price": "19"}, version=0)
    house.until("the first replace", lambda: not placement(house, key)["requests"])
    kept = placement(house, key)
    assert (kept["limit_price"], kept["algo"]) == ("19", made["algo"])
    assert VWAP_WIRE in sent(house, destination, kept["cl_ord_id"])

    asked = house.trader.patch(f"/placements/{key}", {"algo": SLOW}, version=0)
    assert asked["requests"][-1]["algo"]["parameters"] == SLOW["parameters"]
    house.until("the second replace", lambda: not placement(house, key)["requests"])
    changed = placement(house, key)
    assert changed["algo"]["parameters"] == SLOW["parameters"]
    assert SLOW_WIRE in sent(house, destination, changed["cl_ord_id"])
    assert SLOW_WIRE in reported(house, destination, changed["cl_ord_id"])[-1]
    listed = {one["id"]: one["algo"] for one in house.trader.get("/placements")["data"]}
    assert listed[key] == changed["algo"]
    house.trader.post(f"/placements/{key}/cancel")
    house.until("the cancel", lambda: placement(house, key)["status"] == "canceled")
    assert house.book().placements[key].algo is not None, "read back from the database"


def test_a_block_is_placed_with_an_algorithm(house: FaultyHouse) -> None:
    block = house.trader.post("/blocks", {"orders": [order(house), order(house)]})
    body = {"block": block["id"], "destination": BROKER, "quantity": "200", "algo": VWAP}
    made = house.trader.post("/placements", body)
    house.until("the ack", lambda: placement(house, made["id"])["status"] == "new")
    assert VWAP_WIRE in sent(house, BROKER, made["cl_ord_id"])
    house.trader.post(f"/placements/{made['id']}/cancel")
    house.until("the cancel", lambda: placement(house, made["id"])["status"] == "canceled")


def test_the_record_replays_to_the_same_placements(house: FaultyHouse) -> None:
    replayed = bootstrap.replay(house.settings)
    assert not replayed.differing, replayed
