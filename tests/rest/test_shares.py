"""What a person sees of what orders of several funds share, who may see one of these funds."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.rest.node import Node
from tests.rest.test_blocks import V1, ask, get, merged, released
from tests.rest.test_stream import following, until

Fresh = Callable[[], str]
Json = dict[str, Any]
#: Fields of a placement in which a share differs from the whole.
UNITS = ("order_qty", "cum_qty", "leaves_qty")


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A block of 600 for ALPHA and 300 for BETA, placed whole, with 90 of it executed at 250."""

    block: str
    alpha: str
    beta: str
    placement: str
    execution: str


@pytest.fixture
def shared(node: Node, fresh_id: Fresh) -> Shared:
    name = fresh_id()
    block, one, two = merged(node, name)
    body = {"block": block["id"], "destination": "BROKER_SIM", "quantity": "900", "manual": True}
    placement = ask(node, "/placements", body, 201, key=name)["id"]
    execute(node, placement, "90", f"{name}-x")
    (execution,) = get(node, "/executions", placement=placement)["data"]
    return Shared(
        block=block["id"], alpha=one, beta=two, placement=placement, execution=execution["id"]
    )


def execute(node: Node, placement: str, quantity: str, key: str, price: str = "250") -> None:
    told = {"quantity": quantity, "price": price}
    ask(node, f"/placements/{placement}/executions", told, 201, key=key)


def replaced(node: Node, placement: str, quantity: str) -> None:
    path = f"{V1}/placements/{placement}"
    answer = node.as_("trader").patch(path, json={"quantity": quantity})
    assert answer.status_code == 202, answer.text


def text(node: Node, path: str, user: str) -> str:
    answer = node.as_(user).get(f"{V1}{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def without(resource: Json, *names: str) -> Json:
    return {name: value for name, value in resource.items() if name not in names}


def test_a_placement_shows_the_parts_of_the_orders_that_one_sees(
    node: Node, shared: Shared
) -> None:
    path = f"/placements/{shared.placement}"
    whole = get(node, path)
    mine, theirs = get(node, path, user="pm-b"), get(node, path, user="pm-a")
    assert [whole[name] for name in UNITS] == ["900", "90", "810"]
    assert mine == {
        **whole, "order_qty": "300", "cum_qty": "30", "leaves_qty": "270", "share": True,
    }  # fmt: skip
    assert theirs == {
        **whole, "order_qty": "600", "cum_qty": "60", "leaves_qty": "540", "share": True,
    }  # fmt: skip


def test_an_execution_shows_the_units_of_the_orders_that_one_sees(
    node: Node, shared: Shared
) -> None:
    path = f"/executions/{shared.execution}"
    whole, mine = get(node, path), get(node, path, user="pm-b")
    assert (whole["last_qty"], whole["booked_qty"]) == ("90", "90")
    assert mine == {
        **whole, "last_qty": "30", "booked_qty": "30", "order_ids": [shared.beta],
        "allocations": [{"order_id": shared.beta, "fund": "BETA", "quantity": "30"}],
        "share": True,
    }  # fmt: skip


def test_a_block_shows_the_orders_that_one_sees(node: Node, shared: Shared) -> None:
    whole = get(node, f"/blocks/{shared.block}")
    mine = get(node, f"/blocks/{shared.block}", user="pm-b")
    assert mine == {
        **whole, "order_ids": [shared.beta], "orders": whole["orders"][1:], "quantity": "300",
        "placed_quantity": "300", "cum_qty": "30", "leaves_qty": "270", "share": True,
    }  # fmt: skip
    assert mine in get(node, "/blocks", user="pm-b")["data"]


def test_lists_and_the_stream_show_what_the_resource_does(node: Node, shared: Shared) -> None:
    for user in ("pm-a", "pm-b"):
        placement = get(node, f"/placements/{shared.placement}", user=user)
        execution = get(node, f"/executions/{shared.execution}", user=user)
        order = shared.alpha if user == "pm-a" else shared.beta
        assert get(node, "/placements", user=user, order=order)["data"] == [placement]
        assert get(node, "/executions", user=user, order=order)["data"] == [execution]
        with following(node, user, "placements,executions") as events:
            picture = until(events, lambda event: event.event == "snapshot_end")[:-1]
            streamed = {event.data["id"]: event.data["data"] for event in picture}
            assert streamed[shared.placement] == placement
            assert streamed[shared.execution] == execution


def test_a_change_in_the_stream_is_a_share_too(node: Node, shared: Shared) -> None:
    with following(node, "pm-b", "placements,executions") as events:
        until(events, lambda event: event.event == "snapshot_end")
        execute(node, shared.placement, "30", f"{shared.block}-y")
        found = until(
            events,
            lambda event: (
                event.data["id"] == shared.placement and event.data["data"]["cum_qty"] == "40"
            ),
        )
    path = f"/placements/{shared.placement}"
    assert found[-1].data["data"] == get(node, path, user="pm-b")
    (fresh,) = [one for one in found if one.data["topic"] == "executions"]
    assert (fresh.data["data"]["last_qty"], fresh.data["data"]["share"]) == ("10", True)


def test_who_sees_every_fund_of_it_gets_it_as_it_is(node: Node, shared: Shared) -> None:
    paths = [
        f"/placements/{shared.placement}", f"/executions/{shared.execution}",
        f"/blocks/{shared.block}", f"/placements?order={shared.beta}",
        f"/executions?order={shared.beta}", "/breaks?limit=1",
    ]  # fmt: skip
    for path in paths:
        assert "share" not in text(node, path, "trader")
        assert text(node, path, "pm-ab") == text(node, path, "trader")
    with following(node, "pm-ab", "placements,executions") as mine:
        told = until(mine, lambda event: event.event == "snapshot_end")
    streamed = {event.data["id"]: event.data["data"] for event in told[:-1]}
    assert streamed[shared.placement] == get(node, paths[0])
    assert streamed[shared.execution] == get(node, paths[1])


def test_a_request_to_the_broker_shows_the_portions_that_one_sees(
    node: Node, shared: Shared
) -> None:
    replaced(node, shared.placement, "450")
    path = f"/placements/{shared.placement}"
    (whole,) = get(node, path)["requests"]
    (mine,), (theirs,) = (get(node, path, user=user)["requests"] for user in ("pm-b", "pm-a"))
    assert whole["quantity"] == "450"
    assert (mine, theirs) == ({**whole, "quantity": "150"}, {**whole, "quantity": "300"})
    ask(node, f"{path}/cancel", {}, 202)
    *_, cancel = get(node, path, user="pm-b")["requests"]
    assert (cancel["kind"], cancel["quantity"]) == ("cancel", "300")


def test_what_the_market_may_see_of_it_is_left_out(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    block, _, two = merged(node, name)
    body = {
        "block": block["id"], "destination": "BROKER_SIM", "quantity": "900",
        "display_quantity": "200", "min_quantity": "100",
    }  # fmt: skip
    path = f"/placements/{ask(node, '/placements', body, 201, key=name)['id']}"
    whole, mine = get(node, path), get(node, path, user="pm-b")
    assert (whole["display_quantity"], whole["min_quantity"]) == ("200", "100")
    assert (mine["display_quantity"], mine["min_quantity"]) == (None, None)
    (created,) = events(node, two, "PlacementCreated", "pm-b")
    assert created["share"]
    assert created["data"]["quantity"] == "300"
    assert created["data"].keys().isdisjoint({"display_quantity", "min_quantity", "algo"})


def events(node: Node, order: str, kind: str, user: str) -> list[Json]:
    told = get(node, f"/orders/{order}/events", user=user, limit="500")["data"]
    return [event for event in told if event["type"] == kind]


def test_the_story_of_an_order_tells_no_units_of_the_whole(node: Node, shared: Shared) -> None:
    replaced(node, shared.placement, "450")
    hidden = {
        "PlacementCreated": {"display_quantity", "min_quantity", "algo"},
        "ReplaceRequested": {"algo"},
        "ExecutionRecorded": {
            "last_qty", "booked_qty", "day_order_qty", "day_cum_qty", "extra",
        },
    }  # fmt: skip
    for kind, names in hidden.items():
        (whole,) = events(node, shared.beta, kind, "trader")
        (mine,) = events(node, shared.beta, kind, "pm-b")
        assert "share" not in whole
        assert without(mine, "data") == {**without(whole, "data"), "share": True}
        expected = without(whole["data"], *names)
        if "parts" in expected:
            expected["parts"] = [p for p in expected["parts"] if p["order_id"] == shared.beta]
            expected["quantity"] = expected["parts"][0]["quantity"]
        assert mine["data"] == expected
    (mine,) = events(node, shared.beta, "ExecutionAllocated", "pm-b")
    assert (mine["data"]["quantity"], "share" in mine) == ("30", False)
    path = f"/orders/{shared.beta}/events?format=csv"
    told = csv.DictReader(io.StringIO(text(node, path, "pm-b")))
    assert {line["type"] for line in told if line["share"] == "true"} == hidden.keys()


def test_a_disagreement_is_shown_without_units_and_words(node: Node, shared: Shared) -> None:
    execute(node, shared.placement, "33", f"{shared.block}-z", "25005")
    (whole,) = [b for b in get(node, "/breaks")["data"] if b["placement_id"] == shared.placement]
    asked = {"resolution": "33 misheard", "action": "adjust", "adjustment": {
        "execution": newest(node, shared), "quantity": "32", "price": "250.05"}}  # fmt: skip
    ask(node, f"/breaks/{whole['id']}/resolve", asked, 200)
    (whole,) = [b for b in get(node, "/breaks")["data"] if b["id"] == whole["id"]]
    (mine,) = [b for b in get(node, "/breaks", user="pm-b")["data"] if b["id"] == whole["id"]]
    assert (whole["quantity"], whole["proposal"]["adjustment"]["quantity"]) == ("33", "32")
    proposal = {**whole["proposal"], "reason": "", "adjustment": None}
    nothing = {"quantity": None, "detail": "", "raw": "", "proposal": proposal, "share": True}
    assert mine == {**whole, **nothing}
    ask(node, f"/breaks/{whole['id']}/approve", {"reason": "heard"}, 200, user="operations")
    (mine,) = [b for b in get(node, "/breaks", user="pm-b")["data"] if b["id"] == whole["id"]]
    assert (mine["status"], mine["resolution"]) == ("resolved", "")


def newest(node: Node, shared: Shared) -> str:
    return str(get(node, "/executions", placement=shared.placement)["data"][0]["id"])


def test_what_waits_in_suspense_or_was_taken_back_is_nobodys(node: Node, shared: Shared) -> None:
    execute(node, shared.placement, "33", f"{shared.block}-z", "25005")
    waits = f"/executions/{newest(node, shared)}"
    assert [get(node, waits)[name] for name in ("last_qty", "booked_qty")] == ["33", "0"]
    mine = get(node, waits, user="pm-b")
    assert [mine[name] for name in ("last_qty", "booked_qty", "order_ids")] == ["0", "0", []]
    path = f"/placements/{shared.placement}"
    assert [get(node, path)[name] for name in UNITS] == ["900", "123", "777"]
    assert [get(node, path, user="pm-b")[name] for name in UNITS] == ["300", "30", "270"]
    ask(node, f"/executions/{shared.execution}/bust", {"reason": "keyed twice"}, 200)
    mine = get(node, f"/executions/{shared.execution}", user="pm-b")
    assert (mine["status"], mine["last_qty"], mine["share"]) == ("busted", "0", True)
    assert get(node, path, user="pm-b")["cum_qty"] == "0"


def test_an_order_that_joined_later_shows_no_earlier_placement(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    one, two = released(node, f"{name}:1", 600), released(node, f"{name}:2", 300)
    block = ask(node, "/blocks", {"orders": [one, two]}, 201)["id"]
    body = {"block": block, "destination": "BROKER_SIM", "quantity": "900", "manual": True}
    early = ask(node, "/placements", body, 201, key=f"{name}-1")["id"]
    execute(node, early, "90", f"{name}-x")
    (execution,) = get(node, "/executions", placement=early)["data"]
    late = released(node, f"{name}:3", 300, "BETA")
    ask(node, "/blocks", {"orders": [late], "block": block}, 201)
    later = ask(node, "/placements", {**body, "quantity": "300"}, 201, key=f"{name}-2")["id"]
    assert get(node, f"/placements/{later}", user="pm-b")["order_qty"] == "300"
    for path in (f"/placements/{early}", f"/executions/{execution['id']}"):
        assert node.as_("pm-b").get(f"{V1}{path}").status_code == 404
    assert early not in text(node, "/placements?limit=500", "pm-b")
    assert early not in text(node, "/executions?limit=500", "pm-b")
    with following(node, "pm-b", "placements,executions") as events:
        picture = until(events, lambda event: event.event == "snapshot_end")
    seen = {event.data.get("id") for event in picture}
    assert later in seen
    assert seen.isdisjoint({early, execution["id"]})


def test_what_is_of_an_order_that_one_may_not_see_is_not_listed(node: Node, shared: Shared) -> None:
    for path in ("/placements", "/executions"):
        assert len(get(node, path, order=shared.alpha)["data"]) == 1
        assert get(node, path, user="pm-b", order=shared.alpha)["data"] == []


def test_csv_has_a_column_for_shares_where_there_can_be_any(node: Node, shared: Shared) -> None:
    for path in ("/placements", "/executions", "/blocks", "/breaks"):
        export = f"{path}?format=csv"
        whole, mine = text(node, export, "trader"), text(node, export, "pm-b")
        assert "share" not in whole.partition("\r\n")[0]
        assert mine.partition("\r\n")[0] == f"{whole.partition(chr(13))[0]},share"
    lines = csv.DictReader(io.StringIO(text(node, "/placements?format=csv", "pm-b")))
    (found,) = [line for line in lines if line["id"] == shared.placement]
    assert (found["order_qty"], found["cum_qty"], found["share"]) == ("300", "30", "true")


def test_an_order_of_several_funds_shows_its_own_placement_whole(
    node: Node, fresh_id: Fresh
) -> None:
    name = fresh_id()
    legs = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
    order = node.create("pm", name, allocations=legs)["id"]
    ask(node, f"/orders/{order}/release", {}, 200, user="pm")
    body = {"order": order, "destination": "BROKER_SIM", "quantity": "100", "manual": True}
    placement = ask(node, "/placements", body, 201, key=name)["id"]
    execute(node, placement, "50", f"{name}-x")
    path = f"/placements/{placement}"
    assert [get(node, path)[name] for name in UNITS] == ["100", "50", "50"]
    assert text(node, path, "pm-b") == text(node, path, "trader")
    (mine,) = get(node, "/executions", user="pm-b", order=order)["data"]
    assert (mine["last_qty"], "share" in mine) == ("50", False)
    assert mine["allocations"] == [{"order_id": order, "fund": "BETA", "quantity": "20"}]
