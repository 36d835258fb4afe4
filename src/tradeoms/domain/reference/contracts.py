"""What names a future or an option beside its symbol: attributes of the security."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tradeoms.domain.reference.state import Security
from tradeoms.kernel.numbers import parse_decimal

#: Asset types that a symbol alone does not name.
CONTRACT_TYPES: Final = frozenset({"future", "option"})
_MONTH: Final = re.compile(r"[12][0-9]{3}(0[1-9]|1[0-2])")
_RIGHTS: Final = frozenset({"", "put", "call"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The terms of a future or an option.

    Attributes:
        maturity: Last day; `None` where it is not known.
        month: The month that the contract is named by, YYYYMM; of a future not always that of its
            last day. Empty where it is not known.
        put_call: `put` or `call`; empty for a future, or where it is not known.
        strike: In the security's price currency; `None` for a future, or where it is not known.
        multiplier: Units of the underlying in one contract; `None` where it is not known.
    """

    maturity: date | None = None
    month: str = ""
    put_call: str = ""
    strike: Decimal | None = None
    multiplier: Decimal | None = None


def contract_of(security: Security) -> Contract | None:
    """The terms of a future or an option; `None` for all else. What cannot be read is not known."""
    if security.asset_type not in CONTRACT_TYPES:
        return None
    said = dict(security.attributes)
    right, maturity = said.get("put_call", ""), _day(said.get("maturity", ""))
    month = said.get("contract_month", "")
    if not month and maturity is not None and security.asset_type == "option":
        month = f"{maturity:%Y%m}"
    return Contract(
        maturity=maturity,
        month=month if _MONTH.fullmatch(month) else "",
        put_call=right if right in _RIGHTS else "",
        strike=_number(said.get("strike", "")),
        multiplier=_number(said.get("mult", "")),
    )


def unreadable_terms(security: Security) -> Iterator[tuple[str, str, str]]:
    """(attribute, value, what is allowed) of each term that `contract_of` cannot read."""
    found = contract_of(security)
    if found is None:
        return
    said = dict(security.attributes)
    if security.asset_type == "future":
        for name in ("put_call", "strike"):
            if said.get(name):
                yield name, said[name], "nothing: a future has none"
        said = {**said, "put_call": "", "strike": ""}
    for name, read, allowed in (
        ("contract_month", found.month, "a month such as 202612"),
        ("maturity", found.maturity, "a date such as 2026-12-18"),
        ("put_call", found.put_call, "put or call"),
        ("strike", found.strike, "a number above zero"),
        ("mult", found.multiplier, "a number above zero"),
    ):
        if said.get(name) and read in (None, ""):
            yield name, said[name], allowed


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    try:
        found = parse_decimal(text)
    except ValueError:
        return None
    return found if found > 0 else None
