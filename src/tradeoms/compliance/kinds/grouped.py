"""Rules about groups, judged whole: bucket, topn, count, issues, gross.

The module of a kind says what its cells come to in given groups (`amounts`) and where that bends or
breaks (`signs`). The verdict is then the same for all of them; so is the largest quantity: between
two bends every amount is linear in the quantity, so the answer is the end of the last stretch that
is allowed, found exactly. A cell that the orders leave as it is is not charged; one over its limit
before and not further over after is improving.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from types import ModuleType
from typing import Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.facts import DERIVED, NOTHING, ONE, Facts
from tradeoms.compliance.kinds import bucket, count, gross, issues, topn
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.spans import Groups, Key, Scene, key_parts, scene_of, scenes
from tradeoms.compliance.kinds.stakes import unknown_denominator
from tradeoms.compliance.linear import FROZEN, UNKNOWN_GROUP, CellResult
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.groups import (
    BucketRule,
    CountRule,
    GrossRule,
    GroupsRule,
    IssuesRule,
    TopRule,
)
from tradeoms.compliance.schema.measures import CURVED
from tradeoms.domain.evaluation import Candidate, FundFacts, Outcome

_KINDS: Final[Mapping[type, ModuleType]] = {
    BucketRule: bucket,
    TopRule: topn,
    CountRule: count,
    IssuesRule: issues,
    GrossRule: gross,
}
#: Key of a group that nothing is known to be in; holdings of which nothing is known fit it.
NOBODYS: Final[Key] = ("",)


def answer(facts: Facts, rule: GroupsRule, question: Question) -> list[CellResult]:
    """Return the verdict on every cell that the orders of ``question`` change."""
    return [cell for scene in scenes(facts, rule, question) for cell in _judged(scene)]


def factors(
    facts: Facts, rule: GroupsRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield how far ``candidate`` may be scaled in every entity it touches."""
    for scene in scenes(facts, rule, question):
        traded = [one.order_id for piece in scene.ordered for one in piece.held.news]
        if candidate.order_id in traded:
            scaled = frozenset({candidate.order_id})
            yield _room(scene, scaled, alone=True)


def state(facts: Facts, rule: GroupsRule, fund: FundFacts, today: date) -> list[CellResult]:
    """Return the verdict on every cell of ``fund`` as it stands: open orders do not count.

    The cell of what is of unknown group, which may all be of one group, has the key None.
    """
    settled = rule.model_copy(update={"pending": "none"})
    scene = scene_of(facts, settled, Question(candidates=(), today=today), fund)
    if scene is None:
        return []
    if scene.den is None or scene.den <= 0:
        return [_blind(scene, _bad_den(scene))] if scene.pieces else []
    keys = dict.fromkeys(piece.key or NOBODYS for piece in scene.pieces)
    return [_standing(scene, amount) for amount in _amounts(rule, scene.groups(None), keys)]


def blame(facts: Facts, rule: GroupsRule, question: Question) -> tuple[set[str], Fraction]:
    """Return the orders that push a breached cell, and the scale at which none blocks."""
    culprits: set[str] = set()
    scale = ONE
    for scene in scenes(facts, rule, question):
        outcomes = {cell.outcome for cell in _judged(scene)}
        if Outcome.UNKNOWN in outcomes and stops(rule, Outcome.UNKNOWN):
            scale = NOTHING
        if Outcome.BREACH not in outcomes:
            continue
        pushing = _pushing(scene)
        culprits |= pushing
        most, _ = _room(scene, frozenset(pushing), upto=ONE)
        scale = scale if most is None else min(scale, most)
    return culprits, scale


def asked(rule: GroupsRule) -> set[str]:
    """Return the attributes of a security that the kind reads, beside its selection."""
    found = {name for names in key_parts(rule) for name in names}
    if rule.measure in ("exposure", "share_eq"):
        found |= DERIVED
    if rule.measure == "votes" or (isinstance(rule, BucketRule) and rule.own_attr is not None):
        found.add("votes")
    return found


def behind(rule: GroupsRule, groups: Groups, cell: str | None) -> Collection[Key] | None:
    """Return the groups that make up a cell; None where the rule has no such cell."""
    if isinstance(rule, GrossRule):
        return groups.spans if cell is None else None
    found: Collection[Key] | None = _KINDS[type(rule)].behind(rule, groups, cell)
    return found


def verdict(
    rule: GroupsRule, before: Amount, after: Amount, missing: str | None
) -> tuple[Outcome, str]:
    """Return outcome and reason of a cell from its amounts before and after the orders."""
    limit, over, then = after.limit, before.excess, after.excess
    if over == then and before.pressed == after.pressed and before.num == after.num:
        return Outcome.PASS, ""
    if missing is not None:
        return Outcome.UNKNOWN, missing
    exceeded, better = limit.violated(over), then <= over
    if exceeded and better and rule.reducing == "deny":
        return Outcome.BREACH, FROZEN
    doubtful = limit.violated(after.pressed) and after.pressed > before.pressed
    if exceeded and better and not doubtful:
        if limit.violated(after.pressed):
            return Outcome.REDUCING, "over the limit before the order, and not further over with it"
    elif rule.test == "acquisition" and better and after.pressed <= before.pressed:
        return Outcome.PASS, ""
    elif limit.violated(then) and not (exceeded and better):
        return Outcome.BREACH, ""
    elif limit.violated(after.pressed):
        return Outcome.UNKNOWN, UNKNOWN_GROUP
    if limit.warn is not None and after.num > limit.warn * after.den:
        return Outcome.WARN, "above the warning level"
    return Outcome.PASS, ""


def _amounts(rule: GroupsRule, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    found: list[Amount] = _KINDS[type(rule)].amounts(rule, groups, tuple(keys))
    return found


def _judged(scene: Scene) -> list[CellResult]:
    """Return the verdict on every cell of one entity that the orders may change."""
    problem = scene.own_problem()
    if problem is not None:
        return [_blind(scene, problem)]
    if not scene.touched:
        return []
    if scene.den is None:
        return [_blind(scene, _bad_den(scene))]
    if scene.den <= 0:
        return [_on_bad_den(scene)]
    return [
        _cell(scene, before, after, verdict(scene.rule, before, after, scene.missing(after.group)))
        for before, after in _pairs(scene, scene.groups({}))
    ]


def _pairs(scene: Scene, after: Groups) -> Iterator[tuple[Amount, Amount]]:
    """Yield every cell before the orders and in the groups ``after``."""
    before = {
        (one.key, one.limit.bound): one
        for one in _amounts(scene.rule, scene.groups(None), scene.touched)
    }
    for one in _amounts(scene.rule, after, scene.touched):
        yield before[one.key, one.limit.bound], one


def _keys(scene: Scene, orders: frozenset[str]) -> tuple[Key, ...]:
    """Return the groups that some orders trade."""
    return tuple(
        dict.fromkeys(
            piece.key
            for piece in scene.ordered
            if piece.certain and any(one.order_id in orders for one in piece.held.news)
        )
    )


def _room(
    scene: Scene, scaled: frozenset[str], *, alone: bool = False, upto: Fraction | None = None
) -> tuple[Fraction | None, bool]:
    """Return how far the orders ``scaled`` may be scaled before a cell blocks them.

    Args:
        scene: The entity.
        scaled: The orders.
        alone: True where the cells of groups count only as far as these orders are to blame.
        upto: Factor beyond which nobody asks.

    Returns:
        The factor (None: unlimited), and whether that factor itself is excluded.
    """
    known = scene.own_problem() is None
    if known and not scene.touched:
        return None, False
    if not known or scene.den is None or scene.den <= 0:
        return _blind_room(scene), False
    keys = _keys(scene, scaled) if alone else scene.touched
    without = list(_pairs(scene, scene.groups(dict.fromkeys(scaled, NOTHING))))

    def blocked(factor: Fraction) -> bool:
        after = scene.groups(dict.fromkeys(scaled, factor))
        for (one, rest), (_, other) in zip(without, _pairs(scene, after), strict=True):
            outcome = verdict(scene.rule, one, other, scene.missing(other.group))[0]
            if stops(scene.rule, outcome) and (
                not alone or _charged(scene.rule, (one, rest, other), keys, outcome)
            ):
                return True
        return False

    def bends(factor: Fraction) -> list[Fraction]:
        groups = scene.groups(dict.fromkeys(scaled, factor))
        return list(_KINDS[type(scene.rule)].signs(scene.rule, groups, keys))

    def edges(factor: Fraction) -> list[Fraction]:
        found = []
        for one, other in _pairs(scene, scene.groups(dict.fromkeys(scaled, factor))):
            found += [other.excess, other.excess - one.excess, other.num - one.num]
            found += [other.pressed, other.pressed - one.pressed]
        return found

    points = sorted({NOTHING, *(turn for turn in scene.turns(scaled) if turn > 0)})
    for bent in (bends, edges):
        points = _with_crossings(points, bent)
        points = [one for one in points if upto is None or one <= upto]
    return _first_blocked(points, blocked)


def _blind_room(scene: Scene) -> Fraction | None:
    """Return how far orders may be scaled where the cells are not known."""
    if not stops(scene.rule, Outcome.UNKNOWN):
        return None
    known = scene.own_problem() is None and scene.den is not None
    return scene.reduction() if known else NOTHING


def _charged(
    rule: GroupsRule,
    cell: tuple[Amount, Amount, Amount],
    keys: tuple[Key, ...],
    outcome: Outcome,
) -> bool:
    """True where orders answer for a cell: before any, without them, and with them.

    Not for a group that they do not trade, or that they leave no further over its limit than the
    others do.
    """
    before, rest, after = cell
    if after.group is None:
        return True
    if not any(key[: len(after.group)] == after.group for key in keys):
        return False
    frozen = rule.reducing == "deny" and before.limit.violated(before.excess)
    worse = after.excess > rest.excess or rule.measure in CURVED
    return frozen or worse or outcome is not Outcome.BREACH


def _with_crossings(
    points: list[Fraction], values: Callable[[Fraction], list[Fraction]]
) -> list[Fraction]:
    """Return ``points`` and where a value crosses zero; each is linear between two points."""
    found = set(points)
    for start, end in _stretches(points):
        one, other = start + (end - start) / 3, end - (end - start) / 3
        last = end == points[-1] + 1
        for at_one, at_other in zip(values(one), values(other), strict=True):
            if at_one == at_other:
                continue
            crossing = one - at_one * (other - one) / (at_other - at_one)
            if start < crossing and (last or crossing < end):
                found.add(crossing)
    return sorted(found)


def _stretches(points: list[Fraction]) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield the stretches between points; the last goes on for ever, one of it is yielded."""
    yield from zip(points, [*points[1:], points[-1] + 1], strict=True)


def _first_blocked(
    points: list[Fraction], blocked: Callable[[Fraction], bool]
) -> tuple[Fraction | None, bool]:
    """Return where the first blocked stretch or point begins, and whether it is blocked itself."""
    for start, end in _stretches(points):
        if blocked(start):
            return start, start > 0
        if blocked((start + end) / 2):
            return start, False
    return None, False


def _pushing(scene: Scene) -> set[str]:
    """Return the orders without which a breached cell would be less far over."""
    breached = {
        (after.key, after.limit.bound): after.excess
        for before, after in _pairs(scene, scene.groups({}))
        if verdict(scene.rule, before, after, None)[0] is Outcome.BREACH
    }
    found = set()
    for candidate in scene.question.candidates:
        without = scene.groups({candidate.order_id: NOTHING})
        for _, after in _pairs(scene, without):
            if breached.get((after.key, after.limit.bound), after.excess) > after.excess:
                found.add(candidate.order_id)
    return found


def _standing(scene: Scene, amount: Amount) -> CellResult:
    missing = scene.missing(amount.group)
    if missing is not None:
        return _cell(scene, amount, amount, (Outcome.UNKNOWN, missing))
    limit, outcome = amount.limit, Outcome.PASS
    if limit.violated(amount.excess):
        outcome = Outcome.BREACH
    elif limit.violated(amount.pressed):
        return _cell(scene, amount, amount, (Outcome.UNKNOWN, UNKNOWN_GROUP))
    elif limit.warn is not None and amount.num > limit.warn * amount.den:
        outcome = Outcome.WARN
    return _cell(scene, amount, amount, (outcome, ""))


def _cell(scene: Scene, before: Amount, after: Amount, found: tuple[Outcome, str]) -> CellResult:
    return CellResult(
        entity=scene.entity,
        key=after.key or None,
        outcome=found[0],
        reason=found[1],
        num_before=before.num,
        den_before=before.den,
        num_after=after.num,
        den_after=after.den,
        limit=after.limit.at,
        bound=after.limit.bound,
    )


def _blind(scene: Scene, reason: str) -> CellResult:
    return CellResult(entity=scene.entity, key=None, outcome=Outcome.UNKNOWN, reason=reason)


def _bad_den(scene: Scene) -> str:
    if scene.den is None:
        return unknown_denominator(scene.rule)
    return "the denominator is not positive"


def _on_bad_den(scene: Scene) -> CellResult:
    """Judge orders over a denominator that is not positive: only what is held may be sold."""
    if scene.reduction() < 1:
        return _blind(scene, _bad_den(scene))
    return CellResult(
        entity=scene.entity,
        key=None,
        outcome=Outcome.REDUCING,
        reason="the denominator is not positive, but the position only falls",
    )
