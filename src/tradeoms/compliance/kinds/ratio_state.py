"""`ratio` as a fund stands, without orders: the cells of what it holds, known or not.

A holding is in the sums whether or not its group is known. What is of unknown group may all be of
one group that nothing else is in: a cell without a name, which holds nothing surely. So may a group
of holdings of which it is not known whether the rule selects them. Only a maximum asks for such
cells: a minimum is about groups that something is surely in, and those of the benchmark that must
be held.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import date

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds.ratio import Scene
from tradeoms.compliance.kinds.ratio_limits import limits_of
from tradeoms.compliance.kinds.stakes import stakes_of
from tradeoms.compliance.linear import Limit, LinearCell
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.domain.evaluation import FundFacts


def state_cells(
    facts: Facts,
    rule: RatioRule,
    fund: FundFacts,
    today: date,
    *,
    also: str | None = None,
    only: Container[str | None] | None = None,
) -> list[LinearCell]:
    """Return the cells of ``rule`` that ``fund`` has now, and the cell ``also``.

    The cell of what is of unknown group has the key None. With ``only``, the cells of other keys
    are left out.
    """
    place = facts.level_of(fund, rule.level)
    if place is None:
        return []
    entity, fund_ids = place
    question = Question(candidates=(), today=today)
    stakes = stakes_of(facts, rule, question, fund_ids)
    keys: dict[str | None, None] = {} if rule.group_by else {None: None}
    for stake in stakes:
        if stake.member.inside:
            keys.update(dict.fromkeys(stake.member.weights))
    keys.update(dict.fromkeys(missed_keys(rule, fund)))
    if also is not None:
        keys[also] = None
    scene = Scene(facts, rule, question, entity, fund_ids, stakes)
    wanted = [key for key in keys if only is None or key in only]
    found = [cell for key in wanted for cell in scene.cells_of(key)]
    if rule.on_missing != "disregard":
        found += (c for c in _doubtful(scene, keys) if only is None or c.key in only)
    return found


def missed_keys(rule: RatioRule, fund: FundFacts) -> list[str]:
    """Groups of the benchmark of which the rule wants something held."""
    if rule.min_under_benchmark is None:
        return []
    return [key for key, weight in fund.benchmark.items() if weight > rule.min_under_benchmark]


def _doubtful(scene: Scene, known: Container[str | None]) -> Iterator[LinearCell]:
    """Yield the cells of which nothing is known to be in them, and something may be."""
    members = [stake.member for stake in scene.stakes if stake.member.inside is None]
    for key in dict.fromkeys(key for member in members for key in member.weights):
        if key not in known:
            yield from (cell for cell in scene.cells_of(key) if _is_maximum(scene.rule, cell.limit))
    fund = scene.facts.funds[scene.fund_ids[0]]
    limits = [
        limit
        for stake in scene.stakes
        if stake.member.inside is not False and not stake.member.key_known
        for limit in limits_of(scene.rule, fund, None, stake.security)
    ]
    unnamed = next(scene.cells_of(None), None) if limits else None
    if unnamed is not None:
        for limit in dict.fromkeys(limits):
            if _is_maximum(scene.rule, limit):
                yield replace(unnamed, limit=limit)


def _is_maximum(rule: RatioRule, limit: Limit | None) -> bool:
    """True for a maximum, also one that cannot be looked up; a benchmark tells every maximum."""
    return rule.limit_by is not None if limit is None else limit.bound == "max"
