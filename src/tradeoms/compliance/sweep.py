"""A post-trade run over the whole firm: screened with arrays, judged exactly at the edge.

`screen` finds, for every rule, the cells that do not surely pass: sums of floats with an error
bound, one sum a cube however many rules share it, and one comparison an entity (the largest cell
against the limit) before a single cell is looked at. A missing price, an unknown group or a number
near the limit only ever adds a cell. `sweep` then judges those cells with the exact reference, so
that it comes to what `statecheck.judge_all` comes to.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import numpy as np

from tradeoms.compliance.cells import Bools, Floats, Int64s
from tradeoms.compliance.columns import IN, UNKNOWN, Columns, Cube, Level
from tradeoms.compliance.evaluated import evaluated
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import cash, ratio_limits, restrict, short
from tradeoms.compliance.kinds.cash import settled_cash
from tradeoms.compliance.kinds.ratio_state import missed_keys
from tradeoms.compliance.linear import judge_state
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.measures import DenSelect
from tradeoms.compliance.schema.orders import RestrictRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.compliance.statecheck import (
    Verdict,
    is_post,
    level_of,
    settled,
    state_of,
    subjects,
    worst_by_cell,
)
from tradeoms.domain.evaluation import FundFacts, Outcome


@dataclass(slots=True)
class Reached:
    """What rules of one scope and level test: the entities, and how many cells of ratios of each.

    `order` and the arrays are of the level, as soon as a ratio asks.
    """

    entities: dict[str, FundFacts]
    order: tuple[str, ...] = ()
    tested_e: Bools = field(default_factory=lambda: np.zeros(0, np.bool_))
    cells_e: Int64s = field(default_factory=lambda: np.zeros(0, np.int64))

    def lay_out(self, place: Level) -> None:
        """Say in the order of a level what is tested."""
        if not self.order:
            self.order = place.names
            self.tested_e = np.array([name in self.entities for name in place.names], np.bool_)
            self.cells_e = np.zeros(len(place.names), np.int64)


@dataclass(slots=True)
class Swept:
    """What a run came to: cells tested of every entity, all that does not pass, and by which rules.

    `reached` names every rule with a state, and what it tests.
    """

    cells: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    reached: list[tuple[Rule, Reached]] = field(default_factory=list)

    def tested(self, entity: str) -> tuple[tuple[str, str], ...]:
        """Return the rules that were tested of an entity, with their severities."""
        return tuple(
            (rule.id, rule.severity.value)
            for rule, reached in self.reached
            if entity in reached.entities
        )

    def count(self, entity: str, number: int) -> None:
        """Count cells tested."""
        self.cells[entity] = self.cells.get(entity, 0) + number

    def add(self, entity: str, verdicts: Iterator[Verdict]) -> None:
        """Keep what does not pass."""
        found = [one for one in verdicts if one.result.outcome is not Outcome.PASS]
        if found:
            self.verdicts.setdefault(entity, []).extend(found)


def sweep(
    facts: Facts, rules: Sequence[Rule], today: date, *, names: Container[str] | None = None
) -> Swept:
    """Test the entities in ``names`` (all where None) against every rule with a state."""
    facts = settled(facts)
    columns = Columns(facts, today)
    swept = Swept()
    reached: dict[object, Reached] = {}
    for rule in rules:
        if not is_post(rule, today):
            continue
        grace = rule.grace_months_after_authorisation
        exempt = () if rule.excepts_cells else rule.exceptions
        same = (rule.scope, grace, exempt, level_of(rule))
        if same not in reached:
            found = subjects(facts, rule, today)
            inside = {e: f for e, f in found.items() if names is None or e in names}
            reached[same] = Reached(inside)
        if reached[same].entities:
            swept.reached.append((rule, reached[same]))
            _test(columns, swept, rule, reached[same])
    for one in reached.values():
        for entity, number in zip(one.order, one.cells_e.tolist(), strict=True):
            swept.count(entity, number)
    return swept


def _test(columns: Columns, swept: Swept, written: Rule, reached: Reached) -> None:
    """Test one rule: screen what can be screened, judge the rest."""
    facts, today, entities = columns.facts, columns.today, reached.entities
    rule = evaluated(written, today)
    match rule:
        case RatioRule() if _screened(rule):
            for entity, keys in _screen_ratio(columns, rule, reached):
                results = state_of(facts, rule, entities[entity], today, only=keys)
                swept.add(entity, worst_by_cell(written, results))
        case CashRule():
            _test_cash(facts, swept, rule, entities)
        case ShortRule() | RestrictRule():
            _test_holdings(columns, swept, rule, entities)
        case _:
            for entity, fund in entities.items():
                results = state_of(facts, rule, fund, today)
                swept.count(entity, len(results))
                swept.add(entity, worst_by_cell(written, results))


def _screened(rule: RatioRule) -> bool:
    """True where one limit and one denominator an entity bound every cell of the rule."""
    own = rule.currency is not None or rule.unsaid_currency
    return not rule.exceptions and not own and isinstance(rule.den, str | DenSelect)


def _test_cash(facts: Facts, swept: Swept, rule: CashRule, entities: dict[str, FundFacts]) -> None:
    for entity, fund in entities.items():
        swept.count(entity, 1)
        amount = settled_cash(facts, rule, fund)
        if amount is None or amount < Fraction(rule.min):
            found = [judge_state(cell) for cell in cash.state_cells(facts, rule, fund)]
            swept.add(entity, worst_by_cell(rule, found))


def _test_holdings(
    columns: Columns,
    swept: Swept,
    rule: ShortRule | RestrictRule,
    entities: dict[str, FundFacts],
) -> None:
    """Judge the holdings that a rule about single positions may object to."""
    suspects = _short(columns, rule) if isinstance(rule, ShortRule) else _held(columns, rule)
    for entity, fund in entities.items():
        swept.count(entity, len(columns.facts.held(entity)))
        if entity in suspects:
            held = suspects[entity]
            swept.add(entity, _of_securities(columns.facts, rule, fund, held, columns.today))


def _of_securities(
    facts: Facts,
    rule: ShortRule | RestrictRule,
    fund: FundFacts,
    securities: list[str],
    today: date,
) -> Iterator[Verdict]:
    if isinstance(rule, RestrictRule):
        return worst_by_cell(rule, restrict.state(facts, rule, fund, only=securities))
    cells = short.state_cells(facts, rule, fund, today, only=securities)
    return worst_by_cell(rule, [judge_state(cell) for cell in cells])


def _short(columns: Columns, rule: ShortRule) -> dict[str, list[str]]:
    """Return the holdings that may be too far below zero, by fund."""
    status_s = columns.selection(rule.select, rule.exclude)
    floor_s = np.zeros(len(columns.securities))
    if rule.mode != "no_short":
        found = (float(short.floor_of(rule, one).at) for one in columns.facts.securities.values())
        floor_s = np.fromiter(found, float, len(columns.securities))
    floor_n, status_n = floor_s[columns.security_n], status_s[columns.security_n]
    near = columns.quantity_n < floor_n + 1e-9 * np.abs(floor_n)
    return _by_fund(columns, (near & (status_n == IN)) | (status_n == UNKNOWN))


def _held(columns: Columns, rule: RestrictRule) -> dict[str, list[str]]:
    """Return the holdings that a rule may forbid, by fund."""
    facts = columns.facts
    if rule.select and not rule.through_underlying:
        touched_s = columns.selection(rule.select, rule.exclude) != 0
    elif isinstance(rule.list, tuple) and not rule.through_underlying:
        touched_s = np.isin(columns.securities, rule.list)
    else:
        found = (restrict.touches(facts, rule, one) for one in facts.securities.values())
        touched_s = np.fromiter(found, np.bool_, len(columns.securities))
    return _by_fund(columns, touched_s[columns.security_n])


def _by_fund(columns: Columns, chosen_n: Bools) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for at in np.flatnonzero(chosen_n).tolist():
        security = columns.securities[columns.security_n[at]]
        found.setdefault(columns.funds[columns.fund_n[at]], []).append(security)
    return found


def screen(columns: Columns, rules: Sequence[RatioRule], entities: dict[str, FundFacts]) -> int:
    """Return how many cells of ``rules`` do not surely pass: what the arrays do, alone."""
    reached = Reached(entities)
    return sum(len(keys) for rule in rules for _, keys in _screen_ratio(columns, rule, reached))


def _screen_ratio(
    columns: Columns, rule: RatioRule, reached: Reached
) -> Iterator[tuple[str, set[str | None]]]:
    """Yield the entities with cells that do not surely pass, and the keys of those cells."""
    place, cube = columns.level(rule.level), columns.cube(rule)
    reached.lay_out(place)
    reached.cells_e += np.where(reached.tested_e, _cells(columns, rule), 0)
    suspects: dict[int, set[str | None]] = {}
    for bound in ("max", "min"):
        if bound == "min" and rule.min_under_benchmark is not None:
            limit_e = _under_benchmark(columns.facts, rule, place)
        else:
            limit_e = _limits(rule, place, bound)
        if limit_e is not None:
            bar_e = _bars(columns, rule, cube, limit_e, bound)
            if rule.group_by:
                _look_at_cells(columns, rule, bar_e, bound, reached.tested_e, suspects)
                if bound == "max":  # what is of unknown group may be one group of its own
                    surely = _passes((np.zeros(1), np.zeros(1)), bar_e, bound)
                    lost_e = cube.keyless_e & ~surely & reached.tested_e
                    for at in np.flatnonzero(lost_e).tolist():
                        suspects.setdefault(at, set()).add(None)
            else:
                amount_e, size_e = _of_entities(columns, rule, cube)
                passes = _passes((amount_e, columns.error * size_e), bar_e, bound)
                for at in np.flatnonzero(~passes & reached.tested_e).tolist():
                    suspects.setdefault(at, set()).add(None)
    if rule.min_under_benchmark is not None:
        _add_missed(columns.facts, rule, place, reached, suspects)
    for at, keys in suspects.items():
        yield place.names[at], keys


def _add_missed(
    facts: Facts,
    rule: RatioRule,
    place: Level,
    reached: Reached,
    suspects: dict[int, set[str | None]],
) -> None:
    """Add the groups of the benchmark that must be held; a fund may hold nothing of them."""
    for at in np.flatnonzero(reached.tested_e).tolist():
        missed = missed_keys(rule, facts.funds[place.names[at]])
        if missed:
            suspects.setdefault(at, set()).update(missed)


def _cells(columns: Columns, rule: RatioRule) -> Int64s:
    """Return how many cells are tested: one an entity, or those that its holdings fall into."""
    if not rule.group_by:
        return np.ones(len(columns.level(rule.level).names), np.int64)
    return columns.grouping(rule).count_e


def _limits(rule: RatioRule, place: Level, bound: str) -> Floats | None:
    """Return the tightest limit of every entity; None where the rule has no such bound.

    A limit that is looked up cell by cell is screened with the tightest of all: what does not pass
    it is looked up exactly.
    """
    base = rule.min if bound == "min" else rule.max
    if bound == "max":
        if rule.max_over_benchmark is not None:
            base = rule.max_over_benchmark
        elif rule.limit_by is not None:
            found = [*rule.limit_by.map.values(), rule.limit_by.default]
            known = [one for one in found if one is not None]
            base = min(known) if len(known) == len(found) else None
            if base is None:
                return np.full(len(place.names), np.nan)
        base = base if base is None or rule.warn is None else min(base, rule.warn)
    limit_e = np.full(len(place.names), np.nan if base is None else float(base))
    for name, own in rule.overrides.items():
        if name in place.names:
            value = own.min if bound == "min" else own.max
            tight = [
                one for one in (value, own.warn if bound == "max" else None) if one is not None
            ]
            if tight:
                at = place.names.index(name)
                limit_e[at] = min([float(one) for one in tight] + [limit_e[at]])
                if bound == "min":
                    limit_e[at] = float(tight[0])
    if base is None and bool(np.isnan(limit_e).all()):
        return None
    return limit_e


def _under_benchmark(facts: Facts, rule: RatioRule, place: Level) -> Floats | None:
    """Return the highest minimum of the groups of every fund; NaN where it has no benchmark."""
    highest = []
    for fund in (facts.funds[name] for name in place.names):
        found = [ratio_limits.lower_of(rule, fund, key)[1] for key in ("", *fund.benchmark)]
        known = [one for one in found if one is not None]
        highest.append(float(max(known)) if known else np.nan)
    return np.array(highest)


def _bars(columns: Columns, rule: RatioRule, cube: Cube, limit_e: Floats, bound: str) -> Floats:
    """Return the amount below (above) which a cell surely passes, by entity; NaN for never."""
    den_e, den_maybe_e = columns.denominators(rule)
    sign = 1.0 if bound == "max" else -1.0
    room = limit_e * den_e - sign * np.abs(limit_e) * den_maybe_e
    unsure = cube.maybe_e + columns.error * np.abs(limit_e * den_e)
    bar_e = room - sign * unsure
    if rule.on_missing_key == "block":
        bar_e = np.where(cube.keyless_e, np.nan, bar_e)
    return bar_e


def _of_entities(columns: Columns, rule: RatioRule, cube: Cube) -> tuple[Floats, Floats]:
    """Return amount and size of the one cell of every entity, with its cash where that counts."""
    place, group = columns.level(rule.level), columns.grouping(rule)
    amount_e, size_e = np.zeros(len(place.names)), np.zeros(len(place.names))
    amount_e[group.entity_c], size_e[group.entity_c] = cube.amount_c, cube.size_c
    if rule.include_cash:
        for at, (funds, currency) in enumerate(zip(place.funds, place.currency_e, strict=True)):
            cash = columns.facts.cash_in(funds, currency)
            amount_e[at] += np.nan if cash is None else float(cash)
            size_e[at] += 0.0 if cash is None else abs(float(cash))
    return amount_e, size_e


def _passes(found: tuple[Floats, Floats], bar: Floats, bound: str) -> Bools:
    """True where a cell surely passes; a NaN never does."""
    amount, error = found
    if bound == "max":
        return np.asarray(amount + error < bar, np.bool_)
    return np.asarray(amount - error > bar, np.bool_)


def _look_at_cells(  # one rule's part of the screen
    columns: Columns,
    rule: RatioRule,
    bar_e: Floats,
    bound: str,
    tested_e: Bools,
    suspects: dict[int, set[str | None]],
) -> None:
    """Find the cells that do not surely pass: first the entities that have one, then the cells."""
    group, (extreme, amount_c, error_c) = columns.grouping(rule), columns.extremes(rule, bound)
    doubtful = ~_passes((extreme, np.zeros(1)), bar_e[group.owners], bound)
    for at in np.flatnonzero(doubtful & tested_e[group.owners]).tolist():
        entity = int(group.owners[at])
        start = int(group.starts[at])
        end = int(group.starts[at + 1]) if at + 1 < len(group.starts) else len(amount_c)
        here = slice(start, end)
        open_ = ~_passes((amount_c[here], error_c[here]), bar_e[entity : entity + 1], bound)
        keys = [group.keys[code] for code in group.code_c[here][open_].tolist()]
        if keys:
            suspects.setdefault(entity, set()).update(keys)
