"""`load orders`: the report of every row, trials, mappings and files sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, parsed

USERS = "id,name,roles\npm,Pam,portfolio_manager@*\n"
CASH = "fund,security,quantity,as_of\nGROWTH,cash:USD,1000000,2026-01-30\n"
PRICES = "security,price,as_of\nAAPL.XNAS,250,2026-01-30\n"
HEADER = "client_order_id,security,side,quantity,order_type,limit_price,fund"
GOOD = "a-1,AAPL.XNAS,buy,100,limit,250.10,GROWTH"


@pytest.fixture
def desk(node: Run, tmp_path: Path) -> Run:
    """As `node`, with a portfolio manager, cash and a price."""
    for kind, text in (("users", USERS), ("prices", PRICES), ("positions", CASH)):
        node("load", kind, "-", "--format", "csv", text=text)
    return node


def load(run: Run, text: str, *arguments: object, code: int = 0, form: str = "csv") -> list[str]:
    result = run(
        "load", "orders", "-", "--format", form, "--user", "pm", *arguments, code=code, text=text
    )
    return [" ".join(line.split()) for line in result.output.splitlines()]


def test_a_file_is_tried_entered_and_known(desk: Run) -> None:
    text = f"{HEADER}\n{GOOD}\n"
    tried = load(desk, text, "--dry-run")
    assert tried[1:] == ["2 accepted a-1 approved", "would enter 1 of 1 orders; 0 known, 0 refused"]
    entered = load(desk, text)
    assert entered[-1] == "entered 1 of 1 orders; 0 known, 0 refused"
    order = entered[1].split()[3]
    shown = parsed(desk("orders", order))
    assert (shown["source"], shown["placed_by"], shown["client_order_id"]) == ("file", "pm", "a-1")
    again = load(desk, text)
    assert again[1:] == [
        f"2 known a-1 {order} approved", "entered 0 of 1 orders; 1 known, 0 refused",
    ]  # fmt: skip


def test_rows_that_cannot_be_read_stop_the_file_but_not_a_part(desk: Run) -> None:
    text = f"{HEADER}\n{GOOD}\na-2,AAPL.XNAS,buy,x,limit,1,GROWTH\n"
    stopped = load(desk, text, code=1)
    assert stopped[1].startswith("3 refused quantity: a plain decimal")
    assert stopped[-1] == "tradeoms: 1 rows cannot be read, nothing was entered"
    part = load(desk, text, "--partial", code=1)
    assert [line.split()[:2] for line in part[1:3]] == [["2", "accepted"], ["3", "refused"]]
    assert part[-1] == "entered 1 of 2 orders; 0 known, 1 refused"


def test_what_the_engine_refuses_names_the_order(desk: Run) -> None:
    text = f"{HEADER}\na-1,AAPL.XNAS,buy,1,market,1,GROWTH\n"
    told = load(desk, text, code=1)
    assert told[0].startswith("orders/0/limit_price: limit_price_unwanted")


def test_pasted_text_and_an_unknown_mapping(desk: Run) -> None:
    text = f"{HEADER}\n{GOOD}\n".replace(",", "\t")
    assert load(desk, text, form="tsv")[-1].startswith("entered 1 of 1")
    told = load(desk, text, "--mapping", "none", code=1)
    assert told == ["tradeoms: there is no mapping none"]


def test_the_machine_itself_enters_no_orders(desk: Run) -> None:
    result = desk("load", "orders", "-", "--format", "csv", text=f"{HEADER}\n{GOOD}\n", code=1)
    assert "not_permitted" in result.stderr
