"""The state as it stands, without orders: which cells every rule has, and the exact verdicts.

An entity is a fund or an aggregate of funds that a rule's level names. This is the reference of
post-trade runs: `sweep` screens the firm with arrays and comes here for every cell that does not
surely pass.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Protocol, runtime_checkable

from tradeoms.compliance.evaluated import evaluated
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import cash, coverage, ratio_state, restrict, short, wavg
from tradeoms.compliance.kinds.scanned import SCANNED
from tradeoms.compliance.linear import CellResult, judge_state
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.question import effective, fund_tested
from tradeoms.compliance.schema.figures import CoverageRule, WavgRule
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.standing import ExceptedRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.domain.evaluation import FundFacts, Outcome


@runtime_checkable
class Levelled(Protocol):
    """A rule that may aggregate over funds."""

    @property
    def level(self) -> str:
        """Level of its cells, as `Facts.level_of` reads it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The worst result of one cell of one rule; `key` is None where the rule has one cell."""

    rule: Rule
    key: str | None
    result: CellResult

    @property
    def excess(self) -> Fraction | None:
        """Amount over the limit, None where it is not known."""
        return excess_of(self.result)


def excess_of(result: CellResult) -> Fraction | None:
    """Amount over the limit: positive is too much, or for a minimum too little."""
    if result.num_after is None or result.den_after is None or result.limit is None:
        return None
    over = result.num_after - result.limit * result.den_after
    return over if result.bound == "max" else -over


def settled(facts: Facts) -> Facts:
    """Return the facts without the open orders: what is held, not what may come."""
    return replace(facts, open_orders={}, open_by_fund={}, open_by_holding={})


def is_post(rule: Rule, today: date) -> bool:
    """True where ``rule`` has a state that a run tests on ``today``."""
    return rule.when != "pre" and effective(rule, today) and not isinstance(rule, OrderRule)


def only_acquisitions(rule: Rule) -> bool:
    """True where a limit is broken by an acquisition alone, and drift past it needs no cure.

    Investment Company Act 5(c): a discrepancy that comes later does not matter unless it is wholly
    or partly the result of an acquisition. A rule with a clock says what becomes of drift.
    """
    return getattr(rule, "test", "always") == "acquisition" and rule.cure is None


def is_exempt(written: Rule, entity: str, key: str | None, today: date) -> bool:
    """True where an exception that stands on ``today`` takes a cell out of the rule altogether."""
    rule = evaluated(written, today)
    if not isinstance(rule, ExceptedRule):
        return rule.lets_out(entity, today)
    found = rule.exception_for(entity, key)
    return found is not None and found.limit is None


def level_of(rule: Rule) -> str:
    """Level at which ``rule`` aggregates."""
    return rule.level if isinstance(rule, Levelled) else "fund"


def entities(facts: Facts, rules: Iterable[Rule], today: date) -> tuple[str, ...]:
    """Return every fund, then every aggregate that a rule with a state tests."""
    found = dict.fromkeys(facts.funds)
    for level in dict.fromkeys(level_of(rule) for rule in rules if is_post(rule, today)):
        if level != "fund":
            for fund in facts.funds.values():
                place = facts.level_of(fund, level)
                if place is not None:
                    found[place[0]] = None
    return tuple(found)


def subjects(facts: Facts, rule: Rule, today: date) -> dict[str, FundFacts]:
    """Return what ``rule`` tests: every entity, and a fund through which it is reached."""
    found: dict[str, FundFacts] = {}
    level = level_of(rule)
    for fund in facts.funds.values():
        if fund_tested(rule, fund, today):
            place = facts.level_of(fund, level)
            if place is not None:
                found.setdefault(place[0], fund)
    return found


def state_of(  # a rule, where, and what of it
    facts: Facts,
    written: Rule,
    fund: FundFacts,
    today: date,
    *,
    only: Container[str | None] | None = None,
    also: str | None = None,
) -> list[CellResult]:
    """Return the verdict on every cell of a rule that is reached through ``fund``.

    Args:
        facts: What is known; open orders should not be among it (see `settled`).
        written: The rule; what it says on ``today`` is judged.
        fund: The fund, or the fund through which an aggregate is reached.
        today: Date of the run.
        only: Keys to which the answer may be limited; None is no limit.
        also: A cell to be measured even where nothing is held in it.
    """
    rule = evaluated(written, today)
    match rule:
        case RatioRule():
            found = ratio_state.state_cells(facts, rule, fund, today, also=also, only=only)
            return [judge_state(cell) for cell in found]
        case WavgRule():
            return [judge_state(cell) for cell in wavg.state_cells(facts, rule, fund, today)]
        case CashRule():
            return [judge_state(cell) for cell in cash.state_cells(facts, rule, fund)]
        case ShortRule():
            return [judge_state(cell) for cell in short.state_cells(facts, rule, fund, today)]
        case CoverageRule():
            return coverage.state(rule, fund)
        case RestrictRule():
            return restrict.state(facts, rule, fund)
        case OrderRule():
            return []
        case _:
            return SCANNED[type(rule)].state(facts, rule, fund, today)


def worst_by_cell(rule: Rule, results: Iterable[CellResult]) -> Iterator[Verdict]:
    """Yield one verdict a cell: where a cell has several bounds, the worst."""
    worst: dict[str | None, CellResult] = {}
    for result in results:
        known = worst.get(result.key)
        if known is None or result.outcome.badness > known.outcome.badness:
            worst[result.key] = result
    for key, result in worst.items():
        yield Verdict(rule, key, result)


def judge_all(
    facts: Facts, rules: Iterable[Rule], names: Container[str], today: date
) -> dict[str, list[Verdict]]:
    """Return all that does not pass of the entities in ``names``, by walking every holding.

    The exact reference: slow, and right. `sweep.sweep` comes to the same.
    """
    facts = settled(facts)
    found: dict[str, list[Verdict]] = {}
    for rule in rules:
        if is_post(rule, today):
            for entity, fund in subjects(facts, rule, today).items():
                if entity in names:
                    verdicts = worst_by_cell(rule, state_of(facts, rule, fund, today))
                    found.setdefault(entity, []).extend(
                        one for one in verdicts if one.result.outcome is not Outcome.PASS
                    )
    return {entity: verdicts for entity, verdicts in found.items() if verdicts}
