"""Rules of engagement: what we send to and expect from the counterparties of one dialect.

The tables of messages are made by the encoder itself from sample orders, so that the page cannot
say anything else than the wire does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.reference.contracts import Contract
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.engagement_words import (
    CERTIFICATION,
    COPIES,
    MEANINGS,
    MESSAGES,
    REPORTS,
    TAGS,
    Needs,
)
from tradeoms.fix.outbound import Encoder, NotEncodable, mass_status_request
from tradeoms.fix.programs import list_message
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

_AT: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
_AT_US: Final = 1_767_614_400_000_000
_SAMPLE: Final = Instruction(
    number=1, kind=InstructionKind.NEW, session="", placement_id="", order_id="",
    cl_ord_id="1-A", orig_cl_ord_id="", broker_order_id="B-1", symbol="VOD",
    identifiers=(
        ("isin", "GB00BH4HKS39"), ("sedol", "BH4HKS3"), ("cusip", "G93882192"),
        ("figi", "BBG000C6K6G9"), ("bloomberg", "VOD LN Equity"), ("ric", "VOD.L"),
        ("ticker_mic", "VOD.XLON"),
    ),
    security_type="equity", currency="GBP", mic="XLON", side=Side.BUY, quantity=Decimal(1000),
    order_type=OrderType.LIMIT, limit_price=Decimal("0.7525"), stop_price=None,
    time_in_force=TimeInForce.DAY, expire_on=None, account="ACCOUNT", text="",
    approved_quantity=Decimal(1000), check_id="c", epoch=1, build="", created_at=_AT,
    not_after=None,
)  # fmt: skip
_FUTURE: Final = Contract(maturity=date(2026, 12, 18), month="202612")
_PUT: Final = Contract(
    maturity=date(2026, 12, 18),
    month="202612",
    put_call="put",
    strike=Decimal("0.70"),
    multiplier=Decimal(1000),
)
_INTRO: Final = (
    "What tradeoms sends to and expects from a counterparty of the dialect `{name}` ({version}). "
    "A tag is *always* there, or *where it applies*."
)
_COPIES: Final = (
    "What tradeoms takes on a drop copy session of the dialect `{name}`. It sends no application "
    "messages there. See [drop copy](../fix.md#drop-copy)."
)
_LIST: Final = (
    "The fields of the list; each of its orders follows in the group 73 with the fields of a "
    "NewOrderSingle and its place (67). ListStatusRequest (M), ListExecute (L) and "
    "ListCancelRequest (K) carry 66, the last two also 60."
)
_VARIANTS: Final[tuple[dict[str, Any], ...]] = (  # Any: a table of fields
    {},
    {"order_type": OrderType.MARKET, "limit_price": None, "account": ""},
    {"side": Side.SELL_SHORT, "text": "work it"},
    {"order_type": OrderType.STOP_LIMIT, "stop_price": Decimal("0.75")},
    {"time_in_force": TimeInForce.GTD, "expire_on": date(2026, 2, 3)},
    {"broker_order_id": "", "symbol": "BRK.B", "security_id": "sec"},
    {"display_quantity": Decimal(100)},
    {"min_quantity": Decimal(200)},
    {"security_type": "future", "symbol": "Z", "contract": _FUTURE},
    {"security_type": "option", "contract": _PUT},
)


def rules_of_engagement(dialect: Dialect, version: str, note: str) -> str:
    """The page of ``dialect`` as Markdown; ``version`` is that of its application messages."""
    if dialect.role == "drop_copy":
        head = (f"# {dialect.title or dialect.name}", note, _COPIES.format(name=dialect.name))
        taken = _table(("MsgType", "What", "Tags that are read", "What it does"), COPIES)
        return "\n\n".join((*head, taken)) + "\n"
    parts = [
        f"# {dialect.title or dialect.name}",
        note,
        _INTRO.format(name=dialect.name, version=version),
        "## Agreed",
        _table(("Key", "Value", "Meaning"), _agreed(dialect)),
        "## Sent",
        *_sent(dialect, version),
        "## Taken",
        _table(("MsgType", "What", "Tags that are read", "What it does"), REPORTS),
        _kept(dialect),
        "## Certification",
        "Each is played against the counterparty's test session, in this order.",
        _table(("", "Story", "Expected"), _certification(dialect, version)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _agreed(dialect: Dialect) -> Iterator[tuple[str, str, str]]:
    for section, model in dialect:
        if not isinstance(model, BaseModel):
            continue
        for name, field in type(model).model_fields.items():
            value = _shown(getattr(model, name))
            yield f"`{section}.{name}`", value, (field.description or "").replace("\n", " ")


def _shown(value: Any) -> str:  # Any: a setting
    if isinstance(value, BaseModel):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_shown(item)}" for name, item in value.items()) or "–"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "–"
    return "–" if value in {"", None} else str(value)


def _sent(dialect: Dialect, version: str) -> Iterator[str]:
    encoder = Encoder(dialect, version)
    for kind, (msg_type, title) in MESSAGES.items():
        if kind is InstructionKind.REPLACE and dialect.replace.outstanding == "none":
            continue
        if kind is InstructionKind.STATUS and not dialect.recovery.status_request:
            continue
        if kind is InstructionKind.MASS_CANCEL and not _takes_mass_cancel(dialect, version):
            continue
        yield f"### {title} ({msg_type})"
        yield _table(("Tag", "Name", "For example", "When"), _rows(_samples(encoder, kind)))
    if dialect.lists.orders:
        yield "### NewOrderList (E)"
        yield _LIST
        orders = _samples(encoder, InstructionKind.NEW)[:2]
        entries = [(seq, list(one.items())) for seq, one in enumerate(orders, 1)]
        body = list_message("1-L", entries, total=2, last=True, version=version)
        head = dict(body[: [tag for tag, _ in body].index(73) + 1])
        yield _table(("Tag", "Name", "For example", "When"), _rows([head]))
    if dialect.recovery.mass_status:
        yield "### OrderMassStatusRequest (AF)"
        yield _table(
            ("Tag", "Name", "For example", "When"), _rows([dict(mass_status_request("mass-1"))])
        )


def _samples(encoder: Encoder, kind: InstructionKind) -> list[dict[int, str]]:
    """The fields of every sample order that the dialect lets out."""
    found = []
    for changes in _VARIANTS:
        sample = replace(_SAMPLE, kind=kind, **changes)
        if kind in {InstructionKind.REPLACE, InstructionKind.CANCEL}:
            sample = replace(sample, cl_ord_id="1-B", orig_cl_ord_id="1-A")
        try:
            found.append(dict(encoder.encode(sample, _AT_US)))
        except NotEncodable:
            continue  # the dialect has no such order
    return found


def _rows(samples: Sequence[dict[int, str]]) -> Iterator[tuple[str, str, str, str]]:
    tags = dict.fromkeys(tag for sample in samples for tag in sample)
    for tag in tags:
        values = dict.fromkeys(sample[tag] for sample in samples if tag in sample)
        always = all(tag in sample for sample in samples)
        name = TAGS.get(tag, "agreed")
        meant = MEANINGS.get(tag, {})
        shown = ", ".join(f"`{value}` {meant.get(value, '')}".rstrip() for value in values)
        yield str(tag), name, shown, "always" if always else "where it applies"


def _kept(dialect: Dialect) -> str:
    if not dialect.reports.keep:
        return ""
    rows = [(str(tag), f"`{name}`") for tag, name in dialect.reports.keep.items()]
    return "Kept with each fill:\n\n" + _table(("Tag", "As"), rows)


def _takes_mass_cancel(dialect: Dialect, version: str) -> bool:
    return dialect.cancel.mass and version != "FIX.4.2"


def _certification(dialect: Dialect, version: str) -> Iterator[tuple[str, str, str]]:
    has = {
        Needs.REPLACE: dialect.replace.outstanding != "none",
        Needs.CHAIN: dialect.replace.outstanding == "chained",
        Needs.STATUS: dialect.recovery.status_request,
        Needs.MASS_STATUS: dialect.recovery.mass_status,
        Needs.LISTS: dialect.lists.orders,
        Needs.MASS_CANCEL: _takes_mass_cancel(dialect, version),
        Needs.STAGED: dialect.order.handl_inst == "3",
        Needs.MINOR: bool(dialect.instrument.minor_units),
        Needs.COD: dialect.recovery.cancel_on_disconnect,
        Needs.RATE: bool(dialect.throttle.messages_per_second),
        Needs.GOOD_TILL: not dialect.order.allowed
        or any(
            life in {TimeInForce.GTC, TimeInForce.GTD}
            for lives in dialect.order.allowed.values()
            for life in lives
        ),
    }
    wanted = [(story, end) for needs, story, end in CERTIFICATION if needs is None or has[needs]]
    for number, (story, end) in enumerate(wanted, start=1):
        yield str(number), story, end


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
