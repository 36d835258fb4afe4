"""Raw reports of both styles, and of senders who mix them, become one set of kinds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.fix.dialect import Dialect, load_dialect
from tradeoms.fix.inbound import Envelope, Refused, Unreadable, normalise
from tradeoms.fix.tags import content_key
from tradeoms.kernel.enums import OrdStatus, Side

DIALECTS = Path(__file__).resolve().parents[2] / "config" / "fix" / "dialects"
OLD = load_dialect(DIALECTS / "generic-42.yaml")
NEW = load_dialect(DIALECTS / "generic-44.yaml")
RECEIVED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ENVELOPE = Envelope(session="s", row=7, received_at=RECEIVED, poss_resend=False)


def raw(text: str) -> bytes:
    return f"8=FIX.4.4|9=100|{text}|10=000|".replace("|", "\x01").encode()


def read(text: str, dialect: Dialect = NEW, refused: Refused | None = None) -> ReportPlacement:
    return normalise(raw(text), ENVELOPE, dialect, refused=refused)


@pytest.mark.parametrize(
    ("text", "of_before"),
    [
        ("35=8|43=Y|150=I|39=1|14=5|17=0", True),
        ("35=8|43=Y|20=3|150=1|39=1|14=5|17=0", True),
        ("35=8|150=I|39=1|14=5|17=0", False),
        ("35=8|43=Y|150=F|39=1|14=5|32=5|31=1|17=E1", False),
        ("35=8|43=Y|150=4|39=4|14=5|17=E2", False),
    ],
)
def test_a_status_that_is_sent_again_is_of_an_earlier_moment(text: str, *, of_before: bool) -> None:
    assert read(f"{text}|11=C1|37=O1").poss_resend is of_before


#: dialect, tags that tell the kind, kind
KINDS = [
    (NEW, "150=0|39=0", ReportKind.NEW),
    (NEW, "150=A|39=A", ReportKind.PENDING_NEW),
    (NEW, "150=8|39=8|103=0", ReportKind.REJECTED),
    (NEW, "150=8|39=0|103=6", ReportKind.REJECTED),
    (NEW, "150=8|39=8|103=5", ReportKind.STATUS),
    (NEW, "150=6|39=6", ReportKind.PENDING_CANCEL),
    (NEW, "150=E|39=E", ReportKind.PENDING_REPLACE),
    (NEW, "150=5|39=0", ReportKind.REPLACED),
    (NEW, "150=4|39=4", ReportKind.CANCELED),
    (NEW, "150=3|39=3", ReportKind.DONE_FOR_DAY),
    (NEW, "150=B|39=B", ReportKind.CALCULATED),
    (NEW, "150=7|39=7", ReportKind.STOPPED),
    (NEW, "150=9|39=9", ReportKind.SUSPENDED),
    (NEW, "150=C|39=C", ReportKind.EXPIRED),
    (NEW, "150=D|39=0|378=1", ReportKind.RESTATED),
    (NEW, "150=F|39=1|32=10|31=5", ReportKind.FILL),
    (NEW, "150=F|39=4|32=10|31=5", ReportKind.FILL),
    (NEW, "150=G|39=1|19=E1|32=9|31=5", ReportKind.CORRECT),
    (NEW, "150=H|39=0|19=E1", ReportKind.BUST),
    (NEW, "150=I|39=1", ReportKind.STATUS),
    (NEW, "150=L|39=0", ReportKind.TRIGGERED),
    (NEW, "150=J|39=1", ReportKind.TRADE_HELD),
    (NEW, "150=K|39=1", ReportKind.TRADE_RELEASED),
    (NEW, "150=1|39=1|32=10|31=5", ReportKind.FILL),  # a 4.4 sender with the codes of 4.2
    (NEW, "20=1|150=F|39=0|19=E1", ReportKind.BUST),
    (NEW, "20=3|150=0|39=0", ReportKind.STATUS),
    (NEW, "150=0|39=2|32=10|31=5", ReportKind.FILL),  # filled on entry
    (NEW, "150=0|39=4|32=10|31=5", ReportKind.FILL),  # and what is left of an IOC canceled
    (NEW, "150=0|39=C|32=10|31=5", ReportKind.FILL),
    (NEW, "150=0|39=4", ReportKind.NEW),
    (OLD, "20=0|150=0|39=0", ReportKind.NEW),
    (OLD, "20=0|150=1|39=1|32=10|31=5", ReportKind.FILL),
    (OLD, "20=0|150=2|39=2|32=10|31=5", ReportKind.FILL),
    (OLD, "20=2|150=1|39=1|19=E1|32=9|31=5", ReportKind.CORRECT),
    (OLD, "20=1|150=0|39=0|19=E1", ReportKind.BUST),
    (OLD, "20=3|150=1|39=1|17=0", ReportKind.STATUS),
    (OLD, "20=0|150=F|39=1|32=10|31=5", ReportKind.FILL),  # a 4.2 sender with the code of 4.4
    (OLD, "20=0|150=5|39=5", ReportKind.REPLACED),
    (OLD, "20=0|39=4", ReportKind.CANCELED),  # before 4.1 there was no ExecType
]


@pytest.mark.parametrize(("dialect", "tags", "kind"), KINDS)
def test_exec_type_gives_the_kind(dialect: Dialect, tags: str, kind: ReportKind) -> None:
    assert read(f"35=8|34=2|11=C1|17=E9|15=USD|{tags}", dialect).kind is kind


def test_a_whole_fill_is_read_exactly() -> None:
    report = read(
        "35=8|34=2|37=O1|11=C1|41=C0|17=E1|150=F|39=1|55=ABC|54=5|38=1000|32=100.5|31=99.10|"
        "151=899.5|14=100.5|6=99.1|44=100|58=hello|30=XNYS|60=20260105-08:59:59.123456|75=20260104"
    )
    assert report == ReportPlacement(
        session="s", row=7, kind=ReportKind.FILL, cl_ord_id="C1", orig_cl_ord_id="C0",
        broker_order_id="O1", exec_id="E1", symbol="ABC", side=Side.SELL_SHORT,
        last_qty=Decimal("100.5"), last_px=Decimal("99.10"), order_qty=Decimal(1000),
        cum_qty=Decimal("100.5"), leaves_qty=Decimal("899.5"), avg_px=Decimal("99.1"),
        price=Decimal(100), ord_status=OrdStatus.PARTIALLY_FILLED, text="hello", venue="XNYS",
        transact_time=datetime(2026, 1, 5, 8, 59, 59, 123456, tzinfo=UTC), received_at=RECEIVED,
        trade_on=date(2026, 1, 4), raw=report.raw,
    )  # fmt: skip
    assert "|32=100.5|" in report.raw


@pytest.mark.parametrize("text", ["NONE", "None", "0", ""])
@pytest.mark.parametrize("tags", ["35=8|150=8|39=8", "35=9|39=8|102=1|434=1"])
def test_an_order_id_that_names_no_order_is_absent(text: str, tags: str) -> None:
    assert read(f"{tags}|11=C1|37={text}").broker_order_id == ""
    assert read(f"{tags}|11=C1|37=1{text}").broker_order_id == f"1{text}"


def test_exec_id_zero_is_none() -> None:
    report = read("35=8|11=C1|17=0|19=0|150=G|39=1|32=1|31=5")
    assert (report.exec_id, report.exec_ref_id) == ("", "")


def test_f13_missing_optional_fields_never_fail() -> None:
    report = read("35=8|150=F")
    assert (report.kind, report.last_qty, report.cum_qty) == (ReportKind.FILL, Decimal(0), None)


@pytest.mark.parametrize(
    ("tags", "kind", "quantity"),
    [
        ("150=4|39=4", ReportKind.CANCELED, 100), ("150=C|39=C", ReportKind.EXPIRED, 100),
        ("150=3|39=3", ReportKind.DONE_FOR_DAY, 100), ("150=7|39=7", ReportKind.STOPPED, 100),
        ("150=I|39=1", ReportKind.STATUS, 0), ("150=H|39=0|19=E1", ReportKind.BUST, 0),
        ("20=3|150=4|39=4", ReportKind.STATUS, 0),
    ],
)  # fmt: skip
def test_a_change_of_state_tells_what_it_executes_beside(
    tags: str, kind: ReportKind, quantity: int
) -> None:
    report = read(f"35=8|11=C1|{tags}|32=100|31=5")
    assert (report.kind, report.last_qty) == (kind, Decimal(quantity))


def test_minor_currency_prices_come_back_in_pounds() -> None:
    report = read("35=8|11=C1|20=0|150=1|39=1|15=GBp|32=10|31=1050.5|6=1050|44=1100", OLD)
    assert (report.last_px, report.avg_px, report.price) == (
        Decimal("10.505"), Decimal("10.5"), Decimal(11),
    )  # fmt: skip


def test_a_duplicate_order_reject_is_marked() -> None:
    assert read("35=8|11=C1|150=8|39=0|103=6").duplicate_order
    assert not read("35=8|11=C1|150=8|39=8|103=0").duplicate_order


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ("434=1|102=0", ReportKind.CANCEL_REJECTED),
        ("434=2|102=3", ReportKind.REPLACE_REJECTED),
        ("102=1", ReportKind.CANCEL_REJECTED),
    ],
)
def test_cancel_rejects(tags: str, kind: ReportKind) -> None:
    report = read(f"35=9|37=O1|11=C2|41=C1|39=0|{tags}")
    assert (report.kind, report.cl_ord_id, report.orig_cl_ord_id) == (kind, "C2", "C1")


@pytest.mark.parametrize("text", ["35=3|45=9|372=D|373=5|58=no", "35=j|45=9|372=D|380=3|58=no"])
def test_a_reject_names_the_request_by_its_number(text: str) -> None:
    report = read(text, refused=Refused(cl_ord_id="C1"))
    assert (report.kind, report.cl_ord_id, report.text) == (
        ReportKind.SESSION_REJECTED, "C1", "no",
    )  # fmt: skip
    assert report.reason in {"3", "5"}


@pytest.mark.parametrize(
    "text",
    [
        "35=8|11=C1|150=Z|39=0",
        "35=8|11=C1|39=0",
        "35=8|11=C1|150=M|39=0",
        "35=8|11=C1|150=F|39=1|32=1e5|31=1",
        "35=8|11=C1|150=F|39=1|32=10|31=abc",
        "35=8|11=C1|150=F|39=1|32=NaN|31=1",
        "35=j|45=9|380=3",
        "35=AE|571=1",
    ],
)
def test_what_cannot_be_understood_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize("text", ["20269999-99:99:99", "yesterday", "", "20260105-08:59:59,5"])
def test_a_bad_transact_time_is_no_reason_to_lose_a_fill(text: str) -> None:
    assert read(f"35=8|11=C1|150=F|32=1|31=1|60={text}").transact_time is None


@pytest.mark.parametrize("text", ["20261301", "2026-1-4", "", "202601041", "٢٠٢٦٠١٠٤"])
def test_a_bad_trade_date_is_no_reason_to_lose_a_fill(text: str) -> None:
    assert read(f"35=8|11=C1|150=F|32=1|31=1|75={text}").trade_on is None


def test_a_resend_has_the_content_of_its_original() -> None:
    first = raw("35=8|34=2|52=20260105-09:00:00|49=A|56=B|11=C1|150=F|32=1")
    again = raw(
        "35=8|34=2|52=20260105-09:05:00|43=Y|122=20260105-09:00:00|49=A|56=B|11=C1|150=F|32=1"
    )
    other = raw("35=8|34=2|52=20260105-09:00:00|49=A|56=B|11=C1|150=F|32=2")
    assert content_key(first) == content_key(again) != content_key(other)
