"""`users`, `keys` and `rules` through the real engine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from tests.cli.conftest import Run, load, parsed
from tradeoms import bootstrap
from tradeoms.projections.queries_access import find_key, find_user
from tradeoms.settings import Settings

RULES = """
- {id: cash, title: No overdraft, kind: cash,
   cases: [{id: fits, mode: fit, fund: GROWTH, expect: {outcome: UNKNOWN}}]}
- {id: apple, kind: restrict, severity: soft, list: [AAPL.XNAS]}
"""


@pytest.fixture
def database(node: Run) -> sa.Engine:
    """The database of `node`, for reading."""
    return bootstrap.reader(Settings())


def test_the_first_admin_may_sign_in(node: Run, database: sa.Engine) -> None:
    with database.connect() as link:
        ada = find_user(link, "ada")
    assert ada is not None
    assert PasswordHasher().verify(ada.password_hash, "correct horse battery")
    assert parsed(node("users", "list", "--json")) == [
        {"id": "ada", "name": "Ada Admin", "roles": "admin@*", "active": True, "password": True}
    ]


def test_people_are_added_changed_and_disabled(node: Run, database: sa.Engine) -> None:
    roles = "portfolio_manager@GROWTH|YEN; risk@*"
    node("users", "add", "pm", "--name", "Pia", "--roles", roles, "--user", "ada")
    with database.connect() as link:
        before = find_user(link, "pm")
    node("users", "disable", "pm")
    with database.connect() as link:
        after = find_user(link, "pm")
    assert before is not None
    assert after is not None
    assert (before.active, after.active) == (True, False)
    assert after.password_hash == before.password_hash != ""
    assert "portfolio_manager@GROWTH|YEN; risk@*  False" in node("users", "list").stdout


def test_a_weak_password_is_refused(node: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEOMS_PASSWORD", "short")
    result = node("users", "password", "ada", code=1)
    assert result.stderr == "tradeoms: the password of ada is too weak: at least 12 characters\n"


def test_a_password_is_asked_for_twice(node: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRADEOMS_PASSWORD")
    answers = "staple battery horse\nstaple battery horse\n"
    result = node("users", "password", "ada", text=answers)
    assert "staple" not in result.output


def test_an_unknown_person_is_told(node: Run) -> None:
    assert "there is no user bob" in node("users", "disable", "bob", code=1).stderr
    assert "user_unknown" in node("keys", "create", "bob", code=1).stderr


def test_trading_and_control_are_not_in_one_hand(node: Run) -> None:
    roles = "trader@*; admin@*"
    result = node("users", "add", "tom", "--name", "Tom", "--roles", roles, code=1)
    assert "roles_conflict" in result.stderr


def test_a_key_is_shown_once_and_only_its_hash_is_kept(node: Run, database: sa.Engine) -> None:
    text = node("keys", "create", "ada", "--label", "jobs", "--days", "30").stdout.strip()
    prefix, key_id, secret = text.split("_", 2)
    assert (prefix, len(key_id)) == ("toms", 16)
    with database.connect() as link:
        found = find_key(link, key_id)
        journal = "".join(link.execute(sa.text("SELECT body FROM journal")).scalars())
    assert found is not None
    assert found[0].secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in journal
    node("keys", "revoke", key_id)
    (shown,) = parsed(node("keys", "list", "--json"))
    assert (shown["id"], shown["label"], shown["revoked"]) == (key_id, "jobs", True)


def test_a_rule_needs_two_people(node: Run, tmp_path: Path) -> None:
    for officer in ("olga", "omar"):
        node("users", "add", officer, "--name", officer, "--roles", "compliance_officer@*")
    loaded = load(node, tmp_path / "rules.yaml", RULES, "--user", "olga")
    assert loaded.stderr == (
        "warning: apple@1 carries no cases, and cannot be put in force without\n"
    )
    refused = node("rules", "activate", "cash", "1", "--user", "olga", code=1)
    assert "approver_is_author" in refused.stderr
    node("rules", "activate", "cash", "1", "--user", "omar")
    assert "rule_not_draft" in node("rules", "activate", "cash", 1, "--user", "omar", code=1).stderr
    apple, cash = parsed(node("rules", "list", "--json"))
    assert (cash["status"], cash["defined_by"], cash["activated_by"]) == ("active", "olga", "omar")
    assert (apple["status"], apple["definition"]["severity"]) == ("draft", "soft")
    assert apple["definition"]["list"][0].startswith("sec_")
    refused = node("rules", "activate", "apple", "1", "--user", "omar", code=1)
    assert "rule_cases_missing" in refused.stderr
    asked = node("rules", "retire", "cash", "1", "--user", "olga").stdout
    assert "stays as it is until another officer retires it too" in asked
    assert "same_person" in node("rules", "retire", "cash", "1", "--user", "olga", code=1).stderr
    assert "is kept" in node("rules", "keep", "cash", "1", "--user", "omar").stdout
    node("rules", "retire", "cash", "1", "--user", "olga")
    waiting = parsed(node("rules", "list", "--json"))[1]
    assert (waiting["status"], waiting["retirement_requested_by"]) == ("active", "olga")
    done = node("rules", "retire", "cash", "1", "--user", "omar").stdout
    assert done == "cash version 1 is out of force\n"
    assert len(parsed(node("rules", "list", "--json"))) == 1
    assert len(parsed(node("rules", "list", "--all", "--json"))) == 2


def test_a_changed_rule_needs_a_new_version(node: Run, tmp_path: Path) -> None:
    load(node, tmp_path / "rules.yaml", "- {id: cash, kind: cash}\n")
    changed = "- {id: cash, kind: cash, min: '5'}\n"
    assert "rule_version_exists" in load(node, tmp_path / "rules.yaml", changed, code=1).stderr


CASED = """
- id: cap
  kind: order
  max_value: '50000'
  cases:
  - id: over
    mode: pre
    funds: {F: {base: EUR, nav: '1000000'}}
    securities: {S: {ccy: EUR, price: '90'}}
    positions: []
    orders: [{id: o, fund: F, sec: S, side: buy, qty: '1000'}]
    expect: {outcome: BREACH}
"""


def test_a_rule_is_tested_approved_and_tried_from_the_command_line(
    node: Run, tmp_path: Path
) -> None:
    for officer in ("olga", "omar"):
        node("users", "add", officer, "--name", officer, "--roles", "compliance_officer@*")
    load(node, tmp_path / "rules.yaml", CASED, "--user", "olga")
    node("rules", "test", "cap", "1", "--user", "olga")
    node("rules", "approve", "cap", "1", "--user", "omar")
    shown = parsed(node("rules", "show", "cap", "1"))
    assert (shown["status"], shown["approved_by"], shown["failures"]) == ("approved", "omar", [])
    assert [case["id"] for case in shown["cases"]] == ["over"]
    wrong = CASED.replace("BREACH", "PASS").replace("'50000'", "'60000'")
    load(node, tmp_path / "rules.yaml", wrong.replace("id: cap", "id: cap\n  version: 2", 1))
    failed = node("rules", "test", "cap", "2", "--user", "olga", code=1)
    assert 'over: expected {"outcome": "PASS"}' in failed.stderr
    (change,) = parsed(node("rules", "diff", "cap", "1", "2", "--json"))
    assert change == {"field": "max_value", "from": "50000", "to": "60000"}
    tried = parsed(node("rules", "backtest", "cap", "2", "--days", "3", "--json"))
    assert (tried["checks"], tried["changes"]) == (0, [])
    assert parsed(node("rules", "shadow", "cap", "--json"))["checks"] == 0
    odd = CASED.replace("  - id: over\n    mode", "  - mode", 1)
    refused = load(node, tmp_path / "rules.yaml", odd.replace("id: cap", "id: odd", 1), code=1)
    assert "a case has an `id` and an `expect`" in refused.stderr
