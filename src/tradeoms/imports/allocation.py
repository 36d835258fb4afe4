"""Allocation policies and schedules of charges from files."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.allocation.policy import (
    AllocationPolicy,
    Method,
    OnFailure,
    Residual,
    Trigger,
)
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.state import Basis, Charge, ChargeKind, Per, Rounding
from tradeoms.imports.cells import Cells, Once, each, in_order, word
from tradeoms.imports.rows import Format, RowError, RowFault
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO

POLICY_REQUIRED: Final = ("id", "method", "trigger")
POLICY_OPTIONAL: Final = (
    "funds", "asset_types", "sides", "least", "book_at", "time_zone", "residual", "on_failure",
)  # fmt: skip
CHARGE_REQUIRED: Final = ("id", "kind", "basis", "rate")
CHARGE_OPTIONAL: Final = (
    "per", "currency", "minimum", "maximum", "rounding", "destinations", "asset_types", "mics",
    "countries", "sides", "since", "until",
)  # fmt: skip


def read_allocation_policies(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadAllocationPolicies | list[RowError]:
    """Read a file of allocation policies, tried in the order of its rows."""
    errors: list[RowError] = []
    once = Once()
    policies = []
    for cells in each(
        text, format, required=POLICY_REQUIRED, optional=POLICY_OPTIONAL, errors=errors
    ):
        name = cells.code("id")
        once.check(cells, "id", name)
        policies.append(
            AllocationPolicy(
                id=name,
                method=word(cells, "method", Method, Method.PRO_RATA),
                trigger=word(cells, "trigger", Trigger, Trigger.EACH_FILL),
                funds=cells.codes("funds"),
                asset_types=cells.codes("asset_types"),
                sides=_sides(cells),
                least=cells.number("least", above=ZERO),
                book_at=cells.text("book_at"),
                time_zone=cells.text("time_zone"),
                residual=word(cells, "residual", Residual, Residual.LARGEST_FUND),
                on_failure=word(cells, "on_failure", OnFailure, OnFailure.WAIT),
            )
        )
    return in_order(errors) or LoadAllocationPolicies(policies=tuple(policies))


def read_charges(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadCharges | list[RowError]:
    """Read a file of commissions, fees and taxes, tried in the order of its rows."""
    errors: list[RowError] = []
    charges = []
    for cells in each(
        text, format, required=CHARGE_REQUIRED, optional=CHARGE_OPTIONAL, errors=errors
    ):
        currency = cells.text("currency")
        charges.append(
            Charge(
                id=cells.code("id"),
                kind=word(cells, "kind", ChargeKind, ChargeKind.FEE),
                basis=word(cells, "basis", Basis, Basis.BPS),
                rate=cells.needed_number("rate", least=ZERO),
                per=word(cells, "per", Per, Per.ORDER_DAY),
                currency=cells.currency("currency") if currency else "",
                minimum=cells.number("minimum", least=ZERO),
                maximum=cells.number("maximum", least=ZERO),
                rounding=word(cells, "rounding", Rounding, Rounding.HALF_EVEN),
                destinations=cells.codes("destinations"),
                asset_types=cells.codes("asset_types"),
                mics=cells.codes("mics"),
                countries=cells.codes("countries"),
                sides=_sides(cells),
                since=cells.day("since", needed=False) if cells.text("since") else None,
                until=cells.day("until", needed=False) if cells.text("until") else None,
            )
        )
    return in_order(errors) or LoadCharges(charges=tuple(charges))


def _sides(cells: Cells) -> tuple[Side, ...]:
    """Sides between semicolons."""
    names = cells.items("sides")
    allowed = [side.value for side in Side]
    for name in names:
        if name not in allowed:
            cells.fault("sides", RowFault.WORD_UNKNOWN, f"{name!r} is none of {', '.join(allowed)}")
    return tuple(Side(name) for name in names if name in allowed)
