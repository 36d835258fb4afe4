"""Files of orders: what is read, by which names, and what is told of the rest."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tradeoms.domain.mapping.columns import Words
from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.domain.order.commands import CreateOrder, Leg
from tradeoms.imports.orders import read_orders
from tradeoms.imports.sheets import sheet_text
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

HEADER = "client_order_id,security,side,quantity,order_type,limit_price,fund,allocations"
AT = datetime(2026, 1, 5, tzinfo=UTC)


def order(**changes: Any) -> CreateOrder:
    terms: dict[str, Any] = {
        "client_order_id": "a-1", "scheme": "ticker_mic", "security": "AAPL.XNAS",
        "side": Side.BUY, "quantity": D(100), "order_type": OrderType.LIMIT,
        "limit_price": D("250.10"), "legs": (Leg(fund="GROWTH", quantity=D(100)),),
    }  # fmt: skip
    return CreateOrder(**{**terms, **changes})


def faults(text: str, mapping: ImportMapping | None = None) -> list[tuple[int, str, str]]:
    errors = read_orders(text, form="csv", mapping=mapping).errors
    return [(error.row, error.column, error.code.value) for error in errors]


def test_a_row_is_an_order_for_one_fund_or_several() -> None:
    text = (
        f"{HEADER}\na-1,AAPL.XNAS,buy,100,limit,250.10,GROWTH,\n"
        "a-2,isin:US0378331005,sell_short,100,market,,,INDEX=60; GROWTH=40\n"
    )
    found = read_orders(text, form="csv")
    assert found.errors == []
    assert found.lines == [2, 3]
    second = order(
        client_order_id="a-2", scheme="isin", security="US0378331005", side=Side.SELL_SHORT,
        order_type=OrderType.MARKET, limit_price=None,
        legs=(Leg(fund="INDEX", quantity=D(60)), Leg(fund="GROWTH", quantity=D(40))),
    )  # fmt: skip
    assert found.orders == [order(), second]


def test_every_optional_column_is_read() -> None:
    names = (
        "client_order_id,security,side,quantity,order_type,limit_price,stop_price,time_in_force,"
        "expire_on,fund,reason,instructions,portfolio_manager,venue,cross_with,submit"
    )
    row = (
        "a-1,AAPL.XNAS,buy,100,stop_limit,250.10,249,gtd,2026-02-27,GROWTH,r,i,pm,offering,X,false"
    )
    assert read_orders(f"{names}\n{row}\n", form="csv").orders == [
        order(
            order_type=OrderType.STOP_LIMIT, stop_price=D(249), time_in_force=TimeInForce.GTD,
            expire_on=date(2026, 2, 27), reason="r", instructions="i", portfolio_manager="pm",
            venue="offering", cross_with="X", submit=False,
        )
    ]  # fmt: skip


def test_the_clipboard_of_a_spreadsheet_is_tab_separated() -> None:
    text = HEADER.replace(",", "\t") + "\r\na-1\tAAPL.XNAS\tbuy\t100\tlimit\t250.10\tGROWTH\t\r\n"
    assert read_orders(text, form="tsv").orders == [order()]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (",AAPL.XNAS,buy,1,market,,F,", ("client_order_id", "cell_missing")),
        ("a,AAPL.XNAS,BUY,1,market,,F,", ("side", "word_unknown")),
        ("a,AAPL.XNAS,,1,market,,F,", ("side", "word_unknown")),
        ("a,AAPL.XNAS,buy,1e3,market,,F,", ("quantity", "number_invalid")),
        ("a,AAPL.XNAS,buy,1,market,,F,A=1", ("fund", "cell_missing")),
        ("a,AAPL.XNAS,buy,1,market,,,", ("fund", "cell_missing")),
        ("a,AAPL.XNAS,buy,1,market,,,A:1", ("allocations", "number_invalid")),
        ("a,AAPL.XNAS,buy,1,market,,,A=1;A=1", ("allocations", "text_invalid")),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_the_others_are_kept(
    row: str, fault: tuple[str, str]
) -> None:
    found = read_orders(
        f"{HEADER}\n{row}\na-1,AAPL.XNAS,buy,100,limit,250.10,GROWTH,\n", form="csv"
    )
    assert [(e.row, e.column, e.code.value) for e in found.errors] == [(2, *fault)]
    assert (found.orders, found.lines) == ([order()], [3])


MAPPING = ImportMapping(
    name="x", version=1, defined_by="olga", created_at=AT, updated_at=AT,
    columns=(("client_order_id", "Ref"), ("side", "B/S"), ("security", "Ticker")),
    defaults=(("order_type", "limit"), ("fund", "GROWTH")),
    words=(Words(column="side", meanings=(("B", "buy"), ("S", "sell"))),),
    ignored=("Desk", "reason"),
)  # fmt: skip


def test_a_mapping_gives_columns_words_and_defaults_their_meaning() -> None:
    text = "Ref,Ticker,B/S,quantity,limit_price,Desk,reason\na-1,AAPL.XNAS,B,100,250.10,7,secret\n"
    found = read_orders(text, form="csv", mapping=MAPPING)
    assert found.errors == []
    assert found.orders == [order()]


def test_errors_name_the_columns_of_the_file() -> None:
    text = "Ref,Ticker,B/S,quantity,limit_price,order_type\na-1,AAPL.XNAS,X,100,250.10,\n"
    assert faults(text, MAPPING) == [(2, "B/S", "word_unknown")]
    assert faults("Ref,Ticker,quantity,Colour\n", MAPPING) == [
        (1, "Colour", "column_unknown"), (1, "B/S", "column_missing"),
    ]  # fmt: skip
    text = "client_order_id,Ticker,B/S,quantity\na,AAPL.XNAS,B,1\n"
    assert (1, "client_order_id", "column_unknown") in faults(text, MAPPING)


def test_a_file_of_too_many_orders_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradeoms.imports.orders.ROWS_MAX", 1)
    rows = "a-1,AAPL.XNAS,buy,100,limit,250.10,GROWTH,\n" * 3
    assert faults(f"{HEADER}\n{rows}") == [(3, "", "file_malformed")]


def workbook(*rows: str) -> bytes:
    """A workbook whose cells are written as the format says: `n` numbers, `s` inline texts."""
    sheet = "".join(f"<row r='{n}'>{cells}</row>" for n, cells in enumerate(rows, start=1))
    parts = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/"
        "content-types'><Default Extension='xml' ContentType='application/xml'/></Types>",
        "_rels/.rels": _rels("officeDocument", "xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _rels("worksheet", "worksheets/sheet1.xml"),
        "xl/workbook.xml": f"<workbook xmlns='{_MAIN}' xmlns:r='{_R}'><sheets>"
        "<sheet name='S' sheetId='1' r:id='rId1'/></sheets></workbook>",
        "xl/worksheets/sheet1.xml": f"<worksheet xmlns='{_MAIN}'><sheetData>{sheet}</sheetData>"
        "</worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, "<?xml version='1.0'?>" + text)
    return packed.getvalue()


_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _rels(kind: str, target: str) -> str:
    return (
        "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
        f"<Relationship Id='rId1' Type='{_R}/{kind}' Target='{target}'/></Relationships>"
    )


def texts(*values: str) -> str:
    return "".join(f"<c t='inlineStr'><is><t>{value}</t></is></c>" for value in values)


def test_a_workbook_is_read_with_the_numbers_that_it_shows() -> None:
    pytest.importorskip("python_calamine", reason="python-calamine reads workbooks")
    data = workbook(
        texts(*HEADER.split(",")[:7]),
        "",
        texts("a-1", "AAPL.XNAS", "buy") + "<c><v>100</v></c>" + texts("limit")
        + "<c><v>250.09999999999999</v></c>" + texts("GROWTH"),
        texts("a-2", "AAPL.XNAS", "buy") + "<c><v>1E+2</v></c>"
        + texts("limit", "250.10", "GROWTH"),
    )  # fmt: skip
    text = sheet_text(data)
    assert isinstance(text, str), text
    found = read_orders(text, form="csv")
    assert found.errors == []
    assert found.orders == [order(), replace(order(), client_order_id="a-2")]
    assert found.lines == [3, 4]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"client_order_id,security\n"])
def test_what_is_no_workbook_is_told(data: bytes) -> None:
    pytest.importorskip("python_calamine", reason="python-calamine reads workbooks")
    found = sheet_text(data)
    assert isinstance(found, list)
    assert [error.code.value for error in found] == ["file_malformed"]


def test_a_workbook_that_unpacks_too_large_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("python_calamine", reason="python-calamine reads workbooks")
    monkeypatch.setattr("tradeoms.imports.sheets.UNPACKED_MAX", 100)
    found = sheet_text(workbook(texts("a")))
    assert isinstance(found, list)
    assert "unpacks to more than" in found[0].reason
