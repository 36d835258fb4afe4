"""Rules about sums: shares of a denominator, cash, positions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Conditions, Frozen, Number, RuleBase, Word
from tradeoms.compliance.schema.measures import (
    NO_MONEY,
    DenAmount,
    DenIssuer,
    DenName,
    DenSecurity,
    DenSelect,
    DenUnderlying,
    GroupBy,
    Level,
    Measure,
    Pending,
    in_money,
)
from tradeoms.compliance.schema.standing import ExceptedRule, ScheduledRule


class LimitBy(Frozen):
    """A maximum by an attribute of the cell's securities; the tightest where they differ."""

    attr: Word
    map: dict[str, Number]
    default: Number | None = None


class Override(Frozen):
    """Limits of one fund, instead of the rule's own; beside a looked-up maximum the tighter."""

    max: Number | None = None
    min: Number | None = None
    warn: Number | None = None


#: Groups whose cells have an amount of their own, by the kind of amount.
_AMOUNTS: Final[Mapping[type[Frozen], set[tuple[str, ...]]]] = {
    DenSecurity: {("id",), ("sec",)},
    DenIssuer: {("issuer",), ("id",), ("sec",)},
    DenUnderlying: {("underlying",)},
}


class RatioRule(ExceptedRule):
    """A sum of a measure over selected securities, per group, against a share of a denominator."""

    kind: Literal["ratio"] = "ratio"
    level: Level = "fund"
    select: Conditions = ()
    exclude: Conditions = ()
    group_by: GroupBy = ()
    measure: Measure = "mv"
    include_cash: bool = False
    lookthrough: bool = False
    max_age_days: int | None = Field(default=None, ge=0)
    den: DenName | DenSelect | DenAmount = "nav"
    currency: Word | None = None
    max: Number | None = None
    min: Number | None = None
    warn: Number | None = None
    strict: bool = False
    limit_by: LimitBy | None = None
    max_over_benchmark: Number | None = None
    min_under_benchmark: Number | None = None
    overrides: dict[str, Override] = Field(default_factory=dict)
    test: Literal["always", "acquisition"] = "always"
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"
    on_missing_key: Literal["bound", "block"] = "bound"

    @property
    def mixes_limits(self) -> bool:
        """True where securities of one cell may have different maxima."""
        return self.limit_by is not None and self.limit_by.attr not in self.group_by

    @property
    def by_benchmark(self) -> bool:
        """True where a limit is looked up in the fund's benchmark."""
        return self.max_over_benchmark is not None or self.min_under_benchmark is not None

    @property
    def unsaid_currency(self) -> bool:
        """True where limits of several funds together are in money of no said currency."""
        return self.level != "fund" and self.currency is None and in_money(self.den, self.measure)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        uppers = [self.max is not None, bool(self.limit_by), self.max_over_benchmark is not None]
        lowers = [self.min is not None, self.min_under_benchmark is not None]
        problems = {
            "give one of `max`, `limit_by`, `max_over_benchmark`": sum(uppers) > 1,
            "give one of `min`, `min_under_benchmark`": sum(lowers) > 1,
            "give a limit: `max`, `min`, `limit_by`, `max_over_benchmark` or "
            "`min_under_benchmark`": not any(uppers + lowers),
            "`warn` belongs to a maximum": self.warn is not None and not any(uppers),
            "`limit_by` needs a `group_by`": bool(self.limit_by) and not self.group_by,
            "`max_age_days` belongs to `lookthrough`": self.max_age_days is not None
            and not self.lookthrough,
            "`lookthrough` needs a `group_by`": self.lookthrough and not self.group_by,
            "`include_cash` and `group_by` do not go together": self.include_cash
            and bool(self.group_by),
            f"`include_cash` does not go with measure {self.measure}": self.include_cash
            and self.measure != "mv",
            "a limit beside the benchmark needs `group_by` and level fund": self.by_benchmark
            and (not self.group_by or self.level != "fund"),
            NO_MONEY: self.currency is not None and not in_money(self.den, self.measure),
            "`overrides` belong to level fund": bool(self.overrides) and self.level != "fund",
            "`den` is an amount of the cell: group by what it belongs to": isinstance(
                self.den, DenAmount
            )
            and self.group_by not in _AMOUNTS[type(self.den)],
            "`lookthrough` needs a denominator of the fund": self.lookthrough
            and isinstance(self.den, DenAmount),
        }
        wrong = [problem for problem, found in problems.items() if found]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class CashRule(ScheduledRule):
    """Cash that must remain after every open and new order has settled at its worst."""

    kind: Literal["cash"] = "cash"
    min: Number = Decimal(0)
    fee: Number = Decimal(0)
    currency: Word | None = None
    test: Literal["always", "acquisition"] = "always"
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"


class ShortRule(RuleBase):
    """How far a position may fall below zero."""

    kind: Literal["short"] = "short"
    mode: Literal["no_short", "locate", "covered"] = "no_short"
    select: Conditions = ()
    exclude: Conditions = ()
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"
