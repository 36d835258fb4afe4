"""The mandate that `docs/rules` takes into force: its commands in order, on the demo files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from tests.cli.conftest import Run, parsed

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "rules" / "README.md").read_text(encoding="utf-8")
RULE: Final = "mandate.income.sector"


def test_the_commands_of_the_page_put_a_clause_in_force(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "rules", tmp_path / "docs" / "rules")
    shown = {}
    for line in re.findall(r"^tradeoms (.*)$", PAGE, re.MULTILINE):
        shown[line] = run(*line.split()).stdout
    loaded = "load rules docs/rules/mandate.yaml --user officer.olga"
    assert shown[loaded] == "loaded 5 rules\n"
    assert "0 differ" in shown[f"rules backtest {RULE} 1 --days 30"]
    (active,) = (one for one in parsed(run("rules", "list", "--json")) if one["status"] == "active")
    names = ("id", "defined_by", "activated_by")
    assert [active[name] for name in names] == [RULE, "officer.olga", "officer.omar"]
    bought, _ = parsed(run("compliance", "headroom", "INCOME", "KO.XNYS", "--json"))
    assert (bought["side"], bought["most"], bought["rule"]) == ("buy", "74230", RULE)
