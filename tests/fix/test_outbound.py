"""Instructions become FIX text, exactly, in each dialect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.fix.dialects import dialect
from tests.fix.engine_stub import order
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.reference.contracts import Contract
from tradeoms.fix.dialect import Dialect, load_dialect
from tradeoms.fix.outbound import Encoder, NotEncodable
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

DIALECTS = Path(__file__).resolve().parents[2] / "config" / "fix" / "dialects"
OLD = load_dialect(DIALECTS / "generic-42.yaml")
NEW = load_dialect(DIALECTS / "generic-44.yaml")
NOON_US = 1_767_614_400_123_456  # 2026-01-05 12:00:00.123456


def text(instruction: Instruction, how: Dialect = NEW, begin_string: str = "FIX.4.4") -> str:
    pairs = Encoder(how, begin_string).encode(instruction, NOON_US)
    return "|".join(f"{tag}={value}" for tag, value in pairs)


BASE = order("C1", text="at your best")
REPLACE = replace(
    BASE, kind=InstructionKind.REPLACE, cl_ord_id="C2", orig_cl_ord_id="C1",
    quantity=Decimal(250), broker_order_id="O1",
)  # fmt: skip
CANCEL = replace(REPLACE, kind=InstructionKind.CANCEL, cl_ord_id="C3", orig_cl_ord_id="C2")
STATUS = replace(BASE, kind=InstructionKind.STATUS, broker_order_id="O1")

INSTRUMENT = "55=ABC|48=US0378331005|22=4|207=XNYS|167=CS|15=USD|54=1"
TERMS = "40=2|44=10.5|59=0|58=at your best"
AT = "60=20260105-12:00:00.123"
GOLDEN = [
    (BASE, f"11=C1|1=ACC1|{INSTRUMENT}|{AT}|38=100|{TERMS}"),
    (REPLACE, f"11=C2|41=C1|37=O1|1=ACC1|{INSTRUMENT}|{AT}|38=250|{TERMS}"),
    (CANCEL, f"41=C2|37=O1|11=C3|1=ACC1|{INSTRUMENT}|{AT}|38=250"),
    (STATUS, f"37=O1|11=C1|{INSTRUMENT}"),
]


@pytest.mark.parametrize(("instruction", "expected"), GOLDEN)
def test_fix_44_text(instruction: Instruction, expected: str) -> None:
    assert text(instruction) == expected


def test_fix_42_demands_handl_inst_and_takes_prices_in_pence() -> None:
    british = replace(
        BASE, currency="GBP", identifiers=(("isin", "GB00BH4HKS39"), ("sedol", "BH4HKS3")),
        mic="XLON", limit_price=Decimal("1.0525"),
    )  # fmt: skip
    assert text(british, OLD, "FIX.4.2") == (
        "11=C1|1=ACC1|21=1|55=ABC|48=BH4HKS3|22=2|207=XLON|15=GBp|54=1|60=20260105-12:00:00"
        "|38=100|40=2|44=105.25|59=0|58=at your best"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"order_type": OrderType.MARKET, "limit_price": None}, "40=1|59=0"),
        ({"order_type": OrderType.LIMIT_ON_CLOSE}, "40=2|44=10.5|59=7"),
        ({"order_type": OrderType.MARKET_ON_OPEN, "limit_price": None}, "40=1|59=2"),
        ({"order_type": OrderType.STOP_LIMIT, "stop_price": Decimal(9)}, "40=4|44=10.5|99=9|59=0"),
        ({"time_in_force": TimeInForce.GTC}, "40=2|44=10.5|59=1"),
        (
            {"time_in_force": TimeInForce.GTD, "expire_on": date(2026, 2, 3)},
            "40=2|44=10.5|59=6|432=20260203",
        ),
        ({"side": Side.SELL_SHORT}, "54=5"),
        ({"side": Side.BUY_TO_COVER}, "54=1"),
        ({"quantity": Decimal("1E+3")}, "38=1000|"),
        ({"limit_price": Decimal("1234567890123.456")}, "44=1234567890123.456|"),
        ({"limit_price": Decimal("99.99999999999999")}, "44=99.99999999999999|"),
        ({"limit_price": Decimal("100.10")}, "44=100.1|"),
    ],
)
def test_terms_and_exact_decimals(changes: dict[str, object], expected: str) -> None:
    assert f"|{expected}" in text(replace(BASE, **changes)) + "|"  # type: ignore[arg-type]  # a table


def test_expiry_as_time_constants_and_symbology_by_dialect() -> None:
    changed = dialect(
        """
        instrument: {symbol: none, exchange_tag: "100", currency: false, security_type: false}
        order: {expiry_tag: "126", constants: {7000: X}, text_max: 0, account: none}
        """,
        base="generic-44",
    )
    instruction = replace(BASE, time_in_force=TimeInForce.GTD, expire_on=date(2026, 2, 3), text="")
    assert text(instruction, changed) == (
        "11=C1|55=[N/A]|48=US0378331005|22=4|100=XNYS|54=1|60=20260105-12:00:00.123|38=100|40=2"
        "|44=10.5|59=6|126=20260203-23:59:59|7000=X"
    )


ATTACKS = ["hi\x01100=XEVIL", "two\nlines", "null\x00", "carriage\r", "tab\t", "Zürich", "del\x7f"]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("field", ["text", "account", "symbol", "cl_ord_id", "mic", "currency"])
def test_f16_no_separator_control_or_foreign_character_leaves(field: str, attack: str) -> None:
    changes: dict[str, object] = {field: attack}
    with pytest.raises(NotEncodable):
        text(replace(BASE, **changes))  # type: ignore[arg-type]  # a table of fields


@pytest.mark.parametrize(
    ("changes", "tag"),
    [
        ({"cl_ord_id": "C" * 65}, 11),
        ({"text": "t" * 101}, 58),
    ],
)
def test_what_is_too_long_for_the_counterparty_does_not_leave(
    changes: dict[str, object], tag: int
) -> None:
    with pytest.raises(NotEncodable) as refused:
        text(replace(BASE, **changes))  # type: ignore[arg-type]  # a table of fields
    assert refused.value.tag == tag


FULL = Contract(maturity=date(2026, 11, 20), month="202612", put_call="put", strike=D(90))


@pytest.mark.parametrize(
    ("asset_type", "form", "contract", "missing"),
    [
        ("future", "month", None, "tag 200: the future has no contract_month"),
        ("future", "month", replace(FULL, month=""), "tag 200: the future has no contract_month"),
        ("future", "date", replace(FULL, maturity=None), "tag 541: the future has no maturity"),
        ("future", "long_month", Contract(month="202612"), "tag 205: the future has no maturity"),
        ("future", "month_day", FULL,
         "tag 205: the future has no maturity in its contract_month"),
        ("option", "month", replace(FULL, put_call=""), "tag 201: the option has no put_call"),
        ("option", "month", replace(FULL, strike=None), "tag 202: the option has no strike"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_named_is_not_ordered_and_can_be_canceled(
    asset_type: str, form: str, contract: Contract | None, missing: str
) -> None:
    order = replace(BASE, security_type=asset_type, contract=contract)
    how = dialect(f"instrument: {{maturity: {form}}}", base="generic-44")
    for kind in (InstructionKind.NEW, InstructionKind.REPLACE):
        with pytest.raises(NotEncodable) as refused:
            text(replace(order, kind=kind, orig_cl_ord_id="A"), how)
        assert str(refused.value) == missing
    assert text(replace(order, kind=InstructionKind.CANCEL, orig_cl_ord_id="A"), how)


def test_a_security_without_the_agreed_identifier_does_not_leave() -> None:
    bare = replace(BASE, identifiers=())
    with pytest.raises(NotEncodable):
        text(bare, dialect("instrument: {symbol: ric}", base="generic-44"))
    with pytest.raises(NotEncodable):
        text(bare, dialect("instrument: {symbol: none}", base="generic-44"))


def test_fix_4_2_has_no_alloc_id_in_an_order() -> None:
    order = replace(BASE, accounts=(("A", D(60)), ("B", D(40))))
    how = dialect("order: {allocations: true}\nlists: {orders: false}", base="generic-42")
    old = text(order, how, "FIX.4.2")
    assert ("|70=" in old, old.endswith("|78=2|79=A|80=60|79=B|80=40")) == (False, True)


def test_a_future_is_named_by_its_month_and_not_by_its_last_day() -> None:
    order = replace(BASE, security_type="future", contract=FULL)
    assert "|200=202612|" in text(order)
