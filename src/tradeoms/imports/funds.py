"""Funds and destinations from a file."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.reference.commands import LoadDestinations, LoadFunds
from tradeoms.domain.reference.state import (
    INSTRUCTION_WAIT_MAX,
    INSTRUCTION_WAIT_MIN,
    Destination,
    Fund,
)
from tradeoms.imports.cells import Once, each, in_order
from tradeoms.imports.rows import Format, RowError
from tradeoms.kernel.numbers import ZERO

FUND_REQUIRED: Final = ("code", "name", "currency")
FUND_OPTIONAL: Final = (
    "regimes", "groups", "family", "account", "manager", "approval_above", "active", "nav_time",
    "nav", "debt", "other_liabilities", "borrowings", "personal", "authorised_on",
    "may_cross",
)  # fmt: skip
#: Every minute of a day, `HH:MM`; empty is the node's own time.
NAV_TIMES: Final = frozenset(
    {"", *(f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60))}
)
DESTINATION_REQUIRED: Final = ("name",)
DESTINATION_OPTIONAL: Final = (
    "kind", "title", "lei", "enabled", "instruct_when_booked", "instruction_wait_min",
)  # fmt: skip
DESTINATION_KINDS: Final = frozenset({"broker", "ems"})


def read_funds(text: str, *, format: Format) -> LoadFunds | list[RowError]:  # noqa: A002 - public name
    """Read a file of funds.

    Returns:
        The command that loads the whole file, or everything that is wrong with it.
    """
    errors: list[RowError] = []
    once = Once()
    funds = []
    for cells in each(text, format, required=FUND_REQUIRED, optional=FUND_OPTIONAL, errors=errors):
        code = cells.code("code")
        once.check(cells, "code", code)
        fund = Fund(
            code=code,
            name=cells.text("name", needed=True),
            currency=cells.currency("currency"),
            regimes=cells.codes("regimes"),
            groups=cells.codes("groups"),
            family=cells.code("family", needed=False),
            account=cells.code("account", needed=False),
            manager=cells.code("manager", needed=False),
            approval_above=cells.number("approval_above", least=ZERO),
            active=cells.flag("active", default=True),
            nav_time=cells.word("nav_time", NAV_TIMES, ""),
            nav=cells.number("nav", above=ZERO),
            debt=cells.number("debt", least=ZERO),
            other_liabilities=cells.number("other_liabilities", least=ZERO),
            borrowings=cells.number("borrowings", least=ZERO) or ZERO,
            personal=cells.flag("personal", default=False),
            authorised_on=cells.day("authorised_on") if cells.text("authorised_on") else None,
            may_cross=cells.flag("may_cross", default=True),
        )
        funds.append(fund)
    return in_order(errors) or LoadFunds(funds=tuple(funds))


def read_destinations(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadDestinations | list[RowError]:
    """Read a file of destinations.

    Returns:
        The command that loads the whole file, or everything that is wrong with it.
    """
    errors: list[RowError] = []
    once = Once()
    destinations = []
    for cells in each(
        text, format, required=DESTINATION_REQUIRED, optional=DESTINATION_OPTIONAL, errors=errors
    ):
        name = cells.code("name")
        once.check(cells, "name", name)
        destination = Destination(
            name=name,
            kind=cells.word("kind", DESTINATION_KINDS, "broker"),
            title=cells.text("title"),
            lei=cells.lei("lei"),
            enabled=cells.flag("enabled", default=True),
            instruct_when_booked=cells.flag("instruct_when_booked", default=False),
            instruction_wait_min=cells.whole(
                "instruction_wait_min", default=INSTRUCTION_WAIT_MIN, most=INSTRUCTION_WAIT_MAX
            ),
        )
        destinations.append(destination)
    return in_order(errors) or LoadDestinations(destinations=tuple(destinations))
