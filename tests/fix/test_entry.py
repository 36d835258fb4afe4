"""Order entry over real sockets: a portfolio system on quickfix, the process, the engine."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rest.node import Node, post, running_node, stop
from tests.simulators.initiator import Initiator, Message
from tradeoms.demo.desk import wait_for

_NUMBERS = itertools.count(1)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Entry:
    """The process of order entry, and a portfolio system that talks to it."""

    def __init__(self, node: Node, home: Path, **more: Any) -> None:
        self.node = node
        self.home = home
        self.port = free_port()
        (home / "entry").mkdir(parents=True)
        settings = {
            "name": "portfolio", "user": "pm", "sender_comp_id": "TRADEOMS",
            "target_comp_id": "PORTFOLIO", "port": self.port, "heartbeat_s": 5, **more,
        }  # fmt: skip
        (home / "entry" / "portfolio.yaml").write_text(yaml.safe_dump(settings))
        self.process: subprocess.Popen[bytes] | None = None
        sender = str(settings["target_comp_id"])
        self.client = Initiator(home / "pms", port=self.port, sender=sender, target="TRADEOMS")

    def start(self) -> None:
        log = (self.home / "entry.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "tradeoms.fix.entry", "--data", str(self.node.data),
                "--database", self.node.settings.url, "--session", "portfolio",
                "--config", str(self.home),
            ],
            stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        log.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(b"{"), (self.home / "entry.log").read_text()

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def end(self) -> None:
        self.client.stop()
        if self.process is not None and self.process.poll() is None:
            stop(self.process)

    def fresh(self) -> str:
        return f"fix-{next(_NUMBERS):04d}"

    def send(self, msg_type: str = "D", **changes: str) -> None:
        """Send an order for ALPHA that passes compliance; ``t59="1"`` changes tag 59."""
        fields: Message = {
            11: "", 21: "1", 55: "AAPL", 207: "XNAS", 54: "1", 38: "100", 40: "2", 44: "250.10",
            59: "0", 1: "ALPHA", 60: "20260105-12:00:00",
        }  # fmt: skip
        fields |= {int(tag[1:]): text for tag, text in changes.items()}
        self.client.send(msg_type, {tag: text for tag, text in fields.items() if text})

    def types(self, cl_ord_id: str, count: int) -> list[tuple[str, str]]:
        """(150, 39) of the reports under a ClOrdID."""
        return [(m[150], m[39]) for m in self.client.reports(cl_ord_id, count)]

    def entered(self, **changes: str) -> tuple[str, str]:
        """Enter an order; its ClOrdID and our id."""
        name = self.fresh()
        self.send(t11=name, **changes)
        reports = self.client.reports(name, 2)
        assert [(m[150], m[39]) for m in reports[:2]] == [("A", "A"), ("0", "0")]
        return name, reports[0][37]

    def place(self, order_id: str) -> str:
        """Release the order and place its 100 units by hand; the placement's id."""
        post(self.node.as_("pm"), f"/api/v1/orders/{order_id}/release", {})
        body = {"order": order_id, "destination": "BROKER_SIM", "quantity": "100", "manual": True}
        placed = post(self.node.as_("trader"), "/api/v1/placements", body, key=self.fresh())
        assert placed.status_code == 201, placed.text
        return str(placed.json()["id"])

    def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.node.as_("pm").get(f"/api/v1/orders/{order_id}").json()
        return found


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running_node(tmp_path_factory.mktemp("entry-node")) as running:
        yield running


@pytest.fixture(scope="module")
def entry(halls: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entry]:
    own = {7001: "desk", 7002: "score"}
    made = Entry(halls, tmp_path_factory.mktemp("entry"), custom_fields=own)
    made.start()
    made.client.start()
    yield made
    made.end()


def test_an_order_is_pending_then_new_and_is_the_one_of_rest_but_for_its_source(
    entry: Entry,
) -> None:
    name, order_id = entry.entered()
    by_fix = entry.order(order_id)
    assert (by_fix["source"], by_fix["client_order_id"], by_fix["status"]) == (
        "fix", name, "approved",
    )  # fmt: skip
    by_rest = entry.node.create("pm", entry.fresh(), reason="")
    own = {"id", "client_order_id", "seq", "created_at", "updated_at", "compliance", "source"}
    assert {k: v for k, v in by_fix.items() if k not in own} == {
        k: v for k, v in by_rest.items() if k not in own
    }
    assert _events(entry.node, order_id) == _events(entry.node, by_rest["id"])


def _events(node: Node, order_id: str) -> list[tuple[str, dict[str, Any]]]:
    found = node.as_("pm").get(f"/api/v1/orders/{order_id}/events").json()["data"]
    own = {"order_id", "check_id", "at", "evidence", "source", "client_order_id"}
    return [
        (event["type"], {k: v for k, v in event["data"].items() if k not in own}) for event in found
    ]


def test_an_order_for_several_funds(entry: Entry) -> None:
    name = entry.fresh()
    pairs = [
        (11, name), (55, "AAPL"), (207, "XNAS"), (54, "1"), (38, "100"), (40, "2"), (44, "250.10"),
        (59, "0"), (78, "2"), (79, "BETA"), (80, "60"), (79, "ALPHA"), (80, "40"),
    ]  # fmt: skip
    entry.client.send_groups("D", pairs)
    (report, *_) = entry.client.reports(name, 2)
    legs = [(leg["fund"], leg["quantity"]) for leg in entry.order(report[37])["allocations"]]
    assert legs == [("BETA", "60"), ("ALPHA", "40")]


@pytest.mark.parametrize(
    ("changes", "reason", "text"),
    [
        ({"t55": "NONE"}, "1", "security_unknown"),
        ({"t1": "GAMMA"}, "15", "fund_unknown"),
        ({"t44": ""}, "99", "limit_price_missing"),
        ({"t38": "1e3"}, "99", "38=1e3: a plain decimal"),
        ({"t54": "9"}, "99", "54=9: one of 1, 2, 5"),
        ({"t207": ""}, "99", "207 is missing"),
        ({"t432": "2026-01-05"}, "99", "432=2026-01-05: a date, YYYYMMDD"),
        ({"t111": "100"}, "99", "111=100: MaxFloor is not taken with an order"),
        ({"t18": "G"}, "99", "18=G: ExecInst is not taken with an order"),
    ],
)
def test_a_refused_order_is_rejected_with_code_and_text(
    entry: Entry, changes: dict[str, str], reason: str, text: str
) -> None:
    name = entry.fresh()
    entry.send(t11=name, **changes)
    (report,) = entry.client.reports(name, 1)
    assert (report[150], report[39], report[103]) == ("8", "8", reason)
    assert text in report[58]


def test_the_same_message_again_enters_nothing_and_tells_the_order(entry: Entry) -> None:
    name, order_id = entry.entered()
    entry.send(t11=name)
    assert entry.types(name, 3)[2] == ("I", "0")
    assert entry.client.reports(name, 3)[2][37] == order_id
    entry.send(t11=name, t38="200")
    (_, _, _, rejected) = entry.client.reports(name, 4)
    assert (rejected[150], rejected[103]) == ("8", "6")


def test_an_order_is_replaced_and_canceled(entry: Entry) -> None:
    name, order_id = entry.entered()
    replaced, canceled = entry.fresh(), entry.fresh()
    entry.send("G", t11=replaced, t41=name, t38="80", t44="250")
    (report,) = entry.client.reports(replaced, 1)
    assert [report[tag] for tag in (150, 39, 41, 38, 44, 151)] == [
        "5", "0", name, "80", "250", "80",
    ]  # fmt: skip
    assert entry.order(order_id)["quantity"] == "80"
    entry.send("F", t11=canceled, t41=replaced)
    assert entry.types(canceled, 2) == [("6", "6"), ("4", "4")]
    assert all(m[41] == replaced for m in entry.client.reports(canceled, 2))
    assert entry.order(order_id)["status"] == "canceled"

    late = entry.fresh()
    entry.send("F", t11=late, t41=replaced)
    (told,) = entry.client.wait(lambda m: m[35] == "9" and m[11] == late)
    assert (told[434], told[102], told[39], told[37]) == ("1", "0", "4", order_id)


def test_type_and_life_are_replaced_while_no_broker_has_a_part(entry: Entry) -> None:
    name, order_id = entry.entered()
    stop, placed = entry.fresh(), entry.fresh()
    last_day = {"t59": "6", "t432": "20990105"}
    entry.send("G", t11=stop, t41=name, t40="4", t99="240.5", **last_day)
    (report,) = entry.client.reports(stop, 1)
    assert [report[tag] for tag in (150, 40, 44, 99, 59, 432)] == [
        "5", "4", "250.1", "240.5", "6", "20990105",
    ]  # fmt: skip
    order = entry.order(order_id)
    assert [order[name] for name in ("order_type", "stop_price", "time_in_force", "expire_on")] == [
        "stop_limit", "240.5", "gtd", "2099-01-05",
    ]  # fmt: skip
    entry.place(order_id)
    entry.send("G", t11=placed, t41=stop, t40="2", **last_day)
    (told,) = entry.client.wait(lambda m: m[35] == "9" and m[11] == placed)
    assert (told[102], "amend_placed" in told[58]) == ("99", True)


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("F", {"t41": "none-such"}, "1"),
        ("G", {"t41": "none-such"}, "1"),
        ("G", {"t54": "2"}, "99"),
        ("G", {"t40": "3"}, "99"),
        ("G", {"t59": "6"}, "99"),
        ("G", {"t432": "20990105"}, "99"),
        ("G", {}, "99"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    entry: Entry, kind: str, changes: dict[str, str], reason: str
) -> None:
    name, order_id = entry.entered()
    before, request = entry.order(order_id), entry.fresh()
    entry.send(kind, **{"t11": request, "t41": name, **changes})
    (told,) = entry.client.wait(lambda m: m[35] == "9" and m[11] == request)
    assert told[102] == reason
    assert told[434] == ("1" if kind == "F" else "2")
    assert entry.order(order_id) == before


def test_a_request_under_an_id_of_another_is_refused(entry: Entry) -> None:
    name, _ = entry.entered()
    other, other_id = entry.entered()
    entry.send("F", t11=name, t41=other)
    (told,) = entry.client.wait(lambda m: m[35] == "9" and m[11] == name)
    assert told[102] == "6"
    assert entry.order(other_id)["status"] == "approved"


def test_executions_busts_and_what_the_house_does_are_told(entry: Entry) -> None:
    name, order_id = entry.entered()
    trader = entry.node.as_("trader")
    path = f"/api/v1/placements/{entry.place(order_id)}/executions"
    for quantity, price in (("40", "250"), ("60", "250.10")):
        made = post(trader, path, {"quantity": quantity, "price": price}, key=entry.fresh())
        assert made.status_code == 201, made.text
    reports = entry.client.reports(name, 4)
    assert [[m[tag] for tag in (150, 39, 32, 31, 14, 151, 6)] for m in reports[2:4]] == [
        ["F", "1", "40", "250", "40", "60", "250"],
        ["F", "2", "60", "250.1", "100", "0", "250.06"],
    ]
    listed = trader.get("/api/v1/executions", params={"order": order_id}).json()["data"]
    first = next(one for one in listed if one["last_qty"] == "40")
    post(trader, f"/api/v1/executions/{first['id']}/bust", {"reason": "wrong account"})
    bust = entry.client.reports(name, 5)[4]
    assert [bust[tag] for tag in (150, 39, 32, 14, 151)] == ["H", "1", "40", "60", "40"]
    assert bust[19] == reports[2][17]
    ids = [m[17] for m in entry.client.reports(name, 5)]
    assert len(set(ids)) == 5


def test_each_order_of_a_block_is_told_of_its_own_share(entry: Entry) -> None:
    """Two orders of 100 in one block: what moves only the average price is no execution."""
    names, ids = zip(entry.entered(), entry.entered(), strict=True)
    trader = entry.node.as_("trader")
    for order_id in ids:
        post(entry.node.as_("pm"), f"/api/v1/orders/{order_id}/release", {})
    block = post(trader, "/api/v1/blocks", {"orders": list(ids)}).json()["id"]
    body = {"block": block, "destination": "BROKER_SIM", "quantity": "200", "manual": True}
    placed = post(trader, "/api/v1/placements", body, key=entry.fresh()).json()["id"]
    path = f"/api/v1/placements/{placed}/executions"
    made = [
        post(trader, path, {"quantity": quantity, "price": price}, key=entry.fresh())
        for quantity, price in (("40", "250"), ("1", "248"))
    ]
    assert [answer.status_code for answer in made] == [201, 201]
    listed = trader.get("/api/v1/executions", params={"placement": placed}).json()["data"]
    first = next(one for one in listed if one["last_qty"] == "40")
    post(trader, f"/api/v1/executions/{first['id']}/bust", {"reason": "wrong account"})
    one, two = entry.client.reports(names[0], 5), entry.client.reports(names[1], 4)
    assert [(m[150], m[32], m[14]) for m in one[2:]] == [
        ("F", "20", "20"), ("F", "1", "21"), ("H", "20", "1"),
    ]  # fmt: skip
    assert [(m[150], m[32], m[14]) for m in two[2:]] == [("F", "20", "20"), ("H", "20", "0")]
    assert (one[4][19], two[3][19]) == (one[2][17], two[2][17])


def test_an_order_that_is_held_is_suspended_and_comes_back(entry: Entry) -> None:
    name, order_id = entry.entered()
    pm = entry.node.as_("pm")
    post(pm, f"/api/v1/orders/{order_id}/hold", {"reason": "news"})
    post(pm, f"/api/v1/orders/{order_id}/submit", {})
    post(pm, f"/api/v1/orders/{order_id}/cancel", {"reason": "not wanted"})
    assert entry.types(name, 6)[2:] == [("9", "9"), ("D", "0"), ("6", "6"), ("4", "4")]
    held = entry.client.reports(name, 6)[2]
    assert held[58] == "held: news"


def test_what_is_not_taken_is_said(entry: Entry) -> None:
    entry.client.send("E", {66: "list", 394: "1", 68: "0"})
    (told,) = entry.client.wait(lambda m: m[35] == "j")
    assert (told[372], told[380]) == ("E", "3")


def test_the_status_of_an_order_is_told(entry: Entry) -> None:
    name, _ = entry.entered()
    entry.client.send("H", {11: name, 54: "1", 55: "AAPL"})
    assert entry.types(name, 3)[2] == ("I", "0")
    entry.client.send("H", {11: "none-such", 54: "1", 55: "AAPL"})
    assert entry.types("none-such", 1) == [("I", "8")]


def test_reports_wait_for_a_portfolio_system_that_is_away(entry: Entry) -> None:
    name, order_id = entry.entered()
    entry.client.stop()
    post(entry.node.as_("pm"), f"/api/v1/orders/{order_id}/cancel", {})
    wait_for("the cancel", lambda: entry.order(order_id)["status"] == "canceled", within_s=10)
    entry.client.start()
    assert entry.types(name, 4)[2:] == [("6", "6"), ("4", "4")]


def test_after_a_kill_nothing_is_lost_or_done_twice(entry: Entry) -> None:
    name, order_id = entry.entered()
    entry.kill()
    post(entry.node.as_("pm"), f"/api/v1/orders/{order_id}/hold", {"reason": "away"})
    while_away = entry.fresh()
    entry.send(t11=while_away)  # waits in the portfolio system's own store
    entry.start()
    assert entry.types(while_away, 2)[:2] == [("A", "A"), ("0", "0")]
    # What may have been on its way when the process died is said again, as PossResend.
    (held,) = entry.client.wait(lambda m: m.get(11) == name and m.get(150) == "9", count=1)
    assert held[39] == "9"
    entry.send("F", t11=f"{name}-c", t41=name)
    assert entry.types(f"{name}-c", 2) == [("6", "6"), ("4", "4")]
    ids = [m[17] for m in entry.client.received if m[35] == "8" and 97 not in m and 43 not in m]
    assert len(set(ids)) == len(ids)
    listed = entry.node.as_("pm").get("/api/v1/orders", params={"client_order_id": while_away})
    assert len(listed.json()["data"]) == 1


@pytest.fixture
def own_halls(tmp_path: Path) -> Iterator[Node]:
    with running_node(tmp_path / "node") as running:
        yield running


@pytest.fixture
def labelled(entry: Entry) -> Entry:
    """The session, whose tags carry custom fields, once these are defined."""
    rows = [
        {"name": "desk", "kind": "choice", "choices": ["alpha", "beta"]},
        {"name": "score", "kind": "number"},
    ]
    loaded = post(entry.node.as_("operations"), "/api/v1/custom-fields", {"fields": rows})
    assert loaded.status_code == 200, loaded.text
    return entry


def test_custom_fields_come_by_the_tags_of_the_session_as_by_rest(labelled: Entry) -> None:
    _, order_id = labelled.entered(t7001="alpha", t7002="2.50", t7003="of no meaning here")
    custom = {"desk": "alpha", "score": "2.50"}
    by_rest = labelled.node.create("pm", labelled.fresh(), reason="", custom=custom)
    assert labelled.order(order_id)["custom"] == {"desk": "alpha", "score": "2.5"}
    assert _events(labelled.node, order_id) == _events(labelled.node, by_rest["id"])


def test_a_custom_field_is_checked_as_by_rest(labelled: Entry) -> None:
    name = labelled.fresh()
    labelled.send(t11=name, t7001="gamma")
    (report,) = labelled.client.reports(name, 1)
    assert (report[150], report[103]) == ("8", "99")
    assert report[58].startswith("custom_value_invalid: one of alpha, beta")


def test_a_replace_repeats_custom_fields_and_does_not_change_them(labelled: Entry) -> None:
    name, order_id = labelled.entered(t7001="alpha", t7002="2.50")
    refused, taken = labelled.fresh(), labelled.fresh()
    labelled.send("G", t11=refused, t41=name, t38="80", t7001="beta")
    (told,) = labelled.client.wait(lambda m: m[35] == "9" and m[11] == refused)
    assert "7001=beta: a replace does not change desk; it is alpha" in told[58]
    assert labelled.order(order_id)["quantity"] == "100"
    labelled.send("G", t11=taken, t41=name, t38="80", t7001="alpha", t7002="2.500")
    (report,) = labelled.client.reports(taken, 1)
    assert (report[150], report[38]) == ("5", "80")
    assert labelled.order(order_id)["custom"] == {"desk": "alpha", "score": "2.5"}


def test_a_wrong_password_does_not_log_on(own_halls: Node, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    more = {"password_file": str(secret), "target_comp_id": "GUARDED"}
    made = Entry(own_halls, tmp_path / "guarded", **more)
    made.start()
    try:
        made.client.connect()
        log = tmp_path / "guarded" / "entry.log"
        wait_for("the refusal", lambda: "entry_logon_refused" in log.read_text(), within_s=10)
        assert not made.client.logged_on
    finally:
        made.end()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"colour": "red"}, "colour"),
        ({"custom_fields": {44: "desk"}}, "user-defined tags, from 5000 to 39999"),
        ({"custom_fields": {7001: "desk", 7002: "desk"}}, "each field under one tag"),
    ],
)
def test_settings_that_are_wrong_stop_the_process(
    halls: Node, tmp_path: Path, more: dict[str, Any], told: str
) -> None:
    made = Entry(halls, tmp_path / "wrong", **more)
    argv = [
        sys.executable, "-m", "tradeoms.fix.entry", "--data", str(halls.data), "--database",
        halls.settings.url, "--session", "portfolio", "--config", str(made.home),
    ]  # fmt: skip
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert told in ended.stderr
