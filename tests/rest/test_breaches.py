"""The register of breaches and post-trade runs over REST, computed by the process beside."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.rest.node import Node, _first_line, _start, post, running_node, stop
from tradeoms.bootstrap import door
from tradeoms.domain.ruleset.commands import DefineRules, RuleText

#: MSFT is 250,000 of 100,250,000 in each fund: a quarter of a percent.
RULE = {
    "id": "post.msft", "version": 1, "kind": "ratio", "severity": "soft", "when": "post",
    "group_by": "issuer", "max": "0.001", "scope": {"funds": ["ALPHA", "BETA"]},
    "cure": {"kind": "days", "n": 3, "but": ["sundays", "holidays"]},
}  # fmt: skip
CASES = json.dumps([{"id": "a", "mode": "fit", "fund": "ALPHA", "expect": {"outcome": "BREACH"}}])


@contextlib.contextmanager
def running_runs(node: Node) -> Iterator[None]:
    """The process that computes runs, beside the node."""
    log = node.data / "runs.log"
    arguments = ["-m", "tradeoms.app.run_process", "--data", str(node.data)]
    process = _start(
        [*arguments, "--database", node.settings.url],
        {**os.environ, **node.settings.as_environment()},
        log,
    )
    try:
        _first_line(process, log)
        yield
    finally:
        stop(process)


def put_rule(node: Node) -> None:
    text = RuleText(rule_id="post.msft", version=1, definition=json.dumps(RULE), cases=CASES)
    with door(node.settings) as to:
        assert to.submit("DefineRules", DefineRules(rules=(text,))).status == "accepted"
    answer = node.as_("officer").post("/api/v1/rules/post.msft/versions/1/activate", json={})
    assert answer.status_code == 200, answer.text


def run_all(node: Node, funds: tuple[str, ...] = ()) -> Any:
    """Start a run and wait for it."""
    officer = node.as_("officer")
    answer = post(officer, "/api/v1/compliance/runs", {"funds": list(funds)})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    path = f"/api/v1/compliance/runs/{answer.json()['id']}"
    deadline = time.monotonic() + 60
    while (found := officer.get(path).json())["run"]["status"] != "finished":
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def live_through_a_breach(node: Node) -> None:
    """Found, shown to whom it concerns, worked on, claimed, refuted."""
    officer = node.as_("officer")
    first = run_all(node)
    assert {r["fund"] for r in first["results"]} == {"ALPHA", "BETA"}
    assert (first["run"]["new"], first["run"]["done"]) == (2, 2)
    seen = node.as_("pm-b").get(f"/api/v1/compliance/runs/{first['run']['id']}").json()
    assert {r["fund"] for r in seen["results"]} == {"BETA"}
    page = officer.get("/api/v1/breaches?fund=ALPHA&kind=active&open=true&status=classified").json()
    (case,) = page["data"]
    assert case["cell"] == "MSFT"
    assert case["due_on"]
    path = f"/api/v1/breaches/{case['id']}"
    assert node.as_("pm-b").get(path).status_code == 404
    assert node.as_("pm-b").post(f"{path}/comment", json={"text": "?"}).status_code == 404
    assert node.as_("pm-a").post(f"{path}/comment", json={"text": "=ours"}).status_code == 200
    assert officer.post(f"{path}/assign", json={"assignee": "pm-a"}).status_code == 200
    assert node.as_("pm-a").post(f"{path}/explain", json={"text": "old"}).status_code == 200
    assert node.as_("pm-a").post(f"{path}/remediate", json={"plan": "sell"}).status_code == 200
    claim = {"resolution": "sold", "evidence": "trade 1"}
    assert node.as_("pm-a").post(f"{path}/resolve", json=claim).json()["status"] == "resolved"
    refused = officer.post(f"{path}/close", json={"evidence": "x"})
    assert refused.json()["code"] == "breach_not_cured"
    again = run_all(node, ("ALPHA",))
    assert (again["run"]["unchanged"], again["run"]["funds"]) == (1, 1)
    assert officer.get(path).json()["status"] == "remediating"
    last = date.fromisoformat(case["found_on"]) + timedelta(days=30)
    until = {"reason": "agreed", "until": last.isoformat()}
    assert officer.post(f"{path}/override", json=until).json()["status"] == "overridden"


def count_and_export(node: Node) -> None:
    officer = node.as_("officer")
    found = officer.get("/api/v1/compliance/statistics").json()
    assert (found["cases"], found["open"], found["by_fund"]) == (2, 2, {"ALPHA": 1, "BETA": 1})
    assert found["overrides_by_officer"] == {"officer": 1}
    assert found["by_manager"]["pm-a"] == 1
    answer = officer.get("/api/v1/breaches.csv?fund=ALPHA")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["fund"], row["rule"], row["status"]) == ("ALPHA", "post.msft", "overridden")
    for query in ("overdue=true", "age=10", "open=false", "status=closed", "assignee=nobody"):
        assert officer.get(f"/api/v1/breaches?{query}").json()["data"] == [], query
    assert len(officer.get("/api/v1/breaches?age=0").json()["data"]) == 2
    refused = officer.get("/api/v1/breaches?age=-1").json()
    assert [each["pointer"] for each in refused["errors"]] == ["age"]
    assert officer.get("/api/v1/breaches?min_age=0").status_code == 422
    assert len(officer.get("/api/v1/compliance/runs?status=finished").json()["data"]) == 2
    assert officer.get("/api/v1/hits").json()["data"] == []


def play(node: Node) -> None:
    put_rule(node)
    with running_runs(node):
        refused = post(node.as_("officer"), "/api/v1/compliance/runs", {"funds": ["NONE"]})
        assert refused.json()["code"] == "run_fund_unknown"
        assert post(node.as_("pm"), "/api/v1/compliance/runs", {}).status_code == 403
        live_through_a_breach(node)
        count_and_export(node)


@pytest.mark.slow
def test_a_breach_from_the_run_to_the_register(tmp_path: Path) -> None:
    with running_node(tmp_path / "node") as node:
        play(node)


@pytest.mark.slow
@pytest.mark.postgres
def test_a_breach_from_the_run_to_the_register_on_postgresql(
    tmp_path: Path, postgres_url: sa.URL
) -> None:
    url = postgres_url.render_as_string(hide_password=False)
    with running_node(tmp_path / "node", url) as node:
        play(node)
