"""Rules about averages, coverage of debt, and figures that another system measured."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Conditions, Number, Word
from tradeoms.compliance.schema.measures import Level, Pending
from tradeoms.compliance.schema.standing import ScheduledRule


class WavgRule(ScheduledRule):
    """An attribute's average over selected securities, weighted by value.

    Judged as the sum of value times (attribute - limit), which has no division. Limits are
    inclusive: that sum does not tell an average at its limit from a fund that holds nothing.
    """

    kind: Literal["wavg"] = "wavg"
    attr: Word
    level: Level = "fund"
    select: Conditions = ()
    exclude: Conditions = ()
    measure: Literal["mv", "exposure", "qty", "par"] = "mv"
    max: Number | None = None
    min: Number | None = None
    test: Literal["always", "acquisition"] = "always"
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.max is None and self.min is None:
            message = "give a limit: `max` or `min`"
            raise ValueError(message)
        return self


class CoverageRule(ScheduledRule):
    """Total assets less other liabilities, as a multiple of senior debt.

    Investment Company Act 18(f)(1), 18(h).
    """

    kind: Literal["coverage"] = "coverage"
    min: Number = Field(default=Decimal(3), gt=0)


class ExternalRule(ScheduledRule):
    """A number of another system (value at risk, for one) within bounds, and not too old.

    Attributes:
        figure: Name of the number; every fund has its own.
        max_age_minutes: A number further than this from the time of the check is unknown.
    """

    kind: Literal["external"] = "external"
    figure: Word
    max: Number | None = None
    min: Number | None = None
    warn: Number | None = None
    strict: bool = False
    max_age_minutes: int = Field(ge=1)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.max is None and self.min is None:
            message = "give a limit: `max` or `min`"
            raise ValueError(message)
        if self.warn is not None and self.max is None:
            message = "`warn` belongs to a maximum"
            raise ValueError(message)
        return self
