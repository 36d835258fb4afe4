"""A future or an option on the wire: month, right, strike and multiplier (FIX 4.4 Volume 1)."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.reference.contracts import Contract
from tradeoms.fix.dialect import Instrument
from tradeoms.kernel.numbers import plain

Pairs = list[tuple[int, str]]
#: Asset types that a symbol alone does not name, with their SecurityType (167).
CONTRACTS: Final = {"future": "FUT", "option": "OPT"}
#: PutOrCall (201), and the first letters of CFICode (461): ISO 10962.
_RIGHTS: Final = {"put": ("0", "OPXXXX"), "call": ("1", "OCXXXX")}
_FUTURE: Final = "FXXXXX"
#: Tags that only contracts have; a dialect sets none of them.
TAGS: Final = frozenset({200, 201, 202, 205, 231, 461, 541})


def missing_of(contract: Contract | None, asset_type: str, form: str) -> tuple[int, str] | None:
    """The first thing without which a contract is not named: its tag and what it is.

    ``form`` is how the counterparty wants its maturity (`Instrument.maturity`).
    """
    contract = contract or Contract()
    day = "" if contract.maturity is None else f"{contract.maturity:%Y%m%d}"
    by_month, by_day = form in {"month", "month_day"}, form != "month"
    needed = [
        (200, "contract_month", not by_month or bool(contract.month)),
        (541 if form == "date" else 205, "maturity", not by_day or bool(day)),
        (205, "maturity in its contract_month",
         form != "month_day" or day.startswith(contract.month)),
    ]  # fmt: skip
    if asset_type == "option":
        right, strike = bool(contract.put_call), contract.strike is not None
        needed += [(201, "put_call", right), (202, "strike", strike)]
    return next(((tag, name) for tag, name, there in needed if not there), None)


def contract_pairs(contract: Contract, asset_type: str, strike: str, habits: Instrument) -> Pairs:
    """The fields that name a contract beside its symbol.

    Args:
        contract: Fully named, see `missing_of`; what a cancel lacks is left out.
        asset_type: One of `CONTRACTS`.
        strike: StrikePrice (202) in the counterparty's unit; empty for a future.
        habits: How the counterparty wants them.
    """
    pairs = [(167, CONTRACTS[asset_type]), *_maturity(contract, habits.maturity)]
    code, cfi = _RIGHTS.get(contract.put_call, ("", _FUTURE))
    pairs.append((201, code) if habits.put_call == "201" else (461, cfi))
    pairs.append((202, strike))
    if habits.multiplier and contract.multiplier is not None:
        pairs.append((231, plain(contract.multiplier)))
    return pairs


def _maturity(contract: Contract, form: str) -> Pairs:
    day = "" if contract.maturity is None else f"{contract.maturity:%Y%m%d}"
    match form:
        case "month":
            return [(200, contract.month)]
        case "month_day":
            return [(200, contract.month), (205, day[6:])]
        case "long_month":
            return [(200, day)]
        case _:
            return [(541, day)]
