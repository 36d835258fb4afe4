"""Decides whether schedules of charges are sound."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum, unique

from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.events import ChargesLoaded
from tradeoms.domain.charge.state import Basis, Charge
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal
from tradeoms.kernel.text import is_code


@unique
class ChargeRejection(StrEnum):
    """Why schedules were not loaded. Declared in the order the checks run."""

    CHARGE_NAME_INVALID = "charge_name_invalid"
    CHARGE_DESTINATION_UNKNOWN = "charge_destination_unknown"
    CHARGE_AMOUNT_INVALID = "charge_amount_invalid"
    CHARGE_CURRENCY_MISSING = "charge_currency_missing"
    CHARGE_DATES_INVALID = "charge_dates_invalid"


def decide_load(
    command: LoadCharges, *, version: int, destinations: Collection[str], stamp: Stamp
) -> ChargesLoaded | Rejected:
    """Set all rows; every reason against them is told at once.

    Args:
        command: The rows.
        version: Of the load before; 0 for none.
        destinations: Those that are defined.
        stamp: When, and by whom.
    """
    refusals = [
        refusal
        for number, charge in enumerate(command.charges)
        for refusal in _check(charge, f"charges/{number}", destinations)
    ]
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return ChargesLoaded(
        version=version + 1, charges=command.charges, loaded_by=stamp.actor, at=stamp.at
    )


def _check(charge: Charge, field: str, destinations: Collection[str]) -> list[Refusal]:
    code = ChargeRejection
    found = []
    if not is_code(charge.id):
        detail = "1 to 64 letters, digits or ._:/-"
        found.append(refusal(code.CHARGE_NAME_INVALID, detail, f"{field}/id", charge.id))
    found += [
        refusal(
            code.CHARGE_DESTINATION_UNKNOWN, "no such destination", f"{field}/destinations", name
        )
        for name in charge.destinations
        if name not in destinations
    ]
    amounts = {"rate": charge.rate, "minimum": charge.minimum, "maximum": charge.maximum}
    found += [
        refusal(code.CHARGE_AMOUNT_INVALID, "0 or more", f"{field}/{name}", str(value))
        for name, value in amounts.items()
        if value is not None and value < 0
    ]
    low, high = charge.minimum, charge.maximum
    if low is not None and high is not None and low > high:
        detail = "the minimum is above the maximum"
        found.append(
            refusal(code.CHARGE_AMOUNT_INVALID, detail, f"{field}/minimum", f"{low} to {high}")
        )
    money = charge.basis is not Basis.BPS or low is not None or high is not None
    if money and not charge.currency:
        detail = "an amount of money needs its currency"
        found.append(refusal(code.CHARGE_CURRENCY_MISSING, detail, f"{field}/currency", ""))
    if charge.since and charge.until and charge.since > charge.until:
        detail = "it ends before it begins"
        value = f"{charge.since} to {charge.until}"
        found.append(refusal(code.CHARGE_DATES_INVALID, detail, f"{field}/since", value))
    return found
