"""What a post-trade run says of one fund: the cells that do not pass, and why they do not.

Plain values: `compliance` measures and classifies, commands carry the findings to the engine, and
the journal keeps them. Exact numbers are text, as in `domain.evaluation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import Final


@unique
class BreachKind(StrEnum):
    """Whose doing a breach is (CSSF circular 24/856), declared from harmless to worst."""

    PASSIVE = "passive"
    PASSIVE_AGGRAVATED = "passive_aggravated"
    ACTIVE = "active"


@unique
class Unmeasured(StrEnum):
    """Why a run cannot say whether an open case still exceeds its limit."""

    UNKNOWN = "unknown"  # something is missing that it would need
    EXEMPT = "exempt"  # a standing exception takes the cell out of the rule for a time
    ON_TRIAL = "on_trial"  # the rule only informs now, or runs in the shadow
    NO_RULE = "no_rule"  # the rule is retired, or does not test the fund or the cell any more

    @property
    def is_final(self) -> bool:
        """True where no later run will say either, unless the rule comes back."""
        return self in (Unmeasured.ON_TRIAL, Unmeasured.NO_RULE)


#: Severities of rules whose breach somebody must act on.
ACTING: Final = ("hard", "soft", "warn")


@unique
class Cause(StrEnum):
    """What can move a cell, in the order in which a change is attributed."""

    RULE = "rule"
    DATA = "data"
    PRICE = "price"
    FX = "fx"
    FLOW = "flow"
    TRADE = "trade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a change one cause made; positive is further over the limit."""

    cause: Cause
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The cause of a breach, against the last run in which the cell complied.

    Attributes:
        kind: Whose doing it is.
        base_run: The run it is compared with; empty where there is none.
        base_excess: Excess then; empty without a base.
        shares: One for each cause, which add up to the change since then; empty without a base.
        note: Why it could not be computed, where it could not.
    """

    kind: BreachKind
    base_run: str = ""
    base_excess: str = ""
    shares: tuple[Share, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who is told, from which day on, if a breach still stands."""

    to: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cell that does not pass.

    Attributes:
        rule_kind: Kind of the rule, e.g. "ratio".
        cell: Group within the fund; empty where the rule has one cell.
        outcome: Word of `domain.evaluation.Outcome`; `warn` also where a rule for acquisitions is
            exceeded by none.
        numerator: Measured amount; empty where unknown. `denominator` likewise.
        limit: Limit as a share of the denominator.
        bound: "max" or "min".
        excess: Amount over the limit, positive; empty where unknown.
        base_run: Last run in which the cell complied; empty where there is none.
        cause: Whose doing it is that a limit is exceeded; None where none is.
        due_on: Day by which a breach found today must be cured; None where no day is set.
        steps: Who is told, and from which day on.
    """

    rule_id: str
    rule_version: int
    rule_kind: str
    severity: str
    cell: str
    outcome: str
    numerator: str = ""
    denominator: str = ""
    limit: str = ""
    bound: str = ""
    excess: str = ""
    explanation: str = ""
    base_run: str = ""
    cause: Classification | None = None
    due_on: date | None = None
    steps: tuple[Step, ...] = ()

    @property
    def is_breach(self) -> bool:
        """True where the limit is surely exceeded."""
        return self.outcome == "breach"

    @property
    def opens_case(self) -> bool:
        """True where somebody must act: a rule on trial (shadow) or for information never asks."""
        return self.is_breach and self.severity in ACTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Remeasured:
    """What a run says of the cell of an open case that it did not find over the limit.

    Attributes:
        cell: Group within the fund; empty where the rule has one cell.
        unmeasured: A word of `Unmeasured`; empty where the cell was measured within its limit.
        detail: Why, in words, where there is more to say.
    """

    rule_id: str
    cell: str
    unmeasured: str = ""
    detail: str = ""
