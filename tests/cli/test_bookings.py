"""Policies and charges from files, and bookings on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import parsed
from tests.engine.conftest import data, furnished
from tests.engine.house import fill, opened
from tradeoms.cli import app

__all__ = ["data", "furnished"]

POLICIES = """\
- {id: sales, method: smallest_first, trigger: done_for_day, sides: [sell, sell_short]}
- {id: standard, method: pro_rata, trigger: manual, residual: first, on_failure: book}
"""
CHARGES = """\
id,kind,basis,rate,per,currency,minimum,maximum,rounding,sides,since
broker,commission,per_unit,0.005,order_day,USD,1,,half_up,,
taf,fee,per_unit,0.000166,execution,USD,,8.30,up,sell;sell_short,2026-01-01
stamp,tax,bps,50,order_day,,,,up,buy,
"""


def test_from_files_to_bookings(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEOMS_DATA", str(data))

    def run(*words: str, code: int = 0, text: str | None = None) -> str:
        result = CliRunner().invoke(app, words, input=text)
        assert result.exit_code == code, result.output
        return result.output

    load = ("load", "allocation-policies", "-", "--format", "yaml")
    assert run(*load, "--dry-run", text=POLICIES) == "would load 2 policies\n"
    assert run(*load, text=POLICIES) == "loaded 2 policies\n"
    assert run("load", "charges", "-", "--format", "csv", text=CHARGES) == "loaded 3 charges\n"
    wrong = "- {id: x, method: by_mood, trigger: filled, sides: [hold], least: -1}\n"
    told = run(*load, code=1, text=wrong)
    assert "method: 'by_mood': one of" in told
    assert "sides: 'hold'" in told
    assert "least: '-1': must be above 0" in told

    with opened(data) as house:
        placed = house.placed()
        house.hear(fill(placed["cl_ord_id"], "E1", 500))
        (key,) = house.book.bookings
    assert "provisional" in run("bookings", "list")
    asked = ("bookings", "reallocate", key, "A=450", "B=50", "--reason", "agreed")
    assert "waits for another person" in run(*asked, "--user", "olga")
    assert "same_person" in run("bookings", "approve", key, "--user", "olga", code=1)
    run("bookings", "refuse", key, "--user", "rita", "--reason", "ask them first")
    run(*asked, "--user", "olga")
    run("bookings", "approve", key, "--user", "rita")
    run("bookings", "book", "--order", placed["order_id"], "--user", "olga")
    (found,) = parsed(CliRunner().invoke(app, ["bookings", "list", "--json"]))
    assert [(leg["fund"], leg["quantity"], leg["net"]) for leg in found["allocations"]] == [
        ("A", "450", "45227.25"), ("B", "50", "5025.25"),
    ]  # fmt: skip
    assert "booked_already" in run(
        "bookings", "book", "--order", placed["order_id"], "--user", "olga", code=1
    )
    assert "FUND=UNITS" in run(
        "bookings", "reallocate", key, "A", "--reason", "x", "--user", "olga", code=2
    )
