"""`models` and `proposals`: from a file to orders on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, load, parsed


def named(value: str) -> dict[str, str]:
    return {"scheme": "ticker_mic", "value": value}


@pytest.fixture
def desk(node: Run, tmp_path: Path) -> Run:
    """As `node`, with a portfolio manager, a risk officer, prices and a fund with cash."""
    load(node, tmp_path / "users.csv", "id,name,roles\npm,Pat,portfolio_manager@*\nrita,R,risk@*\n")
    load(node, tmp_path / "prices.csv", "security,price,as_of\nAAPL.XNAS,250,2026-01-05\n")
    load(
        node,
        tmp_path / "positions.csv",
        "fund,security,quantity\nGROWTH,AAPL.XNAS,100\nGROWTH,cash:USD,975000\n",
        "--as-of",
        "2026-01-05",
    )
    return node


def write(tmp_path: Path, **changes: Any) -> Path:
    weights = [{"security": named("AAPL.XNAS"), "weight": "50"}]
    path = tmp_path / "core.json"
    path.write_text(json.dumps({"id": "core", "weights": weights, **changes}), encoding="utf-8")
    return path


def test_from_a_model_to_orders(desk: Run, tmp_path: Path) -> None:
    desk("models", "define", write(tmp_path), "--user", "pm")
    approve = ("models", "approve", "core", "1", "--user")
    assert "model_own_approval" in desk(*approve, "pm", code=1).output
    desk(*approve, "rita")
    (model,) = parsed(desk("models", "list", "--model", "core", "--json"))
    assert (model["status"], model["cash"]) == ("approved", "50")

    asked = ("proposals", "make", "--fund", "GROWTH", "--model", "core", "--user", "pm")
    told = desk(*asked, "--flow", "GROWTH=1000000", "--cash-buffer", "10").output
    assert "1 lines, 1 trade; compliance of the set: allow" in told
    (proposal,) = parsed(desk("proposals", "list", "--json"))
    (line,) = parsed(desk("proposals", "show", proposal["id"], "--json"))
    assert (line["side"], line["quantity"], line["after"]) == ("buy", "3900", "50")
    desk("proposals", "approve", proposal["id"], "--user", "pm", "--reason", "inflow")
    (order,) = parsed(desk("orders", "--json"))
    assert (order["quantity"], order["reason"], order["status"]) == ("3900", "inflow", "approved")

    desk(*asked, "--tolerance", "99")
    other = parsed(desk("proposals", "list", "--json"))[0]
    assert other["status"] == "open"
    desk("proposals", "discard", other["id"], "--user", "pm")
    assert (
        "proposal_settled"
        in desk("proposals", "approve", other["id"], "--user", "pm", code=1).output
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--fund", "NONE"), 1, "no such fund"),
        (("--fund", "GROWTH"), 1, "no benchmark"),
        (("--fund", "GROWTH", "--model", "none"), 1, "no version of this model"),
        (("--fund", "GROWTH", "--tolerance", "1e3"), 2, "--tolerance"),
        (("--fund", "GROWTH", "--flow", "GROWTH"), 2, "FUND=AMOUNT"),
        (("--fund", "GROWTH", "--spare", "NO.XNAS"), 1, "NO.XNAS"),
    ],
)
def test_what_cannot_be_computed_is_told(
    desk: Run, arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert told in desk("proposals", "make", "--user", "pm", *arguments, code=code).output
    assert parsed(desk("proposals", "list", "--json")) == []


def test_a_bad_file_is_told_by_its_fields(desk: Run, tmp_path: Path) -> None:
    wrong = write(tmp_path, weights=[{"security": named("AAPL.XNAS")}])
    assert "/weights/0/weight" in desk("models", "define", wrong, "--user", "pm", code=1).output
