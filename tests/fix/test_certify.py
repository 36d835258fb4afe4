"""The certification passes against both simulators in every version, and fails where it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix.counterparty import Counterparty
from tests.simulators.simulator_process import Simulator
from tradeoms.commands.certify import DEFAULT_PLAN
from tradeoms.commands.fix_pages import CONFIG
from tradeoms.fix.certify.plan import Plan, load_plan
from tradeoms.fix.certify.run import Result, certify, transcript
from tradeoms.fix.certify.scenarios import SCENARIOS
from tradeoms.fix.session_config import SessionConfig, load_session

#: Session, simulator, what the simulator calls the session, and scenarios that its dialect has not.
HOUSES = [
    ("broker-42", "broker", "FIX.4.2", {"mass_status", "mass_cancel"}),
    ("broker-44", "broker", "FIX.4.4", set()),
    ("venue-50sp2", "broker", "FIX.5.0SP2", {"list"}),
    ("ems-42", "ems", "FIX.4.2", {"mass_status", "mass_cancel"}),
    ("ems-desk-42", "ems", "FIX.4.2", {"mass_status", "mass_cancel"}),
    ("broker-44", "ems", "FIX.4.4", set()),
    ("venue-50sp2", "ems", "FIX.5.0SP2", {"list"}),
]


def session(name: str, port: int) -> SessionConfig:
    found = load_session(CONFIG, name)
    return found.model_copy(update={"port": port, "heartbeat_s": 30})


def verdicts(results: list[Result], verdict: str) -> dict[str, str]:
    return {one.name: one.reason for one in results if one.verdict == verdict}


@pytest.mark.parametrize(
    ("name", "simulator", "version", "without"),
    HOUSES,
    ids=[f"{h[0]}-{h[1]}-{h[2]}" for h in HOUSES],
)
def test_every_scenario_passes_against_a_simulator(
    tmp_path: Path, name: str, simulator: str, version: str, without: set[str]
) -> None:
    target = load_session(CONFIG, name).target_comp_id
    arguments = ["--session", f"{version}:{target}:TRADEOMS", "--magic-ms", "20"]
    arguments += ["--release-ms", "0"] if simulator == "ems" else []
    with Simulator(simulator, tmp_path, *arguments) as running:
        config = session(name, running.fix_port)
        results = certify(config, load_plan(DEFAULT_PLAN))
    text = transcript(config, results)
    assert verdicts(results, "fail") == {}, text[-4000:]
    assert set(verdicts(results, "not played")) == without
    assert len(results) == len(SCENARIOS)
    assert "PASS  bust" in text
    assert "|35=D|" in text


@pytest.fixture
def hasty() -> Plan:
    """Only what needs no answer to an order, and little patience."""
    plan = load_plan(DEFAULT_PLAN)
    return plan.model_copy(update={"wait_s": 1, "quantities": {"fill": 1000}})


@pytest.mark.parametrize(
    ("silent", "why"),
    [
        (True, "new: not in 1 s; last came 8=FIX.4.4|"),
        (False, "sums differ after new E1: OrderQty 1000, executed and left 0"),
    ],
)
def test_what_a_counterparty_does_wrong_is_told(hasty: Plan, silent: bool, why: str) -> None:
    peer = Counterparty(us="BROKER44", them="TRADEOMS").start()
    peer.silent = silent
    try:
        config = session("broker-44", peer.port)
        results = certify(config, hasty, only=["fill", "heartbeat", "partial"])
    finally:
        peer.stop()
    assert set(verdicts(results, "pass")) == {"logon", "heartbeat", "logout"}
    (reason,) = verdicts(results, "fail").values()
    assert reason.startswith(why)
    assert "FAIL  fill" in transcript(config, results)
    assert verdicts(results, "not played")["partial"].startswith("the plan has no quantity")


def test_a_peer_that_executes_what_comes_again_fails(hasty: Plan) -> None:
    peer = Counterparty(us="BROKER44", them="TRADEOMS").start()
    peer.poss_dup_is_new = True
    peer.on_order = peer.fill
    try:
        results = certify(session("broker-44", peer.port), hasty, only=["poss_dup"])
    finally:
        peer.stop()
    assert verdicts(results, "fail")["poss_dup"].startswith("executed again")


def test_without_a_listener_nothing_is_played(hasty: Plan) -> None:
    results = certify(session("broker-44", Counterparty().port), hasty)
    assert list(verdicts(results, "fail")) == ["logon"]
    assert set(verdicts(results, "not played").values()) == {"no logon"}
