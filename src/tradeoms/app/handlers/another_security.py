"""Whether a counterparty executed another security than was ordered."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.contracts import contract_of
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.numbers import plain
from tradeoms.projections.book import Book

#: Names of which a security has one wherever it trades: another value is another security.
_OF_ONE_SECURITY: Final = frozenset(
    {"isin", "cusip", "contract_month", "maturity", "put_call", "strike"}
)
#: A CUSIP without its check digit, which some leave out.
_CUSIP_STEM: Final = 8


def another_security(book: Book, placement: Placement, report: ReportPlacement) -> str:
    """What ``report`` names, where that is not the placement's security; else empty.

    A symbol, and an identifier that differs by market or vendor, must be known as another
    security's: counterparties have their own, and two markets may share a symbol.
    """
    security = book.securities[placement.security_id]
    symbol = report.symbol
    if symbol and symbol != security.symbol and symbol in book.symbols:
        return f"symbol {symbol}, ours is {security.symbol}"
    own = _names_of(security)
    for scheme, value in report.names:
        ours = own.get(scheme, "")
        if not ours or _same(scheme, value, ours):
            continue
        if scheme in _OF_ONE_SECURITY or (scheme, value) in book.identifiers:
            return f"{scheme} {value}, ours is {ours}"
    return ""


def _names_of(security: Security) -> dict[str, str]:
    contract = contract_of(security)
    terms: dict[str, str] = {}
    if contract is not None:
        terms = {"contract_month": contract.month, "put_call": contract.put_call}
        if contract.maturity is not None:
            terms["maturity"] = f"{contract.maturity:%Y%m%d}"
        if contract.strike is not None:
            terms["strike"] = plain(contract.strike)
    return {**dict(security.identifiers), **terms}


def _same(scheme: str, theirs: str, ours: str) -> bool:
    if scheme == "cusip":
        return theirs[:_CUSIP_STEM] == ours[:_CUSIP_STEM]
    return theirs == ours
