"""What stands beside a limit: dates at which it changes, and exceptions for single cells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Exemption, Frozen, Number, RuleBase, Word


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
    """A rule whose exceptions may be for single cells, and name a limit."""

    excepts_cells: ClassVar[bool] = True

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
