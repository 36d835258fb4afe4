"""Kinds of rule that are judged whole, each by its own module, and the table of them.

A kind whose cells are not linear sums (a bucket, the largest N) or do not rest on holdings at all
(a window of days, a cross) says here how it is judged. Its module offers the functions of
`ScannedKind`; the exact reference is all that is needed, a faster path may stand before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final, Protocol

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import cross, external, grouped, ladder, window
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.dealings import CrossRule, WindowRule
from tradeoms.compliance.schema.figures import ExternalRule
from tradeoms.compliance.schema.groups import (
    BucketRule,
    CountRule,
    GrossRule,
    IssuesRule,
    TopRule,
)
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.domain.evaluation import Candidate, FundFacts


class ScannedKind(Protocol):
    """What the module of a kind offers. `rule` is of the class that the table names."""

    def answer(
        self,
        facts: Facts,
        rule: Any,  # the class of rule that the table maps to the module
        question: Question,
    ) -> list[CellResult]:
        """Return the verdict on every cell that the orders of ``question`` change."""

    def factors(
        self,
        facts: Facts,
        rule: Any,
        question: Question,
        candidate: Candidate,
    ) -> Iterator[tuple[Fraction | None, bool]]:
        """Yield how far ``candidate`` may be scaled, cell by cell: None is unlimited.

        The flag says that the factor itself is excluded.
        """

    def state(
        self,
        facts: Facts,
        rule: Any,
        fund: FundFacts,
        today: date,
    ) -> list[CellResult]:
        """Return the verdict on every cell of ``fund`` as it stands, without orders."""

    def blame(
        self,
        facts: Facts,
        rule: Any,
        question: Question,
    ) -> tuple[set[str], Fraction]:
        """Return the orders that push a breached cell, and the scale at which none blocks."""

    def asked(self, rule: Any) -> set[str]:
        """Return the attributes of a security that the kind itself reads, beside its selection."""


class SeldomKind(Protocol):
    """What the module of a kind offers that matters to few orders: two cheap questions."""

    def stirs(self, facts: Facts, candidate: Candidate) -> bool:
        """Return False where no rule of the kind has a cell for the order."""

    def wakes(
        self,
        facts: Facts,
        rule: Any,
        candidate: Candidate,
        today: date,
    ) -> bool:
        """Return False where this rule has none, asked only where the kind stirs."""


#: Module of every kind that is judged whole, by the class of its rules.
SCANNED: Final[Mapping[type, ScannedKind]] = {
    **dict.fromkeys((BucketRule, TopRule, CountRule, IssuesRule, GrossRule), grouped),
    LadderRule: ladder,
    ExternalRule: external,
    CrossRule: cross,
    WindowRule: window,
}
#: Kinds of the table that running sums or figures settle, unless a case is close.
SCREENED: Final = (LadderRule, ExternalRule)
#: Kinds that seldom matter, by the class of their rules.
SELDOM: Final[Mapping[type, SeldomKind]] = {CrossRule: cross, WindowRule: window}
