"""`load` through the real engine: everything or nothing, and every error in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, load, parsed


def test_a_file_is_loaded_and_counted(node: Run, tmp_path: Path) -> None:
    text = "security,price,as_of\nAAPL.XNAS,250,2026-01-30\nfx:USD/JPY,154.3,2026-01-30\n"
    result = load(node, tmp_path / "prices.csv", text)
    assert result.stdout == "loaded 1 prices and 1 rates\n"


def test_prices_of_a_day_without_trading_are_loaded_with_a_warning(
    node: Run, tmp_path: Path
) -> None:
    text = "security,price,as_of\nAAPL.XNAS,250,2026-01-31\n7203.XTKS,2500,2026-01-30\n"
    result = load(node, tmp_path / "prices.csv", text)
    assert result.stdout == "loaded 2 prices\n"
    assert result.stderr == "warning: prices of 2026-01-31, on which XNAS did not trade\n"


def test_a_dry_run_changes_nothing(node: Run, tmp_path: Path) -> None:
    before = parsed(node("journal", "verify", "--json"))["seq"]
    text = "security,price,as_of\nAAPL.XNAS,250,2026-01-30\n"
    result = load(node, tmp_path / "prices.csv", text, "--dry-run")
    assert result.stdout == "would load 1 prices\n"
    assert parsed(node("journal", "verify", "--json"))["seq"] == before


def test_a_dry_run_tells_what_the_engine_would_refuse(node: Run, tmp_path: Path) -> None:
    text = "fund,security,quantity,as_of\n" + "".join(
        f"{fund},{security},1,2026-01-30\n"
        for fund, security in (
            ("GROWTH", "AAPL.XNAS"),
            ("GROWTH", "cash:USD"),
            ("NOSUCH", "AAPL.XNAS"),
        )
    )
    path = tmp_path / "positions.csv"
    result = load(node, path, text, "--dry-run", code=1)
    assert result.stderr.splitlines() == [
        f"{path}:4: fund: fund_not_loaded: load the fund first (NOSUCH)",
        "tradeoms: refused, nothing was changed",
    ]


def test_every_error_is_a_line_with_file_row_and_column(node: Run, tmp_path: Path) -> None:
    path = tmp_path / "positions.csv"
    text = "fund,security,quantity,as_of\nGROWTH,MSFT.XNAS,1,2026-01-30\nGROWTH,7203.XTKS,1.0e3,x\n"
    result = load(node, path, text, code=1)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(f"{path}:2: security: 'MSFT.XNAS': no such security")
    assert lines[0].endswith("[security_not_found]")
    assert lines[1].startswith(f"{path}:3: as_of: 'x': a date")
    assert lines[2].startswith(f"{path}:3: quantity: '1.0e3': a plain decimal")
    assert lines[3] == "tradeoms: 3 errors, nothing was loaded"


def test_errors_as_json(node: Run, tmp_path: Path) -> None:
    result = load(node, tmp_path / "funds.csv", "code,name,currency\nA,,USD\n", "--json", code=1)
    assert parsed(result) == {
        "status": "refused",
        "errors": [
            {
                "row": 2, "column": "name", "value": "", "code": "cell_missing",
                "reason": "a value is required",
            }
        ],
    }  # fmt: skip


def test_positions_take_their_day_from_the_option(node: Run, tmp_path: Path) -> None:
    text = "fund,security,quantity,cost\nYEN,7203.XTKS,100,250000\nYEN,cash:JPY,5000,\n"
    assert "as_of" in load(node, tmp_path / "positions.csv", text, code=1).stderr
    result = load(node, tmp_path / "positions.csv", text, "--as-of", "2026-01-30")
    assert result.stdout == "loaded 1 books\n"


def test_costs_are_in_the_minor_units_of_the_price_currency(node: Run, tmp_path: Path) -> None:
    text = "fund,security,quantity,cost,as_of\nYEN,7203.XTKS,100,250000.5,2026-01-30\n"
    assert "JPY has 0 decimals" in load(node, tmp_path / "positions.csv", text, code=1).stderr


def test_standard_input_and_yaml(node: Run) -> None:
    text = "- {name: BROKER_SIM, title: The broker}\n"
    result = node("load", "destinations", "-", "--format", "yaml", text=text)
    assert result.stdout == "loaded 1 destinations\n"


def test_a_person_without_the_right_is_refused(node: Run, tmp_path: Path) -> None:
    node("users", "add", "tom", "--name", "Tom", "--roles", "trader@*", "--no-password")
    result = load(
        node, tmp_path / "funds.csv", "code,name,currency\nA,A,USD\n", "--user", "tom", code=1
    )
    assert "not_permitted" in result.stderr


def test_loading_twice_is_the_same_as_once(node: Run, tmp_path: Path) -> None:
    text = "symbol,mic,name,currency\nAAPL,XNAS,Apple Inc.,USD\n"
    load(node, tmp_path / "securities.csv", text)
    load(node, tmp_path / "securities.csv", text)
    assert parsed(node("journal", "replay", "--json"))["ok"]


@pytest.mark.parametrize("data", [b"\xff\xfec\x00", b"code,name,currency\nA,\xe9,USD\n"])
def test_a_file_in_another_encoding_is_refused(run: Run, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "funds.csv"
    path.write_bytes(data)
    assert "[not_utf8]" in run("load", "funds", path, code=1).stderr


def test_a_file_that_is_not_there(run: Run) -> None:
    assert run("load", "funds", "none.csv", code=1).stderr == (
        "tradeoms: No such file or directory: none.csv\n"
    )
