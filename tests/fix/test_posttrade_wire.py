"""J, AU, AT and BH as they leave; P, AK and AllocationReport (AS) as they are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.fix.engine_stub import order
from tradeoms.app.instruction import InstructionKind, Posttrade
from tradeoms.domain.confirmation.commands import (
    ReportAllocationAck,
    ReportAllocationReport,
    ReportConfirmation,
    ReportConfirmationRefused,
)
from tradeoms.fix import quick
from tradeoms.fix.dialect import Dialect, Ids
from tradeoms.fix.inbound import Envelope, Unreadable
from tradeoms.fix.outbound import MSG_TYPES, Encoder, NotEncodable
from tradeoms.fix.posttrade.answers import read_posttrade

NOON_US = 1_767_614_400_123_456
ENVELOPE = Envelope(
    session="S", row=1, received_at=datetime(2026, 1, 5, tzinfo=UTC), poss_resend=False
)
DAY = date(2026, 1, 5)
SPLIT = Posttrade(
    transaction="replace", ref_id="1A-1", trade_on=DAY, quantity=D(100), avg_px=D("9.5"),
    lines=(("ACC1", D(60)), ("ACC2", D(40))), executions=(("E1", D(100), D("9.5")),),
)  # fmt: skip
PLAIN = Dialect(name="d")


def wire(told: Posttrade, kind: InstructionKind, version: str, dialect: Dialect = PLAIN) -> str:
    """The message as quickfix writes it, header and clock left out."""
    sent = order(
        "1A-9", kind=kind, orig_cl_ord_id="1A-2", broker_order_id="O1", posttrade=told, text="",
        quantity=D(500),
    )  # fmt: skip
    pairs = Encoder(dialect, version).encode(sent, NOON_US)
    raw = quick.message_bytes(quick.build(MSG_TYPES[kind], pairs)).decode().replace("\x01", "|")
    return "|".join(x for x in raw.split("|") if x.partition("=")[0] not in {"9", "10", "60"})


def test_an_instruction_of_fix_4_4() -> None:
    raw = wire(SPLIT, InstructionKind.ALLOCATION, "FIX.4.4")
    assert raw.startswith("35=J|")
    for part in (
        "70=1A-9|", "71=1|", "72=1A-1|", "626=2|", "796=2|", "857=1|", "53=100|", "6=9.5|",
        "75=20260105|", "73=1|11=1A-2|37=O1|38=500|800=100|", "124=1|17=E1|31=9.5|32=100|",
        "78=2|79=ACC1|80=60|79=ACC2|80=40|",
    ):  # fmt: skip
        assert part in raw, part


def test_an_exec_id_of_a_day_is_told_as_the_broker_gave_it() -> None:
    daily = Dialect.model_validate({"name": "d", "reports": {"exec_id_scope": "day"}})
    told = replace(SPLIT, executions=(("20260105:E:1", D(100), D("9.5")),))
    assert "|17=E:1|" in wire(told, InstructionKind.ALLOCATION, "FIX.4.4", daily)
    assert "|17=20260105:E:1|" in wire(told, InstructionKind.ALLOCATION, "FIX.4.4")


def test_an_instruction_of_fix_4_2_has_no_later_tags() -> None:
    raw = wire(SPLIT, InstructionKind.ALLOCATION, "FIX.4.2")
    assert "73=1|11=1A-2|37=O1|" in raw
    assert "78=2|79=ACC1|80=60|79=ACC2|80=40|" in raw
    assert not [tag for tag in ("626", "796", "857", "800", "124") if f"|{tag}=" in raw]


def test_ids_are_written_as_the_counterparty_wants_them() -> None:
    dialect = Dialect(name="d", ids=Ids(charset="alphanumeric", prefix="TOMS"))
    raw = wire(SPLIT, InstructionKind.ALLOCATION, "FIX.4.4", dialect)
    assert "70=TOMS21A9|" in raw
    back = read_posttrade(fix("35=P|70=TOMS21A9|87=0"), ENVELOPE, dialect, "FIX.4.4")
    assert isinstance(back, ReportAllocationAck)
    assert back.alloc_id == "1A-9"


@pytest.mark.parametrize(("word", "parts"), [("affirm", "940=3|"), ("reject", "58=not our price|")])
def test_an_answer_to_a_confirmation(word: str, parts: str) -> None:
    told = Posttrade(transaction=word, trade_on=DAY, confirm_id="C7", text="not our price")
    raw = wire(told, InstructionKind.CONFIRMATION_ACK, "FIX.4.4")
    assert raw.startswith("35=AU|")
    assert "664=C7|" in raw
    assert parts in raw
    assert ("774=99|" in raw) == (word == "reject")


MODERN = ("FIX.4.4", "FIX.5.0SP2")


@pytest.mark.parametrize("version", MODERN)
@pytest.mark.parametrize(("word", "status"), [("affirm", "0"), ("reject", "1")])
def test_an_answer_to_an_allocation_report(version: str, word: str, status: str) -> None:
    told = Posttrade(
        transaction=word, trade_on=DAY, confirm_id="R7", ref_id="THEIRS/1", text="not our price"
    )
    dialect = Dialect(name="d", ids=Ids(charset="alphanumeric", prefix="TOMS"))
    raw = wire(told, InstructionKind.ALLOCATION_REPORT_ACK, version, dialect)
    assert raw.startswith("35=AT|")
    for part in ("755=R7|", "70=THEIRS/1|", "75=20260105|", f"87={status}|"):
        assert part in raw, part
    assert ("88=7|" in raw, "58=not our price|" in raw) == (word == "reject", word == "reject")


@pytest.mark.parametrize("version", MODERN)
@pytest.mark.parametrize("account", ["", "ACC2"])
def test_a_request_for_confirmations(version: str, account: str) -> None:
    told = Posttrade(transaction="request", trade_on=DAY, ref_id="1A-1", account=account)
    raw = wire(told, InstructionKind.CONFIRMATION_REQUEST, version)
    assert raw.startswith("35=BH|")
    for part in ("859=1A-9|", "773=2|", "73=1|11=1A-2|37=O1|", "70=1A-1|"):
        assert part in raw, part
    assert ("79=ACC2|" in raw) == bool(account)


@pytest.mark.parametrize(
    "kind",
    [
        InstructionKind.ALLOCATION_REPORT_ACK, InstructionKind.CONFIRMATION_REQUEST,
        InstructionKind.CONFIRMATION_ACK,
    ],
)  # fmt: skip
def test_fix_4_2_has_no_such_message_and_says_so(kind: InstructionKind) -> None:
    told = Posttrade(transaction="affirm", trade_on=DAY, confirm_id="R7")
    with pytest.raises(NotEncodable, match=rf"FIX 4.2 has no .*\({MSG_TYPES[kind]}\)"):
        wire(told, kind, "FIX.4.2")


def test_a_text_that_would_inject_tags_does_not_leave() -> None:
    told = Posttrade(transaction="reject", trade_on=DAY, confirm_id="C7\x01940=3", text="x")
    with pytest.raises(NotEncodable):
        wire(told, InstructionKind.CONFIRMATION_ACK, "FIX.4.4")


@pytest.mark.parametrize(
    ("version", "code", "status"),
    [
        ("FIX.4.4", "3", "received"), ("FIX.4.4", "0", "accepted"), ("FIX.4.4", "1", "rejected"),
        ("FIX.4.4", "2", "account_rejected"), ("FIX.4.4", "4", "incomplete"),
        ("FIX.4.4", "5", "rejected"),
        ("FIX.4.2", "2", "incomplete"), ("FIX.5.0SP2", "2", "account_rejected"),
    ],
)  # fmt: skip
def test_an_acknowledgement_is_read(version: str, code: str, status: str) -> None:
    told = read_posttrade(fix(f"35=P|70=A1|87={code}|88=13|58=no"), ENVELOPE, PLAIN, version)
    assert isinstance(told, ReportAllocationAck)
    assert (told.alloc_id, told.status, told.code, told.text) == ("A1", status, "13", "no")


CONFIRMED = (
    "35=AK|664=C1|666=0|70=A1|79=ACC1|55=ABC|54=1|80=60|6=9.5|381=570|12=1.20"
    "|136=2|137=0.10|139=7|137=0.05|139=4|118=571.35|75=20260105|64=20260107"
)


def test_a_confirmation_is_read_with_all_its_fees() -> None:
    told = read_posttrade(fix(CONFIRMED), ENVELOPE, PLAIN, "FIX.4.4")
    assert isinstance(told, ReportConfirmation)
    assert (told.confirm_id, told.transaction, told.alloc_id, told.account) == (
        "C1", "new", "A1", "ACC1",
    )  # fmt: skip
    assert (told.quantity, told.avg_px, told.gross, told.net) == (
        D(60), D("9.5"), D(570), D("571.35"),
    )  # fmt: skip
    assert (told.commission, told.fees) == (D("1.20"), D("0.15"))
    assert (told.trade_on, told.settle_on) == (DAY, date(2026, 1, 7))


REPORTED = (
    "35=AS|755=R1|71=0|70=A1|794=3|87=0|857=1|73=1|11=1A-2|54=1|55=ABC|53=100|6=9.5|75=20260105"
    "|64=20260107|381=950|118=952.05"
    "|78=2|79=ACC1|80=60|12=1.20|154=571.35|136=2|137=0.10|139=7|137=0.05|139=4"
    "|79=ACC2|9999=X|80=40|153=9.51|12=0.70|154=380.70"
)


def test_an_allocation_report_is_read_account_by_account() -> None:
    told = read_posttrade(fix(REPORTED), ENVELOPE, PLAIN, "FIX.4.4")
    assert isinstance(told, ReportAllocationReport)
    assert (told.report_id, told.transaction, told.alloc_id, told.cl_ord_id) == (
        "R1", "new", "A1", "1A-2",
    )  # fmt: skip
    assert (told.quantity, told.gross, told.net) == (D(100), D(950), D("952.05"))
    first, second = told.lines
    assert (first.confirm_id, first.account, first.quantity, first.avg_px) == (
        "R1/ACC1", "ACC1", D(60), D("9.5"),
    )  # fmt: skip
    assert (first.commission, first.fees, first.net) == (D("1.20"), D("0.15"), D("571.35"))
    assert (second.account, second.quantity, second.avg_px, second.fees) == (
        "ACC2", D(40), D("9.51"), D(0),
    )  # fmt: skip
    assert (second.report_id, second.alloc_ref, second.symbol) == ("R1", "A1", "ABC")
    assert (second.trade_on, second.settle_on) == (DAY, date(2026, 1, 7))


def test_the_report_that_another_one_replaces_is_named_for_each_account() -> None:
    raw = REPORTED.replace("71=0", "71=1|795=R0")
    told = read_posttrade(fix(raw), ENVELOPE, PLAIN, "FIX.4.4")
    assert isinstance(told, ReportAllocationReport)
    assert (told.transaction, told.ref_id) == ("replace", "R0")
    assert [line.ref_id for line in told.lines] == ["R0/ACC1", "R0/ACC2"]
    gone = read_posttrade(fix("35=AS|755=R2|71=2|795=R1"), ENVELOPE, PLAIN, "FIX.4.4")
    assert isinstance(gone, ReportAllocationReport)
    assert (gone.transaction, gone.ref_id, gone.lines) == ("cancel", "R1", ())


def test_a_report_of_several_orders_names_none_of_them() -> None:
    raw = REPORTED.replace("73=1|11=1A-2", "73=2|11=1A-2|11=1A-3")
    told = read_posttrade(fix(raw), ENVELOPE, PLAIN, "FIX.4.4")
    assert isinstance(told, ReportAllocationReport)
    assert told.cl_ord_id == ""


def test_a_report_by_which_the_broker_refuses_is_his_word_on_the_instruction() -> None:
    raw = REPORTED.replace("87=0", "87=1|88=13|58=no")
    told = read_posttrade(fix(raw), ENVELOPE, PLAIN, "FIX.4.4")
    assert isinstance(told, ReportAllocationAck)
    assert (told.alloc_id, told.status, told.code, told.text) == ("A1", "rejected", "13", "no")


def test_a_refused_request_is_no_confirmation() -> None:
    dialect = Dialect(name="d", ids=Ids(charset="alphanumeric", prefix="TOMS"))
    raw = fix("35=AK|664=X|773=3|859=TOMS21A9|58=not yet")
    told = read_posttrade(raw, ENVELOPE, dialect, "FIX.4.4")
    assert isinstance(told, ReportConfirmationRefused)
    assert (told.request_id, told.text) == ("1A-9", "not yet")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("35=P|70=A1|87=9", "87"),
        (CONFIRMED.replace("664=C1|", ""), "664"),
        (CONFIRMED.replace("666=0", "666=7"), "666"),
        (CONFIRMED.replace("80=60", "80=x"), "80"),
        (CONFIRMED.replace("64=20260107", "64=20260199"), "64"),
        (CONFIRMED.replace("137=0.05", "137=x"), "137"),
        (REPORTED.replace("755=R1|", ""), "755"),
        (REPORTED.replace("71=0", "71=9"), "71"),
        (REPORTED.replace("79=ACC2", "79=ACC1"), "twice"),
        (REPORTED.replace("78=2", "78=3"), "78"),
        (REPORTED.partition("|78=")[0], "without accounts"),
        (REPORTED.replace("80=40", "80=x"), "80"),
        (REPORTED.replace("87=0", "87=9"), "87"),
    ],
)
def test_what_cannot_be_read_is_never_dropped(raw: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_posttrade(fix(raw), ENVELOPE, PLAIN, "FIX.4.4")


def fix(text: str) -> bytes:
    return f"8=FIX.4.4|{text}|".replace("|", "\x01").encode()
