"""More instants of the past than a worker takes on; on a node of its own, whose queue it fills."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.rest.node import Node

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"


def test_more_instants_than_may_wait_are_asked_to_come_again(node: Node, fresh_id: Fresh) -> None:
    instants = [node.create("pm", fresh_id())["updated_at"] for _ in range(6)]
    client = node.as_("pm")
    folder = node.data / "past"
    folder.mkdir(exist_ok=True)
    with ThreadPoolExecutor(len(instants)) as pool:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process folds, so that all of these wait
            asked = [pool.submit(client.get, ORDERS, params={"as_of": at}) for at in instants]
            refused = next(as_completed(asked)).result()
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert refused.headers["Retry-After"] == "5"
        codes = [answer.json().get("code") for answer in (one.result() for one in asked)]
    assert codes.count("busy") == 1
    assert set(codes) <= {None, "busy", "past_not_ready"}
