"""Orders, cancels, replaces and status requests over the wire, FIX 4.2 and 4.4."""

from __future__ import annotations

import pytest

from tests.simulators.conftest import Desk

FILL = {"FIX.4.2": ("1", "2"), "FIX.4.4": ("F", "F")}
REPLACED_UNFILLED = {"FIX.4.2": "5", "FIX.4.4": "0"}


def fill_type(desk: Desk, *, full: bool) -> str:
    return FILL[desk.client.begin_string][full]


def test_an_order_is_acknowledged_and_filled(desk: Desk) -> None:
    x = desk.new_id()
    desk.client.order(x, "500", t1="ACC1", t44="100.25")
    assert desk.client.story(x, 2) == [
        ("0", "0", "500", "0", "500"),
        (fill_type(desk, full=True), "2", "500", "500", "0"),
    ]
    new, fill = desk.client.reports(x, 2)
    assert (fill[1], fill[55], fill[54], fill[32], fill[31], fill[6]) == (
        "ACC1", "IBM", "1", "500", "100.25", "100.25",
    )  # fmt: skip
    assert new[37] == fill[37]
    assert new[17] != fill[17]
    assert (20 in fill) == (desk.client.begin_string == "FIX.4.2")


def test_partial_fills_add_up(desk: Desk) -> None:
    desk.set(model="sliced", slices=3, slice_ms=5)
    x = desk.new_id()
    desk.client.order(x, "1000")
    partial, full = fill_type(desk, full=False), fill_type(desk, full=True)
    assert desk.client.story(x, 4) == [
        ("0", "0", "1000", "0", "1000"),
        (partial, "1", "1000", "333", "667"),
        (partial, "1", "1000", "666", "334"),
        (full, "2", "1000", "1000", "0"),
    ]


def test_the_average_price_is_exact(desk: Desk) -> None:
    desk.set(model="never")
    x = desk.new_id()
    desk.client.order(x, "300")
    desk.client.reports(x, 1)
    desk.call("fill", cl_ord_id=x, qty="100", price="10.01")
    desk.call("fill", cl_ord_id=x, qty="200", price="10.02")
    assert [report[6] for report in desk.client.reports(x, 3)] == ["0", "10.01", "10.01666667"]
    assert desk.call("order", cl_ord_id=x)["notional"] == "3005"


def test_an_open_order_is_cancelled(desk: Desk) -> None:
    desk.set(model="never", pending_acks=True)
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 2)
    desk.client.cancel(y, x)
    assert desk.client.story(x, 2) == [
        ("A", "A", "500", "0", "500"),
        ("0", "0", "500", "0", "500"),
    ]
    assert desk.client.story(y, 2) == [
        ("6", "6", "500", "0", "500"),
        ("4", "4", "500", "0", "0"),
    ]
    assert [report[41] for report in desk.client.reports(y, 2)] == [x, x]


def test_fills_that_cross_a_pending_replace_carry_the_old_id(desk: Desk) -> None:
    desk.set(model="never", pending_acks=True, pending_ms=300)
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "10000")
    desk.client.reports(x, 2)
    desk.client.replace(y, x, "8000")
    desk.client.reports(y, 1)
    desk.call("fill", cl_ord_id=x, qty="1600", price="100")
    assert desk.client.story(x, 3)[2][1:] == ("E", "10000", "1600", "8400")
    assert desk.client.story(y, 2) == [
        ("E", "E", "10000", "0", "10000"),
        ("5", "1", "8000", "1600", "6400"),
    ]


def test_a_replaced_order_goes_on_under_its_new_id(desk: Desk) -> None:
    desk.set(model="never")
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 1)
    desk.client.replace(y, x, "700", t44="101.50")
    (report,) = desk.client.reports(y, 1)
    assert (report[150], report[39], report[41], report[44], report[151]) == (
        "5", REPLACED_UNFILLED[desk.client.begin_string], x, "101.50", "700",
    )  # fmt: skip
    desk.call("fill", cl_ord_id=x, qty="700", price="101")
    assert desk.client.story(y, 2)[1][1:] == ("2", "700", "700", "0")
    assert desk.call("order", cl_ord_id=x)["chain"] == [x, y]


@pytest.mark.parametrize("qty", ["300", "200"])
def test_a_replace_to_what_is_executed_or_less_fills_the_order(desk: Desk, qty: str) -> None:
    desk.set(model="never")
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 1)
    desk.call("fill", cl_ord_id=x, qty="300", price="100")
    desk.client.replace(y, x, qty)
    assert desk.client.story(y, 1) == [("5", "2", "300", "300", "0")]


def test_an_increase_reopens_a_filled_order(desk: Desk) -> None:
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 2)
    desk.client.replace(y, x, "800")
    assert desk.client.story(y, 2) == [
        ("5", "1", "800", "500", "300"),
        (fill_type(desk, full=True), "2", "800", "800", "0"),
    ]
    assert desk.client.reports(y, 2)[1][32] == "300"


def test_refused_requests_say_why(desk: Desk) -> None:
    desk.set(model="never")
    x, y, z, late, unknown = (desk.new_id() for _ in range(5))
    desk.client.order(x, "500")
    desk.client.reports(x, 1)
    desk.client.replace(y, x, "600")
    desk.client.cancel(x, y)  # 6: x was used before
    desk.client.cancel(unknown, "nobody")  # 1: no such order
    desk.client.replace(desk.new_id(), x, "700")  # 1: y is the live id now
    desk.client.cancel(z, y)
    desk.client.replace(late, z, "700")  # 0: cancelled
    rejects = desk.client.wait(
        lambda m: m[35] == "9" and m[11].startswith((desk.prefix, "no")), count=4
    )
    replaced = REPLACED_UNFILLED[desk.client.begin_string]
    assert [(m[11], m[41], m[39], m[434], m[102]) for m in rejects] == [
        (x, y, replaced, "1", "6"),
        (unknown, "nobody", "8", "1", "1"),
        (f"{desk.prefix}6", y, replaced, "2", "1"),
        (late, z, "4", "2", "0"),
    ]
    assert rejects[1][37] == "NONE"


def test_a_second_request_while_one_is_pending_is_refused(desk: Desk) -> None:
    desk.set(model="never", pending_ms=300)
    x, y, z = desk.new_id(), desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.cancel(y, x)
    desk.client.cancel(z, x)
    (reject,) = desk.client.wait(lambda m: m[35] == "9" and m[11] == z)
    assert (reject[102], reject[39], reject[41]) == ("3", "6", x)
    assert desk.client.story(y, 1) == [("4", "4", "500", "0", "0")]


def test_a_cancel_that_lost_the_race_is_too_late(desk: Desk) -> None:
    desk.set(model="never", pending_ms=300)
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.cancel(y, x)
    desk.client.reports(x, 1)
    desk.call("fill", cl_ord_id=x, qty="500", price="100")
    (reject,) = desk.client.wait(lambda m: m[35] == "9" and m[11] == y)
    assert (reject[102], reject[39], reject[434]) == ("0", "2", "1")


def test_a_duplicate_id_is_rejected_with_the_first_orders_status(desk: Desk) -> None:
    x = desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 2)
    desk.client.order(x, "900")
    duplicate = desk.client.reports(x, 3)[2]
    assert [duplicate[tag] for tag in (150, 39, 103, 38, 14)] == ["8", "2", "6", "500", "500"]
    assert desk.call("order", cl_ord_id=x)["order_qty"] == "500"


def test_a_possible_resend_of_a_known_order_is_answered_with_its_status(desk: Desk) -> None:
    x, y = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 2)
    desk.client.order(x, "500", poss_resend="Y")
    desk.client.order(y, "500", poss_resend="Y")
    status = desk.client.reports(x, 3)[2]
    if desk.client.begin_string == "FIX.4.2":
        assert (status[20], status[150], status[39]) == ("3", "2", "2")
    else:
        assert (status[150], status[39]) == ("I", "2")
    assert len(desk.client.reports(y, 2)) == 2


def test_a_status_request_is_answered(desk: Desk) -> None:
    x, nobody = desk.new_id(), desk.new_id()
    desk.client.order(x, "500")
    desk.client.reports(x, 2)
    desk.client.send("H", {11: x, 55: "IBM", 54: "1"})
    desk.client.send("H", {11: nobody, 55: "IBM", 54: "1"})
    status, unknown = desk.client.reports(x, 3)[2], desk.client.reports(nobody, 1)[0]
    assert (status[17], status[39], status[14], 32 in status and status[32] != "0") == (
        "0", "2", "500", False,
    )  # fmt: skip
    assert (unknown[39], unknown[103], unknown[14]) == ("8", "5", "0")


def test_mass_status_reports_every_order_once(desk44: Desk) -> None:
    x, y = desk44.new_id(), desk44.new_id()
    desk44.client.order(x, "500", t55="MSFT")
    desk44.client.order(y, "600", t55="MSFT")
    desk44.client.send("AF", {584: x, 585: "1", 55: "MSFT"})
    answers = desk44.client.wait(lambda m: m.get(584) == x, count=2)
    assert [(m[150], m[11], m[911], m[912]) for m in answers] == [
        ("I", x, "2", "N"),
        ("I", y, "2", "Y"),
    ]
    desk44.client.send("AF", {584: y, 585: "1", 55: "NOBODY"})
    (none,) = desk44.client.wait(lambda m: m.get(584) == y)
    assert (none[39], none[911], none[912]) == ("8", "0", "Y")


def test_mass_cancel_cancels_a_symbol(desk44: Desk) -> None:
    desk44.set(model="never")
    x, y, z = desk44.new_id(), desk44.new_id(), desk44.new_id()
    desk44.client.order(x, "500", t55="ORCL")
    desk44.client.order(y, "500", t55="CSCO")
    desk44.client.send("q", {11: z, 530: "1", 55: "ORCL", 60: "20261122-12:00:00"})
    (answer,) = desk44.client.wait(lambda m: m[35] == "r" and m[11] == z)
    assert (answer[531], answer[533]) == ("1", "1")
    assert desk44.client.story(x, 2)[1] == ("4", "4", "500", "0", "0")
    assert desk44.call("order", cl_ord_id=y)["ord_status"] == "0"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"t38": "0"}, "13"), ({"t40": "Z"}, "11"), ({"t44": ""}, "99"), ({"t54": "?"}, "99")],
)
def test_an_impossible_order_is_rejected(desk: Desk, change: dict[str, str], reason: str) -> None:
    x = desk.new_id()
    desk.client.order(x, **{"qty": "500", **change})
    (report,) = desk.client.reports(x, 1)
    assert (report[150], report[39], report[103], report[151]) == ("8", "8", reason, "0")


def test_unusable_messages_get_a_business_reject(desk: Desk) -> None:
    x, before = desk.new_id(), len(desk.client.received)
    desk.client.send("D", {11: x, 54: "1", 38: "100", 40: "1"})
    desk.client.send("R", {131: x, 146: "0"})
    desk.client.wait_until(lambda: len(desk.client.received) > before + 1, "two answers")
    rejects = desk.client.received[before:]
    assert [(m[35], m[372], m[380]) for m in rejects] == [("j", "D", "5"), ("j", "R", "3")]


@pytest.mark.parametrize("msg_type", ["3", "j"])
def test_the_next_message_can_be_refused_on_command(desk: Desk, msg_type: str) -> None:
    x = desk.new_id()
    desk.set(reject_next=msg_type)
    before = len(desk.client.received)
    desk.client.order(x, "500")
    desk.client.wait_until(lambda: len(desk.client.received) > before, "reject")
    assert desk.client.received[before][35] == msg_type
    assert desk.client.received[before][372] == "D"


def test_answers_wait_for_the_latency(desk44: Desk) -> None:
    desk44.set(latency_ms=200)
    x = desk44.new_id()
    desk44.client.order(x, "500")
    assert x not in {order["cl_ord_id"] for order in desk44.call("ledger")["orders"]}
    desk44.client.reports(x, 2)
