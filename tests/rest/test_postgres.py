"""The same door before PostgreSQL: a node, an order through the desk, every list, the stream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.rest.node import Node, post, running_node

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def pg_node(tmp_path: Path, postgres_url: sa.URL) -> Iterator[Node]:
    url = postgres_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with running_node(tmp_path, url) as running:
        yield running


def test_an_order_and_every_list_on_postgresql(pg_node: Node) -> None:
    node = pg_node
    legs = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
    order = node.create("pm", "pg-1", allocations=legs)
    path = f"/api/v1/orders/{order['id']}"
    assert node.as_("pm").post(f"{path}/release", json={}).status_code == 200
    body = {"order": order["id"], "destination": "BROKER_SIM", "quantity": "40"}
    assert post(node.as_("trader"), "/api/v1/placements", body, key="pg-2").status_code == 201
    queries = (
        "orders", "orders?text=raise", "orders?status=working,released&fund=BETA",
        "orders?sort=-updated_at", "orders?updated_after=2020-01-01T00:00:00Z",
        "orders?broker=BROKER_SIM", "orders?security=AAPL", "placements", "executions", "blocks",
        "allocations", "hits", "breaches", "compliance/runs", "waivers", "breaks",
        "rules", "positions", "cash", "funds", "securities", "prices", "destinations",
        f"orders/{order['id']}/events",
    )  # fmt: skip
    for query in queries:
        for user in ("pm", "pm-b", "admin"):
            answer = node.as_(user).get(f"/api/v1/{query}")
            allowed = (200, 404) if query.startswith("orders/") else (200,)
            assert answer.status_code in allowed, (query, user, answer.text)
            if user == "pm-b":
                assert "ALPHA" not in answer.text, query
    placed = node.as_("pm").get("/api/v1/placements").json()["data"][0]
    for when, count in ((placed["created_at"], 1), (order["updated_at"], 0)):
        then = node.as_("pm").get("/api/v1/placements", params={"as_of": when}).json()["data"]
        assert [row["id"] for row in then] == [placed["id"]] * count
    for query in ("orders?broker=BROKER_SIM", "placements", "blocks", "allocations"):
        assert node.as_("pm").get(f"/api/v1/{query}").json()["data"], query


def test_the_stream_on_postgresql(pg_node: Node) -> None:
    order = pg_node.create("pm", "pg-3")
    topics = "orders,placements,executions,allocations,hits,breaches,waivers,positions"
    with pg_node.as_("pm-a").stream("GET", "/api/v1/stream", params={"topics": topics}) as answer:
        lines = answer.iter_lines()
        text = ""
        for line in lines:
            text += line
            if line.startswith("event: snapshot_end"):
                break
    assert order["id"] in text
    assert "BETA" not in text
