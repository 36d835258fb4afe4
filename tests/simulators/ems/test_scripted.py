"""Scenario files and magic quantities: what the trader and the brokers do by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.counterparty.scenario import load
from simulators.ems.plan import STAGING_KEYS, staging_of
from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import broker_of, routes, stage
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

FILE = """
scenarios:
  - match: {cl_ord_id: S1}
    release_ms: 5
    routes:
      - {broker: ALFA, share: 3, model: sliced, slices: 2, slice_ms: 5, last_mkt: XLON}
      - broker: BRAVO
        steps: [{wait_ms: 40}, {fill: {qty: 50, price: "99.10"}}, {cancel: halted}]
        reroute: CHARLIE
    after_release: [{wait_ms: 1000}, {cancel: the end}]
  - match: {cl_ord_id: S2}
    steps: [pending_new, ack, {release: 100}, suspend]
    routes: [{broker: ALFA, model: never}]
  - match: {cl_ord_id: S3}
    steps: [{reject: not ours}]
"""


def test_the_first_matching_entry_decides(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(FILE)
    options = ("--session", "FIX.4.4:EMS_SIM:TRADEOMS", "--scenario", str(file))
    with (
        Simulator("ems", tmp_path / "ems", *options) as ems,
        Initiator(tmp_path / "client", port=ems.fix_port, target="EMS_SIM") as client,
    ):
        desk = Desk(ems, client)
        for x in ("S1", "S2", "S3"):
            client.order(x, "400", t21="3")
        rows = [
            (broker_of(m), m[32], m[30], m[14]) if m[150] == "F" else (m[150], m.get(58))
            for m in client.reports("S1", 7)
        ]
        assert rows == [
            ("A", None),
            ("0", None),
            ("ALFA", "150", "XLON", "150"),
            ("ALFA", "150", "XLON", "300"),
            ("BRAVO", "50", "XNYS", "350"),
            ("I", "BRAVO halted; 50 re-routed to CHARLIE"),
            ("CHARLIE", "50", "XNYS", "400"),
        ]
        assert [row[0] for row in client.story("S2", 3)] == ["A", "0", "9"]
        assert routes(desk, "S2") == [("ALFA", "100", "0", "0")]
        assert client.reports("S3", 1)[0][58] == "not ours"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("scenarios: [{routing: []}]", "keys may be"),
        ("scenarios: [{routes: [{share: 1}]}]", "needs a broker"),
        ("scenarios: [{routes: [{broker: A, colour: red}]}]", "keys may be"),
        ("scenarios: [{routes: [{broker: A, model: magic}]}]", "magic"),
        ("scenarios: [{routes: [{broker: A, steps: [release]}]}]", "release is not possible"),
        ("scenarios: [{after_release: [rest]}]", "rest is not possible"),
    ],
)
def test_a_file_that_is_not_understood_is_refused(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=why):
        load(file, keys=STAGING_KEYS, plan_of=staging_of)


#: Magic quantity to (150 of FIX 4.4, 39, 14) after the two reports of staging; F stands for a fill.
STORIES = {
    "1102": [("F", "1", "551")],
    "1104": [("F", "2", "1104"), ("H", "0", "0")],
    "1105": [("F", "2", "1105"), ("G", "2", "1105")],
    "1106": [("F", "1", "553"), ("4", "4", "553")],
    "1107": [("F", "1", "553"), ("3", "3", "553")],
    "1108": [("9", "9", "0")],
    "1114": [("F", "2", "1214")],
}


@pytest.mark.parametrize("qty", STORIES)
def test_a_magic_quantity_tells_its_story(ems: Desk, qty: str) -> None:
    old = ems.client.version == "FIX.4.2"
    x = stage(ems, qty=qty)
    ems.call("release", cl_ord_id=x)
    expected = [
        (status if old and kind in {"F", "G", "H"} else kind, status, cum)
        for kind, status, cum in STORIES[qty]
    ]
    found = ems.client.reports(x, 2 + len(expected))[2:]
    assert [(m[150], m[39], m[14]) for m in found] == expected


def test_a_late_fill_comes_after_a_confirmed_cancel(ems44: Desk) -> None:
    x, c = stage(ems44, qty="1115"), ems44.new_id()
    ems44.call("release", cl_ord_id=x)
    ems44.client.cancel(c, x)
    assert ems44.client.story(c, 2) == [
        ("4", "4", "1115", "0", "0"),
        ("F", "4", "1115", "557", "0"),
    ]


def test_a_rejected_and_a_silent_order(ems44: Desk) -> None:
    x, silent, c = ems44.new_id(), ems44.new_id(), ems44.new_id()
    ems44.client.order(x, "1101", t21="3")
    assert [row[:2] for row in ems44.client.story(x, 2)] == [("A", "A"), ("8", "8")]
    ems44.client.order(silent, "1112", t21="3")
    ems44.client.cancel(c, silent)
    assert ems44.client.story(c, 1) == [("4", "4", "1112", "0", "0")]
    assert ems44.client.story(silent, 0) == []


def test_every_report_twice(ems44: Desk) -> None:
    x = stage(ems44, qty="1111")
    ems44.call("release", cl_ord_id=x)
    reports = ems44.client.reports(x, 8)
    assert [m.get(97) for m in reports] == [None, "Y"] * 4
    assert len({m[17] for m in reports}) == 4
