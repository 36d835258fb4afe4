"""A rule against the positions of the past: what it would have found at the end of each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.sentences import Names, name_in, sentence
from tradeoms.compliance.statecheck import Verdict
from tradeoms.compliance.sweep import Swept, sweep
from tradeoms.domain.evaluation import Outcome

#: Most cells that are listed one by one; the others are counted.
LISTED_MAX: Final = 5_000
_Cell = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChange:
    """One cell that a run at the end of a day would have found otherwise.

    Attributes:
        fund: Fund or aggregate of the cell.
        cell: Group within it; empty where the rule has one cell.
        then: What the version in force found: an outcome, `not_tested` where none was.
        with_draft: What the rule finds; its numbers follow, empty where it passes.
    """

    day: date
    fund: str
    cell: str
    then: str
    with_draft: str
    numerator: str
    denominator: str
    limit: str
    explanation: str


@dataclass(slots=True)
class DayEnds:
    """Tests a rule on what is held at the end of each day, beside the version in force then.

    Attributes:
        most: How many cells are listed.
        days: Days that were tested; `cells` of the rule on all of them.
        differing: Cells that come out otherwise, listed or not.
    """

    rule: Rule
    most: int = LISTED_MAX
    days: int = 0
    cells: int = 0
    differing: int = 0
    changes: list[PositionChange] = field(default_factory=list)

    def close(self, facts: Facts, in_force: Rule | None, day: date) -> None:
        """Test what is held at the end of ``day``; open orders do not count."""
        then = sweep(facts, () if in_force is None else (in_force,), day)
        drafted = sweep(facts, (self.rule,), day)
        self.days += 1
        self.cells += sum(drafted.cells.values())
        before, after = _by_cell(then), _by_cell(drafted)
        for key in sorted(before.keys() | after.keys()):
            was, now = (
                _outcome(swept, found.get(key), key)
                for swept, found in ((then, before), (drafted, after))
            )
            if was is not now:
                self.differing += 1
                if len(self.changes) < self.most:
                    names = partial(name_in, facts)
                    self.changes.append(_change(day, key, (was, now), after.get(key), names))


def _by_cell(swept: Swept) -> Mapping[_Cell, Verdict]:
    return {
        (entity, one.key or ""): one
        for entity, verdicts in swept.verdicts.items()
        for one in verdicts
    }


def _outcome(swept: Swept, found: Verdict | None, key: _Cell) -> Outcome:
    if found is not None:
        return found.result.outcome
    return Outcome.PASS if swept.tested(key[0]) else Outcome.NOT_TESTED


def _change(
    day: date, key: _Cell, outcomes: tuple[Outcome, Outcome], found: Verdict | None, names: Names
) -> PositionChange:
    (fund, cell), (then, now) = key, outcomes
    result = None if found is None else found.result
    told = "" if found is None else found.result.reason or sentence(found.rule, found.result, names)
    return PositionChange(
        day=day,
        fund=fund,
        cell=cell,
        then=then.value,
        with_draft=now.value,
        numerator=(exact_text(result.num_after) if result else "") or "",
        denominator=(exact_text(result.den_after) if result else "") or "",
        limit=(exact_text(result.limit) if result else "") or "",
        explanation=told,
    )
