"""What brokers say after trading -> reports: P, AK and AllocationReport (AS)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from tradeoms.domain.confirmation.commands import (
    AckStatus,
    ReportAllocationAck,
    ReportAllocationReport,
    ReportConfirmation,
    ReportConfirmationRefused,
    part_id,
)
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.inbound import Envelope, Unreadable, number, own_id, price_scale, side_of
from tradeoms.fix.tags import SOH, group_of, tags_of
from tradeoms.kernel.numbers import ZERO

POSTTRADE: Final = frozenset({"P", "AK", "AS"})
#: AllocStatus (87) from FIX 4.4 on: accepted, block level reject, account level reject, received,
#: incomplete, rejected by intermediary. In FIX 4.2 2 is a partial accept and there is no 4 and 5.
_STATUSES: Final = {
    "0": AckStatus.ACCEPTED, "1": AckStatus.REJECTED, "2": AckStatus.ACCOUNT_REJECTED,
    "3": AckStatus.RECEIVED, "4": AckStatus.INCOMPLETE, "5": AckStatus.REJECTED,
}  # fmt: skip
_STATUSES_42: Final = {**_STATUSES, "2": AckStatus.INCOMPLETE}
#: ConfirmTransType (666) and AllocTransType (71).
_TRANSACTIONS: Final = {"": "new", "0": "new", "1": "replace", "2": "cancel"}
#: AllocStatus (87) of a report that tells what is allocated, not that the broker refuses.
_TOLD: Final = frozenset({"", "0", "3"})
#: ConfirmType (773): a request for confirmations is refused.
_REQUEST_REFUSED: Final = "3"
#: NoAllocs (78) of an allocation report.
_ACCOUNTS: Final = 78
_FEE: Final = re.compile(rb"(?:^|\x01)137=([^\x01]*)")


def read_posttrade(
    raw: bytes, envelope: Envelope, dialect: Dialect, version: str
) -> ReportAllocationAck | ReportConfirmation | ReportAllocationReport | ReportConfirmationRefused:
    """The report in a P, AK or AS.

    Raises:
        Unreadable: If a needed field is missing or not understood.
    """
    tags = tags_of(raw)
    shown = raw.decode("latin-1").replace(SOH, "|")
    if tags[35] == "P":
        return _ack(tags, envelope, dialect, version, shown)
    if tags[35] == "AS":
        if tags.get(87, "") not in _TOLD:
            return _ack(tags, envelope, dialect, version, shown)
        return _report(raw, envelope, dialect, shown)
    if tags.get(773) == _REQUEST_REFUSED:
        return ReportConfirmationRefused(
            session=envelope.session, row=envelope.row,
            request_id=own_id(tags.get(859, ""), dialect), text=tags.get(58, ""), raw=shown,
        )  # fmt: skip
    return _confirmation(raw, envelope, dialect, shown)


def _ack(
    tags: Mapping[int, str], envelope: Envelope, dialect: Dialect, version: str, shown: str
) -> ReportAllocationAck:
    statuses = _STATUSES_42 if version == "FIX.4.2" else _STATUSES
    status = statuses.get(tags.get(87, ""))
    if status is None:
        raise Unreadable(reason=f"AllocStatus (87) is {tags.get(87, '')!r}")
    return ReportAllocationAck(
        session=envelope.session,
        row=envelope.row,
        alloc_id=own_id(tags.get(70, ""), dialect),
        status=status,
        code=tags.get(88, ""),
        text=tags.get(58, ""),
        raw=shown,
    )


def _confirmation(
    raw: bytes, envelope: Envelope, dialect: Dialect, shown: str
) -> ReportConfirmation:
    tags = tags_of(raw)
    if not tags.get(664):
        raise Unreadable(reason="a confirmation without ConfirmID (664)")
    transaction = _TRANSACTIONS.get(tags.get(666, ""))
    if transaction is None:
        raise Unreadable(reason=f"ConfirmTransType (666) is {tags[666]!r}")
    scale = price_scale(tags, dialect, None) or Decimal(1)
    return ReportConfirmation(
        session=envelope.session,
        row=envelope.row,
        confirm_id=tags[664],
        transaction=transaction,
        ref_id=tags.get(772, ""),
        alloc_id=own_id(tags.get(70, ""), dialect),
        account=tags.get(79, ""),
        symbol=tags.get(55, ""),
        side=side_of(tags, dialect, None),
        quantity=number(tags, 80) or ZERO,
        avg_px=(number(tags, 6) or ZERO) / scale,
        gross=number(tags, 381),
        net=number(tags, 118),
        commission=number(tags, 12) or ZERO,
        fees=_fees(raw),
        trade_on=_day(tags, 75),
        settle_on=_day(tags, 64),
        raw=shown,
    )


def _report(raw: bytes, envelope: Envelope, dialect: Dialect, shown: str) -> ReportAllocationReport:
    """An allocation report, each account of it as a confirmation; a cancel may name none."""
    tags = tags_of(raw)
    report_id, transaction = tags.get(755, ""), _TRANSACTIONS.get(tags.get(71, ""))
    if not report_id:
        raise Unreadable(reason="an allocation report without AllocReportID (755)")
    if transaction is None:
        raise Unreadable(reason=f"AllocTransType (71) is {tags[71]!r}")
    entries = group_of(raw, _ACCOUNTS)
    accounts = [tags_of(entry).get(79, "") for entry in entries]
    if transaction != "cancel" and (not all(accounts) or not accounts):
        raise Unreadable(reason="an allocation report without accounts (78, 79)")
    if tags.get(_ACCOUNTS, "0") != str(len(entries)):
        raise Unreadable(reason=f"NoAllocs (78) is {tags[_ACCOUNTS]!r}, of {len(entries)} accounts")
    if len(set(accounts)) != len(accounts):
        raise Unreadable(reason="an account (79) stands twice in an allocation report")
    one_order = tags.get(73) == "1"
    return ReportAllocationReport(
        session=envelope.session,
        row=envelope.row,
        report_id=report_id,
        transaction=transaction,
        ref_id=tags.get(795, ""),
        alloc_id=own_id(tags.get(70, ""), dialect),
        cl_ord_id=own_id(tags.get(11, ""), dialect) if one_order else "",
        quantity=number(tags, 53) or ZERO,
        gross=number(tags, 381),
        net=number(tags, 118),
        lines=tuple(_line(tags, entry, envelope, dialect, shown) for entry in entries),
        raw=shown,
    )


def _line(
    tags: Mapping[int, str], entry: bytes, envelope: Envelope, dialect: Dialect, shown: str
) -> ReportConfirmation:
    """One account of an allocation report; its price is AllocAvgPx (153), else AvgPx (6)."""
    own = tags_of(entry)
    scale = price_scale(tags, dialect, None) or Decimal(1)
    price = number(own, 153)
    return ReportConfirmation(
        session=envelope.session,
        row=envelope.row,
        confirm_id=part_id(tags[755], own.get(79, "")),
        transaction=_TRANSACTIONS[tags.get(71, "")],
        ref_id=part_id(tags[795], own.get(79, "")) if tags.get(795) else "",
        alloc_id=own_id(tags.get(70, ""), dialect),
        account=own.get(79, ""),
        symbol=tags.get(55, ""),
        side=side_of(tags, dialect, None),
        quantity=number(own, 80) or ZERO,
        avg_px=((number(tags, 6) or ZERO) if price is None else price) / scale,
        net=number(own, 154),
        commission=number(own, 12) or ZERO,
        fees=_fees(entry),
        trade_on=_day(tags, 75),
        settle_on=_day(tags, 64),
        raw=shown,
        report_id=tags[755],
        alloc_ref=tags.get(70, ""),
    )


def _fees(raw: bytes) -> Decimal:
    """The fees (137) of a confirmation, or of one account of a report, summed."""
    charged = (number({137: text.decode("latin-1")}, 137) or ZERO for text in _FEE.findall(raw))
    return sum(charged, ZERO)


def _day(tags: Mapping[int, str], tag: int) -> date | None:
    """A LocalMktDate, `None` where absent.

    Raises:
        Unreadable: If it is there and no date.
    """
    text = tags.get(tag, "")
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except ValueError:
        raise Unreadable(reason=f"tag {tag} is {text!r}, not a date") from None
