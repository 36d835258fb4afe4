"""What a good file becomes: the whole command, and the same from CSV and from YAML."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal

from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from tradeoms.domain.outside.commands import LoadLists, LoadOutside
from tradeoms.domain.outside.state import (
    Benchmark,
    Constituents,
    Figure,
    IssuerAmount,
    Listed,
    Offering,
    ReportedShare,
    SecurityList,
    Weight,
)
from tradeoms.domain.reference import commands as c
from tradeoms.domain.reference.state import (
    Destination,
    Fund,
    FxRate,
    Grant,
    OpeningCash,
    OpeningPosition,
    Price,
    Security,
)
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
from tradeoms.imports.rows import RowError, RowFault
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users
from tradeoms.kernel.enums import Role
from tradeoms.kernel.numbers import plain

IDS = {
    ("ticker_mic", "AAPL.XNAS"): "sec_1",
    ("isin", "JP3633400001"): "sec_2",
    ("ticker_mic", "BRK.B.XNYS"): "sec_3",
}
CURRENCIES = {"sec_1": "USD", "sec_2": "JPY", "sec_3": "USD"}
DAY = date(2026, 1, 30)


def resolve(scheme: str, value: str) -> str | None:
    return IDS.get((scheme, value))


FUNDS = c.LoadFunds(
    funds=(
        Fund(
            code="GROWTH", name="Grówth, Fund", currency="USD", regimes=("UCITS-IE", "UCITS-LU"),
            groups=("LONG_ONLY",), family="F1", account="ACC-1", manager="pm.growth",
            approval_above=Decimal("1000000.50"),
        ),
        Fund(code="YEN", name="Yen", currency="JPY", active=False),
    )
)  # fmt: skip


def test_funds_from_csv_with_quotes_mark_and_windows_line_ends() -> None:
    text = (
        "\ufeffcode,name,currency,regimes,groups,family,account,manager,approval_above,active\r\n"
        '"GROWTH","Grówth, Fund",USD,UCITS-IE;UCITS-LU,LONG_ONLY,F1,ACC-1,pm.growth,1000000.50,\r\n'
        "\r\n"
        "YEN,Yen,JPY,,,,,,,false\r\n"
    )
    assert read_funds(text, format="csv") == FUNDS


def test_funds_from_yaml() -> None:
    text = """
# comments are welcome
- code: GROWTH
  name: Grówth, Fund
  currency: USD
  regimes: [UCITS-IE, UCITS-LU]
  groups: [LONG_ONLY]
  family: F1
  account: ACC-1
  manager: pm.growth
  approval_above: 1000000.50
- {code: YEN, name: Yen, currency: JPY, active: false}
"""
    assert read_funds(text, format="yaml") == FUNDS


def test_destinations() -> None:
    text = "name,kind,title,lei,enabled\nB,ems,The EMS,HWUPKR0MPOU8FGXBT394,false\nC,,,,\n"
    assert read_destinations(text, format="csv") == c.LoadDestinations(
        destinations=(
            Destination(
                name="B",
                kind="ems",
                title="The EMS",
                lei="HWUPKR0MPOU8FGXBT394",
                enabled=False,
                instruction_wait_min=30,
            ),
            Destination(name="C", instruction_wait_min=30),
        )
    )


def test_a_security_with_everything_and_one_with_nothing_more_than_needed() -> None:
    text = (
        "symbol,mic,name,currency,asset_type,isin,cusip,sedol,figi,lot,tick,factor,issuer,"
        "ultimate_parent,sector,industry,country,shares_outstanding,adv,attributes,active\n"
        "AAPL,XNAS,Apple,USD,equity,US0378331005,037833100,2046251,BBG000B9XRY4,100,0.05,0.01,"
        "Apple Inc.,Apple Group,IT,Phones,US,14687356000,53000000.5,esg=high;located=5,false\n"
        "X,XNYS,US Steel,USD,,,,,,,,,,,,,,,,,\n"
    )
    assert read_securities(text, format="csv") == c.LoadSecurities(
        securities=(
            Security(
                id="", symbol="AAPL", mic="XNAS", name="Apple", currency="USD",
                identifiers=(
                    ("isin", "US0378331005"), ("cusip", "037833100"), ("sedol", "2046251"),
                    ("figi", "BBG000B9XRY4"),
                ),
                lot=Decimal(100), tick=Decimal("0.05"), factor=Decimal("0.01"),
                issuer="Apple Inc.", ultimate_parent="Apple Group", sector="IT", industry="Phones",
                country="US", shares_outstanding=Decimal(14687356000), adv=Decimal("53000000.5"),
                attributes=(("esg", "high"), ("located", "5")), active=False,
            ),
            Security(
                id="", symbol="X", mic="XNYS", name="US Steel", currency="USD", identifiers=()
            ),
        )
    )  # fmt: skip


def test_yaml_keeps_norway_and_trailing_zeros() -> None:
    text = (
        "- {symbol: EQNR, mic: XOSL, name: Equinor, currency: NOK, country: NO, tick: 0.10,"
        " attributes: {since: 2018-05-16}}\n"
    )
    loaded = read_securities(text, format="yaml")
    assert isinstance(loaded, c.LoadSecurities)
    security = loaded.securities[0]
    assert (security.country, str(security.tick)) == ("NO", "0.10")
    assert security.attributes == (("since", "2018-05-16"),)


def test_a_market_without_a_calendar_is_loaded_with_one_warning() -> None:
    warnings: list[RowError] = []
    text = "symbol,mic,name,currency\nA,QQQQ,Alpha,USD\nB,QQQQ,Beta,USD\nC,XNYS,Gamma,USD\n"
    loaded = read_securities(text, format="csv", warn=warnings.append)
    assert isinstance(loaded, c.LoadSecurities)
    assert [(one.row, one.value, one.code) for one in warnings] == [
        (2, "QQQQ", RowFault.MIC_INVALID)
    ]


def test_positions_and_cash_of_two_funds_in_minor_units() -> None:
    text = (
        "fund,security,quantity,cost,as_of\n"
        "GROWTH,AAPL.XNAS,100,25010.5,2026-01-30\n"
        "YEN,cash:JPY,-1000000,,2026-01-30\n"
        "GROWTH,isin:JP3633400001,-200,-400000,2026-01-30\n"
        "GROWTH,BRK.B.XNYS,0.5,,2026-01-30\n"
        "GROWTH,cash:USD,1000.05,,2026-01-30\n"
        "GROWTH,cash:KWD,1.005,,2026-01-30\n"
    )
    loaded = read_positions(text, format="csv", resolve=resolve, currency_of=CURRENCIES.get)
    assert loaded == c.LoadPositions(
        as_of=DAY,
        books=(
            c.FundBook(
                fund="GROWTH",
                positions=(
                    OpeningPosition(
                        security_id="sec_1", quantity=Decimal(100), cost_minor=2_501_050
                    ),
                    OpeningPosition(
                        security_id="sec_2", quantity=Decimal(-200), cost_minor=-400_000
                    ),
                    OpeningPosition(security_id="sec_3", quantity=Decimal("0.5")),
                ),
                cash=(
                    OpeningCash(currency="USD", minor=100_005),
                    OpeningCash(currency="KWD", minor=1_005),
                ),
            ),
            c.FundBook(
                fund="YEN", positions=(), cash=(OpeningCash(currency="JPY", minor=-1_000_000),)
            ),
        ),
    )


def test_prices_and_rates() -> None:
    text = (
        "security,price,as_of\nAAPL.XNAS,250.10,2026-01-30\nisin:JP3633400001,0,2026-01-29\n"
        "fx:EUR/USD,1.0825,2026-01-30\nfx:USD/EUR,0.9238,2026-01-30\n"
    )
    assert read_prices(text, format="csv", resolve=resolve) == c.LoadPrices(
        prices=(
            Price(security_id="sec_1", price=Decimal("250.10"), as_of=DAY),
            Price(security_id="sec_2", price=Decimal(0), as_of=date(2026, 1, 29)),
        ),
        rates=(
            FxRate(base="EUR", to="USD", rate=Decimal("1.0825"), as_of=DAY),
            FxRate(base="USD", to="EUR", rate=Decimal("0.9238"), as_of=DAY),
        ),
    )


def test_people_and_their_hashed_passwords() -> None:
    text = """
- id: pm.growth
  name: Gita Growth
  roles: portfolio_manager@GROWTH|INDEX; auditor@*
  password: correct horse battery
- {id: old.tom, name: Tom, roles: ["trader@*"], active: false}
"""
    loaded = read_users(text, format="yaml")
    assert isinstance(loaded, c.LoadUsers)
    gita, tom = loaded.users
    assert gita.grants == (
        Grant(role=Role.PORTFOLIO_MANAGER, funds=("GROWTH", "INDEX")),
        Grant(role=Role.AUDITOR, funds=("*",)),
    )
    assert gita.password_hash.startswith("$argon2id$")
    assert PasswordHasher().verify(gita.password_hash, "correct horse battery")
    assert "horse" not in repr(loaded)
    assert tom == c.UserRow(
        id="old.tom", name="Tom", grants=(Grant(role=Role.TRADER),), active=False
    )


def _never(text: str) -> str:
    raise AssertionError(text)


def test_no_password_is_hashed_for_a_file_that_is_refused() -> None:
    text = "id,name,roles,password\na,A,trader@*,correct horse battery\nb,B,nobody@*,\n"
    assert isinstance(read_users(text, format="csv", hasher=_never), list)


def test_rules_become_canonical_json_with_securities_by_their_ids() -> None:
    text = """
- id: no.apple
  kind: restrict
  version: 3
  list: [AAPL.XNAS, "isin:JP3633400001"]
- id: cap
  kind: ratio
  group_by: issuer
  max: "0.10"
  select: [[country, in, [NO, SE]], [listed, ==, true]]
  effective_from: 2026-01-30
"""
    loaded = read_rules(text, resolve=resolve)
    assert not isinstance(loaded, list)
    first, second = loaded.rules
    assert (first.rule_id, first.version) == ("no.apple", 3)
    assert json.loads(first.definition)["list"] == ["sec_1", "sec_2"]
    said = json.loads(second.definition)
    assert (said["max"], said["effective_from"]) == ("0.1", "2026-01-30")
    assert said["select"] == [["country", "in", ["NO", "SE"]], ["listed", "==", True]]
    assert read_rules(f"[{first.definition}, {second.definition}]") == loaded


numbers = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), places=2, allow_nan=False
)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_whatever_quantity_is_written_is_read_exactly(quantities: list[Decimal]) -> None:
    ids = {f"S{number}.XNYS": f"sec_{number}" for number in range(len(quantities))}
    lines = [f"F,{name},{plain(q)},{plain(q)}" for name, q in zip(ids, quantities, strict=True)]
    loaded = read_positions(
        "\n".join(("fund,security,quantity,cost", *lines)),
        format="csv",
        resolve=lambda _, value: ids.get(value),
        currency_of=lambda _: "USD",
        as_of=DAY,
    )
    assert isinstance(loaded, c.LoadPositions)
    assert [(one.quantity, one.cost_minor) for one in loaded.books[0].positions] == [
        (q, int(q * 100)) for q in quantities
    ]


def test_a_hundred_thousand_positions_are_read_in_seconds() -> None:
    names = [f"S{number}.XNYS" for number in range(1_000)]
    rows = (f"F{fund},{name},100,2500.50" for fund in range(100) for name in names)
    text = "fund,security,quantity,cost\n" + "\n".join(rows)
    known = {name: name for name in names}
    start = time.perf_counter()
    loaded = read_positions(
        text,
        format="csv",
        resolve=lambda _, value: known.get(value),
        currency_of=lambda _: "USD",
        as_of=DAY,
    )
    assert isinstance(loaded, c.LoadPositions)
    assert sum(len(book.positions) for book in loaded.books) == 100_000
    assert time.perf_counter() - start < 20


def test_facts_from_outside() -> None:
    d, at = Decimal, datetime(2026, 1, 30, 6, tzinfo=UTC)
    assert read_issuers(
        "issuer,name,amount,as_of\nACME,votes_out,1000,2026-01-30\n", format="csv"
    ) == (
        LoadOutside(
            issuers=(IssuerAmount(issuer="ACME", name="votes_out", amount=d(1000), as_of=DAY),)
        )
    )
    offerings = "security,pricing_date,restricted_from\nAAPL.XNAS,2026-01-30,2026-01-23\n"
    assert read_offerings(offerings, format="csv", resolve=resolve) == LoadOutside(
        offerings=(
            Offering(security_id="sec_1", pricing_date=DAY, restricted_from=date(2026, 1, 23)),
        )
    )
    figures = "- {name: var99, fund: GROWTH, value: -0.12, at: '2026-01-30T06:00:00Z'}"
    assert read_figures(figures, format="yaml") == LoadOutside(
        figures=(Figure(name="var99", fund="GROWTH", value=d("-0.12"), at=at),)
    )
    assert read_reported(
        "rule,cell,share,on\nr,ACME,0.05,2026-01-30\n", format="csv"
    ) == LoadOutside(reported=(ReportedShare(rule="r", cell="ACME", share=d("0.05"), on=DAY),))
    benchmarks = "fund,group,weight,as_of\nG,tech,0.3,2026-01-30\nG,bank,0.7,2026-01-30\n"
    weights = (("bank", d("0.7")), ("tech", d("0.3")))
    assert read_benchmarks(benchmarks, format="csv") == LoadOutside(
        benchmarks=(Benchmark(fund="G", weights=weights, as_of=DAY),)
    )


def test_constituents_of_funds_and_what_their_weights_leave_out() -> None:
    text = (
        "security,by,group,weight,as_of\nAAPL.XNAS,,I1,0.75,2026-01-30\n"
        "AAPL.XNAS,issuer,I2,0.25,2026-01-30\nAAPL.XNAS,country,US,0.6,2026-01-30\n"
    )
    told: list[str] = []
    d = Decimal
    weights = (
        ("issuer", "I1", d("0.75")),
        ("issuer", "I2", d("0.25")),
        ("country", "US", d("0.6")),
    )
    assert read_constituents(
        text, format="csv", resolve=resolve, warn=told.append
    ) == LoadOutside(
        constituents=(
            Constituents(
                security_id="sec_1", as_of=DAY,
                weights=tuple(Weight(by=b, group=g, weight=w) for b, g, w in weights),
            ),
        )
    )  # fmt: skip
    assert told == ["weights of AAPL.XNAS by country add up to 0.6: the rest counts in no group"]


def test_lists_that_rules_name() -> None:
    text = (
        "list,attribute,value,reason\n"
        "barred,,AAPL.XNAS,takeover\nsanctions,issuer,ACME,\nbarred,id,isin:JP3633400001,\n"
        "ids,isin,US5949181045,\nold,none,,\n"
    )
    assert read_lists(text, format="csv", resolve=resolve) == LoadLists(
        lists=(
            SecurityList(
                name="barred",
                attribute="id",
                members=(Listed(value="sec_1", reason="takeover"), Listed(value="sec_2")),
            ),
            SecurityList(name="sanctions", attribute="issuer", members=(Listed(value="ACME"),)),
            SecurityList(name="ids", attribute="isin", members=(Listed(value="US5949181045"),)),
            SecurityList(name="old", attribute="id", members=()),
        )
    )
    assert read_lists("- {list: a, value: AAPL.XNAS}", format="yaml", resolve=resolve) == LoadLists(
        lists=(SecurityList(name="a", attribute="id", members=(Listed(value="sec_1"),)),)
    )


def test_what_rules_ask_of_a_fund() -> None:
    text = (
        "code,name,currency,nav,debt,other_liabilities,borrowings,personal,authorised_on\n"
        "G,G,USD,1000,10,5,2,true,2026-01-30\n"
    )
    fund = Fund(
        code="G", name="G", currency="USD", nav=Decimal(1000), debt=Decimal(10),
        other_liabilities=Decimal(5), borrowings=Decimal(2), personal=True, authorised_on=DAY,
    )  # fmt: skip
    assert read_funds(text, format="csv") == c.LoadFunds(funds=(fund,))
