"""`tradeoms fix check`: one clear error, or that the file is well formed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tradeoms.cli import app
from tradeoms.commands.fix_pages import CONFIG, fix_pages
from tradeoms.fix.dialect import load_dialect

FILES = sorted((CONFIG / "dialects").glob("*.yaml")) + sorted((CONFIG / "sessions").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_shipped_is_well_formed(file: Path) -> None:
    result = CliRunner().invoke(app, ["fix", "check", str(file)])
    assert result.exit_code == 0
    assert "well formed" in result.output


def test_what_is_wrong_is_told_with_file_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text('name: x\norder: {text_max: "5"}\n')
    result = CliRunner().invoke(app, ["fix", "check", str(file)])
    assert result.exit_code == 1
    said = f"{file}: order.text_max is '5', allowed: a whole number from 0 to 500"
    assert said in result.output


def test_a_session_is_checked_with_its_dialect(tmp_path: Path) -> None:
    for part in ("sessions", "dialects"):
        (tmp_path / part).mkdir()
    file = tmp_path / "sessions" / "s.yaml"
    file.write_text(
        "{name: s, dialect: d, sender_comp_id: A, target_comp_id: B, host: h, port: 9000}"
    )
    (tmp_path / "dialects" / "d.yaml").write_text("{name: d, replace: {outstanding: two}}")
    result = CliRunner().invoke(app, ["fix", "check", str(file)])
    assert result.exit_code == 1
    assert "d.yaml: replace.outstanding is 'two', allowed: one, chained, none" in result.output


@pytest.mark.parametrize("name", [file.stem for file in FILES if file.parent.name == "dialects"])
def test_rules_of_engagement_tell_the_dialects_own_values(name: str) -> None:
    page = fix_pages()[f"../fix/{name}.md"]
    dialect = load_dialect(CONFIG / "dialects" / f"{name}.yaml")
    assert dialect.title in page
    for tag, value in dialect.order.constants.items():
        assert f"| {tag} | agreed | `{value}` | always |" in page
    assert ("Two replaces in flight" in page) is (dialect.replace.outstanding == "chained")
    assert ("### OrderMassStatusRequest (AF)" in page) is dialect.recovery.mass_status
