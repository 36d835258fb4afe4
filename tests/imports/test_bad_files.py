"""Every way a file can be wrong, as a table: the file, and exactly the errors it gives.

An error is written (line, column, value, code); the reason is checked to be there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest

from tradeoms.imports.funds import read_destinations, read_funds
from tradeoms.imports.lists import read_lists
from tradeoms.imports.outside import (
    read_benchmarks,
    read_constituents,
    read_figures,
    read_issuers,
    read_offerings,
    read_reported,
)
from tradeoms.imports.positions import read_positions
from tradeoms.imports.prices import read_prices
from tradeoms.imports.rows import RowError, RowFault, decode
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users

F = RowFault
IDS = {
    ("ticker_mic", "AAPL.XNAS"): "sec_1",
    ("isin", "US0378331005"): "sec_1",
    ("ticker_mic", "7203.XTKS"): "sec_2",
}
CURRENCIES = {"sec_1": "USD", "sec_2": "JPY"}

Wrong = tuple[int, str, str, RowFault]


def resolve(scheme: str, value: str) -> str | None:
    return IDS.get((scheme, value))


def shown(answer: object) -> list[Wrong]:
    assert isinstance(answer, list), answer
    assert all(isinstance(error, RowError) and error.reason for error in answer)
    return [(error.row, error.column, error.value, error.code) for error in answer]


def csv_of(header: str, *lines: str) -> str:
    return "\n".join((header, *lines)) + "\n"


FUND = "code,name,currency"

SHAPES: list[tuple[str, str, list[Wrong]]] = [
    ("nothing", "", [(1, "", "", RowFault.FILE_EMPTY)]),
    ("only a header", f"{FUND}\n", [(1, "", "", RowFault.FILE_EMPTY)]),
    ("only blank lines", "\n\n", [(1, "", "", RowFault.FILE_EMPTY)]),
    (
        "an unknown column",
        csv_of(f"{FUND},colour", "A,Alpha,USD,red"),
        [(1, "colour", "colour", RowFault.COLUMN_UNKNOWN)],
    ),
    (
        "a column in capitals",
        csv_of("Code,name,currency", "A,Alpha,USD"),
        [(1, "Code", "Code", RowFault.COLUMN_UNKNOWN), (1, "code", "", RowFault.COLUMN_MISSING)],
    ),
    (
        "a missing column",
        csv_of("code,name", "A,Alpha"),
        [(1, "currency", "", RowFault.COLUMN_MISSING)],
    ),
    (
        "a column twice",
        csv_of(f"{FUND},name", "A,Alpha,USD,Beta"),
        [(1, "name", "name", RowFault.COLUMN_TWICE)],
    ),
    (
        "too few and too many cells",
        csv_of(FUND, "A,Alpha", "B,Beta,USD,more", "C,Gamma,USD"),
        [(2, "", "A,Alpha", RowFault.CELL_COUNT), (3, "", "B,Beta,USD,more", RowFault.CELL_COUNT)],
    ),
    (
        "an unclosed quote",
        csv_of(FUND, 'A,"Alpha,USD'),
        [(2, "", "", RowFault.FILE_MALFORMED)],
    ),
    (
        "text behind a quote",
        csv_of(FUND, "A,Alpha,USD", 'B,"Be"ta,USD'),
        [(3, "", "", RowFault.FILE_MALFORMED)],
    ),
    (
        "a line break in a cell, and the line of the row behind it",
        csv_of(FUND, 'A,"Al\npha",USD', "B,Beta,EURO"),
        [
            (2, "name", "'Al\\npha'", RowFault.TEXT_INVALID),
            (4, "currency", "EURO", RowFault.CURRENCY_UNKNOWN),
        ],
    ),
    (
        "a tab and a nul",
        csv_of(FUND, "A,Al\tpha,USD", "B,B\0eta,USD"),
        [
            (2, "name", "'Al\\tpha'", RowFault.TEXT_INVALID),
            (3, "name", "'B\\x00eta'", RowFault.TEXT_INVALID),
        ],
    ),
    (
        "spaces around a cell",
        csv_of(FUND, "A,Alpha , USD"),
        [
            (2, "name", "Alpha ", RowFault.TEXT_INVALID),
            (2, "currency", " USD", RowFault.TEXT_INVALID),
        ],
    ),
    (
        "semicolons in place of commas",
        csv_of("code;name;currency", "A;Alpha;USD"),
        [
            (1, "code;name;currency", "code;name;currency", RowFault.COLUMN_UNKNOWN),
            (1, "code", "", RowFault.COLUMN_MISSING),
            (1, "name", "", RowFault.COLUMN_MISSING),
            (1, "currency", "", RowFault.COLUMN_MISSING),
        ],
    ),
]


@pytest.mark.parametrize(("story", "text", "errors"), SHAPES, ids=[row[0] for row in SHAPES])
def test_a_file_of_the_wrong_shape_is_refused(story: str, text: str, errors: list[Wrong]) -> None:
    assert shown(read_funds(text, format="csv")) == errors


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    assert shown(decode(b"code,name\nA,\xe9")) == [(2, "", "", RowFault.NOT_UTF8)]
    assert "UTF-16" in decode("code".encode("utf-16"))[0].reason  # type: ignore[union-attr] # a list


def positions(text: str) -> object:
    return read_positions(
        text,
        format="csv",
        resolve=resolve,
        currency_of=CURRENCIES.get,
        as_of=date(2026, 1, 30),
    )


def prices(text: str) -> object:
    return read_prices(text, format="csv", resolve=resolve)


def securities(text: str) -> object:
    return read_securities(text, format="csv")


def users(text: str) -> object:
    return read_users(text, format="csv", hasher=lambda _: "hash")


SECURITY = "symbol,mic,name,currency"
POSITION = "fund,security,quantity,cost"
PRICE = "security,price,as_of"
USER = "id,name,roles,password"
CELLS: list[tuple[str, Callable[[str], object], str, list[Wrong]]] = [
    (
        "several errors of several funds, all at once",
        lambda text: read_funds(text, format="csv"),
        csv_of(
            f"{FUND},regimes,approval_above,active",
            "A B,,usd,UCITS-IE;UCITS-IE,-1,yes",
            "C,Gamma,XYZ,bad name,1e6,",
            "A B,Alpha,USD,,,",
        ),
        [
            (2, "code", "A B", RowFault.CODE_INVALID),
            (2, "name", "", RowFault.CELL_MISSING),
            (2, "currency", "usd", RowFault.CURRENCY_UNKNOWN),
            (2, "regimes", "UCITS-IE;UCITS-IE", RowFault.TEXT_INVALID),
            (2, "approval_above", "-1", RowFault.NUMBER_RANGE),
            (2, "active", "yes", RowFault.WORD_UNKNOWN),
            (3, "currency", "XYZ", RowFault.CURRENCY_UNKNOWN),
            (3, "regimes", "bad name", RowFault.CODE_INVALID),
            (3, "approval_above", "1e6", RowFault.NUMBER_INVALID),
            (4, "code", "A B", RowFault.CODE_INVALID),
            (4, "code", "A B", RowFault.ROW_TWICE),
        ],
    ),
    (
        "a destination of an unknown kind, with a broken LEI",
        lambda text: read_destinations(text, format="csv"),
        csv_of("name,kind,lei,enabled", "B1,bank,HWUPKR0MPOU8FGXBT395,TRUE", "B1,,,"),
        [
            (2, "kind", "bank", RowFault.WORD_UNKNOWN),
            (2, "lei", "HWUPKR0MPOU8FGXBT395", RowFault.IDENTIFIER_INVALID),
            (2, "enabled", "TRUE", RowFault.WORD_UNKNOWN),
            (3, "name", "B1", RowFault.ROW_TWICE),
        ],
    ),
    (
        "identifiers with wrong check digits or in small letters",
        securities,
        csv_of(
            f"{SECURITY},isin,cusip,sedol,figi",
            "A,XNYS,Alpha,USD,US0378331006,037833101,2046252,BBG000B9XRY5",
            "B,XNYS,Beta,USD,us0378331005,,,",
            "C,XNYS,Gamma,USD,US0378331005,594918104,,",
            "D,XNYS,Delta,USD,US0378331005,,,",
        ),
        [
            (2, "isin", "US0378331006", RowFault.IDENTIFIER_INVALID),
            (2, "cusip", "037833101", RowFault.IDENTIFIER_INVALID),
            (2, "sedol", "2046252", RowFault.IDENTIFIER_INVALID),
            (2, "figi", "BBG000B9XRY5", RowFault.IDENTIFIER_INVALID),
            (2, "cusip", "037833101", RowFault.IDENTIFIERS_DIFFER),
            (3, "isin", "us0378331005", RowFault.IDENTIFIER_INVALID),
            (4, "cusip", "594918104", RowFault.IDENTIFIERS_DIFFER),
            (5, "isin", "US0378331005", RowFault.ROW_TWICE),
        ],
    ),
    (
        "a market, steps, words and attributes",
        securities,
        csv_of(
            f"{SECURITY},asset_type,lot,tick,factor,country,shares_outstanding,adv,attributes",
            'A,nyse,Alpha,USD,stock,0,-0.01,"1,000",usa,0,-5,esg',
            "A,XNYS,Alpha,USD,,,,,,,,a=1;a=2",
            "A,XNYS,Alpha,USD,,,,,,,,",
            "B,XNYS,Beta,USD,,,,,,,,located=5;issuer=Small;id=x",
        ),
        [
            (2, "mic", "nyse", RowFault.MIC_INVALID),
            (2, "asset_type", "stock", RowFault.WORD_UNKNOWN),
            (2, "lot", "0", RowFault.NUMBER_RANGE),
            (2, "tick", "-0.01", RowFault.NUMBER_RANGE),
            (2, "factor", "1,000", RowFault.NUMBER_INVALID),
            (2, "country", "usa", RowFault.WORD_UNKNOWN),
            (2, "shares_outstanding", "0", RowFault.NUMBER_RANGE),
            (2, "adv", "-5", RowFault.NUMBER_RANGE),
            (2, "attributes", "esg", RowFault.TEXT_INVALID),
            (3, "attributes", "a=1;a=2", RowFault.TEXT_INVALID),
            (4, "symbol", "A", RowFault.ROW_TWICE),
            (5, "attributes", "located=5;issuer=Small;id=x", RowFault.TEXT_INVALID),
            (5, "attributes", "located=5;issuer=Small;id=x", RowFault.TEXT_INVALID),
        ],
    ),
    (
        "positions: numbers, unknown securities, cash, repetitions",
        positions,
        csv_of(
            POSITION,
            "A,MSFT.XNAS,1,",
            "A,AAPL.XNAS,,",
            "A,isin:US0378331005,1.5e3,",
            "A,7203.XTKS,100,5000.5",
            "A,cash:USD,100.005,",
            "A,cash:ABC,1,",
            "B,cash:USD,1,7",
            "B,cash:USD,1,",
            "B,ric:AAPL.O,1,",
            "B,,1,",
        ),
        [
            (2, "security", "MSFT.XNAS", RowFault.SECURITY_NOT_FOUND),
            (3, "quantity", "", RowFault.CELL_MISSING),
            (4, "quantity", "1.5e3", RowFault.NUMBER_INVALID),
            (4, "security", "isin:US0378331005", RowFault.ROW_TWICE),
            (5, "cost", "5000.5", RowFault.NUMBER_RANGE),
            (6, "quantity", "100.005", RowFault.NUMBER_RANGE),
            (7, "security", "cash:ABC", RowFault.CURRENCY_UNKNOWN),
            (8, "cost", "7", RowFault.NUMBER_RANGE),
            (9, "security", "cash:USD", RowFault.ROW_TWICE),
            (10, "security", "ric:AAPL.O", RowFault.SECURITY_NOT_FOUND),
            (11, "security", "", RowFault.CELL_MISSING),
        ],
    ),
    (
        "positions of two days",
        positions,
        csv_of(
            f"{POSITION},as_of",
            "A,AAPL.XNAS,1,,2026-01-30",
            "A,7203.XTKS,1,,2026-01-29",
            "A,cash:USD,1,,30.01.2026",
        ),
        [
            (3, "as_of", "2026-01-29", RowFault.DATE_INVALID),
            (4, "as_of", "30.01.2026", RowFault.DATE_INVALID),
        ],
    ),
    (
        "prices and rates",
        prices,
        csv_of(
            PRICE,
            "AAPL.XNAS,-1,2026-01-30",
            "isin:US0378331005,1,20260130",
            "fx:EUR/USD,0,2026-01-30",
            "fx:EUR/EUR,1,2026-01-30",
            "fx:EURUSD,1,2026-01-30",
            "fx:EUR/USX,1,2026-02-30",
            "7203.XTKS,,",
        ),
        [
            (2, "price", "-1", RowFault.NUMBER_RANGE),
            (3, "security", "isin:US0378331005", RowFault.ROW_TWICE),
            (3, "as_of", "20260130", RowFault.DATE_INVALID),
            (4, "price", "0", RowFault.NUMBER_RANGE),
            (5, "security", "fx:EUR/EUR", RowFault.CURRENCY_UNKNOWN),
            (6, "security", "fx:EURUSD", RowFault.CURRENCY_UNKNOWN),
            (7, "security", "fx:EUR/USX", RowFault.CURRENCY_UNKNOWN),
            (7, "as_of", "2026-02-30", RowFault.DATE_INVALID),
            (8, "price", "", RowFault.CELL_MISSING),
            (8, "as_of", "", RowFault.CELL_MISSING),
        ],
    ),
    (
        "people: roles and passwords, which are never shown",
        users,
        csv_of(
            USER,
            "tom,Tom,trader,hunter2hunter2",
            "ann,Ann,boss@*,",
            "bob,Bob,trader@A|*,short",
            "eve,Eve,trader@*; trader@A,eve",
            "ann,Ann,risk@A||B,",
            "joe,Joe,risk@*,secret horse battery staple,more",
        ),
        [
            (2, "roles", "trader", RowFault.ROLES_INVALID),
            (3, "roles", "boss@*", RowFault.ROLES_INVALID),
            (4, "password", "", RowFault.PASSWORD_WEAK),
            (4, "roles", "trader@A|*", RowFault.ROLES_INVALID),
            (5, "password", "", RowFault.PASSWORD_WEAK),
            (5, "roles", "trader@*; trader@A", RowFault.ROLES_INVALID),
            (6, "id", "ann", RowFault.ROW_TWICE),
            (6, "roles", "risk@A||B", RowFault.ROLES_INVALID),
            (7, "", "", RowFault.CELL_COUNT),
        ],
    ),
]


@pytest.mark.parametrize(("story", "read", "text", "errors"), CELLS, ids=[row[0] for row in CELLS])
def test_every_error_of_a_file_is_told_at_once(
    story: str, read: Callable[[str], object], text: str, errors: list[Wrong]
) -> None:
    assert shown(read(text)) == errors


def test_a_password_is_in_no_error_even_where_the_header_is_missing() -> None:
    answer = users(csv_of("tom,Tom,trader@*,correct horse battery", "a,b,c,d"))
    assert isinstance(answer, list)
    assert not any("horse" in repr(error) for error in answer)


YAMLS: list[tuple[str, str, list[Wrong]]] = [
    ("nothing", "", [(1, "", "", RowFault.FILE_EMPTY)]),
    ("a mapping", "code: A\n", [(1, "", "", RowFault.FILE_MALFORMED)]),
    ("broken", "- {code: A\n", [(2, "", "", RowFault.FILE_MALFORMED)]),
    ("a text in the list", "- A\n", [(1, "", "", RowFault.FILE_MALFORMED)]),
    (
        "a field twice",
        "- {code: A, name: Alpha, currency: USD}\n- {code: B, name: B, currency: USD, code: C}\n",
        [(2, "code", "code", RowFault.COLUMN_TWICE)],
    ),
    (
        "a value nested too deep",
        "- code: A\n  name: [[Alpha]]\n  currency: USD\n",
        [(2, "name", "", RowFault.FILE_MALFORMED)],
    ),
    (
        "an item that holds the separator",
        "- {code: A, name: Alpha, currency: USD, groups: ['x;y']}\n",
        [(1, "groups", "", RowFault.FILE_MALFORMED)],
    ),
    (
        "aliases, which could grow without end",
        "- &a {code: A, name: Alpha, currency: USD}\n- *a\n",
        [(2, "", "", RowFault.FILE_MALFORMED)],
    ),
    ("a hundred thousand brackets", "[" * 100_000, [(1, "", "", RowFault.FILE_MALFORMED)]),
    (
        "a missing field and an empty one",
        "- {code: A, name: Alpha}\n- {code: B, name: ~, currency: USD}\n",
        [(1, "currency", "", RowFault.COLUMN_MISSING), (2, "name", "", RowFault.CELL_MISSING)],
    ),
]


@pytest.mark.parametrize(("story", "text", "errors"), YAMLS, ids=[row[0] for row in YAMLS])
def test_a_yaml_file_of_the_wrong_shape_is_refused(
    story: str, text: str, errors: list[Wrong]
) -> None:
    assert shown(read_funds(text, format="yaml")) == errors


CASH = "id: a\n  kind: cash\n"
RULES: list[tuple[str, str, list[Wrong]]] = [
    ("nothing", "", [(1, "", "", RowFault.FILE_EMPTY)]),
    ("no list", "id: a\n", [(1, "", "", RowFault.FILE_MALFORMED)]),
    ("a text in the list", "- a\n", [(1, "", "a", RowFault.FILE_MALFORMED)]),
    ("an unknown kind", "- {id: a, kind: magic}\n", [(1, "kind", "magic", RowFault.RULE_INVALID)]),
    ("no kind", "- {id: a}\n", [(1, "kind", "", RowFault.RULE_INVALID)]),
    ("no id", "- {kind: cash}\n", [(1, "id", "", RowFault.RULE_INVALID)]),
    (
        "a number without quotes",
        "- {id: a, kind: ratio, max: 0.10}\n",
        [(1, "max", "0.10", RowFault.RULE_INVALID)],
    ),
    (
        "a field that the kind does not evaluate",
        f"- {CASH}  maximum: '1'\n",
        [(3, "maximum", "1", RowFault.RULE_INVALID)],
    ),
    (
        "a field inside another",
        f"- {CASH}  cure:\n    kind: days\n    n: soon\n",
        [(5, "cure.n", "soon", RowFault.RULE_INVALID)],
    ),
    (
        "cases that cannot be read",
        f"- {CASH}  title: x\n  cases:\n    - {{id: one}}\n",
        [(4, "cases", "", RowFault.RULE_INVALID)],
    ),
    (
        "two errors of two rules",
        "- {id: a, kind: order}\n- {id: b, kind: cash, min: 1}\n",
        [(1, "", "a", RowFault.RULE_INVALID), (2, "min", "1", RowFault.RULE_INVALID)],
    ),
    (
        "an id twice",
        "- {id: a, kind: cash}\n- {id: a, kind: cash, version: 2}\n",
        [(2, "id", "a", RowFault.ROW_TWICE)],
    ),
    (
        "a field twice, deep inside",
        "- id: a\n  kind: cash\n  scope: {funds: [A], funds: [B]}\n",
        [(3, "funds", "funds", RowFault.COLUMN_TWICE)],
    ),
    (
        "a security that is not loaded",
        "- {id: a, kind: restrict, list: [AAPL.XNAS, MSFT.XNAS]}\n",
        [(1, "list.1", "MSFT.XNAS", RowFault.SECURITY_NOT_FOUND)],
    ),
    (
        "words that decide nothing",
        "- id: a\n  kind: order\n  collar: '-1'\n  when: post\n  order_types: [lmit]\n",
        [
            (3, "collar", "-1", RowFault.RULE_INVALID),
            (4, "when", "post", RowFault.RULE_INVALID),
            (5, "order_types.0", "lmit", RowFault.RULE_INVALID),
        ],
    ),
]


@pytest.mark.parametrize(("story", "text", "errors"), RULES, ids=[row[0] for row in RULES])
def test_a_wrong_rule_is_refused(story: str, text: str, errors: list[Wrong]) -> None:
    assert shown(read_rules(text, resolve=resolve)) == errors


def test_rules_do_not_come_as_csv() -> None:
    expected = [(1, "", "csv", RowFault.FORMAT_NOT_SUPPORTED)]
    assert shown(read_rules("id,kind\n", format="csv")) == expected


def test_positions_without_a_day_are_refused() -> None:
    answer = read_positions(
        csv_of(POSITION, "A,AAPL.XNAS,1,"),
        format="csv",
        resolve=resolve,
        currency_of=CURRENCIES.get,
    )
    assert shown(answer) == [(1, "as_of", "", RowFault.COLUMN_MISSING)]


def test_every_fault_has_a_bad_file() -> None:
    tables = [*SHAPES, *YAMLS, *RULES]
    seen = {error[3] for _, _, errors in tables for error in errors}
    seen |= {error[3] for _, _, _, errors in CELLS for error in errors}
    assert seen | {RowFault.NOT_UTF8, RowFault.FORMAT_NOT_SUPPORTED} == set(RowFault)


@pytest.mark.parametrize(
    ("read", "text", "errors"),
    [
        (read_issuers, "issuer,name,amount,as_of\nA,v,-1,2026-01-30\nA,v,x,2026-01-30\n",
         [(2, "amount", F.NUMBER_RANGE), (3, "amount", F.NUMBER_INVALID),
          (3, "issuer", F.ROW_TWICE)]),
        (partial(read_offerings, resolve=resolve),
         "security,pricing_date,restricted_from\nNO.XNAS,2026-01-30,2026-01-31\n",
         [(2, "security", F.SECURITY_NOT_FOUND), (2, "restricted_from", F.DATE_INVALID)]),
        (read_figures, "name,fund,value,at\nv,G,1,2026-01-30T06:00:00\nw,G,1,soon\n",
         [(2, "at", F.DATE_INVALID), (3, "at", F.DATE_INVALID)]),
        (read_reported, "rule,cell,share,on\nr,c,1.01,2026-01-30\n",
         [(2, "share", F.NUMBER_RANGE)]),
        (read_benchmarks,
         "fund,group,weight,as_of\nG,t,0.5,2026-01-30\nG,t,0.5,2026-01-31\n",
         [(3, "group", F.ROW_TWICE), (3, "as_of", F.DATE_INVALID)]),
        (partial(read_constituents, resolve=resolve, warn=print),
         ("security,by,group,weight,as_of\nNO.XNAS,,I1,0.5,2026-01-30\n"
         "AAPL.XNAS,,,0.5,2026-01-30\nAAPL.XNAS,,I1,5,2026-01-31\nAAPL.XNAS,issuer,I1,0.1,2026-01-30\n"
         "AAPL.XNAS,a b,I1,0.1,2026-01-30\n"),
         [(2, "security", F.SECURITY_NOT_FOUND), (3, "group", F.CELL_MISSING),
          (4, "weight", F.NUMBER_RANGE), (4, "as_of", F.DATE_INVALID), (5, "group", F.ROW_TWICE),
          (6, "by", F.CODE_INVALID)]),
    ],
)  # fmt: skip
def test_a_wrong_row_of_outside_facts_is_told(
    read: Callable[..., object], text: str, errors: list[tuple[int, str, RowFault]]
) -> None:
    found = read(text, format="csv")
    assert isinstance(found, list)
    assert [(one.row, one.column, one.code) for one in found] == errors


def test_every_wrong_row_of_a_list_is_told() -> None:
    text = csv_of(
        "list,attribute,value,reason",
        "barred,,NO.XNAS,",
        "barred,,,",
        "barred,issuer,ACME,",
        "bad name,,AAPL.XNAS,",
        "ids,isin,US0378331006,",
        "twice,issuer,ACME,",
        "twice,issuer,ACME,deal",
        "empty,none,AAPL.XNAS,",
        "void,none,,",
        "void,none,,",
    )
    assert shown(read_lists(text, format="csv", resolve=resolve)) == [
        (2, "value", "NO.XNAS", F.SECURITY_NOT_FOUND),
        (3, "value", "", F.CELL_MISSING),
        (4, "attribute", "issuer", F.TEXT_INVALID),
        (5, "list", "bad name", F.CODE_INVALID),
        (6, "value", "US0378331006", F.IDENTIFIER_INVALID),
        (8, "value", "ACME", F.ROW_TWICE),
        (9, "value", "AAPL.XNAS", F.TEXT_INVALID),
        (11, "value", "", F.ROW_TWICE),
    ]  # fmt: skip
