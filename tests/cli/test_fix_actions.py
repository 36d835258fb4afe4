"""`fix act|approve|refuse|actions|console` on a node that does not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, load, parsed


@pytest.fixture
def people(node: Run, tmp_path: Path) -> Run:
    """As `node`, with people of operations and risk, and a destination."""
    load(node, tmp_path / "users.csv", "id,name,roles\nolga,Olga,operations@*\nrita,Rita,risk@*\n")
    load(node, tmp_path / "destinations.csv", "name\nBROKER\n")
    return node


def test_a_sequence_change_is_asked_for_listed_and_approved(people: Run) -> None:
    asked = people(
        "fix", "act", "BROKER", "set_sequence", "--number", 9, "--user", "olga", "--reason", "told"
    ).output
    action = asked.partition(":")[0]
    assert asked.strip() == f"{action}: set_sequence on BROKER is waiting"
    (waiting,) = parsed(people("fix", "actions", "--waiting", "--json"))
    assert (waiting["id"], waiting["number"], waiting["requested_by"]) == (action, "9", "olga")
    approve = ("fix", "approve", action, "--reason", "seen", "--user")
    assert "same_person" in people(*approve, "olga", code=1).output
    people(*approve, "rita")
    assert parsed(people("fix", "actions", "--waiting", "--json")) == []
    (done,) = parsed(people("fix", "actions", "--json"))
    assert (done["status"], done["decided_by"]) == ("sent", "rita")


def test_an_action_is_refused(people: Run) -> None:
    asked = people(
        "fix", "act", "BROKER", "set_sequence", "--number", 9, "--outgoing", "--user", "olga",
        "--reason", "told",
    )  # fmt: skip
    action = asked.output.partition(":")[0]
    people("fix", "refuse", action, "--user", "rita", "--reason", "no")
    assert "refused" in people("fix", "actions").output
    wrong = people("fix", "act", "NO", "logon", "--user", "olga", "--reason", "x", code=1)
    assert "session_unknown" in wrong.output


def test_the_console_without_a_node_is_empty(people: Run) -> None:
    assert people("fix", "console", "--once").output.split()[0] == "session"
    assert "no session" in people("fix", "console", "BROKER", "--once", code=1).output


def test_certify_says_what_it_cannot_do(people: Run, tmp_path: Path) -> None:
    wrong = people("fix", "certify", "broker-44", "--only", "dance", code=2)
    assert "no scenario dance; there are logon, heartbeat" in wrong.output
    plan = tmp_path / "plan.yaml"
    plan.write_text('security: {symbol: IBM}\nprice: "1"\nquantities: {fill: 5, reject: 5}\n')
    twice = people("fix", "certify", "broker-44", "--plan", plan, code=1)
    assert "another quantity for each cue" in twice.output
