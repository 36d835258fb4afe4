"""What is wrong with a typed size before any price or position is looked at; all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from tradeoms.domain.order.sizing import (
    HUNDRED,
    Measure,
    MoneyOf,
    Scheme,
    Sizing,
    SizingRejection,
)
from tradeoms.domain.reference.state import Fund
from tradeoms.kernel.decider import Refusal
from tradeoms.kernel.numbers import ZERO, plain

#: Schemes under which every fund states a number of its own.
_OWN_VALUES: Final = frozenset({Scheme.EXPLICIT, Scheme.CUSTOM})
_ALONE: Final = frozenset({Scheme.EXPLICIT, Scheme.EQUAL})


def check_sizing(sizing: Sizing, funds: Mapping[str, Fund]) -> list[Refusal]:
    """The funds exist, the scheme fits the measure, and just the values that it needs are there."""
    return [
        *_check_funds(sizing, funds),
        *_check_scheme(sizing),
        *_check_values(sizing),
        *_check_currency(sizing, funds),
    ]


def _refuse(code: SizingRejection, detail: str, field: str, value: object = "") -> Refusal:
    where = f"sizing/{field}" if field else "sizing"
    shown = plain(value) if isinstance(value, Decimal) else str(value)
    return Refusal(code=code, detail=detail, field=where, value=shown)


def _check_funds(sizing: Sizing, funds: Mapping[str, Fund]) -> Iterator[Refusal]:
    code = SizingRejection
    if not sizing.funds:
        yield _refuse(code.SIZING_FUNDS_MISSING, "name at least one fund", "funds")
    seen: set[str] = set()
    for number, one in enumerate(sizing.funds):
        field = f"funds/{number}/fund"
        if one.fund not in funds:
            yield _refuse(code.SIZING_FUND_UNKNOWN, "no such fund", field, one.fund)
        if one.fund in seen:
            yield _refuse(code.SIZING_FUND_TWICE, "each fund once", field, one.fund)
        seen.add(one.fund)


def _check_scheme(sizing: Sizing) -> Iterator[Refusal]:
    if not sizing.measure.is_total and sizing.scheme not in _ALONE:
        detail = f"{sizing.measure} sizes each fund alone: explicit or equal"
        yield _refuse(SizingRejection.SIZING_SCHEME_UNFIT, detail, "scheme", sizing.scheme)


def _check_values(sizing: Sizing) -> Iterator[Refusal]:
    """`explicit` has a value a fund, `custom` a percentage a fund beside the total."""
    scheme = sizing.scheme
    yield from _check_one("value", sizing.value, sizing, wanted=scheme is not Scheme.EXPLICIT)
    yield from _check_one("target", sizing.target, sizing, wanted=scheme is Scheme.TO_TARGET)
    for number, one in enumerate(sizing.funds):
        field = f"funds/{number}/value"
        yield from _check_one(field, one.value, sizing, wanted=scheme in _OWN_VALUES)
    if sizing.minimum < 0:
        detail = "must not be negative"
        yield _refuse(SizingRejection.SIZING_VALUE_RANGE, detail, "minimum", sizing.minimum)
    if scheme is Scheme.CUSTOM:
        percent = sum((one.value or ZERO for one in sizing.funds), ZERO)
        if percent != HUNDRED:
            detail = f"the percentages sum to {plain(percent)}, not 100"
            yield _refuse(SizingRejection.SIZING_PERCENT_SUM, detail, "funds", percent)


def _check_one(
    field: str, value: Decimal | None, sizing: Sizing, *, wanted: bool
) -> Iterator[Refusal]:
    """A number is there where the scheme wants it, absent where not, and in range."""
    code = SizingRejection
    if value is None:
        if wanted:
            yield _refuse(code.SIZING_VALUE_MISSING, f"{sizing.scheme} needs it", field)
        return
    if not wanted:
        yield _refuse(code.SIZING_VALUE_UNWANTED, f"{sizing.scheme} has none", field, value)
    weight = field == "target" or sizing.measure is Measure.TARGET_WEIGHT
    if value < 0 or (value == 0 and not weight):
        detail = "must not be negative" if weight else "must be above zero"
        yield _refuse(code.SIZING_VALUE_RANGE, detail, field, value)


def _check_currency(sizing: Sizing, funds: Mapping[str, Fund]) -> Iterator[Refusal]:
    if sizing.currency is MoneyOf.PRICE:
        return
    code = SizingRejection
    if sizing.measure is not Measure.NOTIONAL:
        detail = "only a notional has a currency"
        yield _refuse(code.SIZING_VALUE_UNWANTED, detail, "currency", sizing.currency)
    known = {funds[one.fund].currency for one in sizing.funds if one.fund in funds}
    if sizing.scheme is not Scheme.EXPLICIT and len(known) > 1:
        detail = f"one total cannot be in {', '.join(sorted(known))}; name values by fund"
        yield _refuse(code.SIZING_CURRENCY_MIXED, detail, "currency", sizing.currency)
