"""The holdings of a fund that make up one cell of a rule, as the fund stands.

What they add is in the rule's measure, and adds up to the cell's numerator where that is a sum of
holdings: of a bucket that counts the excess, and of a number of groups, all holdings of the groups
are given. The cell without a name of a rule that groups is what nobody knows the group of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tradeoms.compliance.facts import ONE, Facts
from tradeoms.compliance.kinds.grouped import behind
from tradeoms.compliance.kinds.membership import membership
from tradeoms.compliance.kinds.spans import Key, Scene, scene_of
from tradeoms.compliance.kinds.stakes import Stake, stakes_of, value_of
from tradeoms.compliance.kinds.wavg import weight_of
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.groups import GrossRule, GroupsBase, GroupsRule
from tradeoms.compliance.schema.orders import RestrictRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule, ShortRule
from tradeoms.domain.evaluation import FundFacts


class NoSuchCell(LookupError):
    """The rule has no cell of that name, or it cannot be told what is in it."""

    def __init__(self, rule_id: str, cell: str | None) -> None:
        """Keep what was asked for."""
        self.rule_id, self.cell = rule_id, cell
        which = "a cell without a name" if cell is None else f"a cell {cell}"
        super().__init__(f"rule {rule_id} has not {which} of which it is known what makes it up")


class NoHoldings(LookupError):
    """The rule does not rest on holdings."""

    def __init__(self, rule_id: str, kind: str) -> None:
        """Keep the rule."""
        self.rule_id, self.kind = rule_id, kind
        super().__init__(f"rule {rule_id} is of kind {kind}: no holdings make up its cells")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one holding adds to a cell; `value` None: not known."""

    security_id: str
    quantity: Fraction
    value: Fraction | None


def parts_of(
    facts: Facts, rule: Rule, fund: FundFacts, cell: str | None, today: date
) -> list[Part]:
    """Return the holdings of ``fund`` that make up a cell; none where nothing is held in it.

    Args:
        facts: What is known, without open orders.
        rule: The rule, as it is evaluated on ``today``.
        fund: The fund; of an aggregate its own part is given.
        cell: Name of the cell; None where the rule has one, or for what is of unknown group.
        today: The day.

    Raises:
        NoSuchCell: If the rule has no such cell.
        NoHoldings: If its cells are not made up of holdings.
    """
    match rule:
        case RatioRule() | WavgRule():
            found = list(_of_stakes(facts, rule, fund, cell, today))
            grouped = isinstance(rule, RatioRule) and bool(rule.group_by)
            if (cell is None) is grouped and not found:
                raise NoSuchCell(rule.id, cell)
            return found
        case GroupsBase():
            return _of_groups(facts, rule, fund, cell, today)
        case LadderRule() | ShortRule() | RestrictRule():
            if cell is None:
                raise NoSuchCell(rule.id, cell)
            return list(_of_holdings(facts, rule, fund, cell, today))
        case _:
            raise NoHoldings(rule.id, rule.kind)


def _of_stakes(
    facts: Facts, rule: RatioRule | WavgRule, fund: FundFacts, cell: str | None, today: date
) -> Iterator[Part]:
    for stake in stakes_of(facts, rule, Question(candidates=(), today=today), (fund.id,)):
        member = stake.member
        weight = member.weights.get(cell) if member.inside else None
        if cell is None and member.inside is not False and not member.key_known:
            weight = ONE
        if weight is not None:
            value = _value(rule, stake)
            yield Part(
                security_id=stake.security.id,
                quantity=stake.settled,
                value=None if value is None else weight * value,
            )


def _value(rule: RatioRule | WavgRule, stake: Stake) -> Fraction | None:
    """What a holding adds to the numerator: of an average, its value times what is averaged."""
    if stake.unit is None:
        return None
    value = value_of(rule.measure, stake.settled, stake.unit)
    if isinstance(rule, RatioRule):
        return value
    weight = weight_of(rule, stake)
    return None if weight is None else value * weight


def _of_groups(
    facts: Facts, rule: GroupsRule, fund: FundFacts, cell: str | None, today: date
) -> list[Part]:
    question = Question(candidates=(), today=today)
    settled = rule.model_copy(update={"pending": "none"})
    scene = scene_of(facts, settled, question, fund)
    own = scene_of(facts, settled.model_copy(update={"level": "fund"}), question, fund)
    if scene is None or own is None:
        return []
    unknown = [piece for piece in own.pieces if not piece.certain]
    keys = _keys(scene, cell)
    if keys is not None:
        pieces = [piece for piece in own.pieces if piece.certain and piece.key in keys]
    elif cell is None and unknown:
        pieces = unknown
    else:
        raise NoSuchCell(rule.id, cell)
    return [
        Part(
            security_id=piece.held.security.id,
            quantity=piece.held.settled,
            value=None
            if piece.unit is None
            else value_of(rule.measure, piece.held.settled, piece.unit),
        )
        for piece in pieces
    ]


def _keys(scene: Scene, cell: str | None) -> Collection[Key] | None:
    """Return the groups that make up a cell; None where that is not known, or there is no cell."""
    if (
        scene.den is None
        or scene.den <= 0
        or (cell is None and not isinstance(scene.rule, GrossRule))
    ):
        return None
    return behind(scene.rule, scene.groups(None), cell)


def _of_holdings(
    facts: Facts,
    rule: LadderRule | ShortRule | RestrictRule,
    fund: FundFacts,
    cell: str,
    today: date,
) -> Iterator[Part]:
    """Yield what is held of the security that a cell names, or of the ladder's issuer."""
    for security_id, held in facts.held(fund.id).items():
        quantity = Fraction(held)
        inside = security_id == cell
        unit: Fraction | None = ONE
        if isinstance(rule, LadderRule):
            member = membership(rule, facts.securities[security_id], today)
            inside = bool(member.inside) and cell in member.weights
            unit = facts.unit(rule.measure, security_id, "")
        if inside and quantity:
            value = None if unit is None else quantity * unit
            yield Part(security_id=security_id, quantity=quantity, value=value)
