"""Pre-allocation groups: checked against the quantity, kept, and passed on pro rata."""

from __future__ import annotations

from typing import Any

from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import order

Pairs = list[tuple[int, str]]


def group(alloc_id: str, *shares: tuple[str, str]) -> Pairs:
    entries = [pair for account, qty in shares for pair in ((79, account), (80, qty))]
    return [(70, alloc_id), (78, str(len(shares))), *entries] if shares else []


def terms(qty: str) -> Pairs:
    return [(21, "3"), (55, "IBM"), (54, "1"), (38, qty), (40, "2"), (44, "100.00"), (59, "0")]


def stage(desk: Desk, qty: str, *shares: tuple[str, str]) -> str:
    x = desk.new_id()
    desk.client.send_groups("D", [(11, x), *terms(qty), *group(f"A-{x}", *shares)])
    return x


def replace(desk: Desk, orig: str, qty: str, allocations: Pairs) -> str:
    x = desk.new_id()
    desk.client.send_groups("G", [(11, x), (41, orig), *terms(qty), *allocations])
    return x


def as_text(view: list[dict[str, Any]]) -> list[tuple[str, str]]:  # JSON
    return [(share["account"], share["qty"]) for share in view]


def refusal(desk: Desk, x: str) -> tuple[str, str]:
    refused = desk.client.wait(lambda m: m[35] == "9" and m[11] == x)[0]
    return refused[434], refused[58]


def test_each_route_gets_its_part_of_every_account(ems: Desk) -> None:
    x = stage(ems, "1000", ("F1", "333"), ("F2", "667"))
    ems.client.reports(x, 2)
    ems.call("release", cl_ord_id=x, qty="500")
    ems.call("release", cl_ord_id=x)
    found = order(ems, x)
    assert as_text(found["allocations"]) == [("F1", "333"), ("F2", "667")]
    assert [as_text(route["allocations"]) for route in found["routes"]] == [
        [("F1", "100"), ("F2", "200")],
        [("F1", "67"), ("F2", "133")],
        [("F1", "100"), ("F2", "200")],
        [("F1", "66"), ("F2", "134")],
    ]


def test_what_does_not_add_up_is_refused(ems: Desk) -> None:
    x = stage(ems, "1000", ("F1", "333"), ("F2", "668"))
    refused = ems.client.reports(x, 1)[0]
    reason = "0" if ems.client.version == "FIX.4.2" else "14"
    assert [refused[tag] for tag in (150, 39, 103)] == ["8", "8", reason]
    assert refused[58] == "allocations add up to 1001, not to 1000"


def test_a_negative_share_is_refused(ems44: Desk) -> None:
    x = stage(ems44, "1000", ("F1", "1100"), ("F2", "-100"))
    assert ems44.client.reports(x, 1)[0][150] == "8"


def test_a_replace_without_the_group_keeps_it_while_it_adds_up(ems44: Desk) -> None:
    x = stage(ems44, "1000", ("F1", "400"), ("F2", "600"))
    ems44.client.reports(x, 2)
    assert refusal(ems44, replace(ems44, x, "900", [])) == (
        "2",
        "allocations add up to 1000, not to 900",
    )
    kept = replace(ems44, x, "1000", [])
    ems44.client.reports(kept, 1)
    assert as_text(order(ems44, x)["allocations"]) == [("F1", "400"), ("F2", "600")]
    assert order(ems44, x)["alloc_id"] == f"A-{x}"


def test_a_changed_group_needs_a_new_alloc_id(ems: Desk) -> None:
    x = stage(ems, "1000", ("F1", "400"), ("F2", "600"))
    ems.client.reports(x, 2)
    changed = (("F1", "500"), ("F2", "600"), ("F3", "100"))
    reused = replace(ems, x, "1200", group(f"A-{x}", *changed))
    assert refusal(ems, reused) == ("2", "changed allocations need a new AllocID (70)")
    accepted = replace(ems, x, "1200", group(f"B-{x}", *changed))
    ems.client.reports(accepted, 1)
    assert as_text(order(ems, x)["allocations"]) == list(changed)
    assert order(ems, x)["alloc_id"] == f"B-{x}"


def test_what_a_canceled_route_did_not_execute_is_allocated_anew(ems44: Desk) -> None:
    ems44.set(model="never")
    x = stage(ems44, "1000", ("F1", "400"), ("F2", "600"))
    ems44.client.reports(x, 2)
    ems44.call("release", cl_ord_id=x)
    route = order(ems44, x)["routes"][0]["route_id"]
    ems44.call("fill", route=route, qty="100")
    ems44.call("route_cancel", route=route, reroute="DELTA")
    assert [as_text(r["allocations"]) for r in order(ems44, x)["routes"]] == [
        [("F1", "240"), ("F2", "360")],
        [("F1", "160"), ("F2", "240")],
        [("F1", "200"), ("F2", "300")],
    ]
