"""Rules about groups of holdings taken together: buckets, the largest, how many, gross sums.

All of them measure against a denominator that trades do not move, so every group counts at its
upper value while open orders may fill, and at its lower value for a minimum.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tradeoms.compliance.schema.base import Conditions, Number, RuleBase, Word
from tradeoms.compliance.schema.measures import (
    NO_MONEY,
    DenName,
    GroupBy,
    Level,
    Measure,
    Pending,
    in_money,
)


class GroupsBase(RuleBase):
    """Fields of every kind that looks at groups together."""

    level: Level = "fund"
    select: Conditions = ()
    exclude: Conditions = ()
    measure: Measure = "mv"
    den: DenName = "nav"
    currency: Word | None = None
    test: Literal["always", "acquisition"] = "always"
    pending: Pending = "worst"
    reducing: Literal["allow", "deny"] = "allow"
    on_missing_key: Literal["bound", "block"] = "bound"

    @property
    def in_money(self) -> bool:
        """True where limits or thresholds are amounts of money."""
        return in_money(self.den, self.measure)

    @property
    def unsaid_currency(self) -> bool:
        """True where limits of several funds together are in money of no said currency."""
        return self.level != "fund" and self.currency is None and self.in_money

    @model_validator(mode="after")
    def _in_currency(self) -> Self:
        _refuse({NO_MONEY: self.currency is not None and not self.in_money})
        return self


class BucketRule(GroupsBase):
    """The sum of the groups that are each above a threshold.

    Attributes:
        threshold: Share of the denominator above which a group is in the bucket; exclusive.
        own_threshold: Share of the issuer's `own_attr` above which its group is in, too.
        count: `whole` adds all of a group in the bucket, `excess` what is above the threshold.
        per_group_max: Largest share of one group; one more cell per group.
    """

    kind: Literal["bucket"] = "bucket"
    group_by: GroupBy
    threshold: Number
    bucket_max: Number
    per_group_max: Number | None = None
    own_threshold: Number | None = None
    own_attr: Word | None = None
    count: Literal["whole", "excess"] = "whole"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = {
            "`group_by` names no attribute": not self.group_by,
            "`threshold` is below zero": self.threshold < 0,
            "`own_threshold` and `own_attr` belong together": (self.own_threshold is None)
            != (self.own_attr is None),
        }
        _refuse(problems)
        return self


class TopRule(GroupsBase):
    """The sum of the N largest groups, for one or more N."""

    kind: Literal["topn"] = "topn"
    group_by: GroupBy
    max_by_n: dict[Annotated[int, Field(ge=1)], Number] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _refuse({"`group_by` names no attribute": not self.group_by})
        return self


class CountRule(GroupsBase):
    """The number of groups held, or held above a share of the denominator."""

    kind: Literal["count"] = "count"
    group_by: GroupBy
    above: Number | None = None
    max: int | None = Field(default=None, ge=0)
    min: int | None = Field(default=None, ge=1)
    per_group_max: Number | None = None

    @property
    def in_money(self) -> bool:
        """True where groups count above an amount of money, or have one for a limit."""
        amounts = self.above is not None or self.per_group_max is not None
        return amounts and in_money(self.den, self.measure)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = {
            "`group_by` names no attribute": not self.group_by,
            "give a limit: `max` or `min`": self.max is None and self.min is None,
            "`above` is below zero": self.above is not None and self.above < 0,
        }
        _refuse(problems)
        return self


class IssuesRule(GroupsBase):
    """Above a share of the denominator an issuer must be held in many issues, none too large.

    An issuer above `when_above` must be held in at least `min_issues` issues, and none of them may
    be above `per_issue_max` (Directive 2009/65/EC art. 54; Regulation 2017/1131 art. 17(7)).
    """

    kind: Literal["issues"] = "issues"
    issuer_key: Word = "issuer"
    issue_key: Word = "id"
    when_above: Number
    min_issues: int = Field(ge=1)
    per_issue_max: Number


class GrossRule(GroupsBase):
    """The sum over netting sets of the absolute value of each.

    Attributes:
        net_by: What holdings net by; each security by itself unless given.
    """

    kind: Literal["gross"] = "gross"
    net_by: GroupBy = ("id",)
    max: Number
    warn: Number | None = None
    strict: bool = False


GroupsRule = BucketRule | TopRule | CountRule | IssuesRule | GrossRule


def _refuse(problems: dict[str, bool]) -> None:
    wrong = [problem for problem, found in problems.items() if found]
    if wrong:
        raise ValueError("; ".join(wrong))
