"""The people of the demo go on where a process of the node was killed under them."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.rest.node import PASSWORD, order_body, running_node
from tradeoms.demo.desk import Person


def test_an_order_that_finds_no_engine_is_entered_once_when_there_is_one(tmp_path: Path) -> None:
    with running_node(tmp_path) as node:
        person = Person(node.base, "pm", PASSWORD)
        node.engine.kill()
        again = threading.Timer(1, node.start_engine)
        again.start()
        order = person.post("/orders", order_body("patient-1"))
        again.join()
        listed = person.every("/orders", client_order_id="patient-1")
        person.close()
    assert order["status"] == "approved"
    assert [one["id"] for one in listed] == [order["id"]]
