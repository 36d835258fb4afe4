"""Whether a cell that was once found over its limit is within it now: measured, or said why not.

A run finds what does not pass. What it does not find may be within its limit, or may not have been
looked at: a rule that disregards what is missing says nothing of a holding without a price, and a
new version of a rule may have other cells. So the cell of every open case is measured by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.schema.orders import RestrictRule
from tradeoms.compliance.schema.sums import ShortRule
from tradeoms.compliance.statecheck import is_exempt, state_of
from tradeoms.domain.case.findings import Unmeasured
from tradeoms.domain.evaluation import FundFacts, Outcome

#: Fields that say what a cell is, and what is measured of it.
_SHAPE: Final = (
    *("kind", "level", "measure", "group_by", "own_by", "net_by", "issuer_key", "issue_key"),
    *("attr", "figure", "currency", "lookthrough"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: the entity, the fund through which it is reached, key and bound of the cell.

    `key` is None where the rule has one cell; `bound` is empty where none was told.
    """

    entity: str
    fund: FundFacts
    key: str | None
    bound: str


def why_not_within(
    facts: Facts, then: Rule, now: Rule, place: Place, today: date
) -> tuple[Unmeasured | None, str]:
    """Return why a cell is not surely within its limit, in a word and a sentence; None where it is.

    Nothing that is missing is disregarded here: a cell is within its limit by a number alone.

    Args:
        facts: What is known, without open orders (see `statecheck.settled`).
        then: The version of the rule by which the cell was over its limit.
        now: The version that the run tests.
        place: The cell.
        today: Date of the run.
    """
    if is_exempt(now, place.entity, place.key, today):
        return Unmeasured.EXEMPT, ""
    if _shape(then) != _shape(now):
        return Unmeasured.NO_RULE, f"version {now.version} of the rule measures other cells"
    strict = now.model_copy(update={"on_missing": "block"})
    results = state_of(facts, strict, place.fund, today, only=(place.key, None))
    for one in results:
        if one.key in (place.key, None) and one.outcome is Outcome.UNKNOWN:
            return Unmeasured.UNKNOWN, one.reason
    own = [one for one in results if one.key == place.key]
    if _measured(own, place.bound) or (not own and _is_empty(facts, then, now, place)):
        return None, ""
    return Unmeasured.NO_RULE, f"version {now.version} of the rule does not measure the cell"


def _shape(rule: Rule) -> tuple[object, ...]:
    """Return what must be the same for two versions to have the same cells."""
    fields = [getattr(rule, name, None) for name in _SHAPE]
    cells_of_groups = getattr(rule, "per_group_max", None) is not None
    return (*fields, cells_of_groups, *getattr(rule, "max_by_n", ()))


def _measured(own: Iterable[CellResult], bound: str) -> bool:
    """True where the bound that was exceeded is among those that were held."""
    return any(not bound or one.bound in (bound, None) for one in own)


def _is_empty(facts: Facts, then: Rule, now: Rule, place: Place) -> bool:
    """True where a rule has no cell because nothing is held in it, which no maximum forbids."""
    if isinstance(now, ShortRule | RestrictRule):
        return not facts.held(place.fund.id).get(place.key or "")
    grouped = isinstance(now, GroupsRule) or bool(getattr(now, "group_by", ()))
    return grouped and place.bound != "min" and _chosen(then) == _chosen(now)


def _chosen(rule: Rule) -> tuple[object, ...]:
    """Return what decides which holdings a rule looks at."""
    return getattr(rule, "select", ()), getattr(rule, "exclude", ())
