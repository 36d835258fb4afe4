"""A whole node (engine, REST, one gateway) and a scripted counterparty for each FIX version."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.fix.counterparty import Counterparty
from tests.rest.node import DAY, Node, post, running_node, stop
from tradeoms.bootstrap import door
from tradeoms.domain.reference.commands import LoadDestinations, LoadPrices
from tradeoms.domain.reference.state import Destination, Price
from tradeoms.node import build_id

Json = dict[str, Any]  # Any: JSON
#: Version of the vectors -> (session, BeginString, ExecStyle of the dialect).
SESSIONS = {
    "4.2": ("OLD", "FIX.4.2"),
    "4.4": ("USUAL", "FIX.4.4"),
    "5.0SP2": ("VENUE", "FIXT.1.1"),
}
NUMBERS = itertools.count(1)


@dataclass
class Desk:
    """People with REST clients, and what the counterparties received."""

    node: Node
    peers: dict[str, Counterparty]

    def post(self, user: str, path: str, body: Json, status: int) -> Json:
        key = f"k{next(NUMBERS)}" if status != 202 else ""
        answer = post(self.node.as_(user), f"/api/v1{path}", body, key=key)
        assert answer.status_code == status, answer.text
        found: Json = answer.json()
        return found

    def order(self, life: str) -> str:
        """An order large enough for every replace of a scenario, with the desk."""
        number = f"S{next(NUMBERS):05d}"
        order = self.node.create(
            "pm", number, quantity="60000", limit_price="250",
            time_in_force=life, allocations=[{"fund": "ALPHA", "quantity": "60000"}],
        )  # fmt: skip
        self.post("pm", f"/orders/{order['id']}/release", {}, 200)
        return str(order["id"])

    def placement(self, placement_id: str) -> Json:
        answer = self.node.as_("trader").get(f"/api/v1/placements/{placement_id}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def patch(self, placement_id: str, body: Json) -> Json:
        answer = self.node.as_("trader").patch(f"/api/v1/placements/{placement_id}", json=body)
        assert answer.status_code == 202, answer.text
        found: Json = answer.json()
        return found

    def items(self, path: str, **query: str) -> list[Json]:
        answer = self.node.as_("trader").get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["data"]
        return found


def until(what: str, happened: Callable[[], Any], timeout_s: float = 15) -> Any:
    """Wait for a true answer and return it."""
    deadline = time.monotonic() + timeout_s
    while not (found := happened()):
        assert time.monotonic() < deadline, f"not in {timeout_s} s: {what}"
        time.sleep(0.005)
    return found


@contextlib.contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Start everything, wait until each session may send, and stop it at the end."""
    with contextlib.ExitStack() as stack:
        node = stack.enter_context(running_node(folder / "data"))
        peers = {
            version: Counterparty(begin, us=name).start()
            for version, (name, begin) in SESSIONS.items()
        }
        for peer in peers.values():
            peer.silent = True
            peer.on_status = lambda _: None
            stack.callback(peer.stop)
        with door(node.settings) as to:
            names = tuple(Destination(name=name) for name, _ in SESSIONS.values())
            outcome = to.submit("LoadDestinations", LoadDestinations(destinations=names))
            assert outcome.status == "accepted"
            # Near the prices that the standard prints, 20 to 120, and below the orders' limit.
            mark = Price(security_id="sec_aapl", price=Decimal(40), as_of=DAY)
            outcome = to.submit("LoadPrices", LoadPrices(prices=(mark,)))
            assert outcome.status == "accepted"
        gateway = _gateway(folder, node, peers)
        stack.callback(stop, gateway)
        yield Desk(node, peers)


def _gateway(folder: Path, node: Node, peers: dict[str, Counterparty]) -> subprocess.Popen[bytes]:
    config = folder / "fix"
    for part in ("dialects", "sessions"):
        (config / part).mkdir(parents=True)
    argv = [sys.executable, "-m", "tradeoms.fix", "--data", str(node.data), "--config", str(config)]
    for version, (name, begin_string) in SESSIONS.items():
        dialect: Json = {
            "name": name,
            "recovery": {"answer_timeout_s": 3600},
            "replace": {"outstanding": "chained"},
            "order": {"allocations": True},
        }
        session: Json = {
            "name": name, "dialect": name, "begin_string": begin_string, "sender_comp_id": "OMS",
            "target_comp_id": name, "host": "127.0.0.1", "port": peers[version].port,
            "reconnect_s": 1,
        }  # fmt: skip
        if version == "5.0SP2":
            session["default_appl_ver_id"] = "9"
        (config / "dialects" / f"{name}.yaml").write_text(yaml.safe_dump(dialect))
        (config / "sessions" / f"{name}.yaml").write_text(yaml.safe_dump(session))
        argv += ["--session", name]
    argv += ["--build", build_id()]
    with (folder / "gateway.log").open("ab") as errors:
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors, env={**os.environ})
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 30)[0]
    line = process.stdout.readline()
    assert line, (folder / "gateway.log").read_text()
    assert json.loads(line)["event"] == "up"
    return process
