"""What stands beside a limit: dates at which it changes, time-boxed exceptions, clocks for cure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Frozen, Number, RuleBase, Word


class Change(Frozen):
    """Limits that replace the rule's own from the day ``on``."""

    on: date
    max: Number | None = None
    min: Number | None = None
    warn: Number | None = None

    @property
    def limits(self) -> dict[str, Decimal]:
        """The limits that change, by name."""
        named = {"max": self.max, "min": self.min, "warn": self.warn}
        return {name: limit for name, limit in named.items() if limit is not None}


class Match(Frozen):
    """Cells that an exception is for; an empty list means "any"."""

    funds: tuple[Word, ...] = ()
    cells: tuple[Word, ...] = ()

    def covers(self, entity: str, key: str | None) -> bool:
        """True where the cell ``key`` of ``entity`` is meant."""
        return (not self.funds or entity in self.funds) and (not self.cells or key in self.cells)


class Exemption(Frozen):
    """A standing exception that lapses to the rule itself.

    Attributes:
        match: The cells it is for: names of funds or aggregates, and of groups within them.
        until: Its last day.
        approved_by: Who allowed it.
        reason: Why.
        limit: What holds instead of the maximum (of the minimum, where the rule has no maximum);
            None lets the cell out of the rule.
    """

    match: Match
    until: date
    approved_by: Word
    reason: Word
    limit: Number | None = None


class ScheduledRule(RuleBase):
    """A rule whose limits may change at dates; until the first of them its own limits hold."""

    schedule: tuple[Change, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = [change.on for change in self.schedule]
        if days != sorted(set(days)):
            message = "schedule: dates must rise"
            raise ValueError(message)
        for change in self.schedule:
            if not change.limits:
                message = "schedule: give a limit that changes"
                raise ValueError(message)
            for name in change.limits:
                if getattr(self, name, None) is None:
                    message = f"schedule: {name} changes, but the rule has no {name}"
                    raise ValueError(message)
        return self

    def limits_on(self, today: date) -> dict[str, Decimal]:
        """Return the limits that replace the rule's own on ``today``, by name."""
        found: dict[str, Decimal] = {}
        for change in self.schedule:
            if change.on <= today:
                found |= change.limits
        return found


class ExceptedRule(ScheduledRule):
    """A rule that knows exceptions, too."""

    exceptions: tuple[Exemption, ...] = ()

    def exception_for(self, entity: str, key: str | None) -> Exemption | None:
        """Return the first exception for a cell; None where there is none."""
        return next((one for one in self.exceptions if one.match.covers(entity, key)), None)


class Disclosure(Frozen):
    """The duty behind a ladder of thresholds.

    Attributes:
        regime: Name of the duty, e.g. "TR-1".
        public_from: Share of the issue from which the notice is public.
        deadline: When it is due, in words of the regime, e.g. "2 trading days".
    """

    regime: Word
    public_from: Number | None = Field(default=None, gt=0)
    deadline: Word | None = None
