"""Cancels and replaces, asked for by the OMS or done by the EMS's own trader."""

from __future__ import annotations

import pytest

from simulators.counterparty.control import ControlError
from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import fill_type, order, routes, stage

#: FIX 4.2 has an OrdStatus for an order that was replaced and not executed.
REPLACED = {"FIX.4.2": "5", "FIX.4.4": "0", "FIX.5.0SP2": "0"}


def test_a_staged_order_is_canceled_on_request(ems: Desk) -> None:
    x, c = stage(ems), ems.new_id()
    ems.client.cancel(c, x)
    assert ems.client.story(c, 1) == [("4", "4", "1000", "0", "0")]
    assert ems.client.reports(c, 1)[0][41] == x
    with pytest.raises(ControlError, match="not open"):
        ems.call("release", cl_ord_id=x)


def test_a_working_order_is_canceled_with_its_routes(ems: Desk) -> None:
    ems.set(model="never", pending_acks=True)
    x, c = stage(ems), ems.new_id()
    ems.call("release", cl_ord_id=x)
    ems.call("fill", cl_ord_id=x, qty="100")
    ems.client.cancel(c, x)
    assert ems.client.story(c, 2) == [
        ("6", "6", "1000", "100", "900"),
        ("4", "4", "1000", "100", "0"),
    ]
    assert [row[3] for row in routes(ems, x)] == ["0", "0"]


def test_it_is_too_late_to_cancel_what_is_filled(ems: Desk) -> None:
    x, c = stage(ems), ems.new_id()
    ems.call("release", cl_ord_id=x)
    ems.client.reports(x, 4)
    ems.client.cancel(c, x)
    refused = ems.client.wait(lambda m: m[35] == "9" and m[11] == c)[0]
    assert [refused[tag] for tag in (41, 39, 434, 102)] == [x, "2", "1", "0"]


def test_a_fill_while_the_cancel_is_pending_makes_it_too_late(ems: Desk) -> None:
    ems.set(model="never", pending_acks=True, pending_ms=300)
    x, c = stage(ems), ems.new_id()
    ems.call("release", cl_ord_id=x)
    ems.client.cancel(c, x)
    ems.client.reports(c, 1)
    ems.call("fill", cl_ord_id=x)
    refused = ems.client.wait(lambda m: m[35] == "9" and m[11] == c)[0]
    assert [refused[tag] for tag in (41, 39, 434, 102)] == [x, "2", "1", "0"]


def test_a_staged_order_is_replaced_and_stays_staged(ems: Desk) -> None:
    ems.set(pending_acks=True)
    x, r = stage(ems), ems.new_id()
    ems.client.replace(r, x, "1500", t21="3", t44="101.00")
    status = REPLACED[ems.client.version]
    assert ems.client.story(r, 2) == [
        ("E", "E", "1000", "0", "1000"),
        ("5", status, "1500", "0", "1500"),
    ]
    assert (routes(ems, r), order(ems, r)["staged"]) == ([], True)
    ems.call("release", cl_ord_id=r)
    assert ems.client.story(r, 4)[3] == (fill_type(ems, "2"), "2", "1500", "1500", "0")


def test_a_replace_of_a_working_order_changes_its_routes(ems: Desk) -> None:
    ems.set(model="never")
    x, less, more = stage(ems), ems.new_id(), ems.new_id()
    ems.call("release", cl_ord_id=x)
    ems.call("fill", cl_ord_id=x, qty="100", price="99")
    ems.client.replace(less, x, "600", t44="98.00")
    assert ems.client.story(less, 1) == [("5", "1", "600", "100", "500")]
    assert sum(int(row[3]) for row in routes(ems, x)) == 500
    ems.client.replace(more, less, "2100")
    assert ems.client.story(more, 1) == [("5", "1", "2100", "100", "2000")]
    assert [row for row in routes(ems, x) if row[3] != "0"] == [
        ("ALFA", "1200", "0", "1200"),
        ("BRAVO", "800", "0", "800"),
    ]


def test_after_a_partial_release_a_replace_routes_no_more_than_was_released(ems44: Desk) -> None:
    ems44.set(model="never")
    x, r = stage(ems44), ems44.new_id()
    ems44.call("release", cl_ord_id=x, qty="300")
    ems44.client.replace(r, x, "1400")
    ems44.client.reports(r, 1)
    assert sum(int(row[3]) for row in routes(ems44, x)) == 300
    assert order(ems44, x)["staged"] is True


def test_a_replace_below_the_executed_quantity_is_amended_to_it(ems: Desk) -> None:
    ems.set(model="never")
    x, r = stage(ems), ems.new_id()
    ems.call("release", cl_ord_id=x)
    ems.call("fill", cl_ord_id=x, qty="400")
    ems.client.replace(r, x, "300")
    assert ems.client.story(r, 1) == [("5", "2", "400", "400", "0")]
    assert [row[3] for row in routes(ems, x)] == ["0", "0"]


def test_an_increase_reopens_a_filled_order(ems44: Desk) -> None:
    x, r = stage(ems44), ems44.new_id()
    ems44.call("release", cl_ord_id=x)
    ems44.client.reports(x, 4)
    ems44.client.replace(r, x, "1500")
    assert ems44.client.story(r, 3) == [
        ("5", "1", "1500", "1000", "500"),
        ("F", "1", "1500", "1300", "200"),
        ("F", "2", "1500", "1500", "0"),
    ]


@pytest.mark.parametrize(("qty", "msg_type"), [("1109", "F"), ("1110", "G")])
def test_a_request_is_refused_as_the_quantity_says(ems44: Desk, qty: str, msg_type: str) -> None:
    x, c = stage(ems44, qty=qty), ems44.new_id()
    ems44.call("release", cl_ord_id=x)
    if msg_type == "F":
        ems44.client.cancel(c, x)
    else:
        ems44.client.replace(c, x, "2000")
    refused = ems44.client.wait(lambda m: m[35] == "9" and m[11] == c)[0]
    assert (refused[434], refused[102]) == (("1", "0") if msg_type == "F" else ("2", "2"))


def test_the_trader_cancels_without_a_request(ems: Desk) -> None:
    ems.set(model="never")
    x = stage(ems)
    ems.call("release", cl_ord_id=x, qty="500")
    ems.call("cancel", cl_ord_id=x, text="no interest")
    report = ems.client.reports(x, 3)[2]
    assert [report[tag] for tag in (150, 39, 14, 151, 58)] == ["4", "4", "0", "0", "no interest"]
    assert 41 not in report
    assert [row[3] for row in routes(ems, x)] == ["0", "0"]


def test_the_trader_replaces_without_a_request(ems: Desk) -> None:
    ems.set(model="never")
    x = stage(ems)
    ems.call("release", cl_ord_id=x)
    ems.call("fill", cl_ord_id=x, qty="100")
    ems.call("replace", cl_ord_id=x, qty="700", price="99")
    report = ems.client.reports(x, 4)[3]
    assert [report[tag] for tag in (150, 39, 38, 44, 14, 151)] == [
        "5", "1", "700", "99.00", "100", "600",
    ]  # fmt: skip
    assert 41 not in report
    assert sum(int(row[3]) for row in routes(ems, x)) == 600


def test_the_trader_restates_and_says_why(ems: Desk) -> None:
    ems.set(model="never")
    x = stage(ems)
    ems.call("restate", cl_ord_id=x, qty="800", reason="5")
    report = ems.client.reports(x, 3)[2]
    assert [report[tag] for tag in (150, 39, 38, 151, 378)] == ["D", "0", "800", "800", "5"]


def test_a_held_order_is_suspended_and_has_no_routes_until_resumed(ems: Desk) -> None:
    ems.set(model="never")
    x = stage(ems)
    ems.call("release", cl_ord_id=x)
    ems.call("hold", cl_ord_id=x)
    assert ems.client.story(x, 3)[2] == ("9", "9", "1000", "0", "1000")
    assert [row[3] for row in routes(ems, x)] == ["0", "0"]
    with pytest.raises(ControlError, match="cannot be worked: status 9"):
        ems.call("route", cl_ord_id=x, broker="ALFA")
    ems.set(model="immediate")
    ems.call("resume", cl_ord_id=x)
    assert [row[:2] for row in ems.client.story(x, 6)[3:]] == [
        ("D", "0"),
        (fill_type(ems, "1"), "1"),
        (fill_type(ems, "2"), "2"),
    ]


def test_an_order_handed_back_is_done_for_day(ems: Desk) -> None:
    ems.set(model="never")
    x = stage(ems)
    ems.call("release", cl_ord_id=x)
    ems.call("fill", cl_ord_id=x, qty="100")
    ems.call("hand_back", cl_ord_id=x)
    assert ems.client.story(x, 4)[3] == ("3", "3", "1000", "100", "900")
    assert [row[3] for row in routes(ems, x)] == ["0", "0"]


def test_a_bust_and_a_correction_reach_the_order_and_its_route(ems: Desk) -> None:
    x = stage(ems)
    ems.call("release", cl_ord_id=x)
    first, second = (m[17] for m in ems.client.reports(x, 4)[2:])
    ems.call("bust", exec_id=first)
    ems.call("correct", exec_id=second, qty="300", price="99.5")
    bust, correction = ems.client.reports(x, 6)[4:]
    old = ems.client.version == "FIX.4.2"
    assert [bust.get(tag) for tag in (20, 150, 19, 14, 151)] == [
        "1" if old else None, "1" if old else "H", first, "400", "600",
    ]  # fmt: skip
    assert [correction.get(tag) for tag in (20, 150, 19, 32, 31, 14, 151)] == [
        "2" if old else None, "1" if old else "G", second, "300", "99.50", "300", "700",
    ]  # fmt: skip
    assert routes(ems, x) == [("ALFA", "600", "0", "0"), ("BRAVO", "400", "300", "0")]
    ems.call("route", cl_ord_id=x, broker="ALFA")
    assert ems.client.story(x, 7)[6] == (fill_type(ems, "2"), "2", "1000", "1000", "0")


def test_status_is_answered_one_by_one_and_for_all(ems: Desk) -> None:
    x = stage(ems)
    ems.client.send("H", {11: x, 54: "1", 55: "IBM"})
    status = ems.client.reports(x, 3)[2]
    old = ems.client.version == "FIX.4.2"
    assert (status[17], status.get(20), status[39]) == ("0", "3" if old else None, "0")
    ems.client.send("AF", {584: x, 585: "7"})
    if old:
        ems.client.wait(lambda m: m[35] in {"3", "j"} and m[372] == "AF")
    else:
        answers = ems.client.wait(lambda m: m.get(584) == x and m.get(912) == "Y")
        assert answers[0][150] == "I"
        told = {m[11] for m in ems.client.received if m.get(584) == x}
        assert x in told


def test_a_duplicate_cl_ord_id_does_not_touch_the_first_order(ems: Desk) -> None:
    x = stage(ems)
    ems.client.order(x, "500", t21="3")
    refused = ems.client.reports(x, 3)[2]
    assert (refused[150], refused[39], refused[103]) == ("8", "0", "6")
    assert order(ems, x)["order_qty"] == "1000"
