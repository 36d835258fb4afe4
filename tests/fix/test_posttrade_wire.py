"""AllocationInstruction (J) and ConfirmationAck (AU) as they leave, P and AK as they are read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.fix.engine_stub import order
from tradeoms.app.instruction import InstructionKind, Posttrade
from tradeoms.domain.confirmation.commands import ReportAllocationAck, ReportConfirmation
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


def test_a_text_that_would_inject_tags_does_not_leave() -> None:
    told = Posttrade(transaction="reject", trade_on=DAY, confirm_id="C7\x01940=3", text="x")
    with pytest.raises(NotEncodable):
        wire(told, InstructionKind.CONFIRMATION_ACK, "FIX.4.4")


@pytest.mark.parametrize(
    ("version", "code", "status"),
    [
        ("FIX.4.4", "3", "received"), ("FIX.4.4", "0", "accepted"), ("FIX.4.4", "1", "rejected"),
        ("FIX.4.4", "2", "rejected"), ("FIX.4.4", "4", "incomplete"), ("FIX.4.4", "5", "rejected"),
        ("FIX.4.2", "2", "incomplete"), ("FIX.5.0SP2", "2", "rejected"),
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


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("35=P|70=A1|87=9", "87"),
        (CONFIRMED.replace("664=C1|", ""), "664"),
        (CONFIRMED.replace("666=0", "666=7"), "666"),
        (CONFIRMED.replace("80=60", "80=x"), "80"),
        (CONFIRMED.replace("64=20260107", "64=20260199"), "64"),
        (CONFIRMED.replace("137=0.05", "137=x"), "137"),
    ],
)
def test_what_cannot_be_read_is_never_dropped(raw: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_posttrade(fix(raw), ENVELOPE, PLAIN, "FIX.4.4")


def fix(text: str) -> bytes:
    return f"8=FIX.4.4|{text}|".replace("|", "\x01").encode()
