"""How long a breach may last: the clock that a rule gives the people who must cure it.

`priority`: no day is set, but a priority objective of the fund's sales (Directive 2009/65/EC art.
57(2)); with `n`, the firm's own business days. `days`, `business_days`: so many after the day it
was found (the names rule 35d-1: 90 days). `quarter_end_plus`: so many days after the end of the
calendar quarter in which it was found (IRC 851(d)(1): 30). With `but` a count of days leaves out
weekdays and holidays, e.g. Sundays and holidays (Investment Company Act 18(h): three days).
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_CLOSED: Final = ConfigDict(extra="forbid", frozen=True)
Word = Annotated[str, Field(min_length=1)]


@cache
def calendar_names() -> frozenset[str]:
    """Names of the known working calendars: those of exchanges, by MIC."""
    import exchange_calendars  # noqa: PLC0415  # it takes a second, and few rules ask

    return frozenset(exchange_calendars.get_calendar_names(include_aliases=False))


def _known(name: str) -> str:
    if name not in calendar_names():
        message = f"no working calendar is called {name!r}; use the MIC of an exchange, e.g. XNYS"
        raise ValueError(message)
    return name


class EscalationStep(BaseModel):
    """Who is told, so many business days after the due day, if the breach still stands."""

    model_config = _CLOSED

    to: Word
    after: int = Field(default=0, ge=0, le=1_000)


ESCALATION: Final = (
    EscalationStep(to="head"),
    EscalationStep(to="board", after=5),
    EscalationStep(to="depositary", after=10),
)


class Cure(BaseModel):
    """The clock of a rule's breaches; working days are those of `calendar`."""

    model_config = _CLOSED

    kind: Literal["priority", "days", "business_days", "quarter_end_plus"]
    n: int | None = Field(default=None, ge=0, le=1_000)
    but: tuple[Literal["sundays", "holidays"], ...] = ()
    calendar: Annotated[Word, AfterValidator(_known)] = "XNYS"
    escalation: tuple[EscalationStep, ...] = ESCALATION

    @model_validator(mode="after")
    def _days_given(self) -> Self:
        if self.n is None and self.kind != "priority":
            message = f"cure {self.kind} needs `n`, a number of days"
            raise ValueError(message)
        if self.but and self.kind != "days":
            message = "`but` belongs to cure days"
            raise ValueError(message)
        return self

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, raw: Any) -> Any:  # any JSON value may stand here; pydantic judges it
        return {"kind": raw} if isinstance(raw, str) else raw
