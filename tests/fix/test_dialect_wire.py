"""Every key of a dialect, shown by FIX bytes: what leaves through quickfix, what comes in.

The first two tables are pure translation; keys that need a session are shown by
`test_dialect_live.py`. The last test proves that no key is without a row in either place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fix import test_dialect_live as live
from tests.fix import test_gap, test_mass_cancel, test_news, test_programs
from tests.fix.dialects import dialect
from tests.fix.engine_stub import order
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.reference.contracts import Contract
from tradeoms.fix import quick
from tradeoms.fix.cl_ord_ids import from_wire, to_wire
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.inbound import Envelope, Unreadable, normalise
from tradeoms.fix.order_terms import unwanted_replace
from tradeoms.fix.outbound import MSG_TYPES, Encoder, NotEncodable
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

NOON_US = 1_767_614_400_123_456
BASE = order("1A-2B", text="at your best", identifiers=(
    ("isin", "GB00BH4HKS39"), ("sedol", "BH4HKS3"), ("bloomberg", "VOD LN Equity"),
    ("ric", "VOD.L"), ("ticker_mic", "VOD.XLON")), symbol="VOD", mic="XLON", currency="GBP",
    limit_price=D("1.0525"))  # fmt: skip
REPLACE: dict[str, object] = {
    "kind": InstructionKind.REPLACE, "cl_ord_id": "1A-2C", "orig_cl_ord_id": "1A-2B",
    "broker_order_id": "O1", "quantity": D(250),
}  # fmt: skip
GTD: dict[str, object] = {"time_in_force": TimeInForce.GTD, "expire_on": date(2026, 2, 3)}
SHORT: dict[str, object] = {"side": Side.SELL_SHORT}
PENCE = "minor_units: {GBP: {code: GBp, scale: 100}}"

SEVERAL: dict[str, object] = {"accounts": (("A", D(60)), ("B", D(40)))}
SHOWN: dict[str, object] = {"display_quantity": D(40)}
LEAST: dict[str, object] = {"min_quantity": D(20)}
MATURITY = date(2026, 12, 18)
FUTURE: dict[str, object] = {
    "security_type": "future",
    "contract": Contract(maturity=MATURITY, month="202612", multiplier=D(50)),
}  # fmt: skip
OPTION: dict[str, object] = {
    "security_type": "option",
    "contract": Contract(
        maturity=MATURITY, month="202612", put_call="put", strike=D("90.50"), multiplier=D(100)
    ),
}  # fmt: skip
#: key, dialect, changes of the order, what the bytes hold; a leading ! is what they do not hold
OUT: list[tuple[str, str, dict[str, object], list[str]]] = [
    ("session.timestamp_precision", 'session: {timestamp_precision: "0"}', {},
     ["60=20260105-12:00:00"]),
    ("session.timestamp_precision", 'session: {timestamp_precision: "3"}', {},
     ["60=20260105-12:00:00.123"]),
    ("cancel.mass", "cancel: {mass: true}", {"kind": InstructionKind.MASS_CANCEL},
     ["11=1A-2B", "530=7", "!55="]),
    ("cancel.mass", "cancel: {mass: true}",
     {"kind": InstructionKind.MASS_CANCEL, "security_id": "sec"}, ["530=1", "55=VOD"]),
    ("ids.charset", "ids: {charset: alphanumeric}", {}, ["11=21A2B"]),
    ("ids.charset", "ids: {charset: numeric}", REPLACE, ["11=24684", "41=24683"]),
    ("ids.prefix", "ids: {prefix: TOMS}", {}, ["11=TOMS1A-2B"]),
    ("ids.echo_order_id", "ids: {echo_order_id: true}", REPLACE, ["37=O1"]),
    ("ids.echo_order_id", "ids: {echo_order_id: false}", REPLACE, ["!37="]),
    ("instrument.symbol", "instrument: {symbol: bloomberg}", {}, ["55=VOD LN Equity"]),
    ("instrument.symbol", "instrument: {symbol: none, identifiers: [isin]}", {},
     ["55=[N/A]", "48=GB00BH4HKS39", "22=4"]),
    ("instrument.suffix", "instrument: {suffix: true}", {"symbol": "BRK.B"}, ["55=BRK", "65=B"]),
    ("instrument.suffix", "instrument: {suffix: false}", {"symbol": "BRK.B"}, ["55=BRK.B", "!65="]),
    ("instrument.identifiers", "instrument: {identifiers: [cusip, sedol]}", {},
     ["48=BH4HKS3", "22=2"]),
    ("instrument.id_sources", 'instrument: {identifiers: [ric], id_sources: {ric: "5X"}}', {},
     ["48=VOD.L", "22=5X"]),
    ("instrument.exchange_tag", 'instrument: {exchange_tag: "100"}', {}, ["100=XLON"]),
    ("instrument.exchange_tag", 'instrument: {exchange_tag: "0"}', {}, ["!100=", "!207="]),
    ("instrument.exchanges", 'instrument: {exchange_tag: "207", exchanges: {XLON: LN}}', {},
     ["207=LN"]),
    ("instrument.currency", "instrument: {currency: false}", {}, ["!15="]),
    ("instrument.security_type", "instrument: {security_type: true}", {}, ["167=CS"]),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}", {}, ["15=GBp", "44=105.25"]),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}",
     {"limit_price": D("105.25"), "price_factor": D("0.01")}, ["15=GBp", "44=105.25"]),
    ("instrument.maturity", "instrument: {maturity: month}", FUTURE,
     ["167=FUT", "200=202612", "!205=", "!541=", "!201=", "!202=", "!231="]),
    ("instrument.maturity", "instrument: {maturity: month_day}", FUTURE, ["200=202612", "205=18"]),
    ("instrument.maturity", "instrument: {maturity: long_month}", FUTURE, ["200=20261218"]),
    ("instrument.maturity", "instrument: {maturity: date}", FUTURE, ["541=20261218", "!200="]),
    ("instrument.maturity", "replace: {resend_all: false}", {**FUTURE, **REPLACE}, ["200=202612"]),
    ("instrument.put_call", 'instrument: {put_call: "201"}', OPTION,
     ["167=OPT", "200=202612", "201=0", "202=90.5", "!461="]),
    ("instrument.put_call", 'instrument: {put_call: "461"}', OPTION, ["461=OPXXXX", "!201="]),
    ("instrument.put_call", 'instrument: {put_call: "461"}', FUTURE, ["461=FXXXXX"]),
    ("instrument.multiplier", "instrument: {multiplier: true}", OPTION, ["231=100"]),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}", OPTION, ["202=9050"]),
    ("order.handl_inst", 'order: {handl_inst: "3"}', {}, ["21=3"]),
    ("order.sides", 'order: {sides: {sell_short: "6"}}', SHORT, ["54=6"]),
    ("order.short_sale", 'order: {short_sale: {114: "N", 5700: BANK}}', SHORT,
     ["114=N", "5700=BANK"]),
    ("order.short_sale", 'order: {short_sale: {114: "N"}}', {}, ["!114="]),
    ("order.allowed", "order: {allowed: {limit: [gtd]}}", GTD, ["59=6"]),
    ("order.expiry_tag", 'order: {expiry_tag: "432"}', GTD, ["432=20260203", "!126="]),
    ("order.expiry_tag", 'order: {expiry_tag: "126"}', GTD, ["126=20260203-23:59:59", "!432="]),
    ("order.account", "order: {account: tag}", {}, ["1=ACC1"]),
    ("order.account", "order: {account: none}", {}, ["!1=", "!453="]),
    ("order.account", "order: {account: parties}", {}, ["453=1|448=ACC1|447=D|452=24", "!1="]),
    ("order.allocations", "order: {allocations: true}", SEVERAL,
     ["70=1A-2B", "78=2|79=A|80=60|79=B|80=40"]),
    ("order.allocations", "order: {allocations: false}", SEVERAL, ["!70=", "!78="]),
    ("order.allocations", "order: {allocations: true}", {"accounts": (("A", D(100)),)}, ["!78="]),
    ("order.allocations", 'order: {allocations: true, constants: {13: "3", 12: "5"}}', SEVERAL,
     ["12=5|13=3|", "79=B|80=40|10="]),
    ("order.allocations", "order: {allocations: true}\nreplace: {resend_all: false}",
     {**REPLACE, **SEVERAL}, ["70=1A-2C", "78=2|79=A|80=60|79=B|80=40"]),
    ("order.capacity", 'order: {capacity: {tag: "528", value: A}}', {}, ["528=A"]),
    ("order.capacity", 'order: {capacity: {tag: "47", value: P}}', {}, ["47=P"]),
    ("order.display_tag", 'order: {display_tag: "111"}', SHOWN, ["111=40", "!1138="]),
    ("order.display_tag", 'order: {display_tag: "1138"}', SHOWN, ["1138=40", "!111="]),
    ("order.display_tag", 'order: {display_tag: "210"}', {**REPLACE, **SHOWN}, ["210=40"]),
    ("order.display_tag", 'order: {display_tag: "111"}\nreplace: {resend_all: false}',
     {**REPLACE, **SHOWN}, ["111=40"]),
    ("order.display_tag", 'order: {display_tag: "111"}', {}, ["!111="]),
    ("order.min_quantity", "order: {min_quantity: true}", LEAST, ["110=20"]),
    ("order.min_quantity", "order: {min_quantity: true}", {}, ["!110="]),
    ("order.constants", 'order: {constants: {7000: X, 21: "9"}}', {}, ["7000=X", "21=9"]),
    ("order.constants", "order: {constants: {7000: X}}", REPLACE, ["7000=X"]),
    ("order.forbidden", "order: {forbidden: [58, 15]}", {}, ["!58=", "!15="]),
    ("order.renamed", "order: {renamed: {58: 9058}}", {}, ["9058=at your best", "!58="]),
    ("replace.resend_all", "replace: {resend_all: true}", REPLACE, ["59=0", "1=ACC1", "15=GBP"]),
    ("replace.resend_all", "replace: {resend_all: false, changeable: [quantity]}", REPLACE,
     ["38=250", "54=1", "40=2", "!59=", "!1=", "!44="]),
]  # fmt: skip

#: key, dialect, changes of the order, the tag that keeps it at home
HELD: list[tuple[str, str, dict[str, object], int]] = [
    ("role", "role: drop_copy", {}, 35),
    ("ids.cl_ord_id_max", "ids: {cl_ord_id_max: 8, prefix: TOMS}", {}, 11),
    ("ids.charset", "ids: {charset: alphanumeric}", {"cl_ord_id": "C?1"}, 11),
    ("cancel.mass", "cancel: {mass: false}", {"kind": InstructionKind.MASS_CANCEL}, 35),
    ("instrument.symbol", "instrument: {symbol: figi}", {}, 55),
    ("instrument.exchanges", 'instrument: {exchange_tag: "207", exchanges: {XPAR: FP}}', {}, 100),
    ("order.allowed", "order: {allowed: {market: [day]}}", {}, 59),
    ("order.allowed", "order: {allowed: {limit: [gtc]}}", {}, 59),
    ("order.text_max", "order: {text_max: 5}", {}, 58),
    ("order.display_tag", 'order: {display_tag: "0"}', SHOWN, 111),
    ("order.display_tag", "name: plain", {**REPLACE, **SHOWN}, 111),
    ("order.min_quantity", "order: {min_quantity: false}", LEAST, 110),
    ("reports.dont_know", "reports: {dont_know: false}",
     {"kind": InstructionKind.DONT_KNOW, "answers": "35=8|", "dk_reason": "D"}, 35),
]  # fmt: skip

#: key, dialect, changes of the terms, part of the reason
UNCHANGEABLE = [
    ("replace.changeable", "replace: {changeable: [quantity]}", {"limit_price": D(1)}, "limit"),
    ("replace.outstanding", "replace: {outstanding: none}", {"quantity": D(1)}, "no replaces"),
]

FILL = "150=F|39=1|32=10|31=105.25|38=100|14=10|151=90|6=105.25"
IN: list[tuple[str, str, str, dict[str, object]]] = [
    ("ids.charset", "ids: {charset: numeric}", f"11=24684|41=24683|{FILL}",
     {"cl_ord_id": "1A-2C", "orig_cl_ord_id": "1A-2B"}),
    ("ids.prefix", "ids: {prefix: TOMS}", f"11=TOMS1A-2B|41=THEIRS|{FILL}",
     {"cl_ord_id": "1A-2B", "orig_cl_ord_id": "THEIRS"}),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}", f"15=GBp|{FILL}",
     {"last_px": D("1.0525"), "avg_px": D("1.0525")}),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}", f"15=GBP|{FILL}",
     {"last_px": D("105.25")}),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}", FILL, {"last_px": D("1.0525")}),
    ("reports.price_unit", f"instrument: {{{PENCE}}}\nreports: {{price_unit: minor}}",
     f"15=GBP|{FILL}", {"last_px": D("1.0525")}),
    ("reports.price_unit", f"instrument: {{{PENCE}}}\nreports: {{price_unit: major}}",
     f"15=GBp|{FILL}", {"last_px": D("105.25")}),
    ("order.sides", 'order: {sides: {buy: "B"}}', f"54=B|{FILL}", {"side": Side.BUY}),
    ("reports.exec_style", 'reports: {exec_style: "4.2"}', "20=0|39=0", {"kind": "new"}),
    ("reports.exec_style", 'reports: {exec_style: "4.4"}', f"20=1|{FILL}", {"kind": "fill"}),
    ("reports.exec_style", "reports: {exec_style: auto}", f"20=1|{FILL}", {"kind": "bust"}),
    ("reports.exec_id_scope", "reports: {exec_id_scope: day}",
     f"17=7|19=6|60=20260105-12:00:00|{FILL}",
     {"exec_id": "20260105:7", "exec_ref_id": "20260105:6"}),
    ("reports.exec_id_scope", "reports: {exec_id_scope: day}",
     f"17=7|75=20260104|60=20260105-12:00:00|{FILL}", {"exec_id": "20260104:7"}),
    ("reports.exec_id_scope", "reports: {exec_id_scope: day}",
     "17=7|19=6|75=20260104|60=20260105-12:00:00|150=H|39=0",
     {"exec_id": "20260105:7", "exec_ref_id": "20260104:6", "ref_day_guessed": False}),
    ("reports.exec_id_scope", "reports: {exec_id_scope: day}",
     "17=7|19=6|60=20260105-12:00:00|150=H|39=0|32=10|31=99.5",
     {"exec_ref_id": "20260105:6", "ref_day_guessed": True, "taken_back": (D(10), D("99.5"))}),
    ("instrument.id_sources",
     'instrument: {identifiers: [bloomberg], id_sources: {bloomberg: "1"}}',
     f"48=VOD LN|22=1|{FILL}", {"names": (("bloomberg", "VOD LN"),)}),
    ("instrument.suffix", "instrument: {suffix: true}", f"55=HEI|65=A|{FILL}", {"symbol": "HEI.A"}),
    ("instrument.suffix", "instrument: {suffix: false}", f"55=HEI|65=A|{FILL}", {"symbol": "HEI"}),
    ("instrument.maturity", "", f"55=Z|200=20261218|201=1|{FILL}",
     {"names": (("contract_month", "202612"), ("put_call", "call"))}),
    ("instrument.put_call", "", f"55=Z|201=0|202=90.50|{FILL}",
     {"names": (("put_call", "put"), ("strike", "90.5"))}),
    ("instrument.put_call", "", f"55=Z|202=at par|{FILL}", {"names": ()}),
    ("instrument.minor_units", f"instrument: {{{PENCE}}}", f"15=GBp|55=Z|202=9050|{FILL}",
     {"names": ()}),
    ("instrument.id_sources", 'instrument: {identifiers: [ric], id_sources: {ric: "X"}}',
     f"48=ABC.N|22=X|{FILL}", {"names": (("ric", "ABC.N"),)}),
    ("instrument.symbol", "instrument: {symbol: isin}", f"55=US0378331005|{FILL}",
     {"names": (("isin", "US0378331005"),)}),
    ("reports.exec_id_scope", "reports: {exec_id_scope: ever}", f"17=7|{FILL}", {"exec_id": "7"}),
    ("reports.keep", "reports: {keep: {20001: broker_lei, 851: liquidity}}",
     f"20001=LEI|{FILL}", {"extra": (("broker_lei", "LEI"),)}),
]  # fmt: skip


def wire(text: str, changes: Mapping[str, object]) -> str:
    """The bytes that quickfix would write, between bars."""
    instruction = changed(changes)
    pairs = Encoder(dialect(text), "FIX.4.4").encode(instruction, NOON_US)
    raw = quick.message_bytes(quick.build(MSG_TYPES[instruction.kind], pairs))
    return raw.decode().replace("\x01", "|")


def changed(changes: Mapping[str, object]) -> Instruction:
    return replace(BASE, **changes)  # type: ignore[arg-type]  # a table of fields


@pytest.mark.parametrize(("key", "text", "changes", "parts"), OUT)
def test_what_leaves(key: str, text: str, changes: dict[str, object], parts: list[str]) -> None:
    raw = wire(text, changes)
    for part in parts:
        assert (f"|{part.removeprefix('!')}" in raw) is not part.startswith("!"), (part, raw)


@pytest.mark.parametrize(("key", "text", "changes", "tag"), HELD)
def test_what_does_not_leave(key: str, text: str, changes: dict[str, object], tag: int) -> None:
    with pytest.raises(NotEncodable) as held:
        wire(text, changes)
    assert held.value.tag == tag


@pytest.mark.parametrize(("key", "text", "changes", "reason"), UNCHANGEABLE)
def test_terms_that_the_peer_does_not_change(
    key: str, text: str, changes: dict[str, object], reason: str
) -> None:
    assert reason in unwanted_replace(dialect(text), BASE, changed(changes))
    assert unwanted_replace(dialect(), BASE, changed(changes)) == ""


def read(text: str, how: Dialect, sent: Instruction | None = BASE) -> Any:  # Any: a report
    raw = f"8=FIX.4.4|9=1|35=8|{text}|10=000|".replace("|", "\x01").encode()
    at = datetime(2026, 1, 5, tzinfo=UTC)
    envelope = Envelope(session="s", row=1, received_at=at, poss_resend=False)
    return normalise(raw, envelope, how, sent=sent)


@pytest.mark.parametrize(("key", "text", "raw", "expected"), IN)
def test_what_comes_in(key: str, text: str, raw: str, expected: dict[str, object]) -> None:
    report = read(raw, dialect(text))
    assert {name: getattr(report, name) for name in expected} == expected


def test_a_price_whose_unit_nobody_tells_is_not_believed() -> None:
    with pytest.raises(Unreadable, match="Currency"):
        read(FILL, dialect(f"instrument: {{{PENCE}}}"), sent=None)


def test_a_security_that_we_price_in_pence_ourselves_is_not_scaled_again() -> None:
    how, own = dialect(f"instrument: {{{PENCE}}}"), changed({"price_factor": D("0.01")})
    assert read(f"15=GBp|{FILL}", how, own).last_px == D("105.25")
    assert read(FILL, how, own).last_px == D("105.25")
    assert read(f"15=GBP|{FILL}", how, own).last_px == D(10525)


def test_an_exec_id_whose_day_nobody_tells_is_not_believed() -> None:
    with pytest.raises(Unreadable, match="TradeDate"):
        read(f"17=7|{FILL}", dialect("reports: {exec_id_scope: day}"))


PRICES = st.decimals(min_value="0.00000001", max_value="99999999999", places=8)


@given(price=PRICES, scale=st.sampled_from([10, 100, 1000]))
def test_a_price_in_a_minor_unit_comes_back_exactly(price: D, scale: int) -> None:
    how = dialect(f"instrument: {{minor_units: {{GBP: {{code: GBp, scale: {scale}}}}}}}")
    pairs = dict(Encoder(how, "FIX.4.4").encode(changed({"limit_price": price}), NOON_US))
    assert D(pairs[44]) == price * scale
    report = read(f"150=F|39=2|32=1|31={pairs[44]}|15={pairs[15]}", how)
    assert report.last_px == price


IDS = st.builds(
    "{}-{}".format,
    st.from_regex(r"[1-9A-Z][0-9A-Z]{0,4}", fullmatch=True),
    st.from_regex(r"0|[1-9A-Z][0-9A-Z]{0,11}", fullmatch=True),
)


@given(first=IDS, second=IDS, prefix=st.sampled_from(["", "7", "700"]))
@pytest.mark.parametrize("charset", ["printable", "alphanumeric", "numeric"])
def test_ids_come_back_and_never_meet(first: str, second: str, prefix: str, charset: Any) -> None:
    texts = {one: to_wire(one, charset, prefix) for one in (first, second)}
    assert {one: from_wire(text, charset, prefix) for one, text in texts.items()} == {
        one: one for one in (first, second)
    }
    assert len(set(texts.values())) == len({first, second})


def keys_of(model: Any, prefix: str = "") -> set[str]:  # Any: a pydantic model
    """The keys of a dialect that hold no further keys of ours."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        section = hasattr(field.annotation, "model_fields")
        found |= keys_of(field.annotation, f"{name}.") if section else {prefix + name}
    return found


def test_every_key_of_a_dialect_has_a_row() -> None:
    rows = [*OUT, *HELD, *UNCHANGEABLE, *IN]
    shown = {str(row[0]) for row in rows} | live.KEYS | test_mass_cancel.KEYS | test_news.KEYS
    shown |= test_programs.KEYS | test_gap.KEYS
    assert keys_of(Dialect) - {"name", "title"} == shown


def test_other_types_keep_their_market_price() -> None:
    raw = wire("", {"order_type": OrderType.MARKET, "limit_price": None})
    assert "|44=" not in raw
