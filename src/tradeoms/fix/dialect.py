"""What one counterparty expects: its tags, codes and habits (`config/fix/dialects/*.yaml`).

Every key here changes something the gateway does; a key that nothing reads is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, cast

from tradeoms.fix.config_file import Section, read

ExecStyle = Literal["4.2", "4.4", "auto"]

#: Scheme of an identifier -> SecurityIDSource (22), FIX 4.4 Vol. 6; `figi` is a later code, S.
ID_SOURCES: Final = {
    "cusip": "1",
    "sedol": "2",
    "isin": "4",
    "ric": "5",
    "bloomberg": "A",
    "figi": "S",
}
#: What Symbol (55) may hold besides an identifier: our symbol, or "[N/A]" where 48 says it all.
SYMBOLS: Final = frozenset({"symbol", "none", "ticker_mic", *ID_SOURCES})


@dataclass(frozen=True, slots=True, kw_only=True)
class MinorUnit:
    """A currency quoted in a part of itself: pounds in pence, code `GBp`, scale 100."""

    code: str
    scale: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How to write to one counterparty, and how to read it. The YAML keys are in `docs/fix.md`."""

    name: str
    timestamp_precision: int
    reset_on_logon: bool
    accept_reset: bool
    cl_ord_id_max: int
    echo_order_id: bool
    symbol: str
    identifiers: tuple[str, ...]
    exchange_tag: int
    send_currency: bool
    send_security_type: bool
    minor_units: dict[str, MinorUnit]
    handl_inst: str
    expiry_tag: int
    text_max: int
    send_account: bool
    constants: tuple[tuple[int, str], ...]
    exec_style: ExecStyle
    group_commit: bool
    status_request: bool
    mass_status: bool
    stale_after_s: int
    answer_timeout_s: int
    resend_orders: bool
    messages_per_second: int

    def minor_by_code(self, code: str) -> MinorUnit | None:
        """The minor unit a report's Currency (15) names, or None."""
        return next((unit for unit in self.minor_units.values() if unit.code == code), None)


def load_dialect(file: Path) -> Dialect:
    """Read and check a dialect.

    Raises:
        ConfigInvalid: Naming the file, the key, its value and what is allowed.
    """
    root = read(file)
    session, ids = root.section("session"), root.section("ids")
    instrument, order = root.section("instrument"), root.section("order")
    reports, recovery = root.section("reports"), root.section("recovery")
    throttle = root.section("throttle")
    dialect = Dialect(
        name=root.text("name"),
        timestamp_precision=int(session.choice("timestamp_precision", "6", {"0", "3", "6"})),
        reset_on_logon=session.flag("reset_on_logon", default=False),
        accept_reset=session.flag("accept_reset", default=False),
        cl_ord_id_max=ids.number("cl_ord_id_max", 64, low=8, high=64),
        echo_order_id=ids.flag("echo_order_id", default=True),
        symbol=instrument.choice("symbol", "symbol", SYMBOLS),
        identifiers=instrument.choices("identifiers", ID_SOURCES),
        exchange_tag=int(instrument.choice("exchange_tag", "0", {"0", "100", "207"})),
        send_currency=instrument.flag("currency", default=True),
        send_security_type=instrument.flag("security_type", default=False),
        minor_units=instrument.pairs("minor_units", _minor_unit),
        handl_inst=order.choice("handl_inst", "", {"", "1", "2", "3"}),
        expiry_tag=int(order.choice("expiry_tag", "432", {"432", "126"})),
        text_max=order.number("text_max", 100, low=0, high=500),
        send_account=order.flag("account", default=True),
        constants=order.tags("constants"),
        exec_style=_exec_style(reports),
        group_commit=reports.choice("commit", "each", {"each", "group"}) == "group",
        status_request=recovery.flag("status_request", default=True),
        mass_status=recovery.flag("mass_status", default=False),
        stale_after_s=recovery.number("stale_after_s", 5, low=0, high=86_400),
        answer_timeout_s=recovery.number("answer_timeout_s", 10, low=1, high=3_600),
        resend_orders=recovery.choice("resend_orders", "judge", {"judge", "all"}) == "all",
        messages_per_second=throttle.number("messages_per_second", 0, low=0, high=100_000),
    )
    for section in (session, ids, instrument, order, reports, recovery, throttle, root):
        section.done()
    return dialect


def _exec_style(reports: Section) -> ExecStyle:
    style = reports.choice("exec_style", "auto", {"4.2", "4.4", "auto"})
    return cast(ExecStyle, style)  # `choice` has just checked it


def _minor_unit(item: object) -> MinorUnit:
    """Parse `{code: GBp, scale: 100}`."""
    if not isinstance(item, dict) or set(item) != {"code", "scale"}:
        raise ValueError("a mapping of currency to {code, scale}")
    if not isinstance(item["code"], str) or item["scale"] not in {10, 100, 1000}:
        raise ValueError("code as text, scale 10, 100 or 1000")
    return MinorUnit(code=item["code"], scale=Decimal(item["scale"]))
