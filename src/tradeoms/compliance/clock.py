"""From the cure of a rule to days: when a breach is due, and when who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from tradeoms.compliance.schema.cure import Cure
from tradeoms.domain.case.findings import Step

_DAY: Final = timedelta(days=1)
_SUNDAY: Final = 6
_SATURDAY: Final = 5


def due_on(cure: Cure | None, found_on: date) -> date | None:
    """Last day on which a breach found on ``found_on`` is cured in time; None where none is set."""
    if cure is None or cure.n is None:
        return None
    match cure.kind:
        case "days":
            return _later(found_on, cure.n, lambda day: _counts(cure, day))
        case "quarter_end_plus":
            return _quarter_end(found_on) + cure.n * _DAY
        case "business_days" | "priority":
            return _later(found_on, cure.n, lambda day: is_business_day(cure.calendar, day))


def steps(cure: Cure | None, due: date | None) -> tuple[Step, ...]:
    """Who is told once ``due`` is past, and from the end of which day on."""
    if cure is None or due is None:
        return ()
    return tuple(
        Step(
            to=step.to, on=_later(due, step.after, lambda day: is_business_day(cure.calendar, day))
        )
        for step in cure.escalation
    )


def _later(start: date, count: int, counts: Callable[[date], bool]) -> date:
    """The ``count``-th day after ``start`` that counts; ``start`` itself for none."""
    day = start
    while count:
        day += _DAY
        count -= counts(day)
    return day


def _counts(cure: Cure, day: date) -> bool:
    if "sundays" in cure.but and day.weekday() == _SUNDAY:
        return False
    holiday = day.weekday() < _SATURDAY and not is_business_day(cure.calendar, day)
    return not ("holidays" in cure.but and holiday)


def is_business_day(calendar: str, day: date) -> bool:
    """True where the exchange trades on ``day``; beyond its calendar, from Monday to Friday."""
    known = _calendar(calendar)
    if not known.first_session.date() <= day <= known.last_session.date():
        return day.weekday() < _SATURDAY
    return bool(known.is_session(day.isoformat()))


@cache
def _calendar(name: str) -> Any:  # Any: the library publishes no types
    import exchange_calendars  # noqa: PLC0415  # it takes a second, and few rules ask

    return exchange_calendars.get_calendar(name, start="1990-01-01")


def _quarter_end(day: date) -> date:
    month = 3 * ((day.month - 1) // 3) + 3
    following = date(day.year + month // 12, month % 12 + 1, 1)
    return following - _DAY
