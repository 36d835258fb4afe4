"""Rules about dealings: windows of days after a trade, and orders that meet each other."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Conditions, Number, RuleBase
from tradeoms.compliance.schema.measures import Level

#: Longest window, in days: earlier trades are not remembered.
WINDOW_MAX_DAYS: Final = 366
#: Fields that each window asks for, beside `level`.
_WINDOWS: Final = {
    "reg_m_105": frozenset[str](),
    "personal_blackout": frozenset({"days"}),
    "min_holding": frozenset({"days"}),
    "short_swing": frozenset({"months", "above"}),
}
_WITH_LEVEL: Final = frozenset({"reg_m_105", "short_swing"})


class WindowRule(RuleBase):
    """Trades that may not follow an earlier one too soon.

    Attributes:
        rule: `reg_m_105` (no purchase in an offering after a short sale), `personal_blackout` (no
            personal order soon after a client's trade), `min_holding` (no sale of what was bought
            a few days ago), `short_swing` (no opposite trade within months).
        days: Length of the window; a trade that many days ago is outside.
        months: Length of the window; a trade on that day of the month is outside.
        above: Share of the issue above which a holder is an insider; absent: always.
        level: Whose earlier trades count, and whose holding.
    """

    kind: Literal["window"] = "window"
    rule: Literal["reg_m_105", "personal_blackout", "min_holding", "short_swing"]
    select: Conditions = ()
    exclude: Conditions = ()
    level: Level = "fund"
    days: int | None = Field(default=None, ge=1, le=WINDOW_MAX_DAYS)
    months: int | None = Field(default=None, ge=1, le=12)
    above: Number | None = None

    @model_validator(mode="after")
    def _fields_of_window(self) -> Self:
        used = _WINDOWS[self.rule]
        problems = [
            f"`{name}` is not evaluated by {self.rule}"
            for name in ("days", "months", "above")
            if name not in used and getattr(self, name) is not None
        ]
        if self.level != "fund" and self.rule not in _WITH_LEVEL:
            problems.append(f"`level` is not evaluated by {self.rule}")
        problems += [
            f"{self.rule} needs `{name}`"
            for name in used & {"days", "months"}
            if getattr(self, name) is None
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


class CrossRule(RuleBase):
    """Orders that could trade with each other inside the house.

    Attributes:
        mode: `warn` tells of every opposite order; `self_match` forbids one of the same fund;
            `principal` forbids one between a client's fund and a personal account; `17a-7` wants
            an arranged cross at the stored market price, and tells of the others.
    """

    kind: Literal["cross"] = "cross"
    mode: Literal["warn", "self_match", "principal", "17a-7"] = "warn"
    select: Conditions = ()
    exclude: Conditions = ()
