"""Securities from a file. Identifiers are checked by their check digits, and against each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from tradeoms.domain.evaluation import SECURITY_FIELDS
from tradeoms.domain.reference.commands import LoadSecurities
from tradeoms.domain.reference.state import Security
from tradeoms.imports.cells import IDENTIFIERS, VENDOR_SYMBOLS, Cells, Once, each, in_order
from tradeoms.imports.markets import KNOWN_MICS
from tradeoms.imports.rows import Format, RowError, RowFault
from tradeoms.kernel.numbers import ZERO

REQUIRED: Final = ("symbol", "mic", "name", "currency")
OPTIONAL: Final = (
    "asset_type", "isin", "cusip", "sedol", "figi", "bloomberg", "ric", "lot", "tick", "factor",
    "issuer", "ultimate_parent", "sector", "industry", "country", "shares_outstanding", "adv",
    "attributes", "active",
)  # fmt: skip
#: Words for `asset_type`; rules select by them, so that a misspelt one would escape every rule.
ASSET_TYPES: Final = frozenset({
    "equity", "preferred", "depositary_receipt", "etf", "fund", "bond", "convertible", "mmi",
    "right", "warrant", "future", "option", "swap", "fx_forward", "deposit", "precious_metal",
})  # fmt: skip
_MIC: Final = re.compile(r"[A-Z0-9]{4}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def read_securities(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    warn: Callable[[RowError], None] | None = None,
) -> LoadSecurities | list[RowError]:
    """Read a file of securities.

    Args:
        text: The file.
        format: How it is written.
        warn: Is told of what is odd but allowed: a MIC that no calendar is known for.

    Returns:
        The command that loads the whole file, or everything that is wrong with it.
    """
    errors: list[RowError] = []
    once = Once()
    securities = []
    warned: set[str] = set()
    for cells in each(text, format, required=REQUIRED, optional=OPTIONAL, errors=errors):
        security = _security(cells)
        for scheme, value in (
            ("symbol", f"{security.symbol}.{security.mic}"),
            *security.identifiers,
        ):
            once.check(cells, scheme, (scheme, value))
        if warn is not None and security.mic not in KNOWN_MICS | warned:
            warned.add(security.mic)
            warn(_odd_market(cells, security.mic))
        securities.append(security)
    return in_order(errors) or LoadSecurities(securities=tuple(securities))


def _security(cells: Cells) -> Security:
    identifiers = tuple(
        (scheme, value)
        for scheme in (*IDENTIFIERS, *VENDOR_SYMBOLS)
        if (value := cells.identifier(scheme))
    )
    _check_cusip(cells, dict(identifiers))
    return Security(
        id="",
        symbol=cells.code("symbol"),
        mic=_matching(cells, "mic", _MIC, RowFault.MIC_INVALID, "four capitals, ISO 10383"),
        name=cells.text("name", needed=True),
        currency=cells.currency("currency"),
        identifiers=identifiers,
        asset_type=cells.word("asset_type", ASSET_TYPES, "equity"),
        lot=_step(cells, "lot", "1"),
        tick=_step(cells, "tick", "0.01"),
        factor=_step(cells, "factor", "1"),
        issuer=cells.text("issuer"),
        ultimate_parent=cells.text("ultimate_parent"),
        sector=cells.text("sector"),
        industry=cells.text("industry"),
        country=_matching(
            cells, "country", _COUNTRY, RowFault.WORD_UNKNOWN, "two capitals, ISO 3166"
        ),
        shares_outstanding=cells.number("shares_outstanding", above=ZERO),
        adv=cells.number("adv", least=ZERO),
        attributes=_attributes(cells),
        active=cells.flag("active", default=True),
    )


def _step(cells: Cells, column: str, default: str) -> Decimal:
    number = cells.number(column, above=ZERO)
    return Decimal(default) if number is None else number


def _attributes(cells: Cells) -> tuple[tuple[str, str], ...]:
    pairs = cells.pairs("attributes")
    for name, value in pairs:
        if name in SECURITY_FIELDS:
            reason = f"'{name}={value}': rules call a column so; give an attribute another name"
            cells.fault("attributes", RowFault.TEXT_INVALID, reason)
    return pairs


def _matching(
    cells: Cells, column: str, pattern: re.Pattern[str], code: RowFault, reason: str
) -> str:
    value = cells.text(column, needed=column in REQUIRED)
    if value and pattern.fullmatch(value) is None:
        cells.fault(column, code, reason)
    return value


def _check_cusip(cells: Cells, identifiers: dict[str, str]) -> None:
    """The middle of an American ISIN is the CUSIP."""
    number = identifiers.get("isin", "")
    cusip = identifiers.get("cusip", "")
    if cusip and number[:2] in ("US", "CA") and number[2:11] != cusip:
        reason = f"the ISIN {number} belongs to CUSIP {number[2:11]}"
        cells.fault("cusip", RowFault.IDENTIFIERS_DIFFER, reason)


def _odd_market(cells: Cells, mic: str) -> RowError:
    return RowError(
        row=cells.row.line,
        column="mic",
        value=mic,
        code=RowFault.MIC_INVALID,
        reason="no trading calendar is known for this market; is it spelt right?",
    )
