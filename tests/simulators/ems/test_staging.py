"""Staged orders: acknowledged, kept, released in whole or in part, and routed to brokers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from simulators.counterparty.control import ControlError
from simulators.ems.street import split
from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import (
    STAGED,
    broker_of,
    fill_type,
    order,
    routes,
    stage,
    status_type,
)


def test_a_staged_order_is_kept_until_the_trader_releases_it(ems: Desk) -> None:
    x = stage(ems)
    assert order(ems, x)["staged"] is True
    assert routes(ems, x) == []
    ems.call("release", cl_ord_id=x)
    assert ems.client.story(x, 4) == [
        *STAGED,
        (fill_type(ems, "1"), "1", "1000", "600", "400"),
        (fill_type(ems, "2"), "2", "1000", "1000", "0"),
    ]
    assert routes(ems, x) == [("ALFA", "600", "600", "0"), ("BRAVO", "400", "400", "0")]
    assert order(ems, x)["staged"] is False


def test_a_fill_names_broker_market_and_liquidity(ems: Desk) -> None:
    x = stage(ems)
    ems.call("release", cl_ord_id=x)
    fills = ems.client.reports(x, 4)[2:]
    assert [(broker_of(m), m[30], m[851], m[32], m[31], m[6]) for m in fills] == [
        ("ALFA", "XNYS", "2", "600", "100.00", "100.00"),
        ("BRAVO", "XNAS", "1", "400", "100.00", "100.00"),
    ]
    assert {m[37] for m in fills} == {order(ems, x)["order_id"]}
    assert [m[17] for m in fills] == [e["exec_id"] for e in order(ems, x)["executions"]]


@pytest.mark.parametrize("handling", ["1", "2"])
def test_an_order_not_for_manual_handling_is_released_at_once(ems: Desk, handling: str) -> None:
    x = ems.new_id()
    ems.client.order(x, "1000", t21=handling)
    assert [row[:2] for row in ems.client.story(x, 3)] == [
        ("0", "0"),
        (fill_type(ems, "1"), "1"),
        (fill_type(ems, "2"), "2"),
    ]


def test_the_ems_releases_by_itself_after_a_delay(ems44: Desk) -> None:
    ems44.set(release_ms=20)
    x = stage(ems44)
    assert ems44.client.story(x, 4)[3] == ("F", "2", "1000", "1000", "0")


def test_a_partial_release_leaves_the_rest_with_the_trader(ems: Desk) -> None:
    x = stage(ems)
    ems.call("release", cl_ord_id=x, qty="250")
    assert ems.client.story(x, 4)[3] == (fill_type(ems, "1"), "1", "1000", "250", "750")
    assert order(ems, x)["staged"] is True
    with pytest.raises(ControlError, match="800 of 750 that are on no route"):
        ems.call("release", cl_ord_id=x, qty="800")
    ems.call("release", cl_ord_id=x)
    assert ems.client.story(x, 6)[5] == (fill_type(ems, "2"), "2", "1000", "1000", "0")
    assert [row[:2] for row in routes(ems, x)] == [
        ("ALFA", "150"),
        ("BRAVO", "100"),
        ("ALFA", "450"),
        ("BRAVO", "300"),
    ]


def test_a_route_by_hand_goes_where_the_trader_says(ems44: Desk) -> None:
    x = stage(ems44)
    ems44.call("route", cl_ord_id=x, broker="CHARLIE", qty="300", model="never", last_mkt="XLON")
    ems44.call("fill", route=order(ems44, x)["routes"][0]["route_id"], qty="100", price="99.5")
    report = ems44.client.reports(x, 3)[2]
    assert (broker_of(report), report[30], report[32], report[31]) == (
        "CHARLIE", "XLON", "100", "99.50",
    )  # fmt: skip
    assert routes(ems44, x) == [("CHARLIE", "300", "100", "200")]


def test_a_sliced_route_fills_in_parts_with_exact_averages(ems: Desk) -> None:
    ems.set(model="sliced", slices=3, slice_ms=5)
    x = stage(ems)
    ems.call("release", cl_ord_id=x)
    reports = ems.client.reports(x, 8)[2:]
    assert [m[14] for m in reports][-1] == "1000"
    running = Decimal(0)
    for m in reports:
        running += Decimal(m[32])
        assert (m[14], m[151]) == (str(running), str(1000 - running))
    assert sorted(m[32] for m in reports) == ["133", "133", "134", "200", "200", "200"]


def test_a_route_that_never_fills_is_filled_by_command(ems44: Desk) -> None:
    ems44.set(model="never")
    x = stage(ems44)
    ems44.call("release", cl_ord_id=x)
    ems44.call("fill", cl_ord_id=x, qty="700", price="99")
    assert ems44.client.story(x, 3)[2] == ("F", "1", "1000", "700", "300")
    # by telephone: the routes have less to do, the newest first
    assert routes(ems44, x) == [("ALFA", "300", "0", "300"), ("BRAVO", "0", "0", "0")]


def test_the_trader_rejects_a_staged_order(ems: Desk) -> None:
    x = stage(ems)
    ems.call("reject", cl_ord_id=x, text="wrong desk")
    report = ems.client.reports(x, 3)[2]
    assert [report[tag] for tag in (150, 39, 14, 151, 58)] == ["8", "8", "0", "0", "wrong desk"]
    with pytest.raises(ControlError, match="not open"):
        ems.call("release", cl_ord_id=x)


def test_a_released_order_is_not_rejected(ems44: Desk) -> None:
    ems44.set(model="never")
    x = stage(ems44)
    ems44.call("release", cl_ord_id=x, qty="10")
    with pytest.raises(ControlError, match="cancel it"):
        ems44.call("reject", cl_ord_id=x)


@pytest.mark.parametrize("tif", ["3", "4"])
def test_an_order_at_once_ends_with_its_routes(ems44: Desk, tif: str) -> None:
    ems44.set(model="never")
    x = stage(ems44, t59=tif)
    ems44.call("release", cl_ord_id=x)
    assert ems44.client.story(x, 3)[2] == ("4", "4", "1000", "0", "0")


def test_a_rejected_route_is_re_routed_and_only_told_in_words(ems: Desk) -> None:
    x = stage(ems, qty="1116")
    ems.call("release", cl_ord_id=x)
    told, filled = ems.client.reports(x, 4)[2:]
    assert (told[150], told[39], told[14]) == (status_type(ems, "0"), "0", "0")
    assert told[58] == "ALFA rejected: no permission; 1116 re-routed to BRAVO"
    assert (broker_of(filled), filled[14]) == ("BRAVO", "1116")


def test_a_route_its_broker_cancels_is_re_routed_with_the_rest(ems: Desk) -> None:
    x = stage(ems, qty="1113")
    ems.call("release", cl_ord_id=x)
    half, told, rest = ems.client.reports(x, 5)[2:]
    assert (broker_of(half), half[14]) == ("ALFA", "556")
    assert told[58] == "ALFA cancelled by its broker; 557 re-routed to BRAVO"
    assert (broker_of(rest), rest[32], rest[14]) == ("BRAVO", "557", "1113")


def test_without_another_broker_the_rest_goes_back_to_the_trader(ems44: Desk) -> None:
    ems44.set(model="never")
    x = stage(ems44)
    ems44.call("release", cl_ord_id=x)
    first, second = (r["route_id"] for r in order(ems44, x)["routes"])
    ems44.call("route_cancel", route=first)
    assert ems44.client.reports(x, 3)[2][58] == (
        "ALFA cancelled by its broker; 600 back with the trader"
    )
    ems44.call("route_reject", route=second, reroute="DELTA")
    assert routes(ems44, x)[2:] == [("DELTA", "400", "0", "400")]
    ems44.call("route", cl_ord_id=x, broker="ECHO", model="immediate")
    assert ems44.client.story(x, 5)[4] == ("F", "1", "1000", "600", "400")


@pytest.mark.parametrize(
    ("qty", "weights", "parts"),
    [
        ("1000", ("60", "40"), ("600", "400")),
        ("10", ("1", "1", "1"), ("4", "3", "3")),
        ("1", ("1", "2"), ("0", "1")),
        ("7", ("0", "0"), ("4", "3")),
        ("0.5", ("1", "3"), ("0.1", "0.4")),
    ],
)
def test_a_split_adds_up(qty: str, weights: tuple[str, ...], parts: tuple[str, ...]) -> None:
    found = split(Decimal(qty), [Decimal(weight) for weight in weights])
    assert found == [Decimal(part) for part in parts]
    assert sum(found) == Decimal(qty)
