"""Scenario files: what they can say, and that nonsense is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.counterparty.scenario import PLAN_KEYS, load, plan_of
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

FILE = """
scenarios:
  - match: {symbol: IBM, side: buy, qty: 500, cl_ord_id: S1}
    times: 1
    steps:
      - ack
      - fill: {qty: 200, price: "99.10"}
      - wait_ms: 10
      - fill: {qty: 300, price: "99.20"}
      - correct: {k: 1, price: "+0.05"}
      - bust: 2
      - cancel: no more today
  - match: {cl_ord_id: S2}
    refuse: both
    steps: [ack, {wait_ticks: 2}, {fill: 1/2}, dfd]
  - match: {side: sell}
    steps: [{reject: we do not sell}]
"""


def test_the_first_matching_entry_plays_its_steps(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(FILE)
    with (
        Simulator("broker", data, "--scenario", str(file)) as broker,
        Initiator(tmp_path / "client", port=broker.fix_port) as client,
    ):
        client.order("S1-a", "500")
        client.order("S1-b", "500")  # used up: the model
        client.order("S2-a", "500")
        client.order("S3", "500", t54="2")
        assert [(m[150], m[39], m[14], m[6]) for m in client.reports("S1-a", 6)] == [
            ("0", "0", "0", "0"),
            ("F", "1", "200", "99.10"),
            ("F", "2", "500", "99.16"),
            ("G", "2", "500", "99.18"),
            ("H", "1", "200", "99.15"),
            ("4", "4", "200", "99.15"),
        ]
        assert client.story("S1-b", 2)[1] == ("F", "2", "500", "500", "0")
        rejected = client.reports("S3", 1)[0]
        assert (rejected[39], rejected[58]) == ("8", "we do not sell")
        client.cancel("S2-x", "S2-a")
        client.wait(lambda m: m[35] == "9" and m[11] == "S2-x")
        broker.control.call("tick", n=1)
        assert len(client.story("S2-a", 1)) == 1
        broker.control.call("tick", n=1)
        assert [row[:2] for row in client.story("S2-a", 3)] == [("0", "0"), ("F", "1"), ("3", "3")]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("orders: []", "no list"),
        ("scenarios: [{matches: {}}]", "keys may be"),
        ("scenarios: [{match: {colour: red}}]", "match: keys may be"),
        ("scenarios: [{steps: [dance]}]", "unknown step"),
        ("scenarios: [{steps: [release]}]", "release is not possible here"),
        ("scenarios: [{refuse: everything}]", "refuse is one of"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=error):
        load(file, keys=PLAN_KEYS, plan_of=plan_of)
