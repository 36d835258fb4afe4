"""What brokers say after trading: AllocationInstructionAck (P) and Confirmation (AK) -> reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from tradeoms.domain.confirmation.commands import (
    AckStatus,
    ReportAllocationAck,
    ReportConfirmation,
)
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.inbound import Envelope, Unreadable, number, own_id, price_scale, side_of
from tradeoms.fix.tags import SOH, tags_of
from tradeoms.kernel.numbers import ZERO

POSTTRADE: Final = frozenset({"P", "AK"})
#: AllocStatus (87) from FIX 4.4 on: accepted, block level reject, account level reject, received,
#: incomplete, rejected by intermediary. In FIX 4.2 2 is a partial accept and there is no 4 and 5.
_STATUSES: Final = {
    "0": AckStatus.ACCEPTED, "1": AckStatus.REJECTED, "2": AckStatus.REJECTED,
    "3": AckStatus.RECEIVED, "4": AckStatus.INCOMPLETE, "5": AckStatus.REJECTED,
}  # fmt: skip
_STATUSES_42: Final = {**_STATUSES, "2": AckStatus.INCOMPLETE}
#: ConfirmTransType (666).
_TRANSACTIONS: Final = {"": "new", "0": "new", "1": "replace", "2": "cancel"}
_FEE: Final = re.compile("(?:^|\x01)137=([^\x01]*)")


def read_posttrade(
    raw: bytes, envelope: Envelope, dialect: Dialect, version: str
) -> ReportAllocationAck | ReportConfirmation:
    """The report in a P or AK.

    Raises:
        Unreadable: If a needed field is missing or not understood.
    """
    tags = tags_of(raw)
    shown = raw.decode("latin-1").replace(SOH, "|")
    if tags[35] == "P":
        return _ack(tags, envelope, dialect, version, shown)
    return _confirmation(tags, envelope, dialect, shown)


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
    tags: Mapping[int, str], envelope: Envelope, dialect: Dialect, shown: str
) -> ReportConfirmation:
    if not tags.get(664):
        raise Unreadable(reason="a confirmation without ConfirmID (664)")
    transaction = _TRANSACTIONS.get(tags.get(666, ""))
    if transaction is None:
        raise Unreadable(reason=f"ConfirmTransType (666) is {tags[666]!r}")
    scale = price_scale(tags, dialect, None) or Decimal(1)
    fees = (number({137: text}, 137) or ZERO for text in _FEE.findall(shown.replace("|", SOH)))
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
        fees=sum(fees, ZERO),
        trade_on=_day(tags, 75),
        settle_on=_day(tags, 64),
        raw=shown,
    )


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
