"""Server-sent events: the picture, the changes, coming back, and who sees what."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from tests.rest.node import PASSWORD, Node, order_body, post

Fresh = Callable[[], str]
STREAM = "/api/v1/stream"


@dataclass
class Event:
    """One frame."""

    event: str
    id: int
    data: dict[str, Any]


@contextlib.contextmanager
def following(
    node: Node, user: str, topics: str = "orders", *, last: int | None = None
) -> Iterator[Iterator[Event]]:
    """Open a stream and read its frames."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with node.as_(user).stream("GET", STREAM, params={"topics": topics}, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield frames(answer)


def frames(answer: httpx.Response) -> Iterator[Event]:
    """Frames as they come; comments are left out."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line:
            if "data" in fields:
                data = msgspec.json.decode(fields["data"])
                yield Event(fields["event"], int(fields["id"]), data)
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


def until(events: Iterator[Event], found: Callable[[Event], bool]) -> list[Event]:
    """Read up to and including the event that is ``found``."""
    seen = []
    for event in events:
        seen.append(event)
        if found(event):
            return seen
    message = f"the stream ended after {len(seen)} events"
    raise AssertionError(message)


def picture(events: Iterator[Event]) -> list[Event]:
    """The snapshot, with its end."""
    return until(events, lambda event: event.event == "snapshot_end")


def about(order_id: str) -> Callable[[Event], bool]:
    return lambda event: event.data.get("id") == order_id


def test_the_picture_comes_first_and_then_each_change(node: Node, fresh_id: Fresh) -> None:
    known = node.create("pm", fresh_id())
    with following(node, "trader") as events:
        snapshot = picture(events)
        assert {event.event for event in snapshot[:-1]} == {"snapshot"}
        rows = {event.data["id"]: event.data["data"] for event in snapshot[:-1]}
        assert rows[known["id"]] == known
        order = node.create("pm", fresh_id())
        (*_, change) = until(events, about(order["id"]))
        assert (change.event, change.id, change.data["data"]) == ("upsert", order["seq"], order)
        done = node.as_("pm").post(f"/api/v1/orders/{known['id']}/cancel", json={}).json()
        (*_, change) = until(events, about(known["id"]))
        assert change.data["data"] == done


def test_ids_rise_and_end_where_the_picture_ends(node: Node, fresh_id: Fresh) -> None:
    node.create("pm", fresh_id())
    with following(node, "trader", "orders,positions,allocations") as events:
        ids = [event.id for event in picture(events)]
        assert ids == sorted(ids)
        order = node.create("pm", fresh_id())
        (*_, change) = until(events, about(order["id"]))
        assert change.id > ids[-1]


def test_a19_coming_back_with_the_last_id_misses_nothing(node: Node, fresh_id: Fresh) -> None:
    first = node.create("pm", fresh_id())
    missed = [node.create("pm", fresh_id()) for _ in range(3)]
    with following(node, "trader", last=first["seq"]) as events:
        seen = until(events, about(missed[-1]["id"]))
    assert {event.event for event in seen} == {"upsert"}
    ids = [event.data["id"] for event in seen]
    assert set(ids) >= {order["id"] for order in missed}
    assert [event.id for event in seen] == sorted(event.id for event in seen)


def test_a13_a_stream_shows_no_other_funds(node: Node, fresh_id: Fresh) -> None:
    topics = "orders,placements,executions,allocations,hits,breaches,waivers,positions"
    with following(node, "pm-b", topics) as events:
        text = [str(event.data) for event in picture(events)]
        node.create("pm", fresh_id())
        legs = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
        asked = order_body(fresh_id())
        del asked["quantity"], asked["allocations"]
        asked["sizing"] = {
            "measure": "nav_percent", "scheme": "equal", "value": "0.01",
            "funds": [{"fund": "ALPHA"}, {"fund": "BETA"}],
        }  # fmt: skip
        sized = post(node.as_("pm"), "/api/v1/orders", asked, key=fresh_id()).json()
        text += [str(event.data) for event in until(events, about(sized["id"]))]
        shared = node.create("pm", fresh_id(), allocations=legs)
        text += [str(event.data) for event in until(events, about(shared["id"]))]
    assert not [line for line in text if "ALPHA" in line]


def test_a17_a_stream_ends_when_the_right_to_it_does(node: Node, fresh_id: Fresh) -> None:
    user, admin = fresh_id(), node.as_("admin")
    row = {"id": user, "name": "Gone", "grants": [{"role": "auditor"}], "password": PASSWORD}
    post(admin, "/api/v1/users", {"users": [row]})
    key = post(admin, "/api/v1/keys", {"user": user, "label": "x", "days": 1}).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    topics = {"topics": "orders"}
    with (
        node.nobody() as client,
        client.stream("GET", STREAM, params=topics, headers=headers) as answer,
    ):
        events = frames(answer)
        picture(events)
        post(admin, "/api/v1/users", {"users": [{**row, "active": False}]})
        assert list(events) == []


def test_topics_and_ids_are_checked(node: Node) -> None:
    client = node.as_("pm")
    for query in ("", "?topics=", "?topics=orders,secrets", "?topics=orders&token=x"):
        assert client.get(STREAM + query).status_code == 422, query
    bad = client.get(f"{STREAM}?topics=orders", headers={"Last-Event-ID": "x"})
    assert (bad.status_code, bad.json()["code"]) == (400, "last_event_id_invalid")
    with node.nobody() as nobody:
        assert nobody.get(f"{STREAM}?topics=orders").status_code == 401
