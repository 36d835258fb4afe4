"""`wavg`: an attribute's average weighted by value, exactly (duration, WAM, WAL, a rating score).

The cell is the sum of v * a against the limit times the sum of v; its excess is the sum of
v * (a - limit). A value below zero, a zero denominator and a moving one need no special case.
Regulation (EU) 2017/1131 art. 24, 25 (WAM, WAL). This is the reference: it walks the holdings.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.movement import unknown_cell
from tradeoms.compliance.kinds.stakes import Stake, stakes_of
from tradeoms.compliance.linear import Choice, Limit, LinearCell, Sums
from tradeoms.compliance.question import NewMove, Question
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.selector import attribute, number
from tradeoms.domain.evaluation import FundFacts


def cells(facts: Facts, rule: WavgRule, question: Question, fund: FundFacts) -> list[LinearCell]:
    """Return one cell for every bound of ``rule`` that the orders move; every one without orders.

    What is traded at the limit itself moves no cell.
    """
    place = facts.level_of(fund, rule.level)
    if place is None:
        return []
    entity, fund_ids = place
    stakes = stakes_of(facts, rule, question, fund_ids)
    ordered = [one for one in stakes if one.news and one.member.inside is not False]
    if question.candidates and not ordered:
        return []
    own = (_gap(facts, rule, one, sure=True) for one in ordered)
    problem = next((text for text in own if text), None)
    if problem is not None:
        return [unknown_cell(entity, None, problem)]
    found = [_cell(facts, rule, question, entity, stakes, limit) for limit in limits_of(rule)]
    return [one for one in found if one.changed or not question.candidates]


def state_cells(facts: Facts, rule: WavgRule, fund: FundFacts, today: date) -> list[LinearCell]:
    """Return the cells of ``rule`` that ``fund`` has now."""
    return cells(facts, rule, Question(candidates=(), today=today), fund)


def limits_of(rule: WavgRule) -> list[Limit]:
    """Return the bounds of a rule."""
    named = {"max": rule.max, "min": rule.min}
    return [Limit(bound=bound, at=Fraction(at)) for bound, at in named.items() if at is not None]


def _cell(
    facts: Facts,
    rule: WavgRule,
    question: Question,
    entity: str,
    stakes: list[Stake],
    limit: Limit,
) -> LinearCell:
    inside = [one for one in stakes if one.member.inside]

    def sums(factors: dict[str, Fraction] | None) -> Sums:
        return _sums(rule, question, inside, factors)

    before, after = sums(None), sums({})
    changed = _excesses(before, limit) != _excesses(after, limit)
    gaps = [_gap(facts, rule, one, sure=False) for one in stakes if rule.on_missing != "disregard"]
    unknown = next((text for text in gaps if text), None)
    maybe = () if rule.on_missing == "disregard" else tuple(_maybe(rule, stakes))
    return LinearCell(
        entity=entity,
        key=None,
        limit=limit,
        before=before,
        after=after,
        changed=changed,
        maybe=maybe,
        unknown=unknown,
        rebuild=lambda order_id, factor: sums({order_id: factor}),
        kinks=lambda _order_id: (),
    )


def _excesses(sums: Sums, limit: Limit) -> tuple[Fraction, list[Fraction]]:
    moves = [limit.excess(*choice[0]) for choice in sums.choices]
    return limit.excess(sums.num, sums.den), sorted(one for one in moves if one)


def _sums(
    rule: WavgRule, question: Question, inside: list[Stake], factors: dict[str, Fraction] | None
) -> Sums:
    """Add up the cell; ``factors`` None leaves the new orders out. What is missing adds nothing."""
    num = den = NOTHING
    choices: list[Choice] = []
    for stake in inside:
        weight = weight_of(rule, stake)
        if weight is None or stake.unit is None:
            continue
        unit = stake.unit
        sure, loose = stake.settled, []
        news = [] if factors is None else _scaled(stake.news, factors)
        opens = [one.quantity for one in stake.opens]
        if question.any_subset:
            loose += news
        else:
            sure += sum(news, NOTHING)
        if rule.pending == "all":
            sure += sum(opens, NOTHING)
        else:
            loose += opens
        num, den = num + sure * unit * weight, den + sure * unit
        choices += [((one * unit * weight, one * unit),) for one in loose]
    return Sums(num, den, tuple(choices))


def _scaled(news: list[NewMove], factors: dict[str, Fraction]) -> list[Fraction]:
    return [one.quantity * factors.get(one.order_id, ONE) for one in news]


def weight_of(rule: WavgRule, stake: Stake) -> Fraction | None:
    """Return the attribute that is averaged; None where it is missing."""
    found = number(attribute(stake.security, rule.attr))
    return None if found is None else Fraction(found)


def _gap(facts: Facts, rule: WavgRule, stake: Stake, *, sure: bool) -> str | None:
    """Say what is missing of a holding; where ``sure``, its place in the rule counts, too."""
    if stake.member.inside is False:
        return None
    if stake.unit is None:
        return facts.lack(stake.security.id)
    if weight_of(rule, stake) is None:
        return f"{rule.attr} of {stake.security.id} is missing"
    return stake.member.problem if sure and stake.member.inside is None else None


def _maybe(rule: WavgRule, stakes: list[Stake]) -> list[Choice]:
    """Return what holdings that may or may not be selected could add."""
    found: list[Choice] = []
    for stake in stakes:
        weight = weight_of(rule, stake)
        if stake.member.inside is not None or weight is None or stake.unit is None:
            continue
        moves = [one.quantity for one in stake.opens]
        low = stake.settled + sum((one for one in moves if one < 0), NOTHING)
        high = stake.settled + sum((one for one in moves if one > 0), NOTHING)
        values = sorted({low * stake.unit, high * stake.unit})
        found.append(tuple((value * weight, value) for value in values))
    return found
